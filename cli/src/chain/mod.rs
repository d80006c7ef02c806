//! A chain over JSON-RPC: the connection, reads at a block, and what a block's events say.
//!
//! Calls, events and API results are the runtime's own types, so nothing is generated from metadata; a chain of another
//! version is refused on connecting.

mod certificates;
mod explain;
mod market;
mod settlement;
pub mod sign;
mod statements;
pub mod submit;

use crate::failure::Failure;
use anyhow::{anyhow, Context, Result};
use busbar_primitives::{
	api::*, Balance, Contract, Interval, ParticipantId, PointId, ProductId, StatementProof, ZoneId, ZoneView,
};
use busbar_runtime::{
	frame_system, pallet_balances,
	pallet_participants::{ParticipantOf, Participants},
	AccountId, Runtime, RuntimeEvent,
};
use codec::{Decode, Encode};
use serde::Deserialize;
use sp_core::H256;
use sp_crypto_hashing::twox_128;
use std::{sync::Arc, time::Duration};
use subxt::rpcs::{
	client::{rpc_params, RpcParams, RpcSubscription},
	RpcClient,
};

pub use certificates::{Account, Total};
pub use explain::describe;
pub use settlement::Retailers;

/// Events of a block, as the runtime writes them.
pub type Events = Vec<frame_system::EventRecord<RuntimeEvent, H256>>;
/// An account's entry in `System.Account`.
pub type AccountInfo = frame_system::AccountInfo<busbar_runtime::Nonce, pallet_balances::AccountData<Balance>>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Keys that are asked for at a time.
const KEYS: usize = 256;

/// A block's header, as far as it is needed here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
	pub parent_hash: H256,
	#[serde(deserialize_with = "hex_number")]
	pub number: u32,
}

#[derive(Deserialize)]
struct SignedBlock {
	block: Block,
}

#[derive(Deserialize)]
struct Block {
	header: Header,
	extrinsics: Vec<String>,
}

fn hex_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
	let text = String::deserialize(deserializer)?;
	u32::from_str_radix(text.trim_start_matches("0x"), 16).map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeVersion {
	spec_name: String,
	spec_version: u32,
	transaction_version: u32,
}

/// A connection to one node.
#[derive(Clone)]
pub struct Chain {
	rpc: RpcClient,
	url: Arc<str>,
	genesis: H256,
}

impl Chain {
	/// Connects to a node and checks that its runtime is the one that this program was built with.
	///
	/// # Errors
	/// If nothing answers, or another chain or another version of it.
	pub async fn connect(url: &str) -> Result<Self> {
		let unreachable =
			|| format!("cannot reach a node at {url}; is it running, and is its RPC port the one in --url?");
		if !url.starts_with("ws://") && !url.starts_with("wss://") {
			return Err(Failure::input(format!("{url} is no WebSocket address; write --url ws://HOST:PORT")).into());
		}
		let rpc = tokio::time::timeout(CONNECT_TIMEOUT, RpcClient::from_insecure_url(url))
			.await
			.with_context(unreachable)?
			.with_context(unreachable)?;
		let mut chain = Self { rpc, url: url.into(), genesis: H256::zero() };
		let version: RuntimeVersion = chain.request("state_getRuntimeVersion", rpc_params![]).await?;
		let ours = busbar_runtime::VERSION;
		if version.spec_name != ours.spec_name.as_ref() {
			let (theirs, ours) = (version.spec_name, ours.spec_name);
			return Err(anyhow!("the chain at {url} is `{theirs}`, not `{ours}`; choose a Busbar node with --url"));
		}
		if version.transaction_version != ours.transaction_version || version.spec_version != ours.spec_version {
			return Err(anyhow!(
				"the chain at {url} runs version {} (transactions {}), this program speaks version {} (transactions {}); \
				 use the busbar of the chain's release",
				version.spec_version,
				version.transaction_version,
				ours.spec_version,
				ours.transaction_version
			));
		}
		chain.genesis = chain.block_hash(0).await?.context("the node has no genesis block")?;
		Ok(chain)
	}

