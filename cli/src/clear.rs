//! `busbar clear` and `busbar check`: clearing of case files, and the proof that a result is right.

mod bench;
mod explain;

use crate::failure::Failure;
use busbar_clearing::{check, check_fills, clear, Clearing, Explanation, Full};
use busbar_operations::case::{optimum, Case, CaseResult, Market};
use clap::Args;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde_json::json;
use std::{fs, path::PathBuf};

/// Clear a case file: the optimal allocation and its zone prices.
#[derive(Args, Clone, Debug)]
pub struct Clear {
	/// The market, as JSON.
	#[arg(required_unless_present = "bench", conflicts_with = "bench")]
	pub case: Option<PathBuf>,
	/// Write the result to this file, as JSON.
	#[arg(long, value_name = "RESULT", conflicts_with = "bench")]
	pub out: Option<PathBuf>,
	/// Say for every zone where its price comes from.
	#[arg(long, conflicts_with = "bench")]
	pub explain: bool,
	#[command(flatten)]
	pub bench: bench::Bench,
}

/// Prove that a result is right: feasible, optimal, with the right prices, money and fills.
#[derive(Args, Clone, Debug)]
pub struct Check {
	/// The market, as JSON.
	pub case: PathBuf,
	/// The result to check, as JSON.
	pub result: PathBuf,
	/// Solve the case again as a linear programme and compare the welfare.
	#[arg(long)]
	pub optimum: bool,
}

impl Clear {
	/// Clears, writes the result if asked to, and prints it: as a table, or as JSON.
	///
	/// # Errors
	/// Exit code 2 if the case is malformed, 1 if the result cannot be written. Nothing is written then.
	pub fn run(self, json: bool) -> Result<(), Failure> {
		let Some(path) = &self.case else { return self.bench.run(json) };
		let (case, market) = read_case(path)?;
		let clearing = clear(&market.zones)
			.map_err(|error| Failure::input(format!("{}: {}", path.display(), market.describe_error(&error))))?;
		let result = market.result(&clearing);
		let text = result.to_json();
		let explanations = self.explain.then(|| explanations(&market, &clearing)).transpose()?;
		let shown = match (json, explanations) {
			(false, explanations) => table(&case, &market, &clearing, explanations.as_deref()),
			(true, None) => text.clone(),
			(true, Some(explanations)) => {
				let causes: Vec<_> = market
					.zone_ids
					.iter()
					.zip(explanations)
					.map(|(id, explanation)| {
						let full = match explanation.full {
							Some(Full::Import(wh)) => json!({ "import": wh }),
							Some(Full::Export(wh)) => json!({ "export": wh }),
							None => json!(null),
						};
						let cause = explain::cause(&market, &clearing, &explanation);
						json!({ "id": id, "cause": cause, "limit_reached": full })
					})
					.collect();
				// The result is spliced in as text: welfare may exceed what a generic JSON number holds.
				let causes = serde_json::to_string(&causes).map_err(|error| Failure::failed(error.to_string()))?;
				format!("{{\"result\": {}, \"explain\": {causes}}}\n", text.trim_end())
			},
		};
		if let Some(out) = &self.out {
			fs::write(out, &text).map_err(|error| Failure::failed(format!("{}: {error}", out.display())))?;
		}
		print!("{shown}");
		Ok(())
	}
}

impl Check {
	/// Checks, and prints what was proven.
	///
	/// # Errors
	/// Exit code 2 if the case or the result is malformed, 1 if the result is wrong.
	pub fn run(self, json: bool) -> Result<(), Failure> {
		let (case, market) = read_case(&self.case)?;
		let text = read(&self.result)?;
		let wrong = |message: String| format!("{}: {message}", self.result.display());
		let result = CaseResult::parse(&text).map_err(|message| Failure::input(wrong(message)))?;
		let violated = |message: String| Failure::failed(wrong(message));
		let (clearing, accepted) = market.clearing_of(&result).map_err(violated)?;
		let describe = |violation| Failure::failed(wrong(market.describe_violation(&violation)));
		// Fills first: margins are sums of fills, so a wrong fill would be reported as an imbalance otherwise.
		check_fills_within(&market, &clearing, &accepted).map_err(violated)?;
		check(&market.zones, &clearing).map_err(describe)?;
		check_fills(&market.orders, &clearing, &accepted).map_err(describe)?;
		let optimum = if self.optimum {
			let optimum =
				optimum::solve(&case).map_err(|error| Failure::failed(format!("linear programme: {error}")))?;
			if !optimum.agrees(clearing.welfare) {
				let Clearing { welfare, .. } = clearing;
				return Err(violated(format!(
					"welfare {welfare}, but the linear programme reaches {}",
					optimum.welfare
				)));
			}
			Some(optimum)
		} else {
			None
		};
		if json {
			let programme =
				optimum.map(|optimum| json!({ "welfare": optimum.welfare, "tolerance": optimum.tolerance }));
			println!("{}", json!({ "valid": true, "linear_programme": programme }));
		} else {
			println!("{}: feasible, optimal, most traded, midpoint prices, price-time priority", self.result.display());
			if let Some(optimum) = optimum {
				println!("welfare {} nEUR; the linear programme reaches {:.3}", clearing.welfare, optimum.rounded());
			}
		}
		Ok(())
	}
}

