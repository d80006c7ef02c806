//! What a run shows.

use super::{
	process::Usage,
	{Kind, Options},
};
use busbar_client::submit::BlockCounts;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// The first part of a run, in which queues fill, is no part of its steady rates: a tenth.
const WARM: u32 = 10;
/// Reasons that are named one by one; all others are counted together.
const REASONS: usize = 16;

/// What became of one transaction.
pub(super) struct Sample {
	pub kind: Kind,
	/// When it should have been sent.
	pub due: Instant,
	/// When a node had taken it, after `due`.
	pub accepted: Option<Duration>,
	/// When a block with it was seen, after `due`.
	pub included: Option<Duration>,
	/// Computation booked for it, in ps.
	pub weight_ps: Option<u64>,
	pub fate: Fate,
}

pub(super) enum Fate {
	/// A finalised block with it was seen, so long after it was due.
	Done { finalised: Duration },
	/// It stands in a finalised block, and failed.
	Failed(String),
	/// No node took it.
	Refused(String),
	/// A node took it, and no finalised block has it.
	Lost,
}

/// A run, counted.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
	/// Transactions that were to be sent in a second.
	pub offered_per_s: u32,
	/// For how long, in s.
	pub seconds: u32,
	/// Members that sent.
	pub accounts: usize,
	/// How long it took to send them, in s: longer, if this program did not keep up.
	pub sent_in_s: f64,
	/// All of them.
	pub submitted: u64,
	/// Those that a node took.
	pub accepted: u64,
	/// Those that stood in a block of the best chain.
	pub included: u64,
	/// Those that succeeded in a finalised block.
	pub finalised: u64,
	/// Of these, by kind.
	pub kinds: BTreeMap<Kind, u64>,
	/// Those that failed in a finalised block, by reason.
	pub failed: BTreeMap<String, u64>,
	/// Those that no node took, by reason.
	pub refused: BTreeMap<String, u64>,
	/// Those that a node took and no finalised block has.
	pub lost: u64,
	/// How many there were in a second, after the first tenth of the run and until the last was due.
	pub steady: Rates,
	/// From when it was due, in ms.
	pub latency: Latency,
	/// Computation that the chain booked for one, after refunds, in µs.
	pub weight_us: Option<Spread>,
	/// Finalised blocks meanwhile, and all that stood in them.
	pub blocks: u32,
	/// Extrinsics in them.
	pub extrinsics: u64,
	/// What each process used; the last is the sender.
	pub nodes: Vec<Node>,
}

/// How many in a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
	/// Due.
	pub submitted: f64,
	/// Taken by a node.
	pub accepted: f64,
	/// Seen in a block.
	pub included: f64,
	/// Seen in a finalised block.
	pub finalised: f64,
}

/// How long until each step, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
	/// Until a node had taken it.
	pub accepted: Option<Spread>,
	/// Until it was seen in a block.
	pub included: Option<Spread>,
	/// Until it was seen in a finalised block.
	pub finalised: Option<Spread>,
}

/// The middle and the end of many values: so many in a hundred are at most as great.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
	/// 50 in a hundred.
	pub p50: u64,
	/// 95 in a hundred.
	pub p95: u64,
	/// 99 in a hundred.
	pub p99: u64,
	/// All.
	pub most: u64,
}

/// What a process used.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
	/// As the caller named it.
	pub name: String,
	/// Computation while transactions were sent, in s.
	pub cpu_s: f64,
	/// The same for each transaction that stood in a block by the end of sending, in µs.
	pub cpu_us_each: Option<u64>,
	/// The most memory that it ever had, in MiB.
	pub peak_mib: u64,
}

impl Spread {
	fn of(mut values: Vec<u64>) -> Option<Self> {
		values.sort_unstable();
		let most = *values.last()?;
		// The nearest rank: the least value that so many in a hundred do not exceed.
		let at = |percent: usize| {
			let rank = values.len().saturating_mul(percent).div_ceil(100);
			values.get(rank.saturating_sub(1)).copied().unwrap_or(most)
		};
		Some(Self { p50: at(50), p95: at(95), p99: at(99), most })
	}
}

