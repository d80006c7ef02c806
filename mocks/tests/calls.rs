//! What the documentation of every call says about its errors and events is what its code can do.
//!
//! Reads the sources of the pallets. A call's own errors and events are those that its body names, or any function of the
//! pallet that it reaches. Its documentation has one form: what it does; `- `origin`: ...` and a line for each parameter that
//! does not speak for itself; `# Errors` with a list of them; `# Events` with a list. "those of a role check" stands for what
//! the pallet's role check refuses, "those of [`Pallet::x`]" for the errors of another call.

use regex::Regex;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
};

/// The pallets whose documentation has the form.
const PALLETS: [&str; 5] = ["certificates", "grid", "metering", "participants", "validators"];

/// The function behind every role check of `pallet-participants`; elsewhere the errors are that pallet's.
const ROLE_CHECK: &str = "holder";

type Names = BTreeSet<String>;

/// The functions of a pallet by name; what is defined twice stands here with both bodies.
struct Functions(BTreeMap<String, String>);

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
	for entry in fs::read_dir(folder).expect("a folder of sources") {
		let path = entry.expect("an entry").path();
		let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
		if ["tests", "mock", "benchmarking", "weights", "genesis"].contains(&name.as_str()) {
			continue;
		}
		if path.is_dir() {
			sources(&path, into);
		} else {
			into.push(path);
		}
	}
}

