//! A cleared interval as a case file and a result file, in the forms that `busbar clear` reads and writes.

use crate::Failure;
use anyhow::{Context, Result};
use busbar_client::Chain;
use busbar_primitives::{
	api::{OrderView, Status, ZonePrice},
	energy, Interval, Outcome, ProductId, ZoneView,
};
use serde_json::{json, Value};
use sp_core::H256;

/// What the chain tells about a cleared session.
#[derive(Clone, Debug)]
pub struct Cleared {
	/// The interval.
	pub interval: Interval,
	/// The session's product.
	pub product: ProductId,
	/// Length that turns power into energy, in s.
	pub interval_s: u32,
	/// Where the interval stands.
	pub status: Status,
	/// The tree.
	pub zones: Vec<ZoneView>,
	/// All orders, in the order of their points.
	pub orders: Vec<OrderView>,
	/// What clearing decided, zone by zone; empty before.
	pub prices: Vec<ZonePrice>,
}

impl Cleared {
	/// Reads a session from the state of a block.
	///
	/// # Errors
	/// If it has not been cleared, failed safe, or is pruned.
	pub async fn read(chain: &Chain, at: H256, interval: Interval, product: ProductId) -> Result<Self> {
		let read = Self::load(chain, at, interval, product).await?;
		match read.outcome() {
			None => {
				let phase = read.status.phase;
				Err(Failure::failed(format!("interval {interval} is not cleared yet ({phase:?})")).into())
			},
			Some(outcome) if !outcome.cleared => {
				Err(Failure::failed(format!("interval {interval} failed safe: it has no result")).into())
			},
			Some(_) => Ok(read),
		}
	}

	/// How the session ended; `None` before that.
	pub fn outcome(&self) -> Option<Outcome> {
		self.status.sessions.get(usize::from(self.product)).and_then(|session| session.outcome)
	}

	/// Reads a session as far as it has come.
	///
	/// # Errors
	/// If its interval has not opened or is pruned, or has no such product.
	pub async fn load(chain: &Chain, at: H256, interval: Interval, product: ProductId) -> Result<Self> {
		let (clock, status) = tokio::try_join!(chain.clock(at), chain.status(at, interval))?;
		let status = status.ok_or_else(|| {
			let now = clock.current;
			Failure::failed(format!("interval {interval} has not opened or is pruned; the one in delivery is {now}"))
		})?;
		if usize::from(product) >= status.sessions.len() {
			return Err(Failure::input(format!("interval {interval} has no product {product}")).into());
		}
		let session = (interval, product);
		let (zones, orders, prices) =
			tokio::try_join!(chain.zones(at, interval), chain.orders(at, session), chain.prices(at, session))?;
		Ok(Self { interval, product, interval_s: clock.interval_s, status, zones, orders, prices })
	}

	/// The case: zones with the capacity in Wh that earlier sessions left, and orders in the order of their arrival, named
	/// by their connection points.
	pub fn case(&self) -> Value {
		let zones: Vec<_> = self
			.zones
			.iter()
			.map(|zone| {
				let Some(parent) = zone.parent else { return json!({ "id": zone.id, "parent": null }) };
				let limit = |power: Option<u64>| power.map(|power| energy(power, self.interval_s));
				let cleared = self.prices.iter().find(|price| price.zone == zone.id);
				let (import, export, fee) = cleared
					.map_or((limit(zone.link.import_w), limit(zone.link.export_w), zone.link.fee), |price| {
						(price.import, price.export, price.fee)
					});
				json!({ "id": zone.id, "parent": parent, "import_wh": import, "export_wh": export, "fee": fee })
			})
			.collect();
		let orders: Vec<_> = self
			.by_arrival()
			.iter()
			.map(|order| json!({ "id": order.point, "zone": order.zone, "steps": order.steps }))
			.collect();
		json!({
			"name": format!("interval-{}-product-{}", self.interval, self.product), "interval_s": self.interval_s, "zones": zones,
			"orders": orders,
		})
	}

