//! The debit phase: statement lines of connection points, their debts, and the close of the books.

use crate::{
	Accounts, Config, Deposits, Error, Event, HoldReason, InTransit, Intervals, Lines, Pallet, PostedPrices, Progress,
	Roots, Stage, Statement, Statements, SystemAccounts, SystemCredits, SystemLines, MAX_PLAUSIBLE_WH, SYSTEM_LINES,
	VERSION,
};
use alloc::vec::Vec;
use busbar_primitives::{
	traits::{Calendar, Collateral, Grid, Participants, Positions, Readings},
	Amount, Balance, Cause, Contract, Fee, Interval, Line, Outcome, Party, Point, PointId, PointKind, Price, SignedWh,
};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation, Restriction},
	},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

/// What all points of a batch share.
struct Batch {
	interval: Interval,
	prices: PostedPrices,
	/// Whether the attestation window is over, so that estimates stand in.
	estimate: bool,
}

/// Where a point stands in an interval.
struct Delivery {
	/// What it bought and sold, session by session.
	contracts: Vec<Contract>,
	/// Metered minus position, in Wh.
	imbalance: SignedWh,
	/// Why an imbalance line stands; `None` for a point that has none.
	cause: Option<Cause>,
	/// The price of its zone, if a session cleared.
	price: Option<Price>,
	/// Sum of the fees on the path to the root, in nEUR/Wh.
	path_fee: Fee,
}

impl Delivery {
	/// Price of the imbalance: never better than the prices that the point traded at, or, if it did not trade, than the
	/// price of its zone.
	fn rate(&self, posted: &PostedPrices) -> Price {
		let fee = Price::from(self.path_fee);
		if self.imbalance > 0 {
			let own = self.contracts.iter().map(|contract| contract.highest).max().or(self.price);
			let rate = posted.short.saturating_add(fee);
			own.map_or(rate, |price| rate.max(price))
		} else {
			let own = self.contracts.iter().map(|contract| contract.lowest).min().or(self.price);
			let rate = posted.long.saturating_sub(fee);
			own.map_or(rate, |price| rate.min(price))
		}
	}
}

