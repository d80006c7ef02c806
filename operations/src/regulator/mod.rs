//! What a regulator takes of a chain: every record of a period as tables, in Parquet, and whether they are what the chain had.
//!
//! A folder holds a file for each of [`read::TABLES`] and `manifest.json`, which says of which chain and intervals they are, at which
//! finalised block each interval was read, under which statement root its lines are, and each file's hash. An interval is read at the last
//! finalised block that still has its records, so that everything about it has happened; where the chain has pruned them, a node
//! is asked that keeps all states.

mod read;
mod table;
mod verify;

pub use read::{export, TABLES};
pub use table::{Cell, Table};
pub use verify::{verify, Checked};

use crate::Failure;
use anyhow::{Context, Result};
use busbar_primitives::Interval;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{collections::BTreeMap, fs, path::Path};

/// Name of the file that describes the others.
pub const MANIFEST: &str = "manifest.json";

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// The first interval.
	pub from: Interval,
	/// The one after the last.
	pub until: Interval,
	/// Those of them that the chain had, in their order.
	pub intervals: Vec<Source>,
	/// The files, by the names of their tables.
	pub files: BTreeMap<String, Written>,
}

/// Where an interval's records are from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
	/// The interval.
	pub interval: Interval,
	/// Number of the finalised block.
	pub block: u32,
	/// Its hash.
	pub hash: H256,
	/// Root over its statement lines; none if it was not settled at that block.
	pub root: Option<H256>,
	/// How many lines are under it.
	pub lines: u32,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
	/// Its rows.
	pub rows: usize,
	/// Blake2-256 of its bytes.
	pub hash: H256,
}

impl Written {
	/// Of these bytes.
	pub fn of(rows: usize, bytes: &[u8]) -> Self {
		Self { rows, hash: H256(sp_crypto_hashing::blake2_256(bytes)) }
	}
}

/// Writes a folder, which must be new or empty.
///
/// # Errors
/// If it holds anything, or cannot be written.
pub fn write(folder: &Path, manifest: &Manifest, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
	fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
	if fs::read_dir(folder)?.next().is_some() {
		return Err(Failure::input(format!("{} is not empty; choose a new folder", folder.display())).into());
	}
	for (name, bytes) in files {
		fs::write(folder.join(file_name(name)), bytes)?;
	}
	fs::write(folder.join(MANIFEST), serde_json::to_vec_pretty(manifest)?)?;
	Ok(())
}

/// Name of a table's file.
pub fn file_name(table: &str) -> String {
	format!("{table}.parquet")
}
