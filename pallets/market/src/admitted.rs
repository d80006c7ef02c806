//! How large books may be, so that every gate is decided before delivery.
//!
//! Loading and deciding a session's zones and price levels takes a known weight, and a block has room for so much of it. From
//! the time between gate closure and delivery follows the largest book that an interval's sessions admit: it is fixed when
//! the interval opens, for the zones that there are then. Parameters and new zones that would leave a product less than
//! [`LEAST_LEVELS`] are refused. So no book that stands is too large for its time, and no gate blocks the ones behind it.

use crate::{pallet::*, WeightInfo};
use busbar_primitives::{Moment, Product, MAX_SPAN};
use frame_support::{traits::Get, weights::Weight, BoundedVec};

/// Every session admits at least this many price levels, or the most there can be if that is less.
pub const LEAST_LEVELS: u32 = 256;

/// Most price levels of a zone that orders of other zones cannot take from it.
const ASSURED_LEVELS: u32 = 4;

/// Price levels that each zone of a session has for itself, whoever takes the others: a few, and all zones' together no more
/// than half of the session's `most`. So an operator of a part of the grid, with as many members and points as it likes, does
/// not keep the rest of the grid from trading.
pub(crate) fn assured_levels(most: u32, zones: u32) -> u32 {
	(most / 2).checked_div(zones).unwrap_or(0).min(ASSURED_LEVELS)
}

impl<T: Config> Pallet<T> {
	/// Most blocks that it takes to decide a gate of `zones` zones and `levels` price levels in each of its intervals, if no
	/// more than one gate of each of `products` products passes meanwhile, each with its part of the market's share.
	pub(crate) fn blocks(product: &Product, products: u32, zones: u32, levels: u32) -> u64 {
		let share = T::ClearingShare::get() * T::BlockWeights::get().max_block;
		let before = T::WeightInfo::poll()
			.saturating_add(T::WeightInfo::open().saturating_mul(T::MaxOpenPerBlock::get().into()))
			.saturating_add(T::WeightInfo::begin(MAX_SPAN).saturating_mul(T::MaxClosePerBlock::get().into()));
		Self::blocks_of(product, share.saturating_sub(before).div(products.max(1).into()), zones, levels)
	}

	/// Most blocks that it takes to decide a gate with so much room in each: the declared weight divided by the room, rounded
	/// up, and one more, because the decision is not divided. Of the room goes what beginning to load costs in every block,
	/// and what may stay empty behind the last zone or level that fits.
	pub(crate) fn blocks_of(product: &Product, room: Weight, zones: u32, levels: u32) -> u64 {
		let all = |count: u32| count.saturating_mul(product.span);
		let mut work = T::WeightInfo::load_zones(zones)
			.saturating_add(T::WeightInfo::load_levels(levels))
			.saturating_mul(product.span.into())
			.saturating_add(T::WeightInfo::decide(all(zones), all(levels)));
		if product.span > 1 {
			work = work.saturating_add(T::WeightInfo::block_orders());
		}
		let lost = T::WeightInfo::load_zones(1).saturating_add(T::WeightInfo::load_levels(1));
		let room = room.saturating_sub(lost);
		let blocks = |work: u64, room: u64| {
			let whole = work.checked_div(room).unwrap_or(u64::MAX);
			whole.saturating_add(u64::from(work.checked_rem(room).is_some_and(|rest| rest > 0)))
		};
		let size = if work.proof_size() == 0 { 0 } else { blocks(work.proof_size(), room.proof_size()) };
		blocks(work.ref_time(), room.ref_time()).max(size).saturating_add(1)
	}

	/// Blocks between a product's gate closure and delivery that loading and deciding may take. With block orders, their
	/// choice has the other half.
	fn blocks_until_delivery(product: &Product) -> u64 {
		let halves: Moment = if product.span > 1 { 2 } else { 1 };
		let time = Moment::from(product.closes_s).saturating_mul(1_000);
		time.checked_div(T::SlotDuration::get().saturating_mul(halves)).unwrap_or(0)
	}

	/// Most price levels that a session of the product may have in each interval, with so many zones.
	pub(crate) fn most_levels(product: &Product, products: u32, zones: u32) -> u32 {
		let until = Self::blocks_until_delivery(product);
		let most = T::MaxLevels::get().checked_div(product.span).unwrap_or(0);
		greatest(most, |levels| Self::blocks(product, products, zones, levels) <= until)
	}

	/// Whether sessions of all products, with so many zones, admit the least book and are decided in time.
	pub(crate) fn clears_in_time(products: &[Product], zones: u32) -> bool {
		let count = u32::try_from(products.len()).unwrap_or(u32::MAX);
		products.iter().all(|product| {
			let least = T::MaxLevels::get().checked_div(product.span).unwrap_or(0).min(LEAST_LEVELS);
			let fits = zones.saturating_mul(product.span) <= T::MaxZones::get();
			let until = Self::blocks_until_delivery(product);
			fits && (!Self::kind(product).has_books() || Self::blocks(product, count, zones, least) <= until)
		})
	}

	/// Most zones with which sessions of all products are decided in time.
	pub(crate) fn most_zones_of(products: &[Product]) -> u32 {
		greatest(T::MaxZones::get(), |zones| Self::clears_in_time(products, zones))
	}

	/// The largest books that an interval's sessions admit, in price levels.
	pub(crate) fn admitted(products: &crate::types::Products, zones: u32) -> crate::types::PerProduct<u32> {
		let count = u32::try_from(products.len()).unwrap_or(u32::MAX);
		let levels = products.iter().map(|product| Self::most_levels(product, count, zones));
		BoundedVec::truncate_from(levels.collect())
	}
}

/// The greatest number up to `most` that holds, where smaller ones hold if a greater one does; 0 if none does.
fn greatest(most: u32, holds: impl Fn(u32) -> bool) -> u32 {
	if holds(most) {
		return most;
	}
	let (mut holding, mut failing) = (0, most);
	while failing.saturating_sub(holding) > 1 {
		let middle = holding.midpoint(failing);
		if holds(middle) {
			holding = middle;
		} else {
			failing = middle;
		}
	}
	holding
}
