//! What a round pays out: credits by their rank, what was taken too much, and debts after defaults out of both.

use crate::{round::Round, Config, Error, Event, InTransit, Lines, Nets, Pallet, Purse, Ranks, Share, Shares};
use busbar_primitives::{
	traits::{Debts, Participants, Securities},
	Amount, Balance, Cause, ParticipantId, Party, PointId,
};
use frame_support::{
	ensure,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Round<T> {
	/// Pays a point's share of what its payer is due.
	pub fn pay_point<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		point: PointId,
		payer: ParticipantId,
		credit: Balance,
	) -> DispatchResult {
		let account = T::Participants::account(payer);
		self.pay_share(lines, Party::Point(point), payer, account, credit, 1)
	}

	/// Pays the other parties what they are due; the rent account, which comes last, takes what is left: its share and the
	/// remainders of the rounding.
	pub fn pay_others<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		let system = self.progress.system;
		for (party, amount) in system.parties.all() {
			let credit = amount.max(0).unsigned_abs();
			if let Some(participant) = system.participant(party) {
				let account = match party {
					Party::GridOperator => Some(self.accounts.grid.clone()),
					_ => T::Participants::account(participant),
				};
				self.pay_share(lines, party, participant, account, credit, 0)?;
				continue;
			}
			let paid = match party {
				Party::CongestionRent => self.progress.purse.in_transit(),
				_ => credit.saturating_sub(self.lost_of(self.credit_of(party, credit))?),
			};
			self.note_share(party, self.credit_of(party, credit));
			self.pay(&self.account_of(party), paid)?;
			let loss = Pallet::<T>::amount(paid)?.checked_sub(Pallet::<T>::amount(credit)?);
			self.loss(lines, party, loss.ok_or(Error::<T>::Overflow)?)?;
		}
		self.hand_on_undone()?;
		for participant in [system.balancing, system.grid].into_iter().flatten() {
			Nets::<T>::remove(self.interval, participant);
		}
		ensure!(self.progress.lines_sum == 0 && self.progress.purse.in_transit().is_zero(), Error::<T>::NotBalanced);
		Ok(())
	}

	/// Pays a participant what one of its credits leaves after netting. What was taken for debts that were set off comes back
	/// first. Its share of losses is taken off what it is paid first, and is one line: the balance-responsible party's of its
	/// own, everybody else's of the first of its points or roles that is paid. A participant that nothing more is to be paid to
	/// is forgotten.
	fn pay_share<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		party: Party,
		participant: ParticipantId,
		account: Option<T::AccountId>,
		credit: Balance,
		points: u32,
	) -> DispatchResult {
		let mut net = self.net(participant);
		let system = self.progress.system;
		let is_balancing = system.balancing == Some(participant);
		// Of the balance-responsible party's credit that of imbalances is a rank alone.
		let [of_imbalances, own] = match is_balancing {
			true => [0, self.progress.purse.lost.balancing],
			false => [net.due_of_imbalances(), 0],
		};
		let scaled = [net.due_of_contracts(), of_imbalances];
		let lost = self.lost_of(scaled)?.saturating_add(own);
		let first = !net.returned;
		let mut due = net.next_due(credit).ok_or(Error::<T>::Overflow)?;
		if first {
			net.returned = true;
			net.withheld = lost;
			due = due.saturating_add(net.surplus());
		}
		if first {
			self.note_share(if is_balancing { Party::Balancing } else { party }, scaled);
			self.undo(lines, party, participant, net.undone)?;
		}
		let withheld = net.withheld.min(due);
		net.withheld = net.withheld.saturating_sub(withheld);
		let stands_here = if is_balancing { party == Party::Balancing } else { first };
		if stands_here {
			self.loss(lines, party, Pallet::<T>::amount(lost)?.saturating_neg())?;
		}
		let mut paid = due.saturating_sub(withheld);
		if let Party::Point(point) = party {
			paid = self.pay_guarantors(point, participant, paid)?;
		}
		self.pay_participant(party, participant, account, paid)?;
		net.points = net.points.saturating_sub(points);
		let more = net.points > 0 || [system.balancing, system.grid].contains(&Some(participant));
		if !more {
			Nets::<T>::remove(self.interval, participant);
		} else {
			self.put(participant, net);
		}
		Ok(())
	}

	/// What is lost of a credit of contracts and of one of imbalances.
	fn lost_of(&self, [of_contracts, of_imbalances]: [Balance; 2]) -> Result<Balance, DispatchError> {
		let Purse { credits, lost, .. } = &self.progress.purse;
		credits.share(lost, of_contracts, of_imbalances).ok_or(Error::<T>::Overflow.into())
	}

	/// Keeps whose credits of contracts and of imbalances were scaled, for what comes back of that.
	fn note_share(&self, party: Party, [contracts, imbalances]: [Balance; 2]) {
		let Ranks { contracts: of_contracts, imbalances: of_imbalances, .. } = self.progress.purse.lost;
		let share = Share {
			contracts: if of_contracts.is_zero() { 0 } else { contracts },
			imbalances: if of_imbalances.is_zero() { 0 } else { imbalances },
			paid: 0,
		};
		if share != Share::default() {
			Shares::<T>::insert((self.interval, self.progress.run), party, share);
		}
	}

	/// The line that brings a credit to what is paid of it, if they differ.
	fn loss<const MAX: u32>(&mut self, lines: &mut Lines<MAX>, party: Party, amount: Amount) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		self.note(lines, party, Cause::LossShare, amount)
	}

	/// Pays a participant: first what it owes after defaults, in its name, then its account. Without an account the money
	/// goes to the rent account.
	fn pay_participant(
		&mut self,
		party: Party,
		participant: ParticipantId,
		account: Option<T::AccountId>,
		amount: Balance,
	) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let kept = T::Securities::owed(participant).min(amount);
		self.pay(&T::Securities::repaid(), kept)?;
		T::Securities::recovered(participant, kept);
		let rest = amount.saturating_sub(kept);
		if let Some(account) = account {
			return self.pay(&account, rest);
		}
		if !rest.is_zero() {
			Pallet::deposit_event(Event::<T>::Unclaimed { interval: self.interval, party, amount: rest });
		}
		self.pay(&self.accounts.rent.clone(), rest)
	}

	/// Pays `amount` nEUR out of the settlement account.
	pub(crate) fn pay(&mut self, to: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer(&Pallet::<T>::account_id(), to, amount, Preservation::Expendable)?;
		let paid = &mut self.progress.purse.paid;
		*paid = paid.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		InTransit::<T>::mutate(|transit| *transit = transit.saturating_sub(amount));
		Ok(())
	}
}
