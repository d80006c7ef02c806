//! The grid and its quarter-hour profiles, as CSV files in SimBench's form: `buses.csv`, `lines.csv`, `points.csv`,
//! `slack.csv`, `transformer.csv` (optional) and `summer-day-wh.csv` or `winter-day-wh.csv`.

use crate::failure::Failure;
use busbar_primitives::{Watt, Wh};
use serde::{de::DeserializeOwned, Deserialize};
use std::{fmt, path::Path};

/// Which of the two days to trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Day {
	Summer,
	Winter,
}

impl fmt::Display for Day {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Summer => "summer",
			Self::Winter => "winter",
		})
	}
}

/// A node of the network.
#[derive(Clone, Debug, Deserialize)]
pub struct Bus {
	pub bus: u32,
	/// Nominal voltage between phases, in kV.
	pub vn_kv: f64,
}

/// A line segment between two buses.
#[derive(Clone, Debug, Deserialize)]
pub struct Segment {
	pub from_bus: u32,
	pub to_bus: u32,
	/// Ampacity, in kA.
	pub max_i_ka: f64,
}

/// A transformer between two buses.
#[derive(Clone, Debug, Deserialize)]
pub struct Transformer {
	pub hv_bus: u32,
	pub lv_bus: u32,
	/// Rated apparent power, in MVA.
	pub sn_mva: f64,
}

/// What is connected at a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
	Load,
	Pv,
}

/// A load or a plant.
#[derive(Clone, Debug, Deserialize)]
pub struct DataPoint {
	pub point: String,
	pub bus: u32,
	pub kind: Kind,
	/// Rated power, in W.
	pub rated_w: Watt,
}

#[derive(Deserialize)]
struct Slack {
	bus: u32,
}

/// One grid and one day of it.
#[derive(Clone, Debug)]
pub struct DataSet {
	pub name: String,
	pub buses: Vec<Bus>,
	pub segments: Vec<Segment>,
	pub transformers: Vec<Transformer>,
	pub points: Vec<DataPoint>,
	/// The bus at which the grid meets the one above.
	pub slack: u32,
	/// Energy of each quarter hour and point in Wh: consumption of loads, generation of plants.
	pub profile: Vec<Vec<Wh>>,
}

const EMBEDDED: [(&str, &str); 7] = [
	("buses.csv", include_str!("../../data/simbench-lv-rural2/buses.csv")),
	("lines.csv", include_str!("../../data/simbench-lv-rural2/lines.csv")),
	("points.csv", include_str!("../../data/simbench-lv-rural2/points.csv")),
	("slack.csv", include_str!("../../data/simbench-lv-rural2/slack.csv")),
	("transformer.csv", include_str!("../../data/simbench-lv-rural2/transformer.csv")),
	("summer-day-wh.csv", include_str!("../../data/simbench-lv-rural2/summer-day-wh.csv")),
	("winter-day-wh.csv", include_str!("../../data/simbench-lv-rural2/winter-day-wh.csv")),
];

impl DataSet {
	/// Loads a data set from a folder, or the one that comes with the program.
	///
	/// # Errors
	/// If a file is missing or malformed, or a profile lacks a point; the message names the file and the place.
	pub fn load(dir: Option<&Path>, day: Day) -> Result<Self, Failure> {
		let read = |file: &str| -> Result<Option<String>, Failure> {
			match dir {
				None => Ok(EMBEDDED.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned())),
				Some(dir) => {
					let path = dir.join(file);
					match std::fs::read_to_string(&path) {
						Ok(text) => Ok(Some(text)),
						Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
						Err(error) => Err(Failure::input(format!("{}: {error}", path.display()))),
					}
				},
			}
		};
		let need = |file: &str| -> Result<String, Failure> {
			read(file)?.ok_or_else(|| {
				let place = dir.map_or("the built-in data".into(), |dir| dir.display().to_string());
				Failure::input(format!("{place} has no file {file}; see the data folder's README for the form"))
			})
		};
		let name = dir
			.and_then(|dir| dir.file_name())
			.map_or("simbench-lv-rural2".into(), |name| name.to_string_lossy().into_owned());
		let slacks: Vec<Slack> = records("slack.csv", &need("slack.csv")?)?;
		let [slack] = &slacks[..] else {
			return Err(Failure::input(format!("slack.csv: exactly one slack bus is needed, found {}", slacks.len())));
		};
		let points: Vec<DataPoint> = records("points.csv", &need("points.csv")?)?;
		let file = format!("{day}-day-wh.csv");
		Ok(Self {
			name,
			buses: records("buses.csv", &need("buses.csv")?)?,
			segments: records("lines.csv", &need("lines.csv")?)?,
			transformers: match read("transformer.csv")? {
				Some(text) => records("transformer.csv", &text)?,
				None => Vec::new(),
			},
			profile: profile(&file, &need(&file)?, &points)?,
			points,
			slack: slack.bus,
		})
	}

	/// The greatest energy of a point in any quarter hour, in Wh.
	pub fn peak(&self, point: usize) -> Wh {
		self.profile.iter().filter_map(|row| row.get(point)).copied().max().unwrap_or(0)
	}
}

