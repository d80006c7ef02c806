//! What other pallets read, and what they tell the market.

use crate::{pallet::*, pruning::remove};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Flows, Grid, OnLimits, OrderCollateral, Positions, Prune},
	Balance, Contract, Interval, Moment, Outcome, ParticipantId, PointId, Position, ProductId, SignedWh, Terms, ZoneId,
	ZoneResult,
};
use frame_support::traits::Time;

impl<T: Config> Calendar for Pallet<T> {
	fn now() -> Moment {
		T::Time::now()
	}

	fn interval_s() -> u32 {
		ParametersValue::<T>::get().interval_s
	}

	fn first_kept() -> Interval {
		NextToPrune::<T>::get()
	}

	fn first_unopened() -> Interval {
		NextToOpen::<T>::get()
	}

	fn terms(interval: Interval) -> Option<Terms> {
		Intervals::<T>::get(interval).map(|record| record.terms)
	}

	fn is_open(interval: Interval) -> bool {
		Self::terms(interval).is_some_and(|terms| Self::now() < terms.gate_closure)
	}

	fn takes_limits(interval: Interval) -> bool {
		let before_last = Self::terms(interval).is_some_and(|terms| Self::now() < terms.last_gate_closure);
		before_last && !Self::is_closing(interval)
	}

	fn most_zones() -> u32 {
		Self::most_zones_of(&ParametersValue::<T>::get().products)
	}
}

impl<T: Config> Positions for Pallet<T> {
	fn outcome(interval: Interval) -> Option<Outcome> {
		Intervals::<T>::get(interval).and_then(|record| record.outcome())
	}

	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult> {
		let record = Intervals::<T>::get(interval)?;
		let decided = |product: ProductId| Some(Self::result((interval, product), zone)?.result);
		// Where nobody traded, those of the first.
		let path_fee_of = |result: ZoneResult| ZoneResult { path_fee: result.path_fee, ..ZoneResult::default() };
		match record.last_traded(interval).filter(|_| !record.void) {
			Some(product) => decided(product),
			None => record.product_ids().find_map(decided).map(path_fee_of),
		}
	}

	fn contracts(point: PointId, interval: Interval) -> Vec<Contract> {
		let Some(record) = Intervals::<T>::get(interval).filter(|record| !record.void) else { return Vec::new() };
		let products = record.product_ids().zip(&record.products);
		products.filter_map(|(id, product)| Self::kind(product).contract((interval, id), product, point)).collect()
	}

	fn of(point: PointId, interval: Interval) -> Position {
		Self::contracts(point, interval).into_iter().map(|contract| contract.position).sum()
	}
}

impl<T: Config> OrderCollateral for Pallet<T> {
	fn take_collateral(point: PointId, interval: Interval) -> Vec<(ParticipantId, Balance)> {
		let Some(record) = Intervals::<T>::get(interval).filter(|record| record.unended == 0) else {
			return Vec::new();
		};
		let products = record.product_ids().zip(&record.products);
		let Some(owner) = T::Grid::point(point).map(|point| point.owner) else { return Vec::new() };
		let taken =
			products.flat_map(|(id, product)| Self::kind(product).take_collateral((interval, id), product, point));
		taken.map(|(_, held)| (owner, held)).collect()
	}

	fn void(interval: Interval) {
		Intervals::<T>::mutate_extant(interval, |record| record.void = true);
	}
}

impl<T: Config> Flows for Pallet<T> {
	fn sold(interval: Interval, zones: &[ZoneId]) -> Vec<SignedWh> {
		Self::sold_flows(interval, zones)
	}
}

impl<T: Config> OnLimits for Pallet<T> {
	fn limits_changed(interval: Interval) {
		Self::room_was_freed(interval);
	}
}

impl<T: Config> Prune for Pallet<T> {
	fn prune(interval: Interval, limit: u32) -> u32 {
		let mut left = limit;
		Self::kinds().for_each(|kind| kind.prune(interval, &mut left));
		remove(&mut left, Results::<T>::iter_key_prefix((interval,)), |(a, b)| Results::<T>::remove((interval, a, b)));
		remove(&mut left, Sessions::<T>::iter_key_prefix(interval), |a| Sessions::<T>::remove(interval, a));
		limit.saturating_sub(left)
	}
}
