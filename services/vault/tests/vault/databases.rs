//! The same tests on every database.

use crate::common::*;
use busbar_primitives::{records::Fields, ParticipantId};
use busbar_vault::{
	database::{self, Database, Head, Logged, Sqlite, Stored},
	error::Error,
	keys::Keys,
	log::{Act, Event, Ground, Log},
	seal::Master,
	vault::{Mended, Vault},
};
use sp_core::H256;
use std::{future::Future, sync::Arc};

fn stored(name: &str, number: u32) -> Stored {
	Stored {
		subject: id(name),
		number,
		sealed: vec![number as u8; 300],
		commitment: H256::repeat_byte(number as u8),
		writer: id("provider"),
		erasing: false,
	}
}

fn logged(name: &str, index: u32) -> Logged {
	Logged { index, subject: id(name), bytes: vec![index as u8; 40] }
}

fn event(name: &str, act: Act) -> Event {
	let (subject, account) = (id(name), account(name));
	Event { at: 1, subject, account, reader: None, act, fields: Fields::ALL, purpose: None, ground: Some(Ground::Own) }
}

/// Runs a test on a new database of each kind.
async fn on_each<F: Future<Output = ()>>(test: impl Fn(Arc<dyn Database>) -> F) {
	let folder = tempfile::tempdir().unwrap();
	test(Arc::new(Sqlite::open(&folder.path().join("records.db")).unwrap())).await;
	let server = Server::start();
	test(server.open().await).await;
}

#[tokio::test]
async fn a_database_keeps_what_it_was_given_and_a_place_of_the_log_is_taken_once() {
	on_each(|database| async move {
		assert_eq!(database.record(id("ann")).await.unwrap(), None);
		database.put(stored("ann", 1), logged("ann", 0)).await.unwrap();
		database.put(stored("bob", 1), logged("bob", 1)).await.unwrap();
		database.put(stored("ann", 2), logged("ann", 2)).await.unwrap();
		assert_eq!(database.record(id("ann")).await.unwrap(), Some(stored("ann", 2)));
		// All of it or nothing: the place is taken.
		assert!(database.put(stored("ann", 3), logged("ann", 1)).await.is_err());
		assert_eq!(database.record(id("ann")).await.unwrap(), Some(stored("ann", 2)));
		assert!(database.append(logged("ann", 2)).await.is_err());
		assert!(database.mark(logged("ann", 2)).await.is_err());
		assert_eq!(database.record(id("ann")).await.unwrap(), Some(stored("ann", 2)));

		database.append(logged("bob", 3)).await.unwrap();
		database.mark(logged("ann", 4)).await.unwrap();
		let mut heads = database.heads().await.unwrap();
		heads.sort_by_key(|head| head.number);
		let head = |name: &str, number, erasing| Head { subject: id(name), number, erasing };
		assert_eq!(heads, [head("bob", 1, false), head("ann", 2, true)]);
		database.remove(id("ann")).await.unwrap();
		assert_eq!(database.record(id("ann")).await.unwrap(), None);

		let entry = |index: u32| vec![index as u8; 40];
		assert_eq!(database.entries(1, 3).await.unwrap(), [entry(1), entry(2), entry(3)]);
		assert_eq!(database.entries_of(id("ann"), 0, 9).await.unwrap(), [entry(0), entry(2), entry(4)]);
		assert_eq!(database.entries_of(id("ann"), 1, 1).await.unwrap(), [entry(2)]);
	})
	.await;
}

async fn vault(database: Arc<dyn Database>, keys: &std::path::Path, master: &Master) -> (Vault, Mended) {
	Vault::open(database, Keys::open(keys).unwrap(), master.clone()).await.unwrap()
}

async fn name_of(vault: &Vault, of: ParticipantId) -> Option<String> {
	let opened = vault.open_record(of).await.unwrap();
	opened.map(|opened| opened.record.0.values().next().unwrap().clone())
}

