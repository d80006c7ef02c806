use super::{
	super::bill::{tests::*, State},
	schema::violations,
	*,
};
use quick_xml::Reader;
use std::{
	collections::{BTreeMap, BTreeSet},
	path::Path,
	process::Command,
};

/// An element of a document.
#[derive(Debug, Default)]
pub struct Node {
	pub name: String,
	attributes: BTreeMap<String, String>,
	pub text: String,
	pub children: Vec<Node>,
}

impl Node {
	pub fn parse(text: &str) -> Node {
		let mut reader = Reader::from_str(text);
		reader.config_mut().trim_text(true);
		let open = |start: &quick_xml::events::BytesStart| Node {
			name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
			attributes: start
				.attributes()
				.map(|attribute| {
					let attribute = attribute.unwrap();
					let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
					(key, String::from_utf8(attribute.value.to_vec()).unwrap())
				})
				.collect(),
			..Default::default()
		};
		let mut stack = vec![Node::default()];
		loop {
			match reader.read_event().unwrap() {
				Event::Start(start) => stack.push(open(&start)),
				Event::Empty(start) => stack.last_mut().unwrap().children.push(open(&start)),
				Event::End(_) => {
					let node = stack.pop().unwrap();
					stack.last_mut().unwrap().children.push(node);
				},
				Event::Text(text) => stack.last_mut().unwrap().text.push_str(std::str::from_utf8(&text).unwrap()),
				Event::Eof => break,
				_ => {},
			}
		}
		assert_eq!(stack.len(), 1, "every element closes");
		let mut document = stack.pop().unwrap().children;
		assert_eq!(document.len(), 1, "a document has one root");
		document.pop().unwrap()
	}

	fn child(&self, name: &str) -> &Node {
		self.children.iter().find(|child| child.name == name).unwrap_or_else(|| panic!("{} has no {name}", self.name))
	}

	fn number(&self, name: &str) -> i64 {
		self.child(name).text.parse().unwrap()
	}

	fn all<'a>(&'a self, name: &str) -> Vec<&'a Node> {
		let below = self.children.iter().flat_map(|child| child.all(name));
		self.children.iter().filter(|child| child.name == name).chain(below).collect()
	}
}

fn document(bill: &(Bill, Calendar)) -> Node {
	let document = Node::parse(&feed(&bill.0, &bill.1).unwrap());
	for content in document.all("content") {
		assert_eq!(content.children.len(), 1, "an entry holds one resource");
		let violations = violations(&content.children[0]);
		assert!(violations.is_empty(), "{violations:?}");
	}
	document
}

/// The IntervalReadings of a direction.
fn readings<'a>(document: &'a Node, flow: &str) -> Vec<&'a Node> {
	let part = format!("/MeterReading/{flow}/IntervalBlock/");
	let is_own = |entry: &&Node| {
		let own = |link: &Node| link.attributes["rel"] == "self" && link.attributes["href"].contains(&part);
		entry.children.iter().any(|child| child.name == "link" && own(child))
	};
	document.all("entry").into_iter().filter(is_own).flat_map(|entry| entry.all("IntervalReading")).collect()
}

#[test]
fn the_feed_holds_every_resource_in_the_schemas_order() {
	let document = document(&sample("2026-03-28..2026-03-29"));
	assert_eq!((document.name.as_str(), document.attributes["xmlns"].as_str()), ("feed", ATOM));
	for (name, count) in [
		("UsagePoint", 1),
		("LocalTimeParameters", 1),
		("MeterReading", 2),
		("ReadingType", 2),
		("IntervalBlock", 4),
		("UsageSummary", 1),
	] {
		let found = document.all(name);
		assert_eq!(found.len(), count, "{name}");
		assert!(found.iter().all(|node| node.attributes["xmlns"] == ESPI), "{name}");
	}
	let flows: Vec<_> = document.all("ReadingType").iter().map(|kind| kind.number("flowDirection")).collect();
	assert_eq!(flows, [1, 19]);
	let kind = document.all("ReadingType")[0];
	assert_eq!((kind.number("uom"), kind.number("intervalLength"), kind.number("currency")), (72, 900, 978));
}

