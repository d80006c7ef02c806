use super::*;
use crate::{mock::*, Error, Event, Intervals, Stage, Statements, SystemAccounts};
use busbar_primitives::{
	traits::{OrderCollateral, Positions},
	Amount, Cause, Line, Metered, Party, Phase, PointKind, Position, Quality, MAX_PLAUSIBLE_WH,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use pallet_securities::Backing;
use sp_runtime::DispatchError::BadOrigin;

/// Causes, energy, prices and amounts of a point's lines.
fn lines(point: u32) -> Vec<(Cause, i64, i64, Amount)> {
	let brief = |line: Line| {
		assert_eq!((line.version, line.party), (1, Party::Point(point)));
		(line.cause, line.wh, line.price, line.amount)
	};
	Settlement::statement(point, 0).into_iter().map(|line| brief(line.line)).collect()
}

#[test]
fn contract_and_imbalance_are_priced_and_debts_are_paid_at_once() {
	run(|| {
		trade();
		assert_eq!(Settlement::phase(0), None);
		assert_ok!(debit(0, &[1]));
		assert_eq!(Settlement::phase(0), Some(Phase::Debits));
		// Sold at the zone price; the surplus goes at the posted price less the path's fee.
		assert_eq!(
			lines(1),
			[(Cause::Contract, -600, 230_000, 138_000_000), (Cause::Imbalance, -50, 70_000, 3_500_000)]
		);
		assert_eq!(Balances::balance(&PLANT), WEALTH, "credits wait");
		assert_ok!(debit(0, &[0]));
		assert_eq!(
			lines(0),
			[(Cause::Contract, 1_000, 230_000, -230_000_000), (Cause::Imbalance, 100, 260_000, -26_000_000)]
		);
		assert_eq!(Balances::balance(&HOME), WEALTH - 256_000_000);
		assert_eq!(pot(), 256_000_000);
		try_state();
		assert_ok!(debit(0, &[2]));
		assert_eq!(lines(2), [(Cause::Contract, -400, 220_000, 88_000_000)]);
		assert_eq!(Settlement::phase(0), Some(Phase::Credits));
		let (utility, least) = (participant(UTILITY), 63_000_000);
		let too_small = pallet_securities::Event::BalancingTooSmall { participant: utility, total: 0, least };
		// 1,100 Wh in three intervals, at 500 nEUR/Wh, for which nothing is posted.
		let (used, least) = (1_650_000_000, 1_833_333_334);
		let low = pallet_securities::Event::SecurityLow { point: 0, used, posted: 0, least };
		assert_eq!(
			events()[2..],
			[
				RuntimeEvent::from(low),
				Event::Debited { interval: 0, run: 1, done: 2, points: 3 }.into(),
				Event::Debited { interval: 0, run: 1, done: 3, points: 3 }.into(),
				// Three times the 21 that it earned.
				too_small.into(),
				Event::DebitsClosed { interval: 0, due: 256_000_000, collected: 256_000_000 }.into(),
			]
		);
		let system: Vec<_> = Settlement::lines(0, 5, 9)
			.into_iter()
			.map(|line| (line.index, line.line.party, line.line.cause, line.line.wh, line.line.amount))
			.collect();
		assert_eq!(
			system,
			[
				(5, Party::GridOperator, Cause::GridFee, 0, 4_000_000),
				(6, Party::GridOperator, Cause::GridFee, 150, 1_500_000),
				(7, Party::Balancing, Cause::Imbalance, -50, 21_000_000),
			]
		);
	});
}

#[test]
fn an_imbalance_is_never_priced_better_than_the_zone_price() {
	run(|| {
		trade();
		let mut dear = World::zone_result(0, 1).unwrap();
		dear.price = Some(270_000);
		world(|w| {
			w.results.insert((0, 1), dear);
			w.positions.insert((1, 0), position(0));
		});
		assert_ok!(debit(0, &[0]));
		assert_eq!(lines(0)[1], (Cause::Imbalance, 100, 270_000, -27_000_000));
		dear.price = Some(60_000);
		world(|w| {
			w.results.insert((0, 1), dear);
		});
		assert_ok!(debit(0, &[1]));
		assert_eq!(lines(1), [(Cause::Imbalance, -650, 60_000, 39_000_000)]);
	});
}

/// A zone without orders may have a price that no order may have, by fees and rent; no collateral was asked for it.
#[test]
fn a_zone_price_beyond_the_bounds_of_orders_counts_as_the_bound() {
	run(|| {
		trade();
		let mut beyond = World::zone_result(0, 1).unwrap();
		for (point, net, price, bound, amount) in
			[(0, 1_100, 600_000, 500_000, -550_000_000), (1, -650, -600_000, -500_000, -325_000_000)]
		{
			beyond.price = Some(price);
			world(|w| {
				w.results.insert((0, 1), beyond);
				w.positions.insert((point, 0), position(0));
			});
			assert_ok!(debit(0, &[point]));
			assert_eq!(lines(point), [(Cause::Imbalance, net, bound, amount)]);
		}
	});
}

#[test]
fn a_negative_price_is_paid_by_who_feeds_in() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0]));
		let mut cheap = World::zone_result(0, 1).unwrap();
		cheap.price = Some(-10_000);
		world(|w| {
			w.results.insert((0, 1), cheap);
		});
		assert_ok!(debit(0, &[1]));
		assert_eq!(
			lines(1),
			[(Cause::Contract, -600, -10_000, -6_000_000), (Cause::Imbalance, -50, -10_000, -500_000)]
		);
		assert_eq!(Balances::balance(&PLANT), WEALTH - 6_500_000);
	});
}

