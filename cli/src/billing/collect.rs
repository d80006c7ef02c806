//! What a bill is made of, read from the state of one finalised block.

use super::{
	bill::{BillLine, Found, Heading, Order, Proof, Reading, State, Traded},
	calendar::{rfc3339, Calendar},
	totals::{json, word},
};
use crate::{
	commands::{statement::prove, View},
	failure::Failure,
};
use anyhow::{Context, Result};
use busbar_primitives::{
	api::{SessionView, StatementLine, Status},
	Cause, Contract, Interval, Party, Phase, PointId, ProductKind,
};
use busbar_runtime::{
	pallet_metering::{Proven, Readings},
	pallet_participants::{ParticipantOf, Participants},
	pallet_settlement::{Roots, StatementRoot},
	AccountId, Runtime,
};
use futures::{StreamExt, TryStreamExt};
use jiff::{tz::TimeZone, Timestamp};
use sp_core::H256;
use std::collections::BTreeMap;

/// Intervals that are asked for at a time.
const CONCURRENT: usize = 16;

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
	pub async fn account(&self, view: &View) -> Result<AccountId> {
		match (&self.account, self.point) {
			(Some(account), _) => Ok(account.clone()),
			(None, Some(point)) => owner(view, point).await,
			(None, None) => Err(Failure::input("say whose: --account ADDRESS, --point POINT or --suri SECRET").into()),
		}
	}
}

/// Everything about one participant's intervals.
pub struct Source<'a> {
	pub view: &'a View,
	pub calendar: &'a Calendar,
	pub account: AccountId,
	pub points: Vec<PointId>,
	/// Whether to prove each line under its statement root.
	pub proof: bool,
}

impl<'a> Source<'a> {
	/// Finds the participant and its connection points.
	///
	/// # Errors
	/// If there is no such participant or point, or the point is another's.
	pub async fn find(view: &'a View, calendar: &'a Calendar, who: Who, proof: bool) -> Result<(Self, Heading)> {
		let account = who.account(view).await?;
		let participant = view
			.chain
			.participant(view.at, &account)
			.await?
			.ok_or_else(|| Failure::failed(format!("{account} belongs to no participant")))?;
		let points = match who.point {
			None => participant.points,
			Some(point) if participant.points.contains(&point) => vec![point],
			Some(point) => {
				let own: Vec<_> = participant.points.iter().map(ToString::to_string).collect();
				let message =
					format!("connection point {point} is not one of {account}, whose points are {}", own.join(", "));
				return Err(Failure::input(message).into());
			},
		};
		let now = i64::try_from(view.clock.now).context("chain time is out of range")?;
		let heading = Heading {
			genesis: view.chain.genesis(),
			block: view.chain.header(view.at).await?.number,
			block_hash: view.at,
			at: rfc3339(&Timestamp::from_millisecond(now)?.to_zoned(TimeZone::UTC)),
			account: account.to_string(),
			participant: participant.id,
			points: points.clone(),
		};
		Ok((Self { view, calendar, account, points, proof }, heading))
	}

	/// Reads intervals.
	///
	/// # Errors
	/// If the node fails, or shows a line that does not stand under its root.
	pub async fn read(&self, intervals: impl Iterator<Item = Interval>) -> Result<BTreeMap<Interval, Found>> {
		futures::stream::iter(intervals)
			.map(|interval| async move { Ok((interval, self.interval(interval).await?)) })
			.buffered(CONCURRENT)
			.try_collect()
			.await
	}

