//! Undoing defaults: a run that shows that a debtor owed less than it defaulted on takes the default back, and what was lost
//! by it goes back to who bore it, in reverse order.
//!
//! What a debtor is due in the run is first what it could not pay before, of the same interval. Nothing of it is paid out to the
//! debtor, and its debt falls by as much. The mutual fund, which bore after the balance-responsible party's own credit, has
//! it back before that. Both are credits of the run, netted with what the run takes of them.

use crate::{round::Round, Config, Defaults, Error, Event, Lines, Net, Pallet, FIRST_RUN};
use busbar_primitives::{traits::Debts, Balance, Cause, ParticipantId, Party};
use sp_runtime::{traits::Zero, DispatchResult};

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

	/// What the run undoes goes back to who bore it, in reverse order. What credits bore of which nobody keeps account is the
	/// fund's.
	pub(crate) fn give_back_undone<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		let borne = &mut self.progress.borne;
		let mut left = self.progress.undone;
		let mut take = |share: &mut Balance| {
			let taken = left.min(*share);
			*share = share.saturating_sub(taken);
			left = left.saturating_sub(taken);
			taken
		};
		let fund = take(&mut borne.others).saturating_add(take(&mut borne.fund));
		let balancing = take(&mut borne.balancing);
		let fund = Pallet::<T>::amount(fund.saturating_add(left))?;
		let balancing = Pallet::<T>::amount(balancing)?;
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
		Defaults::<T>::mutate_exists(self.interval, participant, |defaulted| {
			*defaulted = defaulted.map(|all| all.saturating_sub(amount)).filter(|left| !left.is_zero());
		});
		self.forgive(participant, amount)?;
		Pallet::deposit_event(Event::<T>::DefaultUndone { interval: self.interval, participant, amount });
		Ok(())
	}
}
