//! Collateral, readings, settlement and what moves beside the money.

use crate::{register::mock, AccountId};
use busbar_primitives::{
	metering::{Basis, Standing},
	traits::{
		Balancing, Certificates, Collateral, Counterparties, Finality, Meters, OnReading, OnTrader, Prune, Readings,
		Solvency, Supply, Traders,
	},
	Balance, Interval, Margin, Metered, Moment, ParticipantId, Point, PointId, SignedWh, StandingSteps, Terms,
};
use sp_runtime::{DispatchError, DispatchResult};

mock! {
	/// Who is in debt, who has which margin, and whose orders stand. Keep it in the state: a failed call must take it back.
	MockTraders: Traders<AccountId> {
		on_is_in_debt: fn is_in_debt(participant: ParticipantId) -> bool;
		on_all_in_debt: fn all_in_debt() -> Vec<ParticipantId>;
		on_margin: fn margin(participant: ParticipantId) -> Option<(AccountId, Margin)>;
		on_margins: fn margins() -> Vec<(AccountId, Margin)>;
		on_standing: fn standing(participant: ParticipantId) -> StandingSteps;
		on_all_standing: fn all_standing() -> Vec<(ParticipantId, StandingSteps)>;
	}
}

mock! {
	/// Who keeps debtors, margins and what is counted of orders.
	MockOnTrader: OnTrader {
		on_debt_changed: fn debt_changed(participant: ParticipantId, in_debt: bool) -> ();
		on_margin_changed: fn margin_changed(participant: ParticipantId, margin: Margin) -> ();
		on_standing_changed: fn standing_changed(participant: ParticipantId, standing: StandingSteps) -> ();
	}
}

/// Who is told is who is asked.
impl OnTrader for MockTraders {
	fn debt_changed(participant: ParticipantId, in_debt: bool) {
		MockOnTrader::debt_changed(participant, in_debt);
	}

	fn margin_changed(participant: ParticipantId, margin: Margin) {
		MockOnTrader::margin_changed(participant, margin);
	}

	fn standing_changed(participant: ParticipantId, standing: StandingSteps) {
		MockOnTrader::standing_changed(participant, standing);
	}
}

mock! {
	/// Who owes nothing, and whose consumption is secured: by default everybody's.
	MockSolvency: Solvency {
		on_ensure_solvent: fn ensure_solvent(participant: ParticipantId) -> DispatchResult;
		on_ensure_secured: fn ensure_secured(point: PointId, details: &Point, terms: &Terms) -> DispatchResult = Ok(());
	}
}

mock! {
	/// Money that is held for orders. Keep it in the state: a failed call must give it back.
	MockCollateral: Collateral<AccountId> {
		on_hold: fn hold(participant: ParticipantId, amount: Balance) -> DispatchResult;
		on_release: fn release(participant: ParticipantId, amount: Balance) -> DispatchResult;
		on_take: fn take(
			participant: ParticipantId,
			amount: Balance,
			to: &AccountId,
		) -> Result<Balance, DispatchError>;
	}
}

/// A market asks both of one pallet.
impl Solvency for MockCollateral {
	fn ensure_solvent(participant: ParticipantId) -> DispatchResult {
		MockSolvency::ensure_solvent(participant)
	}

	fn ensure_secured(point: PointId, details: &Point, terms: &Terms) -> DispatchResult {
		MockSolvency::ensure_secured(point, details, terms)
	}
}

mock! {
	/// What meters proved.
	MockReadings: Readings {
		on_of: fn of(point: PointId, interval: Interval) -> Option<Metered>;
		on_version: fn version(point: PointId, interval: Interval) -> u16;
		on_is_contested: fn is_contested(point: PointId, interval: Interval) -> bool;
		on_stood: fn stood(point: PointId, interval: Interval, at: Moment) -> Option<SignedWh>;
		on_like: fn like(point: PointId, interval: Interval, most: u32, at: Moment) -> Vec<SignedWh>;
		on_standing: fn standing(point: PointId, interval: Interval, at: Moment) -> Standing;
		on_basis: fn basis(
			point: PointId,
			details: &Point,
			interval: Interval,
			standing: Standing,
			last: bool,
			at: Moment,
		) -> Basis;
	}
}

mock! {
	/// Since when points are metered; by default they always were.
	MockMeters: Meters {
		on_metered_from: fn metered_from(point: PointId) -> Option<Interval> = Some(0);
	}
}

mock! {
	/// Who settles by readings; by default nobody.
	MockOnReading: OnReading {
		on_changing: fn changing(point: PointId, interval: Interval) -> () = ();
	}
}

mock! {
	/// Who stands against connection points.
	MockCounterparties: Counterparties<AccountId> {
		on_balancing: fn balancing(interval: Interval) -> Option<AccountId>;
		on_fund: fn fund() -> AccountId;
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
		on_unsettled: fn unsettled(
			interval: Interval,
			point: PointId,
			details: &Point,
			payer: ParticipantId,
			position: SignedWh,
			metered: Option<SignedWh>,
		) -> DispatchResult = Ok(());
	}
}

mock! {
	/// Who answers for connection points; by default their owners.
	MockSupply: Supply {
		on_retailer: fn retailer(interval: Interval, point: PointId) -> Option<ParticipantId> = None;
	}
}

mock! {
	/// Who balances.
	MockBalancing: Balancing {
		on_party: fn party() -> Option<ParticipantId>;
	}
}

mock! {
	/// When an interval's money has stopped moving.
	MockFinality: Finality {
		on_is_final: fn is_final(interval: Interval) -> bool;
		on_first_not_final: fn first_not_final() -> Interval;
	}
}

mock! {
	/// Records that are pruned; by default there are none.
	MockPrune: Prune {
		on_prune: fn prune(interval: Interval, limit: u32) -> u32 = 0;
	}
}
