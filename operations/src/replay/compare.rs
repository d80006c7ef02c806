//! What is rebuilt from events against what the state of a block tells.

use super::{block_orders, findings::Findings, trading::TradingState, Replay, Session};
use anyhow::Result;
use busbar_client::{pallet_market::BlockOrder, AccountId, Chain};
use busbar_primitives::{
	api::{BookLevel, OrderView, SessionView, ZonePrice},
	Interval, ProductId, SignedWh, ZoneId,
};
use futures::{stream, StreamExt, TryStreamExt};
use serde::Serialize;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// Positions that are asked for at a time.
const AHEAD: usize = 16;

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
	pub intervals: u64,
	pub sessions: u64,
	pub orders: u64,
	pub zone_results: u64,
	/// Limit orders that stand in continuous sessions.
	pub limit_orders: u64,
	pub block_orders: u64,
	/// Of connection points, over all sessions of an interval.
	pub positions: u64,
}

/// What state tells of a session.
pub struct State {
	pub view: SessionView,
	pub orders: Vec<OrderView>,
	pub prices: Vec<ZonePrice>,
	/// Of the zones in which orders were rebuilt, while the session has not ended.
	pub books: BTreeMap<ZoneId, Vec<BookLevel>>,
	pub block_orders: Vec<(u32, BlockOrder<AccountId>)>,
	/// Whether every session of the interval has ended, so that settlement may have taken the orders' collateral.
	pub ended: bool,
	/// Whether the council voided the interval, so that no order counts as accepted.
	pub void: bool,
}

/// Compares everything that state has not pruned. Returns what was compared, and what differs.
///
/// # Errors
/// If the node does not answer.
pub async fn state(replay: &Replay, chain: &Chain, at: H256) -> Result<(Compared, Vec<String>)> {
	let (compared, findings) = (Compared::default(), Findings::default());
	let mut comparison = Comparison { replay, chain, at, compared, findings, half_gone: 0 };
	let clock = chain.clock(at).await?;
	comparison.findings.same("the first unopened interval", &clock.first_unopened, &replay.first_unopened);
	let mut intervals: BTreeMap<Interval, Vec<(ProductId, &Session)>> = BTreeMap::new();
	for ((interval, product), session) in &replay.sessions {
		intervals.entry(*interval).or_default().push((*product, session));
	}
	for (interval, sessions) in intervals {
		comparison.interval(interval, sessions).await?;
	}
	Ok((comparison.compared, comparison.findings.0))
}

struct Comparison<'a> {
	replay: &'a Replay,
	chain: &'a Chain,
	at: H256,
	compared: Compared,
	findings: Findings,
	/// Intervals whose record is gone, and that no event calls pruned.
	half_gone: u32,
}

