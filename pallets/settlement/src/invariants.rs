//! What must hold after every call.

use crate::{
	bill::Outturn, repaid::place_of, Booked, Changed, Chunks, Config, Defaults, Drawings, InTransit, Intervals, Losses,
	Net, Nets, OrderDebts, Owing, Pallet, Progress, Roots, Shares, Stage, Statements, SystemLines, Unwinding, Voids,
	Waiting, FIRST_RUN, LAST_RUN,
};
use alloc::vec::Vec;
use busbar_merkle::Frontier;
use busbar_primitives::{
	api::StatementLine,
	traits::{Debts, Finality},
	Amount, Balance, Interval,
};
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
		Self::check_repaid()?;
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

	/// What debtors repaid that is not allotted, and what came back and was not paid to who bore it, in nEUR.
	pub(crate) fn all_repaid() -> Balance {
		let unallotted = Booked::<T>::iter_keys().map(Self::unallotted);
		let waiting = Losses::<T>::iter_values().flat_map(|loss| loss.runs).map(|run| run.waiting());
		unallotted.chain(waiting).fold(0, Balance::saturating_add)
	}

	/// That what is repaid is there, that debts are booked where they came from, and that shares of losses are as much as came
	/// back.
	fn check_repaid() -> Result<(), TryRuntimeError> {
		let account = T::Securities::repaid();
		ensure!(T::Currency::balance(&account) >= Self::all_repaid(), "the money that was repaid is not there");
		for (debtor, books) in Booked::<T>::iter() {
			ensure!(books.all >= T::Securities::owed(debtor), "a participant owes more than is booked");
			let places = Owing::<T>::iter_key_prefix(debtor).map(|at| match place_of(at) {
				(interval, None) => Defaults::<T>::get(interval, debtor),
				(interval, Some(point)) => OrderDebts::<T>::get(interval, point).map_or(0, |debt| debt.sum()),
			});
			let placed = places.fold(0, Balance::saturating_add);
			ensure!(placed == books.placed && placed <= books.all, "what is owed is not where it is booked");
		}
		let mut debtors = Owing::<T>::iter_keys().map(|(debtor, _)| debtor);
		ensure!(debtors.all(Booked::<T>::contains_key), "a participant owes something and is not in the books");
		for (interval, loss) in Losses::<T>::iter() {
			for (run, of_run) in (FIRST_RUN..=LAST_RUN).zip(loss.runs) {
				let kinds = [of_run.contracts, of_run.imbalances];
				let bounded = kinds.iter().all(|kind| kind.recovered <= kind.lost && kind.lost <= kind.credits);
				ensure!(bounded, "more came back of credits than was lost, or more was lost than there was");
				let back = kinds.iter().fold(0, |sum: Balance, kind| sum.saturating_add(kind.recovered));
				ensure!(of_run.paid <= back, "more was paid to who bore a loss than came back");
				let mut sums = [0; 3];
				for share in Shares::<T>::iter_prefix_values((interval, run)) {
					for (sum, more) in sums.iter_mut().zip([share.contracts, share.imbalances, share.paid]) {
						*sum = Balance::saturating_add(*sum, more);
					}
				}
				let [contracts, imbalances, paid] = sums;
				let fits = contracts <= of_run.contracts.credits && imbalances <= of_run.imbalances.credits;
				ensure!(fits && paid <= of_run.paid, "shares of a loss are more than all of it");
			}
		}
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
			let defaults = Defaults::<T>::iter_prefix_values(interval).fold(0, Balance::saturating_add);
			let loss = Losses::<T>::get(interval);
			let is_borne = Self::is_final(interval) || defaults.saturating_add(loss.unowed) == loss.open();
			ensure!(is_borne, "what debtors still owe is not what has not come back to who bore it");
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