#[test]
fn every_entry_has_an_id_of_its_own_and_the_links_that_atom_needs() {
	let mut bill = sample("2026-03-29");
	// A second point, whose resources stand beside the first one's.
	bill.0.heading.points.push(4);
	let document = document(&bill);
	let entries = document.all("entry");
	assert_eq!(document.all("UsagePoint").len(), 2);
	let ids: BTreeSet<_> = entries.iter().map(|entry| entry.child("id").text.clone()).collect();
	assert_eq!(ids.len(), entries.len());
	assert!(ids.iter().all(|id| id.len() == 45 && id.starts_with("urn:uuid:") && &id[23..24] == "8"), "{ids:?}");
	let is_self = |link: &&Node| link.attributes["rel"] == "self";
	let links = entries.iter().flat_map(|entry| entry.all("link"));
	let own: BTreeSet<_> = links.filter(is_self).map(|link| &link.attributes["href"]).collect();
	for entry in entries {
		for name in ["title", "content", "published", "updated"] {
			entry.child(name);
		}
		for link in entry.all("link").into_iter().filter(|link| link.attributes["rel"] == "related") {
			let target = &link.attributes["href"];
			assert!(own.iter().any(|path| path.starts_with(target.as_str())), "{target} leads nowhere");
		}
	}
}

#[test]
fn the_same_bill_gives_the_same_bytes() {
	let (bill, calendar) = sample("2026-03-29");
	assert_eq!(feed(&bill, &calendar).unwrap(), feed(&bill, &calendar).unwrap());
}

#[test]
fn a_day_of_a_clock_change_is_one_block_of_its_own_length() {
	for (day, intervals) in [("2026-03-29", 92), ("2026-10-25", 100), ("2026-10-26", 96)] {
		let document = document(&sample(day));
		let block = document.all("IntervalBlock")[0];
		let span = block.child("interval");
		assert_eq!(span.number("duration"), intervals * 900, "{day}");
		let readings = block.all("IntervalReading");
		assert_eq!(readings.len() as i64, intervals, "{day}");
		for (at, reading) in (0..).zip(readings) {
			let time = reading.child("timePeriod");
			assert_eq!(time.number("start"), span.number("start") + at * 900);
			assert_eq!(time.number("duration"), 900);
		}
		let period = document.all("billingPeriod")[0];
		assert_eq!(period.number("start"), span.number("start"));
		assert_eq!(period.number("duration"), intervals * 900);
		// When the bill was read: 2026-12-01T00:00:00Z.
		assert_eq!(document.all("UsageSummary")[0].number("statusTimeStamp"), 1_796_083_200);
	}
}

#[test]
fn midnight_in_berlin_is_an_hour_before_midnight_utc() {
	let document = document(&sample("2026-03-29"));
	// 2026-03-28T23:00:00Z.
	assert_eq!(document.all("interval")[0].number("start"), 1_774_738_800);
}

#[test]
fn costs_of_both_directions_sum_to_the_bill() {
	let first = sample("2026-03-29").0.period.first_interval;
	let lines = vec![
		line(first, 0, "contract", 1_000),
		line(first + 1, 0, "contract", -700),
		line(first + 1, 1, "imbalance", 20),
	];
	let own = vec![reading(first, 1_000, 0, Quality::Measured), reading(first + 1, 20, 700, Quality::Corrected)];
	let document = document(&sample_of("2026-03-29", lines, own));
	let cost = |node: &&Node| node.children.iter().find(|child| child.name == "cost").map(|_| node.number("cost"));
	let (delivered, received) = (readings(&document, "delivered"), readings(&document, "received"));
	// 0.200001 EUR are paid; 0.1400007 - 0.005 EUR are received: ESPI counts charges positive, in 10^-5 EUR.
	assert_eq!(delivered.iter().map(cost).collect::<Vec<_>>(), [Some(20_000), None]);
	assert_eq!(received.iter().map(cost).collect::<Vec<_>>(), [None, Some(-13_500)]);
	assert_eq!(document.all("billLastPeriod")[0].text, "6500");
	assert_eq!(delivered.iter().map(|node| node.number("value")).collect::<Vec<_>>(), [1_000, 20]);
	assert_eq!(received.iter().map(|node| node.number("value")).collect::<Vec<_>>(), [0, 700]);
	assert!(document.all("costAdditionalLastPeriod").is_empty());
}

