//! One module per command, and what they share.

pub mod book;
pub mod certificates;
pub mod clock;
pub mod council;
pub mod data;
pub mod emergency;
mod execute;
pub mod flexibility;
pub mod grid;
pub mod holders;
pub mod load;
pub mod market;
pub mod order;
pub mod participant;
pub mod prices;
pub mod progress;
pub mod regulator;
pub mod replay;
pub mod retailer;
pub mod roles;
pub mod security;
pub mod settle;
pub mod statement;
pub mod vault;
mod verified;
mod whose;

use crate::{connection::connect, failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_client::{sign::Signer, submit::Submitter, AccountId};
use busbar_operations::{
	figures::{ct, eur},
	view::View,
};
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde::Serialize;
use sp_core::crypto::Ss58Codec;

/// Connects, and reads at the finalised block.
pub async fn open(global: &Global) -> Result<View> {
	View::open(connect(global).await?).await
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
	Ok(Submitter::start(connect(global).await?).await?)
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_address_is_read_and_nonsense_is_refused() {
		let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		assert_eq!(account(alice).unwrap().to_ss58check(), alice);
		assert!(account("5Grwva").is_err());
	}
}
