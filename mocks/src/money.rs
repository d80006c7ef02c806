//! Collateral, readings, settlement and what moves beside the money.

use crate::{register::mock, AccountId};
use busbar_primitives::{
	traits::{Certificates, Collateral, Finality, OnDebt, Prune, Readings, Solvency, Traders},
	Balance, Interval, Metered, ParticipantId, Point, PointId, SignedWh,
};
use sp_runtime::DispatchResult;

mock! {
	/// Who is in debt. Keep it in the state: a failed call must take it back.
	MockTraders: Traders {
		on_is_in_debt: fn is_in_debt(participant: ParticipantId) -> bool;
		on_all_in_debt: fn all_in_debt() -> Vec<ParticipantId>;
	}
}

mock! {
	/// Who listens when debts begin and end.
	MockOnDebt: OnDebt {
		on_debt_changed: fn debt_changed(participant: ParticipantId, in_debt: bool) -> ();
	}
}

/// Who is told is who is asked.
impl OnDebt for MockTraders {
	fn debt_changed(participant: ParticipantId, in_debt: bool) {
		MockOnDebt::debt_changed(participant, in_debt);
	}
}

mock! {
	/// Who owes nothing.
	MockSolvency: Solvency {
		on_ensure_solvent: fn ensure_solvent(participant: ParticipantId) -> DispatchResult;
	}
}

mock! {
	/// Money that is held for orders. Keep it in the state: a failed call must give it back.
	MockCollateral: Collateral<AccountId> {
		on_hold: fn hold(account: &AccountId, amount: Balance) -> DispatchResult;
		on_release: fn release(account: &AccountId, amount: Balance) -> DispatchResult;
	}
}

/// A market asks both of one pallet.
impl Solvency for MockCollateral {
	fn ensure_solvent(participant: ParticipantId) -> DispatchResult {
		MockSolvency::ensure_solvent(participant)
	}
}

mock! {
	/// What meters proved.
	MockReadings: Readings {
		on_of: fn of(point: PointId, interval: Interval) -> Option<Metered>;
		on_version: fn version(point: PointId, interval: Interval) -> u16;
		on_is_contested: fn is_contested(point: PointId, interval: Interval) -> bool;
	}
}

mock! {
	/// Certificates; by default nothing moves.
	MockCertificates: Certificates {
		on_settled: fn settled(
			interval: Interval,
			point: PointId,
			details: &Point,
			payer: ParticipantId,
			position: SignedWh,
			metered: Option<SignedWh>,
		) -> DispatchResult = Ok(());
		on_paid: fn paid(interval: Interval, point: PointId, payer: ParticipantId) -> DispatchResult = Ok(());
		on_closed: fn closed(interval: Interval, balancing: ParticipantId) -> DispatchResult = Ok(());
		on_corrected: fn corrected(
			interval: Interval,
			point: PointId,
			details: &Point,
			payer: ParticipantId,
			before: Option<SignedWh>,
			after: Option<SignedWh>,
		) -> DispatchResult = Ok(());
	}
}

mock! {
	/// When an interval's money has stopped moving.
	MockFinality: Finality {
		on_is_final: fn is_final(interval: Interval) -> bool;
	}
}

mock! {
	/// Records that are pruned; by default there are none.
	MockPrune: Prune {
		on_prune: fn prune(interval: Interval, limit: u32) -> u32 = 0;
	}
}
