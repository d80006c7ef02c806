//! The table of calls against the runtime: every call, by a participant with every role, in scope, out of scope, expired and
//! suspended, as the one that the call is about and as another one.
//!
//! Each cell is asked twice: of the transaction, from the first extension to the end of the call, and, where the pallets check
//! for themselves, of the call alone. What they refuse for who sends it must be what the table says, and nothing else.

#[path = "roles/world.rs"]
mod world;

use busbar_primitives::{
	calls::{page, Cover, Kind, Row, Who, CALLS},
	refusals::Refusal,
	PointKind, Role, Scope,
};
use busbar_runtime::{pallet_grid, pallet_participants, pallet_timestamp, Runtime, RuntimeCall, RuntimeOrigin};
use frame_support::{dispatch::DispatchInfo, pallet_prelude::TransactionSource};
use sp_runtime::{
	traits::{DispatchTransaction, Dispatchable},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};
use std::collections::BTreeSet;
use world::{council, subject, SUBJECT};

/// How a participant holds a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
	InScope,
	OutOfScope,
	Expired,
	Suspended,
}

const STATES: [State; 4] = [State::InScope, State::OutOfScope, State::Expired, State::Suspended];

/// What is asked: a call with a role, as the one that it is about or not, at a point of this kind.
#[derive(Clone, Copy, Debug)]
struct Cell {
	who: Who,
	kind: Kind,
	role: Role,
	state: State,
	party: bool,
	point: PointKind,
}

impl Cell {
	fn scope(&self) -> Scope {
		match (self.state, self.who.cover()) {
			(State::OutOfScope, Some(Cover::Grid)) => Scope::Zone(1),
			(State::OutOfScope, _) => Scope::Zone(3),
			(_, Some(Cover::Grid)) => Scope::Grid,
			// Above the zone of everything that is named.
			_ => Scope::Zone(1),
		}
	}

	/// What the table says.
	fn expected(&self) -> bool {
		let holds = |roles: &[Role], cover| {
			roles.contains(&self.role)
				&& match self.state {
					State::InScope => true,
					State::OutOfScope => cover == Cover::Somewhere,
					State::Expired | State::Suspended => false,
				}
		};
		let acts = self.state != State::Suspended || self.kind == Kind::Settles;
		match self.who {
			Who::Members => acts,
			Who::Parties(_) => acts && self.party,
			Who::Holders(roles, cover) => holds(roles, cover),
			Who::PartiesOrHolders(_, roles, cover) => acts && (self.party || holds(roles, cover)),
			Who::Traders(_) => self.party && holds(Role::trading(self.point), Cover::Named),
			Who::Council
			| Who::Motions
			| Who::TwoThirds
			| Who::Third
			| Who::Whole
			| Who::Committee
			| Who::Authors
			| Who::Nobody => false,
		}
	}

	/// Whether the pallets check for themselves who it is.
	fn is_checked_by_pallets(&self) -> bool {
		// Whose account it is the participants' extension knows, and who sits in the council the council's.
		!matches!(self.who, Who::Members | Who::Council)
	}
}

/// Why pallets refuse somebody for who it is.
const REFUSALS: [&str; 12] = [
	"NotMember",
	"RoleMissing",
	"RoleOutOfScope",
	"Suspended",
	"Removed",
	"NotDelegate",
	"NotAdmitted",
	"NotNamed",
	"NotAffected",
	"NotYourProposal",
	"NoSeat",
	"CallFiltered",
];

/// Whether a call was not refused for who makes it; whatever else came of it.
fn passes(call: RuntimeCall) -> bool {
	match call.dispatch(RuntimeOrigin::signed(subject())) {
		Ok(_) => true,
		Err(failed) => match failed.error {
			DispatchError::BadOrigin => false,
			DispatchError::Module(error) => !REFUSALS.contains(&error.message.expect("natively it has one")),
			_ => true,
		},
	}
}

/// The same of a transaction.
fn is_sent(call: RuntimeCall) -> bool {
	let (origin, info) = (RuntimeOrigin::signed(subject()), DispatchInfo::default());
	let check = pallet_participants::CheckMember::<Runtime>::new();
	match check.validate_only(origin, &call, &info, 100, TransactionSource::External, 0) {
		Ok(_) => passes(call),
		Err(TransactionValidityError::Invalid(InvalidTransaction::BadSigner)) => false,
		Err(error) if error == Refusal::NotListed.into() || error == Refusal::NotYours.into() => false,
		Err(error) => panic!("{call:?} is refused for {error:?}, which says nothing of who sends it"),
	}
}

