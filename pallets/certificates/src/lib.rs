//! Certificates for renewable energy.
//!
//! One certificate is one Wh that a certified plant fed in, as its meter proved. Certificates of the same source, zone and
//! period are alike ([`Class`](busbar_primitives::certificates::Class)).
//!
//! ```text
//! settled: a plant feeds in D and sold S      min(D, S) ----> the interval's pool     the rest ----> its owner
//! paid:    a point bought b of B in all       pool x b / B ----> its owner: what it consumed is retired, the rest is held
//! closed:                                     what rounding leaves ----> the balance-responsible party
//! ```
//!
//! The auction has no pairs of buyers and sellers, so what was sold with certificates is shared among all buyers of the
//! interval by energy, rounded down; a buyer at the coupling holds its share, because the chain does not see who consumes
//! it. A later version of a plant's reading issues the difference to its owner, or withdraws it from what its owner holds.
//! What is not there any more is owed, of the source and zone, until it is paid: by the next that its owner gets of them,
//! whatever the period, and by what it holds of them before it hands that on or retires it. Estimates issue nothing: what
//! counts is what a device counted.
//!
//! # Invariants
//!
//! 1. Of each class as much was issued as is held, retired and pooled.
//! 2. Nothing of zero is kept; a participant owes of a source and zone under one period, the one in which it began to.
//!
//! So of a source and zone as much was issued as plants fed in, and what is owed besides.
//!
//! A class counts for [`Config::Lifetime`] periods after its own; then it is neither handed on nor retired, and may be
//! forgotten, account by account. What is owed is not forgotten.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod holdings;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod sources;
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
		certificates::{Class, Source},
		traits::{Calendar, Grid, Participants},
		Interval, ParticipantId, PointId, Right, Wh, ZoneId,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may certify and who acts for whom.
		type Participants: Participants<Self::AccountId>;
		/// Connection points.
		type Grid: Grid;
		/// Which intervals are open.
		type Calendar: Calendar;
		/// Intervals of one period.
		#[pallet::constant]
		type Period: Get<u32>;
		/// Periods after its own in which a certificate counts.
		#[pallet::constant]
		type Lifetime: Get<u32>;
		type WeightInfo: WeightInfo;
		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// What plants feed in, as last certified; at most one entry per connection point.
	#[pallet::storage]
	pub type Sources<T> = CountedStorageMap<_, Twox64Concat, PointId, Certified, OptionQuery>;

	/// What plants were certified to feed in before, for intervals that are still to be settled or corrected; the latest
	/// last.
	#[pallet::storage]
	pub type Earlier<T> =
		StorageMap<_, Twox64Concat, PointId, BoundedVec<Certified, ConstU32<MAX_EARLIER>>, ValueQuery>;

	/// What the trade of intervals in settlement moves. Goes when their credits are paid.
	#[pallet::storage]
	pub type Pools<T> = StorageMap<_, Twox64Concat, Interval, Pool, OptionQuery>;

	/// What points bought in intervals in settlement. Goes when they are paid.
	#[pallet::storage]
	pub type Claims<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Claim, OptionQuery>;

	/// Issued and retired, of each class.
	#[pallet::storage]
	pub type Supplies<T> = StorageMap<_, Twox64Concat, Class, Supply, OptionQuery>;

	/// What participants hold, in Wh.
	#[pallet::storage]
	pub type Holdings<T> = StorageDoubleMap<_, Twox64Concat, Class, Blake2_128Concat, ParticipantId, Wh, OptionQuery>;

	/// What participants consumed, in Wh: what they may say that they used.
	#[pallet::storage]
	pub type Retirements<T> =
		StorageDoubleMap<_, Twox64Concat, Class, Blake2_128Concat, ParticipantId, Wh, OptionQuery>;

	/// What was issued to participants on readings that were corrected since, and is not theirs any more, in Wh. Of one
	/// source and zone under one class: that of [`Debtors`]. Kept until it is paid.
	#[pallet::storage]
	pub type Owed<T> = StorageDoubleMap<_, Twox64Concat, Class, Blake2_128Concat, ParticipantId, Wh, OptionQuery>;

	/// In which period participants who owe of a source and zone began to.
	#[pallet::storage]
	pub type Debtors<T> =
		StorageDoubleMap<_, Twox64Concat, (Source, ZoneId), Blake2_128Concat, ParticipantId, u32, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A connection point feeds in energy of this source from `from` on, or none any more.
		Certified { point: PointId, source: Option<Source>, from: Interval },
		/// A plant fed in `wh`, of which `pooled` move with the trade and the rest is its owner's.
		Issued { interval: Interval, point: PointId, class: Class, wh: Wh, pooled: Wh },
		/// A correction of a plant's reading, or taking back its settlement, issued `wh` more, or withdrew as much if it is
		/// negative.
		Corrected { interval: Interval, point: PointId, class: Class, wh: i64 },
		/// A buyer got `wh` with what it bought, of which it consumed `retired`.
		Received { interval: Interval, participant: ParticipantId, class: Class, wh: Wh, retired: Wh },
		/// Certificates changed hands.
		Transferred { class: Class, from: ParticipantId, to: ParticipantId, wh: Wh },
		/// A holder retired certificates.
		Retired { class: Class, participant: ParticipantId, wh: Wh },
		/// What a participant held and retired of an old class is forgotten.
		Forgotten { class: Class, participant: ParticipantId },
		/// Of what a participant owed of the class's source and zone, `wh` certificates of this class paid as much.
		Repaid { class: Class, participant: ParticipantId, wh: Wh },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such connection point.
		UnknownPoint,
		/// No such participant.
		UnknownParticipant,
		/// The connection point has no certified source.
		NotCertified,
		/// The amount is zero.
		ZeroAmount,
		/// The participant holds less of this class.
		BeyondHoldings,
		/// The class still counts.
		StillCounts,
		/// There is nothing to forget.
		NothingHeld,
		/// An amount is beyond the range of its type.
		Overflow,
		/// The class is older than certificates count: it can only be forgotten.
		Expired,
		/// The plant's source changed too often within two periods: certify it again when the oldest change is older.
		TooManyChanges,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::Period::get() > 0, "a period has at least one interval");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Certifies what `point` feeds in, from the first interval on whose session has not opened. A certification of the
		/// same source that is in force goes on from when it began; another source leaves earlier intervals the one that they
		/// had.
		///
		/// - `origin`: a regulator at the point's zone.
		/// - `source`: the plant's source of energy; `None` ends the certification.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::NotCertified`], [`Error::TooManyChanges`], and those of a role check.
		///
		/// # Events
		/// [`Event::Certified`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::certify())]
		pub fn certify(origin: OriginFor<T>, point: PointId, source: Option<Source>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_certify(&who, point, source)
		}

		/// Gives `wh` certificates of a `class` that counts to another participant, `to`. What either owes of the source and
		/// zone is paid first.
		///
		/// - `origin`: the holder's account, or its delegate for funds.
		/// - `holder`: who gives.
		///
		/// # Errors
		/// [`Error::Expired`], [`Error::ZeroAmount`], [`Error::BeyondHoldings`], [`Error::UnknownParticipant`],
		/// [`Error::Overflow`]; if the signer does not act for the holder.
		///
		/// # Events
		/// [`Event::Repaid`] if one of them owed, [`Event::Transferred`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::transfer())]
		pub fn transfer(
			origin: OriginFor<T>,
			holder: ParticipantId,
			class: Class,
			to: ParticipantId,
			wh: Wh,
		) -> DispatchResult {
			T::Participants::ensure_acts_for(&ensure_signed(origin)?, holder, Right::Funds)?;
			Self::do_transfer(holder, class, to, wh)
		}

		/// Retires `wh` certificates of a `class` that counts for good, as consumption that the chain does not see. What the
		/// holder owes of the source and zone is paid first.
		///
		/// - `origin`: the holder's account, or its delegate for funds.
		/// - `holder`: whose they are.
		///
		/// # Errors
		/// [`Error::Expired`], [`Error::ZeroAmount`], [`Error::BeyondHoldings`], [`Error::Overflow`]; if the signer does not
		/// act for the holder.
		///
		/// # Events
		/// [`Event::Repaid`] if it owed, [`Event::Retired`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::retire())]
		pub fn retire(origin: OriginFor<T>, holder: ParticipantId, class: Class, wh: Wh) -> DispatchResult {
			T::Participants::ensure_acts_for(&ensure_signed(origin)?, holder, Right::Funds)?;
			Self::do_retire(holder, class, wh)
		}

		/// Forgets what `participant` held and retired of a `class` that does not count any more. What it owes stays.
		///
		/// - `origin`: any signed account.
		///
		/// # Errors
		/// [`Error::StillCounts`], [`Error::NothingHeld`].
		///
		/// # Events
		/// [`Event::Forgotten`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::forget())]
		pub fn forget(origin: OriginFor<T>, class: Class, participant: ParticipantId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_forget(class, participant)
		}
	}
}
