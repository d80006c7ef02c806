//! Statements, securities, debts, flexibility and retailers.

use crate::{
	chain::Chain,
	error::Result,
	functions::energy_api as api,
	pallet_securities::{Backing, BalancingSecurity, Security},
	pallet_settlement::{Accounts, Progress, Statement, StatementRoot},
	pallet_supply::Served,
	storage::{flexibility, participants, securities, settlement as storage, supply},
};
use busbar_primitives::{
	api::{SecurityView, StatementLine, MAX_ACCOUNT_POINTS, MAX_PAGE},
	Balance, Flexibility, Interval, Margin, ParticipantId, PointId, StatementProof, FIRST_RUN,
};
use sp_core::H256;
use sp_runtime::AccountId32;
use std::collections::BTreeMap;

/// Whom a connection point chose and who answers for it, the latest last.
#[derive(Clone, Debug, Default)]
pub struct Retailers {
	/// Whom its owner chose.
	pub chosen: Option<ParticipantId>,
	/// Who serves it, from when until when.
	pub served: Vec<Served>,
}

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// Statements of those connection points that are through an interval's debit phase.
	pub async fn statements(
		&self,
		at: H256,
		interval: Interval,
		points: &[PointId],
	) -> Result<BTreeMap<PointId, Statement>> {
		let keys = points.iter().map(|point| (interval, *point));
		let found = self.read_all(at, &storage::STATEMENTS, keys).await?;
		Ok(found.into_iter().map(|((_, point), statement)| (point, statement)).collect())
	}

	/// Statements of all connection points that are through an interval's debit phase.
	pub async fn all_statements(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Statement>> {
		let statements = self.entries_of(at, &storage::STATEMENTS, (interval,)).await?;
		Ok(statements.into_iter().map(|((_, point), statement)| (point, statement)).collect())
	}

	/// Who is paid and debited beside the connection points, with the first interval that each holds for, ascending.
	pub async fn system_accounts(&self, at: H256) -> Result<Vec<(Interval, Option<Accounts<AccountId32>>)>> {
		Ok(self.read(at, &storage::SYSTEM_ACCOUNTS, ()).await?.map(|schedule| schedule.0).unwrap_or_default())
	}

	/// The lines of an interval that are no connection point's.
	pub async fn system_lines(&self, at: H256, interval: Interval) -> Result<Vec<StatementLine>> {
		let lines = self.read(at, &storage::SYSTEM_LINES, (interval,)).await?.unwrap_or_default();
		Ok(lines.into_iter().map(|(index, line)| StatementLine { index, line }).collect())
	}

	/// How far the run of an interval's settlement is that is under way or was done last; `None` before the first.
	pub async fn progress(&self, at: H256, interval: Interval) -> Result<Option<Progress>> {
		self.read(at, &storage::INTERVALS, (interval,)).await
	}

	/// The first run after `run` that has points to settle because their readings changed; `None` if none has.
	pub async fn next_run(&self, at: H256, interval: Interval, run: u16) -> Result<Option<u16>> {
		let waiting = self.read(at, &storage::WAITING, (interval,)).await?.unwrap_or_default();
		let mut later =
			(FIRST_RUN.saturating_add(1)..).zip(waiting).filter(|(later, points)| *later > run && *points > 0);
		Ok(later.next().map(|(later, _)| later))
	}

	/// The points that a run has to settle because their readings changed.
	pub async fn changed(&self, at: H256, interval: Interval, run: u16) -> Result<Vec<PointId>> {
		let changed = self.entries_of(at, &storage::CHANGED, ((interval, run),)).await?;
		Ok(changed.into_iter().map(|((_, point), _)| point).collect())
	}

	/// The root over an interval's statement lines; `None` before it is settled. It outlives the lines.
	pub async fn statement_root(&self, at: H256, interval: Interval) -> Result<Option<StatementRoot>> {
		self.read(at, &storage::ROOTS, (interval,)).await
	}

	/// One statement line of an interval with its proof, or why there is none. [`crate::proofs::proves`] checks it.
	pub async fn statement_proof(&self, at: H256, interval: Interval, index: u32) -> Result<StatementProof> {
		self.call(at, &api::STATEMENT_PROOF, (interval, index)).await
	}

	/// Whether an interval is settled; also after its records are pruned.
	pub async fn is_settled(&self, at: H256, interval: Interval) -> Result<bool> {
		Ok(self.statement_root(at, interval).await?.is_some())
	}

	/// Connection points whose securities must be looked at before an interval's credits are paid.
	pub async fn points_to_draw(&self, at: H256, interval: Interval) -> Result<Vec<PointId>> {
		let mut points = Vec::new();
		for from in self.pages_of_points(at, MAX_PAGE).await? {
			points.extend(self.call(at, &api::TO_DRAW, (interval, from, MAX_PAGE)).await?);
		}
		Ok(points)
	}

	/// What secures a connection point in one way.
	pub async fn security(&self, at: H256, point: PointId, backing: Backing) -> Result<Option<Security<AccountId32>>> {
		self.read(at, &securities::SECURED, (point, backing)).await
	}

	/// What secures connection points, all of them.
	pub async fn securities(&self, at: H256) -> Result<Vec<((PointId, Backing), Security<AccountId32>)>> {
		self.entries(at, &securities::SECURED).await
	}

	/// What must secure a connection point, and what of that is used; `None` of one that needs no security.
	pub async fn security_needed(&self, at: H256, point: PointId) -> Result<Option<SecurityView>> {
		self.call(at, &api::SECURITY, (point,)).await
	}

	/// Those of an account's points, which these are in ascending order; couplings need none.
	pub async fn securities_needed(
		&self,
		at: H256,
		account: &AccountId32,
		points: &[PointId],
	) -> Result<Vec<SecurityView>> {
		let mut found = Vec::new();
		let pages = (0..).step_by(MAX_ACCOUNT_POINTS as usize).map_while(|first: usize| points.get(first));
		for first in pages {
			found.extend(self.call(at, &api::SECURITIES, (account.clone(), *first, MAX_ACCOUNT_POINTS)).await?);
		}
		Ok(found)
	}

	/// What a balance-responsible party posted for imbalances that others do not pay, and what it earned with them.
	pub async fn balancing(&self, at: H256, party: ParticipantId) -> Result<Option<BalancingSecurity<AccountId32>>> {
		self.read(at, &securities::BALANCING, (party,)).await
	}

	/// What guarantors that were drawn on are owed, in nEUR, by debtor and guarantor.
	pub async fn claims(&self, at: H256) -> Result<Vec<((ParticipantId, ParticipantId), Balance)>> {
		self.entries(at, &securities::CLAIMS).await
	}

	/// What a participant owes to the mutual fund, in nEUR.
	pub async fn debt(&self, at: H256, participant: ParticipantId) -> Result<Balance> {
		Ok(self.read(at, &securities::DEBTS, (participant,)).await?.unwrap_or(0))
	}

	/// A participant's money for orders.
	pub async fn margin(&self, at: H256, participant: ParticipantId) -> Result<Margin> {
		let record = self.read(at, &participants::PARTICIPANTS, (participant,)).await?;
		Ok(record.map(|record| record.margin).unwrap_or_default())
	}

	/// What members offer to leave in an interval.
	pub async fn offers(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Flexibility>> {
		let offers = self.entries_of(at, &flexibility::OFFERS, (interval,)).await?;
		Ok(offers.into_iter().map(|((_, point), offer)| (point, offer)).collect())
	}

	/// What a member offers to leave.
	pub async fn offer(&self, at: H256, interval: Interval, point: PointId) -> Result<Option<Flexibility>> {
		self.read(at, &flexibility::OFFERS, (interval, point)).await
	}

	/// What the grid operator ordered left in an interval.
	pub async fn reductions(&self, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Flexibility>> {
		let orders = self.entries_of(at, &flexibility::ACTIVATIONS, (interval,)).await?;
		Ok(orders.into_iter().map(|((_, point), order)| (point, order)).collect())
	}

	/// What the grid operator ordered left.
	pub async fn reduction(&self, at: H256, interval: Interval, point: PointId) -> Result<Option<Flexibility>> {
		self.read(at, &flexibility::ACTIVATIONS, (interval, point)).await
	}

	/// A connection point's retailers.
	pub async fn retailers(&self, at: H256, point: PointId) -> Result<Retailers> {
		let chosen = self.read(at, &supply::CHOICES, (point,)).await?;
		Ok(Retailers { chosen, served: self.services_of(at, point).await? })
	}

	/// The retailers of all connection points that have or had one.
	pub async fn all_retailers(&self, at: H256) -> Result<BTreeMap<PointId, Retailers>> {
		let mut all: BTreeMap<PointId, Retailers> = BTreeMap::new();
		for ((point,), chosen) in self.entries(at, &supply::CHOICES).await? {
			all.entry(point).or_default().chosen = Some(chosen);
		}
		for (point, served) in self.services(at).await? {
			all.entry(point).or_default().served = served;
		}
		Ok(all)
	}

	/// The retailers of all connection points that ever had one, each point's latest last.
	pub async fn services(&self, at: H256) -> Result<BTreeMap<PointId, Vec<Served>>> {
		let services = self.entries(at, &supply::SERVING).await?;
		Ok(services.into_iter().map(|((point,), served)| (point, served)).collect())
	}

	/// A connection point's retailers, the latest last.
	pub async fn services_of(&self, at: H256, point: PointId) -> Result<Vec<Served>> {
		Ok(self.read(at, &supply::SERVING, (point,)).await?.unwrap_or_default())
	}
}
