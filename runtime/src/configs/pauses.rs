//! What a call is part of that the emergency committee may have paused.

use crate::{Governance, Grid, Participants, RuntimeCall};
use busbar_primitives::{
	refusals::Refusal,
	traits::{Grid as _, Participants as _},
	Interval, PointId, ProductId,
};
use frame_support::ensure;
use pallet_governance::{Class, Subject};

/// The kind of a call, if calls of its kind can be paused.
pub fn class(call: &RuntimeCall) -> Option<Class> {
	use pallet_balances::Call as Balances;
	use pallet_certificates::Call as Certificates;
	use pallet_flexibility::Call as Flexibility;
	use pallet_grid::Call as OfGrid;
	use pallet_issuance::Call as Issuance;
	use pallet_market::Call as Market;
	use pallet_metering::Call as Metering;
	use pallet_participants::Call as Members;
	use pallet_securities::Call as Securities;
	Some(match call {
		RuntimeCall::Market(
			Market::place { .. }
			| Market::replace { .. }
			| Market::submit { .. }
			| Market::amend { .. }
			| Market::place_block_order { .. },
		)
		| RuntimeCall::Flexibility(Flexibility::offer { .. }) => Class::Orders,
		RuntimeCall::Balances(
			Balances::transfer_allow_death { .. }
			| Balances::transfer_keep_alive { .. }
			| Balances::transfer_all { .. },
		) => Class::Payments,
		RuntimeCall::Securities(
			Securities::release { .. } | Securities::margin_out { .. } | Securities::release_balancing { .. },
		)
		| RuntimeCall::Metering(Metering::withdraw_bond { .. }) => Class::Withdrawals,
		RuntimeCall::Issuance(Issuance::propose { .. } | Issuance::approve { .. }) => Class::Issuance,
		RuntimeCall::Participants(
			Members::register { .. }
			| Members::register_many { .. }
			| Members::grant_role { .. }
			| Members::add_delegate { .. },
		) => Class::Membership,
		RuntimeCall::Grid(
			OfGrid::add_zone { .. } | OfGrid::add_zones { .. } | OfGrid::add_point { .. } | OfGrid::add_points { .. },
		)
		| RuntimeCall::Metering(Metering::register_meter { .. } | Metering::register_meters { .. }) => Class::Grid,
		RuntimeCall::Certificates(Certificates::transfer { .. } | Certificates::retire { .. }) => Class::Certificates,
		_ => return None,
	})
}

/// The session and the point of a new order; an amended one's point is its sender's.
fn order(call: &RuntimeCall) -> Option<((Interval, ProductId), Option<PointId>)> {
	use pallet_market::Call::{amend, place, place_block_order, replace, submit};
	let RuntimeCall::Market(call) = call else { return None };
	match call {
		place { interval, product, point, .. }
		| replace { interval, product, point, .. }
		| submit { interval, product, point, .. }
		| place_block_order { interval, product, point, .. } => Some(((*interval, *product), Some(*point))),
		amend { interval, product, .. } => Some(((*interval, *product), None)),
		_ => None,
	}
}

/// That nothing of what a call is part of is paused.
///
/// # Errors
/// [`Refusal::Paused`].
pub fn ensure_goes_on(call: &RuntimeCall, signer: &crate::AccountId) -> Result<(), Refusal> {
	let Some(class) = class(call) else { return Ok(()) };
	let paused = Governance::paused();
	if paused.is_empty() {
		return Ok(());
	}
	let is_paused = |subject: Subject| paused.contains(&subject);
	ensure!(!is_paused(Subject::Class(class)), Refusal::Paused);
	if let Some(((interval, product), point)) = order(call) {
		let owner = point.and_then(Grid::point).map(|point| point.owner);
		let member = owner.or_else(|| Participants::participant(signer));
		ensure!(!is_paused(Subject::Product(product)), Refusal::Paused);
		ensure!(!is_paused(Subject::Session { interval, product }), Refusal::Paused);
		ensure!(!member.is_some_and(|member| is_paused(Subject::Member(member))), Refusal::Paused);
	}
	Ok(())
}

/// Most keys that [`ensure_goes_on`] reads.
pub fn reads(call: &RuntimeCall) -> u64 {
	match class(call) {
		None => 0,
		// The pauses, a point, whose account it is.
		Some(Class::Orders) => 3,
		Some(_) => 1,
	}
}
