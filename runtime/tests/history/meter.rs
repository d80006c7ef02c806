//! What meter operators attest and prove, and what is disputed and ruled.

use super::{owner, Dataset, Network, FIRST_MEMBER, KEEPER, POINTS};
use busbar_harness::{id, signed, AGGREGATOR, DSO, METER_OPERATOR, REGULATOR, UTILITY};
use busbar_merkle::Tree;
use busbar_primitives::{
	metering::{Reading, SignedReading},
	traits::Positions,
	Interval, PointId, Quality,
};
use busbar_runtime::{pallet_metering, Market, Runtime};
use codec::Encode;
use frame_support::BoundedVec;
use pallet_metering::{ProvenReading, Verdict};
use sp_core::H256;
use sp_io::hashing::blake2_256;

impl Network {
	/// A device's reading: what it traded, more or less, or anything.
	fn read(&mut self, meter: u32, point: PointId, interval: Interval) -> SignedReading {
		let traded = <Market as Positions>::of(point, interval).net().unwrap_or(0);
		let net = match self.random.below(16) {
			// Far more than deposits secure.
			0 => i64::from(self.random.below(40_000)) - 20_000,
			_ => traded + i64::from(self.random.below(200)) - 100,
		};
		let net = if point == 0 { -net.abs() } else { net };
		let (import, export) = (net.max(0).unsigned_abs(), net.min(0).unsigned_abs());
		let quality = if self.random.once_in(5) { Quality::Corrected } else { Quality::Measured };
		let reading = Reading { meter, point, interval, import, export, import_varh: 0, export_varh: 0, quality };
		// Now and then the operator attests what the device never signed.
		let device = if self.random.once_in(60) { meter ^ 1 } else { meter };
		signed(reading, &self.devices[device as usize], &self.genesis)
	}

	/// The readings of an interval that has been delivered, or a new version of them.
	pub(super) fn attest(&mut self) {
		let interval = self.delivered();
		let who = if self.random.once_in(4) { AGGREGATOR } else { METER_OPERATOR };
		self.attest_as(who, interval);
	}

	/// The meter operator does its work: what nobody attested and proved of an interval so far. Not always.
	pub(super) fn read_out(&mut self, interval: Interval) {
		if self.random.once_in(8) {
			return;
		}
		if !self.datasets.contains_key(&(interval, METER_OPERATOR)) {
			self.attest_as(METER_OPERATOR, interval);
		}
		self.prove_as(METER_OPERATOR, interval, (0..POINTS).collect());
	}

	fn attest_as(&mut self, who: u8, interval: Interval) {
		let meters: Vec<(u32, PointId)> = match who {
			AGGREGATOR => vec![(POINTS, 1)],
			_ => (0..POINTS).map(|point| (point, point)).collect(),
		};
		let before = self.datasets.get(&(interval, who)).map(|dataset| dataset.rows.clone());
		let rows: Vec<_> = meters
			.iter()
			.enumerate()
			.map(|(index, (meter, point))| {
				let salt = blake2_256(&self.random.number().encode())[..16].try_into().expect("16 bytes");
				let same = before.as_ref().filter(|_| !self.random.once_in(8)).map(|rows| rows[index]);
				same.unwrap_or_else(|| (self.read(*meter, *point, interval), salt))
			})
			.collect();
		let tree = Tree::new(rows.iter().map(|(signed, salt)| signed.leaf(salt)).collect());
		let count = rows.len() as u32;
		let attest =
			pallet_metering::Call::attest { interval, root: tree.root(), count, bytes: 0, content: H256::zero() };
		if self.try_to(who, attest) {
			self.datasets.insert((interval, who), Dataset { rows, tree });
		}
	}

	fn proven(&self, interval: Interval, operator: u8, index: u32) -> Option<ProvenReading> {
		let dataset = self.datasets.get(&(interval, operator))?;
		let (signed, salt) = *dataset.rows.get(index as usize)?;
		let proof = dataset.tree.proof(index)?.try_into().ok()?;
		Some(ProvenReading { signed, salt, index, proof })
	}

	pub(super) fn prove(&mut self) {
		let Some((interval, operator)) = self.a_dataset() else { return };
		let count = 1 + self.random.below(6);
		let leaves = (0..count).map(|_| if operator == AGGREGATOR { 0 } else { self.point() }).collect();
		self.prove_as(operator, interval, leaves);
	}

	fn prove_as(&mut self, operator: u8, interval: Interval, leaves: Vec<u32>) {
		let readings: Vec<_> = leaves.into_iter().filter_map(|index| self.proven(interval, operator, index)).collect();
		let prove = |readings: Vec<_>| {
			let readings = readings.try_into().expect("few readings");
			pallet_metering::Call::prove { interval, operator: id(operator), readings }
		};
		// One by one if together they are refused.
		if !self.try_to(KEEPER, prove(readings.clone())) {
			for reading in readings {
				self.try_to(KEEPER, prove(vec![reading]));
			}
		}
	}

	fn a_dataset(&mut self) -> Option<(Interval, u8)> {
		let all: Vec<_> = self.datasets.keys().copied().collect();
		(!all.is_empty()).then(|| *self.random.one_of(&all))
	}

	pub(super) fn dispute(&mut self) {
		let Some((interval, _)) = self.a_dataset() else { return };
		let point = self.point();
		let claim = self.read(point, point, interval);
		// Of the version that stands: what an older one has is another test's.
		let version =
			pallet_metering::Datasets::<Runtime>::get(interval, id(METER_OPERATOR)).map_or(0, |of| of.version);
		let attested = if self.random.once_in(2) { self.proven(interval, METER_OPERATOR, point) } else { None };
		let attested = attested.map(|leaf| (version, leaf));
		let who = *self.random.one_of(&[owner(point), UTILITY, DSO, FIRST_MEMBER]);
		self.try_to(who, pallet_metering::Call::dispute { claim, attested });
	}

	/// Who answers for the grid doubts a reading.
	pub(super) fn challenge(&mut self) {
		let (interval, point) = (self.delivered(), self.point());
		let claim = self.random.once_in(2).then(|| self.read(point, point, interval).reading.registers());
		let who = *self.random.one_of(&[UTILITY, DSO, REGULATOR, FIRST_MEMBER]);
		self.try_to(who, pallet_metering::Call::challenge { interval, point, claim });
	}

	/// Anybody reports a reading that did not come.
	pub(super) fn report(&mut self) {
		let (interval, point) = (self.delivered(), self.point());
		let points = BoundedVec::truncate_from(vec![point]);
		self.try_to(KEEPER, pallet_metering::Call::report_missing { interval, points });
	}

	pub(super) fn rule(&mut self) {
		if self.random.once_in(2) {
			self.report();
		}
		let interval = self.delivered();
		let disputed: Vec<_> =
			pallet_metering::Disputes::<Runtime>::iter_prefix(interval).map(|(point, _)| point).collect();
		if disputed.is_empty() {
			return;
		}
		let point = *self.random.one_of(&disputed);
		let verdict = *self.random.one_of(&[Verdict::Upheld, Verdict::Dismissed, Verdict::Frivolous]);
		if !self.try_to(REGULATOR, pallet_metering::Call::rule { interval, point, verdict }) {
			self.try_to(KEEPER, pallet_metering::Call::close_dispute { interval, point });
		}
	}
}
