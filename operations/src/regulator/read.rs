//! The tables, read from a node.

use super::{
	table::{maybe, text, Cell, Kind, Table},
	Manifest, Source, Written,
};
use crate::Failure;
use anyhow::{Context, Result};
use busbar_client::{storage, Chain};
use busbar_primitives::{api::Status, Cause, Interval, ProductId, ProductKind};
use sp_core::H256;
use std::collections::BTreeMap;
use Kind::{Numbers, Texts};

/// A table's columns: name and kind.
pub type Columns = &'static [(&'static str, Kind)];

/// The tables. Energy in Wh, power in W, prices and fees in nEUR/Wh, money in nEUR as text, times in ms; an empty cell is no limit, or
/// nothing.
pub const TABLES: [(&str, Columns); 9] = [
	(
		"limits",
		&[
			("interval", Numbers),
			("zone", Numbers),
			("parent", Numbers),
			("import_w", Numbers),
			("export_w", Numbers),
			("fee", Numbers),
		],
	),
	(
		"orders",
		&[
			("interval", Numbers),
			("product", Numbers),
			("kind", Texts),
			("number", Numbers),
			("point", Numbers),
			("zone", Numbers),
			("step", Numbers),
			("side", Texts),
			("price", Numbers),
			("wh", Numbers),
			("accepted_wh", Numbers),
		],
	),
	(
		"trades",
		&[
			("interval", Numbers),
			("product", Numbers),
			("point", Numbers),
			("bought_wh", Numbers),
			("sold_wh", Numbers),
			("amount", Texts),
			("lowest", Numbers),
			("highest", Numbers),
		],
	),
	(
		"prices",
		&[
			("interval", Numbers),
			("product", Numbers),
			("zone", Numbers),
			("price", Numbers),
			("flow_wh", Numbers),
			("import_wh", Numbers),
			("export_wh", Numbers),
			("fees", Texts),
			("rent", Texts),
		],
	),
	(
		"readings",
		&[
			("interval", Numbers),
			("operator", Texts),
			("version", Numbers),
			("root", Texts),
			("count", Numbers),
			("bytes", Numbers),
			("content", Texts),
			("attested_at", Numbers),
		],
	),
	(
		"settlements",
		&[
			("interval", Numbers),
			("line", Numbers),
			("run", Numbers),
			("party", Texts),
			("cause", Texts),
			("wh", Numbers),
			("price", Numbers),
			("amount", Texts),
		],
	),
	(
		"disputes",
		&[
			("interval", Numbers),
			("point", Numbers),
			("ground", Texts),
			("disputant", Texts),
			("accused", Texts),
			("bond", Texts),
			("opened_at", Numbers),
			("deadline", Numbers),
		],
	),
	("defaults", &[("interval", Numbers), ("line", Numbers), ("party", Texts), ("cause", Texts), ("amount", Texts)]),
	(
		"intervals",
		&[
			("interval", Numbers),
			("phase", Texts),
			("cleared", Numbers),
			("traded_wh", Numbers),
			("statement_root", Texts),
			("lines", Numbers),
			("block", Numbers),
			("block_hash", Texts),
		],
	),
];

/// The rows of each table.
pub(super) struct Tables(BTreeMap<&'static str, Table>);

impl Tables {
	fn new() -> Self {
		Self(TABLES.into_iter().map(|(name, columns)| (name, Table::new(columns))).collect())
	}

	fn add(&mut self, table: &'static str, row: Vec<Cell>) {
		self.0.entry(table).or_insert_with(|| Table::new(&[])).rows.push(row);
	}

	/// By their names.
	pub(super) fn into_inner(self) -> BTreeMap<&'static str, Table> {
		self.0
	}
}

/// An enum's variant as the API writes it.
fn word(value: &impl serde::Serialize) -> Result<Cell> {
	Ok(match serde_json::to_value(value)? {
		serde_json::Value::String(word) => Cell::Text(word),
		other => Cell::Text(other.to_string()),
	})
}

