//! Loads and plants, and the money that their orders need.

use super::*;
use busbar_primitives::energy;

/// A devnet's price bounds.
const PRICES: Prices = Prices::DEVNET;
/// What a devnet may issue, in nEUR.
const CEILING: u128 = 1_000_000_000_000_000_000;

#[test]
fn a_point_that_stands_twice_is_refused_by_name() {
	let fault = load("dup-point").unwrap_err().to_string();
	assert_eq!(fault, "points.csv, row 2, column point: load-0 stands in row 1 already");
	let fault = Files::sound().change("summer-day-wh.csv", "load-0,load-1", "load-0,load-0").fault();
	assert_eq!(fault, "summer-day-wh.csv: the columns 3 and 4 are both called load-0");
	let fault = Files::sound().change("points.csv", "load-0,2", "start,2").fault();
	assert!(fault.contains("start is no name of a point"), "{fault}");
	let fault = Files::sound().change("buses.csv", "3,b", "2,b").fault();
	assert_eq!(fault, "buses.csv, row 4, column bus: the bus 2 stands in row 3 already");
}

#[test]
fn a_grid_without_points_is_refused() {
	let fault = load("no-points").unwrap_err();
	assert_eq!(fault.file, "points.csv");
	assert!(fault.what.contains("at least one load or plant is needed"), "{fault}");
	let idle =
		"point,bus,kind,rated_w,in_service\nload-0,2,load,8000,False\nload-1,3,load,8000,0\npv-0,3,pv,10000,false\n";
	assert!(Files::sound().with("points.csv", idle).fault().contains("no point in service"));
}

#[test]
fn points_out_of_service_and_their_columns_are_left_out() {
	let idle =
		"point,bus,kind,rated_w,in_service\nload-0,2,load,8000,True\nload-1,3,load,8000,False\npv-0,3,pv,10000,True\n";
	let data = Files::sound().with("points.csv", idle).read().unwrap();
	assert_eq!(data.points.iter().map(|point| &point.point[..]).collect::<Vec<_>>(), ["load-0", "pv-0"]);
	assert_eq!(data.profile[3], [203, 0]);
}

#[test]
fn what_would_change_a_points_meaning_is_refused() {
	let scaled = "point,bus,kind,rated_w,scaling\nload-0,2,load,8000,1.0\nload-1,3,load,8000,0.6\npv-0,3,pv,10000,1\n";
	let fault = Files::sound().with("points.csv", scaled).fault();
	assert!(fault.starts_with("points.csv, row 2, column scaling: "), "{fault}");
	let fault = Files::sound().change("points.csv", "pv-0,3,pv", "pv-0,3,wind").fault();
	assert_eq!(fault, "points.csv, row 3, column kind: `wind` is neither load nor pv");
	for bad in ["-8000", "8000.5", "NaN", ""] {
		let fault = Files::sound().change("points.csv", "load-1,3,load,8000", &format!("load-1,3,load,{bad}")).fault();
		assert!(fault.starts_with("points.csv, row 2, column rated_w: "), "{bad}: {fault}");
	}
	let fault = Files::sound().change("points.csv", "load-1,3", "load-1,7").fault();
	assert!(fault.starts_with("points.csv, row 2, column bus: the bus 7 is unknown"), "{fault}");
}

#[test]
fn a_load_beyond_every_plant_is_refused_by_name_with_its_bus_and_the_bound() {
	let fault = load("big-load").unwrap_err();
	assert_eq!((&fault.file[..], fault.row, fault.column.as_deref()), ("summer-day-wh.csv", Some(1), Some("load-0")));
	assert!(fault.what.contains("4000000000000000 W at bus 2; a point has at most 100000000000 W"), "{fault}");
	let fault = Files::sound().change("points.csv", "load-1,3,load,8000", "load-1,3,load,100000000001").fault();
	assert!(fault.contains("load-1 at bus 3 is rated 100000000001 W"), "{fault}");
}

#[test]
fn money_that_the_chain_cannot_issue_is_found_before_anything_is_registered() {
	let big = Files::sound().change("points.csv", "load-1,3,load,8000", "load-1,3,load,100000000000").plan().unwrap();
	let fault = big.check_money(&PRICES, 900, CEILING / 10).unwrap_err().to_string();
	assert!(fault.starts_with("points.csv, row 2: ") && fault.contains("load-1 at bus 3"), "{fault}");
	assert!(fault.contains("the chain can issue 100000000 EUR more"), "{fault}");
	for name in ["case33bw", "single-bus", "eulv"] {
		assert_eq!(load(name).unwrap().1.check_money(&PRICES, 900, CEILING), Ok(()), "{name}");
	}
}

