//! Whom a validator speaks to: the nodes that participants have registered on chain, and those that its operator names.
//!
//! A task keeps the reserved peers in step with the finalised state, so that who is registered or removed is let in or parted from
//! without a restart. A chain on which nobody is registered is open as the command line says, so that it can begin.
//!
//! That keeps strangers out of the protocols that announce blocks, votes and transactions. Requests need none of those: somebody who
//! writes a program for it may ask for blocks at once. So a validator looks at who asks before it answers ([`guard`]).

use crate::types::{Block, Client, Hash};
use busbar_primitives::peers::{PeerKey, PeersApi};
use futures::{Future, StreamExt};
use sc_client_api::BlockchainEvents;
use sc_network::{
	config::{NetworkConfiguration, NonReservedPeerMode},
	request_responses::IncomingRequest,
	service::traits::NetworkService,
	Litep2pNetworkBackend, NetworkBackend, NetworkWorker, PeerId,
};
use sc_network_sync::{
	block_relay_protocol::BlockRelayParams, block_request_handler::BlockRequestHandler,
	service::network::NetworkServiceProvider,
};
use sc_service::{Configuration, SpawnTaskHandle};
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::{
	collections::HashSet,
	sync::{Arc, PoisonError, RwLock},
};

/// The only nodes that are spoken to; `None`: every node.
type Only = Option<HashSet<PeerId>>;

/// Whom requests are answered, as it is known now.
#[derive(Clone, Debug, Default)]
pub struct Admitted(Arc<RwLock<Only>>);

impl Admitted {
	fn admits(&self, peer: &PeerId) -> bool {
		let only = self.0.read().unwrap_or_else(PoisonError::into_inner);
		only.as_ref().is_none_or(|only| only.contains(peer))
	}

	/// Whether that is something new.
	fn set(&self, new: Only) -> bool {
		let mut only = self.0.write().unwrap_or_else(PoisonError::into_inner);
		let changes = *only != new;
		*only = new;
		changes
	}
}

/// What the command line says of peers.
#[derive(Clone, Debug)]
struct Told {
	/// Nodes that it names, with their addresses.
	named: HashSet<PeerId>,
	/// Whether it admits no others, whatever the chain says.
	alone: bool,
}

impl Told {
	/// Whom a validator speaks to while these are registered.
	fn only(&self, registered: &[PeerKey]) -> Only {
		if registered.is_empty() {
			return self.alone.then(|| self.named.clone());
		}
		// What is no key is nobody's.
		let registered = registered.iter().filter_map(|key| PeerId::from_ed25519(key.as_fixed_bytes()));
		Some(registered.chain(self.named.iter().copied()).collect())
	}
}

/// Keeps a validator's peers in step with the chain.
pub struct Keeper {
	client: Arc<Client>,
	told: Told,
	pub admitted: Admitted,
}

impl Keeper {
	/// Looks whom the finalised state admits, and lets nobody else in from the start.
	///
	/// # Errors
	/// If the finalised state does not answer.
	pub fn new(client: Arc<Client>, network: &mut NetworkConfiguration) -> Result<Self, ApiError> {
		let set = &mut network.default_peers_set;
		let named = set.reserved_nodes.iter().map(|node| node.peer_id).collect();
		let told = Told { named, alone: set.non_reserved_mode == NonReservedPeerMode::Deny };
		let registered = registered(&client, client.info().finalized_hash)?;
		let admitted = Admitted::default();
		let only = told.only(&registered);
		if only.is_some() {
			set.non_reserved_mode = NonReservedPeerMode::Deny;
		}
		admitted.set(only);
		Ok(Self { client, told, admitted })
	}

	/// Follows the finalised blocks until the node ends.
	pub async fn run(self, network: Arc<dyn NetworkService>) {
		let mut finalized = self.client.finality_notification_stream();
		let mut at = self.client.info().finalized_hash;
		let mut first = true;
		loop {
			match registered(&self.client, at) {
				Ok(registered) => {
					let only = self.told.only(&registered);
					// The network begins with those that have an address.
					if self.admitted.set(only.clone()) || first {
						first = false;
						log::info!(target: "peers", "{}", sentence(registered.len(), only.as_ref().map(HashSet::len)));
						self.admit(&*network, only);
					}
				},
				Err(error) => log::warn!(target: "peers", "block {at:?} does not say who is registered: {error}"),
			}
			let Some(block) = finalized.next().await else { return };
			at = block.hash;
		}
	}

	fn admit(&self, network: &dyn NetworkService, only: Only) {
		if let Some(mut only) = only {
			only.remove(&network.local_peer_id());
			network.set_authorized_peers(only);
			network.deny_unreserved_peers();
		} else {
			network.set_authorized_peers(self.told.named.clone());
			network.accept_unreserved_peers();
		}
	}
}

fn sentence(registered: usize, only: Option<usize>) -> String {
	match only {
		Some(only) => format!(
			"{registered} nodes are registered on chain: with those that --reserved-nodes names this validator speaks to \
			 {only} and to no others"
		),
		None => "no node is registered on chain: this validator speaks to every node".into(),
	}
}

/// Who is registered at a block. A runtime that knows no registry has none.
fn registered(client: &Client, at: Hash) -> Result<Vec<PeerKey>, ApiError> {
	let api = client.runtime_api();
	if api.has_api::<dyn PeersApi<Block>>(at)? {
		api.peers(at)
	} else {
		Ok(Vec::new())
	}
}

