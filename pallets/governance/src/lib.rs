//! Upgrades that are announced, and pauses that end: what the council and its emergency committee may do, and how it is held.
//!
//! # Upgrades
//!
//! New code is announced ([`Pallet::announce_upgrade`]), may be looked at and vetoed while [`UpgradeDelay`] lasts, and is then
//! authorised by anybody ([`Pallet::enact_upgrade`]). A third of the council or the committee vetoes: as many as could stop a
//! decision of two thirds anyway, but after they have read the code. What cannot wait, the whole council authorises at once
//! ([`Pallet::authorize_upgrade`]). The delay is fixed at genesis, so that no decision shortens it for the next one; only an
//! upgrade can.
//!
//! # Pauses
//!
//! The committee has few seats, so that it is quick, and may only stop ([`Subject`]), for at most `MaxPause` blocks. Afterwards
//! the same, and what overlaps it, cannot be paused for as long as it was paused: nothing stands still for more than half
//! of any longer time. Each seat gives its word with one transaction ([`Pallet::act`]); more than half of them that say the
//! same within `WordLife` blocks do it. The committee and the council resume.
//!
//! What may be paused has no deadline ([`Class`]). Gates close and clear, intervals settle, orders can be cancelled.
//!
//! # What is kept
//!
//! At most `MaxPauses` pauses with their time after it, at most one word per seat, at most `MaxSeats` seats, one announced
//! upgrade. Nothing grows.
//!
//! # Invariants
//!
//! Checked by `do_try_state`:
//!
//! 1. No seat stands in the committee twice.
//! 2. Every word is of a seat, and no seat has two.
//! 3. A pause ends after it began, lasts at most `MaxPause` blocks, and none overlaps another.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod invariants;
#[cfg(test)]
mod mock;
mod pauses;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{collections::BTreeSet, vec::Vec};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::Saturating;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who announces upgrades and names the committee: two thirds of the council.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who upgrades at once: all of the council.
		type UrgentOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who refuses an upgrade, beside the committee: a third of the council.
		type VetoOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who ends a pause, beside the committee: more than half of the council.
		type ResumeOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Longest pause, in blocks.
		#[pallet::constant]
		type MaxPause: Get<u32>;

		/// How long a seat's word counts, in blocks.
		#[pallet::constant]
		type WordLife: Get<u32>;

		/// Most pauses, and times after them, at a time.
		#[pallet::constant]
		type MaxPauses: Get<u32>;

		/// Fewest seats of a committee.
		#[pallet::constant]
		type MinSeats: Get<u32>;

		/// Most seats of the committee.
		#[pallet::constant]
		type MaxSeats: Get<u32>;

		type WeightInfo: WeightInfo;
	}

	/// Blocks between an upgrade's announcement and the first in which it may be enacted.
	#[pallet::storage]
	pub type UpgradeDelay<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The upgrade that is announced.
	#[pallet::storage]
	pub type Announced<T: Config> = StorageValue<_, Upgrade<BlockNumberFor<T>, T::Hash>>;

	/// The seats of the emergency committee. Without any, nothing can be paused.
	#[pallet::storage]
	pub type Committee<T: Config> = StorageValue<_, BoundedVec<T::AccountId, T::MaxSeats>, ValueQuery>;

	/// What seats have said, at most one word of each.
	#[pallet::storage]
	pub type Words<T: Config> =
		StorageValue<_, BoundedVec<Word<T::AccountId, BlockNumberFor<T>, T::Hash>, T::MaxSeats>, ValueQuery>;

	/// What is paused, and what was paused so lately that it cannot be again.
	#[pallet::storage]
	pub type Pauses<T: Config> = StorageValue<_, BoundedVec<Pause<BlockNumberFor<T>>, T::MaxPauses>, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Blocks between an upgrade's announcement and its enactment. 43,200 are a day of 2 s blocks.
		pub upgrade_delay: BlockNumberFor<T>,
		/// The committee's first seats; none at all, or at least `MinSeats`.
		pub committee: Vec<T::AccountId>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// # Panics
		/// On a committee that no decision could name: a chain must not start on such a specification.
		fn build(&self) {
			UpgradeDelay::<T>::put(self.upgrade_delay);
			if !self.committee.is_empty() {
				let seats = Pallet::<T>::seats(self.committee.clone())
					.expect("a committee of distinct accounts, neither too few nor too many");
				Committee::<T>::put(seats);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// New code is announced. It may be enacted from block `from` on, unless it is vetoed before.
		UpgradeAnnounced { code_hash: T::Hash, from: BlockNumberFor<T> },
		/// The announced code is refused.
		UpgradeVetoed { code_hash: T::Hash },
		/// The committee has other seats.
		CommitteeSet { seats: u32 },
		/// A seat has given its word; `of` seats have said the same, `needed` have to.
		WordGiven { seat: T::AccountId, action: Action<T::Hash>, of: u32, needed: u32 },
		/// It stops until block `until`, and cannot be stopped again before block `again`.
		Paused { subject: Subject, until: BlockNumberFor<T>, again: BlockNumberFor<T> },
		/// It goes on.
		Resumed { subject: Subject },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// An upgrade is announced already: enact it or veto it first.
		AlreadyAnnounced,
		/// No such upgrade is announced.
		NotAnnounced,
		/// The announced upgrade may not be enacted yet: its block is told by `Announced`.
		TooEarly,
		/// The committee would have a seat twice.
		SeatTwice,
		/// The committee would have fewer seats than it may.
		TooFewSeats,
		/// The committee would have more seats than it may.
		TooManySeats,
		/// The account has no seat in the committee.
		NoSeat,
		/// A pause lasts at least one and at most `MaxPause` blocks.
		BadDuration,
		/// It, or what overlaps it, is paused, or was so lately: `Pauses` tells from which block on it may be again.
		PausedLately,
		/// It is not paused.
		NotPaused,
		/// As much is paused, or was lately, as may be.
		TooManyPauses,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MinSeats::get() > 0 && T::MinSeats::get() <= T::MaxSeats::get());
			assert!(T::MaxPause::get() > 0 && T::WordLife::get() > 0 && T::MaxPauses::get() > 0);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Announces the runtime of `code_hash`, the Blake2-256 of its code. It may be enacted when `UpgradeDelay` is over.
		///
		/// - `origin`: two thirds of the council.
		///
		/// # Errors
		/// [`Error::AlreadyAnnounced`].
		///
		/// # Events
		/// [`Event::UpgradeAnnounced`].
		#[pallet::call_index(0)]
		#[pallet::weight((T::WeightInfo::announce_upgrade(), DispatchClass::Operational))]
		pub fn announce_upgrade(origin: OriginFor<T>, code_hash: T::Hash) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(!Announced::<T>::exists(), Error::<T>::AlreadyAnnounced);
			let from = frame_system::Pallet::<T>::block_number().saturating_add(UpgradeDelay::<T>::get());
			Announced::<T>::put(Upgrade { code_hash, from });
			Self::deposit_event(Event::UpgradeAnnounced { code_hash, from });
			Ok(())
		}

		/// Refuses the announced runtime of `code_hash`. It may be announced anew.
		///
		/// - `origin`: a third of the council.
		///
		/// # Errors
		/// [`Error::NotAnnounced`].
		///
		/// # Events
		/// [`Event::UpgradeVetoed`].
		#[pallet::call_index(1)]
		#[pallet::weight((T::WeightInfo::veto_upgrade(), DispatchClass::Operational))]
		pub fn veto_upgrade(origin: OriginFor<T>, code_hash: T::Hash) -> DispatchResult {
			T::VetoOrigin::ensure_origin(origin)?;
			Self::veto(code_hash)
		}

		/// Authorises the announced runtime, whose time has come. Then anyone may submit its code with
		/// `System::apply_authorized_upgrade`; the chain checks that it bears the same name and a higher version.
		///
		/// - `origin`: any account.
		///
		/// # Errors
		/// [`Error::NotAnnounced`], [`Error::TooEarly`].
		///
		/// # Events
		/// `System::UpgradeAuthorized`.
		#[pallet::call_index(2)]
		#[pallet::weight((T::WeightInfo::enact_upgrade(), DispatchClass::Operational))]
		pub fn enact_upgrade(origin: OriginFor<T>) -> DispatchResult {
			ensure_signed(origin)?;
			let Upgrade { code_hash, from } = Announced::<T>::get().ok_or(Error::<T>::NotAnnounced)?;
			ensure!(frame_system::Pallet::<T>::block_number() >= from, Error::<T>::TooEarly);
			Announced::<T>::kill();
			frame_system::Pallet::<T>::do_authorize_upgrade(code_hash, true);
			Ok(())
		}

		/// Authorises the runtime of `code_hash` at once, whatever else is announced.
		///
		/// - `origin`: the whole council.
		///
		/// # Events
		/// `System::UpgradeAuthorized`.
		#[pallet::call_index(3)]
		#[pallet::weight((T::WeightInfo::authorize_upgrade(), DispatchClass::Operational))]
		pub fn authorize_upgrade(origin: OriginFor<T>, code_hash: T::Hash) -> DispatchResult {
			T::UrgentOrigin::ensure_origin(origin)?;
			frame_system::Pallet::<T>::do_authorize_upgrade(code_hash, true);
			Ok(())
		}

		/// Names the seats of the emergency committee. What the seats of before have said is forgotten; what they paused
		/// stays paused until its end.
		///
		/// - `origin`: two thirds of the council.
		/// - `seats`: distinct accounts, `MinSeats` to `MaxSeats`.
		///
		/// # Errors
		/// [`Error::SeatTwice`], [`Error::TooFewSeats`], [`Error::TooManySeats`].
		///
		/// # Events
		/// [`Event::CommitteeSet`].
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::set_committee(), DispatchClass::Operational))]
		pub fn set_committee(origin: OriginFor<T>, seats: BoundedVec<T::AccountId, T::MaxSeats>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let seats = Self::seats(seats.into_inner())?;
			let count = u32::try_from(seats.len()).unwrap_or(u32::MAX);
			Committee::<T>::put(seats);
			Words::<T>::kill();
			Self::deposit_event(Event::CommitteeSet { seats: count });
			Ok(())
		}

		/// Gives the word of a seat for `action`, instead of what the seat said before. It is done with the word of more than half
		/// of the seats that say the same, each within `WordLife` blocks.
		///
		/// - `origin`: a seat of the committee.
		///
		/// # Errors
		/// [`Error::NoSeat`], [`Error::BadDuration`], [`Error::PausedLately`], [`Error::TooManyPauses`], [`Error::NotPaused`],
		/// [`Error::NotAnnounced`].
		///
		/// # Events
		/// [`Event::WordGiven`]; [`Event::Paused`], [`Event::Resumed`] or [`Event::UpgradeVetoed`] if it is done.
		#[pallet::call_index(5)]
		#[pallet::weight((T::WeightInfo::act(), DispatchClass::Operational))]
		pub fn act(origin: OriginFor<T>, action: Action<T::Hash>) -> DispatchResult {
			let seat = ensure_signed(origin)?;
			Self::give_word(seat, action)
		}

		/// Ends a pause before its time.
		///
		/// - `origin`: more than half of the council.
		///
		/// # Errors
		/// [`Error::NotPaused`].
		///
		/// # Events
		/// [`Event::Resumed`].
		#[pallet::call_index(6)]
		#[pallet::weight((T::WeightInfo::resume(), DispatchClass::Operational))]
		pub fn resume(origin: OriginFor<T>, subject: Subject) -> DispatchResult {
			T::ResumeOrigin::ensure_origin(origin)?;
			Self::end_pause(subject)
		}
	}

	impl<T: Config> Pallet<T> {
		/// A committee of these accounts, if it may be one.
		fn seats(seats: Vec<T::AccountId>) -> Result<BoundedVec<T::AccountId, T::MaxSeats>, Error<T>> {
			let distinct: BTreeSet<_> = seats.iter().collect();
			ensure!(distinct.len() == seats.len(), Error::<T>::SeatTwice);
			ensure!(seats.len() >= T::MinSeats::get() as usize, Error::<T>::TooFewSeats);
			seats.try_into().map_err(|_| Error::<T>::TooManySeats)
		}
	}
}
