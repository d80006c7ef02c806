//! The `energy_*` methods over a made-up market.

use super::*;
use crate::rpc::{
	hub::MAX_OF_CONNECTION,
	news::{NewPositions, NewPrices},
	reading::{MOST, SPENT_CODE},
};
use busbar_primitives::{
	Amount, Balance, Cause, Contract, Line, LineProof, Link, Outcome, Party, Phase, Point, PostedBounds, Price,
	Product, ProductKind, Terms, Wh, ZoneResult,
};
use jsonrpsee::RpcModule;
use serde_json::{json, Value};
use sp_api::ApiRef;
use sp_blockchain::{BlockStatus, Info};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::sync::atomic::{AtomicUsize, Ordering};

type Header = <Block as BlockT>::Header;

/// A chain of two blocks: at the finalised one interval 4 waits for clearing, at the best one it is cleared.
#[derive(Default)]
struct Chain {
	api: Api,
}

const FINALIZED: Hash = H256::repeat_byte(1);
const BEST: Hash = H256::repeat_byte(2);
const PRUNED: Hash = H256::repeat_byte(3);

/// More nEUR than a JavaScript number holds.
const RENT: Balance = 9_007_199_254_740_993;
const LOSS: Amount = -170_141_183_460_469_231_731_687_303_715_884_105_728;

fn security_view() -> SecurityView {
	SecurityView {
		point: 1,
		deposit: RENT,
		guarantee: 0,
		by_owner: true,
		greatest: 1_000,
		days: 30,
		intervals: 3,
		price: 500_000,
		used: 1_500_000_000,
		least: 1_666_666_667,
		free: RENT - 1_666_666_667,
		suffices: true,
	}
}

/// Counts what it is asked for.
#[derive(Clone, Default)]
struct Api {
	prices: Arc<AtomicUsize>,
	positions: Arc<AtomicUsize>,
	/// Zones beside the root.
	below: u32,
}

impl Api {
	/// A page of the zones that there are.
	fn page(&self, from: ZoneId, limit: u32) -> std::ops::Range<ZoneId> {
		assert!(limit <= MAX_ZONES, "no more is asked for than is answered");
		from..from.saturating_add(limit).min(self.below + 1)
	}
}

fn outcome() -> Outcome {
	Outcome { cleared: true, points: 2, traded: 1_000, fees: 10, rent: RENT, welfare: LOSS }
}

fn line() -> StatementLine {
	StatementLine {
		index: 7,
		line: Line {
			version: 1,
			party: Party::Point(1),
			cause: Cause::Contract,
			wh: -1_000,
			price: -220_000,
			amount: 220_000_000,
		},
	}
}

fn zone_price() -> ZonePrice {
	ZonePrice {
		zone: 0,
		import: None,
		export: None,
		fee: 0,
		result: ZoneResult {
			price: Some(155_000),
			flow: 0,
			margin_buy: 1,
			margin_sell: 0,
			path_fee: 0,
			fees: 0,
			rent: RENT,
		},
	}
}

fn terms() -> Terms {
	Terms {
		delivery_start: 48_000,
		delivery_end: 60_000,
		gate_closure: 46_000,
		last_gate_closure: 46_000,
		first_run: 72_000,
		attestation_end: 84_000,
		dispute_end: 96_000,
		tick: 1_000,
		price_floor: -500_000,
		price_cap: 1_000_000,
		posted: PostedBounds { short_max: 500_000, long_min: 0 },
	}
}

