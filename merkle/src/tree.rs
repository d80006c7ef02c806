//! A tree that keeps all its nodes, for many proofs.

use crate::{bind, node_hash};
use alloc::{vec, vec::Vec};
use sp_core::H256;

/// All nodes of the tree over some leaves, row by row: 64 bytes for each leaf. Building it takes one hash per leaf; a
/// proof then takes none, where [`crate::proof`] hashes all leaves for each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
	rows: Vec<Vec<H256>>,
}

impl Tree {
	/// The tree over these leaf hashes, in their order; at most 2^32 - 1 of them.
	pub fn new(leaves: Vec<H256>) -> Self {
		let mut rows = vec![leaves];
		while let Some(row) = rows.last().filter(|row| row.len() > 1) {
			// A hash without a right neighbour moves up unchanged.
			let next = row.chunks(2).map(|pair| match pair {
				[left, right] => node_hash(*left, *right),
				_ => pair.first().copied().unwrap_or_default(),
			});
			rows.push(next.collect());
		}
		Self { rows }
	}

	/// The leaf hashes.
	pub fn leaves(&self) -> &[H256] {
		self.rows.first().map_or(&[], |row| row)
	}

	/// What [`crate::root()`] gives for the same leaves.
	pub fn root(&self) -> H256 {
		let top = self.rows.last().and_then(|row| row.first()).copied().unwrap_or_default();
		bind(u32::try_from(self.leaves().len()).unwrap_or(u32::MAX), top)
	}

	/// What [`crate::proof`] gives for the same leaves. `None` if there is no such leaf.
	pub fn proof(&self, index: u32) -> Option<Vec<H256>> {
		let mut index = usize::try_from(index).ok().filter(|index| *index < self.leaves().len())?;
		let mut path = Vec::new();
		for row in &self.rows {
			path.extend(row.get(index ^ 1).filter(|_| row.len() > 1));
			index /= 2;
		}
		Some(path)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::leaf_hash;

	#[test]
	fn roots_and_proofs_are_those_of_the_plain_functions() {
		for count in 0u32..70 {
			let leaves: Vec<_> = (0..count).map(|i| leaf_hash(&i.to_le_bytes())).collect();
			let tree = Tree::new(leaves.clone());
			assert_eq!(tree.root(), crate::root(&leaves));
			for index in 0..count + 1 {
				assert_eq!(tree.proof(index), crate::proof(&leaves, index), "leaf {index} of {count}");
			}
		}
	}
}
