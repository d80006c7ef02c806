//! Long random histories: orders, readings, corrections, disputes, reductions, defaults, recoveries, deposits, guarantees,
//! issues, over many intervals at once. Every interval ends final, with its debits equal to its credits.

use super::*;
use crate::{
	mock::{Flexibility as Reductions, *},
	Changed, Event, Intervals, Roots, Stage, Statements,
};
use busbar_mocks::Random;
use busbar_primitives::{
	traits::{Finality, Prune, Readings},
	Balance, Flexibility, Moment, PointKind, Price, Reduction, SignedWh, Terms, Wh,
};
use frame_support::assert_ok;
use pallet_issuance::Issue;
use pallet_securities::{Backing, Debts};

/// Points 0 to 5 are metered and their owners', the last one is the coupling.
const OWNERS: [AccountId; 6] = [HOME, PLANT, SHOP, HOME, PLANT, SHOP];
const POINTS: u32 = 7;
/// Intervals that are in some stage at once.
const OPEN: u32 = 6;

fn any_point(random: &mut Random) -> u32 {
	random.below(POINTS)
}

#[derive(Default, Debug)]
struct Reached {
	settled: u32,
	corrections: u32,
	set_off: u32,
	drawn: u32,
	defaults: u32,
	covers: u32,
	losses_shared: u32,
	recoveries: u32,
	reductions: u32,
	contested: u32,
	pruned: u32,
}

/// When the second run is due: beyond the times of [`step`], which go back and forth.
const SECOND_RUN: Moment = ATTESTATION_END + 600;

/// What lies between the deadlines of one interval and the next.
const APART: Moment = 2_000;

/// What lies between the deadlines of [`terms`] and those of an interval.
fn shift(interval: Interval) -> Moment {
	APART * Moment::from(interval)
}

/// The terms of an interval, so that the runs of one are over when the first of the next is due.
fn terms_of(interval: Interval) -> Terms {
	let (by, terms) = (shift(interval), terms());
	Terms {
		delivery_start: terms.delivery_start + by,
		delivery_end: terms.delivery_end + by,
		gate_closure: terms.gate_closure + by,
		last_gate_closure: terms.last_gate_closure + by,
		first_run: terms.first_run + by,
		attestation_end: SECOND_RUN + by,
		dispute_end: terms.dispute_end + by,
		..terms
	}
}

/// Opens an interval: random positions that a flat grid with one fee can carry, and orders of the grid operator.
fn open(random: &mut Random, interval: Interval) {
	let price = 100_000 + random.within(150_000);
	let fee = random.below(20_000);
	let nets: Vec<SignedWh> = OWNERS.iter().map(|_| random.within(2_000)).collect();
	let flow: SignedWh = nets.iter().sum();
	let fees = Balance::from(fee) * Balance::from(flow.unsigned_abs());
	world(|w| {
		w.now = 0;
		w.terms.insert(interval, terms_of(interval));
		w.results.insert((interval, 0), result(Some(price - Price::from(fee) * flow.signum()), 0, 0, 0, 0));
		w.results.insert((interval, 1), result(Some(price), flow, fee, fees, 0));
		w.outcomes.insert(interval, outcome(POINTS, fees, 0));
		for (point, net) in (0..).zip(&nets) {
			w.positions.insert((point, interval), position(*net));
		}
		w.positions.insert((POINTS - 1, interval), position(-flow));
	});
	for (point, owner) in (0..).zip(OWNERS) {
		let collateral = Balance::from(random.below(100_000_000));
		// Refused if the owner has less.
		let _ = hold_collateral(point, interval, owner, collateral);
	}
	for _ in 0..random.below(3) {
		let reduction = if random.below(2) == 0 { Reduction::Load } else { Reduction::Generation };
		let price = random.below(50_000) as Price;
		// Without a charge the grid operator needs no offer.
		let penalty = price / 2 * random.below(2) as Price;
		let order = Flexibility { reduction, wh: 1 + Wh::from(random.below(1_500)), price, penalty };
		let point = random.below(6);
		let _ = Reductions::offer(signed(OWNERS[point as usize]), interval, point, Some(order));
		let _ = Reductions::order_reduction(signed(GRID_OPERATOR), interval, point, order);
	}
}

