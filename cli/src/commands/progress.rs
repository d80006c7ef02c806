//! Progress on the standard error: a bar for people, lines for logs.

use busbar_operations::day::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
	io::IsTerminal,
	time::{Duration, Instant},
};

/// How often a log gets a line while intervals settle.
const LINE_EVERY: u64 = 8;

/// Where a run stands.
#[derive(Clone)]
pub struct Progress {
	bar: ProgressBar,
	lines: bool,
	begin: Instant,
}

impl Progress {
	/// Progress of a run of so many intervals; `quiet` shows nothing.
	pub fn new(intervals: u64, quiet: bool) -> Self {
		let terminal = std::io::stderr().is_terminal();
		let bar = ProgressBar::new(intervals);
		if quiet || !terminal {
			bar.set_draw_target(ProgressDrawTarget::hidden());
		}
		let style = ProgressStyle::with_template("{elapsed_precise} [{bar:32}] {pos}/{len} intervals settled, {msg}");
		bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
		bar.enable_steady_tick(Duration::from_millis(500));
		Self { bar, lines: !quiet && !terminal, begin: Instant::now() }
	}

	/// Nothing more will come.
	pub fn end(&self) {
		self.bar.finish_and_clear();
	}

	fn line(&self, text: &str) {
		if self.lines {
			eprintln!("{:>5} s: {text}", self.begin.elapsed().as_secs());
		}
	}
}

impl Watch for Progress {
	fn step(&self, what: &'static str) {
		self.bar.set_message(what);
		self.line(what);
	}

	fn settled(&self, message: String) {
		self.bar.inc(1);
		let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
		if done % LINE_EVERY == 0 || done == all {
			self.line(&format!("{done}/{all} intervals settled, {message}"));
		}
		self.bar.set_message(message);
	}
}
