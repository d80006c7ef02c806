//! Properties of trees of all small sizes and of random ones.

#![allow(clippy::unwrap_used)]

use busbar_merkle::{leaf_hash, proof, proof_from_chunks, root, verify, Frontier, CHUNK, MAX_PROOF};
use codec::{Decode, Encode};
use proptest::prelude::*;
use sp_core::H256;
use sp_crypto_hashing::blake2_256;

fn leaves(count: u32) -> Vec<H256> {
	(0..count).map(|i| leaf_hash(&i.to_le_bytes())).collect()
}

fn hash(parts: &[&[u8]]) -> H256 {
	H256(blake2_256(&parts.concat()))
}

#[test]
fn small_trees_hash_as_specified() {
	let leaf = |byte: u8| hash(&[&[0], &[byte]]);
	let node = |left: H256, right: H256| hash(&[&[1], &left.0, &right.0]);
	let bound = |count: u8, top: H256| hash(&[&[2, count, 0, 0, 0], &top.0]);
	let [a, b, c, d, e] = [leaf(0), leaf(1), leaf(2), leaf(3), leaf(4)];

	assert_eq!(leaf_hash(&[3]), d);
	assert_eq!(root(&[]), bound(0, H256::zero()));
	assert_eq!(root(&[a]), bound(1, a));
	assert_eq!(root(&[a, b]), bound(2, node(a, b)));
	assert_eq!(root(&[a, b, c]), bound(3, node(node(a, b), c)));
	assert_eq!(root(&[a, b, c, d, e]), bound(5, node(node(node(a, b), node(c, d)), e)));
	assert_eq!(proof(&[a, b, c, d, e], 4), Some(vec![node(node(a, b), node(c, d))]));
	assert_eq!(proof(&[a, b, c, d, e], 1), Some(vec![a, node(c, d), e]));
}

#[test]
fn every_proof_of_every_small_tree_verifies_only_at_its_place() {
	for count in 0..=70u32 {
		let leaves = leaves(count);
		let root = root(&leaves);
		assert_eq!(proof(&leaves, count), None);
		for (index, leaf) in (0u32..).zip(&leaves) {
			let path = proof(&leaves, index).unwrap();
			assert!(path.len() as u32 <= MAX_PROOF);
			assert!(verify(root, count, index, *leaf, &path));
			for other in (0..=count + 1).filter(|other| *other != index) {
				assert!(!verify(root, count, other, *leaf, &path), "{count} leaves: {index} passed as {other}");
			}
			for other in (0..=140).chain([u32::MAX]).filter(|other| *other != count) {
				assert!(!verify(root, other, index, *leaf, &path), "{count} leaves passed as {other}");
			}
		}
	}
}

#[test]
fn a_frontier_has_the_root_of_all_its_leaves_at_every_size() {
	let leaves = leaves(300);
	let mut frontier = Frontier::default();
	assert_eq!(frontier.root(), root(&[]));
	for (index, leaf) in (0u32..).zip(&leaves) {
		assert_eq!(frontier.append(*leaf).unwrap().index, index);
		assert_eq!(frontier.count(), index + 1);
		assert_eq!(frontier.root(), root(&leaves[..=index as usize]));
		assert_eq!(Frontier::decode(&mut &frontier.encode()[..]), Ok(frontier.clone()));
	}
}

#[test]
fn a_proof_that_is_too_long_or_too_short_fails() {
	for count in 1..=70 {
		let leaves = leaves(count);
		let root = root(&leaves);
		for (index, leaf) in (0u32..).zip(&leaves) {
			let path = proof(&leaves, index).unwrap();
			let longer = [&path[..], &[H256::zero()]].concat();
			assert!(!verify(root, count, index, *leaf, &longer));
			if let Some((_, shorter)) = path.split_last() {
				assert!(!verify(root, count, index, *leaf, shorter));
			}
			if let Some((_, shorter)) = path.split_first() {
				assert!(!verify(root, count, index, *leaf, shorter));
			}
		}
	}
}

#[test]
fn an_inner_node_does_not_pass_as_a_leaf() {
	let leaves = leaves(4);
	let path = proof(&leaves, 0).unwrap();
	let left = hash(&[&[1], &leaves[0].0, &leaves[1].0]);
	let tree = root(&leaves);
	for count in 1..=4 {
		assert!(!verify(tree, count, 0, left, &path[1..]));
	}
	// Neither do the bytes of a node, offered as a leaf's content.
	assert_ne!(leaf_hash(&[&leaves[0].0[..], &leaves[1].0[..]].concat()), left);
}

