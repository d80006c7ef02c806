//! `busbar clear --explain`: the causes of zone prices, in words.

use busbar_clearing::{orders::Side, Bound, Cause, Clearing, Explanation, Full};
use busbar_operations::case::Market;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, ContentArrangement, Table};

/// Why a zone has its price, in one line.
pub fn cause(market: &Market, clearing: &Clearing, explanation: &Explanation) -> String {
	let id = |zone: u32| market.zone_ids[zone as usize];
	match explanation.cause {
		Cause::OwnMargin { accepted, standing } => {
			let side = |word: &str, wh: u64, of: u64| (of > 0).then(|| format!("{wh} of {of} Wh {word}"));
			let sides = [side("bought", accepted.0, standing.0), side("sold", accepted.1, standing.1)];
			format!("own margin: {}", sides.into_iter().flatten().collect::<Vec<_>>().join(", "))
		},
		Cause::Link { neighbour, link } => {
			let (fee, price) = (market.zones[link as usize].fee, clearing.zones[neighbour as usize].price);
			let above = market.zones[link as usize].parent.map_or(0, id);
			format!("link {}-{above}: price {price} of zone {} and the fee {fee}", id(link), id(neighbour))
		},
		Cause::Midpoint { low, high } => {
			format!("midpoint of {} and {}", end(&id, &low), end(&id, &high))
		},
	}
}

/// One end of a midpoint.
fn end(id: &impl Fn(u32) -> u64, bound: &Bound) -> String {
	let Bound { price, via, origin } = bound;
	let Some(origin) = origin else { return format!("{price} (no order sets it)") };
	let side = if origin.side == Side::Buy { "buy" } else { "sell" };
	let taken = if origin.accepted { "accepted" } else { "unserved" };
	match via {
		None => format!("{price} (own {taken} {side})"),
		Some(via) if *via == origin.zone => {
			format!("{price} ({taken} {side} at {} in zone {})", origin.price, id(origin.zone))
		},
		Some(via) => format!(
			"{price} ({taken} {side} at {} in zone {}, by way of zone {})",
			origin.price,
			id(origin.zone),
			id(*via)
		),
	}
}

/// Every zone's price, cause, flow, limit, fees and rent, for a person.
pub fn table(market: &Market, clearing: &Clearing, explanations: &[Explanation]) -> Table {
	let mut table = Table::new();
	table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
	table.set_header(["zone", "price nEUR/Wh", "cause", "flow Wh", "limit Wh", "fees nEUR", "rent nEUR"]);
	let zones = market.zones.iter().zip(&clearing.zones).zip(&market.zone_ids);
	for (((zone, result), id), explanation) in zones.zip(explanations) {
		let standing = if result.flow < 0 { zone.export } else { zone.import };
		let limit = match (zone.parent, explanation.full) {
			(None, _) => String::new(),
			(_, Some(Full::Import(wh))) => format!("import {wh}, reached"),
			(_, Some(Full::Export(wh))) => format!("export {wh}, reached"),
			(_, None) => standing.map_or("none".into(), |wh| wh.to_string()),
		};
		table.add_row([
			id.to_string(),
			result.price.to_string(),
			cause(market, clearing, explanation),
			result.flow.to_string(),
			limit,
			result.fees.to_string(),
			result.rent.to_string(),
		]);
	}
	for (at, column) in table.column_iter_mut().enumerate() {
		if at != 2 {
			column.set_cell_alignment(CellAlignment::Right);
		}
	}
	table
}
