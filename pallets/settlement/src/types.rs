//! What the pallet keeps in its storage.

use crate::{Net, Outturn, Parties, Ranks, Sums};
use busbar_merkle::{Frontier, CHUNK};
use busbar_primitives::{
	metering::Standing, stored, Amount, Balance, Interval, Line, Moment, ParticipantId, Party, PointId, PostedBounds,
	Price, MAX_PRODUCTS,
};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use sp_core::H256;
use sp_runtime::Permill;

pub use busbar_primitives::{FIRST_RUN, LAST_RUN};

/// Runs that settle what readings change.
pub(crate) const LATER_RUNS: u32 = (LAST_RUN - FIRST_RUN) as u32;

/// Most lines that a later run makes of one connection point: the difference, what it undoes of an earlier default, and a
/// default or a loss share.
pub(crate) const RUN_POINT_LINES: u32 = 3;

/// Most lines that a later run makes of the parties that are not connection points: four differences, each with a default or
/// a loss share, what goes back of earlier losses to two of them, two of cover, and the remainder of loss shares where the account
/// of congestion rent is in debt.
pub(crate) const RUN_SYSTEM_LINES: u32 = 13;

/// Most lines kept with one connection point: a contract per product, curtailment, flexibility, non-delivery, what of them is
/// unfunded, two of the imbalance, default and loss share, and those of the later runs.
pub const POINT_LINES: u32 = MAX_PRODUCTS + 8 + LATER_RUNS * RUN_POINT_LINES;

/// Most lines of the parties that are not connection points: fees for contracts and for imbalances, rent, levy, residual,
/// two of each of curtailment, losses and default, three of the shared surplus, flexibility, two of what is unfunded, two
/// of cover, four loss shares, and those of the later runs.
pub const SYSTEM_LINES: u32 = 23 + LATER_RUNS * RUN_SYSTEM_LINES;

/// Most changes of the accounts, the default prices, the levy, the tolerance and the sharing of surpluses that hold for
/// intervals whose records are kept.
pub const MAX_CHANGES: u32 = 16;

/// Values with the first interval that each holds for, ascending: a change never reaches back to an interval whose session
/// has opened. None goes while an interval that it holds for is kept, so each is settled, and corrected, on its own.
#[stored]
pub struct Schedule<V>(pub BoundedVec<(Interval, V), ConstU32<MAX_CHANGES>>);

impl<V> Default for Schedule<V> {
	fn default() -> Self {
		Self(BoundedVec::new())
	}
}

impl<V: Clone + Default> Schedule<V> {
	/// A value from interval 0 on.
	pub fn new(value: V) -> Self {
		Self(BoundedVec::truncate_from(alloc::vec![(0, value)]))
	}

	/// A value from an interval on, in place of those set for it or later. Forgets what holds for intervals before `kept`
	/// only. `None`, and nothing changed, if there is no room then.
	#[must_use]
	pub fn set(&mut self, from: Interval, value: V, kept: Interval) -> Option<()> {
		let mut changes = self.0.clone().into_inner();
		changes.retain(|(since, _)| *since < from);
		if changes.is_empty() && from > 0 {
			changes.push((0, V::default()));
		}
		changes.push((from, value));
		while changes.get(1).is_some_and(|(since, _)| *since <= kept) {
			changes.remove(0);
		}
		self.0 = changes.try_into().ok()?;
		Some(())
	}

	/// The value that holds for an interval; the oldest known one before it.
	pub fn at(&self, interval: Interval) -> V {
		let fixed = self.0.iter().rev().find(|(from, _)| *from <= interval).or(self.0.first());
		fixed.map(|(_, value)| value.clone()).unwrap_or_default()
	}
}

/// Prices at which the balance-responsible party settles imbalances, in nEUR/Wh, before path fees.
#[stored(Copy, Default, serde)]
pub struct PostedPrices {
	/// What a short party pays for energy it lacks.
	pub short: Price,
	/// What a long party receives for energy it has left.
	pub long: Price,
}

impl PostedPrices {
	/// Whether the prices lie within `bounds` and leave no gain in being short and long at once.
	pub fn lie_within(&self, bounds: &PostedBounds) -> bool {
		self.short <= bounds.short_max && self.long >= bounds.long_min && self.long <= self.short
	}

	/// The prices, each moved to the nearer of the bounds where it lies outside, so that they do not cross.
	pub fn clamped(&self, bounds: &PostedBounds) -> Self {
		let within = |price: Price| price.max(bounds.long_min).min(bounds.short_max);
		Self { short: within(self.short), long: within(self.long) }
	}
}

/// Who is paid and debited beside the connection points.
#[stored(serde)]
pub struct Accounts<AccountId> {
	/// Receives grid fees.
	pub grid: AccountId,
	/// Receives congestion rent, rounding remainders of loss shares, and credits whose owner has no account.
	pub rent: AccountId,
	/// The balance-responsible party, counterparty of every imbalance.
	pub balancing: ParticipantId,
}

