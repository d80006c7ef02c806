//! Reductions: what members offer to draw or feed in less, what the grid operator orders, and what is held for it.
//!
//! The grid operator may order a member to use or feed in less than it contracted, before delivery begins, and settlement
//! makes it pay for that. In an emergency it may do so during delivery: then it takes at most the contracted energy's share of
//! the time that is left. A charge for what is not delivered needs the member's consent, its offer, and offers close when
//! limits are published for the point's zone or one above it.
//!
//! What the charge comes to if nothing is delivered is held on the owner's account from the offer on; the most that the order
//! can cost, on its operator's from the order on; both until settlement takes the point through its debit phase. An order
//! without a charge stands whatever its operator has: what its money lacks is its debt, and no one else's to bear.
//!
//! Delivery is counted against the lesser of what was contracted and of what the point would have drawn, which like days
//! before the order say ([`Orders`], `docs/settlement.md`).
//!
//! # Invariants
//!
//! 1. What is held for charges and orders is what they say; none is kept empty.
//! 2. A point has an offer or an order in an interval, not both; of every order it is known who gave it.
//!
//! Offers and orders go by `Prune` once their interval is final; what is held, when its point is debited.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod money;
mod orders;
#[cfg(test)]
mod tests;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{Calendar, Finality, Grid, Participants, Positions, Readings},
		Balance, Flexibility, Interval, Placed, PointId, ADJUSTED_BY,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, InspectHold, MutateHold},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Reason under which the currency holds money.
		type RuntimeHoldReason: From<HoldReason>;

		/// The money of the market, in nEUR.
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ InspectHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ MutateHold<Self::AccountId>;

		/// Who may do what.
		type Participants: Participants<Self::AccountId>;
		/// Connection points.
		type Grid: Grid;
		/// Chain time and terms of intervals.
		type Calendar: Calendar;
		/// What is contracted.
		type Positions: Positions;
		/// What like days say.
		type Readings: Readings;
		/// Which intervals are final.
		type Finality: Finality;

		type WeightInfo: WeightInfo;

		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Why money is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// What a member would pay if it delivered nothing of the flexibility that it offers.
		Charge,
		/// What an operator may come to pay for what it ordered.
		Order,
	}

	/// Flexibility that members offer. Pruned with the interval.
	#[pallet::storage]
	pub type Offers<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Flexibility, OptionQuery>;

	/// Whose money is held for the charges of offers and orders, and how much, in nEUR. Gone when the point is debited.
	#[pallet::storage]
	pub type Charges<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, (T::AccountId, Balance), OptionQuery>;

	/// Whose money is held for orders, and how much, in nEUR. Gone when the point is debited.
	#[pallet::storage]
	pub type Funds<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, (T::AccountId, Balance), OptionQuery>;

	/// What the grid operator ordered. Pruned with the interval.
	#[pallet::storage]
	pub type Activations<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Flexibility, OptionQuery>;

	/// Who ordered it, and what its delivery is counted by. Pruned with the interval.
	#[pallet::storage]
	pub type Orders<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Placed, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A member offers flexibility, or none any more.
		FlexibilityOffered { interval: Interval, point: PointId, offer: Option<Flexibility> },
		/// The grid operator ordered a member to draw or feed in less than contracted.
		ReductionOrdered { interval: Interval, point: PointId, order: Flexibility },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such connection point, or none that belongs to this interval.
		UnknownPoint,
		/// The interval has not opened, or its records are pruned.
		UnknownInterval,
		/// The interval's delivery has ended.
		DeliveryEnded,
		/// Delivery has begun: offers are made, and orders with a charge given, before that.
		DeliveryBegun,
		/// Limits of the interval are published for the point's zone or one above it: offers are made before that.
		OffersClosed,
		/// The grid operator has ordered a reduction here already: another one must take more, of the same kind.
		AlreadyOrdered,
		/// Nothing that is contracted is left to take in what remains of the interval.
		NothingLeft,
		/// Energy must be above zero.
		ZeroEnergy,
		/// The price and the charge must not be below zero.
		NegativePrice,
		/// The price and the charge must not be above the interval's dearest energy: the greater of its price cap and of its
		/// bound of the short price.
		BeyondPrices,
		/// A coupling point has nothing to leave: name a metered point.
		IsCoupling,
		/// A charge for non-delivery needs an offer of the member with the same terms and at least this energy.
		NotOffered,
		/// The point's owner has no account.
		UnknownParticipant,
		/// The account has too little free money for the charge for non-delivery.
		BeyondCharge,
		/// The operator's account has too little free money for the most that this order can cost. Without a charge it is given
		/// all the same, and what is lacking becomes a debt.
		BeyondFunds,
		/// The charge or the cost is beyond the range of its type.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Offers to draw or feed in less than contracted in an interval, or takes the offer back. What the charge for
		/// non-delivery comes to if nothing is delivered is held on the owner's account until the point is settled. Until
		/// limits are published for its zone or one above it, and delivery begins.
		///
		/// - `origin`: the point's owner, or its delegate for trade; for an offer the owner holds a role that trades there
		///   ([`busbar_primitives::Role::trading`]).
		/// - `interval` and `point`: when and where.
		/// - `offer`: energy in Wh, price and charge in nEUR/Wh, or `None`.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::IsCoupling`], [`Error::UnknownInterval`], [`Error::DeliveryEnded`],
		/// [`Error::DeliveryBegun`], [`Error::OffersClosed`], [`Error::AlreadyOrdered`], [`Error::ZeroEnergy`],
		/// [`Error::NegativePrice`], [`Error::BeyondPrices`], [`Error::UnknownParticipant`], [`Error::BeyondCharge`],
		/// [`Error::Overflow`]; if the signer may not trade for the owner.
		///
		/// # Events
		/// [`Event::FlexibilityOffered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::offer())]
		pub fn offer(
			origin: OriginFor<T>,
			interval: Interval,
			point: PointId,
			offer: Option<Flexibility>,
		) -> DispatchResult {
			Self::do_offer(&ensure_signed(origin)?, interval, point, offer)
		}

		/// Orders a member to draw or feed in less than contracted. Who orders pays for it in settlement: the stated price for
		/// what is delivered, and the value of what the member bought and may not use. The most that this can be is held on its
		/// account, or all that is free there: an order without a charge stands all the same, and what is lacking becomes its
		/// debt. A charge for what is not delivered needs the member's offer. During delivery it takes at most what is
		/// contracted and not taken yet, in proportion to the time that is left. An order that takes more stands in place of
		/// one before it.
		///
		/// - `origin`: a distribution system operator of the point's zone, before delivery has ended.
		/// - `interval` and `point`: when and where.
		/// - `order`: energy in Wh, price and charge in nEUR/Wh.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::IsCoupling`], [`Error::UnknownInterval`], [`Error::DeliveryEnded`],
		/// [`Error::DeliveryBegun`] and [`Error::NothingLeft`] during delivery, [`Error::AlreadyOrdered`],
		/// [`Error::ZeroEnergy`], [`Error::NegativePrice`], [`Error::BeyondPrices`], [`Error::NotOffered`],
		/// [`Error::UnknownParticipant`], [`Error::BeyondCharge`], [`Error::BeyondFunds`], [`Error::Overflow`], and those of a
		/// role check.
		///
		/// # Events
		/// [`Event::ReductionOrdered`].
		#[pallet::call_index(1)]
		// Beside what is measured: like days of the interval, and of those that its baseline is adjusted by.
		#[pallet::weight(
			T::WeightInfo::order_reduction()
				.saturating_add(weights::like(T::DbWeight::get(), 1 + ADJUSTED_BY.len() as u32))
		)]
		pub fn order_reduction(
			origin: OriginFor<T>,
			interval: Interval,
			point: PointId,
			order: Flexibility,
		) -> DispatchResult {
			Self::do_order(&ensure_signed(origin)?, interval, point, order)
		}
	}
}
