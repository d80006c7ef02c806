//! Runs benchmarks through the runtime's benchmark API.

use crate::runtime::{On, Runtime};
use anyhow::{anyhow, bail, ensure, Context, Error, Result};
use codec::{Decode, Encode};
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkParameter, BenchmarkResult};
use frame_support::traits::StorageInfo;
use std::{
	str::FromStr,
	time::{Duration, Instant},
};

type Components = Vec<(BenchmarkParameter, u32)>;

/// One benchmark of the runtime.
pub struct Benchmark {
	pub pallet: String,
	instance: Vec<u8>,
	pub name: String,
	/// Name, least and greatest value of each component.
	pub components: Vec<(BenchmarkParameter, u32, u32)>,
}

/// A component and the value that it shall have.
#[derive(Clone)]
pub struct At {
	name: String,
	value: u32,
}

impl FromStr for At {
	type Err = Error;

	fn from_str(text: &str) -> Result<Self> {
		let (name, value) = text.split_once('=').context("write NAME=VALUE")?;
		Ok(Self { name: name.to_lowercase(), value: value.parse().context("VALUE is a whole number")? })
	}
}

/// What was measured of a benchmark.
pub struct Results {
	/// Durations, several at each value of the components.
	pub time: Vec<BenchmarkResult>,
	/// Storage accesses and proof sizes, one at each value.
	pub accesses: Vec<BenchmarkResult>,
}

/// The benchmarks of the runtime, with or without those that give no weight.
///
/// # Errors
/// If the runtime was not built with them.
pub fn list(runtime: &Runtime, extra: bool) -> Result<Vec<Benchmark>> {
	let answer = runtime
		.call(On::Timed, "Benchmark_benchmark_metadata", &extra.encode())
		.context("was the runtime built with the feature runtime-benchmarks?")?;
	let (lists, _) = <(Vec<BenchmarkList>, Vec<StorageInfo>)>::decode(&mut &answer[..])?;
	let mut all = Vec::new();
	for list in lists {
		for one in list.benchmarks {
			all.push(Benchmark {
				pallet: String::from_utf8(list.pallet.clone())?,
				instance: list.instance.clone(),
				name: String::from_utf8(one.name)?,
				components: one.components,
			});
		}
	}
	Ok(all)
}

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
	/// Values of each component.
	pub steps: u32,
	/// Measurements at each value.
	pub repeats: u32,
	/// Time for one benchmark.
	pub patience: Duration,
}

/// Fewest values of a component that are measured for want of time.
const FEWEST_STEPS: u32 = 4;

impl Effort {
	/// Fewer repeats, then fewer values, of a benchmark that would take too long, if running it takes `once`.
	fn bounded(self, once: Duration, components: usize) -> Self {
		let Self { mut steps, mut repeats, patience } = self;
		let takes = |steps: u32, repeats: u32| {
			let points = u32::try_from(components).unwrap_or(u32::MAX).saturating_mul(steps).max(1);
			once.saturating_mul(points.saturating_mul(repeats.saturating_add(1)))
		};
		while takes(steps, repeats) > patience && repeats > 1 {
			repeats = repeats.saturating_sub(1);
		}
		while takes(steps, repeats) > patience && steps > FEWEST_STEPS {
			steps = steps.saturating_sub(1);
		}
		Self { steps, repeats, patience }
	}
}

/// Measures at given values of components, or, if none is given, over values of each component.
///
/// # Errors
/// A component or a value that the benchmark does not have, or what the benchmark failed with.
pub fn run(runtime: &Runtime, benchmark: &Benchmark, at: &[At], effort: Effort) -> Result<Results> {
	// First with the benchmark's assertions: what is measured is what they hold for.
	let greatest = benchmark.point(at)?;
	let began = Instant::now();
	dispatch(runtime, On::Timed, benchmark, &greatest, true, 1)?;
	let effort = effort.bounded(began.elapsed(), benchmark.components.len());

	let points = if at.is_empty() { benchmark.points(effort.steps)? } else { vec![greatest] };
	let mut results = Results { time: Vec::new(), accesses: Vec::new() };
	for point in points {
		results.accesses.extend(dispatch(runtime, On::Counted, benchmark, &point, false, 1)?);
		results.time.extend(dispatch(runtime, On::Timed, benchmark, &point, false, effort.repeats)?);
	}
	Ok(results)
}

/// Runs a benchmark with its assertions at its least and its greatest components.
///
/// # Errors
/// What it failed with.
pub fn verify(runtime: &Runtime, benchmark: &Benchmark) -> Result<()> {
	let least = benchmark.components.iter().map(|(name, low, _)| (*name, *low)).collect();
	let greatest = benchmark.point(&[])?;
	for point in [least, greatest] {
		dispatch(runtime, On::Timed, benchmark, &point, true, 1)?;
	}
	Ok(())
}

