//! Datasets, a store on a free port, and a chain in memory.
#![allow(dead_code, clippy::unwrap_used)]

use async_trait::async_trait;
use busbar_client::{
	pallet_metering::Dataset as Attested,
	pallet_participants::DataGrant,
	sign::{Key, Signer},
	AccountId,
};
use busbar_primitives::{
	metering::{Reading, SignedReading},
	ParticipantId, Quality, Role, Scope,
};
use busbar_store::{
	blobs::Blobs,
	chain::{Chain, Principal},
	connections,
	dataset::{Dataset, Row},
	error::Error,
	hash_of,
	meta::{Class, Meta},
	server::router,
	service::{Limits, Service},
};
use bytes::Bytes;
use sp_core::{ed25519, sr25519, Pair};
use std::{
	collections::BTreeMap,
	convert::Infallible,
	sync::{
		atomic::{AtomicUsize, Ordering::Relaxed},
		Arc,
	},
};

pub fn id(name: &str) -> ParticipantId {
	ParticipantId(sp_crypto_hashing::blake2_128(name.as_bytes()))
}

pub fn key(name: &str) -> sr25519::Pair {
	sr25519::Pair::from_string(&format!("//{name}"), None).unwrap()
}

pub fn signer(name: &str) -> Signer {
	Signer::new(Key::Sr25519(key(name)))
}

pub fn account(name: &str) -> AccountId {
	key(name).public().into()
}

pub fn dataset(interval: u32, meters: u32) -> Dataset {
	let rows = (0..meters).map(|point| {
		let reading = Reading {
			meter: 1_000 + point,
			point,
			interval,
			import: u64::from(point) * 10,
			export: 7,
			import_varh: -i64::from(point),
			export_varh: 3,
			quality: if point % 5 == 0 { Quality::Estimated } else { Quality::Measured },
		};
		// Not what a device signs; the store leaves that to the chain.
		let signature = ed25519::Signature::from_raw(sp_crypto_hashing::blake2_512(&point.to_le_bytes()));
		let signature = (reading.quality != Quality::Estimated).then_some(signature);
		let salt = sp_crypto_hashing::blake2_128(&[point.to_le_bytes(), interval.to_le_bytes()].concat());
		Row { signed: SignedReading { reading, signature }, salt }
	});
	Dataset { operator: id("operator"), interval, version: 1, rows: rows.collect() }
}

pub async fn put(blobs: &Blobs, class: Class, bytes: Bytes) -> Result<Meta, Error> {
	let hash = hash_of(&bytes);
	let pieces: Vec<_> = bytes.chunks(1_000).map(Bytes::copy_from_slice).map(Ok::<_, Infallible>).collect();
	blobs.put(hash, class, None, futures::stream::iter(pieces)).await
}

/// A chain with two operators, two homes, auditors, and an aggregator that is a second attester.
#[derive(Default)]
pub struct Memory {
	pub attested: BTreeMap<(u32, ParticipantId), Attested>,
	pub grants: BTreeMap<ParticipantId, Vec<DataGrant>>,
	/// Who owns the points from 3 on, if it is one for all; else each has a home of its own.
	pub landlord: Option<ParticipantId>,
	/// How often the node was asked.
	pub asked: Arc<AtomicUsize>,
}

const MEMBERS: [&str; 7] = ["operator", "auditor", "feeder-auditor", "home-1", "home-2", "rival", "aggregator"];

#[async_trait]
impl Chain for Memory {
	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		self.asked.fetch_add(1, Relaxed);
		Ok(MEMBERS.into_iter().map(account).collect())
	}

	async fn principals(&self, who: &AccountId) -> Result<Vec<Principal>, Error> {
		self.asked.fetch_add(1, Relaxed);
		let all = [
			("operator", vec![(Role::MeterOperator, Scope::Grid)]),
			("auditor", vec![(Role::Auditor, Scope::Grid)]),
			("feeder-auditor", vec![(Role::Auditor, Scope::Zone(3))]),
			("home-1", vec![(Role::Prosumer, Scope::Zone(1))]),
			("home-2", vec![(Role::Prosumer, Scope::Zone(1))]),
			("rival", vec![(Role::MeterOperator, Scope::Grid)]),
			("aggregator", vec![(Role::Aggregator, Scope::Grid)]),
		];
		let own = all.into_iter().filter(|(name, _)| account(name) == *who);
		let principal = |(name, roles): (&str, Vec<_>)| Principal {
			participant: id(name),
			roles,
			attests: ["operator", "rival", "aggregator"].contains(&name),
		};
		Ok(own.map(principal).collect())
	}

	/// Homes have a point each, from interval 5 on.
	async fn owner(&self, point: u32, interval: u32) -> Result<Option<ParticipantId>, Error> {
		let landlord = self.landlord.filter(|_| point >= 3);
		Ok((interval >= 5).then(|| landlord.unwrap_or_else(|| id(&format!("home-{point}")))))
	}

	async fn grants(&self, owner: ParticipantId) -> Result<Vec<DataGrant>, Error> {
		Ok(self.grants.get(&owner).cloned().unwrap_or_default())
	}

	async fn attested(&self, interval: u32, operator: ParticipantId) -> Result<Option<Attested>, Error> {
		Ok(self.attested.get(&(interval, operator)).copied())
	}
}

/// Serves `blobs` and returns the address.
pub async fn serve(blobs: Blobs, chain: Option<Arc<dyn Chain>>) -> String {
	serve_within(blobs, chain, Limits::default(), connections::Limits::default()).await.0
}

/// As [`serve`], within limits; returns the service, too.
pub async fn serve_within(
	blobs: Blobs,
	chain: Option<Arc<dyn Chain>>,
	limits: Limits,
	connections: connections::Limits,
) -> (String, Arc<Service>) {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let name = listener.local_addr().unwrap().to_string();
	let service = Arc::new(Service::with_limits(blobs, chain, name.clone(), limits));
	let routes = router(service.clone());
	tokio::spawn(connections::serve(listener, routes, connections, std::future::pending()));
	(format!("http://{name}"), service)
}
