//! What the service works with, and what each request does.

use crate::{
	access::{authenticate, Caller, Right},
	answers::{Accesses, Export, Proven, Reading, Root},
	chain::Chain,
	error::Error,
	log::{Act, Entry, Event},
	record::Record,
	vault::{Receipt, Vault},
};
use axum::http::{HeaderMap, Method, Uri};
use busbar_client::{
	requests::{now_ms, Seen},
	AccountId,
};
use busbar_primitives::{
	records::{Fields, Purpose},
	ParticipantId,
};
use busbar_service::{
	counters::Counters,
	members::Members,
	turns::{Turn, Turns},
};
use codec::DecodeAll;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};

/// Requests of an account that are answered at a time.
const AT_ONCE: usize = 4;
/// Entries of one answer.
pub const PAGE: u32 = 500;
/// Refusals of an account that are answered, and logged, in [`REFUSED_IN`]; what comes beyond is not looked at.
const MOST_REFUSED: u32 = 100;
const REFUSED_IN: Duration = Duration::from_secs(3_600);

/// What the service works with.
pub struct Service {
	pub vault: Vault,
	chain: Arc<dyn Chain>,
	/// What clients call this vault: host and port.
	name: String,
	members: Members,
	seen: Seen,
	turns: Turns,
	refusals: Mutex<HashMap<AccountId, (Instant, u32)>>,
	pub(crate) counters: Arc<Counters>,
}

/// Who sent a request; one of so many that are answered for the account at a time.
pub struct Asking {
	pub caller: Caller,
	_turn: Turn,
}

/// What a request asks for.
#[derive(Clone, Copy)]
struct Asked {
	subject: ParticipantId,
	act: Act,
	fields: Fields,
	purpose: Option<Purpose>,
}

impl Asked {
	fn of(subject: ParticipantId, act: Act) -> Self {
		Self { subject, act, fields: Fields::ALL, purpose: None }
	}

	/// The event that it was granted, or refused.
	fn event(&self, caller: &Caller, right: Option<Right>) -> Event {
		Event {
			at: now_ms(),
			subject: self.subject,
			account: caller.account.clone(),
			reader: right.map(|right| right.reader).or_else(|| caller.name()),
			act: self.act,
			fields: self.fields,
			purpose: self.purpose,
			ground: right.map(|right| right.ground),
		}
	}
}

impl Service {
	/// A service that goes by `name`. Members are read from the chain once in `pause` at most.
	pub fn new(vault: Vault, chain: Arc<dyn Chain>, name: String, pause: Duration) -> Self {
		Self {
			vault,
			chain,
			name,
			members: Members::new(pause),
			seen: Seen::default(),
			turns: Turns::new(AT_ONCE),
			refusals: Mutex::default(),
			counters: Arc::default(),
		}
	}

