//! The calls of the grid. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Adds a zone below `parent`, or the root if there is none, from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at the parent; for the root, one of the whole grid or
		///   [`Config::AdminOrigin`].
		/// - `link`: limits in W and fee in nEUR/Wh of the link to the parent; empty for the root.
		///
		/// # Errors
		/// For the root [`Error::RootExists`], [`Error::RootHasNoLink`]; for others [`Error::UnknownZone`],
		/// [`Error::ZoneRetired`], [`Error::TooDeep`], [`Error::PathFeeTooHigh`], [`Error::QuotaReached`] if who operates
		/// a part of the grid has added a quarter of all zones; [`Error::TooManyZones`], and those of a role check.
		///
		/// # Events
		/// [`Event::ZoneAdded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::add_zone())]
		pub fn add_zone(origin: OriginFor<T>, parent: Option<ZoneId>, link: Link) -> DispatchResult {
			Self::do_add_zone_as(origin, NewZone { parent, link }, Self::most_zones())
		}

		/// Sets the static terms of the link of `zone` from the first unopened interval on. The fee may only fall. What the link
		/// carries who operates the zone's parent granted, so it alone lifts that.
		///
		/// - `origin`: a distribution system operator at the zone; at its parent, if the link is to carry more.
		/// - `link`: limits in W and fee in nEUR/Wh of the link to the parent.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::RootHasNoLink`], [`Error::ZoneRetired`], [`Error::FeeRaised`],
		/// [`Error::LimitLifted`], [`Error::TooManyLinkChanges`], and those of a role check.
		///
		/// # Events
		/// [`Event::LinkSet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_link().saturating_add(Pallet::<T>::paths_weight(2)))]
		pub fn set_link(origin: OriginFor<T>, zone: ZoneId, link: Link) -> DispatchResult {
			Self::ensure_sets_link(origin, zone, &link)?;
			Self::do_set_link(zone, link)
		}

		/// Takes `zone`, which has no living children and points, out of the tree, from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at the zone.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::RootStays`], [`Error::ZoneRetired`], [`Error::ZoneHasChildren`],
		/// [`Error::ZoneHasPoints`], and those of a role check.
		///
		/// # Events
		/// [`Event::ZoneRetired`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::retire_zone())]
		pub fn retire_zone(origin: OriginFor<T>, zone: ZoneId) -> DispatchResult {
			Self::ensure_operates(origin, zone)?;
			Self::do_retire_zone(zone)
		}

		/// Adds a connection point of this `kind` in `zone`, from the first unopened interval on. A coupling belongs to the
		/// balance-responsible party, and stands at the root or where the council allows it. What an operator of a part of the
		/// grid adds for a participant that it does not act for is a proposal, until its owner accepts it.
		///
		/// - `origin`: a distribution system operator at the zone.
		/// - `owner`: the active participant whose point it is.
		/// - `import_w`, `export_w`: the most power, in W, that it may draw and feed in; at most [`Config::MaxRating`], and by an
		///   operator of a part no more than each link up to the root carries.
		///
		/// # Errors
		/// [`Error::UnknownZone`], [`Error::ZoneRetired`], [`Error::RatingTooHigh`]; if who operates a part of the grid has
		/// added a quarter of all points [`Error::QuotaReached`], if the zone has its share [`Error::TooManyPointsInZone`],
		/// [`Error::RatingBeyondLink`]; [`Error::TooManyPoints`]; of a
		/// coupling [`Error::NotBalancingParty`] and [`Error::NoCouplingsHere`]; those of a role check, and what the
		/// participants pallet says about the owner.
		///
		/// # Events
		/// [`Event::PointAdded`], or [`Event::PointProposed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::add_point())]
		pub fn add_point(
			origin: OriginFor<T>,
			zone: ZoneId,
			owner: ParticipantId,
			kind: PointKind,
			import_w: Watt,
			export_w: Watt,
		) -> DispatchResult {
			Self::do_add_point_as(origin, NewPoint { zone, owner, kind, import_w, export_w })
		}

		/// Takes connection point `point` off the grid from the first unopened interval on.
		///
		/// - `origin`: a distribution system operator at its zone.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::PointRetired`], and those of a role check.
		///
		/// # Events
		/// [`Event::PointRetired`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::retire_point())]
		pub fn retire_point(origin: OriginFor<T>, point: PointId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire_point(who, point)
		}

		/// Publishes limits and fees of links for `interval`, whose gate is open: all of them or none. A later publication for
		/// the same link replaces an earlier one. Declares the walks from all zones to the root, and costs those that the signer's
		/// role needs.
		///
		/// - `origin`: a distribution system operator at each of the zones; at the parents of those whose links are to carry more
		///   than their static limits.
		/// - `links`: zones, and limits in W and fee in nEUR/Wh of the link to their parent; each zone once.
		///
		/// # Errors
		/// [`Error::IntervalNotOpen`], [`Error::EmptyPublication`], [`Error::DuplicateZone`], [`Error::UnknownZone`],
		/// [`Error::RootHasNoLink`], [`Error::ZoneRetired`], [`Error::FeeAboveStatic`], [`Error::LimitLifted`],
		/// [`Error::BelowSoldFlow`], and those of a role check.
		///
		/// # Events
		/// [`Event::Published`].
		#[pallet::call_index(5)]
		#[pallet::weight(Pallet::<T>::publish_weight(links.len(), Pallet::<T>::most_read(links.len())))]
		pub fn publish(
			origin: OriginFor<T>,
			interval: Interval,
			links: BoundedVec<(ZoneId, Link), T::MaxBatch>,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let count = links.len();
			let read = Self::do_publish(who, interval, links)?;
			Ok(Some(Self::publish_weight(count, read)).into())
		}

		/// Adds zones in the order given, as [`Pallet::add_zone`] adds one: all of them or none. A zone may hang below one
		/// before it in the list; they are numbered on from [`NextZone`].
		///
		/// - `origin`: who may add each of them with [`Pallet::add_zone`].
		/// - `zones`: parent and link of each.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::add_zone`].
		///
		/// # Events
		/// [`Event::ZoneAdded`] of each.
		#[pallet::call_index(6)]
		#[pallet::weight(
			T::WeightInfo::add_zones(zones.len() as u32).saturating_add(Pallet::<T>::paths_weight(zones.len()))
		)]
		pub fn add_zones(origin: OriginFor<T>, zones: BoundedVec<NewZone, T::MaxBatch>) -> DispatchResult {
			Self::do_add_zones(origin, &zones)
		}

		/// Adds connection points, as [`Pallet::add_point`] adds one: all of them or none. They are numbered on from
		/// [`NextPoint`], in the order given.
		///
		/// - `origin`: a distribution system operator at each of the zones.
		/// - `points`: zone, owner, kind and ratings in W of each.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::add_point`].
		///
		/// # Events
		/// [`Event::PointAdded`] or [`Event::PointProposed`] of each.
		#[pallet::call_index(7)]
		#[pallet::weight(
			T::WeightInfo::add_points(points.len() as u32).saturating_add(Pallet::<T>::paths_weight(points.len()))
		)]
		pub fn add_points(origin: OriginFor<T>, points: BoundedVec<NewPoint, T::MaxBatch>) -> DispatchResult {
			Self::do_add_points(origin, &points)
		}

		/// Lets couplings be added in `zone`, beside the root, or no more. Those that stand there stay until they are retired.
		///
		/// - `origin`: [`Config::AdminOrigin`].
		/// - `allowed`: whether they may be added from now on.
		///
		/// # Errors
		/// [`Error::UnknownZone`].
		///
		/// # Events
		/// [`Event::CouplingsAllowed`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::allow_couplings())]
		pub fn allow_couplings(origin: OriginFor<T>, zone: ZoneId, allowed: bool) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_allow_couplings(zone, allowed)
		}

		/// Accepts a connection point that the operator of a part of the grid proposed: it exists from the first unopened
		/// interval on, and settles at its owner's cost.
		///
		/// - `origin`: the point's owner, or its delegate for operation.
		/// - `proposal`: the number of the proposal.
		///
		/// # Errors
		/// [`Error::UnknownProposal`], [`Error::ProposalExpired`]; what has become wrong since it was proposed:
		/// [`Error::ZoneRetired`], [`Error::UnknownZone`], [`Error::RatingTooHigh`], [`Error::RatingBeyondLink`],
		/// [`Error::NoCouplingsHere`], [`Error::TooManyPoints`]; if the signer does not act for the owner, and those of a role
		/// check of who proposed it.
		///
		/// # Events
		/// [`Event::PointAdded`], [`Event::ProposalEnded`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::accept_point())]
		pub fn accept_point(origin: OriginFor<T>, proposal: ProposalId) -> DispatchResult {
			Self::do_accept_point(&ensure_signed(origin)?, proposal)
		}

		/// Withdraws or declines a proposed connection point, which counts in no quota any more.
		///
		/// - `origin`: the point's owner, the participant whose operator proposed it, or a delegate of either for operation; a
		///   distribution system operator at the zone; anybody when the proposal's time is over.
		/// - `proposal`: the number of the proposal.
		///
		/// # Errors
		/// [`Error::UnknownProposal`], [`Error::NotYourProposal`].
		///
		/// # Events
		/// [`Event::ProposalEnded`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::withdraw_point())]
		pub fn withdraw_point(origin: OriginFor<T>, proposal: ProposalId) -> DispatchResult {
			Self::do_withdraw_point(&ensure_signed(origin)?, proposal)
		}
	}
}
