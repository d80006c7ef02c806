//! One interval from its orders to its settled statement. Every interval is a task of its own, so that the settlement of
//! one never delays the orders of the next.

use super::{
	data::{DataSet, Kind},
	forecast::forecast,
	meter::{Counted, Dataset},
	plan::{Plan, UTILITY_BUYS, UTILITY_SELLS},
	progress::Progress,
	world::World,
};
use crate::commands::export::Cleared;
use anyhow::{bail, Context as _, Result};
use busbar_client::{
	constants, pallet_grid, pallet_market, pallet_settlement,
	sign::Signer,
	submit::{Sent, Submitter, Tip},
	RuntimeCall,
};
use busbar_primitives::{
	api::StatementLine, energy, Interval, Link, Moment, Phase, PointId, ProductId, Side, Step, Terms, Wh, ZoneId,
};
use busbar_store::{client::Client, meta::Class};
use std::sync::Arc;
use tokio::{sync::Semaphore, task::JoinSet};

/// What is traded: the devnet's one product.
const PRODUCT: ProductId = 0;
/// Submissions under way at one time.
const PARALLEL: usize = 32;
/// How often a step of settlement is tried again, when a reorganisation put transactions in another order.
const ATTEMPTS: usize = 5;

/// What all intervals share.
pub struct Context {
	pub submitter: Submitter,
	pub data: DataSet,
	pub plan: Plan,
	pub world: World,
	pub seed: u64,
	/// The link that the grid operator tightens, if it does.
	pub congestion: Option<(ZoneId, Link)>,
	/// Highest price of an order, in nEUR/Wh.
	pub price_cap: i64,
	/// Time from gate closure to delivery, in ms.
	pub gate_lead: Moment,
	pub interval_s: u32,
	pub permits: Arc<Semaphore>,
	/// Where the meter operator keeps its datasets, if anywhere.
	pub store: Option<Client>,
	pub progress: Progress,
}

/// What became of an interval.
#[derive(Clone, Debug)]
pub struct Record {
	/// Quarter hour of the day.
	pub quarter: usize,
	pub cleared: Cleared,
	pub lines: Vec<StatementLine>,
	pub orders_submitted: u32,
	pub orders_accepted: u32,
	/// Transactions of the interval that stand in finalised blocks.
	pub transactions: u64,
	/// Orders that were refused or failed, and why.
	pub refusals: Vec<String>,
}

impl Record {
	pub fn settled(&self) -> bool {
		matches!(self.cleared.status.phase, Phase::Settled | Phase::Final)
	}
}

impl Context {
	pub fn permits() -> Arc<Semaphore> {
		Arc::new(Semaphore::new(PARALLEL))
	}

	/// Gate closure of an interval, chain time in ms.
	pub fn gate(&self, tip: &Tip, interval: Interval) -> Moment {
		let clock = &tip.clock;
		let start = clock.epoch.saturating_add(u64::from(interval).saturating_mul(clock_ms(tip)));
		start.saturating_sub(self.gate_lead)
	}

	/// True energy of a member in a quarter hour.
	pub fn truth(&self, quarter: usize, member: usize) -> Wh {
		let row = &self.data.profile[quarter % self.data.profile.len()];
		row[member]
	}

	/// The members' orders for a quarter hour: by connection point, the account that signs, and the steps.
	fn orders(&self, quarter: usize) -> Vec<(PointId, Signer, Vec<Step>)> {
		let mut orders = Vec::new();
		for (index, member) in self.world.members.iter().enumerate() {
			let wh = forecast(self.seed, index, quarter, self.truth(quarter, index));
			let planned = &self.plan.points[index];
			let wh = wh.min(energy(planned.import_w.max(planned.export_w), self.interval_s));
			if wh > 0 {
				let (side, price) = match member.kind {
					Kind::Load => (Side::Buy, self.price_cap),
					Kind::Pv => (Side::Sell, 0),
				};
				orders.push((self.world.points[index], member.signer.clone(), vec![Step { side, price, wh }]));
			}
		}
		let wh = energy(self.plan.coupling_w, self.interval_s);
		let steps = vec![
			Step { side: Side::Buy, price: UTILITY_BUYS, wh },
			Step { side: Side::Sell, price: UTILITY_SELLS, wh },
		];
		orders.push((self.world.coupling, self.world.operators.utility.clone(), steps));
		orders
	}
}

/// Length of an interval in chain time, in ms.
pub fn clock_ms(tip: &Tip) -> Moment {
	u64::from(tip.clock.interval_clock_s).saturating_mul(1_000)
}

/// Trades, meters and settles one interval.
///
/// # Errors
/// If the interval was missed, or a step of its settlement fails for good.
pub async fn interval(context: Arc<Context>, quarter: usize, interval: Interval) -> Result<Record> {
	let result = run(context, quarter, interval).await;
	result.with_context(|| format!("interval {interval} (quarter hour {quarter})"))
}

