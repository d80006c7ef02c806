//! The service from outside: who may do what, and what an error looks like.
#![allow(clippy::unwrap_used)]

mod common;

use axum::http::Method;
use busbar_client::{
	pallet_metering::Dataset as Attested,
	pallet_participants::{Data, DataGrant},
};
use busbar_store::{
	access::{payload, ACCOUNT, EXPIRES, NONCE, SIGNATURE},
	blobs::Blobs,
	client::{Client, Refused},
	hash_of,
	meta::Class,
	replicate::pull,
};
use bytes::Bytes;
use codec::Encode;
use common::*;
use sp_core::{crypto::Ss58Codec, ed25519, Pair, H256};
use sp_runtime::MultiSignature;
use std::sync::Arc;

fn blobs(folder: &tempfile::TempDir) -> Blobs {
	Blobs::open(folder.path().to_str().unwrap(), 1_000_000).unwrap()
}

fn client(url: &str, name: &str) -> Client {
	Client::new(url, Some(signer(name))).unwrap()
}

async fn refused(answer: anyhow::Result<impl Sized>, word: &str) {
	let error = answer.err().expect("a refusal").to_string();
	assert!(error.contains(word), "{error}");
}

#[tokio::test]
async fn each_reads_what_the_chain_lets_it_read() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), Some(Arc::new(Memory::default()))).await;
	let bytes = Bytes::from(dataset(9, 50).to_parquet().unwrap());
	let hash = hash_of(&bytes);
	refused(client(&url, "rival").put(Class::Readings, bytes.clone()).await, "403").await;
	refused(client(&url, "home-1").put(Class::Readings, bytes.clone()).await, "403").await;
	refused(client(&url, "stranger").put(Class::Readings, bytes.clone()).await, "403").await;
	let meta = client(&url, "operator").put(Class::Readings, bytes.clone()).await.unwrap();
	let summary = meta.dataset.unwrap();

	for reader in ["operator", "auditor"] {
		assert_eq!(client(&url, reader).get(hash).await.unwrap(), bytes);
	}
	for reader in ["home-1", "rival", "feeder-auditor", "stranger"] {
		refused(client(&url, reader).get(hash).await, "403").await;
		refused(client(&url, reader).check(hash).await, "403").await;
	}
	refused(Client::new(&url, None).unwrap().get(hash).await, "401").await;

	let answer = client(&url, "home-1").proofs(hash, &[1]).await.unwrap();
	let proof = &answer.proofs[0];
	let salt: [u8; 16] = hex::decode(&proof.salt).unwrap().try_into().unwrap();
	let leaf = proof.signed.leaf(&salt);
	assert!(busbar_merkle::verify(summary.root, summary.count, proof.index, leaf, &proof.path));
	refused(client(&url, "home-1").proofs(hash, &[1, 2]).await, "403").await;
	refused(client(&url, "home-1").proofs(hash, &[40]).await, "403").await;
	assert_eq!(client(&url, "auditor").proofs(hash, &[1, 2, 40]).await.unwrap().proofs.len(), 3);
	refused(client(&url, "auditor").proofs(hash, &[50]).await, "no reading of connection point 50").await;
	refused(client(&url, "auditor").proofs(hash, &[]).await, "at least one").await;
}