impl Report {
	pub(super) fn of(
		options: &Options,
		begin: Instant,
		sent_in: Duration,
		all: &[Sample],
		(before, after): (&[Usage], &[Usage]),
		blocks: BlockCounts,
	) -> Self {
		let (mut kinds, mut failed, mut refused) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
		let mut lost = 0u64;
		for sample in all {
			match &sample.fate {
				Fate::Done { .. } => count(&mut kinds, sample.kind),
				Fate::Failed(reason) => count_reason(&mut failed, reason),
				Fate::Refused(reason) => count_reason(&mut refused, reason),
				Fate::Lost => lost = lost.saturating_add(1),
			}
		}
		let finalised_after = |sample: &Sample| match sample.fate {
			Fate::Done { finalised } => Some(finalised),
			_ => None,
		};
		let millis = |of: &dyn Fn(&Sample) -> Option<Duration>| {
			Spread::of(all.iter().filter_map(of).map(|time| time.as_millis() as u64).collect())
		};
		let window = Window { from: begin + sent_in / WARM, to: begin + sent_in };
		let rate = |of: &dyn Fn(&Sample) -> Option<Duration>| window.rate(all, of);
		let by_the_end =
			all.iter().filter(|sample| sample.included.is_some_and(|after| sample.due + after <= window.to));
		let by_the_end = by_the_end.count() as u64;
		let names = options.processes.iter().map(|process| process.name.clone()).chain(["this program".into()]);
		let nodes = names.zip(before.iter().zip(after)).map(|(name, (before, after))| {
			let cpu_ms = after.cpu_ms.saturating_sub(before.cpu_ms);
			let cpu_us_each = cpu_ms.saturating_mul(1_000).checked_div(by_the_end);
			Node { name, cpu_s: cpu_ms as f64 / 1_000.0, cpu_us_each, peak_mib: after.peak_kib / 1_024 }
		});
		Self {
			offered_per_s: options.rate,
			seconds: options.seconds,
			accounts: options.accounts,
			sent_in_s: sent_in.as_secs_f64(),
			submitted: all.len() as u64,
			accepted: all.iter().filter(|sample| sample.accepted.is_some()).count() as u64,
			included: all.iter().filter(|sample| sample.included.is_some()).count() as u64,
			finalised: kinds.values().sum(),
			kinds,
			failed,
			refused,
			lost,
			steady: Rates {
				submitted: rate(&|_| Some(Duration::ZERO)),
				accepted: rate(&|sample| sample.accepted),
				included: rate(&|sample| sample.included),
				finalised: rate(&finalised_after),
			},
			latency: Latency {
				accepted: millis(&|sample| sample.accepted),
				included: millis(&|sample| sample.included),
				finalised: millis(&finalised_after),
			},
			weight_us: Spread::of(all.iter().filter_map(|sample| Some(sample.weight_ps? / 1_000_000)).collect()),
			blocks: blocks.blocks,
			extrinsics: blocks.extrinsics,
			nodes: nodes.collect(),
		}
	}

	/// Whether all were finalised with success.
	pub fn is_complete(&self) -> bool {
		self.finalised == self.submitted
	}
}

/// The steady part of a run.
struct Window {
	from: Instant,
	to: Instant,
}

impl Window {
	/// How many reached a step in a second.
	fn rate(&self, all: &[Sample], of: &dyn Fn(&Sample) -> Option<Duration>) -> f64 {
		let seconds = self.to.saturating_duration_since(self.from).as_secs_f64();
		if seconds <= 0.0 {
			return 0.0;
		}
		let reached = all.iter().filter_map(|sample| Some(sample.due + of(sample)?));
		reached.filter(|at| *at > self.from && *at <= self.to).count() as f64 / seconds
	}
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
	let count = counts.entry(key).or_insert(0);
	*count = count.saturating_add(1);
}

