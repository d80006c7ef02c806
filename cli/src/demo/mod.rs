//! `busbar demo`: trade a day of a real low-voltage grid on a devnet, settle it, check it, and report.

mod check;
mod data;
mod forecast;
pub mod html;
mod meter;
mod monitor;
mod plan;
mod plots;
mod progress;
mod report;
mod setup;
mod trade;
mod world;

use crate::{
	commands::{print_json, table},
	failure::Failure,
	Global,
};
use anyhow::{Context as _, Result};
use busbar_client::{submit::Submitter, Chain};
use busbar_primitives::{Amount, Balance, Interval, Wh};
use busbar_store::client::Client;
use clap::Args;
use data::{DataSet, Day};
use monitor::Monitor;
use plan::Plan;
use progress::Progress;
use report::{Report, Run, Tally};
use std::{path::PathBuf, sync::Arc, time::Instant};
use tokio::task::JoinSet;
use trade::{Context, Record};

/// Trade a day of a real low-voltage grid and write a report
///
/// Registers the grid, its members and their meters on a devnet (its development keys sign), places every member's order
/// for every quarter hour as its own transaction, attests what the profiles truly deliver, settles, checks all of it and
/// writes report.json and index.html.
#[derive(Args)]
pub struct Demo {
	/// Folder with a grid in SimBench's CSV form [default: the built-in simbench-lv-rural2]
	#[arg(long, value_name = "DIR")]
	data: Option<PathBuf>,
	/// Which day's profiles to trade
	#[arg(long, value_enum, default_value_t = Day::Summer)]
	day: Day,
	/// Number of intervals
	#[arg(long, default_value_t = 96, value_parser = clap::value_parser!(u32).range(1..=96 * 7))]
	intervals: u32,
	/// Quarter hour of the day to begin with
	#[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..96))]
	start: u32,
	/// Seed of the forecast errors, identities and salts
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// Tighten one feeder link to half of the greatest flow expected over it, so that congestion rent arises
	#[arg(long)]
	congest: bool,
	/// Folder of the report
	#[arg(long, value_name = "DIR", default_value = "report")]
	report: PathBuf,
	/// Also write every interval's case and result to REPORT/cases
	#[arg(long)]
	export: bool,
	/// Meter-data store that takes the readings, by its address
	#[arg(long, value_name = "URL")]
	store: Option<String>,
	/// Further nodes whose finality lag to watch, by WebSocket address; may be repeated
	#[arg(long, value_name = "URL")]
	node: Vec<String>,
}

impl Demo {
	pub async fn run(self, global: &Global) -> Result<()> {
		let data = DataSet::load(self.data.as_deref(), self.day)?;
		let begin = Instant::now();
		let chain = Chain::connect(&global.url).await?;
		let monitor = Monitor::default();
		monitor.follow(chain.clone()).await?;
		for node in self.node.iter().filter(|node| **node != global.url) {
			monitor.follow(Chain::connect(node).await?).await?;
		}
		let progress = Progress::new(u64::from(self.intervals), global.json);
		let submitter = Submitter::start(chain).await?;
		let interval_s = submitter.best().clock.interval_s;
		let plan = Plan::build(&data, interval_s)?;
		let world = setup::setup(&submitter, &plan, self.seed, &progress).await?;
		let setup_s = begin.elapsed().as_secs_f64();

		let context = Arc::new(self.context(submitter.clone(), data, plan, world, progress.clone()).await?);
		let (records, mut failures) = self.trade(&context).await?;
		progress.step("checking every interval");
		let mut report = self.tally(&context, records, &mut failures, setup_s).await?;
		let lag = monitor.lag();
		report.finality_lag_blocks_max = lag.max;
		failures.extend(lag.lost.iter().map(|node| format!("the connection to {node} was lost")));
		report.failures.append(&mut failures);
		report.wall_s = begin.elapsed().as_secs_f64();
		progress.end();

		self.write(&report)?;
		if global.json {
			print_json(&report)?;
		} else {
			summary(&report, &lag);
			println!("Report: {}", self.report.join("index.html").display());
		}
		if report.failures.is_empty() {
			return Ok(());
		}
		for failure in &report.failures {
			eprintln!("failed: {failure}");
		}
		Err(Failure::failed(format!("{} checks of the demonstration failed", report.failures.len())).into())
	}

	/// What all intervals share, and which link is tightened.
	async fn context(
		&self,
		submitter: Submitter,
		data: DataSet,
		plan: Plan,
		world: world::World,
		progress: Progress,
	) -> Result<Context> {
		let tip = submitter.wait(|tip| tip.clock.next_gate.is_some()).await?;
		let newest = tip.clock.first_unopened.saturating_sub(1);
		let terms = submitter.chain().status(tip.hash, newest).await?.context("no interval has opened")?.terms;
		let rows: Vec<&[Wh]> = (0..self.intervals)
			.map(|index| &data.profile[(self.start + index) as usize % data.profile.len()][..])
			.collect();
		let interval_s = tip.clock.interval_s;
		let congestion = match self.congest.then(|| plan.congestion(&rows, interval_s)) {
			None => None,
			Some(None) => {
				return Err(Failure::input("--congest: no feeder link carries anything in these intervals").into())
			},
			Some(Some((zone, link))) => Some((plan::zone_id(world.root, zone), link)),
		};
		let operator = world.operators.meter_operator.clone();
		let store =
			self.store.as_ref().map(|url| Client::new(url, Some(operator))).transpose().map_err(Failure::input)?;
		Ok(Context {
			submitter,
			store,
			data,
			plan,
			world,
			seed: self.seed,
			congestion,
			price_cap: terms.price_cap,
			gate_lead: terms.delivery_start.saturating_sub(terms.gate_closure),
			interval_s,
			permits: Context::permits(),
			progress,
		})
	}

