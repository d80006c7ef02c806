//! A chain that starts with standing deposits.

use crate::{mock::*, Backing, GenesisConfig, HoldReason, Secured, Security};
use frame_support::traits::BuildGenesisConfig;

/// Home owns points 0 and 1.
fn build(json: &str) {
	serde_json::from_str::<GenesisConfig<Test>>(json).unwrap().build();
}

#[test]
fn the_deposits_of_the_genesis_are_held_on_the_owners_accounts() {
	run(|| {
		build(r#"{"deposits": [[1, 7], [0, 5]]}"#);
		let security = |amount| Some(Security { by: participant(HOME), account: HOME, amount, leaving: None });
		assert_eq!(Secured::<Test>::get(0, Backing::Deposit), security(5));
		assert_eq!(Secured::<Test>::get(1, Backing::Deposit), security(7));
		assert_eq!(held(HOME, HoldReason::Deposit), 12);
	});
}

#[test]
#[should_panic(expected = "deposit 1 of the genesis, 5 nEUR for connection point 9, is refused")]
fn a_deposit_for_a_point_that_is_not_there_panics_and_is_named() {
	run(|| build(r#"{"deposits": [[0, 5], [9, 5]]}"#));
}

#[test]
#[should_panic(expected = "BeyondDeposit")]
fn a_deposit_beyond_the_owners_money_panics_and_says_why() {
	run(|| build(r#"{"deposits": [[0, 1000000000001]]}"#));
}

#[test]
fn a_genesis_without_deposits_holds_nothing() {
	run(|| {
		build(r#"{"deposits": []}"#);
		assert_eq!(Secured::<Test>::iter().count(), 0);
	});
}
