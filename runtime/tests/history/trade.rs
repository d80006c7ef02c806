//! What members and the grid operator do before delivery: orders, limits, reductions, retailers, securities.

use super::{is_guaranteed, owner, Network, FEE, FIRST_MEMBER, LONG, POINTS, SHORT};
use busbar_harness::{id, AGGREGATOR, DSO, RETAILER};
use busbar_mocks::Random;
use busbar_primitives::{Balance, Flexibility, Link, Reduction, Side, Step, TimeInForce, Wh};
use busbar_runtime::{pallet_flexibility, pallet_grid, pallet_market, pallet_securities, pallet_supply, Securities};
use frame_support::BoundedVec;
use pallet_securities::Backing;

impl Network {
	fn steps(&mut self) -> Vec<Step> {
		let side = |random: &mut Random| if random.once_in(2) { Side::Buy } else { Side::Sell };
		let count = 1 + self.random.below(3);
		(0..count)
			.map(|_| {
				let price = i64::from(self.random.below(500)) * 1_000;
				Step { side: side(&mut self.random), price, wh: 1 + Wh::from(self.random.below(2_000)) }
			})
			.collect()
	}

	pub(super) fn order(&mut self) {
		let (interval, product) = (self.open(), self.random.below(2) as u8);
		let point = if self.random.once_in(4) { 0 } else { self.point() };
		let steps = match point {
			// The utility's ladder, so that what the members lack or have left finds a price.
			0 => [(Side::Sell, SHORT), (Side::Buy, LONG)].map(|(side, price)| Step { side, price, wh: 9_000 }).to_vec(),
			_ => self.steps(),
		};
		let steps: BoundedVec<_, _> = steps.try_into().expect("few steps");
		let call = match self.random.below(8) {
			0 => pallet_market::Call::cancel { interval, product, point },
			1..=2 => pallet_market::Call::replace { interval, product, point, steps },
			_ => pallet_market::Call::place { interval, product, point, steps },
		};
		// Now and then in another's name.
		let who = if self.random.once_in(20) { FIRST_MEMBER } else { owner(point) };
		self.try_to(who, call);
	}

	pub(super) fn trade_continuously(&mut self) {
		let (interval, product, point) = (self.open(), 2, self.point());
		let Step { side, price, wh } = self.steps()[0];
		let time_in_force = *self.random.one_of(&[TimeInForce::GoodTillGate, TimeInForce::ImmediateOrCancel]);
		let submit = pallet_market::Call::submit { interval, product, point, side, price, wh, time_in_force };
		self.try_to(owner(point), submit);
	}

	pub(super) fn publish(&mut self) {
		let interval = self.open();
		let limit = Some(u64::from(self.random.below(10_000)));
		let link = Link { import_w: limit, export_w: limit, fee: self.random.below(FEE) };
		let links = BoundedVec::truncate_from(vec![(2, link)]);
		self.try_to(DSO, pallet_grid::Call::publish { interval, links });
	}

	pub(super) fn reduce(&mut self) {
		let (interval, point) = (self.open(), self.point());
		let reduction = if self.random.once_in(2) { Reduction::Load } else { Reduction::Generation };
		let price = i64::from(self.random.below(50_000));
		let order = Flexibility { reduction, wh: 1 + Wh::from(self.random.below(1_500)), price, penalty: price / 2 };
		if self.random.once_in(4) {
			let free = Flexibility { penalty: 0, ..order };
			self.try_to(DSO, pallet_flexibility::Call::order_reduction { interval, point, order: free });
			return;
		}
		let offer = pallet_flexibility::Call::offer { interval, point, offer: Some(order) };
		if self.try_to(owner(point), offer) && self.random.once_in(2) {
			self.try_to(DSO, pallet_flexibility::Call::order_reduction { interval, point, order });
		}
	}

	pub(super) fn retailer(&mut self) {
		let point = self.point();
		// Most points are nobody's but their owners', because a retailer's do not trade.
		let retailer = self.random.once_in(3).then(|| id(RETAILER));
		self.try_to(owner(point), pallet_supply::Call::choose { point, retailer });
		self.try_to(RETAILER, pallet_supply::Call::serve { point });
		if self.random.once_in(4) {
			let point = self.point();
			self.try_to(RETAILER, pallet_supply::Call::resign { point });
		}
	}

	pub(super) fn secure(&mut self) {
		// What a guarantor was drawn on, and what consumption asks for besides, it mostly adds.
		for point in (0..POINTS).filter(|point| is_guaranteed(*point)) {
			let lacks = Securities::security_of(point).filter(|known| !known.suffices);
			if let Some(known) = lacks.filter(|_| !self.random.once_in(3)) {
				let amount = known.least.saturating_sub(known.guarantee);
				self.try_to(AGGREGATOR, pallet_securities::Call::guarantee { point, amount });
			}
		}
		let (point, amount) = (self.point(), Balance::from(self.random.below(300_000_000)));
		let (backing, who) = match self.random.below(2) {
			0 => (Backing::Deposit, owner(point)),
			_ => (Backing::Guarantee, *self.random.one_of(&[RETAILER, AGGREGATOR])),
		};
		match (self.random.below(4), backing) {
			(0, _) => self.try_to(who, pallet_securities::Call::give_notice { point, backing, amount }),
			(1, _) => self.try_to(who, pallet_securities::Call::release { point, backing }),
			(_, Backing::Deposit) => self.try_to(who, pallet_securities::Call::deposit { point, amount }),
			(_, Backing::Guarantee) => self.try_to(who, pallet_securities::Call::guarantee { point, amount }),
		};
		let (who, amount) = (owner(point), Balance::from(self.random.below(300_000_000)));
		let participant = id(who);
		match self.random.below(4) {
			0 => self.try_to(who, pallet_securities::Call::margin_out { participant, amount }),
			1..=2 => self.try_to(who, pallet_securities::Call::margin_in { participant, amount }),
			_ => false,
		};
	}
}
