//! The calls of securities. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds free money of its owner to a connection point's standing deposit.
		///
		/// - `origin`: the owner, or its delegate for funds.
		/// - `point`: the connection point.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::ZeroAmount`], [`Error::UnknownParticipant`], [`Error::BeyondDeposit`],
		/// [`Error::OtherSecurity`], [`Error::Overflow`]; if the signer may not move the owner's funds.
		///
		/// # Events
		/// [`Event::Deposited`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::deposit())]
		pub fn deposit(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_deposit(&ensure_signed(origin)?, point, amount)
		}

		/// Adds free money of their owners to the standing deposits of connection points, to all or to none. What an
		/// aggregator does for the members that let it move their funds.
		///
		/// - `origin`: who for every point is its owner, or the owner's delegate for funds.
		/// - `deposits`: connection points and amounts in nEUR.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::deposit`].
		///
		/// # Events
		/// [`Event::Deposited`] of each.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::deposit_many(deposits.len() as u32))]
		pub fn deposit_many(
			origin: OriginFor<T>,
			deposits: BoundedVec<(PointId, Balance), T::MaxPoints>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(!deposits.is_empty(), Error::<T>::EmptyBatch);
			deposits.into_iter().try_for_each(|(point, amount)| Self::do_deposit(&who, point, amount))
		}

		/// Stands in for a connection point with one's own free money, after the owner's own. If its owner chose who does, nobody
		/// else may; and whom it chose takes another's place by at least as much.
		///
		/// - `origin`: a retailer or an aggregator at the point's zone.
		/// - `point`: the connection point.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::ZeroAmount`], [`Error::UnknownParticipant`], [`Error::BeyondDeposit`],
		/// [`Error::OtherSecurity`], [`Error::OtherGuarantor`], [`Error::Overflow`], and those of a role check.
		///
		/// # Events
		/// [`Event::Deposited`]; [`Event::Released`] of what another had posted.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::guarantee())]
		pub fn guarantee(origin: OriginFor<T>, point: PointId, amount: Balance) -> DispatchResult {
			Self::do_guarantee(&ensure_signed(origin)?, point, amount)
		}

		/// Stands in for connection points with one's own free money, for all or for none. What a retailer or an
		/// aggregator does for its portfolio.
		///
		/// - `origin`: a retailer or an aggregator at every point's zone.
		/// - `guarantees`: connection points and amounts in nEUR.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::guarantee`].
		///
		/// # Events
		/// [`Event::Deposited`] of each, [`Event::Released`] of what others had posted.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::guarantee_many(guarantees.len() as u32))]
		pub fn guarantee_many(
			origin: OriginFor<T>,
			guarantees: BoundedVec<(PointId, Balance), T::MaxPoints>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(!guarantees.is_empty(), Error::<T>::EmptyBatch);
			guarantees.into_iter().try_for_each(|(point, amount)| Self::do_guarantee(&who, point, amount))
		}

		/// Gives notice that something of what secures a connection point shall be returned. It secures all intervals
		/// that are open by now; another notice replaces this one. Of a participant that was removed it is always of all, and the
		/// first one stands.
		///
		/// - `origin`: who posted it, or its delegate for funds; anybody for a participant that was removed.
		/// - `point` and `backing`: whose security it is, and whether the deposit or the guarantee.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::NoSecurity`], [`Error::ZeroAmount`], [`Error::DepositTooSmall`]; if the signer may not move the
		/// funds of who posted it.
		///
		/// # Events
		/// [`Event::NoticeGiven`], and [`Event::SecurityLow`] if what stays comes to be used up nearly.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::give_notice())]
		pub fn give_notice(origin: OriginFor<T>, point: PointId, backing: Backing, amount: Balance) -> DispatchResult {
			Self::do_give_notice(&ensure_signed(origin)?, point, backing, amount)
		}

		/// Returns what notice was given of, once every interval that it secures is final.
		///
		/// - `origin`: who posted it, or its delegate for funds; anybody for a participant that was removed.
		/// - `point` and `backing`: whose security it is, and whether the deposit or the guarantee.
		///
		/// # Errors
		/// [`Error::NoSecurity`], [`Error::NoNotice`], [`Error::StillSecures`]; if the signer may not move the funds of
		/// who posted it.
		///
		/// # Events
		/// [`Event::Released`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::release())]
		pub fn release(origin: OriginFor<T>, point: PointId, backing: Backing) -> DispatchResult {
			Self::do_release(&ensure_signed(origin)?, point, backing)
		}

		/// Pays what a participant owes after defaults, which goes to who bore them, and then what it owes to those who stood in for
		/// it, no more than that and to no more than four of them.
		///
		/// - `origin`: any signed account, which pays.
		/// - `participant`: who owes.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::NoDebt`], [`Error::ZeroAmount`], [`Error::BeyondFreeMoney`].
		///
		/// # Events
		/// [`Event::Recovered`], [`Event::ClaimPaid`] of each guarantor.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::repay())]
		pub fn repay(origin: OriginFor<T>, participant: ParticipantId, amount: Balance) -> DispatchResult {
			Self::do_repay(&ensure_signed(origin)?, participant, amount)
		}

		/// Moves free money of a participant into its margin, which secures its orders, and where it stays until it is moved
		/// out or its debts take it.
		///
		/// - `origin`: the participant, or its delegate for funds.
		/// - `participant`: whose money it is.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::ZeroAmount`], [`Error::UnknownParticipant`], [`Error::BeyondFreeMoney`], [`Error::Overflow`]; if the
		/// signer may not move the participant's funds.
		///
		/// # Events
		/// [`Event::MarginMovedIn`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::margin_in())]
		pub fn margin_in(origin: OriginFor<T>, participant: ParticipantId, amount: Balance) -> DispatchResult {
			Self::do_margin_in(&ensure_signed(origin)?, participant, amount)
		}

		/// Moves money that no order holds out of a participant's margin, back to its account.
		///
		/// - `origin`: the participant, or its delegate for funds; anybody for one that was removed.
		/// - `participant`: whose money it is.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::ZeroAmount`], [`Error::UnknownParticipant`], [`Error::BeyondMargin`]; if the signer may not move the
		/// participant's funds.
		///
		/// # Events
		/// [`Event::MarginMovedOut`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::margin_out())]
		pub fn margin_out(origin: OriginFor<T>, participant: ParticipantId, amount: Balance) -> DispatchResult {
			Self::do_margin_out(&ensure_signed(origin)?, participant, amount)
		}

		/// Adds free money of a balance-responsible party to what it stands in with for imbalances that others do not pay.
		///
		/// - `origin`: the balance-responsible party.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::ZeroAmount`], [`Error::UnknownParticipant`], [`Error::BeyondDeposit`], [`Error::Overflow`], and those of a
		/// role check.
		///
		/// # Events
		/// [`Event::BalancingDeposited`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::deposit_balancing())]
		pub fn deposit_balancing(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			Self::do_deposit_balancing(&ensure_signed(origin)?, amount)
		}

		/// Gives notice that something of that shall be returned. It secures all intervals that are open by now; another notice
		/// replaces this one. Of a participant that was removed it is always of all, and the first one stands.
		///
		/// - `origin`: the participant that posted it, or its delegate for funds; anybody for one that was removed.
		/// - `participant`: who posted it.
		/// - `amount`: in nEUR.
		///
		/// # Errors
		/// [`Error::NoSecurity`], [`Error::ZeroAmount`], [`Error::DepositTooSmall`]; if the signer may not move the
		/// participant's funds.
		///
		/// # Events
		/// [`Event::BalancingNoticeGiven`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::give_notice_balancing())]
		pub fn give_notice_balancing(
			origin: OriginFor<T>,
			participant: ParticipantId,
			amount: Balance,
		) -> DispatchResult {
			Self::do_give_notice_balancing(&ensure_signed(origin)?, participant, amount)
		}

		/// Returns what notice was given of, once every interval that it secures is final. As long as the participant was
		/// balance-responsible in the last thirty days, three times what it earned with imbalances in the best of them stays.
		///
		/// - `origin`: the participant that posted it, or its delegate for funds; anybody for one that was removed.
		/// - `participant`: who posted it.
		///
		/// # Errors
		/// [`Error::NoSecurity`], [`Error::NoNotice`], [`Error::StillSecures`], [`Error::BelowLeast`]; if the signer may not
		/// move the participant's funds.
		///
		/// # Events
		/// [`Event::BalancingReleased`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::release_balancing())]
		pub fn release_balancing(origin: OriginFor<T>, participant: ParticipantId) -> DispatchResult {
			Self::do_release_balancing(&ensure_signed(origin)?, participant)
		}

		/// Chooses who stands in for a connection point, or lets any retailer or aggregator of its zone do so. Who is chosen takes the
		/// place of another guarantor by posting at least as much as that has: then it secures all that the other did, whose money is
		/// free at once.
		///
		/// - `origin`: the owner, or its delegate for funds.
		/// - `point`: the connection point.
		/// - `guarantor`: an active participant; `None`: whoever comes first.
		///
		/// # Errors
		/// [`Error::UnknownPoint`]; if the signer may not move the owner's funds; if the guarantor is unknown or suspended.
		///
		/// # Events
		/// [`Event::GuarantorChosen`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::choose_guarantor())]
		pub fn choose_guarantor(
			origin: OriginFor<T>,
			point: PointId,
			guarantor: Option<ParticipantId>,
		) -> DispatchResult {
			Self::do_choose_guarantor(&ensure_signed(origin)?, point, guarantor)
		}
	}
}
