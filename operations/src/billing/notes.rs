//! What a bill lacks, what may still change, and who answers for what, in words.

use super::bill::{Bill, Coverage, Gap, ServedSpan, State};
use crate::figures::kwh;

/// Most readings that are named one by one.
const NAMED: usize = 8;

impl Bill {
	/// What is missing or may still change, in words; empty if nothing is and nothing can.
	pub fn warnings(&self) -> Vec<String> {
		let mut warnings = Vec::new();
		let Coverage { intervals, billed, r#final, gaps, .. } = &self.coverage;
		if billed < intervals {
			warnings.push(format!(
				"The bill is incomplete: {} of its {intervals} intervals are missing.",
				intervals - billed
			));
		}
		for gap in gaps {
			let why = match gap.state {
				State::Unsettled => "are not settled yet",
				State::Pruned => "are pruned: only their statement roots are left on chain",
				State::NeverOpened => "never opened: the chain stood still, or had no grid yet",
				State::NotOpened => "have not opened yet",
				State::Final | State::Settled => continue,
			};
			let Gap { intervals, first_interval, last_interval, start, .. } = gap;
			warnings
				.push(format!("{intervals} intervals from {start} on ({first_interval} to {last_interval}) {why}."));
		}
		if r#final < billed {
			let open = billed - r#final;
			warnings.push(format!("{open} intervals are settled but not final: a dispute can still correct them."));
		}
		warnings.extend(self.newer_readings());
		warnings
	}

	/// Readings that are in the bill while its money rests on others.
	fn newer_readings(&self) -> Vec<String> {
		let newer = self.statements.iter().filter_map(|statement| Some((statement, statement.basis.newer?)));
		let newer: Vec<_> = newer.collect();
		let (named, rest) = newer.split_at(newer.len().min(NAMED));
		let words = named.iter().map(|(statement, newer)| {
			let (interval, point, rests) = (statement.interval, statement.point, statement.basis.rests_on());
			let shown = self.reading_of(interval, point).map_or(0, |reading| reading.version);
			let fate = newer.fate(interval);
			format!("Interval {interval}, point {point}: settled on {rests}, version {shown} came later; {fate}.")
		});
		let mut words: Vec<_> = words.collect();
		if !rest.is_empty() {
			words.push(format!("{} further readings came later than what was settled.", rest.len()));
		}
		words
	}

	/// Who answers for connection points of the bill, in words; empty if the participant does for all its own and no other.
	pub fn notes(&self) -> Vec<String> {
		let mut notes = Vec::new();
		if !self.served_points.is_empty() {
			let served: Vec<_> = self.served_points.iter().map(ToString::to_string).collect();
			notes.push(format!(
				"As their retailer the participant answers for these points in intervals in which they did not trade: {}.",
				served.join(", ")
			));
		}
		for span in &self.coverage.served {
			let ServedSpan { point, retailer, first_interval, last_interval, intervals, start, import, export } = span;
			notes.push(format!(
				"Point {point}: retailer {retailer} answers for {intervals} intervals from {start} on ({first_interval} to \
				 {last_interval}; import {} kWh, export {} kWh). The money is the retailer's and is not in this bill.",
				kwh(*import),
				kwh(*export)
			));
		}
		notes
	}
}
