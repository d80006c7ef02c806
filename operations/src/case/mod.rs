//! Market case files and result files: their JSON, and what makes a case well-formed.
//!
//! The format is described in `tests/cases/README.md`.

#![allow(missing_docs, reason = "tests/cases/README.md describes the form field by field")]

pub mod optimum;

use busbar_clearing::{orders, Clearing, Error, Place, Violation, Zone, ZoneResult, MAX_PRICE};
use serde::{Deserialize, Serialize};
use std::{
	cmp::Reverse,
	collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// One delivery interval's market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
	pub name: String,
	/// Length of the interval, in s.
	pub interval_s: u32,
	pub zones: Vec<CaseZone>,
	/// In the order of their arrival.
	pub orders: Vec<CaseOrder>,
}

/// A zone with the link to its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseZone {
	pub id: u64,
	/// `None` exactly at the root.
	pub parent: Option<u64>,
	/// Most energy from the parent, in Wh; `None`: unlimited.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub import_wh: Option<u64>,
	/// Most energy to the parent, in Wh; `None`: unlimited.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub export_wh: Option<u64>,
	/// Fee of flow either way, in nEUR/Wh.
	#[serde(default)]
	pub fee: u64,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseOrder {
	pub id: u64,
	pub zone: u64,
	pub steps: Vec<CaseStep>,
}

/// A step of an order's curve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStep {
	pub side: CaseSide,
	/// Limit price, in nEUR/Wh.
	pub price: i64,
	/// Quantity, in Wh.
	pub wh: u64,
}

/// Which way energy goes, seen from who orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseSide {
	Buy,
	Sell,
}

/// What clearing made of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
	/// Gains from trade net of fees, in nEUR.
	pub welfare: i128,
	pub zones: Vec<ResultZone>,
	pub orders: Vec<ResultOrder>,
}

/// A zone's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultZone {
	pub id: u64,
	/// In nEUR/Wh.
	pub price: i64,
	/// Flow from the parent into the zone, in Wh.
	pub flow_wh: i64,
	/// Congestion rent of the link to the parent, in nEUR.
	pub congestion_rent: u128,
	/// Grid fees of the link to the parent, in nEUR.
	pub fees: u128,
}

/// Accepted energy of an order's steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultOrder {
	pub id: u64,
	/// One number per step, in Wh.
	pub accepted_wh: Vec<u64>,
}

impl Case {
	/// Reads a case.
	///
	/// # Errors
	/// One line that names the place, if it is not JSON of a case's form.
	pub fn parse(text: &str) -> Result<Self, String> {
		serde_json::from_str(text).map_err(|error| one_line(&error))
	}
}

impl CaseResult {
	/// Reads a result.
	///
	/// # Errors
	/// One line that names the place, if it is not JSON of a result's form.
	pub fn parse(text: &str) -> Result<Self, String> {
		serde_json::from_str(text).map_err(|error| one_line(&error))
	}

	/// The result as it stands in a file.
	pub fn to_json(&self) -> String {
		serde_json::to_string_pretty(self).expect("structs of numbers and lists have a JSON form; qed") + "\n"
	}
}

/// Line and column first, then what is wrong there.
fn one_line(error: &serde_json::Error) -> String {
	let message = error.to_string().replace(['\n', '\r'], " ");
	let place = format!(" at line {} column {}", error.line(), error.column());
	let what = message.strip_suffix(&place).unwrap_or(&message);
	format!("line {}, column {}: {what}", error.line(), error.column())
}

/// A well-formed case as the clearing library takes it: zones sorted so that a parent stands before its children, ties
/// by their place in the file.
#[derive(Clone, Debug)]
pub struct Market {
	/// Zones with the levels that the orders make up.
	pub zones: Vec<Zone>,
	/// Orders, at indices into `zones`, in the order of the file.
	pub orders: Vec<orders::Order>,
	/// Ids of the zones.
	pub zone_ids: Vec<u64>,
	/// Ids of the orders.
	pub order_ids: Vec<u64>,
	/// Index into `zones` of each zone of the file.
	places: Vec<u32>,
}

