//! One run of debits and credits of an interval.
//!
//! ```text
//! count every debt and credit, take what each participant is short of from its own money
//!  -> draw on what secures the points of those who are still short -> the fund covers -> pay what is due, by rank
//! ```

use crate::{
	Accounts, ChunkKeepers, Config, Drawings, Error, Event, InTransit, Lines, Loss, Losses, Net, Nets, Pallet,
	Progress, Purse, System,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Collateral, Debts, Participants, Securities},
	Amount, Balance, Cause, Interval, ParticipantId, Party, PointId,
};
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What a batch of a run knows and changes.
pub(crate) struct Round<T: Config> {
	pub interval: Interval,
	pub accounts: Accounts<T::AccountId>,
	pub progress: Progress,
	/// Which point's statement keeps the lines that are appended next; `None`: that of the other parties.
	pub keeper: Option<PointId>,
	/// Who keeps the lines of the chunk that is open; `None` while that lies in storage.
	pub keepers: Option<ChunkKeepers>,
}

impl<T: Config> Round<T> {
	pub fn new(interval: Interval, accounts: Accounts<T::AccountId>, progress: Progress) -> Self {
		Self { interval, accounts, progress, keeper: None, keepers: None }
	}

	pub(crate) fn net(&self, participant: ParticipantId) -> Net {
		Nets::<T>::get(self.interval, participant)
	}

	pub(crate) fn put(&mut self, participant: ParticipantId, net: Net) {
		Nets::<T>::insert(self.interval, participant, net);
	}

	/// Counts a connection point's debt or credit, and takes what its payer is short of: from whose collateral was released
	/// there as much as that was, then from the payer. Of each first from the account, then from the margin. `contract`: what of
	/// the amount is of contracts.
	pub fn count_point(
		&mut self,
		payer: ParticipantId,
		amount: Amount,
		contract: Amount,
		released: Vec<(ParticipantId, Balance)>,
	) -> DispatchResult {
		self.count(payer, amount, contract, 1, released)
	}

	/// Takes what a participant is short of from whose collateral was released, as above.
	pub fn collect(&mut self, payer: ParticipantId, released: Vec<(ParticipantId, Balance)>) -> DispatchResult {
		if released.is_empty() || self.net(payer).wanted().is_zero() {
			return Ok(());
		}
		self.count(payer, 0, 0, 0, released)
	}

	fn count(
		&mut self,
		payer: ParticipantId,
		amount: Amount,
		contract: Amount,
		points: u32,
		released: Vec<(ParticipantId, Balance)>,
	) -> DispatchResult {
		let old = self.net(payer);
		let mut net = old;
		let sum = if amount < 0 { &mut net.owed } else { &mut net.earned };
		*sum = sum.checked_add(amount.unsigned_abs()).ok_or(Error::<T>::Overflow)?;
		net.contract = net.contract.checked_add(contract).ok_or(Error::<T>::Overflow)?;
		net.points = net.points.saturating_add(points);
		net.in_debt = net.in_debt.saturating_add(if amount < 0 { points } else { 0 });
		self.count_undone(payer, &mut net)?;
		for (owner, most) in released {
			self.take(&mut net, owner, most)?;
		}
		self.take(&mut net, payer, Balance::MAX)?;
		self.progress.purse.replace(&old, &net).ok_or(Error::<T>::Overflow)?;
		self.put(payer, net);
		let set_off = |net: &Net| net.owed.min(net.earned);
		let amount = set_off(&net).saturating_sub(set_off(&old));
		if !amount.is_zero() {
			Pallet::deposit_event(Event::<T>::SetOff { interval: self.interval, participant: payer, amount });
		}
		Ok(())
	}

