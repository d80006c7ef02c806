//! Whose the answer to a question is: what decides who may ask it.
//!
//! | methods | answered to |
//! |---|---|
//! | market results, books, the grid, chain time, headers, metadata, versions; transactions that are handed in | every member |
//! | an account's positions, statements, securities, points and roles | its own participant; of an interval, whom that grants its readings, too |
//! | a connection point's contracts and securities, a statement line with its proof | the point's owner, and the same |
//! | all orders, points and lines; states, blocks and events as they are | regulators and auditors of the whole grid |
//! | everything else, such as what changes the node | nobody |
//!
//! States, blocks and events hold what everybody ordered: who could read them would need no other answer.

use busbar_client::AccountId;
use busbar_primitives::{Interval, PointId};
use serde_json::Value;
use sp_core::crypto::Ss58Codec;

/// Whose an answer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Of {
	/// Every member's.
	Everybody,
	/// An account's, in an interval.
	Account(AccountId, Option<Interval>),
	/// That of a connection point's owner, in an interval.
	Point(PointId, Option<Interval>),
	/// That of whoever a statement line of an interval is about.
	Line(Interval, u32),
	/// Nobody's in particular: many participants' at once.
	Many,
}

/// Why a question is not even looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unasked {
	/// What changes the node, or is not known here.
	#[error("this gateway does not answer this method")]
	Method,
	/// Parameters by which it cannot be told whose the answer is.
	#[error("the parameters are a list, and their first say whose the answer is: an account as an address, a point, an interval, as the node's documentation has them")]
	Parameters,
}

/// What is every member's.
const EVERYBODYS: [&str; 34] = [
	"author_submitAndWatchExtrinsic",
	"author_submitExtrinsic",
	"author_unwatchExtrinsic",
	"chain_getBlockHash",
	"chain_getFinalizedHead",
	"chain_getHeader",
	"chain_subscribeFinalizedHeads",
	"chain_subscribeNewHeads",
	"chain_unsubscribeFinalizedHeads",
	"chain_unsubscribeNewHeads",
	"chainSpec_v1_chainName",
	"chainSpec_v1_genesisHash",
	"chainSpec_v1_properties",
	"energy_book",
	"energy_clock",
	"energy_conservation",
	"energy_prices",
	"energy_status",
	"energy_subscribePrices",
	"energy_unsubscribePositions",
	"energy_unsubscribePrices",
	"energy_zones",
	"grandpa_proveFinality",
	"rpc_methods",
	"state_getMetadata",
	"state_getRuntimeVersion",
	"state_subscribeRuntimeVersion",
	"state_unsubscribeRuntimeVersion",
	"system_accountNextIndex",
	"system_chain",
	"system_health",
	"system_name",
	"system_properties",
	"system_version",
];

/// What else only reads, by how it begins.
const READS: [&str; 8] =
	["archive_", "chainHead_", "chain_", "childstate_", "energy_", "grandpa_", "state_call", "state_get"];
/// And two of which no more is meant than they say.
const READS_TOO: [&str; 4] =
	["state_queryStorage", "state_queryStorageAt", "state_subscribeStorage", "state_unsubscribeStorage"];

/// Whose the answer to a question is.
///
/// # Errors
/// If it is not answered here, or cannot be told.
pub fn of(method: &str, params: &Value) -> Result<Of, Unasked> {
	if EVERYBODYS.contains(&method) {
		return Ok(Of::Everybody);
	}
	let empty = Vec::new();
	let params = match params {
		Value::Array(params) => params,
		Value::Null => &empty,
		_ => return Err(Unasked::Parameters),
	};
	let account = || {
		let text = params.first().and_then(Value::as_str).ok_or(Unasked::Parameters)?;
		AccountId::from_ss58check(text).map_err(|_| Unasked::Parameters)
	};
	let number = |at: usize| {
		let number = params.get(at).and_then(Value::as_u64).ok_or(Unasked::Parameters)?;
		u32::try_from(number).map_err(|_| Unasked::Parameters)
	};
	match method {
		"energy_positions" | "energy_statement" => Ok(Of::Account(account()?, Some(number(1)?))),
		"energy_participant" | "energy_securities" | "energy_subscribePositions" => Ok(Of::Account(account()?, None)),
		"energy_contracts" => Ok(Of::Point(number(0)?, Some(number(1)?))),
		"energy_security" => Ok(Of::Point(number(0)?, None)),
		"energy_statementProof" => Ok(Of::Line(number(0)?, number(1)?)),
		_ if READS.iter().any(|begin| method.starts_with(begin)) || READS_TOO.contains(&method) => Ok(Of::Many),
		_ => Err(Unasked::Method),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	fn alice() -> AccountId {
		AccountId::from_ss58check(ALICE).expect("an address")
	}

	#[test]
	fn whose_an_answer_is_stands_in_its_parameters() {
		for (method, params, expected) in [
			("energy_prices", json!([5, 0]), Of::Everybody),
			("author_submitExtrinsic", json!(["0x00"]), Of::Everybody),
			("energy_positions", json!([ALICE, 5]), Of::Account(alice(), Some(5))),
			("energy_statement", json!([ALICE, 5, 0, 64, null]), Of::Account(alice(), Some(5))),
			("energy_participant", json!([ALICE]), Of::Account(alice(), None)),
			("energy_securities", json!([ALICE]), Of::Account(alice(), None)),
			("energy_subscribePositions", json!([ALICE]), Of::Account(alice(), None)),
			("energy_contracts", json!([7, 5]), Of::Point(7, Some(5))),
			("energy_security", json!([7]), Of::Point(7, None)),
			("energy_statementProof", json!([5, 3]), Of::Line(5, 3)),
		] {
			assert_eq!(of(method, &params), Ok(expected), "{method}");
		}
	}

	#[test]
	fn what_has_many_participants_data_in_it_is_nobodys_in_particular() {
		for method in [
			"energy_orders",
			"energy_points",
			"energy_lines",
			"energy_toDraw",
			"chain_getBlock",
			"chainHead_v1_follow",
			"archive_v1_storage",
			"state_call",
			"state_getStorage",
			"state_getKeysPaged",
			"state_getReadProof",
			"state_queryStorageAt",
			"state_subscribeStorage",
			"childstate_getStorage",
			"energy_ofALaterVersion",
		] {
			assert_eq!(of(method, &json!([1, 2])), Ok(Of::Many), "{method}");
		}
	}

	#[test]
	fn what_changes_the_node_or_is_unknown_is_asked_by_nobody() {
		for method in [
			"author_insertKey",
			"author_rotateKeys",
			"author_removeExtrinsic",
			"author_pendingExtrinsics",
			"system_addReservedPeer",
			"system_peers",
			"state_traceBlock",
			"offchain_localStorageSet",
			"dev_getBlockStats",
			"",
		] {
			assert_eq!(of(method, &json!([])), Err(Unasked::Method), "{method}");
		}
	}

	#[test]
	fn parameters_that_do_not_say_whose_the_answer_is_are_refused() {
		for (method, params) in [
			("energy_positions", json!({ "account": ALICE, "interval": 5 })),
			("energy_positions", json!([ALICE])),
			("energy_positions", json!(["0x00", 5])),
			("energy_contracts", json!(["7", 5])),
			("energy_contracts", json!([4_294_967_296u64, 5])),
			("energy_security", json!([-1])),
			("energy_security", json!(null)),
		] {
			assert_eq!(of(method, &params), Err(Unasked::Parameters), "{method} {params}");
		}
	}
}
