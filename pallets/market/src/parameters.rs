//! The market's parameters: what makes sense together, and what follows from them for an interval.

use crate::{
	pallet::{Config, Pallet},
	types::Products,
};
use busbar_primitives::{stored, Interval, Moment, PostedBounds, Price, Product, ProductKind, Terms, MAX_HORIZON};
use frame_support::BoundedVec;

/// Greatest magnitude of any price parameter, in nEUR/Wh: a million euros per kWh, far from where sums would overflow.
pub const PRICE_LIMIT: Price = 1_000_000_000_000;
const _: () = assert!(PRICE_LIMIT <= busbar_clearing::MAX_PRICE, "every order price can be cleared");

/// The market's parameters. A change applies to intervals that have not opened yet.
#[stored(serde)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
	/// How long an interval lasts in chain time, in s; a multiple of the slot. Fixed at genesis.
	pub interval_clock_s: u32,
	/// Length that turns power into energy, in s. Fixed at genesis.
	pub interval_s: u32,
	/// Start of interval 0, chain time in ms. Fixed at genesis.
	pub epoch: Moment,
	/// Intervals open, with the terms of that moment, this many intervals ahead of the one in delivery.
	pub horizon: u32,
	/// What is traded of each interval. A gate closes at least one slot before delivery, so that clearing comes before it.
	pub products: Products,
	/// From the end of delivery until points that nobody read yet are settled on estimates, in s, so that they hold up nobody
	/// else's money; at most the attestation window.
	pub first_run_s: u32,
	/// From the end of delivery to the last reading that is in time, in s.
	pub attestation_window_s: u32,
	/// From the last reading to the end of disputes, in s.
	pub dispute_window_s: u32,
	/// Smallest price step, in nEUR/Wh.
	pub tick: u32,
	/// Lowest order price, in nEUR/Wh; on the tick.
	pub price_floor: Price,
	/// Highest order price, in nEUR/Wh; on the tick.
	pub price_cap: Price,
	/// Bounds of the posted imbalance prices, in nEUR/Wh.
	pub posted: PostedBounds,
	/// Intervals of chain time that records outlive the end of their dispute window.
	pub retention: u32,
}

impl Default for Parameters {
	/// A market of quarter hours: a day-ahead auction from 48 to 12 hours before delivery, an intraday auction from there
	/// to five minutes ahead, prices in ticks of 0.01 ct/kWh up to 4 EUR/kWh, records kept for about a month.
	fn default() -> Self {
		Self {
			interval_clock_s: 900,
			interval_s: 900,
			epoch: 0,
			horizon: 192,
			products: BoundedVec::truncate_from(alloc::vec![
				Product { kind: ProductKind::Auction, opens_s: 172_800, closes_s: 43_200, span: 1 },
				Product { kind: ProductKind::Auction, opens_s: 43_200, closes_s: 300, span: 1 },
			]),
			first_run_s: 300,
			attestation_window_s: 3_600,
			dispute_window_s: 86_400,
			tick: 100,
			price_floor: -500_000,
			price_cap: 4_000_000,
			posted: PostedBounds { short_max: 4_000_000, long_min: -500_000 },
			retention: 2_976,
		}
	}
}

/// Longest time from the end of an interval's delivery to the last run of its settlement, in s: 14 days.
pub const LAST_RUN_WITHIN_S: u64 = 14 * 86_400;

/// What is wrong with [`Parameters`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterError {
	/// The interval clock is zero or no multiple of the slot, or `interval_s` is zero.
	Clock,
	/// The horizon is zero, beyond [`MAX_HORIZON`], or so short that a gate closes before its session opens.
	Horizon,
	/// No product tells path fees, as auctions do, or a gate closes before it opens, or less than a slot before delivery,
	/// so that delivery would begin before the block that clears, or a span is zero or longer than its kind allows.
	Products,
	/// Between a gate's closure and delivery there is no time to clear the zones that there are with the least book that a
	/// session must admit, or a span's zones are more than clearing has room for.
	Time,
	/// The tick is zero.
	Tick,
	/// A price bound is off the tick, beyond [`PRICE_LIMIT`], or the floor lies above the cap.
	PriceBounds,
	/// The last run of an interval's settlement would be due more than [`LAST_RUN_WITHIN_S`] after its delivery.
	Windows,
	/// A posted bound is beyond [`PRICE_LIMIT`], or `long_min` lies above `short_max`.
	PostedBounds,
}

