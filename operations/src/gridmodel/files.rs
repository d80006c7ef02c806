//! The files of a grid, row by row.

use super::{
	profile::Profile,
	table::{Row, Table},
	Fault, Start, MOST_POWER,
};
use busbar_primitives::{Watt, Wh};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	path::Path,
};

/// The rating, in kA or MVA, by which network tools say that there is no limit.
pub const NO_LIMIT: f64 = 99_999.0;
/// Most that a cell may say otherwise: beyond what is built, so that a number in another unit is found.
const MOST_KV: f64 = 1_500.0;
const MOST_KA: f64 = 100.0;
const MOST_MVA: f64 = 5_000.0;
/// Most of `max_loading_percent`.
const MOST_PERCENT: f64 = 1_000.0;

/// Which of the two days to trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
	/// `summer-day-wh.csv`.
	Summer,
	/// `winter-day-wh.csv`.
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

/// A node of the network, in service.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus {
	/// Its number.
	pub bus: u32,
	/// Nominal voltage between phases, in kV.
	pub vn_kv: f64,
	/// Its row in `buses.csv`.
	pub row: usize,
}

/// A line between two buses, in service.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
	/// One end.
	pub from_bus: u32,
	/// The other end.
	pub to_bus: u32,
	/// What it may carry with all that stands in parallel, in kA; `None` is no limit.
	pub max_i_ka: Option<f64>,
	/// Its row in `lines.csv`.
	pub row: usize,
}

/// A transformer between two buses, in service.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformer {
	/// The bus of the higher voltage.
	pub hv_bus: u32,
	/// The bus of the lower voltage.
	pub lv_bus: u32,
	/// Apparent power that it may carry with all that stands in parallel, in MVA; `None` is no limit.
	pub sn_mva: Option<f64>,
	/// Its row in `transformer.csv`.
	pub row: usize,
}

/// What is connected at a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
	/// It draws energy.
	Load,
	/// It feeds energy in.
	Pv,
}

/// A load or a plant, in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPoint {
	/// Its name, and its column in the profile.
	pub point: String,
	/// Where it stands.
	pub bus: u32,
	/// Whether it draws or feeds in.
	pub kind: Kind,
	/// Rated power, in W.
	pub rated_w: Watt,
	/// Its row in `points.csv`.
	pub row: usize,
}