#[test]
fn prices_of_an_interval_that_failed_safe_are_the_posted_ones() {
	run(|| {
		trade();
		world(|w| {
			w.positions.clear();
			w.results.insert((0, 1), result(None, 0, 10_000, 0, 0));
			w.results.remove(&(0, 0));
			w.outcomes.get_mut(&0).unwrap().cleared = false;
			w.outcomes.get_mut(&0).unwrap().fees = 0;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(lines(0), [(Cause::Imbalance, 1_100, 260_000, -286_000_000)]);
		assert_eq!(lines(1), [(Cause::Imbalance, -650, 70_000, 45_500_000)]);
		assert_eq!(lines(2), []);
	});
}

#[test]
fn collateral_is_released_and_used_whoever_owes() {
	run(|| {
		trade();
		assert_ok!(hold_collateral(0, 0, HOME, 300_000_000));
		assert_ok!(hold_collateral(1, 0, PLANT, 7));
		leave(HOME, 0);
		assert_ok!(debit(0, &[0, 1]));
		assert_eq!((margin(HOME).held, margin(PLANT).held), (0, 0));
		// The margins have it again, less what was owed.
		assert_ok!(Securities::margin_out(signed(HOME), participant(HOME), 300_000_000 - 256_000_000));
		assert_ok!(Securities::margin_out(signed(PLANT), participant(PLANT), 7));
		assert_eq!(Balances::balance(&HOME), 300_000_000 - 256_000_000);
		assert_eq!(Balances::balance(&PLANT), WEALTH);
		assert_eq!((held(HOME, HoldReason::Order), held(PLANT, HoldReason::Order)), (0, 0));
		assert_eq!(World::take_collateral(0, 0), []);
	});
}

#[test]
fn collateral_of_another_account_pays_first() {
	run(|| {
		trade();
		assert_ok!(hold_collateral(0, 0, SHOP, 200_000_000));
		assert_ok!(debit(0, &[0]));
		assert_eq!(Balances::total_balance(&SHOP), WEALTH - 200_000_000);
		assert_eq!(Balances::balance(&HOME), WEALTH - 56_000_000);
	});
}

#[test]
fn a_margin_pays_what_free_money_does_not_and_stays_where_it_does() {
	run(|| {
		trade();
		// The home owes 256_000_000, and its order holds 200_000_000 of its margin.
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 300_000_000));
		assert_ok!(hold_collateral(0, 0, HOME, 200_000_000));
		leave(HOME, 6_000_000);
		assert_ok!(debit(0, &[0]));
		assert_eq!(Balances::balance(&HOME), 0);
		assert_eq!(held(HOME, HoldReason::Order), 50_000_000);
		assert_ok!(Securities::margin_out(signed(HOME), participant(HOME), 50_000_000));
		assert_eq!(Balances::balance(&HOME), 50_000_000);
	});
	run(|| {
		trade();
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 300_000_000));
		assert_ok!(hold_collateral(0, 0, HOME, 200_000_000));
		assert_ok!(debit(0, &[0]));
		assert_eq!(Balances::balance(&HOME), WEALTH - 300_000_000 - 256_000_000);
		assert_eq!(held(HOME, HoldReason::Order), 300_000_000);
		assert_ok!(hold_collateral(0, 1, HOME, 300_000_000));
	});
}

