//! What the pallet keeps in its storage.

use crate::HoldReason;
use busbar_primitives::{stored, Balance, Interval, ParticipantId};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};

/// What secures a connection point beyond its orders' collateral.
#[stored(Copy)]
pub enum Backing {
	/// The owner's standing deposit.
	Deposit,
	/// What a retailer or aggregator stands in for.
	Guarantee,
}

impl From<Backing> for HoldReason {
	fn from(backing: Backing) -> Self {
		match backing {
			Backing::Deposit => Self::Deposit,
			Backing::Guarantee => Self::Guarantee,
		}
	}
}

/// Money held for a connection point.
#[stored]
pub struct Security<AccountId> {
	/// Who posted it.
	pub by: ParticipantId,
	/// Where it is held.
	pub account: AccountId,
	/// In nEUR.
	pub amount: Balance,
	/// What of it is to be returned, in nEUR, and the last interval that it secures.
	pub leaving: Option<(Balance, Interval)>,
}

impl<AccountId> Security<AccountId> {
	/// What no notice was given of, in nEUR.
	pub fn staying(&self) -> Balance {
		self.amount.saturating_sub(self.leaving.map_or(0, |(leaves, _)| leaves))
	}
}

/// Days of which it is kept what a balance-responsible party earned.
pub const EARNING_DAYS: u32 = 30;
/// So many of the best of them its security must come to.
pub const SECURED_DAYS: Balance = 3;

/// What a balance-responsible party posted for imbalances that others do not pay.
#[stored]
pub struct BalancingSecurity<AccountId> {
	/// Where it is held.
	pub account: AccountId,
	/// In nEUR.
	pub amount: Balance,
	/// What of it is to be returned, in nEUR, and the last interval that it secures.
	pub leaving: Option<(Balance, Interval)>,
	/// What it earned with imbalances, in nEUR, by day from interval 0 on, of the last of them.
	pub earned: BoundedVec<(u32, Balance), ConstU32<EARNING_DAYS>>,
}

impl<AccountId> BalancingSecurity<AccountId> {
	/// Counts what was earned on a day, and forgets the oldest of too many, and those that are too old.
	pub fn earn(&mut self, day: u32, amount: Balance) {
		if let Some((_, sum)) = self.earned.iter_mut().find(|(known, _)| *known == day) {
			*sum = sum.saturating_add(amount);
			return;
		}
		self.earned.retain(|(known, _)| known.saturating_add(EARNING_DAYS) > day);
		if self.earned.is_full() {
			let oldest = self.earned.iter().enumerate().min_by_key(|(_, (known, _))| *known).map(|(at, _)| at);
			oldest.map(|at| self.earned.remove(at));
		}
		// There is room: one was removed if there was none.
		let _ = self.earned.try_push((day, amount));
	}

	/// What it must come to on a day, in nEUR.
	pub fn least(&self, day: u32) -> Balance {
		let counts = self.earned.iter().filter(|(known, _)| known.saturating_add(EARNING_DAYS) > day);
		counts.map(|(_, sum)| *sum).max().unwrap_or(0).saturating_mul(SECURED_DAYS)
	}
}
