//! The parts of a metadata that programs rest on, each by its name, and whether a part of one metadata is that of another.

use super::shape::{Comparison, Rule};
use crate::item::{Item, Kind};
use frame_metadata::{
	v14::{StorageEntryType, StorageHasher},
	v16::{
		FunctionParamMetadata, PalletConstantMetadata, PalletMetadata, PalletViewFunctionMetadata,
		RuntimeApiMethodMetadata, RuntimeMetadataV16, StorageEntryMetadata,
	},
};
use scale_info::{form::PortableForm, TypeDef, Variant};

/// What a metadata says of a part.
#[derive(Clone, Copy)]
pub enum Found<'a> {
	/// A call, an event or an error, with the number of its pallet.
	Variant(u8, &'a Variant<PortableForm>),
	/// A storage item, with the prefix of its pallet.
	Storage(&'a str, &'a StorageEntryMetadata<PortableForm>),
	/// A constant.
	Constant(&'a PalletConstantMetadata<PortableForm>),
	/// A view function.
	View(&'a PalletViewFunctionMetadata<PortableForm>),
	/// A function of a runtime API.
	Function(&'a RuntimeApiMethodMetadata<PortableForm>),
	/// A transaction extension: its place, its own type, and the type of what it binds without sending it.
	Extension(usize, u32, u32),
}

/// A pallet by its name.
pub fn pallet<'a>(metadata: &'a RuntimeMetadataV16, name: &str) -> Option<&'a PalletMetadata<PortableForm>> {
	metadata.pallets.iter().find(|pallet| pallet.name == name)
}

/// The variants of an enum.
pub fn variants(metadata: &RuntimeMetadataV16, ty: Option<u32>) -> &[Variant<PortableForm>] {
	match ty.and_then(|id| metadata.types.resolve(id)).map(|ty| &ty.type_def) {
		Some(TypeDef::Variant(definition)) => &definition.variants,
		_ => &[],
	}
}

/// The variants of a pallet's calls, events or errors.
pub fn variants_of<'a>(
	metadata: &'a RuntimeMetadataV16,
	pallet: &PalletMetadata<PortableForm>,
	kind: Kind,
) -> &'a [Variant<PortableForm>] {
	let ty = match kind {
		Kind::Call => pallet.calls.as_ref().map(|calls| calls.ty.id),
		Kind::Event => pallet.event.as_ref().map(|event| event.ty.id),
		Kind::Error => pallet.error.as_ref().map(|error| error.ty.id),
		_ => None,
	};
	variants(metadata, ty)
}

/// The numbers of the types over all pallets' calls, events and errors.
pub fn outer(metadata: &RuntimeMetadataV16) -> [u32; 3] {
	let outer = &metadata.outer_enums;
	[outer.call_enum_ty.id, outer.event_enum_ty.id, outer.error_enum_ty.id]
}

/// A part of a metadata.
pub fn find<'a>(metadata: &'a RuntimeMetadataV16, item: &Item) -> Option<Found<'a>> {
	let name = &item.name;
	match item.kind {
		Kind::Call | Kind::Event | Kind::Error => {
			let pallet = pallet(metadata, &item.of)?;
			let variant = variants_of(metadata, pallet, item.kind).iter().find(|variant| variant.name == *name)?;
			Some(Found::Variant(pallet.index, variant))
		},
		Kind::Storage => {
			let storage = pallet(metadata, &item.of)?.storage.as_ref()?;
			let entry = storage.entries.iter().find(|entry| entry.name == *name)?;
			Some(Found::Storage(&storage.prefix, entry))
		},
		Kind::Constant => {
			let constants = &pallet(metadata, &item.of)?.constants;
			constants.iter().find(|constant| constant.name == *name).map(Found::Constant)
		},
		Kind::View => {
			let views = &pallet(metadata, &item.of)?.view_functions;
			views.iter().find(|view| view.name == *name).map(Found::View)
		},
		Kind::Function => {
			let api = metadata.apis.iter().find(|api| api.name == item.of)?;
			api.methods.iter().find(|method| method.name == *name).map(Found::Function)
		},
		Kind::Extension => {
			let all = &metadata.extrinsic.transaction_extensions;
			let at = all.iter().position(|extension| extension.identifier == *name)?;
			all.get(at).map(|extension| Found::Extension(at, extension.ty.id, extension.implicit.id))
		},
	}
}

