//! The attribute of types that the chain stores, takes in calls and tells in events.

use proc_macro::{TokenStream, TokenTree};

/// What every such type derives.
const STORED: &str = "Clone, PartialEq, Eq, Debug, ::codec::Encode, ::codec::Decode, ::codec::DecodeWithMemTracking, \
	::codec::MaxEncodedLen, ::scale_info::TypeInfo";
/// What `serde` among the arguments stands for.
const SERDE: &str = "::serde::Serialize, ::serde::Deserialize";

/// Derives what a type needs to lie in storage, be an argument of a call and a field of an event: `Clone`, `PartialEq`, `Eq`,
/// `Debug`, SCALE encoding with a greatest length, and type information.
///
/// Arguments are further traits to derive, as in `#[stored(Copy, Default)]`; the word `serde` stands for both of its traits.
/// The crate that uses it has `codec` and `scale-info` among its dependencies, and `serde` if it says so.
#[proc_macro_attribute]
pub fn stored(further: TokenStream, item: TokenStream) -> TokenStream {
	let mut derives: TokenStream = STORED.parse().expect("a list of paths; qed");
	derives.extend(",".parse::<TokenStream>());
	for token in further {
		match &token {
			TokenTree::Ident(word) if word.to_string() == "serde" => derives.extend(SERDE.parse::<TokenStream>()),
			_ => derives.extend([token]),
		}
	}
	let mut marked: TokenStream =
		format!("#[derive({derives})]").parse().expect("a list of paths in an attribute; qed");
	marked.extend(item);
	marked
}