fn records<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<T>, Failure> {
	csv::Reader::from_reader(text.as_bytes())
		.deserialize()
		.collect::<Result<_, _>>()
		.map_err(|error| Failure::input(format!("{file}: {error}")))
}

fn profile(file: &str, text: &str, points: &[DataPoint]) -> Result<Vec<Vec<Wh>>, Failure> {
	let wrong = |what: String| Failure::input(format!("{file}: {what}"));
	let mut reader = csv::Reader::from_reader(text.as_bytes());
	let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
	let columns = points
		.iter()
		.map(|point| {
			header
				.iter()
				.position(|name| name == point.point)
				.ok_or_else(|| wrong(format!("no column for the point {}", point.point)))
		})
		.collect::<Result<Vec<_>, _>>()?;
	let mut rows = Vec::new();
	for (number, record) in reader.records().enumerate() {
		let record = record.map_err(|error| wrong(error.to_string()))?;
		let row = columns
			.iter()
			.map(|column| {
				let text = record.get(*column).unwrap_or_default();
				text.parse::<Wh>().map_err(|_| {
					let name = header.get(*column).unwrap_or_default();
					wrong(format!("row {}, column {name}: `{text}` is no energy in Wh", number + 1))
				})
			})
			.collect::<Result<Vec<_>, _>>()?;
		rows.push(row);
	}
	if rows.is_empty() {
		return Err(wrong("no quarter hours".into()));
	}
	Ok(rows)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_built_in_summer_day_has_the_energy_that_its_notice_states() {
		let data = DataSet::load(None, Day::Summer).unwrap();
		assert_eq!((data.buses.len(), data.segments.len(), data.transformers.len()), (97, 95, 1));
		assert_eq!(data.profile.len(), 96);
		let sum = |kind| -> Wh {
			data.profile
				.iter()
				.flat_map(|row| row.iter().zip(&data.points))
				.filter(|(_, point)| point.kind == kind)
				.map(|(wh, _)| wh)
				.sum()
		};
		assert_eq!((sum(Kind::Load), sum(Kind::Pv)), (682_952, 698_481));
	}

	#[test]
	fn the_winter_day_has_no_sun() {
		let data = DataSet::load(None, Day::Winter).unwrap();
		for (point, description) in data.points.iter().enumerate() {
			assert!(description.kind == Kind::Load || data.peak(point) == 0, "{}", description.point);
		}
	}

	#[test]
	fn a_missing_folder_is_bad_input_and_names_the_file() {
		let failure = DataSet::load(Some(Path::new("no-such-folder")), Day::Summer).unwrap_err();
		assert_eq!(failure.exit_code(), 2);
		assert!(failure.to_string().contains("slack.csv"), "{failure}");
	}

	#[test]
	fn a_profile_with_a_bad_number_names_its_place() {
		let points = vec![DataPoint { point: "load-0".into(), bus: 0, kind: Kind::Load, rated_w: 1 }];
		let failure = profile("day.csv", "interval,start,load-0\n0,00:00,1\n1,00:15,x\n", &points).unwrap_err();
		assert!(failure.to_string().contains("row 2, column load-0"), "{failure}");
		let failure = profile("day.csv", "interval,start,load-1\n", &points).unwrap_err();
		assert!(failure.to_string().contains("load-0"), "{failure}");
	}
}
