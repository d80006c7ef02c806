//! Words of reductions: what members offer to leave, and what the grid operator orders left.

use crate::{stored, Price, Wh};

/// Which contracted energy the grid operator takes over.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
	/// The member draws less than it bought.
	Load,
	/// The member feeds in less than it sold.
	Generation,
}

/// Flexibility that a member offers, or that the grid operator orders, at one point in one interval.
#[stored(Copy)]
pub struct Flexibility {
	pub reduction: Reduction,
	/// Most that is ordered, in Wh.
	pub wh: Wh,
	/// What the member receives for what it delivers, in nEUR/Wh; not below 0.
	pub price: Price,
	/// What the member pays for what it does not deliver, in nEUR/Wh; not below 0.
	pub penalty: Price,
}
