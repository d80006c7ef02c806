//! What is read at all.

use super::*;
use busbar_primitives::Wh;
use std::path::Path;

#[test]
fn the_built_in_summer_day_has_the_energy_that_its_notice_states() {
	let data = DataSet::load(None, Day::Summer).unwrap();
	assert_eq!((data.buses.len(), data.segments.len(), data.transformers.len()), (97, 95, 1));
	assert_eq!(data.profile.len(), 96);
	let sum = |kind| -> Wh {
		data.profile
			.iter()
			.flat_map(|row| row.iter().zip(&data.points))
			.filter(|(_, point)| point.kind == kind)
			.map(|(wh, _)| wh)
			.sum()
	};
	assert_eq!((sum(Kind::Load), sum(Kind::Pv)), (682_952, 698_481));
	assert_eq!((data.starts[0].to_string(), data.starts[95].to_string()), ("00:00".into(), "23:45".into()));
}

#[test]
fn the_winter_day_has_no_sun() {
	let data = DataSet::load(None, Day::Winter).unwrap();
	for (point, description) in data.points.iter().enumerate() {
		assert!(description.kind == Kind::Load || data.peak(point) == 0, "{}", description.point);
	}
}

#[test]
fn a_missing_folder_names_the_file() {
	let fault = DataSet::load(Some(Path::new("no-such-folder")), Day::Summer).unwrap_err();
	assert_eq!(fault.file, "slack.csv");
	assert!(fault.to_string().contains("no-such-folder"), "{fault}");
}

#[test]
fn a_column_that_is_missing_or_stands_twice_and_a_short_row_are_named() {
	let fault = Files::sound().change("lines.csv", "max_i_ka", "imax").fault();
	assert_eq!(fault, "lines.csv: there is no column max_i_ka");
	let fault = Files::sound().change("buses.csv", "bus,name", "bus,bus").fault();
	assert_eq!(fault, "buses.csv: the columns 1 and 2 are both called bus");
	let fault = Files::sound().change("buses.csv", "2,a,0.4", "2,a").fault();
	assert_eq!(fault, "buses.csv, row 3: it has 2 cells, the header has 3");
}

#[test]
fn a_slack_bus_is_needed_once_and_must_exist() {
	assert!(Files::sound().with("slack.csv", "slack,bus\n").fault().contains("exactly one slack bus"));
	assert!(Files::sound().with("slack.csv", "slack,bus\n0,0\n1,1\n").fault().contains("found 2"));
	let fault = Files::sound().with("slack.csv", "slack,bus\n0,9\n").fault();
	assert_eq!(fault, "slack.csv, row 1, column bus: the bus 9 is not in buses.csv, or out of service");
}

#[test]
fn switches_are_not_ignored() {
	let fault = Files::sound().with("switch.csv", "bus,element,closed\n2,1,False\n").fault();
	assert!(fault.starts_with("switch.csv: ") && fault.contains("in_service"), "{fault}");
}

#[test]
fn a_byte_order_mark_and_blanks_are_no_part_of_a_name() {
	let sound = Files::sound().change("buses.csv", "bus,name,vn_kv", "\u{feff}bus , name, vn_kv");
	assert_eq!(sound.plan().unwrap().zones.len(), 3);
}
