//! Which intervals a billing period has: calendar time of intervals, and the local days of a time zone.
//!
//! Interval `i` stands for the `interval_s` seconds from `epoch + i x interval_s` on, in UTC without leap seconds. Where an
//! interval lasts as long on chain as it stands for (`interval_clock_s = interval_s`), calendar time is chain time. A
//! network with a shorter clock runs through its calendar faster, from the same epoch. An interval belongs to the local
//! day in which it begins, so that every interval is billed once whatever the epoch is.

use crate::Failure;
use anyhow::{Context, Result};
use busbar_primitives::{api::Clock, Interval};
use jiff::{
	civil::Date,
	tz::{TimeZone, TimeZoneDatabase},
	Timestamp, Zoned,
};
use std::{ops::Range, path::Path};

/// Most days of a period: three years.
pub const MAX_DAYS: i32 = 1_098;

/// A period as somebody writes it: `2026-03`, `2026-03-29` or two of these with `..` between.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
	pub text: String,
	/// The first day.
	pub from: Date,
	/// The last day.
	pub to: Date,
}

impl Period {
	/// Reads a period.
	///
	/// # Errors
	/// If the text is none, ends before it begins, or has more than [`MAX_DAYS`] days.
	pub fn parse(text: &str) -> Result<Self, String> {
		let (from, to) = match text.split_once("..") {
			Some((from, to)) => (days(from)?.0, days(to)?.1),
			None => days(text)?,
		};
		if to < from {
			return Err(format!("`{text}` ends before it begins; write FROM..TO, both included"));
		}
		let length = (to - from).get_days() + 1;
		if length > MAX_DAYS {
			return Err(format!("`{text}` has {length} days; a period has at most {MAX_DAYS}, so ask for parts of it"));
		}
		Ok(Self { text: text.into(), from, to })
	}
}

/// First and last day of a month or a day.
fn days(text: &str) -> Result<(Date, Date), String> {
	let wrong = || {
		format!("`{text}` is neither a month such as 2026-03 nor a day such as 2026-03-29 of the years 1970 to 9998")
	};
	let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
	let read = |text: &str| -> Option<Date> { text.parse().ok() };
	let (from, to) = match text.len() {
		7 if digits(text) => read(&format!("{text}-01")).map(|first| (first, first.last_of_month())),
		10 if digits(text) => read(text).map(|day| (day, day)),
		_ => None,
	}
	.ok_or_else(wrong)?;
	if from.year() < 1970 || to.year() > 9_998 {
		return Err(wrong());
	}
	Ok((from, to))
}

/// One local day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Day {
	pub date: Date,
	/// Its intervals: those that begin in it.
	pub intervals: Range<Interval>,
}

/// Calendar time of a chain's intervals in a time zone.
#[derive(Clone, Debug)]
pub struct Calendar {
	epoch_ms: i64,
	interval_s: u32,
	zone: TimeZone,
	name: String,
}

impl Calendar {
	/// The calendar of a chain in the time zone of that IANA name. The zones' rules are built into this program, so that
	/// it writes the same bill on every machine; `rules` is a folder of compiled ones (TZif, as in /usr/share/zoneinfo) that
	/// stand in for them, because a zone's rules may change after this program was built.
	///
	/// # Errors
	/// If there is no such time zone or no such folder, or the chain's clock is out of the calendar's range.
	pub fn new(clock: &Clock, zone: &str, rules: Option<&Path>) -> Result<Self, Failure> {
		let (zones, place) = match rules {
			None => (TimeZoneDatabase::bundled().clone(), String::new()),
			Some(rules) => {
				let place = format!(" in {}", rules.display());
				let zones = TimeZoneDatabase::from_dir(rules)
					.map_err(|error| Failure::input(format!("{} has no time-zone rules: {error}", rules.display())))?;
				(zones, place)
			},
		};
		let found = zones.get(zone).map_err(|_| {
			Failure::input(format!(
				"there is no time zone `{zone}`{place}; write an IANA name such as Europe/Berlin or UTC"
			))
		})?;
		let epoch_ms = i64::try_from(clock.epoch).ok().filter(|ms| Timestamp::from_millisecond(*ms).is_ok());
		let (Some(epoch_ms), true) = (epoch_ms, clock.interval_s > 0) else {
			return Err(Failure::failed(
				"the chain's epoch or interval length is out of range: it has no calendar time",
			));
		};
		let name = found.iana_name().unwrap_or(zone).to_string();
		Ok(Self { epoch_ms, interval_s: clock.interval_s, zone: found, name })
	}

	/// IANA name of the time zone.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// The time zone.
	pub fn zone(&self) -> &TimeZone {
		&self.zone
	}

	/// What an interval stands for, in s.
	pub fn interval_s(&self) -> u32 {
		self.interval_s
	}

	fn step_ms(&self) -> i64 {
		i64::from(self.interval_s) * 1_000
	}

	/// When an interval begins.
	///
	/// # Errors
	/// If that is after the year 9999.
	pub fn start(&self, interval: Interval) -> Result<Zoned> {
		// 2^32 intervals of 2^32 s exceed neither 64 bits nor, together with an epoch in range, 128.
		let ms = i128::from(self.epoch_ms) + i128::from(self.step_ms()) * i128::from(interval);
		let moment = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
		Ok(moment
			.with_context(|| format!("interval {interval} begins after the year 9999 of the calendar"))?
			.to_zoned(self.zone.clone()))
	}

	/// When an interval begins, as RFC 3339 writes it, in local time with its offset.
	///
	/// # Errors
	/// As [`Self::start`].
	pub fn start_text(&self, interval: Interval) -> Result<String> {
		Ok(rfc3339(&self.start(interval)?))
	}

	/// When a local day begins: at midnight, or at the first moment after a gap in which midnight lies.
	///
	/// # Errors
	/// If the day is out of the calendar's range.
	pub fn midnight(&self, date: Date) -> Result<Zoned> {
		Ok(date.to_zoned(self.zone.clone())?.start_of_day()?)
	}

	/// The first interval that begins at a moment or after it.
	fn first_from(&self, moment: Timestamp) -> Result<Interval> {
		let passed = moment.as_millisecond().saturating_sub(self.epoch_ms).max(0);
		let step = self.step_ms();
		let count = passed / step + i64::from(passed % step != 0);
		Interval::try_from(count).with_context(|| format!("{moment} is beyond the chain's last interval"))
	}

	/// A local day.
	///
	/// # Errors
	/// If it is out of the calendar's range or beyond the chain's last interval.
	pub fn day(&self, date: Date) -> Result<Day> {
		let (start, end) = (self.midnight(date)?, self.midnight(date.tomorrow()?)?);
		Ok(Day { date, intervals: self.first_from(start.timestamp())?..self.first_from(end.timestamp())? })
	}

	/// The days of a period.
	///
	/// # Errors
	/// As [`Self::day`], and if the period ends before the chain's interval 0 begins.
	pub fn days(&self, period: &Period) -> Result<Vec<Day>> {
		let mut days = Vec::new();
		let mut date = period.from;
		while date <= period.to {
			days.push(self.day(date)?);
			date = date.tomorrow()?;
		}
		if days.iter().all(|day| day.intervals.is_empty()) {
			let first = self.start_text(0)?;
			return Err(
				Failure::input(format!("{} has no interval: the chain's first begins {first}", period.text)).into()
			);
		}
		Ok(days)
	}
}

/// A moment in local time with its offset from UTC, to the second.
pub fn rfc3339(moment: &Zoned) -> String {
	moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
