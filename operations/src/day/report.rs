//! The run in numbers: what `report.json` says.
//!
//! Energy is in Wh and money in nEUR. A bill is what the member pays: a plant's is negative.

use super::trade::Record;
use crate::gridmodel::{self, DataSet, Kind, Plan, Start, UTILITY_BUYS, UTILITY_SELLS};
use busbar_primitives::{Amount, Cause, Interval, Party, PointId, Price, Side, Wh, ZoneId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one load or plant pays for the day.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Bill {
	pub kind: &'static str,
	pub point: PointId,
	pub zone: ZoneId,
	/// Metered energy.
	pub import_wh: Wh,
	pub export_wh: Wh,
	/// All lines of its statements.
	pub market: Amount,
	/// (22 ct + path fees) x import - (9 ct - path fees) x export.
	pub conventional: Amount,
	/// Sum of imbalance x (its price - zone price): what its forecast errors cost beyond the zone price.
	pub imbalance_cost: Amount,
}

impl Bill {
	/// The bill of a member that knows before what it will use or feed in, in nEUR.
	pub fn without_errors(&self) -> Amount {
		self.market - self.imbalance_cost
	}
}

/// One interval of the day.
#[derive(Clone, Debug, Serialize)]
pub struct Quarter {
	pub interval: Interval,
	/// Row of the day's profile.
	pub quarter: usize,
	/// Local time at which it begins, as the profile says.
	pub start: String,
	pub load_wh: Wh,
	pub generation_wh: Wh,
	pub traded_wh: Wh,
	/// Contracted flow over the links under the root.
	pub imported_wh: Wh,
	pub exported_wh: Wh,
	/// What the utility sold and bought.
	pub from_utility_wh: Wh,
	pub to_utility_wh: Wh,
	/// Metered load that was bought from members: the least of what loads bought, what plants sold and what loads used.
	pub local_wh: Wh,
	pub grid_fees: Amount,
	pub congestion_rent: Amount,
	/// Price of every zone in ascending order of zones, in nEUR/Wh; null in an interval that failed safe.
	pub prices: Vec<Option<Price>>,
	pub statement_root: Option<sp_core::H256>,
	pub settled: bool,
}

/// What a run is known by.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
	pub data: String,
	pub day: String,
	pub seed: u64,
	pub interval_s: u32,
	pub interval_clock_s: u32,
	pub congested_zone: Option<ZoneId>,
	pub members: usize,
	pub zones: usize,
	pub first_interval: Interval,
	/// Time that registering took, in s.
	pub setup_s: f64,
}

/// Everything that is known of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
	pub run: Run,
	/// Intervals that were to be traded.
	pub intervals: usize,
	pub cleared_intervals: usize,
	pub settled_intervals: usize,
	pub orders_submitted: u64,
	pub orders_accepted: u64,
	pub traded_wh: Wh,
	/// Contracted flow over the links under the root.
	pub imported_wh: Wh,
	pub exported_wh: Wh,
	/// What the utility sold and bought.
	pub from_utility_wh: Wh,
	pub to_utility_wh: Wh,
	pub load_wh: Wh,
	pub generation_wh: Wh,
	pub ordered_load_wh: Wh,
	pub accepted_load_wh: Wh,
	/// Accepted part of the ordered load.
	pub accepted_load_share: f64,
	/// Part of the metered load that metered generation of the same quarter hour covers.
	pub self_sufficiency: f64,
	/// Part of the metered load that was bought from members: in each quarter hour the least of what loads bought, what
	/// plants sold and what loads used. At most 1.
	pub locally_traded_share: f64,
	/// To the grid operator, for contracted flows and for the paths of imbalances.
	pub grid_fees: Amount,
	pub congestion_rent: Amount,
	pub money_conserved: bool,
	pub limits_respected: bool,
	/// Intervals whose clearing is feasible, supported by its prices, and equal to the linear programme's optimum.
	pub optimum_equal: usize,
	pub finality_lag_blocks_max: Option<u32>,
	/// Chain time from the end of delivery to the block that paid a seller, over all sellers and intervals, in s: half of them
	/// were paid within.
	pub seconds_to_pay_p50: Option<f64>,
	/// The same: 99 of a hundred were paid within.
	pub seconds_to_pay_p99: Option<f64>,
	pub minted: Amount,
	pub blocks: u32,
	pub transactions: u64,
	pub wall_s: f64,
	/// Members who pay more, or are paid less, than without the market.
	pub worse_off: usize,
	/// The same, their own forecast errors aside.
	pub worse_off_without_errors: usize,
	pub bills: BTreeMap<String, Bill>,
	pub timeline: Vec<Quarter>,
	/// What went wrong; empty after a good run.
	pub failures: Vec<String>,
}

