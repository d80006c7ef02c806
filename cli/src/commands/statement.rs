//! `busbar statement`: an account's lines of an interval, and proofs that they stand under its statement root.

use super::{account, eur, print_json, signer, table, View};
use crate::{failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_merkle as merkle;
use busbar_primitives::{api::StatementLine, Amount, Interval};
use busbar_runtime::AccountId;
use clap::Args;
use codec::Encode;
use serde::Serialize;
use sp_core::H256;

/// Show an account's statement of an interval, with proofs on request
#[derive(Args)]
pub struct Statement {
	/// Account address [default: the one of --suri]
	#[arg(long, value_parser = account)]
	account: Option<AccountId>,
	/// Interval [default: the newest that was settled]
	#[arg(long)]
	interval: Option<Interval>,
	/// Prove each line under the interval's statement root, and check the proof
	#[arg(long)]
	proof: bool,
}

/// A line with the hashes that lead from it to the root.
#[derive(Serialize)]
struct Proven {
	#[serde(flatten)]
	line: StatementLine,
	#[serde(skip_serializing_if = "Option::is_none")]
	leaf: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	proof: Option<Vec<H256>>,
}

#[derive(Serialize)]
struct Report {
	interval: Interval,
	account: String,
	phase: busbar_primitives::Phase,
	sum: Amount,
	/// Root and number of all lines of the interval, if a proof was asked for.
	#[serde(skip_serializing_if = "Option::is_none")]
	root: Option<H256>,
	#[serde(skip_serializing_if = "Option::is_none")]
	count: Option<u32>,
	lines: Vec<Proven>,
}

/// Bytes of a statement line's leaf.
pub fn leaf(interval: Interval, line: &StatementLine) -> H256 {
	merkle::leaf_hash(&(interval, line.index, line.line).encode())
}

impl Statement {
	pub async fn run(self, global: &Global) -> Result<()> {
		let account = match self.account {
			Some(account) => account,
			None => signer(global)
				.map_err(|_| Failure::input("say whose statement: --account ADDRESS or --suri SECRET"))?
				.account()
				.clone(),
		};
		let view = View::open(global).await?;
		let interval = view.settled_interval(self.interval).await?;
		let status = view.chain.status(view.at, interval).await?.ok_or_else(|| {
			Failure::failed(format!(
				"interval {interval} has not opened or is pruned; the one in delivery is {}",
				view.clock.current
			))
		})?;
		let own = view.chain.statement(view.at, &account, interval).await?;
		let mut report = Report {
			interval,
			account: account.to_string(),
			phase: status.phase,
			sum: own.iter().map(|line| line.line.amount).sum(),
			root: None,
			count: None,
			lines: Vec::new(),
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

/// Proves lines under a root and checks the proofs.
fn prove(interval: Interval, root: H256, all: &[StatementLine], own: Vec<StatementLine>) -> Result<Vec<Proven>> {
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
