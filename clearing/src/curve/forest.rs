//! Sorted runs of rises that split, join and move in price as a whole.
//!
//! A run is a balanced tree (Adelson-Velsky and Landis 1962) whose leaves hold up to [`LEAF`] rises. A shift of prices waits
//! at the root of what it moves. Trees are taken apart and put together by joins, so that a batch of `m` rises comes into
//! `n` in O(m log(n / m + 1)) (Blelloch, Ferizovic, Sun: "Just Join for Parallel Ordered Sets", 2016). All runs of one
//! clearing share one arena.

use super::Rise;
use alloc::vec::Vec;

/// Most rises in a leaf.
pub(super) const LEAF: usize = 32;
/// Rises in a leaf that is built, so that there is room for more.
const FILL: usize = 24;

/// The number of a node: the root of a run.
pub(super) type Id = u32;

/// A node of a run: an inner one, or a leaf.
#[derive(Clone, Copy)]
struct Node {
	/// Sum of its rises, in Wh.
	wh: u128,
	/// Key of its first rise.
	first: (i64, u32),
	/// How much further its rises are in price than what stands below it. [`Node::first`] has it already.
	shift: i64,
	/// Leaves below it, or itself.
	leaves: u32,
	/// 0 for a leaf.
	height: u32,
	/// Its first half; of a leaf, the number of its block.
	left: Id,
	/// Its second half; of a leaf, the number of its rises.
	right: Id,
}

/// A run cut at one of its rises.
struct Parts {
	before: Option<Id>,
	/// The leaf that has the rise.
	leaf: Id,
	after: Option<Id>,
	/// What of the leaf lies before the cut, in Wh.
	wh: u128,
}

/// The arena of all runs.
#[derive(Default)]
pub(super) struct Forest {
	nodes: Vec<Node>,
	free: Vec<Id>,
	/// Blocks of [`LEAF`] rises.
	rises: Vec<Rise>,
	free_blocks: Vec<u32>,
	scratch: Vec<Rise>,
}

impl Forest {
	/// Sum of a run, in Wh.
	pub(super) fn wh(&self, run: Id) -> u128 {
		self.node(run).wh
	}

	/// Leaves of a run.
	pub(super) fn leaves(&self, run: Id) -> u32 {
		self.node(run).leaves
	}

	/// Moves all prices of a run.
	pub(super) fn shift(&mut self, run: Id, by: i64) {
		let node = self.node_mut(run);
		node.shift += by;
		node.first.0 += by;
	}

	/// A run of rises that are in ascending order; `None` of nothing.
	pub(super) fn build(&mut self, rises: &[Rise]) -> Option<Id> {
		if rises.is_empty() {
			return None;
		}
		let leaves = rises.len().div_ceil(FILL);
		Some(self.halves(rises, leaves))
	}

	/// So many rises in so many leaves, halved until one is left.
	fn halves(&mut self, rises: &[Rise], leaves: usize) -> Id {
		if leaves <= 1 {
			return self.leaf(rises);
		}
		let first = leaves / 2;
		let (before, after) = rises.split_at(rises.len() * first / leaves);
		let (left, right) = (self.halves(before, first), self.halves(after, leaves - first));
		self.inner(left, right)
	}

	/// Adds rises that are in ascending order, none of whose keys the run has.
	pub(super) fn insert(&mut self, run: Id, rises: &[Rise]) -> Id {
		if rises.is_empty() {
			return run;
		}
		let node = *self.node(run);
		if node.height == 0 {
			return self.fill(run, rises);
		}
		self.push(run);
		let key = self.node(node.right).first;
		let (before, after) = rises.split_at(rises.partition_point(|rise| rise.key() < key));
		let (left, right) = (self.insert(node.left, before), self.insert(node.right, after));
		let balanced = self.node(left).height.abs_diff(self.node(right).height) <= 1;
		if balanced {
			self.set(run, left, right);
			return run;
		}
		self.release(run);
		self.join(left, right)
	}

	/// Adds rises to a leaf.
	fn fill(&mut self, leaf: Id, rises: &[Rise]) -> Id {
		let node = *self.node(leaf);
		let (start, had) = (node.left as usize * LEAF, node.right as usize);
		if had + rises.len() > LEAF {
			let mut all = core::mem::take(&mut self.scratch);
			all.clear();
			let mut rest = rises;
			for index in start..start + had {
				let mut rise = self.rises[index];
				rise.price += node.shift;
				let (before, after) = rest.split_at(rest.partition_point(|other| other.key() < rise.key()));
				all.extend_from_slice(before);
				all.push(rise);
				rest = after;
			}
			all.extend_from_slice(rest);
			self.release_leaf(leaf);
			let leaves = all.len().div_ceil(FILL);
			let built = self.halves(&all, leaves);
			self.scratch = all;
			return built;
		}
		let mut count = had;
		for rise in rises {
			let rise = Rise { price: rise.price - node.shift, ..*rise };
			let block = &mut self.rises[start..start + LEAF];
			let at = block[..count].partition_point(|other| other.key() < rise.key());
			block.copy_within(at..count, at + 1);
			block[at] = rise;
			count += 1;
		}
		let first = self.rises[start].key();
		let node = self.node_mut(leaf);
		node.wh += rises.iter().map(|rise| u128::from(rise.wh)).sum::<u128>();
		node.first = (first.0 + node.shift, first.1);
		// At most `LEAF`.
		node.right = count as u32;
		leaf
	}