	/// Runs all intervals, each in its own task. Returns the records in order, and what failed.
	async fn trade(&self, context: &Arc<Context>) -> Result<(Vec<Record>, Vec<String>)> {
		let tip = context.submitter.best();
		let first = first_interval(context, &tip);
		context.progress.step("trading");
		let mut tasks = JoinSet::new();
		for index in 0..self.intervals {
			let (context, quarter) = (context.clone(), (self.start + index) as usize);
			tasks.spawn(async move { trade::interval(context, quarter, first.saturating_add(index)).await });
		}
		let (mut records, mut failures) = (Vec::new(), Vec::new());
		while let Some(result) = tasks.join_next().await {
			match result.context("an interval's task ended early")? {
				Ok(record) => {
					let price = record.cleared.prices.first().and_then(|zone| zone.result.price);
					let price =
						price.map_or("no price".into(), |price| format!("{} ct/kWh", crate::commands::ct(price)));
					let block = context.submitter.best().number;
					context.progress.settled(format!("block {block}, root at {price}"));
					records.push(record);
				},
				Err(error) => {
					context.progress.settled("an interval failed".into());
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
			day: self.day.to_string(),
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
		if context.congestion.is_none() {
			let worse = tally.worse_off();
			failures.extend(worse.iter().map(|name| format!("{name} pays more than its conventional bill")));
		}
		let mut report = tally.report(run, self.intervals as usize);
		if report.congestion_rent == 0 && context.congestion.is_some() {
			failures.push("a link was tightened, but no congestion rent arose".into());
		}
		report.minted = Amount::try_from(world.minted).unwrap_or(Amount::MAX);
		report.transactions += world.transactions;
		report.blocks = context.submitter.counts().blocks;
		report.money_conserved = conserved(&context.submitter, &records, failures).await?;
		let folder = self.export.then(|| self.report.join("cases"));
		let cleared = records.into_iter().map(|record| record.cleared).collect();
		let (equal, wrong) = tokio::task::spawn_blocking(move || check::all(cleared, folder.as_deref()))
			.await
			.context("the check of the clearings ended early")??;
		report.optimum_equal = equal;
		failures.extend(wrong);
		Ok(report)
	}

	fn write(&self, report: &Report) -> Result<()> {
		let wrong = |error: std::io::Error| {
			Failure::failed(format!("cannot write the report to {}: {error}", self.report.display()))
		};
		std::fs::create_dir_all(&self.report).map_err(wrong)?;
		let json = serde_json::to_string_pretty(report).context("the report cannot be written as JSON")?;
		std::fs::write(self.report.join("report.json"), json + "\n").map_err(wrong)?;
		std::fs::write(self.report.join("index.html"), html::page(report)?).map_err(wrong)?;
		Ok(())
	}
}

/// The first interval to trade: everything exists in it, and there is time to place its orders.
fn first_interval(context: &Context, tip: &busbar_client::submit::Tip) -> Interval {
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

fn summary(report: &Report, lag: &monitor::Lag) {
	let kwh = |wh: u64| format!("{:.3} kWh", wh as f64 / 1_000.0);
	let of = |part: u64, whole: u64| format!("{part} of {whole}");
	let yes = |good: bool| if good { "yes" } else { "NO" }.to_owned();
	let intervals = report.intervals as u64;
	let mut table = table(&["Result", "Value"], 1);
	for (name, value) in [
		("intervals cleared", of(report.cleared_intervals as u64, intervals)),
		("intervals settled", of(report.settled_intervals as u64, intervals)),
		("clearings equal to the optimum", of(report.optimum_equal as u64, intervals)),
		("orders accepted", of(report.orders_accepted, report.orders_submitted)),
		("money conserved", yes(report.money_conserved)),
		("limits respected", yes(report.limits_respected)),
		("load", kwh(report.load_wh)),
		("generation", kwh(report.generation_wh)),
		("traded", kwh(report.traded_wh)),
		("imported (contracted)", kwh(report.imported_wh)),
		("exported (contracted)", kwh(report.exported_wh)),
		("ordered load accepted", format!("{:.2} %", report.accepted_load_share * 100.0)),
		("self-sufficiency (metered)", format!("{:.2} %", report.self_sufficiency * 100.0)),
		("locally traded share of load", format!("{:.2} %", report.locally_traded_share * 100.0)),
		("grid fees", format!("{} EUR", html::short_eur(report.grid_fees))),
		("congestion rent", format!("{} EUR", html::short_eur(report.congestion_rent))),
		("bills of loads, market", total(report, "load", |bill| bill.market)),
		("bills of loads, conventional", total(report, "load", |bill| bill.conventional)),
		("bills of plants, market", total(report, "plant", |bill| bill.market)),
		("bills of plants, conventional", total(report, "plant", |bill| bill.conventional)),
		(
			"finality lag at most",
			match (&lag.max, &lag.at) {
				(Some(max), Some((block, node))) => format!("{max} blocks (at block {block}, {node})"),
				_ => "not measured before block 20".into(),
			},
		),
		("transactions", format!("{} in {} blocks", report.transactions, report.blocks)),
		("wall time", format!("{:.0} s", report.wall_s)),
	] {
		table.add_row([name.to_owned(), value]);
	}
	println!("{table}");
}

fn total(report: &Report, kind: &str, value: impl Fn(&report::Bill) -> Amount) -> String {
	let sum = report.bills.values().filter(|bill| bill.kind == kind).map(value).sum();
	format!("{} EUR", html::short_eur(sum))
}
