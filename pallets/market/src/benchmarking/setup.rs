//! The states that the market's benchmarks start from.

use super::BenchmarkHelper;
use crate::{
	auction::{book::Queue, close::load::Closing, sums, types::MAX_BLOCK_ORDERS, Energies, Level, Order, QueuedStep},
	continuous::{floor::Floor, LimitOrder},
	pallet::*,
	products::places::Place,
	types::{GateKey, Record, Session, SessionId},
	Parameters, PriceKey,
};
use alloc::vec::Vec;
use busbar_clearing::book::MAX_WAITING;
use busbar_primitives::{
	traits::{Grid, OnTrader},
	ParticipantId, PointId, Price, Product, ProductId, ProductKind, Side, StandingSteps, Step, ZoneId, MAX_PRODUCTS,
	MAX_SPAN,
};
use frame_benchmarking::account;
use frame_support::{traits::Get, weights::WeightMeter, BoundedVec};
use frame_system::RawOrigin;

/// A market whose first sessions are open, and the first of them.
pub(super) fn session<T: Config>(zones: u32) -> SessionId {
	T::BenchmarkHelper::grid(zones);
	T::BenchmarkHelper::set_time(parameters::<T>().epoch);
	Pallet::<T>::open_and_close(&mut WeightMeter::new());
	Gates::<T>::iter_keys().next().map(|key| key.session()).expect("sessions are open; qed")
}

/// Lets chain time be the session's gate closure, and its record count `levels` levels, spread over all zones, each with
/// energy to buy and to sell, so that they meet all along the curve.
pub(super) fn close<T: Config>(id: SessionId, zones: u32, levels: u32) {
	for i in 0..levels {
		let level = Level { buy: 3, sell: 2, buy_arrivals: 1, sell_arrivals: 1 };
		Levels::<T>::insert((id.0, id.1, i % zones, PriceKey::from(price::<T>(i / zones))), level);
	}
	let (_, session) = records::<T>(id);
	Sessions::<T>::insert(id.0, id.1, Session { levels, ..session });
	T::BenchmarkHelper::set_time(gate::<T>().closure());
}

/// A market of one auction whose gate `count` intervals share, with all of them open and their gate ahead.
pub(super) fn span<T: Config>(zones: u32, count: u32) -> SessionId {
	T::BenchmarkHelper::grid(zones);
	let clock = parameters::<T>().interval_clock_s;
	let closes_s = parameters::<T>().products.iter().map(|product| product.closes_s).min().unwrap_or(1);
	ParametersValue::<T>::mutate(|parameters| {
		let reach = closes_s.saturating_div(clock).saturating_add(2);
		parameters.horizon = count.saturating_mul(2).saturating_add(reach);
		let opens_s = parameters.horizon.saturating_mul(clock);
		let product = Product { kind: ProductKind::Auction, opens_s, closes_s, span: count };
		parameters.products = BoundedVec::truncate_from(alloc::vec![product]);
	});
	let parameters = parameters::<T>();
	// The first span that can open as a whole.
	let first = NextToOpen::<T>::get().div_ceil(count).saturating_add(1).saturating_mul(count);
	for interval in first..first.saturating_add(count) {
		Pallet::<T>::open(interval, &parameters);
	}
	NextToOpen::<T>::put(first.saturating_add(count));
	T::BenchmarkHelper::set_time(parameters.terms(first).gate_closure.saturating_sub(1));
	// Those of before are of no interest.
	let others: Vec<_> = Gates::<T>::iter_keys().filter(|key| key.session() != (first, 0)).collect();
	others.into_iter().for_each(Gates::<T>::remove);
	(first, 0)
}

/// Lets all places of a span for block orders but one be taken, each by another participant.
pub(super) fn crowd_places<T: Config>((first, product): SessionId) {
	let last = first.saturating_add(MAX_SPAN).saturating_sub(1);
	BlockOrderPlaces::<T>::mutate(last, product, |places| {
		for n in 1..MAX_BLOCK_ORDERS {
			let owner = ParticipantId(u128::from(n).to_be_bytes());
			let place = Place { id: u32::MAX - n, owner, zone: n, side: Side::Buy, worth: 0, took: false };
			places.taken.try_push(place).expect("a place is left; qed");
		}
	});
}

