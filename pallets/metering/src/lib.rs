//! Meters, what their operators attest that they counted, and who is right when they differ.
//!
//! # What it owns
//!
//! A meter operator registers the meter of each connection point that it reads, by the key of the device. Devices sign
//! their readings. After an interval's delivery the operator puts all readings, salted, under one Merkle root and attests
//! that root on chain; the dataset itself stays off chain and is named by its hash and length. Then anyone brings single
//! readings with their Merkle proofs, in batches; a proven reading is what settlement pays by. Readings that nobody
//! proved by the end of the attestation window are replaced by the chain's own estimates.
//!
//! ```text
//!  delivery ends           attestation_end                 dispute_end
//!  |--- attest, prove ---------|--- new versions ---------------|  nothing changes any more, but by a ruling
//!  |--- dispute ------------------------------------------------|--- rulings, as long again --------|
//! ```
//!
//! From its first main meter on a point's silence is its owner's debt, whatever becomes of that meter. Nobody's is that of a point
//! that never had one: it does not trade, and what it draws is in what couplings supplied and no point drew.
//!
//! A later attestation of the same interval is a new version of the dataset. Of two readings of a meter the corrected
//! stands above the measured and the measured above the estimated; each replacement is a new version of the reading.
//! A connection point's owner may name a second attester, whose check meter is compared with the main one. What the
//! chain cannot decide waits for the regulator, until a deadline. `docs/metering.md` tables the cases.
//!
//! # Genesis
//!
//! Tests and devnets may start with meters, which count from interval 0 on. In a chain specification's patch they stand under
//! `metering`; keys are 32 bytes in hexadecimal digits:
//!
//! ```json
//! {
//!   "metering": {
//!     "meters": [{ "point": 1, "operator": "01020304-0506-8708-890a-0b0c0d0e0f10", "device": "0x…", "class": "b" }]
//!   }
//! }
//! ```
//!
//! # What is kept
//!
//! A point has at most two meters of each duty, so meters are bounded by points; operators and stores by participants.
//! Datasets, their earlier roots, their holders, readings, disputes and what was reported missing are removed by
//! [`Prune`](busbar_primitives::traits::Prune) with their interval. How punctual an operator is takes [`COUNTED_DAYS`] days of
//! three numbers.
//!
//! # Invariants
//!
//! Checked by `do_try_state`:
//!
//! 1. Every meter is fitted at a connection point; meters of one duty at one point do not overlap, and none begins before the
//!    first that there was.
//! 2. Every reading is of a known point, in range, and stands in a dataset of its operator that is kept or was brought by
//!    a dispute. Pruning removes an interval's disputes, then its readings, then its datasets.
//! 3. Every dispute is about a reading that stands.
//! 4. What is held of an account equals its operators' bonds and its open disputes' bonds.
//! 5. Holders of datasets are announced for attested intervals only, each once.
//! 6. Reputations lie within their bounds, dataset versions do not exceed theirs, and each but the newest has its earlier root.
//! 7. Days on which an operator's readings are counted ascend.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod attestations;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bonds;
mod calls;
mod disputes;
mod errors;
mod genesis;
mod holdings;
mod impls;
mod invariants;
mod meters;
mod missing;
mod readings;
mod stood;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

