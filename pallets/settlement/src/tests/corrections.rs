use super::*;
use crate::{mock::*, Error, Event, Intervals, Statements, Waiting};
use busbar_primitives::{traits::Finality, Amount, Cause, Party, Phase, Terms};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

/// The interval of [`trade`], settled: the home 100 Wh short at 260_000, the plant 50 Wh long at 70_000.
fn settled() {
	trade();
	assert_ok!(debit(0, &[0, 1, 2]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

/// The same, whose first run is due when delivery ends, so that readings in time are settled by the second.
fn settled_early() {
	trade();
	world(|w| {
		w.now = DELIVERY_END;
		w.terms.insert(0, Terms { first_run: DELIVERY_END, ..terms() });
	});
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
		let settled = Event::Settled { interval: 0, run: 2, root: root.root, lines: 11 };
		assert_eq!(events().last(), Some(&settled.into()));
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
		// The point's own statement shows its own line.
		assert_eq!(Settlement::statement(0, 0).last().unwrap().line.cause, Cause::Correction);
		assert_eq!(Settlement::statement(0, 0).len(), 3);
		assert_noop!(debit(0, &[0]), Error::<Test>::AlreadySettled);
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
	let balances = |readings: &[(u32, i64)], runs: &[&[(u32, i64)]]| {
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
			for revisions in runs {
				for (point, net) in *revisions {
					revise(*point, 0, *net);
				}
				let changed: std::collections::BTreeSet<_> = revisions.iter().map(|(point, _)| *point).collect();
				assert_ok!(correct(0, &changed.into_iter().rev().collect::<Vec<_>>()));
				try_state();
			}
			end = Some(accounts.map(|account| Balances::balance(&account)));
		});
		end.unwrap()
	};
	let at_once = balances(&[(0, 930), (1, -20), (2, -1_000)], &[]);
	let late = balances(&[(2, -900)], &[&[(1, 500), (0, 2_000), (1, 40)], &[(1, -20), (2, -1_000), (0, 930)]]);
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
		// Without one it is settled on the last estimate, in the last run.
		assert_noop!(debit(0, &[1]), Error::<Test>::RunNotDue);
		read(1, 0, -650);
		assert_ok!(correct(0, &[1]));
		// As if it had come in time.
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Balances::balance(&GRID), 5_500_000);
	});
}

