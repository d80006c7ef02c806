//! A chain of this pallet alone, with a fixed tree of zones: 0 over 1 and 2, and 1 over 3.

use crate as pallet_participants;
use crate::*;
use busbar_mocks::MockGrid;
use busbar_primitives::{refusals::Refusal, Moment};
use frame_support::{
	derive_impl,
	dispatch::{DispatchClass, DispatchInfo},
	parameter_types,
	traits::{ConstU32, Get},
	weights::Weight,
};
use frame_system::EnsureRoot;
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, MultiSignature};

pub type AccountId = AccountId32;
pub type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Participants = pallet_participants;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

parameter_types! {
	pub ProtectedAccounts: Vec<AccountId> = vec![account("councillor")];
}

pub struct Protected;

impl frame_support::traits::Contains<AccountId> for Protected {
	fn contains(account: &AccountId) -> bool {
		ProtectedAccounts::get().contains(account)
	}
}

/// Loads of [`UNIT`]: a block brings one back, a member has four of them.
pub const UNIT: Load = Load::new(1_000_000_000, 1_000, 100);

fn rule(per_block: u64, most: u64) -> Allowance {
	Allowance { per_block: UNIT.times(per_block), most: UNIT.times(most) }
}

parameter_types! {
	pub Rules: Allowances = Allowances {
		member: rule(1, 4),
		professional: rule(2, 8),
		operator: rule(4, 16),
		governing: rule(3, 12),
		provider: rule(3, 6),
	};
}

/// The remarks of [`remark`] are calls by their first byte; every other call is anybody's.
pub struct Named;

impl Calls<RuntimeCall, AccountId> for Named {
	fn terms(call: &RuntimeCall) -> Result<Terms, Refusal> {
		match kind(call) {
			b'd' => Ok(Terms { due: true, ..Default::default() }),
			b'g' => Ok(Terms { governing: true, ..Default::default() }),
			b'r' => Ok(Terms { remedy: true, ..Default::default() }),
			b's' => Ok(Terms { settles: true, ..Default::default() }),
			b'n' => Err(Refusal::NotListed),
			_ => Ok(Terms::default()),
		}
	}

	fn ensure(call: &RuntimeCall, signer: &AccountId) -> Result<(), Refusal> {
		let council = kind(call) != b'g' || *signer == account("councillor");
		council.then_some(()).ok_or(Refusal::NotYours)
	}

	fn reads(call: &RuntimeCall) -> u64 {
		u64::from(kind(call) == b'g')
	}
}

fn kind(call: &RuntimeCall) -> u8 {
	match call {
		RuntimeCall::System(frame_system::Call::remark { remark }) => remark.first().copied().unwrap_or_default(),
		_ => 0,
	}
}

/// A call of a kind: `d`ue work, a `g`overning one, a `r`emedy, one that `s`ettles, one that is `n`ot listed, or none of these.
pub fn remark(kind: u8) -> RuntimeCall {
	frame_system::Call::remark { remark: vec![kind] }.into()
}

parameter_types! {
	/// Chain time, in ms.
	pub storage Now: Moment = 0;
}

pub struct MockTime;

impl frame_support::traits::Time for MockTime {
	type Moment = Moment;
	fn now() -> Moment {
		Now::get()
	}
}

parameter_types! {
	/// Who was said to trade no more, and whether at once.
	pub storage LeftOnes: Vec<(ParticipantId, bool)> = Vec::new();
}

pub struct Left;

impl busbar_primitives::traits::OnLeaving for Left {
	fn leaves(participant: ParticipantId, at_once: bool) {
		let mut all = LeftOnes::get();
		all.push((participant, at_once));
		LeftOnes::set(&all);
	}
}

impl Config for Test {
	type AdminOrigin = EnsureRoot<AccountId>;
	type Zones = MockGrid;
	type Time = MockTime;
	type OnLeaving = Left;
	type Protected = Protected;
	type MaxRoles = ConstU32<4>;
	type MaxDelegates = ConstU32<3>;
	type MaxDataGrants = ConstU32<3>;
	type MaxDepth = ConstU32<4>;
	type MaxBatch = ConstU32<3>;
	type Calls = Named;
	type Allowances = Rules;
	type MaxWaiting = ConstU32<4>;
	type WeightInfo = ();
}

pub fn pair(name: &str) -> sr25519::Pair {
	sr25519::Pair::from_seed(&sp_io::hashing::blake2_256(name.as_bytes()))
}

pub fn account(name: &str) -> AccountId {
	AccountId::new(pair(name).public().0)
}

pub fn id(name: &str) -> ParticipantId {
	ParticipantId(sp_io::hashing::blake2_128(name.as_bytes()))
}

pub fn signed(name: &str) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(name))
}

pub const COMMITMENT: H256 = H256::repeat_byte(7);

/// What the named newcomer signs.
pub fn payload(name: &str) -> Vec<u8> {
	acceptance_payload(&System::block_hash(0), &id(name), &account(name), &COMMITMENT)
}

pub fn acceptance(name: &str) -> MultiSignature {
	pair(name).sign(&payload(name)).into()
}

/// Bytes of a transaction of one unit.
pub const BYTES: usize = 100;

/// What a call that takes so many units declares.
pub fn units(number: u64) -> DispatchInfo {
	let load = UNIT.times(number);
	let weights: frame_system::limits::BlockWeights = <Test as frame_system::Config>::BlockWeights::get();
	let base = weights.get(DispatchClass::Normal).base_extrinsic;
	let call_weight = Weight::from_parts(load.ref_time, load.proof_size).saturating_sub(base);
	DispatchInfo { call_weight, ..Default::default() }
}

/// What of the named participant's budget is left.
pub fn left(name: &str) -> Load {
	Participants::budget_left(id(name))
}

/// Registers the named newcomer, and waits until its budget is full.
pub fn settle_in(name: &str) {
	register(name);
	System::set_block_number(System::block_number() + 4);
}

/// Registers the named newcomer.
pub fn register(name: &str) {
	let call = Participants::register(signed("provider"), id(name), account(name), COMMITMENT, acceptance(name));
	call.expect("a valid registration");
}

/// Members from genesis: `provider` (membership provider everywhere), `feeder` (the same in zone 1), `councillor`
/// (protected) and `dso` (operates zone 1).
pub fn run(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("system");
	let member = |name: &str, roles| (id(name), account(name), roles);
	GenesisConfig::<Test> {
		members: vec![
			member("provider", vec![(Role::MembershipProvider, Scope::Grid)]),
			member("feeder", vec![(Role::MembershipProvider, Scope::Zone(1))]),
			member("councillor", vec![]),
			member("dso", vec![(Role::Dso, Scope::Zone(1))]),
		],
	}
	.assimilate_storage(&mut storage)
	.expect("participants");
	busbar_mocks::reset();
	MockGrid::tree([None, Some(0), Some(0), Some(1)]);
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		frame_system::BlockHash::<Test>::insert(0, H256::repeat_byte(1));
		test();
		Participants::do_try_state().expect("the invariants hold");
	});
}
