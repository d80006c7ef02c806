//! Members and strangers who want the store's disk, its memory, its connections or its node for themselves.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod connections;

use busbar_client::{pallet_metering::Dataset as Attested, sign::Signer};
use busbar_store::{
	blobs::Blobs,
	chain::Chain,
	client::Client,
	connections::Limits as Connections,
	dataset::Dataset,
	hash_of,
	ledger::{Quotas, LEAST},
	meta::{Class, Meta},
	recovery::recover,
	replicate::pull,
	service::Limits,
};
use bytes::Bytes;
use common::*;
use std::{
	path::Path,
	sync::{atomic::Ordering::Relaxed, Arc, Mutex},
	time::Duration,
};

fn client(url: &str, name: &str) -> Client {
	Client::new(url, Some(signer(name))).unwrap()
}

fn open(folder: &Path) -> Blobs {
	Blobs::open(folder.to_str().unwrap(), 50_000_000).unwrap()
}

fn refused(answer: anyhow::Result<impl Sized>, word: &str) {
	let error = answer.err().expect("a refusal").to_string();
	assert!(error.contains(word), "{error}");
}

fn bytes(dataset: &Dataset) -> Bytes {
	dataset.to_parquet().unwrap().into()
}

/// A chain that can be told meanwhile what was attested.
#[derive(Default)]
struct Told {
	memory: Mutex<Memory>,
	inner: Memory,
}

#[async_trait::async_trait]
impl Chain for Told {
	async fn accounts(&self) -> Result<Vec<busbar_client::AccountId>, busbar_store::error::Error> {
		self.inner.accounts().await
	}
	async fn principals(
		&self,
		who: &busbar_client::AccountId,
	) -> Result<Vec<busbar_store::chain::Principal>, busbar_store::error::Error> {
		self.inner.principals(who).await
	}
	async fn owner(
		&self,
		point: u32,
		interval: u32,
	) -> Result<Option<busbar_primitives::ParticipantId>, busbar_store::error::Error> {
		self.inner.owner(point, interval).await
	}
	async fn grants(
		&self,
		owner: busbar_primitives::ParticipantId,
	) -> Result<Vec<busbar_client::pallet_participants::DataGrant>, busbar_store::error::Error> {
		self.inner.grants(owner).await
	}
	async fn attested(
		&self,
		interval: u32,
		operator: busbar_primitives::ParticipantId,
	) -> Result<Option<Attested>, busbar_store::error::Error> {
		Ok(self.memory.lock().unwrap().attested.get(&(interval, operator)).copied())
	}
}

impl Told {
	fn attest(&self, meta: &Meta) {
		let summary = meta.dataset.clone().unwrap();
		let attested = Attested {
			root: summary.root,
			count: summary.count,
			bytes: meta.bytes as u32,
			content: meta.hash,
			version: summary.version,
			at: 0,
		};
		self.memory.lock().unwrap().attested.insert((summary.interval, summary.operator), attested);
	}
}

fn small(pending: u64) -> Limits {
	let quotas = Quotas { pending: pending * LEAST, documents: 2 * LEAST, ..Default::default() };
	Limits { quotas, ..Default::default() }
}

#[tokio::test]
async fn a_member_fills_its_own_room_and_nobody_elses() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Arc::new(Told::default());
	let (url, service) = serve_within(open(folder.path()), Some(chain.clone()), small(3), Connections::default()).await;
	let operator = client(&url, "operator");
	let mut stored = Vec::new();
	for interval in 1..=3 {
		stored.push(operator.put(Class::Readings, bytes(&dataset(interval, 5))).await.unwrap());
	}
	assert!(stored.iter().all(|meta| meta.pending));
	refused(operator.put(Class::Readings, bytes(&dataset(4, 5))).await, "not attested yet");
	for at in 0..2u8 {
		operator.put(Class::Document, vec![at; 9].into()).await.unwrap();
	}
	refused(operator.put(Class::Document, vec![9; 9].into()).await, "documents of this participant");
	// What was stored before is stored again: an operator mends what its disk has damaged.
	operator.put(Class::Readings, bytes(&dataset(2, 5))).await.unwrap();
	// Another one has all of its room.
	for interval in 1..=3 {
		let rivals = Dataset { operator: id("rival"), ..dataset(interval, 5) };
		client(&url, "rival").put(Class::Readings, bytes(&rivals)).await.unwrap();
	}
	// What the chain knows by now makes room by itself, when room is needed.
	stored[..2].iter().for_each(|meta| chain.attest(meta));
	let fourth = operator.put(Class::Readings, bytes(&dataset(4, 5))).await.unwrap();
	assert!(fourth.pending);
	chain.attest(&fourth);
	assert_eq!(service.settle(100).await.unwrap().attested, 1);
	// What is attested before it is stored never waits.
	chain.attest(&Meta { hash: hash_of(&bytes(&dataset(8, 5))), dataset: summary(8), ..fourth });
	assert!(!operator.put(Class::Readings, bytes(&dataset(8, 5))).await.unwrap().pending);
}

