//! What the documentation of every call says about its errors and events is what its code can do.
//!
//! Reads the sources of the pallets. A call's own errors and events are those that its body names, or any function of the
//! pallet that it reaches. Its documentation has one form: what it does; `- `origin`: ...` and a line for each parameter that
//! does not speak for itself; `# Errors` with a list of them; `# Events` with a list. "those of a role check" stands for what
//! the pallet's role check refuses, "those of [`Pallet::x`]" for the errors or events of another call. Errors that by their
//! own documentation are defects are in no list.

use regex::Regex;
use std::{
	collections::BTreeSet,
	fs,
	ops::Range,
	path::{Path, PathBuf},
};

/// All pallets.
const PALLETS: [&str; 11] = [
	"certificates",
	"flexibility",
	"grid",
	"issuance",
	"market",
	"metering",
	"participants",
	"securities",
	"settlement",
	"supply",
	"validators",
];

/// The function behind every role check of `pallet-participants`; elsewhere the errors are that pallet's.
const ROLE_CHECK: &str = "holder";

type Names = BTreeSet<String>;

/// A function of a pallet.
struct Function {
	/// The type that it is of; empty if of none.
	of: String,
	name: String,
	/// How many parameters it has beside `self`; `None` if it has no `self`.
	beside_self: Option<usize>,
	is_call: bool,
	body: String,
}

/// The functions of a pallet, and the places of those that each of them names.
struct Functions(Vec<(Function, Vec<usize>)>);

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

