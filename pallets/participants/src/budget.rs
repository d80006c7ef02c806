//! What a participant may take of blocks: computation, proof size and bytes.
//!
//! A budget fills with every block, because that is how capacity comes: after a halt nobody has more than before. What is
//! stored is what was taken and has not come back yet, so that a budget is never below nothing and never above its most,
//! whatever its class becomes.

use busbar_primitives::{stored, Moment, ParticipantId, Role, RoleGrant, Scope};
use frame_support::weights::Weight;
use sp_runtime::traits::{Saturating, UniqueSaturatedInto};

/// What a transaction takes of a block.
#[stored(Copy, Default)]
pub struct Load {
	/// Computation, in ps.
	pub ref_time: u64,
	/// Size of the proof of what it touches, in bytes.
	pub proof_size: u64,
	/// Its own length, in bytes.
	pub bytes: u64,
}

impl Load {
	pub const fn new(ref_time: u64, proof_size: u64, bytes: u64) -> Self {
		Self { ref_time, proof_size, bytes }
	}

	/// Of a transaction of this weight and length.
	pub fn of(weight: Weight, bytes: usize) -> Self {
		Self::new(weight.ref_time(), weight.proof_size(), u64::try_from(bytes).unwrap_or(u64::MAX))
	}

	fn with(&self, other: &Self, change: impl Fn(u64, u64) -> u64) -> Self {
		Self::new(
			change(self.ref_time, other.ref_time),
			change(self.proof_size, other.proof_size),
			change(self.bytes, other.bytes),
		)
	}

	pub fn plus(&self, other: &Self) -> Self {
		self.with(other, u64::saturating_add)
	}

	/// What remains of this without the other, which is nothing where that is more.
	pub fn less(&self, other: &Self) -> Self {
		self.with(other, u64::saturating_sub)
	}

	pub fn times(&self, times: u64) -> Self {
		self.with(self, |each, _| each.saturating_mul(times))
	}

	/// Whether none of the three is more than the other's.
	pub fn fits(&self, other: &Self) -> bool {
		self.less(other) == Self::default()
	}

	/// How many eighths of the other this is, by the scarcest of the three.
	pub fn eighths(&self, other: &Self) -> u64 {
		let share = self.with(other, |part, whole| part.saturating_mul(8).checked_div(whole).unwrap_or(0));
		share.ref_time.min(share.proof_size).min(share.bytes)
	}
}

/// A rule for budgets.
#[stored(Copy, Default)]
pub struct Allowance {
	/// What comes back with every block.
	pub per_block: Load,
	/// What a budget holds at most.
	pub most: Load,
}

/// The rules of a chain.
#[stored(Copy, Default)]
pub struct Allowances {
	pub member: Allowance,
	pub professional: Allowance,
	pub operator: Allowance,
	/// For calls of the council.
	pub governing: Allowance,
	/// For what all members that one provider admitted take together.
	pub provider: Allowance,
}

/// Which rule a participant's budget follows.
#[stored(Copy, Default, PartialOrd, Ord)]
pub enum Class {
	/// Whoever needs no role from the council.
	#[default]
	Member,
	/// A role from the council that is none of the next class's, or one of them for a part of the grid.
	Professional,
	/// Grid operators, meter operators and membership providers of the whole grid.
	Operator,
}

impl Class {
	/// The greatest that one of the roles gives which hold now.
	pub fn of(roles: &[RoleGrant], now: Moment) -> Self {
		let class = |grant: &RoleGrant| match grant.role {
			Role::Prosumer | Role::Consumer | Role::Generator | Role::Auditor => Self::Member,
			Role::Dso | Role::MeterOperator | Role::MembershipProvider if grant.scope == Scope::Grid => Self::Operator,
			_ => Self::Professional,
		};
		roles.iter().filter(|grant| grant.validity.holds_at(now)).map(class).max().unwrap_or_default()
	}
}

impl Allowances {
	pub fn of(&self, class: Class) -> &Allowance {
		match class {
			Class::Member => &self.member,
			Class::Professional => &self.professional,
			Class::Operator => &self.operator,
		}
	}
}

/// What was taken and has not come back yet.
#[stored(Copy, Default)]
pub struct Spent<BlockNumber> {
	pub load: Load,
	/// When that was so.
	pub at: BlockNumber,
}

impl<BlockNumber: Copy + Saturating + UniqueSaturatedInto<u64>> Spent<BlockNumber> {
	/// All that a rule allows, as of a newcomer.
	pub fn all(at: BlockNumber, rule: &Allowance) -> Self {
		Self { load: rule.most, at }
	}

	fn load_at(&self, now: BlockNumber, rule: &Allowance) -> Load {
		let blocks: u64 = now.saturating_sub(self.at).unique_saturated_into();
		self.load.less(&rule.per_block.times(blocks))
	}

	/// What can be taken now.
	pub fn left(&self, now: BlockNumber, rule: &Allowance) -> Load {
		rule.most.less(&self.load_at(now, rule))
	}

	/// Takes something. `false`, and nothing is taken, if less is left.
	pub fn take(&mut self, now: BlockNumber, rule: &Allowance, cost: &Load) -> bool {
		let fits = cost.fits(&self.left(now, rule));
		if fits {
			*self = Self { load: self.load_at(now, rule).plus(cost), at: now };
		}
		fits
	}

	/// Gives back what was taken in the same block.
	pub fn give_back(&mut self, load: &Load) {
		self.load = self.load.less(load);
	}
}

/// A participant's budget. Its class is that of the roles which its participant holds.
#[stored(Copy, Default)]
pub struct Budget<BlockNumber> {
	/// Who admitted it; nobody for members from genesis.
	pub provider: Option<ParticipantId>,
	pub spent: Spent<BlockNumber>,
}

/// What the chain's table says of a call, whoever makes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
	/// It is work that somebody has to do and that can be done once: what succeeds costs nothing.
	pub due: bool,
	/// Council members make it, out of the budget for that.
	pub governing: bool,
	/// It helps against misuse: nothing overtakes it.
	pub remedy: bool,
	/// Its sender settles by it what it owes: the suspended make it, too.
	pub settles: bool,
}
