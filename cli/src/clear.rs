//! `busbar clear` and `busbar check`: clearing of case files, and the proof that a result is right.

use crate::{
	case::{Case, CaseResult, Market},
	optimum,
};
use busbar_clearing::{check, check_fills, clear, supporting_prices, Clearing};
use clap::Args;
use comfy_table::{presets::UTF8_FULL_CONDENSED, CellAlignment, Table};
use serde_json::json;
use std::{fmt::Write, fs, path::PathBuf};

/// How a command ends when it does not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
	/// One line that names the place and what is wrong there.
	pub message: String,
	/// 2 for malformed input, 1 for anything else.
	pub exit_code: i32,
}

impl Failure {
	/// Malformed input.
	fn input(message: String) -> Self {
		Failure { message, exit_code: 2 }
	}

	/// Well-formed input that fails what the command proves, or a file that cannot be written.
	fn failed(message: String) -> Self {
		Failure { message, exit_code: 1 }
	}
}

/// Clear a case file: the optimal allocation and its zone prices.
#[derive(Args, Clone, Debug)]
pub struct Clear {
	/// The market, as JSON.
	pub case: PathBuf,
	/// Write the result to this file, as JSON.
	#[arg(long, value_name = "RESULT")]
	pub out: Option<PathBuf>,
	/// Say for every zone where its price comes from.
	#[arg(long)]
	pub explain: bool,
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
		let (case, market) = read_case(&self.case)?;
		let clearing = clear(&market.zones)
			.map_err(|error| Failure::input(format!("{}: {}", self.case.display(), market.describe_error(&error))))?;
		let result = market.result(&clearing);
		let text = result.to_json();
		let shown = if !json {
			table(&case, &market, &clearing)
		} else if self.explain {
			let causes = explain(&market, &clearing)?;
			let causes: Vec<_> =
				market.zone_ids.iter().zip(causes).map(|(id, cause)| json!({ "id": id, "price": cause })).collect();
			// The result is spliced in as text: welfare may exceed what a generic JSON number holds.
			let causes = serde_json::to_string(&causes).map_err(|error| Failure::failed(error.to_string()))?;
			format!("{{\"result\": {}, \"explain\": {causes}}}\n", text.trim_end())
		} else {
			text.clone()
		};
		if let Some(out) = &self.out {
			fs::write(out, &text).map_err(|error| Failure::failed(format!("{}: {error}", out.display())))?;
		}
		print!("{shown}");
		if self.explain && !json {
			for (id, cause) in market.zone_ids.iter().zip(explain(&market, &clearing)?) {
				println!("zone {id}: {cause}");
			}
		}
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
				println!("welfare {} nEUR; the linear programme reaches {:.3}", clearing.welfare, optimum.welfare);
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
fn table(case: &Case, market: &Market, clearing: &Clearing) -> String {
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
	let mut text = format!("{}\n{table}\n", case.name);
	let Clearing { welfare, traded, fees, rent, .. } = clearing;
	let _ = writeln!(text, "welfare {welfare} nEUR, traded {traded} Wh, fees {fees} nEUR, congestion rent {rent} nEUR");
	text
}

/// Where each zone's price comes from, in the order of the market.
fn explain(market: &Market, clearing: &Clearing) -> Result<Vec<String>, Failure> {
	let ranges = supporting_prices(&market.zones, clearing).map_err(|violation| {
		Failure::failed(format!("the result is wrong: {}", market.describe_violation(&violation)))
	})?;
	let mut causes: Vec<Option<String>> = vec![None; market.zones.len()];
	for (cause, (zone, result)) in causes.iter_mut().zip(market.zones.iter().zip(&clearing.zones)) {
		let Some(level) = zone.levels.iter().find(|level| level.price == result.price) else { continue };
		let margins = [("buys", result.margin_buy, level.buy), ("sells", result.margin_sell, level.sell)];
		*cause = margins.into_iter().find(|(_, taken, all)| *taken > 0 && taken < all).map(|(side, taken, all)| {
			format!("own margin: {taken} of {all} Wh of its {side} at {} are accepted", level.price)
		});
	}
	// A link with flow inside its limits ties both prices together: a price that is known spreads over it.
	let tied = |index: usize| {
		let (zone, flow) = (&market.zones[index], i128::from(clearing.zones[index].flow));
		let inside = |limit: Option<u64>, flow: i128| limit.is_none_or(|limit| flow < i128::from(limit));
		flow != 0 && inside(zone.import, flow) && inside(zone.export, -flow)
	};
	let follow = |index: usize, other: usize, link: usize| {
		let (from, to) = (clearing.zones[other].price, clearing.zones[index].price);
		let (id, fee, flow) =
			(market.zone_ids[other], market.zones[link].fee, clearing.zones[link].flow.unsigned_abs());
		let sign = if to < from { '-' } else { '+' };
		format!("follows zone {id}: {from} {sign} fee {fee}, over a link with {flow} Wh inside its limits")
	};
	for index in (0..market.zones.len()).rev() {
		if let Some(parent) = market.zones[index].parent.map(|parent| parent as usize) {
			if tied(index) && causes[index].is_some() && causes[parent].is_none() {
				causes[parent] = Some(follow(parent, index, index));
			}
		}
	}
	for index in 0..market.zones.len() {
		if let Some(parent) = market.zones[index].parent.map(|parent| parent as usize) {
			if tied(index) && causes[index].is_none() && causes[parent].is_some() {
				causes[index] = Some(follow(index, parent, index));
			}
		}
	}
	let all = causes.into_iter().enumerate().map(|(index, cause)| {
		let ((low, high), result) = (ranges[index], &clearing.zones[index]);
		let mut text = format!("price {}: ", result.price);
		match cause {
			Some(cause) => text += &cause,
			None if low == high => text += "the only price that its own and its neighbours' steps support",
			None => {
				let _ = write!(text, "midpoint of {low} to {high}, all of which support the allocation");
			},
		}
		let zone = &market.zones[index];
		let limit = if result.flow > 0 { ("import", zone.import) } else { ("export", zone.export) };
		if let (Some(_), (word, Some(limit))) = (zone.parent, limit) {
			if result.flow != 0 && limit == result.flow.unsigned_abs() {
				let _ = write!(text, "; {word} limit of {limit} Wh is reached, rent {} nEUR", result.rent);
			}
		}
		text
	});
	Ok(all.collect())
}
