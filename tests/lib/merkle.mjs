// The chain's Merkle trees: the shape of RFC 6962, blake2-256, and prefixes that keep leaves, nodes and roots apart.

import { u8aConcat } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';

const hash = (prefix, ...parts) => blake2AsU8a(u8aConcat([prefix], ...parts), 256);

// Where a tree of so many leaves splits: the largest power of two below their number.
function split(count) {
	let at = 1;
	while (at * 2 < count) {
		at *= 2;
	}
	return at;
}

function top(leaves) {
	if (leaves.length === 1) {
		return leaves[0];
	}
	const at = split(leaves.length);
	return hash(1, top(leaves.slice(0, at)), top(leaves.slice(at)));
}

// Hash of a leaf with this content.
export const leafHash = (...parts) => hash(0, ...parts);

// Root over leaf hashes, of which there is at least one.
export function root(leaves) {
	return bound(leaves.length, top(leaves));
}

function bound(count, top) {
	const number = new Uint8Array(4);
	new DataView(number.buffer).setUint32(0, count, true);
	return hash(2, number, top);
}

// The hashes that lead from a leaf to the top, from the leaf upwards.
export function proof(leaves, index) {
	if (leaves.length === 1) {
		return [];
	}
	const at = split(leaves.length);
	const [left, right] = [leaves.slice(0, at), leaves.slice(at)];
	return index < at ? [...proof(left, index), top(right)] : [...proof(right, index - at), top(left)];
}

// The root that a leaf at a place among so many leads to by these hashes, from the leaf upwards.
export function rootFrom(leaf, index, count, path) {
	let [hashed, at, last] = [leaf, index, count - 1];
	for (const sibling of path) {
		if (at % 2 === 1) {
			hashed = hash(1, sibling, hashed);
		} else {
			// Without a right neighbour a hash moves up unchanged until it is itself a right child.
			while (at === last && at % 2 === 0 && at > 0) {
				[at, last] = [at / 2, Math.floor(last / 2)];
			}
			hashed = at % 2 === 1 ? hash(1, sibling, hashed) : hash(1, hashed, sibling);
		}
		[at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
	}
	return bound(count, hashed);
}
