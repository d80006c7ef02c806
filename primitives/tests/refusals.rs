//! The table of refusals, the page that explains them, and the code that refuses say the same.
#![allow(clippy::unwrap_used)]

use busbar_primitives::refusals::Refusal;
use sp_runtime::transaction_validity::InvalidTransaction;
use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../docs/refusals.md");

#[test]
fn every_reason_has_a_code_of_its_own_that_finds_it() {
	let codes: BTreeSet<u8> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
	assert_eq!(codes.len(), Refusal::ALL.len());
	for refusal in Refusal::ALL {
		assert_eq!(Refusal::of(refusal.code()), Some(refusal));
		assert_eq!(InvalidTransaction::from(refusal), InvalidTransaction::Custom(refusal.code()));
	}
	let unknown = (0..=u8::MAX).find(|code| !codes.contains(code)).unwrap();
	assert_eq!(Refusal::of(unknown), None);
}

#[test]
fn codes_that_clients_know_never_change() {
	assert_eq!(Refusal::Immortal.code(), 1);
	assert_eq!(Refusal::NotListed.code(), 2);
	assert_eq!(Refusal::NotYours.code(), 3);
	assert_eq!(Refusal::NoSuchMotion.code(), 4);
	assert_eq!(Refusal::BeyondBudget.code(), 5);
	assert_eq!(Refusal::BudgetSpent.code(), 6);
	assert_eq!(Refusal::ProviderSpent.code(), 7);
	assert_eq!(Refusal::TooFarAhead.code(), 8);
	assert_eq!(Refusal::TooMuchWaits.code(), 9);
	assert_eq!(Refusal::UnknownPayee.code(), 10);
	assert_eq!(Refusal::NoPlace.code(), 11);
	assert_eq!(Refusal::NoPlaceOfProvider.code(), 12);
	assert_eq!(Refusal::NoPlaceBehindGaps.code(), 13);
	assert_eq!(Refusal::Paused.code(), 14);
}

#[test]
fn the_page_says_of_every_reason_what_the_node_answers() {
	for refusal in Refusal::ALL {
		let row = format!("| {} | `{refusal:?}` | {}. | {}. |", refusal.code(), refusal.sentence(), refusal.remedy());
		assert!(PAGE.contains(&row), "docs/refusals.md lacks the row\n{row}");
	}
	let rows =
		PAGE.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit()));
	let own = rows.filter(|line| line.split('|').nth(2).is_some_and(|cell| cell.trim().starts_with('`'))).count();
	assert_eq!(own, Refusal::ALL.len(), "docs/refusals.md has a reason that the chain has not");
}

#[test]
fn the_page_quotes_the_common_reasons_as_a_node_words_them() {
	use InvalidTransaction::{AncientBirthBlock, BadProof, BadSigner, ExhaustsResources, Future, Stale};
	for common in [BadSigner, BadProof, Stale, Future, AncientBirthBlock, ExhaustsResources] {
		let text: &str = common.into();
		assert!(PAGE.contains(&format!("| 1010, Invalid Transaction: {text} |")), "docs/refusals.md lacks \"{text}\"");
	}
}

/// All Rust sources below a folder, but tests.
fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
	for entry in fs::read_dir(folder).unwrap() {
		let path = entry.unwrap().path();
		if path.is_dir() && !path.ends_with("tests") && !path.ends_with("target") {
			sources(&path, found);
		} else if path.extension().is_some_and(|extension| extension == "rs") {
			found.push(path);
		}
	}
}

#[test]
fn nothing_on_chain_refuses_with_a_number_beside_the_table() {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
	let mut files = Vec::new();
	for folder in ["pallets", "runtime/src"] {
		sources(&root.join(folder), &mut files);
	}
	assert!(files.iter().any(|file| file.ends_with("participants/src/extension.rs")), "the sources were not found");
	for file in files {
		let text = fs::read_to_string(&file).unwrap();
		assert!(!text.contains("InvalidTransaction::Custom("), "{}: use refusals::Refusal", file.display());
	}
}
