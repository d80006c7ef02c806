//! Networks as one JSON file, balanced or three-phase: what `scripts/bench-powerflow` writes for comparisons, from
//! pandapower's and OpenDSS's own models. Matrices are over the phases that an element names, counted from 0.

use busbar_dso::powerflow::{
	Branch, Bus, Connection, Core, Element, Load, Matrix, Network, Phases, Shares, Shunt, Source, Transformer, Vector,
	Winding, C,
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize)]
pub struct Exchange {
	/// How many phases are modelled.
	pub phases: usize,
	buses: Vec<BusEntry>,
	#[serde(default)]
	lines: Vec<LineEntry>,
	#[serde(default)]
	transformers: Vec<TransformerEntry>,
	sources: Vec<SourceEntry>,
	#[serde(default)]
	loads: Vec<LoadEntry>,
	#[serde(default)]
	shunts: Vec<ShuntEntry>,
	/// What another program finds: magnitude in pu and angle in degrees of each phase of a bus.
	#[serde(default)]
	pub expected: BTreeMap<String, Vec<[f64; 2]>>,
	/// The losses of all lines and transformers that it finds, in W.
	pub expected_loss_w: Option<f64>,
}

#[derive(Deserialize)]
struct BusEntry {
	name: String,
	nominal_v: f64,
	phases: Vec<usize>,
}

#[derive(Deserialize)]
struct LineEntry {
	name: String,
	from: String,
	to: String,
	phases: Vec<usize>,
	r_ohm: Vec<Vec<f64>>,
	x_ohm: Vec<Vec<f64>>,
	#[serde(default)]
	b_s: Vec<Vec<f64>>,
	rated_a: Option<f64>,
}

#[derive(Deserialize)]
struct TransformerEntry {
	name: String,
	from: String,
	to: String,
	phases: Vec<usize>,
	/// Windings and clock number with three phases.
	#[serde(default)]
	windings: Vec<String>,
	#[serde(default)]
	clock: u8,
	/// With one.
	#[serde(default)]
	shift_degree: f64,
	rated_va: f64,
	from_v: f64,
	to_v: f64,
	series_pu: [f64; 2],
	#[serde(default)]
	magnetising_pu: [f64; 2],
	#[serde(default)]
	core: String,
	from_tap: f64,
	to_tap: f64,
}

#[derive(Deserialize)]
struct SourceEntry {
	name: String,
	bus: String,
	voltage_v: Vec<[f64; 2]>,
	#[serde(default)]
	r_ohm: Vec<Vec<f64>>,
	#[serde(default)]
	x_ohm: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct LoadEntry {
	name: String,
	bus: String,
	connection: String,
	/// One pair of W and var per leg.
	power_va: Vec<[f64; 2]>,
	/// Constant power, current, impedance.
	shares: Option<[f64; 3]>,
	leg_v: Option<f64>,
}

#[derive(Deserialize)]
struct ShuntEntry {
	name: String,
	bus: String,
	phases: Vec<usize>,
	g_s: Vec<Vec<f64>>,
	b_s: Vec<Vec<f64>>,
}

fn mask<const N: usize>(phases: &[usize]) -> Phases<N> {
	std::array::from_fn(|phase| phases.contains(&phase))
}

fn matrix<const N: usize>(phases: &[usize], re: &[Vec<f64>], im: &[Vec<f64>]) -> Matrix<N> {
	let mut matrix = Matrix::ZERO;
	let part = |rows: &[Vec<f64>], row: usize, column: usize| rows.get(row).map_or(0.0, |row| row[column]);
	for (row, row_phase) in phases.iter().enumerate() {
		for (column, column_phase) in phases.iter().enumerate() {
			matrix.0[*row_phase][*column_phase] = C::new(part(re, row, column), part(im, row, column));
		}
	}
	matrix
}

fn vector<const N: usize>(pairs: &[[f64; 2]]) -> Vector<N> {
	std::array::from_fn(|phase| pairs.get(phase).map_or(C::new(0.0, 0.0), |pair| C::new(pair[0], pair[1])))
}

/// How a transformer becomes a branch's element, which depends on the number of phases.
pub trait Modelled<const N: usize> {
	fn element(transformer: &Transformer, entry: &Group) -> Element<N>;
}

/// The vector group of a transformer.
pub struct Group {
	name: String,
	windings: Vec<String>,
	clock: u8,
	shift_degree: f64,
	phases: Vec<usize>,
}

/// Either number of phases.
pub struct Grid;

impl Modelled<1> for Grid {
	fn element(transformer: &Transformer, group: &Group) -> Element<1> {
		transformer.balanced(&group.name, group.shift_degree).unwrap()
	}
}

impl Modelled<3> for Grid {
	fn element(transformer: &Transformer, group: &Group) -> Element<3> {
		let winding = |side: usize| if group.windings[side] == "delta" { Winding::Delta } else { Winding::Wye };
		transformer.three_phase(&group.name, winding(0), winding(1), group.clock, mask(&group.phases)).unwrap()
	}
}

impl Exchange {
	/// Reads a file.
	pub fn read(path: &std::path::Path) -> Self {
		let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
		serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
	}

