//! The pallet against a plain model of one connection point: what stands, which version it is, what is contested, and who
//! has which money, over random histories.

use crate::{mock::*, HoldReason, Operators, Verdict};
use busbar_primitives::{metering::Reading, traits::Readings as _, Balance, Moment, Quality, Wh};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
	Main(Quality, Wh),
	Check(Wh),
	Dispute(Quality, Wh),
	/// A dispute with a leaf that the operator forged.
	Forged(Quality, Wh),
	Rule(Verdict),
	Close,
	Wait(Moment),
}

struct Open {
	claim: Wh,
	deadline: Moment,
	quorum: bool,
	bond: Balance,
}

/// Who gets a penalty.
#[derive(Clone, Copy)]
enum To {
	Member,
	Balancing,
	Fund,
}

struct Model {
	now: Moment,
	/// Rank of the quality, energy, version.
	main: Option<(u8, Wh, u16)>,
	/// Whether what stands was attested, or brought by a dispute.
	by_operator: bool,
	check: Option<Wh>,
	open: Option<Open>,
	faulted: bool,
	/// Whether the operator and the second attester attested the interval, which returns one of their reputation.
	attested: [bool; 2],
	member: Balance,
	operator: Balance,
	balancing: Balance,
	fund: Balance,
	/// Bonds of the operator and the second attester.
	bonds: [Balance; 2],
	reputations: [u16; 2],
}

fn rank(quality: Quality) -> u8 {
	match quality {
		Quality::Estimated => 0,
		Quality::Measured => 1,
		Quality::Corrected => 2,
	}
}

impl Model {
	fn penalise(&mut self, who: usize, to: To) {
		let paid = self.bonds[who].min(PENALTY);
		self.bonds[who] -= paid;
		match to {
			To::Member => self.member += paid,
			To::Balancing => self.balancing += paid,
			To::Fund => self.fund += paid,
		}
		self.reputations[who] = (self.reputations[who] - self.reputations[who] / 4).max(100);
	}

	fn put(&mut self, quality: u8, wh: Wh, by_operator: bool) {
		self.by_operator = by_operator;
		let version = self.main.map_or(0, |main| main.2) + 1;
		self.main = Some((quality, wh, version));
		self.reconsider();
	}

	/// An open dispute ends when what stands is what was claimed, or both meters agree.
	fn reconsider(&mut self) {
		let main = self.main.map(|main| main.1);
		let differ = self.differ();
		if let Some(open) = self.open.take_if(|open| if open.quorum { !differ } else { main == Some(open.claim) }) {
			self.member += open.bond;
		}
		if self.open.is_none() {
			self.compare();
		}
	}

	fn open(&mut self, claim: Wh, quorum: bool, bond: Balance) {
		let deadline = self.now.max(attestation_end(INTERVAL)) + RULING_PERIOD;
		self.open = Some(Open { claim, deadline, quorum, bond });
		self.member -= bond;
	}

	/// Classes A and B: three percent of the greater value.
	fn differ(&self) -> bool {
		let (Some((_, main, _)), Some(check)) = (self.main, self.check) else { return false };
		main.abs_diff(check) > main.max(check) * 3 / 100 + TOLERANCE
	}

	fn compare(&mut self) {
		if let Some(check) = self.check.filter(|_| self.differ()) {
			self.open(check, true, 0);
		}
	}

