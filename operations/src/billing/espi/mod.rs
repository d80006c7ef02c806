//! A bill as Green Button data: an Atom feed whose entries hold NAESB REQ.21 ESPI resources.
//!
//! Every connection point is a UsagePoint with two MeterReadings, energy delivered to it and received from it, in one
//! IntervalBlock per local day, and a UsageSummary of the period. Elements stand in the order that the schema demands.

mod cost;
mod local_time;
mod point;

use super::{
	bill::{Bill, Reading},
	calendar::Calendar,
};
use crate::Failure;
use anyhow::{Context, Result};
use busbar_primitives::{Amount, Quality};
use jiff::{civil::Date, Timestamp, Zoned};
use local_time::LocalTime;
use point::Point;
use quick_xml::{
	events::{BytesDecl, BytesText, Event},
	Writer,
};
use sp_crypto_hashing::blake2_128;
use std::io;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const ESPI: &str = "http://naesb.org/espi";
/// ISO 4217 number of the euro.
const EUR: &str = "978";
/// Watt-hours.
const WH: &str = "72";
/// Electricity as the meter counts it.
const ELECTRICITY: &str = "1";

type Xml = Writer<Vec<u8>>;

/// Which way energy flows, as ESPI sees it: from the grid's side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
	Delivered,
	Received,
}

impl Flow {
	const ALL: [Self; 2] = [Self::Delivered, Self::Received];

	/// The schema's code: forward, reverse.
	fn code(self) -> &'static str {
		match self {
			Self::Delivered => "1",
			Self::Received => "19",
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::Delivered => "delivered",
			Self::Received => "received",
		}
	}

	fn energy(self, reading: &Reading) -> u64 {
		match self {
			Self::Delivered => reading.import,
			Self::Received => reading.export,
		}
	}

	/// The direction that prevailed, which carries the interval's cost.
	fn of(reading: &Reading) -> Self {
		if reading.import >= reading.export {
			Self::Delivered
		} else {
			Self::Received
		}
	}
}

/// The schema's code of a reading's quality.
fn quality(quality: Quality) -> &'static str {
	match quality {
		// Signed by its device: valid.
		Quality::Measured => "0",
		// The mean of reference days.
		Quality::Estimated => "8",
		// Replaced by the device itself or by a ruling: validated and possibly edited, by a stated procedure.
		Quality::Corrected => "17",
	}
}

/// The feed.
///
/// # Errors
/// If a number is beyond the schema's 48 bits, or a line belongs to no connection point, which ESPI has no place for.
pub fn feed(bill: &Bill, calendar: &Calendar) -> Result<String> {
	if let Some(line) = bill.lines.iter().find(|line| line.point.is_none()) {
		let message = format!(
			"line {} of interval {} ({}) belongs to no connection point, which Green Button data cannot say; use --format json",
			line.index, line.interval, line.cause
		);
		return Err(Failure::failed(message).into());
	}
	let points = Point::all(bill)?;
	let (from, to): (Date, Date) = (bill.period.from.parse()?, bill.period.to.parse()?);
	let (start, end) = (calendar.midnight(from)?, calendar.midnight(to.tomorrow()?)?);
	let feed = Feed { bill, calendar, start, end, at: bill.heading.at.parse()? };
	let mut xml = Writer::new_with_indent(Vec::new(), b'\t', 1);
	xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
	feed.write(&mut xml, &points)?;
	let mut text = String::from_utf8(xml.into_inner()).context("XML of texts is text; qed")?;
	text.push('\n');
	Ok(text)
}

/// Seconds since 1970, in which the schema counts time.
fn seconds(moment: Timestamp) -> i64 {
	moment.as_second()
}

struct Feed<'a> {
	bill: &'a Bill,
	calendar: &'a Calendar,
	/// Start of the period.
	start: Zoned,
	/// End of the period.
	end: Zoned,
	/// Chain time of the block that the bill was read at.
	at: Timestamp,
}

