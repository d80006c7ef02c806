//! What members pay and are paid, with and without the market.

use super::{draw, label, legend, Mark, FAINT, GREY, LABELS, LOAD, SUN};
use crate::day::report::{Bill, Report};
use anyhow::Result;
use plotters::prelude::*;

const WITHOUT: &str = "without the market: 22 ct + fees, 9 ct - fees";
const WITH: &str = "with the market";

fn by_bill<'a>(report: &'a Report, kind: &str) -> Vec<(&'a String, &'a Bill)> {
	let mut bills: Vec<_> = report.bills.iter().filter(|(_, bill)| bill.kind == kind).collect();
	bills.sort_by_key(|(_, bill)| std::cmp::Reverse(bill.conventional.abs()));
	bills
}

fn in_eur(amount: i128) -> f64 {
	amount as f64 / 1e9
}

/// Bills of loads with and without the market, on a logarithmic scale: a shop uses a hundred times what a flat does.
pub fn load_bills(report: &Report) -> Result<String> {
	let bills = by_bill(report, "load");
	let values = || bills.iter().flat_map(|(_, bill)| [in_eur(bill.market), in_eur(bill.conventional)]);
	let low = values().filter(|value| *value > 0.0).fold(1.0, f64::min).max(0.0001);
	let high = values().fold(low * 10.0, f64::max);
	let (low, high) = (low * 0.7, high * 1.5);
	draw(370, |area| {
		let area = legend(area, &[(WITHOUT, Mark::Dot(GREY)), (WITH, Mark::Dot(LOAD))])?;
		let mut chart = ChartBuilder::on(&area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(LABELS)
			.build_cartesian_2d(0.0..bills.len().max(1) as f64, (low..high).log_scale())?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_labels(10)
			.y_label_formatter(&|value| plain(*value))
			.x_label_formatter(&|at| bills.get(*at as usize).map_or(String::new(), |(name, _)| (*name).clone()))
			.x_desc("loads, by the bill without the market")
			.y_desc("EUR, logarithmic")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let place = |index: usize, amount: i128| (index as f64 + 0.5, in_eur(amount).clamp(low, high));
		let all = || bills.iter().enumerate();
		chart.draw_series(all().map(|(index, (_, bill))| {
			PathElement::new([place(index, bill.conventional), place(index, bill.market)], GREY)
		}))?;
		chart.draw_series(
			all().map(|(index, (_, bill))| Circle::new(place(index, bill.conventional), 3, GREY.filled())),
		)?;
		chart.draw_series(all().map(|(index, (_, bill))| Circle::new(place(index, bill.market), 3, LOAD.filled())))?;
		Ok(())
	})
}

/// A number with two digits that count.
fn plain(value: f64) -> String {
	let decimals = (1 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 6) as usize;
	let text = format!("{value:.decimals$}");
	match text.contains('.') {
		true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
		false => text,
	}
}

/// What plants are paid, with and without the market.
pub fn plant_bills(report: &Report) -> Result<String> {
	let bills = by_bill(report, "plant");
	let paid = |amount: i128| -in_eur(amount);
	let values = || bills.iter().flat_map(|(_, bill)| [paid(bill.market), paid(bill.conventional)]);
	let (low, high) = (values().fold(0.0, f64::min), values().fold(0.01, f64::max));
	let bottom = if low < 0.0 { low * 1.06 } else { 0.0 };
	draw(330, |area| {
		let area = legend(area, &[(WITHOUT, Mark::Area(GREY.mix(1.0))), (WITH, Mark::Area(SUN.mix(1.0)))])?;
		let mut chart = ChartBuilder::on(&area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(LABELS)
			.build_cartesian_2d((0..bills.len().saturating_sub(1)).into_segmented(), bottom..high * 1.06)?;
		let name = |at: &SegmentValue<usize>| match at {
			SegmentValue::CenterOf(index) | SegmentValue::Exact(index) => {
				bills.get(*index).map_or(String::new(), |(name, _)| (*name).clone())
			},
			SegmentValue::Last => String::new(),
		};
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_labels(bills.len().max(1))
			.x_label_formatter(&name)
			.x_desc("plants")
			.y_desc("EUR paid")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		// The two bars of a plant share its segment.
		let bar = |index: usize, amount: i128, left: bool, colour: RGBColor| {
			let (from, to) = (SegmentValue::Exact(index), SegmentValue::Exact(index + 1));
			let mut bar = Rectangle::new([(from, 0.0), (to, paid(amount))], colour.filled());
			let (near, far) = (8, 440 / bills.len().max(1) as u32);
			if left {
				bar.set_margin(0, 0, near, far);
			} else {
				bar.set_margin(0, 0, far, near);
			}
			bar
		};
		let all = || bills.iter().enumerate();
		chart.draw_series(all().map(|(index, (_, bill))| bar(index, bill.conventional, true, GREY)))?;
		chart.draw_series(all().map(|(index, (_, bill))| bar(index, bill.market, false, SUN)))?;
		Ok(())
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn small_and_great_numbers_are_plain() {
		let all = [0.0003, 0.01, 0.25, 1.0, 30.0, 1_000.0].map(plain);
		assert_eq!(all, ["0.0003", "0.01", "0.25", "1", "30", "1000"]);
	}
}
