//! Writes the chain's types, and a typed name for everything that programs read, from `metadata.scale`.
//!
//! - `chain_types`: calls, events, errors and whatever they and storage consist of, in the modules that they come from; types
//!   that `busbar-primitives` and the `sp-*` crates have are theirs;
//! - one module per pallet's crate (`pallet_market`, ...) with all its types by their name alone;
//! - `storage`, `constants`, `functions`, `views`: one constant per item.

#[path = "build/aliases.rs"]
mod aliases;
#[path = "build/parts.rs"]
mod parts;
#[path = "build/types.rs"]
mod types;

use codec::Decode;
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use quote::quote;
use scale_typegen::{typegen::ir::ToTokensWithSettings, TypeGenerator};
use std::{env, fs, path::PathBuf};

const SNAPSHOT: &str = "metadata.scale";

fn main() {
	println!("cargo:rerun-if-changed={SNAPSHOT}");
	println!("cargo:rerun-if-changed={}", types::PRIMITIVES);
	for file in ["build.rs", "build/aliases.rs", "build/parts.rs", "build/types.rs"] {
		println!("cargo:rerun-if-changed={file}");
	}
	let metadata = snapshot();
	let mut registry = metadata.types.clone();
	let ids = registry.retain(types::roots(&metadata));
	scale_typegen::utils::ensure_unique_type_paths(&mut registry).expect("types of one path can be told apart");
	let settings = types::settings(&registry);
	let generator = TypeGenerator::new(&registry, &settings);
	let module = generator.generate_types_mod().expect("every type of the metadata can be written in Rust");
	let (types, aliases) = (module.to_token_stream(&settings), aliases::of(&registry, &settings, &module));
	let parts = parts::of(&metadata, &generator, &ids);
	let code = quote! { #types #aliases #parts };
	let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder")).join("generated.rs");
	fs::write(&out, code.to_string()).expect("the folder can be written to");
}

fn snapshot() -> RuntimeMetadataV16 {
	let bytes = fs::read(SNAPSHOT).expect("client/metadata.scale is there; scripts/metadata --accept writes it");
	match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).expect("client/metadata.scale decodes").1 {
		RuntimeMetadata::V16(metadata) => metadata,
		other => panic!("client/metadata.scale has version {}, not 16", other.version()),
	}
}