	/// Hash of block 0, which every transaction binds.
	pub fn genesis(&self) -> H256 {
		self.genesis
	}

	/// The address of the node.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// A raw request. The answer is deserialised from JSON.
	pub async fn request<R: serde::de::DeserializeOwned>(&self, method: &str, params: RpcParams) -> Result<R> {
		self.rpc.request(method, params).await.map_err(|error| match error {
			subxt::rpcs::Error::User(error) => {
				let detail = error.data.as_ref().map_or("", |data| data.get());
				anyhow!("{} refused {method}: {} {detail}", self.url, error.message)
			},
			error => anyhow::Error::from(error).context(format!("{method} at {} failed", self.url)),
		})
	}

	/// A subscription to headers: `chain_subscribeNewHeads`, `chain_subscribeFinalizedHeads`, `chain_subscribeAllHeads`.
	pub async fn headers(&self, subscribe: &str, unsubscribe: &str) -> Result<RpcSubscription<Header>> {
		self.rpc
			.subscribe(subscribe, rpc_params![], unsubscribe)
			.await
			.with_context(|| format!("{} refused {subscribe}", self.url))
	}

	/// Hash of the finalised block with the greatest number.
	pub async fn finalised(&self) -> Result<H256> {
		self.request("chain_getFinalizedHead", rpc_params![]).await
	}

	/// Hash of the best block.
	pub async fn best(&self) -> Result<H256> {
		self.request("chain_getBlockHash", rpc_params![]).await
	}

	/// Hash of the block with this number on the best chain.
	pub async fn block_hash(&self, number: u32) -> Result<Option<H256>> {
		self.request("chain_getBlockHash", rpc_params![number]).await
	}

	/// A block's header.
	pub async fn header(&self, hash: H256) -> Result<Header> {
		self.request::<Option<Header>>("chain_getHeader", rpc_params![hash])
			.await?
			.with_context(|| format!("{} does not know the block {hash}", self.url))
	}

	/// A block's header and its extrinsics' bytes.
	pub async fn body(&self, hash: H256) -> Result<(Header, Vec<Vec<u8>>)> {
		let block = self
			.request::<Option<SignedBlock>>("chain_getBlock", rpc_params![hash])
			.await?
			.with_context(|| format!("{} does not know the block {hash}", self.url))?
			.block;
		let extrinsics = block.extrinsics.iter().map(|text| bytes(text)).collect::<Result<_>>()?;
		Ok((block.header, extrinsics))
	}

	/// A storage value.
	pub async fn storage<R: Decode>(&self, at: H256, key: &[u8]) -> Result<Option<R>> {
		let value: Option<String> = self.request("state_getStorage", rpc_params![hex_of(key), at]).await?;
		let Some(value) = value else { return Ok(None) };
		Ok(Some(R::decode(&mut &bytes(&value)?[..]).context("a storage value is not of the expected type")?))
	}

	/// A block's events.
	pub async fn events(&self, at: H256) -> Result<Events> {
		let key = storage_prefix("System", "Events");
		Ok(self.storage(at, &key).await?.unwrap_or_default())
	}

	/// An account's nonce and money.
	pub async fn account(&self, at: H256, account: &AccountId) -> Result<AccountInfo> {
		let key = frame_system::Account::<Runtime>::hashed_key_for(account);
		Ok(self.storage(at, &key).await?.unwrap_or_default())
	}

	/// Sum of what all accounts have, free and held, in nEUR.
	pub async fn all_money(&self, at: H256) -> Result<Balance> {
		let accounts: Vec<(Vec<u8>, AccountInfo)> = self.entries(at, &storage_prefix("System", "Account")).await?;
		let money = accounts.iter().flat_map(|(_, info)| [info.data.free, info.data.reserved]);
		money.into_iter().try_fold(0, Balance::checked_add).context("the accounts' money exceeds 128 bits")
	}

