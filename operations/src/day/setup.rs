//! Registering the grid, its members and their money. What already stands is kept, so that a second run on the same
//! chain, or one on a chain whose genesis has the grid, only adds what is missing.

use super::{
	world::{members, Member, Operators, World},
	Watch,
};
use crate::{
	gridmodel::{zone_id, Bounds, DataSet, Plan, Prices},
	operator::{
		issuance,
		registry::{self, points_by_owner},
	},
	Failure,
};
use anyhow::{Context, Result};
use busbar_client::{
	constants,
	pallet_grid::{NewPoint, NewZone},
	pallet_securities::{self, Backing},
	pallet_utility,
	sign::Signer,
	storage,
	submit::Submitter,
	AccountId, AccountInfo, RuntimeCall,
};
use busbar_primitives::{Balance, Interval, PointId, PointKind, Terms, ZoneId};
use futures::future::try_join_all;
use sp_core::Pair;

/// The grid of a data set, checked against what the chain takes and may issue: before the first transaction.
///
/// # Errors
/// If the chain would not take it; the file, the row, and the bus or point are named.
pub async fn plan(submitter: &Submitter, data: &DataSet) -> Result<Plan> {
	let chain = submitter.chain();
	let at = chain.finalised().await?;
	let interval_s = chain.clock(at).await?.interval_s;
	let bounds = Bounds {
		interval_s,
		zones: chain.constant(&constants::grid::MAX_ZONES)?,
		depth: chain.constant(&constants::grid::MAX_DEPTH)?,
		path_fee: chain.constant(&constants::grid::MAX_PATH_FEE)?.into(),
		points: chain.constant(&constants::grid::MAX_POINTS)?,
	};
	let plan = Plan::build(data, &bounds).map_err(Failure::from)?;
	let ceiling = chain.read(at, &storage::issuance::CEILING, ()).await?;
	let issued = chain.read(at, &storage::issuance::ISSUED, ()).await?;
	let parameters = chain.read(at, &storage::market::PARAMETERS_VALUE, ()).await?;
	let parameters = parameters.context("the chain has no market parameters")?;
	let prices = Prices {
		cap: parameters.price_cap,
		floor: parameters.price_floor,
		short_max: parameters.posted.short_max,
		path_fee: chain.constant(&constants::grid::MAX_PATH_FEE)?,
		unsettled: Prices::unsettled(parameters.first_run_s, parameters.interval_clock_s),
	};
	// A second run on one chain finds its money there.
	let own = members(&plan, 0)?.into_iter().map(|member| member.signer).chain([Operators::devnet()?.utility]);
	let own: Vec<Signer> = own.collect();
	let has = try_join_all(own.iter().map(|signer| chain.account(at, signer.account()))).await?;
	let has = has.iter().fold(0, |sum: Balance, info| sum.saturating_add(own_money(info)));
	let left = ceiling.unwrap_or(0).saturating_sub(issued.unwrap_or(0)).saturating_add(has);
	plan.check_money(&prices, interval_s, left).map_err(Failure::from)?;
	Ok(plan)
}

/// What an account has, free or held: deposits and collateral are its own.
fn own_money(info: &AccountInfo) -> Balance {
	info.data.free.saturating_add(info.data.reserved)
}

/// As the chain's terms have them.
fn prices(submitter: &Submitter, terms: &Terms) -> Result<Prices> {
	Ok(Prices {
		cap: terms.price_cap,
		floor: terms.price_floor,
		short_max: terms.posted.short_max,
		path_fee: submitter.chain().constant(&constants::grid::MAX_PATH_FEE)?,
		unsettled: terms.unsettled_at_once(),
	})
}

