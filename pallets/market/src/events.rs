//! What the market tells. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod events {
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
		/// In a span from this interval on, zone prices lie elsewhere than in the middle of the supporting ones: the accepted
		/// block orders need `lean` parts of 2^31 of the way from the least to the greatest.
		PricesLean { interval: Interval, product: ProductId, lean: u32 },
		/// A block order, whose energy begins in `interval`, was accepted or not; the clearings with it follow. One
		/// that is rejected although it would have gained at the zone prices is told.
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
		/// A block order is gone and its collateral released, because all places of the span are taken and block order
		/// `by`, which is placed next, is better.
		BlockOrderEvicted { interval: Interval, product: ProductId, id: u32, by: u32, released: Balance },
		/// What stood of a participant's orders is cancelled, because it trades no more.
		Recalled { participant: ParticipantId },
	}
}
