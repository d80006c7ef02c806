//! Tests of the pallet, and of how the five that are about money work together, with a mock of the others.

mod certificates;
mod corrections;
mod credit;
mod debit;
mod defaults;
mod flexibility;
mod history;
mod imbalances;
mod losses;
mod netting;
mod prices;
mod proofs;
mod property;
mod ranks;
mod reductions;
mod scenarios;
mod statements;
mod void;

use crate::mock::{AccountId, RuntimeEvent, RuntimeOrigin, Settlement, System};
use busbar_primitives::{Interval, PointId};
use frame_support::{dispatch::DispatchResult, BoundedVec};

/// Debits a batch in the name of some account.
fn debit(interval: Interval, points: &[PointId]) -> DispatchResult {
	Settlement::debit(RuntimeOrigin::signed(7), interval, BoundedVec::truncate_from(points.to_vec()))
}

/// Credits a batch in the name of some account.
fn credit(interval: Interval, points: &[PointId]) -> DispatchResult {
	Settlement::credit(RuntimeOrigin::signed(7), interval, BoundedVec::truncate_from(points.to_vec()))
}

/// Draws on what secures a batch of points, in the name of some account.
fn draw(interval: Interval, points: &[PointId]) -> DispatchResult {
	Settlement::draw(RuntimeOrigin::signed(7), interval, BoundedVec::truncate_from(points.to_vec()))
}

/// The events of the five pallets so far.
fn events() -> Vec<RuntimeEvent> {
	let other = |event: &RuntimeEvent| matches!(event, RuntimeEvent::System(_) | RuntimeEvent::Balances(_));
	System::events().into_iter().map(|record| record.event).filter(|event| !other(event)).collect()
}

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// Settles what newer readings change, in the name of some account.
fn correct(interval: Interval, points: &[PointId]) -> DispatchResult {
	Settlement::correct(RuntimeOrigin::signed(7), interval, BoundedVec::truncate_from(points.to_vec()))
}