	/// The result.
	///
	/// # Errors
	/// If a number is beyond 64 bits, or a zone has no price.
	pub fn result(&self) -> Result<Value> {
		let zones = self
			.prices
			.iter()
			.map(|zone| {
				Ok(json!({
					"id": zone.zone,
					"price": zone.result.price.with_context(|| format!("zone {} has no price", zone.zone))?,
					"flow_wh": zone.result.flow,
					"congestion_rent": u64::try_from(zone.result.rent).context("a rent is beyond 64 bits")?,
					"fees": u64::try_from(zone.result.fees).context("fees are beyond 64 bits")?,
				}))
			})
			.collect::<Result<Vec<_>>>()?;
		let orders: Vec<_> =
			self.by_arrival().iter().map(|order| json!({ "id": order.point, "accepted_wh": order.accepted })).collect();
		let welfare = self.outcome().map_or(0, |outcome| outcome.welfare);
		let welfare = i64::try_from(welfare).context("the welfare is beyond 64 bits")?;
		Ok(json!({ "welfare": welfare, "zones": zones, "orders": orders }))
	}

	fn by_arrival(&self) -> Vec<&OrderView> {
		let mut orders: Vec<_> = self.orders.iter().collect();
		orders.sort_by_key(|order| order.arrival);
		orders
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use busbar_primitives::{api::SessionView, Link, Phase, PostedBounds, Product, Side, Step, Terms, ZoneResult};

	/// One seller in zone 1 that a buyer in the root empties, over a link of 1 nEUR/Wh.
	pub fn sample() -> Cleared {
		let result = |price, flow, fees| ZoneResult {
			price: Some(price),
			flow,
			margin_buy: 0,
			margin_sell: 0,
			path_fee: 0,
			fees,
			rent: 0,
		};
		let order = |point, arrival, zone, side, price| OrderView {
			point,
			zone,
			arrival,
			steps: vec![Step { side, price, wh: 10 }],
			accepted: vec![10],
			held: 0,
		};
		let terms = Terms {
			delivery_start: 0,
			delivery_end: 0,
			gate_closure: 0,
			last_gate_closure: 0,
			first_run: 0,
			attestation_end: 0,
			dispute_end: 0,
			tick: 1,
			price_floor: 0,
			price_cap: 100,
			posted: PostedBounds::default(),
		};
		let outcome = Some(Outcome { cleared: true, points: 2, traded: 10, fees: 10, rent: 0, welfare: 490 });
		let session = SessionView {
			product: Product::default(),
			gate_opening: 0,
			gate_closure: 0,
			orders: 2,
			levels: 2,
			outcome,
		};
		Cleared {
			interval: 4,
			product: 0,
			interval_s: 900,
			status: Status {
				interval: 4,
				phase: Phase::Cleared,
				terms,
				zones: 2,
				outcome,
				sessions: vec![session],
				orders: 2,
				run: 0,
				debits_done: 0,
				credits_done: 0,
				statement_root: None,
			},
			zones: vec![
				ZoneView { id: 0, parent: None, link: Link::default() },
				ZoneView { id: 1, parent: Some(0), link: Link { import_w: None, export_w: Some(4_000), fee: 1 } },
			],
			orders: vec![order(0, 1, 0, Side::Buy, 100), order(1, 0, 1, Side::Sell, 50)],
			prices: vec![
				ZonePrice { zone: 0, import: None, export: None, fee: 0, result: result(75, 0, 0) },
				ZonePrice { zone: 1, import: None, export: Some(900), fee: 1, result: result(74, -10, 10) },
			],
		}
	}

	#[test]
	fn limits_are_exported_as_energy_and_orders_by_arrival() {
		// 100 Wh of the link were sold before the session.
		let case = sample().case();
		assert_eq!(case["zones"][1]["export_wh"], 900);
		let before = Cleared { prices: vec![], ..sample() };
		assert_eq!(before.case()["zones"][1]["export_wh"], 1_000);
		assert_eq!(case["zones"][1]["import_wh"], Value::Null);
		assert_eq!(case["orders"][0]["id"], 1);
		assert_eq!(case["orders"][0]["steps"][0]["side"], "sell");
	}

	#[test]
	fn the_result_has_prices_flows_and_fills() {
		let result = sample().result().unwrap();
		assert_eq!(result["welfare"], 490);
		assert_eq!(result["zones"][1]["flow_wh"], -10);
		assert_eq!(result["orders"][1], json!({ "id": 0, "accepted_wh": [10] }));
	}
}
