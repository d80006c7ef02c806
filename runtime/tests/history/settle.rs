//! Settling, correcting and paying, and bringing intervals to their end.

use super::{Network, FIRST_MEMBER, INTERVAL, KEEPER, MEMBERS, ROOM, SLOT};
use busbar_harness::{chain::account, id, UTILITY};
use busbar_primitives::{
	certificates::Class,
	traits::{Calendar, Finality, Positions},
	Balance, Interval, Moment, ParticipantId, Party, PointId, Wh, LAST_RUN,
};
use busbar_runtime::{
	pallet_balances, pallet_certificates, pallet_metering, pallet_securities, pallet_settlement, Balances, Market,
	Runtime, RuntimeCall, Settlement,
};
use frame_support::{traits::fungible::Inspect, BoundedVec};
use sp_runtime::MultiAddress;

type Points = BoundedVec<PointId, <Runtime as pallet_settlement::Config>::MaxPoints>;

impl Network {
	pub(super) fn settle(&mut self) {
		if self.random.once_in(40) {
			return self.void();
		}
		let interval = self.delivered();
		let points = self.points(4);
		if self.random.once_in(8) {
			let others = [Party::GridOperator, Party::Balancing, Party::Fund, Party::CongestionRent];
			let parties = points.into_iter().map(Party::Point).chain(others).collect();
			let parties = BoundedVec::truncate_from(parties);
			let run = 1 + self.random.below(u32::from(LAST_RUN)) as u16;
			self.try_to(KEEPER, pallet_settlement::Call::recover { interval, run, parties });
			return;
		}
		let call = match self.random.below(6) {
			0..=2 => pallet_settlement::Call::debit { interval, points },
			3 => pallet_settlement::Call::draw { interval, points },
			_ => pallet_settlement::Call::credit { interval, points },
		};
		self.try_to(KEEPER, call);
	}

	/// The council voids an interval, and idle blocks take back what its debits did.
	fn void(&mut self) {
		// What it would leave out of a later run is not settled on what stands. One whose debits have begun is found by chance
		// too seldom.
		let some: Vec<_> = (0..8).map(|_| self.delivered()).filter(|one| Settlement::root(*one).is_none()).collect();
		let begun = some.iter().find(|one| Settlement::progress(**one).is_some());
		let Some(interval) = begun.or(some.first()).copied() else { return };
		if Self::council(pallet_settlement::Call::void { interval }.into()).is_err() {
			self.refused += 1;
		}
		while pallet_settlement::Unwinding::<Runtime>::contains_key(interval) {
			self.set_time(Market::now() + SLOT);
			Settlement::do_try_state().expect("settlement");
		}
	}

	/// Some of a run's debits, of points whose readings changed and of others.
	pub(super) fn settle_changes(&mut self) {
		let (interval, mut points) = (self.delivered(), self.points(1));
		let run = 2 + self.random.below(u32::from(LAST_RUN) - 1) as u16;
		let changed =
			pallet_settlement::Changed::<Runtime>::iter_prefix((interval, run)).map(|(point, _)| point).next();
		if let Some(point) = changed.filter(|_| self.random.once_in(2)) {
			points = BoundedVec::truncate_from(vec![point]);
		}
		self.try_to(KEEPER, pallet_settlement::Call::debit { interval, points });
	}

	/// Everybody is now rich, now poor; now and then somebody pays its debt.
	pub(super) fn move_money(&mut self) {
		let from = FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8;
		let to = *self.random.one_of(&[UTILITY, FIRST_MEMBER, FIRST_MEMBER + 1, FIRST_MEMBER + 3]);
		let free = Balances::balance(&account(from));
		let value = free / *self.random.one_of(&[1, 2, 10]);
		self.try_to(from, pallet_balances::Call::transfer_allow_death { dest: MultiAddress::Id(account(to)), value });
		if self.random.once_in(2) {
			let value = Balance::from(self.random.below(4_000_000_000));
			let dest = MultiAddress::Id(account(from));
			self.try_to(UTILITY, pallet_balances::Call::transfer_allow_death { dest, value });
		}
		let debtor = id(FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8);
		let amount = Balance::from(self.random.below(2_000_000_000));
		self.try_to(UTILITY, pallet_securities::Call::repay { participant: debtor, amount });
	}

