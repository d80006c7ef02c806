//! The profile's rows: by their labels, not by where they stand.

use super::*;

#[test]
fn a_profile_with_a_bad_number_names_its_place() {
	let fault = Files::sound().change("summer-day-wh.csv", "1,00:15,201", "1,00:15,x").fault();
	assert!(fault.contains("row 2, column load-0"), "{fault}");
	for bad in ["-5", "NaN", "1.5", "inf", ""] {
		let fault = Files::sound().change("summer-day-wh.csv", "1,00:15,201", &format!("1,00:15,{bad}")).fault();
		assert!(fault.starts_with("summer-day-wh.csv, row 2, column load-0: "), "{bad}: {fault}");
	}
}

#[test]
fn a_column_without_a_point_and_a_point_without_a_column_are_named() {
	let fault = Files::sound().change("points.csv", "load-1,3", "load-2,3").fault();
	assert_eq!(fault, "summer-day-wh.csv: there is no column for the point load-2");
	let fault = Files::sound().change("points.csv", "load-1,3,load,8000\n", "").fault();
	assert_eq!(fault, "summer-day-wh.csv: the column load-1 names no point of points.csv");
}

#[test]
fn a_gap_is_refused_wherever_it_is_and_the_missing_quarter_hour_is_named() {
	let fault = load("gap-missing-row-10").unwrap_err();
	assert_eq!((fault.row, fault.column.as_deref()), (Some(11), Some("interval")));
	assert!(fault.what.starts_with("no row for interval 10 (02:30)"), "{fault}");
	for missing in 0..96usize {
		let fault = Files::sound().rows(|rows| drop(rows.remove(missing))).fault();
		let missing = match missing {
			// The first row says where the day begins.
			0 => "no row for interval 96 (00:00)".into(),
			_ => format!("no row for interval {missing} ({})", Start::minutes(15 * missing as u16)),
		};
		assert!(fault.contains(&missing), "{missing}: {fault}");
	}
	let fault = Files::sound().rows(|rows| drop(rows.drain(40..44))).fault();
	assert!(fault.contains("no row for interval 40 (10:00)"), "no clock changes at ten: {fault}");
	assert!(Files::sound().rows(Vec::clear).fault().contains("there are no quarter hours"));
}

#[test]
fn a_row_that_stands_twice_is_refused_and_both_are_named() {
	let fault = load("row-twice").unwrap_err().to_string();
	assert_eq!(fault, "summer-day-wh.csv, row 11, column interval: 9 stands in row 10 already");
	for twice in 0..96usize {
		let fault = Files::sound().rows(|rows| rows.insert(twice, rows[twice].clone())).fault();
		assert!(fault.contains(&format!("row {}, ", twice + 2)), "{twice}: {fault}");
		assert!(fault.contains(&format!("{twice} stands in row {} already", twice + 1)), "{twice}: {fault}");
	}
}

#[test]
fn rows_are_placed_by_their_labels_in_whatever_order_they_stand() {
	let (reversed, _) = load("rows-reversed").unwrap();
	let sound = Files::sound().read().unwrap();
	assert_eq!(reversed.starts, sound.starts);
	assert_eq!(reversed.profile[0][..2], [200, 300]);
	assert_eq!(reversed.profile[95][..2], [295, 205]);
	let number = |row: &String| row.split(',').next().unwrap().parse::<u32>().unwrap();
	let shuffled = Files::sound().rows(|rows| rows.sort_by_key(|row| number(row) * 37 % 96)).read().unwrap();
	assert_eq!((&shuffled.starts, &shuffled.profile), (&sound.starts, &sound.profile));
}

#[test]
fn labels_that_contradict_each_other_are_refused() {
	let fault = Files::sound().change("summer-day-wh.csv", "10,02:30", "10,02:35").fault();
	assert_eq!(
		fault,
		"summer-day-wh.csv, row 11, column start: 02:35 does not follow 02:15 in row 10 by a quarter hour"
	);
	let fault = Files::sound().change("summer-day-wh.csv", "10,02:30", "10,half past two").fault();
	assert!(fault.contains("row 11, column start: `half past two`"), "{fault}");
}

#[test]
fn an_autumn_day_has_100_quarter_hours_and_says_its_second_hour_in_time_order() {
	let (data, _) = load("autumn-100").unwrap();
	assert_eq!(data.profile.len(), 100);
	let starts: Vec<String> = data.starts[7..17].iter().map(Start::to_string).collect();
	assert_eq!(
		starts,
		["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"],
		"the hour from 02:00 passes twice"
	);
	// The same day, its quarter hours counted on: in any order.
	let counted = Files::sound().rows(|rows| {
		let of = |number: usize| {
			let quarter = if number < 12 { number } else { number - 4 };
			format!("{number},{},{number},0,0", Start::minutes(15 * quarter as u16))
		};
		*rows = (0..100).rev().map(of).collect();
	});
	let data = counted.read().unwrap();
	assert_eq!((data.starts[12].to_string(), data.profile[12][0]), ("02:00".into(), 12));
}

#[test]
fn a_spring_day_has_92_quarter_hours() {
	let spring = Files::sound().rows(|rows| drop(rows.drain(8..12)));
	let data = spring.read().unwrap();
	assert_eq!((data.profile.len(), data.starts[7].to_string()), (92, "01:45".into()));
	assert_eq!((data.starts[8].to_string(), data.profile[8][0]), ("03:00".into(), 212));
	let two = |rows: &mut Vec<String>| {
		rows.drain(60..64);
		rows.drain(8..12);
	};
	let fault = Files::sound().rows(two).fault();
	assert!(fault.contains("no row for interval"), "{fault}");
}

#[test]
fn a_day_may_begin_at_any_time_and_a_file_may_hold_several() {
	let noon = Files::sound().rows(|rows| {
		let of = |number: u16| format!("{number},{},{number},0,0", Start::minutes(11 * 60 + 15 * number));
		*rows = (0..192).map(of).collect();
	});
	let data = noon.read().unwrap();
	assert_eq!((data.profile.len(), data.starts[0].to_string()), (192, "11:00".into()));
	let part = Files::sound().rows(|rows| rows.truncate(95)).fault();
	assert!(part.contains("whole days"), "{part}");
}

#[test]
fn short_runs_begin_at_ten_and_longer_ones_as_early_as_they_must() {
	let data = Files::sound().read().unwrap();
	let first = |intervals| data.first(None, intervals).unwrap();
	assert_eq!((first(1), first(8), first(56), first(57), first(96), first(200)), (40, 40, 40, 39, 0, 0));
	let at = |text: &str| data.first(Some(text.parse().unwrap()), 8);
	assert_eq!(at("12:00").unwrap(), 48);
	let fault = at("12:05").unwrap_err().to_string();
	assert!(fault.contains("no quarter hour begins at 12:05"), "{fault}");
}

#[test]
fn rows_of_another_length_than_the_chains_intervals_are_refused() {
	let data = Files::sound().read().unwrap();
	let fault = Plan::build(&data, &Bounds { interval_s: 1_800, ..BOUNDS }).unwrap_err().to_string();
	assert!(fault.contains("900 s") && fault.contains("1800 s"), "{fault}");
}
