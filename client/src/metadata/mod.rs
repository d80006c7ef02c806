//! What a chain says about itself, and whether it is what this program was built for.
//!
//! This library's types come from a snapshot of the runtime's metadata. A node serves its own. Whatever a program uses is
//! compared by shape before it is used for the first time: numbers of pallets, calls, events and errors are taken from the
//! node; parameters, keys and values must be those of the snapshot. Parts that nobody uses may differ at will.

mod items;
mod shape;
mod version;

#[cfg(test)]
pub(crate) use items::pallet;
pub(crate) use items::{find, variants_of, Found};
pub(crate) use shape::Rule;
pub use version::Version;

pub use crate::item::{Item, Kind};

use crate::{
	error::{Error, Unfit},
	explain::CallError,
};
use codec::Decode;
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use sp_runtime::DispatchError;
use std::{
	collections::HashMap,
	sync::{Mutex, OnceLock, PoisonError},
};

/// The version of metadata that is asked for: the first that names runtime APIs, view functions and all extensions.
pub const METADATA_VERSION: u32 = 16;

/// The metadata that this library was built from.
pub(crate) fn snapshot() -> &'static RuntimeMetadataV16 {
	static SNAPSHOT: OnceLock<RuntimeMetadataV16> = OnceLock::new();
	SNAPSHOT.get_or_init(|| {
		decode(include_bytes!("../../metadata.scale")).expect("the build script has read the same bytes; qed")
	})
}

/// Reads metadata's bytes.
///
/// # Errors
/// If they are no metadata of [`METADATA_VERSION`].
pub(crate) fn decode(bytes: &[u8]) -> Result<RuntimeMetadataV16, Error> {
	match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).map(|metadata| metadata.1) {
		Ok(RuntimeMetadata::V16(metadata)) => Ok(metadata),
		Ok(other) => Err(Error::Metadata(format!("it has version {}, not {METADATA_VERSION}", other.version()))),
		Err(error) => Err(Error::Metadata(format!("it does not decode ({error})"))),
	}
}

/// A runtime as a node tells it: its version, its metadata, and what of it fits this program.
pub struct Runtime {
	version: Version,
	metadata: RuntimeMetadataV16,
	/// What was compared already, with the difference.
	compared: Mutex<HashMap<Item, Option<String>>>,
}

impl Runtime {
	/// A runtime by its version and its metadata's bytes.
	///
	/// # Errors
	/// If the metadata cannot be read.
	pub fn new(version: Version, metadata: &[u8]) -> Result<Self, Error> {
		Ok(Self::of(version, decode(metadata)?))
	}

	pub(crate) fn of(version: Version, metadata: RuntimeMetadataV16) -> Self {
		Self { version, metadata, compared: Mutex::default() }
	}

	/// Name and numbers of the runtime.
	pub fn version(&self) -> &Version {
		&self.version
	}

	pub(crate) fn metadata(&self) -> &RuntimeMetadataV16 {
		&self.metadata
	}

	/// Whether a part of the chain is what this program was built for.
	///
	/// # Errors
	/// [`Error::Unfit`] names the part and what differs.
	pub fn fits(&self, item: &Item) -> Result<(), Error> {
		let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
		let difference = match compared.get(item) {
			Some(known) => known.clone(),
			None => {
				let difference = items::compare(snapshot(), &self.metadata, item, Rule::Extended).err();
				compared.insert(item.clone(), difference.clone());
				difference
			},
		};
		match difference {
			None => Ok(()),
			Some(difference) => Err(Error::Unfit(vec![self.unfit(item, difference)])),
		}
	}

	/// Whether all of these parts are what this program was built for.
	///
	/// # Errors
	/// [`Error::Unfit`] names all that are not.
	pub fn fits_all<'a>(&self, items: impl IntoIterator<Item = &'a Item>) -> Result<(), Error> {
		let mut unfit = Vec::new();
		for item in items {
			match self.fits(item) {
				Err(Error::Unfit(more)) => unfit.extend(more),
				other => other?,
			}
		}
		unfit.is_empty().then_some(()).ok_or(Error::Unfit(unfit))
	}

	/// A failed call's error by the names that this runtime gives it.
	pub fn explain(&self, error: &DispatchError) -> CallError {
		self.named(error).unwrap_or(CallError::Other(*error))
	}

	fn named(&self, error: &DispatchError) -> Option<CallError> {
		let DispatchError::Module(error) = error else { return None };
		let pallet = self.metadata.pallets.iter().find(|pallet| pallet.index == error.index)?;
		let errors = items::variants_of(&self.metadata, pallet, Kind::Error);
		let variant = errors.iter().find(|variant| variant.index == error.error[0])?;
		let text: Vec<_> = variant.docs.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
		Some(CallError::Pallet { pallet: pallet.name.clone(), name: variant.name.clone(), meaning: text.join(" ") })
	}

	fn unfit(&self, item: &Item, difference: String) -> Unfit {
		Unfit { item: item.clone(), difference, spec_version: self.version.spec_version }
	}
}

/// Everything that the snapshot has of these kinds in these pallets or runtime APIs: what a long-running program that uses
/// much of them names on connecting.
pub fn everything_in(kinds: &[Kind], of: &[&str]) -> Vec<Item> {
	let wanted = |item: &Item| kinds.contains(&item.kind) && of.contains(&&*item.of);
	items::all(snapshot()).into_iter().filter(wanted).collect()
}

#[cfg(test)]
mod tests;
