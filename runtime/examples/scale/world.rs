//! A grid with many members, on a state in memory.

use busbar_harness::{
	account, calls, device, id, signed, submit, Blocks, Genesis, Party, DSO, EUR, METER_OPERATOR, UTILITY,
};
use busbar_merkle::Tree;
use busbar_primitives::{
	metering::{Duty, Reading},
	traits::{Calendar, Positions},
	Balance, Interval, Link, Moment, ParticipantId, PointKind, PostedBounds, Product, ProductKind, Quality, Side, Step,
	Wh,
};
use busbar_runtime::{
	configs::system::{RuntimeBlockLength, RuntimeBlockWeights},
	pallet_market, pallet_metering, pallet_settlement, AccountId, Market, Metering, Runtime, RuntimeCall, System,
};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use sp_core::{ed25519, Get, H256};
use sp_io::hashing::{blake2_256, twox_128};
use std::collections::BTreeMap;

/// The feeder below the root.
const FEEDER: u32 = 1;
/// Of the coupling, in W, the greatest that there may be: more than anybody needs.
const RATING: u64 = 3_000_000_000;
/// Of every other point, in W: a quarter of it is more than anybody draws.
const OWN_RATING: u64 = 20_000;
/// At each of them: less than nine tenths of it are used by a quarter of the rating in three intervals, at 1 EUR/kWh.
const DEPOSIT: Balance = 5 * EUR;

fn member(number: u32) -> (ParticipantId, AccountId) {
	let hash = blake2_256(&(b"member", number).encode());
	let mut id = [0; 16];
	id.copy_from_slice(&hash[..16]);
	(ParticipantId(id), AccountId::new(hash))
}

/// Transactions of one kind.
#[derive(Clone, Copy, Default)]
pub struct Ledger {
	pub count: u32,
	/// Of their calls, without signature and extensions.
	pub bytes: u64,
	weight: Weight,
}

impl Ledger {
	/// How many blocks they fill, by computation and by length.
	pub fn blocks(&self) -> u32 {
		let limits = RuntimeBlockWeights::get();
		let normal = limits.get(DispatchClass::Normal);
		let room = normal.max_total.unwrap_or(limits.max_block).saturating_sub(limits.base_block);
		let base = normal.base_extrinsic.saturating_mul(self.count.into());
		let time = self.weight.saturating_add(base).ref_time().div_ceil(room.ref_time().max(1));
		let length = *RuntimeBlockLength::get().max.get(DispatchClass::Normal);
		let blocks = time.max(self.bytes.div_ceil(u64::from(length).max(1)));
		u32::try_from(blocks).unwrap_or(u32::MAX)
	}
}

pub struct World {
	members: u32,
	state: Option<sp_io::TestExternalities>,
	devices: Vec<ed25519::Pair>,
	proof_bytes: u64,
	/// The last interval that orders were placed for.
	placed: Option<Interval>,
	blocks: Blocks,
}

impl World {
	/// A feeder below the root with one connection point and one meter per member, and the utility at the root.
	pub fn new(members: u32) -> Self {
		let parameters = pallet_market::Parameters {
			horizon: 2,
			products: BoundedVec::truncate_from(vec![Product {
				kind: ProductKind::Auction,
				opens_s: 86_400,
				closes_s: 300,
				span: 1,
			}]),
			first_run_s: 900,
			attestation_window_s: 1_800,
			dispute_window_s: 6_600,
			price_floor: 0,
			price_cap: 1_000_000,
			posted: PostedBounds { short_max: 300_000, long_min: 0 },
			retention: 96,
			..Default::default()
		};
		let all = (0..members).map(member).map(|(id, account)| Party::member(id, account, 1_000_000 * EUR));
		let parties = Party::officers().into_iter().chain(all).collect();
		let ladder = pallet_settlement::PostedPrices { short: 220_000, long: 90_000 };
		let state = Some(Genesis { parties, parameters, ladder }.build());
		let devices = (0..members).map(device).collect();
		let mut world = Self { members, state, devices, proof_bytes: 0, placed: None, blocks: Blocks::default() };
		world.execute(Self::build);
		world
	}

	/// Does something on the state.
	pub fn execute<R>(&mut self, what: impl FnOnce(&mut Self) -> R) -> R {
		let mut state = self.state.take().expect("not within itself");
		let result = state.execute_with(|| what(self));
		self.state = Some(state);
		result
	}

	fn build(&mut self) {
		let mut ledger = Ledger::default();
		let open = Link { import_w: None, export_w: None, fee: 10_000 };
		let mut by = |name: u8, call: RuntimeCall| self.run(&account(name), call, &mut ledger);
		by(DSO, calls::add_zone(None, Link::default()));
		by(DSO, calls::add_zone(Some(0), open));
		by(DSO, calls::add_point(0, id(UTILITY), PointKind::Coupling, RATING));
		by(METER_OPERATOR, calls::post_bond(10_000 * EUR));
		for number in 0..self.members {
			let meter = calls::register_meter(number + 1, &self.devices[number as usize], Duty::Main);
			let point = calls::add_point(FEEDER, member(number).0, PointKind::Metered, OWN_RATING);
			self.run(&account(DSO), point, &mut ledger);
			self.run(&member(number).1, calls::deposit(number + 1, DEPOSIT), &mut ledger);
			self.run(&account(METER_OPERATOR), meter, &mut ledger);
		}
		self.set_time(1_000);
	}