#[test]
fn qualities_are_the_schemas_codes_and_a_mixture_is_called_one() {
	let first = sample("2026-03-29").0.period.first_interval;
	let own = [Quality::Measured, Quality::Estimated, Quality::Corrected].into_iter().zip(first..);
	let own = own.map(|(quality, interval)| reading(interval, 5, 0, quality)).collect();
	let document = document(&sample_of("2026-03-29", Vec::new(), own));
	let codes: Vec<_> =
		readings(&document, "delivered").iter().map(|node| node.child("ReadingQuality").number("quality")).collect();
	assert_eq!(codes, [0, 8, 17]);
	assert_eq!(document.all("qualityOfReading")[0].text, "13");
}

#[test]
fn what_was_settled_without_a_reading_is_an_additional_cost() {
	let first = sample("2026-03-29").0.period.first_interval;
	let lines = vec![line(first, 0, "contract", 1_000), line(first + 1, 0, "contract", 500)];
	let document = document(&sample_of("2026-03-29", lines, vec![reading(first, 1_000, 0, Quality::Measured)]));
	let summary = document.all("UsageSummary")[0];
	assert_eq!(summary.number("billLastPeriod"), 30_000);
	assert_eq!(summary.number("costAdditionalLastPeriod"), 10_000);
	assert_eq!(summary.child("costAdditionalDetailLastPeriod").number("itemKind"), 3);
	assert_eq!(summary.child("overallConsumptionLastPeriod").number("value"), 1_000);
}

#[test]
fn what_a_retailer_answers_for_is_read_without_a_cost() {
	let document = document(&sample_with_retailer());
	let delivered = readings(&document, "delivered");
	let values: Vec<_> = delivered.iter().map(|node| node.number("value")).collect();
	assert_eq!(values, [1_000, 300, 500, 200]);
	let has_cost = |node: &&Node| node.children.iter().any(|child| child.name == "cost");
	assert_eq!(delivered.iter().map(has_cost).collect::<Vec<_>>(), [true, false, false, true]);
	// 1,200 Wh at 200,001 nEUR/Wh.
	assert_eq!(document.all("UsageSummary")[0].number("billLastPeriod"), 24_000);
	assert!(document.child("subtitle").text.contains("answers for 2 intervals"));
}

#[test]
fn each_points_costs_are_its_own() {
	let first = sample("2026-03-29").0.period.first_interval;
	let mut other = line(first, 1, "imbalance", 50);
	other.point = Some(4);
	let (mut bill, calendar) = sample_of("2026-03-29", vec![line(first, 0, "contract", 1_000), other], Vec::new());
	bill.heading.points.push(4);
	let document = document(&(bill, calendar));
	let bills: Vec<_> = document.all("UsageSummary").iter().map(|summary| summary.number("billLastPeriod")).collect();
	// 1,000 Wh at 200,001 nEUR/Wh; 50 Wh at 250,000.
	assert_eq!(bills, [20_000, 1_250]);
}

#[test]
fn a_retailers_feed_holds_the_points_that_it_answers_for() {
	let document = document(&sample_of_retailer());
	assert_eq!(document.all("UsagePoint").len(), 1);
	assert_eq!(readings(&document, "delivered").len(), 2);
	// 800 Wh at 250,000 nEUR/Wh.
	assert_eq!(document.all("UsageSummary")[0].number("billLastPeriod"), 20_000);
}

