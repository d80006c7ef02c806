//! Registration, suspension, removal.

use crate::{mock::*, *};
use busbar_primitives::traits::Participants as _;
use frame_support::{assert_noop, assert_ok};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{AccountId32, BuildStorage, DispatchError::BadOrigin, MultiSignature};

fn status(name: &str) -> Status {
	crate::Participants::<Test>::get(id(name)).expect("registered").status
}

fn try_register(by: &str, name: &str) -> frame_support::dispatch::DispatchResult {
	mock::Participants::register(signed(by), id(name), account(name), COMMITMENT, acceptance(name))
}

#[test]
fn a_newcomer_that_signed_becomes_a_participant_with_a_nonce() {
	run(|| {
		assert!(!System::account_exists(&account("ann")));
		register("ann");
		// It begins with an empty budget, and with no debt, no margin and no delegate.
		let budget = Budget { provider: Some(id("provider")), spent: Spent::all(1, &Rules::get().member) };
		let (own, status) = (account("ann"), Status::Active);
		let (in_debt, margin, delegates) = (false, Default::default(), Default::default());
		assert_eq!(
			crate::Participants::<Test>::get(id("ann")),
			Some(Participant {
				account: own,
				commitment: COMMITMENT,
				status,
				joined: 1,
				budget,
				in_debt,
				margin,
				standing: Default::default(),
				roles: Default::default(),
				delegates,
			})
		);
		assert_eq!(mock::Participants::participant(&account("ann")), Some(id("ann")));
		assert_eq!(mock::Participants::account(id("ann")), Some(account("ann")));
		assert_eq!(System::providers(&account("ann")), 1);
		assert!(mock::Participants::is_admitted(&account("ann")));
		System::assert_last_event(
			Event::Registered {
				participant: id("ann"),
				account: account("ann"),
				commitment: COMMITMENT,
				provider: id("provider"),
			}
			.into(),
		);
	});
}

#[test]
fn a_wallet_may_sign_the_acceptance_in_its_wrapping_and_with_another_curve() {
	run(|| {
		let wrapped = [b"<Bytes>", payload("ann").as_slice(), b"</Bytes>"].concat();
		let signature = pair("ann").sign(&wrapped).into();
		let by = || signed("provider");
		assert_ok!(mock::Participants::register(by(), id("ann"), account("ann"), COMMITMENT, signature));

		let key = ed25519::Pair::from_seed(&[9; 32]);
		let owner = AccountId32::new(key.public().0);
		let payload = acceptance_payload(&System::block_hash(0), &id("bob"), &owner, &COMMITMENT);
		let signature = MultiSignature::from(key.sign(&payload));
		assert_ok!(mock::Participants::register(by(), id("bob"), owner, COMMITMENT, signature));
	});
}

#[test]
fn an_acceptance_of_anything_else_is_refused() {
	run(|| {
		let attempt = |participant, commitment, acceptance| {
			mock::Participants::register(signed("provider"), participant, account("ann"), commitment, acceptance)
		};
		let bad = Error::<Test>::BadAcceptance;
		assert_noop!(attempt(id("bob"), COMMITMENT, acceptance("ann")), bad);
		assert_noop!(attempt(id("ann"), H256::zero(), acceptance("ann")), Error::<Test>::BadAcceptance);
		assert_noop!(attempt(id("ann"), COMMITMENT, acceptance("bob")), Error::<Test>::BadAcceptance);
		let other_chain = acceptance_payload(&H256::repeat_byte(2), &id("ann"), &account("ann"), &COMMITMENT);
		let foreign = MultiSignature::from(pair("ann").sign(&other_chain));
		assert_noop!(attempt(id("ann"), COMMITMENT, foreign), Error::<Test>::BadAcceptance);
		assert_ok!(attempt(id("ann"), COMMITMENT, acceptance("ann")));
	});
}

#[test]
fn only_a_membership_provider_registers() {
	run(|| {
		assert_noop!(try_register("stranger", "ann"), Error::<Test>::NotMember);
		assert_noop!(try_register("dso", "ann"), Error::<Test>::RoleMissing);
		let by_root = mock::Participants::register(
			RuntimeOrigin::root(),
			id("ann"),
			account("ann"),
			COMMITMENT,
			acceptance("ann"),
		);
		assert_noop!(by_root, BadOrigin);
		assert_ok!(try_register("feeder", "ann"));
	});
}

#[test]
fn an_identifier_and_an_account_are_given_once_even_after_removal() {
	run(|| {
		register("ann");
		let again = |participant: &str, owner: &str| {
			let payload = acceptance_payload(&System::block_hash(0), &id(participant), &account(owner), &COMMITMENT);
			let signature = pair(owner).sign(&payload).into();
			mock::Participants::register(signed("provider"), id(participant), account(owner), COMMITMENT, signature)
		};
		for _ in 0..2 {
			assert_noop!(again("ann", "bob"), Error::<Test>::AlreadyRegistered);
			assert_noop!(again("bob", "ann"), Error::<Test>::AccountInUse);
			if status("ann") != Status::Removed {
				assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
			}
		}
	});
}

