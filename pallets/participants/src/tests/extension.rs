//! What the pool and the block let in.

use crate::{mock::*, *};
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

/// What the pool says to a transaction of the named account.
fn pool(name: &str) -> Result<(), TransactionValidityError> {
	CheckMember::<Test>::new()
		.validate_only(signed(name), &call(), &DispatchInfo::default(), 0, External, 0)
		.map(|_| ())
}

/// What becomes of a transaction of the named account in a block.
fn block(name: &str) -> Result<(), TransactionValidityError> {
	CheckMember::<Test>::new()
		.test_run(signed(name), &call(), &DispatchInfo::default(), 0, 0, |_| Ok(Default::default()))
		.map(|_| ())
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
		assert!(!LastActivity::<Test>::contains_key(account("stranger")));
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
fn no_account_takes_more_than_its_share_of_a_block() {
	run(|| {
		for _ in 0..2 {
			assert_ok!(block("dso"));
			assert_ok!(block("dso"));
			assert_eq!(block("dso"), refused(InvalidTransaction::ExhaustsResources));
			// The pool keeps it, and others are not affected.
			assert_ok!(pool("dso"));
			assert_ok!(block("feeder"));
			assert_eq!(
				LastActivity::<Test>::get(account("dso")),
				Some(Activity { block: System::block_number(), transactions: 2 })
			);
			System::set_block_number(System::block_number() + 1);
		}
	});
}

#[test]
fn the_pool_counts_nothing() {
	run(|| {
		for _ in 0..5 {
			assert_ok!(pool("dso"));
		}
		assert!(!LastActivity::<Test>::contains_key(account("dso")));
	});
}

#[test]
fn removal_forgets_the_count() {
	run(|| {
		register("ann");
		assert_ok!(block("ann"));
		assert_ok!(mock::Participants::remove(RuntimeOrigin::root(), id("ann")));
		assert!(!LastActivity::<Test>::contains_key(account("ann")));
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
}

fn mortality(era: Era) -> Result<u64, TransactionValidityError> {
	MortalOnly::<Test>::from(era)
		.validate_only(signed("dso"), &call(), &DispatchInfo::default(), 0, External, 0)
		.map(|(validity, ..)| validity.longevity)
}

#[test]
fn an_immortal_transaction_is_refused_and_a_mortal_one_expires() {
	run(|| {
		assert_eq!(mortality(Era::Immortal), Err(InvalidTransaction::Custom(1).into()));
		System::set_block_number(17);
		frame_system::BlockHash::<Test>::insert(16, H256::repeat_byte(1));
		assert_eq!(mortality(Era::mortal(16, 16)), Ok(15));
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
