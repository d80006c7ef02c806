//! `busbar clear` and `busbar check` as a person calls them: exit status, messages, files.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output},
};

fn busbar(arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_busbar")).args(arguments).output().unwrap()
}

fn cases() -> Vec<PathBuf> {
	let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
	let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
	files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// An empty directory of its own for each test.
fn scratch(name: &str) -> PathBuf {
	let directory = std::env::temp_dir().join(format!("busbar-clear-{}-{name}", std::process::id()));
	let _ = fs::remove_dir_all(&directory);
	fs::create_dir_all(&directory).unwrap();
	directory
}

fn text(path: &Path) -> &str {
	path.to_str().unwrap()
}

fn assert_refused(output: &Output, status: i32, place: &str) {
	let stderr = String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(status), "{stderr}");
	assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
	assert!(stderr.contains(place), "{stderr}");
	assert!(output.stdout.is_empty());
}

#[test]
fn every_case_clears_and_its_result_passes_the_check_and_the_linear_programme() {
	let directory = scratch("every");
	assert!(cases().len() >= 7);
	for case in cases() {
		let result = directory.join(case.file_name().unwrap());
		let cleared = busbar(&["clear", text(&case), "--out", text(&result), "--explain"]);
		assert!(cleared.status.success(), "{}", String::from_utf8_lossy(&cleared.stderr));
		let shown = String::from_utf8(cleared.stdout).unwrap();
		let welfare =
			serde_json::from_str::<Value>(&fs::read_to_string(&case).unwrap()).unwrap()["expect"]["welfare"].clone();
		assert!(shown.contains(&format!("welfare {welfare} nEUR")), "{shown}");
		assert!(shown.contains("own margin: ") || shown.contains("midpoint of "), "{shown}");
		let checked = busbar(&["check", text(&case), text(&result), "--optimum"]);
		assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
		// The JSON on the screen is the JSON in the file.
		let json = busbar(&["--json", "clear", text(&case)]);
		assert_eq!(String::from_utf8(json.stdout).unwrap(), fs::read_to_string(&result).unwrap());
		let explained = busbar(&["--json", "clear", text(&case), "--explain"]);
		let explained: Value = serde_json::from_slice(&explained.stdout).unwrap();
		assert_eq!(explained["result"]["welfare"], welfare);
	}
	fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_congested_feeder_is_explained() {
	let case = cases().into_iter().find(|path| path.ends_with("congested-feeder.json")).unwrap();
	let explained = busbar(&["--json", "clear", text(&case), "--explain"]);
	let explained: Value = serde_json::from_slice(&explained.stdout).unwrap();
	let reached = |zone: usize| &explained["explain"][zone]["limit_reached"];
	assert!(reached(0).is_null());
	assert!((1..3).any(|zone| !reached(zone).is_null()), "{explained}");
	let shown = String::from_utf8(busbar(&["clear", text(&case), "--explain"]).stdout).unwrap();
	assert!(shown.contains("reached"), "{shown}");
}

#[test]
fn a_bench_measures_one_size_and_writes_the_case_that_it_measured() {
	let directory = scratch("bench");
	let (case, result) = (directory.join("case.json"), directory.join("result.json"));
	let bench = ["--json", "clear", "--bench", "--orders", "2000", "--zones", "50", "--runs", "1", "--write-case"];
	let measured = busbar(&[&bench[..], &[text(&case)]].concat());
	assert!(measured.status.success(), "{}", String::from_utf8_lossy(&measured.stderr));
	let measured: Value = serde_json::from_slice(&measured.stdout).unwrap();
	assert_eq!((&measured[0]["orders"], &measured[0]["zones"]), (&2000.into(), &50.into()));
	assert!(busbar(&["clear", text(&case), "--out", text(&result)]).status.success());
	let result: Value = serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap();
	assert_eq!(measured[0]["welfare"], result["welfare"]);
	// Without a case there is nothing to clear, and a bench takes none.
	assert_eq!(busbar(&["clear"]).status.code(), Some(2));
	assert_eq!(busbar(&["clear", text(&case), "--bench"]).status.code(), Some(2));
	fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_malformed_case_is_refused_and_leaves_no_result() {
	let directory = scratch("malformed");
	let (case, result) = (directory.join("case.json"), directory.join("result.json"));
	let well =
		fs::read_to_string(cases().iter().find(|path| path.ends_with("congested-feeder.json")).unwrap()).unwrap();
	let refused = [
		("\"zone\": 2", "\"zone\": 9", "orders[4] (id 5): there is no zone 9"),
		("\"parent\": 0", "\"parent\": null", "zones[1] (id 1): a second root"),
		("\"parent\": 0", "\"parent\": 1", "zones[1] (id 1): its parents lead into a cycle"),
		("\"wh\": 3000", "\"wh\": -3000", "line 65, column 16"),
		("\"wh\": 3000", "\"wh\": 99999999999999999999", "line 65"),
		("\"id\": 2", "\"id\": 1", "stands twice"),
		("\"orders\": [", "\"orders\": {", "line 24"),
	];
	for (from, to, place) in refused {
		assert!(well.contains(from), "{from}");
		fs::write(&case, well.replacen(from, to, 1)).unwrap();
		assert_refused(&busbar(&["clear", text(&case), "--out", text(&result)]), 2, place);
		assert!(!result.exists());
	}
	assert_refused(&busbar(&["clear", text(&directory.join("none.json"))]), 2, "none.json");
	fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_wrong_result_fails_the_check() {
	let directory = scratch("wrong");
	let result = directory.join("result.json");
	let case = cases().into_iter().find(|path| path.ends_with("congested-feeder.json")).unwrap();
	assert!(busbar(&["clear", text(&case), "--out", text(&result)]).status.success());
	let right: Value = serde_json::from_str(&fs::read_to_string(&result).unwrap()).unwrap();
	let wrong: [(&str, Value, i32, &str); 9] = [
		("/welfare", 1.into(), 1, "welfare"),
		("/zones/1/price", 50_001.into(), 1, "at zone price 50001"),
		("/zones/0/price", 89_999.into(), 1, "at zone price 89999"),
		("/zones/2/flow_wh", 2499.into(), 1, "zone 0"),
		("/zones/1/fees", 0.into(), 1, "zone 1"),
		("/zones/1/congestion_rent", 0.into(), 1, "zone 1"),
		("/orders/2/accepted_wh/0", 6999.into(), 1, "zone 1"),
		("/orders/3/accepted_wh/0", 3001.into(), 1, "order 4, accepted_wh[0]: more than the step's 3000 Wh"),
		("/orders/3/accepted_wh/0", (-1).into(), 2, "line "),
	];
	for (place, value, status, message) in wrong {
		let mut other = right.clone();
		*other.pointer_mut(place).unwrap() = value;
		fs::write(&result, serde_json::to_string(&other).unwrap()).unwrap();
		assert_refused(&busbar(&["check", text(&case), text(&result)]), status, message);
	}
	fs::write(&result, "{}").unwrap();
	assert_refused(&busbar(&["check", text(&case), text(&result)]), 2, "missing field");
	fs::remove_dir_all(directory).unwrap();
}

#[test]
fn time_priority_is_part_of_the_check() {
	let directory = scratch("priority");
	let (case, result) = (directory.join("case.json"), directory.join("result.json"));
	let order = |id: u32, side: &str, wh: u32| {
		format!(r#"{{"id": {id}, "zone": 3, "steps": [{{"side": "{side}", "price": 4, "wh": {wh}}}]}}"#)
	};
	let orders = [order(8, "sell", 10), order(7, "sell", 10), order(9, "buy", 12)].join(", ");
	let zones = r#"[{"id": 3, "parent": null}]"#;
	fs::write(&case, format!(r#"{{"name": "", "interval_s": 900, "zones": {zones}, "orders": [{orders}]}}"#)).unwrap();
	assert!(busbar(&["clear", text(&case), "--out", text(&result)]).status.success());
	let right = fs::read_to_string(&result).unwrap();
	let mut other: Value = serde_json::from_str(&right).unwrap();
	assert_eq!((&other["orders"][0]["accepted_wh"][0], &other["orders"][1]["accepted_wh"][0]), (&10.into(), &2.into()));
	other["orders"][0]["accepted_wh"][0] = 2.into();
	other["orders"][1]["accepted_wh"][0] = 10.into();
	fs::write(&result, other.to_string()).unwrap();
	let place = "order 8, accepted_wh[0]: price-time priority accepts 10 Wh";
	assert_refused(&busbar(&["check", text(&case), text(&result)]), 1, place);
	fs::remove_dir_all(directory).unwrap();
}
