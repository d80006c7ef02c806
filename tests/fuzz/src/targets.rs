//! What is fuzzed: each takes bytes and panics if they do what they must not.

mod cases;
mod dataset;
mod headers;
mod http;
mod proofs;
mod transactions;

/// Something that reads the bytes of strangers.
pub struct Target {
	/// Its name, and that of its folder in the corpus.
	pub name: &'static str,
	/// Reads, and says whether it was taken; panics if what must hold does not.
	pub run: fn(&[u8]) -> bool,
	/// Inputs to begin with, beside the committed ones: good ones, all of which are taken.
	pub seeds: fn() -> Vec<Vec<u8>>,
	/// What the format is made of.
	pub words: &'static [&'static [u8]],
	/// Longer inputs are cut.
	pub longest: usize,
}

/// All of them.
pub const TARGETS: &[Target] =
	&[cases::TARGET, dataset::TARGET, headers::TARGET, http::TARGET, proofs::TARGET, transactions::TARGET];
