//! From measurements to the weight functions of a pallet.

use crate::{
	history::Entry,
	measure::{Benchmark, Results},
};
use anyhow::{anyhow, Result};
use frame_benchmarking::{Analysis, BenchmarkResult, BenchmarkSelector};
use std::{
	collections::BTreeMap,
	fmt::Write,
	path::{Path, PathBuf},
};

/// A quantity as a function of the components: a base, and a slope for each of them.
struct Line {
	base: u128,
	slopes: Vec<u128>,
}

impl Line {
	fn fit(results: &Vec<BenchmarkResult>, selector: BenchmarkSelector) -> Result<Self> {
		let fit = Analysis::min_squares_iqr(results, selector).map_err(|error| anyhow!("{error}"))?;
		Ok(Self { base: fit.base, slopes: fit.slopes })
	}

	/// A line through counts, nowhere below what was counted: a part of a count per unit would be rounded away.
	fn above(
		results: &Vec<BenchmarkResult>,
		selector: BenchmarkSelector,
		of: fn(&BenchmarkResult) -> u32,
	) -> Result<Self> {
		let mut line = Self::fit(results, selector)?;
		let short = |result: &BenchmarkResult| u128::from(of(result)).saturating_sub(line.at(result));
		let shortfall = results.iter().map(short).max().unwrap_or(0);
		line.base = line.base.saturating_add(shortfall);
		Ok(line)
	}

	/// Its value where a measurement was made.
	fn at(&self, result: &BenchmarkResult) -> u128 {
		let parts = result.components.iter().zip(&self.slopes).map(|((_, n), slope)| slope.saturating_mul((*n).into()));
		parts.fold(self.base, u128::saturating_add)
	}

	fn slope(&self, component: usize) -> u128 {
		self.slopes.get(component).copied().unwrap_or(0)
	}
}

/// The weight of one benchmark.
pub struct Measured {
	pallet: String,
	name: String,
	/// Name and greatest value of each component.
	components: Vec<(String, u32, u32)>,
	/// In ps.
	time: Line,
	reads: Line,
	writes: Line,
	/// In bytes.
	proof: Line,
}

impl Measured {
	/// # Errors
	/// If the measurements do not determine the slopes.
	pub fn analyse(benchmark: &Benchmark, results: &Results) -> Result<Self> {
		let components =
			benchmark.components.iter().map(|(name, low, high)| (format!("{name:?}"), *low, *high)).collect();
		Ok(Self {
			pallet: benchmark.pallet.clone(),
			name: benchmark.name.clone(),
			components,
			time: Line::fit(&results.time, BenchmarkSelector::ExtrinsicTime)?,
			reads: Line::above(&results.accesses, BenchmarkSelector::Reads, |one| one.reads)?,
			writes: Line::above(&results.accesses, BenchmarkSelector::Writes, |one| one.writes)?,
			proof: Line::above(&results.accesses, BenchmarkSelector::ProofSize, |one| one.proof_size)?,
		})
	}

	/// Its line in the history at the least and at the greatest components, measured on this day at this commit.
	pub fn entries(&self, date: &str, commit: &str) -> Vec<Entry> {
		let at = |value: fn(&(String, u32, u32)) -> u32| {
			let values: Vec<u32> = self.components.iter().map(value).collect();
			let point = self.components.iter().zip(&values).map(|((name, ..), value)| format!("{name}={value}"));
			let along = |line: &Line| {
				let parts = values.iter().zip(&line.slopes);
				parts.fold(line.base, |sum, (value, slope)| sum.saturating_add(slope.saturating_mul((*value).into())))
			};
			Entry {
				date: date.into(),
				commit: commit.into(),
				pallet: self.pallet.clone(),
				call: self.name.clone(),
				at: point.collect::<Vec<_>>().join(" "),
				computation_ps: along(&self.time),
				reads: along(&self.reads),
				writes: along(&self.writes),
				reason: String::new(),
			}
		};
		let mut entries = vec![at(|(_, low, _)| *low), at(|(_, _, high)| *high)];
		entries.dedup();
		entries
	}

