//! The runtime with a small grid, whose members do at random whatever they may, and much that they may not.

mod author;
mod hostile;
mod meter;
mod record;
mod settle;
mod trade;

use busbar_harness::{
	calls,
	chain::{self, account, Chain, Taken},
	device, id, market, Flat, Genesis, Party, AGGREGATOR, DSO, EUR, METER_OPERATOR, REGULATOR, RETAILER, UTILITY,
};
use busbar_merkle::Tree;
use busbar_mocks::Random;
use busbar_primitives::{
	certificates::Source,
	metering::{Duty, Salt, SignedReading},
	traits::Calendar,
	Balance, Interval, Link, Moment, PointId, PointKind, Product, ProductKind, Role, Scope, Terms, Wh,
};
use busbar_runtime::{
	pallet_certificates, pallet_market, pallet_metering, pallet_securities, pallet_settlement, pallet_supply,
	AccountId, Certificates, Grid, Issuance, Market, Metering, Participants, Runtime, RuntimeCall, RuntimeEvent,
	Securities, Settlement, Supply, System, Validators, SLOT_DURATION_MS,
};
use frame_support::BoundedVec;
use pallet_settlement::Sharing;
use sp_core::{ed25519, H256};
use sp_runtime::{traits::Dispatchable, DispatchError, Permill};
use std::collections::{BTreeMap, BTreeSet};

const INTERVAL: Moment = 900_000;
const SLOT: Moment = SLOT_DURATION_MS;
/// Before an interval is final: time for the blocks that bring it to its end.
const ROOM: Moment = 100 * SLOT;

/// Members are 10, 11, ...
const FIRST_MEMBER: u8 = 10;
const MEMBERS: u8 = 6;
/// Brings other people's work to the chain. Nobody's enemy.
const KEEPER: u8 = 30;
/// Its transactions must come through, whatever is sent besides.
const HONEST: u8 = FIRST_MEMBER + MEMBERS - 1;
/// Operates the second zone, reads meters there, admits members: all three would do anything.
const ZONE_OPERATOR: u8 = 31;
const ZONE_METERS: u8 = 32;
const PROVIDER: u8 = 33;
/// Point 0 is the utility's coupling; each member has two points. As many meters count there, with the same numbers; one
/// more checks point 1.
const POINTS: PointId = 1 + 2 * MEMBERS as u32;
const FEE: u32 = 10_000;
/// What secures a point that draws what it can carry, twice its rating, in the three intervals that can be unsettled at once.
const GUARANTEE: Balance = 40 * EUR;
/// Connection points whose feeding in is certified.
const PLANTS: [PointId; 2] = [2, 5];
const SHORT: i64 = 220_000;
const LONG: i64 = 60_000;

fn owner(point: PointId) -> u8 {
	match point.checked_sub(1) {
		Some(other) => FIRST_MEMBER + (other / 2) as u8,
		None => UTILITY,
	}
}

/// Most members buy from the first interval on; two draw what hardly anything secures.
fn is_guaranteed(point: PointId) -> bool {
	point > 0 && ![FIRST_MEMBER + 2, FIRST_MEMBER + 4].contains(&owner(point))
}

/// What has happened, by the names of events.
pub type Reached = BTreeMap<String, u32>;

/// What an operator attested of an interval.
struct Dataset {
	rows: Vec<(SignedReading, Salt)>,
	tree: Tree,
}

/// Where what is settled is told.
pub use record::Record;

pub struct Network {
	/// Who listens to what is settled.
	pub record: Option<Record>,
	random: Random,
	devices: Vec<ed25519::Pair>,
	genesis: H256,
	chain: Chain,
	pub watch: author::Watch,
	hostile: hostile::Calls,
	datasets: BTreeMap<(Interval, u8), Dataset>,
	/// Intervals of which the meter operator has done its work.
	read: BTreeSet<Interval>,
	/// The first interval that has not opened.
	next: Interval,
	/// Intervals that have opened and are not final.
	pub running: Vec<Interval>,
	/// Intervals that were seen final.
	pub ended: Vec<Interval>,
	/// What plants fed in in these, in Wh.
	certified: Wh,
	pub reached: Reached,
	/// Calls that failed, and transactions that did not come into a block.
	pub failed: u32,
	pub refused: u32,
	/// Whether an interval is being brought to its end, which begins nothing else.
	finishing: bool,
}

