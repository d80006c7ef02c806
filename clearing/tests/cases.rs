//! Every case file of the project clears to what it expects.

#![allow(clippy::unwrap_used)]

use busbar_clearing::{check, check_fills, clear, orders, Zone};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

#[derive(Deserialize)]
struct Case {
	zones: Vec<CaseZone>,
	orders: Vec<CaseOrder>,
	expect: Expect,
}

#[derive(Deserialize)]
struct CaseZone {
	id: u32,
	parent: Option<u32>,
	import_wh: Option<u64>,
	export_wh: Option<u64>,
	#[serde(default)]
	fee: u64,
}

#[derive(Deserialize)]
struct CaseOrder {
	zone: u32,
	steps: Vec<CaseStep>,
}

#[derive(Deserialize)]
struct CaseStep {
	side: String,
	price: i64,
	wh: u64,
}

#[derive(Deserialize)]
struct Expect {
	welfare: i64,
	#[serde(default)]
	prices: BTreeMap<String, i64>,
	#[serde(default)]
	flows_wh: BTreeMap<String, i64>,
	#[serde(default)]
	congestion_rent: BTreeMap<String, u64>,
	traded_wh: Option<u64>,
	fees: Option<u64>,
}

fn run(path: &Path) {
	let case: Case = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
	let mut zones = Vec::new();
	for (index, zone) in case.zones.iter().enumerate() {
		assert_eq!(zone.id as usize, index, "the examples number zones in order");
		let CaseZone { parent, import_wh: import, export_wh: export, fee, .. } = *zone;
		zones.push(Zone { parent, import, export, fee, ..Default::default() });
	}
	let side = |step: &CaseStep| if step.side == "buy" { orders::Side::Buy } else { orders::Side::Sell };
	let steps = |order: &CaseOrder| {
		order.steps.iter().map(|step| orders::Step { side: side(step), price: step.price, wh: step.wh }).collect()
	};
	let orders: Vec<_> =
		case.orders.iter().map(|order| orders::Order { zone: order.zone, steps: steps(order) }).collect();
	orders::add(&mut zones, &orders).unwrap();

	let clearing = clear(&zones).unwrap();
	check(&zones, &clearing).unwrap();
	let fills = orders::fills(&orders, &clearing);
	check_fills(&orders, &clearing, &fills).unwrap();

	let name = path.display();
	let expect = case.expect;
	assert_eq!(clearing.welfare, expect.welfare.into(), "{name}");
	let zone = |id: &String| &clearing.zones[id.parse::<usize>().unwrap()];
	for (id, price) in &expect.prices {
		assert_eq!(zone(id).price, *price, "{name}: price of zone {id}");
	}
	for (id, flow) in &expect.flows_wh {
		assert_eq!(zone(id).flow, *flow, "{name}: flow into zone {id}");
	}
	for (id, rent) in &expect.congestion_rent {
		assert_eq!(zone(id).rent, u128::from(*rent), "{name}: rent of zone {id}");
	}
	if let Some(traded) = expect.traded_wh {
		assert_eq!(clearing.traded, traded, "{name}");
	}
	if let Some(fees) = expect.fees {
		assert_eq!(clearing.fees, fees.into(), "{name}");
	}
	// What the orders hold adds up to what the zones say.
	let sum = |wanted| {
		let of = |(order, fills): (&orders::Order, &Vec<u64>)| -> u64 {
			order.steps.iter().zip(fills).filter(|(step, _)| step.side == wanted).map(|(_, fill)| fill).sum()
		};
		orders.iter().zip(&fills).map(of).sum::<u64>()
	};
	assert_eq!(sum(orders::Side::Buy), clearing.traded, "{name}");
	assert_eq!(sum(orders::Side::Sell), clearing.traded, "{name}");
}

#[test]
fn every_case_file_clears_to_what_it_expects() {
	let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
	let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
	let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
	assert!(files.len() >= 7, "the case files are missing");
	files.iter().for_each(|path| run(path));
}
