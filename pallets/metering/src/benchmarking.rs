//! Benchmarks of the calls, each in its dearest case.

use super::*;
use alloc::vec::Vec;
use busbar_merkle::MAX_PROOF;
use busbar_primitives::{
	metering::{intervals_per_day, Duty, Meter, MeterClass, MeterId, Reading, Registers, SignedReading, ESTIMATE_DAYS},
	traits::Calendar,
	Balance, Interval, ParticipantId, PointId, Quality,
};
use frame_benchmarking::v2::*;
use frame_support::{traits::Get, BoundedVec};
use frame_system::RawOrigin;
use sp_core::{crypto::KeyTypeId, ed25519, H256};

/// What benchmarks need to find in the runtime.
pub trait BenchmarkHelper<AccountId> {
	/// An account that holds the role of meter operator everywhere, and its participant.
	fn operator() -> (AccountId, ParticipantId);
	/// Adds connection points to the grid until there are `count`, all of which exist in the delivered interval.
	fn add_points(count: u32);
	/// The same, but as far below the root as a zone may be, each in a branch of its own.
	fn add_scattered_points(count: u32);
	/// Moves chain time to where an interval's delivery is over and its attestation window is open; returns that interval.
	fn delivered_interval() -> Interval;
	/// Moves chain time to where the dispute window of an interval is over.
	fn end_disputes(interval: Interval);
	/// Gives an account more money, in nEUR.
	fn endow(account: &AccountId, amount: Balance);
	/// An account that holds the role of regulator everywhere.
	fn regulator() -> AccountId;
	/// An account that acts for a point's owner, the last of as many as may.
	fn owner(point: PointId) -> AccountId;
	/// An account that holds the role of distribution system operator everywhere, with money.
	fn grid_operator() -> AccountId;
}

type Helper<T> = <T as Config>::BenchmarkHelper;

/// A bond that pays for as many missing readings as a batch has, in nEUR.
const ENOUGH: Balance = 1_000_000_000_000_000_000;

/// Where the host keeps the device's key.
const KEYS: KeyTypeId = KeyTypeId(*b"mtrb");

fn device() -> ed25519::Public {
	sp_io::crypto::ed25519_generate(KEYS, Some(b"//device".to_vec()))
}

/// Registers a point's main meter with this device.
fn add_meter<T: Config>(who: &T::AccountId, point: PointId, key: ed25519::Public) -> Result<MeterId, BenchmarkError> {
	let (device, class, duty, from) = (key.0, MeterClass::A, Duty::Main, 0);
	Pallet::<T>::do_register_meter(who, NewMeter { point, device, class, duty, from })?;
	let meter = NextMeter::<T>::get().saturating_sub(1);
	// As if it had been there from the first interval on.
	Meters::<T>::mutate(meter, |meter| meter.iter_mut().for_each(|meter| meter.from = 0));
	FittedMeters::<T>::mutate(point, duty, |fitted| fitted.iter_mut().for_each(|fitted| fitted.first = 0));
	Ok(meter)
}

fn sign<T: Config>(
	key: &ed25519::Public,
	meter: MeterId,
	point: PointId,
	interval: Interval,
	import: u64,
	quality: Quality,
) -> Result<SignedReading, BenchmarkError> {
	let (export, import_varh, export_varh) = (2, 3, 4);
	let reading = Reading { meter, point, interval, import, export, import_varh, export_varh, quality };
	let payload = reading.signing_payload(&Pallet::<T>::genesis());
	let signature = sp_io::crypto::ed25519_sign(KEYS, key, &payload);
	Ok(SignedReading { reading, signature: Some(signature.ok_or(BenchmarkError::Stop("the host signs"))?) })
}

/// The leaves of a dataset of these readings alone, which has the shortest proofs that there are.
fn leaves(signed: &[SignedReading]) -> Vec<H256> {
	signed.iter().map(|signed| signed.leaf(&[7; 16])).collect()
}

/// What a meter counted, as it stands.
fn counted(meter: MeterId, operator: ParticipantId, dataset: u16, import: u64) -> Proven {
	let (version, quality, faulted, worth, late) = (1, Quality::Measured, false, Worth::Sound, false);
	let since = Some(0);
	let registers = Registers { import, ..Default::default() };
	Proven { meter, operator, version, dataset, registers, quality, faulted, worth, late, since }
}

