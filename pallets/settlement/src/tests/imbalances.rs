//! What imbalances cost, over random sessions, zones and bands: nothing is gained by not keeping to what was traded.

use crate::{
	bill::{Delivery, Outturn, Tariff},
	PostedPrices,
};
use busbar_primitives::{Amount, Contract, Fee, PointKind, Position, Price, SignedWh};
use proptest::prelude::*;
use sp_runtime::Permill;

/// A contract of `wh` (positive: bought) at one price.
fn traded(wh: SignedWh, price: Price) -> Contract {
	let position = Position { bought: wh.max(0) as u64, sold: wh.min(0).unsigned_abs() };
	let amount = -Amount::from(wh) * Amount::from(price);
	Contract { product: 0, position, amount, lowest: price, highest: price }
}

fn delivery(contracts: Vec<Contract>, price: Option<Price>, path_fee: Fee) -> Delivery {
	let position = contracts.iter().map(|contract| contract.position.net().unwrap()).sum();
	Delivery { kind: PointKind::Metered, contracts, position, price, path_fee, ordered: None, baseline: None }
}

fn tariff(short: Price, long: Price, levy: Price, per_cent: u32) -> Tariff {
	Tariff {
		posted: PostedPrices { short, long },
		levy_short: levy,
		levy_long: levy,
		sharing: Default::default(),
		tolerance: Permill::from_percent(per_cent),
	}
}

fn outturn(delivery: &Delivery, tariff: &Tariff, off: SignedWh) -> Outturn {
	delivery.outturn(tariff, Some(delivery.position + off)).unwrap()
}

/// What a point receives for being `off` Wh beyond its position, in nEUR.
fn receives(delivery: &Delivery, tariff: &Tariff, off: SignedWh) -> Amount {
	outturn(delivery, tariff, off).imbalance_amount()
}

#[test]
fn two_points_that_bought_at_20_and_at_100_earn_nothing_within_the_band() {
	// The zone's last auction ended at 60. Ten per cent of 100 Wh: ten are moved from the dear point to the cheap one. Before
	// they were settled at 20 and 100, 800 nEUR without risk; now at 60 both.
	let tariff = tariff(250, 10, 0, 10);
	let cheap = delivery(vec![traded(100, 20)], Some(60), 0);
	let dear = delivery(vec![traded(100, 100)], Some(60), 0);
	assert_eq!(receives(&cheap, &tariff, 10), -600);
	assert_eq!(receives(&dear, &tariff, -10), 600);
	// The other way round the unused purchases are returned at what they cost: 20, not 60.
	assert_eq!(receives(&cheap, &tariff, -10) + receives(&dear, &tariff, 10), 200 - 600);
}

#[test]
fn one_watt_hour_of_an_early_session_does_not_replace_the_price_of_the_zone() {
	// The utility posts 40 and the auction ended at 300: a home that draws 1,000 pays 300 each, one that bought one Wh early at
	// 10 paid 40 for the other 999 and now pays 300 too.
	let tariff = tariff(40, 10, 0, 0);
	assert_eq!(receives(&delivery(vec![], Some(300), 0), &tariff, 1_000), -300_000);
	assert_eq!(receives(&delivery(vec![traded(1, 10)], Some(300), 0), &tariff, 999), -299_700);
	// Fed in at an auction that ended at -5: not the 10 that is posted, with or without one Wh sold early at 90.
	assert_eq!(receives(&delivery(vec![], Some(-5), 0), &tariff, -1_000), -5_000);
	assert_eq!(receives(&delivery(vec![traded(-1, 90)], Some(-5), 0), &tariff, -999), -4_995);
}

