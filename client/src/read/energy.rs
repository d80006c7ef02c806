//! The energy API: what the chain tells about itself.

use super::*;
use crate::{chain::Chain, error::Result, functions::energy_api as api, storage, Function};
use busbar_primitives::{Contract, Interval, PointId, Price, ProductId, ZoneId, ZoneView};
use sp_core::H256;
use sp_runtime::AccountId32;
use std::{iter::StepBy, ops::Range};

/// Name of the API.
const OF: &str = "EnergyApi";
const ZONES: Function<(Interval, ZoneId, u32), Vec<ZoneView>> = Function::new(OF, "zones");
const BOOK: Function<(Interval, ProductId, ZoneId, Option<Price>, u32), Vec<BookLevel>> = Function::new(OF, "book");
const PRICES: Function<(Interval, ProductId, ZoneId, u32), Vec<ZonePrice>> = Function::new(OF, "prices");

/// Errors of all of them: as [`Chain::call`].
impl Chain {
	/// Chain time and the intervals around it.
	pub async fn clock(&self, at: H256) -> Result<Clock> {
		self.call(at, &api::CLOCK, ()).await
	}

	/// Where an interval stands; `None` if it has not opened or is pruned.
	pub async fn status(&self, at: H256, interval: Interval) -> Result<Option<Status>> {
		self.call(at, &api::STATUS, (interval,)).await
	}

	/// The tree of an interval with the link terms in force, in ascending order of zones.
	pub async fn zones(&self, at: H256, interval: Interval) -> Result<Vec<ZoneView>> {
		let mut zones = Vec::new();
		for from in self.pages_of_zones(at).await? {
			zones.extend(self.call(at, &ZONES, (interval, from, MAX_ZONES)).await?);
		}
		Ok(zones)
	}

	/// Depth of a session's book in a zone, in ascending order of prices.
	pub async fn book(&self, at: H256, session: (Interval, ProductId), zone: ZoneId) -> Result<Vec<BookLevel>> {
		let mut levels: Vec<BookLevel> = Vec::new();
		loop {
			let from = levels.last().map(|level| level.price.saturating_add(1));
			let page = self.call(at, &BOOK, (session.0, session.1, zone, from, MAX_PAGE)).await?;
			let is_last = page.len() < MAX_PAGE as usize;
			levels.extend(page);
			if is_last {
				return Ok(levels);
			}
		}
	}

	/// A session's results of all zones; empty before it has ended.
	pub async fn prices(&self, at: H256, session: (Interval, ProductId)) -> Result<Vec<ZonePrice>> {
		let mut prices = Vec::new();
		for from in self.pages_of_zones(at).await? {
			prices.extend(self.call(at, &PRICES, (session.0, session.1, from, MAX_ZONES)).await?);
		}
		Ok(prices)
	}

	/// Where the pages of zones begin, any of which may be empty.
	async fn pages_of_zones(&self, at: H256) -> Result<StepBy<Range<ZoneId>>> {
		let all = self.read(at, &storage::grid::NEXT_ZONE, ()).await?.unwrap_or(0);
		Ok((0..all).step_by(MAX_ZONES as usize))
	}

	/// All orders of a session, in the order of their points.
	pub async fn orders(&self, at: H256, session: (Interval, ProductId)) -> Result<Vec<OrderView>> {
		let mut orders: Vec<OrderView> = Vec::new();
		for from in self.pages_of_points(at, MAX_ORDERS).await? {
			orders.extend(self.call(at, &api::ORDERS, (session.0, session.1, from, MAX_ORDERS)).await?);
		}
		Ok(orders)
	}

	/// Where the pages of what is asked for by so many points at a time begin. A page may be empty: there is nothing more
	/// where there are no more points.
	pub(super) async fn pages_of_points(&self, at: H256, points: u32) -> Result<StepBy<Range<PointId>>> {
		let all = self.read(at, &storage::grid::NEXT_POINT, ()).await?.unwrap_or(0);
		Ok((0..all).step_by(points as usize))
	}

	/// A connection point's order in a session.
	pub async fn order_of(
		&self,
		at: H256,
		session: (Interval, ProductId),
		point: PointId,
	) -> Result<Option<OrderView>> {
		let orders = self.call(at, &api::ORDERS, (session.0, session.1, point, 1)).await?;
		Ok(orders.into_iter().find(|order| order.point == point))
	}

	/// A connection point.
	pub async fn point(&self, at: H256, id: PointId) -> Result<Option<PointView>> {
		let points = self.call(at, &api::POINTS, (id, 1)).await?;
		Ok(points.into_iter().find(|point| point.id == id))
	}

	/// All connection points.
	pub async fn points(&self, at: H256) -> Result<Vec<PointView>> {
		let (mut points, mut from): (Vec<PointView>, PointId) = (Vec::new(), 0);
		loop {
			let page = self.call(at, &api::POINTS, (from, MAX_PAGE)).await?;
			let Some(last) = page.last() else { return Ok(points) };
			from = last.id.saturating_add(1);
			points.extend(page);
		}
	}

	/// What a connection point bought and sold, session by session.
	pub async fn contracts(&self, at: H256, point: PointId, interval: Interval) -> Result<Vec<Contract>> {
		self.call(at, &api::CONTRACTS, (point, interval)).await
	}

	/// The participant that an account belongs to.
	pub async fn participant(&self, at: H256, account: &AccountId32) -> Result<Option<ParticipantView<AccountId32>>> {
		self.call(at, &api::PARTICIPANT, (account.clone(),)).await
	}

	/// All statement lines of an interval, in the order of the leaves.
	pub async fn lines(&self, at: H256, interval: Interval) -> Result<Vec<StatementLine>> {
		let (mut lines, mut from): (Vec<StatementLine>, u32) = (Vec::new(), 0);
		loop {
			let page = self.call(at, &api::LINES, (interval, from, MAX_LINES)).await?;
			let Some(last) = page.last() else { return Ok(lines) };
			from = last.index.saturating_add(1);
			lines.extend(page);
		}
	}

	/// What must balance, of an interval and of the whole.
	pub async fn conservation(&self, at: H256, interval: Interval) -> Result<Conservation> {
		self.call(at, &api::CONSERVATION, (interval,)).await
	}
}
