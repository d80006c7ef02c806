//! Granting, revoking and checking roles.

use crate::{mock::*, *};
use busbar_primitives::traits::Participants as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

fn grant(origin: RuntimeOrigin, name: &str, role: Role, scope: Scope) -> frame_support::dispatch::DispatchResult {
	mock::Participants::grant_role(origin, id(name), role, scope)
}

fn ensure(name: &str, role: Role, zone: Option<u32>) -> Result<ParticipantId, sp_runtime::DispatchError> {
	mock::Participants::ensure(&account(name), role, zone)
}

#[test]
fn a_role_in_a_zone_holds_there_and_below_and_nowhere_else() {
	run(|| {
		assert_eq!(ensure("dso", Role::Dso, Some(1)), Ok(id("dso")));
		assert_eq!(ensure("dso", Role::Dso, Some(3)), Ok(id("dso")));
		for zone in [Some(0), Some(2), None] {
			assert_eq!(ensure("dso", Role::Dso, zone), Err(Error::<Test>::RoleOutOfScope.into()));
		}
		assert_eq!(ensure("dso", Role::MeterOperator, Some(1)), Err(Error::<Test>::RoleMissing.into()));
		assert_eq!(ensure("stranger", Role::Dso, Some(1)), Err(Error::<Test>::NotMember.into()));
	});
}

#[test]
fn a_role_in_any_zone_is_held_anywhere() {
	run(|| {
		let anywhere = |name, role| mock::Participants::ensure_anywhere(&account(name), role);
		// Where `ensure` without a zone wants the role in the whole grid.
		assert_eq!(anywhere("dso", Role::Dso), Ok(id("dso")));
		assert_eq!(ensure("dso", Role::Dso, None), Err(Error::<Test>::RoleOutOfScope.into()));
		assert_eq!(anywhere("provider", Role::MembershipProvider), Ok(id("provider")));
		assert_eq!(anywhere("dso", Role::MeterOperator), Err(Error::<Test>::RoleMissing.into()));
		assert_eq!(anywhere("stranger", Role::Dso), Err(Error::<Test>::NotMember.into()));
		assert_ok!(mock::Participants::add_delegate(signed("dso"), account("engineer"), Right::Operate));
		assert_eq!(anywhere("engineer", Role::Dso), Ok(id("dso")));
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("dso")));
		for name in ["dso", "engineer"] {
			assert_eq!(anywhere(name, Role::Dso), Err(Error::<Test>::Suspended.into()));
		}
	});
}

#[test]
fn a_role_in_the_grid_holds_everywhere() {
	run(|| {
		assert_ok!(grant(RuntimeOrigin::root(), "dso", Role::Dso, Scope::Grid));
		System::assert_last_event(
			Event::RoleGranted { participant: id("dso"), role: Role::Dso, scope: Scope::Grid }.into(),
		);
		for zone in [None, Some(0), Some(3), Some(u32::MAX)] {
			assert_eq!(ensure("dso", Role::Dso, zone), Ok(id("dso")));
		}
	});
}

#[test]
fn a_provider_grants_and_revokes_ordinary_roles_inside_its_scope() {
	run(|| {
		register("ann");
		for role in [Role::Prosumer, Role::Consumer, Role::Generator] {
			assert_ok!(grant(signed("feeder"), "ann", role, Scope::Zone(3)));
			assert_noop!(grant(signed("feeder"), "ann", role, Scope::Zone(2)), Error::<Test>::RoleOutOfScope);
			assert_noop!(grant(signed("feeder"), "ann", role, Scope::Grid), Error::<Test>::RoleOutOfScope);
			assert_ok!(grant(signed("provider"), "ann", role, Scope::Zone(2)));
			assert_noop!(
				mock::Participants::revoke_role(signed("feeder"), id("ann"), role, Scope::Zone(2)),
				Error::<Test>::RoleOutOfScope
			);
			for zone in [2, 3] {
				let scope = Scope::Zone(zone);
				assert_ok!(mock::Participants::revoke_role(signed("provider"), id("ann"), role, scope));
				System::assert_last_event(Event::RoleRevoked { participant: id("ann"), role, scope }.into());
			}
		}
		assert!(!Roles::<Test>::contains_key(id("ann")));
	});
}

#[test]
fn a_privileged_role_needs_the_council() {
	run(|| {
		let privileged = [
			Role::Dso,
			Role::Aggregator,
			Role::Retailer,
			Role::BalanceResponsibleParty,
			Role::MarketOperator,
			Role::MeterOperator,
			Role::SettlementAgent,
			Role::MembershipProvider,
			Role::Regulator,
			Role::Auditor,
		];
		for role in privileged {
			assert_noop!(grant(signed("provider"), "provider", role, Scope::Zone(1)), Error::<Test>::PrivilegedRole);
			assert_noop!(
				mock::Participants::revoke_role(signed("provider"), id("dso"), role, Scope::Zone(1)),
				Error::<Test>::PrivilegedRole
			);
			assert_ok!(grant(RuntimeOrigin::root(), "councillor", role, Scope::Zone(2)));
			assert_ok!(mock::Participants::revoke_role(RuntimeOrigin::root(), id("councillor"), role, Scope::Zone(2)));
		}
	});
}

#[test]
fn neither_a_member_nor_a_stranger_grants() {
	run(|| {
		register("ann");
		assert_noop!(grant(signed("ann"), "ann", Role::Prosumer, Scope::Grid), Error::<Test>::RoleMissing);
		assert_noop!(grant(signed("eve"), "ann", Role::Prosumer, Scope::Grid), Error::<Test>::NotMember);
		assert_noop!(grant(RuntimeOrigin::none(), "ann", Role::Prosumer, Scope::Grid), BadOrigin);
	});
}

#[test]
fn a_role_is_granted_once_per_scope_and_revoked_only_if_held() {
	run(|| {
		let root = RuntimeOrigin::root;
		assert_noop!(grant(root(), "dso", Role::Dso, Scope::Zone(1)), Error::<Test>::RoleHeld);
		assert_noop!(
			mock::Participants::revoke_role(root(), id("dso"), Role::Dso, Scope::Zone(2)),
			Error::<Test>::RoleMissing
		);
		assert_noop!(
			mock::Participants::revoke_role(root(), id("councillor"), Role::Dso, Scope::Grid),
			Error::<Test>::RoleMissing
		);
	});
}

#[test]
fn roles_are_bounded() {
	run(|| {
		register("ann");
		for zone in 0..4 {
			assert_ok!(grant(RuntimeOrigin::root(), "ann", Role::Dso, Scope::Zone(zone)));
		}
		assert_noop!(grant(RuntimeOrigin::root(), "ann", Role::Auditor, Scope::Grid), Error::<Test>::TooManyRoles);
		assert_eq!(mock::Participants::roles_of(id("ann")).len(), 4);
	});
}

#[test]
fn a_suspended_provider_admits_nobody() {
	run(|| {
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("provider")));
		let call =
			mock::Participants::register(signed("provider"), id("ann"), account("ann"), COMMITMENT, acceptance("ann"));
		assert_noop!(call, Error::<Test>::Suspended);
	});
}
