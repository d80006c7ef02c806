use super::*;
use crate::{
	fake::{changed, runtime},
	frame_system, pallet_grid, RuntimeEvent,
};
use scale_info::TypeDef;

fn record(phase: Phase, event: impl Encode) -> Vec<u8> {
	(phase, event, Vec::<H256>::new()).encode()
}

fn bytes_of(records: &[Vec<u8>]) -> Vec<u8> {
	[Compact(records.len() as u32).encode(), records.concat()].concat()
}

fn updated() -> RuntimeEvent {
	RuntimeEvent::System(frame_system::Event::CodeUpdated { hash: H256::repeat_byte(7) })
}

fn published() -> RuntimeEvent {
	RuntimeEvent::Grid(pallet_grid::Event::ZoneRetired { zone: 3, until: 9 })
}

#[test]
fn events_are_read_in_their_order_with_their_phases() {
	let bytes = bytes_of(&[
		record(Phase::Initialization, updated()),
		record(Phase::ApplyExtrinsic(2), published()),
		record(Phase::Finalization, updated()),
	]);
	let events = read(&runtime(), &bytes).unwrap();
	let expected = [
		EventRecord { phase: Phase::Initialization, event: updated() },
		EventRecord { phase: Phase::ApplyExtrinsic(2), event: published() },
		EventRecord { phase: Phase::Finalization, event: updated() },
	];
	assert_eq!(events.records, expected);
	assert!(events.unread.is_empty());
}

#[test]
fn an_event_keeps_its_meaning_when_its_pallet_has_another_number() {
	let index = |runtime: &Runtime| crate::metadata::pallet(runtime.metadata(), "Grid").unwrap().index;
	let theirs = changed(|metadata| {
		metadata.pallets.iter_mut().filter(|pallet| pallet.name == "Grid").for_each(|pallet| pallet.index = 77);
	});
	let mut event = published().encode();
	assert_eq!(event[0], index(&runtime()));
	event[0] = index(&theirs);
	let bytes = bytes_of(&[[Phase::ApplyExtrinsic(0).encode(), event, vec![0]].concat()]);
	assert_eq!(read(&theirs, &bytes).unwrap().records[0].event, published());
	// Of the runtime of the snapshot there is no such pallet.
	assert!(read(&runtime(), &bytes).is_err());
}

#[test]
fn an_event_that_is_new_is_named_and_does_not_hide_those_behind_it() {
	let theirs = changed(|metadata| {
		let id = crate::metadata::pallet(metadata, "Grid").unwrap().event.as_ref().unwrap().ty.id;
		let TypeDef::Variant(definition) = &mut metadata.types.types[id as usize].ty.type_def else { panic!() };
		let mut new = definition.variants.iter().find(|variant| variant.name == "ZoneRetired").unwrap().clone();
		(new.name, new.index) = ("ZonePainted".into(), 200);
		definition.variants.push(new);
	});
	let mut new = published().encode();
	new[1] = 200;
	let new = [Phase::ApplyExtrinsic(0).encode(), new, vec![0]].concat();
	let events = read(&theirs, &bytes_of(&[new, record(Phase::ApplyExtrinsic(1), published())])).unwrap();
	assert_eq!(events.records, [EventRecord { phase: Phase::ApplyExtrinsic(1), event: published() }]);
	assert_eq!(events.unread, [Item::new(Kind::Event, "Grid", "ZonePainted")]);
	assert!(events.ensure_all_of("Market").is_ok());
	assert!(events.ensure_all_of("Grid").unwrap_err().to_string().contains("Grid.ZonePainted"));
}

#[test]
fn bytes_that_do_not_follow_the_metadata_are_an_error() {
	let whole = bytes_of(&[record(Phase::ApplyExtrinsic(0), published())]);
	for cut in 1..whole.len() {
		assert!(read(&runtime(), &whole[..cut]).is_err(), "{cut}");
	}
	assert!(read(&runtime(), &[whole, vec![0]].concat()).is_err());
	assert_eq!(read(&runtime(), &bytes_of(&[])).unwrap(), Events::default());
}
