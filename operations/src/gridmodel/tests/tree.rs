//! From buses to zones.

use super::*;
use busbar_primitives::{Link, Wh};

fn summer() -> (DataSet, Plan) {
	let data = DataSet::load(None, Day::Summer).unwrap();
	let plan = Plan::build(&data, &BOUNDS).unwrap();
	(data, plan)
}

#[test]
fn the_tree_hangs_on_the_transformer_and_parents_stand_first() {
	let (_, plan) = summer();
	assert_eq!(plan.zones.len(), 97);
	assert_eq!(plan.zones[0].parent, None);
	let transformer = Link { import_w: Some(250_000), export_w: Some(250_000), fee: TRANSFORMER_FEE };
	assert_eq!((plan.zones[1].parent, plan.zones[1].link), (Some(0), transformer));
	for (index, zone) in plan.zones.iter().enumerate().skip(2) {
		assert!(zone.parent.unwrap() < index);
		assert_eq!(zone.link.import_w, Some(187_061), "1.732 x 0.4 kV x 270 A");
		assert_eq!(zone.link.fee, SEGMENT_FEE);
	}
	assert_eq!(plan.zones.iter().map(|zone| zone.depth).max(), Some(38), "37 segments and the transformer");
	assert_eq!(plan.coupling_w, 500_000);
}

#[test]
fn the_path_fee_sums_transformer_and_segments() {
	let (_, plan) = summer();
	assert_eq!(plan.path_fee(0), 0);
	for (index, zone) in plan.zones.iter().enumerate().skip(1) {
		assert_eq!(plan.path_fee(index), 10_000 + 200 * (zone.depth as i64 - 1));
	}
}

#[test]
fn ratings_cover_the_profile_with_room_for_forecast_errors() {
	let (data, plan) = summer();
	for (index, point) in plan.points.iter().enumerate() {
		let rating = point.import_w + point.export_w;
		assert!(rating >= 8 * data.peak(index) && rating >= 2 * data.points[index].rated_w);
		assert_eq!(point.kind == Kind::Load, point.export_w == 0);
	}
}

#[test]
fn flows_sum_to_the_grid_balance_at_the_transformer() {
	let (data, plan) = summer();
	let flows = plan.flows(&data.profile[52]);
	assert_eq!(flows[1], -22_229);
	assert_eq!(flows[0], 0);
}

#[test]
fn the_congested_link_is_a_feeder_and_its_limit_binds() {
	let (data, plan) = summer();
	let rows: Vec<&[Wh]> = data.profile.iter().map(|row| &row[..]).collect();
	let (zone, link) = plan.congestion(&rows, 900).unwrap();
	assert!(plan.zones[zone].depth > 1);
	let limit = busbar_primitives::energy(link.export_w.unwrap(), 900) as i64;
	assert!(rows.iter().any(|row| -plan.flows(row)[zone] > limit));
	assert!(link.export_w < plan.zones[zone].link.export_w && link.fee == plan.zones[zone].link.fee);
}

#[test]
fn a_loop_is_refused() {
	let (mut data, _) = summer();
	let (from_bus, to_bus) = (data.segments[0].from_bus, data.segments[5].to_bus);
	data.segments.push(Segment { from_bus, to_bus, max_i_ka: Some(0.27), row: 96 });
	let fault = Plan::build(&data, &BOUNDS).unwrap_err();
	assert!(fault.to_string().contains("radial"));
	assert_eq!((&fault.file[..], fault.row), ("lines.csv", Some(96)));
}

#[test]
fn a_double_line_is_refused_with_both_rows_and_a_line_to_itself_too() {
	let fault = Files::sound().change("lines.csv", "1,2,3,0.1,0.27\n", "1,2,3,0.1,0.27\n2,3,2,0.1,0.27\n").fault();
	assert!(fault.starts_with("lines.csv, row 3: ") && fault.contains("row 2 of lines.csv already"), "{fault}");
	assert!(fault.contains("parallel"), "{fault}");
	let fault = Files::sound().change("lines.csv", "2,3,0.1", "2,2,0.1").fault();
	assert_eq!(fault, "lines.csv, row 2, column to_bus: both ends are at bus 2");
}

#[test]
fn an_island_is_refused() {
	let (mut data, _) = summer();
	data.segments.pop();
	assert!(Plan::build(&data, &BOUNDS).unwrap_err().to_string().contains("not connected"));
	let fault = Files::sound().change("lines.csv", "1,2,3,0.1,0.27\n", "").fault();
	assert_eq!(fault, "buses.csv, row 4, column bus: bus 3 is not connected to the slack bus 0");
}

