//! What runtime APIs read.

use crate::{
	Config, Intervals, Nets, Pallet, Progress, Roots, Stage, Statement, StatementRoot, Statements, SystemLines,
};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use busbar_primitives::{api::StatementLine, traits::Finality, Amount, Interval, Party, Phase, PointId};

impl<T: Config> Pallet<T> {
	/// Where the settlement of an interval stands; `None` before its first debit and after it is pruned.
	pub fn phase(interval: Interval) -> Option<Phase> {
		Self::progress(interval).map(|progress| match progress.stage {
			Stage::Debits => Phase::Debits,
			Stage::Draws => Phase::Draws,
			Stage::Credits => Phase::Credits,
			Stage::Settled if Self::is_final(interval) => Phase::Final,
			Stage::Settled => Phase::Settled,
		})
	}

	/// Connection points of an interval in its draw phase that `draw` must still name, in ascending order. Reads all of the
	/// interval's statements: for runtime APIs only.
	pub fn to_draw(interval: Interval) -> Vec<PointId> {
		if Self::progress(interval).is_none_or(|progress| progress.stage != Stage::Draws) {
			return Vec::new();
		}
		let nets: BTreeMap<_, _> = Nets::<T>::iter_prefix(interval).collect();
		let short = |statement: &Statement| nets.get(&statement.payer).is_some_and(|net| net.short() > 0);
		let statements = Statements::<T>::iter_prefix(interval);
		let mut points: Vec<_> = statements
			.filter(|(_, statement)| statement.amount < 0 && !statement.drawn && short(statement))
			.map(|(point, _)| point)
			.collect();
		points.sort_unstable();
		points
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

	/// Up to `limit` statement lines of an interval from leaf `from` on, in the order of the leaves. Reads all of the
	/// interval's statements: for runtime APIs only.
	pub fn lines(interval: Interval, from: u32, limit: u32) -> Vec<StatementLine> {
		let points = Statements::<T>::iter_prefix_values(interval).flat_map(|statement| statement.lines);
		let mut lines: Vec<StatementLine> = points
			.chain(SystemLines::<T>::get(interval))
			.filter(|(index, _)| *index >= from)
			.map(|(index, line)| StatementLine { index, line })
			.collect();
		lines.sort_unstable_by_key(|line| line.index);
		lines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
		lines
	}

	/// Sum of an interval's statement lines, in nEUR; zero once it is settled. Reads all of the interval's statements: for
	/// runtime APIs only.
	pub fn lines_sum(interval: Interval) -> Amount {
		Self::lines(interval, 0, u32::MAX).iter().fold(0, |sum: Amount, line| sum.saturating_add(line.line.amount))
	}
}