	/// Takes up to `most` nEUR of what a participant is to pay from somebody's free money, first of its account, then of
	/// its margin.
	fn take(&mut self, net: &mut Net, from: ParticipantId, most: Balance) -> DispatchResult {
		let wanted = net.wanted().min(most);
		if wanted.is_zero() {
			return Ok(());
		}
		let mut taken = match T::Participants::account(from) {
			Some(account) => Pallet::<T>::take_free(&account, wanted)?,
			None => 0,
		};
		let rest = wanted.saturating_sub(taken);
		if !rest.is_zero() {
			let margin = <T::Securities as Collateral<T::AccountId>>::take(from, rest, &Pallet::<T>::account_id())?;
			taken = taken.saturating_add(margin);
		}
		net.taken = net.taken.checked_add(taken).ok_or(Error::<T>::Overflow)?;
		self.collected(taken)
	}

	/// Counts what the other parties receive and pay. Those that are participants are netted with their points.
	pub fn count_others<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		// Credits first, so that nothing is taken for a debt that one of them sets off.
		let all = self.progress.system.parties.all();
		let credits = all.into_iter().filter(|(_, amount)| *amount > 0);
		for (party, amount) in credits.chain(all.into_iter().filter(|(_, amount)| *amount < 0)) {
			if let Some(participant) = self.progress.system.participant(party) {
				let contract = Pallet::<T>::amount(self.progress.system.contracted(party))?;
				self.count(participant, amount, contract, 0, Vec::new())?;
			} else if amount > 0 {
				self.count_credit(party, amount.unsigned_abs())?;
			} else {
				let debt = amount.unsigned_abs();
				let taken = Pallet::<T>::take_free(&self.account_of(party), debt)?;
				self.collected(taken)?;
				self.default(lines, party, None, debt.saturating_sub(taken))?;
			}
		}
		Ok(())
	}

	/// Counts the credit of a party that is nobody's.
	fn count_credit(&mut self, party: Party, credit: Balance) -> DispatchResult {
		let [of_contracts, of_imbalances] = self.credit_of(party, credit);
		let Purse { due, credits, .. } = &mut self.progress.purse;
		let sums = [(due, credit), (&mut credits.contracts, of_contracts), (&mut credits.imbalances, of_imbalances)];
		for (sum, more) in sums {
			*sum = sum.checked_add(more).ok_or(Error::<T>::Overflow)?;
		}
		Ok(())
	}

	/// What of the credit of a party that is nobody's is of contracts, and what of imbalances.
	pub(crate) fn credit_of(&self, party: Party, credit: Balance) -> [Balance; 2] {
		let of_contracts = self.progress.system.contracted(party).min(credit);
		[of_contracts, credit.saturating_sub(of_contracts)]
	}

	/// The participant, if it is one, whose account receives grid fees.
	pub(crate) fn grid(&self) -> Option<ParticipantId> {
		T::Participants::participant(&self.accounts.grid)
	}

	/// The account of a party that is nobody's.
	pub(crate) fn account_of(&self, party: Party) -> T::AccountId {
		match party {
			Party::GridOperator => self.accounts.grid.clone(),
			Party::Fund => T::Securities::fund(),
			Party::CongestionRent | Party::Balancing | Party::Point(_) => self.accounts.rent.clone(),
		}
	}

	/// Whether something that secures a point in debt must be looked at: its payer is short.
	pub fn is_short(&self, payer: ParticipantId) -> bool {
		self.net(payer).short() > 0
	}

	/// Meets a point's share of what its payer is short of from what secures the point. With the last of its points what is
	/// lacking of all is a default, unless the payer owes in another role, too: then it is booked when the debits are closed.
	pub fn draw<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		point: PointId,
		payer: ParticipantId,
		debt: Balance,
	) -> DispatchResult {
		let share = self.net(payer).share_of_short(debt).ok_or(Error::<T>::Overflow)?;
		let sources = T::Securities::draw(self.interval, point, payer, share, &Pallet::<T>::account_id())?;
		let drawn = sources.iter().fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
		if drawn > 0 {
			self.drew(point, sources);
		}
		let net = self.count_drawn(payer, drawn, 1)?;
		self.progress.purse.to_draw = self.progress.purse.to_draw.saturating_sub(1);
		let System { parties, .. } = self.progress.system;
		let mut debts = parties.all().into_iter().filter(|(_, amount)| *amount < 0);
		let has_role = debts.any(|(party, _)| self.progress.system.participant(party) == Some(payer));
		if net.looked < net.in_debt || has_role {
			return Ok(());
		}
		self.default(lines, Party::Point(point), Some(payer), net.lacks())
	}

	/// Counts what was drawn on for a participant, at so many points.
	fn count_drawn(&mut self, participant: ParticipantId, drawn: Balance, points: u32) -> Result<Net, DispatchError> {
		let old = self.net(participant);
		let mut net = old;
		net.drawn = net.drawn.checked_add(drawn).ok_or(Error::<T>::Overflow)?;
		net.looked = net.looked.saturating_add(points);
		self.progress.purse.replace(&old, &net).ok_or(Error::<T>::Overflow)?;
		self.put(participant, net);
		self.collected(drawn)?;
		Ok(net)
	}

	/// Remembers whose money of their own was taken at a point, beside what participants are netted on: it goes back if the
	/// interval is voided, and a guarantor's if a later run shows that it was not owed.
	pub fn drew(&self, point: PointId, sources: Vec<(T::AccountId, Balance)>) {
		Drawings::<T>::mutate(self.interval, point, |drawing| {
			for (account, amount) in sources {
				if let Some((_, sum)) = drawing.iter_mut().find(|(known, _)| *known == account) {
					*sum = sum.saturating_add(amount);
				} else {
					// There is room for each account that there can be.
					let _ = drawing.try_push((account, amount));
				}
			}
		});
	}

	/// All debts are counted and all securities looked at: books the defaults of the other parties, lets the
	/// balance-responsible party's own credit and then its security bear what lacks of imbalances, then the mutual fund stand in
	/// for what is missing, as far as its money goes, of contracts first. What is left credits bear by their rank.
	pub fn close_debits<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		for (party, _) in self.progress.system.parties.all().into_iter().filter(|(_, amount)| *amount < 0) {
			let Some(participant) = self.progress.system.participant(party) else { continue };
			let net = self.net(participant);
			let missing = net.lacks().saturating_sub(net.missing);
			// What it posted for others it pays its own debt with, too.
			let drawn = if party == Party::Balancing { self.draw_balancing(participant, missing)? } else { 0 };
			self.count_drawn(participant, drawn, 0)?;
			self.default(lines, party, Some(participant), missing.saturating_sub(drawn))?;
		}
		let own = self.progress.system.balancing.map_or(0, |party| self.net(party).due_of_imbalances());
		let Purse { missing, missing_of_contracts: of_contracts, credits, .. } = &mut self.progress.purse;
		credits.balancing = own;
		credits.imbalances = credits.imbalances.checked_sub(own).ok_or(Error::<T>::Overflow)?;
		let credits = *credits;
		let (of_contracts, of_imbalances) = (*of_contracts, missing.saturating_sub(*of_contracts));
		let beyond_own = of_imbalances.saturating_sub(own);
		let secured = match self.progress.system.balancing {
			Some(party) => self.draw_balancing(party, beyond_own)?,
			None => 0,
		};
		self.collected(secured)?;
		if !secured.is_zero() {
			let amount = Pallet::<T>::amount(secured)?.saturating_neg();
			self.note(lines, Party::Balancing, Cause::Cover, amount)?;
		}
		let (of_imbalances, beyond_own) = (of_imbalances.saturating_sub(secured), beyond_own.saturating_sub(secured));
		let covered = Pallet::<T>::take_free(&T::Securities::fund(), of_contracts.saturating_add(beyond_own))?;
		let for_imbalances = covered.saturating_sub(of_contracts);
		let of_contracts = of_contracts.saturating_sub(covered);
		let lost = credits.lost(of_contracts, of_imbalances.saturating_sub(for_imbalances));
		self.progress.purse.lost = lost;
		if !self.progress.purse.missing.is_zero() {
			let run = self.progress.run;
			let counted = |loss: &mut Loss| loss.bear(run, &credits, &lost, covered, secured);
			Losses::<T>::mutate(self.interval, counted).ok_or(Error::<T>::Overflow)?;
		}
		if !covered.is_zero() {
			self.collected(covered)?;
			self.note(lines, Party::Fund, Cause::Cover, Pallet::<T>::amount(covered)?.saturating_neg())?;
			Pallet::deposit_event(Event::<T>::Covered { interval: self.interval, amount: covered });
		}
		// What defaults left open is all that the credits and what was collected for them differ by. What is undone of earlier
		// ones has its lines with the credits.
		let Purse { due, .. } = self.progress.purse;
		let open = Pallet::<T>::amount(due)?.checked_sub(Pallet::<T>::amount(self.progress.purse.available())?);
		let undone = Pallet::<T>::amount(self.progress.undone)?;
		ensure!(
			open.and_then(|open| open.checked_add(undone)) == Some(self.progress.lines_sum),
			Error::<T>::NotBalanced
		);
		Ok(())
	}

	/// Moves up to `amount` nEUR of the security of the balance-responsible party here, and returns how much it was.
	fn draw_balancing(&mut self, party: ParticipantId, amount: Balance) -> Result<Balance, DispatchError> {
		if amount.is_zero() {
			return Ok(0);
		}
		let drawn = T::Securities::draw_balancing(self.interval, party, amount, &Pallet::<T>::account_id())?;
		let sum = &mut self.progress.purse.drawn_of_balancing;
		*sum = sum.checked_add(drawn).ok_or(Error::<T>::Overflow)?;
		Ok(drawn)
	}

	/// Books what a debtor could not pay. It owes that to who bears it and trades no more until it has paid.
	fn default<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		party: Party,
		debtor: Option<ParticipantId>,
		missing: Balance,
	) -> DispatchResult {
		if missing.is_zero() {
			return Ok(());
		}
		let of_contracts = debtor.map_or(Ok(0), |debtor| self.count_missing(debtor, missing))?;
		let purse = &mut self.progress.purse;
		for (sum, more) in [(&mut purse.missing, missing), (&mut purse.missing_of_contracts, of_contracts)] {
			*sum = sum.checked_add(more).ok_or(Error::<T>::Overflow)?;
		}
		self.note(lines, party, Cause::Default, Pallet::<T>::amount(missing)?)?;
		Pallet::deposit_event(Event::<T>::Defaulted { interval: self.interval, party, amount: missing });
		match debtor {
			Some(debtor) => Pallet::<T>::book_default(self.interval, debtor, missing),
			None => Losses::<T>::mutate(self.interval, |loss| loss.unowed = loss.unowed.saturating_add(missing)),
		}
		Ok(())
	}

	/// Counts what a participant could not pay and returns what of it is of contracts.
	fn count_missing(&mut self, debtor: ParticipantId, missing: Balance) -> Result<Balance, DispatchError> {
		let mut net = self.net(debtor);
		let before = net.missing_of_contracts();
		net.missing = net.missing.checked_add(missing).ok_or(Error::<T>::Overflow)?;
		self.put(debtor, net);
		Ok(net.missing_of_contracts().saturating_sub(before))
	}

	/// Counts money that came into the settlement account.
	pub fn collected(&mut self, amount: Balance) -> DispatchResult {
		let collected = &mut self.progress.purse.collected;
		*collected = collected.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		if !amount.is_zero() {
			InTransit::<T>::mutate(|transit| *transit = transit.saturating_add(amount));
		}
		Ok(())
	}
}
