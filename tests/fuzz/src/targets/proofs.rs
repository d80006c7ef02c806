//! What proves readings and statement lines to who trusts nobody: the store's JSON, the node's SCALE.
//!
//! Holds: nothing is proven but what stands under the root.

use super::{dataset, Target};
use busbar_client::proofs::{proves, LineProof, StatementProof};
use busbar_merkle::{verify, Tree};
use busbar_primitives::{Cause, Line, Party};
use busbar_store::{
	answers::{Page, Proof, Proofs},
	dataset::Row,
};
use codec::{Decode, Encode};
use sp_core::H256;
use std::sync::OnceLock;

pub const TARGET: Target = Target {
	name: "proofs",
	run,
	seeds,
	words: &[
		b"\"path\":[",
		b"\"index\":",
		b"\"salt\":\"",
		b"\"signed\":{",
		b"\"reading\":{",
		b"null",
		b"\"0x",
		b"],",
		b"{\"dataset\":",
	],
	longest: 1 << 14,
};

const INTERVAL: u32 = 9;
const ROWS: u32 = 20;

/// What there is to prove: lines and readings.
struct World {
	lines: Vec<Line>,
	line_tree: Tree,
	rows: Vec<Row>,
	row_tree: Tree,
}

fn world() -> &'static World {
	static WORLD: OnceLock<World> = OnceLock::new();
	WORLD.get_or_init(|| {
		let line = |amount: u32| Line {
			version: 1,
			party: Party::Point(amount),
			cause: Cause::Contract,
			wh: 5,
			price: 7,
			amount: i128::from(amount),
		};
		let lines: Vec<_> = (0..ROWS).map(line).collect();
		let leaves = (0u32..).zip(&lines).map(|(index, line)| line.leaf(INTERVAL, index)).collect();
		let dataset = dataset::dataset(ROWS);
		World { lines, line_tree: Tree::new(leaves), row_tree: dataset.tree(), rows: dataset.rows }
	})
}

fn seeds() -> Vec<Vec<u8>> {
	let World { lines, line_tree, rows, row_tree } = world();
	let mut seeds = Vec::new();
	for index in [0u32, 7, 19] {
		let at = index as usize;
		let path = line_tree.proof(index).expect("there is such a line; qed");
		let line = LineProof { interval: INTERVAL, index, line: lines[at], path, count: ROWS, root: line_tree.root() };
		seeds.push([&[0][..], &line.encode()].concat());
		let row = &rows[at];
		let path = row_tree.proof(index).expect("there is such a row; qed");
		let proof = Proof { signed: row.signed, salt: hex::encode(row.salt), index, path };
		let dataset = busbar_store::meta::Summary {
			operator: busbar_primitives::ParticipantId([7; 16]),
			interval: INTERVAL,
			version: 1,
			count: ROWS,
			root: row_tree.root(),
		};
		let json = serde_json::to_vec(&Proofs { dataset, proofs: vec![proof] }).expect("it is JSON; qed");
		seeds.push([&[1][..], &json].concat());
	}
	seeds.push([&[1][..], br#"{"datasets":[],"next":"9-00-1-00"}"#].concat());
	seeds
}

fn line(bytes: &[u8]) -> bool {
	let World { lines, line_tree, .. } = world();
	let _ = StatementProof::decode(&mut &bytes[..]);
	let Ok(proof) = LineProof::decode(&mut &bytes[..]) else { return false };
	let is_proven = proves(&proof, INTERVAL, line_tree.root());
	if is_proven {
		let is_so = lines.get(proof.index as usize) == Some(&proof.line) && proof.count == ROWS;
		assert!(is_so, "proven, and it does not stand there: {proof:?}");
	}
	is_proven
}

fn reading(bytes: &[u8]) -> bool {
	let World { rows, row_tree, .. } = world();
	if serde_json::from_slice::<Page>(bytes).is_ok() {
		return true;
	}
	let Ok(answer) = serde_json::from_slice::<Proofs>(bytes) else { return false };
	let mut is_proven = false;
	for Proof { signed, salt, index, path } in answer.proofs {
		let mut secret = [0; 16];
		if hex::decode_to_slice(&salt, &mut secret).is_err() {
			continue;
		}
		let leaf: H256 = signed.leaf(&secret);
		if verify(row_tree.root(), ROWS, index, leaf, &path) {
			let is_so = rows.get(index as usize).is_some_and(|row| row.signed == signed && row.salt == secret);
			assert!(is_so, "proven, and it does not stand there: {signed:?}");
			is_proven = true;
		}
	}
	is_proven
}

fn run(input: &[u8]) -> bool {
	match input.split_first() {
		Some((0, rest)) => line(rest),
		Some((_, rest)) => reading(rest),
		None => false,
	}
}
