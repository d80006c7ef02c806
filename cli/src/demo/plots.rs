//! The report's plots, as SVG.

use super::report::{Bill, Report};
use anyhow::{anyhow, Result};
use plotters::{coord::Shift, prelude::*, style::text_anchor};

const INK: RGBColor = RGBColor(0x33, 0x3b, 0x45);
const FAINT: RGBColor = RGBColor(0xe3, 0xe7, 0xec);
const LOAD: RGBColor = RGBColor(0x1f, 0x5f, 0x99);
const SUN: RGBColor = RGBColor(0xe0, 0x9f, 0x1f);
const TRADED: RGBColor = RGBColor(0x2a, 0x8c, 0x5f);
const GREY: RGBColor = RGBColor(0xb4, 0xbc, 0xc6);
const WIDTH: u32 = 960;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(height: u32, plot: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>) -> Result<String> {
	let mut svg = String::new();
	{
		let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
		plot(&area).map_err(|error| anyhow!("a plot could not be drawn: {error}"))?;
		area.present().map_err(|error| anyhow!("a plot could not be drawn: {error}"))?;
	}
	let size = format!("<svg width=\"{WIDTH}\" height=\"{height}\"");
	Ok(svg.replacen(&size, "<svg", 1))
}

fn label(size: i32) -> TextStyle<'static> {
	("sans-serif", size).into_font().color(&INK)
}

/// Time of day, of hours since midnight.
fn time(hours: f64) -> String {
	let minutes = (hours * 60.0).round() as i64;
	format!("{:02}:{:02}", minutes.div_euclid(60) % 24, minutes.rem_euclid(60))
}

/// Hours of a quarter hour in the report.
const STEP: f64 = 0.25;

/// First and last hour of the report.
fn span(report: &Report) -> (f64, f64) {
	let first = report.timeline.first().map_or(0, |quarter| quarter.quarter) as f64 * STEP;
	(first, first + report.timeline.len().max(1) as f64 * STEP)
}

/// A line that holds each quarter hour's value until the next one.
fn steps(report: &Report, value: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
	let (first, _) = span(report);
	(0..report.timeline.len())
		.flat_map(|index| {
			let at = first + index as f64 * STEP;
			[(at, value(index)), (at + STEP, value(index))]
		})
		.collect()
}

/// Load, generation and traded energy over the day.
pub fn energy(report: &Report) -> Result<String> {
	let kwh = |wh: u64| wh as f64 / 1_000.0;
	let top = report
		.timeline
		.iter()
		.map(|quarter| kwh(quarter.load_wh.max(quarter.generation_wh).max(quarter.traded_wh)))
		.fold(0.1, f64::max);
	let (from, to) = span(report);
	draw(340, |area| {
		let mut chart = ChartBuilder::on(area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(64)
			.build_cartesian_2d(from..to, 0.0..top * 1.08)?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_labels(13)
			.x_label_formatter(&|at| time(*at))
			.x_desc("time of day")
			.y_desc("kWh per quarter hour")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let generation = steps(report, |index| kwh(report.timeline[index].generation_wh));
		let load = steps(report, |index| kwh(report.timeline[index].load_wh));
		let traded = steps(report, |index| kwh(report.timeline[index].traded_wh));
		chart
			.draw_series(AreaSeries::new(generation, 0.0, SUN.mix(0.35)).border_style(SUN.stroke_width(1)))?
			.label("generation")
			.legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], SUN.mix(0.6).filled()));
		chart
			.draw_series(LineSeries::new(load, LOAD.stroke_width(2)))?
			.label("load")
			.legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], LOAD.stroke_width(3)));
		chart
			.draw_series(LineSeries::new(traded, TRADED.stroke_width(2)))?
			.label("traded, with the utility's part")
			.legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], TRADED.stroke_width(3)));
		chart
			.configure_series_labels()
			.position(SeriesLabelPosition::UpperLeft)
			.background_style(WHITE.mix(0.85))
			.border_style(TRANSPARENT)
			.label_font(label(13))
			.draw()?;
		Ok(())
	})
}

fn in_cents(price: i64) -> f64 {
	price as f64 / 10_000.0
}