/// Brings an interval to its end whatever its stage, as keepers do.
fn finish(interval: Interval, reached: &mut Reached) {
	let at = |now: Moment| world(|w| w.now = now + shift(interval));
	let progress = || Settlement::progress(interval).unwrap();
	at(ATTESTATION_END);
	world(|w| w.contested.retain(|(_, contested)| *contested != interval));
	for point in 0..POINTS {
		if !Statements::<Test>::contains_key(interval, point) {
			assert_ok!(debit(interval, &[point]));
		}
	}
	assert_ok!(finish_run(interval));
	for (run, due) in [(2, SECOND_RUN), (3, DISPUTE_END), (4, RULINGS_END)] {
		at(due);
		let changed: Vec<_> = Changed::<Test>::iter_prefix((interval, run)).map(|(point, _)| point).collect();
		for point in changed {
			assert_ok!(debit(interval, &[point]));
			reached.corrections += 1;
		}
		assert_ok!(finish_run(interval));
		assert_eq!(progress().stage, Stage::Settled);
	}
	for point in 0..POINTS {
		let statement = Statements::<Test>::get(interval, point).unwrap();
		assert_eq!(statement.reading, <World as Readings>::version(point, interval), "point {point}");
	}
	at(FINAL);
	assert!(Settlement::is_final(interval));
	let progress = Intervals::<Test>::get(interval).unwrap();
	assert_eq!((progress.lines_sum, progress.purse.in_transit()), (0, 0));
	assert_eq!(Settlement::lines_sum(interval), 0);
	reached.settled += 1;
	while Prunable::prune(interval, 5) > 0 {
		reached.pruned += 1;
	}
	assert!(Roots::<Test>::contains_key(interval) && !Intervals::<Test>::contains_key(interval));
	world(|w| {
		w.readings.retain(|(_, of), _| *of != interval);
		w.versions.retain(|(_, of), _| *of != interval);
		w.positions.retain(|(_, of), _| *of != interval);
		w.results.retain(|(of, _), _| *of != interval);
		w.outcomes.remove(&interval);
		w.terms.remove(&interval);
	});
}

/// One step of a history, in some interval from `first` on.
fn step(random: &mut Random, first: Interval, reached: &mut Reached) {
	let interval = first + random.below(OPEN);
	let points: Vec<u32> = (0..1 + random.below(3)).map(|_| any_point(random)).collect();
	let after = random.number() % (ATTESTATION_END - DELIVERY_END + 500);
	world(|w| w.now = DELIVERY_END + after + shift(interval));
	let owner = OWNERS[random.below(6) as usize];
	match random.below(17) {
		0..=3 => {
			let _ = debit(interval, &points);
		},
		4 => {
			let _ = draw(interval, &points[..1]);
		},
		5 => {
			let _ = credit(interval, &points);
		},
		6..=7 => {
			// Somebody else has a run's debits in already, or it is not due.
			let _ = debit(interval, &points[..1]);
			let _ = finish_run(interval);
		},
		8..=9 => revise(points[0], interval, random.within(3_000)),
		10 => {
			let key = (points[0], interval);
			world(|w| {
				if !w.contested.remove(&key) {
					w.contested.insert(key);
					reached.contested += 1;
				}
			});
		},
		11 => {
			let debtors: Vec<_> = Debts::<Test>::iter_keys().collect();
			if let Some(debtor) = debtors.get(random.below(4) as usize) {
				let _ = Securities::repay(signed(AGENT), *debtor, random.below(50_000_000).into());
			}
		},
		12 => {
			let _ = Securities::deposit(signed(owner), points[0] % 6, random.below(20_000_000).into());
		},
		13 => {
			let guarantor = if random.below(2) == 0 { SHOP } else { OTHER_AGENT };
			let _ = Securities::guarantee(signed(guarantor), points[0] % 6, random.below(20_000_000).into());
		},
		14 => {
			let backing = if random.below(2) == 0 { Backing::Deposit } else { Backing::Guarantee };
			let _ = Securities::give_notice(signed(owner), points[0], backing, random.below(20_000_000).into());
			let _ = Securities::release(signed(owner), points[0], backing);
		},
		15 => {
			let (who, value) = (participant(owner), random.below(100_000_000).into());
			if random.below(2) == 0 {
				let _ = Securities::margin_in(signed(owner), who, value);
			} else {
				let _ = Securities::margin_out(signed(owner), who, value);
			}
		},
		_ => {
			// Money goes round, so that everybody is now rich, now poor.
			let all = Settlement::free(&owner);
			let rich = OWNERS[random.below(6) as usize];
			let _ = Balances::transfer_allow_death(signed(owner), rich, all / 2);
		},
	}
}

