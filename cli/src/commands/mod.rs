//! One module per command, and what they share.

pub mod book;
pub mod certificates;
pub mod data;
mod execute;
pub mod export;
pub mod flexibility;
pub mod grid;
pub mod holders;
pub mod market;
pub mod order;
pub mod participant;
pub mod prices;
pub mod replay;
pub mod retailer;
pub mod security;
pub mod settle;
pub mod statement;
mod whose;

use crate::{failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_client::{sign::Signer, submit::Submitter, AccountId, Chain};
use busbar_primitives::{
	api::{Clock, Status},
	Amount, Interval,
};
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::Serialize;
use sp_core::{crypto::Ss58Codec, H256};

/// A connection, and a finalised block to read at.
pub struct View {
	pub chain: Chain,
	pub at: H256,
	pub clock: Clock,
}

impl View {
	/// Connects and chooses the finalised block, so that what is read cannot change any more.
	pub async fn open(global: &Global) -> Result<Self> {
		let chain = Chain::connect(&global.url).await?;
		let at = chain.finalised().await?;
		Self::at(chain, at).await
	}

	/// Reads at a block.
	pub async fn at(chain: Chain, at: H256) -> Result<Self> {
		let clock = chain.clock(at).await?;
		Ok(Self { chain, at, clock })
	}

	/// The interval asked for, or the next one whose gate is open.
	pub fn open_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		interval.or(self.clock.next_gate).context("no interval is open for orders; has the grid been registered?")
	}

	/// The interval asked for, or the newest one that was cleared.
	pub async fn cleared_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		self.newest(interval, "cleared", |status| status.outcome.is_some()).await
	}

	/// The interval asked for, or the newest one that was settled.
	pub async fn settled_interval(&self, interval: Option<Interval>) -> Result<Interval> {
		self.newest(interval, "settled", |status| status.statement_root.is_some()).await
	}

	async fn newest(&self, interval: Option<Interval>, what: &str, is: impl Fn(&Status) -> bool) -> Result<Interval> {
		const BACK: u32 = 64;
		if let Some(interval) = interval {
			return Ok(interval);
		}
		let newest = self.clock.first_unopened;
		for candidate in (newest.saturating_sub(BACK)..newest).rev() {
			if self.chain.status(self.at, candidate).await?.is_some_and(|status| is(&status)) {
				return Ok(candidate);
			}
		}
		Err(Failure::failed(format!("none of the last {BACK} intervals was {what}; name one with --interval")).into())
	}
}

/// The key that signs.
pub fn signer(global: &Global) -> Result<Signer, Failure> {
	match &global.suri {
		Some(suri) => Signer::from_suri(suri).map_err(Failure::input),
		None => {
			Err(Failure::input("this command signs a transaction: say whose with --suri, for example --suri //Alice"))
		},
	}
}

/// A connection that submits transactions.
pub async fn submitter(global: &Global) -> Result<Submitter> {
	Ok(Submitter::start(Chain::connect(&global.url).await?).await?)
}

/// Reads an account's address.
pub fn account(text: &str) -> Result<AccountId, String> {
	AccountId::from_ss58check(text).map_err(|error| format!("`{text}` is no account address ({error:?})"))
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> Result<()> {
	println!("{}", serde_json::to_string_pretty(value).context("a result cannot be written as JSON")?);
	Ok(())
}

/// An empty table; all columns but the first `text` ones are numbers.
pub fn table(header: &[&str], text: usize) -> Table {
	let mut table = Table::new();
	table.load_style(UTF8_FULL_CONDENSED).set_header(header);
	for index in text..header.len() {
		if let Some(column) = table.column_mut(index) {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	table
}

/// Money in EUR, to the last of nine decimals that is not zero, but at least two.
pub fn eur(amount: Amount) -> String {
	let sign = if amount < 0 { "-" } else { "" };
	let (whole, rest) = (amount.unsigned_abs() / 1_000_000_000, amount.unsigned_abs() % 1_000_000_000);
	let mut decimals = format!("{rest:09}");
	while decimals.len() > 2 && decimals.ends_with('0') {
		decimals.pop();
	}
	format!("{sign}{whole}.{decimals}")
}

/// A price in ct/kWh.
pub fn ct(price: i64) -> String {
	let sign = if price < 0 { "-" } else { "" };
	format!("{sign}{}.{:04}", price.unsigned_abs() / 10_000, price.unsigned_abs() % 10_000)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn money_is_written_exactly() {
		assert_eq!(eur(0), "0.00");
		assert_eq!(eur(1_500_000_000), "1.50");
		assert_eq!(eur(-1), "-0.000000001");
		assert_eq!(eur(220_000_000), "0.22");
	}

	#[test]
	fn prices_are_written_in_cents_per_kilowatt_hour() {
		assert_eq!(ct(220_000), "22.0000");
		assert_eq!(ct(-50), "-0.0050");
	}

	#[test]
	fn an_address_is_read_and_nonsense_is_refused() {
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		assert_eq!(account(alice).unwrap().to_ss58check(), alice);
		assert!(account("5Grwva").is_err());
	}
}
