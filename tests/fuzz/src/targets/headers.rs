//! The headers of signed requests: account, expiry, nonce, signature, and the path that they are for, a line each.
//!
//! Holds: nothing is authentic but what was signed.

use super::Target;
use busbar_client::{
	requests::{authenticate, headers, To, ACCOUNT, EXPIRES, NONCE, SIGNATURE},
	sign::Signer,
};
use sp_core::crypto::Ss58Codec;
use std::sync::OnceLock;

pub const TARGET: Target = Target {
	name: "headers",
	run,
	seeds: || signed().iter().map(|lines| lines.join("\n").into_bytes()).collect(),
	words: &[
		b"\n",
		b"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		b"00",
		b"01",
		b"02",
		b"18446744073709551615",
		b"?class=",
	],
	longest: 2_048,
};

/// The time at which all is read, in ms.
const NOW: u64 = 1_000_000;
const SERVICE: &str = "busbar-store:1";
const NAME: &str = "localhost:9955";

fn to(path: &str) -> To<'_> {
	To { service: SERVICE, name: NAME, method: "GET", path }
}

/// What was signed.
fn signed() -> &'static Vec<[String; 5]> {
	static SIGNED: OnceLock<Vec<[String; 5]>> = OnceLock::new();
	SIGNED.get_or_init(|| {
		let mut all = Vec::new();
		for suri in ["//Alice", "//Bob", "ed25519://Alice"] {
			let signer = Signer::from_suri(suri).expect("a development key; qed");
			for path in ["/v1/datasets", "/v1/blobs/00?class=readings"] {
				let [(_, account), (_, expires), (_, nonce), (_, signature)] = headers(&signer, to(path), NOW + 60_000);
				all.push([account, expires, nonce, signature, path.to_owned()]);
			}
		}
		all
	})
}

fn run(input: &[u8]) -> bool {
	let text = String::from_utf8_lossy(input);
	let mut lines = text.splitn(5, '\n');
	let mut next = || lines.next().unwrap_or_default();
	let [account, expires, nonce, signature, path] = [next(), next(), next(), next(), next()];
	let header = |name| match name {
		ACCOUNT => Some(account),
		EXPIRES => Some(expires),
		NONCE => Some(nonce),
		SIGNATURE => Some(signature),
		_ => None,
	};
	authenticate(to(path), header, NOW).is_ok_and(|request| {
		let is_signed = signed().iter().any(|[by, until, once, _, of]| {
			*by == request.account.to_ss58check()
				&& until.parse::<u64>() == expires.parse()
				&& (once.as_str(), of.as_str()) == (nonce, path)
		});
		assert!(is_signed, "authentic, and nobody signed it: {text}");
		true
	})
}
