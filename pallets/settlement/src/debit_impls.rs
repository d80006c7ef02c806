//! The debit phase: statement lines of connection points, their debts, and the close of the books.

use crate::{
	bill::{price_of, receipt, Delivery, Outturn, Tariff},
	round::Round,
	sums::{Parties, Sums},
	Accounts, Config, Error, Event, Intervals, Levies, Lines, Pallet, Progress, Purse, Roots, Sharings, Stage,
	Statement, Statements, System, SystemLines, Tolerances, FIRST_RUN, LAST_RUN, POINT_LINES, SYSTEM_LINES,
};
use busbar_primitives::{
	metering::{Basis, Standing},
	traits::{
		Calendar, Certificates, Charges, Collateral, Grid, Meters, OrderCollateral, Participants, Positions, Readings,
		Reductions, Securities, Supply,
	},
	Amount, Cause, Interval, Line, Outcome, Party, Point, PointId, PointKind, Price, SignedWh, Terms,
};
use core::ops::RangeInclusive;
use frame_support::ensure;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What all points of a batch share.
pub(crate) struct Batch<AccountId> {
	pub interval: Interval,
	pub tariff: Tariff,
	/// Between which prices orders may lie, in nEUR/Wh.
	pub prices: RangeInclusive<Price>,
	pub outcome: Outcome,
	pub accounts: Accounts<AccountId>,
	pub terms: Terms,
	/// Whether the first run is due, so that estimates stand in.
	pub estimate: bool,
}

/// What a point settles on.
pub(crate) struct Settling {
	/// Version of its reading; 0 of what stands in for one.
	pub version: u16,
	/// Import less export of its reading, in Wh; `None` of what stands in for one.
	pub metered: Option<SignedWh>,
	/// Whether something stands in for its reading that its owner answers for.
	pub estimated: bool,
	/// What that comes to.
	pub outturn: Outturn,
}

/// Energy as a line counts it.
pub(crate) fn shown(wh: Amount) -> SignedWh {
	SignedWh::try_from(wh).unwrap_or(if wh < 0 { SignedWh::MIN } else { SignedWh::MAX })
}

/// What was metered where a reading came to this, in Wh.
pub(crate) fn metered_of(outturn: &Outturn) -> SignedWh {
	outturn.supplied.map_or(outturn.drawn, SignedWh::saturating_neg)
}

impl<T: Config> Pallet<T> {
	pub(crate) fn batch(interval: Interval, terms: &Terms) -> Result<Batch<T::AccountId>, DispatchError> {
		let (levy, sharing) = (Levies::<T>::get().at(interval), Sharings::<T>::get().at(interval));
		let tolerance = Tolerances::<T>::get().at(interval);
		Ok(Batch {
			interval,
			tariff: Tariff::new(Self::prices(interval, terms), levy, sharing, tolerance, &terms.posted),
			prices: terms.price_floor..=terms.price_cap,
			outcome: T::Positions::outcome(interval).ok_or(Error::<T>::NotCleared)?,
			accounts: Self::accounts(interval)?,
			terms: *terms,
			estimate: T::Calendar::now() >= terms.run_due(FIRST_RUN),
		})
	}

	/// A batch that another phase adds to what an interval's debits began.
	pub(crate) fn continued(interval: Interval, stage: Stage) -> Result<Round<T>, DispatchError> {
		let Some(progress) = Intervals::<T>::get(interval) else {
			ensure!(!Roots::<T>::contains_key(interval), Error::<T>::AlreadySettled);
			return Err(Error::<T>::DebitsNotDone.into());
		};
		ensure!(progress.stage != Stage::Voiding || stage == Stage::Voiding, Error::<T>::Unwinding);
		ensure!(progress.stage >= stage, Error::<T>::DebitsNotDone);
		ensure!(progress.stage == stage, Error::<T>::AlreadySettled);
		if stage != Stage::Voiding {
			let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
			Self::ensure_turn(interval, progress.run, &terms)?;
		}
		Ok(Round::new(interval, Self::accounts(interval)?, progress))
	}