/// What the day's records say, without what only the chain or the clock knows.
pub struct Tally {
	pub orders_submitted: u64,
	pub orders_accepted: u64,
	pub ordered_load_wh: Wh,
	pub accepted_load_wh: Wh,
	pub covered_wh: Wh,
	pub bills: BTreeMap<String, Bill>,
	pub timeline: Vec<Quarter>,
	pub transactions: u64,
	pub limits_respected: bool,
	/// How long each seller waited for its money, in ms.
	pub paid_ms: Vec<u64>,
	pub failures: Vec<String>,
}

/// The least of these values, in s, that so many per cent of them do not exceed.
fn percentile_s(sorted_ms: &[u64], per_cent: usize) -> Option<f64> {
	let rank = sorted_ms.len().saturating_mul(per_cent).div_ceil(100);
	sorted_ms.get(rank.saturating_sub(1)).map(|ms| *ms as f64 / 1_000.0)
}

fn share(part: Wh, whole: Wh) -> f64 {
	if whole == 0 {
		0.0
	} else {
		part as f64 / whole as f64
	}
}

impl Tally {
	/// Adds up records in the order of their intervals. `points` are the members' points, `root` the root's number.
	pub fn new(data: &DataSet, plan: &Plan, points: &[PointId], root: ZoneId, records: &[Record]) -> Self {
		let mut tally = Self {
			orders_submitted: 0,
			orders_accepted: 0,
			ordered_load_wh: 0,
			accepted_load_wh: 0,
			covered_wh: 0,
			bills: BTreeMap::new(),
			timeline: Vec::new(),
			transactions: 0,
			limits_respected: true,
			paid_ms: Vec::new(),
			failures: Vec::new(),
		};
		let member_of: BTreeMap<PointId, usize> = points.iter().enumerate().map(|(index, id)| (*id, index)).collect();
		let mut bills: Vec<Bill> = plan
			.points
			.iter()
			.zip(points)
			.map(|(planned, point)| Bill {
				kind: if planned.kind == Kind::Load { "load" } else { "plant" },
				point: *point,
				zone: gridmodel::zone_id(root, planned.zone),
				..Bill::default()
			})
			.collect();
		for record in records {
			tally.add(data, plan, &member_of, &mut bills, record);
		}
		for (bill, planned) in bills.iter_mut().zip(&plan.points) {
			let fee = plan.path_fee(planned.zone);
			bill.conventional = busbar_primitives::payment(UTILITY_SELLS + fee, bill.import_wh)
				- busbar_primitives::payment(UTILITY_BUYS - fee, bill.export_wh);
		}
		tally.bills = plan.points.iter().map(|planned| planned.name.clone()).zip(bills).collect();
		tally
	}

