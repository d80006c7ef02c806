//! `busbar statement`: an account's lines of an interval, or the bill of a period, with proofs that lines stand under their
//! interval's statement root.

use super::{account, eur, print_json, signer, table, View};
use crate::{
	billing::{self, basis::Basis, calendar::Period, payer::Payer, Format, Who},
	failure::Failure,
	Global,
};
use anyhow::Result;
use busbar_client::AccountId;
use busbar_primitives::{api::StatementLine, Amount, Interval, ParticipantId, Phase, PointId, StatementProof};
use clap::Args;
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
	/// Number of all lines of the interval.
	#[serde(skip)]
	pub count: Option<u32>,
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
			report.lines = prove(&view, interval, root, own).await?;
			(report.root, report.count) = (Some(root), report.lines.iter().find_map(|line| line.count));
		} else {
			report.lines = own.into_iter().map(|line| Proven { line, leaf: None, proof: None, count: None }).collect();
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

/// Asks for the proofs of lines under a root, and checks them.
///
/// # Errors
/// If a line is pruned, or does not stand under the root.
pub async fn prove(view: &View, interval: Interval, root: H256, own: Vec<StatementLine>) -> Result<Vec<Proven>> {
	let mut proven = Vec::with_capacity(own.len());
	for line in own {
		let answer = view.chain.statement_proof(view.at, interval, line.index).await?;
		proven.push(checked(interval, root, line, answer)?);
	}
	Ok(proven)
}

/// The line, if what the node says of it proves it.
fn checked(interval: Interval, root: H256, line: StatementLine, answer: StatementProof) -> Result<Proven, Failure> {
	let index = line.index;
	match answer {
		StatementProof::Proven(proof)
			if proof.holds() && (proof.interval, proof.root) == (interval, root) && proof.line == line.line =>
		{
			let leaf = line.line.leaf(interval, index);
			Ok(Proven { line, leaf: Some(leaf), proof: Some(proof.path), count: Some(proof.count) })
		},
		StatementProof::Pruned => Err(Failure::failed(format!(
			"line {index} of interval {interval} is pruned: only a proof that was kept proves it now"
		))),
		_ => Err(Failure::failed(format!(
			"line {index} does not stand under the statement root of interval {interval}: the node's answer is wrong"
		))),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::{Cause, Line, LineProof, Party};

	fn lines() -> Vec<StatementLine> {
		let line = |index| {
			let party = Party::Point(index);
			Line { version: 1, party, cause: Cause::Contract, wh: 10, price: 5, amount: -50 }
		};
		(0..5).map(|index| StatementLine { index, line: line(index) }).collect()
	}

	/// What an honest node answers for a line of interval 7.
	fn answer(index: u32) -> (H256, StatementProof) {
		let all = lines();
		let leaves: Vec<_> = all.iter().map(|line| line.line.leaf(7, line.index)).collect();
		let (root, path) = (busbar_merkle::root(&leaves), busbar_merkle::proof(&leaves, index).unwrap());
		let line = all[index as usize].line;
		(root, StatementProof::Proven(LineProof { interval: 7, index, line, path, count: 5, root }))
	}

	#[test]
	fn a_line_is_proven_under_the_root_of_all_lines() {
		let (root, answer) = answer(3);
		let proven = checked(7, root, lines()[3].clone(), answer).unwrap();
		assert_eq!((proven.count, proven.proof.map(|path| path.len())), (Some(5), Some(3)));
	}

	#[test]
	fn a_line_that_was_changed_or_is_of_another_interval_or_root_is_not_proven() {
		let (root, answer) = answer(3);
		let mut changed = lines()[3].clone();
		changed.line.amount = 50;
		assert!(checked(7, root, changed, answer.clone()).is_err());
		assert!(checked(8, root, lines()[3].clone(), answer.clone()).is_err());
		assert!(checked(7, H256::zero(), lines()[3].clone(), answer).is_err());
	}

	#[test]
	fn a_pruned_line_is_said_to_be_pruned() {
		let error = checked(7, H256::zero(), lines()[3].clone(), StatementProof::Pruned).err().unwrap();
		assert!(error.to_string().contains("is pruned"), "{error}");
	}
}