impl Benchmark {
	#[cfg(test)]
	pub fn new(pallet: &str, name: &str, components: Vec<(BenchmarkParameter, u32, u32)>) -> Self {
		Self { pallet: pallet.into(), instance: Vec::new(), name: name.into(), components }
	}

	/// Evenly spread values of each component while the others are at their greatest.
	fn points(&self, steps: u32) -> Result<Vec<Components>> {
		let greatest = self.point(&[])?;
		let mut points: Vec<Components> = Vec::new();
		for (at, (_, low, high)) in self.components.iter().enumerate() {
			let span = u64::from(high.saturating_sub(*low));
			for step in 0..steps {
				let offset = span * u64::from(step) / u64::from(steps.saturating_sub(1).max(1));
				let mut point = greatest.clone();
				point[at].1 = u32::try_from(u64::from(*low) + offset)?;
				if !points.contains(&point) {
					points.push(point);
				}
			}
		}
		if points.is_empty() {
			points.push(greatest);
		}
		Ok(points)
	}

	/// The components at these values, and at their greatest where none is given.
	fn point(&self, at: &[At]) -> Result<Components> {
		let mut point: Components = self.components.iter().map(|(name, _, high)| (*name, *high)).collect();
		for At { name, value } in at {
			let Some(index) = point.iter().position(|(known, _)| format!("{known:?}") == *name) else {
				bail!("{}::{} has no component {name}", self.pallet, self.name)
			};
			let (_, low, high) = self.components[index];
			ensure!((low..=high).contains(value), "{name} of {}::{} runs from {low} to {high}", self.pallet, self.name);
			point[index].1 = *value;
		}
		Ok(point)
	}
}

fn dispatch(
	runtime: &Runtime,
	on: On,
	benchmark: &Benchmark,
	components: &Components,
	verify: bool,
	repeats: u32,
) -> Result<Vec<BenchmarkResult>> {
	let config = BenchmarkConfig {
		pallet: benchmark.pallet.clone().into_bytes(),
		instance: benchmark.instance.clone(),
		benchmark: benchmark.name.clone().into_bytes(),
		selected_components: components.clone(),
		verify,
		internal_repeats: repeats,
	};
	let answer = runtime.call(on, "Benchmark_dispatch_benchmark", &config.encode())?;
	let batches = Result::<Vec<BenchmarkBatch>, String>::decode(&mut &answer[..])?;
	let batches = batches.map_err(|error| anyhow!("{error}"))?;
	Ok(batches.into_iter().flat_map(|batch| batch.results).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	const SECOND: Duration = Duration::from_secs(1);

	fn bounded(once: Duration, components: usize) -> (u32, u32) {
		let effort = Effort { steps: 10, repeats: 5, patience: 60 * SECOND }.bounded(once, components);
		(effort.steps, effort.repeats)
	}

	#[test]
	fn a_quick_benchmark_is_measured_as_asked() {
		assert_eq!(bounded(SECOND / 100, 2), (10, 5));
		assert_eq!(bounded(SECOND, 0), (10, 5));
	}

	#[test]
	fn a_slow_benchmark_loses_repeats_before_values() {
		assert_eq!(bounded(SECOND, 1), (10, 5));
		assert_eq!(bounded(SECOND, 2), (10, 2));
		assert_eq!(bounded(2 * SECOND, 2), (7, 1));
		assert_eq!(bounded(100 * SECOND, 2), (FEWEST_STEPS, 1));
	}

	#[test]
	fn components_are_given_as_name_and_value() {
		let at: At = "N=7".parse().expect("it is well formed");
		assert_eq!((at.name.as_str(), at.value), ("n", 7));
		assert!("n".parse::<At>().is_err());
		assert!("n=-1".parse::<At>().is_err());
	}

	#[test]
	fn values_are_spread_from_the_least_to_the_greatest_and_never_measured_twice() {
		let components = vec![(BenchmarkParameter::n, 1, 4), (BenchmarkParameter::z, 7, 7)];
		let benchmark = Benchmark::new("pallet_market", "close", components);
		let points = benchmark.points(3).expect("they are in range");
		let of = |n| vec![(BenchmarkParameter::n, n), (BenchmarkParameter::z, 7)];
		assert_eq!(points, [of(1), of(2), of(4)]);
		assert!(benchmark.point(&["z=8".parse().expect("it is well formed")]).is_err());
	}
}