/// The tops of all chunks, as a frontier tells them.
fn chunks(leaves: &[H256]) -> Vec<H256> {
	let mut frontier = Frontier::default();
	let mut chunks: Vec<_> = leaves.iter().filter_map(|leaf| frontier.append(*leaf).unwrap().chunk).collect();
	chunks.extend(frontier.open_chunk());
	chunks
}

fn chunk_of(leaves: &[H256], index: u32) -> &[H256] {
	leaves.chunks(CHUNK as usize).nth((index / CHUNK) as usize).unwrap()
}

#[test]
fn a_proof_from_chunks_is_the_proof_from_all_leaves_at_every_edge_of_a_chunk() {
	for count in [1, 2, 255, 256, 257, 258, 511, 512, 513, 767, 768, 769, 1_023, 1_024, 1_025, 1_281] {
		let leaves = leaves(count);
		let chunks = chunks(&leaves);
		assert_eq!(chunks.len(), count.div_ceil(CHUNK) as usize);
		for index in [0, 1, 127, 128, 254, 255, 256, 257, 511, 512, count / 2, count - 1] {
			let index = index.min(count - 1);
			let path = proof_from_chunks(&chunks, chunk_of(&leaves, index), index);
			assert_eq!(path, proof(&leaves, index), "leaf {index} of {count}");
		}
		assert_eq!(proof_from_chunks(&chunks, chunk_of(&leaves, count - 1), count), None, "{count} leaves");
	}
	assert_eq!(proof_from_chunks(&[], &[], 0), None);
}

#[test]
fn leaves_of_another_chunk_prove_nothing() {
	let leaves = leaves(700);
	let chunks = chunks(&leaves);
	assert_eq!(proof_from_chunks(&chunks, chunk_of(&leaves, 0), 300), None);
	assert_eq!(proof_from_chunks(&chunks, &leaves[256..511], 300), None);
	assert_eq!(proof_from_chunks(&chunks, &leaves[255..511], 300), None);
	assert!(proof_from_chunks(&chunks, chunk_of(&leaves, 300), 300).is_some());
}

proptest! {
	#[test]
	fn a_proof_from_chunks_is_the_proof_from_all_leaves(count in 1u32..3_000, pick: prop::sample::Index) {
		let leaves = leaves(count);
		let index = pick.index(leaves.len()) as u32;
		let path = proof_from_chunks(&chunks(&leaves), chunk_of(&leaves, index), index);
		prop_assert_eq!(&path, &proof(&leaves, index));
		prop_assert!(verify(root(&leaves), count, index, leaves[index as usize], &path.unwrap()));
	}

	#[test]
	fn proofs_of_random_trees_verify(contents in prop::collection::vec(any::<Vec<u8>>(), 1..600), pick: prop::sample::Index) {
		let leaves: Vec<_> = contents.iter().map(|bytes| leaf_hash(bytes)).collect();
		let index = pick.index(leaves.len()) as u32;
		let count = leaves.len() as u32;
		let path = proof(&leaves, index).unwrap();
		prop_assert!(verify(root(&leaves), count, index, leaf_hash(&contents[index as usize]), &path));

		let mut frontier = Frontier::default();
		for leaf in &leaves {
			frontier.append(*leaf).unwrap();
		}
		prop_assert_eq!(frontier.root(), root(&leaves));
	}

	#[test]
	fn any_flipped_bit_fails(
		count in 1u32..600, pick: prop::sample::Index, part: prop::sample::Index, byte in 0usize..32, bit in 0u8..8,
	) {
		let leaves = leaves(count);
		let index = pick.index(leaves.len()) as u32;
		let path = proof(&leaves, index).unwrap();
		// Root, leaf, then the hashes of the path.
		let mut hashes = vec![root(&leaves), leaves[index as usize]];
		hashes.extend(path);
		let valid = |hashes: &[H256]| verify(hashes[0], count, index, hashes[1], &hashes[2..]);
		prop_assert!(valid(&hashes));
		let part = part.index(hashes.len());
		hashes[part].0[byte] ^= 1 << bit;
		prop_assert!(!valid(&hashes));
	}

	#[test]
	fn arbitrary_proofs_neither_pass_nor_panic(
		tree: [u8; 32], count: u32, index: u32, leaf: [u8; 32], path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
	) {
		let path: Vec<_> = path.into_iter().map(H256).collect();
		prop_assert!(!verify(H256(tree), count, index, H256(leaf), &path));
	}
}
