//! Who is in the set, and when sessions take notice.

use crate::{mock::*, Error, Event, GenesisConfig};
use frame_support::{
	assert_noop, assert_ok,
	traits::{Contains, KeyOwnerProofSystem},
};
use sp_runtime::{testing::UintAuthorityId, BuildStorage, DispatchError::BadOrigin, RuntimeAppPublic};

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

fn proof(key: u64) -> sp_session::MembershipProof {
	Historical::prove((UintAuthorityId::ID, UintAuthorityId(key).to_raw_vec())).expect("a key of this session")
}

fn owner(key: u64, proof: sp_session::MembershipProof) -> Option<(u64, ())> {
	Historical::check_proof((UintAuthorityId::ID, UintAuthorityId(key).to_raw_vec()), proof)
}

#[test]
fn the_genesis_set_validates_from_the_start() {
	run(|| {
		assert_eq!(Session::validators(), vec![1, 2, 3, 4]);
		assert_eq!(Authorities::get(), vec![10, 20, 30, 40]);
		assert!(Validators::contains(&4));
		assert!(!Validators::contains(&5));
	});
}

#[test]
fn an_added_validator_with_keys_joins_with_the_session_after_the_next() {
	run(|| {
		set_keys(5, 50);
		assert_ok!(Validators::add(root(), 5));
		System::assert_last_event(Event::Added { validator: 5 }.into());
		next_session();
		System::assert_has_event(Event::SetAnnounced { session: 2, validators: 5 }.into());
		assert_eq!(Authorities::get(), vec![10, 20, 30, 40]);
		next_session();
		assert_eq!(Authorities::get(), vec![10, 20, 30, 40, 50]);
		assert_eq!(Session::validators(), vec![1, 2, 3, 4, 5]);
	});
}

#[test]
fn a_removed_validator_leaves_with_the_session_after_the_next() {
	run(|| {
		assert_ok!(Validators::remove(root(), 2));
		System::assert_last_event(Event::Removed { validator: 2 }.into());
		next_session();
		assert_eq!(Authorities::get(), vec![10, 20, 30, 40]);
		next_session();
		assert_eq!(Authorities::get(), vec![10, 30, 40]);
	});
}

#[test]
fn an_unchanged_set_is_not_announced_again() {
	run(|| {
		for _ in 0..5 {
			next_session();
		}
		assert_eq!(Changes::get(), 0);
		assert_eq!(Authorities::get(), vec![10, 20, 30, 40]);
	});
}

#[test]
fn changed_keys_are_announced_and_provable_afterwards() {
	run(|| {
		set_keys(2, 21);
		next_session();
		next_session();
		assert_eq!(Authorities::get(), vec![10, 21, 30, 40]);
		assert_eq!(Changes::get(), 1);
		let proof = proof(21);
		next_session();
		assert_eq!(Changes::get(), 1);
		assert_eq!(owner(21, proof.clone()), Some((2, ())));
		assert_eq!(owner(20, proof), None);
	});
}

#[test]
fn old_sessions_are_forgotten() {
	run(|| {
		let proof = proof(10);
		for _ in 0..4 {
			next_session();
		}
		assert_eq!(owner(10, proof.clone()), Some((1, ())));
		for _ in 0..6 {
			next_session();
		}
		assert_eq!(owner(10, proof), None);
		assert!(pallet_session::historical::HistoricalSessions::<Test>::iter().count() <= 6);
	});
}

#[test]
fn an_account_without_session_keys_is_not_added() {
	run(|| {
		assert_noop!(Validators::add(root(), 5), Error::<Test>::NoSessionKeys);
	});
}

#[test]
fn a_validator_whose_keys_are_gone_is_left_out() {
	run(|| {
		assert_ok!(<Session as pallet_session::SessionInterface>::purge_keys(&3));
		next_session();
		next_session();
		assert_eq!(Authorities::get(), vec![10, 20, 40]);
	});
}

#[test]
fn if_all_keys_are_gone_no_set_is_announced() {
	run(|| {
		for validator in 1..=4 {
			assert_ok!(<Session as pallet_session::SessionInterface>::purge_keys(&validator));
		}
		assert_eq!(<Validators as pallet_session::SessionManager<u64>>::new_session(2), None);
	});
}

#[test]
fn the_set_is_bounded_on_both_sides() {
	run(|| {
		assert_noop!(Validators::add(root(), 4), Error::<Test>::AlreadyValidator);
		assert_noop!(Validators::remove(root(), 5), Error::<Test>::NotValidator);
		assert_ok!(Validators::remove(root(), 4));
		assert_noop!(Validators::remove(root(), 3), Error::<Test>::TooFewValidators);
		for validator in [4, 5] {
			set_keys(validator, 100 + validator);
			assert_ok!(Validators::add(root(), validator));
		}
		set_keys(6, 106);
		assert_noop!(Validators::add(root(), 6), Error::<Test>::TooManyValidators);
	});
}

#[test]
fn only_the_council_decides() {
	run(|| {
		set_keys(5, 50);
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(Validators::add(origin.clone(), 5), BadOrigin);
			assert_noop!(Validators::remove(origin, 1), BadOrigin);
		}
	});
}

#[test]
#[should_panic(expected = "a validator is named twice")]
fn a_genesis_that_names_a_validator_twice_does_not_start() {
	let _ = GenesisConfig::<Test> { validators: vec![1, 1], peers: vec![] }.build_storage();
}

#[test]
fn no_participant_gets_more_than_half_of_the_validators_by_what_is_added_or_removed() {
	run(|| {
		assert_ok!(Validators::remove(root(), 4));
		for validator in [1_000, 1_001, 1_002] {
			set_keys(validator, validator);
		}
		assert_ok!(Validators::add(root(), 1_000));
		assert_ok!(Validators::add(root(), 1_001));
		// Of 1, 2, 3 and two of one participant.
		assert_ok!(Validators::remove(root(), 3));
		assert_noop!(Validators::add(root(), 1_002), Error::<Test>::MajorityOfOne);
		assert_noop!(Validators::remove(root(), 2), Error::<Test>::MajorityOfOne);
		assert_ok!(Validators::remove(root(), 1_001));
	});
}
