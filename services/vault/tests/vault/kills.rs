//! A vault that is killed at random moments has lost nothing that it acknowledged, and nothing is half there.
//!
//! Kills this very program while it writes, `BUSBAR_KILLS` times (default 20). A thousand:
//! `BUSBAR_KILLS=1000 cargo test --release --workspace --locked --test vault kills -- --nocapture`. What is killed is the process,
//! not the machine: that files reach the disk before an answer is a matter of `fsync`, which this does not see.

use crate::common::*;
use busbar_client::AccountId;
use busbar_primitives::{
	records::{Field, Fields},
	ParticipantId,
};
use busbar_vault::{
	database::{Database, Sqlite},
	keys::Keys,
	log::{Act, Event, Ground},
	record::Record,
	seal::Master,
	vault::Vault,
};
use rand::{rngs::StdRng, RngExt, SeedableRng};
use std::{
	collections::BTreeMap,
	io::{BufRead, BufReader, Write},
	path::Path,
	process::{Command, Stdio},
	sync::Arc,
	time::Duration,
};

/// Writers at a time, and persons of each.
const WRITERS: u8 = 4;
const PERSONS: u8 = 4;
/// Kills for which one folder is used.
const OF_A_FOLDER: u32 = 50;
const FOLDER: &str = "BUSBAR_VAULT_TO_KILL";

fn person(writer: u8, number: u8) -> ParticipantId {
	ParticipantId([writer, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn event(subject: ParticipantId, act: Act) -> Event {
	let (account, ground) = (AccountId::new([7; 32]), Some(Ground::Own));
	Event { at: 1, subject, account, reader: Some(subject), act, fields: Fields::ALL, purpose: None, ground }
}

fn say(line: String) {
	let mut out = std::io::stdout().lock();
	out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

async fn write_for_ever(vault: Arc<Vault>, writer: u8, mut random: StdRng) {
	for turn in 0u32.. {
		let number = random.random_range(0..PERSONS);
		let subject = person(writer, number);
		let is_there = vault.open_record(subject).await.unwrap().is_some();
		if is_there && random.random_range(0..4) == 0 {
			say(format!("begin {writer} {number} -"));
			vault.erase(event(subject, Act::Erase)).await.unwrap();
		} else {
			let value = format!("{turn}-{}", "x".repeat(random.random_range(1..3_000)));
			say(format!("begin {writer} {number} {value}"));
			let record = Record([(Field::Name, value)].into());
			vault.put(&record, subject, event(subject, Act::Put)).await.unwrap();
		}
		say(format!("done {writer} {number}"));
	}
}

/// What is killed: no test of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs until it is killed, by the test below"]
async fn writes_until_it_is_killed() {
	let folder = std::env::var(FOLDER).expect("a folder of the test below");
	let master = Master::read(&Path::new(&folder).join("master")).unwrap();
	let vault = Arc::new(vault_in(Path::new(&folder), &master).await.unwrap());
	let seed: u64 = rand::random();
	let writers = (0..WRITERS).map(|writer| {
		tokio::spawn(write_for_ever(vault.clone(), writer, StdRng::seed_from_u64(seed ^ u64::from(writer))))
	});
	for writer in writers.collect::<Vec<_>>() {
		writer.await.unwrap();
	}
}

/// What was acknowledged of a person, and what was begun and not acknowledged; `-` is nothing.
#[derive(Clone, Default)]
struct Known {
	acknowledged: Option<String>,
	begun: Option<String>,
}

#[derive(Default)]
struct Figures {
	kills: u32,
	acknowledged: u32,
	unanswered: u32,
}

/// Starts the program, kills it, and says what it said.
fn kill_once(folder: &Path, random: &mut StdRng) -> Vec<String> {
	let mut process = Command::new(std::env::current_exe().unwrap())
		.args(["--exact", "kills::writes_until_it_is_killed", "--ignored", "--nocapture"])
		.env(FOLDER, folder)
		.stdout(Stdio::piped())
		.spawn()
		.unwrap();
	let said = BufReader::new(process.stdout.take().unwrap());
	let reading = std::thread::spawn(move || {
		// The last line may be cut off.
		said.split(b'\n').map_while(Result::ok).filter_map(|line| String::from_utf8(line).ok()).collect::<Vec<_>>()
	});
	std::thread::sleep(Duration::from_micros(random.random_range(10_000..120_000)));
	// SIGKILL.
	process.kill().unwrap();
	process.wait().unwrap();
	reading.join().unwrap()
}

fn note(said: &[String], known: &mut BTreeMap<(u8, u8), Known>, figures: &mut Figures) {
	for line in said {
		let mut words = line.split(' ');
		let (Some(verb), Some(writer), Some(number)) = (words.next(), words.next(), words.next()) else { continue };
		let (Ok(writer), Ok(number)) = (writer.parse(), number.parse()) else { continue };
		let one = known.entry((writer, number)).or_default();
		match (verb, words.next()) {
			("begin", Some(value)) => one.begun = Some(value.to_owned()),
			("done", _) => {
				one.acknowledged = one.begun.take();
				figures.acknowledged += 1;
			},
			_ => {},
		}
	}
}

async fn look(folder: &Path, master: &Master, known: &mut BTreeMap<(u8, u8), Known>, figures: &mut Figures) {
	let vault = vault_in(folder, master).await.unwrap();
	for ((writer, number), one) in known.iter_mut() {
		let opened = vault.open_record(person(*writer, *number)).await.unwrap();
		let found = opened.map_or("-".to_owned(), |opened| opened.record.0[&Field::Name].clone());
		let acknowledged = one.acknowledged.clone().unwrap_or("-".to_owned());
		let is_known = found == acknowledged || one.begun.as_ref() == Some(&found);
		assert!(is_known, "{writer}/{number}: {found:.20} instead of {acknowledged:.20} or {:?}", one.begun);
		figures.unanswered += u32::from(one.begun.is_some());
		*one = Known { acknowledged: Some(found), begun: None };
	}
	drop(vault);
	// No key without its record, and no record without its key.
	let mut keys = Keys::open(&folder.join("keys.db")).unwrap().all().await.unwrap();
	let heads = Sqlite::open(&folder.join("records.db")).unwrap().heads().await.unwrap();
	let mut records: Vec<_> = heads.iter().map(|head| (head.subject, head.number)).collect();
	keys.sort_unstable();
	records.sort_unstable();
	assert_eq!(keys, records);
	assert!(heads.iter().all(|head| !head.erasing));
}

#[tokio::test]
async fn a_killed_vault_has_lost_nothing_that_it_acknowledged_and_nothing_is_half_there() {
	let kills = std::env::var("BUSBAR_KILLS").ok().map_or(20, |kills| kills.parse().expect("a number of kills"));
	let (mut random, mut figures, began) = (StdRng::seed_from_u64(1), Figures::default(), std::time::Instant::now());
	while figures.kills < kills {
		let folder = tempfile::tempdir().unwrap();
		let master = Master::create(&folder.path().join("master")).unwrap();
		let mut known = BTreeMap::new();
		for _ in 0..OF_A_FOLDER.min(kills - figures.kills) {
			let said = kill_once(folder.path(), &mut random);
			note(&said, &mut known, &mut figures);
			look(folder.path(), &master, &mut known, &mut figures).await;
			figures.kills += 1;
		}
	}
	let Figures { kills, acknowledged, unanswered } = figures;
	println!(
		"{kills} kills in {:.0?}: {acknowledged} writes acknowledged, none lost; {unanswered} unanswered, each whole or not there",
		began.elapsed()
	);
	assert!(acknowledged > 0 && unanswered > 0);
}