	pub(crate) fn do_debit(interval: Interval, points: &[PointId]) -> DispatchResult {
		let known = Intervals::<T>::get(interval);
		ensure!(known.is_some() || !Roots::<T>::contains_key(interval), Error::<T>::AlreadySettled);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let batch = Self::batch(interval, &terms)?;
		ensure!(T::Calendar::now() >= terms.delivery_end, Error::<T>::DeliveryNotEnded);
		let begins = known.as_ref().is_some_and(|progress| progress.stage == Stage::Settled);
		let progress = match known {
			Some(progress) if begins => Self::next_run(interval, &terms, progress)?,
			Some(progress) => progress,
			None => Progress::new(batch.outcome.points, terms.final_from()),
		};
		ensure!(progress.stage != Stage::Voiding, Error::<T>::Unwinding);
		ensure!(progress.stage == Stage::Debits, Error::<T>::AlreadySettled);
		ensure!(!points.is_empty() || progress.to_settle.is_zero(), Error::<T>::EmptyBatch);
		let run = progress.run;
		if !begins {
			Self::ensure_turn(interval, run, &terms)?;
		}
		let mut round = Round::<T>::new(interval, batch.accounts.clone(), progress);
		for point in points {
			match run {
				FIRST_RUN => Self::debit_point(&batch, &mut round, *point)?,
				_ => Self::debit_changed(&batch, &mut round, *point)?,
			}
		}
		let (done, points) = (round.progress.debits_done, round.progress.to_settle);
		Self::deposit_event(Event::Debited { interval, run, done, points });
		if done == points {
			match run {
				FIRST_RUN => Self::settle_others(&batch, &mut round)?,
				_ => Self::settle_changes(&batch, &mut round)?,
			}
		}
		round.store();
		Ok(())
	}

	/// Takes one point through the debit phase. A point that is not in force in the interval has no lines.
	fn debit_point(batch: &Batch<T::AccountId>, round: &mut Round<T>, point: PointId) -> DispatchResult {
		let interval = batch.interval;
		round.keeper = Some(point);
		ensure!(point < round.progress.points, Error::<T>::UnknownPoint);
		ensure!(!Statements::<T>::contains_key(interval, point), Error::<T>::AlreadySettled);
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let mut statement = Statement::new(details.owner);
		if details.is_in_force(interval) {
			let delivery = Self::delivery(batch, point, &details, FIRST_RUN)?;
			if delivery.contracts.is_empty() {
				statement.payer = T::Supply::retailer(interval, point).unwrap_or(details.owner);
			}
			let is_estimated = || Self::is_estimated(interval, point, &details, &delivery);
			let standing = Self::take_standing(interval, FIRST_RUN, point, is_estimated, &batch.terms);
			let Settling { version, metered, estimated, mut outturn } =
				Self::settling(batch, point, &details, &delivery, standing, FIRST_RUN)?;
			statement.reading = version;
			Self::fund_order(batch, round, point, &delivery, &mut outturn)?;
			statement.counted = metered.is_some();
			if let Some(wh) = metered {
				let by_owner = statement.payer == details.owner;
				T::Securities::consumed(interval, point, &details, &batch.terms, by_owner, wh);
			}
			round.progress.sums = round
				.progress
				.sums
				.with_delivery(&delivery, &batch.tariff.posted)
				.and_then(|sums| sums.with_outturn(&outturn, true))
				.ok_or(Error::<T>::Overflow)?;
			statement.outturn = Some(outturn);
			T::Certificates::settled(interval, point, &details, statement.payer, delivery.position, metered)?;
			statement.amount = Self::point_lines(round, &mut statement.lines, point, &delivery, &outturn, estimated)?;
			let mut collateral = T::Positions::take_collateral(point, interval);
			for (owner, amount) in &collateral {
				<T::Securities as Collateral<T::AccountId>>::release(*owner, *amount)?;
			}
			let charge = <T::Flexibility as Charges<T::AccountId>>::release(interval, point)?;
			collateral.extend(charge.map(|(_, amount)| (details.owner, amount)));
			if statement.payer != details.owner {
				// What an owner posted for orders that were not filled does not stand in for its retailer.
				round.collect(details.owner, core::mem::take(&mut collateral))?;
			}
			let mut amounts = delivery.contracts.iter().map(|contract| contract.amount);
			let contract = amounts.try_fold(0, |sum: Amount, amount| sum.checked_add(amount));
			let contract = contract.ok_or(Error::<T>::Overflow)?;
			round.count_point(statement.payer, statement.amount, contract, collateral)?;
		}
		Statements::<T>::insert(interval, point, statement);
		round.progress.debits_done = round.progress.debits_done.saturating_add(1);
		Ok(())
	}

