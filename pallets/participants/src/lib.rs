//! # Participants: who may do what
//!
//! A participant is a legal or natural person. The chain knows it by a UUID, an account and the salted hash of a record
//! that is kept off chain; it never learns a name.
//!
//! ## Becoming one
//!
//! A newcomer has no account on the chain and so cannot send a transaction. It signs its *acceptance* (see
//! [`acceptance_payload`]) off chain, and a membership provider submits it with [`Pallet::register`]. Registration gives
//! the account a provider reference, so that it has a nonce without holding money. The reference is never taken back, nor
//! is the record ever deleted: a nonce that starts again would let old transactions be replayed.
//!
//! ## Roles and scopes
//!
//! A [`Role`] holds in a [`Scope`], everywhere or in a zone and all zones below it, and while its [`Validity`](busbar_primitives::Validity) says so: its end
//! needs no transaction, because every check looks at the time. The council grants every role; a membership provider grants
//! and revokes [`Role::Prosumer`], [`Role::Consumer`] and [`Role::Generator`], inside its own scope, and the grant names it.
//!
//! Who trades at a connection point does so for its owner, and the owner must hold a role that trades there
//! ([`Role::trading`]).
//!
//! ## Delegates
//!
//! A participant lets other accounts act for it, each with a [`Right`]. A delegate need not be a participant: while an
//! active participant delegates anything to it, its transactions are admitted, and it has a provider reference of its own.
//! The reference is taken back with the last right if the account never sent a transaction, and kept otherwise, for the
//! reason above. An account trades and moves funds for any number of participants, but operates (exercises roles) for one
//! at most; it may [`resign`](Pallet::resign) from what it never asked for.
//!
//! ## Data
//!
//! A participant opens its readings, or as a meter operator its datasets, to another participant for a range of
//! intervals, and closes them again. The data lie off chain; whoever keeps them asks the chain. Grants outlive a
//! suspension of either side, but a suspended participant acts, and so reads, in no capacity.
//!
//! Its record, of which the chain has a salted commitment only, lies in a vault. A participant opens fields of it for a
//! purpose and a time ([`RecordGrant`]), and commits to another record when it was rectified. Who keeps a vault publishes the
//! root of the log of all accesses, which only grows.
//!
//! ## Suspension
//!
//! A suspended participant acts in no capacity: its transactions are refused at the pool, also where it is somebody's
//! delegate, and its delegates act for it no more. Only by calls that settle what it owes may its own account go on
//! ([`Terms::settles`]). What stands of its orders is cancelled and its collateral released ([`Config::OnLeaving`]); so are the
//! orders of who is removed, and, from the next interval on, of who lost its last role that trades.
//!
//! The council suspends whom it likes; the regulator whoever holds no role that the grid depends on; a membership provider those
//! with ordinary roles: both where one of their scopes covers all roles of the participant, and nobody who is protected (see
//! [`Config::Protected`]). A lower authority does not resume whom a higher one suspended.
//!
//! ## Keeping strangers and floods out
//!
//! Members pay no fees. Three transaction extensions take the fee's place. [`CheckMember`] refuses signers that are not
//! admitted, and calls that are not theirs, before they cost anybody anything, and charges what a transaction takes of a
//! block to a [`Budget`] of its participant, which comes back with time. [`FewAhead`] bounds what waits of an account, and
//! puts first those who have most of their budget left. [`MortalOnly`] refuses transactions that never expire.
//!
//! ## Growth
//!
//! `Participants` and `MemberOf` grow by acts of membership providers only, `SharedBudgets` with their number; all
//! lists are bounded; `DelegateOf` is pruned as said above.
//!
//! ## One value per participant
//!
//! Whatever must be known of a participant to let its transaction in, to charge it and to take its order stands in one
//! value of `Participants`: its account, its roles and its delegates, its status, its budget, whether it is in debt, its margin,
//! how many steps its orders have. It is the only key of its owner that an order reads and writes, and the budget costs none more. Other
//! keys are of others: `MemberOf` and `DelegateOf` of whoever signs, `SharedBudgets` of the provider.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod admission;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod budget;
mod calls;
mod data;
mod delegates;
pub mod extension;
mod impls;
mod invariants;
mod membership;
#[cfg(test)]
mod mock;
pub mod nonce;
mod records;
mod roles;
#[cfg(test)]
mod tests;
mod types;
mod waiting;
pub mod weights;

