//! Money in and out: minted and burned with two keys, under a ceiling.
//!
//! Money enters the chain against money received outside it, and leaves when it was paid out there. One settlement agent
//! proposes an issue, a list of payments that are all minted or all burned; another participant that is one approves it, and
//! the approval executes all payments or none. Minting stays under a ceiling that the council sets.
//!
//! # Invariants
//!
//! 1. Total issuance is what was issued less what was burned.
//! 2. At most `MaxPending` issues wait, at most `MaxPendingOf` of one settlement agent, and as many of each as is counted.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod invariants;
mod issues;
pub mod migrations;
#[cfg(test)]
mod mock;
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
	use busbar_primitives::{traits::Participants, Balance, ParticipantId, Role};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, Mutate},
			EnsureOrigin,
		},
	};
	use frame_system::pallet_prelude::*;

	#[cfg(not(feature = "upgrade-test"))]
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);
	#[cfg(feature = "upgrade-test")]
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The money of the market, in nEUR, with an existential deposit of 1.
		type Currency: Inspect<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;

		/// Who sets the ceiling, and cancels any issue.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may do what.
		type Participants: Participants<Self::AccountId>;

		/// Most payments of one issue.
		#[pallet::constant]
		type MaxPayments: Get<u32>;

		/// Most issues that wait for their second key.
		#[pallet::constant]
		type MaxPending: Get<u32>;

		/// Most of them of one settlement agent, so that none keeps the others from proposing.
		#[pallet::constant]
		type MaxPendingOf: Get<u32>;

		type WeightInfo: WeightInfo;

		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Most money that minting may bring the total issuance to, in nEUR.
	#[pallet::storage]
	pub type Ceiling<T> = StorageValue<_, Balance, ValueQuery>;

	/// Minted less burned, with the genesis issuance, in nEUR; [`Pallet::issued`] reads it.
	#[pallet::storage]
	pub type Issued<T> = StorageValue<_, IssuedSoFar, ValueQuery>;

	/// Number of the next proposal.
	#[pallet::storage]
	pub type NextProposal<T> = StorageValue<_, u32, ValueQuery>;

	/// Issues that wait for their second key; at most `MaxPending`.
	#[pallet::storage]
	pub type Proposals<T: Config> =
		CountedStorageMap<_, Twox64Concat, u32, Proposal<T::AccountId, T::MaxPayments>, OptionQuery>;

	/// How many issues of a settlement agent wait; at most `MaxPendingOf`. Kept of those only of whom one does.
	#[pallet::storage]
	pub type PendingOf<T> = StorageMap<_, Blake2_128Concat, ParticipantId, u32, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Most money that minting may bring the total issuance to, in nEUR.
		pub ceiling: Balance,
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		#[allow(clippy::useless_conversion, reason = "what is stored is a number in one version only")]
		fn build(&self) {
			Ceiling::<T>::put(self.ceiling);
			Issued::<T>::put(IssuedSoFar::from(T::Currency::total_issuance()));
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An issue waits for its second key.
		Proposed { id: u32, kind: Issue, proposer: ParticipantId, sum: Balance },
		/// An issue was approved and executed.
		Issued { id: u32, kind: Issue, approver: ParticipantId, sum: Balance },
		/// An issue was withdrawn.
		Cancelled { id: u32 },
		/// The ceiling of the issuance changed.
		CeilingSet { amount: Balance },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// An issue needs at least one payment.
		NoPayments,
		/// Amounts must be above zero.
		ZeroAmount,
		/// `MaxPending` issues already wait; one of them must be approved or cancelled first.
		TooManyPending,
		/// No issue with this number waits.
		UnknownProposal,
		/// Money is made for participants and taken from them only; this account is none's. Register its owner first, or
		/// leave it out.
		UnknownPayee,
		/// The second key must be another participant's.
		SameParticipant,
		/// Only its proposer or the administration cancels an issue.
		NotProposer,
		/// Minting this would bring the total issuance above the ceiling.
		AboveCeiling,
		/// An account has less free money than is to be burned.
		BeyondFreeMoney,
		/// An amount is beyond the range of its type.
		Overflow,
		/// `MaxPendingOf` issues of this settlement agent wait: one of them must be approved or cancelled first.
		QuotaReached,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxPayments::get() > 0 && T::MaxPendingOf::get() > 0);
			assert!(T::MaxPendingOf::get() <= T::MaxPending::get(), "an agent has no more than there is");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Proposes to mint or burn money; another participant's key executes it.
		///
		/// - `origin`: a settlement agent.
		/// - `kind`: whether to mint or to burn.
		/// - `payments`: accounts of participants, and amounts in nEUR.
		///
		/// # Errors
		/// [`Error::NoPayments`], [`Error::ZeroAmount`], [`Error::UnknownPayee`], [`Error::Overflow`],
		/// [`Error::TooManyPending`], [`Error::QuotaReached`], and those of a role check.
		///
		/// # Events
		/// [`Event::Proposed`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::propose(payments.len() as u32))]
		pub fn propose(
			origin: OriginFor<T>,
			kind: Issue,
			payments: BoundedVec<(T::AccountId, Balance), T::MaxPayments>,
		) -> DispatchResult {
			let proposer = T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?;
			Self::do_propose(kind, proposer, payments)
		}

		/// Approves an issue and executes all its payments, or none.
		///
		/// - `origin`: a settlement agent that is another participant than the proposer.
		/// - `id`: number of the proposal.
		///
		/// # Errors
		/// [`Error::UnknownProposal`], [`Error::SameParticipant`], [`Error::AboveCeiling`], [`Error::BeyondFreeMoney`],
		/// [`Error::Overflow`], and those of a role check.
		///
		/// # Events
		/// [`Event::Issued`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::approve(T::MaxPayments::get()))]
		pub fn approve(origin: OriginFor<T>, id: u32) -> DispatchResult {
			let approver = T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?;
			Self::do_approve(id, approver)
		}

		/// Withdraws an issue that waits.
		///
		/// - `origin`: its proposer, still a settlement agent, or [`Config::AdminOrigin`].
		/// - `id`: number of the proposal.
		///
		/// # Errors
		/// [`Error::UnknownProposal`], [`Error::NotProposer`], and those of a role check.
		///
		/// # Events
		/// [`Event::Cancelled`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, id: u32) -> DispatchResult {
			let proposer = match T::AdminOrigin::try_origin(origin) {
				Ok(_) => None,
				Err(origin) => Some(T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?),
			};
			Self::do_cancel(id, proposer)
		}

		/// Sets the most money that minting may bring the total issuance to. A ceiling below the present issuance stops
		/// minting and takes nothing away.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `amount`: in nEUR.
		///
		/// # Events
		/// [`Event::CeilingSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_ceiling())]
		pub fn set_ceiling(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Ceiling::<T>::put(amount);
			Self::deposit_event(Event::CeilingSet { amount });
			Ok(())
		}
	}
}
