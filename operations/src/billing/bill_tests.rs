use super::{
	super::{
		basis::{Basis, Newer},
		totals::{json, word},
	},
	*,
};
use busbar_primitives::{api::Clock, Amount, Quality, SignedWh, Wh};

/// 2026-01-01T00:00:00Z, in ms.
const NEW_YEAR: u64 = 1_767_225_600_000;
const POINT: PointId = 3;
/// Whose bill the samples are.
pub const MEMBER: ParticipantId = ParticipantId([7; 16]);
pub const RETAILER: ParticipantId = ParticipantId([9; 16]);

pub fn calendar() -> Calendar {
	let clock = Clock {
		now: NEW_YEAR,
		epoch: NEW_YEAR,
		interval_clock_s: 900,
		interval_s: 900,
		current: 0,
		next_gate: None,
		first_unopened: 0,
	};
	Calendar::new(&clock, "Europe/Berlin", None).unwrap()
}

fn heading() -> Heading {
	Heading {
		genesis: H256::repeat_byte(1),
		block: 7,
		block_hash: H256::repeat_byte(2),
		at: "2026-12-01T00:00:00+00:00".into(),
		account: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into(),
		participant: MEMBER,
		points: vec![POINT],
	}
}

/// A line of the point: contracts at 200,001 nEUR/Wh, everything else at 250,000.
pub fn line(interval: Interval, index: u32, cause: &str, wh: SignedWh) -> BillLine {
	let price = if cause == "contract" { 200_001 } else { 250_000 };
	let traded = |bought| Traded {
		product: 0,
		kind: "auction".into(),
		bought,
		sold: 0,
		lowest: price,
		highest: price,
		order: None,
	};
	BillLine {
		interval,
		start: calendar().start_text(interval).unwrap(),
		state: State::Final,
		point: Some(POINT),
		party: serde_json::json!({ "point": POINT }),
		index,
		version: 1,
		cause: cause.into(),
		wh,
		price,
		amount: -i128::from(price) * i128::from(wh),
		contract: (cause == "contract").then(|| traded(wh.unsigned_abs())),
		statement_root: H256::repeat_byte(3),
		proof: None,
	}
}

pub fn reading(interval: Interval, import: Wh, export: Wh, quality: Quality) -> Reading {
	Reading {
		interval,
		start: calendar().start_text(interval).unwrap(),
		point: POINT,
		import,
		export,
		quality,
		version: 1,
		meter: 9,
		operator: ParticipantId([8; 16]),
		dataset_version: 1,
		dataset_root: Some(H256::repeat_byte(4)),
		dataset_content: Some(H256::repeat_byte(5)),
	}
}

/// What settlement says of the point: settled on the first version of its reading.
pub fn statement(interval: Interval, payer: ParticipantId) -> PointStatement {
	PointStatement {
		interval,
		start: calendar().start_text(interval).unwrap(),
		state: State::Final,
		point: POINT,
		basis: Basis { payer, reading: 1, reading_shown: true, newer: None },
	}
}

/// A bill in which every interval buys 10 Wh and uses as much as its place in the period says, from 0 to 9 Wh more.
pub fn sample_with(text: &str, state: impl Fn(u32) -> State) -> (Bill, Calendar) {
	let (calendar, period) = (calendar(), Period::parse(text).unwrap());
	let days = calendar.days(&period).unwrap();
	let intervals = days.iter().flat_map(|day| day.intervals.clone());
	let found = (0u32..).zip(intervals).map(|(at, interval)| {
		let (extra, state) = (at % 10, state(at));
		let mut lines = vec![line(interval, 0, "contract", 10), line(interval, 1, "imbalance", i64::from(extra))];
		lines.iter_mut().for_each(|line| line.state = state);
		let readings = vec![reading(interval, 10 + u64::from(extra), 0, Quality::Measured)];
		let root = (state == State::Pruned).then_some(H256::repeat_byte(6));
		let statements = vec![PointStatement { state, ..statement(interval, MEMBER) }];
		(interval, Found { interval, state, statements, lines, readings, root })
	});
	let bill = Bill::new(heading(), &calendar, &period, &days, found.collect()).unwrap();
	(bill, calendar)
}

pub fn sample(text: &str) -> (Bill, Calendar) {
	sample_with(text, |_| State::Final)
}

/// A bill whose lines and readings are replaced; their intervals are settled and the member's.
pub fn sample_of(text: &str, lines: Vec<BillLine>, readings: Vec<Reading>) -> (Bill, Calendar) {
	let intervals = lines.iter().map(|line| line.interval).chain(readings.iter().map(|reading| reading.interval));
	let intervals: BTreeSet<_> = intervals.collect();
	let statements = intervals.into_iter().map(|interval| statement(interval, MEMBER)).collect();
	sample_settled(text, heading(), statements, lines, readings)
}

