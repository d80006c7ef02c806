//! Chain time, the terms of intervals and what the market decided.

use crate::register::mock;
use busbar_primitives::{
	traits::{Calendar, OrderCollateral, Positions},
	Balance, Contract, Interval, Moment, Outcome, ParticipantId, PointId, Position, Terms, ZoneId, ZoneResult,
};

mock! {
	/// Chain time and the terms of intervals. [`MockCalendar::on_terms_until_gates`] fills what follows from terms.
	MockCalendar: Calendar {
		on_now: fn now() -> Moment;
		on_interval_s: fn interval_s() -> u32;
		on_first_unopened: fn first_unopened() -> Interval;
		on_first_kept: fn first_kept() -> Interval;
		on_terms: fn terms(interval: Interval) -> Option<Terms>;
		on_is_open: fn is_open(interval: Interval) -> bool;
		on_takes_limits: fn takes_limits(interval: Interval) -> bool;
		on_most_zones: fn most_zones() -> u32 = u32::MAX;
	}
}

impl MockCalendar {
	/// Fills the terms, and what the market makes of them while it clears nothing: posted prices are accepted until the first
	/// gate closes, limits until the last one does.
	pub fn on_terms_until_gates(terms: impl Fn(Interval) -> Option<Terms> + 'static) {
		Self::on_terms(terms);
		Self::on_is_open(|interval| Self::terms(interval).is_some_and(|terms| Self::now() < terms.gate_closure));
		Self::on_takes_limits(|interval| {
			Self::terms(interval).is_some_and(|terms| Self::now() < terms.last_gate_closure)
		});
	}
}

mock! {
	/// What the market decided.
	MockPositions: Positions {
		on_outcome: fn outcome(interval: Interval) -> Option<Outcome>;
		on_zone_result: fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult>;
		on_contracts: fn contracts(point: PointId, interval: Interval) -> Vec<Contract>;
		on_of: fn of(point: PointId, interval: Interval) -> Position
			= Self::contracts(point, interval).into_iter().map(|contract| contract.position).sum();
	}
}

mock! {
	/// Collateral that orders hold.
	MockOrderCollateral: OrderCollateral {
		on_take_collateral: fn take_collateral(point: PointId, interval: Interval) -> Vec<(ParticipantId, Balance)>;
		on_void: fn void(interval: Interval) -> ();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_position_is_the_sum_of_its_contracts_unless_a_test_says_another() {
		let contract = |bought, sold| Contract {
			product: 0,
			position: Position { bought, sold },
			amount: 0,
			lowest: 0,
			highest: 0,
		};
		MockPositions::on_contracts(move |_, _| vec![contract(3, 0), contract(4, 2)]);
		assert_eq!(MockPositions::of(0, 0), Position { bought: 7, sold: 2 });
		MockPositions::on_of(|_, _| Position { bought: 1, sold: 0 });
		assert_eq!(MockPositions::of(0, 0), Position { bought: 1, sold: 0 });
	}
}
