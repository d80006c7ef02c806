//! A chain that starts with meters.

use crate::{mock::*, GenesisConfig, GenesisMeter, HoldReason, Meters, Operators};
use busbar_mocks::MockCalendar;
use busbar_primitives::{
	metering::{Duty, MeterClass},
	Balance, PointId,
};
use sp_core::H256;
use sp_runtime::BuildStorage;

fn meter(point: PointId, operator: AccountId) -> GenesisMeter {
	let device = H256::repeat_byte(point as u8);
	GenesisMeter { point, operator: id(operator), device, class: MeterClass::B }
}

fn start(meters: Vec<GenesisMeter>) -> sp_io::TestExternalities {
	start_with(meters, vec![])
}

fn start_with(meters: Vec<GenesisMeter>, bonds: Vec<(AccountId, Balance)>) -> sp_io::TestExternalities {
	set_up();
	// Before the first block no interval has opened.
	MockCalendar::on_first_unopened(|| 0);
	MockCalendar::on_terms(|_| None);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = [OPERATOR, MEMBER].map(|account| (account, WEALTH)).to_vec();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let bonds = bonds.into_iter().map(|(account, bond)| (id(account), bond)).collect();
	GenesisConfig::<Test> { meters, bonds, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	sp_io::TestExternalities::new(storage)
}

#[test]
fn the_meters_of_the_genesis_count_from_the_first_interval_on() {
	start(vec![meter(3, LOCAL_OPERATOR), meter(25, OPERATOR)]).execute_with(|| {
		Metering::do_try_state().unwrap();
		let first = Meters::<Test>::get(0).unwrap();
		assert_eq!((first.point, first.operator, first.device), (3, id(LOCAL_OPERATOR), [3; 32]));
		assert!(first.counts(0) && first.duty == Duty::Main);
		assert_eq!((meter_at(3, Duty::Main), meter_at(25, Duty::Main)), (0, 1));
	});
}

#[test]
#[should_panic(expected = "meter 1 of the genesis")]
fn a_meter_of_another_operator_s_zone_panics_and_is_named() {
	start(vec![meter(3, LOCAL_OPERATOR), meter(25, LOCAL_OPERATOR)]);
}

#[test]
#[should_panic(expected = "has an operator that is no participant")]
fn a_meter_of_nobody_panics() {
	start(vec![meter(3, 77)]);
}

#[test]
#[should_panic(expected = "Overlap")]
fn a_second_meter_at_a_point_panics_and_says_why() {
	start(vec![meter(3, OPERATOR), meter(3, OPERATOR)]);
}

#[test]
fn a_bond_of_the_genesis_is_held_and_lets_its_operator_attest() {
	start_with(vec![], vec![(OPERATOR, BOND)]).execute_with(|| {
		Metering::do_try_state().unwrap();
		let record = Operators::<Test>::get(id(OPERATOR)).unwrap();
		assert_eq!((record.account, record.bond), (OPERATOR, BOND));
		assert_eq!(held(OPERATOR, HoldReason::OperatorBond), BOND);
	});
}

#[test]
#[should_panic(expected = "bond 1 of the genesis")]
fn a_bond_of_one_who_attests_nothing_panics_and_is_named() {
	start_with(vec![], vec![(OPERATOR, BOND), (MEMBER, BOND)]);
}

#[test]
fn json_has_the_shape_that_the_documentation_shows() {
	let json = format!(
		r#"{{"meters": [{{"point": 3, "operator": "{}", "device": "0x{}", "class": "b"}}], "bonds": [["{}", 5]]}}"#,
		id(OPERATOR),
		"03".repeat(32),
		id(OPERATOR)
	);
	let genesis: GenesisConfig<Test> = serde_json::from_str(&json).unwrap();
	assert_eq!(genesis.meters, [meter(3, OPERATOR)]);
	assert_eq!(genesis.bonds, [(id(OPERATOR), 5)]);
	assert_eq!(serde_json::to_string(&genesis).unwrap(), json.replace(": ", ":").replace(", ", ","));
	assert!(serde_json::from_str::<GenesisConfig<Test>>(r#"{"meters": [{"point": 3}]}"#).is_err());
}
