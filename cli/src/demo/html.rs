//! `report/index.html`: one self-contained page.

use super::{plots, report::Report};
use crate::commands::{ct, eur};
use anyhow::Result;
use std::fmt::Write;

/// Colours and type of the pages that this program writes.
pub const STYLE: &str = "\
:root{color-scheme:light}*{box-sizing:border-box}\
body{margin:0;background:#f7f8fa;color:#333b45;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}h1{font-size:28px;margin:0 0 4px}\
h2{font-size:19px;margin:0 0 8px}p{margin:0 0 12px}.sub{color:#68727f;margin-bottom:24px}\
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:12px;margin-bottom:20px}\
.card,section{background:#fff;border:1px solid #e3e7ec;border-radius:8px}.card{padding:12px 14px}\
.card b{display:block;font-size:22px;font-weight:600}.card span{font-size:13px;color:#68727f}\
section{padding:18px 20px;margin-bottom:20px}svg{width:100%;height:auto;display:block}\
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}\
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid #eef1f4}th:first-child,td:first-child{text-align:left}\
th{font-weight:600;color:#68727f}.ok{color:#2a8c5f}.bad{color:#b3261e}summary{cursor:pointer;font-weight:600}\
footer{font-size:13px;color:#68727f}";

/// Text as it stands in a page.
pub fn escape(text: &str) -> String {
	text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn kwh(wh: u64) -> String {
	format!("{:.1} kWh", wh as f64 / 1_000.0)
}

fn percent(share: f64) -> String {
	format!("{:.2} %", share * 100.0)
}

/// Money in EUR, rounded to cents of a cent: for reading, not for reckoning.
pub fn short_eur(amount: i128) -> String {
	format!("{:.4}", amount as f64 / 1e9)
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
	let lag = report.finality_lag_blocks_max.map_or("-".into(), |lag| format!("{lag} blocks"));
	for (name, value) in [
		("finality lag at most", lag),
		("load", kwh(report.load_wh)),
		("generation", kwh(report.generation_wh)),
		("traded", kwh(report.traded_wh)),
		("imported, contracted", kwh(report.imported_wh)),
		("exported, contracted", kwh(report.exported_wh)),
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
	page.push_str(
		"<section><details><summary>All bills</summary><table><tr><th>member</th><th>zone</th><th>import Wh</th>\
		 <th>export Wh</th><th>market EUR</th><th>conventional EUR</th><th>market: cost of imbalance EUR</th></tr>",
	);
	for (name, bill) in &report.bills {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			escape(name),
			bill.zone,
			bill.import_wh,
			bill.export_wh,
			short_eur(bill.market),
			short_eur(bill.conventional),
			short_eur(bill.imbalance_cost)
		)?;
	}
	page.push_str("</table></details></section><section><details><summary>All intervals</summary><table><tr><th>interval</th><th>load Wh</th><th>generation Wh</th><th>traded Wh</th><th>imported Wh</th><th>exported Wh</th><th>price at the root ct/kWh</th><th>fees EUR</th><th>rent EUR</th></tr>");
	for quarter in &report.timeline {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			quarter.interval,
			quarter.load_wh,
			quarter.generation_wh,
			quarter.traded_wh,
			quarter.imported_wh,
			quarter.exported_wh,
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
