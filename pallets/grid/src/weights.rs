//! Weights of the calls, counted from their storage accesses.
//!
//! A call costs a base of reference time, what it reads and writes at the database's prices, and the walk up the tree
//! that a role's scope may need, taken at the tree's greatest depth.
//! Reference times are estimates, rounded up, until benchmarks on the reference machine replace them.

use busbar_primitives::MAX_PRODUCTS;
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
	fn add_zone() -> Weight;
	fn set_link() -> Weight;
	fn retire_zone() -> Weight;
	fn add_point() -> Weight;
	fn retire_point() -> Weight;
	fn allow_couplings() -> Weight;
	fn accept_point() -> Weight;
	fn withdraw_point() -> Weight;
	/// A batch of `zones` in one place of the tree.
	fn add_zones(zones: u32) -> Weight;
	/// A batch of `points` in one place of the tree.
	fn add_points(points: u32) -> Weight;
	/// A publication for `links` links, without the zones that the role check reads.
	fn publish(links: u32) -> Weight;
	/// A role check that reads `zones` zones, none of them twice.
	fn walk(zones: u32) -> Weight;
}

/// Reference time of a call without its storage accesses, in ps.
const BASE: u64 = 15_000_000;
/// Reference time of one link of a publication without its storage accesses, in ps.
const LINK: u64 = 3_000_000;
/// Reference time of looking up a zone in a page of results, in ps.
const RESULTS: u64 = 30_000_000;
/// Reference time of a zone on the way to the root, with as many link terms as it may have, in ps.
const STEP: u64 = 8_000_000;
/// Keys that a role check reads besides the tree: account, delegation, and state and roles of one or two participants.
const ROLE_READS: u64 = 6;

struct Costs {
	db: RuntimeDbWeight,
	depth: u64,
}

impl Costs {
	fn call(&self, reads: u64, writes: u64) -> Weight {
		Weight::from_parts(BASE, 0).saturating_add(self.db.reads_writes(reads, writes))
	}

	/// Reads of a role check at a zone.
	fn role(&self) -> u64 {
		ROLE_READS.saturating_add(self.depth)
	}

	fn add_zone(&self) -> Weight {
		// NextZone, the parent, the calendar, the walk for the path's fees, the root, the quota; the zone, the parent,
		// NextZone, the quota.
		self.call(self.role().saturating_add(self.depth).saturating_add(6), 4)
	}

	fn set_link(&self) -> Weight {
		// NextZone, the zone, the calendar, the terms of an interval.
		self.call(self.role().saturating_add(5), 1)
	}

	fn retire_zone(&self) -> Weight {
		// NextZone, the zone, its parent, the calendar.
		self.call(self.role().saturating_add(5), 2)
	}

	fn add_point(&self) -> Weight {
		// NextZone, the zone, the owner, NextPoint, the calendar, the root, the quota, who balances, where couplings stand, the
		// walk over what links carry; the point, the index, NextPoint, the zone, the quota. A proposal reads and writes no more.
		self.call(self.role().saturating_add(self.depth).saturating_add(10), 5)
	}

	fn accept_point(&self) -> Weight {
		// The proposal, and what adding its point reads; the proposal besides.
		self.add_point().saturating_add(self.db.reads_writes(2, 1))
	}

	fn withdraw_point(&self) -> Weight {
		// The proposal, the calendar, the owner, the operator, the zone, the quota; the proposal, the zone, the quota.
		self.call(self.role().saturating_add(6), 3)
	}

	fn allow_couplings(&self) -> Weight {
		// NextZone; the mark.
		self.call(1, 1)
	}

	fn retire_point(&self) -> Weight {
		// The point, its zone, the calendar.
		self.call(self.role().saturating_add(4), 2)
	}

	fn publish(&self, links: u32) -> Weight {
		// Once the role without its walks, the calendar, the interval with each session and its book, and the mark that a book is
		// to be matched again. For each link the zone, the publication, and each session's results with it.
		let products = u64::from(MAX_PRODUCTS);
		let link = Weight::from_parts(LINK.saturating_add(RESULTS.saturating_mul(products)), 0)
			.saturating_add(self.db.reads_writes(products.saturating_add(1), 1))
			.saturating_mul(u64::from(links));
		self.call(products.saturating_mul(2).saturating_add(ROLE_READS).saturating_add(4), products)
			.saturating_add(link)
	}

	fn walk(&self, zones: u32) -> Weight {
		Weight::from_parts(STEP, 0).saturating_add(self.db.reads(1)).saturating_mul(zones.into())
	}
}

/// Weights at the runtime's database prices and depth of the tree.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: crate::Config> SubstrateWeight<T> {
	fn costs() -> Costs {
		Costs { db: T::DbWeight::get(), depth: u64::from(T::MaxDepth::get()) }
	}
}

impl<T: crate::Config> WeightInfo for SubstrateWeight<T> {
	fn add_zone() -> Weight {
		Self::costs().add_zone()
	}
	fn set_link() -> Weight {
		Self::costs().set_link()
	}
	fn retire_zone() -> Weight {
		Self::costs().retire_zone()
	}
	fn add_point() -> Weight {
		Self::costs().add_point()
	}
	fn retire_point() -> Weight {
		Self::costs().retire_point()
	}
	fn add_zones(zones: u32) -> Weight {
		Self::costs().add_zone().saturating_mul(zones.into())
	}
	fn add_points(points: u32) -> Weight {
		Self::costs().add_point().saturating_mul(points.into())
	}
	fn allow_couplings() -> Weight {
		Self::costs().allow_couplings()
	}
	fn accept_point() -> Weight {
		Self::costs().accept_point()
	}
	fn withdraw_point() -> Weight {
		Self::costs().withdraw_point()
	}
	fn publish(links: u32) -> Weight {
		Self::costs().publish(links)
	}
	fn walk(zones: u32) -> Weight {
		Self::costs().walk(zones)
	}
}

/// Weights at ParityDB's prices, for a tree of up to 64 links of depth.
impl WeightInfo for () {
	fn add_zone() -> Weight {
		default_costs().add_zone()
	}
	fn set_link() -> Weight {
		default_costs().set_link()
	}
	fn retire_zone() -> Weight {
		default_costs().retire_zone()
	}
	fn add_point() -> Weight {
		default_costs().add_point()
	}
	fn retire_point() -> Weight {
		default_costs().retire_point()
	}
	fn add_zones(zones: u32) -> Weight {
		default_costs().add_zone().saturating_mul(zones.into())
	}
	fn add_points(points: u32) -> Weight {
		default_costs().add_point().saturating_mul(points.into())
	}
	fn allow_couplings() -> Weight {
		default_costs().allow_couplings()
	}
	fn accept_point() -> Weight {
		default_costs().accept_point()
	}
	fn withdraw_point() -> Weight {
		default_costs().withdraw_point()
	}
	fn publish(links: u32) -> Weight {
		default_costs().publish(links)
	}
	fn walk(zones: u32) -> Weight {
		default_costs().walk(zones)
	}
}

fn default_costs() -> Costs {
	Costs { db: ParityDbWeight::get(), depth: 64 }
}
