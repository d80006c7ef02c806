//! One round of debits and credits: an interval's first settlement, or one correction of a point.
//!
//! ```text
//! count every debt and credit, take what each participant is short of from its own money
//!  -> draw on what secures the points of those who are still short -> the fund covers -> pay what is due
//! ```

use crate::{
	Accounts, ChunkKeepers, Config, Drawing, Drawings, Error, Event, InTransit, Lines, Net, Nets, Pallet, Progress,
	Purse, FIRST_VERSION,
};
use alloc::{collections::btree_map::BTreeMap, vec::Vec};
use busbar_primitives::{
	traits::{Collateral, Debts, Participants, Securities},
	Amount, Balance, Cause, Interval, ParticipantId, Party, PointId,
};
use frame_support::{
	ensure,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding, traits::Zero, DispatchError, DispatchResult, Rounding,
};

/// What a round knows and changes.
pub(crate) struct Round<T: Config> {
	pub interval: Interval,
	/// Of the lines.
	pub version: u16,
	pub accounts: Accounts<T::AccountId>,
	pub progress: Progress,
	/// Which point's statement keeps the lines that are appended next; `None`: that of the other parties.
	pub keeper: Option<PointId>,
	/// Who keeps the lines of the chunk that is open; `None` while that lies in storage.
	pub keepers: Option<ChunkKeepers>,
	/// Debts and credits by participant; `None` while they lie in storage, because the round takes many batches.
	nets: Option<BTreeMap<ParticipantId, Net>>,
}

impl<T: Config> Round<T> {
	/// The first settlement of an interval, or its continuation.
	pub fn first(interval: Interval, accounts: Accounts<T::AccountId>, progress: Progress) -> Self {
		Self { interval, version: FIRST_VERSION, accounts, progress, keeper: None, keepers: None, nets: None }
	}

	/// Corrections of a settled interval.
	pub fn correction(interval: Interval, accounts: Accounts<T::AccountId>, progress: Progress) -> Self {
		Self { nets: Some(BTreeMap::new()), ..Self::first(interval, accounts, progress) }
	}

	/// Begins another correction.
	pub fn restart(&mut self, version: u16) {
		self.version = version;
		self.nets = Some(BTreeMap::new());
	}

	fn net(&self, participant: ParticipantId) -> Net {
		match &self.nets {
			Some(nets) => nets.get(&participant).copied().unwrap_or_default(),
			None => Nets::<T>::get(self.interval, participant),
		}
	}

	fn put(&mut self, participant: ParticipantId, net: Net) {
		match &mut self.nets {
			Some(nets) => {
				nets.insert(participant, net);
			},
			None => Nets::<T>::insert(self.interval, participant, net),
		}
	}

	/// Counts a connection point's debt or credit, and takes what its payer is short of: from whose collateral was released
	/// there as much as that was, then from the payer. Of each first from the account, then from the margin.
	pub fn count_point(
		&mut self,
		payer: ParticipantId,
		amount: Amount,
		released: Vec<(ParticipantId, Balance)>,
	) -> DispatchResult {
		self.count(payer, amount, 1, released)
	}

	/// Takes what a participant is short of from whose collateral was released, as above.
	pub fn collect(&mut self, payer: ParticipantId, released: Vec<(ParticipantId, Balance)>) -> DispatchResult {
		if released.is_empty() || self.net(payer).short().is_zero() {
			return Ok(());
		}
		self.count(payer, 0, 0, released)
	}

	fn count(
		&mut self,
		payer: ParticipantId,
		amount: Amount,
		points: u32,
		released: Vec<(ParticipantId, Balance)>,
	) -> DispatchResult {
		let old = self.net(payer);
		let mut net = old;
		let sum = if amount < 0 { &mut net.owed } else { &mut net.earned };
		*sum = sum.checked_add(amount.unsigned_abs()).ok_or(Error::<T>::Overflow)?;
		net.points = net.points.saturating_add(points);
		net.in_debt = net.in_debt.saturating_add(if amount < 0 { points } else { 0 });
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

	/// Takes up to `most` nEUR of what a participant is short of from somebody's free money, first of its account, then of
	/// its margin.
	fn take(&mut self, net: &mut Net, from: ParticipantId, most: Balance) -> DispatchResult {
		let wanted = net.short().min(most);
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
				self.count(participant, amount, 0, Vec::new())?;
			} else if amount > 0 {
				let due = &mut self.progress.purse.due;
				*due = due.checked_add(amount.unsigned_abs()).ok_or(Error::<T>::Overflow)?;
			} else {
				let debt = amount.unsigned_abs();
				let taken = Pallet::<T>::take_free(&self.account_of(party), debt)?;
				self.collected(taken)?;
				self.default(lines, party, None, debt.saturating_sub(taken))?;
			}
		}
		Ok(())
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

