//! New inputs of old ones.

/// A source of numbers that are the same for the same seed.
pub struct Numbers(u64);

impl Numbers {
	/// Numbers of a seed.
	pub fn new(seed: u64) -> Self {
		Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
	}

	/// The next number (xorshift64*).
	pub fn number(&mut self) -> u64 {
		self.0 ^= self.0 >> 12;
		self.0 ^= self.0 << 25;
		self.0 ^= self.0 >> 27;
		self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
	}

	/// A number below `bound`; 0 if that is 0.
	pub fn below(&mut self, bound: usize) -> usize {
		((self.number() >> 33) as usize).checked_rem(bound).unwrap_or_default()
	}
}

/// Numbers at which something may change.
const EDGES: [i64; 18] = [
	-1,
	0,
	1,
	2,
	7,
	8,
	15,
	16,
	31,
	127,
	128,
	255,
	65_535,
	65_536,
	i32::MAX as i64,
	u32::MAX as i64,
	i64::MAX,
	i64::MIN,
];

/// Seven bits to the byte, least first.
fn varint(mut value: u64) -> Vec<u8> {
	let mut bytes = Vec::new();
	while value > 0x7f {
		bytes.push(value as u8 | 0x80);
		value >>= 7;
	}
	bytes.push(value as u8);
	bytes
}

fn number(numbers: &mut Numbers) -> Vec<u8> {
	let value = EDGES[numbers.below(EDGES.len())];
	match numbers.below(6) {
		0 => vec![value as u8],
		1 => (value as u16).to_le_bytes().to_vec(),
		2 => (value as u32).to_le_bytes().to_vec(),
		3 => value.to_le_bytes().to_vec(),
		4 => varint(value as u64),
		_ => value.to_string().into_bytes(),
	}
}

/// Changes `input` a few times; `other` is another input of the corpus, `words` are what the format is made of.
pub fn change(input: &mut Vec<u8>, other: &[u8], words: &[&[u8]], numbers: &mut Numbers, longest: usize) {
	for _ in 0..1usize << numbers.below(5) {
		let at = numbers.below(input.len().saturating_add(1));
		let rest = input.len().saturating_sub(at);
		match numbers.below(10) {
			0 | 1 if rest > 0 => input[at] ^= 1 << numbers.below(8),
			2 if rest > 0 => input[at] = numbers.number() as u8,
			3 if rest > 0 => {
				let step = numbers.below(35) as u8;
				input[at] = input[at].wrapping_add(step).wrapping_sub(17);
			},
			4 => {
				let until = at.saturating_add(numbers.below(rest.min(64).saturating_add(1)));
				input.drain(at..until);
			},
			5 => {
				let value = number(numbers);
				let until = if numbers.below(2) == 0 { at } else { at.saturating_add(value.len()).min(input.len()) };
				input.splice(at..until, value);
			},
			6 => {
				let from = numbers.below(other.len().saturating_add(1));
				let length = numbers.below(other.len().saturating_sub(from).min(256).saturating_add(1));
				let until = if numbers.below(2) == 0 { at } else { at.saturating_add(length).min(input.len()) };
				input.splice(at..until, other[from..from.saturating_add(length)].iter().copied());
			},
			7 => {
				let from = numbers.below(input.len().saturating_add(1));
				let length = numbers.below(input.len().saturating_sub(from).min(64).saturating_add(1));
				let copy = input[from..from.saturating_add(length)].to_vec();
				input.splice(at..at, copy);
			},
			8 if !words.is_empty() => {
				let word = words[numbers.below(words.len())];
				let until = if numbers.below(2) == 0 { at } else { at.saturating_add(word.len()).min(input.len()) };
				input.splice(at..until, word.iter().copied());
			},
			_ => input.truncate(input.len().saturating_sub(numbers.below(16))),
		}
	}
	input.truncate(longest);
}
