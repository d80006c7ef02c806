//! After an erasure nothing of the person is found, byte by byte.

use crate::common::*;
use busbar_vault::keys::Keys;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// The files of a folder and below that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
	let mut found = Vec::new();
	for entry in fs::read_dir(folder).unwrap() {
		let path = entry.unwrap().path();
		if path.is_dir() {
			found.extend(holding(&path, bytes));
		} else if fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
			found.push(path);
		}
	}
	found
}

fn copy(from: &Path, to: &Path) {
	fs::create_dir_all(to).unwrap();
	for name in ["records.db", "records.db-wal"] {
		if from.join(name).exists() {
			fs::copy(from.join(name), to.join(name)).unwrap();
		}
	}
}

#[tokio::test]
async fn after_an_erasure_no_file_holds_plaintext_key_salt_or_wrapped_key() {
	let world = World::new().await;
	let (folder, ann) = (world.folder.path().to_owned(), world.client("ann"));
	world.client("bob").put(id("bob"), &record("bob")).await.unwrap();
	ann.put(id("ann"), &record("anna")).await.unwrap();
	// Beside the running vault, as an intruder would read.
	let wrapped = |number: u32| -> Vec<u8> {
		let keys = rusqlite::Connection::open(folder.join("keys.db")).unwrap();
		let select = "SELECT wrapped FROM keys WHERE subject = ?1 AND number = ?2";
		keys.query_row(select, rusqlite::params![&id("ann").0[..], number], |row| row.get(0)).unwrap()
	};
	let first = wrapped(1);
	ann.put(id("ann"), &record("ann")).await.unwrap();
	let second = wrapped(2);
	// A backup of the records, which is kept; the keys are in none.
	copy(&folder, &folder.join("backup"));
	let secrets: Vec<_> = [(1, &first), (2, &second)]
		.into_iter()
		.map(|(number, wrapped)| world.master.unwrap(id("ann"), number, wrapped).unwrap())
		.collect();

	// The search finds what is there: the wrapped key of the record, and no more that of the one before.
	assert_eq!(holding(&folder, &second), [folder.join("keys.db")]);
	assert!(holding(&folder, &first).is_empty());

	ann.erase(id("ann")).await.unwrap();
	let mut searched: Vec<Vec<u8>> = vec![first, second];
	searched.extend(secrets.iter().flat_map(|secret| secret.parts()).map(|part| part.to_vec()));
	for name in ["ann", "anna"] {
		searched.extend(record(name).0.values().map(|value| value.clone().into_bytes()));
	}
	assert_eq!(searched.len(), 12);
	for bytes in &searched {
		assert!(holding(&folder, bytes).is_empty(), "{:?}", String::from_utf8_lossy(bytes));
	}
	// Nobody else's is touched.
	world.client("bob").get(id("bob"), NAME, None).await.unwrap();

	// The backup, brought back, opens nothing: there is no key.
	let restored = tempfile::tempdir().unwrap();
	copy(&folder.join("backup"), restored.path());
	Keys::open(&restored.path().join("keys.db")).unwrap();
	assert!(matches!(
		vault_in(restored.path(), &world.master).await,
		Err(busbar_vault::error::Error::KeysMissing(2, _))
	));
}
