//! Closing a gate: load, decide, end; over as many blocks as it takes.
//!
//! Zones and price levels are read first, as many as the block's share has room for. What one block cannot finish it
//! parks as one compact page, and the next block goes on behind it. Once everything is loaded, one block clears and writes
//! the results, together with the session's outcome: nobody ever sees half of a clearing. Limits of the interval cannot
//! change meanwhile ([`Calendar::takes_limits`]), and orders of the session cannot either, because its gate has passed.
//!
//! Intervals of one span share a gate: they are loaded one after the other and decided in one block, together with the
//! block orders over them ([`crate::block_orders`]). Their zones together are no more than `MaxZones`, their levels no
//! more than `MaxLevels`.

use crate::{
	block_orders::{last, BlockOrder},
	pallet::*,
	types::{
		ClearedZone, FailReason, Gate, GateKey, LoadedLevel, LoadedPage, LoadedZone, Record, ResultPage, Session,
		SessionId, PAGE,
	},
	WeightInfo,
};
use alloc::vec::Vec;
use busbar_clearing::{
	block_orders::{inject, joint, Search},
	BlockOrderError,
};
use busbar_primitives::{
	energy,
	traits::{Calendar, Flows, Grid, OnLimits},
	Fee, Interval, Link, Moment, Outcome, ProductKind, Side, SignedWh, Watt, Wh, ZoneId, ZoneResult, ZoneView,
};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};

/// A result for every zone, and how a session ended.
type Decision = (Vec<ZoneResult>, Outcome);
/// A session of the span whose gate closes, and its interval.
type Member = (Interval, Record, Session);

/// A block order of the span: its number, the order, and whether it was rejected in the money.
type Standing<T> = (u32, BlockOrder<<T as frame_system::Config>::AccountId>, bool);

/// A gate that is being closed, and what this block has loaded of it.
pub(crate) struct Closing {
	gate: Gate,
	parts: Vec<Part>,
}

/// What is loaded of one interval.
#[derive(Default)]
struct Part {
	interval: Interval,
	zones: Vec<LoadedZone>,
	levels: Vec<LoadedLevel>,
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

