//! The calls that build a grid with its points and meters.

use busbar_primitives::{
	metering::{Duty, MeterClass},
	Balance, Link, ParticipantId, PointId, PointKind, Watt, ZoneId,
};
use busbar_runtime::{pallet_grid, pallet_metering, pallet_securities, RuntimeCall};
use sp_core::{ed25519, Pair};

/// Adds a zone; the first one has no parent.
pub fn add_zone(parent: Option<ZoneId>, link: Link) -> RuntimeCall {
	RuntimeCall::Grid(pallet_grid::Call::add_zone { parent, link })
}

/// Adds a connection point with the same rating in both directions, in W.
pub fn add_point(zone: ZoneId, owner: ParticipantId, kind: PointKind, rating: Watt) -> RuntimeCall {
	RuntimeCall::Grid(pallet_grid::Call::add_point { zone, owner, kind, import_w: rating, export_w: rating })
}

/// Deposits at a point of whoever calls, in nEUR, so that what it draws is secured.
pub fn deposit(point: PointId, amount: Balance) -> RuntimeCall {
	RuntimeCall::Securities(pallet_securities::Call::deposit { point, amount })
}

/// Posts the bond of whoever calls, in nEUR; a meter operator needs one.
pub fn post_bond(amount: Balance) -> RuntimeCall {
	RuntimeCall::Metering(pallet_metering::Call::post_bond { amount })
}

/// Registers a meter of class B at a point, from the first interval on.
pub fn register_meter(point: PointId, device: &ed25519::Pair, duty: Duty) -> RuntimeCall {
	let (device, class, from) = (device.public().0, MeterClass::B, 0);
	RuntimeCall::Metering(pallet_metering::Call::register_meter { point, device, class, duty, from })
}
