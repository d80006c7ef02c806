//! Readings as meters sign them and as leaves of datasets hold them: the one encoding of chain, stores and tools.
//!
//! ```text
//! signing payload = "busbar:reading:1" || genesis hash || SCALE(reading)
//! leaf bytes      = salt (16 bytes) || SCALE(reading) || SCALE(option of signature)
//! leaf            = busbar_merkle::leaf_hash(leaf bytes)
//! ```
//!
//! A reading that a device counted carries the device's signature; one that its operator estimated carries none and
//! says so in its quality. The genesis hash keeps a signature from being shown to another chain.

use crate::{
	in_force, stored, Balance, Interval, Metered, Moment, ParticipantId, Point, PointId, Quality, SignedWh, Wh,
	MAX_PLAUSIBLE_WH,
};
use alloc::vec::Vec;
use busbar_merkle::leaf_hash;
use codec::Encode;
use sp_core::{ed25519, H256};
use sp_runtime::traits::Verify;

/// Number of a meter, on the whole chain.
pub type MeterId = u32;
/// A device's Ed25519 public key.
pub type DeviceKey = [u8; 32];
/// Secret of a leaf, 128 bits: readings are easy to guess.
pub type Salt = [u8; 16];

/// What a reading's signature begins with, so that it can be taken for nothing else.
pub const READING_TAG: &[u8; 16] = b"busbar:reading:1";

/// Days before an interval whose readings an estimate is the mean of.
pub const ESTIMATE_DAYS: u32 = 4;

/// Days before an interval in which like readings are looked for. Every day is like every other, a Sunday too: the chain knows
/// neither calendars nor time zones.
pub const LIKE_DAYS: u32 = 14;

/// Keys that are read for the like readings of an interval: of each day the reading, and what it replaced.
pub const LIKE_KEYS: u64 = 2 * LIKE_DAYS as u64;

/// How much of a proof each of them takes, in bytes: those of an interval lie beside each other.
pub const LIKE_PROOF: u64 = 128;

/// Like readings that the chain's own estimate follows.
pub const LIKE_READINGS: u32 = 4;

/// How often its rating a point may be metered at for a reading to be plausible: a breaker carries 1.45 times its current for
/// an hour, and voltage and clocks differ.
pub const RATING_MARGIN: u64 = 2;

/// Reputation of an operator that never attested wrongly.
pub const FULL_REPUTATION: u16 = 1_000;
/// The least that reputation falls to, at which the bond is ten times that at full reputation.
pub const LEAST_REPUTATION: u16 = 100;

/// What an attester of this reputation must have posted before it attests, in nEUR; `full` is what it takes at
/// [`FULL_REPUTATION`].
pub fn required_bond(full: Balance, reputation: u16) -> Balance {
	let reputation = reputation.clamp(LEAST_REPUTATION, FULL_REPUTATION);
	let scaled = full.saturating_mul(Balance::from(FULL_REPUTATION));
	scaled.checked_div(reputation.into()).unwrap_or(scaled)
}

/// Accuracy class of a meter, as the Measuring Instruments Directive names them.
#[stored(Copy, serde)]
#[serde(rename_all = "snake_case")]
pub enum MeterClass {
	/// 2 %.
	A,
	/// 1 %.
	B,
	/// 0.5 %.
	C,
}

impl MeterClass {
	/// Greatest error of a meter of this class, in thousandths of what it counted.
	pub fn permille(self) -> u64 {
		match self {
			Self::A => 20,
			Self::B => 10,
			Self::C => 5,
		}
	}
}

/// What a meter is for.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
	/// Its readings are settled.
	Main,
	/// Its readings are compared with the main meter's.
	Check,
}

/// What the registers of a meter advanced by in one interval.
#[stored(Copy, Default, serde)]
pub struct Registers {
	/// Active energy drawn, in Wh; at most 2^63 - 1.
	pub import: Wh,
	/// Active energy fed in, in Wh; at most 2^63 - 1.
	pub export: Wh,
	/// Reactive energy while drawing, in varh.
	pub import_varh: i64,
	/// Reactive energy while feeding in, in varh.
	pub export_varh: i64,
}

impl Registers {
	/// Whether both directions fit the type of energy with a direction, and so does their difference.
	pub fn is_in_range(&self) -> bool {
		i64::try_from(self.import).is_ok() && i64::try_from(self.export).is_ok()
	}

