//! How many transactions of an account wait, and in which order all that wait are taken.

use crate::{Calls, Config, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	pallet_prelude::{TransactionSource, Weight},
};
use frame_system::CheckNonce;
use scale_info::{Type, TypeInfo};
use sp_runtime::{
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, PostDispatchInfoOf,
		TransactionExtension, UniqueSaturatedInto, ValidateResult,
	},
	transaction_validity::TransactionValidityError,
	DispatchResult, SaturatedConversion,
};

/// [`CheckNonce`] for a chain without fees: of each account only a few transactions wait, no more than its participant's
/// budget pays for, and those go first whose senders have most of theirs left.
///
/// Goes by the name, type and encoding of `CheckNonce`, so that clients treat it as that.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	frame_support::CloneNoBound,
	frame_support::EqNoBound,
	frame_support::PartialEqNoBound,
)]
pub struct FewAhead<T: Config + Send + Sync>(CheckNonce<T>);

impl<T: Config + Send + Sync> FewAhead<T> {
	/// The extension for a transaction with this nonce. For clients and tests.
	pub fn from(nonce: T::Nonce) -> Self {
		Self(CheckNonce::from(nonce))
	}

	/// The number of the transaction among its account's.
	pub fn nonce(&self) -> T::Nonce {
		self.0 .0
	}
}

impl<T: Config + Send + Sync> fmt::Debug for FewAhead<T> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.fmt(f)
	}
}

impl<T: Config + Send + Sync> TypeInfo for FewAhead<T>
where
	CheckNonce<T>: TypeInfo + 'static,
{
	type Identity = CheckNonce<T>;

	fn type_info() -> Type {
		CheckNonce::<T>::type_info()
	}
}

impl<T: Config + Send + Sync> TransactionExtension<T::RuntimeCall> for FewAhead<T>
where
	CheckNonce<T>: TransactionExtension<T::RuntimeCall, Implicit = ()>,
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	DispatchOriginOf<T::RuntimeCall>: AsSystemOriginSigner<T::AccountId> + Clone,
{
	const IDENTIFIER: &'static str = "CheckNonce";
	type Implicit = ();
	type Val = <CheckNonce<T> as TransactionExtension<T::RuntimeCall>>::Val;
	type Pre = <CheckNonce<T> as TransactionExtension<T::RuntimeCall>>::Pre;

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		self.0.weight(call)
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
		implicit: Self::Implicit,
		implication: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		// In a block there is no place to find any more.
		let waits = source != TransactionSource::InBlock;
		let signer = origin.as_system_origin_signer().filter(|_| waits).cloned();
		let (mut validity, val, origin) = self.0.validate(origin, call, info, len, implicit, implication, source)?;
		if let Some(signer) = signer {
			let next: u64 = frame_system::Pallet::<T>::account_nonce(&signer).unique_saturated_into();
			let ahead = self.0 .0.saturated_into::<u64>().saturating_sub(next);
			let (terms, cost) = (T::Calls::terms(call)?, Pallet::<T>::declared(info, len));
			validity.priority = Pallet::<T>::place_in_pool(&signer, &terms, &cost, ahead)?;
		}
		Ok((validity, val, origin))
	}

	fn prepare(
		self,
		val: Self::Val,
		origin: &DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		self.0.prepare(val, origin, call, info, len)
	}

	fn post_dispatch_details(
		pre: Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		len: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		<CheckNonce<T> as TransactionExtension<T::RuntimeCall>>::post_dispatch_details(
			pre, info, post_info, len, result,
		)
	}
}
