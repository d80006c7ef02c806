//! Money in JSON: decimal strings, because a JavaScript number holds no more than 53 bits exactly (9 million EUR in
//! nEUR). Reading accepts numbers as well.

use alloc::string::String;
use core::{
	fmt::{self, Display},
	marker::PhantomData,
	str::FromStr,
};
use serde::{
	de::{Error, Visitor},
	Deserializer, Serializer,
};

/// Writes an integer as a decimal string.
pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
	serializer.collect_str(value)
}

/// Reads an integer from a decimal string or a number.
///
/// # Errors
/// If the text is no integer of the type's range.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
	T: FromStr + TryFrom<u128> + TryFrom<i128>,
	D: Deserializer<'de>,
{
	deserializer.deserialize_any(Decimal(PhantomData))
}

struct Decimal<T>(PhantomData<T>);

impl<T: FromStr + TryFrom<u128> + TryFrom<i128>> Visitor<'_> for Decimal<T> {
	type Value = T;

	fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str("an integer within the type's range, as a decimal string or a number")
	}

	fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
		text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
	}

	fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
		self.visit_str(&text)
	}

	fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
		self.visit_u128(number.into())
	}

	fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
		self.visit_i128(number.into())
	}

	fn visit_u128<E: Error>(self, number: u128) -> Result<T, E> {
		T::try_from(number).map_err(|_| E::custom("the integer is out of range"))
	}

	fn visit_i128<E: Error>(self, number: i128) -> Result<T, E> {
		T::try_from(number).map_err(|_| E::custom("the integer is out of range"))
	}
}
