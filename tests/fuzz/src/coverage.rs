//! Which edges of the instrumented code a run has passed, and how often.
//!
//! The compiler gives each edge a byte that is counted up, and hands the bytes over when the program starts.

use std::sync::Mutex;

/// The counters of one piece of the program: where they begin, and how many they are.
struct Region {
	start: *mut u8,
	length: usize,
}

// SAFETY: the addresses are of static memory, and only the thread that runs the targets looks at them.
unsafe impl Send for Region {}

static REGIONS: Mutex<Vec<Region>> = Mutex::new(Vec::new());

/// Called by instrumented code when the program starts.
///
/// # Safety
/// Both are ends of one piece of static memory, which nothing else frees.
#[no_mangle]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
	let length = (end as usize).saturating_sub(start as usize);
	if let Ok(mut regions) = REGIONS.lock() {
		if length > 0 && !regions.iter().any(|region| region.start == start) {
			regions.push(Region { start, length });
		}
	}
}

/// Counters that are looked at together.
const CHUNK: usize = 64;

/// Which numbers of passes of each edge were seen, one bit for each magnitude.
#[derive(Default)]
pub struct Seen {
	seen: Vec<u8>,
}

/// A bit for a number of passes: whether there were 1, 2, 3, some, or very many makes a difference, and little else.
fn magnitude(count: u8) -> u8 {
	match count {
		0 => 0,
		1 => 1,
		2 => 2,
		3 => 4,
		4..=7 => 8,
		8..=15 => 16,
		16..=31 => 32,
		32..=127 => 64,
		128.. => 128,
	}
}

impl Seen {
	/// How many edges the program has; 0 if it was built without instrumentation.
	pub fn edges() -> usize {
		REGIONS.lock().map_or(0, |regions| regions.iter().map(|region| region.length).sum())
	}

	/// How many edges were passed.
	pub fn passed(&self) -> usize {
		self.seen.iter().filter(|seen| **seen != 0).count()
	}

	/// Adds the last run, whose counters begin anew, and says whether it did something new.
	pub fn add(&mut self) -> bool {
		let Ok(regions) = REGIONS.lock() else { return false };
		self.seen.resize(regions.iter().map(|region| region.length).sum(), 0);
		let (mut is_new, mut rest) = (false, &mut self.seen[..]);
		for region in regions.iter() {
			// SAFETY: the region is static memory, and nothing instrumented runs meanwhile.
			let counters = unsafe { std::slice::from_raw_parts_mut(region.start, region.length) };
			let seen;
			(seen, rest) = std::mem::take(&mut rest).split_at_mut(region.length);
			for (counters, seen) in counters.chunks_mut(CHUNK).zip(seen.chunks_mut(CHUNK)) {
				// Most of the program, by far, had no part in the run.
				if counters.iter().fold(0, |any, counter| any | counter) == 0 {
					continue;
				}
				for (counter, seen) in counters.iter_mut().zip(seen) {
					if *counter != 0 {
						let bit = magnitude(std::mem::take(counter));
						is_new |= *seen & bit == 0;
						*seen |= bit;
					}
				}
			}
		}
		is_new
	}
}
