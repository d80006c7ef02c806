//! Which types are written, which are another crate's, and what each derives.

use frame_metadata::{v14::StorageEntryType, v16::RuntimeMetadataV16};
use scale_info::{form::PortableForm, PortableRegistry, Type, TypeDef};
use scale_typegen::{
	typegen::settings::substitutes::absolute_path, DerivesRegistry, TypeGeneratorSettings, TypeSubstitutes,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
};
use syn::parse_quote;

/// Where the shared words stand.
pub const PRIMITIVES: &str = "../primitives/src/lib.rs";

/// Runtime APIs whose functions have typed names.
pub const APIS: &[&str] = &["EnergyApi", "AccountNonceApi"];

/// Whether a type is needed: by a call, an event, an error, storage, a constant, a view or one of [`APIS`].
pub fn roots(metadata: &RuntimeMetadataV16) -> impl FnMut(u32) -> bool {
	let outer = &metadata.outer_enums;
	let mut roots: BTreeSet<u32> = [&outer.call_enum_ty, &outer.event_enum_ty].map(|ty| ty.id).into();
	for pallet in &metadata.pallets {
		roots.extend(pallet.error.iter().map(|error| error.ty.id));
		roots.extend(pallet.constants.iter().map(|constant| constant.ty.id));
		for view in &pallet.view_functions {
			roots.extend(view.inputs.iter().map(|input| input.ty.id).chain([view.output.id]));
		}
		for entry in pallet.storage.iter().flat_map(|storage| &storage.entries) {
			match &entry.ty {
				StorageEntryType::Plain(value) => roots.extend([value.id]),
				StorageEntryType::Map { key, value, .. } => roots.extend([key.id, value.id]),
			}
		}
	}
	for method in metadata.apis.iter().filter(|api| APIS.contains(&&*api.name)).flat_map(|api| &api.methods) {
		roots.extend(method.inputs.iter().map(|input| input.ty.id).chain([method.output.id]));
	}
	move |id| roots.contains(&id)
}

/// How types are written.
pub fn settings(registry: &PortableRegistry) -> TypeGeneratorSettings {
	let mut settings = TypeGeneratorSettings::new().type_mod_name("chain_types").insert_codec_attributes();
	settings.should_gen_docs = false;
	settings.compact_as_type_path = Some(parse_quote!(::codec::CompactAs));
	settings.compact_type_path = Some(parse_quote!(::codec::Compact));
	settings.substitutes = substitutes(registry);
	settings.derives = derives(registry, &settings.substitutes);
	settings
}

fn substitutes(registry: &PortableRegistry) -> TypeSubstitutes {
	let fixed: [(syn::Path, syn::Path); 16] = [
		(parse_quote!(primitive_types::H256), parse_quote!(::sp_core::H256)),
		(parse_quote!(sp_core::crypto::AccountId32), parse_quote!(::sp_core::crypto::AccountId32)),
		(parse_quote!(sp_runtime::multiaddress::MultiAddress), parse_quote!(::sp_runtime::MultiAddress)),
		(parse_quote!(sp_runtime::MultiSignature), parse_quote!(::sp_runtime::MultiSignature)),
		(parse_quote!(sp_runtime::DispatchError), parse_quote!(::sp_runtime::DispatchError)),
		(parse_quote!(sp_runtime::ModuleError), parse_quote!(::sp_runtime::ModuleError)),
		(parse_quote!(sp_runtime::generic::digest::Digest), parse_quote!(::sp_runtime::generic::Digest)),
		(parse_quote!(sp_arithmetic::per_things::Perbill), parse_quote!(::sp_runtime::Perbill)),
		(parse_quote!(sp_arithmetic::per_things::Permill), parse_quote!(::sp_runtime::Permill)),
		(parse_quote!(sp_arithmetic::per_things::Percent), parse_quote!(::sp_runtime::Percent)),
		(parse_quote!(bounded_collections::bounded_vec::BoundedVec<A, B>), parse_quote!(::std::vec::Vec<A>)),
		(parse_quote!(bounded_collections::weak_bounded_vec::WeakBoundedVec<A, B>), parse_quote!(::std::vec::Vec<A>)),
		(
			parse_quote!(bounded_collections::bounded_btree_map::BoundedBTreeMap<A, B, C>),
			parse_quote!(::std::collections::BTreeMap<A, B>),
		),
		(
			parse_quote!(bounded_collections::bounded_btree_set::BoundedBTreeSet<A, B>),
			parse_quote!(::std::collections::BTreeSet<A>),
		),
		(parse_quote!(BTreeMap), parse_quote!(::std::collections::BTreeMap)),
		(parse_quote!(BTreeSet), parse_quote!(::std::collections::BTreeSet)),
	];
	let public = public_modules();
	let shared = registry.types.iter().filter(|ty| is_shared(&ty.ty)).map(|ty| {
		let segments = &ty.ty.path.segments;
		let path = |segments: &[String]| syn::parse_str::<syn::Path>(&segments.join("::")).expect("a path");
		let from = path(segments);
		// A module that is not public gives its types to the crate's root.
		let name = segments.last().expect("a path has a name").clone();
		let at_root = segments.get(1).is_some_and(|module| segments.len() > 2 && !public.contains(module));
		let to = if at_root { vec!["busbar_primitives".into(), name] } else { segments.clone() };
		(from, path(&["".into()].into_iter().chain(to).collect::<Vec<_>>()))
	});
	let mut substitutes = TypeSubstitutes::new();
	for (from, to) in fixed.into_iter().chain(shared) {
		substitutes.insert(from, absolute_path(to).expect("an absolute path")).expect("a path to substitute");
	}
	substitutes
}

