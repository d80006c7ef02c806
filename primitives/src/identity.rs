//! The only name that the chain knows a person by.

use alloc::{format, string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{fmt, str::FromStr};
use scale_info::TypeInfo;
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// A participant's UUID (RFC 9562), written in the hyphenated form.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ParticipantId(pub [u8; 16]);

impl fmt::Display for ParticipantId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for (i, byte) in self.0.iter().enumerate() {
			if matches!(i, 4 | 6 | 8 | 10) {
				f.write_str("-")?;
			}
			write!(f, "{byte:02x}")?;
		}
		Ok(())
	}
}

impl fmt::Debug for ParticipantId {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		fmt::Display::fmt(self, f)
	}
}

/// What a newcomer signs to accept its registration: a tag, the chain's genesis hash, its identifier, its account and the
/// commitment to its record. The chain takes the signature over these bytes, or over `<Bytes>` + them + `</Bytes>`, which
/// is what wallets sign.
pub fn acceptance_payload<Hash: Encode, AccountId: Encode, Commitment: Encode>(
	genesis_hash: &Hash,
	participant: &ParticipantId,
	account: &AccountId,
	commitment: &Commitment,
) -> Vec<u8> {
	(b"busbar:join", genesis_hash, participant, account, commitment).encode()
}

/// What is wrong with a text that should be a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUuid;

impl fmt::Display for InvalidUuid {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("a UUID has 32 hexadecimal digits, with or without hyphens")
	}
}

impl core::error::Error for InvalidUuid {}

impl FromStr for ParticipantId {
	type Err = InvalidUuid;

	fn from_str(text: &str) -> Result<Self, InvalidUuid> {
		let mut bytes = [0u8; 16];
		let mut digits = 0usize;
		for c in text.chars().filter(|c| *c != '-') {
			let digit = c.to_digit(16).ok_or(InvalidUuid)? as u8;
			let byte = bytes.get_mut(digits / 2).ok_or(InvalidUuid)?;
			*byte = (*byte << 4) | digit;
			digits += 1;
		}
		if digits == 32 {
			Ok(Self(bytes))
		} else {
			Err(InvalidUuid)
		}
	}
}

impl Serialize for ParticipantId {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&format!("{self}"))
	}
}

impl<'de> Deserialize<'de> for ParticipantId {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::string::ToString;

	#[test]
	fn a_uuid_reads_back_as_written() {
		let id = ParticipantId(*b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\xff");
		assert_eq!(id.to_string(), "01020304-0506-0708-090a-0b0c0d0e0fff");
		assert_eq!(id.to_string().parse(), Ok(id));
	}

	#[test]
	fn a_text_that_is_no_uuid_is_refused() {
		for text in ["", "0102", "zz020304-0506-0708-090a-0b0c0d0e0fff", "01020304-0506-0708-090a-0b0c0d0e0fff0"] {
			assert_eq!(text.parse::<ParticipantId>(), Err(InvalidUuid));
		}
	}
}
