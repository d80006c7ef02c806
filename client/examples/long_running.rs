//! A program that runs for long: it follows finalised blocks, trades in every interval, and submits what it is told to.
//! `tests/upgrade.mjs` lets it run over an upgrade of the chain.
//!
//!     long_running URL BUYER POINT SELLER POINT REMARKER
//!
//! Accounts are secret URIs. It tells what happens as JSON, one object a line. On its input, `remarks N MS`
//! submits so many, one every so many ms, and `issued N` reads at block N what was issued, as an item of storage and through the runtime's function.

use busbar_client::{
	follow::Finalised, frame_system, hex_of, pallet_market, sign::Signer, storage, submit::Submitter, Chain,
	RuntimeCall,
};
use busbar_primitives::{Interval, PointId, Side, Step};
use serde_json::{json, Value};
use std::{collections::BTreeSet, error::Error, io::BufRead, time::Duration};
use tokio::sync::mpsc;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is ordered in every interval, in Wh, and its limits in nEUR/Wh, so far apart that it trades.
const WH: u64 = 10;
const BID: i64 = 300_000;
const OFFER: i64 = 100_000;

struct Trader {
	signer: Signer,
	point: PointId,
	step: Step,
}

fn tell(value: &Value) {
	println!("{value}");
}

#[tokio::main]
async fn main() -> Result<()> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [url, buyer, buys_at, seller, sells_at, remarker] = &arguments[..] else {
		return Err("long_running URL BUYER POINT SELLER POINT REMARKER".into());
	};
	let submitter = Submitter::start(Chain::connect(url).await?).await?;
	let trader = |suri: &str, point: &str, side, price| -> Result<Trader> {
		Ok(Trader { signer: Signer::from_suri(suri)?, point: point.parse()?, step: Step { side, price, wh: WH } })
	};
	let traders = [trader(buyer, buys_at, Side::Buy, BID)?, trader(seller, sells_at, Side::Sell, OFFER)?];
	let remarker = Signer::from_suri(remarker)?;
	tokio::try_join!(follow(submitter.chain().clone()), trade(&submitter, &traders), obey(&submitter, &remarker),)?;
	Ok(())
}

/// Tells every finalised block, each once and in its order.
async fn follow(chain: Chain) -> Result<()> {
	let mut blocks = Finalised::start(chain.clone(), None).await?;
	loop {
		let (number, hash) = blocks.next().await?;
		let (version, events) = (chain.version_after(hash).await?, chain.events(hash).await?);
		let unread: BTreeSet<String> = events.unread.iter().map(ToString::to_string).collect();
		tell(&json!({
			"block": number, "hash": hash, "spec_version": version.spec_version,
			"known": chain.runtime().version().spec_version, "events": events.records.len(), "unread": unread,
		}));
	}
}

/// Places an order of each trader in each interval that opens.
async fn trade(submitter: &Submitter, traders: &[Trader]) -> Result<()> {
	let mut last: Interval = submitter.best().clock.first_unopened.saturating_sub(1);
	loop {
		let tip = submitter.wait(|tip| tip.clock.first_unopened > last.saturating_add(1)).await?;
		last = tip.clock.first_unopened.saturating_sub(1);
		for Trader { signer, point, step } in traders {
			let (interval, point) = (last, *point);
			let steps = vec![*step];
			let call = pallet_market::Call::place { interval, product: 0, point, steps };
			let sent = submitter.submit(signer, RuntimeCall::Market(call)).await;
			tokio::spawn(async move {
				let placed = match sent {
					Ok(sent) => sent.finalised().await.and_then(busbar_client::submit::Outcome::success),
					Err(error) => Err(error),
				};
				tell(&match placed {
					Ok(outcome) => json!({ "order": interval, "point": point, "block": outcome.block.0 }),
					Err(error) => json!({ "order": interval, "point": point, "failure": error.to_string() }),
				});
			});
		}
	}
}

/// Does what it is told on the input, until that ends.
async fn obey(submitter: &Submitter, remarker: &Signer) -> Result<()> {
	let (lines, mut commands) = mpsc::channel(8);
	std::thread::spawn(move || {
		std::io::stdin().lock().lines().map_while(std::io::Result::ok).all(|line| lines.blocking_send(line).is_ok())
	});
	while let Some(line) = commands.recv().await {
		match line.split_once(' ') {
			Some(("remarks", what)) => {
				let (count, pause) = what.split_once(' ').ok_or("remarks N MS")?;
				remark(submitter, remarker, count.parse()?, Duration::from_millis(pause.parse()?)).await?;
			},
			Some(("issued", number)) => issued(submitter.chain(), number.parse()?).await?,
			_ => return Err(format!("`{line}` is no command").into()),
		}
	}
	// What runs beside goes on.
	std::future::pending().await
}

/// Submits remarks of one account, one after each pause, and tells what becomes of each.
async fn remark(submitter: &Submitter, signer: &Signer, count: u32, pause: Duration) -> Result<()> {
	for index in 0..count {
		let remark = format!("remark {index}").into_bytes();
		let call = RuntimeCall::System(frame_system::Call::remark { remark });
		let sent = submitter.submit(signer, call).await?;
		tokio::spawn(async move {
			let hash = sent.hash;
			tell(&match sent.finalised().await {
				Ok(outcome) => {
					json!({ "remark": index, "hash": hash, "block": outcome.block.0, "ok": outcome.error.is_none() })
				},
				Err(error) => json!({ "remark": index, "hash": hash, "failure": error.to_string() }),
			});
		});
		tokio::time::sleep(pause).await;
	}
	tell(&json!({ "submitted": count }));
	Ok(())
}

/// Reads what was issued, in both ways.
async fn issued(chain: &Chain, number: u32) -> Result<()> {
	let at = chain.block_hash(number).await?.ok_or("there is no such block")?;
	let item = match chain.read(at, &storage::issuance::ISSUED, ()).await {
		Ok(value) => json!(value.map(|value| value.to_string())),
		Err(error) => json!({ "failure": error.to_string() }),
	};
	let function = chain.conservation(at, 0).await?.issued;
	tell(&json!({ "issued": function.to_string(), "item": item, "at": number, "hash": hex_of(at.as_bytes()) }));
	Ok(())
}
