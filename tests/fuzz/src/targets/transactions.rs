//! Transactions: the bytes that anybody sends to a node, and the calls in them, on a small grid. The first byte says which of
//! both; a call's second one, who makes it.
//!
//! Holds: decoding takes no more memory than a call's size for each byte, and a MiB; a call is read again as it was written;
//! judging it and making it, whoever does, neither panics nor takes more weight than it declared, and every invariant of
//! every pallet holds after a call that went through.

use super::Target;
use crate::memory;
use busbar_harness::{
	account, calls, device, id, submit, Blocks, Genesis, Party, AGGREGATOR, DSO, EUR, METER_OPERATOR, REGULATOR,
	RETAILER, UTILITY,
};
use busbar_primitives::{metering::Duty, Link, PointKind, Product, ProductKind, Role, Side, Step};
use busbar_runtime::{
	configs::calls::Table, frame_system, opaque, pallet_balances, pallet_certificates, pallet_collective, pallet_grid,
	pallet_market, pallet_metering, pallet_participants, pallet_securities, pallet_settlement, pallet_supply,
	pallet_utility, AccountId, RuntimeCall, RuntimeOrigin, UncheckedExtrinsic,
};
use codec::{DecodeLimit, Encode};
use frame_support::{
	dispatch::GetDispatchInfo,
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use pallet_participants::Calls;
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, DispatchError, MultiAddress};
use std::cell::RefCell;

pub const TARGET: Target = Target {
	name: "transactions",
	run,
	seeds,
	// Numbers of many bytes, and lists of so many.
	words: &[&[0; 16], &[255; 16], &[0x13; 17], &[4], &[8], &[0xfe, 0xff, 0xff, 0xff], &[0x84, 0], &[0x45, 0]],
	longest: 1 << 12,
};

/// As deep as the runtime decodes.
const DEPTH: u32 = 256;
const MEMBERS: [u8; 3] = [10, 11, 12];
/// Who makes calls: a motion of the council, the officers, and members.
const CALLERS: [u8; 10] =
	[0, DSO, METER_OPERATOR, UTILITY, REGULATOR, RETAILER, AGGREGATOR, MEMBERS[0], MEMBERS[1], MEMBERS[2]];
const EXTRINSIC: u8 = 0;
const CALL: u8 = 1;

thread_local! {
	static WORLD: RefCell<TestExternalities> = RefCell::new(world());
}

/// Two zones, a point and a meter of each member, the first intervals open.
fn world() -> TestExternalities {
	let parameters = pallet_market::Parameters {
		horizon: 3,
		products: BoundedVec::truncate_from(vec![
			Product { kind: ProductKind::Auction, opens_s: 86_400, closes_s: 900, span: 1 },
			Product { kind: ProductKind::Continuous { area: 0 }, opens_s: 86_400, closes_s: 300, span: 1 },
		]),
		price_floor: -100_000,
		price_cap: 500_000,
		..Default::default()
	};
	let officers = [(RETAILER, Role::Retailer), (AGGREGATOR, Role::Aggregator)];
	let officers = officers.map(|(name, role)| Party::officer(name, role));
	let members = MEMBERS.map(|name| Party::member(id(name), account(name), 100 * EUR));
	let parties = Party::officers().into_iter().chain(officers).chain(members).collect();
	let ladder = pallet_settlement::PostedPrices { short: 220_000, long: 60_000 };
	let mut world = Genesis { parties, parameters, ladder }.build();
	world.execute_with(|| {
		let must = |name, call| submit(&account(name), call).expect("the grid is built by who may; qed");
		let narrow = Link { import_w: Some(8_000), export_w: Some(6_000), fee: 10_000 };
		must(DSO, calls::add_zone(None, Link::default()));
		must(DSO, calls::add_zone(Some(0), narrow));
		must(METER_OPERATOR, calls::post_bond(100_000 * EUR));
		for (point, owner) in (0u32..).zip([UTILITY].into_iter().chain(MEMBERS)) {
			let (zone, kind) = if point == 0 { (0, PointKind::Coupling) } else { (1, PointKind::Metered) };
			must(DSO, calls::add_point(zone, id(owner), kind, 40_000));
			must(METER_OPERATOR, calls::register_meter(point, &device(point), Duty::Main));
			if point > 0 {
				// So that its owner may buy.
				must(owner, calls::deposit(point, 35 * EUR));
			}
		}
		Blocks::default().next(1_000, WeightMeter::new(), Weight::from_parts(500_000_000_000, u64::MAX));
	});
	world
}

