//! Statement lines under their interval's statement root: 32 bytes on the chain, read by a light client or years later,
//! prove a line that its owner kept.
//!
//! [`crate::Chain::statement_proof`] asks a node for a proof, [`crate::Chain::statement_root`] reads the root.

use busbar_primitives::Interval;
use sp_core::H256;

pub use busbar_primitives::{LineProof, StatementProof};

/// Whether a proof shows that its line is one of this interval, whose root was read from the chain. The root that stands in
/// the proof itself is its maker's word only.
pub fn proves(proof: &LineProof, interval: Interval, root: H256) -> bool {
	proof.interval == interval && proof.root == root && proof.holds()
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::{Cause, Line, Party};
	use proptest::prelude::*;

	fn line(amount: i64) -> Line {
		let party = Party::Point(3);
		Line { version: 1, party, cause: Cause::Contract, wh: 5, price: 7, amount: amount.into() }
	}

	proptest! {
		#[test]
		fn every_line_is_proven_under_its_root_and_no_other(
			amounts in prop::collection::vec(any::<i64>(), 1..40),
			other: i64,
		) {
			let leaves: Vec<H256> = (0u32..).zip(&amounts).map(|(index, amount)| line(*amount).leaf(9, index)).collect();
			let (root, count) = (busbar_merkle::root(&leaves), leaves.len() as u32);
			for (index, amount) in (0u32..).zip(&amounts) {
				let path = busbar_merkle::proof(&leaves, index).unwrap();
				let proof = LineProof { interval: 9, index, line: line(*amount), path, count, root };
				prop_assert!(proves(&proof, 9, root));
				prop_assert!(!proves(&proof, 8, root));
				prop_assert!(!proves(&proof, 9, H256::repeat_byte(1)));
				let longer = LineProof { count: count + 1, ..proof.clone() };
				prop_assert!(!proves(&longer, 9, root));
				if other != *amount {
					// A root of the forger's own does not help either.
					let forged = LineProof { line: line(other), ..proof };
					let own = busbar_merkle::root(&[forged.line.leaf(9, 0)]);
					prop_assert!(!proves(&forged, 9, root));
					let alone = LineProof { index: 0, path: Vec::new(), count: 1, root: own, ..forged };
					prop_assert!(!proves(&alone, 9, root));
				}
			}
		}
	}
}
