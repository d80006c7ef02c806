use super::*;
use crate::{mock::*, Error, Event, Intervals, Statements, MAX_CORRECTIONS};
use busbar_primitives::{traits::Finality, Amount, Cause, Party, Phase};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

/// The interval of [`trade`], settled: the home 100 Wh short at 260_000, the plant 50 Wh long at 70_000.
fn settled() {
	trade();
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

/// Versions, parties, energy, prices and amounts of the lines after the first eight.
fn corrections() -> Vec<(u16, Party, i64, i64, Amount)> {
	let line = |line: busbar_primitives::api::StatementLine| line.line;
	let all = Settlement::lines(0, 8, u32::MAX).into_iter().map(line);
	all.map(|line| (line.version, line.party, line.wh, line.price, line.amount)).collect()
}

#[test]
fn a_later_version_settles_the_difference_only() {
	run(|| {
		settled();
		let before = [HOME, PLANT, UTILITY, GRID].map(|account| Balances::balance(&account));
		// 40 Wh short instead of 100: 60 Wh at 260_000 come back, of which 10_000 are fees.
		revise(0, 0, 1_040);
		assert_ok!(correct(0, &[0]));
		assert_eq!(
			corrections(),
			[
				(2, Party::Point(0), -60, 260_000, 15_600_000),
				(2, Party::GridOperator, 0, 0, -600_000),
				(2, Party::Balancing, 0, 0, -15_000_000),
			]
		);
		let after = [HOME, PLANT, UTILITY, GRID].map(|account| Balances::balance(&account));
		let changes: Vec<_> =
			after.iter().zip(before).map(|(after, before)| *after as Amount - before as Amount).collect();
		assert_eq!(changes, [15_600_000, 0, -15_000_000, -600_000]);
		let root = Settlement::root(0).unwrap();
		assert_eq!(root.count, 11);
		let corrected = Event::Corrected { interval: 0, corrections: 1, root: root.root, lines: 11 };
		assert_eq!(events().last(), Some(&corrected.into()));
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
		// The point's own statement shows its own line.
		assert_eq!(Settlement::statement(0, 0).last().unwrap().line.cause, Cause::Correction);
		assert_eq!(Settlement::statement(0, 0).len(), 3);
		assert_noop!(correct(0, &[0]), Error::<Test>::NothingToCorrect);
	});
}

#[test]
fn a_correction_across_zero_has_no_single_price() {
	run(|| {
		settled();
		// 10 Wh long at 70_000 instead of 100 Wh short at 260_000: 700_000 + 26_000_000; fees fall by 90 Wh.
		revise(0, 0, 990);
		assert_ok!(correct(0, &[0]));
		assert_eq!(corrections()[0], (2, Party::Point(0), -110, 0, 26_700_000));
		assert_eq!(corrections()[1], (2, Party::GridOperator, 0, 0, -900_000));
		assert_eq!(corrections()[2], (2, Party::Balancing, 0, 0, -25_800_000));
	});
}

#[test]
fn corrections_end_where_settling_the_last_reading_at_once_would_have() {
	let accounts = [HOME, PLANT, UTILITY, GRID, RENT];
	let balances = |readings: &[(u32, i64)], revisions: &[(u32, i64)]| {
		let mut end = None;
		run(|| {
			trade();
			// It buys losses.
			assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
			for (point, net) in readings {
				world(|w| w.readings.insert((*point, 0), metered(*net)));
			}
			assert_ok!(debit(0, &[0, 1, 2]));
			assert_ok!(credit(0, &[0, 1, 2]));
			for (point, net) in revisions {
				revise(*point, 0, *net);
				assert_ok!(correct(0, &[*point]));
				try_state();
			}
			end = Some(accounts.map(|account| Balances::balance(&account)));
		});
		end.unwrap()
	};
	let at_once = balances(&[(0, 930), (1, -20), (2, -1_000)], &[]);
	let late = balances(&[(2, -900)], &[(1, 500), (0, 2_000), (1, -20), (2, -1_000), (0, 930)]);
	assert_eq!(late, at_once);
}

#[test]
fn a_reading_after_an_estimate_is_a_correction() {
	run(|| {
		trade();
		world(|w| {
			w.readings.remove(&(1, 0));
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_noop!(correct(0, &[1]), Error::<Test>::NothingToCorrect);
		world(|w| w.readings.insert((1, 0), metered(-650)));
		assert_ok!(correct(0, &[1]));
		// As if it had come in time.
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Balances::balance(&GRID), 5_500_000);
	});
}

#[test]
fn a_reading_that_counts_as_none_is_not_settled_and_uses_up_no_correction() {
	run(|| {
		let implausible = |w: &mut World| {
			let import = busbar_primitives::MAX_PLAUSIBLE_WH + 1;
			w.readings.insert((1, 0), busbar_primitives::Metered { import, ..metered(0) });
		};
		trade();
		world(|w| {
			implausible(w);
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_noop!(correct(0, &[1]), Error::<Test>::NothingToCorrect);
		revise(1, 0, -650);
		assert_ok!(correct(0, &[1]));
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Statements::<Test>::get(0, 1).unwrap().corrections, 1);
		// One that was settled and then struck gives way to the estimate, which is what it sold.
		revise(1, 0, 0);
		world(implausible);
		assert_ok!(correct(0, &[1]));
		let statement = Statements::<Test>::get(0, 1).unwrap();
		assert_eq!((statement.corrections, statement.reading, statement.outturn.unwrap().imbalance), (2, 0, 0));
		assert_noop!(correct(0, &[1]), Error::<Test>::NothingToCorrect);
	});
}

#[test]
fn the_last_estimate_is_the_dearest_of_the_last_four_like_readings_and_a_true_reading_takes_its_place() {
	let silent = || {
		trade();
		world(|w| {
			w.readings.remove(&(0, 0));
			w.like.insert((0, 0), vec![1_900, 1_100, 1_500, 1_502]);
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// 500 Wh short at 260,000.
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 130_000_000);
		world(|w| w.now = RULINGS_END - 1);
		assert_noop!(correct(0, &[0]), Error::<Test>::NothingToCorrect);
	};
	run(|| {
		silent();
		world(|w| w.now = RULINGS_END);
		assert_ok!(correct(0, &[0]));
		// 900 Wh short. Nobody is paid or charged twice.
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 234_000_000);
		assert_noop!(correct(0, &[0]), Error::<Test>::NothingToCorrect);
		// Neither who was read nor a coupling has a last estimate.
		assert_noop!(correct(0, &[1]), Error::<Test>::NothingToCorrect);
		assert_noop!(correct(0, &[2]), Error::<Test>::NothingToCorrect);
	});
	run(|| {
		silent();
		revise(0, 0, 1_000);
		world(|w| w.now = RULINGS_END);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000);
		assert_noop!(correct(0, &[0]), Error::<Test>::NothingToCorrect);
	});
}

#[test]
fn a_corrected_root_meter_changes_the_losses() {
	run(|| {
		trade();
		// The root supplied 460 Wh, the zone drew 1_100 - 650.
		world(|w| w.readings.insert((2, 0), metered(-460)));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&GRID), 5_500_000 - 10 * 250_000);
		revise(2, 0, -455);
		assert_ok!(correct(0, &[2]));
		assert_eq!(Balances::balance(&GRID), 5_500_000 - 5 * 250_000);
		// What a point drew more was not lost.
		revise(0, 0, 1_103);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::balance(&GRID), 5_500_000 + 30_000 - 2 * 250_000);
	});
}