fn summary(interval: u32) -> Option<busbar_store::meta::Summary> {
	let dataset = dataset(interval, 5);
	let (root, count) = (dataset.tree().root(), 5);
	Some(busbar_store::meta::Summary { operator: dataset.operator, interval, version: 1, count, root })
}

#[tokio::test]
async fn a_dataset_that_is_not_attested_in_time_goes_and_one_that_is_stays() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Arc::new(Told::default());
	let limits = Limits { attest_within: Duration::from_millis(1), ..Default::default() };
	let (url, service) = serve_within(open(folder.path()), Some(chain.clone()), limits, Connections::default()).await;
	let operator = client(&url, "operator");
	let mut stored = Vec::new();
	for interval in 1..=3 {
		stored.push(operator.put(Class::Readings, bytes(&dataset(interval, 5))).await.unwrap());
	}
	chain.attest(&stored[1]);
	tokio::time::sleep(Duration::from_millis(10)).await;
	let settled = service.settle(100).await.unwrap();
	assert_eq!((settled.attested, settled.deleted), (1, 2));
	for (at, meta) in stored.iter().enumerate() {
		assert_eq!(operator.holds(meta.hash).await.unwrap(), at == 1);
	}
	// Even when the chain has forgotten it: what was attested once does not wait again.
	chain.memory.lock().unwrap().attested.clear();
	tokio::time::sleep(Duration::from_millis(10)).await;
	assert_eq!(service.settle(100).await.unwrap(), Default::default());
	assert!(!operator.put(Class::Readings, bytes(&dataset(2, 5))).await.unwrap().pending);
	assert_eq!(operator.datasets(0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dataset_is_not_taken_from_its_operator_by_who_stores_the_same_bytes_as_a_document() {
	let folder = tempfile::tempdir().unwrap();
	let (url, _) =
		serve_within(open(folder.path()), Some(Arc::new(Told::default())), small(9), Connections::default()).await;
	let readings = bytes(&dataset(1, 5));
	let first = client(&url, "operator").put(Class::Readings, readings.clone()).await.unwrap();
	let second = client(&url, "rival").put(Class::Document, readings).await.unwrap();
	assert_eq!((second.class, second.owner), (Class::Readings, first.owner));
	assert_eq!(client(&url, "auditor").datasets(0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_object_that_is_not_there_is_not_held_whatever_stands_beside_it() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let url = serve(blobs.clone(), None).await;
	let open = Client::new(&url, None).unwrap();
	let readings = bytes(&dataset(1, 50));
	let hash = open.put(Class::Readings, readings.clone()).await.unwrap().hash;
	assert!(open.holds(hash).await.unwrap());
	let object = folder.path().join("blobs").join(hex::encode(hash));
	// Half of it, as after a loss of power without care, and then nothing, as between record and object.
	std::fs::write(&object, &readings[..readings.len() / 2]).unwrap();
	assert!(!open.holds(hash).await.unwrap());
	std::fs::remove_file(&object).unwrap();
	assert!(!open.holds(hash).await.unwrap());
	assert!(open.datasets(0, 9).await.unwrap().is_empty());
	// A replica takes it anew, and so does the store.
	let peer = tempfile::tempdir().unwrap();
	let peers = Client::new(&serve(Blobs::open(peer.path().to_str().unwrap(), 1_000_000).unwrap(), None).await, None);
	let peers = peers.unwrap();
	peers.put(Class::Readings, readings.clone()).await.unwrap();
	assert_eq!(pull(&blobs, &peers, None, 0, 9).await.unwrap().new, [hash]);
	assert_eq!(open.get(hash).await.unwrap(), readings);
}

#[tokio::test]
async fn what_a_killed_process_left_is_removed_and_nothing_else() {
	let folder = tempfile::tempdir().unwrap();
	let blobs = open(folder.path());
	let kept = put(&blobs, Class::Readings, bytes(&dataset(1, 5))).await.unwrap().hash;
	let lost = put(&blobs, Class::Readings, bytes(&dataset(2, 5))).await.unwrap().hash;
	std::fs::remove_file(folder.path().join("blobs").join(hex::encode(lost))).unwrap();
	let staged = folder.path().join("blobs").join(format!("{}#1", hex::encode(lost)));
	std::fs::write(&staged, b"half of it").unwrap();
	assert_eq!(recover(&blobs, Duration::from_secs(60)).await.unwrap(), 0);
	assert!(staged.exists());
	assert!(recover(&blobs, Duration::ZERO).await.unwrap() >= 2);
	assert!(!staged.exists());
	for kind in ["leaves", "chunks", "meta"] {
		assert!(!folder.path().join(kind).join(hex::encode(lost)).exists());
	}
	blobs.check(kept).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_takes_more_datasets_than_a_page_or_ten_thousand() {
	const MANY: u32 = 10_003;
	let theirs = Blobs::open("memory:///", 1_000_000).unwrap();
	for interval in 0..MANY {
		put(&theirs, Class::Readings, bytes(&dataset(interval, 1))).await.unwrap();
	}
	let ours = Blobs::open("memory:///", 1_000_000).unwrap();
	let peer = Client::new(&serve(theirs, None).await, None).unwrap();
	let pulled = pull(&ours, &peer, None, 0, u32::MAX).await.unwrap();
	assert_eq!((pulled.new.len(), pulled.present, pulled.refused.len()), (MANY as usize, 0, 0));
	let pulled = pull(&ours, &peer, None, 1, MANY).await.unwrap();
	assert_eq!((pulled.new.len(), pulled.present), (0, MANY as usize - 1));
}

#[tokio::test]
async fn a_peer_whose_list_has_no_end_is_left() {
	let place = format!("5-{}-1-{}", "00".repeat(16), "00".repeat(32));
	let page = serde_json::json!({ "datasets": [], "next": place });
	let app = axum::Router::new()
		.route("/v1/datasets", axum::routing::get(move || std::future::ready(axum::Json(page.clone()))));
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let url = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(busbar_store::connections::serve(listener, app, Connections::default(), std::future::pending()));
	let ours = Blobs::open("memory:///", 1_000_000).unwrap();
	let peer = Client::new(&url, None).unwrap();
	let error = pull(&ours, &peer, None, 0, 9).await.unwrap_err().to_string();
	assert!(error.contains("goes round in circles"), "{error}");
}

#[tokio::test]
async fn a_store_that_sends_without_end_is_left() {
	let endless = || {
		let piece = Bytes::from(vec![b' '; 1 << 20]);
		let pieces = futures::stream::repeat_with(move || Ok::<_, std::convert::Infallible>(piece.clone()));
		std::future::ready(axum::body::Body::from_stream(pieces))
	};
	let app = axum::Router::new().fallback(endless);
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let url = format!("http://{}", listener.local_addr().unwrap());
	tokio::spawn(busbar_store::connections::serve(listener, app, Connections::default(), std::future::pending()));
	let peer = Client::new(&url, None).unwrap();
	for error in [peer.holds(Default::default()).await.unwrap_err(), peer.get(Default::default()).await.unwrap_err()] {
		assert!(format!("{error:#}").contains("sends more than"), "{error:#}");
	}
	let ours = Blobs::open("memory:///", 1_000_000).unwrap();
	let stream = peer.stream(Default::default()).await.unwrap();
	assert!(ours.receive(Default::default(), stream).await.is_err());
}

#[tokio::test]
async fn an_aggregate_of_one_owners_points_is_refused_however_many_they_are() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Memory { landlord: Some(id("home-1")), ..Default::default() };
	let url = serve(open(folder.path()), Some(Arc::new(chain))).await;
	let hash = client(&url, "operator").put(Class::Readings, bytes(&dataset(9, 600))).await.unwrap().hash;
	let path = format!("/v1/datasets/{}/aggregate", hex::encode(hash));
	let answer = client(&url, "home-2").request(axum::http::Method::GET, &path, None).await;
	refused(answer, "at least 10 owners");
}

#[tokio::test]
async fn strangers_are_refused_without_asking_the_node() {
	let folder = tempfile::tempdir().unwrap();
	let chain = Memory::default();
	let asked = chain.asked.clone();
	let url = serve(open(folder.path()), Some(Arc::new(chain))).await;
	for stranger in 0..50 {
		refused(client(&url, &format!("stranger-{stranger}")).datasets(0, 9).await, "403");
	}
	assert_eq!(asked.load(Relaxed), 1, "the members are read once");
	client(&url, "home-1").datasets(0, 9).await.unwrap();
	assert_eq!(asked.load(Relaxed), 2);
	// In the name of a member, but not by it: refused before the node is asked, and so is a repetition.
	let forger = Signer::from_suri("//Forger").unwrap();
	let to = busbar_client::requests::To {
		service: "busbar-store:1",
		name: url.trim_start_matches("http://"),
		method: "GET",
		path: "/v1/datasets",
	};
	let expires = busbar_client::requests::now_ms() + 9_000;
	let http = reqwest::Client::new();
	let send = |headers: [(&'static str, String); 4], account: Option<String>| {
		let mut request = http.get(format!("{url}/v1/datasets"));
		for (name, value) in headers {
			let value = account.clone().filter(|_| name == "x-busbar-account").unwrap_or(value);
			request = request.header(name, value);
		}
		request.send()
	};
	let member = sp_core::crypto::Ss58Codec::to_ss58check(&account("home-1"));
	let forged = busbar_client::requests::headers(&forger, to, expires);
	assert_eq!(send(forged, Some(member)).await.unwrap().status().as_u16(), 401);
	let honest = busbar_client::requests::headers(&signer("home-1"), to, expires);
	assert_eq!(send(honest.clone(), None).await.unwrap().status().as_u16(), 200);
	assert_eq!(asked.load(Relaxed), 3);
	assert_eq!(send(honest, None).await.unwrap().status().as_u16(), 401);
	assert_eq!(asked.load(Relaxed), 3);
}
