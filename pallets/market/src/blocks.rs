//! Block orders: one price and an energy for each of several consecutive intervals of a span, all or nothing.
//!
//! They stand with the last interval of their span, so that they are pruned with it. When the span's gate closes,
//! [`crate::gate`] clears its intervals together with them, by the method of `docs/block-orders.md`: no accepted block is
//! ever out of the money, and rejected ones that are in the money are told. As many steps of the search run as the block's
//! share has room for; a search that is broken off leaves a choice that keeps this promise.
//!
//! A block holds, for each of its intervals, the worst that its energy can cost there at any price within the bounds: its
//! limit holds for its sum, not for each interval, and intervals settle one by one.

use crate::{
	book::add,
	collateral::{worst_per_wh, Bounds},
	pallet::*,
	types::{SessionId, OFFERED_LIMIT},
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Collateral, Grid, Participants, Solvency},
	Amount, Balance, Interval, PointId, Position, Price, Product, ProductId, ProductKind, Side, Step, Wh, ZoneId,
	MAX_SPAN,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Most blocks that stand in a span: what the search is meant for.
pub const MAX_BLOCKS: u32 = 32;
/// Most blocks that a connection point may have standing in a span.
pub const MAX_POINT_BLOCKS: u32 = 4;
/// Most energy of a block in one interval, in Wh, so that those of all blocks can be summed.
const BLOCK_LIMIT: Wh = OFFERED_LIMIT / (MAX_BLOCKS as Wh * MAX_SPAN as Wh);

/// Energy of a block in each of its intervals, in Wh.
pub type Energies = BoundedVec<Wh, ConstU32<MAX_SPAN>>;

/// A block order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BlockOrder<AccountId> {
	/// Whose money is held.
	pub account: AccountId,
	pub point: PointId,
	pub zone: ZoneId,
	pub side: Side,
	/// Limit price of the sum, in nEUR/Wh.
	pub price: Price,
	/// Its first interval.
	pub first: Interval,
	pub wh: Energies,
	/// Collateral held for each interval, in nEUR; 0 once settlement has taken it.
	pub held: BoundedVec<Balance, ConstU32<MAX_SPAN>>,
	/// Whether it was accepted; `None` before the span has cleared.
	pub accepted: Option<bool>,
}

impl<AccountId> BlockOrder<AccountId> {
	/// Energy in an interval, in Wh.
	pub fn energy(&self, interval: Interval) -> Wh {
		let at = interval.checked_sub(self.first).and_then(|at| self.wh.get(at as usize));
		at.copied().unwrap_or(0)
	}

	/// The same with its direction.
	fn position(&self, interval: Interval) -> Position {
		let mut position = Position::default();
		*position.side_mut(self.side) = self.energy(interval);
		position
	}

	/// What the block adds to welfare in an interval at its limit, in nEUR.
	pub(crate) fn worth(&self, interval: Interval) -> Amount {
		let worth = busbar_primitives::payment(self.price, self.energy(interval));
		if self.side == Side::Buy {
			worth
		} else {
			worth.saturating_neg()
		}
	}
}

/// How many blocks a span has had, and has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BlockCount {
	/// Number of the next block.
	pub next: u32,
	/// Blocks that stand.
	pub standing: u32,
}

/// A block to be placed.
pub(crate) struct BlockTicket<'a> {
	pub point: PointId,
	pub side: Side,
	pub price: Price,
	pub wh: &'a Energies,
}

/// Whose money is held for a block that has been placed.
pub(crate) struct Placed<AccountId> {
	pub id: u32,
	pub zone: ZoneId,
	pub account: AccountId,
	pub held: Balance,
}

/// The last interval of the span that an interval belongs to: blocks stand with it.
pub(crate) fn last(interval: Interval, spec: &Product) -> Interval {
	spec.first(interval).saturating_add(spec.span.saturating_sub(1))
}

impl<T: Config> Pallet<T> {
	/// The blocks of a span, in the order of their arrival.
	pub(crate) fn blocks(
		interval: Interval,
		product: ProductId,
		spec: &Product,
	) -> Vec<(u32, BlockOrder<T::AccountId>)> {
		if spec.span <= 1 {
			return Vec::new();
		}
		let mut blocks: Vec<_> = BlockOrders::<T>::iter_prefix((last(interval, spec), product)).collect();
		blocks.sort_unstable_by_key(|(id, _)| *id);
		blocks
	}

	/// Energy of a point's blocks in an interval: accepted ones, and those that may still be.
	pub(crate) fn blocks_of((interval, product): SessionId, spec: &Product, point: PointId) -> Position {
		let mut sum = Position::default();
		if spec.span > 1 {
			let last = last(interval, spec);
			for id in PointBlocks::<T>::get((last, product, point)) {
				if let Some(block) = BlockOrders::<T>::get((last, product, id)) {
					if block.accepted != Some(false) {
						add(&mut sum, block.position(interval));
					}
				}
			}
		}
		sum
	}

