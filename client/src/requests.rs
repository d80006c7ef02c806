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
	collections::{BTreeSet, HashMap},
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
/// Most nonces of one account that are remembered: its requests of at most five minutes.
const MOST_OF_ACCOUNT: usize = 2_000;
/// Most nonces of all accounts that are remembered.
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
	/// More requests of the account than can be remembered.
	#[error(
		"too many requests of this account; try again when the earlier ones have expired, after five minutes at most"
	)]
	TooMany,
}

/// A request whose signature is its account's. It is good once: [`Seen::take`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authentic {
	/// Who signed.
	pub account: AccountId,
	expires: u64,
	nonce: [u8; 16],
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
	if nonce.bytes().any(|byte| byte.is_ascii_uppercase()) {
		return Err(RequestError::Nonce);
	}
	let mut number = [0; 16];
	hex::decode_to_slice(nonce, &mut number).map_err(|_| RequestError::Nonce)?;
	let signature = hex::decode(signature)
		.ok()
		.and_then(|bytes| MultiSignature::decode(&mut &bytes[..]).ok())
		.ok_or(RequestError::Signature)?;
	if !signature.verify(&payload(to, expires, nonce)[..], &account) {
		return Err(RequestError::Forged);
	}
	Ok(Authentic { account, expires, nonce: number })
}

/// The account that a request says it is from, which costs nothing to tell; whether it is, [`authenticate`] tells.
///
/// # Errors
/// If it names none.
pub fn claimed<'h>(header: impl Fn(&'static str) -> Option<&'h str>) -> Result<AccountId, RequestError> {
	AccountId::from_ss58check(header(ACCOUNT).ok_or(RequestError::Unsigned)?).map_err(|_| RequestError::Account)
}

/// The requests of an account that were taken and have not expired.
#[derive(Default)]
struct Taken {
	/// What expires until then may have been forgotten, and is not taken any more.
	floor: u64,
	nonces: BTreeSet<(u64, [u8; 16])>,
}

#[derive(Default)]
struct Book {
	accounts: HashMap<AccountId, Taken>,
	/// Nonces of all accounts.
	total: usize,
}

/// Requests that were seen, so that none is taken twice. Each account has so many of its own; where all together are too
/// many, those of the account with the most give way, whose older requests are refused from then on.
pub struct Seen {
	book: Mutex<Book>,
	of_account: usize,
	of_all: usize,
}

impl Default for Seen {
	fn default() -> Self {
		Self::new(MOST_OF_ACCOUNT, MOST_NONCES)
	}
}

impl Seen {
	/// Remembers so many requests of an account, and so many of all.
	pub fn new(of_account: usize, of_all: usize) -> Self {
		Self { book: Mutex::default(), of_account, of_all }
	}

	/// Takes a request, once, at the time in ms since the Unix epoch.
	///
	/// # Errors
	/// If it was taken before, or its account made more than can be remembered until they expire.
	pub fn take(&self, request: &Authentic, now: u64) -> Result<(), RequestError> {
		let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
		let Book { accounts, total } = &mut *book;
		let own = accounts.entry(request.account.clone()).or_default();
		*total = total.saturating_sub(own.expire(now));
		if request.expires <= own.floor || own.nonces.len() >= self.of_account {
			return Err(RequestError::TooMany);
		}
		if !own.nonces.insert((request.expires, request.nonce)) {
			return Err(RequestError::Repeated);
		}
		*total = total.saturating_add(1);
		if *total > self.of_all {
			book.make_room(now, self.of_all);
		}
		Ok(())
	}
}

impl Taken {
	/// Forgets what has expired, and says how many they were.
	fn expire(&mut self, now: u64) -> usize {
		let standing = self.nonces.split_off(&(now, [0; 16]));
		std::mem::replace(&mut self.nonces, standing).len()
	}
}

impl Book {
	/// Forgets what has expired, then, until there is room, the older half of what the account with the most has.
	fn make_room(&mut self, now: u64, most: usize) {
		self.accounts.values_mut().for_each(|taken| {
			taken.expire(now);
		});
		self.accounts.retain(|_, taken| !taken.nonces.is_empty() || taken.floor >= now);
		self.total = self.accounts.values().map(|taken| taken.nonces.len()).sum();
		while self.total > most {
			let Some(taken) = self.accounts.values_mut().max_by_key(|taken| taken.nonces.len()) else { return };
			for _ in 0..taken.nonces.len().div_ceil(2) {
				let Some((expires, _)) = taken.nonces.pop_first() else { return };
				taken.floor = taken.floor.max(expires);
				self.total = self.total.saturating_sub(1);
			}
		}
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

	/// A request of an account, without a signature: `take` asks for none.
	fn request(account: u8, expires: u64, nonce: u64) -> Authentic {
		let mut number = [0; 16];
		number[..8].copy_from_slice(&nonce.to_le_bytes());
		Authentic { account: AccountId::new([account; 32]), expires, nonce: number }
	}

	#[test]
	fn one_account_cannot_take_the_places_of_the_others() {
		let seen = Seen::new(100, 150);
		let mut taken = 0;
		for nonce in 0..1_000 {
			taken += usize::from(seen.take(&request(1, 1_000 + nonce, nonce), 900).is_ok());
		}
		assert_eq!(taken, 100);
		assert_eq!(seen.take(&request(1, 5_000, 5_000), 900), Err(RequestError::TooMany));
		for nonce in 0..50 {
			assert_eq!(seen.take(&request(2, 1_000, nonce), 900), Ok(()));
		}
		// Twenty accounts together fill all places again and again; who has few of them is served all the same.
		for account in 10..30 {
			for nonce in 0..100 {
				let _ = seen.take(&request(account, 2_000 + nonce, nonce), 900);
			}
			assert_eq!(seen.take(&request(3, 1_000 + u64::from(account), account.into()), 900), Ok(()));
		}
		let book = seen.book.lock().unwrap();
		assert!(book.total <= 150);
		assert_eq!(book.total, book.accounts.values().map(|taken| taken.nonces.len()).sum::<usize>());
	}

	#[test]
	fn what_was_forgotten_to_make_room_is_not_taken_twice() {
		let seen = Seen::new(100, 150);
		let all: Vec<_> =
			(1..=4).flat_map(|account| (0..100).map(move |nonce| request(account, 1_000 + nonce, nonce))).collect();
		let taken: Vec<_> = all.iter().filter(|request| seen.take(request, 900).is_ok()).collect();
		assert!(taken.len() > 150, "{}", taken.len());
		for request in taken {
			assert!(seen.take(request, 900).is_err(), "{request:?} was taken twice");
		}
		// When they have expired, the account is as new.
		assert_eq!(seen.take(&request(1, 5_000, 1), 2_000), Ok(()));
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
