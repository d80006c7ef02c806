//! Points that an operator of a part of the grid proposes, and their owners' consent; the bound of ratings.

use crate::{mock::*, Added, Event, NewPoint, NextPoint, Points, Proposal, Proposals, Zones};
use busbar_mocks::MockParticipants;
use busbar_primitives::{traits::Grid as _, Link, PointKind, Right, Role, Scope};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

fn add(account: AccountId, owner: AccountId, import_w: u64, export_w: u64) -> DispatchResult {
	Grid::add_point(RuntimeOrigin::signed(account), 2, id(owner), PointKind::Metered, import_w, export_w)
}

fn propose() {
	assert_ok!(add(FEEDER_DSO, MEMBER, 5, 6));
}

fn accept(account: AccountId, proposal: u32) -> DispatchResult {
	Grid::accept_point(RuntimeOrigin::signed(account), proposal)
}

fn withdraw(account: AccountId, proposal: u32) -> DispatchResult {
	Grid::withdraw_point(RuntimeOrigin::signed(account), proposal)
}

fn numbers() -> u32 {
	Zones::<Test>::get(2).unwrap().numbers
}

/// Whose point is silent owes what it may draw: an operator of a part of the grid who adds one gives nobody a debt.
#[test]
fn an_operator_of_a_part_gives_nobody_a_point_unasked() {
	run(|| {
		small_grid();
		at_interval(20);
		propose();
		let until = 20 + HORIZON + 1 + PROPOSAL_LIFE;
		let point = NewPoint { zone: 2, owner: id(MEMBER), kind: PointKind::Metered, import_w: 5, export_w: 6 };
		let operator = id(FEEDER_DSO);
		System::assert_last_event(Event::PointProposed { proposal: 0, operator, point, until }.into());
		assert_eq!(Proposals::<Test>::get(0), Some(Proposal { by: FEEDER_DSO, operator, point, until }));
		assert_eq!((Grid::point_count(), Grid::point(0)), (0, None));
		assert!(Grid::points_of(id(MEMBER), 9).is_empty());
		for stranger in [FEEDER_DSO, DSO] {
			assert_noop!(accept(stranger, 0), refused::NOT_DELEGATE);
		}
		at_interval(22);
		assert_ok!(accept(MEMBER, 0));
		System::assert_last_event(Event::ProposalEnded { proposal: 0, point: Some(0) }.into());
		assert_eq!(Grid::point(0).unwrap().from, 22 + HORIZON + 1);
		assert_eq!((Added::<Test>::get(operator).points, numbers(), Zones::<Test>::get(2).unwrap().points), (1, 1, 1));
		assert_noop!(accept(MEMBER, 0), GridError::UnknownProposal);
		assert_noop!(withdraw(MEMBER, 0), GridError::UnknownProposal);
	});
}

#[test]
fn who_operates_the_root_or_acts_for_the_owner_needs_no_acceptance() {
	run(|| {
		small_grid();
		assert_ok!(add(DSO, MEMBER, 5, 6));
		assert_ok!(add(FEEDER_DSO, FEEDER_DSO, 5, 6));
		MockParticipants::delegate(MEMBER, FEEDER_DSO, Right::Trade);
		propose();
		assert_eq!((NextPoint::<Test>::get(), Proposals::<Test>::iter().count()), (2, 1));
		MockParticipants::delegate(MEMBER, FEEDER_DSO, Right::Operate);
		propose();
		assert_eq!((NextPoint::<Test>::get(), Proposals::<Test>::iter().count()), (3, 1));
	});
}

#[test]
fn an_owners_delegate_for_operation_accepts_and_a_membership_provider_does_not() {
	run(|| {
		small_grid();
		propose();
		MockParticipants::register([7, 8]);
		MockParticipants::grant(8, Role::MembershipProvider, Scope::Grid);
		MockParticipants::delegate(MEMBER, 7, Right::Trade);
		assert_noop!(accept(7, 0), refused::NOT_DELEGATE);
		assert_noop!(accept(8, 0), refused::NOT_DELEGATE);
		MockParticipants::delegate(MEMBER, 7, Right::Operate);
		assert_ok!(accept(7, 0));
	});
}