#[test]
fn gaps_are_said_in_the_feeds_subtitle() {
	let bill = sample_with("2026-03-29", |at| if at < 2 { State::Pruned } else { State::Final });
	let document = document(&bill);
	assert!(document.child("subtitle").text.contains("2 of its 92 intervals are missing"));
	assert_eq!(readings(&document, "delivered").len(), 90);
}

#[test]
fn numbers_beyond_48_bits_are_refused() {
	let first = sample("2026-03-29").0.period.first_interval;
	let (bill, calendar) = sample_of("2026-03-29", Vec::new(), vec![reading(first, 1 << 47, 0, Quality::Measured)]);
	assert!(feed(&bill, &calendar).unwrap_err().to_string().contains("48 bits"));
}

#[test]
fn a_line_without_a_connection_point_is_refused() {
	let first = sample("2026-03-29").0.period.first_interval;
	let mut own = line(first, 0, "levy", 0);
	own.point = None;
	let (bill, calendar) = sample_of("2026-03-29", vec![own], Vec::new());
	assert!(feed(&bill, &calendar).unwrap_err().to_string().contains("use --format json"));
}

/// What the schema files are loaded through. It stands for the schema of `xml:base` and `xml:lang`, which the one of Atom
/// would load from elsewhere, and lets both namespaces be validated at once.
const XML_ATTRIBUTES: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
	targetNamespace="http://www.w3.org/XML/1998/namespace">
	<xs:attribute name="base" type="xs:anyURI"/>
	<xs:attribute name="lang" type="xs:language"/>
</xs:schema>"#;

#[test]
#[ignore = "needs xmllint, and the schema files espi.xsd and atom.xsd in the folder that BUSBAR_ESPI_SCHEMA names"]
fn feeds_are_valid_by_the_schema_files() {
	let files =
		std::env::var("BUSBAR_ESPI_SCHEMA").expect("BUSBAR_ESPI_SCHEMA names the folder of espi.xsd and atom.xsd");
	let folder = std::env::temp_dir().join(format!("busbar-espi-{}", std::process::id()));
	std::fs::create_dir_all(&folder).unwrap();
	let path = |file: &str| Path::new(&files).join(file).canonicalize().unwrap();
	let import = |namespace: &str, path: &Path| {
		format!("<xs:import namespace=\"{namespace}\" schemaLocation=\"{}\"/>", path.display())
	};
	let attributes = folder.join("xml.xsd");
	std::fs::write(&attributes, XML_ATTRIBUTES).unwrap();
	let schema = folder.join("feed.xsd");
	let imports = [
		import("http://www.w3.org/XML/1998/namespace", &attributes),
		import(ATOM, &path("atom.xsd")),
		import(ESPI, &path("espi.xsd")),
	];
	let text = format!("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">{}</xs:schema>", imports.concat());
	std::fs::write(&schema, text).unwrap();
	let first = sample("2026-03-29").0.period.first_interval;
	let qualities = [Quality::Measured, Quality::Estimated, Quality::Corrected].into_iter().zip(first..);
	let mixed = qualities.map(|(quality, interval)| reading(interval, 5, 7, quality)).collect();
	let unread = vec![line(first, 0, "contract", 1_000), line(first + 9, 0, "contract", -500)];
	let samples = [
		("month", sample("2026-03")),
		("autumn", sample("2026-10-25")),
		("gaps", sample_with("2026-03-29", |at| if at < 2 { State::Pruned } else { State::Final })),
		("mixed", sample_of("2026-03-29", unread, mixed)),
		("empty", sample_of("2026-03-29", Vec::new(), Vec::new())),
		("owner", sample_with_retailer()),
		("retailer", sample_of_retailer()),
	];
	for (name, (bill, calendar)) in samples {
		let file = folder.join(format!("{name}.xml"));
		std::fs::write(&file, feed(&bill, &calendar).unwrap()).unwrap();
		let checked = Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(&schema).arg(&file).output();
		let checked = checked.expect("xmllint runs");
		assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
	}
	std::fs::remove_dir_all(&folder).unwrap();
}