pub fn genesis() -> Flat {
	let products = vec![
		Product { kind: ProductKind::Auction, opens_s: 86_400, closes_s: 900, span: 1 },
		Product { kind: ProductKind::Auction, opens_s: 900, closes_s: 300, span: 1 },
		Product { kind: ProductKind::Continuous { area: 0 }, opens_s: 86_400, closes_s: 300, span: 1 },
	];
	let parameters = pallet_market::Parameters { dispute_window_s: 1_800, retention: 4, ..market(3, products) };
	let officers = [
		(RETAILER, Role::Retailer),
		(AGGREGATOR, Role::Aggregator),
		(PROVIDER, Role::MembershipProvider),
		(ZONE_OPERATOR, Role::Dso),
		(ZONE_METERS, Role::MeterOperator),
	];
	let officers = officers.map(|(name, role)| {
		let mut officer = Party::officer(name, role);
		if name >= ZONE_OPERATOR && name != PROVIDER {
			officer.roles = vec![(role, Scope::Zone(2))];
		}
		officer
	});
	let names = (FIRST_MEMBER..FIRST_MEMBER + MEMBERS).chain([KEEPER]);
	let members = names.map(|name| Party::member(id(name), account(name), 20 * EUR));
	let parties = Party::officers().into_iter().chain(officers).chain(members).map(Party::with_key).collect();
	Genesis { parties, parameters, ladder: pallet_settlement::PostedPrices { short: SHORT, long: LONG } }.build_flat()
}

impl Network {
	/// A root with two feeders, one of them with a limit, and everybody's points and meters.
	pub fn new(seed: u64) -> Self {
		let mut network = Self {
			record: None,
			random: Random::new(seed),
			devices: (0..=POINTS).map(device).collect(),
			genesis: Metering::genesis(),
			chain: Chain::new(),
			watch: author::Watch::default(),
			hostile: hostile::Calls::new(),
			datasets: BTreeMap::new(),
			read: BTreeSet::new(),
			next: 0,
			running: Vec::new(),
			ended: Vec::new(),
			certified: 0,
			reached: Reached::new(),
			failed: 0,
			refused: 0,
			finishing: false,
		};
		network.chain.begin(0);
		network.build();
		while network.running.is_empty() {
			network.advance(Market::now() + SLOT);
		}
		network
	}

	fn build(&mut self) {
		let narrow = Link { import_w: Some(8_000), export_w: Some(6_000), fee: FEE };
		self.must(DSO, calls::add_zone(None, Link::default()));
		self.must(DSO, calls::add_zone(Some(0), Link { fee: FEE, ..Link::default() }));
		self.must(DSO, calls::add_zone(Some(1), narrow));
		let post_bond = calls::post_bond(100_000 * EUR);
		self.must(METER_OPERATOR, post_bond.clone());
		for point in 0..POINTS {
			let (zone, kind) = match point {
				0 => (0, PointKind::Coupling),
				_ => (1 + point % 2, PointKind::Metered),
			};
			self.must(DSO, calls::add_point(zone, id(owner(point)), kind, 40_000));
			self.must(METER_OPERATOR, self.register(point, point, Duty::Main));
			if is_guaranteed(point) {
				let guarantee = pallet_securities::Call::guarantee { point, amount: GUARANTEE };
				self.must(AGGREGATOR, RuntimeCall::Securities(guarantee));
			}
		}
		let attester = Some(id(AGGREGATOR));
		let name = pallet_metering::Call::name_attester { point: 1, attester };
		self.must(owner(1), RuntimeCall::Metering(name));
		self.must(AGGREGATOR, post_bond);
		self.must(AGGREGATOR, self.register(1, POINTS, Duty::Check));
		for point in PLANTS {
			let source = Some(Source::Solar);
			let certify = pallet_certificates::Call::certify { point, source };
			self.must(REGULATOR, RuntimeCall::Certificates(certify));
		}
		let levy = pallet_settlement::Call::set_levy { levy: 2_000 };
		let sharing = Sharing { fund: Permill::from_percent(30), rent: Permill::from_percent(10) };
		let sharing = pallet_settlement::Call::set_sharing { sharing };
		let tolerance = pallet_settlement::Call::set_tolerance { tolerance: Permill::from_percent(5) };
		let area = pallet_market::Call::set_area { area: 0, zones: BoundedVec::truncate_from(vec![0, 1, 2]) };
		let resort = pallet_supply::Call::set_last_resort { supplier: Some(id(AGGREGATOR)), notice: 3 };
		for call in [levy.into(), sharing.into(), tolerance.into(), resort.into(), RuntimeCall::Market(area)] {
			Self::council(call).expect("the council may");
		}
		self.advance(0);
	}

