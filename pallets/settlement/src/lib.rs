//! Payment of positions, imbalances and everything else that an interval comes to, and the statements that prove it.
//!
//! ```text
//!          debit(points)          draw(points)             credit(points)             correct(points)
//! cleared -------------> Debits -------------> [Draws] ---------------> Credits ----------> Settled ----> Final
//!          every debt and         if somebody is           what is due
//!          credit counted         short: securities
//! ```
//!
//! Each phase runs in batches, by anyone and in any order. Debits may begin when delivery has ended and every listed point
//! is attested or the attestation window is over; a point without a reading, or whose reading the regulator must still
//! rule on, then settles on the estimate that it took what it contracted, with a line of zero that says so. A reading
//! beyond 2^48 Wh counts as none. `bill.rs` and `sums.rs` hold the formulas, apart from storage.
//!
//! A participant's debts and credits of one interval, over all its points and roles, are netted (`net.rs`). A net debt is
//! paid at once, from the collateral of its orders and offers and its free money. If that falls short, each point in debt
//! bears its share of what is missing, and what secures it is drawn on: the standing deposit, then the guarantor. What is
//! still missing is a default, a line of its own: the debtor owes it to the mutual fund and trades no more until it has
//! paid; what it receives later pays that first. The fund, which a levy on imbalances feeds, covers what is missing. If
//! that falls short, every credit is reduced by the same factor, rounded down, as a line of its own, and the remainder of
//! the rounding goes to the rent account. A credit whose payee has no account goes there too.
//!
//! A later version of a reading is settled by `correct`: the difference only, point by point, with the same remedies,
//! until the interval is final. Its lines join the interval's tree, whose root then covers them.
//!
//! What the grid operator ordered members to draw or feed in less (`pallet-flexibility`) it pays for. A point that does not
//! trade may be its retailer's (`pallet-supply`). What secures debts is `pallet-securities`' to keep. Energy that the root's
//! meters supplied and no point drew is the grid operator's to buy. A surplus of the balance-responsible party is its own,
//! or shared as the council sets (`set_sharing`).
//!
//! # Invariants
//!
//! 1. The settlement account holds what intervals between debits and credits have collected and not yet paid.
//! 2. The lines of a settled interval, with its corrections, sum to zero, and their Merkle root is the stored one.
//! 3. Participants' debts and credits sum to the running account of an interval in its debit phase, and are gone once it
//!    is settled.
//!
//! Every 256 lines in a row are a subtree of that tree, whose top is kept, so that one line is proven without all others
//! (`proof.rs`). Statement roots stay for ever, 40 bytes each; everything else about an interval goes by `Prune` once it is final.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod bill;
mod correct_impls;
mod credit_impls;
mod debit_impls;
mod impls;
mod invariants;
mod lines;
#[cfg(test)]
mod mock;
mod money;
mod net;
mod proof;
mod round;
mod sums;
mod tariffs;
#[cfg(test)]
mod tests;
mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use bill::Outturn;
pub use net::Net;
pub use pallet::*;
pub use sums::{Parties, Sums};
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use busbar_primitives::{
		traits::{
			Calendar, Certificates, Charges, Collateral, Debts, Grid, OrderCollateral, Participants, Positions,
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
		type Positions: Positions + OrderCollateral<Self::AccountId>;
		/// What meters proved.
		type Readings: Readings;
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

	/// Who is paid and debited beside the connection points.
	#[pallet::storage]
	pub type SystemAccounts<T: Config> = StorageValue<_, Accounts<T::AccountId>, OptionQuery>;

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

	/// Statement roots of settled intervals, for ever.
	#[pallet::storage]
	pub type Roots<T> = StorageMap<_, Twox64Concat, Interval, StatementRoot, OptionQuery>;

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
			SystemAccounts::<T>::set(self.accounts.clone());
			Ladders::<T>::mutate(|ladders| ladders.set(0, self.ladder));
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Who is paid and debited beside the connection points changed.
		AccountsSet { grid: T::AccountId, rent: T::AccountId, balancing: ParticipantId },
		/// The default prices changed, from `from` on.
		LadderSet { from: Interval, short: Price, long: Price },
		/// Prices were posted for an interval.
		PricesPosted { interval: Interval, short: Price, long: Price },
		/// The mutual fund's levy changed, in nEUR per Wh of imbalance, from `from` on.
		LevySet { from: Interval, levy: Price },
		/// The tolerance band of imbalances changed, from `from` on.
		ToleranceSet { from: Interval, tolerance: Permill },
		/// How surpluses of the balance-responsible party are shared changed, from `from` on.
		SharingSet { from: Interval, sharing: Sharing },
		/// Debts and credits of a participant in one interval set off `amount` more.
		SetOff { interval: Interval, participant: ParticipantId, amount: Balance },
		/// What secures connection points was looked at for what their payers are short of; `left` more wait for it.
		Drawn { interval: Interval, left: u32 },
		/// A debtor could not pay `amount`.
		Defaulted { interval: Interval, party: Party, amount: Balance },
		/// The mutual fund paid `amount` in defaulters' places.
		Covered { interval: Interval, amount: Balance },
		/// Later readings were settled: `corrections` points of the interval so far. The root covers their lines.
		Corrected { interval: Interval, corrections: u32, root: H256, lines: u32 },
		/// A batch of debits was collected; `done` of `points` connection points are through.
		Debited { interval: Interval, done: u32, points: u32 },
		/// All debits are done: of `due` after netting, `collected` can be paid.
		DebitsClosed { interval: Interval, due: Balance, collected: Balance },
		/// Who receives a credit has no account; it went to the rent account.
		Unclaimed { interval: Interval, party: Party, amount: Balance },
		/// A batch of credits was paid; `done` of `points` connection points are through.
		Credited { interval: Interval, done: u32, points: u32 },
		/// Every line of the interval is paid.
		Settled { interval: Interval, root: H256, lines: u32 },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The balancing party is no participant.
		UnknownParticipant,
		/// The long price lies above the short price.
		CrossedPrices,
		/// The prices lie outside the bounds that the interval's terms set.
		PricesOutOfBounds,
		/// Only the balance-responsible party that settles imbalances posts prices.
		NotBalancingParty,
		/// The interval has not opened, or its records are pruned.
		UnknownInterval,
		/// The interval's gate is closed.
		GateClosed,
		/// No such connection point, or none that belongs to this interval.
		UnknownPoint,
		/// The shares of a surplus must not be more than all of it.
		SharesTooGreat,
		/// The levy must not be below zero.
		NegativeLevy,
		/// The interval is not settled yet.
		NotSettled,
		/// The interval is final: nothing moves any more.
		Final,
		/// The newest reading of the point is settled.
		NothingToCorrect,
		/// The point was corrected as often as it may be in one interval.
		TooManyCorrections,
		/// Who receives fees and rent, and who balances, must be set first.
		AccountsNotSet,
		/// A batch must name at least one connection point.
		EmptyBatch,
		/// The interval's market has not ended yet.
		NotCleared,
		/// The interval is still being delivered.
		DeliveryNotEnded,
		/// A connection point has no reading yet, and the attestation window is open.
		NotAttestedYet,
		/// The regulator must still decide which reading of the point is right. It settles on an estimate after the
		/// attestation window, and is corrected after the ruling or its deadline.
		Contested,
		/// The connection point is already through this phase.
		AlreadySettled,
		/// Nothing that secures this point need be looked at: it owes nothing, its payer paid, or it was done.
		NothingToDraw,
		/// Securities are drawn on after all debits, and credits are paid after that.
		DebitsNotDone,
		/// Contract payments less receipts differ from grid fees and rent: a defect.
		ContractMismatch,
		/// Debits and credits of the interval differ: a defect.
		NotBalanced,
		/// An amount is beyond the range of its type.
		Overflow,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxPoints::get() > 0);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sets who receives grid fees and congestion rent and who balances. Credits are paid to the accounts that stand
		/// when they are paid.
		///
		/// Origin: the administration.
		/// Parameters: `grid` and `rent`, accounts; `balancing`, the balance-responsible party.
		/// Errors: [`Error::UnknownParticipant`]. Event: [`Event::AccountsSet`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_accounts())]
		pub fn set_accounts(
			origin: OriginFor<T>,
			grid: T::AccountId,
			rent: T::AccountId,
			balancing: ParticipantId,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(T::Participants::account(balancing).is_some(), Error::<T>::UnknownParticipant);
			SystemAccounts::<T>::put(Accounts { grid: grid.clone(), rent: rent.clone(), balancing });
			Self::deposit_event(Event::AccountsSet { grid, rent, balancing });
			Ok(())
		}

		/// Sets the utility ladder, the default prices of imbalances, for intervals whose session has not opened. An interval's
		/// own bounds cap them.
		///
		/// Origin: the administration. Parameters: `short` and `long`, in nEUR/Wh before path fees.
		/// Errors: [`Error::CrossedPrices`]. Event: [`Event::LadderSet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_ladder())]
		pub fn set_ladder(origin: OriginFor<T>, short: Price, long: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_ladder(PostedPrices { short, long })
		}

		/// Sets what the mutual fund takes of every Wh of imbalance, for intervals whose session has not opened. It is part of
		/// the imbalance's price and cut where that would leave the interval's bounds.
		///
		/// Origin: the administration. Parameters: `levy`, in nEUR/Wh. Errors: [`Error::NegativeLevy`].
		/// Event: [`Event::LevySet`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_levy())]
		pub fn set_levy(origin: OriginFor<T>, levy: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_levy(levy)
		}

		/// Sets up to which share of its position a point's imbalance is settled at the price that it traded at, and without
		/// levy, in intervals whose session has not opened. 0 at first.
		///
		/// Origin: the administration. Parameters: `tolerance`, in parts per million. Errors: none of its own.
		/// Event: [`Event::ToleranceSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_tolerance())]
		pub fn set_tolerance(origin: OriginFor<T>, tolerance: Permill) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_tolerance(tolerance)
		}

		/// Sets who shares surpluses of the balance-responsible party, in intervals whose session has not opened. It keeps
		/// the rest, and bears every loss.
		///
		/// Origin: the administration. Parameters: `sharing`, in parts per million. Errors: [`Error::SharesTooGreat`].
		/// Event: [`Event::SharingSet`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_sharing())]
		pub fn set_sharing(origin: OriginFor<T>, sharing: Sharing) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_sharing(sharing)
		}

		/// Posts the prices of imbalances of one interval in place of the utility ladder.
		///
		/// Origin: the balance-responsible party that settles imbalances, before the interval's gate closure.
		/// Parameters: `interval`; `short` and `long`, in nEUR/Wh before path fees.
		/// Errors: [`Error::AccountsNotSet`], [`Error::NotBalancingParty`], [`Error::UnknownInterval`],
		/// [`Error::GateClosed`], [`Error::PricesOutOfBounds`]. Event: [`Event::PricesPosted`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::post_prices())]
		pub fn post_prices(origin: OriginFor<T>, interval: Interval, short: Price, long: Price) -> DispatchResult {
			let party = T::Participants::ensure(&ensure_signed(origin)?, Role::BalanceResponsibleParty, None)?;
			Self::do_post_prices(party, interval, PostedPrices { short, long })
		}

		/// Collects the debits of connection points for an interval and notes their credits. The batch with the last point
		/// closes the debit phase, unless somebody is short: then `draw` does. An interval without connection points is closed
		/// by an empty batch.
		///
		/// Origin: any signed account. Parameters: `interval`; `points` of the batch.
		/// Errors: [`Error::UnknownInterval`], [`Error::NotCleared`], [`Error::DeliveryNotEnded`],
		/// [`Error::NotAttestedYet`], [`Error::Contested`], [`Error::UnknownPoint`], [`Error::AlreadySettled`],
		/// [`Error::EmptyBatch`], [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: [`Event::Debited`], [`Event::SetOff`], [`Event::Defaulted`], [`Event::DebitsClosed`].
		#[pallet::call_index(6)]
		// The close of the debits is what a batch of draws costs without points.
		#[pallet::weight(T::WeightInfo::debit(points.len() as u32).saturating_add(T::WeightInfo::draw(0)))]
		pub fn debit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_debit(interval, &points)
		}

		/// Draws on what secures connection points in debt whose payers' own money fell short. The batch with the last of
		/// them closes the debit phase.
		///
		/// Origin: any signed account. Parameters: `interval`; `points` of the batch.
		/// Errors: [`Error::DebitsNotDone`], [`Error::AlreadySettled`], [`Error::EmptyBatch`], [`Error::UnknownPoint`],
		/// [`Error::NothingToDraw`], [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: `SecurityDrawn` and `Owed` of `pallet-securities`, [`Event::Defaulted`], [`Event::Drawn`], [`Event::DebitsClosed`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::draw(points.len() as u32))]
		pub fn draw(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw(interval, &points)
		}

		/// Pays the credits of connection points for an interval. The batch with the last point pays the other parties and
		/// fixes the statement root. An interval without connection points is settled by an empty batch.
		///
		/// Origin: any signed account. Parameters: `interval`; `points` of the batch.
		/// Errors: [`Error::DebitsNotDone`], [`Error::UnknownPoint`], [`Error::AlreadySettled`], [`Error::EmptyBatch`],
		/// [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: `Recovered` of `pallet-securities`, [`Event::Credited`], [`Event::Unclaimed`], [`Event::Settled`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::credit(points.len() as u32))]
		pub fn credit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_credit(interval, &points)
		}

		/// Settles what newer versions of connection points' readings change in an interval that is settled and not final.
		///
		/// Origin: any signed account. Parameters: `interval`; `points` of the batch.
		/// Errors: [`Error::NotSettled`], [`Error::Final`], [`Error::UnknownPoint`], [`Error::Contested`],
		/// [`Error::NothingToCorrect`], [`Error::TooManyCorrections`], [`Error::EmptyBatch`], [`Error::AccountsNotSet`];
		/// nothing of the batch is done then. Events: [`Event::Corrected`], [`Event::Defaulted`], [`Event::Covered`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::correct(points.len() as u32))]
		pub fn correct(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_correct(interval, &points)
		}
	}
}
