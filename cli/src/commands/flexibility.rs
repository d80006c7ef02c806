//! `busbar flexibility`: what members offer to leave of what they contracted, and what the grid operator orders left.

use super::{
	ct,
	execute::{execute, tell, Answer},
	table, View,
};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::{pallet_flexibility::Call, RuntimeCall};
use busbar_primitives::{Flexibility as Terms, Interval, PointId, Price, Reduction, Wh};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

/// Offer flexibility, or order it as the grid operator
#[derive(Subcommand)]
pub enum Flexibility {
	/// Show what is offered and what is ordered
	Show(Show),
	/// As a member: offer to draw or feed in less than contracted, or change the offer, before limits are published
	Offer(Offer),
	/// As the grid operator: order a member to draw or feed in less than contracted; during delivery at most its share of the
	/// time that is left
	Order(Order),
	/// As a member: take an offer back that was not ordered
	Cancel(At),
}

#[derive(Args)]
pub struct Show {
	/// Interval [default: all that are open or in delivery]
	#[arg(long)]
	interval: Option<Interval>,
	/// Only this connection point
	#[arg(long)]
	point: Option<PointId>,
}

#[derive(Args, Clone, Copy)]
pub struct At {
	/// Connection point
	#[arg(long)]
	point: PointId,
	/// Delivery interval: offers and charges before its delivery begins, orders until it ends
	#[arg(long)]
	interval: Interval,
}

#[derive(Args)]
pub struct Offer {
	#[command(flatten)]
	at: At,
	/// What becomes less: what the member draws (load) or feeds in (generation)
	#[arg(long, value_enum)]
	reduction: Less,
	/// Most that may be ordered, in Wh
	#[arg(long)]
	wh: Wh,
	/// What the member receives for what it delivers, in nEUR/Wh
	#[arg(long)]
	price: Price,
	/// What the member pays for what it does not deliver, in nEUR/Wh
	#[arg(long, default_value_t = 0)]
	penalty: Price,
}

#[derive(Args)]
pub struct Order {
	#[command(flatten)]
	at: At,
	/// What becomes less: what the member draws (load) or feeds in (generation) [default: as offered]
	#[arg(long, value_enum)]
	reduction: Option<Less>,
	/// How much, in Wh; only contracted energy counts [default: as offered]
	#[arg(long)]
	wh: Option<Wh>,
	/// What the member receives for what it delivers, in nEUR/Wh [default: as offered]
	#[arg(long)]
	price: Option<Price>,
	/// What the member pays for what it does not deliver, in nEUR/Wh; above 0 only as offered [default: as offered, or 0]
	#[arg(long)]
	penalty: Option<Price>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Less {
	/// The member draws less than it bought
	Load,
	/// The member feeds in less than it sold
	Generation,
}

impl From<Less> for Reduction {
	fn from(less: Less) -> Self {
		match less {
			Less::Load => Self::Load,
			Less::Generation => Self::Generation,
		}
	}
}

/// An offer or an order at a point.
#[derive(Serialize)]
struct Stated {
	interval: Interval,
	point: PointId,
	reduction: Reduction,
	/// In Wh.
	wh: Wh,
	/// For what is delivered, in nEUR/Wh.
	price: Price,
	/// For what is not, in nEUR/Wh.
	penalty: Price,
}

impl Stated {
	fn new(interval: Interval, point: PointId, terms: Terms) -> Self {
		let Terms { reduction, wh, price, penalty } = terms;
		Self { interval, point, reduction, wh, price, penalty }
	}
}

#[derive(Serialize)]
struct Book {
	offers: Vec<Stated>,
	orders: Vec<Stated>,
}

impl Book {
	/// What is offered and ordered at one point.
	async fn of_point(view: &View, At { point, interval }: At) -> Result<Self> {
		let stated =
			|terms: Option<Terms>| terms.map(|terms| Stated::new(interval, point, terms)).into_iter().collect();
		Ok(Self {
			offers: stated(view.chain.offer(view.at, interval, point).await?),
			orders: stated(view.chain.reduction(view.at, interval, point).await?),
		})
	}