	/// What a point traded in an interval, and what the grid operator ordered there, as a run counts it.
	pub(crate) fn delivery(
		batch: &Batch<T::AccountId>,
		point: PointId,
		details: &Point,
		run: u16,
	) -> Result<Delivery, DispatchError> {
		let interval = batch.interval;
		let contracts = T::Positions::contracts(point, interval);
		let position =
			contracts.iter().try_fold(0, |sum: SignedWh, contract| sum.checked_add(contract.position.net()?));
		let result = T::Positions::zone_result(interval, details.zone);
		// In a void interval there are no contracts, of which an order could take something.
		let ordered = T::Flexibility::ordered(interval, point);
		Ok(Delivery {
			kind: details.kind,
			contracts,
			position: position.ok_or(Error::<T>::Overflow)?,
			price: result.and_then(|result| result.price).map(|price| {
				// A zone without accepted orders may lie beyond, by fees and rent; collateral counts on these bounds.
				price.max(*batch.prices.start()).min(*batch.prices.end())
			}),
			path_fee: result.map_or(0, |result| result.path_fee),
			baseline: ordered.and_then(|_| Self::baseline(interval, point, batch.terms.known_at(run))),
			ordered,
		})
	}

	/// Whether what a silent point may have drawn or fed in is estimated at its owner's cost. Not so of one that never had a
	/// meter by then, and did not trade either: what it draws is in what couplings supplied and no point drew. An owner that took
	/// its first meter back after an order is not spared: it has a contract.
	pub(crate) fn is_estimated(interval: Interval, point: PointId, details: &Point, delivery: &Delivery) -> bool {
		let metered = || T::Readings::metered_from(point).is_some_and(|from| from <= interval);
		details.kind == PointKind::Metered && (!delivery.contracts.is_empty() || metered())
	}

	/// What a point settles on where this stands: its reading, or what stands in for one, of which the dearest to the point
	/// counts. A coupling without a reading settles on none.
	pub(crate) fn settling(
		batch: &Batch<T::AccountId>,
		point: PointId,
		details: &Point,
		delivery: &Delivery,
		standing: Standing,
		run: u16,
	) -> Result<Settling, DispatchError> {
		let at = batch.terms.known_at(run);
		let basis = T::Readings::basis(point, details, batch.interval, standing, run == LAST_RUN, at);
		let version = basis.version();
		let metered = match &basis {
			Basis::Reading { wh, .. } => Some(*wh),
			_ => None,
		};
		let outturn = |metered| -> Result<(Amount, Outturn), DispatchError> {
			let outturn = delivery.outturn(&batch.tariff, metered).ok_or(Error::<T>::Overflow)?;
			Ok((outturn.amount().ok_or(Error::<T>::Overflow)?, outturn))
		};
		if details.kind == PointKind::Coupling {
			let (_, outturn) = outturn(metered)?;
			return Ok(Settling { version, metered, estimated: false, outturn });
		}
		let is_silent = matches!(basis, Basis::Estimate { .. });
		if is_silent && !Self::is_estimated(batch.interval, point, details, delivery) {
			let (_, outturn) = outturn(Some(0))?;
			return Ok(Settling { version, metered, estimated: false, outturn });
		}
		let waits = matches!(basis, Basis::Estimate { declared: false, .. }) && !batch.estimate;
		ensure!(!waits, Error::<T>::NotAttestedYet);
		let mut dearest: Option<(Amount, Outturn)> = None;
		for wh in basis.candidates() {
			let one = outturn(Some(*wh))?;
			dearest = Some(dearest.filter(|(least, _)| *least <= one.0).unwrap_or(one));
		}
		let (_, outturn) = dearest.ok_or(Error::<T>::NotAttestedYet)?;
		Ok(Settling { version, metered, estimated: metered.is_none(), outturn })
	}

