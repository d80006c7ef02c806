//! What many participants and many days cost: the runtime's own calls on a state in memory, with the weights that a block
//! would charge.
//!
//! ```text
//! cargo run --release -p busbar-runtime --example scale -- interval 100000
//! cargo run --release -p busbar-runtime --example scale -- week 112
//! cargo run --release -p busbar-runtime --example scale -- book 100000
//! ```
//!
//! The first trades, meters and settles one interval of so many participants, and counts transactions, bytes and blocks.
//! The second runs seven days of 96 intervals and prints the state after each, with records kept for one day beyond final.
//! The third places, replaces and cancels behind 10, 1,000 and so many orders, in states of equal size.

mod world;

use busbar_primitives::Interval;
use std::process::ExitCode;
use world::{Ledger, World};

/// Length of a slot, in s.
const SLOT_S: u64 = 2;
const DAY: u32 = 96;

fn main() -> ExitCode {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let number = arguments.get(1).and_then(|number| number.parse().ok());
	match (arguments.first().map(String::as_str), number) {
		(Some("interval"), Some(members)) => interval(members),
		(Some("week"), Some(members)) => week(members),
		(Some("book"), Some(orders)) => book(orders),
		_ => {
			eprintln!("error: say `interval PARTICIPANTS`, `week PARTICIPANTS` or `book ORDERS`, for example: interval 100000");
			return ExitCode::from(2);
		},
	}
	ExitCode::SUCCESS
}

/// Settles one interval of `members` participants.
fn interval(members: u32) {
	let began = std::time::Instant::now();
	let mut world = World::new(members);
	world.execute(|world| {
		let interval = world.first_open();
		let orders = world.place(interval);
		let closing = world.deliver(interval);
		let readings = world.meter(interval);
		let [debits, credits] = world.settle(interval);
		println!("{members} participants, one interval ({:?} of computing)", began.elapsed());
		println!("{:12} {:>12} {:>14} {:>16} {:>8}", "", "transactions", "call bytes", "bytes/member", "blocks");
		for (name, ledger) in [("orders", orders), ("readings", readings), ("debits", debits), ("credits", credits)] {
			row(name, &ledger, members);
		}
		let after = readings.blocks().saturating_add(debits.blocks()).saturating_add(credits.blocks());
		println!(
			"clearing took {closing} blocks; settlement, from the first reading to the last credit, {after} blocks,"
		);
		println!("that is {} s of chain time at {SLOT_S} s a block", u64::from(after).saturating_mul(SLOT_S));
		println!("proof bytes per participant: {}", world.proof_bytes().checked_div(members.into()).unwrap_or(0));
		println!("state: {} bytes", world.state_bytes());
	});
}

fn row(name: &str, ledger: &Ledger, members: u32) {
	let each = ledger.bytes.checked_div(members.into()).unwrap_or(0);
	println!("{name:12} {:>12} {:>14} {each:>16} {:>8}", ledger.count, ledger.bytes, ledger.blocks());
}

/// Runs seven days of `members` participants.
fn week(members: u32) {
	let mut world = World::new(members);
	world.execute(|world| {
		println!("{members} participants, 96 intervals a day; final 6 h after delivery, pruned a day later");
		println!("{:>4} {:>14} {:>14} {:>16} {:>18}", "day", "state bytes", "growth", "delivered Wh", "call bytes");
		let first = world.first_open();
		let (mut before, mut delivered) = (world.state_bytes(), 0);
		println!("{:>4} {before:>14}", 0);
		let mut growth = 0;
		for day in 0..7u32 {
			let (wh, bytes) = (0..DAY).fold((0u64, 0u64), |sum, quarter| {
				let interval: Interval = first.saturating_add(day.saturating_mul(DAY)).saturating_add(quarter);
				let [wh, bytes] = world.quarter(interval);
				(sum.0.saturating_add(wh), sum.1.saturating_add(bytes))
			});
			let state = world.state_bytes();
			growth = i128::from(state) - i128::from(before);
			println!("{:>4} {state:>14} {growth:>14} {wh:>16} {bytes:>18}", day + 1);
			(before, delivered) = (state, wh);
		}
		let per = |parts: u64| growth as f64 / parts as f64;
		println!("growth of the last day: {:.1} bytes per participant", per(members.into()));
		println!("growth of the last day: {:.1} bytes per delivered MWh", per(delivered) * 1e6);
		for (pallet, bytes) in world.state_by_pallet() {
			println!("  {pallet:14} {bytes:>12}");
		}
	});
}

/// Compares books of different sizes.
fn book(most: u32) {
	println!("{:>10} {:>14} {:>14} {:>14}", "orders", "place, us", "replace, us", "cancel, us");
	for orders in [10, 1_000, most] {
		let mut world = World::new(most.saturating_add(1_000));
		let [place, replace, cancel] = world.execute(|world| world.behind(orders)).map(|ns| ns as f64 / 1e3);
		println!("{orders:>10} {place:>14.1} {replace:>14.1} {cancel:>14.1}");
	}
}
