//! What the optimum gains over greedy pairing, and why an order cannot carry a premium for an attribute.

#![allow(clippy::unwrap_used)]

use busbar_clearing::{
	check, clear,
	orders::{self, Order, Side, Step},
	Zone,
};

/// A one-sided step as (price, energy).
type Offer = (i64, u64);

const SUPPLY: [Offer; 4] = [(20, 5), (30, 20), (45, 5), (55, 10)];
const DEMAND: [Offer; 2] = [(50, 10), (60, 10)];

/// Greedy pay-as-bid pairing: bids in the order of their arrival, offers sorted by falling price; each bid takes from
/// the first offers that it can pay. Returns its welfare: the sum over all pairs of energy times bid less offer.
fn greedy(supply: &[Offer], demand: &[Offer]) -> i64 {
	let mut left = supply.to_vec();
	left.sort_by_key(|(price, _)| -price);
	let mut welfare = 0;
	for (bid, mut wanted) in demand.iter().copied() {
		for (offer, wh) in left.iter_mut().filter(|(offer, _)| *offer <= bid) {
			let taken = wanted.min(*wh);
			*wh -= taken;
			wanted -= taken;
			welfare += (bid - *offer) * taken as i64;
		}
	}
	welfare
}

fn book(supply: &[Offer], demand: &[Offer]) -> Vec<Order> {
	let order = |side, &(price, wh): &Offer| Order { zone: 0, steps: vec![Step { side, price, wh }] };
	let sells = supply.iter().map(|offer| order(Side::Sell, offer));
	sells.chain(demand.iter().map(|offer| order(Side::Buy, offer))).collect()
}

#[test]
fn the_engine_reaches_550_where_greedy_pairing_reaches_175() {
	let mut zones = [Zone::default()];
	orders::add(&mut zones, &book(&SUPPLY, &DEMAND)).unwrap();
	let clearing = clear(&zones).unwrap();
	check(&zones, &clearing).unwrap();
	println!("optimum {}, greedy {}", clearing.welfare, greedy(&SUPPLY, &DEMAND));
	// 5 Wh at 20 and 15 Wh at 30 serve all 20 Wh of demand: 60 x 10 + 50 x 10 - 20 x 5 - 30 x 15 = 550.
	assert_eq!((clearing.welfare, clearing.traded), (550, 20));
	// 50 takes 5 at 45 and 5 at 30; 60 takes 10 at 55: 25 + 100 + 50 = 175.
	assert_eq!(greedy(&SUPPLY, &DEMAND), 175);
}

/// One zone, four parties, 1 Wh each: sellers of green energy at 12 and of grey energy at 5, a choosy buyer that pays 10
/// and up to 6 more for green energy, an indifferent one that pays 8.
const GREEN: i64 = 12;
const GREY: i64 = 5;
const CHOOSY: i64 = 10;
const PREMIUM: i64 = 6;
const INDIFFERENT: i64 = 8;

#[test]
fn a_premium_inside_the_auction_leaves_no_zone_price_that_supports_its_optimum() {
	// Pairings of at most one seller with each buyer, by their welfare with the premium counted.
	let apart = (CHOOSY + PREMIUM - GREEN) + (INDIFFERENT - GREY);
	let others = [0, CHOOSY + PREMIUM - GREEN, CHOOSY - GREY, INDIFFERENT - GREY, INDIFFERENT - GREEN];
	let crossed = (CHOOSY - GREY) + (INDIFFERENT - GREEN);
	// Green to the choosy and grey to the indifferent buyer is the only best one.
	assert_eq!(apart, 7);
	assert!(crossed < apart && others.iter().all(|welfare| *welfare < apart));
	// It needs all four to accept one price. The green seller wants 12 at least, the indifferent buyer pays 8 at most.
	let least = [GREEN, GREY];
	let most = [CHOOSY + PREMIUM, INDIFFERENT];
	let accept = |price| least.iter().all(|cost| *cost <= price) && most.iter().all(|worth| price <= *worth);
	assert!(!(-100..=100).any(accept));

	// Without the premium, a price supports the optimum, which leaves green energy and the indifferent buyer out.
	let mut zones = [Zone::default()];
	orders::add(&mut zones, &book(&[(GREEN, 1), (GREY, 1)], &[(CHOOSY, 1), (INDIFFERENT, 1)])).unwrap();
	let clearing = clear(&zones).unwrap();
	check(&zones, &clearing).unwrap();
	assert_eq!((clearing.welfare, clearing.traded, clearing.zones[0].price), (5, 1, 9));
}

#[test]
fn a_certificate_beside_the_energy_reaches_the_same_welfare_with_one_price_for_each() {
	// The choosy buyer bids its premium for the certificate; the green seller offers energy at its cost less the
	// certificate's price. Any certificate price from 4 to 6 does; at 5:
	let certificate = 5;
	let mut zones = [Zone::default()];
	orders::add(&mut zones, &book(&[(GREEN - certificate, 1), (GREY, 1)], &[(CHOOSY, 1), (INDIFFERENT, 1)])).unwrap();
	let clearing = clear(&zones).unwrap();
	check(&zones, &clearing).unwrap();
	let energy = clearing.zones[0].price;
	assert_eq!((energy, clearing.traded), (7, 2));
	// What each of the four gains; nobody would do better by staying away.
	let gains =
		[energy + certificate - GREEN, energy - GREY, CHOOSY + PREMIUM - energy - certificate, INDIFFERENT - energy];
	assert!(gains.iter().all(|gain| *gain >= 0));
	// The same 7 that the premium's optimum reaches.
	assert_eq!(gains.iter().sum::<i64>(), 7);
	assert_eq!(clearing.welfare + i128::from(PREMIUM - certificate), 7);
}
