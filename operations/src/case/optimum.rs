//! The optimum of a case by a general linear programme, as a second opinion.
//!
//! It is built from the case file alone, with one variable per order step and per direction of a link: nothing of the
//! clearing library takes part. The solver computes in floating point, so welfare is compared within a tolerance.

use super::{Case, CaseSide};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
use std::collections::BTreeMap;

/// Energy from here on is beyond what the solver can bound.
const MOST_WH: u64 = 1 << 52;

/// What the linear programme found.
#[derive(Clone, Copy, Debug)]
pub struct Optimum {
	/// Greatest welfare, in nEUR.
	pub welfare: f64,
	/// How far rounding may have moved it, in nEUR.
	pub tolerance: f64,
}

impl Optimum {
	/// The welfare to three decimals; what rounds to zero has no sign.
	pub fn rounded(&self) -> f64 {
		// Adding zero takes the sign from it.
		(self.welfare * 1_000.0).round() / 1_000.0 + 0.0
	}

	/// Whether an exact welfare is this optimum, as far as floating point can tell.
	pub fn agrees(&self, welfare: i128) -> bool {
		(self.welfare - welfare as f64).abs() <= self.tolerance
	}
}

/// Solves a well-formed case.
///
/// # Errors
/// If energy is too large for floating point, or the solver gives up.
pub fn solve(case: &Case) -> Result<Optimum, String> {
	let mut problem = Problem::new(OptimizationDirection::Maximize);
	let place: BTreeMap<u64, usize> = case.zones.iter().enumerate().map(|(at, zone)| (zone.id, at)).collect();
	let mut balances = vec![LinearExpr::empty(); case.zones.len()];
	let mut gains = Vec::new();
	let mut variable = |gain: f64, most: Option<u64>| {
		if most.is_some_and(|most| most >= MOST_WH) {
			return Err(format!("quantities of {MOST_WH} Wh and more are beyond floating point"));
		}
		gains.push(gain);
		Ok(problem.add_var(gain, (0.0, most.map_or(f64::INFINITY, |most| most as f64))))
	};
	for order in &case.orders {
		for step in &order.steps {
			let sign = if step.side == CaseSide::Buy { 1.0 } else { -1.0 };
			let accepted = variable(sign * step.price as f64, Some(step.wh))?;
			balances[place[&order.zone]].add(accepted, -sign);
		}
	}
	for (at, zone) in case.zones.iter().enumerate() {
		let Some(parent) = zone.parent else { continue };
		for (limit, sign) in [(zone.import_wh, 1.0), (zone.export_wh, -1.0)] {
			// A limit beyond floating point is none; the programme then says whether it matters.
			let flow = variable(-(zone.fee as f64), limit.filter(|limit| *limit < MOST_WH))?;
			balances[at].add(flow, sign);
			balances[place[&parent]].add(flow, -sign);
		}
	}
	for balance in balances {
		problem.add_constraint(balance, ComparisonOp::Eq, 0.0);
	}
	let solution = problem.solve().map_err(|error| error.to_string())?;
	let solution = solution.into_solution().map_err(|_| "the solver stopped before the optimum".to_string())?;
	// The solver meets each constraint within 1e-7 Wh; sums of doubles lose about 1e-15 of their gross amount.
	let gross: f64 = solution.iter().zip(&gains).map(|((_, wh), gain)| (wh * gain).abs()).sum();
	let dearest = gains.iter().fold(0.0f64, |most, gain| most.max(gain.abs()));
	let tolerance = 1e-6 * dearest * (case.zones.len() + 1) as f64 + 1e-12 * gross;
	Ok(Optimum { welfare: solution.objective(), tolerance })
}

#[cfg(test)]
mod tests {
	use super::super::Market;
	use super::*;
	use std::path::Path;

	#[test]
	fn every_case_file_clears_to_the_optimum_of_the_linear_programme() {
		let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
		let mut count = 0;
		for entry in std::fs::read_dir(directory).unwrap() {
			let path = entry.unwrap().path();
			if path.extension().is_none_or(|extension| extension != "json") {
				continue;
			}
			let case = Case::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
			let clearing = busbar_clearing::clear(&Market::new(&case).unwrap().zones).unwrap();
			let optimum = solve(&case).unwrap();
			assert!(optimum.agrees(clearing.welfare), "{}: {optimum:?} {}", path.display(), clearing.welfare);
			assert!(!optimum.agrees(clearing.welfare - 1 - optimum.tolerance as i128 * 2));
			count += 1;
		}
		assert!(count >= 7);
	}

	#[test]
	fn a_welfare_that_rounds_to_zero_has_no_sign() {
		let text = |welfare| format!("{:.3}", Optimum { welfare, tolerance: 0.0 }.rounded());
		assert_eq!([-0.0, -0.0004, 0.0004, -1.0].map(text), ["0.000", "0.000", "0.000", "-1.000"]);
	}

	#[test]
	fn quantities_beyond_floating_point_are_refused() {
		let text = r#"{"name": "", "interval_s": 1, "zones": [{"id": 0, "parent": null}],
			"orders": [{"id": 0, "zone": 0, "steps": [{"side": "buy", "price": 1, "wh": 9223372036854775807}]}]}"#;
		assert!(solve(&Case::parse(text).unwrap()).is_err());
	}
}