	/// Who asks.
	///
	/// # Errors
	/// As [`authenticate`]; [`Error::TooMany`] if too much of the account is answered already, or was refused.
	pub async fn asking(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Asking, Error> {
		let path = uri.path_and_query().map_or("/", |path| path.as_str());
		let known = (&self.members, &self.seen);
		let caller = authenticate(self.chain.as_ref(), known, &self.name, method, path, headers).await?;
		let turn = self
			.turns
			.take(&caller.account)
			.ok_or_else(|| Error::TooMany(format!("{AT_ONCE} requests of this account are being answered already")))?;
		if self.refused(&caller.account) >= MOST_REFUSED {
			return Err(Error::TooMany(format!(
				"{MOST_REFUSED} requests of this account were refused within the hour"
			)));
		}
		Ok(Asking { caller, _turn: turn })
	}

	/// How often the account was refused lately.
	fn refused(&self, account: &AccountId) -> u32 {
		let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
		refusals.retain(|_, (since, _)| since.elapsed() < REFUSED_IN);
		refusals.get(account).map_or(0, |(_, count)| *count)
	}

	/// Logs what was refused, and says so.
	async fn refuse<T>(&self, caller: &Caller, asked: Asked, why: Error) -> Result<T, Error> {
		{
			let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
			let (_, count) = refusals.entry(caller.account.clone()).or_insert_with(|| (Instant::now(), 0));
			*count = count.saturating_add(1);
		}
		self.vault.note(asked.event(caller, None)).await?;
		Err(why)
	}

	/// Keeps a record.
	///
	/// # Errors
	/// [`Error::Forbidden`], and those of [`Vault::put`].
	pub async fn put(&self, caller: &Caller, subject: ParticipantId, record: &Record) -> Result<Receipt, Error> {
		let mut asked = Asked::of(subject, Act::Put);
		asked.fields = Fields::of(record.0.keys().copied());
		let writer = self.vault.writer(subject).await?;
		match caller.writes(self.chain.as_ref(), subject, writer).await? {
			Some(right) => self.vault.put(record, right.reader, asked.event(caller, Some(right))).await,
			None => {
				let why = "a record is put by its person, and before that is registered by the provider that admits it";
				self.refuse(caller, asked, Error::Forbidden(why)).await
			},
		}
	}

	/// Reads fields of a record.
	///
	/// # Errors
	/// [`Error::Forbidden`], [`Error::NotFound`], and those of [`Vault::open_record`].
	pub async fn read(
		&self,
		caller: &Caller,
		subject: ParticipantId,
		fields: Fields,
		purpose: Option<Purpose>,
	) -> Result<Reading, Error> {
		let asked = Asked { subject, act: Act::Read, fields, purpose };
		let Some(right) = caller.reads(self.chain.as_ref(), subject, fields, purpose).await? else {
			let why = "the chain grants this account no such fields of the record for this purpose";
			return self.refuse(caller, asked, Error::Forbidden(why)).await;
		};
		self.vault.note(asked.event(caller, Some(right))).await?;
		let opened = self.vault.open_record(subject).await?.ok_or(Error::NotFound(subject))?;
		Ok(Reading { subject, record: opened.receipt, fields: opened.record.disclose(&opened.key.salt, fields) })
	}

	/// Who read a record, from an entry on.
	///
	/// # Errors
	/// [`Error::Forbidden`], or if the database fails.
	pub async fn accesses(&self, caller: &Caller, subject: ParticipantId, from: u32) -> Result<Accesses, Error> {
		let asked = Asked::of(subject, Act::Log);
		let Some(right) = caller.reads_log(subject) else {
			let why = "who read a record is told to its person, and to regulators and auditors of the whole grid";
			return self.refuse(caller, asked, Error::Forbidden(why)).await;
		};
		self.vault.note(asked.event(caller, Some(right))).await?;
		let (count, root) = self.vault.log.root().await?;
		let mut entries = Vec::new();
		for entry in self.entries(subject, from).await? {
			// What was written since the root was read is told the next time.
			if let Some(path) = self.vault.log.proof(count, entry.index).await? {
				entries.push(Proven { entry, path });
			}
		}
		let full = entries.len() == PAGE as usize;
		let next = entries.last().filter(|_| full).and_then(|last| last.entry.index.checked_add(1));
		Ok(Accesses { count, root, entries, next })
	}

	async fn entries(&self, subject: ParticipantId, from: u32) -> Result<Vec<Entry>, Error> {
		let entries = self.vault.entries_of(subject, from, PAGE).await?;
		let decode = |bytes: &Vec<u8>| Entry::decode_all(&mut &bytes[..]).map_err(|_| Error::DamagedLog(from));
		entries.iter().map(decode).collect()
	}

	/// Everything about a person.
	///
	/// # Errors
	/// [`Error::Forbidden`], [`Error::Chain`], or if the database fails.
	pub async fn export(&self, caller: &Caller, subject: ParticipantId) -> Result<Export, Error> {
		let asked = Asked::of(subject, Act::Export);
		let Some(right) = caller.owns(subject) else {
			return self.refuse(caller, asked, Error::Forbidden("everything is told to the person alone")).await;
		};
		self.vault.note(asked.event(caller, Some(right))).await?;
		let opened = self.vault.open_record(subject).await?;
		let proofs = opened.as_ref().map(|opened| opened.record.disclose(&opened.key.salt, Fields::ALL));
		let record = opened.map(|opened| (opened.record.clone(), opened.receipt));
		let on_chain = self.chain.subject(subject).await?;
		let grants = self.chain.grants(subject).await?.into_iter().map(Into::into).collect();
		let (mut accesses, mut from) = (Vec::new(), 0u32);
		loop {
			let page = self.entries(subject, from).await?;
			let Some(last) = page.last() else { break };
			from = last.index.saturating_add(1);
			accesses.extend(page);
		}
		Ok(Export { version: 1, subject, record, proofs: proofs.unwrap_or_default(), on_chain, grants, accesses })
	}

	/// Erases a record.
	///
	/// # Errors
	/// [`Error::Forbidden`]; [`Error::Unsettled`] and [`Error::InDebt`] while the chain needs to know whose money it is;
	/// [`Error::NotFound`]; if a database fails.
	pub async fn erase(&self, caller: &Caller, subject: ParticipantId) -> Result<(), Error> {
		let asked = Asked::of(subject, Act::Erase);
		let writer = self.vault.writer(subject).await?;
		let Some(right) = caller.writes(self.chain.as_ref(), subject, writer).await? else {
			return self.refuse(caller, asked, Error::Forbidden("a record is erased by its person")).await;
		};
		if writer.is_none() {
			return self.refuse(caller, asked, Error::NotFound(subject)).await;
		}
		if let Some(participant) = self.chain.subject(subject).await? {
			if participant.in_debt {
				return self.refuse(caller, asked, Error::InDebt).await;
			}
			if let Some(interval) = self.chain.unsettled(subject).await? {
				return self.refuse(caller, asked, Error::Unsettled(interval)).await;
			}
		}
		self.vault.erase(asked.event(caller, Some(right))).await
	}

	/// The end of the log.
	///
	/// # Errors
	/// If the database fails.
	pub async fn root(&self) -> Result<Root, Error> {
		let (count, root) = self.vault.log.root().await?;
		Ok(Root { count, root })
	}
}