/// One call at least of every pallet that a member or an officer calls, and who may make it.
fn good_calls() -> Vec<(u8, RuntimeCall)> {
	let (interval, product, point) = (1, 0, 1);
	let steps = [(Side::Buy, 100_000), (Side::Sell, 200_000)].map(|(side, price)| Step { side, price, wh: 500 });
	let steps = BoundedVec::truncate_from(steps.to_vec());
	let place = pallet_market::Call::place { interval, product, point, steps };
	let links = BoundedVec::truncate_from(vec![(1, Link { import_w: Some(7_000), export_w: None, fee: 5_000 })]);
	let points = BoundedVec::truncate_from(vec![1, 2]);
	let remark = RuntimeCall::System(frame_system::Call::remark { remark: vec![7; 5] });
	let batch = |calls| RuntimeCall::Utility(pallet_utility::Call::batch_all { calls });
	let dest = MultiAddress::Id(account(MEMBERS[1]));
	vec![
		(DSO, pallet_grid::Call::publish { interval, links }.into()),
		(DSO, calls::add_zone(Some(1), Link::default())),
		(METER_OPERATOR, pallet_metering::Call::retire_meter { meter: 1, until: 4 }.into()),
		(UTILITY, pallet_settlement::Call::debit { interval, points }.into()),
		(REGULATOR, pallet_certificates::Call::certify { point, source: None }.into()),
		(RETAILER, pallet_supply::Call::serve { point }.into()),
		(AGGREGATOR, pallet_securities::Call::guarantee { point, amount: 5 * EUR }.into()),
		(MEMBERS[0], pallet_securities::Call::deposit { point, amount: EUR }.into()),
		(MEMBERS[0], pallet_balances::Call::transfer_keep_alive { dest, value: EUR }.into()),
		(MEMBERS[0], pallet_market::Call::cancel { interval, product, point }.into()),
		(MEMBERS[0], batch(vec![remark.clone(), place.clone().into(), batch(vec![remark])])),
		(MEMBERS[0], place.into()),
	]
}

fn seeds() -> Vec<Vec<u8>> {
	let calls = good_calls();
	let bare = calls.iter().map(|(_, call)| UncheckedExtrinsic::new_bare(call.clone()).encode());
	let mut seeds: Vec<_> = bare.map(|bytes| [&[EXTRINSIC][..], &bytes].concat()).collect();
	seeds.extend(calls.iter().map(|(caller, call)| {
		let caller = CALLERS.iter().position(|each| each == caller).expect("a caller; qed") as u8;
		[&[CALL, caller][..], &call.encode()].concat()
	}));
	seeds
}

/// Decodes within the bound of memory.
fn decoded<T: DecodeLimit>(bytes: &[u8]) -> Option<T> {
	let (value, taken) = memory::taken(|| T::decode_all_with_depth_limit(DEPTH, &mut &bytes[..]));
	let each = std::mem::size_of::<RuntimeCall>() as u64;
	let most = (bytes.len() as u64).saturating_mul(each).saturating_add(1 << 20);
	assert!(taken <= most, "{taken} bytes of memory for {} of a transaction", bytes.len());
	value.ok()
}

/// Makes a call and takes it back.
fn make(caller: u8, call: RuntimeCall) {
	let signer = account(caller);
	let origin = match caller {
		0 => pallet_collective::RawOrigin::<AccountId, pallet_collective::Instance1>::Members(3, 4).into(),
		_ => RuntimeOrigin::signed(signer.clone()),
	};
	let declared = call.get_dispatch_info().call_weight;
	let _ = (Table::terms(&call), Table::ensure(&call, &signer), Table::reads(&call));
	sp_io::storage::start_transaction();
	let result = call.clone().dispatch(origin);
	let (info, is_made) = match result {
		Ok(info) => (info, true),
		Err(error) => {
			assert_ne!(error.error, DispatchError::Corruption, "{call:?}");
			(error.post_info, false)
		},
	};
	let taken = info.actual_weight.unwrap_or(declared);
	assert!(taken.all_lte(declared), "{taken:?} of {declared:?}: {call:?}");
	if is_made {
		check(&call);
	}
	sp_io::storage::rollback_transaction();
}

fn check(call: &RuntimeCall) {
	use busbar_runtime::{
		Certificates, Flexibility, Grid, Issuance, Market, Metering, Participants, Securities, Settlement, Supply,
	};
	let pallets = [
		("participants", Participants::do_try_state()),
		("grid", Grid::do_try_state()),
		("market", Market::do_try_state()),
		("metering", Metering::do_try_state()),
		("issuance", Issuance::do_try_state()),
		("securities", Securities::do_try_state()),
		("supply", Supply::do_try_state()),
		("flexibility", Flexibility::do_try_state()),
		("settlement", Settlement::do_try_state()),
		("certificates", Certificates::do_try_state()),
	];
	for (pallet, holds) in pallets {
		assert!(holds.is_ok(), "{pallet}: {holds:?} after {call:?}");
	}
}

fn run(input: &[u8]) -> bool {
	match input {
		[CALL, caller, bytes @ ..] => {
			let Some(call) = decoded::<RuntimeCall>(bytes) else { return false };
			let again = decoded::<RuntimeCall>(&call.encode());
			assert!(again.as_ref() == Some(&call), "a call did not come back as it was: {call:?}");
			let caller = CALLERS[usize::from(*caller) % CALLERS.len()];
			WORLD.with(|world| world.borrow_mut().execute_with(|| make(caller, call)));
			true
		},
		// A node reads the bytes first, and hands them to the runtime with a length that is theirs.
		[_, bytes @ ..] => decoded::<opaque::UncheckedExtrinsic>(bytes).is_some_and(|bytes| {
			let Some(transaction) = decoded::<UncheckedExtrinsic>(&bytes.encode()) else { return false };
			let again = decoded::<UncheckedExtrinsic>(&transaction.encode());
			assert!(again.is_some_and(|again| again.function == transaction.function), "a transaction changed");
			let _ = transaction.function.get_dispatch_info();
			true
		}),
		[] => false,
	}
}
