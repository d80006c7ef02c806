//! What a connection point owes and receives for an interval, and what that leaves to the other parties. Pure: no storage.
//!
//! With P the position, Q the energy that the grid operator ordered not to be used or fed in (never more than was
//! contracted in that direction), M the metered energy and F the fees of the path to the root:
//!
//! ```text
//! corrected position   C = P - Q of load, P + Q of generation
//! imbalance            I = M - C, at max(short + levy + F, highest price traded) if short, else at
//!                                    min(long - levy - F, lowest price traded)
//! tolerated of it      at most |C| x tolerance, rounded down, at the highest or lowest price traded instead
//! delivered            D = P - M of load, M - P of generation, within 0 and Q
//! flexibility          price x D - penalty x (Q - (P - M), or Q - (M - P), if above 0)
//! curtailment          load: value of Q; generation: value of D - value of Q
//! ```
//!
//! The contract lines stay as they were traded, so nobody else's money depends on an order of the grid operator. It takes
//! Q over at the value that it was traded at: a member that bought Q gets that back, one that sold Q returns it and is
//! compensated for what it truly did not feed in, so that ignoring an order pays for neither. The balance-responsible
//! party is paid the short price for the energy that is missing, or pays the long price for what is left.

use crate::{Flexibility, PostedPrices, Reduction, Sharing, MAX_PLAUSIBLE_WH};
use alloc::vec::Vec;
use busbar_primitives::{
	Amount, Balance, Contract, Fee, Metered, Outcome, PointKind, PostedBounds, Price, SignedWh, Wh,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Permill, Rounding};

/// What all points of an interval share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tariff {
	/// Prices of imbalances, in nEUR/Wh before path fees and levy.
	pub posted: PostedPrices,
	/// The fund's share of a short's price, in nEUR/Wh.
	pub levy_short: Price,
	/// The fund's share of a long's price, in nEUR/Wh.
	pub levy_long: Price,
	/// Who shares a surplus of the balance-responsible party.
	pub sharing: Sharing,
	/// Up to which share of its corrected position a point's imbalance is tolerated.
	pub tolerance: Permill,
}

impl Tariff {
	/// The levy is cut where it would take a price out of the interval's bounds, which collateral counts on.
	pub fn new(posted: PostedPrices, levy: Price, sharing: Sharing, tolerance: Permill, bounds: &PostedBounds) -> Self {
		let room = |room: Price| levy.min(room).max(0);
		Self {
			posted,
			levy_short: room(bounds.short_max.saturating_sub(posted.short)),
			levy_long: room(posted.long.saturating_sub(bounds.long_min)),
			sharing,
			tolerance,
		}
	}
}

/// What a party that takes `wh` at `price` receives, in nEUR. Cannot overflow: 2^63 x 2^63 < 2^127.
pub fn receipt(price: Price, wh: SignedWh) -> Amount {
	(Amount::from(price) * Amount::from(wh)).saturating_neg()
}

/// Import less export of a reading; `None` if one of them is beyond [`MAX_PLAUSIBLE_WH`], so that it counts as none.
pub fn plausible_net(metered: &Metered) -> Option<SignedWh> {
	(metered.import.max(metered.export) <= MAX_PLAUSIBLE_WH).then(|| metered.net()).flatten()
}

/// What a point traded in an interval, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
	pub kind: PointKind,
	/// What it bought and sold, session by session.
	pub contracts: Vec<Contract>,
	/// Their sum, in Wh.
	pub position: SignedWh,
	/// The price of its zone, if a session cleared.
	pub price: Option<Price>,
	/// Sum of the fees on the path to the root, in nEUR/Wh.
	pub path_fee: Fee,
	/// What the grid operator ordered.
	pub ordered: Option<Flexibility>,
}

/// What a reading comes to at one point.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Outturn {
	/// Metered energy less corrected position, in Wh.
	pub imbalance: SignedWh,
	/// Its price, in nEUR/Wh.
	pub rate: Price,
	/// What of it is tolerated, in Wh.
	pub tolerated: SignedWh,
	/// The price of that, in nEUR/Wh.
	pub tolerated_rate: Price,
	/// Fees of its path to the root, in nEUR.
	pub path_fees: Balance,
	/// The fund's share, in nEUR.
	pub levy: Balance,
	/// What was delivered of what the grid operator ordered, in Wh.
	pub delivered: Wh,
	/// What was not, in Wh.
	pub undelivered: Wh,
	/// What the member receives for contracted energy that the grid operator took over, in nEUR.
	pub curtailment: Amount,
	/// What the member receives for the one, in nEUR.
	pub flexibility: Amount,
	/// What the member receives for the other, in nEUR; not above 0.
	pub non_delivery: Amount,
	/// What it drew from the grid, in Wh; 0 for the root's meters.
	pub drawn: SignedWh,
	/// What a root meter supplied to the grid, in Wh; `None` for other points and without a reading.
	pub supplied: Option<SignedWh>,
}

