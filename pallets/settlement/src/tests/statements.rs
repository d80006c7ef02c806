use super::*;
use crate::{mock::*, Chunks, InTransit, Intervals, Keepers, Posted, Roots, Statements, SystemLines};
use busbar_primitives::{
	api::StatementLine,
	traits::{Finality, Prune},
	Phase,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};

fn settle() {
	trade();
	world(|w| w.now = 0);
	assert_ok!(Settlement::post_prices(signed(UTILITY), 0, 250_000, 80_000));
	world(|w| w.now = DELIVERY_END);
	assert_ok!(debit(0, &[2, 0, 1]));
	assert_ok!(credit(0, &[0, 1, 2]));
}

fn leaf(line: &StatementLine) -> sp_core::H256 {
	busbar_merkle::leaf_hash(&(0u32, line.index, line.line).encode())
}

#[test]
fn every_line_is_proven_under_the_statement_root() {
	run(|| {
		settle();
		let root = Settlement::root(0).unwrap();
		let lines = Settlement::lines(0, 0, u32::MAX);
		assert_eq!(lines.len(), 8);
		let leaves: Vec<_> = lines.iter().map(leaf).collect();
		for (index, line) in lines.iter().enumerate() {
			assert_eq!(line.index, index as u32);
			let proof = busbar_merkle::proof(&leaves, line.index).unwrap();
			assert!(busbar_merkle::verify(root.root, root.count, line.index, leaf(line), &proof));
			let mut other = line.clone();
			other.line.amount += 1;
			assert!(!busbar_merkle::verify(root.root, root.count, line.index, leaf(&other), &proof));
		}
	});
}

#[test]
fn lines_are_read_in_pages_and_by_point() {
	run(|| {
		settle();
		let all = Settlement::lines(0, 0, u32::MAX);
		assert_eq!(Settlement::lines(0, 3, 2), all[3..5]);
		assert_eq!(Settlement::lines(0, 7, 2), all[7..]);
		assert_eq!(Settlement::lines(0, 8, 2), []);
		// Debits ran in the order 2, 0, 1.
		assert_eq!(Settlement::statement(2, 0), all[..1]);
		assert_eq!(Settlement::statement(0, 0), all[1..3]);
		assert_eq!(Settlement::statement(3, 0), []);
	});
}

#[test]
fn a_settled_interval_is_final_once_the_last_ruling_is_settled() {
	run(|| {
		assert!(!Settlement::is_final(0));
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		world(|w| w.now = FINAL);
		assert!(!Settlement::is_final(0), "not while credits are open");
		assert_ok!(credit(0, &[0, 1, 2]));
		world(|w| w.now = FINAL - 1);
		assert!(!Settlement::is_final(0));
		assert_eq!(Settlement::phase(0), Some(Phase::Settled));
		world(|w| w.now = FINAL);
		assert!(Settlement::is_final(0));
		assert_eq!(Settlement::phase(0), Some(Phase::Final));
	});
}

#[test]
fn what_is_final_is_pruned_in_bounded_steps_and_its_root_stays() {
	run(|| {
		settle();
		assert_eq!(Settlement::prune(0, 100), 0, "not before it is final");
		world(|w| w.now = FINAL);
		let root = Settlement::root(0);
		assert_eq!(Settlement::prune(0, 0), 0);
		assert_eq!(Settlement::prune(0, 2), 2);
		assert_eq!(Statements::<Test>::iter_prefix(0).count(), 1);
		try_state();
		assert_eq!(Settlement::prune(0, 3), 3);
		assert!(Settlement::is_final(0));
		// The market may have forgotten the interval by now.
		world(|w| w.terms.clear());
		assert_eq!(Settlement::prune(0, 3), 2);
		assert_eq!(Settlement::prune(0, 3), 0);
		assert_eq!(Statements::<Test>::iter().count(), 0);
		assert!(!Posted::<Test>::contains_key(0) && !SystemLines::<Test>::contains_key(0));
		assert!(!Intervals::<Test>::contains_key(0) && !Keepers::<Test>::contains_key(0, 0));
		assert_eq!(Settlement::root(0), root);
		assert_eq!(Settlement::phase(0), None);
		assert!(Settlement::is_final(0), "it stays final");
	});
}

#[test]
fn a_pruned_interval_is_not_settled_again() {
	run(|| {
		settle();
		world(|w| w.now = FINAL);
		assert_eq!(Settlement::prune(0, 100), 7);
		assert_noop!(debit(0, &[0]), crate::Error::<Test>::AlreadySettled);
		assert_noop!(credit(0, &[0]), crate::Error::<Test>::AlreadySettled);
		assert_noop!(Settlement::void(RuntimeOrigin::root(), 0), crate::Error::<Test>::AlreadySettled);
	});
}

#[test]
fn the_running_accounts_show_what_must_balance() {
	run(|| {
		trade();
		assert_ok!(debit(0, &[0]));
		assert_eq!((InTransit::<Test>::get(), Settlement::lines_sum(0)), (256_000_000, -256_000_000));
		assert_ok!(debit(0, &[1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		assert_eq!((InTransit::<Test>::get(), Settlement::lines_sum(0)), (0, 0));
		let issued = pallet_issuance::Pallet::<Test>::issued();
		assert_eq!((Balances::total_issuance(), issued), (7 * WEALTH, 7 * WEALTH));
	});
}

#[test]
fn try_state_sees_a_changed_line_root_or_running_account() {
	run(|| {
		settle();
		let broken = |change: &dyn Fn()| {
			frame_support::storage::with_transaction(|| {
				change();
				let state = Settlement::do_try_state();
				sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(state.is_err()))
			})
			.unwrap()
		};
		assert!(!broken(&|| ()));
		assert!(broken(&|| Statements::<Test>::remove(0, 0)));
		assert!(broken(&|| Statements::<Test>::mutate(0, 0, |s| s.as_mut().unwrap().lines[0].1.wh += 1)));
		assert!(broken(&|| Roots::<Test>::mutate(0, |r| r.as_mut().unwrap().count += 1)));
		assert!(broken(&|| Roots::<Test>::remove(0)));
		assert!(broken(&|| Intervals::<Test>::mutate(0, |p| p.as_mut().unwrap().purse.paid += 1)));
		assert!(broken(&|| Intervals::<Test>::mutate(0, |p| p.as_mut().unwrap().purse.collected += 1)));
		assert!(broken(&|| Intervals::<Test>::mutate(0, |p| p.as_mut().unwrap().credits_done -= 1)));
		assert!(broken(&|| InTransit::<Test>::put(1)));
		assert!(broken(&|| Keepers::<Test>::remove(0, 0)));
		assert!(broken(&|| Keepers::<Test>::mutate(0, 0, |keepers| keepers.retain(|keeper| *keeper != Some(1)))));
		assert!(broken(&|| Chunks::<Test>::insert(0, 0, sp_core::H256::zero())));
		let net = crate::Net { owed: 1, earned: 1, ..Default::default() };
		assert!(broken(&|| crate::Nets::<Test>::insert(0, participant(HOME), net)));
	});
}
