//! Recalls: what stands of the orders of who trades no more is cancelled, and its collateral released.
//!
//! Whoever is suspended or removed, or has lost its last role that trades, sends nothing; its orders are taken out here, session
//! by session in the order of their intervals, and in each at one of its points after the other. That goes before gates, in
//! every block as far as a share of it reaches that is beside theirs, so that no gate is later for it. What trades before its
//! turn has come stands, and so does what a gate decides that earlier blocks have begun to close. Who may trade again when its turn comes keeps what still stands.

use crate::{
	pallet::*,
	types::{Recall, RecallKey, SessionId},
	WeightInfo,
};
use busbar_primitives::{
	traits::{Calendar, OnLeaving, Participants},
	Interval, Moment, ParticipantId, Product,
};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::Get,
	weights::{Weight, WeightMeter},
};
use sp_runtime::{DispatchError, Perbill};

/// Points that are looked at together.
pub(crate) const PAGE: u32 = 32;
/// Of a block, beside what gates have.
const SHARE: Perbill = Perbill::from_percent(20);
/// What a look at a point adds to the proof, at most, in bytes.
const PROOF: u64 = 1_024;

/// Of what an order's cancellation adds to the proof, so much is its owner's record and the session, which are read once in a
/// block, however many orders go: at least, in bytes.
pub(crate) const SHARED: Weight = Weight::from_parts(0, 9_216);

/// What it takes to look at so many points of a participant, without what stands there.
pub(crate) fn walk<T: Config>(points: u32) -> Weight {
	let points = u64::from(points);
	let reads = T::DbWeight::get().reads(points.saturating_mul(2).saturating_add(1));
	reads.saturating_add(Weight::from_parts(0, PROOF).saturating_mul(points))
}

impl<T: Config> OnLeaving for Pallet<T> {
	fn leaves(participant: ParticipantId, at_once: bool) {
		let now = <Self as Calendar>::now();
		let parameters = ParametersValue::<T>::get();
		let next = parameters.terms(parameters.first_ahead_at(now)).delivery_start;
		let from = if at_once { now } else { next };
		Recalls::<T>::insert((from.to_be_bytes(), participant), Recall::default());
	}
}

impl<T: Config> Pallet<T> {
	/// What recalls may take of a block.
	pub(crate) fn recall_share() -> Weight {
		SHARE * T::BlockWeights::get().max_block
	}

	/// What recalling one order takes at most, with all that goes before it in a block.
	pub(crate) fn largest_recall() -> Weight {
		let of_book = T::WeightInfo::withdraw().saturating_mul(crate::continuous::MAX_OPEN.into());
		let order = T::WeightInfo::cancel(T::MaxSteps::get()).max(of_book).max(T::WeightInfo::cancel_block_order());
		let before = T::DbWeight::get().reads_writes(16, 2);
		before.saturating_add(walk::<T>(PAGE)).saturating_add(order)
	}

	/// Goes on with the recall that is due first, as far as a block's share for it reaches.
	pub(crate) fn run_recalls(now: Moment, meter: &mut WeightMeter) {
		let due = Recalls::<T>::iter().next().filter(|((from, _), _)| Moment::from_be_bytes(*from) <= now);
		if let Some((key, recall)) = due {
			let mut own = WeightMeter::with_limit(meter.remaining().min(Self::recall_share()));
			Self::go_on_with(key, recall, &mut own);
			meter.consume(own.consumed());
		}
	}

	fn go_on_with(key: RecallKey, mut recall: Recall, meter: &mut WeightMeter) {
		let (_, participant) = key;
		// The participant's record, and the first session ahead.
		if meter.try_consume(T::DbWeight::get().reads_writes(3, 1)).is_err() {
			return;
		}
		if !T::Participants::trades(participant) {
			let first = Self::first_ahead();
			if recall.session.0 < first {
				recall = Recall { session: (first, 0), point: 0 };
			}
			while recall.session.0 < NextToOpen::<T>::get() {
				// All or nothing of what one block does in a session: what fails, which would be a defect, changes nothing and is
				// left behind.
				let done = with_transaction(|| match Self::recall_from(recall, participant, meter) {
					Ok(next) => TransactionOutcome::Commit(Ok(next)),
					Err(error) => TransactionOutcome::Rollback(Err(error)),
				});
				let next = done.unwrap_or_else(|error: DispatchError| {
					log::error!(target: "runtime::market", "a recall from session {:?} failed: {error:?}", recall.session);
					Some(Recall { session: (recall.session.0, recall.session.1.saturating_add(1)), point: 0 })
				});
				let Some(next) = next else {
					break;
				};
				let goes_on = next.session == recall.session;
				recall = next;
				if goes_on {
					Recalls::<T>::insert(key, recall);
					return;
				}
			}
		}
		Recalls::<T>::remove(key);
		Self::deposit_event(Event::Recalled { participant });
	}

	/// Cancels what the meter has room for in the session that a recall has come to. Returns where it goes on: in the same session
	/// if there was no room for more; nowhere behind the last one.
	fn recall_from(
		Recall { session: (interval, product), point }: Recall,
		participant: ParticipantId,
		meter: &mut WeightMeter,
	) -> Result<Option<Recall>, DispatchError> {
		let same = Recall { session: (interval, product), point };
		if meter.try_consume(T::DbWeight::get().reads(3)).is_err() {
			return Ok(Some(same));
		}
		let Some(record) = Intervals::<T>::get(interval) else { return Ok(Self::behind((interval, u8::MAX))) };
		let Some(spec) = record.products.get(usize::from(product)) else {
			return Ok(Self::behind((interval, u8::MAX)));
		};
		let open = Sessions::<T>::get(interval, product).is_some_and(|session| session.outcome.is_none());
		// A gate that has passed and is not being closed yet is closed after this.
		if !open || Self::is_loading((interval, product), spec) {
			return Ok(Self::behind((interval, product)));
		}
		let left = Self::kind(spec).recall((interval, product), &record, spec, participant, point, meter)?;
		Ok(match left {
			Some(point) => Some(Recall { point, ..same }),
			None => Self::behind((interval, product)),
		})
	}

	/// Whether earlier blocks have begun to close the session's gate, so that its orders stand.
	fn is_loading((interval, product): SessionId, spec: &Product) -> bool {
		ClosingGate::<T>::get().is_some_and(|gate| gate.session == (spec.first(interval), product))
	}

	/// The next session, if there can be one.
	fn behind((interval, product): SessionId) -> Option<Recall> {
		let next = match product.checked_add(1) {
			Some(product) => (interval, product),
			None => (interval.checked_add(1).filter(|next: &Interval| *next < Interval::MAX)?, 0),
		};
		Some(Recall { session: next, point: 0 })
	}
}
