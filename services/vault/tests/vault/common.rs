//! A chain in memory, a PostgreSQL of one's own, and a vault on a free port.

use async_trait::async_trait;
use axum::Router;
use busbar_client::{
	sign::{Key, Signer},
	AccountId,
};
use busbar_primitives::{
	records::{AccessLog, Field, Fields, Purpose, RecordGrant},
	Interval, ParticipantId, Role, Scope,
};
use busbar_service::connections::{serve_by, Limits};
use busbar_vault::{
	chain::{Chain, Principal, Subject},
	client::Client,
	database::{self, Database},
	error::Error,
	keys::Keys,
	record::Record,
	seal::Master,
	server::router,
	service::Service,
	vault::Vault,
};
use sp_core::{sr25519, Pair, H256};
use std::{
	collections::{BTreeMap, BTreeSet},
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	sync::{
		atomic::{AtomicU32, Ordering::Relaxed},
		Arc, Mutex,
	},
	time::Duration,
};
use tempfile::TempDir;

pub fn id(name: &str) -> ParticipantId {
	ParticipantId(sp_crypto_hashing::blake2_128(name.as_bytes()))
}

pub fn signer(name: &str) -> Signer {
	Signer::new(Key::Sr25519(sr25519::Pair::from_string(&format!("//{name}"), None).unwrap()))
}

pub fn account(name: &str) -> AccountId {
	signer(name).account().clone()
}

/// A record whose texts occur nowhere else.
pub fn record(name: &str) -> Record {
	let fields = [
		(Field::Name, format!("Ada-{name}-of-the-vault")),
		(Field::Address, format!("Street-of-{name}-17")),
		(Field::Bank, format!("DE0212030000-{name}")),
	];
	Record(fields.into())
}

pub const NAME: Fields = Fields(Field::Name.bit());

/// A chain in memory.
#[derive(Default)]
pub struct Memory {
	pub grants: Mutex<BTreeMap<ParticipantId, Vec<RecordGrant>>>,
	pub now: AtomicU32,
	pub unsettled: Mutex<BTreeMap<ParticipantId, Interval>>,
	pub indebted: Mutex<BTreeSet<ParticipantId>>,
	pub suspended: Mutex<BTreeSet<ParticipantId>>,
}

const MEMBERS: [(&str, Option<Role>); 8] = [
	("ann", Some(Role::Prosumer)),
	("bob", Some(Role::Prosumer)),
	("utility", Some(Role::Retailer)),
	("regulator", Some(Role::Regulator)),
	("auditor", Some(Role::Auditor)),
	("provider", Some(Role::MembershipProvider)),
	("rival", Some(Role::MembershipProvider)),
	("dso", Some(Role::Dso)),
];

impl Memory {
	pub fn grant(&self, owner: &str, grantee: &str, purpose: Purpose, fields: Fields, until: Interval) {
		let grant = RecordGrant { grantee: id(grantee), purpose, fields, from: 0, until };
		self.grants.lock().unwrap().entry(id(owner)).or_default().push(grant);
	}
}

#[async_trait]
impl Chain for Memory {
	async fn accounts(&self) -> Result<Vec<AccountId>, Error> {
		Ok(MEMBERS.iter().map(|(name, _)| account(name)).collect())
	}

	async fn member(&self, of: &AccountId) -> Result<Option<ParticipantId>, Error> {
		Ok(MEMBERS.iter().find(|(name, _)| account(name) == *of).map(|(name, _)| id(name)))
	}

	async fn principals(&self, of: &AccountId) -> Result<Vec<Principal>, Error> {
		let own = MEMBERS.iter().filter(|(name, _)| account(name) == *of);
		let active = own.filter(|(name, _)| !self.suspended.lock().unwrap().contains(&id(name)));
		let principal = |(name, role): &(&str, Option<Role>)| Principal {
			participant: id(name),
			roles: role.iter().map(|role| (*role, Scope::Grid)).collect(),
			attests: false,
		};
		Ok(active.map(principal).collect())
	}

	async fn subject(&self, participant: ParticipantId) -> Result<Option<Subject>, Error> {
		let known = MEMBERS.iter().any(|(name, _)| id(name) == participant);
		let in_debt = self.indebted.lock().unwrap().contains(&participant);
		Ok(known.then(|| Subject { commitment: H256::zero(), in_debt }))
	}

	async fn grants(&self, subject: ParticipantId) -> Result<Vec<RecordGrant>, Error> {
		Ok(self.grants.lock().unwrap().get(&subject).cloned().unwrap_or_default())
	}

	async fn now(&self) -> Result<Interval, Error> {
		Ok(self.now.load(Relaxed))
	}

	async fn unsettled(&self, participant: ParticipantId) -> Result<Option<Interval>, Error> {
		Ok(self.unsettled.lock().unwrap().get(&participant).copied())
	}

	async fn published(&self, _: ParticipantId) -> Result<Option<AccessLog<u32>>, Error> {
		Ok(None)
	}
}