#[test]
fn a_suspended_participant_acts_in_no_capacity_until_it_is_resumed() {
	run(|| {
		register("ann");
		let by = || signed("provider");
		assert_ok!(mock::Participants::grant_role(by(), id("ann"), Role::Prosumer, Scope::Zone(3)));
		assert_ok!(mock::Participants::suspend(by(), id("ann")));
		System::assert_last_event(Event::Suspended { participant: id("ann"), by: Authority::Provider }.into());

		let suspended = Err(Error::<Test>::Suspended.into());
		assert!(!mock::Participants::is_admitted(&account("ann")));
		assert_eq!(
			<mock::Participants as busbar_primitives::traits::Participants<_>>::ensure_active(id("ann")),
			suspended
		);
		assert_eq!(mock::Participants::ensure_acts_for(&account("ann"), id("ann"), Right::Trade), suspended);
		assert_eq!(
			mock::Participants::ensure(&account("ann"), Role::Prosumer, Some(3)),
			Err(Error::<Test>::Suspended.into())
		);
		assert_noop!(mock::Participants::suspend(by(), id("ann")), Error::<Test>::Suspended);
		// It is still known, so that what it owns can be told.
		assert_eq!(mock::Participants::participant(&account("ann")), Some(id("ann")));

		assert_ok!(mock::Participants::resume(by(), id("ann")));
		System::assert_last_event(Event::Resumed { participant: id("ann") }.into());
		assert!(mock::Participants::is_admitted(&account("ann")));
		assert_eq!(mock::Participants::ensure(&account("ann"), Role::Prosumer, Some(3)), Ok(id("ann")));
		assert_noop!(mock::Participants::resume(by(), id("ann")), Error::<Test>::NotSuspended);
	});
}

#[test]
fn only_the_council_resumes_what_the_council_suspended() {
	run(|| {
		register("ann");
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert_eq!(status("ann"), Status::Suspended(Authority::Council));
		assert_noop!(mock::Participants::resume(signed("provider"), id("ann")), Error::<Test>::CouncilOnly);
		assert_noop!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")), Error::<Test>::Suspended);
		assert_ok!(mock::Participants::resume(RuntimeOrigin::root(), id("ann")));
		assert_eq!(status("ann"), Status::Active);
	});
}

#[test]
fn a_provider_suspends_neither_privileged_nor_protected_participants() {
	run(|| {
		for name in ["dso", "feeder", "provider", "councillor"] {
			assert_noop!(mock::Participants::suspend(signed("provider"), id(name)), Error::<Test>::CouncilOnly);
			assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id(name)));
			assert_ok!(mock::Participants::resume(RuntimeOrigin::root(), id(name)));
		}
	});
}

#[test]
fn suspending_takes_a_provider_for_the_whole_grid() {
	run(|| {
		register("ann");
		assert_noop!(mock::Participants::suspend(signed("feeder"), id("ann")), Error::<Test>::RoleOutOfScope);
		assert_noop!(mock::Participants::suspend(signed("dso"), id("ann")), Error::<Test>::RoleMissing);
		assert_noop!(mock::Participants::resume(signed("ann"), id("ann")), Error::<Test>::RoleMissing);
		assert_noop!(mock::Participants::suspend(RuntimeOrigin::none(), id("ann")), BadOrigin);
	});
}

#[test]
fn a_removed_participant_is_gone_but_keeps_its_provider_reference() {
	run(|| {
		register("ann");
		assert_ok!(mock::Participants::grant_role(signed("provider"), id("ann"), Role::Consumer, Scope::Grid));
		assert_noop!(mock::Participants::remove(signed("provider"), id("ann")), BadOrigin);
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		System::assert_last_event(Event::Removed { participant: id("ann") }.into());

		assert!(!mock::Participants::is_admitted(&account("ann")));
		assert_eq!(System::providers(&account("ann")), 1);
		assert!(mock::Participants::roles_of(id("ann")).is_empty());
		let removed = Error::<Test>::Removed;
		assert_noop!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")), removed);
		assert_noop!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")), Error::<Test>::Removed);
		assert_noop!(mock::Participants::resume(RuntimeOrigin::root(), id("ann")), Error::<Test>::Removed);
		assert_noop!(
			mock::Participants::grant_role(RuntimeOrigin::root(), id("ann"), Role::Consumer, Scope::Grid),
			Error::<Test>::Removed
		);
		assert_eq!(
			mock::Participants::ensure_acts_for(&account("ann"), id("ann"), Right::Funds),
			Err(Error::<Test>::Removed.into())
		);
	});
}

