//! `busbar security recover`: has everybody paid what came back of its losses.

use super::{money, tell, Answer};
use crate::{
	commands::{signer, submitter, table},
	Global,
};
use anyhow::Result;
use busbar_operations::keeper::{Keeper, Repaid};
use busbar_primitives::{Interval, Party};
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub struct Recover {
	/// Only of this interval [default: of all that are kept]
	#[arg(long)]
	interval: Option<Interval>,
}

#[derive(Serialize)]
struct Paid {
	paid: Vec<Repaid>,
}

fn name(party: &Party) -> String {
	match party {
		Party::Point(point) => format!("connection point {point}"),
		Party::GridOperator => "grid operator".into(),
		Party::CongestionRent => "congestion rent".into(),
		Party::Balancing => "balance-responsible party".into(),
		Party::Fund => "mutual fund".into(),
	}
}

impl Answer for Paid {
	fn print(&self) {
		if self.paid.is_empty() {
			println!("Nothing came back of losses that is not paid already.");
			return;
		}
		let mut table = table(&["whose loss", "interval", "EUR"], 1);
		for Repaid { interval, party, amount } in &self.paid {
			table.add_row([name(party), interval.to_string(), money(*amount)]);
		}
		println!("{table}");
	}
}

impl Recover {
	pub async fn run(self, global: &Global) -> Result<()> {
		let keeper = Keeper { signer: signer(global)?, submitter: submitter(global).await? };
		tell(global, &Paid { paid: keeper.recover(self.interval).await? })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn programs_read_whose_loss_and_decimal_money() {
		let paid = Paid { paid: vec![Repaid { interval: 5, party: Party::Point(3), amount: 25_099_601 }] };
		let expected = json!({ "paid": [{ "interval": 5, "party": { "point": 3 }, "amount": "25099601" }] });
		assert_eq!(serde_json::to_value(&paid).unwrap(), expected);
		assert_eq!(name(&Party::Fund), "mutual fund");
	}
}