	/// The one run after the other.
	pub(super) fn join(&mut self, left: Id, right: Id) -> Id {
		let (l, r) = (*self.node(left), *self.node(right));
		if l.height.abs_diff(r.height) <= 1 {
			return self.inner(left, right);
		}
		let (tall, at_end) = if l.height > r.height { (left, true) } else { (right, false) };
		self.push(tall);
		let node = *self.node(tall);
		self.release(tall);
		let (mut outer, inner) =
			if at_end { (node.left, self.join(node.right, right)) } else { (node.right, self.join(left, node.left)) };
		if self.node(inner).height <= self.node(outer).height + 1 {
			return if at_end { self.inner(outer, inner) } else { self.inner(inner, outer) };
		}
		// Too tall by one: rotated, its own near half first where that is the taller.
		self.push(inner);
		let node = *self.node(inner);
		self.release(inner);
		let (mut near, mut far) = if at_end { (node.left, node.right) } else { (node.right, node.left) };
		if self.node(near).height > self.node(far).height {
			self.push(near);
			let node = *self.node(near);
			self.release(near);
			let (nearest, middle) = if at_end { (node.left, node.right) } else { (node.right, node.left) };
			near = nearest;
			far = if at_end { self.inner(middle, far) } else { self.inner(far, middle) };
		}
		outer = if at_end { self.inner(outer, near) } else { self.inner(near, outer) };
		if at_end {
			self.inner(outer, far)
		} else {
			self.inner(far, outer)
		}
	}

	fn join_some(&mut self, left: Option<Id>, right: Option<Id>) -> Option<Id> {
		match (left, right) {
			(Some(left), Some(right)) => Some(self.join(left, right)),
			(one, other) => one.or(other),
		}
	}

	/// Cuts a run at so much of its energy, which is less than all of it.
	fn cut(&mut self, run: Id, wh: u128) -> Parts {
		let node = *self.node(run);
		if node.height == 0 {
			return Parts { before: None, leaf: run, after: None, wh };
		}
		self.push(run);
		self.release(run);
		let left = self.node(node.left).wh;
		if wh < left {
			let parts = self.cut(node.left, wh);
			Parts { after: self.join_some(parts.after, Some(node.right)), ..parts }
		} else {
			let parts = self.cut(node.right, wh - left);
			Parts { before: self.join_some(Some(node.left), parts.before), ..parts }
		}
	}

	/// The rises of a leaf, which goes.
	fn open(&mut self, leaf: Id) -> Vec<Rise> {
		let mut rises = Vec::with_capacity(LEAF + 1);
		self.drain(leaf, |rise| rises.push(rise));
		rises
	}

	/// Takes the first of the energy off a run and hands it out rise by rise, the last of them in part. Returns what is left.
	pub(super) fn take(&mut self, run: Id, wh: u128, mut each: impl FnMut(Rise)) -> Option<Id> {
		if wh >= self.wh(run) {
			self.drain(run, each);
			return None;
		}
		let parts = self.cut(run, wh);
		if let Some(before) = parts.before {
			self.drain(before, &mut each);
		}
		let mut rest = parts.wh;
		let mut rises = self.open(parts.leaf);
		rises.retain_mut(|rise| {
			let part = part(rise.wh, rest);
			if part > 0 {
				each(Rise { wh: part, ..*rise });
			}
			rest -= u128::from(part);
			rise.wh -= part;
			rise.wh > 0
		});
		let leaf = self.build(&rises);
		self.join_some(leaf, parts.after)
	}

	/// Leaves only the first of the energy in a run. Returns it, and how many rises went.
	pub(super) fn keep(&mut self, run: Id, wh: u128) -> (Option<Id>, usize) {
		let mut gone = 0;
		if wh >= self.wh(run) {
			return (Some(run), gone);
		}
		let parts = self.cut(run, wh);
		if let Some(after) = parts.after {
			self.drain(after, |_| gone += 1);
		}
		let mut rest = parts.wh;
		let mut rises = self.open(parts.leaf);
		let had = rises.len();
		rises.retain_mut(|rise| {
			rise.wh = part(rise.wh, rest);
			rest -= u128::from(rise.wh);
			rise.wh > 0
		});
		gone += had - rises.len();
		let leaf = self.build(&rises);
		(self.join_some(parts.before, leaf), gone)
	}

