//! Closing a gate: load, decide, end; over as many blocks as it takes.
//!
//! Zones and price levels are read first, as many as the block's share has room for. What one block cannot finish it
//! parks as one compact page, and the next block goes on behind it. Once everything is loaded, one block clears and writes
//! the results, together with the session's outcome: nobody ever sees half of a clearing. Limits of the interval cannot
//! change meanwhile ([`Calendar::takes_limits`]), and orders of the session cannot either, because its gate has passed.

use crate::{
	pallet::*,
	types::{
		ClearedZone, FailReason, Gate, GateKey, LoadedLevel, LoadedPage, LoadedZone, Record, ResultPage, Session,
		SessionId, PAGE,
	},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_primitives::{
	energy,
	traits::{Calendar, Flows, Grid},
	Fee, Interval, Moment, Outcome, ProductKind, SignedWh, Wh, ZoneId, ZoneResult, ZoneView,
};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};

/// A result for every zone, and how the session ended.
type Decision = (Vec<ZoneResult>, Outcome);

/// A gate that is being closed, and what this block has loaded of it.
pub(crate) struct Closing {
	gate: Gate,
	zones: Vec<LoadedZone>,
	levels: Vec<LoadedLevel>,
}

impl<T: Config> Pallet<T> {
	/// Closes gates that have passed, in the order of their closure, as far as the meter goes.
	pub(crate) fn close_gates(now: Moment, meter: &mut WeightMeter) {
		for _ in 0..T::MaxClosePerBlock::get() {
			let Some(key) = Gates::<T>::iter_keys().next().filter(|key| key.closure() <= now) else { return };
			let (interval, product) = key.session();
			let record = Intervals::<T>::get(interval);
			let session = Sessions::<T>::get(interval, product);
			let (Some(record), Some(session)) = (record, session) else {
				// Cannot be: a gate goes before its records do.
				Gates::<T>::remove(key);
				continue;
			};
			if !Self::close(key, record, session, now, meter) {
				return;
			}
		}
	}