	fn add(
		&mut self,
		data: &DataSet,
		plan: &Plan,
		member_of: &BTreeMap<PointId, usize>,
		bills: &mut [Bill],
		record: &Record,
	) {
		let cleared = &record.cleared;
		let interval = cleared.interval;
		self.orders_submitted += u64::from(record.orders_submitted);
		self.orders_accepted += u64::from(record.orders_accepted);
		self.transactions += record.transactions;
		self.failures.extend(record.refusals.iter().cloned());

		let row = &data.profile[record.quarter % data.profile.len()];
		let (mut load, mut generation) = (0, 0);
		for ((planned, bill), wh) in plan.points.iter().zip(bills.iter_mut()).zip(row) {
			match planned.kind {
				Kind::Load => {
					load += wh;
					bill.import_wh += wh;
				},
				Kind::Pv => {
					generation += wh;
					bill.export_wh += wh;
				},
			}
		}
		self.covered_wh += load.min(generation);

		let prices: BTreeMap<ZoneId, _> = cleared.prices.iter().map(|zone| (zone.zone, zone.result)).collect();
		let mut grid_fees = 0;
		let mut sum = 0;
		for line in cleared_lines(record) {
			sum += line.amount;
			match line.party {
				Party::GridOperator => grid_fees += line.amount,
				Party::Point(point) => {
					let Some(bill) = member_of.get(&point).map(|member| &mut bills[*member]) else { continue };
					bill.market -= line.amount;
					if line.cause == Cause::Contract && line.amount > 0 {
						self.paid_ms.extend(record.paid_ms);
					}
					let zone_price = prices.get(&bill.zone).and_then(|result| result.price);
					if let (Cause::Imbalance, Some(price)) = (line.cause, zone_price) {
						bill.imbalance_cost += Amount::from(line.wh) * Amount::from(line.price - price);
					}
					if line.cause == Cause::Default {
						self.failures.push(format!("interval {interval}: point {point} could not pay {}", line.amount));
					}
				},
				_ => {},
			}
		}
		if !record.settled() {
			self.failures.push(format!("interval {interval} is not settled"));
		} else if sum != 0 {
			self.failures.push(format!("interval {interval}: its lines sum to {sum} nEUR instead of zero"));
		}

		let (mut buys, mut sells) = (0, 0);
		let (mut member_buys, mut member_sells) = (0, 0);
		for order in &cleared.orders {
			for (step, accepted) in order.steps.iter().zip(&order.accepted) {
				match step.side {
					Side::Buy => buys += accepted,
					Side::Sell => sells += accepted,
				}
				match (step.side, member_of.contains_key(&order.point)) {
					(Side::Buy, true) => {
						self.ordered_load_wh += step.wh;
						member_buys += accepted;
					},
					(Side::Sell, true) => member_sells += accepted,
					_ => {},
				}
			}
		}
		self.accepted_load_wh += member_buys;
		let outcome = cleared.status.outcome;
		let traded = outcome.map_or(0, |outcome| outcome.traded);
		if buys != sells || buys != traded {
			self.failures.push(format!("interval {interval}: {buys} Wh bought, {sells} Wh sold, {traded} Wh traded"));
		}
		if !outcome.is_some_and(|outcome| outcome.cleared) {
			self.failures.push(format!("interval {interval} was not cleared"));
		}

		let (mut imported, mut exported) = (0, 0);
		for zone in &cleared.zones {
			let flow = prices.get(&zone.id).map_or(0, |result| result.flow);
			let (limit, size) = if flow < 0 {
				(zone.link.export_w, flow.unsigned_abs())
			} else {
				(zone.link.import_w, flow.unsigned_abs())
			};
			let Some(parent) = zone.parent else { continue };
			if limit.is_some_and(|power| size > busbar_primitives::energy(power, cleared.interval_s)) {
				self.limits_respected = false;
				self.failures
					.push(format!("interval {interval}: {size} Wh over the link of zone {} break its limit", zone.id));
			}
			if cleared.zones.first().is_some_and(|root| root.id == parent) {
				if flow < 0 {
					exported += size;
				} else {
					imported += size;
				}
			}
		}
		let leaves: Vec<_> = record.lines.iter().map(|line| line.line.leaf(interval, line.index)).collect();
		let statement_root = cleared.status.statement_root;
		if record.settled() && statement_root != Some(busbar_merkle::root(&leaves)) {
			self.failures.push(format!("interval {interval}: its lines are not those under its statement root"));
		}
		self.timeline.push(Quarter {
			interval,
			quarter: record.quarter,
			start: data.starts.get(record.quarter % data.starts.len().max(1)).map_or(String::new(), Start::to_string),
			load_wh: load,
			generation_wh: generation,
			traded_wh: traded,
			imported_wh: imported,
			exported_wh: exported,
			from_utility_wh: sells - member_sells,
			to_utility_wh: buys - member_buys,
			local_wh: member_buys.min(member_sells).min(load),
			grid_fees,
			congestion_rent: outcome.map_or(0, |outcome| Amount::try_from(outcome.rent).unwrap_or(Amount::MAX)),
			prices: cleared.prices.iter().map(|zone| zone.result.price).collect(),
			statement_root,
			settled: record.settled(),
		});
	}

