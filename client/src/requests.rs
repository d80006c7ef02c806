//! Signed requests to services: both ends.
//!
//! A request carries four headers. The signature is over [`payload`] by the account's key, as a SCALE-encoded
//! `MultiSignature` in hexadecimal; so sr25519, ed25519 and ECDSA keys all do. The payload binds the kind of service and its
//! name, so that one service cannot use at another what it was sent; an expiry at most [`LONGEST_MS`] ahead; and a nonce
//! that the service takes once.

use crate::{sign::Signer, AccountId};
use codec::{Decode, Encode};
use sp_core::crypto::Ss58Codec;
use sp_runtime::{traits::Verify, MultiSignature};
use std::{
	collections::BTreeSet,
	sync::{Mutex, PoisonError},
	time::{SystemTime, UNIX_EPOCH},
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

/// What a request is made to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct To<'a> {
	/// The kind of service and the version of its signatures: `busbar-store:1`.
	pub service: &'a str,
	/// What clients call the service: host and port.
	pub name: &'a str,
	/// The HTTP method, in capitals.
	pub method: &'a str,
	/// The path with its query.
	pub path: &'a str,
}

/// What a request's signature is over.
pub fn payload(to: To<'_>, expires: u64, nonce: &str) -> Vec<u8> {
	let To { service, name, method, path } = to;
	format!("{service}\n{method}\n{name}\n{path}\n{expires}\n{nonce}").into_bytes()
}

/// The headers of a signed request, by name.
pub fn headers(signer: &Signer, to: To<'_>, expires: u64) -> [(&'static str, String); 4] {
	let nonce = hex::encode(rand::random::<[u8; 16]>());
	let signature = signer.sign_bytes(&payload(to, expires, &nonce));
	[
		(ACCOUNT, signer.account().to_ss58check()),
		(EXPIRES, expires.to_string()),
		(NONCE, nonce),
		(SIGNATURE, hex::encode(signature.encode())),
	]
}

/// What is wrong with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
	/// A header is not there.
	#[error("sign the request: account, expiry, nonce and signature headers are needed")]
	Unsigned,
	/// The account is no SS58 address.
	#[error("the account is no address")]
	Account,
	/// The expiry is no number.
	#[error("the expiry is no number of milliseconds")]
	Expiry,
	/// The request is too old.
	#[error("the request has expired")]
	Expired,
	/// The request would be good for too long.
	#[error("the expiry is more than five minutes ahead")]
	TooLong,
	/// The nonce has another form.
	#[error("the nonce must be 32 lower-case hexadecimal digits")]
	Nonce,
	/// The signature has another form.
	#[error("the signature is no MultiSignature in hexadecimal")]
	Signature,
	/// The signature is another's, or over something else.
	#[error("the signature is not the account's over this request to this service")]
	Forged,
	/// The request was made before.
	#[error("this request was made before; sign it with another nonce")]
	Repeated,
	/// More requests than can be remembered.
	#[error("too many requests; try again in five minutes")]
	TooMany,
}

/// A request whose signature is its account's. It is good once: [`Seen::take`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authentic {
	/// Who signed.
	pub account: AccountId,
	expires: u64,
	nonce: String,
}

/// Checks a request's signature and expiry, by its headers and the time in ms since the Unix epoch.
///
/// # Errors
/// What is wrong with it.
pub fn authenticate<'h>(
	to: To<'_>,
	header: impl Fn(&'static str) -> Option<&'h str>,
	now: u64,
) -> Result<Authentic, RequestError> {
	let (Some(account), Some(expires), Some(nonce), Some(signature)) =
		(header(ACCOUNT), header(EXPIRES), header(NONCE), header(SIGNATURE))
	else {
		return Err(RequestError::Unsigned);
	};
	let account = AccountId::from_ss58check(account).map_err(|_| RequestError::Account)?;
	let expires = expires.parse::<u64>().map_err(|_| RequestError::Expiry)?;
	if expires < now {
		return Err(RequestError::Expired);
	}
	if expires > now.saturating_add(LONGEST_MS) {
		return Err(RequestError::TooLong);
	}
	if nonce.len() != 32 || !nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
		return Err(RequestError::Nonce);
	}
	let signature = hex::decode(signature)
		.ok()
		.and_then(|bytes| MultiSignature::decode(&mut &bytes[..]).ok())
		.ok_or(RequestError::Signature)?;
	if !signature.verify(&payload(to, expires, nonce)[..], &account) {
		return Err(RequestError::Forged);
	}
	Ok(Authentic { account, expires, nonce: nonce.into() })
}