/// What of a surplus of the balance-responsible party goes to others; it keeps the rest, and bears every loss itself,
/// because what members pay must be known before they order.
#[stored(Copy, Default)]
pub struct Sharing {
	/// Share of the mutual fund.
	pub fund: Permill,
	/// Share of the account of congestion rent, whose use the regulator decides.
	pub rent: Permill,
}

/// How far a run of an interval's settlement is.
#[stored(Copy, PartialOrd, Ord)]
pub enum Stage {
	/// Debits are being collected.
	Debits,
	/// What secures the connection points of participants who are short is drawn on.
	Draws,
	/// All debits are in; credits are being paid.
	Credits,
	/// Every line of the run is paid and the statement root stands.
	Settled,
	/// The council voided it: what was collected goes back, then debits begin anew.
	Voiding,
}

/// Money of one run of debits and credits.
#[stored(Copy, Default)]
pub struct Purse {
	/// Credits due after netting, in nEUR.
	pub due: Balance,
	/// Money that came in, in nEUR.
	pub collected: Balance,
	/// Of that, what was taken for debts that later credits set off, in nEUR.
	pub surplus: Balance,
	/// Money that went out, in nEUR.
	pub paid: Balance,
	/// What debtors could not pay, in nEUR.
	pub missing: Balance,
	/// Of that, what of contracts.
	pub missing_of_contracts: Balance,
	/// Credits by their rank.
	pub credits: Ranks,
	/// What is lost of them, known when the debits are closed.
	pub lost: Ranks,
	/// What was drawn of the security of the balance-responsible party, in nEUR.
	pub drawn_of_balancing: Balance,
	/// Connection points in debt of participants who are short.
	pub to_draw: u32,
}

impl Purse {
	/// Counts a participant's debts and credits in the place of those before. `None` beyond the types' ranges.
	#[must_use]
	pub fn replace(&mut self, old: &Net, new: &Net) -> Option<()> {
		self.due = self.due.checked_add(new.due())?.checked_sub(old.due())?;
		self.surplus = self.surplus.checked_add(new.surplus())?.checked_sub(old.surplus())?;
		self.to_draw = self.to_draw.checked_add(new.to_draw())?.checked_sub(old.to_draw())?;
		let Ranks { contracts, imbalances, .. } = &mut self.credits;
		*contracts = contracts.checked_add(new.due_of_contracts())?.checked_sub(old.due_of_contracts())?;
		*imbalances = imbalances.checked_add(new.due_of_imbalances())?.checked_sub(old.due_of_imbalances())?;
		Some(())
	}

	/// What there is for the credits, in nEUR.
	pub fn available(&self) -> Balance {
		self.collected.saturating_sub(self.surplus)
	}

	/// What of the run's money is in the settlement account, in nEUR.
	pub fn in_transit(&self) -> Balance {
		self.collected.saturating_sub(self.paid)
	}
}

/// The parties of a run that are not connection points.
#[stored(Copy, Default)]
pub struct System {
	/// What they receive, in nEUR.
	pub parties: Parties,
	/// The balance-responsible party.
	pub balancing: Option<ParticipantId>,
	/// The participant, if it is one, whose account receives grid fees.
	pub grid: Option<ParticipantId>,
	/// Of what the grid operator receives, what contracts pay: fees of contracted flow, in nEUR.
	pub contracted_fees: Balance,
	/// Of what the account of congestion rent receives, what contracts pay, in nEUR.
	pub contracted_rent: Balance,
}

impl System {
	/// The participant that a party's debts and credits are netted for, if any.
	pub fn participant(&self, party: Party) -> Option<ParticipantId> {
		match party {
			Party::Balancing => self.balancing,
			Party::GridOperator => self.grid,
			_ => None,
		}
	}

	/// What of a party's credit contracts pay, in nEUR.
	pub fn contracted(&self, party: Party) -> Balance {
		match party {
			Party::GridOperator => self.contracted_fees,
			Party::CongestionRent => self.contracted_rent,
			_ => 0,
		}
	}
}

/// The running account of an interval's settlement.
#[stored]
pub struct Progress {
	/// Number of the run, from 1.
	pub run: u16,
	pub stage: Stage,
	/// Connection points of the interval: all numbered below this.
	pub points: PointId,
	/// How many of them the run settles: the first all, later ones those whose readings changed.
	pub to_settle: u32,
	/// Of these, how many are through the debit phase.
	pub debits_done: u32,
	/// Of these, how many are through the credit phase.
	pub credits_done: u32,
	/// The statement lines so far.
	pub frontier: Frontier,
	/// Sum of all lines so far, in nEUR.
	pub lines_sum: Amount,
	/// Sums over the connection points as last settled; what was taken for orders, of this run.
	pub sums: Sums,
	/// What the other parties are due for them, of all runs whose debits are counted.
	pub parties: Parties,
	/// Money of the run.
	pub purse: Purse,
	/// The other parties, known once the debits are counted.
	pub system: System,
	/// What of earlier defaults the run undoes, in nEUR.
	pub undone: Balance,
	/// Of that, what goes back to credits that were scaled, in nEUR.
	pub undone_of_scaled: Balance,
	/// From this chain time on the interval is final, if no run is left.
	pub final_from: Moment,
}

