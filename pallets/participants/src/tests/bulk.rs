//! Batches of newcomers: as one by one, and all or none.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult, BoundedVec};
use sp_runtime::{traits::Dispatchable, DispatchError::BadOrigin};

fn newcomer(name: &str, roles: &[Role]) -> Newcomer<AccountId> {
	Newcomer {
		participant: id(name),
		account: account(name),
		commitment: COMMITMENT,
		acceptance: acceptance(name),
		roles: roles.to_vec().try_into().expect("no more roles than are ordinary"),
	}
}

fn register_many(origin: RuntimeOrigin, newcomers: &[Newcomer<AccountId>], scope: Scope) -> DispatchResult {
	let newcomers = BoundedVec::try_from(newcomers.to_vec()).expect("no more than a batch takes");
	let call = crate::Call::register_many { newcomers, scope };
	RuntimeCall::Participants(call).dispatch(origin).map(|_| ()).map_err(|error| error.error)
}

fn events() -> Vec<RuntimeEvent> {
	System::events().into_iter().map(|record| record.event).collect()
}

#[test]
fn a_batch_does_what_its_calls_do_one_by_one() {
	let zone = Scope::Zone(3);
	let mut one_by_one = Vec::new();
	run(|| {
		for (name, roles) in [("ann", &[Role::Prosumer, Role::Consumer][..]), ("bob", &[]), ("eve", &[Role::Generator])]
		{
			register(name);
			for role in roles {
				assert_ok!(mock::Participants::grant_role(signed("provider"), id(name), *role, zone));
			}
		}
		one_by_one = events();
	});
	run(|| {
		let newcomers = [
			newcomer("ann", &[Role::Prosumer, Role::Consumer]),
			newcomer("bob", &[]),
			newcomer("eve", &[Role::Generator]),
		];
		assert_ok!(register_many(signed("provider"), &newcomers, zone));
		assert_eq!(events(), one_by_one);
		// Three accounts, three registrations, three roles.
		assert_eq!(one_by_one.len(), 9);
		for name in ["ann", "bob", "eve"] {
			assert!(mock::Participants::is_admitted(&account(name)));
			assert_eq!(System::providers(&account(name)), 1);
		}
		assert_eq!(mock::Participants::roles_of(id("ann")), [(Role::Prosumer, zone), (Role::Consumer, zone)]);
	});
}

#[test]
fn one_refused_newcomer_refuses_the_batch() {
	run(|| {
		register("ann");
		let (good, grid) = (newcomer("bob", &[Role::Consumer]), Scope::Grid);
		let with = |other| [good.clone(), other];
		let refused = |other, error: Error<Test>| {
			assert_noop!(register_many(signed("provider"), &with(other), grid), error);
		};
		refused(newcomer("ann", &[]), Error::AlreadyRegistered);
		refused(Newcomer { account: account("ann"), ..newcomer("eve", &[]) }, Error::AccountInUse);
		refused(Newcomer { acceptance: acceptance("ann"), ..newcomer("eve", &[]) }, Error::BadAcceptance);
		refused(newcomer("bob", &[]), Error::AlreadyRegistered);
		refused(newcomer("eve", &[Role::Consumer, Role::Consumer]), Error::RoleHeld);
		refused(newcomer("eve", &[Role::Dso]), Error::PrivilegedRole);
		assert_noop!(register_many(signed("provider"), &[], grid), Error::<Test>::EmptyBatch);
		assert_ok!(register_many(signed("provider"), &[good], grid));
	});
}

#[test]
fn a_provider_gives_a_batch_roles_inside_its_scope_only() {
	run(|| {
		let (with_role, without) = ([newcomer("ann", &[Role::Consumer])], [newcomer("bob", &[])]);
		for scope in [Scope::Grid, Scope::Zone(2)] {
			assert_noop!(register_many(signed("feeder"), &with_role, scope), Error::<Test>::RoleOutOfScope);
		}
		assert_ok!(register_many(signed("feeder"), &with_role, Scope::Zone(3)));
		// Without roles the scope says nothing, as for `register`.
		assert_ok!(register_many(signed("feeder"), &without, Scope::Grid));
	});
}

#[test]
fn only_a_membership_provider_registers_a_batch() {
	run(|| {
		let batch = [newcomer("ann", &[])];
		assert_noop!(register_many(signed("stranger"), &batch, Scope::Grid), Error::<Test>::NotMember);
		assert_noop!(register_many(signed("dso"), &batch, Scope::Grid), Error::<Test>::RoleMissing);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(register_many(origin, &batch, Scope::Grid), BadOrigin);
		}
	});
}

#[test]
fn as_many_roles_are_ordinary_as_a_newcomer_may_have() {
	let all = [
		Role::Dso,
		Role::Aggregator,
		Role::Prosumer,
		Role::Consumer,
		Role::Generator,
		Role::Retailer,
		Role::BalanceResponsibleParty,
		Role::MarketOperator,
		Role::MeterOperator,
		Role::SettlementAgent,
		Role::MembershipProvider,
		Role::Regulator,
		Role::Auditor,
	];
	assert_eq!(all.into_iter().filter(|role| is_ordinary(*role)).count(), MAX_ORDINARY_ROLES as usize);
}
