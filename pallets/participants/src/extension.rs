//! Transaction extensions that stand where fees would: members only, within the budget of each, and nothing immortal.

use crate::{Calls, Config, Load, Pallet, Payer, Terms, WeightInfo};
use busbar_primitives::refusals::Refusal;
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::{fmt, marker::PhantomData};
use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	ensure,
	pallet_prelude::{TransactionSource, Weight},
	traits::Get,
};
use frame_system::CheckMortality;
use scale_info::{Type, TypeInfo};
use sp_runtime::{
	generic::Era,
	traits::{
		AsSystemOriginSigner, DispatchInfoOf, DispatchOriginOf, Dispatchable, Implication, PostDispatchInfoOf,
		TransactionExtension, ValidateResult,
	},
	transaction_validity::{InvalidTransaction, TransactionLongevity, TransactionValidityError, ValidTransaction},
	DispatchResult,
};

/// Admits signed transactions of active participants and their delegates only, and of the suspended those by which they settle
/// what they owe; of calls that the chain lists and they may make, and within the [`Budget`](crate::Budget) of the participant.
///
/// A stranger's transaction is refused with `InvalidTransaction::BadSigner` before it enters a pool, any other with a
/// [`Refusal`]. What is declared is charged before the call is dispatched. What succeeds gets back what it did not use, due
/// work everything; what fails gets back nothing. Extrinsics without a signer (inherents, reports of equivocations) do not
/// pass through here or are not touched: nothing here authorises them.
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

/// A transaction that will be, or was, charged.
pub struct Charge {
	payer: Payer,
	terms: Terms,
	cost: Load,
}

impl<T: Config + Send + Sync> TransactionExtension<T::RuntimeCall> for CheckMember<T>
where
	T::RuntimeCall: Dispatchable<Info = DispatchInfo, PostInfo = PostDispatchInfo>,
	DispatchOriginOf<T::RuntimeCall>: AsSystemOriginSigner<T::AccountId> + Clone,
{
	const IDENTIFIER: &'static str = "CheckMember";
	type Implicit = ();
	/// What `prepare` charges; nothing without a signer.
	type Val = Option<Charge>;
	type Pre = Option<Charge>;

	fn weight(&self, call: &T::RuntimeCall) -> Weight {
		T::WeightInfo::check_member().saturating_add(T::DbWeight::get().reads(T::Calls::reads(call)))
	}

	fn validate(
		&self,
		origin: DispatchOriginOf<T::RuntimeCall>,
		call: &T::RuntimeCall,
		info: &DispatchInfoOf<T::RuntimeCall>,
		len: usize,
		_: Self::Implicit,
		_: &impl Implication,
		source: TransactionSource,
	) -> ValidateResult<Self::Val, T::RuntimeCall> {
		let Some(signer) = origin.as_system_origin_signer().cloned() else {
			return Ok((ValidTransaction::default(), None, origin));
		};
		let terms = T::Calls::terms(call);
		let admitted = Pallet::<T>::is_admitted_for(&signer, terms.as_ref().unwrap_or(&Terms::default()));
		ensure!(admitted, InvalidTransaction::BadSigner);
		let terms = terms?;
		let cost = Pallet::<T>::declared(info, len);
		let payer = Pallet::<T>::payer(&signer, &terms, &cost).map_err(|refusal| {
			// What others spent comes back with the next block: until then it waits.
			let others = source == TransactionSource::InBlock && refusal == Refusal::ProviderSpent.into();
			if others {
				InvalidTransaction::ExhaustsResources.into()
			} else {
				refusal
			}
		})?;
		T::Calls::ensure(call, &signer)?;
		Ok((ValidTransaction::default(), Some(Charge { payer, terms, cost }), origin))
	}

	fn prepare(
		self,
		charge: Self::Val,
		_: &DispatchOriginOf<T::RuntimeCall>,
		_: &T::RuntimeCall,
		_: &DispatchInfoOf<T::RuntimeCall>,
		_: usize,
	) -> Result<Self::Pre, TransactionValidityError> {
		if let Some(Charge { payer, terms, cost }) = &charge {
			ensure!(Pallet::<T>::charge(payer.participant, terms, cost), InvalidTransaction::ExhaustsResources);
		}
		Ok(charge)
	}

	fn post_dispatch_details(
		charge: Self::Pre,
		info: &DispatchInfoOf<T::RuntimeCall>,
		post_info: &PostDispatchInfoOf<T::RuntimeCall>,
		_: usize,
		result: &DispatchResult,
	) -> Result<Weight, TransactionValidityError> {
		let Some(Charge { payer, terms, cost }) = charge else { return Ok(Weight::zero()) };
		let unspent = if payer.own {
			let declared = T::WeightInfo::check_member();
			declared.saturating_sub(T::WeightInfo::check_own()).min(info.extension_weight)
		} else {
			Weight::zero()
		};
		if result.is_ok() {
			let unused = post_info.calc_unspent(info).saturating_add(unspent);
			let unused = if terms.due { cost } else { Load::of(unused, 0) };
			Pallet::<T>::give_back(payer.participant, &unused);
		}
		Ok(unspent)
	}
}

/// [`CheckMortality`] for a chain on which every transaction expires: refuses [`Era::Immortal`] with
/// [`Refusal::Immortal`]. How soon one expires gives it no precedence in a pool: all that wait are equal in that, and what is
/// too old is dropped when the pool asks again.
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
		let (mut validity, val, origin) = self.0.validate(origin, call, info, len, implicit, implication, source)?;
		validity.longevity = TransactionLongevity::MAX;
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
}
