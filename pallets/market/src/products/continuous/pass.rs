//! Passes: what rests and crosses trades without anybody's call.

use super::{
	area::area_of,
	desk::{tree, Desk},
	floor::Floor,
	types::{EndReason, FILLS},
};
use crate::{pallet::*, types::SessionId, WeightInfo};
use alloc::vec::Vec;
use busbar_clearing::book::{pass, Budget, Match, MIN_PASS_STEPS};
use busbar_primitives::Moment;
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::Get,
	weights::{Weight, WeightMeter},
};
use sp_runtime::DispatchError;

/// Sessions that get a pass in one block.
const PASSES: usize = 2;

/// Keys that one step of a pass reads at most: the order before, the four layers of the map of prices and the queue that it finds,
/// and the order behind.
pub(crate) const STEP_READS: u64 = 8;
/// What a step computes at most beside that, twice the most that was measured for a key: ps, and bytes of proof.
const STEP: Weight = Weight::from_parts(16_000_000, 1_024);

impl<T: Config> Pallet<T> {
	/// What a pass takes at most. Measured is one that makes as many trades as a pass may; another one, whose whole orders find no
	/// others to fill them, looks further, in as many steps as there can be.
	pub fn pass_weight() -> Weight {
		let step = STEP.saturating_add(T::DbWeight::get().reads(STEP_READS));
		T::WeightInfo::pass().saturating_add(step.saturating_mul(MIN_PASS_STEPS.into()))
	}

	/// Gives sessions that are due a pass, as far as the meter goes. They take turns, so that whoever keeps some of them due
	/// in every block keeps no other from its pass.
	pub(crate) fn run_passes(now: Moment, meter: &mut WeightMeter) {
		// Listed first, because a pass changes the list.
		for (interval, product) in Self::next_due() {
			if meter.try_consume(Self::pass_weight()).is_err() {
				return;
			}
			let session = (interval, product);
			LastPass::<T>::put(session);
			// All or nothing: a pass that fails, which would be a defect, changes nothing and is not tried again.
			let done = with_transaction(|| match Self::pass(session, now) {
				Ok(done) => TransactionOutcome::Commit(Ok(done)),
				Err(error) => TransactionOutcome::Rollback(Err(error)),
			});
			match done {
				Ok(true) => Due::<T>::remove(interval, product),
				Ok(false) => {},
				Err(error) => {
					log::error!(target: "runtime::market", "a pass of session {session:?} failed: {error:?}");
					Due::<T>::remove(interval, product);
				},
			}
		}
	}

	/// The sessions that are due next: those behind the one that had a pass last, and from the first on again.
	fn next_due() -> Vec<SessionId> {
		let mut due: Vec<SessionId> = Due::<T>::iter_keys().take(PASSES).collect();
		if due.len() < PASSES {
			return due;
		}
		if let Some((interval, product)) = LastPass::<T>::get() {
			let behind = Due::<T>::iter_keys_from(Due::<T>::hashed_key_for(interval, product));
			let mut next: Vec<SessionId> = behind.take(PASSES).collect();
			due.retain(|first| !next.contains(first));
			next.extend(due);
			next.truncate(PASSES);
			return next;
		}
		due
	}

	/// One pass. Returns whether the session needs no other.
	pub(crate) fn pass(session: SessionId, now: Moment) -> Result<bool, DispatchError> {
		let Some(record) = Intervals::<T>::get(session.0) else { return Ok(true) };
		let Some(spec) = record.products.get(usize::from(session.1)) else { return Ok(true) };
		let Some(area) = area_of(spec) else { return Ok(true) };
		if now >= spec.gate_closure(session.0, &record.terms) || !Books::<T>::contains_key(session.0, session.1) {
			return Ok(true);
		}
		if Self::is_closing(session.0) {
			return Ok(false);
		}
		let mut floor = Floor::<T>::open(session, &record, area)?;
		let tree = tree(&floor.book).ok_or(Error::<T>::Corrupt)?;
		let budget = Budget { steps: MIN_PASS_STEPS, fills: FILLS };
		let mut desk = Desk { session, book: &floor.book, shelf: &floor.shelf };
		let found = pass(&mut desk, &tree, budget);
		for event in found.events {
			match event {
				Match::Trade(trade) => floor.write(&trade, None)?,
				Match::SelfTrade(order) => floor.end(order.id, EndReason::SelfTrade)?,
			}
		}
		floor.close();
		Ok(found.complete)
	}
}
