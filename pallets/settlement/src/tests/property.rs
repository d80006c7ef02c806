//! Random intervals whose positions, prices, fees and rents agree, as clearing leaves them, settled in random order.

use super::*;
use crate::{
	mock::{self, *},
	Progress, Purse,
};
use busbar_primitives::{
	traits::Positions, Amount, Balance, Cause, Fee, Outcome, Party, Phase, PointKind, Price, SignedWh, StatementProof,
	ZoneId,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::collections::BTreeMap;

const OWNERS: [AccountId; 3] = [HOME, PLANT, SHOP];

/// A zone below the root.
#[derive(Clone, Debug)]
struct Zone {
	/// Any number; its remainder by the zone's own number is the parent.
	parent: u32,
	fee: Fee,
	/// Part of the price difference beyond the fee, in nEUR/Wh.
	congestion: Price,
	/// Price difference without flow, in -1000..=1000 thousandths of the fee.
	slack: Price,
}

/// A metered point.
#[derive(Clone, Debug)]
struct Home {
	owner: usize,
	zone: u32,
	in_force: bool,
	position: SignedWh,
	/// Metered energy; `None` is estimated.
	metered: Option<SignedWh>,
	collateral: Balance,
	deposit: Balance,
}

#[derive(Clone, Debug)]
struct Case {
	cleared: bool,
	root_price: Price,
	zones: Vec<Zone>,
	homes: Vec<Home>,
	posted: (Price, Price),
	/// Free money of the owners and of the utility; `None` leaves them rich.
	wealth: Option<[Balance; 4]>,
}

/// An order of the points, for debits or credits, cut into batches.
#[derive(Clone, Debug)]
struct Plan {
	order: Vec<u32>,
	cuts: Vec<usize>,
}

impl Plan {
	fn run(&self, call: fn(Interval, &[PointId]) -> DispatchResult) {
		let mut rest = &self.order[..];
		for cut in self.cuts.iter().cycle() {
			let (batch, tail) = rest.split_at((*cut).min(rest.len()));
			assert_ok!(call(0, batch));
			for done in batch {
				assert!(call(0, &[*done]).is_err(), "a point is done once");
			}
			try_state();
			rest = tail;
			if rest.is_empty() {
				return;
			}
		}
	}
}

fn zone() -> impl Strategy<Value = Zone> {
	(any::<u32>(), 0..30_000u32, prop_oneof![Just(0), 0..50_000i64], -1_000..=1_000i64)
		.prop_map(|(parent, fee, congestion, slack)| Zone { parent, fee, congestion, slack })
}

fn home() -> impl Strategy<Value = Home> {
	let energy = || prop_oneof![Just(0), -5_000..5_000i64];
	(
		0..OWNERS.len(),
		any::<u32>(),
		prop::bool::weighted(0.9),
		energy(),
		prop::option::weighted(0.8, energy()),
		0..200_000_000u128,
		prop_oneof![Just(0), 0..200_000_000u128],
	)
		.prop_map(|(owner, zone, in_force, position, metered, collateral, deposit)| Home {
			owner,
			zone,
			in_force,
			position,
			metered,
			collateral,
			deposit,
		})
}

fn plan(points: usize) -> impl Strategy<Value = Plan> {
	(Just((0..points as u32).collect::<Vec<_>>()).prop_shuffle(), prop::collection::vec(1..6usize, 1..6))
		.prop_map(|(order, cuts)| Plan { order, cuts })
}

prop_compose! {
	fn case()(
		cleared in prop::bool::weighted(0.9),
		root_price in -50_000..400_000i64,
		zones in prop::collection::vec(zone(), 0..6),
		homes in prop::collection::vec(home(), 0..10),
		posted in (0..=400_000i64).prop_flat_map(|short| (Just(short), -100_000..=short)),
		wealth in prop::option::of([0..500_000_000u128, 0..500_000_000u128, 0..500_000_000u128, 0..500_000_000u128]),
	) -> Case {
		Case { cleared, root_price, zones, homes, posted, wealth }
	}
}

/// The case with two plans for each phase.
fn settlement() -> impl Strategy<Value = (Case, [Plan; 4])> {
	case().prop_flat_map(|case| {
		let points = case.homes.len() + 1;
		(Just(case), [plan(points), plan(points), plan(points), plan(points)])
	})
}

/// Puts the case into the world: zone 0 is the root, the last point the coupling there, which takes what is left.
fn build(case: &Case) {
	let count = case.zones.len() as u32 + 1;
	let parent = |zone: u32| case.zones[zone as usize - 1].parent % zone;
	let mut net = vec![0i64; count as usize];
	let mut sum = 0;
	world(|w| {
		for (id, home) in case.homes.iter().enumerate() {
			let zone = home.zone % count;
			let mut point = point(OWNERS[home.owner], zone, PointKind::Metered);
			if let Some(metered) = home.metered {
				w.readings.insert((id as u32, 0), mock::metered(metered));
			}
			if !home.in_force {
				point.until = Some(0);
			} else if case.cleared {
				net[zone as usize] += home.position;
				sum += home.position;
				w.positions.insert((id as u32, 0), position(home.position));
			}
			w.points.push(point);
		}
		w.points.push(point(UTILITY, 0, PointKind::Coupling));
		net[0] -= sum;
		w.positions.insert((case.homes.len() as u32, 0), position(-sum));

		let mut flow = net;
		for zone in (1..count).rev() {
			flow[parent(zone) as usize] += flow[zone as usize];
		}
		assert_eq!(flow[0], 0);
		let (mut prices, mut path_fees) = (vec![case.root_price], vec![0]);
		let mut outcome =
			Outcome { cleared: case.cleared, points: w.points.len() as u32, traded: 0, fees: 0, rent: 0, welfare: 0 };
		let mut put = |zone: ZoneId, price: Price, flow: SignedWh, path_fee: Fee, fees: Balance, rent: Balance| {
			let price = case.cleared.then_some(price);
			w.results.insert((0, zone), mock::result(price, flow, path_fee, fees, rent));
		};
		put(0, case.root_price, 0, 0, 0, 0);
		for zone in 1..count {
			let link = &case.zones[zone as usize - 1];
			let flow = flow[zone as usize];
			let fee = Price::from(link.fee);
			let difference = match flow.signum() {
				0 => fee * link.slack / 1_000,
				direction => direction * (fee + link.congestion),
			};
			let size = Balance::from(flow.unsigned_abs());
			let (fees, rent) = (size * Balance::from(link.fee), size * link.congestion as Balance);
			prices.push(prices[parent(zone) as usize] + difference);
			path_fees.push(path_fees[parent(zone) as usize] + link.fee);
			put(zone, prices[zone as usize], flow, path_fees[zone as usize], fees, rent);
			outcome.fees += fees;
			outcome.rent += rent;
		}
		w.outcomes.insert(0, outcome);
		w.now = GATE_CLOSURE - 1;
	});
	assert_ok!(Settlement::post_prices(signed(UTILITY), 0, case.posted.0, case.posted.1));
	for (id, home) in case.homes.iter().enumerate() {
		if home.in_force {
			assert_ok!(hold_collateral(id as u32, 0, OWNERS[home.owner], home.collateral));
		}
		if home.deposit > 0 {
			assert_ok!(Securities::deposit(signed(OWNERS[home.owner]), id as u32, home.deposit));
		}
	}
	if let Some(wealth) = case.wealth {
		for (account, amount) in OWNERS.into_iter().chain([UTILITY]).zip(wealth) {
			leave(account, amount);
		}
	}
	world(|w| w.now = ATTESTATION_END);
}

/// All money of the accounts, held or free.
fn money() -> BTreeMap<AccountId, Balance> {
	let accounts = OWNERS.into_iter().chain([
		UTILITY,
		GRID,
		RENT,
		SINK,
		Settlement::account_id(),
		Securities::fund_account(),
		Securities::repaid_account(),
	]);
	accounts.map(|account| (account, Balances::total_balance(&account))).collect()
}

fn account_of(party: Party) -> AccountId {
	match party {
		Party::Point(point) => world(|w| w.points[point as usize].owner).0[0].into(),
		Party::GridOperator => GRID,
		Party::CongestionRent => RENT,
		Party::Balancing => UTILITY,
		Party::Fund => Securities::fund_account(),
	}
}

/// What an account's lines say it received.
fn received(lines: &[busbar_primitives::Line]) -> BTreeMap<AccountId, Amount> {
	let mut sums = BTreeMap::new();
	for line in lines {
		*sums.entry(account_of(line.party)).or_default() += line.amount;
	}
	sums
}

/// What an account's lines come to.
#[derive(Default)]
struct Account {
	/// Of contracts, fees of contracted flow, and rent.
	contract: Amount,
	beside: Amount,
	default: Amount,
	loss: Amount,
}

impl Account {
	fn due(&self) -> Amount {
		(self.contract + self.beside).max(0)
	}

	/// What of its credit is of contracts.
	fn of_contracts(&self) -> Amount {
		self.contract.max(0).min(self.due())
	}

	/// What of its default is of imbalances: what it paid, contracts had first.
	fn lacks_of_imbalances(&self) -> Amount {
		let debt = (-self.contract - self.beside).max(0);
		self.default.min((-self.beside).max(0).min(debt))
	}
}

/// That losses fall in the written order, each once, and that credits of a kind bear theirs by the same factor. A debtor bears
/// nothing of others' defaults, and no contract what an imbalance lacks while credits of imbalances are left.
fn assert_ranks(progress: &Progress, lines: &[busbar_primitives::Line]) {
	let mut sums = BTreeMap::<AccountId, Account>::new();
	let mut covered = 0;
	for line in lines {
		let sum = sums.entry(account_of(line.party)).or_default();
		match line.cause {
			Cause::LossShare => sum.loss -= line.amount,
			Cause::Default => sum.default += line.amount,
			Cause::Cover => covered -= line.amount,
			Cause::Contract | Cause::Rent => sum.contract += line.amount,
			Cause::GridFee if line.wh == 0 => sum.contract += line.amount,
			_ => sum.beside += line.amount,
		}
	}
	let all = |what: fn(&Account) -> Amount| sums.values().map(what).sum::<Amount>();
	let Purse { credits, lost, .. } = progress.purse;
	assert_eq!(credits.contracts as Amount, all(Account::of_contracts));
	let of_imbalances = all(Account::lacks_of_imbalances);
	let of_contracts = all(|sum| sum.default) - of_imbalances;
	let borne = (lost.contracts + lost.imbalances + lost.balancing) as Amount;
	assert_eq!(borne, of_contracts + of_imbalances - covered, "what lacks is borne once");
	if lost.imbalances > 0 {
		assert_eq!(lost.balancing, credits.balancing, "the balance-responsible party's credit goes first");
	}
	if of_contracts == 0 && lost.imbalances < credits.imbalances {
		assert_eq!(lost.contracts, 0, "a funded contract is paid in full");
	}
	for (account, sum) in sums.iter().filter(|(account, _)| **account != RENT) {
		let of_contracts = sum.of_contracts() as Balance;
		let left = if sum.contract >= 0 { sum.due() - sum.of_contracts() } else { 0 };
		let exact = if *account == UTILITY {
			credits.share(&lost, of_contracts, 0).unwrap() + lost.balancing
		} else {
			credits.share(&lost, of_contracts, left.min(sum.beside.max(0)) as Balance).unwrap()
		};
		// Of who bought and gave back what it bought, as much is lost as was at hand.
		let most = credits.share(&lost, of_contracts, sum.beside.max(0) as Balance).unwrap().max(exact);
		let loss = sum.loss as Balance;
		assert!((exact..=most).contains(&loss), "account {account} lost {loss}, not {exact} to {most}");
		assert!(sum.contract < 0 || loss == exact, "account {account} lost {loss}, not {exact}");
	}
}

/// Settles the case and returns whether anybody defaulted, and all balances.
fn settle(case: &Case, debits: &Plan, credits: &Plan) -> (bool, BTreeMap<AccountId, Balance>) {
	let mut end = None;
	run(|| {
		build(case);
		let before = money();
		let issuance = Balances::total_issuance();
		debits.run(debit);
		assert_noop!(debit(0, &[0]), crate::Error::<Test>::AlreadySettled);
		let short: Vec<_> =
			debits.order.iter().copied().filter(|point| Settlement::to_draw(0, 0, u32::MAX).contains(point)).collect();
		assert_eq!(short.is_empty(), Settlement::phase(0) == Some(Phase::Credits));
		if !short.is_empty() {
			assert_noop!(credit(0, &[0]), crate::Error::<Test>::DebitsNotDone);
			Plan { order: short, cuts: credits.cuts.clone() }.run(draw);
		}
		credits.run(credit);
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(pot(), 0);
		let after = money();
		let lines: Vec<_> = Settlement::lines(0, 0, u32::MAX).into_iter().map(|line| line.line).collect();
		assert_eq!(lines.iter().map(|line| line.amount).sum::<Amount>(), 0);
		let mut received = received(&lines);
		// What a debtor is paid afterwards reduces its debt first, and what rounding drew too much of its securities comes back.
		for event in events() {
			let RuntimeEvent::Securities(pallet_securities::Event::Recovered { participant, amount, .. }) = event
			else {
				continue;
			};
			*received.entry(participant.0[0].into()).or_default() -= amount as Amount;
			*received.entry(Securities::repaid_account()).or_default() += amount as Amount;
		}
		for (account, balance) in &after {
			let change = *balance as Amount - before[account] as Amount;
			assert_eq!(change, received.get(account).copied().unwrap_or_default(), "account {account}");
			assert_eq!(margin(*account).held, 0);
		}
		for line in &lines {
			let Party::Point(point) = line.party else { continue };
			let zone = world(|w| w.points[point as usize].zone);
			// What lies beyond the bounds of orders' prices counts as they do.
			let bounds = terms();
			let price = World::zone_result(0, zone).and_then(|result| result.price);
			let price = price.map(|price| price.clamp(bounds.price_floor, bounds.price_cap));
			if let (Cause::Imbalance, Some(price)) = (line.cause, price) {
				let worse = if line.wh > 0 { line.price >= price } else { line.price <= price };
				assert!(worse, "an imbalance is priced better than the zone price");
			}
		}
		assert_ranks(&Settlement::progress(0).unwrap(), &lines);
		for (index, line) in (0..).zip(&lines) {
			let StatementProof::Proven(proof) = Settlement::statement_proof(0, index) else { panic!("line {index}") };
			assert!(proof.holds() && proof.line == *line && proof.root == Settlement::root(0).unwrap().root);
		}
		end = Some((lines.iter().any(|line| line.cause == Cause::Default), after));
	});
	end.unwrap()
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn money_is_conserved_and_batches_run_in_any_order((case, plans) in settlement()) {
		let [first, second, third, fourth] = &plans;
		let (defaulted, balances) = settle(&case, first, second);
		let (also_defaulted, other) = settle(&case, third, fourth);
		prop_assert_eq!(defaulted, also_defaulted);
		prop_assert_eq!(balances, other, "to the nEUR");
		prop_assert!(case.wealth.is_some() || !defaulted, "the rich do not default");
	}
}

#[test]
fn the_random_intervals_reach_defaults_rent_estimates_and_fail_safe() {
	let mut runner = TestRunner::deterministic();
	let (mut defaults, mut rents, mut estimates, mut failed) = (0, 0, 0, 0);
	for _ in 0..64 {
		let (case, [debits, credits, ..]) = settlement().new_tree(&mut runner).unwrap().current();
		let (defaulted, balances) = settle(&case, &debits, &credits);
		defaults += u32::from(defaulted);
		rents += u32::from(!defaulted && balances[&RENT] > 0);
		estimates += u32::from(case.homes.iter().any(|home| home.in_force && home.metered.is_none()));
		failed += u32::from(!case.cleared);
	}
	for reached in [defaults, rents, estimates, failed] {
		assert!(reached >= 4, "{defaults} defaults, {rents} rents, {estimates} estimates, {failed} failed");
	}
}