	/// Writes a point's lines and returns their sum. What was estimated of its imbalance says so, a line of zero too.
	fn point_lines(
		round: &mut Round<T>,
		lines: &mut Lines<POINT_LINES>,
		point: PointId,
		delivery: &Delivery,
		outturn: &Outturn,
		estimated: bool,
	) -> Result<Amount, DispatchError> {
		let mut total: Amount = 0;
		let mut add = |cause, wh, price, amount: Amount| -> DispatchResult {
			let line = Line { version: FIRST_RUN, party: Party::Point(point), cause, wh, price, amount };
			round.append(lines, line)?;
			total = total.checked_add(amount).ok_or(Error::<T>::Overflow)?;
			Ok(())
		};
		let mut only = delivery.contracts.first().map_or(0, |contract| contract.lowest);
		for contract in &delivery.contracts {
			let wh = contract.position.net().ok_or(Error::<T>::Overflow)?;
			let price = if contract.lowest == contract.highest { contract.lowest } else { 0 };
			only = if only == price { only } else { 0 };
			add(Cause::Contract, wh, price, contract.amount)?;
		}
		if delivery.taken_over() > 0 {
			let change = delivery.corrected().saturating_sub(delivery.position);
			let price = if receipt(only, change) == outturn.curtailment { only } else { 0 };
			add(Cause::Curtailment, change, price, outturn.curtailment)?;
		}
		if let Some(ordered) = delivery.ordered {
			if outturn.delivered > 0 {
				add(Cause::Flexibility, shown(outturn.delivered.into()), ordered.price, outturn.flexibility)?;
			}
			if outturn.undelivered > 0 && ordered.penalty > 0 {
				add(Cause::NonDelivery, shown(outturn.undelivered.into()), ordered.penalty, outturn.non_delivery)?;
			}
		}
		if outturn.unfunded > 0 {
			add(Cause::LossShare, 0, 0, Self::amount(outturn.unfunded)?.saturating_neg())?;
		}
		if outturn.tolerated != 0 {
			let price = price_of(outturn.tolerated, outturn.forgiven);
			add(Cause::Tolerance, outturn.tolerated, price, outturn.forgiven)?;
		}
		let imbalance = if estimated { Cause::EstimatedImbalance } else { Cause::Imbalance };
		if outturn.excess() != 0 {
			add(imbalance, outturn.excess(), price_of(outturn.excess(), outturn.charged), outturn.charged)?;
		} else if estimated {
			add(Cause::EstimatedImbalance, 0, 0, 0)?;
		}
		Ok(total)
	}

	/// What the other parties pay and receive, so that all lines but the defaults sum to zero.
	fn settle_others(batch: &Batch<T::AccountId>, round: &mut Round<T>) -> DispatchResult {
		let Batch { interval, outcome, tariff, .. } = batch;
		Self::know_losses(*interval, &mut round.progress.sums);
		let sums = round.progress.sums;
		let fees_and_rent = outcome.fees.checked_add(outcome.rent).ok_or(Error::<T>::Overflow)?;
		let mismatch = sums.contract.checked_add(Self::amount(fees_and_rent)?);
		ensure!(mismatch == Some(0), Error::<T>::ContractMismatch);
		let parties = sums.parties(outcome, tariff).ok_or(Error::<T>::Overflow)?;
		round.progress.parties = parties;
		let system = Self::system(&batch.accounts, parties, sums.funded)?;
		round.progress.system = System { contracted_fees: outcome.fees, contracted_rent: outcome.rent, ..system };
		round.keeper = None;
		let earned = parties.balancing.max(0).unsigned_abs();
		T::Securities::balancing_earned(*interval, batch.accounts.balancing, earned);
		let lines = Self::system_lines(batch, round, &sums)?;
		Self::count_others(round, lines)
	}

	/// Counts what the other parties owe and are due, whose lines are written.
	pub(crate) fn count_others(round: &mut Round<T>, mut lines: Lines<SYSTEM_LINES>) -> DispatchResult {
		round.count_others(&mut lines)?;
		round.progress.stage = Stage::Draws;
		if round.progress.purse.to_draw.is_zero() {
			return Self::close_debits(round, lines);
		}
		SystemLines::<T>::insert(round.interval, lines);
		Ok(())
	}

