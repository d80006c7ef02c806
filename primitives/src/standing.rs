//! How many steps a participant's orders have in each session.

use crate::{stored, Interval, ProductId, MAX_HORIZON, MAX_PRODUCTS};
use alloc::vec::Vec;
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// Numbers of a row: one for each product of an interval.
const ROW: usize = MAX_PRODUCTS as usize;
/// Most sessions between the first interval that is counted and the last one.
const MAX_SESSIONS: u32 = MAX_HORIZON * MAX_PRODUCTS;

/// How many steps a participant's orders have in each session of the intervals ahead.
///
/// Two bytes for each session from the first interval with orders to the last one: read and written with its owner's record by
/// every order, so that it is short and read at one stroke. Without rows of zeros before and zeros behind, so that the same is
/// always written alike.
#[stored(Default)]
pub struct StandingSteps {
	first: Interval,
	/// Of each product of the first interval, then of the next one, and so on.
	counts: BoundedVec<u16, ConstU32<MAX_SESSIONS>>,
}

impl StandingSteps {
	/// The steps in a session, which is named by interval and product.
	pub fn of(&self, session: (Interval, ProductId)) -> u32 {
		place(self.first, session).and_then(|at| self.counts.get(at)).map_or(0, |count| u32::from(*count))
	}

	/// All sessions with steps, and how many.
	pub fn iter(&self) -> impl Iterator<Item = ((Interval, ProductId), u32)> + '_ {
		let sessions =
			(self.first..=Interval::MAX).flat_map(|interval| (0..).take(ROW).map(move |product| (interval, product)));
		sessions.zip(&self.counts).filter(|(_, count)| **count > 0).map(|(session, count)| (session, u32::from(*count)))
	}

	/// The same with so many steps in a session. `None` if they, or the sessions from the first to the last, are more than can be
	/// counted.
	pub fn with(&self, session: (Interval, ProductId), steps: u32) -> Option<Self> {
		let steps = u16::try_from(steps).ok()?;
		let first = if self.counts.is_empty() { session.0 } else { self.first.min(session.0) };
		let at = place(first, session)?;
		let mut counts = Vec::new();
		if !self.counts.is_empty() {
			counts.resize(place(first, (self.first, 0))?, 0);
			counts.extend_from_slice(&self.counts);
		}
		counts.resize(counts.len().max(at.saturating_add(1)), 0);
		*counts.get_mut(at)? = steps;
		Self::trimmed(first, counts)
	}

	/// The longest that there can be from an interval on. For benchmarks.
	pub fn longest(first: Interval) -> Self {
		let last = (first.saturating_add(MAX_HORIZON).saturating_sub(1), (MAX_PRODUCTS as ProductId).saturating_sub(1));
		let ends = Self::default().with((first, 0), 1).and_then(|one| one.with(last, 1));
		ends.unwrap_or_default()
	}

	/// The same without the intervals before this one.
	pub fn since(&self, interval: Interval) -> Self {
		if interval <= self.first || self.counts.is_empty() {
			return self.clone();
		}
		let left = place(self.first, (interval, 0)).and_then(|at| self.counts.get(at..));
		left.and_then(|left| Self::trimmed(interval, left.to_vec())).unwrap_or_default()
	}

	fn trimmed(first: Interval, mut counts: Vec<u16>) -> Option<Self> {
		let end = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last.saturating_add(1));
		counts.truncate(end);
		let Some(used) = counts.iter().position(|count| *count > 0) else { return Some(Self::default()) };
		let rows = used / ROW;
		counts.drain(..rows.saturating_mul(ROW));
		let first = first.checked_add(Interval::try_from(rows).ok()?)?;
		Some(Self { first, counts: counts.try_into().ok()? })
	}
}

