//! What becomes of validators that are proven to have equivocated.

use crate::{mock::*, Event, Reports};
use frame_support::assert_ok;
use sp_runtime::Perbill;
use sp_staking::{
	offence::{Kind, Offence, OffenceError, ReportOffence},
	SessionIndex,
};

/// Two votes of a validator in one round.
struct Equivocation {
	validator: u64,
	session: SessionIndex,
	round: u64,
}

impl Offence<(u64, ())> for Equivocation {
	const ID: Kind = *b"test:equivocatio";
	type Slot = u64;

	fn offenders(&self) -> Vec<(u64, ())> {
		vec![(self.validator, ())]
	}

	fn session_index(&self) -> SessionIndex {
		self.session
	}

	fn validator_set_count(&self) -> u32 {
		4
	}

	fn slot(&self) -> u64 {
		self.round
	}

	fn slash_fraction(&self, _: u32) -> Perbill {
		Perbill::zero()
	}
}

fn report(validator: u64, session: SessionIndex, round: u64) -> Result<(), OffenceError> {
	let offence = Equivocation { validator, session, round };
	<Validators as ReportOffence<u64, (u64, ()), Equivocation>>::report_offence(vec![], offence)
}

fn is_known(validator: u64, round: u64) -> bool {
	<Validators as ReportOffence<u64, (u64, ()), Equivocation>>::is_known_offence(&[(validator, ())], &round)
}

fn told(validator: u64, session: SessionIndex, removed: bool) {
	System::assert_last_event(Event::Offence { validator, kind: Equivocation::ID, session, removed }.into());
}

#[test]
fn an_offender_leaves_the_set_and_the_council_is_told() {
	run(|| {
		assert!(!is_known(2, 7));
		assert_eq!(report(2, 0, 7), Ok(()));
		System::assert_has_event(Event::Removed { validator: 2 }.into());
		told(2, 0, true);
		assert!(is_known(2, 7));
		next_session();
		next_session();
		assert_eq!(Authorities::get(), vec![10, 30, 40]);
	});
}

#[test]
fn an_offender_stays_if_the_set_would_become_too_small() {
	run(|| {
		assert_eq!(report(2, 0, 7), Ok(()));
		assert_eq!(report(3, 0, 7), Ok(()));
		told(3, 0, false);
		assert_eq!(crate::Validators::<Test>::get().into_inner(), vec![1, 3, 4]);
	});
}

#[test]
fn an_offence_is_reported_once() {
	run(|| {
		assert_eq!(report(2, 0, 7), Ok(()));
		let events = System::event_count();
		assert_eq!(report(2, 0, 7), Err(OffenceError::DuplicateReport));
		assert_eq!(System::event_count(), events);
		assert_eq!(report(2, 0, 8), Ok(()));
		told(2, 0, false);
	});
}

#[test]
fn evidence_from_before_a_pardon_has_no_effect() {
	run(|| {
		next_session();
		assert_eq!(report(2, 1, 7), Ok(()));
		next_session();
		assert_ok!(Validators::add(RuntimeOrigin::root(), 2));
		assert_eq!(report(2, 1, 8), Ok(()));
		told(2, 1, false);
		assert!(crate::Validators::<Test>::get().contains(&2));
		assert_eq!(report(2, 2, 9), Ok(()));
		told(2, 2, true);
	});
}

#[test]
fn the_memory_of_reports_is_bounded_and_drops_the_oldest() {
	run(|| {
		for round in 0..5 {
			assert_eq!(report(2, 0, round), Ok(()));
		}
		assert_eq!(Reports::<Test>::get().len(), 3);
		assert!(!is_known(2, 1));
		assert!(is_known(2, 2) && is_known(2, 4));
	});
}
