//! The calls of the market. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Places the order of a connection point in a session and holds its collateral, of the owner's margin.
		///
		/// - `origin`: signed by the point's owner, who holds a role that trades there ([`busbar_primitives::Role::trading`]), or
		///   a delegate with the right to trade.
		/// - `interval` and `product` name the session, an auction whose gate is open.
		/// - `point`: one in force in the interval, of whose zone the order becomes part.
		/// - `steps`: quantities in Wh, limit prices in nEUR/Wh on the tick and within the bounds, buys below sells.
		///   The sum of either side, over all sessions of the interval, stays within the point's rating.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotAnAuction`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if
		/// the signer may not trade there, [`Error::RetailersPoint`] if nobody may, [`Error::NotMetered`]; [`Error::UnknownOwner`],
		/// [`Error::OrderExists`]; [`Error::NoSteps`],
		/// [`Error::ZeroQuantity`], [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`], [`Error::CrossedSteps`];
		/// [`Error::BeyondRating`], [`Error::QuotaReached`] if the steps of all the owner's orders would be more than a
		/// quarter of the session's price levels; [`Error::TooManyLevels`], [`Error::QueueFull`], [`Error::Overflow`];
		/// those of `Collateral` if the owner has unpaid debt, if the order buys and what secures the point is used nearly, or
		/// if the margin does not cover the worst net debt: the owner adds to them by `securities.deposit` and `securities.margin_in`.
		///
		/// # Events
		/// [`Event::OrderPlaced`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::place(steps.len() as u32).saturating_add(Pallet::<T>::longest_walk()))]
		pub fn place(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			steps: BoundedVec<Step, T::MaxSteps>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let (zone, account, arrival, held, walked) = Self::do_place(&who, (interval, product), point, &steps, 0)?;
			let weight = T::WeightInfo::place(steps.len() as u32).saturating_add(Self::walk(walked));
			Self::deposit_event(Event::OrderPlaced { interval, product, point, zone, account, arrival, held, steps });
			Ok(Some(weight).into())
		}

		/// Replaces the order of a connection point in a session, at once: its collateral is released and the new one's
		/// held, and it loses its place in time.
		///
		/// - `origin`: as of [`Pallet::place`].
		/// - `interval`, `product`, `point` and `steps`: as of [`Pallet::place`].
		///
		/// # Errors
		/// [`Error::NoOrder`] if none stands; those of [`Pallet::place`].
		///
		/// # Events
		/// [`Event::OrderReplaced`].
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::replace(T::MaxSteps::get(), steps.len() as u32).saturating_add(Pallet::<T>::longest_walk())
		)]
		pub fn replace(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			steps: BoundedVec<Step, T::MaxSteps>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let new = steps.len() as u32;
			let session = (interval, product);
			let order = Self::do_cancel(&who, session, point)?;
			let (old, bought) = (order.steps.len() as u32, order.bought());
			let (zone, account, arrival, held, walked) = Self::do_place(&who, session, point, &steps, bought)?;
			Self::deposit_event(Event::OrderReplaced { interval, product, point, zone, account, arrival, held, steps });
			Ok(Some(T::WeightInfo::replace(old, new).saturating_add(Self::walk(walked))).into())
		}

		/// Cancels the order of a connection point in a session and releases its collateral.
		///
		/// - `origin`: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, whose gate is open.
		/// - `point`: where the order stands.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`];
		/// [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if the signer may not trade
		/// there; [`Error::NoOrder`] if none stands.
		///
		/// # Events
		/// [`Event::OrderCancelled`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::cancel(T::MaxSteps::get()))]
		pub fn cancel(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let Order { account, held: released, steps, .. } = Self::do_cancel(&who, (interval, product), point)?;
			let steps = steps.len() as u32;
			Self::deposit_event(Event::OrderCancelled { interval, product, point, account, released });
			Ok(Some(T::WeightInfo::cancel(steps)).into())
		}

		/// Sets the parameters of intervals that have not opened yet.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `parameters`: all of them; the interval clock, the interval's length and the epoch as they are.
		///
		/// # Errors
		/// [`Error::FixedAtGenesis`] if one of these three differs, because intervals are numbered and measured by
		/// them; [`Error::InvalidClock`], [`Error::InvalidHorizon`], [`Error::InvalidProducts`],
		/// [`Error::InvalidTick`], [`Error::InvalidPriceBounds`], [`Error::InvalidPostedBounds`],
		/// [`Error::WindowsTooLong`] if they make no sense together; [`Error::NoTimeToClear`] if gates would not be decided before delivery; [`Error::UnknownArea`] if a continuous product's area is not set.
		///
		/// # Events
		/// [`Event::ParametersSet`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: Parameters) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let old = ParametersValue::<T>::get();
			ensure!(
				(old.interval_clock_s, old.interval_s, old.epoch)
					== (parameters.interval_clock_s, parameters.interval_s, parameters.epoch),
				Error::<T>::FixedAtGenesis
			);
			parameters.validate::<T>(T::SlotDuration::get()).map_err(Error::<T>::from)?;
			parameters.validate_time::<T>(T::Grid::zone_count()).map_err(Error::<T>::from)?;
			for product in &parameters.products {
				Self::kind(product).ensure_known(product)?;
			}
			ParametersValue::<T>::put(&parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}

		/// Submits an order to a continuous session: it trades at once with what it can, best price first, and stands
		/// with the rest if its time in force says so. Its collateral is held.
		///
		/// - `origin`: as of [`Pallet::place`].
		/// - `interval` and `product` name the session, a continuous one whose gate is open; `point` is in one of its
		///   zones.
		/// - `side`: whether it buys or sells.
		/// - `price`: limit in nEUR/Wh on the tick and within the bounds, including the fees that the order may have to
		///   bear.
		/// - `wh`: quantity in Wh, within the point's rating over all sessions of the interval.
		/// - `time_in_force`: what becomes of what does not trade at once. A whole order that waits may end a worse one, of
		///   less energy or a worse limit, if all places are taken ([`crate::products::places`]).
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotContinuous`], [`Error::SessionPaused`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and
		/// those of `Participants` if the signer may not trade there, [`Error::RetailersPoint`] if nobody may;
		/// [`Error::NotMetered`], [`Error::UnknownOwner`], [`Error::OutsideArea`],
		/// and with a session's first order [`Error::UnknownArea`], [`Error::NoSubtree`]; [`Error::ZeroQuantity`],
		/// [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`]; [`Error::BeyondRating`], [`Error::TooManyOrders`],
		/// [`Error::NoRoomToWait`], [`Error::QuotaReached`], [`Error::Overflow`]; those of `Collateral` as of
		/// [`Pallet::place`]; [`Error::NoOrder`] if what gives way does not stand, which would be a defect.
		///
		/// # Events
		/// [`Event::LimitOrderSubmitted`], an [`Event::Traded`] per trade, and [`Event::LimitOrderEnded`] if it does
		/// not stand and for one that gives way to it.
		#[pallet::call_index(4)]
		#[pallet::weight(
			T::WeightInfo::submit(FILLS)
				.saturating_add(Pallet::<T>::giving_way(*time_in_force))
				.saturating_add(Pallet::<T>::longest_walk())
		)]
		#[allow(clippy::too_many_arguments)]
		pub fn submit(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			side: Side,
			price: Price,
			wh: Wh,
			time_in_force: TimeInForce,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let ticket = Ticket { point, side, price, wh, time_in_force };
			let (_, trades, walked) = Self::do_submit(&who, (interval, product), ticket)?;
			let weight = T::WeightInfo::submit(trades).saturating_add(Self::giving_way(time_in_force));
			Ok(Some(weight.saturating_add(Self::walk(walked))).into())
		}

		/// Withdraws an order from a continuous session and releases its collateral.
		///
		/// - `origin`: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name the session, whose gate is open.
		/// - `id`: the order's number in it.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NotContinuous`], [`Error::SessionPaused`]; [`Error::NoOrder`] if none stands;
		/// [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if the signer may not trade
		/// there; [`Error::TookAPlace`] if it waits where another waited before; [`Error::UnknownArea`] and
		/// [`Error::NoSubtree`] if the order is in no book, which would be a defect.
		///
		/// # Events
		/// [`Event::LimitOrderEnded`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, interval: Interval, product: ProductId, id: u64) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw(&who, (interval, product), id)
		}

		/// Changes limit and quantity of an order of a continuous session. If the price stays and the quantity does not
		/// grow it keeps its place in time; else it is withdrawn and submitted anew.
		///
		/// - `origin`: as of [`Pallet::place`].
		/// - `interval`, `product` and `id` name the order, as of [`Pallet::withdraw`].
		/// - `price` in nEUR/Wh and `wh` in Wh: as of [`Pallet::submit`].
		///
		/// # Errors
		/// those of [`Pallet::withdraw`]; if it is submitted anew those of [`Pallet::submit`], too.
		///
		/// # Events
		/// [`Event::LimitOrderReduced`], or [`Event::LimitOrderEnded`] and those of [`Pallet::submit`].
		#[pallet::call_index(6)]
		#[pallet::weight(
			T::WeightInfo::withdraw()
				.saturating_add(T::WeightInfo::submit(FILLS))
				.saturating_add(Pallet::<T>::longest_walk())
		)]
		pub fn amend(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			id: u64,
			price: Price,
			wh: Wh,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let (_, trades, walked) = Self::do_amend(&who, (interval, product), id, price, wh)?;
			let weight = T::WeightInfo::withdraw().saturating_add(T::WeightInfo::submit(trades));
			Ok(Some(weight.saturating_add(Self::walk(walked))).into())
		}

		/// Sets the zones of an area in which continuous products trade: for sessions in which no order has arrived
		/// yet.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `area`: its number.
		/// - `zones`: a part of the tree, the top first.
		///
		/// # Errors
		/// [`Error::NoSubtree`] if the zones are none, as the tree stands in the interval that opens next.
		///
		/// # Events
		/// [`Event::AreaSet`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_area())]
		pub fn set_area(origin: OriginFor<T>, area: AreaId, zones: Area) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::check_area(&zones)?;
			Areas::<T>::insert(area, &zones);
			Self::deposit_event(Event::AreaSet { area, zones });
			Ok(())
		}

		/// Places a block order, whose energy begins in an interval, and holds its collateral.
		///
		/// - `origin`: as of [`Pallet::place`].
		/// - `interval` and `product` name a session whose gate is open and whose intervals clear together.
		/// - `point`: one in force in all intervals of the order.
		/// - `side`: whether it buys or sells.
		/// - `price`: limit of the order's sum in nEUR/Wh, on the tick and within the bounds.
		/// - `wh`: energy in Wh of `interval` and the following ones, all of one span, within the point's rating.
		///
		/// If all places of the span are taken, a worse block order, of less energy or a worse limit, gives way
		/// ([`crate::products::places`]), and this one cannot be cancelled.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`],
		/// [`Error::NoBlockOrders`], [`Error::BeyondSpan`]; [`Error::UnknownPoint`], [`Error::PointNotInForce`] and
		/// those of `Participants` if the signer may not trade there, [`Error::RetailersPoint`] if nobody may in one of the
		/// intervals; [`Error::NotMetered`], [`Error::UnknownOwner`]; [`Error::ZeroQuantity`],
		/// [`Error::PriceOutOfBounds`], [`Error::PriceOffTick`]; [`Error::BeyondRating`], [`Error::Overflow`],
		/// [`Error::TooManyBlockOrders`], [`Error::QuotaReached`], [`Error::TooManyOrders`]; those of `Collateral` as of
		/// [`Pallet::place`].
		///
		/// # Events
		/// [`Event::BlockOrderEvicted`] if one gives way, and [`Event::BlockOrderPlaced`]. What becomes of it is told when
		/// the gate closes.
		#[pallet::call_index(8)]
		#[pallet::weight(
			T::WeightInfo::place_block_order(wh.len() as u32)
				.saturating_add(T::WeightInfo::cancel_block_order())
				.saturating_add(Pallet::<T>::longest_walk())
		)]
		pub fn place_block_order(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			point: PointId,
			side: Side,
			price: Price,
			wh: Energies,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let weight =
				T::WeightInfo::place_block_order(wh.len() as u32).saturating_add(T::WeightInfo::cancel_block_order());
			let ticket = BlockOrderTicket { point, side, price, wh: &wh };
			let placed = Self::do_place_block_order(&who, (interval, product), ticket)?;
			let Placed { id, zone, account, held, walked } = placed;
			Self::deposit_event(Event::BlockOrderPlaced {
				interval,
				product,
				id,
				point,
				zone,
				account,
				side,
				price,
				wh,
				held,
			});
			Ok(Some(weight.saturating_add(Self::walk(walked))).into())
		}

		/// Cancels a block order and releases its collateral.
		///
		/// - `origin`: signed by the point's owner or a delegate with the right to trade.
		/// - `interval` and `product` name a session of its span, any of them, whose gate is open.
		/// - `id`: the order's number in the span.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownProduct`], [`Error::NotOpenYet`], [`Error::GateClosed`];
		/// [`Error::NoOrder`] if it does not stand; [`Error::TookAPlace`] if another one gave way to it;
		/// [`Error::UnknownPoint`], [`Error::PointNotInForce`] and those of `Participants` if the signer may not trade
		/// there.
		///
		/// # Events
		/// [`Event::BlockOrderCancelled`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::cancel_block_order())]
		pub fn cancel_block_order(
			origin: OriginFor<T>,
			interval: Interval,
			product: ProductId,
			id: u32,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let released = Self::do_cancel_block_order(&who, (interval, product), id)?;
			Self::deposit_event(Event::BlockOrderCancelled { interval, product, id, released });
			Ok(())
		}
	}
}