#[tokio::test]
async fn a_record_is_rectified_erased_and_put_again_on_every_database() {
	on_each(|database| async move {
		let (folder, master) = (tempfile::tempdir().unwrap(), Master::random());
		let keys = folder.path().join("keys.db");
		let (one, _) = vault(database.clone(), &keys, &master).await;
		let first = one.put(&record("ann"), id("ann"), event("ann", Act::Put)).await.unwrap();
		let second = one.put(&record("anna"), id("ann"), event("ann", Act::Put)).await.unwrap();
		assert_eq!((first.number, second.number), (1, 2));
		assert_ne!(first.commitment, second.commitment);
		// The same words have another commitment, because they have another salt.
		let third = one.put(&record("anna"), id("ann"), event("ann", Act::Put)).await.unwrap();
		assert_ne!(second.commitment, third.commitment);
		assert_eq!(one.open_record(id("ann")).await.unwrap().unwrap().receipt, third);
		one.put(&record("bob"), id("bob"), event("bob", Act::Put)).await.unwrap();
		one.erase(event("ann", Act::Erase)).await.unwrap();
		assert_eq!(name_of(&one, id("ann")).await, None);
		assert!(matches!(one.erase(event("ann", Act::Erase)).await, Err(Error::NotFound(_))));
		let (count, root) = one.log.root().await.unwrap();
		assert_eq!(count, 5);

		// Another process finds the same.
		drop(one);
		let (other, mended) = vault(database.clone(), &keys, &master).await;
		assert_eq!(mended, Mended::default());
		assert_eq!(other.log.root().await.unwrap(), (5, root));
		assert_eq!(name_of(&other, id("bob")).await.unwrap(), "Ada-bob-of-the-vault");
		assert_eq!(other.put(&record("ann"), id("ann"), event("ann", Act::Put)).await.unwrap().number, 1);
		assert_eq!(other.check().await.unwrap(), 2);
	})
	.await;
}

#[tokio::test]
async fn a_start_destroys_keys_of_no_record_and_finishes_erasures() {
	on_each(|database| async move {
		let (folder, master) = (tempfile::tempdir().unwrap(), Master::random());
		let keys = folder.path().join("keys.db");
		let (one, _) = vault(database.clone(), &keys, &master).await;
		for name in ["ann", "bob"] {
			one.put(&record(name), id(name), event(name, Act::Put)).await.unwrap();
		}
		drop(one);
		// As if a process had ended between two steps of putting, and of erasing.
		Keys::open(&keys).unwrap().put(id("ann"), 2, vec![1; 100]).await.unwrap();
		let log = Log::open(database.clone()).await.unwrap();
		let entry = log.next().await.unwrap().entry(event("bob", Act::Erase)).unwrap();
		database.mark(entry).await.unwrap();
		let (other, mended) = vault(database.clone(), &keys, &master).await;
		assert_eq!(mended, Mended { keys: 1, erased: 1 });
		assert_eq!(name_of(&other, id("ann")).await.unwrap(), "Ada-ann-of-the-vault");
		assert_eq!(name_of(&other, id("bob")).await, None);
		drop(other);
		assert_eq!(Keys::open(&keys).unwrap().all().await.unwrap(), [(id("ann"), 1)]);
	})
	.await;
}

#[tokio::test]
async fn a_start_without_the_keys_or_with_another_master_says_so_and_destroys_nothing() {
	let (folder, master) = (tempfile::tempdir().unwrap(), Master::random());
	let one = vault_in(folder.path(), &master).await.unwrap();
	one.put(&record("ann"), id("ann"), event("ann", Act::Put)).await.unwrap();
	let again = vault_in(folder.path(), &master).await;
	assert!(matches!(again, Err(Error::InUse(_))), "two processes with one vault");
	drop((one, again));
	assert!(matches!(vault_in(folder.path(), &Master::random()).await, Err(Error::WrongMaster)));
	let (keys, aside) = (folder.path().join("keys.db"), folder.path().join("aside.db"));
	std::fs::rename(&keys, &aside).unwrap();
	assert!(matches!(vault_in(folder.path(), &master).await, Err(Error::KeysMissing(1, _))));
	std::fs::rename(&aside, &keys).unwrap();
	let one = vault_in(folder.path(), &master).await.unwrap();
	assert_eq!(name_of(&one, id("ann")).await.unwrap(), "Ada-ann-of-the-vault");
}

#[tokio::test]
async fn an_entry_of_the_log_that_was_changed_or_taken_out_is_found_at_the_start() {
	let (folder, master) = (tempfile::tempdir().unwrap(), Master::random());
	let one = vault_in(folder.path(), &master).await.unwrap();
	for _ in 0..5 {
		one.note(event("ann", Act::Read)).await.unwrap();
	}
	drop(one);
	let path = folder.path().join("records.db");
	let change = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
	let copy = std::fs::read(&path).unwrap();
	change("DELETE FROM log WHERE place = 2");
	assert!(matches!(vault_in(folder.path(), &master).await, Err(Error::DamagedLog(2))));
	std::fs::write(&path, &copy).unwrap();
	change("UPDATE log SET entry = (SELECT entry FROM log WHERE place = 1) WHERE place = 2");
	assert!(matches!(vault_in(folder.path(), &master).await, Err(Error::DamagedLog(2))));
	std::fs::write(&path, &copy).unwrap();
	assert_eq!(vault_in(folder.path(), &master).await.unwrap().log.root().await.unwrap().0, 5);
}

#[tokio::test]
async fn a_database_at_another_machine_is_refused() {
	for address in ["postgres://busbar@db.example/vault", "postgres://busbar@10.0.0.7/vault"] {
		let error = database::open(address).await.err().unwrap().to_string();
		assert!(error.contains("through a tunnel"), "{error}");
	}
}
