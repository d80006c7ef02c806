//! What came back of losses, and whose it is: credits that a run scaled after a default are paid their shares once somebody asks
//! for them.

use super::{Keeper, Told};
use anyhow::{Context, Result};
use busbar_client::{
	constants,
	pallet_settlement::{self, ScaledRun, Share},
	storage::settlement as storage,
	Chain, RuntimeEvent,
};
use busbar_primitives::{Balance, Interval, Party, FIRST_RUN};
use serde::Serialize;
use sp_core::H256;

/// Parties of a run for whom something came back that they have not yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
	/// The interval.
	pub interval: Interval,
	/// The run whose credits were scaled.
	pub run: u16,
	/// Whose credits these were.
	pub parties: Vec<Party>,
}

/// What a party was paid of its loss.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Repaid {
	/// The interval.
	pub interval: Interval,
	/// Whose loss it was.
	pub party: Party,
	/// In nEUR.
	#[serde(with = "busbar_primitives::decimal")]
	pub amount: Balance,
}

/// Whose something is of what came back of a run's loss.
fn owed(run: &ScaledRun, shares: Vec<(Party, Share)>) -> Vec<Party> {
	shares.into_iter().filter(|(_, share)| run.owes(share) > 0).map(|(party, _)| party).collect()
}

/// What came back of an interval's losses, or of those of all intervals that are kept, and is not paid out.
///
/// # Errors
/// If the node fails.
pub async fn due(chain: &Chain, at: H256, interval: Option<Interval>) -> Result<Vec<Due>> {
	let losses = match interval {
		Some(interval) => {
			let loss = chain.read(at, &storage::LOSSES, (interval,)).await?;
			loss.map(|loss| ((interval,), loss)).into_iter().collect()
		},
		None => chain.entries(at, &storage::LOSSES).await?,
	};
	let mut found = Vec::new();
	for ((interval,), loss) in losses {
		for (run, of_run) in (FIRST_RUN..).zip(&loss.runs) {
			if of_run.waiting() == 0 {
				continue;
			}
			let shares = chain.entries_of(at, &storage::SHARES, ((interval, run),)).await?;
			let parties = owed(of_run, shares.into_iter().map(|((_, party), share)| (party, share)).collect());
			if !parties.is_empty() {
				found.push(Due { interval, run, parties });
			}
		}
	}
	found.sort_by_key(|due| (due.interval, due.run));
	Ok(found)
}

impl Keeper {
	/// Has everybody paid what came back of its losses of an interval, or of all that are kept, and says what that was.
	///
	/// # Errors
	/// If the node fails, or a call does.
	pub async fn recover(&self, interval: Option<Interval>) -> Result<Vec<Repaid>> {
		let chain = self.submitter.chain();
		let most = chain.constant(&constants::settlement::MAX_POINTS)? as usize;
		let mut repaid = Vec::new();
		for Due { interval, run, parties } in due(chain, self.submitter.best().hash, interval).await? {
			for parties in parties.chunks(most) {
				let parties = parties.to_vec();
				let call = pallet_settlement::Call::recover { interval, run, parties };
				let outcome = self.submitter.run(&self.signer, call).await;
				let outcome = outcome.with_context(|| format!("what came back in interval {interval} is not paid"))?;
				repaid.extend(outcome.events.iter().filter_map(paid));
			}
		}
		Ok(repaid)
	}

	/// The same for all intervals, told as a keeper that follows the chain tells what it does. What fails is tried again.
	pub(super) async fn recover_all(&self, tell: &impl Fn(Told)) -> Result<()> {
		let chain = self.submitter.chain();
		for Due { interval, parties, .. } in due(chain, self.submitter.best().hash, None).await? {
			let failure = self.recover(Some(interval)).await.err();
			tell(Told { interval, kind: None, points: parties.len(), failure });
		}
		Ok(())
	}
}

fn paid(event: &RuntimeEvent) -> Option<Repaid> {
	match event {
		RuntimeEvent::Settlement(pallet_settlement::Event::LossRepaid { interval, party, amount }) => {
			Some(Repaid { interval: *interval, party: *party, amount: *amount })
		},
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_client::pallet_settlement::Scaled;

	/// Half of 100 of contracts, and 7 of 9 of imbalances came back.
	fn run(paid: Balance) -> ScaledRun {
		let scaled = |credits, lost, recovered| Scaled { credits, lost, recovered };
		ScaledRun { contracts: scaled(100, 60, 50), imbalances: scaled(9, 9, 7), paid }
	}

	#[test]
	fn who_has_its_share_or_too_small_a_one_is_not_asked_for_again() {
		let share = |contracts, imbalances, paid| Share { contracts, imbalances, paid };
		let shares = vec![
			(Party::Point(1), share(40, 0, 20)),
			(Party::Point(2), share(40, 0, 19)),
			(Party::Point(3), share(1, 1, 0)),
			(Party::Point(4), share(0, 2, 0)),
			(Party::Fund, share(0, 6, 0)),
		];
		assert_eq!(owed(&run(0), shares), [Party::Point(2), Party::Point(4), Party::Fund]);
	}

	#[test]
	fn of_a_run_that_scaled_nothing_nothing_waits_and_of_others_what_was_not_paid() {
		let scaled = || Scaled { credits: 0, lost: 0, recovered: 0 };
		let none = ScaledRun { contracts: scaled(), imbalances: scaled(), paid: 0 };
		assert_eq!((none.waiting(), none.owes(&Share { contracts: 5, imbalances: 5, paid: 0 })), (0, 0));
		assert_eq!((run(0).waiting(), run(50).waiting()), (57, 7));
	}
}