// A dispute carries two readings with their proofs: decoding a call once costs less than a box for each.
#[allow(clippy::large_enum_variant)]
#[import_section(calls::calls)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		metering::{DeviceKey, Duty, Meter, MeterClass, MeterId, Registers, SignedReading},
		traits::{Calendar, Counterparties, Grid, OnReading, Participants},
		Balance, Interval, Moment, ParticipantId, PointId, Wh,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, InspectHold, MutateHold},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Reason under which the currency holds money.
		type RuntimeHoldReason: From<HoldReason>;

		/// The money of the bonds, in nEUR.
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ InspectHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ MutateHold<Self::AccountId>;

		/// Who is a meter operator or regulator, and where.
		type Participants: Participants<Self::AccountId>;

		/// Connection points and their zones.
		type Grid: Grid;

		/// When an interval's delivery and its windows end.
		type Calendar: Calendar;

		/// Who settles by readings, and is told before one changes.
		type OnReading: OnReading;

		/// Who receives what a wrong attestation costs, beside the point's owner.
		type Counterparties: Counterparties<Self::AccountId>;

		/// Most readings, and most new meters, in one batch.
		#[pallet::constant]
		type MaxReadings: Get<u32>;

		/// Most participants that announce the same dataset.
		#[pallet::constant]
		type MaxHolders: Get<u32>;

		/// Most versions of a dataset.
		#[pallet::constant]
		type MaxVersions: Get<u16>;

		/// How many intervals beyond those that have opened a meter may be changed at.
		#[pallet::constant]
		type MaxAhead: Get<Interval>;

		/// What an operator of full reputation must have posted before it attests, in nEUR.
		#[pallet::constant]
		type OperatorBond: Get<Balance>;

		/// What a wrong attestation costs, in nEUR.
		#[pallet::constant]
		type Penalty: Get<Balance>;

		/// What is held for a dispute that the regulator must decide, in nEUR.
		#[pallet::constant]
		type DisputeBond: Get<Balance>;

		/// Difference between main and check meter that is allowed besides their classes' errors, in Wh.
		#[pallet::constant]
		type Tolerance: Get<Wh>;

		type WeightInfo: WeightInfo;

		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// [`Config::MaxVersions`], as collections are bounded.
	pub struct Versions<T>(PhantomData<T>);

	impl<T: Config> Get<u32> for Versions<T> {
		fn get() -> u32 {
			T::MaxVersions::get().into()
		}
	}

	/// Why money is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// What an operator pays from if it attests wrongly.
		OperatorBond,
		/// What a dispute costs if it is frivolous.
		DisputeBond,
	}

	/// Number of the next meter.
	#[pallet::storage]
	pub type NextMeter<T> = StorageValue<_, MeterId, ValueQuery>;

	/// Meters that count, will count, or counted in intervals that can still be disputed.
	#[pallet::storage]
	pub type Meters<T> = StorageMap<_, Twox64Concat, MeterId, Meter>;

	/// The meters at each connection point, by duty.
	#[pallet::storage]
	pub type FittedMeters<T> = StorageDoubleMap<_, Twox64Concat, PointId, Twox64Concat, Duty, Fitted>;

	/// Who may replace the main meter of a connection point, which is another operator's.
	#[pallet::storage]
	pub type Successors<T> = StorageMap<_, Twox64Concat, PointId, ParticipantId>;

	/// How many of each operator's readings came in time, and how many did not, on the last days, oldest first.
	#[pallet::storage]
	pub type Punctuality<T> =
		StorageMap<_, Blake2_128Concat, ParticipantId, BoundedVec<DayCount, ConstU32<COUNTED_DAYS>>, ValueQuery>;

	/// The second attester that a connection point's owner named.
	#[pallet::storage]
	pub type Attesters<T> = StorageMap<_, Twox64Concat, PointId, ParticipantId>;

	/// How many connection points named a participant.
	#[pallet::storage]
	pub type Named<T> = StorageMap<_, Blake2_128Concat, ParticipantId, u32>;

	/// Bond and reputation of everyone who attests.
	#[pallet::storage]
	pub type Operators<T: Config> = StorageMap<_, Blake2_128Concat, ParticipantId, Operator<T::AccountId>>;

	/// What each operator attested for an interval.
	#[pallet::storage]
	pub type Datasets<T> = StorageDoubleMap<_, Twox64Concat, Interval, Blake2_128Concat, ParticipantId, Dataset>;

	/// The roots of the versions before the newest of what each operator attested for an interval, from the first on.
	#[pallet::storage]
	pub type Earlier<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		Interval,
		Blake2_128Concat,
		ParticipantId,
		BoundedVec<EarlierRoot, Versions<T>>,
		ValueQuery,
	>;

	/// Whose readings of an interval were reported missing.
	#[pallet::storage]
	pub type Reported<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, ()>;

	/// The main meters' readings of an interval that stand.
	#[pallet::storage]
	pub type Readings<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Proven>;

	/// What main meters' readings of an interval said before they were replaced, and when that was.
	#[pallet::storage]
	pub type Replaced<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, ReplacedReadings, ValueQuery>;

	/// The check meters' readings of an interval.
	#[pallet::storage]
	pub type Checks<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Proven>;

	/// Open disputes, at most one for a connection point and interval.
	#[pallet::storage]
	pub type Disputes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Dispute<T::AccountId>>;

	/// Who says that it holds a dataset of an interval, by the hash of its bytes.
	#[pallet::storage]
	pub type Holders<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		Interval,
		Blake2_128Concat,
		H256,
		BoundedVec<ParticipantId, T::MaxHolders>,
		ValueQuery,
	>;

	/// Where those who hold datasets are asked for them.
	#[pallet::storage]
	pub type Stores<T> = StorageMap<_, Blake2_128Concat, ParticipantId, StoreUrl>;

	/// Meters and bonds that a chain starts with, at the connection points of the grid's genesis. For tests and devnets;
	/// operators are members of the participants' genesis with the role of meter operator.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Main meters, at most one for a point, numbered from 0 in this order.
		pub meters: Vec<GenesisMeter>,
		/// What meter operators have posted, out of the balances' genesis, in nEUR.
		pub bonds: Vec<(ParticipantId, Balance)>,
		#[serde(skip)]
		pub marker: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			self.register_all();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A connection point has a meter from an interval on. `replaced` is the one whose last interval is the one before.
		MeterRegistered {
			meter: MeterId,
			point: PointId,
			operator: ParticipantId,
			device: DeviceKey,
			duty: Duty,
			from: Interval,
			replaced: Option<MeterId>,
		},
		/// A meter counts up to the interval before `until`.
		MeterRetired { meter: MeterId, point: PointId, until: Interval },
		/// A meter that had not begun to count never will; the one before it counts on.
		MeterCancelled { meter: MeterId, point: PointId },
		/// This operator, or none, may replace the main meter of a connection point.
		OperatorAdmitted { point: PointId, operator: Option<ParticipantId> },
		/// The reading of a connection point did not come in time; its operator was charged `charged` nEUR for it.
		Missing { interval: Interval, point: PointId, operator: ParticipantId, charged: Balance },
		/// A connection point has another second attester, or none.
		AttesterNamed { point: PointId, attester: Option<ParticipantId> },
		/// What an operator has posted changed, to `bond` nEUR.
		BondChanged { operator: ParticipantId, bond: Balance },
		/// An operator attested its readings of an interval.
		Attested {
			interval: Interval,
			operator: ParticipantId,
			version: u16,
			root: H256,
			count: u32,
			bytes: u32,
			content: H256,
		},
		/// A participant says that it holds a dataset.
		HoldingAnnounced { interval: Interval, content: H256, holder: ParticipantId },
		/// A participant holds a dataset no more.
		HoldingWithdrawn { interval: Interval, content: H256, holder: ParticipantId },
		/// A participant's store has another address, or none.
		StoreSet { holder: ParticipantId, url: Option<StoreUrl> },
		/// Readings of these connection points were proven.
		Proven { interval: Interval, operator: ParticipantId, points: BoundedVec<PointId, T::MaxReadings> },
		/// The regulator must decide before `deadline` whether `claim`, or the chain's estimate, replaces the reading that
		/// stands.
		DisputeOpened {
			interval: Interval,
			point: PointId,
			ground: Ground,
			accused: ParticipantId,
			claim: Option<Registers>,
			deadline: Moment,
		},
		/// A dispute ended; `version` is the version of the reading that stands now.
		DisputeDecided { interval: Interval, point: PointId, decision: Decision, version: u16 },
		/// An operator attested wrongly: it paid `paid` nEUR and keeps this reputation.
		Penalised { operator: ParticipantId, point: PointId, paid: Balance, to: T::AccountId, reputation: u16 },
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxReadings::get() > 0, "a batch has at least one reading");
			assert!(T::MaxVersions::get() > 0, "a dataset has at least one version");
			assert!(T::Penalty::get() <= T::OperatorBond::get(), "a bond covers at least one penalty");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