fn without_comments(text: &str) -> String {
	text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The text from the first of one bracket on to the one that closes it, and what follows.
fn enclosed(text: &str, open: char, close: char) -> (&str, &str) {
	let begin = text.find(open).expect("a bracket");
	let mut depth = 0usize;
	for (at, c) in text[begin..].char_indices() {
		if c == open {
			depth += 1;
		} else if c == close {
			depth -= 1;
			if depth == 0 {
				return (&text[begin..begin + at + 1], &text[begin + at + 1..]);
			}
		}
	}
	panic!("an open bracket in {}", text.lines().next().unwrap_or(""));
}

fn block(text: &str) -> &str {
	enclosed(text, '{', '}').0
}

impl Functions {
	fn of(text: &str) -> Self {
		let mut functions = BTreeMap::<String, String>::new();
		for found in Regex::new(r"\bfn (\w+)\s*(<[^(]*>)?\(").expect("a pattern").captures_iter(text) {
			let (_, rest) = enclosed(&text[found.get(0).expect("the whole").start()..], '(', ')');
			// Declarations of traits have no body.
			if rest.find(';').is_some_and(|end| rest.find('{').is_none_or(|begin| end < begin)) {
				continue;
			}
			let body = functions.entry(found[1].to_owned()).or_default();
			body.push_str(block(rest));
		}
		Self(functions)
	}

	/// What a function names with this prefix, itself or through others.
	fn reach(&self, name: &str, pattern: &Regex) -> Names {
		let own = Regex::new(r"\b(?:Self|Pallet::<\w+>)::([a-z]\w*)").expect("a pattern");
		let free = Regex::new(r"(?:^|[^.:\w])([a-z]\w*)\(").expect("a pattern");
		let (mut names, mut seen, mut open) = (Names::new(), BTreeSet::new(), vec![name.to_owned()]);
		while let Some(function) = open.pop() {
			let Some(body) = self.0.get(&function) else { continue };
			if !seen.insert(function) {
				continue;
			}
			names.extend(pattern.captures_iter(body).map(|found| found[1].to_owned()));
			open.extend(own.captures_iter(body).chain(free.captures_iter(body)).map(|found| found[1].to_owned()));
		}
		names
	}
}

/// A call, as `lib.rs` declares it.
struct Call {
	name: String,
	docs: Vec<String>,
	parameters: Vec<String>,
}

fn calls(lib: &str) -> Vec<Call> {
	let section = block(&lib[lib.find("#[pallet::call]").expect("a section of calls")..]);
	let function = Regex::new(r"pub fn (\w+)\s*\(([^{]*?)\)\s*->").expect("a pattern");
	let parameter = Regex::new(r"(?:^|[\s,\]])_?([a-z]\w*):\s").expect("a pattern");
	let mut calls = Vec::new();
	for found in function.captures_iter(section) {
		let before = &section[..found.get(0).expect("the whole").start()];
		let mut docs: Vec<String> = before
			.lines()
			.rev()
			.skip_while(|line| !line.trim_start().starts_with("///"))
			.take_while(|line| line.trim_start().starts_with("///"))
			.map(|line| line.trim_start().trim_start_matches("///").trim().to_owned())
			.collect();
		docs.reverse();
		let parameters = parameter.captures_iter(&found[2]).map(|found| found[1].to_owned());
		calls.push(Call { name: found[1].to_owned(), docs, parameters: parameters.collect() });
	}
	calls
}

impl Call {
	/// The text under a heading, `""` being what stands before all.
	fn section(&self, heading: &str) -> String {
		let mut current = "";
		let mut text = Vec::new();
		for line in &self.docs {
			if let Some(heading) = line.strip_prefix("# ") {
				current = heading;
			} else if current == heading {
				text.push(line.as_str());
			}
		}
		text.join(" ")
	}

	fn links(&self, heading: &str, pattern: &str) -> Names {
		let text = self.section(heading);
		Regex::new(pattern).expect("a pattern").captures_iter(&text).map(|found| found[1].to_owned()).collect()
	}
}

/// What is wrong with the documentation of a pallet's calls.
fn faults(pallet: &str) -> Vec<String> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pallets").join(pallet).join("src");
	let mut files = Vec::new();
	sources(&folder, &mut files);
	let text: Vec<_> =
		files.iter().map(|path| without_comments(&fs::read_to_string(path).expect("a source"))).collect();
	let functions = Functions::of(&text.join("\n"));
	let lib = fs::read_to_string(folder.join("lib.rs")).expect("lib.rs");
	let error = Regex::new(r"\bError::(?:<\w+>::)?([A-Z]\w+)").expect("a pattern");
	let event = Regex::new(r"\bEvent::(?:<\w+>::)?([A-Z]\w+)").expect("a pattern");
	let calls = calls(&lib);
	assert!(!calls.is_empty(), "{pallet} has no calls that this test understands");
	let mut faults = Vec::new();
	for call in &calls {
		let mut fault = |what: String| faults.push(format!("{pallet}.{}: {what}", call.name));
		let head = call.section("");
		if !head.contains("- `origin`:") {
			fault("no line for `origin`".into());
		}
		for parameter in call.parameters.iter().filter(|name| *name != "origin" && !head.contains(&format!("`{name}`")))
		{
			fault(format!("nothing is said of `{parameter}`"));
		}
		let mut documented = call.links("Errors", r"\[`Error::(\w+)`\]");
		for other in call.links("Errors", r"those of \[`Pallet::(\w+)`\]") {
			documented.extend(functions.reach(&other, &error));
		}
		if call.section("Errors").contains("a role check") {
			documented.extend(functions.reach(ROLE_CHECK, &error));
		}
		let errors = functions.reach(&call.name, &error);
		for missing in errors.difference(&documented) {
			fault(format!("does not list [`Error::{missing}`]"));
		}
		for wrong in documented.difference(&errors) {
			fault(format!("lists [`Error::{wrong}`], which it does not return"));
		}
		let documented = call.links("Events", r"\[`Event::(\w+)`\]");
		let events = functions.reach(&call.name, &event);
		for missing in events.difference(&documented) {
			fault(format!("does not list [`Event::{missing}`]"));
		}
		for wrong in documented.difference(&events) {
			fault(format!("lists [`Event::{wrong}`], which it does not deposit"));
		}
	}
	faults
}

#[test]
fn every_call_documents_its_origin_its_parameters_its_errors_and_its_events() {
	let faults: Vec<_> = PALLETS.iter().flat_map(|pallet| faults(pallet)).collect();
	assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn an_error_is_found_through_the_functions_that_a_call_reaches() {
	let functions = Functions::of(
		"fn call() { Self::first(); } fn first() -> R { ensure!(second(1), Error::<T>::First); }
		fn second() { x.map_err(|_| Error::Second) } fn other() { Error::<T>::Other }",
	);
	let error = Regex::new(r"\bError::(?:<\w+>::)?([A-Z]\w+)").expect("a pattern");
	assert_eq!(functions.reach("call", &error), ["First", "Second"].map(String::from).into());
}
