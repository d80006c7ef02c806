//! What the emergency committee pauses, and what it never can.

use busbar_harness::{account, id, submit, Genesis, Party, EUR};
use busbar_primitives::{refusals::Refusal, Role};
use busbar_runtime::{
	configs::{calls::Table, pauses::class},
	frame_system, pallet_balances, pallet_governance,
	pallet_governance::{Action, Class, Subject},
	pallet_market, pallet_participants,
	pallet_participants::Calls as _,
	pallet_settlement::PostedPrices,
	pallet_utility, AccountId, Governance, Runtime, RuntimeCall, System,
};
use frame_support::{assert_noop, assert_ok, traits::GetCallMetadata, BoundedVec};

const MEMBER: u8 = 40;
const OTHER: u8 = 41;
const SEATS: [u8; 3] = [50, 51, 52];
const CLASSES: [Class; 7] = [
	Class::Orders,
	Class::Payments,
	Class::Withdrawals,
	Class::Issuance,
	Class::Membership,
	Class::Grid,
	Class::Certificates,
];

/// A chain with a committee of three; the test begins in block 1.
fn world(test: impl FnOnce()) {
	let members = [MEMBER, OTHER].into_iter().chain(SEATS).map(|number| Party::officer(number, Role::Prosumer));
	let parties = Party::officers().into_iter().chain(members).collect();
	let ladder = PostedPrices { short: 1, long: 1 };
	Genesis { parties, parameters: Default::default(), ladder }.build().execute_with(|| {
		System::set_block_number(1);
		pallet_governance::Committee::<Runtime>::put(BoundedVec::truncate_from(SEATS.map(account).to_vec()));
		test();
		Governance::do_try_state().expect("the invariants hold");
	});
}

fn pause(subject: Subject) {
	for seat in &SEATS[..2] {
		assert_ok!(submit(
			&account(*seat),
			pallet_governance::Call::act { action: Action::Pause { subject, blocks: 10 } }
		));
	}
}

fn asked(call: impl Into<RuntimeCall>, signer: u8) -> Result<(), Refusal> {
	Table::ensure(&call.into(), &account(signer))
}

fn place(interval: u32, product: u8) -> RuntimeCall {
	pallet_market::Call::place { interval, product, point: 7, steps: Default::default() }.into()
}

fn transfer() -> RuntimeCall {
	pallet_balances::Call::transfer_keep_alive { dest: account(OTHER).into(), value: EUR }.into()
}

#[test]
fn a_paused_kind_of_calls_is_refused_and_the_others_go_on() {
	world(|| {
		pause(Subject::Class(Class::Payments));
		assert_eq!(asked(transfer(), MEMBER), Err(Refusal::Paused));
		assert_eq!(asked(place(1, 0), MEMBER), Ok(()));
		let batch = pallet_utility::Call::batch { calls: vec![place(1, 0), transfer()] };
		assert_eq!(asked(batch, MEMBER), Err(Refusal::Paused));
		System::set_block_number(11);
		assert_eq!(asked(transfer(), MEMBER), Ok(()));
	});
}

#[test]
fn a_paused_product_session_or_member_takes_no_new_orders_and_cancels_still() {
	world(|| {
		let cancel = || pallet_market::Call::cancel { interval: 5, product: 1, point: 7 };
		let amend = || pallet_market::Call::amend { interval: 5, product: 0, id: 1, price: 1, wh: 1 };
		pause(Subject::Product(1));
		assert_eq!(asked(place(5, 1), MEMBER), Err(Refusal::Paused));
		assert_eq!(asked(place(5, 0), MEMBER), Ok(()));
		assert_eq!(asked(cancel(), MEMBER), Ok(()));
		pause(Subject::Session { interval: 6, product: 0 });
		assert_eq!(asked(place(6, 0), MEMBER), Err(Refusal::Paused));
		assert_eq!(asked(place(5, 0), MEMBER), Ok(()));
		pause(Subject::Member(id(MEMBER)));
		assert_eq!(asked(place(5, 0), MEMBER), Err(Refusal::Paused));
		assert_eq!(asked(amend(), MEMBER), Err(Refusal::Paused));
		assert_eq!(asked(place(5, 0), OTHER), Ok(()));
		assert_eq!(asked(cancel(), MEMBER), Ok(()));
		assert_eq!(asked(transfer(), MEMBER), Ok(()));
	});
}

#[test]
fn only_the_committees_seats_give_their_word() {
	world(|| {
		let act = || pallet_governance::Call::act {
			action: Action::Pause { subject: Subject::Class(Class::Orders), blocks: 10 },
		};
		assert_eq!(asked(act(), MEMBER), Err(Refusal::NotYours));
		assert_noop!(submit(&account(MEMBER), act()), pallet_governance::Error::<Runtime>::NoSeat);
		assert_eq!(asked(act(), SEATS[0]), Ok(()));
	});
}

#[test]
fn nothing_that_somebody_must_do_in_time_can_be_paused() {
	world(|| {
		CLASSES.map(Subject::Class).into_iter().for_each(pause);
		let who: AccountId = account(MEMBER);
		let goes_on: [RuntimeCall; 5] = [
			frame_system::Call::remark { remark: vec![] }.into(),
			pallet_market::Call::cancel { interval: 5, product: 1, point: 7 }.into(),
			pallet_market::Call::withdraw { interval: 5, product: 1, id: 7 }.into(),
			pallet_participants::Call::remove_delegate {
				delegate: who.clone(),
				right: busbar_primitives::Right::Trade,
			}
			.into(),
			pallet_governance::Call::enact_upgrade {}.into(),
		];
		for call in goes_on {
			assert_eq!(class(&call), None, "{:?}", call.get_call_metadata());
			assert_eq!(Table::ensure(&call, &who), Ok(()), "{:?}", call.get_call_metadata());
		}
	});
}
