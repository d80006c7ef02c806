//! Tells who runs a validator when its session keys cannot work, why, and what to do: every minute in the log, and as a metric.
//!
//! A node that was started with `--validator` authors and votes only if its keystore holds the keys of a validator of the
//! current session. Without them it runs like any other node, which nobody would notice.

use crate::types::{Block, Client, Hash};
use busbar_runtime::{AccountId, Runtime, SessionKeys};
use codec::{Decode, Encode};
use sc_client_api::{StorageKey, StorageProvider};
use sc_network_sync::SyncingService;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_consensus_aura::{sr25519::AuthorityId as AuraId, AuraApi};
use sp_consensus_grandpa::{AuthorityId as GrandpaId, GrandpaApi};
use sp_core::crypto::key_types::{AURA, GRANDPA};
use sp_keystore::KeystorePtr;
use std::{fmt, sync::Arc, time::Duration};
use substrate_prometheus_endpoint::{register, GaugeVec, Opts, PrometheusError, Registry, U64};

/// How often the keys are looked at.
const PERIOD: Duration = Duration::from_secs(60);

/// The public keys in the node's keystore.
#[derive(Default)]
struct Own {
	aura: Vec<AuraId>,
	grandpa: Vec<GrandpaId>,
}

/// What the chain says at its best block.
#[derive(Default)]
struct Chain {
	/// Keys that author in this session.
	authors: Vec<AuraId>,
	/// Keys that vote in this session.
	voters: Vec<GrandpaId>,
	/// Pairs of keys of the next session.
	next: Vec<(AuraId, GrandpaId)>,
	/// Who registered the node's keys.
	owner: Option<AccountId>,
}

/// How the node's keys stand.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Standing {
	/// The node authors and votes.
	Usable,
	/// The keys are those of a validator of the next session.
	Queued,
	/// The keystore has no key of this kind, or of these.
	Missing(&'static str),
	/// An account has registered the keys, and is no validator.
	NotAdmitted(AccountId),
	/// Nobody has registered the keys.
	Unregistered,
	/// The first kind of key is a validator's, the second is not.
	Half { works: &'static str, foreign: &'static str },
}

impl Standing {
	/// Every standing as the metric names it.
	const LABELS: [&'static str; 6] = ["usable", "queued", "missing", "not_admitted", "unregistered", "half"];

	fn label(&self) -> &'static str {
		match self {
			Self::Usable => "usable",
			Self::Queued => "queued",
			Self::Missing(_) => "missing",
			Self::NotAdmitted(_) => "not_admitted",
			Self::Unregistered => "unregistered",
			Self::Half { .. } => "half",
		}
	}

	fn of(own: &Own, chain: &Chain) -> Self {
		match (own.aura.is_empty(), own.grandpa.is_empty()) {
			(true, true) => return Self::Missing("aura and gran"),
			(true, false) => return Self::Missing("aura"),
			(false, true) => return Self::Missing("gran"),
			(false, false) => {},
		}
		let authors = own.aura.iter().any(|key| chain.authors.contains(key));
		let votes = own.grandpa.iter().any(|key| chain.voters.contains(key));
		match (authors, votes) {
			(true, true) => Self::Usable,
			(true, false) => Self::Half { works: "aura", foreign: "gran" },
			(false, true) => Self::Half { works: "gran", foreign: "aura" },
			(false, false) => {
				let is_own =
					|(aura, grandpa): &(AuraId, GrandpaId)| own.aura.contains(aura) && own.grandpa.contains(grandpa);
				if chain.next.iter().any(is_own) {
					return Self::Queued;
				}
				chain.owner.clone().map_or(Self::Unregistered, Self::NotAdmitted)
			},
		}
	}
}

/// The reason and the remedy.
impl fmt::Display for Standing {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Usable => write!(f, "the session keys are those of a validator of this session"),
			Self::Queued => {
				write!(f, "the session keys are those of a validator of the next session; it begins by itself")
			},
			Self::Missing(kinds) => write!(
				f,
				"the keystore has no session key of kind {kinds}: this validator neither authors nor votes. Call \
				 author_rotateKeysWithOwner, or insert the keys with `busbar-node key insert`; then register them with \
				 session.setKeys and let the council admit the account with validators.add",
			),
			Self::NotAdmitted(account) => write!(
				f,
				"the session keys belong to {account}, which is no validator of this session: this node neither authors nor \
				 votes. Let the council admit the account with validators.add; it takes effect two sessions later",
			),
			Self::Unregistered => write!(
				f,
				"no account has registered the session keys in the keystore, so they are nobody's: this validator neither \
				 authors nor votes. Register them with session.setKeys from the validator's account, or insert the keys that \
				 it has registered with `busbar-node key insert`",
			),
			Self::Half { works, foreign } => write!(
				f,
				"the {works} key is a validator's and the {foreign} key is not, so this validator does half of its work. \
				 Insert the {foreign} key that the validator has registered with `busbar-node key insert`, or register both \
				 again with session.setKeys",
			),
		}
	}
}

