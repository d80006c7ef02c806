//! `busbar statement`: an account's lines of an interval, or the bill of a period, with proofs that lines stand under their
//! interval's statement root; and the check of such proofs that were kept.

use super::{account, open, print_json, signer, table};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::AccountId;
use busbar_operations::{
	billing::{
		self,
		basis::Basis,
		calendar::Period,
		payer::{Payer, Settled},
		Who,
	},
	figures::eur,
	receipt,
	statement::{prove, Proven},
};
use busbar_primitives::{Amount, Interval, Line, ParticipantId, Phase, PointId};
use clap::{Args, ValueEnum};
use serde::Serialize;
use sp_core::H256;
use std::{
	io::Write,
	path::{Path, PathBuf},
};

/// Show an account's statement of an interval, or its bill of a day, a month or any range of days
///
/// A bill covers local days: 96 intervals of a quarter hour, or 92 or 100 where the clock changes. What the chain has
/// pruned, not settled or not opened is named in it. A retailer's has the lines of points that it answers for, because they
/// did not trade; the owner's names the retailer instead.
#[derive(Args)]
pub struct Statement {
	/// Account address [default: the one that --point belongs to, or the one of --suri]
	#[arg(long, value_parser = account)]
	account: Option<AccountId>,
	/// Only this connection point: one that the account owns, or has answered for as its retailer
	#[arg(long)]
	point: Option<PointId>,
	/// Interval [default: the newest that was settled]
	#[arg(long, conflicts_with = "period")]
	interval: Option<Interval>,
	/// Bill of a month (2026-03), a day (2026-03-29) or a range of these, both ends included (2026-03-01..2026-03-15)
	#[arg(long, value_parser = Period::parse)]
	period: Option<Period>,
	/// Time zone whose days are billed: an IANA name
	#[arg(long, requires = "period", default_value = "Europe/Berlin", value_name = "ZONE")]
	timezone: String,
	/// Folder of time-zone rules to use instead of the built-in ones, such as /usr/share/zoneinfo, for zones whose clocks
	/// change by newer rules
	#[arg(long, requires = "period", env = "BUSBAR_TZDATA", value_name = "DIR")]
	tzdata: Option<PathBuf>,
	/// Form of the bill [default: table, or json with --json]
	#[arg(long, requires = "period", value_enum)]
	format: Option<Format>,
	/// Write the bill to this file
	#[arg(long, requires = "period", value_name = "FILE")]
	out: Option<PathBuf>,
	/// Prove each line under the interval's statement root, and check the proof
	#[arg(long)]
	proof: bool,
	/// Check receipts, also of pruned intervals: what --proof --json printed, or energy_statementProof answered. The chain is
	/// asked for nothing but the statement root, at its finalised block; exit code 1 if a line is not proven under it
	#[arg(long, value_name = "RECEIPT.json", conflicts_with_all = ["account", "point", "interval", "period", "proof"])]
	check: Option<PathBuf>,
}

/// A bill's form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
	/// Sums by day and cause, for a terminal
	Table,
	/// Everything, exactly
	Json,
	/// One row per statement line
	Csv,
	/// A page to read and print
	Html,
	/// Green Button: an Atom feed in the NAESB REQ.21 ESPI schema
	Espi,
}

#[derive(Serialize)]
struct Report {
	interval: Interval,
	account: String,
	phase: Phase,
	sum: Amount,
	/// Root and number of all lines of the interval, if a proof was asked for.
	#[serde(skip_serializing_if = "Option::is_none")]
	root: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	count: Option<u32>,
	lines: Vec<Proven>,
	/// In the order of points.
	points: Vec<PointReport>,
}

/// Who pays and is paid for a connection point, and the reading that it is settled on.
#[derive(Serialize)]
struct PointReport {
	point: PointId,
	/// Version of the reading that stands; `None` without one.
	version: Option<u16>,
	#[serde(flatten)]
	basis: Basis,
}