sp_api::mock_impl_runtime_apis! {
	impl EnergyApi<Block, AccountId> for Api {
		#[advanced]
		fn clock(&self, at: Hash) -> Result<Clock, ApiError> {
			if at == PRUNED {
				return Err(ApiError::Application("State already discarded".into()));
			}
			Ok(Clock {
				now: 47_000,
				epoch: 0,
				interval_clock_s: 12,
				interval_s: 900,
				current: 3,
				next_gate: Some(5),
				first_unopened: 9,
			})
		}

		#[advanced]
		fn status(&self, at: Hash, interval: Interval) -> Result<Option<Status>, ApiError> {
			let decided = at == BEST || interval < 4;
			Ok((interval < 9).then(|| Status {
				interval,
				phase: if interval > 4 {
					Phase::Open
				} else if decided {
					Phase::Cleared
				} else {
					Phase::Closed
				},
				terms: terms(),
				zones: self.below + 1,
				outcome: decided.then(outcome),
				sessions: vec![busbar_primitives::api::SessionView {
					product: Product { kind: ProductKind::Auction, opens_s: 36, closes_s: 2, span: 1 },
					gate_opening: 12_000,
					gate_closure: 46_000,
					orders: 2,
					levels: 2,
					outcome: decided.then(outcome),
				}],
				orders: 2,
				run: 0,
				debits_done: 0,
				credits_done: 0,
				statement_root: None,
			}))
		}

		fn zones(&self, _interval: Interval, from: ZoneId, limit: u32) -> Vec<ZoneView> {
			self.page(from, limit).map(|id| ZoneView { id, parent: None, link: Link::default() }).collect()
		}

		fn book(
			_interval: Interval,
			_product: ProductId,
			_zone: ZoneId,
			from: Option<Price>,
			limit: u32,
		) -> Vec<BookLevel> {
			assert!(limit <= MAX_PAGE, "no more is asked for than is answered");
			vec![BookLevel { price: from.unwrap_or(Price::MIN), buy: Wh::MAX, sell: 0 }]
		}

		fn prices(&self, _interval: Interval, _product: ProductId, from: ZoneId, limit: u32) -> Vec<ZonePrice> {
			self.prices.fetch_add(1, Ordering::SeqCst);
			self.page(from, limit).map(|zone| ZonePrice { zone, ..zone_price() }).collect()
		}

		fn orders(_interval: Interval, _product: ProductId, from: PointId, limit: u32) -> Vec<OrderView> {
			(from..from + limit.min(2))
				.map(|point| OrderView { point, zone: 0, arrival: 0, steps: vec![], accepted: vec![], held: RENT })
				.collect()
		}

		fn points(_from: PointId, _limit: u32) -> Vec<PointView> {
			let owner = busbar_primitives::ParticipantId([0xab; 16]);
			let kind = busbar_primitives::PointKind::Metered;
			let point = Point { owner, zone: 0, kind, import_w: 4_000, export_w: 0, from: 1, until: None };
			vec![PointView { id: 1, point }]
		}

		fn participant(account: AccountId) -> Option<ParticipantView<AccountId>> {
			(account == alice()).then(|| ParticipantView {
				id: busbar_primitives::ParticipantId([0xab; 16]),
				account,
				active: true,
				roles: vec![(busbar_primitives::Role::Dso, busbar_primitives::Scope::Zone(3))],
				points: vec![1],
			})
		}

		fn positions(
			&self,
			account: AccountId,
			_interval: Interval,
			from: PointId,
			limit: u32,
		) -> Vec<PositionView> {
			self.positions.fetch_add(1, Ordering::SeqCst);
			assert!(limit <= MAX_ACCOUNT_POINTS, "no more is asked for than is answered");
			let position = busbar_primitives::Position { bought: 1_000, sold: 0 };
			let view = PositionView { point: 1, zone: 0, price: Some(155_000), position, metered: None };
			(account == alice() && from <= 1).then_some(view).into_iter().collect()
		}

		fn contracts(_point: PointId, _interval: Interval) -> Vec<Contract> {
			let position = busbar_primitives::Position { bought: 1_000, sold: 0 };
			vec![Contract { product: 0, position, amount: LOSS, lowest: 155_000, highest: 155_000 }]
		}

		fn statement_proof(interval: Interval, index: u32) -> StatementProof {
			match (interval, index) {
				(4, 0) => {
					let (path, root) = (vec![H256::repeat_byte(7)], H256::repeat_byte(8));
					StatementProof::Proven(LineProof { interval, index, line: line().line, path, count: 2, root })
				},
				(4, _) => StatementProof::Unknown,
				(5.., _) => StatementProof::NotSettled,
				_ => StatementProof::Pruned,
			}
		}

		fn to_draw(_interval: Interval, _from: PointId, _limit: u32) -> Vec<PointId> {
			vec![3, 9]
		}

		fn statement(_account: AccountId, _interval: Interval, _from: PointId, _limit: u32) -> Vec<StatementLine> {
			vec![line()]
		}

		fn lines(_interval: Interval, _from: u32, _limit: u32) -> Vec<StatementLine> {
			vec![line()]
		}

		fn conservation(_interval: Interval) -> Conservation {
			Conservation { total_issuance: Balance::MAX, issued: Balance::MAX, in_transit: 0, lines_sum: LOSS }
		}

		fn securities(account: AccountId, from: PointId, limit: u32) -> Vec<SecurityView> {
			assert!(limit <= MAX_ACCOUNT_POINTS, "no more is asked for than is answered");
			(account == alice() && from <= 1).then(security_view).into_iter().collect()
		}

		fn security(point: PointId) -> Option<SecurityView> {
			(point == 1).then(security_view)
		}
	}
}

