//! Who may do what, over HTTP, and what stands in the log.

use crate::common::*;
use axum::http::Method;
use busbar_primitives::records::{Field, Fields, Purpose};
use busbar_service::tls;
use busbar_vault::{
	client::Client,
	log::{Act, Ground},
	seal::Receiver,
};
use std::sync::atomic::Ordering::Relaxed;

const BILLING: Option<Purpose> = Some(Purpose::Billing);

#[tokio::test]
async fn a_record_is_read_by_its_person_by_grant_and_by_the_regulator_and_by_nobody_else() {
	let world = World::new().await;
	let receipt = world.client("ann").put(id("ann"), &record("ann")).await.unwrap();
	world.chain.grant("ann", "utility", Purpose::Billing, Fields::of([Field::Name, Field::Bank]), 100);
	let read = |who: &'static str, fields, purpose| {
		let client = world.client(who);
		async move { client.get(id("ann"), fields, purpose).await }
	};
	let reading = read("ann", Fields::ALL, None).await.unwrap();
	assert_eq!((reading.record, reading.fields.len()), (receipt, 8));
	let values = |reading: busbar_vault::answers::Reading| -> Vec<_> {
		reading.fields.into_iter().map(|field| field.value).collect()
	};
	let name = vec![Some("Ada-ann-of-the-vault".to_owned())];
	assert_eq!(values(read("utility", NAME, BILLING).await.unwrap()), name);
	assert_eq!(values(read("regulator", NAME, Some(Purpose::Dispute)).await.unwrap()), name);
	// A field that is not granted, another purpose, none; a regulator says what for, too.
	refused(read("utility", Fields::of([Field::Name, Field::Address]), BILLING).await, 403, "forbidden");
	refused(read("utility", NAME, Some(Purpose::Research)).await, 403, "forbidden");
	refused(read("utility", NAME, None).await, 403, "forbidden");
	refused(read("regulator", NAME, None).await, 403, "forbidden");
	for other in ["bob", "auditor", "provider", "dso"] {
		refused(read(other, NAME, BILLING).await, 403, "forbidden");
	}
	refused(read("stranger", NAME, BILLING).await, 403, "forbidden");
	refused(read("utility", Fields(0), BILLING).await, 400, "bad_query");
}

#[tokio::test]
async fn a_grant_ends_with_its_last_interval_and_the_suspended_read_nothing_of_others() {
	let world = World::new().await;
	world.client("ann").put(id("ann"), &record("ann")).await.unwrap();
	world.chain.grant("ann", "utility", Purpose::Billing, NAME, 10);
	let utility = world.client("utility");
	world.chain.now.store(9, Relaxed);
	utility.get(id("ann"), NAME, BILLING).await.unwrap();
	world.chain.suspended.lock().unwrap().insert(id("utility"));
	refused(utility.get(id("ann"), NAME, BILLING).await, 403, "forbidden");
	world.chain.suspended.lock().unwrap().clear();
	utility.get(id("ann"), NAME, BILLING).await.unwrap();
	world.chain.now.store(10, Relaxed);
	refused(utility.get(id("ann"), NAME, BILLING).await, 403, "forbidden");
}

#[tokio::test]
async fn every_access_granted_or_refused_is_told_to_the_person_and_proven_under_the_root() {
	let world = World::new().await;
	world.client("ann").put(id("ann"), &record("ann")).await.unwrap();
	world.client("bob").put(id("bob"), &record("bob")).await.unwrap();
	world.chain.grant("ann", "utility", Purpose::Billing, NAME, 100);
	world.client("utility").get(id("ann"), NAME, BILLING).await.unwrap();
	refused(world.client("dso").get(id("ann"), Fields::ALL, Some(Purpose::GridOperation)).await, 403, "forbidden");
	refused(world.client("bob").put(id("ann"), &record("bob")).await, 403, "forbidden");
	refused(world.client("bob").erase(id("ann")).await, 403, "forbidden");
	refused(world.client("utility").export(id("ann")).await, 403, "forbidden");
	refused(world.client("dso").log(id("ann"), 0).await, 403, "forbidden");

	let accesses = world.client("ann").log(id("ann"), 0).await.unwrap();
	let told: Vec<_> = accesses
		.entries
		.iter()
		.map(|proven| &proven.entry.event)
		.map(|event| (event.reader.unwrap(), event.act, event.ground, event.purpose))
		.collect();
	assert_eq!(
		told,
		[
			(id("ann"), Act::Put, Some(Ground::Own), None),
			(id("utility"), Act::Read, Some(Ground::Grant), BILLING),
			(id("dso"), Act::Read, None, Some(Purpose::GridOperation)),
			(id("bob"), Act::Put, None, None),
			(id("bob"), Act::Erase, None, None),
			(id("utility"), Act::Export, None, None),
			(id("dso"), Act::Log, None, None),
			(id("ann"), Act::Log, Some(Ground::Own), None),
		]
	);
	assert_eq!(accesses.entries[1].entry.event.fields, NAME);
	assert_eq!(accesses.entries[1].entry.event.account, account("utility"));
	// The client has checked the proofs; a changed entry has none.
	let mut changed = accesses.entries[1].entry.clone();
	changed.event.reader = Some(id("dso"));
	let proof = &accesses.entries[1].path;
	assert!(!busbar_merkle::verify(accesses.root, accesses.count, changed.index, changed.hash(), proof));
	for overseer in ["regulator", "auditor"] {
		assert!(world.client(overseer).log(id("ann"), 0).await.unwrap().entries.len() > told.len());
	}
	let root = world.client("dso").root().await.unwrap();
	assert_eq!((root.count, root.root), world.service.vault.log.root().await.unwrap());
}