	fn function(&self) -> String {
		let mut text = String::new();
		let lines = [&self.time, &self.reads, &self.writes, &self.proof];
		let arguments: Vec<_> = self
			.components
			.iter()
			.enumerate()
			.map(|(at, (name, ..))| {
				let used = lines.iter().any(|line| line.slope(at) > 0);
				format!("{}{name}: u32", if used { "" } else { "_" })
			})
			.collect();
		for (name, low, high) in &self.components {
			let _ = writeln!(text, "\t/// `{name}` from {low} to {high}.");
		}
		let _ = writeln!(text, "\tfn {}({}) -> Weight {{", self.name, arguments.join(", "));
		let (time, proof) = (digits(self.time.base), digits(self.proof.base));
		let _ = write!(text, "\t\tWeight::from_parts({time}, {proof})");
		for (at, (name, ..)) in self.components.iter().enumerate() {
			let (time, proof) = (self.time.slope(at), self.proof.slope(at));
			if time > 0 || proof > 0 {
				let (time, proof) = (digits(time), digits(proof));
				let _ = write!(
					text,
					"\n\t\t\t.saturating_add(Weight::from_parts({time}, {proof}).saturating_mul({name}.into()))"
				);
			}
		}
		for (line, access) in [(&self.reads, "reads"), (&self.writes, "writes")] {
			if line.base > 0 {
				let _ = write!(text, "\n\t\t\t.saturating_add(T::DbWeight::get().{access}({}))", line.base);
			}
			for (at, (name, ..)) in self.components.iter().enumerate() {
				let slope = line.slope(at);
				if slope > 0 {
					let _ = write!(
						text,
						"\n\t\t\t.saturating_add(T::DbWeight::get().{access}({slope}_u64.saturating_mul({name}.into())))"
					);
				}
			}
		}
		text.push_str("\n\t}\n");
		text
	}
}

/// A number with its thousands apart, as Rust writes it.
fn digits(number: u128) -> String {
	let plain = number.to_string();
	let mut text = String::new();
	for (at, digit) in plain.chars().enumerate() {
		if at > 0 && (plain.len() - at).is_multiple_of(3) {
			text.push('_');
		}
		text.push(digit);
	}
	text
}

/// One line of the table: the medians at the greatest components that were measured.
pub fn row(benchmark: &Benchmark, results: &Results) -> String {
	let values = |result: &BenchmarkResult| result.components.iter().map(|(_, value)| *value).collect::<Vec<_>>();
	let greatest = results.time.iter().map(values).max().unwrap_or_default();
	let median = |results: &[BenchmarkResult], of: fn(&BenchmarkResult) -> u128| {
		let mut all: Vec<u128> = results.iter().filter(|one| values(one) == greatest).map(of).collect();
		all.sort_unstable();
		all.get(all.len() / 2).copied().unwrap_or(0)
	};
	let at = benchmark.components.iter().zip(&greatest).map(|((name, ..), value)| format!("{name:?}={value}"));
	format!(
		"{:<42} {:>16} {:>12.1} us {:>7} {:>7}",
		format!("{}::{}", benchmark.pallet, benchmark.name),
		at.collect::<Vec<_>>().join(" "),
		median(&results.time, |one| one.extrinsic_time) as f64 / 1_000.0,
		median(&results.accesses, |one| one.reads.into()),
		median(&results.accesses, |one| one.writes.into()),
	)
}