#[test]
fn what_is_sold_and_not_delivered_costs_what_it_was_sold_for() {
	// Sold 10 at 30 and 10 at 90; the auction ended at 50, short is 60, fee 1. Five are missing: of those sold at 30, at 61.
	let tariff = tariff(60, 10, 0, 0);
	let seller = delivery(vec![traded(-10, 90), traded(-10, 30)], Some(50), 1);
	assert_eq!(receives(&seller, &tariff, 5), -305);
	// Fifteen: ten at 61, and five at 90. Twenty, and three drawn: ten at 61, ten at 90, three at 61.
	assert_eq!(receives(&seller, &tariff, 15), -610 - 450);
	assert_eq!(receives(&seller, &tariff, 23), -610 - 900 - 183);
	let shown = outturn(&seller, &tariff, 15);
	assert_eq!(crate::bill::price_of(shown.excess(), shown.charged), 0, "no single price is that");
	// A tenth of 20 is tolerated: two at 50.
	let tariff = Tariff { tolerance: Permill::from_percent(10), ..tariff };
	assert_eq!(receives(&seller, &tariff, 5), -100 - 183);
	// Of 23, two of those that were never sold, at 50; one at 61, ten at 61, ten at 90.
	assert_eq!(receives(&seller, &tariff, 23), -100 - 61 - 610 - 900);
}

#[test]
fn what_is_bought_and_not_used_earns_no_more_than_it_cost() {
	// Bought 10 at 20 and 10 at 5; the auction ended at 40, long is 12, fee 1.
	let tariff = tariff(60, 12, 0, 0);
	let buyer = delivery(vec![traded(10, 5), traded(10, 20)], Some(40), 1);
	// Ten at 11, then at 5; what is fed in besides at 11.
	assert_eq!(receives(&buyer, &tariff, -10), 110);
	assert_eq!(receives(&buyer, &tariff, -15), 110 + 25);
	assert_eq!(receives(&buyer, &tariff, -23), 110 + 50 + 33);
}

/// Two who alone trade in an interval, a million Wh back and forth at the floor of prices, with a tenth tolerated: one of them was
/// paid 50,000 nEUR for each Wh of 100,000 that it drew besides.
#[test]
fn who_makes_the_price_of_its_zone_alone_is_not_paid_for_drawing_more() {
	let tariff = tariff(300_000, 80_000, 0, 10);
	let friend = delivery(vec![traded(1_000_000, -50_000)], Some(-50_000), 10_000);
	assert_eq!(receives(&friend, &tariff, 100_000), -100_000 * 70_000);
	// Nor, at the cap, for more than it sold than what missing energy costs.
	let other = delivery(vec![traded(-1_000_000, 500_000)], Some(500_000), 10_000);
	assert_eq!(receives(&other, &tariff, -100_000), 100_000 * 310_000);
}

#[test]
fn a_book_that_was_traded_both_ways_counts_with_all_its_money() {
	// Sold 10 at 100 and bought 1 at 450 from a friend: 9 Wh for 550, which is 61.1 each, rounded up.
	let both = Contract {
		product: 1,
		position: Position { bought: 1, sold: 10 },
		amount: 1_000 - 450,
		lowest: 100,
		highest: 450,
	};
	// 61 lies below all its trades: the lowest of them counts.
	let tariff = tariff(40, 10, 0, 0);
	assert_eq!(receives(&delivery(vec![both], Some(50), 0), &tariff, 9), -900);
}

#[test]
fn without_a_price_of_its_zone_nothing_is_tolerated() {
	let tariff = tariff(60, 10, 0, 50);
	let seller = delivery(vec![traded(-10, 90)], None, 0);
	assert_eq!(receives(&seller, &tariff, 12), -900 - 120);
}

fn contracts() -> impl Strategy<Value = Vec<Contract>> {
	prop::collection::vec((-6..=6i64, -50..400i64).prop_map(|(wh, price)| traded(wh, price)), 0..4)
}

fn any_tariff() -> impl Strategy<Value = Tariff> {
	(-50..400i64, 0..300i64, 0..20i64, 0..=100u32)
		.prop_map(|(short, below, levy, per_cent)| tariff(short, short - below, levy, per_cent))
}

