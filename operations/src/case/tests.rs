use super::*;

const CASE: &str = r#"{
	"name": "two zones", "interval_s": 900,
	"zones": [{"id": 0, "parent": null}, {"id": 7, "parent": 0, "import_wh": 10, "fee": 2}],
	"orders": [
		{"id": 1, "zone": 0, "steps": [{"side": "sell", "price": 5, "wh": 20}]},
		{"id": 2, "zone": 7, "steps": [{"side": "buy", "price": 9, "wh": 15}]}
	]
}"#;

fn refusal(text: &str) -> String {
	let message = match Case::parse(text) {
		Err(message) => message,
		Ok(case) => Market::new(&case).map(|_| ()).unwrap_err(),
	};
	assert!(!message.contains('\n'), "more than one line: {message}");
	message
}

#[test]
fn a_case_keeps_its_form() {
	let case = Case::parse(CASE).unwrap();
	let again = serde_json::to_string(&case).unwrap();
	assert_eq!(Case::parse(&again).unwrap(), case);
}

#[test]
fn malformed_cases_are_refused_with_the_place() {
	let refused: &[(&str, &str, &str)] = &[
		("\"zone\": 7", "\"zone\": 8", "orders[1] (id 2): there is no zone 8"),
		("\"parent\": 0", "\"parent\": 3", "zones[1] (id 7): there is no parent zone 3"),
		("\"parent\": 0", "\"parent\": null", "zones[1] (id 7): a second root; zones[0] is one already"),
		("\"parent\": 0", "\"parent\": 7", "zones[1] (id 7): its parents lead into a cycle"),
		("\"parent\": null", "\"parent\": 7", "zones: none is the root (parent null)"),
		("\"id\": 7", "\"id\": 0", "zones[1]: zone id 0 stands twice"),
		("\"id\": 2", "\"id\": 1", "orders[1]: order id 1 stands twice"),
		("\"wh\": 20", "\"wh\": -20", "line 5, column 71: invalid value: integer `-20`, expected u64"),
		("\"wh\": 20", "\"wh\": 20.5", "expected u64"),
		("\"wh\": 20", "\"wh\": 18446744073709551616", "expected u64"),
		("\"price\": 5", "\"price\": -9223372036854775809", "expected i64"),
		("\"price\": 5", "\"price\": 1099511627777", "orders[0].steps[0] (id 1): price 1099511627777 lies further"),
		("\"fee\": 2", "\"fee\": -2", "expected u64"),
		("\"fee\": 2", "\"fee\": 1152921504606846977", "market: the fees of all links"),
		("\"import_wh\": 10", "\"import_wh\": -1", "expected u64"),
		("\"import_wh\"", "\"import\"", "unknown field `import`"),
		("\"sell\"", "\"lend\"", "unknown variant `lend`"),
		("\"interval_s\": 900", "\"interval_s\": 0", "interval_s"),
		("\"interval_s\": 900,", "", "missing field `interval_s`"),
		("\"orders\": [", "\"orders\": [,", "line 4, column 13"),
		("\"fee\": 2", "\"fee\": 2, \"fee\": 3", "duplicate field `fee`"),
		(
			"{\"side\": \"sell\"",
			"{\"side\": \"buy\", \"price\": 5, \"wh\": 1}, {\"side\": \"sell\"",
			"order 1: it would trade with itself",
		),
		("\"steps\": [{\"side\": \"buy\", \"price\": 9, \"wh\": 15}]", "\"steps\": 4", "line 6"),
	];
	for (from, to, expected) in refused {
		assert!(CASE.contains(from), "{from}");
		let message = refusal(&CASE.replacen(from, to, 1));
		assert!(message.contains(expected), "{from} -> {to}: {message}");
	}
	for text in ["", "{", "[]", "null", "{} {}", "\u{0}"] {
		assert!(refusal(text).starts_with("line "));
	}
}

#[test]
fn steps_that_add_up_beyond_64_bits_are_refused() {
	let text =
		CASE.replace("\"wh\": 15}", "\"wh\": 15}, {\"side\": \"buy\", \"price\": 9, \"wh\": 18446744073709551615}");
	assert_eq!(refusal(&text), "zone 7: the steps at price 9 add up to more than 64 bits");
}

#[test]
fn zones_are_sorted_with_ties_by_place_in_the_file() {
	let zone = |id, parent| CaseZone { id, parent, import_wh: None, export_wh: None, fee: 0 };
	let zones = vec![zone(90, Some(10)), zone(4, Some(77)), zone(77, None), zone(10, Some(77)), zone(5, Some(90))];
	let case = Case { name: String::new(), interval_s: 900, zones, orders: Vec::new() };
	let market = Market::new(&case).unwrap();
	assert_eq!(market.zone_ids, [77, 4, 10, 90, 5]);
	let clearing = busbar_clearing::clear(&market.zones).unwrap();
	let ids: Vec<u64> = market.result(&clearing).zones.iter().map(|zone| zone.id).collect();
	assert_eq!(ids, [90, 4, 77, 10, 5]);
}

#[test]
fn a_result_keeps_its_form_and_means_the_same_clearing() {
	let market = Market::new(&Case::parse(CASE).unwrap()).unwrap();
	let clearing = busbar_clearing::clear(&market.zones).unwrap();
	let result = market.result(&clearing);
	assert_eq!(result.zones[1], ResultZone { id: 7, price: 9, flow_wh: 10, congestion_rent: 20, fees: 20 });
	let read = CaseResult::parse(&result.to_json()).unwrap();
	assert_eq!(read, result);
	let (again, accepted) = market.clearing_of(&read).unwrap();
	assert_eq!(again, clearing);
	assert_eq!(accepted, [[10], [10]]);
}

#[test]
fn money_beyond_64_bits_keeps_its_form() {
	let result = CaseResult { welfare: -i128::MAX, zones: vec![], orders: vec![] };
	assert_eq!(CaseResult::parse(&result.to_json()).unwrap(), result);
}

#[test]
fn a_result_that_misses_or_repeats_something_is_refused() {
	let market = Market::new(&Case::parse(CASE).unwrap()).unwrap();
	let right = market.result(&busbar_clearing::clear(&market.zones).unwrap());
	let refusal = |change: fn(&mut CaseResult)| {
		let mut wrong = right.clone();
		change(&mut wrong);
		market.clearing_of(&wrong).unwrap_err()
	};
	assert_eq!(
		refusal(|wrong| {
			_ = wrong.zones.remove(1);
		}),
		"zone 7 is missing in the result"
	);
	assert_eq!(refusal(|wrong| wrong.zones[1].id = 0), "zone 0 stands twice in the result");
	assert_eq!(
		refusal(|wrong| {
			_ = wrong.orders.remove(0);
		}),
		"order 1 is missing in the result"
	);
	let extra = refusal(|wrong| wrong.orders.push(ResultOrder { id: 3, accepted_wh: vec![] }));
	assert_eq!(extra, "the result names order 3, which the case does not");
	assert!(refusal(|wrong| wrong.zones.iter_mut().for_each(|zone| zone.fees = u128::MAX)).starts_with("fees"));
}