#[test]
fn a_debtor_of_a_correction_pays_from_all_that_secures_it_or_defaults() {
	run(|| {
		settled();
		assert_ok!(Securities::deposit(signed(HOME), 0, 3_000_000));
		leave(HOME, 2_000_000);
		// 200 Wh short instead of 100: 26_000_000 more, of which 21_000_000 are missing.
		revise(0, 0, 1_200);
		let utility = Balances::balance(&UTILITY);
		assert_ok!(correct(0, &[0]));
		let lines: Vec<_> = Settlement::lines(0, 8, u32::MAX).into_iter().map(|line| line.line).collect();
		let brief: Vec<_> = lines.iter().map(|line| (line.party, line.cause, line.amount)).collect();
		// The utility's own credit bears it.
		assert_eq!(
			brief,
			[
				(Party::Point(0), Cause::Correction, -26_000_000),
				(Party::GridOperator, Cause::Correction, 1_000_000),
				(Party::Balancing, Cause::Correction, 25_000_000),
				(Party::Point(0), Cause::Default, 21_000_000),
				(Party::Balancing, Cause::LossShare, -21_000_000),
			]
		);
		assert_eq!(Balances::balance(&UTILITY), utility + 4_000_000);
		assert_eq!(pallet_securities::Debts::<Test>::get(participant(HOME)), Some(21_000_000));
	});
}

