//! What an order can cost at worst.
//!
//! An order holds, of its owner's margin, its worst net debt over the price bounds and any delivery from none to full, so that
//! whatever the zone price turns out to be, and whatever its owner then does, the money is there. An imbalance is settled at
//! the posted price and the fees of the path, at the price of the zone's last auction, or at what the point traded at,
//! whichever is worst for it. So with `F` the
//! highest sum of fees that a path to the root can have, a short never pays more than `S = max(short_max + F, cap)` and a
//! long never receives less than `L = min(long_min - F, floor)` per Wh. Per Wh of an order:
//!
//! - a buy, accepted at a zone price `p` up to its limit, costs `p` when delivered; undelivered it is sold back, so it costs
//!   at most `p - L`. Both grow with `p`;
//! - a sell, accepted at `p` from its limit up, earns `p` when delivered; undelivered it is bought back, so it costs at most
//!   `S - p`. Both fall with `p`.
//!
//! Between two limits of a curve the accepted quantity is constant, so the worst price is one of its limits; between no
//! and full delivery the debt is linear, so the worst delivery is one of the two; and because no step of a curve crosses
//! another, at any price only one side is accepted.
//!
//! **Several sessions.** What a point's orders hold together covers what they cost together. The contract legs add up. The
//! imbalance leg costs `c(x) = max(S x, L x)` at most for an imbalance of `x`, because `L <= S`; `c` is a greatest of two
//! linear functions, hence `c(x + y) <= c(x) + c(y)`: one imbalance over all sessions costs no more than one per session.

use busbar_primitives::{Amount, Balance, Fee, Price, Side, Step, Terms};

/// The worst prices of an imbalance, in nEUR/Wh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
	/// The most that a short pays.
	short: Amount,
	/// The least that a long receives.
	long: Amount,
}

impl Bounds {
	/// Under the terms of an interval.
	pub fn new(terms: &Terms, max_path_fee: Fee) -> Self {
		let fee = Amount::from(max_path_fee);
		Self {
			short: terms.dearest_short(max_path_fee),
			long: Amount::from(terms.posted.long_min).saturating_sub(fee).min(terms.price_floor.into()),
		}
	}
}

/// Debt per Wh in nEUR of energy accepted on `side` at the zone price `price`, delivered or not, whichever is worse.
pub fn worst_per_wh(side: Side, price: Price, bounds: &Bounds) -> Balance {
	let price = Amount::from(price);
	let (delivered, undelivered) = match side {
		Side::Buy => (price, price.saturating_sub(bounds.long)),
		Side::Sell => (price.saturating_neg(), bounds.short.saturating_sub(price)),
	};
	delivered.max(undelivered).max(0).unsigned_abs()
}

