//! A member that sends.

use super::{
	mix::Kind,
	report::{Fate, Sample},
};
use busbar_client::{
	frame_system, pallet_balances, pallet_market,
	sign::Signer,
	submit::{Outcome, Submitter},
	AccountId, Error, RuntimeCall, RuntimeEvent,
};
use busbar_primitives::{api::PointView, energy, Interval, PointId, Price, ProductId, Side, Step, Watt};
use sp_runtime::MultiAddress;
use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};

/// The devnet's one product.
const PRODUCT: ProductId = 0;
/// Prices lie on this many steps above the lowest, so that books have levels.
const LEVELS: u64 = 64;
const LOWEST: Price = 100_000;
const STEP: Price = 1_000;
/// An order takes this part of what the point carries in an interval.
const PART: u64 = 10;

pub(super) struct Member {
	point: PointId,
	signer: Signer,
	side: Side,
	/// What its point may carry that way, in W.
	rating: Watt,
	/// Whom it pays.
	next: AccountId,
	turn: Mutex<Turn>,
}

/// What a member has sent.
#[derive(Default)]
struct Turn {
	orders: u64,
	/// The newest interval for which its point has an order.
	newest: Option<Interval>,
}

impl Member {
	/// A member with its connection point.
	pub(super) fn new(view: &PointView, signer: Signer, next: AccountId) -> Self {
		let point = &view.point;
		let (side, rating) =
			if point.import_w > 0 { (Side::Buy, point.import_w) } else { (Side::Sell, point.export_w) };
		Self { point: view.id, signer, side, rating, next, turn: Mutex::default() }
	}

	/// Sends what is due, and follows it until it is finalised, or lost.
	pub(super) async fn send(&self, kind: Kind, due: Instant, way: &Submitter) -> Sample {
		let mut sample = Sample { kind, due, accepted: None, included: None, weight_ps: None, fate: Fate::Lost };
		// One after the other: what an order is depends on the one before.
		let mut turn = self.turn.lock().await;
		let (call, interval) = match kind {
			Kind::Order => self.order(&turn, way),
			Kind::Transfer => (self.transfer(), turn.newest),
		};
		let sent = match way.submit(&self.signer, call).await {
			Ok(sent) => sent,
			Err(error) => {
				sample.fate = Fate::Refused(reason(&error));
				return sample;
			},
		};
		turn.newest = interval;
		turn.orders = turn.orders.saturating_add(u64::from(kind == Kind::Order));
		drop(turn);
		sample.accepted = Some(due.elapsed());
		let mut included = None;
		let outcome = sent.followed(|_| included = Some(due.elapsed())).await;
		sample.included = included;
		if let Ok(outcome) = outcome {
			sample.weight_ps = booked(&outcome);
			sample.fate = fate(outcome, due.elapsed());
		}
		sample
	}

	/// The next order, and the interval that it is for.
	fn order(&self, turn: &Turn, way: &Submitter) -> (RuntimeCall, Option<Interval>) {
		let clock = way.best().clock;
		let newest = clock.first_unopened.saturating_sub(1);
		let level = u64::from(self.point).wrapping_mul(7).wrapping_add(turn.orders.wrapping_mul(13)) % LEVELS;
		let price = LOWEST.saturating_add(STEP.saturating_mul(level as Price));
		let wh = energy(self.rating, clock.interval_s) / PART;
		let (interval, product, point) = (newest, PRODUCT, self.point);
		let steps = vec![Step { side: self.side, price, wh }];
		let call = if turn.newest.is_some_and(|last| last >= newest) {
			pallet_market::Call::replace { interval, product, point, steps }
		} else {
			pallet_market::Call::place { interval, product, point, steps }
		};
		(call.into(), Some(newest))
	}

	fn transfer(&self) -> RuntimeCall {
		let dest = MultiAddress::Id(self.next.clone());
		pallet_balances::Call::transfer_keep_alive { dest, value: 1 }.into()
	}
}

/// Why a node did not take a transaction.
fn reason(error: &Error) -> String {
	match error {
		Error::NotTaken { reason, .. } => reason.to_string(),
		error => error.to_string(),
	}
}

fn fate(outcome: Outcome, after: Duration) -> Fate {
	match outcome.error {
		None => Fate::Done { finalised: after },
		Some(error) => Fate::Failed(error.to_string()),
	}
}

/// Computation that the chain booked for a transaction in the end, in ps.
fn booked(outcome: &Outcome) -> Option<u64> {
	outcome.events.iter().find_map(|event| match event {
		RuntimeEvent::System(
			frame_system::Event::ExtrinsicSuccess { dispatch_info }
			| frame_system::Event::ExtrinsicFailed { dispatch_info, .. },
		) => Some(dispatch_info.weight.ref_time),
		_ => None,
	})
}
