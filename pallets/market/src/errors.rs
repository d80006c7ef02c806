//! Why the market refuses. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod errors {
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
		/// As many block orders stand in the span as may, none of them worse: offer more energy or a better limit.
		TooManyBlockOrders,
		/// As many all-or-nothing orders wait in this session as may, none of them worse: offer more energy or a better limit.
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
		/// Attestation window and twice the dispute window are longer than 14 days together, within which settlement ends.
		WindowsTooLong,
		/// With as many zones as there are, a gate would not be decided before delivery: close it earlier, or let fewer
		/// intervals share it.
		NoTimeToClear,
		/// The participant has a quarter of what all share here: take another of its orders back first.
		QuotaReached,
		/// The order took the place of another one, so it stands until the gate closes or a better one comes.
		TookAPlace,
		/// A retailer answers for the connection point in this interval, so it does not trade: end the service with `supply.choose`
		/// of none, and trade from the next interval on that opens.
		RetailersPoint,
		/// The connection point has no meter in this interval that tells what it delivers: a meter operator registers one with
		/// `metering.register_meter`, and the point trades from the meter's first interval on.
		NotMetered,
	}

	impl<T> From<ParameterError> for Error<T> {
		fn from(error: ParameterError) -> Self {
			match error {
				ParameterError::Clock => Error::InvalidClock,
				ParameterError::Horizon => Error::InvalidHorizon,
				ParameterError::Products => Error::InvalidProducts,
				ParameterError::Tick => Error::InvalidTick,
				ParameterError::PriceBounds => Error::InvalidPriceBounds,
				ParameterError::PostedBounds => Error::InvalidPostedBounds,
				ParameterError::Windows => Error::WindowsTooLong,
				ParameterError::Time => Error::NoTimeToClear,
			}
		}
	}
}
