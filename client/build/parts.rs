//! A typed name for every storage item, constant, view function and runtime function; conversions of pallets' calls.

use crate::types::APIS;
use frame_metadata::{
	v14::{StorageEntryModifier, StorageEntryType, StorageHasher},
	v16::{FunctionParamMetadata, RuntimeMetadataV16, StorageEntryMetadata},
};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use scale_info::{form::PortableForm, TypeDef};
use scale_typegen::{typegen::ir::ToTokensWithSettings, TypeGenerator};
use std::collections::BTreeMap;

struct Parts<'a> {
	generator: &'a TypeGenerator<'a>,
	/// Numbers of types in the metadata, and in the generator's registry.
	ids: &'a BTreeMap<u32, u32>,
}

/// All of them.
pub fn of(metadata: &RuntimeMetadataV16, generator: &TypeGenerator<'_>, ids: &BTreeMap<u32, u32>) -> TokenStream {
	let parts = Parts { generator, ids };
	let module = |name: &str, content: Vec<TokenStream>| {
		let name = format_ident!("{}", snake(name));
		(!content.is_empty()).then(|| quote! { pub mod #name { use super::super::chain_types; #( #content )* } })
	};
	let storage = metadata.pallets.iter().filter_map(|pallet| {
		let entries = pallet.storage.iter().flat_map(|storage| &storage.entries);
		module(&pallet.name, entries.map(|entry| parts.entry(metadata, &pallet.name, entry)).collect())
	});
	let constants = metadata.pallets.iter().filter_map(|pallet| {
		let of = &pallet.name;
		let constants = pallet.constants.iter().map(|constant| {
			let (ident, name, ty) = (upper(&constant.name), &constant.name, parts.ty(constant.ty.id));
			let doc = first_line(&constant.docs);
			quote! { #[doc = #doc] pub const #ident: crate::Constant<#ty> = crate::Constant::new(#of, #name); }
		});
		module(of, constants.collect())
	});
	let views = metadata.pallets.iter().filter_map(|pallet| {
		let of = &pallet.name;
		let views = pallet.view_functions.iter().map(|view| {
			let (ident, name) = (upper(&view.name), &view.name);
			let (inputs, output) = (parts.inputs(&view.inputs), parts.ty(view.output.id));
			quote! { pub const #ident: crate::View<#inputs, #output> = crate::View::new(#of, #name); }
		});
		module(of, views.collect())
	});
	let functions = metadata.apis.iter().filter(|api| APIS.contains(&&*api.name)).filter_map(|api| {
		let of = &api.name;
		let functions = api.methods.iter().map(|method| {
			let (ident, name) = (upper(&method.name), &method.name);
			let (inputs, output) = (parts.inputs(&method.inputs), parts.ty(method.output.id));
			quote! { pub const #ident: crate::Function<#inputs, #output> = crate::Function::new(#of, #name); }
		});
		module(of, functions.collect())
	});
	let outer = parts.ty(metadata.outer_enums.call_enum_ty.id);
	let events = parts.ty(metadata.outer_enums.event_enum_ty.id);
	let calls = metadata.pallets.iter().filter_map(|pallet| {
		let (variant, call) = (format_ident!("{}", pallet.name), parts.ty(pallet.calls.as_ref()?.ty.id));
		Some(quote! {
			impl From<#call> for #outer {
				fn from(call: #call) -> Self { Self::#variant(call) }
			}
		})
	});
	quote! {
		pub mod storage { #( #storage )* }
		pub mod constants { #( #constants )* }
		pub mod views { #( #views )* }
		pub mod functions { #( #functions )* }
		#( #calls )*
		pub type RuntimeCall = #outer;
		pub type RuntimeEvent = #events;
	}
}

impl Parts<'_> {
	fn ty(&self, id: u32) -> TokenStream {
		let id = self.ids.get(&id).expect("every type that is named was kept");
		let path = self.generator.resolve_type_path(*id).expect("every type that was kept has a path");
		path.to_token_stream(self.generator.settings())
	}

	fn inputs(&self, inputs: &[FunctionParamMetadata<PortableForm>]) -> TokenStream {
		let types = inputs.iter().map(|input| self.ty(input.ty.id));
		quote!((#( #types, )*))
	}

	fn entry(
		&self,
		metadata: &RuntimeMetadataV16,
		of: &str,
		entry: &StorageEntryMetadata<PortableForm>,
	) -> TokenStream {
		let (ident, name, doc) = (upper(&entry.name), &entry.name, first_line(&entry.docs));
		let (keys, hashers, value) = match &entry.ty {
			StorageEntryType::Plain(value) => (Vec::new(), &[][..], value.id),
			StorageEntryType::Map { hashers, key, value } => {
				let keys = match &metadata.types.resolve(key.id).expect("a key has a type").type_def {
					TypeDef::Tuple(tuple) if hashers.len() > 1 => tuple.fields.iter().map(|field| field.id).collect(),
					_ => vec![key.id],
				};
				(keys, &hashers[..], value.id)
			},
		};
		let (keys, value) = (keys.into_iter().map(|key| self.ty(key)), self.ty(value));
		let hashers = hashers.iter().map(|hasher| {
			let hasher = format_ident!(
				"{}",
				match hasher {
					StorageHasher::Blake2_128 => "Blake2_128",
					StorageHasher::Blake2_256 => "Blake2_256",
					StorageHasher::Blake2_128Concat => "Blake2_128Concat",
					StorageHasher::Twox128 => "Twox128",
					StorageHasher::Twox256 => "Twox256",
					StorageHasher::Twox64Concat => "Twox64Concat",
					StorageHasher::Identity => "Identity",
				}
			);
			quote!(frame_metadata::v14::StorageHasher::#hasher)
		});
		let default = match entry.modifier {
			StorageEntryModifier::Optional => quote!(None),
			StorageEntryModifier::Default => {
				let bytes = Literal::byte_string(&entry.default);
				quote!(Some(#bytes))
			},
		};
		quote! {
			#[doc = #doc]
			pub const #ident: crate::Entry<(#( #keys, )*), #value> =
				crate::Entry::new(#of, #name, &[#( #hashers ),*], #default);
		}
	}
}

/// What a documentation begins with.
fn first_line(docs: &[String]) -> &str {
	docs.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default()
}

fn snake(name: &str) -> String {
	let mut snake = String::new();
	for (at, letter) in name.char_indices() {
		if letter.is_uppercase() && at > 0 && !snake.ends_with('_') {
			snake.push('_');
		}
		snake.extend(letter.to_lowercase());
	}
	snake
}

fn upper(name: &str) -> proc_macro2::Ident {
	// A name that is written in capitals already.
	if name.chars().all(|letter| !letter.is_lowercase()) {
		return format_ident!("{name}");
	}
	format_ident!("{}", snake(name).to_uppercase())
}
