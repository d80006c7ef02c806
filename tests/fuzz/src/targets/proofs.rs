//! What proves readings and statement lines to who trusts nobody: the store's JSON, the node's SCALE, and receipts as their owners
//! keep them.
//!
//! Holds: nothing is proven but what stands under the root.

use super::{dataset, Target};
use busbar_client::proofs::{proves, LineProof, StatementProof};
use busbar_merkle::{verify, Tree};
use busbar_operations::receipt::parse;
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
		b"\"proof\":[",
		b"\"proven\":{",
		b"\"lines\":[",
		b"\"cause\":\"contract\"",
		b"\"party\":{\"point\":",
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
	let receipt = |index: u32| {
		let path = line_tree.proof(index).expect("there is such a line; qed");
		LineProof { interval: INTERVAL, index, line: lines[index as usize], path, count: ROWS, root: line_tree.root() }
	};
	let kept: Vec<_> = [3u32, 4].into_iter().map(receipt).collect();
	let answer = StatementProof::Proven(kept[0].clone());
	let statement = serde_json::json!({
		"interval": INTERVAL, "root": line_tree.root(), "count": ROWS,
		"lines": kept.iter().map(|kept| serde_json::json!({ "index": kept.index, "line": kept.line, "proof": kept.path }))
			.collect::<Vec<_>>(),
	});
	for json in [serde_json::to_vec(&kept[0]), serde_json::to_vec(&answer), serde_json::to_vec(&statement)] {
		seeds.push([&[2][..], &json.expect("it is JSON; qed")].concat());
	}
	seeds
}

/// Whether a line is proven; then it stands there.
fn line_stands(proof: &LineProof) -> bool {
	let World { lines, line_tree, .. } = world();
	let is_proven = proves(proof, INTERVAL, line_tree.root());
	if is_proven {
		let is_so = lines.get(proof.index as usize) == Some(&proof.line) && proof.count == ROWS;
		assert!(is_so, "proven, and it does not stand there: {proof:?}");
	}
	is_proven
}

fn line(bytes: &[u8]) -> bool {
	let _ = StatementProof::decode(&mut &bytes[..]);
	LineProof::decode(&mut &bytes[..]).is_ok_and(|proof| line_stands(&proof))
}

fn receipt(bytes: &[u8]) -> bool {
	let kept = parse(&String::from_utf8_lossy(bytes)).unwrap_or_default();
	// Each is checked, also behind one that proves nothing.
	let standing = kept.iter().filter(|proof| line_stands(proof)).count();
	!kept.is_empty() && standing == kept.len()
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
		Some((2, rest)) => receipt(rest),
		Some((_, rest)) => reading(rest),
		None => false,
	}
}
