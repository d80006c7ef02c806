//! What the points of an interval leave to the parties that are not connection points. Pure: no storage.

use crate::{
	bill::{Delivery, Outturn, Tariff},
	PostedPrices,
};
use busbar_primitives::{stored, Amount, Outcome, Party, PointKind, Price};
use sp_runtime::Permill;

/// Sums over the connection points of an interval, in nEUR and Wh.
#[stored(Copy, Default)]
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
	/// What of members' credits for orders nobody has funded.
	pub unfunded: Amount,
	/// What of the balance-responsible party's.
	pub unfunded_perimeter: Amount,
	/// What was taken for orders from those who gave them.
	pub funded: Amount,
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
	/// While one of them has none: the share of losses in what points drew, in parts per million.
	pub loss_ppm: u32,
}

const MILLION: Amount = 1_000_000;

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
		add(&mut self.unfunded, Amount::try_from(outturn.unfunded).ok()?)?;
		add(&mut self.unfunded_perimeter, Amount::try_from(outturn.unfunded_perimeter).ok()?)?;
		add(&mut self.delivered_wh, outturn.delivered.into())?;
		add(&mut self.drawn_wh, outturn.drawn.into())?;
		if let Some(supplied) = outturn.supplied {
			add(&mut self.supplied_wh, supplied.into())?;
			self.roots_read = if counts { self.roots_read.checked_add(1) } else { self.roots_read.checked_sub(1) }?;
		}
		Some(self)
	}

	/// Whether all that was supplied at the root is known.
	fn all_read(&self) -> bool {
		self.roots > 0 && self.roots == self.roots_read
	}

	/// Energy supplied at the root that no point drew, in Wh; `None` without root meters. While one of them has no reading
	/// they count together as what the points drew and the share of losses in that, rounded down.
	pub fn losses(&self) -> Option<Amount> {
		if self.all_read() {
			return Some(self.supplied_wh.saturating_sub(self.drawn_wh));
		}
		let share = self.drawn_wh.max(0).saturating_mul(self.loss_ppm.into()) / MILLION;
		(self.roots > 0).then_some(share)
	}

	/// The share of losses in what points drew, in parts per million, rounded down and at most all of it; `None` unless every
	/// root meter has a reading and the points drew something together.
	pub fn loss_share(&self) -> Option<u32> {
		let losses = self.losses().filter(|_| self.all_read() && self.drawn_wh > 0)?;
		let share = losses.checked_mul(MILLION)?.checked_div(self.drawn_wh)?;
		u32::try_from(share.clamp(0, MILLION)).ok()
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
		let perimeter = self.perimeter.checked_sub(self.unfunded_perimeter)?;
		self.residual()?.checked_add(perimeter)?.checked_add(losses)
	}

	/// What others receive of the balance-responsible party's surplus, in nEUR, rounded down; nothing of a loss.
	pub fn shared(&self, tariff: &Tariff) -> Option<Shared> {
		let surplus = self.surplus(&tariff.posted)?.max(0).unsigned_abs();
		let part = |share: Permill| Amount::try_from(share.mul_floor(surplus)).ok();
		Some(Shared { fund: part(tariff.sharing.fund)?, rent: part(tariff.sharing.rent)? })
	}

	/// What of all credits for orders nobody has funded, in nEUR.
	pub fn all_unfunded(&self) -> Option<Amount> {
		self.unfunded.checked_add(self.unfunded_perimeter)
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
			.checked_add(self.all_unfunded()?)?
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
#[stored(Copy, Default)]
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
	/// Each with what it receives, in the order of their lines.
	pub fn all(&self) -> [(Party, Amount); 4] {
		[
			(Party::GridOperator, self.grid),
			(Party::Balancing, self.balancing),
			(Party::Fund, self.fund),
			(Party::CongestionRent, self.rent),
		]
	}

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
