//! Who stands in for a connection point is its owner's choice.

use super::*;
use crate::{mock::*, Backing::Guarantee, Error, Event, Guarantors, HoldReason, Secured};
use busbar_mocks::MockParticipants;
use busbar_primitives::{Balance, Right};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use refused::{NOT_DELEGATE, SUSPENDED};
use sp_runtime::DispatchResult;

fn choose(who: AccountId, guarantor: Option<AccountId>) -> DispatchResult {
	Securities::choose_guarantor(signed(who), 0, guarantor.map(participant))
}

fn guarantee(who: AccountId, amount: Balance) -> DispatchResult {
	Securities::guarantee(signed(who), 0, amount)
}

/// A retailer's 1 nEUR kept every other guarantor away, and so the point from buying.
#[test]
fn a_guarantor_of_a_nano_euro_keeps_nobody_away_whom_the_owner_chooses() {
	run(|| {
		assert_ok!(guarantee(SHOP, 1));
		assert_noop!(guarantee(AGGREGATOR, 500), Error::<Test>::OtherSecurity);
		assert_ok!(choose(HOME, Some(AGGREGATOR)));
		assert_eq!(
			events().last(),
			Some(&Event::GuarantorChosen { point: 0, guarantor: Some(participant(AGGREGATOR)) })
		);
		assert_noop!(guarantee(SHOP, 1_000), Error::<Test>::OtherGuarantor);
		assert_ok!(guarantee(AGGREGATOR, 500));
		assert_eq!(
			Secured::<Test>::get(0, Guarantee).map(|one| (one.by, one.amount)),
			Some((participant(AGGREGATOR), 500))
		);
		assert_eq!((held(SHOP, HoldReason::Guarantee), Balances::balance(&SHOP)), (0, WEALTH));
		let released = Event::Released { point: 0, backing: Guarantee, account: SHOP, amount: 1, total: 0 };
		let deposited = Event::Deposited { point: 0, backing: Guarantee, account: AGGREGATOR, amount: 500, total: 500 };
		assert!(events().ends_with(&[released, deposited]));
		// Nor does it come back, as long as the owner wants the other.
		assert_noop!(guarantee(SHOP, 501), Error::<Test>::OtherGuarantor);
		assert_ok!(choose(HOME, None));
		assert_noop!(guarantee(SHOP, 501), Error::<Test>::OtherSecurity);
		assert_ok!(guarantee(AGGREGATOR, 1));
	});
}

/// What secures intervals that are not final must not shrink, and a notice does not put that off.
#[test]
fn who_takes_anothers_place_posts_at_least_as_much_and_secures_what_that_did() {
	run(|| {
		assert_ok!(guarantee(SHOP, 300));
		assert_ok!(Securities::give_notice(signed(SHOP), 0, Guarantee, 300));
		assert_ok!(choose(HOME, Some(AGGREGATOR)));
		assert_noop!(guarantee(AGGREGATOR, 299), Error::<Test>::OtherSecurity);
		let many = vec![(0, 299)].try_into().unwrap();
		assert_noop!(Securities::guarantee_many(signed(AGGREGATOR), many), Error::<Test>::OtherSecurity);
		// All or nothing: the other's money stays where it is.
		assert_noop!(guarantee(AGGREGATOR, WEALTH + 1), Error::<Test>::BeyondDeposit);
		assert_ok!(guarantee(AGGREGATOR, 300));
		let posted = Secured::<Test>::get(0, Guarantee).unwrap();
		assert_eq!((posted.by, posted.amount, posted.leaving), (participant(AGGREGATOR), 300, None));
		assert_noop!(Securities::release(signed(SHOP), 0, Guarantee), NOT_DELEGATE);
	});
}

#[test]
fn only_who_moves_the_owners_funds_chooses_and_only_whom_the_chain_knows() {
	run(|| {
		assert_noop!(choose(SHOP, Some(SHOP)), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Operate);
		assert_noop!(choose(SHOP, Some(SHOP)), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Funds);
		assert_ok!(choose(SHOP, Some(SHOP)));
		assert_eq!(Guarantors::<Test>::get(0), Some(participant(SHOP)));
		MockParticipants::suspend(AGGREGATOR);
		assert_noop!(choose(HOME, Some(AGGREGATOR)), SUSPENDED);
		assert_noop!(Securities::choose_guarantor(signed(HOME), 9, None), Error::<Test>::UnknownPoint);
		assert_ok!(choose(HOME, None));
		assert_eq!(Guarantors::<Test>::iter().count(), 0);
	});
}
