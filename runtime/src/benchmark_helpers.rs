//! The states that the pallets' benchmarks start from, on the genesis of the devnet preset. What goes wrong here stops the
//! benchmark: nothing of this is part of a runtime that blocks are made with.

use crate::{
	configs::MaxDepth, genesis, AccountId, Balance, Balances, Grid, Market, Runtime, RuntimeOrigin, Securities, System,
	Timestamp,
};
use alloc::{vec, vec::Vec};
use busbar_primitives::{
	metering::{Duty, Registers},
	traits::{Calendar, Grid as _, OnReading, Positions},
	Baseline, Flexibility, Interval, Link, Moment, Outcome, ParticipantId, Placed, PointId, PointKind, Product,
	ProductId, ProductKind, Quality, Reduction, Right, Role, RoleGrant, Scope, Side, SignedWh, StandingSteps, Step,
	Validity, Watt, Wh, ZoneId, ZoneResult, ADJUSTED_BY, MAX_PRODUCTS,
};
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		ConstU32, Get, Hooks,
	},
	weights::WeightMeter,
	BoundedVec,
};
use sp_core::H256;

/// Builds grids, members, orders and readings.
pub struct Helper;

/// More money than any benchmark spends, in nEUR.
const RICH: Balance = 1_000_000_000_000_000;
/// A rating that no benchmark reaches, in W.
const AMPLE: Watt = 1_000_000_000;
/// Energy of each order of a delivered interval, in Wh, and its price, in nEUR/Wh.
const ORDER: (u64, i64) = (1_000, 200_000);
/// The auction of such an interval.
const PRODUCT: ProductId = 0;
/// Steps of such an order, all at one price, so that each of them is looked up in its queue.
const MOST_STEPS: u64 = 16;
/// Numbers that the queues of such an interval have given away before, so that all layers of their sums are in use.
const EARLIER_ARRIVALS: u32 = 100_000;
/// Fee of each link of a deep tree, in nEUR/Wh.
const FEE: u32 = 1_000;
/// Numbers of members from which on they are operators that give orders.
const OPERATORS: u32 = 1_000_000;
/// An interval with more than fourteen days of quarter hours before it.
const LATE: Interval = 1_400;

fn dso() -> RuntimeOrigin {
	RuntimeOrigin::signed(genesis::devnet_account("Dso"))
}

fn ensure_root() {
	if Grid::zone_count() == 0 {
		Grid::add_zone(dso(), None, Link::default()).expect("the grid is empty");
	}
}

/// Branches as deep as the grid may be, all links limited and with a fee.
fn add_zones(zones: u32) {
	ensure_root();
	let depth = <MaxDepth as Get<u32>>::get().saturating_sub(1);
	let link = Link { import_w: Some(AMPLE), export_w: Some(AMPLE), fee: FEE };
	// The devnet's gates are too short for as many zones as there may be.
	let short = pallet_market::ParametersValue::<Runtime>::get();
	pallet_market::ParametersValue::<Runtime>::put(pallet_market::Parameters::default());
	for zone in Grid::zone_count()..zones {
		let parent = if zone % depth == 1 { 0 } else { zone.saturating_sub(1) };
		Grid::add_zone(dso(), Some(parent), link).expect("a branch within the grid's depth");
	}
	pallet_market::ParametersValue::<Runtime>::put(short);
}

/// A zone as far from the root as a zone may be.
fn deep_zone() -> ZoneId {
	let deepest = <MaxDepth as Get<u32>>::get().saturating_sub(1);
	add_zones(deepest.saturating_add(1));
	deepest
}

/// What a participant holds of roles.
type Grants = BoundedVec<RoleGrant, ConstU32<{ pallet_participants::MAX_ROLES }>>;

/// As many scopes of a role as there may be, the last of them this one, and the others zones that there are not.
fn scopes(role: Role, last: Scope) -> Grants {
	let most = <<Runtime as pallet_participants::Config>::MaxRoles as Get<u32>>::get();
	let others = (1..most).map(|number| Scope::Zone(ZoneId::MAX.saturating_sub(number)));
	let (validity, issuer) = (Validity::ALWAYS, Some(ParticipantId::default()));
	let grant = |scope| RoleGrant { role, scope, validity, issuer };
	BoundedVec::truncate_from(others.chain([last]).map(grant).collect())
}

