//! Registering the grid, its members and their money. What already stands is kept, so that a second run on the same
//! chain only adds what is missing.

use super::{
	plan::{zone_id, Plan},
	progress::Progress,
	world::{batch, members, Member, Operators, World},
};
use crate::failure::Failure;
use anyhow::{Context, Result};
use busbar_client::{
	constants, pallet_grid, pallet_issuance, pallet_metering, pallet_participants, pallet_securities, sign::Signer,
	submit::Submitter, AccountId, RuntimeCall, RuntimeEvent,
};
use busbar_primitives::{
	energy,
	metering::{required_bond, Duty, MeterClass, MeterId, FULL_REPUTATION},
	Balance, Interval, PointId, PointKind, Price, Scope, Terms, Watt, ZoneId,
};
use futures::future::try_join_all;
use sp_core::Pair;
use std::collections::BTreeMap;

/// Most calls in one batch: several batches of the heaviest of them, a registration, share a block.
const BATCH: usize = 60;
/// How many intervals' collateral a member's money covers: those open, in delivery and in settlement.
const INTERVALS_COVERED: Balance = 8;
/// Working money on top of collateral: 50 EUR.
const WORKING_MONEY: Balance = 50_000_000_000;

/// Registers what is missing.
///
/// # Errors
/// If the chain has another grid, its genesis lacks the devnet's identities, or a call fails.
pub async fn setup(submitter: &Submitter, plan: &Plan, seed: u64, progress: &Progress) -> Result<World> {
	let chain = submitter.chain();
	let operators = Operators::devnet()?;
	let at = chain.finalised().await?;
	let clock = chain.clock(at).await?;
	let mut members = members(plan, seed)?;

	progress.step("registering zones and members");
	let known = try_join_all(members.iter().map(|member| chain.participant(at, member.signer.account()))).await?;
	// Zones that stand must be the first ones of the plan; the others are added.
	let existing = chain.zones(at, clock.first_unopened).await?;
	let root = existing.first().map_or(0, |zone| zone.id);
	let same = existing.len() <= plan.zones.len()
		&& existing.iter().zip(&plan.zones).enumerate().all(|(index, (zone, planned))| {
			zone.id == zone_id(root, index) && zone.parent == planned.parent.map(|parent| zone_id(root, parent))
		});
	if !same {
		let message = "the chain already has another grid; start a fresh network for this data set";
		return Err(Failure::failed(message).into());
	}
	let mut registrations = Vec::new();
	for (index, (member, known)) in members.iter_mut().zip(&known).enumerate() {
		match known {
			Some(view) => member.id = view.id,
			None => {
				registrations.push(member.register(index, seed, chain.genesis()));
				registrations.push(RuntimeCall::Participants(pallet_participants::Call::grant_role {
					participant: member.id,
					role: member.role(),
					scope: Scope::Grid,
				}));
			},
		}
	}
	let zones = plan
		.zones
		.iter()
		.skip(existing.len())
		.map(|zone| {
			let parent = zone.parent.map(|parent| zone_id(root, parent));
			RuntimeCall::Grid(pallet_grid::Call::add_zone { parent, link: zone.link })
		})
		.collect();
	let mut transactions = 0;
	let (a, b) = tokio::try_join!(
		run_batches(submitter, &operators.membership, registrations),
		run_batches(submitter, &operators.dso, zones)
	)?;
	transactions += a + b;

	progress.step("registering connection points");
	let (points, coupling, fresh) = add_points(submitter, plan, &operators, &members, root, &mut transactions).await?;
	let from = first_interval(submitter, &points, coupling).await?;

	progress.step("registering meters, minting money");
	let terms = terms(submitter).await?;
	let meters = fresh
		.iter()
		.map(|member| {
			let (point, device) = (points[*member], members[*member].device().public().0);
			let (class, duty, from) = (MeterClass::B, Duty::Main, 0);
			RuntimeCall::Metering(pallet_metering::Call::register_meter { point, device, class, duty, from })
		})
		.collect();
	let bond = missing_bond(submitter, &operators.meter_operator).await?;
	let (a, (b, minted)) = tokio::try_join!(
		run_batches(submitter, &operators.meter_operator, meters),
		mint(submitter, plan, &operators, &members, &terms, clock.interval_s, bond)
	)?;
	transactions += a + b;
	let meters = meters_at(submitter, &points).await?;
	if bond > 0 {
		let call = pallet_metering::Call::post_bond { amount: bond };
		transactions += run_batches(submitter, &operators.meter_operator, vec![RuntimeCall::Metering(call)]).await?;
	}

	progress.step("paying deposits");
	let deposits = try_join_all(fresh.iter().map(|member| async {
		let planned = &plan.points[*member];
		let amount = at_price(terms.posted.short_max, planned.import_w.max(planned.export_w), clock.interval_s);
		let call = pallet_securities::Call::deposit { point: points[*member], amount: amount.max(1) };
		submitter.run(&members[*member].signer, RuntimeCall::Securities(call)).await
	}))
	.await?;
	transactions += deposits.len() as u64;
	Ok(World { operators, members, points, meters, coupling, root, from, minted, transactions })
}

