//! Loading what a gate clears, over as many blocks as it takes.
//!
//! Zones and price levels are read as many as the block's share has room for. What one block cannot finish it parks as one
//! compact page, and the next block goes on behind it. Intervals that share the gate are loaded one after the other.

use crate::{
	pallet::*,
	products::{flows::SoldFlows, kind::Sold, links::capacity},
	types::{Gate, LoadedLevel, LoadedPage, LoadedZone, Member, Session, SessionId},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Grid},
	Interval, ZoneId, ZoneView,
};
use core::ops::Range;
use frame_support::weights::{Weight, WeightMeter};

/// A gate that is being closed, and what this block has loaded of it.
pub(crate) struct Closing {
	pub(crate) gate: Gate,
	parts: Vec<Part>,
}

/// All that is loaded of a gate.
pub(crate) struct Loaded {
	pub(crate) parts: Vec<Part>,
	/// How many pages earlier blocks parked.
	pub(super) pages: u32,
}

/// What is loaded of one interval.
#[derive(Default)]
pub(crate) struct Part {
	pub interval: Interval,
	pub zones: Vec<LoadedZone>,
	pub levels: Vec<LoadedLevel>,
}

impl Closing {
	/// The part of the interval that is being loaded.
	fn part(&mut self) -> &mut Part {
		let interval = self.gate.interval;
		if self.parts.last().is_none_or(|part| part.interval != interval) {
			self.parts.push(Part { interval, ..Part::default() });
		}
		let last = self.parts.len().saturating_sub(1);
		// Never empty: one has just been pushed if there was none.
		&mut self.parts[last]
	}

	/// Whether this block has loaded anything.
	pub(crate) fn has_loaded(&self) -> bool {
		!self.parts.is_empty()
	}

	/// Goes on to the next interval of the span.
	fn next(&mut self, interval: Interval) {
		(self.gate.interval, self.gate.zones, self.gate.levels, self.gate.last) = (interval, 0, 0, None);
	}
}

impl<T: Config> Pallet<T> {
	/// A gate as the last block left it, or one that has just passed.
	pub(crate) fn resume(session: SessionId, interval: Interval) -> Closing {
		let begun = Gate { session, interval, zones: 0, levels: 0, last: None, pages: 0 };
		let gate = ClosingGate::<T>::get().unwrap_or(begun);
		Closing { gate, parts: Vec::new() }
	}

	/// Leaves a gate to the next block.
	pub(crate) fn park(closing: Closing) {
		let Closing { mut gate, parts } = closing;
		for Part { interval, zones, levels } in parts {
			if !zones.is_empty() || !levels.is_empty() {
				let page = LoadedPage {
					interval,
					zones: zones.try_into().unwrap_or_default(),
					levels: levels.try_into().unwrap_or_default(),
				};
				LoadedPages::<T>::insert(gate.pages, page);
				gate.pages = gate.pages.saturating_add(1);
			}
		}
		ClosingGate::<T>::put(gate);
	}

	/// Loads the intervals of a span, one after the other, as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load(closing: &mut Closing, members: &[Member], meter: &mut WeightMeter) -> bool {
		for (interval, record, session) in members {
			if *interval < closing.gate.interval {
				continue;
			}
			if *interval > closing.gate.interval {
				closing.next(*interval);
			}
			let zones = Self::load_zones(closing, record.zones, meter);
			if !zones || !Self::load_levels(closing, session, meter) {
				return false;
			}
		}
		true
	}

	/// Loads zones that are numbered below `all`, as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load_zones(closing: &mut Closing, all: u32, meter: &mut WeightMeter) -> bool {
		let left = all.saturating_sub(closing.gate.zones);
		let count = units(meter, T::WeightInfo::load_zones, left);
		let until = closing.gate.zones.saturating_add(count);
		if count > 0 {
			let zones = Self::zones(closing.gate.interval, closing.gate.zones..until);
			closing.part().zones.extend(zones);
		}
		closing.gate.zones = until;
		until == all
	}

	/// Zones of an interval's tree, with the capacity that earlier sessions left.
	pub(super) fn zones(interval: Interval, zones: Range<ZoneId>) -> Vec<LoadedZone> {
		let interval_s = <Self as Calendar>::interval_s();
		let mut sold = SoldFlows::new::<T>(interval);
		let loaded = |ZoneView { id, parent, link }: ZoneView| {
			let (import, export) = capacity(&link, sold.flow_into(id), interval_s);
			LoadedZone { id, parent, import, export, fee: link.fee }
		};
		T::Grid::zones(interval, zones).into_iter().map(loaded).collect()
	}

	/// Loads price levels as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load_levels(closing: &mut Closing, session: &Session, meter: &mut WeightMeter) -> bool {
		let left = session.levels.saturating_sub(closing.gate.levels);
		let count = units(meter, T::WeightInfo::load_levels, left);
		if count > 0 {
			let (interval, product) = (closing.gate.interval, closing.gate.session.1);
			let mut entries = match closing.gate.last {
				None => Levels::<T>::iter_prefix((interval, product)),
				Some((zone, price)) => {
					let last = Levels::<T>::hashed_key_for((interval, product, zone, price));
					Levels::<T>::iter_prefix_from((interval, product), last)
				},
			};
			for _ in 0..count {
				let Some(((zone, price), level)) = entries.next() else { break };
				let level = LoadedLevel { zone, price: price.into(), buy: level.buy, sell: level.sell };
				closing.part().levels.push(level);
				closing.gate.last = Some((zone, price));
			}
			closing.gate.levels = closing.gate.levels.saturating_add(count);
		}
		closing.gate.levels >= session.levels
	}

	/// Everything that is loaded of a gate, interval by interval, those that earlier blocks parked first.
	pub(crate) fn loaded(closing: Closing, members: &[Member]) -> Loaded {
		let Closing { gate, parts } = closing;
		let part = |interval: &Interval| Part { interval: *interval, ..Part::default() };
		let mut all: Vec<Part> = members.iter().map(|(interval, ..)| part(interval)).collect();
		let parked = (0..gate.pages).map(|page| {
			let LoadedPage { interval, zones, levels } = LoadedPages::<T>::get(page).unwrap_or_default();
			Part { interval, zones: zones.into(), levels: levels.into() }
		});
		for part in parked.chain(parts) {
			if let Some(whole) = all.iter_mut().find(|whole| whole.interval == part.interval) {
				whole.zones.extend(part.zones);
				whole.levels.extend(part.levels);
			}
		}
		Loaded { parts: all, pages: gate.pages }
	}

	/// A gate is closed: nothing of what was kept for it is needed any more.
	pub(super) fn forget(pages: u32) {
		ClosingGate::<T>::kill();
		Searching::<T>::kill();
		(0..pages).for_each(LoadedPages::<T>::remove);
	}
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