impl Feed<'_> {
	fn write(&self, xml: &mut Xml, points: &[Point]) -> Result<()> {
		let (bill, period) = (self.bill, &self.bill.period);
		xml.create_element("feed").with_attribute(("xmlns", ATOM)).write_inner_content(|xml| {
			text(xml, "id", &self.urn("feed"))?;
			text(xml, "title", &format!("Electricity of {} in {}", period.text, period.timezone))?;
			let words: Vec<_> = bill.notes().into_iter().chain(bill.warnings()).collect();
			if !words.is_empty() {
				text(xml, "subtitle", &words.join(" "))?;
			}
			text(xml, "updated", &bill.heading.at)?;
			element(xml, "author", |xml| text(xml, "name", "busbar"))?;
			link(xml, "self", &format!("RetailCustomer/{}", bill.heading.participant))?;
			self.local_time(xml)?;
			for flow in Flow::ALL {
				let title = format!("Wh {}", flow.name());
				self.entry(xml, &reading_type(flow), &[], &title, |xml| self.reading_type(xml, flow))?;
			}
			points.iter().try_for_each(|point| self.point(xml, point).map_err(io::Error::other))
		})?;
		Ok(())
	}

	/// A UUID (version 8 of RFC 9562: by its own rule) that is the same whenever the same bill is written.
	fn urn(&self, resource: &str) -> String {
		let Bill { heading, period, .. } = self.bill;
		let name =
			format!("{:?}/{}/{}/{}/{resource}", heading.genesis, heading.participant, period.text, period.timezone);
		let mut bytes = blake2_128(name.as_bytes());
		bytes[6] = bytes[6] & 0x0f | 0x80;
		bytes[8] = bytes[8] & 0x3f | 0x80;
		format!("urn:uuid:{}", busbar_primitives::ParticipantId(bytes))
	}

	/// An Atom entry of a resource, with links to resources around it.
	fn entry(
		&self,
		xml: &mut Xml,
		path: &str,
		related: &[String],
		title: &str,
		resource: impl FnOnce(&mut Xml) -> io::Result<()>,
	) -> io::Result<()> {
		xml.create_element("entry").write_inner_content(|xml| {
			text(xml, "id", &self.urn(path))?;
			link(xml, "self", path)?;
			link(xml, "up", path.rsplit_once('/').map_or(path, |(up, _)| up))?;
			for path in related {
				link(xml, "related", path)?;
			}
			text(xml, "title", title)?;
			xml.create_element("content").with_attribute(("type", "application/xml")).write_inner_content(resource)?;
			text(xml, "published", &self.bill.heading.at)?;
			text(xml, "updated", &self.bill.heading.at)
		})?;
		Ok(())
	}

	fn local_time(&self, xml: &mut Xml) -> io::Result<()> {
		let LocalTime { dst_end, dst_offset, dst_start, tz_offset } =
			LocalTime::of(self.calendar.zone(), self.start.year());
		self.entry(xml, LOCAL_TIME, &[], self.calendar.name(), |xml| {
			resource(xml, "LocalTimeParameters", |xml| {
				text(xml, "dstEndRule", &format!("{dst_end:08X}"))?;
				text(xml, "dstOffset", &dst_offset.to_string())?;
				text(xml, "dstStartRule", &format!("{dst_start:08X}"))?;
				text(xml, "tzOffset", &tz_offset.to_string())
			})
		})
	}

	fn point(&self, xml: &mut Xml, point: &Point) -> Result<()> {
		let own = format!("RetailCustomer/{}/UsagePoint/{}", self.bill.heading.participant, point.id);
		let related = [format!("{own}/MeterReading"), format!("{own}/UsageSummary"), LOCAL_TIME.to_string()];
		self.entry(xml, &own, &related, &format!("Connection point {}", point.id), |xml| {
			resource(xml, "UsagePoint", |xml| element(xml, "ServiceCategory", |xml| text(xml, "kind", "0")))
		})?;
		for flow in Flow::ALL {
			let reading = format!("{own}/MeterReading/{}", flow.name());
			let mut related = vec![reading_type(flow)];
			if !point.readings.is_empty() {
				related.push(format!("{reading}/IntervalBlock"));
			}
			self.entry(xml, &reading, &related, flow.name(), |xml| {
				xml.create_element("MeterReading").with_attribute(("xmlns", ESPI)).write_empty().map(|_| ())
			})?;
			self.blocks(xml, point, flow, &reading)?;
		}
		let path = format!("{own}/UsageSummary/{}", self.bill.period.text);
		self.entry(xml, &path, &[], &self.bill.period.text, |xml| self.summary(xml, point))?;
		Ok(())
	}

	fn reading_type(&self, xml: &mut Xml, flow: Flow) -> io::Result<()> {
		resource(xml, "ReadingType", |xml| {
			for (name, value) in [
				// What was counted in the interval, not a register.
				("accumulationBehaviour", "4"),
				("commodity", ELECTRICITY),
				("currency", EUR),
				("dataQualifier", "12"),
				("flowDirection", flow.code()),
				("intervalLength", &self.calendar.interval_s().to_string()),
				// Energy.
				("kind", "12"),
				("powerOfTenMultiplier", "0"),
				("timeAttribute", "0"),
				("uom", WH),
			] {
				text(xml, name, value)?;
			}
			Ok(())
		})
	}

	/// One block per day that has readings.
	fn blocks(&self, xml: &mut Xml, point: &Point, flow: Flow, path: &str) -> Result<()> {
		let length = i64::from(self.calendar.interval_s());
		for day in &self.bill.days {
			let intervals = day.first_interval..day.first_interval.saturating_add(day.intervals);
			let readings = point.readings_of(&intervals);
			if readings.is_empty() {
				continue;
			}
			let start = |interval| -> Result<i64> { Ok(seconds(self.calendar.start(interval)?.timestamp())) };
			let starts = readings.iter().map(|reading| start(reading.interval)).collect::<Result<Vec<_>>>()?;
			let whole = (start(intervals.start)?, length * i64::from(day.intervals));
			self.entry(xml, &format!("{path}/IntervalBlock/{}", day.date), &[], &day.date, |xml| {
				resource(xml, "IntervalBlock", |xml| {
					period(xml, "interval", whole)?;
					for (reading, start) in readings.iter().zip(starts) {
						interval_reading(xml, reading, flow, point.cost(reading, flow), (start, length))?;
					}
					Ok(())
				})
			})?;
		}
		Ok(())
	}

	fn summary(&self, xml: &mut Xml, point: &Point) -> io::Result<()> {
		let start = seconds(self.start.timestamp());
		let length = seconds(self.end.timestamp()).saturating_sub(start);
		let mut qualities: Vec<_> = point.readings.iter().map(|reading| quality(reading.quality)).collect();
		qualities.sort_unstable();
		qualities.dedup();
		let is_read = |interval| point.readings.binary_search_by_key(interval, |reading| reading.interval).is_ok();
		let has_unread = !point.costs.intervals.keys().all(is_read);
		resource(xml, "UsageSummary", |xml| {
			period(xml, "billingPeriod", (start, length))?;
			text(xml, "billLastPeriod", &point.costs.total.to_string())?;
			if has_unread {
				text(xml, "costAdditionalLastPeriod", &point.unread.to_string())?;
				element(xml, "costAdditionalDetailLastPeriod", |xml| {
					text(xml, "amount", &point.unread.to_string())?;
					text(xml, "note", "Settled without a reading")?;
					// A charge for usage, or a credit for generation.
					text(xml, "itemKind", if point.unread < 0 { "6" } else { "3" })
				})?;
			}
			text(xml, "currency", EUR)?;
			element(xml, "overallConsumptionLastPeriod", |xml| {
				text(xml, "powerOfTenMultiplier", "0")?;
				text(xml, "uom", WH)?;
				text(xml, "value", &point.import.to_string())
			})?;
			match qualities.as_slice() {
				[] => {},
				[one] => text(xml, "qualityOfReading", one)?,
				// Mixed.
				_ => text(xml, "qualityOfReading", "13")?,
			}
			text(xml, "statusTimeStamp", &seconds(self.at).to_string())?;
			text(xml, "commodity", ELECTRICITY)
		})
	}
}

