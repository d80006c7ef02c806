//! What hostile parties send: any call of the runtime, with any arguments that its types allow, most of them known or near a
//! bound; alone, and in floods beside an honest order.

use super::{
	account, id, Network, AGGREGATOR, FIRST_MEMBER, HONEST, MEMBERS, METER_OPERATOR, POINTS, PROVIDER, RETAILER,
	ZONE_METERS, ZONE_OPERATOR,
};
use busbar_mocks::Random;
use busbar_primitives::{metering::Duty, traits::Calendar, Interval, PointId, PointKind, Side, Step};
use busbar_runtime::{pallet_grid, pallet_market, pallet_metering, Market, Runtime, RuntimeCall};
use codec::{Compact, Decode, Encode};
use frame_support::BoundedVec;
use scale_info::{form::PortableForm, PortableRegistry, Registry, TypeDef, TypeDefPrimitive};

/// As deep as calls within calls go.
const DEPTH: u32 = 12;
/// Points beyond the first that accomplices accept.
const MORE: PointId = 8;
/// Transactions that one attacker has in the pool.
pub(super) const FLOOD: u32 = 24;

/// All calls of the runtime, by its own description of them.
pub struct Calls {
	types: PortableRegistry,
	call: u32,
}

/// What arguments are made of: what exists, and what would.
struct Values<'a> {
	random: &'a mut Random,
	next: Interval,
}

impl Values<'_> {
	/// A number of so many bits, by the name of its field: what exists there, or anything near a bound.
	fn number(&mut self, field: &str, bits: u32, signed: bool) -> u128 {
		let known = match field {
			"point" | "points" => Some(u128::from(self.random.below(POINTS + 2))),
			"interval" | "from" | "until" | "last" => {
				Some(u128::from(self.next.saturating_add(4).saturating_sub(self.random.below(40))))
			},
			// One of the newest.
			"proposal" => {
				let next = pallet_grid::NextProposal::<Runtime>::get();
				Some(u128::from(next.saturating_sub(self.random.below(4))))
			},
			"zone" | "zones" | "parent" | "area" | "product" | "meter" | "index" => {
				Some(u128::from(self.random.below(5)))
			},
			"price" | "short" | "long" | "penalty" => Some(u128::from(self.random.below(500)) * 1_000),
			_ => None,
		};
		if let Some(known) = known.filter(|_| !self.random.once_in(4)) {
			return known;
		}
		let top = u128::MAX >> (128 - bits);
		let half = top >> 1;
		let small = u128::from(self.random.below(10_000));
		let near = [0, 1, 2, small, 1_000_000, 1_000_000_000, half - 1, half, half + 1, top - 1, top];
		let value = *self.random.one_of(&near);
		if signed && self.random.once_in(3) {
			return (!value).wrapping_add(1) & top;
		}
		value.min(top)
	}

	fn name(&mut self) -> u8 {
		let known =
			[FIRST_MEMBER, FIRST_MEMBER + 1, FIRST_MEMBER + 3, HONEST, METER_OPERATOR, RETAILER, AGGREGATOR, 3, 99];
		*self.random.one_of(&known)
	}
}

impl Calls {
	pub fn new() -> Self {
		let mut registry = Registry::new();
		let call = registry.register_type(&scale_info::meta_type::<RuntimeCall>()).id;
		Self { types: registry.into(), call }
	}

	/// Any call. `None` if a bound of the types refused the arguments.
	pub(super) fn any(&self, random: &mut Random, next: Interval) -> Option<RuntimeCall> {
		let mut bytes = Vec::new();
		self.write(self.call, "", 0, &mut Values { random, next }, &mut bytes)?;
		let mut rest = &bytes[..];
		let call = RuntimeCall::decode(&mut rest).ok()?;
		rest.is_empty().then_some(call)
	}

	fn write(&self, of: u32, field: &str, depth: u32, values: &mut Values, out: &mut Vec<u8>) -> Option<()> {
		if depth > DEPTH {
			return None;
		}
		let kind = self.types.resolve(of)?;
		match kind.path.segments.last().map(AsRef::as_ref) {
			Some("ParticipantId") => {
				id(values.name()).encode_to(out);
				return Some(());
			},
			Some("AccountId32") => {
				account(values.name()).encode_to(out);
				return Some(());
			},
			_ => {},
		}
		let fields = |fields: &[scale_info::Field<PortableForm>], values: &mut Values, out: &mut Vec<u8>| {
			fields.iter().try_for_each(|inner| {
				let name = inner.name.as_deref().unwrap_or(field);
				self.write(inner.ty.id, name, depth + 1, values, out)
			})
		};
		match &kind.type_def {
			TypeDef::Composite(composite) => fields(&composite.fields, values, out),
			TypeDef::Variant(variants) if variants.variants.is_empty() => None,
			TypeDef::Variant(variants) => {
				let variant = values.random.one_of(&variants.variants);
				out.push(variant.index);
				fields(&variant.fields, values, out)
			},
			TypeDef::Sequence(sequence) => {
				let length: u32 = *values.random.one_of(&[0, 1, 1, 2, 3, 4, 16, 17]);
				Compact(length).encode_to(out);
				(0..length).try_for_each(|_| self.write(sequence.type_param.id, field, depth + 1, values, out))
			},
			TypeDef::Array(array) => {
				(0..array.len).try_for_each(|_| self.write(array.type_param.id, field, depth + 1, values, out))
			},
			TypeDef::Tuple(tuple) => {
				tuple.fields.iter().try_for_each(|inner| self.write(inner.id, field, depth + 1, values, out))
			},
			TypeDef::Compact(compact) => {
				let bits = match &self.types.resolve(compact.type_param.id)?.type_def {
					TypeDef::Primitive(primitive) => number_of(primitive)?.0,
					_ => 64,
				};
				Compact(values.number(field, bits, false)).encode_to(out);
				Some(())
			},
			TypeDef::Primitive(TypeDefPrimitive::Bool) => {
				values.random.once_in(2).encode_to(out);
				Some(())
			},
			TypeDef::Primitive(primitive) => {
				let (bits, signed) = number_of(primitive)?;
				let number = values.number(field, bits, signed).to_le_bytes();
				out.extend_from_slice(&number[..bits as usize / 8]);
				Some(())
			},
			TypeDef::BitSequence(_) => None,
		}
	}
}

