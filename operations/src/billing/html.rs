//! A bill as one self-contained page, to read and to print.

use super::{
	bill::{Bill, BillLine},
	text::verdict,
};
use crate::{
	figures::{ct, eur, kwh},
	page::{escape, STYLE},
};
use anyhow::Result;
use busbar_primitives::PointId;
use std::fmt::Write;

const PRINT: &str = "\
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0;font-size:14px}dt{color:#68727f}\
dd{margin:0;overflow-wrap:anywhere}td.left,th.left{text-align:left}tfoot td{font-weight:600;border-top:2px solid #c9d0d8}\
@media print{body{background:#fff;font-size:11pt}main{max-width:none;padding:0}section,.card{border:0;padding:0}\
details:not([open]){display:none}thead{display:table-header-group}tr{break-inside:avoid}}";

/// The page.
///
/// # Errors
/// If it cannot be formatted, which would be a defect.
pub fn page(bill: &Bill) -> Result<String> {
	let mut page = String::new();
	let (heading, period) = (&bill.heading, &bill.period);
	write!(
		page,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Bill of {0}</title>\
		 <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}{PRINT}</style></head><body>\
		 <main><h1>Bill of {0}</h1><p class=\"sub\">{1} to {2}, {3}</p>",
		escape(&period.text),
		escape(&period.from),
		escape(&period.to),
		escape(&period.timezone)
	)?;
	let warnings = bill.warnings();
	if !warnings.is_empty() {
		page.push_str("<section><h2 class=\"bad\">What is missing or may change</h2><ul>");
		for warning in warnings {
			write!(page, "<li>{}</li>", escape(&warning))?;
		}
		page.push_str("</ul></section>");
	}
	let notes = bill.notes();
	if !notes.is_empty() {
		page.push_str("<section><h2>Retailers</h2><ul>");
		for note in notes {
			write!(page, "<li>{}</li>", escape(&note))?;
		}
		page.push_str("</ul></section>");
	}
	page.push_str("<div class=\"cards\">");
	for (name, value) in [
		("what you receive less what you pay, EUR", eur(bill.totals.amount)),
		("import, kWh", kwh(bill.totals.import)),
		("export, kWh", kwh(bill.totals.export)),
		("intervals billed", format!("{} of {}", bill.coverage.billed, bill.coverage.intervals)),
	] {
		write!(page, "<div class=\"card\"><b>{value}</b><span>{name}</span></div>")?;
	}
	let list = |points: &[PointId]| points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
	page.push_str("</div><section><dl>");
	for (name, value) in [
		("Account", heading.account.clone()),
		("Participant", heading.participant.to_string()),
		("Own connection points", list(&heading.points)),
		("Served as their retailer", list(&bill.served_points)),
		("From, until", format!("{}, {}", period.start, period.end)),
		("Intervals", format!("{} to {}", period.first_interval, period.until_interval.saturating_sub(1))),
		("Chain", format!("{:?}", heading.genesis)),
		("Read at", format!("block {} ({:?}), {}", heading.block, heading.block_hash, heading.at)),
	] {
		if !value.is_empty() {
			write!(page, "<dt>{name}</dt><dd>{}</dd>", escape(&value))?;
		}
	}
	page.push_str("</dl></section>");
	causes(&mut page, bill)?;
	days(&mut page, bill)?;
	points(&mut page, bill)?;
	lines(&mut page, bill)?;
	writeln!(
		page,
		"<footer>{} All figures are exact. Every line is a leaf under the statement root of its interval, which the chain \
		 keeps for ever: <code>busbar statement --period {} --proof</code> proves it.</footer></main></body></html>",
		escape(&verdict(bill)),
		escape(&period.text)
	)?;
	Ok(page)
}

fn causes(page: &mut String, bill: &Bill) -> Result<()> {
	page.push_str(
		"<section><h2>By cause</h2><table><thead><tr><th>cause</th><th>lines</th><th>kWh</th><th>EUR</th></tr></thead><tbody>",
	);
	for total in &bill.totals.causes {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			escape(&total.cause),
			total.lines,
			kwh(total.wh),
			eur(total.amount)
		)?;
	}
	write!(
		page,
		"</tbody><tfoot><tr><td>all</td><td>{}</td><td></td><td>{}</td></tr></tfoot></table></section>",
		bill.lines.len(),
		eur(bill.totals.amount)
	)?;
	Ok(())
}

fn days(page: &mut String, bill: &Bill) -> Result<()> {
	page.push_str(
		"<section><h2>By day</h2><table><thead><tr><th>day</th><th>intervals billed</th><th>import kWh</th>\
		 <th>export kWh</th><th>EUR</th></tr></thead><tbody>",
	);
	for day in &bill.days {
		write!(
			page,
			"<tr><td>{}</td><td>{} of {}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			escape(&day.date),
			day.billed,
			day.intervals,
			kwh(day.totals.import),
			kwh(day.totals.export),
			eur(day.totals.amount)
		)?;
	}
	write!(
		page,
		"</tbody><tfoot><tr><td>all</td><td>{} of {}</td><td>{}</td><td>{}</td><td>{}</td></tr></tfoot></table></section>",
		bill.coverage.billed,
		bill.coverage.intervals,
		kwh(bill.totals.import),
		kwh(bill.totals.export),
		eur(bill.totals.amount)
	)?;
	Ok(())
}