#[test]
fn money_covers_the_collateral_of_eight_intervals_at_the_worst_price() {
	const WORKING_MONEY: u128 = 50_000_000_000;
	let prices = Prices { cap: 1_000, floor: -100, short_max: 2_000, path_fee: 70, unsettled: 3 };
	// 4 kW over a quarter hour are 1 kWh.
	assert_eq!(prices.need(4_000, 900) - prices.deposit(4_000, 900), 8 * 1_000 * 2_100 + WORKING_MONEY);
	assert_eq!(Prices::of(-5, 4_000, 900), 5_000);
}

#[test]
fn deposits_secure_the_rating_in_all_intervals_that_can_be_unsettled_at_once() {
	let prices = Prices { cap: 1_000, floor: -100, short_max: 2_000, path_fee: 70, unsettled: 3 };
	let (used, deposit) = (3 * 1_000 * 2_070, prices.deposit(4_000, 900));
	assert!(used * 10 < deposit * 9 && used * 10 >= (deposit - 2) * 9, "{deposit}");
	let dearer = Prices { cap: 3_000, ..prices };
	assert!(dearer.deposit(4_000, 900) > 3 * 1_000 * 3_000);
	// The devnet's, whose first run is due a minute after an interval of six seconds; quarter hours, after five minutes.
	assert_eq!((Prices::unsettled(60, 6), Prices::unsettled(300, 900)), (PRICES.unsettled, 3));
}

#[test]
fn margins_secure_orders_of_seven_intervals_at_the_worst_and_leave_free_money() {
	let prices = PRICES;
	for power in [4_000, 400_000, 4_000_000] {
		let (need, deposit, margin) = (prices.need(power, 900), prices.deposit(power, 900), prices.margin(power, 900));
		assert!(margin + deposit < need);
		// The worst that orders at the cap can cost, with the fees of the longest path.
		let order = Prices::of(1_100_000, power, 900);
		assert!(margin / order >= 7, "{power} W");
	}
	assert!(prices.margin_of_coupling(4_000, 900) < prices.need_of_coupling(4_000, 900));
}

#[test]
fn points_at_the_root_count_for_the_coupling() {
	let (data, plan) = load("single-bus").unwrap();
	assert_eq!((plan.zones.len(), plan.path_fee(0)), (1, 0));
	let most = data.peak(0).max(data.peak(1));
	assert!(energy(plan.coupling_w, 900) >= 2 * most, "{} W", plan.coupling_w);
	assert_eq!(plan.coupling_w, 32_000, "twice the greater sum of ratings: of loads, or of plants");
	// A load at the root beside a feeder.
	let both = Files::sound().change("points.csv", "load-0,2", "load-0,0").plan().unwrap();
	assert_eq!(both.coupling_w, 2 * (16_000 + 16_000));
}

/// Whatever the points and lines: what all points draw or feed in at once, as far as the links let it through, is less
/// than the coupling.
#[test]
fn the_coupling_never_binds_on_any_grid() {
	for name in ["parallel-2", "single-bus", "case33bw", "case33bw-in-service", "eulv", "rows-reversed"] {
		let (data, plan) = load(name).unwrap();
		for row in &data.profile {
			let drawn = |kind| -> u64 {
				let at_root = |flow: i64, limit: Option<u64>| {
					flow.unsigned_abs().min(limit.map_or(u64::MAX, |power| energy(power, 900)))
				};
				let one_kind: Vec<u64> =
					row.iter().zip(&plan.points).map(|(wh, point)| if point.kind == kind { *wh } else { 0 }).collect();
				let flows = plan.flows(&one_kind);
				let links = plan.zones.iter().zip(flows).filter(|(zone, _)| zone.parent == Some(0));
				let below: u64 = links.map(|(zone, flow)| at_root(flow, zone.link.import_w)).sum();
				let own: u64 = one_kind.iter().zip(&plan.points).filter(|(_, p)| p.zone == 0).map(|(wh, _)| wh).sum();
				below + own
			};
			let coupling = energy(plan.coupling_w, 900);
			assert!(drawn(Kind::Load) < coupling && drawn(Kind::Pv) < coupling, "{name}");
		}
	}
}
