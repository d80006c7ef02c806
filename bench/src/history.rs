//! The history of all weights: a CSV with a line for every call at its least and its greatest components, for every commit
//! at which it was measured. A weight that rises by more than a tenth wants a reason in the same line.

use anyhow::{bail, ensure, Context, Result};
use frame_support::weights::constants::ParityDbWeight;
use std::{collections::BTreeSet, fmt, path::Path};

const HEADER: [&str; 9] = ["date", "commit", "pallet", "call", "at", "computation_ps", "reads", "writes", "reason"];

/// A rise up to one part in so many needs no reason.
const TOLERATED: u128 = 10;

/// A rise up to this weight needs none either: that is within the noise of a measurement.
const NOISE_PS: u128 = 1_000_000;

/// One call, measured at one commit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
	/// `YYYY-MM-DD`.
	pub date: String,
	/// The commit that was measured, with a `+` if there were changes on top of it.
	pub commit: String,
	pub pallet: String,
	pub call: String,
	/// The components, such as `n=128 z=1`; empty if there are none.
	pub at: String,
	/// In ps, without storage.
	pub computation_ps: u128,
	pub reads: u128,
	pub writes: u128,
	/// Why it rose, if it did.
	pub reason: String,
}

impl Entry {
	/// What a block is charged, in ps: computation and the price of the storage accesses.
	fn weight_ps(&self) -> u128 {
		let price = ParityDbWeight::get();
		let accesses =
			self.reads.saturating_mul(price.read.into()).saturating_add(self.writes.saturating_mul(price.write.into()));
		self.computation_ps.saturating_add(accesses)
	}

	/// Whether this is too much more than `before` to go without a reason.
	fn is_rise_from(&self, before: &Self) -> bool {
		let (before, now) = (before.weight_ps(), self.weight_ps());
		let rise = now.saturating_sub(before);
		rise > NOISE_PS && rise.saturating_mul(TOLERATED) > before
	}
}

/// A weight that rose, and what it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Rise<'a> {
	pub before: &'a Entry,
	pub now: &'a Entry,
}

impl fmt::Display for Rise<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { before, now } = self;
		let (was, is) = (before.weight_ps(), now.weight_ps());
		let percent = is.saturating_sub(was).saturating_mul(100).checked_div(was).unwrap_or(100);
		write!(
			f,
			"{}::{} {}: {} us since {}, {} us at {} ({percent} % more; {} reads and {} writes, were {} and {})",
			now.pallet,
			now.call,
			now.at,
			was / 1_000_000,
			before.commit,
			is / 1_000_000,
			now.commit,
			now.reads,
			now.writes,
			before.reads,
			before.writes,
		)
	}
}

/// All entries, oldest first.
#[derive(Debug, Default)]
pub struct History {
	entries: Vec<Entry>,
}

impl History {
	/// Reads a file; one that does not exist is an empty history.
	///
	/// # Errors
	/// If the file cannot be read, or a line is no entry: with the number of the line.
	pub fn read(file: &Path) -> Result<Self> {
		match std::fs::read_to_string(file) {
			Ok(text) => Self::parse(&text).with_context(|| file.display().to_string()),
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
			Err(error) => Err(error).with_context(|| file.display().to_string()),
		}
	}

	fn parse(text: &str) -> Result<Self> {
		let mut reader = csv::Reader::from_reader(text.as_bytes());
		let header = reader.headers()?.clone();
		ensure!(header.iter().eq(HEADER), "the columns must be {}", HEADER.join(","));
		let mut entries = Vec::new();
		for (at, record) in reader.records().enumerate() {
			let line = at.saturating_add(2);
			let record = record.with_context(|| format!("line {line}"))?;
			let text = |column: usize| record[column].to_owned();
			let number = |column: usize| -> Result<u128> {
				record[column].parse().with_context(|| format!("line {line}: {} is no whole number", HEADER[column]))
			};
			entries.push(Entry {
				date: text(0),
				commit: text(1),
				pallet: text(2),
				call: text(3),
				at: text(4),
				computation_ps: number(5)?,
				reads: number(6)?,
				writes: number(7)?,
				reason: text(8),
			});
		}
		Ok(Self { entries })
	}

