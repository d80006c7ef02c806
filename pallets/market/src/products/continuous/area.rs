//! Areas: the part of the grid's tree in which a continuous product trades.

use crate::pallet::*;
use busbar_primitives::{traits::Grid, AreaId, Product, ProductKind, ZoneId};
use frame_support::ensure;
use sp_runtime::DispatchResult;

/// The area of a continuous product; `None` of any other.
pub(super) fn area_of(product: &Product) -> Option<AreaId> {
	let ProductKind::Continuous { area } = product.kind else { return None };
	Some(area)
}

impl<T: Config> Pallet<T> {
	/// Whether zones are a part of the grid's tree: the top first, every other one below an earlier one, as the tree stands
	/// in the interval that opens next.
	pub(crate) fn check_area(zones: &[ZoneId]) -> DispatchResult {
		ensure!(!zones.is_empty(), Error::<T>::NoSubtree);
		let interval = NextToOpen::<T>::get();
		for (at, id) in zones.iter().enumerate() {
			let view = T::Grid::zones(interval, *id..id.saturating_add(1));
			let parent = view.first().ok_or(Error::<T>::NoSubtree)?.parent;
			let below = parent.is_some_and(|parent| zones.iter().take(at).any(|zone| *zone == parent));
			let twice = zones.iter().take(at).any(|zone| zone == id);
			ensure!((at == 0 || below) && !twice, Error::<T>::NoSubtree);
		}
		Ok(())
	}
}
