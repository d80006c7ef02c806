//! What a connection point owes and receives for an interval. Pure: no storage.
//!
//! With P the position, Q the energy that the grid operator ordered not to be used or fed in (never more than was
//! contracted in that direction), M the metered energy and F the fees of the path to the root:
//!
//! ```text
//! corrected position   C = P - Q of load, P + Q of generation
//! imbalance            I = M - C, at max(short + levy + F, r, t) if short, else at min(long - levy - F, r, t)
//! tolerated of it      at most |C| x tolerance, rounded down, at max(r, t) or min(r, t) instead
//! reference            R = the lesser of P and the baseline, in the direction of the order
//! delivered            D = R - M of load, M - R of generation, within 0 and Q
//! flexibility          price x D - penalty x (Q - (R - M), or Q - (M - R), if above 0)
//! curtailment          load: value of Q; generation: value of D - value of Q
//! ```
//!
//! r is the price of the zone's last auction that counts: from M = C on, moving consumption from one zone to
//! another gains no more than the two prices differ, and within a zone nothing. t is the price at which energy was traded that is then not delivered,
//! or not used: of a short's imbalance the first -C, of a long's the first C, the contracts that are best for the owner
//! first. Whoever sells what it does not deliver, or buys what it does not use, keeps nothing of it. What is beyond that was
//! never traded, and r alone bounds its price. What is tolerated is what gains most by it.
//!
//! The contract lines stay as they were traded, so nobody else's money depends on an order of the grid operator. It takes
//! Q over at the value that it was traded at: a member that bought Q gets that back, one that sold Q returns it and is
//! compensated for what it truly did not feed in, so that ignoring an order pays for neither. The balance-responsible
//! party is paid the short price for the energy that is missing, or pays the long price for what is left. Delivery counts
//! from what the point would have used or fed in, so that to contract more for being paid to use less pays nothing.

use crate::{PostedPrices, Sharing};
use alloc::vec::Vec;
use busbar_primitives::{
	stored, Amount, Balance, Contract, Fee, Flexibility, PointKind, PostedBounds, Price, Reduction, SignedWh, Wh,
};
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

/// The price per Wh at which a party that takes `wh` receives `amount`; 0 where no single price is that.
pub fn price_of(wh: SignedWh, amount: Amount) -> Price {
	let price = amount.checked_neg().and_then(|paid| paid.checked_div(wh.into()));
	price.and_then(|price| Price::try_from(price).ok()).filter(|price| receipt(*price, wh) == amount).unwrap_or(0)
}

/// What a point traded in an interval, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
	pub kind: PointKind,
	/// What it bought and sold, session by session.
	pub contracts: Vec<Contract>,
	/// Their sum, in Wh.
	pub position: SignedWh,
	/// The price of its zone in the last auction that counts, within the bounds of orders' prices, in nEUR/Wh.
	pub price: Option<Price>,
	/// Sum of the fees on the path to the root, in nEUR/Wh.
	pub path_fee: Fee,
	/// What the grid operator ordered.
	pub ordered: Option<Flexibility>,
	/// What it would have drawn by what like days say, in Wh, if it was ordered to draw less and there are such days.
	pub baseline: Option<SignedWh>,
}

