//! A tree that grows leaf by leaf without keeping its leaves.

use crate::{bind, node_hash, CHUNK_DEPTH};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// The right edge of a growing tree: the tops of its complete subtrees, largest first, one for each bit that is set in
/// the number of leaves. At most 32 hashes, however many leaves were appended.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Frontier {
	count: u32,
	peaks: BoundedVec<H256, ConstU32<32>>,
}

/// What a leaf's arrival came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
	/// Its index.
	pub index: u32,
	/// The top of the chunk that it completed, if it did.
	pub chunk: Option<H256>,
}

/// The tree has 2^32 - 1 leaves and takes no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl fmt::Display for Full {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a Merkle tree takes at most 4294967295 leaves")
	}
}

impl core::error::Error for Full {}

impl Frontier {
	/// Appends a leaf, given by its hash. Takes at most 32 hashes, two on average.
	///
	/// # Errors
	/// [`Full`] if no further leaf fits; the tree is unchanged then.
	pub fn append(&mut self, leaf: H256) -> Result<Appended, Full> {
		let index = self.count;
		let count = index.checked_add(1).ok_or(Full)?;
		let (mut hash, mut chunk) = (leaf, None);
		// Each bit that the addition carries over is a pair of equal subtrees that becomes one.
		for depth in 1..=index.trailing_ones() {
			hash = node_hash(self.peaks.pop().ok_or(Full)?, hash);
			if depth == CHUNK_DEPTH {
				chunk = Some(hash);
			}
		}
		self.peaks.try_push(hash).map_err(|_| Full)?;
		self.count = count;
		Ok(Appended { index, chunk })
	}

	/// Root of the tree over all leaves so far: what [`crate::root()`] gives for them.
	pub fn root(&self) -> H256 {
		bind(self.count, self.top_of(self.peaks.len()).unwrap_or_default())
	}

	/// The top of the last chunk while it is not complete. `None` if every leaf is in a complete one.
	pub fn open_chunk(&self) -> Option<H256> {
		let open = self.count % (1 << CHUNK_DEPTH);
		self.top_of(usize::try_from(open.count_ones()).unwrap_or(0))
	}

	/// The top over the subtrees of the last so many peaks.
	fn top_of(&self, peaks: usize) -> Option<H256> {
		self.peaks.iter().rev().take(peaks).copied().reduce(|right, left| node_hash(left, right))
	}

	/// Number of leaves so far.
	pub fn count(&self) -> u32 {
		self.count
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::leaf_hash;

	#[test]
	fn a_full_tree_takes_no_leaf_and_stays_as_it_is() {
		let peaks: alloc::vec::Vec<_> = (0u8..31).map(|i| leaf_hash(&[i])).collect();
		// 2^32 - 2 leaves: all bits but the lowest are set.
		let mut frontier = Frontier { count: u32::MAX - 1, peaks: peaks.try_into().unwrap() };
		assert_eq!(frontier.append(leaf_hash(b"last")), Ok(Appended { index: u32::MAX - 1, chunk: None }));
		assert_eq!(frontier.peaks.len(), 32);
		let full = frontier.clone();
		assert_eq!(frontier.append(leaf_hash(b"one too many")), Err(Full));
		assert_eq!(frontier, full);
		assert!(full.encoded_size() <= Frontier::max_encoded_len());
	}
}