	async fn read(view: &View, intervals: std::ops::RangeInclusive<Interval>, point: Option<PointId>) -> Result<Self> {
		let (mut offers, mut orders) = (Vec::new(), Vec::new());
		for interval in intervals {
			let wanted = |(at, terms)| point.is_none_or(|point| point == at).then(|| Stated::new(interval, at, terms));
			offers.extend(view.chain.offers(view.at, interval).await?.into_iter().filter_map(wanted));
			orders.extend(view.chain.reductions(view.at, interval).await?.into_iter().filter_map(wanted));
		}
		Ok(Self { offers, orders })
	}
}

impl Answer for Book {
	fn print(&self) {
		if self.offers.is_empty() && self.orders.is_empty() {
			println!("Nothing is offered or ordered.");
			return;
		}
		let mut table =
			table(&["what", "reduction", "interval", "point", "Wh", "nEUR/Wh", "ct/kWh", "penalty nEUR/Wh"], 2);
		let rows = self.offers.iter().map(|stated| ("offer", stated));
		for (what, stated) in rows.chain(self.orders.iter().map(|stated| ("order", stated))) {
			table.add_row([
				what.into(),
				format!("{:?}", stated.reduction).to_lowercase(),
				stated.interval.to_string(),
				stated.point.to_string(),
				stated.wh.to_string(),
				stated.price.to_string(),
				ct(stated.price),
				stated.penalty.to_string(),
			]);
		}
		println!("{table}");
	}
}

impl Order {
	/// What is ordered: what was said, and for the rest what is offered.
	fn terms(&self, offered: Option<Terms>) -> Result<Terms, Failure> {
		let missing = |what| {
			let At { point, interval } = self.at;
			let offers = "nothing is offered there whose terms could be taken";
			Failure::input(format!("say {what} for point {point} in interval {interval}: {offers}"))
		};
		Ok(Terms {
			reduction: self
				.reduction
				.map(Reduction::from)
				.or(offered.map(|offer| offer.reduction))
				.ok_or_else(|| missing("--reduction"))?,
			wh: self.wh.or(offered.map(|offer| offer.wh)).ok_or_else(|| missing("--wh"))?,
			price: self.price.or(offered.map(|offer| offer.price)).ok_or_else(|| missing("--price"))?,
			penalty: self.penalty.or(offered.map(|offer| offer.penalty)).unwrap_or(0),
		})
	}
}

impl Flexibility {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Show(Show { interval, point }) => {
				let view = super::open(global).await?;
				let intervals = match interval {
					Some(interval) => interval..=interval,
					None => view.clock.current..=view.clock.first_unopened.saturating_sub(1),
				};
				tell(global, &Book::read(&view, intervals, point).await?)
			},
			Self::Offer(Offer { at, reduction, wh, price, penalty }) => {
				let offer = Terms { reduction: reduction.into(), wh, price, penalty };
				offered(global, at, Some(offer)).await
			},
			Self::Cancel(at) => offered(global, at, None).await,
			Self::Order(order) => {
				let at = order.at;
				let view = super::open(global).await?;
				let terms = order.terms(view.chain.offer(view.at, at.interval, at.point).await?)?;
				let At { point, interval } = at;
				change(global, at, Call::order_reduction { interval, point, order: terms }).await
			},
		}
	}
}

async fn offered(global: &Global, at: At, offer: Option<Terms>) -> Result<()> {
	let At { point, interval } = at;
	change(global, at, Call::offer { interval, point, offer }).await
}

/// Runs a call and tells what is offered and ordered at the point then.
async fn change(global: &Global, at: At, call: Call) -> Result<()> {
	let done = execute(global, RuntimeCall::Flexibility(call)).await?;
	done.tell(global, &Book::of_point(&done.view, at).await?)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn order(reduction: Option<Less>, wh: Option<Wh>, price: Option<Price>, penalty: Option<Price>) -> Order {
		Order { at: At { point: 1, interval: 46 }, reduction, wh, price, penalty }
	}

	#[test]
	fn what_is_not_said_is_ordered_as_offered() {
		let offer = Terms { reduction: Reduction::Load, wh: 20, price: 7, penalty: 11 };
		assert_eq!(order(None, None, None, None).terms(Some(offer)).unwrap(), offer);
		let less = order(None, Some(5), None, None).terms(Some(offer)).unwrap();
		assert_eq!(less, Terms { wh: 5, ..offer });
	}

	#[test]
	fn without_an_offer_the_terms_are_said_and_nothing_is_charged() {
		let terms = order(Some(Less::Generation), Some(5), Some(7), None).terms(None).unwrap();
		assert_eq!(terms, Terms { reduction: Reduction::Generation, wh: 5, price: 7, penalty: 0 });
		let error = order(Some(Less::Load), Some(5), None, None).terms(None).unwrap_err();
		assert_eq!(error.exit_code(), 2);
		assert!(error.to_string().starts_with("say --price for point 1 in interval 46"), "{error}");
	}
}
