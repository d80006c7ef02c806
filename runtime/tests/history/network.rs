//! The runtime with a small grid, whose members do at random whatever they may, and much that they may not.

use busbar_harness::{
	account, calls, device, id, signed, submit, Blocks, Genesis, Party, AGGREGATOR, DSO, EUR, METER_OPERATOR,
	REGULATOR, RETAILER, UTILITY,
};
use busbar_merkle::Tree;
use busbar_mocks::Random;
use busbar_primitives::{
	certificates::{Class, Source},
	metering::{Duty, Reading, Salt, SignedReading},
	traits::{Calendar, Finality, Positions},
	Balance, Flexibility, Interval, Link, Moment, ParticipantId, PointId, PointKind, PostedBounds, Product,
	ProductKind, Quality, Reduction, Role, Side, Step, Terms, TimeInForce, Wh,
};
use busbar_runtime::{
	pallet_balances, pallet_certificates, pallet_flexibility, pallet_grid, pallet_market, pallet_metering,
	pallet_securities, pallet_settlement, pallet_supply, AccountId, Balances, Certificates, Grid, Issuance, Market,
	Metering, Participants, Runtime, RuntimeCall, RuntimeEvent, Securities, Settlement, Supply, System, Validators,
};
use codec::Encode;
use frame_support::{
	traits::fungible::Inspect,
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use pallet_metering::{ProvenReading, Verdict};
use pallet_securities::Backing;
use pallet_settlement::Sharing;
use sp_core::{ed25519, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Dispatchable, DispatchError, MultiAddress, Permill};
use std::collections::BTreeMap;

const INTERVAL: Moment = 900_000;

/// Members are 10, 11, ...
const FIRST_MEMBER: u8 = 10;
const MEMBERS: u8 = 6;
/// Point 0 is the utility's coupling; each member has two points. As many meters count there, with the same numbers; one
/// more checks point 1.
const POINTS: PointId = 1 + 2 * MEMBERS as u32;
const FEE: u32 = 10_000;
const SHORT: i64 = 220_000;
const LONG: i64 = 60_000;

fn owner(point: PointId) -> u8 {
	match point.checked_sub(1) {
		Some(other) => FIRST_MEMBER + (other / 2) as u8,
		None => UTILITY,
	}
}

/// What has happened, by the names of events.
pub type Reached = BTreeMap<String, u32>;

/// What an operator attested of an interval.
struct Dataset {
	rows: Vec<(SignedReading, Salt)>,
	tree: Tree,
}

pub struct Network {
	random: Random,
	devices: Vec<ed25519::Pair>,
	genesis: H256,
	blocks: Blocks,
	datasets: BTreeMap<(Interval, u8), Dataset>,
	/// The first interval that has not opened.
	next: Interval,
	/// Intervals that have opened and are not final.
	pub running: Vec<Interval>,
	/// Intervals that were seen final.
	pub ended: Vec<Interval>,
	pub reached: Reached,
	/// Calls that were refused.
	pub refused: u32,
}

pub fn genesis() -> sp_io::TestExternalities {
	let parameters = pallet_market::Parameters {
		horizon: 3,
		products: BoundedVec::truncate_from(vec![
			Product { kind: ProductKind::Auction, opens_s: 86_400, closes_s: 900, span: 1 },
			Product { kind: ProductKind::Auction, opens_s: 900, closes_s: 300, span: 1 },
			Product { kind: ProductKind::Continuous { area: 0 }, opens_s: 86_400, closes_s: 300, span: 1 },
		]),
		attestation_window_s: 1_800,
		dispute_window_s: 1_800,
		price_floor: -100_000,
		price_cap: 500_000,
		posted: PostedBounds { short_max: 400_000, long_min: -100_000 },
		retention: 4,
		..Default::default()
	};
	let officers = [(RETAILER, Role::Retailer), (AGGREGATOR, Role::Aggregator)];
	let officers = officers.map(|(name, role)| Party::officer(name, role));
	let members = (FIRST_MEMBER..FIRST_MEMBER + MEMBERS).map(|name| Party::member(id(name), account(name), 20 * EUR));
	let parties = Party::officers().into_iter().chain(officers).chain(members).collect();
	Genesis { parties, parameters, ladder: pallet_settlement::PostedPrices { short: SHORT, long: LONG } }.build()
}

impl Network {
	/// A root with two feeders, one of them with a limit, and everybody's points and meters.
	pub fn new(seed: u64) -> Self {
		let mut network = Self {
			random: Random::new(seed),
			devices: (0..=POINTS).map(device).collect(),
			genesis: Metering::genesis(),
			blocks: Blocks::default(),
			datasets: BTreeMap::new(),
			next: 0,
			running: Vec::new(),
			ended: Vec::new(),
			reached: Reached::new(),
			refused: 0,
		};
		network.build();
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
		}
		let attester = Some(id(AGGREGATOR));
		let name = pallet_metering::Call::name_attester { point: 1, attester };
		self.must(owner(1), RuntimeCall::Metering(name));
		self.must(AGGREGATOR, post_bond);
		self.must(AGGREGATOR, self.register(1, POINTS, Duty::Check));
		for point in [2, 5] {
			let source = Some(Source::Solar);
			let certify = pallet_certificates::Call::certify { point, source };
			self.must(REGULATOR, RuntimeCall::Certificates(certify));
		}
		let levy = pallet_settlement::Call::set_levy { levy: 2_000 };
		let sharing = Sharing { fund: Permill::from_percent(30), rent: Permill::from_percent(10) };
		let sharing = pallet_settlement::Call::set_sharing { sharing };
		let tolerance = pallet_settlement::Call::set_tolerance { tolerance: Permill::from_percent(5) };
		let area = pallet_market::Call::set_area { area: 0, zones: BoundedVec::truncate_from(vec![0, 1, 2]) };
		for call in [levy.into(), sharing.into(), tolerance.into(), RuntimeCall::Market(area)] {
			let majority = pallet_collective::RawOrigin::<AccountId, pallet_collective::Instance1>::Members(3, 4);
			call.dispatch(majority.into()).expect("the council may");
		}
		self.set_time(1_000);
	}

	fn register(&self, point: PointId, meter: u32, duty: Duty) -> RuntimeCall {
		calls::register_meter(point, &self.devices[meter as usize], duty)
	}

	fn must(&mut self, name: u8, call: RuntimeCall) {
		if let Err(error) = submit(&account(name), call.clone()) {
			panic!("{name} may not {call:?}: {error:?}");
		}
	}

	/// Whether the call was taken. One that is refused has changed nothing, which the invariants show.
	fn try_to(&mut self, name: u8, call: impl Into<RuntimeCall>) -> bool {
		let taken = submit(&account(name), call);
		if let Err(error) = taken {
			assert!(!matches!(error, DispatchError::Arithmetic(_) | DispatchError::Corruption), "{error:?}");
			self.refused += 1;
		}
		taken.is_ok()
	}

	/// A block at this chain time.
	fn set_time(&mut self, now: Moment) {
		self.blocks.next(now, WeightMeter::new(), Weight::from_parts(500_000_000_000, u64::MAX));
		self.count_events();
		let opened = self.next..Market::first_unopened();
		self.next = opened.end;
		// Those whose time was over before the grid existed never open.
		self.running.extend(opened.filter(|interval| Market::terms(*interval).is_some()));
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
			24 => self.dispute(),
			25 => self.rule(),
			26..=30 => self.settle(),
			31..=33 => self.correct(),
			34..=35 => self.move_money(),
			36 => self.certificates(),
			_ => {
				let now = Market::now() + 1_000 * Moment::from(self.random.below(240));
				self.finish_what_ends(now);
				self.set_time(now);
			},
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

	fn steps(&mut self) -> Vec<Step> {
		let side = |random: &mut Random| if random.once_in(2) { Side::Buy } else { Side::Sell };
		let count = 1 + self.random.below(3);
		(0..count)
			.map(|_| {
				let price = i64::from(self.random.below(500)) * 1_000;
				Step { side: side(&mut self.random), price, wh: 1 + Wh::from(self.random.below(2_000)) }
			})
			.collect()
	}

	fn order(&mut self) {
		let (interval, product) = (self.open(), self.random.below(2) as u8);
		let point = if self.random.once_in(4) { 0 } else { self.point() };
		let steps = match point {
			// The utility's ladder, so that what the members lack or have left finds a price.
			0 => [(Side::Sell, SHORT), (Side::Buy, LONG)].map(|(side, price)| Step { side, price, wh: 9_000 }).to_vec(),
			_ => self.steps(),
		};
		let steps: BoundedVec<_, _> = steps.try_into().expect("few steps");
		let call = match self.random.below(8) {
			0 => pallet_market::Call::cancel { interval, product, point },
			1..=2 => pallet_market::Call::replace { interval, product, point, steps },
			_ => pallet_market::Call::place { interval, product, point, steps },
		};
		// Now and then in another's name.
		let who = if self.random.once_in(20) { FIRST_MEMBER } else { owner(point) };
		self.try_to(who, call);
	}

	fn trade_continuously(&mut self) {
		let (interval, product, point) = (self.open(), 2, self.point());
		let Step { side, price, wh } = self.steps()[0];
		let time_in_force = *self.random.one_of(&[TimeInForce::GoodTillGate, TimeInForce::ImmediateOrCancel]);
		let submit = pallet_market::Call::submit { interval, product, point, side, price, wh, time_in_force };
		self.try_to(owner(point), submit);
	}

	fn publish(&mut self) {
		let interval = self.open();
		let limit = Some(u64::from(self.random.below(10_000)));
		let link = Link { import_w: limit, export_w: limit, fee: self.random.below(FEE) };
		let links = BoundedVec::truncate_from(vec![(2, link)]);
		self.try_to(DSO, pallet_grid::Call::publish { interval, links });
	}

	fn reduce(&mut self) {
		let (interval, point) = (self.open(), self.point());
		let reduction = if self.random.once_in(2) { Reduction::Load } else { Reduction::Generation };
		let price = i64::from(self.random.below(50_000));
		let order = Flexibility { reduction, wh: 1 + Wh::from(self.random.below(1_500)), price, penalty: price / 2 };
		if self.random.once_in(4) {
			let free = Flexibility { penalty: 0, ..order };
			self.try_to(DSO, pallet_flexibility::Call::order_reduction { interval, point, order: free });
			return;
		}
		let offer = pallet_flexibility::Call::offer { interval, point, offer: Some(order) };
		if self.try_to(owner(point), offer) && self.random.once_in(2) {
			self.try_to(DSO, pallet_flexibility::Call::order_reduction { interval, point, order });
		}
	}

	fn retailer(&mut self) {
		let point = self.point();
		let retailer = (!self.random.once_in(4)).then(|| id(RETAILER));
		self.try_to(owner(point), pallet_supply::Call::choose { point, retailer });
		self.try_to(RETAILER, pallet_supply::Call::serve { point });
	}

	fn secure(&mut self) {
		let (point, amount) = (self.point(), Balance::from(self.random.below(300_000_000)));
		let (backing, who) = match self.random.below(2) {
			0 => (Backing::Deposit, owner(point)),
			_ => (Backing::Guarantee, *self.random.one_of(&[RETAILER, AGGREGATOR])),
		};
		match (self.random.below(4), backing) {
			(0, _) => self.try_to(who, pallet_securities::Call::give_notice { point, backing, amount }),
			(1, _) => self.try_to(who, pallet_securities::Call::release { point, backing }),
			(_, Backing::Deposit) => self.try_to(who, pallet_securities::Call::deposit { point, amount }),
			(_, Backing::Guarantee) => self.try_to(who, pallet_securities::Call::guarantee { point, amount }),
		};
	}

	/// A device's reading: what it traded, more or less, or anything.
	fn read(&mut self, meter: u32, point: PointId, interval: Interval) -> SignedReading {
		let traded = <Market as Positions>::of(point, interval).net().unwrap_or(0);
		let net = match self.random.below(4) {
			// Far more than deposits secure.
			0 => i64::from(self.random.below(40_000)) - 20_000,
			_ => traded + i64::from(self.random.below(200)) - 100,
		};
		let net = if point == 0 { -net.abs() } else { net };
		let (import, export) = (net.max(0).unsigned_abs(), net.min(0).unsigned_abs());
		let quality = if self.random.once_in(5) { Quality::Corrected } else { Quality::Measured };
		let reading = Reading { meter, point, interval, import, export, import_varh: 0, export_varh: 0, quality };
		// Now and then the operator attests what the device never signed.
		let device = if self.random.once_in(60) { meter ^ 1 } else { meter };
		signed(reading, &self.devices[device as usize], &self.genesis)
	}

	/// The readings of an interval that has been delivered, or a new version of them.
	fn attest(&mut self) {
		let interval = self.delivered();
		let who = if self.random.once_in(4) { AGGREGATOR } else { METER_OPERATOR };
		let meters: Vec<(u32, PointId)> = match who {
			AGGREGATOR => vec![(POINTS, 1)],
			_ => (0..POINTS).map(|point| (point, point)).collect(),
		};
		let before = self.datasets.get(&(interval, who)).map(|dataset| dataset.rows.clone());
		let rows: Vec<_> = meters
			.iter()
			.enumerate()
			.map(|(index, (meter, point))| {
				let salt = blake2_256(&self.random.number().encode())[..16].try_into().expect("16 bytes");
				let same = before.as_ref().filter(|_| !self.random.once_in(8)).map(|rows| rows[index]);
				same.unwrap_or_else(|| (self.read(*meter, *point, interval), salt))
			})
			.collect();
		let tree = Tree::new(rows.iter().map(|(signed, salt)| signed.leaf(salt)).collect());
		let count = rows.len() as u32;
		let attest =
			pallet_metering::Call::attest { interval, root: tree.root(), count, bytes: 0, content: H256::zero() };
		if self.try_to(who, attest) {
			self.datasets.insert((interval, who), Dataset { rows, tree });
		}
	}

	fn proven(&self, interval: Interval, operator: u8, index: u32) -> Option<ProvenReading> {
		let dataset = self.datasets.get(&(interval, operator))?;
		let (signed, salt) = *dataset.rows.get(index as usize)?;
		let proof = dataset.tree.proof(index)?.try_into().ok()?;
		Some(ProvenReading { signed, salt, index, proof })
	}

	fn prove(&mut self) {
		let Some((interval, operator)) = self.a_dataset() else { return };
		let count = 1 + self.random.below(6);
		let readings: Vec<_> = (0..count)
			.filter_map(|_| {
				let index = if operator == AGGREGATOR { 0 } else { self.point() };
				self.proven(interval, operator, index)
			})
			.collect();
		let prove = |readings: Vec<_>| {
			let readings = readings.try_into().expect("few readings");
			pallet_metering::Call::prove { interval, operator: id(operator), readings }
		};
		// One by one if together they are refused.
		if !self.try_to(FIRST_MEMBER, prove(readings.clone())) {
			for reading in readings {
				self.try_to(FIRST_MEMBER, prove(vec![reading]));
			}
		}
	}

	fn a_dataset(&mut self) -> Option<(Interval, u8)> {
		let all: Vec<_> = self.datasets.keys().copied().collect();
		(!all.is_empty()).then(|| *self.random.one_of(&all))
	}

	fn dispute(&mut self) {
		let Some((interval, _)) = self.a_dataset() else { return };
		let point = self.point();
		let claim = self.read(point, point, interval);
		let attested = if self.random.once_in(2) { self.proven(interval, METER_OPERATOR, point) } else { None };
		let who = *self.random.one_of(&[owner(point), UTILITY, DSO, FIRST_MEMBER]);
		self.try_to(who, pallet_metering::Call::dispute { claim, attested });
	}

	fn rule(&mut self) {
		let interval = self.delivered();
		let disputed: Vec<_> =
			pallet_metering::Disputes::<Runtime>::iter_prefix(interval).map(|(point, _)| point).collect();
		if disputed.is_empty() {
			return;
		}
		let point = *self.random.one_of(&disputed);
		let verdict = *self.random.one_of(&[Verdict::Upheld, Verdict::Dismissed, Verdict::Frivolous]);
		if !self.try_to(REGULATOR, pallet_metering::Call::rule { interval, point, verdict }) {
			self.try_to(FIRST_MEMBER, pallet_metering::Call::close_dispute { interval, point });
		}
	}

	fn settle(&mut self) {
		let interval = self.delivered();
		let points = self.points(4);
		let call = match self.random.below(6) {
			0..=2 => pallet_settlement::Call::debit { interval, points },
			3 => pallet_settlement::Call::draw { interval, points },
			_ => pallet_settlement::Call::credit { interval, points },
		};
		self.try_to(FIRST_MEMBER, call);
	}

	fn correct(&mut self) {
		let (interval, points) = (self.delivered(), self.points(1));
		self.try_to(FIRST_MEMBER, pallet_settlement::Call::correct { interval, points });
	}

	/// Everybody is now rich, now poor; now and then somebody pays its debt.
	fn move_money(&mut self) {
		let from = FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8;
		let to = *self.random.one_of(&[UTILITY, FIRST_MEMBER, FIRST_MEMBER + 1, FIRST_MEMBER + 3]);
		let free = Balances::balance(&account(from));
		let value = free / *self.random.one_of(&[1, 2, 10]);
		self.try_to(from, pallet_balances::Call::transfer_allow_death { dest: MultiAddress::Id(account(to)), value });
		if self.random.once_in(2) {
			let value = Balance::from(self.random.below(4_000_000_000));
			let dest = MultiAddress::Id(account(from));
			self.try_to(UTILITY, pallet_balances::Call::transfer_allow_death { dest, value });
		}
		let debtor = id(FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8);
		let amount = Balance::from(self.random.below(2_000_000_000));
		self.try_to(UTILITY, pallet_securities::Call::repay { participant: debtor, amount });
	}

	fn certificates(&mut self) {
		let held: Vec<(Class, ParticipantId, Wh)> = pallet_certificates::Holdings::<Runtime>::iter().collect();
		if held.is_empty() {
			return;
		}
		let (class, holder, held) = *self.random.one_of(&held);
		let (who, wh) = (holder.0[0], 1 + Wh::from(self.random.below(held.saturating_add(2).min(10_000) as u32)));
		if self.random.once_in(2) {
			let to = id(FIRST_MEMBER + self.random.below(MEMBERS.into()) as u8);
			self.try_to(who, pallet_certificates::Call::transfer { holder, class, to, wh });
		} else {
			self.try_to(who, pallet_certificates::Call::retire { holder, class, wh });
		}
	}

	/// Brings intervals to their end before they become final, as keepers do.
	fn finish_what_ends(&mut self, now: Moment) {
		for interval in self.running.clone() {
			let terms = Market::terms(interval).expect("a running interval has terms");
			let last = terms.final_from() - 1;
			if now <= last {
				break;
			}
			// Every ruling is made or its deadline over.
			self.set_time(last.max(Market::now()));
			self.finish(interval);
			self.set_time(terms.final_from().max(Market::now()));
			assert!(Settlement::is_final(interval), "interval {interval} does not end final");
			assert_eq!(Settlement::lines_sum(interval), 0);
			self.running.retain(|other| *other != interval);
			self.ended.push(interval);
			self.datasets.retain(|(other, _), _| *other != interval);
		}
	}

	fn finish(&mut self, interval: Interval) {
		let outcome = Market::outcome(interval).expect("its market has ended");
		assert_eq!(outcome.points, POINTS);
		let open: Vec<_> =
			pallet_metering::Disputes::<Runtime>::iter_prefix(interval).map(|(point, _)| point).collect();
		for point in open {
			let close = pallet_metering::Call::close_dispute { interval, point };
			self.must(FIRST_MEMBER, RuntimeCall::Metering(close));
		}
		let statement = |point| pallet_settlement::Statements::<Runtime>::get(interval, point);
		type Points = BoundedVec<PointId, <Runtime as pallet_settlement::Config>::MaxPoints>;
		let batch = |points: Vec<PointId>| Points::truncate_from(points);
		let settle =
			|network: &mut Self, points: Vec<PointId>, call: &dyn Fn(Points) -> pallet_settlement::Call<Runtime>| {
				if !points.is_empty() {
					network.must(FIRST_MEMBER, RuntimeCall::Settlement(call(batch(points))));
				}
			};
		let unsettled = |credited: bool| -> Vec<_> {
			(0..POINTS).filter(|point| statement(*point).map_or(!credited, |s| credited && !s.credited)).collect()
		};
		settle(self, unsettled(false), &|points| pallet_settlement::Call::debit { interval, points });
		settle(self, Settlement::to_draw(interval), &|points| pallet_settlement::Call::draw { interval, points });
		settle(self, unsettled(true), &|points| pallet_settlement::Call::credit { interval, points });
		for point in 0..POINTS {
			let points = batch(vec![point]);
			self.try_to(FIRST_MEMBER, pallet_settlement::Call::correct { interval, points });
			let settled = statement(point).expect("it is settled");
			let newest = pallet_metering::Readings::<Runtime>::get(interval, point).map_or(0, |proven| proven.version);
			let bounded = settled.corrections < pallet_settlement::MAX_CORRECTIONS;
			assert!(settled.reading == newest || !bounded, "point {point} rests on version {}", settled.reading);
		}
	}

	/// Brings everything that has opened so far to its end.
	pub fn finish_all(&mut self) {
		let last = self.running.last().copied().unwrap_or(0);
		while self.running.iter().any(|interval| *interval <= last) {
			let now = Market::now() + INTERVAL / 3;
			self.finish_what_ends(now);
			self.set_time(now);
		}
	}

	/// What must hold after every call, in every pallet.
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
	}
}
