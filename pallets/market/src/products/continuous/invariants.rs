//! The invariants of continuous sessions.

use super::{
	queue::Shelf,
	types::{index, LimitOrder},
};
use crate::{
	pallet::*,
	products::places::{self, Place},
	types::{Session, SessionId},
};
use alloc::collections::BTreeMap;
use busbar_primitives::{Amount, PointId, Position, Price, Side, Terms, Wh};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Queues, heads and traders of a continuous session agree with its orders; what buyers pay is what sellers receive and
	/// the fees; bought equals sold.
	pub(super) fn check_continuous(id: SessionId, terms: &Terms, session: &Session) -> Result<(), TryRuntimeError> {
		ensure!(*session == Session { outcome: session.outcome, ..Session::default() }, "orders of no auction");
		// So its counts of an auction's book and block orders are zero, and nothing of either may be there.
		Self::check_book(id, session)?;
		let Some(book) = Books::<T>::get(id.0, id.1) else {
			ensure!(LimitOrders::<T>::iter_prefix(id).next().is_none(), "orders without a book");
			return Ok(());
		};
		let mut queues: BTreeMap<(u8, Side, Price), BTreeMap<u64, LimitOrder<T::AccountId>>> = BTreeMap::new();
		let mut standing: BTreeMap<PointId, Position> = BTreeMap::new();
		let mut waiting = 0usize;
		let shelf = Shelf::<T>::new(id, terms);
		for (number, order) in LimitOrders::<T>::iter_prefix(id) {
			ensure!(number < book.next && order.wh > 0, "an order that cannot stand");
			let sum = standing.entry(order.point).or_default();
			let side = if order.side == Side::Buy { &mut sum.bought } else { &mut sum.sold };
			*side = side.saturating_add(order.wh);
			let trader = Traders::<T>::get((id.0, id.1, order.point)).ok_or("an order has no trader")?;
			ensure!(trader.open.contains(&number), "a trader does not know its order");
			if order.whole {
				let place =
					book.waiting.iter().find(|place| place.id == number).ok_or("a whole order does not wait")?;
				let LimitOrder { owner, zone, side, price, wh, .. } = order;
				let right = Place { owner, zone: zone.into(), side, worth: shelf.worth(side, price, wh), ..*place };
				ensure!(*place == right, "a whole order waits on another's place");
				waiting = waiting.saturating_add(1);
			} else {
				queues.entry((order.zone, order.side, order.price)).or_default().insert(number, order);
			}
		}
		ensure!(waiting == book.waiting.len(), "a waiting order is gone");
		ensure!(places::keeps_quotas(&book.waiting), "a participant has more places than its quota");
		ensure!(PriceQueues::<T>::iter_prefix(id).count() == queues.len(), "a queue has no orders");
		for ((zone, side, _), queue) in &queues {
			let numbers: alloc::vec::Vec<u64> = queue.keys().copied().collect();
			for (at, order) in queue.values().enumerate() {
				let before = at.checked_sub(1).and_then(|at| numbers.get(at)).copied();
				let behind = numbers.get(at.saturating_add(1)).copied();
				ensure!((order.before, order.behind) == (before, behind), "a queue is not in the order of arrival");
			}
			// The queue behind it is the one with the next worse price.
			let Some(last) = queue.values().next_back() else { continue };
			let worse = |price: &Price| if *side == Side::Buy { *price < last.price } else { *price > last.price };
			let mut prices: alloc::vec::Vec<Price> =
				queues.keys().filter(|(z, s, p)| z == zone && s == side && worse(p)).map(|(.., p)| *p).collect();
			prices.sort_unstable();
			let next = if *side == Side::Buy { prices.last() } else { prices.first() };
			let next = next.and_then(|price| queues.get(&(*zone, *side, *price))?.keys().next().copied());
			ensure!(shelf.behind_price(last) == next, "the price map does not find the next price");
		}
		for (place, zone) in book.zones.iter().enumerate() {
			for side in [Side::Buy, Side::Sell] {
				let mine = queues.iter().filter(|((z, s, _), _)| usize::from(*z) == place && *s == side);
				let best = match side {
					Side::Buy => mine.max_by_key(|((.., price), _)| *price),
					Side::Sell => mine.min_by_key(|((.., price), _)| *price),
				};
				let head = best.and_then(|((.., price), queue)| Some((*price, *queue.keys().next()?)));
				ensure!(zone.heads[index(side)] == head, "a head is not the first order of its side");
			}
		}
		let (mut bought, mut sold, mut amounts) = (0 as Wh, 0 as Wh, 0 as Amount);
		for (point, trader) in Traders::<T>::iter_prefix(id) {
			ensure!(trader.standing == standing.remove(&point).unwrap_or_default(), "a trader's standing is wrong");
			bought = bought.checked_add(trader.position.bought).ok_or("bought energy overflows")?;
			sold = sold.checked_add(trader.position.sold).ok_or("sold energy overflows")?;
			amounts = amounts.checked_add(trader.amount).ok_or("amounts overflow")?;
		}
		ensure!(standing.is_empty(), "an order has no trader");
		ensure!((bought, sold) == (book.traded, book.traded), "bought and sold energy differ");
		ensure!(amounts.checked_add_unsigned(book.fees) == Some(0), "payments less receipts are not the fees");
		Ok(())
	}
}