/// 1 Wh in each of so many intervals.
pub(super) fn energies(count: u32) -> Energies {
	BoundedVec::truncate_from(alloc::vec![1; count as usize])
}

/// A gate all of whose zones and levels earlier blocks have loaded.
pub(super) fn loaded<T: Config>(id: SessionId) -> Closing {
	let (_, session) = records::<T>(id);
	let mut closing = Pallet::<T>::resume(id, id.0);
	Pallet::<T>::load_zones(&mut closing, T::Grid::zone_count(), &mut WeightMeter::new());
	Pallet::<T>::load_levels(&mut closing, &session, &mut WeightMeter::new());
	Pallet::<T>::park(closing);
	Pallet::<T>::resume(id, id.0)
}

/// The next gate to close.
pub(super) fn gate<T: Config>() -> GateKey {
	Gates::<T>::iter_keys().next().expect("a gate is open; qed")
}

/// What the market keeps of a session and its interval.
pub(super) fn records<T: Config>(id: SessionId) -> (Record, Session) {
	let record = Intervals::<T>::get(id.0).expect("the interval is open; qed");
	(record, Sessions::<T>::get(id.0, id.1).expect("the session is open; qed"))
}

pub(super) fn parameters<T: Config>() -> Parameters {
	ParametersValue::<T>::get()
}

/// The `i`th price from the bottom.
pub(super) fn price<T: Config>(i: u32) -> Price {
	let Parameters { tick, price_floor, .. } = parameters::<T>();
	price_floor.saturating_add(Price::from(tick).saturating_mul(i.into()))
}

/// A curve of `count` steps at prices of their own from the `first` on, every one a purchase.
pub(super) fn curve<T: Config>(first: u32, count: u32) -> BoundedVec<Step, T::MaxSteps> {
	let step = |i: u32| Step { side: Side::Buy, price: price::<T>(first.saturating_add(i)), wh: 1 };
	BoundedVec::truncate_from((0..count).map(step).collect())
}

/// Lets the queues of purchases at the `count` lowest prices of zone 0 be as long as they get but for one place.
pub(super) fn crowd<T: Config>(id: SessionId, count: u32) {
	let last = sums::CAPACITY.saturating_sub(2);
	for i in 0..count {
		let price = PriceKey::from(price::<T>(i));
		sums::append(&mut Queue::<T>::at(id, 0, price), Side::Buy, last, 1).expect("a place is left; qed");
		let level = Level { buy: 1, buy_arrivals: last.saturating_add(1), ..Level::default() };
		Levels::<T>::insert((id.0, id.1, 0, price), level);
	}
	Sessions::<T>::mutate(id.0, id.1, |session| session.as_mut().map(|session| session.levels = count));
}

