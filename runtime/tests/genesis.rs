//! A chain whose specification has a grid and its members: it trades with its first interval.

#![allow(clippy::unwrap_used)]

use busbar_harness::merge;
use busbar_primitives::{
	traits::{Calendar, Grid as _, Participants as Register, Positions},
	Balance, Interval, Moment, ParticipantId, PointId, Right, Side, Step,
};
use busbar_runtime::{
	genesis::{devnet_id, preset, DEVNET},
	pallet_market, pallet_participants, pallet_securities, AccountId, Balances, Certificates, Flexibility, Grid,
	Issuance, Market, Metering, Participants, Runtime, RuntimeCall, RuntimeGenesisConfig, RuntimeOrigin, Securities,
	Settlement, Supply, System, Validators,
};
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::{fungible::InspectHold, Hooks},
	weights::WeightMeter,
	BoundedVec,
};
use serde_json::{json, Value};
use sp_genesis_builder::PresetId;
use sp_runtime::{traits::Dispatchable, DispatchError};
use std::collections::{BTreeMap, BTreeSet};

/// SimBench's `1-LV-rural2` has as many buses, and as many loads and plants.
const ZONES: u32 = 97;
const MEMBERS: u32 = 112;
/// 1,000 EUR.
const WEALTH: Balance = 1_000_000_000_000;
/// Of the deposit at each point: 25 EUR and 1 nEUR. A quarter of 30 kW in the twelve intervals that can be unsettled at once, at 1 EUR/kWh,
/// is nine tenths of 25 EUR.
const DEPOSIT: Balance = 25_000_000_001;
/// What two of the members have for orders: 1 EUR.
const MARGIN: Balance = 1_000_000_000;
/// Start of the year 2026.
const NOW: Moment = 1_767_225_600_000;

fn member(number: u32) -> (ParticipantId, AccountId) {
	let name = format!("member {number}");
	(devnet_id(&name), AccountId::new(sp_io::hashing::blake2_256(name.as_bytes())))
}

/// The devnet's genesis with a grid of feeders, a coupling at the root, a point and a meter for each member, and money.
fn specification() -> Value {
	let patch: Value = serde_json::from_slice(&preset(&PresetId::from(DEVNET)).expect("the preset exists")).unwrap();
	// A patch replaces arrays as a whole: the preset's members stay because they are written again.
	let mut members = patch["participants"]["members"].as_array().expect("the preset has members").clone();
	let rich = ["Utility", "MeterOperator"];
	let mut balances: Vec<_> = rich.iter().map(|name| json!([members_account(&members, name), WEALTH])).collect();
	let mut deposits = Vec::new();
	let zones: Vec<_> = (0..ZONES)
		.map(|zone| match zone {
			0 => json!({}),
			_ => {
				let parent = if zone % 16 == 1 { 0 } else { zone - 1 };
				json!({ "parent": parent, "link": { "import_w": 400_000, "export_w": null, "fee": 1_000 } })
			},
		})
		.collect();
	let utility = devnet_id("Utility");
	let mut points =
		vec![json!({ "zone": 0, "owner": utility, "kind": "coupling", "import_w": 400_000, "export_w": 400_000 })];
	let mut meters = Vec::new();
	for number in 0..MEMBERS {
		let (id, account) = member(number);
		members.push(json!([id, account, [["prosumer", { "zone": number % ZONES }]]]));
		balances.push(json!([account, WEALTH]));
		points.push(json!({
			"zone": number % ZONES, "owner": id, "kind": "metered", "import_w": 30_000, "export_w": 30_000
		}));
		deposits.push(json!([number + 1, DEPOSIT]));
		let device = format!("0x{}", hex(&sp_io::hashing::blake2_256(&number.to_le_bytes())));
		let operator = devnet_id("MeterOperator");
		meters.push(json!({ "point": number + 1, "operator": operator, "device": device, "class": "b" }));
	}
	let own = json!({
		"balances": { "balances": balances },
		"participants": { "members": members },
		"grid": { "zones": zones, "points": points },
		"metering": { "meters": meters, "bonds": [[devnet_id("MeterOperator"), WEALTH]] },
		"securities": { "deposits": deposits, "margins": [[member(20).0, MARGIN], [member(21).0, MARGIN]] },
	});
	let base = get_preset::<RuntimeGenesisConfig>(&None, preset).expect("the default genesis");
	let mut base: Value = serde_json::from_slice(&base).unwrap();
	merge(&mut base, patch);
	merge(&mut base, own);
	base
}

