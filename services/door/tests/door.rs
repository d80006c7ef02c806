//! The door on a socket: who comes in, what each may ask, and what the node hears of it.

use async_trait::async_trait;
use busbar_client::{
	pallet_participants::{Data, DataGrant},
	requests::{headers, now_ms, To},
	sign::Signer,
	AccountId,
};
use busbar_door::{
	access::SERVICE,
	chain::{Chain, Principal},
	door::{router, Door, OF_ACCOUNT},
	error::Error,
	session::{judge, Verdict, NOT_YOURS},
};
use busbar_primitives::{Interval, ParticipantId, Party, PointId, Role, Scope};
use busbar_service::connections::{serve, Limits};
use serde_json::{json, Value};
use soketto::handshake::{client::Header, Client, Server, ServerResponse};
use sp_core::crypto::Ss58Codec;
use std::{
	collections::BTreeSet,
	sync::{Arc, Mutex},
	time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

type Socket = Compat<TcpStream>;

fn key(name: &str) -> Signer {
	Signer::from_suri(&format!("//{name}")).expect("a development key")
}

fn account(name: &str) -> AccountId {
	key(name).account().clone()
}

/// Members by their names, whose numbers are their places.
const MEMBERS: [&str; 5] = ["Alice", "Bob", "Charlie", "Dave", "Eve"];

fn id(name: &str) -> ParticipantId {
	let place = MEMBERS.iter().position(|member| *member == name).expect("a member");
	ParticipantId([u8::try_from(place).expect("few"); 16])
}

/// Alice owns point 1 and the first line of interval 5, Bob has Alice's grant for that interval, Charlie is regulator of the whole grid,
/// Dave of a zone, Eve is suspended or not.
#[derive(Default)]
struct Told {
	suspended: Mutex<BTreeSet<ParticipantId>>,
}

#[async_trait]
impl Chain for Told {
	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		Ok(MEMBERS.into_iter().map(account).collect())
	}

	async fn principals(&self, of: &AccountId) -> Result<Vec<Principal>, Error> {
		let Some(participant) = self.member(of).await? else { return Ok(Vec::new()) };
		if self.suspended.lock().expect("nobody panics").contains(&participant) {
			return Ok(Vec::new());
		}
		let roles = match participant {
			one if one == id("Charlie") => vec![(Role::Regulator, Scope::Grid)],
			one if one == id("Dave") => vec![(Role::Regulator, Scope::Zone(1)), (Role::Dso, Scope::Grid)],
			_ => vec![(Role::Prosumer, Scope::Grid)],
		};
		Ok(vec![Principal { participant, roles, attests: false }])
	}

	async fn member(&self, of: &AccountId) -> Result<Option<ParticipantId>, Error> {
		Ok(MEMBERS.into_iter().find(|member| account(member) == *of).map(id))
	}

	async fn owner(&self, point: PointId, _: Option<Interval>) -> Result<Option<ParticipantId>, Error> {
		Ok((point == 1).then(|| id("Alice")))
	}

	async fn party(&self, interval: Interval, index: u32) -> Result<Option<Party>, Error> {
		Ok(match (interval, index) {
			(5, 0) => Some(Party::Point(1)),
			(5, 1) => Some(Party::GridOperator),
			_ => None,
		})
	}

	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error> {
		let grant = DataGrant { grantee: id("Bob"), data: Data::Readings, from: 5, until: 6 };
		let other = DataGrant { grantee: id("Eve"), data: Data::Datasets, from: 0, until: 100 };
		Ok(if owner == id("Alice") { vec![grant, other] } else { vec![] })
	}
}

async fn verdict(who: &str, question: Value) -> Verdict {
	let chain = Told::default();
	let principals = chain.principals(&account(who)).await.expect("it answers");
	judge(&chain, &principals, question.to_string().as_bytes()).await.expect("it answers")
}

