//! A bill for a terminal: sums by day and by cause.

use super::bill::Bill;
use crate::figures::{eur, kwh};
use std::fmt::Write;

/// Draws a table: its header, how many of its first columns are text and not numbers, and its rows.
pub type Draw = fn(&[&str], usize, Vec<Vec<String>>) -> String;

/// The bill's sums as tables, what is missing, and who owes what.
pub fn table(bill: &Bill, draw: Draw) -> String {
	let days = bill.days.iter().map(|day| {
		vec![
			day.date.clone(),
			day.intervals.to_string(),
			day.billed.to_string(),
			kwh(day.totals.import),
			kwh(day.totals.export),
			eur(day.totals.amount),
		]
	});
	let days = draw(&["day", "intervals", "billed", "import kWh", "export kWh", "EUR"], 1, days.collect());
	let causes = bill.totals.causes.iter();
	let causes =
		causes.map(|total| vec![total.cause.clone(), total.lines.to_string(), kwh(total.wh), eur(total.amount)]);
	let causes = draw(&["cause", "lines", "kWh", "EUR"], 1, causes.collect());
	let points: Vec<_> = bill.points().iter().map(ToString::to_string).collect();
	let mut text = format!(
		"Bill of {} in {}, account {}\nConnection points {}; block {} of {}\n{days}\n{causes}\n",
		bill.period.text,
		bill.period.timezone,
		bill.heading.account,
		points.join(", "),
		bill.heading.block,
		bill.heading.at
	);
	// Writing to a string does not fail.
	if bill.point_totals.len() > 1 {
		let points = bill.point_totals.iter().map(|total| {
			vec![
				total.point.to_string(),
				total.lines.to_string(),
				kwh(total.import),
				kwh(total.export),
				eur(total.amount),
			]
		});
		let table = draw(&["point", "lines", "import kWh", "export kWh", "EUR"], 0, points.collect());
		let _ = writeln!(text, "{table}");
	}
	for words in bill.notes().into_iter().chain(bill.warnings()) {
		let _ = writeln!(text, "{words}");
	}
	let _ = writeln!(text, "{} ({} lines)", verdict(bill), bill.lines.len());
	text
}

/// Who owes what, in words.
pub fn verdict(bill: &Bill) -> String {
	let amount = bill.totals.amount;
	match amount {
		0 => "Nothing is due.".into(),
		1.. => format!("Received: {} EUR.", eur(amount)),
		_ => format!("Paid: {} EUR.", eur(amount.saturating_neg())),
	}
}

#[cfg(test)]
mod tests {
	use super::{super::bill::tests::*, Bill};

	fn plain(header: &[&str], _: usize, rows: Vec<Vec<String>>) -> String {
		let rows = rows.iter().map(|row| row.join(" | "));
		[header.join(" | ")].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
	}

	fn table(bill: &Bill) -> String {
		super::table(bill, plain)
	}

	#[test]
	fn the_table_shows_every_day_and_the_sum() {
		let text = table(&sample("2026-03-28..2026-03-29").0);
		assert!(text.contains("2026-03-28") && text.contains("2026-03-29"), "{text}");
		assert!(text.contains(" 92 "), "{text}");
		assert!(text.contains("Paid: "), "{text}");
		assert!(!text.contains("incomplete"), "{text}");
	}

	#[test]
	fn the_table_says_who_answers_for_a_point() {
		let owners = table(&sample_with_retailer().0);
		assert!(owners.contains(&format!("Point 3: retailer {RETAILER} answers for 2 intervals")), "{owners}");
		assert!(owners.contains("import 0.800 kWh"), "{owners}");
		let retailers = table(&sample_of_retailer().0);
		assert!(retailers.contains("Connection points 3;"), "{retailers}");
		assert!(retailers.contains("Paid: 0.20 EUR. (2 lines)"), "{retailers}");
	}
}