fn members_account(members: &[Value], name: &str) -> Value {
	let id = json!(devnet_id(name));
	members.iter().find(|member| member[0] == id).expect("a member of the preset")[1].clone()
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn start(specification: &Value) -> sp_io::TestExternalities {
	let mut state = sp_io::TestExternalities::default();
	state.execute_with(|| {
		let json = serde_json::to_vec(specification).unwrap();
		build_state::<RuntimeGenesisConfig>(json).expect("the specification fits the runtime");
	});
	state
}

/// A block at this chain time.
fn block(now: Moment) {
	System::set_block_number(System::block_number() + 1);
	busbar_runtime::pallet_timestamp::Now::<Runtime>::put(now);
	<Market as Hooks<_>>::on_poll(System::block_number(), &mut WeightMeter::new());
}

fn try_to_place(
	account: AccountId,
	interval: Interval,
	point: PointId,
	side: Side,
	price: i64,
) -> Result<(), DispatchError> {
	let steps = BoundedVec::truncate_from(vec![Step { side, price, wh: 100 }]);
	let call = RuntimeCall::Market(pallet_market::Call::place { interval, product: 0, point, steps });
	call.dispatch(RuntimeOrigin::signed(account)).map(|_| ()).map_err(|refused| refused.error)
}

fn place(account: AccountId, interval: Interval, point: PointId, side: Side, price: i64) {
	try_to_place(account, interval, point, side, price).expect("an order like any other");
}

fn check() {
	Participants::do_try_state().unwrap();
	Grid::do_try_state().unwrap();
	Market::do_try_state().unwrap();
	Metering::do_try_state().unwrap();
	Issuance::do_try_state().unwrap();
	Securities::do_try_state().unwrap();
	Supply::do_try_state().unwrap();
	Flexibility::do_try_state().unwrap();
	Settlement::do_try_state().unwrap();
	Certificates::do_try_state().unwrap();
	Validators::do_try_state().unwrap();
}

#[test]
fn a_specification_with_a_grid_and_its_members_trades_with_the_first_interval() {
	start(&specification()).execute_with(|| {
		check();
		assert_eq!(Balances::total_issuance(), WEALTH * Balance::from(MEMBERS + 2));
		assert_eq!(Balances::total_balance_on_hold(&member(7).1), DEPOSIT);
		let operator =
			<Participants as Register<AccountId>>::account(devnet_id("MeterOperator")).expect("a member of the preset");
		assert_eq!(Balances::total_balance_on_hold(&operator), WEALTH);
		block(NOW);
		let first = Market::clock().next_gate.expect("a gate is open");
		assert_eq!(Grid::zones(first, 0..u32::MAX).len(), ZONES as usize);
		let points: Vec<_> = (0..Grid::point_count()).filter_map(Grid::point).collect();
		assert_eq!(points.len(), 1 + MEMBERS as usize);
		assert!(points.iter().all(|point| point.is_in_force(first)));
		// Members 20 and 21 live in one feeder, side by side.
		place(member(20).1, first, 21, Side::Buy, 200_000);
		place(member(21).1, first, 22, Side::Sell, 100_000);
		check();
		let gate = Market::terms(first).unwrap().last_gate_closure;
		let mut now = NOW;
		while Market::outcome(first).is_none() {
			assert!(now < gate + 60_000, "interval {first} does not end");
			now += 2_000;
			block(now);
		}
		let outcome = Market::outcome(first).unwrap();
		assert!(outcome.cleared && outcome.traded == 100, "{outcome:?}");
		assert_eq!(<Market as Positions>::of(21, first).bought, 100);
		check();
	});
}

/// Everything that is stored.
fn state() -> BTreeMap<Vec<u8>, Vec<u8>> {
	let (mut all, mut key) = (BTreeMap::new(), Vec::new());
	while let Some(next) = sp_io::storage::next_key(&key) {
		all.insert(next.clone(), sp_io::storage::get(&next).expect("there is a value under a key").to_vec());
		key = next;
	}
	all
}

fn contains(key: &[u8], part: &[u8]) -> bool {
	key.windows(part.len()).any(|window| window == part)
}

/// Whether a key is a participant's: it names the participant or its account.
fn belongs(key: &[u8], (id, account): &(ParticipantId, AccountId)) -> bool {
	contains(key, &id.0) || contains(key, account.as_ref())
}

/// The keys of a participant that differ between two states.
fn changed(before: &BTreeMap<Vec<u8>, Vec<u8>>, member: &(ParticipantId, AccountId)) -> Vec<Vec<u8>> {
	let after = state();
	let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
	keys.into_iter().filter(|key| belongs(key, member) && before.get(key) != after.get(key)).collect()
}

#[test]
fn an_order_reads_and_writes_one_key_of_its_owner() {
	let buyer = member(20);
	start(&specification()).execute_with(|| {
		check();
		block(NOW);
		let first = Market::clock().next_gate.expect("a gate is open");
		let record = pallet_participants::Participants::<Runtime>::hashed_key_for(buyer.0);
		let hand = member(30).1;
		let origin = RuntimeOrigin::signed(buyer.1.clone());
		Participants::add_delegate(origin, hand.clone(), Right::Trade).expect("an account like any other");
		// What else the chain knows of the owner is made unreadable: whoever read it would not take the order.
		let others = state().into_keys().filter(|key| *key != record && belongs(key, &buyer));
		let others: Vec<_> = others.collect();
		assert!(others.len() >= 3, "its account, its holds, its number; what it may do stands in the record");
		let kept: Vec<_> = others.iter().map(|key| (key.clone(), sp_io::storage::get(key).unwrap())).collect();
		others.iter().for_each(|key| sp_io::storage::clear(key));
		let before = state();
		place(buyer.1.clone(), first, 21, Side::Buy, 200_000);
		assert_eq!(changed(&before, &buyer), std::slice::from_ref(&record));
		// The same if somebody else signs it, of whom other keys are read.
		let before = state();
		place(hand, first + 1, 21, Side::Buy, 200_000);
		assert_eq!(changed(&before, &buyer), std::slice::from_ref(&record));
		kept.iter().for_each(|(key, value)| sp_io::storage::set(key, value));
		check();
	});
}

#[test]
fn an_order_is_secured_by_its_owners_margin_and_by_no_other_money() {
	start(&specification()).execute_with(|| {
		block(NOW);
		let first = Market::clock().next_gate.expect("a gate is open");
		let (participant, account) = member(22);
		assert!(Balances::free_balance(&account) > WEALTH / 2);
		let before = state();
		let refused = try_to_place(account.clone(), first, 23, Side::Buy, 200_000);
		assert_eq!(refused, Err(pallet_securities::Error::<Runtime>::MarginTooSmall.into()));
		assert!(state() == before, "what is refused changes nothing");
		// 100 Wh at the limit, and what selling them back costs at worst.
		let amount = 100 * (200_000 + 100_000);
		let origin = RuntimeOrigin::signed(account.clone());
		Securities::margin_in(origin.clone(), participant, amount - 1).expect("it has that");
		let refused = try_to_place(account.clone(), first, 23, Side::Buy, 200_000);
		assert_eq!(refused, Err(pallet_securities::Error::<Runtime>::MarginTooSmall.into()));
		Securities::margin_in(origin.clone(), participant, 1).expect("it has that");
		place(account.clone(), first, 23, Side::Buy, 200_000);
		let out = Securities::margin_out(origin, participant, 1);
		assert_eq!(out, Err(pallet_securities::Error::<Runtime>::BeyondMargin.into()));
		check();
	});
}

#[test]
fn a_point_buys_with_as_much_security_as_the_chain_says_and_not_with_one_neur_less() {
	start(&specification()).execute_with(|| {
		block(NOW);
		let first = Market::clock().next_gate.expect("a gate is open");
		let account = member(20).1;
		let told = Securities::security_of(21).expect("a metered point");
		assert_eq!((told.least, told.free, told.suffices), (DEPOSIT, 0, true));
		place(account.clone(), first, 21, Side::Buy, 200_000);
		let (origin, deposit) = (RuntimeOrigin::signed(account.clone()), pallet_securities::Backing::Deposit);
		Securities::give_notice(origin.clone(), 21, deposit, 1).expect("so much was deposited");
		let refused = try_to_place(account.clone(), first + 1, 21, Side::Buy, 200_000);
		assert_eq!(refused, Err(pallet_securities::Error::<Runtime>::SecurityTooSmall.into()));
		place(account.clone(), first + 1, 21, Side::Sell, 200_000);
		Securities::deposit(origin, 21, 1).expect("there is money for it");
		place(account, first + 2, 21, Side::Buy, 200_000);
		check();
	});
}

#[test]
#[should_panic(expected = "connection point 3 of the genesis grid")]
fn a_point_whose_owner_is_no_member_stops_the_chain_before_it_starts() {
	let mut specification = specification();
	specification["grid"]["points"][3]["owner"] = json!(devnet_id("nobody"));
	start(&specification);
}

#[test]
#[should_panic(expected = "meter 5 of the genesis")]
fn a_meter_whose_operator_has_no_such_role_stops_the_chain_before_it_starts() {
	let mut specification = specification();
	specification["metering"]["meters"][5]["operator"] = json!(member(1).0);
	start(&specification);
}