/// A bill of what settlement says.
fn sample_settled(
	text: &str,
	heading: Heading,
	statements: Vec<PointStatement>,
	lines: Vec<BillLine>,
	readings: Vec<Reading>,
) -> (Bill, Calendar) {
	let (calendar, period) = (calendar(), Period::parse(text).unwrap());
	let days = calendar.days(&period).unwrap();
	let found = days.iter().flat_map(|day| day.intervals.clone()).map(|interval| {
		let statements = statements.iter().filter(|statement| statement.interval == interval).cloned().collect();
		let lines = lines.iter().filter(|line| line.interval == interval).cloned().collect();
		let readings = readings.iter().filter(|reading| reading.interval == interval).cloned().collect();
		(interval, Found { interval, state: State::Final, statements, lines, readings, root: None })
	});
	let bill = Bill::new(heading, &calendar, &period, &days, found.collect()).unwrap();
	(bill, calendar)
}

/// The owner's bill of a day: it buys 1,000 Wh in the first interval, then a retailer answers for the point in two
/// intervals of 300 and 500 Wh, then it buys again.
pub fn sample_with_retailer() -> (Bill, Calendar) {
	let first = sample("2026-03-29").0.period.first_interval;
	let payers = [MEMBER, RETAILER, RETAILER, MEMBER];
	let statements = payers.into_iter().zip(first..).map(|(payer, interval)| statement(interval, payer)).collect();
	let lines = vec![line(first, 0, "contract", 1_000), line(first + 3, 0, "contract", 200)];
	let import = [1_000, 300, 500, 200].into_iter().zip(first..);
	let readings = import.map(|(wh, interval)| reading(interval, wh, 0, Quality::Measured)).collect();
	sample_settled("2026-03-29", heading(), statements, lines, readings)
}

/// The bill of a participant that owns no point and answers for one as its retailer.
pub fn sample_of_retailer() -> (Bill, Calendar) {
	let first = sample("2026-03-29").0.period.first_interval;
	let heading = Heading { participant: RETAILER, points: Vec::new(), ..heading() };
	let statements = vec![statement(first + 1, RETAILER), statement(first + 2, RETAILER)];
	let lines = vec![line(first + 1, 0, "imbalance", 300), line(first + 2, 0, "imbalance", 500)];
	let readings = vec![reading(first + 1, 300, 0, Quality::Measured), reading(first + 2, 500, 0, Quality::Measured)];
	sample_settled("2026-03-29", heading, statements, lines, readings)
}

/// A bill of one interval whose second reading came after the first was settled.
pub fn sample_with_newer_reading(newer: Newer) -> (Bill, Calendar) {
	let first = sample("2026-03-29").0.period.first_interval;
	let mut statement = statement(first, MEMBER);
	statement.basis = Basis { reading_shown: false, newer: Some(newer), ..statement.basis };
	let mut reading = reading(first, 12, 0, Quality::Corrected);
	reading.version = 2;
	sample_settled("2026-03-29", heading(), vec![statement], vec![line(first, 0, "contract", 10)], vec![reading])
}

#[test]
fn days_and_causes_sum_to_the_whole() {
	let bill = sample("2026-03").0;
	assert_eq!(bill.days.len(), 31);
	assert_eq!(bill.coverage.intervals, 31 * 96 - 4);
	assert!(bill.coverage.complete && bill.warnings().is_empty());
	let lines: Amount = bill.lines.iter().map(|line| line.amount).sum();
	let days: Amount = bill.days.iter().map(|day| day.totals.amount).sum();
	let causes: Amount = bill.totals.causes.iter().map(|total| total.amount).sum();
	assert_eq!((bill.totals.amount, days, causes), (lines, lines, lines));
	assert_eq!(bill.totals.causes[0].amount, -(2_972 * 10 * 200_001));
	assert_eq!(bill.totals.import, bill.days.iter().map(|day| day.totals.import).sum());
	let spring = bill.days.iter().find(|day| day.date == "2026-03-29").unwrap();
	assert_eq!((spring.intervals, spring.totals.causes[0].lines), (92, 92));
}

#[test]
fn sums_stay_exact_where_floating_point_would_not() {
	let day = calendar().day("2026-03-29".parse().unwrap()).unwrap();
	let mut large = line(day.intervals.start, 0, "contract", 1);
	large.amount = (1 << 100) + 1;
	let small = line(day.intervals.start, 1, "imbalance", 0);
	let (bill, _) = sample_of("2026-03-29", vec![large, BillLine { amount: 1, ..small }], Vec::new());
	assert_eq!(bill.totals.amount, (1 << 100) + 2);
	let json = serde_json::to_value(&bill).unwrap();
	assert_eq!(json["totals"]["amount"], "1267650600228229401496703205378");
}