/// Reasons name nonces and accounts now and then: their number is bounded.
fn count_reason(counts: &mut BTreeMap<String, u64>, reason: &str) {
	let key = if counts.len() < REASONS || counts.contains_key(reason) { reason } else { "other reasons" };
	count(counts, key.to_owned());
}

#[cfg(test)]
mod tests {
	use super::*;

	fn options(seconds: u32) -> Options {
		let mix = super::super::Mix::default();
		Options { accounts: 2, rate: 10, seconds, mix, seed: 1, processes: Vec::new() }
	}

	fn sample(due: Instant, fate: Fate) -> Sample {
		let (accepted, included) = match fate {
			Fate::Refused(_) => (None, None),
			_ => (Some(Duration::from_millis(10)), Some(Duration::from_millis(1_000))),
		};
		Sample { kind: Kind::Order, due, accepted, included, weight_ps: Some(1_500_000_000), fate }
	}

	#[test]
	fn every_transaction_is_counted_once_by_what_became_of_it() {
		let begin = Instant::now();
		let done = |ms| Fate::Done { finalised: Duration::from_millis(ms) };
		let fates = [done(3_000), done(5_000), Fate::Failed("a".into()), Fate::Refused("b".into()), Fate::Lost];
		let all: Vec<Sample> = fates.into_iter().map(|fate| sample(begin, fate)).collect();
		let usage = |cpu_ms| [Usage { cpu_ms, peak_kib: 2_048 }];
		let sent_in = Duration::from_secs(10);
		let report = Report::of(&options(10), begin, sent_in, &all, (&usage(500), &usage(900)), BlockCounts::default());
		assert_eq!((report.submitted, report.accepted, report.included, report.finalised), (5, 4, 4, 2));
		assert_eq!((report.failed["a"], report.refused["b"], report.lost), (1, 1, 1));
		assert!(!report.is_complete());
		assert_eq!(report.latency.finalised, Some(Spread { p50: 3_000, p95: 5_000, p99: 5_000, most: 5_000 }));
		assert_eq!(report.weight_us.map(|spread| spread.p50), Some(1_500));
		let node = &report.nodes[0];
		assert_eq!((node.cpu_s, node.cpu_us_each, node.peak_mib), (0.4, Some(100_000), 2));
	}

	#[test]
	fn steady_rates_leave_the_first_tenth_out_and_what_comes_after_the_last_was_due() {
		let begin = Instant::now();
		// One is due every 100 ms for 10 s; each is finalised 3 s later.
		let at = |number: u64| begin + Duration::from_millis(100 * number);
		let fate = || Fate::Done { finalised: Duration::from_secs(3) };
		let all: Vec<Sample> = (1..=100).map(|number| sample(at(number), fate())).collect();
		let usage = [Usage::default()];
		let sent_in = Duration::from_secs(10);
		let report = Report::of(&options(10), begin, sent_in, &all, (&usage, &usage), BlockCounts::default());
		assert_eq!((report.steady.submitted, report.steady.included), (10.0, 10.0));
		// The first ones are finalised at 3.1 s, so 70 of them until 10 s, in 9 s.
		assert!((report.steady.finalised - 70.0 / 9.0).abs() < 1e-9);
		assert!(report.is_complete());
	}

	#[test]
	fn a_spread_is_of_values_that_occurred() {
		assert_eq!(Spread::of(Vec::new()), None);
		let spread = Spread::of((1..=200).rev().collect()).unwrap();
		assert_eq!(spread, Spread { p50: 100, p95: 190, p99: 198, most: 200 });
		assert_eq!(Spread::of(vec![7]), Some(Spread { p50: 7, p95: 7, p99: 7, most: 7 }));
	}

	#[test]
	fn reasons_are_bounded() {
		let mut counts = BTreeMap::new();
		for number in 0..100 {
			count_reason(&mut counts, &format!("reason {number}"));
		}
		assert_eq!((counts.len(), counts["other reasons"]), (REASONS + 1, 100 - REASONS as u64));
	}
}
