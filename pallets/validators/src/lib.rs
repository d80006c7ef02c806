//! # Validators: the permissioned authority set
//!
//! Known companies author and finalise blocks. Which ones is decided by the council: it adds and removes validators here,
//! and `pallet-session` asks this pallet at the start of each session for the set of the next one.
//!
//! ## How a validator gets in and out
//!
//! The company becomes a participant, its node makes session keys, and its account registers them with
//! `Session::set_keys`. Then the council calls [`Pallet::add`], which refuses an account without keys. Both additions and
//! removals take effect with the session after the next: the set of the next one is fixed already.
//!
//! No participant, with the accounts that operate for it, gets more than half of the set: neither by what is added nor by what is
//! removed. Only an offence may leave it so.
//!
//! GRANDPA needs more than two thirds of the set, so the set never falls below [`Config::MinValidators`]; with four
//! validators one may fail.
//!
//! ## Announcing a set
//!
//! A set is announced to `pallet-session` only if it or a key in it has changed, because each announcement changes
//! GRANDPA's set and costs light clients a justification. A validator whose keys are gone is left out.
//!
//! ## Offences
//!
//! [`Pallet`] is the `ReportOffence` of GRANDPA's `EquivocationReportSystem`. The proof is checked there; here the offender
//! is removed from the set, if [`Config::MinValidators`] allows, and an event tells the council. An offence from before the
//! validator was last admitted has no effect, so that old evidence cannot undo the council's pardon. Nobody is disabled
//! within a session: Aura's import stops at a block of a disabled author.
//!
//! ## Peers
//!
//! Validators speak to registered nodes only ([`Pallet::peers`]). A participant registers its own, by their ed25519 public keys, and
//! removes them; while it is suspended or removed they do not count. Several participants may register the same node: so nobody
//! keeps another one's out, and what one removes the other still has.
//!
//! ## Growth
//!
//! `Validators` and `AdmittedAt` are bounded by [`Config::MaxValidators`]; `Reports` keeps the latest
//! [`Config::MaxReports`]; the history of sessions is pruned to [`Config::HistoryDepth`]. `Peers` has at most [`Config::MaxPeers`] of
//! each of [`Config::MaxPeerOwners`] participants, and beyond that the validators', so that no number of others keeps those out.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod offences;
mod peers;
mod set;
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
	use busbar_primitives::{peers::PeerKey, traits::Participants, ParticipantId, Right};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_staking::{offence::Kind, SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who decides about the set: the council.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Sessions and their keys: `pallet_session::historical::Pallet`.
		type Sessions: Sessions<Self::AccountId>;

		/// Whose validators are.
		type Owners: Owners<Self::AccountId>;

		/// Who the participants are whose nodes may be registered: `pallet-participants`.
		type Members: Participants<Self::AccountId>;

		/// Most nodes that a participant may have registered.
		#[pallet::constant]
		type MaxPeers: Get<u32>;

		/// Most participants, beside the validators', that may have registered nodes.
		#[pallet::constant]
		type MaxPeerOwners: Get<u32>;

		/// Fewest validators that may remain.
		#[pallet::constant]
		type MinValidators: Get<u32>;

		/// Most validators.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// Number of offence reports that are remembered, to refuse their repetition.
		#[pallet::constant]
		type MaxReports: Get<u32>;

		/// Number of past sessions in which an offence can be proven.
		#[pallet::constant]
		type HistoryDepth: Get<SessionIndex>;

		type WeightInfo: WeightInfo;
	}

	/// The authority set, as the council wants it.
	#[pallet::storage]
	pub type Validators<T: Config> = StorageValue<_, BoundedVec<T::AccountId, T::MaxValidators>, ValueQuery>;

	/// The session in which each validator was last admitted.
	#[pallet::storage]
	pub type AdmittedAt<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, SessionIndex, ValueQuery>;

	/// Hash of the set that was announced last, with its keys.
	#[pallet::storage]
	pub type Announced<T: Config> = StorageValue<_, H256, ValueQuery>;

	/// Hashes of the latest offence reports, oldest first.
	#[pallet::storage]
	pub type Reports<T: Config> = StorageValue<_, BoundedVec<H256, T::MaxReports>, ValueQuery>;

	/// The nodes that each participant registered.
	#[pallet::storage]
	pub type Peers<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, ParticipantId, BoundedVec<PeerKey, T::MaxPeers>, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The first authority set; each needs keys in the session pallet's genesis.
		pub validators: Vec<T::AccountId>,
		/// The nodes that validators speak to from the beginning, each with whose it is. Without any they speak to every node.
		pub peers: Vec<(ParticipantId, PeerKey)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// # Panics
		/// On a validator or a participant's node named twice and on too many: a chain must not start on such a specification.
		fn build(&self) {
			let distinct: BTreeSet<_> = self.validators.iter().collect();
			assert!(distinct.len() == self.validators.len(), "a validator is named twice");
			let validators =
				BoundedVec::try_from(self.validators.clone()).expect("more validators than the set may have");
			for validator in &validators {
				AdmittedAt::<T>::insert(validator, 0);
			}
			Validators::<T>::put(validators);
			for (owner, peer) in &self.peers {
				Pallet::<T>::add_peer(*owner, *peer)
					.unwrap_or_else(|error| panic!("node {peer:?} of {owner}: {error:?}"));
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator joins with the session after the next.
		Added { validator: T::AccountId },
		/// A validator leaves with the session after the next.
		Removed { validator: T::AccountId },
		/// A set was announced for a session.
		SetAnnounced { session: SessionIndex, validators: u32 },
		/// A validator was proven to have broken the rules in a session. `removed` is false if the set would have become too
		/// small, or the validator is not in the set any more or was admitted again since.
		Offence { validator: T::AccountId, kind: Kind, session: SessionIndex, removed: bool },
		/// Validators speak to this node from now on, as long as the participant is active.
		PeerRegistered { participant: ParticipantId, peer: PeerKey },
		/// They do not any more, unless another participant has registered it, too.
		PeerRemoved { participant: ParticipantId, peer: PeerKey },
		/// Nor to any node of this participant.
		PeersEvicted { participant: ParticipantId },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a validator already.
		AlreadyValidator,
		/// The account is not a validator.
		NotValidator,
		/// The account has no session keys: it must call `Session::set_keys` first.
		NoSessionKeys,
		/// The set has as many validators as it may.
		TooManyValidators,
		/// The set would fall below its minimum.
		TooFewValidators,
		/// One participant would have more than half of the validators: first add another one's.
		MajorityOfOne,
		/// The participant has registered this node already.
		AlreadyPeer,
		/// The participant has not registered this node, or none.
		NotPeer,
		/// The participant has registered as many nodes as it may: it must remove one first.
		TooManyPeers,
		/// As many participants have registered nodes as may, and this one has no validator: the council must evict one first.
		NoPlaceForPeers,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MinValidators::get() > 0 && T::MinValidators::get() <= T::MaxValidators::get());
			assert!(T::MaxReports::get() > 0 && T::HistoryDepth::get() > 0 && T::MaxPeers::get() > 0);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds a validator, with effect from the session after the next.
		///
		/// - `origin`: the council.
		/// - `validator`: an account with session keys.
		///
		/// # Errors
		/// [`Error::AlreadyValidator`], [`Error::NoSessionKeys`], [`Error::TooManyValidators`], [`Error::MajorityOfOne`].
		///
		/// # Events
		/// [`Event::Added`].
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::add().saturating_add(Pallet::<T>::owners_weight()),
			DispatchClass::Operational,
		))]
		pub fn add(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Validators::<T>::try_mutate(|validators| {
				ensure!(!validators.contains(&validator), Error::<T>::AlreadyValidator);
				ensure!(T::Sessions::keys(&validator).is_some(), Error::<T>::NoSessionKeys);
				validators.try_push(validator.clone()).map_err(|_| Error::<T>::TooManyValidators)?;
				Self::ensure_none_dominates(validators)
			})?;
			AdmittedAt::<T>::insert(&validator, T::Sessions::index());
			Self::deposit_event(Event::Added { validator });
			Ok(())
		}

		/// Removes `validator`, with effect from the session after the next.
		///
		/// - `origin`: the council.
		///
		/// # Errors
		/// [`Error::NotValidator`], [`Error::TooFewValidators`], [`Error::MajorityOfOne`].
		///
		/// # Events
		/// [`Event::Removed`].
		#[pallet::call_index(1)]
		#[pallet::weight((
			T::WeightInfo::remove().saturating_add(Pallet::<T>::owners_weight()),
			DispatchClass::Operational,
		))]
		pub fn remove(origin: OriginFor<T>, validator: T::AccountId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::ensure_none_comes_to_dominate(&validator)?;
			Self::do_remove(validator)?;
			Ok(())
		}

		/// Registers a node of a participant: validators speak to it from the block on in which this is final.
		///
		/// - `origin`: the participant, or its delegate for operation.
		/// - `participant`: whose node it is.
		/// - `peer`: the node's ed25519 public key, which is its identity in the network.
		///
		/// # Errors
		/// If the signer does not act for the participant; [`Error::AlreadyPeer`], [`Error::TooManyPeers`],
		/// [`Error::NoPlaceForPeers`].
		///
		/// # Events
		/// [`Event::PeerRegistered`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::register_peer())]
		pub fn register_peer(origin: OriginFor<T>, participant: ParticipantId, peer: PeerKey) -> DispatchResult {
			T::Members::ensure_acts_for(&ensure_signed(origin)?, participant, Right::Operate)?;
			Self::add_peer(participant, peer)?;
			Self::deposit_event(Event::PeerRegistered { participant, peer });
			Ok(())
		}

		/// Removes a node of a participant: validators part from it when this is final.
		///
		/// - `origin`: the participant, or its delegate for operation.
		/// - `participant`: whose node it is.
		/// - `peer`: the node's ed25519 public key.
		///
		/// # Errors
		/// If the signer does not act for the participant; [`Error::NotPeer`].
		///
		/// # Events
		/// [`Event::PeerRemoved`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::remove_peer())]
		pub fn remove_peer(origin: OriginFor<T>, participant: ParticipantId, peer: PeerKey) -> DispatchResult {
			T::Members::ensure_acts_for(&ensure_signed(origin)?, participant, Right::Operate)?;
			Self::take_peer(participant, peer)?;
			Self::deposit_event(Event::PeerRemoved { participant, peer });
			Ok(())
		}

		/// Removes all nodes of a participant, whatever has become of it. It may register others while it is active: whom the
		/// council wants out for good it removes.
		///
		/// - `origin`: the council.
		/// - `participant`: whose nodes they are.
		///
		/// # Errors
		/// [`Error::NotPeer`].
		///
		/// # Events
		/// [`Event::PeersEvicted`].
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::evict_peers(), DispatchClass::Operational))]
		pub fn evict_peers(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(Peers::<T>::contains_key(participant), Error::<T>::NotPeer);
			Peers::<T>::remove(participant);
			Self::deposit_event(Event::PeersEvicted { participant });
			Ok(())
		}
	}
}
