//! The report's plots, as SVG. Curves over the day have ticks on quarter hours, named as the profile names them; what
//! curves mean stands above them, never on them.

mod bills;
mod day;

pub use bills::{load_bills, plant_bills};
pub use day::{energy, price_band, price_map};

use anyhow::{anyhow, Result};
use plotters::{coord::Shift, prelude::*, style::text_anchor};

const INK: RGBColor = RGBColor(0x33, 0x3b, 0x45);
const FAINT: RGBColor = RGBColor(0xe3, 0xe7, 0xec);
const LOAD: RGBColor = RGBColor(0x1f, 0x5f, 0x99);
const SUN: RGBColor = RGBColor(0xe0, 0x9f, 0x1f);
const TRADED: RGBColor = RGBColor(0x2a, 0x8c, 0x5f);
const GREY: RGBColor = RGBColor(0xb4, 0xbc, 0xc6);
const WIDTH: u32 = 960;
/// Height of the strip above a plot that says what its curves mean.
const LEGEND: u32 = 30;
/// Width of the labels left of a plot.
const LABELS: u32 = 64;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(height: u32, plot: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String> {
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

/// How a curve looks in the legend.
#[derive(Clone, Copy)]
enum Mark {
	Line(RGBColor),
	Area(RGBAColor),
	Dot(RGBColor),
}

/// Draws what curves mean into the strip above a plot, and returns the rest.
fn legend<'a>(area: &Area<'a>, entries: &[(&str, Mark)]) -> Result<Area<'a>, Box<dyn std::error::Error>> {
	let (strip, rest) = area.split_vertically(LEGEND);
	let middle = label(13).pos(text_anchor::Pos::new(text_anchor::HPos::Left, text_anchor::VPos::Center));
	let (mut x, y) = (LABELS as i32 + 8, LEGEND as i32 / 2);
	for (name, mark) in entries {
		match *mark {
			Mark::Line(colour) => strip.draw(&PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)))?,
			Mark::Area(colour) => strip.draw(&Rectangle::new([(x, y - 5), (x + 18, y + 5)], colour.filled()))?,
			Mark::Dot(colour) => strip.draw(&Circle::new((x + 9, y), 4, colour.filled()))?,
		}
		strip.draw(&Text::new((*name).to_owned(), (x + 26, y), middle.clone()))?;
		let (width, _) = strip.estimate_text_size(name, &label(13))?;
		x += 26 + width as i32 + 28;
	}
	Ok(rest)
}
