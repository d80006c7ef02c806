//! From orders in memory to result: levels, clearing, fills. `cargo bench -p busbar-clearing`

use busbar_clearing::{
	check, clear, orders,
	sample::{self, Tree},
};
use criterion::{criterion_group, criterion_main, BatchSize, BenchmarkId, Criterion, Throughput};
use std::hint::black_box;

const SEED: u64 = 7;

fn orders_to_result(criterion: &mut Criterion) {
	let mut group = criterion.benchmark_group("orders_to_result");
	group.sample_size(10);
	for (name, tree) in [("fourfold", Tree::Fourfold), ("feeders of 40", Tree::Feeders(40)), ("star", Tree::Star)] {
		for exponent in 3..=6 {
			let count = 10u32.pow(exponent);
			let (grid, book) = sample::market(tree, count / 100, count, SEED);
			group.throughput(Throughput::Elements(u64::from(count)));
			group.bench_function(BenchmarkId::new(name, count), |bencher| {
				bencher.iter_batched(
					|| grid.clone(),
					|mut zones| {
						orders::add(&mut zones, &book).expect("the sample's orders are well-formed; qed");
						let clearing = clear(&zones).expect("the sample's market is well-formed; qed");
						(orders::fills(black_box(&book), &clearing), clearing, zones)
					},
					BatchSize::LargeInput,
				);
			});
		}
	}
	group.finish();
}

fn checking(criterion: &mut Criterion) {
	let mut group = criterion.benchmark_group("check");
	group.sample_size(10);
	for exponent in 3..=6 {
		let count = 10u32.pow(exponent);
		let (mut zones, book) = sample::market(Tree::Fourfold, count / 100, count, SEED);
		orders::add(&mut zones, &book).expect("the sample's orders are well-formed; qed");
		let clearing = clear(&zones).expect("the sample's market is well-formed; qed");
		group.throughput(Throughput::Elements(u64::from(count)));
		group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
			bencher.iter(|| check(black_box(&zones), black_box(&clearing)));
		});
	}
	group.finish();
}

criterion_group!(benches, orders_to_result, checking);
criterion_main!(benches);