	/// Applies a call in the name of an account.
	///
	/// # Panics
	/// If the call fails: then the figures would mean nothing.
	fn run(&mut self, who: &AccountId, call: RuntimeCall, ledger: &mut Ledger) {
		ledger.count += 1;
		ledger.bytes += call.encoded_size() as u64;
		ledger.weight = ledger.weight.saturating_add(call.get_dispatch_info().call_weight);
		if let Err(error) = submit(who, call) {
			panic!("a call failed: {error:?}");
		}
	}

	/// A block at this chain time: what hooks do, with all of a block's weight for pruning.
	fn set_time(&mut self, now: Moment) {
		let most = RuntimeBlockWeights::get().max_block;
		self.blocks.next(now, WeightMeter::with_limit(most), most);
		System::reset_events();
	}

	/// The first interval that has opened. All connection points are in force in it, and none before it waits for settlement.
	pub fn first_open(&mut self) -> Interval {
		let opened = |interval: &Interval| Market::terms(*interval).is_some();
		(0..Market::first_unopened()).find(opened).expect("sessions are open")
	}

	/// Every member's order: three buy for every one that sells, as their forecasts say; the utility takes the rest.
	pub fn place(&mut self, interval: Interval) -> Ledger {
		let mut ledger = Ledger::default();
		let mut place = |world: &mut Self, point, account: &AccountId, steps: Vec<Step>| {
			let steps = steps.try_into().expect("few steps");
			let call = pallet_market::Call::place { interval, product: 0, point, steps };
			world.run(account, RuntimeCall::Market(call), &mut ledger);
		};
		let plenty: Wh = 1 << 27;
		let ladder = [(Side::Sell, 220_000), (Side::Buy, 90_000)];
		let ladder = ladder.map(|(side, price)| Step { side, price, wh: plenty }).to_vec();
		place(self, 0, &account(UTILITY), ladder);
		for number in 0..self.members {
			let (side, price) = if number % 4 == 3 { (Side::Sell, 0) } else { (Side::Buy, 1_000_000) };
			place(self, number + 1, &member(number).1, vec![Step { side, price, wh: energy(number, interval) }]);
		}
		ledger
	}

	/// Lets `standing` members buy at one price in the first open interval and all but a thousand of the others in the next
	/// one, so that the state is as large whatever the book. Then times the thousand as they place, replace and cancel behind
	/// that queue; returns the median of each in ns.
	pub fn behind(&mut self, standing: u32) -> [u128; 3] {
		const TIMED: u32 = 1_000;
		let interval = self.first_open();
		let timed = self.members.saturating_sub(TIMED)..self.members;
		let steps = |wh| vec![Step { side: Side::Buy, price: 1_000_000, wh }].try_into().expect("one step");
		let product = 0;
		let mut ledger = Ledger::default();
		for number in 0..timed.start {
			let interval = if number < standing { interval } else { interval + 1 };
			let call = pallet_market::Call::place { interval, product, point: number + 1, steps: steps(7) };
			self.run(&member(number).1, RuntimeCall::Market(call), &mut ledger);
		}
		System::reset_events();
		let calls: [&dyn Fn(u32) -> pallet_market::Call<Runtime>; 3] = [
			&|point| pallet_market::Call::place { interval, product, point, steps: steps(5) },
			&|point| pallet_market::Call::replace { interval, product, point, steps: steps(6) },
			&|point| pallet_market::Call::cancel { interval, product, point },
		];
		calls.map(|call| {
			let mut times: Vec<_> = timed
				.clone()
				.map(|number| {
					let call = RuntimeCall::Market(call(number + 1));
					let began = std::time::Instant::now();
					self.run(&member(number).1, call, &mut ledger);
					began.elapsed().as_nanos()
				})
				.collect();
			System::reset_events();
			times.sort_unstable();
			times[times.len() / 2]
		})
	}

	/// Lets the gate close and delivery pass; returns in how many blocks the market cleared.
	pub fn deliver(&mut self, interval: Interval) -> u32 {
		let terms = Market::terms(interval).expect("it is open");
		let mut now = terms.last_gate_closure;
		let mut blocks = 0;
		while Market::outcome(interval).is_none() {
			self.set_time(now);
			(now, blocks) = (now + 2_000, blocks + 1);
		}
		self.set_time(terms.delivery_end);
		blocks
	}