	async fn interval(&self, interval: Interval) -> Result<Found> {
		let View { chain, at, clock } = self.view;
		let none = |state| Found { interval, state, lines: Vec::new(), readings: Vec::new(), root: None };
		if interval >= clock.first_unopened {
			return Ok(none(State::NotOpened));
		}
		let Some(status) = chain.status(*at, interval).await? else {
			let root: Option<StatementRoot> = chain.storage(*at, &Roots::<Runtime>::hashed_key_for(interval)).await?;
			return Ok(match root {
				Some(root) => Found { root: Some(root.root), ..none(State::Pruned) },
				None => none(State::NeverOpened),
			});
		};
		let (Some(root), Some(state)) = (status.statement_root, state_of(&status)) else {
			return Ok(none(State::Unsettled));
		};
		let mut own = chain.statement(*at, &self.account, interval).await?;
		own.retain(|line| point_of(line).is_none_or(|point| self.points.contains(&point)));
		own.sort_by_key(|line| line.index);
		let mut contracts = BTreeMap::new();
		let mut readings = Vec::new();
		for point in &self.points {
			readings.extend(self.reading(interval, *point).await?);
			if own.iter().any(|line| line.line.cause == Cause::Contract && point_of(line) == Some(*point)) {
				contracts.insert(*point, self.traded(&status, *point).await?);
			}
		}
		readings.sort_by_key(|reading| reading.point);
		let mut lines = Vec::with_capacity(own.len());
		for (line, proof) in self.proven(interval, root, own).await? {
			let contract = point_of(&line).and_then(|point| take(contracts.get_mut(&point)?, &line));
			let party = json(&line.line.party)?;
			lines.push(BillLine {
				interval,
				start: self.calendar.start_text(interval)?,
				state,
				point: point_of(&line),
				party,
				index: line.index,
				version: line.line.version,
				cause: word(&json(&line.line.cause)?),
				wh: line.line.wh,
				price: line.line.price,
				amount: line.line.amount,
				contract,
				statement_root: root,
				proof,
			});
		}
		Ok(Found { interval, state, lines, readings, root: None })
	}

	/// The lines, each with its proof if proofs were asked for.
	async fn proven(
		&self,
		interval: Interval,
		root: H256,
		own: Vec<StatementLine>,
	) -> Result<Vec<(StatementLine, Option<Proof>)>> {
		if !self.proof || own.is_empty() {
			return Ok(own.into_iter().map(|line| (line, None)).collect());
		}
		let all = self.view.chain.lines(self.view.at, interval).await?;
		let lines = u32::try_from(all.len()).context("too many lines")?;
		let proven = prove(interval, root, &all, own)?;
		Ok(proven
			.into_iter()
			.map(|proven| {
				let (leaf, hashes) = (proven.leaf.unwrap_or_default(), proven.proof.unwrap_or_default());
				(proven.line, Some(Proof { lines, leaf, hashes }))
			})
			.collect())
	}

	async fn reading(&self, interval: Interval, point: PointId) -> Result<Option<Reading>> {
		let View { chain, at, .. } = self.view;
		let key = Readings::<Runtime>::hashed_key_for(interval, point);
		let Some(proven) = chain.storage::<Proven>(*at, &key).await? else { return Ok(None) };
		let dataset = chain.dataset(*at, interval, proven.operator).await?;
		let dataset = dataset.filter(|dataset| dataset.version == proven.dataset);
		Ok(Some(Reading {
			interval,
			start: self.calendar.start_text(interval)?,
			point,
			import: proven.registers.import,
			export: proven.registers.export,
			quality: proven.quality,
			version: proven.version,
			meter: proven.meter,
			operator: proven.operator,
			dataset_version: proven.dataset,
			dataset_root: dataset.map(|dataset| dataset.root),
			dataset_content: dataset.map(|dataset| dataset.content),
		}))
	}

