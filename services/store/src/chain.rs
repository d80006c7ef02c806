//! What the store asks the chain, and the answers of a node over JSON-RPC.

use crate::error::Error;
use async_trait::async_trait;
use busbar_primitives::{Interval, ParticipantId, PointId, Role, Scope};
use busbar_runtime::{pallet_grid, pallet_metering, pallet_participants, AccountId, Runtime};
use codec::Decode;
use pallet_metering::{Dataset as Attested, Operator};
use pallet_participants::{DataGrant, Status};
use serde_json::{json, Value};
use sp_core::H256;
use std::time::Duration;

/// An active participant in whose name an account acts, and its roles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
	pub participant: ParticipantId,
	pub roles: Vec<(Role, Scope)>,
	/// Whether it attests readings: a meter operator, or a second attester that posted its bond.
	pub attests: bool,
}

/// The chain's say.
#[async_trait]
pub trait Chain: Send + Sync {
	/// The active participants in whose name the account exercises roles: its own, and the one that it operates for by an
	/// on-chain delegation. Nobody's if its own participant is suspended.
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error>;

	/// Who owns a connection point that exists in the interval.
	async fn owner(&self, point: PointId, interval: Interval) -> Result<Option<ParticipantId>, Error>;

	/// To whom a participant opens which of its data.
	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error>;

	/// What an operator attested for an interval.
	async fn attested(&self, interval: Interval, operator: ParticipantId) -> Result<Option<Attested>, Error>;
}

/// A node's answers, from its newest finalised block.
pub struct Node {
	url: String,
	http: reqwest::Client,
}

impl Node {
	/// A node by the address of its RPC port; `ws` and `http` name the same port.
	///
	/// # Errors
	/// If no HTTP client can be made.
	pub fn new(url: &str) -> anyhow::Result<Self> {
		let url = url.replacen("ws", "http", usize::from(url.starts_with("ws")));
		crate::client::install_tls();
		Ok(Self { url, http: reqwest::Client::builder().timeout(Duration::from_secs(10)).build()? })
	}

	async fn request(&self, method: &str, params: Value) -> Result<Value, Error> {
		let failed = |error: &dyn std::fmt::Display| Error::Chain(format!("{method} at {}: {error}", self.url));
		let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
		let answer = self.http.post(&self.url).json(&body).send().await.map_err(|error| failed(&error))?;
		let mut answer: Value = answer.json().await.map_err(|error| failed(&error))?;
		match answer.get("error") {
			Some(error) => Err(failed(error)),
			None => Ok(answer.get_mut("result").map(Value::take).unwrap_or_default()),
		}
	}

	async fn finalised(&self) -> Result<Value, Error> {
		self.request("chain_getFinalizedHead", json!([])).await
	}

	async fn storage<V: Decode>(&self, at: &Value, key: &[u8]) -> Result<Option<V>, Error> {
		let value = self.request("state_getStorage", json!([format!("0x{}", hex::encode(key)), at])).await?;
		let Some(text) = value.as_str() else { return Ok(None) };
		let strange =
			|| Error::Chain("a stored value is not of this release's type; use the store of the chain's".into());
		let bytes = hex::decode(text.trim_start_matches("0x")).map_err(|_| strange())?;
		Ok(Some(V::decode(&mut &bytes[..]).map_err(|_| strange())?))
	}
}

type Record = pallet_participants::Participant<AccountId, busbar_runtime::BlockNumber>;

#[async_trait]
impl Chain for Node {
	async fn principals(&self, account: &AccountId) -> Result<Vec<Principal>, Error> {
		use pallet_participants::{DelegateOf, Delegation, MemberOf, Participants, Roles};
		let at = self.finalised().await?;
		let own: Option<ParticipantId> = self.storage(&at, &MemberOf::<Runtime>::hashed_key_for(account)).await?;
		let delegation: Option<Delegation> = self.storage(&at, &DelegateOf::<Runtime>::hashed_key_for(account)).await?;
		let mut principals = Vec::new();
		for participant in own.into_iter().chain(delegation.and_then(|delegation| delegation.operates_for)) {
			let key = Participants::<Runtime>::hashed_key_for(participant);
			let record: Option<Record> = self.storage(&at, &key).await?;
			if record.is_some_and(|record| record.status == Status::Active) {
				let roles: Option<Vec<(Role, Scope)>> =
					self.storage(&at, &Roles::<Runtime>::hashed_key_for(participant)).await?;
				let roles = roles.unwrap_or_default();
				let key = pallet_metering::Operators::<Runtime>::hashed_key_for(participant);
				let attests = roles.iter().any(|(role, _)| *role == Role::MeterOperator)
					|| self.storage::<Operator<AccountId>>(&at, &key).await?.is_some();
				principals.push(Principal { participant, roles, attests });
			} else if Some(participant) == own {
				return Ok(Vec::new());
			}
		}
		Ok(principals)
	}

	async fn owner(&self, point: PointId, interval: Interval) -> Result<Option<ParticipantId>, Error> {
		let at = self.finalised().await?;
		let key = pallet_grid::Points::<Runtime>::hashed_key_for(point);
		let point: Option<busbar_primitives::Point> = self.storage(&at, &key).await?;
		let exists = |point: &busbar_primitives::Point| {
			point.from <= interval && point.until.is_none_or(|until| interval < until)
		};
		Ok(point.filter(exists).map(|point| point.owner))
	}

	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error> {
		let at = self.finalised().await?;
		let key = pallet_participants::DataGrants::<Runtime>::hashed_key_for(owner);
		Ok(self.storage(&at, &key).await?.unwrap_or_default())
	}

	async fn attested(&self, interval: Interval, operator: ParticipantId) -> Result<Option<Attested>, Error> {
		let at = self.finalised().await?;
		self.storage(&at, &pallet_metering::Datasets::<Runtime>::hashed_key_for(interval, operator)).await
	}
}

/// Whether the content of a dataset is what its operator attested.
///
/// # Errors
/// If the chain cannot be asked.
pub async fn is_attested(chain: &dyn Chain, hash: H256, summary: &crate::meta::Summary) -> Result<bool, Error> {
	let attested = chain.attested(summary.interval, summary.operator).await?;
	Ok(attested.is_some_and(|attested| {
		attested.content == hash && attested.root == summary.root && attested.count == summary.count
	}))
}
