//! Every row of `docs/security.md` names a test that exists.
//!
//! The last cell of a row holds `FILE:NAME` in backticks, one or more; a file without a name is a program that is a test as a
//! whole. Files are named from the root of the repository.

use regex::Regex;
use std::{
	fs,
	path::{Path, PathBuf},
};

const COLUMNS: &str = "| actor | attack | what stops it | test |";

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The cells of the tables' rows. Within a cell, a bar is written `\|`.
fn rows(page: &str) -> Vec<Vec<String>> {
	let mut rows = Vec::new();
	let mut lines = page.lines();
	while let Some(line) = lines.next() {
		if line == COLUMNS {
			assert_eq!(lines.next(), Some("|---|---|---|---|"), "a line under the columns");
			let table = lines.by_ref().take_while(|line| line.starts_with('|'));
			rows.extend(table.map(|line| {
				let line = line.replace("\\|", "\u{1}");
				let cells = line.trim_matches('|').split('|');
				cells.map(|cell| cell.trim().replace('\u{1}', "|")).collect::<Vec<_>>()
			}));
		}
	}
	rows
}

/// Whether `text` declares a test of this name: a function under `#[test]` or the like, or, in a script, the name itself.
fn declares(file: &str, text: &str, name: &str) -> bool {
	if !file.ends_with(".rs") {
		return text.contains(name);
	}
	let name = regex::escape(name);
	let test = format!(r"#\[(?:\w+::)?test[^\]]*\](?:\s|#\[[^\]]*\]|//[^\n]*)*(?:async\s+)?fn\s+{name}\s*[(<]");
	Regex::new(&test).expect("a pattern").is_match(text)
}

/// What is wrong with the rows.
fn faults(page: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
	let named = Regex::new(r"`([\w./-]+)(?::(\w+))?`").expect("a pattern");
	let mut faults = Vec::new();
	for row in rows(page) {
		let mut fault = |what: String| faults.push(format!("{}: {what}", row.get(1).map_or("?", |attack| attack)));
		if row.len() != 4 || row.iter().any(String::is_empty) {
			fault("a row has four cells, none of them empty".into());
			continue;
		}
		if !named.is_match(&row[3]) {
			fault("no test is named".into());
		}
		for test in named.captures_iter(&row[3]) {
			let file = &test[1];
			match (read(file), test.get(2)) {
				(None, _) => fault(format!("there is no {file}")),
				(Some(text), Some(name)) if !declares(file, &text, name.as_str()) => {
					fault(format!("{file} has no test {}", name.as_str()))
				},
				(Some(_), None) if file.ends_with(".rs") => fault(format!("which test of {file}?")),
				_ => {},
			}
		}
	}
	faults
}

#[test]
fn every_attack_names_a_test_that_exists() {
	let page = fs::read_to_string(root().join("docs/security.md")).expect("the page");
	assert!(!rows(&page).is_empty(), "the page has no table that this test understands");
	let faults = faults(&page, |file| fs::read_to_string(root().join(file)).ok());
	assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_row_without_a_test_or_with_one_that_does_not_exist_is_found() {
	let read = |file: &str| match file {
		"a.rs" => {
			Some("#[test]\nfn holds() {}\n#[tokio::test(flavor = \"x\")]\nasync fn waits() {}\nfn helps() {}".into())
		},
		"b.mjs" => Some("await check('the pool is bounded', ...)".into()),
		_ => None,
	};
	let page = |test: &str| format!("{COLUMNS}\n|---|---|---|---|\n| a member | floods | a budget | {test} |\n");
	for good in ["`a.rs:holds`", "`a.rs:holds` `a.rs:waits`", "`b.mjs`"] {
		assert_eq!(faults(&page(good), read), Vec::<String>::new(), "{good}");
	}
	for bad in ["", "later", "`a.rs`", "`a.rs:helps`", "`a.rs:hold`", "`c.rs:holds`", "`a.rs:holds` `c.mjs`"] {
		assert_eq!(faults(&page(bad), read).len(), 1, "{bad}");
	}
}