impl Outturn {
	/// What of the imbalance is not tolerated, in Wh.
	pub fn excess(&self) -> SignedWh {
		self.imbalance.saturating_sub(self.tolerated)
	}

	/// What the member receives for its imbalance, in nEUR.
	pub fn imbalance_amount(&self) -> Amount {
		// Both have the same sign, and sum to less than 2^126.
		receipt(self.rate, self.excess()).saturating_add(receipt(self.tolerated_rate, self.tolerated))
	}

	/// All that the member receives, in nEUR.
	pub fn amount(&self) -> Option<Amount> {
		self.imbalance_amount()
			.checked_add(self.curtailment)?
			.checked_add(self.flexibility)?
			.checked_add(self.non_delivery)
	}
}

impl Delivery {
	/// What of the grid operator's order is contracted energy, in Wh.
	pub fn taken_over(&self) -> Wh {
		let contracted = |reduction| match reduction {
			Reduction::Load => self.position.max(0).unsigned_abs(),
			Reduction::Generation => self.position.min(0).unsigned_abs(),
		};
		self.ordered.map_or(0, |ordered| ordered.wh.min(contracted(ordered.reduction)))
	}

	/// The position less what the grid operator took over. Lies between zero and the position.
	pub fn corrected(&self) -> SignedWh {
		let taken = SignedWh::try_from(self.taken_over()).unwrap_or(SignedWh::MAX);
		match self.ordered.map(|ordered| ordered.reduction) {
			Some(Reduction::Load) => self.position.saturating_sub(taken),
			Some(Reduction::Generation) => self.position.saturating_add(taken),
			None => self.position,
		}
	}

	/// What was paid or received for `wh` of the position, in nEUR: the share of its contracts, rounded down. `None` beyond
	/// the type's range.
	fn value(&self, wh: Wh) -> Option<Amount> {
		if wh == 0 {
			return Some(0);
		}
		let received = self.contracts.iter().try_fold(0, |sum: Amount, contract| sum.checked_add(contract.amount))?;
		let value = if self.position > 0 { received.checked_neg()? } else { received };
		let size = self.position.unsigned_abs();
		let rounding = if value < 0 { Rounding::Up } else { Rounding::Down };
		let share = multiply_by_rational_with_rounding(value.unsigned_abs(), wh.into(), size.into(), rounding)?;
		let share = Amount::try_from(share).ok()?;
		Some(if value < 0 { share.saturating_neg() } else { share })
	}

	/// What the balance-responsible party receives for the energy that the grid operator took over, in nEUR.
	pub fn perimeter(&self, posted: &PostedPrices) -> Amount {
		let taken = Amount::from(self.taken_over());
		match self.ordered.map(|ordered| ordered.reduction) {
			Some(Reduction::Load) => taken.saturating_mul(posted.long.into()).saturating_neg(),
			Some(Reduction::Generation) => taken.saturating_mul(posted.short.into()),
			None => 0,
		}
	}

	/// What a reading comes to; without one the point is taken to have kept to its corrected position, and nothing shows
	/// that it delivered what was ordered. `None` beyond the types' ranges.
	pub fn outturn(&self, tariff: &Tariff, metered: Option<SignedWh>) -> Option<Outturn> {
		if self.kind == PointKind::Coupling {
			let supplied = metered.map(SignedWh::saturating_neg);
			return Some(Outturn { supplied, ..Outturn::default() });
		}
		let corrected = self.corrected();
		let taken = self.taken_over();
		let Some(metered) = metered else {
			let curtailment = if self.position > 0 { self.value(taken)? } else { 0 };
			return Some(Outturn { drawn: corrected, curtailment, ..Outturn::default() });
		};
		let imbalance = metered.checked_sub(corrected)?;
		let size = Balance::from(imbalance.unsigned_abs());
		let levy = if imbalance > 0 { tariff.levy_short } else { tariff.levy_long };
		let (tolerated, tolerated_rate) = self.tolerated(tariff, imbalance);
		let excess = Balance::from(imbalance.saturating_sub(tolerated).unsigned_abs());
		let mut outturn = Outturn {
			imbalance,
			rate: self.rate(tariff, imbalance),
			tolerated,
			tolerated_rate,
			// 2^32 x 2^64, and 2^63 x 2^64 fit.
			path_fees: Balance::from(self.path_fee) * size,
			levy: Balance::from(levy.unsigned_abs()) * excess,
			drawn: metered,
			..Outturn::default()
		};
		if let Some(ordered) = self.ordered.filter(|_| taken > 0) {
			let reduced = match ordered.reduction {
				Reduction::Load => self.position.checked_sub(metered)?,
				Reduction::Generation => metered.checked_sub(self.position)?,
			};
			let undelivered = i128::from(taken).checked_sub(reduced.into())?.max(0);
			outturn.delivered = taken.min(reduced.max(0).unsigned_abs());
			outturn.undelivered = Wh::try_from(undelivered).ok()?;
			outturn.curtailment = match ordered.reduction {
				Reduction::Load => self.value(taken)?,
				Reduction::Generation => self.value(outturn.delivered)?.checked_sub(self.value(taken)?)?,
			};
			outturn.flexibility = Amount::from(ordered.price).checked_mul(outturn.delivered.into())?;
			outturn.non_delivery = Amount::from(ordered.penalty).checked_mul(undelivered)?.checked_neg()?;
		}
		Some(outturn)
	}

