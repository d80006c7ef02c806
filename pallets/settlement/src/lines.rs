//! Statement lines: appended to the interval's tree, with whose statements keep them.

use crate::{round::Round, Chunks, Config, Error, Intervals, Keepers, Lines};
use busbar_merkle::{Appended, CHUNK};
use busbar_primitives::{Amount, Cause, Line, Party};
use sp_core::H256;
use sp_runtime::DispatchResult;

impl<T: Config> Round<T> {
	/// Appends a line to the statement tree and to `lines`.
	pub fn append<const MAX: u32>(&mut self, lines: &mut Lines<MAX>, line: Line) -> DispatchResult {
		let progress = &mut self.progress;
		let leaf = line.leaf(self.interval, progress.frontier.count());
		let Appended { index, chunk } = progress.frontier.append(leaf).map_err(|_| Error::<T>::Overflow)?;
		progress.lines_sum = progress.lines_sum.checked_add(line.amount).ok_or(Error::<T>::Overflow)?;
		lines.try_push((index, line)).map_err(|_| Error::<T>::Overflow)?;
		self.note_keeper(index, chunk)
	}

	/// Notes who keeps a line, and the top of the chunk that it completed.
	fn note_keeper(&mut self, index: u32, completed: Option<H256>) -> DispatchResult {
		let (interval, chunk) = (self.interval, index / CHUNK);
		let stored =
			|| if index.is_multiple_of(CHUNK) { Default::default() } else { Keepers::<T>::get(interval, chunk) };
		let keepers = self.keepers.get_or_insert_with(stored);
		if keepers.last() != Some(&self.keeper) {
			keepers.try_push(self.keeper).map_err(|_| Error::<T>::Overflow)?;
		}
		if let Some(top) = completed {
			Chunks::<T>::insert(interval, chunk, top);
			Keepers::<T>::insert(interval, chunk, self.keepers.take().unwrap_or_default());
		}
		Ok(())
	}

	/// Stores the running account.
	pub fn store(self) {
		if let Some(keepers) = self.keepers {
			Keepers::<T>::insert(self.interval, self.progress.frontier.count() / CHUNK, keepers);
		}
		Intervals::<T>::insert(self.interval, self.progress);
	}

	/// Appends a line that has no energy.
	pub fn note<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		party: Party,
		cause: Cause,
		amount: Amount,
	) -> DispatchResult {
		self.append(lines, Line { version: self.progress.run, party, cause, wh: 0, price: 0, amount })
	}
}
