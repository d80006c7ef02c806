//! `busbar-bench`: runs the benchmarks of a runtime's pallets in Wasm and writes their weights.
//!
//! It does for this runtime what `frame-omni-bencher` does for any, with the same analysis, and without the relay-chain
//! and parachain crates that the latter builds.

mod history;
mod measure;
mod runtime;
mod state;
mod weights;

use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use history::History;
use measure::{At, Benchmark, Effort};
use runtime::Runtime;
use std::{
	path::PathBuf,
	time::{Duration, Instant},
};

/// Measures the weights of a runtime that was built with the feature `runtime-benchmarks`.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
	/// The runtime's Wasm.
	#[arg(long, value_name = "FILE", required_unless_present = "explain")]
	runtime: Option<PathBuf>,

	/// Write the runtime's Wasm compressed, as it is enacted, to this file, and measure nothing.
	#[arg(long, value_name = "FILE", conflicts_with_all = ["output", "at", "check", "try_state"])]
	compress: Option<PathBuf>,

	/// The genesis preset that the benchmarks start from.
	#[arg(long, default_value = "devnet")]
	preset: String,

	/// Only these pallets, such as `pallet_market`.
	#[arg(long, value_delimiter = ',')]
	pallets: Vec<String>,

	/// Only this benchmark; those that give no weight, such as `place_in_book`, run only when they are named.
	#[arg(long)]
	benchmark: Option<String>,

	/// Values of each component, from its least to its greatest, while the others are at their greatest.
	#[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..))]
	steps: u32,

	/// Measurements at each value.
	#[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
	repeats: u32,

	/// Seconds for one benchmark: one that would take longer gets fewer repeats, then fewer values.
	#[arg(long, default_value_t = 60)]
	seconds: u64,

	/// Write `<pallet>.rs` into this folder; without it, print the table only.
	#[arg(long, value_name = "FOLDER", conflicts_with = "benchmark")]
	output: Option<PathBuf>,

	/// What the written files say about the machine and the day.
	#[arg(long, default_value = "")]
	note: String,

	/// Add what is written to this history, and fail if a weight rose by more than a tenth without a reason.
	#[arg(long, value_name = "FILE")]
	history: Option<PathBuf>,

	/// The day and the commit that are measured, for the history.
	#[arg(long, value_names = ["DATE", "COMMIT"], num_args = 2, default_values = ["", ""])]
	measured_at: Vec<String>,

	/// Why weights rise, if they do; kept in the history.
	#[arg(long, value_name = "TEXT", requires = "history")]
	reason: Option<String>,

	/// Give the reason for the rises that the history has without one, and measure nothing.
	#[arg(long, value_name = "TEXT", requires = "history", conflicts_with_all = ["reason", "output", "check", "try_state"])]
	explain: Option<String>,

	/// Values of components, such as `z=1000,l=8000`, instead of a range of them; those not named are at their greatest.
	#[arg(long, value_delimiter = ',', value_name = "NAME=VALUE", conflicts_with = "output")]
	at: Vec<At>,

	/// Run every benchmark once at its least and its greatest components, with its own assertions, and measure nothing.
	#[arg(long, conflicts_with_all = ["output", "at"])]
	check: bool,

	/// Check every pallet's invariants on the preset's genesis, and measure nothing. Wants the feature `try-runtime`.
	#[arg(long, conflicts_with_all = ["output", "at", "check"])]
	try_state: bool,

	/// Check them on this state instead, an object of keys and values as 0x texts, after the migrations that the runtime has
	/// for it.
	#[arg(long, value_name = "FILE", requires = "try_state")]
	state: Option<PathBuf>,
}

fn main() -> Result<()> {
	let arguments = Arguments::parse();
	if let (Some(file), Some(reason)) = (&arguments.history, &arguments.explain) {
		let mut history = History::read(file)?;
		history.explain(reason);
		history.write(file)?;
		return history.check();
	}
	let file = arguments.runtime.as_ref().context("--runtime names the runtime's Wasm")?;
	let code = std::fs::read(file).with_context(|| format!("{}: build it with scripts/benchmark", file.display()))?;
	if let Some(to) = &arguments.compress {
		let compressed =
			sp_maybe_compressed_blob::compress_strongly(&code, sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT)
				.with_context(|| format!("{}: too large to compress", file.display()))?;
		return std::fs::write(to, compressed).with_context(|| to.display().to_string());
	}
	if let Some(file) = &arguments.state {
		let storage = state::read(file).with_context(|| file.display().to_string())?;
		Runtime::at(&code, storage)?.try_state()?;
		println!("every invariant holds on {}", file.display());
		return Ok(());
	}
	let runtime = Runtime::new(&code, &arguments.preset)?;
	if arguments.try_state {
		runtime.try_state()?;
		println!("every invariant holds at the genesis of {}", arguments.preset);
		return Ok(());
	}

	let selected: Vec<Benchmark> = measure::list(&runtime, arguments.benchmark.is_some())?
		.into_iter()
		.filter(|one| arguments.pallets.is_empty() || arguments.pallets.contains(&one.pallet))
		.filter(|one| arguments.benchmark.as_ref().is_none_or(|name| *name == one.name))
		.collect();
	ensure!(!selected.is_empty(), "no benchmark of the runtime has that name");
	if arguments.check {
		check(&runtime, &selected)
	} else {
		measure(&runtime, &selected, &arguments)
	}
}

fn check(runtime: &Runtime, selected: &[Benchmark]) -> Result<()> {
	let mut failed = 0u32;
	for benchmark in selected {
		if let Err(error) = measure::verify(runtime, benchmark) {
			println!("failed: {}::{}: {error:#}", benchmark.pallet, benchmark.name);
			failed = failed.saturating_add(1);
		}
	}
	ensure!(failed == 0, "{failed} of {} benchmarks failed", selected.len());
	println!("{} benchmarks hold what they assert", selected.len());
	Ok(())
}

fn measure(runtime: &Runtime, selected: &[Benchmark], arguments: &Arguments) -> Result<()> {
	let Arguments { steps, repeats, seconds, .. } = *arguments;
	let effort = Effort { steps, repeats, patience: Duration::from_secs(seconds) };
	let mut measured = Vec::new();
	println!(
		"{:<42} {:>16} {:>15} {:>7} {:>7} {:>8}",
		"benchmark", "components", "computation", "reads", "writes", "took"
	);
	for benchmark in selected {
		let began = Instant::now();
		let results = measure::run(runtime, benchmark, &arguments.at, effort)
			.with_context(|| format!("{}::{}", benchmark.pallet, benchmark.name))?;
		println!("{} {:>6.1} s", weights::row(benchmark, &results), began.elapsed().as_secs_f64());
		if arguments.at.is_empty() {
			measured.push(weights::Measured::analyse(benchmark, &results)?);
		}
	}
	if let Some(folder) = &arguments.output {
		let how = format!("Up to {steps} steps and {repeats} repeats in {seconds} s");
		for file in weights::write(folder, &measured, &how, &arguments.note)? {
			println!("wrote {}", file.display());
		}
	}
	let (Some(file), Some(_)) = (&arguments.history, &arguments.output) else { return Ok(()) };
	let [date, commit] = &arguments.measured_at[..] else { bail!("--measured-at wants a date and a commit") };
	let mut history = History::read(file)?;
	history.add(measured.iter().flat_map(|one| one.entries(date, commit)).collect(), arguments.reason.as_deref());
	// First, so that a reason can be given without measuring again.
	history.write(file)?;
	println!("wrote {}", file.display());
	history.check()
}
