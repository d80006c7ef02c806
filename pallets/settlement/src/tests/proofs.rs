use super::*;
use crate::{mock::*, Chunks, Keepers, Statements};
use busbar_merkle::CHUNK;
use busbar_primitives::{traits::Prune, LineProof, PointKind, StatementProof};
use frame_support::assert_ok;
use std::collections::BTreeSet;

/// Interval 0, settled, with so many connection points that take 10 Wh each without an order, a line for each.
fn settled(points: u32) {
	world(|w| {
		w.points = (0..points).map(|_| point(HOME, 1, PointKind::Metered)).collect();
		w.results.insert((0, 1), result(Some(230_000), 0, 10_000, 0, 0));
		w.outcomes.insert(0, outcome(points, 0, 0));
		w.readings = (0..points).map(|id| ((id, 0), metered(10))).collect();
		w.now = DELIVERY_END;
	});
	// The last point comes first.
	let all: Vec<_> = (0..points).rev().collect();
	for batch in all.chunks(16) {
		assert_ok!(debit(0, batch));
	}
	for batch in all.chunks(16) {
		assert_ok!(credit(0, batch));
	}
}

fn proven(index: u32) -> LineProof {
	match Settlement::statement_proof(0, index) {
		StatementProof::Proven(proof) => proof,
		other => panic!("line {index}: {other:?}"),
	}
}

/// That every line is proven as all lines together prove it.
fn assert_all_proven() {
	let (root, lines) = (Settlement::root(0).unwrap(), Settlement::lines(0, 0, u32::MAX));
	let leaves: Vec<_> = lines.iter().map(|line| line.line.leaf(0, line.index)).collect();
	let tree = busbar_merkle::Tree::new(leaves);
	for line in lines {
		let proof = proven(line.index);
		assert_eq!((proof.line, proof.root, proof.count), (line.line, root.root, root.count));
		assert_eq!(Some(&proof.path), tree.proof(line.index).as_ref(), "line {} of {}", line.index, root.count);
		assert!(proof.holds());
	}
	assert_eq!(Settlement::statement_proof(0, root.count), StatementProof::Unknown);
}

#[test]
fn every_line_is_proven_from_its_chunk_at_every_edge_of_a_chunk() {
	// Fees and the balance-responsible party's residual are two lines more.
	for (points, lines, complete) in [(1, 3, 0), (253, 255, 0), (254, 256, 1), (255, 257, 1), (511, 513, 2)] {
		run(|| {
			settled(points);
			assert_eq!(Settlement::root(0).unwrap().count, lines);
			assert_eq!(Chunks::<Test>::iter_prefix(0).count(), complete);
			assert_all_proven();
		});
	}
}

#[test]
fn a_proof_needs_no_line_of_another_chunk() {
	run(|| {
		settled(600);
		let proof = proven(300);
		frame_support::storage::with_transaction(|| {
			let keepers: BTreeSet<_> = Keepers::<Test>::get(0, 300 / CHUNK).into_iter().flatten().collect();
			assert!(keepers.len() <= CHUNK as usize);
			for point in (0..600).filter(|point| !keepers.contains(point)) {
				Statements::<Test>::remove(0, point);
			}
			assert_eq!(proven(300), proof);
			assert_eq!(Settlement::statement_proof(0, 10), StatementProof::Pruned);
			sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(()))
		})
		.unwrap();
	});
}

#[test]
fn lines_of_corrections_are_proven_and_older_receipts_hold_under_their_root() {
	run(|| {
		settled(300);
		let before = proven(7);
		for point in [0, 299, 150] {
			revise(point, 0, 20);
		}
		assert_ok!(correct(0, &[0, 299]));
		assert_ok!(correct(0, &[150]));
		assert_all_proven();
		let after = proven(7);
		assert_eq!((before.line, before.index), (after.line, after.index));
		assert!(before.holds() && before.root != after.root && before.count < after.count);
	});
}

#[test]
fn what_is_not_settled_or_unknown_has_no_proof() {
	run(|| {
		trade();
		assert_eq!(Settlement::statement_proof(0, 0), StatementProof::NotSettled);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(Settlement::statement_proof(0, 0), StatementProof::NotSettled);
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!(proven(7).count, 8);
		assert_eq!(Settlement::statement_proof(0, 8), StatementProof::Unknown);
		// Intervals up to 7 are open.
		assert_eq!(Settlement::statement_proof(7, 0), StatementProof::NotSettled);
		assert_eq!(Settlement::statement_proof(8, 0), StatementProof::Unknown);
	});
}

#[test]
fn a_receipt_outlives_what_is_pruned() {
	run(|| {
		settled(300);
		let receipts = [proven(3), proven(299), proven(301)];
		world(|w| w.now = FINAL);
		assert_eq!(Settlement::prune(0, 1), 1);
		world(|w| w.terms.clear());
		while Settlement::prune(0, 50) > 0 {}
		assert_eq!((Keepers::<Test>::iter().count(), Chunks::<Test>::iter().count()), (0, 0));
		for receipt in receipts {
			assert_eq!(Settlement::statement_proof(0, receipt.index), StatementProof::Pruned);
			assert!(receipt.holds() && Settlement::root(0).unwrap().root == receipt.root);
			let mut forged = receipt.clone();
			forged.line.amount += 1;
			assert!(!forged.holds());
			assert!(!LineProof { interval: 1, ..receipt }.holds(), "it is of its interval only");
		}
		assert_eq!(Settlement::statement_proof(0, 302), StatementProof::Unknown);
	});
}
