use super::*;
use crate::{mock::*, Ceiling, Error, Event, Issue, PendingOf, Proposals};
use busbar_primitives::Balance;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::DispatchResult,
	traits::{fungible::Inspect, ReservableCurrency},
	BoundedVec,
};
use refused::{NOT_MEMBER, ROLE_MISSING};
use sp_runtime::DispatchError::BadOrigin;

const GENESIS: Balance = MEMBERS.len() as Balance * WEALTH;

fn propose(kind: Issue, payments: &[(AccountId, Balance)]) -> DispatchResult {
	Issuance::propose(signed(AGENT), kind, BoundedVec::truncate_from(payments.to_vec()))
}

#[test]
fn money_is_minted_with_two_keys() {
	run(|| {
		assert_ok!(propose(Issue::Mint, &[(HOME, 5 * EUR), (PLANT, 1)]));
		assert_eq!(Balances::total_issuance(), GENESIS);
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 0));
		assert_eq!(Balances::balance(&HOME), WEALTH + 5 * EUR);
		assert_eq!(Balances::balance(&PLANT), WEALTH + 1);
		assert_eq!(Issuance::issued(), GENESIS + 5 * EUR + 1);
		assert_eq!(
			events(),
			[
				Event::Proposed { id: 0, kind: Issue::Mint, proposer: participant(AGENT), sum: 5 * EUR + 1 },
				Event::Issued { id: 0, kind: Issue::Mint, approver: participant(OTHER_AGENT), sum: 5 * EUR + 1 },
			]
		);
	});
}

#[test]
fn money_is_burned_with_two_keys() {
	run(|| {
		assert_ok!(propose(Issue::Burn, &[(HOME, WEALTH), (PLANT, 1)]));
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 0));
		assert_eq!(Balances::balance(&HOME), 0);
		assert_eq!(Balances::total_issuance(), GENESIS - WEALTH - 1);
		assert!(System::account_exists(&HOME), "the member keeps its account");
	});
}

#[test]
fn two_keys_neither_make_accounts_nor_touch_those_of_no_participant() {
	run(|| {
		for kind in [Issue::Mint, Issue::Burn] {
			assert_noop!(propose(kind, &[(HOME, 1), (STRANGER, 1)]), Error::<Test>::UnknownPayee);
		}
		assert!(!System::account_exists(&STRANGER));
	});
}

#[test]
fn only_settlement_agents_issue() {
	run(|| {
		let payments = BoundedVec::truncate_from(vec![(HOME, 1)]);
		for (who, why) in [(HOME, ROLE_MISSING), (STRANGER, NOT_MEMBER), (UTILITY, ROLE_MISSING)] {
			assert_noop!(Issuance::propose(signed(who), Issue::Mint, payments.clone()), why);
		}
		assert_noop!(Issuance::propose(RuntimeOrigin::root(), Issue::Mint, payments), BadOrigin);
		assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		assert_noop!(Issuance::approve(signed(HOME), 0), ROLE_MISSING);
		assert_noop!(Issuance::cancel(signed(HOME), 0), ROLE_MISSING);
	});
}

#[test]
fn the_same_participant_does_not_approve_its_own_issue() {
	run(|| {
		assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		assert_noop!(Issuance::approve(signed(AGENT), 0), Error::<Test>::SameParticipant);
	});
}

#[test]
fn an_issue_is_approved_once() {
	run(|| {
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::UnknownProposal);
		assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 0));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::UnknownProposal);
	});
}

#[test]
fn minting_stays_under_the_ceiling() {
	run(|| {
		assert_ok!(propose(Issue::Mint, &[(HOME, CEILING - GENESIS), (PLANT, 1)]));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::AboveCeiling);
		assert_noop!(Issuance::set_ceiling(signed(AGENT), CEILING + 1), BadOrigin);
		assert_ok!(Issuance::set_ceiling(RuntimeOrigin::root(), CEILING + 1));
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 0));
		assert_eq!(Balances::total_issuance(), Ceiling::<Test>::get());
	});
}

#[test]
fn a_ceiling_below_the_issuance_stops_minting_but_not_burning() {
	run(|| {
		assert_ok!(Issuance::set_ceiling(RuntimeOrigin::root(), 1));
		assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		assert_ok!(propose(Issue::Burn, &[(HOME, 1)]));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::AboveCeiling);
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 1));
	});
}

