//! A chain that starts with a grid.

use crate::{mock::*, GenesisConfig, NewPoint, NewZone, Points, PointsOf, Zones};
use busbar_mocks::MockCalendar;
use busbar_primitives::{traits::Grid as _, Link, PointKind, ZoneView};
use sp_runtime::BuildStorage;

fn zones() -> Vec<NewZone> {
	let below = |parent, link| NewZone { parent: Some(parent), link };
	vec![NewZone::default(), below(0, link(1_000, 100)), below(1, link(500, 10))]
}

fn point(zone: u32, owner: AccountId) -> NewPoint {
	NewPoint { zone, owner: id(owner), kind: PointKind::Metered, import_w: 4_000, export_w: 2_000 }
}

fn start(zones: Vec<NewZone>, points: Vec<NewPoint>) -> sp_io::TestExternalities {
	set_up();
	// Before the first block no interval has opened.
	MockCalendar::on_first_unopened(|| 0);
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	GenesisConfig::<Test> { zones, points, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	sp_io::TestExternalities::new(storage)
}

#[test]
fn the_grid_of_the_genesis_exists_from_the_first_interval_on() {
	start(zones(), vec![point(2, MEMBER), point(0, DSO), point(2, MEMBER)]).execute_with(|| {
		Grid::do_try_state().unwrap();
		let all = Grid::zones(0, 0..9);
		assert_eq!(all[0], ZoneView { id: 0, parent: None, link: Link::default() });
		assert_eq!(
			all[1..],
			[(1, 0, 1_000, 100), (2, 1, 500, 10)].map(|(id, parent, limit, fee)| ZoneView {
				id,
				parent: Some(parent),
				link: link(limit, fee)
			})
		);
		assert_eq!(Points::<Test>::iter_values().filter(|point| point.is_in_force(0)).count(), 3);
		assert_eq!(Grid::points_of(id(MEMBER), 9), [0, 2]);
		assert_eq!((Zones::<Test>::get(2).unwrap().points, PointsOf::<Test>::iter().count()), (2, 3));
		assert_eq!((Grid::zone_count(), Grid::point_count()), (3, 3));
	});
}

#[test]
#[should_panic(expected = "connection point 1 of the genesis grid")]
fn a_point_of_no_participant_panics_and_is_named() {
	start(zones(), vec![point(2, MEMBER), point(2, 77)]);
}

#[test]
#[should_panic(expected = "zone 1 of the genesis grid")]
fn a_zone_before_its_parent_panics_and_is_named() {
	let mut zones = zones();
	zones.swap(1, 2);
	start(zones, vec![]);
}

#[test]
#[should_panic(expected = "RootExists")]
fn a_second_root_panics_and_says_why() {
	start([zones(), vec![NewZone::default()]].concat(), vec![]);
}

#[test]
fn json_has_the_shape_that_the_documentation_shows() {
	let json = r#"{
		"zones": [{}, { "parent": 0, "link": { "import_w": 400000, "export_w": null, "fee": 100 } }],
		"points": [
			{
				"zone": 1,
				"owner": "03000000-0000-0000-0000-000000000000",
				"kind": "metered",
				"import_w": 30000,
				"export_w": 9000
			}
		]
	}"#;
	let genesis: GenesisConfig<Test> = serde_json::from_str(json).unwrap();
	let link = Link { import_w: Some(400_000), export_w: None, fee: 100 };
	assert_eq!(genesis.zones, [NewZone::default(), NewZone { parent: Some(0), link }]);
	assert_eq!(genesis.points, [NewPoint { import_w: 30_000, export_w: 9_000, ..point(1, MEMBER) }]);
	let again = serde_json::to_string(&genesis).unwrap();
	assert_eq!(serde_json::from_str::<GenesisConfig<Test>>(&again).unwrap().points, genesis.points);
	assert!(serde_json::from_str::<GenesisConfig<Test>>(r#"{"zones": [{"above": 0}], "points": []}"#).is_err());
}

#[test]
#[should_panic(expected = "connection point 0 of the genesis grid")]
fn a_coupling_below_the_root_panics_and_is_named() {
	start(zones(), vec![NewPoint { kind: PointKind::Coupling, ..point(2, MEMBER) }]);
}
