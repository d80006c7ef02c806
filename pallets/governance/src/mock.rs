//! A chain of this pallet alone. Origins of the council are accounts here: 100 is two thirds of it, 101 all, 102 a third, 103 half.

use crate as pallet_governance;
use crate::*;
use frame_support::{derive_impl, ord_parameter_types, traits::ConstU32};
use frame_system::EnsureSignedBy;
use sp_runtime::BuildStorage;

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeHoldReason,
		RuntimeFreezeReason,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Governance = pallet_governance;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

ord_parameter_types! {
	pub const TwoThirds: AccountId = 100;
	pub const All: AccountId = 101;
	pub const Third: AccountId = 102;
	pub const Half: AccountId = 103;
}

impl Config for Test {
	type AdminOrigin = EnsureSignedBy<TwoThirds, AccountId>;
	type UrgentOrigin = EnsureSignedBy<All, AccountId>;
	type VetoOrigin = EnsureSignedBy<Third, AccountId>;
	type ResumeOrigin = EnsureSignedBy<Half, AccountId>;
	type MaxPause = ConstU32<100>;
	type WordLife = ConstU32<10>;
	type MaxPauses = ConstU32<4>;
	type MinSeats = ConstU32<3>;
	type MaxSeats = ConstU32<7>;
	type WeightInfo = ();
}

pub fn at(block: u64) {
	System::set_block_number(block);
}

/// A committee of accounts 1 to 5; upgrades wait for 50 blocks. The invariants hold afterwards.
pub fn run(test: impl FnOnce()) {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("system");
	GenesisConfig::<Test> { upgrade_delay: 50, committee: vec![1, 2, 3, 4, 5] }
		.assimilate_storage(&mut storage)
		.expect("governance");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		at(1);
		test();
		Governance::do_try_state().expect("the invariants hold");
	});
}
