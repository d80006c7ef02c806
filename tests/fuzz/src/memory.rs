//! How much memory a run takes.

use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

/// Counts, for each thread, the bytes that it holds and the most that it has held. Refuses more than a GiB at once, which ends
/// the program: no target has reason to ask for it.
pub struct Counting;

const MOST_AT_ONCE: usize = 1 << 30;

thread_local! {
	static HELD: Cell<isize> = const { Cell::new(0) };
	static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
	// A thread that ends may free when its counters are gone.
	let _ = HELD.try_with(|held| {
		held.set(held.get().wrapping_add(bytes));
		let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
	});
}

// SAFETY: passes everything on to the system's allocator, and counts.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		if layout.size() > MOST_AT_ONCE {
			return std::ptr::null_mut();
		}
		count(layout.size() as isize);
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
		count((layout.size() as isize).wrapping_neg());
		unsafe { System.dealloc(at, layout) }
	}
}

/// Runs, and returns the most bytes that were held meanwhile beyond those that were held before. Counts nothing unless
/// [`Counting`] is the program's allocator.
pub fn taken<T>(run: impl FnOnce() -> T) -> (T, u64) {
	let (before, most) = (HELD.get(), MOST.get());
	MOST.set(before);
	let result = run();
	let taken = u64::try_from(MOST.get().wrapping_sub(before)).unwrap_or_default();
	// Of the run that this one is part of.
	MOST.set(most.max(MOST.get()));
	(result, taken)
}
