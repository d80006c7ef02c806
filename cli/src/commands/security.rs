//! `busbar security`: what stands in for a connection point's debts, and what is owed after a default.

mod balancing;
mod claims;
mod needs;
mod recover;

use super::{
	eur,
	execute::{execute, tell, Answer},
	table,
	whose::Whose,
	View,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{
	pallet_securities::{Backing, Call, Security as Posted},
	AccountId, RuntimeCall,
};
use busbar_primitives::{Amount, Balance, Interval, ParticipantId, Phase, PointId};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde::Serialize;

/// Show and change what secures connection points; pay debts after a default
#[derive(Subcommand)]
pub enum Security {
	/// Show deposits and guarantees, and what of them leaves when
	Show(Show),
	/// Show what must secure connection points so that orders are taken that buy, what of it is used, and what is free
	Needed(needs::Needed),
	/// Add your own money to the standing deposit of your connection point
	Deposit(Post),
	/// Stand in for a connection point with your own money, as a retailer or an aggregator of its zone
	Guarantee(Post),
	/// Choose who stands in for your connection point: it takes the place of another that posted no more
	ChooseGuarantor(ChooseGuarantor),
	/// Give notice that a deposit or guarantee shall be returned: it secures all intervals that are open by now
	GiveNotice(GiveNotice),
	/// Take back what notice was given of, once every interval that it secures is final
	Release(Release),
	/// Show a participant's margin: its money for orders
	Margin(Whose),
	/// Move free money into the margin, which alone secures orders
	MarginIn(Move),
	/// Move money that no order holds out of the margin
	MarginOut(Move),
	/// Show what a balance-responsible party stands in with for imbalances that others do not pay
	Balancing(Whose),
	/// Add your own money to that, as a balance-responsible party
	DepositBalancing(balancing::Post),
	/// Give notice that some of that shall be returned: it secures all intervals that are open by now
	GiveNoticeBalancing(balancing::GiveNotice),
	/// Take back what notice was given of, once every interval that it secures is final
	ReleaseBalancing(Whose),
	/// Show what guarantors that were drawn on are owed, of a participant as debtor or as guarantor
	Claims(Whose),
	/// Show what a participant owes after defaults
	Debt(Whose),
	/// Pay what a participant owes after defaults, to who bore them, so that it may trade again
	Repay(Repay),
	/// Have everybody paid what came back of its losses, as debtors repaid them; anybody may
	Recover(recover::Recover),
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
pub struct Post {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// How much more, in nEUR (10^9 nEUR = 1 EUR)
	#[arg(long, value_name = "NEUR")]
	amount: Balance,
}

#[derive(Args)]
#[command(group = ArgGroup::new("choice").required(true).args(["guarantor", "none"]))]
pub struct ChooseGuarantor {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// UUID of the retailer or aggregator, who then posts by `guarantee`
	#[arg(long, value_name = "UUID")]
	guarantor: Option<ParticipantId>,
	/// Whoever comes first
	#[arg(long)]
	none: bool,
}

#[derive(Args)]
pub struct Move {
	#[command(flatten)]
	whose: Whose,
	/// How much, in nEUR (10^9 nEUR = 1 EUR)
	#[arg(long, value_name = "NEUR")]
	amount: Balance,
}

#[derive(Args)]
pub struct GiveNotice {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// What secures it
	#[arg(long, value_enum)]
	backing: Kind,
	/// How much shall be returned, in nEUR; another notice replaces this one [default: all]
	#[arg(long, value_name = "NEUR")]
	amount: Option<Balance>,
}

#[derive(Args)]
pub struct Release {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// What secures it
	#[arg(long, value_enum)]
	backing: Kind,
}

#[derive(Args)]
pub struct Repay {
	#[command(flatten)]
	whose: Whose,
	/// How much to pay, in nEUR, of the money of --suri [default: all that is owed]
	#[arg(long, value_name = "NEUR")]
	amount: Option<Balance>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
	/// The owner's standing deposit
	Deposit,
	/// What a retailer or aggregator stands in for
	Guarantee,
}

impl From<Kind> for Backing {
	fn from(kind: Kind) -> Self {
		match kind {
			Kind::Deposit => Self::Deposit,
			Kind::Guarantee => Self::Guarantee,
		}
	}
}

impl From<Backing> for Kind {
	fn from(backing: Backing) -> Self {
		match backing {
			Backing::Deposit => Self::Deposit,
			Backing::Guarantee => Self::Guarantee,
		}
	}
}

/// Money that secures a connection point.
#[derive(Serialize)]
struct Secured {
	point: PointId,
	backing: Kind,
	by: ParticipantId,
	account: String,
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	amount: Balance,
	leaving: Option<Leaving>,
}

/// What notice was given of.
#[derive(Serialize)]
struct Leaving {
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	amount: Balance,
	/// The last interval that it secures.
	last: Interval,
	/// Whether that is final, so that the money may be released if all before it is.
	#[serde(rename = "final")]
	is_final: bool,
}

#[derive(Serialize)]
struct Securities {
	securities: Vec<Secured>,
}

impl Securities {
	/// What secures one point.
	async fn of_point(view: &View, point: PointId) -> Result<Self> {
		let mut securities = Vec::new();
		for kind in [Kind::Deposit, Kind::Guarantee] {
			if let Some(posted) = view.chain.security(view.at, point, kind.into()).await? {
				securities.push(Secured::read(view, point, kind, posted).await?);
			}
		}
		Ok(Self { securities })
	}

	/// What secures a participant's points, and what it posted for others'.
	async fn of_participant(view: &View, participant: ParticipantId, points: &[PointId]) -> Result<Self> {
		let mut securities = Vec::new();
		for ((point, backing), posted) in view.chain.securities(view.at).await? {
			if posted.by == participant || points.contains(&point) {
				securities.push(Secured::read(view, point, backing.into(), posted).await?);
			}
		}
		securities.sort_by_key(|secured| (secured.point, secured.backing));
		Ok(Self { securities })
	}
}

impl Leaving {
	/// What leaves of `all` that was posted.
	async fn read(view: &View, all: Balance, leaving: Option<(Balance, Interval)>) -> Result<Option<Self>> {
		let Some((amount, last)) = leaving else { return Ok(None) };
		// What secured a debt since the notice is gone.
		let amount = amount.min(all);
		let status = view.chain.status(view.at, last).await?;
		let is_final = status.is_none_or(|status| status.phase == Phase::Final);
		Ok(Some(Self { amount, last, is_final }))
	}
}

impl Secured {
	async fn read(view: &View, point: PointId, backing: Kind, posted: Posted<AccountId>) -> Result<Self> {
		let leaving = Leaving::read(view, posted.amount, posted.leaving).await?;
		let account = posted.account.to_string();
		Ok(Self { point, backing, by: posted.by, account, amount: posted.amount, leaving })
	}
}

impl Answer for Securities {
	fn print(&self) {
		if self.securities.is_empty() {
			println!("Nothing is deposited or guaranteed.");
			return;
		}
		let mut table = table(&["kind", "by", "notice", "point", "EUR", "leaving EUR", "last interval secured"], 3);
		for Secured { point, backing, by, amount, leaving, .. } in &self.securities {
			let (notice, leaves, last) = match leaving {
				None => ("-", "-".into(), "-".into()),
				Some(Leaving { amount, last, is_final }) => {
					let notice = if *is_final { "may be released" } else { "given" };
					(notice, money(*amount), last.to_string())
				},
			};
			table.add_row([
				format!("{backing:?}").to_lowercase(),
				by.to_string(),
				notice.into(),
				point.to_string(),
				money(*amount),
				leaves,
				last,
			]);
		}
		println!("{table}");
	}
}

/// A participant's money for orders, in nEUR.
#[derive(Serialize)]
struct Funds {
	participant: ParticipantId,
	/// Moved in.
	#[serde(with = "busbar_primitives::decimal")]
	margin: Balance,
	/// Of that, what orders hold.
	#[serde(with = "busbar_primitives::decimal")]
	held: Balance,
	/// And what none holds.
	#[serde(with = "busbar_primitives::decimal")]
	free: Balance,
}

impl Funds {
	async fn read(view: &View, participant: ParticipantId) -> Result<Self> {
		let margin = view.chain.margin(view.at, participant).await?;
		Ok(Self { participant, margin: margin.own, held: margin.held, free: margin.free() })
	}
}

impl Answer for Funds {
	fn print(&self) {
		println!("Margin of {}", self.participant);
		for (name, amount) in [("Moved in", self.margin), ("Held by orders", self.held), ("Free", self.free)] {
			println!("{name:<15}{} EUR", money(amount));
		}
	}
}

#[derive(Serialize)]
struct Debt {
	participant: ParticipantId,
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	owed: Balance,
}

impl Debt {
	async fn read(view: &View, participant: ParticipantId) -> Result<Self> {
		Ok(Self { participant, owed: view.chain.debt(view.at, participant).await? })
	}
}

impl Answer for Debt {
	fn print(&self) {
		match self.owed {
			0 => println!("{} owes nothing after defaults.", self.participant),
			owed => println!(
				"{} owes {} EUR after defaults and may not trade before it is paid; `busbar security repay` pays.",
				self.participant,
				money(owed)
			),
		}
	}
}

fn money(amount: Balance) -> String {
	// The issuance lies far below the bound of signed amounts.
	eur(Amount::try_from(amount).unwrap_or(Amount::MAX))
}

impl Security {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Show(Show { point, whose }) => {
				let view = super::open(global).await?;
				let securities = match point {
					Some(point) => Securities::of_point(&view, point).await?,
					None => {
						let owner = whose.find(global, &view).await?;
						Securities::of_participant(&view, owner.id, &owner.points).await?
					},
				};
				tell(global, &securities)
			},
			Self::Deposit(Post { point, amount }) => change(global, point, Call::deposit { point, amount }).await,
			Self::Guarantee(Post { point, amount }) => change(global, point, Call::guarantee { point, amount }).await,
			Self::ChooseGuarantor(ChooseGuarantor { point, guarantor, .. }) => {
				change(global, point, Call::choose_guarantor { point, guarantor }).await
			},
			Self::GiveNotice(GiveNotice { point, backing, amount }) => {
				let amount = match amount {
					Some(amount) => amount,
					None => all(&super::open(global).await?, point, backing).await?,
				};
				change(global, point, Call::give_notice { point, backing: backing.into(), amount }).await
			},
			Self::Release(Release { point, backing }) => {
				change(global, point, Call::release { point, backing: backing.into() }).await
			},
			Self::Margin(whose) => {
				let view = super::open(global).await?;
				let participant = whose.id(global, &view).await?;
				tell(global, &Funds::read(&view, participant).await?)
			},
			Self::MarginIn(Move { whose, amount }) => {
				let participant = whose.id(global, &super::open(global).await?).await?;
				moved(global, participant, Call::margin_in { participant, amount }).await
			},
			Self::MarginOut(Move { whose, amount }) => {
				let participant = whose.id(global, &super::open(global).await?).await?;
				moved(global, participant, Call::margin_out { participant, amount }).await
			},
			Self::Needed(needed) => needed.run(global).await,
			Self::Balancing(whose) => balancing::show(whose, global).await,
			Self::DepositBalancing(post) => post.run(global).await,
			Self::GiveNoticeBalancing(notice) => notice.run(global).await,
			Self::ReleaseBalancing(whose) => balancing::release(whose, global).await,
			Self::Claims(whose) => claims::show(whose, global).await,
			Self::Debt(whose) => {
				let view = super::open(global).await?;
				let participant = whose.id(global, &view).await?;
				tell(global, &Debt::read(&view, participant).await?)
			},
			Self::Repay(repay) => repay.run(global).await,
			Self::Recover(recover) => recover.run(global).await,
		}
	}
}

