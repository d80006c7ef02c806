//! What the pool and the block let in.

use crate::{mock::*, *};
use busbar_primitives::refusals::Refusal;
use codec::{Decode, Encode};
use frame_support::{assert_ok, dispatch::DispatchInfo, pallet_prelude::TransactionSource::External};
use sp_core::H256;
use sp_runtime::{
	generic::Era,
	traits::{DispatchTransaction, TransactionExtension},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

fn call() -> RuntimeCall {
	frame_system::Call::remark { remark: vec![] }.into()
}

/// What the pool says to a transaction of the named account that takes a unit.
fn pool(name: &str) -> Result<(), TransactionValidityError> {
	pool_of(name, call())
}

fn pool_of(name: &str, call: RuntimeCall) -> Result<(), TransactionValidityError> {
	CheckMember::<Test>::new().validate_only(signed(name), &call, &units(1), BYTES, External, 0).map(|_| ())
}

/// What becomes of a transaction of the named account that takes a unit, in a block.
fn block(name: &str) -> Result<(), TransactionValidityError> {
	CheckMember::<Test>::new()
		.test_run(signed(name), &call(), &units(1), BYTES, 0, |_| Ok(Default::default()))
		.map(|_| ())
}

fn refuses(refusal: Refusal) -> Result<(), TransactionValidityError> {
	Err(refusal.into())
}

fn refused(error: InvalidTransaction) -> Result<(), TransactionValidityError> {
	Err(error.into())
}

#[test]
fn members_and_delegates_pass_and_strangers_are_bad_signers() {
	run(|| {
		assert_ok!(pool("dso"));
		assert_eq!(pool("bot"), refused(InvalidTransaction::BadSigner));
		assert_ok!(mock::Participants::add_delegate(signed("dso"), account("bot"), Right::Trade));
		assert_ok!(pool("bot"));
		assert_ok!(block("bot"));
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("dso")));
		for name in ["dso", "bot", "stranger"] {
			assert_eq!(pool(name), refused(InvalidTransaction::BadSigner));
			assert_eq!(block(name), refused(InvalidTransaction::BadSigner));
		}
		assert!(!crate::Participants::<Test>::contains_key(id("stranger")));
	});
}

#[test]
fn the_call_of_a_member_is_dispatched() {
	run(|| {
		let call = Call::add_delegate { delegate: account("bot"), right: Right::Trade }.into();
		let result =
			CheckMember::<Test>::new().dispatch_transaction(signed("dso"), call, &DispatchInfo::default(), 0, 0);
		assert_ok!(result.expect("a valid transaction"));
		assert!(mock::Participants::is_admitted(&account("bot")));
	});
}

#[test]
fn no_participant_takes_more_than_its_budget() {
	run(|| {
		settle_in("ann");
		for _ in 0..2 {
			// Full again after this many blocks.
			System::set_block_number(System::block_number() + 4);
			for _ in 0..4 {
				assert_ok!(block("ann"));
			}
			assert_eq!(block("ann"), refuses(Refusal::BudgetSpent));
			assert_eq!(pool("ann"), refuses(Refusal::BudgetSpent));
			// Others are not affected.
			assert_ok!(block("feeder"));
			System::set_block_number(System::block_number() + 1);
			assert_ok!(block("ann"));
			assert_eq!(block("ann"), refuses(Refusal::BudgetSpent));
		}
	});
}

#[test]
fn the_pool_charges_nothing() {
	run(|| {
		settle_in("ann");
		for _ in 0..5 {
			assert_ok!(pool("ann"));
		}
		assert_eq!(left("ann"), UNIT.times(4));
	});
}

#[test]
fn removal_forgets_the_budget() {
	run(|| {
		let budget = || crate::Participants::<Test>::get(id("ann")).map(|record| record.budget);
		settle_in("ann");
		assert_ok!(block("ann"));
		assert_ne!(budget(), Some(Budget::default()));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert_eq!(budget(), Some(Budget::default()));
	});
}

#[test]
fn a_call_that_the_table_does_not_list_or_give_to_the_signer_is_refused() {
	run(|| {
		assert_eq!(pool_of("dso", remark(b'n')), refuses(Refusal::NotListed));
		assert_eq!(pool_of("dso", remark(b'g')), refuses(Refusal::NotYours));
		assert_ok!(pool_of("councillor", remark(b'g')));
		assert_eq!(pool_of("stranger", remark(b'n')), refused(InvalidTransaction::BadSigner));
	});
}

#[test]
fn a_transaction_without_a_signer_is_not_authorised_here() {
	run(|| {
		let result = CheckMember::<Test>::new().validate_only(
			RuntimeOrigin::none(),
			&call(),
			&DispatchInfo::default(),
			0,
			External,
			0,
		);
		assert_eq!(result.map(|_| ()), refused(InvalidTransaction::UnknownOrigin));
	});
}

