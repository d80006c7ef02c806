use super::*;
use busbar_primitives::Moment;

/// 2026-01-01T00:00:00Z, in ms.
pub const NEW_YEAR: Moment = 1_767_225_600_000;

fn clock(epoch: Moment, interval_clock_s: u32) -> Clock {
	Clock { now: epoch, epoch, interval_clock_s, interval_s: 900, current: 0, next_gate: None, first_unopened: 0 }
}

fn berlin() -> Calendar {
	Calendar::new(&clock(NEW_YEAR, 900), "Europe/Berlin", None).unwrap()
}

fn intervals(calendar: &Calendar, text: &str) -> Range<Interval> {
	let period = Period::parse(text).unwrap();
	let days = calendar.days(&period).unwrap();
	for pair in days.windows(2) {
		assert_eq!(pair[0].intervals.end, pair[1].intervals.start, "days leave no interval out and share none");
	}
	days.first().unwrap().intervals.start..days.last().unwrap().intervals.end
}

#[test]
fn a_local_day_has_96_intervals_and_92_or_100_when_the_clock_changes() {
	for (day, length) in [("2026-03-28", 96), ("2026-03-29", 92), ("2026-10-25", 100), ("2026-10-26", 96)] {
		assert_eq!(intervals(&berlin(), day).len(), length, "{day}");
	}
}

#[test]
fn a_day_begins_and_ends_at_local_midnight() {
	let calendar = berlin();
	let day = intervals(&calendar, "2026-03-29");
	assert_eq!(calendar.start_text(day.start).unwrap(), "2026-03-29T00:00:00+01:00");
	// The hour from 02:00 to 03:00 does not exist.
	assert_eq!(calendar.start_text(day.start + 7).unwrap(), "2026-03-29T01:45:00+01:00");
	assert_eq!(calendar.start_text(day.start + 8).unwrap(), "2026-03-29T03:00:00+02:00");
	assert_eq!(calendar.start_text(day.end).unwrap(), "2026-03-30T00:00:00+02:00");
}

#[test]
fn the_hour_that_occurs_twice_is_told_apart_by_its_offset() {
	let calendar = berlin();
	let day = intervals(&calendar, "2026-10-25");
	assert_eq!(calendar.start_text(day.start + 8).unwrap(), "2026-10-25T02:00:00+02:00");
	assert_eq!(calendar.start_text(day.start + 12).unwrap(), "2026-10-25T02:00:00+01:00");
}

#[test]
fn a_month_is_its_days_and_a_clock_change_more_or_less() {
	let calendar = berlin();
	assert_eq!(intervals(&calendar, "2026-02").len(), 28 * 96);
	assert_eq!(intervals(&calendar, "2026-03").len(), 31 * 96 - 4);
	assert_eq!(intervals(&calendar, "2026-10").len(), 31 * 96 + 4);
	assert_eq!(intervals(&calendar, "2026-03").end, intervals(&calendar, "2026-04").start);
	assert_eq!(calendar.start_text(intervals(&calendar, "2026-04").start).unwrap(), "2026-04-01T00:00:00+02:00");
}

#[test]
fn a_range_includes_both_ends_whether_days_or_months() {
	let calendar = berlin();
	assert_eq!(intervals(&calendar, "2026-02-27..2026-03-02").len(), 4 * 96);
	assert_eq!(intervals(&calendar, "2026-02..2026-03").len(), 59 * 96 - 4);
}

#[test]
fn the_first_day_of_a_chain_begins_with_interval_0() {
	// The epoch is one o'clock in Berlin: an hour of the day was before it.
	assert_eq!(intervals(&berlin(), "2026-01-01"), 0..92);
	let error = berlin().days(&Period::parse("2025-12-31").unwrap()).unwrap_err();
	assert!(error.to_string().contains("first begins 2026-01-01T01:00:00+01:00"), "{error}");
}

#[test]
fn a_short_clock_changes_nothing_about_what_an_interval_stands_for() {
	let fast = Calendar::new(&clock(NEW_YEAR, 6), "Europe/Berlin", None).unwrap();
	assert_eq!(intervals(&fast, "2026-03-29"), intervals(&berlin(), "2026-03-29"));
}

