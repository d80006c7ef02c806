//! The book as the matching library reads it.

use super::{
	queue::Shelf,
	types::{Book, LimitOrder},
};
use crate::{
	pallet::*,
	products::{links::capacity, places::Place},
	types::{clearing_side, own_side, SessionId},
};
use alloc::vec::Vec;
use busbar_clearing::book::{Head, Order, Room, Side, Source, Tree};
use busbar_primitives::{
	traits::{Calendar, Grid},
	ParticipantId,
};

/// One session's book, read only.
pub(crate) struct Desk<'a, T: Config> {
	pub session: SessionId,
	pub book: &'a Book,
	pub shelf: &'a Shelf<T>,
}

/// The tree of a session's zones; `None` if they form none, which would be a defect.
pub(crate) fn tree(book: &Book) -> Option<Tree> {
	let zones: Vec<_> = book.zones.iter().map(|zone| (zone.parent.map(u32::from), u64::from(zone.fee))).collect();
	Tree::new(&zones).ok()
}

/// An order as the library sees it.
pub(crate) fn seen<AccountId>(id: u64, order: &LimitOrder<AccountId>) -> Order<ParticipantId> {
	Order {
		id,
		owner: order.owner,
		zone: order.zone.into(),
		side: clearing_side(order.side),
		price: order.price,
		wh: order.wh,
	}
}

impl<T: Config> Desk<'_, T> {
	fn order(&self, id: u64) -> Option<LimitOrder<T::AccountId>> {
		LimitOrders::<T>::get((self.session.0, self.session.1, id))
	}
}

impl<T: Config> Source for Desk<'_, T> {
	type Owner = ParticipantId;

	fn head(&mut self, zone: u32, side: Side) -> Option<Head> {
		self.book.head(zone, own_side(side))
	}

	fn order(&mut self, _zone: u32, _side: Side, head: Head) -> Option<Order<ParticipantId>> {
		Some(seen(head.id, &Desk::order(self, head.id)?))
	}

	fn next(&mut self, order: &Order<ParticipantId>) -> Option<Order<ParticipantId>> {
		let standing = Desk::order(self, order.id)?;
		let next = standing.behind.or_else(|| self.shelf.behind_price(&standing))?;
		Some(seen(next, &Desk::order(self, next)?))
	}

	fn room(&mut self, zone: u32) -> Room {
		let interval = self.session.0;
		let none = Room { import: Some(0), export: Some(0) };
		let Some(id) = self.book.zones.get(zone as usize).map(|zone| zone.zone) else { return none };
		let views = T::Grid::zones(interval, id..id.saturating_add(1));
		let Some(view) = views.first() else { return none };
		let sold = Pallet::<T>::sold_flow(interval, id);
		let (import, export) = capacity(&view.link, sold, <Pallet<T> as Calendar>::interval_s());
		Room { import, export }
	}

	fn waiting(&mut self) -> Vec<Order<ParticipantId>> {
		self.book.waiting.iter().filter_map(|Place { id, .. }| Some(seen(*id, &Desk::order(self, *id)?))).collect()
	}
}
