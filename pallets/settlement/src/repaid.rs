//! What debtors repay, for whom it is, and how it gets there.
//!
//! ```text
//! repaid -> of the debtor's defaults, the oldest first -> who bore that one, in reverse order of the loss (`borne.rs`)
//! ```
//!
//! What is repaid, by a transfer or by a credit that pays debts first, waits on an account of its own. Idle blocks *allot* it,
//! one default at a time, as soon as no run of that interval is under way: the fund, the balance-responsible party and who
//! bore what was lacking for an order have their part at once; what credits lost that were scaled waits for them, and is
//! paid out by [`Pallet::recover`], to whoever is named, or at last when the interval is pruned. What is then still owed is
//! owed to the fund.
//!
//! Of a debtor it is kept what is *booked*: all that it owes and that is not allotted. What of that it does not owe any more
//! ([`Debts::owed`]), it has repaid.

use crate::{
	Booked, Books, Config, Defaults, Error, Event, Intervals, Losses, NextDebtor, OrderDebt, OrderDebts, Owing, Pallet,
	Shares, Stage, Statements, WeightInfo, FIRST_RUN, LAST_RUN,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Debts, Participants, Securities},
	Balance, Interval, ParticipantId, Party, PointId,
};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation, Get},
	weights::WeightMeter,
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// Most debtors that an idle block looks at.
const DEBTORS: usize = 4;
/// Most allotments to one of them.
const ALLOTMENTS: u32 = 4;
/// Places of a debtor that are looked at for one that no run holds up.
const PLACES: usize = 4;
/// Keys that it takes to pay who bore a loss, as pruning counts them.
const PAYMENT: u32 = 8;
/// How much of a proof a key takes, in bytes.
const PROOF: u64 = 512;

/// Where a participant owes something: the interval, and zero for what it could not pay there, or of an order of its own the
/// number of the point plus one. Big endian, so that the oldest comes first.
pub type Place = [u8; 8];

fn place(interval: Interval, point: Option<PointId>) -> Place {
	let point = point.map_or(0, |point| point.saturating_add(1));
	(u64::from(interval) << 32 | u64::from(point)).to_be_bytes()
}

pub(crate) fn place_of(place: Place) -> (Interval, Option<PointId>) {
	let number = u64::from_be_bytes(place);
	let [interval, point] = [number >> 32, number & u64::from(u32::MAX)].map(|half| half as u32);
	(interval, point.checked_sub(1))
}

impl<T: Config> Pallet<T> {
	/// Books what a participant could not pay of its net debt in an interval.
	pub(crate) fn book_default(interval: Interval, debtor: ParticipantId, amount: Balance) {
		Defaults::<T>::mutate(interval, debtor, |all| *all = all.saturating_add(amount));
		Self::book(debtor, place(interval, None), amount);
	}

	/// Books what an operator lacks for its order at a point.
	pub(crate) fn book_order(interval: Interval, point: PointId, debt: OrderDebt) {
		let amount = debt.sum();
		if !amount.is_zero() {
			Self::book(debt.operator, place(interval, Some(point)), amount);
			OrderDebts::<T>::mutate(interval, point, |known| match known {
				Some(known) => {
					known.member = known.member.saturating_add(debt.member);
					known.perimeter = known.perimeter.saturating_add(debt.perimeter);
				},
				None => *known = Some(debt),
			});
		}
	}

	fn book(debtor: ParticipantId, place: Place, amount: Balance) {
		Owing::<T>::insert(debtor, place, ());
		Booked::<T>::mutate(debtor, |books| {
			books.all = books.all.saturating_add(amount);
			books.placed = books.placed.saturating_add(amount);
		});
		T::Securities::owe(debtor, amount);
	}

	/// Strikes what is not owed at a place any more, or is allotted.
	pub(crate) fn strike(debtor: ParticipantId, amount: Balance) {
		Booked::<T>::mutate_exists(debtor, |books| {
			*books = books.map(|Books { all, placed }| Books {
				all: all.saturating_sub(amount),
				placed: placed.saturating_sub(amount),
			});
			*books = books.filter(|left| !left.all.is_zero());
		});
	}

