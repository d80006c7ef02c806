//! What a pallet may ask of another one. Nothing here changes the state.

use crate::{
	metering::{Basis, Standing},
	Balance, Contract, Fee, Flexibility, Interval, Margin, Metered, Moment, Outcome, ParticipantId, Placed, Point,
	PointId, Position, Right, Role, SignedWh, StandingSteps, Terms, ZoneId, ZoneResult, ZoneView,
};
use alloc::vec::Vec;
use core::ops::Range;
use sp_runtime::{DispatchError, DispatchResult};

/// Who may do what. Implemented by `pallet-participants`.
pub trait Participants<AccountId> {
	/// The participant that the account belongs to, active or not.
	fn participant(account: &AccountId) -> Option<ParticipantId>;

	/// The account that a participant is paid on.
	fn account(participant: ParticipantId) -> Option<AccountId>;

	/// The active participant in whose name `account` exercises `role` at `zone` (`None`: everywhere).
	///
	/// # Errors
	/// If the account is no member, is suspended, or does not hold the role there.
	fn ensure(account: &AccountId, role: Role, zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError>;

	/// That `account` exercises `role` at each of `zones`, which all exist, for its own participant or the one that it operates
	/// for. Gives the number of zones that had to be read for it: none for a role in the whole grid, and at most as many as
	/// [`Zones::all_within`] reads.
	///
	/// # Errors
	/// As of [`Self::ensure`], if it does not hold the role at one of them.
	fn ensure_each(account: &AccountId, role: Role, zones: &[ZoneId]) -> Result<u32, DispatchError>;

	/// The active participant in whose name `account` exercises `role` in at least one scope, whichever that is. For what
	/// has no zone: a role in one zone is enough, where [`Self::ensure`] without a zone wants it everywhere.
	///
	/// # Errors
	/// If the account is no member, is suspended, or holds the role nowhere.
	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError>;

	/// That `account` is the active participant itself, or its delegate with `right`.
	///
	/// # Errors
	/// If the participant is unknown or suspended, or the account has no such right.
	fn ensure_acts_for(account: &AccountId, participant: ParticipantId, right: Right) -> DispatchResult;

	/// That `account` may trade for `owner` in `zone`: as of [`Self::ensure_acts_for`] with [`Right::Trade`], and `owner` holds
	/// now one of `roles` there. Gives the number of zones that had to be read for it: none for a role in the whole grid.
	///
	/// # Errors
	/// Those of [`Self::ensure_acts_for`], and if it holds none of them, or not there.
	fn ensure_trades(
		account: &AccountId,
		owner: ParticipantId,
		roles: &[Role],
		zone: ZoneId,
	) -> Result<u32, DispatchError>;

	/// As [`Self::ensure_acts_for`], but a suspended participant's own account passes, too: what it owes it may settle.
	///
	/// # Errors
	/// If the participant is unknown or removed, or the account has no such right.
	fn ensure_settles_for(account: &AccountId, participant: ParticipantId, right: Right) -> DispatchResult;

	/// Whether a participant is active and holds now, somewhere, a role that trades.
	fn trades(participant: ParticipantId) -> bool;

	/// Whether a participant was removed, so that nobody acts for it any more.
	fn is_removed(participant: ParticipantId) -> bool;

	/// That a participant exists and is active.
	///
	/// # Errors
	/// If it is unknown, suspended or removed.
	fn ensure_active(participant: ParticipantId) -> DispatchResult;
}

/// What is known of participants for their orders. Implemented by `pallet-participants`, which keeps it in one value with all
/// else that an order needs of its owner.
pub trait Traders<AccountId> {
	/// Whether a participant has unpaid debt; not so of one that never was.
	fn is_in_debt(participant: ParticipantId) -> bool;

	/// All participants of whom that is so. Reads every participant: for checks of the whole state.
	fn all_in_debt() -> Vec<ParticipantId>;

	/// A participant's account and its money for orders; `None` of one that never was.
	fn margin(participant: ParticipantId) -> Option<(AccountId, Margin)>;

	/// Those of all participants. For checks of the whole state, as [`Self::all_in_debt`].
	fn margins() -> Vec<(AccountId, Margin)>;

	/// How many steps a participant's orders have in sessions of the intervals ahead; none of one that never was.
	fn standing(participant: ParticipantId) -> StandingSteps;

	/// Those of all participants. For checks of the whole state.
	fn all_standing() -> Vec<(ParticipantId, StandingSteps)>;
}

/// The relation between zones that role scopes need. Implemented by `pallet-grid`.
pub trait Zones {
	/// Whether `zone` is one of `ancestors` or lies below one of them; not so where there is no such zone. One walk towards
	/// the root, which reads at most one key more than the tree is deep, however many ancestors are asked for.
	fn is_within_any(zone: ZoneId, ancestors: &[ZoneId]) -> bool;