	/// Attests and proves every reading: a twentieth more or less than ordered.
	pub fn meter(&mut self, interval: Interval) -> Ledger {
		let genesis = Metering::genesis();
		let rows: Vec<_> = (0..self.members)
			.map(|number| {
				let ordered = energy(number, interval);
				let metered = ordered - ordered / 20 + ordered / 10 * Wh::from((number ^ interval) % 2);
				let (import, export) = if number % 4 == 3 { (0, metered) } else { (metered, 0) };
				let quality = Quality::Measured;
				let (import_varh, export_varh, meter, point) = (0, 0, number, number + 1);
				let reading = Reading { meter, point, interval, import, export, import_varh, export_varh, quality };
				let salt = blake2_256(&(b"salt", number, interval).encode())[..16].try_into().expect("16 bytes");
				(signed(reading, &self.devices[number as usize], &genesis), salt)
			})
			.collect();
		let tree = Tree::new(rows.iter().map(|(signed, salt)| signed.leaf(salt)).collect());
		let (who, operator) = (account(METER_OPERATOR), id(METER_OPERATOR));
		let mut ledger = Ledger::default();
		let (count, bytes, content) = (self.members, 0, H256::zero());
		let attest = pallet_metering::Call::attest { interval, root: tree.root(), count, bytes, content };
		self.run(&who, RuntimeCall::Metering(attest), &mut ledger);
		let most = <<Runtime as pallet_metering::Config>::MaxReadings as Get<u32>>::get() as usize;
		let mut index = 0;
		for batch in rows.chunks(most) {
			let readings: Vec<_> = batch
				.iter()
				.map(|(signed, salt)| {
					let proof = tree.proof(index).expect("every leaf has one").try_into().expect("it is bounded");
					let proven = pallet_metering::ProvenReading { signed: *signed, salt: *salt, index, proof };
					index += 1;
					self.proof_bytes += proven.encoded_size() as u64;
					proven
				})
				.collect();
			let readings = readings.try_into().expect("as many as a batch has");
			let prove = pallet_metering::Call::prove { interval, operator, readings };
			self.run(&who, RuntimeCall::Metering(prove), &mut ledger);
		}
		ledger
	}

	/// Collects all debits and pays all credits.
	pub fn settle(&mut self, interval: Interval) -> [Ledger; 2] {
		let most = <<Runtime as pallet_settlement::Config>::MaxPoints as Get<u32>>::get() as usize;
		let all: Vec<u32> = (0..=self.members).collect();
		let mut ledgers = [Ledger::default(); 2];
		for (phase, ledger) in ledgers.iter_mut().enumerate() {
			for batch in all.chunks(most) {
				let points = batch.to_vec().try_into().expect("as many as a batch has");
				let call = match phase {
					0 => pallet_settlement::Call::debit { interval, points },
					_ => pallet_settlement::Call::credit { interval, points },
				};
				self.run(&account(UTILITY), RuntimeCall::Settlement(call), ledger);
			}
		}
		assert!(pallet_settlement::Pallet::<Runtime>::root(interval).is_some(), "interval {interval} is not settled");
		ledgers
	}

	/// Trades, meters and settles an interval, and prunes what is due. Returns delivered energy and bytes of calls.
	pub fn quarter(&mut self, interval: Interval) -> [u64; 2] {
		// The next gate closes before this delivery ends.
		let mut bytes = if self.placed == Some(interval) { 0 } else { self.place(interval).bytes };
		while Market::terms(interval + 1).is_none() {
			let now = <Market as Calendar>::now() + 60_000;
			self.set_time(now);
		}
		bytes += self.place(interval + 1).bytes;
		self.placed = Some(interval + 1);
		self.deliver(interval);
		bytes += self.meter(interval).bytes;
		for ledger in self.settle(interval) {
			bytes += ledger.bytes;
		}
		// The blocks of a quarter hour have more room for pruning than these ten.
		for _ in 0..10 {
			let now = <Market as Calendar>::now() + 2_000;
			self.set_time(now);
		}
		let delivered = (0..self.members).filter(|n| n % 4 != 3).map(|n| energy(n, interval)).sum();
		[delivered, bytes]
	}

	/// Encoded size of every proven reading of an interval so far.
	pub fn proof_bytes(&self) -> u64 {
		self.proof_bytes
	}

	/// Keys and values of the state.
	pub fn state_bytes(&self) -> u64 {
		self.state_by_pallet().values().sum()
	}

	/// The same by the pallet that owns them.
	pub fn state_by_pallet(&self) -> BTreeMap<String, u64> {
		let names = ["Market", "Metering", "Settlement", "Grid", "Participants", "Balances", "System"];
		let prefixes = names.map(|name| (twox_128(name.as_bytes()), name));
		let mut sizes = BTreeMap::new();
		let mut key = Vec::new();
		while let Some(next) = sp_io::storage::next_key(&key) {
			let value = sp_io::storage::get(&next).map_or(0, |value| value.len());
			let name = prefixes.iter().find(|(prefix, _)| next.starts_with(prefix)).map_or("other", |(_, name)| name);
			*sizes.entry(name.to_owned()).or_default() += (next.len() + value) as u64;
			key = next;
		}
		sizes
	}
}

/// What a member orders for an interval, in Wh: from 100 to 999.
fn energy(number: u32, interval: Interval) -> Wh {
	let hash = blake2_256(&(number, interval).encode());
	100 + Wh::from(u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]) % 900)
}