	fn sum<T: std::iter::Sum>(&self, value: impl Fn(&Quarter) -> T) -> T {
		self.timeline.iter().map(value).sum()
	}

	/// The members whose bill, without the cost of their own imbalance, is higher than with the conventional tariff.
	pub fn worse_off(&self) -> Vec<String> {
		self.bills
			.iter()
			.filter(|(_, bill)| bill.without_errors() > bill.conventional)
			.map(|(name, _)| name.clone())
			.collect()
	}

	/// The report, with what the records cannot say left at its worst: to be filled in by the caller.
	pub fn report(mut self, run: Run, intervals: usize) -> Report {
		self.paid_ms.sort_unstable();
		let load_wh = self.sum(|quarter| quarter.load_wh);
		let local: Wh = self.sum(|quarter| quarter.local_wh);
		Report {
			run,
			intervals,
			cleared_intervals: self
				.timeline
				.iter()
				.filter(|quarter| quarter.prices.iter().all(Option::is_some))
				.count(),
			settled_intervals: self.timeline.iter().filter(|quarter| quarter.settled).count(),
			orders_submitted: self.orders_submitted,
			orders_accepted: self.orders_accepted,
			traded_wh: self.sum(|quarter| quarter.traded_wh),
			imported_wh: self.sum(|quarter| quarter.imported_wh),
			exported_wh: self.sum(|quarter| quarter.exported_wh),
			from_utility_wh: self.sum(|quarter| quarter.from_utility_wh),
			to_utility_wh: self.sum(|quarter| quarter.to_utility_wh),
			load_wh,
			generation_wh: self.sum(|quarter| quarter.generation_wh),
			ordered_load_wh: self.ordered_load_wh,
			accepted_load_wh: self.accepted_load_wh,
			accepted_load_share: share(self.accepted_load_wh, self.ordered_load_wh),
			self_sufficiency: share(self.covered_wh, load_wh),
			locally_traded_share: share(local, load_wh),
			grid_fees: self.sum(|quarter| quarter.grid_fees),
			congestion_rent: self.sum(|quarter| quarter.congestion_rent),
			money_conserved: false,
			limits_respected: self.limits_respected,
			optimum_equal: 0,
			finality_lag_blocks_max: None,
			seconds_to_pay_p50: percentile_s(&self.paid_ms, 50),
			seconds_to_pay_p99: percentile_s(&self.paid_ms, 99),
			minted: 0,
			blocks: 0,
			transactions: self.transactions,
			wall_s: 0.0,
			worse_off: self.bills.values().filter(|bill| bill.market > bill.conventional).count(),
			worse_off_without_errors: self.worse_off().len(),
			bills: self.bills,
			timeline: self.timeline,
			failures: self.failures,
		}
	}
}

fn cleared_lines(record: &Record) -> impl Iterator<Item = busbar_primitives::Line> + '_ {
	record.lines.iter().map(|line| line.line)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
