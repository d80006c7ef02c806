use super::*;
use crate::fake::{changed, runtime};
use scale_info::{TypeDef, TypeDefPrimitive};

fn call(of: &str, name: &str) -> Item {
	Item::new(Kind::Call, of, name)
}

/// Changes the type of the first field of this name in the calls of a pallet.
fn retype(metadata: &mut RuntimeMetadataV16, of: &str, call: &str, field: &str) {
	let other =
		metadata.types.types.iter().find(|ty| matches!(ty.ty.type_def, TypeDef::Primitive(TypeDefPrimitive::U128)));
	let other = other.expect("money").id;
	let id = pallet(metadata, of).and_then(|pallet| pallet.calls.as_ref()).expect("calls").ty.id;
	let ty = &mut metadata.types.types[id as usize].ty;
	let TypeDef::Variant(definition) = &mut ty.type_def else { panic!("calls are an enum") };
	let variant = definition.variants.iter_mut().find(|variant| variant.name == call).expect("the call");
	let field = variant.fields.iter_mut().find(|known| known.name.as_deref() == Some(field)).expect("the parameter");
	field.ty = other.into();
}

#[test]
fn every_part_of_the_snapshot_fits_itself() {
	let items = items::all(snapshot());
	assert!(items.len() > 400, "{}", items.len());
	runtime().fits_all(&items).unwrap();
}

#[test]
fn a_call_with_another_parameter_is_named_with_what_differs_and_others_go_on() {
	let runtime = changed(|metadata| retype(metadata, "Market", "cancel", "point"));
	let text = runtime.fits(&call("Market", "cancel")).unwrap_err().to_string();
	assert_eq!(
		text,
		"the chain's call Market.cancel is not the one that this program knows: `point`: u32 is u128 now; update this \
		 program for version 2 of the chain"
	);
	assert!(runtime.fits(&call("Market", "place")).is_ok());
}

#[test]
fn all_that_a_program_needs_and_does_not_fit_is_named_at_once() {
	let runtime = changed(|metadata| {
		retype(metadata, "Market", "cancel", "point");
		metadata.apis.retain(|api| api.name != "EnergyApi");
	});
	let clock = Item::new(Kind::Function, "EnergyApi", "clock");
	let text = runtime.fits_all(&[call("Market", "cancel"), clock]).unwrap_err().to_string();
	assert!(text.contains("call Market.cancel"), "{text}");
	assert!(text.contains("runtime function EnergyApi.clock is not the one that this program knows: it is gone"));
}

#[test]
fn other_numbers_of_pallets_and_calls_fit() {
	let runtime = changed(|metadata| {
		for pallet in &mut metadata.pallets {
			pallet.index = 200 - pallet.index;
		}
	});
	assert!(runtime.fits(&call("Market", "cancel")).is_ok());
}

#[test]
fn a_new_choice_fits_and_a_missing_one_does_not() {
	let edit = |metadata: &mut RuntimeMetadataV16,
	            edit: &dyn Fn(&mut Vec<scale_info::Variant<scale_info::form::PortableForm>>)| {
		let role = metadata.types.types.iter_mut().find(|ty| ty.ty.path.ident().as_deref() == Some("Role"));
		let TypeDef::Variant(definition) = &mut role.expect("roles").ty.type_def else { panic!("roles are an enum") };
		edit(&mut definition.variants);
	};
	let longer = changed(|metadata| {
		edit(metadata, &|variants| {
			let mut new = variants[0].clone();
			(new.name, new.index) = ("Weatherman".into(), 99);
			variants.push(new);
		});
	});
	let grant = call("Participants", "grant_role");
	assert!(longer.fits(&grant).is_ok());
	let shorter = changed(|metadata| {
		edit(metadata, &|variants| {
			variants.pop();
		});
	});
	assert!(shorter.fits(&grant).unwrap_err().to_string().contains("is gone"));
}

#[test]
fn bytes_that_are_no_metadata_are_refused() {
	assert!(matches!(decode(&[1, 2, 3]), Err(Error::Metadata(_))));
}
