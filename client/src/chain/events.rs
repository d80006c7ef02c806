//! What a block's events say, read through the metadata of the runtime that wrote them.
//!
//! An event that this program does not know, or that has another shape now, is named and passed over; all others are read.

use super::{bytes, hex_of, Chain, Header};
use crate::{
	error::{Error, Result},
	metadata::{find, snapshot, variants_of, Found, Item, Kind, Runtime},
	part::storage_prefix,
	RuntimeEvent,
};
use codec::{Compact, Decode, Encode};
use scale_decode::visitor::{decode_with_visitor, IgnoreVisitor};
use scale_info::PortableRegistry;
use sp_core::H256;

/// When in a block something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Phase {
	/// While the extrinsic of this number was applied.
	ApplyExtrinsic(u32),
	/// After all extrinsics.
	Finalization,
	/// Before all extrinsics.
	Initialization,
}

/// An event with when it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventRecord {
	/// When in the block.
	pub phase: Phase,
	/// What happened.
	pub event: RuntimeEvent,
}

/// A block's events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Events {
	/// Those that this program knows, in their order.
	pub records: Vec<EventRecord>,
	/// Those that it does not know, or knows in another shape.
	pub unread: Vec<Item>,
}

impl Events {
	/// That no event of a pallet was passed over: for who concludes from what did not happen.
	///
	/// # Errors
	/// [`Error::Value`] names the first that was.
	pub fn ensure_all_of(&self, pallet: &str) -> Result<()> {
		match self.unread.iter().find(|item| item.of == pallet) {
			None => Ok(()),
			Some(item) => Err(Error::Value {
				item: format!("the chain's {item}"),
				reason: "this program does not know it in this shape".into(),
			}),
		}
	}
}

impl Chain {
	/// A block's events.
	///
	/// # Errors
	/// As [`Chain::request`], and if the bytes do not follow the metadata.
	pub async fn events(&self, at: H256) -> Result<Events> {
		let header = self.header(at).await?;
		self.events_of(at, &header).await
	}

	/// The events of a block whose header is known.
	///
	/// # Errors
	/// As [`Chain::events`].
	pub async fn events_of(&self, at: H256, header: &Header) -> Result<Events> {
		let key = hex_of(&storage_prefix("System", "Events"));
		let (runtime, value) = futures::try_join!(
			self.runtime_that_ran(header),
			self.request::<Option<String>>("state_getStorage", (key, at))
		)?;
		match value {
			Some(value) => read(&runtime, &bytes(&value)?),
			None => Ok(Events::default()),
		}
	}
}

/// Reads the bytes of `System.Events`.
pub(crate) fn read(runtime: &Runtime, mut bytes: &[u8]) -> Result<Events> {
	let strange = |reason: String| Error::Value { item: "the chain's storage item System.Events".into(), reason };
	let failed = |error: codec::Error| strange(error.to_string());
	let mut events = Events::default();
	let count = Compact::<u32>::decode(&mut bytes).map_err(failed)?.0;
	for _ in 0..count {
		let phase = Phase::decode(&mut bytes).map_err(failed)?;
		let (item, fields) = split(runtime, &mut bytes).map_err(strange)?;
		Vec::<H256>::decode(&mut bytes).map_err(failed)?;
		match known(runtime, &item, fields) {
			Some(event) => events.records.push(EventRecord { phase, event }),
			None => events.unread.push(item),
		}
	}
	bytes.is_empty().then_some(events).ok_or_else(|| strange("there are bytes behind the last event".into()))
}

/// Takes one event off the bytes: its name, and the bytes of its fields.
fn split<'a>(runtime: &Runtime, bytes: &mut &'a [u8]) -> Result<(Item, &'a [u8]), String> {
	let (metadata, all) = (runtime.metadata(), *bytes);
	let [of, number, ..] = *all else { return Err("an event is cut off".into()) };
	let pallet = metadata.pallets.iter().find(|pallet| pallet.index == of);
	let pallet = pallet.ok_or_else(|| format!("no pallet has number {of}"))?;
	let variant = variants_of(metadata, pallet, Kind::Event).iter().find(|variant| variant.index == number);
	let variant = variant.ok_or_else(|| format!("{} has no event of number {number}", pallet.name))?;
	*bytes = &all[2..];
	let fields = *bytes;
	for field in &variant.fields {
		let ignore = IgnoreVisitor::<PortableRegistry>::new();
		decode_with_visitor(bytes, field.ty.id, &metadata.types, ignore).map_err(|error| error.to_string())?;
	}
	let length = fields.len().saturating_sub(bytes.len());
	Ok((Item::new(Kind::Event, &pallet.name, &variant.name), &fields[..length]))
}

/// An event as this program knows it; `None` if it knows none of this name and shape.
fn known(runtime: &Runtime, item: &Item, fields: &[u8]) -> Option<RuntimeEvent> {
	runtime.fits(item).ok()?;
	// The numbers that this program's types were built with.
	let Found::Variant(pallet, variant) = find(snapshot(), item)? else { return None };
	let bytes = [&[pallet, variant.index], fields].concat();
	RuntimeEvent::decode(&mut &bytes[..]).ok()
}

#[cfg(test)]
mod tests;