/// One grid and one day of it.
#[derive(Clone, Debug)]
pub struct DataSet {
	/// The folder's name.
	pub name: String,
	/// What day the profile is of.
	pub day: Day,
	/// Nodes.
	pub buses: Vec<Bus>,
	/// Lines.
	pub segments: Vec<Segment>,
	/// Transformers.
	pub transformers: Vec<Transformer>,
	/// Loads and plants.
	pub points: Vec<DataPoint>,
	/// The bus at which the grid meets the one above.
	pub slack: u32,
	/// When each quarter hour of the profile begins, in local time.
	pub starts: Vec<Start>,
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
	/// If a file is missing or malformed, or what it says cannot be so.
	pub fn load(dir: Option<&Path>, day: Day) -> Result<Self, Fault> {
		let Some(dir) = dir else {
			let text = |file: &str| EMBEDDED.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned());
			return Self::read("simbench-lv-rural2", day, |file| Ok(text(file)));
		};
		let name = dir.file_name().map_or_else(|| dir.to_string_lossy(), |name| name.to_string_lossy());
		Self::read(&name, day, |file| match std::fs::read_to_string(dir.join(file)) {
			Ok(text) => Ok(Some(text)),
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
			Err(error) => Err(Fault::file(file, format!("{}: {error}", dir.display()))),
		})
	}

	/// Reads a data set by a function that gives each file's text, or `None` if there is no such file.
	///
	/// # Errors
	/// As [`DataSet::load`].
	pub fn read(name: &str, day: Day, read: impl Fn(&str) -> Result<Option<String>, Fault>) -> Result<Self, Fault> {
		let need = |file: &str| -> Result<Table, Fault> {
			let text = read(file)?.ok_or_else(|| Fault::file(file, format!("{name} has no such file")))?;
			Table::parse(file, &text)
		};
		let slack = slack(&need("slack.csv")?)?;
		if read("switch.csv")?.is_some() {
			let what =
				"switches are not read: say in the column in_service of lines.csv what is open, and remove the file";
			return Err(Fault::file("switch.csv", what));
		}
		let (buses, idle) = buses(&need("buses.csv")?)?;
		if !buses.iter().any(|bus| bus.bus == slack) {
			return Err(Fault::cell(
				"slack.csv",
				1,
				"bus",
				format!("the bus {slack} is not in buses.csv, or out of service"),
			));
		}
		let grid = Grid { voltage: buses.iter().map(|bus| (bus.bus, bus.vn_kv)).collect(), idle };
		let segments = grid.segments(&need("lines.csv")?)?;
		let transformers = match read("transformer.csv")? {
			Some(text) => grid.transformers(&Table::parse("transformer.csv", &text)?)?,
			None => Vec::new(),
		};
		let (points, others) = grid.points(&need("points.csv")?)?;
		let file = format!("{day}-day-wh.csv");
		let text = read(&file)?.ok_or_else(|| Fault::file(&file, format!("{name} has no such file")))?;
		let Profile { starts, rows } = Profile::parse(&file, &text, &points, &others)?;
		Ok(Self { name: name.into(), day, buses, segments, transformers, points, slack, starts, profile: rows })
	}

	/// The greatest energy of a point in any quarter hour, in Wh.
	pub fn peak(&self, point: usize) -> Wh {
		self.profile.iter().filter_map(|row| row.get(point)).copied().max().unwrap_or(0)
	}

	/// The quarter hour with which a run of so many begins: the first one that begins at `from`, or without a wish at
	/// 10:00, and as much earlier as a longer run needs to end with the day.
	///
	/// # Errors
	/// If no quarter hour begins at `from`.
	pub fn first(&self, from: Option<Start>, intervals: usize) -> Result<usize, Fault> {
		const MORNING: Start = Start::minutes(10 * 60);
		let at = |start: Start| self.starts.iter().position(|other| *other == start);
		match from {
			Some(from) => at(from).ok_or_else(|| {
				let all = self.starts.first().copied().unwrap_or_default();
				let what = format!("no quarter hour begins at {from}; they begin every 15 minutes, the first at {all}");
				Fault::file(&format!("{}-day-wh.csv", self.day), what)
			}),
			None => Ok(at(MORNING).unwrap_or(0).min(self.starts.len().saturating_sub(intervals))),
		}
	}
}

fn slack(table: &Table) -> Result<u32, Fault> {
	let rows: Vec<_> = table.rows().collect();
	let [row] = &rows[..] else {
		return Err(Fault::file("slack.csv", format!("exactly one slack bus is needed, found {}", rows.len())));
	};
	if !row.flag("in_service")? {
		return Err(row.fault("in_service", "the slack bus must be in service"));
	}
	row.natural("bus", "number of a bus")
}

/// Buses in service, and the numbers of those that are not.
fn buses(table: &Table) -> Result<(Vec<Bus>, BTreeSet<u32>), Fault> {
	let (mut buses, mut idle, mut seen) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
	for row in table.rows() {
		let bus = row.natural("bus", "number of a bus")?;
		if let Some(before) = seen.insert(bus, row.number) {
			return Err(row.fault("bus", format!("the bus {bus} stands in row {before} already")));
		}
		if row.flag("in_service")? {
			buses.push(Bus { bus, vn_kv: row.positive("vn_kv", MOST_KV, "kV")?, row: row.number });
		} else {
			idle.insert(bus);
		}
	}
	Ok((buses, idle))
}

struct Grid {
	/// Nominal voltage of the buses in service, in kV.
	voltage: BTreeMap<u32, f64>,
	/// Buses out of service.
	idle: BTreeSet<u32>,
}

impl Grid {
	/// The bus that a row names; `None` if it is out of service.
	fn bus(&self, row: &Row<'_>, column: &str) -> Result<Option<u32>, Fault> {
		let bus = row.natural(column, "number of a bus")?;
		if self.voltage.contains_key(&bus) {
			Ok(Some(bus))
		} else if self.idle.contains(&bus) {
			Ok(None)
		} else {
			Err(row.fault(column, format!("the bus {bus} is unknown: it is not in buses.csv")))
		}
	}