/// Exports the intervals from `from` until before `until`: the manifest and the files' bytes, by their tables.
///
/// # Errors
/// If the chain had none of them, or the node does not keep the states that are needed.
pub async fn export(chain: &Chain, from: Interval, until: Interval) -> Result<(Manifest, BTreeMap<String, Vec<u8>>)> {
	let finalised = chain.finalised().await?;
	let mut sources = Vec::new();
	let mut blocks = Blocks { chain, finalised, last: chain.header(finalised).await?.number };
	for interval in from..until {
		sources.extend(blocks.source(interval).await?);
	}
	if sources.is_empty() {
		return Err(Failure::failed(format!("the chain has had no interval from {from} to before {until}")).into());
	}
	let tables = tables(chain, &sources).await?;
	let mut files = BTreeMap::new();
	let mut written = BTreeMap::new();
	for (name, table) in tables.into_inner() {
		let bytes = table.to_parquet()?;
		written.insert(name.to_owned(), Written::of(table.rows.len(), &bytes));
		files.insert(name.to_owned(), bytes);
	}
	Ok((Manifest { genesis: chain.genesis(), from, until, intervals: sources, files: written }, files))
}

/// Reads all tables of intervals, each at its block.
pub(super) async fn tables(chain: &Chain, sources: &[Source]) -> Result<Tables> {
	let mut tables = Tables::new();
	for source in sources {
		read(chain, source, &mut tables).await.with_context(|| {
			format!(
				"interval {} at block {}: ask a node that runs with --state-pruning archive",
				source.interval, source.block
			)
		})?;
	}
	Ok(tables)
}

/// Finds the block at which an interval is read.
struct Blocks<'a> {
	chain: &'a Chain,
	finalised: H256,
	last: u32,
}

impl Blocks<'_> {
	async fn hash(&self, number: u32) -> Result<H256> {
		self.chain.block_hash(number).await?.with_context(|| format!("the node has no block {number}"))
	}

	/// Whether an interval is pruned at a block.
	async fn is_pruned(&self, at: H256, interval: Interval) -> Result<bool> {
		let next = self.chain.read(at, &storage::market::NEXT_TO_PRUNE, ()).await?.unwrap_or(0);
		Ok(interval < next)
	}

	/// The last finalised block that has an interval's records; `None` if none has.
	async fn source(&mut self, interval: Interval) -> Result<Option<Source>> {
		let (mut block, mut hash) = (self.last, self.finalised);
		if self.is_pruned(hash, interval).await? {
			// The last one at which it is not: what is pruned stays pruned.
			let (mut has, mut has_not) = (0, self.last);
			while has_not - has > 1 {
				let middle = has + (has_not - has) / 2;
				let at = self.hash(middle).await?;
				let gone =
					format!("the state of block {middle} is gone: ask a node that runs with --state-pruning archive");
				if self.is_pruned(at, interval).await.context(gone)? {
					has_not = middle;
				} else {
					has = middle;
				}
			}
			(block, hash) = (has, self.hash(has).await?);
		}
		if self.chain.status(hash, interval).await?.is_none() {
			return Ok(None);
		}
		let root = self.chain.statement_root(hash, interval).await?;
		let lines = root.as_ref().map_or(0, |root| root.count);
		Ok(Some(Source { interval, block, hash, root: root.map(|root| root.root), lines }))
	}
}

