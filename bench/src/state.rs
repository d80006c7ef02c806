//! A chain's state, as a file.

use anyhow::{Context, Result};
use sp_core::{
	bytes::from_hex,
	storage::{Storage, StorageMap},
};
use std::{collections::BTreeMap, fs, path::Path};

/// Reads an object of keys and values, both as `0x` texts: what nodes answer, and what a raw specification calls `top`.
///
/// # Errors
/// If the file cannot be read, or holds something else.
pub fn read(file: &Path) -> Result<Storage> {
	parse(&fs::read_to_string(file)?)
}

fn parse(text: &str) -> Result<Storage> {
	let entries: BTreeMap<String, String> = serde_json::from_str(text)?;
	let bytes = |text: &str| from_hex(text).with_context(|| format!("{text:.20} is not hexadecimal"));
	let top = entries.iter().map(|(key, value)| Ok((bytes(key)?, bytes(value)?))).collect::<Result<StorageMap>>()?;
	Ok(Storage { top, ..Storage::default() })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_and_values_are_read_as_bytes() {
		let storage = parse(r#"{"0x3a636f6465": "0x00ff", "0x01": "0x"}"#).unwrap();
		assert_eq!(storage.top.get(&b":code"[..]), Some(&vec![0, 255]));
		assert_eq!(storage.top.get(&[1][..]), Some(&Vec::new()));
		assert!(parse(r#"{"0xzz": "0x"}"#).is_err());
		assert!(parse("[]").is_err());
	}
}
