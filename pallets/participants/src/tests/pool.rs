//! What waits in a pool, and in which order it is taken.

use crate::{mock::*, *};
use busbar_primitives::{
	refusals::Refusal,
	waiting::{Room, Sender},
};
use codec::{Decode, Encode};
use frame_support::{
	assert_ok,
	pallet_prelude::TransactionSource::{External, InBlock},
};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
};

/// The priority of the named account's `ahead`th transaction of so many units that waits.
fn wait_from(
	source: TransactionSource,
	name: &str,
	kind: u8,
	number: u64,
	ahead: u64,
) -> Result<u64, TransactionValidityError> {
	let nonce = u64::from(System::account_nonce(account(name))) + ahead;
	let bytes = BYTES * usize::try_from(number).expect("a few");
	FewAhead::<Test>::from(u32::try_from(nonce).expect("a few"))
		.validate_only(signed(name), &remark(kind), &units(number), bytes, source, 0)
		.map(|(validity, ..)| validity.priority)
}

fn wait(name: &str, kind: u8, number: u64, ahead: u64) -> Result<u64, TransactionValidityError> {
	wait_from(External, name, kind, number, ahead)
}

fn spend(name: &str, number: u64) {
	assert!(mock::Participants::charge(id(name), &Terms::default(), &UNIT.times(number)));
}

#[test]
fn only_a_few_transactions_of_an_account_wait() {
	run(|| {
		let tiny = |ahead: u32| {
			FewAhead::<Test>::from(ahead)
				.validate_only(signed("dso"), &remark(0), &units(0), 1, External, 0)
				.map(|_| ())
		};
		for ahead in 0..4 {
			assert_ok!(tiny(ahead));
		}
		assert_eq!(tiny(4), Err(Refusal::TooFarAhead.into()));
		System::inc_account_nonce(account("dso"));
		assert_ok!(tiny(4));
		assert_eq!(tiny(0), Err(InvalidTransaction::Stale.into()));
	});
}

#[test]
fn what_waits_of_an_account_is_bounded_by_its_budget() {
	run(|| {
		// Of eight units, four twos; a fifth would be more, and so would be a three in the third place.
		for ahead in 0..4 {
			assert_ok!(wait("dso", 0, 2, ahead));
		}
		assert_ok!(wait("dso", 0, 4, 1));
		assert_eq!(wait("dso", 0, 3, 2), Err(Refusal::TooMuchWaits.into()));
		spend("dso", 1);
		assert_eq!(wait("dso", 0, 2, 3), Err(Refusal::TooMuchWaits.into()));
		assert_ok!(wait("dso", 0, 2, 2));
	});
}

#[test]
fn what_fits_still_fits_when_those_before_it_are_in_a_block() {
	run(|| {
		for included in 0..4 {
			for ahead in included..4 {
				assert_ok!(wait("dso", 0, 2, ahead - included));
			}
			spend("dso", 2);
			System::inc_account_nonce(account("dso"));
		}
	});
}

#[test]
fn many_pieces_of_due_work_wait_and_only_their_bytes_add_up() {
	run(|| {
		assert_ok!(wait("dso", b'd', 2, 3));
		let long = |ahead: u32| {
			FewAhead::<Test>::from(ahead)
				.validate_only(signed("dso"), &remark(b'd'), &units(8), 3 * BYTES, External, 0)
				.map(|_| ())
		};
		assert_ok!(long(1));
		assert_eq!(long(2), Err(Refusal::TooMuchWaits.into()));
	});
}

#[test]
fn those_with_more_of_their_budget_left_go_first() {
	run(|| {
		assert_eq!(wait("dso", 0, 1, 0), Ok(7));
		// The next ones of the same account come after the first ones of others.
		assert_eq!(wait("dso", 0, 1, 1), Ok(6));
		spend("dso", 4);
		assert_eq!(wait("dso", 0, 1, 0), Ok(3));
		assert_eq!(wait("feeder", 0, 1, 0), Ok(7));
		assert_eq!(wait("dso", 0, 4, 0), Ok(0));
	});
}

#[test]
fn a_provider_whose_members_flood_lets_the_members_of_others_go_first() {
	run(|| {
		for name in ["a", "b"] {
			register(name);
		}
		System::set_block_number(System::block_number() + 4);
		spend("a", 4);
		// Its own budget is full, but not what it shares.
		assert_eq!(wait("b", 0, 1, 0), Ok(1));
		assert_eq!(wait("councillor", 0, 1, 0), Ok(6));
	});
}

