//! Every clearing of the run against the result checker and the linear programme, from the chain's export alone.

use crate::case::{optimum, Case, CaseResult, Market};
use crate::{case::write_json, cleared::Cleared};
use anyhow::Result;
use std::path::Path;

/// Checks all intervals, and writes their cases and results to `folder` if there is one. Returns how many clearings are
/// right and optimal, and what is wrong with the others.
///
/// # Errors
/// If a file cannot be written.
pub fn all(intervals: Vec<Cleared>, folder: Option<&Path>) -> Result<(usize, Vec<String>)> {
	let (mut equal, mut wrong) = (0, Vec::new());
	for cleared in intervals {
		let interval = cleared.interval;
		if !cleared.outcome().is_some_and(|outcome| outcome.cleared) {
			continue;
		}
		let (case, result) = (cleared.case(), cleared.result()?);
		if let Some(folder) = folder {
			write_json(&folder.join(format!("{interval}.case.json")), &case)?;
			write_json(&folder.join(format!("{interval}.result.json")), &result)?;
		}
		match one(&case.to_string(), &result.to_string()) {
			Ok(()) => equal += 1,
			Err(error) => wrong.push(format!("interval {interval}: {error}")),
		}
	}
	Ok((equal, wrong))
}

/// Whether a result is feasible, supported by its prices, filled in the right order, and the linear programme's optimum.
fn one(case: &str, result: &str) -> Result<(), String> {
	let (case, result) = (Case::parse(case)?, CaseResult::parse(result)?);
	let market = Market::new(&case)?;
	let (clearing, accepted) = market.clearing_of(&result)?;
	busbar_clearing::check(&market.zones, &clearing).map_err(|violation| market.describe_violation(&violation))?;
	busbar_clearing::check_fills(&market.orders, &clearing, &accepted)
		.map_err(|violation| market.describe_violation(&violation))?;
	let optimum = optimum::solve(&case)?;
	if optimum.agrees(clearing.welfare) {
		Ok(())
	} else {
		Err(format!("welfare {}, but the linear programme reaches {}", clearing.welfare, optimum.welfare))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cleared::tests::sample;

	#[test]
	fn a_right_clearing_passes_and_a_wrong_one_is_named() {
		let right = sample();
		let mut wrong = sample();
		wrong.orders[0].accepted = vec![9];
		let mut poor = sample();
		if let Some(outcome) = &mut poor.status.sessions[0].outcome {
			outcome.welfare -= 1;
		}
		let (equal, errors) = all(vec![right, wrong, poor], None).unwrap();
		assert_eq!((equal, errors.len()), (1, 2), "{errors:?}");
		assert!(errors[0].starts_with("interval 4: "), "{errors:?}");
	}
}
