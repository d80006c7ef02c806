use super::{
	super::totals::{json, word},
	*,
};
use busbar_primitives::api::Clock;

/// 2026-01-01T00:00:00Z, in ms.
const NEW_YEAR: u64 = 1_767_225_600_000;
const POINT: PointId = 3;

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
	Calendar::new(&clock, "Europe/Berlin").unwrap()
}

fn heading() -> Heading {
	Heading {
		genesis: H256::repeat_byte(1),
		block: 7,
		block_hash: H256::repeat_byte(2),
		at: "2026-12-01T00:00:00+00:00".into(),
		account: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into(),
		participant: ParticipantId([7; 16]),
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
		(interval, Found { interval, state, lines, readings, root })
	});
	let bill = Bill::new(heading(), &calendar, &period, &days, found.collect()).unwrap();
	(bill, calendar)
}

pub fn sample(text: &str) -> (Bill, Calendar) {
	sample_with(text, |_| State::Final)
}

/// A bill of one day whose lines and readings are replaced.
pub fn sample_of(text: &str, lines: Vec<BillLine>, readings: Vec<Reading>) -> (Bill, Calendar) {
	let (calendar, period) = (calendar(), Period::parse(text).unwrap());
	let days = calendar.days(&period).unwrap();
	let found = days.iter().flat_map(|day| day.intervals.clone()).map(|interval| {
		let lines = lines.iter().filter(|line| line.interval == interval).cloned().collect();
		let readings = readings.iter().filter(|reading| reading.interval == interval).cloned().collect();
		(interval, Found { interval, state: State::Final, lines, readings, root: None })
	});
	let bill = Bill::new(heading(), &calendar, &period, &days, found.collect()).unwrap();
	(bill, calendar)
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
	assert_eq!(json["schema"], "busbar.bill/1");
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