	/// The first of `groups` of which `zone` is a member or lies below one; `None` where there is no such zone, or none of them
	/// has it. One walk as in [`Self::is_within_any`], however many groups are asked for.
	fn first_within(zone: ZoneId, groups: &[Vec<ZoneId>]) -> Option<usize>;

	/// Whether each of `zones` is one of `ancestors` or lies below one of them, and how many zones were read to know it. Walks
	/// towards the root, up to where an earlier walk came by: no zone is read twice, and of each walk at most one more than the
	/// tree is deep.
	fn all_within(zones: &[ZoneId], ancestors: &[ZoneId]) -> (bool, u32);
}

/// The grid as one interval sees it. Implemented by `pallet-grid`.
pub trait Grid: Zones {
	/// The zones of the interval's tree whose numbers lie in `zones`, in ascending order: a parent stands before its
	/// children. Links carry the terms in force: the interval's publication, or else the static ones. Reads a constant
	/// number of keys for each number below [`Self::zone_count`], whether or not it names a zone of this tree.
	fn zones(interval: Interval, zones: Range<ZoneId>) -> Vec<ZoneView>;

	/// Number of zones ever added; they are numbered from 0.
	fn zone_count() -> u32;

	/// A connection point, whether or not it is in force.
	fn point(point: PointId) -> Option<Point>;

	/// Number of connection points ever added; they are numbered from 0.
	fn point_count() -> PointId;

	/// Up to `limit` connection points of a participant, in ascending order.
	fn points_of(participant: ParticipantId, limit: u32) -> Vec<PointId>;

	/// The same, of those from a number on.
	fn points_from(participant: ParticipantId, from: PointId, limit: u32) -> Vec<PointId>;

	/// Whether the operator has published limits of the interval for a zone, or for one on its way to the root. Reads at most
	/// two keys for each zone on that way.
	fn is_published(interval: Interval, zone: ZoneId) -> bool;

	/// The highest sum of fees that a path to the root can have, in nEUR/Wh.
	fn max_path_fee() -> Fee;
}

/// Chain time and the terms of intervals. Implemented by `pallet-market`.
pub trait Calendar {
	/// Chain time of this block, in ms.
	fn now() -> Moment;

	/// Length that turns power into energy, in s.
	fn interval_s() -> u32;

	/// The first interval whose session has not opened yet: what changes the tree takes effect from here.
	fn first_unopened() -> Interval;

	/// The first interval whose records are kept: none before it can be settled or corrected any more.
	fn first_kept() -> Interval;

	/// What was fixed for an interval; `None` if it has not opened or is pruned.
	fn terms(interval: Interval) -> Option<Terms>;

	/// Whether posted prices are accepted for the interval: until its first gate closes.
	fn is_open(interval: Interval) -> bool;

	/// Whether limits and fees are accepted for the interval: until its last gate closes, but not while a session clears.
	fn takes_limits(interval: Interval) -> bool;

	/// Most zones with which all sessions are cleared before delivery, as the market's parameters are now.
	fn most_zones() -> u32;
}

/// What is sold of the grid. Implemented by `pallet-market`.
pub trait Flows {
	/// Contracted flow over the link from each zone's parent into the zone, in the order of `zones`, over all sessions that have
	/// ended, in Wh; negative when the zone exports. Reads the interval and its sessions once, and for each zone at most one key
	/// of each session.
	fn sold(interval: Interval, zones: &[ZoneId]) -> Vec<SignedWh>;
}

/// What the market decided. Implemented by `pallet-market`.
pub trait Positions {
	/// How the interval's market ended, over all its sessions; `None` before the last of them has.
	fn outcome(interval: Interval) -> Option<Outcome>;

	/// What the last auction of the interval that counts decided for a zone; of one in which none was traded nothing but the
	/// path's fee. One counts that traded at least a tenth of what the interval's greatest one traded. `None` before any has ended.
	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult>;

	/// What a point bought and sold, session by session; empty where it has no position.
	fn contracts(point: PointId, interval: Interval) -> Vec<Contract>;

	/// A point's position over all sessions, which is the sum of its contracts' positions; zero where it has none.
	fn of(point: PointId, interval: Interval) -> Position;
}

/// Who owes nothing, and whose consumption is secured. Implemented by `pallet-securities`.
pub trait Solvency {
	/// That a participant owes nothing from a default, so that it may trade.
	///
	/// # Errors
	/// If it has unpaid debt.
	fn ensure_solvent(participant: ParticipantId) -> DispatchResult;

