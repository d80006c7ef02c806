//! `cargo test --release -p busbar-clearing --test book_speed -- --ignored --nocapture` prints orders per second.

#![allow(clippy::unwrap_used)]

mod memory;

use busbar_clearing::{book::*, sample::Numbers};
use memory::{Memory, Own};
use std::time::Instant;

#[test]
#[ignore = "measures; run alone with --nocapture"]
fn orders_per_second() {
	const ORDERS: u64 = 20_000;
	println!("| zones | resting before | orders | trades | passes | resting after | orders per second |");
	println!("|---|---|---|---|---|---|---|");
	for zones in [1u64, 8, 64] {
		for depth in [0u64, 10_000] {
			let mut numbers = Numbers::new(7);
			let links: Vec<_> =
				(0..zones).map(|z| ((z > 0).then(|| ((z - 1) / 4) as u32), numbers.below(500))).collect();
			let limits = (0..zones).map(|_| Room { import: Some(200_000), export: Some(200_000) }).collect();
			let mut book = Memory::new(&links, limits);
			let budget = Budget { steps: 256, fills: 16 };
			let mut trades = 0;
			let mut passes = 0;
			// Out of reach of each other: nothing but depth.
			let away = (0..depth).map(|id| (id, if id % 2 == 0 { 1_000 } else { 900_000 }));
			let near = (depth..depth + ORDERS).map(|id| (id, 0));
			let mut start = Instant::now();
			for (id, price) in away.chain(near) {
				if id == depth {
					start = Instant::now();
				}
				let side = if id % 2 == 0 { Side::Buy } else { Side::Sell };
				let price = if id < depth { price } else { 100_000 + numbers.below(20_000) as i64 };
				let zone = numbers.below(zones) as u32;
				let order =
					Own { id, owner: numbers.below(200) as u8, zone, side, price, wh: 1 + numbers.below(5_000) };
				let outcome = book.arrive(&order, TimeInForce::GoodTillGate, budget);
				trades += outcome.trades.len();
				let mut goes_on = outcome.needs_pass;
				while goes_on {
					passes += 1;
					goes_on = !book.pass(Budget { steps: MIN_PASS_STEPS, fills: MAX_WHOLE_FILLS }).complete;
				}
			}
			let rate = ORDERS as f64 / start.elapsed().as_secs_f64();
			assert!(trades > 0);
			let resting = book.queues.len();
			println!("| {zones} | {depth} | {ORDERS} | {trades} | {passes} | {resting} | {rate:.0} |");
		}
	}
}
