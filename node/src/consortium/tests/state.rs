//! What a chain begins with.

use super::*;

#[test]
fn four_companies_cards_and_the_parameters_give_a_genesis_that_a_live_chain_may_begin_with() {
	let made = four();
	let storage = state(genesis(&text(&made)).expect("nothing is wrong with it"));
	assert_eq!(live::check(&storage), Ok(()));
	let accounts: Vec<AccountId> = made.iter().map(|one| one.pair.public().into()).collect();
	let validators: Vec<AccountId> = value(&storage, &pallet_validators::Validators::<Runtime>::hashed_key());
	assert_eq!(validators, accounts);
	// Validators speak to each other from the first block on, and to nobody else.
	for one in &made {
		let key = pallet_validators::Peers::<Runtime>::hashed_key_for(one.card.id);
		let peers: Vec<PeerKey> = value(&storage, &key);
		assert_eq!(peers, [peer_of(one)]);
	}
	let market: pallet_market::Parameters = value(&storage, &pallet_market::ParametersValue::<Runtime>::hashed_key());
	assert_eq!((market.interval_clock_s, market.interval_s, market.epoch), (900, 900, 0));
	assert_eq!(market.price_cap, 4_000_000);
	let patch = genesis(&text(&made)).expect("as before");
	assert_eq!(patch["council"]["members"], json!(accounts));
	assert_eq!(patch["governance"], json!({ "upgradeDelay": 43_200, "committee": accounts }));
	assert_eq!(patch["participants"]["members"][0][2], json!([["dso", "grid"], ["meter_operator", "grid"]]));
	assert_eq!(patch["settlement"]["accounts"]["balancing"], json!(made[1].card.id));
	assert!(patch.get("balances").is_none(), "nobody begins with money");
}

fn peer_of(one: &Made) -> PeerKey {
	let node = one.card.node().expect("it reads").expect("it has a node");
	node.address.peer_id.into_ed25519().expect("an ed25519 key").into()
}

#[test]
fn validators_speak_to_a_companys_other_nodes_that_the_file_names() {
	let made = four();
	let gateway = sc_network::config::ed25519::Keypair::generate().public();
	let with = |peers: String| {
		replaced(
			&text(&made),
			&format!("roles = {}\n", roles_of(0)),
			&format!("roles = {}\npeers = [{peers}]\n", roles_of(0)),
		)
	};
	let storage = state(genesis(&with(format!("\"{}\"", gateway.to_peer_id()))).expect("nothing is wrong with it"));
	let key = pallet_validators::Peers::<Runtime>::hashed_key_for(made[0].card.id);
	let peers: Vec<PeerKey> = value(&storage, &key);
	assert_eq!(peers, [peer_of(&made[0]), gateway.to_bytes().into()]);

	let drawn = || format!("\"{}\"", sc_network::config::ed25519::Keypair::generate().public().to_peer_id());
	let wrong = [
		("\"nobody\"".into(), "'nobody'"),
		("\"QmSk5HQbn6LhUwDiNMseVUjuRYhEtYj4aUZ6WfWoGURpdV\"".into(), "is no ed25519 key"),
		((0..4).map(|_| drawn()).collect::<Vec<_>>().join(", "), "at most 4 nodes"),
	];
	for (peers, expected) in wrong {
		let error = refusal(&with(peers));
		assert!(
			matches!(&error, ConsortiumError::Malformed { what: "peers", reason, .. } if reason.contains(expected)),
			"{error}"
		);
	}
	// Two companies cannot have one node, nor a live chain one whose secret everybody has.
	let of_another = made[1].card.node().expect("it reads").expect("it has a node").address.peer_id;
	assert!(matches!(refusal(&with(format!("\"{of_another}\""))), ConsortiumError::Duplicate { what: "key", .. }));
	let gateway_of_devnets = "\"12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp\"";
	assert!(matches!(refusal(&with(gateway_of_devnets.into())), ConsortiumError::WellKnown { what: "node", .. }));
}