	/// Keys and values of everything in storage under a prefix.
	pub async fn entries<R: Decode>(&self, at: H256, prefix: &[u8]) -> Result<Vec<(Vec<u8>, R)>> {
		let prefix = hex_of(prefix);
		let (mut start, mut entries) = (None::<String>, Vec::new());
		loop {
			let keys: Vec<String> = self.request("state_getKeysPaged", rpc_params![&prefix, KEYS, &start, at]).await?;
			entries.extend(self.values(at, &keys).await?);
			if keys.len() < KEYS {
				return Ok(entries);
			}
			start = keys.last().cloned();
		}
	}

	/// What stands in storage under each of a page's keys; keys under which nothing stands are left out.
	async fn values<R: Decode>(&self, at: H256, keys: &[String]) -> Result<Vec<(Vec<u8>, R)>> {
		#[derive(Deserialize)]
		struct Change {
			changes: Vec<(String, Option<String>)>,
		}
		if keys.is_empty() {
			return Ok(Vec::new());
		}
		let changes: Vec<Change> = self.request("state_queryStorageAt", rpc_params![keys, at]).await?;
		let standing = changes.into_iter().flat_map(|set| set.changes);
		standing
			.filter_map(|(key, value)| Some((key, value?)))
			.map(|(key, value)| {
				let value =
					R::decode(&mut &bytes(&value)?[..]).context("a storage value is not of the expected type")?;
				Ok((bytes(&key)?, value))
			})
			.collect()
	}

	/// Keys and values of a map by two keys, each with this many bytes of its hash before it.
	async fn pairs<A: Decode, B: Decode, R: Decode>(
		&self,
		at: H256,
		prefix: &[u8],
		hashes: [usize; 2],
	) -> Result<Vec<((A, B), R)>> {
		let entries = self.entries::<R>(at, prefix).await?.into_iter();
		entries.map(|(key, value)| Ok((pair(&key, hashes)?, value))).collect()
	}

	/// Calls a function of the energy API on the state of a block.
	async fn call<R: Decode>(&self, at: H256, function: &str, args: impl Encode) -> Result<R> {
		self.state_call(at, &format!("EnergyApi_{function}"), args).await
	}

	/// Calls a function of the runtime on the state of a block.
	async fn state_call<R: Decode>(&self, at: H256, name: &str, args: impl Encode) -> Result<R> {
		let answer: String = self.request("state_call", rpc_params![name, hex_of(&args.encode()), at]).await?;
		R::decode(&mut &bytes(&answer)?[..])
			.with_context(|| format!("the answer of {name} is not of the expected type"))
	}

	pub async fn clock(&self, at: H256) -> Result<Clock> {
		self.call(at, "clock", ()).await
	}

	pub async fn status(&self, at: H256, interval: Interval) -> Result<Option<Status>> {
		self.call(at, "status", interval).await
	}

	pub async fn zones(&self, at: H256, interval: Interval) -> Result<Vec<ZoneView>> {
		self.call(at, "zones", interval).await
	}

	pub async fn book(&self, at: H256, session: (Interval, ProductId), zone: ZoneId) -> Result<Vec<BookLevel>> {
		self.call(at, "book", (session.0, session.1, zone)).await
	}

	pub async fn prices(&self, at: H256, session: (Interval, ProductId)) -> Result<Vec<ZonePrice>> {
		self.call(at, "prices", session).await
	}

	/// All orders of a session, in the order of their points.
	pub async fn orders(&self, at: H256, session: (Interval, ProductId)) -> Result<Vec<OrderView>> {
		const PAGE: u32 = 128;
		let (mut orders, mut from) = (Vec::new(), 0);
		loop {
			let page: Vec<OrderView> = self.call(at, "orders", (session.0, session.1, from, PAGE)).await?;
			let Some(last) = page.last() else { return Ok(orders) };
			from = last.point.saturating_add(1);
			orders.extend(page);
		}
	}

	/// A connection point's order in a session.
	pub async fn order_of(
		&self,
		at: H256,
		session: (Interval, ProductId),
		point: PointId,
	) -> Result<Option<OrderView>> {
		let orders: Vec<OrderView> = self.call(at, "orders", (session.0, session.1, point, 1u32)).await?;
		Ok(orders.into_iter().find(|order| order.point == point))
	}

