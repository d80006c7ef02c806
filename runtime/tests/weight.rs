//! What one key can take of a block: transactions as a node receives them, on the devnet's genesis.

#![allow(clippy::unwrap_used)]

#[path = "weight/chain.rs"]
mod chain;
#[path = "weight/pages.rs"]
mod pages;
#[path = "weight/worst.rs"]
mod worst;

use busbar_primitives::{refusals::Refusal, Role, Scope};
use busbar_runtime::{
	configs::budgets::Budgets, genesis::devnet_id, pallet_balances, pallet_collective, pallet_grid,
	pallet_participants, pallet_settlement, pallet_utility, pallet_validators, Balances, Participants, RuntimeCall,
	System,
};
use chain::*;
use codec::Encode;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::fungible::Mutate,
	weights::Weight,
	BoundedVec,
};
use sp_core::H256;
use sp_runtime::traits::{BlakeTwo256, Hash};

/// 1 ms of computation, in ps.
const MILLISECOND: u64 = 1_000_000_000;

fn booked(test: impl FnOnce()) -> u64 {
	let before = System::block_weight().total();
	test();
	System::block_weight().total().saturating_sub(before).ref_time() / MILLISECOND
}

fn close(proposal_hash: H256, bound: Weight) -> RuntimeCall {
	let (index, length_bound) = (0, 1_000);
	let close = pallet_collective::Call::close { proposal_hash, index, proposal_weight_bound: bound, length_bound };
	RuntimeCall::Council(close)
}

/// Work that fails: there is no such interval.
fn debit() -> RuntimeCall {
	let points = BoundedVec::truncate_from(vec![0; 128]);
	RuntimeCall::Settlement(pallet_settlement::Call::debit { interval: 4_000_000, points })
}

fn remark(bytes: usize) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: vec![0; bytes] })
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	RuntimeCall::Utility(pallet_utility::Call::batch { calls })
}

fn pay(dest: &str, value: u128) -> RuntimeCall {
	let dest = account(dest).into();
	RuntimeCall::Balances(pallet_balances::Call::transfer_allow_death { dest, value })
}

fn suspend(name: &str) -> RuntimeCall {
	RuntimeCall::Participants(pallet_participants::Call::suspend { participant: devnet_id(name) })
}

/// Admits somebody through the devnet's provider.
fn register(name: &str) {
	let commitment = H256::repeat_byte(1);
	let call = pallet_participants::Call::register {
		participant: devnet_id(name),
		account: account(name),
		commitment,
		acceptance: accept(name, devnet_id(name), commitment),
	};
	block("Membership", RuntimeCall::Participants(call)).unwrap().unwrap();
}

fn next(blocks: u32) {
	for _ in 0..blocks {
		begin(System::block_number() + 1);
	}
}

#[test]
fn nobody_books_a_block_by_closing_motions_that_do_not_exist() {
	for name in ["MarketOperator", "Alice"] {
		run(|| {
			let booked = booked(|| {
				for _ in 0..4 {
					let _ = block(name, close(H256::zero(), Weight::from_parts(248 * MILLISECOND, 0)));
				}
			});
			assert!(booked < 10, "{name} booked {booked} ms of a block");
		});
	}
}

#[test]
fn calls_that_fail_do_not_fill_a_block() {
	run(|| {
		let booked = booked(|| {
			for _ in 0..32 {
				let _ = block("Alice", debit());
			}
		});
		assert!(
			booked <= Budgets::get().member.most.ref_time / MILLISECOND,
			"a member without a role booked {booked} ms of a block"
		);
		assert_eq!(pool("Alice", 0, debit()).unwrap_err(), Refusal::BudgetSpent.into());
	});
}

