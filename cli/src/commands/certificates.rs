//! `busbar certificates`: certificates for renewable energy, one for every Wh that a certified plant fed in.

use super::{
	execute::{execute, tell, Answer},
	table,
	whose::Whose,
	View,
};
use crate::Global;
use anyhow::{Context, Result};
use busbar_client::{
	constants,
	pallet_certificates::{Call, Certified},
	Account, RuntimeCall, Total,
};
use busbar_primitives::{
	certificates::{Class, Source},
	Interval, ParticipantId, PointId, Wh, ZoneId,
};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde::Serialize;

/// Show, hand over and retire certificates for renewable energy; certify plants
#[derive(Subcommand)]
pub enum Certificates {
	/// Show what a participant holds, retired and owes, by source, zone and period
	Show(Whose),
	/// Show all certified plants, and of each class how much was issued and where it is
	Supply,
	/// Hand certificates over to another participant
	Transfer(Transfer),
	/// Retire certificates for good, as consumption that the chain does not see
	Retire(Lot),
	/// As a regulator: certify what a connection point feeds in, from the next interval that opens, or end that
	Certify(Certify),
}

/// Certificates that are alike, and whose.
#[derive(Args)]
pub struct Lot {
	/// Source of the energy
	#[arg(long, value_enum)]
	source: Origin,
	/// Zone where it was fed in
	#[arg(long)]
	zone: ZoneId,
	/// Period in which it was fed in: the interval's number divided by 2880, rounded down [default: the present one]
	#[arg(long)]
	period: Option<u32>,
	/// How much, in Wh
	#[arg(long)]
	wh: Wh,
	/// UUID of the holder, for its delegate [default: the participant of --suri]
	#[arg(long, value_name = "UUID")]
	holder: Option<ParticipantId>,
}

#[derive(Args)]
pub struct Transfer {
	#[command(flatten)]
	lot: Lot,
	/// UUID of who receives them
	#[arg(long, value_name = "UUID")]
	to: ParticipantId,
}

