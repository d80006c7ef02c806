//! Signed requests, and who may read what.
//!
//! A request carries four headers. The signature is over [`payload`] by the account's key, as a SCALE-encoded
//! `MultiSignature` in hexadecimal; so sr25519, ed25519 and ECDSA keys all do. The payload binds the store's name, so that
//! one store cannot use at another what it was sent; an expiry at most [`LONGEST_MS`] ahead; and a nonce that the store
//! takes once. The body needs no signature: its hash is in the path.
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
	now_ms,
};
use axum::http::{HeaderMap, Method};
use busbar_primitives::{Interval, ParticipantId, Role, Scope};
use busbar_runtime::AccountId;
use codec::Decode;
use pallet_participants::Data;
use sp_core::crypto::Ss58Codec;
use sp_runtime::{traits::Verify, MultiSignature};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Mutex,
};

/// Header with the account's SS58 address.
pub const ACCOUNT: &str = "x-busbar-account";
/// Header with the last moment at which the request is good, in ms since the Unix epoch.
pub const EXPIRES: &str = "x-busbar-expires";
/// Header with 32 hexadecimal digits of the sender's choice.
pub const NONCE: &str = "x-busbar-nonce";
/// Header with the signature.
pub const SIGNATURE: &str = "x-busbar-signature";
/// Longest validity of a request, in ms.
pub const LONGEST_MS: u64 = 300_000;
/// Most nonces that are remembered.
const MOST_NONCES: usize = 200_000;

/// What a request's signature is over.
pub fn payload(method: &Method, store: &str, path: &str, expires: u64, nonce: &str) -> Vec<u8> {
	format!("busbar-store:1\n{method}\n{store}\n{path}\n{expires}\n{nonce}").into_bytes()
}

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Caller {
	pub account: AccountId,
	pub principals: Vec<Principal>,
}

/// Requests that were seen, so that none is taken twice.
#[derive(Default)]
pub struct Seen(Mutex<BTreeSet<(u64, AccountId, String)>>);

impl Seen {
	fn take(&self, expires: u64, account: &AccountId, nonce: &str, now: u64) -> Result<(), Error> {
		let mut seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
		while seen.first().is_some_and(|(expires, ..)| *expires < now) {
			seen.pop_first();
		}
		if seen.len() >= MOST_NONCES {
			return Err(Error::Forbidden("too many requests; try again in five minutes"));
		}
		let fresh = seen.insert((expires, account.clone(), nonce.into()));
		fresh.then_some(()).ok_or(Error::Unauthorised("this request was made before; sign it with another nonce"))
	}
}

/// Checks a request's signature, expiry and nonce, and asks the chain for whom its account acts.
///
/// # Errors
/// [`Error::Unauthorised`] for what is wrong with the request, [`Error::Forbidden`] if the account acts for no active
/// participant, [`Error::Chain`].
pub async fn authenticate(
	chain: &dyn Chain,
	seen: &Seen,
	store: &str,
	method: &Method,
	path: &str,
	headers: &HeaderMap,
) -> Result<Caller, Error> {
	let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
	let (Some(account), Some(expires), Some(nonce), Some(signature)) =
		(header(ACCOUNT), header(EXPIRES), header(NONCE), header(SIGNATURE))
	else {
		return Err(Error::Unauthorised("sign the request: account, expiry, nonce and signature headers are needed"));
	};
	let account = AccountId::from_ss58check(account).map_err(|_| Error::Unauthorised("the account is no address"))?;
	let now = now_ms();
	let at = expires.parse::<u64>().map_err(|_| Error::Unauthorised("the expiry is no number of milliseconds"))?;
	if at < now {
		return Err(Error::Unauthorised("the request has expired"));
	}
	if at > now.saturating_add(LONGEST_MS) {
		return Err(Error::Unauthorised("the expiry is more than five minutes ahead"));
	}
	if nonce.len() != 32 || !nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
		return Err(Error::Unauthorised("the nonce must be 32 lower-case hexadecimal digits"));
	}
	let signature = hex::decode(signature)
		.ok()
		.and_then(|bytes| MultiSignature::decode(&mut &bytes[..]).ok())
		.ok_or(Error::Unauthorised("the signature is no MultiSignature in hexadecimal"))?;
	if !signature.verify(&payload(method, store, path, at, nonce)[..], &account) {
		return Err(Error::Unauthorised("the signature is not the account's over this request to this store"));
	}
	let principals = chain.principals(&account).await?;
	if principals.is_empty() {
		return Err(Error::Forbidden("the account acts for no active participant of the chain"));
	}
	seen.take(at, &account, nonce, now)?;
	Ok(Caller { account, principals })
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
			return Err(Error::Forbidden("only who attests readings stores objects"));
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
		may.then_some(()).ok_or(Error::Forbidden("the chain grants this account no access to the object"))
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
					"the chain grants this account no access to one of the connection points",
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
