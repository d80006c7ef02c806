//! `busbar block-orders`: joint clearing of a session's intervals with block orders, from a file.
//!
//! The format is described in `tests/cases/README.md`.

use crate::failure::Failure;
use anyhow::Context;
use busbar_clearing::{
	check_block_orders, clear_block_orders, orders::Side, BlockOrder, BlockOrderError, Joint, Lean, Zone,
};
use busbar_operations::case::{Case, CaseResult, CaseSide, Market};
use clap::Args;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Clear the intervals of a session together with block orders.
#[derive(Args, Clone, Debug)]
pub struct BlockOrders {
	/// The session, as JSON: intervals and block orders.
	pub session: PathBuf,
	/// Write the result to this file, as JSON.
	#[arg(long, value_name = "RESULT")]
	pub out: Option<PathBuf>,
}

/// Consecutive intervals that share one gate, and the block orders over them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointCase {
	/// One case per interval, with the zones in the same order.
	pub intervals: Vec<Case>,
	/// In the order of their arrival.
	#[serde(rename = "blocks")]
	pub block_orders: Vec<CaseBlockOrder>,
}

/// A block order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseBlockOrder {
	pub id: u64,
	pub zone: u64,
	pub side: CaseSide,
	/// Limit price of the sum, in nEUR/Wh.
	pub price: i64,
	/// Place of its first interval in `intervals`, from 0.
	pub first: u32,
	/// Energy in each of its consecutive intervals, in Wh.
	pub wh: Vec<u64>,
}

/// What clearing made of a session.
#[derive(Clone, Debug, Serialize)]
pub struct JointResult {
	/// Gains from trade net of fees over all intervals and accepted block orders, in nEUR.
	pub welfare: i128,
	/// Where the zone prices lie between the least and the greatest supporting ones, in parts of 2^31.
	pub lean: u32,
	#[serde(rename = "blocks")]
	pub block_orders: Vec<BlockOrderResult>,
	pub intervals: Vec<CaseResult>,
}

/// A block order's result.
#[derive(Clone, Debug, Serialize)]
pub struct BlockOrderResult {
	pub id: u64,
	pub accepted: bool,
	/// Rejected although the zone prices would have been better than its limit.
	pub rejected_in_the_money: bool,
	/// What an accepted sell receives and an accepted buy pays, in nEUR; 0 if rejected.
	pub amount: i128,
}

impl BlockOrders {
	/// Clears, proves the result right, writes it if asked to, and prints it: as a table, or as JSON.
	///
	/// # Errors
	/// Exit code 2 if the session is malformed, 1 if the result cannot be written. Nothing is written then.
	pub fn run(self, json: bool) -> Result<(), Failure> {
		let name = self.session.display();
		let text = fs::read_to_string(&self.session).map_err(|error| Failure::input(format!("{name}: {error}")))?;
		let (session, result) = clear(&text).map_err(|error| Failure::input(format!("{name}: {error}")))?;
		let text = serde_json::to_string_pretty(&result).context("a result cannot be written as JSON")? + "\n";
		if let Some(out) = &self.out {
			fs::write(out, &text).map_err(|error| Failure::failed(format!("{}: {error}", out.display())))?;
		}
		print!("{}", if json { text } else { table(&session, &result) });
		Ok(())
	}
}

/// Reads and clears a session. Errors are one line that names the place.
fn clear(text: &str) -> Result<(JointCase, JointResult), String> {
	let session: JointCase = serde_json::from_str(text).map_err(|error| error.to_string().replace('\n', " "))?;
	let (markets, block_orders) = markets_and_block_orders(&session)?;
	let mut zones: Vec<Vec<Zone>> = markets.iter().map(|market| market.zones.clone()).collect();
	let joint = clear_block_orders(&mut zones, &block_orders).map_err(|error| describe(&session, &markets, &error))?;
	check_block_orders(&zones, &block_orders, &joint)
		.map_err(|violation| format!("the result is wrong: {violation}"))?;
	let result = result_of(&session, &markets, &joint);
	Ok((session, result))
}

