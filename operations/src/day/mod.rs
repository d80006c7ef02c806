//! A demonstration: a day of a real grid, traded, metered and settled on a devnet, checked, and reported.
//!
//! It stands in for parties that are not there: members who forecast and order, and the operators of the devnet's genesis,
//! whose development keys sign. Whatever a party does it does by the library of that party: it settles with
//! [`crate::keeper`], registers, mints, publishes and attests with [`crate::operator`].

#![allow(missing_docs, reason = "the fields of a report are named as report.json names them")]

mod check;
mod forecast;
mod genesis;
mod html;
mod monitor;
mod plots;
mod report;
mod setup;
mod trade;
mod world;

use crate::{
	gridmodel::{self, DataSet, Plan},
	Failure,
};
use anyhow::{Context as _, Result};
use busbar_client::{
	submit::{Submitter, Tip},
	Chain,
};
use busbar_primitives::{Amount, Balance, Interval, Wh};
use busbar_store::client::Client;
use monitor::Monitor;
use report::{Run, Tally};
use std::{path::Path, sync::Arc, time::Instant};
use tokio::task::JoinSet;
use trade::{Context, Record};

pub use genesis::{genesis, patch_specification, zones};
pub use html::{blocks, page, verdict};
pub use monitor::Lag;
pub use report::{Bill, Quarter, Report};
pub use world::{members, Member};

/// Who is told how far a day has come.
pub trait Watch: Send + Sync {
	/// What is being done.
	fn step(&self, what: &'static str);

	/// An interval has ended, and how.
	fn settled(&self, message: String);
}

/// What to trade, and what to do beside it.
pub struct Options {
	/// Number of intervals.
	pub intervals: u32,
	/// Row of the profile with which to begin.
	pub first: usize,
	/// Seed of the forecast errors, identities and salts.
	pub seed: u64,
	/// Whether to tighten one feeder link, so that congestion rent arises.
	pub congest: bool,
	/// Name of the member whose meter nobody reads, if any.
	pub silent: Option<String>,
	/// Folder to which every interval's case and result go, if any.
	pub cases: Option<std::path::PathBuf>,
	/// Address of the meter-data store that takes the readings, if any.
	pub store: Option<String>,
	/// Further nodes whose finality lag to watch, by WebSocket address.
	pub nodes: Vec<String>,
}

/// Trades a day on a chain, settles and checks it. What went wrong stands in the report's failures.
///
/// # Errors
/// If the chain would not take the grid: then nothing was sent. If it cannot be reached, or registering fails.
pub async fn run(options: &Options, data: DataSet, chain: Chain, watch: Arc<dyn Watch>) -> Result<(Report, Lag)> {
	let begin = Instant::now();
	let url = chain.url();
	let monitor = Monitor::default();
	monitor.follow(chain.clone()).await?;
	for node in options.nodes.iter().filter(|node| **node != url) {
		monitor.follow(Chain::connect(node).await?).await?;
	}
	let submitter = Submitter::start(chain).await?;
	let plan = setup::plan(&submitter, &data).await?;
	let world = setup::setup(&submitter, &plan, options.seed, &*watch).await?;
	let setup_s = begin.elapsed().as_secs_f64();

	let context = Arc::new(options.context(submitter.clone(), data, plan, world).await?);
	let (records, mut failures) = options.trade(&context, &*watch).await?;
	watch.step("checking every interval");
	let mut report = options.tally(&context, records, &mut failures, setup_s).await?;
	let lag = monitor.lag();
	report.finality_lag_blocks_max = lag.max;
	failures.extend(lag.lost.iter().map(|node| format!("the connection to {node} was lost")));
	report.failures.append(&mut failures);
	report.wall_s = begin.elapsed().as_secs_f64();
	Ok((report, lag))
}

impl Options {
	/// What all intervals share, and which link is tightened.
	async fn context(&self, submitter: Submitter, data: DataSet, plan: Plan, world: world::World) -> Result<Context> {
		let tip = submitter.wait(|tip| tip.clock.next_gate.is_some()).await?;
		let newest = tip.clock.first_unopened.saturating_sub(1);
		let terms = submitter.chain().status(tip.hash, newest).await?.context("no interval has opened")?.terms;
		let rows: Vec<&[Wh]> = (0..self.intervals)
			.map(|index| &data.profile[(self.first + index as usize) % data.profile.len()][..])
			.collect();
		let interval_s = tip.clock.interval_s;
		let congestion = match self.congest.then(|| plan.congestion(&rows, interval_s)) {
			None => None,
			Some(None) => {
				return Err(Failure::input("--congest: no feeder link carries anything in these intervals").into())
			},
			Some(Some((zone, link))) => Some((gridmodel::zone_id(world.root, zone), link)),
		};
		let silent = match &self.silent {
			None => None,
			Some(name) => {
				let found = plan.points.iter().position(|point| point.name == *name);
				Some(found.ok_or_else(|| Failure::input(format!("--silent: the grid has no member {name}")))?)
			},
		};
		let operator = world.operators.meter_operator.clone();
		let store =
			self.store.as_ref().map(|url| Client::new(url, Some(operator))).transpose().map_err(Failure::input)?;
		Ok(Context {
			submitter,
			store,
			data,
			first: self.first,
			plan,
			world,
			seed: self.seed,
			congestion,
			silent,
			price_cap: terms.price_cap,
			gate_lead: terms.delivery_start.saturating_sub(terms.gate_closure),
			interval_s,
			permits: Context::permits(),
		})
	}