fn ask(method: &str, params: Value) -> Value {
	json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn code(verdict: &Verdict) -> Option<i64> {
	let Verdict::Refused(answer) = verdict else { return None };
	let answer: Value = serde_json::from_str(answer).expect("JSON");
	answer["error"]["code"].as_i64()
}

#[tokio::test]
async fn others_orders_positions_and_statements_are_read_by_grant_or_by_role_alone() {
	let alice = account("Alice").to_ss58check();
	let own = [
		ask("energy_positions", json!([alice, 5])),
		ask("energy_statement", json!([alice, 5])),
		ask("energy_contracts", json!([1, 5])),
		ask("energy_statementProof", json!([5, 0])),
	];
	let never = [
		ask("energy_positions", json!([alice, 6])),
		ask("energy_contracts", json!([1, 6])),
		ask("energy_securities", json!([alice])),
		ask("energy_security", json!([1])),
		ask("energy_participant", json!([alice])),
		ask("energy_subscribePositions", json!([alice])),
	];
	let many = [
		ask("energy_orders", json!([5, 0, 0, 128])),
		ask("energy_lines", json!([5, 0, 512])),
		ask("energy_statementProof", json!([5, 1])),
		ask("energy_security", json!([2])),
		ask("state_getStorage", json!(["0x00"])),
		ask("chain_getBlock", json!([])),
	];
	// Who may ask these three: what Alice grants of interval 5, what she does not, what is many's.
	for (who, granted, own_only, all) in [
		("Alice", true, true, false),
		("Bob", true, false, false),
		("Charlie", true, true, true),
		("Dave", false, false, false),
		("Eve", false, false, false),
	] {
		for (questions, may) in [(&own[..], granted), (&never[..], own_only), (&many[..], all)] {
			for question in questions {
				let verdict = verdict(who, question.clone()).await;
				let expected = (!may).then_some(i64::from(NOT_YOURS));
				assert_eq!(code(&verdict), expected, "{who} asks {question}: {verdict:?}");
			}
		}
		let market = verdict(who, ask("energy_prices", json!([5, 0]))).await;
		assert_eq!(code(&market), None, "{who}");
	}
}

#[tokio::test]
async fn the_node_hears_what_was_judged_and_not_what_a_question_says_twice() {
	let twice = br#"{"jsonrpc":"2.0","id":1,"method":"energy_orders","method":"energy_clock","params":[],"extra":[1]}"#;
	let chain = Told::default();
	let principals = chain.principals(&account("Bob")).await.expect("it answers");
	let Verdict::Asked(words) = judge(&chain, &principals, twice).await.expect("it answers") else { panic!("refused") };
	assert!(!words.contains("energy_orders") && !words.contains("extra"), "{words}");
	assert_eq!(words.matches("method").count(), 1, "{words}");
}

#[tokio::test]
async fn batches_notifications_and_what_changes_the_node_are_refused_to_everybody() {
	let clock = ask("energy_clock", json!([]));
	assert_eq!(code(&verdict("Charlie", json!([clock, clock])).await), Some(-32_600));
	let silent = json!({ "jsonrpc": "2.0", "method": "energy_clock", "params": [] });
	assert_eq!(code(&verdict("Charlie", silent).await), Some(-32_600));
	assert_eq!(code(&verdict("Charlie", ask("author_insertKey", json!(["aura", "", "0x"]))).await), Some(-32_601));
	assert_eq!(code(&verdict("Charlie", ask("energy_positions", json!({ "account": 1 }))).await), Some(-32_602));
	let none = judge(&Told::default(), &[], clock.to_string().as_bytes()).await.expect("it answers");
	assert_eq!(code(&none), Some(i64::from(NOT_YOURS)));
}

/// A node that answers every question with its method. Gives its address.
async fn node() -> String {
	let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
	let address = listener.local_addr().expect("it listens").to_string();
	tokio::spawn(async move {
		while let Ok((socket, _)) = listener.accept().await {
			tokio::spawn(async move {
				let mut server = Server::new(socket.compat());
				let key = server.receive_request().await.expect("a handshake").key();
				let accept = soketto::handshake::server::Response::Accept { key, protocol: None };
				server.send_response(&accept).await.expect("it is taken");
				let (mut sender, mut receiver) = server.into_builder().finish();
				let mut question = Vec::new();
				while receiver.receive_data(&mut question).await.is_ok() {
					let asked: Value = serde_json::from_slice(&question).expect("JSON");
					let answer = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": asked["method"] });
					sender.send_text(answer.to_string()).await.expect("it is read");
					sender.flush().await.expect("it is read");
					question.clear();
				}
			});
		}
	});
	address
}

/// A door before such a node. Gives its name.
async fn door(chain: Arc<Told>) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
	let name = listener.local_addr().expect("it listens").to_string();
	let door = Door::new(chain, name.clone(), node().await, Duration::from_secs(60));
	tokio::spawn(serve(listener, router(Arc::new(door)), Limits::default(), std::future::pending()));
	name
}