#[test]
fn a_sum_beyond_its_type_is_an_error() {
	let mut lines = vec![line(0, 0, "contract", 1), line(0, 1, "contract", 1)];
	lines.iter_mut().for_each(|line| line.amount = Amount::MAX);
	assert!(Totals::of(&lines, &[]).is_err());
}

#[test]
fn pruned_intervals_are_named_and_not_billed() {
	let (bill, _) = sample_with("2026-03-28..2026-03-29", |at| match at {
		0..=95 => State::Pruned,
		96..=99 => State::Settled,
		190.. => State::Unsettled,
		_ => State::Final,
	});
	let own: u32 = 96 + 92;
	assert_eq!((bill.coverage.intervals, bill.coverage.billed, bill.coverage.r#final), (own, 92, 88));
	assert!(!bill.coverage.complete);
	assert_eq!((bill.days[0].billed, bill.days[0].totals.amount), (0, 0));
	let gap = &bill.coverage.gaps[0];
	assert_eq!((gap.state, gap.intervals, gap.start.as_str()), (State::Pruned, 96, "2026-03-28T00:00:00+01:00"));
	assert_eq!(bill.pruned_roots.len(), 96);
	let warnings = bill.warnings().join("\n");
	assert!(warnings.contains("incomplete: 96 of its 188"), "{warnings}");
	assert!(warnings.contains("only their statement roots are left"), "{warnings}");
	assert!(warnings.contains("4 intervals are settled but not final"), "{warnings}");
}

#[test]
fn gaps_of_different_reasons_stay_apart() {
	let (bill, _) = sample_with("2026-03-29", |at| match at {
		0 | 1 | 5 => State::Pruned,
		2 => State::NeverOpened,
		91 => State::NotOpened,
		90 => State::Unsettled,
		_ => State::Final,
	});
	let gaps: Vec<_> = bill.coverage.gaps.iter().map(|gap| (gap.state, gap.intervals)).collect();
	assert_eq!(
		gaps,
		[(State::Pruned, 2), (State::NeverOpened, 1), (State::Pruned, 1), (State::Unsettled, 1), (State::NotOpened, 1)]
	);
}

#[test]
fn an_interval_that_was_not_looked_at_is_an_error() {
	let (calendar, period) = (calendar(), Period::parse("2026-03-29").unwrap());
	let days = calendar.days(&period).unwrap();
	assert!(Bill::new(heading(), &calendar, &period, &days, BTreeMap::new()).is_err());
}

#[test]
fn the_json_form_has_its_documented_fields() {
	let json = serde_json::to_value(sample("2026-03-29").0).unwrap();
	assert_eq!(json["schema"], "busbar.bill/2");
	assert_eq!(json["period"]["timezone"], "Europe/Berlin");
	assert_eq!(json["period"]["start"], "2026-03-29T00:00:00+01:00");
	assert_eq!(json["period"]["end"], "2026-03-30T00:00:00+02:00");
	assert_eq!(json["days"][0]["intervals"], 92);
	let line = &json["lines"][0];
	assert_eq!(line["party"], serde_json::json!({ "point": 3 }));
	assert_eq!((&line["cause"], &line["amount"]), (&"contract".into(), &"-2000010".into()));
	assert_eq!(line["contract"]["kind"], "auction");
	assert!(line.get("proof").is_none(), "a proof stands only where one was asked for");
	assert_eq!(json["readings"][0]["quality"], "measured");
	let statement = &json["statements"][0];
	assert_eq!(statement["payer"], MEMBER.to_string());
	assert_eq!((&statement["reading"], &statement["reading_shown"]), (&1.into(), &true.into()));
	assert!(statement.get("newer").is_none(), "nothing came after what was settled");
	assert_eq!((&json["served_points"], &json["coverage"]["served"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn what_a_retailer_answers_for_is_read_but_not_summed_in_the_owners_bill() {
	let bill = sample_with_retailer().0;
	let first = bill.period.first_interval;
	assert_eq!(bill.totals.amount, -(1_200 * 200_001));
	assert_eq!(bill.totals.import, 2_000, "the owner's readings are all there");
	assert_eq!(bill.coverage.billed, 92);
	let span = &bill.coverage.served[0];
	assert_eq!(bill.coverage.served.len(), 1);
	assert_eq!((span.point, span.retailer, span.intervals), (POINT, RETAILER, 2));
	assert_eq!((span.first_interval, span.last_interval, span.import), (first + 1, first + 2, 800));
	assert!(bill.served_points.is_empty());
	let json = serde_json::to_value(&bill).unwrap();
	assert_eq!(json["coverage"]["served"][0]["retailer"], RETAILER.to_string());
	assert_eq!(json["statements"][1]["payer"], RETAILER.to_string());
	assert!(bill.notes()[0].contains("answers for 2 intervals"), "{:?}", bill.notes());
}

#[test]
fn spans_of_a_retailer_end_where_the_point_trades_and_where_the_retailer_changes() {
	let first = sample("2026-03-29").0.period.first_interval;
	let other = ParticipantId([8; 16]);
	let payers = [RETAILER, MEMBER, RETAILER, RETAILER, other];
	let mut statements: Vec<_> = payers.into_iter().zip(first..).map(|(payer, at)| statement(at, payer)).collect();
	// Another point beside it does not break its spans.
	let beside = PointStatement { point: POINT + 1, ..statement(first + 2, RETAILER) };
	statements.insert(3, beside);
	let mut heading = heading();
	heading.points.push(POINT + 1);
	let bill = sample_settled("2026-03-29", heading, statements, Vec::new(), Vec::new()).0;
	let spans: Vec<_> = bill.coverage.served.iter().map(|span| (span.point, span.retailer, span.intervals)).collect();
	assert_eq!(spans, [(POINT, RETAILER, 1), (POINT, RETAILER, 2), (POINT + 1, RETAILER, 1), (POINT, other, 1)]);
}

#[test]
fn a_retailers_bill_holds_the_lines_of_the_points_that_it_answers_for() {
	let bill = sample_of_retailer().0;
	assert_eq!((bill.totals.amount, bill.totals.import), (-(800 * 250_000), 800));
	assert_eq!((&bill.heading.points[..], &bill.served_points[..]), (&[][..], &[POINT][..]));
	assert!(bill.lines.iter().all(|line| line.point == Some(POINT)));
	assert!(bill.coverage.served.is_empty(), "nobody else answers for its points");
	assert_eq!(bill.point_totals[0].amount, bill.totals.amount);
	assert!(bill.notes()[0].ends_with("did not trade: 3."), "{:?}", bill.notes());
}

#[test]
fn points_sum_to_the_whole() {
	let first = sample("2026-03-29").0.period.first_interval;
	let mut other = line(first, 1, "imbalance", 50);
	other.point = Some(POINT + 1);
	let mut heading = heading();
	heading.points.push(POINT + 1);
	let statements = vec![statement(first, MEMBER), PointStatement { point: POINT + 1, ..statement(first, MEMBER) }];
	let lines = vec![line(first, 0, "contract", 10), other];
	let bill = sample_settled("2026-03-29", heading, statements, lines, Vec::new()).0;
	let points: Vec<_> = bill.point_totals.iter().map(|total| (total.point, total.lines, total.amount)).collect();
	assert_eq!(points, [(POINT, 1, -2_000_010), (POINT + 1, 1, -12_500_000)]);
	assert_eq!(points.iter().map(|(_, _, amount)| amount).sum::<Amount>(), bill.totals.amount);
}

#[test]
fn a_reading_that_came_after_the_settled_one_is_named_with_what_settles_it() {
	let bill = sample_with_newer_reading(Newer::Unsettled).0;
	let interval = bill.period.first_interval;
	let warnings = bill.warnings().join("\n");
	assert!(warnings.contains("settled on version 1 of the reading, version 2 came later"), "{warnings}");
	assert!(warnings.contains(&format!("`busbar settle --interval {interval}`")), "{warnings}");
	let json = serde_json::to_value(&bill).unwrap();
	assert_eq!(json["statements"][0]["newer"], "unsettled");
	assert_eq!(json["statements"][0]["reading_shown"], false);
	let final_bill = sample_with_newer_reading(Newer::Ignored).0;
	assert!(!final_bill.warnings().join("\n").contains("busbar settle"));
}

#[test]
fn many_newer_readings_are_counted_and_not_all_named() {
	let first = sample("2026-03-29").0.period.first_interval;
	let statements: Vec<_> = (first..first + 20)
		.map(|interval| {
			let statement = statement(interval, MEMBER);
			let basis = Basis { newer: Some(Newer::Unsettled), reading_shown: false, ..statement.basis };
			PointStatement { basis, ..statement }
		})
		.collect();
	let warnings = sample_settled("2026-03-29", heading(), statements, Vec::new(), Vec::new()).0.warnings();
	assert_eq!(warnings.len(), 9);
	assert!(warnings[8].starts_with("12 further readings"), "{warnings:?}");
}

#[test]
fn variants_that_come_later_are_named_without_a_change_here() {
	#[derive(Serialize)]
	#[serde(rename_all = "snake_case")]
	enum Later {
		Curtailment,
		Levy(u8),
		Flexibility { product: u8 },
	}
	let name = |value: &Later| word(&json(value).unwrap());
	assert_eq!(name(&Later::Curtailment), "curtailment");
	assert_eq!(name(&Later::Levy(3)), "levy:3");
	assert_eq!(name(&Later::Flexibility { product: 2 }), "flexibility:product:2");
}
