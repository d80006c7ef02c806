//! Losses while a coupling has no reading.

use super::*;
use crate::{mock::*, MeanLoss, MeanLosses};
use busbar_primitives::{Cause, Party, PointKind, SignedWh};
use frame_support::{assert_ok, traits::fungible::Inspect};

/// Settles an interval without trade, in which a home (point 0) and a plant (1) metered this, and the coupling (2) supplied
/// that. Returns energy and money of the grid operator's losses.
fn settle(interval: Interval, metered: [SignedWh; 2], supplied: Option<SignedWh>) -> Vec<(i64, i128)> {
	settle_couplings(interval, metered, &[supplied])
}

/// The same with several couplings, from point 2 on.
fn settle_couplings(
	interval: Interval,
	[home, plant]: [SignedWh; 2],
	supplied: &[Option<SignedWh>],
) -> Vec<(i64, i128)> {
	let points: Vec<_> = (0..2 + supplied.len() as u32).collect();
	world(|w| {
		w.points = vec![point(HOME, 1, PointKind::Metered), point(PLANT, 1, PointKind::Metered)];
		w.points.extend(supplied.iter().map(|_| point(UTILITY, 0, PointKind::Coupling)));
		w.terms.insert(interval, terms());
		w.outcomes.insert(interval, outcome(points.len() as u32, 0, 0));
		w.readings.insert((0, interval), metered(home));
		w.readings.insert((1, interval), metered(plant));
		for (coupling, supplied) in (2..).zip(supplied) {
			if let Some(supplied) = supplied {
				w.readings.insert((coupling, interval), metered(-supplied));
			}
		}
		w.now = ATTESTATION_END;
	});
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
	assert_ok!(debit(interval, &points));
	assert_ok!(credit(interval, &points));
	let lines = Settlement::lines(interval, 0, u32::MAX).into_iter().map(|line| line.line);
	let losses = lines.filter(|line| line.party == Party::GridOperator && line.cause == Cause::Losses);
	losses.map(|line| (line.wh, line.amount)).collect()
}

/// One coupling without a meter, or with one that its operator does not read, would end the bill for losses.
#[test]
fn a_coupling_without_a_reading_supplied_what_points_drew_and_the_mean_share_of_losses() {
	run(|| {
		// Nothing is known yet.
		assert_eq!(settle(0, [1_000, -600], None), []);
		// The points drew 400 together. 410 supplied: 10 Wh lost, 25,000 ppm, at 250,000.
		assert_eq!(settle(1, [1_000, -600], Some(410)), [(10, -2_500_000)]);
		// 418: 18 Wh, 45,000 ppm. The mean is 35,000.
		assert_eq!(settle(2, [1_000, -600], Some(418)), [(18, -4_500_000)]);
		for class in [0, 24] {
			assert_eq!(MeanLosses::<Test>::get(class), MeanLoss { ppm: 35_000, intervals: 2 });
		}
		// They drew 1,400, of which 35,000 ppm are 49 Wh.
		assert_eq!(settle(3, [2_000, -600], None), [(49, -12_250_000)]);
		assert_eq!(MeanLosses::<Test>::get(24).intervals, 2);
		// In the next hour, of which nothing is known, the mean of all intervals counts.
		assert_eq!(settle(4, [2_000, -600], None), [(49, -12_250_000)]);
		// 1,428 supplied: 28 Wh lost, 20,000 ppm. From then on that is the mean of the hour: of all it is 30,000.
		assert_eq!(settle(5, [2_000, -600], Some(1_428)), [(28, -7_000_000)]);
		assert_eq!((MeanLosses::<Test>::get(1).ppm, MeanLosses::<Test>::get(24).ppm), (20_000, 30_000));
		assert_eq!(settle(6, [2_000, -600], None), [(28, -7_000_000)]);
		// A day later it is the first hour again.
		assert_eq!(settle(96, [2_000, -600], None), [(49, -12_250_000)]);
		// Points that feed in more than others draw, together, lose nothing on the way.
		assert_eq!(settle(7, [100, -600], None), []);
	});
}

#[test]
fn a_couplings_reading_that_comes_later_corrects_the_losses_and_not_the_mean() {
	run(|| {
		assert_eq!(settle(1, [1_000, -600], Some(410)), [(10, -2_500_000)]);
		// 25,000 ppm of 1,400 are 35 Wh.
		assert_eq!(settle(2, [2_000, -600], None), [(35, -8_750_000)]);
		let before = [GRID, UTILITY].map(|account| Balances::balance(&account));
		read(2, 2, -1_420);
		assert_ok!(correct(2, &[2]));
		// 20 Wh were lost: 15 Wh less at 250,000.
		assert_eq!(Balances::balance(&GRID), before[0] + 3_750_000);
		assert_eq!(Balances::balance(&UTILITY), before[1] - 3_750_000);
		assert_eq!(MeanLosses::<Test>::get(24), MeanLoss { ppm: 25_000, intervals: 1 });
	});
}

/// Else what the silent one supplied would be paid for as energy that came from nowhere.
#[test]
fn one_of_two_couplings_without_a_reading_leaves_the_losses_to_the_mean_share() {
	run(|| {
		// 410 of 400 supplied by both: 25,000 ppm.
		assert_eq!(settle_couplings(1, [1_000, -600], &[Some(300), Some(110)]), [(10, -2_500_000)]);
		// They drew 1,400, of which the one coupling that was read supplied 900: 35 Wh are lost, not 500 too many.
		assert_eq!(settle_couplings(2, [2_000, -600], &[Some(900), None]), [(35, -8_750_000)]);
		assert_eq!(MeanLosses::<Test>::get(24), MeanLoss { ppm: 25_000, intervals: 1 });
	});
}

#[test]
fn what_points_fed_in_beyond_the_supply_is_no_share_of_losses_below_zero() {
	run(|| {
		// They drew 400, of which 390 were supplied: 10 Wh came from somewhere, at the long price.
		assert_eq!(settle(1, [1_000, -600], Some(390)), [(-10, 800_000)]);
		assert_eq!(MeanLosses::<Test>::get(24), MeanLoss { ppm: 0, intervals: 1 });
	});
}