#[test]
fn a_motion_is_voted_on_and_closed_by_members_once_it_is_decided() {
	run(|| {
		let motion = RuntimeCall::Validators(pallet_validators::Call::add { validator: account("Alice") });
		let (hash, length_bound) = (BlakeTwo256::hash_of(&motion), motion.encoded_size() as u32);
		let propose = pallet_collective::Call::propose { threshold: 3, proposal: Box::new(motion), length_bound };
		block("Alice", RuntimeCall::Council(propose)).unwrap().unwrap();
		let vote = |proposal| RuntimeCall::Council(pallet_collective::Call::vote { proposal, index: 0, approve: true });
		assert_eq!(pool("MarketOperator", 0, vote(hash)).unwrap_err(), Refusal::NotYours.into());
		assert_eq!(pool("Bob", 0, vote(H256::zero())).unwrap_err(), Refusal::NoSuchMotion.into());
		block("Alice", vote(hash)).unwrap().unwrap();
		block("Bob", vote(hash)).unwrap().unwrap();
		let bound = Weight::from_parts(100 * MILLISECOND, 1 << 20);
		assert_eq!(pool("Alice", 0, close(hash, bound)).unwrap_err(), Refusal::NoSuchMotion.into());
		block("Charlie", vote(hash)).unwrap().unwrap();
		assert_eq!(pool("MarketOperator", 0, close(hash, bound)).unwrap_err(), Refusal::NotYours.into());
		let beyond = Weight::from_parts(151 * MILLISECOND, 1 << 20);
		assert_eq!(pool("Alice", 0, close(hash, beyond)).unwrap_err(), Refusal::NoSuchMotion.into());
		// It books its bound only while it runs.
		let booked = booked(|| block("Alice", close(hash, bound)).unwrap().unwrap());
		assert!(booked < 20, "closing a motion left {booked} ms booked");
		assert_eq!(pool("Alice", 0, close(hash, bound)).unwrap_err(), Refusal::NoSuchMotion.into());
	});
}

#[test]
fn a_council_member_fills_its_own_share_of_the_motions_and_leaves_the_others_theirs() {
	run(|| {
		let propose = |number: u8| {
			let motion = RuntimeCall::Validators(pallet_validators::Call::add { validator: [number; 32].into() });
			let length_bound = motion.encoded_size() as u32;
			let propose = pallet_collective::Call::propose { threshold: 3, proposal: Box::new(motion), length_bound };
			RuntimeCall::Council(propose)
		};
		// 64 places, four seats.
		for number in 0..16 {
			block("Alice", propose(number)).unwrap().unwrap();
		}
		next(8);
		assert!(block("Alice", propose(16)).unwrap().is_err());
		block("Bob", propose(17)).unwrap().unwrap();
		// Once one of them is closed, there is a place again.
		let motion = RuntimeCall::Validators(pallet_validators::Call::add { validator: [0; 32].into() });
		let proposal = BlakeTwo256::hash_of(&motion);
		for name in ["Bob", "Charlie"] {
			let vote = pallet_collective::Call::vote { proposal, index: 0, approve: false };
			block(name, RuntimeCall::Council(vote)).unwrap().unwrap();
		}
		block("Charlie", close(proposal, Weight::from_parts(100 * MILLISECOND, 1 << 20))).unwrap().unwrap();
		next(8);
		block("Alice", propose(16)).unwrap().unwrap();
		let places = pallet_collective::CostOf::<busbar_runtime::Runtime, pallet_collective::Instance1>::iter();
		assert_eq!(places.count(), 17);
		next(8);
		assert!(block("Alice", propose(18)).unwrap().is_err());
	});
}

#[test]
fn what_a_call_carries_is_judged_like_the_call() {
	run(|| {
		let provider = suspend("Utility");
		for call in [provider.clone(), batch(vec![provider.clone()]), batch(vec![remark(1), batch(vec![provider])])] {
			assert_eq!(pool("Utility", 0, call).unwrap_err(), Refusal::NotYours.into());
		}
		let value = 1;
		for call in [
			RuntimeCall::Balances(pallet_balances::Call::burn { value, keep_alive: false }),
			RuntimeCall::Utility(pallet_utility::Call::as_derivative { index: 0, call: Box::new(remark(1)) }),
			RuntimeCall::Council(pallet_collective::Call::execute { proposal: Box::new(remark(1)), length_bound: 9 }),
			RuntimeCall::Validators(pallet_validators::Call::remove { validator: account("Bob") }),
		] {
			for call in [call.clone(), batch(vec![call])] {
				assert_eq!(pool("Alice", 0, call).unwrap_err(), Refusal::NotListed.into());
			}
		}
		assert!(pool("Alice", 0, batch(vec![remark(1), remark(2)])).is_ok());
	});
}