#[test]
fn a_chain_begins_with_the_grid_of_the_file_that_it_names() {
	let folder = TempDir::new().expect("a folder");
	let made = four();
	let text = text(&made).replacen("\n[[company]]", "\n[grid]\nfile = \"grid.json\"\n[[company]]", 1);
	let of = |grid: serde_json::Value| {
		fs::write(folder.path().join("grid.json"), grid.to_string()).expect("the folder is there");
		Consortium::parse(&text).expect("it reads").genesis(folder.path())
	};
	let link = json!({ "import_w": 100_000, "export_w": null, "fee": 10_000 });
	let zones = json!([{}, { "parent": 0, "link": link }]);
	let point = |owner: ParticipantId, zone: u32| json!({ "zone": zone, "owner": owner, "kind": "coupling", "import_w": 1_000_000, "export_w": 1_000_000 });
	let patch = of(json!({ "zones": zones, "points": [point(made[1].card.id, 0)] })).expect("it fits");
	let storage = state(patch);
	assert_eq!(live::check(&storage), Ok(()));
	let count: u32 = value(&storage, &busbar_runtime::pallet_grid::NextPoint::<Runtime>::hashed_key());
	assert_eq!(count, 1);

	let wrong = [
		(json!({ "zones": zones, "points": [point(ParticipantId([9; 16]), 0)] }), "no company has that id"),
		(json!({ "zones": zones, "points": [point(made[1].card.id, 2)] }), "there are 2 zones"),
		(json!({ "zones": [{}, {}] }), "needs a parent"),
		(json!({ "zone": [] }), "unknown field"),
	];
	for (grid, expected) in wrong {
		let error = of(grid).expect_err("it is refused");
		assert!(matches!(&error, ConsortiumError::Grid { reason, .. } if reason.contains(expected)), "{error}");
	}
	fs::remove_file(folder.path().join("grid.json")).expect("it is there");
	let error = Consortium::parse(&text).expect("it reads").genesis(folder.path()).expect_err("it is gone");
	assert!(matches!(error, ConsortiumError::Grid { .. }), "{error}");
	// A part of a grid that is not there.
	let below = replaced(&text, "\"regulator\"", "{ role = \"regulator\", zone = 5 }, \"regulator\"");
	fs::write(folder.path().join("grid.json"), json!({ "zones": zones }).to_string()).expect("the folder is there");
	let error = Consortium::parse(&below).expect("it reads").genesis(folder.path()).expect_err("no such zone");
	assert!(matches!(&error, ConsortiumError::Grid { reason, .. } if reason.contains("zone 5")), "{error}");
}

#[test]
fn a_genesis_state_that_a_live_chain_must_not_begin_with_is_found_whatever_file_it_is_from() {
	let devnet = busbar_runtime::genesis::preset(&"devnet".into()).expect("the preset");
	let devnet: serde_json::Value = serde_json::from_slice(&devnet).expect("it is JSON");
	assert!(matches!(live::check(&state(devnet)), Err(LiveError::WellKnown(_))));

	let good = genesis(&text(&four())).expect("nothing is wrong with it");
	let changed = |pointer: &str, value: serde_json::Value| {
		let mut patch = good.clone();
		*patch.pointer_mut(pointer).expect("it is there") = value;
		live::check(&state(patch))
	};
	// Not in any list of roles: money of somebody whose key everybody has.
	let mut rich = good.clone();
	let account = AccountId::from(sr25519::Pair::from_string("//Eve", None).expect("a path").public());
	rich["balances"] = json!({ "balances": [[account, 5]] });
	assert_eq!(live::check(&state(rich)), Err(LiveError::WellKnown("//Eve")));
	let clock = changed("/market/parameters/interval_clock_s", json!(1_800));
	assert_eq!(clock, Err(LiveError::DevnetClock { clock_s: 1_800, interval_s: 900 }));
	assert_eq!(changed("/settlement/accounts", json!(null)), Err(LiveError::UnsetAccounts));
	let mut keys = good["session"]["keys"].as_array().expect("a list").clone();
	let mut validators = good["validators"]["validators"].as_array().expect("a list").clone();
	keys.pop();
	validators.pop();
	let mut three = good.clone();
	three["session"]["keys"] = json!(keys);
	three["validators"]["validators"] = json!(validators);
	assert_eq!(live::check(&state(three)), Err(LiveError::FewAuthorities(3)));
	assert_eq!(live::check(&Storage::default()), Err(LiveError::Unreadable("market parameters")));
}

#[test]
fn a_rehearsal_is_no_live_chain() {
	assert_eq!(Kind::Live.chain_type(), sc_service::ChainType::Live);
	assert_eq!(Kind::Rehearsal.chain_type(), sc_service::ChainType::Local);
}
