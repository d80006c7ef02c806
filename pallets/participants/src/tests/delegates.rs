//! Who acts for whom.

use crate::{mock::*, *};
use busbar_primitives::traits::Participants as _;
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};

fn add(name: &str, delegate: &str, right: Right) -> DispatchResult {
	mock::Participants::add_delegate(signed(name), account(delegate), right)
}

fn remove(name: &str, delegate: &str, right: Right) -> DispatchResult {
	mock::Participants::remove_delegate(signed(name), account(delegate), right)
}

fn acts(delegate: &str, name: &str, right: Right) -> DispatchResult {
	mock::Participants::ensure_acts_for(&account(delegate), id(name), right)
}

fn admitted(name: &str) -> bool {
	mock::Participants::is_admitted(&account(name))
}

#[test]
fn a_delegate_is_admitted_and_does_what_its_right_says() {
	run(|| {
		register("ann");
		assert_ok!(acts("ann", "ann", Right::Funds));
		assert!(!admitted("bot"));
		assert_ok!(add("ann", "bot", Right::Trade));
		System::assert_last_event(
			Event::DelegateAdded { participant: id("ann"), delegate: account("bot"), right: Right::Trade }.into(),
		);
		assert!(admitted("bot"));
		assert_eq!(System::providers(&account("bot")), 1);
		assert_ok!(acts("bot", "ann", Right::Trade));
		assert_eq!(acts("bot", "ann", Right::Funds), Err(Error::<Test>::NotDelegate.into()));
		assert_eq!(acts("bot", "dso", Right::Trade), Err(Error::<Test>::NotDelegate.into()));
		// A delegate is not a participant.
		assert_eq!(mock::Participants::participant(&account("bot")), None);
		assert_noop!(add("bot", "other", Right::Trade), Error::<Test>::NotMember);
	});
}

#[test]
fn the_last_right_taken_ends_admission_and_an_unused_account() {
	run(|| {
		register("ann");
		assert_ok!(add("ann", "bot", Right::Trade));
		assert_ok!(add("dso", "bot", Right::Trade));
		assert_eq!(System::providers(&account("bot")), 1);
		assert_ok!(remove("ann", "bot", Right::Trade));
		System::assert_last_event(
			Event::DelegateRemoved { participant: id("ann"), delegate: account("bot"), right: Right::Trade }.into(),
		);
		assert!(admitted("bot"));
		assert_ok!(remove("dso", "bot", Right::Trade));
		assert!(!admitted("bot"));
		assert!(!System::account_exists(&account("bot")));
		assert!(!DelegateOf::<Test>::contains_key(account("bot")));
	});
}

#[test]
fn an_account_that_sent_a_transaction_keeps_its_nonce_for_ever() {
	run(|| {
		for _ in 0..2 {
			assert_ok!(add("dso", "bot", Right::Trade));
			assert_eq!(System::providers(&account("bot")), 1);
			System::inc_account_nonce(account("bot"));
			assert_ok!(remove("dso", "bot", Right::Trade));
			assert!(!admitted("bot"));
		}
		assert_eq!(System::account_nonce(account("bot")), 2);
		assert_eq!(System::providers(&account("bot")), 1);
	});
}

#[test]
fn a_reference_that_something_depends_on_stays() {
	run(|| {
		assert_ok!(add("dso", "bot", Right::Trade));
		assert_ok!(System::inc_consumers(&account("bot")));
		assert_ok!(remove("dso", "bot", Right::Trade));
		assert_eq!(System::providers(&account("bot")), 1);
		assert_eq!(DelegateOf::<Test>::get(account("bot")), Some(Delegation::default()));
	});
}

#[test]
fn suspending_a_participant_shuts_out_its_delegates_but_not_those_of_others() {
	run(|| {
		register("ann");
		assert_ok!(add("ann", "bot", Right::Trade));
		assert_ok!(add("ann", "shared", Right::Trade));
		assert_ok!(add("dso", "shared", Right::Funds));
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		// The council taking over must not count the suspension twice.
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert!(!admitted("bot"));
		assert!(admitted("shared"));
		assert_eq!(acts("shared", "ann", Right::Trade), Err(Error::<Test>::Suspended.into()));
		assert_ok!(acts("shared", "dso", Right::Funds));
		assert_ok!(mock::Participants::resume(RuntimeOrigin::root(), id("ann")));
		assert!(admitted("bot"));
		assert_ok!(acts("bot", "ann", Right::Trade));
	});
}

#[test]
fn removing_a_participant_drops_its_delegates() {
	run(|| {
		for active in [true, false] {
			let name = if active { "ann" } else { "bob" };
			register(name);
			assert_ok!(add(name, "bot", Right::Trade));
			assert_ok!(add(name, "operator", Right::Operate));
			if !active {
				assert_ok!(mock::Participants::suspend(signed("provider"), id(name)));
			}
			assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id(name)));
			assert!(!admitted("bot") && !admitted("operator"));
			assert_eq!(DelegateOf::<Test>::iter().count(), 0);
			assert!(crate::Participants::<Test>::iter_values().all(|record| record.delegates.is_empty()));
			assert_eq!(acts("bot", name, Right::Trade), Err(Error::<Test>::Removed.into()));
		}
	});
}