/// Least, median and greatest zone price over the day.
pub fn price_band(report: &Report) -> Result<String> {
	let sorted: Vec<Vec<f64>> = report
		.timeline
		.iter()
		.map(|quarter| {
			let mut prices: Vec<f64> = quarter.prices.iter().flatten().map(|price| in_cents(*price)).collect();
			prices.sort_by(f64::total_cmp);
			prices
		})
		.collect();
	let pick = |index: usize, share: f64| {
		let prices = &sorted[index];
		prices.get(((prices.len().saturating_sub(1)) as f64 * share) as usize).copied().unwrap_or(0.0)
	};
	let low = sorted.iter().flatten().copied().fold(f64::INFINITY, f64::min).min(8.0);
	let high = sorted.iter().flatten().copied().fold(0.0, f64::max).max(24.0);
	let (from, to) = span(report);
	draw(280, |area| {
		let mut chart = ChartBuilder::on(area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(64)
			.build_cartesian_2d(from..to, low - 1.0..high + 1.0)?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_labels(13)
			.x_label_formatter(&|at| time(*at))
			.x_desc("time of day")
			.y_desc("ct/kWh")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let mut outline = steps(report, |index| pick(index, 1.0));
		outline.extend(steps(report, |index| pick(index, 0.0)).into_iter().rev());
		chart
			.draw_series(std::iter::once(Polygon::new(outline, LOAD.mix(0.18))))?
			.label("least to greatest zone price")
			.legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], LOAD.mix(0.3).filled()));
		chart
			.draw_series(LineSeries::new(steps(report, |index| pick(index, 0.5)), LOAD.stroke_width(2)))?
			.label("median zone")
			.legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], LOAD.stroke_width(3)));
		chart
			.configure_series_labels()
			.position(SeriesLabelPosition::LowerLeft)
			.background_style(WHITE.mix(0.85))
			.border_style(TRANSPARENT)
			.label_font(label(13))
			.draw()?;
		Ok(())
	})
}

/// A colour between light yellow (0) and dark blue (1).
fn shade(share: f64) -> RGBColor {
	const STOPS: [(u8, u8, u8); 5] =
		[(0xff, 0xf3, 0xc4), (0xc7, 0xe0, 0xa0), (0x66, 0xb8, 0x9e), (0x2f, 0x7c, 0x9c), (0x1d, 0x35, 0x6b)];
	let place = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
	let index = (place as usize).min(STOPS.len() - 2);
	let (a, b, rest) = (STOPS[index], STOPS[index + 1], place - index as f64);
	let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * rest).round() as u8;
	RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Price of every zone over the day.
pub fn price_map(report: &Report) -> Result<String> {
	let zones = report.timeline.iter().map(|quarter| quarter.prices.len()).max().unwrap_or(0);
	let all = || report.timeline.iter().flat_map(|quarter| &quarter.prices).flatten();
	let (low, high) = (all().min().copied().unwrap_or(0), all().max().copied().unwrap_or(0));
	let width = (high - low).max(1) as f64;
	let (from, to) = span(report);
	draw(470, |area| {
		let (map, bar) = area.split_horizontally(WIDTH as i32 - 120);
		let mut chart = ChartBuilder::on(&map)
			.margin(8)
			.x_label_area_size(40)
			.y_label_area_size(64)
			.build_cartesian_2d(from..to, (zones as f64)..0.0)?;
		// Quarter hours at the same price in a zone are one rectangle.
		for zone in 0..zones {
			let price = |index: usize| report.timeline[index].prices.get(zone).copied().flatten();
			let mut start = 0;
			for index in 1..=report.timeline.len() {
				if index < report.timeline.len() && price(index) == price(start) {
					continue;
				}
				if let Some(price) = price(start) {
					let corners =
						[(from + start as f64 * STEP, zone as f64), (from + index as f64 * STEP, zone as f64 + 1.0)];
					let colour = shade((price - low) as f64 / width);
					chart.draw_series(std::iter::once(Rectangle::new(corners, colour.filled())))?;
				}
				start = index;
			}
		}
		chart
			.configure_mesh()
			.disable_mesh()
			.axis_style(GREY)
			.x_labels(13)
			.x_label_formatter(&|at| time(*at))
			.y_label_formatter(&|zone| format!("{zone:.0}"))
			.x_desc("time of day")
			.y_desc("zone, feeder by feeder")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let (top, bottom) = (30, 420);
		for step in 0..100 {
			let at = |step: i32| bottom - (bottom - top) * step / 100;
			bar.draw(&Rectangle::new([(14, at(step + 1)), (32, at(step))], shade(f64::from(step) / 99.0).filled()))?;
		}
		let middle = label(13).pos(text_anchor::Pos::new(text_anchor::HPos::Left, text_anchor::VPos::Center));
		for step in 0..=4 {
			let price = in_cents(low) + in_cents(high - low) * f64::from(step) / 4.0;
			let y = bottom - (bottom - top) * step / 4;
			bar.draw(&Text::new(format!("{price:.1}"), (40, y), middle.clone()))?;
		}
		bar.draw(&Text::new("ct/kWh", (14, 10), label(13)))?;
		Ok(())
	})
}

