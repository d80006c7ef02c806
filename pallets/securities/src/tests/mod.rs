//! Tests of the pallet alone, with a mock of the others.

mod balancing;
mod debts;
mod deposits;
mod genesis;
mod guarantors;
mod least;
mod margin;

use crate::mock::{AccountId, RuntimeEvent, RuntimeOrigin, System, Test};

/// The pallet's events so far.
fn events() -> Vec<crate::Event<Test>> {
	let own = |event| match event {
		RuntimeEvent::Securities(event) => Some(event),
		_ => None,
	};
	System::events().into_iter().filter_map(|record| own(record.event)).collect()
}

fn signed(account: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}
