//! What a failed call is called, what that means, and what to do about it.

use busbar_runtime::{Runtime, RuntimeError};
use codec::Encode;
use sp_runtime::DispatchError;
use std::sync::OnceLock;
use subxt::metadata::Metadata;

/// An error's name in the runtime, what its documentation says, and what to do, for example `Market(GateClosed): The
/// interval's gate has closed. (busbar book names the next open interval)`.
pub fn describe(error: &DispatchError) -> String {
	let name = match RuntimeError::from_dispatch_error(*error) {
		Some(error) => format!("{error:?}"),
		None => format!("{error:?}"),
	};
	let documentation = documentation(error).map_or(String::new(), |text| format!(": {text}"));
	let advice = advice(&name).map_or(String::new(), |text| format!(" ({text})"));
	name + &documentation + &advice
}

/// What the runtime's source says about an error of a pallet.
fn documentation(error: &DispatchError) -> Option<String> {
	static METADATA: OnceLock<Option<Metadata>> = OnceLock::new();
	let DispatchError::Module(error) = error else { return None };
	let metadata = METADATA.get_or_init(|| Metadata::decode_from(&Runtime::metadata().encode()).ok()).as_ref()?;
	let variant = metadata.pallet_by_error_index(error.index)?.error_variant_by_index(error.error[0])?;
	let text: Vec<_> = variant.docs.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
	(!text.is_empty()).then(|| text.join(" "))
}

/// What to do about an error that people often meet.
fn advice(name: &str) -> Option<&'static str> {
	const ADVICE: &[(&str, &str)] = &[
		("GateClosed", "`busbar book` names the next open interval"),
		("NotOpenYet", "`busbar book` names the next open interval"),
		("Market(UnknownInterval", "`busbar book` names the next open interval"),
		("UnknownPoint", "`busbar grid show` lists the connection points"),
		("NotDelegate", "sign with the key of the point's owner: --suri"),
		("BeyondRating", "`busbar grid show` lists the ratings"),
		("BeyondCollateral", "`busbar participant show` says what is free"),
		("RoleMissing", "`busbar participant show` lists the roles"),
		("BeyondDeposit", "`busbar participant show` says what is free"),
		("BeyondCharge", "`busbar participant show` says what is free"),
		("StillSecures", "`busbar security show` names the last interval"),
		("InDebt", "`busbar security repay` pays"),
		("NotOffered", "`busbar flexibility show` lists the offers"),
		("AlreadyOrdered", "`busbar flexibility show` lists the orders"),
		("NotChosen", "`busbar retailer show` says who is chosen"),
		("BeyondHoldings", "`busbar certificates show` lists them"),
	];
	ADVICE.iter().find(|(part, _)| name.contains(part)).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_runtime::pallet_market;

	#[test]
	fn a_pallets_error_is_explained_and_advised() {
		let text = describe(&pallet_market::Error::<Runtime>::GateClosed.into());
		assert!(text.starts_with("Market(GateClosed): The session's gate has closed."), "{text}");
		assert!(text.ends_with("(`busbar book` names the next open interval)"), "{text}");
	}

	#[test]
	fn a_debtor_is_told_how_to_trade_again() {
		let text = describe(&busbar_runtime::pallet_securities::Error::<Runtime>::InDebt.into());
		assert!(text.starts_with("Securities(InDebt): "), "{text}");
		assert!(text.ends_with("(`busbar security repay` pays)"), "{text}");
	}

	#[test]
	fn other_errors_keep_their_name() {
		assert_eq!(describe(&DispatchError::BadOrigin), "BadOrigin");
	}
}
