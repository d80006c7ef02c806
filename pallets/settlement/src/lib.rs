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
//!          debit(points)          draw(points)             credit(points)             correct(points)
//! cleared -------------> Debits -------------> [Draws] ---------------> Credits ----------> Settled ----> Final
//!          every debt and         if somebody is           what is due
//!          credit counted         short: securities
//! ```
//!
//! Each phase runs in batches, by anyone and in any order. Debits may begin when delivery has ended and every listed point
//! is attested or the attestation window is over; a point without a reading, or whose reading the regulator must still
//! rule on, then settles on the estimate that it took what it contracted, with a line of zero that says so. A reading
//! beyond 2^48 Wh counts as none. `bill.rs` holds the formulas, apart from storage.
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
//! The grid operator may order members to draw or feed in less (`flexibility.rs`), and pays for it. A point that does not
//! trade may be its retailer's. Energy that the root's meters supplied and no point drew is the grid operator's to buy. A
//! surplus of the balance-responsible party is its own, or shared as the council sets (`set_sharing`).
//!
//! # Invariants
//!
//! 1. Total issuance is what was issued less what was burned.
//! 2. The settlement account holds what intervals between debits and credits have collected and not yet paid.
//! 3. What is held for deposits, guarantees and charges for non-delivery is what they say.
//! 4. The lines of a settled interval, with its corrections, sum to zero, and their Merkle root is the stored one.
//! 5. Nobody who owes nothing is counted a debtor.
//! 6. Participants' debts and credits sum to the running account of an interval in its debit phase, and are gone once it
//!    is settled.
//!
//! Statement roots stay for ever, 40 bytes each; everything else about an interval goes by `Prune` once it is final.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
pub mod bill;
mod correct_impls;
mod credit_impls;
mod debit_impls;
mod flexibility;
mod impls;
mod invariants;
#[cfg(test)]
mod mock;
mod money;
mod net;
mod round;
mod security;
#[cfg(test)]
mod tests;
mod types;
mod views;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use bill::{Outturn, Parties, Sums};
pub use net::Net;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		api::StatementLine,
		traits::{Calendar, Certificates, Grid, OrderCollateral, Participants, Positions, Readings},
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
	use sp_runtime::{PerThing, Permill};

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
		type Positions: Positions + OrderCollateral<Self::AccountId>;
		/// What meters proved.
		type Readings: Readings;
		/// What moves with the energy.
		type Certificates: Certificates;

		/// Names the account that holds money between debits and credits.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Names the mutual fund's account.
		#[pallet::constant]
		type FundId: Get<PalletId>;

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
		/// What a retailer or aggregator stands in for at a connection point.
		Guarantee,
		/// What a member would pay if it delivered nothing of the flexibility that it offers.
		Flexibility,
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

	/// What participants owe to the mutual fund after defaults, in nEUR; at most one entry per participant.
	#[pallet::storage]
	pub type Debts<T> = StorageMap<_, Blake2_128Concat, ParticipantId, Balance, OptionQuery>;

	/// Prices posted for an interval. Pruned with it.
	#[pallet::storage]
	pub type Posted<T> = StorageMap<_, Twox64Concat, Interval, PostedPrices, OptionQuery>;

	/// What secures connection points; at most one of each kind per point.
	#[pallet::storage]
	pub type Securities<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PointId, Twox64Concat, Backing, Security<T::AccountId>, OptionQuery>;

	/// The retailers that owners chose and that do not serve them yet; at most one per connection point.
	#[pallet::storage]
	pub type Choices<T> = StorageMap<_, Twox64Concat, PointId, ParticipantId, OptionQuery>;

	/// Who answers for connection points in intervals in which they do not trade, the latest last.
	#[pallet::storage]
	pub type Serving<T> = StorageMap<_, Twox64Concat, PointId, BoundedVec<Served, ConstU32<MAX_RETAILERS>>, ValueQuery>;

	/// Flexibility that members offer. Pruned with the interval.
	#[pallet::storage]
	pub type Offers<T> = StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Flexibility, OptionQuery>;

	/// Whose money is held for the charges of offers and orders, and how much, in nEUR. Gone when the point is debited.
	#[pallet::storage]
	pub type Charges<T: Config> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, (T::AccountId, Balance), OptionQuery>;

	/// What the grid operator ordered. Pruned with the interval.
	#[pallet::storage]
	pub type Activations<T> =
		StorageDoubleMap<_, Twox64Concat, Interval, Twox64Concat, PointId, Flexibility, OptionQuery>;

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
			Ladders::<T>::mutate(|ladders| ladders.set(0, self.ladder));
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
		/// The mutual fund's levy changed, in nEUR per Wh of imbalance, from `from` on.
		LevySet { from: Interval, levy: Price },
		/// The tolerance band of imbalances changed, from `from` on.
		ToleranceSet { from: Interval, tolerance: Permill },
		/// How surpluses of the balance-responsible party are shared changed, from `from` on.
		SharingSet { from: Interval, sharing: Sharing },
		/// What secures a connection point grew to `total`.
		Deposited { point: PointId, backing: Backing, account: T::AccountId, amount: Balance, total: Balance },
		/// What secures a connection point shrank to `total`.
		Withdrawn { point: PointId, backing: Backing, account: T::AccountId, amount: Balance, total: Balance },
		/// `amount` may be taken back once interval `last` is settled.
		NoticeGiven { point: PointId, backing: Backing, amount: Balance, last: Interval },
		/// What secures a connection point paid `amount` of its debt.
		SecurityDrawn { interval: Interval, point: PointId, backing: Backing, account: T::AccountId, amount: Balance },
		/// Debts and credits of a participant in one interval set off `amount` more.
		SetOff { interval: Interval, participant: ParticipantId, amount: Balance },
		/// What secures connection points was looked at for what their payers are short of; `left` more wait for it.
		Drawn { interval: Interval, left: u32 },
		/// A debtor could not pay `amount`.
		Defaulted { interval: Interval, party: Party, amount: Balance },
		/// A participant owes the mutual fund `amount` more, `owed` in all, and trades no more until it has paid.
		Owed { participant: ParticipantId, amount: Balance, owed: Balance },
		/// The mutual fund paid `amount` in defaulters' places.
		Covered { interval: Interval, amount: Balance },
		/// A participant's debt to the mutual fund shrank by `amount` to `owed`.
		Recovered { participant: ParticipantId, amount: Balance, owed: Balance },
		/// A member offers flexibility, or none any more.
		FlexibilityOffered { interval: Interval, point: PointId, offer: Option<Flexibility> },
		/// The grid operator ordered a member to draw or feed in less than contracted.
		ReductionOrdered { interval: Interval, point: PointId, order: Flexibility },
		/// A connection point's owner chose a retailer for intervals in which it does not trade, or none any more.
		RetailerChosen { point: PointId, retailer: Option<ParticipantId> },
		/// A connection point is a retailer's in intervals in which it does not trade, from `from` on.
		RetailerServes { point: PointId, retailer: ParticipantId, from: Interval },
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
		/// The account has too little free money for the deposit or guarantee.
		BeyondDeposit,
		/// The deposit or guarantee is smaller than this.
		DepositTooSmall,
		/// Another participant secures this connection point in this way already.
		OtherSecurity,
		/// Nothing of this kind secures the connection point.
		NoSecurity,
		/// Give notice by `withdraw` first.
		NoNotice,
		/// It secures intervals that are not settled yet.
		StillSecures,
		/// The participant has unpaid debt from a default: it trades again after `repay`.
		InDebt,
		/// The participant owes nothing.
		NoDebt,
		/// The shares of a surplus must not be more than all of it.
		SharesTooGreat,
		/// The levy must not be below zero.
		NegativeLevy,
		/// The price and the charge must not be below zero.
		NegativePrice,
		/// The account has too little free money for the charge for non-delivery.
		BeyondCharge,
		/// The interval's delivery has ended.
		DeliveryEnded,
		/// The grid operator has ordered a reduction here already.
		AlreadyOrdered,
		/// A charge for non-delivery needs an offer of the member with the same terms and at least this energy.
		NotOffered,
		/// The connection point's owner has not chosen this retailer.
		NotChosen,
		/// The connection point changed its retailer too often within intervals that are not settled.
		TooManyRetailers,
		/// The interval is not settled yet.
		NotSettled,
		/// The interval is final: nothing moves any more.
		Final,
		/// The newest reading of the point is settled.
		NothingToCorrect,
		/// The point was corrected as often as it may be in one interval.
		TooManyCorrections,
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

		/// Connection points of an interval in its draw phase that `draw` must still name, in ascending order.
		pub fn points_to_draw(interval: Interval) -> Vec<PointId> {
			Self::to_draw(interval)
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
		/// Origin: the owner, or its delegate for funds. Errors: [`Error::UnknownPoint`], [`Error::ZeroAmount`],
		/// [`Error::BeyondDeposit`], [`Error::OtherSecurity`]. Event: [`Event::Deposited`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::deposit())]
		pub fn deposit(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_deposit(&ensure_signed(origin)?, point, amount)
		}

		/// Gives notice that `amount` nEUR of what secures a connection point shall be returned. It secures all intervals that
		/// are open by now; another notice replaces this one.
		///
		/// Origin: who posted it, or its delegate for funds. Errors: [`Error::NoSecurity`], [`Error::ZeroAmount`],
		/// [`Error::DepositTooSmall`]. Event: [`Event::NoticeGiven`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, point: PointId, backing: Backing, amount: Balance) -> DispatchResult {
			Self::do_withdraw(&ensure_signed(origin)?, point, backing, amount)
		}

		/// Collects the debits of connection points for an interval and notes their credits. The batch with the last point
		/// closes the debit phase, unless somebody is short: then `draw` does. An interval without connection points is closed
		/// by an empty batch.
		///
		/// Origin: any signed account.
		/// Errors: [`Error::UnknownInterval`], [`Error::NotCleared`], [`Error::DeliveryNotEnded`],
		/// [`Error::NotAttestedYet`], [`Error::Contested`], [`Error::UnknownPoint`], [`Error::AlreadySettled`],
		/// [`Error::EmptyBatch`], [`Error::AccountsNotSet`]; nothing of the batch is done then.
		/// Events: [`Event::Debited`], [`Event::SetOff`], [`Event::Defaulted`], [`Event::DebitsClosed`].
		#[pallet::call_index(9)]
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

		/// Settles what newer versions of connection points' readings change in an interval that is settled and not final.
		///
		/// Origin: any signed account.
		/// Errors: [`Error::NotSettled`], [`Error::Final`], [`Error::UnknownPoint`], [`Error::Contested`],
		/// [`Error::NothingToCorrect`], [`Error::TooManyCorrections`], [`Error::EmptyBatch`], [`Error::AccountsNotSet`];
		/// nothing of the batch is done then. Events: [`Event::Corrected`], [`Event::Defaulted`], [`Event::Covered`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::correct(points.len() as u32))]
		pub fn correct(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_correct(interval, &points)
		}

		/// Returns what notice was given of, once the last interval that it secures is settled.
		///
		/// Origin: who posted it, or its delegate for funds. Errors: [`Error::NoSecurity`], [`Error::NoNotice`],
		/// [`Error::StillSecures`]. Event: [`Event::Withdrawn`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::release())]
		pub fn release(origin: OriginFor<T>, point: PointId, backing: Backing) -> DispatchResult {
			Self::do_release(&ensure_signed(origin)?, point, backing)
		}

		/// Stands in for a connection point with `amount` nEUR of one's own free money, after the owner's own.
		///
		/// Origin: a retailer or an aggregator at the point's zone. Errors: [`Error::UnknownPoint`],
		/// [`Error::ZeroAmount`], [`Error::BeyondDeposit`], [`Error::OtherSecurity`]. Event: [`Event::Deposited`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::guarantee())]
		pub fn guarantee(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_guarantee(&ensure_signed(origin)?, point, amount)
		}

		/// Pays up to `amount` nEUR of what a participant owes to the mutual fund after a default.
		///
		/// Origin: any signed account, which pays. Errors: [`Error::NoDebt`], [`Error::ZeroAmount`],
		/// [`Error::BeyondFreeMoney`]. Event: [`Event::Recovered`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::repay())]
		pub fn repay(origin: OriginFor<T>, participant: ParticipantId, amount: Balance) -> DispatchResult {
			Self::do_repay(&ensure_signed(origin)?, participant, amount)
		}

		/// Sets what the mutual fund takes of every Wh of imbalance, in nEUR/Wh, for intervals whose session has not opened.
		/// It is part of the imbalance's price and cut where that would leave the interval's bounds.
		///
		/// Origin: the administration. Errors: [`Error::NegativeLevy`]. Event: [`Event::LevySet`].
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::set_levy())]
		pub fn set_levy(origin: OriginFor<T>, levy: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(levy >= 0, Error::<T>::NegativeLevy);
			let from = T::Calendar::first_unopened();
			Levies::<T>::mutate(|levies| levies.set(from, levy));
			Self::deposit_event(Event::LevySet { from, levy });
			Ok(())
		}

		/// Offers to draw or feed in less than contracted in an interval, or takes the offer back (`None`). What the charge
		/// for non-delivery comes to if nothing is delivered is held on the owner's account until the point is settled.
		///
		/// Origin: the point's owner, or its delegate for trade. Errors: [`Error::UnknownPoint`],
		/// [`Error::UnknownInterval`], [`Error::DeliveryEnded`], [`Error::AlreadyOrdered`], [`Error::ZeroAmount`],
		/// [`Error::NegativePrice`], [`Error::UnknownParticipant`], [`Error::BeyondCharge`], [`Error::Overflow`].
		/// Event: [`Event::FlexibilityOffered`].
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::offer_flexibility())]
		pub fn offer_flexibility(
			origin: OriginFor<T>,
			interval: Interval,
			point: PointId,
			offer: Option<Flexibility>,
		) -> DispatchResult {
			Self::do_offer(&ensure_signed(origin)?, interval, point, offer)
		}

		/// Orders a member to draw or feed in less than contracted. The grid operator pays for it in settlement: the stated
		/// price for what is delivered, and the value of what the member bought and may not use. A charge for what is not
		/// delivered needs the member's offer.
		///
		/// Origin: the distribution system operator of the point's zone, before delivery has ended.
		/// Errors: [`Error::UnknownPoint`], [`Error::UnknownInterval`], [`Error::DeliveryEnded`],
		/// [`Error::AlreadyOrdered`], [`Error::ZeroAmount`], [`Error::NegativePrice`], [`Error::NotOffered`].
		/// Event: [`Event::ReductionOrdered`].
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::order_reduction())]
		pub fn order_reduction(
			origin: OriginFor<T>,
			interval: Interval,
			point: PointId,
			order: Flexibility,
		) -> DispatchResult {
			Self::do_order(&ensure_signed(origin)?, interval, point, order)
		}

		/// Chooses the retailer that shall answer for a connection point in intervals in which it does not trade, or none.
		///
		/// Origin: the point's owner, or its delegate for operation. Errors: [`Error::UnknownPoint`]; those of
		/// `Participants` if the retailer is none. Event: [`Event::RetailerChosen`].
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::choose_retailer())]
		pub fn choose_retailer(
			origin: OriginFor<T>,
			point: PointId,
			retailer: Option<ParticipantId>,
		) -> DispatchResult {
			Self::do_choose_retailer(&ensure_signed(origin)?, point, retailer)
		}

		/// Answers for a connection point that chose the caller, from the first interval on whose session has not opened.
		///
		/// Origin: a retailer at the point's zone. Errors: [`Error::UnknownPoint`], [`Error::NotChosen`],
		/// [`Error::TooManyRetailers`]. Event: [`Event::RetailerServes`].
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::serve())]
		pub fn serve(origin: OriginFor<T>, point: PointId) -> DispatchResult {
			Self::do_serve(&ensure_signed(origin)?, point)
		}

		/// Draws on what secures connection points in debt whose payers' own money fell short. The batch with the last of
		/// them closes the debit phase.
		///
		/// Origin: any signed account.
		/// Errors: [`Error::DebitsNotDone`], [`Error::AlreadySettled`], [`Error::EmptyBatch`], [`Error::UnknownPoint`],
		/// [`Error::NothingToDraw`]; nothing of the batch is done then.
		/// Events: [`Event::SecurityDrawn`], [`Event::Defaulted`], [`Event::Drawn`], [`Event::DebitsClosed`].
		#[pallet::call_index(20)]
		#[pallet::weight(T::WeightInfo::draw(points.len() as u32))]
		pub fn draw(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw(interval, &points)
		}

		/// Sets who shares surpluses of the balance-responsible party, in intervals whose session has not opened. It keeps
		/// the rest, and bears every loss.
		///
		/// Origin: the administration. Errors: [`Error::SharesTooGreat`]. Event: [`Event::SharingSet`].
		#[pallet::call_index(21)]
		#[pallet::weight(T::WeightInfo::set_sharing())]
		pub fn set_sharing(origin: OriginFor<T>, sharing: Sharing) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let parts = [sharing.fund, sharing.rent].map(|share| share.deconstruct());
			ensure!(parts.iter().sum::<u32>() <= Permill::ACCURACY, Error::<T>::SharesTooGreat);
			let from = T::Calendar::first_unopened();
			Sharings::<T>::mutate(|sharings| sharings.set(from, sharing));
			Self::deposit_event(Event::SharingSet { from, sharing });
			Ok(())
		}

		/// Sets up to which share of its position a point's imbalance is settled at the price that it traded at, and without
		/// levy, in intervals whose session has not opened. 0 at first.
		///
		/// Origin: the administration. Event: [`Event::ToleranceSet`].
		#[pallet::call_index(22)]
		// The same work on a value of the same size.
		#[pallet::weight(T::WeightInfo::set_levy())]
		pub fn set_tolerance(origin: OriginFor<T>, tolerance: Permill) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let from = T::Calendar::first_unopened();
			Tolerances::<T>::mutate(|tolerances| tolerances.set(from, tolerance));
			Self::deposit_event(Event::ToleranceSet { from, tolerance });
			Ok(())
		}
	}
}