/// A PostgreSQL in a folder of its own, until it is dropped.
pub struct Server {
	folder: TempDir,
	process: Child,
}

fn program(name: &str) -> PathBuf {
	let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
	let packaged = versions.map(|version| version.path().join("bin").join(name));
	let path = std::env::var_os("PATH").unwrap_or_default();
	let found = packaged.chain(std::env::split_paths(&path).map(|folder| folder.join(name))).find(|path| path.exists());
	found.unwrap_or_else(|| panic!("{name} of PostgreSQL is not there: scripts/bootstrap installs it"))
}

/// A command as somebody whom PostgreSQL lets run it: not as root.
fn humble(program: PathBuf) -> Command {
	let mut command = Command::new(program);
	let number = |option, user: &[&str]| {
		let output = Command::new("id").arg(option).args(user).output().unwrap();
		String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().unwrap()
	};
	if number("-u", &[]) == 0 {
		command.uid(number("-u", &["postgres"])).gid(number("-g", &["postgres"]));
	}
	command
}

impl Server {
	pub fn start() -> Self {
		let folder = tempfile::Builder::new().prefix("busbar-pg-").tempdir_in("/tmp").unwrap();
		if humble("true".into()).status().is_err() {
			panic!("cannot become the user postgres");
		}
		let _ = Command::new("chown").arg("postgres").arg(folder.path()).status();
		let data = folder.path().join("data");
		let made = humble(program("initdb"))
			.args(["--no-sync", "--auth=trust", "--username=busbar", "--encoding=UTF8", "--locale=C", "--pgdata"])
			.arg(&data)
			.current_dir(folder.path())
			.stdout(Stdio::null())
			.status()
			.unwrap();
		assert!(made.success());
		let process = humble(program("postgres"))
			.arg("-D")
			.arg(&data)
			.arg("-k")
			.arg(folder.path())
			.args(["-c", "listen_addresses=", "-c", "shared_buffers=16MB", "-c", "log_min_messages=fatal"])
			.current_dir(folder.path())
			.spawn()
			.unwrap();
		Self { folder, process }
	}

	pub fn address(&self) -> String {
		let folder = self.folder.path().display().to_string().replace('/', "%2F");
		format!("postgres://busbar@{folder}/postgres")
	}

	/// A database, as soon as it can be reached.
	pub async fn open(&self) -> Arc<dyn Database> {
		for _ in 0..200 {
			if let Ok(database) = database::open(&self.address()).await {
				return database;
			}
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
		database::open(&self.address()).await.map(drop).unwrap();
		unreachable!("it could be reached at last");
	}
}

impl Drop for Server {
	fn drop(&mut self) {
		let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
		let _ = self.process.wait();
	}
}

/// What a vault in a folder works with.
pub async fn vault_in(folder: &Path, master: &Master) -> Result<Vault, Error> {
	let records = database::open(folder.join("records.db").to_str().unwrap()).await?;
	Ok(Vault::open(records, Keys::open(&folder.join("keys.db"))?, master.clone()).await?.0)
}

/// A vault on a free port, by TLS if there is an acceptor.
pub async fn serve(vault: Vault, chain: Arc<Memory>, tls: Option<tokio_rustls::TlsAcceptor>) -> (String, Arc<Service>) {
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let port = listener.local_addr().unwrap().port();
	let (scheme, host) = if tls.is_some() { ("https", "localhost") } else { ("http", "127.0.0.1") };
	let name = format!("{host}:{port}");
	let service = Arc::new(Service::new(vault, chain, name.clone(), Duration::ZERO));
	let routes: Router = router(service.clone());
	tokio::spawn(serve_by(listener, routes, Limits::default(), tls, std::future::pending()));
	(format!("{scheme}://{name}"), service)
}

pub fn client(url: &str, name: &str) -> Client {
	Client::new(url, signer(name), None).unwrap()
}

/// A vault over HTTP in a folder of its own.
pub struct World {
	pub folder: TempDir,
	pub master: Master,
	pub chain: Arc<Memory>,
	pub url: String,
	pub service: Arc<Service>,
}

impl World {
	pub async fn new() -> Self {
		let (folder, master, chain) = (tempfile::tempdir().unwrap(), Master::random(), Arc::<Memory>::default());
		let (url, service) = serve(vault_in(folder.path(), &master).await.unwrap(), chain.clone(), None).await;
		Self { folder, master, chain, url, service }
	}

	pub fn client(&self, name: &str) -> Client {
		client(&self.url, name)
	}
}

/// That a request was refused, with this status and word.
pub fn refused<T>(answer: anyhow::Result<T>, status: u16, word: &str) {
	let error = answer.err().expect("a refusal");
	let refused = error.downcast_ref::<busbar_vault::client::Refused>().unwrap_or_else(|| panic!("{error:#}"));
	assert_eq!((refused.status, refused.word.as_str()), (status, word), "{}", refused.message);
}