#[test]
fn a_suspended_participant_is_nobodys_delegate() {
	run(|| {
		register("ann");
		assert_ok!(add("dso", "ann", Right::Trade));
		assert_ok!(add("dso", "ann", Right::Operate));
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		assert!(!admitted("ann"));
		assert_eq!(acts("ann", "dso", Right::Trade), Err(Error::<Test>::Suspended.into()));
		assert_eq!(
			mock::Participants::ensure(&account("ann"), Role::Dso, Some(1)),
			Err(Error::<Test>::Suspended.into())
		);
		assert_noop!(add("dso", "ann", Right::Funds), Error::<Test>::Suspended);
		assert_noop!(add("ann", "bot", Right::Trade), Error::<Test>::Suspended);
		assert_noop!(remove("ann", "bot", Right::Trade), Error::<Test>::Suspended);
	});
}

#[test]
fn an_operator_exercises_its_participants_roles_and_its_own() {
	run(|| {
		register("ann");
		let ensure = |name: &str, role, zone| mock::Participants::ensure(&account(name), role, zone);
		assert_ok!(mock::Participants::grant_role(signed("provider"), id("ann"), Role::Consumer, Scope::Zone(2)));
		assert_ok!(add("dso", "bot", Right::Operate));
		assert_ok!(add("provider", "ann", Right::Operate));
		assert_eq!(ensure("bot", Role::Dso, Some(3)), Ok(id("dso")));
		assert_eq!(ensure("bot", Role::Dso, Some(2)), Err(Error::<Test>::RoleOutOfScope.into()));
		assert_eq!(ensure("bot", Role::Consumer, Some(2)), Err(Error::<Test>::RoleMissing.into()));
		assert_eq!(ensure("ann", Role::Consumer, Some(2)), Ok(id("ann")));
		assert_eq!(ensure("ann", Role::MembershipProvider, None), Ok(id("provider")));

		// Trading is another right.
		assert_ok!(add("dso", "trader", Right::Trade));
		assert_eq!(ensure("trader", Role::Dso, Some(1)), Err(Error::<Test>::NotMember.into()));

		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("dso")));
		assert_eq!(ensure("bot", Role::Dso, Some(3)), Err(Error::<Test>::Suspended.into()));
	});
}

#[test]
fn an_account_operates_for_one_participant_and_may_resign() {
	run(|| {
		assert_ok!(add("feeder", "bot", Right::Operate));
		assert_noop!(add("dso", "bot", Right::Operate), Error::<Test>::OperatesAlready);
		assert_ok!(add("dso", "bot", Right::Trade));
		let resign = |name: &str, right| mock::Participants::resign(signed("bot"), id(name), right);
		assert_noop!(resign("dso", Right::Operate), Error::<Test>::NotDelegate);
		assert_noop!(resign("nobody", Right::Operate), Error::<Test>::NotDelegate);
		// Also while its participant is suspended.
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("feeder")));
		assert_ok!(resign("feeder", Right::Operate));
		System::assert_last_event(
			Event::DelegateRemoved { participant: id("feeder"), delegate: account("bot"), right: Right::Operate }
				.into(),
		);
		assert_ok!(add("dso", "bot", Right::Operate));
		assert_eq!(mock::Participants::ensure(&account("bot"), Role::Dso, Some(1)), Ok(id("dso")));
	});
}

#[test]
fn delegates_are_bounded_distinct_and_other_accounts() {
	run(|| {
		assert_noop!(add("dso", "dso", Right::Trade), Error::<Test>::OwnAccount);
		assert_ok!(add("dso", "bot", Right::Trade));
		assert_noop!(add("dso", "bot", Right::Trade), Error::<Test>::AlreadyDelegate);
		assert_noop!(remove("dso", "bot", Right::Funds), Error::<Test>::NotDelegate);
		assert_noop!(remove("feeder", "bot", Right::Trade), Error::<Test>::NotDelegate);
		assert_noop!(remove("stranger", "bot", Right::Trade), Error::<Test>::NotMember);
		assert_ok!(add("dso", "bot", Right::Funds));
		assert_ok!(add("dso", "bot", Right::Operate));
		assert_noop!(add("dso", "other", Right::Trade), Error::<Test>::TooManyDelegates);
	});
}

#[test]
fn a_delegate_may_become_a_participant_itself() {
	run(|| {
		assert_ok!(add("dso", "ann", Right::Trade));
		register("ann");
		assert_eq!(System::providers(&account("ann")), 2);
		assert_ok!(remove("dso", "ann", Right::Trade));
		assert_eq!(System::providers(&account("ann")), 1);
		assert!(admitted("ann"));
	});
}
