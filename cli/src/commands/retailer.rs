//! `busbar retailer`: who answers for connection points in intervals in which they do not trade.

use super::{
	execute::{execute, tell, Answer},
	table,
	whose::Whose,
	View,
};
use crate::Global;
use anyhow::Result;
use busbar_client::{
	pallet_supply::{Call, Served},
	Retailers, RuntimeCall,
};
use busbar_primitives::{in_force, Interval, ParticipantId, PointId};
use clap::{ArgGroup, Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeMap;

/// Choose who answers for connection points that do not trade, or answer for them
#[derive(Subcommand)]
pub enum Retailer {
	/// Show who is chosen and who serves, from which interval on
	Show(Show),
	/// As an owner: choose the retailer of your connection point, or none
	Choose(Choose),
	/// As a retailer: answer for a connection point that chose you, from the next interval that opens
	Serve(Serve),
	/// As the retailer of a connection point: resign; it is the supplier's of last resort, or its owner's, when the notice is
	/// over
	Resign(Serve),
}

#[derive(Args)]
pub struct Show {
	/// Only this connection point
	#[arg(long, conflicts_with_all = ["participant", "account"])]
	point: Option<PointId>,
	#[command(flatten)]
	whose: Whose,
}

#[derive(Args)]
#[command(group = ArgGroup::new("choice").required(true).args(["retailer", "none"]))]
pub struct Choose {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// UUID of the retailer, who then serves
	#[arg(long, value_name = "UUID")]
	retailer: Option<ParticipantId>,
	/// No retailer: intervals that are open stay with who serves, later ones are the owner's
	#[arg(long)]
	none: bool,
}

#[derive(Args)]
pub struct Serve {
	/// Connection point
	#[arg(long)]
	point: PointId,
}

/// Who is chosen and who serves a point.
#[derive(Serialize)]
struct Point {
	point: PointId,
	/// Chosen, and serves not yet.
	chosen: Option<ParticipantId>,
	/// The latest last.
	served: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
	retailer: ParticipantId,
	/// First interval.
	from: Interval,
	/// First interval that is not its any more.
	until: Option<Interval>,
	/// Whether it has the interval in delivery.
	serves: bool,
}

#[derive(Serialize)]
struct Points {
	points: Vec<Point>,
}

impl Point {
	fn new(point: PointId, retailers: Retailers, current: Interval) -> Self {
		let service = |Served { retailer, from, until }| Service {
			retailer,
			from,
			until,
			serves: in_force(from, until, current),
		};
		Self { point, chosen: retailers.chosen, served: retailers.served.into_iter().map(service).collect() }
	}
}

impl Points {
	async fn of_point(view: &View, point: PointId) -> Result<Self> {
		let retailers = view.chain.retailers(view.at, point).await?;
		Ok(Self { points: vec![Point::new(point, retailers, view.clock.current)] })
	}

	/// A participant's own points, and those that chose it.
	fn of_participant(
		all: BTreeMap<PointId, Retailers>,
		participant: ParticipantId,
		own: &[PointId],
		current: Interval,
	) -> Self {
		let concerns = |(point, retailers): &(PointId, Retailers)| {
			let served = retailers.served.iter().any(|served| served.retailer == participant);
			own.contains(point) || served || retailers.chosen == Some(participant)
		};
		let row = |(point, retailers)| Point::new(point, retailers, current);
		Self { points: all.into_iter().filter(concerns).map(row).collect() }
	}
}

impl Answer for Points {
	fn print(&self) {
		let mut table = table(&["retailer", "state", "point", "from", "until"], 2);
		let mut rows = 0;
		for Point { point, chosen, served } in &self.points {
			let number = |interval: Option<Interval>| interval.map_or("-".into(), |interval| interval.to_string());
			for Service { retailer, from, until, serves } in served {
				let state = match (serves, until.is_some_and(|until| until <= *from)) {
					(true, _) => "serves",
					(false, true) => "never served",
					(false, false) if until.is_none() => "will serve",
					(false, false) => "does not serve",
				};
				table.add_row([
					retailer.to_string(),
					state.into(),
					point.to_string(),
					from.to_string(),
					number(*until),
				]);
				rows += 1;
			}
			if let Some(chosen) = chosen {
				table.add_row([chosen.to_string(), "chosen".into(), point.to_string(), "-".into(), "-".into()]);
				rows += 1;
			}
		}
		if rows == 0 {
			println!("No retailer is chosen or serves.");
		} else {
			println!("{table}");
		}
	}
}

impl Retailer {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Show(Show { point, whose }) => {
				let view = super::open(global).await?;
				let points = match point {
					Some(point) => Points::of_point(&view, point).await?,
					None => {
						let who = whose.find(global, &view).await?;
						let all = view.chain.all_retailers(view.at).await?;
						Points::of_participant(all, who.id, &who.points, view.clock.current)
					},
				};
				tell(global, &points)
			},
			Self::Choose(Choose { point, retailer, .. }) => {
				change(global, point, Call::choose { point, retailer }).await
			},
			Self::Serve(Serve { point }) => change(global, point, Call::serve { point }).await,
			Self::Resign(Serve { point }) => change(global, point, Call::resign { point }).await,
		}
	}
}

/// Runs a call and tells who serves the point then.
async fn change(global: &Global, point: PointId, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Supply(call)).await?;
	done.tell(global, &Points::of_point(&done.view, point).await?)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_participant_sees_its_own_points_and_those_it_serves() {
		let [owner, retailer, other] = [1, 2, 3].map(|byte| ParticipantId([byte; 16]));
		let served = |retailer, from, until| Served { retailer, from, until };
		let all = BTreeMap::from([
			(1, Retailers { chosen: Some(other), served: vec![served(retailer, 5, Some(9))] }),
			(2, Retailers { chosen: None, served: vec![served(retailer, 7, None)] }),
			(3, Retailers { chosen: Some(other), served: Vec::new() }),
		]);
		let points = |who, own: &[PointId]| -> Vec<PointId> {
			let shown = Points::of_participant(all.clone(), who, own, 7);
			shown.points.iter().map(|row| row.point).collect()
		};
		assert_eq!(points(owner, &[1]), [1]);
		assert_eq!(points(retailer, &[]), [1, 2]);
		assert_eq!(points(other, &[]), [1, 3]);
		let rows = Points::of_participant(all, retailer, &[], 9).points;
		assert_eq!((rows[0].served[0].serves, rows[1].served[0].serves), (false, true));
	}
}
