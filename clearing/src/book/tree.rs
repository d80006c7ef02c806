//! The tree of a session's zones: paths and their fees.

use crate::MAX_FEES;
use alloc::vec::Vec;

/// Most zones of a continuous session.
pub const MAX_ZONES: usize = 64;

/// Which way energy passes the link above a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
	/// From the parent into the zone.
	Import,
	/// From the zone to its parent.
	Export,
}

/// Why zones do not form the tree of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeError {
	/// There are no zones, or more than [`MAX_ZONES`].
	Count,
	/// The first zone names a parent, another one none, or one whose parent does not stand before it.
	Parent { zone: u32 },
	/// The fees of all links add up to more than `MAX_FEES`.
	Fees,
}

impl core::fmt::Display for TreeError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			TreeError::Count => write!(f, "a session has from one to {MAX_ZONES} zones"),
			TreeError::Parent { zone } => write!(f, "zone {zone}: its parent does not stand before it"),
			TreeError::Fees => write!(f, "the fees of all links add up to more than {MAX_FEES}"),
		}
	}
}

impl core::error::Error for TreeError {}

/// Zones by index, a parent before its children, each with the fee of the link to its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
	/// Parent and fee in nEUR/Wh; both 0 at the root.
	links: Vec<(u32, u64)>,
}

impl Tree {
	/// A tree of zones, each with its parent and the fee of the link to it in nEUR/Wh. The first is the root, which has
	/// no parent and whose fee has no meaning.
	///
	/// # Errors
	/// See [`TreeError`].
	pub fn new(zones: &[(Option<u32>, u64)]) -> Result<Self, TreeError> {
		if zones.is_empty() || zones.len() > MAX_ZONES {
			return Err(TreeError::Count);
		}
		let mut links = Vec::with_capacity(zones.len());
		let mut fees = 0u64;
		for (zone, (parent, fee)) in (0u32..).zip(zones) {
			match parent {
				None if zone == 0 => links.push((0, 0)),
				Some(parent) if *parent < zone => {
					fees = fees.checked_add(*fee).filter(|sum| *sum <= MAX_FEES).ok_or(TreeError::Fees)?;
					links.push((*parent, *fee));
				},
				_ => return Err(TreeError::Parent { zone }),
			}
		}
		Ok(Tree { links })
	}

	/// Number of zones.
	pub fn len(&self) -> usize {
		self.links.len()
	}

	/// Never: a tree has a root.
	pub fn is_empty(&self) -> bool {
		self.links.is_empty()
	}

	fn link(&self, zone: u32) -> (u32, u64) {
		self.links.get(zone as usize).copied().unwrap_or_default()
	}

	/// The links that energy passes between two zones, each named by the zone below it. Links of the seller's side come
	/// in the direction of export, those of the buyer's side in that of import.
	pub fn path(&self, seller: u32, buyer: u32) -> impl Iterator<Item = (u32, Way)> + '_ {
		// A parent stands before its children, so the zone with the higher index is not above the other one.
		let (mut from, mut to) = (seller, buyer);
		core::iter::from_fn(move || match from.cmp(&to) {
			core::cmp::Ordering::Equal => None,
			core::cmp::Ordering::Greater => {
				let link = from;
				from = self.link(link).0;
				Some((link, Way::Export))
			},
			core::cmp::Ordering::Less => {
				let link = to;
				to = self.link(link).0;
				Some((link, Way::Import))
			},
		})
	}

	/// Sum of the fees on the path between two zones, in nEUR/Wh.
	pub fn fee(&self, a: u32, b: u32) -> u64 {
		self.path(a, b).map(|(link, _)| self.link(link).1).sum()
	}

	/// Sums of the fees on the paths from a zone to every zone, in nEUR/Wh.
	pub(crate) fn fees_from(&self, zone: u32) -> Vec<u64> {
		let mut fees: Vec<Option<u64>> = alloc::vec![None; self.links.len()];
		let (mut at, mut sum) = (zone, 0u64);
		loop {
			if let Some(fee) = fees.get_mut(at as usize) {
				*fee = Some(sum);
			}
			if at == 0 {
				break;
			}
			let (parent, fee) = self.link(at);
			(at, sum) = (parent, sum + fee);
		}
		for zone in 0..self.links.len() {
			if fees[zone].is_none() {
				let (parent, fee) = self.links[zone];
				fees[zone] = fees[parent as usize].map(|sum| sum + fee);
			}
		}
		fees.into_iter().map(|fee| fee.unwrap_or(0)).collect()
	}
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
	use super::*;

	fn tree() -> Tree {
		Tree::new(&[(None, 9), (Some(0), 1), (Some(0), 10), (Some(1), 100), (Some(3), 1_000)]).unwrap()
	}

	#[test]
	fn a_path_goes_up_from_the_seller_and_down_to_the_buyer() {
		let path: Vec<_> = tree().path(4, 2).collect();
		assert_eq!(path, [(4, Way::Export), (3, Way::Export), (2, Way::Import), (1, Way::Export)]);
		assert_eq!(tree().path(0, 4).map(|(link, _)| link).collect::<Vec<_>>(), [4, 3, 1]);
		assert_eq!(tree().path(3, 3).count(), 0);
	}

	#[test]
	fn fees_add_up_along_the_path_whichever_way() {
		let tree = tree();
		for a in 0..5 {
			for b in 0..5 {
				assert_eq!(tree.fee(a, b), tree.fee(b, a));
				assert_eq!(tree.fees_from(a)[b as usize], tree.fee(a, b));
			}
		}
		assert_eq!(tree.fee(4, 2), 1_111);
	}

	#[test]
	fn what_is_no_tree_of_a_session_is_refused() {
		assert_eq!(Tree::new(&[]), Err(TreeError::Count));
		assert_eq!(Tree::new(&[(None, 0); MAX_ZONES + 1]), Err(TreeError::Count));
		assert_eq!(Tree::new(&[(Some(0), 0)]), Err(TreeError::Parent { zone: 0 }));
		assert_eq!(Tree::new(&[(None, 0), (None, 0)]), Err(TreeError::Parent { zone: 1 }));
		assert_eq!(Tree::new(&[(None, 0), (Some(1), 0)]), Err(TreeError::Parent { zone: 1 }));
		let fees = [(None, 0), (Some(0), MAX_FEES), (Some(0), 1)];
		assert_eq!(Tree::new(&fees), Err(TreeError::Fees));
	}
}