/// Where the requests wait that come in by a protocol.
type Queue = Option<async_channel::Sender<IncomingRequest>>;

/// A network of whose protocols the queues can be had.
pub trait Queued: NetworkBackend<Block, Hash> {
	fn queue(protocol: &mut Self::RequestResponseProtocolConfig) -> &mut Queue;
}

impl Queued for NetworkWorker<Block, Hash> {
	fn queue(protocol: &mut Self::RequestResponseProtocolConfig) -> &mut Queue {
		&mut protocol.inbound_queue
	}
}

impl Queued for Litep2pNetworkBackend {
	fn queue(protocol: &mut Self::RequestResponseProtocolConfig) -> &mut Queue {
		&mut protocol.inbound_queue
	}
}

/// Puts before whoever answers a protocol's requests a task that hands on those of admitted nodes and drops all others, which
/// closes their streams without a byte.
fn guard(queue: &mut Queue, admitted: Admitted) -> impl Future<Output = ()> {
	let answers = queue.take();
	let capacity = answers.as_ref().and_then(async_channel::Sender::capacity).unwrap_or(1);
	let (sender, requests) = async_channel::bounded::<IncomingRequest>(capacity);
	if answers.is_some() {
		*queue = Some(sender);
	}
	async move {
		let Some(answers) = answers else { return };
		while let Ok(request) = requests.recv().await {
			if admitted.admits(&request.peer) && answers.send(request).await.is_err() {
				return;
			}
		}
	}
}

/// What answers requests for blocks, and asks for them, for admitted nodes alone. The provider is to be run with the network.
pub fn block_relay<N: Queued>(
	config: &Configuration,
	client: Arc<Client>,
	admitted: Admitted,
	tasks: &SpawnTaskHandle,
) -> (BlockRelayParams<Block, N>, NetworkServiceProvider) {
	let network = NetworkServiceProvider::new();
	let set = &config.network.default_peers_set;
	let peers = usize::try_from(set.in_peers.saturating_add(set.out_peers)).unwrap_or(usize::MAX);
	let (protocol, fork) = (config.protocol_id(), config.chain_spec.fork_id());
	let mut relay = BlockRequestHandler::new::<N>(network.handle(), &protocol, fork, client, peers);
	let guard = guard(N::queue(&mut relay.request_response_config), admitted);
	tasks.spawn("block-requests-of-strangers", Some("networking"), guard);
	(relay, network)
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::channel::oneshot;
	use sp_core::{ed25519, Pair, H256};

	fn key(number: u8) -> PeerKey {
		H256(ed25519::Pair::from_seed(&[number; 32]).public().0)
	}

	fn peer(number: u8) -> PeerId {
		PeerId::from_ed25519(key(number).as_fixed_bytes()).expect("a key")
	}

	fn told(named: &[u8], alone: bool) -> Told {
		Told { named: named.iter().map(|number| peer(*number)).collect(), alone }
	}

	#[test]
	fn a_validator_speaks_to_registered_nodes_and_to_those_that_its_operator_names_and_to_no_others() {
		for alone in [false, true] {
			let only = told(&[7], alone).only(&[key(1), key(2), key(1)]).expect("not every node");
			assert_eq!(only, HashSet::from([peer(1), peer(2), peer(7)]));
		}
	}

	#[test]
	fn a_chain_on_which_nobody_is_registered_is_as_open_as_the_command_line_says() {
		assert_eq!(told(&[7], false).only(&[]), None);
		assert_eq!(told(&[7], true).only(&[]), Some(HashSet::from([peer(7)])));
	}

	#[test]
	fn what_is_told_says_whether_the_door_is_open() {
		assert!(sentence(0, None).contains("speaks to every node"));
		let told = sentence(5, Some(6));
		assert!(told.starts_with("5 nodes are registered") && told.contains("to 6 and to no others"), "{told}");
	}

	fn request(peer: PeerId) -> (IncomingRequest, oneshot::Receiver<sc_network::request_responses::OutgoingResponse>) {
		let (pending_response, answer) = oneshot::channel();
		(IncomingRequest { peer, payload: vec![1], pending_response }, answer)
	}

	#[tokio::test]
	async fn a_request_of_a_stranger_gets_no_answer_and_one_of_a_registered_node_does() {
		let (answers, asked) = async_channel::bounded(4);
		let mut queue = Some(answers);
		let admitted = Admitted::default();
		assert!(admitted.set(Some(HashSet::from([peer(1)]))));
		assert!(!admitted.set(Some(HashSet::from([peer(1)]))), "nothing is new");
		let guard = tokio::spawn(guard(&mut queue, admitted.clone()));
		let queue = queue.expect("requests come in");

		let (strange, no_answer) = request(peer(2));
		queue.send(strange).await.expect("the guard is there");
		assert!(no_answer.await.is_err(), "a stranger was answered");
		let (known, _answer) = request(peer(1));
		queue.send(known).await.expect("the guard is there");
		assert_eq!(asked.recv().await.expect("it is handed on").peer, peer(1));
		assert!(asked.is_empty());

		// Who is registered later is answered from then on.
		assert!(admitted.set(Some(HashSet::from([peer(2)]))));
		let (known, _answer) = request(peer(2));
		queue.send(known).await.expect("the guard is there");
		assert_eq!(asked.recv().await.expect("it is handed on").peer, peer(2));
		drop(queue);
		guard.await.expect("it ends with the network");
	}
}
