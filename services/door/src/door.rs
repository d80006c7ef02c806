//! The HTTP upgrade: members come in, so many connections of each and of all.

use crate::{access::authenticate, chain::Chain, error::Error, session::pass};
use axum::{
	body::Body,
	extract::{Request, State},
	response::Response,
	routing::get,
	Router,
};
use busbar_client::{requests::Seen, AccountId};
use busbar_service::members::Members;
use hyper_util::rt::TokioIo;
use soketto::handshake::http::{is_upgrade_request, Server};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
	time::Duration,
};

/// Connections of one account at a time.
pub const OF_ACCOUNT: usize = 8;
/// Connections of all at a time.
pub const OF_ALL: usize = 512;

/// A door before a node.
pub struct Door {
	chain: Arc<dyn Chain>,
	/// What clients call it: host and port.
	name: String,
	/// The node's RPC, `HOST:PORT`.
	node: String,
	members: Members,
	seen: Seen,
	open: Mutex<HashMap<AccountId, usize>>,
}

impl Door {
	/// A door of this name before the node at `HOST:PORT`. All members are read at most once in so long.
	pub fn new(chain: Arc<dyn Chain>, name: String, node: String, members: Duration) -> Self {
		let (members, seen, open) = (Members::new(members), Seen::default(), Mutex::default());
		Self { chain, name, node, members, seen, open }
	}

	/// Counts a connection, until what is given is dropped.
	fn place(self: &Arc<Self>, account: &AccountId) -> Result<Place, Error> {
		let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
		let own = open.get(account).copied().unwrap_or_default();
		let all = open.values().fold(0usize, |sum, count| sum.saturating_add(*count));
		if own >= OF_ACCOUNT || all >= OF_ALL {
			let why =
				format!("an account has at most {OF_ACCOUNT} connections and all together {OF_ALL}: close one first");
			return Err(Error::TooMany(why));
		}
		open.insert(account.clone(), own.saturating_add(1));
		Ok(Place { door: self.clone(), account: account.clone() })
	}
}

struct Place {
	door: Arc<Door>,
	account: AccountId,
}

impl Drop for Place {
	fn drop(&mut self) {
		let mut open = self.door.open.lock().unwrap_or_else(PoisonError::into_inner);
		match open.get_mut(&self.account) {
			Some(count) if *count > 1 => *count = count.saturating_sub(1),
			_ => {
				open.remove(&self.account);
			},
		}
	}
}

/// The one route: `GET /` with an upgrade to a WebSocket.
pub fn router(door: Arc<Door>) -> Router {
	Router::new().route("/", get(enter)).with_state(door)
}

async fn enter(State(door): State<Arc<Door>>, mut request: Request) -> Result<Response, Error> {
	if !is_upgrade_request(&request) {
		return Err(Error::NoUpgrade);
	}
	let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
	let known = (&door.members, &door.seen);
	let account = authenticate(&*door.chain, known, &door.name, path, request.headers()).await?;
	let mut server = Server::new();
	let response = server.receive_request(&request).map_err(|_| Error::NoUpgrade)?;
	let place = door.place(&account)?;
	let upgrade = hyper::upgrade::on(&mut request);
	tokio::spawn(async move {
		let _place = place;
		if let Ok(socket) = upgrade.await {
			// How it ended is its client's affair, unless it is the node's.
			if let Err(error @ crate::session::Ended::Node(_)) =
				pass(TokioIo::new(socket), server, &door.node, &*door.chain, account).await
			{
				eprintln!("error: {error}");
			}
		}
	});
	Ok(response.map(|()| Body::empty()))
}