#[tokio::test]
async fn a_grant_opens_what_it_names_in_its_intervals_and_nothing_else() {
	let folder = tempfile::tempdir().unwrap();
	let mut chain = Memory::default();
	let grant = |data, from, until| vec![DataGrant { grantee: id("aggregator"), data, from, until }];
	chain.grants.insert(id("operator"), grant(Data::Datasets, 9, 10));
	chain.grants.insert(id("home-1"), grant(Data::Readings, 8, 10));
	let url = serve(blobs(&folder), Some(Arc::new(chain))).await;
	let mut hashes = Vec::new();
	for interval in [4, 8, 9, 10] {
		let bytes = dataset(interval, 50).to_parquet().unwrap();
		hashes.push(client(&url, "operator").put(Class::Readings, bytes.into()).await.unwrap().hash);
	}
	let (aggregator, auditor) = (client(&url, "aggregator"), client(&url, "auditor"));
	assert_eq!(aggregator.get(hashes[2]).await.unwrap(), auditor.get(hashes[2]).await.unwrap());
	aggregator.proofs(hashes[2], &[1, 2, 49]).await.unwrap();
	aggregator.proofs(hashes[1], &[1]).await.unwrap();
	for hash in [hashes[0], hashes[1], hashes[3]] {
		refused(aggregator.get(hash).await, "403").await;
		refused(aggregator.proofs(hash, &[2]).await, "403").await;
		refused(aggregator.proofs(hash, &[1, 2]).await, "403").await;
	}
	refused(aggregator.proofs(hashes[3], &[1]).await, "403").await;
	// A home's grant is to the aggregator, not to other homes; and before its point existed a home reads nothing there.
	refused(client(&url, "home-2").proofs(hashes[1], &[1]).await, "403").await;
	client(&url, "home-1").proofs(hashes[3], &[1]).await.unwrap();
	refused(client(&url, "home-1").proofs(hashes[0], &[1]).await, "403").await;
}

#[tokio::test]
async fn only_who_attests_stores_and_only_members_list() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), Some(Arc::new(Memory::default()))).await;
	let protocol = Bytes::from_static(b"protocol of a meter's test");
	refused(client(&url, "home-1").put(Class::Document, protocol.clone()).await, "only who attests").await;
	let hash = client(&url, "operator").put(Class::Document, protocol.clone()).await.unwrap().hash;
	assert_eq!(client(&url, "operator").get(hash).await.unwrap(), protocol);
	refused(client(&url, "rival").get(hash).await, "403").await;
	refused(client(&url, "auditor").proofs(hash, &[1]).await, "404").await;
	assert!(client(&url, "home-1").datasets(0, 99).await.unwrap().is_empty());
	let mut second = dataset(9, 5);
	let foreign = client(&url, "aggregator").put(Class::Readings, second.to_parquet().unwrap().into()).await;
	refused(foreign, "only the meter operator that a dataset names").await;
	second.operator = id("aggregator");
	client(&url, "aggregator").put(Class::Readings, second.to_parquet().unwrap().into()).await.unwrap();
	assert_eq!(client(&url, "home-1").datasets(0, 99).await.unwrap().len(), 1);
	refused(Client::new(&url, None).unwrap().datasets(0, 99).await, "401").await;
	let refusal = client(&url, "stranger").datasets(0, 99).await.unwrap_err();
	let refusal = refusal.downcast_ref::<Refused>().unwrap();
	assert_eq!((refusal.status, refusal.word.as_str()), (403, "forbidden"));
}

