//! A node that is started with a specification that it cannot use: one clear line, exit code 1, nothing written.

#![allow(clippy::unwrap_used)]

use serde_json::{json, Value};
use std::{
	env,
	error::Error,
	fs,
	path::{Path, PathBuf},
	process::{self, Command, Output},
};

/// Storage key of the runtime's code: `:code`.
const CODE_KEY: &str = "0x3a636f6465";

/// A directory of its own for each test, removed afterwards.
struct Dir(PathBuf);

impl Dir {
	fn new(name: &str) -> Self {
		let path = env::temp_dir().join(format!("busbar-node-{}-{name}", process::id()));
		fs::create_dir_all(&path).expect("the temporary directory can be written");
		Self(path)
	}

	fn file(&self, name: &str, content: &str) -> PathBuf {
		let path = self.0.join(name);
		fs::write(&path, content).expect("the temporary directory can be written");
		path
	}
}

impl Drop for Dir {
	fn drop(&mut self) {
		let _ = fs::remove_dir_all(&self.0);
	}
}

/// A specification whose genesis has this code.
fn spec(code: &[u8]) -> Value {
	let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
	json!({
		"name": "Elsewhere",
		"id": "elsewhere",
		"chainType": "Live",
		"bootNodes": [],
		"telemetryEndpoints": null,
		"protocolId": null,
		"properties": null,
		"codeSubstitutes": {},
		"genesis": { "raw": { "top": { CODE_KEY: format!("0x{code}") }, "childrenDefault": {} } },
	})
}

/// A Wasm module of nothing but one custom section.
fn module(section: &str, content: &[u8]) -> Vec<u8> {
	let body: Vec<u8> = [&[section.len() as u8][..], section.as_bytes(), content].concat();
	assert!(body.len() < 128, "longer sizes take more than one byte");
	[b"\0asm\x01\0\0\0", &[0, body.len() as u8][..], &body].concat()
}

/// The version of a runtime, as it stands in its code: without APIs.
fn version(spec_name: &str) -> Vec<u8> {
	use codec::Encode;
	(spec_name, "", 1u32, 1u32, 0u32, Vec::<([u8; 8], u32)>::new(), 1u32, 1u8).encode()
}

fn start(dir: &Dir, chain: &Path) -> Result<Output, Box<dyn Error>> {
	Ok(Command::new(env!("CARGO_BIN_EXE_busbar-node"))
		.args(["--validator", "--unsafe-force-node-key-generation", "--port", "0", "--rpc-port", "0"])
		.args(["--no-prometheus", "--no-telemetry"])
		.arg("--base-path")
		.arg(dir.0.join("base"))
		.arg("--chain")
		.arg(chain)
		.output()?)
}

/// That the node refuses the chain with one line that says this, and leaves no database behind.
fn assert_refused(dir: &Dir, chain: &Path, expected: &str) {
	let output = start(dir, chain).expect("the node is there");
	let errors = String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(1), "{errors}");
	let lines: Vec<_> = errors.lines().filter(|line| line.starts_with("Error: ")).collect();
	assert!(matches!(lines[..], [line] if line.contains(expected)), "{errors}");
	assert!(!errors.contains("panicked"), "{errors}");
	assert!(!dir.0.join("base/chains/elsewhere/paritydb").exists(), "a database was left behind");
}

#[test]
fn another_projects_chain_is_refused() {
	let dir = Dir::new("foreign");
	let code = module("runtime_version", &version("kusama"));
	let path = dir.file("spec.json", &spec(&code).to_string());
	assert_refused(&dir, &path, "chain 'elsewhere' runs 'kusama', not 'busbar'");
}

#[test]
fn a_chain_without_the_energy_market_is_refused() {
	let dir = Dir::new("no-market");
	let code = module("runtime_version", &version("busbar"));
	let path = dir.file("spec.json", &spec(&code).to_string());
	assert_refused(&dir, &path, "chain 'elsewhere' runs busbar 1 without EnergyApi");
}

#[test]
fn a_chain_whose_runtime_is_no_runtime_is_refused() {
	let dir = Dir::new("no-runtime");
	let path = dir.file("spec.json", &spec(b"nonsense").to_string());
	assert_refused(&dir, &path, "chain 'elsewhere' has no readable runtime in its genesis");

	let mut empty = spec(b"");
	empty["genesis"]["raw"]["top"] = json!({});
	let path = dir.file("empty.json", &empty.to_string());
	assert_refused(&dir, &path, "chain 'elsewhere' has no runtime in its genesis");
}

#[test]
fn a_file_that_is_no_specification_is_refused() {
	let dir = Dir::new("malformed");
	let path = dir.file("spec.json", "{ \"name\": ");
	assert_refused(&dir, &path, "is no chain specification");
	assert_refused(&dir, Path::new("polkadot"), "unknown chain 'polkadot'");
}
