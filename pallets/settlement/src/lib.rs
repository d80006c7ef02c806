//! Payment of positions, imbalances and everything else that an interval comes to, and the statements that prove it.
//!
//! ```text
//!          debit(points)          draw(points)             credit(points)          no run is left
//! cleared -------------> Debits -------------> [Draws] ---------------> Settled ----------------> Final
//!          every debt and    ^    if somebody is           what is due      |
//!          credit counted    |    short: securities                         |
//!                            `------ the next run, of changed readings -----'
//! ```
//!
//! Each phase runs in batches, by anyone and in any order. Debits may begin when delivery has ended and every listed point
//! is attested or the attestation window is over. A point without a reading that settles is charged for the chain's own
//! estimate, and one whose reading the regulator must still rule on for the dearer of both, with a line that says so. A reading
//! beyond what its point can carry settles nothing. `bill.rs` and `sums.rs` hold the formulas, apart from storage.
//!
//! A participant's debts and credits of one interval, over all its points and roles, are netted (`net.rs`). A net debt is
//! paid at once, from the collateral of its orders and offers and its free money. If that falls short, each point in debt
//! bears its share of what is missing, and what secures it is drawn on: the standing deposit, then the guarantor. What is
//! still missing is a default, a line of its own: the debtor owes it to the mutual fund and trades no more until it has
//! paid; what it receives later pays that first, and goes to who bore it (`repaid.rs`). What lacks of imbalances cuts the balance-responsible party's own credit
//! first; then the fund, which a levy on imbalances feeds, covers what is missing, of contracts before imbalances. If that
//! falls short, all other credits of the same kind are reduced by the same factor (`ranks.rs`), rounded down, as a line of its
//! own, and the remainder of the rounding goes to the rent account. A credit whose payee has no account goes there too.
//!
//! What readings change later is settled in at most three more *runs* (`runs.rs`, `changes.rs`), when the attestation window
//! ends, the dispute window, and rulings: the differences only, netted over all points that changed, with the same remedies.
//! So is, in the last run, the last estimate of a point without a reading. A run settles what stood when it became due, and
//! runs that are due go on in one order, so that the order of calls changes nobody's money. Its lines join the interval's
//! tree, whose root then covers them.
//!
//! What the grid operator ordered members to draw or feed in less (`pallet-flexibility`) it pays for. A point that does not
//! trade may be its retailer's (`pallet-supply`). What secures debts is `pallet-securities`' to keep. Energy that the root's
//! meters supplied and no point drew is the grid operator's to buy. A surplus of the balance-responsible party is its own,
//! or shared as the council sets (`set_sharing`).
//!
//! Before its first credit the council may void an interval that does not settle (`void.rs`): idle blocks take back what its
//! debits did, point by point, its contracts are cancelled, and it settles anew, what was metered at posted prices.
//!
//! # Invariants
//!
//! 1. The settlement account holds what intervals between debits and credits have collected and not yet paid.
//! 2. The lines of an interval whose run is done sum to zero, and their Merkle root is the stored one.
//! 3. Participants' debts and credits sum to the running account of an interval in its debit phase, and are gone once the
//!    run is done.
//! 4. As many points are noted for a run as it waits for, and none settles twice in one.
//! 5. What debtors of an interval still owe is what of its losses has not come back, and what they repaid lies where it waits
//!    for who bore it.
//!
//! Every 256 lines in a row are a subtree of that tree, whose top is kept, so that one line is proven without all others
//! (`proof.rs`). Statement roots stay for ever, 40 bytes each; everything else about an interval goes by `Prune` once it is final.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod bill;
pub mod borne;
mod calls;
mod changes;
mod credit_impls;
mod debit_impls;
mod errors;
mod events;
mod impls;
mod invariants;
mod lines;
mod losses;
#[cfg(test)]
mod mock;
mod money;
mod net;
mod orders;
mod payments;
mod proof;
mod ranks;
mod repaid;
mod round;
mod runs;
mod sums;
mod tariffs;
#[cfg(test)]
mod tests;
mod types;
mod undo;
mod views;
mod void;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use bill::Outturn;
pub use borne::{Loss, Share};
pub use losses::MeanLoss;
pub use net::Net;
pub use pallet::*;
pub use ranks::Ranks;
pub use repaid::Place;
pub use runs::{Counts, Firsts};
pub use sums::{Parties, Sums};
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{
			Calendar, Certificates, Charges, Collateral, Debts, Grid, Meters, OrderCollateral, Participants, Positions,
			Readings, Reductions, Securities, Supply,
		},
		Balance, Interval, ParticipantId, Party, PointId, Price, Role,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, Mutate},
			EnsureOrigin,
		},
		weights::WeightMeter,
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::Permill;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The money of the market, in nEUR, with an existential deposit of 1.
		type Currency: Inspect<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;

		/// Who sets the accounts, the default prices, the levy, the tolerance and the sharing.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may do what.
		type Participants: Participants<Self::AccountId>;
		/// Connection points.
		type Grid: Grid;
		/// Chain time and terms of intervals.
		type Calendar: Calendar;
		/// Positions and which collateral their orders have.
		type Positions: Positions + OrderCollateral;
		/// What meters proved, and since when there are any.
		type Readings: Readings + Meters;
		/// What moves with the energy.
		type Certificates: Certificates;
		/// What secures debts.
		type Securities: Collateral<Self::AccountId> + Debts<Self::AccountId> + Securities<Self::AccountId>;
		/// Who answers for points that do not trade.
		type Supply: Supply;
		/// What the grid operator ordered.
		type Flexibility: Reductions + Charges<Self::AccountId>;

		/// Names the account that holds money between debits and credits.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Most connection points of one batch.
		#[pallet::constant]
		type MaxPoints: Get<u32>;

		type WeightInfo: WeightInfo;

		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Who is paid and debited beside the connection points; `None` before it is set.
	#[pallet::storage]
	pub type SystemAccounts<T: Config> = StorageValue<_, Schedule<Option<Accounts<T::AccountId>>>, ValueQuery>;

	/// Default prices of imbalances.
	#[pallet::storage]
	pub type Ladders<T> = StorageValue<_, Schedule<PostedPrices>, ValueQuery>;

	/// What the mutual fund takes of every Wh of imbalance, in nEUR/Wh.
	#[pallet::storage]
	pub type Levies<T> = StorageValue<_, Schedule<Price>, ValueQuery>;

	/// Up to which share of its position a point's imbalance is tolerated.
	#[pallet::storage]
	pub type Tolerances<T> = StorageValue<_, Schedule<Permill>, ValueQuery>;

	/// How surpluses of the balance-responsible party are shared.
	#[pallet::storage]
	pub type Sharings<T> = StorageValue<_, Schedule<Sharing>, ValueQuery>;

	/// Prices posted for an interval. Pruned with it.
	#[pallet::storage]
	pub type Posted<T> = StorageMap<_, Twox64Concat, Interval, PostedPrices, OptionQuery>;

	/// Running accounts of intervals in settlement. Pruned with them.
	#[pallet::storage]
	pub type Intervals<T> = StorageMap<_, Twox64Concat, Interval, Progress, OptionQuery>;

	/// Debts and credits of participants in intervals that are being settled. Gone when they are settled.
	#[pallet::storage]
	pub type Nets<T> = StorageDoubleMap<_, Twox64Concat, Interval, Blake2_128Concat, ParticipantId, Net, ValueQuery>;

	/// Statements of connection points. Pruned with their interval.
	#[pallet::storage]
	pub type Statements<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Statement, OptionQuery>;

	/// Statement lines of the other parties. Pruned with their interval.
	#[pallet::storage]
	pub type SystemLines<T> = StorageMap<_, Twox64Concat, Interval, Lines<SYSTEM_LINES>, ValueQuery>;

	/// Tops of the complete chunks of [`busbar_merkle::CHUNK`] statement lines in a row. Pruned with their interval.
	#[pallet::storage]
	pub type Chunks<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, u32, H256, OptionQuery>;

	/// Who keeps the lines of each chunk. Pruned with their interval.
	#[pallet::storage]
	pub type Keepers<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, u32, ChunkKeepers, ValueQuery>;

	/// Mean losses by hour of the day, from 0, and of all intervals, as number 24.
	#[pallet::storage]
	pub type MeanLosses<T> = StorageMap<_, Twox64Concat, u32, MeanLoss, ValueQuery>;

	/// What a run of an interval settles, by the run's number, because what stands of its reading changed. Gone when it is
	/// settled. Of the first run, only what stood when it became due; pruned with the interval.
	#[pallet::storage]
	pub type Changed<T> =
		StorageDoubleMap<_, Twox64Concat, (Interval, u16), Twox64Concat, PointId, Change, OptionQuery>;

	/// How many points wait for each run of an interval after the first. Gone when it is pruned.
	#[pallet::storage]
	pub type Waiting<T> = StorageMap<_, Twox64Concat, Interval, Counts, ValueQuery>;

	/// For each run the first interval that it may not be done of, and at last the first that may not be final.
	#[pallet::storage]
	pub type NextRuns<T> = StorageValue<_, Firsts, ValueQuery>;

	/// Statement roots of settled intervals, for ever.
	#[pallet::storage]
	pub type Roots<T> = StorageMap<_, Twox64Concat, Interval, StatementRoot, OptionQuery>;

	/// What was drawn on for points of intervals: whose deposits and guarantees. Pruned with their interval.
	#[pallet::storage]
	pub type Drawings<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Drawing<T::AccountId>, ValueQuery>;

	/// What participants defaulted on in an interval, less what they repaid of it and what later runs showed that they did not
	/// owe, in nEUR. Pruned with the interval.
	#[pallet::storage]
	pub type Defaults<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Blake2_128Concat, ParticipantId, Balance, ValueQuery>;

	/// What lacks of what orders of the grid operator gave, less what was repaid. Pruned with the interval.
	#[pallet::storage]
	pub type OrderDebts<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, OrderDebt, OptionQuery>;

	/// Who bore what debtors of an interval could not pay, and what of it came back. Pruned with the interval.
	#[pallet::storage]
	pub type Losses<T> = StorageMap<_, Twox64Concat, Interval, Loss, ValueQuery>;

	/// Credits of who bore a part of what a run scaled, by the party with whose lines the loss stands. Pruned with the interval.
	#[pallet::storage]
	pub type Shares<T> = StorageDoubleMap<_, Twox64Concat, (Interval, u16), Twox64Concat, Party, Share, OptionQuery>;

	/// Where participants owe something, the oldest first: one place for each default and each order that is not paid. Pruned
	/// with the interval.
	#[pallet::storage]
	pub type Owing<T> = StorageDoubleMap<_, Blake2_128Concat, ParticipantId, Identity, Place, (), OptionQuery>;

	/// What participants owe and is not allotted to who bore it; at most one entry per participant.
	#[pallet::storage]
	pub type Booked<T> = StorageMap<_, Blake2_128Concat, ParticipantId, Books, ValueQuery>;

	/// The debtor after which idle blocks go on to allot; `None`: from the first.
	#[pallet::storage]
	pub type NextDebtor<T> = StorageValue<_, ParticipantId, OptionQuery>;

	/// Intervals that the council voided. Pruned with them.
	#[pallet::storage]
	pub type Voids<T> = StorageMap<_, Twox64Concat, Interval, (), OptionQuery>;

	/// Void intervals whose debits are being taken back, and the first connection point whose are not yet.
	#[pallet::storage]
	pub type Unwinding<T> = StorageMap<_, Twox64Concat, Interval, PointId, OptionQuery>;

	/// Money collected and not yet paid over all intervals, in nEUR.
	#[pallet::storage]
	pub type InTransit<T> = StorageValue<_, Balance, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Who is paid and debited beside the connection points.
		pub accounts: Option<Accounts<T::AccountId>>,
		/// Default prices from interval 0 on.
		pub ladder: PostedPrices,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.ladder.long <= self.ladder.short, "the default long price lies above the short price");
			// Keeps the account in place while its balance goes down to nothing between intervals.
			frame_system::Pallet::<T>::inc_providers(&Pallet::<T>::account_id());
			if let Some(accounts) = self.accounts.clone() {
				SystemAccounts::<T>::put(Schedule::new(Some(accounts)));
			}
			Ladders::<T>::put(Schedule::new(self.ladder));
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::unwind_next(&mut meter);
			Self::look_ahead(&mut meter);
			Self::allot_next(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::MaxPoints::get() > 0, "a batch has at least one point");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
