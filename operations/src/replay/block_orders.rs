//! A block order as events tell it. Whether it was accepted is taken from them, too: the search is not repeated.

use super::findings::Findings;
use busbar_client::{pallet_market::BlockOrder, AccountId};
use busbar_primitives::{Balance, Interval, PointId, Position, Price, Side, Wh, ZoneId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A block order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RebuiltBlockOrder {
	pub account: AccountId,
	pub point: PointId,
	pub zone: ZoneId,
	pub side: Side,
	/// Limit price of the sum, in nEUR/Wh.
	pub price: Price,
	pub first: Interval,
	/// Energy of each of its intervals, in Wh.
	pub wh: Vec<Wh>,
	/// Collateral held over all of them, in nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	pub held: Balance,
	/// `None` before the span has cleared.
	pub accepted: Option<bool>,
}

impl RebuiltBlockOrder {
	/// Energy in an interval, in Wh.
	pub fn energy(&self, interval: Interval) -> Wh {
		let at = interval.checked_sub(self.first).and_then(|at| self.wh.get(at as usize));
		at.copied().unwrap_or(0)
	}

	/// What its point has bought or sold with it in an interval.
	pub fn position(&self, interval: Interval) -> Position {
		let mut position = Position::default();
		if self.accepted == Some(true) {
			*position.side_mut(self.side) = self.energy(interval);
		}
		position
	}
}

impl From<&BlockOrder<AccountId>> for RebuiltBlockOrder {
	fn from(order: &BlockOrder<AccountId>) -> Self {
		let BlockOrder { account, point, zone, side, price, first, wh, held, accepted } = order;
		let held = held.iter().fold(0, |sum: Balance, held| sum.saturating_add(*held));
		let (account, wh) = (account.clone(), wh.to_vec());
		let (point, zone, side, price) = (*point, *zone, *side, *price);
		Self { account, point, zone, side, price, first: *first, wh, held, accepted: *accepted }
	}
}

/// What the block orders of a span differ in.
pub fn differ(
	ours: &BTreeMap<u32, RebuiltBlockOrder>,
	theirs: &[(u32, BlockOrder<AccountId>)],
	findings: &mut Findings,
) {
	let theirs: BTreeMap<u32, RebuiltBlockOrder> = theirs.iter().map(|(id, order)| (*id, order.into())).collect();
	let ids: std::collections::BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
	for id in ids {
		let (theirs, mut ours) = (theirs.get(id), ours.get(id).cloned());
		// Once the span has cleared, settlement takes the collateral interval by interval.
		if let (Some(theirs), Some(ours)) = (theirs, ours.as_mut()) {
			if ours.accepted.is_some() && theirs.held < ours.held {
				ours.held = theirs.held;
			}
		}
		findings.same(&format!("block order {id}"), &theirs, &ours.as_ref());
	}
}