	/// A call of the council's.
	fn council(call: RuntimeCall) -> Result<(), DispatchError> {
		let majority = pallet_collective::RawOrigin::<AccountId, pallet_collective::Instance1>::Members(3, 4);
		call.dispatch(majority.into()).map(|_| ()).map_err(|refused| refused.error)
	}

	fn register(&self, point: PointId, meter: u32, duty: Duty) -> RuntimeCall {
		calls::register_meter(point, &self.devices[meter as usize], duty)
	}

	/// A call of somebody who has the right, in this block or in one of the next.
	fn must(&mut self, name: u8, call: RuntimeCall) {
		if let Err(error) = self.insist(name, call.clone()) {
			panic!("{name} may not {call:?}: {error:?}");
		}
	}

	/// What becomes of a call in this block or, as long as there is no room for it, in one of the next.
	fn insist(&mut self, name: u8, call: RuntimeCall) -> Result<(), DispatchError> {
		for _ in 0..20 {
			match self.send(name, call.clone()) {
				Taken::Done => return Ok(()),
				Taken::Failed(error) => return Err(error),
				Taken::Refused(_) => self.advance(Market::now() + SLOT),
			}
		}
		panic!("{name} gets no room for {call:?}");
	}

	/// Whether the call did what it says. One that fails has changed nothing, which the invariants show.
	fn try_to(&mut self, name: u8, call: impl Into<RuntimeCall>) -> bool {
		let call = call.into();
		let taken = self.send(name, call.clone());
		self.note(&taken, &call);
		taken == Taken::Done
	}

	/// A transaction into the block that is open.
	fn send(&mut self, name: u8, call: RuntimeCall) -> Taken {
		let nonce = System::account_nonce(account(name));
		self.apply(chain::transaction(name, nonce, call))
	}

	fn note(&mut self, taken: &Taken, call: &RuntimeCall) {
		match taken {
			Taken::Done => {},
			Taken::Failed(error) => {
				// What the balances say of more money than there is.
				let beyond = matches!(call, RuntimeCall::Balances(_) | RuntimeCall::Utility(_));
				let defect = matches!(error, DispatchError::Arithmetic(_) | DispatchError::Corruption);
				assert!(beyond || !defect, "{error:?} by {call:?}");
				self.failed += 1;
			},
			Taken::Refused(_) => self.refused += 1,
		}
	}

	/// Ends the block and begins another at this chain time, or at the next slot's.
	fn advance(&mut self, now: Moment) {
		self.chain.end();
		self.check_block();
		self.check();
		self.count_events();
		let now = self.authors_time(now);
		self.chain.begin(now);
		let opened = self.next..Market::first_unopened();
		self.next = opened.end;
		// Those whose time was over before the grid existed never open.
		self.running.extend(opened.filter(|interval| Market::terms(*interval).is_some()));
		if let Some(record) = &mut self.record {
			record.begins(&self.running);
		}
	}

	/// The same, after the meter operator has read what was delivered, and after bringing to their ends the intervals that would
	/// be final then.
	fn set_time(&mut self, now: Moment) {
		let before = Market::now();
		let read = |terms: &Terms| before >= terms.delivery_end && before < terms.attestation_end;
		let unread = self.running.iter().copied();
		for interval in unread.filter(|one| Market::terms(*one).as_ref().is_some_and(read)).collect::<Vec<_>>() {
			if self.read.insert(interval) {
				self.read_out(interval);
			}
		}
		self.finish_what_ends(now);
		self.advance(now);
	}

	fn count_events(&mut self) {
		for record in System::events() {
			let name = match record.event {
				RuntimeEvent::Settlement(event) => format!("{event:?}"),
				RuntimeEvent::Securities(event) => format!("{event:?}"),
				RuntimeEvent::Supply(event) => format!("{event:?}"),
				RuntimeEvent::Flexibility(event) => format!("{event:?}"),
				RuntimeEvent::Metering(event) => format!("{event:?}"),
				RuntimeEvent::Market(event) => format!("{event:?}"),
				RuntimeEvent::Grid(event) => format!("{event:?}"),
				RuntimeEvent::Certificates(event) => format!("{event:?}"),
				_ => continue,
			};
			let name: String = name.trim_start_matches("Event::").chars().take_while(|c| c.is_alphabetic()).collect();
			*self.reached.entry(name).or_default() += 1;
		}
		System::reset_events();
	}

