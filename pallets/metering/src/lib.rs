//! Meters, and what their operators attest that they counted.
//!
//! # What it owns
//!
//! A meter operator registers the meter of each connection point that it reads. After an interval's delivery it puts all
//! readings, salted, under one Merkle root and attests that root on chain; the dataset itself stays off chain and is
//! named by its hash and length. Then anyone brings single readings with their Merkle proofs, in batches; a proven
//! reading is what settlement pays by. Readings that nobody proved by the end of the attestation window are replaced by
//! settlement's estimates.
//!
//! ```text
//!  delivery ends           attestation_end
//!  |---- attest ... prove ----|  then estimates stand in
//! ```
//!
//! An operator attests an interval once, and a point's first proven reading stands: of several leaves for one point the
//! one that is proven first counts. A new meter replaces the old one at once, also for intervals that were delivered
//! before but whose readings are not proven yet.
//!
//! # What is kept
//!
//! A point has at most one meter, so meters are bounded by points. Datasets and readings are removed by
//! [`Prune`](busbar_primitives::traits::Prune) with their interval.
//!
//! # Invariants
//!
//! Checked by `do_try_state`:
//!
//! 1. Every meter belongs to a connection point.
//! 2. Every reading is of a known point, in range, and stands in a dataset of its operator that is kept. Pruning removes
//!    an interval's readings before its datasets.
//! 3. No more readings of an operator are proven for an interval than its dataset has.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod impls;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// What benchmarks need to find in the runtime.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId> {
	/// An account that holds the role of meter operator everywhere, and its participant.
	fn operator() -> (AccountId, busbar_primitives::ParticipantId);
	/// Adds connection points to the grid until there are `count`, all of which exist in the delivered interval.
	fn add_points(count: u32);
	/// Moves chain time to where an interval's delivery is over and its attestation window is open; returns that interval.
	fn delivered_interval() -> busbar_primitives::Interval;
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{Calendar, Grid, Participants},
		Interval, ParticipantId, PointId,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who is a meter operator, and where.
		type Participants: Participants<Self::AccountId>;

		/// Connection points and their zones.
		type Grid: Grid;

		/// When an interval's delivery and attestation window end.
		type Calendar: Calendar;

		/// Most readings in one batch.
		#[pallet::constant]
		type MaxReadings: Get<u32>;

		type WeightInfo: WeightInfo;

		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The meter of each connection point.
	#[pallet::storage]
	pub type Meters<T> = StorageMap<_, Twox64Concat, PointId, Meter>;

	/// What each operator attested for an interval.
	#[pallet::storage]
	pub type Datasets<T> = StorageDoubleMap<_, Twox64Concat, Interval, Blake2_128Concat, ParticipantId, Dataset>;

	/// The proven readings of an interval.
	#[pallet::storage]
	pub type Readings<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Proven>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A connection point has a meter. `replaced` is the one it had before.
		MeterRegistered { point: PointId, operator: ParticipantId, device: [u8; 32], replaced: Option<ParticipantId> },
		/// An operator attested its readings of an interval.
		Attested { interval: Interval, operator: ParticipantId, root: H256, count: u32, bytes: u32, content: H256 },
		/// Readings of these connection points were proven.
		Proven { interval: Interval, operator: ParticipantId, points: BoundedVec<PointId, T::MaxReadings> },
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// There is no connection point of this number.
		UnknownPoint,
		/// The connection point has no meter.
		NoMeter,
		/// The interval's session never opened, or its records are pruned.
		UnknownInterval,
		/// The interval's delivery is not over.
		NotDelivered,
		/// The interval's attestation window is over.
		WindowClosed,
		/// The operator attested this interval already.
		AlreadyAttested,
		/// The operator has not attested this interval.
		NoDataset,
		/// The batch has no reading.
		EmptyBatch,
		/// The reading is of another interval than the batch.
		WrongInterval,
		/// The connection point does not exist in this interval.
		PointNotInForce,
		/// The connection point's meter belongs to another operator.
		WrongOperator,
		/// A reading of this connection point and interval was proven already.
		AlreadyProven,
		/// Imported or exported energy is beyond 2^63 - 1 Wh.
		OutOfRange,
		/// The proof does not lead from the reading to the operator's root.
		WrongProof,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxReadings::get() > 0, "a batch has at least one reading");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers the meter of a connection point by its device's Ed25519 public key, instead of the one it may have.
		///
		/// Origin: a meter operator at the point's zone, whose meter it becomes.
		///
		/// # Errors
		/// [`Error::UnknownPoint`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_meter())]
		pub fn register_meter(origin: OriginFor<T>, point: PointId, device: [u8; 32]) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_meter(who, point, device)
		}

		/// Attests the readings of an interval by the Merkle root over their leaves. `count` is their number, `bytes` and
		/// `content` are length and hash of the dataset as it is stored off chain.
		///
		/// Origin: a meter operator, once for each interval.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`], [`Error::AlreadyAttested`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::attest())]
		pub fn attest(
			origin: OriginFor<T>,
			interval: Interval,
			root: H256,
			count: u32,
			bytes: u32,
			content: H256,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_attest(who, interval, root, count, bytes, content)
		}

		/// Brings readings of an interval with the proofs that `operator` attested them.
		///
		/// Origin: anyone who signs.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`],
		/// [`Error::NoDataset`], [`Error::WrongInterval`], [`Error::UnknownPoint`], [`Error::PointNotInForce`],
		/// [`Error::NoMeter`], [`Error::WrongOperator`], [`Error::AlreadyProven`], [`Error::OutOfRange`],
		/// [`Error::WrongProof`]. If one reading is refused, none is taken.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::prove(readings.len() as u32).saturating_add(T::WeightInfo::hash(hashes(readings))))]
		pub fn prove(
			origin: OriginFor<T>,
			interval: Interval,
			operator: ParticipantId,
			readings: BoundedVec<ProvenReading, T::MaxReadings>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prove(interval, operator, &readings)
		}
	}

	/// Hashes in all proofs of a batch.
	fn hashes(readings: &[ProvenReading]) -> u32 {
		readings.iter().fold(0u32, |sum, item| sum.saturating_add(item.proof.len() as u32))
	}
}