impl Statement {
	pub async fn run(self, global: &Global) -> Result<()> {
		if let Some(path) = &self.check {
			return check(path, global).await;
		}
		// A connection point says whose statement is meant by itself; the secret then may be another's.
		let account = match (self.account, self.point) {
			(None, None) => {
				let message = "say whose statement: --account ADDRESS, --point POINT or --suri SECRET";
				Some(signer(global).map_err(|_| Failure::input(message))?.account().clone())
			},
			(account, _) => account,
		};
		let who = Who { account, point: self.point };
		if let Some(period) = self.period {
			let format = self.format.unwrap_or(if global.json { Format::Json } else { Format::Table });
			let (timezone, tzdata, proof) = (self.timezone, self.tzdata, self.proof);
			let request = billing::Request { who, period, timezone, tzdata, proof };
			return bill(&request, format, self.out.as_deref(), global).await;
		}
		let view = open(global).await?;
		let payer = Payer::find(&view, &who).await?;
		let interval = view.settled_interval(self.interval).await?;
		let status = view.chain.status(view.at, interval).await?.ok_or_else(|| {
			Failure::failed(format!(
				"interval {interval} has not opened or is pruned; the one in delivery is {}",
				view.clock.current
			))
		})?;
		let settled = payer.settled(&view, interval, status.phase == Phase::Final).await?;
		let own = payer.lines(&view, interval, &settled).await?;
		let point = |(point, settled): (&PointId, &Settled)| PointReport {
			point: *point,
			version: settled.reading.map(|reading| reading.version),
			basis: settled.basis(),
		};
		let mut report = Report {
			interval,
			account: payer.account.to_string(),
			phase: status.phase,
			sum: own.iter().map(|line| line.line.amount).sum(),
			root: None,
			count: None,
			lines: Vec::new(),
			points: settled.iter().map(point).collect(),
		};
		if self.proof {
			let root = status.statement_root.ok_or_else(|| {
				Failure::failed(format!("interval {interval} is not settled yet ({:?}): it has no root", status.phase))
			})?;
			report.lines = prove(&view, interval, root, own).await?;
			(report.root, report.count) = (Some(root), report.lines.iter().find_map(|line| line.count));
		} else {
			report.lines = own.into_iter().map(|line| Proven { line, leaf: None, proof: None, count: None }).collect();
		}
		if global.json {
			return print_json(&report);
		}
		println!("Interval {interval} ({:?}, {}), account {}", report.phase, view.age(interval), report.account);
		println!("{}", drawn(report.lines.iter().map(|proven| (proven.line.index, proven.line.line))));
		println!("Sum: {} EUR", eur(report.sum));
		for point in &report.points {
			if let Some(words) = point.words(interval, payer.participant) {
				println!("{words}");
			}
		}
		if let (Some(root), Some(count)) = (report.root, report.count) {
			println!("Each of the {} lines is proven under the root {root:?} over {count} lines.", report.lines.len());
			for proven in &report.lines {
				println!("line {}: leaf {:?}", proven.line.index, proven.leaf.unwrap_or_default());
				for hash in proven.proof.iter().flatten() {
					println!("  {hash:?}");
				}
			}
		}
		Ok(())
	}
}

impl PointReport {
	/// What a reader must know of the point; `None` if its money is the participant's and rests on the reading that stands.
	fn words(&self, interval: Interval, participant: ParticipantId) -> Option<String> {
		let Self { point, version, basis } = self;
		if basis.payer != participant {
			return Some(format!(
				"Point {point}: retailer {} answers for it; its lines are the retailer's.",
				basis.payer
			));
		}
		let (newer, version) = (basis.newer?, version.unwrap_or_default());
		let (rests, fate) = (basis.rests_on(), newer.fate(interval));
		Some(format!("Point {point}: settled on {rests}, version {version} came later; {fate}."))
	}
}

/// Lines by their numbers, as a table.
fn drawn(lines: impl Iterator<Item = (u32, Line)>) -> String {
	let mut table = table(&["party", "cause", "line", "Wh", "nEUR/Wh", "EUR"], 2);
	for (index, line) in lines {
		table.add_row([
			format!("{:?}", line.party),
			format!("{:?}", line.cause),
			index.to_string(),
			line.wh.to_string(),
			line.price.to_string(),
			eur(line.amount),
		]);
	}
	table.to_string()
}

/// Checks receipts against the roots that the chain keeps.
async fn check(path: &Path, global: &Global) -> Result<()> {
	let text = std::fs::read_to_string(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
	let receipts = receipt::parse(&text).map_err(|failure| Failure::input(format!("{}: {failure}", path.display())))?;
	let view = open(global).await?;
	receipt::check(&view, &receipts).await?;
	if global.json {
		return print_json(&receipts);
	}
	println!("{}", drawn(receipts.iter().map(|receipt| (receipt.index, receipt.line))));
	for receipt in &receipts {
		println!(
			"Line {} of interval {} is proven under the root {:?}, which the chain keeps.",
			receipt.index, receipt.interval, receipt.root
		);
	}
	Ok(())
}

/// Reads a bill and writes it. One that lacks intervals is no error: it says so, and so does standard error.
async fn bill(request: &billing::Request, format: Format, out: Option<&Path>, global: &Global) -> Result<()> {
	let view = open(global).await?;
	let (bill, calendar) = billing::read(&view, request).await?;
	let draw = |header: &[&str], text: usize, rows: Vec<Vec<String>>| {
		let mut table = table(header, text);
		rows.into_iter().for_each(|row| {
			table.add_row(row);
		});
		table.to_string()
	};
	let form = match format {
		Format::Table => billing::Format::Table(draw),
		Format::Json => billing::Format::Json,
		Format::Csv => billing::Format::Csv,
		Format::Html => billing::Format::Html,
		Format::Espi => billing::Format::Espi,
	};
	let text = billing::written(&bill, &calendar, form)?;
	match out {
		Some(path) => {
			std::fs::write(path, text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?
		},
		None => {
			std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::failed(format!("stdout: {error}")))?
		},
	}
	// The table and the page say it themselves.
	if format != Format::Table || out.is_some() {
		bill.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
	}
	Ok(())
}
