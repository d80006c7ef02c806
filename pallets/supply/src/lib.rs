//! Retailers, who answer for connection points in intervals in which they do not trade.
//!
//! A point's owner chooses a retailer, and once that accepts, the point is the retailer's in every interval from the first one
//! on whose session has not opened: its money is the retailer's, and the market takes no orders for it. So what decides whose
//! an interval is stands before its session opens, when nobody knows what it will come to; who wants to trade ends the service
//! before. Intervals that are open stay with who had them: a change never reaches back. Who served in intervals that are not
//! settled yet is remembered, so changes of one point within these are bounded.
//!
//! A retailer resigns with the notice that the council sets. Then the point falls to the supplier of last resort that the
//! council named when the retailer resigned, and that cannot resign; if there is none, to its owner, who settles it as
//! imbalance. Until then, and later, its owner may choose another one.
//!
//! # Invariant
//!
//! A point's retailers stand in the order of their intervals, which do not overlap, and only the last may serve for good.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "runtime-benchmarks")]
extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod service;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{Calendar, Grid, Participants, Settled},
		Interval, ParticipantId, PointId,
	};
	use frame_support::{pallet_prelude::*, traits::EnsureOrigin};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Who names the supplier of last resort and sets the notice.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who may do what.
		type Participants: Participants<Self::AccountId>;
		/// Connection points.
		type Grid: Grid;
		/// Which intervals are open.
		type Calendar: Calendar;
		/// Which intervals are settled.
		type Settlement: Settled;

		type WeightInfo: WeightInfo;

		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The retailers that owners chose and that do not serve them yet; at most one per connection point.
	#[pallet::storage]
	pub type Choices<T> = StorageMap<_, Twox64Concat, PointId, ParticipantId, OptionQuery>;

	/// Who answers for connection points in intervals in which they do not trade, the latest last.
	#[pallet::storage]
	pub type Serving<T> = StorageMap<_, Twox64Concat, PointId, BoundedVec<Served, ConstU32<MAX_RETAILERS>>, ValueQuery>;

	/// What holds where a retailer resigns.
	#[pallet::storage]
	pub type ResortValue<T> = StorageValue<_, Resort, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A connection point's owner chose a retailer for intervals in which it does not trade, or none any more.
		RetailerChosen { point: PointId, retailer: Option<ParticipantId> },
		/// A connection point is a retailer's in intervals in which it does not trade, from `from` on.
		RetailerServes { point: PointId, retailer: ParticipantId, from: Interval },
		/// A connection point is not its retailer's any more from `until` on; if nobody else serves it then, it is its owner's.
		RetailerResigned { point: PointId, retailer: ParticipantId, until: Interval },
		/// Points whose retailers resign fall to `supplier`, or to their owners, `notice` intervals after the next that opens.
		LastResortSet { supplier: Option<ParticipantId>, notice: Interval },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such connection point.
		UnknownPoint,
		/// The connection point's owner has not chosen this retailer.
		NotChosen,
		/// The connection point changed its retailer too often within intervals that are not settled.
		TooManyRetailers,
		/// No retailer serves the connection point for good, or it has resigned already.
		NotServing,
		/// The supplier of last resort cannot resign: the council must name another one first.
		IsLastResort,
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
		/// Chooses the retailer that shall answer for a connection point, which does not trade then, or none: what ends a
		/// service from the first interval on whose session has not opened.
		///
		/// - `origin`: the point's owner, or its delegate for operation.
		/// - `point`: the connection point.
		/// - `retailer`: an active participant, or `None`.
		///
		/// # Errors
		/// [`Error::UnknownPoint`]; if the signer does not act for the owner; if the retailer is unknown or suspended.
		///
		/// # Events
		/// [`Event::RetailerChosen`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::choose())]
		pub fn choose(origin: OriginFor<T>, point: PointId, retailer: Option<ParticipantId>) -> DispatchResult {
			Self::do_choose(&ensure_signed(origin)?, point, retailer)
		}

		/// Answers for a connection point that chose the caller, from the first interval on whose session has not
		/// opened.
		///
		/// - `origin`: a retailer at the point's zone.
		/// - `point`: the connection point.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::NotChosen`], [`Error::TooManyRetailers`], and those of a role check.
		///
		/// # Events
		/// [`Event::RetailerServes`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::serve())]
		pub fn serve(origin: OriginFor<T>, point: PointId) -> DispatchResult {
			Self::do_serve(&ensure_signed(origin)?, point)
		}

		/// Resigns as the retailer of a connection point, with the notice that the council set. From then on the point is the
		/// supplier's of last resort, or its owner's if there is none.
		///
		/// - `origin`: the retailer, or its delegate for operation.
		/// - `point`: the connection point.
		///
		/// # Errors
		/// [`Error::NotServing`], [`Error::IsLastResort`], [`Error::TooManyRetailers`]; if the signer does not act for the
		/// retailer.
		///
		/// # Events
		/// [`Event::RetailerResigned`], and [`Event::RetailerServes`] of the supplier of last resort.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::resign())]
		pub fn resign(origin: OriginFor<T>, point: PointId) -> DispatchResult {
			Self::do_resign(&ensure_signed(origin)?, point)
		}

		/// Names the supplier of last resort and sets the notice of retailers that resign, for those that resign from now on.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `supplier`: an active participant, or `None`: then points fall to their owners.
		/// - `notice`: in intervals, from the first one on whose session has not opened.
		///
		/// # Errors
		/// If the supplier is unknown or suspended.
		///
		/// # Events
		/// [`Event::LastResortSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_last_resort())]
		pub fn set_last_resort(
			origin: OriginFor<T>,
			supplier: Option<ParticipantId>,
			notice: Interval,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			supplier.map_or(Ok(()), T::Participants::ensure_active)?;
			ResortValue::<T>::put(Resort { supplier, notice });
			Self::deposit_event(Event::LastResortSet { supplier, notice });
			Ok(())
		}
	}
}
