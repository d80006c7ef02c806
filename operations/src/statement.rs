//! Statement lines, and the proof that they stand under their interval's root.

use crate::{view::View, Failure};
use anyhow::Result;
use busbar_primitives::{api::StatementLine, Interval, StatementProof};
use serde::Serialize;
use sp_core::H256;

/// A line with the hashes that lead from it to the root.
#[derive(Serialize)]
pub struct Proven {
	/// The line.
	#[serde(flatten)]
	pub line: StatementLine,
	/// Hash of its leaf, if a proof was asked for.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub leaf: Option<H256>,
	/// Hashes beside the way from the leaf to the root, from the leaf upwards.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub proof: Option<Vec<H256>>,
	/// Number of all lines of the interval.
	#[serde(skip)]
	pub count: Option<u32>,
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