	/// What a point traded in each session, with the amount that its line must have.
	async fn traded(&self, status: &Status, point: PointId) -> Result<Vec<(Contract, Traded)>> {
		let View { chain, at, .. } = self.view;
		let mut traded = Vec::new();
		for contract in chain.contracts(*at, point, status.interval).await? {
			let session = status.sessions.get(usize::from(contract.product));
			let kind = session.map(|session: &SessionView| session.product.kind);
			let order = match kind {
				Some(ProductKind::Auction) => chain
					.order_of(*at, (status.interval, contract.product), point)
					.await?
					.map(|order| Order { arrival: order.arrival, steps: order.steps, accepted: order.accepted }),
				_ => None,
			};
			traded.push((
				contract,
				Traded {
					product: contract.product,
					kind: kind.map(|kind| json(&kind)).transpose()?.as_ref().map(word).unwrap_or_default(),
					bought: contract.position.bought,
					sold: contract.position.sold,
					lowest: contract.lowest,
					highest: contract.highest,
					order,
				},
			));
		}
		Ok(traded)
	}
}

/// The contract that a line pays. The chain writes a point's contract lines in the order of its contracts; energy and
/// money must agree, so that a line is never explained by a contract that it does not pay.
fn take(contracts: &mut Vec<(Contract, Traded)>, line: &StatementLine) -> Option<Traded> {
	if line.line.cause != Cause::Contract {
		return None;
	}
	let pays =
		|contract: &Contract| contract.position.net() == Some(line.line.wh) && contract.amount == line.line.amount;
	let at = contracts.iter().position(|(contract, _)| pays(contract))?;
	Some(contracts.remove(at).1)
}

fn point_of(line: &StatementLine) -> Option<PointId> {
	match line.line.party {
		Party::Point(point) => Some(point),
		_ => None,
	}
}

fn state_of(status: &Status) -> Option<State> {
	match status.phase {
		Phase::Final => Some(State::Final),
		Phase::Settled => Some(State::Settled),
		_ => None,
	}
}

/// The account that a connection point's owner is paid on.
async fn owner(view: &View, point: PointId) -> Result<AccountId> {
	let found = view.chain.point(view.at, point).await?.ok_or_else(|| {
		Failure::input(format!("there is no connection point {point}; `busbar grid show` lists them"))
	})?;
	let key = Participants::<Runtime>::hashed_key_for(found.point.owner);
	let owner: Option<ParticipantOf<Runtime>> = view.chain.storage(view.at, &key).await?;
	let message =
		|| Failure::failed(format!("{}, the owner of point {point}, is no participant any more", found.point.owner));
	Ok(owner.ok_or_else(message)?.account)
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::{Line, Position};

	fn contract(product: u8, bought: u64, price: i64) -> (Contract, Traded) {
		let position = Position { bought, sold: 0 };
		let amount = -i128::from(price) * i128::from(bought);
		let contract = Contract { product, position, amount, lowest: price, highest: price };
		let traded =
			Traded { product, kind: "auction".into(), bought, sold: 0, lowest: price, highest: price, order: None };
		(contract, traded)
	}

	fn line(cause: Cause, wh: i64, price: i64) -> StatementLine {
		let amount = -i128::from(price) * i128::from(wh);
		StatementLine { index: 0, line: Line { version: 1, party: Party::Point(3), cause, wh, price, amount } }
	}

	#[test]
	fn a_contract_line_is_traced_to_the_product_it_pays() {
		let mut contracts = vec![contract(0, 10, 200), contract(1, 10, 210), contract(2, 10, 200)];
		let products: Vec<_> = [200, 210, 200]
			.map(|price| take(&mut contracts, &line(Cause::Contract, 10, price)).map(|traded| traded.product))
			.into();
		assert_eq!(products, [Some(0), Some(1), Some(2)]);
		assert!(contracts.is_empty());
	}

	#[test]
	fn a_line_is_not_explained_by_a_contract_that_it_does_not_pay() {
		let mut contracts = vec![contract(0, 10, 200)];
		assert_eq!(take(&mut contracts, &line(Cause::Contract, 11, 200)), None);
		assert_eq!(take(&mut contracts, &line(Cause::Imbalance, 10, 200)), None);
		assert_eq!(contracts.len(), 1);
	}
}