impl Market {
	/// Checks a case and sorts its zones.
	///
	/// # Errors
	/// One line that names the place and what is wrong there.
	pub fn new(case: &Case) -> Result<Self, String> {
		if case.interval_s == 0 {
			return Err("interval_s: an interval cannot last 0 s".into());
		}
		let sorted = sort(&case.zones)?;
		let mut places = vec![0u32; sorted.len()];
		let mut index_of = BTreeMap::new();
		let mut market = Market { zones: vec![], orders: vec![], zone_ids: vec![], order_ids: vec![], places: vec![] };
		for (index, at) in (0u32..).zip(sorted) {
			let zone = &case.zones[at];
			places[at] = index;
			index_of.insert(zone.id, index);
			market.zone_ids.push(zone.id);
			market.zones.push(Zone {
				// Zone 0 is the one without; parents are sorted first.
				parent: zone.parent.and_then(|parent| index_of.get(&parent).copied()),
				import: zone.import_wh,
				export: zone.export_wh,
				fee: zone.fee,
				..Default::default()
			});
		}
		market.places = places;
		let mut ids = BTreeSet::new();
		for (at, order) in case.orders.iter().enumerate() {
			let id = order.id;
			if !ids.insert(id) {
				return Err(format!("orders[{at}]: order id {id} stands twice"));
			}
			let Some(&zone) = index_of.get(&order.zone) else {
				return Err(format!("orders[{at}] (id {id}): there is no zone {}", order.zone));
			};
			for (step, CaseStep { price, .. }) in order.steps.iter().enumerate() {
				if !(-MAX_PRICE..=MAX_PRICE).contains(price) {
					let place = format!("orders[{at}].steps[{step}] (id {id})");
					return Err(format!("{place}: price {price} lies further from zero than {MAX_PRICE}"));
				}
			}
			let side = |side| if side == CaseSide::Buy { orders::Side::Buy } else { orders::Side::Sell };
			let steps = order.steps.iter();
			let steps = steps.map(|step| orders::Step { side: side(step.side), price: step.price, wh: step.wh });
			market.order_ids.push(id);
			market.orders.push(orders::Order { zone, steps: steps.collect() });
		}
		let Market { zones, orders, .. } = &mut market;
		orders::add(zones, orders)
			.and_then(|()| busbar_clearing::validate(zones))
			.map_err(|error| market.describe_error(&error))?;
		Ok(market)
	}

	/// The result in the order and with the ids of the case.
	pub fn result(&self, clearing: &Clearing) -> CaseResult {
		let zones = self.places.iter().map(|place| {
			let place = *place as usize;
			let ZoneResult { price, flow, rent, fees, .. } = clearing.zones[place];
			ResultZone { id: self.zone_ids[place], price, flow_wh: flow, congestion_rent: rent, fees }
		});
		let fills = orders::fills(&self.orders, clearing);
		let orders = self.order_ids.iter().zip(fills);
		CaseResult {
			welfare: clearing.welfare,
			zones: zones.collect(),
			orders: orders.map(|(id, accepted_wh)| ResultOrder { id: *id, accepted_wh }).collect(),
		}
	}

	/// What a result says, in the order of this market: as a clearing, and the accepted energy of every step.
	///
	/// # Errors
	/// One line that names a zone or order that is missing, unknown or there twice, or a sum that leaves its type.
	pub fn clearing_of(&self, result: &CaseResult) -> Result<(Clearing, Vec<Vec<u64>>), String> {
		let zones = by_id("zone", &self.zone_ids, result.zones.iter().map(|zone| (zone.id, zone)))?;
		let orders = by_id("order", &self.order_ids, result.orders.iter().map(|order| (order.id, order)))?;
		let accepted: Vec<Vec<u64>> = orders.iter().map(|order| order.accepted_wh.clone()).collect();
		let mut clearing = Clearing { welfare: result.welfare, ..Default::default() };
		let too_much = |what: &str| format!("{what} add up to more than their type holds");
		for (zone, found) in self.zones.iter().zip(zones) {
			let parent =
				zone.parent.map_or(Some(0), |parent| clearing.zones[parent as usize].path_fee.checked_add(zone.fee));
			clearing.fees = clearing.fees.checked_add(found.fees).ok_or_else(|| too_much("fees"))?;
			clearing.rent = clearing.rent.checked_add(found.congestion_rent).ok_or_else(|| too_much("rents"))?;
			clearing.zones.push(ZoneResult {
				price: found.price,
				flow: found.flow_wh,
				path_fee: parent.ok_or_else(|| too_much("fees of a path"))?,
				fees: found.fees,
				rent: found.congestion_rent,
				..Default::default()
			});
		}
		for (order, accepted) in self.orders.iter().zip(&accepted) {
			let zone = &mut clearing.zones[order.zone as usize];
			for (step, wh) in order.steps.iter().zip(accepted) {
				let margin = match step.side {
					orders::Side::Buy => &mut zone.margin_buy,
					orders::Side::Sell => &mut zone.margin_sell,
				};
				if step.price == zone.price {
					*margin = margin.checked_add(*wh).ok_or_else(|| too_much("accepted energies"))?;
				}
				if step.side == orders::Side::Buy {
					let traded = clearing.traded.checked_add(*wh);
					clearing.traded = traded.ok_or_else(|| too_much("accepted energies"))?;
				}
			}
		}
		Ok((clearing, accepted))
	}