/// Submits calls in batches and waits until all are final. Returns the number of transactions.
async fn run_batches(submitter: &Submitter, signer: &Signer, calls: Vec<RuntimeCall>) -> Result<u64> {
	Ok(submitter.run_all(signer, batches(calls)).await?.len() as u64)
}

/// Splits calls into batches of bounded length, in order.
fn batches(calls: Vec<RuntimeCall>) -> Vec<RuntimeCall> {
	calls.chunks(BATCH).map(|calls| batch(calls.to_vec())).collect()
}

/// Adds the connection points that are missing. Returns all members' points, the coupling, and who is new.
async fn add_points(
	submitter: &Submitter,
	plan: &Plan,
	operators: &Operators,
	members: &[Member],
	root: ZoneId,
	transactions: &mut u64,
) -> Result<(Vec<PointId>, PointId, Vec<usize>)> {
	let chain = submitter.chain();
	let utility = chain
		.participant(submitter.finalised().1, operators.utility.account())
		.await?
		.context("//Utility is no participant: the demonstration needs the identities of the devnet's genesis")?;
	let existing = points_by_owner(submitter).await?;
	let mut fresh = Vec::new();
	let mut calls = Vec::new();
	let add = |zone, owner, kind, import_w, export_w| {
		RuntimeCall::Grid(pallet_grid::Call::add_point { zone, owner, kind, import_w, export_w })
	};
	if !existing.contains_key(&(utility.id, root)) {
		calls.push(add(root, utility.id, PointKind::Coupling, plan.coupling_w, plan.coupling_w));
	}
	for (index, (member, planned)) in members.iter().zip(&plan.points).enumerate() {
		let zone = zone_id(root, planned.zone);
		if !existing.contains_key(&(member.id, zone)) {
			fresh.push(index);
			calls.push(add(zone, member.id, PointKind::Metered, planned.import_w, planned.export_w));
		}
	}
	*transactions += run_batches(submitter, &operators.dso, calls).await?;
	let existing = points_by_owner(submitter).await?;
	let points = members
		.iter()
		.map(|member| {
			let place = (member.id, zone_id(root, member.zone));
			existing.get(&place).copied().with_context(|| format!("{} has no connection point", member.name))
		})
		.collect::<Result<Vec<_>>>()?;
	let coupling = *existing.get(&(utility.id, root)).context("the utility has no connection point")?;
	Ok((points, coupling, fresh))
}

/// The main meter of each connection point.
async fn meters_at(submitter: &Submitter, points: &[PointId]) -> Result<Vec<MeterId>> {
	let at = submitter.finalised().1;
	try_join_all(points.iter().map(|point| async move {
		let fitted = submitter.chain().fitted(at, *point, Duty::Main).await?;
		Ok(fitted.with_context(|| format!("connection point {point} has no meter"))?.meter)
	}))
	.await
}

/// What the meter operator has to post before it may attest, in nEUR.
async fn missing_bond(submitter: &Submitter, operator: &Signer) -> Result<Balance> {
	let at = submitter.finalised().1;
	let id = submitter
		.chain()
		.participant(at, operator.account())
		.await?
		.context("//MeterOperator is no participant: the demonstration needs the identities of the devnet's genesis")?
		.id;
	let record = submitter.chain().operator(at, id).await?;
	let (bond, reputation) = record.map_or((0, FULL_REPUTATION), |record| (record.bond, record.reputation));
	let full = submitter.chain().constant(&constants::metering::OPERATOR_BOND)?;
	Ok(required_bond(full, reputation).saturating_sub(bond))
}

async fn points_by_owner(
	submitter: &Submitter,
) -> Result<BTreeMap<(busbar_primitives::ParticipantId, ZoneId), PointId>> {
	let views = submitter.chain().points(submitter.finalised().1).await?;
	Ok(views
		.into_iter()
		.filter(|view| view.point.until.is_none())
		.map(|view| ((view.point.owner, view.point.zone), view.id))
		.collect())
}

/// The first interval in which all points exist.
async fn first_interval(submitter: &Submitter, points: &[PointId], coupling: PointId) -> Result<Interval> {
	let views = submitter.chain().points(submitter.finalised().1).await?;
	let ours = |id: &PointId| *id == coupling || points.contains(id);
	Ok(views.iter().filter(|view| ours(&view.id)).map(|view| view.point.from).max().unwrap_or(0))
}

