//! Places that the orders of many participants share.
//!
//! Block orders of a span, and whole orders that wait in a continuous session, stand on a fixed number of places, because the
//! work on all of them together is bounded. No participant keeps the others from them:
//!
//! - **Quota.** One participant has at most a quarter of the places, so that three who act together leave a quarter.
//! - **Better.** Of two orders of one side the better one is that of greater *worth*: its energy times the distance of its
//!   limit from where nobody would gain from it, which is the price floor for a purchase and the cap for a sale. That is the
//!   most it can add to welfare, and what its owner must be ready to trade; a limit nobody meets or 1 Wh is worth little.
//!   Of equals the earlier is the better one.
//! - **Giving way.** Where all places are taken, the worst order of the arriving one's side gives way to it, if that is worse.
//!   Each side is assured half of the places: an order whose side has fewer takes a place from the worst of the other side,
//!   which has more. What gives way ends, and its collateral is released.
//! - **Zones.** The operator of a zone can let as many participants into it as it likes. So the orders of one zone have at most
//!   half of the places where others want them: while one zone has more, orders of others take the place of its worst, whatever
//!   their worth, and an order of a zone that has half gives way to none but its own zone's. Where nobody else comes, a zone has
//!   all of them.
//! - **For good.** An order that took another's place cannot be taken back: whoever pushes others out stands by it until the
//!   gate closes, or a better one pushes it out.
//!
//! Who has the places stands in one value, which placing and cancelling read and write anyway.

use busbar_primitives::{stored, Balance, ParticipantId, Price, Side, Wh, ZoneId};
use frame_support::{traits::Get, BoundedVec};

/// A place that is taken.
#[stored(Copy)]
pub struct Place<Id> {
	/// The number of the order that stands on it.
	pub id: Id,
	/// Whose order it is.
	pub owner: ParticipantId,
	/// The zone in which it stands, as the session numbers its zones.
	pub zone: ZoneId,
	pub side: Side,
	/// The most that the order can add to welfare, in nEUR.
	pub worth: Balance,
	/// Whether the order took the place of another one, so that it cannot be taken back.
	pub took: bool,
}

/// Places that are taken, in the order of arrival.
pub type Places<Id, Most> = BoundedVec<Place<Id>, Most>;

/// Why there is no place for an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoPlace {
	/// Its owner has as many as one participant may.
	Quota,
	/// All are taken, by better ones.
	Full,
}

/// Most of what is shared that one participant may have: a quarter.
pub(crate) fn quota(most: u32) -> u32 {
	most / 4
}

/// The most that energy at a limit can add to welfare at prices from `floor` to `cap`, in nEUR. Saturates at the type's
/// bound.
pub(crate) fn worth((floor, cap): (Price, Price), side: Side, price: Price, wh: Wh) -> Balance {
	let distance = match side {
		Side::Buy => price.saturating_sub(floor),
		Side::Sell => cap.saturating_sub(price),
	};
	Balance::from(distance.max(0).unsigned_abs()).saturating_mul(wh.into())
}

/// Which order gives way to an arriving one of a participant in a zone; `None` if a place is free.
///
/// # Errors
/// [`NoPlace`].
pub(crate) fn gives_way<Id: Copy, Most: Get<u32>>(
	places: &Places<Id, Most>,
	(owner, zone): (ParticipantId, ZoneId),
	side: Side,
	worth: Balance,
) -> Result<Option<Id>, NoPlace> {
	let most = Most::get();
	let count = |of: &dyn Fn(&&Place<Id>) -> bool| u32::try_from(places.iter().filter(of).count()).unwrap_or(u32::MAX);
	if count(&|place| place.owner == owner) >= quota(most) {
		return Err(NoPlace::Quota);
	}
	if !places.is_full() {
		return Ok(None);
	}
	let half = most / 2;
	let is_assured = count(&|place| place.side == side) < half;
	let in_zone = |zone| count(&|place| place.zone == zone);
	// A zone that has more than half of them makes room for all others; one that has half, for itself.
	let crowd =
		places.iter().map(|place| place.zone).find(|other| in_zone(*other) > half).filter(|other| *other != zone);
	let of = crowd.or_else(|| Some(zone).filter(|zone| in_zone(*zone) >= half));
	let gives = |place: &&Place<Id>| (place.side == side) != is_assured && of.is_none_or(|zone| place.zone == zone);
	// From the latest on, so that it is the latest of equals.
	let worst = places.iter().filter(gives).rev().min_by_key(|place| place.worth).ok_or(NoPlace::Full)?;
	(is_assured || crowd.is_some() || worst.worth < worth).then_some(Some(worst.id)).ok_or(NoPlace::Full)
}

