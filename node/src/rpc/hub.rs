//! One follower of finalised blocks for all who subscribe: what several of them want is computed once for each block.
//!
//! A thing that is subscribed to is a [`Topic`]. Its news wait for a slow reader in one queue for all, which holds the last
//! [`WAITING`]; a reader that falls behind it is told so and let go. The follower begins with the first subscription and ends
//! with the last.

use super::{
	follow::Cursor,
	news::{decided, positions, prices, FinalizedHeads},
};
use crate::types::{Block, Hash};
use busbar_primitives::api::EnergyApi;
use busbar_runtime::AccountId;
use futures::{stream, FutureExt, StreamExt};
use jsonrpsee::{types::ErrorObjectOwned, ConnectionId, PendingSubscriptionSink, SubscriptionMessage};
use sc_rpc::SubscriptionTaskExecutor;
use serde::Serialize;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// News that wait for a slow reader.
pub const WAITING: usize = 32;
/// Most accounts whose positions a node follows.
pub const MAX_ACCOUNTS: usize = 256;
/// Most subscriptions to the market of one connection.
pub const MAX_OF_CONNECTION: usize = 16;
/// Most subscriptions to the market that a node serves.
pub const MAX_SUBSCRIPTIONS: usize = 2_048;

/// Code of [`Full`].
pub const FULL_CODE: i32 = 9_003;

/// Why there is no room for another subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Full {
	/// Of this connection.
	#[error("a connection has at most {MAX_OF_CONNECTION} subscriptions to the market: close one first")]
	Connection,
	/// Of other accounts.
	#[error("this node follows the positions of {MAX_ACCOUNTS} accounts already: ask another one, or ask for them block by block")]
	Accounts,
	/// Of anybody.
	#[error("this node serves {MAX_SUBSCRIPTIONS} subscriptions to the market already: ask another one")]
	Node,
}

impl From<Full> for ErrorObjectOwned {
	fn from(full: Full) -> Self {
		Self::owned(FULL_CODE, full.to_string(), None::<()>)
	}
}

/// What can be subscribed to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
	/// The results of every interval.
	Prices,
	/// An account's positions in every interval.
	Positions(AccountId),
}

type News = Arc<SubscriptionMessage>;

/// Who subscribed to what.
#[derive(Default)]
struct Seats {
	/// Whether the follower runs.
	following: bool,
	topics: HashMap<Topic, broadcast::Sender<News>>,
	of_connection: HashMap<ConnectionId, usize>,
	all: usize,
}

impl Seats {
	fn take(&mut self, connection: ConnectionId, topic: &Topic) -> Result<broadcast::Receiver<News>, Full> {
		let held = self.of_connection.get(&connection).copied().unwrap_or(0);
		if held >= MAX_OF_CONNECTION {
			return Err(Full::Connection);
		}
		if self.all >= MAX_SUBSCRIPTIONS {
			return Err(Full::Node);
		}
		let news = match self.topics.get(topic) {
			Some(sender) => sender.subscribe(),
			None if matches!(topic, Topic::Positions(_)) && self.accounts() >= MAX_ACCOUNTS => {
				return Err(Full::Accounts)
			},
			None => {
				let (sender, receiver) = broadcast::channel(WAITING);
				self.topics.insert(topic.clone(), sender);
				receiver
			},
		};
		self.of_connection.insert(connection, held.saturating_add(1));
		self.all = self.all.saturating_add(1);
		Ok(news)
	}

	fn accounts(&self) -> usize {
		self.topics.keys().filter(|topic| matches!(topic, Topic::Positions(_))).count()
	}

	fn leave(&mut self, connection: ConnectionId, topic: &Topic) {
		if self.topics.get(topic).is_some_and(|sender| sender.receiver_count() == 0) {
			self.topics.remove(topic);
		}
		if let Some(held) = self.of_connection.get_mut(&connection) {
			*held = held.saturating_sub(1);
			if *held == 0 {
				self.of_connection.remove(&connection);
			}
		}
		self.all = self.all.saturating_sub(1);
	}
}

/// A subscription's place, which is free again when this is dropped.
struct Seat {
	seats: Arc<Mutex<Seats>>,
	connection: ConnectionId,
	topic: Topic,
	/// `None` only while it is dropped.
	news: Option<broadcast::Receiver<News>>,
}