#[tokio::test]
async fn a_provider_puts_a_record_before_its_person_is_registered_and_never_after() {
	let world = World::new().await;
	world.client("provider").put(id("newcomer"), &record("newcomer")).await.unwrap();
	world.client("provider").put(id("newcomer"), &record("renamed")).await.unwrap();
	// What one provider put is neither another's nor readable by it.
	refused(world.client("rival").put(id("newcomer"), &record("newcomer")).await, 403, "forbidden");
	refused(world.client("rival").erase(id("newcomer")).await, 403, "forbidden");
	refused(world.client("provider").get(id("newcomer"), NAME, BILLING).await, 403, "forbidden");
	refused(world.client("ann").put(id("other"), &record("other")).await, 403, "forbidden");
	refused(world.client("provider").put(id("ann"), &record("ann")).await, 403, "forbidden");
	world.client("provider").erase(id("newcomer")).await.unwrap();
	refused(world.client("provider").erase(id("newcomer")).await, 404, "not_found");
}

#[tokio::test]
async fn erasure_waits_until_all_is_settled_and_paid_and_the_suspended_person_keeps_its_rights() {
	let world = World::new().await;
	let ann = world.client("ann");
	ann.put(id("ann"), &record("ann")).await.unwrap();
	world.chain.unsettled.lock().unwrap().insert(id("ann"), 7);
	refused(ann.erase(id("ann")).await, 409, "unsettled");
	world.chain.unsettled.lock().unwrap().clear();
	world.chain.indebted.lock().unwrap().insert(id("ann"));
	refused(ann.erase(id("ann")).await, 409, "in_debt");
	world.chain.indebted.lock().unwrap().clear();
	world.chain.suspended.lock().unwrap().insert(id("ann"));
	ann.get(id("ann"), Fields::ALL, None).await.unwrap();
	let export = ann.export(id("ann")).await.unwrap();
	assert_eq!(export.record.as_ref().unwrap().0, record("ann"));
	assert!(export.proofs.iter().all(|field| field.is_under(export.record.as_ref().unwrap().1.commitment)));
	assert_eq!(export.accesses.len(), 5);
	ann.erase(id("ann")).await.unwrap();
	refused(ann.get(id("ann"), Fields::ALL, None).await, 404, "not_found");
	// Who read it before is still told.
	let after = ann.export(id("ann")).await.unwrap();
	assert!(after.record.is_none() && after.accesses.len() > export.accesses.len());
}

#[tokio::test]
async fn an_answer_opens_with_the_key_that_the_request_names_and_says_nothing_to_others() {
	let world = World::new().await;
	let ann = world.client("ann");
	ann.put(id("ann"), &record("ann")).await.unwrap();
	let (reader, other) = (Receiver::random(), Receiver::random());
	let path = format!("/v1/records/{}?fields=255&key={}", id("ann"), hex::encode(reader.public()));
	let answer = ann.request(Method::GET, &path, None).await.unwrap();
	assert!(!answer.windows(3).any(|bytes| bytes == b"Ada"));
	let bound = format!("GET {path}");
	let opened = reader.open(bound.as_bytes(), &answer).unwrap();
	assert!(opened.windows(20).any(|bytes| bytes == b"Ada-ann-of-the-vault"));
	assert!(other.open(bound.as_bytes(), &answer).is_err());
	// What is put must be sealed to the vault, for this person.
	let plain = record("ann").bytes().unwrap().to_vec();
	let path = format!("/v1/records/{}?hash={}", id("ann"), hex::encode(sp_crypto_hashing::blake2_256(&plain)));
	refused(ann.request(Method::PUT, &path, Some(plain)).await, 422, "no_record");
	refused(ann.request(Method::PUT, &path, Some(b"other".to_vec())).await, 422, "wrong_hash");
}

#[tokio::test]
async fn who_is_refused_again_and_again_does_not_fill_the_log() {
	let world = World::new().await;
	let dso = world.client("dso");
	for _ in 0..100 {
		refused(dso.get(id("ann"), NAME, BILLING).await, 403, "forbidden");
	}
	refused(dso.get(id("ann"), NAME, BILLING).await, 429, "too_many");
	assert_eq!(world.service.vault.log.root().await.unwrap().0, 100);
	world.client("ann").put(id("ann"), &record("ann")).await.unwrap();
}

#[tokio::test]
async fn a_vault_speaks_tls_with_its_own_certificate() {
	let (folder, chain) = (tempfile::tempdir().unwrap(), std::sync::Arc::<Memory>::default());
	let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
	let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
	std::fs::write(&certificate, made.serialize_pem().unwrap()).unwrap();
	std::fs::write(&key, made.serialize_private_key_pem()).unwrap();
	let vault = vault_in(folder.path(), &busbar_vault::seal::Master::random()).await.unwrap();
	let acceptor = tls::acceptor(&certificate, &key).unwrap();
	let (url, _service) = serve(vault, chain, Some(acceptor)).await;
	let ann = Client::new(&url, signer("ann"), Some(&certificate)).unwrap();
	ann.put(id("ann"), &record("ann")).await.unwrap();
	assert_eq!(ann.get(id("ann"), NAME, None).await.unwrap().fields.len(), 1);
	// Who does not trust the certificate sends nothing, and who speaks no TLS hears nothing.
	assert!(client(&url, "ann").root().await.is_err());
	assert!(client(&url.replace("https", "http"), "ann").root().await.is_err());
	assert!(tls::acceptor(&key, &key).is_err() && tls::acceptor(&certificate, &certificate).is_err());
}