/// The least that an imbalance costs over every choice of what is not kept and what is tolerated, Wh by Wh.
fn least_cost(delivery: &Delivery, tariff: &Tariff, off: SignedWh) -> Amount {
	let (short, size) = (off > 0, off.unsigned_abs() as usize);
	let sign = if short { 1 } else { -1 };
	let fee = Price::from(delivery.path_fee);
	let ends = [tariff.posted.short + tariff.levy_short + fee, tariff.posted.long - tariff.levy_long - fee];
	let (posted, other) = if short { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
	let worse = |prices: &[Option<Price>]| {
		let prices = prices.iter().flatten().copied();
		if short {
			prices.max()
		} else {
			prices.min()
		}
	};
	// Every Wh that can be kept or not, with its price.
	let mut units: Vec<Price> = delivery
		.contracts
		.iter()
		.filter(|contract| contract.position.net().unwrap() * sign < 0)
		.flat_map(|contract| vec![contract.lowest; contract.position.net().unwrap().unsigned_abs() as usize])
		.collect();
	let kept_to = (delivery.position * sign).min(0).unsigned_abs() as usize;
	let broken = kept_to.min(size);
	let band = delivery.price.map_or(0, |_| tariff.tolerance.mul_floor(delivery.position.unsigned_abs())) as usize;
	units.sort_unstable();
	// All choices of `broken` units: the sorted ones from every start are enough for a least sum, but take every subset.
	let mut least = Amount::MAX;
	for subset in 0u32..1 << units.len() {
		if subset.count_ones() as usize != broken {
			continue;
		}
		let chosen = units.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, price)| Some(*price));
		let mut costs: Vec<(Amount, Amount)> = chosen
			.chain(core::iter::repeat_n(None, size - broken))
			.map(|traded| {
				let inside = worse(&[delivery.price, traded, Some(other)]).unwrap();
				let outside = worse(&[delivery.price, traded, Some(posted)]).unwrap();
				(Amount::from(inside * sign), Amount::from(outside * sign))
			})
			.collect();
		costs.sort_by_key(|(inside, outside)| inside - outside);
		let cost =
			costs.iter().enumerate().map(|(at, (inside, outside))| if at < band { inside } else { outside }).sum();
		least = least.min(cost);
	}
	least
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn an_imbalance_costs_the_least_that_the_rule_allows(
		contracts in contracts(), price in prop::option::weighted(0.9, -60..450i64), fee in 0..20u32,
		tariff in any_tariff(), off in -8..=8i64,
	) {
		let contracts: Vec<_> = contracts.into_iter().take(2).collect();
		let delivery = delivery(contracts, price, fee);
		prop_assert_eq!(receives(&delivery, &tariff, off), -least_cost(&delivery, &tariff, off));
	}

	/// Whatever those who alone trade make of the price of their zone, in the band or beyond it.
	#[test]
	fn no_price_of_a_zone_pays_for_drawing_more_than_left_over_energy_earns_or_for_feeding_in_more_than_missing_costs(
		contracts in contracts(), price in prop::option::of(-60..450i64), fee in 0..20u32, tariff in any_tariff(),
		off in -20..20i64,
	) {
		let delivery = delivery(contracts, price, fee);
		let (dear, cheap) =
			(tariff.posted.short + tariff.levy_short + i64::from(fee), tariff.posted.long - tariff.levy_long - i64::from(fee));
		let most = -Amount::from(off) * Amount::from(if off > 0 { cheap } else { dear });
		prop_assert!(receives(&delivery, &tariff, off) <= most);
	}

	/// So nothing is gained within a zone, and between zones no more than their prices differ, by however many points.
	#[test]
	fn moving_consumption_gains_no_more_than_the_zones_prices_differ(
		zones in prop::collection::vec((-60..450i64, 0..20u32), 2..4),
		points in prop::collection::vec((any::<prop::sample::Index>(), contracts()), 2..8),
		tariff in any_tariff(),
		moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..8i64), 1..12),
	) {
		let points: Vec<_> = points
			.into_iter()
			.map(|(zone, contracts)| {
				let (price, fee) = *zone.get(&zones);
				(price, delivery(contracts, Some(price), fee))
			})
			.collect();
		let mut off = vec![0; points.len()];
		for (from, to, wh) in moves {
			off[from.index(points.len())] -= wh;
			off[to.index(points.len())] += wh;
		}
		let gain: Amount = points.iter().zip(&off).map(|((_, delivery), off)| receives(delivery, &tariff, *off)).sum();
		// The dearest use of what was freed: every Wh at its zone's price.
		let most: Amount = points.iter().zip(&off).map(|((price, _), off)| -Amount::from(*price) * Amount::from(*off)).sum();
		prop_assert!(gain <= most, "gains {} of at most {}", gain, most);
		for ((price, delivery), off) in points.iter().zip(&off) {
			prop_assert!(receives(delivery, &tariff, *off) <= -Amount::from(*price) * Amount::from(*off));
		}
	}

	/// Whoever delivers part of what it sold keeps at most what the dearest of it was sold for.
	#[test]
	fn nothing_is_kept_of_what_was_sold_and_not_delivered(
		contracts in contracts(), price in -60..450i64, fee in 0..20u32, tariff in any_tariff(), share in 0..=100i64,
	) {
		let contracts: Vec<_> = contracts.into_iter().filter(|contract| contract.position.sold > 0).collect();
		let delivery = delivery(contracts, Some(price), fee);
		let delivered = -delivery.position * share / 100;
		let off = -delivery.position - delivered;
		let mut units: Vec<Price> =
			delivery.contracts.iter().flat_map(|contract| vec![contract.lowest; contract.position.sold as usize]).collect();
		units.sort_unstable_by_key(|price| core::cmp::Reverse(*price));
		let kept: Amount = units[..delivered as usize].iter().map(|price| Amount::from(*price)).sum();
		let all: Amount = delivery.contracts.iter().map(|contract| contract.amount).sum();
		prop_assert!(all + receives(&delivery, &tariff, off) <= kept);
	}

	/// Two points in the place of one, with any of its contracts and any of its energy each, cost no less.
	#[test]
	fn a_split_into_points_gains_nothing(
		contracts in contracts(), sides in prop::collection::vec(any::<bool>(), 4), price in -60..450i64,
		fee in 0..20u32, tariff in any_tariff(), offs in (-20..20i64, -20..20i64),
	) {
		let sold = contracts.iter().map(|contract| contract.position.net().unwrap()).sum::<i64>() < 0;
		// Of like sign.
		let of_sign = contracts.into_iter().filter(|contract| (contract.position.net().unwrap() < 0) == sold);
		let (one, other): (Vec<_>, Vec<_>) = of_sign.zip(sides).partition(|(_, side)| *side);
		let strip = |part: Vec<(Contract, bool)>| part.into_iter().map(|(contract, _)| contract).collect::<Vec<_>>();
		let (one, other) = (strip(one), strip(other));
		let whole = delivery([one.clone(), other.clone()].concat(), Some(price), fee);
		let parts = [delivery(one, Some(price), fee), delivery(other, Some(price), fee)];
		// What sells feeds in, and what buys draws: a point that feeds in and one that draws are not one point, split.
		let like = |part: &Delivery, off: SignedWh| {
			let metered = part.position + off;
			if sold { metered.min(0) } else { metered.max(0) }.saturating_sub(part.position)
		};
		let offs = (like(&parts[0], offs.0), like(&parts[1], offs.1));
		let split = receives(&parts[0], &tariff, offs.0) + receives(&parts[1], &tariff, offs.1);
		prop_assert!(split <= receives(&whole, &tariff, offs.0 + offs.1));
	}
}
