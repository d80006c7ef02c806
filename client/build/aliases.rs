//! A module per pallet's crate, with all its types by their name alone: where in its crate a type stands is of no
//! matter to a program.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use scale_info::PortableRegistry;
use scale_typegen::{typegen::ir::module_ir::ModuleIR, TypeGeneratorSettings};
use std::collections::BTreeMap;

/// The modules, and conversions of the pallets' calls and events into those of the runtime.
pub fn of(registry: &PortableRegistry, settings: &TypeGeneratorSettings, module: &ModuleIR) -> TokenStream {
	// Crate, then name, then path. A pallet's own `Call`, `Event` and `Error` go before types of that name elsewhere.
	let mut crates: BTreeMap<&str, BTreeMap<&str, &[String]>> = BTreeMap::new();
	for ty in &registry.types {
		let segments = &ty.ty.path.segments;
		let [first, .., name] = &segments[..] else { continue };
		let of_runtime = first == "frame_system" || first.starts_with("pallet_");
		if !of_runtime || settings.substitutes.contains(segments) || !holds(module, segments) {
			continue;
		}
		let names = crates.entry(first).or_default();
		let of_pallet = segments.get(1).is_some_and(|module| module == "pallet");
		if of_pallet || !names.contains_key(name.as_str()) {
			names.insert(name, segments);
		}
	}
	let modules = crates.iter().map(|(name, types)| {
		let name = format_ident!("{name}");
		let paths = types.values().map(|segments| {
			let segments = segments.iter().map(|segment| format_ident!("{segment}"));
			quote!(chain_types #( :: #segments )*)
		});
		quote! {
			pub mod #name {
				use super::chain_types;
				#( pub use #paths; )*
			}
		}
	});
	quote! { #( #modules )* }
}

/// Whether a type of this path was written.
fn holds(module: &ModuleIR, segments: &[String]) -> bool {
	let Some((_, namespace)) = segments.split_last() else { return false };
	let mut at = module;
	for segment in namespace {
		let Some((_, child)) = at.children().find(|(name, _)| *name == segment.as_str()) else { return false };
		at = child;
	}
	let found = at.types().any(|(path, _)| path.segments == *segments);
	found
}