	/// # Errors
	/// If the file cannot be written.
	pub fn write(&self, file: &Path) -> Result<()> {
		let mut writer = csv::Writer::from_writer(Vec::new());
		writer.write_record(HEADER)?;
		for entry in &self.entries {
			let numbers = [entry.computation_ps, entry.reads, entry.writes].map(|number| number.to_string());
			let [computation, reads, writes] = &numbers;
			writer.write_record([
				&entry.date,
				&entry.commit,
				&entry.pallet,
				&entry.call,
				&entry.at,
				computation,
				reads,
				writes,
				&entry.reason,
			])?;
		}
		std::fs::write(file, writer.into_inner()?).with_context(|| file.display().to_string())
	}

	/// Adds what was measured now. Where a weight rose, the reason is kept with it.
	pub fn add(&mut self, measured: Vec<Entry>, reason: Option<&str>) {
		self.entries.extend(measured);
		if let Some(reason) = reason {
			self.explain(reason);
		}
	}

	/// Writes this reason into every rise that has none.
	pub fn explain(&mut self, reason: &str) {
		let rises: Vec<usize> = self.rises().map(|(at, _)| at).collect();
		for at in rises {
			self.entries[at].reason = reason.into();
		}
	}

	/// Fails if a weight rose without a reason.
	///
	/// # Errors
	/// Every such rise, in words.
	pub fn check(&self) -> Result<()> {
		let rises: Vec<String> = self.rises().map(|(_, rise)| rise.to_string()).collect();
		if !rises.is_empty() {
			bail!(
				"{} weights rose by more than a tenth without a reason:\n  {}\nmake them cheaper, or say why: \
				 scripts/benchmark --explain REASON",
				rises.len(),
				rises.join("\n  ")
			);
		}
		Ok(())
	}

	/// Every rise without a reason, with its place.
	fn rises(&self) -> impl Iterator<Item = (usize, Rise<'_>)> {
		self.entries.iter().enumerate().filter_map(|(at, now)| {
			let before = self.before(at)?;
			(now.is_rise_from(before) && now.reason.trim().is_empty()).then_some((at, Rise { before, now }))
		})
	}

