//! Who makes blocks. Of four slots one is a hostile author's, as of 3f + 1 validators f may be: it takes what it likes in the
//! order that it likes, leaves out whom it does not, brings what no pool has taken and what stood in blocks before, leaves its
//! slot unused, and tells the time that suits it, all within what consensus admits: a slot once, after its parent's, and the
//! time of a block within its slot. The others take what waits, the most urgent first, until nothing more has room.
//!
//! After every block the promises that cost little to look at are looked at: money is conserved, what settlement holds is what
//! is on its way, and no gate is later than its bound.

use super::{
	hostile::{ATTACKERS, FLOOD},
	Network, Taken, HONEST, SLOT,
};
use busbar_harness::chain::{self, account};
use busbar_primitives::{traits::Calendar, Moment};
use busbar_runtime::{
	pallet_market, pallet_settlement, Balances, Market, Runtime, Settlement, System, UncheckedExtrinsic,
};
use frame_support::traits::{fungible::Inspect, Get};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionPriority, TransactionValidityError};
use std::collections::{BTreeMap, VecDeque};

/// One author in so many is hostile.
const AUTHORS: u64 = 4;
/// Transactions of blocks that are remembered, to bring them again.
const REMEMBERED: usize = 64;
/// Blocks of honest authors within which an honest order stands.
const PROMISED: u32 = 2;

/// What waits, by its sender.
pub type Pool = BTreeMap<u8, VecDeque<(TransactionPriority, UncheckedExtrinsic)>>;

/// What is watched from block to block.
#[derive(Default)]
pub struct Watch {
	/// At the beginning.
	issuance: Option<u128>,
	/// Gates that had passed at the end of a block and were not decided, with the number of such blocks.
	late: BTreeMap<Vec<u8>, u32>,
	/// What stood in blocks.
	pub seen: VecDeque<UncheckedExtrinsic>,
	/// Blocks by hostile authors, blocks by all.
	pub hostile: u32,
	pub all: u32,
	/// Orders that stood in blocks as promised, and what came again and was refused.
	pub kept: u32,
	pub again: u32,
}

fn is_hostile(slot: u64) -> bool {
	slot % AUTHORS == AUTHORS - 1
}

impl Network {
	/// The time that the author of the next block tells, from this on.
	pub(super) fn authors_time(&mut self, now: Moment) -> Moment {
		let mut slot = self.chain.next_slot(now);
		if is_hostile(slot) && self.random.once_in(8) {
			slot += 1;
		}
		self.watch.all += 1;
		// Half a slot after its parent's, whatever that told.
		let honest = now.max(slot * SLOT).max(Market::now() + SLOT / 2);
		if !is_hostile(slot) {
			return honest;
		}
		self.watch.hostile += 1;
		honest.max(slot * SLOT + Moment::from(self.random.below(SLOT as u32)))
	}

	/// What must hold at the end of every block.
	pub(super) fn check_block(&mut self) {
		let issuance = Balances::total_issuance();
		assert_eq!(*self.watch.issuance.get_or_insert(issuance), issuance, "no money is made or lost");
		let held = Balances::total_balance(&Settlement::account_id());
		assert_eq!(held, pallet_settlement::InTransit::<Runtime>::get(), "settlement holds what is on its way");
		let now = Market::now();
		let due: Vec<_> = pallet_market::Gates::<Runtime>::iter_keys()
			.take_while(|key| key.closure() <= now)
			.map(|key| codec::Encode::encode(&key))
			.collect();
		// So many are closed in a block, after a pause; one more block is what a clearing may take that has begun.
		let closed: u32 = <Runtime as pallet_market::Config>::MaxClosePerBlock::get();
		let bound = due.len() as u32 / closed + 1;
		let late = core::mem::take(&mut self.watch.late);
		for gate in due {
			let blocks = late.get(&gate).map_or(1, |blocks| blocks + 1);
			assert!(blocks <= bound, "a gate was not decided in {blocks} blocks, of {bound}");
			self.watch.late.insert(gate, blocks);
		}
	}