/// Registers what is missing.
///
/// # Errors
/// If the chain has another grid, its genesis lacks the devnet's identities, or a call fails.
pub async fn setup(submitter: &Submitter, plan: &Plan, seed: u64, watch: &dyn Watch) -> Result<World> {
	let chain = submitter.chain();
	let operators = Operators::devnet()?;
	let at = chain.finalised().await?;
	let clock = chain.clock(at).await?;
	let mut members = members(plan, seed)?;

	watch.step("registering zones and members");
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
	let mut newcomers = Vec::new();
	for (index, (member, known)) in members.iter_mut().zip(&known).enumerate() {
		match known {
			Some(view) => member.id = view.id,
			None => newcomers.push(member.newcomer(index, seed, chain.genesis())),
		}
	}
	let zones = plan
		.zones
		.iter()
		.skip(existing.len())
		.map(|zone| NewZone { parent: zone.parent.map(|parent| zone_id(root, parent)), link: zone.link })
		.collect();
	let mut transactions = 0;
	let (a, b) = tokio::try_join!(
		registry::admit(submitter, &operators.membership, newcomers),
		registry::add_zones(submitter, &operators.dso, zones)
	)?;
	transactions += a + b;

	watch.step("registering connection points");
	let (points, coupling) = add_points(submitter, plan, &operators, &members, root, &mut transactions).await?;
	let mut from = first_interval(submitter, &points, coupling).await?;

	watch.step("registering meters, minting money");
	let terms = terms(submitter).await?;
	let at = submitter.finalised().1;
	let bare = registry::without_meter(chain, at, &points).await?;
	let fit = |member: usize| registry::main_meter(points[member], &members[member].device().public());
	let meters: Vec<_> = bare.into_iter().map(fit).collect();
	let fitted = !meters.is_empty();
	let bond = registry::missing_bond(chain, at, operators.meter_operator.account()).await?;
	let (a, (b, minted)) = tokio::try_join!(
		registry::fit_meters(submitter, &operators.meter_operator, meters),
		mint(submitter, plan, &operators, &members, &terms, clock.interval_s, bond)
	)?;
	transactions += a + b;
	if fitted {
		// A point trades from its first meter's first interval on, which had not opened when the meter was registered.
		from = from.max(submitter.best().clock.first_unopened);
	}
	let meters = registry::meters_at(chain, submitter.finalised().1, &points).await?;
	transactions += registry::post_bond(submitter, &operators.meter_operator, bond).await?;

	watch.step("paying deposits, moving money for orders into margins");
	let prices = prices(submitter, &terms)?;
	let posted = chain.securities(submitter.finalised().1).await?;
	let posted = |point: PointId| posted.iter().any(|((at, backing), _)| *at == point && *backing == Backing::Deposit);
	let mut all = vec![Secured {
		signer: &operators.utility,
		deposit: None,
		margin: prices.margin_of_coupling(plan.coupling_w, clock.interval_s),
	}];
	all.extend(plan.points.iter().zip(&members).zip(&points).map(|((planned, member), point)| {
		let power = planned.import_w.max(planned.export_w);
		let deposit = (!posted(*point)).then(|| (*point, prices.deposit(power, clock.interval_s)));
		Secured { signer: &member.signer, deposit, margin: prices.margin(power, clock.interval_s) }
	}));
	let sent = try_join_all(all.iter().map(|secured| secured.complete(submitter))).await?;
	transactions += sent.iter().sum::<u64>();
	Ok(World { operators, members, points, meters, coupling, root, from, minted, transactions })
}

/// What an owner secures its point and its orders with, in nEUR.
struct Secured<'a> {
	signer: &'a Signer,
	/// What is missing of a deposit, and where.
	deposit: Option<(PointId, Balance)>,
	margin: Balance,
}