	/// Whether these agree with what a second meter counted: import and export each differ by no more than the errors
	/// of both classes, taken of the greater value and rounded down, and `floor` Wh for rounding and clocks.
	pub fn agrees_with(&self, other: &Self, classes: [MeterClass; 2], floor: Wh) -> bool {
		let permille: u64 = classes.iter().map(|class| class.permille()).sum();
		let near = |a: Wh, b: Wh| {
			let allowed = u128::from(a.max(b)).saturating_mul(permille.into()) / 1_000;
			u128::from(a.abs_diff(b)) <= allowed.saturating_add(floor.into())
		};
		near(self.import, other.import) && near(self.export, other.export)
	}
}

/// Energy that power is in one interval, in Wh, rounded down.
pub fn energy(power_w: u64, interval_s: u32) -> Wh {
	let wh = u128::from(power_w).saturating_mul(interval_s.into()) / 3_600;
	Wh::try_from(wh).unwrap_or(Wh::MAX)
}

/// The most that a point's meter may count in one direction of one interval, in Wh: [`RATING_MARGIN`] times what the greater of
/// its ratings allows, since its cable carries as much either way.
pub fn most_metered(point: &Point, interval_s: u32) -> Wh {
	energy(point.import_w.max(point.export_w), interval_s).saturating_mul(RATING_MARGIN)
}

/// Whether a point can carry what its meter says.
pub fn is_plausible(point: &Point, registers: &Registers, interval_s: u32) -> bool {
	let metered = Metered { import: registers.import, export: registers.export, quality: Quality::Measured };
	registers.import.max(registers.export) <= most_metered(point, interval_s) && metered.plausible_net().is_some()
}

/// The ends of what a point may be metered at by its ratings, in Wh, import less export: all that it may draw, and all that it
/// may feed in.
pub fn ratings(point: &Point, interval_s: u32) -> [SignedWh; 2] {
	let most = |power_w| SignedWh::try_from(energy(power_w, interval_s).min(MAX_PLAUSIBLE_WH)).unwrap_or(SignedWh::MAX);
	[most(point.import_w), most(point.export_w).saturating_neg()]
}

/// What the chain takes a point to have metered that has no reading, in Wh: one, or several of which the dearest to who answers
/// for the point settles. `like` are its last like readings, newest first. In the first run the mean of
/// [`LIKE_READINGS`], rounded towards zero, in the `last` each of them. With fewer, all that it may draw or feed in.
pub fn estimates(like: &[SignedWh], point: &Point, interval_s: u32, last: bool) -> Vec<SignedWh> {
	let Some(like) = like.get(..LIKE_READINGS as usize) else { return ratings(point, interval_s).to_vec() };
	if last {
		return like.to_vec();
	}
	let sum = like.iter().map(|wh| i128::from(*wh)).fold(0i128, i128::saturating_add);
	// A mean lies between values of its type.
	let mean = SignedWh::try_from(sum / i128::from(LIKE_READINGS)).unwrap_or_default();
	alloc::vec![mean]
}

/// What stands of a connection point's reading at some time.
#[stored(Copy)]
pub enum Standing {
	/// What its meter counted, import less export, in Wh, and which version of the reading says so.
	Reading { version: u16, wh: SignedWh },
	/// Two readings that their devices signed, in Wh, of which the regulator must say which is right.
	Contested([SignedWh; 2]),
	/// No reading that settles. `declared`: its operator said so.
	Silent { declared: bool },
}

/// What a connection point settles on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Basis {
	/// What its meter counted, import less export, in Wh, and which version of the reading says so.
	Reading { version: u16, wh: SignedWh },
	/// Two readings that their devices signed, in Wh, of which the regulator must say which is right. Until then the dearer to
	/// who answers for the point settles.
	Contested([SignedWh; 2]),
	/// The chain's own estimate, in Wh, as [`estimates`] gives it. `declared`: its operator said that there is no reading.
	Estimate { declared: bool, wh: Vec<SignedWh> },
}

impl Basis {
	/// What `standing` comes to, where `estimates` gives what the chain takes a silent point to have metered, in Wh.
	pub fn new(standing: Standing, estimates: impl FnOnce() -> Vec<SignedWh>) -> Self {
		match standing {
			Standing::Reading { version, wh } => Self::Reading { version, wh },
			Standing::Contested(both) => Self::Contested(both),
			Standing::Silent { declared } => Self::Estimate { declared, wh: estimates() },
		}
	}