	/// Less is owed of a default; it is struck besides.
	pub(crate) fn reduce_default(interval: Interval, debtor: ParticipantId, amount: Balance) {
		let left = Defaults::<T>::get(interval, debtor).saturating_sub(amount);
		if left.is_zero() {
			Defaults::<T>::remove(interval, debtor);
			Owing::<T>::remove(debtor, place(interval, None));
		} else {
			Defaults::<T>::insert(interval, debtor, left);
		}
	}

	/// What is owed for an order at a point is `left` now; what it is less is struck besides.
	pub(crate) fn put_order_debt(interval: Interval, point: PointId, left: OrderDebt) {
		if left.sum().is_zero() {
			OrderDebts::<T>::remove(interval, point);
			Owing::<T>::remove(left.operator, place(interval, Some(point)));
		} else {
			OrderDebts::<T>::insert(interval, point, left);
		}
	}

	/// What a participant has repaid that is not allotted yet, in nEUR.
	pub fn unallotted(debtor: ParticipantId) -> Balance {
		Booked::<T>::get(debtor).all.saturating_sub(T::Securities::owed(debtor))
	}

	/// Allots what debtors have repaid, as an idle block has room for it.
	pub(crate) fn allot_next(meter: &mut WeightMeter) {
		let reads = (DEBTORS as u64).saturating_mul(3).saturating_add(1);
		let look = T::DbWeight::get().reads_writes(reads, 1);
		if meter.try_consume(look.saturating_add_proof_size(reads.saturating_mul(PROOF))).is_err() {
			return;
		}
		let before = NextDebtor::<T>::get();
		let from = before.map(Booked::<T>::hashed_key_for);
		let mut debtors = from.map_or_else(Booked::<T>::iter_keys, Booked::<T>::iter_keys_from);
		let mut next = None;
		for _ in 0..DEBTORS {
			// At the end it begins anew.
			next = debtors.next();
			let Some(debtor) = next else { break };
			for _ in 0..ALLOTMENTS {
				if Self::unallotted(debtor).is_zero() || meter.try_consume(T::WeightInfo::allot()).is_err() {
					break;
				}
				match with_storage_layer::<_, DispatchError, _>(|| Self::allot(debtor)) {
					Ok(true) => {},
					Ok(false) => break,
					Err(error) => {
						log::error!(target: "runtime::settlement", "what {debtor} repaid is not allotted: {error:?}");
						break;
					},
				}
			}
		}
		if next != before {
			NextDebtor::<T>::set(next);
		}
	}

	/// Allots what a participant has repaid of one default. Returns whether it did.
	pub(crate) fn allot(debtor: ParticipantId) -> Result<bool, DispatchError> {
		let Books { all, placed } = Booked::<T>::get(debtor);
		let repaid = Self::unallotted(debtor);
		if repaid.is_zero() {
			return Ok(false);
		}
		// Of intervals that are pruned, which are the oldest.
		let to_fund = repaid.min(all.saturating_sub(placed));
		if !to_fund.is_zero() {
			Self::send_repaid(&T::Securities::fund(), to_fund)?;
			Booked::<T>::mutate_exists(debtor, |books| {
				*books = Some(Books { all: all.saturating_sub(to_fund), placed }).filter(|left| !left.all.is_zero());
			});
			return Ok(true);
		}
		let places = Owing::<T>::iter_key_prefix(debtor).take(PLACES).map(place_of);
		let is_done = |interval| Intervals::<T>::get(interval).is_some_and(|one| one.stage == Stage::Settled);
		let Some((interval, point)) = places.into_iter().find(|(interval, _)| is_done(*interval)) else {
			return Ok(false);
		};
		let amount = match point {
			None => Self::allot_default(interval, debtor, repaid)?,
			Some(point) => Self::allot_order(interval, point, repaid)?,
		};
		Self::strike(debtor, amount);
		Self::deposit_event(Event::Allotted { interval, debtor, amount });
		Ok(true)
	}