	/// Meets a point's share of what its payer is short of from what secures the point; the rest is a default.
	pub fn draw<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		point: PointId,
		payer: ParticipantId,
		debt: Balance,
	) -> DispatchResult {
		let mut net = self.net(payer);
		let missing = net.next_short(debt).ok_or(Error::<T>::Overflow)?;
		self.put(payer, net);
		let sources = T::Securities::draw(self.interval, point, payer, missing, &Pallet::<T>::account_id())?;
		let drawn = sources.iter().fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
		if self.nets.is_none() && drawn > 0 {
			self.drew(point, sources);
		}
		self.collected(drawn)?;
		self.progress.purse.to_draw = self.progress.purse.to_draw.saturating_sub(1);
		self.default(lines, Party::Point(point), Some(payer), missing.saturating_sub(drawn))
	}

	/// Remembers whose money of their own was taken at a point, beside what participants are netted on: it goes back if the
	/// interval is voided.
	pub fn drew(&self, point: PointId, sources: Vec<(T::AccountId, Balance)>) {
		Drawings::<T>::mutate(self.interval, point, |drawing| {
			let all = drawing.iter().cloned().chain(sources).collect();
			*drawing = Drawing::truncate_from(all);
		});
	}

	/// All debts are counted and all securities looked at: books the defaults of the other parties, and lets the mutual
	/// fund stand in for what is missing, as far as its money goes.
	pub fn close_debits<const MAX: u32>(&mut self, lines: &mut Lines<MAX>) -> DispatchResult {
		for (party, amount) in self.progress.system.parties.all().into_iter().filter(|(_, amount)| *amount < 0) {
			let Some(participant) = self.progress.system.participant(party) else { continue };
			let mut net = self.net(participant);
			let missing = net.next_short(amount.unsigned_abs()).ok_or(Error::<T>::Overflow)?;
			self.put(participant, net);
			self.default(lines, party, Some(participant), missing)?;
		}
		let covered = Pallet::<T>::take_free(&T::Securities::fund(), self.progress.purse.missing)?;
		if !covered.is_zero() {
			self.collected(covered)?;
			self.note(lines, Party::Fund, Cause::Cover, Pallet::<T>::amount(covered)?.saturating_neg())?;
			Pallet::deposit_event(Event::<T>::Covered { interval: self.interval, amount: covered });
		}
		// What defaults left open is all that the credits and what was collected for them differ by.
		let Purse { due, .. } = self.progress.purse;
		let open = Pallet::<T>::amount(due)?.checked_sub(Pallet::<T>::amount(self.progress.purse.available())?);
		ensure!(open == Some(self.progress.lines_sum), Error::<T>::NotBalanced);
		Ok(())
	}

	/// Books what a debtor could not pay. It owes that to the mutual fund and trades no more until it has paid.
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
		let sum = &mut self.progress.purse.missing;
		*sum = sum.checked_add(missing).ok_or(Error::<T>::Overflow)?;
		self.note(lines, party, Cause::Default, Pallet::<T>::amount(missing)?)?;
		Pallet::deposit_event(Event::<T>::Defaulted { interval: self.interval, party, amount: missing });
		if let Some(debtor) = debtor {
			T::Securities::owe(debtor, missing);
		}
		Ok(())
	}

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
				_ => self.scaled(credit)?,
			};
			self.pay(&self.account_of(party), paid)?;
			self.loss(lines, party, credit, paid)?;
		}
		for participant in [system.balancing, system.grid].into_iter().flatten().filter(|_| self.nets.is_none()) {
			Nets::<T>::remove(self.interval, participant);
		}
		ensure!(self.progress.lines_sum == 0 && self.progress.purse.in_transit().is_zero(), Error::<T>::NotBalanced);
		Ok(())
	}

	/// Pays a participant what one of its credits leaves after netting, or after defaults its share of that. What was taken
	/// for debts that were set off comes back first. A participant that nothing more is to be paid to is forgotten.
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
		let surplus = if net.returned { 0 } else { net.surplus() };
		net.returned = true;
		let due = net.next_due(credit).ok_or(Error::<T>::Overflow)?;
		let paid = self.scaled(due)?;
		self.loss(lines, party, due, paid)?;
		self.pay_participant(party, participant, account, surplus.saturating_add(paid))?;
		net.points = net.points.saturating_sub(points);
		let system = self.progress.system;
		let more = net.points > 0 || [system.balancing, system.grid].contains(&Some(participant));
		if self.nets.is_none() && !more {
			Nets::<T>::remove(self.interval, participant);
		} else {
			self.put(participant, net);
		}
		Ok(())
	}

	/// What is paid of a credit: all of it, or after defaults its share of what was collected, rounded down.
	fn scaled(&self, credit: Balance) -> Result<Balance, DispatchError> {
		let (available, due) = (self.progress.purse.available(), self.progress.purse.due);
		if available == due {
			return Ok(credit);
		}
		multiply_by_rational_with_rounding(credit, available, due, Rounding::Down).ok_or(Error::<T>::Overflow.into())
	}

	/// The line that brings a credit to what is paid of it, if they differ.
	fn loss<const MAX: u32>(
		&mut self,
		lines: &mut Lines<MAX>,
		party: Party,
		credit: Balance,
		paid: Balance,
	) -> DispatchResult {
		let amount =
			Pallet::<T>::amount(paid)?.checked_sub(Pallet::<T>::amount(credit)?).ok_or(Error::<T>::Overflow)?;
		if amount == 0 {
			return Ok(());
		}
		self.note(lines, party, Cause::LossShare, amount)
	}

	/// Pays a participant: first what it owes to the mutual fund, in its name, then its account. Without an account the
	/// money goes to the rent account.
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
		self.pay(&T::Securities::fund(), kept)?;
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

	/// Counts money that came into the settlement account.
	pub fn collected(&mut self, amount: Balance) -> DispatchResult {
		let collected = &mut self.progress.purse.collected;
		*collected = collected.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		if !amount.is_zero() {
			InTransit::<T>::mutate(|transit| *transit = transit.saturating_add(amount));
		}
		Ok(())
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