fn number_of(primitive: &TypeDefPrimitive) -> Option<(u32, bool)> {
	Some(match primitive {
		TypeDefPrimitive::U8 => (8, false),
		TypeDefPrimitive::U16 => (16, false),
		TypeDefPrimitive::U32 => (32, false),
		TypeDefPrimitive::U64 => (64, false),
		TypeDefPrimitive::U128 => (128, false),
		TypeDefPrimitive::I8 => (8, true),
		TypeDefPrimitive::I16 => (16, true),
		TypeDefPrimitive::I32 => (32, true),
		TypeDefPrimitive::I64 => (64, true),
		TypeDefPrimitive::I128 => (128, true),
		_ => return None,
	})
}

/// Who would do anything: some members, and officers of one zone and of no consequence.
pub(super) const ATTACKERS: [u8; 6] =
	[FIRST_MEMBER, FIRST_MEMBER + 1, FIRST_MEMBER + 2, ZONE_OPERATOR, ZONE_METERS, PROVIDER];

impl Network {
	/// One hostile call, or now and then a flood of them.
	pub(super) fn attack(&mut self) {
		if self.random.once_in(40) {
			return self.flood();
		}
		if self.random.once_in(3) {
			return self.impose();
		}
		let who = *self.random.one_of(&ATTACKERS);
		if let Some(call) = self.hostile.any(&mut self.random, self.next) {
			self.try_to(who, call);
		}
	}

	/// The officers of one zone give points and meters to themselves, to each other and to who never asked, with ratings near every
	/// bound; accomplices accept.
	fn impose(&mut self) {
		let owner = *self.random.one_of(&[HONEST, FIRST_MEMBER + 2, PROVIDER, ZONE_OPERATOR]);
		let newest = pallet_grid::NextProposal::<Runtime>::get().saturating_sub(1 + self.random.below(2));
		let point = pallet_grid::NextPoint::<Runtime>::get().saturating_sub(1 + self.random.below(3)).max(POINTS - 1);
		let asked = pallet_grid::Proposals::<Runtime>::get(newest).map(|proposal| proposal.point.owner.0[0]);
		// So that there are not ever more of them.
		let room = point < POINTS + MORE;
		let owner = if room { owner } else { HONEST };
		match self.random.below(10) {
			0..=3 => {
				let mut rating = || *self.random.one_of(&[0, 1, 4_000, 6_000, 8_000, 8_001, 3_000_000_000, u64::MAX]);
				let (import_w, export_w) = (rating(), rating());
				let kind = if self.random.once_in(8) { PointKind::Coupling } else { PointKind::Metered };
				let owner = id(owner);
				self.try_to(ZONE_OPERATOR, pallet_grid::Call::add_point { zone: 2, owner, kind, import_w, export_w });
			},
			4..=5 if room => {
				let who = asked.filter(|asked| *asked != HONEST).unwrap_or(PROVIDER);
				self.try_to(who, pallet_grid::Call::accept_point { proposal: newest });
			},
			4..=6 => {
				let who = *self.random.one_of(&[ZONE_OPERATOR, PROVIDER, HONEST]);
				self.try_to(who, pallet_grid::Call::withdraw_point { proposal: newest });
			},
			7 => {
				let operator = Some(id(ZONE_METERS));
				self.try_to(ZONE_OPERATOR, pallet_metering::Call::admit_operator { point, operator });
			},
			8 => {
				let who = *self.random.one_of(&[ZONE_METERS, METER_OPERATOR]);
				let meter = self.register(point, point % POINTS, Duty::Main);
				self.try_to(who, meter);
			},
			_ => {
				let meter = pallet_metering::NextMeter::<Runtime>::get().saturating_sub(1);
				self.try_to(ZONE_METERS, pallet_metering::Call::cancel_meter { meter });
			},
		}
	}

	pub(super) fn honest_order(&mut self) -> RuntimeCall {
		let (interval, point) = (Market::first_unopened().saturating_sub(1), POINTS - 1);
		let price = 1_000 * i64::from(self.random.below(300));
		let steps = BoundedVec::truncate_from(vec![Step { side: Side::Buy, price, wh: 10 }]);
		RuntimeCall::Market(pallet_market::Call::place { interval, product: 0, point, steps })
	}
}

// Members beyond the attackers, and the honest one, exist.
const _: () = assert!(MEMBERS > 4);