/// Runs a history of `steps` steps.
fn run_history(seed: u64, steps: u32) -> Reached {
	println!("seed {seed}");
	let mut random = Random::new(seed);
	let mut reached = Reached::default();
	run(|| {
		world(|w| {
			w.points = OWNERS.iter().map(|owner| point(*owner, 1, PointKind::Metered)).collect();
			w.points.push(point(UTILITY, 0, PointKind::Coupling));
			w.terms.clear();
			w.first_unopened = OPEN;
		});
		crate::Levies::<Test>::put(crate::Schedule::new(2_000));
		crate::Tolerances::<Test>::put(crate::Schedule::new(sp_runtime::Permill::from_percent(5)));
		// The operator that orders has soon nothing to pay with.
		for owner in [HOME, PLANT, SHOP, GRID_OPERATOR] {
			leave(owner, EUR);
		}
		assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
		for interval in 0..OPEN {
			open(&mut random, interval);
		}
		let issuance = Balances::total_issuance();
		let mut first = 0;
		for number in 1..=steps {
			step(&mut random, first, &mut reached);
			if number % 60 == 0 {
				try_state();
				reached.reductions += pallet_flexibility::Activations::<Test>::iter_prefix(first).count() as u32;
				finish(first, &mut reached);
				first += 1;
				world(|w| w.first_unopened = first + OPEN);
				open(&mut random, first + OPEN - 1);
				assert_eq!(Balances::total_issuance(), issuance);
				count_events(&mut reached);
			}
		}
		for interval in first..first + OPEN {
			finish(interval, &mut reached);
		}
		assert_eq!(Intervals::<Test>::iter_values().filter(|progress| progress.stage != Stage::Settled).count(), 0);
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(pot(), 0);
		// The debts that are left are what defaulters owe; paid back, everybody may trade again.
		for (debtor, owed) in Debts::<Test>::iter().collect::<Vec<_>>() {
			mint(AGENT, owed);
			assert_ok!(Securities::repay(signed(AGENT), debtor, owed));
		}
		assert_eq!(Debts::<Test>::iter().count(), 0);
	});
	reached
}

/// Issues money with two keys.
fn mint(to: AccountId, amount: Balance) {
	pallet_issuance::Ceiling::<Test>::put(Balance::MAX);
	let id = pallet_issuance::NextProposal::<Test>::get();
	let payments = BoundedVec::truncate_from(vec![(to, amount)]);
	assert_ok!(Issuance::propose(signed(AGENT), Issue::Mint, payments));
	assert_ok!(Issuance::approve(signed(OTHER_AGENT), id));
}

fn count_events(reached: &mut Reached) {
	for event in events() {
		match event {
			RuntimeEvent::Settlement(Event::Defaulted { .. }) => reached.defaults += 1,
			RuntimeEvent::Settlement(Event::SetOff { .. }) => reached.set_off += 1,
			RuntimeEvent::Settlement(Event::Covered { .. }) => reached.covers += 1,
			RuntimeEvent::Settlement(Event::DebitsClosed { due, collected, .. }) if due != collected => {
				reached.losses_shared += 1;
			},
			RuntimeEvent::Securities(pallet_securities::Event::SecurityDrawn { .. }) => reached.drawn += 1,
			RuntimeEvent::Securities(pallet_securities::Event::Recovered { .. }) => reached.recoveries += 1,
			_ => {},
		}
	}
	System::reset_events();
}

#[test]
fn a_history_of_a_hundred_thousand_steps_conserves_money_and_every_interval_ends_final() {
	let seed = std::env::var("BUSBAR_SEED").ok().and_then(|seed| seed.parse().ok());
	let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
	let reached = run_history(seed.unwrap_or_else(now), 100_000);
	println!("{reached:?}");
	for count in [
		reached.settled,
		reached.corrections,
		reached.set_off,
		reached.drawn,
		reached.defaults,
		reached.covers,
		reached.losses_shared,
		reached.recoveries,
		reached.reductions,
		reached.contested,
		reached.pruned,
	] {
		assert!(count >= 50, "{reached:?}");
	}
}
