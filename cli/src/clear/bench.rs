//! `busbar clear --bench`: seeded markets of growing size, cleared and timed from orders in memory to result.

use crate::failure::Failure;
use busbar_clearing::{
	check, clear,
	orders::{self, Order, Side},
	sample::{self, Tree},
	Clearing, Zone,
};
use busbar_operations::case::{Case, CaseOrder, CaseSide, CaseStep, CaseZone};
use clap::{Args, ValueEnum};
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::Serialize;
use std::{
	fs,
	path::{Path, PathBuf},
	time::Instant,
};

/// Sizes that are measured if none is asked for.
const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Most orders and zones: memory grows with them.
const MOST: u64 = 10_000_000;

/// What `--bench` measures.
#[derive(Args, Clone, Debug)]
pub struct Bench {
	/// Measure clearing of seeded markets instead of clearing a case file
	#[arg(long)]
	pub bench: bool,
	/// One size instead of 1,000 to 1,000,000 orders
	#[arg(long, value_name = "N", requires = "bench", value_parser = clap::value_parser!(u32).range(1..=MOST as i64))]
	orders: Option<u32>,
	/// Zones; a hundredth of the orders if not given
	#[arg(long, value_name = "N", requires = "bench", value_parser = clap::value_parser!(u32).range(1..=MOST as i64))]
	zones: Option<u32>,
	/// Shape of the tree of zones
	#[arg(long, value_enum, default_value = "fourfold", requires = "bench")]
	tree: Shape,
	/// Leave out the limits of the links, so that every step can matter everywhere
	#[arg(long, requires = "bench")]
	unlimited: bool,
	/// Seed of the orders, limits and fees
	#[arg(long, value_name = "N", default_value_t = 7, requires = "bench")]
	seed: u64,
	/// Times each size is cleared; the fastest counts
	#[arg(long, value_name = "N", default_value_t = 5, requires = "bench", value_parser = clap::value_parser!(u32).range(1..=1_000))]
	runs: u32,
	/// Write the market as a case file
	#[arg(long, value_name = "FILE", requires = "orders")]
	write_case: Option<PathBuf>,
}

/// Shapes of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
	/// Every zone has four children
	Fourfold,
	/// Every zone hangs at the root
	Star,
	/// Lines of 40 zones each hang at the root
	Feeders,
	/// Every zone hangs at the one before it
	Chain,
	/// A line, each zone of which has one more zone beside it
	Caterpillar,
	/// Every zone hangs at any one before it
	Random,
}

/// One size's measurement. Times in ns.
#[derive(Clone, Debug, Serialize)]
struct Row {
	orders: u32,
	zones: u32,
	/// Price levels that the orders make up.
	levels: usize,
	/// From orders to levels.
	levels_ns: u64,
	/// From levels to prices and flows.
	clear_ns: u64,
	/// From prices to the accepted energy of every step.
	fills_ns: u64,
	/// The three together.
	total_ns: u64,
	/// The three together per order and per binary logarithm of the number of orders.
	ns_per_order_log2: f64,
	/// Proof of the result, which is not part of the total.
	check_ns: u64,
	/// In nEUR.
	welfare: i128,
	/// In Wh.
	traded: u64,
	/// In nEUR.
	congestion_rent: u128,
}

impl Bench {
	/// Measures, writes the case if asked to, and prints a table or JSON.
	///
	/// # Errors
	/// Exit code 1 if the case cannot be written or a result is wrong.
	pub fn run(&self, json: bool) -> Result<(), Failure> {
		let tree = match self.tree {
			Shape::Fourfold => Tree::Fourfold,
			Shape::Star => Tree::Star,
			Shape::Feeders => Tree::Feeders(40),
			Shape::Chain => Tree::Chain,
			Shape::Caterpillar => Tree::Caterpillar,
			Shape::Random => Tree::Random,
		};
		let sizes = self.orders.map_or(SIZES.to_vec(), |orders| vec![orders]);
		let mut rows = Vec::with_capacity(sizes.len());
		for orders in sizes {
			let zones = self.zones.unwrap_or((orders / 100).max(1));
			let (mut grid, book) = sample::market(tree, zones, orders, self.seed);
			if self.unlimited {
				grid.iter_mut().for_each(|zone| (zone.import, zone.export) = (None, None));
			}
			if let Some(path) = &self.write_case {
				write_case(path, &self.name(orders, zones), &grid, &book)?;
			}
			rows.push(measure(&grid, &book, self.runs)?);
		}
		if json {
			let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::failed(error.to_string()))?;
			println!("{text}");
		} else {
			let runs = self.runs;
			println!(
				"tree {:?}{}, seed {}, one core, the fastest of {runs} runs; ms\n{}",
				self.tree,
				self.unlimits(),
				self.seed,
				table(&rows)
			);
		}
		Ok(())
	}

	fn name(&self, orders: u32, zones: u32) -> String {
		format!("sample: {orders} orders over {zones} zones, {:?}{}, seed {}", self.tree, self.unlimits(), self.seed)
	}

	fn unlimits(&self) -> &'static str {
		if self.unlimited {
			" without limits"
		} else {
			""
		}
	}
}

