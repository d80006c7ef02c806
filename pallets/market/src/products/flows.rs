//! What all sessions of an interval have sold of its links.

use super::kind::Sold;
use crate::pallet::*;
use alloc::{
	boxed::Box,
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use busbar_primitives::{Interval, SignedWh, ZoneId};

/// Flow that is sold, by kind of product.
pub(crate) struct SoldFlows(Vec<Box<dyn Sold>>);

impl SoldFlows {
	/// Of an interval.
	pub(crate) fn new<T: Config>(interval: Interval) -> Self {
		let Some(record) = Intervals::<T>::get(interval) else { return Self(Vec::new()) };
		Self(Pallet::<T>::kinds().filter_map(|kind| kind.sold(interval, &record)).collect())
	}
}

impl Sold for SoldFlows {
	fn flow_into(&mut self, zone: ZoneId) -> SignedWh {
		self.0.iter_mut().fold(0, |sum: SignedWh, kind| sum.saturating_add(kind.flow_into(zone)))
	}
}

impl<T: Config> Pallet<T> {
	/// Contracted flow over the link from a zone's parent into the zone, in Wh, over all sessions that have ended and all
	/// continuous trades.
	pub(crate) fn sold_flow(interval: Interval, zone: ZoneId) -> SignedWh {
		SoldFlows::new::<T>(interval).flow_into(zone)
	}

	/// The same of several zones, in their order. Asked in the order of their numbers, so that a page of results is read once.
	pub(crate) fn sold_flows(interval: Interval, zones: &[ZoneId]) -> Vec<SignedWh> {
		let mut sold = SoldFlows::new::<T>(interval);
		let ascending: BTreeSet<_> = zones.iter().copied().collect();
		let flows: BTreeMap<_, _> = ascending.into_iter().map(|zone| (zone, sold.flow_into(zone))).collect();
		zones.iter().map(|zone| flows.get(zone).copied().unwrap_or(0)).collect()
	}
}