#[test]
fn a_reading_that_counts_as_none_is_not_settled() {
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
		assert_noop!(debit(0, &[1]), Error::<Test>::RunNotDue);
		revise(1, 0, -650);
		assert_ok!(correct(0, &[1]));
		assert_eq!(Balances::balance(&PLANT), WEALTH + 141_500_000);
		assert_eq!(Statements::<Test>::get(0, 1).unwrap().run, 3);
		// One that was settled and then struck gives way to the estimate, which is what it sold.
		revise(1, 0, 0);
		world(implausible);
		assert_ok!(correct(0, &[1]));
		let statement = Statements::<Test>::get(0, 1).unwrap();
		assert_eq!((statement.run, statement.reading, statement.outturn.unwrap().imbalance), (4, 0, 0));
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
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
		assert_noop!(debit(0, &[0]), Error::<Test>::RunNotDue);
	};
	run(|| {
		silent();
		world(|w| w.now = RULINGS_END);
		assert_ok!(correct(0, &[0]));
		// 900 Wh short. Nobody is paid or charged twice.
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000 - 234_000_000);
		assert_noop!(debit(0, &[0]), Error::<Test>::AlreadySettled);
		// Neither who was read nor a coupling has a last estimate.
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		assert_noop!(debit(0, &[2]), Error::<Test>::AlreadySettled);
	});
	run(|| {
		silent();
		revise(0, 0, 1_000);
		world(|w| w.now = RULINGS_END);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 230_000_000);
		assert_noop!(debit(0, &[0]), Error::<Test>::AlreadySettled);
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
fn nothing_moves_before_a_run_is_due_or_after_final() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0, 1]));
		assert_noop!(debit(0, &[0]), Error::<Test>::AlreadySettled);
		assert_ok!(debit(0, &[2]));
		revise(1, 0, -600);
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[0, 1, 2]));
		revise(0, 0, 1_000);
		world(|w| w.now = ATTESTATION_END - 1);
		assert_noop!(debit(0, &[0, 1]), Error::<Test>::RunNotDue);
		world(|w| w.now = ATTESTATION_END);
		assert_noop!(debit(0, &[]), Error::<Test>::EmptyBatch);
		assert_noop!(debit(0, &[9]), Error::<Test>::UnknownPoint);
		// One that has nothing new undoes the batch.
		assert_noop!(debit(0, &[0, 1, 2]), Error::<Test>::NotChanged);
		assert_ok!(debit(0, &[1]));
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		assert_noop!(credit(0, &[1]), Error::<Test>::DebitsNotDone);
		assert_ok!(debit(0, &[0]));
		assert_noop!(credit(0, &[2]), Error::<Test>::NotChanged);
		assert_noop!(draw(0, &[0]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[0]));
		assert_noop!(credit(0, &[0]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[1]));
		assert_eq!(Intervals::<Test>::get(0).map(|progress| (progress.run, progress.credits_done)), Some((2, 2)));
		world(|w| w.now = FINAL);
		assert!(Settlement::is_final(0));
		revise(0, 0, 900);
		assert_noop!(debit(0, &[0]), Error::<Test>::Final);
		assert!(Settlement::is_final(0));
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
		assert_noop!(debit(0, &[3]), Error::<Test>::AlreadySettled);
		world(|w| w.now = DISPUTE_END);
		revise(0, 0, 10);
		world(|w| w.now = RULINGS_END);
		assert_noop!(debit(0, &[3]), Error::<Test>::NotChanged);
		assert_ok!(correct(0, &[0]));
	});
}

#[test]
fn an_interval_has_four_runs_and_no_more() {
	run(|| {
		settled_early();
		leave(HOME, 0);
		revise(0, 0, 1_100);
		assert_ok!(correct(0, &[0]));
		revise(0, 0, 1_200);
		assert_ok!(correct(0, &[0]));
		revise(0, 0, 1_300);
		assert_ok!(correct(0, &[0]));
		assert_eq!(Statements::<Test>::get(0, 0).map(|statement| statement.run), Some(LAST_RUN));
		revise(0, 0, 0);
		assert_noop!(debit(0, &[0]), Error::<Test>::AlreadySettled);
		assert_eq!(Waiting::<Test>::get(0), [0, 0, 0]);
	});
}

#[test]
fn the_last_run_has_room_for_all_lines_that_each_may_have() {
	run(|| {
		let per_cent = sp_runtime::Permill::from_percent;
		crate::Levies::<Test>::put(crate::Schedule::new(10_000));
		crate::Sharings::<Test>::put(crate::Schedule::new(crate::Sharing { fund: per_cent(30), rent: per_cent(30) }));
		settled_early();
		leave(HOME, 0);
		let fund = Securities::fund_account();
		for run in 2..=i64::from(LAST_RUN) {
			assert_ok!(Balances::transfer_allow_death(signed(AGENT), fund, 10));
			leave(fund, 10);
			assert_ok!(Securities::deposit_balancing(signed(UTILITY), 10));
			// The home, which has nothing, is 10 Wh shorter: every other party is owed more, and gets a part of 20 nEUR.
			let before = Settlement::root(0).unwrap().count;
			revise(0, 0, 1_100 + run * 10);
			assert_ok!(correct(0, &[0]));
			// The account of congestion rent is not in debt, so that the remainder is in its share; and no default is undone.
			let most = crate::types::RUN_POINT_LINES + crate::types::RUN_SYSTEM_LINES - 4;
			assert_eq!(Settlement::root(0).unwrap().count - before, most);
		}
		try_state();
	});
}
