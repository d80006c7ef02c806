//! Written scenarios, each with its numbers worked out by hand.
//!
//! One home in a zone below the root trades with the utility at the root. Prices in nEUR/Wh, energy in Wh, money in nEUR.
//! `q` is the home's position (positive: bought) at the zone price `p`; `f` is the link's fee, so the root price is `p - f`
//! when the zone imports and `p + f` when it exports, and fees of `f x |q|` are due; `m` is metered. Posted prices are 25
//! short and 8 long unless said otherwise, so a short pays max(25 + levy + f, p) and a long receives min(8 - levy - f, p).
//!
//! What each receives: the home; the grid operator (fees less what it pays); the utility, as seller at the root and as
//! balance-responsible party together; the mutual fund. Each row sums to zero.

use super::*;
use crate::{
	mock::{Flexibility as Reductions, *},
	PostedPrices,
};
use busbar_primitives::{Amount, Flexibility, PointKind, Price, Reduction, SignedWh};
use frame_support::{assert_ok, traits::fungible::Inspect};
use Reduction::{Generation, Load};

/// (reduction, energy, price, charge for non-delivery).
type Order = Option<(Reduction, u64, Price, Price)>;

struct Scenario {
	name: &'static str,
	q: SignedWh,
	p: Price,
	f: u32,
	m: Option<SignedWh>,
	posted: (Price, Price),
	levy: Price,
	/// In per cent.
	tolerance: u32,
	order: Order,
	/// What the meter at the root says that it supplied.
	root: Option<SignedWh>,
	/// Home, grid operator, utility, fund.
	receives: [Amount; 4],
}

/// With fee 1, the posted prices, no levy, no order, no root meter.
fn plain(
	name: &'static str,
	q: SignedWh,
	p: Price,
	m: impl Into<Option<SignedWh>>,
	home: Amount,
	grid: Amount,
	utility: Amount,
) -> Scenario {
	let receives = [home, grid, utility, 0];
	let (m, posted, levy, tolerance) = (m.into(), (25, 8), 0, 0);
	Scenario { name, q, p, f: 1, m, posted, levy, tolerance, order: None, root: None, receives }
}

fn fee(f: u32, scenario: Scenario) -> Scenario {
	Scenario { f, ..scenario }
}

fn posted(short: Price, long: Price, scenario: Scenario) -> Scenario {
	Scenario { posted: (short, long), ..scenario }
}

fn levy(levy: Price, fund: Amount, mut scenario: Scenario) -> Scenario {
	scenario.receives[3] = fund;
	Scenario { levy, ..scenario }
}

fn tolerance(percent: u32, scenario: Scenario) -> Scenario {
	Scenario { tolerance: percent, ..scenario }
}

fn ordered(reduction: Reduction, wh: u64, price: Price, penalty: Price, scenario: Scenario) -> Scenario {
	Scenario { order: Some((reduction, wh, price, penalty)), ..scenario }
}

fn root(supplied: SignedWh, scenario: Scenario) -> Scenario {
	Scenario { root: Some(supplied), ..scenario }
}

