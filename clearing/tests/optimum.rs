//! The solver against a linear programme, and prices against a plain search for their bounds.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{check, clear, Clearing, Error, Zone, ZoneResult};
use common::{injected, market, paid_by_levels, prices_are_midpoints, Programme, HUGE, MIDDLE, SMALL};
use proptest::prelude::*;

fn money_adds_up(zones: &[Zone], clearing: &Clearing) -> Result<(), TestCaseError> {
	// What buyers pay less what sellers and injections receive is what links earn.
	let amount = |(zone, result): (&Zone, &ZoneResult)| i128::from(result.price) * i128::from(zone.injection);
	let injected: i128 = zones.iter().zip(&clearing.zones).map(amount).sum();
	prop_assert_eq!(paid_by_levels(zones, clearing) - injected, (clearing.fees + clearing.rent) as i128);
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
