//! Energy and prices over the day.

use super::{draw, label, legend, Mark, FAINT, GREY, LABELS, LOAD, SUN, TRADED, WIDTH};
use crate::day::report::Report;
use crate::gridmodel::Start;
use anyhow::Result;
use plotters::{
	coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged},
	prelude::*,
	style::text_anchor,
};
use std::ops::Range;

/// Most ticks on the axis of time.
const TICKS: usize = 13;
/// Length of a quarter hour, in minutes.
const QUARTER: u16 = 15;

/// The axis of time: quarter hours of the run, counted from 0, with ticks where one begins.
#[derive(Clone)]
struct Quarters {
	starts: Vec<Start>,
}

impl Quarters {
	fn of(report: &Report) -> Self {
		Self { starts: report.timeline.iter().map(|quarter| quarter.start.parse().unwrap_or_default()).collect() }
	}

	/// When a quarter hour begins; behind the last one, when that ends.
	fn name(&self, at: f64) -> String {
		let at = at.round().max(0.0) as usize;
		let end = || self.starts.last().map(|last| last.later(QUARTER));
		self.starts.get(at).copied().or_else(end).unwrap_or_default().to_string()
	}

	/// The quarter hours with a tick: at round times, or all in a short run.
	fn ticks(&self) -> Vec<usize> {
		let all: Vec<Start> =
			(0..=self.starts.len()).map(|at| self.name(at as f64).parse().unwrap_or_default()).collect();
		for minutes in [15, 30, 60, 120, 180, 240, 360, 720, 1_440] {
			let round: Vec<_> = (0..all.len()).filter(|at| all[*at].since_midnight().is_multiple_of(minutes)).collect();
			if (2..=TICKS).contains(&round.len()) {
				return round;
			}
		}
		let step = all.len().div_ceil(TICKS).max(1);
		(0..all.len()).step_by(step).collect()
	}
}

impl Ranged for Quarters {
	type FormatOption = DefaultFormatting;
	type ValueType = f64;

	fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
		let share = value / self.starts.len().max(1) as f64;
		limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
	}

	fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
		self.ticks().into_iter().map(|at| at as f64).collect()
	}

	fn range(&self) -> Range<f64> {
		0.0..self.starts.len().max(1) as f64
	}
}

