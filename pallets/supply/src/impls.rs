//! The trait that settlement uses.

use crate::{Config, Pallet, Served, Serving};
use busbar_primitives::{in_force, traits::Supply, Interval, ParticipantId, PointId};

impl<T: Config> Supply for Pallet<T> {
	fn retailer(interval: Interval, point: PointId) -> Option<ParticipantId> {
		let serves = |served: &&Served| in_force(served.from, served.until, interval);
		Serving::<T>::get(point).iter().find(serves).map(|served| served.retailer)
	}
}
