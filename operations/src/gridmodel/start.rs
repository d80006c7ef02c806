//! When a quarter hour begins.

use std::{fmt, str::FromStr};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// The local time at which a quarter hour begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Start(u16);

impl Start {
	/// The time so many minutes after midnight, on whatever day.
	pub const fn minutes(minutes: u16) -> Self {
		Self(minutes % DAY)
	}

	/// Minutes since midnight.
	pub const fn since_midnight(self) -> u16 {
		self.0
	}

	/// The time so many minutes later; after midnight it begins again.
	pub const fn later(self, minutes: u16) -> Self {
		Self::minutes(self.0 + minutes % DAY)
	}

	/// How many minutes later the next such time is, from 0 on.
	pub const fn until(self, next: Self) -> u16 {
		(next.0 + DAY - self.0) % DAY
	}
}

impl fmt::Display for Start {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
	}
}

impl FromStr for Start {
	type Err = String;

	/// Reads `HH:MM` or `HH:MM:00`.
	fn from_str(text: &str) -> Result<Self, String> {
		let wrong = || format!("`{text}` is no time of day; write HH:MM");
		let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
		let parts: Vec<&str> = text.split(':').collect();
		let (hour, minute) = match parts[..] {
			[hour, minute] | [hour, minute, "00"] => (hour, minute),
			_ => return Err(wrong()),
		};
		match (number(hour), number(minute)) {
			(Some(hour @ 0..24), Some(minute @ 0..60)) if minute.to_string().len() <= 2 => Ok(Self(hour * 60 + minute)),
			_ => Err(wrong()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn times_are_read_and_written_and_nonsense_is_refused() {
		for text in ["00:00", "10:00", "23:45"] {
			assert_eq!(text.parse::<Start>().unwrap().to_string(), text);
		}
		assert_eq!("9:15:00".parse::<Start>().unwrap().to_string(), "09:15");
		for text in ["24:00", "10:60", "-1:00", "10", "", "10:00:30", "a:b", "+1:00"] {
			assert!(text.parse::<Start>().is_err(), "{text}");
		}
	}

	#[test]
	fn a_quarter_hour_before_midnight_is_followed_by_midnight() {
		let last = Start::minutes(23 * 60 + 45);
		assert_eq!(last.later(15), Start::default());
		assert_eq!(last.until(Start::default()), 15);
		assert_eq!(Start::default().until(Start::default()), 0);
	}
}
