//! Genesis presets: `development` (one validator) and `devnet` (four).

use crate::{
	AccountId, Balance, BlockNumber, CouncilConfig, GovernanceConfig, IssuanceConfig, MarketConfig, ParticipantsConfig,
	RuntimeGenesisConfig, SessionConfig, SessionKeys, SettlementConfig, ValidatorsConfig,
};
use alloc::{vec, vec::Vec};
use busbar_primitives::{peers::PeerKey, ParticipantId, PostedBounds, Product, ProductKind, Role, Scope};
use frame_support::{build_struct_json_patch, BoundedVec};
use hex_literal::hex;
use pallet_settlement::{Accounts, PostedPrices};
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Name of the preset with four validators and council members.
pub const DEVNET: &str = "devnet";

/// Most money on a devnet: a thousand million EUR, in nEUR.
const CEILING: Balance = 1_000_000_000_000_000_000;

/// Accounts of a devnet that hold a role from genesis: their derivation path and public key (sr25519), their role.
/// The keys are public knowledge: they belong to no production network.
pub const DEVNET_ROLES: [(&str, [u8; 32], Role); 8] = [
	("Dso", hex!("7256e60b269f449855204ec8819422f813ce104bc48c3d974d3cb27c467e7a04"), Role::Dso),
	(
		"Utility",
		hex!("2e580cfe01e2f67b3586889bbefc7499d402c863aabdda129140775d1ba7792f"),
		Role::BalanceResponsibleParty,
	),
	("MeterOperator", hex!("c8f21aeefbbbe51d3b68a7b23b0f7baeb1ec6f8dd4be69e591ca96019bb6442f"), Role::MeterOperator),
	("MarketOperator", hex!("b4a079600ecfcbc6aad26078163b3c82b1734736b0a4807d1809c6f927db3f54"), Role::MarketOperator),
	("Membership", hex!("76275407c28d0bdcd51e12a79ecd1f240b56f1726d35d9d5551c4a241012251e"), Role::MembershipProvider),
	("SettlementA", hex!("56b1c4fc21d8e7bb5144ad8f5d37c1f4f8ccce571e0d582ff82836333d845c61"), Role::SettlementAgent),
	("SettlementB", hex!("ee075448ce41ba0ee0fd530a2d4b84bcdef8bb281354dc658b798faaeb65904c"), Role::SettlementAgent),
	("Regulator", hex!("c8deda87de3680643d220b32679a646c56e5fd15c14100cb81555de939ea1f3d"), Role::Regulator),
];

/// A devnet member's UUID: version 8 (RFC 9562), from the hash of its name.
pub fn devnet_id(name: &str) -> ParticipantId {
	let mut id = sp_io::hashing::blake2_128(name.as_bytes());
	id[6] = (id[6] & 0x0f) | 0x80;
	id[8] = (id[8] & 0x3f) | 0x80;
	ParticipantId(id)
}

pub(crate) fn devnet_account(name: &str) -> AccountId {
	DEVNET_ROLES
		.iter()
		.find(|(other, ..)| *other == name)
		.map(|(_, key, _)| AccountId::from(*key))
		.expect("only names of the table are asked for; qed")
}

fn session_keys(sr: Sr25519Keyring, ed: Ed25519Keyring) -> SessionKeys {
	SessionKeys { aura: AuraId::from(sr.public()), grandpa: GrandpaId::from(ed.public()) }
}

/// The devnet's market: quarter hours that pass in six seconds, orders up to three intervals ahead, gates that close two
/// slots before delivery, so that one missed slot costs no interval.
fn devnet_market() -> pallet_market::Parameters {
	pallet_market::Parameters {
		interval_clock_s: 6,
		horizon: 3,
		products: BoundedVec::truncate_from(vec![Product {
			kind: ProductKind::Auction,
			opens_s: 86_400,
			closes_s: 4,
			span: 1,
		}]),
		first_run_s: 60,
		attestation_window_s: 120,
		dispute_window_s: 120,
		price_floor: 0,
		price_cap: 1_000_000,
		posted: PostedBounds { short_max: 300_000, long_min: 0 },
		retention: 2_000,
		..Default::default()
	}
}

/// Blocks for which an upgrade of a devnet is announced: nobody there needs a day to read it.
const UPGRADE_DELAY: BlockNumber = 10;

/// Public keys of a devnet's nodes, whose secrets are 1 to 5: its gateway, and the validators in their order.
const DEVNET_NODES: [[u8; 32]; 5] = [
	hex!("4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29"),
	hex!("7422b9887598068e32c4448a949adb290d0f4e35b9e01b0ee5f1a1e600fe2674"),
	hex!("f381626e41e7027ea431bfe3009e94bdd25a746beec468948d6c3c7c5dc9a54b"),
	hex!("fd50b8e3b144ea244fbf7737f550bc8dd0c2650bbc1aada833ca17ff8dbf329b"),
	hex!("fde4fba030ad002f7c2f7d4c331f49d13fb0ec747eceebec634f1ff4cbca9def"),
];