/// A session with long queues at the `count` lowest prices, and who may trade there: a point that has bought at the zone
/// price in all other products that there can be. Its interval opens after the point, which is in force from then on.
pub(super) fn trader<T: Config>(count: u32) -> (SessionId, T::AccountId, PointId) {
	T::BenchmarkHelper::grid(1);
	let ((account, point), (seller, selling)) = (T::BenchmarkHelper::point(0), T::BenchmarkHelper::point(0));
	ParametersValue::<T>::mutate(|parameters| {
		let last = parameters.products[0];
		let other = Product { closes_s: last.closes_s.saturating_add(1), ..last };
		let mut products = alloc::vec![other; MAX_PRODUCTS as usize];
		products[0] = last;
		parameters.products = BoundedVec::truncate_from(products);
	});
	let (interval, _) = session::<T>(1);
	let most = T::MaxSteps::get();
	for product in 1..MAX_PRODUCTS as ProductId {
		crowd::<T>((interval, product), most);
		let highest = price::<T>(most.saturating_sub(1));
		let offer = BoundedVec::truncate_from(alloc::vec![Step { side: Side::Sell, price: highest, wh: 1 }]);
		let seller = RawOrigin::Signed(seller.clone());
		Pallet::<T>::place(seller.into(), interval, product, selling, offer).expect("a sale like any other; qed");
		let buyer = RawOrigin::Signed(account.clone());
		Pallet::<T>::place(buyer.into(), interval, product, point, curve::<T>(0, most)).expect("there is room; qed");
	}
	T::BenchmarkHelper::set_time(gate::<T>().closure());
	for _ in 1..MAX_PRODUCTS {
		Pallet::<T>::open_and_close(&mut WeightMeter::new());
	}
	let ended = |product| Sessions::<T>::get(interval, product).is_some_and(|session| session.outcome.is_some());
	assert!(!ended(0) && (1..MAX_PRODUCTS as ProductId).all(ended));
	crowd::<T>((interval, 0), count);
	// As long a record of the owner's orders as there can be.
	let owner = T::Grid::point(point).expect("it has been added; qed").owner;
	T::Traders::standing_changed(owner, StandingSteps::longest(Pallet::<T>::first_ahead()));
	// As many levels as there may be, so that it matters how many the zone has.
	let most = Intervals::<T>::get(interval).and_then(|record| record.admitted.first().copied()).unwrap_or(count);
	Sessions::<T>::mutate(interval, 0, |session| session.as_mut().map(|session| session.levels = most));
	((interval, 0), account, point)
}

/// Orders of one step each, put into a session as `place` would have put them there.
pub(super) fn stand<T: Config>(id: SessionId, orders: u32, at: impl Fn(u32) -> (ZoneId, Step)) {
	let (_, mut session) = records::<T>(id);
	let account: T::AccountId = account("standing", 0, 0);
	for i in 0..orders {
		let (zone, step) = at(i);
		let price = PriceKey::from(step.price);
		let mut level = Levels::<T>::get((id.0, id.1, zone, price)).unwrap_or_else(|| {
			session.levels += 1;
			Level::default()
		});
		let (sum, arrivals) = level.side_mut(step.side);
		let steps = BoundedVec::truncate_from(alloc::vec![QueuedStep { step, arrival: *arrivals }]);
		let mut queue = Queue::<T>::at(id, zone, price);
		sums::append(&mut queue, step.side, *arrivals, step.wh).expect("the queue has room; qed");
		(*sum, *arrivals) = (*sum + step.wh, *arrivals + 1);
		Levels::<T>::insert((id.0, id.1, zone, price), level);
		let order = Order { account: account.clone(), zone, arrival: i, steps, held: 0 };
		Orders::<T>::insert((id.0, id.1, PointId::MAX - i), order);
		let offered = if step.side == Side::Buy { &mut session.offered_buy } else { &mut session.offered_sell };
		*offered += step.wh;
	}
	(session.orders, session.arrivals) = (orders, orders);
	Sessions::<T>::insert(id.0, id.1, session);
}

/// Most orders of a book that is measured.
pub(super) const MOST_IN_BOOK: u32 = 100_000;

/// Lets as many orders stand in the sessions before a gate as when a book is at its largest: what is left of
/// [`MOST_IN_BOOK`] stands in the next one. So states are of equal size, and what differs is the book.
pub(super) fn stand_elsewhere<T: Config>(id: SessionId, orders: u32, at: impl Fn(u32) -> (ZoneId, Step)) {
	let next = Gates::<T>::iter_keys().map(|key| key.session()).find(|other| *other != id);
	stand::<T>(next.expect("another session is open; qed"), MOST_IN_BOOK.saturating_sub(orders), at);
}