#[test]
fn an_interval_that_lies_over_midnight_belongs_to_the_day_in_which_it_begins() {
	let calendar = Calendar::new(&clock(NEW_YEAR + 1_234_567, 6), "Europe/Berlin", None).unwrap();
	let day = intervals(&calendar, "2026-03-29");
	assert_eq!(day.len(), 92);
	assert!(calendar.start_text(day.start).unwrap().starts_with("2026-03-29T00:0"));
	assert!(calendar.start_text(day.start - 1).unwrap().starts_with("2026-03-28T23:5"));
	assert_eq!(day.start, intervals(&calendar, "2026-03-28").end);
}

#[test]
fn zones_without_clock_changes_and_with_other_quarters_work() {
	for (zone, length) in [("UTC", 96), ("Asia/Kathmandu", 96), ("Australia/Lord_Howe", 96), ("America/New_York", 96)] {
		let calendar = Calendar::new(&clock(NEW_YEAR, 900), zone, None).unwrap();
		assert_eq!(intervals(&calendar, "2026-03-29").len(), length, "{zone}");
	}
	let calendar = Calendar::new(&clock(NEW_YEAR, 900), "Australia/Lord_Howe", None).unwrap();
	// There the clock changes by half an hour.
	assert_eq!(intervals(&calendar, "2026-04-05").len(), 98);
}

#[test]
fn a_day_whose_midnight_does_not_exist_begins_at_the_first_moment_after_it() {
	let calendar = Calendar::new(&clock(NEW_YEAR, 900), "Asia/Beirut", None).unwrap();
	let day = intervals(&calendar, "2026-03-29");
	assert_eq!(calendar.start_text(day.start).unwrap(), "2026-03-29T01:00:00+03:00");
	assert_eq!(day.len(), 92);
}

#[test]
fn what_is_no_period_is_refused() {
	for text in
		["", "2026", "2026-13", "2026-02-30", "2026-03-29..", "2026-04..2026-03", "1969-01", "2026-3-1", "+026-03"]
	{
		assert!(Period::parse(text).is_err(), "{text}");
	}
	assert!(Period::parse("2020-01..2026-12").unwrap_err().contains("at most 1098"));
}

#[test]
fn an_unknown_time_zone_is_refused_as_bad_input() {
	let error = Calendar::new(&clock(NEW_YEAR, 900), "Europe/Entenhausen", None).unwrap_err();
	assert_eq!(error.exit_code(), 2);
	assert!(error.to_string().contains("Europe/Entenhausen"), "{error}");
}

#[test]
fn intervals_beyond_the_calendar_are_an_error() {
	assert!(berlin().start(Interval::MAX).is_err());
}

/// A compiled zone (TZif, version 2) whose only rule is this POSIX text.
fn compiled(rule: &str) -> Vec<u8> {
	let header = |version: u8| {
		let counts = [0u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
		[b"TZif", &[version][..], &[0; 15], &counts].concat()
	};
	// One local time type: two hours east, standard time, called `XYZ`.
	let part = [&7_200i32.to_be_bytes()[..], &[0, 0], b"XYZ\0"].concat();
	[header(b'2'), part.clone(), header(b'2'), part, format!("\n{rule}\n").into_bytes()].concat()
}

#[test]
fn newer_rules_of_a_zone_are_read_from_a_folder() {
	let folder = tempfile::tempdir().unwrap();
	std::fs::create_dir(folder.path().join("Europe")).unwrap();
	// As if the clocks of Berlin stayed on summer time for good.
	std::fs::write(folder.path().join("Europe/Berlin"), compiled("XYZ-2")).unwrap();
	let calendar = Calendar::new(&clock(NEW_YEAR, 900), "Europe/Berlin", Some(folder.path())).unwrap();
	for day in ["2026-03-29", "2026-10-25"] {
		assert_eq!(intervals(&calendar, day).len(), 96, "{day}");
	}
	let first = intervals(&calendar, "2026-12-01").start;
	assert_eq!(calendar.start_text(first).unwrap(), "2026-12-01T00:00:00+02:00");
	// What the folder does not have is not taken from elsewhere.
	let error = Calendar::new(&clock(NEW_YEAR, 900), "America/New_York", Some(folder.path())).unwrap_err();
	assert!(error.to_string().contains("America/New_York") && error.exit_code() == 2, "{error}");
	let missing = folder.path().join("nothing");
	let error = Calendar::new(&clock(NEW_YEAR, 900), "Europe/Berlin", Some(&missing)).unwrap_err();
	assert!(error.to_string().contains("nothing") && error.exit_code() == 2, "{error}");
}
