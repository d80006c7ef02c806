//! Cancelling what stands in continuous sessions of who trades no more.

use super::{
	floor::Floor,
	types::{EndReason, MAX_OPEN},
};
use crate::{
	pallet::*,
	recall::{walk, PAGE},
	types::{Record, SessionId},
	WeightInfo,
};
use busbar_primitives::{traits::Grid, AreaId, ParticipantId, PointId};
use frame_support::{traits::Get, weights::WeightMeter};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	pub(super) fn recall_from_book(
		session: SessionId,
		(record, area): (&Record, AreaId),
		participant: ParticipantId,
		from: PointId,
		meter: &mut WeightMeter,
	) -> Result<Option<PointId>, DispatchError> {
		// While an auction of the interval is being cleared the book stays as it is.
		let look = T::DbWeight::get().reads(2);
		if meter.try_consume(look).is_err() || Self::is_closing(session.0) {
			return Ok(Some(from));
		}
		if !Books::<T>::contains_key(session.0, session.1) {
			return Ok(None);
		}
		let mut floor = Floor::<T>::open(session, record, area)?;
		let (mut from, mut left) = (from, None);
		'pages: loop {
			if meter.try_consume(walk::<T>(PAGE)).is_err() {
				left = Some(from);
				break;
			}
			let points = T::Grid::points_from(participant, from, PAGE);
			let Some(last) = points.last().copied() else { break };
			for point in points {
				let Some(trader) = floor.trader(point).filter(|trader| !trader.open.is_empty()) else { continue };
				if meter.try_consume(T::WeightInfo::withdraw().saturating_mul(MAX_OPEN.into())).is_err() {
					left = Some(point);
					break 'pages;
				}
				for id in trader.open {
					floor.end(id, EndReason::Withdrawn)?;
				}
			}
			from = last.saturating_add(1);
		}
		// An order that was out of the way may let a waiting one trade.
		if !floor.book.waiting.is_empty() {
			Due::<T>::insert(session.0, session.1, ());
		}
		floor.close();
		Ok(left)
	}
}
