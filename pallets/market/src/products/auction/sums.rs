//! Running sums over a queue: who stands ahead, in a constant number of keys.
//!
//! The steps at one side of one price level are numbered as they arrive. A tree of radix 32 over the numbers keeps sums:
//! a node of layer 0 has the energy of 32 consecutive arrivals, a node of layer `h` the sums of 32 nodes of the layer
//! below. Adding and removing touch one node in each of the [`LAYERS`], however many arrivals there were, and summing what
//! stands ahead no more than that. Empty nodes are not stored.

use busbar_primitives::{stored, Side, Wh};
use frame_support::{traits::ConstU32, BoundedVec};

const RADIX_BITS: u32 = 5;
const RADIX: u32 = 1 << RADIX_BITS;
/// Layers of a tree. All are in use from the first arrival on, so that an order costs the same in every book.
pub const LAYERS: u32 = 4;
/// Most arrivals that one side of one level can number.
pub const CAPACITY: u32 = 1 << (RADIX_BITS * LAYERS);

/// Where a node stands.
#[stored(Copy, PartialOrd, Ord)]
pub struct NodeKey {
	pub side: Side,
	pub layer: u8,
	pub index: u32,
}

/// Sums of 32 children, in Wh; trailing zeros are left out.
#[stored(Default)]
pub struct Node(BoundedVec<Wh, ConstU32<RADIX>>);

impl Node {
	/// The sum of one child.
	pub fn get(&self, slot: u32) -> Wh {
		self.0.get(slot as usize).copied().unwrap_or(0)
	}

	/// The sum of all children before `slot`, or `None` on overflow.
	fn before(&self, slot: u32) -> Option<Wh> {
		self.0.iter().take(slot as usize).try_fold(0, |sum: Wh, wh| sum.checked_add(*wh))
	}

	fn set(&mut self, slot: u32, wh: Wh) {
		while self.0.len() <= slot as usize && self.0.try_push(0).is_ok() {}
		if let Some(place) = self.0.get_mut(slot as usize) {
			*place = wh;
		}
		while self.0.last() == Some(&0) {
			self.0.pop();
		}
	}

	/// Whether all sums are zero.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}
}

/// Where nodes are kept. A node that is not kept is empty.
pub trait Nodes {
	fn get(&self, key: NodeKey) -> Node;
	/// Keeps the node, or forgets it if it is empty.
	fn set(&mut self, key: NodeKey, node: Node);
}

fn place(side: Side, arrival: u32, layer: u32) -> (NodeKey, u32) {
	let slot = (arrival >> (RADIX_BITS * layer)) & (RADIX - 1);
	(NodeKey { side, layer: layer as u8, index: arrival >> (RADIX_BITS * (layer + 1)) }, slot)
}

/// Appends `wh` as arrival number `arrival`. `None` on overflow or if the queue has no number left.
#[must_use]
pub fn append(nodes: &mut impl Nodes, side: Side, arrival: u32, wh: Wh) -> Option<()> {
	if arrival >= CAPACITY {
		return None;
	}
	change(nodes, side, arrival, |sum| sum.checked_add(wh))
}

/// Takes `wh` away from arrival number `arrival`. `None` if it is not there.
#[must_use]
pub fn remove(nodes: &mut impl Nodes, side: Side, arrival: u32, wh: Wh) -> Option<()> {
	change(nodes, side, arrival, |sum| sum.checked_sub(wh))
}

/// Changes the sums over an arrival in every layer.
fn change(nodes: &mut impl Nodes, side: Side, arrival: u32, change: impl Fn(Wh) -> Option<Wh>) -> Option<()> {
	for layer in 0..LAYERS {
		let (key, slot) = place(side, arrival, layer);
		let mut node = nodes.get(key);
		node.set(slot, change(node.get(slot))?);
		nodes.set(key, node);
	}
	Some(())
}

/// Energy in Wh that stands ahead of arrival number `arrival`. `None` on overflow.
pub fn ahead(nodes: &impl Nodes, side: Side, arrival: u32) -> Option<Wh> {
	let mut sum: Wh = 0;
	for layer in 0..LAYERS {
		if arrival >> (RADIX_BITS * layer) == 0 {
			break;
		}
		let (key, slot) = place(side, arrival, layer);
		if slot > 0 {
			sum = sum.checked_add(nodes.get(key).before(slot)?)?;
		}
	}
	Some(sum)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::collections::BTreeMap;

	#[derive(Default)]
	struct Kept(BTreeMap<NodeKey, Node>);

	impl Nodes for Kept {
		fn get(&self, key: NodeKey) -> Node {
			self.0.get(&key).cloned().unwrap_or_default()
		}
		fn set(&mut self, key: NodeKey, node: Node) {
			if node.is_empty() {
				self.0.remove(&key);
			} else {
				self.0.insert(key, node);
			}
		}
	}

	#[test]
	fn a_queue_has_a_node_in_every_layer_and_an_emptied_one_none() {
		let mut kept = Kept::default();
		append(&mut kept, Side::Buy, 0, 7).unwrap();
		append(&mut kept, Side::Buy, 1, 5).unwrap();
		assert_eq!(kept.0.len(), LAYERS as usize);
		remove(&mut kept, Side::Buy, 0, 7).unwrap();
		remove(&mut kept, Side::Buy, 1, 5).unwrap();
		assert!(kept.0.is_empty());
	}

	#[test]
	fn an_arrival_beyond_the_capacity_is_refused() {
		let mut kept = Kept::default();
		assert_eq!(append(&mut kept, Side::Buy, CAPACITY, 1), None);
		assert_eq!(append(&mut kept, Side::Buy, CAPACITY - 1, 1), Some(()));
		assert_eq!(ahead(&kept, Side::Buy, CAPACITY - 1), Some(0));
	}

	#[test]
	fn energy_that_is_not_there_cannot_be_removed() {
		let mut kept = Kept::default();
		append(&mut kept, Side::Sell, 0, 7).unwrap();
		assert_eq!(remove(&mut kept, Side::Sell, 0, 8), None);
		assert_eq!(remove(&mut Kept::default(), Side::Sell, 0, 1), None);
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(48))]

		#[test]
		fn sums_ahead_equal_those_of_a_plain_list(
			quantities in prop::collection::vec(1u64..1_000, 1..2_500),
			removals in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
			probes in prop::collection::vec(any::<prop::sample::Index>(), 1..50),
		) {
			let (mut kept, mut list) = (Kept::default(), Vec::<u64>::new());
			let half = quantities.len() / 2;
			let push = |kept: &mut Kept, list: &mut Vec<u64>, wh: u64| {
				append(kept, Side::Buy, list.len() as u32, wh).unwrap();
				list.push(wh);
			};
			for wh in &quantities[..half] {
				push(&mut kept, &mut list, *wh);
			}
			if !list.is_empty() {
				for at in &removals {
					let i = at.index(list.len());
					if list[i] > 0 {
						remove(&mut kept, Side::Buy, i as u32, list[i]).unwrap();
						list[i] = 0;
					}
				}
			}
			for wh in &quantities[half..] {
				push(&mut kept, &mut list, *wh);
			}
			for at in probes {
				let i = at.index(list.len());
				prop_assert_eq!(ahead(&kept, Side::Buy, i as u32), Some(list[..i].iter().sum()));
			}
			prop_assert_eq!(ahead(&kept, Side::Sell, list.len() as u32 - 1), Some(0));
		}
	}
}
