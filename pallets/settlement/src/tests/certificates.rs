//! What settlement tells of energy that may be certified: what devices counted, and nothing else.

use super::*;
use crate::mock::*;
use busbar_mocks::MockCertificates;
use busbar_primitives::{Metered, Quality, SignedWh};
use frame_support::assert_ok;
use std::{cell::RefCell, rc::Rc};

/// What was told of one point: readings that were settled, and those before and after corrections.
#[derive(Clone, Default, PartialEq, Debug)]
struct Told {
	settled: Vec<Option<SignedWh>>,
	corrected: Vec<[Option<SignedWh>; 2]>,
}

fn listen(to: PointId) -> Rc<RefCell<Told>> {
	let told = Rc::new(RefCell::new(Told::default()));
	let (settled, corrected) = (told.clone(), told.clone());
	MockCertificates::on_settled(move |_, point, _, _, _, metered| {
		if point == to {
			settled.borrow_mut().settled.push(metered);
		}
		Ok(())
	});
	MockCertificates::on_corrected(move |_, point, _, _, before, after| {
		if point == to {
			corrected.borrow_mut().corrected.push([before, after]);
		}
		Ok(())
	});
	told
}

fn estimate(point: PointId, net: SignedWh) {
	revise(point, 0, net);
	world(|w| w.readings.insert((point, 0), Metered { quality: Quality::Estimated, ..metered(net) }));
}

#[test]
fn what_a_meter_operator_estimated_is_certified_when_the_device_has_counted_it() {
	run(|| {
		let told = listen(1);
		trade();
		estimate(1, -650);
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_eq!(told.borrow().settled, [None], "it settles, and certifies nothing");
		assert_ok!(credit(0, &[0, 1, 2]));
		revise(1, 0, -640);
		assert_ok!(correct(0, &[1]));
		revise(1, 0, -620);
		assert_ok!(correct(0, &[1]));
		assert_eq!(told.borrow().corrected, [[None, Some(-640)], [Some(-640), Some(-620)]]);
	});
	run(|| {
		let told = listen(1);
		trade();
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		estimate(1, -700);
		assert_ok!(correct(0, &[1]));
		assert_eq!(told.borrow().corrected, [[Some(-650), None]]);
	});
}

#[test]
fn what_the_chain_estimated_is_certified_when_a_reading_comes() {
	run(|| {
		let told = listen(1);
		trade();
		world(|w| {
			w.readings.remove(&(1, 0));
			w.now = ATTESTATION_END;
		});
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		read(1, 0, -650);
		assert_ok!(correct(0, &[1]));
		assert_eq!(*told.borrow(), Told { settled: vec![None], corrected: vec![[None, Some(-650)]] });
	});
}

#[test]
fn a_plant_at_the_coupling_is_corrected_from_what_it_was_settled_on() {
	run(|| {
		let told = listen(2);
		trade();
		world(|w| w.readings.insert((2, 0), metered(-450)));
		assert_ok!(debit(0, &[0, 1, 2]));
		assert_ok!(credit(0, &[0, 1, 2]));
		revise(2, 0, -470);
		assert_ok!(correct(0, &[2]));
		assert_eq!(*told.borrow(), Told { settled: vec![Some(-450)], corrected: vec![[Some(-450), Some(-470)]] });
	});
}

#[test]
fn what_was_told_of_a_point_is_taken_back_with_a_void_interval() {
	run(|| {
		let told = Rc::new(RefCell::new(Vec::new()));
		let heard = told.clone();
		MockCertificates::on_unsettled(move |interval, point, _, payer, position, metered| {
			heard.borrow_mut().push((interval, point, payer, position, metered));
			Ok(())
		});
		trade();
		assert_ok!(debit(0, &[1, 0]));
		assert_ok!(Settlement::void(RuntimeOrigin::root(), 0));
		idle();
		told.borrow_mut().sort_unstable();
		let expected = [(0, 0, participant(HOME), 1_000, Some(1_100)), (0, 1, participant(PLANT), -600, Some(-650))];
		assert_eq!(*told.borrow(), expected, "of the coupling nothing was told yet");
	});
}