	/// Goes on with closing a gate. Returns whether it is done.
	fn close(key: GateKey, record: Record, session: Session, now: Moment, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::begin()).is_err() {
			return false;
		}
		let (_, product) = key.session();
		let kind = record.products.get(usize::from(product)).map(|spec| spec.kind);
		if matches!(kind, Some(ProductKind::Continuous { .. })) {
			Self::end_continuous(key, record, session);
			return true;
		}
		let mut closing = Self::resume(key.session());
		let mut loaded = Self::load_zones(&mut closing, meter);
		let reason = if now >= record.terms.delivery_start {
			Some(FailReason::DeliveryBegan)
		} else if T::Grid::zone_count() > T::MaxZones::get() && closing.gate.zone_count == T::MaxZones::get() {
			Some(FailReason::TooManyZones)
		} else {
			None
		};
		if reason.is_none() {
			loaded = loaded && Self::load_levels(&mut closing, &session, meter);
		}
		let (zones, levels) = (closing.gate.zone_count, if reason.is_none() { session.levels } else { 0 });
		if !loaded || meter.try_consume(T::WeightInfo::decide(zones, levels)).is_err() {
			Self::park(closing);
			return false;
		}
		Self::decide(key, record, session, closing, reason);
		true
	}

	/// A gate as the last block left it, or one that has just passed.
	pub(crate) fn resume(session: SessionId) -> Closing {
		let gate = ClosingGate::<T>::get().unwrap_or_else(|| Gate {
			session,
			zones: 0,
			zone_count: T::Grid::zone_count().min(T::MaxZones::get()),
			levels: 0,
			last: None,
			pages: 0,
		});
		Closing { gate, zones: Vec::new(), levels: Vec::new() }
	}

	/// Leaves a gate to the next block.
	pub(crate) fn park(closing: Closing) {
		let Closing { mut gate, zones, levels } = closing;
		if !zones.is_empty() || !levels.is_empty() {
			let page = LoadedPage {
				zones: zones.try_into().unwrap_or_default(),
				levels: levels.try_into().unwrap_or_default(),
			};
			LoadedPages::<T>::insert(gate.pages, page);
			gate.pages = gate.pages.saturating_add(1);
		}
		ClosingGate::<T>::put(gate);
	}

	/// Loads zones, with the capacity that earlier sessions left, as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load_zones(closing: &mut Closing, meter: &mut WeightMeter) -> bool {
		let Closing { gate, zones, .. } = closing;
		let left = gate.zone_count.saturating_sub(gate.zones);
		let count = units(meter, T::WeightInfo::load_zones, left);
		let until = gate.zones.saturating_add(count);
		let interval_s = <Self as Calendar>::interval_s();
		let mut sold = Sold::<T>::new(gate.session.0);
		for ZoneView { id, parent, link } in T::Grid::zones(gate.session.0, gate.zones..until) {
			let flow = sold.of(id);
			zones.push(LoadedZone {
				id,
				parent,
				import: link.import_w.map(|watt| remaining(energy(watt, interval_s), flow)),
				export: link.export_w.map(|watt| remaining(energy(watt, interval_s), flow.saturating_neg())),
				fee: link.fee,
			});
		}
		gate.zones = until;
		until == gate.zone_count
	}

	/// Loads price levels as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load_levels(closing: &mut Closing, session: &Session, meter: &mut WeightMeter) -> bool {
		let Closing { gate, levels, .. } = closing;
		let left = session.levels.saturating_sub(gate.levels);
		let count = units(meter, T::WeightInfo::load_levels, left);
		if count > 0 {
			let mut entries = match gate.last {
				None => Levels::<T>::iter_prefix(gate.session),
				Some((zone, price)) => {
					let (interval, product) = gate.session;
					let last = Levels::<T>::hashed_key_for((interval, product, zone, price));
					Levels::<T>::iter_prefix_from(gate.session, last)
				},
			};
			for _ in 0..count {
				let Some(((zone, price), level)) = entries.next() else { break };
				levels.push(LoadedLevel { zone, price: price.into(), buy: level.buy, sell: level.sell });
				gate.last = Some((zone, price));
			}
			gate.levels = gate.levels.saturating_add(count);
		}
		gate.levels >= session.levels
	}

	/// Clears what is loaded, or fails safe for `reason`, and ends the session.
	pub(crate) fn decide(key: GateKey, record: Record, session: Session, closing: Closing, reason: Option<FailReason>) {
		let (interval, product) = key.session();
		let (zones, levels) = Self::unload(closing);
		let decided = match reason {
			Some(reason) => Err(reason),
			None => assemble(&zones, levels.into_iter())
				.and_then(|market| Self::clear(interval, &market))
				.ok_or(FailReason::Refused),
		};
		let ((results, outcome), event) = match decided {
			Ok((results, outcome)) => ((results, outcome), Event::Cleared { interval, product, outcome }),
			Err(reason) => (Self::fail_safe(&zones), Event::Failed { interval, product, reason }),
		};
		for (page, results) in pages(&zones, results) {
			Results::<T>::insert((interval, product, page), results);
		}
		Self::end_session(key, record, session, outcome);
		Self::room_was_freed(interval);
		Self::deposit_event(event);
	}

	fn end_session(key: GateKey, mut record: Record, mut session: Session, outcome: Outcome) {
		let (interval, product) = key.session();
		record.end_session(&outcome);
		session.outcome = Some(outcome);
		Intervals::<T>::insert(interval, record);
		Sessions::<T>::insert(interval, product, session);
		Gates::<T>::remove(key);
	}

	/// The gate of a continuous session closes: its trades stand, whatever the time, and orders trade no more.
	fn end_continuous(key: GateKey, record: Record, session: Session) {
		let (interval, product) = key.session();
		let book = Books::<T>::get(interval, product).unwrap_or_default();
		let outcome = Outcome {
			cleared: true,
			points: T::Grid::point_count(),
			traded: book.traded,
			fees: book.fees,
			rent: 0,
			welfare: book.welfare,
		};
		Due::<T>::remove(interval, product);
		Self::end_session(key, record, session, outcome);
		Self::deposit_event(Event::Cleared { interval, product, outcome });
	}

	/// Everything that is loaded of a gate. What earlier blocks parked goes.
	fn unload(closing: Closing) -> (Vec<LoadedZone>, Vec<LoadedLevel>) {
		let Closing { gate, zones, levels } = closing;
		if gate.pages == 0 {
			ClosingGate::<T>::kill();
			return (zones, levels);
		}
		let (mut all_zones, mut all_levels) = (Vec::new(), Vec::new());
		for page in 0..gate.pages {
			let LoadedPage { zones, levels } = LoadedPages::<T>::take(page).unwrap_or_default();
			all_zones.extend(zones);
			all_levels.extend(levels);
		}
		all_zones.extend(zones);
		all_levels.extend(levels);
		ClosingGate::<T>::kill();
		(all_zones, all_levels)
	}

	/// Clears. `None` if clearing refuses the zones.
	fn clear(interval: Interval, zones: &[busbar_clearing::Zone]) -> Option<Decision> {
		let clearing = busbar_clearing::clear(zones)
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
	fn fail_safe(zones: &[LoadedZone]) -> Decision {
		let mut results: Vec<ZoneResult> = Vec::with_capacity(zones.len());
		for zone in zones {
			let above = zone.parent.and_then(|parent| index_of(zones, parent)).and_then(|at| results.get(at as usize));
			let path_fee = above.map_or(0, |above| above.path_fee.saturating_add(zone.fee));
			results.push(ZoneResult { path_fee, ..ZoneResult::default() });
		}
		(results, Outcome { points: T::Grid::point_count(), ..Outcome::default() })
	}
}

