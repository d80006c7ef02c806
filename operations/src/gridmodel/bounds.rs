//! What the chain and the built world bound.

use super::{Fault, Plan, PlannedPoint};
use busbar_primitives::{energy, unsettled_at_once, Balance, Fee, Price, Watt};

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
	/// Greatest sum of the fees from a zone to the root.
	pub path_fee: Fee,
	/// How many intervals' consumption can be unsettled at once.
	pub unsettled: u32,
}

impl Prices {
	/// The devnet's at genesis.
	pub const DEVNET: Self = Self { cap: 1_000_000, floor: 0, short_max: 300_000, path_fee: 100_000, unsettled: 12 };
	/// What the devnet may issue at genesis: a thousand million EUR, in nEUR.
	pub const DEVNET_CEILING: Balance = 1_000_000_000_000_000_000;

	/// Money for `power` over one interval at `price`, in nEUR.
	pub fn of(price: Price, power: Watt, interval_s: u32) -> Balance {
		Balance::from(price.unsigned_abs()).saturating_mul(Balance::from(energy(power, interval_s)))
	}

	/// What an account needs: its deposit, collateral for its rating at the worst price of eight intervals, and 50 EUR of working
	/// money, in nEUR.
	pub fn need(&self, power: Watt, interval_s: u32) -> Balance {
		self.for_orders(power, interval_s).saturating_add(self.deposit(power, interval_s))
	}

	fn for_orders(&self, power: Watt, interval_s: u32) -> Balance {
		let worst = self.cap.saturating_abs().max(self.short_max.saturating_abs());
		let worst = worst.saturating_add(self.floor.saturating_abs());
		Self::of(worst, power, interval_s).saturating_mul(INTERVALS_COVERED).saturating_add(WORKING_MONEY)
	}

	/// What secures consumption at a connection point, in nEUR: with it the chain takes orders that buy, even if the point draws
	/// its rating in all intervals that can be unsettled at once (docs/settlement.md).
	pub fn deposit(&self, power: Watt, interval_s: u32) -> Balance {
		let dearest = self.short_max.saturating_add(self.path_fee.into()).max(self.cap);
		let worst = Self::of(dearest, power, interval_s).saturating_mul(self.unsettled.into());
		// So that less than nine tenths of it are used.
		worst.saturating_mul(10).div_ceil(9).saturating_add(1)
	}

	/// What of the money that a deposit leaves is margin, which alone secures orders, in nEUR.
	pub fn margin(&self, power: Watt, interval_s: u32) -> Balance {
		margin_of(self.for_orders(power, interval_s))
	}

	/// What the utility needs for a coupling, whose order has two sides, in nEUR. Nothing is deposited for it.
	pub fn need_of_coupling(&self, coupling_w: Watt, interval_s: u32) -> Balance {
		self.for_orders(coupling_w.saturating_mul(2), interval_s)
	}

	/// How many intervals' consumption can be unsettled at once, where the first run is due so long after delivery and an interval
	/// lasts so long, in s of chain time.
	pub fn unsettled(first_run_s: u32, interval_clock_s: u32) -> u32 {
		unsettled_at_once(first_run_s.into(), interval_clock_s.into())
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
			"all points need {} EUR as deposits and as collateral of their orders, and the chain can issue {} EUR more; the greatest is {} at bus \
			 {bus} with {} W",
			eur(sum),
			eur(left),
			greatest.name,
			power(greatest)
		);
		Err(Fault::row("points.csv", greatest.row, what))
	}
}