/// What a party that takes `wh` at `price` receives, in nEUR. Cannot overflow: 2^63 x 2^63 < 2^127.
fn receipt(price: Price, wh: SignedWh) -> Amount {
	(Amount::from(price) * Amount::from(wh)).saturating_neg()
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_debit(interval: Interval, points: &[PointId]) -> DispatchResult {
		ensure!(!Roots::<T>::contains_key(interval), Error::<T>::AlreadySettled);
		let terms = T::Calendar::terms(interval).ok_or(Error::<T>::UnknownInterval)?;
		let outcome = T::Positions::outcome(interval).ok_or(Error::<T>::NotCleared)?;
		let now = T::Calendar::now();
		ensure!(now >= terms.delivery_end, Error::<T>::DeliveryNotEnded);
		let accounts = SystemAccounts::<T>::get().ok_or(Error::<T>::AccountsNotSet)?;
		let mut progress =
			Intervals::<T>::get(interval).unwrap_or_else(|| Progress::new(outcome.points, terms.dispute_end));
		ensure!(progress.stage == Stage::Debits, Error::<T>::AlreadySettled);
		ensure!(!points.is_empty() || progress.points.is_zero(), Error::<T>::EmptyBatch);

		let prices = Self::prices(interval, &terms);
		let batch = Batch { interval, prices, estimate: now >= terms.attestation_end };
		for point in points {
			Self::debit_point(&batch, &mut progress, *point)?;
		}
		Self::deposit_event(Event::Debited { interval, done: progress.debits_done, points: progress.points });
		if progress.debits_done == progress.points {
			Self::close_debits(interval, &mut progress, &outcome, &accounts)?;
		}
		Intervals::<T>::insert(interval, progress);
		Ok(())
	}

	/// Takes one point through the debit phase. A point that is not in force in the interval has no lines.
	fn debit_point(batch: &Batch, progress: &mut Progress, point: PointId) -> DispatchResult {
		ensure!(point < progress.points, Error::<T>::UnknownPoint);
		ensure!(!Statements::<T>::contains_key(batch.interval, point), Error::<T>::AlreadySettled);
		let details = T::Grid::point(point).ok_or(Error::<T>::UnknownPoint)?;
		let mut statement = Statement::default();
		if details.from <= batch.interval && details.until.is_none_or(|until| batch.interval < until) {
			let delivery = Self::delivery(batch, point, &details)?;
			let total = Self::point_lines(batch, progress, &mut statement, point, &delivery)?;
			let collateral = T::Positions::take_collateral(point, batch.interval);
			for (account, amount) in &collateral {
				<Self as Collateral<T::AccountId>>::release(account, *amount)?;
			}
			if total < 0 {
				let debt = total.unsigned_abs();
				let missing = Self::collect_from_point(point, &details, collateral, debt)?;
				let party = Party::Point(point);
				Self::book(batch.interval, progress, &mut statement.lines, party, debt, missing)?;
			} else {
				statement.credit = total.unsigned_abs();
				progress.due = progress.due.checked_add(statement.credit).ok_or(Error::<T>::Overflow)?;
			}
		}
		Statements::<T>::insert(batch.interval, point, statement);
		progress.debits_done = progress.debits_done.saturating_add(1);
		Ok(())
	}

	/// Position and imbalance of a point. Without a reading the point is estimated to have taken its position.
	fn delivery(batch: &Batch, point: PointId, details: &Point) -> Result<Delivery, DispatchError> {
		let contracts = T::Positions::contracts(point, batch.interval);
		let position =
			contracts.iter().try_fold(0, |sum: SignedWh, contract| sum.checked_add(contract.position.net()?));
		let position = position.ok_or(Error::<T>::Overflow)?;
		let result = T::Positions::zone_result(batch.interval, details.zone);
		let plausible = |wh| wh <= MAX_PLAUSIBLE_WH;
		let (imbalance, cause) = match details.kind {
			PointKind::Coupling => (0, None),
			PointKind::Metered => {
				ensure!(!T::Readings::is_contested(point, batch.interval), Error::<T>::Contested);
				let reading = T::Readings::of(point, batch.interval)
					.filter(|metered| plausible(metered.import) && plausible(metered.export))
					.and_then(|metered| metered.net());
				match reading {
					Some(metered) => {
						(metered.checked_sub(position).ok_or(Error::<T>::Overflow)?, Some(Cause::Imbalance))
					},
					None => {
						ensure!(batch.estimate, Error::<T>::NotAttestedYet);
						(0, Some(Cause::EstimatedImbalance))
					},
				}
			},
		};
		Ok(Delivery {
			contracts,
			imbalance,
			cause,
			price: result.and_then(|result| result.price),
			path_fee: result.map_or(0, |result| result.path_fee),
		})
	}

	/// Writes a point's contract and imbalance lines and returns their sum. An estimate shows as a line of zero.
	fn point_lines(
		batch: &Batch,
		progress: &mut Progress,
		statement: &mut Statement,
		point: PointId,
		delivery: &Delivery,
	) -> Result<Amount, DispatchError> {
		let line =
			|cause, wh, price, amount| Line { version: VERSION, party: Party::Point(point), cause, wh, price, amount };
		let mut total: Amount = 0;
		for Contract { position, amount, lowest, highest, .. } in &delivery.contracts {
			let wh = position.net().ok_or(Error::<T>::Overflow)?;
			let price = if lowest == highest { *lowest } else { 0 };
			Self::append(batch.interval, progress, &mut statement.lines, line(Cause::Contract, wh, price, *amount))?;
			progress.contract = progress.contract.checked_add(*amount).ok_or(Error::<T>::Overflow)?;
			total = total.checked_add(*amount).ok_or(Error::<T>::Overflow)?;
		}
		match delivery.cause {
			Some(cause) if delivery.imbalance != 0 => {
				let rate = delivery.rate(&batch.prices);
				let amount = receipt(rate, delivery.imbalance);
				let imbalance = line(cause, delivery.imbalance, rate, amount);
				Self::append(batch.interval, progress, &mut statement.lines, imbalance)?;
				let size = delivery.imbalance.unsigned_abs();
				// 2^32 x 2^64 fits.
				let fees = Balance::from(delivery.path_fee) * Balance::from(size);
				progress.path_fees = progress.path_fees.checked_add(fees).ok_or(Error::<T>::Overflow)?;
				progress.imbalance = progress.imbalance.checked_add(amount).ok_or(Error::<T>::Overflow)?;
				progress.imbalance_wh = progress.imbalance_wh.saturating_add(delivery.imbalance);
				progress.deviation_wh = progress.deviation_wh.saturating_add_unsigned(size);
				total = total.checked_add(amount).ok_or(Error::<T>::Overflow)?;
			},
			Some(Cause::EstimatedImbalance) => {
				let estimate = line(Cause::EstimatedImbalance, 0, 0, 0);
				Self::append(batch.interval, progress, &mut statement.lines, estimate)?;
			},
			_ => {},
		}
		Ok(total)
	}

	/// Takes a point's debt from the collateral released for its orders, its owner's free money and its deposit, in this
	/// order. Returns what is missing, in nEUR.
	fn collect_from_point(
		point: PointId,
		details: &Point,
		collateral: Vec<(T::AccountId, Balance)>,
		debt: Balance,
	) -> Result<Balance, DispatchError> {
		let mut missing = debt;
		for (account, released) in collateral {
			missing = missing.saturating_sub(Self::take_free(&account, missing.min(released))?);
		}
		if let Some(account) = T::Participants::account(details.owner) {
			missing = missing.saturating_sub(Self::take_free(&account, missing)?);
		}
		if !missing.is_zero() {
			missing = missing.saturating_sub(Self::take_deposit(point, missing)?);
		}
		Ok(missing)
	}

	/// Moves up to `amount` nEUR of free money to the settlement account and returns how much it was.
	fn take_free(who: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		let taken = Self::free(who).min(amount);
		if !taken.is_zero() {
			T::Currency::transfer(who, &Self::account_id(), taken, Preservation::Expendable)?;
		}
		Ok(taken)
	}

	/// Moves up to `amount` nEUR of a standing deposit to the settlement account and returns how much it was.
	fn take_deposit(point: PointId, amount: Balance) -> Result<Balance, DispatchError> {
		let Some(mut deposit) = Deposits::<T>::get(point) else { return Ok(0) };
		let taken = deposit.amount.min(amount);
		T::Currency::transfer_on_hold(
			&HoldReason::Deposit.into(),
			&deposit.account,
			&Self::account_id(),
			taken,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		)?;
		deposit.amount = deposit.amount.saturating_sub(taken);
		Self::put_deposit(point, deposit);
		Ok(taken)
	}

	/// Books a debt of which `missing` nEUR could not be collected.
	fn book<const MAX: u32>(
		interval: Interval,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		party: Party,
		debt: Balance,
		missing: Balance,
	) -> DispatchResult {
		let paid = debt.saturating_sub(missing);
		progress.collected = progress.collected.checked_add(paid).ok_or(Error::<T>::Overflow)?;
		InTransit::<T>::mutate(|transit| *transit = transit.saturating_add(paid));
		if !missing.is_zero() {
			let amount = Amount::try_from(missing).map_err(|_| Error::<T>::Overflow)?;
			let line = Line { version: VERSION, party, cause: Cause::Default, wh: 0, price: 0, amount };
			Self::append(interval, progress, lines, line)?;
			Self::deposit_event(Event::Defaulted { interval, party, amount: missing });
		}
		Ok(())
	}

	/// Appends a line to the statement tree and to `lines`.
	pub(crate) fn append<const MAX: u32>(
		interval: Interval,
		progress: &mut Progress,
		lines: &mut Lines<MAX>,
		line: Line,
	) -> DispatchResult {
		let leaf = busbar_merkle::leaf_hash(&(interval, progress.frontier.count(), line).encode());
		let index = progress.frontier.append(leaf).map_err(|_| Error::<T>::Overflow)?;
		progress.lines_sum = progress.lines_sum.checked_add(line.amount).ok_or(Error::<T>::Overflow)?;
		lines.try_push((index, line)).map_err(|_| Error::<T>::Overflow.into())
	}

	/// Closes the debit phase: fees, rent and the balancing party's residual, so that all lines but the defaults sum to
	/// zero.
	fn close_debits(
		interval: Interval,
		progress: &mut Progress,
		outcome: &Outcome,
		accounts: &Accounts<T::AccountId>,
	) -> DispatchResult {
		let signed = |amount: Balance| Amount::try_from(amount).map_err(|_| Error::<T>::Overflow);
		let sum = |a: Balance, b: Balance| a.checked_add(b).ok_or(Error::<T>::Overflow);
		let grid_and_rent = signed(sum(outcome.fees, outcome.rent)?)?;
		ensure!(progress.contract.checked_add(grid_and_rent) == Some(0), Error::<T>::ContractMismatch);
		let residual = progress
			.imbalance
			.checked_neg()
			.and_then(|residual| residual.checked_sub(signed(progress.path_fees).ok()?))
			.ok_or(Error::<T>::Overflow)?;

		let mut lines = Lines::<SYSTEM_LINES>::default();
		let line = |party, cause, wh, amount| Line { version: VERSION, party, cause, wh, price: 0, amount };
		for (line, stands) in [
			(line(Party::GridOperator, Cause::GridFee, 0, signed(outcome.fees)?), outcome.fees > 0),
			(
				line(Party::GridOperator, Cause::GridFee, progress.deviation_wh, signed(progress.path_fees)?),
				progress.path_fees > 0,
			),
			(line(Party::CongestionRent, Cause::Rent, 0, signed(outcome.rent)?), outcome.rent > 0),
			(
				line(Party::Balancing, Cause::Imbalance, progress.imbalance_wh.saturating_neg(), residual),
				residual != 0 || progress.imbalance_wh != 0,
			),
		] {
			if stands {
				Self::append(interval, progress, &mut lines, line)?;
			}
		}

		progress.system = SystemCredits {
			grid: sum(outcome.fees, progress.path_fees)?,
			rent: outcome.rent,
			balancing: residual.max(0).unsigned_abs(),
		};
		if residual < 0 {
			let debt = residual.unsigned_abs();
			let account = T::Participants::account(accounts.balancing).ok_or(Error::<T>::AccountsNotSet)?;
			let missing = debt.saturating_sub(Self::take_free(&account, debt)?);
			Self::book(interval, progress, &mut lines, Party::Balancing, debt, missing)?;
		}
		let SystemCredits { grid, rent, balancing } = progress.system;
		progress.due = sum(progress.due, sum(grid, sum(rent, balancing)?)?)?;
		// What defaults left open is all that credits and collected debits may differ by.
		let open = signed(progress.due)?.checked_sub(signed(progress.collected)?);
		ensure!(open == Some(progress.lines_sum), Error::<T>::NotBalanced);
		progress.stage = Stage::Credits;
		SystemLines::<T>::insert(interval, lines);
		Self::deposit_event(Event::DebitsClosed { interval, due: progress.due, collected: progress.collected });
		Ok(())
	}
}
