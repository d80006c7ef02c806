//! The calls of metering. A section of `lib.rs`, which imports it.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a meter of this accuracy `class` that counts at `point` from the interval `from` on. The meter of the same
		/// duty that may be there counts up to that interval, so that none is counted twice or not at all. A point's first main
		/// meter counts from the first unopened interval on if delivery of `from` has begun; from there on the point trades, and
		/// is settled if it is silent too.
		///
		/// - `origin`: for the main meter, a meter operator at the point's zone, which replaces its own meters, those at its own
		///   points, and others as the grid operator or once it is admitted ([`Pallet::admit_operator`]), and fits a first one if it
		///   reads all of the grid or might replace it; for the check meter
		///   (`duty`), the second attester that the point's owner named. The meter becomes its own.
		/// - `device`: the device's Ed25519 public key.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::OwnPoint`], [`Error::NotNamed`], [`Error::TooFarAhead`], [`Error::NotAdmitted`],
		/// [`Error::TooLate`], [`Error::NoMeter`], [`Error::Overlap`], [`Error::ReplacedTooSoon`], [`Error::TooManyMeters`], and those of a role
		/// check.
		///
		/// # Events
		/// [`Event::MeterRegistered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_meter())]
		pub fn register_meter(
			origin: OriginFor<T>,
			point: PointId,
			device: DeviceKey,
			class: MeterClass,
			duty: Duty,
			from: Interval,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_meter(&who, NewMeter { point, device, class, duty, from })
		}

		/// Attests the readings of `interval` by the Merkle `root` over their leaves, as a new version if the operator did so
		/// before. The operator's bond is tied until the interval's last dispute must be decided.
		///
		/// - `origin`: a meter operator or a named second attester, who posted the bond.
		/// - `count`: number of the readings.
		/// - `bytes`, `content`: length and hash of the dataset as it is stored off chain.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`], [`Error::TooManyVersions`],
		/// [`Error::NoBond`], [`Error::BondTooSmall`], and those of a role check.
		///
		/// # Events
		/// [`Event::Attested`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::attest())]
		pub fn attest(
			origin: OriginFor<T>,
			interval: Interval,
			root: H256,
			count: u32,
			bytes: u32,
			content: H256,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_attest(who, interval, root, count, bytes, content)
		}

		/// Brings `readings` of `interval` with the proofs that `operator` attested them in its newest version: all of them or
		/// none. One that contradicts what the same device signed before, or what the point's other meter counted, or that is
		/// beyond twice what the point's ratings allow, opens a dispute.
		///
		/// - `origin`: anyone who signs.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`],
		/// [`Error::NoDataset`], [`Error::WrongInterval`], [`Error::UnknownPoint`], [`Error::PointNotInForce`],
		/// [`Error::NoMeter`], [`Error::WrongPoint`], [`Error::MeterNotInForce`], [`Error::OutOfRange`],
		/// [`Error::WrongOperator`], [`Error::WrongProof`], [`Error::WrongSignature`], [`Error::Contested`],
		/// [`Error::NoBasis`], [`Error::WrongEstimate`], [`Error::NotNamed`], [`Error::AlreadyProven`], [`Error::Weaker`],
		/// [`Error::Implausible`], [`Error::ReplacedTooOften`].
		///
		/// # Events
		/// [`Event::Proven`], [`Event::DisputeOpened`], [`Event::DisputeDecided`].
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::prove(readings.len() as u32)
				.saturating_add(T::WeightInfo::hash(hashes(readings)))
				.saturating_add(T::WeightInfo::estimate(estimates(readings)))
				.saturating_add(weights::replaced(T::DbWeight::get(), readings.len() as u32))
		)]
		pub fn prove(
			origin: OriginFor<T>,
			interval: Interval,
			operator: ParticipantId,
			readings: BoundedVec<ProvenReading, T::MaxReadings>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prove(interval, operator, &readings)
		}

		/// Ends `meter`: `until` is the first interval that it does not count any more, one that has not opened. The point's
		/// silence counts from then on too.
		///
		/// - `origin`: its operator, or who operates for it.
		///
		/// # Errors
		/// [`Error::NoMeter`], [`Error::AlreadyRetired`], [`Error::TooLate`], [`Error::Overlap`], [`Error::TooFarAhead`]; if
		/// the signer does not act for the operator.
		///
		/// # Events
		/// [`Event::MeterRetired`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::retire_meter())]
		pub fn retire_meter(origin: OriginFor<T>, meter: MeterId, until: Interval) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire_meter(who, meter, until)
		}

		/// Names `attester` as the second attester of `point`, or none.
		///
		/// - `origin`: the point's owner, or who operates for it.
		///
		/// # Errors
		/// [`Error::UnknownPoint`]; if the signer does not act for the owner; if the attester is unknown or suspended.
		///
		/// # Events
		/// [`Event::AttesterNamed`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::name_attester())]
		pub fn name_attester(origin: OriginFor<T>, point: PointId, attester: Option<ParticipantId>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_name_attester(who, point, attester)
		}

		/// Posts `amount` nEUR more of an operator's bond.
		///
		/// - `origin`: a meter operator or a named second attester, always from the same account.
		///
		/// # Errors
		/// [`Error::ZeroAmount`], [`Error::OtherAccount`], those of a role check; if the account's free money does not cover
		/// it.
		///
		/// # Events
		/// [`Event::BondChanged`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::post_bond())]
		pub fn post_bond(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_post_bond(who, amount)
		}

		/// Takes back `amount` nEUR of the bond of `operator`: what is beyond the required bond at any time, the rest when
		/// nothing that the operator attested can be disputed.
		///
		/// - `origin`: the account that posted it, as long as the operator is not suspended.
		///
		/// # Errors
		/// [`Error::NoBond`], [`Error::OtherAccount`], [`Error::ZeroAmount`], [`Error::BondTooSmall`],
		/// [`Error::BondLocked`]; if the operator is suspended or removed.
		///
		/// # Events
		/// [`Event::BondChanged`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::withdraw_bond())]
		pub fn withdraw_bond(
			origin: OriginFor<T>,
			operator: ParticipantId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_bond(who, operator, amount)
		}

		/// Disputes a main meter's reading with one that its device signed, the `claim`. The chain fills a gap, replaces a
		/// reading of lesser quality and finds an operator at fault whose leaf its device did not sign; two contradicting
		/// readings of one device wait for the regulator, and a bond of the disputant is held.
		///
		/// - `origin`: the point's owner, its second attester, the balance-responsible party or the grid operator.
		/// - `attested`: the leaf that the claim contradicts, if it is not proven yet, and the version of the dataset that it
		///   stands in.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`], [`Error::UnknownPoint`],
		/// [`Error::PointNotInForce`], [`Error::NoMeter`], [`Error::WrongPoint`], [`Error::MeterNotInForce`],
		/// [`Error::OutOfRange`], [`Error::NotAffected`], [`Error::Contested`], [`Error::NotMainMeter`],
		/// [`Error::ClaimEstimated`], [`Error::WrongSignature`], [`Error::NoDataset`], [`Error::NoVersion`],
		/// [`Error::OtherReading`], [`Error::WrongProof`], [`Error::AlreadyFaulted`], [`Error::NoContradiction`],
		/// [`Error::Weaker`], [`Error::Implausible`], [`Error::ReplacedTooOften`]; if the disputant's free money does not cover the bond.
		///
		/// # Events
		/// [`Event::DisputeOpened`] or [`Event::DisputeDecided`]; [`Event::Penalised`].
		#[pallet::call_index(7)]
		#[pallet::weight(
			T::WeightInfo::dispute()
				.saturating_add(T::WeightInfo::hash(leaf_hashes(attested)))
				.saturating_add(weights::replaced(T::DbWeight::get(), 1))
		)]
		pub fn dispute(
			origin: OriginFor<T>,
			claim: SignedReading,
			attested: Option<(u16, ProvenReading)>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_dispute(who, claim, attested)
		}

		/// Decides the open dispute over the reading of `point` in `interval` by a `verdict`: if it is upheld, the claim stands
		/// as corrected, or without one the chain's estimate settles; if not, the reading settles, however much it is.
		///
		/// - `origin`: a regulator at the point's zone.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::UnknownPoint`], [`Error::NoDispute`], [`Error::DeadlinePassed`], and those of a role check.
		///
		/// # Events
		/// [`Event::DisputeDecided`], [`Event::Penalised`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::rule().saturating_add(weights::like(T::DbWeight::get(), 1)))]
		pub fn rule(origin: OriginFor<T>, interval: Interval, point: PointId, verdict: Verdict) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_rule(who, interval, point, verdict)
		}

		/// Ends a dispute over the reading of `point` in `interval` that the regulator did not decide in time: the reading
		/// stands and the bond goes back.
		///
		/// - `origin`: anyone who signs.
		///
		/// # Errors
		/// [`Error::NoDispute`], [`Error::DeadlineAhead`].
		///
		/// # Events
		/// [`Event::DisputeDecided`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::close_dispute())]
		pub fn close_dispute(origin: OriginFor<T>, interval: Interval, point: PointId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_close_dispute(interval, point)
		}

		/// Announces that the signer's participant holds the dataset that `operator` attested for `interval`.
		///
		/// - `origin`: a meter operator, DSO or aggregator, in whatever zone.
		/// - `content`: the hash of the dataset's bytes.
		///
		/// # Errors
		/// [`Error::NoDataset`], [`Error::OtherContent`], [`Error::AlreadyHolder`], [`Error::TooManyHolders`], and those of
		/// a role check.
		///
		/// # Events
		/// [`Event::HoldingAnnounced`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::announce_holding())]
		pub fn announce_holding(
			origin: OriginFor<T>,
			interval: Interval,
			operator: ParticipantId,
			content: H256,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_announce_holding(&who, interval, operator, content)
		}

		/// Says that the signer's participant holds the dataset `content` of `interval` no more.
		///
		/// - `origin`: as for [`Pallet::announce_holding`].
		///
		/// # Errors
		/// [`Error::NotHolder`], and those of a role check.
		///
		/// # Events
		/// [`Event::HoldingWithdrawn`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::withdraw_holding())]
		pub fn withdraw_holding(origin: OriginFor<T>, interval: Interval, content: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_holding(&who, interval, content)
		}

		/// Sets the address of the store of the signer's participant to `url`, or removes it.
		///
		/// - `origin`: as for [`Pallet::announce_holding`].
		///
		/// # Errors
		/// [`Error::BadUrl`], and those of a role check.
		///
		/// # Events
		/// [`Event::StoreSet`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::set_store())]
		pub fn set_store(origin: OriginFor<T>, url: Option<StoreUrl>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_store(&who, url)
		}

		/// Registers meters in the order given, as [`Pallet::register_meter`] registers one: all of them or none.
		///
		/// - `origin`: who may register each of them with [`Pallet::register_meter`].
		/// - `meters`: point, device, class, duty and first interval of each.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], and those of [`Pallet::register_meter`].
		///
		/// # Events
		/// [`Event::MeterRegistered`] of each.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::register_meters(meters.len() as u32))]
		pub fn register_meters(origin: OriginFor<T>, meters: BoundedVec<NewMeter, T::MaxReadings>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register_meters(&who, &meters)
		}

		/// Lets `operator`, or nobody, replace the main meter of `point`, once.
		///
		/// - `origin`: who acts for the point's owner or for the operator of its main meter, or the grid operator there.
		///
		/// # Errors
		/// [`Error::UnknownPoint`], [`Error::NotAdmitted`]; if the operator is unknown or suspended.
		///
		/// # Events
		/// [`Event::OperatorAdmitted`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::admit_operator())]
		pub fn admit_operator(origin: OriginFor<T>, point: PointId, operator: Option<ParticipantId>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_admit_operator(&who, point, operator)
		}

		/// Takes back `meter`, which has not begun to count: the one before it counts on. A point's first one is taken back only
		/// before an interval has opened that it counts.
		///
		/// - `origin`: who acts for the point's owner, for the meter's operator or for the one before it, or the grid operator
		///   there.
		///
		/// # Errors
		/// [`Error::NoMeter`], [`Error::Overlap`], [`Error::TooLate`], [`Error::UnknownPoint`], [`Error::NotAdmitted`].
		///
		/// # Events
		/// [`Event::MeterCancelled`].
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::cancel_meter())]
		pub fn cancel_meter(origin: OriginFor<T>, meter: MeterId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel_meter(&who, meter)
		}

		/// Doubts the reading of `point` in `interval` without what its device signed. The reading settles until the regulator
		/// rules; a bond is held, but not of the regulator.
		///
		/// - `origin`: the grid operator, the balance-responsible party or the regulator at the point's zone.
		/// - `claim`: what would be right; without one the chain's estimate would settle.
		///
		/// # Errors
		/// [`Error::UnknownInterval`], [`Error::NotDelivered`], [`Error::WindowClosed`], [`Error::UnknownPoint`],
		/// [`Error::NotAffected`], [`Error::NothingToChallenge`], [`Error::OutOfRange`], [`Error::Implausible`],
		/// [`Error::NoContradiction`], [`Error::Contested`], [`Error::ReplacedTooOften`]; if the free money does not cover the bond.
		///
		/// # Events
		/// [`Event::DisputeOpened`].
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge(
			origin: OriginFor<T>,
			interval: Interval,
			point: PointId,
			claim: Option<Registers>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_challenge(who, interval, point, claim)
		}

		/// Counts against their operators that readings of `points` in `interval` did not settle when its attestation window
		/// ended: all of them or none. Beyond one of a hundred in thirty days each costs what lies between the point's ratings
		/// times the span of prices, out of the operator's bond, to the owner if it was charged for more than it metered, and
		/// else to the balance-responsible party.
		///
		/// - `origin`: anyone who signs, once the dispute window is over.
		///
		/// # Errors
		/// [`Error::EmptyBatch`], [`Error::UnknownInterval`], [`Error::WindowOpen`], [`Error::UnknownPoint`],
		/// [`Error::PointNotInForce`], [`Error::AlreadyReported`], [`Error::NoMeter`], [`Error::MeterNotInForce`],
		/// [`Error::NotMissing`].
		///
		/// # Events
		/// [`Event::Missing`] of each, [`Event::BondChanged`].
		#[pallet::call_index(17)]
		#[pallet::weight(
			T::WeightInfo::report_missing(points.len() as u32)
				.saturating_add(weights::like(T::DbWeight::get(), points.len() as u32))
		)]
		pub fn report_missing(
			origin: OriginFor<T>,
			interval: Interval,
			points: BoundedVec<PointId, T::MaxReadings>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_report_missing(interval, &points)
		}
	}
}