fn set_roles(id: ParticipantId, roles: Grants) {
	pallet_participants::Participants::<Runtime>::mutate_extant(id, |record| record.roles = roles);
}

/// Lets a participant hold a role in as many scopes as there may be, of which the last alone covers anything, and its account
/// operate for another one that holds it nowhere useful: a check looks at all of them.
fn hold(id: ParticipantId, account: &AccountId, role: Role, last: Scope) {
	ensure_root();
	let (principal, _) = member(u32::MAX.saturating_sub(1));
	set_roles(id, scopes(role, last));
	set_roles(principal, scopes(role, Scope::Zone(ZoneId::MAX)));
	pallet_participants::DelegateOf::<Runtime>::mutate(account, |delegation| {
		delegation.get_or_insert_default().operates_for = Some(principal);
	});
}

/// Lets a participant of the devnet hold its role for the root zone instead of the grid, so that a check of it in some other
/// zone walks from there to the root.
fn narrow(name: &str, role: Role) {
	hold(genesis::devnet_id(name), &genesis::devnet_account(name), role, Scope::Zone(0));
}

/// Chain time, without the slot that consensus would want to match it.
fn set_time(now: Moment) {
	pallet_timestamp::Now::<Runtime>::put(now);
}

fn poll() {
	Market::on_poll(System::block_number(), &mut WeightMeter::new());
}

/// The last of the intervals that open next: what was added before exists in it.
fn open_interval() -> Interval {
	ensure_root();
	let first = Market::first_unopened();
	let parameters = pallet_market::ParametersValue::<Runtime>::get();
	set_time(parameters.terms(first).gate_closure.saturating_sub(1));
	poll();
	let last = Market::first_unopened();
	assert!(last > first, "no session opened");
	last.saturating_sub(1)
}

/// A member of its own for each number, as registration would leave it, but with the longest record of orders and of roles.
fn member(number: u32) -> (ParticipantId, AccountId) {
	use pallet_participants::{Budget, MemberOf, Participant, Participants, Status};
	let account: AccountId = frame_benchmarking::account("member", number, 0);
	let mut id = [0xbb; 16];
	id[..4].copy_from_slice(&number.to_le_bytes());
	let id = ParticipantId(id);
	if !Participants::<Runtime>::contains_key(id) {
		let joined = System::block_number();
		let participant = Participant {
			account: account.clone(),
			commitment: H256::zero(),
			status: Status::Active,
			joined,
			budget: Budget::default(),
			in_debt: false,
			margin: Default::default(),
			standing: StandingSteps::longest(0),
			// As long as it gets; what it holds in the whole grid needs no walk.
			roles: scopes(Role::Prosumer, Scope::Grid),
			delegates: Default::default(),
		};
		Participants::<Runtime>::insert(id, participant);
		MemberOf::<Runtime>::insert(&account, id);
		System::inc_providers(&account);
		<Balances as Mutate<_>>::mint_into(&account, RICH).expect("an account takes money");
	}
	(id, account)
}

/// Moves so much of a member's money into its margin.
fn margin(id: ParticipantId, account: &AccountId, amount: Balance) {
	Securities::margin_in(RuntimeOrigin::signed(account.clone()), id, amount).expect("it has that");
}

/// Lets as much be known of a point's consumption as can be, and the point be secured.
fn known(point: PointId) {
	pallet_securities::Consumptions::<Runtime>::insert(point, pallet_securities::Consumption::longest());
}

/// Lets points have readings of an interval that were replaced, and that said `wh` before, in Wh.
fn replaced(interval: Interval, points: u32, wh: Option<SignedWh>) {
	<Helper as pallet_settlement::BenchmarkHelper<AccountId>>::read(interval, points, 900);
	for point in 0..points {
		let before = BoundedVec::truncate_from(vec![(Moment::MAX, wh)]);
		pallet_metering::Replaced::<Runtime>::insert(interval, point, before);
		pallet_metering::Readings::<Runtime>::mutate(interval, point, |reading| {
			reading.as_mut().expect("it was read").version = 2;
		});
	}
}

