use super::*;
use crate::{mock::*, Error, Event, GenesisConfig, HoldReason};
use busbar_mocks::{MockParticipants, Random};
use busbar_primitives::{traits::Collateral, Balance, Margin, Right};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, BuildGenesisConfig},
};
use refused::{NOT_DELEGATE, UNKNOWN_PARTICIPANT};
use sp_runtime::DispatchError::BadOrigin;

fn hold(amount: Balance) -> sp_runtime::DispatchResult {
	<Securities as Collateral<AccountId>>::hold(participant(HOME), amount)
}

fn release(amount: Balance) -> sp_runtime::DispatchResult {
	<Securities as Collateral<AccountId>>::release(participant(HOME), amount)
}

fn take(amount: Balance) -> Balance {
	<Securities as Collateral<AccountId>>::take(participant(HOME), amount, &POT).unwrap()
}

fn margin(own: Balance, held: Balance) -> Margin {
	Margin { own, held }
}

fn home() -> Margin {
	Margins::get(participant(HOME))
}

/// The account of the home: free money, and what is on hold for orders.
fn account() -> (Balance, Balance) {
	(Balances::balance(&HOME), held(HOME, HoldReason::Order))
}

#[test]
fn money_moves_into_the_margin_and_out_again_and_stays_on_the_account() {
	run(|| {
		let home_id = participant(HOME);
		assert_ok!(Securities::margin_in(signed(HOME), home_id, 100));
		assert_eq!((account(), home()), ((WEALTH - 100, 100), margin(100, 0)));
		assert_ok!(Securities::margin_out(signed(HOME), home_id, 30));
		assert_eq!((account(), home()), ((WEALTH - 70, 70), margin(70, 0)));
		let moved_in = Event::MarginMovedIn { participant: home_id, amount: 100, margin: 100 };
		assert_eq!(events(), [moved_in, Event::MarginMovedOut { participant: home_id, amount: 30, margin: 70 }]);
	});
}

#[test]
fn an_order_touches_nothing_of_its_owners_account() {
	run(|| {
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 100));
		let before = (account(), System::account(HOME));
		assert_eq!([hold(60), hold(40), hold(0)], [Ok(()); 3]);
		assert_eq!((account(), System::account(HOME)), before);
		assert_eq!(home(), margin(100, 100));
		assert_ok!(release(100));
		assert_eq!(((account(), System::account(HOME)), home()), (before, margin(100, 0)));
	});
}

#[test]
fn an_order_beyond_the_margin_is_refused_however_much_free_money_its_owner_has() {
	run(|| {
		assert_noop!(hold(1), Error::<Test>::MarginTooSmall);
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 100));
		assert_ok!(hold(70));
		for beyond in [31, WEALTH, Balance::MAX] {
			assert_noop!(hold(beyond), Error::<Test>::MarginTooSmall);
		}
		// What is moved in now does.
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 1));
		assert_ok!(hold(31));
		assert_eq!((account(), home()), ((WEALTH - 101, 101), margin(101, 101)));
		assert_ok!(release(70));
		assert_eq!((account(), home()), ((WEALTH - 101, 101), margin(101, 31)));
		assert_noop!(release(32), Error::<Test>::CollateralMissing);
	});
}

#[test]
fn what_orders_hold_cannot_be_moved_out_or_taken() {
	run(|| {
		let home_id = participant(HOME);
		assert_ok!(Securities::margin_in(signed(HOME), home_id, 100));
		assert_ok!(hold(60));
		assert_noop!(Securities::margin_out(signed(HOME), home_id, 41), Error::<Test>::BeyondMargin);
		assert_eq!(take(1_000), 40);
		assert_eq!((Balances::balance(&POT), account(), home()), (40, (WEALTH - 100, 60), margin(60, 60)));
		assert_eq!(events().last(), Some(&Event::MarginTaken { participant: home_id, amount: 40, margin: 60 }));
		assert_noop!(Securities::margin_out(signed(HOME), home_id, 1), Error::<Test>::BeyondMargin);
		assert_ok!(release(60));
		assert_ok!(Securities::margin_out(signed(HOME), home_id, 60));
		assert_eq!(account(), (WEALTH - 40, 0));
	});
}

#[test]
fn nothing_is_taken_of_a_margin_that_orders_hold_whole_or_that_is_none() {
	run(|| {
		assert_eq!(take(10), 0);
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 60));
		assert_ok!(hold(60));
		assert_eq!(take(10), 0);
		assert_eq!(<Securities as Collateral<AccountId>>::take(participant(90), 10, &POT), Ok(0), "nobody has none");
		assert_ok!(release(60));
		assert_eq!(account(), (WEALTH - 60, 60));
	});
}

#[test]
fn only_the_participant_and_its_delegate_for_funds_move_its_margin() {
	run(|| {
		let home_id = participant(HOME);
		assert_noop!(Securities::margin_in(RuntimeOrigin::none(), home_id, 1), BadOrigin);
		assert_noop!(Securities::margin_in(signed(SHOP), home_id, 1), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Trade);
		assert_noop!(Securities::margin_in(signed(SHOP), home_id, 1), NOT_DELEGATE);
		MockParticipants::delegate(HOME, SHOP, Right::Funds);
		assert_ok!(Securities::margin_in(signed(SHOP), home_id, 2));
		assert_noop!(Securities::margin_out(signed(PLANT), home_id, 1), NOT_DELEGATE);
		assert_ok!(Securities::margin_out(signed(SHOP), home_id, 1));
		assert_eq!((account(), Balances::balance(&SHOP)), ((WEALTH - 1, 1), WEALTH));
		assert_noop!(Securities::margin_in(signed(SHOP), participant(90), 1), UNKNOWN_PARTICIPANT);
	});
}

