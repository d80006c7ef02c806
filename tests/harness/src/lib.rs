//! The one builder of worlds and networks for tests and measurements. Never part of a product.
//!
//! - A **world** is the whole runtime on a state in memory, without blocks that are built or signed: [`Genesis`] says who
//!   takes part with how much money and how the market runs, [`calls`] builds a grid with points and meters, [`submit`]
//!   applies a call in somebody's name, and [`Blocks`] lets time pass. `runtime/tests/history` and `runtime/examples/scale`
//!   are worlds. A world that is to be attacked is a [`chain`]: signed transactions, with all that stands between them and
//!   a block.
//! - A **network** is processes on loopback: four validators, a gateway, a meter-data store. `network.sh` beside this crate
//!   starts and stops it for `scripts/devnet`, `scripts/test` and whatever else needs one; the README here tells how.
//!
//! Everything here is for tests, so what cannot be done panics with the reason.

pub mod calls;
pub mod chain;
mod flat;
mod parties;
mod patch;

pub use flat::Flat;
pub use parties::{account, id, Party, AGGREGATOR, DSO, EUR, METER_OPERATOR, REGULATOR, RETAILER, UTILITY};
pub use patch::merge;

use busbar_primitives::{
	metering::{Reading, SignedReading},
	Balance, Moment, PostedBounds, Product,
};
use busbar_runtime::{
	pallet_balances, pallet_issuance, pallet_market, pallet_participants, pallet_securities, pallet_session,
	pallet_settlement, pallet_validators, AccountId, Market, Runtime, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin,
	System,
};
use codec::Encode;
use frame_support::{
	traits::{Hooks, OnIdle},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use sp_core::{ed25519, storage::Storage, Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Dispatchable, BuildStorage, DispatchError};

/// A market of these products in quarter hours, whose intervals open so many ahead and are soon final, with prices on both sides
/// of zero.
pub fn market(horizon: u32, products: Vec<Product>) -> pallet_market::Parameters {
	pallet_market::Parameters {
		horizon,
		products: BoundedVec::truncate_from(products),
		first_run_s: 900,
		attestation_window_s: 1_800,
		dispute_window_s: 3_600,
		price_floor: -100_000,
		price_cap: 500_000,
		posted: PostedBounds { short_max: 400_000, long_min: -100_000 },
		..Default::default()
	}
}

/// How a world begins. Fees go to the operator [`DSO`], rent to [`REGULATOR`]; [`UTILITY`] balances.
pub struct Genesis {
	pub parties: Vec<Party>,
	pub parameters: pallet_market::Parameters,
	/// Posted prices of imbalances, in nEUR/Wh.
	pub ladder: pallet_settlement::PostedPrices,
}

impl Genesis {
	/// The state at the beginning.
	///
	/// # Panics
	/// If the parties or the parameters contradict each other.
	pub fn build(self) -> sp_io::TestExternalities {
		sp_io::TestExternalities::new(self.storage())
	}

	/// The same without a trie, for long histories.
	///
	/// # Panics
	/// As [`Self::build`].
	pub fn build_flat(self) -> Flat {
		self.storage().into()
	}

	fn storage(self) -> Storage {
		let Self { parties, parameters, ladder } = self;
		let account_of = |name: u8| {
			let found = parties.iter().find(|party| party.id == id(name));
			found.map_or_else(|| account(name), |party| party.account.clone())
		};
		let (grid, rent) = (account_of(DSO), account_of(REGULATOR));
		let validator = |name: u8| (account_of(name), account_of(name), chain::session_keys(name));
		let keys: Vec<_> = [DSO, UTILITY].map(validator).into();
		let validators = keys.iter().map(|(account, ..)| account.clone()).collect();
		let balances = parties.iter().map(|party| (party.account.clone(), party.money)).collect();
		let margins = parties.iter().map(|party| (party.id, party.money / 2)).filter(|(_, margin)| *margin > 0);
		let securities = pallet_securities::GenesisConfig { margins: margins.collect(), ..Default::default() };
		let members = parties.into_iter().map(|party| (party.id, party.account, party.roles)).collect();
		RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
			participants: pallet_participants::GenesisConfig { members },
			market: pallet_market::GenesisConfig { parameters, ..Default::default() },
			securities,
			issuance: pallet_issuance::GenesisConfig { ceiling: Balance::MAX, ..Default::default() },
			settlement: pallet_settlement::GenesisConfig {
				accounts: Some(pallet_settlement::Accounts { grid, rent, balancing: id(UTILITY) }),
				ladder,
			},
			session: pallet_session::GenesisConfig { keys, ..Default::default() },
			validators: pallet_validators::GenesisConfig { validators, peers: vec![] },
			..Default::default()
		}
		.build_storage()
		.expect("the genesis is sound")
	}
}

/// Applies a call in the name of an account, as a block would after the extensions.
///
/// # Errors
/// What the call fails with.
pub fn submit(who: &AccountId, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	let result = call.into().dispatch(RuntimeOrigin::signed(who.clone()));
	result.map(|_| ()).map_err(|error| error.error)
}

/// The blocks of a world. The first one is number 2: genesis and what is built on it come before.
pub struct Blocks {
	number: u32,
}

impl Default for Blocks {
	fn default() -> Self {
		Self { number: 1 }
	}
}

impl Blocks {
	/// A block at this chain time: what hooks do, gates within `polling` and pruning within `idle`. Its events stay until the
	/// caller resets them.
	pub fn next(&mut self, now: Moment, mut polling: WeightMeter, idle: Weight) {
		self.number += 1;
		System::set_block_number(self.number);
		busbar_runtime::pallet_timestamp::Now::<Runtime>::put(now);
		Market::on_poll(self.number, &mut polling);
		<Market as OnIdle<u32>>::on_idle(self.number, idle);
	}
}

/// The device of the meter with this number.
pub fn device(meter: u32) -> ed25519::Pair {
	ed25519::Pair::from_seed(&blake2_256(&(b"meter", meter).encode()))
}

/// A reading with its device's signature, on the chain with this genesis.
pub fn signed(reading: Reading, device: &ed25519::Pair, genesis: &H256) -> SignedReading {
	let signature = Some(device.sign(&reading.signing_payload(genesis)));
	SignedReading { reading, signature }
}