/// Terms of the newest interval that has opened.
async fn terms(submitter: &Submitter) -> Result<Terms> {
	let tip = submitter.wait(|tip| tip.clock.next_gate.is_some()).await?;
	let interval = tip.clock.first_unopened.saturating_sub(1);
	let status = submitter.chain().status(tip.hash, interval).await?;
	Ok(status.context("no interval has opened, though the grid has a root")?.terms)
}

/// Money for `power` over one interval at `price`, in nEUR.
fn at_price(price: Price, power: Watt, interval_s: u32) -> Balance {
	Balance::from(price.unsigned_abs()) * Balance::from(energy(power, interval_s))
}

/// What an account needs: collateral for its rating at the worst price of [`INTERVALS_COVERED`] intervals, and working
/// money.
fn need(terms: &Terms, power: Watt, interval_s: u32) -> Balance {
	let worst = terms.price_cap.abs().max(terms.posted.short_max.abs()).saturating_add(terms.price_floor.abs());
	at_price(worst, power, interval_s).saturating_mul(INTERVALS_COVERED).saturating_add(WORKING_MONEY)
}

/// Mints what members, utility and meter operator lack: one settlement agent proposes, the other approves.
async fn mint(
	submitter: &Submitter,
	plan: &Plan,
	operators: &Operators,
	members: &[Member],
	terms: &Terms,
	interval_s: u32,
	bond: Balance,
) -> Result<(u64, Balance)> {
	let at = submitter.finalised().1;
	// The utility's order has two sides.
	let utility = (operators.utility.account().clone(), need(terms, plan.coupling_w.saturating_mul(2), interval_s));
	let needs: Vec<(AccountId, Balance)> = members
		.iter()
		.zip(&plan.points)
		.map(|(member, planned)| {
			let power = planned.import_w.max(planned.export_w);
			(member.signer.account().clone(), need(terms, power, interval_s))
		})
		.chain([utility, (operators.meter_operator.account().clone(), bond)])
		.collect();
	let has = try_join_all(needs.iter().map(|(account, _)| submitter.chain().account(at, account))).await?;
	let payments: Vec<_> = needs
		.into_iter()
		.zip(has)
		.map(|((account, need), has)| (account, need.saturating_sub(has.data.free)))
		.filter(|(_, missing)| *missing > 0)
		.collect();
	let size = submitter.chain().constant(&constants::issuance::MAX_PAYMENTS)? as usize;
	let mut transactions = 0;
	for payments in payments.chunks(size.max(1)) {
		let payments = payments.to_vec();
		let kind = pallet_issuance::Issue::Mint;
		let propose = RuntimeCall::Issuance(pallet_issuance::Call::propose { kind, payments });
		let outcome = submitter.submit(&operators.agent_a, propose).await?.included().await?;
		let id = proposal(outcome.success()?.events.iter()).context("a proposal has a number")?;
		let approve = RuntimeCall::Issuance(pallet_issuance::Call::approve { id });
		submitter.run(&operators.agent_b, approve).await.context("minting the demonstration's money")?;
		transactions += 2;
	}
	Ok((transactions, payments.iter().map(|(_, amount)| amount).sum()))
}

fn proposal<'a>(mut events: impl Iterator<Item = &'a RuntimeEvent>) -> Option<u32> {
	events.find_map(|event| match event {
		RuntimeEvent::Issuance(pallet_issuance::Event::Proposed { id, .. }) => Some(*id),
		_ => None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_client::{frame_system, pallet_utility};
	use busbar_primitives::PostedBounds;

	#[test]
	fn money_covers_the_collateral_of_eight_intervals_at_the_worst_price() {
		let terms = Terms {
			delivery_start: 0,
			delivery_end: 0,
			gate_closure: 0,
			last_gate_closure: 0,
			attestation_end: 0,
			dispute_end: 0,
			tick: 1,
			price_floor: -100,
			price_cap: 1_000,
			posted: PostedBounds { short_max: 2_000, long_min: 0 },
		};
		// 4 kW over a quarter hour are 1 kWh.
		assert_eq!(need(&terms, 4_000, 900), 8 * 1_000 * 2_100 + WORKING_MONEY);
		assert_eq!(at_price(-5, 4_000, 900), 5_000);
	}

	#[test]
	fn batches_keep_the_order_and_stay_within_their_length() {
		let calls: Vec<_> = (0..150u32)
			.map(|number| RuntimeCall::System(frame_system::Call::remark { remark: number.to_le_bytes().to_vec() }))
			.chain([RuntimeCall::System(frame_system::Call::remark { remark: vec![0; 1_000] })])
			.collect();
		let batches = batches(calls.clone());
		assert_eq!(batches.len(), 3);
		let mut flat = Vec::new();
		for batch in batches {
			let RuntimeCall::Utility(pallet_utility::Call::batch_all { calls }) = batch else { panic!("not a batch") };
			assert!(calls.len() <= BATCH);
			flat.extend(calls);
		}
		assert_eq!(flat, calls);
	}
}
