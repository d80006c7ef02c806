//! A chain for this crate's tests: blocks, versions and a pool in memory, behind a transport that can break.

use crate::{
	chain::{bytes, hex_of},
	metadata::{snapshot, variants_of, Kind, Runtime, Version},
	read::Clock,
	transport::{Json, Subscription, Transport, TransportError},
};
use async_trait::async_trait;
use codec::Encode;
use frame_metadata::{v16::RuntimeMetadataV16, RuntimeMetadataPrefixed};
use futures::{channel::mpsc, StreamExt};
use serde_json::{json, Value};
use sp_core::H256;
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Header as _},
	DispatchError, ModuleError,
};
use std::{
	collections::{HashMap, VecDeque},
	sync::{Arc, Mutex, MutexGuard},
};

type FullHeader = generic::Header<u32, BlakeTwo256>;

pub fn version(spec_version: u32) -> Version {
	Version { spec_name: "busbar".into(), spec_version, transaction_version: 1 }
}

/// The runtime of the snapshot.
pub fn runtime() -> Runtime {
	Runtime::of(version(1), snapshot().clone())
}

/// The runtime of the snapshot with a change.
pub fn changed(change: impl FnOnce(&mut RuntimeMetadataV16)) -> Runtime {
	let mut metadata = snapshot().clone();
	change(&mut metadata);
	Runtime::of(version(2), metadata)
}

/// All pallets' errors of a name.
pub fn errors_named(name: &str) -> Vec<DispatchError> {
	let of = |pallet: &frame_metadata::v16::PalletMetadata<_>| {
		let variants = variants_of(snapshot(), pallet, Kind::Error);
		let variant = variants.iter().find(|variant| variant.name == name)?;
		let error = [variant.index, 0, 0, 0];
		Some(DispatchError::Module(ModuleError { index: pallet.index, error, message: None }))
	};
	snapshot().pallets.iter().filter_map(of).collect()
}

/// A pallet's error.
pub fn error_of(pallet: &str, name: &str) -> DispatchError {
	let index = crate::metadata::pallet(snapshot(), pallet).expect("a pallet").index;
	let of_pallet = |error: &DispatchError| matches!(error, DispatchError::Module(error) if error.index == index);
	errors_named(name).into_iter().find(of_pallet).expect("an error")
}

struct Block {
	header: FullHeader,
	extrinsics: Vec<Vec<u8>>,
	/// Version of the runtime in its state.
	version: u32,
}

#[derive(Default)]
struct State {
	blocks: HashMap<H256, Block>,
	/// Hashes by number.
	best: Vec<H256>,
	finalised: usize,
	version: u32,
	/// What was handed in, in its order.
	handed_in: Vec<Vec<u8>>,
	/// What the pool answers before it takes anything.
	refusals: VecDeque<TransportError>,
	next_nonce: u32,
	/// How often each method was asked.
	asked: HashMap<String, u32>,
	/// Requests that break before anything is answered.
	breaks: u32,
	heads: Vec<mpsc::UnboundedSender<Json>>,
	finalised_heads: Vec<mpsc::UnboundedSender<Json>>,
}

/// The chain; clones are the same one.
#[derive(Clone)]
pub struct Fake(Arc<Mutex<State>>);

fn raw(value: impl serde::Serialize) -> Json {
	serde_json::value::to_raw_value(&value).unwrap()
}

fn refused(message: &str) -> TransportError {
	TransportError::Refused { code: -32601, message: message.into(), data: String::new() }
}

impl Fake {
	/// Block 0, with the runtime of the snapshot as version 1.
	pub fn new() -> Self {
		let fake = Self(Arc::new(Mutex::new(State { version: 1, ..State::default() })));
		fake.author(Vec::new());
		fake
	}

	fn state(&self) -> MutexGuard<'_, State> {
		self.0.lock().unwrap()
	}

	/// A new best block with these extrinsics.
	pub fn author(&self, extrinsics: Vec<Vec<u8>>) -> u32 {
		let mut state = self.state();
		let number = state.best.len() as u32;
		let parent = state.best.last().copied().unwrap_or_default();
		let roots = H256(sp_crypto_hashing::blake2_256(&extrinsics.encode()));
		let header = FullHeader::new(number, roots, H256::zero(), parent, Default::default());
		let text = raw(&header);
		let (hash, version) = (header.hash(), state.version);
		state.blocks.insert(hash, Block { header, extrinsics, version });
		state.best.push(hash);
		state.heads.retain(|heads| heads.unbounded_send(text.clone()).is_ok());
		number
	}

	/// Finalises everything up to a block.
	pub fn finalise(&self, number: u32) {
		let mut state = self.state();
		state.finalised = number as usize;
		let text = raw(&state.blocks[&state.best[number as usize]].header);
		state.finalised_heads.retain(|heads| heads.unbounded_send(text.clone()).is_ok());
	}

	/// A block that sets the code of another version.
	pub fn upgrade(&self, version: u32, extrinsics: Vec<Vec<u8>>) -> u32 {
		self.state().version = version;
		self.author(extrinsics)
	}

	/// What was handed in so far.
	pub fn handed_in(&self) -> Vec<Vec<u8>> {
		self.state().handed_in.clone()
	}

	/// What the pool answers next.
	pub fn refuse(&self, code: i32, data: &str) {
		let error = TransportError::Refused { code, message: "Invalid Transaction".into(), data: data.into() };
		self.state().refusals.push_back(error);
	}

	/// What happens to the connection when something is handed in next; it is in the pool nevertheless.
	pub fn lose_answer(&self) {
		self.state().refusals.push_back(TransportError::Lost("broken".into()));
	}

	pub fn set_nonce(&self, nonce: u32) {
		self.state().next_nonce = nonce;
	}

	/// How often a method was asked.
	pub fn asked(&self, method: &str) -> u32 {
		self.state().asked.get(method).copied().unwrap_or(0)
	}

	/// Ends all subscriptions, and the next requests.
	pub fn break_connection(&self, requests: u32) {
		let mut state = self.state();
		state.heads.clear();
		state.finalised_heads.clear();
		state.breaks = requests;
	}

	/// Whether anybody is told of finalised blocks.
	pub fn is_followed(&self) -> bool {
		!self.state().finalised_heads.is_empty()
	}

	/// Whether anybody is told of new blocks.
	pub fn is_watched(&self) -> bool {
		!self.state().heads.is_empty()
	}

	pub fn hash(&self, number: u32) -> H256 {
		self.state().best[number as usize]
	}
}