fn add_point(zone: ZoneId, owner: ParticipantId) -> PointId {
	ensure_root();
	let point = Grid::point_count();
	Grid::add_point(dso(), zone, owner, PointKind::Metered, AMPLE, AMPLE)
		.expect("a zone and a member of the benchmark");
	point
}

impl pallet_grid::BenchmarkHelper<AccountId> for Helper {
	fn dso() -> AccountId {
		narrow("Dso", Role::Dso);
		genesis::devnet_account("Dso")
	}

	fn operator(zone: ZoneId) -> AccountId {
		hold(genesis::devnet_id("Dso"), &genesis::devnet_account("Dso"), Role::Dso, Scope::Zone(zone));
		// With the devnet's short gates, a quarter of the zones would be less than a batch.
		pallet_market::ParametersValue::<Runtime>::put(pallet_market::Parameters::default());
		genesis::devnet_account("Dso")
	}

	fn owner() -> ParticipantId {
		let balancing = genesis::devnet_id("Utility");
		let account = genesis::devnet_account("Utility");
		let accounts = pallet_settlement::Accounts { grid: account.clone(), rent: account, balancing };
		pallet_settlement::SystemAccounts::<Runtime>::put(pallet_settlement::Schedule::new(Some(accounts)));
		balancing
	}

	fn delegate(owner: ParticipantId, account: &AccountId) {
		let most = <<Runtime as pallet_participants::Config>::MaxDelegates as Get<u32>>::get();
		let others = (1..most).map(|other| (frame_benchmarking::account("delegate", other, 0), Right::Trade));
		let delegates = BoundedVec::truncate_from(others.chain([(account.clone(), Right::Operate)]).collect());
		pallet_participants::Participants::<Runtime>::mutate_extant(owner, |record| record.delegates = delegates);
	}

	fn dso_everywhere() -> AccountId {
		let account = genesis::devnet_account("Dso");
		hold(genesis::devnet_id("Dso"), &account, Role::Dso, Scope::Grid);
		account
	}

	fn open_interval() -> Interval {
		open_interval()
	}

	fn branches(zones: u32) -> Vec<ZoneId> {
		add_zones(zones);
		let depth = <MaxDepth as Get<u32>>::get().saturating_sub(1);
		(0..zones).filter(|zone| zone % depth == 0 || zone.saturating_add(1) == zones).collect()
	}

	/// In each page of results one of them.
	fn sold_interval(zones: u32) -> (Vec<ZoneId>, Interval) {
		use pallet_market::{
			types::{ClearedZone, PAGE},
			Intervals, Results, Session, Sessions, TradedFlows,
		};
		add_zones(zones.saturating_add(1).saturating_mul(PAGE));
		let interval = open_interval();
		let sold = Outcome { cleared: true, ..Outcome::default() };
		Intervals::<Runtime>::mutate(interval, |record| {
			let record = record.as_mut().expect("it has just opened");
			let auction = *record.products.first().expect("a market has a product");
			let area = Product { kind: ProductKind::Continuous { area: 0 }, ..auction };
			let auctions = MAX_PRODUCTS.saturating_sub(1);
			let products = vec![auction; auctions as usize].into_iter().chain([area]);
			record.products = BoundedVec::truncate_from(products.collect());
			record.unended = 1;
		});
		let zone = ClearedZone { import: Some(1), export: Some(1), fee: FEE, result: ZoneResult::default() };
		for product in (0..).take(MAX_PRODUCTS.saturating_sub(1) as usize) {
			Sessions::<Runtime>::insert(interval, product, Session { outcome: Some(sold), ..Session::default() });
			for page in 0..=zones {
				let page_of = vec![Some(zone); PAGE as usize];
				Results::<Runtime>::insert((interval, product, page), BoundedVec::truncate_from(page_of));
			}
		}
		let zones: Vec<_> = (1..=zones).map(|page| page.saturating_mul(PAGE)).collect();
		for zone in &zones {
			TradedFlows::<Runtime>::insert(interval, zone, 1);
		}
		let book = pallet_market::continuous::Book::default();
		pallet_market::Books::<Runtime>::insert(interval, MAX_PRODUCTS.saturating_sub(1) as ProductId, book);
		(zones, interval)
	}
}

