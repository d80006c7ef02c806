//! Which prices of a queue hold orders: the next one in a constant number of keys.
//!
//! Prices are numbered from the best on as slots. A tree of radix 256 over the slots keeps one bit each: in a node of layer
//! 0 a bit says that its slot holds orders, in a node of a higher layer that the node below it has a bit. Setting and
//! clearing a slot touch at most one node per layer, finding the next one at most two; empty nodes are not kept.

const RADIX_BITS: u32 = 8;
/// Most layers: enough for 2^48 slots.
pub const MAX_LAYERS: u32 = 6;

/// 256 bits, the lowest in the first word.
pub type Node = [u64; 4];

/// Where nodes are kept. A node that is not kept is empty.
pub trait Nodes {
	fn get(&self, layer: u8, index: u64) -> Node;
	/// Keeps the node, or forgets it if it has no bit.
	fn set(&mut self, layer: u8, index: u64, node: Node);
}

/// Layers that number `slots` slots: at least one, at most [`MAX_LAYERS`].
pub fn layers(slots: u64) -> u32 {
	let last = slots.saturating_sub(1);
	(1..MAX_LAYERS).find(|layers| last >> (RADIX_BITS * layers) == 0).unwrap_or(MAX_LAYERS)
}

fn bit(slot: u64, layer: u32) -> (u64, usize, u64) {
	let place = slot >> (RADIX_BITS * layer);
	(place >> RADIX_BITS, ((place >> 6) & 3) as usize, 1 << (place & 63))
}

/// Marks that a slot holds orders.
pub fn insert(nodes: &mut impl Nodes, layers: u32, slot: u64) {
	for layer in 0..layers {
		let (index, word, mask) = bit(slot, layer);
		let mut node = nodes.get(layer as u8, index);
		let known = node != Node::default();
		node[word] |= mask;
		nodes.set(layer as u8, index, node);
		if known {
			return;
		}
	}
}

/// Marks that a slot holds none any more.
pub fn remove(nodes: &mut impl Nodes, layers: u32, slot: u64) {
	for layer in 0..layers {
		let (index, word, mask) = bit(slot, layer);
		let mut node = nodes.get(layer as u8, index);
		node[word] &= !mask;
		nodes.set(layer as u8, index, node);
		if node != Node::default() {
			return;
		}
	}
}

/// The lowest bit of a node at `from` or above; `from` may be 256.
fn lowest(node: &Node, from: u64) -> Option<u64> {
	let first = (from >> 6) as usize;
	(first..4).find_map(|word| {
		let below = if word == first { (1u64 << (from & 63)) - 1 } else { 0 };
		let bits = node[word] & !below;
		(bits != 0).then(|| ((word as u64) << 6) + u64::from(bits.trailing_zeros()))
	})
}

/// The lowest slot at `from` or above that holds orders.
pub fn next(nodes: &impl Nodes, layers: u32, from: u64) -> Option<u64> {
	let mut from = from;
	for layer in 0..layers {
		let (index, offset) = (from >> RADIX_BITS, from & 255);
		if let Some(found) = lowest(&nodes.get(layer as u8, index), offset) {
			let mut place = (index << RADIX_BITS) + found;
			for below in (0..layer).rev() {
				place = (place << RADIX_BITS) + lowest(&nodes.get(below as u8, place), 0)?;
			}
			return Some(place);
		}
		// Nothing behind it here: go on from the next node, in the layer above.
		from = index.checked_add(1)?;
	}
	None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::{
		cell::Cell,
		collections::{BTreeMap, BTreeSet},
	};

	#[derive(Default)]
	struct Kept(BTreeMap<(u8, u64), Node>, Cell<u32>);

	impl Nodes for Kept {
		fn get(&self, layer: u8, index: u64) -> Node {
			self.1.set(self.1.get() + 1);
			self.0.get(&(layer, index)).copied().unwrap_or_default()
		}
		fn set(&mut self, layer: u8, index: u64, node: Node) {
			if node == Node::default() {
				self.0.remove(&(layer, index));
			} else {
				self.0.insert((layer, index), node);
			}
		}
	}

	#[test]
	fn layers_grow_with_the_slots() {
		assert_eq!([0, 1, 256, 257, 65_536, 65_537, 1 << 48, u64::MAX].map(layers), [1, 1, 1, 2, 2, 3, 6, 6]);
	}

	#[test]
	fn an_emptied_price_map_keeps_no_node() {
		let mut kept = Kept::default();
		for slot in [0, 255, 256, 70_000] {
			insert(&mut kept, 3, slot);
		}
		for slot in [255, 0, 70_000, 256] {
			remove(&mut kept, 3, slot);
		}
		assert!(kept.0.is_empty());
	}

	proptest! {
		#[test]
		fn the_next_slot_is_that_of_a_plain_set(
			slots in prop::collection::vec((0u64..70_000, any::<bool>()), 1..300),
			probes in prop::collection::vec(0u64..70_300, 1..60),
			scale in prop_oneof![Just(1u64), Just(1 << 12), Just((1 << 31) + 7)],
		) {
			let (mut kept, mut set) = (Kept::default(), BTreeSet::new());
			let layers = layers(70_000 * scale);
			for (slot, keep) in slots {
				let slot = slot * scale;
				if keep {
					insert(&mut kept, layers, slot);
					set.insert(slot);
				} else {
					// Only what is there is ever removed.
					if let Some(first) = set.range(slot..).next().copied() {
						remove(&mut kept, layers, first);
						set.remove(&first);
					}
				}
			}
			for probe in probes {
				let probe = probe * scale;
				kept.1.set(0);
				prop_assert_eq!(next(&kept, layers, probe), set.range(probe..).next().copied());
				prop_assert!(kept.1.get() <= 2 * layers);
			}
		}
	}
}
