//! Retailers, who answer for connection points in intervals in which they do not trade.
//!
//! A point's owner chooses a retailer, and once that accepts, the point's money is the retailer's in every interval in which
//! the point has no contract, from the first one on whose session has not opened. Intervals that are open stay with who had
//! them: a change never reaches back. Who served in intervals that are not settled yet is remembered, so changes of one point
//! within these are bounded.
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
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
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

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A connection point's owner chose a retailer for intervals in which it does not trade, or none any more.
		RetailerChosen { point: PointId, retailer: Option<ParticipantId> },
		/// A connection point is a retailer's in intervals in which it does not trade, from `from` on.
		RetailerServes { point: PointId, retailer: ParticipantId, from: Interval },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such connection point.
		UnknownPoint,
		/// The connection point's owner has not chosen this retailer.
		NotChosen,
		/// The connection point changed its retailer too often within intervals that are not settled.
		TooManyRetailers,
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
		/// Chooses the retailer that shall answer for a connection point in intervals in which it does not trade, or
		/// none.
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
	}
}