#[test]
fn tie_lines_that_are_out_of_service_close_no_loop() {
	let (data, plan) = load("case33bw-in-service").unwrap();
	assert_eq!((data.segments.len(), plan.zones.len()), (32, 33));
	assert_eq!(plan.zones.iter().map(|zone| zone.depth).max(), Some(17));
	let tie = "from_bus,to_bus,max_i_ka,in_service\n1,2,0.27,1\n2,3,0.27,true\n1,3,0.27,maybe\n";
	let fault = Files::sound().with("lines.csv", tie).fault();
	assert_eq!(fault, "lines.csv, row 3, column in_service: `maybe` is neither true nor false");
	// What leads to a bus out of service is so too.
	let buses = "bus,vn_kv,in_service\n0,20,True\n1,0.4,True\n2,0.4,True\n3,0.4,False\n";
	let fault = Files::sound().with("buses.csv", buses).fault();
	assert_eq!(fault, "points.csv, row 2, column bus: load-1 is in service at a bus that is not");
}

#[test]
fn buses_that_only_join_two_links_become_no_zones_and_prices_stay() {
	let (data, plan) = load("eulv").unwrap();
	assert_eq!((data.buses.len(), plan.zones.len()), (907, 205));
	assert_eq!(plan.zones.iter().map(|zone| zone.depth).max(), Some(40));
	// Every bus is a zone, or on the way to exactly one.
	let through: usize = plan.zones.iter().map(|zone| zone.through.len()).sum();
	assert_eq!(plan.zones.len() + through, 907);
	for (at, zone) in plan.zones.iter().enumerate().skip(1) {
		let taken = plan.points.iter().any(|point| point.zone == at);
		let children = plan.zones.iter().filter(|child| child.parent == Some(at)).count();
		assert!(taken || children != 1, "bus {} only joins two links", zone.bus);
	}
	// The path fee counts every segment: the deepest bus lies behind 157 of them and the transformer.
	let deepest = (0..plan.zones.len()).map(|zone| plan.path_fee(zone)).max();
	assert_eq!(deepest, Some(10_000 + 157 * 200));
}

#[test]
fn links_in_a_row_keep_the_lesser_limit_and_both_fees() {
	let chain = |one: &str, two: &str, three: &str| {
		let lines = format!("from_bus,to_bus,max_i_ka\n1,2,{one}\n3,2,{two}\n3,4,{three}\n");
		let buses = "bus,vn_kv\n0,20\n1,0.4\n2,0.4\n3,0.4\n4,0.4\n";
		let points = "point,bus,kind,rated_w\nload-0,4,load,8000\nload-1,4,load,8000\npv-0,1,pv,10000\n";
		let files = Files::sound().with("lines.csv", &lines).with("buses.csv", buses).with("points.csv", points);
		files.plan().unwrap().zones[2].clone()
	};
	let zone = chain("0.2", "0.1", "0.3");
	assert_eq!((zone.bus, zone.parent, zone.depth, &zone.through[..]), (4, Some(1), 2, &[2, 3][..]));
	assert_eq!(zone.link, Link { import_w: Some(69_282), export_w: Some(69_282), fee: 600 });
	assert_eq!(chain("99999", "0.1", "99999").link.import_w, Some(69_282));
	assert_eq!(chain("99999", "99999", "99999").link, Link { import_w: None, export_w: None, fee: 600 });
}

#[test]
fn a_tree_beyond_the_chains_bounds_is_refused_with_bus_and_bound() {
	let (data, _) = load("eulv").unwrap();
	let refused = |bounds: Bounds| Plan::build(&data, &bounds).unwrap_err();
	let fault = refused(Bounds { depth: 39, ..BOUNDS });
	assert_eq!((&fault.file[..], fault.column.as_deref()), ("buses.csv", Some("bus")));
	assert!(fault.what.contains("more than 39 links") && fault.what.contains("deepest one lies 40"), "{fault}");
	let fault = refused(Bounds { zones: 204, ..BOUNDS }).to_string();
	assert!(fault.contains("205 zones") && fault.contains("more than 204"), "{fault}");
	let fault = refused(Bounds { path_fee: 40_000, ..BOUNDS }).to_string();
	assert!(fault.contains("nEUR/Wh, at most 40000"), "{fault}");
	let fault = refused(Bounds { points: 55, ..BOUNDS }).to_string();
	assert!(fault.starts_with("points.csv, row 55: load-54 is one point too many"), "{fault}");
	assert!(Plan::build(&data, &Bounds { points: 56, zones: 205, depth: 40, path_fee: 41_400, ..BOUNDS }).is_ok());
}
