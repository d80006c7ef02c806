//! One mock per trait of [`busbar_primitives::traits`], for the tests of all pallets.
//!
//! A mock is a unit type that implements its trait. For each function it has a *register* that holds a closure; the test
//! fills it, the pallet under test gets the closure's answer:
//!
//! ```
//! use busbar_mocks::MockCalendar;
//! use busbar_primitives::traits::Calendar;
//!
//! MockCalendar::on_now(|| 42);
//! assert_eq!(MockCalendar::now(), 42);
//! ```
//!
//! An empty register panics when it is asked and names the function that fills it, so that no test passes on an answer that
//! it did not think of. Exceptions, where silence is the answer of a world without the pallet in question: hooks that
//! nobody listens to do nothing ([`MockFlows::on_limits_changed`], [`MockCertificates`]) and prune nothing ([`MockPrune`]).
//!
//! [`MockParticipants`] is no closure but a small registry, because roles must mean the same in the tests of every pallet:
//! what a scope covers, what a suspension stops and whom a delegate may act for. `pallet-participants` tests it against
//! itself.
//!
//! [`test_runtime!`] makes the runtime that a pallet is tested in.
//!
//! Registers and the registry belong to the thread, as a test does. They outlive a test's state, and a failed call does not
//! roll them back; so a test's setup begins with [`reset`], and what must be rolled back (money) lies in the state, where a
//! closure finds it.

mod grid;
mod market;
mod money;
mod participants;
mod random;
mod register;
mod runtime;

pub use grid::{MockFlows, MockGrid};
pub use market::{MockCalendar, MockOrderCollateral, MockPositions};
pub use money::{
	MockBalancing, MockCertificates, MockCollateral, MockCounterparties, MockFinality, MockMeters, MockOnReading,
	MockOnTrader, MockPrune, MockReadings, MockSolvency, MockSupply, MockTraders,
};
pub use participants::{id, refused, Member, MockParticipants, Status};
pub use random::Random;

/// An account in the tests of pallets.
pub type AccountId = u64;

/// Empties every register and the registry of participants.
pub fn reset() {
	register::reset();
	participants::reset();
}
