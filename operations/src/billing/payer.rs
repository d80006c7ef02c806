//! Who pays and is paid for which connection point: the owner, or the retailer of a point that did not trade.
//!
//! The chain decides it for each point and interval and keeps it in the point's statement. Here that is only read. A
//! retailer finds its points through the services that the chain remembers, so that nobody reads statements that are not
//! its own.

use super::basis::{Basis, Newer};
use crate::{view::View, Failure};
use anyhow::Result;
use busbar_client::{pallet_metering::Proven, pallet_settlement::Statement, pallet_supply::Served, AccountId};
use busbar_primitives::{api::StatementLine, Interval, ParticipantId, Party, PointId, Role, MAX_RETAILERS};
use std::{collections::BTreeMap, ops::Range};

/// Whose statement or bill: an account's, a connection point's, or an account's at one point.
pub struct Who {
	pub account: Option<AccountId>,
	pub point: Option<PointId>,
}

impl Who {
	/// The account, or the one that the point's owner is paid on.
	///
	/// # Errors
	/// If neither is given, or there is no such point.
	async fn account(&self, view: &View) -> Result<AccountId> {
		match (&self.account, self.point) {
			(Some(account), _) => Ok(account.clone()),
			(None, Some(point)) => owner(view, point).await,
			(None, None) => Err(Failure::input("say whose: --account ADDRESS, --point POINT or --suri SECRET").into()),
		}
	}
}

/// A participant, and the connection points whose money may be its.
pub struct Payer {
	pub account: AccountId,
	pub participant: ParticipantId,
	/// Its own points, of those asked for, ascending.
	pub own: Vec<PointId>,
	/// Other points that it may have answered for as their retailer, with all that the chain remembers of their services.
	served: BTreeMap<PointId, Vec<Served>>,
	/// Which of the other parties it is: as the grid operator, as the balance-responsible party. Unless a point was asked for.
	parties: Parties,
}

/// Which parties a participant is beside its connection points, with the first interval that each holds for, ascending;
/// `None` before the chain knew any.
#[derive(Clone, Default)]
struct Parties(Vec<(Interval, Option<Vec<Party>>)>);

impl Parties {
	async fn of(view: &View, participant: ParticipantId) -> Result<Self> {
		let View { chain, at, .. } = view;
		let mut all = Vec::new();
		for (from, accounts) in chain.system_accounts(*at).await? {
			let Some(accounts) = accounts else {
				all.push((from, None));
				continue;
			};
			let mut parties = Vec::new();
			if chain.participant(*at, &accounts.grid).await?.is_some_and(|grid| grid.id == participant) {
				parties.push(Party::GridOperator);
			}
			if accounts.balancing == participant {
				parties.push(Party::Balancing);
			}
			all.push((from, Some(parties)));
		}
		Ok(Self(all))
	}

	/// In an interval. One that opened before any were set has the first, as in settlement.
	fn at(&self, interval: Interval) -> &[Party] {
		let held = self.0.iter().rev().find(|(from, _)| *from <= interval).and_then(|(_, parties)| parties.as_ref());
		held.or_else(|| self.0.iter().find_map(|(_, parties)| parties.as_ref())).map_or(&[], Vec::as_slice)
	}
}

/// What settlement says of one point in one interval, and the reading of it that stands.
pub struct Settled {
	pub statement: Statement,
	pub reading: Option<Proven>,
	/// What the standing reading is, if it is not the one that was settled.
	pub newer: Option<Newer>,
}

impl Payer {
	/// Finds the participant and its connection points.
	///
	/// # Errors
	/// If there is no such participant or point, or the point is neither its own nor was ever served by it.
	pub async fn find(view: &View, who: &Who) -> Result<Self> {
		let View { chain, at, .. } = view;
		let account = who.account(view).await?;
		let participant = chain
			.participant(*at, &account)
			.await?
			.ok_or_else(|| Failure::failed(format!("{account} belongs to no participant")))?;
		let (id, points) = (participant.id, participant.points);
		let is_retailer = participant.roles.iter().any(|(role, _)| *role == Role::Retailer);
		let ever = 0..Interval::MAX;
		let (own, served) = match who.point {
			None if is_retailer => {
				let mut services = chain.services(*at).await?;
				services.retain(|point, served| may_answer(served, id, &ever) && !points.contains(point));
				(points, services)
			},
			None => (points, BTreeMap::new()),
			Some(point) if points.contains(&point) => (vec![point], BTreeMap::new()),
			Some(point) => {
				let served = chain.services_of(*at, point).await?;
				if !may_answer(&served, id, &ever) {
					let own: Vec<_> = points.iter().map(ToString::to_string).collect();
					let message = format!(
						"connection point {point} is not one of {account}, whose points are {}, and {account} was never its \
						 retailer",
						own.join(", ")
					);
					return Err(Failure::input(message).into());
				}
				(Vec::new(), BTreeMap::from([(point, served)]))
			},
		};
		let parties = if who.point.is_none() { Parties::of(view, id).await? } else { Parties::default() };
		Ok(Self { account, participant: id, own, served, parties })
	}