	/// An error of the library with the ids of the case.
	pub fn describe_error(&self, error: &Error) -> String {
		format!("{}: {}", self.describe(error.place()), error.reason())
	}

	/// A violation with the ids of the case.
	pub fn describe_violation(&self, violation: &Violation) -> String {
		format!("{}: {}", self.describe(violation.place()), violation.reason())
	}

	fn describe(&self, place: Place) -> String {
		let id = |ids: &[u64], index: u32| ids.get(index as usize).map_or("?".into(), u64::to_string);
		match place {
			Place::Market => "market".into(),
			Place::Zone(zone) => format!("zone {}", id(&self.zone_ids, zone)),
			Place::Order(order) => format!("order {}", id(&self.order_ids, order)),
			Place::Step { order, step } => format!("order {}, accepted_wh[{step}]", id(&self.order_ids, order)),
		}
	}
}

/// Brings what a result lists into the order of the ids, each exactly once.
fn by_id<T>(what: &str, ids: &[u64], found: impl Iterator<Item = (u64, T)>) -> Result<Vec<T>, String> {
	let mut all = BTreeMap::new();
	for (id, item) in found {
		if all.insert(id, item).is_some() {
			return Err(format!("{what} {id} stands twice in the result"));
		}
	}
	let items = ids.iter().map(|id| all.remove(id).ok_or_else(|| format!("{what} {id} is missing in the result")));
	let items = items.collect::<Result<Vec<T>, String>>()?;
	match all.keys().next() {
		Some(id) => Err(format!("the result names {what} {id}, which the case does not")),
		None => Ok(items),
	}
}

/// Indices of the zones with every parent before its children, otherwise in the order of the file.
fn sort(zones: &[CaseZone]) -> Result<Vec<usize>, String> {
	let mut at_of = BTreeMap::new();
	for (at, zone) in zones.iter().enumerate() {
		if at_of.insert(zone.id, at).is_some() {
			return Err(format!("zones[{at}]: zone id {} stands twice", zone.id));
		}
	}
	let mut children = vec![Vec::new(); zones.len()];
	let mut root: Option<usize> = None;
	for (at, zone) in zones.iter().enumerate() {
		let place = format!("zones[{at}] (id {})", zone.id);
		match (zone.parent, root) {
			(None, Some(root)) => return Err(format!("{place}: a second root; zones[{root}] is one already")),
			(None, None) => root = Some(at),
			(Some(parent), _) => match at_of.get(&parent) {
				Some(parent) => children[*parent].push(at),
				None => return Err(format!("{place}: there is no parent zone {parent}")),
			},
		}
	}
	let Some(root) = root else { return Err("zones: none is the root (parent null)".into()) };
	let mut ready = BinaryHeap::from([Reverse(root)]);
	let mut sorted = Vec::with_capacity(zones.len());
	let mut reached = vec![false; zones.len()];
	while let Some(Reverse(at)) = ready.pop() {
		sorted.push(at);
		reached[at] = true;
		ready.extend(children[at].iter().copied().map(Reverse));
	}
	match reached.iter().position(|reached| !reached) {
		Some(at) => Err(format!("zones[{at}] (id {}): its parents lead into a cycle", zones[at].id)),
		None => Ok(sorted),
	}
}

/// Writes a JSON file and the folders that lead to it.
pub fn write_json(path: &std::path::Path, value: &serde_json::Value) -> anyhow::Result<()> {
	let wrong = |error: std::io::Error| crate::Failure::failed(format!("cannot write {}: {error}", path.display()));
	if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
		std::fs::create_dir_all(folder).map_err(wrong)?;
	}
	std::fs::write(path, format!("{value:#}\n")).map_err(wrong)?;
	Ok(())
}

#[cfg(test)]
mod tests;