/// Flows that are sold already, read page by page.
struct Sold<T> {
	interval: Interval,
	/// Auctions of the interval that have ended.
	ended: Vec<busbar_primitives::ProductId>,
	/// Whether it trades continuously, too.
	continuous: bool,
	/// The page at hand, over all of them.
	page: Option<(u32, Vec<ResultPage>)>,
	_config: core::marker::PhantomData<T>,
}

impl<T: Config> Sold<T> {
	fn new(interval: Interval) -> Self {
		let record = Intervals::<T>::get(interval);
		let kinds = || record.iter().flat_map(|record| record.product_ids().zip(&record.products));
		let some_ended = record.as_ref().is_some_and(|record| (record.unended as usize) < record.products.len());
		// Most often there is nothing to look for.
		let ended = kinds()
			.filter(|(product, spec)| {
				let ended = |session: Session| session.outcome.is_some();
				some_ended
					&& spec.kind == ProductKind::Auction
					&& Sessions::<T>::get(interval, product).is_some_and(ended)
			})
			.map(|(product, _)| product)
			.collect();
		let continuous = kinds().any(|(_, spec)| spec.kind != ProductKind::Auction);
		Self { interval, ended, continuous, page: None, _config: core::marker::PhantomData }
	}

	/// Contracted flow into a zone, in Wh, over all auctions that have ended and all continuous trades.
	fn of(&mut self, zone: ZoneId) -> SignedWh {
		let traded = if self.continuous { TradedFlows::<T>::get(self.interval, zone) } else { 0 };
		if self.ended.is_empty() {
			return traded;
		}
		let (page, slot) = place(zone);
		if self.page.as_ref().is_none_or(|(at, _)| *at != page) {
			let read = |product: &u8| Results::<T>::get((self.interval, *product, page)).unwrap_or_default();
			self.page = Some((page, self.ended.iter().map(read).collect()));
		}
		let Some((_, pages)) = &self.page else { return 0 };
		pages.iter().fold(traded, |sum: SignedWh, page| {
			let flow = page.get(slot).and_then(|zone| *zone).map_or(0, |zone| zone.result.flow);
			sum.saturating_add(flow)
		})
	}
}