impl ProvideRuntimeApi<Block> for Chain {
	type Api = Api;

	fn runtime_api(&self) -> ApiRef<'_, Api> {
		self.api.clone().into()
	}
}

impl HeaderBackend<Block> for Chain {
	fn header(&self, hash: Hash) -> sp_blockchain::Result<Option<Header>> {
		let known = [FINALIZED, BEST, PRUNED].contains(&hash);
		Ok(known
			.then(|| sp_runtime::traits::Header::new(0, H256::zero(), H256::zero(), H256::zero(), Default::default())))
	}

	fn info(&self) -> Info<Block> {
		Info {
			best_hash: BEST,
			best_number: 2,
			genesis_hash: H256::zero(),
			finalized_hash: FINALIZED,
			finalized_number: 1,
			finalized_state: None,
			number_leaves: 1,
			block_gap: None,
		}
	}

	fn status(&self, _hash: Hash) -> sp_blockchain::Result<BlockStatus> {
		Ok(BlockStatus::Unknown)
	}

	fn number(&self, _hash: Hash) -> sp_blockchain::Result<Option<NumberFor<Block>>> {
		Ok(None)
	}

	fn hash(&self, _number: NumberFor<Block>) -> sp_blockchain::Result<Option<Hash>> {
		Ok(None)
	}
}

fn alice() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

/// The methods over the made-up chain, whose best block becomes final when it is subscribed to.
fn module() -> RpcModule<Energy<Chain>> {
	module_over(Chain::default())
}

fn module_over(chain: Chain) -> RpcModule<Energy<Chain>> {
	let finalized_heads: FinalizedHeads =
		Arc::new(|| futures::stream::iter([BEST, BEST]).chain(futures::stream::pending()).boxed());
	let executor = Arc::new(sp_core::testing::TaskExecutor::default());
	Energy::over(Arc::new(chain), finalized_heads, executor).into_rpc()
}

/// The result of a call, or the error's code.
async fn call(method: &str, params: Value) -> Result<Value, i64> {
	let answer = ask(&module(), method, params).await;
	answer.map_err(|error| error["code"].as_i64().expect("an error has a code"))
}

/// The result of a call, or the error.
async fn ask(module: &RpcModule<Energy<Chain>>, method: &str, params: Value) -> Result<Value, Value> {
	let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
	let (answer, _) = module.raw_json_request(&request, 1).await.expect("the request is well formed");
	let answer: Value = serde_json::from_str(answer.as_ref()).expect("the answer is JSON");
	match answer.get("error") {
		Some(error) => Err(error.clone()),
		None => Ok(answer["result"].clone()),
	}
}

