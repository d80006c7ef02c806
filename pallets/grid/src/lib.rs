//! The distribution grid: zones, the links between them, connection points, and the limits that the grid operator
//! publishes.
//!
//! # What it owns
//!
//! The grid is a tree of zones. Zone 0 is the root, the coupling to the wholesale market; zones are numbered in the order
//! of their creation, so a parent's number is smaller than its children's. Every other zone has a link to its parent with
//! import and export limits in W and a fee in nEUR/Wh. A connection point belongs to one zone and to one participant.
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
//! by `MaxZones` and `MaxPoints`. Publications are removed by [`Prune`](busbar_primitives::traits::Prune) when their
//! interval is. A link keeps at most [`MAX_LINK_CHANGES`] terms; older ones go once the last interval in which they were
//! in force is final.
//!
//! # Invariants
//!
//! Checked by `do_try_state`:
//!
//! 1. Zones are numbered without gaps below `NextZone`; only zone 0 has no parent; a parent's number is smaller than its
//!    child's; depth grows by one and stays within `MaxDepth`.
//! 2. A link's static terms are in ascending order of intervals, and its fee never rises.
//! 3. The static fees on every path to the root sum to at most `MaxPathFee`.
//! 4. A zone's counts of living children and points are right; what exists in an interval has its zone and all zones
//!    above it in that interval's tree.
//! 5. Points are numbered without gaps below `NextPoint`, and the index by owner names exactly them.
//! 6. No publication is for the root or an unknown zone, or has a fee above the static one.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod genesis;
mod impls;
mod invariants;
mod points;
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
	/// An account that holds the role of distribution system operator everywhere.
	fn dso() -> AccountId;
	/// An active participant.
	fn owner() -> busbar_primitives::ParticipantId;
	/// Opens the session of an interval in which the whole tree exists, and returns it.
	fn open_interval() -> busbar_primitives::Interval;
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		traits::{Calendar, Flows, OnLimits, Participants},
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
		/// May add the root.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who is a distribution system operator, and where.
		type Participants: Participants<Self::AccountId>;

		/// Which sessions have opened, and which gates are still open.
		type Calendar: Calendar;
		/// What is sold already: limits do not fall below it.
		type Flows: Flows + OnLimits;

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
		/// A connection point no longer exists from an interval on.
		PointRetired { point: PointId, until: Interval },
		/// Limits and fees of links were published for one interval.
		Published { interval: Interval, links: BoundedVec<(ZoneId, Link), T::MaxBatch> },
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
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxZones::get() > 0, "a grid has at least its root");
			assert!(T::MaxBatch::get() > 0, "a publication names at least one link");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds a zone below `parent`, or the root if there is none, from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at the parent; for the root, one of the whole grid or
		///   [`Config::AdminOrigin`].
		/// - `link`: limits in W and fee in nEUR/Wh of the link to the parent; empty for the root.
		///
		/// # Errors
		/// For the root [`Error::RootExists`], [`Error::RootHasNoLink`]; for others [`Error::UnknownZone`],
		/// [`Error::ZoneRetired`], [`Error::TooDeep`], [`Error::PathFeeTooHigh`]; [`Error::TooManyZones`], and those
		/// of a role check.
		///
		/// # Events
		/// [`Event::ZoneAdded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::add_zone())]
		pub fn add_zone(origin: OriginFor<T>, parent: Option<ZoneId>, link: Link) -> DispatchResult {
			Self::do_add_zone_as(origin, NewZone { parent, link })
		}

		/// Sets the static terms of the link of `zone` from the first unopened interval on. The fee may only fall.
		///
		/// - `origin`: a distribution system operator at the zone.
		/// - `link`: limits in W and fee in nEUR/Wh of the link to the parent.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::RootHasNoLink`], [`Error::ZoneRetired`], [`Error::FeeRaised`],
		/// [`Error::TooManyLinkChanges`], and those of a role check.
		///
		/// # Events
		/// [`Event::LinkSet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_link())]
		pub fn set_link(origin: OriginFor<T>, zone: ZoneId, link: Link) -> DispatchResult {
			Self::ensure_operates(origin, zone)?;
			Self::do_set_link(zone, link)
		}

		/// Takes `zone`, which has no living children and points, out of the tree, from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at the zone.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::RootStays`], [`Error::ZoneRetired`], [`Error::ZoneHasChildren`],
		/// [`Error::ZoneHasPoints`], and those of a role check.
		///
		/// # Events
		/// [`Event::ZoneRetired`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::retire_zone())]
		pub fn retire_zone(origin: OriginFor<T>, zone: ZoneId) -> DispatchResult {
			Self::ensure_operates(origin, zone)?;
			Self::do_retire_zone(zone)
		}

		/// Adds a connection point of this `kind` in `zone`, from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at the zone.
		/// - `owner`: the active participant whose point it is.
		/// - `import_w`, `export_w`: the most power, in W, that it may draw and feed in.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::ZoneRetired`], [`Error::TooManyPoints`], those of a role check, and what the
		/// participants pallet says about the owner.
		///
		/// # Events
		/// [`Event::PointAdded`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::add_point())]
		pub fn add_point(
			origin: OriginFor<T>,
			zone: ZoneId,
			owner: ParticipantId,
			kind: PointKind,
			import_w: Watt,
			export_w: Watt,
		) -> DispatchResult {
			Self::do_add_point_as(origin, NewPoint { zone, owner, kind, import_w, export_w })
		}

		/// Takes connection point `point` off the grid from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at its zone.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::PointRetired`], and those of a role check.
		///
		/// # Events
		/// [`Event::PointRetired`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::retire_point())]
		pub fn retire_point(origin: OriginFor<T>, point: PointId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire_point(who, point)
		}

		/// Publishes limits and fees of links for `interval`, whose gate is open: all of them or none. A later publication for
		/// the same link replaces an earlier one.
		///
		/// - `origin`: a distribution system operator at each of the zones.
		/// - `links`: zones, and limits in W and fee in nEUR/Wh of the link to their parent; each zone once.
		///
		/// # Errors
		/// [`Error::IntervalNotOpen`], [`Error::EmptyPublication`], [`Error::DuplicateZone`], [`Error::UnknownZone`],
		/// [`Error::RootHasNoLink`], [`Error::ZoneRetired`], [`Error::FeeAboveStatic`], [`Error::BelowSoldFlow`], and those
		/// of a role check.
		///
		/// # Events
		/// [`Event::Published`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::publish(links.len() as u32))]
		pub fn publish(
			origin: OriginFor<T>,
			interval: Interval,
			links: BoundedVec<(ZoneId, Link), T::MaxBatch>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_publish(who, interval, links)
		}

		/// Adds zones in the order given, as [`Pallet::add_zone`] adds one: all of them or none. A zone may hang below one
		/// before it in the list; they are numbered on from [`NextZone`].
		///
		/// - `origin`: who may add each of them with [`Pallet::add_zone`].
		/// - `zones`: parent and link of each.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::add_zone`].
		///
		/// # Events
		/// [`Event::ZoneAdded`] of each.
		#[pallet::call_index(6)]
		#[pallet::weight(
			T::WeightInfo::add_zones(zones.len() as u32).saturating_add(Pallet::<T>::paths_weight(zones.len()))
		)]
		pub fn add_zones(origin: OriginFor<T>, zones: BoundedVec<NewZone, T::MaxBatch>) -> DispatchResult {
			Self::do_add_zones(origin, &zones)
		}

		/// Adds connection points, as [`Pallet::add_point`] adds one: all of them or none. They are numbered on from
		/// [`NextPoint`], in the order given.
		///
		/// - `origin`: a distribution system operator at each of the zones.
		/// - `points`: zone, owner, kind and ratings in W of each.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::add_point`].
		///
		/// # Events
		/// [`Event::PointAdded`] of each.
		#[pallet::call_index(7)]
		#[pallet::weight(
			T::WeightInfo::add_points(points.len() as u32).saturating_add(Pallet::<T>::paths_weight(points.len()))
		)]
		pub fn add_points(origin: OriginFor<T>, points: BoundedVec<NewPoint, T::MaxBatch>) -> DispatchResult {
			Self::do_add_points(origin, &points)
		}
	}
}