/// That every step has one number, and none is accepted beyond its quantity.
fn check_fills_within(market: &Market, clearing: &Clearing, accepted: &[Vec<u64>]) -> Result<(), String> {
	for ((order, accepted), id) in market.orders.iter().zip(accepted).zip(&market.order_ids) {
		if order.steps.len() != accepted.len() {
			return Err(format!("order {id}: {} accepted energies for {} steps", accepted.len(), order.steps.len()));
		}
		let price = clearing.zones[order.zone as usize].price;
		for (at, (step, wh)) in order.steps.iter().zip(accepted).enumerate() {
			if *wh > step.wh {
				return Err(format!("order {id}, accepted_wh[{at}]: more than the step's {} Wh", step.wh));
			}
			let better = (step.price > price) == (step.side == busbar_clearing::orders::Side::Buy);
			if step.price != price && *wh != if better { step.wh } else { 0 } {
				let verb = if better { "all of it is" } else { "none of it is" };
				return Err(format!("order {id}, accepted_wh[{at}]: at zone price {price} {verb} to be accepted"));
			}
		}
	}
	Ok(())
}

fn read(path: &PathBuf) -> Result<String, Failure> {
	fs::read_to_string(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))
}

fn read_case(path: &PathBuf) -> Result<(Case, Market), Failure> {
	let wrong = |message: String| Failure::input(format!("{}: {message}", path.display()));
	let case = Case::parse(&read(path)?).map_err(wrong)?;
	let market = Market::new(&case).map_err(wrong)?;
	Ok((case, market))
}

/// Zones and totals for a person.
fn table(case: &Case, market: &Market, clearing: &Clearing, explanations: Option<&[Explanation]>) -> String {
	let zones = match explanations {
		Some(explanations) => explain::table(market, clearing, explanations),
		None => zones(market, clearing),
	};
	let Clearing { welfare, traded, fees, rent, .. } = clearing;
	let totals = format!("welfare {welfare} nEUR, traded {traded} Wh, fees {fees} nEUR, congestion rent {rent} nEUR");
	format!("{}\n{zones}\n{totals}\n", case.name)
}

/// The zones of a result.
fn zones(market: &Market, clearing: &Clearing) -> Table {
	let mut table = Table::new();
	table.load_style(UTF8_FULL_CONDENSED);
	table.set_header([
		"zone",
		"parent",
		"price nEUR/Wh",
		"flow Wh",
		"import limit",
		"export limit",
		"fees nEUR",
		"rent nEUR",
	]);
	for ((zone, result), id) in market.zones.iter().zip(&clearing.zones).zip(&market.zone_ids) {
		let parent = zone.parent.map(|parent| market.zone_ids[parent as usize]);
		let limit = |limit: Option<u64>| match (parent, limit) {
			(None, _) => String::new(),
			(_, None) => "none".into(),
			(_, Some(limit)) => limit.to_string(),
		};
		table.add_row([
			id.to_string(),
			parent.map_or(String::new(), |parent| parent.to_string()),
			result.price.to_string(),
			result.flow.to_string(),
			limit(zone.import),
			limit(zone.export),
			result.fees.to_string(),
			result.rent.to_string(),
		]);
	}
	table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
	table
}

/// Why every zone has its price, in the order of the market.
fn explanations(market: &Market, clearing: &Clearing) -> Result<Vec<Explanation>, Failure> {
	busbar_clearing::explain(&market.zones, clearing)
		.map_err(|violation| Failure::failed(format!("the result is wrong: {}", market.describe_violation(&violation))))
}