/// Does something and leaves no trace of it.
fn rolled_back<R>(what: impl FnOnce() -> R) -> R {
	sp_io::storage::start_transaction();
	let result = what();
	sp_io::storage::rollback_transaction();
	result
}

/// Gives the participant the cell's role alone, and nothing else.
fn hold(cell: &Cell) {
	pallet_participants::Participants::<Runtime>::mutate_extant(world::id(SUBJECT), |record| {
		record.roles = Default::default()
	});
	let now = pallet_timestamp::Now::<Runtime>::get();
	let until = if cell.state == State::Expired { now + 1 } else { u64::MAX };
	let (participant, role, scope) = (world::id(SUBJECT), cell.role, cell.scope());
	council(pallet_participants::Call::grant_role_for { participant, role, scope, from: 0, until });
	if cell.state == State::Expired {
		pallet_timestamp::Now::<Runtime>::put(now + 1);
	}
	if cell.state == State::Suspended {
		council(pallet_participants::Call::suspend { participant });
	}
	if cell.point == PointKind::Coupling {
		pallet_grid::Points::<Runtime>::mutate(world::OWN, |point| {
			point.as_mut().expect("it is there").kind = PointKind::Coupling;
		});
	}
}

/// Every cell of a row.
fn cells((_, who, kind): &Row) -> Vec<Cell> {
	let parties = match who {
		Who::Parties(_) | Who::PartiesOrHolders(..) | Who::Traders(_) => &[true, false][..],
		_ => &[false],
	};
	let points = match who {
		Who::Traders(kinds) => *kinds,
		_ => &[PointKind::Metered],
	};
	let mut cells = Vec::new();
	for role in Role::ALL {
		for state in STATES {
			for party in parties {
				for point in points {
					let (who, kind, party, point) = (*who, *kind, *party, *point);
					cells.push(Cell { who, kind, role, state, party, point });
				}
			}
		}
	}
	cells
}

#[test]
fn who_makes_which_call_with_which_role_where_and_when_is_what_the_table_says() {
	let mut differences = BTreeSet::new();
	let (mut asked, mut calls, mut observed) = (0, 0, 0);
	world::build().execute_with(|| {
		for (pallet, rows) in CALLS {
			for row in *rows {
				let name = format!("{pallet}.{}", row.0);
				calls += 1;
				for cell in cells(row) {
					asked += 1;
					let prepared = || {
						world::prepare(&name, cell.party);
						hold(&cell);
						world::call(pallet, row.0, cell.party)
					};
					let sent = Some(rolled_back(|| is_sent(prepared())));
					let called = cell.is_checked_by_pallets().then(|| rolled_back(|| passes(prepared())));
					for (how, found) in [("sent", sent), ("called", called)] {
						let Some(found) = found else { continue };
						observed += 1;
						if found != cell.expected() {
							differences.insert(format!("{name} {how}: {found} by {cell:?}"));
						}
					}
				}
			}
		}
	});
	let (roles, number) = (Role::ALL.len(), differences.len());
	println!("{calls} calls, {roles} roles, {asked} cells, {observed} observations, {number} differences");
	let told: Vec<_> = differences.into_iter().take(200).collect();
	assert!(told.is_empty(), "{number} differences:\n{}", told.join("\n"));
	assert!(asked > 9_000, "only {asked} cells");
}

#[test]
fn the_page_of_roles_is_the_table() {
	let there = include_str!("../../docs/roles.md");
	assert!(there == page(), "write what `busbar roles` prints to docs/roles.md");
}

#[test]
fn every_role_but_those_that_read_only_has_a_call_of_its_own() {
	for role in Role::ALL {
		let has = CALLS.iter().flat_map(|(_, rows)| rows.iter()).any(|(_, who, _)| who.roles().contains(&role));
		// What an auditor reads is in the store; nobody reads or does anything as a market operator.
		assert_eq!(has, !matches!(role, Role::Auditor | Role::MarketOperator), "{role:?}");
	}
}