fn markets_and_block_orders(session: &JointCase) -> Result<(Vec<Market>, Vec<BlockOrder>), String> {
	let market = |(at, case)| Market::new(case).map_err(|message| format!("intervals[{at}]: {message}"));
	let markets = session.intervals.iter().enumerate().map(market).collect::<Result<Vec<_>, _>>()?;
	let ids = markets.first().map_or(&[][..], |market| &market.zone_ids);
	if let Some(at) = markets.iter().position(|market| market.zone_ids != ids) {
		return Err(format!("intervals[{at}]: its zones are not those of intervals[0], in the same order"));
	}
	let mut seen = BTreeSet::new();
	let mut block_orders = Vec::with_capacity(session.block_orders.len());
	for (at, block_order) in session.block_orders.iter().enumerate() {
		let place = format!("blocks[{at}] (id {})", block_order.id);
		if !seen.insert(block_order.id) {
			return Err(format!("{place}: the id stands twice"));
		}
		let zone = ids.iter().position(|id| *id == block_order.zone).and_then(|zone| u32::try_from(zone).ok());
		block_orders.push(BlockOrder {
			zone: zone.ok_or_else(|| format!("{place}: there is no zone {}", block_order.zone))?,
			side: if block_order.side == CaseSide::Buy { Side::Buy } else { Side::Sell },
			price: block_order.price,
			first: block_order.first,
			wh: block_order.wh.clone(),
		});
	}
	Ok((markets, block_orders))
}

/// An error of the library with the ids of the session.
fn describe(session: &JointCase, markets: &[Market], error: &BlockOrderError) -> String {
	match error {
		BlockOrderError::Interval { interval, error } => {
			let market = markets.get(*interval as usize);
			let reason = market.map_or_else(|| error.to_string(), |market| market.describe_error(error));
			format!("intervals[{interval}]: {reason}")
		},
		BlockOrderError::Outside { block_order }
		| BlockOrderError::NoEnergy { block_order }
		| BlockOrderError::PriceOutOfRange { block_order }
		| BlockOrderError::EnergyOutOfRange { block_order }
		| BlockOrderError::UnknownZone { block_order, .. } => {
			let id = session
				.block_orders
				.get(*block_order as usize)
				.map_or("?".into(), |block_order| block_order.id.to_string());
			let reason = error.reason();
			let reason = reason.split_once(": ").map_or(reason.as_str(), |(_, reason)| reason);
			format!("blocks[{block_order}] (id {id}): {reason}")
		},
		BlockOrderError::TooLarge | BlockOrderError::TotalOverflow => error.reason(),
	}
}

fn result_of(session: &JointCase, markets: &[Market], joint: &Joint) -> JointResult {
	let block_orders = (0u32..).zip(&session.block_orders).zip(joint.accepted.iter().zip(&joint.amounts));
	JointResult {
		welfare: joint.welfare,
		lean: joint.lean.parts(),
		block_orders: block_orders
			.map(|((number, block_order), (accepted, amount))| BlockOrderResult {
				id: block_order.id,
				accepted: *accepted,
				rejected_in_the_money: joint.rejected_in_the_money.contains(&number),
				amount: *amount,
			})
			.collect(),
		intervals: markets.iter().zip(&joint.intervals).map(|(market, clearing)| market.result(clearing)).collect(),
	}
}

/// Block orders and root prices for a person.
fn table(session: &JointCase, result: &JointResult) -> String {
	let mut block_orders = Table::new();
	block_orders.load_style(UTF8_FULL_CONDENSED);
	block_orders.set_header([
		"block order",
		"zone",
		"side",
		"limit nEUR/Wh",
		"intervals",
		"Wh",
		"average nEUR/Wh",
		"result",
	]);
	for (block_order, decided) in session.block_orders.iter().zip(&result.block_orders) {
		let wh: u128 = block_order.wh.iter().map(|wh| u128::from(*wh)).sum();
		let average = if decided.accepted { decided.amount.div_euclid(wh as i128).to_string() } else { String::new() };
		let end = u64::from(block_order.first) + block_order.wh.len() as u64;
		block_orders.add_row([
			block_order.id.to_string(),
			block_order.zone.to_string(),
			if block_order.side == CaseSide::Buy { "buy" } else { "sell" }.into(),
			block_order.price.to_string(),
			format!("{}..{}", block_order.first, end.saturating_sub(1)),
			wh.to_string(),
			average,
			match (decided.accepted, decided.rejected_in_the_money) {
				(true, _) => "accepted",
				(false, true) => "rejected in the money",
				(false, false) => "rejected",
			}
			.into(),
		]);
	}
	for index in 3..7 {
		if let Some(column) = block_orders.column_mut(index) {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	let mut text = format!("{block_orders}\n");
	for (at, interval) in result.intervals.iter().enumerate() {
		let prices: Vec<String> = interval.zones.iter().map(|zone| format!("{}: {}", zone.id, zone.price)).collect();
		text += &format!("interval {at}, price by zone: {}\n", prices.join(", "));
	}
	if result.lean != Lean::MIDDLE.parts() {
		// Whole per mille, for a person; the result has all of it.
		let share = u64::from(result.lean) * 1_000 / u64::from(Lean::WHOLE);
		text += &format!("prices lean {}.{} % of the way to the greatest that support them\n", share / 10, share % 10);
	}
	text + &format!("welfare {} nEUR\n", result.welfare)
}

#[cfg(test)]
#[path = "joint_case_tests.rs"]
mod tests;
