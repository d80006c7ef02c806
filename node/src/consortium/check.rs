//! What is refused of a consortium's file, by the names that stand in it.

use super::{
	card::Node,
	file::{Company, Grid, Kind},
	known, Consortium, ConsortiumError, LEAST_AUTHORITIES, LEAST_SEATS, LEAST_UPGRADE_DELAY_S,
};
use busbar_primitives::Role;
use busbar_runtime::{configs::MOST_COMMITTEE, pallet_market::Parameters, AccountId, Runtime, SLOT_DURATION_MS};
use codec::Encode;
use sp_state_machine::BasicExternalities;
use std::collections::BTreeMap;

/// Roles that a live chain needs from its first day, and of how many companies: without them nobody could be admitted,
/// metered, paid or heard. Money takes two keys.
const NEEDED: [(Role, usize); 6] = [
	(Role::Dso, 1),
	(Role::BalanceResponsibleParty, 1),
	(Role::MeterOperator, 1),
	(Role::MembershipProvider, 1),
	(Role::Regulator, 1),
	(Role::SettlementAgent, 2),
];

/// That a chain can begin with what the file says.
pub fn check(file: &Consortium, market: &Parameters, grid: &Grid) -> Result<(), ConsortiumError> {
	let mut seen = Seen::default();
	let mut nodes = 0usize;
	for company in &file.companies {
		if let Some(entry) = company.unknown.keys().next() {
			return Err(ConsortiumError::Unknown { company: company.card.name.clone(), entry: entry.clone() });
		}
		let account = company.card.account()?;
		// Before its signature: anybody can sign for such an account.
		if account == AccountId::new(known::Key::default()) {
			return Err(ConsortiumError::Unset { company: company.card.name.clone(), what: "account" });
		}
		let node = company.card.node()?;
		company.card.ensure_signed()?;
		nodes = nodes.saturating_add(node.iter().len());
		let mut keys = keys(&account, node.as_ref());
		// The first is its card's, which is among them already.
		let peers = company.peer_keys()?.into_iter().skip(node.iter().len());
		keys.extend(peers.map(|peer| ("node", peer.to_fixed_bytes())));
		ensure_apart(company, &keys, node.as_ref())?;
		seen.add(company, &keys, node.as_ref())?;
		if file.chain.kind == Kind::Live {
			ensure_own(company, &keys)?;
		}
	}
	ensure_market(market, grid)?;
	ensure_ladder(file, market)?;
	ensure_parties(file)?;
	ensure_grid(file, grid)?;
	if file.chain.kind == Kind::Live {
		ensure_live(file, market, nodes)?;
	}
	ensure_committee(file)
}

/// The keys of a company, by what they are for.
fn keys(account: &AccountId, node: Option<&Node>) -> Vec<(&'static str, known::Key)> {
	let mut keys = vec![("account", account.clone().into())];
	if let Some(Node { keys: session, address }) = node {
		keys.push(("session key aura", raw(&session.aura)));
		keys.push(("session key gran", raw(&session.grandpa)));
		keys.extend(address.peer_id.into_ed25519().map(|key| ("node", key)));
	}
	keys
}

fn raw(key: &impl Encode) -> known::Key {
	key.encode().try_into().expect("public keys of both kinds are 32 bytes; qed")
}