/// All parts of a metadata.
pub fn all(metadata: &RuntimeMetadataV16) -> Vec<Item> {
	let mut items = Vec::new();
	for pallet in &metadata.pallets {
		let mut add = |kind, name: &str| items.push(Item::new(kind, &pallet.name, name));
		for kind in [Kind::Call, Kind::Event, Kind::Error] {
			variants_of(metadata, pallet, kind).iter().for_each(|variant| add(kind, &variant.name));
		}
		let entries = pallet.storage.iter().flat_map(|storage| &storage.entries);
		entries.for_each(|entry| add(Kind::Storage, &entry.name));
		pallet.constants.iter().for_each(|constant| add(Kind::Constant, &constant.name));
		pallet.view_functions.iter().for_each(|view| add(Kind::View, &view.name));
	}
	for api in &metadata.apis {
		items.extend(api.methods.iter().map(|method| Item::new(Kind::Function, &api.name, &method.name)));
	}
	let extensions = &metadata.extrinsic.transaction_extensions;
	items.extend(extensions.iter().map(|extension| Item::new(Kind::Extension, "", &extension.identifier)));
	items
}

/// How many keys a storage item has and how each is hashed, the type of the keys, and the type of the value.
fn entry(entry: &StorageEntryMetadata<PortableForm>) -> (&[StorageHasher], Option<u32>, u32) {
	match &entry.ty {
		StorageEntryType::Plain(value) => (&[], None, value.id),
		StorageEntryType::Map { hashers, key, value } => (hashers, Some(key.id), value.id),
	}
}

/// Compares a part of theirs with ours. With [`Rule::Exact`], numbers of pallets, calls, events and errors, and the bytes
/// of constants and defaults, count too; with [`Rule::Extended`] they are theirs to say.
///
/// # Errors
/// What differs, in words that follow the part's name and a colon.
pub fn compare(ours: &RuntimeMetadataV16, theirs: &RuntimeMetadataV16, item: &Item, rule: Rule) -> Result<(), String> {
	let (our, their) = match (find(ours, item), find(theirs, item)) {
		(Some(our), Some(their)) => (our, their),
		(Some(_), None) => return Err("it is gone".into()),
		(None, Some(_)) => return Err("it is new".into()),
		(None, None) => return Err("there is none".into()),
	};
	let alike = outer(ours).into_iter().zip(outer(theirs));
	let mut comparison = Comparison::new(&ours.types, &theirs.types, rule, alike);
	let exact = rule == Rule::Exact;
	match (our, their) {
		(Found::Variant(our_pallet, our), Found::Variant(their_pallet, their)) => {
			if exact && our_pallet != their_pallet {
				return Err(format!("its pallet has number {their_pallet} now, not {our_pallet}"));
			}
			if exact && our.index != their.index {
				return Err(format!("it has number {} now, not {}", their.index, our.index));
			}
			comparison.fields(&our.fields, &their.fields)
		},
		(Found::Storage(our_prefix, our), Found::Storage(their_prefix, their)) => {
			let ((our_hashers, our_key, our_value), (their_hashers, their_key, their_value)) =
				(entry(our), entry(their));
			if our_prefix != their_prefix || our_hashers != their_hashers || our_key.is_some() != their_key.is_some() {
				return Err("it stands under other keys".into());
			}
			if our.modifier != their.modifier || (exact && our.default != their.default) {
				return Err("another value stands for nothing".into());
			}
			if let (Some(our), Some(their)) = (our_key, their_key) {
				comparison.types(our, their).map_err(|difference| format!("its key: {difference}"))?;
			}
			comparison.types(our_value, their_value).map_err(|difference| format!("its value: {difference}"))
		},
		(Found::Constant(our), Found::Constant(their)) => {
			comparison.types(our.ty.id, their.ty.id)?;
			if exact && our.value != their.value {
				return Err("it has another value".into());
			}
			Ok(())
		},
		(Found::View(our), Found::View(their)) => {
			if exact && our.id != their.id {
				return Err("it has another number".into());
			}
			function(&mut comparison, (&our.inputs, our.output.id), (&their.inputs, their.output.id))
		},
		(Found::Function(our), Found::Function(their)) => {
			function(&mut comparison, (&our.inputs, our.output.id), (&their.inputs, their.output.id))
		},
		(Found::Extension(our_at, our, our_implicit), Found::Extension(their_at, their, their_implicit)) => {
			if exact && our_at != their_at {
				return Err(format!("it is number {their_at} now, not {our_at}"));
			}
			comparison.types(our, their)?;
			comparison.types(our_implicit, their_implicit).map_err(|difference| format!("what it binds: {difference}"))
		},
		_ => Err("it is something else now".into()),
	}
}

/// The parameters and the answer of a function.
type Signature<'a> = (&'a [FunctionParamMetadata<PortableForm>], u32);

fn function(comparison: &mut Comparison<'_>, ours: Signature<'_>, theirs: Signature<'_>) -> Result<(), String> {
	if ours.0.len() != theirs.0.len() {
		return Err(format!("it takes {} parameters now, not {}", theirs.0.len(), ours.0.len()));
	}
	for (our, their) in ours.0.iter().zip(theirs.0) {
		comparison.types(our.ty.id, their.ty.id).map_err(|difference| format!("`{}`: {difference}", our.name))?;
	}
	comparison.types(ours.1, theirs.1).map_err(|difference| format!("its answer: {difference}"))
}
