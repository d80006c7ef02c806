//! What a second model of settlement needs to judge a history: the facts that each point was settled on, the lines that came
//! of them, and how everybody's money moved, as lines of JSON (`tests/model/README.md`). Facts are those of the market, the
//! meters, the grid and the council; of settlement only what it decided is told, to be judged.

use super::{chain::account, id, Network, Taken, ZONE_OPERATOR};
use busbar_harness::{chain, DSO, REGULATOR, UTILITY};
use busbar_primitives::{
	metering::{intervals_per_day, LIKE_DAYS},
	traits::{Calendar, Debts, Grid, Meters, Positions, Reductions, Supply},
	Amount, Balance, Contract, Interval, ParticipantId, Point, PointId, PointKind, Quality, Reduction, ADJUSTED_BY,
	FIRST_RUN,
};
use busbar_runtime::{
	pallet_flexibility, pallet_metering, pallet_securities, pallet_settlement, pallet_utility, Balances, Market,
	Metering, Runtime, RuntimeCall, RuntimeEvent, Securities, System, UncheckedExtrinsic,
};
use frame_support::traits::{
	fungible::Inspect,
	tokens::{Fortitude, Preservation},
};
use pallet_metering::{Ground, Proven, Worth};
use pallet_securities::Backing;
use pallet_settlement::{Call, Lines, Stage};
use serde_json::{json, Map, Value};
use std::{
	collections::{btree_map::Entry, BTreeMap, BTreeSet},
	io::Write,
};

/// Whoever may be paid or pay: all that the genesis names, and who a membership provider may register.
const NAMES: core::ops::RangeInclusive<u8> = DSO..=ZONE_OPERATOR + 2;
const NEWCOMER: u8 = 99;

/// Where a history is written to, and what was written of intervals that have not ended.
pub struct Record {
	sink: Box<dyn Write>,
	debited: BTreeMap<Interval, BTreeSet<PointId>>,
	/// Whether the interval was void when its terms were written.
	void: BTreeMap<Interval, bool>,
	closed: BTreeSet<Interval>,
	/// What stood of the readings when an interval's first run became due, which is what that run settles.
	due: BTreeMap<Interval, BTreeMap<PointId, Stood>>,
	/// What stood of readings of earlier intervals when an interval's delivery ended, which is what its first run estimates by.
	delivered: BTreeMap<Interval, BTreeMap<PointId, Known>>,
	/// Transactions so far.
	number: u32,
}

/// A point's reading, and what is disputed of it.
type Stood = (Value, Value);

/// What a point metered on like days, newest first, and in the intervals that a baseline is adjusted by.
#[derive(Clone)]
struct Known {
	like: Vec<Value>,
	before: Vec<Value>,
}

/// What settlement's calls within a call do of first runs, and whether the call does anything besides.
#[derive(Default)]
struct Touched {
	/// Of intervals whose first run is not done.
	calls: Vec<(&'static str, Interval, Vec<PointId>)>,
	mixed: bool,
}

impl Touched {
	fn by(call: &RuntimeCall) -> Self {
		let mut touched = Self::default();
		touched.add(call);
		touched.mixed |= touched.calls.len() > 1;
		touched.calls.retain(|(_, interval, _)| !pallet_settlement::Roots::<Runtime>::contains_key(interval));
		touched
	}

	fn add(&mut self, call: &RuntimeCall) {
		match call {
			RuntimeCall::Settlement(Call::debit { interval, points }) => {
				self.calls.push(("debit", *interval, points.to_vec()));
			},
			RuntimeCall::Settlement(Call::draw { interval, points }) => {
				self.calls.push(("draw", *interval, points.to_vec()));
			},
			RuntimeCall::Settlement(Call::credit { interval, points }) => {
				self.calls.push(("credit", *interval, points.to_vec()));
			},
			RuntimeCall::Utility(
				pallet_utility::Call::batch { calls }
				| pallet_utility::Call::batch_all { calls }
				| pallet_utility::Call::force_batch { calls },
			) => {
				self.mixed = true;
				calls.iter().for_each(|call| self.add(call));
			},
			_ => {},
		}
	}
}

/// Money of everybody, and what they owe, before a transaction.
struct Before {
	money: BTreeMap<u8, (Balance, Balance)>,
	fund: Balance,
	/// What the fund can cover, and what who balances has posted.
	had: [Balance; 2],
	events: usize,
	/// What an operator can pay of an order at a point.
	for_orders: BTreeMap<PointId, Balance>,
}

fn names() -> impl Iterator<Item = u8> {
	NAMES.chain([NEWCOMER])
}

fn money() -> BTreeMap<u8, (Balance, Balance)> {
	let of = |name| (Balances::total_balance(&account(name)), <Securities as Debts<_>>::owed(id(name)));
	names().map(|name| (name, of(name))).collect()
}

/// Money of the fund, and what was repaid and has not reached who bore the loss.
fn fund() -> Balance {
	let accounts = [Securities::fund_account(), Securities::repaid_account()];
	accounts.iter().map(Balances::total_balance).sum()
}

/// What a participant is called here.
fn name(participant: ParticipantId) -> u8 {
	participant.0[0]
}

fn difference(after: Balance, before: Balance) -> Amount {
	after as Amount - before as Amount
}

impl Record {
	pub fn new(sink: Box<dyn Write>) -> Self {
		Self {
			sink,
			debited: BTreeMap::new(),
			void: BTreeMap::new(),
			closed: BTreeSet::new(),
			due: BTreeMap::new(),
			delivered: BTreeMap::new(),
			number: 0,
		}
	}

