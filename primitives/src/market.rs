//! Words of the grid and the market: links, points, order steps, terms of an interval, positions.

use crate::{
	stored, Amount, AreaId, Balance, Fee, Interval, Moment, ParticipantId, PointId, Price, ProductId, SignedWh, Watt,
	Wh, ZoneId, FIRST_RUN,
};
use codec::{Decode, Encode};
use core::iter::Sum;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Limits and fee of the link between a zone and its parent.
#[stored(Copy, Default, serde)]
pub struct Link {
	/// Most power that may flow from the parent into the zone, in W; `None` is unlimited.
	pub import_w: Option<Watt>,
	/// Most power that may flow from the zone into its parent, in W; `None` is unlimited.
	pub export_w: Option<Watt>,
	/// Grid fee for flow in either direction, in nEUR/Wh.
	pub fee: Fee,
}

impl Link {
	/// Whether it carries more in either direction than another.
	pub fn lifts(&self, other: &Self) -> bool {
		let lifts = |new: Option<Watt>, old: Option<Watt>| old.is_some_and(|old| new.is_none_or(|new| new > old));
		lifts(self.import_w, other.import_w) || lifts(self.export_w, other.export_w)
	}
}

/// A zone as it stands in one interval's tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct ZoneView {
	pub id: ZoneId,
	/// `None` at the root.
	pub parent: Option<ZoneId>,
	/// The link to the parent with the terms in force. Meaningless at the root.
	pub link: Link,
}

/// How a connection point's delivery is known.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
	/// A home, a plant, a business: its meter tells, its imbalance is settled.
	Metered,
	/// The coupling to the wholesale market, run by the balance-responsible party. It has no imbalance of its own: the
	/// party is the counterparty of everybody else's.
	Coupling,
}

/// A connection point: where a participant meets the grid.
#[stored(Copy, serde)]
pub struct Point {
	pub owner: ParticipantId,
	pub zone: ZoneId,
	pub kind: PointKind,
	/// Most power that the point may draw, in W.
	pub import_w: Watt,
	/// Most power that the point may feed in, in W.
	pub export_w: Watt,
	/// First interval in which the point exists.
	pub from: Interval,
	/// First interval in which the point no longer exists.
	pub until: Option<Interval>,
}

impl Point {
	/// Whether the point exists in the interval.
	pub fn is_in_force(&self, interval: Interval) -> bool {
		in_force(self.from, self.until, interval)
	}
}

/// Whether what holds from `from` on and no longer from `until` on holds in an interval.
pub fn in_force(from: Interval, until: Option<Interval>, interval: Interval) -> bool {
	from <= interval && until.is_none_or(|until| interval < until)
}

/// Most market products of an interval.
pub const MAX_PRODUCTS: u32 = 4;
/// Most intervals that may be open at a time: ten days of quarter hours. Records of participants are as long as that at most.
pub const MAX_HORIZON: u32 = 1_024;
/// Most consecutive intervals that share one gate: a day of quarter hours.
pub const MAX_SPAN: u32 = 96;

/// How a product trades.
#[stored(Copy, Default, serde)]
#[serde(rename_all = "snake_case")]
pub enum ProductKind {
	/// A call auction: what stands at gate closure clears at once, at one price per zone.
	#[default]
	Auction,
	/// Continuous trading: orders of an area's zones trade as they arrive, at the resting order's price.
	Continuous { area: AreaId },
}

/// How long an order of a continuous session stands.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
	/// What does not trade at once rests until the gate closes or it is withdrawn.
	GoodTillGate,
	/// What does not trade at once is cancelled.
	ImmediateOrCancel,
	/// Trades as a whole at once, or not at all.
	FillOrKill,
	/// Trades as a whole, now or later, or not at all.
	AllOrNothing,
}

/// A market product: active energy of one interval, and when and how it trades. An interval's products trade in sessions
/// of their own; what they sell adds up.
#[stored(Copy, serde)]
#[serde(deny_unknown_fields)]
pub struct Product {
	pub kind: ProductKind,
	/// The gate opens this long before delivery starts, in s.
	pub opens_s: u32,
	/// The gate closes this long before delivery starts, in s.
	pub closes_s: u32,
	/// Consecutive intervals that share one gate and clear together, from one whose number is a multiple of it. Both gate
	/// times count from the delivery of the first. Block orders need more than 1.
	#[serde(default = "one")]
	pub span: u32,
}

fn one() -> u32 {
	1
}

