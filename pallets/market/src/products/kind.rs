//! What the market asks of a kind of product.

use crate::{
	pallet::{Config, Error},
	types::{GateKey, Member, Record, Session, SessionId},
};
use alloc::{boxed::Box, vec::Vec};
use busbar_primitives::{
	Balance, Contract, Interval, Moment, ParticipantId, PointId, Position, Product, SignedWh, ZoneId,
};
use frame_support::weights::WeightMeter;
use sp_runtime::{DispatchError, TryRuntimeError};

/// Calls that bring orders. Each kind of product takes some of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OrderCall {
	/// A step curve of one interval.
	Place,
	/// One price, and energies of several intervals that share a gate.
	PlaceBlockOrder,
	/// A limit order that trades when it arrives.
	Submit,
}

/// A gate that has passed, and the sessions that it closes: one for each interval of a span, never none.
pub(crate) struct Passed {
	pub key: GateKey,
	/// What all of them trade.
	pub product: Product,
	pub members: Vec<Member>,
}

/// Flow over links that sessions of one interval have sold.
pub(crate) trait Sold {
	/// Over the link from a zone's parent into the zone, in Wh. Zones are asked for in ascending order.
	fn flow_into(&mut self, zone: ZoneId) -> SignedWh;
}

/// What differs between kinds of products. A session is named together with its product; it is one of this kind.
pub(crate) trait Kind<T: Config> {
	/// Whether sessions of the product take orders by this call.
	fn takes(&self, call: OrderCall, product: &Product) -> bool;

	/// Most consecutive intervals that may share a gate.
	fn longest_span(&self) -> u32;

	/// Whether its sessions tell the path fees that imbalances pay. Every interval needs one that does.
	fn tells_path_fees(&self) -> bool;

	/// Whether its gates load books of price levels and decide them.
	fn has_books(&self) -> bool;

	/// That state has what the product refers to.
	///
	/// # Errors
	/// [`Error::UnknownArea`] and the like.
	fn ensure_known(&self, product: &Product) -> Result<(), Error<T>>;

	/// What a point has bought and sold in a session and, as long as it has not ended, still may: what its rating must
	/// carry beside other orders. A kind that sells capacity counts what its delivery may take.
	fn committed(&self, session: SessionId, product: &Product, point: PointId) -> Position;

	/// What a point bought or sold in a session that has ended, and what it is paid; `None` if nothing.
	fn contract(&self, session: SessionId, product: &Product, point: PointId) -> Option<Contract>;

	/// Takes the collateral off a point's orders of a session that has ended; says whose and how much in nEUR it was.
	fn take_collateral(&self, session: SessionId, product: &Product, point: PointId) -> Vec<(T::AccountId, Balance)>;

	/// Goes on with closing a gate at chain time `now`, as far as the meter goes. Returns whether it is done: all sessions
	/// have ended and the gate is gone. What is not done goes on in the next block.
	fn close(&self, passed: Passed, now: Moment, meter: &mut WeightMeter) -> bool;

	/// Flow that sessions of this kind have sold for an interval; `None` if there cannot be any.
	fn sold(&self, interval: Interval, record: &Record) -> Option<Box<dyn Sold>>;

	/// Cancels what stands of a participant's orders in a session that is open, from a connection point on, as far as the meter
	/// goes, and releases its collateral. Returns the point to go on with, if it is not done.
	///
	/// # Errors
	/// What would be a defect.
	fn recall(
		&self,
		session: SessionId,
		record: &Record,
		product: &Product,
		participant: ParticipantId,
		from: PointId,
		meter: &mut WeightMeter,
	) -> Result<Option<PointId>, DispatchError>;

	/// Room on links of the interval was freed: orders of a session may trade that could not.
	fn room_was_freed(&self, session: SessionId);

	/// Checks the invariants of a session. Reads all of its records: not for use in a call.
	///
	/// # Errors
	/// The first that does not hold.
	fn check(
		&self,
		id: SessionId,
		record: &Record,
		product: &Product,
		session: &Session,
	) -> Result<(), TryRuntimeError>;

	/// Removes what sessions of this kind keep of an interval, as many keys as there is room left for.
	fn prune(&self, interval: Interval, left: &mut u32);
}