fn points(page: &mut String, bill: &Bill) -> Result<()> {
	if bill.point_totals.len() < 2 {
		return Ok(());
	}
	page.push_str(
		"<section><h2>By connection point</h2><table><thead><tr><th>point</th><th>lines</th><th>import kWh</th>\
		 <th>export kWh</th><th>EUR</th></tr></thead><tbody>",
	);
	for total in &bill.point_totals {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
			total.point,
			total.lines,
			kwh(total.import),
			kwh(total.export),
			eur(total.amount)
		)?;
	}
	page.push_str("</tbody></table></section>");
	Ok(())
}

fn lines(page: &mut String, bill: &Bill) -> Result<()> {
	page.push_str(
		"<section><details><summary>All lines</summary><table><thead><tr><th>start</th><th>interval</th><th>point</th>\
		 <th>leaf</th><th class=\"left\">cause</th><th>product</th><th>Wh</th><th>ct/kWh</th><th>EUR</th>\
		 <th class=\"left\">settled on</th></tr></thead><tbody>",
	);
	for line in &bill.lines {
		write!(
			page,
			"<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"left\">{}</td><td>{}</td><td>{}</td><td>{}</td>\
			 <td>{}</td><td class=\"left\">{}</td></tr>",
			line.start,
			line.interval,
			line.point.map_or("-".into(), |point| point.to_string()),
			line.index,
			escape(&line.cause),
			line.contract.as_ref().map_or(String::new(), |contract| contract.product.to_string()),
			line.wh,
			ct(line.price),
			eur(line.amount),
			settled_on(bill, line)
		)?;
	}
	page.push_str("</tbody></table></details></section>");
	Ok(())
}

/// The reading that a line's money rests on, and what came after it.
fn settled_on(bill: &Bill, line: &BillLine) -> String {
	let Some(point) = line.point else { return String::new() };
	let Some(statement) = bill.statement_of(line.interval, point) else { return String::new() };
	let rests = statement.basis.rests_on();
	match (statement.basis.newer, bill.reading_of(line.interval, point)) {
		(Some(_), Some(reading)) => format!("{rests}; version {} came later", reading.version),
		_ => rests,
	}
}

#[cfg(test)]
mod tests {
	use super::{
		super::{
			basis::Newer,
			bill::{tests::*, State},
		},
		*,
	};

	#[test]
	fn the_page_is_self_contained_and_shows_every_day() {
		let bill = sample("2026-03").0;
		let page = page(&bill).unwrap();
		for day in &bill.days {
			assert!(page.contains(&format!("<td>{}</td>", day.date)));
		}
		assert!(page.contains("<td>92 of 92</td>"));
		assert!(page.contains(&eur(bill.totals.amount)));
		assert_eq!(page.matches("http").count(), 0, "nothing is fetched from elsewhere");
		assert!(!page.contains("missing"));
	}

	#[test]
	fn every_element_that_opens_closes() {
		let page = page(&sample("2026-03-29").0).unwrap();
		for name in
			["table", "thead", "tbody", "tfoot", "tr", "td", "th", "section", "dl", "dd", "details", "main", "html"]
		{
			let opened = page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
			assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
		}
	}

	#[test]
	fn the_page_says_who_answers_for_a_point() {
		let owners = page(&sample_with_retailer().0).unwrap();
		assert!(owners.contains(&format!("retailer {RETAILER} answers for 2 intervals")), "{owners}");
		let retailers = page(&sample_of_retailer().0).unwrap();
		assert!(retailers.contains("<dt>Served as their retailer</dt><dd>3</dd>"), "{retailers}");
		assert!(!retailers.contains("Own connection points"), "it has none");
		assert!(!page(&sample("2026-03-29").0).unwrap().contains("etailer"));
	}

	#[test]
	fn a_line_says_which_reading_it_was_settled_on() {
		let newer = page(&sample_with_newer_reading(Newer::Unsettled).0).unwrap();
		assert!(newer.contains("<td class=\"left\">version 1 of the reading; version 2 came later</td>"), "{newer}");
		let warning = newer.find("settles it when the next run is due").unwrap();
		assert!(warning < newer.find("By cause").unwrap());
		assert!(page(&sample("2026-03-29").0).unwrap().contains("<td class=\"left\">version 1 of the reading</td>"));
	}

	#[test]
	fn a_page_with_gaps_says_so_first() {
		let bill = sample_with("2026-03-29", |at| if at < 2 { State::Pruned } else { State::Final }).0;
		let page = page(&bill).unwrap();
		let warning = page.find("incomplete: 2 of its 92 intervals are missing").unwrap();
		assert!(warning < page.find("By cause").unwrap());
	}
}
