//! What stands in for the pallets beside the five that are about money.

use super::*;
use busbar_primitives::{
	metering::{estimates, Basis, Standing, LIKE_READINGS},
	traits::{Calendar, Grid, Meters, OnTrader, OrderCollateral, Participants, Positions, Readings, Traders, Zones},
	Margin, Right, StandingSteps, ZoneView,
};
use frame_support::{pallet_prelude::ValueQuery, storage_alias, Twox64Concat};
use sp_runtime::DispatchError;
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
};

/// What the other pallets know. Collateral lies in storage, so that a failed call gives it back.
#[derive(Clone, Default)]
pub struct World {
	pub now: Moment,
	pub first_unopened: Interval,
	pub first_kept: Interval,
	pub terms: BTreeMap<Interval, Terms>,
	pub points: Vec<Point>,
	pub outcomes: BTreeMap<Interval, Outcome>,
	pub results: BTreeMap<(Interval, ZoneId), ZoneResult>,
	/// Traded at the zone price.
	pub positions: BTreeMap<(PointId, Interval), Position>,
	/// Traded in further sessions.
	pub traded: BTreeMap<(PointId, Interval), Vec<Contract>>,
	pub readings: BTreeMap<(PointId, Interval), Metered>,
	/// Versions of readings other than the first.
	pub versions: BTreeMap<(PointId, Interval), u16>,
	pub contested: BTreeSet<(PointId, Interval)>,
	/// Whose contracts are cancelled.
	pub void: BTreeSet<Interval>,
	/// What the same device signed besides, of readings that are contested.
	pub claims: BTreeMap<(PointId, Interval), SignedWh>,
	/// Last like readings, newest first, of points that did not, as others, always meter what they traded now.
	pub like: BTreeMap<(PointId, Interval), Vec<SignedWh>>,
	/// What they were before they changed, and until when.
	pub like_before: BTreeMap<(PointId, Interval), Vec<(Moment, Vec<SignedWh>)>>,
	/// What readings said before they were replaced, and until when.
	pub replaced: BTreeMap<(PointId, Interval), Vec<(Moment, Option<SignedWh>)>>,
	/// Since when points are metered that were not always, if they ever were.
	pub metered_from: BTreeMap<PointId, Option<Interval>>,
	pub gone: BTreeSet<AccountId>,
	pub roles: BTreeSet<(AccountId, Role)>,
	pub delegates: BTreeSet<(AccountId, ParticipantId, Right)>,
}

thread_local! {
	static WORLD: RefCell<World> = RefCell::new(World::default());
}

/// Changes the world.
pub fn world<R>(change: impl FnOnce(&mut World) -> R) -> R {
	WORLD.with(|world| change(&mut world.borrow_mut()))
}

#[storage_alias]
pub(super) type HeldCollateral = StorageMap<Mock, Twox64Concat, (PointId, Interval), (AccountId, Balance)>;

/// Of whom the trading record says that they are in debt.
#[storage_alias]
type Marked = StorageMap<Mock, Twox64Concat, ParticipantId, ()>;

/// Margins as the trading record has them.
#[storage_alias]
type Margins = StorageMap<Mock, Twox64Concat, ParticipantId, Margin, ValueQuery>;

/// The participant behind an account.
pub fn participant(account: AccountId) -> ParticipantId {
	ParticipantId([account as u8; 16])
}

impl Participants<AccountId> for World {
	fn participant(account: &AccountId) -> Option<ParticipantId> {
		(MEMBERS.contains(account) && !world(|w| w.gone.contains(account))).then(|| participant(*account))
	}

	fn account(id: ParticipantId) -> Option<AccountId> {
		MEMBERS.into_iter().find(|account| participant(*account) == id && Self::participant(account).is_some())
	}

	fn ensure(account: &AccountId, role: Role, _zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		let id = Self::participant(account).ok_or(DispatchError::BadOrigin)?;
		world(|w| w.roles.contains(&(*account, role))).then_some(id).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_each(account: &AccountId, role: Role, _zones: &[ZoneId]) -> Result<u32, DispatchError> {
		Self::ensure(account, role, None).map(|_| 0)
	}

	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Self::ensure(account, role, None)
	}

	fn ensure_acts_for(account: &AccountId, id: ParticipantId, right: Right) -> DispatchResult {
		let acts = Self::participant(account) == Some(id) || world(|w| w.delegates.contains(&(*account, id, right)));
		acts.then_some(()).ok_or(DispatchError::BadOrigin)
	}

