//! What a bill is made of, read from the state of one finalised block.

use super::{
	bill::{BillLine, Found, Heading, Order, PointStatement, Proof, Reading, State, Traded},
	calendar::{rfc3339, Calendar},
	payer::{Payer, Settled, Who},
	totals::{json, word},
};
use crate::{statement::prove, view::View};
use anyhow::{Context, Result};
use busbar_client::pallet_metering::Proven;
use busbar_primitives::{
	api::{SessionView, StatementLine, Status},
	Cause, Contract, Interval, Party, Phase, PointId, ProductKind,
};
use futures::{StreamExt, TryStreamExt};
use jiff::{tz::TimeZone, Timestamp};
use sp_core::H256;
use std::collections::{btree_map::Entry, BTreeMap};

/// Intervals that are asked for at a time.
const CONCURRENT: usize = 16;

/// Everything about one participant's intervals.
pub struct Source<'a> {
	view: &'a View,
	calendar: &'a Calendar,
	payer: Payer,
	/// Whether to prove each line under its statement root.
	proof: bool,
}

impl<'a> Source<'a> {
	/// Finds the participant and its connection points.
	///
	/// # Errors
	/// As [`Payer::find`].
	pub async fn find(view: &'a View, calendar: &'a Calendar, who: &Who, proof: bool) -> Result<(Self, Heading)> {
		let payer = Payer::find(view, who).await?;
		let now = i64::try_from(view.clock.now).context("chain time is out of range")?;
		let heading = Heading {
			genesis: view.chain.genesis(),
			block: view.chain.header(view.at).await?.number,
			block_hash: view.at,
			at: rfc3339(&Timestamp::from_millisecond(now)?.to_zoned(TimeZone::UTC)),
			account: payer.account.to_string(),
			participant: payer.participant,
			points: payer.own.clone(),
		};
		Ok((Self { view, calendar, payer, proof }, heading))
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
		let none = |state| Found {
			interval,
			state,
			statements: Vec::new(),
			lines: Vec::new(),
			readings: Vec::new(),
			root: None,
		};
		if interval >= clock.first_unopened {
			return Ok(none(State::NotOpened));
		}
		let Some(status) = chain.status(*at, interval).await? else {
			let root = chain.statement_root(*at, interval).await?;
			return Ok(match root {
				Some(root) => Found { root: Some(root.root), ..none(State::Pruned) },
				None => none(State::NeverOpened),
			});
		};
		let (Some(root), Some(state)) = (status.statement_root, state_of(&status)) else {
			return Ok(none(State::Unsettled));
		};
		let settled = self.payer.settled(self.view, interval, state == State::Final).await?;
		let start = self.calendar.start_text(interval)?;
		let statement = |(point, settled): (&PointId, &Settled)| PointStatement {
			interval,
			start: start.clone(),
			state,
			point: *point,
			basis: settled.basis(),
		};
		let statements: Vec<_> = settled.iter().map(statement).collect();
		let own = self.payer.lines(self.view, interval, &settled).await?;
		let mut contracts = BTreeMap::new();
		for point in own.iter().filter(|line| line.line.cause == Cause::Contract).filter_map(point_of) {
			if let Entry::Vacant(entry) = contracts.entry(point) {
				entry.insert(self.traded(&status, point).await?);
			}
		}
		let readings = self.readings(interval, &settled).await?;
		let mut lines = Vec::with_capacity(own.len());
		for (line, proof) in self.proven(interval, root, own).await? {
			let contract = point_of(&line).and_then(|point| take(contracts.get_mut(&point)?, &line));
			let party = json(&line.line.party)?;
			lines.push(BillLine {
				interval,
				start: start.clone(),
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
		Ok(Found { interval, state, statements, lines, readings, root: None })
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
		Ok(prove(self.view, interval, root, own)
			.await?
			.into_iter()
			.map(|proven| {
				let (leaf, hashes) = (proven.leaf.unwrap_or_default(), proven.proof.unwrap_or_default());
				let lines = proven.count.unwrap_or_default();
				(proven.line, Some(Proof { lines, leaf, hashes }))
			})
			.collect())
	}

	/// The readings that stand, each with what its operator attested if the chain keeps that version.
	async fn readings(&self, interval: Interval, settled: &BTreeMap<PointId, Settled>) -> Result<Vec<Reading>> {
		let View { chain, at, .. } = self.view;
		let start = self.calendar.start_text(interval)?;
		let mut datasets = BTreeMap::new();
		let mut readings = Vec::new();
		for (point, proven) in settled.iter().filter_map(|(point, settled)| Some((*point, settled.reading?))) {
			let Proven { meter, operator, version, dataset, registers, quality, .. } = proven;
			let attested = match datasets.entry(operator) {
				Entry::Occupied(entry) => *entry.get(),
				Entry::Vacant(entry) => *entry.insert(chain.dataset(*at, interval, operator).await?),
			};
			let attested = attested.filter(|attested| attested.version == dataset);
			readings.push(Reading {
				interval,
				start: start.clone(),
				point,
				import: registers.import,
				export: registers.export,
				quality,
				version,
				meter,
				operator,
				dataset_version: dataset,
				dataset_root: attested.map(|attested| attested.root),
				dataset_content: attested.map(|attested| attested.content),
			});
		}
		Ok(readings)
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
