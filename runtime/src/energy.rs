//! Answers of the energy API: what the pallets know, put together. Reads only.

use crate::{AccountId, Balances, Grid, Issuance, Market, Metering, Participants, Runtime, Securities, Settlement};
use alloc::vec::Vec;
use busbar_primitives::{
	api::*,
	traits::{Grid as _, Participants as _, Positions, Readings},
	Contract, Interval, ParticipantId, PointId, Price, ProductId, StatementProof, ZoneId, ZoneView,
};
use core::ops::Range;

/// Most connection points that an answer about one account names.
const POINTS_OF_ACCOUNT: u32 = 1_024;

pub(crate) fn clock() -> Clock {
	Market::clock()
}

pub(crate) fn status(interval: Interval) -> Option<Status> {
	let record = Market::record(interval)?;
	let progress = Settlement::progress(interval);
	let sessions = Market::sessions(interval);
	let phase = Settlement::phase(interval).or_else(|| Market::phase(interval))?;
	Some(Status {
		interval,
		phase,
		terms: record.terms,
		zones: record.zones,
		outcome: record.outcome(),
		orders: sessions.iter().fold(0, |sum: u32, session| sum.saturating_add(session.orders)),
		sessions,
		run: progress.as_ref().map_or(0, |progress| progress.run),
		debits_done: progress.as_ref().map_or(0, |progress| progress.debits_done),
		credits_done: progress.as_ref().map_or(0, |progress| progress.credits_done),
		statement_root: Settlement::root(interval).map(|root| root.root),
	})
}

pub(crate) fn zones(interval: Interval, from: ZoneId, limit: u32) -> Vec<ZoneView> {
	<Grid as busbar_primitives::traits::Grid>::zones(interval, page_of_zones(from, limit))
}

pub(crate) fn book(
	interval: Interval,
	product: ProductId,
	zone: ZoneId,
	from: Option<Price>,
	limit: u32,
) -> Vec<BookLevel> {
	Market::book(interval, product, zone, from, limit.min(MAX_PAGE))
}

pub(crate) fn prices(interval: Interval, product: ProductId, from: ZoneId, limit: u32) -> Vec<ZonePrice> {
	Market::prices(interval, product, page_of_zones(from, limit))
}

fn page_of_zones(from: ZoneId, limit: u32) -> Range<ZoneId> {
	from..from.saturating_add(limit.min(MAX_ZONES))
}

pub(crate) fn orders(interval: Interval, product: ProductId, from: PointId, limit: u32) -> Vec<OrderView> {
	Market::orders(interval, product, from, limit.min(MAX_ORDERS))
}

pub(crate) fn points(from: PointId, limit: u32) -> Vec<PointView> {
	(from..Grid::point_count().min(from.saturating_add(limit.min(MAX_PAGE))))
		.filter_map(|id| Some(PointView { id, point: Grid::point(id)? }))
		.collect()
}

pub(crate) fn participant(account: AccountId) -> Option<ParticipantView<AccountId>> {
	let id = Participants::participant(&account)?;
	Some(ParticipantView {
		id,
		account: Participants::account(id)?,
		active: <Participants as busbar_primitives::traits::Participants<AccountId>>::ensure_active(id).is_ok(),
		roles: Participants::roles_of(id),
		points: points_of(id),
	})
}

fn points_of(participant: ParticipantId) -> Vec<PointId> {
	Grid::points_of(participant, POINTS_OF_ACCOUNT)
}

/// A page of an account's points.
fn points_of_account(account: &AccountId, from: PointId, limit: u32) -> impl Iterator<Item = PointId> {
	let points = Participants::participant(account).map(points_of).unwrap_or_default();
	points.into_iter().filter(move |point| *point >= from).take(limit.min(MAX_ACCOUNT_POINTS) as usize)
}

pub(crate) fn positions(account: &AccountId, interval: Interval, from: PointId, limit: u32) -> Vec<PositionView> {
	points_of_account(account, from, limit)
		.filter_map(|id| {
			let zone = Grid::point(id)?.zone;
			Some(PositionView {
				point: id,
				zone,
				price: Market::zone_result(interval, zone).and_then(|result| result.price),
				position: <Market as Positions>::of(id, interval),
				metered: <Metering as Readings>::of(id, interval),
			})
		})
		.collect()
}

pub(crate) fn securities(account: &AccountId, from: PointId, limit: u32) -> Vec<SecurityView> {
	points_of_account(account, from, limit).filter_map(Securities::security_of).collect()
}

pub(crate) fn security(point: PointId) -> Option<SecurityView> {
	Securities::security_of(point)
}

pub(crate) fn contracts(point: PointId, interval: Interval) -> Vec<Contract> {
	<Market as Positions>::contracts(point, interval)
}

pub(crate) fn statement(account: &AccountId, interval: Interval, from: PointId, limit: u32) -> Vec<StatementLine> {
	points_of_account(account, from, limit).flat_map(|id| Settlement::statement(id, interval)).collect()
}

pub(crate) fn lines(interval: Interval, from: u32, limit: u32) -> Vec<StatementLine> {
	Settlement::lines(interval, from, limit.min(MAX_LINES))
}

pub(crate) fn statement_proof(interval: Interval, index: u32) -> StatementProof {
	Settlement::statement_proof(interval, index)
}

pub(crate) fn to_draw(interval: Interval, from: PointId, limit: u32) -> Vec<PointId> {
	Settlement::to_draw(interval, from, limit.min(MAX_PAGE))
}

pub(crate) fn conservation(interval: Interval) -> Conservation {
	Conservation {
		total_issuance: Balances::total_issuance(),
		issued: Issuance::issued(),
		in_transit: pallet_settlement::InTransit::<Runtime>::get(),
		lines_sum: Settlement::lines_sum(interval),
	}
}
