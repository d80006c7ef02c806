//! What is sent.

use crate::Failure;
use serde::Serialize;
use std::str::FromStr;

/// A kind of transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
	/// An order of one step in the newest session; a replacement, where the member's point has one there already.
	Order,
	/// 1 nEUR from one member to the next.
	Transfer,
}

/// How many of each kind follow each other, over and over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mix(Vec<(Kind, u64)>);

impl Default for Mix {
	fn default() -> Self {
		Self(vec![(Kind::Order, 1)])
	}
}

impl Mix {
	/// What the transaction with this number is.
	pub fn kind(&self, number: u64) -> Kind {
		let all: u64 = self.0.iter().map(|(_, parts)| parts).sum();
		let mut place = number.checked_rem(all).unwrap_or(0);
		for (kind, parts) in &self.0 {
			match place.checked_sub(*parts) {
				None => return *kind,
				Some(rest) => place = rest,
			}
		}
		Kind::Order
	}
}

impl FromStr for Mix {
	type Err = Failure;

	/// `order=9,transfer=1`.
	fn from_str(text: &str) -> Result<Self, Failure> {
		let part = |part: &str| {
			let (name, parts) = part.split_once('=')?;
			let kind = match name.trim() {
				"order" => Kind::Order,
				"transfer" => Kind::Transfer,
				_ => return None,
			};
			Some((kind, parts.trim().parse::<u16>().ok().filter(|parts| *parts > 0)?.into()))
		};
		let parts: Option<Vec<_>> = text.split(',').map(part).collect();
		let refuse =
			|| Failure::input(format!("the mix {text:?} is none: write order=9,transfer=1, with parts from 1 on"));
		parts.map(Self).ok_or_else(refuse)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_mix_has_its_parts_in_every_round() {
		let mix: Mix = "order=3, transfer=2".parse().unwrap();
		let kinds: Vec<Kind> = (0..10).map(|number| mix.kind(number)).collect();
		let (o, t) = (Kind::Order, Kind::Transfer);
		assert_eq!(kinds, [o, o, o, t, t, o, o, o, t, t]);
	}

	#[test]
	fn what_is_no_mix_is_refused_with_the_form() {
		for text in ["", "order", "order=0", "order=x", "gift=1", "order=1,,transfer=1", "order=70000"] {
			let error = text.parse::<Mix>().unwrap_err();
			assert!(error.to_string().contains("order=9,transfer=1"), "{text}");
		}
	}
}
