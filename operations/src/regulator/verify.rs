//! Whether an export is what the chain had.

use super::{
	file_name,
	read::{self, TABLES},
	table::{Cell, Table},
	Manifest, Source, Written, MANIFEST,
};
use crate::Failure;
use anyhow::{ensure, Context, Result};
use busbar_client::Chain;
use busbar_primitives::{Interval, Line};
use serde::de::DeserializeOwned;
use sp_core::H256;
use std::{collections::BTreeMap, fs, path::Path};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
	/// Intervals of the export.
	pub intervals: usize,
	/// Statement lines that lead to their intervals' roots.
	pub lines: usize,
	/// Rows that were read from the chain once more and compared; none if that was not asked for.
	pub compared: usize,
	/// What is not as it was, in words.
	pub findings: Vec<String>,
}

/// Checks a folder: that no file was changed, that each interval's statement lines lead to the root that the chain keeps for ever, that
/// the blocks are final; with `whole`, that every row of every table is what a node's state of those blocks says.
///
/// # Errors
/// If the folder is no export, or of another chain; if the node does not answer, or does not keep the states that `whole` needs.
pub async fn verify(chain: &Chain, folder: &Path, whole: bool) -> Result<Checked> {
	let manifest: Manifest = fs::read(folder.join(MANIFEST))
		.map_err(|error| error.to_string())
		.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()))
		.map_err(|reason| Failure::input(format!("{} is no export: {reason}", folder.join(MANIFEST).display())))?;
	if manifest.genesis != chain.genesis() {
		return Err(Failure::input(format!("the export is of the chain {:?}", manifest.genesis)).into());
	}
	let mut checked = Checked { intervals: manifest.intervals.len(), ..Checked::default() };
	let tables = files(folder, &manifest, &mut checked.findings)?;
	let lines = match tables.get("settlements") {
		Some(settlements) => lines(settlements)?,
		None => BTreeMap::new(),
	};
	let finalised = chain.finalised().await?;
	let last = chain.header(finalised).await?.number;
	for source in &manifest.intervals {
		let own = lines.get(&source.interval).map(Vec::as_slice).unwrap_or_default();
		let root = root_of(source.interval, own);
		checked.findings.extend(leads(source, own.len(), root));
		if source.root.is_some() {
			checked.lines = checked.lines.saturating_add(own.len());
		}
		if source.block > last || chain.block_hash(source.block).await? != Some(source.hash) {
			checked.findings.push(format!("block {} of interval {} is not final", source.block, source.interval));
			continue;
		}
		checked.findings.extend(kept(chain, finalised, source).await?);
	}
	let strange = lines.keys().filter(|interval| !manifest.intervals.iter().any(|one| one.interval == **interval));
	checked
		.findings
		.extend(strange.map(|interval| format!("lines of interval {interval}, which the manifest has not")));
	if whole {
		let again = read::tables(chain, &manifest.intervals).await?.into_inner();
		for (name, now) in again {
			checked.compared = checked.compared.saturating_add(now.rows.len());
			if let Some(then) = tables.get(name) {
				checked.findings.extend(differs(name, then, &now));
			}
		}
	}
	Ok(checked)
}

/// Reads the files, each of which must be the one of the manifest.
fn files(folder: &Path, manifest: &Manifest, findings: &mut Vec<String>) -> Result<BTreeMap<&'static str, Table>> {
	let mut tables = BTreeMap::new();
	for (name, columns) in TABLES {
		let path = folder.join(file_name(name));
		let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
		let hash = Written::of(0, &bytes).hash;
		let table = Table::from_parquet(columns, bytes);
		match (manifest.files.get(name), table) {
			(Some(written), Ok(table)) => {
				if written.hash != hash || written.rows != table.rows.len() {
					findings.push(format!("{} is not the file of the manifest", file_name(name)));
				}
				tables.insert(name, table);
			},
			(None, _) => findings.push(format!("the manifest has no {}", file_name(name))),
			(_, Err(error)) => findings.push(format!("{}: {error}", file_name(name))),
		}
	}
	Ok(tables)
}

fn number<T: TryFrom<i64>>(row: &[Cell], at: usize) -> Result<T> {
	match row.get(at) {
		Some(Cell::Number(number)) => T::try_from(*number).ok().context("a number is out of range"),
		_ => anyhow::bail!("a number is missing"),
	}
}

fn text(row: &[Cell], at: usize) -> Result<&str> {
	match row.get(at) {
		Some(Cell::Text(text)) => Ok(text),
		_ => anyhow::bail!("a text is missing"),
	}
}

/// A variant as the API writes it.
fn variant<T: DeserializeOwned>(word: &str) -> Result<T> {
	let value = match serde_json::from_str(word) {
		Ok(value @ serde_json::Value::Object(_)) => value,
		_ => serde_json::Value::String(word.into()),
	};
	Ok(serde_json::from_value(value)?)
}

/// The statement lines of each interval, which must stand in the order of their numbers.
fn lines(settlements: &Table) -> Result<BTreeMap<Interval, Vec<Line>>> {
	let mut all: BTreeMap<Interval, Vec<Line>> = BTreeMap::new();
	for row in &settlements.rows {
		let lines = all.entry(number(row, 0)?).or_default();
		ensure!(number::<usize>(row, 1)? == lines.len(), "statement lines are missing, or not in their order");
		lines.push(Line {
			version: number(row, 2)?,
			party: variant(text(row, 3)?)?,
			cause: variant(text(row, 4)?)?,
			wh: number(row, 5)?,
			price: number(row, 6)?,
			amount: text(row, 7)?.parse()?,
		});
	}
	Ok(all)
}

