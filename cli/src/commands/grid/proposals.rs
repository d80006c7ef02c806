//! `busbar grid proposals`, `accept`, `withdraw`: connection points that operators of parts of the grid propose to their owners.

use crate::{
	commands::{
		execute::{execute, tell, Answer, Done},
		open, table,
		whose::Whose,
	},
	Global,
};
use anyhow::Result;
use busbar_client::{
	pallet_grid::{Call, Event, Proposal},
	AccountId, RuntimeCall, RuntimeEvent,
};
use busbar_primitives::{Interval, ParticipantId, PointId, PointKind, Watt, ZoneId};
use clap::Args;
use serde::Serialize;

#[derive(Args)]
pub struct Proposals {
	/// Those of everybody
	#[arg(long, conflicts_with_all = ["participant", "account"])]
	all: bool,
	#[command(flatten)]
	whose: Whose,
}

#[derive(Args)]
pub struct End {
	/// Number of the proposal, as `busbar grid proposals` shows it
	#[arg(long, value_name = "NUMBER")]
	proposal: u32,
}

/// A connection point that waits for its owner.
#[derive(Serialize)]
struct Proposed {
	proposal: u32,
	owner: ParticipantId,
	operator: ParticipantId,
	zone: ZoneId,
	kind: PointKind,
	import_w: Watt,
	export_w: Watt,
	/// It is accepted as long as the first interval that has not opened lies before this one.
	until: Interval,
	/// Whether it is too late for that, so that anybody withdraws it.
	expired: bool,
}

#[derive(Serialize)]
struct List {
	proposals: Vec<Proposed>,
}

impl List {
	/// Those that a participant owns or made, or all of them.
	fn of(who: Option<ParticipantId>, all: Vec<(u32, Proposal<AccountId>)>, first_unopened: Interval) -> Self {
		let concerns = |proposal: &Proposal<AccountId>| {
			who.is_none_or(|who| [proposal.point.owner, proposal.operator].contains(&who))
		};
		let mut proposals: Vec<_> = all
			.into_iter()
			.filter(|(_, proposal)| concerns(proposal))
			.map(|(number, Proposal { operator, point, until, .. })| Proposed {
				proposal: number,
				owner: point.owner,
				operator,
				zone: point.zone,
				kind: point.kind,
				import_w: point.import_w,
				export_w: point.export_w,
				until,
				expired: first_unopened >= until,
			})
			.collect();
		proposals.sort_by_key(|proposed| proposed.proposal);
		Self { proposals }
	}
}

impl Answer for List {
	fn print(&self) {
		if self.proposals.is_empty() {
			println!("Nobody proposes a connection point here.");
			return;
		}
		let head =
			["owner", "operator", "kind", "state", "proposal", "zone", "import W", "export W", "before interval"];
		let mut table = table(&head, 4);
		for one in &self.proposals {
			table.add_row([
				one.owner.to_string(),
				one.operator.to_string(),
				format!("{:?}", one.kind).to_lowercase(),
				if one.expired { "is over" } else { "waits" }.into(),
				one.proposal.to_string(),
				one.zone.to_string(),
				one.import_w.to_string(),
				one.export_w.to_string(),
				one.until.to_string(),
			]);
		}
		println!("{table}");
		println!("`busbar grid accept --proposal NUMBER` makes one a connection point, as its owner; `busbar grid withdraw` ends it.");
	}
}

/// How a proposal ended.
#[derive(Serialize, PartialEq, Debug)]
struct Ended {
	proposal: u32,
	/// The connection point that it is now; `None` if it was withdrawn.
	point: Option<PointId>,
}

impl Ended {
	fn of(proposal: u32, events: &[RuntimeEvent]) -> Self {
		let point = events.iter().find_map(|event| match event {
			RuntimeEvent::Grid(Event::ProposalEnded { proposal: ended, point }) if *ended == proposal => *point,
			_ => None,
		});
		Self { proposal, point }
	}
}

impl Answer for Ended {
	fn print(&self) {
		match self.point {
			Some(point) => println!(
				"Proposal {} is connection point {point}. It trades once it has a meter; `busbar security needed --point \
				 {point}` says what must secure it.",
				self.proposal
			),
			None => println!("Proposal {} is withdrawn.", self.proposal),
		}
	}
}

impl Proposals {
	pub async fn run(self, global: &Global) -> Result<()> {
		let view = open(global).await?;
		let who = if self.all { None } else { Some(self.whose.id(global, &view).await?) };
		tell(global, &List::of(who, view.chain.proposals(view.at).await?, view.clock.first_unopened))
	}
}

impl End {
	pub async fn accept(self, global: &Global) -> Result<()> {
		let proposal = self.proposal;
		ended(global, proposal, execute(global, RuntimeCall::Grid(Call::accept_point { proposal })).await?)
	}

	pub async fn withdraw(self, global: &Global) -> Result<()> {
		let proposal = self.proposal;
		ended(global, proposal, execute(global, RuntimeCall::Grid(Call::withdraw_point { proposal })).await?)
	}
}

fn ended(global: &Global, proposal: u32, done: Done) -> Result<()> {
	done.tell(global, &Ended::of(proposal, &done.events))
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_client::pallet_grid::NewPoint;
	use serde_json::json;

	fn proposal(owner: u8, operator: u8, until: Interval) -> Proposal<AccountId> {
		let id = |name| ParticipantId([name; 16]);
		let (kind, import_w, export_w) = (PointKind::Metered, 17_000, 0);
		let point = NewPoint { zone: 3, owner: id(owner), kind, import_w, export_w };
		Proposal { by: AccountId::new([operator; 32]), operator: id(operator), point, until }
	}

	#[test]
	fn an_owner_and_an_operator_see_their_proposals_and_nobody_elses_and_what_is_over() {
		let all = vec![(8, proposal(1, 9, 50)), (2, proposal(1, 7, 40)), (3, proposal(2, 9, 41))];
		let numbers = |who: Option<u8>| -> Vec<(u32, bool)> {
			let who = who.map(|who| ParticipantId([who; 16]));
			let shown = List::of(who, all.clone(), 40).proposals;
			shown.iter().map(|one| (one.proposal, one.expired)).collect()
		};
		assert_eq!(numbers(Some(1)), [(2, true), (8, false)]);
		assert_eq!(numbers(Some(9)), [(3, false), (8, false)]);
		assert_eq!(numbers(Some(4)), []);
		assert_eq!(numbers(None), [(2, true), (3, false), (8, false)]);
		assert_eq!(
			serde_json::to_value(List::of(None, vec![(2, proposal(1, 7, 40))], 39)).unwrap(),
			json!({ "proposals": [{
				"proposal": 2, "owner": "01010101-0101-0101-0101-010101010101",
				"operator": "07070707-0707-0707-0707-070707070707", "zone": 3, "kind": "metered", "import_w": 17_000,
				"export_w": 0, "until": 40, "expired": false,
			}] })
		);
	}

	#[test]
	fn what_became_of_a_proposal_is_said_by_its_own_event() {
		let ended = |proposal, point| RuntimeEvent::Grid(Event::ProposalEnded { proposal, point });
		let events = [ended(4, Some(6)), ended(5, Some(7))];
		assert_eq!(Ended::of(5, &events), Ended { proposal: 5, point: Some(7) });
		assert_eq!(Ended::of(9, &[ended(9, None)]), Ended { proposal: 9, point: None });
	}
}
