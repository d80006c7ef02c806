//! Voiding an interval that does not settle: what its debits did is taken back, and it settles anew without contracts.
//!
//! As long as no credit was paid, all that debits collected lies in the settlement account, and it is known whose it was: what
//! participants paid of their own in their debts and credits, what was drawn on in [`Drawings`], what the fund covered and what
//! the parties that are nobody's paid in their lines. It goes back to the accounts that it came from, free, whatever it
//! secured. Defaults are not owed any more; what was repaid of them meanwhile goes back, too. Only when all points are
//! through are the contracts cancelled, so that each is taken back as it was settled.

use crate::{
	debit_impls::metered_of, round::Round, Chunks, Config, Drawings, Error, Event, Intervals, Keepers, Losses, Nets,
	OrderDebt, OrderDebts, Pallet, Progress, Roots, Stage, Statements, SystemLines, Unwinding, Voids, WeightInfo,
	FIRST_RUN,
};
use busbar_primitives::{
	traits::{Calendar, Certificates, Debts, Grid, OrderCollateral, Participants, Positions, Securities},
	Balance, Cause, Interval, Line, ParticipantId, Party, PointId, SignedWh,
};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation, Get},
	weights::{Weight, WeightMeter},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What it takes, beside its key, to see that no interval is being taken back.
pub(crate) const LOOK: Weight = Weight::from_parts(10_000_000, 1_000);

/// What a debtor among some lines could not pay, in nEUR.
fn defaulted<'a>(lines: impl Iterator<Item = &'a (u32, Line)>, party: Party) -> Balance {
	let defaults = lines.filter(|(_, line)| line.party == party && line.cause == Cause::Default);
	defaults.fold(0, |sum: Balance, (_, line)| sum.saturating_add(line.amount.unsigned_abs()))
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_void(interval: Interval) -> DispatchResult {
		let progress = Intervals::<T>::get(interval);
		ensure!(progress.is_some() || !Roots::<T>::contains_key(interval), Error::<T>::AlreadySettled);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		ensure!(T::Positions::outcome(interval).is_some(), Error::<T>::NotCleared);
		ensure!(T::Calendar::now() >= terms.delivery_end, Error::<T>::DeliveryNotEnded);
		if let Some(progress) = progress.clone().filter(|progress| Self::is_paid_once(progress)) {
			return Self::drop_run(interval, &terms, progress);
		}
		if Voids::<T>::contains_key(interval) {
			// If taking back failed, it goes on where it was: what is done is gone.
			if progress.is_some_and(|progress| progress.stage == Stage::Voiding) {
				Unwinding::<T>::mutate(interval, |next| *next = next.or(Some(0)));
			}
			return Ok(());
		}
		ensure!(progress.as_ref().is_none_or(|progress| progress.credits_done.is_zero()), Error::<T>::CreditsBegun);
		Voids::<T>::insert(interval, ());
		Self::deposit_event(Event::Voided { interval });
		match progress {
			Some(progress) => {
				Intervals::<T>::insert(interval, Progress { stage: Stage::Voiding, ..progress });
				Unwinding::<T>::insert(interval, 0);
			},
			None => Self::cancel_contracts(interval),
		}
		Ok(())
	}

	/// Whether the first run is done.
	fn is_paid_once(progress: &Progress) -> bool {
		progress.run > FIRST_RUN || progress.stage == Stage::Settled
	}

	/// Takes back debits of a void interval, of as many points as an idle block has room for.
	pub(crate) fn unwind_next(meter: &mut WeightMeter) {
		let look = T::DbWeight::get().reads(1).saturating_add(LOOK);
		if meter.try_consume(look).is_err() {
			return;
		}
		let Some((interval, next)) = Unwinding::<T>::iter().next() else { return };
		let base = T::WeightInfo::unwind(0);
		let per_point = T::WeightInfo::unwind(1).saturating_sub(base);
		if meter.try_consume(base).is_err() {
			return;
		}
		let room = meter.remaining().checked_div_per_component(&per_point).unwrap_or(u64::MAX);
		let limit = u32::try_from(room).unwrap_or(u32::MAX).min(T::MaxPoints::get());
		if limit.is_zero() {
			return;
		}
		meter.consume(per_point.saturating_mul(limit.into()).min(meter.remaining()));
		// All or nothing; what fails, which would be a defect, is not tried again until the council says so.
		if let Err(error) = with_storage_layer::<_, DispatchError, _>(|| Self::unwind(interval, next, limit)) {
			log::error!(target: "runtime::settlement", "the debits of interval {interval} are not taken back: {error:?}");
			Unwinding::<T>::remove(interval);
		}
	}

	pub(crate) fn unwind(interval: Interval, next: PointId, limit: u32) -> DispatchResult {
		let mut round = Self::continued(interval, Stage::Voiding)?;
		if next.is_zero() {
			round.unwind_others()?;
		}
		let points = round.progress.points;
		let until = next.saturating_add(limit).min(points);
		for point in next..until {
			round.unwind_point(point)?;
		}
		// There are far fewer chunks of lines than points, and one more that is not complete.
		let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
		let _gone = Chunks::<T>::drain_prefix(interval).take(most).count();
		let _gone = Keepers::<T>::drain_prefix(interval).take(most).count();
		if until < points {
			Unwinding::<T>::insert(interval, until);
			round.store();
			return Ok(());
		}
		ensure!(round.progress.purse.in_transit().is_zero(), Error::<T>::NotBalanced);
		Intervals::<T>::remove(interval);
		Losses::<T>::remove(interval);
		Unwinding::<T>::remove(interval);
		Self::deposit_event(Event::Unwound { interval });
		Self::cancel_contracts(interval);
		Ok(())
	}

	fn cancel_contracts(interval: Interval) {
		T::Positions::void(interval);
		Self::deposit_event(Event::ContractsCancelled { interval });
	}
}

