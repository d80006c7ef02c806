//! The answers to other pallets.

use crate::roles::Held;
use crate::*;
use busbar_primitives::{
	traits::{self, Zones},
	Margin, StandingSteps, ZoneId,
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use sp_runtime::DispatchError;

impl<T: Config> traits::Participants<T::AccountId> for Pallet<T> {
	fn participant(account: &T::AccountId) -> Option<ParticipantId> {
		MemberOf::<T>::get(account)
	}

	fn account(participant: ParticipantId) -> Option<T::AccountId> {
		Participants::<T>::get(participant).map(|record| record.account)
	}

	fn ensure(account: &T::AccountId, role: Role, zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		Ok(Self::holder(account, role, |held| Self::first_covering(held, zone))?)
	}

	fn ensure_each(account: &T::AccountId, role: Role, zones: &[ZoneId]) -> Result<u32, DispatchError> {
		let Held { scopes, refusal, .. } = Self::held(account, role)?;
		let scopes = scopes.concat();
		if scopes.contains(&Scope::Grid) {
			return Ok(0);
		}
		let ancestors: Vec<_> = scopes.iter().filter_map(|scope| scope.zone()).collect();
		ensure!(!ancestors.is_empty(), refusal);
		let (within, read) = T::Zones::all_within(zones, &ancestors);
		ensure!(within, refusal);
		Ok(read)
	}

	fn ensure_anywhere(account: &T::AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Ok(Self::holder(account, role, |held| held.iter().position(|scopes| !scopes.is_empty()))?)
	}

	fn ensure_acts_for(account: &T::AccountId, participant: ParticipantId, right: Right) -> DispatchResult {
		let record = Self::ensure_active(&participant)?;
		if record.account == *account {
			return Ok(());
		}
		if let Some(own) = MemberOf::<T>::get(account) {
			Self::ensure_active(&own)?;
		}
		let granted = record.delegates.iter().any(|(who, held)| who == account && *held == right);
		ensure!(granted, Error::<T>::NotDelegate);
		Ok(())
	}

	fn ensure_trades(
		account: &T::AccountId,
		owner: ParticipantId,
		roles: &[Role],
		zone: ZoneId,
	) -> Result<u32, DispatchError> {
		<Self as traits::Participants<_>>::ensure_acts_for(account, owner, Right::Trade)?;
		Ok(Self::ensure_holds(&Self::get(&owner)?, roles, zone)?)
	}

	fn ensure_settles_for(account: &T::AccountId, participant: ParticipantId, right: Right) -> DispatchResult {
		let record = Self::get(&participant)?;
		if record.account == *account && matches!(record.status, Status::Suspended(_)) {
			return Ok(());
		}
		<Self as traits::Participants<_>>::ensure_acts_for(account, participant, right)
	}

	fn trades(participant: ParticipantId) -> bool {
		Self::ensure_active(&participant).is_ok_and(|record| Self::holds_trading(&record))
	}

	fn is_removed(participant: ParticipantId) -> bool {
		Participants::<T>::get(participant).is_some_and(|record| record.status == Status::Removed)
	}

	fn ensure_active(participant: ParticipantId) -> DispatchResult {
		Self::ensure_active(&participant)?;
		Ok(())
	}
}

impl<T: Config> traits::Traders<T::AccountId> for Pallet<T> {
	fn is_in_debt(participant: ParticipantId) -> bool {
		Participants::<T>::get(participant).is_some_and(|record| record.in_debt)
	}

	fn all_in_debt() -> Vec<ParticipantId> {
		Participants::<T>::iter().filter(|(_, record)| record.in_debt).map(|(id, _)| id).collect()
	}

	fn margin(participant: ParticipantId) -> Option<(T::AccountId, Margin)> {
		Participants::<T>::get(participant).map(|record| (record.account, record.margin))
	}

	fn margins() -> Vec<(T::AccountId, Margin)> {
		Participants::<T>::iter_values().map(|record| (record.account, record.margin)).collect()
	}

	fn standing(participant: ParticipantId) -> StandingSteps {
		Participants::<T>::get(participant).map(|record| record.standing).unwrap_or_default()
	}

	fn all_standing() -> Vec<(ParticipantId, StandingSteps)> {
		Participants::<T>::iter().map(|(id, record)| (id, record.standing)).collect()
	}
}

impl<T: Config> traits::OnTrader for Pallet<T> {
	fn debt_changed(participant: ParticipantId, in_debt: bool) {
		Participants::<T>::mutate_extant(participant, |record| record.in_debt = in_debt);
	}

	fn margin_changed(participant: ParticipantId, margin: Margin) {
		Participants::<T>::mutate_extant(participant, |record| record.margin = margin);
	}

	fn standing_changed(participant: ParticipantId, standing: StandingSteps) {
		Participants::<T>::mutate_extant(participant, |record| record.standing = standing);
	}
}