	/// Everybody hostile floods the pool without pause; an honest member sends one order. It stands in one of the next two
	/// blocks of honest authors, whatever the others do.
	pub(super) fn flood(&mut self) {
		let mut pool = Pool::new();
		let order = self.honest_order();
		let order = chain::transaction(HONEST, System::account_nonce(account(HONEST)), order);
		let waits = chain::validate(order.clone())
			.map(|valid| pool.entry(HONEST).or_default().push_back((valid.priority, order)));
		let mut honest = 0;
		while honest < PROMISED {
			self.crowd(&mut pool);
			self.set_time(Market::now() + SLOT);
			if is_hostile(self.chain.slot()) {
				self.fill_as_it_likes(&mut pool);
			} else {
				honest += 1;
				self.fill(&mut pool);
			}
		}
		let left = pool.remove(&HONEST).unwrap_or_default();
		assert!(left.is_empty(), "an honest order stood in none of two blocks of honest authors");
		self.watch.kept += u32::from(waits.is_ok());
	}

	/// The attackers fill up what they have in the pool.
	fn crowd(&mut self, pool: &mut Pool) {
		for who in ATTACKERS {
			let waiting = pool.get(&who).map_or(0, VecDeque::len) as u32;
			let mut nonce = System::account_nonce(account(who)) + waiting;
			for _ in waiting..FLOOD {
				let Some(call) = self.hostile.any(&mut self.random, self.next) else { continue };
				let transaction = chain::transaction(who, nonce, call);
				if let Ok(valid) = chain::validate(transaction.clone()) {
					pool.entry(who).or_default().push_back((valid.priority, transaction));
					nonce += 1;
				}
			}
		}
	}

	/// Fills the block that is open with what is ready, the most urgent first.
	fn fill(&mut self, pool: &mut Pool) {
		let mut full = Vec::new();
		loop {
			let ready = pool.iter().filter(|(who, _)| !full.contains(*who));
			let ready = ready.filter_map(|(who, queue)| queue.front().map(|(priority, _)| (*priority, *who)));
			let Some((_, who)) = ready.max() else { return };
			if !self.take_first(pool, who) {
				full.push(who);
			}
		}
	}

	/// Takes the first of what waits of somebody. Whether there was room.
	fn take_first(&mut self, pool: &mut Pool, who: u8) -> bool {
		let Some((priority, transaction)) = pool.get_mut(&who).and_then(VecDeque::pop_front) else { return true };
		let taken = self.apply(transaction.clone());
		if taken == Taken::Refused(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources)) {
			// It waits for the next block, and what its sender has after it.
			pool.entry(who).or_default().push_front((priority, transaction));
			return false;
		}
		self.note(&taken, &transaction.function);
		true
	}

	/// A hostile author's block.
	fn fill_as_it_likes(&mut self, pool: &mut Pool) {
		for _ in 0..4 {
			let seen = self.watch.seen.len() as u32;
			let Some(again) = (seen > 0).then(|| self.watch.seen[self.random.below(seen) as usize].clone()) else {
				break;
			};
			let taken = self.apply(again);
			assert!(matches!(taken, Taken::Refused(_)), "what stood in a block stands in another: {taken:?}");
			self.watch.again += 1;
		}
		// Its friends first, the last of them before all others, and not all that they sent.
		let first = self.random.below(ATTACKERS.len() as u32) as usize;
		for who in (0..ATTACKERS.len()).map(|at| ATTACKERS[(first + at) % ATTACKERS.len()]) {
			while pool.get(&who).is_some_and(|queue| !queue.is_empty()) && !self.random.once_in(12) {
				if !self.take_first(pool, who) {
					break;
				}
			}
			// And what no pool has looked at.
			if let Some(call) = self.hostile.any(&mut self.random, self.next) {
				let nonce = System::account_nonce(account(who));
				let taken = self.apply(chain::transaction(who, nonce, call.clone()));
				self.note(&taken, &call);
			}
		}
		if self.random.once_in(3) {
			self.take_first(pool, HONEST);
		}
	}

	/// Remembers what stands in a block.
	pub(super) fn remember(&mut self, transaction: UncheckedExtrinsic) {
		if self.watch.seen.len() == REMEMBERED {
			self.watch.seen.pop_front();
		}
		self.watch.seen.push_back(transaction);
	}
}
