//! Long random histories of the whole runtime: orders, limits, readings that are late, wrong, contradicted or never
//! signed, disputes and rulings, reductions, retailers, deposits and guarantees, corrections, defaults and recoveries, in any
//! order and by anyone, as signed transactions in blocks; beside them three hostile members, the operators of a zone and of its
//! meters, and a membership provider, who send any call with any arguments, alone and in floods. Money is conserved, nothing is
//! paid twice, every interval ends final, and is pruned to its root. A second model of the settlement rules, which shares no
//! code with the pallets (`tests/model`), says of each line and each payment whether it is what the rules make of the facts.

#[path = "history/network.rs"]
mod network;

use busbar_primitives::traits::Calendar;
use busbar_runtime::{pallet_settlement, Balances, Market, Runtime};
use network::{Network, Reached, Record};
use serde_json::{json, Value};
use std::{
	cell::RefCell,
	fs::File,
	io::{BufWriter, Write},
	process::{Child, Command, Stdio},
	rc::Rc,
};

/// The second model, which reads a history and judges it.
fn judge() -> Child {
	let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/model/settlement.py");
	let judge = Command::new("python3").arg(model).stdin(Stdio::piped()).spawn();
	judge.expect("python3 runs the second model of settlement")
}

/// Its verdict on what it was told.
fn agrees(mut judge: Child) -> bool {
	drop(judge.stdin.take());
	judge.wait().expect("the second model ends").success()
}

/// A history, told to whoever listens.
fn run(seed: u64, steps: u32, listener: Box<dyn Write>) -> Reached {
	println!("BUSBAR_SEED={seed}");
	let mut state = network::genesis();
	let (mut network, issuance) = state.execute_with(|| (Network::new(seed), Balances::total_issuance()));
	network.record = Some(Record::new(listener));
	state.execute_with(|| {
		(0..steps).for_each(|_| network.step());
		network.finish_all();
		network.check();
		assert_eq!(Balances::total_issuance(), issuance);
		for interval in &network.ended {
			assert!(pallet_settlement::Roots::<Runtime>::contains_key(interval), "the root of {interval} stays");
		}
		// The records of the first intervals are gone; only what the retention covers is left.
		let kept = pallet_settlement::Intervals::<Runtime>::iter_keys().count();
		assert!(kept < 32, "{kept} intervals are kept");
		assert!(Market::terms(0).is_none());
		let Network { ended, failed, refused, watch, .. } = &network;
		println!("{} intervals ended, {failed} calls failed, {refused} transactions refused", ended.len());
		println!("{} blocks, {} by hostile authors; {} honest orders in time", watch.all, watch.hostile, watch.kept);
		println!("{} transactions came again and were refused", watch.again);
		network.reached.clone()
	})
}

#[test]
fn a_hundred_thousand_steps_of_the_whole_runtime_conserve_money_and_end_final() {
	let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
	let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
	let seed = number("BUSBAR_SEED").unwrap_or_else(now);
	let steps = number("BUSBAR_STEPS").unwrap_or(100_000) as u32;
	let mut judge = judge();
	let mut listener: Box<dyn Write> = Box::new(BufWriter::new(judge.stdin.take().expect("it listens")));
	if let Ok(kept) = std::env::var("BUSBAR_HISTORY") {
		let kept = BufWriter::new(File::create(kept).expect("the history can be kept"));
		listener = Box::new(Both(listener, kept));
	}
	let reached = run(seed, steps, listener);
	println!("{reached:#?}");
	assert!(agrees(judge), "the second model of settlement objects, as it says above");
	if steps < 100_000 {
		return;
	}
	for event in [
		"PointProposed",
		"ProposalEnded",
		"OrderPlaced",
		"Cleared",
		"Traded",
		"Attested",
		"Proven",
		"DisputeOpened",
		"DisputeDecided",
		"Penalised",
		"Missing",
		"LimitOrderSubmitted",
		"ReductionOrdered",
		"RetailerServes",
		"RetailerResigned",
		"Unwound",
		"SecurityDrawn",
		"MarginMovedIn",
		"MarginMovedOut",
		"MarginTaken",
		"SetOff",
		"Defaulted",
		"Covered",
		"Recovered",
		"Corrected",
		"Settled",
		"Pruned",
		"Retired",
	] {
		assert!(reached.get(event).copied().unwrap_or(0) >= 5, "{event} was hardly reached: {reached:?}");
	}
}

/// Tells two listeners.
struct Both<A, B>(A, B);

impl<A: Write, B: Write> Write for Both<A, B> {
	fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
		self.1.write_all(bytes)?;
		self.0.write_all(bytes)?;
		Ok(bytes.len())
	}

	fn flush(&mut self) -> std::io::Result<()> {
		self.1.flush()?;
		self.0.flush()
	}
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
	fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
		self.0.borrow_mut().write(bytes)
	}

	fn flush(&mut self) -> std::io::Result<()> {
		Ok(())
	}
}

#[test]
fn a_second_model_of_settlement_agrees_with_what_was_settled_and_with_no_neur_less() {
	let kept = Kept::default();
	run(13, 3_000, Box::new(kept.clone()));
	let told = String::from_utf8(kept.0.take()).expect("lines of JSON");
	let verdict = |told: &str| {
		let mut judge = judge();
		// It may object before it has read all.
		let _ = judge.stdin.as_mut().expect("it listens").write_all(told.as_bytes());
		agrees(judge)
	};
	assert!(verdict(&told), "the second model of settlement objects, as it says above");
	// One nEUR less of an imbalance, a contract, a grid fee; one nEUR that did not reach an account.
	for (line, shift) in [("\"imbalance\"", 3), ("\"contract\"", 3), ("\"grid_fee\"", 3)] {
		let at = told.match_indices(line).nth(20).expect("there are many").0;
		let amount = told[at..].split('"').nth(shift).expect("an amount follows");
		let less = (amount.parse::<i128>().expect("a number") - 1).to_string();
		let from = at + told[at..].find(amount).expect("it was found there");
		let mut falsified = told.clone();
		falsified.replace_range(from..from + amount.len(), &less);
		assert!(!verdict(&falsified), "{line} of {less} for {amount} is not noticed");
	}
	// Who balances bears one nEUR less of what lacks than it has to, and the fund covers it.
	let number = |value: &Value| value.as_str().and_then(|value| value.parse::<i128>().ok()).expect("a number");
	let mut shifted = 0;
	let unfair = told.lines().map(|line| {
		let mut record: Value = serde_json::from_str(line).expect("JSON");
		let has_ended = record["k"] == "ended";
		let others = record.get_mut("others").and_then(Value::as_array_mut).filter(|_| has_ended);
		let is_share = |line: &&mut Value| line[0] == 1 && line[1] == "balancing" && line[2] == "loss_share";
		if let Some(others) = others {
			if let Some(line) = others.iter_mut().find(is_share) {
				line[5] = Value::from((number(&line[5]) + 1).to_string());
				others.push(json!([1, "fund", "cover", 0, 0, "-1"]));
				shifted += 1;
			}
		}
		format!("{record}\n")
	});
	let unfair: String = unfair.collect();
	assert!(shifted > 0 && !verdict(&unfair), "it is not noticed who bears less than it had to ({shifted})");
}