async fn run(context: Arc<Context>, quarter: usize, interval: Interval) -> Result<Record> {
	let submitter = &context.submitter;
	// Orders go in once the session is open, two intervals before the gate at the earliest.
	let tip = submitter
		.wait(|tip| {
			let early = context.gate(tip, interval).saturating_sub(2 * clock_ms(tip));
			tip.clock.first_unopened > interval && tip.clock.now >= early
		})
		.await?;
	let gate = context.gate(&tip, interval);
	if tip.clock.now >= gate {
		bail!("its gate closed at {gate} ms, before orders could be placed at {} ms", tip.clock.now);
	}
	let publication = match context.congestion {
		None => None,
		Some(link) => {
			let links = vec![link];
			let call = RuntimeCall::Grid(pallet_grid::Call::publish { interval, links });
			Some(submitter.submit(&context.world.operators.dso, call).await?)
		},
	};
	let orders = place(&context, quarter, interval).await;
	let status = submitter.chain().status(tip.hash, interval).await?.context("the session has not opened")?;
	let terms = status.terms;

	let tip = submitter.wait(|tip| tip.clock.now >= terms.delivery_end).await?;
	let tip = match submitter.chain().status(tip.hash, interval).await?.and_then(|status| status.outcome) {
		Some(_) => tip,
		// Gate work continues over blocks where it does not fit into one.
		None => cleared(&context, interval).await?,
	};
	let mut transactions = attest(&context, quarter, interval).await?;
	transactions += settle(&context, interval, &terms, tip).await?;

	let mut record = Record {
		quarter,
		cleared: Cleared::load(submitter.chain(), submitter.finalised().1, interval, PRODUCT).await?,
		lines: submitter.chain().lines(submitter.finalised().1, interval).await?,
		orders_submitted: orders.submitted,
		orders_accepted: 0,
		transactions,
		refusals: orders.refusals,
	};
	if let Some(publication) = publication {
		publication.finalised().await?.success().context("publishing the limit")?;
		record.transactions += 1;
	}
	for (point, sent) in orders.sent {
		match sent.finalised().await.and_then(|outcome| outcome.success()) {
			Ok(_) => record.orders_accepted += 1,
			Err(error) => record.refusals.push(format!("interval {interval}, point {point}: {error:#}")),
		}
		record.transactions += 1;
	}
	Ok(record)
}

#[derive(Default)]
struct Orders {
	submitted: u32,
	sent: Vec<(PointId, Sent)>,
	refusals: Vec<String>,
}

/// Signs and submits all orders of an interval, each as its own transaction.
async fn place(context: &Arc<Context>, quarter: usize, interval: Interval) -> Orders {
	let mut tasks = JoinSet::new();
	for (point, signer, steps) in context.orders(quarter) {
		let context = context.clone();
		tasks.spawn(async move {
			let _permit = context.permits.clone().acquire_owned().await;
			let result = async {
				let call = pallet_market::Call::place { interval, product: PRODUCT, point, steps };
				context.submitter.submit(&signer, RuntimeCall::Market(call)).await
			};
			(point, result.await)
		});
	}
	let mut orders = Orders::default();
	while let Some(result) = tasks.join_next().await {
		let Ok((point, result)) = result else { continue };
		orders.submitted += 1;
		match result {
			Ok(sent) => orders.sent.push((point, sent)),
			Err(error) => orders.refusals.push(format!("interval {interval}, point {point}: {error:#}")),
		}
	}
	orders
}

/// Waits until an interval's market has ended.
async fn cleared(context: &Context, interval: Interval) -> Result<Tip> {
	let mut number = 0;
	loop {
		let tip = context.submitter.wait(|tip| tip.number > number).await?;
		number = tip.number;
		let status = context.submitter.chain().status(tip.hash, interval).await?;
		if status.is_some_and(|status| status.outcome.is_some()) {
			return Ok(tip);
		}
	}
}

/// Attests the interval's true readings and proves them, and waits until all stand in a block.
async fn attest(context: &Context, quarter: usize, interval: Interval) -> Result<u64> {
	let world = &context.world;
	let counted = world.members.iter().enumerate().map(|(index, member)| Counted {
		meter: world.meters[index],
		device: member.device(),
		point: world.points[index],
		kind: member.kind,
		wh: context.truth(quarter, index),
	});
	let operator = &context.world.operators.meter_operator;
	let id = context
		.submitter
		.chain()
		.participant(context.submitter.finalised().1, operator.account())
		.await?
		.context("//MeterOperator is no participant")?
		.id;
	let genesis = context.submitter.chain().genesis();
	let dataset = Dataset::new(context.seed, quarter, interval, id, genesis, counted)?;
	if let Some(store) = &context.store {
		// Before the chain knows its hash, so that whoever reads the chain finds the dataset.
		store.put(Class::Readings, dataset.bytes()).await?;
	}
	let mut calls = vec![dataset.attest()];
	let size = context.submitter.chain().constant(&constants::metering::MAX_READINGS)?.max(1) as usize;
	calls.extend(dataset.prove(size)?);
	in_order(context, operator, calls, &[]).await
}