	/// Takes the collateral that a point's blocks hold for an interval.
	pub(crate) fn take_from_blocks(
		(interval, product): SessionId,
		spec: &Product,
		point: PointId,
	) -> Vec<(T::AccountId, Balance)> {
		let mut taken = Vec::new();
		if spec.span <= 1 {
			return taken;
		}
		let last = last(interval, spec);
		for id in PointBlocks::<T>::get((last, product, point)) {
			let key = (last, product, id);
			let Some(mut block) = BlockOrders::<T>::get(key) else { continue };
			let at = interval.checked_sub(block.first).map(|at| at as usize);
			let Some(held) = at.and_then(|at| block.held.get_mut(at)).filter(|held| **held > 0) else { continue };
			taken.push((block.account.clone(), core::mem::take(held)));
			BlockOrders::<T>::insert(key, block);
		}
		taken
	}

	/// Checks and places a block whose energy begins in an interval.
	pub(crate) fn do_place_block(
		who: &T::AccountId,
		(interval, product): SessionId,
		ticket: BlockTicket,
	) -> Result<Placed<T::AccountId>, DispatchError> {
		let BlockTicket { point, side, price, wh } = ticket;
		let (record, _) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		ensure!(spec.kind == ProductKind::Auction && spec.span > 1, Error::<T>::NoBlocks);
		let last = last(interval, spec);
		let end = (wh.len() as u32).checked_sub(1).and_then(|more| interval.checked_add(more));
		let end = end.filter(|end| *end <= last).ok_or(Error::<T>::BeyondSpan)?;
		ensure!(Intervals::<T>::contains_key(last), Error::<T>::NotOpenYet);
		ensure!(wh.iter().any(|wh| *wh > 0), Error::<T>::ZeroQuantity);
		let at = Self::tradable(who, interval, point)?;
		T::Collateral::ensure_solvent(at.owner)?;
		ensure!(at.until.is_none_or(|until| end < until), Error::<T>::PointNotInForce);
		let account = T::Participants::account(at.owner).ok_or(Error::<T>::UnknownOwner)?;

		let mut held = BoundedVec::new();
		let max_path_fee = T::Grid::max_path_fee();
		for (interval, wh) in (interval..).zip(wh) {
			let record = Intervals::<T>::get(interval).ok_or(Error::<T>::UnknownInterval)?;
			let terms = &record.terms;
			Self::check_price(terms, price)?;
			ensure!(*wh <= BLOCK_LIMIT, Error::<T>::Overflow);
			let mut committed = Self::committed_elsewhere(&record, (interval, product), point);
			add(&mut committed, Self::committed_in((interval, product), spec, point));
			Self::check_rating(&[Step { side, price, wh: *wh }], committed, &at)?;
			let worst = if side == Side::Buy { terms.price_cap } else { terms.price_floor };
			let per_wh = worst_per_wh(side, worst, &Bounds::new(terms, max_path_fee));
			let _ = held.try_push(per_wh.saturating_mul((*wh).into()));
		}
		let sum = held.iter().fold(0, |sum: Balance, held| sum.saturating_add(*held));
		T::Collateral::hold(&account, sum)?;

		let mut count = BlockCounts::<T>::get(last, product);
		let id = count.next;
		ensure!(count.standing < MAX_BLOCKS, Error::<T>::TooManyBlocks);
		count.standing = count.standing.saturating_add(1);
		count.next = id.checked_add(1).ok_or(Error::<T>::Overflow)?;
		PointBlocks::<T>::try_mutate((last, product, point), |own| own.try_push(id))
			.map_err(|_| Error::<T>::TooManyOrders)?;
		BlockCounts::<T>::insert(last, product, count);
		let block = BlockOrder {
			account: account.clone(),
			point,
			zone: at.zone,
			side,
			price,
			first: interval,
			wh: wh.clone(),
			held,
			accepted: None,
		};
		BlockOrders::<T>::insert((last, product, id), block);
		Ok(Placed { id, zone: at.zone, account, held: sum })
	}

	/// Takes a block out of the span that an interval belongs to. Returns what was released, in nEUR.
	pub(crate) fn do_cancel_block(
		who: &T::AccountId,
		(interval, product): SessionId,
		id: u32,
	) -> Result<Balance, DispatchError> {
		let (record, _) = Self::open_session((interval, product))?;
		let spec = record.products.get(usize::from(product)).ok_or(Error::<T>::UnknownProduct)?;
		let last = last(interval, spec);
		let block = BlockOrders::<T>::get((last, product, id)).ok_or(Error::<T>::NoOrder)?;
		Self::tradable(who, interval, block.point)?;
		let sum = block.held.iter().fold(0, |sum: Balance, held| sum.saturating_add(*held));
		T::Collateral::release(&block.account, sum)?;
		BlockOrders::<T>::remove((last, product, id));
		BlockCounts::<T>::mutate(last, product, |count| count.standing = count.standing.saturating_sub(1));
		PointBlocks::<T>::mutate((last, product, block.point), |own| own.retain(|other| *other != id));
		Ok(sum)
	}
}
