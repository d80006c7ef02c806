//! One interval from its orders to its settled statement. Every interval is a task of its own, so that the settlement of
//! one never delays the orders of the next.

use super::{
	forecast::{forecast, salt},
	world::World,
};
use crate::{
	cleared::Cleared,
	gridmodel::{DataSet, Kind, Plan, UTILITY_BUYS, UTILITY_SELLS},
	keeper::Keeper,
	operator::{
		self,
		readings::{Counted, Dataset},
	},
};
use anyhow::{bail, Context as _, Result};
use busbar_client::{
	pallet_market,
	sign::Signer,
	submit::{Sent, Submitter, Tip},
};
use busbar_primitives::{
	api::StatementLine, energy, Interval, Link, Moment, Phase, PointId, ProductId, Side, Step, Wh, ZoneId,
};
use busbar_store::client::Client;
use std::sync::Arc;
use tokio::{sync::Semaphore, task::JoinSet};

/// What is traded: the devnet's one product.
const PRODUCT: ProductId = 0;
/// Submissions under way at one time.
const PARALLEL: usize = 32;

/// What all intervals share.
pub struct Context {
	pub submitter: Submitter,
	pub data: DataSet,
	/// Row of the profile with which the run begins.
	pub first: usize,
	pub plan: Plan,
	pub world: World,
	pub seed: u64,
	/// The link that the grid operator tightens, if it does.
	pub congestion: Option<(ZoneId, Link)>,
	/// The member whose meter nobody reads, if there is one.
	pub silent: Option<usize>,
	/// Highest price of an order, in nEUR/Wh.
	pub price_cap: i64,
	/// Time from gate closure to delivery, in ms.
	pub gate_lead: Moment,
	pub interval_s: u32,
	pub permits: Arc<Semaphore>,
	/// Where the meter operator keeps its datasets, if anywhere.
	pub store: Option<Client>,
}

/// What became of an interval.
#[derive(Clone, Debug)]
pub struct Record {
	/// Row of the profile.
	pub quarter: usize,
	pub cleared: Cleared,
	pub lines: Vec<StatementLine>,
	pub orders_submitted: u32,
	pub orders_accepted: u32,
	/// Transactions of the interval that stand in finalised blocks.
	pub transactions: u64,
	/// Orders that were refused or failed, and why.
	pub refusals: Vec<String>,
	/// Chain time from the end of delivery to the block that paid its sellers, in ms; `None` if another keeper's did.
	pub paid_ms: Option<Moment>,
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
		Some(link) => Some(operator::publish(submitter, &context.world.operators.dso, interval, vec![link]).await?),
	};
	let orders = place(&context, quarter, interval).await;
	let status = submitter.chain().status(tip.hash, interval).await?.context("the session has not opened")?;
	let terms = status.terms;

	let tip = submitter.wait(|tip| tip.clock.now >= terms.delivery_end).await?;
	if submitter.chain().status(tip.hash, interval).await?.and_then(|status| status.outcome).is_none() {
		// Gate work continues over blocks where it does not fit into one.
		cleared(&context, interval).await?;
	}
	let mut transactions = attest(&context, quarter, interval).await?;
	let keeper = Keeper { signer: context.world.operators.agent_a.clone(), submitter: submitter.clone() };
	let done = keeper.until_settled(interval).await?;
	transactions += u64::from(done.transactions);
	let paid = match done.paid {
		Some(block) => Some(submitter.chain().clock(block).await?.now),
		None => None,
	};

	let mut record = Record {
		quarter,
		cleared: Cleared::load(submitter.chain(), submitter.finalised().1, interval, PRODUCT).await?,
		lines: submitter.chain().lines(submitter.finalised().1, interval).await?,
		orders_submitted: orders.submitted,
		orders_accepted: 0,
		transactions,
		refusals: orders.refusals,
		paid_ms: paid.map(|paid| paid.saturating_sub(terms.delivery_end)),
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
			let call = pallet_market::Call::place { interval, product: PRODUCT, point, steps };
			(point, context.submitter.submit(&signer, call).await)
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
	let (world, chain) = (&context.world, context.submitter.chain());
	let read = world.members.iter().enumerate().filter(|(index, _)| Some(*index) != context.silent);
	let counted = read.map(|(index, member)| {
		let wh = context.truth(quarter, index);
		let (import, export) = match member.kind {
			Kind::Load => (wh, 0),
			Kind::Pv => (0, wh),
		};
		let point = world.points[index];
		let salt = salt(context.seed, point as usize, quarter);
		Counted { meter: world.meters[index], device: member.device(), point, import, export, salt }
	});
	let operator = &world.operators.meter_operator;
	let id = chain
		.participant(context.submitter.finalised().1, operator.account())
		.await?
		.context("//MeterOperator is no participant")?
		.id;
	let dataset = Dataset::new(interval, id, chain.genesis(), counted)?;
	operator::readings::attest(&context.submitter, operator, context.store.as_ref(), &dataset).await
}