#[test]
fn money_moves_to_participants_and_to_accounts_that_the_rules_name_only() {
	run(|| {
		Balances::mint_into(&account("Utility"), 1_000).unwrap();
		let accounts = || frame_system::Account::<busbar_runtime::Runtime>::iter().count();
		let before = accounts();
		for number in 0..20 {
			let call = pay(&format!("nobody {number}"), 1);
			assert_eq!(pool("Utility", 0, call.clone()).unwrap_err(), Refusal::UnknownPayee.into());
			assert!(block("Utility", call.clone()).is_err());
			assert!(block("Utility", batch(vec![call])).is_err());
		}
		let all = pallet_balances::Call::transfer_all { dest: account("nobody").into(), keep_alive: false };
		assert_eq!(pool("Utility", 0, RuntimeCall::Balances(all)).unwrap_err(), Refusal::UnknownPayee.into());
		assert_eq!(accounts(), before);
		// To a participant, and to the fund, which nobody is.
		block("Utility", pay("Dso", 100)).unwrap().unwrap();
		let fund = <busbar_runtime::Securities as busbar_primitives::traits::Debts<_>>::fund();
		let dest = fund.clone().into();
		let call = pallet_balances::Call::transfer_allow_death { dest, value: 7 };
		block("Utility", RuntimeCall::Balances(call)).unwrap().unwrap();
		assert_eq!(Balances::free_balance(&fund), 7);
		// As soon as somebody is one.
		register("newcomer");
		block("Utility", pay("newcomer", 1)).unwrap().unwrap();
	});
}

#[test]
fn a_motion_sends_no_money_to_strangers_either() {
	run(|| {
		use busbar_runtime::configs::calls::Listed;
		use frame_support::traits::Contains;
		assert!(!Listed::contains(&pay("nobody", 1)));
		assert!(Listed::contains(&pay("Dso", 1)));
		assert!(!Listed::contains(&RuntimeCall::Balances(pallet_balances::Call::burn { value: 1, keep_alive: true })));
		let add = RuntimeCall::Validators(pallet_validators::Call::add { validator: account("Alice") });
		assert!(Listed::contains(&add));
	});
}

#[test]
fn a_home_that_was_registered_sends_its_first_transactions_after_a_block() {
	run(|| {
		register("home");
		// What an order of sixteen steps takes, the heaviest.
		let heavy = Participants::budget_left(devnet_id("home"));
		assert_eq!(heavy, Default::default());
		assert_eq!(pool("home", 0, remark(1)).map(|_| ()), Ok(()));
		next(1);
		block("home", remark(1)).unwrap().unwrap();
		next(2);
		let left = Participants::budget_left(devnet_id("home"));
		assert!(left.ref_time > 10 * MILLISECOND && left.bytes > 16_000, "{left:?}");
	});
}

#[test]
fn the_operators_of_the_devnet_register_a_grid_at_once() {
	run(|| {
		let zones: Vec<_> = (0..60)
			.map(|number| {
				let parent = (number > 0).then_some(0);
				RuntimeCall::Grid(pallet_grid::Call::add_zone { parent, link: Default::default() })
			})
			.collect();
		let all = RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: zones });
		for ahead in 0..16 {
			assert!(pool("Dso", ahead, all.clone()).is_ok(), "the {ahead}th batch has to wait");
		}
		assert_eq!(pool("Dso", 16, all.clone()).unwrap_err(), Refusal::TooFarAhead.into());
		block("Dso", all).unwrap().unwrap();
	});
}

#[test]
fn three_members_who_flood_leave_room_for_an_honest_order_in_the_same_block() {
	run(|| {
		let honest = pool("MarketOperator", 0, remark(200)).unwrap().priority;
		let taken = booked(|| {
			for name in ["Alice", "Bob", "Charlie"] {
				for _ in 0..16 {
					let _ = block(name, debit());
				}
			}
		});
		let budget = Budgets::get().member.most.ref_time / MILLISECOND;
		assert!(taken <= 3 * budget, "they took {taken} ms");
		block("MarketOperator", remark(200)).unwrap().unwrap();
		next(1);
		for name in ["Alice", "Bob", "Charlie"] {
			let flood = pool(name, 0, remark(200)).unwrap().priority;
			assert!(flood < honest, "{name} goes before an honest sender");
		}
	});
}