impl Seat {
	/// The next news.
	///
	/// # Errors
	/// In words for the subscriber, if some were lost because it did not read.
	async fn next(&mut self) -> Result<News, String> {
		let received = match &mut self.news {
			Some(news) => news.recv().await,
			None => Err(RecvError::Closed),
		};
		received.map_err(|lost| match lost {
			RecvError::Lagged(_) => {
				format!(
					"lagged: more than {WAITING} news waited to be read; ask for what was missed and subscribe again"
				)
			},
			RecvError::Closed => "the node stops".into(),
		})
	}
}

impl Drop for Seat {
	fn drop(&mut self) {
		// The topic goes with its last receiver.
		self.news = None;
		lock(&self.seats).leave(self.connection, &self.topic);
	}
}

fn lock(seats: &Mutex<Seats>) -> MutexGuard<'_, Seats> {
	seats.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves all subscriptions.
pub struct Hub<C> {
	client: Arc<C>,
	heads: FinalizedHeads,
	executor: SubscriptionTaskExecutor,
	seats: Arc<Mutex<Seats>>,
}

impl<C> Clone for Hub<C> {
	fn clone(&self) -> Self {
		Self {
			client: self.client.clone(),
			heads: self.heads.clone(),
			executor: self.executor.clone(),
			seats: self.seats.clone(),
		}
	}
}

impl<C> Hub<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
	C::Api: EnergyApi<Block, AccountId>,
{
	/// Over a client, whose finalised blocks `heads` tells; `executor` runs the follower.
	pub fn new(client: Arc<C>, heads: FinalizedHeads, executor: SubscriptionTaskExecutor) -> Self {
		Self { client, heads, executor, seats: Arc::default() }
	}

	/// Serves one subscription until its connection closes.
	///
	/// # Errors
	/// In words for the subscriber, if it does not read what it subscribed to.
	pub async fn serve(&self, pending: PendingSubscriptionSink, topic: Topic) -> Result<(), String> {
		let mut seat = match self.seat(pending.connection_id(), topic) {
			Ok(seat) => seat,
			Err(full) => {
				pending.reject(full).await;
				return Ok(());
			},
		};
		let Ok(sink) = pending.accept().await else { return Ok(()) };
		loop {
			let news = tokio::select! {
				() = sink.closed() => return Ok(()),
				news = seat.next() => news?,
			};
			// Waits while the connection's own queue is full.
			if sink.send(SubscriptionMessage::clone(&news)).await.is_err() {
				return Ok(());
			}
		}
	}

	fn seat(&self, connection: ConnectionId, topic: Topic) -> Result<Seat, Full> {
		let mut seats = lock(&self.seats);
		let news = Some(seats.take(connection, &topic)?);
		if !seats.following {
			seats.following = true;
			// The stream is opened first, so that no block falls between it and the look at where we stand.
			let heads = (self.heads)();
			let start = self.client.info().finalized_hash;
			let blocks = stream::once(async move { start }).chain(heads).boxed();
			let hub = self.clone();
			self.executor.spawn_blocking("energy-subscriptions", Some("rpc"), hub.follow(blocks).boxed());
		}
		Ok(Seat { seats: self.seats.clone(), connection, topic, news })
	}

	/// Tells every block's news as long as somebody wants to know them.
	async fn follow(self, mut blocks: stream::BoxStream<'static, Hash>) {
		let mut cursor = None;
		while let Some(mut at) = blocks.next().await {
			// What has come meanwhile is told with the newest.
			while let Some(Some(newer)) = cursor.and_then(|_: Cursor| blocks.next().now_or_never()) {
				at = newer;
			}
			let Some(topics) = self.topics() else { return };
			let mut reached = cursor;
			match self.news(&mut reached, at, topics) {
				Ok(news) => {
					cursor = reached;
					let seats = lock(&self.seats);
					for (topic, message) in news {
						// Nobody may be left to read it.
						let _ = seats.topics.get(&topic).map(|sender| sender.send(message));
					}
				},
				// The next block says it all, because the cursor has not moved.
				Err(error) => {
					log::warn!(target: "rpc", "block {at:?} did not answer the subscriptions to the market: {error}");
				},
			}
		}
		lock(&self.seats).following = false;
	}

	/// What is subscribed to. If it is nothing, the follower has ended.
	fn topics(&self) -> Option<Vec<Topic>> {
		let mut seats = lock(&self.seats);
		seats.following = !seats.topics.is_empty();
		seats.following.then(|| seats.topics.keys().cloned().collect())
	}

	/// What a block has to tell about each topic.
	fn news(&self, cursor: &mut Option<Cursor>, at: Hash, topics: Vec<Topic>) -> Result<Vec<(Topic, News)>, ApiError> {
		let api = self.client.runtime_api();
		let intervals = decided(&*api, cursor, at)?;
		let mut news = Vec::new();
		for interval in intervals {
			for topic in &topics {
				let message = match topic {
					Topic::Prices => written(&prices(&*api, at, interval)?)?,
					Topic::Positions(account) => written(&positions(&*api, at, interval, account)?)?,
				};
				news.push((topic.clone(), Arc::new(message)));
			}
		}
		Ok(news)
	}
}

