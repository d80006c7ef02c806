//! `busbar security balancing` and its like: what balance-responsible parties stand in with for imbalances that others do not pay.

use super::{money, tell, Answer, Leaving, Whose};
use crate::{
	commands::{execute::execute, open, View},
	failure::Failure,
	Global,
};
use anyhow::Result;
use busbar_client::{pallet_securities::Call, RuntimeCall};
use busbar_primitives::{Balance, ParticipantId};
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub struct Post {
	/// How much more, in nEUR (10^9 nEUR = 1 EUR)
	#[arg(long, value_name = "NEUR")]
	amount: Balance,
}

#[derive(Args)]
pub struct GiveNotice {
	#[command(flatten)]
	whose: Whose,
	/// How much shall be returned, in nEUR; another notice replaces this one [default: all]
	#[arg(long, value_name = "NEUR")]
	amount: Option<Balance>,
}

/// What a balance-responsible party posted.
#[derive(Serialize)]
struct Posted {
	participant: ParticipantId,
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	amount: Balance,
	leaving: Option<Leaving>,
	/// What it earned with imbalances on the best of the days that are kept, in nEUR. Of the last thirty three times that must stay.
	#[serde(with = "busbar_primitives::decimal")]
	best_day: Balance,
}

impl Posted {
	async fn read(view: &View, participant: ParticipantId) -> Result<Self> {
		let Some(posted) = view.chain.balancing(view.at, participant).await? else {
			return Ok(Self { participant, amount: 0, leaving: None, best_day: 0 });
		};
		let leaving = Leaving::read(view, posted.amount, posted.leaving).await?;
		let best_day = posted.earned.iter().map(|(_, sum)| *sum).max().unwrap_or(0);
		Ok(Self { participant, amount: posted.amount, leaving, best_day })
	}
}

impl Answer for Posted {
	fn print(&self) {
		println!("Balance-responsible party {}", self.participant);
		println!("{:<28}{} EUR", "Posted", money(self.amount));
		if let Some(Leaving { amount, last, is_final }) = &self.leaving {
			let state = if *is_final { "may be released" } else { "not final yet" };
			println!("{:<28}{} EUR, secures intervals up to {last} ({state})", "Of that leaves", money(*amount));
		}
		println!("{:<28}{} EUR", "Earned on the best day", money(self.best_day));
	}
}

pub async fn show(whose: Whose, global: &Global) -> Result<()> {
	let view = open(global).await?;
	let participant = whose.id(global, &view).await?;
	tell(global, &Posted::read(&view, participant).await?)
}

impl Post {
	pub async fn run(self, global: &Global) -> Result<()> {
		let participant = Whose::default().id(global, &open(global).await?).await?;
		change(global, participant, Call::deposit_balancing { amount: self.amount }).await
	}
}

impl GiveNotice {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let participant = self.whose.id(global, &view).await?;
		let amount = match self.amount {
			Some(amount) => amount,
			None => {
				let posted = view.chain.balancing(view.at, participant).await?.map_or(0, |posted| posted.amount);
				let message = || Failure::failed(format!("{participant} has posted nothing for imbalances"));
				Some(posted).filter(|posted| *posted > 0).ok_or_else(message)?
			},
		};
		change(global, participant, Call::give_notice_balancing { participant, amount }).await
	}
}

pub async fn release(whose: Whose, global: &Global) -> Result<()> {
	let participant = whose.id(global, &open(global).await?).await?;
	change(global, participant, Call::release_balancing { participant }).await
}

/// Runs a call and tells what is posted then.
async fn change(global: &Global, participant: ParticipantId, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Securities(call)).await?;
	done.tell(global, &Posted::read(&done.view, participant).await?)
}
