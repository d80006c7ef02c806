//! `busbar regulator`: every record of a period as Parquet, and whether that is what the chain had.

use super::print_json;
use crate::{connection::connect, failure::Failure, Global};
use anyhow::Result;
use busbar_operations::regulator;
use busbar_primitives::Interval;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Findings that are printed for a person.
const SHOWN: usize = 20;

/// What a regulator takes of the chain
#[derive(Subcommand)]
pub enum Regulator {
	/// Write limits, orders, trades, prices, roots of readings, settlements, disputes and defaults of a period, as Parquet
	Export(Export),
	/// Check an export: its files, its statement lines under the roots that the chain keeps, its blocks
	Verify(Verify),
}

#[derive(Args)]
pub struct Export {
	/// First interval
	#[arg(long)]
	from: Interval,
	/// The interval after the last one
	#[arg(long)]
	until: Interval,
	/// New folder for the files
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
}

#[derive(Args)]
pub struct Verify {
	/// Folder of the export
	#[arg(value_name = "DIR")]
	folder: PathBuf,
	/// Also read every row once more, from a node that keeps all states
	#[arg(long)]
	whole: bool,
}

impl Regulator {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Export(export) => export.run(global).await,
			Self::Verify(verify) => verify.run(global).await,
		}
	}
}

impl Export {
	async fn run(self, global: &Global) -> Result<()> {
		if self.from >= self.until {
			return Err(Failure::input("--from must be before --until").into());
		}
		let chain = connect(global).await?;
		let (manifest, files) = regulator::export(&chain, self.from, self.until).await?;
		regulator::write(&self.out, &manifest, &files)?;
		if global.json {
			return print_json(&manifest);
		}
		println!("{} intervals in {}:", manifest.intervals.len(), self.out.display());
		for (name, written) in &manifest.files {
			println!("  {} with {} rows", regulator::file_name(name), written.rows);
		}
		Ok(())
	}
}

impl Verify {
	async fn run(self, global: &Global) -> Result<()> {
		let chain = connect(global).await?;
		let checked = regulator::verify(&chain, &self.folder, self.whole).await?;
		if global.json {
			print_json(&json!({
				"intervals": checked.intervals, "lines": checked.lines, "compared": checked.compared, "findings": checked.findings,
			}))?;
		} else {
			println!(
				"{} intervals, {} statement lines under their roots, {} rows compared with the chain.",
				checked.intervals, checked.lines, checked.compared
			);
			checked.findings.iter().take(SHOWN).for_each(|what| println!("{what}"));
		}
		match checked.findings.len() {
			0 => Ok(()),
			findings => {
				Err(Failure::failed(format!("the export is not what the chain had, in {findings} places")).into())
			},
		}
	}
}
