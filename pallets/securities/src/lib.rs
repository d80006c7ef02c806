//! What secures debts: the collateral of orders, standing deposits, guarantees, and the mutual fund.
//!
//! An order holds of its owner's margin, until it is cancelled or settled, and of nothing else: what the margin does not cover is
//! refused. A participant moves money into its margin and out again; it stays on its account, on hold. So an order touches no
//! account, and of its owner only the value that it is charged on, too. A connection point's consumption beyond its orders is
//! secured by its owner's standing deposit, and by a guarantor, its retailer or an aggregator. What members do not pay of imbalances
//! the balance-responsible party has posted a security of its own for. All stay where they are posted, on hold. After notice they
//! are returned, when the last interval is final that was open at the notice: nobody consumes and takes back what secured it. For a
//! participant that was removed anybody may ask for what is its own; it goes to its account.
//!
//! What secures a point must be at least what it can come to owe for its greatest consumption over the intervals that can be
//! unsettled at once. When four fifths of it are used there is an event, and from nine tenths on the point takes no order that buys more.
//!
//! What settlement cannot collect it draws on what secures the point: the deposit, then the guarantee. What is still missing
//! the debtor owes, and trades no more until it has paid; what it receives later pays that first. What is repaid lies on an account
//! of its own until settlement allots it to who bore the loss. A guarantor that was drawn on has a claim on the debtor, which is
//! repaid after that and keeps nobody from trading.
//!
//! # Invariants
//!
//! 1. What is held for deposits and for guarantees is what they say; none is kept empty. What is held for orders is, in each
//!    account, the margin, and orders hold no more than that.
//! 2. What is known to secure a point is what was posted for it, less what notice was given of.
//! 3. Nobody who owes nothing, to the fund or to a guarantor, is counted a debtor, and where orders look for debtors they find all of them and nobody else.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod balancing;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod calls;
mod consumption;
mod debts;
mod genesis;
mod impls;
mod invariants;
mod least;
mod margin;
#[cfg(test)]
mod mock;
mod posting;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use consumption::{Consumption, COUNTED_DAYS, KNOWN_DAYS};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

