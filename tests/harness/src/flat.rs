//! State in memory without a trie: for long histories, of which nobody proves anything. A read costs a look into one map
//! instead of a walk over encoded nodes, and a block's state root is a number of its own.

use codec::{Compact, CompactLen, Decode, Encode};
use sp_core::storage::{ChildInfo, StateVersion, Storage, TrackedStorageKey};
use sp_externalities::{Error, Extension, ExtensionStore, Externalities, MultiRemovalResults};
use sp_io::hashing::blake2_256;
use std::{
	any::{Any, TypeId},
	collections::BTreeMap,
	ops::Bound,
};

type Bytes = Vec<u8>;

/// What takes a change back.
enum Undo {
	/// Before, this was there, or nothing.
	Put(Bytes, Option<Bytes>),
	/// Before, the list had so many elements, which took so many bytes.
	Append(Bytes, u32, usize),
}

/// The state of a world.
#[derive(Default)]
pub struct Flat {
	values: BTreeMap<Bytes, Bytes>,
	/// For each open transaction what takes its changes back, the first first.
	open: Vec<Vec<Undo>>,
	/// State roots that were asked for.
	roots: u64,
}

impl From<Storage> for Flat {
	fn from(storage: Storage) -> Self {
		assert!(storage.children_default.is_empty(), "no pallet has child tries");
		Self { values: storage.top, ..Self::default() }
	}
}

/// The length of an encoded list, and how many bytes say it.
fn length(list: &[u8]) -> (u32, usize) {
	let count = Compact::<u32>::decode(&mut &*list).expect("what is appended to is a list").0;
	(count, Compact::<u32>::compact_len(&count))
}

/// Says another length at the beginning of an encoded list.
fn relength(list: &mut Bytes, count: u32) {
	let (_, said) = length(list);
	list.splice(..said, Compact(count).encode());
}

impl Flat {
	/// Runs something on the state.
	pub fn execute_with<R>(&mut self, run: impl FnOnce() -> R) -> R {
		sp_externalities::set_and_run_with_externalities(self, run)
	}

	fn note(&mut self, undo: impl FnOnce() -> Undo) {
		if let Some(open) = self.open.last_mut() {
			open.push(undo());
		}
	}

	fn put(&mut self, key: Bytes, value: Option<Bytes>) {
		let before = match value {
			Some(value) => self.values.insert(key.clone(), value),
			None => self.values.remove(&key),
		};
		self.note(|| Undo::Put(key, before));
	}
}

impl Externalities for Flat {
	fn set_offchain_storage(&mut self, _key: &[u8], _value: Option<&[u8]>) {}

	fn storage(&mut self, key: &[u8]) -> Option<Bytes> {
		self.values.get(key).cloned()
	}

	fn storage_hash(&mut self, key: &[u8]) -> Option<Bytes> {
		self.values.get(key).map(|value| blake2_256(value).to_vec())
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		self.values.contains_key(key)
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Bytes> {
		let after = (Bound::Excluded(key), Bound::Unbounded);
		self.values.range::<[u8], _>(after).next().map(|(key, _)| key.clone())
	}

	fn place_storage(&mut self, key: Bytes, value: Option<Bytes>) {
		self.put(key, value);
	}

	fn clear_prefix(&mut self, prefix: &[u8], limit: Option<u32>, _cursor: Option<&[u8]>) -> MultiRemovalResults {
		let from = (Bound::Included(prefix), Bound::Unbounded);
		let with = self.values.range::<[u8], _>(from).map(|(key, _)| key).take_while(|key| key.starts_with(prefix));
		let mut keys: Vec<Bytes> = with.cloned().collect();
		let rest = keys.split_off(keys.len().min(limit.map_or(usize::MAX, |limit| limit as usize)));
		let removed = keys.len() as u32;
		for key in keys {
			self.put(key, None);
		}
		let maybe_cursor = rest.into_iter().next();
		MultiRemovalResults { maybe_cursor, backend: removed, unique: removed, loops: removed }
	}

	fn storage_append(&mut self, key: Bytes, element: Bytes) {
		let Some(list) = self.values.get_mut(&key) else {
			let mut list = Compact(1u32).encode();
			list.extend(element);
			return self.put(key, Some(list));
		};
		let (count, _) = length(list);
		let before = list.len();
		relength(list, count + 1);
		list.extend(element);
		self.note(|| Undo::Append(key, count, before));
	}

	/// Of a chain of which nobody proves anything, a number that no other block has.
	fn storage_root(&mut self, _version: StateVersion) -> Bytes {
		self.roots += 1;
		blake2_256(&self.roots.encode()).to_vec()
	}

	fn storage_start_transaction(&mut self) {
		self.open.push(Vec::new());
	}

	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		for undo in self.open.pop().ok_or(())?.into_iter().rev() {
			match undo {
				Undo::Put(key, Some(before)) => {
					self.values.insert(key, before);
				},
				Undo::Put(key, None) => {
					self.values.remove(&key);
				},
				Undo::Append(key, count, before) => {
					let list = self.values.get_mut(&key).expect("what was appended to is there");
					relength(list, count);
					list.truncate(before);
				},
			}
		}
		Ok(())
	}

	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		let done = self.open.pop().ok_or(())?;
		if let Some(outer) = self.open.last_mut() {
			outer.extend(done);
		}
		Ok(())
	}

	// No pallet has child tries, and nobody measures here.

	fn child_storage(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Bytes> {
		None
	}

	fn child_storage_hash(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Bytes> {
		None
	}

	fn next_child_storage_key(&mut self, _: &ChildInfo, _: &[u8]) -> Option<Bytes> {
		None
	}

	fn kill_child_storage(&mut self, _: &ChildInfo, _: Option<u32>, _: Option<&[u8]>) -> MultiRemovalResults {
		unimplemented!("no pallet has child tries")
	}

	fn clear_child_prefix(&mut self, _: &ChildInfo, _: &[u8], _: Option<u32>, _: Option<&[u8]>) -> MultiRemovalResults {
		unimplemented!("no pallet has child tries")
	}

	fn place_child_storage(&mut self, _: &ChildInfo, _: Bytes, _: Option<Bytes>) {
		unimplemented!("no pallet has child tries")
	}

	fn child_storage_root(&mut self, _: &ChildInfo, _: StateVersion) -> Bytes {
		unimplemented!("no pallet has child tries")
	}

	fn wipe(&mut self) {
		unimplemented!("nobody measures here")
	}

	fn commit(&mut self) {
		unimplemented!("nobody measures here")
	}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		unimplemented!("nobody measures here")
	}

	fn reset_read_write_count(&mut self) {
		unimplemented!("nobody measures here")
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		unimplemented!("nobody measures here")
	}

	fn set_whitelist(&mut self, _: Vec<TrackedStorageKey>) {
		unimplemented!("nobody measures here")
	}

	fn get_read_and_written_keys(&self) -> Vec<(Bytes, u32, u32, bool)> {
		unimplemented!("nobody measures here")
	}
}

impl ExtensionStore for Flat {
	fn extension_by_type_id(&mut self, _: TypeId) -> Option<&mut dyn Any> {
		None
	}

	fn register_extension_with_type_id(&mut self, _: TypeId, _: Box<dyn Extension>) -> Result<(), Error> {
		Err(Error::ExtensionsAreNotSupported)
	}

	fn deregister_extension_by_type_id(&mut self, _: TypeId) -> Result<(), Error> {
		Err(Error::ExtensionsAreNotSupported)
	}
}
