//! Collateral, payment of positions, imbalance and statements.
//!
//! The pallet owns the money side of the market: who may issue it, what is held and why, and how an interval is paid.
//!
//! # Issuance
//!
//! Money is minted and burned with two keys: one settlement agent proposes, another one approves, and the approval
//! executes all payments or none. Minting stays under a ceiling that the council sets.
//!
//! # Settlement of an interval
//!
//! ```text
//!                debit(points)             last point                credit(points)        last point
//! cleared ------> Debits ------------------------------> Credits ----------------------------> Settled ---> Final
//!          contract and imbalance   fees, rent, residual    loss share of each credit     statement root  dispute window
//! ```
//!
//! Both phases run in batches, by anyone and in any order. Debits may begin when delivery has ended and every listed point
//! is attested or the attestation window is over; a point without a reading then settles on the estimate that it took what
//! it contracted, with a line of zero that says so. A reading beyond 2^48 Wh counts as none. Points in the coupling to the
//! wholesale market have no meter and no imbalance.
//!
//! A net debt is paid at once, from the collateral of the order, the owner's free money and the point's standing deposit;
//! what is still missing is a default, a line of its own. When all debits are done, what is due to the grid operator, the
//! congestion rent and the balance-responsible party's residual close the books. If debits fell short, every credit is
//! reduced by the same factor, rounded down, as a line of its own, and the remainder of the rounding goes to the rent
//! account. A credit whose owner has no account goes there too.
//!
//! # Invariants
//!
//! 1. Total issuance is what was issued less what was burned.
//! 2. The settlement account holds what intervals between debits and credits have collected and not yet paid.
//! 3. What is held for deposits is what the deposits say.
//! 4. The lines of a settled interval sum to zero, and their Merkle root is the stored one.
//!
//! Statement roots stay for ever, 40 bytes each; everything else about an interval goes by `Prune` once it is final.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod credit_impls;
mod debit_impls;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		api::StatementLine,
		traits::{Calendar, Grid, Participants, Positions, Readings},
		Balance, Interval, ParticipantId, Party, Phase, PointId, Price, Role,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, InspectHold, Mutate, MutateHold},
			EnsureOrigin,
		},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Reason under which the currency holds money.
		type RuntimeHoldReason: From<HoldReason>;

		/// The money of the market, in nEUR, with an existential deposit of 1.
		type Currency: Inspect<Self::AccountId, Balance = Balance>
			+ InspectHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ Mutate<Self::AccountId>
			+ MutateHold<Self::AccountId>;

		/// Who sets the ceiling, the accounts and the default prices.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may do what.
		type Participants: Participants<Self::AccountId>;
		/// Connection points.
		type Grid: Grid;
		/// Chain time and terms of intervals.
		type Calendar: Calendar;
		/// Positions and collateral of orders.
		type Positions: Positions<Self::AccountId>;
		/// What meters proved.
		type Readings: Readings;

		/// Names the account that holds money between debits and credits.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Most payments of one issue.
		#[pallet::constant]
		type MaxPayments: Get<u32>;

		/// Most issues that wait for their second key.
		#[pallet::constant]
		type MaxPending: Get<u32>;

		/// Most connection points of one batch.
		#[pallet::constant]
		type MaxPoints: Get<u32>;

		type WeightInfo: WeightInfo;

		/// Builds the states that the benchmarks start from.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// Why money is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// An order's worst net debt.
		Order,
		/// A connection point's standing deposit.
		Deposit,
	}

	/// Most money that minting may bring the total issuance to, in nEUR.
	#[pallet::storage]
	pub type Ceiling<T> = StorageValue<_, Balance, ValueQuery>;

	/// Minted less burned, with the genesis issuance, in nEUR.
	#[pallet::storage]
	pub type Issued<T> = StorageValue<_, Balance, ValueQuery>;

	/// Number of the next issue proposal.
	#[pallet::storage]
	pub type NextProposal<T> = StorageValue<_, u32, ValueQuery>;

	/// Issues that wait for their second key; at most `MaxPending`.
	#[pallet::storage]
	pub type Proposals<T: Config> =
		CountedStorageMap<_, Twox64Concat, u32, Proposal<T::AccountId, T::MaxPayments>, OptionQuery>;

	/// Who is paid and debited beside the connection points.
	#[pallet::storage]
	pub type SystemAccounts<T: Config> = StorageValue<_, Accounts<T::AccountId>, OptionQuery>;

	/// Default prices with the first interval that each holds for, ascending: a change never reaches back to an interval
	/// whose session has opened. The last [`MAX_LADDERS`] changes are kept.
	#[pallet::storage]
	pub type Ladders<T> = StorageValue<_, BoundedVec<(Interval, PostedPrices), ConstU32<MAX_LADDERS>>, ValueQuery>;

	/// Prices posted for an interval. Pruned with it.
	#[pallet::storage]
	pub type Posted<T> = StorageMap<_, Twox64Concat, Interval, PostedPrices, OptionQuery>;

	/// Standing deposits; at most one per connection point.
	#[pallet::storage]
	pub type Deposits<T: Config> = StorageMap<_, Twox64Concat, PointId, Deposit<T::AccountId>, OptionQuery>;

	/// Running accounts of intervals in settlement. Pruned with them.
	#[pallet::storage]
	pub type Intervals<T> = StorageMap<_, Twox64Concat, Interval, Progress, OptionQuery>;

	/// Statements of connection points. Pruned with their interval.
	#[pallet::storage]
	pub type Statements<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Statement, OptionQuery>;

	/// Statement lines of the other parties. Pruned with their interval.
	#[pallet::storage]
	pub type SystemLines<T> = StorageMap<_, Twox64Concat, Interval, Lines<SYSTEM_LINES>, ValueQuery>;

	/// Statement roots of settled intervals, for ever.
	#[pallet::storage]
	pub type Roots<T> = StorageMap<_, Twox64Concat, Interval, StatementRoot, OptionQuery>;

	/// Money collected and not yet paid over all intervals, in nEUR.
	#[pallet::storage]
	pub type InTransit<T> = StorageValue<_, Balance, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Most money that minting may bring the total issuance to, in nEUR.
		pub ceiling: Balance,
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
			Ceiling::<T>::put(self.ceiling);
			Issued::<T>::put(T::Currency::total_issuance());
			SystemAccounts::<T>::set(self.accounts.clone());
			Ladders::<T>::put(BoundedVec::truncate_from(alloc::vec![(0, self.ladder)]));
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An issue waits for its second key.
		IssueProposed { id: u32, kind: Issue, proposer: ParticipantId, sum: Balance },
		/// An issue was approved and executed.
		Issued { id: u32, kind: Issue, approver: ParticipantId, sum: Balance },
		/// An issue was withdrawn.
		IssueCancelled { id: u32 },
		/// The ceiling of the issuance changed.
		CeilingSet { amount: Balance },
		/// Who is paid and debited beside the connection points changed.
		AccountsSet { grid: T::AccountId, rent: T::AccountId, balancing: ParticipantId },
		/// The default prices changed, from `from` on.
		LadderSet { from: Interval, short: Price, long: Price },
		/// Prices were posted for an interval.
		PricesPosted { interval: Interval, short: Price, long: Price },
		/// A connection point's standing deposit grew to `total`.
		Deposited { point: PointId, account: T::AccountId, amount: Balance, total: Balance },
		/// A connection point's standing deposit shrank to `total`.
		Withdrawn { point: PointId, account: T::AccountId, amount: Balance, total: Balance },
		/// A debtor could not pay `amount`.
		Defaulted { interval: Interval, party: Party, amount: Balance },
		/// A batch of debits was collected; `done` of `points` connection points are through.
		Debited { interval: Interval, done: u32, points: u32 },
		/// All debits are done: `due` is to be paid out of `collected`.
		DebitsClosed { interval: Interval, due: Balance, collected: Balance },
		/// A connection point's owner has no account; its credit went to the rent account.
		Unclaimed { interval: Interval, point: PointId, amount: Balance },
		/// A batch of credits was paid; `done` of `points` connection points are through.
		Credited { interval: Interval, done: u32, points: u32 },
		/// Every line of the interval is paid.
		Settled { interval: Interval, root: H256, lines: u32 },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// An issue needs at least one payment.
		NoPayments,
		/// Amounts must be above zero.
		ZeroAmount,
		/// `MaxPending` issues already wait; one of them must be approved or cancelled first.
		TooManyPending,
		/// No issue with this number waits.
		UnknownProposal,
		/// The second key must be another participant's.
		SameParticipant,
		/// Only its proposer or the administration cancels an issue.
		NotProposer,
		/// Minting this would bring the total issuance above the ceiling.
		AboveCeiling,
		/// An account has less free money than is to be burned.
		BeyondFreeMoney,
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
		/// The owner's account has too little free money for the deposit.
		BeyondDeposit,
		/// The deposit is smaller than this.
		DepositTooSmall,
		/// The account has too little free money for the order's collateral.
		BeyondCollateral,
		/// Less is held for orders than is to be released: a defect.
		CollateralMissing,
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
		/// The regulator must still decide which reading of the point is right; it settles after the ruling or its deadline.
		Contested,
		/// The connection point is already through this phase.
		AlreadySettled,
		/// Credits are paid after all debits.
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
			assert!(T::MaxPayments::get() > 0 && T::MaxPending::get() > 0 && T::MaxPoints::get() > 0);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_n: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A connection point's statement lines, in the order of the leaves.
		pub fn statement_lines(point: PointId, interval: Interval) -> Vec<StatementLine> {
			Self::statement(point, interval)
		}

		/// Where the settlement of an interval stands; `None` before its first debit and after it is pruned.
		pub fn settlement_phase(interval: Interval) -> Option<Phase> {
			Self::phase(interval)
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Proposes to mint or burn money; another participant's key executes it.
		///
		/// Origin: a settlement agent. `payments`: accounts and amounts in nEUR.
		/// Errors: [`Error::NoPayments`], [`Error::ZeroAmount`], [`Error::Overflow`], [`Error::TooManyPending`].
		/// Event: [`Event::IssueProposed`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::propose_issue(payments.len() as u32))]
		pub fn propose_issue(
			origin: OriginFor<T>,
			kind: Issue,
			payments: BoundedVec<(T::AccountId, Balance), T::MaxPayments>,
		) -> DispatchResult {
			let proposer = T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?;
			Self::do_propose(kind, proposer, payments)
		}

		/// Approves an issue and executes all its payments, or none.
		///
		/// Origin: a settlement agent that is another participant than the proposer.
		/// Errors: [`Error::UnknownProposal`], [`Error::SameParticipant`], [`Error::AboveCeiling`],
		/// [`Error::BeyondFreeMoney`]. Event: [`Event::Issued`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::approve_issue(T::MaxPayments::get()))]
		pub fn approve_issue(origin: OriginFor<T>, id: u32) -> DispatchResult {
			let approver = T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?;
			Self::do_approve(id, approver)
		}

		/// Withdraws an issue that waits.
		///
		/// Origin: its proposer, still a settlement agent, or the administration.
		/// Errors: [`Error::UnknownProposal`], [`Error::NotProposer`]. Event: [`Event::IssueCancelled`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::cancel_issue())]
		pub fn cancel_issue(origin: OriginFor<T>, id: u32) -> DispatchResult {
			let proposer = match T::AdminOrigin::try_origin(origin) {
				Ok(_) => None,
				Err(origin) => Some(T::Participants::ensure(&ensure_signed(origin)?, Role::SettlementAgent, None)?),
			};
			Self::do_cancel(id, proposer)
		}

		/// Sets the most money, in nEUR, that minting may bring the total issuance to. A ceiling below the present issuance
		/// stops minting and takes nothing away.
		///
		/// Origin: the administration. Event: [`Event::CeilingSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_ceiling())]
		pub fn set_ceiling(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Ceiling::<T>::put(amount);
			Self::deposit_event(Event::CeilingSet { amount });
			Ok(())
		}

		/// Sets who receives grid fees and congestion rent and who balances. Credits are paid to the accounts that stand
		/// when they are paid.
		///
		/// Origin: the administration. Errors: [`Error::UnknownParticipant`]. Event: [`Event::AccountsSet`].
		#[pallet::call_index(4)]
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

		/// Sets the default prices of imbalances, in nEUR/Wh before path fees, for intervals whose session has not opened.
		/// An interval's own bounds cap them.
		///
		/// Origin: the administration. Errors: [`Error::CrossedPrices`]. Event: [`Event::LadderSet`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_ladder())]
		pub fn set_ladder(origin: OriginFor<T>, short: Price, long: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_ladder(PostedPrices { short, long })
		}

		/// Posts the prices of imbalances of one interval, in nEUR/Wh before path fees, in place of the default ones.
		///
		/// Origin: the balance-responsible party that settles imbalances, before the interval's gate closure.
		/// Errors: [`Error::NotBalancingParty`], [`Error::UnknownInterval`], [`Error::GateClosed`],
		/// [`Error::PricesOutOfBounds`]. Event: [`Event::PricesPosted`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::post_prices())]
		pub fn post_prices(origin: OriginFor<T>, interval: Interval, short: Price, long: Price) -> DispatchResult {
			let party = T::Participants::ensure(&ensure_signed(origin)?, Role::BalanceResponsibleParty, None)?;
			Self::do_post_prices(party, interval, PostedPrices { short, long })
		}

		/// Adds `amount` nEUR of the owner's free money to a connection point's standing deposit.
		///
		/// Origin: the owner, or its delegate for funds.
		/// Errors: [`Error::UnknownPoint`], [`Error::ZeroAmount`], [`Error::BeyondDeposit`]. Event: [`Event::Deposited`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::deposit())]
		pub fn deposit(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_deposit(&ensure_signed(origin)?, point, amount)
		}

		/// Returns `amount` nEUR of a connection point's standing deposit to the owner's free money.
		///
		/// Origin: the owner, or its delegate for funds.
		/// Errors: [`Error::UnknownPoint`], [`Error::ZeroAmount`], [`Error::DepositTooSmall`]. Event: [`Event::Withdrawn`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_withdraw(&ensure_signed(origin)?, point, amount)
		}

		/// Collects the debits of connection points for an interval and notes their credits. The batch with the last point
		/// closes the debit phase. An interval without connection points is closed by an empty batch.
		///
		/// Origin: any signed account.
		/// Errors: [`Error::UnknownInterval`], [`Error::NotCleared`], [`Error::DeliveryNotEnded`],
		/// [`Error::NotAttestedYet`], [`Error::Contested`], [`Error::UnknownPoint`], [`Error::AlreadySettled`], [`Error::EmptyBatch`],
		/// [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: [`Event::Debited`], [`Event::Defaulted`], [`Event::DebitsClosed`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::debit(points.len() as u32))]
		pub fn debit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_debit(interval, &points)
		}

		/// Pays the credits of connection points for an interval. The batch with the last point pays the other parties and
		/// fixes the statement root. An interval without connection points is settled by an empty batch.
		///
		/// Origin: any signed account.
		/// Errors: [`Error::DebitsNotDone`], [`Error::UnknownPoint`], [`Error::AlreadySettled`], [`Error::EmptyBatch`],
		/// [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: [`Event::Credited`], [`Event::Unclaimed`], [`Event::Settled`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::credit(points.len() as u32))]
		pub fn credit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_credit(interval, &points)
		}
	}
}
