//! Whether two types of two metadata are of one shape: whether bytes of the one read as the other.
//!
//! Names of types, paths and documentation do not matter; the names of fields and variants do, because a field that
//! changes its name mostly changes its meaning too.

use scale_info::{form::PortableForm, Field, PortableRegistry, TypeDef, Variant};
use std::collections::BTreeSet;

/// How strictly two shapes are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
	/// No difference at all.
	Exact,
	/// Theirs may know more variants than ours: whatever ours can write is read, and what only theirs can write is a
	/// failure of that one value, told when it is met.
	Extended,
}

/// A type in its registry.
#[derive(Clone, Copy)]
pub struct Of<'a> {
	/// All types of the metadata.
	pub registry: &'a PortableRegistry,
	/// The type's number.
	pub id: u32,
}

impl Of<'_> {
	fn at(self, id: u32) -> Self {
		Self { id, ..self }
	}
}

/// A comparison of two metadata's types.
pub struct Comparison<'a> {
	ours: &'a PortableRegistry,
	theirs: &'a PortableRegistry,
	rule: Rule,
	/// Pairs of types that count as alike: compared already, being compared, or compared elsewhere.
	alike: BTreeSet<(u32, u32)>,
}

impl<'a> Comparison<'a> {
	/// A comparison in which some pairs of types count as alike, because they are compared elsewhere, part by part: the
	/// enums over all pallets' calls, events and errors.
	pub fn new(
		ours: &'a PortableRegistry,
		theirs: &'a PortableRegistry,
		rule: Rule,
		alike: impl IntoIterator<Item = (u32, u32)>,
	) -> Self {
		Self { ours, theirs, rule, alike: alike.into_iter().collect() }
	}

	/// Compares two types.
	///
	/// # Errors
	/// The first difference: where, and what stands there on each side.
	pub fn types(&mut self, ours: u32, theirs: u32) -> Result<(), String> {
		if !self.alike.insert((ours, theirs)) {
			return Ok(());
		}
		let result = self.definitions(ours, theirs);
		if result.is_err() {
			self.alike.remove(&(ours, theirs));
		}
		result
	}

	fn definitions(&mut self, ours: u32, theirs: u32) -> Result<(), String> {
		let (Some(our), Some(their)) = (self.ours.resolve(ours), self.theirs.resolve(theirs)) else {
			return Err("a type is missing from the metadata".into());
		};
		let differ = |this: &Self| {
			let name = |registry, id| name(Of { registry, id });
			Err(format!("{} is {} now", name(this.ours, ours), name(this.theirs, theirs)))
		};
		match (&our.type_def, &their.type_def) {
			(TypeDef::Composite(our), TypeDef::Composite(their)) => self.fields(&our.fields, &their.fields),
			(TypeDef::Variant(our), TypeDef::Variant(their)) => self.variants(&our.variants, &their.variants),
			(TypeDef::Sequence(our), TypeDef::Sequence(their)) => self.types(our.type_param.id, their.type_param.id),
			(TypeDef::Array(our), TypeDef::Array(their)) if our.len == their.len => {
				self.types(our.type_param.id, their.type_param.id)
			},
			(TypeDef::Tuple(our), TypeDef::Tuple(their)) if our.fields.len() == their.fields.len() => {
				our.fields.iter().zip(&their.fields).try_for_each(|(our, their)| self.types(our.id, their.id))
			},
			(TypeDef::Primitive(our), TypeDef::Primitive(their)) if our == their => Ok(()),
			(TypeDef::Compact(our), TypeDef::Compact(their)) => self.types(our.type_param.id, their.type_param.id),
			(TypeDef::BitSequence(our), TypeDef::BitSequence(their)) => {
				self.types(our.bit_store_type.id, their.bit_store_type.id)?;
				self.types(our.bit_order_type.id, their.bit_order_type.id)
			},
			_ => differ(self),
		}
	}

	/// Compares the fields of a struct, or of a variant.
	///
	/// # Errors
	/// The first difference.
	pub fn fields(&mut self, ours: &[Field<PortableForm>], theirs: &[Field<PortableForm>]) -> Result<(), String> {
		for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
			if our.name != their.name {
				let name = |field: &Field<PortableForm>| field.name.clone().unwrap_or_else(|| at.to_string());
				return Err(format!("`{}` is `{}` now", name(our), name(their)));
			}
			let place = || our.name.as_ref().map_or_else(|| at.to_string(), |name| format!("`{name}`"));
			self.types(our.ty.id, their.ty.id).map_err(|difference| format!("{}: {difference}", place()))?;
		}
		let name = |field: &Field<PortableForm>| field.name.clone().unwrap_or_else(|| "a field without name".into());
		match (ours.get(theirs.len()), theirs.get(ours.len())) {
			(Some(field), _) => Err(format!("`{}` is gone", name(field))),
			(None, Some(field)) => Err(format!("`{}` is new", name(field))),
			(None, None) => Ok(()),
		}
	}

	fn variants(&mut self, ours: &[Variant<PortableForm>], theirs: &[Variant<PortableForm>]) -> Result<(), String> {
		for our in ours {
			let Some(their) = theirs.iter().find(|their| their.name == our.name) else {
				return Err(format!("`{}` is gone", our.name));
			};
			if our.index != their.index {
				return Err(format!("`{}` has number {} now, not {}", our.name, their.index, our.index));
			}
			self.fields(&our.fields, &their.fields).map_err(|difference| format!("{}: {difference}", our.name))?;
		}
		let new = theirs.iter().find(|their| ours.iter().all(|our| our.name != their.name));
		match new {
			Some(variant) if self.rule == Rule::Exact => Err(format!("`{}` is new", variant.name)),
			_ => Ok(()),
		}
	}
}

/// What a type is called, for a message.
fn name(of: Of<'_>) -> String {
	let Some(ty) = of.registry.resolve(of.id) else { return "nothing".into() };
	if let Some(name) = ty.path.ident() {
		return name;
	}
	match &ty.type_def {
		TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
		TypeDef::Sequence(sequence) => format!("a list of {}", name(of.at(sequence.type_param.id))),
		TypeDef::Array(array) => format!("{} times {}", array.len, name(of.at(array.type_param.id))),
		TypeDef::Compact(compact) => format!("a compact {}", name(of.at(compact.type_param.id))),
		TypeDef::Tuple(tuple) => format!("a tuple of {}", tuple.fields.len()),
		TypeDef::Composite(_) | TypeDef::Variant(_) | TypeDef::BitSequence(_) => "a type without name".into(),
	}
}