/// Sets the scenario up, settles it, and returns what each party received.
fn settle(scenario: &Scenario) -> [Amount; 4] {
	let Scenario { q, p, f, m, .. } = *scenario;
	world(|w| {
		w.now = 0;
		w.points = vec![point(HOME, 1, PointKind::Metered), point(UTILITY, 0, PointKind::Coupling)];
		let fees = u128::from(f) * u128::from(q.unsigned_abs());
		w.results.insert((0, 0), result(Some(p - Price::from(f) * q.signum()), 0, 0, 0, 0));
		w.results.insert((0, 1), result(Some(p), q, f, fees, 0));
		w.outcomes.insert(0, outcome(2, fees, 0));
		w.positions.insert((0, 0), position(q));
		w.positions.insert((1, 0), position(-q));
		w.readings.clear();
		if let Some(m) = m {
			w.readings.insert((0, 0), metered(m));
		}
		if let Some(supplied) = scenario.root {
			w.readings.insert((1, 0), metered(-supplied));
		}
	});
	let (short, long) = scenario.posted;
	crate::Ladders::<Test>::put(crate::Schedule::new(PostedPrices { short, long }));
	crate::Levies::<Test>::put(crate::Schedule::new(scenario.levy));
	let tolerance = sp_runtime::Permill::from_percent(scenario.tolerance);
	crate::Tolerances::<Test>::put(crate::Schedule::new(tolerance));
	if let Some((reduction, wh, price, penalty)) = scenario.order {
		let order = Flexibility { reduction, wh, price, penalty };
		assert_ok!(Reductions::offer(signed(HOME), 0, 0, Some(order)));
		assert_ok!(Reductions::order_reduction(signed(GRID_OPERATOR), 0, 0, order));
	}
	assert_ok!(Balances::transfer_allow_death(signed(AGENT), GRID, EUR));
	world(|w| w.now = ATTESTATION_END);
	// Orders are paid by who gave them.
	let accounts = [&[HOME][..], &[GRID, GRID_OPERATOR], &[UTILITY], &[Securities::fund_account()]];
	let all = |accounts: &[AccountId]| accounts.iter().map(Balances::total_balance).sum::<u128>() as Amount;
	let before = accounts.map(all);
	assert_ok!(debit(0, &[0, 1]));
	assert_ok!(credit(0, &[1, 0]));
	let mut received = [0; 4];
	for ((received, accounts), before) in received.iter_mut().zip(accounts).zip(before) {
		*received = all(accounts) - before;
	}
	received
}

