//! A session's book while a call or a pass works on it.

use super::{
	queue::Shelf,
	types::{Area, Book, BookZone, Trader},
};
use crate::{
	collateral::{worst_per_wh, Bounds},
	pallet::*,
	types::{Record, SessionId},
};
use alloc::collections::BTreeMap;
use busbar_primitives::{
	traits::Grid, AreaId, Balance, Interval, PointId, Position, Price, Side, SignedWh, Wh, ZoneView,
};
use core::marker::PhantomData;
use frame_support::ensure;

/// A session's book while a call or a pass works on it.
pub(crate) struct Floor<T: Config> {
	pub session: SessionId,
	pub book: Book,
	pub shelf: Shelf<T>,
	bounds: Bounds,
	/// Flow of the trades written, by place of the zone.
	pub(super) flows: BTreeMap<u32, SignedWh>,
	_config: PhantomData<T>,
}

impl<T: Config> Floor<T> {
	/// Opens a session's book, and makes it if this is its first order.
	pub(crate) fn open(session: SessionId, record: &Record, area: AreaId) -> Result<Self, Error<T>> {
		let book = match Books::<T>::get(session.0, session.1) {
			Some(book) => book,
			None => Self::first(session.0, &Areas::<T>::get(area).ok_or(Error::<T>::UnknownArea)?)?,
		};
		Ok(Self {
			session,
			book,
			shelf: Shelf::new(session, &record.terms),
			bounds: Bounds::new(&record.terms, T::Grid::max_path_fee()),
			flows: BTreeMap::new(),
			_config: PhantomData,
		})
	}

	/// A new book over an area's zones, as far as they are in the interval's tree.
	fn first(interval: Interval, area: &Area) -> Result<Book, Error<T>> {
		let mut book = Book::default();
		for id in area {
			let view = T::Grid::zones(interval, *id..id.saturating_add(1));
			let Some(ZoneView { parent, link, .. }) = view.first() else { continue };
			let parent = parent.and_then(|parent| book.zones.iter().position(|zone| zone.zone == parent));
			// The top has no parent here; a zone whose parent is not in the tree is cut off.
			ensure!(parent.is_some() || book.zones.is_empty(), Error::<T>::NoSubtree);
			let zone = BookZone { zone: *id, parent: parent.map(|at| at as u8), fee: link.fee, heads: [None; 2] };
			book.zones.try_push(zone).map_err(|_| Error::<T>::NoSubtree)?;
		}
		ensure!(!book.zones.is_empty(), Error::<T>::NoSubtree);
		Ok(book)
	}

	/// Keeps the book, and the flows of what was traded.
	pub(crate) fn close(self) {
		let (interval, product) = self.session;
		for (zone, flow) in &self.flows {
			let Some(zone) = self.book.zones.get(*zone as usize) else { continue };
			TradedFlows::<T>::mutate(interval, zone.zone, |sum| *sum = sum.saturating_add(*flow));
		}
		Books::<T>::insert(interval, product, self.book);
	}

	pub(super) fn key(&self, id: u64) -> (Interval, u8, u64) {
		(self.session.0, self.session.1, id)
	}

	pub(super) fn trader(&self, point: PointId) -> Option<Trader<T::AccountId>> {
		Traders::<T>::get((self.session.0, self.session.1, point))
	}

	pub(super) fn put_trader(&self, point: PointId, trader: Trader<T::AccountId>) {
		let key = (self.session.0, self.session.1, point);
		let empty = trader.open.is_empty() && trader.position == Position::default();
		if empty {
			Traders::<T>::remove(key);
		} else {
			Traders::<T>::insert(key, trader);
		}
	}

	fn per_wh(&self, side: Side, price: Price) -> Balance {
		worst_per_wh(side, price, &self.bounds)
	}

	/// Collateral for `wh` at a limit, in nEUR.
	pub(super) fn hold_for(&self, side: Side, price: Price, wh: Wh) -> Balance {
		self.per_wh(side, price).saturating_mul(wh.into())
	}
}
