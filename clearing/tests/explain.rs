//! Why a zone has its price.

#![allow(clippy::unwrap_used)]

mod common;

use busbar_clearing::{
	clear, explain, orders::Side, supporting_prices, Bound, Cause, Clearing, Explanation, Full, Origin, Zone,
};
use common::{injected, market, zone, HUGE, SMALL};
use proptest::prelude::*;

fn explained(zones: &[Zone]) -> (Clearing, Vec<Explanation>) {
	let clearing = clear(zones).unwrap();
	let explanations = explain(zones, &clearing).unwrap();
	(clearing, explanations)
}

#[test]
fn a_step_accepted_in_part_is_its_zones_own_margin_and_the_other_follows_the_link() {
	let mut zones = [zone(None, &[(10, 0, 50)]), zone(Some(0), &[(30, 20, 0)])];
	zones[1].fee = 4;
	let (clearing, explanations) = explained(&zones);
	assert_eq!(explanations[0].cause, Cause::OwnMargin { accepted: (0, 20), standing: (0, 50) });
	assert_eq!(explanations[1].cause, Cause::Link { neighbour: 0, link: 1 });
	assert_eq!((clearing.zones[1].price, explanations[1].full), (14, None));
}

#[test]
fn a_parent_follows_its_child_when_the_margin_lies_below() {
	let mut zones = [zone(None, &[(30, 20, 0)]), zone(Some(0), &[(10, 0, 50)])];
	zones[1].fee = 4;
	let (_, explanations) = explained(&zones);
	assert_eq!(explanations[0].cause, Cause::Link { neighbour: 1, link: 1 });
	assert_eq!(explanations[1].cause, Cause::OwnMargin { accepted: (0, 20), standing: (0, 50) });
}

#[test]
fn a_reached_limit_is_named_and_parts_the_prices() {
	let mut zones = [zone(None, &[(10, 0, 50)]), zone(Some(0), &[(30, 20, 0)]), zone(Some(0), &[(2, 0, 9)])];
	zones[1].import = Some(12);
	zones[2].export = Some(3);
	let (clearing, explanations) = explained(&zones);
	assert_eq!(explanations[1].full, Some(Full::Import(12)));
	assert_eq!(explanations[1].cause, Cause::OwnMargin { accepted: (12, 0), standing: (20, 0) });
	assert_eq!(explanations[2].full, Some(Full::Export(3)));
	assert_eq!((clearing.zones[1].rent, clearing.zones[2].rent), (12 * 20, 3 * 8));
}

#[test]
fn a_midpoint_names_the_steps_that_end_it_and_the_way_that_they_take() {
	// Everything is accepted: the seller would take 2 and more, the buyer pay 9 at most, less the fee of 1 on the way.
	let mut zones = [zone(None, &[(2, 0, 5)]), zone(Some(0), &[(9, 5, 0)])];
	zones[1].fee = 1;
	let (clearing, explanations) = explained(&zones);
	let sold = Origin { zone: 0, side: Side::Sell, price: 2, accepted: true };
	let bought = Origin { zone: 1, side: Side::Buy, price: 9, accepted: true };
	let low = |price, via| Bound { price, via, origin: Some(sold) };
	let high = |price, via| Bound { price, via, origin: Some(bought) };
	assert_eq!(clearing.zones.iter().map(|zone| zone.price).collect::<Vec<_>>(), [5, 6]);
	assert_eq!(explanations[0].cause, Cause::Midpoint { low: low(2, None), high: high(8, Some(1)) });
	assert_eq!(explanations[1].cause, Cause::Midpoint { low: low(3, Some(0)), high: high(9, None) });
}

#[test]
fn an_end_that_no_step_sets_has_no_origin() {
	let zones = [zone(None, &[(5, 10, 0)])];
	let (_, explanations) = explained(&zones);
	let left = Origin { zone: 0, side: Side::Buy, price: 5, accepted: false };
	let low = Bound { price: 5, via: None, origin: Some(left) };
	assert_eq!(explanations[0].cause, Cause::Midpoint { low, high: Bound { price: 5, via: None, origin: None } });
	let (_, nothing) = explained(&[zone(None, &[])]);
	let open = Bound { price: 0, via: None, origin: None };
	assert_eq!(nothing[0].cause, Cause::Midpoint { low: open, high: open });
}

#[test]
fn a_wrong_result_is_not_explained() {
	let zones = [zone(None, &[(5, 10, 3)])];
	let mut clearing = clear(&zones).unwrap();
	clearing.traded += 1;
	assert!(explain(&zones, &clearing).is_err());
}

/// That every explanation says what the result and the range of supporting prices show.
fn explained_prices(zones: &[Zone], clearing: &Clearing) -> Result<(), TestCaseError> {
	let explanations = explain(zones, clearing).unwrap();
	let ranges = supporting_prices(zones, clearing).unwrap();
	for (index, (explanation, (least, most))) in explanations.iter().zip(&ranges).enumerate() {
		let price = clearing.zones[index].price;
		match explanation.cause {
			Cause::OwnMargin { accepted: (buy, sell), standing } => {
				prop_assert!(least == most && (buy < standing.0 || sell < standing.1 || (buy > 0 && sell > 0)));
				prop_assert!(buy > 0 || sell > 0 || (standing.0 > 0 && standing.1 > 0));
			},
			Cause::Link { neighbour, link } => {
				let fee = zones[link as usize].fee;
				prop_assert!(price.abs_diff(clearing.zones[neighbour as usize].price) == fee);
				prop_assert!(clearing.zones[link as usize].flow != 0 || fee == 0);
				prop_assert_eq!(clearing.zones[link as usize].rent, 0);
			},
			Cause::Midpoint { low, high } => {
				prop_assert_eq!((low.price, high.price), (*least, *most));
				prop_assert_eq!(price, (low.price + high.price).div_euclid(2));
				for bound in [low, high] {
					let Some(origin) = bound.origin else { continue };
					let levels = &zones[origin.zone as usize].levels;
					prop_assert!(levels.iter().any(|level| level.price == origin.price));
					prop_assert_eq!(bound.via.is_none(), origin.zone as usize == index);
				}
			},
		}
		if explanation.full.is_none() {
			prop_assert_eq!(clearing.zones[index].rent, 0);
		}
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

	#[test]
	fn every_explanation_holds(zones in prop_oneof![market(SMALL), market(HUGE), injected(SMALL)]) {
		// Injections may leave nothing to clear.
		let Ok(clearing) = clear(&zones) else { return Ok(()) };
		explained_prices(&zones, &clearing)?;
	}
}
