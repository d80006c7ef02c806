//! What clients are built on: the runtime's metadata is that of the snapshot, or a version has to move.

#[path = "../../client/src/item.rs"]
#[allow(dead_code, reason = "the client reads more of a metadata than this test")]
mod item;
#[path = "../../client/src/metadata/items.rs"]
#[allow(dead_code, reason = "the client reads more of a metadata than this test")]
mod items;
#[path = "metadata/rules.rs"]
mod rules;
#[path = "../../client/src/metadata/shape.rs"]
#[allow(dead_code, reason = "the client reads more of a metadata than this test")]
mod shape;

use busbar_runtime::Runtime;
use codec::{Decode, Encode};
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use std::{env, fs, path::PathBuf};

/// Set by `scripts/metadata --accept`.
const ACCEPT: &str = "BUSBAR_ACCEPT_METADATA";

fn snapshot_path() -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../client/metadata.scale")
}

fn decoded(bytes: &[u8]) -> RuntimeMetadataV16 {
	match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).expect("the metadata decodes").1 {
		RuntimeMetadata::V16(metadata) => metadata,
		other => panic!("the metadata has version {}, not 16", other.version()),
	}
}

fn of_the_runtime() -> Vec<u8> {
	let metadata = Runtime::metadata_at_version(16).expect("the runtime writes metadata of version 16");
	// The answer of the runtime API is the metadata's bytes with their number before them.
	Vec::<u8>::decode(&mut &metadata.encode()[..]).expect("opaque metadata is bytes")
}

#[test]
fn the_runtimes_metadata_is_that_of_the_snapshot() {
	let (path, runtime) = (snapshot_path(), of_the_runtime());
	let accept = env::var_os(ACCEPT).is_some();
	let snapshot = fs::read(&path);
	let differences = match &snapshot {
		Ok(snapshot) => rules::differences(&decoded(snapshot), &decoded(&runtime)),
		Err(error) if accept => vec![format!("there was no snapshot ({error})")],
		Err(error) => panic!("{}: {error}; scripts/metadata --accept writes it", path.display()),
	};
	if accept {
		if snapshot.ok().as_ref() != Some(&runtime) {
			fs::write(&path, &runtime).expect("the snapshot is written");
		}
		for difference in differences {
			println!("{difference}");
		}
		return;
	}
	assert!(
		differences.is_empty(),
		"the runtime's metadata is not that of client/metadata.scale:\n\n  {}\n\ndocs/upgrades.md has the rule (until the \
		 first tagged release no version moves). Then: scripts/metadata --accept",
		differences.join("\n  ")
	);
}

/// The runtime's metadata with one change.
fn changed(change: impl FnOnce(&mut RuntimeMetadataV16)) -> Vec<String> {
	let before = decoded(&of_the_runtime());
	let mut after = before.clone();
	change(&mut after);
	rules::differences(&before, &after)
}

fn pallet<'a>(
	metadata: &'a mut RuntimeMetadataV16,
	name: &str,
) -> &'a mut frame_metadata::v16::PalletMetadata<scale_info::form::PortableForm> {
	metadata.pallets.iter_mut().find(|pallet| pallet.name == name).expect("the runtime has the pallet")
}

#[test]
fn the_same_metadata_and_other_documentation_name_no_version() {
	assert_eq!(changed(|_| ()), Vec::<String>::new());
	let differences = changed(|metadata| {
		for pallet in &mut metadata.pallets {
			pallet.docs = vec!["Something else.".into()];
			pallet.constants.iter_mut().for_each(|constant| constant.docs.clear());
		}
	});
	assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn a_storage_item_under_other_keys_names_its_pallets_storage_version() {
	let differences = changed(|metadata| pallet(metadata, "Market").storage.as_mut().unwrap().prefix = "Bazaar".into());
	assert!(!differences.is_empty());
	for difference in differences {
		assert!(difference.starts_with("storage item Market."), "{difference}");
		assert!(difference.contains("it stands under other keys"), "{difference}");
		assert!(difference.contains("STORAGE_VERSION of the pallet Market"), "{difference}");
	}
}

#[test]
fn a_pallet_of_another_number_names_the_transaction_version() {
	let differences = changed(|metadata| pallet(metadata, "Market").index = 99);
	let place = differences.iter().find(|difference| difference.starts_with("call Market.place:")).expect("named");
	assert!(place.contains("99"), "{place}");
	assert!(place.contains("transaction_version"), "{place}");
}

#[test]
fn another_extension_names_the_transaction_version() {
	let differences = changed(|metadata| {
		metadata.extrinsic.transaction_extensions.remove(0);
	});
	assert!(differences.iter().all(|difference| difference.contains("transaction_version")), "{differences:?}");
	assert!(differences[0].starts_with("transaction extension"), "{differences:?}");
}

#[test]
fn a_new_storage_item_and_another_constant_name_the_runtimes_version_only() {
	let differences = changed(|metadata| {
		let market = pallet(metadata, "Market");
		let mut entry = market.storage.as_ref().unwrap().entries[0].clone();
		entry.name = "Novelty".into();
		market.storage.as_mut().unwrap().entries.push(entry);
		market.constants[0].value.push(0);
	});
	assert_eq!(differences.len(), 2, "{differences:?}");
	for difference in differences {
		assert!(difference.ends_with("spec_version must move"), "{difference}");
	}
}