	/// Goes on to the next interval of the span.
	fn next(&mut self, interval: Interval) {
		(self.gate.interval, self.gate.zones, self.gate.levels, self.gate.last) = (interval, 0, 0, None);
	}
}

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

	/// The sessions that a gate closes.
	pub(crate) fn members((first, product): SessionId, span: u32) -> Vec<Member> {
		let intervals = (first..first.saturating_add(span)).filter_map(|interval| {
			let record = Intervals::<T>::get(interval)?;
			let session = Sessions::<T>::get(interval, product).filter(|session| session.outcome.is_none())?;
			Some((interval, record, session))
		});
		intervals.collect()
	}

	/// Goes on with closing a gate. Returns whether it is done.
	fn close(key: GateKey, span: u32, now: Moment, meter: &mut WeightMeter) -> bool {
		if meter.try_consume(T::WeightInfo::begin(span)).is_err() {
			return false;
		}
		let members = Self::members(key.session(), span);
		let Some((interval, record, _)) = members.first() else {
			// Cannot be: a gate goes before its records do.
			Gates::<T>::remove(key);
			return true;
		};
		let (_, product) = key.session();
		let Some(spec) = record.products.get(usize::from(product)).copied() else { return false };
		if spec.kind != ProductKind::Auction {
			Self::end_continuous(key, members);
			return true;
		}
		let late = now >= record.terms.delivery_start;
		let mut closing = Self::resume(key.session(), *interval);
		let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
		let zones = closing.gate.zone_count.saturating_mul(count);
		let reason = if late {
			Some(FailReason::DeliveryBegan)
		} else if T::Grid::zone_count() > closing.gate.zone_count || zones > T::MaxZones::get() {
			Some(FailReason::TooManyZones)
		} else {
			None
		};
		if !Self::load(&mut closing, &members, reason.is_none(), meter) {
			Self::park(closing);
			return false;
		}
		let levels = match reason {
			None => members.iter().fold(0, |sum: u32, (.., session)| sum.saturating_add(session.levels)),
			Some(_) => 0,
		};
		let mut needed = T::WeightInfo::decide(zones, levels);
		if span > 1 {
			needed = needed.saturating_add(T::WeightInfo::block_orders());
		}
		if meter.try_consume(needed).is_err() {
			Self::park(closing);
			return false;
		}
		let steps = if span > 1 && reason.is_none() {
			let block_orders = BlockOrderCounts::<T>::get(last(*interval, &spec), product).standing;
			let greatest = members.iter().map(|(.., session)| session.levels).max().unwrap_or(0);
			let step = T::WeightInfo::choose(closing.gate.zone_count, greatest);
			let most = u32::try_from(Search::most_steps(block_orders, count)).unwrap_or(u32::MAX);
			let most = if block_orders == 0 { 0 } else { most };
			let room = meter.remaining().checked_div_per_component(&step).unwrap_or(u64::MAX);
			let steps = most.min(u32::try_from(room).unwrap_or(u32::MAX));
			if steps < most && !closing.parts.is_empty() {
				// A block of its own has more room for the search.
				Self::park(closing);
				return false;
			}
			meter.consume(step.saturating_mul(steps.into()));
			steps
		} else {
			0
		};
		Self::decide(key, members, closing, reason, steps);
		true
	}

	/// A gate as the last block left it, or one that has just passed.
	pub(crate) fn resume(session: SessionId, interval: Interval) -> Closing {
		let gate = ClosingGate::<T>::get().unwrap_or_else(|| Gate {
			session,
			interval,
			zones: 0,
			zone_count: T::Grid::zone_count().min(T::MaxZones::get()),
			levels: 0,
			last: None,
			pages: 0,
		});
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
	fn load(closing: &mut Closing, members: &[Member], with_levels: bool, meter: &mut WeightMeter) -> bool {
		for (interval, _, session) in members {
			if *interval < closing.gate.interval {
				continue;
			}
			if *interval > closing.gate.interval {
				closing.next(*interval);
			}
			let zones = Self::load_zones(closing, meter);
			if !zones || (with_levels && !Self::load_levels(closing, session, meter)) {
				return false;
			}
		}
		true
	}

	/// Loads zones, with the capacity that earlier sessions left, as far as the meter goes. Returns whether all are loaded.
	pub(crate) fn load_zones(closing: &mut Closing, meter: &mut WeightMeter) -> bool {
		let interval = closing.gate.interval;
		let left = closing.gate.zone_count.saturating_sub(closing.gate.zones);
		let count = units(meter, T::WeightInfo::load_zones, left);
		let until = closing.gate.zones.saturating_add(count);
		let interval_s = <Self as Calendar>::interval_s();
		let mut sold = Sold::<T>::new(interval);
		for ZoneView { id, parent, link } in T::Grid::zones(interval, closing.gate.zones..until) {
			let (import, export) = capacity(&link, sold.of(id), interval_s);
			closing.part().zones.push(LoadedZone { id, parent, import, export, fee: link.fee });
		}
		closing.gate.zones = until;
		until == closing.gate.zone_count
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

	/// Clears what is loaded, with at most `steps` steps of the search for block orders, or fails safe for `reason`,
	/// and ends the sessions.
	pub(crate) fn decide(key: GateKey, members: Vec<Member>, closing: Closing, reason: Option<FailReason>, steps: u32) {
		let (_, product) = key.session();
		let spec = members.first().and_then(|(_, record, _)| record.products.get(usize::from(product)).copied());
		let Some(spec) = spec else { return };
		let parts = Self::unload(closing, &members);
		let block_orders = Self::block_orders(key.session().0, product, &spec);
		let mut block_orders: Vec<Standing<T>> =
			block_orders.into_iter().map(|(id, block_order)| (id, block_order, false)).collect();
		let decided = match reason {
			Some(reason) => Err(reason),
			None => Self::clear(&parts, &mut block_orders, steps).ok_or(FailReason::Refused),
		};
		let (decisions, reason) = match decided {
			Ok(decisions) => (decisions, None),
			Err(reason) => {
				block_orders.iter_mut().for_each(|(_, block_order, _)| block_order.accepted = Some(false));
				(parts.iter().map(|part| Self::fail_safe(&part.zones)).collect(), Some(reason))
			},
		};
		// Told first, so that whoever reads events in order knows what each interval cleared with.
		for (id, block_order, rejected_in_the_money) in block_orders {
			let (first, accepted) = (block_order.first, block_order.accepted == Some(true));
			BlockOrders::<T>::insert((last(first, &spec), product, id), block_order);
			Self::deposit_event(Event::BlockOrderDecided {
				interval: first,
				product,
				id,
				accepted,
				rejected_in_the_money,
			});
		}
		for (((interval, record, session), part), (results, outcome)) in members.into_iter().zip(&parts).zip(decisions)
		{
			for (page, results) in pages(&part.zones, results) {
				Results::<T>::insert((interval, product, page), results);
			}
			Self::end_session((interval, product), record, session, outcome);
			Self::room_was_freed(interval);
			Self::deposit_event(match reason {
				None => Event::Cleared { interval, product, outcome },
				Some(reason) => Event::Failed { interval, product, reason },
			});
		}
		Gates::<T>::remove(key);
	}

	fn end_session((interval, product): SessionId, mut record: Record, mut session: Session, outcome: Outcome) {
		record.end_session(&outcome);
		session.outcome = Some(outcome);
		Intervals::<T>::insert(interval, record);
		Sessions::<T>::insert(interval, product, session);
	}

	/// The gate of a continuous session closes: its trades stand, whatever the time, and orders trade no more.
	fn end_continuous(key: GateKey, members: Vec<Member>) {
		let (_, product) = key.session();
		for (interval, record, session) in members {
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
			Self::end_session((interval, product), record, session, outcome);
			Self::deposit_event(Event::Cleared { interval, product, outcome });
		}
		Gates::<T>::remove(key);
	}

	/// Everything that is loaded of a gate, interval by interval. What earlier blocks parked goes.
	fn unload(closing: Closing, members: &[Member]) -> Vec<Part> {
		let Closing { gate, parts } = closing;
		ClosingGate::<T>::kill();
		let part = |interval: &Interval| Part { interval: *interval, ..Part::default() };
		let mut all: Vec<Part> = members.iter().map(|(interval, ..)| part(interval)).collect();
		let parked = (0..gate.pages).map(|page| {
			let LoadedPage { interval, zones, levels } = LoadedPages::<T>::take(page).unwrap_or_default();
			Part { interval, zones: zones.into(), levels: levels.into() }
		});
		for part in parked.chain(parts) {
			if let Some(whole) = all.iter_mut().find(|whole| whole.interval == part.interval) {
				whole.zones.extend(part.zones);
				whole.levels.extend(part.levels);
			}
		}
		all
	}

	/// Clears the intervals of a span together with its block orders, of which it says which are accepted. `None` if
	/// clearing refuses the zones.
	fn clear(parts: &[Part], block_orders: &mut [Standing<T>], steps: u32) -> Option<Vec<Decision>> {
		let markets = parts.iter().map(|part| assemble(&part.zones, part.levels.iter().copied()));
		let mut markets = markets.collect::<Option<Vec<_>>>()?;
		let first = parts.first()?;
		let ids = |part: &Part| part.zones.iter().map(|zone| zone.id).collect::<Vec<_>>();
		// A block order names its zone in every interval alike, so a tree that changes within the span takes none.
		let one_tree = parts.iter().all(|part| ids(part) == ids(first));
		let seen = |(_, block_order, _): &Standing<T>| {
			Some(busbar_clearing::BlockOrder {
				zone: index_of(&first.zones, block_order.zone)?,
				side: crate::continuous::side(block_order.side),
				price: block_order.price,
				first: block_order.first.checked_sub(first.interval)?,
				wh: block_order.wh.to_vec(),
			})
		};
		let seen = if one_tree { block_orders.iter().map(seen).collect::<Option<Vec<_>>>()? } else { Vec::new() };
		let refused = |error: BlockOrderError| log::error!(target: "runtime::market", "the span from interval {} is not cleared: {error}", first.interval);
		let mut search =
			Search::new(&seen, u32::try_from(parts.len()).ok()?).inspect_err(|error| refused(*error)).ok()?;
		for _ in 0..steps {
			let Some(at) = search.next_interval() else { break };
			let market = markets.get_mut(at as usize)?;
			search.step(&seen, market).inspect_err(|error| refused(*error)).ok()?;
		}
		let accepted = search.accepted();
		let mut clearings = Vec::with_capacity(parts.len());
		for (at, market) in (0u32..).zip(&mut markets) {
			inject(market, &seen, &accepted, at).inspect_err(|error| refused(*error)).ok()?;
			let refuse = |error: &_| refused(BlockOrderError::Interval { interval: at, error: *error });
			clearings.push(busbar_clearing::clear(market).inspect_err(refuse).ok()?);
		}
		let joint = joint(&seen, accepted, clearings)?;
		for (at, (_, block_order, in_the_money)) in (0u32..).zip(block_orders.iter_mut()) {
			block_order.accepted = Some(joint.accepted.get(at as usize).copied().unwrap_or(false));
			*in_the_money = joint.rejected_in_the_money.contains(&at);
		}
		let decisions = parts.iter().zip(&joint.intervals).map(|(part, clearing)| {
			let mut decision = Self::decision(clearing)?;
			for (_, block_order, _) in
				block_orders.iter().filter(|(_, block_order, _)| block_order.accepted == Some(true))
			{
				let outcome = &mut decision.1;
				outcome.welfare = outcome.welfare.checked_add(block_order.worth(part.interval))?;
				if block_order.side == Side::Buy {
					outcome.traded = outcome.traded.checked_add(block_order.energy(part.interval))?;
				}
			}
			Some(decision)
		});
		decisions.collect()
	}

	/// The first interval's market as the search for block orders sees it.
	#[cfg(feature = "runtime-benchmarks")]
	pub(crate) fn market(closing: Closing, members: &[Member]) -> Option<Vec<busbar_clearing::Zone>> {
		let parts = Self::unload(closing, members);
		parts.first().and_then(|part| assemble(&part.zones, part.levels.iter().copied()))
	}

	/// What clearing decided, as it is kept. `None` beyond the types' ranges.
	fn decision(clearing: &busbar_clearing::Clearing) -> Option<Decision> {
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
}

impl<T: Config> OnLimits for Pallet<T> {
	fn limits_changed(interval: Interval) {
		Self::room_was_freed(interval);
	}
}

/// What is left of a link's limits of import and of export, in Wh, when `sold` flows into the zone already: more than the
/// limit where that is against it, `None` where there is none.
pub(crate) fn capacity(link: &Link, sold: SignedWh, interval_s: u32) -> (Option<Wh>, Option<Wh>) {
	let left = |limit: Option<Watt>, flow: SignedWh| {
		limit.map(|watt| energy(watt, interval_s).saturating_add_signed(flow.saturating_neg()))
	};
	(left(link.import_w, sold), left(link.export_w, sold.saturating_neg()))
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