	/// The last earlier entry of the same call at the same components. The calls of a pallet that is new may have been
	/// another's before.
	fn before(&self, at: usize) -> Option<&Entry> {
		let now = &self.entries[at];
		let earlier = || self.entries[..at].iter().rev().filter(|entry| entry.commit != now.commit);
		let same = |entry: &&Entry| entry.call == now.call && entry.at == now.at;
		if let Some(own) = earlier().filter(same).find(|entry| entry.pallet == now.pallet) {
			return Some(own);
		}
		if earlier().any(|entry| entry.pallet == now.pallet) {
			return None;
		}
		let others: BTreeSet<&str> = earlier().filter(same).map(|entry| entry.pallet.as_str()).collect();
		(others.len() == 1).then(|| earlier().find(same)).flatten()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const US: u128 = 1_000_000;

	fn entry(commit: &str, call: &str, computation_us: u128) -> Entry {
		Entry {
			date: "2026-11-27".into(),
			commit: commit.into(),
			pallet: "pallet_market".into(),
			call: call.into(),
			at: "n=9".into(),
			computation_ps: computation_us * US,
			reads: 0,
			writes: 0,
			reason: String::new(),
		}
	}

	fn history(entries: &[Entry]) -> History {
		History { entries: entries.to_vec() }
	}

	#[test]
	fn a_rise_of_more_than_a_tenth_wants_a_reason() {
		let before = entry("a", "place", 100);
		assert!(history(&[before.clone(), entry("b", "place", 110)]).check().is_ok());
		let error =
			history(&[before.clone(), entry("b", "place", 111)]).check().expect_err("it rose by 11 %").to_string();
		assert!(error.contains("pallet_market::place n=9: 100 us since a, 111 us at b (11 % more"), "{error}");
		let explained = Entry { reason: "checks two limits more".into(), ..entry("b", "place", 111) };
		assert!(history(&[before.clone(), explained]).check().is_ok());
		let blank = Entry { reason: "  ".into(), ..entry("b", "place", 111) };
		assert!(history(&[before, blank]).check().is_err());
	}

	#[test]
	fn storage_accesses_count_at_their_price() {
		let price = ParityDbWeight::get();
		let before = entry("a", "place", 100);
		let one_read = Entry { reads: 1, ..entry("b", "place", 100) };
		let one_write = Entry { writes: 1, ..entry("b", "place", 100) };
		assert!(u128::from(price.read) <= 10 * US && u128::from(price.write) > 10 * US, "the cases below rest on it");
		assert!(history(&[before.clone(), one_read]).check().is_ok());
		assert!(history(&[before, one_write]).check().is_err());
	}

	#[test]
	fn the_noise_of_a_short_measurement_is_no_rise() {
		assert!(history(&[entry("a", "hook", 2), entry("b", "hook", 3)]).check().is_ok());
		assert!(history(&[entry("a", "hook", 2), entry("b", "hook", 4)]).check().is_err());
	}

	#[test]
	fn a_weight_is_compared_with_the_last_one_of_the_same_call_at_the_same_components() {
		let elsewhere = Entry { at: "n=1".into(), ..entry("a", "place", 10) };
		let all = [
			entry("a", "place", 500),
			elsewhere,
			entry("a", "cancel", 10),
			entry("b", "place", 100),
			entry("c", "place", 120),
		];
		let history = history(&all);
		let rises: Vec<_> = history.rises().collect();
		assert_eq!(rises.len(), 1);
		assert_eq!((rises[0].0, &rises[0].1.before.commit[..]), (4, "b"));
	}

	#[test]
	fn a_call_that_moves_into_a_new_pallet_is_compared_with_what_it_was() {
		let moved = |us| Entry { pallet: "pallet_securities".into(), ..entry("b", "deposit", us) };
		assert!(history(&[entry("a", "deposit", 100), moved(120)]).check().is_err());
		assert!(history(&[entry("a", "deposit", 100), moved(105)]).check().is_ok());
		// A new call of a pallet that exists has nothing before it, whatever another pallet calls by that name.
		let known = Entry { pallet: "pallet_securities".into(), ..entry("a", "release", 1) };
		assert!(history(&[entry("a", "deposit", 100), known, moved(120)]).check().is_ok());
	}

	#[test]
	fn a_reason_goes_to_what_rose_and_to_nothing_else() {
		let mut history = history(&[entry("a", "place", 100), entry("a", "cancel", 100)]);
		history.add(vec![entry("b", "place", 150), entry("b", "cancel", 100)], Some("settles twice as much"));
		assert!(history.check().is_ok());
		let reasons: Vec<_> = history.entries.iter().map(|entry| entry.reason.as_str()).collect();
		assert_eq!(reasons, ["", "", "settles twice as much", ""]);
	}

	#[test]
	fn a_file_comes_back_as_it_was_written_and_a_bad_line_is_named() {
		let folder = tempfile::tempdir().expect("there is room for a folder");
		let file = folder.path().join("weights.csv");
		assert!(History::read(&file).expect("a missing file is an empty history").entries.is_empty());
		let quoted = Entry { reason: "a, \"b\"".into(), ..entry("b", "place", 150) };
		let all = history(&[entry("a", "place", 100), quoted]);
		all.write(&file).expect("it can be written");
		assert_eq!(History::read(&file).expect("it can be read").entries, all.entries);

		let error = History::parse(&format!("{}\n,,,,,many,0,0,\n", HEADER.join(","))).expect_err("many is no number");
		assert!(format!("{error:#}").contains("line 2: computation_ps"), "{error:#}");
		assert!(History::parse("date,commit\n").is_err());
	}

	#[test]
	fn every_rise_in_the_history_of_this_repository_has_a_reason() {
		let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/weights.csv");
		let history = History::read(&file).expect("it can be read");
		assert!(history.entries.len() > 100, "{} entries", history.entries.len());
		if let Err(error) = history.check() {
			panic!("{error}");
		}
	}
}