	/// The other parties, and which participants they are. What was taken for orders from those who gave them the grid operator
	/// need not pay.
	pub(crate) fn system(
		accounts: &Accounts<T::AccountId>,
		mut parties: Parties,
		funded: Amount,
	) -> Result<System, DispatchError> {
		parties.grid = parties.grid.checked_add(funded).ok_or(Error::<T>::Overflow)?;
		let grid = T::Participants::participant(&accounts.grid);
		Ok(System { parties, balancing: Some(accounts.balancing), grid, ..System::default() })
	}

	/// Closes the debit phase, when all securities that had to be looked at were.
	pub(crate) fn close_debits(round: &mut Round<T>, mut lines: Lines<SYSTEM_LINES>) -> DispatchResult {
		round.keeper = None;
		round.close_debits(&mut lines)?;
		SystemLines::<T>::insert(round.interval, lines);
		round.progress.stage = Stage::Credits;
		let Purse { due, .. } = round.progress.purse;
		let collected = round.progress.purse.available();
		Self::deposit_event(Event::DebitsClosed { interval: round.interval, due, collected });
		Ok(())
	}

	/// Writes the lines of the other parties, cause by cause.
	fn system_lines(
		batch: &Batch<T::AccountId>,
		round: &mut Round<T>,
		sums: &Sums,
	) -> Result<Lines<SYSTEM_LINES>, DispatchError> {
		let (loss_cost, loss_price) = sums.loss_cost(&batch.tariff.posted).ok_or(Error::<T>::Overflow)?;
		let residual = sums.residual().ok_or(Error::<T>::Overflow)?;
		let negative = |amount: Amount| amount.checked_neg().ok_or(Error::<T>::Overflow);
		let taken = negative(sums.curtailment.checked_add(sums.perimeter).ok_or(Error::<T>::Overflow)?)?;
		let losses = sums.losses().unwrap_or(0);
		let curtailed = sums.taken_over_wh;
		let (grid, balancing) = (Party::GridOperator, Party::Balancing);
		let shared = sums.shared(&batch.tariff).ok_or(Error::<T>::Overflow)?;
		let to_others = negative(shared.fund.checked_add(shared.rent).ok_or(Error::<T>::Overflow)?)?;
		let unfunded = sums.all_unfunded().ok_or(Error::<T>::Overflow)?;
		let table: [(Party, Cause, Amount, Price, Amount, bool); 15] = [
			(grid, Cause::GridFee, 0, 0, Self::amount(batch.outcome.fees)?, batch.outcome.fees > 0),
			(grid, Cause::GridFee, sums.deviation_wh, 0, sums.path_fees, sums.path_fees > 0),
			(grid, Cause::Curtailment, curtailed, 0, taken, curtailed != 0),
			(grid, Cause::Flexibility, sums.delivered_wh, 0, negative(sums.flexibility)?, sums.flexibility != 0),
			// Owed by who ordered.
			(grid, Cause::Default, 0, 0, unfunded, unfunded > 0),
			(grid, Cause::Losses, losses, loss_price, negative(loss_cost)?, losses != 0),
			(Party::CongestionRent, Cause::Rent, 0, 0, Self::amount(batch.outcome.rent)?, batch.outcome.rent > 0),
			(
				balancing,
				Cause::Imbalance,
				negative(sums.imbalance_wh)?,
				0,
				residual,
				residual != 0 || sums.imbalance_wh != 0,
			),
			(balancing, Cause::Curtailment, curtailed, 0, sums.perimeter, curtailed != 0),
			(balancing, Cause::LossShare, 0, 0, negative(sums.unfunded_perimeter)?, sums.unfunded_perimeter > 0),
			(balancing, Cause::Losses, negative(losses)?, loss_price, loss_cost, losses != 0),
			(balancing, Cause::Surplus, 0, 0, to_others, to_others != 0),
			(Party::Fund, Cause::Levy, sums.excess_wh, 0, sums.levies, sums.levies > 0),
			(Party::Fund, Cause::Surplus, 0, 0, shared.fund, shared.fund > 0),
			(Party::CongestionRent, Cause::Surplus, 0, 0, shared.rent, shared.rent > 0),
		];
		let mut lines = Lines::<SYSTEM_LINES>::default();
		for (party, cause, wh, price, amount, stands) in table {
			if stands {
				let line = Line { version: FIRST_RUN, party, cause, wh: shown(wh), price, amount };
				round.append(&mut lines, line)?;
			}
		}
		Ok(lines)
	}
}
