//! What lines and transformers carry: in one unit, for all that stand in parallel, or without a limit.

use super::*;
use busbar_primitives::Link;

fn place(name: &str) -> (String, usize, String, String) {
	let fault = load(name).unwrap_err();
	(fault.file, fault.row.unwrap(), fault.column.unwrap(), fault.what)
}

#[test]
fn a_rating_or_voltage_that_is_no_positive_number_is_refused_with_its_place() {
	let (file, row, column, what) = place("nan-ampacity");
	assert_eq!((&file[..], row, &column[..]), ("lines.csv", 1, "max_i_ka"));
	assert!(what.starts_with("`NaN` is no positive number of kA"), "{what}");
	let (file, row, column, _) = place("neg-ampacity");
	assert_eq!((&file[..], row, &column[..]), ("lines.csv", 1, "max_i_ka"));
	let (file, row, column, what) = place("zero-voltage");
	assert_eq!((&file[..], row, &column[..]), ("buses.csv", 2, "vn_kv"));
	assert_eq!(what, "`0` is no positive number of kV");
	for bad in ["NaN", "nan", "-0.27", "0", "-0.0", "inf", "-inf", "Infinity", "", "x", "1e400"] {
		let line = Files::sound().change("lines.csv", "2,3,0.1,0.27", &format!("2,3,0.1,{bad}")).fault();
		assert!(line.starts_with("lines.csv, row 2, column max_i_ka: "), "{bad}: {line}");
		let transformer = Files::sound().change("transformer.csv", "0.25", bad).fault();
		assert!(transformer.starts_with("transformer.csv, row 1, column sn_mva: "), "{bad}: {transformer}");
		let bus = Files::sound().change("buses.csv", "3,b,0.4", &format!("3,b,{bad}")).fault();
		assert!(bus.starts_with("buses.csv, row 4, column vn_kv: "), "{bad}: {bus}");
	}
	let fault = Files::sound().change("lines.csv", "0.27", "0.0000000001").fault();
	assert!(fault.contains("row 1") && fault.contains("1 and 2 carries less than 1 W"), "{fault}");
}

#[test]
fn a_rating_in_another_unit_is_refused_with_the_bound() {
	let (file, row, column, what) = place("trafo-kva");
	assert_eq!((&file[..], row, &column[..]), ("transformer.csv", 1, "sn_mva"));
	assert!(what.contains("at most 5000; is it in another unit?"), "{what}");
	let fault = Files::sound().change("lines.csv", "0.27", "270").fault();
	assert!(fault.contains("270 kA are more than there is: at most 100;"), "{fault}");
	let fault = Files::sound().change("buses.csv", "20.0", "20000").fault();
	assert!(fault.contains("20000 kV are more than there is"), "{fault}");
}

#[test]
fn exactly_99999_says_that_there_is_no_limit() {
	let (_, plan) = load("case33bw").unwrap();
	assert_eq!(plan.zones.len(), 33);
	for zone in &plan.zones[1..] {
		assert_eq!(zone.link, Link { import_w: None, export_w: None, fee: SEGMENT_FEE }, "bus {}", zone.bus);
	}
	let ratings: u64 = plan.points.iter().map(|point| point.import_w).sum();
	assert_eq!(plan.coupling_w, 2 * ratings, "the points bound the coupling where no line does");
	let open = Files::sound().change("transformer.csv", "0.25", "99999.0").plan().unwrap();
	assert_eq!(open.zones[1].link.import_w, Some(187_061), "of the line behind it");
	let near = Files::sound().change("transformer.csv", "0.25", "99998").fault();
	assert!(near.contains("99999 says that there is no limit"), "{near}");
}

#[test]
fn what_stands_in_parallel_carries_together() {
	let (_, plan) = load("parallel-2").unwrap();
	let one = (3f64.sqrt() * 0.4 * 0.002 * 1e6) as u64;
	assert_eq!(plan.zones[1].bus, 2);
	assert_eq!(plan.zones[1].link.import_w, Some(2_771), "twice {one} W");
	assert_eq!(busbar_primitives::energy(2_771, 900), 692);
	let columns = |parallel: &str, df: &str, percent: &str| {
		let text = format!(
			"from_bus,to_bus,max_i_ka,parallel,df,max_loading_percent\n1,2,0.27,{parallel},{df},{percent}\n2,3,0.27,,,\n"
		);
		Files::sound().with("lines.csv", &text)
	};
	let limit = |files: Files| files.plan().unwrap().zones[1].link.import_w.unwrap();
	assert_eq!(limit(columns("1.0", "", "")), 187_061);
	assert_eq!(limit(columns("1", "0.5", "100")), 93_530);
	assert_eq!(limit(columns("1", "1", "50")), 93_530);
	assert_eq!(limit(columns("3", "", "")), 250_000, "the transformer's");
	for (parallel, df, percent, column) in [
		("0", "", "", "parallel"),
		("-1", "", "", "parallel"),
		("1.5", "", "", "parallel"),
		("nan", "", "", "parallel"),
		("101", "", "", "parallel"),
		("", "0", "", "df"),
		("", "1.1", "", "df"),
		("", "", "-3", "max_loading_percent"),
	] {
		let fault = columns(parallel, df, percent).fault();
		assert!(fault.starts_with(&format!("lines.csv, row 1, column {column}: ")), "{fault}");
	}
	let two = "hv_bus,lv_bus,sn_mva,parallel\n0,1,0.05,2\n";
	assert_eq!(Files::sound().with("transformer.csv", two).plan().unwrap().zones[1].link.import_w, Some(100_000));
}

#[test]
fn a_line_joins_buses_of_one_voltage() {
	let fault = Files::sound().change("buses.csv", "3,b,0.4", "3,b,20.0").fault();
	assert!(fault.starts_with("lines.csv, row 2, column to_bus: "), "{fault}");
	assert!(fault.contains("bus 2 at 0.4 kV and bus 3 at 20 kV"), "{fault}");
	let lesser = Files::sound().change("buses.csv", "3,b,0.4", "3,b,0.38").plan().unwrap();
	assert_eq!(lesser.zones[2].link.import_w, Some((3f64.sqrt() * 0.38 * 0.27 * 1e6) as u64));
}
