//! What the NAESB ESPI schema 4.0 asks of the elements that a feed holds: which, in which order, how often, of which type.
//!
//! Only the elements that a feed writes are here. The schema's enumerations are open, so a code is any number of their type.

use super::tests::Node;

/// What an element holds.
pub enum Content {
	/// Elements, in this order.
	Elements(&'static [Element]),
	/// A whole number from the one to the other.
	Number(i64, i64),
	/// So many bytes at most, in hexadecimal digits.
	Hex(usize),
	/// So many characters at most.
	Text(usize),
}

use Content::{Elements, Hex, Number, Text};

/// An element inside another.
pub struct Element {
	name: &'static str,
	content: Content,
	least: usize,
	most: usize,
}

const fn optional(name: &'static str, content: Content) -> Element {
	Element { name, content, least: 0, most: 1 }
}

const fn required(name: &'static str, content: Content) -> Element {
	Element { name, content, least: 1, most: 1 }
}

const fn repeated(name: &'static str, content: Content) -> Element {
	Element { name, content, least: 0, most: usize::MAX }
}

const INT16: Content = Number(i16::MIN as i64, i16::MAX as i64);
const UINT16: Content = Number(0, u16::MAX as i64);
const UINT32: Content = Number(0, u32::MAX as i64);
const INT48: Content = Number(-(1 << 47), 1 << 47);
const TIME: Content = Number(i64::MIN, i64::MAX);
const PERIOD: Content = Elements(&[required("duration", UINT32), required("start", TIME)]);
const MEASUREMENT: Content = Elements(&[
	optional("powerOfTenMultiplier", INT16),
	optional("timeStamp", TIME),
	optional("uom", UINT16),
	optional("value", INT48),
]);
const LINE_ITEM: Content = Elements(&[
	optional("amount", INT48),
	required("note", Text(256)),
	optional("measurement", MEASUREMENT),
	required("itemKind", UINT16),
]);
const INTERVAL_READING: Content = Elements(&[
	optional("cost", INT48),
	repeated("ReadingQuality", Elements(&[required("quality", UINT16)])),
	optional("timePeriod", PERIOD),
	optional("value", INT48),
]);

/// Resources: what stands in an entry's content.
const RESOURCES: &[(&str, Content)] = &[
	("UsagePoint", Elements(&[optional("ServiceCategory", Elements(&[required("kind", UINT16)]))])),
	("MeterReading", Elements(&[])),
	("IntervalBlock", Elements(&[optional("interval", PERIOD), repeated("IntervalReading", INTERVAL_READING)])),
	(
		"ReadingType",
		Elements(&[
			optional("accumulationBehaviour", UINT16),
			optional("commodity", UINT16),
			optional("currency", UINT16),
			optional("dataQualifier", UINT16),
			optional("flowDirection", UINT16),
			optional("intervalLength", UINT32),
			optional("kind", UINT16),
			optional("powerOfTenMultiplier", INT16),
			optional("timeAttribute", UINT16),
			optional("uom", UINT16),
		]),
	),
	(
		"LocalTimeParameters",
		Elements(&[
			required("dstEndRule", Hex(4)),
			required("dstOffset", TIME),
			required("dstStartRule", Hex(4)),
			required("tzOffset", TIME),
		]),
	),
	(
		"UsageSummary",
		Elements(&[
			optional("billingPeriod", PERIOD),
			optional("billLastPeriod", INT48),
			optional("costAdditionalLastPeriod", INT48),
			repeated("costAdditionalDetailLastPeriod", LINE_ITEM),
			optional("currency", UINT16),
			optional("overallConsumptionLastPeriod", MEASUREMENT),
			optional("qualityOfReading", UINT16),
			required("statusTimeStamp", TIME),
			optional("commodity", UINT16),
		]),
	),
];

/// What of a resource the schema does not allow; empty if it is valid.
pub fn violations(resource: &Node) -> Vec<String> {
	let mut violations = Vec::new();
	match RESOURCES.iter().find(|(name, _)| *name == resource.name) {
		Some((_, content)) => check(resource, content, &mut violations),
		None => violations.push(format!("{} is no resource of a feed", resource.name)),
	}
	violations
}

fn check(node: &Node, content: &Content, violations: &mut Vec<String>) {
	let (name, text) = (&node.name, node.text.as_str());
	let elements: &[Element] = match content {
		Elements(elements) => elements,
		Number(least, most) => {
			if !text.parse().is_ok_and(|number: i64| (*least..=*most).contains(&number)) {
				violations.push(format!("{name}: `{text}` is no whole number from {least} to {most}"));
			}
			&[]
		},
		Hex(bytes) => {
			let is_hex = text.len() % 2 == 0 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
			if !is_hex || text.len() > 2 * bytes {
				violations.push(format!("{name}: `{text}` is not hexadecimal of at most {bytes} bytes"));
			}
			&[]
		},
		Text(most) => {
			if text.chars().count() > *most {
				violations.push(format!("{name}: `{text}` has more than {most} characters"));
			}
			&[]
		},
	};
	let mut left = node.children.iter().peekable();
	for element in elements {
		let mut count = 0;
		while let Some(child) = left.next_if(|child| child.name == element.name) {
			check(child, &element.content, violations);
			count += 1;
		}
		if count < element.least || count > element.most {
			violations.push(format!("{name} has {count} {} here", element.name));
		}
	}
	violations.extend(left.map(|child| format!("{name}: {} does not stand here", child.name)));
}

#[cfg(test)]
mod tests {
	use super::*;

	fn of(text: &str) -> Vec<String> {
		violations(&Node::parse(text))
	}

	#[test]
	fn elements_out_of_order_missing_or_doubled_are_violations() {
		let rules = |rules: &str| format!("<LocalTimeParameters>{rules}</LocalTimeParameters>");
		let (end, offset, start) =
			("<dstEndRule>AA</dstEndRule>", "<dstOffset>1</dstOffset>", "<dstStartRule>BB</dstStartRule>");
		let zone = "<tzOffset>-3600</tzOffset>";
		assert!(of(&rules(&[end, offset, start, zone].concat())).is_empty());
		for wrong in [[end, start, offset, zone], [end, offset, start, ""], [end, end, offset, start]] {
			assert!(!of(&rules(&wrong.concat())).is_empty(), "{wrong:?}");
		}
	}

	#[test]
	fn values_beyond_their_types_are_violations() {
		let bill = |value: &str| {
			format!(
				"<UsageSummary><billLastPeriod>{value}</billLastPeriod><statusTimeStamp>0</statusTimeStamp></UsageSummary>"
			)
		};
		assert!(of(&bill("-140737488355328")).is_empty());
		for wrong in ["140737488355329", "1.5", "", "EUR"] {
			assert_eq!(of(&bill(wrong)).len(), 1, "{wrong}");
		}
	}

	#[test]
	fn unknown_resources_are_violations() {
		assert_eq!(of("<Bill/>"), ["Bill is no resource of a feed"]);
	}
}
