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
//!   since the end of disputes, idle blocks remove the records of an interval, in order, here and in the other pallets.
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
//! session's counts are right; every cleared session passes the checker of `busbar-clearing` on the zones rebuilt from
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
pub mod collateral;
mod gate;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod orders;
pub mod parameters;
pub mod products;
mod pruning;
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

use auction::{
	block_orders::{BlockOrderTicket, Placed},
	sums,
	types::MAX_POINT_BLOCK_ORDERS,
	BlockOrder, BlockOrderCount, Energies, Level, Order,
};
use continuous::{
	queue::{Ends, PriceMapKey, QueueKey},
	Area, Book, EndReason, LimitOrder, Ticket, Trader, FILLS,
};
use gate::search::KeptSearch;
use parameters::ParameterError;
use types::{LoadedPage, ResultPage};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{Collateral, Finality, Grid, Participants, Prune, Solvency},
		AreaId, Balance, Interval, Moment, Outcome, PointId, Price, ProductId, ProductKind, Side, SignedWh, Step,
		TimeInForce, Wh, ZoneId, MAX_SPAN,
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

	/// How many block orders spans have.
	#[pallet::storage]
	pub type BlockOrderCounts<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, BlockOrderCount, ValueQuery>;

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

	/// Continuous sessions that need a pass.
	#[pallet::storage]
	pub type Due<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, ProductId, ()>;

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

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An interval has opened and with it this session: orders are accepted from `gate_opening` on, and strictly before
		/// `gate_closure`. Times are chain times in ms. `span` consecutive intervals share the gate, from one whose number is
		/// a multiple of it.
		SessionOpened {
			interval: Interval,
			product: ProductId,
			kind: ProductKind,
			span: u32,
			gate_opening: Moment,
			gate_closure: Moment,
			delivery_start: Moment,
		},
		/// The intervals from `from` up to but not including `until` never open: their gates passed while the chain stood.
		IntervalsSkipped { from: Interval, until: Interval },
		/// An order stands; `held` nEUR of the owner's money secure it.
		OrderPlaced {
			interval: Interval,
			product: ProductId,
			point: PointId,
			zone: ZoneId,
			account: T::AccountId,
			arrival: u32,
			held: Balance,
			steps: BoundedVec<Step, T::MaxSteps>,
		},
		/// An order took the place of another one, behind all others in time.
		OrderReplaced {
			interval: Interval,
			product: ProductId,
			point: PointId,
			zone: ZoneId,
			account: T::AccountId,
			arrival: u32,
			held: Balance,
			steps: BoundedVec<Step, T::MaxSteps>,
		},
		/// An order is gone and its collateral released.
		OrderCancelled {
			interval: Interval,
			product: ProductId,
			point: PointId,
			account: T::AccountId,
			released: Balance,
		},
		/// A session cleared: its prices and positions stand.
		Cleared { interval: Interval, product: ProductId, outcome: Outcome },
		/// A session failed safe: no positions.
		Failed { interval: Interval, product: ProductId, reason: FailReason },
		/// A block order stands, with an energy in Wh for each interval from `interval` on.
		BlockOrderPlaced {
			interval: Interval,
			product: ProductId,
			id: u32,
			point: PointId,
			zone: ZoneId,
			account: T::AccountId,
			side: Side,
			price: Price,
			wh: Energies,
			held: Balance,
		},
		/// A block order is gone and its collateral released.
		BlockOrderCancelled { interval: Interval, product: ProductId, id: u32, released: Balance },
		/// A block order, whose energy begins in `interval`, was accepted or not; the clearings with it follow. One
		/// that is rejected although it would have gained at the zone prices is told.
		/// In a span from this interval on, zone prices lie elsewhere than in the middle of the supporting ones: the accepted
		/// block orders need `lean` parts of 2^31 of the way from the least to the greatest.
		PricesLean { interval: Interval, product: ProductId, lean: u32 },
		BlockOrderDecided {
			interval: Interval,
			product: ProductId,
			id: u32,
			accepted: bool,
			rejected_in_the_money: bool,
		},
		/// An order arrived in a continuous session; its trades and its end follow.
		LimitOrderSubmitted {
			interval: Interval,
			product: ProductId,
			id: u64,
			point: PointId,
			zone: ZoneId,
			account: T::AccountId,
			side: Side,
			price: Price,
			wh: Wh,
			time_in_force: TimeInForce,
		},
		/// Two orders of a continuous session traded at the resting one's `price`; the aggressor bears the `fees` of the
		/// path, in nEUR.
		Traded {
			interval: Interval,
			product: ProductId,
			resting: u64,
			aggressor: u64,
			seller: PointId,
			buyer: PointId,
			wh: Wh,
			price: Price,
			fees: Balance,
		},
		/// The quantity of an order fell to `wh`; it keeps its place in time.
		LimitOrderReduced { interval: Interval, product: ProductId, id: u64, wh: Wh },
		/// An order does not stand (any more); `left` of it did not trade, and its collateral is released.
		LimitOrderEnded { interval: Interval, product: ProductId, id: u64, left: Wh, reason: EndReason },
		/// Continuous products of this area trade in these zones.
		AreaSet { area: AreaId, zones: Area },
		/// All records of an interval that are not kept for ever are gone.
		Pruned { interval: Interval },
		/// New parameters, for intervals that have not opened yet.
		ParametersSet { parameters: Parameters },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The interval never opened, or its records are pruned.
		UnknownInterval,
		/// The session's gate has not opened yet, or the interval is further ahead than the horizon.
		NotOpenYet,
		/// The session's gate has closed.
		GateClosed,
		/// The interval has no product with this number.
		UnknownProduct,
		/// The product is no call auction: submit a limit order instead.
		NotAnAuction,
		/// The product does not trade continuously: place an order instead.
		NotContinuous,
		/// An auction of the interval is being cleared: try again in the next block.
		SessionPaused,
		/// The connection point's zone is not in the session's area.
		OutsideArea,
		/// There is no area with this number.
		UnknownArea,
		/// The zones are not a part of the tree with the top first and every other zone below an earlier one.
		NoSubtree,
		/// The connection point has as many orders standing in this session as it may: withdraw one.
		TooManyOrders,
		/// The product takes no block orders: its intervals clear one by one.
		NoBlockOrders,
		/// The block order has no interval, or one beyond the span that its first belongs to.
		BeyondSpan,
		/// As many block orders stand in the span as may.
		TooManyBlockOrders,
		/// As many all-or-nothing orders wait in this session as may.
		NoRoomToWait,
		/// There is no connection point with this number.
		UnknownPoint,
		/// The connection point does not exist in this interval: it comes later or is retired by then.
		PointNotInForce,
		/// The connection point's owner has no account to hold collateral on.
		UnknownOwner,
		/// An order already stands in this session at this connection point: replace or cancel it.
		OrderExists,
		/// No order stands in this session at this connection point.
		NoOrder,
		/// The order has no steps.
		NoSteps,
		/// A step has no energy.
		ZeroQuantity,
		/// A step's price lies outside the interval's price bounds.
		PriceOutOfBounds,
		/// A step's price is no multiple of the interval's tick.
		PriceOffTick,
		/// A buy step's price is not below every sell step's price of the same order.
		CrossedSteps,
		/// The steps of one side, together with what the point has bought or may buy (or sell) in the interval's other
		/// sessions, exceed what the connection point's rating can carry.
		BeyondRating,
		/// The session's book has no room for another price level.
		TooManyLevels,
		/// The queue at this price has numbered as many arrivals as it can: use another price.
		QueueFull,
		/// The session's offered energy would exceed what can be counted.
		Overflow,
		/// The book contradicts itself, which would be a defect.
		Corrupt,
		/// The interval clock, the interval's length and the epoch are fixed at genesis.
		FixedAtGenesis,
		/// The interval clock is zero or no multiple of the slot, or the interval's length is zero.
		InvalidClock,
		/// The horizon is zero, too long, or so short that gates close before intervals open.
		InvalidHorizon,
		/// There is no product, or one whose gate closes before it opens or less than a slot before delivery.
		InvalidProducts,
		/// The tick is zero.
		InvalidTick,
		/// A price bound is off the tick or out of range, or the floor lies above the cap.
		InvalidPriceBounds,
		/// A bound of posted prices is out of range, or the lower lies above the higher.
		InvalidPostedBounds,
		/// With as many zones as there are, a gate would not be decided before delivery: close it earlier, or let fewer
		/// intervals share it.
		NoTimeToClear,
	}

	impl<T> From<ParameterError> for Error<T> {
		fn from(error: ParameterError) -> Self {
			match error {
				ParameterError::Clock => Self::InvalidClock,
				ParameterError::Horizon => Self::InvalidHorizon,
				ParameterError::Products => Self::InvalidProducts,
				ParameterError::Tick => Self::InvalidTick,
				ParameterError::PriceBounds => Self::InvalidPriceBounds,
				ParameterError::PostedBounds => Self::InvalidPostedBounds,
				ParameterError::Time => Self::NoTimeToClear,
			}
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
			let before = T::WeightInfo::poll()
				.saturating_add(T::WeightInfo::open().saturating_mul(T::MaxOpenPerBlock::get().into()))
				.saturating_add(T::WeightInfo::begin(MAX_SPAN));
			let stages = [
				T::WeightInfo::load_zones(1),
				T::WeightInfo::load_levels(1),
				T::WeightInfo::pass(),
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
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Places the order of a connection point in a session and holds its collateral.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, an auction whose gate is open;
		/// - `point`: one in force in the interval, of whose zone the order becomes part;
		/// - `steps`: quantities in Wh, limit prices in nEUR/Wh on the tick and within the bounds, buys below sells. The
		///   sum of either side, over all sessions of the interval, stays within the point's rating.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotAnAuction`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if the
		/// signer may not trade there; [`Error::UnknownOwner`], [`Error::OrderExists`]; [`Error::NoSteps`],
		/// [`Error::ZeroQuantity`], [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`], [`Error::CrossedSteps`];
		/// [`Error::BeyondRating`], [`Error::TooManyLevels`], [`Error::QueueFull`], [`Error::Overflow`]; those of
		/// `Collateral` if the owner has unpaid debt, or if its free money does not cover the worst net debt.
		///
		/// Event: [`Event::OrderPlaced`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::place(steps.len() as u32))]
		pub fn place(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			steps: BoundedVec<Step, T::MaxSteps>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let (zone, account, arrival, held) = Self::do_place(&who, (interval, product), point, &steps)?;
			Self::deposit_event(Event::OrderPlaced { interval, product, point, zone, account, arrival, held, steps });
			Ok(())
		}

		/// Replaces the order of a connection point in a session, at once: its collateral is released and the new one's
		/// held, and it loses its place in time.
		///
		/// Origin: as of `place`.
		/// - the parameters are those of `place`.
		///
		/// Errors: [`Error::NoOrder`] if none stands; else those of `place`, of which [`Error::OrderExists`] and
		/// [`Error::NotAnAuction`] cannot be.
		///
		/// Event: [`Event::OrderReplaced`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::replace(T::MaxSteps::get(), steps.len() as u32))]
		pub fn replace(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			steps: BoundedVec<Step, T::MaxSteps>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let new = steps.len() as u32;
			let session = (interval, product);
			let (_, _, old) = Self::do_cancel(&who, session, point)?;
			let (zone, account, arrival, held) = Self::do_place(&who, session, point, &steps)?;
			Self::deposit_event(Event::OrderReplaced { interval, product, point, zone, account, arrival, held, steps });
			Ok(Some(T::WeightInfo::replace(old, new)).into())
		}

		/// Cancels the order of a connection point in a session and releases its collateral.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, whose gate is open;
		/// - `point`: where the order stands.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`];
		/// [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if the signer may not trade
		/// there; [`Error::NoOrder`] if none stands.
		///
		/// Event: [`Event::OrderCancelled`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::cancel(T::MaxSteps::get()))]
		pub fn cancel(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let (account, released, steps) = Self::do_cancel(&who, (interval, product), point)?;
			Self::deposit_event(Event::OrderCancelled { interval, product, point, account, released });
			Ok(Some(T::WeightInfo::cancel(steps)).into())
		}

		/// Sets the parameters of intervals that have not opened yet.
		///
		/// Origin: `AdminOrigin`.
		/// - `parameters`: all of them; the interval clock, the interval's length and the epoch as they are.
		///
		/// Errors: [`Error::FixedAtGenesis`] if one of these three differs, because intervals are numbered and measured by
		/// them; [`Error::InvalidClock`], [`Error::InvalidHorizon`], [`Error::InvalidProducts`], [`Error::InvalidTick`],
		/// [`Error::InvalidPriceBounds`], [`Error::InvalidPostedBounds`] if they make no sense together;
		/// [`Error::UnknownArea`] if a continuous product's area is not set.
		///
		/// Event: [`Event::ParametersSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let old = ParametersValue::<T>::get();
			ensure!(
				(old.interval_clock_s, old.interval_s, old.epoch)
					== (parameters.interval_clock_s, parameters.interval_s, parameters.epoch),
				Error::<T>::FixedAtGenesis
			);
			parameters.validate::<T>(T::SlotDuration::get()).map_err(Error::<T>::from)?;
			parameters.validate_time::<T>(T::Grid::zone_count()).map_err(Error::<T>::from)?;
			for product in &parameters.products {
				Self::kind(product).ensure_known(product)?;
			}
			ParametersValue::<T>::put(&parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Submits an order to a continuous session: it trades at once with what it can, best price first, and stands with
		/// the rest if its time in force says so. Its collateral is held.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, a continuous one whose gate is open; `point` is in one of its
		///   zones;
		/// - `side`: whether it buys or sells;
		/// - `price`: limit in nEUR/Wh on the tick and within the bounds, including the fees that the order may have to
		///   bear;
		/// - `wh`: quantity in Wh, within the point's rating over all sessions of the interval;
		/// - `time_in_force`: what becomes of what does not trade at once.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotContinuous`], [`Error::SessionPaused`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and
		/// those of `Participants` if the signer may not trade there; [`Error::UnknownOwner`], [`Error::OutsideArea`], and
		/// with a session's first order [`Error::UnknownArea`] and [`Error::NoSubtree`]; [`Error::ZeroQuantity`],
		/// [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`]; [`Error::BeyondRating`], [`Error::TooManyOrders`],
		/// [`Error::NoRoomToWait`], [`Error::Overflow`]; those of `Collateral` as of `place`.
		///
		/// Event: [`Event::LimitOrderSubmitted`], an [`Event::Traded`] per trade, and [`Event::LimitOrderEnded`] if it does
		/// not stand.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::submit(FILLS))]
		#[allow(clippy::too_many_arguments)]
		pub fn submit(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			side: Side,
			price: Price,
			wh: Wh,
			time_in_force: TimeInForce,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let ticket = Ticket { point, side, price, wh, time_in_force };
			let (_, trades) = Self::do_submit(&who, (interval, product), ticket)?;
			Ok(Some(T::WeightInfo::submit(trades)).into())
		}

		/// Withdraws an order from a continuous session and releases its collateral.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, whose gate is open;
		/// - `id`: the order's number in it.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotContinuous`], [`Error::SessionPaused`]; [`Error::NoOrder`] if none stands; [`Error::UnknownPoint`],
		/// [`Error::PointNotInForce`] and those of `Participants` if the signer may not trade there.
		///
		/// Event: [`Event::LimitOrderEnded`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, interval: Interval, product: ProductId, id: u64) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw(&who, (interval, product), id)
		}

		/// Changes limit and quantity of an order of a continuous session. If the price stays and the quantity does not grow
		/// it keeps its place in time; else it is withdrawn and submitted anew.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval`, `product` and `id` name the order, as of `withdraw`;
		/// - `price` in nEUR/Wh and `wh` in Wh: as of `submit`.
		///
		/// Errors: those of `withdraw`; if it is submitted anew those of `submit`, too.
		///
		/// Event: [`Event::LimitOrderReduced`], or the events of `withdraw` and `submit`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::withdraw().saturating_add(T::WeightInfo::submit(FILLS)))]
		pub fn amend(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			id: u64,
			price: Price,
			wh: Wh,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let (_, trades) = Self::do_amend(&who, (interval, product), id, price, wh)?;
			Ok(Some(T::WeightInfo::withdraw().saturating_add(T::WeightInfo::submit(trades))).into())
		}

		/// Sets the zones of an area in which continuous products trade: for sessions in which no order has arrived yet.
		///
		/// Origin: `AdminOrigin`.
		/// - `area`: its number;
		/// - `zones`: a part of the tree, the top first.
		///
		/// Errors: [`Error::NoSubtree`] if the zones are none, as the tree stands in the interval that opens next.
		///
		/// Event: [`Event::AreaSet`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_area())]
		pub fn set_area(origin: OriginFor<T>, area: AreaId, zones: Area) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::check_area(&zones)?;
			Areas::<T>::insert(area, &zones);
			Self::deposit_event(Event::AreaSet { area, zones });
			Ok(())
		}

		/// Places a block order, whose energy begins in an interval, and holds its collateral.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name a session whose gate is open and whose intervals clear together; `point`: one in
		///   force in all intervals of the order;
		/// - `side`: whether it buys or sells;
		/// - `price`: limit of the order's sum in nEUR/Wh, on the tick and within the bounds;
		/// - `wh`: energy in Wh of `interval` and the following ones, all of one span, within the point's rating.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NoBlockOrders`], [`Error::BeyondSpan`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those
		/// of `Participants` if the signer may not trade there; [`Error::UnknownOwner`]; [`Error::ZeroQuantity`],
		/// [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`]; [`Error::BeyondRating`], [`Error::Overflow`],
		/// [`Error::TooManyBlockOrders`], [`Error::TooManyOrders`]; those of `Collateral` as of `place`.
		///
		/// Event: [`Event::BlockOrderPlaced`]; [`Event::BlockOrderDecided`] follows when the gate closes.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::place_block_order(wh.len() as u32))]
		pub fn place_block_order(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			side: Side,
			price: Price,
			wh: Energies,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let ticket = BlockOrderTicket { point, side, price, wh: &wh };
			let Placed { id, zone, account, held } = Self::do_place_block_order(&who, (interval, product), ticket)?;
			Self::deposit_event(Event::BlockOrderPlaced {
				interval,
				product,
				id,
				point,
				zone,
				account,
				side,
				price,
				wh,
				held,
			});
			Ok(())
		}

		/// Cancels a block order and releases its collateral.
		///
		/// Origin: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name a session of its span, any of them, whose gate is open;
		/// - `id`: the order's number in the span.
		///
		/// Errors: [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`];
		/// [`Error::NoOrder`] if it does not stand; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of
		/// `Participants` if the signer may not trade there.
		///
		/// Event: [`Event::BlockOrderCancelled`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::cancel_block_order())]
		pub fn cancel_block_order(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			id: u32,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let released = Self::do_cancel_block_order(&who, (interval, product), id)?;
			Self::deposit_event(Event::BlockOrderCancelled { interval, product, id, released });
			Ok(())
		}
	}
}
