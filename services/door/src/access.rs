//! Who comes in, and what it may read.
//!
//! The upgrade to a WebSocket is a request that is signed as [`busbar_client::requests`] says, for the service `busbar-door:1` and the
//! door's name. Whom the account acts for is asked again while the connection lasts: who is suspended or loses a role reads as little
//! as if it came anew.

use crate::{
	asked::Of,
	chain::{Chain, Principal},
	error::Error,
};
use axum::http::{HeaderMap, Method};
use busbar_client::{
	pallet_participants::Data,
	requests::{self, now_ms, Seen, To},
	AccountId,
};
use busbar_primitives::{Interval, ParticipantId, Party, Role, Scope};
use busbar_service::members::Members;

/// A door, as signatures name it with the version of what they are over.
pub const SERVICE: &str = "busbar-door:1";

/// Checks a request, what costs least first: whether it is in the name of a member, its signature and expiry, whether it is new, and
/// whether the account acts for a participant that is active.
///
/// # Errors
/// [`Error::Unauthorised`] for what is wrong with the request, [`Error::Stranger`], [`Error::TooMany`], [`Error::Chain`].
pub async fn authenticate(
	chain: &dyn Chain,
	(members, seen): (&Members, &Seen),
	door: &str,
	path: &str,
	headers: &HeaderMap,
) -> Result<AccountId, Error> {
	let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
	let to = To { service: SERVICE, name: door, method: Method::GET.as_str(), path };
	let now = now_ms();
	if !members.has(&requests::claimed(header)?, || chain.accounts()).await? {
		return Err(Error::Stranger);
	}
	let request = requests::authenticate(to, header, now)?;
	seen.take(&request, now)?;
	if chain.principals(&request.account).await?.is_empty() {
		return Err(Error::Stranger);
	}
	Ok(request.account)
}

/// Whether a caller that acts for these participants may have an answer.
///
/// # Errors
/// [`Error::Chain`].
pub async fn may(chain: &dyn Chain, principals: &[Principal], answer: &Of) -> Result<bool, Error> {
	if principals.is_empty() {
		return Ok(false);
	}
	let oversees =
		|(role, scope): &(Role, Scope)| matches!(role, Role::Regulator | Role::Auditor) && *scope == Scope::Grid;
	if *answer == Of::Everybody || principals.iter().flat_map(|one| &one.roles).any(oversees) {
		return Ok(true);
	}
	let (owner, interval) = match answer {
		Of::Everybody | Of::Many => return Ok(false),
		Of::Account(account, interval) => (chain.member(account).await?, *interval),
		Of::Point(point, interval) => (chain.owner(*point, *interval).await?, *interval),
		Of::Line(interval, index) => match chain.party(*interval, *index).await? {
			Some(Party::Point(point)) => (chain.owner(point, Some(*interval)).await?, Some(*interval)),
			_ => (None, None),
		},
	};
	let Some(owner) = owner else { return Ok(false) };
	opened(chain, principals, owner, interval).await
}

/// Whether it is one's own, or of an interval of which the owner grants its readings.
async fn opened(
	chain: &dyn Chain,
	principals: &[Principal],
	owner: ParticipantId,
	interval: Option<Interval>,
) -> Result<bool, Error> {
	if principals.iter().any(|one| one.participant == owner) {
		return Ok(true);
	}
	let Some(interval) = interval else { return Ok(false) };
	let grants = chain.grants(owner).await?;
	let opens = |one: &Principal| grants.iter().any(|grant| grant.opens(one.participant, Data::Readings, interval));
	Ok(principals.iter().any(opens))
}
