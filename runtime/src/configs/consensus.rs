//! Proof of Authority: Aura writes blocks, GRANDPA finalises them, sessions change the authority set.

use crate::{
	AccountId, Aura, Balances, BlockNumber, Historical, Runtime, RuntimeCall, RuntimeEvent, Session, SessionKeys,
	UncheckedExtrinsic, Validators, MINUTES, SLOT_DURATION_MS,
};
use busbar_primitives::ParticipantId;
use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, ConstU64},
};
use frame_system::offchain::CreateBare;
use pallet_session::{historical::NoteHistoricalRoot, FindAccountFromAuthorIndex, PeriodicSessions};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::{ConvertInto, OpaqueKeys};

/// Most validators that the chain admits. GRANDPA messages grow with its square.
pub type MaxValidators = ConstU32<64>;

/// Sessions for which an offence can be proven.
const SESSIONS_OF_A_WEEK: u32 = 7 * 24 * 6;

parameter_types! {
	/// Blocks of a session. A change of the authority set takes effect two sessions later.
	pub const SessionLength: BlockNumber = 10 * MINUTES;
	pub const SessionOffset: BlockNumber = 0;
	pub const SetIdSessionEntries: u64 = SESSIONS_OF_A_WEEK as u64;
	pub const ReportLongevity: u64 = 7 * 24 * 60 * (MINUTES as u64);
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type DisabledValidators = Session;
	type MaxAuthorities = MaxValidators;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<SLOT_DURATION_MS>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = FindAccountFromAuthorIndex<Self, Aura>;
	type EventHandler = ();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = PeriodicSessions<SessionLength, SessionOffset>;
	type NextSessionRotation = PeriodicSessions<SessionLength, SessionOffset>;
	type SessionManager = NoteHistoricalRoot<Self, Validators>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<0>;
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	/// A validator is identified by its account alone: nothing is staked.
	type FullIdentificationOf = pallet_validators::ByAccount<AccountId>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxValidators;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = SetIdSessionEntries;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Validators, Historical, ReportLongevity>;
}

impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<C> CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}

/// A validator is whose account it is, or for whom it operates.
pub struct OfParticipants;

impl pallet_validators::Owners<AccountId> for OfParticipants {
	type Owner = ParticipantId;

	fn owner(account: &AccountId) -> Option<ParticipantId> {
		let operates = || pallet_participants::DelegateOf::<Runtime>::get(account)?.operates_for;
		pallet_participants::MemberOf::<Runtime>::get(account).or_else(operates)
	}
}

impl pallet_validators::Config for Runtime {
	type Owners = OfParticipants;
	type Members = crate::Participants;
	type AdminOrigin = super::CouncilTwoThirds;
	type MaxValidators = MaxValidators;
	/// Of four one may fail.
	type MinValidators = ConstU32<4>;
	type Sessions = Historical;
	type MaxReports = ConstU32<64>;
	type HistoryDepth = ConstU32<{ SESSIONS_OF_A_WEEK }>;
	/// A gateway, a validator, and their successors while a machine is replaced.
	type MaxPeers = ConstU32<4>;
	type MaxPeerOwners = ConstU32<256>;
	type WeightInfo = crate::weights::Validators;
}