/// That the account's key is for the account alone: session keys are on a machine that faces the network.
fn ensure_apart(
	company: &Company,
	keys: &[(&'static str, known::Key)],
	node: Option<&Node>,
) -> Result<(), ConsortiumError> {
	let account = keys.iter().find(|(what, _)| *what == "account").map(|(_, key)| *key);
	let session = node.map(|node| [raw(&node.keys.aura), raw(&node.keys.grandpa)]).unwrap_or_default();
	if node.is_some() && session.iter().any(|key| Some(*key) == account) {
		return Err(ConsortiumError::KeyReused(company.card.name.clone()));
	}
	Ok(())
}

/// That nobody but the company can have the secrets.
fn ensure_own(company: &Company, keys: &[(&'static str, known::Key)]) -> Result<(), ConsortiumError> {
	for (what, key) in keys {
		let company = company.card.name.clone();
		if *key == known::Key::default() {
			return Err(ConsortiumError::Unset { company, what });
		}
		if let Some(whose) = known::whose(key) {
			return Err(ConsortiumError::WellKnown { company, what, whose: whose.into() });
		}
	}
	Ok(())
}

/// What the companies before have, and which of them.
#[derive(Default)]
struct Seen(BTreeMap<(&'static str, Vec<u8>), String>);

impl Seen {
	fn add(
		&mut self,
		company: &Company,
		keys: &[(&'static str, known::Key)],
		node: Option<&Node>,
	) -> Result<(), ConsortiumError> {
		let card = &company.card;
		let mut all = vec![("name", card.name.as_bytes().to_vec()), ("id", card.id.0.to_vec())];
		// A key of one kind is nobody's of another kind either.
		all.extend(keys.iter().map(|(_, key)| ("key", key.to_vec())));
		all.extend(node.map(|node| ("node address", node.address.multiaddr.to_string().into_bytes())));
		for (what, value) in all {
			let first = self.0.insert((what, value), card.name.clone());
			if let Some(first) = first {
				return Err(ConsortiumError::Duplicate { what, first, second: card.name.clone() });
			}
		}
		Ok(())
	}
}

/// That the pallet takes the parameters, with as many zones as there are.
fn ensure_market(market: &Parameters, grid: &Grid) -> Result<(), ConsortiumError> {
	let zones = u32::try_from(grid.zones.len()).unwrap_or(u32::MAX);
	let valid = BasicExternalities::default().execute_with(|| {
		market.validate::<Runtime>(SLOT_DURATION_MS)?;
		market.validate_time::<Runtime>(zones)
	});
	valid.map_err(|error| ConsortiumError::Market(format!("{error:?}, see its documentation in pallets/market")))
}

fn ensure_ladder(file: &Consortium, market: &Parameters) -> Result<(), ConsortiumError> {
	let (short, long) = (file.settlement.short, file.settlement.long);
	let (short_max, long_min) = (market.posted.short_max, market.posted.long_min);
	if long > short || short > short_max || long < long_min {
		return Err(ConsortiumError::Ladder { short, long, short_max, long_min });
	}
	Ok(())
}

/// That settlement names companies of the file. Only a live chain must name them: [`ensure_live`].
fn ensure_parties(file: &Consortium) -> Result<(), ConsortiumError> {
	for (what, name, role) in parties(file) {
		let Some(name) = name else { continue };
		let Some(company) = file.companies.iter().find(|company| company.card.name == *name) else {
			return Err(ConsortiumError::UnknownParty { what, name: name.clone() });
		};
		if !company.has_role(role) {
			return Err(ConsortiumError::PartyWithoutRole { what, name: name.clone(), role });
		}
	}
	Ok(())
}

/// Who is paid and debited, and which role goes with it: rent is kept by who decides about its use.
fn parties(file: &Consortium) -> [(&'static str, Option<&String>, Role); 3] {
	let settlement = &file.settlement;
	[
		("grid", settlement.grid.as_ref(), Role::Dso),
		("rent", settlement.rent.as_ref(), Role::Regulator),
		("balancing", settlement.balancing.as_ref(), Role::BalanceResponsibleParty),
	]
}

/// That points have owners and stand in zones, and roles hold in zones that there are.
fn ensure_grid(file: &Consortium, grid: &Grid) -> Result<(), ConsortiumError> {
	let wrong = |reason: String| {
		let file = file.grid.as_ref().map_or_else(|| "none".into(), |grid| grid.file.display().to_string());
		Err(ConsortiumError::Grid { file, reason })
	};
	let zones = u32::try_from(grid.zones.len()).unwrap_or(u32::MAX);
	for (number, zone) in (0u32..).zip(&grid.zones) {
		match (number, zone.parent) {
			(0, None) => {},
			(0, Some(_)) => return wrong("zone 0 is the root and has no parent".into()),
			(_, Some(parent)) if parent < number => {},
			_ => return wrong(format!("zone {number} needs a parent that stands before it")),
		}
	}
	for (number, point) in grid.points.iter().enumerate() {
		if !file.companies.iter().any(|company| company.card.id == point.owner) {
			return wrong(format!("connection point {number} belongs to {}, and no company has that id", point.owner));
		}
		if point.zone >= zones {
			return wrong(format!("connection point {number} is in zone {}, and there are {zones} zones", point.zone));
		}
	}
	for company in &file.companies {
		let below = company.roles.iter().filter_map(|entry| entry.held().1.zone());
		if let Some(zone) = below.into_iter().find(|zone| *zone >= zones) {
			return wrong(format!("'{}' has a role in zone {zone}, and there are {zones} zones", company.card.name));
		}
	}
	Ok(())
}

/// That the chain can begin with the emergency committee; a rehearsal of few companies may have none.
fn ensure_committee(file: &Consortium) -> Result<(), ConsortiumError> {
	let seats = file.companies.iter().filter(|company| company.has_committee_seat()).count();
	let least = if file.chain.kind == Kind::Live { LEAST_SEATS } else { 0 };
	if !(least..=MOST_COMMITTEE as usize).contains(&seats) {
		return Err(ConsortiumError::CommitteeSeats(seats));
	}
	Ok(())
}

fn ensure_live(file: &Consortium, market: &Parameters, nodes: usize) -> Result<(), ConsortiumError> {
	if nodes < LEAST_AUTHORITIES {
		return Err(ConsortiumError::FewAuthorities(nodes));
	}
	let seats = file.companies.iter().filter(|company| company.has_seat()).count();
	if seats < LEAST_SEATS {
		return Err(ConsortiumError::FewSeats(seats));
	}
	if file.governance.upgrade_delay_s < LEAST_UPGRADE_DELAY_S {
		return Err(ConsortiumError::ShortDelay(file.governance.upgrade_delay_s));
	}
	for (role, needs) in NEEDED {
		let has = file.companies.iter().filter(|company| company.has_role(role)).count();
		if has < needs {
			return Err(ConsortiumError::MissingRole { role, has, needs });
		}
	}
	if let Some((what, ..)) = parties(file).into_iter().find(|(_, name, _)| name.is_none()) {
		return Err(ConsortiumError::UnsetParty(what));
	}
	if file.issuance.ceiling == 0 {
		return Err(ConsortiumError::NoCeiling);
	}
	ensure_clock(market)
}

/// That time is real.
fn ensure_clock(market: &Parameters) -> Result<(), ConsortiumError> {
	let Parameters { interval_clock_s: clock_s, interval_s, epoch, .. } = *market;
	if clock_s != interval_s {
		return Err(ConsortiumError::DevnetClock { clock_s, interval_s });
	}
	let interval_ms = market.clock_ms();
	if epoch.checked_rem(interval_ms) != Some(0) {
		return Err(ConsortiumError::OddEpoch { epoch, interval_ms });
	}
	let windows =
		[("attestation_window_s", market.attestation_window_s), ("dispute_window_s", market.dispute_window_s)];
	match windows.into_iter().find(|(_, seconds)| *seconds < interval_s) {
		Some((what, seconds)) => Err(ConsortiumError::DevnetWindow { what, seconds, least: interval_s }),
		None => Ok(()),
	}
}
