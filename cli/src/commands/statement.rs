//! `busbar statement`: an account's lines of an interval, or the bill of a period, with proofs that lines stand under their
//! interval's statement root.

use super::{account, eur, print_json, signer, table, View};
use crate::{
	billing::{self, basis::Basis, calendar::Period, payer::Payer, Format, Who},
	failure::Failure,
	Global,
};
use anyhow::{Context, Result};
use busbar_merkle as merkle;
use busbar_primitives::{api::StatementLine, Amount, Interval, ParticipantId, Phase, PointId};
use busbar_runtime::AccountId;
use clap::Args;
use codec::Encode;
use serde::Serialize;
use sp_core::H256;
use std::path::PathBuf;

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
	/// Form of the bill [default: table, or json with --json]
	#[arg(long, requires = "period", value_enum)]
	format: Option<Format>,
	/// Write the bill to this file
	#[arg(long, requires = "period", value_name = "FILE")]
	out: Option<PathBuf>,
	/// Prove each line under the interval's statement root, and check the proof
	#[arg(long)]
	proof: bool,
}

/// A line with the hashes that lead from it to the root.
#[derive(Serialize)]
pub struct Proven {
	#[serde(flatten)]
	pub line: StatementLine,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub leaf: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub proof: Option<Vec<H256>>,
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

/// Bytes of a statement line's leaf.
pub fn leaf(interval: Interval, line: &StatementLine) -> H256 {
	merkle::leaf_hash(&(interval, line.index, line.line).encode())
}

impl Statement {
	pub async fn run(self, global: &Global) -> Result<()> {
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
			let request =
				billing::Request { who, period, timezone: self.timezone, format, proof: self.proof, out: self.out };
			return billing::run(request, global).await;
		}
		let view = View::open(global).await?;
		let payer = Payer::find(&view, &who).await?;
		let interval = view.settled_interval(self.interval).await?;
		let status = view.chain.status(view.at, interval).await?.ok_or_else(|| {
			Failure::failed(format!(
				"interval {interval} has not opened or is pruned; the one in delivery is {}",
				view.clock.current
			))
		})?;
		let settled = payer.settled(&view, interval, status.phase == Phase::Final).await?;
		let own = settled.iter().flat_map(|(point, settled)| settled.lines_of(&payer, *point));
		let mut own: Vec<_> = own.collect();
		own.sort_by_key(|line| line.index);
		let point = |(point, settled): (&PointId, &billing::payer::Settled)| PointReport {
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
			let all = view.chain.lines(view.at, interval).await?;
			(report.root, report.count) = (Some(root), Some(u32::try_from(all.len()).context("too many lines")?));
			report.lines = prove(interval, root, &all, own)?;
		} else {
			report.lines = own.into_iter().map(|line| Proven { line, leaf: None, proof: None }).collect();
		}
		if global.json {
			return print_json(&report);
		}
		println!("Interval {interval} ({:?}), account {}", report.phase, report.account);
		let mut table = table(&["party", "cause", "line", "Wh", "nEUR/Wh", "EUR"], 2);
		for proven in &report.lines {
			let line = proven.line.line;
			table.add_row([
				format!("{:?}", line.party),
				format!("{:?}", line.cause),
				proven.line.index.to_string(),
				line.wh.to_string(),
				line.price.to_string(),
				eur(line.amount),
			]);
		}
		println!("{table}");
		println!("Sum: {} EUR", eur(report.sum));
		for point in &report.points {
			if let Some(words) = point.words(interval, payer.participant) {
				println!("{words}");
			}
		}
		if let (Some(root), Some(count)) = (report.root, report.count) {
			println!("All {} lines are proven under the root {root:?} over {count} lines.", report.lines.len());
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

/// Proves lines under a root and checks the proofs.
///
/// # Errors
/// If the node does not show all lines, or a line does not stand under the root.
pub fn prove(interval: Interval, root: H256, all: &[StatementLine], own: Vec<StatementLine>) -> Result<Vec<Proven>> {
	let leaves: Vec<H256> = all.iter().map(|line| leaf(interval, line)).collect();
	let count = u32::try_from(leaves.len()).context("too many lines")?;
	own.into_iter()
		.map(|line| {
			let hash = leaf(interval, &line);
			let proof = merkle::proof(&leaves, line.index)
				.with_context(|| format!("the node does not show line {} of interval {interval}", line.index))?;
			if !merkle::verify(root, count, line.index, hash, &proof) {
				return Err(Failure::failed(format!(
					"line {} does not stand under the statement root of interval {interval}: the node's answer is wrong",
					line.index
				))
				.into());
			}
			Ok(Proven { line, leaf: Some(hash), proof: Some(proof) })
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::{Cause, Line, Party};

	fn lines() -> Vec<StatementLine> {
		(0..5)
			.map(|index| StatementLine {
				index,
				line: Line {
					version: 1,
					party: Party::Point(index),
					cause: Cause::Contract,
					wh: 10,
					price: 5,
					amount: -50,
				},
			})
			.collect()
	}

	#[test]
	fn a_line_is_proven_under_the_root_of_all_lines() {
		let all = lines();
		let root = merkle::root(&all.iter().map(|line| leaf(7, line)).collect::<Vec<_>>());
		let proven = prove(7, root, &all, vec![all[3].clone()]).unwrap();
		assert_eq!(proven.len(), 1);
	}

	#[test]
	fn a_line_that_was_changed_is_not_proven() {
		let all = lines();
		let root = merkle::root(&all.iter().map(|line| leaf(7, line)).collect::<Vec<_>>());
		let mut changed = all[3].clone();
		changed.line.amount = 50;
		assert!(prove(7, root, &all, vec![changed]).is_err());
		assert!(prove(8, root, &all, vec![all[3].clone()]).is_err());
	}
}