#[tokio::test]
async fn energy_and_prices_are_numbers_and_money_is_a_decimal_string() {
	let book = call("energy_book", json!([4, 0, 0])).await.expect("known");
	assert_eq!(book, json!([{ "price": Price::MIN, "buy": Wh::MAX, "sell": 0 }]));

	let statement = call("energy_statement", json!([alice(), 4])).await.expect("known");
	assert_eq!(
		statement,
		json!([{ "index": 7, "line": {
			"version": 1, "party": { "point": 1 }, "cause": "contract",
			"wh": -1000, "price": -220_000, "amount": "220000000"
		} }])
	);

	let conservation = call("energy_conservation", json!([4])).await.expect("known");
	assert_eq!(conservation["total_issuance"], Balance::MAX.to_string());
	assert_eq!(conservation["lines_sum"], Amount::MIN.to_string());
	let read: Conservation = serde_json::from_value(conservation).expect("what is written can be read");
	assert_eq!((read.total_issuance, read.lines_sum), (Balance::MAX, Amount::MIN));

	let prices = call("energy_prices", json!([4, 0])).await.expect("known");
	assert_eq!(prices[0]["result"]["rent"], "9007199254740993");

	let security = call("energy_security", json!([1])).await.expect("known");
	assert_eq!((&security["deposit"], &security["used"]), (&json!("9007199254740993"), &json!("1500000000")));
	let read: SecurityView = serde_json::from_value(security).expect("what is written can be read");
	assert_eq!(read, security_view());
	assert_eq!(call("energy_security", json!([0])).await, Ok(Value::Null));
}

#[tokio::test]
async fn money_is_read_from_numbers_too_but_not_from_other_text() {
	let mut prices = serde_json::to_value(zone_price()).expect("serialises");
	prices["result"]["rent"] = json!(12);
	assert_eq!(serde_json::from_value::<ZonePrice>(prices.clone()).expect("a number").result.rent, 12);
	for bad in [json!("1.5"), json!(""), json!(-1), json!(1.5), json!("0x10"), json!(null)] {
		prices["result"]["rent"] = bad;
		assert!(serde_json::from_value::<ZonePrice>(prices.clone()).is_err());
	}
}

#[tokio::test]
async fn every_method_answers() {
	let alice = alice();
	for (method, params) in [
		("energy_clock", json!([])),
		("energy_status", json!([4])),
		("energy_zones", json!([4])),
		("energy_book", json!([4, 0, 0])),
		("energy_prices", json!([4, 0])),
		("energy_orders", json!([4, 0, 0, 10])),
		("energy_points", json!([0, 10])),
		("energy_participant", json!([alice])),
		("energy_positions", json!([alice, 4])),
		("energy_statement", json!([alice, 4])),
		("energy_lines", json!([4, 0, 10])),
		("energy_contracts", json!([1, 4])),
		("energy_statementProof", json!([4, 0])),
		("energy_toDraw", json!([4, 0, 10])),
		("energy_conservation", json!([4])),
		("energy_securities", json!([alice])),
		("energy_security", json!([1])),
	] {
		let answer = call(method, params).await.unwrap_or_else(|code| panic!("{method} fails with {code}"));
		assert!(!answer.is_null(), "{method} has no answer");
	}
}

#[tokio::test]
async fn a_line_is_told_with_its_proof_or_why_there_is_none() {
	let proven = &call("energy_statementProof", json!([4, 0])).await.expect("known")["proven"];
	assert_eq!((&proven["count"], &proven["index"], &proven["interval"]), (&json!(2), &json!(0), &json!(4)));
	assert_eq!((&proven["path"], &proven["root"]), (&json!([H256::repeat_byte(7)]), &json!(H256::repeat_byte(8))));
	assert_eq!(proven["line"]["party"], json!({ "point": 1 }));
	for (at, why) in [((4, 1), "unknown"), ((5, 0), "not_settled"), ((3, 0), "pruned")] {
		assert_eq!(call("energy_statementProof", json!([at.0, at.1])).await, Ok(json!(why)));
	}
	let contracts = call("energy_contracts", json!([1, 4])).await.expect("known");
	assert_eq!(contracts[0]["amount"], json!(LOSS.to_string()), "money is a decimal string");
}

#[tokio::test]
async fn a_method_answers_for_the_block_it_is_asked_about() {
	assert_eq!(call("energy_status", json!([4])).await.expect("best")["phase"], "cleared");
	assert_eq!(call("energy_status", json!([4, BEST])).await.expect("best")["phase"], "cleared");
	assert_eq!(call("energy_status", json!([4, FINALIZED])).await.expect("finalised")["phase"], "closed");
	assert_eq!(call("energy_status", json!([99])).await, Ok(Value::Null));
}

