//! `busbar security needed`: what must secure connection points, and what of it is used.

use super::{money, tell, Answer, Whose};
use crate::{
	commands::{open, table},
	failure::Failure,
	Global,
};
use anyhow::Result;
use busbar_operations::figures::ct;
use busbar_primitives::{api::SecurityView, Balance, PointId};
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub struct Needed {
	/// Only this connection point
	#[arg(long, conflicts_with_all = ["participant", "account"])]
	point: Option<PointId>,
	#[command(flatten)]
	whose: Whose,
}

impl Needed {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let points = match self.point {
			Some(point) => {
				let message = || {
					Failure::failed(format!(
						"connection point {point} needs no security, or is none: `busbar grid show` lists them"
					))
				};
				vec![view.chain.security_needed(view.at, point).await?.ok_or_else(message)?]
			},
			None => {
				let owner = self.whose.find(global, &view).await?;
				view.chain.securities_needed(view.at, &owner.account, &owner.points).await?
			},
		};
		tell(global, &Needs { points: points.into_iter().map(Need::from).collect() })
	}
}

#[derive(Serialize)]
struct Needs {
	points: Vec<Need>,
}

/// What the chain tells, and what that leaves to do.
#[derive(Serialize)]
struct Need {
	#[serde(flatten)]
	known: SecurityView,
	/// What is to be deposited or guaranteed before orders are taken that buy more, in nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	lacks: Balance,
}

impl From<SecurityView> for Need {
	fn from(known: SecurityView) -> Self {
		let lacks = known.least.saturating_sub(posted(&known));
		Self { known, lacks }
	}
}

/// What counts of deposit and guarantee, in nEUR.
fn posted(known: &SecurityView) -> Balance {
	let own = if known.by_owner { known.deposit } else { 0 };
	own.saturating_add(known.guarantee)
}

/// What of them is used, as a share.
fn share(known: &SecurityView) -> String {
	match (known.used.saturating_mul(100)).checked_div(posted(known)) {
		_ if known.used == 0 => "0 %".into(),
		Some(share) if share <= 999 => format!("{share} %"),
		_ => "> 999 %".into(),
	}
}

impl Answer for Needs {
	fn print(&self) {
		if self.points.is_empty() {
			println!("No connection point that needs security.");
			return;
		}
		let header = [
			"buys",
			"point",
			"Wh an interval",
			"intervals",
			"ct/kWh",
			"used EUR",
			"posted EUR",
			"used",
			"least EUR",
			"free EUR",
		];
		let mut table = table(&header, 1);
		for Need { known, .. } in &self.points {
			table.add_row([
				String::from(if known.suffices { "yes" } else { "no" }),
				known.point.to_string(),
				known.greatest.to_string(),
				known.intervals.to_string(),
				ct(known.price),
				money(known.used),
				money(posted(known)),
				share(known),
				money(known.least),
				money(known.free),
			]);
		}
		println!("{table}");
		for Need { known, lacks } in self.points.iter().filter(|need| need.lacks > 0) {
			println!(
				"Point {} lacks {} EUR: `busbar security deposit --point {} --amount {lacks}`, or a guarantee of as much.",
				known.point,
				money(*lacks),
				known.point
			);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn known() -> SecurityView {
		SecurityView {
			point: 7,
			deposit: 100,
			guarantee: 50,
			by_owner: true,
			greatest: 625,
			days: 3,
			intervals: 3,
			price: 110,
			used: 206_250,
			least: 229_167,
			free: 0,
			suffices: false,
		}
	}

	#[test]
	fn what_lacks_is_what_the_deposit_must_grow_by() {
		assert_eq!(Need::from(known()).lacks, 229_017);
		assert_eq!(Need::from(SecurityView { by_owner: false, ..known() }).lacks, 229_117);
		assert_eq!(Need::from(SecurityView { deposit: 300_000, ..known() }).lacks, 0);
	}

	#[test]
	fn programs_read_money_as_decimal_strings_beside_what_lacks() {
		let shown = serde_json::to_value(Needs { points: vec![known().into()] }).unwrap();
		let shown = &shown["points"][0];
		assert_eq!((&shown["point"], &shown["used"], &shown["lacks"]), (&json!(7), &json!("206250"), &json!("229017")));
		assert_eq!((&shown["greatest"], &shown["suffices"]), (&json!(625), &json!(false)));
	}

	#[test]
	fn the_share_that_is_used_is_shown_however_little_is_posted() {
		assert_eq!(share(&known()), "> 999 %");
		assert_eq!(share(&SecurityView { deposit: 0, guarantee: 0, ..known() }), "> 999 %");
		assert_eq!(share(&SecurityView { used: 0, deposit: 0, guarantee: 0, ..known() }), "0 %");
		assert_eq!(share(&SecurityView { used: 120, ..known() }), "80 %");
	}
}
