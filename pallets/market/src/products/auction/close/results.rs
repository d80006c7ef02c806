//! Where the results of zones are kept: in pages.

use crate::{
	pallet::*,
	products::kind::Sold,
	types::{ClearedZone, LoadedZone, Record, ResultPage, Session, SessionId, PAGE},
};
use alloc::vec::Vec;
use busbar_primitives::{Interval, Outcome, Product, ProductId, SignedWh, ZoneId, ZoneResult};
use core::marker::PhantomData;

/// A result for every zone, and how a session ended.
pub(super) type Decision = (Vec<ZoneResult>, Outcome);

impl<T: Config> Pallet<T> {
	/// What a session decided for a zone; `None` before it has ended.
	pub(crate) fn result((interval, product): SessionId, zone: ZoneId) -> Option<ClearedZone> {
		let (page, slot) = place(zone);
		Results::<T>::get((interval, product, page))?.get(slot).copied().flatten()
	}
}

/// Flow that sessions with results have sold of an interval, read page by page.
pub(crate) struct SoldByResults<T> {
	interval: Interval,
	/// The products of those that have ended.
	ended: Vec<ProductId>,
	/// The page at hand, over all of them.
	page: Option<(u32, Vec<ResultPage>)>,
	_config: PhantomData<T>,
}

impl<T: Config> SoldByResults<T> {
	/// Over the products that `counts` names. `None` if no session of theirs has ended: most often so, and then nothing is
	/// read.
	pub(crate) fn new(interval: Interval, record: &Record, counts: fn(&Product) -> bool) -> Option<Self> {
		if (record.unended as usize) >= record.products.len() {
			return None;
		}
		let has_ended = |id: &ProductId| {
			let ended = |session: Session| session.outcome.is_some();
			Sessions::<T>::get(interval, *id).is_some_and(ended)
		};
		let counted = record.product_ids().zip(&record.products).filter(|(_, product)| counts(product));
		let ended: Vec<ProductId> = counted.map(|(id, _)| id).filter(has_ended).collect();
		(!ended.is_empty()).then_some(Self { interval, ended, page: None, _config: PhantomData })
	}
}

impl<T: Config> Sold for SoldByResults<T> {
	fn flow_into(&mut self, zone: ZoneId) -> SignedWh {
		let (page, slot) = place(zone);
		if self.page.as_ref().is_none_or(|(at, _)| *at != page) {
			let read = |product: &ProductId| Results::<T>::get((self.interval, *product, page)).unwrap_or_default();
			self.page = Some((page, self.ended.iter().map(read).collect()));
		}
		let Some((_, pages)) = &self.page else { return 0 };
		pages.iter().fold(0, |sum: SignedWh, page| {
			let flow = page.get(slot).and_then(|zone| *zone).map_or(0, |zone| zone.result.flow);
			sum.saturating_add(flow)
		})
	}
}

/// The page and the place in it of a zone's result.
fn place(zone: ZoneId) -> (u32, usize) {
	(zone / PAGE, (zone % PAGE) as usize)
}

/// Results in pages. Zones ascend.
pub(super) fn pages(zones: &[LoadedZone], results: Vec<ZoneResult>) -> Vec<(u32, ResultPage)> {
	let mut pages: Vec<(u32, ResultPage)> = Vec::new();
	for (zone, result) in zones.iter().zip(results) {
		let (page, slot) = place(zone.id);
		if pages.last().is_none_or(|(last, _)| *last != page) {
			pages.push((page, ResultPage::default()));
		}
		let Some((_, slots)) = pages.last_mut() else { continue };
		while slots.len() < slot && slots.try_push(None).is_ok() {}
		let LoadedZone { import, export, fee, .. } = *zone;
		// The slot is below the page's bound.
		let _ = slots.try_push(Some(ClearedZone { import, export, fee, result }));
	}
	pages
}