impl<T: Config> Round<T> {
	/// Takes back what the parties that are not connection points paid and could not pay, and what the fund covered.
	fn unwind_others(&mut self) -> DispatchResult {
		let lines = SystemLines::<T>::take(self.interval);
		let covers = |line: &Line| line.cause == Cause::Cover && line.party == Party::Fund;
		for (_, line) in lines.iter().filter(|(_, line)| covers(line)) {
			self.give_back(&T::Securities::fund(), line.amount.unsigned_abs())?;
		}
		let system = core::mem::take(&mut self.progress.system);
		let drawn = core::mem::take(&mut self.progress.purse.drawn_of_balancing);
		if let Some(account) = system.balancing.and_then(T::Participants::account) {
			self.give_back(&account, drawn)?;
		}
		for (party, amount) in system.parties.all() {
			// What is owed for orders is taken back with their points.
			let for_orders = match party {
				Party::GridOperator => self.progress.sums.all_unfunded().unwrap_or(0).max(0).unsigned_abs(),
				_ => 0,
			};
			let missing = defaulted(lines.iter(), party).saturating_sub(for_orders);
			if let Some(participant) = system.participant(party) {
				self.return_own(participant)?;
				Pallet::<T>::reduce_default(self.interval, participant, missing);
				self.forgive(participant, missing)?;
			} else if amount < 0 {
				self.give_back(&self.account_of(party), amount.unsigned_abs().saturating_sub(missing))?;
			}
		}
		Ok(())
	}

	/// Takes back all that the debit of a point, and what was drawn on for it, did.
	fn unwind_point(&mut self, point: PointId) -> DispatchResult {
		let interval = self.interval;
		let Some(statement) = Statements::<T>::take(interval, point) else { return Ok(()) };
		self.progress.debits_done = self.progress.debits_done.saturating_sub(1);
		let Some(outturn) = statement.outturn else { return Ok(()) };
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let mut contracts = T::Positions::contracts(point, interval).into_iter();
		let position = contracts.try_fold(0, |sum: SignedWh, contract| sum.checked_add(contract.position.net()?));
		let position = position.ok_or(Error::<T>::Overflow)?;
		let counted = statement.counted.then(|| metered_of(&outturn));
		T::Certificates::unsettled(interval, point, &details, statement.payer, position, counted)?;
		let payer = T::Participants::account(statement.payer);
		for (account, amount) in Drawings::<T>::take(interval, point) {
			let guarantor = self.guarantor(point, statement.payer, &account);
			// What a guarantor got back meanwhile is its debtor's now.
			let repaid = guarantor.map_or(0, |guarantor| T::Securities::unclaim(statement.payer, guarantor, amount));
			let (own, other) = match &payer {
				Some(payer) => (amount.saturating_sub(repaid), Some((payer, repaid))),
				None => (amount, None),
			};
			self.give_back(&account, own)?;
			if let Some((payer, repaid)) = other {
				self.give_back(payer, repaid)?;
			}
		}
		if let Some(debt) = OrderDebts::<T>::get(interval, point) {
			Pallet::<T>::put_order_debt(interval, point, OrderDebt { member: 0, perimeter: 0, ..debt });
			self.forgive(debt.operator, debt.sum())?;
		}
		let missing = defaulted(statement.lines.iter(), Party::Point(point));
		Pallet::<T>::reduce_default(interval, statement.payer, missing);
		self.forgive(statement.payer, missing)?;
		self.return_own(statement.payer)
	}

	/// Gives back what a participant paid of its own for all its debts of the interval.
	fn return_own(&mut self, participant: ParticipantId) -> DispatchResult {
		let net = Nets::<T>::take(self.interval, participant);
		let account = T::Participants::account(participant).unwrap_or_else(|| self.accounts.rent.clone());
		self.give_back(&account, net.taken)
	}

	fn give_back(&mut self, account: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		self.pay(account, amount)?;
		Pallet::deposit_event(Event::<T>::Returned { interval: self.interval, account: account.clone(), amount });
		Ok(())
	}

	/// A debtor does not owe `missing` any more. What it has repaid of it meanwhile comes back, out of what is not allotted yet.
	pub(crate) fn forgive(&mut self, debtor: ParticipantId, missing: Balance) -> DispatchResult {
		let owed = T::Securities::owed(debtor).min(missing);
		T::Securities::recovered(debtor, owed);
		Pallet::<T>::strike(debtor, missing);
		let repaid = missing.saturating_sub(owed);
		if repaid.is_zero() {
			return Ok(());
		}
		let account = T::Participants::account(debtor).unwrap_or_else(|| self.accounts.rent.clone());
		T::Currency::transfer(&T::Securities::repaid(), &account, repaid, Preservation::Expendable)?;
		Pallet::deposit_event(Event::<T>::Returned { interval: self.interval, account, amount: repaid });
		Ok(())
	}
}