fn written(news: &impl Serialize) -> Result<SubscriptionMessage, ApiError> {
	SubscriptionMessage::from_json(news).map_err(|error| ApiError::Application(Box::new(error)))
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_keyring::Sr25519Keyring;

	fn seat(seats: &Arc<Mutex<Seats>>, connection: usize, topic: Topic) -> Result<Seat, Full> {
		let connection = ConnectionId(connection);
		let news = Some(lock(seats).take(connection, &topic)?);
		Ok(Seat { seats: seats.clone(), connection, topic, news })
	}

	fn account(number: usize) -> Topic {
		let mut bytes = [0; 32];
		bytes[..8].copy_from_slice(&number.to_le_bytes());
		Topic::Positions(bytes.into())
	}

	#[tokio::test]
	async fn a_reader_that_does_not_read_is_told_and_keeps_no_more_than_the_one_queue() {
		let seats = Arc::default();
		let (mut slow, mut quick) =
			(seat(&seats, 1, Topic::Prices).expect("room"), seat(&seats, 2, Topic::Prices).expect("room"));
		for number in 0..=WAITING {
			let message = Arc::new(SubscriptionMessage::from_json(&number).expect("a number"));
			let weak = Arc::downgrade(&message);
			let sent = lock(&seats).topics[&Topic::Prices].send(message);
			assert!(sent.is_ok());
			assert!(quick.next().await.is_ok());
			assert!(weak.upgrade().is_some(), "it waits for the slow one");
		}
		let lost = slow.next().await;
		assert!(lost.is_err_and(|why| why.starts_with("lagged")), "a slow reader was not told what it lost");
	}

	#[test]
	fn a_connection_an_account_and_a_node_have_so_many_subscriptions_and_no_more() {
		let seats = Arc::default();
		let mut held: Vec<_> = (0..MAX_OF_CONNECTION).map(|_| seat(&seats, 7, Topic::Prices).expect("room")).collect();
		assert_eq!(seat(&seats, 7, Topic::Prices).err(), Some(Full::Connection));
		held.extend((0..MAX_ACCOUNTS).map(|number| seat(&seats, 100 + number, account(number)).expect("room")));
		assert_eq!(seat(&seats, 8, account(MAX_ACCOUNTS)).err(), Some(Full::Accounts));
		// Another one that follows an account that is followed already costs nothing.
		held.push(seat(&seats, 8, account(0)).expect("room"));
		let left = MAX_SUBSCRIPTIONS - held.len();
		held.extend((0..left).map(|number| seat(&seats, 10_000 + number, Topic::Prices).expect("room")));
		assert_eq!(seat(&seats, 9, Topic::Prices).err(), Some(Full::Node));
		held.clear();
		let seats = lock(&seats);
		assert!(seats.topics.is_empty() && seats.of_connection.is_empty() && seats.all == 0);
	}

	#[test]
	fn a_subscription_that_is_refused_says_what_to_do() {
		let refused = ErrorObjectOwned::from(Full::Connection);
		assert_eq!((refused.code(), refused.message().contains("close one first")), (FULL_CODE, true));
		assert_ne!(Topic::Positions(Sr25519Keyring::Alice.to_account_id()), Topic::Prices);
	}
}
