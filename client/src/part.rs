//! Typed names of what a program reads: storage items, constants, view functions, runtime functions.
//!
//! [`crate::storage`], [`crate::constants`], [`crate::views`] and [`crate::functions`] have one of each that the chain's
//! metadata snapshot knows. A node's metadata is asked whether it has the same before anything is read.

use crate::metadata::{Item, Kind};
use codec::{Decode, Encode};
use frame_metadata::v14::StorageHasher;
use sp_crypto_hashing::{blake2_128, blake2_256, twox_128, twox_256, twox_64};
use std::marker::PhantomData;

/// Something that a program uses and a chain has, in the same shape or not.
pub trait Part {
	/// Its name in the metadata.
	fn item(&self) -> Item;
}

macro_rules! part {
	($(#[$doc:meta])* $name:ident, $kind:ident) => {
		$(#[$doc])*
		pub struct $name<K, V> {
			of: &'static str,
			name: &'static str,
			types: PhantomData<fn(K) -> V>,
		}

		impl<K, V> $name<K, V> {
			/// By its name in the metadata.
			pub const fn new(of: &'static str, name: &'static str) -> Self {
				Self { of, name, types: PhantomData }
			}
		}

		impl<K, V> Part for $name<K, V> {
			fn item(&self) -> Item {
				Item::new(Kind::$kind, self.of, self.name)
			}
		}
	};
}

part!(
	/// A function of a runtime API: its parameters as a tuple, and its answer.
	Function,
	Function
);
part!(
	/// A pallet's view function: its parameters as a tuple, and its answer.
	View,
	View
);

impl<K, V> Function<K, V> {
	/// The name by which `state_call` knows it.
	pub fn method(&self) -> String {
		format!("{}_{}", self.of, self.name)
	}
}

/// A pallet's constant.
pub struct Constant<V> {
	of: &'static str,
	name: &'static str,
	ty: PhantomData<fn() -> V>,
}

impl<V> Constant<V> {
	/// By its name in the metadata.
	pub const fn new(of: &'static str, name: &'static str) -> Self {
		Self { of, name, ty: PhantomData }
	}
}

impl<V> Part for Constant<V> {
	fn item(&self) -> Item {
		Item::new(Kind::Constant, self.of, self.name)
	}
}

/// A pallet's storage item: its keys as a tuple, and its value.
pub struct Entry<K, V> {
	of: &'static str,
	name: &'static str,
	hashers: &'static [StorageHasher],
	/// What stands for nothing, encoded; `None` if nothing does.
	default: Option<&'static [u8]>,
	types: PhantomData<fn(K) -> V>,
}

impl<K, V> Part for Entry<K, V> {
	fn item(&self) -> Item {
		Item::new(Kind::Storage, self.of, self.name)
	}
}

impl<K, V> Entry<K, V> {
	/// By its name in the metadata, with how each key is hashed and what stands for nothing.
	pub const fn new(
		of: &'static str,
		name: &'static str,
		hashers: &'static [StorageHasher],
		default: Option<&'static [u8]>,
	) -> Self {
		Self { of, name, hashers, default, types: PhantomData }
	}

	/// What all its keys in storage begin with.
	pub fn prefix(&self) -> Vec<u8> {
		storage_prefix(self.of, self.name)
	}
}

impl<K: Keys, V: Decode> Entry<K, V> {
	/// The key in storage of one value.
	pub fn key(&self, keys: &K) -> Vec<u8> {
		self.within(&keys.encoded())
	}

	/// What the keys in storage begin with of all values whose first keys are these.
	pub fn prefix_of(&self, first: &impl Keys) -> Vec<u8> {
		self.within(&first.encoded())
	}

	fn within(&self, keys: &[Vec<u8>]) -> Vec<u8> {
		let mut key = self.prefix();
		for (hasher, bytes) in self.hashers.iter().zip(keys) {
			key.extend(hashed(hasher, bytes));
		}
		key
	}

	/// The keys that a key in storage was made of. `None` if it is none of this item's, or if a hash hides them.
	pub fn keys_of(&self, key: &[u8]) -> Option<K> {
		let mut tail = key.strip_prefix(&self.prefix()[..])?;
		K::read(self.hashers, &mut tail).filter(|_| tail.is_empty())
	}

	/// What stands for nothing; `None` if nothing does.
	pub fn default(&self) -> Option<V> {
		self.default.and_then(|bytes| V::decode(&mut &bytes[..]).ok())
	}
}

/// The keys of a storage item.
pub trait Keys: Sized {
	/// Each key's bytes.
	fn encoded(&self) -> Vec<Vec<u8>>;

	/// Reads the keys that stand behind their hashes.
	fn read(hashers: &[StorageHasher], tail: &mut &[u8]) -> Option<Self>;
}

macro_rules! keys {
	($($name:ident $at:tt),*) => {
		impl<$($name: Encode + Decode),*> Keys for ($($name,)*) {
			fn encoded(&self) -> Vec<Vec<u8>> {
				vec![$(self.$at.encode()),*]
			}

			#[allow(unused_mut, unused_variables, reason = "a plain item has no key")]
			fn read(hashers: &[StorageHasher], tail: &mut &[u8]) -> Option<Self> {
				let mut hashers = hashers.iter();
				Some(($({
					*tail = tail.get(hash_length(hashers.next()?)?..)?;
					$name::decode(tail).ok()?
				},)*))
			}
		}
	};
}

keys!();
keys!(A 0);
keys!(A 0, B 1);
keys!(A 0, B 1, C 2);
keys!(A 0, B 1, C 2, D 3);

/// What all keys of a pallet's storage item begin with.
pub fn storage_prefix(pallet: &str, item: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

fn hashed(hasher: &StorageHasher, key: &[u8]) -> Vec<u8> {
	match hasher {
		StorageHasher::Blake2_128 => blake2_128(key).to_vec(),
		StorageHasher::Blake2_256 => blake2_256(key).to_vec(),
		StorageHasher::Blake2_128Concat => [&blake2_128(key)[..], key].concat(),
		StorageHasher::Twox128 => twox_128(key).to_vec(),
		StorageHasher::Twox256 => twox_256(key).to_vec(),
		StorageHasher::Twox64Concat => [&twox_64(key)[..], key].concat(),
		StorageHasher::Identity => key.to_vec(),
	}
}

/// How many bytes of hash stand before a key; `None` if the key does not follow them.
fn hash_length(hasher: &StorageHasher) -> Option<usize> {
	match hasher {
		StorageHasher::Blake2_128Concat => Some(16),
		StorageHasher::Twox64Concat => Some(8),
		StorageHasher::Identity => Some(0),
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const PAIRS: Entry<(u32, [u8; 16]), u64> =
		Entry::new("Pallet", "Pairs", &[StorageHasher::Twox64Concat, StorageHasher::Blake2_128Concat], None);

	#[test]
	fn a_key_is_the_hashes_that_substrate_computes() {
		let key = PAIRS.key(&(7, [9; 16]));
		let expected = [
			&twox_128(b"Pallet")[..],
			&twox_128(b"Pairs"),
			&twox_64(&7u32.encode()),
			&7u32.encode(),
			&blake2_128(&[9; 16]),
			&[9; 16],
		];
		assert_eq!(key, expected.concat());
		assert!(key.starts_with(&PAIRS.prefix_of(&(7u32,))));
	}

	#[test]
	fn a_key_that_is_hidden_or_another_items_is_not_read() {
		const HIDDEN: Entry<(u32,), u64> = Entry::new("Pallet", "Hidden", &[StorageHasher::Blake2_256], None);
		assert_eq!(HIDDEN.keys_of(&HIDDEN.key(&(7,))), None);
		assert_eq!(PAIRS.keys_of(&HIDDEN.key(&(7,))), None);
	}

	#[test]
	fn what_stands_for_nothing_is_read_from_its_bytes() {
		const COUNT: Entry<(), u32> = Entry::new("Pallet", "Count", &[], Some(&[5, 0, 0, 0]));
		assert_eq!(COUNT.default(), Some(5));
		assert_eq!(PAIRS.default(), None);
	}

	proptest! {
		#[test]
		fn keys_read_back_from_storage(first: u32, second: [u8; 16], cut in 1usize..24) {
			let key = PAIRS.key(&(first, second));
			prop_assert_eq!(PAIRS.keys_of(&key), Some((first, second)));
			prop_assert_eq!(PAIRS.keys_of(&key[..key.len() - cut]), None);
		}
	}
}