/// Clears a market several times, checks the result once.
fn measure(grid: &[Zone], book: &[Order], runs: u32) -> Result<Row, Failure> {
	let wrong = |what: String| Failure::failed(format!("the seeded market: {what}"));
	let ns = |since: Instant| u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
	let mut best: Option<Row> = None;
	for run in 0..runs.max(1) {
		let mut zones = grid.to_vec();
		let start = Instant::now();
		orders::add(&mut zones, book).map_err(|error| wrong(error.to_string()))?;
		let levels_ns = ns(start);
		let start = Instant::now();
		let clearing: Clearing = clear(&zones).map_err(|error| wrong(error.to_string()))?;
		let clear_ns = ns(start);
		let start = Instant::now();
		let fills = orders::fills(book, &clearing);
		let fills_ns = ns(start);
		let start = Instant::now();
		if run == 0 {
			check(&zones, &clearing).map_err(|violation| wrong(violation.to_string()))?;
		}
		let check_ns = best.as_ref().map_or(ns(start), |row| row.check_ns);
		let total_ns = levels_ns + clear_ns + fills_ns;
		let count = fills.len() as f64;
		if best.as_ref().is_none_or(|row| total_ns < row.total_ns) {
			best = Some(Row {
				orders: book.len() as u32,
				zones: zones.len() as u32,
				levels: zones.iter().map(|zone| zone.levels.len()).sum(),
				levels_ns,
				clear_ns,
				fills_ns,
				total_ns,
				ns_per_order_log2: total_ns as f64 / (count * count.log2().max(1.0)),
				check_ns,
				welfare: clearing.welfare,
				traded: clearing.traded,
				congestion_rent: clearing.rent,
			});
		}
	}
	best.ok_or_else(|| wrong("nothing was measured".into()))
}

fn write_case(path: &Path, name: &str, grid: &[Zone], book: &[Order]) -> Result<(), Failure> {
	let text = serde_json::to_string(&case(name, grid, book)).map_err(|error| Failure::failed(error.to_string()))?;
	fs::write(path, text + "\n").map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}

/// A market in the form of a case file, with indices as ids.
fn case(name: &str, grid: &[Zone], book: &[Order]) -> Case {
	let zones = (0u64..).zip(grid).map(|(id, zone)| CaseZone {
		id,
		parent: zone.parent.map(u64::from),
		import_wh: zone.import,
		export_wh: zone.export,
		fee: zone.fee,
	});
	let side = |side| if side == Side::Buy { CaseSide::Buy } else { CaseSide::Sell };
	let orders = (0u64..).zip(book).map(|(id, order)| {
		let steps = order.steps.iter();
		let steps = steps.map(|step| CaseStep { side: side(step.side), price: step.price, wh: step.wh });
		CaseOrder { id, zone: u64::from(order.zone), steps: steps.collect() }
	});
	Case { name: name.into(), interval_s: 900, zones: zones.collect(), orders: orders.collect() }
}

fn table(rows: &[Row]) -> Table {
	let mut table = Table::new();
	table.load_style(UTF8_FULL_CONDENSED);
	table.set_header(["orders", "zones", "levels", "to levels", "clear", "fills", "total", "ns / (n log2 n)", "check"]);
	let ms = |ns: u64| format!("{:.2}", ns as f64 / 1e6);
	for row in rows {
		table.add_row([
			row.orders.to_string(),
			row.zones.to_string(),
			row.levels.to_string(),
			ms(row.levels_ns),
			ms(row.clear_ns),
			ms(row.fills_ns),
			ms(row.total_ns),
			format!("{:.1}", row.ns_per_order_log2),
			ms(row.check_ns),
		]);
	}
	table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
	table
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_operations::case::Market;

	#[test]
	fn a_sample_that_went_through_a_case_file_is_the_same_market() {
		let (grid, book) = sample::market(Tree::Feeders(3), 10, 500, 3);
		let text = serde_json::to_string(&case("sample", &grid, &book)).unwrap();
		let read = Market::new(&Case::parse(&text).unwrap()).unwrap();
		let mut zones = grid;
		orders::add(&mut zones, &book).unwrap();
		assert_eq!(read.zones, zones);
		assert_eq!(read.orders, book);
	}

	#[test]
	fn a_measurement_counts_what_it_cleared() {
		let (grid, book) = sample::market(Tree::Fourfold, 10, 1_000, 3);
		let row = measure(&grid, &book, 2).unwrap();
		assert_eq!((row.orders, row.zones), (1_000, 10));
		assert_eq!(row.total_ns, row.levels_ns + row.clear_ns + row.fills_ns);
		assert!(row.traded > 0 && row.congestion_rent > 0 && row.welfare > 0);
	}
}