	/// A connection point.
	pub async fn point(&self, at: H256, id: PointId) -> Result<Option<PointView>> {
		let points: Vec<PointView> = self.call(at, "points", (id, 1u32)).await?;
		Ok(points.into_iter().find(|point| point.id == id))
	}

	/// What a connection point bought and sold, session by session.
	pub async fn contracts(&self, at: H256, point: PointId, interval: Interval) -> Result<Vec<Contract>> {
		self.call(at, "contracts", (point, interval)).await
	}

	/// All connection points.
	pub async fn points(&self, at: H256) -> Result<Vec<PointView>> {
		const PAGE: u32 = 256;
		let (mut points, mut from): (Vec<PointView>, PointId) = (Vec::new(), 0);
		loop {
			let page: Vec<PointView> = self.call(at, "points", (from, PAGE)).await?;
			let Some(last) = page.last() else { return Ok(points) };
			from = last.id.saturating_add(1);
			points.extend(page);
		}
	}

	/// The account that a participant is paid on; `None` if there is no such participant (any more).
	pub async fn account_of(&self, at: H256, participant: ParticipantId) -> Result<Option<AccountId>> {
		let key = Participants::<Runtime>::hashed_key_for(participant);
		let found: Option<ParticipantOf<Runtime>> = self.storage(at, &key).await?;
		Ok(found.map(|found| found.account))
	}

	pub async fn participant(&self, at: H256, account: &AccountId) -> Result<Option<ParticipantView<AccountId>>> {
		self.call(at, "participant", account).await
	}

	/// All statement lines of an interval, in the order of the leaves.
	pub async fn lines(&self, at: H256, interval: Interval) -> Result<Vec<StatementLine>> {
		const PAGE: u32 = 512;
		let (mut lines, mut from): (Vec<StatementLine>, u32) = (Vec::new(), 0);
		loop {
			let page: Vec<StatementLine> = self.call(at, "lines", (interval, from, PAGE)).await?;
			let Some(last) = page.last() else { return Ok(lines) };
			from = last.index.saturating_add(1);
			lines.extend(page);
		}
	}

	/// One statement line of an interval with its proof, or why there is none.
	pub async fn statement_proof(&self, at: H256, interval: Interval, index: u32) -> Result<StatementProof> {
		self.call(at, "statement_proof", (interval, index)).await
	}

	pub async fn conservation(&self, at: H256, interval: Interval) -> Result<Conservation> {
		self.call(at, "conservation", interval).await
	}
}

/// The key under which a pallet's storage item stands.
fn storage_prefix(pallet: &str, item: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

/// The two keys that stand behind the names of pallet and item, each with this many bytes of its hash before it.
fn pair<A: Decode, B: Decode>(key: &[u8], hashes: [usize; 2]) -> Result<(A, B)> {
	const NAMES: usize = 32;
	let short = || anyhow!("a storage key is too short");
	let mut tail = key.get(NAMES + hashes[0]..).ok_or_else(short)?;
	let first = A::decode(&mut tail).context("a storage key has no first key")?;
	let mut tail = tail.get(hashes[1]..).ok_or_else(short)?;
	Ok((first, B::decode(&mut tail).context("a storage key has no second key")?))
}

/// Bytes of a `0x...` text.
pub fn bytes(text: &str) -> Result<Vec<u8>> {
	hex::decode(text.trim_start_matches("0x")).context("the text is not hexadecimal")
}

/// `0x...` of some bytes.
pub fn hex_of(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_header_is_read_as_nodes_write_it() {
		let text = format!(r#"{{"parentHash":"0x{}","number":"0x1f","digest":{{"logs":[]}}}}"#, "11".repeat(32));
		let header: Header = serde_json::from_str(&text).unwrap();
		assert_eq!((header.number, header.parent_hash), (31, H256::repeat_byte(0x11)));
	}

	#[test]
	fn hexadecimal_text_reads_back() {
		assert_eq!(bytes(&hex_of(&[0, 255, 16])).unwrap(), vec![0, 255, 16]);
		assert!(bytes("0xzz").is_err());
	}
}