	fn ensure_trades(
		account: &AccountId,
		owner: ParticipantId,
		_roles: &[Role],
		_zone: ZoneId,
	) -> Result<u32, DispatchError> {
		Self::ensure_acts_for(account, owner, Right::Trade).map(|()| 0)
	}

	fn ensure_settles_for(account: &AccountId, id: ParticipantId, right: Right) -> DispatchResult {
		Self::ensure_acts_for(account, id, right)
	}

	fn trades(id: ParticipantId) -> bool {
		Self::account(id).is_some()
	}

	fn is_removed(_id: ParticipantId) -> bool {
		false
	}

	fn ensure_active(id: ParticipantId) -> DispatchResult {
		Self::account(id).map(|_| ()).ok_or(DispatchError::BadOrigin)
	}
}

impl Traders<AccountId> for World {
	fn is_in_debt(id: ParticipantId) -> bool {
		Marked::contains_key(id)
	}

	fn all_in_debt() -> Vec<ParticipantId> {
		Marked::iter_keys().collect()
	}

	fn margin(id: ParticipantId) -> Option<(AccountId, Margin)> {
		Some((MEMBERS.into_iter().find(|account| participant(*account) == id)?, Margins::get(id)))
	}

	fn margins() -> Vec<(AccountId, Margin)> {
		Margins::iter_keys().filter_map(Self::margin).collect()
	}

	// No market is here that counts orders.
	fn standing(_id: ParticipantId) -> StandingSteps {
		StandingSteps::default()
	}

	fn all_standing() -> Vec<(ParticipantId, StandingSteps)> {
		Vec::new()
	}
}

impl OnTrader for World {
	fn debt_changed(id: ParticipantId, in_debt: bool) {
		Marked::set(id, in_debt.then_some(()));
	}

	fn margin_changed(id: ParticipantId, margin: Margin) {
		Margins::insert(id, margin);
	}

	fn standing_changed(id: ParticipantId, _standing: StandingSteps) {
		panic!("nobody counts orders of {id}");
	}
}

impl Zones for World {
	fn is_within_any(_zone: ZoneId, ancestors: &[ZoneId]) -> bool {
		ancestors.contains(&0)
	}

	fn first_within(_zone: ZoneId, groups: &[Vec<ZoneId>]) -> Option<usize> {
		groups.iter().position(|group| group.contains(&0))
	}

	fn all_within(_zones: &[ZoneId], ancestors: &[ZoneId]) -> (bool, u32) {
		(ancestors.contains(&0), 0)
	}
}

impl Grid for World {
	fn zones(_interval: Interval, _zones: core::ops::Range<ZoneId>) -> Vec<ZoneView> {
		Vec::new()
	}

	fn zone_count() -> u32 {
		0
	}

	fn point(point: PointId) -> Option<Point> {
		world(|w| w.points.get(point as usize).copied())
	}

	fn point_count() -> PointId {
		world(|w| w.points.len() as u32)
	}

	fn points_from(_participant: ParticipantId, _from: PointId, _limit: u32) -> Vec<PointId> {
		Vec::new()
	}

	fn points_of(_participant: ParticipantId, _limit: u32) -> Vec<PointId> {
		Vec::new()
	}

	fn is_published(_interval: Interval, _zone: ZoneId) -> bool {
		false
	}

	fn max_path_fee() -> Fee {
		100_000
	}
}

impl Calendar for World {
	fn now() -> Moment {
		world(|w| w.now)
	}

	fn interval_s() -> u32 {
		900
	}

	fn first_kept() -> Interval {
		world(|w| w.first_kept)
	}

	fn first_unopened() -> Interval {
		world(|w| w.first_unopened)
	}

	fn terms(interval: Interval) -> Option<Terms> {
		world(|w| w.terms.get(&interval).copied())
	}

	fn is_open(interval: Interval) -> bool {
		Self::terms(interval).is_some_and(|terms| Self::now() < terms.gate_closure)
	}

	fn takes_limits(interval: Interval) -> bool {
		Self::is_open(interval)
	}

	fn most_zones() -> u32 {
		u32::MAX
	}
}

impl Positions for World {
	fn outcome(interval: Interval) -> Option<Outcome> {
		let outcome = world(|w| w.outcomes.get(&interval).copied())?;
		let is_void = world(|w| w.void.contains(&interval));
		Some(if is_void { Outcome { points: outcome.points, ..Outcome::default() } } else { outcome })
	}