async fn read(chain: &Chain, source: &Source, tables: &mut Tables) -> Result<()> {
	let (at, interval) = (source.hash, source.interval);
	let status = chain.status(at, interval).await?.context("it is not there")?;
	for zone in chain.zones(at, interval).await? {
		let link = zone.link;
		let (import, export) = (maybe(link.import_w), maybe(link.export_w));
		let row = vec![interval.into(), zone.id.into(), maybe(zone.parent), import, export, link.fee.into()];
		tables.add("limits", row);
	}
	for (product, _) in (0..).zip(&status.sessions) {
		session(chain, source, (product, &status), tables).await?;
	}
	for point in chain.points(at).await?.into_iter().filter(|point| point.point.is_in_force(interval)) {
		for contract in chain.contracts(at, point.id, interval).await? {
			let (bought, sold) = (contract.position.bought.into(), contract.position.sold.into());
			let (lowest, highest) = (contract.lowest.into(), contract.highest.into());
			let (product, amount) = (contract.product.into(), text(contract.amount));
			tables
				.add("trades", vec![interval.into(), product, point.id.into(), bought, sold, amount, lowest, highest]);
		}
	}
	for (operator, dataset) in chain.datasets(at, interval).await? {
		let (root, content) = (text(format!("{:?}", dataset.root)), text(format!("{:?}", dataset.content)));
		let (version, count, bytes) = (dataset.version.into(), dataset.count.into(), dataset.bytes.into());
		let row = vec![interval.into(), text(operator), version, root, count, bytes, content, dataset.at.into()];
		tables.add("readings", row);
	}
	for (point, dispute) in chain.all_disputes(at, interval).await? {
		let who = dispute.disputant.map_or(Cell::None, text);
		let (ground, accused, bond) =
			(text(format!("{:?}", dispute.ground)), text(dispute.accused), text(dispute.bond));
		let (opened, deadline) = (dispute.opened.into(), dispute.deadline.into());
		tables.add("disputes", vec![interval.into(), point.into(), ground, who, accused, bond, opened, deadline]);
	}
	for statement in chain.lines(at, interval).await? {
		let line = statement.line;
		let (party, cause, amount) = (word(&line.party)?, word(&line.cause)?, text(line.amount));
		let number: Cell = statement.index.into();
		if matches!(line.cause, Cause::Default | Cause::Cover | Cause::LossShare) {
			let row = vec![interval.into(), number.clone(), party.clone(), cause.clone(), amount.clone()];
			tables.add("defaults", row);
		}
		let (run, wh, price) = (line.version.into(), line.wh.into(), line.price.into());
		tables.add("settlements", vec![interval.into(), number, run, party, cause, wh, price, amount]);
	}
	let outcome = status.outcome.unwrap_or_default();
	let root = source.root.map_or(Cell::None, |root| text(format!("{root:?}")));
	let (phase, cleared, traded) = (word(&status.phase)?, u8::from(outcome.cleared).into(), outcome.traded.into());
	let (block, hash) = (source.block.into(), text(format!("{:?}", source.hash)));
	tables.add("intervals", vec![interval.into(), phase, cleared, traded, root, source.lines.into(), block, hash]);
	Ok(())
}

/// Orders and prices of a session.
async fn session(
	chain: &Chain,
	source: &Source,
	(product, status): (ProductId, &Status),
	tables: &mut Tables,
) -> Result<()> {
	let (at, interval) = (source.hash, source.interval);
	let session = (interval, product);
	let own = || -> [Cell; 2] { [interval.into(), product.into()] };
	let kind = status.sessions.get(usize::from(product)).map(|session| session.product.kind);
	if let Some(ProductKind::Continuous { .. }) = kind {
		// What was traded of them stands among the trades.
		for (number, order) in chain.limit_orders(at, session).await? {
			let place = [text("limit"), number.into(), order.point.into(), Cell::None, 0.into()];
			let terms = [word(&order.side)?, order.price.into(), order.wh.into(), Cell::None];
			tables.add("orders", own().into_iter().chain(place).chain(terms).collect());
		}
	} else {
		for order in chain.orders(at, session).await? {
			for (number, step) in order.steps.iter().enumerate() {
				let place = [text("curve"), order.arrival.into(), order.point.into(), order.zone.into(), number.into()];
				let accepted = maybe(order.accepted.get(number).copied());
				let terms = [word(&step.side)?, step.price.into(), step.wh.into(), accepted];
				tables.add("orders", own().into_iter().chain(place).chain(terms).collect());
			}
		}
		for (number, order) in chain.block_orders(at, session).await? {
			for (step, wh) in order.wh.iter().enumerate() {
				let place = [text("block"), number.into(), order.point.into(), order.zone.into(), step.into()];
				let accepted = order.accepted.map(|accepted| if accepted { *wh } else { 0 });
				let terms = [word(&order.side)?, order.price.into(), (*wh).into(), maybe(accepted)];
				tables.add("orders", own().into_iter().chain(place).chain(terms).collect());
			}
		}
	}
	for zone in chain.prices(at, session).await? {
		let (price, flow) = (maybe(zone.result.price), zone.result.flow.into());
		let limits = [maybe(zone.import), maybe(zone.export)];
		let money = [text(zone.result.fees), text(zone.result.rent)];
		let row = own().into_iter().chain([zone.zone.into(), price, flow]).chain(limits).chain(money);
		tables.add("prices", row.collect());
	}
	Ok(())
}