	/// Whether the chain takes it.
	fn apply(&mut self, op: Op) -> bool {
		let closed = self.now >= dispute_end(INTERVAL);
		let attester = match op {
			Op::Main(..) | Op::Forged(..) => Some(0),
			Op::Check(_) => Some(1),
			_ => None,
		};
		// A dataset is attested whether or not its reading is taken.
		if let Some(attester) = attester.filter(|attester| !closed && !self.attested[*attester]) {
			self.attested[attester] = true;
			self.reputations[attester] = (self.reputations[attester] + 1).min(1_000);
		}
		match op {
			Op::Wait(ms) => {
				self.now += ms;
				true
			},
			Op::Rule(verdict) => {
				if self.open.as_ref().is_none_or(|open| self.now >= open.deadline) {
					return false;
				}
				let open = self.open.take().unwrap();
				match verdict {
					Verdict::Upheld => {
						let (_, wrong, version) = self.main.unwrap();
						self.main = Some((2, open.claim, version + 1));
						if self.by_operator {
							// The member accuses by a dispute, and by the check meter of the attester that it named.
							let own = open.quorum || open.bond > 0;
							let to = match wrong > open.claim {
								true if own => To::Fund,
								true => To::Member,
								false => To::Balancing,
							};
							self.penalise(0, to);
						}
						self.by_operator = false;
						self.member += open.bond;
					},
					Verdict::Dismissed => self.member += open.bond,
					Verdict::Frivolous if open.quorum => {
						let to = if open.claim > self.main.unwrap().1 { To::Member } else { To::Balancing };
						self.penalise(1, to);
					},
					Verdict::Frivolous => self.operator += open.bond,
				}
				true
			},
			Op::Close => match &self.open {
				Some(open) if self.now >= open.deadline => {
					self.member += open.bond;
					self.open = None;
					true
				},
				_ => false,
			},
			_ if closed => false,
			Op::Check(wh) => {
				if self.check.is_some() {
					return false;
				}
				self.check = Some(wh);
				self.reconsider();
				true
			},
			// Nothing was counted on the days before.
			Op::Main(Quality::Estimated, _)
			| Op::Dispute(Quality::Estimated, _)
			| Op::Forged(Quality::Estimated, _) => false,
			Op::Main(quality, wh) | Op::Dispute(quality, wh) => match self.main {
				Some((standing, _, _)) if standing > rank(quality) => false,
				Some((standing, same, _)) if standing == rank(quality) => {
					if same == wh || self.open.is_some() {
						return false;
					}
					let bond = if matches!(op, Op::Dispute(..)) { DISPUTE_BOND } else { 0 };
					self.open(wh, false, bond);
					true
				},
				_ => {
					self.put(rank(quality), wh, matches!(op, Op::Main(..)));
					true
				},
			},
			Op::Forged(quality, wh) => {
				if self.faulted {
					return false;
				}
				self.faulted = true;
				// The leaf says 1 Wh less than the claim.
				self.penalise(0, To::Balancing);
				if self.main.is_none_or(|main| main.0 < rank(quality)) {
					self.put(rank(quality), wh, false);
				}
				true
			},
		}
	}
}

fn run_on_chain(op: Op) -> bool {
	let main = |quality, import| Reading { import, export: 0, quality, ..reading(0) };
	let deliver = |operator, reading: Reading| {
		let (root, proven) = dataset(&[sign(&reading)]);
		Metering::attest(RuntimeOrigin::signed(operator), INTERVAL, root, 1, 0, root)?;
		prove(operator, &proven)
	};
	let result = match op {
		Op::Main(quality, wh) => deliver(OPERATOR, main(quality, wh)),
		Op::Check(import) => deliver(ATTESTER, Reading { import, export: 0, ..check_reading(0) }),
		Op::Dispute(quality, wh) => dispute(MEMBER, &main(quality, wh), None),
		Op::Forged(quality, wh) => {
			let mut forged = sign(&main(Quality::Measured, wh));
			forged.reading.export = 1;
			let (root, proven) = dataset(&[forged]);
			Metering::attest(RuntimeOrigin::signed(OPERATOR), INTERVAL, root, 1, 0, root)
				.and_then(|()| dispute(MEMBER, &main(quality, wh), Some(&proven[0])))
		},
		Op::Rule(verdict) => Metering::rule(RuntimeOrigin::signed(REGULATOR), INTERVAL, 0, verdict),
		Op::Close => Metering::close_dispute(RuntimeOrigin::signed(OTHER), INTERVAL, 0),
		Op::Wait(ms) => {
			Now::mutate(|now| *now += ms);
			Ok(())
		},
	};
	result.is_ok()
}

