//! What the pallet keeps: datasets, proven readings, bonds and disputes. What devices sign and leaves hold is in
//! [`busbar_primitives::metering`].

use busbar_merkle::MAX_PROOF;
use busbar_primitives::{
	metering::{DeviceKey, Duty, MeterClass, MeterId, Registers, Salt, SignedReading},
	stored, Balance, Interval, Metered, Moment, ParticipantId, PointId, Quality, SignedWh,
};
use frame_support::{traits::ConstU32, BoundedVec};
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Most hashes in a Merkle proof.
pub type MaxProof = ConstU32<MAX_PROOF>;

pub use busbar_primitives::metering::{FULL_REPUTATION, LEAST_REPUTATION};

/// A reading with what shows that its operator attested it.
#[stored]
pub struct ProvenReading {
	pub signed: SignedReading,
	pub salt: Salt,
	/// Leaf index under the dataset's root.
	pub index: u32,
	/// Hashes that lead from the leaf to the root.
	pub proof: BoundedVec<H256, MaxProof>,
}

/// A meter that is to be registered.
#[stored(Copy)]
pub struct NewMeter {
	/// Where it counts.
	pub point: PointId,
	/// Its device's Ed25519 public key.
	pub device: DeviceKey,
	pub class: MeterClass,
	pub duty: Duty,
	/// First interval that it counts.
	pub from: Interval,
}

/// The main meter of a connection point in a genesis, which counts from interval 0 on. In JSON: `{"point": 1, "operator":
/// "00000000-0000-8000-8000-000000000001", "device": "0x0101…01" (32 bytes), "class": "b"}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisMeter {
	pub point: PointId,
	/// Identifier of a participant with the role of meter operator at the point's zone.
	pub operator: ParticipantId,
	/// The device's Ed25519 public key.
	pub device: H256,
	/// `a` (2 %), `b` (1 %) or `c` (0.5 %).
	pub class: MeterClass,
}

/// The meters of one duty at a connection point: the newest one and the one before it.
#[stored(Copy)]
pub struct Fitted {
	pub meter: MeterId,
	pub before: Option<MeterId>,
	/// Whether the newest one ended the one before it, which counts on if the newest is cancelled.
	pub ended: bool,
	/// The first interval of the first of all: whose silence counts from there on, whatever became of it.
	pub first: Interval,
}

/// What an operator attested for one interval, as of its newest version.
#[stored(Copy)]
pub struct Dataset {
	/// Merkle root over all readings.
	pub root: H256,
	/// Number of readings.
	pub count: u32,
	/// Length of the dataset as it is stored off chain, in bytes.
	pub bytes: u32,
	/// Hash of the dataset as it is stored off chain.
	pub content: H256,
	/// Version of the dataset, from 1.
	pub version: u16,
	/// Chain time of the attestation, in ms.
	pub at: Moment,
}

/// An earlier version of a dataset: what was attested stays provable after it was attested again.
#[stored(Copy)]
pub struct EarlierRoot {
	pub root: H256,
	/// Number of readings.
	pub count: u32,
}

/// Days over which missing readings are counted.
pub const COUNTED_DAYS: u32 = 30;

/// Share of its readings that an operator may miss over [`COUNTED_DAYS`] without a charge: one of so many.
pub const FREE_OF: u32 = 100;

/// How many of an operator's readings of one day came in time, and how many did not.
#[stored(Copy, Default)]
pub struct DayCount {
	/// Number of the day: the interval divided by the intervals of a day.
	pub day: u32,
	/// Readings that settled by the end of their attestation window.
	pub proven: u32,
	/// Readings reported missing.
	pub missing: u32,
}

/// Address of a participant's meter-data store.
pub type StoreUrl = BoundedVec<u8, ConstU32<128>>;