/// Fills an operator's days but one, which come before the interval's.
fn add_counts<T: Config>(operator: ParticipantId, interval: Interval) {
	let last = interval.checked_div(intervals_per_day(T::Calendar::interval_s())).unwrap_or(0);
	let days = last.saturating_sub(COUNTED_DAYS)..last;
	let days: Vec<_> = days.map(|day| DayCount { day, proven: 1, missing: 1 }).collect();
	Punctuality::<T>::insert(operator, BoundedVec::truncate_from(days));
}

/// Lets a point's main meter have counted on every day that an estimate follows.
fn add_days<T: Config>(meter: MeterId, operator: ParticipantId, point: PointId, interval: Interval) {
	let day = intervals_per_day(T::Calendar::interval_s());
	for days in 1..=ESTIMATE_DAYS {
		let Some(before) = interval.checked_sub(day.saturating_mul(days)) else { continue };
		Readings::<T>::insert(before, point, counted(meter, operator, 0, 1));
	}
}

/// Makes a point's meter another operator's, whose place this one may take.
fn take_over<T: Config>(point: PointId, meter: MeterId, operator: ParticipantId) {
	Meters::<T>::mutate(meter, |meter| meter.iter_mut().for_each(|meter| meter.operator = ParticipantId([0; 16])));
	Successors::<T>::insert(point, operator);
}

fn proven(signed: SignedReading, index: u32, leaves: &[H256]) -> Result<ProvenReading, BenchmarkError> {
	let proof = busbar_merkle::proof(leaves, index).ok_or(BenchmarkError::Stop("the leaf exists"))?;
	let proof = proof.try_into().map_err(|_| BenchmarkError::Stop("proofs fit"))?;
	Ok(ProvenReading { signed, salt: [7; 16], index, proof })
}

/// Posts the bond that every reputation needs.
fn post<T: Config>(who: &T::AccountId) -> Result<(), BenchmarkError> {
	let amount: Balance = T::OperatorBond::get().saturating_mul(10);
	Ok(Pallet::<T>::do_post_bond(who.clone(), amount)?)
}

/// A reading of point 0 that its operator attested, with its proof, and one that the point's owner disputes it with.
fn attested<T: Config>() -> Result<(Interval, ProvenReading, SignedReading), BenchmarkError> {
	Helper::<T>::add_points(1);
	let (who, _) = Helper::<T>::operator();
	let interval = Helper::<T>::delivered_interval();
	let key = device();
	let meter = add_meter::<T>(&who, 0, key)?;
	post::<T>(&who)?;
	let signed = sign::<T>(&key, meter, 0, interval, 1, Quality::Measured)?;
	let leaves = leaves(&[signed]);
	Pallet::<T>::do_attest(who, interval, busbar_merkle::root(&leaves), 1, 0, H256::zero())?;
	Ok((interval, proven(signed, 0, &leaves)?, sign::<T>(&key, meter, 0, interval, 9, Quality::Measured)?))
}