	/// What of an imbalance is tolerated, in Wh, and its price: the least favourable one that the point traded at. A point
	/// that did not trade has nothing that it could have kept to.
	fn tolerated(&self, tariff: &Tariff, imbalance: SignedWh) -> (SignedWh, Price) {
		let Some(price) = self.price_traded(imbalance) else { return (0, 0) };
		let band = tariff.tolerance.mul_floor(self.corrected().unsigned_abs());
		let band = SignedWh::try_from(band).unwrap_or(SignedWh::MAX);
		(imbalance.clamp(band.saturating_neg(), band), price)
	}

	/// The least favourable price that the point traded at: the highest for a short, the lowest for a long.
	fn price_traded(&self, imbalance: SignedWh) -> Option<Price> {
		let contracts = self.contracts.iter();
		if imbalance > 0 {
			contracts.map(|contract| contract.highest).max()
		} else {
			contracts.map(|contract| contract.lowest).min()
		}
	}

	/// Price of an imbalance: never better than the prices that the point traded at, or, if it did not trade, than the
	/// price of its zone.
	fn rate(&self, tariff: &Tariff, imbalance: SignedWh) -> Price {
		let fee = Price::from(self.path_fee);
		let own = self.price_traded(imbalance).or(self.price);
		if imbalance > 0 {
			let rate = tariff.posted.short.saturating_add(tariff.levy_short).saturating_add(fee);
			own.map_or(rate, |price| rate.max(price))
		} else {
			let rate = tariff.posted.long.saturating_sub(tariff.levy_long).saturating_sub(fee);
			own.map_or(rate, |price| rate.min(price))
		}
	}
}

/// Sums over the connection points of an interval, in nEUR and Wh.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Sums {
	/// What members receive for their contracts.
	pub contract: Amount,
	/// What members receive for their imbalances.
	pub imbalance: Amount,
	/// Imbalances, in Wh.
	pub imbalance_wh: Amount,
	/// Their sizes, in Wh: what path fees are due on.
	pub deviation_wh: Amount,
	/// Grid fees for the imbalances' paths.
	pub path_fees: Amount,
	/// What of their sizes is beyond tolerance, in Wh: what the levy is due on.
	pub excess_wh: Amount,
	/// The fund's share.
	pub levies: Amount,
	/// What members receive for contracted energy that the grid operator took over.
	pub curtailment: Amount,
	/// What the balance-responsible party receives for energy that the grid operator took over.
	pub perimeter: Amount,
	/// Energy that the grid operator took over, in Wh.
	pub taken_over_wh: Amount,
	/// What members receive for flexibility, less what they pay for non-delivery.
	pub flexibility: Amount,
	/// Flexibility delivered, in Wh.
	pub delivered_wh: Amount,
	/// What points drew, in Wh.
	pub drawn_wh: Amount,
	/// What root meters supplied, in Wh.
	pub supplied_wh: Amount,
	/// Points at the coupling to the wholesale market.
	pub roots: u32,
	/// Of these, those with a reading.
	pub roots_read: u32,
}

impl Sums {
	/// Counts what a point's contracts and the grid operator's order came to, whatever its reading.
	#[must_use]
	pub fn with_delivery(mut self, delivery: &Delivery, posted: &PostedPrices) -> Option<Self> {
		for contract in &delivery.contracts {
			self.contract = self.contract.checked_add(contract.amount)?;
		}
		self.perimeter = self.perimeter.checked_add(delivery.perimeter(posted))?;
		self.taken_over_wh = self.taken_over_wh.checked_add(delivery.taken_over().into())?;
		self.roots = self.roots.saturating_add(u32::from(delivery.kind == PointKind::Coupling));
		Some(self)
	}

