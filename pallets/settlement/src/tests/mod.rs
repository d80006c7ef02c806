//! Tests of the pallet alone, with a mock of the others.

mod corrections;
mod credit;
mod debit;
mod defaults;
mod deposits;
mod flexibility;
mod history;
mod issuance;
mod netting;
mod prices;
mod property;
mod scenarios;
mod statements;

use crate::mock::{AccountId, RuntimeEvent, RuntimeOrigin, Settlement, System, Test};
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

/// The pallet's events so far.
fn events() -> Vec<crate::Event<Test>> {
	let own = |event| match event {
		RuntimeEvent::Settlement(event) => Some(event),
		_ => None,
	};
	System::events().into_iter().filter_map(|record| own(record.event)).collect()
}

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// Settles what newer readings change, in the name of some account.
fn correct(interval: Interval, points: &[PointId]) -> DispatchResult {
	Settlement::correct(RuntimeOrigin::signed(7), interval, BoundedVec::truncate_from(points.to_vec()))
}