pub use admission::{Calls, Payer};
pub use budget::*;
pub use busbar_primitives::{
	acceptance_payload,
	records::{AccessLog, Fields, Purpose, RecordGrant},
};
pub use extension::{CheckMember, MortalOnly};
pub use nonce::FewAhead;
pub use pallet::*;
pub use roles::founding;
pub use types::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use busbar_primitives::{Interval, ParticipantId, Right, Role, RoleGrant, Scope};

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{OnLeaving, Zones},
		Moment, Validity,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{Contains, Time},
		weights::WeightMeter,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::{AccountId32, MultiSignature};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Accounts are public keys, because a newcomer proves its account by a signature.
	#[pallet::config]
	pub trait Config: frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>> {
		/// Who may do everything here: the council.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The relation between zones that scopes need.
		type Zones: Zones;

		/// Chain time.
		type Time: Time<Moment = Moment>;

		/// Who cancels the orders of those who trade no more.
		type OnLeaving: OnLeaving;

		/// Accounts that only [`Config::AdminOrigin`] may suspend, whatever their roles: those of council and validators.
		type Protected: Contains<Self::AccountId>;

		/// Most roles of one participant, at most [`MAX_ROLES`].
		#[pallet::constant]
		type MaxRoles: Get<u32>;

		/// Most rights that one participant delegates, at most [`MAX_DELEGATES`].
		#[pallet::constant]
		type MaxDelegates: Get<u32>;

		/// Most grants of data that one participant gives, and most of its record.
		#[pallet::constant]
		type MaxDataGrants: Get<u32>;

		/// Greatest depth of the zone tree, which bounds the walk of a scope check.
		#[pallet::constant]
		type MaxDepth: Get<u32>;

		/// Most newcomers in one batch.
		#[pallet::constant]
		type MaxBatch: Get<u32>;

		/// What the chain says of its calls.
		type Calls: Calls<Self::RuntimeCall, Self::AccountId>;

		/// How budgets fill, and how full they get: computation in ps, proofs and transactions in bytes.
		#[pallet::constant]
		type Allowances: Get<Allowances>;

		/// Most transactions of one account that wait at one time.
		#[pallet::constant]
		type MaxWaiting: Get<u32>;

		type WeightInfo: WeightInfo;
	}

	pub type ParticipantOf<T> = Participant<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

	/// Every participant that ever was.
	#[pallet::storage]
	pub type Participants<T: Config> = StorageMap<_, Blake2_128Concat, ParticipantId, ParticipantOf<T>>;

	/// Whose account it is.
	#[pallet::storage]
	pub type MemberOf<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ParticipantId>;

	/// To whom participants open their data; one grant for each grantee and kind of data.
	#[pallet::storage]
	pub type DataGrants<T: Config> =
		StorageMap<_, Blake2_128Concat, ParticipantId, BoundedVec<DataGrant, T::MaxDataGrants>, ValueQuery>;

	/// To whom participants open fields of their records; one grant for each grantee and purpose.
	#[pallet::storage]
	pub type RecordGrants<T: Config> =
		StorageMap<_, Blake2_128Concat, ParticipantId, BoundedVec<RecordGrant, T::MaxDataGrants>, ValueQuery>;

	/// What participants that keep a vault said last of their logs of accesses.
	#[pallet::storage]
	pub type AccessLogs<T: Config> = StorageMap<_, Blake2_128Concat, ParticipantId, AccessLog<BlockNumberFor<T>>>;

	/// What an account may do for participants. Kept without grants if the account ever sent a transaction, as the mark of
	/// its provider reference.
	#[pallet::storage]
	pub type DelegateOf<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Delegation>;

	/// When roles that trade end. One key for each end that is ahead: at most as many as all participants have roles.
	#[pallet::storage]
	pub type Ends<T: Config> = StorageMap<_, Identity, EndKey, ()>;

	/// What all members that a provider admitted took together.
	#[pallet::storage]
	pub type SharedBudgets<T: Config> =
		StorageMap<_, Blake2_128Concat, ParticipantId, Spent<BlockNumberFor<T>>, ValueQuery>;

	/// Members from the start: the first council, the validators, and whom a preset needs.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Identifier, account and roles of each.
		pub members: Vec<(ParticipantId, T::AccountId, Vec<(Role, Scope)>)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// # Panics
		/// On a participant or account named twice and on too many roles: a chain must not start on such a specification.
		fn build(&self) {
			for (participant, account, roles) in &self.members {
				assert!(!Participants::<T>::contains_key(participant), "participant {participant} is named twice");
				assert!(!MemberOf::<T>::contains_key(account), "account {account:?} is named twice");
				assert!(roles.len() <= T::MaxRoles::get() as usize, "more roles than one participant may hold");
				Pallet::<T>::admit(*participant, account, H256::zero(), Budget::default());
				Participants::<T>::mutate_extant(participant, |record| record.roles = founding(roles));
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A participant was registered by a membership provider.
		Registered { participant: ParticipantId, account: T::AccountId, commitment: H256, provider: ParticipantId },
		/// A participant may do more, between these moments; the council says so, or the membership provider that is named.
		RoleGranted {
			participant: ParticipantId,
			role: Role,
			scope: Scope,
			from: Moment,
			until: Moment,
			issuer: Option<ParticipantId>,
		},
		/// A participant may do less.
		RoleRevoked { participant: ParticipantId, role: Role, scope: Scope },
		/// A participant may not act.
		Suspended { participant: ParticipantId, by: Authority },
		/// A participant may act again.
		Resumed { participant: ParticipantId },
		/// A participant is gone, with its roles and delegates.
		Removed { participant: ParticipantId },
		/// An account may act for a participant.
		DelegateAdded { participant: ParticipantId, delegate: T::AccountId, right: Right },
		/// An account may not act for a participant any more.
		DelegateRemoved { participant: ParticipantId, delegate: T::AccountId, right: Right },
		/// A participant's data of these intervals are open to another one.
		DataGranted { participant: ParticipantId, grantee: ParticipantId, data: Data, from: Interval, until: Interval },
		/// A participant's data are closed to another one.
		DataRevoked { participant: ParticipantId, grantee: ParticipantId, data: Data },
		/// Fields of a participant's record are open to another one for a purpose, while one of these intervals is in delivery.
		RecordGranted {
			participant: ParticipantId,
			grantee: ParticipantId,
			purpose: Purpose,
			fields: Fields,
			from: Interval,
			until: Interval,
		},
		/// A participant's record is closed to another one, for a purpose.
		RecordRevoked { participant: ParticipantId, grantee: ParticipantId, purpose: Purpose },
		/// A participant's record is another one now.
		CommitmentChanged { participant: ParticipantId, commitment: H256 },
		/// The log of a vault's accesses has so many entries under this root.
		AccessLogPublished { participant: ParticipantId, entries: u32, root: H256 },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The identifier belongs to a participant, present or removed.
		AlreadyRegistered,
		/// The account belongs to a participant, present or removed.
		AccountInUse,
		/// The acceptance is not the account's signature over this registration on this chain.
		BadAcceptance,
		/// No participant has this identifier.
		UnknownParticipant,
		/// The account neither is a participant's nor operates for one.
		NotMember,
		/// The participant is suspended.
		Suspended,
		/// The participant was removed.
		Removed,
		/// The participant is not suspended.
		NotSuspended,
		/// The role is not held.
		RoleMissing,
		/// The role is held, but not there.
		RoleOutOfScope,
		/// The participant has this role in this scope and for this time already.
		RoleHeld,
		/// Only the council grants and revokes this role.
		PrivilegedRole,
		/// Only the council decides about this participant, or about what the council decided.
		CouncilOnly,
		/// The participant holds as many roles as it may.
		TooManyRoles,
		/// The participant delegates as many rights as it may.
		TooManyDelegates,
		/// A participant needs no right to act for itself.
		OwnAccount,
		/// The right is delegated to this account already.
		AlreadyDelegate,
		/// The account has no such right.
		NotDelegate,
		/// The account operates for a participant already.
		OperatesAlready,
		/// A participant needs no grant for its own data.
		OwnData,
		/// The range has no interval: it must begin before it ends.
		NoInterval,
		/// The participant gives as many grants of data as it may; revoke one.
		TooManyDataGrants,
		/// There is no such grant of data.
		NoDataGrant,
		/// The batch has no newcomer.
		EmptyBatch,
		/// The account acts for as many participants as one without a participant of its own may; it may resign.
		TooManyPrincipals,
		/// A participant needs no grant for its own record.
		OwnRecord,
		/// The set names no field, or one that records do not have.
		NoField,
		/// The participant gives as many grants of its record as it may; revoke one.
		TooManyRecordGrants,
		/// There is no such grant of the record.
		NoRecordGrant,
		/// The commitment is the one that stands.
		SameCommitment,
		/// A log of accesses only grows: it has fewer entries than were published, or as many under another root.
		LogShrinks,
		/// The role would never hold: its time must begin before it ends, and end in the future.
		NeverHolds,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_poll(_: BlockNumberFor<T>, meter: &mut WeightMeter) {
			Self::end_roles(meter);
		}

		fn integrity_test() {
			assert!(T::MaxRoles::get() > 0 && T::MaxDepth::get() > 0 && T::MaxWaiting::get() > 0);
			assert!(T::MaxDelegates::get() <= MAX_DELEGATES, "more delegates than a record has room for");
			assert!(T::MaxRoles::get() <= MAX_ROLES, "more roles than a record has room for");
			let rules = T::Allowances::get();
			for rule in [rules.member, rules.professional, rules.operator, rules.governing, rules.provider] {
				assert!(rule.per_block.fits(&rule.most), "a budget that a block more than fills");
				assert!(rule.per_block.ref_time > 0 && rule.per_block.proof_size > 0 && rule.per_block.bytes > 0);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
