//! Receipts: statement lines that their owner kept together with their proofs, checked against the root that the chain keeps
//! for ever.

use crate::{view::View, Failure};
use anyhow::Result;
use busbar_client::{pallet_settlement::StatementRoot, proofs::proves};
use busbar_primitives::{api::StatementLine, Interval, LineProof};
use serde::Deserialize;
use sp_core::H256;

/// The forms in which receipts are kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
	/// What `energy_statementProof` answers.
	Answer { proven: LineProof },
	/// What is in it.
	Proof(LineProof),
	/// What `busbar statement --proof --json` prints.
	Statement { interval: Interval, root: H256, count: u32, lines: Vec<KeptLine> },
}

#[derive(Deserialize)]
struct KeptLine {
	#[serde(flatten)]
	line: StatementLine,
	proof: Vec<H256>,
}

/// Reads receipts.
///
/// # Errors
/// If the text is nothing that is kept as a receipt, or has no line.
pub fn parse(text: &str) -> Result<Vec<LineProof>, Failure> {
	let nothing = || {
		Failure::input(
			"no receipt: keep what `busbar statement --proof --json` prints, or what energy_statementProof answers",
		)
	};
	let receipts = match serde_json::from_str(text).map_err(|_| nothing())? {
		Kept::Answer { proven } | Kept::Proof(proven) => vec![proven],
		Kept::Statement { interval, root, count, lines } => {
			let proof = |KeptLine { line: StatementLine { index, line }, proof: path }| LineProof {
				interval,
				index,
				line,
				path,
				count,
				root,
			};
			lines.into_iter().map(proof).collect()
		},
	};
	if receipts.is_empty() {
		return Err(nothing());
	}
	Ok(receipts)
}

/// Checks receipts against the roots that the chain keeps. Of the chain nothing else is read, so that receipts of pruned
/// intervals are checked alike.
///
/// # Errors
/// The first receipt that proves nothing, with what is wrong with it; if the node fails.
pub async fn check(view: &View, receipts: &[LineProof]) -> Result<()> {
	for receipt in receipts {
		let root = view.chain.statement_root(view.at, receipt.interval).await?;
		stands(receipt, root.as_ref())?;
	}
	Ok(())
}

/// Whether a receipt proves its line under the root that the chain keeps of its interval.
fn stands(receipt: &LineProof, kept: Option<&StatementRoot>) -> Result<(), Failure> {
	let LineProof { interval, index, count, root, .. } = receipt;
	let Some(kept) = kept else {
		return Err(Failure::failed(format!(
			"the chain has no statement root of interval {interval}: it is not settled, or the receipt is another chain's"
		)));
	};
	if !receipt.holds() {
		return Err(Failure::failed(format!(
			"line {index} of interval {interval} is not proven: the line or its proof is not what was proven once"
		)));
	}
	if !proves(receipt, *interval, kept.root) || *count != kept.count {
		return Err(Failure::failed(format!(
			"line {index} of interval {interval} is proven under the root {root:?} of {count} lines, but the interval's root \
			 is {:?} of {} lines: either it was corrected later, and a proof made since proves the line, or this is not \
			 its receipt",
			kept.root, kept.count
		)));
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::{Cause, Line, Party, StatementProof};
	use serde_json::json;

	fn line(point: u32) -> Line {
		Line { version: 1, party: Party::Point(point), cause: Cause::Contract, wh: 10, price: 5, amount: -50 }
	}

	/// Receipts of an interval's five lines, and its root.
	fn receipts() -> (Vec<LineProof>, StatementRoot) {
		let leaves: Vec<_> = (0..5).map(|index| line(index).leaf(7, index)).collect();
		let root = busbar_merkle::root(&leaves);
		let receipt = |index| {
			let path = busbar_merkle::proof(&leaves, index).unwrap();
			LineProof { interval: 7, index, line: line(index), path, count: 5, root }
		};
		((0..5).map(receipt).collect(), StatementRoot { root, count: 5 })
	}

	#[test]
	fn a_receipt_is_read_in_every_form_in_which_it_is_kept() {
		let (receipts, root) = receipts();
		let receipt = &receipts[3];
		let answer = serde_json::to_string(&StatementProof::Proven(receipt.clone())).unwrap();
		let lines = receipts.iter().map(
			|kept| json!({ "index": kept.index, "line": kept.line, "leaf": kept.line.leaf(7, kept.index), "proof": kept.path }),
		);
		let lines: Vec<_> = lines.collect();
		let statement = json!({
			"interval": 7, "account": "5", "phase": "final", "sum": -250, "root": root.root, "count": 5, "lines": lines,
			"points": [],
		});
		assert_eq!(parse(&answer).unwrap(), std::slice::from_ref(receipt));
		assert_eq!(parse(&serde_json::to_string(receipt).unwrap()).unwrap(), std::slice::from_ref(receipt));
		assert_eq!(parse(&statement.to_string()).unwrap(), receipts);
	}

	#[test]
	fn what_has_no_proof_is_no_receipt() {
		let unproven = json!({ "interval": 7, "sum": 0, "lines": [{ "index": 0, "line": line(0) }] }).to_string();
		let empty = json!({ "interval": 7, "root": H256::zero(), "count": 5, "lines": [] }).to_string();
		for text in ["", "{}", "\"pruned\"", &unproven, &empty] {
			let refusal = parse(text).unwrap_err();
			assert!(refusal.to_string().starts_with("no receipt"), "{text}");
			assert_eq!(refusal.exit_code(), 2);
		}
	}

	#[test]
	fn a_receipt_stands_under_the_kept_root_alone() {
		let (receipts, root) = receipts();
		for receipt in receipts {
			stands(&receipt, Some(&root)).unwrap();
		}
	}

	#[test]
	fn a_receipt_that_was_changed_or_is_under_another_root_does_not_stand() {
		let (receipts, root) = receipts();
		let says = |receipt: &LineProof, root: Option<&StatementRoot>, what: &str| {
			let refusal = stands(receipt, root).unwrap_err().to_string();
			assert!(refusal.contains(what), "{refusal}");
		};
		let changed = LineProof { line: Line { amount: 50, ..line(3) }, ..receipts[3].clone() };
		says(&changed, Some(&root), "is not proven");
		says(&LineProof { interval: 8, ..receipts[3].clone() }, Some(&root), "is not proven");
		// A forger's own tree, whose root nobody keeps.
		let own = busbar_merkle::root(&[changed.line.leaf(7, 0)]);
		let forged = LineProof { index: 0, path: Vec::new(), count: 1, root: own, ..changed };
		says(&forged, Some(&root), "not its receipt");
		let corrected = StatementRoot { root: H256::repeat_byte(1), count: 7 };
		says(&receipts[3], Some(&corrected), "was corrected later");
		says(&receipts[3], None, "no statement root");
	}
}