impl Secured<'_> {
	/// Pays the deposit, and moves in what the margin lacks, as far as there is free money: in one transaction. Returns how
	/// many it took.
	async fn complete(&self, submitter: &Submitter) -> Result<u64> {
		let (chain, at) = (submitter.chain(), submitter.finalised().1);
		let owner = chain.participant(at, self.signer.account()).await?.context("a member is no participant")?;
		let has = chain.margin(at, owner.id).await?.own;
		let free = chain.account(at, self.signer.account()).await?.data.free;
		// An account keeps 1 nEUR beside what it holds.
		let left = free.saturating_sub(self.deposit.map_or(0, |(_, amount)| amount)).saturating_sub(1);
		let amount = self.margin.saturating_sub(has).min(left);
		let deposit = self.deposit.map(|(point, amount)| pallet_securities::Call::deposit { point, amount });
		let participant = owner.id;
		let margin = (amount > 0).then_some(pallet_securities::Call::margin_in { participant, amount });
		let calls: Vec<_> = deposit.into_iter().chain(margin).map(RuntimeCall::Securities).collect();
		if calls.is_empty() {
			return Ok(0);
		}
		submitter.run(self.signer, pallet_utility::Call::batch_all { calls }).await?;
		Ok(1)
	}
}

/// Adds the connection points that are missing. Returns all members' points and the coupling.
async fn add_points(
	submitter: &Submitter,
	plan: &Plan,
	operators: &Operators,
	members: &[Member],
	root: ZoneId,
	transactions: &mut u64,
) -> Result<(Vec<PointId>, PointId)> {
	let chain = submitter.chain();
	let utility = chain
		.participant(submitter.finalised().1, operators.utility.account())
		.await?
		.context("//Utility is no participant: the demonstration needs the identities of the devnet's genesis")?;
	let existing = points_by_owner(chain, submitter.finalised().1).await?;
	let coupling = NewPoint {
		zone: root,
		owner: utility.id,
		kind: PointKind::Coupling,
		import_w: plan.coupling_w,
		export_w: plan.coupling_w,
	};
	let own = members.iter().zip(&plan.points).map(|(member, planned)| NewPoint {
		zone: zone_id(root, planned.zone),
		owner: member.id,
		kind: PointKind::Metered,
		import_w: planned.import_w,
		export_w: planned.export_w,
	});
	let missing = [coupling].into_iter().chain(own).filter(|new| !existing.contains_key(&(new.owner, new.zone)));
	*transactions += registry::add_points(submitter, &operators.dso, missing.collect()).await?;
	let existing = points_by_owner(chain, submitter.finalised().1).await?;
	let points = members
		.iter()
		.map(|member| {
			let place = (member.id, zone_id(root, member.zone));
			existing.get(&place).copied().with_context(|| format!("{} has no connection point", member.name))
		})
		.collect::<Result<Vec<_>>>()?;
	let coupling = *existing.get(&(utility.id, root)).context("the utility has no connection point")?;
	Ok((points, coupling))
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
	let prices = prices(submitter, terms)?;
	let utility = (operators.utility.account().clone(), prices.need_of_coupling(plan.coupling_w, interval_s));
	let mut needs: Vec<(AccountId, Balance)> = members
		.iter()
		.zip(&plan.points)
		.map(|(member, planned)| {
			let power = planned.import_w.max(planned.export_w);
			(member.signer.account().clone(), prices.need(power, interval_s))
		})
		.chain([utility])
		.collect();
	// A bond is posted out of free money, beside what is held for one already.
	let meter_operator = operators.meter_operator.account();
	let free = submitter.chain().account(at, meter_operator).await?.data.free;
	let has = try_join_all(needs.iter().map(|(account, _)| submitter.chain().account(at, account))).await?;
	for ((_, need), has) in needs.iter_mut().zip(&has) {
		*need = need.saturating_sub(own_money(has));
	}
	needs.push((meter_operator.clone(), bond.saturating_sub(free)));
	needs.retain(|(_, missing)| *missing > 0);
	let transactions = issuance::mint(submitter, &operators.agent_a, &operators.agent_b, &needs).await?;
	Ok((transactions, needs.iter().map(|(_, amount)| amount).sum()))
}
