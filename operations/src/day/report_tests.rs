//! Tests of the report's sums.

use super::*;
use crate::cleared::tests::sample;
use crate::gridmodel::{Bus, DataPoint, Day, PlannedPoint, PlannedZone};
use busbar_primitives::{api::StatementLine, Line, Link, Phase};

/// The sample market: the load in the root buys 10 Wh of the plant in zone 1 and draws 12.
fn world() -> (DataSet, Plan, Record) {
	let point = |name: &str, kind| DataPoint { point: name.into(), bus: 0, kind, rated_w: 100, row: 1 };
	let data = DataSet {
		name: "two".into(),
		day: Day::Summer,
		buses: vec![Bus { bus: 0, vn_kv: 0.4, row: 1 }],
		segments: vec![],
		transformers: vec![],
		points: vec![point("load-0", Kind::Load), point("pv-0", Kind::Pv)],
		slack: 0,
		starts: vec![Start::minutes(660)],
		profile: vec![vec![12, 10]],
	};
	let planned =
		|name: &str, zone, kind| PlannedPoint { name: name.into(), zone, kind, import_w: 1, export_w: 1, row: 1 };
	let zone = |parent, fee| {
		let link = Link { fee, ..Link::default() };
		PlannedZone { bus: 0, parent, link, depth: 0, through: vec![] }
	};
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
		paid_ms: Some(8_000),
	};
	(data, plan, record)
}

fn run() -> Run {
	Run {
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
	}
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
	let report = tally.report(run(), 1);
	assert_eq!((report.imported_wh, report.exported_wh, report.grid_fees), (0, 10, 10));
	assert_eq!((report.ordered_load_wh, report.accepted_load_wh), (10, 10));
	assert!((report.self_sufficiency - 10.0 / 12.0).abs() < 1e-12);
	assert!((report.locally_traded_share - 10.0 / 12.0).abs() < 1e-12);
	assert_eq!((report.from_utility_wh, report.to_utility_wh), (0, 0));
	assert_eq!(report.timeline[0].start, "11:00");
	// The sample's plant sells far below the tariff.
	assert_eq!((report.worse_off, report.worse_off_without_errors), (1, 1));
	assert_eq!((report.settled_intervals, report.cleared_intervals), (1, 1));
	assert_eq!((report.seconds_to_pay_p50, report.seconds_to_pay_p99), (Some(8.0), Some(8.0)));
}

#[test]
fn sellers_are_paid_within_the_percentiles() {
	let (data, plan, record) = world();
	let records: Vec<_> = (1..=100).map(|s| Record { paid_ms: Some(s * 1_000), ..record.clone() }).collect();
	let report = Tally::new(&data, &plan, &[0, 1], 0, &records).report(run(), 100);
	assert_eq!((report.seconds_to_pay_p50, report.seconds_to_pay_p99), (Some(50.0), Some(99.0)));
	let nobody = Record { paid_ms: None, ..record };
	let report = Tally::new(&data, &plan, &[0, 1], 0, &[nobody]).report(run(), 1);
	assert_eq!((report.seconds_to_pay_p50, report.seconds_to_pay_p99), (None, None));
}

#[test]
fn the_local_share_of_load_cannot_pass_one_and_the_utilitys_part_is_not_in_it() {
	let share = |used: u64, change: &dyn Fn(&mut Record)| {
		let (mut data, plan, mut record) = world();
		data.profile = vec![vec![used, 10]];
		change(&mut record);
		let report = Tally::new(&data, &plan, &[0, 1], 0, &[record]).report(run(), 1);
		(report.locally_traded_share, report.from_utility_wh, report.to_utility_wh)
	};
	let as_it_is = |_: &mut Record| {};
	// The load bought 10 Wh of its neighbour and used 4 of them.
	assert_eq!(share(4, &as_it_is), (1.0, 0, 0));
	assert_eq!(share(20, &as_it_is), (0.5, 0, 0));
	// The seller is the utility, or the buyer.
	assert_eq!(share(20, &|record| record.cleared.orders[1].point = 9), (0.0, 10, 0));
	assert_eq!(share(20, &|record| record.cleared.orders[0].point = 9), (0.0, 0, 10));
}

#[test]
fn who_only_errs_is_worse_off_but_not_without_the_errors() {
	let (data, plan, record) = world();
	let mut tally = Tally::new(&data, &plan, &[0, 1], 0, &[record]);
	tally.bills.get_mut("pv-0").unwrap().conventional = 0;
	let bill = tally.bills.get_mut("load-0").unwrap();
	(bill.market, bill.imbalance_cost, bill.conventional) = (120, 30, 100);
	assert_eq!(bill.without_errors(), 90);
	assert_eq!(tally.worse_off(), Vec::<String>::new());
	let report = tally.report(run(), 1);
	assert_eq!((report.worse_off, report.worse_off_without_errors), (1, 0));
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