	fn say(&mut self, what: &Value) {
		writeln!(self.sink, "{what}").expect("whoever reads the history goes on reading");
	}

	/// Keeps what stands of the readings of intervals whose first run is due from this block on, and of those before intervals
	/// that are delivered from this block on.
	pub fn begins(&mut self, running: &[Interval]) {
		let over =
			|interval: &Interval| Market::terms(*interval).is_some_and(|terms| Market::now() >= terms.delivery_end);
		for interval in running.iter().copied().filter(over) {
			let all =
				|| (0..<busbar_runtime::Grid as Grid>::point_count()).map(|point| (point, known(interval, point)));
			self.delivered.entry(interval).or_insert_with(|| all().collect());
		}
		let is_due = |interval: &Interval| {
			Market::terms(*interval).is_some_and(|terms| Market::now() >= terms.run_due(FIRST_RUN))
				&& !self.due.contains_key(interval)
		};
		for interval in running.iter().copied().filter(is_due).collect::<Vec<_>>() {
			let points = Market::outcome(interval).map_or(0, |outcome| outcome.points);
			self.due.insert(interval, (0..points).map(|point| (point, stands(interval, point))).collect());
		}
	}

	fn before(&self, touched: &Touched) -> Before {
		let paid = |interval: Interval, point: PointId| -> Option<(PointId, Balance)> {
			let placed = busbar_runtime::Flexibility::placed(interval, point)?;
			let operator = account(name(placed.operator));
			let held = pallet_flexibility::Funds::<Runtime>::get(interval, point).map_or(0, |(_, held)| held);
			let free = Balances::reducible_balance(&operator, Preservation::Expendable, Fortitude::Polite);
			Some((point, free + held))
		};
		let points =
			touched.calls.iter().flat_map(|(_, interval, points)| points.iter().map(|point| (*interval, *point)));
		let for_orders = points.filter_map(|(interval, point)| paid(interval, point)).collect();
		let posted = pallet_securities::Balancing::<Runtime>::get(id(UTILITY)).map_or(0, |security| security.amount);
		let had = [Balances::total_balance(&Securities::fund_account()), posted];
		Before { money: money(), fund: fund(), had, events: System::event_count() as usize, for_orders }
	}

	fn after(&mut self, touched: &Touched, before: &Before) {
		self.number += 1;
		for (_, interval, _) in &touched.calls {
			self.debits(*interval, before);
			let stage = pallet_settlement::Intervals::<Runtime>::get(interval).map(|progress| progress.stage);
			let closes = stage.is_some_and(|stage| stage > Stage::Debits && stage != Stage::Voiding);
			if closes && self.closed.insert(*interval) {
				let others = lines(&pallet_settlement::SystemLines::<Runtime>::get(interval));
				self.say(&json!({ "k": "closed", "interval": interval, "others": others }));
			}
		}
		let moved: Map<String, Value> = money()
			.into_iter()
			.map(|(name, (money, debt))| (name, before.money[&name], money, debt))
			.filter(|(_, was, money, debt)| was != &(*money, *debt))
			.map(|(name, (was, owed), money, debt)| {
				let changes = [difference(money, was), difference(debt, owed)].map(|change| change.to_string());
				(name.to_string(), json!(changes))
			})
			.collect();
		let guaranteed: Vec<Value> = System::read_events_no_consensus()
			.skip(before.events)
			.filter_map(|record| match record.event {
				RuntimeEvent::Securities(pallet_securities::Event::SecurityDrawn {
					point,
					backing: Backing::Guarantee,
					account: by,
					amount,
					..
				}) => {
					let by = names().find(|name| account(*name) == by)?;
					Some(json!([point, by, amount.to_string()]))
				},
				_ => None,
			})
			.collect();
		for (call, interval, _) in &touched.calls {
			let call = if touched.mixed { "mixed" } else { call };
			let fund = difference(fund(), before.fund).to_string();
			let what = json!({
				"k": "moved", "interval": interval, "call": call, "moved": moved, "fund": fund, "guaranteed": guaranteed,
				"had": before.had.map(|amount| amount.to_string()),
			});
			self.say(&what);
		}
	}

