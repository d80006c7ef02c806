//! A world in which each call reaches the check of who makes it.

pub use busbar_harness::{account, id};
use busbar_harness::{
	calls, device, market, submit, Blocks, Genesis, Party, DSO, EUR, METER_OPERATOR, RETAILER, UTILITY,
};
use busbar_primitives::{
	metering::{Duty, MeterClass, Reading, SignedReading},
	Flexibility, Interval, Link, Moment, PointId, PointKind, Product, ProductKind, Quality, Reduction, Right, Role,
	Scope, Side, Step, TimeInForce,
};
use busbar_runtime::{
	pallet_balances, pallet_certificates, pallet_collective, pallet_flexibility, pallet_grid, pallet_market,
	pallet_metering, pallet_participants, pallet_securities, pallet_settlement, pallet_supply, pallet_validators,
	AccountId, Runtime, RuntimeCall, System,
};
use codec::Decode;
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadata, RuntimeMetadataPrefixed};
use frame_support::{
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use scale_info::TypeDef;
use sp_core::Pair;
use sp_runtime::{
	traits::{Dispatchable, TrailingZeroInput},
	MultiAddress, MultiSignature,
};
use std::sync::OnceLock;

/// Whose calls are looked at, another member, and one whose key acts for the first.
pub const SUBJECT: u8 = 50;
const OTHER: u8 = 51;
const BOT: u8 = 52;
/// The zone of all points, below zone 1, which is below the root; zone 3 is elsewhere below the root.
const TARGET: u32 = 2;
/// A point of each of them, with a meter of the same number.
pub const OWN: PointId = 0;
const OTHERS: PointId = 1;
/// Meters that will replace these.
const NEXT: u32 = 2;
const INTERVAL: Moment = 900_000;
/// An interval that is delivered, and one whose sessions are open, the first of a span.
const DELIVERED: Interval = 1;
const OPEN: Interval = 8;
/// The products: an auction, a book, an auction of spans.
const AUCTION: u8 = 0;
const BOOK: u8 = 1;
const SPANS: u8 = 2;

pub fn subject() -> AccountId {
	account(SUBJECT)
}

fn point(party: bool) -> PointId {
	if party {
		OWN
	} else {
		OTHERS
	}
}

fn owner(party: bool) -> u8 {
	if party {
		SUBJECT
	} else {
		OTHER
	}
}

/// A call of all of the council's.
pub fn council(call: impl Into<RuntimeCall>) {
	let all = pallet_collective::RawOrigin::<AccountId, pallet_collective::Instance1>::Members(4, 4);
	call.into().dispatch(all.into()).expect("the council may");
}

fn must(name: u8, call: impl Into<RuntimeCall>) {
	let call = call.into();
	if let Err(error) = submit(&account(name), call.clone()) {
		panic!("{name} may not {call:?}: {error:?}");
	}
}

fn steps() -> BoundedVec<Step, <Runtime as pallet_market::Config>::MaxSteps> {
	BoundedVec::truncate_from(vec![Step { side: Side::Buy, price: 100_000, wh: 10 }])
}

fn wh() -> pallet_market::auction::Energies {
	BoundedVec::truncate_from(vec![1])
}

fn place(party: bool) -> pallet_market::Call<Runtime> {
	pallet_market::Call::place { interval: OPEN, product: AUCTION, point: point(party), steps: steps() }
}

fn place_block_order(party: bool) -> pallet_market::Call<Runtime> {
	let (interval, product, side, price, wh) = (OPEN, SPANS, Side::Buy, 100_000, wh());
	pallet_market::Call::place_block_order { interval, product, point: point(party), side, price, wh }
}

fn limit_order(party: bool) -> pallet_market::Call<Runtime> {
	let (interval, product, side, price, wh) = (OPEN, BOOK, Side::Buy, 100_000, 10);
	let time_in_force = TimeInForce::GoodTillGate;
	pallet_market::Call::submit { interval, product, point: point(party), side, price, wh, time_in_force }
}

fn register_meter(point: PointId, duty: Duty, from: Interval) -> pallet_metering::Call<Runtime> {
	let (device, class) = (device(9).public().0, MeterClass::B);
	pallet_metering::Call::register_meter { point, device, class, duty, from }
}

/// A root, a zone with the zone of all points below it, and a zone elsewhere; a delivered and an open interval; orders,
/// deposits and meters at both points.
pub fn build() -> sp_io::TestExternalities {
	let auction = Product { kind: ProductKind::Auction, opens_s: 86_400, closes_s: 900, span: 1 };
	let book = Product { kind: ProductKind::Continuous { area: 0 }, opens_s: 86_400, closes_s: 300, span: 1 };
	let spans = Product { closes_s: 1_800, span: 4, ..auction };
	let parameters = market(16, vec![auction, book, spans]);
	let member = |name: u8| Party::member(id(name), account(name), 1_000 * EUR);
	// The other one's role is in the zone alone.
	let other = Party { roles: vec![(Role::Prosumer, Scope::Zone(TARGET))], ..member(OTHER) };
	let members = [member(SUBJECT), other];
	let parties = Party::officers().into_iter().chain([Party::officer(RETAILER, Role::Retailer)]).chain(members);
	let ladder = pallet_settlement::PostedPrices { short: 220_000, long: 90_000 };
	let mut world = Genesis { parties: parties.collect(), parameters, ladder }.build();
	world.execute_with(|| {
		System::set_block_number(1);
		for parent in [None, Some(0), Some(1), Some(0)] {
			must(DSO, calls::add_zone(parent, Link::default()));
		}
		let zones = BoundedVec::truncate_from((0..4).collect());
		council(pallet_market::Call::set_area { area: 0, zones });
		must(METER_OPERATOR, calls::post_bond(10_000 * EUR));
		for party in [true, false] {
			must(DSO, calls::add_point(TARGET, id(owner(party)), PointKind::Metered, 40_000));
			must(METER_OPERATOR, calls::register_meter(point(party), &device(point(party)), Duty::Main));
			must(owner(party), pallet_securities::Call::deposit { point: point(party), amount: 100 * EUR });
		}
		let (mut blocks, idle) = (Blocks::default(), Weight::zero());
		for now in [1_000, INTERVAL, INTERVAL + 2_000, 2 * INTERVAL] {
			blocks.next(now, WeightMeter::new(), idle);
		}
		for party in [true, false] {
			must(METER_OPERATOR, register_meter(point(party), Duty::Main, OPEN));
			must(owner(party), place(party));
			must(owner(party), place_block_order(party));
			must(owner(party), limit_order(party));
		}
		let (delegate, right) = (account(BOT), Right::Trade);
		must(SUBJECT, pallet_participants::Call::add_delegate { delegate, right });
	});
	world
}

/// What a call needs to be about the participant, or about another one, beside what the world has.
pub fn prepare(call: &str, party: bool) {
	let meant = id(owner(party));
	match call {
		"Metering.register_meter" | "Metering.register_meters" | "Metering.attest" | "Metering.post_bond" if party => {
			must(OTHER, pallet_metering::Call::name_attester { point: OTHERS, attester: Some(id(SUBJECT)) });
		},
		"Metering.retire_meter" => pallet_metering::Meters::<Runtime>::mutate(point(party), |meter| {
			meter.as_mut().expect("it is there").operator = meant;
		}),
		"Grid.accept_point" | "Grid.withdraw_point" => {
			let (zone, owner, kind) = (TARGET, meant, PointKind::Metered);
			let point = pallet_grid::NewPoint { zone, owner, kind, import_w: 1, export_w: 1 };
			let proposal = pallet_grid::Proposal { by: account(DSO), operator: id(DSO), point, until: Interval::MAX };
			pallet_grid::Proposals::<Runtime>::insert(0, proposal);
		},
		"Participants.resign" => {
			let (delegate, right) = (subject(), Right::Trade);
			must(OTHER, pallet_participants::Call::add_delegate { delegate, right });
		},
		"Supply.resign" => {
			let served = pallet_supply::Served { retailer: meant, from: 0, until: None };
			pallet_supply::Serving::<Runtime>::insert(point(party), BoundedVec::truncate_from(vec![served]));
		},
		_ => (),
	}
}

/// A call as it is made by, or about, the participant or another one; of what needs no more all arguments are zero or empty.
pub fn call(pallet: &str, name: &str, party: bool) -> RuntimeCall {
	let (point, meant) = (point(party), id(owner(party)));
	let dest = MultiAddress::Id(account(OTHER));
	let (participant, role, scope) = (id(OTHER), Role::Prosumer, Scope::Zone(TARGET));
	let link = Link::default();
	match (pallet, name) {
		("Balances", "transfer_allow_death") => pallet_balances::Call::transfer_allow_death { dest, value: 1 }.into(),
		("Balances", "transfer_keep_alive") => pallet_balances::Call::transfer_keep_alive { dest, value: 1 }.into(),
		("Balances", "transfer_all") => pallet_balances::Call::transfer_all { dest, keep_alive: true }.into(),
		("Participants", "register_many") => {
			let newcomer = pallet_participants::Newcomer {
				participant: id(99),
				account: account(99),
				commitment: Default::default(),
				acceptance: MultiSignature::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a signature"),
				roles: BoundedVec::truncate_from(vec![Role::Prosumer]),
			};
			let newcomers = BoundedVec::truncate_from(vec![newcomer]);
			pallet_participants::Call::register_many { newcomers, scope }.into()
		},
		("Participants", "grant_role") => pallet_participants::Call::grant_role { participant, role, scope }.into(),
		("Participants", "grant_role_for") => {
			pallet_participants::Call::grant_role_for { participant, role, scope, from: 0, until: u64::MAX }.into()
		},
		("Participants", "revoke_role") => pallet_participants::Call::revoke_role { participant, role, scope }.into(),
		("Participants", "suspend") => pallet_participants::Call::suspend { participant }.into(),
		("Participants", "resume") => pallet_participants::Call::resume { participant }.into(),
		("Participants", "resign") => pallet_participants::Call::resign { participant, right: Right::Trade }.into(),
		("Participants", "remove_delegate") => {
			pallet_participants::Call::remove_delegate { delegate: account(BOT), right: Right::Trade }.into()
		},
		("Grid", "add_zone") => pallet_grid::Call::add_zone { parent: Some(TARGET), link }.into(),
		("Grid", "add_zones") => {
			let zones = BoundedVec::truncate_from(vec![pallet_grid::NewZone { parent: Some(TARGET), link }]);
			pallet_grid::Call::add_zones { zones }.into()
		},
		("Grid", "set_link") => pallet_grid::Call::set_link { zone: TARGET, link }.into(),
		("Grid", "retire_zone") => pallet_grid::Call::retire_zone { zone: TARGET }.into(),
		("Grid", "add_point") => calls::add_point(TARGET, id(OTHER), PointKind::Metered, 1),
		("Grid", "add_points") => {
			let (zone, owner, kind) = (TARGET, id(OTHER), PointKind::Metered);
			let new = pallet_grid::NewPoint { zone, owner, kind, import_w: 1, export_w: 1 };
			pallet_grid::Call::add_points { points: BoundedVec::truncate_from(vec![new]) }.into()
		},
		("Grid", "retire_point") => pallet_grid::Call::retire_point { point: OTHERS }.into(),
		("Grid", "publish") => {
			let links = BoundedVec::truncate_from(vec![(TARGET, link)]);
			pallet_grid::Call::publish { interval: OPEN, links }.into()
		},
		("Market", "place") => place(party).into(),
		("Market", "replace") => {
			pallet_market::Call::replace { interval: OPEN, product: AUCTION, point, steps: steps() }.into()
		},
		("Market", "cancel") => pallet_market::Call::cancel { interval: OPEN, product: AUCTION, point }.into(),
		("Market", "submit") => limit_order(party).into(),
		("Market", "withdraw") => {
			pallet_market::Call::withdraw { interval: OPEN, product: BOOK, id: u64::from(!party) }.into()
		},
		("Market", "amend") => {
			let (interval, product, id) = (OPEN, BOOK, u64::from(!party));
			pallet_market::Call::amend { interval, product, id, price: 100_000, wh: 5 }.into()
		},
		("Market", "place_block_order") => place_block_order(party).into(),
		("Market", "cancel_block_order") => {
			pallet_market::Call::cancel_block_order { interval: OPEN, product: SPANS, id: u32::from(!party) }.into()
		},
		("Metering", "register_meter") => register_meter(OTHERS, duty(party), 10_000).into(),
		("Metering", "register_meters") => {
			let (device, class, duty, from) = ([9; 32], MeterClass::B, duty(party), 10_000);
			let new = pallet_metering::NewMeter { point: OTHERS, device, class, duty, from };
			pallet_metering::Call::register_meters { meters: BoundedVec::truncate_from(vec![new]) }.into()
		},
		("Metering", "retire_meter") => pallet_metering::Call::retire_meter { meter: point, until: 100 }.into(),
		("Metering", "name_attester") => pallet_metering::Call::name_attester { point, attester: None }.into(),
		("Metering", "dispute") => {
			let reading = Reading {
				meter: point,
				point,
				interval: DELIVERED,
				import: 1,
				export: 0,
				import_varh: 0,
				export_varh: 0,
				quality: Quality::Measured,
			};
			let claim = SignedReading { reading, signature: None };
			pallet_metering::Call::dispute { claim, attested: None }.into()
		},
		("Metering", "rule") => {
			let verdict = pallet_metering::Verdict::Upheld;
			pallet_metering::Call::rule { interval: DELIVERED, point: OTHERS, verdict }.into()
		},
		("Metering", "admit_operator") => pallet_metering::Call::admit_operator { point, operator: None }.into(),
		("Metering", "cancel_meter") => pallet_metering::Call::cancel_meter { meter: NEXT + point }.into(),
		("Metering", "challenge") => {
			pallet_metering::Call::challenge { interval: DELIVERED, point: OTHERS, claim: None }.into()
		},
		("Certificates", "certify") => pallet_certificates::Call::certify { point: OTHERS, source: None }.into(),
		("Certificates", "transfer") => {
			let class = Decode::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a class");
			pallet_certificates::Call::transfer { holder: meant, to: id(UTILITY), class, wh: 1 }.into()
		},
		("Certificates", "retire") => {
			let class = Decode::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a class");
			pallet_certificates::Call::retire { holder: meant, class, wh: 1 }.into()
		},
		("Securities", "deposit") => pallet_securities::Call::deposit { point, amount: 1 }.into(),
		("Securities", "deposit_many") => {
			pallet_securities::Call::deposit_many { deposits: BoundedVec::truncate_from(vec![(point, 1)]) }.into()
		},
		("Securities", "guarantee") => pallet_securities::Call::guarantee { point: OTHERS, amount: 1 }.into(),
		("Securities", "guarantee_many") => {
			pallet_securities::Call::guarantee_many { guarantees: BoundedVec::truncate_from(vec![(OTHERS, 1)]) }.into()
		},
		("Securities", "choose_guarantor") => {
			pallet_securities::Call::choose_guarantor { point, guarantor: None }.into()
		},
		("Securities", "give_notice") => {
			let backing = pallet_securities::Backing::Deposit;
			pallet_securities::Call::give_notice { point, backing, amount: 1 }.into()
		},
		("Securities", "release") => {
			let backing = pallet_securities::Backing::Deposit;
			pallet_securities::Call::release { point, backing }.into()
		},
		("Securities", "margin_in") => pallet_securities::Call::margin_in { participant: meant, amount: 1 }.into(),
		("Securities", "margin_out") => pallet_securities::Call::margin_out { participant: meant, amount: 1 }.into(),
		("Securities", "give_notice_balancing") => {
			pallet_securities::Call::give_notice_balancing { participant: meant, amount: 1 }.into()
		},
		("Securities", "release_balancing") => pallet_securities::Call::release_balancing { participant: meant }.into(),
		("Supply", "choose") => pallet_supply::Call::choose { point, retailer: None }.into(),
		("Supply", "serve") => pallet_supply::Call::serve { point: OTHERS }.into(),
		("Supply", "resign") => pallet_supply::Call::resign { point }.into(),
		("Validators", "register_peer") => {
			pallet_validators::Call::register_peer { participant: meant, peer: Default::default() }.into()
		},
		("Validators", "remove_peer") => {
			pallet_validators::Call::remove_peer { participant: meant, peer: Default::default() }.into()
		},
		("Flexibility", "offer") => {
			let offer = Some(Flexibility { reduction: Reduction::Load, wh: 1, price: 1, penalty: 0 });
			pallet_flexibility::Call::offer { interval: OPEN, point, offer }.into()
		},
		("Flexibility", "order_reduction") => {
			let order = Flexibility { reduction: Reduction::Load, wh: 1, price: 1, penalty: 0 };
			pallet_flexibility::Call::order_reduction { interval: OPEN, point: OTHERS, order }.into()
		},
		_ => plain(pallet, name),
	}
}

fn duty(party: bool) -> Duty {
	if party {
		Duty::Check
	} else {
		Duty::Main
	}
}

/// The call of this name with arguments that are all zero or empty.
fn plain(pallet: &str, name: &str) -> RuntimeCall {
	static METADATA: OnceLock<RuntimeMetadataV16> = OnceLock::new();
	let metadata = METADATA.get_or_init(|| {
		let metadata = Runtime::metadata_at_version(16).expect("the runtime writes metadata of version 16");
		match RuntimeMetadataPrefixed::decode(&mut &metadata[..]).expect("the metadata decodes").1 {
			RuntimeMetadata::V16(metadata) => metadata,
			other => panic!("the metadata has version {}, not 16", other.version()),
		}
	});
	let found = metadata.pallets.iter().find(|each| each.name == pallet).expect("the pallet");
	let ty = metadata.types.resolve(found.calls.as_ref().expect("calls").ty.id).expect("the calls' type");
	let TypeDef::Variant(calls) = &ty.type_def else { panic!("{pallet} has calls of no enum") };
	let index = calls.variants.iter().find(|each| each.name == name).expect("the call").index;
	RuntimeCall::decode(&mut TrailingZeroInput::new(&[found.index, index]))
		.unwrap_or_else(|error| panic!("{pallet}.{name} of zeros does not decode: {error}"))
}
