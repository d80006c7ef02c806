//! Which way the prices of a session lean so that its accepted block orders are in the money.

use crate::{orders::Side, Lean};

/// The lean nearest to the middle at which the accepted block orders of both sides are in the money. `suits` says whether
/// all of one side are: sellers' stays true as prices lean more towards the greatest, buyers' towards the least. `None` if
/// no lean suits both.
pub(super) fn nearest(suits: impl Fn(Side, Lean) -> bool) -> Option<Lean> {
	let middle = Lean::MIDDLE;
	let (unsuited, furthest) = match (suits(Side::Buy, middle), suits(Side::Sell, middle)) {
		(true, true) => return Some(middle),
		(false, false) => return None,
		(true, false) => (Side::Sell, Lean::GREATEST),
		(false, true) => (Side::Buy, Lean::LEAST),
	};
	// By bisection: `near` does not suit the side, `far` does.
	let (mut near, mut far) = (middle, furthest);
	if !suits(unsuited, far) {
		return None;
	}
	while near.parts().abs_diff(far.parts()) > 1 {
		let Some(between) = Lean::new(near.parts().midpoint(far.parts())) else { break };
		if suits(unsuited, between) {
			far = between;
		} else {
			near = between;
		}
	}
	let other = if unsuited == Side::Sell { Side::Buy } else { Side::Sell };
	suits(other, far).then_some(far)
}