	/// Tells of points that are debited and were not before.
	fn debits(&mut self, interval: Interval, before: &Before) {
		let Some(outcome) = Market::outcome(interval) else { return };
		let void = pallet_settlement::Voids::<Runtime>::contains_key(interval);
		if self.void.get(&interval).is_some_and(|was| *was != void) {
			// All of it was taken back.
			self.void.remove(&interval);
			self.debited.remove(&interval);
			self.closed.remove(&interval);
		}
		for point in 0..outcome.points {
			let Some(statement) = pallet_settlement::Statements::<Runtime>::get(interval, point) else { continue };
			if let Entry::Vacant(place) = self.void.entry(interval) {
				place.insert(void);
				self.say(&terms(interval, void));
			}
			if self.debited.entry(interval).or_default().insert(point) {
				let details = busbar_runtime::Grid::point(point).expect("a point that is settled exists");
				let stood = self.due.get(&interval).and_then(|points| points.get(&point)).cloned();
				let stood = stood.unwrap_or_else(|| stands(interval, point));
				let kept = self.delivered.get(&interval).and_then(|points| points.get(&point)).cloned();
				let mut facts = facts(interval, point, &details, stood, kept.unwrap_or_else(|| known(interval, point)));
				facts["k"] = json!("debit");
				facts["transaction"] = json!(self.number);
				facts["for_order"] = json!(before.for_orders.get(&point).map(ToString::to_string));
				facts["payer"] = json!(name(statement.payer));
				facts["lines"] = lines(&statement.lines);
				self.say(&facts);
			}
		}
	}