/// A devnet's nodes, each with whose it is: the gateway is the membership provider's. A single validator speaks to every node, whoever
/// the developer starts.
fn devnet_peers(authorities: &[(Sr25519Keyring, Ed25519Keyring)]) -> Vec<(ParticipantId, PeerKey)> {
	if authorities.len() < 2 {
		return vec![];
	}
	let names = authorities.iter().map(|(sr, _)| <&'static str>::from(*sr));
	let owners = ["Membership"].into_iter().chain(names).map(devnet_id);
	owners.zip(DEVNET_NODES.map(PeerKey::from)).collect()
}

fn devnet(authorities: &[(Sr25519Keyring, Ed25519Keyring)]) -> Value {
	let council: Vec<AccountId> = authorities.iter().map(|(sr, _)| sr.to_account_id()).collect();
	let keys = authorities
		.iter()
		.map(|(sr, ed)| (sr.to_account_id(), sr.to_account_id(), session_keys(*sr, *ed)))
		.collect::<Vec<_>>();
	// Council and validators are members without a role: they govern and write blocks, they do not trade.
	let mut members: Vec<(ParticipantId, AccountId, Vec<(Role, Scope)>)> = authorities
		.iter()
		.map(|(sr, _)| {
			let name: &'static str = (*sr).into();
			(devnet_id(name), sr.to_account_id(), vec![])
		})
		.collect();
	members.extend(DEVNET_ROLES.iter().map(|(name, key, role)| {
		let mut roles = vec![(*role, Scope::Grid)];
		if *role == Role::BalanceResponsibleParty {
			// The utility trades at the coupling, too, which is its own.
			roles.push((Role::WholesaleTrader, Scope::Grid));
		}
		(devnet_id(name), AccountId::from(*key), roles)
	}));
	build_struct_json_patch!(RuntimeGenesisConfig {
		session: SessionConfig { keys },
		validators: ValidatorsConfig { validators: council.clone(), peers: devnet_peers(authorities) },
		governance: GovernanceConfig {
			upgrade_delay: UPGRADE_DELAY,
			committee: if council.len() < 3 { vec![] } else { council.clone() },
		},
		council: CouncilConfig { members: council },
		participants: ParticipantsConfig { members },
		market: MarketConfig { parameters: devnet_market() },
		issuance: IssuanceConfig { ceiling: CEILING },
		settlement: SettlementConfig {
			accounts: Some(Accounts {
				grid: devnet_account("Dso"),
				rent: devnet_account("Regulator"),
				balancing: devnet_id("Utility"),
			}),
			ladder: PostedPrices { short: 220_000, long: 90_000 },
		},
	})
}

/// The genesis of a preset, as a JSON patch.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	use Ed25519Keyring as Ed;
	use Sr25519Keyring as Sr;
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => devnet(&[(Sr::Alice, Ed::Alice)]),
		DEVNET => {
			devnet(&[(Sr::Alice, Ed::Alice), (Sr::Bob, Ed::Bob), (Sr::Charlie, Ed::Charlie), (Sr::Dave, Ed::Dave)])
		},
		_ => return None,
	};
	Some(serde_json::to_vec(&patch).expect("a JSON value without maps of other keys than strings serialises; qed"))
}

/// Names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET), PresetId::from(DEVNET)]
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_harness::merge;
	use sp_core::{ed25519, sr25519, Pair};

	#[test]
	fn the_table_holds_the_public_keys_of_its_derivation_paths() {
		for (name, key, _) in DEVNET_ROLES {
			let pair = sr25519::Pair::from_string(&alloc::format!("//{name}"), None).expect("a valid path");
			assert_eq!(pair.public().0, key, "{name}");
		}
	}

	#[test]
	fn a_devnets_nodes_have_small_numbers_as_secrets() {
		for (number, key) in (1u8..).zip(DEVNET_NODES) {
			let mut secret = [0; 32];
			secret[31] = number;
			assert_eq!(ed25519::Pair::from_seed(&secret).public().0, key, "{number}");
		}
	}

	#[test]
	fn every_preset_builds_a_state() {
		for name in preset_names() {
			let json = preset(&name).expect("named presets exist");
			sp_io::TestExternalities::default().execute_with(|| {
				let patched = frame_support::genesis_builder_helper::get_preset::<RuntimeGenesisConfig>(&None, preset)
					.and_then(|base| {
						let mut base: Value = serde_json::from_slice(&base).ok()?;
						let patch: Value = serde_json::from_slice(&json).ok()?;
						merge(&mut base, patch);
						serde_json::to_vec(&base).ok()
					})
					.expect("the default genesis and the patch are JSON");
				frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(patched)
					.expect("the preset fits the runtime");
				assert!(!pallet_validators::Validators::<crate::Runtime>::get().is_empty());
			});
		}
	}
}
