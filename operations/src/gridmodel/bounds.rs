//! What the chain and the built world bound.

use super::{Fault, Plan, PlannedPoint};
use busbar_primitives::{energy, Balance, Price, Watt};

/// Most power of a point, in W: more than any plant or load has.
pub const MOST_POWER: Watt = 100_000_000_000;
/// How many intervals' collateral a member's money covers: those open, in delivery and in settlement.
const INTERVALS_COVERED: Balance = 8;
/// Working money on top of collateral: 50 EUR, in nEUR.
const WORKING_MONEY: Balance = 50_000_000_000;

/// What a chain takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
	/// Length of an interval, in s.
	pub interval_s: u32,
	/// Most zones.
	pub zones: u32,
	/// Most links between a zone and the root.
	pub depth: u32,
	/// Greatest sum of the fees from a zone to the root, in nEUR/Wh.
	pub path_fee: u64,
	/// Most connection points.
	pub points: u32,
}

impl Bounds {
	/// What the devnet of this version takes; a running chain says it itself.
	pub const DEVNET: Self = Self { interval_s: 900, zones: 10_240, depth: 64, path_fee: 100_000, points: 131_072 };
}

/// Prices that say how much money a member needs, in nEUR/Wh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prices {
	/// Highest price of an order.
	pub cap: Price,
	/// Lowest price of an order.
	pub floor: Price,
	/// Highest price of missing energy.
	pub short_max: Price,
}

impl Prices {
	/// The devnet's price bounds at genesis.
	pub const DEVNET: Self = Self { cap: 1_000_000, floor: 0, short_max: 300_000 };
	/// What the devnet may issue at genesis: a thousand million EUR, in nEUR.
	pub const DEVNET_CEILING: Balance = 1_000_000_000_000_000_000;

	/// Money for `power` over one interval at `price`, in nEUR.
	pub fn of(price: Price, power: Watt, interval_s: u32) -> Balance {
		Balance::from(price.unsigned_abs()).saturating_mul(Balance::from(energy(power, interval_s)))
	}

	/// What an account needs: collateral for its rating at the worst price of eight intervals, and 50 EUR of working money,
	/// in nEUR.
	pub fn need(&self, power: Watt, interval_s: u32) -> Balance {
		let worst = self.cap.saturating_abs().max(self.short_max.saturating_abs());
		let worst = worst.saturating_add(self.floor.saturating_abs());
		Self::of(worst, power, interval_s).saturating_mul(INTERVALS_COVERED).saturating_add(WORKING_MONEY)
	}

	/// What secures consumption beyond orders at a connection point: its rating for one interval at the dearest imbalance, in
	/// nEUR.
	pub fn deposit(&self, power: Watt, interval_s: u32) -> Balance {
		Self::of(self.short_max, power, interval_s).max(1)
	}

	/// What of the money that a deposit leaves is margin, which alone secures orders, in nEUR.
	pub fn margin(&self, power: Watt, interval_s: u32) -> Balance {
		margin_of(self.need(power, interval_s).saturating_sub(self.deposit(power, interval_s)))
	}

	/// What the utility needs for a coupling, whose order has two sides, in nEUR.
	pub fn need_of_coupling(&self, coupling_w: Watt, interval_s: u32) -> Balance {
		self.need(coupling_w.saturating_mul(2), interval_s)
	}

	/// What of that is margin, in nEUR.
	pub fn margin_of_coupling(&self, coupling_w: Watt, interval_s: u32) -> Balance {
		margin_of(self.need_of_coupling(coupling_w, interval_s))
	}
}

/// All but 5 EUR, which stay free for what else is paid and held.
fn margin_of(money: Balance) -> Balance {
	money.saturating_sub(WORKING_MONEY / 10)
}

impl Plan {
	/// Checks that what the members and the utility need is at most `left`, the money that the chain may still issue, in
	/// nEUR.
	///
	/// # Errors
	/// If they need more; the greatest point is named.
	pub fn check_money(&self, prices: &Prices, interval_s: u32, left: Balance) -> Result<(), Fault> {
		let power = |point: &PlannedPoint| point.import_w.max(point.export_w);
		let members = self.points.iter().map(|point| prices.need(power(point), interval_s));
		let sum = members.fold(prices.need_of_coupling(self.coupling_w, interval_s), Balance::saturating_add);
		let Some(greatest) = self.points.iter().max_by_key(|point| power(point)).filter(|_| sum > left) else {
			return Ok(());
		};
		let eur = |amount: Balance| amount / 1_000_000_000;
		let bus = self.zones.get(greatest.zone).map_or(0, |zone| zone.bus);
		let what = format!(
			"the orders of all points need {} EUR as collateral, and the chain can issue {} EUR more; the greatest is {} at bus \
			 {bus} with {} W",
			eur(sum),
			eur(left),
			greatest.name,
			power(greatest)
		);
		Err(Fault::row("points.csv", greatest.row, what))
	}
}