/// Watches the keys of a validator while the node runs.
pub struct Watch {
	pub client: Arc<Client>,
	pub keystore: KeystorePtr,
	pub sync: Arc<SyncingService<Block>>,
}

impl Watch {
	/// Looks at the keys now and every minute.
	///
	/// # Errors
	/// If the metric exists already, which would be a defect.
	pub fn run(self, registry: Option<&Registry>) -> Result<impl std::future::Future<Output = ()>, PrometheusError> {
		let metric = registry.map(metric).transpose()?;
		Ok(async move {
			loop {
				match self.standing() {
					// A node that catches up knows an old state; without keys it needs none.
					Ok(standing) if self.sync.is_major_syncing() && !matches!(standing, Standing::Missing(_)) => {},
					Ok(standing) => {
						if let Some(metric) = &metric {
							set(metric, &standing);
						}
						match standing {
							Standing::Usable => {},
							Standing::Queued => log::info!(target: "session-keys", "{standing}"),
							_ => log::warn!(target: "session-keys", "{standing}"),
						}
					},
					Err(error) => {
						log::warn!(target: "session-keys", "the session keys cannot be compared with the chain's: {error}")
					},
				}
				tokio::time::sleep(PERIOD).await;
			}
		})
	}

	fn standing(&self) -> Result<Standing, String> {
		let own = Own {
			aura: self.keystore.sr25519_public_keys(AURA).into_iter().map(Into::into).collect(),
			grandpa: self.keystore.ed25519_public_keys(GRANDPA).into_iter().map(Into::into).collect(),
		};
		// Not to depend on the state of a block that may not be there yet.
		if own.aura.is_empty() || own.grandpa.is_empty() {
			return Ok(Standing::of(&own, &Chain::default()));
		}
		let at = self.client.info().best_hash;
		let api = self.client.runtime_api();
		let keys: Vec<(AccountId, SessionKeys)> =
			self.read(at, pallet_session::QueuedKeys::<Runtime>::hashed_key().to_vec())?.unwrap_or_default();
		let chain = Chain {
			authors: api.authorities(at).map_err(|error| error.to_string())?,
			voters: api
				.grandpa_authorities(at)
				.map_err(|error| error.to_string())?
				.into_iter()
				.map(|(key, _)| key)
				.collect(),
			next: keys.into_iter().map(|(_, keys)| (keys.aura, keys.grandpa)).collect(),
			owner: self.owner(at, &own)?,
		};
		Ok(Standing::of(&own, &chain))
	}

	/// Who registered one of the keys.
	fn owner(&self, at: Hash, own: &Own) -> Result<Option<AccountId>, String> {
		let aura = own.aura.iter().map(|key| (AURA, key.encode()));
		let grandpa = own.grandpa.iter().map(|key| (GRANDPA, key.encode()));
		for key in aura.chain(grandpa) {
			if let Some(owner) = self.read(at, pallet_session::KeyOwner::<Runtime>::hashed_key_for(key))? {
				return Ok(Some(owner));
			}
		}
		Ok(None)
	}

	fn read<T: Decode>(&self, at: Hash, key: Vec<u8>) -> Result<Option<T>, String> {
		let data = self.client.storage(at, &StorageKey(key)).map_err(|error| error.to_string())?;
		data.map(|data| T::decode(&mut &data.0[..])).transpose().map_err(|error| error.to_string())
	}
}

/// `busbar_session_keys{standing}`: 1 for how the keys stand, 0 for every other standing.
fn metric(registry: &Registry) -> Result<GaugeVec<U64>, PrometheusError> {
	let help = "How a validator's session keys stand: 1 for the standing that holds; alert unless usable is 1";
	register(GaugeVec::new(Opts::new("busbar_session_keys", help), &["standing"])?, registry)
}