const WITHOUT: &str = "without the market: 22 ct + fees, 9 ct - fees";

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
	draw(340, |area| {
		let mut chart = ChartBuilder::on(area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(64)
			.build_cartesian_2d(0.0..bills.len().max(1) as f64, (low..high).log_scale())?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_labels(10)
			.y_label_formatter(&|value| if *value < 0.1 { format!("{value:.2}") } else { format!("{value:.1}") })
			.x_label_formatter(&|at| bills.get(*at as usize).map_or(String::new(), |(name, _)| (*name).clone()))
			.x_desc("loads, by the bill without the market")
			.y_desc("EUR per day, logarithmic")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let place = |index: usize, amount: i128| (index as f64 + 0.5, in_eur(amount).clamp(low, high));
		let all = || bills.iter().enumerate();
		chart.draw_series(all().map(|(index, (_, bill))| {
			PathElement::new([place(index, bill.conventional), place(index, bill.market)], GREY)
		}))?;
		chart
			.draw_series(
				all().map(|(index, (_, bill))| Circle::new(place(index, bill.conventional), 3, GREY.filled())),
			)?
			.label(WITHOUT)
			.legend(|(x, y)| Circle::new((x + 9, y), 4, GREY.filled()));
		chart
			.draw_series(all().map(|(index, (_, bill))| Circle::new(place(index, bill.market), 3, LOAD.filled())))?
			.label("with the market")
			.legend(|(x, y)| Circle::new((x + 9, y), 4, LOAD.filled()));
		chart
			.configure_series_labels()
			.position(SeriesLabelPosition::UpperRight)
			.background_style(WHITE.mix(0.85))
			.border_style(TRANSPARENT)
			.label_font(label(13))
			.draw()?;
		Ok(())
	})
}

/// What plants are paid, with and without the market.
pub fn plant_bills(report: &Report) -> Result<String> {
	let bills = by_bill(report, "plant");
	let paid = |amount: i128| -in_eur(amount);
	let values = || bills.iter().flat_map(|(_, bill)| [paid(bill.market), paid(bill.conventional)]);
	let (low, high) = (values().fold(0.0, f64::min), values().fold(0.01, f64::max));
	let bottom = if low < 0.0 { low * 1.06 } else { 0.0 };
	draw(300, |area| {
		let mut chart = ChartBuilder::on(area)
			.margin(8)
			.margin_right(20)
			.x_label_area_size(40)
			.y_label_area_size(64)
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
			.y_desc("EUR paid per day")
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
		chart
			.draw_series(all().map(|(index, (_, bill))| bar(index, bill.conventional, true, GREY)))?
			.label(WITHOUT)
			.legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], GREY.filled()));
		chart
			.draw_series(all().map(|(index, (_, bill))| bar(index, bill.market, false, SUN)))?
			.label("with the market")
			.legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], SUN.filled()));
		chart
			.configure_series_labels()
			.position(SeriesLabelPosition::UpperRight)
			.background_style(WHITE.mix(0.85))
			.border_style(TRANSPARENT)
			.label_font(label(13))
			.draw()?;
		Ok(())
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hours_are_times_of_day() {
		assert_eq!(time(0.0), "00:00");
		assert_eq!(time(13.25), "13:15");
		assert_eq!(time(24.0), "00:00");
	}

	#[test]
	fn shades_go_from_light_to_dark() {
		assert_eq!(shade(-1.0), RGBColor(0xff, 0xf3, 0xc4));
		assert_eq!(shade(1.0), RGBColor(0x1d, 0x35, 0x6b));
		assert_ne!(shade(0.3), shade(0.6));
	}
}
