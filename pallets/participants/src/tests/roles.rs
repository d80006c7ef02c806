//! Granting, revoking and checking roles.

use crate::{mock::*, *};
use busbar_primitives::{traits::Participants as _, Moment, Validity};
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
fn who_acts_in_several_zones_holds_its_role_in_each_of_them() {
	run(|| {
		let each = |name, zones: &[u32]| mock::Participants::ensure_each(&account(name), Role::Dso, zones).map(|_| ());
		assert_ok!(each("dso", &[1, 3]));
		for zones in [&[2][..], &[1, 2], &[0, 3]] {
			assert_noop!(each("dso", zones), Error::<Test>::RoleOutOfScope);
		}
		// Without the role nobody is let through for naming none.
		for zones in [&[][..], &[1]] {
			assert_noop!(each("provider", zones), Error::<Test>::RoleMissing);
			assert_noop!(each("stranger", zones), Error::<Test>::NotMember);
		}
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
			Event::RoleGranted {
				participant: id("dso"),
				role: Role::Dso,
				scope: Scope::Grid,
				from: 0,
				until: Moment::MAX,
				issuer: None,
			}
			.into(),
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
		assert_eq!(mock::Participants::grants_of(id("ann")), []);
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
			Role::WholesaleTrader,
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

/// Grants the named participant a role in zone 1 between two moments, by the council.
fn grant_for(name: &str, role: Role, from: Moment, until: Moment) -> frame_support::dispatch::DispatchResult {
	let root = RuntimeOrigin::root();
	mock::Participants::grant_role_for(root, id(name), role, Scope::Zone(1), from, until)
}

#[test]
fn a_role_holds_from_its_first_moment_to_before_its_last_one_without_a_transaction() {
	run(|| {
		register("ann");
		assert_ok!(grant_for("ann", Role::Dso, 10, 20));
		System::assert_last_event(
			Event::RoleGranted {
				participant: id("ann"),
				role: Role::Dso,
				scope: Scope::Zone(1),
				from: 10,
				until: 20,
				issuer: None,
			}
			.into(),
		);
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("engineer"), Right::Operate));
		for (now, holds) in [(0, false), (9, false), (10, true), (19, true), (20, false), (Moment::MAX, false)] {
			Now::set(&now);
			for name in ["ann", "engineer"] {
				let expected = if holds { Ok(id("ann")) } else { Err(Error::<Test>::RoleMissing.into()) };
				assert_eq!(ensure(name, Role::Dso, Some(3)), expected, "{name} at {now}");
				assert_eq!(mock::Participants::ensure_anywhere(&account(name), Role::Dso), expected);
				assert_eq!(mock::Participants::ensure_each(&account(name), Role::Dso, &[1, 3]).is_ok(), holds);
			}
			assert_eq!(mock::Participants::roles_of(id("ann")).len(), usize::from(holds));
			assert_eq!(mock::Participants::grants_of(id("ann")).len(), 1);
		}
	});
}

#[test]
fn a_budget_is_that_of_the_roles_that_hold_now() {
	run(|| {
		settle_in("ann");
		let member = Rules::get().member.most;
		assert_eq!(left("ann"), member);
		assert_ok!(grant_for("ann", Role::Retailer, 10, 20));
		assert_eq!(left("ann"), member);
		Now::set(&10);
		assert_eq!(left("ann"), Rules::get().professional.most);
		Now::set(&20);
		assert_eq!(left("ann"), member);
	});
}

#[test]
fn a_role_is_granted_for_a_time_that_is_and_for_another_time_instead() {
	run(|| {
		register("ann");
		Now::set(&100);
		for (from, until) in [(200, 200), (200, 199), (0, 100), (0, 0)] {
			assert_noop!(grant_for("ann", Role::Dso, from, until), Error::<Test>::NeverHolds);
		}
		assert_ok!(grant_for("ann", Role::Dso, 0, 101));
		assert_noop!(grant_for("ann", Role::Dso, 0, 101), Error::<Test>::RoleHeld);
		assert_ok!(grant_for("ann", Role::Dso, 100, 300));
		let validity = Validity { from: 100, until: 300 };
		let grant = RoleGrant { role: Role::Dso, scope: Scope::Zone(1), validity, issuer: None };
		assert_eq!(mock::Participants::grants_of(id("ann")), [grant]);
	});
}

#[test]
fn a_grant_names_the_provider_that_gave_it() {
	run(|| {
		register("ann");
		assert_ok!(grant(signed("feeder"), "ann", Role::Prosumer, Scope::Zone(3)));
		assert_ok!(mock::Participants::grant_role_for(
			signed("provider"),
			id("ann"),
			Role::Consumer,
			Scope::Grid,
			0,
			50
		));
		assert_ok!(grant(RuntimeOrigin::root(), "ann", Role::Dso, Scope::Grid));
		let issuers: Vec<_> = mock::Participants::grants_of(id("ann")).iter().map(|grant| grant.issuer).collect();
		assert_eq!(issuers, [Some(id("feeder")), Some(id("provider")), None]);
		let narrow = mock::Participants::grant_role_for(signed("feeder"), id("ann"), Role::Consumer, Scope::Grid, 0, 9);
		assert_noop!(narrow, Error::<Test>::RoleOutOfScope);
	});
}

#[test]
fn roles_that_are_over_make_room_for_others() {
	run(|| {
		register("ann");
		let four = [Role::Dso, Role::Retailer, Role::Aggregator, Role::Auditor];
		for role in four {
			assert_ok!(grant_for("ann", role, 0, 10));
		}
		assert_noop!(grant_for("ann", Role::Regulator, 0, 20), Error::<Test>::TooManyRoles);
		Now::set(&10);
		assert_ok!(grant_for("ann", Role::Regulator, 0, 20));
		assert_eq!(mock::Participants::grants_of(id("ann")).len(), 1);
	});
}

#[test]
fn who_trades_needs_its_owners_role_in_the_zone_and_the_right_to_trade() {
	run(|| {
		const ROLES: &[Role] = &[Role::Prosumer, Role::Retailer];
		register("ann");
		let trades = |who: &str, zone| mock::Participants::ensure_trades(&account(who), id("ann"), ROLES, zone);
		assert_eq!(trades("ann", 3), Err(Error::<Test>::RoleMissing.into()));
		assert_ok!(grant(signed("provider"), "ann", Role::Consumer, Scope::Grid));
		assert_eq!(trades("ann", 3), Err(Error::<Test>::RoleMissing.into()));
		assert_ok!(mock::Participants::grant_role_for(
			signed("provider"),
			id("ann"),
			Role::Prosumer,
			Scope::Zone(1),
			0,
			10
		));
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("bot"), Right::Trade));
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("clerk"), Right::Operate));
		for zone in [1, 3] {
			// The mock reads a zone for each that it is asked for.
			assert_eq!(trades("ann", zone), Ok(1));
			assert_eq!(trades("bot", zone), Ok(1));
			assert_eq!(trades("clerk", zone), Err(Error::<Test>::NotDelegate.into()));
		}
		assert_eq!(trades("bot", 2), Err(Error::<Test>::RoleOutOfScope.into()));
		Now::set(&10);
		assert_eq!(trades("bot", 3), Err(Error::<Test>::RoleMissing.into()));
		Now::set(&9);
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert_eq!(trades("bot", 3), Err(Error::<Test>::Suspended.into()));
	});
}

