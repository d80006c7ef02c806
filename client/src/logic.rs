//! What follows from the chain's types alone.

use crate::{
	pallet_market::{BlockOrder, Trader},
	pallet_metering::Proven,
	pallet_participants::{Data, DataGrant},
};
use busbar_primitives::{Interval, Metered, ParticipantId, Position, Price, Wh};

impl DataGrant {
	/// Whether the grant opens `data` of `interval` to `reader`.
	pub fn opens(&self, reader: ParticipantId, data: Data, interval: Interval) -> bool {
		self.grantee == reader && self.data == data && (self.from..self.until).contains(&interval)
	}
}

impl Proven {
	/// The active energy.
	pub fn metered(&self) -> Metered {
		Metered { import: self.registers.import, export: self.registers.export, quality: self.quality }
	}
}

impl<AccountId> BlockOrder<AccountId> {
	/// Energy in an interval, in Wh.
	pub fn energy(&self, interval: Interval) -> Wh {
		let at = interval.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
		at.and_then(|at| self.wh.get(at)).copied().unwrap_or(0)
	}
}

impl<AccountId> Trader<AccountId> {
	/// A point that has neither traded nor ordered.
	pub fn new(account: AccountId) -> Self {
		Self {
			account,
			position: Position::default(),
			amount: 0,
			lowest: Price::MAX,
			highest: Price::MIN,
			held: 0,
			open: Vec::new(),
			standing: Position::default(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_grant_opens_its_data_to_its_grantee_in_its_intervals() {
		let (reader, other) = (ParticipantId([1; 16]), ParticipantId([2; 16]));
		let grant = DataGrant { grantee: reader, data: Data::Readings, from: 3, until: 5 };
		let opens: Vec<bool> = (2..=5).map(|interval| grant.opens(reader, Data::Readings, interval)).collect();
		assert_eq!(opens, [false, true, true, false]);
		assert!(!grant.opens(other, Data::Readings, 3));
		assert!(!grant.opens(reader, Data::Datasets, 3));
	}
}