	/// Gives up to `repaid` nEUR of a default to who bore it.
	fn allot_default(interval: Interval, debtor: ParticipantId, repaid: Balance) -> Result<Balance, DispatchError> {
		let amount = repaid.min(Defaults::<T>::get(interval, debtor));
		Self::reduce_default(interval, debtor, amount);
		let back = Losses::<T>::mutate(interval, |loss| loss.give_back(amount, LAST_RUN.saturating_add(1)));
		Self::send_repaid(&T::Securities::fund(), back.fund)?;
		let balancing = Self::accounts(interval)?.balancing;
		let posted = T::Securities::repost_balancing(balancing, back.secured, &T::Securities::repaid())?;
		// Of who has no account any more.
		let own = back.own.saturating_add(back.secured.saturating_sub(posted));
		Self::pay_back(interval, Party::Balancing, own)?;
		Ok(amount)
	}

	/// Gives up to `repaid` nEUR of what lacked for an order to who bore it: the balance-responsible party, which did last,
	/// and then the member.
	fn allot_order(interval: Interval, point: PointId, repaid: Balance) -> Result<Balance, DispatchError> {
		let Some(debt) = OrderDebts::<T>::get(interval, point) else { return Ok(0) };
		let perimeter = repaid.min(debt.perimeter);
		let member = repaid.saturating_sub(perimeter).min(debt.member);
		let left = OrderDebt {
			member: debt.member.saturating_sub(member),
			perimeter: debt.perimeter.saturating_sub(perimeter),
			..debt
		};
		Self::put_order_debt(interval, point, left);
		Self::pay_back(interval, Party::Balancing, perimeter)?;
		Self::pay_back(interval, Party::Point(point), member)?;
		Ok(perimeter.saturating_add(member))
	}

	/// Moves what was repaid to an account.
	fn send_repaid(to: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer(&T::Securities::repaid(), to, amount, Preservation::Expendable)?;
		Ok(())
	}

	/// Pays who bore a loss: first what it owes itself, in its name, then its account. Without an account the money goes to
	/// that of congestion rent.
	fn pay_back(interval: Interval, party: Party, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let accounts = Self::accounts(interval)?;
		let (participant, account) = match party {
			Party::Point(point) => (Statements::<T>::get(interval, point).map(|one| one.payer), None),
			Party::Balancing => (Some(accounts.balancing), None),
			Party::GridOperator => (T::Participants::participant(&accounts.grid), Some(accounts.grid)),
			Party::Fund => (None, Some(T::Securities::fund())),
			Party::CongestionRent => (None, None),
		};
		let kept = participant.map_or(0, |participant| T::Securities::owed(participant).min(amount));
		if let Some(participant) = participant {
			T::Securities::recovered(participant, kept);
		}
		let account = account.or_else(|| participant.and_then(T::Participants::account)).unwrap_or(accounts.rent);
		Self::send_repaid(&account, amount.saturating_sub(kept))?;
		Self::deposit_event(Event::LossRepaid { interval, party, amount });
		Ok(())
	}

	/// Pays parties their shares of what came back of what a run lost.
	pub(crate) fn do_recover(interval: Interval, run: u16, parties: &[Party]) -> DispatchResult {
		let mut all: Balance = 0;
		for party in parties {
			all = all.saturating_add(Self::pay_share_back(interval, run, *party)?);
		}
		ensure!(!all.is_zero(), Error::<T>::NothingCameBack);
		Ok(())
	}

