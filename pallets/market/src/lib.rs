//! # The market
//!
//! Orders, gate closure, clearing, zone prices and positions of delivery intervals.
//!
//! ## What it owns
//!
//! The calendar: which interval a moment belongs to, when gates open and close, and the terms and products that were
//! fixed when an interval opened. Sessions: each product of an interval is traded in one. Per session and connection point
//! one order: a step curve, whose collateral is held, or, in a continuous session, a few limit orders. The book: energy per
//! price level, each level a storage key in price order, with running sums over its queue ([`auction::sums`]). What
//! clearing decided: results in pages of zones, an outcome per session; positions derive from them and add up over
//! sessions.
//!
//! What differs between kinds of products stands behind one trait ([`products`]).
//!
//! ## The states of an interval
//!
//! ```text
//! unopened --on_poll--> open --every session has ended--> ended --on_idle--> pruned
//!     \---- its last gate passed while the chain stood still ----> skipped
//! ```
//!
//! and of each of its sessions
//!
//! ```text
//! announced --gate opens--> open --gate closes--> closing --on_poll, over blocks--> cleared | failed
//! ```
//!
//! - **Opening.** Intervals open up to `horizon` intervals ahead of the one in delivery, once the grid has a root zone, a
//!   bounded number per block. An interval whose last gate has passed never opens: after a halt of any length the next one
//!   to open is the first with a gate still ahead, and the passed range is kept as one entry of [`Skipped`].
//! - **Closing.** A session takes orders from its gate's opening on and strictly before its closure. Gates close in the
//!   order of their closure, at most `MaxClosePerBlock` per block, right after the block's inherents, so that chain time is
//!   this block's, and within `ClearingShare` of a block. What does not fit continues in the next block (`gate`);
//!   transactions go on meanwhile. `integrity_test` proves that every stage fits the share of one block.
//! - **Continuous sessions** trade orders as they arrive ([`continuous`]); at their gate nothing is left to decide.
//! - **Spans.** A product may let consecutive intervals share one gate: they clear together, and take block orders
//!   ([`auction::block_orders`]).
//! - **Later sessions** clear on the capacity that the flows of earlier ones leave, and pay fees on their own flow.
//! - **Failing safe.** If delivery has begun before a session could clear, because the chain stood still or its blocks were
//!   full, or if clearing refuses its input, the session has no positions and no prices; settlement takes its orders'
//!   collateral back to their owners. What other sessions of the interval decided stands.
//! - **Pruning.** When settlement says that nothing moves any more and `retention` intervals of chain time have passed
//!   since the end of disputes, idle blocks remove the records of an interval, here and in the other pallets. In order, but
//!   that one which is not settled by then delays no other (`pruning`).
//!
//! ## Time priority
//!
//! Each step gets the next arrival number of its side of its price level. Replacing an order takes new numbers. Clearing
//! says how much of the marginal level's side is accepted; an order's fill is what remains of it behind the energy ahead.
//! Placing, cancelling and deriving a fill touch a constant number of keys per step, whatever the size of the book.
//!
//! ## Invariants
//!
//! Checked by `do_try_state`: the sums of levels equal the orders' steps and the sums of queues equal the levels; the
//! session's counts are right, and so are those of steps in their owners' records; every cleared session passes the checker of `busbar-clearing` on the zones rebuilt from
//! storage; accepted buys equal accepted sells equal the outcome's `traded`; no contracted flow, over all sessions, exceeds
//! its link's limit; nobody is filled worse than their limit price; every session that has not ended has its gate; the
//! queues of continuous sessions agree with their orders, and what their buyers pay is what sellers receive and the fees.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

pub use pallet::*;

mod admitted;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calendar;
mod calls;
pub mod collateral;
mod errors;
mod events;
mod gate;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod orders;
pub mod parameters;
pub mod products;
mod pruning;
mod recall;
#[cfg(test)]
mod tests;
pub mod types;
mod views;
pub mod weights;

