//! Block orders: never a paradoxically accepted block order, the state machine, every error, and the gap to the
//! optimum.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{
	block_orders::Search, check_block_orders, clear, clear_block_orders, orders::Side, sample::Numbers, BlockOrder,
	Joint, Level, Zone,
};
use common::{
	paid_by_levels,
	sessions::{choices, feeder_session, mixed_integer_welfare, session, Session},
	HUGE, MIDDLE, SMALL,
};
use proptest::{
	prelude::*,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};

fn cleared((intervals, block_orders): &Session) -> Joint {
	let mut zones = intervals.clone();
	let joint = clear_block_orders(&mut zones, block_orders).unwrap();
	check_block_orders(intervals, block_orders, &joint).unwrap();
	joint
}

/// Money of all levels, block orders and links of a session.
fn money_adds_up((intervals, block_orders): &Session, joint: &Joint) -> Result<(), TestCaseError> {
	let mut paid = 0i128;
	let mut earned = 0u128;
	for (zones, clearing) in intervals.iter().zip(&joint.intervals) {
		paid += paid_by_levels(zones, clearing);
		earned += clearing.fees + clearing.rent;
	}
	for (block_order, amount) in block_orders.iter().zip(&joint.amounts) {
		paid += if block_order.side == Side::Buy { *amount } else { -*amount };
	}
	prop_assert_eq!(paid, earned as i128);
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

	#[test]
	fn no_block_order_is_accepted_out_of_the_money(small in session(SMALL, 4, 8), middle in session(MIDDLE, 3, 12)) {
		for session in [small, middle] {
			let joint = cleared(&session);
			money_adds_up(&session, &joint)?;
		}
	}

	#[test]
	fn huge_block_orders_stay_exact(session in session(HUGE, 3, 6)) {
		let joint = cleared(&session);
		money_adds_up(&session, &joint)?;
	}

	#[test]
	fn without_block_orders_every_interval_clears_by_itself((intervals, _) in session(SMALL, 4, 0)) {
		let joint = cleared(&(intervals.clone(), Vec::new()));
		for (zones, clearing) in intervals.iter().zip(&joint.intervals) {
			prop_assert_eq!(&clear(zones).unwrap(), clearing);
		}
	}

	#[test]
	fn the_result_lies_between_no_block_orders_and_the_exact_optimum(session in session(SMALL, 3, 5)) {
		let joint = cleared(&session);
		let choices = choices(&session);
		let best = choices.iter().filter(|choice| choice.consistent).map(|choice| choice.welfare).max().unwrap();
		let found = choices.iter().find(|choice| choice.accepted == joint.accepted).unwrap();
		prop_assert!(found.consistent);
		prop_assert_eq!(found.welfare, joint.welfare);
		prop_assert!(choices[0].welfare <= joint.welfare && joint.welfare <= best);
		let relaxed = choices.iter().map(|choice| choice.welfare).max().unwrap() as f64;
		let programme = mixed_integer_welfare(&session);
		prop_assert!((programme - relaxed).abs() < 1e-4, "{} != {}", programme, relaxed);
	}

	#[test]
	fn one_step_at_a_time_with_state_kept_elsewhere_comes_to_the_same(session in session(SMALL, 4, 8)) {
		let (intervals, block_orders) = &session;
		let mut kept = Search::new(block_orders, intervals.len() as u32).unwrap();
		let mut steps = 0u64;
		while let Some(interval) = kept.clone().next_interval() {
			let mut search = kept.clone();
			// The zones come fresh every time, with whatever injections.
			let mut zones = intervals[interval as usize].clone();
			zones.iter_mut().for_each(|zone| zone.injection = 77);
			search.step(block_orders, &mut zones).unwrap();
			kept = search;
			steps += 1;
		}
		prop_assert!(steps <= Search::most_steps(block_orders.len() as u32, intervals.len() as u32));
		prop_assert_eq!(kept.accepted(), cleared(&session).accepted);
	}

	#[test]
	fn a_search_broken_off_at_any_step_accepts_nothing_out_of_the_money(session in session(SMALL, 3, 6), patience in 0..40) {
		let (intervals, block_orders) = &session;
		let mut search = Search::new(block_orders, intervals.len() as u32).unwrap();
		for _ in 0..patience {
			let Some(interval) = search.next_interval() else { break };
			search.step(block_orders, &mut intervals[interval as usize].clone()).unwrap();
		}
		let accepted = search.accepted();
		let choices = choices(&session);
		prop_assert!(choices.iter().any(|choice| choice.accepted == accepted && choice.consistent));
	}
}

/// Gap of the found welfare to a bound, over many cases.
#[derive(Default)]
struct Gap {
	/// Per case: what is missing, as a share of the bound, and as a share of what block orders could add.
	of_all: Vec<f64>,
	of_block_orders: Vec<f64>,
}

impl Gap {
	fn add(&mut self, found: i128, none: i128, best: i128) {
		let missing = (best - found) as f64;
		self.of_all.push(if best > 0 { missing / best as f64 } else { 0.0 });
		if best > none {
			self.of_block_orders.push(missing / (best - none) as f64);
		}
	}

	fn print(&self, name: &str) {
		for (what, gaps) in [("welfare", &self.of_all), ("what block orders add", &self.of_block_orders)] {
			let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
			let most = gaps.iter().copied().fold(0.0, f64::max);
			let zero = gaps.iter().filter(|gap| **gap == 0.0).count() as f64 / gaps.len() as f64;
			println!(
				"{name:<28} of {what:<16} {:>5} cases: mean {:.4} %, max {:.2} %, no gap in {:.1} %",
				gaps.len(),
				mean * 100.0,
				most * 100.0,
				zero * 100.0
			);
		}
	}
}

