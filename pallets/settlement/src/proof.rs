//! One statement line with its proof, from the lines of its chunk and the tops of the others.

use crate::{Chunks, Config, Intervals, Keepers, Pallet, Roots, Statements, SystemLines};
use alloc::{
	collections::{btree_map::BTreeMap, btree_set::BTreeSet},
	vec::Vec,
};
use busbar_merkle::{proof_from_chunks, Frontier, CHUNK};
use busbar_primitives::{api::StatementLine, traits::Calendar, Interval, Line, LineProof, StatementProof};

impl<T: Config> Pallet<T> {
	/// A statement line of an interval, with its proof. Reads the statements that keep the lines of one chunk, of which
	/// there are at most [`CHUNK`], and one hash for each other chunk. While a later run adds lines, those of one more chunk.
	pub fn statement_proof(interval: Interval, index: u32) -> StatementProof {
		let Some(root) = Roots::<T>::get(interval) else {
			let opened = Intervals::<T>::contains_key(interval) || T::Calendar::terms(interval).is_some();
			return if opened { StatementProof::NotSettled } else { StatementProof::Unknown };
		};
		if index >= root.count {
			return StatementProof::Unknown;
		}
		let proven = || {
			let progress = Intervals::<T>::get(interval)?;
			// What a run that is not done has added so far the root does not cover.
			let lines = |chunk| {
				let mut lines = Self::chunk_lines(interval, chunk);
				lines.retain(|line| line.index < root.count);
				lines
			};
			let leaves_of = |lines: &[StatementLine]| -> Vec<_> {
				lines.iter().map(|line| line.line.leaf(interval, line.index)).collect()
			};
			let chunk = lines(index / CHUNK);
			let place = usize::try_from(index % CHUNK).ok()?;
			let line = chunk.get(place).filter(|line| line.index == index)?.line;
			let leaves = leaves_of(&chunk);
			let complete = (0..root.count / CHUNK).map(|chunk| Chunks::<T>::get(interval, chunk));
			let mut tops = complete.collect::<Option<Vec<_>>>()?;
			if progress.frontier.count() == root.count {
				tops.extend(progress.frontier.open_chunk());
			} else {
				let mut last = Frontier::default();
				for leaf in leaves_of(&lines(root.count / CHUNK)) {
					last.append(leaf).ok()?;
				}
				tops.extend(last.open_chunk());
			}
			let path = proof_from_chunks(&tops, &leaves, index)?;
			Some(LineProof { interval, index, line, path, count: root.count, root: root.root })
		};
		// What a settled interval lacks is pruned.
		proven().map_or(StatementProof::Pruned, StatementProof::Proven)
	}

	/// The lines of a chunk, in the order of the leaves.
	pub(crate) fn chunk_lines(interval: Interval, chunk: u32) -> Vec<StatementLine> {
		let mut found = BTreeMap::<u32, Line>::new();
		let mut take =
			|lines: &[(u32, Line)]| found.extend(lines.iter().copied().filter(|(index, _)| index / CHUNK == chunk));
		let keepers: BTreeSet<_> = Keepers::<T>::get(interval, chunk).into_iter().collect();
		for keeper in keepers {
			match keeper {
				Some(point) => take(&Statements::<T>::get(interval, point).map(|all| all.lines).unwrap_or_default()),
				None => take(&SystemLines::<T>::get(interval)),
			}
		}
		found.into_iter().map(|(index, line)| StatementLine { index, line }).collect()
	}
}