/// Whether a type is one of the shared words.
fn is_shared(ty: &Type<PortableForm>) -> bool {
	ty.path.segments.first().is_some_and(|first| first == "busbar_primitives")
}

/// The public modules of the shared words.
fn public_modules() -> BTreeSet<String> {
	let text = fs::read_to_string(PRIMITIVES).expect("the shared words are there");
	let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
	modules.map(str::to_owned).collect()
}

fn derives(registry: &PortableRegistry, substitutes: &TypeSubstitutes) -> DerivesRegistry {
	let mut derives = DerivesRegistry::new();
	derives.add_derives_for_all([
		parse_quote!(Clone),
		parse_quote!(PartialEq),
		parse_quote!(Eq),
		parse_quote!(Debug),
		parse_quote!(::codec::Encode),
		parse_quote!(::codec::Decode),
	]);
	let mut known = BTreeMap::new();
	for ty in &registry.types {
		if ty.ty.path.namespace().is_empty() || substitutes.contains(&ty.ty.path.segments) {
			continue;
		}
		let path: syn::TypePath = syn::parse_str(&ty.ty.path.segments.join("::")).expect("a path");
		if is_copy(registry, substitutes, &mut known, ty.id) {
			derives.add_derives_for(path.clone(), [parse_quote!(Copy)], false);
		}
		// What is only a choice is ordered and can be a key.
		let choice = matches!(&ty.ty.type_def, TypeDef::Variant(definition)
			if !definition.variants.is_empty() && definition.variants.iter().all(|variant| variant.fields.is_empty()));
		if choice {
			derives.add_derives_for(path, [parse_quote!(PartialOrd), parse_quote!(Ord), parse_quote!(Hash)], false);
		}
	}
	derives
}

/// Whether a type holds nothing that has to be allocated, or that another crate does not copy.
fn is_copy(
	registry: &PortableRegistry,
	substitutes: &TypeSubstitutes,
	known: &mut BTreeMap<u32, bool>,
	id: u32,
) -> bool {
	if let Some(copy) = known.get(&id) {
		return *copy;
	}
	// A type within itself is behind a box.
	known.insert(id, false);
	let Some(ty) = registry.resolve(id) else { return false };
	let segments: Vec<&str> = ty.path.segments.iter().map(String::as_str).collect();
	let of_others = match segments[..] {
		["primitive_types", "H256"] | ["sp_arithmetic", ..] | ["sp_runtime", "DispatchError" | "ModuleError"] => {
			Some(true)
		},
		["busbar_primitives", "api", ..] => Some(false),
		["busbar_primitives", ..] => None,
		_ if substitutes.contains(&ty.path.segments) => Some(false),
		_ => None,
	};
	let mut all = |ids: Vec<u32>| ids.into_iter().all(|id| is_copy(registry, substitutes, known, id));
	let copy = of_others.unwrap_or_else(|| match &ty.type_def {
		TypeDef::Composite(definition) => all(definition.fields.iter().map(|field| field.ty.id).collect()),
		TypeDef::Variant(definition) => {
			all(definition.variants.iter().flat_map(|variant| &variant.fields).map(|field| field.ty.id).collect())
		},
		TypeDef::Array(array) => all(vec![array.type_param.id]),
		TypeDef::Tuple(tuple) => all(tuple.fields.iter().map(|field| field.id).collect()),
		TypeDef::Primitive(primitive) => *primitive != scale_info::TypeDefPrimitive::Str,
		TypeDef::Compact(compact) => all(vec![compact.type_param.id]),
		TypeDef::Sequence(_) | TypeDef::BitSequence(_) => false,
	});
	known.insert(id, copy);
	copy
}
