//! What the command line of `busbar-node` understands.

use crate::consortium::company::Company;
use clap::{Parser, Subcommand as ClapSubcommand};
use sc_cli::RunCmd;
use std::path::PathBuf;

/// The command line as a whole: a subcommand, or none to run the node.
#[derive(Debug, Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[clap(flatten)]
	pub run: RunCmd,

	/// Keep compiled runtimes in this directory, so that a node starts seconds sooner the next time. Nodes on one machine may
	/// share it. It holds machine code that is executed as it is: let nobody else write there.
	#[arg(long, value_name = "DIR")]
	pub wasm_cache: Option<PathBuf>,
}

/// Everything that is not running the node.
#[derive(Debug, ClapSubcommand)]
pub enum Subcommand {
	/// Generate, inspect and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Make a company's keys, and compare them with a consortium's file.
	#[command(subcommand)]
	Company(Company),

	/// Print a chain specification; `--raw` prints the one that nodes and light clients start from.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write a chain specification to a file; the successor of `build-spec`.
	ExportChainSpec(ExportChainSpec),

	/// Execute a block again and compare the result.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Export blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Export the state of a block into a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Import blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain from the database.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Revert the chain by a number of blocks that are not final.
	Revert(sc_cli::RevertCmd),

	/// Print what the database knows of the chain.
	ChainInfo(sc_cli::ChainInfoCmd),
}

/// `export-chain-spec`, which builds the raw specification by executing the runtime.
#[derive(Debug, Parser)]
pub struct ExportChainSpec {
	#[clap(flatten)]
	pub command: sc_cli::ExportChainSpecCmd,

	/// Keep the compiled runtime in this directory, as a node does: nodes that share it and later exports start with it.
	#[arg(long, value_name = "DIR")]
	pub wasm_cache: Option<PathBuf>,
}