#[tokio::test]
async fn a_request_is_good_once_for_one_store_and_not_for_long() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), Some(Arc::new(Memory::default()))).await;
	let meta =
		client(&url, "operator").put(Class::Readings, dataset(9, 50).to_parquet().unwrap().into()).await.unwrap();
	let (store, path) = (url.trim_start_matches("http://"), format!("/v1/blobs/{}", hex::encode(meta.hash)));
	let http = reqwest::Client::new();
	let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
	let send = |store: &str, signed: &str, expires: u64, nonce: u8, account: String| {
		let nonce = hex::encode([nonce; 16]);
		let signature =
			MultiSignature::from(key("operator").sign(&payload(&Method::GET, store, signed, expires, &nonce)));
		let request = http.get(format!("{url}{path}"));
		request
			.header(ACCOUNT, account)
			.header(EXPIRES, expires.to_string())
			.header(NONCE, nonce)
			.header(SIGNATURE, hex::encode(signature.encode()))
			.send()
	};
	let operator = account("operator").to_ss58check();
	let status = |answer: reqwest::Response| answer.status().as_u16();
	assert_eq!(status(send(store, &path, now + 9_000, 1, operator.clone()).await.unwrap()), 200);
	assert_eq!(status(send(store, &path, now + 9_000, 1, operator.clone()).await.unwrap()), 401, "a replay");
	assert_eq!(status(send(store, &path, now + 9_000, 2, operator.clone()).await.unwrap()), 200);
	assert_eq!(status(send(store, &path, now - 1, 3, operator.clone()).await.unwrap()), 401, "expired");
	assert_eq!(status(send(store, &path, now + 400_000, 4, operator.clone()).await.unwrap()), 401, "too long");
	assert_eq!(status(send("other:1", &path, now + 9_000, 5, operator.clone()).await.unwrap()), 401, "other store");
	assert_eq!(status(send(store, "/v1/x", now + 9_000, 6, operator).await.unwrap()), 401, "other path");
	let auditor = account("auditor").to_ss58check();
	assert_eq!(status(send(store, &path, now + 9_000, 7, auditor).await.unwrap()), 401, "other account");

	// An ed25519 account is known as such: the signature holds, the chain knows nobody by it.
	let pair = ed25519::Pair::from_seed(&[1; 32]);
	let nonce = hex::encode([9; 16]);
	let signature = MultiSignature::from(pair.sign(&payload(&Method::GET, store, &path, now + 9_000, &nonce)));
	let answer = http
		.get(format!("{url}{path}"))
		.header(ACCOUNT, busbar_client::AccountId::from(pair.public()).to_ss58check())
		.header(EXPIRES, (now + 9_000).to_string())
		.header(NONCE, nonce)
		.header(SIGNATURE, hex::encode(signature.encode()));
	let answer = answer.send().await.unwrap();
	assert_eq!(answer.status().as_u16(), 403);
	let json: serde_json::Value = answer.json().await.unwrap();
	assert_eq!(json["error"], "forbidden");
}

#[tokio::test]
async fn an_aggregate_needs_ten_owners_and_is_the_sum() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), Some(Arc::new(Memory::default()))).await;
	let operator = client(&url, "operator");
	for (meters, interval) in [(9, 5), (10, 6)] {
		let meta = operator.put(Class::Readings, dataset(interval, meters).to_parquet().unwrap().into()).await.unwrap();
		let path = format!("/v1/datasets/{}/aggregate", hex::encode(meta.hash));
		let answer = client(&url, "home-2").request(Method::GET, &path, None).await;
		if meters < 10 {
			refused(answer, "at least 10").await;
			continue;
		}
		let json: serde_json::Value = answer.unwrap().json().await.unwrap();
		assert_eq!((&json["import"], &json["export"]), (&"450".into(), &"70".into()));
		assert_eq!((&json["import_varh"], &json["points"]), (&"-45".into(), &10.into()));
		refused(client(&url, "stranger").request(Method::GET, &path, None).await, "403").await;
	}
}

#[tokio::test]
async fn an_object_of_many_pieces_goes_in_and_out_and_one_beyond_the_limit_does_not() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(Blobs::open(folder.path().to_str().unwrap(), 5_000_000).unwrap(), None).await;
	let open = Client::new(&url, None).unwrap();
	let bytes = Bytes::from((0..5_000_000u32).map(|at| (at % 253) as u8).collect::<Vec<_>>());
	let hash = open.put(Class::Document, bytes.clone()).await.unwrap().hash;
	assert_eq!(open.get(hash).await.unwrap(), bytes);
	let large = Bytes::from(vec![7; 5_000_001]);
	let hash = hash_of(&large);
	// The store may answer and close before it has read everything, which the client can see as a broken connection.
	open.put(Class::Document, large).await.unwrap_err();
	assert!(!open.holds(hash).await.unwrap());
}