	/// The network in the file.
	pub fn network<const N: usize>(&self) -> Network<N>
	where
		Grid: Modelled<N>,
	{
		assert_eq!(self.phases, N);
		let mut network = Network::default();
		let mut place = HashMap::new();
		for entry in &self.buses {
			let bus = Bus { name: entry.name.clone(), nominal_v: entry.nominal_v, phases: mask(&entry.phases) };
			place.insert(entry.name.as_str(), network.add_bus(bus));
		}
		let place = |name: &str| *place.get(name).unwrap_or_else(|| panic!("no bus {name}"));
		for entry in &self.lines {
			let series = matrix(&entry.phases, &entry.r_ohm, &entry.x_ohm);
			let charging = matrix(&entry.phases, &[], &entry.b_s);
			let line = Branch::line(&entry.name, place(&entry.from), place(&entry.to), series, charging);
			let line = line.on(mask(&entry.phases));
			network.branches.push(match entry.rated_a {
				Some(most) => line.rated(most, most),
				None => line,
			});
		}
		for entry in &self.transformers {
			let complex = |pair: [f64; 2]| C::new(pair[0], pair[1]);
			let transformer = Transformer {
				magnetising_pu: complex(entry.magnetising_pu),
				core: match entry.core.as_str() {
					"to" => Core::To,
					"ends" => Core::Ends,
					_ => Core::Middle,
				},
				from_tap: entry.from_tap,
				to_tap: entry.to_tap,
				..Transformer::new(entry.rated_va, entry.from_v, entry.to_v, complex(entry.series_pu))
			};
			let group = Group {
				name: entry.name.clone(),
				windings: entry.windings.clone(),
				clock: entry.clock,
				shift_degree: entry.shift_degree,
				phases: entry.phases.clone(),
			};
			let [from_a, to_a] = transformer.rated_a();
			let branch =
				Branch::new(&entry.name, place(&entry.from), place(&entry.to), Grid::element(&transformer, &group));
			network.branches.push(branch.on(mask(&entry.phases)).rated(from_a, to_a));
		}
		for entry in &self.sources {
			let phases: Vec<usize> = (0..N).collect();
			let impedance = matrix(&phases, &entry.r_ohm, &entry.x_ohm);
			network.sources.push(Source {
				name: entry.name.clone(),
				bus: place(&entry.bus),
				voltage_v: vector(&entry.voltage_v),
				impedance_ohm: (!entry.r_ohm.is_empty()).then_some(impedance),
			});
		}
		for entry in &self.loads {
			let [power, current, impedance] = entry.shares.unwrap_or([1.0, 0.0, 0.0]);
			network.loads.push(Load {
				connection: if entry.connection == "delta" { Connection::Delta } else { Connection::Wye },
				shares: Shares { power, current, impedance },
				leg_v: entry.leg_v,
				..Load::constant(&entry.name, place(&entry.bus), vector(&entry.power_va))
			});
		}
		for entry in &self.shunts {
			let admittance_s = matrix(&entry.phases, &entry.g_s, &entry.b_s);
			network.shunts.push(Shunt { name: entry.name.clone(), bus: place(&entry.bus), admittance_s });
		}
		network
	}
}