fn set(metric: &GaugeVec<U64>, standing: &Standing) {
	for label in Standing::LABELS {
		metric.with_label_values(&[label]).set(u64::from(label == standing.label()));
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

	fn aura(who: Sr25519Keyring) -> AuraId {
		who.public().into()
	}

	fn grandpa(who: Ed25519Keyring) -> GrandpaId {
		who.public().into()
	}

	/// Alice and Bob author and vote; Charlie will.
	fn chain() -> Chain {
		Chain {
			authors: vec![aura(Sr25519Keyring::Alice), aura(Sr25519Keyring::Bob)],
			voters: vec![grandpa(Ed25519Keyring::Alice), grandpa(Ed25519Keyring::Bob)],
			next: vec![(aura(Sr25519Keyring::Charlie), grandpa(Ed25519Keyring::Charlie))],
			owner: None,
		}
	}

	fn own(aura_of: Sr25519Keyring, grandpa_of: Ed25519Keyring) -> Own {
		Own { aura: vec![aura(aura_of)], grandpa: vec![grandpa(grandpa_of)] }
	}

	#[test]
	fn a_validator_of_the_session_has_usable_keys() {
		assert_eq!(Standing::of(&own(Sr25519Keyring::Bob, Ed25519Keyring::Bob), &chain()), Standing::Usable);
		let mut with_old_keys = own(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie);
		with_old_keys.aura.push(aura(Sr25519Keyring::Alice));
		with_old_keys.grandpa.push(grandpa(Ed25519Keyring::Alice));
		assert_eq!(Standing::of(&with_old_keys, &chain()), Standing::Usable);
	}

	#[test]
	fn missing_keys_are_named_by_kind() {
		let mut keys = own(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
		keys.aura.clear();
		assert_eq!(Standing::of(&keys, &chain()), Standing::Missing("aura"));
		keys.grandpa.clear();
		assert_eq!(Standing::of(&keys, &chain()), Standing::Missing("aura and gran"));
		keys.aura.push(aura(Sr25519Keyring::Alice));
		assert_eq!(Standing::of(&keys, &chain()), Standing::Missing("gran"));
	}

	#[test]
	fn foreign_keys_are_told_apart_by_who_registered_them() {
		let foreign = own(Sr25519Keyring::Eve, Ed25519Keyring::Eve);
		assert_eq!(Standing::of(&foreign, &chain()), Standing::Unregistered);
		let eve: AccountId = Sr25519Keyring::Eve.to_account_id();
		let registered = Chain { owner: Some(eve.clone()), ..chain() };
		assert_eq!(Standing::of(&foreign, &registered), Standing::NotAdmitted(eve));
	}

	#[test]
	fn keys_of_the_next_session_only_wait() {
		let waiting = own(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie);
		assert_eq!(Standing::of(&waiting, &chain()), Standing::Queued);
	}

	#[test]
	fn one_foreign_key_of_two_is_named() {
		let half = Standing::of(&own(Sr25519Keyring::Alice, Ed25519Keyring::Eve), &chain());
		assert_eq!(half, Standing::Half { works: "aura", foreign: "gran" });
		let half = Standing::of(&own(Sr25519Keyring::Eve, Ed25519Keyring::Bob), &chain());
		assert_eq!(half, Standing::Half { works: "gran", foreign: "aura" });
	}

	#[test]
	fn every_bad_standing_says_what_to_do() {
		let bad = [
			Standing::Missing("aura"),
			Standing::NotAdmitted(Sr25519Keyring::Eve.to_account_id()),
			Standing::Unregistered,
			Standing::Half { works: "aura", foreign: "gran" },
		];
		for standing in bad {
			let text = standing.to_string();
			let has_remedy =
				["busbar-node key insert", "validators.add", "session.setKeys"].iter().any(|one| text.contains(one));
			assert!(has_remedy, "{text}");
		}
	}

	#[test]
	fn the_metric_is_one_for_the_standing_that_holds_and_zero_for_every_other() {
		let registry = Registry::new();
		let metric = metric(&registry).expect("it is new");
		for (standing, label) in [(Standing::Unregistered, "unregistered"), (Standing::Usable, "usable")] {
			set(&metric, &standing);
			for other in Standing::LABELS {
				assert_eq!(metric.with_label_values(&[other]).get(), u64::from(other == label), "{other} of {label}");
			}
		}
	}
}