/// Runs a call and tells what secures the point then.
async fn change(global: &Global, point: PointId, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Securities(call)).await?;
	done.tell(global, &Securities::of_point(&done.view, point).await?)
}

/// Runs a call and tells the participant's margin then.
async fn moved(global: &Global, participant: ParticipantId, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Securities(call)).await?;
	done.tell(global, &Funds::read(&done.view, participant).await?)
}

/// All that secures a point in one way, in nEUR.
async fn all(view: &View, point: PointId, kind: Kind) -> Result<Balance> {
	let posted = view.chain.security(view.at, point, kind.into()).await?;
	let kind = format!("{kind:?}").to_lowercase();
	let message =
		|| Failure::failed(format!("connection point {point} has no {kind}; `busbar security show` lists them"));
	Ok(posted.ok_or_else(message)?.amount)
}

impl Repay {
	async fn run(self, global: &Global) -> Result<()> {
		let view = super::open(global).await?;
		let participant = self.whose.id(global, &view).await?;
		let amount = match self.amount {
			Some(amount) => amount,
			None => view.chain.debt(view.at, participant).await?,
		};
		if amount == 0 {
			return Err(Failure::failed(format!("{participant} owes nothing after defaults")).into());
		}
		let done = execute(global, RuntimeCall::Securities(Call::repay { participant, amount })).await?;
		done.tell(global, &Debt::read(&done.view, participant).await?)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn kinds_are_the_pallets() {
		for kind in [Kind::Deposit, Kind::Guarantee] {
			assert_eq!(Kind::from(Backing::from(kind)), kind);
		}
	}

	#[test]
	fn money_is_a_decimal_string_for_programs() {
		let secured = Secured {
			point: 1,
			backing: Kind::Guarantee,
			by: ParticipantId([1; 16]),
			account: "5Grw".into(),
			amount: 10_000_000_000_000_000,
			leaving: Some(Leaving { amount: 5, last: 46, is_final: false }),
		};
		assert_eq!(
			serde_json::to_value(&secured).unwrap(),
			json!({
				"point": 1, "backing": "guarantee", "by": "01010101-0101-0101-0101-010101010101", "account": "5Grw",
				"amount": "10000000000000000", "leaving": { "amount": "5", "last": 46, "final": false },
			})
		);
	}
}