impl Comparison<'_> {
	/// Compares an interval. One that no event calls pruned may be half gone, whichever it is: its record goes first, the event
	/// tells of its end.
	async fn interval(&mut self, interval: Interval, sessions: Vec<(ProductId, &Session)>) -> Result<()> {
		let (chain, at) = (self.chain, self.at);
		let pruned = self.replay.pruned.contains(&interval);
		let status = chain.status(at, interval).await?;
		let half_gone = status.is_none() && !pruned;
		self.half_gone = self.half_gone.saturating_add(u32::from(half_gone));
		if !half_gone || self.half_gone > 1 {
			self.findings.same(&format!("whether interval {interval} is pruned"), &status.is_none(), &pruned);
		}
		let Some(status) = status else { return Ok(()) };
		let what = format!("interval {interval}");
		self.compared.intervals += 1;
		let mut findings = Findings::default();
		findings.same("the number of its sessions", &status.sessions.len(), &sessions.len());
		if sessions.iter().any(|(_, session)| session.trading.is_some()) {
			let mut theirs = chain.traded_flows(at, interval).await?;
			theirs.retain(|_, flow| *flow != 0);
			findings.same("its traded flows", &theirs, &traded_flows(&sessions));
		}
		let positions = stream::iter(self.replay.positions(interval))
			.map(|(point, ours)| async move { anyhow::Ok((point, chain.position(at, point, interval).await?, ours)) });
		for (point, theirs, ours) in positions.buffered(AHEAD).try_collect::<Vec<_>>().await? {
			self.compared.positions += 1;
			findings.same(&format!("the position of point {point}"), &theirs, &ours);
		}
		self.findings.within(&what, findings);
		for ((product, session), view) in sessions.into_iter().zip(status.sessions) {
			let findings = self.session((interval, product), session, view, status.outcome.is_some()).await?;
			self.findings.within(&format!("{what}, product {product}"), findings);
		}
		Ok(())
	}

	async fn session(
		&mut self,
		id: (Interval, ProductId),
		session: &Session,
		view: SessionView,
		ended: bool,
	) -> Result<Findings> {
		let (chain, at) = (self.chain, self.at);
		let (orders, prices, block_orders) =
			tokio::try_join!(chain.orders(at, id), chain.prices(at, id), chain.block_orders(at, id))?;
		let mut books = BTreeMap::new();
		for zone in session.books().into_keys().filter(|_| session.outcome.is_none()) {
			books.insert(zone, chain.book(at, id, zone).await?);
		}
		self.compared.sessions += 1;
		self.compared.orders += orders.len() as u64;
		self.compared.zone_results += prices.len() as u64;
		self.compared.block_orders += block_orders.len() as u64;
		let mut findings = Findings::default();
		if let Some(trading) = &session.trading {
			let book = chain.trading_book(at, id).await?;
			let (standing, traders) = tokio::try_join!(chain.limit_orders(at, id), chain.traders(at, id))?;
			self.compared.limit_orders += standing.len() as u64;
			trading.differs(&TradingState { book, standing, traders }, &mut findings);
		}
		let void = self.replay.void.contains(&id.0);
		session_differs(session, &State { view, orders, prices, books, block_orders, ended, void }, &mut findings);
		Ok(findings)
	}
}

/// Flows of the continuous sessions of an interval that are not zero, in Wh.
fn traded_flows(sessions: &[(ProductId, &Session)]) -> BTreeMap<ZoneId, SignedWh> {
	let mut sums: BTreeMap<ZoneId, SignedWh> = BTreeMap::new();
	for (zone, flow) in sessions.iter().filter_map(|(_, session)| session.trading.as_ref()).flat_map(|t| &t.flows) {
		let sum = sums.entry(*zone).or_default();
		*sum = sum.saturating_add(*flow);
	}
	sums.retain(|_, flow| *flow != 0);
	sums
}

/// What a session differs in.
pub fn session_differs(session: &Session, state: &State, findings: &mut Findings) {
	let view = &state.view;
	findings.same("its kind and span", &(view.product.kind, view.product.span), &(session.kind, session.span));
	let gate = (session.gate_opening, session.gate_closure);
	findings.same("its gate", &(view.gate_opening, view.gate_closure), &gate);
	findings.same("its outcome", &view.outcome, &session.outcome);
	findings.same("its orders", &(view.orders as usize), &session.orders.len());
	let books = session.books();
	findings.same("its price levels", &(view.levels as usize), &books.values().map(Vec::len).sum());
	for (zone, theirs) in &state.books {
		findings.same(&format!("the book of zone {zone}"), &Some(theirs), &books.get(zone));
	}
	block_orders::differ(&session.block_orders, &state.block_orders, findings);

	let theirs: BTreeMap<_, _> = state.orders.iter().map(|order| (order.point, order)).collect();
	let points: BTreeSet<_> = theirs.keys().chain(session.orders.keys()).collect();
	for point in points {
		let theirs = theirs.get(point).copied();
		let mut ours = session.orders.get(point).map(|placed| placed.order.clone());
		if let Some(ours) = ours.as_mut().filter(|_| state.ended && theirs.is_some_and(|order| order.held == 0)) {
			ours.held = 0;
		}
		if let Some(ours) = ours.as_mut().filter(|_| state.void) {
			ours.accepted.clear();
		}
		findings.same(&format!("the order of point {point}"), &theirs, &ours.as_ref());
	}

	let theirs: BTreeMap<_, _> = state.prices.iter().map(|price| (price.zone, price)).collect();
	let ours: BTreeMap<_, _> = session.zones.iter().map(|price| (price.zone, price)).collect();
	let zones: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
	for zone in zones {
		findings.same(&format!("the result of zone {zone}"), &theirs.get(zone), &ours.get(zone));
	}
}
