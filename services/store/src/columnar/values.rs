//! The values of a page, in the encodings of numbers and of bytes of one length.

use super::{thrift::Cursor, Fault};

/// The values' bytes and how many they are.
pub struct Page<'a> {
	pub body: &'a [u8],
	pub count: usize,
	/// Bytes of a value.
	pub width: usize,
	/// The values that numbers in the page stand for.
	pub dictionary: Option<&'a [u8]>,
}

const SHORT: Fault = "a page has fewer bytes than its values need";

impl Page<'_> {
	/// Gives each value to `put`: exactly as many as the page counts.
	pub fn decode<E: From<Fault>>(&self, encoding: i32, put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
		match (encoding, self.width) {
			(0, _) => self.plain(put),
			(2 | 8, _) => self.by_dictionary(put),
			(5, 4 | 8) => self.by_differences(put),
			(9, _) => self.split(put),
			_ => Err("it is encoded in a way that is not for its type".into()),
		}
	}

	fn plain<E: From<Fault>>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
		let values = self.count.checked_mul(self.width).and_then(|length| self.body.get(..length)).ok_or(SHORT)?;
		values.chunks_exact(self.width).try_for_each(&mut put)
	}

	/// The first bytes of all values, then the second ones, and so on.
	fn split<E: From<Fault>>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
		if self.count.checked_mul(self.width) != Some(self.body.len()) {
			return Err(SHORT.into());
		}
		let mut value = [0; 64];
		let value = value.get_mut(..self.width).ok_or(SHORT)?;
		for at in 0..self.count {
			for (byte, stream) in value.iter_mut().zip(self.body.chunks_exact(self.count)) {
				*byte = stream.get(at).copied().unwrap_or_default();
			}
			put(value)?;
		}
		Ok(())
	}

	/// Numbers of entries of the dictionary, as runs of one and as runs of packed bits.
	fn by_dictionary<E: From<Fault>>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
		let dictionary = self.dictionary.ok_or("a page needs a dictionary and none came before it")?;
		let mut entry = |index: u64| {
			let start = usize::try_from(index).ok().and_then(|index| index.checked_mul(self.width));
			let value = start.and_then(|start| dictionary.get(start..)?.get(..self.width));
			put(value.ok_or("a value is not in the dictionary")?)
		};
		let (mut cursor, mut left) = (Cursor::new(self.body), self.count);
		if left == 0 {
			return Ok(());
		}
		let bits = cursor.byte()?;
		if bits > 32 {
			return Err("the dictionary's numbers have more than 32 bits".into());
		}
		while left > 0 {
			let head = cursor.varint()?;
			let run = usize::try_from(head >> 1).unwrap_or(usize::MAX);
			if head & 1 == 0 {
				let bytes = cursor.take(usize::from(bits.div_ceil(8)))?;
				let index = bytes.iter().rev().fold(0u64, |index, byte| index << 8 | u64::from(*byte));
				for _ in 0..run.min(left) {
					entry(index)?;
				}
				left = left.saturating_sub(run);
			} else {
				// Eight values at a time; the last ones may lack the bytes that no value needs.
				let here = run.saturating_mul(8).min(left);
				let whole = run.saturating_mul(bits.into());
				let packed = cursor.take(whole.min(cursor.rest().len()))?;
				for at in 0..here {
					entry(unpack(packed, at, bits).ok_or(SHORT)?)?;
				}
				left = left.saturating_sub(here);
			}
		}
		Ok(())
	}

	/// The first value, then blocks of differences above the least one of the block, packed in miniblocks of so many bits.
	fn by_differences<E: From<Fault>>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
		let mut cursor = Cursor::new(self.body);
		let (block, minis) = (cursor.varint()?, cursor.varint()?);
		let (count, mut value) = (cursor.varint()?, cursor.zigzag()?);
		if usize::try_from(count) != Ok(self.count) {
			return Err("a page of differences counts other values than the page".into());
		}
		let mut give = |value: i64| put(value.to_le_bytes().get(..self.width).ok_or(SHORT)?);
		let mut left = self.count;
		if left == 0 {
			return Ok(());
		}
		give(value)?;
		left = left.saturating_sub(1);
		let size = block.checked_div(minis).filter(|size| *size > 0 && size % 8 == 0);
		let size = size.and_then(|size| usize::try_from(size).ok()).ok_or("a miniblock has no such size")?;
		let minis = usize::try_from(minis).map_err(|_| SHORT)?;
		while left > 0 {
			let least = cursor.zigzag()?;
			for bits in cursor.take(minis)? {
				if left == 0 {
					// What stands for miniblocks without values may be anything.
					break;
				}
				if *bits > 64 {
					return Err("a difference has more than 64 bits".into());
				}
				let whole = (size / 8).checked_mul(usize::from(*bits)).ok_or(SHORT)?;
				let packed = cursor.take(whole.min(cursor.rest().len()))?;
				let here = size.min(left);
				for at in 0..here {
					let difference = unpack(packed, at, *bits).ok_or(SHORT)?;
					value = value.wrapping_add(least).wrapping_add(difference as i64);
					give(value)?;
				}
				left = left.saturating_sub(here);
			}
		}
		Ok(())
	}
}