/// A line that holds each quarter hour's value until the next one.
fn steps(report: &Report, value: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
	(0..report.timeline.len())
		.flat_map(|index| [(index as f64, value(index)), (index as f64 + 1.0, value(index))])
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
	let quarters = Quarters::of(report);
	draw(370, |area| {
		let area = legend(
			area,
			&[
				("generation", Mark::Area(SUN.mix(0.6))),
				("load", Mark::Line(LOAD)),
				("traded, with the utility's part", Mark::Line(TRADED)),
			],
		)?;
		let mut chart = ChartBuilder::on(&area)
			.margin(8)
			.margin_right(24)
			.x_label_area_size(40)
			.y_label_area_size(LABELS)
			.build_cartesian_2d(quarters.clone(), 0.0..top * 1.08)?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_label_formatter(&|at| quarters.name(*at))
			.x_desc("time of day")
			.y_desc("kWh per quarter hour")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let generation = steps(report, |index| kwh(report.timeline[index].generation_wh));
		let load = steps(report, |index| kwh(report.timeline[index].load_wh));
		let traded = steps(report, |index| kwh(report.timeline[index].traded_wh));
		chart.draw_series(AreaSeries::new(generation, 0.0, SUN.mix(0.35)).border_style(SUN.stroke_width(1)))?;
		chart.draw_series(LineSeries::new(load, LOAD.stroke_width(2)))?;
		chart.draw_series(LineSeries::new(traded, TRADED.stroke_width(2)))?;
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
	let quarters = Quarters::of(report);
	draw(310, |area| {
		let entries = [("least to greatest zone price", Mark::Area(LOAD.mix(0.3))), ("median zone", Mark::Line(LOAD))];
		let area = legend(area, &entries)?;
		let mut chart = ChartBuilder::on(&area)
			.margin(8)
			.margin_right(24)
			.x_label_area_size(40)
			.y_label_area_size(LABELS)
			.build_cartesian_2d(quarters.clone(), low - 1.0..high + 1.0)?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.light_line_style(TRANSPARENT)
			.bold_line_style(FAINT)
			.axis_style(GREY)
			.x_label_formatter(&|at| quarters.name(*at))
			.x_desc("time of day")
			.y_desc("ct/kWh")
			.label_style(label(13))
			.axis_desc_style(label(14))
			.draw()?;
		let mut outline = steps(report, |index| pick(index, 1.0));
		outline.extend(steps(report, |index| pick(index, 0.0)).into_iter().rev());
		chart.draw_series(std::iter::once(Polygon::new(outline, LOAD.mix(0.18))))?;
		chart.draw_series(LineSeries::new(steps(report, |index| pick(index, 0.5)), LOAD.stroke_width(2)))?;
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
	let quarters = Quarters::of(report);
	draw(470, |area| {
		let (map, bar) = area.split_horizontally(WIDTH as i32 - 120);
		let mut chart = ChartBuilder::on(&map)
			.margin(8)
			.margin_right(24)
			.x_label_area_size(40)
			.y_label_area_size(LABELS)
			.build_cartesian_2d(quarters.clone(), (zones as f64)..0.0)?;
		// Quarter hours at the same price in a zone are one rectangle.
		for zone in 0..zones {
			let price = |index: usize| report.timeline[index].prices.get(zone).copied().flatten();
			let mut start = 0;
			for index in 1..=report.timeline.len() {
				if index < report.timeline.len() && price(index) == price(start) {
					continue;
				}
				if let Some(price) = price(start) {
					let corners = [(start as f64, zone as f64), (index as f64, zone as f64 + 1.0)];
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
			.x_label_formatter(&|at| quarters.name(*at))
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

#[cfg(test)]
mod tests {
	use super::*;

	fn named(first: u16, count: usize) -> Vec<String> {
		let starts = (0..count).map(|at| Start::minutes(first + 15 * at as u16)).collect();
		let quarters = Quarters { starts };
		quarters.ticks().into_iter().map(|at| quarters.name(at as f64)).collect()
	}

	#[test]
	fn ticks_stand_on_quarter_hours_and_a_day_has_them_at_round_ones() {
		assert_eq!(named(600, 2), ["10:00", "10:15", "10:30"]);
		assert_eq!(named(600, 8).len(), 9);
		assert_eq!(
			named(615, 20),
			["10:30", "11:00", "11:30", "12:00", "12:30", "13:00", "13:30", "14:00", "14:30", "15:00"]
		);
		assert_eq!(named(0, 96)[..3], ["00:00", "02:00", "04:00"]);
		assert_eq!(named(660, 96)[0], "12:00", "a day that begins at eleven");
		assert_eq!(named(7, 2), ["00:07", "00:22", "00:37"]);
	}

	#[test]
	fn a_repeated_hour_has_its_names_twice() {
		let minutes = [105, 120, 135, 150, 165, 120, 135, 150, 165, 180];
		let quarters = Quarters { starts: minutes.map(Start::minutes).to_vec() };
		assert_eq!(
			(quarters.name(1.0), quarters.name(5.0), quarters.name(10.0)),
			("02:00".into(), "02:00".into(), "03:15".into())
		);
		assert_eq!(quarters.ticks().len(), 11);
	}

	#[test]
	fn a_place_on_the_axis_is_its_share_of_the_run() {
		let quarters = Quarters { starts: vec![Start::default(); 4] };
		assert_eq!([0.0, 1.0, 4.0].map(|at| quarters.map(&at, (100, 500))), [100, 200, 500]);
	}

	#[test]
	fn shades_go_from_light_to_dark() {
		assert_eq!(shade(-1.0), RGBColor(0xff, 0xf3, 0xc4));
		assert_eq!(shade(1.0), RGBColor(0x1d, 0x35, 0x6b));
		assert_ne!(shade(0.3), shade(0.6));
	}
}