#[test]
#[rustfmt::skip]
fn every_scenario_settles_as_worked_out_by_hand() {
	let table = [
		// The home pays 10 x 20. Fees 10 x 1. The utility sells 10 at 19.
		plain("a buyer takes what it bought", 10, 20, 10, -200, 10, 190),
		// Short 2 at max(26, 20) = 52. Fees 10 + 2. The utility: 190 + 52 - 2.
		plain("a buyer takes more", 10, 20, 12, -252, 12, 240),
		// Long 3 at min(7, 20) = 21. Fees 13. The utility: 190 - 21 - 3.
		plain("a buyer takes less", 10, 20, 7, -179, 13, 166),
		// Long 10 at 7 = 70. Fees 20. The utility: 190 - 70 - 10.
		plain("a buyer takes nothing", 10, 20, 0, -130, 20, 110),
		// Long 15 at 7 = 105. Fees 25. The utility: 190 - 105 - 15.
		plain("a buyer feeds in", 10, 20, -5, -95, 25, 70),
		// The home receives 10 x 20. The utility buys 10 at 21.
		plain("a seller delivers what it sold", -10, 20, -10, 200, 10, -210),
		// Short 4 at 26 = 104. Fees 14. The utility: -210 + 104 - 4.
		plain("a seller delivers less", -10, 20, -6, 96, 14, -110),
		// Long 5 at 7 = 35. Fees 15. The utility: -210 - 35 - 5.
		plain("a seller delivers more", -10, 20, -15, 235, 15, -250),
		// Short 10 at 26 = 260. Fees 20. The utility: -210 + 260 - 10.
		plain("a seller delivers nothing", -10, 20, 0, -60, 20, 40),
		// Short 13 at 26 = 338. Fees 23. The utility: -210 + 338 - 13.
		plain("a seller draws", -10, 20, 3, -138, 23, 115),
		// Short 10 at max(26, 20) = 260. Fees 10. The utility: 260 - 10.
		plain("a consumer without an order", 0, 20, 10, -260, 10, 250),
		// Long 10 at min(7, 20) = 70. Fees 10. The utility: -70 - 10.
		plain("a producer without an order", 0, 20, -10, 70, 10, -80),
		plain("nothing ordered, nothing moved", 0, 20, 0, 0, 0, 0),
		// -300; short 2 at max(26, 30) = 60. Fees 12. The utility: 290 + 60 - 2.
		plain("a zone price above the short price holds for the short", 10, 30, 12, -360, 12, 348),
		// +50; long 2 at min(7, 5) = 10. Fees 12. The utility: -60 - 10 - 2.
		plain("a zone price below the long price holds for the long", -10, 5, -12, 60, 12, -72),
		// The home is paid 10 x 5. The utility pays 10 x 6.
		plain("a buyer at a negative price is paid", 10, -5, 10, 50, 10, -60),
		// 50 - short 2 at max(26, -5) = 52. Fees 12. The utility: -60 + 52 - 2.
		plain("a buyer at a negative price takes more", 10, -5, 12, -2, 12, -10),
		// Pays 10 x 5; long 2 at min(7, -5) costs 10. Fees 12. The utility: 40 + 10 - 2.
		plain("a seller at a negative price delivers more", -10, -5, -12, -60, 12, 48),
		// 200; long 2 at min(-4 - 1, 20) costs 10. Fees 12. The utility: -210 + 10 - 2.
		posted(25, -4, plain("a negative long price", -10, 20, -12, 190, 12, -202)),
		// -200; short 2 at 0 + 1 would be 2, but the zone price 20 holds: 40. Fees 12. The utility: 190 + 40 - 2.
		posted(0, 0, plain("posted prices of nothing", 10, 20, 12, -240, 12, 228)),
		// -200 - 2 x 25. No fees. The utility: 200 + 50.
		fee(0, plain("a link without a fee", 10, 20, 12, -250, 0, 250)),
		// Root price 14. Short 1 at 31. Fees 60 + 6. The utility: 140 + 31 - 6.
		fee(6, plain("a link with a high fee", 10, 20, 11, -231, 66, 165)),
		// Root price 26. Long 1 at 8 - 6 = 2. Fees 60 + 6. The utility: -260 - 2 - 6.
		fee(6, plain("a link with a high fee, exporting", -10, 20, -11, 202, 66, -268)),
		plain("a buyer without a reading that takes on like days what it bought", 10, 20, None, -200, 10, 190),
		plain("a seller without a reading that delivers on like days what it sold", -10, 20, None, 200, 10, -210),
		plain("no order and no reading", 0, 20, None, 0, 0, 0),
		// Short 2 at 25 + 2 + 1 = 56, of which 4 are the fund's. The utility: 190 + 56 - 2 - 4.
		levy(2, 4, plain("a levy on a short", 10, 20, 12, -256, 12, 240)),
		// Long 3 at 8 - 2 - 1 = 15, of which the fund gets 6 more. Fees 13. The utility: 190 - 15 - 3 - 6.
		levy(2, 6, plain("a levy on a long", 10, 20, 7, -185, 13, 166)),
		// Short 2 at max(28, 30) = 60. The utility: 290 + 60 - 2 - 4.
		levy(2, 4, plain("a levy within the zone price", 10, 30, 12, -360, 12, 344)),
		levy(2, 0, plain("no levy without an imbalance", 10, 20, 10, -200, 10, 190)),
		// Short 10 at 28 = 280. The utility: 280 - 10 - 20.
		levy(2, 20, plain("a levy without an order", 0, 20, 10, -280, 10, 250)),
		// The short price may be 400,000 at most: the levy is cut to 1. Short 1 at 399,999 + 1 + 1.
		levy(2, 1, posted(399_999, 8, plain("a levy keeps to the bounds of short prices", 0, 20, 1, -400_001, 1, 399_999))),
		// The long price may be -100,000 at least: the levy is cut to 3. Long 1 at -99,997 - 3 - 1 costs 100,001.
		levy(9, 3, posted(25, -99_997, plain("a levy keeps to the bounds of long prices", 0, 20, -1, -100_001, 1, 99_997))),

		// Short 1 within 10 % of 10, at 20. Fees 10 + 1. The utility: 190 + 20 - 1.
		tolerance(10, plain("a short within the band", 10, 20, 11, -220, 11, 209)),
		// Short 1 at 20 and 2 at 26. Fees 13. The utility: 190 + 20 + 52 - 3.
		tolerance(10, plain("a short beyond the band", 10, 20, 13, -272, 13, 259)),
		// Long 2 within 25 % of 10 (2.5, rounded down), at 20, and 1 at 7. Fees 13. The utility: 190 - 40 - 7 - 3.
		tolerance(25, plain("a long beyond the band", 10, 20, 7, -153, 13, 140)),
		// A seller lacks 1 at 20 and 3 at 26. Fees 14. The utility: -210 + 20 + 78 - 4.
		tolerance(10, plain("a seller delivers less than the band allows", -10, 20, -6, 102, 14, -116)),
		// A seller has 1 left at 20. Fees 11. The utility: -210 - 20 - 1.
		tolerance(10, plain("a seller delivers more within the band", -10, 20, -11, 220, 11, -231)),
		// Nothing was contracted, so nothing is tolerated: short 10 at 26.
		tolerance(50, plain("no order, no band", 0, 20, 10, -260, 10, 250)),
		// Short 1 at 20 and 1 at 25 + 2 + 1 = 28: the levy is due beyond the band. The utility: 190 + 20 + 28 - 2 - 2.
		tolerance(10, levy(2, 2, plain("the levy is due beyond the band", 10, 20, 12, -248, 12, 234))),
		// The price traded holds for both parts.
		tolerance(10, plain("a zone price above the short price leaves no better one", 10, 30, 12, -360, 12, 348)),
		// 80 back and 3 x 3; short 1 at 20 within 50 % of the 6 that it may take. The grid operator: 11 - 80 - 9 + 32. The
		// utility: 190 + 20 - 1 - 32.
		tolerance(50, ordered(Load, 4, 3, 0, plain("a reduced load within the band", 10, 20, 7, -131, -46, 177))),

		// The home gets 4 x 20 back and 4 x 3. The utility pays 4 x 8 for what is left. The grid operator: 10 - 80 - 12 + 32.
		ordered(Load, 4, 3, 0, plain("a load is reduced as ordered", 10, 20, 6, -108, -50, 158)),
		// 80 back, short 4 at 26 = 104. The grid operator: 14 - 80 + 32. The utility: 190 + 104 - 4 - 32.
		ordered(Load, 4, 3, 0, plain("a load ignores the order", 10, 20, 10, -224, -34, 258)),
		// 80 + 6, short 2 = 52. The grid operator: 12 - 80 - 6 + 32. The utility: 190 + 52 - 2 - 32.
		ordered(Load, 4, 3, 0, plain("a load is reduced by half", 10, 20, 8, -166, -42, 208)),
		// 80 + 12, long 2 at 7 = 14. The grid operator: 12 - 80 - 12 + 32. The utility: 190 - 14 - 2 - 32.
		ordered(Load, 4, 3, 0, plain("a load is reduced by more", 10, 20, 4, -94, -48, 142)),
		// Only the 10 that it bought: 200 + 30 back. The grid operator: 10 - 200 - 30 + 80. The utility: 190 - 80.
		ordered(Load, 15, 3, 0, plain("only contracted load is compensated", 10, 20, 0, 30, -140, 110)),
		ordered(Load, 4, 3, 0, plain("a seller has no contracted load", -10, 20, -10, 200, 10, -210)),
		// Short 5 at 26.
		ordered(Load, 4, 3, 0, plain("who did not order has no contracted load", 0, 20, 5, -130, 5, 125)),
		// As on like days it took 10: 80 back, short 4 at 26 = 104.
		ordered(Load, 4, 3, 0, plain("a reduced load without a reading", 10, 20, None, -224, -34, 258)),
		// Bought at -5: returns 4 x 5 and gets 12: 50 - 20 + 12. The grid operator: 10 + 20 - 12 + 32. The utility: -60 - 32.
		ordered(Load, 4, 3, 0, plain("a load bought at a negative price is reduced", 10, -5, 6, 42, 50, -92)),
		// 200 + 4 x 3. The utility gets 4 x 25 for what is missing. The grid operator: 10 - 12 - 100.
		ordered(Generation, 4, 3, 0, plain("generation is reduced as ordered", -10, 20, -6, 212, -102, -110)),
		// Returns 4 x 20, long 4 at 7 = 28. The grid operator: 14 + 80 - 100. The utility: -210 - 28 - 4 + 100.
		ordered(Generation, 4, 3, 0, plain("generation ignores the order", -10, 20, -10, 148, -6, -142)),
		// Returns 2 x 20, gets 6, long 2 = 14. The grid operator: 12 + 40 - 6 - 100. The utility: -210 - 14 - 2 + 100.
		ordered(Generation, 4, 3, 0, plain("generation is reduced by half", -10, 20, -8, 180, -54, -126)),
		// 12, short 1 at 26. The grid operator: 11 - 12 - 100. The utility: -210 + 26 - 1 + 100.
		ordered(Generation, 4, 3, 0, plain("generation is reduced by more", -10, 20, -5, 186, -101, -85)),
		// Only the 10 that it sold: 200 + 30. The grid operator: 10 - 30 - 250. The utility: -210 + 250.
		ordered(Generation, 15, 3, 0, plain("only contracted generation is compensated", -10, 20, 0, 230, -270, 40)),
		ordered(Generation, 4, 3, 0, plain("a buyer has no contracted generation", 10, 20, 10, -200, 10, 190)),
		// As on like days it fed in 10: returns 4 x 20, long 4 at 7 = 28.
		ordered(Generation, 4, 3, 0, plain("reduced generation without a reading", -10, 20, None, 148, -6, -142)),
		// 40 back, 7 - 11, short 1 = 26. The grid operator: 11 - 40 + 4 + 16. The utility: 190 + 26 - 1 - 16.
		ordered(Load, 2, 7, 11, plain("half of what was offered is delivered", 10, 20, 9, -190, -9, 199)),
		// 40 back, 2 x 7. The grid operator: 10 - 40 - 14 + 16. The utility: 190 - 16.
		ordered(Load, 2, 7, 11, plain("what was offered is delivered", 10, 20, 8, -146, -28, 174)),
		// 40 back, -3 x 11, short 3 = 78. The grid operator: 13 - 40 + 33 + 16. The utility: 190 + 78 - 3 - 16.
		ordered(Load, 2, 7, 11, plain("the opposite of what was offered is delivered", 10, 20, 11, -271, 22, 249)),
		// One Wh was lost: the grid operator buys it at 25. 10 - 25. The utility: 190 + 25.
		root(11, plain("losses are the grid operator's", 10, 20, 10, -200, -15, 215)),
		// The points drew one more than the root supplied: the grid operator gets 8.
		root(9, plain("a gain is the grid operator's too", 10, 20, 10, -200, 18, 182)),
		root(10, plain("without losses nobody pays for them", 10, 20, 10, -200, 10, 190)),
		// Short 2 = 52; the root supplied 13: one is lost. 12 - 25. The utility: 190 + 52 - 2 + 25.
		root(13, plain("losses beside an imbalance", 10, 20, 12, -252, -13, 265)),
		// The zone fed in 10 and the root took 8: 2 are lost. 10 - 50. The utility: -210 + 50.
		root(-8, plain("losses while the zone exports", -10, 20, -10, 200, -40, -160)),
	];
	assert!(table.len() >= 40);
	for scenario in &table {
		run(|| {
			assert_eq!(scenario.receives.iter().sum::<Amount>(), 0, "{}", scenario.name);
			assert_eq!(settle(scenario), scenario.receives, "{}", scenario.name);
		});
	}
}

