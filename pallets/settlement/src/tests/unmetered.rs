//! Points that never had a meter: nobody owes for their silence.

use super::*;
use crate::{mock::*, Changed, Statements, LAST_RUN};
use busbar_primitives::{Cause, Interval, Party, PointKind, SignedWh};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

/// A home (point 0) whose rating is 2,500 Wh in an interval, of which nothing was read and no like day is known, and which is
/// metered since then; a plant (1) that fed in 600 Wh; a coupling (2) that supplied 1,700.
fn silent_home(metered_from: Option<Interval>) {
	world(|w| {
		w.points = vec![
			point(HOME, 1, PointKind::Metered),
			point(PLANT, 1, PointKind::Metered),
			point(UTILITY, 0, PointKind::Coupling),
		];
		w.terms.insert(0, terms());
		w.outcomes.insert(0, outcome(3, 0, 0));
		w.readings.insert((1, 0), metered(-600));
		w.readings.insert((2, 0), metered(-1_700));
		w.like.insert((0, 0), Vec::new());
		w.metered_from.insert(0, metered_from);
	});
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
}

fn lines_of(point: u32) -> Vec<(Cause, SignedWh)> {
	Settlement::statement(point, 0).into_iter().map(|line| (line.line.cause, line.line.wh)).collect()
}

/// The operator of a zone that gave a member a point of any rating would otherwise give it any debt.
#[test]
fn the_silence_of_a_point_that_never_had_a_meter_is_nobodys_debt_but_in_the_losses() {
	for metered_from in [None, Some(1)] {
		run(|| {
			silent_home(metered_from);
			let before = Balances::balance(&HOME);
			// There is nothing to wait for.
			world(|w| w.now = DELIVERY_END);
			assert_ok!(debit(0, &[0, 1, 2]));
			assert_eq!(lines_of(0), []);
			let statement = Statements::<Test>::get(0, 0).unwrap();
			assert_eq!((statement.amount, statement.counted, statement.reading), (0, false, 0));
			// Nor does a later run change anything.
			assert_eq!(Changed::<Test>::iter_prefix((0, LAST_RUN)).count(), 0);
			assert_ok!(credit(0, &[0, 1, 2]));
			assert_eq!(Balances::balance(&HOME), before);
			// Of 1,700 + 600 Wh nobody's meter drew any.
			let lines = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line);
			let mut losses = lines.filter(|line| line.party == Party::GridOperator && line.cause == Cause::Losses);
			assert_eq!(losses.next().map(|line| line.wh), Some(2_300));
		});
	}
}

#[test]
fn a_point_that_once_had_a_meter_is_settled_on_what_is_dearest_to_its_owner() {
	run(|| {
		silent_home(Some(0));
		world(|w| w.now = DELIVERY_END);
		assert_noop!(debit(0, &[0]), Error::<Test>::NotAttestedYet);
		world(|w| w.now = ATTESTATION_END);
		assert_ok!(debit(0, &[0]));
		assert_eq!(lines_of(0), [(Cause::EstimatedImbalance, 2_500)]);
		assert!(Changed::<Test>::contains_key((0, LAST_RUN), 0));
	});
}

/// Who sells, and takes the meter back that it sold by, is settled as if it had drawn all that it can.
#[test]
fn a_point_with_a_contract_is_settled_whether_or_not_it_has_a_meter() {
	run(|| {
		trade();
		world(|w| {
			w.readings.remove(&(1, 0));
			w.like.insert((1, 0), Vec::new());
			w.metered_from.insert(1, None);
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[1]));
		assert_eq!(lines_of(1), [(Cause::Contract, -600), (Cause::EstimatedImbalance, 3_100)]);
	});
}