/// Worst net debt in nEUR of a curve whose steps do not cross. Saturates at the type's bound.
pub fn worst_net_debt(steps: &[Step], bounds: &Bounds) -> Balance {
	steps
		.iter()
		.map(|at| {
			let accepted = steps.iter().filter(|step| match at.side {
				Side::Buy => step.side == Side::Buy && step.price >= at.price,
				Side::Sell => step.side == Side::Sell && step.price <= at.price,
			});
			let wh = accepted.fold(0, |sum: Balance, step| sum.saturating_add(step.wh.into()));
			wh.saturating_mul(worst_per_wh(at.side, at.price, bounds))
		})
		.max()
		.unwrap_or(0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::PostedBounds;
	use proptest::prelude::*;

	const TICK: i64 = 5;

	fn step(side: Side, price: Price, wh: u64) -> Step {
		Step { side, price, wh }
	}

	/// Terms with order prices from -150 to 450.
	fn bounds(long_min: Price, short_max: Price, max_path_fee: Fee) -> Bounds {
		let terms = crate::Parameters::default().terms(0);
		let posted = PostedBounds { short_max, long_min };
		Bounds::new(&Terms { posted, price_floor: -150, price_cap: 450, ..terms }, max_path_fee)
	}

	#[test]
	fn a_buy_holds_what_it_can_cost_and_what_selling_it_back_below_zero_can() {
		assert_eq!(worst_net_debt(&[step(Side::Buy, 220, 1_000)], &bounds(50, 500, 10)), 370_000);
		assert_eq!(worst_net_debt(&[step(Side::Buy, 220, 1_000)], &bounds(-200, 500, 10)), 430_000);
	}

	#[test]
	fn a_sell_holds_what_buying_it_back_can_cost_beyond_its_price() {
		assert_eq!(worst_net_debt(&[step(Side::Sell, 90, 1_000)], &bounds(50, 500, 10)), 420_000);
		// The cap bounds the price of an own session.
		assert_eq!(worst_net_debt(&[step(Side::Sell, 90, 1_000)], &bounds(50, 100, 10)), 360_000);
	}

	#[test]
	fn a_sell_below_zero_holds_that_too() {
		assert_eq!(worst_net_debt(&[step(Side::Sell, -90, 1_000)], &bounds(50, 500, 10)), 600_000);
	}

	#[test]
	fn an_order_of_no_steps_holds_nothing() {
		assert_eq!(worst_net_debt(&[], &bounds(0, 0, 10)), 0);
	}

	#[test]
	fn the_bound_saturates_instead_of_overflowing() {
		let steps = [step(Side::Buy, Price::MAX, u64::MAX); 16];
		assert!(worst_net_debt(&steps, &bounds(Price::MIN, Price::MAX, Fee::MAX)) > 0);
	}

	/// A curve of buys below sells.
	fn curve() -> impl Strategy<Value = Vec<Step>> {
		let side = |above: std::ops::RangeInclusive<i64>| prop::collection::vec((above, 1u64..200), 0..4);
		(-20i64..=40, side(0..=10), side(1..=30)).prop_map(|(top, buys, sells)| {
			let buys = buys.into_iter().map(|(below, wh)| step(Side::Buy, (top - below).max(-30) * TICK, wh));
			let sells = sells.into_iter().map(|(above, wh)| step(Side::Sell, (top + above).min(90) * TICK, wh));
			buys.chain(sells).collect()
		})
	}

	/// What a curve buys and sells at a price, with or without the steps at it.
	fn accepted(steps: &[Step], price: i64, strict: bool) -> (i128, i128) {
		let at = |side| -> i128 {
			let better = |s: &&Step| {
				let gain = if side == Side::Buy { s.price - price } else { price - s.price };
				s.side == side && (gain > 0 || gain == 0 && !strict)
			};
			steps.iter().filter(better).map(|s| i128::from(s.wh)).sum()
		};
		(at(Side::Buy), at(Side::Sell))
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(400))]

		#[test]
		fn the_hold_of_one_order_is_the_worst_that_one_session_can_cost(
			steps in curve(), long_min in -300i64..=-140, short_max in 440i64..600, max_fee in 10u32..30,
		) {
			// Posted prices reach beyond the order prices, so that the bounds can be met.
			let held = worst_net_debt(&steps, &bounds(long_min, short_max, max_fee)) as i128;
			let mut worst = 0i128;
			for price in (-150..=450).step_by(TICK as usize) {
				for strict in [false, true] {
					let (bought, sold) = accepted(&steps, price, strict);
					prop_assert!(bought == 0 || sold == 0);
					for metered in [0, bought - sold, (bought - sold) / 2] {
						let (price, fee) = (i128::from(price), i128::from(max_fee));
						let imbalance = metered - (bought - sold);
						let rate = if imbalance > 0 {
							(i128::from(short_max) + fee).max(price)
						} else {
							(i128::from(long_min) - fee).min(price)
						};
						let debt = (bought - sold) * price + imbalance * rate;
						prop_assert!(debt <= held, "debt {} beyond the {} held at {}", debt, held, price);
						worst = worst.max(debt);
					}
				}
			}
			prop_assert_eq!(worst, held);
		}

		#[test]
		fn the_holds_of_several_sessions_cover_what_they_cost_together(
			sessions in prop::collection::vec((curve(), -30i64..=90, any::<bool>()), 1..4),
			long_min in -200i64..200, width in 0i64..300, posted in (0i64..=100, 0i64..=100),
			max_fee in 0u32..30, delivered in 0i128..=100, last in -150i128..=450,
		) {
			let short_max = long_min + width;
			let bounds = bounds(long_min, short_max, max_fee);
			let held: i128 = sessions.iter().map(|(steps, ..)| worst_net_debt(steps, &bounds) as i128).sum();
			let (mut net, mut contract) = (0i128, 0i128);
			let mut prices = Vec::new();
			for (steps, price, strict) in &sessions {
				let (bought, sold) = accepted(steps, price * TICK, *strict);
				if bought + sold > 0 {
					prices.push(i128::from(price * TICK));
				}
				net += bought - sold;
				contract += (bought - sold) * i128::from(price * TICK);
			}
			// Somewhere between the bounds, long below short.
			let at = |percent: i64| i128::from(long_min + width * percent / 100);
			let (long, short) = (at(posted.0.min(posted.1)), at(posted.0.max(posted.1)));
			let imbalance = net * delivered / 100 - net;
			let fee = i128::from(max_fee);
			let rate = if imbalance > 0 {
				prices.iter().copied().fold((short + fee).max(last), i128::max)
			} else {
				prices.iter().copied().fold((long - fee).min(last), i128::min)
			};
			prop_assert!(contract + imbalance * rate <= held);
		}
	}
}