#[test]
fn a_pool_refuses_what_others_of_the_same_provider_left_nothing_for() {
	run(|| {
		for name in ["a", "b", "c"] {
			register(name);
		}
		System::set_block_number(System::block_number() + 4);
		spend("a", 4);
		assert_ok!(wait("c", 0, 2, 0));
		assert_eq!(wait("c", 0, 3, 0), Err(Refusal::ProviderSpent.into()));
		spend("b", 2);
		assert_eq!(wait("c", 0, 1, 0), Err(Refusal::ProviderSpent.into()));
	});
}

#[test]
fn nothing_overtakes_a_remedy() {
	run(|| {
		spend("provider", 15);
		let remedy = wait("provider", b'r', 1, 0).expect("one unit is left");
		for name in ["dso", "feeder", "councillor"] {
			assert!(remedy > wait(name, 0, 1, 0).expect("a full budget"));
		}
	});
}

#[test]
fn a_block_does_not_ask_for_places() {
	run(|| {
		assert_eq!(wait_from(InBlock, "dso", 0, 8, 3), Ok(0));
		assert_eq!(wait_from(InBlock, "dso", 0, 1, 0), Ok(0));
	});
}

/// Whose the named account's transaction of one unit is.
fn sender(name: &str, kind: u8, nonce: u32) -> Option<Sender<AccountId>> {
	mock::Participants::sender(account(name), &remark(kind), &units(1), BYTES, nonce)
}

#[test]
fn a_node_is_told_whose_a_transaction_is_and_how_much_of_each_may_wait() {
	run(|| {
		register("a");
		System::set_block_number(System::block_number() + 4);
		let told = sender("a", 0, 3).expect("it can pay");
		assert_eq!((told.account.clone(), told.participant), (account("a"), id("a")));
		assert_eq!((told.nonce, told.next, told.remedy), (3, 0, false));
		assert_eq!(told.provider, Some(id("provider")));
		assert_eq!((told.rooms.account, told.rooms.participant), (4, Room::new(16, 400)));
		assert_eq!((told.rooms.provider, told.rooms.remedies), (Room::new(256, 600), Room::new(4, 1_200)));
		assert_eq!((told.rooms.participant_gap, told.rooms.provider_gap), (Room::new(4, 100), Room::new(64, 150)));
		// Whom the council trusts shares with nobody, and a participant's room is its class's.
		let told = sender("dso", b'r', 0).expect("it can pay");
		assert_eq!((told.provider, told.remedy, told.rooms.participant), (None, true, Room::new(16, 800)));
		// What is refused anyway is not looked at further: a stranger's, a spent budget's, a call that is not listed.
		spend("a", 4);
		for refused in [sender("stranger", 0, 0), sender("a", 0, 0), sender("dso", b'n', 0)] {
			assert_eq!(refused, None);
		}
	});
}

#[test]
fn what_waits_of_a_delegate_is_its_participants() {
	run(|| {
		assert_ok!(mock::Participants::add_delegate(signed("dso"), account("robot"), busbar_primitives::Right::Trade));
		let told = sender("robot", 0, 0).expect("the participant pays");
		assert_eq!((told.account, told.participant), (account("robot"), id("dso")));
	});
}

#[test]
fn the_nonce_goes_by_the_standard_name_type_and_encoding() {
	run(|| {
		use frame_system::CheckNonce;
		let ours = FewAhead::<Test>::from(1_000);
		assert_eq!(ours.encode(), CheckNonce::<Test>::from(1_000).encode());
		assert_eq!(FewAhead::<Test>::decode(&mut &ours.encode()[..]), Ok(ours.clone()));
		assert_eq!(FewAhead::<Test>::type_info(), CheckNonce::<Test>::type_info());
		let of = |metadata: Vec<sp_runtime::traits::TransactionExtensionMetadata>| {
			metadata.into_iter().map(|m| (m.identifier, m.ty.type_info(), m.implicit)).collect::<Vec<_>>()
		};
		assert_eq!(
			of(<FewAhead<Test> as TransactionExtension<RuntimeCall>>::metadata()),
			of(<CheckNonce<Test> as TransactionExtension<RuntimeCall>>::metadata())
		);
		assert_eq!(ours.weight(&remark(0)), CheckNonce::<Test>::from(1_000).weight(&remark(0)));
	});
}

#[test]
fn a_transaction_in_a_block_uses_its_nonce_once() {
	run(|| {
		let run = |nonce: u32| {
			FewAhead::<Test>::from(nonce)
				.test_run(signed("dso"), &remark(0), &units(1), BYTES, 0, |_| Ok(Default::default()))
				.map(|_| ())
		};
		assert_eq!(run(1), Err(InvalidTransaction::Future.into()));
		assert_ok!(run(0));
		assert_eq!(System::account_nonce(account("dso")), 1);
		assert_eq!(run(0), Err(InvalidTransaction::Stale.into()));
	});
}
