//! A state without a trie answers as one with a trie does.

use busbar_harness::Flat;
use codec::Encode;
use sp_core::storage::StateVersion;
use sp_io::{storage, TestExternalities};

/// The same calls on both states, with everything that they answer.
fn history(mut number: u64) -> Vec<String> {
	let mut below = |bound: u64| {
		number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(number >> 33) % bound
	};
	let mut told = Vec::new();
	let mut depth = 0u32;
	for _ in 0..4_000 {
		let key = [b"a".as_slice(), b"ab", b"abc", b"b", b"list", b"lists"][below(6) as usize];
		let value = vec![below(256) as u8; below(5) as usize];
		match below(12) {
			0..=2 => storage::set(key, &value),
			3 => storage::clear(key),
			4..=6 => {
				// Lists are set by appending alone.
				let list = [b"l1".as_slice(), b"l2"][below(2) as usize];
				for _ in 0..below(70) {
					storage::append(list, value.encode());
				}
			},
			7 => drop(storage::clear_prefix([b"ab".as_slice(), b"l", b"z"][below(3) as usize], None)),
			8 if depth < 4 => {
				storage::start_transaction();
				depth += 1;
			},
			9 if depth > 0 => {
				storage::commit_transaction();
				depth -= 1;
			},
			10 if depth > 0 => {
				storage::rollback_transaction();
				depth -= 1;
			},
			_ => {
				// The other one has code, of no runtime.
				let mut at = b":code".to_vec();
				while let Some(next) = storage::next_key(&at) {
					told.push(format!("{next:?} {:?}", storage::get(&next)));
					at = next;
				}
				told.push(format!("{:?} {}", storage::get(key), storage::exists(key)));
			},
		}
	}
	(0..depth).for_each(|_| storage::commit_transaction());
	told
}

#[test]
fn a_flat_state_answers_as_one_with_a_trie() {
	for seed in 0..20 {
		let tried = TestExternalities::default().execute_with(|| history(seed));
		assert!(tried.len() > 1_000);
		assert_eq!(Flat::default().execute_with(|| history(seed)), tried, "seed {seed}");
	}
}

#[test]
fn no_two_blocks_have_one_root() {
	let mut flat = Flat::default();
	let roots: Vec<_> = flat.execute_with(|| (0..2).map(|_| storage::root(StateVersion::V1)).collect());
	assert_ne!(roots[0], roots[1]);
}
