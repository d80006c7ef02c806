//! `report/index.html`: one self-contained page.

use super::{
	plots,
	report::{Bill, Report},
};
use crate::{
	figures::{ct, eur, short_eur},
	page::{escape, STYLE},
};
use anyhow::Result;
use std::fmt::Write;

fn kwh(wh: u64) -> String {
	format!("{:.1} kWh", wh as f64 / 1_000.0)
}

/// So many blocks.
pub fn blocks(count: u32) -> String {
	format!("{count} {}", if count == 1 { "block" } else { "blocks" })
}

/// Whether anyone is worse off with the market, in words.
pub fn verdict(report: &Report) -> String {
	let (members, all, aside) = (report.bills.len(), report.worse_off, report.worse_off_without_errors);
	let aside = match aside {
		0 => "Nobody is worse off with the market, own forecast errors aside".to_owned(),
		_ if report.congestion_rent != 0 => {
			format!("{aside} of {members} members are worse off with the market, because a link was full")
		},
		_ => format!("{aside} of {members} members are worse off with the market, own forecast errors aside"),
	};
	match all {
		0 => format!("{aside}, and with them."),
		_ => format!("{aside}; with what their errors cost, {all} of {members} are."),
	}
}

fn percent(share: f64) -> String {
	format!("{:.2} %", share * 100.0)
}