#[test]
fn a_burn_beyond_free_money_burns_nothing() {
	run(|| {
		assert_ok!(propose(Issue::Burn, &[(HOME, 1), (PLANT, WEALTH + 1)]));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::BeyondFreeMoney);
		// Held money is not free.
		assert_ok!(Balances::reserve(&PLANT, WEALTH / 2));
		assert_ok!(propose(Issue::Burn, &[(PLANT, WEALTH)]));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 1), Error::<Test>::BeyondFreeMoney);
	});
}

#[test]
fn an_issue_without_payments_or_amounts_is_refused() {
	run(|| {
		assert_noop!(propose(Issue::Mint, &[]), Error::<Test>::NoPayments);
		assert_noop!(propose(Issue::Mint, &[(HOME, 1), (PLANT, 0)]), Error::<Test>::ZeroAmount);
		assert_noop!(propose(Issue::Mint, &[(HOME, Balance::MAX), (PLANT, 1)]), Error::<Test>::Overflow);
		assert_ok!(propose(Issue::Mint, &[(HOME, Balance::MAX)]));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 0), Error::<Test>::Overflow);
	});
}

#[test]
fn one_agent_has_its_share_of_the_issues_that_wait_and_leaves_the_rest_to_others() {
	run(|| {
		MaxPendingOf::set(2);
		let propose_as =
			|agent| Issuance::propose(signed(agent), Issue::Mint, BoundedVec::truncate_from(vec![(HOME, 1)]));
		for _ in 0..2 {
			assert_ok!(propose_as(AGENT));
		}
		assert_noop!(propose_as(AGENT), Error::<Test>::QuotaReached);
		assert_ok!(propose_as(OTHER_AGENT));
		assert_noop!(propose_as(OTHER_AGENT), Error::<Test>::TooManyPending);
		// What is cancelled, by whomever, and what is approved waits no more.
		assert_ok!(Issuance::cancel(RuntimeOrigin::root(), 0));
		assert_ok!(propose_as(AGENT));
		assert_noop!(propose_as(AGENT), Error::<Test>::TooManyPending);
		assert_ok!(Issuance::approve(signed(OTHER_AGENT), 1));
		assert_ok!(Issuance::approve(signed(AGENT), 2));
		assert_eq!(PendingOf::<Test>::iter().collect::<Vec<_>>(), [(participant(AGENT), 1)]);
		assert_ok!(propose_as(AGENT));
		assert_noop!(propose_as(AGENT), Error::<Test>::QuotaReached);
		// What fails goes on to wait.
		assert_ok!(Issuance::set_ceiling(RuntimeOrigin::root(), 0));
		assert_noop!(Issuance::approve(signed(OTHER_AGENT), 3), Error::<Test>::AboveCeiling);
		assert_noop!(propose_as(AGENT), Error::<Test>::QuotaReached);
	});
}

#[test]
fn issues_that_wait_are_bounded_and_can_be_cancelled() {
	run(|| {
		for _ in 0..3 {
			assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		}
		assert_noop!(propose(Issue::Mint, &[(HOME, 1)]), Error::<Test>::TooManyPending);
		assert_noop!(Issuance::cancel(signed(OTHER_AGENT), 0), Error::<Test>::NotProposer);
		assert_ok!(Issuance::cancel(signed(AGENT), 0));
		assert_ok!(Issuance::cancel(RuntimeOrigin::root(), 1));
		assert_eq!(events().last(), Some(&Event::Cancelled { id: 1 }));
		assert_noop!(Issuance::cancel(signed(AGENT), 1), Error::<Test>::UnknownProposal);
		assert_eq!(Proposals::<Test>::count(), 1);
		assert_ok!(propose(Issue::Mint, &[(HOME, 1)]));
		assert!(Proposals::<Test>::contains_key(3), "numbers are not used twice");
	});
}

#[test]
fn try_state_sees_money_from_nowhere() {
	run(|| {
		use frame_support::traits::fungible::Mutate;
		assert_ok!(Balances::mint_into(&HOME, 1));
		assert!(Issuance::do_try_state().is_err());
		assert_ok!(Balances::burn_from(
			&HOME,
			1,
			frame_support::traits::tokens::Preservation::Expendable,
			frame_support::traits::tokens::Precision::Exact,
			frame_support::traits::tokens::Fortitude::Polite,
		));
	});
}