#[test]
fn amounts_of_nothing_beyond_free_money_or_beyond_the_type_are_refused() {
	run(|| {
		let home_id = participant(HOME);
		assert_noop!(Securities::margin_in(signed(HOME), home_id, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Securities::margin_out(signed(HOME), home_id, 0), Error::<Test>::ZeroAmount);
		assert_noop!(Securities::margin_in(signed(HOME), home_id, WEALTH + 1), Error::<Test>::BeyondFreeMoney);
		assert_ok!(Securities::margin_in(signed(HOME), home_id, 1));
		assert_noop!(Securities::margin_in(signed(HOME), home_id, Balance::MAX), Error::<Test>::Overflow);
	});
}

#[test]
fn a_margin_needs_an_account_to_be_held_on() {
	run(|| {
		MockParticipants::change(HOME, |home| home.account = None);
		MockParticipants::delegate(HOME, SHOP, Right::Funds);
		let moved = Securities::margin_in(signed(SHOP), participant(HOME), 1);
		assert_eq!(moved, Err(Error::<Test>::UnknownParticipant.into()));
		assert_eq!(hold(1), Err(Error::<Test>::UnknownParticipant.into()));
	});
}

#[test]
fn the_margins_of_the_genesis_are_moved_in() {
	run(|| {
		let json = serde_json::json!({ "deposits": [[0, 5]], "margins": [[participant(HOME), 7]] });
		serde_json::from_value::<GenesisConfig<Test>>(json).unwrap().build();
		assert_eq!((account(), home()), ((WEALTH - 12, 7), margin(7, 0)));
	});
}

#[test]
#[should_panic(expected = "is refused: Module")]
fn a_margin_beyond_the_participants_money_panics_at_genesis() {
	run(|| {
		let json = serde_json::json!({ "deposits": [], "margins": [[participant(HOME), 2_000_000_000_000u64]] });
		serde_json::from_value::<GenesisConfig<Test>>(json).unwrap().build();
	});
}

#[test]
fn try_state_sees_money_that_is_not_held_or_held_for_nothing() {
	run(|| {
		Margins::insert(participant(HOME), margin(1, 0));
		assert!(Securities::do_try_state().is_err());
		Margins::insert(participant(HOME), margin(0, 1));
		assert!(Securities::do_try_state().is_err());
		Margins::insert(participant(HOME), margin(0, 0));
		assert_ok!(Securities::do_try_state());
		assert_ok!(Securities::margin_in(signed(HOME), participant(HOME), 1));
		Margins::insert(participant(HOME), margin(0, 0));
		assert!(Securities::do_try_state().is_err());
		Margins::insert(participant(HOME), margin(1, 2));
		assert!(Securities::do_try_state().is_err());
		Margins::insert(participant(HOME), margin(1, 1));
	});
}

#[test]
fn whatever_happens_the_margin_is_on_hold_covers_all_collateral_and_no_money_is_lost() {
	for seed in 0..40 {
		run(|| {
			let mut random = Random::new(seed);
			let amount = |random: &mut Random| Balance::from(random.below(400_000_000)) * 1_000;
			let (mut orders, mut taken) = (Vec::<Balance>::new(), 0);
			for _ in 0..200 {
				let (before, free) = (home(), home().free());
				let value = amount(&mut random);
				match random.below(6) {
					0 => {
						let moved = Securities::margin_in(signed(HOME), participant(HOME), value).is_ok();
						assert_eq!(home().own, before.own + if moved { value } else { 0 });
					},
					1 => {
						let moved = Securities::margin_out(signed(HOME), participant(HOME), value).is_ok();
						assert_eq!(moved, 0 < value && value <= free);
					},
					2..=3 => {
						assert_eq!(hold(value).is_ok(), value <= free);
						if value <= free {
							orders.push(value);
						}
					},
					4 if !orders.is_empty() => {
						let at = random.below(orders.len() as u32) as usize;
						assert_ok!(release(orders.swap_remove(at)));
					},
					_ => {
						let got = take(value);
						assert_eq!(got, value.min(free));
						taken += got;
					},
				}
				assert_eq!(home().held, orders.iter().sum::<Balance>());
				assert_ok!(Securities::do_try_state());
				assert_eq!(Balances::total_balance(&HOME) + taken, WEALTH);
				assert_eq!(Balances::balance(&POT), taken);
			}
		});
	}
}

#[test]
fn a_suspended_participant_moves_its_margin_to_its_own_account_and_nothing_in() {
	run(|| {
		let home = participant(HOME);
		assert_ok!(Securities::margin_in(signed(HOME), home, 100));
		MockParticipants::delegate(HOME, AGGREGATOR, Right::Funds);
		MockParticipants::suspend(HOME);
		assert_noop!(Securities::margin_in(signed(HOME), home, 1), refused::SUSPENDED);
		assert_noop!(Securities::margin_out(signed(AGGREGATOR), home, 1), refused::SUSPENDED);
		assert_ok!(Securities::margin_out(signed(HOME), home, 100));
		assert_eq!(account(), (WEALTH, 0));
	});
}