/// Where a session's number stands that is counted from an interval on.
fn place(first: Interval, (interval, product): (Interval, ProductId)) -> Option<usize> {
	let row = interval.checked_sub(first).filter(|row| *row < MAX_HORIZON)?;
	let product = u32::from(product);
	let at = row.saturating_mul(MAX_PRODUCTS).saturating_add(product);
	(product < MAX_PRODUCTS).then(|| usize::try_from(at).ok()).flatten()
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{Encode, MaxEncodedLen};
	use std::collections::BTreeMap;

	#[test]
	fn what_was_counted_is_found_and_nothing_else() {
		let one = StandingSteps::default().with((7, 2), 16).unwrap();
		assert_eq!((one.of((7, 2)), one.of((7, 1)), one.of((6, 2)), one.of((8, 2))), (16, 0, 0, 0));
		assert_eq!(one.of((7, MAX_PRODUCTS as ProductId)), 0, "no product of the next interval");
		let two = one.with((5, 0), 3).unwrap();
		assert_eq!(two.iter().collect::<Vec<_>>(), [((5, 0), 3), ((7, 2), 16)]);
		assert_eq!(two.since(6), one);
		assert_eq!((two.since(5), two.since(0)), (two.clone(), two.clone()));
		assert_eq!((two.since(8), two.since(Interval::MAX)), Default::default());
		assert_eq!(two.with((5, 0), 0), Some(one));
		assert_eq!(two.with((5, 0), 0).unwrap().with((7, 2), 0), Some(StandingSteps::default()));
	}

	#[test]
	fn two_days_of_two_auctions_take_one_and_a_half_kilobytes_and_the_most_eight() {
		let mut day = StandingSteps::default();
		for session in (1_000..1_192).flat_map(|interval| [(interval, 0), (interval, 1)]) {
			day = day.with(session, 16).unwrap();
		}
		assert_eq!(day.iter().count(), 384);
		assert_eq!(day.encoded_size(), 4 + 2 + 2 * (191 * ROW + 2));
		assert_eq!(StandingSteps::longest(7).encoded_size(), StandingSteps::max_encoded_len());
		assert!(StandingSteps::max_encoded_len() < 8_300);
	}

	#[test]
	fn more_than_can_be_counted_is_refused_without_taking_memory_for_it() {
		let one = StandingSteps::default().with((7, 0), 1).unwrap();
		assert!(one.with((7, 0), u32::from(u16::MAX)).is_some());
		assert_eq!(one.with((7, 0), u32::from(u16::MAX) + 1), None);
		assert_eq!(one.with((7, MAX_PRODUCTS as ProductId), 1), None);
		assert!(one.with((7 + MAX_HORIZON - 1, 3), 1).is_some());
		assert_eq!(one.with((7 + MAX_HORIZON, 0), 1), None);
		let last = StandingSteps::default().with((Interval::MAX, 3), 1).unwrap();
		assert_eq!(last.with((0, 0), 1), None);
		assert_eq!(last.iter().collect::<Vec<_>>(), [((Interval::MAX, 3), 1)]);
		// Behind a full window there is no room before it either.
		let full = one.with((7 + MAX_HORIZON - 1, 3), 1).unwrap();
		assert_eq!(full.with((6, 0), 1), None);
	}

	#[test]
	fn it_counts_as_a_map_does_and_the_same_counts_are_written_alike() {
		let mut number = 1u64;
		let mut random = |below: u64| {
			number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
			(number >> 33) % below
		};
		let (mut steps, mut map) = (StandingSteps::default(), BTreeMap::new());
		for _ in 0..4_000 {
			let session = (random(12) as Interval, random(4) as ProductId);
			match random(8) {
				0 => {
					steps = steps.since(session.0);
					map.retain(|(interval, _), _| *interval >= session.0);
				},
				_ => {
					let count = random(3) as u32;
					steps = steps.with(session, count).unwrap();
					map.insert(session, count);
					map.retain(|_, count| *count > 0);
				},
			}
			assert_eq!(steps.iter().collect::<Vec<_>>(), map.clone().into_iter().collect::<Vec<_>>());
			let anew = map.iter().rev().fold(StandingSteps::default(), |all, (at, n)| all.with(*at, *n).unwrap());
			assert_eq!(steps, anew);
		}
	}
}
