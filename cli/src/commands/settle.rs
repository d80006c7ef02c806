//! `busbar settle`: what a keeper does.

use super::{print_json, signer, submitter};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_operations::keeper::{Keeper, Kind, Later, Settled, Told};
use busbar_primitives::{api::Status, Interval};
use clap::Args;
use serde_json::json;

/// Settle an interval: collect its debits, draw on what secures those who are short, pay its credits, and so again for each
/// later run that is due; a run waits until what is due before it, of other intervals, is done or late. Or do so for every
/// interval, for ever
#[derive(Args)]
pub struct Settle {
	/// Delivery interval
	#[arg(long, required_unless_present = "follow", conflicts_with = "follow")]
	interval: Option<Interval>,
	/// Go on with every interval as it is delivered, read and corrected, until the program is stopped
	#[arg(long)]
	follow: bool,
}

impl Settle {
	pub async fn run(self, global: &Global) -> Result<()> {
		let keeper = Keeper { signer: signer(global)?, submitter: submitter(global).await? };
		match self.interval {
			Some(interval) => report(global, &keeper.settle(interval).await?),
			None => keeper.follow(|told| tell(global.json, &told)).await,
		}
	}
}

fn tell(json: bool, told: &Told) {
	let Told { interval, kind, points, failure } = told;
	if json {
		let failure = failure.as_ref().map(|failure| format!("{failure:#}"));
		let kind = kind.map_or_else(|| json!("recover"), |kind| json!(kind));
		println!("{}", json!({ "interval": interval, "kind": kind, "points": points, "failure": failure }));
	} else if let Some(failure) = failure {
		eprintln!("warning: interval {interval}: {failure:#}");
	} else {
		match kind {
			Some(kind) => println!("Interval {interval}: {points} points {}.", kind.done()),
			None => println!("Interval {interval}: what came back of losses is paid to {points} who bore them."),
		}
	}
}

fn report(global: &Global, settled: &Settled) -> Result<()> {
	let Settled { status, done, later } = settled;
	let Status { interval, phase, statement_root, run, .. } = *status;
	let [debited, drawn, credited, corrected, closed] =
		[Kind::Debit, Kind::Draw, Kind::Credit, Kind::Correct, Kind::Close].map(|kind| done.count(kind));
	let waiting = later.filter(|_| statement_root.is_none());
	if global.json {
		print_json(&json!({
			"interval": interval, "phase": phase, "run": run, "statement_root": statement_root,
			"debited": debited, "drawn": drawn, "credited": credited, "corrected": corrected, "closed": closed,
			"transactions": done.transactions,
			"waiting": waiting.map(|later| later.waiting), "until": waiting.map(|later| later.until),
			"again": waiting.map(|later| later.again),
		}))?;
		return if waiting.is_some() { Err(Failure::Silent(1).into()) } else { Ok(()) };
	}
	println!("Interval {interval}: {debited} points debited, {credited} credited, {corrected} corrected.");
	if closed > 0 {
		println!("{closed} disputes were closed, because nobody ruled on them in time.");
	}
	if drawn > 0 {
		println!("What secures {drawn} points was drawn on, because their payers were short.");
	}
	if let Some(root) = statement_root {
		println!("It is {phase:?}; its statement root is {root:?}.");
	}
	if let Some(Later { until, waiting, .. }) = waiting {
		let message = match waiting {
			0 => format!("interval {interval} can be settled from chain time {until} ms on"),
			points => format!(
				"{points} points of interval {interval} have no reading yet; they settle on one, or on estimates from \
				 chain time {until} ms on"
			),
		};
		return Err(Failure::failed(message).into());
	}
	Ok(())
}
