//! The distribution grid: zones, the links between them, connection points, and the limits that the grid operator
//! publishes.
//!
//! # What it owns
//!
//! The grid is a tree of zones. Zone 0 is the root, the coupling to the wholesale market; zones are numbered in the order
//! of their creation, so a parent's number is smaller than its children's. Every other zone has a link to its parent with
//! import and export limits in W and a fee in nEUR/Wh. A connection point belongs to one zone and to one participant.
//! Couplings to the wholesale market sell and buy without an imbalance of their own, so they belong to the
//! balance-responsible party and stand at the root, or where the council allows them ([`Couplings`]). When the council names
//! another party, those of the one before are the operator's to retire.
//!
//! What changes the tree (a zone, a point, a link's static terms, a retirement) takes effect from the first interval
//! that has not opened yet, so that the tree of an open one stands. Until the last gate of an interval closes the operator
//! of a zone may publish other limits, not below the flow that earlier sessions sold, and a fee that is at most the static
//! one, because collateral counts on it. Without a publication the static terms hold.
//!
//! # States
//!
//! A zone or point exists in the intervals `[from, until)`. Retired ones keep their number and record.
//!
//! # Consent
//!
//! A point settles at its owner's cost. So what an operator of a part of the grid adds for somebody else is a proposal
//! ([`Proposals`]): it is no point, and has no number, before its owner accepts it ([`Pallet::accept_point`]). Who operates the root
//! connects by its contracts off chain, and needs no acceptance; nor does who acts for the owner. A membership provider accepts for
//! nobody: it is hostile as well. Ratings are at most `MaxRating`, and those that an operator of a part wants at most what each
//! link up to the root carries.
//!
//! # Genesis
//!
//! Tests and devnets may start with a grid. In a chain specification's patch it stands under `grid`, zones in the order of
//! their numbers and each after its parent:
//!
//! ```json
//! {
//!   "grid": {
//!     "zones": [{}, { "parent": 0, "link": { "import_w": 400000, "export_w": null, "fee": 10000 } }],
//!     "points": [
//!       { "zone": 1, "owner": "01020304-0506-8708-890a-0b0c0d0e0f10", "kind": "metered", "import_w": 30000, "export_w": 9000 }
//!     ]
//!   }
//! }
//! ```
//!
//! # What is kept
//!
//! Zones and points are never removed: statements, deposits and role scopes name them by number. Their maps are bounded
//! by `MaxZones` and `MaxPoints`. So that nobody uses the numbers up that others need, an operator of a part of the grid
//! adds at most a quarter of either ([`Added`]), and all of them together at most `MaxZonePoints` points in one zone, proposals
//! counted; who operates the root adds what there is room for. Publications are removed by [`Prune`](busbar_primitives::traits::Prune) when their interval
//! is. A link keeps at most [`MAX_LINK_CHANGES`] terms; older ones go once the last interval in which they were in force is final.
//!
//! # Invariants
//!
//! Checked by `do_try_state`:
//!
//! 1. Zones are numbered without gaps below `NextZone`; only zone 0 has no parent; a parent's number is smaller than its
//!    child's; depth grows by one and stays within `MaxDepth`.
//! 2. A link's static terms are in ascending order of intervals, and its fee never rises.
//! 3. The static fees on every path to the root sum to at most `MaxPathFee`.
//! 4. A zone's counts of living children and points, and of points ever added or proposed, are right; what exists in an interval has its zone and all zones
//!    above it in that interval's tree.
//! 5. Points are numbered without gaps below `NextPoint`, and the index by owner names exactly them.
//! 6. No operator of a part has added more than a quarter, nor all of them together more than there are; each has added what it
//!    proposes.
//! 7. Couplings are allowed in zones that exist.
//! 8. No publication is for the root or an unknown zone, or has a fee above the static one.
//! 9. No point or proposal has a rating above `MaxRating`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod genesis;
mod impls;
mod invariants;
mod points;
mod proposals;
mod publications;
mod types;
pub mod weights;
mod zones;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// What benchmarks need to find in the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// An account that holds the role of distribution system operator everywhere, by its last scope, which is the root: a check
	/// of it walks there, and looks at as many scopes as there may be.
	fn dso() -> AccountId;
	/// The same by a scope that is the whole grid.
	fn dso_everywhere() -> AccountId;
	/// An account that holds it at a zone and below, and may add a batch there.
	fn operator(zone: busbar_primitives::ZoneId) -> AccountId;
	/// An active participant, which is the balance-responsible party.
	fn owner() -> busbar_primitives::ParticipantId;
	/// Lets an account operate for a participant, as the last of as many delegates as it may have.
	fn delegate(owner: busbar_primitives::ParticipantId, account: &AccountId);
	/// Opens the session of an interval in which the whole tree exists, and returns it.
	fn open_interval() -> busbar_primitives::Interval;
	/// Lets there be `zones` zones, in branches as deep as they may be, and returns zones below which all of them lie on the way
	/// to the root.
	fn branches(zones: u32) -> alloc::vec::Vec<busbar_primitives::ZoneId>;
	/// So many zones, and an open interval in which something is sold of each in as many sessions as possible, and the limits of
	/// whose links may change.
	fn sold_interval(zones: u32) -> (alloc::vec::Vec<busbar_primitives::ZoneId>, busbar_primitives::Interval);
}

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		traits::{Balancing, Calendar, Flows, OnLimits, Participants},
		Fee, Interval, Link, ParticipantId, Point, PointId, PointKind, Watt, ZoneId,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// May add the root, and says where else couplings stand.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who is a distribution system operator, and where.
		type Participants: Participants<Self::AccountId>;

		/// Which sessions have opened, and which gates are still open.
		type Calendar: Calendar;
		/// What is sold already: limits do not fall below it.
		type Flows: Flows + OnLimits;
		/// Whose couplings are.
		type Balancing: Balancing;

		/// Most zones that can ever be added.
		#[pallet::constant]
		type MaxZones: Get<u32>;

		/// Most links between a zone and the root.
		#[pallet::constant]
		type MaxDepth: Get<u32>;

		/// Highest sum of static fees on a path to the root, in nEUR/Wh.
		#[pallet::constant]
		type MaxPathFee: Get<Fee>;

		/// Most connection points that can ever be added.
		#[pallet::constant]
		type MaxPoints: Get<u32>;

		/// Most connection points that operators of parts of the grid can ever add in one zone: a part of all, so that no zone
		/// takes the numbers of the others. Who operates the root adds what there is room for.
		#[pallet::constant]
		type MaxZonePoints: Get<u32>;

		/// Highest rating of a connection point in either direction, in W.
		#[pallet::constant]
		type MaxRating: Get<Watt>;

		/// For how many intervals, from the first that has not opened on, a proposed point may be accepted.
		#[pallet::constant]
		type ProposalLife: Get<Interval>;

		/// Most links in one publication, and most zones or points in one batch.
		#[pallet::constant]
		type MaxBatch: Get<u32>;

		type WeightInfo: WeightInfo;

		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Number of zones ever added, and the number of the next one.
	#[pallet::storage]
	pub type NextZone<T> = StorageValue<_, ZoneId, ValueQuery>;

	/// Number of connection points ever added, and the number of the next one.
	#[pallet::storage]
	pub type NextPoint<T> = StorageValue<_, PointId, ValueQuery>;

	/// Every zone ever added.
	#[pallet::storage]
	pub type Zones<T> = StorageMap<_, Twox64Concat, ZoneId, Zone>;

	/// Every connection point ever added.
	#[pallet::storage]
	pub type Points<T> = StorageMap<_, Twox64Concat, PointId, Point>;

	/// The connection points of each participant, in ascending order.
	#[pallet::storage]
	pub type PointsOf<T> = StorageDoubleMap<_, Blake2_128Concat, ParticipantId, Identity, PointKey, ()>;

	/// Number of the next proposal.
	#[pallet::storage]
	pub type NextProposal<T> = StorageValue<_, ProposalId, ValueQuery>;

	/// Connection points that operators of parts of the grid propose, and that their owners have not accepted. As many as the
	/// quotas of operators and zones allow at most.
	#[pallet::storage]
	pub type Proposals<T: Config> = StorageMap<_, Twox64Concat, ProposalId, Proposal<T::AccountId>>;

	/// What the operators of parts of the grid have added.
	#[pallet::storage]
	pub type Added<T> = StorageMap<_, Blake2_128Concat, ParticipantId, Additions, ValueQuery>;

	/// Zones in which couplings may be added, beside the root. At most `MaxZones`.
	#[pallet::storage]
	pub type Couplings<T> = StorageMap<_, Twox64Concat, ZoneId, ()>;

	/// Link terms that were published for one interval and stand in for the static ones.
	#[pallet::storage]
	pub type Publications<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ZoneId, Link>;

	/// The grid that a chain starts with: what exists in it exists from interval 0 on, so that the first interval opens
	/// with it. For tests and devnets; owners are members of the participants' genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The root, then the other zones, each after its parent; numbered from 0 in this order.
		pub zones: Vec<NewZone>,
		/// Connection points, numbered from 0 in this order.
		pub points: Vec<NewPoint>,
		#[serde(skip)]
		pub marker: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			self.add_all();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A zone exists from an interval on. `link` is empty at the root.
		ZoneAdded { zone: ZoneId, parent: Option<ZoneId>, link: Link, from: Interval },
		/// A link has other static terms from an interval on.
		LinkSet { zone: ZoneId, link: Link, from: Interval },
		/// A zone no longer exists from an interval on.
		ZoneRetired { zone: ZoneId, until: Interval },
		/// A connection point exists from an interval on.
		PointAdded { point: PointId, zone: ZoneId, owner: ParticipantId, kind: PointKind, from: Interval },
		/// The council lets couplings be added in a zone, or no more.
		CouplingsAllowed { zone: ZoneId, allowed: bool },
		/// A connection point no longer exists from an interval on.
		PointRetired { point: PointId, until: Interval },
		/// Limits and fees of links were published for one interval.
		Published { interval: Interval, links: BoundedVec<(ZoneId, Link), T::MaxBatch> },
		/// The operator of a part of the grid proposes a connection point to its owner, who may accept it as long as the first
		/// interval that has not opened lies before `until`.
		PointProposed { proposal: ProposalId, operator: ParticipantId, point: NewPoint, until: Interval },
		/// A proposal was accepted, and is this point now, or withdrawn.
		ProposalEnded { proposal: ProposalId, point: Option<PointId> },
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// There is no zone of this number.
		UnknownZone,
		/// There is no connection point of this number.
		UnknownPoint,
		/// The tree has a root already.
		RootExists,
		/// The root has no parent, so it has no link whose terms could be set.
		RootHasNoLink,
		/// The root cannot be retired.
		RootStays,
		/// The zone would be more than `MaxDepth` links below the root.
		TooDeep,
		/// `MaxZones` zones were added, or as many as the market clears before delivery.
		TooManyZones,
		/// `MaxPoints` connection points were added.
		TooManyPoints,
		/// The static fees on the path to the root would sum to more than `MaxPathFee`.
		PathFeeTooHigh,
		/// A link's static fee may only fall.
		FeeRaised,
		/// The fee of a publication is above the link's static fee.
		FeeAboveStatic,
		/// The link's terms changed `MAX_LINK_CHANGES` times in intervals that are not final yet.
		TooManyLinkChanges,
		/// The zone is retired, or is not part of the interval's tree.
		ZoneRetired,
		/// The zone has zones below it that are not retired.
		ZoneHasChildren,
		/// The zone has connection points that are not retired.
		ZoneHasPoints,
		/// A coupling stands at the root, or in a zone where the council allows it (`allow_couplings`).
		NoCouplingsHere,
		/// A coupling belongs to the balance-responsible party: name it as the owner.
		NotBalancingParty,
		/// The connection point is retired.
		PointRetired,
		/// Limits of the interval are not accepted: it has not opened, its last gate has closed, or a session of it is being
		/// cleared at this moment.
		IntervalNotOpen,
		/// The limit is lower than the flow that is sold already: a lower need is a curtailment.
		BelowSoldFlow,
		/// The publication names no zone.
		EmptyPublication,
		/// The publication names a zone twice.
		DuplicateZone,
		/// The batch has no zone or no point in it.
		EmptyBatch,
		/// An operator of a part of the grid has added a quarter of all zones, or points, that there can ever be: an operator
		/// of the whole grid adds more.
		QuotaReached,
		/// `MaxZonePoints` connection points were added in the zone, retired ones with them: an operator of the whole grid adds
		/// more.
		TooManyPointsInZone,
		/// A connection point has at most `MaxRating` W in either direction.
		RatingTooHigh,
		/// A link between the zone and the root carries less than the rating: an operator of the whole grid adds such a point.
		RatingBeyondLink,
		/// There is no proposal of this number: it was accepted or withdrawn, or who made it operates the zone for another
		/// participant now and must propose anew.
		UnknownProposal,
		/// The proposal's time is over: the operator must withdraw it and propose anew.
		ProposalExpired,
		/// Before its time is over a proposal is withdrawn by the point's owner, by who made it, or by an operator of the zone.
		NotYourProposal,
		/// A link carries more than it was granted only if an operator of the zone's parent says so.
		LimitLifted,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxZones::get() > 0, "a grid has at least its root");
			assert!(T::MaxBatch::get() > 0, "a publication names at least one link");
			assert!(T::MaxZonePoints::get() > 0, "a zone has room for a connection point");
			assert!(T::ProposalLife::get() > 0, "a proposal can be accepted");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
