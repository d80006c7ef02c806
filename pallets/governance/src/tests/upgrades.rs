//! New code: announced, vetoed, enacted; and at once.

use crate::{mock::*, Action, Announced, Error, Event, Upgrade};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchError::BadOrigin;

const CODE: H256 = H256::repeat_byte(7);

/// The code that may be handed in; its version is checked then.
fn authorized() -> Option<H256> {
	let checked = |hash: H256| {
		let event = frame_system::Event::<Test>::UpgradeAuthorized { code_hash: hash, check_version: true };
		System::assert_has_event(event.into());
		hash
	};
	System::authorized_upgrade().map(|upgrade| checked(*upgrade.code_hash()))
}

fn by(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

#[test]
fn an_announced_upgrade_is_enacted_by_anybody_when_its_time_has_come_and_not_before() {
	run(|| {
		assert_ok!(Governance::announce_upgrade(by(100), CODE));
		assert_eq!(Announced::<Test>::get(), Some(Upgrade { code_hash: CODE, from: 51 }));
		System::assert_last_event(Event::UpgradeAnnounced { code_hash: CODE, from: 51 }.into());
		at(50);
		assert_noop!(Governance::enact_upgrade(by(9)), Error::<Test>::TooEarly);
		at(51);
		assert_ok!(Governance::enact_upgrade(by(9)));
		assert_eq!(authorized(), Some(CODE));
		assert_noop!(Governance::enact_upgrade(by(9)), Error::<Test>::NotAnnounced);
	});
}

#[test]
fn a_veto_takes_an_announced_upgrade_away_and_no_other() {
	run(|| {
		assert_noop!(Governance::veto_upgrade(by(102), CODE), Error::<Test>::NotAnnounced);
		assert_ok!(Governance::announce_upgrade(by(100), CODE));
		assert_noop!(Governance::veto_upgrade(by(102), H256::repeat_byte(8)), Error::<Test>::NotAnnounced);
		assert_ok!(Governance::veto_upgrade(by(102), CODE));
		System::assert_last_event(Event::UpgradeVetoed { code_hash: CODE }.into());
		at(1_000);
		assert_noop!(Governance::enact_upgrade(by(9)), Error::<Test>::NotAnnounced);
		assert_eq!(authorized(), None);
	});
}

#[test]
fn the_committee_vetoes_by_more_than_half_of_its_seats() {
	run(|| {
		assert_ok!(Governance::announce_upgrade(by(100), CODE));
		let veto = Action::Veto { code_hash: CODE };
		assert_noop!(
			Governance::act(by(1), Action::Veto { code_hash: H256::repeat_byte(8) }),
			Error::<Test>::NotAnnounced
		);
		assert_ok!(Governance::act(by(1), veto));
		assert_ok!(Governance::act(by(2), veto));
		assert!(Announced::<Test>::exists());
		assert_ok!(Governance::act(by(3), veto));
		assert!(!Announced::<Test>::exists());
	});
}

#[test]
fn one_upgrade_is_announced_at_a_time() {
	run(|| {
		assert_ok!(Governance::announce_upgrade(by(100), CODE));
		let other = H256::repeat_byte(8);
		assert_noop!(Governance::announce_upgrade(by(100), other), Error::<Test>::AlreadyAnnounced);
	});
}

#[test]
fn only_the_whole_council_upgrades_at_once() {
	run(|| {
		for account in [1, 9, 100, 102, 103] {
			assert_noop!(Governance::authorize_upgrade(by(account), CODE), BadOrigin);
		}
		assert_ok!(Governance::authorize_upgrade(by(101), CODE));
		assert_eq!(authorized(), Some(CODE));
	});
}

#[test]
fn nobody_else_announces_vetoes_names_or_resumes() {
	run(|| {
		let seats = frame_support::BoundedVec::truncate_from(vec![6, 7, 8]);
		let subject = crate::Subject::Product(0);
		for account in [1, 9] {
			assert_noop!(Governance::announce_upgrade(by(account), CODE), BadOrigin);
			assert_noop!(Governance::veto_upgrade(by(account), CODE), BadOrigin);
			assert_noop!(Governance::set_committee(by(account), seats.clone()), BadOrigin);
			assert_noop!(Governance::resume(by(account), subject), BadOrigin);
		}
	});
}
