//! `cargo test --release -p busbar-clearing --test speed -- --ignored --nocapture` prints size against time.

#![allow(clippy::unwrap_used)]

use busbar_clearing::{
	check, clear,
	orders::{self, Order, Side, Step},
	Zone,
};
use rand_like::Numbers;
use std::time::Instant;

/// A small generator of repeatable numbers (SplitMix64).
mod rand_like {
	pub struct Numbers(pub u64);

	impl Numbers {
		pub fn below(&mut self, most: u64) -> u64 {
			self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
			let mut z = self.0;
			z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
			z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
			(z ^ (z >> 31)) % most
		}
	}
}

/// A utility at the root, and orders spread over zones, each link with limits and a fee.
fn market(zones: u64, orders: u64, parent: fn(u64) -> u64) -> (Vec<Zone>, Vec<Order>) {
	let mut numbers = Numbers(7);
	let tree = (0..zones).map(|zone| {
		let mut limit = || (numbers.below(4) > 0).then(|| numbers.below(200_000));
		let (import, export) = (limit(), limit());
		let parent = (zone > 0).then(|| parent(zone) as u32);
		Zone { parent, import, export, fee: numbers.below(5_000), ..Default::default() }
	});
	let tree = tree.collect();
	let step = |side, price: u64, wh| Step { side, price: price as i64, wh };
	let ladder = vec![step(Side::Buy, 60_000, 1 << 40), step(Side::Sell, 300_000, 1 << 40)];
	let mut book = vec![Order { zone: 0, steps: ladder }];
	for _ in 1..orders {
		let side = if numbers.below(2) == 0 { Side::Buy } else { Side::Sell };
		let steps = vec![step(side, 50_000 + numbers.below(300_000), 1 + numbers.below(5_000))];
		book.push(Order { zone: numbers.below(zones) as u32, steps });
	}
	(tree, book)
}

#[test]
#[ignore = "measures; run alone with --nocapture"]
fn size_against_time() {
	let shapes: [(&str, fn(u64) -> u64); 3] =
		[("four children each", |zone| (zone - 1) / 4), ("star", |_| 0), ("chain", |zone| zone - 1)];
	println!("| tree | zones | orders | levels | levels from orders ms | clear ms | fills ms | check ms |");
	println!("|---|---|---|---|---|---|---|---|");
	for (name, parent) in shapes {
		for exponent in 3..=6 {
			let orders = 10u64.pow(exponent);
			let (mut zones, book) = market(orders / 100, orders, parent);
			let start = Instant::now();
			orders::add(&mut zones, &book).unwrap();
			let levels = start.elapsed();
			let clearing = clear(&zones).unwrap();
			let cleared = start.elapsed();
			let fills = orders::fills(&book, &clearing);
			let filled = start.elapsed();
			check(&zones, &clearing).unwrap();
			let checked = start.elapsed();
			assert_eq!(fills.len(), book.len());
			let ms = |to: std::time::Duration, from: std::time::Duration| (to - from).as_secs_f64() * 1e3;
			let count: usize = zones.iter().map(|zone| zone.levels.len()).sum();
			println!(
				"| {name} | {} | {orders} | {count} | {:.2} | {:.2} | {:.2} | {:.2} |",
				zones.len(),
				ms(levels, Default::default()),
				ms(cleared, levels),
				ms(filled, cleared),
				ms(checked, filled),
			);
		}
	}
}