/// Writes one file for each pallet. Returns which.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path, measured: &[Measured], how: &str, note: &str) -> Result<Vec<PathBuf>> {
	let mut pallets: BTreeMap<&str, Vec<&Measured>> = BTreeMap::new();
	for one in measured {
		pallets.entry(&one.pallet).or_default().push(one);
	}
	let mut files = Vec::new();
	for (pallet, functions) in pallets {
		let mut text = format!(
			"//! Weights of `{pallet}`: computation (ps) and proof size (bytes) as measured in Wasm, storage accesses as\n\
			 //! counted. Generated by scripts/benchmark: run it instead of editing.\n\
			 //!\n\
			 //! {how}; {note}.\n\n\
			 use core::marker::PhantomData;\n\
			 use frame_support::{{traits::Get, weights::Weight}};\n\n\
			 /// What the pallet's work costs in a runtime.\n\
			 pub struct WeightInfo<T>(PhantomData<T>);\n\n\
			 impl<T: frame_system::Config> {pallet}::WeightInfo for WeightInfo<T> {{\n"
		);
		text.push_str(&functions.iter().map(|one| one.function()).collect::<Vec<_>>().join("\n"));
		text.push_str("}\n");
		let file = folder.join(format!("{pallet}.rs"));
		std::fs::write(&file, text)?;
		files.push(file);
	}
	Ok(files)
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_benchmarking::BenchmarkParameter;

	/// Measurements of 30 us + 2 us per `n`, 3 + n reads and 1 write.
	fn measured() -> Measured {
		let at = |n: u32| BenchmarkResult {
			components: vec![(BenchmarkParameter::n, n)],
			extrinsic_time: 30_000 + 2_000 * u128::from(n),
			reads: 3 + n,
			writes: 1,
			proof_size: 100,
			..Default::default()
		};
		let results = Results { time: (0..10).map(at).collect(), accesses: (0..10).map(at).collect() };
		let components = vec![(BenchmarkParameter::n, 0, 9)];
		let benchmark = Benchmark::new("pallet_market", "place", components);
		Measured::analyse(&benchmark, &results).expect("a line fits")
	}

	#[test]
	fn a_line_through_the_measurements_becomes_the_weight() {
		let text = measured().function();
		for part in [
			"fn place(n: u32) -> Weight {",
			"Weight::from_parts(30_000_000, 100)",
			"Weight::from_parts(2_000_000, 0).saturating_mul(n.into())",
			"T::DbWeight::get().reads(3)",
			"T::DbWeight::get().reads(1_u64.saturating_mul(n.into()))",
			"T::DbWeight::get().writes(1)",
		] {
			assert!(text.contains(part), "{part} is not in {text}");
		}
		assert!(!text.contains("writes(0"), "{text}");
	}

	#[test]
	fn the_history_has_the_least_and_the_greatest_components() {
		let [least, greatest] = &measured().entries("2026-11-27", "abc")[..] else { panic!("there are two") };
		assert_eq!((least.at.as_str(), greatest.at.as_str()), ("n=0", "n=9"));
		assert_eq!((least.computation_ps, least.reads, least.writes), (30_000_000, 3, 1));
		assert_eq!((greatest.computation_ps, greatest.reads, greatest.writes), (48_000_000, 12, 1));

		let flat = BenchmarkResult { extrinsic_time: 7, ..Default::default() };
		let results = Results { time: vec![flat.clone(); 3], accesses: vec![flat] };
		let benchmark = Benchmark::new("pallet_market", "forget", vec![]);
		let measured = Measured::analyse(&benchmark, &results).expect("it is one number");
		assert_eq!(measured.entries("2026-11-27", "abc").len(), 1);
	}

	#[test]
	fn a_write_for_every_page_is_not_rounded_away() {
		let page = |n: u32| BenchmarkResult {
			components: vec![(BenchmarkParameter::n, n)],
			extrinsic_time: 7,
			writes: 5 + n / 32,
			..Default::default()
		};
		let at: Vec<_> = (0..10).map(|step| page(step * 100)).collect();
		let benchmark = Benchmark::new("pallet_market", "decide", vec![(BenchmarkParameter::n, 0, 900)]);
		let results = Results { time: at.clone(), accesses: at.clone() };
		let writes = Measured::analyse(&benchmark, &results).expect("a line fits").writes;
		assert!(at.iter().all(|result| writes.at(result) >= result.writes.into()));
	}

	#[test]
	fn a_component_that_costs_nothing_is_marked_unused() {
		let flat = |n| BenchmarkResult {
			components: vec![(BenchmarkParameter::n, n)],
			extrinsic_time: 7,
			..Default::default()
		};
		let results = Results { time: (1..5).map(flat).collect(), accesses: (1..5).map(flat).collect() };
		let benchmark = Benchmark::new("pallet_market", "poll", vec![(BenchmarkParameter::n, 1, 4)]);
		let measured = Measured::analyse(&benchmark, &results).expect("a line fits");
		assert!(measured.function().contains("fn poll(_n: u32)"), "{}", measured.function());
	}

	#[test]
	fn numbers_have_their_thousands_apart() {
		assert_eq!([0, 999, 1_000, 1_234_567].map(digits), ["0", "999", "1_000", "1_234_567"]);
	}
}