	/// Pays a party its share. Returns how much it was.
	fn pay_share_back(interval: Interval, run: u16, party: Party) -> Result<Balance, DispatchError> {
		let Some(mut share) = Shares::<T>::get((interval, run), party) else { return Ok(0) };
		let mut loss = Losses::<T>::get(interval);
		let of_run = run.checked_sub(FIRST_RUN).and_then(|run| loss.runs.get_mut(usize::from(run)));
		let of_run = of_run.ok_or(Error::<T>::NothingCameBack)?;
		let due = of_run.share(&share).ok_or(Error::<T>::Overflow)?;
		if due.is_zero() {
			return Ok(0);
		}
		share.paid = share.paid.checked_add(due).ok_or(Error::<T>::Overflow)?;
		of_run.paid = of_run.paid.checked_add(due).ok_or(Error::<T>::Overflow)?;
		Shares::<T>::insert((interval, run), party, share);
		Losses::<T>::insert(interval, loss);
		Self::pay_back(interval, party, due)?;
		Ok(due)
	}

	/// Pays out what came back of an interval's losses, and forgets them: what debtors still owe of them is the fund's from
	/// then on. Counts keys, as pruning does; goes on with at least one whatever is left of the limit.
	pub(crate) fn prune_losses(interval: Interval, limit: u32) -> u32 {
		let mut removed: u32 = 0;
		let mut count = |keys: u32| {
			removed = removed.saturating_add(keys).min(limit);
			removed
		};
		let room =
			|removed: u32| usize::try_from(limit.saturating_sub(removed).div_ceil(PAYMENT)).unwrap_or(usize::MAX);
		let tried = |done: Result<(), DispatchError>| {
			if let Err(error) = done {
				log::error!(target: "runtime::settlement", "what came back in interval {interval} stays: {error:?}");
			}
		};
		let debtors: Vec<_> = Defaults::<T>::iter_key_prefix(interval).take(room(count(0))).collect();
		for debtor in debtors {
			tried(with_storage_layer(|| Self::allot(debtor).map(|_| ())));
			Self::hand_over(debtor, place(interval, None), Defaults::<T>::take(interval, debtor));
			count(PAYMENT);
		}
		let orders: Vec<_> = OrderDebts::<T>::iter_key_prefix(interval).take(room(count(0))).collect();
		for point in orders {
			let Some(debt) = OrderDebts::<T>::get(interval, point) else { continue };
			tried(with_storage_layer(|| Self::allot(debt.operator).map(|_| ())));
			let left = OrderDebts::<T>::take(interval, point).map_or(0, |debt| debt.sum());
			Self::hand_over(debt.operator, place(interval, Some(point)), left);
			count(PAYMENT);
		}
		for run in FIRST_RUN..=LAST_RUN {
			let parties: Vec<_> = Shares::<T>::iter_key_prefix((interval, run)).take(room(count(0))).collect();
			for party in parties {
				tried(with_storage_layer(|| Self::pay_share_back(interval, run, party).map(|_| ())));
				Shares::<T>::remove((interval, run), party);
				count(PAYMENT);
			}
		}
		if count(0) < limit && Losses::<T>::contains_key(interval) {
			let rest = Losses::<T>::take(interval).runs;
			let rest = rest.iter().fold(0, |sum: Balance, run| sum.saturating_add(run.waiting()));
			tried(with_storage_layer(|| Self::pay_back(interval, Party::CongestionRent, rest)));
			count(PAYMENT);
		}
		removed
	}

	/// What a debtor owes at a place it owes to the fund from now on.
	fn hand_over(debtor: ParticipantId, at: Place, amount: Balance) {
		Owing::<T>::remove(debtor, at);
		if !amount.is_zero() {
			Booked::<T>::mutate(debtor, |books| books.placed = books.placed.saturating_sub(amount));
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn places_sort_by_interval_and_say_where_they_are() {
		let all = [(0, None), (0, Some(0)), (0, Some(u32::MAX - 1)), (1, None), (u32::MAX, Some(7))];
		let places = all.map(|(interval, point)| place(interval, point));
		assert!(places.is_sorted());
		assert_eq!(places.map(place_of), all);
	}
}