/// Lets a point be metered from the first interval on, so that it trades.
fn meter(point: PointId) {
	let fitted = pallet_metering::Fitted { meter: point, before: None, ended: false, first: 0 };
	pallet_metering::FittedMeters::<Runtime>::insert(point, Duty::Main, fitted);
}

impl pallet_market::BenchmarkHelper<AccountId> for Helper {
	fn set_time(now: Moment) {
		set_time(now);
	}

	fn grid(zones: u32) {
		add_zones(zones);
	}

	fn point(zone: ZoneId) -> (AccountId, PointId) {
		let (owner, account) = member(Grid::point_count());
		margin(owner, &account, RICH / 2);
		let point = add_point(zone, owner);
		meter(point);
		known(point);
		(account, point)
	}
}

impl pallet_metering::BenchmarkHelper<AccountId> for Helper {
	fn operator() -> (AccountId, ParticipantId) {
		narrow("MeterOperator", Role::MeterOperator);
		let account = genesis::devnet_account("MeterOperator");
		<Balances as Mutate<_>>::set_balance(&account, RICH);
		(account, genesis::devnet_id("MeterOperator"))
	}

	fn add_points(count: u32) {
		for number in Grid::point_count()..count {
			add_point(deep_zone(), member(number).0);
		}
	}

	fn add_scattered_points(count: u32) {
		let depth = <MaxDepth as Get<u32>>::get().saturating_sub(1);
		add_zones(count.saturating_mul(depth).saturating_add(1));
		for number in Grid::point_count()..count {
			let leaf = number.saturating_add(1).saturating_mul(depth);
			add_point(leaf, member(number).0);
		}
	}

	fn delivered_interval() -> Interval {
		let interval = open_interval();
		set_time(Market::terms(interval).expect("it has just opened").delivery_end);
		interval
	}

	fn endow(account: &AccountId, amount: Balance) {
		<Balances as Mutate<_>>::mint_into(account, amount).expect("an account takes money");
	}

	fn end_disputes(interval: Interval) {
		set_time(Market::terms(interval).expect("it has just opened").dispute_end);
	}

	fn regulator() -> AccountId {
		let (id, account) = member(u32::MAX);
		hold(id, &account, Role::Regulator, Scope::Zone(0));
		account
	}

	fn owner(point: PointId) -> AccountId {
		acting(member(point).0)
	}

	fn grid_operator() -> AccountId {
		narrow("Dso", Role::Dso);
		// Half of the scopes are of the role that is asked for first, and cover nothing: both are looked for up to the root.
		let (principal, _) = member(u32::MAX.saturating_sub(1));
		for holder in [genesis::devnet_id("Dso"), principal] {
			pallet_participants::Participants::<Runtime>::mutate_extant(holder, |record| {
				let half = record.roles.len() / 2;
				record.roles.iter_mut().take(half).for_each(|grant| grant.role = Role::BalanceResponsibleParty);
			});
		}
		let account = genesis::devnet_account("Dso");
		<Balances as Mutate<_>>::set_balance(&account, RICH);
		account
	}
}

/// Lets an interval's trade move certificates of as many classes as it can, and every point have a certified source.
fn certify(interval: Interval, points: PointId) {
	use busbar_primitives::certificates::{Class, Source};
	use pallet_certificates::{Certified, Pool, Pools, Sources, Supplies, Supply, MAX_POOLED};
	const POOLED: u64 = 1 << 40;
	let (source, from, until) = (Source::Solar, 0, None);
	for point in 0..points {
		Sources::<Runtime>::insert(point, Certified { source, from, until });
	}
	let classes: Vec<_> = (0..MAX_POOLED).map(|zone| (Class { source, zone, period: 0 }, POOLED, POOLED)).collect();
	for (class, issued, _) in &classes {
		Supplies::<Runtime>::insert(class, Supply { issued: *issued, retired: 0 });
	}
	let classes = classes.try_into().expect("as many classes as a pool has");
	Pools::<Runtime>::insert(interval, Pool { classes, bought: 0 });
}

