use super::*;
use serde_json::{json, Value};

fn session(block_orders: Value) -> Value {
	let interval = |price: i64| {
		json!({
			"name": "interval", "interval_s": 900,
			"zones": [{ "id": 7, "parent": null }],
			"orders": [
				{ "id": 1, "zone": 7, "steps": [{ "side": "buy", "price": price, "wh": 100 }] },
				{ "id": 2, "zone": 7, "steps": [{ "side": "sell", "price": price, "wh": 100 }] },
			],
		})
	};
	json!({ "intervals": [interval(20), interval(60)], "blocks": block_orders })
}

fn sell(id: u64, price: i64, wh: &[u64]) -> Value {
	json!({ "id": id, "zone": 7, "side": "sell", "price": price, "first": 0, "wh": wh })
}

fn refused(session: &Value) -> String {
	clear(&session.to_string()).unwrap_err()
}

#[test]
fn a_plant_that_fills_its_connection_is_accepted() {
	let (read, result) = clear(include_str!("../../tests/cases/spans/chp-fills-its-connection.json")).unwrap();
	let plant = &result.block_orders[0];
	assert!(plant.accepted && !plant.rejected_in_the_money);
	assert!((1_200_000..=2_000_000).contains(&plant.amount), "{}", plant.amount);
	assert_eq!(result.welfare, 4_800_000);
	assert!(result.lean > Lean::MIDDLE.parts());
	assert!(table(&read, &result).contains("prices lean 60.0 %"), "{}", table(&read, &result));
}

#[test]
fn block_orders_are_decided_over_the_sum_of_their_intervals() {
	let (read, result) = clear(&session(json!([sell(5, 40, &[10, 10]), sell(4, 41, &[10, 10])])).to_string()).unwrap();
	let decided: Vec<_> = result
		.block_orders
		.iter()
		.map(|block_order| (block_order.id, block_order.accepted, block_order.amount))
		.collect();
	assert_eq!(decided, [(5, true, 800), (4, false, 0)]);
	assert_eq!(result.welfare, 0);
	assert_eq!(result.intervals[0].orders[1].accepted_wh, [90]);
	let shown = table(&read, &result);
	assert!(shown.contains("accepted") && shown.contains("interval 1, price by zone: 7: 60"), "{shown}");
}

#[test]
fn a_malformed_session_is_refused_with_its_place() {
	assert!(refused(&json!({ "intervals": [] })).contains("missing field `blocks`"));
	assert_eq!(refused(&session(json!([sell(5, 0, &[1]), sell(5, 0, &[1])]))), "blocks[1] (id 5): the id stands twice");
	assert_eq!(refused(&session(json!([sell(5, 0, &[0])]))), "blocks[0] (id 5): it has no energy");
	let long = "blocks[0] (id 5): it has intervals that are none of the session's";
	assert_eq!(refused(&session(json!([sell(5, 0, &[1, 1, 1])]))), long);
	let mut elsewhere = session(json!([sell(5, 0, &[1])]));
	elsewhere["blocks"][0]["zone"] = json!(8);
	assert_eq!(refused(&elsewhere), "blocks[0] (id 5): there is no zone 8");
	let mut other = session(json!([]));
	other["intervals"][1]["zones"][0]["id"] = json!(8);
	for order in 0..2 {
		other["intervals"][1]["orders"][order]["zone"] = json!(8);
	}
	assert_eq!(refused(&other), "intervals[1]: its zones are not those of intervals[0], in the same order");
	other["intervals"][1]["zones"][0]["parent"] = json!(8);
	assert!(refused(&other).starts_with("intervals[1]: zones"), "{}", refused(&other));
}
