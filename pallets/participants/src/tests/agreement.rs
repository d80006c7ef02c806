//! The registry that the tests of all other pallets take for this pallet means by roles, scopes, suspensions and delegates
//! what this pallet means.

use crate::{mock::*, *};
use busbar_mocks::MockParticipants;
use busbar_primitives::{traits::Participants as _, ZoneId};
use frame_support::{assert_ok, storage::with_storage_layer};
use proptest::prelude::*;
use sp_runtime::{DispatchError, DispatchResult};

type Pallet = mock::Participants;

/// Accounts 0 to 4; the last one never becomes a participant.
const ACCOUNTS: u64 = 5;
const ROLES: [Role; 2] = [Role::Dso, Role::MeterOperator];
const RIGHTS: [Right; 3] = [Right::Trade, Right::Funds, Right::Operate];
const ZONES: [Option<ZoneId>; 6] = [None, Some(0), Some(1), Some(2), Some(3), Some(4)];

fn id(number: u64) -> ParticipantId {
	busbar_mocks::id(number)
}

fn account(number: u64) -> AccountId {
	AccountId::new([number as u8; 32])
}

/// What tests do to both, the frequent things more often.
const ACTS: [Act; 12] = [
	Act::Grant,
	Act::Grant,
	Act::Grant,
	Act::Revoke,
	Act::Suspend,
	Act::Resume,
	Act::Resume,
	Act::Remove,
	Act::Delegate,
	Act::Delegate,
	Act::Delegate,
	Act::Undelegate,
];

#[derive(Clone, Copy, Debug)]
enum Act {
	Grant,
	Revoke,
	Suspend,
	Resume,
	Remove,
	Delegate,
	Undelegate,
}

/// Does one thing to the pallet and, if the pallet takes it, to the mock.
fn act(what: Act, who: u64, other: u64, choice: usize, zone: ZoneId) {
	let (role, right) = (ROLES[choice % ROLES.len()], RIGHTS[choice % RIGHTS.len()]);
	let scope = if zone == 0 { Scope::Grid } else { Scope::Zone(zone - 1) };
	let (root, signed) = (RuntimeOrigin::root(), RuntimeOrigin::signed(account(who)));
	let done: DispatchResult = with_storage_layer(|| match what {
		Act::Grant => Pallet::grant_role(root, id(who), role, scope),
		Act::Revoke => Pallet::revoke_role(root, id(who), role, scope),
		Act::Suspend => Pallet::suspend(root, id(who)),
		Act::Resume => Pallet::resume(root, id(who)),
		Act::Remove => Pallet::remove(root, id(who)),
		Act::Delegate => Pallet::add_delegate(signed, account(other), right),
		Act::Undelegate => Pallet::remove_delegate(signed, account(other), right),
	});
	if done.is_err() {
		return;
	}
	match what {
		Act::Grant => MockParticipants::grant(who, role, scope),
		Act::Revoke => MockParticipants::revoke(who, role, scope),
		Act::Suspend => MockParticipants::suspend(who),
		Act::Resume => MockParticipants::resume(who),
		Act::Remove => MockParticipants::remove(who),
		Act::Delegate => MockParticipants::delegate(who, other, right),
		Act::Undelegate => MockParticipants::undelegate(who, other, right),
	}
}

/// An answer, and of a refusal its name.
fn name<T>(answer: Result<T, DispatchError>) -> Result<T, &'static str> {
	answer.map_err(Into::into)
}

/// Asks both everything. Answers how often both agreed and how often both refused.
fn compare() -> (u32, u32) {
	let (mut agreed, mut refused) = (0, 0);
	let mut count = |is_ok: bool| if is_ok { agreed += 1 } else { refused += 1 };
	for n in 0..ACCOUNTS {
		assert_eq!(Pallet::participant(&account(n)), MockParticipants::participant(&n));
		assert_eq!(
			<Pallet as busbar_primitives::traits::Participants<_>>::account(id(n)),
			MockParticipants::account(id(n)).map(account)
		);
		let active = name(MockParticipants::ensure_active(id(n)));
		assert_eq!(
			name(<Pallet as busbar_primitives::traits::Participants<_>>::ensure_active(id(n))),
			active,
			"{n} active"
		);
		count(active.is_ok());
		for role in ROLES {
			let anywhere = name(MockParticipants::ensure_anywhere(&n, role));
			assert_eq!(name(Pallet::ensure_anywhere(&account(n), role)), anywhere, "{n} as {role:?} anywhere");
			count(anywhere.is_ok());
			for zone in ZONES {
				let there = name(MockParticipants::ensure(&n, role, zone));
				assert_eq!(name(Pallet::ensure(&account(n), role, zone)), there, "{n} as {role:?} at {zone:?}");
				count(there.is_ok());
			}
		}
		for principal in 0..ACCOUNTS {
			for right in RIGHTS {
				let acts = name(MockParticipants::ensure_acts_for(&n, id(principal), right));
				let pallet = name(Pallet::ensure_acts_for(&account(n), id(principal), right));
				assert_eq!(pallet, acts, "{n} for {principal} with {right:?}");
				count(acts.is_ok());
			}
		}
	}
	(agreed, refused)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn the_mock_answers_as_the_pallet_does_whatever_was_done_before(
		acts in prop::collection::vec((prop::sample::select(&ACTS[..]), 0..ACCOUNTS, 0..ACCOUNTS, 0..6usize, 0..5u32), 1..60),
	) {
		run(|| {
			for number in 0..ACCOUNTS - 1 {
				Pallet::admit(id(number), &account(number), COMMITMENT, Default::default());
			}
			MockParticipants::register(0..ACCOUNTS - 1);
			for (what, who, other, choice, zone) in acts {
				act(what, who, other, choice, zone);
				compare();
			}
		});
	}
}

#[test]
fn a_scope_a_suspension_and_a_delegate_mean_the_same_in_both() {
	run(|| {
		Pallet::admit(id(0), &account(0), COMMITMENT, Default::default());
		Pallet::admit(id(1), &account(1), COMMITMENT, Default::default());
		MockParticipants::register([0, 1]);
		let refusals = |zone| {
			(name(MockParticipants::ensure(&1, Role::Dso, zone)), name(MockParticipants::ensure(&4, Role::Dso, zone)))
		};
		assert_ok!(Pallet::grant_role(RuntimeOrigin::root(), id(1), Role::Dso, Scope::Zone(1)));
		MockParticipants::grant(1, Role::Dso, Scope::Zone(1));
		assert_eq!(refusals(Some(3)), (Ok(id(1)), Err("NotMember")));
		assert_ok!(Pallet::add_delegate(RuntimeOrigin::signed(account(1)), account(4), Right::Operate));
		MockParticipants::delegate(1, 4, Right::Operate);
		assert_eq!(refusals(Some(3)), (Ok(id(1)), Ok(id(1))));
		assert_eq!(refusals(Some(2)), (Err("RoleOutOfScope"), Err("RoleOutOfScope")));
		let (agreed, refused) = compare();
		assert!(agreed > 0 && refused > 0);
		assert_ok!(Pallet::suspend(RuntimeOrigin::root(), id(1)));
		MockParticipants::suspend(1);
		assert_eq!(refusals(Some(3)), (Err("Suspended"), Err("Suspended")));
		compare();
	});
}
