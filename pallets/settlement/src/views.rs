//! What runtime APIs read.

use crate::{Config, Intervals, Nets, Pallet, Progress, Roots, Stage, StatementRoot, Statements, FIRST_RUN};
use alloc::vec::Vec;
use busbar_merkle::CHUNK;
use busbar_primitives::{api::StatementLine, traits::Finality, Amount, Interval, Party, Phase, PointId};

impl<T: Config> Pallet<T> {
	/// Where the settlement of an interval stands; `None` before its first debit and after it is pruned. Later runs move what is
	/// settled; [`Self::progress`] says how far they are.
	pub fn phase(interval: Interval) -> Option<Phase> {
		Self::progress(interval).map(|progress| match progress.stage {
			_ if progress.run > FIRST_RUN && !Self::is_final(interval) => Phase::Settled,
			// Its debits begin anew.
			Stage::Debits | Stage::Voiding => Phase::Debits,
			Stage::Draws => Phase::Draws,
			Stage::Credits => Phase::Credits,
			Stage::Settled if Self::is_final(interval) => Phase::Final,
			Stage::Settled => Phase::Settled,
		})
	}

	/// Those of the `limit` points numbered `from` and following that `draw` must still name, of an interval in its draw phase, in
	/// ascending order. Reads two keys for each.
	pub fn to_draw(interval: Interval, from: PointId, limit: u32) -> Vec<PointId> {
		let Some(progress) = Self::progress(interval).filter(|progress| progress.stage == Stage::Draws) else {
			return Vec::new();
		};
		let is_due = |point: &PointId| {
			let Some(statement) = Statements::<T>::get(interval, point) else { return false };
			let is_debtor = statement.run == progress.run && statement.amount < 0;
			is_debtor && !statement.drawn && Nets::<T>::get(interval, statement.payer).short() > 0
		};
		(from..progress.points.min(from.saturating_add(limit))).filter(is_due).collect()
	}

	/// The running account of an interval's settlement; `None` before its first debit and after it is pruned.
	pub fn progress(interval: Interval) -> Option<Progress> {
		Intervals::<T>::get(interval)
	}

	/// Root over an interval's statement lines and their number; `None` until it is settled.
	pub fn root(interval: Interval) -> Option<StatementRoot> {
		Roots::<T>::get(interval)
	}

	/// A connection point's statement lines, in the order of the leaves.
	pub fn statement(point: PointId, interval: Interval) -> Vec<StatementLine> {
		let lines = Statements::<T>::get(interval, point).map(|statement| statement.lines).unwrap_or_default();
		let own = lines.into_iter().filter(|(_, line)| line.party == Party::Point(point));
		own.map(|(index, line)| StatementLine { index, line }).collect()
	}

	/// Up to `limit` statement lines of an interval from leaf `from` on, in the order of the leaves. Reads the lines of the chunks
	/// in which they lie, each as [`Self::statement_proof`] does.
	pub fn lines(interval: Interval, from: u32, limit: u32) -> Vec<StatementLine> {
		let count = Self::progress(interval).map_or(0, |progress| progress.frontier.count());
		let until = count.min(from.saturating_add(limit));
		if from >= until {
			return Vec::new();
		}
		let lines =
			(from / CHUNK..=until.saturating_sub(1) / CHUNK).flat_map(|chunk| Self::chunk_lines(interval, chunk));
		lines.filter(|line| (from..until).contains(&line.index)).collect()
	}

	/// Sum of an interval's statement lines, in nEUR, as it is kept with them; zero once it is settled.
	pub fn lines_sum(interval: Interval) -> Amount {
		Self::progress(interval).map_or(0, |progress| progress.lines_sum)
	}
}