/// What a reading comes to at one point.
#[stored(Copy, Default)]
pub struct Outturn {
	/// Metered energy less corrected position, in Wh.
	pub imbalance: SignedWh,
	/// What the member receives for what of it is not tolerated, in nEUR.
	pub charged: Amount,
	/// What of it is tolerated, in Wh.
	pub tolerated: SignedWh,
	/// What the member receives for that, in nEUR.
	pub forgiven: Amount,
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
	/// What of its credits for an order nobody has funded, in nEUR: it is owed by who ordered.
	pub unfunded: Balance,
	/// What of the balance-responsible party's.
	pub unfunded_perimeter: Balance,
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
		// Together at most 2^63 Wh, each at less than 2^63.
		self.charged.saturating_add(self.forgiven)
	}

	/// What the member should receive for what was ordered, in nEUR.
	pub fn for_order(&self) -> Option<Amount> {
		self.curtailment.checked_add(self.flexibility)?.checked_add(self.non_delivery)
	}

	/// All that the member receives, in nEUR.
	pub fn amount(&self) -> Option<Amount> {
		let unfunded = Amount::try_from(self.unfunded).ok()?;
		self.imbalance_amount().checked_add(self.for_order()?)?.checked_sub(unfunded)
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

	/// From where delivery counts: the lesser of position and baseline.
	fn reference(&self, reduction: Reduction) -> SignedWh {
		let baseline = self.baseline.unwrap_or(self.position);
		match reduction {
			Reduction::Load => self.position.min(baseline).max(0),
			Reduction::Generation => self.position.max(baseline).min(0),
		}
	}

	/// What was paid or received for `wh` of the position, in nEUR: the share of its contracts, rounded down, at prices that
	/// are among theirs, whatever was bought and sold back. `None` beyond the type's range.
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
		let share = if value < 0 { share.saturating_neg() } else { share };
		let at = |price: Price| Amount::from(price).checked_mul(wh.into());
		let least = at(self.contracts.iter().map(|contract| contract.lowest).min()?)?;
		let most = at(self.contracts.iter().map(|contract| contract.highest).max()?)?;
		Some(share.max(least).min(most))
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

	/// What metered energy comes to. Only a coupling may have none: what it supplied is then not known. `None` beyond the types'
	/// ranges, and of another point without metered energy.
	pub fn outturn(&self, tariff: &Tariff, metered: Option<SignedWh>) -> Option<Outturn> {
		if self.kind == PointKind::Coupling {
			let supplied = metered.map(SignedWh::saturating_neg);
			return Some(Outturn { supplied, ..Outturn::default() });
		}
		let metered = metered?;
		let taken = self.taken_over();
		let imbalance = metered.checked_sub(self.corrected())?;
		let size = Balance::from(imbalance.unsigned_abs());
		let levy = if imbalance > 0 { tariff.levy_short } else { tariff.levy_long };
		let (tolerated, forgiven, charged) = self.imbalance(tariff, imbalance);
		let excess = Balance::from(imbalance.saturating_sub(tolerated).unsigned_abs());
		let mut outturn = Outturn {
			imbalance,
			charged,
			tolerated,
			forgiven,
			// 2^32 x 2^64, and 2^63 x 2^64 fit.
			path_fees: Balance::from(self.path_fee) * size,
			levy: Balance::from(levy.unsigned_abs()) * excess,
			drawn: metered,
			..Outturn::default()
		};
		if let Some(ordered) = self.ordered.filter(|_| taken > 0) {
			let reference = self.reference(ordered.reduction);
			let reduced = match ordered.reduction {
				Reduction::Load => reference.checked_sub(metered)?,
				Reduction::Generation => metered.checked_sub(reference)?,
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

	/// What of an imbalance is tolerated, in Wh, and what the member receives for that and for the rest, in nEUR.
	fn imbalance(&self, tariff: &Tariff, imbalance: SignedWh) -> (SignedWh, Amount, Amount) {
		let short = imbalance > 0;
		let worse = |one: Price, other: Price| if short { one.max(other) } else { one.min(other) };
		let fee = Price::from(self.path_fee);
		let dear = tariff.posted.short.saturating_add(tariff.levy_short).saturating_add(fee);
		let cheap = tariff.posted.long.saturating_sub(tariff.levy_long).saturating_sub(fee);
		// What it costs beyond the band, and what it costs at least within it: whatever two who trade with each other made of the
		// zone's price, nobody draws for less than what energy that is left over earns.
		let (posted, least) = if short { (dear, cheap) } else { (cheap, dear) };
		// Without a price of its zone nothing says what energy was worth there, so nothing is tolerated.
		let band = self.price.map_or(0, |_| tariff.tolerance.mul_floor(self.corrected().unsigned_abs()));
		let mut room = band.min(imbalance.unsigned_abs());
		let taken = |price: Price, wh: Wh| {
			let amount = Amount::from(price).saturating_mul(wh.into());
			if short {
				amount.saturating_neg()
			} else {
				amount
			}
		};
		let (mut tolerated, mut forgiven, mut charged): (Wh, Amount, Amount) = (0, 0, 0);
		for (traded, wh) in self.traded(imbalance) {
			let bound = [self.price, traded].into_iter().flatten().reduce(worse);
			let within = wh.min(room);
			room = room.saturating_sub(within);
			tolerated = tolerated.saturating_add(within);
			forgiven = forgiven.saturating_add(taken(bound.map_or(posted, |bound| worse(bound, least)), within));
			let price = bound.map_or(posted, |bound| worse(posted, bound));
			charged = charged.saturating_add(taken(price, wh.saturating_sub(within)));
		}
		let tolerated = SignedWh::try_from(tolerated).unwrap_or(SignedWh::MAX);
		(if short { tolerated } else { tolerated.saturating_neg() }, forgiven, charged)
	}

	/// An imbalance in parts, in Wh, each with the price at which it was traded: first what never was, then contracts in the
	/// order in which the owner would choose not to keep them.
	fn traded(&self, imbalance: SignedWh) -> Vec<(Option<Price>, Wh)> {
		let short = imbalance > 0;
		let side = |wh: SignedWh| if short { wh.min(0).unsigned_abs() } else { wh.max(0).unsigned_abs() };
		let mut left = side(self.corrected()).min(imbalance.unsigned_abs());
		let mut parts = Vec::with_capacity(self.contracts.len().saturating_add(1));
		parts.push((None, imbalance.unsigned_abs().saturating_sub(left)));
		let mut contracts: Vec<(Price, Wh)> = self
			.contracts
			.iter()
			.filter_map(|contract| Some((average(contract)?, side(contract.position.net()?))))
			.collect();
		contracts.sort_unstable_by_key(|(price, _)| if short { *price } else { price.saturating_neg() });
		for (price, wh) in contracts {
			let wh = wh.min(left);
			left = left.saturating_sub(wh);
			parts.push((Some(price), wh));
		}
		parts.retain(|(_, wh)| *wh > 0);
		parts
	}
}

/// What a Wh of a contract was sold or bought for on average, in nEUR/Wh, rounded so that it is no better for the owner.
/// Within the prices of its trades: of a continuous book, where a point can do both, the money of both is in it. `None` of
/// one that comes to nothing.
fn average(contract: &Contract) -> Option<Price> {
	let net = Amount::from(contract.position.net()?);
	// Sold: amount > 0, rounded up; bought: less is received back when rounded down.
	let price = match net {
		0 => return None,
		bought if bought > 0 => contract.amount.checked_neg()?.div_euclid(bought),
		sold => contract.amount.checked_neg()?.div_euclid(sold.checked_neg()?).checked_neg()?,
	};
	let price = Price::try_from(price).unwrap_or(if price < 0 { Price::MIN } else { Price::MAX });
	Some(price.max(contract.lowest).min(contract.highest))
}
