//! Personal records, which lie off chain in a vault: their fields, why somebody reads them, and what the chain says of both.

use crate::{stored, Interval, ParticipantId};
use alloc::vec::Vec;
use sp_core::H256;

/// A field of a person's record.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Field {
	/// The person's or company's name.
	Name,
	/// Postal address.
	Address,
	/// Telephone number and mail address.
	Contact,
	/// What proves the identity: date of birth, number in a register.
	Identity,
	/// Bank account.
	Bank,
	/// The supply contract and its terms.
	Contract,
	/// The connection: address of the premises, number of the meter, what is installed.
	Site,
	/// Whatever else is kept.
	Other,
}

impl Field {
	/// All fields, each at the place of its leaf under a record's commitment.
	pub const ALL: [Self; 8] =
		[Self::Name, Self::Address, Self::Contact, Self::Identity, Self::Bank, Self::Contract, Self::Site, Self::Other];

	/// The set of this field alone.
	pub const fn bit(self) -> u16 {
		1 << self as u16
	}
}

/// A set of fields: bit `n` is field `n` of [`Field::ALL`].
#[stored(Copy, Default, PartialOrd, Ord, serde)]
#[serde(transparent)]
pub struct Fields(pub u16);

impl Fields {
	/// Every field.
	pub const ALL: Self = Self((1 << Field::ALL.len()) - 1);

	/// The set of these.
	pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
		Self(fields.into_iter().fold(0, |set, field| set | field.bit()))
	}

	/// Whether the field is one of them.
	pub const fn has(self, field: Field) -> bool {
		self.0 & field.bit() != 0
	}

	/// Whether all of these are others' too.
	pub const fn within(self, others: Self) -> bool {
		self.0 & !others.0 == 0
	}

	/// Whether it names a field, and none that there is not.
	pub const fn is_valid(self) -> bool {
		self.0 != 0 && self.within(Self::ALL)
	}

	/// The fields, in their order.
	pub fn list(self) -> Vec<Field> {
		Field::ALL.into_iter().filter(|field| self.has(*field)).collect()
	}
}

/// Why somebody reads a record.
#[stored(Copy, PartialOrd, Ord, serde)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
	/// To supply the person: contract, moving in and out.
	Supply,
	/// To bill it.
	Billing,
	/// To install, read and repair its meter.
	Metering,
	/// To operate the grid: outages, works at the connection.
	GridOperation,
	/// To settle a dispute.
	Dispute,
	/// Research, with the person's consent.
	Research,
}

/// A person's word that another participant may read fields of its record.
#[stored(Copy)]
pub struct RecordGrant {
	/// Who may read.
	pub grantee: ParticipantId,
	/// What for.
	pub purpose: Purpose,
	/// Which fields.
	pub fields: Fields,
	/// First interval in whose chain time the grant stands.
	pub from: Interval,
	/// First interval in whose chain time it does not any more.
	pub until: Interval,
}

impl RecordGrant {
	/// Whether `reader` may read all of these `fields` for this `purpose` while `now` is the interval in delivery.
	pub fn opens(&self, reader: ParticipantId, purpose: Purpose, fields: Fields, now: Interval) -> bool {
		self.grantee == reader
			&& self.purpose == purpose
			&& fields.is_valid()
			&& fields.within(self.fields)
			&& self.from <= now
			&& now < self.until
	}
}

/// What a participant that keeps a vault says of its log of accesses.
#[stored(Copy)]
pub struct AccessLog<BlockNumber> {
	/// Entries so far.
	pub entries: u32,
	/// Root over them: that of `busbar-merkle`.
	pub root: H256,
	/// The block that says so.
	pub since: BlockNumber,
}

#[cfg(test)]
mod tests {
	use super::*;

	const GRANT: RecordGrant = RecordGrant {
		grantee: ParticipantId([1; 16]),
		purpose: Purpose::Billing,
		fields: Fields(Field::Name.bit() | Field::Bank.bit()),
		from: 10,
		until: 20,
	};

	#[test]
	fn a_grant_opens_its_fields_for_its_purpose_while_it_stands() {
		let opens = |reader: u8, purpose, fields, now| GRANT.opens(ParticipantId([reader; 16]), purpose, fields, now);
		let name = Fields::of([Field::Name]);
		assert!(opens(1, Purpose::Billing, name, 10) && opens(1, Purpose::Billing, GRANT.fields, 19));
		assert!(!opens(1, Purpose::Billing, name, 9) && !opens(1, Purpose::Billing, name, 20));
		assert!(!opens(2, Purpose::Billing, name, 10));
		assert!(!opens(1, Purpose::Research, name, 10));
		assert!(!opens(1, Purpose::Billing, Fields::of([Field::Name, Field::Site]), 10));
		assert!(!opens(1, Purpose::Billing, Fields::default(), 10));
	}

	#[test]
	fn a_set_of_fields_lists_what_it_was_made_of() {
		for bits in 1..=Fields::ALL.0 {
			assert_eq!(Fields::of(Fields(bits).list()), Fields(bits));
			assert!(Fields(bits).is_valid());
		}
		assert!(!Fields(0).is_valid() && !Fields(Fields::ALL.0 + 1).is_valid());
		assert!(Field::ALL.iter().enumerate().all(|(at, field)| field.bit() == 1 << at));
	}
}
