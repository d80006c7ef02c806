//! Who says that it holds a dataset, and where.

use crate::{mock::*, Event, Holders, StoreUrl, Stores};
use busbar_primitives::traits::Prune;
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// What the mock attests.
const CONTENT: H256 = H256::repeat_byte(9);

fn announce(account: AccountId, content: H256) -> DispatchResult {
	Metering::announce_holding(RuntimeOrigin::signed(account), INTERVAL, id(OPERATOR), content)
}

fn withdraw(account: AccountId) -> DispatchResult {
	Metering::withdraw_holding(RuntimeOrigin::signed(account), INTERVAL, CONTENT)
}

fn url(text: &str) -> Option<StoreUrl> {
	Some(text.as_bytes().to_vec().try_into().unwrap())
}

#[test]
fn holders_of_a_dataset_are_found_by_its_hash_until_they_withdraw() {
	run(|| {
		attest(OPERATOR, &[reading(0)]);
		assert_ok!(announce(OPERATOR, CONTENT));
		System::assert_last_event(
			Event::HoldingAnnounced { interval: INTERVAL, content: CONTENT, holder: id(OPERATOR) }.into(),
		);
		assert_ok!(announce(LOCAL_OPERATOR, CONTENT));
		assert_eq!(Holders::<Test>::get(INTERVAL, CONTENT).into_inner(), [id(OPERATOR), id(LOCAL_OPERATOR)]);
		assert_noop!(announce(OPERATOR, CONTENT), MeteringError::AlreadyHolder);

		assert_ok!(withdraw(OPERATOR));
		System::assert_last_event(
			Event::HoldingWithdrawn { interval: INTERVAL, content: CONTENT, holder: id(OPERATOR) }.into(),
		);
		assert_eq!(Holders::<Test>::get(INTERVAL, CONTENT).into_inner(), [id(LOCAL_OPERATOR)]);
		assert_noop!(withdraw(OPERATOR), MeteringError::NotHolder);
		assert_ok!(withdraw(LOCAL_OPERATOR));
		assert!(!Holders::<Test>::contains_key(INTERVAL, CONTENT));
	});
}

#[test]
fn only_what_is_attested_is_announced_and_only_by_who_keeps_data() {
	run(|| {
		assert_noop!(announce(OPERATOR, CONTENT), MeteringError::NoDataset);
		attest(OPERATOR, &[reading(0)]);
		assert_noop!(announce(OPERATOR, H256::zero()), MeteringError::OtherContent);
		assert_noop!(announce(MEMBER, CONTENT), refused::ROLE_MISSING);
		assert_noop!(withdraw(MEMBER), refused::ROLE_MISSING);
	});
}

#[test]
fn a_dataset_has_a_bounded_number_of_holders() {
	run(|| {
		attest(OPERATOR, &[reading(0)]);
		let strangers: Vec<_> = (0..MaxHolders::get()).map(|n| id(100 + u64::from(n))).collect();
		Holders::<Test>::insert(INTERVAL, CONTENT, frame_support::BoundedVec::try_from(strangers).unwrap());
		assert_noop!(announce(OPERATOR, CONTENT), MeteringError::TooManyHolders);
	});
}

#[test]
fn announcements_go_with_their_interval_within_the_pruning_limit() {
	run(|| {
		attest(OPERATOR, &[reading(0)]);
		assert_ok!(announce(OPERATOR, CONTENT));
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 1), 1);
		assert!(!Holders::<Test>::contains_key(INTERVAL, CONTENT));
		assert_eq!(<Metering as Prune>::prune(INTERVAL, 9), 1);
	});
}

#[test]
fn a_stores_address_is_set_replaced_and_removed() {
	run(|| {
		let set = |account, url| Metering::set_store(RuntimeOrigin::signed(account), url);
		assert_ok!(set(OPERATOR, url("http://one.example:9955")));
		assert_ok!(set(OPERATOR, url("https://two.example")));
		assert_eq!(Stores::<Test>::get(id(OPERATOR)), url("https://two.example"));
		System::assert_last_event(Event::StoreSet { holder: id(OPERATOR), url: url("https://two.example") }.into());
		for bad in ["", "ftp://one.example", "https://one example", "two.example"] {
			assert_noop!(set(OPERATOR, url(bad)), MeteringError::BadUrl);
		}
		assert_noop!(set(MEMBER, url("https://two.example")), refused::ROLE_MISSING);
		assert_ok!(set(OPERATOR, None));
		assert!(!Stores::<Test>::contains_key(id(OPERATOR)));
	});
}