	/// The two ends of a line or transformer; `None` if it or one of its buses is out of service.
	fn ends(&self, row: &Row<'_>, from: &str, to: &str) -> Result<Option<(u32, u32)>, Fault> {
		let (a, b) = (self.bus(row, from)?, self.bus(row, to)?);
		let in_service = row.flag("in_service")?;
		let (Some(a), Some(b), true) = (a, b, in_service) else { return Ok(None) };
		if a == b {
			return Err(row.fault(to, format!("both ends are at bus {a}")));
		}
		Ok(Some((a, b)))
	}

	fn segments(&self, table: &Table) -> Result<Vec<Segment>, Fault> {
		let mut segments = Vec::new();
		for row in table.rows() {
			let max_i_ka = rating(&row, "max_i_ka", MOST_KA, "kA")?;
			let Some((from_bus, to_bus)) = self.ends(&row, "from_bus", "to_bus")? else { continue };
			let (a, b) = (self.voltage[&from_bus], self.voltage[&to_bus]);
			if a.min(b) * 1.1 < a.max(b) {
				let what = format!(
					"the line joins bus {from_bus} at {a} kV and bus {to_bus} at {b} kV; only a transformer does that"
				);
				return Err(row.fault("to_bus", what));
			}
			segments.push(Segment { from_bus, to_bus, max_i_ka, row: row.number });
		}
		Ok(segments)
	}

	fn transformers(&self, table: &Table) -> Result<Vec<Transformer>, Fault> {
		let mut transformers = Vec::new();
		for row in table.rows() {
			let sn_mva = rating(&row, "sn_mva", MOST_MVA, "MVA")?;
			if let Some((hv_bus, lv_bus)) = self.ends(&row, "hv_bus", "lv_bus")? {
				transformers.push(Transformer { hv_bus, lv_bus, sn_mva, row: row.number });
			}
		}
		Ok(transformers)
	}

	/// Points in service, and the names of the others.
	fn points(&self, table: &Table) -> Result<(Vec<DataPoint>, BTreeSet<String>), Fault> {
		let (mut points, mut others, mut seen) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
		for row in table.rows() {
			let point = row.text("point")?.to_owned();
			if let Some(before) = seen.insert(point.clone(), row.number) {
				return Err(row.fault("point", format!("{point} stands in row {before} already")));
			}
			if ["interval", "start"].contains(&point.as_str()) {
				return Err(
					row.fault("point", format!("{point} is no name of a point: the profile has a column of it"))
				);
			}
			if !row.flag("in_service")? {
				others.insert(point);
				continue;
			}
			if row.positive_or("scaling", 1.0, f64::MAX, "1")? != 1.0 {
				let what = "a scaling other than 1 is not applied: scale the profile and rated_w, and write 1";
				return Err(row.fault("scaling", what));
			}
			let Some(bus) = self.bus(&row, "bus")? else {
				return Err(row.fault("bus", format!("{point} is in service at a bus that is not")));
			};
			let kind = match row.text("kind")? {
				"load" => Kind::Load,
				"pv" => Kind::Pv,
				other => return Err(row.fault("kind", format!("`{other}` is neither load nor pv"))),
			};
			let rated_w = row.natural("rated_w", "power in W (a whole number)")?;
			if rated_w > MOST_POWER {
				let what = format!("{point} at bus {bus} is rated {rated_w} W; a point has at most {MOST_POWER} W");
				return Err(row.fault("rated_w", what));
			}
			points.push(DataPoint { point, bus, kind, rated_w, row: row.number });
		}
		if points.is_empty() {
			return Err(Fault::file(
				"points.csv",
				"there is no point in service; at least one load or plant is needed",
			));
		}
		Ok((points, others))
	}
}

/// What a row's equipment may carry, of all that stand in parallel; `None` is no limit.
fn rating(row: &Row<'_>, column: &str, most: f64, unit: &str) -> Result<Option<f64>, Fault> {
	let share = row.positive_or("df", 1.0, 1.0, "parts of 1")?
		* row.positive_or("max_loading_percent", 100.0, MOST_PERCENT, "percent")?
		/ 100.0;
	let parallel = row.parallel()?;
	let is_open = row.text(column)?.parse() == Ok(NO_LIMIT);
	if is_open {
		return Ok(None);
	}
	let one = row.positive(column, most, unit).map_err(|mut fault| {
		fault.what += &format!(" ({NO_LIMIT} says that there is no limit)");
		fault
	})?;
	Ok(Some(one * f64::from(parallel) * share))
}