/// `cargo test --release -p busbar-clearing --test block_orders the_gap -- --nocapture`, with `CASES` and `SEED` from
/// the environment.
#[test]
fn the_gap_is_measured_against_an_enumeration_that_the_programme_confirms() {
	let cases = std::env::var("CASES").map_or(400, |cases| cases.parse().unwrap());
	let seed = std::env::var("SEED").map_or(7, |seed| seed.parse().unwrap());
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
	let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
	let families: [(&str, BoxedStrategy<Session>); 2] =
		[("feeder", feeder_session(4..=8).boxed()), ("few prices, limits, ties", session(SMALL, 4, 8).boxed())];
	for (name, family) in families {
		let (mut consistent, mut relaxed, mut programmes) = (Gap::default(), Gap::default(), 0);
		let (mut block_orders, mut accepted, mut passed_over, mut paradoxical, mut steps) = (0, 0, 0, 0, 0);
		for case in 0..cases {
			let session = family.new_tree(&mut runner).unwrap().current();
			let joint = cleared(&session);
			let choices = choices(&session);
			let none = choices[0].welfare;
			let best = choices.iter().filter(|choice| choice.consistent).map(|choice| choice.welfare).max().unwrap();
			let free = choices.iter().map(|choice| choice.welfare).max().unwrap();
			if case % 8 == 0 {
				// The enumeration's optimum is the mixed-integer programme's.
				let programme = mixed_integer_welfare(&session);
				assert!((programme - free as f64).abs() <= 1e-6 * programme.abs() + 1e-3, "{programme} != {free}");
				programmes += 1;
			}
			consistent.add(joint.welfare, none, best);
			relaxed.add(joint.welfare, none, free);
			block_orders += session.1.len();
			accepted += joint.accepted.iter().filter(|accepted| **accepted).count();
			passed_over += joint.rejected_in_the_money.len();
			paradoxical += usize::from(free > best);
			let mut search = Search::new(&session.1, session.0.len() as u32).unwrap();
			while let Some(interval) = search.next_interval() {
				search.step(&session.1, &mut session.0[interval as usize].clone()).unwrap();
				steps += 1;
			}
		}
		println!(
			"{name}: {block_orders} block orders, {accepted} accepted, {passed_over} rejected in the money; the mixed-integer optimum \
			 accepts a block order out of the money in {paradoxical} of {cases} cases; {:.1} clearings per case; {programmes} \
			 enumerations checked by microlp",
			steps as f64 / f64::from(cases)
		);
		consistent.print(&format!("{name}, best allowed:"));
		relaxed.print(&format!("{name}, mixed-integer:"));
	}
}

#[test]
fn with_many_block_orders_twice_the_rounds_find_nothing_better() {
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
	let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
	let family = feeder_session(32..=32);
	let mut totals = [0i128; 2];
	for _ in 0..100 {
		let (intervals, block_orders) = family.new_tree(&mut runner).unwrap().current();
		for (total, factor) in totals.iter_mut().zip([1, 2]) {
			let mut search = Search::new(&block_orders, intervals.len() as u32).unwrap();
			search.rounds *= factor;
			while let Some(interval) = search.next_interval() {
				search.step(&block_orders, &mut intervals[interval as usize].clone()).unwrap();
			}
			*total += search.welfare;
		}
	}
	assert_eq!(totals[0], totals[1]);
}

/// `cargo test --release -p busbar-clearing --test block_orders day -- --ignored --nocapture`
#[test]
#[ignore = "prints times"]
fn a_day_of_block_orders_takes_a_bounded_time() {
	for zones in [100u32, 1_000] {
		let mut numbers = Numbers::new(1);
		let mut below = |most: u64| numbers.below(most);
		let mut intervals: Vec<Vec<Zone>> = Vec::new();
		for _ in 0..96 {
			let interval = (0..zones).map(|zone| {
				let mut prices: Vec<i64> = (0..10).map(|_| below(400) as i64).collect();
				prices.sort_unstable();
				prices.dedup();
				let level = |(at, price): (usize, i64)| {
					let wh = 100 + below(900);
					if at % 2 == 0 {
						Level { price, buy: wh, sell: 0 }
					} else {
						Level { price, buy: 0, sell: wh }
					}
				};
				let levels = prices.into_iter().enumerate().map(level).collect();
				let parent = (zone > 0).then(|| below(zone.into()) as u32);
				Zone { parent, fee: below(5), levels, ..Default::default() }
			});
			intervals.push(interval.collect());
		}
		let block_orders: Vec<BlockOrder> = (0..32)
			.map(|number| BlockOrder {
				zone: below(zones.into()) as u32,
				side: if number % 2 == 0 { Side::Buy } else { Side::Sell },
				price: 150 + below(100) as i64,
				first: 0,
				wh: (0..96).map(|_| 200 * u64::from(zones) / 16 + below(1_000)).collect(),
			})
			.collect();
		let mut search = Search::new(&block_orders, 96).unwrap();
		let (start, mut steps) = (std::time::Instant::now(), 0u64);
		while let Some(interval) = search.next_interval() {
			search.step(&block_orders, &mut intervals[interval as usize]).unwrap();
			steps += 1;
		}
		let passed = start.elapsed().as_secs_f64();
		println!(
			"{zones} zones, 96 intervals, 32 block orders of 96: {} accepted, {steps} clearings (bound {}) in {passed:.2} s, {:.2} ms each",
			search.accepted().iter().filter(|accepted| **accepted).count(),
			Search::most_steps(32, 96),
			passed * 1e3 / steps as f64
		);
	}
}