	/// One random call, or a block.
	pub fn step(&mut self) {
		match self.random.below(40) {
			0..=9 => self.order(),
			10..=12 => self.trade_continuously(),
			13 => self.publish(),
			14 => self.reduce(),
			15 => self.retailer(),
			16 => self.secure(),
			17..=18 => self.attest(),
			19..=23 => self.prove(),
			24 if self.random.once_in(3) => self.challenge(),
			24 => self.dispute(),
			25 => self.rule(),
			26..=30 => self.settle(),
			31..=33 => self.settle_changes(),
			34..=35 => self.move_money(),
			36 => self.certificates(),
			// Most blocks follow in the next slot; some after slots that nobody used.
			37 => {
				let pause = 1_000 * Moment::from(self.random.below(480));
				self.set_time(Market::now() + pause);
			},
			38 => self.set_time(Market::now() + SLOT),
			_ => self.attack(),
		}
	}

	fn point(&mut self) -> PointId {
		self.random.below(POINTS)
	}

	fn interval(&mut self) -> Interval {
		*self.random.one_of(&self.running)
	}

	/// One whose gates are not all closed, mostly.
	fn open(&mut self) -> Interval {
		self.such(|terms, now| now < terms.last_gate_closure)
	}

	/// One whose delivery is over, mostly.
	fn delivered(&mut self) -> Interval {
		self.such(|terms, now| now >= terms.delivery_end)
	}

	fn such(&mut self, stands: fn(&Terms, Moment) -> bool) -> Interval {
		let now = Market::now();
		let terms = |interval: &Interval| Market::terms(*interval).is_some_and(|terms| stands(&terms, now));
		let such: Vec<_> = self.running.iter().copied().filter(terms).collect();
		if such.is_empty() || self.random.once_in(10) {
			return self.interval();
		}
		*self.random.one_of(&such)
	}

	fn points(&mut self, most: u32) -> BoundedVec<PointId, <Runtime as pallet_settlement::Config>::MaxPoints> {
		let count = 1 + self.random.below(most);
		BoundedVec::truncate_from((0..count).map(|_| self.point()).collect())
	}

	/// What plants fed in in an interval, as far as it is settled and devices counted it, in Wh.
	fn fed_in(interval: Interval) -> Wh {
		let statement = |point: PointId| pallet_settlement::Statements::<Runtime>::get(interval, point);
		let counted = PLANTS.into_iter().filter_map(statement).filter(|statement| statement.counted);
		counted.filter_map(|statement| statement.outturn).map(|outturn| outturn.drawn.min(0).unsigned_abs()).sum()
	}

	/// What must hold after every block, in every pallet.
	pub fn check(&self) {
		Participants::do_try_state().expect("participants");
		Grid::do_try_state().expect("grid");
		Market::do_try_state().expect("market");
		Metering::do_try_state().expect("metering");
		Issuance::do_try_state().expect("issuance");
		Securities::do_try_state().expect("securities");
		Supply::do_try_state().expect("supply");
		busbar_runtime::Flexibility::do_try_state().expect("flexibility");
		Settlement::do_try_state().expect("settlement");
		Certificates::do_try_state().expect("certificates");
		Validators::do_try_state().expect("validators");
		self.check_certificates();
		let given = <Grid as busbar_primitives::traits::Grid>::points_of(id(HONEST), u32::MAX);
		assert!(given.len() <= 2, "who accepts no point is given none");
	}

	fn check_certificates(&self) {
		let settled: Wh = self.running.iter().map(|interval| Self::fed_in(*interval)).sum();
		let issued: Wh = pallet_certificates::Supplies::<Runtime>::iter_values().map(|supply| supply.issued).sum();
		let owed: Wh = pallet_certificates::Owed::<Runtime>::iter().map(|(_, _, wh)| wh).sum();
		assert_eq!(issued, settled + self.certified + owed, "as much is issued as plants fed in, and what is owed");
	}
}
