use super::*;
use busbar_primitives::{Cause, Line};

const RETAILER: ParticipantId = ParticipantId([1; 16]);
const OWNER: ParticipantId = ParticipantId([2; 16]);

fn served(retailer: u8, from: Interval, until: Option<Interval>) -> Served {
	Served { retailer: ParticipantId([retailer; 16]), from, until }
}

fn may(services: &[Served], interval: Interval) -> bool {
	may_answer(services, RETAILER, &(interval..interval + 1))
}

#[test]
fn a_retailer_answers_from_the_first_interval_of_its_service_to_the_last() {
	let services = [served(1, 10, Some(20)), served(3, 20, None)];
	let answered: Vec<_> = (0..30).filter(|interval| may(&services, *interval)).collect();
	assert_eq!(answered, (10..20).collect::<Vec<_>>());
	assert!(may_answer(&services, RETAILER, &(0..Interval::MAX)));
	assert!(!may_answer(&services, OWNER, &(0..Interval::MAX)));
}

#[test]
fn a_service_without_an_end_goes_on() {
	assert!(may(&[served(1, 10, None)], 1_000_000));
}

#[test]
fn before_the_services_that_the_chain_remembers_a_point_may_have_been_anybodys() {
	let last: Vec<_> = (0..MAX_RETAILERS).map(|at| served(3, 10 + at, Some(11 + at))).collect();
	assert!(may(&last, 9), "a fifth service may have been forgotten");
	assert!(!may(&last, 10));
	assert!(!may(&last[1..], 9), "nothing was forgotten where there is room");
}

#[test]
fn a_points_lines_are_the_payers_alone() {
	let line = |party, amount| Line { version: 1, party, cause: Cause::Imbalance, wh: 1, price: 0, amount };
	let mut statement = crate::billing::basis::tests::empty(RETAILER);
	statement.lines.push((4, line(Party::Point(7), -5)));
	// What a correction moved at another party.
	statement.lines.push((5, line(Party::Balancing, 5)));
	let settled = Settled { statement, reading: None, newer: None };
	let payer = |participant| Payer {
		account: AccountId::new([0; 32]),
		participant,
		own: vec![7],
		served: BTreeMap::new(),
		parties: Parties::default(),
	};
	let indices = |participant| -> Vec<_> { settled.lines_of(&payer(participant), 7).map(|line| line.index).collect() };
	assert_eq!(indices(RETAILER), [4]);
	assert!(indices(OWNER).is_empty());
}

#[test]
fn a_participant_is_a_party_from_the_interval_that_it_was_made_one_for() {
	let both = || Some(vec![Party::GridOperator, Party::Balancing]);
	let parties = Parties(vec![(0, None), (5, both()), (9, Some(vec![Party::Balancing])), (12, Some(vec![]))]);
	let at: Vec<_> = [0, 4, 5, 8, 9, 11, 12, 99].map(|interval| parties.at(interval).len()).into();
	// Before 5 nobody was: those intervals are settled with the first that were.
	assert_eq!(at, [2, 2, 2, 2, 1, 1, 0, 0]);
	assert!(Parties::default().at(3).is_empty());
}