#[tokio::test]
async fn an_unknown_block_a_pruned_state_and_a_long_page_have_their_own_errors() {
	assert_eq!(call("energy_clock", json!([H256::repeat_byte(9)])).await, Err(UNKNOWN_BLOCK_CODE.into()));
	assert_eq!(call("energy_clock", json!([PRUNED])).await, Err(RUNTIME_CODE.into()));
	for limit in [0, MAX_PAGE + 1, u32::MAX] {
		assert_eq!(call("energy_orders", json!([4, 0, 0, limit])).await, Err(INVALID_PARAMS_CODE.into()));
		assert_eq!(call("energy_points", json!([0, limit])).await, Err(INVALID_PARAMS_CODE.into()));
		assert_eq!(call("energy_lines", json!([4, 0, limit])).await, Err(INVALID_PARAMS_CODE.into()));
		assert_eq!(call("energy_toDraw", json!([4, 0, limit])).await, Err(INVALID_PARAMS_CODE.into()));
		for method in ["energy_positions", "energy_statement"] {
			assert_eq!(call(method, json!([alice(), 4, 0, limit])).await, Err(INVALID_PARAMS_CODE.into()));
		}
	}
	for (method, most) in [("energy_orders", MAX_ORDERS), ("energy_lines", MAX_LINES)] {
		let ask = |limit| if method == "energy_lines" { json!([4, 0, limit]) } else { json!([4, 0, 0, limit]) };
		assert!(call(method, ask(most)).await.is_ok());
		assert_eq!(call(method, ask(most + 1)).await, Err(INVALID_PARAMS_CODE.into()));
	}
	assert_eq!(call("energy_participant", json!(["no address"])).await, Err(INVALID_PARAMS_CODE.into()));
}

#[tokio::test]
async fn zones_prices_and_books_come_in_pages_that_need_not_be_named() {
	let chain = Chain { api: Api { below: 2 * MAX_ZONES, ..Api::default() } };
	let module = module_over(chain);
	for (method, mut params, id) in
		[("energy_zones", vec![json!(4)], "id"), ("energy_prices", vec![json!(4), json!(0)], "zone")]
	{
		let first = ask(&module, method, json!(params)).await.expect("a page by default");
		assert_eq!((first.as_array().map(Vec::len), &first[0][id]), (Some(MAX_ZONES as usize), &json!(0)));
		params.extend([json!(2 * MAX_ZONES - 1), json!(MAX_ZONES)]);
		let last = ask(&module, method, json!(params)).await.expect("the last page");
		assert_eq!((last.as_array().map(Vec::len), &last[1][id]), (Some(2), &json!(2 * MAX_ZONES)));
		for limit in [0, MAX_ZONES + 1] {
			let at = params.len() - 1;
			params[at] = json!(limit);
			let error = ask(&module, method, json!(params)).await.expect_err("no page has this length");
			assert_eq!(error["code"], INVALID_PARAMS_CODE);
		}
	}
	let book = |from: Value, limit: Value| ask(&module, "energy_book", json!([4, 0, 0, from, limit]));
	assert_eq!(book(json!(-5), json!(10)).await.expect("a page")[0]["price"], -5);
	assert_eq!(book(Value::Null, Value::Null).await.expect("a page")[0]["price"], json!(Price::MIN));
	assert_eq!(book(Value::Null, json!(MAX_PAGE + 1)).await.expect_err("too long")["code"], INVALID_PARAMS_CODE);
	let mut told = module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await.expect("may be subscribed to");
	let (news, _) = told.next::<NewPrices>().await.expect("stays open").expect("is as documented");
	let zones: Vec<ZoneId> = news.sessions[0].iter().map(|price| price.zone).collect();
	assert_eq!(zones, (0..=2 * MAX_ZONES).collect::<Vec<_>>(), "all of them are told");
}

