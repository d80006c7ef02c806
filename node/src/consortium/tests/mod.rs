//! What a consortium's file gives, and all that is refused of one.

mod cards;
mod refusals;
mod state;

use super::{
	company::{Check, CompanyError, New},
	file::Kind,
	live::{self, LiveError},
	*,
};
use busbar_primitives::{peers::PeerKey, ParticipantId, Role};
use busbar_runtime::{pallet_market, pallet_validators, AccountId, Runtime, RuntimeGenesisConfig, SessionKeys};
use codec::{Decode, Encode};
use sc_service::{config::KeystoreConfig, KeystoreContainer};
use serde_json::json;
use sp_core::{
	bytes::to_hex,
	crypto::{
		key_types::{AURA, GRANDPA},
		Ss58Codec,
	},
	sr25519,
	storage::Storage,
	Pair,
};
use sp_keystore::{Keystore, KeystoreExt};
use sp_runtime::BuildStorage;
use sp_state_machine::BasicExternalities;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::OnceLock};
use tempfile::TempDir;

/// What scripts/ceremony begins with.
const TEMPLATE: &str = include_str!("../../../../chain-specs/consortium.toml");
const NAMES: [&str; 4] = ["North Grid", "City Utility", "Member Services", "Regulator"];

/// A company whose secrets the test has.
#[derive(Clone)]
struct Made {
	card: Card,
	pair: sr25519::Pair,
}

impl Made {
	fn new(folder: &Path, name: &str, address: Option<String>) -> Self {
		let directory = folder.join(name.replace(' ', "-"));
		let new = New { directory: directory.clone(), name: name.into(), address };
		let card = new.make().expect("the folder is new");
		let phrase = fs::read_to_string(directory.join("account.secret")).expect("it was made");
		Self { card, pair: sr25519::Pair::from_string(phrase.trim(), None).expect("a phrase") }
	}

	/// Signs what was changed.
	fn signed(mut self) -> Self {
		self.card.signature = to_hex(&self.pair.sign(&self.card.payload()).0, false);
		self
	}

	/// Another account of one's own, with new proofs.
	fn of(mut self, pair: sr25519::Pair) -> Self {
		self.card.account = AccountId::from(pair.public()).to_ss58check();
		self.pair = pair;
		self.with_session(None, None)
	}

	/// Session keys from these secrets, drawn where there is none.
	fn with_session(mut self, aura: Option<&str>, grandpa: Option<&str>) -> Self {
		let container = KeystoreContainer::new(&KeystoreConfig::InMemory).expect("memory is there");
		let keystore = container.keystore();
		let mut keys = SessionKeys {
			aura: keystore.sr25519_generate_new(AURA, aura).expect("memory is there").into(),
			grandpa: keystore.ed25519_generate_new(GRANDPA, grandpa).expect("memory is there").into(),
		};
		let mut state = BasicExternalities::default();
		state.register_extension(KeystoreExt(keystore));
		let owner = AccountId::from(self.pair.public()).encode();
		let proof = state.execute_with(|| keys.create_ownership_proof(&owner)).expect("the keys are there");
		self.card.session_keys = Some(to_hex(&keys.encode(), false));
		self.card.proof = Some(to_hex(&proof.encode(), false));
		self.signed()
	}
}

/// Four companies with a node each, the same in all tests.
fn four() -> Vec<Made> {
	static MADE: OnceLock<Vec<Made>> = OnceLock::new();
	let make = || {
		let folder = TempDir::new().expect("a folder");
		let address = |number: usize| Some(format!("/dns/node{number}.example.org/tcp/30333"));
		NAMES.iter().enumerate().map(|(number, name)| Made::new(folder.path(), name, address(number))).collect()
	};
	MADE.get_or_init(make).clone()
}

fn roles_of(number: usize) -> &'static str {
	[
		r#"["dso", "meter_operator"]"#,
		r#"["balance_responsible_party", "settlement_agent"]"#,
		r#"["membership_provider", "settlement_agent"]"#,
		r#"["regulator"]"#,
	]
	.get(number)
	.copied()
	.unwrap_or("[]")
}

/// The file of these companies.
fn text(made: &[Made]) -> String {
	let mut text: String =
		TEMPLATE.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
	for (number, one) in made.iter().enumerate() {
		let card = toml::to_string(&one.card).expect("it writes");
		text += &format!("\n[[company]]\nroles = {}\n{card}", roles_of(number));
	}
	text
}

fn genesis(text: &str) -> Result<serde_json::Value, ConsortiumError> {
	Consortium::parse(text).expect("it reads").genesis(Path::new(""))
}

fn refusal(text: &str) -> ConsortiumError {
	let error = genesis(text).expect_err("it is refused");
	assert!(!error.to_string().contains('\n'), "{error}");
	error
}

fn rehearsal(text: &str) -> String {
	replaced(text, "kind = \"live\"", "kind = \"rehearsal\"")
}

fn replaced(text: &str, from: &str, to: &str) -> String {
	assert!(text.contains(from), "{from}");
	text.replace(from, to)
}

/// The state that the runtime builds of a patch, natively.
fn state(patch: serde_json::Value) -> Storage {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
	sc_chain_spec::json_merge(&mut config, patch);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("it fits the runtime");
	config.build_storage().expect("it builds")
}

fn value<T: Decode>(storage: &Storage, key: &[u8]) -> T {
	T::decode(&mut &storage.top[key][..]).expect("it decodes")
}