const LOCAL_TIME: &str = "LocalTimeParameters/1";

/// Path of a direction's ReadingType, which all points share.
fn reading_type(flow: Flow) -> String {
	format!("ReadingType/{}", flow.name())
}

fn interval_reading(
	xml: &mut Xml,
	reading: &Reading,
	flow: Flow,
	cost: Option<Amount>,
	time: (i64, i64),
) -> io::Result<()> {
	element(xml, "IntervalReading", |xml| {
		if let Some(cost) = cost {
			text(xml, "cost", &cost.to_string())?;
		}
		element(xml, "ReadingQuality", |xml| text(xml, "quality", quality(reading.quality)))?;
		period(xml, "timePeriod", time)?;
		text(xml, "value", &flow.energy(reading).to_string())
	})
}

fn period(xml: &mut Xml, name: &str, (start, duration): (i64, i64)) -> io::Result<()> {
	element(xml, name, |xml| {
		text(xml, "duration", &duration.to_string())?;
		text(xml, "start", &start.to_string())
	})
}

fn text(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
	xml.create_element(name).write_text_content(BytesText::new(value)).map(|_| ())
}

fn link(xml: &mut Xml, rel: &str, href: &str) -> io::Result<()> {
	xml.create_element("link").with_attributes([("rel", rel), ("href", href)]).write_empty().map(|_| ())
}

fn element(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
	xml.create_element(name).write_inner_content(content).map(|_| ())
}

/// The root element of an entry's content, in the namespace of ESPI.
fn resource(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
	xml.create_element(name).with_attribute(("xmlns", ESPI)).write_inner_content(content).map(|_| ())
}

#[cfg(test)]
mod schema;
#[cfg(test)]
#[path = "tests.rs"]
mod tests;
