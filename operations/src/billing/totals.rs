//! Exact sums over a bill's lines and readings, and the chain's values as words.

use super::records::{BillLine, Reading};
use anyhow::{Context, Result};
use busbar_primitives::{decimal, Amount, PointId};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

const TOO_MUCH: &str = "a sum of the bill exceeds 128 bits";

/// Sums of one cause.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct CauseTotal {
	pub cause: String,
	pub lines: u32,
	#[serde(with = "decimal")]
	pub wh: i128,
	#[serde(with = "decimal")]
	pub amount: Amount,
}

/// Sums over a period or a day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
	/// Metered, in Wh.
	#[serde(with = "decimal")]
	pub import: i128,
	/// Metered, in Wh.
	#[serde(with = "decimal")]
	pub export: i128,
	/// Sum of all lines, in nEUR; what the participant receives is positive.
	#[serde(with = "decimal")]
	pub amount: Amount,
	/// In the order of their names.
	pub causes: Vec<CauseTotal>,
}

/// Sums of one connection point.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct PointTotal {
	pub point: PointId,
	pub lines: u32,
	/// Metered, in Wh.
	#[serde(with = "decimal")]
	pub import: i128,
	/// Metered, in Wh.
	#[serde(with = "decimal")]
	pub export: i128,
	/// Sum of its lines, in nEUR; what the participant receives is positive.
	#[serde(with = "decimal")]
	pub amount: Amount,
}

impl PointTotal {
	/// Sums lines and readings of each point. Lines that are no point's are left out.
	///
	/// # Errors
	/// If a sum exceeds its type.
	pub fn of(points: &[PointId], lines: &[BillLine], readings: &[Reading]) -> Result<Vec<Self>> {
		let mut totals: BTreeMap<PointId, Self> =
			points.iter().map(|point| (*point, Self { point: *point, ..Default::default() })).collect();
		for line in lines {
			let Some(total) = line.point.and_then(|point| totals.get_mut(&point)) else { continue };
			total.lines += 1;
			total.amount = total.amount.checked_add(line.amount).context(TOO_MUCH)?;
		}
		for reading in readings {
			let Some(total) = totals.get_mut(&reading.point) else { continue };
			total.import += i128::from(reading.import);
			total.export += i128::from(reading.export);
		}
		Ok(totals.into_values().collect())
	}
}

impl Totals {
	/// Sums lines and readings.
	///
	/// # Errors
	/// If a sum exceeds its type.
	pub fn of(lines: &[BillLine], readings: &[Reading]) -> Result<Self> {
		let mut causes: BTreeMap<&str, CauseTotal> = BTreeMap::new();
		let mut amount: Amount = 0;
		for line in lines {
			let total = causes
				.entry(&line.cause)
				.or_insert_with(|| CauseTotal { cause: line.cause.clone(), ..Default::default() });
			total.lines += 1;
			total.wh = total.wh.checked_add(line.wh.into()).context(TOO_MUCH)?;
			total.amount = total.amount.checked_add(line.amount).context(TOO_MUCH)?;
			amount = amount.checked_add(line.amount).context(TOO_MUCH)?;
		}
		// 2^64 readings of 2^64 Wh would be needed to exceed 128 bits.
		Ok(Self {
			import: readings.iter().map(|reading| i128::from(reading.import)).sum(),
			export: readings.iter().map(|reading| i128::from(reading.export)).sum(),
			amount,
			causes: causes.into_values().collect(),
		})
	}
}

/// A value of the chain as one word: the name of a variant, with its content after a colon if it has any. New variants
/// need no change here.
pub fn word(value: &Value) -> String {
	match value {
		Value::String(text) => text.clone(),
		Value::Object(fields) => {
			fields.iter().map(|(name, value)| format!("{name}:{}", word(value))).collect::<Vec<_>>().join(" ")
		},
		other => other.to_string(),
	}
}

/// The JSON of a value of the chain.
///
/// # Errors
/// If it cannot be written, which would be a defect.
pub fn json(value: &impl Serialize) -> Result<Value> {
	serde_json::to_value(value).context("a value of the chain cannot be written as JSON")
}
