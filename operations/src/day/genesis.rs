//! The genesis of a devnet on which a grid and its members stand from the first interval on.

use super::world::{members, Operators};
use crate::{
	gridmodel::{Plan, PlannedZone, Prices},
	Failure,
};
use anyhow::{Context, Result};
use busbar_client::{sign::Signer, AccountId};
use busbar_primitives::{metering::MeterClass, Balance, ParticipantId, PointKind, Role, Scope};
use serde_json::{json, Value};
use sp_core::Pair;
use sp_crypto_hashing::blake2_128;

/// Who governs and writes blocks on a devnet.
const VALIDATORS: [&str; 4] = ["Alice", "Bob", "Charlie", "Dave"];
/// Who holds roles on a devnet, beside its members.
const ROLES: [(&str, &[Role]); 8] = [
	("Dso", &[Role::Dso]),
	("Utility", &[Role::BalanceResponsibleParty, Role::WholesaleTrader]),
	("MeterOperator", &[Role::MeterOperator]),
	("MarketOperator", &[Role::MarketOperator]),
	("Membership", &[Role::MembershipProvider]),
	("SettlementA", &[Role::SettlementAgent]),
	("SettlementB", &[Role::SettlementAgent]),
	("Regulator", &[Role::Regulator]),
];
/// What the meter operator has posted, as much as it has to: 1,000 EUR, in nEUR.
const BOND: Balance = 1_000_000_000_000;

/// A patch (RFC 7396) to the genesis of the devnet's preset: zones, connection points, members with their roles and accounts,
/// meters, money, deposits, margins for orders and the meter operator's bond, as [`run`](super::run) would register them for this
/// plan. The preset's own members are written again, because a patch replaces a list as a whole.
///
/// # Errors
/// None in practice: the devnet's keys and the shapes are known.
pub fn genesis(plan: &Plan, prices: &Prices, interval_s: u32, seed: u64) -> Result<Value> {
	let operators = Operators::devnet()?;
	let own = members(plan, seed)?;
	let account =
		|name: &str| -> Result<AccountId, Failure> { Ok(Signer::from_suri(&format!("//{name}"))?.account().clone()) };
	let mut participants = Vec::new();
	for name in VALIDATORS {
		participants.push(json!([devnet_id(name), account(name)?, []]));
	}
	for (name, roles) in ROLES {
		let roles: Vec<_> = roles.iter().map(|role| (role, Scope::Grid)).collect();
		participants.push(json!([devnet_id(name), account(name)?, roles]));
	}
	participants
		.extend(own.iter().map(|member| json!([member.id, member.signer.account(), [[member.role(), Scope::Grid]]])));
	let zones = zones(plan);
	// The coupling is point 0.
	let mut points = vec![json!({
		"zone": 0, "owner": devnet_id("Utility"), "kind": PointKind::Coupling,
		"import_w": plan.coupling_w, "export_w": plan.coupling_w,
	})];
	points.extend(plan.points.iter().zip(&own).map(|(planned, member)| {
		json!({
			"zone": planned.zone, "owner": member.id, "kind": PointKind::Metered,
			"import_w": planned.import_w, "export_w": planned.export_w,
		})
	}));
	let meters: Vec<_> = own
		.iter()
		.enumerate()
		.map(|(index, member)| {
			let device = busbar_client::hex_of(&member.device().public().0);
			let operator = devnet_id("MeterOperator");
			json!({ "point": index + 1, "operator": operator, "device": device, "class": MeterClass::B })
		})
		.collect();
	let mut balances = vec![
		json!([operators.utility.account(), prices.need_of_coupling(plan.coupling_w, interval_s)]),
		json!([operators.meter_operator.account(), BOND]),
	];
	balances.extend(plan.points.iter().zip(&own).map(|(planned, member)| {
		json!([member.signer.account(), prices.need(planned.import_w.max(planned.export_w), interval_s)])
	}));
	let deposits: Vec<_> = plan
		.points
		.iter()
		.enumerate()
		.map(|(index, planned)| json!([index + 1, prices.deposit(planned.import_w.max(planned.export_w), interval_s)]))
		.collect();
	let mut margins = vec![json!([devnet_id("Utility"), prices.margin_of_coupling(plan.coupling_w, interval_s)])];
	margins.extend(plan.points.iter().zip(&own).map(|(planned, member)| {
		json!([member.id, prices.margin(planned.import_w.max(planned.export_w), interval_s)])
	}));
	Ok(json!({
		"participants": { "members": participants },
		"grid": { "zones": zones, "points": points },
		"metering": { "meters": meters, "bonds": [[devnet_id("MeterOperator"), BOND]] },
		"balances": { "balances": balances },
		"securities": { "deposits": deposits, "margins": margins },
	}))
}

/// A plan's zones and links, as a genesis has them.
pub fn zones(plan: &Plan) -> Vec<Value> {
	let zone = |zone: &PlannedZone| match zone.parent {
		None => json!({}),
		Some(parent) => json!({ "parent": parent, "link": zone.link }),
	};
	plan.zones.iter().map(zone).collect()
}

/// A plain chain specification with a patch to its genesis.
///
/// # Errors
/// If the specification is not one over a genesis preset, as `busbar-node export-chain-spec` writes it.
pub fn patch_specification(mut specification: Value, patch: Value) -> Result<Value> {
	let genesis = specification.pointer_mut("/genesis/runtimeGenesis/patch").context(
		"the chain specification has no genesis to patch; write one with busbar-node export-chain-spec --chain devnet",
	)?;
	merge(genesis, patch);
	Ok(specification)
}

