//! What clearing takes, by the shape of the tree. `docs/market.md` has its figures.

#![allow(clippy::unwrap_used)]

use busbar_clearing::{
	check, clear, orders,
	sample::{self, Tree},
	Zone,
};
use std::time::{Duration, Instant};

/// The fastest of a few runs from orders to fills, and of its clearing alone.
fn timed(grid: &[Zone], book: &[orders::Order]) -> (Duration, Duration) {
	let once = || {
		let mut zones = grid.to_vec();
		let start = Instant::now();
		orders::add(&mut zones, book).unwrap();
		let added = start.elapsed();
		let clearing = clear(&zones).unwrap();
		let cleared = start.elapsed();
		let fills = orders::fills(book, &clearing);
		let took = start.elapsed();
		assert_eq!(fills.len(), book.len());
		check(&zones, &clearing).unwrap();
		(took, cleared - added)
	};
	(0..5).map(|_| once()).min().unwrap()
}

#[test]
#[ignore = "measures; run alone: cargo test --release -p busbar-clearing --test speed -- --ignored --nocapture --test-threads 1"]
fn a_million_orders_over_ten_thousand_zones_of_any_shape() {
	for tree in Tree::ALL {
		for limits in [true, false] {
			for (count, zones) in [(1_000_000, 10_000), (100_000, 1_000), (100_000, 10_000)] {
				let (mut grid, book) = sample::market(tree, zones, count, 7);
				if !limits {
					grid.iter_mut().for_each(|zone| (zone.import, zone.export) = (None, None));
				}
				let (took, cleared) = timed(&grid, &book);
				println!("{tree:?}, limits {limits}, {count} orders over {zones} zones: {took:?}, of that clearing {cleared:?}");
			}
		}
	}
}