	/// Runs all intervals, each in its own task. Returns the records in order, and what failed.
	async fn trade(&self, context: &Arc<Context>, watch: &dyn Watch) -> Result<(Vec<Record>, Vec<String>)> {
		let tip = context.submitter.best();
		let first = first_interval(context, &tip);
		watch.step("trading");
		let mut tasks = JoinSet::new();
		for index in 0..self.intervals {
			let (context, quarter) = (context.clone(), context.first + index as usize);
			tasks.spawn(async move { trade::interval(context, quarter, first.saturating_add(index)).await });
		}
		let (mut records, mut failures) = (Vec::new(), Vec::new());
		while let Some(result) = tasks.join_next().await {
			match result.context("an interval's task ended early")? {
				Ok(record) => {
					let price = record.cleared.prices.first().and_then(|zone| zone.result.price);
					let price =
						price.map_or("no price".into(), |price| format!("{} ct/kWh", crate::figures::ct(price)));
					let block = context.submitter.best().number;
					watch.settled(format!("block {block}, root at {price}"));
					records.push(record);
				},
				Err(error) => {
					watch.settled("an interval failed".into());
					failures.push(format!("{error:#}"));
				},
			}
		}
		records.sort_by_key(|record| record.cleared.interval);
		Ok((records, failures))
	}

	/// Adds the records up and checks them against the chain, the result checker and the linear programme.
	async fn tally(
		&self,
		context: &Arc<Context>,
		records: Vec<Record>,
		failures: &mut Vec<String>,
		setup_s: f64,
	) -> Result<Report> {
		let run = Run {
			data: context.data.name.clone(),
			day: context.data.day.to_string(),
			seed: self.seed,
			interval_s: context.interval_s,
			interval_clock_s: context.submitter.best().clock.interval_clock_s,
			congested_zone: context.congestion.map(|(zone, _)| zone),
			members: context.world.members.len(),
			zones: context.plan.zones.len(),
			first_interval: records.first().map_or(0, |record| record.cleared.interval),
			setup_s,
		};
		let world = &context.world;
		let tally = Tally::new(&context.data, &context.plan, &world.points, world.root, &records);
		let mut worse = tally.worse_off();
		// What nobody read is settled on an estimate.
		worse.retain(|name| Some(name) != self.silent.as_ref());
		let mut report = tally.report(run, self.intervals as usize);
		// Where a link binds, who lies behind it may well pay more than a tariff without limits would charge.
		if report.congestion_rent == 0 {
			failures.extend(worse.iter().map(|name| format!("{name} pays more than its conventional bill")));
		}
		if report.congestion_rent == 0 && context.congestion.is_some() {
			failures.push("a link was tightened, but no congestion rent arose".into());
		}
		report.minted = Amount::try_from(world.minted).unwrap_or(Amount::MAX);
		report.transactions += world.transactions;
		report.blocks = context.submitter.counts().blocks;
		report.money_conserved = conserved(&context.submitter, &records, failures).await?;
		let folder = self.cases.clone();
		let cleared = records.into_iter().map(|record| record.cleared).collect();
		let (equal, wrong) = tokio::task::spawn_blocking(move || check::all(cleared, folder.as_deref()))
			.await
			.context("the check of the clearings ended early")??;
		report.optimum_equal = equal;
		failures.extend(wrong);
		Ok(report)
	}
}

/// Writes `report.json` and `index.html` to a folder.
///
/// # Errors
/// If it cannot be written, or a plot cannot be drawn.
pub fn write(report: &Report, folder: &Path) -> Result<()> {
	let wrong =
		|error: std::io::Error| Failure::failed(format!("cannot write the report to {}: {error}", folder.display()));
	std::fs::create_dir_all(folder).map_err(wrong)?;
	let json = serde_json::to_string_pretty(report).context("the report cannot be written as JSON")?;
	std::fs::write(folder.join("report.json"), json + "\n").map_err(wrong)?;
	std::fs::write(folder.join("index.html"), html::page(report)?).map_err(wrong)?;
	Ok(())
}

/// The first interval to trade: everything exists in it, and there is time to place its orders.
fn first_interval(context: &Context, tip: &Tip) -> Interval {
	let time = trade::clock_ms(tip).max(6_000);
	let mut first = context.world.from.max(tip.clock.current);
	while context.gate(tip, first) < tip.clock.now.saturating_add(time) {
		first = first.saturating_add(1);
	}
	first
}

/// Whether issuance, the accounts' money and every interval's lines balance on the chain.
async fn conserved(submitter: &Submitter, records: &[Record], failures: &mut Vec<String>) -> Result<bool> {
	let before = failures.len();
	let (chain, at) = (submitter.chain(), submitter.finalised().1);
	for record in records {
		let interval = record.cleared.interval;
		let sum = chain.conservation(at, interval).await?.lines_sum;
		if sum != 0 {
			failures.push(format!("interval {interval}: the chain's lines sum to {sum} nEUR instead of zero"));
		}
	}
	let totals = chain.conservation(at, records.last().map_or(0, |record| record.cleared.interval)).await?;
	if totals.total_issuance != totals.issued {
		failures.push(format!("{} nEUR exist, but {} were issued", totals.total_issuance, totals.issued));
	}
	if totals.in_transit != 0 {
		failures.push(format!("{} nEUR are left in the settlement account", totals.in_transit));
	}
	let all: Balance = chain.all_money(at).await?;
	if all != totals.total_issuance {
		failures.push(format!("the accounts have {all} nEUR, but {} exist", totals.total_issuance));
	}
	let unbalanced = records.iter().any(|record| record.lines.iter().map(|line| line.line.amount).sum::<Amount>() != 0);
	Ok(failures.len() == before && !unbalanced)
}