impl Default for Product {
	/// An auction of single intervals whose gate never opens.
	fn default() -> Self {
		Self { kind: ProductKind::Auction, opens_s: 0, closes_s: 0, span: 1 }
	}
}

impl Product {
	/// The first interval of the span that an interval belongs to.
	pub fn first(&self, interval: Interval) -> Interval {
		interval.saturating_sub(interval.checked_rem(self.span).unwrap_or(0))
	}

	/// Start of delivery of the first interval of the span, chain time in ms.
	fn start(&self, interval: Interval, terms: &Terms) -> Moment {
		let clock = terms.delivery_end.saturating_sub(terms.delivery_start);
		let behind = Moment::from(interval.saturating_sub(self.first(interval)));
		terms.delivery_start.saturating_sub(clock.saturating_mul(behind))
	}

	/// When the gate of an interval with these terms opens, chain time in ms.
	pub fn gate_opening(&self, interval: Interval, terms: &Terms) -> Moment {
		self.start(interval, terms).saturating_sub(Moment::from(self.opens_s).saturating_mul(1_000))
	}

	/// When the gate of an interval with these terms closes, chain time in ms.
	pub fn gate_closure(&self, interval: Interval, terms: &Terms) -> Moment {
		self.start(interval, terms).saturating_sub(Moment::from(self.closes_s).saturating_mul(1_000))
	}
}

#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Side {
	Buy,
	Sell,
}

/// One step of an order's curve: up to `wh` at `price` or better.
#[stored(Copy, serde)]
pub struct Step {
	pub side: Side,
	/// Limit price, in nEUR/Wh.
	pub price: Price,
	/// Quantity, in Wh.
	pub wh: Wh,
}

/// Bounds within which the balance-responsible party may post its imbalance prices, in nEUR/Wh.
#[stored(Copy, Default, serde)]
pub struct PostedBounds {
	/// Highest price for energy that a short party lacks.
	pub short_max: Price,
	/// Lowest price for energy that a long party has left.
	pub long_min: Price,
}

/// What was fixed when an interval's first session opened.
#[stored(Copy, serde)]
pub struct Terms {
	/// Start of delivery, chain time in ms.
	pub delivery_start: Moment,
	/// End of delivery, chain time in ms.
	pub delivery_end: Moment,
	/// The first gate closes: posted prices are accepted strictly before this chain time.
	pub gate_closure: Moment,
	/// The last gate closes: no order is accepted and no limit published from this chain time on.
	pub last_gate_closure: Moment,
	/// From this chain time on the first run settles points that nobody read yet on estimates; others it settles at once.
	pub first_run: Moment,
	/// Readings are in time strictly before this chain time.
	pub attestation_end: Moment,
	/// New versions of readings and disputes are accepted strictly before this chain time.
	pub dispute_end: Moment,
	/// Smallest price step, in nEUR/Wh.
	pub tick: u32,
	/// Lowest order price, in nEUR/Wh.
	pub price_floor: Price,
	/// Highest order price, in nEUR/Wh.
	pub price_cap: Price,
	pub posted: PostedBounds,
}

impl Terms {
	/// How long the regulator has for a dispute, in ms: as long as readings are disputed after the attestation window.
	pub fn ruling_period(&self) -> Moment {
		self.dispute_end.saturating_sub(self.attestation_end)
	}

	/// From this chain time on every dispute is decided, and readings stay as they are.
	pub fn rulings_end(&self) -> Moment {
		self.dispute_end.saturating_add(self.ruling_period())
	}

	/// From this chain time on, in ms, a run of the interval's settlement is due: what it settles is fixed. The first begins
	/// earlier if all readings are there.
	pub fn run_due(&self, run: u16) -> Moment {
		match run {
			0 | 1 => self.first_run,
			2 => self.attestation_end,
			3 => self.dispute_end,
			_ => self.rulings_end(),
		}
	}

	/// What stood at this chain time, in ms, of the readings of earlier intervals a run takes for what a point would have metered.
	/// Of the first run, which begins at any time from then on, it is the end of delivery.
	pub fn known_at(&self, run: u16) -> Moment {
		if run <= FIRST_RUN {
			return self.delivery_end;
		}
		self.run_due(run)
	}

	/// How long a run that is due holds up those behind it, in ms: as long as an interval lasts.
	pub fn run_patience(&self) -> Moment {
		self.delivery_end.saturating_sub(self.delivery_start)
	}