impl Progress {
	/// A settlement of `points` connection points that has not begun.
	pub fn new(points: PointId, final_from: Moment) -> Self {
		Self {
			run: FIRST_RUN,
			stage: Stage::Debits,
			points,
			to_settle: points,
			debits_done: 0,
			credits_done: 0,
			frontier: Frontier::default(),
			lines_sum: 0,
			sums: Sums::default(),
			parties: Parties::default(),
			purse: Purse::default(),
			system: System::default(),
			undone: 0,
			undone_of_scaled: 0,
			final_from,
		}
	}

	/// The run `run` of `to_settle` points, after all before it are done.
	pub fn later(self, run: u16, to_settle: u32) -> Self {
		let sums = Sums { funded: 0, ..self.sums };
		let (purse, system) = (Purse::default(), System::default());
		let (stage, debits_done, credits_done) = (Stage::Debits, 0, 0);
		let (undone, undone_of_scaled) = (0, 0);
		Self { run, stage, to_settle, debits_done, credits_done, sums, purse, system, undone, undone_of_scaled, ..self }
	}
}

/// What a participant owes and is not allotted to who bore it, in nEUR.
#[stored(Copy, Default)]
pub struct Books {
	/// All of it.
	pub all: Balance,
	/// Of that, what of intervals that are kept. The rest is owed to the mutual fund.
	pub placed: Balance,
}

/// What lacks of what an order of the grid operator gave, less what was repaid.
#[stored(Copy)]
pub struct OrderDebt {
	/// Who gave it, and owes that.
	pub operator: ParticipantId,
	/// Of the member's credit, in nEUR.
	pub member: Balance,
	/// Of the balance-responsible party's, in nEUR.
	pub perimeter: Balance,
}

impl OrderDebt {
	/// All of it, in nEUR.
	pub fn sum(&self) -> Balance {
		self.member.saturating_add(self.perimeter)
	}
}

/// A connection point that a run settles because what stands of its reading changed.
#[stored(Copy, Default)]
pub struct Change {
	/// What stood when the run became due, if that has changed since.
	pub fixed: Option<Standing>,
}

/// Most accounts that are drawn on for one point: who gave an order, its owner's, and of each run another guarantor's.
pub const DRAWN_ON: u32 = 2 + LAST_RUN as u32;

/// Whose money was drawn on for a point, and how much, in nEUR: of its deposit and of its guarantee.
pub type Drawing<AccountId> = BoundedVec<(AccountId, Balance), ConstU32<DRAWN_ON>>;

/// Statement lines with their leaf indices.
pub type Lines<const MAX: u32> = BoundedVec<(u32, Line), ConstU32<MAX>>;

/// Whose statements keep the lines of a chunk, in the order in which they came; `None`: those of the other parties.
pub type ChunkKeepers = BoundedVec<Option<PointId>, ConstU32<CHUNK>>;

/// What settlement decided for one connection point in one interval. Exists once the point is through the debit phase.
#[stored]
pub struct Statement {
	/// Who pays and is paid: the owner, or the retailer of a point that did not trade.
	pub payer: ParticipantId,
	/// The run that last settled it.
	pub run: u16,
	/// What the point receives in that run before any loss share, in nEUR; negative if it pays.
	pub amount: Amount,
	/// Whether what secures the point was looked at for what its payer was short of.
	pub drawn: bool,
	/// Whether the point is through the run's credit phase.
	pub credited: bool,
	/// Version of the reading that was last settled; 0 while an estimate stands in for it.
	pub reading: u16,
	/// Whether a device counted that reading: certificates are issued on no other.
	pub counted: bool,
	/// What the reading came to; `None` for a point that is not in force in the interval.
	pub outturn: Option<Outturn>,
	/// The point's lines.
	pub lines: Lines<POINT_LINES>,
}

impl Statement {
	/// A statement without lines.
	pub fn new(payer: ParticipantId) -> Self {
		Self {
			payer,
			run: FIRST_RUN,
			amount: 0,
			drawn: false,
			credited: false,
			reading: 0,
			counted: false,
			outturn: None,
			lines: Lines::default(),
		}
	}
}

/// What outlives an interval's records.
#[stored(Copy, serde)]
pub struct StatementRoot {
	/// Root over all statement lines, in the order of their indices.
	pub root: H256,
	/// Number of lines.
	pub count: u32,
}
