//! The solver against a linear programme, and prices against a plain search for their bounds.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{check, clear, Clearing, Error, Zone};
use common::{injected, market, Programme, HUGE, MIDDLE, SMALL};
use proptest::prelude::*;

/// Least and greatest supporting prices by relaxing every bound until nothing moves.
fn supporting_prices(zones: &[Zone], clearing: &Clearing) -> Vec<(i64, i64)> {
	let standing: Vec<i64> = zones
		.iter()
		.flat_map(|zone| &zone.levels)
		.filter(|level| level.buy + level.sell > 0)
		.map(|level| level.price)
		.collect();
	let fees: i64 = zones.iter().skip(1).map(|zone| zone.fee as i64).sum();
	let low = standing.iter().min().unwrap_or(&0) - fees;
	let high = standing.iter().max().unwrap_or(&0) + fees;
	let mut ranges = vec![(low, high); zones.len()];
	loop {
		let before = ranges.clone();
		for (index, zone) in zones.iter().enumerate() {
			let result = &clearing.zones[index];
			for level in &zone.levels {
				let at = level.price == result.price;
				let bought = if at { result.margin_buy } else { level.buy * u64::from(level.price > result.price) };
				let sold = if at { result.margin_sell } else { level.sell * u64::from(level.price < result.price) };
				if bought < level.buy || sold > 0 {
					ranges[index].0 = ranges[index].0.max(level.price);
				}
				if sold < level.sell || bought > 0 {
					ranges[index].1 = ranges[index].1.min(level.price);
				}
			}
			let Some(parent) = zone.parent.map(|parent| parent as usize) else { continue };
			let (fee, flow) = (zone.fee as i64, result.flow);
			let below_import = zone.import.is_none_or(|import| flow < import as i64);
			let below_export = zone.export.is_none_or(|export| -flow < export as i64);
			if below_import {
				// One more Wh in must not pay.
				let most = if flow < 0 { -fee } else { fee };
				ranges[index].1 = ranges[index].1.min(ranges[parent].1 + most);
				ranges[parent].0 = ranges[parent].0.max(ranges[index].0 - most);
			}
			if below_export {
				let least = if flow > 0 { fee } else { -fee };
				ranges[index].0 = ranges[index].0.max(ranges[parent].0 + least);
				ranges[parent].1 = ranges[parent].1.min(ranges[index].1 - least);
			}
		}
		if ranges == before {
			return ranges;
		}
	}
}

fn prices_are_midpoints(zones: &[Zone], clearing: &Clearing) -> Result<(), TestCaseError> {
	for (zone, (low, high)) in supporting_prices(zones, clearing).into_iter().enumerate() {
		prop_assert!(low <= high);
		prop_assert_eq!(clearing.zones[zone].price, (low + high).div_euclid(2), "zone {} in {}..{}", zone, low, high);
	}
	Ok(())
}

fn money_adds_up(zones: &[Zone], clearing: &Clearing) -> Result<(), TestCaseError> {
	// What buyers pay less what sellers and injections receive is what links earn.
	let mut paid = 0i128;
	for (zone, result) in zones.iter().zip(&clearing.zones) {
		paid -= i128::from(result.price) * i128::from(zone.injection);
		for level in &zone.levels {
			let buy = busbar_clearing::fill(true, level.price, level.buy, result, 0);
			let sell = busbar_clearing::fill(false, level.price, level.sell, result, 0);
			paid += i128::from(result.price) * (i128::from(buy) - i128::from(sell));
		}
	}
	prop_assert_eq!(paid, (clearing.fees + clearing.rent) as i128);
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

	#[test]
	fn small_markets_reach_the_optimum_and_trade_the_most(zones in market(SMALL)) {
		let clearing = clear(&zones).unwrap();
		check(&zones, &clearing).unwrap();
		prices_are_midpoints(&zones, &clearing)?;
		money_adds_up(&zones, &clearing)?;
		let programme = Programme::new(&zones);
		let welfare = clearing.welfare as f64;
		prop_assert!((programme.welfare() - welfare).abs() < 1e-5, "{} != {}", programme.welfare(), welfare);
		let most = programme.most_traded(welfare - 1e-7);
		prop_assert!((most - clearing.traded as f64).abs() < 1e-3, "{} != {}", most, clearing.traded);
	}

	#[test]
	fn middle_markets_reach_the_optimum(zones in market(MIDDLE)) {
		let clearing = clear(&zones).unwrap();
		check(&zones, &clearing).unwrap();
		prices_are_midpoints(&zones, &clearing)?;
		money_adds_up(&zones, &clearing)?;
		let welfare = Programme::new(&zones).welfare();
		prop_assert!((welfare - clearing.welfare as f64).abs() <= 1e-9 * welfare.abs() + 1e-3, "{} != {}", welfare, clearing.welfare);
	}

	#[test]
	fn injections_are_placed_exactly_or_refused_where_nothing_can_place_them(zones in injected(SMALL)) {
		let best = Programme::new(&zones).feasible_welfare();
		match clear(&zones) {
			Ok(clearing) => {
				check(&zones, &clearing).unwrap();
				prices_are_midpoints(&zones, &clearing)?;
				money_adds_up(&zones, &clearing)?;
				let (welfare, best) = (clearing.welfare as f64, best.unwrap());
				prop_assert!((best - welfare).abs() < 1e-5, "{} != {}", best, welfare);
				let most = Programme::new(&zones).most_traded(welfare - 1e-7);
				prop_assert!((most - clearing.traded as f64).abs() < 1e-3, "{} != {}", most, clearing.traded);
			},
			Err(Error::Surplus { .. } | Error::Shortage { .. }) => prop_assert_eq!(best, None),
			Err(error) => prop_assert!(false, "{}", error),
		}
	}

	#[test]
	fn huge_injections_stay_exact(zones in injected(HUGE)) {
		match clear(&zones) {
			Ok(clearing) => {
				check(&zones, &clearing).unwrap();
				money_adds_up(&zones, &clearing)?;
			},
			Err(error) => prop_assert!(matches!(error, Error::Surplus { .. } | Error::Shortage { .. }), "{}", error),
		}
	}

	#[test]
	fn huge_numbers_stay_exact(zones in market(HUGE)) {
		let clearing = clear(&zones).unwrap();
		check(&zones, &clearing).unwrap();
		money_adds_up(&zones, &clearing)?;
	}

	#[test]
	fn scaling_all_energy_scales_the_result(zones in market(SMALL), factor in 2..1000u64) {
		let mut scaled = zones.clone();
		for zone in &mut scaled {
			zone.import = zone.import.map(|wh| wh * factor);
			zone.export = zone.export.map(|wh| wh * factor);
			for level in &mut zone.levels {
				level.buy *= factor;
				level.sell *= factor;
			}
		}
		let (small, large) = (clear(&zones).unwrap(), clear(&scaled).unwrap());
		prop_assert_eq!(small.welfare * i128::from(factor), large.welfare);
		prop_assert_eq!(small.traded * factor, large.traded);
		for (small, large) in small.zones.iter().zip(&large.zones) {
			prop_assert_eq!(small.price, large.price);
			prop_assert_eq!(small.flow * factor as i64, large.flow);
			prop_assert_eq!(small.margin_buy * factor, large.margin_buy);
			prop_assert_eq!(small.margin_sell * factor, large.margin_sell);
		}
	}
}