/// Collects debits and pays credits in batches, and waits until the interval is settled in a finalised block.
async fn settle(context: &Context, interval: Interval, terms: &Terms, tip: Tip) -> Result<u64> {
	let agent = &context.world.operators.agent_a;
	let size = context.submitter.chain().constant(&constants::settlement::MAX_POINTS)?.max(1) as usize;
	let status = context.submitter.chain().status(tip.hash, interval).await?.context("the interval is pruned")?;
	let points = status.outcome.context("the interval has an outcome; qed")?.points;
	let ours = |point: &PointId| *point == context.world.coupling || context.world.points.contains(point);
	let (own, others): (Vec<_>, Vec<_>) = (0..points).partition(ours);
	let debit = |points| RuntimeCall::Settlement(pallet_settlement::Call::debit { interval, points });
	let credit = |points| RuntimeCall::Settlement(pallet_settlement::Call::credit { interval, points });
	// Credits wait where securities must be drawn on first.
	let done = ["AlreadySettled", "DebitsNotDone"];
	let draw = |points| RuntimeCall::Settlement(pallet_settlement::Call::draw { interval, points });
	let mut transactions = 0;
	if !others.is_empty() {
		transactions += in_order(context, agent, batches(size, &own, debit), &done).await?;
		// Points that the demonstration does not meter settle on estimates when the attestation window is over.
		context.submitter.wait(|tip| tip.clock.now >= terms.attestation_end).await?;
		transactions += in_order(context, agent, batches(size, &others, debit), &done).await?;
	}
	let all: Vec<_> = (0..points).collect();
	let mut calls = if others.is_empty() { batches(size, &all, debit) } else { Vec::new() };
	calls.extend(batches(size, &all, credit));
	transactions += in_order(context, agent, calls, &done).await?;
	// What is included now is final a few blocks later.
	let mut number = context.submitter.best().number;
	for _ in 0..ATTEMPTS {
		let (at, hash) = context.submitter.wait_finalised(number).await?;
		let status = context.submitter.chain().status(hash, interval).await?.context("the interval is pruned")?;
		if matches!(status.phase, Phase::Settled | Phase::Final) {
			return Ok(transactions);
		}
		let short = context.submitter.chain().points_to_draw(hash, interval).await?;
		let calls = [batches(size, &all, debit), batches(size, &short, draw), batches(size, &all, credit)].concat();
		transactions += in_order(context, agent, calls, &done).await?;
		number = context.submitter.best().number.max(at.saturating_add(1));
	}
	bail!("it is not settled after {ATTEMPTS} attempts")
}

/// Points in batches of the greatest size that the chain takes.
fn batches(size: usize, points: &[PointId], call: impl Fn(Vec<PointId>) -> RuntimeCall) -> Vec<RuntimeCall> {
	points.chunks(size).map(|points| call(points.to_vec())).collect()
}

/// Submits calls of one account, which take effect in this order, and waits until each stands in a block. A call that
/// fails is tried again, unless its error is one of `done`: then somebody did it already. Returns the number of
/// transactions.
async fn in_order(context: &Context, signer: &Signer, mut calls: Vec<RuntimeCall>, done: &[&str]) -> Result<u64> {
	let mut transactions = 0;
	let mut last = String::new();
	for attempt in 0..ATTEMPTS {
		let mut sent = Vec::new();
		for call in calls.drain(..) {
			sent.push((call.clone(), context.submitter.submit(signer, call).await));
		}
		for (call, sent) in sent {
			let outcome = match sent {
				Ok(sent) => sent.included().await,
				Err(error) => Err(error),
			};
			match outcome {
				Ok(outcome) => {
					transactions += 1;
					match outcome.error {
						None => {},
						Some(error) if done.iter().any(|done| error.to_string().contains(done)) => {},
						Some(error) => {
							last = error.to_string();
							calls.push(call);
						},
					}
				},
				Err(error) => {
					last = format!("{error:#}");
					calls.push(call);
				},
			}
		}
		if calls.is_empty() {
			return Ok(transactions);
		}
		let next = context.submitter.best().number.saturating_add(1 + attempt as u32);
		context.submitter.wait(|tip| tip.number >= next).await?;
	}
	bail!("a transaction of {} failed {ATTEMPTS} times: {last}", signer.account())
}