#[test]
fn a_standing_deposit_pays_what_free_money_does_not() {
	run(|| {
		trade();
		assert_ok!(Securities::deposit(signed(HOME), 0, 300_000_000));
		leave(HOME, 6_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(held(HOME, HoldReason::Deposit), 300_000_000, "it waits until all debits and credits are known");
		assert_ok!(draw(0, &[0]));
		assert_eq!(Balances::balance(&HOME), 0);
		assert_eq!(held(HOME, HoldReason::Deposit), 50_000_000);
		assert_eq!(pot(), 256_000_000);
		assert_eq!(lines(0).len(), 2, "nobody defaulted");
	});
}

#[test]
fn what_a_debtor_cannot_pay_is_a_default_of_its_own_line() {
	run(|| {
		trade();
		assert_ok!(Securities::deposit(signed(HOME), 0, 50_000_000));
		leave(HOME, 6_000_000);
		assert_ok!(debit(0, &[0, 1, 2]));
		System::reset_events();
		assert_ok!(draw(0, &[0]));
		assert_eq!(lines(0)[2], (Cause::Default, 0, 0, 200_000_000));
		assert_eq!(
			events()[0],
			pallet_securities::Event::SecurityDrawn {
				interval: 0,
				point: 0,
				backing: Backing::Deposit,
				account: HOME,
				amount: 50_000_000
			}
			.into()
		);
		assert_eq!(events()[1], Event::Defaulted { interval: 0, party: Party::Point(0), amount: 200_000_000 }.into());
		let (participant, amount) = (participant(HOME), 200_000_000);
		assert_eq!(events()[2], pallet_securities::Event::Owed { participant, amount, owed: amount }.into());
		assert_eq!(events()[3], Event::Drawn { interval: 0, left: 0 }.into());
		assert_eq!((Balances::balance(&HOME), held(HOME, HoldReason::Deposit)), (0, 0));
		assert_eq!(pot(), 56_000_000);
		assert!(System::account_exists(&HOME));
	});
}

#[test]
fn nothing_settles_before_it_can() {
	run(|| {
		trade();
		assert_noop!(debit(9, &[0]), Error::<Test>::UnknownInterval);
		assert_noop!(debit(1, &[0]), Error::<Test>::NotCleared);
		world(|w| w.now = DELIVERY_END - 1);
		assert_noop!(debit(0, &[0]), Error::<Test>::DeliveryNotEnded);
		world(|w| w.now = DELIVERY_END);
		assert_noop!(Settlement::debit(RuntimeOrigin::none(), 0, Default::default()), BadOrigin);
		SystemAccounts::<Test>::kill();
		assert_noop!(debit(0, &[0]), Error::<Test>::AccountsNotSet);
	});
}

#[test]
fn a_point_waits_for_its_reading_until_the_window_ends() {
	run(|| {
		trade();
		world(|w| w.readings.remove(&(1, 0)));
		assert_noop!(debit(0, &[0, 1]), Error::<Test>::NotAttestedYet);
		// The coupling has no meter.
		assert_ok!(debit(0, &[0, 2]));
		world(|w| w.now = ATTESTATION_END - 1);
		assert_noop!(debit(0, &[1]), Error::<Test>::NotAttestedYet);
		world(|w| w.now = ATTESTATION_END);
		assert_ok!(debit(0, &[1]));
		assert_eq!(lines(1), [(Cause::Contract, -600, 230_000, 138_000_000), (Cause::EstimatedImbalance, 0, 0, 0)]);
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn of_two_readings_that_contradict_each_other_the_dearer_settles_until_it_is_ruled_on() {
	// The plant sold 600 Wh and fed in 650, 50 Wh at 70,000. Its friend says that it were 700, which would earn 7,000,000, or
	// none, which would cost 600 Wh at 260,000.
	for (claim, wh, amount, corrected) in [(-700, -50, 3_500_000, 0), (0, 600, -156_000_000, 159_500_000)] {
		run(|| {
			trade();
			world(|w| {
				w.contested.insert((1, 0));
				w.claims.insert((1, 0), claim);
			});
			// It holds up nobody, itself neither.
			assert_ok!(debit(0, &[0, 1, 2]));
			let line = lines(1)[1];
			assert_eq!((line.0, line.1, line.3), (Cause::EstimatedImbalance, wh, amount));
			assert_ok!(credit(0, &[0, 1, 2]));
			assert_noop!(debit(0, &[1]), Error::<Test>::RunNotDue);
			world(|w| w.contested.clear());
			assert_ok!(correct(0, &[1]));
			assert_eq!(Settlement::statement(1, 0)[2].line.amount, corrected);
			assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		});
	}
}

#[test]
fn a_silent_point_pays_for_what_it_metered_on_like_days_not_for_what_it_contracted() {
	run(|| {
		trade();
		world(|w| {
			w.readings.clear();
			w.like.insert((0, 0), vec![1_900, 1_100, 1_500, 1_502]);
			w.like.insert((1, 0), vec![0, 0, 0, 0]);
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		// The mean is 1,500 Wh: no free energy, 500 Wh at 250,000 and 10,000 of fees.
		let estimated = Cause::EstimatedImbalance;
		assert_eq!(
			lines(0),
			[(Cause::Contract, 1_000, 230_000, -230_000_000), (estimated, 500, 260_000, -130_000_000)]
		);
		// A seller that delivers nothing on other days is not paid for what it sold.
		assert_eq!(lines(1), [(Cause::Contract, -600, 230_000, 138_000_000), (estimated, 600, 260_000, -156_000_000)]);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(Balances::balance(&PLANT), WEALTH - 18_000_000);
	});
}

#[test]
fn without_four_like_readings_a_silent_point_pays_for_all_that_it_could_have_drawn() {
	run(|| {
		trade();
		world(|w| {
			w.readings.remove(&(1, 0));
			// 10 kW are 2,500 Wh; what it fed in on three days does not count.
			w.like.insert((1, 0), vec![-600; 3]);
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		// Sold 600 and drew 2,500.
		assert_eq!(lines(1)[1], (Cause::EstimatedImbalance, 3_100, 260_000, -806_000_000));
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn a_reading_beyond_what_a_grid_carries_counts_as_none() {
	run(|| {
		trade();
		let reading = |import, export| Metered { import, export, quality: Quality::Measured };
		for implausible in [reading(u64::MAX, 0), reading(MAX_PLAUSIBLE_WH + 1, 0), reading(u64::MAX, u64::MAX)] {
			world(|w| w.readings.insert((0, 0), implausible));
			assert_noop!(debit(0, &[0]), Error::<Test>::NotAttestedYet);
		}
		world(|w| w.now = ATTESTATION_END);
		assert_ok!(debit(0, &[0]));
		assert_eq!(lines(0)[1], (Cause::EstimatedImbalance, 0, 0, 0));
		world(|w| w.readings.insert((1, 0), reading(MAX_PLAUSIBLE_WH, 0)));
		assert_ok!(debit(0, &[1, 2]));
		assert_ok!(draw(0, &[1]));
		assert_ok!(credit(0, &[0, 1, 2]));
	});
}

#[test]
fn unknown_points_and_points_already_done_are_refused_and_undo_their_batch() {
	run(|| {
		trade();
		assert_noop!(debit(0, &[0, 3]), Error::<Test>::UnknownPoint);
		assert_noop!(debit(0, &[0, 1, 0]), Error::<Test>::AlreadySettled);
		assert_noop!(debit(0, &[]), Error::<Test>::EmptyBatch);
		assert_ok!(debit(0, &[0]));
		assert_noop!(debit(0, &[1, 0]), Error::<Test>::AlreadySettled);
		assert_ok!(debit(0, &[1, 2]));
		assert_noop!(debit(0, &[1]), Error::<Test>::AlreadySettled);
		// A point that the interval counts but the grid does not know.
		world(|w| {
			let outcome = w.outcomes[&0];
			w.outcomes.insert(1, busbar_primitives::Outcome { points: 4, ..outcome });
		});
		assert_noop!(debit(1, &[3]), Error::<Test>::UnknownPoint);
	});
}

#[test]
fn a_point_that_is_not_in_force_settles_as_nothing() {
	run(|| {
		trade();
		world(|w| {
			w.points.push(busbar_primitives::Point { from: 1, ..point(SHOP, 1, PointKind::Metered) });
			w.points.push(busbar_primitives::Point { until: Some(0), ..point(SHOP, 1, PointKind::Metered) });
			w.readings.insert((3, 0), metered(77));
			w.outcomes.insert(0, outcome(5, 4_000_000, 0));
		});
		assert_ok!(debit(0, &[3, 4]));
		assert_eq!((lines(3), lines(4)), (vec![], vec![]));
		assert_eq!(Intervals::<Test>::get(0).unwrap().debits_done, 2);
		assert_noop!(debit(0, &[3]), Error::<Test>::AlreadySettled);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[4, 3, 2, 1, 0]));
	});
}

#[test]
fn contract_payments_that_differ_from_fees_and_rent_are_a_defect() {
	run(|| {
		trade();
		world(|w| w.outcomes.insert(0, outcome(3, 4_000_001, 0)));
		assert_noop!(debit(0, &[0, 1, 2]), Error::<Test>::ContractMismatch);
		world(|w| w.outcomes.insert(0, outcome(3, 4_000_000, 1)));
		assert_noop!(debit(0, &[0, 1, 2]), Error::<Test>::ContractMismatch);
	});
}

#[test]
fn sessions_have_a_line_each_and_their_positions_net_into_one_imbalance() {
	run(|| {
		trade();
		// In a later session the home sells 300 Wh of what it bought, at 28 ct/kWh, and the plant buys them.
		world(|w| {
			w.traded.insert((0, 0), vec![contract(1, Position { bought: 0, sold: 300 }, 280_000)]);
			w.traded.insert((1, 0), vec![contract(1, Position { bought: 300, sold: 0 }, 280_000)]);
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		// The home lacks 1_100 - 700 Wh, which it never traded: at the short price and the fee, whatever it sold others at.
		assert_eq!(
			lines(0),
			[
				(Cause::Contract, 1_000, 230_000, -230_000_000),
				(Cause::Contract, -300, 280_000, 84_000_000),
				(Cause::Imbalance, 400, 260_000, -104_000_000)
			]
		);
		assert_eq!(
			lines(1),
			[
				(Cause::Contract, -600, 230_000, 138_000_000),
				(Cause::Contract, 300, 280_000, -84_000_000),
				(Cause::Imbalance, -350, 70_000, 24_500_000)
			]
		);
		assert_eq!(Settlement::phase(0), Some(Phase::Credits));
		try_state();
	});
}

#[test]
fn positions_out_of_range_are_a_defect() {
	run(|| {
		trade();
		world(|w| w.positions.insert((0, 0), Position { bought: u64::MAX, sold: 0 }));
		assert_noop!(debit(0, &[0]), Error::<Test>::Overflow);
		world(|w| w.positions.insert((0, 0), position(i64::MIN + 1)));
		assert_noop!(debit(0, &[0]), Error::<Test>::Overflow);
	});
}

#[test]
fn the_balancing_party_pays_its_loss_with_the_last_debit() {
	run(|| {
		trade();
		// The home took what it bought; the plant delivered 2000 Wh more than it sold.
		world(|w| {
			w.readings.insert((0, 0), metered(1_000));
			w.readings.insert((1, 0), metered(-2_600));
		});
		assert_ok!(debit(0, &[0, 1]));
		assert_eq!(Balances::balance(&UTILITY), WEALTH);
		assert_ok!(debit(0, &[2]));
		// It buys 2000 Wh at 70_000 and owes the fees of their path, less what it sold at the coupling.
		assert_eq!(Balances::balance(&UTILITY), WEALTH - 160_000_000 + 88_000_000);
		assert_eq!(Intervals::<Test>::get(0).unwrap().stage, Stage::Credits);
	});
}

#[test]
fn a_balancing_party_without_an_account_holds_up_nothing() {
	run(|| {
		trade();
		world(|w| {
			w.readings.insert((0, 0), metered(1_000));
			w.gone.insert(UTILITY);
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		// Its loss of 4_000_000 is netted with the 88_000_000 that it sold at the coupling.
		assert_eq!(Balances::balance(&RENT), 84_000_000);
	});
}

#[test]
fn an_interval_without_points_is_settled_by_empty_batches() {
	run(|| {
		trade();
		world(|w| w.outcomes.insert(0, outcome(0, 0, 0)));
		assert_noop!(debit(0, &[0]), Error::<Test>::UnknownPoint);
		assert_noop!(credit(0, &[]), Error::<Test>::DebitsNotDone);
		assert_ok!(debit(0, &[]));
		assert_noop!(debit(0, &[]), Error::<Test>::AlreadySettled);
		assert_ok!(credit(0, &[]));
		assert_eq!(Settlement::root(0).unwrap().root, busbar_merkle::root(&[]));
		assert_eq!(Statements::<Test>::iter().count(), 0);
	});
}