fn op() -> impl Strategy<Value = Op> {
	let quality = || {
		prop_oneof![
			1 => Just(Quality::Estimated),
			5 => Just(Quality::Measured),
			3 => Just(Quality::Corrected),
		]
	};
	let wh = || prop_oneof![Just(1_000u64), Just(990), Just(500), 0..1_100u64];
	let verdict = prop_oneof![Just(Verdict::Upheld), Just(Verdict::Dismissed), Just(Verdict::Frivolous)];
	prop_oneof![
		4 => (quality(), wh()).prop_map(|(quality, wh)| Op::Main(quality, wh)),
		3 => wh().prop_map(Op::Check),
		4 => (quality(), wh()).prop_map(|(quality, wh)| Op::Dispute(quality, wh)),
		1 => (quality(), wh()).prop_map(|(quality, wh)| Op::Forged(quality, wh)),
		3 => verdict.prop_map(Op::Rule),
		1 => Just(Op::Close),
		1 => (1..CLOCK).prop_map(Op::Wait),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(256))]

	#[test]
	fn the_pallet_does_what_the_model_does(ops in prop::collection::vec(op(), 1..40)) {
		run(|| -> Result<(), TestCaseError> {
			MaxVersions::set(u16::MAX);
			register(OPERATOR, [0]);
			name_attester([0]);
			// Enough for any reputation, so that no version is refused for lack of it.
			let more = 30 * OPERATOR_BOND;
			for attester in [OPERATOR, ATTESTER] {
				Metering::post_bond(RuntimeOrigin::signed(attester), more).unwrap();
			}
			let mut model = Model {
				now: Now::get(),
				main: None,
				by_operator: false,
				check: None,
				open: None,
				faulted: false,
				attested: [false; 2],
				member: WEALTH,
				operator: WEALTH - BOND - more,
				balancing: WEALTH,
				fund: 0,
				bonds: [BOND + more; 2],
				reputations: [1_000; 2],
			};
			// What settled after each step, and when that was.
			let mut log: Vec<(Moment, Option<i64>)> = Vec::new();
			for op in ops {
				if !Metering::is_disputable(INTERVAL, 0) {
					break;
				}
				let expected = model.apply(op);
				let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
				let taken = run_on_chain(op);
				prop_assert_eq!(taken, expected, "{:?}", op);
				let attests = matches!(op, Op::Main(..) | Op::Check(..) | Op::Forged(..));
				if !taken && !attests {
					prop_assert_eq!(before, sp_io::storage::root(sp_runtime::StateVersion::V1));
				}
				let standing = Metering::of(0, INTERVAL);
				prop_assert_eq!(standing.map(|metered| (rank(metered.quality), metered.import)),
					model.main.map(|main| (main.0, main.1)));
				prop_assert_eq!(Metering::version(0, INTERVAL), model.main.map_or(0, |main| main.2));
				let contested = model.open.as_ref().is_some_and(|open| model.now < open.deadline);
				prop_assert_eq!(Metering::is_contested(0, INTERVAL), contested);
				prop_assert_eq!(Balances::free_balance(MEMBER), model.member);
				prop_assert_eq!(Balances::free_balance(OPERATOR), model.operator);
				prop_assert_eq!(Balances::free_balance(BALANCING), model.balancing);
				prop_assert_eq!(Balances::free_balance(FUND), model.fund);
				for (index, attester) in [OPERATOR, ATTESTER].into_iter().enumerate() {
					prop_assert_eq!(held(attester, HoldReason::OperatorBond), model.bonds[index]);
					let reputation = Operators::<Test>::get(id(attester)).unwrap().reputation;
					prop_assert_eq!(reputation, model.reputations[index]);
				}
				let settled = model.main.and_then(|(rank, wh, _)| (rank > 0).then_some(wh as i64));
				log.push((model.now, settled));
				for (at, _) in &log {
					let stood = log.iter().rev().find(|(when, _)| when < at).and_then(|(_, wh)| *wh);
					prop_assert_eq!(Metering::stood(0, INTERVAL, *at), stood, "at {}", at);
				}
				Metering::do_try_state().unwrap();
			}
			Ok(())
		})?;
	}
}
