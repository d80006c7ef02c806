//! What settlement tells of what points drew, of which it depends what must secure them.

use super::*;
use crate::mock::*;
use busbar_primitives::Wh;
use frame_support::assert_ok;

/// The greatest consumption that counts of a point, and on how many days there is one.
fn known(point: PointId) -> (Wh, u32) {
	let known = Securities::security_of(point).unwrap();
	(known.greatest, known.days)
}

/// A quarter of the rating.
const NEW: Wh = 625;

#[test]
fn what_a_device_metered_counts_in_whichever_run_it_is_settled() {
	run(|| {
		trade();
		assert_eq!([0, 1].map(known), [(NEW, 0), (NEW, 0)]);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!([0, 1].map(known), [(1_100, 1), (NEW, 1)], "what the plant fed in is no consumption");
		assert_ok!(credit(0, &[0, 1, 2]));
		revise(0, 0, 1_400);
		revise(1, 0, 700);
		assert_ok!(correct(0, &[0, 1]));
		assert_eq!([0, 1].map(known), [(1_400, 1), (700, 1)]);
	});
}

#[test]
fn what_stands_in_for_a_silent_meter_does_not_count_so_that_its_operator_does_no_harm_by_silence() {
	run(|| {
		trade();
		world(|w| {
			w.readings.clear();
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert!(Statements::<Test>::get(0, 0).unwrap().outturn.unwrap().drawn.unsigned_abs() > NEW);
		assert_eq!([0, 1].map(known), [(NEW, 0), (NEW, 0)]);
	});
}

#[test]
fn while_a_retailer_answers_for_a_point_its_owners_deposit_does_not_count() {
	run(|| {
		trade();
		world(|w| w.positions.clear());
		assert_ok!(Securities::deposit(signed(HOME), 0, EUR));
		let served = pallet_supply::Served { retailer: participant(SHOP), from: 0, until: None };
		pallet_supply::Serving::<Test>::insert(0, BoundedVec::truncate_from(vec![served]));
		world(|w| w.outcomes.insert(0, outcome(3, 0, 0)));
		assert_ok!(debit(0, &[0]));
		let known = Securities::security_of(0).unwrap();
		assert_eq!((known.deposit, known.by_owner, known.suffices), (EUR, false, false));
	});
}
