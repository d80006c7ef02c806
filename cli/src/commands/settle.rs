//! `busbar settle`: what a keeper does. Anyone may: the chain takes a batch once and in any order.

use super::{print_json, signer, submitter};
use crate::{chain::submit::Submitter, failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_primitives::{api::Status, Interval, Phase, PointId};
use busbar_runtime::{
	pallet_metering::{Dispute, Proven},
	pallet_settlement::{self, bill::plausible_net, Statement},
	AccountId, Runtime, RuntimeCall,
};
use clap::Args;
use frame_support::BoundedVec;
use serde_json::json;
use sp_core::{Get, H256};
use std::collections::BTreeMap;

type Points = BoundedVec<PointId, <Runtime as pallet_settlement::Config>::MaxPoints>;

/// Settle an interval: collect its debits, draw on what secures those who are short, pay its credits, and settle what newer
/// readings change
#[derive(Args)]
pub struct Settle {
	/// Delivery interval
	#[arg(long)]
	interval: Interval,
}

/// What a run did.
#[derive(Default)]
struct Done {
	transactions: u32,
	debited: usize,
	drawn: usize,
	credited: usize,
	corrected: usize,
}

impl Settle {
	pub async fn run(self, global: &Global) -> Result<()> {
		let (signer, submitter, interval) = (signer(global)?, submitter(global).await?, self.interval);
		let mut done = Done::default();
		loop {
			let at = submitter.best().hash;
			let status = submitter.chain().status(at, interval).await?;
			let status = status.with_context(|| format!("interval {interval} has not opened, or is pruned"))?;
			let points = status.outcome.as_ref().map(|outcome| outcome.points);
			let points = points.with_context(|| format!("the market of interval {interval} has not ended"))?;
			let (batch, count) = match status.phase {
				Phase::Settled => (newer(&submitter, at, interval).await?, &mut done.corrected),
				Phase::Final => break report(global, interval, &status, &done),
				Phase::Draws => {
					let short = submitter.chain().points_to_draw(at, interval).await?;
					(batch(short.into_iter())?, &mut done.drawn)
				},
				Phase::Credits => (open(&submitter, at, interval, points, true).await?, &mut done.credited),
				_ => (open(&submitter, at, interval, points, false).await?, &mut done.debited),
			};
			if status.phase == Phase::Settled && batch.is_empty() {
				break report(global, interval, &status, &done);
			}
			*count = count.saturating_add(batch.len());
			done.transactions = done.transactions.saturating_add(1);
			let call = call(status.phase, interval, batch);
			let before = submitter.best().number;
			submitter.run(&signer, RuntimeCall::Settlement(call)).await?;
			submitter.wait(|tip| tip.number > before).await?;
		}
	}
}

fn call(phase: Phase, interval: Interval, points: Points) -> pallet_settlement::Call<Runtime> {
	match phase {
		Phase::Settled => pallet_settlement::Call::correct { interval, points },
		Phase::Draws => pallet_settlement::Call::draw { interval, points },
		Phase::Credits => pallet_settlement::Call::credit { interval, points },
		_ => pallet_settlement::Call::debit { interval, points },
	}
}

/// As many points as one transaction takes.
fn batch(points: impl Iterator<Item = PointId>) -> Result<Points> {
	let most = <<Runtime as pallet_settlement::Config>::MaxPoints as Get<u32>>::get() as usize;
	let batch: Vec<_> = points.take(most).collect();
	batch.try_into().map_err(|_| Failure::failed("a batch is within its bound; qed").into())
}

/// Statements of an interval's points that are through the debit phase.
async fn statements(submitter: &Submitter, at: H256, interval: Interval) -> Result<BTreeMap<PointId, Statement>> {
	submitter.chain().of_interval(at, "Settlement", "Statements", interval).await
}

/// Points that are not through the debit phase, or the credit phase.
async fn open(submitter: &Submitter, at: H256, interval: Interval, points: PointId, debited: bool) -> Result<Points> {
	let statements = statements(submitter, at, interval).await?;
	batch((0..points).filter(|point| match statements.get(point) {
		Some(statement) => debited && !statement.credited,
		None => !debited,
	}))
}

/// Points whose newest reading is not the one that was settled, and that nobody disputes.
async fn newer(submitter: &Submitter, at: H256, interval: Interval) -> Result<Points> {
	let (chain, statements) = (submitter.chain(), statements(submitter, at, interval).await?);
	let readings: BTreeMap<PointId, Proven> = chain.of_interval(at, "Metering", "Readings", interval).await?;
	let disputes: BTreeMap<PointId, Dispute<AccountId>> =
		chain.of_interval(at, "Metering", "Disputes", interval).await?;
	batch(statements.iter().filter_map(|(point, statement)| {
		let bounded = statement.corrections < pallet_settlement::MAX_CORRECTIONS && statement.outturn.is_some();
		let newer = readings
			.get(point)
			.is_some_and(|proven| proven.version != statement.reading && plausible_net(&proven.metered()).is_some());
		(bounded && newer && !disputes.contains_key(point)).then_some(*point)
	}))
}

fn report(global: &Global, interval: Interval, status: &Status, done: &Done) -> Result<()> {
	let Done { transactions, debited, drawn, credited, corrected } = *done;
	if global.json {
		return print_json(&json!({
			"interval": interval, "phase": status.phase, "statement_root": status.statement_root,
			"debited": debited, "drawn": drawn, "credited": credited, "corrected": corrected,
			"transactions": transactions,
		}));
	}
	println!("Interval {interval}: {debited} points debited, {credited} credited, {corrected} corrected.");
	if drawn > 0 {
		println!("What secures {drawn} points was drawn on, because their payers were short.");
	}
	if let Some(root) = status.statement_root {
		println!("It is {:?}; its statement root is {root:?}.", status.phase);
	}
	Ok(())
}