/// The same with the attested reading standing.
fn standing<T: Config>() -> Result<(Interval, SignedReading), BenchmarkError> {
	let (interval, reading, claim) = attested::<T>()?;
	let (_, operator) = Helper::<T>::operator();
	Pallet::<T>::do_prove(interval, operator, &BoundedVec::truncate_from(Vec::from([reading])))?;
	Ok((interval, claim))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// The third meter of a point, which makes the chain forget the first, by an operator that was admitted.
	#[benchmark]
	fn register_meter() -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(1);
		let (who, operator) = Helper::<T>::operator();
		let from = T::Calendar::first_unopened().saturating_add(9);
		let first = add_meter::<T>(&who, 0, ed25519::Public::from_raw([1; 32]))?;
		Meters::<T>::mutate(first, |meter| meter.iter_mut().for_each(|meter| meter.from = from.saturating_sub(2)));
		let second = NewMeter {
			point: 0,
			device: [2; 32],
			class: MeterClass::A,
			duty: Duty::Main,
			from: from.saturating_sub(1),
		};
		Pallet::<T>::do_register_meter(&who, second)?;
		// As if it had ended long ago.
		Meters::<T>::mutate(first, |meter| meter.iter_mut().for_each(|meter| (meter.from, meter.until) = (0, Some(0))));
		take_over::<T>(0, first.saturating_add(1), operator);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), 0, [3; 32], MeterClass::A, Duty::Main, from);
		assert_eq!(Meters::<T>::iter_values().count(), 2);
		assert!(!Successors::<T>::contains_key(0));
		Ok(())
	}

	/// Of each point the third meter, too.
	#[benchmark]
	fn register_meters(n: Linear<1, { T::MaxReadings::get() }>) -> Result<(), BenchmarkError> {
		Helper::<T>::add_scattered_points(n);
		let (who, operator) = Helper::<T>::operator();
		let from = T::Calendar::first_unopened().saturating_add(9);
		let new = |point, key, from| {
			let (device, class, duty) = ([key; 32], MeterClass::A, Duty::Main);
			NewMeter { point, device, class, duty, from }
		};
		let mut meters = Vec::new();
		for point in 0..n {
			Pallet::<T>::do_register_meter(&who, new(point, 1, from.saturating_sub(2)))?;
			Pallet::<T>::do_register_meter(&who, new(point, 2, from.saturating_sub(1)))?;
			let first = NextMeter::<T>::get().saturating_sub(2);
			// As if it had ended long ago.
			Meters::<T>::mutate(first, |meter| {
				meter.iter_mut().for_each(|meter| (meter.from, meter.until) = (0, Some(0)))
			});
			take_over::<T>(point, first.saturating_add(1), operator);
			meters.push(new(point, 3, from));
		}
		let meters = BoundedVec::<_, T::MaxReadings>::truncate_from(meters);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), meters);
		assert_eq!(Meters::<T>::iter_values().count(), 2 * n as usize);
		Ok(())
	}

	#[benchmark]
	fn retire_meter() -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(1);
		let (who, _) = Helper::<T>::operator();
		let meter = add_meter::<T>(&who, 0, ed25519::Public::from_raw([1; 32]))?;
		let until = T::Calendar::first_unopened().saturating_add(9);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), meter, until);
		assert_eq!(Meters::<T>::get(meter).and_then(|meter| meter.until), Some(until));
		Ok(())
	}

	#[benchmark]
	fn name_attester() -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(1);
		let (_, operator) = Helper::<T>::operator();
		let owner = Helper::<T>::owner(0);
		Pallet::<T>::do_name_attester(owner.clone(), 0, Some(operator))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), 0, Some(operator));
		assert_eq!(Attesters::<T>::get(0), Some(operator));
		Ok(())
	}

	#[benchmark]
	fn post_bond() {
		let (who, operator) = Helper::<T>::operator();
		#[extrinsic_call]
		_(RawOrigin::Signed(who), T::OperatorBond::get());
		assert!(Operators::<T>::contains_key(operator));
	}

	#[benchmark]
	fn withdraw_bond() -> Result<(), BenchmarkError> {
		let (who, operator) = Helper::<T>::operator();
		post::<T>(&who)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), operator, T::OperatorBond::get());
		assert!(Operators::<T>::get(operator).is_some_and(|operator| operator.bond > 0));
		Ok(())
	}

	/// The last version that there may be.
	#[benchmark]
	fn attest() -> Result<(), BenchmarkError> {
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		post::<T>(&who)?;
		for _ in 1..T::MaxVersions::get() {
			Pallet::<T>::do_attest(who.clone(), interval, H256::zero(), 1, 57, H256::zero())?;
		}
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, H256::zero(), 1, 57, H256::zero());
		assert!(Datasets::<T>::contains_key(interval, operator));
		Ok(())
	}

	/// `n` corrected readings of check meters in the last version of a dataset of no others, each signed by its device. Each takes
	/// the place of one that stands, and differs from what the point's main meter counted: a dispute opens.
	#[benchmark]
	fn prove(n: Linear<1, { T::MaxReadings::get() }>) -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(n);
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		let key = device();
		post::<T>(&who)?;
		let counted = |meter, import| counted(meter, operator, 1, import);
		let mut signed = Vec::new();
		for point in 0..n {
			let main = add_meter::<T>(&who, point, key)?;
			Readings::<T>::insert(interval, point, counted(main, 1_000_000));
			Attesters::<T>::insert(point, operator);
			let check = NextMeter::<T>::get();
			let (device, class, duty, from, until, since) = (key.0, MeterClass::A, Duty::Check, 0, None, 0);
			Meters::<T>::insert(check, Meter { point, operator, device, class, duty, from, until, since });
			NextMeter::<T>::put(check.saturating_add(1));
			Checks::<T>::insert(interval, point, counted(check, 1_000_000));
			signed.push(sign::<T>(&key, check, point, interval, 1, Quality::Corrected)?);
		}
		let leaves = leaves(&signed);
		for _ in 0..T::MaxVersions::get() {
			Pallet::<T>::do_attest(who.clone(), interval, busbar_merkle::root(&leaves), n, 0, H256::zero())?;
		}
		let items = (0u32..).zip(signed).map(|(index, signed)| proven(signed, index, &leaves));
		let items: BoundedVec<_, T::MaxReadings> = items
			.collect::<Result<Vec<_>, _>>()?
			.try_into()
			.map_err(|_| BenchmarkError::Stop("as many readings as fit"))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, operator, items);
		assert_eq!(Disputes::<T>::iter_prefix(interval).count(), n as usize);
		assert!(Checks::<T>::iter_prefix_values(interval).all(|check| check.version == 2));
		Ok(())
	}

	/// A proof of `h` hashes.
	#[benchmark]
	fn hash(h: Linear<0, { MAX_PROOF.saturating_sub(1) }>) {
		let path = alloc::vec![H256::zero(); h as usize];
		let proven;
		#[block]
		{
			proven = busbar_merkle::verify(H256::zero(), 1 << h, 0, H256::zero(), &path);
		}
		assert!(!proven);
	}

	/// The estimates of `n` meters.
	#[benchmark]
	fn estimate(n: Linear<1, { T::MaxReadings::get() }>) -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(n);
		let (who, operator) = Helper::<T>::operator();
		let interval = intervals_per_day(T::Calendar::interval_s()).saturating_mul(ESTIMATE_DAYS);
		let mut meters = Vec::new();
		for point in 0..n {
			let id = add_meter::<T>(&who, point, ed25519::Public::from_raw([1; 32]))?;
			add_days::<T>(id, operator, point, interval);
			meters.push(Meters::<T>::get(id).ok_or(BenchmarkError::Stop("it was just added"))?);
		}
		let mut estimates = 0;
		#[block]
		{
			estimates += meters.iter().filter_map(|meter| Pallet::<T>::estimate_of(meter, interval)).count();
		}
		assert_eq!(estimates, n as usize);
		Ok(())
	}

	/// Two signatures of one device, of which one is brought with its proof: a bond is held. By the grid operator, who is the last
	/// that may be affected, and who holds the role that is asked for before somewhere else: there are two walks to the root.
	#[benchmark]
	fn dispute() -> Result<(), BenchmarkError> {
		let (interval, reading, claim) = attested::<T>()?;
		let attested = Some((1, reading));
		#[extrinsic_call]
		_(RawOrigin::Signed(Helper::<T>::grid_operator()), claim, attested);
		assert!(Disputes::<T>::contains_key(interval, 0));
		Ok(())
	}

	/// A ruling that takes a penalty and returns a bond.
	#[benchmark]
	fn rule() -> Result<(), BenchmarkError> {
		let (interval, claim) = standing::<T>()?;
		Pallet::<T>::do_dispute(Helper::<T>::owner(0), claim, None)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(Helper::<T>::regulator()), interval, 0, Verdict::Upheld);
		assert!(!Disputes::<T>::contains_key(interval, 0));
		Ok(())
	}

	#[benchmark]
	fn close_dispute() -> Result<(), BenchmarkError> {
		let (interval, claim) = standing::<T>()?;
		let owner = Helper::<T>::owner(0);
		Pallet::<T>::do_dispute(owner.clone(), claim, None)?;
		Disputes::<T>::mutate(interval, 0, |open| open.iter_mut().for_each(|open| open.deadline = 0));
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), interval, 0);
		assert!(!Disputes::<T>::contains_key(interval, 0));
		Ok(())
	}

	/// The last of as many holders as may be.
	#[benchmark]
	fn announce_holding() -> Result<(), BenchmarkError> {
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		post::<T>(&who)?;
		Pallet::<T>::do_attest(who.clone(), interval, H256::zero(), 1, 57, H256::zero())?;
		let others: Vec<_> = (1..T::MaxHolders::get()).map(|n| ParticipantId((n as u128).to_be_bytes())).collect();
		let others: BoundedVec<_, T::MaxHolders> =
			others.try_into().map_err(|_| BenchmarkError::Stop("as many holders as fit"))?;
		Holders::<T>::insert(interval, H256::zero(), others);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, operator, H256::zero());
		assert_eq!(Holders::<T>::get(interval, H256::zero()).len(), T::MaxHolders::get() as usize);
		Ok(())
	}

	#[benchmark]
	fn withdraw_holding() -> Result<(), BenchmarkError> {
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		post::<T>(&who)?;
		Pallet::<T>::do_attest(who.clone(), interval, H256::zero(), 1, 57, H256::zero())?;
		Pallet::<T>::do_announce_holding(&who, interval, operator, H256::zero())?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, H256::zero());
		assert!(!Holders::<T>::contains_key(interval, H256::zero()));
		Ok(())
	}

	#[benchmark]
	fn set_store() -> Result<(), BenchmarkError> {
		let (who, operator) = Helper::<T>::operator();
		let mut url = b"https://".to_vec();
		url.resize(128, b'x');
		let url = StoreUrl::try_from(url).map_err(|_| BenchmarkError::Stop("128 bytes fit"))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), Some(url.clone()));
		assert_eq!(Stores::<T>::get(operator), Some(url));
		Ok(())
	}

	/// By the point's grid operator, who is the last that may.
	#[benchmark]
	fn admit_operator() -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(1);
		let (who, operator) = Helper::<T>::operator();
		add_meter::<T>(&who, 0, ed25519::Public::from_raw([1; 32]))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(Helper::<T>::grid_operator()), 0, Some(operator));
		assert_eq!(Successors::<T>::get(0), Some(operator));
		Ok(())
	}

	/// The same, of a meter that ended the one before it.
	#[benchmark]
	fn cancel_meter() -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(1);
		let (who, _) = Helper::<T>::operator();
		let first = add_meter::<T>(&who, 0, ed25519::Public::from_raw([1; 32]))?;
		let from = T::Calendar::first_unopened().saturating_add(9);
		let (device, class, duty) = ([2; 32], MeterClass::A, Duty::Main);
		Pallet::<T>::do_register_meter(&who, NewMeter { point: 0, device, class, duty, from })?;
		Meters::<T>::mutate(first, |meter| meter.iter_mut().for_each(|meter| meter.operator = ParticipantId([0; 16])));
		#[extrinsic_call]
		_(RawOrigin::Signed(Helper::<T>::grid_operator()), first.saturating_add(1));
		assert!(Meters::<T>::get(first).is_some_and(|meter| meter.until.is_none()));
		Ok(())
	}

	/// By the grid operator, whose money is held.
	#[benchmark]
	fn challenge() -> Result<(), BenchmarkError> {
		let (interval, _) = standing::<T>()?;
		let claim = Some(Registers::default());
		#[extrinsic_call]
		_(RawOrigin::Signed(Helper::<T>::grid_operator()), interval, 0, claim);
		assert!(Disputes::<T>::contains_key(interval, 0));
		Ok(())
	}

	/// Of an operator that is late with every reading, and whose bond pays for each. As many like readings as can be are read.
	#[benchmark]
	fn report_missing(n: Linear<1, { T::MaxReadings::get() }>) -> Result<(), BenchmarkError> {
		Helper::<T>::add_points(n);
		let (who, operator) = Helper::<T>::operator();
		let interval = Helper::<T>::delivered_interval();
		Helper::<T>::endow(&who, ENOUGH);
		Pallet::<T>::do_post_bond(who.clone(), ENOUGH)?;
		for point in 0..n {
			let meter = add_meter::<T>(&who, point, ed25519::Public::from_raw([1; 32]))?;
			Readings::<T>::insert(interval, point, Proven { late: true, ..counted(meter, operator, 0, 1) });
		}
		add_counts::<T>(operator, interval);
		Helper::<T>::end_disputes(interval);
		let points = BoundedVec::truncate_from((0..n).collect());
		#[extrinsic_call]
		_(RawOrigin::Signed(who), interval, points);
		assert_eq!(Reported::<T>::iter_prefix(interval).count(), n as usize);
		let bond = Operators::<T>::get(operator).map_or(0, |record| record.bond);
		assert!(bond > 0 && bond < ENOUGH, "every one is charged, and the bond pays for it");
		Ok(())
	}
}