	/// The most that an interval's energy costs which a point draws beyond its orders, in nEUR/Wh: the bound of the short price and
	/// the fees of the longest path to the root, or the highest price of an order if that is more.
	pub fn dearest_short(&self, max_path_fee: Fee) -> Amount {
		Amount::from(self.posted.short_max).saturating_add(max_path_fee.into()).max(self.price_cap.into())
	}

	/// How many intervals' consumption can be unsettled at once: the one in delivery, and those before it whose first run is not
	/// due yet, or is due and still waited for.
	pub fn unsettled_at_once(&self) -> u32 {
		unsettled_at_once(self.first_run.saturating_sub(self.delivery_end), self.run_patience())
	}

	/// From this chain time on an interval is final whose runs are all done: one more ruling period is left for the last.
	pub fn final_from(&self) -> Moment {
		self.rulings_end().saturating_add(self.ruling_period())
	}
}

/// How many intervals' consumption can be unsettled at once ([`Terms::unsettled_at_once`]), where an interval lasts so long and its
/// first run is due so long after its delivery, in any unit of time.
pub fn unsettled_at_once(first_run: Moment, interval: Moment) -> u32 {
	let waits = first_run.saturating_add(interval);
	let behind = waits.saturating_add(interval.saturating_sub(1)).checked_div(interval).unwrap_or(0);
	u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1)
}

/// What clearing decided for one zone.
#[stored(Copy, Default, serde)]
pub struct ZoneResult {
	/// The zone price in nEUR/Wh, `None` if the interval failed safe and was not cleared.
	pub price: Option<Price>,
	/// Flow from the parent into the zone, in Wh; negative when the zone exports, 0 at the root.
	pub flow: SignedWh,
	/// Energy accepted of the buy steps whose price is the zone price, in Wh.
	pub margin_buy: Wh,
	/// Energy accepted of the sell steps whose price is the zone price, in Wh.
	pub margin_sell: Wh,
	/// Sum of the fees on the path to the root, in nEUR/Wh.
	pub path_fee: Fee,
	/// Grid fees of the link to the parent, in nEUR.
	#[serde(with = "crate::decimal")]
	pub fees: Balance,
	/// Congestion rent of the link to the parent, in nEUR.
	#[serde(with = "crate::decimal")]
	pub rent: Balance,
}

/// Energy that a connection point bought and sold for one interval, over all sessions.
#[stored(Copy, Default, serde)]
pub struct Position {
	pub bought: Wh,
	pub sold: Wh,
}

impl Position {
	/// Energy of a side, to change.
	pub fn side_mut(&mut self, side: Side) -> &mut Wh {
		match side {
			Side::Buy => &mut self.bought,
			Side::Sell => &mut self.sold,
		}
	}

	/// Accepted buys minus accepted sells. `None` beyond the type's range.
	pub fn net(&self) -> Option<SignedWh> {
		SignedWh::try_from(self.bought).ok()?.checked_sub(SignedWh::try_from(self.sold).ok()?)
	}
}

impl Sum for Position {
	/// Both sides over all of them. Saturates at the type's bound.
	fn sum<I: Iterator<Item = Self>>(positions: I) -> Self {
		positions.fold(Self::default(), |sum, position| Self {
			bought: sum.bought.saturating_add(position.bought),
			sold: sum.sold.saturating_add(position.sold),
		})
	}
}

/// What a connection point bought and sold in one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub struct Contract {
	pub product: ProductId,
	pub position: Position,
	/// What the point receives for it, in nEUR; negative when it pays.
	#[serde(with = "crate::decimal")]
	pub amount: Amount,
	/// The lowest price of it, in nEUR/Wh.
	pub lowest: Price,
	/// The highest price of it, in nEUR/Wh.
	pub highest: Price,
}

/// How a session ended, or the sums over all sessions of an interval.
#[stored(Copy, Default, serde)]
pub struct Outcome {
	/// False if the session failed safe: no positions, and metered energy settles as imbalance. Of an interval, whether
	/// any session cleared.
	pub cleared: bool,
	/// Connection points that are settled are those numbered below this.
	pub points: PointId,
	/// Accepted buys, which equal accepted sells, in Wh.
	pub traded: Wh,
	/// Grid fees over all links, in nEUR.
	#[serde(with = "crate::decimal")]
	pub fees: Balance,
	/// Congestion rent over all links, in nEUR.
	#[serde(with = "crate::decimal")]
	pub rent: Balance,
	/// Gains from trade net of fees, in nEUR.
	#[serde(with = "crate::decimal")]
	pub welfare: Amount,
}