#[test]
fn proposals_count_in_the_quotas_of_their_operator_and_their_zone_until_they_end() {
	run(|| {
		small_grid();
		MaxPoints::set(12);
		MaxZonePoints::set(2);
		propose();
		propose();
		assert_noop!(add(FEEDER_DSO, MEMBER, 5, 6), GridError::TooManyPointsInZone);
		MaxZonePoints::set(1_000);
		propose();
		assert_noop!(add(FEEDER_DSO, MEMBER, 5, 6), GridError::QuotaReached);
		assert_eq!((Added::<Test>::get(id(FEEDER_DSO)).points, numbers()), (3, 3));
		// Declined by the owner, withdrawn by who made it, or by an operator of the zone.
		for (number, account) in [(0, MEMBER), (1, FEEDER_DSO), (2, DSO)] {
			assert_ok!(withdraw(account, number));
			System::assert_last_event(Event::ProposalEnded { proposal: number, point: None }.into());
		}
		assert_eq!(
			(Added::<Test>::get(id(FEEDER_DSO)).points, numbers(), Proposals::<Test>::iter().count()),
			(0, 0, 0)
		);
		propose();
		assert_eq!(Proposals::<Test>::iter_keys().collect::<Vec<_>>(), [3]);
		assert_eq!(Points::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_proposal_is_withdrawn_by_whom_it_concerns_and_when_its_time_is_over_by_anybody() {
	run(|| {
		small_grid();
		MockParticipants::register([7]);
		propose();
		let last = PROPOSAL_LIFE - 1;
		at_interval(last);
		assert_noop!(withdraw(7, 0), GridError::NotYourProposal);
		assert_noop!(withdraw(7, 1), GridError::UnknownProposal);
		at_interval(last + 1);
		assert_noop!(accept(MEMBER, 0), GridError::ProposalExpired);
		assert_ok!(withdraw(7, 0));
		propose();
		at_interval(2 * PROPOSAL_LIFE - 1);
		assert_ok!(accept(MEMBER, 1));
	});
}

#[test]
fn what_has_become_wrong_since_it_was_proposed_is_not_accepted() {
	run(|| {
		small_grid();
		propose();
		MockParticipants::revoke(FEEDER_DSO, Role::Dso, Scope::Zone(1));
		assert_noop!(accept(MEMBER, 0), refused::ROLE_MISSING);
		// The account operates the zone again, but for another participant.
		MockParticipants::grant(DSO, Role::Dso, Scope::Zone(1));
		MockParticipants::delegate(DSO, FEEDER_DSO, Right::Operate);
		assert_noop!(accept(MEMBER, 0), GridError::UnknownProposal);
		MockParticipants::grant(FEEDER_DSO, Role::Dso, Scope::Zone(1));
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 2, link(4, 10)));
		assert_noop!(accept(MEMBER, 0), GridError::RatingBeyondLink);
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(DSO), 2, link(500, 10)));
		MockParticipants::suspend(MEMBER);
		assert_noop!(accept(MEMBER, 0), refused::SUSPENDED);
		MockParticipants::resume(MEMBER);
		// A proposal keeps no zone from being retired.
		assert_ok!(Grid::retire_zone(RuntimeOrigin::signed(DSO), 2));
		assert_noop!(accept(MEMBER, 0), GridError::ZoneRetired);
		assert_ok!(withdraw(MEMBER, 0));
	});
}

#[test]
fn no_point_is_rated_above_the_bound_whoever_adds_it() {
	run(|| {
		small_grid();
		let most = MaxRating::get();
		for (import_w, export_w) in [(most + 1, 0), (0, most + 1), (u64::MAX, u64::MAX)] {
			assert_noop!(add(DSO, MEMBER, import_w, export_w), GridError::RatingTooHigh);
		}
		assert_ok!(add(DSO, MEMBER, most, most));
	});
}

/// Zone 2 hangs below zone 1: 500 W in and 250 W out there, 1,000 W and 500 W above.
#[test]
fn an_operator_of_a_part_rates_a_point_at_most_at_what_every_link_up_to_the_root_carries() {
	run(|| {
		small_grid();
		assert_noop!(add(FEEDER_DSO, MEMBER, 501, 0), GridError::RatingBeyondLink);
		assert_noop!(add(FEEDER_DSO, MEMBER, 0, 251), GridError::RatingBeyondLink);
		assert_ok!(add(FEEDER_DSO, MEMBER, 500, 250));
		// Its own points too: what they owe, others lend.
		assert_noop!(add(FEEDER_DSO, FEEDER_DSO, 501, 0), GridError::RatingBeyondLink);
		// It lifts the limit of its own link, and not of the one above.
		assert_ok!(Grid::set_link(RuntimeOrigin::signed(FEEDER_DSO), 2, Link { fee: 10, ..Link::default() }));
		assert_noop!(add(FEEDER_DSO, MEMBER, 1_001, 0), GridError::RatingBeyondLink);
		assert_noop!(add(FEEDER_DSO, MEMBER, 0, 501), GridError::RatingBeyondLink);
		assert_ok!(add(FEEDER_DSO, MEMBER, 1_000, 500));
		// Who operates the whole grid knows what it builds.
		assert_ok!(add(DSO, MEMBER, 1_001, 501));
	});
}
