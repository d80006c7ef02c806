//! What an order can cost at worst.
//!
//! An order holds its worst net debt over the price bounds and any delivery from none to full, so that whatever the zone
//! price turns out to be, and whatever its owner then does, the money is there. Let `F` be the highest sum of fees that a
//! path to the root can have. Per Wh:
//!
//! - a buy, accepted at a zone price `p` up to its limit, costs `p` when delivered; undelivered it is sold back at the
//!   lesser of the posted long price less path fees and `p`, so it costs at most `p - min(long_min - F, p)`. Both grow
//!   with `p`;
//! - a sell, accepted at `p` from its limit up, earns `p` when delivered; undelivered it is bought back at the greater of
//!   the posted short price plus path fees and `p`, so it costs at most `max(short_max + F, p) - p`. Both fall with `p`.
//!
//! Between two limits of a curve the accepted quantity is constant, so the worst price is one of its limits; between no
//! and full delivery the debt is linear, so the worst delivery is one of the two; and because no step of a curve crosses
//! another, at any price only one side is accepted.

use busbar_primitives::{Amount, Balance, Fee, PostedBounds, Price, Side, Step};

/// Debt per Wh in nEUR of energy accepted on `side` at the zone price `price`, delivered or not, whichever is worse.
pub fn worst_per_wh(side: Side, price: Price, posted: PostedBounds, max_path_fee: Fee) -> Balance {
	let (price, fee) = (Amount::from(price), Amount::from(max_path_fee));
	let (delivered, undelivered) = match side {
		Side::Buy => (price, price.saturating_sub(Amount::from(posted.long_min).saturating_sub(fee).min(price))),
		Side::Sell => (
			price.saturating_neg(),
			Amount::from(posted.short_max).saturating_add(fee).max(price).saturating_sub(price),
		),
	};
	delivered.max(undelivered).max(0).unsigned_abs()
}

/// Worst net debt in nEUR of a curve whose steps do not cross. Saturates at the type's bound.
pub fn worst_net_debt(steps: &[Step], posted: PostedBounds, max_path_fee: Fee) -> Balance {
	steps
		.iter()
		.map(|at| {
			let accepted = steps.iter().filter(|step| match at.side {
				Side::Buy => step.side == Side::Buy && step.price >= at.price,
				Side::Sell => step.side == Side::Sell && step.price <= at.price,
			});
			let wh = accepted.fold(0, |sum: Balance, step| sum.saturating_add(step.wh.into()));
			wh.saturating_mul(worst_per_wh(at.side, at.price, posted, max_path_fee))
		})
		.max()
		.unwrap_or(0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const TICK: i64 = 5;

	fn step(side: Side, price: Price, wh: u64) -> Step {
		Step { side, price, wh }
	}

	#[test]
	fn a_buy_above_zero_holds_what_it_can_cost() {
		let posted = PostedBounds { short_max: 400, long_min: 50 };
		assert_eq!(worst_net_debt(&[step(Side::Buy, 220, 1_000)], posted, 10), 220_000);
	}

	#[test]
	fn a_buy_that_may_be_sold_back_below_zero_holds_that_too() {
		let posted = PostedBounds { short_max: 400, long_min: -50 };
		assert_eq!(worst_net_debt(&[step(Side::Buy, 220, 1_000)], posted, 10), 280_000);
	}

	#[test]
	fn a_buy_below_zero_whose_energy_is_returned_dearer_holds_nothing() {
		let posted = PostedBounds { short_max: 400, long_min: 50 };
		assert_eq!(worst_net_debt(&[step(Side::Buy, -20, 1_000)], posted, 10), 0);
	}

	#[test]
	fn a_sell_holds_what_buying_it_back_can_cost_beyond_its_price() {
		let posted = PostedBounds { short_max: 400, long_min: 50 };
		assert_eq!(worst_net_debt(&[step(Side::Sell, 90, 1_000)], posted, 10), 320_000);
	}

	#[test]
	fn a_sell_below_zero_holds_the_price_when_that_is_worse() {
		let posted = PostedBounds { short_max: -300, long_min: -400 };
		assert_eq!(worst_net_debt(&[step(Side::Sell, -90, 1_000)], posted, 10), 90_000);
	}

	#[test]
	fn an_order_of_no_steps_holds_nothing() {
		assert_eq!(worst_net_debt(&[], PostedBounds::default(), 10), 0);
	}

	#[test]
	fn the_bound_saturates_instead_of_overflowing() {
		let posted = PostedBounds { short_max: Price::MAX, long_min: Price::MIN };
		let steps = [step(Side::Buy, Price::MAX, u64::MAX); 16];
		assert!(worst_net_debt(&steps, posted, Fee::MAX) > 0);
	}

	/// Net debt of a position settled at `price`, by the rules of settlement and not by those of this module.
	fn debt(bought: i128, sold: i128, metered: i128, price: i128, long: i128, short: i128, path_fee: i128) -> i128 {
		let imbalance = metered - (bought - sold);
		let contract = (bought - sold) * price;
		let balancing = if imbalance > 0 {
			imbalance * (short + path_fee).max(price)
		} else {
			imbalance * (long - path_fee).min(price)
		};
		contract + balancing
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(400))]

		#[test]
		fn the_hold_covers_every_price_and_delivery_and_some_price_needs_all_of_it(
			buys in prop::collection::vec((-20i64..=40, 1u64..200), 0..5),
			sells in prop::collection::vec((1i64..=30, 1u64..200), 0..5),
			long_min in -100i64..100, width in 0i64..200, max_fee in 0u32..30,
		) {
			let posted = PostedBounds { long_min, short_max: long_min + width };
			let highest_buy = buys.iter().map(|(price, _)| *price).max().unwrap_or(-20);
			let steps: Vec<Step> = buys.iter().map(|(price, wh)| step(Side::Buy, price * TICK, *wh))
				.chain(sells.iter().map(|(above, wh)| step(Side::Sell, (highest_buy + above) * TICK, *wh)))
				.collect();
			let held = worst_net_debt(&steps, posted, max_fee) as i128;
			let mut worst = 0i128;
			for price in (-150..=450).step_by(TICK as usize) {
				let at_least = |side, strict: bool| -> i128 {
					steps.iter().filter(|s| s.side == side).filter(|s| match side {
						Side::Buy => s.price > price || (!strict && s.price == price),
						Side::Sell => s.price < price || (!strict && s.price == price),
					}).map(|s| s.wh as i128).sum()
				};
				for strict in [false, true] {
					let (bought, sold) = (at_least(Side::Buy, strict), at_least(Side::Sell, strict));
					prop_assert!(bought == 0 || sold == 0);
					for halves in 0..=2 {
						let metered = (bought - sold) * halves / 2;
						for (long, short) in [(long_min, long_min), (long_min, posted.short_max), (posted.short_max, posted.short_max)] {
							for fee in [0, max_fee] {
								let d = debt(bought, sold, metered, price.into(), long.into(), short.into(), fee.into());
								prop_assert!(d <= held, "debt {} beyond the {} held at {}", d, held, price);
								worst = worst.max(d);
							}
						}
					}
				}
			}
			prop_assert_eq!(worst, held);
		}
	}
}
