//! What must hold after every call.

use crate::{
	bill::Outturn, Changed, Chunks, Config, Drawings, InTransit, Intervals, Net, Nets, Pallet, Progress, Roots, Stage,
	Statements, SystemLines, Unwinding, Voids, Waiting, FIRST_RUN, LAST_RUN,
};
use alloc::vec::Vec;
use busbar_merkle::Frontier;
use busbar_primitives::{api::StatementLine, traits::Finality, Amount, Balance, Interval};
use frame_support::{ensure, traits::fungible::Inspect};
use sp_core::H256;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the pallet's invariants over the whole state.
	///
	/// # Errors
	/// Says which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_transit()?;
		for (interval, progress) in Intervals::<T>::iter() {
			Self::check_interval(interval, &progress)?;
		}
		Ok(())
	}

	/// More than what is in transit lies in the account only if somebody sent it there.
	fn check_transit() -> Result<(), TryRuntimeError> {
		let transit = InTransit::<T>::get();
		let sum = Intervals::<T>::iter_values()
			.fold(0, |sum: Balance, interval| sum.saturating_add(interval.purse.in_transit()));
		ensure!(sum == transit, "money in transit differs from the intervals' running accounts");
		ensure!(T::Currency::balance(&Self::account_id()) >= transit, "the settlement account lacks money in transit");
		Ok(())
	}

	/// All statement lines of an interval, in the order of the leaves, from whoever keeps them.
	fn all_lines(interval: Interval) -> Vec<StatementLine> {
		let kept = Statements::<T>::iter_prefix_values(interval).flat_map(|statement| statement.lines);
		let mut lines: Vec<_> =
			kept.chain(SystemLines::<T>::get(interval)).map(|(index, line)| StatementLine { index, line }).collect();
		lines.sort_unstable_by_key(|line| line.index);
		lines
	}

	/// That what is left to be taken back of a void interval is all that there is of it.
	fn check_voiding(interval: Interval, progress: &Progress) -> Result<(), TryRuntimeError> {
		let left = Statements::<T>::iter_prefix(interval).count() as u32;
		ensure!(left == progress.debits_done, "points whose debits are to be taken back are miscounted");
		ensure!(progress.credits_done == 0 && !Roots::<T>::contains_key(interval), "a void interval was settled");
		ensure!(Voids::<T>::contains_key(interval), "an interval is taken back that is not void");
		if Unwinding::<T>::get(interval).is_some_and(|next| next > 0) {
			let own =
				Nets::<T>::iter_prefix_values(interval).fold(0, |sum: Balance, net| sum.saturating_add(net.taken));
			let drawings = Drawings::<T>::iter_prefix_values(interval).flatten();
			let drawn = drawings.fold(0, |sum: Balance, (_, amount)| sum.saturating_add(amount));
			let is_all = own.saturating_add(drawn) == progress.purse.in_transit();
			ensure!(is_all, "what is left of a void interval's money is not what there is to be given back");
		}
		Ok(())
	}

	fn check_interval(interval: Interval, progress: &Progress) -> Result<(), TryRuntimeError> {
		if progress.stage == Stage::Voiding {
			return Self::check_voiding(interval, progress);
		}
		let lines = Self::all_lines(interval);
		if lines.len() < progress.frontier.count() as usize && Self::is_final(interval) {
			// Being pruned.
			return Ok(());
		}
		let sum = lines.iter().fold(0, |sum: Amount, line| sum.saturating_add(line.line.amount));
		ensure!(sum == progress.lines_sum, "the lines do not sum to the running account");
		let leaves: Vec<_> = lines.iter().map(|line| line.line.leaf(interval, line.index)).collect();
		ensure!(busbar_merkle::root(&leaves) == progress.frontier.root(), "the lines do not hash to their root");
		Self::check_chunks(interval, progress, &lines, &leaves)?;
		let statements = || Statements::<T>::iter_prefix_values(interval);
		let of_run = || statements().filter(|statement| statement.run == progress.run);
		ensure!(of_run().count() as u32 == progress.debits_done, "points through the debit phase are miscounted");
		let credited = of_run().filter(|statement| statement.credited).count() as u32;
		ensure!(credited == progress.credits_done, "points through the credit phase are miscounted");
		let later = statements().all(|statement| statement.run == progress.run || statement.credited);
		ensure!(later, "a run began before the one before it was done");
		ensure!(progress.credits_done <= progress.debits_done, "a credit was paid before its debit");
		ensure!(progress.debits_done <= progress.to_settle, "a run settled more points than it had");
		ensure!(progress.purse.paid <= progress.purse.collected, "more was paid than collected");
		Self::check_waiting(interval, progress)?;
		let outturns = statements().filter_map(|statement| statement.outturn);
		let metered = |outturn: &Outturn| (outturn.imbalance_amount(), Amount::from(outturn.drawn));
		let (imbalance, drawn) = outturns
			.map(|outturn| metered(&outturn))
			.fold((0, 0), |sum: (Amount, Amount), one| (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1)));
		let sums = (progress.sums.imbalance, progress.sums.drawn_wh);
		ensure!((imbalance, drawn) == sums, "the points' outturns do not sum to the running account");
		Self::check_nets(interval, progress)?;
		let root = Roots::<T>::get(interval);
		if progress.stage == Stage::Settled {
			ensure!(
				sum == 0 && progress.purse.in_transit() == 0,
				"a settled interval's debits differ from its credits"
			);
			ensure!(progress.credits_done == progress.to_settle, "an interval is settled with points left");
			let stands = root
				.is_some_and(|root| root.root == progress.frontier.root() && root.count == progress.frontier.count());
			ensure!(stands, "a settled interval's statement root differs");
		} else if progress.run == FIRST_RUN {
			ensure!(root.is_none(), "an unsettled interval has a statement root");
		} else {
			let grows = root.is_some_and(|root| root.count <= progress.frontier.count());
			ensure!(grows, "a run lost the statement root of those before it");
		}
		Ok(())
	}

	/// That as many points are noted for each run as it waits for.
	fn check_waiting(interval: Interval, progress: &Progress) -> Result<(), TryRuntimeError> {
		let noted = |run| Changed::<T>::iter_prefix((interval, run)).count() as u32;
		for (run, waiting) in (FIRST_RUN.saturating_add(1)..=LAST_RUN).zip(Waiting::<T>::get(interval)) {
			let is_running = progress.run == run && progress.stage == Stage::Debits;
			let open = if is_running { progress.to_settle.saturating_sub(progress.debits_done) } else { waiting };
			// More are left of a run that the council dropped.
			ensure!(noted(run) >= open, "points that a run settles are not noted for it");
		}
		Ok(())
	}

	/// That each chunk's lines are with those who are noted to keep them, and that the tops are theirs.
	fn check_chunks(
		interval: Interval,
		progress: &Progress,
		lines: &[StatementLine],
		leaves: &[H256],
	) -> Result<(), TryRuntimeError> {
		let chunk = usize::try_from(busbar_merkle::CHUNK).unwrap_or(usize::MAX);
		for (number, (lines, leaves)) in (0u32..).zip(lines.chunks(chunk).zip(leaves.chunks(chunk))) {
			ensure!(Self::chunk_lines(interval, number) == lines, "the lines of a chunk are not where they are noted");
			let mut alone = Frontier::default();
			let completed = leaves.iter().filter_map(|leaf| alone.append(*leaf).ok()?.chunk).last();
			ensure!(Chunks::<T>::get(interval, number) == completed, "a chunk has another top than its lines");
			let open = completed.is_some() || progress.frontier.open_chunk() == alone.open_chunk();
			ensure!(open, "the open chunk has another top than its lines");
		}
		let noted = Chunks::<T>::iter_prefix(interval).count();
		ensure!(noted == leaves.len() / chunk, "the tops of chunks are not as many as there are chunks");
		Ok(())
	}

	fn check_nets(interval: Interval, progress: &Progress) -> Result<(), TryRuntimeError> {
		let nets: Vec<_> = Nets::<T>::iter_prefix_values(interval).collect();
		let sum = |amount: fn(&Net) -> Balance| nets.iter().map(amount).fold(0, Balance::saturating_add);
		let purse = &progress.purse;
		match progress.stage {
			Stage::Debits => {
				// Beside what debtors paid there is what was taken for orders.
				let funded = progress.sums.funded.max(0).unsigned_abs();
				let taken = sum(|net| net.taken).saturating_add(funded);
				let counted = [sum(Net::due), sum(Net::surplus), taken, sum(|net| net.to_draw().into())];
				let kept = [purse.due, purse.surplus, purse.collected, purse.to_draw.into()];
				let ranks = [sum(Net::due_of_contracts), sum(Net::due_of_imbalances)];
				ensure!(ranks == [purse.credits.contracts, purse.credits.imbalances], "credits are not what ranks say");
				ensure!(counted == kept, "participants' debts and credits do not sum to the running account");
			},
			Stage::Draws => ensure!(purse.to_draw > 0, "nothing is left to draw on and the debits are not closed"),
			Stage::Credits => ensure!(purse.to_draw == 0, "credits are paid before all securities were looked at"),
			Stage::Settled => ensure!(nets.is_empty(), "a settled interval has debts and credits of participants"),
			// Looked at before.
			Stage::Voiding => (),
		}
		Ok(())
	}
}
