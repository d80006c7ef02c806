//! The calls of settlement. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sets who receives grid fees and congestion rent and who balances, for intervals whose session has not opened.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `grid` and `rent`: accounts.
		/// - `balancing`: the balance-responsible party.
		///
		/// # Errors
		/// [`Error::UnknownParticipant`], [`Error::TooManyChanges`].
		///
		/// # Events
		/// [`Event::AccountsSet`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_accounts())]
		pub fn set_accounts(
			origin: OriginFor<T>,
			grid: T::AccountId,
			rent: T::AccountId,
			balancing: ParticipantId,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_accounts(Accounts { grid, rent, balancing })
		}

		/// Sets the utility ladder, the default prices of imbalances, for intervals whose session has not opened. An
		/// interval's own bounds cap them.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `short` and `long`: in nEUR/Wh before path fees.
		///
		/// # Errors
		/// [`Error::CrossedPrices`], [`Error::TooManyChanges`].
		///
		/// # Events
		/// [`Event::LadderSet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_ladder())]
		pub fn set_ladder(origin: OriginFor<T>, short: Price, long: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_ladder(PostedPrices { short, long })
		}

		/// Sets what the mutual fund takes of every Wh of imbalance, for intervals whose session has not opened. It is
		/// part of the imbalance's price and cut where that would leave the interval's bounds.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `levy`: in nEUR/Wh.
		///
		/// # Errors
		/// [`Error::NegativeLevy`], [`Error::TooManyChanges`].
		///
		/// # Events
		/// [`Event::LevySet`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_levy())]
		pub fn set_levy(origin: OriginFor<T>, levy: Price) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_levy(levy)
		}

		/// Sets up to which share of its position a point's imbalance is settled at the price of its zone's last
		/// auction, and without levy, in intervals whose session has not opened. 0 at first.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `tolerance`: in parts per million.
		///
		/// # Errors
		/// [`Error::TooManyChanges`].
		///
		/// # Events
		/// [`Event::ToleranceSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_tolerance())]
		pub fn set_tolerance(origin: OriginFor<T>, tolerance: Permill) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_tolerance(tolerance)
		}

		/// Sets who shares surpluses of the balance-responsible party, in intervals whose session has not opened. It
		/// keeps the rest, and bears every loss.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `sharing`: in parts per million.
		///
		/// # Errors
		/// [`Error::SharesTooGreat`], [`Error::TooManyChanges`].
		///
		/// # Events
		/// [`Event::SharingSet`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_sharing())]
		pub fn set_sharing(origin: OriginFor<T>, sharing: Sharing) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_sharing(sharing)
		}

		/// Posts the prices of imbalances of one interval in place of the utility ladder.
		///
		/// - `origin`: the balance-responsible party that settles imbalances, before the interval's gate closure.
		/// - `interval`: whose.
		/// - `short` and `long`: in nEUR/Wh before path fees.
		///
		/// # Errors
		/// [`Error::AccountsNotSet`], [`Error::NotBalancingParty`], [`Error::UnknownInterval`], [`Error::GateClosed`],
		/// [`Error::PricesOutOfBounds`], and those of a role check.
		///
		/// # Events
		/// [`Event::PricesPosted`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::post_prices())]
		pub fn post_prices(origin: OriginFor<T>, interval: Interval, short: Price, long: Price) -> DispatchResult {
			let party = T::Participants::ensure(&ensure_signed(origin)?, Role::BalanceResponsibleParty, None)?;
			Self::do_post_prices(party, interval, PostedPrices { short, long })
		}

		/// Collects the debits of connection points for an interval's run and notes their credits. The batch with the last
		/// point closes the debit phase, unless somebody is short: then `draw` does. An interval without connection
		/// points is closed by an empty batch. Of an interval whose run is done it begins the next that has points to settle,
		/// those for which a change is noted; what it collects there is what they come to less what was settled before.
		///
		/// - `origin`: any signed account.
		/// - `interval`: whose.
		/// - `points`: those of the batch.
		///
		/// # Errors
		/// Nothing of the batch is done then: [`Error::UnknownInterval`], [`Error::NotCleared`],
		/// [`Error::DeliveryNotEnded`], [`Error::NotAttestedYet`], [`Error::UnknownPoint`], [`Error::AlreadySettled`],
		/// [`Error::EmptyBatch`], [`Error::AccountsNotSet`], [`Error::Unwinding`], [`Error::Overflow`],
		/// [`Error::EarlierRunDue`], [`Error::RunNotDue`], [`Error::NotChanged`], [`Error::Final`].
		///
		/// # Events
		/// [`Event::Debited`], [`Event::SetOff`], [`Event::Defaulted`], [`Event::Covered`], [`Event::DebitsClosed`],
		/// [`Event::Returned`].
		#[pallet::call_index(6)]
		// The close of the debits is what a batch of draws costs without points.
		#[pallet::weight(
			T::WeightInfo::debit(points.len() as u32)
				.max(T::WeightInfo::debit_changed(points.len() as u32))
				.saturating_add(T::WeightInfo::like(points.len() as u32))
				.saturating_add(T::WeightInfo::draw(0))
		)]
		pub fn debit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_debit(interval, &points)
		}

		/// Draws on what secures connection points in debt whose payers' own money fell short. The batch with the last
		/// of them closes the debit phase.
		///
		/// - `origin`: any signed account.
		/// - `interval`: whose.
		/// - `points`: those of the batch.
		///
		/// # Errors
		/// Nothing of the batch is done then: [`Error::DebitsNotDone`], [`Error::AlreadySettled`],
		/// [`Error::EmptyBatch`], [`Error::UnknownPoint`], [`Error::NothingToDraw`], [`Error::AccountsNotSet`],
		/// [`Error::Unwinding`], [`Error::Overflow`], [`Error::EarlierRunDue`], [`Error::UnknownInterval`].
		///
		/// # Events
		/// `SecurityDrawn` and `Owed` of `pallet-securities`, [`Event::Defaulted`], [`Event::Drawn`],
		/// [`Event::Covered`], [`Event::DebitsClosed`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::draw(points.len() as u32))]
		pub fn draw(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw(interval, &points)
		}

		/// Pays the credits of connection points for an interval. The batch with the last point pays the other parties
		/// and fixes the statement root. An interval without connection points is settled by an empty batch.
		///
		/// - `origin`: any signed account.
		/// - `interval`: whose.
		/// - `points`: those of the batch.
		///
		/// # Errors
		/// Nothing of the batch is done then: [`Error::DebitsNotDone`], [`Error::UnknownPoint`],
		/// [`Error::AlreadySettled`], [`Error::EmptyBatch`], [`Error::AccountsNotSet`], [`Error::Unwinding`],
		/// [`Error::Overflow`], [`Error::NotChanged`], [`Error::EarlierRunDue`], [`Error::UnknownInterval`].
		///
		/// # Events
		/// `Recovered` of `pallet-securities`, [`Event::Credited`], [`Event::Unclaimed`], [`Event::DefaultUndone`],
		/// [`Event::Returned`], [`Event::Settled`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::credit(points.len() as u32))]
		pub fn credit(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_credit(interval, &points)
		}

		/// Pays parties their shares of what came back of credits that a run of an interval scaled after defaults, as far as they
		/// have it not yet: what each then owes itself first, then its account.
		///
		/// - `origin`: any signed account.
		/// - `interval` and `run`: of which the credits were; the first run is 1.
		/// - `parties`: with whose lines their loss shares stand; who has nothing to receive is passed over.
		///
		/// # Errors
		/// [`Error::NothingCameBack`], [`Error::AccountsNotSet`], [`Error::Overflow`].
		///
		/// # Events
		/// [`Event::LossRepaid`] of each.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::recover(parties.len() as u32))]
		pub fn recover(
			origin: OriginFor<T>,
			interval: Interval,
			run: u16,
			parties: BoundedVec<Party, T::MaxPoints>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_recover(interval, run, &parties)
		}

		/// Voids an interval that does not settle, before its first credit: all its contracts are cancelled, and what its debits
		/// did so far is taken back in idle blocks ([`Event::Unwound`] tells when). Then it settles anew by [`Pallet::debit`] and
		/// the following: what was metered at posted prices; with its debit each point's collateral, and what is held for its
		/// offer or for an order of the grid operator, are released. Of an interval that is void already it changes nothing; if
		/// taking back failed, which would be a defect, it is tried again. Of an interval whose first run is done it drops the
		/// run that is due or under way instead: points that this has not counted yet stay as they were settled.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `interval`: whose; its sessions have ended, and so has its delivery.
		///
		/// # Errors
		/// [`Error::AlreadySettled`], [`Error::UnknownInterval`], [`Error::NotCleared`], [`Error::DeliveryNotEnded`],
		/// [`Error::CreditsBegun`], [`Error::RunNotDue`], [`Error::EarlierRunDue`], [`Error::Final`],
		/// [`Error::AccountsNotSet`], [`Error::Overflow`].
		///
		/// # Events
		/// [`Event::Voided`], and [`Event::ContractsCancelled`] at once if no debit was collected; [`Event::RunDropped`],
		/// and with the close of its debits [`Event::SetOff`], [`Event::Defaulted`], [`Event::Covered`], [`Event::DebitsClosed`],
		/// [`Event::Returned`].
		#[pallet::call_index(9)]
		// The close of the debits is what a batch of draws costs without points.
		#[pallet::weight(T::WeightInfo::void().saturating_add(T::WeightInfo::draw(0)))]
		pub fn void(origin: OriginFor<T>, interval: Interval) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_void(interval)
		}
	}
}