impl State {
	fn block(&self, hash: &Value) -> Option<&Block> {
		match hash.as_str() {
			None => self.best.last().and_then(|hash| self.blocks.get(hash)),
			Some(text) => self.blocks.get(&H256::from_slice(&bytes(text).ok()?)),
		}
	}

	fn answer(&mut self, method: &str, params: &[Value]) -> Result<Json, TransportError> {
		let none = Value::Null;
		let param = |at: usize| params.get(at).unwrap_or(&none);
		Ok(match method {
			"state_getRuntimeVersion" => {
				let spec = self.block(param(0)).ok_or_else(|| refused("unknown block"))?.version;
				raw(json!({ "specName": "busbar", "specVersion": spec, "transactionVersion": 1 }))
			},
			"state_call" => match param(0).as_str() {
				Some("Metadata_metadata_at_version") => {
					let metadata = RuntimeMetadataPrefixed::from(snapshot().clone()).encode();
					raw(hex_of(&Some(metadata).encode()))
				},
				Some("EnergyApi_clock") => raw(hex_of(&clock().encode())),
				_ => return Err(refused("unknown function")),
			},
			"chain_getBlockHash" => match param(0).as_u64() {
				Some(number) => raw(self.best.get(number as usize)),
				None => raw(self.best.last()),
			},
			"chain_getFinalizedHead" => raw(self.best[self.finalised]),
			"chain_getHeader" => raw(self.block(param(0)).map(|block| &block.header)),
			"chain_getBlock" => raw(self.block(param(0)).map(|block| {
				let extrinsics: Vec<String> = block.extrinsics.iter().map(|bytes| hex_of(bytes)).collect();
				json!({ "block": { "header": block.header, "extrinsics": extrinsics } })
			})),
			"state_getStorage" => raw(None::<String>),
			"system_accountNextIndex" => raw(self.next_nonce),
			"author_submitExtrinsic" => {
				let transaction = bytes(param(0).as_str().unwrap_or_default()).unwrap_or_default();
				match self.refusals.pop_front() {
					Some(TransportError::Lost(reason)) => {
						self.handed_in.push(transaction);
						return Err(TransportError::Lost(reason));
					},
					Some(refusal) => return Err(refusal),
					None => (),
				}
				let hash = H256(sp_crypto_hashing::blake2_256(&transaction));
				self.handed_in.push(transaction);
				raw(hash)
			},
			_ => return Err(refused("unknown method")),
		})
	}
}

fn clock() -> Clock {
	Clock { now: 0, epoch: 0, interval_clock_s: 6, interval_s: 900, current: 0, next_gate: None, first_unopened: 0 }
}

#[async_trait]
impl Transport for Fake {
	async fn request(&self, method: &str, params: Json) -> Result<Json, TransportError> {
		let mut state = self.state();
		*state.asked.entry(method.into()).or_default() += 1;
		if state.breaks > 0 {
			state.breaks -= 1;
			return Err(TransportError::Unreachable("broken".into()));
		}
		let params: Vec<Value> = serde_json::from_str(params.get()).unwrap();
		state.answer(method, &params)
	}

	async fn subscribe(&self, method: &str, _: Json, _: &str) -> Result<Subscription, TransportError> {
		let mut state = self.state();
		*state.asked.entry(method.into()).or_default() += 1;
		if state.breaks > 0 {
			state.breaks -= 1;
			return Err(TransportError::Unreachable("broken".into()));
		}
		let (sender, receiver) = mpsc::unbounded();
		match method {
			"chain_subscribeNewHeads" => state.heads.push(sender),
			"chain_subscribeFinalizedHeads" => state.finalised_heads.push(sender),
			_ => return Err(refused("unknown subscription")),
		}
		Ok(receiver.boxed())
	}

	fn address(&self) -> String {
		"memory".into()
	}

	fn pin(&self, _: &str) {}
}
