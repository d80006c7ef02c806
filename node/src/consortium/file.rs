//! The file of a consortium, as it is written.

use super::{Card, ConsortiumError};
use busbar_primitives::{peers::PeerKey, Balance, Price, Role, Scope, ZoneId};
use busbar_runtime::{
	pallet_grid::{NewPoint, NewZone},
	pallet_market::Parameters,
	pallet_validators, BlockNumber, Runtime, SLOT_DURATION_MS,
};
use sc_network::PeerId;
use sc_service::ChainType;
use serde::Deserialize;
use sp_core::Get;
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
};

/// A whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consortium {
	pub chain: Chain,
	/// Parameters of the market, those that differ from the pallet's default: quarter hours in real time.
	#[serde(default)]
	pub market: toml::Table,
	pub issuance: Issuance,
	pub settlement: Settlement,
	#[serde(default)]
	pub governance: Governance,
	/// The grid that the chain begins with, if it begins with one.
	pub grid: Option<GridFile>,
	#[serde(rename = "company")]
	pub companies: Vec<Company>,
}

/// What the chain is called, and how serious it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
	pub name: String,
	/// Names the folder of a node's data.
	pub id: String,
	pub kind: Kind,
}

/// Whether everything that a live chain must not have is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
	/// Money and energy are real.
	Live,
	/// The same steps with short clocks and few companies.
	Rehearsal,
}

impl Kind {
	pub fn chain_type(self) -> ChainType {
		match self {
			Self::Live => ChainType::Live,
			Self::Rehearsal => ChainType::Local,
		}
	}
}

/// How upgrades begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Governance {
	/// How long everybody can read and veto new code before it is enacted, in s. Only an upgrade changes it.
	pub upgrade_delay_s: u32,
}

impl Default for Governance {
	fn default() -> Self {
		Self { upgrade_delay_s: 86_400 }
	}
}

impl Governance {
	/// The delay in blocks, rounded up.
	pub fn upgrade_delay(&self) -> BlockNumber {
		let ms = u64::from(self.upgrade_delay_s).saturating_mul(1_000);
		u32::try_from(ms.div_ceil(SLOT_DURATION_MS)).unwrap_or(BlockNumber::MAX)
	}
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuance {
	/// Most money that may be issued, in nEUR; the council changes it later.
	pub ceiling: u64,
}

impl Issuance {
	pub fn ceiling(&self) -> Balance {
		self.ceiling.into()
	}
}

/// Who is paid and debited beside the connection points, by the companies' names, and default prices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
	/// Receives grid fees.
	pub grid: Option<String>,
	/// Receives congestion rent.
	pub rent: Option<String>,
	/// The balance-responsible party.
	pub balancing: Option<String>,
	/// What energy that was not bought costs, in nEUR/Wh.
	pub short: Price,
	/// What energy that was not sold earns, in nEUR/Wh.
	pub long: Price,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridFile {
	/// A JSON file of zones and connection points, as `busbar grid zones` writes it; relative to this file.
	pub file: PathBuf,
}

/// What stands in such a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
	/// The root, then the others, each after its parent.
	pub zones: Vec<NewZone>,
	/// Connection points of companies; members come later.
	#[serde(default)]
	pub points: Vec<NewPoint>,
}

/// A company: its card, as it has made it, and what the consortium lets it do.
#[derive(Clone, Debug, Deserialize)]
pub struct Company {
	#[serde(flatten)]
	pub card: Card,
	#[serde(default)]
	pub roles: Vec<RoleEntry>,
	/// Whether it has a seat in the council; by default, if it has a node.
	pub council: Option<bool>,
	/// Identities of its nodes beside the one of its card, which validators speak to as well: its gateway's, `12D3KooW...`.
	#[serde(default)]
	pub peers: Vec<String>,
	/// Whether it has a seat in the emergency committee; by default, if it has one in the council.
	pub committee: Option<bool>,
	/// What is misspelt: never silently left out.
	#[serde(flatten)]
	pub unknown: BTreeMap<String, toml::Value>,
}

impl Company {
	pub fn has_seat(&self) -> bool {
		self.council.unwrap_or(self.card.node.is_some())
	}

	/// Whether it may pause, with the other seats of the committee.
	pub fn has_committee_seat(&self) -> bool {
		self.committee.unwrap_or_else(|| self.has_seat())
	}

	/// Identities of its nodes: the one of its card, if it has one, and the others.
	///
	/// # Errors
	/// If one does not read, or is of another kind than ed25519, or there are more than a participant may register.
	pub fn peer_keys(&self) -> Result<Vec<PeerKey>, ConsortiumError> {
		let wrong = |reason: String| self.card.malformed("peers", reason);
		let of_card = self.card.node()?.map(|node| Ok(node.address.peer_id));
		let others =
			self.peers.iter().map(|peer| peer.parse::<PeerId>().map_err(|error| wrong(format!("'{peer}': {error}"))));
		let key = |peer: PeerId| peer.into_ed25519().ok_or_else(|| wrong(format!("'{peer}' is no ed25519 key")));
		let keys: Vec<_> = of_card
			.into_iter()
			.chain(others)
			.map(|peer| Ok(PeerKey::from(key(peer?)?)))
			.collect::<Result<_, ConsortiumError>>()?;
		let most: u32 = <Runtime as pallet_validators::Config>::MaxPeers::get();
		if keys.len() > usize::try_from(most).unwrap_or(usize::MAX) {
			return Err(wrong(format!("with the card's a company has at most {most} nodes")));
		}
		Ok(keys)
	}

	/// Whether it has a role in the whole grid.
	pub fn has_role(&self, role: Role) -> bool {
		self.roles.iter().any(|entry| entry.held() == (role, Scope::Grid))
	}
}

/// A role in the whole grid by its name, or with the zone in and below which it holds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum RoleEntry {
	Everywhere(Role),
	#[serde(rename_all = "snake_case")]
	Below {
		role: Role,
		zone: ZoneId,
	},
}

impl RoleEntry {
	pub fn held(self) -> (Role, Scope) {
		match self {
			Self::Everywhere(role) => (role, Scope::Grid),
			Self::Below { role, zone } => (role, Scope::Zone(zone)),
		}
	}
}

impl Consortium {
	/// Reads a file. The error is what the parser says.
	pub fn parse(text: &str) -> Result<Self, String> {
		toml::from_str(text).map_err(|error| error.to_string())
	}

	/// The market's parameters: the default ones, and what the file says.
	pub fn parameters(&self) -> Result<Parameters, ConsortiumError> {
		let wrong = |error: serde_json::Error| ConsortiumError::Market(error.to_string());
		let mut parameters = serde_json::to_value(Parameters::default()).map_err(wrong)?;
		let own = serde_json::to_value(&self.market).map_err(wrong)?;
		sc_chain_spec::json_merge(&mut parameters, own);
		serde_json::from_value(parameters).map_err(wrong)
	}

	/// The grid of the file that this one names, if it does.
	pub fn grid(&self, folder: &Path) -> Result<Grid, ConsortiumError> {
		let Some(GridFile { file }) = &self.grid else { return Ok(Grid::default()) };
		let wrong = |reason: String| ConsortiumError::Grid { file: file.display().to_string(), reason };
		let text = fs::read_to_string(folder.join(file)).map_err(|error| wrong(error.to_string()))?;
		serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
	}
}