#[test]
fn an_unknown_participant_is_named_as_such() {
	run(|| {
		let root = RuntimeOrigin::root;
		let nobody = id("nobody");
		assert_noop!(mock::Participants::suspend(root(), nobody), Error::<Test>::UnknownParticipant);
		assert_noop!(mock::Participants::resume(root(), nobody), Error::<Test>::UnknownParticipant);
		assert_noop!(mock::Participants::remove(root(), nobody), Error::<Test>::UnknownParticipant);
		assert_noop!(
			mock::Participants::grant_role(root(), nobody, Role::Dso, Scope::Grid),
			Error::<Test>::UnknownParticipant
		);
		assert_noop!(
			mock::Participants::revoke_role(root(), nobody, Role::Dso, Scope::Grid),
			Error::<Test>::UnknownParticipant
		);
		assert_eq!(
			mock::Participants::ensure_acts_for(&account("dso"), nobody, Right::Trade),
			Err(Error::<Test>::UnknownParticipant.into())
		);
	});
}

#[test]
fn members_from_genesis_are_admitted_with_their_roles() {
	run(|| {
		assert!(mock::Participants::is_admitted(&account("councillor")));
		assert_eq!(System::providers(&account("councillor")), 1);
		assert_eq!(mock::Participants::ensure(&account("dso"), Role::Dso, Some(3)), Ok(id("dso")));
	});
}

#[test]
#[should_panic(expected = "is named twice")]
fn a_genesis_that_names_an_account_twice_does_not_start() {
	let members = vec![(id("ann"), account("ann"), vec![]), (id("bob"), account("ann"), vec![])];
	let _ = GenesisConfig::<Test> { members }.build_storage();
}

#[test]
fn whoever_is_suspended_or_removed_has_its_orders_cancelled_at_once_and_once() {
	run(|| {
		register("ann");
		LeftOnes::set(&vec![]);
		assert_ok!(mock::Participants::suspend(signed("provider"), id("ann")));
		assert_eq!(LeftOnes::get(), [(id("ann"), true)]);
		// The council takes the suspension over.
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert_eq!(LeftOnes::get().len(), 1);
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert_eq!(LeftOnes::get()[1..], [(id("ann"), true)]);
	});
}

#[test]
fn the_regulator_suspends_whom_the_grid_does_not_depend_on_where_its_scope_covers_all_roles() {
	run(|| {
		register("ann");
		register("bob");
		let root = RuntimeOrigin::root;
		let suspend = |by: &str, whom: &str| mock::Participants::suspend(signed(by), id(whom));
		assert_ok!(mock::Participants::grant_role(root(), id("bob"), Role::Regulator, Scope::Zone(1)));
		// An aggregator of one feeder, whom no provider suspends.
		assert_ok!(mock::Participants::grant_role(root(), id("ann"), Role::Aggregator, Scope::Zone(3)));
		assert_noop!(suspend("provider", "ann"), Error::<Test>::CouncilOnly);
		assert_ok!(mock::Participants::grant_role(root(), id("ann"), Role::Retailer, Scope::Zone(2)));
		assert_noop!(suspend("bob", "ann"), Error::<Test>::RoleMissing);
		assert_ok!(mock::Participants::revoke_role(root(), id("ann"), Role::Retailer, Scope::Zone(2)));
		assert_ok!(suspend("bob", "ann"));
		assert_eq!(status("ann"), Status::Suspended(Authority::Regulator));
		assert_noop!(mock::Participants::resume(signed("provider"), id("ann")), Error::<Test>::CouncilOnly);
		assert_ok!(mock::Participants::resume(signed("bob"), id("ann")));
		// The grid depends on its operator, and councillors are protected.
		assert_noop!(suspend("bob", "dso"), Error::<Test>::CouncilOnly);
		assert_noop!(suspend("bob", "councillor"), Error::<Test>::RoleMissing);
		assert_ok!(mock::Participants::grant_role(root(), id("bob"), Role::Regulator, Scope::Grid));
		assert_noop!(suspend("bob", "councillor"), Error::<Test>::CouncilOnly);
	});
}

#[test]
fn a_provider_of_a_zone_suspends_members_of_that_zone_alone() {
	run(|| {
		register("ann");
		let suspend = || mock::Participants::suspend(signed("feeder"), id("ann"));
		assert_ok!(mock::Participants::grant_role(signed("provider"), id("ann"), Role::Prosumer, Scope::Zone(3)));
		assert_ok!(mock::Participants::grant_role(signed("provider"), id("ann"), Role::Consumer, Scope::Zone(2)));
		assert_noop!(suspend(), Error::<Test>::RoleOutOfScope);
		assert_ok!(mock::Participants::revoke_role(signed("provider"), id("ann"), Role::Consumer, Scope::Zone(2)));
		assert_ok!(suspend());
		assert_eq!(status("ann"), Status::Suspended(Authority::Provider));
	});
}
