use super::*;
use crate::{mock::*, Chunks, Intervals, Keepers, Nets, Stage, Statements};
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

#[test]
fn a_page_of_lines_reads_the_chunks_in_which_it_lies_and_no_others() {
	run(|| {
		settled(511);
		let all = Settlement::lines(0, 0, u32::MAX);
		assert_eq!(all.len(), 513);
		assert_eq!(Settlement::lines(0, 250, 12), all[250..262]);
		assert_eq!(Settlement::lines(0, 512, 9), all[512..]);
		assert_eq!(Settlement::lines(0, 513, 9), []);
		// Who keeps the lines of another chunk is not asked for.
		let second = Keepers::<Test>::take(0, 1);
		assert_eq!(Settlement::lines(0, 0, 256), all[..256]);
		assert_eq!(Settlement::lines(0, 256, 256), []);
		assert_eq!(Settlement::lines(0, 512, 9), all[512..]);
		Keepers::<Test>::insert(0, 1, second);
	});
}

#[test]
fn what_must_still_be_drawn_is_looked_for_at_a_page_of_points() {
	run(|| {
		settled(5);
		Intervals::<Test>::mutate(0, |progress| progress.as_mut().unwrap().stage = Stage::Draws);
		let change = |drawn: bool| {
			for point in 0..5 {
				Statements::<Test>::mutate(0, point, |statement| {
					let statement = statement.as_mut().unwrap();
					(statement.amount, statement.drawn) = (-1, drawn || ![0, 3].contains(&point));
				});
			}
		};
		let before: Vec<_> = (0..5).map(|point| Statements::<Test>::get(0, point)).collect();
		let payer = before[0].clone().unwrap().payer;
		let net = Nets::<Test>::try_get(0, payer).ok();
		Nets::<Test>::mutate(0, payer, |net| net.owed = net.earned + net.taken + 1);
		change(false);
		assert_eq!(Settlement::to_draw(0, 0, u32::MAX), [0, 3]);
		assert_eq!(Settlement::to_draw(0, 0, 3), [0]);
		assert!(Settlement::to_draw(0, 1, 2).is_empty());
		assert_eq!(Settlement::to_draw(0, 3, 1), [3]);
		assert!(Settlement::to_draw(0, u32::MAX, u32::MAX).is_empty());
		change(true);
		assert!(Settlement::to_draw(0, 0, u32::MAX).is_empty());
		match net {
			Some(net) => Nets::<Test>::insert(0, payer, net),
			None => Nets::<Test>::remove(0, payer),
		}
		(0..5).zip(before).for_each(|(point, statement)| Statements::<Test>::set(0, point, statement));
		Intervals::<Test>::mutate(0, |progress| progress.as_mut().unwrap().stage = Stage::Settled);
	});
}