/// A session in which `orders` purchases stand at the lowest price of zone 0, and who may trade there.
pub(super) fn trader_in_book<T: Config>(orders: u32) -> (SessionId, T::AccountId, PointId) {
	T::BenchmarkHelper::grid(1);
	let (account, point) = T::BenchmarkHelper::point(0);
	let id = session::<T>(1);
	let step = Step { side: Side::Buy, price: price::<T>(0), wh: 1 };
	stand::<T>(id, orders, |_| (0, step));
	stand_elsewhere::<T>(id, orders, |_| (0, step));
	(id, account, point)
}

pub(super) fn assert_order<T: Config>((interval, product): SessionId, point: PointId, stands: bool) {
	assert_eq!(Orders::<T>::contains_key((interval, product, point)), stands);
}

/// Accounts with a connection point each.
type Members<T> = Vec<(<T as frame_system::Config>::AccountId, PointId)>;

/// A market with a continuous session over as many zones as there can be, that takes orders at this moment, with so many
/// traders in its uppermost and in its lowest zone. Their points are in force because they were there before it opened.
pub(super) fn book<T: Config>(uppermost: u32, lowest: u32) -> (SessionId, Members<T>, Members<T>) {
	let zones = (busbar_clearing::book::MAX_ZONES as u32).min(T::MaxZones::get());
	T::BenchmarkHelper::grid(zones);
	let uppermost = (0..uppermost).map(|_| T::BenchmarkHelper::point(0)).collect();
	let lowest = (0..lowest).map(|_| T::BenchmarkHelper::point(zones.saturating_sub(1))).collect();
	Areas::<T>::insert(0, BoundedVec::truncate_from((0..zones).collect::<Vec<_>>()));
	ParametersValue::<T>::mutate(|parameters| {
		let auction = parameters.products[0];
		let continuous = Product { kind: ProductKind::Continuous { area: 0 }, ..auction };
		parameters.products = BoundedVec::truncate_from(alloc::vec![auction, continuous]);
	});
	T::BenchmarkHelper::set_time(parameters::<T>().epoch);
	Pallet::<T>::open_and_close(&mut WeightMeter::new());
	let (interval, _) = Gates::<T>::iter_keys().next().map(|key| key.session()).expect("sessions are open; qed");
	((interval, 1), uppermost, lowest)
}

/// An order of 1 Wh, put into the book as if it had arrived and not traded. Returns its number.
pub(super) fn rest<T: Config>(
	id: SessionId,
	(account, point): &(T::AccountId, PointId),
	side: Side,
	price: Price,
) -> u64 {
	let record = Intervals::<T>::get(id.0).expect("the interval is open; qed");
	let at = T::Grid::point(*point).expect("it has been added; qed");
	let mut floor = Floor::<T>::open(id, &record, 0).ok().expect("the area is set; qed");
	let number = floor.rest(*point, at.zone as u8, at.owner, account.clone(), side, price).expect("there is room; qed");
	floor.close();
	number
}

/// Lets all places of whole orders that wait in a session be taken, each by another participant.
pub(super) fn crowd_waiting<T: Config>((interval, product): SessionId) {
	let mut book = Books::<T>::get(interval, product).expect("an order has arrived; qed");
	for n in 0..MAX_WAITING as u64 {
		let id = u64::MAX - n;
		let owner = ParticipantId(u128::from(n).to_be_bytes());
		let order = LimitOrder {
			account: account("waiting", n as u32, 0),
			owner,
			point: PointId::MAX,
			zone: 0,
			side: Side::Buy,
			price: price::<T>(0),
			wh: 1,
			whole: true,
			held: 0,
			before: None,
			behind: None,
		};
		LimitOrders::<T>::insert((interval, product, id), order);
		let place = Place { id, owner, zone: 0, side: Side::Buy, worth: 0, took: false };
		book.waiting.try_push(place).expect("a place is left; qed");
	}
	Books::<T>::insert(interval, product, book);
}

/// A limit in the middle of the bounds, on the tick.
pub(super) fn middle<T: Config>() -> Price {
	let Parameters { tick, price_floor, price_cap, .. } = parameters::<T>();
	let tick = Price::from(tick);
	(price_floor + price_cap) / 2 / tick * tick
}