	fn zone_result(interval: Interval, zone: ZoneId) -> Option<ZoneResult> {
		let result = world(|w| w.results.get(&(interval, zone)).copied())?;
		let is_void = world(|w| w.void.contains(&interval));
		Some(if is_void { ZoneResult { path_fee: result.path_fee, ..ZoneResult::default() } } else { result })
	}

	fn contracts(point: PointId, interval: Interval) -> Vec<Contract> {
		if world(|w| w.void.contains(&interval)) {
			return Vec::new();
		}
		let (position, traded) =
			world(|w| (w.positions.get(&(point, interval)).copied(), w.traded.get(&(point, interval)).cloned()));
		let zone = Self::point(point).map_or(0, |point| point.zone);
		let price = Self::zone_result(interval, zone).and_then(|result| result.price);
		let at_zone_price = position.zip(price).filter(|(position, _)| *position != Position::default());
		let contract = |(position, price)| contract(0, position, price);
		at_zone_price.map(contract).into_iter().chain(traded.unwrap_or_default()).collect()
	}

	fn of(point: PointId, interval: Interval) -> Position {
		Self::contracts(point, interval).into_iter().map(|contract| contract.position).sum()
	}
}

impl OrderCollateral for World {
	fn take_collateral(point: PointId, interval: Interval) -> Vec<(ParticipantId, Balance)> {
		let held = HeldCollateral::take((point, interval));
		held.into_iter().map(|(account, amount)| (participant(account), amount)).collect()
	}

	fn void(interval: Interval) {
		world(|w| w.void.insert(interval));
	}
}

impl Readings for World {
	fn of(point: PointId, interval: Interval) -> Option<Metered> {
		world(|w| w.readings.get(&(point, interval)).copied())
	}

	fn version(point: PointId, interval: Interval) -> u16 {
		let version = world(|w| w.versions.get(&(point, interval)).copied());
		<Self as Readings>::of(point, interval).map_or(0, |_| version.unwrap_or(1))
	}

	fn is_contested(point: PointId, interval: Interval) -> bool {
		world(|w| w.contested.contains(&(point, interval)))
	}

	fn stood(point: PointId, interval: Interval, at: Moment) -> Option<SignedWh> {
		let before = world(|w| w.replaced.get(&(point, interval)).cloned()).unwrap_or_default();
		if let Some((_, wh)) = before.iter().find(|(until, _)| at <= *until) {
			return *wh;
		}
		let metered = <Self as Readings>::of(point, interval)?;
		metered.plausible_net().filter(|_| metered.quality != Quality::Estimated)
	}

	fn like(point: PointId, interval: Interval, most: u32, at: Moment) -> Vec<SignedWh> {
		let before = world(|w| w.like_before.get(&(point, interval)).cloned()).unwrap_or_default();
		let before = before.into_iter().find(|(until, _)| at <= *until).map(|(_, like)| like);
		let like = before.or_else(|| world(|w| w.like.get(&(point, interval)).cloned()));
		let like = like.unwrap_or_else(|| {
			let traded = <Self as Positions>::of(point, interval).net().expect("tests trade little");
			vec![traded; LIKE_READINGS as usize]
		});
		like.into_iter().take(most as usize).collect()
	}

	fn standing(point: PointId, interval: Interval, _at: Moment) -> Standing {
		let Some(metered) = <Self as Readings>::of(point, interval) else {
			return Standing::Silent { declared: false };
		};
		let declared = metered.quality == Quality::Estimated;
		let Some(wh) = metered.plausible_net().filter(|_| !declared) else { return Standing::Silent { declared } };
		if Self::is_contested(point, interval) {
			let claim = world(|w| w.claims.get(&(point, interval)).copied());
			return Standing::Contested([wh, claim.unwrap_or(wh)]);
		}
		Standing::Reading { version: Self::version(point, interval), wh }
	}

	fn basis(point: PointId, details: &Point, interval: Interval, standing: Standing, last: bool, at: Moment) -> Basis {
		Basis::new(standing, || estimates(&Self::like(point, interval, LIKE_READINGS, at), details, 900, last))
	}
}

impl Meters for World {
	fn metered_from(point: PointId) -> Option<Interval> {
		world(|w| w.metered_from.get(&point).copied()).unwrap_or(Some(0))
	}
}