/// The page.
///
/// # Errors
/// If a plot cannot be drawn.
pub fn page(report: &Report) -> Result<String> {
	let mut page = String::new();
	let run = &report.run;
	write!(
		page,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Busbar: a {} day of {}</title>\
		 <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head><body><main>\
		 <h1>A {} day of {}</h1><p class=\"sub\">{} members in {} zones traded {} intervals of {} minutes, each in {} s of \
		 chain time; seed {}.{}</p>",
		escape(&run.day),
		escape(&run.data),
		escape(&run.day),
		escape(&run.data),
		run.members,
		run.zones,
		report.intervals,
		run.interval_s / 60,
		run.interval_clock_s,
		run.seed,
		run.congested_zone.map_or(String::new(), |zone| format!(" The link of zone {zone} was tightened."))
	)?;
	let good = |good: bool| if good { "ok" } else { "bad" };
	let cards = [
		(
			"settled intervals",
			format!("{} of {}", report.settled_intervals, report.intervals),
			report.settled_intervals == report.intervals,
		),
		("money conserved", if report.money_conserved { "yes" } else { "no" }.into(), report.money_conserved),
		("limits respected", if report.limits_respected { "yes" } else { "no" }.into(), report.limits_respected),
		(
			"clearings equal to the optimum",
			format!("{} of {}", report.optimum_equal, report.intervals),
			report.optimum_equal == report.intervals,
		),
		(
			"orders accepted",
			format!("{} of {}", report.orders_accepted, report.orders_submitted),
			report.orders_accepted == report.orders_submitted,
		),
	];
	page.push_str("<div class=\"cards\">");
	for (name, value, is_good) in cards {
		write!(page, "<div class=\"card\"><b class=\"{}\">{value}</b><span>{name}</span></div>", good(is_good))?;
	}
	let lag = report.finality_lag_blocks_max.map_or("-".into(), blocks);
	for (name, value) in [
		("finality lag at most", lag),
		(
			"sellers paid after delivery, half and 99 % within",
			match (report.seconds_to_pay_p50, report.seconds_to_pay_p99) {
				(Some(half), Some(most)) => format!("{half} s, {most} s"),
				_ => "-".into(),
			},
		),
		("load", kwh(report.load_wh)),
		("generation", kwh(report.generation_wh)),
		("traded", kwh(report.traded_wh)),
		("imported, contracted", kwh(report.from_utility_wh)),
		("exported, contracted", kwh(report.to_utility_wh)),
		("self-sufficiency, metered", percent(report.self_sufficiency)),
		("locally traded share of load", percent(report.locally_traded_share)),
		("ordered load accepted", percent(report.accepted_load_share)),
		("grid fees", format!("{} EUR", short_eur(report.grid_fees))),
		("congestion rent", format!("{} EUR", short_eur(report.congestion_rent))),
		("transactions in blocks", format!("{} in {}", report.transactions, report.blocks)),
	] {
		write!(page, "<div class=\"card\"><b>{value}</b><span>{name}</span></div>")?;
	}
	page.push_str("</div>");
	if !report.failures.is_empty() {
		page.push_str("<section><h2 class=\"bad\">What went wrong</h2><ul>");
		for failure in &report.failures {
			write!(page, "<li>{}</li>", escape(failure))?;
		}
		page.push_str("</ul></section>");
	}
	for (title, text, plot) in [
		("Energy", "What members used, produced and traded in each quarter hour.", plots::energy(report)?),
		(
			"Zone prices",
			"The utility sells at 22 and buys at 9 ct/kWh; fees and congestion make the difference between zones.",
			plots::price_band(report)?,
		),
		("Price in every zone", "", plots::price_map(report)?),
		("Bills of loads", "What each load pays for the day.", plots::load_bills(report)?),
		("Bills of plants", "What each plant is paid for the day.", plots::plant_bills(report)?),
	] {
		write!(page, "<section><h2>{title}</h2><p>{text}</p>{plot}</section>")?;
	}
	totals(&mut page, report)?;
	page.push_str(
		"<section><details><summary>All bills</summary><table><tr><th>member</th><th>zone</th><th>import Wh</th>\
		 <th>export Wh</th><th>market EUR</th><th>own forecast errors EUR</th><th>without them EUR</th><th>conventional EUR</th></tr>",
	);
	for (name, bill) in &report.bills {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			escape(name),
			bill.zone,
			bill.import_wh,
			bill.export_wh,
			short_eur(bill.market),
			short_eur(bill.imbalance_cost),
			short_eur(bill.without_errors()),
			short_eur(bill.conventional)
		)?;
	}
	page.push_str("</table></details></section><section><details><summary>All intervals</summary><table><tr><th>interval</th><th>from</th><th>load Wh</th><th>generation Wh</th><th>traded Wh</th><th>imported Wh</th><th>exported Wh</th><th>price at the root ct/kWh</th><th>fees EUR</th><th>rent EUR</th></tr>");
	for quarter in &report.timeline {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			quarter.interval,
			quarter.start,
			quarter.load_wh,
			quarter.generation_wh,
			quarter.traded_wh,
			quarter.from_utility_wh,
			quarter.to_utility_wh,
			quarter.prices.first().copied().flatten().map_or("-".into(), ct),
			eur(quarter.grid_fees),
			eur(quarter.congestion_rent)
		)?;
	}
	page.push_str(
		"</table></details></section><footer>Money is exact on chain, in nEUR; figures here are rounded. Everything in \
		 this page is in report.json too.</footer></main></body></html>\n",
	);
	Ok(page)
}

/// The sums of all bills, and whether anyone is worse off.
fn totals(page: &mut String, report: &Report) -> Result<()> {
	write!(
		page,
		"<section><h2>All bills together</h2><p>{}</p><table><tr><th>EUR</th><th>market</th><th>of which own forecast \
		 errors</th><th>without them</th><th>conventional</th></tr>",
		verdict(report)
	)?;
	for (kind, name, sign) in [("load", "loads pay", 1), ("plant", "plants are paid", -1)] {
		let sum = |value: fn(&Bill) -> i128| -> String {
			short_eur(sign * report.bills.values().filter(|bill| bill.kind == kind).map(value).sum::<i128>())
		};
		write!(
			page,
			"<tr><td>{name}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			sum(|bill| bill.market),
			sum(|bill| bill.imbalance_cost),
			sum(Bill::without_errors),
			sum(|bill| bill.conventional)
		)?;
	}
	page.push_str("</table></section>");
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn one_block_is_no_blocks() {
		assert_eq!((blocks(0), blocks(1), blocks(2)), ("0 blocks".into(), "1 block".into(), "2 blocks".into()));
	}
}
