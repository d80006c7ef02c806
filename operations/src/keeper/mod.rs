//! What a keeper does: it collects an interval's debits, draws on what secures those who are short, pays the credits, and
//! settles what newer readings change. Anyone may: the chain takes a batch once and in any order.
//!
//! A dispute that holds a point back is not the keeper's to rule on, but to close when nobody did in time: then the standing
//! reading prevails.
//!
//! What debtors repay waits for who bore the loss until somebody asks for it; a keeper that follows the chain does, whoever's it is.

mod recover;
mod work;

use anyhow::{bail, Context, Result};
use busbar_client::{sign::Signer, storage, submit::Submitter, RuntimeCall};
use busbar_primitives::{api::Status, Interval, Moment, Phase};
use futures::future::try_join_all;
use sp_core::H256;
use std::collections::BTreeMap;

pub use recover::{due, Due, Repaid};
use work::Work;
pub use work::{Kind, Later};

/// How often a batch is tried that another keeper or a reorganisation may have been faster with.
const ATTEMPTS: u32 = 8;

/// What was done for one interval.
#[derive(Clone, Debug, Default)]
pub struct Done {
	/// Transactions of this keeper that succeeded.
	pub transactions: u32,
	/// The block in which it last paid credits.
	pub paid: Option<H256>,
	points: BTreeMap<Kind, usize>,
}

impl Done {
	/// How many points something was done for.
	pub fn count(&self, kind: Kind) -> usize {
		self.points.get(&kind).copied().unwrap_or(0)
	}

	fn add(&mut self, kind: Kind, points: usize, block: H256) {
		if kind == Kind::Credit {
			self.paid = Some(block);
		}
		self.transactions = self.transactions.saturating_add(1);
		let count = self.points.entry(kind).or_default();
		*count = count.saturating_add(points);
	}
}

/// Where an interval stands after all that there was to do for it.
#[derive(Clone, Debug)]
pub struct Settled {
	/// What the chain says of it.
	pub status: Status,
	/// What this keeper did.
	pub done: Done,
	/// When there will be more to do; `None` when it is final.
	pub later: Option<Later>,
}

/// What a keeper that follows the chain tells.
#[derive(Debug)]
pub struct Told {
	/// The interval.
	pub interval: Interval,
	/// What was tried; `None`: to pay what came back of losses.
	pub kind: Option<Kind>,
	/// For how many points, or who else bore a loss.
	pub points: usize,
	/// Why it failed, if it did; it is tried again.
	pub failure: Option<anyhow::Error>,
}

/// A keeper.
#[derive(Clone)]
pub struct Keeper {
	/// Who signs.
	pub signer: Signer,
	/// The chain.
	pub submitter: Submitter,
}

impl Keeper {
	/// Does all that there is to do for an interval now.
	///
	/// # Errors
	/// If the interval has not opened or is pruned, the node fails, or a batch fails.
	pub async fn settle(&self, interval: Interval) -> Result<Settled> {
		let mut done = Done::default();
		loop {
			let (status, work) = self.look(interval).await?;
			let later = match work {
				Work::Call(batch) => {
					match self.run(interval, batch.kind.call(interval, &batch.points)).await {
						Ok(block) => done.add(batch.kind, batch.points.len(), block),
						// A run whose readings came early has become due meanwhile.
						Err(_) if matches!(self.look(interval).await?, (_, Work::Turn(_))) => {},
						Err(error) => return Err(error),
					}
					continue;
				},
				Work::Turn(from) => {
					self.submitter.wait(|tip| tip.clock.now >= from).await?;
					continue;
				},
				Work::Later(later) => Some(later),
				Work::Over => None,
			};
			return Ok(Settled { status, done, later });
		}
	}

	/// Settles an interval and waits until it is settled in a finalised block, for readings too.
	///
	/// # Errors
	/// If the interval is pruned, the node fails, or a batch fails again and again.
	pub async fn until_settled(&self, interval: Interval) -> Result<Done> {
		let (mut done, mut failed) = (Done::default(), 0);
		loop {
			let tip = self.submitter.best();
			let (status, work) = self.look(interval).await?;
			if status.statement_root.is_some() {
				// What stands in the best block now is final a few blocks later, or was undone.
				let (_, at) = self.submitter.wait_finalised(tip.number).await?;
				let status = self.submitter.chain().status(at, interval).await?;
				if status.is_some_and(|status| matches!(status.phase, Phase::Settled | Phase::Final)) {
					return Ok(done);
				}
				continue;
			}
			let until = match work {
				Work::Call(batch) => match self.run(interval, batch.kind.call(interval, &batch.points)).await {
					Ok(block) => {
						done.add(batch.kind, batch.points.len(), block);
						failed = 0;
						continue;
					},
					Err(error) if failed >= ATTEMPTS => return Err(error),
					Err(_) => {
						failed = failed.saturating_add(1);
						tip.clock.now.saturating_add(work::look_again(&tip.clock))
					},
				},
				Work::Turn(from) => from,
				Work::Later(later) => later.again,
				Work::Over => bail!("interval {interval} is final without a statement root"),
			};
			self.submitter.wait(|newer| newer.clock.now >= until && newer.number > tip.number).await?;
		}
	}

