//! Undoing defaults: a run that shows that a debtor owed less than it defaulted on takes the default back, and what was lost
//! by it goes back to who bore it, in reverse order.
//!
//! What a debtor is due in the run is first what it could not pay before, of the same interval. Nothing of it is paid out to the
//! debtor, and its debt falls by as much. Who bore it has it back in the order of `borne.rs`, as credits of the run, netted with what
//! the run takes of the fund and of the balance-responsible party. What is due at a point is then first its guarantor's, as
//! far as that was drawn on there in this interval.

use crate::{round::Round, Config, Defaults, Drawings, Error, Event, Lines, Loss, Losses, Net, Pallet, FIRST_RUN};
use busbar_primitives::{
	traits::{Debts, Participants, Reductions, Securities},
	Balance, Cause, ParticipantId, Party, PointId,
};
use frame_support::traits::{fungible::Mutate, tokens::Preservation};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Round<T> {
	/// Counts as a debt of the run what it undoes of a participant's earlier default: as much as it is due without.
	pub(crate) fn count_undone(&mut self, participant: ParticipantId, net: &mut Net) -> DispatchResult {
		// Who is netted with a role is counted only when what is undone goes back already.
		let is_party = self.accounts.balancing == participant || self.grid() == Some(participant);
		if self.progress.run == FIRST_RUN || is_party {
			return Ok(());
		}
		let defaulted = Defaults::<T>::get(self.interval, participant).min(T::Securities::owed(participant));
		if defaulted.is_zero() && net.undone.is_zero() {
			return Ok(());
		}
		let owed = net.owed.saturating_sub(net.undone);
		let undone = defaulted.min(net.earned.saturating_sub(owed));
		let sum = self.progress.undone.checked_add(undone).and_then(|sum| sum.checked_sub(net.undone));
		self.progress.undone = sum.ok_or(Error::<T>::Overflow)?;
		net.owed = owed.checked_add(undone).ok_or(Error::<T>::Overflow)?;
		net.undone = undone;
		Ok(())
	}

	/// What the run undoes goes back to who bore it, in reverse order. What goes to credits that were scaled the fund takes
	/// for them, and hands on when it is paid.
	pub(crate) fn give_back_undone<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		if self.progress.undone.is_zero() {
			return Ok(());
		}
		let loss = Losses::<T>::get(self.interval);
		let mut after = loss;
		let back = after.give_back(self.progress.undone, self.progress.run);
		// Of these it is counted when the money is there.
		Losses::<T>::insert(self.interval, Loss { runs: loss.runs, ..after });
		self.progress.undone_of_scaled = back.scaled;
		let fund = Pallet::<T>::amount(back.scaled.saturating_add(back.fund))?;
		let balancing = Pallet::<T>::amount(back.secured.saturating_add(back.own))?;
		let parties = &mut self.progress.system.parties;
		for (sum, more) in [(&mut parties.fund, fund), (&mut parties.balancing, balancing)] {
			*sum = sum.checked_add(more).ok_or(Error::<T>::Overflow)?;
		}
		for (party, cause, amount) in
			[(Party::Balancing, Cause::LossShare, balancing), (Party::Fund, Cause::Cover, fund)]
		{
			if amount != 0 {
				self.note(lines, party, cause, amount)?;
			}
		}
		Ok(())
	}

	/// All parties are paid: the fund hands on what it took for credits that earlier runs scaled. What it had to pay back itself
	/// in this run goes first.
	pub(crate) fn hand_on_undone(&mut self) -> DispatchResult {
		let (due, run) = (self.progress.undone_of_scaled, self.progress.run);
		if due.is_zero() {
			return Ok(());
		}
		let fund = T::Securities::fund();
		let paid = due.min(Pallet::<T>::free(&fund));
		if !paid.is_zero() {
			T::Currency::transfer(&fund, &T::Securities::repaid(), paid, Preservation::Expendable)?;
		}
		Losses::<T>::mutate(self.interval, |loss| {
			loss.give_back_scaled(paid, run);
			loss.write_off_scaled(due.saturating_sub(paid), run);
		});
		Ok(())
	}

	/// Takes back what the run undoes of a participant's default, with the first of its points that is paid.
	pub(crate) fn undo<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		party: Party,
		participant: ParticipantId,
		amount: Balance,
	) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		self.note(lines, party, Cause::Default, Pallet::<T>::amount(amount)?.saturating_neg())?;
		Pallet::<T>::reduce_default(self.interval, participant, amount);
		self.forgive(participant, amount)?;
		Pallet::deposit_event(Event::<T>::DefaultUndone { interval: self.interval, participant, amount });
		Ok(())
	}

	/// Pays a point's guarantors what was drawn of them there in earlier runs, out of what a later run pays its payer. Returns
	/// what is left of that.
	pub(crate) fn pay_guarantors(
		&mut self,
		point: PointId,
		payer: ParticipantId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		if self.progress.run == FIRST_RUN || amount.is_zero() {
			return Ok(amount);
		}
		let mut drawing = Drawings::<T>::get(self.interval, point);
		let mut left = amount;
		for (account, drawn) in drawing.iter_mut() {
			let Some(guarantor) = self.guarantor(point, payer, account) else { continue };
			let most = left.min(*drawn);
			// No more than it has not back already.
			let back = most.saturating_sub(T::Securities::unclaim(payer, guarantor, most));
			if !back.is_zero() {
				self.pay(account, back)?;
				let (interval, amount) = (self.interval, back);
				Pallet::deposit_event(Event::<T>::Returned { interval, account: account.clone(), amount });
			}
			*drawn = drawn.saturating_sub(back);
			left = left.saturating_sub(back);
		}
		if left < amount {
			Drawings::<T>::insert(self.interval, point, drawing);
		}
		Ok(left)
	}

	/// Whose account it is that was drawn on for a point, if it is a guarantor's: neither the payer's nor that of who gave an
	/// order there.
	pub(crate) fn guarantor(
		&self,
		point: PointId,
		payer: ParticipantId,
		account: &T::AccountId,
	) -> Option<ParticipantId> {
		let by = T::Participants::participant(account).filter(|by| *by != payer)?;
		let placed = T::Flexibility::placed(self.interval, point);
		placed.is_none_or(|placed| placed.operator != by).then_some(by)
	}
}