/// RFC 7396: objects are merged, everything else replaces what stands there.
fn merge(base: &mut Value, patch: Value) {
	match (base, patch) {
		(Value::Object(base), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

/// A devnet identity's UUID: version 8 (RFC 9562), from the hash of its name.
fn devnet_id(name: &str) -> ParticipantId {
	let mut id = blake2_128(name.as_bytes());
	id[6] = (id[6] & 0x0f) | 0x80;
	id[8] = (id[8] & 0x3f) | 0x80;
	ParticipantId(id)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gridmodel::{Bounds, DataSet, Day};
	use std::collections::BTreeSet;

	#[test]
	fn every_point_has_an_owner_a_zone_a_meter_and_money() {
		let bounds = Bounds { interval_s: 900, zones: 97, depth: 38, path_fee: 100_000, points: 113 };
		let plan = Plan::build(&DataSet::load(None, Day::Summer).unwrap(), &bounds).unwrap();
		let prices = Prices::DEVNET;
		let genesis = genesis(&plan, &prices, 900, 1).unwrap();
		let list = |pallet: &str, item: &str| genesis[pallet][item].as_array().unwrap().clone();
		let (zones, points) = (list("grid", "zones"), list("grid", "points"));
		let (participants, meters, balances) =
			(list("participants", "members"), list("metering", "meters"), list("balances", "balances"));
		assert_eq!((zones.len(), points.len(), meters.len()), (97, 113, 112));
		assert_eq!((participants.len(), balances.len()), (4 + 8 + 112, 2 + 112));
		let deposits = list("securities", "deposits");
		let margins = list("securities", "margins");
		assert_eq!((margins.len(), &margins[0][0]), (113, &json!(devnet_id("Utility"))));
		assert_eq!((deposits.len(), list("metering", "bonds").len()), (112, 1));
		for (number, deposit) in deposits.iter().enumerate() {
			assert_eq!(deposit[0], number + 1);
			let has = balances[number + 2][1].as_u64().unwrap();
			assert!((1..has).contains(&deposit[1].as_u64().unwrap()), "it leaves money for orders");
			let (margin, left) = (&margins[number + 1], has - deposit[1].as_u64().unwrap());
			assert_eq!(margin[0], participants[number + 12][0]);
			assert!((1..left).contains(&margin[1].as_u64().unwrap()), "it leaves money beside orders");
		}
		for (number, zone) in zones.iter().enumerate().skip(1) {
			assert!(zone["parent"].as_u64().unwrap() < number as u64, "a parent stands before its children");
		}
		let ids: BTreeSet<&str> = participants.iter().map(|member| member[0].as_str().unwrap()).collect();
		assert_eq!(ids.len(), participants.len(), "nobody stands twice");
		for point in &points {
			assert!(ids.contains(point["owner"].as_str().unwrap()));
		}
		for (number, meter) in meters.iter().enumerate() {
			assert_eq!(meter["point"], number + 1);
			assert_eq!(meter["device"].as_str().unwrap().len(), 66);
		}
		assert!(balances.iter().all(|entry| entry[1].as_u64().unwrap() > 0));
		assert_eq!((&points[0]["kind"], &meters[0]["class"]), (&json!("coupling"), &json!("b")));
		assert_eq!(participants[4][2][0], json!(["dso", "grid"]));
	}

	#[test]
	fn the_zones_of_a_plan_are_a_genesis_of_their_own_without_anybodys_keys() {
		let bounds = Bounds { interval_s: 900, zones: 97, depth: 38, path_fee: 100_000, points: 113 };
		let plan = Plan::build(&DataSet::load(None, Day::Summer).unwrap(), &bounds).unwrap();
		let zones = zones(&plan);
		assert_eq!((zones.len(), &zones[0]), (97, &json!({})));
		let prices = Prices::DEVNET;
		assert_eq!(json!(zones), genesis(&plan, &prices, 900, 1).unwrap()["grid"]["zones"]);
	}

	#[test]
	fn a_patch_replaces_lists_keeps_what_it_does_not_name_and_large_amounts_exact() {
		let preset = json!({
			"grid": null,
			"issuance": { "ceiling": Prices::DEVNET_CEILING },
			"participants": { "members": [1, 2, 3] },
		});
		let specification =
			json!({ "id": "devnet", "genesis": { "runtimeGenesis": { "code": "0x00", "patch": preset } } });
		let patch = json!({ "grid": { "zones": [{}] }, "participants": { "members": [4] } });
		let patched = patch_specification(specification, patch).unwrap();
		let genesis = &patched["genesis"]["runtimeGenesis"];
		assert_eq!((&patched["id"], &genesis["code"]), (&json!("devnet"), &json!("0x00")));
		assert_eq!(genesis["patch"]["grid"]["zones"], json!([{}]));
		assert_eq!(genesis["patch"]["participants"]["members"], json!([4]));
		let written = serde_json::to_string(&patched).unwrap();
		assert!(written.contains("\"ceiling\":1000000000000000000"), "{written}");
	}

	#[test]
	fn a_raw_specification_is_refused() {
		let raw = json!({ "genesis": { "raw": { "top": {} } } });
		assert!(patch_specification(raw, json!({})).unwrap_err().to_string().contains("export-chain-spec"));
	}
}