	/// All of an interval's lines that are the participant's, in the order of leaves: those of the points whose money is its,
	/// and its own as the grid operator or the balance-responsible party.
	///
	/// # Errors
	/// If the node fails.
	pub async fn lines(
		&self,
		view: &View,
		interval: Interval,
		settled: &BTreeMap<PointId, Settled>,
	) -> Result<Vec<StatementLine>> {
		let View { chain, at, .. } = view;
		let mut own: Vec<_> = settled.iter().flat_map(|(point, settled)| settled.lines_of(self, *point)).collect();
		let parties = self.parties.at(interval);
		if !parties.is_empty() {
			let is_own = |line: &StatementLine| parties.contains(&line.line.party);
			own.extend(chain.system_lines(*at, interval).await?.into_iter().filter(is_own));
		}
		own.sort_by_key(|line| line.index);
		Ok(own)
	}

	/// What settlement says of an interval's points: of all its own that are in force, and of those that it answers for.
	///
	/// # Errors
	/// If the node fails.
	pub async fn settled(&self, view: &View, interval: Interval, is_final: bool) -> Result<BTreeMap<PointId, Settled>> {
		let View { chain, at, clock } = view;
		let only = interval..interval.saturating_add(1);
		let served = self.served.iter().filter(|(_, served)| may_answer(served, self.participant, &only));
		let points: Vec<_> = self.own.iter().chain(served.map(|(point, _)| point)).copied().collect();
		let mut statements = chain.statements(*at, interval, &points).await?;
		statements.retain(|point, statement| {
			statement.outturn.is_some() && (statement.payer == self.participant || !self.served.contains_key(point))
		});
		let points: Vec<_> = statements.keys().copied().collect();
		let readings = chain.readings(*at, interval, &points).await?;
		let is_newer = |point: &&PointId| {
			let versions = (readings.get(*point), statements.get(*point));
			matches!(versions, (Some(reading), Some(statement)) if reading.version != statement.reading)
		};
		let newer: Vec<_> = points.iter().filter(is_newer).copied().collect();
		let disputes = chain.disputes(*at, interval, &newer).await?;
		Ok(statements
			.into_iter()
			.map(|(point, statement)| {
				let reading = readings.get(&point).copied();
				let is_contested = disputes.get(&point).is_some_and(|dispute| clock.now < dispute.deadline);
				let newer = reading.and_then(|reading| Newer::of(&reading, &statement, is_final, is_contested));
				(point, Settled { statement, reading, newer })
			})
			.collect())
	}
}

impl Settled {
	/// Whose the money is, and the reading that it rests on.
	pub fn basis(&self) -> Basis {
		Basis {
			payer: self.statement.payer,
			reading: self.statement.reading,
			reading_shown: self.reading.is_some() && self.newer.is_none(),
			newer: self.newer,
		}
	}

	/// The point's lines, if they are the payer's.
	fn lines_of(&self, payer: &Payer, point: PointId) -> impl Iterator<Item = StatementLine> + '_ {
		let is_own = self.statement.payer == payer.participant;
		let own = self.statement.lines.iter().filter(move |(_, line)| is_own && line.party == Party::Point(point));
		own.map(|(index, line)| StatementLine { index: *index, line: *line })
	}
}

/// Whether a participant can have answered for a point in one of these intervals, by what the chain remembers. It forgets
/// the first of a point's services when there are too many; before those that are left it may have been anybody's.
fn may_answer(services: &[Served], retailer: ParticipantId, intervals: &Range<Interval>) -> bool {
	let serves = |served: &Served| {
		served.retailer == retailer
			&& served.from < intervals.end
			&& served.until.is_none_or(|until| intervals.start < until)
	};
	let is_full = services.len() >= MAX_RETAILERS as usize;
	let forgotten = is_full && services.first().is_some_and(|first| intervals.start < first.from);
	forgotten || services.iter().any(serves)
}

/// The account that a connection point's owner is paid on.
async fn owner(view: &View, point: PointId) -> Result<AccountId> {
	let found = view.chain.point(view.at, point).await?.ok_or_else(|| {
		Failure::input(format!("there is no connection point {point}; `busbar grid show` lists them"))
	})?;
	let owner = view.chain.account_of(view.at, found.point.owner).await?;
	let message =
		|| Failure::failed(format!("{}, the owner of point {point}, is no participant any more", found.point.owner));
	Ok(owner.ok_or_else(message)?)
}

#[cfg(test)]
#[path = "payer_tests.rs"]
mod tests;