/// What the blocks at this time look at.
fn poll(now: Moment) {
	use frame_support::{traits::Hooks, weights::WeightMeter};
	Now::set(&now);
	<mock::Participants as Hooks<_>>::on_poll(1, &mut WeightMeter::new());
}

#[test]
fn who_loses_its_last_trading_role_has_its_orders_cancelled_with_the_next_interval() {
	run(|| {
		register("ann");
		let root = RuntimeOrigin::root;
		assert_ok!(grant(root(), "ann", Role::Prosumer, Scope::Grid));
		assert_ok!(grant(root(), "ann", Role::Consumer, Scope::Grid));
		assert_ok!(grant(root(), "ann", Role::Dso, Scope::Grid));
		let revoke = |role| mock::Participants::revoke_role(root(), id("ann"), role, Scope::Grid);
		assert_ok!(revoke(Role::Prosumer));
		assert_eq!(LeftOnes::get(), []);
		assert_ok!(revoke(Role::Consumer));
		assert_eq!(LeftOnes::get(), [(id("ann"), false)]);
		assert_ok!(revoke(Role::Dso));
		assert_eq!(LeftOnes::get().len(), 1);
	});
}

#[test]
fn the_end_of_the_last_trading_role_is_seen_without_a_transaction() {
	run(|| {
		register("ann");
		register("bob");
		for (name, role, until) in [
			("ann", Role::Prosumer, 20),
			("ann", Role::Consumer, 30),
			("bob", Role::Aggregator, 30),
			("ann", Role::Dso, 25),
		] {
			assert_ok!(grant_for(name, role, 0, until));
		}
		assert_eq!(Ends::<Test>::iter_keys().count(), 3);
		// Another time instead: the old end is forgotten.
		assert_ok!(grant_for("bob", Role::Aggregator, 0, 40));
		assert_eq!(Ends::<Test>::iter_keys().count(), 3);
		for (now, left) in [(19, 0), (20, 0), (29, 0), (30, 1), (39, 1), (40, 2)] {
			poll(now);
			assert_eq!(LeftOnes::get().len(), left, "{now}");
		}
		assert_eq!(LeftOnes::get(), [(id("ann"), false), (id("bob"), false)]);
		assert_eq!(Ends::<Test>::iter_keys().count(), 0);
	});
}

#[test]
fn a_trading_role_that_is_cut_short_or_put_off_counts_as_lost() {
	run(|| {
		register("ann");
		assert_ok!(grant_for("ann", Role::Prosumer, 0, 100));
		assert_eq!(LeftOnes::get(), []);
		assert_ok!(grant_for("ann", Role::Prosumer, 50, 100));
		assert_eq!(LeftOnes::get(), [(id("ann"), false)]);
	});
}
