//! The Busbar runtime: the composition of the pallets, and nothing else.
//!
//! `configs/` wires the pallets, `apis.rs` answers clients, `genesis.rs` holds the presets, `migrations.rs` lists what an
//! upgrade migrates.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

// The runtime macro and `impl_opaque_keys` name it without a path.
use alloc::vec::Vec;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmark_helpers;
#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;
pub mod configs;
mod energy;
pub mod genesis;
mod migrations;
mod waiting;
mod weights;

use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use configs::{MaxMarketZones, SessionLength};
pub use {
	frame_system, pallet_balances, pallet_certificates, pallet_collective, pallet_flexibility, pallet_governance,
	pallet_grid, pallet_issuance, pallet_market, pallet_metering, pallet_participants, pallet_securities,
	pallet_session, pallet_settlement, pallet_supply, pallet_timestamp, pallet_utility, pallet_validators,
};

/// How a transaction is signed.
pub type Signature = MultiSignature;
/// An account: the public key of its signer, or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Money, in nEUR.
pub type Balance = busbar_primitives::Balance;
/// How many transactions an account has sent.
pub type Nonce = u32;
pub type Hash = sp_core::H256;
pub type BlockNumber = u32;
pub type Address = MultiAddress<AccountId, ()>;
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// What every transaction passes before it enters the pool or a block. Strangers are turned away first, before anything
/// is paid for. All extensions that a standard client does not know are zero-sized, and what goes by the name of a standard
/// one has its form, so polkadot.js signs as it is.
pub type TxExtension = (
	pallet_participants::CheckMember<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	pallet_participants::MortalOnly<Runtime>,
	pallet_participants::FewAhead<Runtime>,
	frame_system::CheckWeight<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// Types for the node, which needs to know no more of a transaction than its bytes.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	pub type Header = super::Header;
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
	pub type BlockId = generic::BlockId<Block>;
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub aura: Aura,
		pub grandpa: Grandpa,
	}
}

/// The version of a `spec_version`, which has to be a number as it stands: it is written into the Wasm's custom sections.
macro_rules! version {
	($spec_version:tt) => {
		#[sp_version::runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: alloc::borrow::Cow::Borrowed("busbar"),
			impl_name: alloc::borrow::Cow::Borrowed("busbar"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 1,
			apis: apis::RUNTIME_API_VERSIONS,
			transaction_version: 1,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "upgrade-test"))]
version!(1);
// Always one more.
#[cfg(feature = "upgrade-test")]
version!(2);

/// Time between two blocks, in ms. Fixed at genesis: a longer slot would make slot numbers go backwards.
pub const SLOT_DURATION_MS: u64 = 2_000;
pub const MINUTES: BlockNumber = 60_000 / (SLOT_DURATION_MS as BlockNumber);

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Runtime>;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp::Pallet<Runtime>;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances::Pallet<Runtime>;
	#[runtime::pallet_index(3)]
	pub type Utility = pallet_utility::Pallet<Runtime>;

	// The authority set before sessions: genesis builds in this order.
	#[runtime::pallet_index(10)]
	pub type Authorship = pallet_authorship::Pallet<Runtime>;
	#[runtime::pallet_index(11)]
	pub type Validators = pallet_validators::Pallet<Runtime>;
	#[runtime::pallet_index(12)]
	pub type Session = pallet_session::Pallet<Runtime>;
	#[runtime::pallet_index(13)]
	pub type Historical = pallet_session::historical::Pallet<Runtime>;
	#[runtime::pallet_index(14)]
	pub type Aura = pallet_aura::Pallet<Runtime>;
	#[runtime::pallet_index(15)]
	pub type Grandpa = pallet_grandpa::Pallet<Runtime>;

	#[runtime::pallet_index(20)]
	pub type Council = pallet_collective::Pallet<Runtime, Instance1>;
	#[runtime::pallet_index(21)]
	pub type Governance = pallet_governance::Pallet<Runtime>;

	#[runtime::pallet_index(30)]
	pub type Participants = pallet_participants::Pallet<Runtime>;
	#[runtime::pallet_index(31)]
	pub type Grid = pallet_grid::Pallet<Runtime>;
	#[runtime::pallet_index(32)]
	pub type Market = pallet_market::Pallet<Runtime>;
	#[runtime::pallet_index(33)]
	pub type Metering = pallet_metering::Pallet<Runtime>;
	#[runtime::pallet_index(34)]
	pub type Settlement = pallet_settlement::Pallet<Runtime>;
	#[runtime::pallet_index(35)]
	pub type Certificates = pallet_certificates::Pallet<Runtime>;
	#[runtime::pallet_index(36)]
	pub type Issuance = pallet_issuance::Pallet<Runtime>;
	#[runtime::pallet_index(37)]
	pub type Securities = pallet_securities::Pallet<Runtime>;
	#[runtime::pallet_index(38)]
	pub type Supply = pallet_supply::Pallet<Runtime>;
	#[runtime::pallet_index(39)]
	pub type Flexibility = pallet_flexibility::Pallet<Runtime>;
}