/// The value number `at` of values of up to 64 bits, packed from the least bit on.
fn unpack(packed: &[u8], at: usize, bits: u8) -> Option<u64> {
	if bits == 0 {
		return Some(0);
	}
	let first = at.checked_mul(bits.into())?;
	let end = first.checked_add(bits.into())?;
	let bytes = packed.get(first / 8..end.div_ceil(8))?;
	let mut wide = [0; 16];
	// 64 bits that do not begin with a byte reach into nine.
	wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
	let value = u128::from_le_bytes(wide) >> (first % 8);
	Some((value & (u128::MAX >> 128u32.checked_sub(bits.into())?)) as u64)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn decoded(page: Page<'_>, encoding: i32) -> Result<Vec<Vec<u8>>, Fault> {
		let mut values = Vec::new();
		page.decode(encoding, |value| {
			values.push(value.to_vec());
			Ok::<(), Fault>(())
		})?;
		Ok(values)
	}

	#[test]
	fn packed_bits_come_out_from_the_least_one_on() {
		// The example of the format: 0 to 7 in three bits each.
		let packed = [0b1000_1000, 0b1100_0110, 0b1111_1010];
		let values: Vec<_> = (0..8).map(|at| unpack(&packed, at, 3).unwrap()).collect();
		assert_eq!(values, [0, 1, 2, 3, 4, 5, 6, 7]);
		assert_eq!(unpack(&packed, 8, 3), None);
		assert_eq!(unpack(&[0xff; 9], 0, 64), Some(u64::MAX));
		assert_eq!(unpack(&[0xff; 16], 1, 63), Some(u64::MAX >> 1));
	}

	#[test]
	fn a_run_of_one_value_is_as_long_as_the_page_and_no_longer() {
		// 2^62 times the second entry.
		let body = [&[1u8][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], &[1]].concat();
		let page = Page { body: &body, count: 3, width: 4, dictionary: Some(&[1, 0, 0, 0, 2, 0, 0, 0]) };
		assert_eq!(decoded(page, 8), Ok(vec![vec![2, 0, 0, 0]; 3]));
		let page = Page { body: &body, count: 3, width: 4, dictionary: Some(&[1, 0, 0, 0]) };
		assert_eq!(decoded(page, 8), Err("a value is not in the dictionary"));
	}

	#[test]
	fn differences_are_added_up_and_wrap_as_their_writer_did() {
		// A block of 128 in 4 miniblocks, 3 values from 7 on, differences of -2 at least, in 2 bits: 0 and 1 above.
		let body = [0x80, 1, 4, 3, 14, 3, 2, 0, 0, 0, 0b0100, 0, 0, 0, 0, 0, 0, 0];
		let page = Page { body: &body, count: 3, width: 4, dictionary: None };
		assert_eq!(decoded(page, 5), Ok(vec![vec![7, 0, 0, 0], vec![5, 0, 0, 0], vec![4, 0, 0, 0]]));
		let page = Page { body: &body, count: 4, width: 4, dictionary: None };
		assert!(decoded(page, 5).is_err());
	}

	#[test]
	fn sizes_that_no_writer_would_choose_are_refused() {
		for body in [
			&[0u8, 4, 3, 14][..],
			&[0x80, 1, 0, 3, 14],
			&[1, 1, 3, 14],
			&[0x80, 1, 4, 3],
			&[0x80, 1, 4, 3, 14, 0, 65, 0, 0, 0, 0],
		] {
			let page = Page { body, count: 3, width: 8, dictionary: None };
			assert!(decoded(page, 5).is_err(), "{body:?}");
		}
		let page = Page { body: &[0; 7], count: 2, width: 4, dictionary: None };
		assert_eq!(decoded(page, 0), Err(SHORT));
		let page = Page { body: &[0; 9], count: 2, width: 4, dictionary: None };
		assert_eq!(decoded(page, 9), Err(SHORT));
		assert!(decoded(Page { body: &[0; 9], count: 2, width: 4, dictionary: None }, 7).is_err());
		assert!(decoded(Page { body: &[0; 9], count: 2, width: 4, dictionary: None }, 8).is_err());
	}
}
