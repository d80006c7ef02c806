//! What the balance-responsible party posts, and what it earned that this depends on.

use super::*;
use crate::{mock::*, Balancing, Error, Event, HoldReason, EARNING_DAYS};
use busbar_mocks::{MockCalendar, MockParticipants};
use busbar_primitives::{
	traits::{Calendar as _, Securities as _},
	Balance, Interval,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use refused::{NOT_DELEGATE, ROLE_MISSING};

const OF_A_DAY: Interval = 96;

fn earned(interval: Interval, amount: Balance) {
	Securities::balancing_earned(interval, participant(SHOP), amount);
}

fn least() -> Balance {
	Securities::least_of_balancing(participant(SHOP))
}

#[test]
fn a_balance_responsible_party_posts_of_its_own_money_and_pays_what_lacks_out_of_that() {
	run(|| {
		assert_noop!(Securities::deposit_balancing(signed(HOME), 5), ROLE_MISSING);
		assert_noop!(Securities::deposit_balancing(signed(SHOP), 0), Error::<Test>::ZeroAmount);
		assert_noop!(Securities::deposit_balancing(signed(SHOP), WEALTH + 1), Error::<Test>::BeyondDeposit);
		assert_ok!(Securities::deposit_balancing(signed(SHOP), 5));
		assert_ok!(Securities::deposit_balancing(signed(SHOP), 7));
		assert_eq!(held(SHOP, HoldReason::Balancing), 12);
		let deposited = Event::BalancingDeposited { participant: participant(SHOP), amount: 7, total: 12 };
		assert_eq!(events().last(), Some(&deposited));
		let draw = |amount| Securities::draw_balancing(3, participant(SHOP), amount, &POT);
		assert_eq!((draw(10), draw(10), draw(10)), (Ok(10), Ok(2), Ok(0)));
		assert_eq!((held(SHOP, HoldReason::Balancing), Balances::balance(&POT)), (0, 12));
		assert_eq!(Securities::draw_balancing(3, participant(HOME), 1, &POT), Ok(0));
	});
}

#[test]
fn it_takes_back_what_is_beyond_three_days_of_its_greatest_credits_when_all_is_final() {
	run(|| {
		assert_ok!(Securities::deposit_balancing(signed(SHOP), 100));
		let release = || Securities::release_balancing(signed(SHOP), participant(SHOP));
		let notice = |amount| Securities::give_notice_balancing(signed(SHOP), participant(SHOP), amount);
		assert_noop!(release(), Error::<Test>::NoNotice);
		assert_noop!(notice(0), Error::<Test>::ZeroAmount);
		assert_noop!(notice(101), Error::<Test>::DepositTooSmall);
		// Twenty on one day.
		earned(0, 12);
		earned(7, 8);
		assert_ok!(notice(41));
		LastFinal::set(&Some(6));
		assert_noop!(release(), Error::<Test>::StillSecures);
		LastFinal::set(&Some(7));
		assert_noop!(release(), Error::<Test>::BelowLeast);
		assert_ok!(notice(40));
		assert_noop!(Securities::release_balancing(signed(HOME), participant(SHOP)), NOT_DELEGATE);
		assert_ok!(release());
		assert_eq!(held(SHOP, HoldReason::Balancing), 60);
		let released = Event::BalancingReleased { participant: participant(SHOP), amount: 40, total: 60 };
		assert_eq!(events().last(), Some(&released));
		// Thirty days later nothing of that counts any more.
		FirstUnopened::set(&(EARNING_DAYS * OF_A_DAY));
		assert_ok!(notice(60));
		LastFinal::set(&Some(EARNING_DAYS * OF_A_DAY - 1));
		assert_ok!(release());
		assert_eq!(held(SHOP, HoldReason::Balancing), 0);
		assert_noop!(release(), Error::<Test>::NoSecurity);
	});
}

#[test]
fn what_it_must_have_posted_is_three_times_the_best_of_thirty_days_and_it_is_warned() {
	run(|| {
		assert_eq!(MockCalendar::interval_s(), 900);
		assert_ok!(Securities::deposit_balancing(signed(SHOP), 30));
		for day in 0..EARNING_DAYS + 5 {
			FirstUnopened::set(&(day * OF_A_DAY + 8));
			earned(day * OF_A_DAY, if day == 3 { 20 } else { 1 });
			assert_eq!(least(), if (3..33).contains(&day) { 60 } else { 3 }, "day {day}");
		}
		let warned: Vec<_> =
			events().into_iter().filter(|event| matches!(event, Event::BalancingTooSmall { .. })).collect();
		assert_eq!(warned, [Event::BalancingTooSmall { participant: participant(SHOP), total: 30, least: 60 }]);
		assert_eq!(Balancing::<Test>::get(participant(SHOP)).unwrap().earned.len(), EARNING_DAYS as usize);
		// A correction of an old day.
		earned(0, 1_000);
		assert_eq!(least(), 3);
	});
}

#[test]
fn for_who_was_removed_anybody_asks_for_its_money_which_goes_to_its_account_when_all_is_final() {
	run(|| {
		let home = participant(HOME);
		assert_ok!(Securities::deposit(signed(HOME), 0, 5));
		assert_ok!(Securities::margin_in(signed(HOME), home, 10));
		assert_ok!(Securities::deposit_balancing(signed(SHOP), 7));
		assert_noop!(Securities::margin_out(signed(PLANT), home, 10), NOT_DELEGATE);
		MockParticipants::suspend(HOME);
		assert_noop!(Securities::margin_out(signed(PLANT), home, 10), refused::SUSPENDED);
		MockParticipants::remove(HOME);
		MockParticipants::remove(SHOP);
		assert_ok!(Securities::margin_out(signed(PLANT), home, 10));
		let (deposit, plant) = (crate::Backing::Deposit, || signed(PLANT));
		// Of all, whatever was asked for; nobody puts it off by another notice.
		assert_ok!(Securities::give_notice(plant(), 0, deposit, 1));
		assert_ok!(Securities::give_notice_balancing(plant(), participant(SHOP), 1));
		FirstUnopened::set(&20);
		assert_ok!(Securities::give_notice(plant(), 0, deposit, 1));
		assert_ok!(Securities::give_notice_balancing(plant(), participant(SHOP), 1));
		assert_noop!(Securities::release(plant(), 0, deposit), Error::<Test>::StillSecures);
		LastFinal::set(&Some(7));
		assert_ok!(Securities::release(plant(), 0, deposit));
		assert_ok!(Securities::release_balancing(plant(), participant(SHOP)));
		assert_eq!([HOME, SHOP, PLANT].map(|who| Balances::balance(&who)), [WEALTH; 3]);
	});
}

#[test]
fn try_state_sees_a_security_of_a_balance_responsible_party_that_is_not_held() {
	run(|| {
		earned(0, 1);
		Balancing::<Test>::mutate_extant(participant(SHOP), |security| security.amount = 1);
		assert!(Securities::do_try_state().is_err());
		Balancing::<Test>::mutate_extant(participant(SHOP), |security| security.amount = 0);
	});
}