#[test]
fn remedies_find_room_in_a_block_that_is_full_and_go_before_all_that_waits() {
	run(|| {
		// What ordinary transactions may book of a block is booked, and gates took theirs.
		let weights = <busbar_runtime::Runtime as frame_system::Config>::BlockWeights::get();
		System::register_extra_weight_unchecked(Weight::from_parts(400 * MILLISECOND, 0), DispatchClass::Mandatory);
		let rest = weights.max_block.ref_time() - System::block_weight().total().ref_time();
		System::register_extra_weight_unchecked(Weight::from_parts(rest, 0), DispatchClass::Normal);
		assert!(block("MarketOperator", remark(1)).is_err(), "the block is not full");

		let remedy = pool("Membership", 0, suspend("Utility")).unwrap().priority;
		assert!(remedy > pool("MarketOperator", 0, remark(1)).unwrap().priority);
		register_in_full_block_is_refused();
		block("Membership", suspend("Utility")).unwrap().unwrap_err();
		let motion = RuntimeCall::Participants(pallet_participants::Call::remove { participant: devnet_id("Utility") });
		let (hash, length_bound) = (BlakeTwo256::hash_of(&motion), motion.encoded_size() as u32);
		let propose = pallet_collective::Call::propose { threshold: 3, proposal: Box::new(motion), length_bound };
		let propose = RuntimeCall::Council(propose);
		assert!(pool("Alice", 0, propose.clone()).unwrap().priority >= remedy);
		block("Alice", propose).unwrap().unwrap();
		for name in ["Alice", "Bob", "Charlie"] {
			let vote = pallet_collective::Call::vote { proposal: hash, index: 0, approve: true };
			block(name, RuntimeCall::Council(vote)).unwrap().unwrap();
		}
		// With the greatest bound that a motion may have.
		let bound = Weight::from_parts(150 * MILLISECOND, 16 << 20);
		block("Bob", close(hash, bound)).unwrap().unwrap();
		assert!(!Participants::is_admitted(&account("Utility")));
	});
}

/// An ordinary call of a provider is no remedy.
fn register_in_full_block_is_refused() {
	let call = pallet_participants::Call::grant_role {
		participant: devnet_id("Alice"),
		role: Role::Prosumer,
		scope: Scope::Grid,
	};
	assert!(block("Membership", RuntimeCall::Participants(call)).is_err());
}

#[test]
fn no_short_era_overtakes() {
	run(|| {
		let of = |period| pool_with("Alice", 0, remark(1), period).unwrap();
		let (short, long) = (of(4), of(2_048));
		assert_eq!((short.priority, short.longevity), (long.priority, long.longevity));
	});
}

#[test]
fn large_transactions_of_one_member_do_not_fill_a_pool() {
	run(|| {
		let budget = Budgets::get().member.most.bytes as usize;
		assert_eq!(pool("Alice", 0, remark(3_900_000)).unwrap_err(), Refusal::BeyondBudget.into());
		let mut waits = 0;
		for ahead in 0..16 {
			// The longest that is taken in this place.
			let most =
				(0..9).map(|bit| budget >> bit).filter(|bytes| pool("Alice", ahead, remark(*bytes - 400)).is_ok());
			waits += most.max().unwrap_or_default();
		}
		assert!(waits <= 4 * budget, "{waits} bytes of one account wait");
	});
}

#[test]
fn every_call_that_a_class_makes_fits_its_budget() {
	let rules = Budgets::get();
	let weigh = |call: RuntimeCall| call.get_dispatch_info().total_weight().ref_time();
	assert!(weigh(debit()) < rules.member.most.ref_time);
	let zones = vec![pallet_grid::NewZone { parent: None, link: Default::default() }; 256];
	let zones = RuntimeCall::Grid(pallet_grid::Call::add_zones { zones: BoundedVec::truncate_from(zones) });
	assert!(weigh(zones.clone()) < rules.operator.most.ref_time && weigh(zones) < rules.professional.most.ref_time);
	let links = BoundedVec::truncate_from(vec![(1, Default::default()); 256]);
	let publish = weigh(RuntimeCall::Grid(pallet_grid::Call::publish { interval: 0, links }));
	assert!(publish < rules.operator.most.ref_time && publish < rules.professional.most.ref_time);
	let bound = Weight::from_parts(150 * MILLISECOND, 16 << 20);
	assert!(weigh(close(H256::zero(), bound)) < rules.governing.most.ref_time / 2);
}