/// Asks for the upgrade with these headers: the connection, or the status.
async fn enter(
	door: &str,
	signed: &[(&'static str, String)],
) -> Result<(soketto::Sender<Socket>, soketto::Receiver<Socket>), u16> {
	let socket = TcpStream::connect(door).await.expect("it listens");
	let mut client = Client::new(socket.compat(), door, "/");
	let signed: Vec<_> = signed.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
	client.set_headers(&signed);
	match client.handshake().await.expect("an answer") {
		ServerResponse::Accepted { .. } => Ok(client.into_builder().finish()),
		ServerResponse::Rejected { status_code } | ServerResponse::Redirect { status_code, .. } => Err(status_code),
	}
}

fn signed(who: &str, door: &str) -> Vec<(&'static str, String)> {
	let to = To { service: SERVICE, name: door, method: "GET", path: "/" };
	headers(&key(who), to, now_ms() + 60_000).to_vec()
}

async fn answer(
	(sender, receiver): &mut (soketto::Sender<Socket>, soketto::Receiver<Socket>),
	question: Value,
) -> Option<Value> {
	sender.send_text(question.to_string()).await.ok()?;
	sender.flush().await.ok()?;
	let mut answer = Vec::new();
	receiver.receive_data(&mut answer).await.ok()?;
	serde_json::from_slice(&answer).ok()
}

#[tokio::test]
async fn members_come_in_by_a_signed_request_and_nobody_else_does() {
	let door = door(Arc::default()).await;
	assert_eq!(enter(&door, &[]).await.err(), Some(401));
	assert_eq!(enter(&door, &signed("Ferdie", &door)).await.err(), Some(403));
	// Another's name over one's own signature, and a signature for another door.
	let mut forged = signed("Ferdie", &door);
	forged[0].1 = account("Alice").to_ss58check();
	assert_eq!(enter(&door, &forged).await.err(), Some(401));
	assert_eq!(enter(&door, &signed("Alice", "other.example:443")).await.err(), Some(401));
	let once = signed("Alice", &door);
	let mut alice = enter(&door, &once).await.expect("a member comes in");
	assert_eq!(enter(&door, &once).await.err(), Some(401), "it was said before");

	let told = answer(&mut alice, ask("energy_clock", json!([]))).await.expect("an answer");
	assert_eq!(told["result"], "energy_clock");
	let told = answer(&mut alice, ask("energy_orders", json!([5, 0, 0, 1]))).await.expect("an answer");
	assert_eq!(told["error"]["code"], NOT_YOURS);
	let told = answer(&mut alice, ask("energy_contracts", json!([1, 5]))).await.expect("an answer");
	assert_eq!(told["result"], "energy_contracts");
}

#[tokio::test]
async fn who_is_suspended_does_not_come_in_and_one_that_is_in_is_let_go() {
	let chain = Arc::new(Told::default());
	let door = door(chain.clone()).await;
	let mut eve = enter(&door, &signed("Eve", &door)).await.expect("a member comes in");
	assert!(answer(&mut eve, ask("energy_clock", json!([]))).await.is_some());
	chain.suspended.lock().expect("nobody panics").insert(id("Eve"));
	assert_eq!(enter(&door, &signed("Eve", &door)).await.err(), Some(403));
	// Whom an account acts for is believed for six seconds.
	tokio::time::sleep(Duration::from_millis(6_100)).await;
	assert_eq!(answer(&mut eve, ask("energy_clock", json!([]))).await, None);
}

#[tokio::test]
async fn an_account_has_so_many_connections_and_each_that_ends_frees_its_place() {
	let door = door(Arc::default()).await;
	let mut held = Vec::new();
	for _ in 0..OF_ACCOUNT {
		held.push(enter(&door, &signed("Alice", &door)).await.expect("there is a place"));
	}
	assert_eq!(enter(&door, &signed("Alice", &door)).await.err(), Some(429));
	assert!(enter(&door, &signed("Bob", &door)).await.is_ok());
	held.clear();
	for _ in 0..100 {
		if enter(&door, &signed("Alice", &door)).await.is_ok() {
			return;
		}
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	panic!("no place was freed");
}
