//! Gates: which pass in a block, what they close, and how sessions end.
//!
//! A gate that has passed is closed by its kind of product. Auctions take as many blocks as they need
//! (`products/auction/close`); limits of the interval cannot change meanwhile
//! ([`busbar_primitives::traits::Calendar::takes_limits`]), and orders of the session cannot either, because its gate has
//! passed.

use crate::{
	pallet::*,
	products::kind::Passed,
	types::{Gate, GateKey, Member, Record, Session, SessionId},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_primitives::{Interval, Moment, Outcome};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// Closes gates that have passed, in the order of their closure, as far as the meter goes.
	pub(crate) fn close_gates(now: Moment, meter: &mut WeightMeter) {
		for _ in 0..T::MaxClosePerBlock::get() {
			let Some((key, span)) = Gates::<T>::iter().next().filter(|(key, _)| key.closure() <= now) else { return };
			if !Self::close(key, span, now, meter) {
				return;
			}
		}
	}

	/// Goes on with closing a gate. Returns whether it is done.
	fn close(key: GateKey, span: u32, now: Moment, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::begin(span)).is_err() {
			return false;
		}
		let members = Self::members(key.session(), span);
		let Some((_, record, _)) = members.first() else {
			// Cannot be: a gate goes before its records do.
			Gates::<T>::remove(key);
			return true;
		};
		let (_, id) = key.session();
		let Some(product) = record.products.get(usize::from(id)).copied() else { return false };
		Self::kind(&product).close(Passed { key, product, members }, now, meter)
	}

	/// The sessions that a gate closes.
	pub(crate) fn members((first, product): SessionId, span: u32) -> Vec<Member> {
		let intervals = (first..first.saturating_add(span)).filter_map(|interval| {
			let record = Intervals::<T>::get(interval)?;
			let session = Sessions::<T>::get(interval, product).filter(|session| session.outcome.is_none())?;
			Some((interval, record, session))
		});
		intervals.collect()
	}

	/// A session has ended with this outcome.
	pub(crate) fn end_session(
		(interval, product): SessionId,
		mut record: Record,
		mut session: Session,
		outcome: Outcome,
	) {
		record.end_session(&outcome);
		session.outcome = Some(outcome);
		Intervals::<T>::insert(interval, record);
		Sessions::<T>::insert(interval, product, session);
	}

	/// Room on links of an interval was freed, so that orders may trade that could not.
	pub(crate) fn room_was_freed(interval: Interval) {
		let Some(record) = Intervals::<T>::get(interval) else { return };
		for (id, product) in record.product_ids().zip(&record.products) {
			Self::kind(product).room_was_freed((interval, id));
		}
	}

	/// Whether a session of the interval is being cleared over several blocks.
	pub(crate) fn is_closing(interval: Interval) -> bool {
		ClosingGate::<T>::get().is_some_and(|Gate { session: (first, product), .. }| {
			let spec =
				Intervals::<T>::get(interval).and_then(|record| record.products.get(usize::from(product)).copied());
			spec.is_some_and(|spec| spec.first(interval) == first)
		})
	}
}