	/// That what secures a point, which is this, is used so little that it may buy more in an interval with these terms. Reads
	/// one key.
	///
	/// # Errors
	/// If it is used to nine tenths.
	fn ensure_secured(point: PointId, details: &Point, terms: &Terms) -> DispatchResult;
}

/// What participants owe after defaults. Implemented by `pallet-securities`.
pub trait Debts<AccountId> {
	/// The account of the mutual fund.
	fn fund() -> AccountId;

	/// The account where what is repaid lies until it is allotted to who bore the loss.
	fn repaid() -> AccountId;

	/// What a participant owes, in nEUR.
	fn owed(participant: ParticipantId) -> Balance;
}

/// Who balances. Implemented by `pallet-settlement`.
pub trait Balancing {
	/// The balance-responsible party; `None` before the council has named one.
	fn party() -> Option<ParticipantId>;
}

/// Who answers for connection points that do not trade. Implemented by `pallet-supply`.
pub trait Supply {
	/// The retailer that a point has in an interval, if any.
	fn retailer(interval: Interval, point: PointId) -> Option<ParticipantId>;
}

/// What the grid operator ordered. Implemented by `pallet-flexibility`.
pub trait Reductions {
	/// The reduction that was ordered at a point, if any.
	fn ordered(interval: Interval, point: PointId) -> Option<Flexibility>;

	/// Who ordered it, and what its delivery is counted by.
	fn placed(interval: Interval, point: PointId) -> Option<Placed>;
}

/// What meters proved. Implemented by `pallet-metering`.
pub trait Readings {
	/// The newest version of a point's reading; `None` until one was proven.
	fn of(point: PointId, interval: Interval) -> Option<Metered>;

	/// How often a point's reading was replaced, plus one; 0 until one was proven. Settlement of an earlier version owes
	/// the difference.
	fn version(point: PointId, interval: Interval) -> u16;

	/// Whether the regulator must still decide which reading of the point is right, so that it is not corrected before. Ends by
	/// itself at the dispute's deadline.
	fn is_contested(point: PointId, interval: Interval) -> bool;

	/// What a point's reading said at chain time `at`, import less export in Wh; `None` if none stood that settles. What changes
	/// at `at` itself or later does not count: asked of a time that is not ahead, the answer is the same whenever it is asked,
	/// until the interval is pruned.
	fn stood(point: PointId, interval: Interval, at: Moment) -> Option<SignedWh>;

	/// What a point metered, import less export in Wh, in up to `most` like intervals before this one, newest first: the same
	/// interval of the day on the last [`LIKE_DAYS`](crate::metering::LIKE_DAYS) days, of those of which a measured or corrected
	/// reading that settles [stood](Self::stood) at chain time `at`. Reads at most two keys for each day.
	fn like(point: PointId, interval: Interval, most: u32, at: Moment) -> Vec<SignedWh>;

	/// What stands of a point's reading. Of two that contradict each other none does until the regulator has ruled, or its
	/// deadline has passed at chain time `at`.
	fn standing(point: PointId, interval: Interval, at: Moment) -> Standing;

	/// What a point settles on where this stands of its reading; `last` in an interval's final run, in all others not. Where
	/// nothing does, by what stood of like intervals at chain time `at`.
	fn basis(point: PointId, details: &Point, interval: Interval, standing: Standing, last: bool, at: Moment) -> Basis;
}

/// Since when connection points are metered. Implemented by `pallet-metering`.
pub trait Meters {
	/// The first interval in which a point had a main meter; `None` of one that never had one and has none ahead. Once an
	/// interval's delivery has begun, whether it is at or before it does not change any more.
	fn metered_from(point: PointId) -> Option<Interval>;
}

/// Who stands against connection points when something is paid for. Implemented by `pallet-settlement`.
pub trait Counterparties<AccountId> {
	/// The account of the balance-responsible party of an interval, counterparty of every imbalance, if there is one.
	fn balancing(interval: Interval) -> Option<AccountId>;

	/// The account of the mutual fund, which is nobody's.
	fn fund() -> AccountId;
}

/// Whether an interval is paid. Implemented by `pallet-settlement`.
pub trait Settled {
	/// Whether every line of the interval's first settlement is paid. Stays so after the interval is pruned.
	fn is_settled(interval: Interval) -> bool;
}

/// When an interval's money has stopped moving. Implemented by `pallet-settlement`.
pub trait Finality {
	/// Whether nothing of the interval can move any more, so that its records may be pruned after their retention.
	fn is_final(interval: Interval) -> bool;

	/// Every interval before this one is final or never opened, so that nothing that secures one of them is needed any more.
	/// May lag behind, by some blocks after a halt.
	fn first_not_final() -> Interval;
}