	/// Tells all lines of an interval that nothing more happens to.
	pub fn ended(&mut self, interval: Interval) {
		let points = Market::outcome(interval).map_or(0, |outcome| outcome.points);
		let statement = |point| pallet_settlement::Statements::<Runtime>::get(interval, point);
		let points: Vec<_> = (0..points)
			.filter_map(|point| statement(point).map(|one| json!([point, name(one.payer), lines(&one.lines)])))
			.collect();
		let others = lines(&pallet_settlement::SystemLines::<Runtime>::get(interval));
		self.say(&json!({ "k": "ended", "interval": interval, "points": points, "others": others }));
		self.debited.remove(&interval);
		self.void.remove(&interval);
		self.closed.remove(&interval);
		self.due.remove(&interval);
		self.delivered.remove(&interval);
	}
}

fn lines<const MAX: u32>(lines: &Lines<MAX>) -> Value {
	let of = lines
		.iter()
		.map(|(_, line)| json!([line.version, line.party, line.cause, line.wh, line.price, line.amount.to_string()]));
	of.collect()
}

/// What all points of an interval share.
fn terms(interval: Interval, void: bool) -> Value {
	let terms = Market::terms(interval).expect("an interval that is settled has terms");
	let zones = <busbar_runtime::Grid as Grid>::zone_count();
	let sessions: Vec<_> = (0..)
		.zip(Market::sessions(interval))
		.map(|(product, session)| {
			let prices = Market::prices(interval, product, 0..zones);
			let prices: Map<String, Value> = prices
				.into_iter()
				.map(|one| (one.zone.to_string(), json!([one.result.price, one.result.path_fee])))
				.collect();
			json!({
				"kind": session.product.kind, "closes": session.gate_closure, "outcome": session.outcome, "prices": prices,
			})
		})
		.collect();
	let posted = pallet_settlement::Posted::<Runtime>::get(interval);
	let posted = posted.unwrap_or_else(|| pallet_settlement::Ladders::<Runtime>::get().at(interval));
	let sharing = pallet_settlement::Sharings::<Runtime>::get().at(interval);
	json!({
		"k": "terms",
		"interval": interval,
		"void": void,
		"interval_s": Market::interval_s(),
		"first_run": terms.run_due(FIRST_RUN),
		"bounds": [terms.price_floor, terms.price_cap],
		"posted_bounds": [terms.posted.short_max, terms.posted.long_min],
		"posted": [posted.short, posted.long],
		"levy": pallet_settlement::Levies::<Runtime>::get().at(interval),
		"tolerance": pallet_settlement::Tolerances::<Runtime>::get().at(interval).deconstruct(),
		"sharing": [sharing.fund.deconstruct(), sharing.rent.deconstruct()],
		"accounts": { "grid": DSO, "rent": REGULATOR, "balancing": UTILITY },
		"sessions": sessions,
		"points": Market::outcome(interval).map(|outcome| outcome.points),
	})
}

fn registers(reading: &Proven) -> Value {
	let quality = match reading.quality {
		Quality::Measured => "measured",
		Quality::Estimated => "estimated",
		Quality::Corrected => "corrected",
	};
	json!([quality, reading.worth == Worth::Sound, reading.registers.import, reading.registers.export])
}

/// What stands of a point's reading now.
fn stands(interval: Interval, point: PointId) -> Stood {
	let reading = pallet_metering::Readings::<Runtime>::get(interval, point);
	let dispute = pallet_metering::Disputes::<Runtime>::get(interval, point).map(|dispute| {
		let signed = matches!(dispute.ground, Ground::TwoSignatures | Ground::Quorum);
		json!([signed, dispute.deadline, dispute.claim.map(|claim| [claim.import, claim.export])])
	});
	(json!(reading.as_ref().map(registers)), json!(dispute))
}

/// What stands now of a point's readings of earlier intervals.
fn known(interval: Interval, point: PointId) -> Known {
	let reading = |interval| pallet_metering::Readings::<Runtime>::get(interval, point).as_ref().map(registers);
	let day = intervals_per_day(Market::interval_s());
	let days = (1..=LIKE_DAYS).map_while(|days| interval.checked_sub(day.checked_mul(days)?));
	let before = ADJUSTED_BY.into_iter().map(|back| json!(interval.checked_sub(back).and_then(reading)));
	Known { like: days.filter_map(reading).collect(), before: before.collect() }
}

/// What one point is settled on, as it is now, but for readings.
fn facts(
	interval: Interval,
	point: PointId,
	details: &Point,
	(standing, dispute): Stood,
	Known { like, before }: Known,
) -> Value {
	let contracts: Vec<_> = Market::contracts(point, interval)
		.into_iter()
		.map(|Contract { product, position, amount, lowest, highest }| {
			json!([product, position.bought, position.sold, amount.to_string(), lowest, highest])
		})
		.collect();
	let ordered = busbar_runtime::Flexibility::ordered(interval, point)
		.map(|order| json!([order.reduction == Reduction::Load, order.wh, order.price, order.penalty]));
	let placed = busbar_runtime::Flexibility::placed(interval, point).map(|placed| {
		let baseline = placed.baseline.map(|baseline| [baseline.mean, baseline.before]);
		json!([name(placed.operator), baseline, before])
	});
	json!({
		"interval": interval,
		"point": point,
		"now": Market::now(),
		"zone": details.zone,
		"owner": name(details.owner),
		"coupling": details.kind == PointKind::Coupling,
		"rating": [details.import_w, details.export_w],
		"in_force": details.from <= interval && details.until.is_none_or(|until| interval < until),
		"metered": Metering::metered_from(point).is_some_and(|from| from <= interval),
		"retailer": busbar_runtime::Supply::retailer(interval, point).map(name),
		"contracts": contracts,
		"reading": standing,
		"like": like,
		"dispute": dispute,
		"ordered": ordered,
		"placed": placed,
	})
}

impl Network {
	/// Puts a transaction into the block, and tells what it settled, if anybody listens.
	pub(super) fn apply(&mut self, transaction: UncheckedExtrinsic) -> Taken {
		let touched = self.record.as_ref().map(|_| Touched::by(&transaction.function)).unwrap_or_default();
		let before = match &self.record {
			Some(record) if !touched.calls.is_empty() => Some(record.before(&touched)),
			_ => None,
		};
		let taken = chain::apply(transaction.clone());
		if let (Taken::Done, Some(record), Some(before)) = (&taken, &mut self.record, before) {
			record.after(&touched, &before);
		}
		if !matches!(taken, Taken::Refused(_)) {
			self.remember(transaction);
		}
		taken
	}
}