impl pallet_issuance::BenchmarkHelper<AccountId> for Helper {
	fn agents() -> (AccountId, AccountId) {
		(genesis::devnet_account("SettlementA"), genesis::devnet_account("SettlementB"))
	}

	fn payee(number: u32) -> AccountId {
		member(number).1
	}
}

/// A retailer everywhere.
fn retailer() -> (ParticipantId, AccountId) {
	let (id, account) = member(u32::MAX);
	hold(id, &account, Role::Retailer, Scope::Zone(0));
	(id, account)
}

/// Lets an interval count as settled.
fn settle(interval: Interval) {
	let root = pallet_settlement::StatementRoot { root: H256::zero(), count: 0 };
	pallet_settlement::Roots::<Runtime>::insert(interval, root);
}

/// A member that is the last of as many delegates of a participant as there may be, for all that can be delegated.
fn acting(owner: ParticipantId) -> AccountId {
	let (_, account) = member(u32::MAX.saturating_sub(2));
	let most = <<Runtime as pallet_participants::Config>::MaxDelegates as Get<u32>>::get();
	let rights = [Right::Trade, Right::Operate, Right::Funds];
	let others =
		(rights.len() as u32..most).map(|other| (frame_benchmarking::account("delegate", other, 0), Right::Trade));
	let delegates = others.chain(rights.into_iter().map(|right| (account.clone(), right))).collect();
	let delegates = BoundedVec::truncate_from(delegates);
	pallet_participants::Participants::<Runtime>::mutate_extant(owner, |record| record.delegates = delegates);
	account
}

/// A connection point as far from the root as can be, and an account that acts for its owner.
fn owned_point() -> (PointId, AccountId) {
	let (owner, _) = member(0);
	// It may trade there by a role in the root zone alone.
	set_roles(owner, scopes(Role::Prosumer, Scope::Zone(0)));
	(add_point(deep_zone(), owner), acting(owner))
}

impl pallet_securities::BenchmarkHelper<AccountId> for Helper {
	fn member() -> (ParticipantId, AccountId) {
		(genesis::devnet_id("Utility"), genesis::devnet_account("Utility"))
	}

	fn points(count: u32) -> (Vec<PointId>, AccountId) {
		use pallet_participants::Participants;
		let (_, account) = member(u32::MAX);
		let points = (0..count).map(|number| {
			let (owner, _) = member(number);
			// As many others act for the owner as may.
			let most = <Runtime as pallet_participants::Config>::MaxDelegates::get();
			let others = (1..most).map(|other| (frame_benchmarking::account("delegate", other, 0), Right::Trade));
			let delegates = others.chain([(account.clone(), Right::Funds)]).collect();
			let delegates = BoundedVec::truncate_from(delegates);
			Participants::<Runtime>::mutate_extant(owner, |record| record.delegates = delegates);
			add_point(deep_zone(), owner)
		});
		(points.collect(), account)
	}

	fn retailer() -> AccountId {
		retailer().1
	}

	fn balancing() -> AccountId {
		genesis::devnet_account("Utility")
	}

	fn finish(interval: Interval) {
		(interval.saturating_sub(7)..interval).for_each(settle);
		pallet_market::NextToPrune::<Runtime>::put(interval.saturating_sub(7));
		pallet_market::NextToOpen::<Runtime>::mutate(|next| *next = (*next).max(interval.saturating_add(1)));
		settle(interval);
	}
}

impl pallet_supply::BenchmarkHelper<AccountId> for Helper {
	fn point() -> (PointId, AccountId) {
		owned_point()
	}

	fn retailer() -> (ParticipantId, AccountId) {
		retailer()
	}

