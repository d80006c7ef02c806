//! `busbar blocks`: joint clearing of a session's intervals with block orders, from a file.
//!
//! The format is described in `tests/cases/README.md`.

use crate::failure::Failure;
use anyhow::Context;
use busbar_clearing::{check_blocks, clear_blocks, orders::Side, Block, BlockError, Joint, Zone};
use busbar_operations::case::{Case, CaseResult, CaseSide, Market};
use clap::Args;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Clear the intervals of a session together with block orders.
#[derive(Args, Clone, Debug)]
pub struct Blocks {
	/// The session, as JSON: intervals and blocks.
	pub session: PathBuf,
	/// Write the result to this file, as JSON.
	#[arg(long, value_name = "RESULT")]
	pub out: Option<PathBuf>,
}

/// Consecutive intervals that share one gate, and the blocks over them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
	/// One case per interval, with the zones in the same order.
	pub intervals: Vec<Case>,
	/// In the order of their arrival.
	pub blocks: Vec<SessionBlock>,
}

/// A block order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionBlock {
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
pub struct SessionResult {
	/// Gains from trade net of fees over all intervals and accepted blocks, in nEUR.
	pub welfare: i128,
	pub blocks: Vec<ResultBlock>,
	pub intervals: Vec<CaseResult>,
}

/// A block's result.
#[derive(Clone, Debug, Serialize)]
pub struct ResultBlock {
	pub id: u64,
	pub accepted: bool,
	/// Rejected although the zone prices would have been better than its limit.
	pub rejected_in_the_money: bool,
	/// What an accepted sell receives and an accepted buy pays, in nEUR; 0 if rejected.
	pub amount: i128,
}

impl Blocks {
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
fn clear(text: &str) -> Result<(Session, SessionResult), String> {
	let session: Session = serde_json::from_str(text).map_err(|error| error.to_string().replace('\n', " "))?;
	let (markets, blocks) = markets_and_blocks(&session)?;
	let mut zones: Vec<Vec<Zone>> = markets.iter().map(|market| market.zones.clone()).collect();
	let joint = clear_blocks(&mut zones, &blocks).map_err(|error| describe(&session, &markets, &error))?;
	check_blocks(&zones, &blocks, &joint).map_err(|violation| format!("the result is wrong: {violation}"))?;
	let result = result_of(&session, &markets, &joint);
	Ok((session, result))
}

fn markets_and_blocks(session: &Session) -> Result<(Vec<Market>, Vec<Block>), String> {
	let market = |(at, case)| Market::new(case).map_err(|message| format!("intervals[{at}]: {message}"));
	let markets = session.intervals.iter().enumerate().map(market).collect::<Result<Vec<_>, _>>()?;
	let ids = markets.first().map_or(&[][..], |market| &market.zone_ids);
	if let Some(at) = markets.iter().position(|market| market.zone_ids != ids) {
		return Err(format!("intervals[{at}]: its zones are not those of intervals[0], in the same order"));
	}
	let mut seen = BTreeSet::new();
	let mut blocks = Vec::with_capacity(session.blocks.len());
	for (at, block) in session.blocks.iter().enumerate() {
		let place = format!("blocks[{at}] (id {})", block.id);
		if !seen.insert(block.id) {
			return Err(format!("{place}: the id stands twice"));
		}
		let zone = ids.iter().position(|id| *id == block.zone).and_then(|zone| u32::try_from(zone).ok());
		blocks.push(Block {
			zone: zone.ok_or_else(|| format!("{place}: there is no zone {}", block.zone))?,
			side: if block.side == CaseSide::Buy { Side::Buy } else { Side::Sell },
			price: block.price,
			first: block.first,
			wh: block.wh.clone(),
		});
	}
	Ok((markets, blocks))
}

/// An error of the library with the ids of the session.
fn describe(session: &Session, markets: &[Market], error: &BlockError) -> String {
	match error {
		BlockError::Interval { interval, error } => {
			let market = markets.get(*interval as usize);
			let reason = market.map_or_else(|| error.to_string(), |market| market.describe_error(error));
			format!("intervals[{interval}]: {reason}")
		},
		BlockError::Outside { block }
		| BlockError::NoEnergy { block }
		| BlockError::PriceOutOfRange { block }
		| BlockError::EnergyOutOfRange { block }
		| BlockError::UnknownZone { block, .. } => {
			let id = session.blocks.get(*block as usize).map_or("?".into(), |block| block.id.to_string());
			let reason = error.reason();
			let reason = reason.split_once(": ").map_or(reason.as_str(), |(_, reason)| reason);
			format!("blocks[{block}] (id {id}): {reason}")
		},
		BlockError::TooLarge | BlockError::TotalOverflow => error.reason(),
	}
}

fn result_of(session: &Session, markets: &[Market], joint: &Joint) -> SessionResult {
	let blocks = (0u32..).zip(&session.blocks).zip(joint.accepted.iter().zip(&joint.amounts));
	SessionResult {
		welfare: joint.welfare,
		blocks: blocks
			.map(|((number, block), (accepted, amount))| ResultBlock {
				id: block.id,
				accepted: *accepted,
				rejected_in_the_money: joint.rejected_in_the_money.contains(&number),
				amount: *amount,
			})
			.collect(),
		intervals: markets.iter().zip(&joint.intervals).map(|(market, clearing)| market.result(clearing)).collect(),
	}
}

/// Blocks and root prices for a person.
fn table(session: &Session, result: &SessionResult) -> String {
	let mut blocks = Table::new();
	blocks.load_style(UTF8_FULL_CONDENSED);
	blocks.set_header(["block", "zone", "side", "limit nEUR/Wh", "intervals", "Wh", "average nEUR/Wh", "result"]);
	for (block, decided) in session.blocks.iter().zip(&result.blocks) {
		let wh: u128 = block.wh.iter().map(|wh| u128::from(*wh)).sum();
		let average = if decided.accepted { decided.amount.div_euclid(wh as i128).to_string() } else { String::new() };
		let end = u64::from(block.first) + block.wh.len() as u64;
		blocks.add_row([
			block.id.to_string(),
			block.zone.to_string(),
			if block.side == CaseSide::Buy { "buy" } else { "sell" }.into(),
			block.price.to_string(),
			format!("{}..{}", block.first, end.saturating_sub(1)),
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
		if let Some(column) = blocks.column_mut(index) {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	let mut text = format!("{blocks}\n");
	for (at, interval) in result.intervals.iter().enumerate() {
		let prices: Vec<String> = interval.zones.iter().map(|zone| format!("{}: {}", zone.id, zone.price)).collect();
		text += &format!("interval {at}, price by zone: {}\n", prices.join(", "));
	}
	text + &format!("welfare {} nEUR\n", result.welfare)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