/// Requests that were seen, so that none is taken twice.
#[derive(Default)]
pub struct Seen(Mutex<BTreeSet<(u64, AccountId, String)>>);

impl Seen {
	/// Takes a request, once, at the time in ms since the Unix epoch.
	///
	/// # Errors
	/// If it was taken before, or more were taken than can be remembered until they expire.
	pub fn take(&self, request: &Authentic, now: u64) -> Result<(), RequestError> {
		let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		while seen.first().is_some_and(|(expires, ..)| *expires < now) {
			seen.pop_first();
		}
		if seen.len() >= MOST_NONCES {
			return Err(RequestError::TooMany);
		}
		let fresh = seen.insert((request.expires, request.account.clone(), request.nonce.clone()));
		fresh.then_some(()).ok_or(RequestError::Repeated)
	}
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	const TO: To<'static> =
		To { service: "busbar-store:1", name: "localhost:9960", method: "GET", path: "/v1/blobs/00?class=x" };

	fn check(to: To<'_>, headers: &[(&'static str, String); 4], now: u64) -> Result<Authentic, RequestError> {
		let header = |name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value);
		authenticate(to, header, now)
	}

	#[test]
	fn a_request_is_its_signers_whatever_the_kind_of_its_key() {
		for suri in ["//Alice", "ed25519://Alice"] {
			let signer = Signer::from_suri(suri).unwrap();
			let request = check(TO, &headers(&signer, TO, 1_000), 900).unwrap();
			assert_eq!(&request.account, signer.account());
		}
	}

	#[test]
	fn a_request_to_another_service_name_method_or_path_is_refused() {
		let headers = headers(&Signer::from_suri("//Alice").unwrap(), TO, 1_000);
		for to in [
			To { service: "busbar-vault:1", ..TO },
			To { name: "localhost:9961", ..TO },
			To { method: "PUT", ..TO },
			To { path: "/v1/blobs/01", ..TO },
		] {
			assert_eq!(check(to, &headers, 900), Err(RequestError::Forged));
		}
	}

	#[test]
	fn a_request_is_good_until_its_expiry_and_not_for_ever() {
		let headers = headers(&Signer::from_suri("//Alice").unwrap(), TO, 1_000_000);
		assert_eq!(check(TO, &headers, 1_000_001), Err(RequestError::Expired));
		assert_eq!(check(TO, &headers, 1_000_000 - LONGEST_MS - 1), Err(RequestError::TooLong));
		assert!(check(TO, &headers, 1_000_000).is_ok());
	}

	#[test]
	fn a_request_is_taken_once() {
		let signer = Signer::from_suri("//Alice").unwrap();
		let (first, second) = (headers(&signer, TO, 1_000), headers(&signer, TO, 1_000));
		let seen = Seen::default();
		let first = check(TO, &first, 900).unwrap();
		assert_eq!(seen.take(&first, 900), Ok(()));
		assert_eq!(seen.take(&first, 950), Err(RequestError::Repeated));
		assert_eq!(seen.take(&check(TO, &second, 900).unwrap(), 950), Ok(()));
	}

	#[test]
	fn a_missing_or_misshapen_header_is_named() {
		let signer = Signer::from_suri("//Alice").unwrap();
		let good = headers(&signer, TO, 1_000);
		let with = |name: &str, value: &str| {
			let mut headers = good.clone();
			headers.iter_mut().filter(|(known, _)| *known == name).for_each(|header| header.1 = value.into());
			check(TO, &headers, 900)
		};
		assert_eq!(with(ACCOUNT, "5Grwva"), Err(RequestError::Account));
		assert_eq!(with(EXPIRES, "soon"), Err(RequestError::Expiry));
		assert_eq!(with(NONCE, &"A".repeat(32)), Err(RequestError::Nonce));
		assert_eq!(with(SIGNATURE, "00"), Err(RequestError::Signature));
		assert_eq!(authenticate(TO, |_| None, 900), Err(RequestError::Unsigned));
	}
}
