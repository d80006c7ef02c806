//! `busbar roles`: who may make which call.

use super::execute::{tell, Answer};
use crate::Global;
use anyhow::Result;
use busbar_primitives::{
	calls::{page, Kind, CALLS},
	Role,
};
use clap::Args;
use serde::Serialize;

/// Show which roles may make which call, and where they must hold: the table of this program's version, which is that of
/// docs/roles.md. No node is asked
#[derive(Args)]
pub struct Roles {}

#[derive(Serialize)]
struct Table(Vec<Row>);

/// A call of the table.
#[derive(Serialize)]
struct Row {
	pallet: &'static str,
	call: &'static str,
	/// Who makes it, in words.
	made_by: String,
	/// With which roles it is made, where that takes one.
	roles: Vec<Role>,
	/// What the role must cover.
	covers: Option<&'static str>,
	/// Whether a suspended participant makes it for itself.
	suspended: bool,
}

impl Answer for Table {
	fn print(&self) {
		print!("{}", page());
	}
}

impl Roles {
	pub fn run(self, global: &Global) -> Result<()> {
		let rows = CALLS.iter().flat_map(|(pallet, rows)| {
			rows.iter().map(|(call, who, kind)| Row {
				pallet,
				call,
				made_by: who.in_words(),
				roles: who.roles(),
				covers: who.cover().map(|cover| cover.as_str()),
				suspended: *kind == Kind::Settles,
			})
		});
		tell(global, &Table(rows.collect()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_call_with_a_role_says_where_it_must_hold() {
		for (pallet, rows) in CALLS {
			for (call, who, _) in *rows {
				assert_eq!(who.roles().is_empty(), who.cover().is_none(), "{pallet}.{call}");
				assert!(page().contains(&format!("| {pallet} | `{call}` | {} |", who.in_words())), "{pallet}.{call}");
			}
		}
	}
}