fn root_of(interval: Interval, lines: &[Line]) -> H256 {
	let leaves: Vec<_> = (0..).zip(lines).map(|(index, line)| line.leaf(interval, index)).collect();
	busbar_merkle::root(&leaves)
}

/// What is wrong with an interval's lines under the manifest's root.
fn leads(source: &Source, count: usize, root: H256) -> Option<String> {
	let expected = source.root?;
	let right = root == expected && usize::try_from(source.lines).is_ok_and(|lines| lines == count);
	(!right).then(|| format!("the {count} lines of interval {} do not lead to its root", source.interval))
}

/// What is wrong with the manifest's root: the chain keeps another one, now and at the block of the export.
async fn kept(chain: &Chain, finalised: H256, source: &Source) -> Result<Option<String>> {
	let Some(expected) = source.root else { return Ok(None) };
	let is = |root: Option<busbar_client::pallet_settlement::StatementRoot>| {
		root.is_some_and(|root| root.root == expected && root.count == source.lines)
	};
	if is(chain.statement_root(finalised, source.interval).await?) {
		return Ok(None);
	}
	// A later run may have added lines since.
	let then = chain.statement_root(source.hash, source.interval).await.with_context(|| {
		format!(
			"the chain has another root of interval {} now; ask a node that runs with --state-pruning archive",
			source.interval
		)
	})?;
	Ok((!is(then)).then(|| format!("interval {} has not the root of the manifest", source.interval)))
}

/// The first difference between a table and what the chain says.
fn differs(name: &str, then: &Table, now: &Table) -> Option<String> {
	let rows = then.rows.iter().zip(&now.rows);
	if let Some((number, (then, now))) = (0..).zip(rows).find(|(_, (then, now))| then != now) {
		return Some(format!("{} row {number}: {then:?} stands there, and the chain has {now:?}", file_name(name)));
	}
	let (then, now) = (then.rows.len(), now.rows.len());
	(then != now).then(|| format!("{} has {then} rows, and the chain {now}", file_name(name)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::regulator::table::{text as cell, Kind};
	use busbar_primitives::{Cause, Party};

	fn settlements(lines: &[Line]) -> Table {
		let columns = TABLES.iter().find(|(name, _)| *name == "settlements").expect("it is there").1;
		let mut table = Table::new(columns);
		for (index, line) in (0u32..).zip(lines) {
			let party = match line.party {
				Party::Point(point) => cell(format!("{{\"point\":{point}}}")),
				_ => cell("grid_operator"),
			};
			let (wh, price) = (line.wh.into(), line.price.into());
			let row = vec![
				7u32.into(),
				index.into(),
				line.version.into(),
				party,
				cell("contract"),
				wh,
				price,
				cell(line.amount),
			];
			table.rows.push(row);
		}
		table
	}

	fn line(party: Party, amount: i128) -> Line {
		Line { version: 1, party, cause: Cause::Contract, wh: -10, price: 5, amount }
	}

	#[test]
	fn lines_are_read_back_from_their_table_and_lead_to_their_root_and_changed_ones_do_not() {
		let own = [line(Party::Point(3), -50), line(Party::GridOperator, 50)];
		let table = settlements(&own);
		assert_eq!(table.columns[0], ("interval", Kind::Numbers));
		let read = lines(&table).unwrap();
		assert_eq!(read[&7], own);
		let root = root_of(7, &own);
		let source = Source { interval: 7, block: 1, hash: H256::zero(), root: Some(root), lines: 2 };
		assert_eq!(leads(&source, 2, root_of(7, &read[&7])), None);
		// Another amount, a line less, and one whose number of lines alone is wrong.
		let changed = root_of(7, &[line(Party::Point(3), -49), own[1]]);
		assert!(leads(&source, 2, changed).unwrap().contains("do not lead"));
		assert!(leads(&source, 1, root_of(7, &own[..1])).is_some());
		assert!(leads(&Source { lines: 3, ..source }, 2, root).is_some());
	}

	#[test]
	fn lines_that_are_missing_or_out_of_order_are_no_table_of_lines() {
		let own = [line(Party::Point(3), -50), line(Party::GridOperator, 50)];
		let mut table = settlements(&own);
		table.rows.swap(0, 1);
		assert!(lines(&table).is_err());
		table.rows.remove(0);
		table.rows[0][1] = 1u32.into();
		assert!(lines(&table).is_err());
	}

	#[test]
	fn the_first_row_that_differs_is_named_and_so_is_one_that_is_missing() {
		let own = settlements(&[line(Party::Point(3), -50), line(Party::GridOperator, 50)]);
		assert_eq!(differs("settlements", &own, &own), None);
		let mut other = own.clone();
		other.rows[1][7] = cell(51);
		assert!(differs("settlements", &other, &own).unwrap().contains("row 1"));
		other.rows.remove(1);
		assert!(differs("settlements", &other, &own).unwrap().contains("has 1 rows, and the chain 2"));
	}
}
