use super::*;
use crate::{
	fake::{changed, runtime},
	frame_system, pallet_market, pallet_utility,
};
use codec::Decode;
use scale_info::TypeDef;

fn cancel() -> RuntimeCall {
	pallet_market::Call::cancel { interval: 7, product: 1, point: 5 }.into()
}

fn batch() -> RuntimeCall {
	let remark = frame_system::Call::remark { remark: vec![1, 2, 3] }.into();
	let calls = vec![cancel(), remark];
	let inner = pallet_utility::Call::batch_all { calls }.into();
	pallet_utility::Call::batch { calls: vec![inner, cancel()] }.into()
}

#[test]
fn a_call_to_a_chain_of_the_same_numbers_is_its_own_bytes() {
	for call in [cancel(), batch()] {
		assert_eq!(encode(&runtime(), &call).unwrap(), call.encode());
	}
}

#[test]
fn calls_within_calls_take_the_numbers_that_the_chain_gives_them() {
	let theirs = changed(|metadata| {
		let outer = metadata.outer_enums.call_enum_ty.id;
		metadata.pallets.iter_mut().filter(|pallet| pallet.name == "Market").for_each(|pallet| pallet.index = 77);
		let TypeDef::Variant(definition) = &mut metadata.types.types[outer as usize].ty.type_def else { panic!() };
		let market = definition.variants.iter_mut().find(|variant| variant.name == "Market").unwrap();
		market.index = 77;
	});
	let ours = cancel().encode();
	let mut expected = ours.clone();
	expected[0] = 77;
	assert_eq!(encode(&theirs, &cancel()).unwrap(), expected);
	// In the batch, both places where the call stands.
	let (before, after) = (batch().encode(), encode(&theirs, &batch()).unwrap());
	assert_eq!(before.len(), after.len());
	let changed: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
	assert_eq!(changed.len(), 2);
	for at in changed {
		assert_eq!((before[at], after[at]), (ours[0], 77));
		assert_eq!(before[at..at + ours.len()], ours);
	}
	assert_eq!(RuntimeCall::decode(&mut &before[..]).unwrap(), batch());
}

#[test]
fn a_call_that_the_chain_no_longer_has_is_named_wherever_it_stands() {
	let theirs = changed(|metadata| {
		let id = crate::metadata::pallet(metadata, "Market").unwrap().calls.as_ref().unwrap().ty.id;
		let TypeDef::Variant(definition) = &mut metadata.types.types[id as usize].ty.type_def else { panic!() };
		definition.variants.retain(|variant| variant.name != "cancel");
	});
	for call in [cancel(), batch()] {
		let text = encode(&theirs, &call).unwrap_err().to_string();
		assert!(text.contains("call Market.cancel is not the one that this program knows: it is gone"), "{text}");
	}
}
