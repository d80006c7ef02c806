//! Tests of the pallet, and of how the five that are about money work together, with a mock of the others.

mod certificates;
mod consumption;
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
mod repaid;
mod runs;
mod scenarios;
mod statements;
mod undone;
mod unmetered;
mod void;

use crate::{
	mock::{world, AccountId, RuntimeEvent, RuntimeOrigin, Settlement, System, Test, World},
	Error, Stage, Statements, Waiting, LAST_RUN,
};
use busbar_primitives::{traits::Calendar, Interval, Party, PointId};
use frame_support::{dispatch::DispatchResult, traits::Hooks, weights::Weight, BoundedVec};

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

/// Pays parties what came back of what a run of interval 0 lost, in the name of some account.
fn recover(run: u16, parties: &[Party]) -> DispatchResult {
	Settlement::recover(RuntimeOrigin::signed(7), 0, run, BoundedVec::truncate_from(parties.to_vec()))
}

/// An idle block, with all the room that it needs.
fn idle() {
	Settlement::on_idle(1, Weight::MAX);
}

/// The events of the five pallets so far.
fn events() -> Vec<RuntimeEvent> {
	let other = |event: &RuntimeEvent| matches!(event, RuntimeEvent::System(_) | RuntimeEvent::Balances(_));
	System::events().into_iter().map(|record| record.event).filter(|event| !other(event)).collect()
}

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// Settles the next run of an interval, when it is due: its debits at these points, then all that follows.
fn correct(interval: Interval, points: &[PointId]) -> DispatchResult {
	let progress = Settlement::progress(interval).ok_or(Error::<Test>::DebitsNotDone)?;
	if progress.stage == Stage::Settled {
		let terms = World::terms(interval).ok_or(Error::<Test>::UnknownInterval)?;
		let waiting = (2..=LAST_RUN).zip(Waiting::<Test>::get(interval));
		let mut later = waiting.filter(|(run, waiting)| *run > progress.run && *waiting > 0);
		world(|w| w.now = w.now.max(later.next().map_or(0, |(run, _)| terms.run_due(run))));
	}
	debit(interval, points)?;
	finish_run(interval)
}

/// Draws and credits, as soon as all debits of a run are in.
fn finish_run(interval: Interval) -> DispatchResult {
	let progress = || Settlement::progress(interval).ok_or(Error::<Test>::DebitsNotDone);
	if progress()?.stage == Stage::Draws {
		draw(interval, &Settlement::to_draw(interval, 0, u32::MAX))?;
	}
	if progress()?.stage == Stage::Credits {
		let run = progress()?.run;
		let all = Statements::<Test>::iter_prefix(interval);
		let mut open: Vec<_> = all.filter(|(_, one)| one.run == run && !one.credited).map(|(point, _)| point).collect();
		open.sort_unstable();
		for points in open.chunks(16) {
			credit(interval, points)?;
		}
	}
	Ok(())
}