	/// Counts what a reading came to, or takes it out again.
	#[must_use]
	pub fn with_outturn(mut self, outturn: &Outturn, counts: bool) -> Option<Self> {
		let sign: Amount = if counts { 1 } else { -1 };
		let add = |sum: &mut Amount, amount: Amount| {
			*sum = sum.checked_add(amount.checked_mul(sign)?)?;
			Some(())
		};
		add(&mut self.imbalance, outturn.imbalance_amount())?;
		add(&mut self.imbalance_wh, outturn.imbalance.into())?;
		add(&mut self.deviation_wh, outturn.imbalance.unsigned_abs().into())?;
		add(&mut self.excess_wh, outturn.excess().unsigned_abs().into())?;
		add(&mut self.path_fees, Amount::try_from(outturn.path_fees).ok()?)?;
		add(&mut self.levies, Amount::try_from(outturn.levy).ok()?)?;
		add(&mut self.curtailment, outturn.curtailment)?;
		add(&mut self.flexibility, outturn.flexibility.checked_add(outturn.non_delivery)?)?;
		add(&mut self.delivered_wh, outturn.delivered.into())?;
		add(&mut self.drawn_wh, outturn.drawn.into())?;
		if let Some(supplied) = outturn.supplied {
			add(&mut self.supplied_wh, supplied.into())?;
			self.roots_read = if counts { self.roots_read.checked_add(1) } else { self.roots_read.checked_sub(1) }?;
		}
		Some(self)
	}

	/// Energy supplied at the root that no point drew, in Wh; `None` unless every root meter has a reading.
	pub fn losses(&self) -> Option<Amount> {
		(self.roots > 0 && self.roots == self.roots_read).then(|| self.supplied_wh.saturating_sub(self.drawn_wh))
	}

	/// What the grid operator pays for losses, in nEUR, and their price: the short price, or the long one if the points
	/// drew more than the root supplied.
	pub fn loss_cost(&self, posted: &PostedPrices) -> Option<(Amount, Price)> {
		let losses = self.losses().unwrap_or(0);
		let rate = if losses > 0 { posted.short } else { posted.long };
		Some((losses.checked_mul(rate.into())?, rate))
	}

	/// What the balance-responsible party is left with of the imbalances, in nEUR.
	pub fn residual(&self) -> Option<Amount> {
		self.imbalance.checked_neg()?.checked_sub(self.path_fees)?.checked_sub(self.levies)
	}

	/// What the balance-responsible party is left with before it shares a surplus, in nEUR.
	fn surplus(&self, posted: &PostedPrices) -> Option<Amount> {
		let (losses, _) = self.loss_cost(posted)?;
		self.residual()?.checked_add(self.perimeter)?.checked_add(losses)
	}

	/// What others receive of the balance-responsible party's surplus, in nEUR, rounded down; nothing of a loss.
	pub fn shared(&self, tariff: &Tariff) -> Option<Shared> {
		let surplus = self.surplus(&tariff.posted)?.max(0).unsigned_abs();
		let part = |share: Permill| Amount::try_from(share.mul_floor(surplus)).ok();
		Some(Shared { fund: part(tariff.sharing.fund)?, rent: part(tariff.sharing.rent)? })
	}

	/// What the parties that are not connection points receive, in nEUR. With what the points receive it sums to zero.
	pub fn parties(&self, outcome: &Outcome, tariff: &Tariff) -> Option<Parties> {
		let (losses, _) = self.loss_cost(&tariff.posted)?;
		let grid = Amount::try_from(outcome.fees)
			.ok()?
			.checked_add(self.path_fees)?
			.checked_sub(self.curtailment)?
			.checked_sub(self.perimeter)?
			.checked_sub(self.flexibility)?
			.checked_sub(losses)?;
		let shared = self.shared(tariff)?;
		Some(Parties {
			grid,
			rent: Amount::try_from(outcome.rent).ok()?.checked_add(shared.rent)?,
			balancing: self.surplus(&tariff.posted)?.checked_sub(shared.fund)?.checked_sub(shared.rent)?,
			fund: self.levies.checked_add(shared.fund)?,
		})
	}
}

/// What others receive of the balance-responsible party's surplus, in nEUR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shared {
	/// The mutual fund.
	pub fund: Amount,
	/// The account of congestion rent.
	pub rent: Amount,
}

/// What the parties that are not connection points receive, in nEUR; negative what they pay.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Parties {
	/// The grid operator.
	pub grid: Amount,
	/// The account of congestion rent.
	pub rent: Amount,
	/// The balance-responsible party.
	pub balancing: Amount,
	/// The mutual fund.
	pub fund: Amount,
}

impl Parties {
	/// The change from `before`.
	pub fn since(&self, before: &Self) -> Option<Self> {
		Some(Self {
			grid: self.grid.checked_sub(before.grid)?,
			rent: self.rent.checked_sub(before.rent)?,
			balancing: self.balancing.checked_sub(before.balancing)?,
			fund: self.fund.checked_sub(before.fund)?,
		})
	}
}
