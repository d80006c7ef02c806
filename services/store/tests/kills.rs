//! A store that is killed at random moments claims nothing that is not there, and has lost nothing that it acknowledged.
//!
//! Runs the program itself, `BUSBAR_KILLS` times (default 20), and kills it each time while several clients store. A thousand:
//! `BUSBAR_KILLS=1000 cargo test --release --workspace --locked --test kills -- --nocapture`.
//! `BUSBAR_STORE_PROGRAM` names another program to kill. What is killed is the process, not the machine: that files and folders
//! reach the disk before an answer is a matter of `fsync`, which this does not see.
#![allow(clippy::unwrap_used)]

mod common;

use busbar_store::{client::Client, hash_of, meta::Class};
use bytes::Bytes;
use common::dataset;
use rand::{rngs::StdRng, Rng, RngExt, SeedableRng};
use sp_core::H256;
use std::{
	collections::BTreeMap,
	path::Path,
	process::{Child, Command, Stdio},
	sync::{Arc, Mutex},
	time::Duration,
};

/// Clients that store at the same time.
const CLIENTS: u64 = 4;
/// Kills for which one folder is used; after them all that was acknowledged is checked.
const OF_A_FOLDER: u32 = 50;

fn kills() -> u32 {
	std::env::var("BUSBAR_KILLS").ok().map_or(20, |kills| kills.parse().expect("a number of kills"))
}

fn free_port() -> u16 {
	std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(folder: &Path, port: u16) -> Child {
	let program = std::env::var("BUSBAR_STORE_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_busbar-store").into());
	Command::new(program)
		.args(["serve", "--open", "--listen", &format!("127.0.0.1:{port}"), "--backend"])
		.arg(folder)
		.stdout(Stdio::null())
		.spawn()
		.unwrap()
}

async fn until_it_answers(client: &Client) {
	for _ in 0..1_000 {
		if client.holds(H256::zero()).await.is_ok() {
			return;
		}
		tokio::time::sleep(Duration::from_millis(5)).await;
	}
	panic!("the store does not answer");
}

/// A dataset, or a document of any length: small ones are written at once, large ones in parts.
fn object(random: &mut StdRng) -> (Class, Bytes) {
	match random.random_range(0..10) {
		0..=5 => {
			let (interval, rows) = (random.random_range(0..1_000_000), random.random_range(1..400));
			(Class::Readings, dataset(interval, rows).to_parquet().unwrap().into())
		},
		_ => {
			let length = if random.random_range(0..8) == 0 { 12_000_000 } else { random.random_range(1..200_000) };
			let mut bytes = vec![0; length];
			random.fill_bytes(&mut bytes);
			(Class::Document, bytes.into())
		},
	}
}

#[derive(Default)]
struct Known {
	/// What was answered to be stored, with its length.
	acknowledged: BTreeMap<H256, u64>,
	/// What was sent and not answered.
	unanswered: Vec<H256>,
}

/// Stores until the store is gone.
async fn storing(url: String, mut random: StdRng, known: Arc<Mutex<Known>>) {
	let client = Client::new(&url, None).unwrap();
	loop {
		let (class, bytes) = object(&mut random);
		let (hash, length) = (hash_of(&bytes), bytes.len() as u64);
		let answer = client.put(class, bytes).await;
		let mut known = known.lock().unwrap();
		if answer.is_err() {
			known.unanswered.push(hash);
			return;
		}
		known.acknowledged.insert(hash, length);
	}
}

/// That an object which the store claims comes whole and is found to be sound.
async fn ensure_there(client: &Client, hash: H256, why: &str) {
	let bytes = client.get(hash).await.unwrap_or_else(|error| panic!("{why}: {hash:?}: {error:#}"));
	assert_eq!(hash_of(&bytes), hash, "{why}");
	client.check(hash).await.unwrap_or_else(|error| panic!("{why}: {hash:?}: {error:#}"));
}

#[derive(Default)]
struct Figures {
	kills: u32,
	acknowledged: usize,
	unanswered: usize,
	/// Unanswered objects that are there all the same.
	complete: usize,
}

async fn kill_and_look(folder: &Path, port: u16, random: &mut StdRng, all: &mut Known, figures: &mut Figures) {
	let url = format!("http://127.0.0.1:{port}");
	let client = Client::new(&url, None).unwrap();
	let mut process = start(folder, port);
	until_it_answers(&client).await;
	let known = Arc::new(Mutex::new(Known::default()));
	let clients: Vec<_> = (0..CLIENTS)
		.map(|_| tokio::spawn(storing(url.clone(), StdRng::seed_from_u64(random.random()), known.clone())))
		.collect();
	tokio::time::sleep(Duration::from_micros(random.random_range(0..150_000))).await;
	// SIGKILL.
	process.kill().unwrap();
	process.wait().unwrap();
	for client in clients {
		client.await.unwrap();
	}
	let known = std::mem::take(&mut *known.lock().unwrap());

	let mut process = start(folder, port);
	until_it_answers(&client).await;
	for hash in known.acknowledged.keys() {
		assert!(client.holds(*hash).await.unwrap(), "{hash:?} was acknowledged and is not held");
		ensure_there(&client, *hash, "acknowledged").await;
	}
	for hash in &known.unanswered {
		if client.holds(*hash).await.unwrap() {
			ensure_there(&client, *hash, "claimed").await;
			figures.complete += 1;
		}
	}
	for meta in client.datasets(0, u32::MAX).await.unwrap() {
		assert!(client.holds(meta.hash).await.unwrap(), "{:?} is listed and not held", meta.hash);
	}
	process.kill().unwrap();
	process.wait().unwrap();
	figures.kills += 1;
	figures.acknowledged += known.acknowledged.len();
	figures.unanswered += known.unanswered.len();
	all.acknowledged.extend(known.acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_store_claims_nothing_that_is_not_there_and_has_lost_nothing_that_it_acknowledged() {
	let (kills, mut random, mut figures) = (kills(), StdRng::seed_from_u64(1), Figures::default());
	let began = std::time::Instant::now();
	while figures.kills < kills {
		let folder = tempfile::tempdir().unwrap();
		let (port, mut all) = (free_port(), Known::default());
		for _ in 0..OF_A_FOLDER.min(kills - figures.kills) {
			kill_and_look(folder.path(), port, &mut random, &mut all, &mut figures).await;
		}
		let mut process = start(folder.path(), port);
		let client = Client::new(&format!("http://127.0.0.1:{port}"), None).unwrap();
		until_it_answers(&client).await;
		for (hash, length) in all.acknowledged {
			assert_eq!(client.get(hash).await.unwrap().len() as u64, length);
		}
		process.kill().unwrap();
		process.wait().unwrap();
	}
	let Figures { kills, acknowledged, unanswered, complete } = figures;
	println!(
		"{kills} kills in {:.0?}: {acknowledged} objects acknowledged, none lost; {unanswered} uploads unanswered, {complete} of \
		 them complete and the others not claimed",
		began.elapsed()
	);
	assert!(acknowledged > 0 && unanswered > 0);
}