#[test]
fn membership_costs_no_bytes_and_declares_its_weight() {
	let extension = CheckMember::<Test>::new();
	assert!(extension.encode().is_empty());
	assert_eq!(<() as WeightInfo>::check_member(), TransactionExtension::weight(&extension, &call()));
	assert!(extension.weight(&call()).ref_time() > 0);
	assert!(<() as WeightInfo>::check_own().all_lt(<() as WeightInfo>::check_member().add_proof_size(1)));
	// What the table reads of a call comes on top.
	assert!(extension.weight(&remark(b'g')).ref_time() > extension.weight(&call()).ref_time());
}

fn mortality(era: Era) -> Result<u64, TransactionValidityError> {
	MortalOnly::<Test>::from(era)
		.validate_only(signed("dso"), &call(), &DispatchInfo::default(), 0, External, 0)
		.map(|(validity, ..)| validity.longevity)
}

#[test]
fn an_immortal_transaction_is_refused_and_a_mortal_one_expires_without_precedence() {
	run(|| {
		assert_eq!(mortality(Era::Immortal), Err(InvalidTransaction::Custom(1).into()));
		System::set_block_number(17);
		frame_system::BlockHash::<Test>::insert(16, H256::repeat_byte(1));
		// A pool that is full or orders its transactions sees no difference between a short era and a long one.
		assert_eq!(mortality(Era::mortal(16, 16)), Ok(u64::MAX));
		assert_eq!(mortality(Era::mortal(2048, 16)), Ok(u64::MAX));
		assert_eq!(mortality(Era::mortal(16, 3)), Err(InvalidTransaction::AncientBirthBlock.into()));
	});
}

#[test]
fn mortality_goes_by_the_standard_name_type_and_encoding() {
	run(|| {
		use frame_system::CheckMortality;
		let era = Era::mortal(64, 42);
		let ours = MortalOnly::<Test>::from(era);
		assert_eq!(ours.encode(), CheckMortality::<Test>::from(era).encode());
		assert_eq!(MortalOnly::<Test>::decode(&mut &ours.encode()[..]), Ok(ours.clone()));
		let of = |metadata: Vec<sp_runtime::traits::TransactionExtensionMetadata>| {
			metadata.into_iter().map(|m| (m.identifier, m.ty.type_info(), m.implicit)).collect::<Vec<_>>()
		};
		assert_eq!(
			of(<MortalOnly<Test> as TransactionExtension<RuntimeCall>>::metadata()),
			of(<CheckMortality<Test> as TransactionExtension<RuntimeCall>>::metadata())
		);
		assert_eq!(ours.weight(&call()), CheckMortality::<Test>::from(era).weight(&call()));
		System::set_block_number(43);
		frame_system::BlockHash::<Test>::insert(42, H256::repeat_byte(5));
		assert_eq!(ours.implicit(), Ok(H256::repeat_byte(5)));
	});
}

#[test]
fn the_suspended_send_what_settles_their_debts_and_their_delegates_nothing() {
	run(|| {
		settle_in("ann");
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("bot"), Right::Funds));
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert_ok!(pool_of("ann", remark(b's')));
		for kind in [b'd', b'r', b'x'] {
			assert_eq!(pool_of("ann", remark(kind)), refused(InvalidTransaction::BadSigner));
		}
		assert_eq!(pool_of("bot", remark(b's')), refused(InvalidTransaction::BadSigner));
		// Of its budget, like any other.
		let pay = || {
			let run = CheckMember::<Test>::new();
			run.test_run(signed("ann"), &remark(b's'), &units(1), BYTES, 0, |_| Ok(Default::default())).map(|_| ())
		};
		for _ in 0..4 {
			assert_ok!(pay());
		}
		assert_eq!(pay(), refuses(Refusal::BudgetSpent));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert_eq!(pool_of("ann", remark(b's')), refused(InvalidTransaction::BadSigner));
	});
}

#[test]
fn a_suspended_participant_settles_by_its_own_account_alone() {
	run(|| {
		use busbar_primitives::traits::Participants as _;
		register("ann");
		assert_ok!(mock::Participants::add_delegate(signed("ann"), account("bot"), Right::Funds));
		let settles = |name: &str| mock::Participants::ensure_settles_for(&account(name), id("ann"), Right::Funds);
		assert_ok!(settles("ann"));
		assert_ok!(settles("bot"));
		assert_ok!(mock::Participants::suspend(RuntimeOrigin::root(), id("ann")));
		assert_ok!(settles("ann"));
		assert_eq!(settles("bot"), Err(Error::<Test>::Suspended.into()));
		assert_eq!(settles("dso"), Err(Error::<Test>::Suspended.into()));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert_eq!(settles("ann"), Err(Error::<Test>::Removed.into()));
	});
}
