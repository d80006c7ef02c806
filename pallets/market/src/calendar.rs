//! What happens without anybody's call: intervals open as chain time goes on. Closing is the business of [`crate::gate`].

use crate::{
	pallet::*,
	parameters::Parameters,
	types::{GateKey, Products, Record, Session},
	WeightInfo,
};
use busbar_primitives::{
	traits::{Calendar, Grid},
	Interval, Moment,
};
use frame_support::{traits::Get, weights::WeightMeter};

impl<T: Config> Pallet<T> {
	/// Opens intervals and closes gates as chain time demands, within this pallet's share of the block.
	pub(crate) fn open_and_close(meter: &mut WeightMeter) {
		let share = T::ClearingShare::get() * T::BlockWeights::get().max_block;
		let mut own = WeightMeter::with_limit(meter.remaining().min(share));
		if own.try_consume(T::WeightInfo::poll()).is_err() {
			return;
		}
		let now = <Self as Calendar>::now();
		// Before gates close, and of what they leave of the block.
		let mut rest = WeightMeter::with_limit(meter.remaining().saturating_sub(own.limit()));
		Self::run_recalls(now, &mut rest);
		meter.consume(rest.consumed());
		Self::open_intervals(now, &mut own);
		Self::close_gates(now, &mut own);
		Self::run_passes(now, &mut own);
		meter.consume(own.consumed());
	}

	fn open_intervals(now: Moment, meter: &mut WeightMeter) {
		if T::Grid::zone_count() == 0 {
			return;
		}
		let parameters = ParametersValue::<T>::get();
		let last = parameters.interval_at(now).saturating_add(parameters.horizon);
		let old = NextToOpen::<T>::get();
		let mut next = old;

		let first = parameters.first_open_at(now);
		if next < first {
			Skipped::<T>::insert(next, first);
			Self::deposit_event(Event::IntervalsSkipped { from: next, until: first });
			next = first;
		}
		for _ in 0..T::MaxOpenPerBlock::get() {
			// The very last number stays unused, so that the cursor always names an unopened interval.
			if next > last || next == Interval::MAX || meter.try_consume(T::WeightInfo::open()).is_err() {
				break;
			}
			Self::open(next, &parameters);
			next = next.saturating_add(1);
		}
		if next != old {
			NextToOpen::<T>::put(next);
		}
	}

	/// Opens one interval with all its sessions: their gates and terms are fixed from now on. As long as a span is running
	/// its products stay, so that all its intervals have the same.
	pub(crate) fn open(interval: Interval, parameters: &Parameters) {
		let before = interval.checked_sub(1).and_then(Intervals::<T>::get).map(|record| record.products);
		let running = |products: &Products| products.iter().any(|spec| spec.first(interval) != interval);
		let products = before.filter(running).unwrap_or_else(|| parameters.products.clone());
		let terms = Parameters { products: products.clone(), ..parameters.clone() }.terms(interval);
		let zones = T::Grid::zone_count();
		let admitted = Self::admitted(&products, zones);
		let record = Record::new(terms, products, zones, admitted);
		for (product, spec) in record.product_ids().zip(&record.products) {
			let gate_closure = spec.gate_closure(interval, &terms);
			Sessions::<T>::insert(interval, product, Session::default());
			Gates::<T>::insert(GateKey::new(gate_closure, (spec.first(interval), product)), spec.span);
			Self::deposit_event(Event::SessionOpened {
				interval,
				product,
				kind: spec.kind,
				span: spec.span,
				gate_opening: spec.gate_opening(interval, &terms),
				gate_closure,
				delivery_start: terms.delivery_start,
			});
		}
		Intervals::<T>::insert(interval, record);
	}
}
