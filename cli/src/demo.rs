//! `busbar demo`: trade a day of a real low-voltage grid on a devnet, settle it, check it, and report.

use crate::{
	commands::{print_json, progress::Progress, table},
	connection::connect,
	failure::Failure,
	Global,
};
use anyhow::Result;
use busbar_operations::{
	day::{self, Bill, Lag, Options, Report},
	figures::short_eur,
	gridmodel::{self, DataSet, Start},
};
use busbar_primitives::Amount;
use clap::{Args, ValueEnum};
use std::{path::PathBuf, sync::Arc};

/// Which of the two days to trade.
#[derive(Clone, Copy, ValueEnum)]
enum Day {
	Summer,
	Winter,
}

impl From<Day> for gridmodel::Day {
	fn from(day: Day) -> Self {
		match day {
			Day::Summer => Self::Summer,
			Day::Winter => Self::Winter,
		}
	}
}

/// Trade a day of a real low-voltage grid and write a report
///
/// Registers what a devnet lacks of the grid, its members and their meters (its development keys sign), places every member's
/// order for every quarter hour as its own transaction, attests what the profiles truly deliver, settles, checks all of it and
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
	/// Local time of the quarter hour to begin with [default: 10:00, earlier where the run would not end with the day]
	#[arg(long, value_name = "HH:MM")]
	from: Option<Start>,
	/// Seed of the forecast errors, identities and salts
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// Tighten one feeder link to half of the greatest flow expected over it, so that congestion rent arises
	#[arg(long)]
	congest: bool,
	/// Leave one member's meter unread, by the member's name: its point is settled on estimates
	#[arg(long, value_name = "NAME")]
	silent: Option<String>,
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
		let data = DataSet::load(self.data.as_deref(), self.day.into()).map_err(Failure::from)?;
		let first = data.first(self.from, self.intervals as usize).map_err(Failure::from)?;
		let chain = connect(global).await?;
		let progress = Progress::new(u64::from(self.intervals), global.json);
		let options = Options {
			intervals: self.intervals,
			first,
			seed: self.seed,
			congest: self.congest,
			silent: self.silent,
			cases: self.export.then(|| self.report.join("cases")),
			store: self.store,
			nodes: self.node,
		};
		let (report, lag) = day::run(&options, data, chain, Arc::new(progress.clone())).await?;
		progress.end();
		day::write(&report, &self.report)?;
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
}

fn summary(report: &Report, lag: &Lag) {
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
		("imported (contracted)", kwh(report.from_utility_wh)),
		("exported (contracted)", kwh(report.to_utility_wh)),
		("ordered load accepted", format!("{:.2} %", report.accepted_load_share * 100.0)),
		("self-sufficiency (metered)", format!("{:.2} %", report.self_sufficiency * 100.0)),
		("locally traded share of load", format!("{:.2} %", report.locally_traded_share * 100.0)),
		("grid fees", format!("{} EUR", short_eur(report.grid_fees))),
		("congestion rent", format!("{} EUR", short_eur(report.congestion_rent))),
		("bills of loads, market", total(report, "load", |bill| bill.market)),
		("  own forecast errors", total(report, "load", |bill| bill.imbalance_cost)),
		("  bills without them", total(report, "load", Bill::without_errors)),
		("bills of loads, conventional", total(report, "load", |bill| bill.conventional)),
		("bills of plants, market", total(report, "plant", |bill| bill.market)),
		("  own forecast errors", total(report, "plant", |bill| bill.imbalance_cost)),
		("  bills without them", total(report, "plant", Bill::without_errors)),
		("bills of plants, conventional", total(report, "plant", |bill| bill.conventional)),
		(
			"sellers paid after delivery, half of them within",
			report.seconds_to_pay_p50.map_or("-".into(), |seconds| format!("{seconds} s")),
		),
		("  99 of 100 within", report.seconds_to_pay_p99.map_or("-".into(), |seconds| format!("{seconds} s"))),
		(
			"finality lag at most",
			match (&lag.max, &lag.at) {
				(Some(max), Some((block, node))) => format!("{} (at block {block}, {node})", day::blocks(*max)),
				_ => "not measured before block 20".into(),
			},
		),
		("transactions", format!("{} in {} blocks", report.transactions, report.blocks)),
		("wall time", format!("{:.0} s", report.wall_s)),
	] {
		table.add_row([name.to_owned(), value]);
	}
	println!("{table}");
	println!("{}", day::verdict(report));
}

fn total(report: &Report, kind: &str, value: impl Fn(&Bill) -> Amount) -> String {
	let sum = report.bills.values().filter(|bill| bill.kind == kind).map(value).sum();
	format!("{} EUR", short_eur(sum))
}