pub use admitted::LEAST_LEVELS;
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use parameters::Parameters;
pub use products::{auction, continuous};
pub use types::{FailReason, Gate, GateKey, PriceKey, Record, Session, SessionId};
pub use weights::WeightInfo;

use auction::close::search::KeptSearch;
use auction::{
	block_orders::{BlockOrderTicket, Placed},
	sums,
	types::MAX_POINT_BLOCK_ORDERS,
	BlockOrder, Energies, Level, Order, SpanPlaces,
};
use continuous::{
	queue::{Ends, PriceMapKey, QueueKey},
	Area, Book, EndReason, LimitOrder, Ticket, Trader, FILLS,
};
use parameters::ParameterError;
use types::{LoadedPage, Recall, RecallKey, ResultPage};

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{self, Collateral, Finality, Grid, Meters, OnTrader, Participants, Prune, Solvency, Supply},
		AreaId, Balance, Interval, Moment, Outcome, ParticipantId, PointId, Price, ProductId, ProductKind, Side,
		SignedWh, Step, TimeInForce, Wh, ZoneId, MAX_SPAN,
	};
	use frame_support::{pallet_prelude::*, traits::Time, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use sp_runtime::Perbill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who may trade for whom.
		type Participants: Participants<Self::AccountId>;
		/// The tree of each interval, and the connection points. Must hold no more than `MaxZones` zones.
		type Grid: Grid;
		/// Where the collateral of orders is held.
		type Collateral: Collateral<Self::AccountId> + Solvency;
		/// Whose connection points are: those of a retailer take no orders.
		type Supply: Supply;
		/// Since when connection points are metered: before that they take no orders.
		type Meters: Meters;
		/// Who keeps what is counted of a participant's orders, with all else that an order needs of it.
		type Traders: traits::Traders<Self::AccountId> + OnTrader;
		/// When an interval's money has stopped moving.
		type Finality: Finality;
		/// What else is pruned with an interval: the other pallets that keep records of it.
		type Prunable: Prune;
		/// Chain time of the block, in ms.
		type Time: Time<Moment = Moment>;
		/// Length of a slot, in ms: the interval clock must be a multiple of it.
		#[pallet::constant]
		type SlotDuration: Get<Moment>;
		/// Most steps of an order.
		#[pallet::constant]
		type MaxSteps: Get<u32>;
		/// Greatest depth of the tree, which bounds the walk of a role check.
		#[pallet::constant]
		type MaxDepth: Get<u32>;
		/// Most zones of an interval's tree that clears.
		#[pallet::constant]
		type MaxZones: Get<u32>;
		/// Most price levels that hold energy in a session, over all zones.
		#[pallet::constant]
		type MaxLevels: Get<u32>;
		/// Most intervals that open in one block.
		#[pallet::constant]
		type MaxOpenPerBlock: Get<u32>;
		/// Most gates that close in one block.
		#[pallet::constant]
		type MaxClosePerBlock: Get<u32>;
		/// Most keys that one idle block prunes.
		#[pallet::constant]
		type MaxPrunePerBlock: Get<u32>;
		/// Greatest share of a block that opening and closing may take.
		#[pallet::constant]
		type ClearingShare: Get<Perbill>;
		type WeightInfo: WeightInfo;
		/// Sets up what orders need.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// An order of this runtime.
	pub type OrderOf<T> = Order<<T as frame_system::Config>::AccountId, <T as Config>::MaxSteps>;

	/// The market's parameters.
	#[pallet::storage]
	pub type ParametersValue<T> = StorageValue<_, Parameters, ValueQuery>;

	/// The first interval that has not opened yet.
	#[pallet::storage]
	pub type NextToOpen<T> = StorageValue<_, Interval, ValueQuery>;

	/// Gates of sessions that have not ended, in the order of their closure, with the number of intervals that share them.
	#[pallet::storage]
	pub type Gates<T> = StorageMap<_, Identity, GateKey, u32>;

	/// The gate that the last block did not finish closing.
	#[pallet::storage]
	pub type ClosingGate<T> = StorageValue<_, Gate>;

	/// What earlier blocks loaded of it.
	#[pallet::storage]
	pub type LoadedPages<T: Config> = StorageMap<_, Identity, u32, LoadedPage<T::MaxZones, T::MaxLevels>>;

	/// Where the choice of its block orders stands.
	#[pallet::storage]
	pub type Searching<T> = StorageValue<_, KeptSearch>;

	/// The first interval whose records are not all pruned.
	#[pallet::storage]
	pub type NextToPrune<T> = StorageValue<_, Interval, ValueQuery>;

	/// The first interval that pruning has not looked at: those before it are pruned, or wait.
	#[pallet::storage]
	pub type NextToLook<T> = StorageValue<_, Interval, ValueQuery>;

	/// Intervals whose retention is over and whose money still moves, by their numbers in big-endian bytes, so that they are
	/// found in their order. They keep their records; at most as many as are not settled in time.
	#[pallet::storage]
	pub type Waiting<T> = StorageMap<_, Identity, [u8; 4], ()>;

	/// The one of them that was looked at last: those behind it are next.
	#[pallet::storage]
	pub type LastWaiting<T> = StorageValue<_, [u8; 4]>;

	/// The interval that is being pruned over several blocks.
	#[pallet::storage]
	pub type Pruning<T> = StorageValue<_, Interval>;

	/// Ranges of intervals that never opened: the first, and the first after it. One entry per halt.
	#[pallet::storage]
	pub type Skipped<T> = StorageMap<_, Twox64Concat, Interval, Interval>;

	/// Intervals that have opened.
	#[pallet::storage]
	pub type Intervals<T> = StorageMap<_, Twox64Concat, Interval, Record>;

	/// Sessions, by interval and product.
	#[pallet::storage]
	pub type Sessions<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, Session>;

	/// Orders, by session and connection point.
	#[pallet::storage]
	pub type Orders<T: Config> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, PointId>),
		OrderOf<T>,
	>;

	/// Price levels that hold energy, in price order within a session's zone.
	#[pallet::storage]
	pub type Levels<T> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, Interval>,
			NMapKey<Twox64Concat, ProductId>,
			NMapKey<Twox64Concat, ZoneId>,
			NMapKey<Identity, PriceKey>,
		),
		Level,
	>;

	/// Running sums over the queues of price levels.
	#[pallet::storage]
	pub type Queues<T> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, Interval>,
			NMapKey<Twox64Concat, ProductId>,
			NMapKey<Twox64Concat, ZoneId>,
			NMapKey<Identity, PriceKey>,
			NMapKey<Identity, sums::NodeKey>,
		),
		sums::Node,
		ValueQuery,
	>;

	/// What sessions decided, in pages of [`types::PAGE`] zones.
	#[pallet::storage]
	pub type Results<T> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, u32>),
		ResultPage,
	>;

	/// Block orders, by the last interval of their span, product and number.
	#[pallet::storage]
	pub type BlockOrders<T: Config> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, u32>),
		BlockOrder<T::AccountId>,
	>;

	/// The block orders of connection points.
	#[pallet::storage]
	pub type PointBlockOrders<T> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, PointId>),
		BoundedVec<u32, ConstU32<MAX_POINT_BLOCK_ORDERS>>,
		ValueQuery,
	>;

	/// Who has the places of spans for block orders.
	#[pallet::storage]
	pub type BlockOrderPlaces<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, SpanPlaces, ValueQuery>;

	/// Zones in which continuous products trade, by number.
	#[pallet::storage]
	pub type Areas<T> = StorageMap<_, Twox64Concat, AreaId, Area>;

	/// Continuous sessions in which an order has arrived.
	#[pallet::storage]
	pub type Books<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, Book>;

	/// Orders that stand in continuous sessions, by their numbers.
	#[pallet::storage]
	pub type LimitOrders<T: Config> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, u64>),
		LimitOrder<T::AccountId>,
	>;

	/// Ends of the queues of continuous sessions.
	#[pallet::storage]
	pub type PriceQueues<T> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, QueueKey>),
		Ends,
	>;

	/// Which prices of a continuous session hold orders.
	#[pallet::storage]
	pub type PriceMaps<T> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, PriceMapKey>),
		[u64; 4],
		ValueQuery,
	>;

	/// What connection points have traded in continuous sessions, and have standing.
	#[pallet::storage]
	pub type Traders<T: Config> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, Interval>, NMapKey<Twox64Concat, ProductId>, NMapKey<Twox64Concat, PointId>),
		Trader<T::AccountId>,
	>;

	/// Flow of continuous trades over the link above a zone, in Wh, over all continuous sessions of an interval.
	#[pallet::storage]
	pub type TradedFlows<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ZoneId, SignedWh, ValueQuery>;

	/// Whose standing orders are cancelled because it trades no more, from when on, and how far that has come. One for each
	/// participant that was suspended or removed or lost its roles, until it is done.
	#[pallet::storage]
	pub type Recalls<T> = StorageMap<_, Identity, RecallKey, Recall>;

	/// Continuous sessions that need a pass.
	#[pallet::storage]
	pub type Due<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, ()>;

	/// The one of them that had a pass last: those behind it are next.
	#[pallet::storage]
	pub type LastPass<T> = StorageValue<_, SessionId>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The market's parameters; the interval clock, the interval's length and the epoch stay for ever.
		pub parameters: Parameters,
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let valid = self.parameters.validate::<T>(T::SlotDuration::get());
			let valid = valid.and_then(|()| self.parameters.validate_time::<T>(T::Grid::zone_count()));
			assert!(valid.is_ok(), "market parameters at genesis: {valid:?}");
			ParametersValue::<T>::put(&self.parameters);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_poll(_: BlockNumberFor<T>, meter: &mut WeightMeter) {
			Self::open_and_close(meter);
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::prune_next(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			let max_block = T::BlockWeights::get().max_block;
			let share = T::ClearingShare::get() * max_block;
			assert!(
				Self::recall_share().all_gte(Self::largest_recall()),
				"the largest order does not fit a block's share for recalls"
			);
			let before = T::WeightInfo::poll()
				.saturating_add(T::WeightInfo::open().saturating_mul(T::MaxOpenPerBlock::get().into()))
				.saturating_add(T::WeightInfo::begin(MAX_SPAN));
			let stages = [
				T::WeightInfo::load_zones(1),
				T::WeightInfo::load_levels(1),
				Self::pass_weight(),
				T::WeightInfo::block_orders()
					.saturating_add(T::WeightInfo::load_zones(T::MaxZones::get()))
					.saturating_add(T::WeightInfo::decide(T::MaxZones::get(), 0)),
				T::WeightInfo::block_orders()
					.saturating_add(T::WeightInfo::search())
					.saturating_add(T::WeightInfo::choose(T::MaxZones::get(), T::MaxLevels::get()))
					.saturating_add(T::WeightInfo::decide(T::MaxZones::get(), T::MaxLevels::get())),
			];
			for stage in stages.map(|stage| before.saturating_add(stage)) {
				assert!(
					stage.all_lte(share),
					"the largest clearing ({stage:?}) does not fit ClearingShare of a block ({share:?}): lower MaxLevels"
				);
			}
			assert!(T::MaxSteps::get() > 0 && T::MaxOpenPerBlock::get() > 0 && T::MaxClosePerBlock::get() > 0);
			assert!(T::MaxPrunePerBlock::get() > 0, "nothing would ever be pruned");
			assert!(T::SlotDuration::get() > 0, "a slot has a length");
			let most = Self::most_steps(T::MaxLevels::get());
			assert!(most <= u16::MAX.into(), "a participant's steps in a session are counted in 16 bits");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
