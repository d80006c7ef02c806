//! Long random histories of the whole runtime: orders, limits, readings that are late, wrong, contradicted or never
//! signed, disputes and rulings, reductions, retailers, deposits and guarantees, corrections, defaults and recoveries, in any
//! order and by anyone, as signed transactions in blocks; beside them three hostile members, the operators of a zone and of its
//! meters, and a membership provider, who send any call with any arguments, alone and in floods. Money is conserved, nothing is paid twice, every interval ends final, and is pruned to its root.

#[path = "history/network.rs"]
mod network;

use busbar_primitives::traits::Calendar;
use busbar_runtime::{pallet_settlement, Balances, Market, Runtime};
use network::{Network, Reached};

/// Steps between two checks of all invariants.
const CHECKED: u32 = 25;

fn run(seed: u64, steps: u32) -> Reached {
	println!("BUSBAR_SEED={seed}");
	let mut state = network::genesis();
	let (mut network, issuance) = state.execute_with(|| (Network::new(seed), Balances::total_issuance()));
	for number in (CHECKED..=steps).step_by(CHECKED as usize) {
		state.execute_with(|| {
			for _ in 0..CHECKED {
				network.step();
			}
			network.check();
			assert_eq!(Balances::total_issuance(), issuance, "after {number} steps");
		});
		// As a node does: what blocks changed becomes the state that the next ones read.
		state.commit_all().expect("no transaction is open");
	}
	state.execute_with(|| {
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
		let Network { ended, failed, refused, .. } = &network;
		println!("{} intervals ended, {failed} calls failed, {refused} transactions refused", ended.len());
		network.reached.clone()
	})
}

#[test]
fn a_hundred_thousand_steps_of_the_whole_runtime_conserve_money_and_end_final() {
	let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
	let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |time| time.as_nanos() as u64);
	let seed = number("BUSBAR_SEED").unwrap_or_else(now);
	let steps = number("BUSBAR_STEPS").unwrap_or(100_000) as u32;
	let reached = run(seed, steps);
	println!("{reached:#?}");
	if steps < 100_000 {
		return;
	}
	for event in [
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
		assert!(reached.get(event).copied().unwrap_or(0) >= 20, "{event} was hardly reached: {reached:?}");
	}
}
