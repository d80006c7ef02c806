//! Reads of a block's state: storage items, runtime functions, view functions, constants.

use super::{bytes, hex_of, Chain};
use crate::{
	error::{Error, Result},
	metadata::{find, Found},
	part::{Constant, Entry, Function, Keys, Part, View},
};
use codec::{Decode, DecodeAll, Encode};
use serde::Deserialize;
use sp_core::H256;

/// Keys that are asked for at a time.
const KEYS: usize = 256;

impl Chain {
	/// A storage item's value at a block: what stands there, or what stands for nothing, if anything does.
	///
	/// # Errors
	/// As [`Chain::request`], and if the chain has the item in another shape.
	pub async fn read<K: Keys, V: Decode>(&self, at: H256, entry: &Entry<K, V>, keys: K) -> Result<Option<V>> {
		self.runtime().fits(&entry.item())?;
		let value: Option<String> = self.request("state_getStorage", (hex_of(&entry.key(&keys)), at)).await?;
		match value {
			Some(value) => decoded(&entry.item(), &bytes(&value)?).map(Some),
			None => Ok(entry.default()),
		}
	}

	/// All values of a storage item at a block, with their keys, in the order of storage.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn entries<K: Keys, V: Decode>(&self, at: H256, entry: &Entry<K, V>) -> Result<Vec<(K, V)>> {
		self.entries_under(at, entry, entry.prefix()).await
	}

	/// The values of a storage item whose first keys are these.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn entries_of<K: Keys, V: Decode>(
		&self,
		at: H256,
		entry: &Entry<K, V>,
		first: impl Keys,
	) -> Result<Vec<(K, V)>> {
		self.entries_under(at, entry, entry.prefix_of(&first)).await
	}

	async fn entries_under<K: Keys, V: Decode>(
		&self,
		at: H256,
		entry: &Entry<K, V>,
		prefix: Vec<u8>,
	) -> Result<Vec<(K, V)>> {
		self.runtime().fits(&entry.item())?;
		let prefix = hex_of(&prefix);
		let (mut start, mut entries) = (None::<String>, Vec::new());
		loop {
			let keys: Vec<String> = self.request("state_getKeysPaged", (&prefix, KEYS, &start, at)).await?;
			entries.extend(self.page(at, entry, &keys).await?);
			if keys.len() < KEYS {
				return Ok(entries);
			}
			start = keys.last().cloned();
		}
	}

	/// What stands under each of these keys; keys under which nothing stands are left out.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn read_all<K: Keys, V: Decode>(
		&self,
		at: H256,
		entry: &Entry<K, V>,
		keys: impl IntoIterator<Item = K>,
	) -> Result<Vec<(K, V)>> {
		self.runtime().fits(&entry.item())?;
		let keys: Vec<String> = keys.into_iter().map(|keys| hex_of(&entry.key(&keys))).collect();
		let mut found = Vec::new();
		for page in keys.chunks(KEYS) {
			found.extend(self.page(at, entry, page).await?);
		}
		Ok(found)
	}

	async fn page<K: Keys, V: Decode>(&self, at: H256, entry: &Entry<K, V>, keys: &[String]) -> Result<Vec<(K, V)>> {
		#[derive(Deserialize)]
		struct Change {
			changes: Vec<(String, Option<String>)>,
		}
		if keys.is_empty() {
			return Ok(Vec::new());
		}
		let changes: Vec<Change> = self.request("state_queryStorageAt", (keys, at)).await?;
		let standing = changes.into_iter().flat_map(|set| set.changes);
		let item = entry.item();
		standing
			.filter_map(|(key, value)| Some((key, value?)))
			.map(|(key, value)| {
				let keys = entry.keys_of(&bytes(&key)?).ok_or_else(|| Error::Value {
					item: item.to_string(),
					reason: format!("its key {key} does not tell what it stands for"),
				})?;
				Ok((keys, decoded(&item, &bytes(&value)?)?))
			})
			.collect()
	}

	/// Calls a function of the runtime on the state of a block.
	///
	/// # Errors
	/// As [`Chain::request`], and if the chain has the function in another shape.
	pub async fn call<A: Encode, R: Decode>(&self, at: H256, function: &Function<A, R>, args: A) -> Result<R> {
		self.runtime().fits(&function.item())?;
		let answer = self.state_call(at, &function.method(), &args.encode()).await?;
		decoded(&function.item(), &answer)
	}

	/// Calls a pallet's view function on the state of a block.
	///
	/// # Errors
	/// As [`Chain::call`].
	pub async fn view<A: Encode, R: Decode>(&self, at: H256, view: &View<A, R>, args: A) -> Result<R> {
		let (runtime, item) = (self.runtime(), view.item());
		runtime.fits(&item)?;
		let Some(Found::View(found)) = find(runtime.metadata(), &item) else {
			return Err(Error::Metadata(format!("it has no {item}")));
		};
		let call = (found.id, args.encode()).encode();
		let answer = self.state_call(at, "RuntimeViewFunction_execute_view_function", &call).await?;
		// Its error is an enum of which only the number is told.
		let answer: Result<Vec<u8>, u8> = decoded(&item, &answer)?;
		let answer = answer.map_err(|error| Error::Value {
			item: item.to_string(),
			reason: format!("the chain does not answer it (error {error})"),
		})?;
		decoded(&item, &answer)
	}

	/// The bytes that a function of the runtime answers.
	pub(super) async fn state_call(&self, at: H256, method: &str, args: &[u8]) -> Result<Vec<u8>> {
		let answer: String = self.request("state_call", (method, hex_of(args), at)).await?;
		bytes(&answer)
	}

	/// A constant of the runtime.
	///
	/// # Errors
	/// If the chain has none of this name and type.
	pub fn constant<V: Decode>(&self, constant: &Constant<V>) -> Result<V> {
		let (runtime, item) = (self.runtime(), constant.item());
		runtime.fits(&item)?;
		match find(runtime.metadata(), &item) {
			Some(Found::Constant(found)) => decoded(&item, &found.value),
			_ => Err(Error::Metadata(format!("it has no {item}"))),
		}
	}
}

fn decoded<V: Decode>(item: &impl std::fmt::Display, bytes: &[u8]) -> Result<V> {
	V::decode_all(&mut &bytes[..])
		.map_err(|error| Error::Value { item: format!("the chain's {item}"), reason: error.to_string() })
}
