//! What all sessions of an interval have sold of its links.

use super::kind::Sold;
use crate::pallet::*;
use alloc::{boxed::Box, vec::Vec};
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
}