/// A reading that stands.
#[stored(Copy)]
pub struct Proven {
	pub meter: MeterId,
	/// Whose meter it is.
	pub operator: ParticipantId,
	/// Version of the reading, from 1.
	pub version: u16,
	/// Version of the operator's dataset that it was proven in; 0 if a dispute brought it.
	pub dataset: u16,
	pub registers: Registers,
	pub quality: Quality,
	/// Whether the operator was found at fault for a leaf of this point and interval that its device did not sign.
	pub faulted: bool,
	/// Whether it may be what the point metered.
	pub worth: Worth,
	/// Whether nothing that settles stood when the attestation window ended.
	pub late: bool,
	/// Chain time at which a reading that settles first stood, in ms; `None` if none ever did, and of check meters.
	pub since: Option<Moment>,
}

/// Most replaced readings of a connection point and interval that are remembered.
pub const MAX_REPLACED: u32 = 16;

/// From this many on nothing is disputed any more, so that what a dispute changes, and what comes without one, has room: what a
/// device corrects replaces what it measured once, and what was beyond its point once.
pub(crate) const DISPUTED_UP_TO: usize = 12;

/// What a point's reading said before it was replaced, import less export in Wh (`None`: nothing that settles stood), and the
/// chain time of that, in ms. Oldest first.
pub type ReplacedReadings = BoundedVec<(Moment, Option<SignedWh>), ConstU32<MAX_REPLACED>>;

/// Whether a reading may be what its point metered.
#[stored(Copy)]
pub enum Worth {
	/// It may.
	Sound,
	/// It is beyond what the point can carry. The chain's estimate settles, unless the regulator says that it is right.
	Implausible,
	/// The regulator said that it is wrong, and not what is right. It counts as estimated, the chain's estimate settles, and
	/// nothing that the device signed before brings it back.
	Struck,
}

impl Proven {
	/// Whether the point settles on it, rather than on the chain's own estimate.
	pub fn settles(&self) -> bool {
		self.worth == Worth::Sound && self.quality != Quality::Estimated
	}

	/// Import less export, in Wh.
	pub fn net(&self) -> SignedWh {
		net(&self.registers)
	}

	/// What the point settles on by it, import less export in Wh.
	pub fn settled(&self) -> Option<SignedWh> {
		self.settles().then(|| self.net())
	}

	/// The active energy.
	pub fn metered(&self) -> Metered {
		Metered { import: self.registers.import, export: self.registers.export, quality: self.quality }
	}

	/// What another reading of the same meter and interval does to this one. Corrected readings stand above measured
	/// ones, and those above estimates; an estimate follows what it is the mean of. A `sound` one stands above an implausible
	/// one, unless it is an estimate.
	pub fn weigh(&self, quality: Quality, registers: &Registers, sound: bool) -> Weighing {
		let rank = |quality| match quality {
			Quality::Estimated => 0u8,
			Quality::Measured => 1,
			Quality::Corrected => 2,
		};
		let standing = if self.worth == Worth::Struck { Quality::Corrected } else { self.quality };
		let (new, old) = (rank(quality), rank(standing));
		let repairs = self.worth == Worth::Implausible && sound && quality != Quality::Estimated;
		if new == old && *registers == self.registers {
			Weighing::Same
		} else if repairs || new > old || (new == old && quality == Quality::Estimated) {
			Weighing::Replaces
		} else if new < old {
			Weighing::Weaker
		} else {
			Weighing::Contradicts
		}
	}
}

/// How a reading compares with the one that stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weighing {
	Same,
	Replaces,
	/// Of lesser quality.
	Weaker,
	/// Of the same quality, signed by the same device, with other values: only a person can tell.
	Contradicts,
}

/// Who attests readings: a meter operator or a second attester.
#[stored(Copy)]
pub struct Operator<AccountId> {
	/// Whose money the bond is.
	pub account: AccountId,
	/// What is held, in nEUR.
	pub bond: Balance,
	/// Chain time until which what it attested can be disputed, in ms.
	pub locked_until: Moment,
	/// Datasets attested, each interval counted once.
	pub attested: u32,
	/// Wrong attestations.
	pub faults: u32,
	/// From [`LEAST_REPUTATION`] to [`FULL_REPUTATION`]. A fault takes a quarter of it, each interval attested returns one.
	pub reputation: u16,
}

