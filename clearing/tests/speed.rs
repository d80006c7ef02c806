//! That a million orders clear within their time, and what the worst tree costs.

#![allow(clippy::unwrap_used)]

use busbar_clearing::{
	check, clear, orders,
	sample::{self, Tree},
	Zone,
};
use std::time::{Duration, Instant};

fn timed(mut grid: Vec<Zone>, book: &[orders::Order]) -> Duration {
	let start = Instant::now();
	orders::add(&mut grid, book).unwrap();
	let clearing = clear(&grid).unwrap();
	let fills = orders::fills(book, &clearing);
	let took = start.elapsed();
	assert_eq!(fills.len(), book.len());
	check(&grid, &clearing).unwrap();
	took
}

#[test]
#[ignore = "measures; run alone: cargo test --release -p busbar-clearing --test speed -- --ignored --nocapture"]
fn a_million_orders_over_ten_thousand_zones_clear_within_a_second() {
	for tree in [Tree::Fourfold, Tree::Feeders(40), Tree::Star] {
		let (grid, book) = sample::market(tree, 10_000, 1_000_000, 7);
		let took = timed(grid, &book);
		println!("{tree:?}: {took:?}");
		assert!(took < Duration::from_secs(1), "{tree:?}: {took:?}");
	}
}

#[test]
#[ignore = "measures; run alone"]
fn a_chain_without_limits_costs_levels_times_depth() {
	for zones in [10, 100, 1_000, 4_000] {
		let (mut grid, book) = sample::market(Tree::Chain, zones, 100_000, 7);
		grid.iter_mut().for_each(|zone| (zone.import, zone.export) = (None, None));
		println!("{zones} zones in one chain, 100,000 orders: {:?}", timed(grid, &book));
	}
}
