//! Calls as the chain numbers them.

use super::Chain;
use crate::{
	error::{Error, Result},
	metadata::{find, snapshot, Found, Item, Kind, Runtime},
	RuntimeCall,
};
use codec::Encode;
use scale_value::{scale, Value, ValueDef};

impl Chain {
	/// A call's bytes as the chain reads them now.
	///
	/// # Errors
	/// [`Error::Unfit`] names the call, or the call within it, that the chain has in another shape or not at all.
	pub fn encode_call(&self, call: &RuntimeCall) -> Result<Vec<u8>> {
		encode(&self.runtime(), call)
	}
}

/// A call's bytes: those of this program's types, unless the chain gives another number to a call that is part of it.
pub(crate) fn encode(runtime: &Runtime, call: &RuntimeCall) -> Result<Vec<u8>> {
	let ours = snapshot();
	let bytes = call.encode();
	let (value, names) = named(&bytes)?;
	runtime.fits_all(&names)?;
	let renumbered = names.iter().any(|item| match (find(ours, item), find(runtime.metadata(), item)) {
		(Some(Found::Variant(our_pallet, our)), Some(Found::Variant(their_pallet, their))) => {
			(our_pallet, our.index) != (their_pallet, their.index)
		},
		_ => true,
	});
	if !renumbered {
		return Ok(bytes);
	}
	let mut theirs = Vec::new();
	let metadata = runtime.metadata();
	scale::encode_as_type(&value, metadata.outer_enums.call_enum_ty.id, &metadata.types, &mut theirs)
		.map_err(|error| Error::Metadata(format!("a call cannot be written as it says ({error})")))?;
	Ok(theirs)
}

/// A call and all calls within it, by name.
///
/// # Errors
/// If this program's types and its metadata are not of one chain.
pub fn calls_of(call: &RuntimeCall) -> Result<Vec<Item>> {
	Ok(named(&call.encode())?.1)
}

/// The bytes of a call of this program, as a value, and the names of the calls in it.
fn named(bytes: &[u8]) -> Result<(Value<u32>, Vec<Item>)> {
	let ours = snapshot();
	let ty = ours.outer_enums.call_enum_ty.id;
	let value = scale::decode_as_type(&mut &bytes[..], ty, &ours.types)
		.map_err(|error| Error::Metadata(format!("a call of this program does not follow it ({error})")))?;
	let mut names = Vec::new();
	called(&value, ty, &mut names);
	Ok((value, names))
}

/// The names of a call and of all calls within it.
fn called(value: &Value<u32>, call_ty: u32, names: &mut Vec<Item>) {
	let within = match &value.value {
		ValueDef::Variant(variant) => {
			if value.context == call_ty {
				if let Some(call) = variant.values.values().next() {
					if let ValueDef::Variant(inner) = &call.value {
						names.push(Item::new(Kind::Call, &variant.name, &inner.name));
					}
				}
			}
			&variant.values
		},
		ValueDef::Composite(composite) => composite,
		ValueDef::Primitive(_) | ValueDef::BitSequence(_) => return,
	};
	within.values().for_each(|value| called(value, call_ty, names));
}

#[cfg(test)]
mod tests;