/// Why the regulator decides.
#[stored(Copy)]
pub enum Ground {
	/// One device signed two readings of the same quality with different values.
	TwoSignatures,
	/// The main and the check meter differ beyond tolerance.
	Quorum,
	/// The reading is beyond what the point can carry.
	Implausible,
	/// The grid operator, the balance-responsible party or the regulator doubts the reading, without what its device signed.
	Challenged,
}

/// An open dispute over a reading.
#[stored(Copy)]
pub struct Dispute<AccountId> {
	pub ground: Ground,
	/// Who opened it and pays the bond; `None` if it opened by itself.
	pub disputant: Option<AccountId>,
	/// What is held of the disputant, in nEUR.
	pub bond: Balance,
	/// Whose reading stands.
	pub accused: ParticipantId,
	/// Whose check meter contradicts it.
	pub accuser: Option<ParticipantId>,
	/// What would stand instead; without it, the chain's estimate would settle.
	pub claim: Option<Registers>,
	/// Chain time of its opening, in ms.
	pub opened: Moment,
	/// Chain time from which nothing is decided any more, in ms.
	pub deadline: Moment,
}

/// What the regulator rules.
#[stored(Copy)]
pub enum Verdict {
	/// The claim is right.
	Upheld,
	/// The standing reading is right, and the claim was made in good faith.
	Dismissed,
	/// The standing reading is right, and the claim should not have been made.
	Frivolous,
}

/// How a dispute ended.
#[stored(Copy)]
pub enum Decision {
	/// No reading stood; the device's own does now.
	Filled,
	/// A reading came that stands above the one in question and leaves nothing to decide.
	Superseded,
	/// The operator attested a reading as counted that its device did not sign.
	Forged,
	/// The regulator ruled.
	Ruled(Verdict),
	/// The regulator did not rule in time; the reading stands.
	Expired,
}

/// Who loses by a wrong reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harmed {
	/// The point's owner, who pays more or receives less.
	Owner,
	/// The balance-responsible party, counterparty of what the owner would not pay for.
	Balancing,
}

impl Harmed {
	/// Who loses if a point is settled on `wrong` Wh and is right on `right`.
	pub fn by(wrong: SignedWh, right: SignedWh) -> Self {
		if wrong > right {
			Self::Owner
		} else {
			Self::Balancing
		}
	}
}

/// Who accuses an operator: an account, or the participant whose meter contradicts it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accuser<AccountId> {
	Nobody,
	Account(AccountId),
	Attester(ParticipantId),
}

/// Import less export of registers in range, in Wh.
pub fn net(registers: &Registers) -> SignedWh {
	let wh = |wh| SignedWh::try_from(wh).unwrap_or(SignedWh::MAX);
	// Both lie between 0 and 2^63 - 1.
	wh(registers.import).saturating_sub(wh(registers.export))
}

/// Hashes in the proof of an attested leaf, if there is one.
pub(crate) fn leaf_hashes(attested: &Option<(u16, ProvenReading)>) -> u32 {
	attested.as_ref().map_or(0, |(_, leaf)| leaf.proof.len() as u32)
}

/// Hashes in all proofs of a batch.
pub(crate) fn hashes(readings: &[ProvenReading]) -> u32 {
	readings.iter().fold(0u32, |sum, item| sum.saturating_add(item.proof.len() as u32))
}

/// Estimated readings in a batch, which read the days before.
pub(crate) fn estimates(readings: &[ProvenReading]) -> u32 {
	readings.iter().filter(|item| item.signed.reading.quality == Quality::Estimated).count() as u32
}
