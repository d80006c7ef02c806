//! Who may do what with whose record.
//!
//! Requests are signed as [`busbar_client::requests`] says, for the service `busbar-vault:1` and the vault's name.
//!
//! | who | may |
//! |---|---|
//! | the person: its own account, whatever the chain thinks of it, and those that operate for it | put, read, export, erase the record, read who read it |
//! | to whom the person granted the fields for the purpose, while the grant stands | read them |
//! | a regulator of the whole grid | read fields for a purpose, read who read |
//! | an auditor of the whole grid | read who read |
//! | a membership provider, before the person is registered | put the record, and erase what it put |

use crate::{
	chain::{Chain, Principal},
	error::Error,
	log::Ground,
};
use axum::http::{HeaderMap, Method};
use busbar_client::{
	requests::{self, now_ms, Seen, To},
	AccountId,
};
use busbar_primitives::{
	records::{Fields, Purpose},
	ParticipantId, Role, Scope,
};
use busbar_service::members::Members;

/// A vault, as signatures name it with the version of what they are over.
pub const SERVICE: &str = "busbar-vault:1";

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Caller {
	pub account: AccountId,
	/// Whose own account it is, whatever the chain thinks of that participant.
	pub own: Option<ParticipantId>,
	/// In whose name it exercises roles.
	pub principals: Vec<Principal>,
}

/// Checks a request, what costs least first: whether it is in the name of a member, its signature and expiry, whether it is new.
///
/// # Errors
/// [`Error::Unauthorised`] for what is wrong with the request, [`Error::Forbidden`] if the account acts for no participant,
/// [`Error::TooMany`], [`Error::Chain`].
pub async fn authenticate(
	chain: &dyn Chain,
	(members, seen): (&Members, &Seen),
	vault: &str,
	method: &Method,
	path: &str,
	headers: &HeaderMap,
) -> Result<Caller, Error> {
	let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
	let to = To { service: SERVICE, name: vault, method: method.as_str(), path };
	let now = now_ms();
	if !members.has(&requests::claimed(header)?, || chain.accounts()).await? {
		return Err(Error::Forbidden("the account acts for no participant of the chain"));
	}
	let request = requests::authenticate(to, header, now)?;
	seen.take(&request, now)?;
	let own = chain.member(&request.account).await?;
	let principals = chain.principals(&request.account).await?;
	if own.is_none() && principals.is_empty() {
		return Err(Error::Forbidden("the account acts for no participant of the chain"));
	}
	Ok(Caller { account: request.account, own, principals })
}

/// Why somebody may do something, and in whose name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Right {
	pub reader: ParticipantId,
	pub ground: Ground,
}

impl Caller {
	/// In whose name the caller asks, as far as a single one can be named.
	pub fn name(&self) -> Option<ParticipantId> {
		self.own.or_else(|| self.principals.first().map(|principal| principal.participant))
	}

	/// The right to one's own record.
	pub fn owns(&self, subject: ParticipantId) -> Option<Right> {
		let own = self.own == Some(subject) || self.principals.iter().any(|one| one.participant == subject);
		own.then_some(Right { reader: subject, ground: Ground::Own })
	}

	/// The right that a role of the whole grid gives.
	fn oversees(&self, roles: &[Role]) -> Option<Right> {
		let holds =
			|one: &&Principal| one.roles.iter().any(|(role, scope)| roles.contains(role) && *scope == Scope::Grid);
		self.principals.iter().find(holds).map(|one| Right { reader: one.participant, ground: Ground::Oversight })
	}

	/// The right to read these fields.
	///
	/// # Errors
	/// [`Error::Chain`].
	pub async fn reads(
		&self,
		chain: &dyn Chain,
		subject: ParticipantId,
		fields: Fields,
		purpose: Option<Purpose>,
	) -> Result<Option<Right>, Error> {
		if let Some(right) = self.owns(subject) {
			return Ok(Some(right));
		}
		let Some(purpose) = purpose else { return Ok(None) };
		if let Some(right) = self.oversees(&[Role::Regulator]) {
			return Ok(Some(right));
		}
		let grants = chain.grants(subject).await?;
		let now = chain.now().await?;
		let opens = |one: &&Principal| grants.iter().any(|grant| grant.opens(one.participant, purpose, fields, now));
		let granted = self.principals.iter().find(opens);
		Ok(granted.map(|one| Right { reader: one.participant, ground: Ground::Grant }))
	}

	/// The right to read who read.
	pub fn reads_log(&self, subject: ParticipantId) -> Option<Right> {
		self.owns(subject).or_else(|| self.oversees(&[Role::Regulator, Role::Auditor]))
	}

	/// The right to put or erase a record that `writer` put here before, if anybody did. Before the person is registered it is
	/// the provider's that put it, or that puts the first.
	///
	/// # Errors
	/// [`Error::Chain`].
	pub async fn writes(
		&self,
		chain: &dyn Chain,
		subject: ParticipantId,
		writer: Option<ParticipantId>,
	) -> Result<Option<Right>, Error> {
		if let Some(right) = self.owns(subject) {
			return Ok(Some(right));
		}
		let admits = |one: &&Principal| {
			one.roles.iter().any(|(role, _)| *role == Role::MembershipProvider)
				&& writer.is_none_or(|writer| writer == one.participant)
		};
		let Some(provider) = self.principals.iter().find(admits) else { return Ok(None) };
		let is_new = chain.subject(subject).await?.is_none();
		Ok(is_new.then_some(Right { reader: provider.participant, ground: Ground::Admission }))
	}
}