/// The code without comments and without what stands in texts.
fn without_comments(text: &str) -> String {
	let code: String = text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect();
	let code = pattern(r#"b?"(?:\\.|[^"\\])*""#).replace_all(&code, "\"\"").into_owned();
	code.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
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

/// Where the first block of a text ends.
fn block_end(text: &str) -> usize {
	text.len() - enclosed(text, '{', '}').1.len()
}

fn pattern(text: &str) -> Regex {
	Regex::new(text).expect("a pattern")
}

/// How many values or parameters stand in brackets.
fn count(inside: &str) -> usize {
	let (mut depth, mut parts, mut open) = (0i32, 0, false);
	for c in inside.chars() {
		depth += match c {
			'(' | '[' | '{' => 1,
			')' | ']' | '}' => -1,
			_ => 0,
		};
		if c == ',' && depth == 0 {
			open = false;
		} else if !c.is_whitespace() && !open {
			(open, parts) = (true, parts + 1);
		}
	}
	parts
}

impl Function {
	/// All functions in a text.
	fn all(text: &str) -> Vec<Self> {
		let calls = text.find("#[pallet::call]").map_or(text.len()..text.len(), |at| at..at + block_end(&text[at..]));
		let types = types(text);
		let receiver = pattern(r"^\(\s*(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self\b");
		let mut functions = Vec::new();
		for found in pattern(r"\bfn (\w+)\s*(?:<[^(]*>)?\(").captures_iter(text) {
			let start = found.get(0).expect("the whole").start();
			let (parameters, rest) = enclosed(&text[start..], '(', ')');
			// Declarations of traits have no body.
			if rest.find(';').is_some_and(|end| rest.find('{').is_none_or(|begin| end < begin)) {
				continue;
			}
			let inside = parameters[1..parameters.len() - 1].replace('<', "(").replace('>', ")");
			functions.push(Self {
				of: types
					.iter()
					.rev()
					.find(|(range, _)| range.contains(&start))
					.map_or("", |(_, name)| name)
					.to_owned(),
				name: found[1].to_owned(),
				beside_self: receiver.is_match(parameters).then(|| count(&inside) - 1),
				is_call: calls.contains(&start),
				body: block(rest).to_owned(),
			});
		}
		functions
	}
}

/// Where the functions of types and traits stand, and what these are called.
fn types(text: &str) -> Vec<(Range<usize>, String)> {
	let generics = pattern(r"<[^<>]*>");
	let head = pattern(r"\b(?:impl|trait)\b[^{;]*\{");
	let named = head.find_iter(text).filter_map(|head| {
		let mut name = head.as_str().replace("->", "");
		while generics.is_match(&name) {
			name = generics.replace_all(&name, "").into_owned();
		}
		let name = pattern(r"^\w+\s+(?:.*\bfor\s+)?(?:\w+::)*(\w+)").captures(&name)?[1].to_owned();
		Some((head.start()..head.start() + block_end(&text[head.start()..]), name))
	});
	named.collect()
}

impl Functions {
	fn of(text: &str) -> Self {
		let functions = Function::all(text);
		// What another pallet's trait does is not this pallet's.
		let path = pattern(r"(T::)?\b([A-Z]\w*)(?:::<[^>]*>)?::([a-z]\w*)");
		let (method, free) = (pattern(r"\.([a-z]\w*)\("), pattern(r"(?:^|[^.:\w])([a-z]\w*)\("));
		let mut named: Vec<Vec<usize>> = Vec::new();
		for function in &functions {
			let body = &function.body;
			let mut places = Vec::new();
			let mut add = |wanted: &dyn Fn(&Function) -> bool| {
				places.extend((0..functions.len()).filter(|at| !functions[*at].is_call && wanted(&functions[*at])));
			};
			for found in path.captures_iter(body).filter(|found| found.get(1).is_none()) {
				let of = if &found[2] == "Self" { &function.of } else { &found[2] };
				add(&|other| other.of == of && other.name == found[3]);
			}
			for found in method.captures_iter(body) {
				let (inside, _) = enclosed(&body[found.get(0).expect("the whole").start()..], '(', ')');
				let values = count(&inside[1..inside.len() - 1]);
				add(&|other| other.name == found[1] && other.beside_self == Some(values));
			}
			for found in free.captures_iter(body) {
				add(&|other| other.of.is_empty() && other.name == found[1]);
			}
			named.push(places);
		}
		Self(functions.into_iter().zip(named).collect())
	}

	/// What a call, or else another function, names with this pattern, itself or through others.
	fn reach(&self, name: &str, pattern: &Regex) -> Names {
		let all = |call: bool| -> Vec<usize> {
			let of_name = |at: &usize| self.0[*at].0.name == name && self.0[*at].0.is_call == call;
			(0..self.0.len()).filter(of_name).collect()
		};
		let mut open = all(true);
		if open.is_empty() {
			open = all(false);
		}
		let (mut names, mut seen) = (Names::new(), BTreeSet::new());
		while let Some(at) = open.pop() {
			if seen.insert(at) {
				let (function, named) = &self.0[at];
				names.extend(pattern.captures_iter(&function.body).map(|found| found[1].to_owned()));
				open.extend(named);
			}
		}
		names
	}
}

/// A call, as `lib.rs` or its section `calls.rs` declares it.
struct Call {
	name: String,
	docs: Vec<String>,
	parameters: Vec<String>,
}

fn calls(text: &str) -> Vec<Call> {
	let section = block(&text[text.find("#[pallet::call]").expect("a section of calls")..]);
	let function = pattern(r"pub fn (\w+)\s*\(([^{]*?)\)\s*->");
	let parameter = pattern(r"(?:^|[\s,\]])_?([a-z]\w*):\s");
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
		self::pattern(pattern).captures_iter(&text).map(|found| found[1].to_owned()).collect()
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
	let declared = ["calls.rs", "lib.rs"].map(|file| folder.join(file)).into_iter().find(|path| path.exists());
	let declared = fs::read_to_string(declared.expect("lib.rs at least")).expect("a source");
	let error = pattern(r"\bError::(?:<\w+>::)?([A-Z]\w+)");
	let event = pattern(r"\bEvent::(?:<\w+>::)?([A-Z]\w+)");
	let calls = calls(&declared);
	assert!(!calls.is_empty(), "{pallet} has no calls that this test understands");
	let defect = pattern(r"///[^\n]*a defect\.\s*\n\s*([A-Z]\w+),");
	let sources: Vec<_> = files.iter().map(|path| fs::read_to_string(path).expect("a source")).collect();
	let sources = sources.concat();
	let defects: Names = defect.captures_iter(&sources).map(|found| found[1].to_owned()).collect();
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
		for missing in errors.difference(&documented).filter(|error| !defects.contains(*error)) {
			fault(format!("does not list [`Error::{missing}`]"));
		}
		for wrong in documented.difference(&errors) {
			fault(format!("lists [`Error::{wrong}`], which it does not return"));
		}
		let mut documented = call.links("Events", r"\[`Event::(\w+)`\]");
		for other in call.links("Events", r"those of \[`Pallet::(\w+)`\]") {
			documented.extend(functions.reach(&other, &event));
		}
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
		"#[pallet::call] impl<T: Config> Pallet<T> { fn call() { Self::first(); } fn close() { Error::<T>::Call } }
		impl<T: Config> Pallet<T> {
			fn first() -> R { ensure!(second(1), Error::<T>::First); Floor::<T>::open(1)?.close(); T::Other::other() }
			fn other() { Error::<T>::Other }
		}
		fn second() { x.map_err(|_| Error::Second) }
		impl<T> Floor<T> {
			fn open(a: u8) -> Result<Self, Error<T>> { Self::other() }
			fn close(self) { Error::<T>::Closed }
			fn other() { Error::<T>::Opened }
		}
		impl Kind for Auction { fn close(&self, more: (u8, u8)) { Error::<T>::Other } }",
	);
	let error = pattern(r"\bError::(?:<\w+>::)?([A-Z]\w+)");
	assert_eq!(functions.reach("call", &error), ["First", "Second", "Opened", "Closed"].map(String::from).into());
	assert_eq!(functions.reach("close", &error), ["Call"].map(String::from).into());
}