	pub(super) fn certificates(&mut self) {
		let held: Vec<(Class, ParticipantId, Wh)> = pallet_certificates::Holdings::<Runtime>::iter().collect();
		if held.is_empty() {
			return;
		}
		let (class, holder, held) = *self.random.one_of(&held);
		let (who, wh) = (holder.0[0], 1 + Wh::from(self.random.below(held.saturating_add(2).min(10_000) as u32)));
		if self.random.once_in(2) {
			let to = id(FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8);
			self.try_to(who, pallet_certificates::Call::transfer { holder, class, to, wh });
		} else {
			self.try_to(who, pallet_certificates::Call::retire { holder, class, wh });
		}
	}

	/// Brings intervals to their end before they become final, as keepers do.
	pub(super) fn finish_what_ends(&mut self, now: Moment) {
		if core::mem::replace(&mut self.finishing, true) {
			return;
		}
		for interval in self.running.clone() {
			let terms = Market::terms(interval).expect("a running interval has terms");
			let last = terms.final_from() - ROOM;
			if now <= last {
				break;
			}
			// Every ruling is made or its deadline over.
			if Market::now() < last {
				self.advance(last);
			}
			self.finish(interval);
			let fed_in = Self::fed_in(interval);
			if let Some(record) = &mut self.record {
				record.ended(interval);
			}
			assert!(Market::now() < terms.final_from(), "interval {interval} was too late");
			self.advance(terms.final_from());
			assert!(Settlement::is_final(interval), "interval {interval} does not end final");
			assert_eq!(Settlement::lines_sum(interval), 0);
			self.running.retain(|other| *other != interval);
			self.certified += fed_in;
			self.ended.push(interval);
			self.datasets.retain(|(other, _), _| *other != interval);
		}
		self.finishing = false;
	}

	fn finish(&mut self, interval: Interval) {
		let points = Market::outcome(interval).expect("its market has ended").points;
		let open: Vec<_> =
			pallet_metering::Disputes::<Runtime>::iter_prefix(interval).map(|(point, _)| point).collect();
		for point in open {
			let close = pallet_metering::Call::close_dispute { interval, point };
			self.must(KEEPER, RuntimeCall::Metering(close));
		}
		self.settle_what_is_due();
		for point in 0..points {
			let settled = pallet_settlement::Statements::<Runtime>::get(interval, point).expect("it is settled");
			let proven = pallet_metering::Readings::<Runtime>::get(interval, point);
			let newest = proven.filter(|proven| proven.settles()).map_or(0, |proven| proven.version);
			assert_eq!(settled.reading, newest, "of point {point} in interval {interval}");
		}
	}

	/// Settles all runs that are due, in their order, as keepers do.
	fn settle_what_is_due(&mut self) {
		let mut due = Vec::new();
		for interval in self.running.iter().filter(|interval| Market::outcome(**interval).is_some()) {
			let terms = Market::terms(*interval).expect("a running interval has terms");
			due.extend((1..=LAST_RUN).map(|run| (terms.run_due(run), *interval, run)));
		}
		due.retain(|(due, ..)| *due <= Market::now());
		due.sort_unstable();
		for (_, interval, run) in due {
			self.settle_run(interval, run);
		}
	}

	fn settle_run(&mut self, interval: Interval, run: u16) {
		let statement = |point| pallet_settlement::Statements::<Runtime>::get(interval, point);
		let points = Market::outcome(interval).expect("its market has ended").points;
		let changed = |point| pallet_settlement::Changed::<Runtime>::contains_key((interval, run), point);
		let progress = Settlement::progress(interval);
		if progress.is_some_and(|progress| progress.run > run) {
			return;
		}
		let open = (0..points).filter(|point| if run == 1 { statement(*point).is_none() } else { changed(*point) });
		let open: Vec<_> = open.collect();
		self.settle_each(open, &|points| pallet_settlement::Call::debit { interval, points });
		let short = Settlement::to_draw(interval, 0, u32::MAX);
		self.settle_each(short, &|points| pallet_settlement::Call::draw { interval, points });
		let unpaid = |point: &PointId| statement(*point).is_some_and(|one| one.run == run && !one.credited);
		let unpaid: Vec<_> = (0..points).filter(unpaid).collect();
		self.settle_each(unpaid, &|points| pallet_settlement::Call::credit { interval, points });
	}

	fn settle_each(&mut self, points: Vec<PointId>, call: &dyn Fn(Points) -> pallet_settlement::Call<Runtime>) {
		for points in points.chunks(128) {
			self.must(KEEPER, RuntimeCall::Settlement(call(Points::truncate_from(points.to_vec()))));
		}
	}

	/// Brings everything that has opened so far to its end.
	pub fn finish_all(&mut self) {
		let last = self.running.last().copied().unwrap_or(0);
		while self.running.iter().any(|interval| *interval <= last) {
			self.set_time(Market::now() + INTERVAL / 3);
		}
	}
}