	/// Settles every interval, whenever there is something to do, and tells what it does. It ends with an error only.
	///
	/// # Errors
	/// If the node fails.
	pub async fn follow(&self, tell: impl Fn(Told)) -> Result<()> {
		// Chain time before which there is nothing to look for.
		let mut later: BTreeMap<Interval, Moment> =
			self.unfinished().await?.into_iter().map(|interval| (interval, 0)).collect();
		let mut next = self.submitter.best().clock.current;
		loop {
			let tip = self.submitter.best();
			if next <= tip.clock.current {
				// Once in an interval: what came back waits for nobody else, and is paid at the latest when it is pruned.
				self.recover_all(&tell).await?;
			}
			later.extend((next..=tip.clock.current).map(|interval| (interval, 0)));
			next = next.max(tip.clock.current.saturating_add(1));
			let due: Vec<_> =
				later.iter().filter(|(_, until)| **until <= tip.clock.now).map(|(interval, _)| *interval).collect();
			let tell = &tell;
			let work =
				due.into_iter().map(|interval| async move { anyhow::Ok((interval, self.work(interval, tell).await?)) });
			for (interval, until) in try_join_all(work).await? {
				match until {
					Some(until) => later.insert(interval, until),
					None => later.remove(&interval),
				};
			}
			self.submitter.wait(|newer| newer.number > tip.number).await?;
		}
	}

	/// Intervals of the past that are neither final nor pruned.
	async fn unfinished(&self) -> Result<Vec<Interval>> {
		let (tip, chain) = (self.submitter.best(), self.submitter.chain());
		let first = chain.read(tip.hash, &storage::market::NEXT_TO_PRUNE, ()).await?.unwrap_or(0);
		let mut unfinished = Vec::new();
		for interval in first..tip.clock.current {
			// One that never opened has no status.
			let status = chain.status(tip.hash, interval).await?;
			if status.is_some_and(|status| status.phase != Phase::Final) {
				unfinished.push(interval);
			}
		}
		Ok(unfinished)
	}

	/// Does what there is to do for an interval, and says when to look again; `None` when it is final.
	async fn work(&self, interval: Interval, tell: &impl Fn(Told)) -> Result<Option<Moment>> {
		loop {
			let tip = self.submitter.best();
			let Some(status) = self.submitter.chain().status(tip.hash, interval).await? else { return Ok(None) };
			let batch = match work::next(self.submitter.chain(), tip.hash, &tip.clock, &status).await? {
				Work::Call(batch) => batch,
				Work::Turn(from) => return Ok(Some(from)),
				Work::Later(later) => return Ok(Some(later.again)),
				Work::Over => return Ok(None),
			};
			let (kind, points) = (batch.kind, batch.points.len());
			let failure = self.run(interval, kind.call(interval, &batch.points)).await.err();
			let failed = failure.is_some();
			tell(Told { interval, kind: Some(kind), points, failure });
			if failed {
				// Another keeper may have been faster, or a reading was contested meanwhile.
				return Ok(Some(tip.clock.now.saturating_add(work::look_again(&tip.clock))));
			}
		}
	}

	/// An interval at the best block, and what there is to do for it.
	async fn look(&self, interval: Interval) -> Result<(Status, Work)> {
		let tip = self.submitter.best();
		let status = self.submitter.chain().status(tip.hash, interval).await?;
		let status = status.with_context(|| format!("interval {interval} has not opened, or is pruned"))?;
		let work = work::next(self.submitter.chain(), tip.hash, &tip.clock, &status).await?;
		Ok((status, work))
	}

	/// Submits a call, and gives the block that it is in.
	async fn run(&self, interval: Interval, call: RuntimeCall) -> Result<H256> {
		let sent = self.submitter.submit(&self.signer, call).await?;
		let included = sent.included().await?.success();
		let included = included.with_context(|| format!("interval {interval} is not settled"))?;
		// What is read next is read after it.
		self.submitter.wait(|tip| tip.number >= included.block.0).await?;
		Ok(included.block.1)
	}
}
