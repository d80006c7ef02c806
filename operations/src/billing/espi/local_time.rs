//! ESPI's LocalTimeParameters: a time zone's offset and the rules by which its clocks change.

use jiff::{
	civil::{Date, DateTime},
	tz::TimeZone,
	Timestamp,
};

/// Years over which a rule must hold to be written as one.
const YEARS: i16 = 6;
/// No clock changes.
const DISABLED: u32 = u32::MAX;

/// What the element holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
	/// When summer time ends, in local time before the change.
	pub dst_end: u32,
	/// How far clocks are put forward, in s.
	pub dst_offset: i32,
	/// When summer time begins, in local time before the change.
	pub dst_start: u32,
	/// Standard time's offset from UTC, in s.
	pub tz_offset: i32,
}

/// A change of the clock.
struct Change {
	/// Local time at which it happens, before it has.
	local: DateTime,
	/// By how much clocks are put forward, in s.
	by: i32,
}

impl LocalTime {
	/// The rules in force from a year on. A zone whose clocks do not change exactly twice in that year has no rules; its
	/// offset is the one at the year's beginning.
	pub fn of(zone: &TimeZone, year: i16) -> Self {
		let years: Vec<Vec<Change>> = (0..YEARS).filter_map(|ahead| changes(zone, year.checked_add(ahead)?)).collect();
		let beginning = first_of(year).map_or(0, |moment| zone.to_offset(moment).seconds());
		let rule = |forward: bool| {
			let one = |changes: &Vec<Change>| -> Option<DateTime> {
				changes.iter().find(|change| (change.by > 0) == forward).map(|change| change.local)
			};
			let all: Vec<_> = years.iter().map_while(one).collect();
			all.first().map(|first| encode(*first, &all))
		};
		match (years.first().map(Vec::as_slice), rule(true), rule(false)) {
			(Some([one, other]), Some(dst_start), Some(dst_end)) if one.by == -other.by => {
				let dst_offset = one.by.abs();
				// In the south the year begins in summer time.
				let tz_offset = if one.by > 0 { beginning } else { beginning - dst_offset };
				Self { dst_end, dst_offset, dst_start, tz_offset }
			},
			_ => Self { dst_end: DISABLED, dst_offset: 0, dst_start: DISABLED, tz_offset: beginning },
		}
	}
}

fn first_of(year: i16) -> Option<Timestamp> {
	Some(Date::new(year, 1, 1).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The clock changes of a year.
fn changes(zone: &TimeZone, year: i16) -> Option<Vec<Change>> {
	let (from, until) = (first_of(year)?, first_of(year.checked_add(1)?)?);
	let changes = zone.following(from).take_while(|change| change.timestamp() < until).filter_map(|change| {
		let moment = change.timestamp();
		let before = zone.to_offset(Timestamp::from_second(moment.as_second().checked_sub(1)?).ok()?);
		let by = change.offset().seconds().checked_sub(before.seconds())?;
		(by != 0).then(|| Change { local: before.to_datetime(moment), by })
	});
	Some(changes.collect())
}

/// Bits 0 to 11 seconds of the hour, 12 to 16 hour, 17 to 19 weekday (Monday is 1), 20 to 24 day of the month, 25 to 27
/// operator (0: that day of the month, 2 to 6: that weekday for the first to fifth time, 7: for the last time), 28 to 31
/// month. `all` are the same change in several years, which tell the fourth weekday from the last.
fn encode(first: DateTime, all: &[DateTime]) -> u32 {
	let nth = |change: &DateTime| u32::from(change.day().unsigned_abs() - 1) / 7 + 1;
	let is_last = |change: &DateTime| change.day() + 7 > change.days_in_month();
	let same = |test: &dyn Fn(&DateTime) -> bool| {
		all.iter().all(|change| change.weekday() == first.weekday() && change.month() == first.month() && test(change))
	};
	let weekday = u32::from(first.weekday().to_monday_one_offset().unsigned_abs());
	let (operator, weekday, day) = if same(&is_last) {
		(7, weekday, 0)
	} else if same(&|change| nth(change) == nth(&first)) {
		(nth(&first) + 1, weekday, 0)
	} else {
		(0, 0, u32::from(first.day().unsigned_abs()))
	};
	let seconds = u32::from(first.minute().unsigned_abs()) * 60 + u32::from(first.second().unsigned_abs());
	let (month, hour) = (u32::from(first.month().unsigned_abs()), u32::from(first.hour().unsigned_abs()));
	month << 28 | operator << 25 | day << 20 | weekday << 17 | hour << 12 | seconds
}

#[cfg(test)]
mod tests {
	use super::*;
	use jiff::tz::TimeZoneDatabase;

	fn of(zone: &str) -> LocalTime {
		LocalTime::of(&TimeZoneDatabase::bundled().get(zone).unwrap(), 2026)
	}

	#[test]
	fn europe_changes_its_clocks_on_the_last_sundays_of_march_and_october() {
		let expected = LocalTime { dst_end: 0xAE0E_3000, dst_offset: 3_600, dst_start: 0x3E0E_2000, tz_offset: 3_600 };
		assert_eq!(of("Europe/Berlin"), expected);
	}

	#[test]
	fn america_changes_them_on_the_first_sunday_of_november_and_the_second_of_march() {
		let expected =
			LocalTime { dst_end: 0xB40E_2000, dst_offset: 3_600, dst_start: 0x360E_2000, tz_offset: -5 * 3_600 };
		assert_eq!(of("America/New_York"), expected);
	}

	#[test]
	fn the_south_begins_its_year_in_summer_time() {
		let sydney = of("Australia/Sydney");
		assert_eq!((sydney.tz_offset, sydney.dst_offset), (10 * 3_600, 3_600));
		// First Sundays: of October at 2, of April at 3 in summer time.
		assert_eq!((sydney.dst_start, sydney.dst_end), (0xA40E_2000, 0x440E_3000));
	}

	#[test]
	fn a_zone_without_clock_changes_has_no_rules() {
		let expected = LocalTime { dst_end: DISABLED, dst_offset: 0, dst_start: DISABLED, tz_offset: 20_700 };
		assert_eq!(of("Asia/Kathmandu"), expected);
	}
}
