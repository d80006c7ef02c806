//! What is stored about participants and those who act for them.

use crate::Budget;
use busbar_primitives::{stored, Interval, Margin, ParticipantId, Right, Role, RoleGrant, StandingSteps};
use frame_support::{traits::ConstU32, BoundedVec};
use sp_core::H256;
use sp_runtime::MultiSignature;

/// Who took a decision, so that the lower authority cannot undo the higher one's.
#[stored(Copy, PartialOrd, Ord)]
pub enum Authority {
	/// A participant with the role membership provider.
	Provider,
	/// One with the role regulator.
	Regulator,
	/// The pallet's admin origin.
	Council,
}

/// Whether a participant may act.
#[stored(Copy)]
pub enum Status {
	Active,
	/// Kept out of the pool, by the named authority, until it is resumed.
	Suspended(Authority),
	/// Gone for good. The record stays so that neither the identifier nor the account can come back as another.
	Removed,
}

/// A legal or natural person, as far as the chain knows it. One value, so that letting its transactions in, charging them
/// and taking its orders touch one key of it.
#[stored]
pub struct Participant<AccountId, BlockNumber> {
	/// The account that it signs with and is paid on.
	pub account: AccountId,
	/// Salted hash of its record off chain; zero for members from genesis without one.
	pub commitment: H256,
	pub status: Status,
	/// The block that it was registered in.
	pub joined: BlockNumber,
	/// What it may take of blocks.
	pub budget: Budget<BlockNumber>,
	/// Whether it has unpaid debt from a default, and so places no orders.
	pub in_debt: bool,
	/// Its money for orders.
	pub margin: Margin,
	/// How many steps its orders have in the sessions of the intervals ahead, as far as the market counts them.
	pub standing: StandingSteps,
	/// What it may do, where and how long, those that are over as well until there is another one; each role once in each
	/// scope.
	pub roles: BoundedVec<RoleGrant, ConstU32<MAX_ROLES>>,
	/// Who may act for it.
	pub delegates: BoundedVec<Grant<AccountId>, ConstU32<MAX_DELEGATES>>,
}

/// A newcomer of a batch.
#[stored]
pub struct Newcomer<AccountId> {
	/// A fresh UUID.
	pub participant: ParticipantId,
	/// What it will sign with and be paid on.
	pub account: AccountId,
	/// Salted hash of its record off chain.
	pub commitment: H256,
	/// The account's signature over [`crate::acceptance_payload`].
	pub acceptance: MultiSignature,
	/// Ordinary roles that it will hold, each once, in the batch's scope.
	pub roles: BoundedVec<Role, ConstU32<MAX_ORDINARY_ROLES>>,
}

/// What was delegated to an account, over all participants.
#[stored(Default)]
pub struct Delegation {
	/// Rights granted to the account that stand.
	pub grants: u32,
	/// Those of them whose participant is active. The account is admitted while there is one.
	pub active: u32,
	/// The one participant whose roles the account exercises.
	pub operates_for: Option<ParticipantId>,
	/// Who delegates to it, in the order in which they began to: the first of them that can pays for its transactions. All of
	/// them, unless it has a participant of its own.
	pub principals: BoundedVec<ParticipantId, ConstU32<MAX_PRINCIPALS>>,
}

/// Most participants that an account without one of its own acts for.
pub const MAX_PRINCIPALS: u32 = 4;

/// Most rights that one participant delegates, whatever a runtime lets it.
pub const MAX_DELEGATES: u32 = 8;

/// The end of a role's time: its moment in big-endian bytes, so that ends lie in their order, and whose role it is.
pub type EndKey = ([u8; 8], ParticipantId);

/// Most roles of one participant, whatever a runtime lets it have.
pub const MAX_ROLES: u32 = 16;

/// A delegate and its right.
pub type Grant<AccountId> = (AccountId, Right);

/// Which of a participant's data a grant opens. The data lie off chain, in a meter-data store, which asks the chain.
#[stored(Copy, PartialOrd, Ord)]
pub enum Data {
	/// The readings of the participant's connection points.
	Readings,
	/// All readings in the datasets that the participant, a meter operator, attested.
	Datasets,
}

/// A grant of access to data of some intervals.
#[stored(Copy)]
pub struct DataGrant {
	/// Who may read.
	pub grantee: ParticipantId,
	pub data: Data,
	/// First interval whose data are open.
	pub from: Interval,
	/// First interval whose data are not open any more.
	pub until: Interval,
}

impl DataGrant {
	/// Whether the grant opens `data` of `interval` to `reader`.
	pub fn opens(&self, reader: ParticipantId, data: Data, interval: Interval) -> bool {
		self.grantee == reader && self.data == data && self.from <= interval && interval < self.until
	}
}

/// Number of roles for which [`is_ordinary`] holds.
pub const MAX_ORDINARY_ROLES: u32 = 3;

/// Whether the regulator may suspend who holds the role without the council: the grid does not depend on it.
pub fn may_be_suspended(role: Role) -> bool {
	role.trades() || role == Role::Auditor
}

/// Whether a membership provider may grant the role without the council.
pub const fn is_ordinary(role: Role) -> bool {
	matches!(role, Role::Prosumer | Role::Consumer | Role::Generator)
}
