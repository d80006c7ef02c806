//! Which intervals were cleared since the last look.

use busbar_primitives::{api::Clock, Interval, Phase};

/// Most intervals that one look goes through; what is left over comes with the next block.
const MAX_LOOK: u32 = 256;

/// A place in the sequence of intervals: everything before it has been reported, or was cleared before we came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
	next: Interval,
}

/// Whether the interval's market is over.
fn is_decided(phase: Phase) -> bool {
	!matches!(phase, Phase::Open | Phase::Closed)
}

/// The first interval whose gate has not closed.
fn gate(clock: &Clock) -> Interval {
	clock.next_gate.unwrap_or(clock.first_unopened)
}

impl Cursor {
	/// A place before the intervals whose gate is closed and which are not cleared yet.
	///
	/// # Errors
	/// If `phase` fails.
	pub fn new<E>(clock: &Clock, mut phase: impl FnMut(Interval) -> Result<Option<Phase>, E>) -> Result<Self, E> {
		let mut next = gate(clock);
		for _ in 0..MAX_LOOK {
			let Some(before) = next.checked_sub(1) else { break };
			match phase(before)? {
				Some(phase) if !is_decided(phase) => next = before,
				_ => break,
			}
		}
		Ok(Self { next })
	}

	/// Moves on and says which intervals were cleared, or failed safe, since the last call, in ascending order. An
	/// interval that never opened or is pruned is passed over.
	///
	/// # Errors
	/// If `phase` fails; then nothing has moved.
	pub fn advance<E>(
		&mut self,
		clock: &Clock,
		mut phase: impl FnMut(Interval) -> Result<Option<Phase>, E>,
	) -> Result<Vec<Interval>, E> {
		let mut decided = Vec::new();
		let mut next = self.next;
		for interval in self.next..gate(clock).min(self.next.saturating_add(MAX_LOOK)) {
			match phase(interval)? {
				Some(phase) if !is_decided(phase) => break,
				Some(_) => decided.push(interval),
				None => (),
			}
			next = interval.saturating_add(1);
		}
		self.next = next;
		Ok(decided)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{collections::BTreeMap, convert::Infallible};

	fn clock(next_gate: Option<Interval>, first_unopened: Interval) -> Clock {
		Clock { now: 0, epoch: 0, interval_clock_s: 12, interval_s: 900, current: 0, next_gate, first_unopened }
	}

	fn phases(list: &[(Interval, Phase)]) -> impl FnMut(Interval) -> Result<Option<Phase>, Infallible> + use<> {
		let map: BTreeMap<_, _> = list.iter().copied().collect();
		move |interval| Ok(map.get(&interval).copied())
	}

	#[test]
	fn each_interval_is_reported_once_when_it_is_cleared() {
		let mut cursor = Cursor::new(&clock(Some(3), 6), phases(&[(2, Phase::Cleared), (3, Phase::Open)]))
			.expect("these phases never fail");
		assert_eq!(cursor.advance(&clock(Some(3), 6), phases(&[(3, Phase::Open)])), Ok(vec![]));
		assert_eq!(cursor.advance(&clock(Some(4), 7), phases(&[(3, Phase::Closed)])), Ok(vec![]));
		assert_eq!(cursor.advance(&clock(Some(4), 7), phases(&[(3, Phase::Cleared)])), Ok(vec![3]));
		assert_eq!(cursor.advance(&clock(Some(4), 7), phases(&[(3, Phase::Settled)])), Ok(vec![]));
	}

	#[test]
	fn intervals_that_wait_for_clearing_at_the_start_are_reported() {
		let waiting = [(3, Phase::Cleared), (4, Phase::Closed), (5, Phase::Closed), (6, Phase::Open)];
		let mut cursor = Cursor::new(&clock(Some(6), 9), phases(&waiting)).expect("these phases never fail");
		let done = [(4, Phase::Cleared), (5, Phase::Failed), (6, Phase::Open)];
		assert_eq!(cursor.advance(&clock(Some(6), 9), phases(&done)), Ok(vec![4, 5]));
	}

	#[test]
	fn intervals_that_never_opened_are_passed_over() {
		let mut cursor = Cursor::new(&clock(None, 10), phases(&[])).expect("these phases never fail");
		assert_eq!(cursor.advance(&clock(Some(14), 20), phases(&[(13, Phase::Cleared)])), Ok(vec![13]));
	}

	#[test]
	fn a_long_backlog_is_reported_over_several_looks_without_a_gap() {
		let all: Vec<_> = (0..600).map(|interval| (interval, Phase::Cleared)).collect();
		let mut cursor = Cursor { next: 0 };
		let mut seen = Vec::new();
		for _ in 0..3 {
			seen.extend(cursor.advance(&clock(None, 600), phases(&all)).expect("these phases never fail"));
		}
		assert_eq!(seen, (0..600).collect::<Vec<_>>());
	}

	#[test]
	fn an_error_moves_nothing() {
		let mut cursor = Cursor { next: 3 };
		assert_eq!(
			cursor.advance(&clock(Some(6), 9), |i| if i < 5 { Ok(Some(Phase::Cleared)) } else { Err(()) }),
			Err(())
		);
		assert_eq!(cursor, Cursor { next: 3 });
	}
}
