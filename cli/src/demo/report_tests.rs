//! Tests of the report's sums.

use super::*;
use crate::{
	commands::export::tests::sample,
	demo::{
		data::{Bus, DataPoint},
		plan::{PlannedPoint, PlannedZone},
	},
};
use busbar_primitives::{api::StatementLine, Line, Link, Phase};

/// The sample market: the load in the root buys 10 Wh of the plant in zone 1 and draws 12.
fn world() -> (DataSet, Plan, Record) {
	let point = |name: &str, kind| DataPoint { point: name.into(), bus: 0, kind, rated_w: 100 };
	let data = DataSet {
		name: "two".into(),
		buses: vec![Bus { bus: 0, vn_kv: 0.4 }],
		segments: vec![],
		transformers: vec![],
		points: vec![point("load-0", Kind::Load), point("pv-0", Kind::Pv)],
		slack: 0,
		profile: vec![vec![12, 10]],
	};
	let planned = |name: &str, zone, kind| PlannedPoint { name: name.into(), zone, kind, import_w: 1, export_w: 1 };
	let zone = |parent, fee| PlannedZone { bus: 0, parent, link: Link { fee, ..Link::default() }, depth: 0 };
	let plan = Plan {
		zones: vec![zone(None, 0), zone(Some(0), 1)],
		points: vec![planned("load-0", 0, Kind::Load), planned("pv-0", 1, Kind::Pv)],
		coupling_w: 0,
	};
	let mut cleared = sample();
	cleared.status.phase = Phase::Settled;
	let line = |index, party, cause, wh, price, amount| StatementLine {
		index,
		line: Line { version: 1, party, cause, wh, price, amount },
	};
	let lines = vec![
		line(0, Party::Point(0), Cause::Contract, 10, 75, -750),
		line(1, Party::Point(0), Cause::Imbalance, 2, 100, -200),
		line(2, Party::Point(1), Cause::Contract, -10, 74, 740),
		line(3, Party::GridOperator, Cause::GridFee, 0, 0, 10),
		line(4, Party::Balancing, Cause::Imbalance, -2, 0, 200),
	];
	let leaves: Vec<_> = lines.iter().map(|line| line.line.leaf(4, line.index)).collect();
	cleared.status.statement_root = Some(busbar_merkle::root(&leaves));
	let record = Record {
		quarter: 0,
		cleared,
		lines,
		orders_submitted: 2,
		orders_accepted: 2,
		transactions: 7,
		refusals: vec![],
	};
	(data, plan, record)
}

#[test]
fn bills_and_shares_add_up() {
	let (data, plan, record) = world();
	let tally = Tally::new(&data, &plan, &[0, 1], 0, &[record]);
	assert_eq!(tally.failures, Vec::<String>::new());
	let bill = &tally.bills["load-0"];
	assert_eq!((bill.market, bill.imbalance_cost), (950, 2 * (100 - 75)));
	assert_eq!(bill.conventional, 220_000 * 12);
	let plant = &tally.bills["pv-0"];
	assert_eq!((plant.market, plant.conventional), (-740, -(90_000 - 1) * 10));
	let run = Run {
		data: "two".into(),
		day: "summer".into(),
		seed: 1,
		interval_s: 900,
		interval_clock_s: 6,
		congested_zone: None,
		members: 2,
		zones: 2,
		first_interval: 4,
		setup_s: 0.0,
	};
	let report = tally.report(run, 1);
	assert_eq!((report.imported_wh, report.exported_wh, report.grid_fees), (0, 10, 10));
	assert_eq!((report.ordered_load_wh, report.accepted_load_wh), (10, 10));
	assert!((report.self_sufficiency - 10.0 / 12.0).abs() < 1e-12);
	assert!((report.locally_traded_share - 10.0 / 12.0).abs() < 1e-12);
	assert_eq!((report.settled_intervals, report.cleared_intervals), (1, 1));
}

#[test]
fn a_line_that_was_tampered_with_is_found() {
	let (data, plan, mut record) = world();
	record.lines[0].line.amount = -749;
	let failures = Tally::new(&data, &plan, &[0, 1], 0, &[record]).failures;
	assert!(failures.iter().any(|failure| failure.contains("sum to 1 nEUR")), "{failures:?}");
	assert!(failures.iter().any(|failure| failure.contains("statement root")), "{failures:?}");
}

#[test]
fn a_broken_limit_and_unequal_trade_are_found() {
	let (data, plan, mut record) = world();
	record.cleared.zones[1].link.export_w = Some(4);
	record.cleared.orders[0].accepted = vec![9];
	let tally = Tally::new(&data, &plan, &[0, 1], 0, &[record]);
	assert!(!tally.limits_respected);
	assert!(tally.failures.iter().any(|failure| failure.contains("9 Wh bought, 10 Wh sold")), "{:?}", tally.failures);
}

#[test]
fn an_unsettled_interval_is_a_failure() {
	let (data, plan, mut record) = world();
	record.cleared.status.phase = Phase::Debits;
	let tally = Tally::new(&data, &plan, &[0, 1], 0, &[record]);
	assert!(tally.failures.iter().any(|failure| failure.contains("not settled")));
}
