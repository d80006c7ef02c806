//! The weights of Busbar's pallets, as `scripts/benchmark` measured them: one generated module for each pallet.
//!
//! A runtime that is built to measure them has the pallets' own estimates instead, so that a call that is new can be measured.

#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_certificates;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_flexibility;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_governance;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_grid;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_issuance;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_market;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_metering;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_participants;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_securities;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_settlement;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_supply;
#[cfg(not(feature = "runtime-benchmarks"))]
mod pallet_validators;

#[cfg(not(feature = "runtime-benchmarks"))]
mod chosen {
	use crate::Runtime;

	pub type Participants = super::pallet_participants::WeightInfo<Runtime>;
	pub type Grid = super::pallet_grid::WeightInfo<Runtime>;
	pub type Market = super::pallet_market::WeightInfo<Runtime>;
	pub type Metering = super::pallet_metering::WeightInfo<Runtime>;
	pub type Issuance = super::pallet_issuance::WeightInfo<Runtime>;
	pub type Securities = super::pallet_securities::WeightInfo<Runtime>;
	pub type Supply = super::pallet_supply::WeightInfo<Runtime>;
	pub type Flexibility = super::pallet_flexibility::WeightInfo<Runtime>;
	pub type Settlement = super::pallet_settlement::WeightInfo<Runtime>;
	pub type Certificates = super::pallet_certificates::WeightInfo<Runtime>;
	pub type Validators = super::pallet_validators::WeightInfo<Runtime>;
	pub type Governance = super::pallet_governance::WeightInfo<Runtime>;
}

#[cfg(feature = "runtime-benchmarks")]
mod chosen {
	pub type Participants = ();
	pub type Grid = ();
	pub type Market = ();
	pub type Metering = ();
	pub type Issuance = ();
	pub type Securities = ();
	pub type Supply = ();
	pub type Flexibility = ();
	pub type Settlement = ();
	pub type Certificates = ();
	pub type Validators = ();
	pub type Governance = ();
}

pub use chosen::*;