#[tokio::test]
async fn two_meters_of_a_point_are_both_proven_and_not_added_up() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), None).await;
	let open = Client::new(&url, None).unwrap();
	let mut twice = dataset(9, 20);
	twice.rows[8].signed.reading.point = 3;
	let hash = open.put(Class::Readings, twice.to_parquet().unwrap().into()).await.unwrap().hash;
	let answer = open.proofs(hash, &[4, 3]).await.unwrap();
	let meters: Vec<_> = answer.proofs.iter().map(|proof| proof.signed.reading.meter).collect();
	assert_eq!(meters, [1_004, 1_003, 1_008]);
	let path = format!("/v1/datasets/{}/aggregate", hex::encode(hash));
	refused(open.request(Method::GET, &path, None).await, "connection point 3 has two meters").await;
}

#[tokio::test]
async fn damage_is_named_to_the_client_and_not_served() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(blobs(&folder), None).await;
	let open = Client::new(&url, None).unwrap();
	let bytes = Bytes::from(dataset(9, 200).to_parquet().unwrap());
	let hash = open.put(Class::Readings, bytes.clone()).await.unwrap().hash;
	open.check(hash).await.unwrap();
	let path = folder.path().join("blobs").join(hex::encode(hash));
	let mut damaged = bytes.to_vec();
	damaged[9_000] ^= 4;
	std::fs::write(path, damaged).unwrap();
	refused(open.check(hash).await, "bytes 8192 to 12288 differ").await;
	assert!(open.get(hash).await.is_err());
	refused(open.proofs(hash, &[1]).await, "damaged").await;
	let metrics = open.request(Method::GET, "/metrics", None).await.unwrap().text().await.unwrap();
	assert!(metrics.contains("busbar_store_damaged_total 2"), "{metrics}");
	refused(open.get(H256::zero()).await, "404").await;
	refused(open.request(Method::GET, "/v1/blobs/xyz", None).await, "64 hexadecimal digits").await;
}

#[tokio::test]
async fn a_store_pulls_what_was_attested_and_refuses_what_was_not() {
	let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
	let mut theirs_chain = Memory::default();
	let grant = DataGrant { grantee: id("aggregator"), data: Data::Datasets, from: 0, until: 9 };
	theirs_chain.grants.insert(id("operator"), vec![grant]);
	let url = serve(blobs(&theirs), Some(Arc::new(theirs_chain))).await;
	let operator = client(&url, "operator");
	let mut chain = Memory::default();
	let mut hashes = Vec::new();
	for interval in [1, 2, 3] {
		let meta = operator.put(Class::Readings, dataset(interval, 30).to_parquet().unwrap().into()).await.unwrap();
		let summary = meta.dataset.unwrap();
		let attested = Attested {
			root: summary.root,
			count: summary.count,
			bytes: meta.bytes as u32,
			content: if interval == 2 { H256::repeat_byte(1) } else { meta.hash },
			version: 1,
			at: 0,
		};
		chain.attested.insert((interval, summary.operator), attested);
		hashes.push(meta.hash);
	}
	let ours = blobs(&ours);
	let pulled = pull(&ours, &client(&url, "aggregator"), Some(&chain), 1, 3).await.unwrap();
	assert_eq!((pulled.new, pulled.present), (vec![hashes[0]], 0));
	assert_eq!(pulled.refused.len(), 1);
	assert!(pulled.refused[0].0 == hashes[1] && pulled.refused[0].1.contains("did not attest"));
	assert_eq!(ours.list().await.unwrap().len(), 1);
	let pulled = pull(&ours, &client(&url, "aggregator"), Some(&chain), 0, 9).await.unwrap();
	assert_eq!((pulled.new, pulled.present), (vec![hashes[2]], 1));
	let pulled = pull(&ours, &client(&url, "home-1"), None, 2, 3).await.unwrap();
	assert!(pulled.refused[0].1.contains("403"));

	let replica = serve(ours, None).await;
	let replica = Client::new(&replica, None).unwrap();
	assert!(replica.holds(hashes[0]).await.unwrap());
	assert!(!replica.holds(hashes[1]).await.unwrap());
}
