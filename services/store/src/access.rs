//! Signed requests, and who may read what.
//!
//! Requests are signed as [`busbar_client::requests`] says, for the service `busbar-store:1` and the store's name. The body
//! needs no signature: its hash is in the path.
//!
//! What the chain grants, by facts that its calls change:
//!
//! | who | reads |
//! |---|---|
//! | the meter operator of the dataset | the dataset, every proof |
//! | whom that operator granted its datasets of the interval | the same |
//! | regulators and auditors of the whole grid | the same |
//! | who owns a connection point in the interval | that point's reading with its proof |
//! | whom that owner granted its readings of the interval | the same |
//! | every active participant | aggregates, the list of datasets |
//!
//! Each stands for the participant's own account and for those that operate for it.

use crate::{
	chain::{Chain, Principal},
	error::Error,
	meta::{Meta, Summary, Writer},
};
use axum::http::{HeaderMap, Method};
use busbar_client::{
	pallet_participants::Data,
	requests::{self, now_ms, To},
	AccountId,
};
use busbar_primitives::{Interval, ParticipantId, Role, Scope};
use busbar_service::members::Members;
use sp_core::crypto::Ss58Codec;
use std::collections::BTreeMap;

pub use busbar_client::requests::{Seen, ACCOUNT, EXPIRES, NONCE, SIGNATURE};

/// A store, as signatures name it with the version of what they are over.
pub const SERVICE: &str = "busbar-store:1";

/// What a request's signature is over.
pub fn payload(method: &Method, store: &str, path: &str, expires: u64, nonce: &str) -> Vec<u8> {
	requests::payload(To { service: SERVICE, name: store, method: method.as_str(), path }, expires, nonce)
}

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Caller {
	pub account: AccountId,
	pub principals: Vec<Principal>,
}

/// Checks a request, what costs least first: whether it is in the name of a member, its signature and expiry, whether it is
/// new. Only then the chain is asked for whom its account acts.
///
/// # Errors
/// [`Error::Unauthorised`] for what is wrong with the request, [`Error::Forbidden`] if the account acts for no active
/// participant, [`Error::TooMany`], [`Error::Chain`].
pub async fn authenticate(
	chain: &dyn Chain,
	members: &Members,
	seen: &Seen,
	store: &str,
	method: &Method,
	path: &str,
	headers: &HeaderMap,
) -> Result<Caller, Error> {
	let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
	let to = To { service: SERVICE, name: store, method: method.as_str(), path };
	let now = now_ms();
	let stranger = || Error::Forbidden("the account acts for no active participant of the chain".into());
	if !members.has(&requests::claimed(header)?, || chain.accounts()).await? {
		return Err(stranger());
	}
	let request = requests::authenticate(to, header, now)?;
	seen.take(&request, now)?;
	let principals = chain.principals(&request.account).await?;
	if principals.is_empty() {
		return Err(stranger());
	}
	Ok(Caller { account: request.account, principals })
}

impl Caller {
	/// In whose name the caller stores objects.
	///
	/// # Errors
	/// [`Error::Forbidden`] if it acts for nobody who attests readings.
	pub fn writer(&self) -> Result<Writer, Error> {
		let attesters = self.principals.iter().filter(|principal| principal.attests);
		let operates: Vec<_> = attesters.map(|principal| principal.participant).collect();
		if operates.is_empty() {
			return Err(Error::Forbidden("only who attests readings stores objects".into()));
		}
		Ok(Writer { account: self.account.to_ss58check(), operates })
	}

	/// That the caller may read the object.
	///
	/// # Errors
	/// [`Error::Forbidden`], [`Error::Chain`].
	pub async fn ensure_reads(&self, chain: &dyn Chain, meta: &Meta) -> Result<(), Error> {
		let may = match &meta.dataset {
			Some(summary) => self.reads_dataset(chain, summary).await?,
			None => meta.by.as_ref() == Some(&self.account.to_ss58check()),
		};
		may.then_some(()).ok_or(Error::Forbidden("the chain grants this account no access to the object".into()))
	}

	/// That the caller may read these points' readings in the dataset.
	///
	/// # Errors
	/// [`Error::Forbidden`], [`Error::Chain`].
	pub async fn ensure_reads_points(&self, chain: &dyn Chain, dataset: &Summary, points: &[u32]) -> Result<(), Error> {
		if self.reads_dataset(chain, dataset).await? {
			return Ok(());
		}
		// Points share owners: each owner's grants are asked for once.
		let mut known = BTreeMap::new();
		for point in points {
			let may = match chain.owner(*point, dataset.interval).await? {
				None => false,
				Some(owner) => match known.get(&owner) {
					Some(may) => *may,
					None => {
						let may = self.reads_of(chain, owner, Data::Readings, dataset.interval).await?;
						known.insert(owner, may);
						may
					},
				},
			};
			if !may {
				return Err(Error::Forbidden(
					"the chain grants this account no access to one of the connection points".into(),
				));
			}
		}
		Ok(())
	}

	/// Whether all readings of the dataset are open to the caller.
	async fn reads_dataset(&self, chain: &dyn Chain, dataset: &Summary) -> Result<bool, Error> {
		let oversees =
			|(role, scope): &(Role, Scope)| matches!(role, Role::Auditor | Role::Regulator) && *scope == Scope::Grid;
		if self.principals.iter().any(|principal| principal.roles.iter().any(oversees)) {
			return Ok(true);
		}
		self.reads_of(chain, dataset.operator, Data::Datasets, dataset.interval).await
	}

	/// Whether the caller acts for `owner`, or for one whom it granted these data of the interval.
	async fn reads_of(
		&self,
		chain: &dyn Chain,
		owner: ParticipantId,
		data: Data,
		interval: Interval,
	) -> Result<bool, Error> {
		if self.principals.iter().any(|principal| principal.participant == owner) {
			return Ok(true);
		}
		let grants = chain.grants(owner).await?;
		let open =
			|principal: &Principal| grants.iter().any(|grant| grant.opens(principal.participant, data, interval));
		Ok(self.principals.iter().any(open))
	}
}
