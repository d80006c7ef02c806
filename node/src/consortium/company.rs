//! `busbar-node company`: a company makes its keys, and looks whether the consortium's file has them as it made them.
//!
//! In the company's folder lie `account.secret`, the phrase of its account, which belongs on no machine that faces the network;
//! `node.key`, the node's identity; `keystore`, the session keys; and `company.toml`, the card, of which nothing is secret.

use super::{known, Card, Consortium};
use busbar_primitives::ParticipantId;
use busbar_runtime::{AccountId, SessionKeys};
use clap::{Parser, Subcommand};
use codec::Encode;
use sc_network::config::ed25519::{Keypair, SecretKey};
use sc_service::{config::KeystoreConfig, KeystoreContainer};
use sp_core::{bytes::to_hex, crypto::Ss58Codec, sr25519, Pair};
use sp_io::hashing::blake2_128;
use sp_keystore::{Keystore, KeystoreExt};
use sp_state_machine::BasicExternalities;
use std::{
	fs,
	io::Write,
	os::unix::fs::{DirBuilderExt, OpenOptionsExt},
	path::{Path, PathBuf},
};

const ACCOUNT: &str = "account.secret";
const NODE: &str = "node.key";
const KEYSTORE: &str = "keystore";
const CARD: &str = "company.toml";

/// Make a company's keys, and compare them with a consortium's file.
#[derive(Debug, Subcommand)]
pub enum Company {
	/// Make the keys of a company in a new folder, and its card, which the others are given.
	New(New),
	/// See that the consortium's file has this company as it made itself, that a chain can begin with the file, and what the
	/// company is in it.
	Check(Check),
}

#[derive(Debug, Parser)]
pub struct New {
	/// Folder that is made, readable by its owner alone.
	#[arg(long, value_name = "DIR")]
	pub directory: PathBuf,
	/// What the company is called.
	#[arg(long)]
	pub name: String,
	/// Where the others reach its node, for example /dns/node.example.org/tcp/30333; none if it runs no validator.
	#[arg(long, value_name = "ADDRESS")]
	pub address: Option<String>,
}

#[derive(Debug, Parser)]
pub struct Check {
	/// The company's folder.
	#[arg(long, value_name = "DIR")]
	pub directory: PathBuf,
	/// The consortium's file.
	#[arg(long, value_name = "FILE")]
	pub consortium: PathBuf,
}

/// Why a company's keys are not made, or the file is not as the company made itself.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
	#[error("'{0}' is there already: keys are never overwritten; choose a new folder")]
	Exists(PathBuf),
	#[error("'{}': {reason}", .path.display())]
	Io { path: PathBuf, reason: String },
	#[error("the address '{0}' is no multiaddress without an identity, such as /dns/node.example.org/tcp/30333")]
	Address(String),
	#[error("the keystore: {0}")]
	Keystore(String),
	#[error("'{file}' has no company '{name}' with the account {account}: let your card be added as it is")]
	Absent { file: String, name: String, account: String },
	#[error("'{file}' has another card of '{name}' than {CARD}: let it be replaced by yours")]
	Changed { file: String, name: String },
	#[error(
		"{what} of '{name}' is not in its folder: the node could not {cannot}; restore it, or make the company anew"
	)]
	Missing { name: String, what: &'static str, cannot: &'static str },
	#[error("'{file}': {reason}")]
	File { file: String, reason: String },
}

impl Company {
	/// # Errors
	/// See [`CompanyError`].
	pub fn run(&self) -> Result<(), CompanyError> {
		match self {
			Self::New(new) => {
				let card = new.make()?;
				println!("{}", toml_of(&card)?);
				eprintln!("'{}' is made. Keep {ACCOUNT} off this machine; give {CARD} to the consortium.", card.name);
				Ok(())
			},
			Self::Check(check) => check.run().map(|told| println!("{told}")),
		}
	}
}

fn toml_of(card: &Card) -> Result<String, CompanyError> {
	toml::to_string(card).map_err(|error| CompanyError::File { file: CARD.into(), reason: error.to_string() })
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> CompanyError + '_ {
	move |error| CompanyError::Io { path: path.into(), reason: error.to_string() }
}

/// A file that its owner alone reads and that was not there before.
fn write_secret(path: &Path, text: &str) -> Result<(), CompanyError> {
	let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io(path))?;
	file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io(path))
}

/// A UUID of version 8 (RFC 9562) from the account: it says nothing about the company.
fn id_of(account: &AccountId) -> ParticipantId {
	let mut id = account.using_encoded(blake2_128);
	id[6] = (id[6] & 0x0f) | 0x80;
	id[8] = (id[8] & 0x3f) | 0x80;
	ParticipantId(id)
}

