//! The registry of participants: who they are, what they may do where, and who acts for them.

use crate::{AccountId, MockGrid};
use busbar_primitives::{
	traits::{Participants, Zones},
	ParticipantId, Right, Role, Scope, ZoneId,
};
use refused::{NOT_DELEGATE, NOT_MEMBER, REMOVED, ROLE_MISSING, ROLE_OUT_OF_SCOPE, SUSPENDED, UNKNOWN_PARTICIPANT};
use sp_runtime::{DispatchError, DispatchResult};
use std::{cell::RefCell, collections::BTreeMap};

/// Why [`MockParticipants`] refuses, by the names of `pallet-participants`' errors.
pub mod refused {
	use sp_runtime::DispatchError;

	/// No participant has this identifier.
	pub const UNKNOWN_PARTICIPANT: DispatchError = DispatchError::Other("UnknownParticipant");
	/// The account neither is a participant's nor operates for one.
	pub const NOT_MEMBER: DispatchError = DispatchError::Other("NotMember");
	/// The participant is suspended.
	pub const SUSPENDED: DispatchError = DispatchError::Other("Suspended");
	/// The participant was removed.
	pub const REMOVED: DispatchError = DispatchError::Other("Removed");
	/// The role is not held.
	pub const ROLE_MISSING: DispatchError = DispatchError::Other("RoleMissing");
	/// The role is held, but not there.
	pub const ROLE_OUT_OF_SCOPE: DispatchError = DispatchError::Other("RoleOutOfScope");
	/// The account has no such right.
	pub const NOT_DELEGATE: DispatchError = DispatchError::Other("NotDelegate");
}

/// Whether a participant may act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
	Active,
	Suspended,
	Removed,
}

/// A participant and who acts for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
	/// What it signs with and is paid on. `None` only where a test wants what the real registry never has.
	pub account: Option<AccountId>,
	pub status: Status,
	pub roles: Vec<(Role, Scope)>,
	pub delegates: Vec<(AccountId, Right)>,
}

