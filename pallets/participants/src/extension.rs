//! Transaction extensions that stand where fees would: members only, a share of the block for each, and nothing immortal.

use crate::{Config, Pallet, WeightInfo};
use busbar_primitives::refusals::Refusal;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::{fmt, marker::PhantomData};
use frame_support::{
	ensure,
	pallet_prelude::{TransactionSource, Weight},
};
use frame_system::CheckMortality;
use scale_info::{Type, TypeInfo};
use sp_runtime::{
	generic::Era,
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Implication, TransactionExtension, ValidateResult,
	},
	transaction_validity::{InvalidTransaction, TransactionValidityError, ValidTransaction},
};

/// Admits signed transactions of active participants and their delegates only, and of each account no more than
/// [`Config::MaxPerBlock`] per block.
///
/// A stranger's transaction is refused with `InvalidTransaction::BadSigner` before it enters a pool. A member's transaction
/// beyond its share is refused with `InvalidTransaction::ExhaustsResources`, on which block authors leave it in the pool
/// for the next block. Extrinsics without a signer (inherents, reports of equivocations) do not pass through here or are
/// not touched: nothing here authorises them.
///
/// Encodes to nothing and signs nothing, so that clients need not know it. Put it first: what follows costs more.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	frame_support::CloneNoBound,
	frame_support::EqNoBound,
	frame_support::PartialEqNoBound,
)]
#[scale_info(skip_type_params(T))]
pub struct CheckMember<T: Config + Send + Sync>(PhantomData<T>);

impl<T: Config + Send + Sync> CheckMember<T> {
	pub fn new() -> Self {
		Self(PhantomData)
	}
}

impl<T: Config + Send + Sync> Default for CheckMember<T> {
	fn default() -> Self {
		Self::new()
	}
}

impl<T: Config + Send + Sync> fmt::Debug for CheckMember<T> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("CheckMember")
	}
}

impl<T: Config + Send + Sync> TransactionExtension<T::RuntimeCall> for CheckMember<T>
where
	DispatchOriginOf<T::RuntimeCall>: AsSystemOriginSigner<T::AccountId> + Clone,
{
	const IDENTIFIER: &'static str = "CheckMember";
	type Implicit = ();
	/// The signer whose transaction `prepare` counts.
	type Val = Option<T::AccountId>;
	type Pre = ();

	fn weight(&self, _: &T::RuntimeCall) -> Weight {
		T::WeightInfo::check_member()
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		_: &T::RuntimeCall,
		_: &DispatchInfoOf<T::RuntimeCall>,
		_: usize,
		_: Self::Implicit,
		_: &impl Implication,
		_: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		let signer = origin.as_system_origin_signer().cloned();
		if let Some(signer) = &signer {
			ensure!(Pallet::<T>::is_admitted(signer), InvalidTransaction::BadSigner);
		}
		Ok((ValidTransaction::default(), signer, origin))
	}

	fn prepare(
		self,
		signer: Self::Val,
		_: &DispatchOriginOf<T::RuntimeCall>,
		_: &T::RuntimeCall,
		_: &DispatchInfoOf<T::RuntimeCall>,
		_: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		if let Some(signer) = signer {
			ensure!(Pallet::<T>::count_transaction(&signer), InvalidTransaction::ExhaustsResources);
		}
		Ok(())
	}
}

/// [`CheckMortality`] for a chain on which every transaction expires: refuses [`Era::Immortal`] with
/// [`Refusal::Immortal`].
///
/// Goes by the name, type and encoding of `CheckMortality`, so that clients treat it as that.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	frame_support::CloneNoBound,
	frame_support::EqNoBound,
	frame_support::PartialEqNoBound,
)]
pub struct MortalOnly<T: frame_system::Config + Send + Sync>(CheckMortality<T>);

impl<T: frame_system::Config + Send + Sync> MortalOnly<T> {
	/// The extension for a transaction of this era. For clients and tests.
	pub fn from(era: Era) -> Self {
		Self(CheckMortality::from(era))
	}
}

impl<T: frame_system::Config + Send + Sync> fmt::Debug for MortalOnly<T> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.fmt(f)
	}
}

impl<T: frame_system::Config + Send + Sync> TypeInfo for MortalOnly<T>
where
	CheckMortality<T>: TypeInfo + 'static,
{
	type Identity = CheckMortality<T>;

	fn type_info() -> Type {
		CheckMortality::<T>::type_info()
	}
}

impl<T: frame_system::Config + Send + Sync> TransactionExtension<T::RuntimeCall> for MortalOnly<T>
where
	CheckMortality<T>: TransactionExtension<T::RuntimeCall, Implicit = T::Hash, Val = (), Pre = ()>,
	DispatchOriginOf<T::RuntimeCall>: Clone,
{
	const IDENTIFIER: &'static str = "CheckMortality";
	type Implicit = T::Hash;
	type Val = ();
	type Pre = ();

	fn implicit(&self) -> Result<Self::Implicit, TransactionValidityError> {
		self.0.implicit()
	}

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
		ensure!(!self.0 .0.is_immortal(), Refusal::Immortal);
		self.0.validate(origin, call, info, len, implicit, implication, source)
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
}