impl New {
	/// Makes the folder and all that is in it. Returns the card.
	pub fn make(&self) -> Result<Card, CompanyError> {
		let folder = &self.directory;
		if folder.exists() {
			return Err(CompanyError::Exists(folder.clone()));
		}
		if let Some(address) = &self.address {
			let parsed: Option<sc_network::Multiaddr> = address.parse().ok();
			if parsed.is_none() || address.contains("/p2p/") {
				return Err(CompanyError::Address(address.clone()));
			}
		}
		fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io(folder))?;
		let (pair, phrase, _) = sr25519::Pair::generate_with_phrase(None);
		write_secret(&folder.join(ACCOUNT), &format!("{phrase}\n"))?;
		let account = AccountId::from(pair.public());
		let mut card = Card {
			name: self.name.clone(),
			id: id_of(&account),
			account: account.to_ss58check(),
			node: None,
			session_keys: None,
			proof: None,
			signature: String::new(),
		};
		if let Some(address) = &self.address {
			let node = Keypair::generate();
			write_secret(&folder.join(NODE), &hex_of(node.secret().to_bytes().as_ref()))?;
			let peer = node.public().to_peer_id();
			card.node = Some(format!("{}/p2p/{peer}", address.trim_end_matches('/')));
			let (keys, proof) = session_keys(&folder.join(KEYSTORE), &account)?;
			card.session_keys = Some(to_hex(&keys.encode(), false));
			card.proof = Some(to_hex(&proof, false));
		}
		card.signature = to_hex(&pair.sign(&card.payload()).0, false);
		let path = folder.join(CARD);
		fs::write(&path, toml_of(&card)?).map_err(io(&path))?;
		Ok(card)
	}
}

fn hex_of(bytes: &[u8]) -> String {
	to_hex(bytes, false).trim_start_matches("0x").into()
}

/// Session keys in a new keystore, and their proof that they are the account's, as `author_rotateKeysWithOwner` makes them.
fn session_keys(path: &Path, account: &AccountId) -> Result<(SessionKeys, Vec<u8>), CompanyError> {
	fs::DirBuilder::new().mode(0o700).create(path).map_err(io(path))?;
	let config = KeystoreConfig::Path { path: path.into(), password: None };
	let container = KeystoreContainer::new(&config).map_err(|error| CompanyError::Keystore(error.to_string()))?;
	let mut state = BasicExternalities::default();
	state.register_extension(KeystoreExt(container.keystore()));
	let made = state.execute_with(|| SessionKeys::generate(&account.encode(), None));
	Ok((made.keys, made.proof.encode()))
}

impl Check {
	/// What the company is in the file, for people.
	pub fn run(&self) -> Result<String, CompanyError> {
		let file = self.consortium.display().to_string();
		let wrong = |reason: String| CompanyError::File { file: file.clone(), reason };
		let path = self.directory.join(CARD);
		let own = fs::read_to_string(&path).map_err(io(&path))?;
		let own: Card = toml::from_str(&own)
			.map_err(|error| CompanyError::File { file: path.display().to_string(), reason: error.to_string() })?;
		let text = fs::read_to_string(&self.consortium).map_err(io(&self.consortium))?;
		let consortium = Consortium::parse(&text).map_err(wrong)?;
		let company = consortium.companies.iter().find(|company| company.card.account == own.account);
		let Some(company) = company else {
			return Err(CompanyError::Absent { file, name: own.name, account: own.account });
		};
		if company.card != own {
			return Err(CompanyError::Changed { file, name: own.name });
		}
		let folder = self.consortium.parent().unwrap_or(Path::new(""));
		consortium.genesis(folder).map_err(|error| wrong(error.to_string()))?;
		let node = own.node().map_err(|error| wrong(error.to_string()))?;
		if let Some(node) = &node {
			self.ensure_kept(&own, &node.keys, node.address.peer_id.into_ed25519())?;
		}
		let roles: Vec<String> = company.roles.iter().map(|entry| format!("{:?}", entry.held())).collect();
		Ok(format!(
			"{}: {} of {} companies; {}; {}; roles: {}",
			own.name,
			match consortium.chain.kind {
				super::file::Kind::Live => "in a live chain",
				super::file::Kind::Rehearsal => "in a rehearsal",
			},
			consortium.companies.len(),
			if node.is_some() { "an authority" } else { "no authority" },
			if company.has_seat() { "a seat in the council" } else { "no seat in the council" },
			if roles.is_empty() { "none".into() } else { roles.join(" ") },
		))
	}

	/// That the secrets behind the card are in the folder.
	fn ensure_kept(&self, own: &Card, keys: &SessionKeys, peer: Option<known::Key>) -> Result<(), CompanyError> {
		let missing = |what, cannot| Err(CompanyError::Missing { name: own.name.clone(), what, cannot });
		let config = KeystoreConfig::Path { path: self.directory.join(KEYSTORE), password: None };
		let container = KeystoreContainer::new(&config).map_err(|error| CompanyError::Keystore(error.to_string()))?;
		let raw = keys.clone().into_raw_public_keys();
		if !container.keystore().has_keys(&raw) {
			return missing("a session key", "author or finalise");
		}
		let kept = fs::read_to_string(self.directory.join(NODE)).ok();
		let kept = kept.and_then(|text| sp_core::bytes::from_hex(text.trim()).ok());
		let kept = kept.and_then(|bytes| SecretKey::try_from_bytes(bytes).ok());
		if kept.map(|secret| Keypair::from(secret).public().to_bytes()) != peer {
			return missing("the node's identity", "be reached by the others");
		}
		Ok(())
	}
}
