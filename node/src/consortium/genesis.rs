//! The genesis of a consortium: a patch to the runtime's default one.

use super::{
	file::{Company, Grid, RoleEntry},
	Consortium, ConsortiumError, LEAST_SEATS,
};
use busbar_primitives::{peers::PeerKey, ParticipantId, Role, Scope};
use busbar_runtime::{
	pallet_market::Parameters,
	pallet_settlement::{Accounts, PostedPrices},
	AccountId, SessionKeys,
};
use serde_json::{json, Value};

/// The patch of a file that is checked. No account has money: two settlement agents make it, below the ceiling.
///
/// # Errors
/// If a card does not read, which a check would have found.
pub fn patch(file: &Consortium, market: &Parameters, grid: &Grid) -> Result<Value, ConsortiumError> {
	let mut keys: Vec<(AccountId, AccountId, SessionKeys)> = Vec::new();
	let mut validators: Vec<AccountId> = Vec::new();
	let mut council: Vec<AccountId> = Vec::new();
	let mut committee: Vec<AccountId> = Vec::new();
	let mut peers: Vec<(ParticipantId, PeerKey)> = Vec::new();
	let mut members: Vec<(ParticipantId, AccountId, Vec<(Role, Scope)>)> = Vec::new();
	for company in &file.companies {
		let account = company.card.account()?;
		if let Some(node) = company.card.node()? {
			keys.push((account.clone(), account.clone(), node.keys));
			validators.push(account.clone());
		}
		peers.extend(company.peer_keys()?.into_iter().map(|peer| (company.card.id, peer)));
		if company.has_seat() {
			council.push(account.clone());
		}
		if company.has_committee_seat() {
			committee.push(account.clone());
		}
		members.push((company.card.id, account, company.roles.iter().copied().map(RoleEntry::held).collect()));
	}
	let settlement = &file.settlement;
	Ok(json!({
		"session": { "keys": keys },
		"validators": { "validators": validators, "peers": peers },
		"council": { "members": council },
		// A rehearsal of too few has none, and pauses nothing.
		"governance": {
			"upgradeDelay": file.governance.upgrade_delay(),
			"committee": if committee.len() < LEAST_SEATS { vec![] } else { committee },
		},
		"participants": { "members": members },
		"grid": { "zones": grid.zones, "points": grid.points },
		"market": { "parameters": market },
		"issuance": { "ceiling": file.issuance.ceiling() },
		"settlement": {
			"accounts": accounts(file)?,
			"ladder": PostedPrices { short: settlement.short, long: settlement.long },
		},
	}))
}

/// Whom settlement names, if it names all three.
fn accounts(file: &Consortium) -> Result<Option<Accounts<AccountId>>, ConsortiumError> {
	let named = |name: &Option<String>| -> Option<&Company> {
		let name = name.as_ref()?;
		file.companies.iter().find(|company| company.card.name == *name)
	};
	let settlement = &file.settlement;
	let (Some(grid), Some(rent), Some(balancing)) =
		(named(&settlement.grid), named(&settlement.rent), named(&settlement.balancing))
	else {
		return Ok(None);
	};
	Ok(Some(Accounts { grid: grid.card.account()?, rent: rent.card.account()?, balancing: balancing.card.id }))
}