#[import_section(calls::calls)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use busbar_primitives::{
		traits::{Calendar, Finality, Grid, OnTrader, Participants, Traders},
		Balance, Interval, ParticipantId, PointId,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, InspectHold, Mutate, MutateHold},
		PalletId,
	};
	use frame_system::pallet_prelude::*;

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

		/// Who may do what.
		type Participants: Participants<Self::AccountId>;
		/// Where orders look whether their owner is in debt, and which margin it has.
		type Traders: Traders<Self::AccountId> + OnTrader;
		/// Connection points.
		type Grid: Grid;
		/// Which intervals are open.
		type Calendar: Calendar;
		/// Which intervals are final.
		type Settlement: Finality;

		/// Names the mutual fund's account.
		#[pallet::constant]
		type FundId: Get<PalletId>;

		/// Most connection points of one call.
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
		/// A participant's margin, of which its orders hold their worst net debt.
		Order,
		/// A connection point's standing deposit.
		Deposit,
		/// What a retailer or aggregator stands in for at a connection point.
		Guarantee,
		/// What the balance-responsible party stands in for.
		Balancing,
	}

	/// What secures connection points; at most one of each kind per point.
	#[pallet::storage]
	pub type Secured<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PointId, Twox64Concat, Backing, Security<T::AccountId>, OptionQuery>;

	/// Whom owners chose to stand in for their connection points; at most one entry per point.
	#[pallet::storage]
	pub type Guarantors<T> = StorageMap<_, Twox64Concat, PointId, ParticipantId, OptionQuery>;

	/// What connection points consume at most and what secures them; at most one entry per point.
	#[pallet::storage]
	pub type Consumptions<T> = StorageMap<_, Twox64Concat, PointId, Consumption, OptionQuery>;

	/// What balance-responsible parties posted for losses of imbalances, and what they earned with those; at most one entry per
	/// participant that ever was one.
	#[pallet::storage]
	pub type Balancing<T: Config> =
		StorageMap<_, Blake2_128Concat, ParticipantId, BalancingSecurity<T::AccountId>, OptionQuery>;

	/// What participants owe after defaults, in nEUR; at most one entry per participant.
	#[pallet::storage]
	pub type Debts<T> = StorageMap<_, Blake2_128Concat, ParticipantId, Balance, OptionQuery>;

	/// What participants owe to those who stood in for them, in nEUR; at most one entry per debtor and guarantor.
	#[pallet::storage]
	pub type Claims<T> =
		StorageDoubleMap<_, Blake2_128Concat, ParticipantId, Blake2_128Concat, ParticipantId, Balance, OptionQuery>;

	/// Standing deposits and margins that a chain starts with, out of the balances' genesis, at the connection points of
	/// the grid's genesis. For tests and devnets.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Connection points and amounts in nEUR.
		pub deposits: Vec<(PointId, Balance)>,
		/// Participants and what of their money is margin, in nEUR.
		#[serde(default)]
		pub margins: Vec<(ParticipantId, Balance)>,
		/// Participants and what they post as balance-responsible parties, in nEUR.
		#[serde(default)]
		pub balancing: Vec<(ParticipantId, Balance)>,
		#[serde(skip)]
		pub marker: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			self.post_all();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// What secures a connection point grew to `total`.
		Deposited { point: PointId, backing: Backing, account: T::AccountId, amount: Balance, total: Balance },
		/// `amount` may be taken back once every interval up to `last` is final.
		NoticeGiven { point: PointId, backing: Backing, amount: Balance, last: Interval },
		/// What secures a connection point shrank to `total`.
		Released { point: PointId, backing: Backing, account: T::AccountId, amount: Balance, total: Balance },
		/// What secures a connection point paid `amount` of its debt.
		SecurityDrawn { interval: Interval, point: PointId, backing: Backing, account: T::AccountId, amount: Balance },
		/// A participant owes `amount` more, `owed` in all, and trades no more until it has paid.
		Owed { participant: ParticipantId, amount: Balance, owed: Balance },
		/// A participant's debt shrank by `amount` to `owed`.
		Recovered { participant: ParticipantId, amount: Balance, owed: Balance },
		/// A guarantor that was drawn on for a participant has a claim of `claim` on it, `amount` more than before.
		Claimed { debtor: ParticipantId, guarantor: ParticipantId, amount: Balance, claim: Balance },
		/// A guarantor got `amount` back of a participant that it stood in for; `claim` is left.
		ClaimPaid { debtor: ParticipantId, guarantor: ParticipantId, amount: Balance, claim: Balance },
		/// A participant's margin grew by `amount` to `margin`.
		MarginMovedIn { participant: ParticipantId, amount: Balance, margin: Balance },
		/// A participant's margin shrank by `amount` to `margin`.
		MarginMovedOut { participant: ParticipantId, amount: Balance, margin: Balance },
		/// A participant's debts took `amount` of its margin, which is now `margin`.
		MarginTaken { participant: ParticipantId, amount: Balance, margin: Balance },
		/// The balance-responsible party's security grew to `total`.
		BalancingDeposited { participant: ParticipantId, amount: Balance, total: Balance },
		/// `amount` of it may be taken back once every interval up to `last` is final.
		BalancingNoticeGiven { participant: ParticipantId, amount: Balance, last: Interval },
		/// The balance-responsible party's security shrank to `total`.
		BalancingReleased { participant: ParticipantId, amount: Balance, total: Balance },
		/// The balance-responsible party's security paid `amount` that lacked of an interval's imbalances.
		BalancingDrawn { interval: Interval, participant: ParticipantId, amount: Balance },
		/// The balance-responsible party's security of `total` is less than the `least` that what it earns asks for.
		BalancingTooSmall { participant: ParticipantId, total: Balance, least: Balance },
		/// Of what secures a connection point, `posted`, more than 80 % is `used` at worst by what can be unsettled. With less than
		/// `least` it takes no order that buys more.
		SecurityLow { point: PointId, used: Balance, posted: Balance, least: Balance },
		/// The owner of a connection point chose who stands in for it, or lets anybody.
		GuarantorChosen { point: PointId, guarantor: Option<ParticipantId> },
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No such connection point.
		UnknownPoint,
		/// Who posts a security has no account.
		UnknownParticipant,
		/// Amounts must be above zero.
		ZeroAmount,
		/// At least one connection point must be named.
		EmptyBatch,
		/// The account has too little free money for the deposit or guarantee.
		BeyondDeposit,
		/// The deposit or guarantee is smaller than this.
		DepositTooSmall,
		/// Another participant secures this connection point in this way already. Of a guarantor: whom the owner chose by
		/// `choose_guarantor` takes its place by posting at least as much.
		OtherSecurity,
		/// Nothing of this kind secures the connection point.
		NoSecurity,
		/// Give notice by `give_notice` first.
		NoNotice,
		/// It secures intervals that are not final yet: try again when all up to the one of the notice are.
		StillSecures,
		/// The participant has unpaid debt from a default: it trades again after `repay`.
		InDebt,
		/// The participant owes nothing.
		NoDebt,
		/// The account has less free money than is to be paid.
		BeyondFreeMoney,
		/// The owner's margin does not cover the order's worst net debt: move money in by `securities.margin_in`.
		MarginTooSmall,
		/// Less is held for orders than is to be released: a defect.
		CollateralMissing,
		/// An amount is beyond the range of its type.
		Overflow,
		/// Less would be left than what the party earned with imbalances asks for: three times the most of one day of the last
		/// thirty.
		BelowLeast,
		/// More is to be moved out than the margin has beside what orders hold: cancel orders, or wait until they are settled.
		BeyondMargin,
		/// Of what secures the connection point 90 % is used at worst by what can be unsettled, so it takes no order that buys more:
		/// its owner adds to it by `securities.deposit`, or a retailer or an aggregator by `securities.guarantee`, up to the least
		/// that `energy_security` says.
		SecurityTooSmall,
		/// The owner of the connection point chose another guarantor.
		OtherGuarantor,
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
}
