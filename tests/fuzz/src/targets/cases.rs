//! Market cases and results, as files: the JSON that `busbar clear` and `busbar check` read, a case, and behind a zero byte a
//! result of it.
//!
//! Holds: what is well-formed is cleared; the checker takes the result, and after it was written and read again; of a result
//! that somebody else wrote, it takes none of another welfare.

use super::Target;
use busbar_clearing::{check, check_fills, clear};
use busbar_operations::case::{Case, CaseResult, Market};

pub const TARGET: Target = Target {
	name: "cases",
	run,
	seeds,
	words: &[
		b"\"id\":",
		b"\"zone\":",
		b"\"parent\":",
		b"\"import_wh\":",
		b"\"export_wh\":",
		b"\"fee\":",
		b"\"steps\":[",
		b"\"side\":\"buy\"",
		b"\"side\":\"sell\"",
		b"\"price\":",
		b"\"wh\":",
		b"\"accepted_wh\":[",
		b"\"congestion_rent\":",
		b"\"flow_wh\":",
		b"null",
		b"18446744073709551615",
		b"9223372036854775807",
		b"-9223372036854775808",
		b"\0",
	],
	longest: 1 << 13,
};

/// The examples that the tests of clearing use, and one of them with its result.
fn seeds() -> Vec<Vec<u8>> {
	let examples = [
		include_str!("../../../cases/negative-price.json"),
		include_str!("../../../cases/two-feeders-through-a-limit.json"),
		include_str!("../../../cases/battery-as-one-curve.json"),
	];
	let mut seeds: Vec<_> = examples.iter().map(|text| text.as_bytes().to_vec()).collect();
	let case = Case::parse(examples[0]).expect("an example; qed");
	let market = Market::new(&case).expect("an example; qed");
	let result = market.result(&clear(&market.zones).expect("an example; qed")).to_json();
	seeds.push([examples[0].as_bytes(), b"\0", result.as_bytes()].concat());
	seeds
}

/// Whether the checker takes a result of a market.
fn is_right(market: &Market, result: &CaseResult) -> bool {
	let Ok((clearing, accepted)) = market.clearing_of(result) else { return false };
	check(&market.zones, &clearing).is_ok() && check_fills(&market.orders, &clearing, &accepted).is_ok()
}

fn run(input: &[u8]) -> bool {
	let text = String::from_utf8_lossy(input);
	let (case, theirs) = text.split_once('\0').unwrap_or((&text, ""));
	let theirs = CaseResult::parse(theirs);
	let Ok(market) = Case::parse(case).and_then(|case| Market::new(&case)) else { return false };
	let clearing = match clear(&market.zones) {
		Ok(clearing) => clearing,
		// Sums that leave their type, which is found out while it clears.
		Err(error) => {
			assert!(!market.describe_error(&error).is_empty());
			return false;
		},
	};
	let result = market.result(&clearing);
	assert!(is_right(&market, &result), "a result of its own was refused");
	let again = CaseResult::parse(&result.to_json()).expect("what was written can be read");
	assert!(again == result, "a result did not come back as it was");
	if let Ok(theirs) = theirs {
		assert!(!is_right(&market, &theirs) || theirs.welfare == result.welfare, "two optima of one market");
	}
	true
}