	/// The version of the reading that it is; 0 of what stands in for one.
	pub fn version(&self) -> u16 {
		match self {
			Self::Reading { version, .. } => *version,
			_ => 0,
		}
	}

	/// What it may come to, in Wh. Never empty.
	pub fn candidates(&self) -> &[SignedWh] {
		match self {
			Self::Reading { wh, .. } => core::slice::from_ref(wh),
			Self::Contested(both) => both,
			Self::Estimate { wh, .. } => wh,
		}
	}
}

/// Estimate of an interval's registers: of each the mean, rounded towards zero, of what the meter counted in the same
/// interval of the day on those of the last [`ESTIMATE_DAYS`] days that have a measured or corrected reading. `None` if
/// no day has one.
pub fn estimate(days: &[Registers]) -> Option<Registers> {
	let count = i128::try_from(days.len()).ok().filter(|count| *count > 0)?;
	let mean = |value: fn(&Registers) -> i128| days.iter().map(value).fold(0i128, i128::saturating_add) / count;
	// A mean lies between values of its type.
	Some(Registers {
		import: u64::try_from(mean(|day| day.import.into())).ok()?,
		export: u64::try_from(mean(|day| day.export.into())).ok()?,
		import_varh: i64::try_from(mean(|day| day.import_varh.into())).ok()?,
		export_varh: i64::try_from(mean(|day| day.export_varh.into())).ok()?,
	})
}

/// Intervals in a day.
pub fn intervals_per_day(interval_s: u32) -> u32 {
	86_400u32.checked_div(interval_s).unwrap_or(0)
}

/// What a meter counted in one interval.
#[stored(Copy, serde)]
pub struct Reading {
	pub meter: MeterId,
	/// Where the meter is. The chain refuses a reading that names another point than its meter's.
	pub point: PointId,
	pub interval: Interval,
	/// Active energy drawn, in Wh; at most 2^63 - 1.
	pub import: Wh,
	/// Active energy fed in, in Wh; at most 2^63 - 1.
	pub export: Wh,
	/// Reactive energy while drawing, in varh.
	pub import_varh: i64,
	/// Reactive energy while feeding in, in varh.
	pub export_varh: i64,
	pub quality: Quality,
}

impl Reading {
	/// What it says of the registers.
	pub fn registers(&self) -> Registers {
		let Self { import, export, import_varh, export_varh, .. } = *self;
		Registers { import, export, import_varh, export_varh }
	}

	/// The active energy. Its net fits the type of energy with a direction if [`Self::is_in_range`].
	pub fn metered(&self) -> Metered {
		Metered { import: self.import, export: self.export, quality: self.quality }
	}

	/// Whether both directions fit the type of energy with a direction, and so does their difference.
	pub fn is_in_range(&self) -> bool {
		self.registers().is_in_range()
	}

	/// What the device signs.
	pub fn signing_payload(&self, genesis: &H256) -> Vec<u8> {
		(READING_TAG, genesis, self).encode()
	}
}

/// A reading with the signature of the device that counted it.
#[stored(Copy, serde)]
pub struct SignedReading {
	pub reading: Reading,
	/// Over [`Reading::signing_payload`]; `None` if the reading is an estimate.
	pub signature: Option<ed25519::Signature>,
}

impl SignedReading {
	/// Whether a measured or corrected reading is signed by `device`, or an estimated one by nobody. One signature is
	/// verified at most; in the runtime by the host.
	pub fn is_authentic(&self, genesis: &H256, device: &DeviceKey) -> bool {
		match (self.reading.quality, &self.signature) {
			(Quality::Estimated, None) => true,
			(Quality::Measured | Quality::Corrected, Some(signature)) => {
				let payload = self.reading.signing_payload(genesis);
				signature.verify(payload.as_slice(), &ed25519::Public::from_raw(*device))
			},
			_ => false,
		}
	}

	/// Content of its leaf: 62 bytes without a signature, 126 with one.
	pub fn leaf_bytes(&self, salt: &Salt) -> Vec<u8> {
		(salt, self).encode()
	}

	/// Hash of its leaf.
	pub fn leaf(&self, salt: &Salt) -> H256 {
		leaf_hash(&self.leaf_bytes(salt))
	}
}

