//! `busbar`, the command line of the Busbar energy market.

mod clear;
mod commands;
mod connection;
mod demo;
mod failure {
	pub use busbar_operations::Failure;
}
mod joint_case;

use clap::{Args, Parser, Subcommand};
use failure::Failure;
#[cfg(feature = "light")]
use std::path::PathBuf;
use std::process::ExitCode;

/// Trade energy on a Busbar chain: orders, books, prices, statements; clear case files; run the demonstration day.
///
/// Units: energy in Wh, power in W, money in nEUR (10^9 nEUR = 1 EUR), prices in nEUR/Wh, which is the same number as
/// uEUR/kWh (22 ct/kWh = 220000). Exit codes: 0 success, 1 failure, 2 bad input or usage.
#[derive(Parser)]
#[command(name = "busbar", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
	#[command(flatten)]
	global: Global,
	#[command(subcommand)]
	command: Command,
}

/// What every command knows.
#[derive(Args, Clone)]
pub struct Global {
	/// WebSocket address of a node
	#[arg(
		long,
		global = true,
		help_heading = "Global options",
		default_value = "ws://127.0.0.1:9944",
		env = "BUSBAR_URL",
		value_name = "URL"
	)]
	pub url: String,
	/// Ask no node, but let a light client within this program check everything: raw specification of the chain, with the
	/// plain `ws` or `tcp` address of a node among its boot nodes
	#[cfg(feature = "light")]
	#[arg(long, global = true, help_heading = "Global options", env = "BUSBAR_LIGHT", value_name = "FILE")]
	pub light: Option<PathBuf>,
	/// What the light client knows, from one time to the next [default: beside the specification, ending in .database]
	#[cfg(feature = "light")]
	#[arg(long, global = true, help_heading = "Global options", requires = "light", value_name = "FILE")]
	pub database: Option<PathBuf>,
	/// Print JSON instead of text
	#[arg(long, global = true, help_heading = "Global options")]
	pub json: bool,
	/// Secret that signs: a phrase, a 0x... seed, or a development path such as //Alice
	#[arg(
		long,
		global = true,
		help_heading = "Global options",
		env = "BUSBAR_SURI",
		hide_env_values = true,
		value_name = "SECRET"
	)]
	pub suri: Option<String>,
}

#[derive(Subcommand)]
enum Command {
	/// Clear a market case file and write its result
	Clear(clear::Clear),
	/// Check a result file against its case
	Check(clear::Check),
	/// Clear a session of several intervals with block orders, from a file
	#[command(alias = "blocks")]
	BlockOrders(joint_case::BlockOrders),
	/// What the chain's market decided
	#[command(subcommand)]
	Market(commands::market::Market),
	/// Place, replace or cancel an order
	#[command(subcommand)]
	Order(commands::order::Order),
	/// Show chain time, and the intervals around it
	Clock(commands::clock::Clock),
	/// Show the order book of a zone
	Book(commands::book::Book),
	/// Show the zone prices of an interval
	Prices(commands::prices::Prices),
	/// Show an account's statement of an interval, or its bill of a day, a month or any range of days
	Statement(commands::statement::Statement),
	/// Settle an interval, or what newer readings change in it
	Settle(commands::settle::Settle),
	/// Show and change what secures connection points; pay debts after a default
	#[command(subcommand)]
	Security(commands::security::Security),
	/// Offer flexibility, or order it as the grid operator
	#[command(subcommand)]
	Flexibility(commands::flexibility::Flexibility),
	/// Choose who answers for connection points that do not trade, or answer for them
	#[command(subcommand)]
	Retailer(commands::retailer::Retailer),
	/// Show, hand over and retire certificates for renewable energy; certify plants
	#[command(subcommand)]
	Certificates(commands::certificates::Certificates),
	/// Admit or look up participants
	#[command(subcommand)]
	Participant(commands::participant::Participant),
	/// Export every record of a period, and check such an export against the chain
	#[command(subcommand)]
	Regulator(commands::regulator::Regulator),
	/// Show which roles may make which call, and where
	Roles(commands::roles::Roles),
	/// Propose, vote on and close what the council decides
	#[command(subcommand)]
	Council(commands::council::Council),
	#[command(subcommand)]
	Emergency(commands::emergency::Emergency),
	/// Look at the grid; accept or end connection points that are proposed
	#[command(subcommand)]
	Grid(commands::grid::Grid),
	/// Compare meter data with what was attested, and say who may read yours
	#[command(subcommand)]
	Data(commands::data::Data),
	/// Keep, read and erase personal records, and say who may read yours
	#[command(subcommand)]
	Vault(commands::vault::Vault),
	#[command(subcommand)]
	Load(commands::load::Load),
	/// Trade a day of a real low-voltage grid and write a report
	Demo(demo::Demo),
}

async fn run(cli: Cli) -> Result<(), Failure> {
	let global = &cli.global;
	match cli.command {
		Command::Clear(command) => command.run(global.json),
		Command::Check(command) => command.run(global.json),
		Command::BlockOrders(command) => command.run(global.json),
		Command::Market(command) => Ok(command.run(global).await?),
		Command::Order(command) => Ok(command.run(global).await?),
		Command::Clock(command) => Ok(command.run(global).await?),
		Command::Book(command) => Ok(command.run(global).await?),
		Command::Prices(command) => Ok(command.run(global).await?),
		Command::Statement(command) => Ok(command.run(global).await?),
		Command::Settle(command) => Ok(command.run(global).await?),
		Command::Security(command) => Ok(command.run(global).await?),
		Command::Flexibility(command) => Ok(command.run(global).await?),
		Command::Retailer(command) => Ok(command.run(global).await?),
		Command::Certificates(command) => Ok(command.run(global).await?),
		Command::Participant(command) => Ok(command.run(global).await?),
		Command::Regulator(command) => Ok(command.run(global).await?),
		Command::Roles(command) => Ok(command.run(global)?),
		Command::Council(command) => Ok(command.run(global).await?),
		Command::Emergency(command) => Ok(command.run(global).await?),
		Command::Grid(command) => Ok(command.run(global).await?),
		Command::Data(command) => Ok(command.run(global).await?),
		Command::Vault(command) => Ok(command.run(global).await?),
		Command::Load(command) => Ok(command.run(global).await?),
		Command::Demo(command) => Ok(command.run(global).await?),
	}
}

fn main() -> ExitCode {
	// A reader that has seen enough, such as `head`, ends the program quietly instead of by a panic.
	sigpipe::reset();
	let cli = Cli::parse();
	let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
		Ok(runtime) => runtime,
		Err(error) => {
			eprintln!("error: cannot start the asynchronous runtime: {error}");
			return ExitCode::from(1);
		},
	};
	let ended = runtime.block_on(async {
		let ended = run(cli).await;
		connection::keep().await;
		ended
	});
	match ended {
		Ok(()) => ExitCode::SUCCESS,
		Err(failure) => {
			let message = failure.to_string();
			if !message.is_empty() {
				eprintln!("error: {message}");
			}
			ExitCode::from(failure.exit_code())
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}
}