impl Parameters {
	/// Whether the parameters make sense together on a chain with slots of `slot_ms`.
	pub fn validate<T: Config>(&self, slot_ms: Moment) -> Result<(), ParameterError> {
		let clock = self.clock_ms();
		if clock == 0 || self.interval_s == 0 || clock.checked_rem(slot_ms) != Some(0) {
			return Err(ParameterError::Clock);
		}
		let lead = |product: &Product| Moment::from(product.closes_s).saturating_mul(1_000);
		let reach = clock.saturating_mul(self.horizon.into());
		// All intervals of a span are open before their gate closes.
		let behind = |product: &Product| clock.saturating_mul(product.span.saturating_sub(1).into());
		let out_of_reach = self.products.iter().any(|product| lead(product).saturating_add(behind(product)) >= reach);
		if self.horizon == 0 || self.horizon > MAX_HORIZON || out_of_reach {
			return Err(ParameterError::Horizon);
		}
		let closes = |product: &Product| {
			let span = 1..=Pallet::<T>::kind(product).longest_span();
			product.opens_s > product.closes_s && lead(product) >= slot_ms && span.contains(&product.span)
		};
		let tells_fees = |product: &Product| Pallet::<T>::kind(product).tells_path_fees();
		if !self.products.iter().any(tells_fees) || !self.products.iter().all(closes) {
			return Err(ParameterError::Products);
		}
		let rulings = u64::from(self.dispute_window_s).saturating_mul(2);
		if rulings.saturating_add(self.attestation_window_s.into()) > LAST_RUN_WITHIN_S {
			return Err(ParameterError::Windows);
		}
		if self.tick == 0 {
			return Err(ParameterError::Tick);
		}
		let prices = -PRICE_LIMIT..=PRICE_LIMIT;
		for bound in [self.price_floor, self.price_cap] {
			if !prices.contains(&bound) || !on_tick(bound, self.tick) {
				return Err(ParameterError::PriceBounds);
			}
		}
		if self.price_floor > self.price_cap {
			return Err(ParameterError::PriceBounds);
		}
		let PostedBounds { short_max, long_min } = self.posted;
		if !prices.contains(&short_max) || !prices.contains(&long_min) || long_min > short_max {
			return Err(ParameterError::PostedBounds);
		}
		Ok(())
	}

	/// Whether gates are decided before delivery, with as many zones.
	///
	/// # Errors
	/// [`ParameterError::Time`] if not.
	pub fn validate_time<T: Config>(&self, zones: u32) -> Result<(), ParameterError> {
		Pallet::<T>::clears_in_time(&self.products, zones).then_some(()).ok_or(ParameterError::Time)
	}

	/// How long an interval lasts in chain time, in ms.
	pub fn clock_ms(&self) -> Moment {
		Moment::from(self.interval_clock_s).saturating_mul(1_000)
	}

	/// The interval in delivery at chain time `now`; 0 before the epoch.
	pub fn interval_at(&self, now: Moment) -> Interval {
		let passed = now.saturating_sub(self.epoch).checked_div(self.clock_ms()).unwrap_or(0);
		Interval::try_from(passed).unwrap_or(Interval::MAX)
	}

	/// The first interval whose delivery has not begun at chain time `now`.
	pub fn first_ahead_at(&self, now: Moment) -> Interval {
		if now < self.epoch {
			return 0;
		}
		self.interval_at(now).saturating_add(1)
	}

	/// The first interval of which, under these parameters, a gate is still open at chain time `now`.
	pub fn first_open_at(&self, now: Moment) -> Interval {
		let lead = self.products.iter().map(|product| product.closes_s).min().unwrap_or(0);
		self.first_ahead_at(now.saturating_add(Moment::from(lead).saturating_mul(1_000)))
	}

	/// What is fixed for an interval that opens under these parameters.
	pub fn terms(&self, interval: Interval) -> Terms {
		let seconds = |s: u32| Moment::from(s).saturating_mul(1_000);
		let start = self.epoch.saturating_add(self.clock_ms().saturating_mul(interval.into()));
		let end = start.saturating_add(self.clock_ms());
		let attestation_end = end.saturating_add(seconds(self.attestation_window_s));
		let terms = Terms {
			delivery_start: start,
			delivery_end: end,
			gate_closure: start,
			last_gate_closure: start,
			first_run: end.saturating_add(seconds(self.first_run_s)).min(attestation_end),
			attestation_end,
			dispute_end: attestation_end.saturating_add(seconds(self.dispute_window_s)),
			tick: self.tick,
			price_floor: self.price_floor,
			price_cap: self.price_cap,
			posted: self.posted,
		};
		let gates = || self.products.iter().map(|product| product.gate_closure(interval, &terms));
		let (first, last) = (gates().min().unwrap_or(start), gates().max().unwrap_or(start));
		Terms { gate_closure: first, last_gate_closure: last, ..terms }
	}
}

/// Whether a price is a multiple of the tick.
pub fn on_tick(price: Price, tick: u32) -> bool {
	price.checked_rem(Price::from(tick)) == Some(0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_first_interval_ahead_is_the_first_whose_delivery_has_not_begun_also_before_the_epoch() {
		let p = Parameters { epoch: 10_000, interval_clock_s: 12, ..Default::default() };
		for now in (0..200_000).step_by(500) {
			let first = p.first_ahead_at(now);
			assert!(p.terms(first).delivery_start > now, "at {now}");
			assert!(first == 0 || p.terms(first - 1).delivery_start <= now, "at {now}");
		}
	}

	#[test]
	fn the_first_open_interval_is_the_first_of_which_a_gate_lies_ahead() {
		let product = |closes_s| Product { kind: ProductKind::Auction, opens_s: 30, closes_s, span: 1 };
		let products = BoundedVec::truncate_from(vec![product(4), product(20)]);
		let p = Parameters { epoch: 10_000, interval_clock_s: 12, products, ..Default::default() };
		for now in (0..200_000).step_by(500) {
			let first = p.first_open_at(now);
			assert!(p.terms(first).last_gate_closure > now, "at {now}");
			assert!(first == 0 || p.terms(first - 1).last_gate_closure <= now, "at {now}");
		}
	}
}