#[test]
fn flexibility_settles_as_in_the_hand_checked_table() {
	use crate::bill::{Delivery, Tariff};
	use busbar_primitives::Position;
	// Baseline 10, reduction 2, price 7, charge 11. Delivered 3, 2, 1, 0, -1, of which at most 2 are paid for; missing 0, 0,
	// 1, 2, 3: 2 x 7; 2 x 7; 1 x 7 - 1 x 11; -2 x 11; -3 x 11.
	let delivery = Delivery {
		kind: PointKind::Metered,
		contracts: vec![contract(0, Position { bought: 10, sold: 0 }, 20)],
		position: 10,
		price: Some(20),
		path_fee: 1,
		ordered: Some(Flexibility { reduction: Load, wh: 2, price: 7, penalty: 11 }),
		baseline: None,
	};
	let tariff = Tariff {
		posted: PostedPrices { short: 25, long: 8 },
		levy_short: 0,
		levy_long: 0,
		sharing: Default::default(),
		tolerance: Default::default(),
	};
	for (metered, settles) in [(7, 14), (8, 14), (9, -4), (10, -22), (11, -33)] {
		let outturn = delivery.outturn(&tariff, Some(metered)).unwrap();
		assert_eq!(outturn.flexibility + outturn.non_delivery, settles, "metered {metered}");
	}
}
