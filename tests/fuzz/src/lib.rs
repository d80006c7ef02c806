//! Coverage-guided fuzzing of what reads the bytes of strangers. Needs nothing that is not in the workspace.
//!
//! - A [`targets`] entry takes bytes, and panics if they do what they must not;
//! - [`coverage`] is told by the compiler's instrumentation which edges an input passes: `scripts/fuzz` builds the crates of this
//!   workspace with it, so that an input which reaches something new is kept and changed further;
//! - [`change`] makes an input of others;
//! - [`memory`] counts what an input takes of memory.
//!
//! What is kept lies in `corpus/TARGET`; a test tries all of it again.

pub mod change;
pub mod coverage;
pub mod memory;
pub mod targets;

use std::path::{Path, PathBuf};

/// The inputs that are committed for a target, by name.
///
/// # Errors
/// If the folder cannot be read.
pub fn corpus(target: &str) -> std::io::Result<Vec<Vec<u8>>> {
	read(&folder(target))
}

/// Where the inputs of a target are committed.
pub fn folder(target: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The files of a folder, by name; none if it is not there.
///
/// # Errors
/// If it cannot be read.
pub fn read(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
	if !folder.exists() {
		return Ok(Vec::new());
	}
	let mut paths: Vec<_> =
		std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
	paths.sort();
	paths.into_iter().map(std::fs::read).collect()
}
