//! `busbar-fuzz`: changes inputs of a target for a time, keeps what reaches something new, and stops at what must not be.

use busbar_fuzz::{
	change::{change, Numbers},
	coverage::Seen,
	folder, memory, read, targets,
};
use clap::Parser;
use std::{
	panic::AssertUnwindSafe,
	path::{Path, PathBuf},
	process::ExitCode,
	sync::Mutex,
	time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Fuzzes one of the targets
#[derive(Parser)]
#[command(name = "busbar-fuzz", version)]
struct Cli {
	/// What reads the inputs; see --list
	#[arg(required_unless_present = "list")]
	target: Option<String>,
	/// Names the targets
	#[arg(long)]
	list: bool,
	/// For how long
	#[arg(long, value_name = "SECONDS", default_value_t = 600)]
	seconds: u64,
	/// Seed of the changes
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// Keeps inputs that reach something new in this folder [default: nowhere]
	#[arg(long, value_name = "FOLDER")]
	keep: Option<PathBuf>,
	/// Fuzzes nothing: of what was kept in --keep, copies the shortest inputs that pass edges which no shorter one and no
	/// committed one does into this folder
	#[arg(long, value_name = "FOLDER", requires = "keep")]
	pick: Option<PathBuf>,
	/// Most bytes that are copied
	#[arg(long, value_name = "BYTES", default_value_t = 24_000, requires = "pick")]
	bytes: usize,
	/// Tries this input alone
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
}

/// Longer than this no run may take.
const LONGEST: Duration = Duration::from_secs(5);

/// What the last panic said. One that is caught below the target is no finding, so that none is printed when it happens.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Where an input is put before it is tried, so that it is there if the program is ended by it.
fn last_input(target: &str) -> PathBuf {
	std::env::temp_dir().join(format!("busbar-fuzz-{target}-{}", std::process::id()))
}

/// A name for an input: the beginning of its hash.
fn name_of(input: &[u8]) -> String {
	hex::encode(&busbar_store::hash_of(input).0[..10])
}

/// Copies the shortest of `kept` that pass what nothing before them does, at most so many bytes.
fn pick(
	target: &targets::Target,
	committed: Vec<Vec<u8>>,
	mut kept: Vec<Vec<u8>>,
	to: &Path,
	bytes: usize,
) -> Result<(), Box<dyn std::error::Error>> {
	let (mut seen, mut left, mut number) = (Seen::default(), bytes, 0usize);
	let mut passes = |input: &[u8]| {
		(target.run)(input);
		seen.add();
		seen.passed()
	};
	let mut before = committed.iter().fold(0, |_, input| passes(input));
	std::fs::create_dir_all(to)?;
	kept.sort_by_key(Vec::len);
	for input in kept {
		let now = passes(&input);
		if let (true, Some(rest)) = (now > before, left.checked_sub(input.len())) {
			std::fs::write(to.join(name_of(&input)), &input)?;
			(left, number) = (rest, number.saturating_add(1));
		}
		before = now;
	}
	println!("{}: {number} inputs of {} bytes, {before} edges passed", target.name, bytes.saturating_sub(left));
	Ok(())
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
	let cli = Cli::parse();
	if cli.list {
		targets::TARGETS.iter().for_each(|target| println!("{}", target.name));
		return Ok(());
	}
	let name = cli.target.unwrap_or_default();
	let Some(target) = targets::TARGETS.iter().find(|target| target.name == name) else {
		return Err(format!("there is no target {name}; --list names them").into());
	};
	if let Some(path) = cli.input {
		(target.run)(&std::fs::read(path)?);
		return Ok(());
	}
	let (mut corpus, mut seen, mut numbers) = (read(&folder(target.name))?, Seen::default(), Numbers::new(cli.seed));
	corpus.extend((target.seeds)());
	if let (Some(from), Some(to)) = (&cli.keep, &cli.pick) {
		return pick(target, corpus, read(from)?, to, cli.bytes);
	}
	if let Some(keep) = &cli.keep {
		std::fs::create_dir_all(keep)?;
		corpus.extend(read(keep)?);
	}
	std::panic::set_hook(Box::new(|panic| {
		if let Ok(mut last) = LAST_PANIC.lock() {
			*last = panic.to_string();
		}
	}));
	let last = last_input(target.name);
	let (mut most, mut slowest) = (0u64, Duration::ZERO);
	let mut try_one = |input: &[u8]| -> Result<(), String> {
		// The memory of the file system: it outlives this process.
		std::fs::write(&last, input).map_err(|error| error.to_string())?;
		let began = Instant::now();
		let (outcome, taken) = memory::taken(|| std::panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
		let took = began.elapsed();
		(most, slowest) = (most.max(taken), slowest.max(took));
		if outcome.is_err() || took > LONGEST {
			let said = LAST_PANIC.lock().map(|said| said.clone()).unwrap_or_default();
			let length = input.len();
			return Err(format!("an input of {length} bytes took {took:?}; it is {}; {said}", last.display()));
		}
		Ok(())
	};
	for input in &corpus {
		try_one(input)?;
		seen.add();
	}
	if Seen::edges() == 0 {
		eprintln!("warning: nothing is instrumented, so nothing guides the changes; scripts/fuzz builds with it");
	}
	let (began, mut runs, mut said, committed) = (Instant::now(), 0u64, 0u64, corpus.len());
	let mut kept = 0usize;
	while began.elapsed() < Duration::from_secs(cli.seconds) {
		for _ in 0..256 {
			let (first, other) = (numbers.below(corpus.len()), numbers.below(corpus.len()));
			let mut input = corpus.get(first).cloned().unwrap_or_default();
			change(
				&mut input,
				corpus.get(other).map_or(&[][..], |other| &other[..]),
				target.words,
				&mut numbers,
				target.longest,
			);
			try_one(&input)?;
			runs = runs.saturating_add(1);
			if seen.add() {
				kept = kept.saturating_add(1);
				if let Some(keep) = &cli.keep {
					std::fs::write(keep.join(name_of(&input)), &input)?;
				}
				corpus.push(input);
			}
		}
		if began.elapsed().as_secs() >= said.saturating_add(60) {
			said = began.elapsed().as_secs();
			println!("{said} s: {runs} runs, {kept} inputs kept, {} of {} edges", seen.passed(), Seen::edges());
		}
	}
	let _ = std::fs::remove_file(&last);
	println!(
		"{name}: {runs} runs in {} s from {committed} inputs, {kept} kept, {} of {} edges, at most {most} bytes held and {slowest:?} \
		 taken by one; nothing that must not be",
		began.elapsed().as_secs(),
		seen.passed(),
		Seen::edges()
	);
	Ok(())
}

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::from(1)
		},
	}
}