impl<T: Config> Flows for Pallet<T> {
	fn sold(interval: Interval, zone: ZoneId) -> SignedWh {
		Sold::<T>::new(interval).of(zone)
	}

	fn limits_changed(interval: Interval) {
		Self::room_was_freed(interval);
	}
}

/// What is left of a limit, in Wh, when `flow` in its direction is sold; more than the limit if `flow` is against it.
fn remaining(limit: Wh, flow: SignedWh) -> Wh {
	limit.saturating_add_signed(flow.saturating_neg())
}

/// How many of `left` units the meter has room for, at most; takes their weight off it.
fn units(meter: &mut WeightMeter, weight: fn(u32) -> Weight, left: u32) -> u32 {
	if left == 0 {
		return 0;
	}
	let base = weight(0);
	let per_unit = weight(1).saturating_sub(base);
	let Some(room) = meter.remaining().checked_sub(&base) else { return 0 };
	let count = room.checked_div_per_component(&per_unit).unwrap_or(u64::MAX);
	let count = u32::try_from(count).unwrap_or(u32::MAX).min(left);
	// A slope that rounds up could exceed the room by a little.
	let count = if meter.can_consume(weight(count)) { count } else { count.saturating_sub(1) };
	if count > 0 {
		meter.consume(weight(count));
	}
	count
}

/// The page and the place in it of a zone's result.
pub(crate) fn place(zone: ZoneId) -> (u32, usize) {
	(zone / PAGE, (zone % PAGE) as usize)
}

/// Results in pages. Zones ascend.
fn pages(zones: &[LoadedZone], results: Vec<ZoneResult>) -> Vec<(u32, ResultPage)> {
	let mut pages: Vec<(u32, ResultPage)> = Vec::new();
	for (zone, result) in zones.iter().zip(results) {
		let (page, slot) = place(zone.id);
		if pages.last().is_none_or(|(last, _)| *last != page) {
			pages.push((page, ResultPage::default()));
		}
		let Some((_, slots)) = pages.last_mut() else { continue };
		while slots.len() < slot && slots.try_push(None).is_ok() {}
		let LoadedZone { import, export, fee, .. } = *zone;
		// The slot is below the page's bound.
		let _ = slots.try_push(Some(ClearedZone { import, export, fee, result }));
	}
	pages
}

/// A market as the clearing library sees it. Levels are grouped by zone, in price order within each. `None` if the zones
/// form no tree.
pub(crate) fn assemble(
	zones: &[LoadedZone],
	levels: impl Iterator<Item = LoadedLevel>,
) -> Option<Vec<busbar_clearing::Zone>> {
	let mut market = Vec::with_capacity(zones.len());
	for zone in zones {
		let parent = match zone.parent {
			None => None,
			Some(parent) => Some(index_of(zones, parent)?),
		};
		market.push(busbar_clearing::Zone {
			parent,
			import: zone.import,
			export: zone.export,
			fee: zone.fee.into(),
			injection: 0,
			levels: Vec::new(),
		});
	}
	let mut at = None;
	for LoadedLevel { zone, price, buy, sell } in levels {
		let index = match at {
			Some((last, index)) if last == zone => index,
			_ => index_of(zones, zone)? as usize,
		};
		at = Some((zone, index));
		market.get_mut(index)?.levels.push(busbar_clearing::Level { price, buy, sell });
	}
	Some(market)
}

/// Where a zone stands among zones that ascend.
fn index_of(zones: &[LoadedZone], zone: ZoneId) -> Option<u32> {
	zones.binary_search_by_key(&zone, |view| view.id).ok().and_then(|at| u32::try_from(at).ok())
}
