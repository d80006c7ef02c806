//! The balanced grids of `tests/data`, as tables in SimBench's form.

use busbar_dso::powerflow::{Branch, Bus, Load, Matrix, Network, Source, Transformer, C};
use serde::{de::DeserializeOwned, Deserialize};
use std::{collections::HashMap, f64::consts::TAU, path::Path};

#[derive(Deserialize)]
struct BusRow {
	bus: String,
	vn_kv: f64,
}

#[derive(Deserialize)]
struct LineRow {
	line: String,
	from_bus: String,
	to_bus: String,
	r_ohm: Option<f64>,
	x_ohm: Option<f64>,
	length_km: Option<f64>,
	r_ohm_per_km: Option<f64>,
	x_ohm_per_km: Option<f64>,
	c_nf_per_km: Option<f64>,
	max_i_ka: Option<f64>,
}

#[derive(Deserialize)]
struct TransformerRow {
	trafo: String,
	hv_bus: String,
	lv_bus: String,
	sn_mva: f64,
	vn_hv_kv: f64,
	vn_lv_kv: f64,
	vk_percent: f64,
	vkr_percent: f64,
	pfe_kw: f64,
	i0_percent: f64,
	shift_degree: f64,
	tap_pos: f64,
	tap_neutral: f64,
	tap_step_percent: f64,
	tap_side: String,
}

#[derive(Deserialize)]
struct SlackRow {
	slack: String,
	bus: String,
	vm_pu: f64,
}

#[derive(Deserialize)]
struct LoadRow {
	bus: String,
	p_w: f64,
	q_var: f64,
}

#[derive(Deserialize)]
struct PointRow {
	point: String,
	bus: String,
}

#[derive(Deserialize)]
struct InjectionRow {
	point: String,
	p_w: f64,
	q_var: f64,
}

/// Where the data of the tests is.
pub fn data(name: &str) -> std::path::PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn rows<T: DeserializeOwned>(path: &Path) -> Vec<T> {
	let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
	reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

/// The grid in a folder; its loads from `loads.csv`, or from its points and a table of their powers. 50 Hz.
pub fn network(folder: &Path, injections: Option<&str>) -> Network<1> {
	let mut network = Network::default();
	let mut place = HashMap::new();
	for row in rows::<BusRow>(&folder.join("buses.csv")) {
		place.insert(row.bus.clone(), network.add_bus(Bus::new(row.bus, row.vn_kv * 1e3)));
	}
	for row in rows::<LineRow>(&folder.join("lines.csv")) {
		let length = row.length_km.unwrap_or(1.0);
		let of = |whole: Option<f64>, per_km: Option<f64>| whole.unwrap_or_else(|| per_km.unwrap_or(0.0) * length);
		let series = C::new(of(row.r_ohm, row.r_ohm_per_km), of(row.x_ohm, row.x_ohm_per_km));
		let charging = C::new(0.0, TAU * 50.0 * row.c_nf_per_km.unwrap_or(0.0) * 1e-9 * length);
		let ends = (place[&row.from_bus], place[&row.to_bus]);
		let line = Branch::line(row.line, ends.0, ends.1, Matrix([[series]]), Matrix([[charging]]));
		network.branches.push(match row.max_i_ka {
			Some(most) => line.rated(most * 1e3, most * 1e3),
			None => line,
		});
	}
	let file = folder.join("transformer.csv");
	for row in if file.exists() { rows::<TransformerRow>(&file) } else { Vec::new() } {
		let (resistance, impedance) = (row.vkr_percent / 100.0, row.vk_percent / 100.0);
		let (loss, current) = (row.pfe_kw / 1e3 / row.sn_mva, row.i0_percent / 100.0);
		let turns = 1.0 + (row.tap_pos - row.tap_neutral) * row.tap_step_percent / 100.0;
		let transformer = Transformer {
			magnetising_pu: C::new(loss, -(current * current - loss * loss).max(0.0).sqrt()),
			from_tap: if row.tap_side == "hv" { turns } else { 1.0 },
			to_tap: if row.tap_side == "lv" { turns } else { 1.0 },
			..Transformer::new(
				row.sn_mva * 1e6,
				row.vn_hv_kv * 1e3,
				row.vn_lv_kv * 1e3,
				C::new(resistance, (impedance * impedance - resistance * resistance).sqrt()),
			)
		};
		let [from_a, to_a] = transformer.rated_a();
		let element = transformer.balanced(&row.trafo, row.shift_degree).unwrap();
		let (from, to) = (place[&row.hv_bus], place[&row.lv_bus]);
		network.branches.push(Branch::new(format!("trafo {}", row.trafo), from, to, element).rated(from_a, to_a));
	}
	for row in rows::<SlackRow>(&folder.join("slack.csv")) {
		let bus = place[&row.bus];
		network.sources.push(Source::ideal(row.slack, bus, row.vm_pu, network.buses[bus].nominal_v));
	}
	match injections {
		None => {
			for row in rows::<LoadRow>(&folder.join("loads.csv")) {
				let bus = place[&row.bus];
				network.loads.push(Load::constant(row.bus, bus, [C::new(row.p_w, row.q_var)]));
			}
		},
		Some(file) => {
			let bus: HashMap<_, _> =
				rows::<PointRow>(&folder.join("points.csv")).into_iter().map(|row| (row.point, row.bus)).collect();
			for row in rows::<InjectionRow>(&folder.join(file)) {
				let bus = place[&bus[&row.point]];
				network.loads.push(Load::constant(row.point, bus, [C::new(row.p_w, row.q_var)]));
			}
		},
	}
	network
}