	/// Moves the first of the energy down in price and the rest up. Returns the run, and whether a rise became two.
	pub(super) fn spread(&mut self, run: Id, wh: u128, by: i64) -> (Id, bool) {
		if wh == 0 || wh >= self.wh(run) {
			self.shift(run, if wh == 0 { by } else { -by });
			return (run, false);
		}
		let parts = self.cut(run, wh);
		if let Some(before) = parts.before {
			self.shift(before, -by);
		}
		if let Some(after) = parts.after {
			self.shift(after, by);
		}
		let mut rest = parts.wh;
		let rises = self.open(parts.leaf);
		let mut moved = Vec::with_capacity(rises.len() + 1);
		for rise in &rises {
			let down = part(rise.wh, rest);
			rest -= u128::from(down);
			if down > 0 {
				moved.push(Rise { price: rise.price - by, wh: down, ..*rise });
			}
			if down < rise.wh {
				moved.push(Rise { price: rise.price + by, wh: rise.wh - down, ..*rise });
			}
		}
		let leaf = if moved.len() <= LEAF { self.leaf(&moved) } else { self.halves(&moved, 2) };
		let mut run = leaf;
		if let Some(before) = parts.before {
			run = self.join(before, run);
		}
		if let Some(after) = parts.after {
			run = self.join(run, after);
		}
		(run, moved.len() > rises.len())
	}

	/// Hands out all rises of a run in ascending order; the run goes.
	pub(super) fn drain(&mut self, run: Id, mut each: impl FnMut(Rise)) {
		let mut next = alloc::vec![run];
		while let Some(id) = next.pop() {
			let node = *self.node(id);
			if node.height > 0 {
				self.push(id);
				self.release(id);
				next.extend([node.right, node.left]);
				continue;
			}
			let start = node.left as usize * LEAF;
			for rise in &self.rises[start..start + node.right as usize] {
				each(Rise { price: rise.price + node.shift, ..*rise });
			}
			self.release_leaf(id);
		}
	}

	fn node(&self, id: Id) -> &Node {
		&self.nodes[id as usize]
	}

	fn node_mut(&mut self, id: Id) -> &mut Node {
		&mut self.nodes[id as usize]
	}

	fn add(&mut self, node: Node) -> Id {
		match self.free.pop() {
			Some(id) => {
				self.nodes[id as usize] = node;
				id
			},
			None => {
				self.nodes.push(node);
				// Fewer than rises, whose sides have 32-bit numbers, and two for each link.
				(self.nodes.len() - 1) as Id
			},
		}
	}

	fn inner(&mut self, left: Id, right: Id) -> Id {
		let id = self.add(Node { wh: 0, first: (0, 0), shift: 0, leaves: 0, height: 0, left, right });
		self.set(id, left, right);
		id
	}

	/// Makes a node the parent of two that are in order and whose heights differ by at most one.
	fn set(&mut self, id: Id, left: Id, right: Id) {
		let (l, r) = (self.node(left), self.node(right));
		let node = Node {
			wh: l.wh + r.wh,
			first: l.first,
			shift: 0,
			leaves: l.leaves + r.leaves,
			height: l.height.max(r.height) + 1,
			left,
			right,
		};
		*self.node_mut(id) = node;
	}

	/// A leaf of at least one and at most `LEAF` rises.
	fn leaf(&mut self, rises: &[Rise]) -> Id {
		let block = match self.free_blocks.pop() {
			Some(block) => block,
			None => {
				let block = self.rises.len() / LEAF;
				self.rises.resize(self.rises.len() + LEAF, Rise { price: 0, wh: 0, rank: 0 });
				// Fewer than nodes.
				block as u32
			},
		};
		let start = block as usize * LEAF;
		self.rises[start..start + rises.len()].copy_from_slice(rises);
		self.add(Node {
			wh: rises.iter().map(|rise| u128::from(rise.wh)).sum(),
			first: rises[0].key(),
			shift: 0,
			leaves: 1,
			height: 0,
			left: block,
			right: rises.len() as u32,
		})
	}

	fn release(&mut self, id: Id) {
		self.free.push(id);
	}

	fn release_leaf(&mut self, id: Id) {
		self.free_blocks.push(self.node(id).left);
		self.release(id);
	}

	/// Hands a waiting shift down to both halves of an inner node.
	fn push(&mut self, id: Id) {
		let node = *self.node(id);
		if node.shift != 0 {
			self.shift(node.left, node.shift);
			self.shift(node.right, node.shift);
			self.node_mut(id).shift = 0;
		}
	}
}

/// As much of a rise as there is left to take.
fn part(wh: u64, left: u128) -> u64 {
	u64::try_from(left).map_or(wh, |left| wh.min(left))
}

#[cfg(test)]
impl Forest {
	/// That every node and block is in use once or free once.
	pub(super) fn checked(&self) {
		assert_eq!(self.nodes.len(), self.free.len(), "nodes leak");
		assert_eq!(self.rises.len(), self.free_blocks.len() * LEAF, "blocks leak");
	}
}