#[tokio::test]
async fn a_connection_that_reads_too_much_is_told_when_to_ask_again_and_long_pages_count_for_more() {
	let module = module();
	let until_refused = |method: &'static str, params: Value| {
		let module = module_over(Chain::default());
		async move {
			for answered in 0..u64::MAX {
				if let Err(error) = ask(&module, method, params.clone()).await {
					return (answered, error);
				}
			}
			unreachable!("nobody is answered for ever")
		}
	};
	let (long, error) = until_refused("energy_points", json!([0, MAX_PAGE])).await;
	assert_eq!(error["code"], SPENT_CODE);
	assert!(error["data"]["retry_after_ms"].as_u64().is_some_and(|wait| (1..=1_000).contains(&wait)), "{error}");
	let most = MOST / u64::from(MAX_PAGE);
	assert!((most..most * 2).contains(&long), "{long} pages of {MAX_PAGE} points were answered");
	let (short, _) = until_refused("energy_zones", json!([4])).await;
	assert!(short < 2 * MOST / u64::from(MAX_ZONES), "{short} pages of zones were answered");
	// What takes little is answered still.
	let mut left = 0;
	while ask(&module, "energy_points", json!([0, MAX_PAGE])).await.is_ok() {
		left += 1;
	}
	assert!(left >= most);
	tokio::time::sleep(std::time::Duration::from_millis(2)).await;
	assert!(ask(&module, "energy_points", json!([0, 1])).await.is_ok());
}

#[tokio::test]
async fn a_price_subscription_reports_an_interval_once_when_its_clearing_is_final() {
	let mut subscription =
		module().subscribe_unbounded("energy_subscribePrices", [(); 0]).await.expect("may be subscribed to");
	let (news, _) = subscription.next::<NewPrices>().await.expect("stays open").expect("is as documented");
	assert_eq!(
		news,
		NewPrices { interval: 4, block: BEST, outcome: Some(outcome()), sessions: vec![vec![zone_price()]] }
	);
	let again = tokio::time::timeout(std::time::Duration::from_millis(200), subscription.next::<NewPrices>()).await;
	assert!(again.is_err(), "the interval was reported twice");
}

#[tokio::test]
async fn what_many_subscribe_to_is_computed_once() {
	let chain = Chain::default();
	let (prices, positions) = (chain.api.prices.clone(), chain.api.positions.clone());
	// The block is final when all have subscribed.
	let (tell, told) = futures::channel::mpsc::unbounded();
	let told = std::sync::Mutex::new(Some(told));
	let finalized_heads: FinalizedHeads =
		Arc::new(move || told.lock().expect("nobody panics").take().expect("one follower for all").boxed());
	let executor = Arc::new(sp_core::testing::TaskExecutor::default());
	let module = Energy::over(Arc::new(chain), finalized_heads, executor).into_rpc();
	let mut readers = Vec::new();
	for _ in 0..4 {
		readers.push(module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await.expect("there is room"));
		readers.push(module.subscribe_unbounded("energy_subscribePositions", [alice()]).await.expect("there is room"));
	}
	tell.unbounded_send(BEST).expect("somebody follows");
	for reader in &mut readers {
		let (news, _) = reader.next::<Value>().await.expect("stays open").expect("is as documented");
		assert_eq!(news["interval"], 4);
	}
	// An account's last page is empty.
	assert_eq!((prices.load(Ordering::SeqCst), positions.load(Ordering::SeqCst)), (1, 2));
}

#[tokio::test]
async fn a_connection_that_has_enough_subscriptions_is_refused_another_one() {
	let module = module();
	let mut held = Vec::new();
	for _ in 0..MAX_OF_CONNECTION {
		held.push(module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await.expect("there is room"));
	}
	let refused = module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await;
	let refused = refused.map(|_| ()).expect_err("a connection may have so many and no more");
	assert!(refused.to_string().contains("close one first"), "{refused}");
	held.pop();
	let mut again = module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await;
	for _ in 0..50 {
		if again.is_ok() {
			break;
		}
		// The server notices that a subscription is closed a moment later.
		tokio::time::sleep(std::time::Duration::from_millis(20)).await;
		again = module.subscribe_unbounded("energy_subscribePrices", [(); 0]).await;
	}
	assert!(again.is_ok(), "there is room again");
}

#[tokio::test]
async fn a_position_subscription_reports_the_accounts_own_positions() {
	for (account, expected) in [(alice(), 1), (Sr25519Keyring::Bob.to_account_id(), 0)] {
		let mut subscription =
			module().subscribe_unbounded("energy_subscribePositions", [account]).await.expect("may be subscribed to");
		let (news, _) = subscription.next::<NewPositions>().await.expect("stays open").expect("is as documented");
		assert_eq!((news.interval, news.positions.len()), (4, expected));
	}
}
