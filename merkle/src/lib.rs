//! Merkle trees over 1 to 2^32 - 1 leaves, and the empty one.
//!
//! The tree has the shape of RFC 6962 (a subtree of `n` leaves splits at the largest power of two below `n`) and hashes
//! with blake2-256. Three prefixes keep leaves, nodes and roots apart, so that none can be passed off as another:
//!
//! ```text
//! leaf = H(0x00 || bytes)
//! node = H(0x01 || left || right)
//! root = H(0x02 || number of leaves, u32 little-endian || top)
//! ```
//!
//! The top of the empty tree is 32 zero bytes. Because the root binds the number of leaves, a proof shows not only that
//! a leaf is in the tree but also where, and in how large a tree.
//!
//! [`root()`] and [`proof`] want all leaf hashes; [`Frontier`] takes them one at a time and stores at most 32 hashes;
//! [`Tree`] keeps every node for whoever needs many proofs. Every [`CHUNK`] leaves in a row, from a multiple of it on, are a
//! subtree of every tree that goes on behind them: [`proof_from_chunks`] proves a leaf from the leaves of its chunk and one
//! hash for each chunk.
//!
//! ```
//! use busbar_merkle::{leaf_hash, proof, root, verify, Frontier};
//!
//! let leaves: Vec<_> = [b"a", b"b", b"c"].iter().map(|bytes| leaf_hash(*bytes)).collect();
//! let root = root(&leaves);
//! let path = proof(&leaves, 2).expect("there are three leaves");
//! assert!(verify(root, 3, 2, leaf_hash(b"c"), &path));
//! assert!(!verify(root, 3, 1, leaf_hash(b"c"), &path));
//!
//! let mut frontier = Frontier::default();
//! for leaf in leaves {
//! 	frontier.append(leaf).expect("far from full");
//! }
//! assert_eq!(frontier.root(), root);
//! ```

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod frontier;
mod tree;

use alloc::vec::Vec;
use sp_core::H256;
use sp_crypto_hashing::blake2_256;

pub use frontier::{Appended, Frontier, Full};
pub use tree::Tree;

/// Most hashes that a proof can have: the depth of a tree of 2^32 - 1 leaves.
pub const MAX_PROOF: u32 = 32;

/// Leaves of a complete chunk.
pub const CHUNK: u32 = 1 << CHUNK_DEPTH;

/// Rows of nodes between a leaf and the top of its chunk.
pub(crate) const CHUNK_DEPTH: u32 = 8;

const LEAF: u8 = 0;
const NODE: u8 = 1;
const ROOT: u8 = 2;

/// Hash of a leaf with the content `bytes`.
pub fn leaf_hash(bytes: &[u8]) -> H256 {
	let mut preimage = Vec::with_capacity(bytes.len().saturating_add(1));
	preimage.push(LEAF);
	preimage.extend_from_slice(bytes);
	H256(blake2_256(&preimage))
}

/// Root of the tree over these leaf hashes, in their order. A tree has at most 2^32 - 1 leaves.
pub fn root(leaves: &[H256]) -> H256 {
	bind(u32::try_from(leaves.len()).unwrap_or(u32::MAX), top(leaves))
}

/// The hashes that lead from leaf `index` to the top of the tree over `leaves`, from the leaf upwards. `None` if there is
/// no such leaf.
pub fn proof(leaves: &[H256], index: u32) -> Option<Vec<H256>> {
	let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
	let mut leaves = leaves;
	let mut path = Vec::new();
	while leaves.len() > 1 {
		let (left, right) = leaves.split_at(split(leaves.len()));
		if index < left.len() {
			path.push(top(right));
			leaves = left;
		} else {
			path.push(top(left));
			index = index.saturating_sub(left.len());
			leaves = right;
		}
	}
	path.reverse();
	Some(path)
}

/// What [`proof`] gives for leaf `index`, from the hashes of its chunk's leaves and the tops of all chunks, in order; the last
/// chunk may have fewer leaves than [`CHUNK`]. `None` if there is no such leaf, or if the leaves do not hash to its chunk's top.
pub fn proof_from_chunks(chunks: &[H256], leaves: &[H256], index: u32) -> Option<Vec<H256>> {
	let (chunk, place) = (index / CHUNK, index % CHUNK);
	let upper = proof(chunks, chunk)?;
	if chunks.get(usize::try_from(chunk).ok()?) != Some(&top(leaves)) {
		return None;
	}
	let mut path = proof(leaves, place)?;
	path.extend(upper);
	Some(path)
}

/// Whether `leaf` is leaf number `index` of the tree of `count` leaves that has this `root`. Takes one hash per element
/// of `path`, at most [`MAX_PROOF`].
pub fn verify(root: H256, count: u32, index: u32, leaf: H256, path: &[H256]) -> bool {
	if index >= count {
		return false;
	}
	// Position of the running hash in its row, and position of the last hash of that row.
	let (mut at, mut last) = (index, count.saturating_sub(1));
	let mut hash = leaf;
	for sibling in path {
		if last == 0 {
			return false;
		}
		if at & 1 == 1 {
			hash = node_hash(*sibling, hash);
		} else if at == last {
			// Without a right neighbour a hash moves up unchanged until it is itself a right child.
			let rows = at.trailing_zeros();
			at >>= rows;
			last >>= rows;
			hash = node_hash(*sibling, hash);
		} else {
			hash = node_hash(hash, *sibling);
		}
		at >>= 1;
		last >>= 1;
	}
	last == 0 && bind(count, hash) == root
}

fn node_hash(left: H256, right: H256) -> H256 {
	let mut preimage = [NODE; 65];
	preimage[1..33].copy_from_slice(&left.0);
	preimage[33..].copy_from_slice(&right.0);
	H256(blake2_256(&preimage))
}

/// The root of a tree of `count` leaves with this top.
fn bind(count: u32, top: H256) -> H256 {
	let mut preimage = [ROOT; 37];
	preimage[1..5].copy_from_slice(&count.to_le_bytes());
	preimage[5..].copy_from_slice(&top.0);
	H256(blake2_256(&preimage))
}

/// Hash over the whole tree, without its number of leaves.
fn top(leaves: &[H256]) -> H256 {
	match leaves {
		[] => H256::zero(),
		[leaf] => *leaf,
		_ => {
			let (left, right) = leaves.split_at(split(leaves.len()));
			node_hash(top(left), top(right))
		},
	}
}

/// The largest power of two below `len`, which is at least 2.
fn split(len: usize) -> usize {
	len.div_ceil(2).next_power_of_two()
}
