//! Grids from practice, as people wrote them, and what is right: each fault's whole kind.

mod files;
mod points;
mod ratings;
mod rows;
mod tree;

use super::*;
use std::{collections::BTreeMap, path::PathBuf};

/// What a devnet takes.
pub const BOUNDS: Bounds = Bounds { interval_s: 900, zones: 10_240, depth: 64, path_fee: 100_000, points: 131_072 };

/// The folder of an input.
pub fn folder(name: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/grids").join(name)
}

/// An input as it is, read and planned.
pub fn load(name: &str) -> Result<(DataSet, Plan), Fault> {
	let data = DataSet::load(Some(&folder(name)), Day::Summer)?;
	let plan = Plan::build(&data, &BOUNDS)?;
	Ok((data, plan))
}

/// Files that a test changes before they are read.
pub struct Files(BTreeMap<String, String>);

impl Files {
	/// A transformer, two lines, two loads and a plant, over a day whose quarter hours all differ.
	pub fn sound() -> Self {
		let mut profile = String::from("interval,start,load-0,load-1,pv-0\n");
		for quarter in 0..96u16 {
			profile += &format!("{quarter},{},{},{},0\n", Start::minutes(15 * quarter), 200 + quarter, 300 - quarter);
		}
		let files = [
			("buses.csv", "bus,name,vn_kv\n0,mv,20.0\n1,lv,0.4\n2,a,0.4\n3,b,0.4\n"),
			("lines.csv", "line,from_bus,to_bus,length_km,max_i_ka\n0,1,2,0.1,0.27\n1,2,3,0.1,0.27\n"),
			("points.csv", "point,bus,kind,rated_w\nload-0,2,load,8000\nload-1,3,load,8000\npv-0,3,pv,10000\n"),
			("slack.csv", "slack,bus\n0,0\n"),
			("transformer.csv", "trafo,hv_bus,lv_bus,sn_mva\n0,0,1,0.25\n"),
			("summer-day-wh.csv", &profile),
		];
		Self(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
	}

	/// The same with another text for a file.
	pub fn with(mut self, file: &str, text: &str) -> Self {
		self.0.insert(file.into(), text.into());
		self
	}

	/// The same with a text in a file replaced by another.
	pub fn change(mut self, file: &str, from: &str, to: &str) -> Self {
		let text = self.0.get_mut(file).unwrap();
		assert!(text.contains(from), "{file} does not say {from}");
		*text = text.replacen(from, to, 1);
		self
	}

	/// The same with the profile's rows as a function leaves them.
	pub fn rows(mut self, change: impl FnOnce(&mut Vec<String>)) -> Self {
		let text = self.0.get_mut("summer-day-wh.csv").unwrap();
		let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
		let mut rows = lines.split_off(1);
		change(&mut rows);
		*text = [lines, rows].concat().join("\n");
		self
	}

	pub fn read(&self) -> Result<DataSet, Fault> {
		DataSet::read("test", Day::Summer, |file| Ok(self.0.get(file).cloned()))
	}

	pub fn plan(&self) -> Result<Plan, Fault> {
		Plan::build(&self.read()?, &BOUNDS)
	}

	/// What is refused, as people read it.
	pub fn fault(&self) -> String {
		self.plan().expect_err("the grid is refused").to_string()
	}
}
