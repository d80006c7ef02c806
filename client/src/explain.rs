//! What a failed call is called, what that means, and what to do about it.

use sp_runtime::DispatchError;
use std::fmt;

/// Why a call failed, in the chain's own words: [`Runtime::explain`](crate::metadata::Runtime::explain) finds them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
	/// A pallet's error.
	Pallet {
		/// The pallet's name.
		pallet: String,
		/// The error's name.
		name: String,
		/// What the runtime's documentation says about it; may be empty.
		meaning: String,
	},
	/// An error that is no pallet's, or that the chain's metadata does not name.
	Other(DispatchError),
}

impl CallError {
	/// Whether it is this pallet's error of this name.
	pub fn is(&self, of: &str, named: &str) -> bool {
		matches!(self, Self::Pallet { pallet, name, .. } if pallet == of && name == named)
	}
}

/// The error's name, what the documentation says, and what to do: `Market(GateClosed): The interval's gate has closed.
/// (busbar book names the next open interval)`.
impl fmt::Display for CallError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let name = match self {
			Self::Pallet { pallet, name, .. } => format!("{pallet}({name})"),
			Self::Other(error) => format!("{error:?}"),
		};
		f.write_str(&name)?;
		match self {
			Self::Pallet { meaning, .. } if !meaning.is_empty() => write!(f, ": {meaning}")?,
			_ => (),
		}
		advice(&name).map_or(Ok(()), |text| write!(f, " ({text})"))
	}
}

impl std::error::Error for CallError {}

/// What to do about an error that people often meet.
fn advice(name: &str) -> Option<&'static str> {
	const ADVICE: &[(&str, &str)] = &[
		("GateClosed", "`busbar book` names the next open interval"),
		("NotOpenYet", "`busbar book` names the next open interval"),
		("Market(UnknownInterval", "`busbar book` names the next open interval"),
		("UnknownPoint", "`busbar grid show` lists the connection points"),
		("NotDelegate", "sign with the key of the point's owner: --suri"),
		("BeyondRating", "`busbar grid show` lists the ratings"),
		("MarginTooSmall", "`busbar security margin-in` moves money in, `busbar security margin` says what is free"),
		("SecurityTooSmall", "`busbar security needed` says how much lacks, `busbar security deposit` adds it"),
		("BeyondMargin", "`busbar security margin` says what is free"),
		("RoleMissing", "`busbar participant show` lists the roles"),
		("BeyondDeposit", "`busbar participant show` says what is free"),
		("BeyondCharge", "`busbar participant show` says what is free"),
		("BeyondFunds", "`busbar participant show` says what is free"),
		("StillSecures", "`busbar security show` names the last interval"),
		("InDebt", "`busbar security repay` pays"),
		("NotOffered", "`busbar flexibility show` lists the offers"),
		("AlreadyOrdered", "`busbar flexibility show` lists the orders"),
		("NotChosen", "`busbar retailer show` says who is chosen"),
		("RetailersPoint", "`busbar retailer choose --none` ends the service"),
		("NotMetered", "a meter operator registers its meter first"),
		("BeyondHoldings", "`busbar certificates show` lists them"),
	];
	ADVICE.iter().find(|(part, _)| name.contains(part)).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::fake::{error_of, runtime};

	#[test]
	fn a_pallets_error_is_explained_and_advised() {
		let text = runtime().explain(&error_of("Market", "GateClosed")).to_string();
		assert!(text.starts_with("Market(GateClosed): The session's gate has closed."), "{text}");
		assert!(text.ends_with("(`busbar book` names the next open interval)"), "{text}");
	}

	#[test]
	fn a_debtor_is_told_how_to_trade_again() {
		let error = crate::fake::errors_named("InDebt").pop().expect("a pallet has the error");
		let error = runtime().explain(&error);
		assert!(matches!(&error, CallError::Pallet { name, .. } if name == "InDebt"), "{error}");
		let text = error.to_string();
		assert!(text.contains("(InDebt): "), "{text}");
		assert!(text.ends_with("(`busbar security repay` pays)"), "{text}");
	}

	#[test]
	fn other_errors_keep_their_name() {
		assert_eq!(runtime().explain(&DispatchError::BadOrigin).to_string(), "BadOrigin");
	}

	#[test]
	fn an_error_of_a_pallet_that_nobody_knows_keeps_its_numbers() {
		let unknown = DispatchError::Module(sp_runtime::ModuleError { index: 250, error: [9, 0, 0, 0], message: None });
		assert!(runtime().explain(&unknown).to_string().contains("250"));
	}
}
