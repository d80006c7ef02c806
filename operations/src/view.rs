//! A chain as it stands at one block.

use crate::Failure;
use anyhow::{Context, Result};
use busbar_client::{storage, Chain, Entry};
use busbar_primitives::{api::Clock, Interval, Moment};
use codec::Decode;
use sp_core::H256;

/// Intervals that are looked at with one request.
const PAGE: u32 = 256;

/// A connection, and a block to read at.
pub struct View {
	/// The connection.
	pub chain: Chain,
	/// The block.
	pub at: H256,
	/// Chain time at it.
	pub clock: Clock,
}

impl View {
	/// Chooses the finalised block, so that what is read cannot change any more.
	///
	/// # Errors
	/// If the node fails.
	pub async fn open(chain: Chain) -> Result<Self> {
		let at = chain.finalised().await?;
		Self::at(chain, at).await
	}

	/// Reads at a block.
	///
	/// # Errors
	/// If the node fails, or does not know the block.
	pub async fn at(chain: Chain, at: H256) -> Result<Self> {
		let clock = chain.clock(at).await?;
		Ok(Self { chain, at, clock })
	}

	/// The interval asked for, or the next one whose gate is open.
	///
	/// # Errors
	/// If none is open.
	pub fn open_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		interval.or(self.clock.next_gate).context("no interval is open for orders; has the grid been registered?")
	}

	/// The interval asked for, or the newest one in which something was traded in an auction or a continuous session, or
	/// where nothing ever was, the newest one that was cleared.
	///
	/// # Errors
	/// If none was that the chain still knows, or the node fails.
	pub async fn cleared_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		if let Some(interval) = interval {
			return Ok(interval);
		}
		let intervals = &storage::market::INTERVALS;
		let traded = self.newest(intervals, |record| record.unended == 0 && record.ended.traded > 0).await?;
		let found = match traded {
			None => self.newest(intervals, |record| record.unended == 0 && record.ended.cleared).await?,
			traded => traded,
		};
		found.ok_or_else(|| Self::none("cleared"))
	}

	/// The interval asked for, or the newest one that was settled.
	///
	/// # Errors
	/// If none was that the chain still knows, or the node fails.
	pub async fn settled_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		match interval {
			Some(interval) => Ok(interval),
			None => {
				let found = self.newest(&storage::settlement::ROOTS, |_| true).await?;
				found.ok_or_else(|| Self::none("settled"))
			},
		}
	}

	fn none(what: &str) -> anyhow::Error {
		Failure::failed(format!("no interval that the chain still knows was {what}; name one with --interval")).into()
	}

	/// The newest interval, of those that are not pruned, of which the chain keeps something that satisfies a condition.
	async fn newest<V: Decode>(
		&self,
		entry: &Entry<(Interval,), V>,
		is: impl Fn(&V) -> bool,
	) -> Result<Option<Interval>> {
		let first = self.chain.read(self.at, &storage::market::NEXT_TO_PRUNE, ()).await?.unwrap_or(0);
		let mut until = self.clock.first_unopened;
		while until > first {
			let from = until.saturating_sub(PAGE).max(first);
			let page = self.chain.read_all(self.at, entry, (from..until).map(|interval| (interval,))).await?;
			let found = page.into_iter().filter(|(_, value)| is(value)).map(|((interval,), _)| interval).max();
			if found.is_some() {
				return Ok(found);
			}
			until = from;
		}
		Ok(None)
	}

	/// How long ago an interval was delivered, in chain time and in words.
	pub fn age(&self, interval: Interval) -> String {
		age(&self.clock, interval)
	}
}

fn age(clock: &Clock, interval: Interval) -> String {
	let length = Moment::from(clock.interval_clock_s).saturating_mul(1_000);
	let end = clock.epoch.saturating_add(Moment::from(interval).saturating_add(1).saturating_mul(length));
	match clock.now.checked_sub(end) {
		Some(ago) => format!("delivered {} ago", duration(ago / 1_000)),
		None if interval == clock.current => "in delivery".into(),
		None => "not delivered yet".into(),
	}
}

/// A time in its two greatest units.
fn duration(seconds: u64) -> String {
	let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
	let at = units.iter().position(|(_, length)| seconds >= *length).unwrap_or(units.len() - 1);
	let (unit, length) = units[at];
	let whole = format!("{} {unit}", seconds / length);
	match units.get(at + 1).map(|(unit, part)| (unit, seconds % length / part)) {
		Some((unit, part)) if part > 0 => format!("{whole} {part} {unit}"),
		_ => whole,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_intervals_age_is_told_in_two_units() {
		for (seconds, text) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (372, "6 min 12 s"), (7_260, "2 h 1 min")] {
			assert_eq!(duration(seconds), text);
		}
		assert_eq!(duration(90_000), "1 d 1 h");
	}

	#[test]
	fn an_interval_is_delivered_when_its_time_is_over() {
		let (epoch, interval_clock_s, interval_s) = (1_000_000, 6, 900);
		let clock = Clock {
			now: epoch + 30_000,
			epoch,
			interval_clock_s,
			interval_s,
			current: 5,
			next_gate: Some(6),
			first_unopened: 8,
		};
		assert_eq!(age(&clock, 4), "delivered 0 s ago");
		assert_eq!(age(&clock, 0), "delivered 24 s ago");
		assert_eq!((age(&clock, 5), age(&clock, 6)), ("in delivery".into(), "not delivered yet".into()));
	}
}