/// A meter on chain.
#[stored(Copy)]
pub struct Meter {
	pub point: PointId,
	/// Who reads it.
	pub operator: ParticipantId,
	pub device: DeviceKey,
	pub class: MeterClass,
	pub duty: Duty,
	/// First interval that it counts.
	pub from: Interval,
	/// First interval that it does not count any more.
	pub until: Option<Interval>,
	/// Chain time of its registration, in ms.
	pub since: Moment,
}

impl Meter {
	/// Whether it counts in this interval.
	pub fn counts(&self, interval: Interval) -> bool {
		in_force(self.from, self.until, interval)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::Pair;

	const GENESIS: H256 = H256::repeat_byte(3);

	fn reading() -> Reading {
		Reading {
			meter: 0x0403_0201,
			point: 0x0807_0605,
			interval: 0x0c0b_0a09,
			import: 1,
			export: 2,
			import_varh: -1,
			export_varh: 3,
			quality: Quality::Measured,
		}
	}

	fn device() -> ed25519::Pair {
		ed25519::Pair::from_seed(&[5; 32])
	}

	fn signed(reading: Reading) -> SignedReading {
		SignedReading { reading, signature: Some(device().sign(&reading.signing_payload(&GENESIS))) }
	}

	#[test]
	fn the_signing_payload_is_the_tag_the_genesis_hash_and_the_reading() {
		let payload = reading().signing_payload(&GENESIS);
		assert_eq!(payload[..16], *b"busbar:reading:1");
		assert_eq!(payload[16..48], [3; 32]);
		assert_eq!(payload[48..60], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
		assert_eq!(payload[60..68], 1u64.to_le_bytes());
		assert_eq!(payload[68..76], 2u64.to_le_bytes());
		assert_eq!(payload[76..84], [0xff; 8]);
		assert_eq!(payload[84..92], 3u64.to_le_bytes());
		assert_eq!(payload[92..], [0]);
	}

	#[test]
	fn a_leaf_is_the_salt_the_reading_and_its_signature() {
		let signed = signed(reading());
		let bytes = signed.leaf_bytes(&[0xaa; 16]);
		assert_eq!(bytes[..16], [0xaa; 16]);
		assert_eq!(bytes[16..61], reading().encode());
		assert_eq!(bytes[61], 1);
		assert_eq!(bytes[62..], signed.signature.unwrap().0);
		assert_eq!(bytes.len(), 126);
		assert_eq!(signed.leaf(&[0xaa; 16]), leaf_hash(&bytes));
		let estimated = SignedReading { reading: reading(), signature: None };
		assert_eq!(estimated.leaf_bytes(&[0xaa; 16]).len(), 62);
		assert_ne!(estimated.leaf(&[0xaa; 16]), estimated.leaf(&[0xab; 16]));
	}

	#[test]
	fn only_the_device_s_own_signature_over_this_reading_on_this_chain_is_authentic() {
		let key = device().public().0;
		let good = signed(reading());
		assert!(good.is_authentic(&GENESIS, &key));
		assert!(!good.is_authentic(&H256::repeat_byte(4), &key));
		assert!(!good.is_authentic(&GENESIS, &ed25519::Pair::from_seed(&[6; 32]).public().0));
		let changed = |change: fn(&mut Reading)| {
			let mut bad = good;
			change(&mut bad.reading);
			assert!(!bad.is_authentic(&GENESIS, &key), "{bad:?}");
		};
		changed(|reading| reading.meter += 1);
		changed(|reading| reading.point += 1);
		changed(|reading| reading.interval += 1);
		changed(|reading| reading.import += 1);
		changed(|reading| reading.export += 1);
		changed(|reading| reading.import_varh += 1);
		changed(|reading| reading.export_varh += 1);
		changed(|reading| reading.quality = Quality::Corrected);
		assert!(signed(Reading { quality: Quality::Corrected, ..reading() }).is_authentic(&GENESIS, &key));
	}

	#[test]
	fn an_estimate_is_unsigned_and_what_was_counted_is_not() {
		let key = device().public().0;
		let estimated = Reading { quality: Quality::Estimated, ..reading() };
		assert!(SignedReading { reading: estimated, signature: None }.is_authentic(&GENESIS, &key));
		assert!(!signed(estimated).is_authentic(&GENESIS, &key));
		assert!(!SignedReading { reading: reading(), signature: None }.is_authentic(&GENESIS, &key));
	}

	#[test]
	fn two_meters_agree_within_the_errors_of_both_classes() {
		let counted = |import, export| Registers { import, export, ..Default::default() };
		let agree = |a: u64, b: u64, classes, floor| {
			let both = counted(a, 0).agrees_with(&counted(b, 0), classes, floor);
			assert_eq!(both, counted(b, 0).agrees_with(&counted(a, 0), classes, floor));
			assert_eq!(both, counted(0, a).agrees_with(&counted(0, b), classes, floor));
			both
		};
		use MeterClass::{A, B, C};
		// 1,000 Wh: 2 % and 1 % allow 30.
		assert!(agree(1_000, 970, [A, B], 0));
		assert!(!agree(1_000, 969, [A, B], 0));
		assert!(agree(1_000, 968, [A, B], 2));
		assert!(agree(1_000, 990, [C, C], 0));
		assert!(!agree(1_000, 989, [C, C], 0));
		assert!(agree(0, 2, [A, A], 2));
		assert!(!agree(0, 3, [A, A], 2));
		assert!(!agree(0, u64::MAX, [A, A], 0));
		assert!(agree(u64::MAX, u64::MAX, [A, A], u64::MAX));
	}

	#[test]
	fn an_estimate_is_the_mean_of_the_days_rounded_towards_zero() {
		let day = |import, varh| Registers { import, export: 7, import_varh: varh, export_varh: 0 };
		assert_eq!(estimate(&[]), None);
		assert_eq!(estimate(&[day(10, -3)]), Some(day(10, -3)));
		assert_eq!(estimate(&[day(10, -3), day(11, -4), day(11, -4)]), Some(day(10, -3)));
		let most = Registers { import: u64::MAX, export: u64::MAX, import_varh: i64::MIN, export_varh: i64::MAX };
		assert_eq!(estimate(&[most; 4]), Some(most));
		assert_eq!(intervals_per_day(900), 96);
		assert_eq!(intervals_per_day(0), 0);
	}

	fn point(import_w: u64, export_w: u64) -> Point {
		let (owner, kind) = (ParticipantId([1; 16]), crate::PointKind::Metered);
		Point { owner, zone: 0, kind, import_w, export_w, from: 0, until: None }
	}

	#[test]
	fn a_reading_is_plausible_up_to_twice_the_greater_rating_in_either_direction() {
		// 17 kW over a quarter of an hour are 4,250 Wh, twice that 8,500.
		let home = point(17_000, 0);
		let counted = |import, export| Registers { import, export, ..Default::default() };
		assert_eq!(most_metered(&home, 900), 8_500);
		assert!(is_plausible(&home, &counted(8_500, 0), 900));
		assert!(!is_plausible(&home, &counted(8_501, 0), 900));
		assert!(is_plausible(&home, &counted(0, 8_500), 900));
		assert!(!is_plausible(&home, &counted(0, 8_501), 900));
		// A register of 32 bits that rolled over.
		assert!(!is_plausible(&home, &counted(0, 1 << 32), 900));
		assert_eq!(most_metered(&point(u64::MAX, 1), 900), 9_223_372_036_854_775_806);
		assert!(!is_plausible(&point(u64::MAX, 1), &counted(MAX_PLAUSIBLE_WH + 1, 0), 900));
		assert_eq!(energy(4_001, 900), 1_000);
	}

	#[test]
	fn without_a_reading_the_mean_of_the_last_four_like_ones_counts_then_each_of_them_and_without_four_the_ratings() {
		let home = point(4_000, 2_000);
		let like = [-300, 100, 101, 102, 9_000];
		// 3 / 4, towards zero.
		assert_eq!(estimates(&like, &home, 900, false), [0]);
		assert_eq!(estimates(&[-301, 100, 100, 98], &home, 900, false), [0]);
		assert_eq!(estimates(&like, &home, 900, true), [-300, 100, 101, 102]);
		assert_eq!(estimates(&like[..3], &home, 900, false), [1_000, -500]);
		assert_eq!(estimates(&[], &home, 900, true), [1_000, -500]);
		let most = i64::try_from(MAX_PLAUSIBLE_WH).unwrap();
		assert_eq!(estimates(&[], &point(u64::MAX, u64::MAX), 900, true), [most, -most]);
	}
}