#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["source", "end"]))]
pub struct Certify {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// Source of what it feeds in
	#[arg(long, value_enum)]
	source: Option<Origin>,
	/// It feeds in no certified energy any more
	#[arg(long)]
	end: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Origin {
	Solar,
	Wind,
	Hydro,
	Biomass,
	Geothermal,
}

impl From<Origin> for Source {
	fn from(origin: Origin) -> Self {
		match origin {
			Origin::Solar => Self::Solar,
			Origin::Wind => Self::Wind,
			Origin::Hydro => Self::Hydro,
			Origin::Biomass => Self::Biomass,
			Origin::Geothermal => Self::Geothermal,
		}
	}
}

/// The first cells of a class's row.
fn cells(class: &Class) -> [String; 3] {
	[format!("{:?}", class.source).to_lowercase(), class.zone.to_string(), class.period.to_string()]
}

/// A row of energies behind those of its class.
fn row<const N: usize>(class: &Class, wh: [Wh; N]) -> Vec<String> {
	cells(class).into_iter().chain(wh.map(|wh| wh.to_string())).collect()
}

/// What a participant has.
#[derive(Serialize)]
struct Holdings {
	participant: ParticipantId,
	holdings: Vec<Holding>,
}

#[derive(Serialize)]
struct Holding {
	#[serde(flatten)]
	class: Class,
	/// In Wh.
	held: Wh,
	/// In Wh.
	retired: Wh,
	/// Issued on readings that were corrected since, and passed on already; in Wh.
	owed: Wh,
}

impl Holdings {
	async fn read(view: &View, participant: ParticipantId) -> Result<Self> {
		let all = view.chain.certificates(view.at).await?;
		let own = all.into_iter().filter(|((_, owner), _)| *owner == participant);
		let holding = |((class, _), Account { held, retired, owed })| Holding { class, held, retired, owed };
		Ok(Self { participant, holdings: own.map(holding).collect() })
	}
}

impl Answer for Holdings {
	fn print(&self) {
		if self.holdings.is_empty() {
			println!("{} holds no certificates and has retired none.", self.participant);
			return;
		}
		println!("Participant {}", self.participant);
		let mut table = table(&["source", "zone", "period", "held Wh", "retired Wh", "owed Wh"], 1);
		for Holding { class, held, retired, owed } in &self.holdings {
			table.add_row(row(class, [*held, *retired, *owed]));
		}
		println!("{table}");
	}
}

#[derive(Serialize)]
struct Plant {
	point: PointId,
	source: Source,
	/// First interval that counts.
	from: Interval,
	/// First interval that does not count any more.
	until: Option<Interval>,
}

impl Plant {
	fn new(point: PointId, certified: Certified) -> Self {
		let Certified { source, from, until } = certified;
		Self { point, source, from, until }
	}
}

#[derive(Serialize)]
struct Plants {
	plants: Vec<Plant>,
}

impl Answer for Plants {
	fn print(&self) {
		if self.plants.is_empty() {
			println!("No plant is certified.");
			return;
		}
		let mut table = table(&["source", "point", "from", "until"], 1);
		for Plant { point, source, from, until } in &self.plants {
			table.add_row([
				format!("{source:?}").to_lowercase(),
				point.to_string(),
				from.to_string(),
				until.map_or("-".into(), |until| until.to_string()),
			]);
		}
		println!("{table}");
	}
}

#[derive(Serialize)]
struct Supply {
	#[serde(flatten)]
	plants: Plants,
	classes: Vec<Sum>,
}

/// All there is of a class, in Wh.
#[derive(Serialize)]
struct Sum {
	#[serde(flatten)]
	class: Class,
	issued: Wh,
	held: Wh,
	retired: Wh,
	/// Sold in intervals in settlement, and not with its buyers yet.
	pooled: Wh,
	owed: Wh,
}

impl Answer for Supply {
	fn print(&self) {
		self.plants.print();
		if self.classes.is_empty() {
			println!("No certificate has been issued.");
			return;
		}
		let header = ["source", "zone", "period", "issued Wh", "held Wh", "retired Wh", "pooled Wh", "owed Wh"];
		let mut table = table(&header, 1);
		for Sum { class, issued, held, retired, pooled, owed } in &self.classes {
			table.add_row(row(class, [*issued, *held, *retired, *pooled, *owed]));
		}
		println!("{table}");
	}
}

impl Lot {
	/// The class that is meant, and whose it is.
	async fn find(&self, global: &Global) -> Result<(ParticipantId, Class)> {
		let view = super::open(global).await?;
		let holder = match self.holder {
			Some(holder) => holder,
			None => Whose::default().id(global, &view).await?,
		};
		let period = match self.period {
			Some(period) => period,
			None => present(&view)?,
		};
		Ok((holder, Class { source: self.source.into(), zone: self.zone, period }))
	}
}

/// The period of the interval in delivery.
fn present(view: &View) -> Result<u32> {
	let length = view.chain.constant(&constants::certificates::PERIOD)?;
	view.clock.current.checked_div(length).context("a period has at least one interval; qed")
}

impl Certificates {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Show(whose) => {
				let view = super::open(global).await?;
				let participant = whose.id(global, &view).await?;
				tell(global, &Holdings::read(&view, participant).await?)
			},
			Self::Supply => {
				let view = super::open(global).await?;
				let plants = view.chain.plants(view.at).await?;
				let plants = plants.into_iter().map(|(point, certified)| Plant::new(point, certified)).collect();
				let sum = |(class, Total { issued, held, retired, pooled, owed })| Sum {
					class,
					issued,
					held,
					retired,
					pooled,
					owed,
				};
				let classes = view.chain.supply(view.at).await?.into_iter().map(sum).collect();
				tell(global, &Supply { plants: Plants { plants }, classes })
			},
			Self::Transfer(Transfer { lot, to }) => {
				let (holder, class) = lot.find(global).await?;
				change(global, holder, Call::transfer { holder, class, to, wh: lot.wh }).await
			},
			Self::Retire(lot) => {
				let (holder, class) = lot.find(global).await?;
				change(global, holder, Call::retire { holder, class, wh: lot.wh }).await
			},
			Self::Certify(Certify { point, source, .. }) => {
				let call = Call::certify { point, source: source.map(Source::from) };
				let done = execute(global, RuntimeCall::Certificates(call)).await?;
				let certified = done.view.chain.certified(done.view.at, point).await?;
				let plants = certified.map(|certified| Plant::new(point, certified)).into_iter().collect();
				done.tell(global, &Plants { plants })
			},
		}
	}
}

/// Runs a call and tells what its holder has then.
async fn change(global: &Global, holder: ParticipantId, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Certificates(call)).await?;
	done.tell(global, &Holdings::read(&done.view, holder).await?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn a_holding_names_its_class() {
		let class = Class { source: Source::Solar, zone: 43, period: 1 };
		let holding = Holding { class, held: 5, retired: 3, owed: 0 };
		let expected = json!({ "source": "solar", "zone": 43, "period": 1, "held": 5, "retired": 3, "owed": 0 });
		assert_eq!(serde_json::to_value(&holding).unwrap(), expected);
		assert_eq!(row(&class, [5, 3, 0]), ["solar", "43", "1", "5", "3", "0"]);
	}
}