#[test]
fn nothing_moves_before_settlement_or_after_final() {
	run(|| {
		trade();
		assert_noop!(correct(0, &[0]), Error::<Test>::NotSettled);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_noop!(correct(0, &[0]), Error::<Test>::NotSettled);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_noop!(correct(0, &[]), Error::<Test>::EmptyBatch);
		assert_noop!(correct(0, &[9]), Error::<Test>::UnknownPoint);
		assert_noop!(correct(0, &[0]), Error::<Test>::NothingToCorrect);
		revise(0, 0, 1_000);
		world(|w| w.contested.insert((0, 0)));
		assert_noop!(correct(0, &[0]), Error::<Test>::Contested);
		world(|w| {
			w.contested.clear();
			w.now = FINAL;
		});
		assert!(Settlement::is_final(0));
		assert_noop!(correct(0, &[0]), Error::<Test>::Final);
		world(|w| w.now = FINAL - 1);
		revise(1, 0, -600);
		// One that has nothing new undoes the batch.
		assert_noop!(correct(0, &[0, 1, 2]), Error::<Test>::NothingToCorrect);
		assert_ok!(correct(0, &[1, 0]));
		assert_eq!(Intervals::<Test>::get(0).unwrap().corrections, 2);
	});
}

#[test]
fn a_point_that_was_not_in_force_has_nothing_to_correct() {
	run(|| {
		trade();
		world(|w| {
			w.points
				.push(busbar_primitives::Point { from: 1, ..point(SHOP, 1, busbar_primitives::PointKind::Metered) });
			w.outcomes.insert(0, outcome(4, 4_000_000, 0));
		});
		assert_ok!(debit(0, &[0, 1, 2, 3]));
		assert_ok!(credit(0, &[0, 1, 2, 3]));
		revise(3, 0, 10);
		assert_noop!(correct(0, &[3]), Error::<Test>::NothingToCorrect);
	});
}

#[test]
fn a_point_is_corrected_a_bounded_number_of_times() {
	run(|| {
		settled();
		// The most lines that a correction can have: every party owes or is owed, and nobody can pay.
		for round in 0..MAX_CORRECTIONS {
			leave(HOME, 0);
			revise(0, 0, 1_200 + 100 * i64::from(round));
			assert_ok!(correct(0, &[0]));
		}
		revise(0, 0, 0);
		assert_noop!(correct(0, &[0]), Error::<Test>::TooManyCorrections);
		assert_eq!(Statements::<Test>::get(0, 0).unwrap().corrections, MAX_CORRECTIONS);
	});
}

#[test]
fn as_many_corrections_as_there_may_be_have_room_for_all_lines_of_each() {
	run(|| {
		let per_cent = sp_runtime::Permill::from_percent;
		crate::Levies::<Test>::put(crate::Schedule::new(10_000));
		crate::Sharings::<Test>::put(crate::Schedule::new(crate::Sharing { fund: per_cent(30), rent: per_cent(30) }));
		settled();
		leave(HOME, 0);
		let fund = Securities::fund_account();
		for correction in 1..=MAX_CORRECTIONS {
			assert_ok!(Balances::transfer_allow_death(signed(AGENT), fund, 10));
			leave(fund, 10);
			assert_ok!(Securities::deposit_balancing(signed(UTILITY), 10));
			// The home, which has nothing, is 10 Wh shorter: every other party is owed more, and gets a part of 20 nEUR.
			let before = Settlement::root(0).unwrap().count;
			revise(0, 0, 1_100 + i64::from(correction) * 10);
			assert_ok!(correct(0, &[0]));
			assert_eq!(Settlement::root(0).unwrap().count - before, crate::types::CORRECTION_LINES);
		}
		try_state();
	});
}