thread_local! {
	static MEMBERS: RefCell<BTreeMap<ParticipantId, Member>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn reset() {
	MEMBERS.with(|members| members.borrow_mut().clear());
}

/// The participant that an account is registered as.
pub fn id(account: AccountId) -> ParticipantId {
	let mut bytes = [0; 16];
	bytes[..8].copy_from_slice(&account.to_le_bytes());
	ParticipantId(bytes)
}

/// A registry in which roles, scopes, suspensions and delegates mean what they mean in `pallet-participants`. What a scope
/// covers it asks [`MockGrid`].
///
/// Its setters panic where a participant is not registered: a test that grants a stranger a role is wrong.
pub struct MockParticipants;

impl MockParticipants {
	/// Registers participants with these accounts, active and without roles. Their identifiers are [`id`]s.
	pub fn register(accounts: impl IntoIterator<Item = AccountId>) {
		for account in accounts {
			let member =
				Member { account: Some(account), status: Status::Active, roles: Vec::new(), delegates: Vec::new() };
			let before = MEMBERS.with(|members| members.borrow_mut().insert(id(account), member));
			assert_eq!(before, None, "account {account} is registered already");
		}
	}

	/// Changes the participant of an account.
	pub fn change<R>(account: AccountId, change: impl FnOnce(&mut Member) -> R) -> R {
		MEMBERS.with(|members| {
			let mut members = members.borrow_mut();
			change(members.get_mut(&id(account)).unwrap_or_else(|| panic!("account {account} is not registered")))
		})
	}

	/// Grants the participant of an account a role.
	pub fn grant(account: AccountId, role: Role, scope: Scope) {
		Self::change(account, |member| member.roles.push((role, scope)));
	}

	/// Takes a role from the participant of an account, if it holds it.
	pub fn revoke(account: AccountId, role: Role, scope: Scope) {
		Self::change(account, |member| member.roles.retain(|held| *held != (role, scope)));
	}

	/// Lets another account act for the participant of an account.
	pub fn delegate(account: AccountId, delegate: AccountId, right: Right) {
		Self::change(account, |member| member.delegates.push((delegate, right)));
	}

	/// Takes a right from an account that acts for the participant of another one, if it has it.
	pub fn undelegate(account: AccountId, delegate: AccountId, right: Right) {
		Self::change(account, |member| member.delegates.retain(|held| *held != (delegate, right)));
	}

	/// Keeps the participant of an account from acting.
	pub fn suspend(account: AccountId) {
		Self::change(account, |member| member.status = Status::Suspended);
	}

	/// Lets the participant of an account act again.
	pub fn resume(account: AccountId) {
		Self::change(account, |member| member.status = Status::Active);
	}

	/// Removes the participant of an account for good, with its roles and delegates.
	pub fn remove(account: AccountId) {
		Self::change(account, |member| {
			*member =
				Member { account: member.account, status: Status::Removed, roles: Vec::new(), delegates: Vec::new() };
		});
	}

	fn get(participant: ParticipantId) -> Option<Member> {
		MEMBERS.with(|members| members.borrow().get(&participant).cloned())
	}

	fn active(participant: ParticipantId) -> Result<Member, DispatchError> {
		let member = Self::get(participant).ok_or(UNKNOWN_PARTICIPANT)?;
		match member.status {
			Status::Active => Ok(member),
			Status::Suspended => Err(SUSPENDED),
			Status::Removed => Err(REMOVED),
		}
	}

	/// The participant that an account operates for.
	fn principal(account: AccountId) -> Option<ParticipantId> {
		let operates = |member: &Member| member.delegates.contains(&(account, Right::Operate));
		MEMBERS.with(|members| members.borrow().iter().find(|(_, member)| operates(member)).map(|(id, _)| *id))
	}

	/// The participant in whose name the account exercises `role` in scopes that `covers` accepts: its own first, then the
	/// one that it operates for.
	fn holder(
		account: AccountId,
		role: Role,
		covers: impl Fn(&[Scope]) -> bool,
	) -> Result<ParticipantId, DispatchError> {
		let own = Self::participant(&account);
		if let Some(own) = own {
			Self::active(own)?;
		}
		let candidates: Vec<_> = own.into_iter().chain(Self::principal(account)).collect();
		let mut refusal = if candidates.is_empty() { NOT_MEMBER } else { ROLE_MISSING };
		for candidate in candidates {
			match Self::active(candidate) {
				Ok(member) => {
					let held = member.roles.into_iter().filter(|(held, _)| *held == role);
					let scopes: Vec<_> = held.map(|(_, scope)| scope).collect();
					if covers(&scopes) {
						return Ok(candidate);
					}
					if !scopes.is_empty() {
						refusal = ROLE_OUT_OF_SCOPE;
					}
				},
				Err(inactive) => refusal = inactive,
			}
		}
		Err(refusal)
	}
}

impl Participants<AccountId> for MockParticipants {
	fn participant(account: &AccountId) -> Option<ParticipantId> {
		let owns = |member: &Member| member.account == Some(*account);
		MEMBERS.with(|members| members.borrow().iter().find(|(_, member)| owns(member)).map(|(id, _)| *id))
	}

	fn account(participant: ParticipantId) -> Option<AccountId> {
		Self::get(participant)?.account
	}

	fn ensure(account: &AccountId, role: Role, zone: Option<ZoneId>) -> Result<ParticipantId, DispatchError> {
		Self::holder(*account, role, |scopes| {
			scopes.iter().any(|scope| match (scope, zone) {
				(Scope::Grid, _) => true,
				(Scope::Zone(_), None) => false,
				(Scope::Zone(ancestor), Some(zone)) => zone == *ancestor || MockGrid::is_within_any(zone, &[*ancestor]),
			})
		})
	}

	fn ensure_each(account: &AccountId, role: Role, zones: &[ZoneId]) -> Result<u32, DispatchError> {
		zones.iter().try_for_each(|zone| Self::ensure(account, role, Some(*zone)).map(|_| ()))?;
		let everywhere = Self::ensure(account, role, None).is_ok();
		// As if each zone were the whole of its walk.
		Ok(if everywhere { 0 } else { zones.len() as u32 })
	}

	fn ensure_anywhere(account: &AccountId, role: Role) -> Result<ParticipantId, DispatchError> {
		Self::holder(*account, role, |scopes| !scopes.is_empty())
	}

	fn ensure_acts_for(account: &AccountId, participant: ParticipantId, right: Right) -> DispatchResult {
		let member = Self::active(participant)?;
		if member.account == Some(*account) {
			return Ok(());
		}
		if let Some(own) = Self::participant(account) {
			Self::active(own)?;
		}
		member.delegates.contains(&(*account, right)).then_some(()).ok_or(NOT_DELEGATE)
	}

	fn ensure_trades(
		account: &AccountId,
		owner: ParticipantId,
		roles: &[Role],
		zone: ZoneId,
	) -> Result<u32, DispatchError> {
		Self::ensure_acts_for(account, owner, Right::Trade)?;
		let held = Self::active(owner)?.roles.into_iter().filter(|(held, _)| roles.contains(held));
		let scopes: Vec<_> = held.map(|(_, scope)| scope).collect();
		if scopes.is_empty() {
			return Err(ROLE_MISSING);
		}
		let covers = |scope: &Scope| match scope {
			Scope::Grid => true,
			Scope::Zone(ancestor) => zone == *ancestor || MockGrid::is_within_any(zone, &[*ancestor]),
		};
		let walked = u32::from(!scopes.contains(&Scope::Grid));
		scopes.iter().any(covers).then_some(walked).ok_or(ROLE_OUT_OF_SCOPE)
	}

	fn ensure_settles_for(account: &AccountId, participant: ParticipantId, right: Right) -> DispatchResult {
		match Self::get(participant) {
			Some(member) if member.status == Status::Suspended && member.account == Some(*account) => Ok(()),
			_ => Self::ensure_acts_for(account, participant, right),
		}
	}

	fn trades(participant: ParticipantId) -> bool {
		Self::active(participant).is_ok_and(|member| member.roles.iter().any(|(role, _)| role.trades()))
	}

	fn is_removed(participant: ParticipantId) -> bool {
		Self::get(participant).is_some_and(|member| member.status == Status::Removed)
	}

	fn ensure_active(participant: ParticipantId) -> DispatchResult {
		Self::active(participant).map(|_| ())
	}
}
