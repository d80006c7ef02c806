//! `busbar security claims`: what guarantors that were drawn on are owed.

use super::{money, tell, Answer, Whose};
use crate::{
	commands::{open, table},
	Global,
};
use anyhow::Result;
use busbar_primitives::{Balance, ParticipantId};
use serde::Serialize;

/// What a debtor owes to who stood in for it.
#[derive(Serialize, PartialEq, Debug)]
struct Claim {
	debtor: ParticipantId,
	guarantor: ParticipantId,
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	amount: Balance,
}

#[derive(Serialize)]
struct Claims {
	claims: Vec<Claim>,
}

impl Claims {
	/// Those that a participant has, and those on it.
	fn of(participant: ParticipantId, all: Vec<((ParticipantId, ParticipantId), Balance)>) -> Self {
		let mut claims: Vec<_> = all
			.into_iter()
			.filter(|((debtor, guarantor), _)| [*debtor, *guarantor].contains(&participant))
			.map(|((debtor, guarantor), amount)| Claim { debtor, guarantor, amount })
			.collect();
		claims.sort_by_key(|claim| (claim.debtor, claim.guarantor));
		Self { claims }
	}
}

impl Answer for Claims {
	fn print(&self) {
		if self.claims.is_empty() {
			println!("No guarantor has a claim here.");
			return;
		}
		let mut table = table(&["debtor", "guarantor", "EUR"], 2);
		for Claim { debtor, guarantor, amount } in &self.claims {
			table.add_row([debtor.to_string(), guarantor.to_string(), money(*amount)]);
		}
		println!("{table}");
		println!("`busbar security repay` pays them, once nothing is owed to the mutual fund.");
	}
}

pub async fn show(whose: Whose, global: &Global) -> Result<()> {
	let view = open(global).await?;
	let participant = whose.id(global, &view).await?;
	tell(global, &Claims::of(participant, view.chain.claims(view.at).await?))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_participant_sees_what_it_is_owed_and_what_it_owes_and_nothing_of_others() {
		let [home, shop, other] = [1, 2, 3].map(|name| ParticipantId([name; 16]));
		let all = vec![((other, home), 5), ((shop, other), 6), ((home, shop), 7)];
		let claim = |debtor, guarantor, amount| Claim { debtor, guarantor, amount };
		assert_eq!(Claims::of(home, all.clone()).claims, [claim(home, shop, 7), claim(other, home, 5)]);
		assert_eq!(Claims::of(ParticipantId([4; 16]), all).claims, []);
	}
}