	fn settle(interval: Interval) {
		settle(interval);
	}
}

impl pallet_flexibility::BenchmarkHelper<AccountId> for Helper {
	fn point() -> (PointId, AccountId) {
		owned_point()
	}

	/// Late enough for all like days to lie before it.
	fn open_interval() -> Interval {
		pallet_market::NextToOpen::<Runtime>::put(LATE);
		open_interval()
	}

	fn dso() -> AccountId {
		let account = <Self as pallet_grid::BenchmarkHelper<AccountId>>::dso();
		<Balances as Mutate<_>>::mint_into(&account, RICH).expect("an account takes money");
		account
	}
}

/// Adds 1 nEUR to a point's deposit, to its guarantee, and to its owner's margin and free money.
fn secure(point: PointId) {
	let (owner, account) = member(point);
	<Balances as Mutate<_>>::mint_into(&account, 3).expect("an account takes money");
	margin(owner, &account, 1);
	Securities::deposit(RuntimeOrigin::signed(account), point, 1).expect("there is money for it");
	Securities::guarantee(RuntimeOrigin::signed(retailer().1), point, 1).expect("a retailer guarantees");
}

impl pallet_settlement::BenchmarkHelper<AccountId> for Helper {
	fn balancing() -> (ParticipantId, AccountId) {
		(genesis::devnet_id("Utility"), genesis::devnet_account("Utility"))
	}

	fn open_interval() -> Interval {
		open_interval()
	}

	/// Buyers and sellers by turns, all at one price, so that every fill is derived from its queue. Of an odd number the last
	/// seller sells what two buy, so that all orders are filled but a single one. Everybody consumes far more than was bought
	/// and has nothing left to pay it with, so that every source of money is tried.
	fn delivered_interval(points: u32) -> Interval {
		for number in 0..points {
			let point = add_point(0, member(number).0);
			meter(point);
			known(point);
		}
		let interval = open_interval();
		let (wh, price) = ORDER;
		let level = pallet_market::auction::Level {
			buy_arrivals: EARLIER_ARRIVALS,
			sell_arrivals: EARLIER_ARRIVALS,
			..Default::default()
		};
		pallet_market::Levels::<Runtime>::insert((interval, PRODUCT, 0, pallet_market::PriceKey::from(price)), level);
		for number in 0..points {
			let (owner, account) = member(number);
			margin(owner, &account, RICH / 2);
			let side = if number % 2 == 0 { Side::Buy } else { Side::Sell };
			let sells_for_two = points % 2 == 1 && number.saturating_add(2) == points;
			let wh = if sells_for_two { wh.saturating_mul(2) } else { wh };
			let steps = vec![Step { side, price, wh: wh / MOST_STEPS }; MOST_STEPS as usize];
			let steps = steps.try_into().expect("as many steps as an order may have");
			let origin = RuntimeOrigin::signed(account.clone());
			Market::place(origin.clone(), interval, PRODUCT, number, steps).expect("an order like any other");
			// Of its margin only what the order holds is left.
			let held = pallet_participants::Participants::<Runtime>::get(owner).map_or(0, |record| record.margin.held);
			let rest = (RICH / 2).saturating_sub(held);
			Securities::margin_out(origin, owner, rest).expect("no order holds that");
			let free = Balances::reducible_balance(&account, Preservation::Expendable, Fortitude::Polite);
			Balances::burn_from(&account, free, Preservation::Expendable, Precision::Exact, Fortitude::Polite)
				.expect("what is free can go");
			secure(number);
			let less = Flexibility { reduction: Reduction::Load, wh: 1, price: 1, penalty: 1 };
			<Self as pallet_settlement::BenchmarkHelper<AccountId>>::order(interval, number, less);
			<Balances as Mutate<_>>::mint_into(&account, 1).expect("an account takes money");
			let reason = pallet_flexibility::HoldReason::Charge.into();
			Balances::hold(&reason, &account, 1).expect("it was given that");
			pallet_flexibility::Charges::<Runtime>::insert(interval, number, (account, 1));
			// Each by an operator of its own, who has a nEUR of the cost, and with a baseline to adjust.
			let (operator, account) = member(OPERATORS.saturating_add(number));
			<Balances as Mutate<_>>::mint_into(&account, 2).expect("an account takes money");
			Balances::hold(&pallet_flexibility::HoldReason::Order.into(), &account, 1).expect("it was given that");
			pallet_flexibility::Funds::<Runtime>::insert(interval, number, (account, 1));
			let baseline = Some(Baseline { mean: 1_000, before: 4_000 });
			pallet_flexibility::Orders::<Runtime>::insert(interval, number, Placed { operator, baseline });
			let served = pallet_supply::Served { retailer: retailer().0, from: interval, until: Some(interval) };
			let most = vec![served; pallet_supply::MAX_RETAILERS as usize];
			pallet_supply::Serving::<Runtime>::insert(number, BoundedVec::truncate_from(most));
		}
		certify(interval, points);
		for before in ADJUSTED_BY.into_iter().filter_map(|back| interval.checked_sub(back)) {
			replaced(before, points, Some(900));
		}
		let terms = Market::terms(interval).expect("it has just opened");
		// One after the other, because the gates before have to close first.
		set_time(terms.last_gate_closure);
		while Market::outcome(interval).is_none() {
			poll();
		}
		set_time(terms.delivery_end);
		Self::read(interval, points, wh.saturating_mul(10));
		assert!(Timestamp::get() >= terms.delivery_end);
		interval
	}