/// Whether no participant has more places than its quota.
pub(crate) fn keeps_quotas<Id, Most: Get<u32>>(places: &Places<Id, Most>) -> bool {
	let of = |owner| u32::try_from(places.iter().filter(|place| place.owner == owner).count()).unwrap_or(u32::MAX);
	places.iter().all(|place| of(place.owner) <= quota(Most::get()))
}

/// Whether the order on a place may be taken back; so may one that has none.
pub(crate) fn may_leave<Id: PartialEq, Most>(places: &Places<Id, Most>, id: Id) -> bool {
	!places.iter().any(|place| place.id == id && place.took)
}

/// Frees the place of an order.
pub(crate) fn leave<Id: PartialEq, Most: Get<u32>>(places: &mut Places<Id, Most>, id: Id) {
	places.retain(|place| place.id != id);
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_support::traits::ConstU32;
	use proptest::prelude::*;
	use Side::{Buy, Sell};

	type Eight = Places<u32, ConstU32<8>>;

	fn participant(n: u8) -> ParticipantId {
		ParticipantId([n; 16])
	}

	/// Takes a place if there is one. Returns who gave way.
	fn take(places: &mut Eight, id: u32, owner: u8, side: Side, worth: Balance) -> Result<Option<u32>, NoPlace> {
		take_in(places, 0, id, owner, side, worth)
	}

	/// The same in a zone.
	fn take_in(
		places: &mut Eight,
		zone: ZoneId,
		id: u32,
		owner: u8,
		side: Side,
		worth: Balance,
	) -> Result<Option<u32>, NoPlace> {
		let owner = participant(owner);
		let gone = gives_way(places, (owner, zone), side, worth)?;
		gone.into_iter().for_each(|gone| leave(places, gone));
		places.try_push(Place { id, owner, zone, side, worth, took: gone.is_some() }).unwrap();
		Ok(gone)
	}

	#[test]
	fn worth_grows_with_energy_and_with_the_distance_from_where_nobody_gains() {
		let bounds = (-100, 400);
		assert_eq!(worth(bounds, Buy, -100, 1_000), 0);
		assert_eq!(worth(bounds, Buy, 400, 2), 1_000);
		assert_eq!(worth(bounds, Sell, 400, 1_000), 0);
		assert_eq!(worth(bounds, Sell, -100, 2), 1_000);
		assert_eq!(worth((Price::MIN, Price::MAX), Buy, Price::MAX, Wh::MAX), (i64::MAX as u128) * (u64::MAX as u128));
	}

	#[test]
	fn the_latest_of_the_worst_gives_way_to_a_strictly_better_one_and_to_no_equal() {
		let mut places = Eight::default();
		for id in 0..8 {
			assert_eq!(take(&mut places, id, id as u8, Buy, 5), Ok(None));
		}
		assert_eq!(take(&mut places, 8, 8, Buy, 5), Err(NoPlace::Full));
		assert_eq!(take(&mut places, 8, 8, Buy, 6), Ok(Some(7)));
		assert_eq!(take(&mut places, 9, 9, Buy, 6), Ok(Some(6)));
	}

	#[test]
	fn a_side_with_less_than_half_of_the_places_takes_them_from_the_other_whatever_the_worth() {
		let mut places = Eight::default();
		for id in 0..8 {
			assert_eq!(take(&mut places, id, id as u8, Sell, 100 - Balance::from(id)), Ok(None));
		}
		for (id, gone) in (8..12).zip((4..8).rev()) {
			assert_eq!(take(&mut places, id, id as u8, Buy, 0), Ok(Some(gone)));
		}
		assert_eq!(take(&mut places, 12, 12, Buy, 0), Err(NoPlace::Full));
		assert_eq!(take(&mut places, 12, 12, Sell, 97), Err(NoPlace::Full));
		assert_eq!(take(&mut places, 12, 12, Sell, 98), Ok(Some(3)));
	}

	#[test]
	fn a_participant_has_a_quarter_of_the_places_whatever_its_orders_are_worth() {
		let mut places = Eight::default();
		assert_eq!(take(&mut places, 0, 1, Buy, 1), Ok(None));
		assert_eq!(take(&mut places, 1, 1, Sell, 1), Ok(None));
		assert_eq!(take(&mut places, 2, 1, Buy, 1_000), Err(NoPlace::Quota));
		leave(&mut places, 0);
		assert_eq!(take(&mut places, 2, 1, Buy, 1_000), Ok(None));
	}

	#[test]
	fn one_zone_has_all_places_until_others_want_half_of_them_whatever_its_orders_are_worth() {
		let mut places = Eight::default();
		for id in 0..8 {
			assert_eq!(take_in(&mut places, 1, id, id as u8, Buy, 100 - Balance::from(id)), Ok(None));
		}
		// A better one of its own gets in, no worse one.
		assert_eq!(take_in(&mut places, 1, 8, 8, Buy, 93), Err(NoPlace::Full));
		// Others take half of them with orders that are worth nothing, and no more.
		for (id, gone) in (8..12).zip((4..8).rev()) {
			assert_eq!(take_in(&mut places, 2 + id % 2, id, id as u8, Buy, 0), Ok(Some(gone)));
		}
		assert_eq!(take_in(&mut places, 4, 12, 12, Buy, 0), Err(NoPlace::Full));
		// What has half pushes out its own only, whatever it is worth.
		assert_eq!(take_in(&mut places, 1, 12, 12, Buy, 97), Err(NoPlace::Full));
		assert_eq!(take_in(&mut places, 1, 12, 12, Buy, 1_000), Ok(Some(3)));
		// Others push out each other as before.
		assert_eq!(take_in(&mut places, 3, 13, 13, Buy, 1), Ok(Some(11)));
	}

	#[test]
	fn a_zone_that_has_half_of_the_places_by_sales_gets_none_of_the_others_purchases() {
		let mut places = Eight::default();
		for id in 0..4 {
			assert_eq!(take_in(&mut places, 1, id, id as u8, Sell, 5), Ok(None));
			assert_eq!(take_in(&mut places, 2, 4 + id, 4 + id as u8, Buy, 5), Ok(None));
		}
		assert_eq!(take_in(&mut places, 1, 8, 8, Buy, 1_000), Err(NoPlace::Full));
		assert_eq!(take_in(&mut places, 1, 8, 8, Sell, 6), Ok(Some(3)));
	}

	proptest! {
		/// Whatever the orders of one zone are worth, others that want half of the places have them and keep them against it.
		#[test]
		fn no_zone_keeps_others_from_half_of_the_places_after_any_sequence(
			arrivals in prop::collection::vec((0u8..12, 0u32..3, any::<bool>(), 0u128..6), 1..200),
		) {
			let mut places = Eight::default();
			for (id, (owner, zone, buys, worth)) in (0u32..).zip(arrivals) {
				let (before, side) = (places.clone(), if buys { Buy } else { Sell });
				let in_zone = |zone| before.iter().filter(|place| place.zone == zone).count();
				let crowd = (0..3).find(|other| *other != zone && in_zone(*other) > 4);
				match take_in(&mut places, zone, id, owner, side, worth) {
					Ok(Some(gone)) => {
						let gone = *before.iter().find(|place| place.id == gone).unwrap();
						prop_assert!(crowd.is_none_or(|crowd| gone.zone == crowd));
						prop_assert!(in_zone(zone) < 4 || gone.zone == zone);
						// Neither does a side lose a place that it is assured of.
						prop_assert!(gone.side == side || before.iter().filter(|place| place.side == gone.side).count() > 4);
					},
					Err(NoPlace::Full) => prop_assert_eq!(crowd, None, "another zone has more than half"),
					_ => (),
				}
			}
		}

		/// Against the rule as the module's documentation words it: every order alone, over all that ever arrived.
		#[test]
		fn any_sequence_keeps_quotas_halves_and_the_best_of_each_side(
			arrivals in prop::collection::vec((0u8..12, any::<bool>(), 0u128..6, any::<bool>()), 1..200),
		) {
			let mut places = Eight::default();
			for (id, (owner, buys, worth, leaves)) in (0u32..).zip(arrivals) {
				let (before, side) = (places.clone(), if buys { Buy } else { Sell });
				let of = |side: Side| before.iter().filter(move |place| place.side == side);
				match take(&mut places, id, owner, side, worth) {
					Err(NoPlace::Quota) => prop_assert_eq!(before.iter().filter(|p| p.owner == participant(owner)).count(), 2),
					Err(NoPlace::Full) => {
						prop_assert_eq!(before.len(), 8);
						prop_assert!(of(side).count() >= 4 && of(side).all(|place| place.worth >= worth));
					},
					Ok(None) => prop_assert!(before.len() < 8 && places.len() == before.len() + 1),
					Ok(Some(gone)) => {
						prop_assert_eq!((before.len(), places.len()), (8, 8));
						let gone = *before.iter().find(|place| place.id == gone).unwrap();
						prop_assert!(of(gone.side).all(|p| (p.worth, core::cmp::Reverse(p.id)) >= (gone.worth, core::cmp::Reverse(gone.id))));
						if gone.side == side {
							prop_assert!(gone.worth < worth);
						} else {
							prop_assert!(of(side).count() < 4 && of(gone.side).count() > 4);
						}
						prop_assert!(!may_leave(&places, id));
					},
				}
				for owner in 0..12 {
					prop_assert!(places.iter().filter(|place| place.owner == participant(owner)).count() <= 2);
				}
				if leaves {
					let first = places.iter().map(|place| place.id).find(|id| may_leave(&places, *id));
					first.into_iter().for_each(|id| leave(&mut places, id));
				}
			}
		}
	}
}
