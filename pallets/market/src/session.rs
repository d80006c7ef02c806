//! What happens without anybody's call: sessions open, gates close, old records go.

use crate::{
	pallet::*,
	types::{FailReason, Record},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_primitives::{
	energy,
	traits::{Calendar, Finality, Grid, Prune},
	Fee, Interval, Moment, Outcome, Price, ZoneId, ZoneResult, ZoneView,
};
use frame_support::{traits::Get, weights::WeightMeter};

/// A result for every zone, and how the interval's market ended.
type Decision = (Vec<ZoneResult>, Outcome);

impl<T: Config> Pallet<T> {
	/// Opens sessions and closes gates as chain time demands, within this pallet's share of the block.
	pub(crate) fn open_and_close(meter: &mut WeightMeter) {
		let share = T::ClearingShare::get() * T::BlockWeights::get().max_block;
		let mut own = WeightMeter::with_limit(meter.remaining().min(share));
		if own.try_consume(T::WeightInfo::poll()).is_err() {
			return;
		}
		let now = <Self as Calendar>::now();
		Self::open_sessions(now, &mut own);
		Self::close_gates(now, &mut own);
		meter.consume(own.consumed());
	}

	fn open_sessions(now: Moment, meter: &mut WeightMeter) {
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
			let terms = parameters.terms(next);
			Intervals::<T>::insert(next, Record::new(terms));
			Self::deposit_event(Event::SessionOpened {
				interval: next,
				gate_closure: terms.gate_closure,
				delivery_start: terms.delivery_start,
			});
			next = next.saturating_add(1);
		}
		if next != old {
			NextToOpen::<T>::put(next);
		}
	}

	fn close_gates(now: Moment, meter: &mut WeightMeter) {
		let unopened = NextToOpen::<T>::get();
		let old = NextToClose::<T>::get();
		let mut next = old;
		for _ in 0..T::MaxClosePerBlock::get() {
			if next >= unopened {
				break;
			}
			if let Some(until) = Skipped::<T>::get(next) {
				next = until;
				continue;
			}
			if let Some(record) = Intervals::<T>::get(next) {
				if now < record.terms.gate_closure || !Self::close(next, record, now, meter) {
					break;
				}
			}
			next = next.saturating_add(1);
		}
		if next != old {
			NextToClose::<T>::put(next);
		}
	}

	/// Closes one interval whose gate has passed. Returns whether there was room for it.
	fn close(interval: Interval, mut record: Record, now: Moment, meter: &mut WeightMeter) -> bool {
		let late = now >= record.terms.delivery_start;
		let zones = T::Grid::zone_count().min(T::MaxZones::get());
		let levels = if late { 0 } else { record.levels };
		if meter.try_consume(T::WeightInfo::close(zones, levels)).is_err() {
			return false;
		}
		let tree = T::Grid::zones(interval, None, T::MaxZones::get().saturating_add(1));
		let decided = if late {
			Err(FailReason::DeliveryBegan)
		} else if tree.len() > T::MaxZones::get() as usize {
			Err(FailReason::TooManyZones)
		} else {
			Self::decide(interval, &tree).ok_or(FailReason::Refused)
		};
		let ((results, outcome), event) = match decided {
			Ok((results, outcome)) => ((results, outcome), Event::Cleared { interval, outcome }),
			Err(reason) => (Self::fail_safe(&tree), Event::Failed { interval, reason }),
		};
		for (zone, result) in tree.iter().zip(results) {
			Results::<T>::insert(interval, zone.id, result);
		}
		record.outcome = Some(outcome);
		Intervals::<T>::insert(interval, record);
		Self::deposit_event(event);
		true
	}

	/// The zones of a tree as clearing sees them, with their levels in price order. `None` if they form no tree.
	pub(crate) fn rebuild(interval: Interval, tree: &[ZoneView]) -> Option<Vec<busbar_clearing::Zone>> {
		let interval_s = <Self as Calendar>::interval_s();
		tree.iter()
			.map(|zone| {
				let parent = match zone.parent {
					None => None,
					Some(parent) => Some(index_of(tree, parent)?),
				};
				let levels = Levels::<T>::iter_prefix((interval, zone.id))
					.map(|(price, level)| busbar_clearing::Level {
						price: Price::from(price),
						buy: level.buy,
						sell: level.sell,
					})
					.collect();
				Some(busbar_clearing::Zone {
					parent,
					import: zone.link.import_w.map(|watt| energy(watt, interval_s)),
					export: zone.link.export_w.map(|watt| energy(watt, interval_s)),
					fee: zone.link.fee.into(),
					injection: 0,
					levels,
				})
			})
			.collect()
	}

	/// Clears. `None` if clearing refuses the tree.
	fn decide(interval: Interval, tree: &[ZoneView]) -> Option<Decision> {
		let zones = Self::rebuild(interval, tree)?;
		let clearing = busbar_clearing::clear(&zones)
			.inspect_err(|error| log::error!(target: "runtime::market", "interval {interval} is not cleared: {error}"))
			.ok()?;
		let results = clearing
			.zones
			.iter()
			.map(|zone| {
				Some(ZoneResult {
					price: Some(zone.price),
					flow: zone.flow,
					margin_buy: zone.margin_buy,
					margin_sell: zone.margin_sell,
					path_fee: Fee::try_from(zone.path_fee).ok()?,
					fees: zone.fees,
					rent: zone.rent,
				})
			})
			.collect::<Option<Vec<_>>>()?;
		let outcome = Outcome {
			cleared: true,
			points: T::Grid::point_count(),
			traded: clearing.traded,
			fees: clearing.fees,
			rent: clearing.rent,
			welfare: clearing.welfare,
		};
		Some((results, outcome))
	}

	/// No prices and no positions, but the path fees that imbalances pay.
	fn fail_safe(tree: &[ZoneView]) -> Decision {
		let mut results: Vec<ZoneResult> = Vec::with_capacity(tree.len());
		for zone in tree {
			let above = zone.parent.and_then(|parent| index_of(tree, parent)).and_then(|at| results.get(at as usize));
			let path_fee = above.map_or(0, |above| above.path_fee.saturating_add(zone.link.fee));
			results.push(ZoneResult {
				price: None,
				flow: 0,
				margin_buy: 0,
				margin_sell: 0,
				path_fee,
				fees: 0,
				rent: 0,
			});
		}
		let outcome =
			Outcome { cleared: false, points: T::Grid::point_count(), traded: 0, fees: 0, rent: 0, welfare: 0 };
		(results, outcome)
	}

	/// Prunes what an idle block has room for of the next interval whose retention is over.
	pub(crate) fn prune_next(meter: &mut WeightMeter) {
		let base = T::WeightInfo::prune(0);
		let per_key = T::WeightInfo::prune(1).saturating_sub(base);
		if meter.try_consume(base).is_err() {
			return;
		}
		let next = NextToPrune::<T>::get();
		if next >= NextToClose::<T>::get() {
			return;
		}
		if let Some(until) = Skipped::<T>::take(next) {
			NextToPrune::<T>::put(until);
			return;
		}
		let room = meter.remaining().checked_div_per_component(&per_key).unwrap_or(u64::MAX);
		let limit = u32::try_from(room).unwrap_or(u32::MAX).min(T::MaxPrunePerBlock::get());
		if limit == 0 {
			return;
		}
		// The record goes first: from then on nobody sees half of an interval.
		if let Some(record) = Intervals::<T>::get(next) {
			let parameters = ParametersValue::<T>::get();
			let kept = parameters.clock_ms().saturating_mul(parameters.retention.into());
			let over = <Self as Calendar>::now() >= record.terms.dispute_end.saturating_add(kept);
			if !over || !T::Finality::is_final(next) {
				return;
			}
			Intervals::<T>::remove(next);
		}
		let own = <Self as Prune>::prune(next, limit);
		let others = T::Prunable::prune(next, limit.saturating_sub(own));
		let removed = own.saturating_add(others);
		meter.consume(per_key.saturating_mul(removed.into()).min(meter.remaining()));
		if removed < limit {
			NextToPrune::<T>::put(next.saturating_add(1));
			Self::deposit_event(Event::Pruned { interval: next });
		}
	}
}

/// Where a zone stands in a tree, whose zones ascend.
fn index_of(tree: &[ZoneView], zone: ZoneId) -> Option<u32> {
	tree.binary_search_by_key(&zone, |view| view.id).ok().and_then(|at| u32::try_from(at).ok())
}
