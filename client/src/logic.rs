//! What follows from the chain's types alone.

use crate::{
	pallet_market::{BlockOrder, Trader},
	pallet_metering::Proven,
	pallet_participants::{Data, DataGrant},
	pallet_settlement::{Scaled, ScaledRun, Share},
};
use busbar_primitives::{Balance, Interval, Metered, ParticipantId, Position, Price, Wh};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

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

impl Scaled {
	/// What of what came back is one credit's, in nEUR.
	fn share(&self, credit: Balance) -> Balance {
		if self.credits == 0 {
			return 0;
		}
		multiply_by_rational_with_rounding(credit, self.recovered, self.credits, Rounding::Down).unwrap_or(0)
	}
}

impl ScaledRun {
	/// What came back of the losses of a run and was not paid yet, in nEUR.
	pub fn waiting(&self) -> Balance {
		self.contracts.recovered.saturating_add(self.imbalances.recovered).saturating_sub(self.paid)
	}

	/// What of that is due to who had these credits, in nEUR.
	pub fn owes(&self, share: &Share) -> Balance {
		let all = self.contracts.share(share.contracts).saturating_add(self.imbalances.share(share.imbalances));
		all.saturating_sub(share.paid)
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