	fn read(interval: Interval, points: u32, wh: Wh) {
		let operator = genesis::devnet_id("MeterOperator");
		for point in 0..points {
			let registers = Registers { import: wh, ..Default::default() };
			let (meter, version, dataset, quality) = (point, 1, 0, Quality::Measured);
			let (faulted, worth, late, since) = (false, pallet_metering::Worth::Sound, false, Some(0));
			let proven = pallet_metering::Proven {
				meter,
				operator,
				version,
				dataset,
				registers,
				quality,
				faulted,
				worth,
				late,
				since,
			};
			pallet_metering::Readings::<Runtime>::insert(interval, point, proven);
		}
	}

	fn revise(interval: Interval, points: u32) {
		for point in 0..points {
			<crate::Settlement as OnReading>::changing(point, interval);
			pallet_metering::Readings::<Runtime>::mutate(interval, point, |proven| {
				let proven = proven.as_mut().expect("a delivered interval has readings");
				proven.version = proven.version.saturating_add(1);
				proven.registers.import = proven.registers.import.saturating_mul(10);
			});
			secure(point);
		}
		set_time(Market::terms(interval).expect("it is delivered").dispute_end);
	}

	fn order(interval: Interval, point: PointId, order: Flexibility) {
		pallet_flexibility::Activations::<Runtime>::insert(interval, point, order);
		pallet_flexibility::Orders::<Runtime>::remove(interval, point);
	}

	fn owner(point: PointId) -> ParticipantId {
		member(point).0
	}

	fn silent_interval(points: u32) -> Interval {
		use busbar_primitives::metering::{intervals_per_day, LIKE_DAYS, LIKE_READINGS};
		for number in Grid::point_count()..points {
			meter(add_point(0, member(number).0));
		}
		let day = intervals_per_day(<Market as Calendar>::interval_s());
		for days in 0..LIKE_DAYS {
			replaced(day.saturating_mul(days), points, (days < LIKE_READINGS).then_some(900));
		}
		day.saturating_mul(LIKE_DAYS)
	}
}

impl pallet_certificates::BenchmarkHelper<AccountId> for Helper {
	fn regulator() -> (AccountId, PointId) {
		let account = <Self as pallet_metering::BenchmarkHelper<AccountId>>::regulator();
		(account, add_point(deep_zone(), member(0).0))
	}

	fn members() -> [(ParticipantId, AccountId); 2] {
		let (holder, _) = member(0);
		[(holder, acting(holder)), member(1)]
	}

	fn open(intervals: u32) {
		pallet_market::NextToOpen::<Runtime>::put(intervals);
	}
}
