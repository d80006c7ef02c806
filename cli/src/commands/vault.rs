//! `busbar vault`: personal records in a vault, and what the chain says of them.

use super::{execute::execute, print_json, signer};
use crate::{failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_client::records as calls;
use busbar_primitives::{
	records::{Field, Fields, Purpose, RecordGrant},
	Interval, ParticipantId,
};
use busbar_vault::{
	client::Client,
	log::{Entry, Ground},
	record::Record,
};
use clap::{Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::json;
use sp_core::H256;
use std::path::PathBuf;
use zeroize::Zeroizing;

#[derive(Subcommand)]
pub enum Vault {
	/// Keep a record, instead of another if there was one
	Put(Put),
	/// Read fields of a record, and compare them with the chain
	Get(Get),
	/// Show who asked for what of a record
	Log(Log),
	/// Erase a record: its key and its salt are destroyed
	Erase(Erase),
	/// Write everything about a person to a file, as JSON
	Export(Export),
	/// Open fields of your record to another participant, for a purpose and a time
	Grant(Grant),
	/// Close your record to another participant, for a purpose
	Revoke(Revoke),
}

#[derive(Args)]
struct At {
	/// The vault's address; requests are signed by --suri
	#[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9965", env = "BUSBAR_VAULT")]
	vault: String,
	/// PEM file with whom to trust beside the usual authorities
	#[arg(long, value_name = "FILE", env = "BUSBAR_VAULT_CERTIFICATE")]
	certificate: Option<PathBuf>,
	/// The person's UUID
	#[arg(value_name = "PARTICIPANT")]
	subject: ParticipantId,
}

impl At {
	fn client(&self, global: &Global) -> Result<Client> {
		Ok(Client::new(&self.vault, signer(global)?, self.certificate.as_deref()).map_err(Failure::input)?)
	}
}

#[derive(Args)]
pub struct Put {
	#[command(flatten)]
	at: At,
	/// JSON: {"name": "...", "address": "...", "contact": "...", "identity": "...", "bank": "...", "contract": "...", "site": "...",
	/// "other": "..."}, of which any may be missing
	file: PathBuf,
	/// As the person: commit to it on chain, too
	#[arg(long)]
	commit: bool,
}

#[derive(Args)]
pub struct Get {
	#[command(flatten)]
	at: At,
	/// Names of fields, behind commas [default: all]
	#[arg(long, value_name = "FIELDS", value_parser = fields)]
	fields: Option<Fields>,
	/// What for: supply, billing, metering, grid_operation, dispute or research; the person itself need not say
	#[arg(long, value_name = "PURPOSE", value_parser = named::<Purpose>)]
	purpose: Option<Purpose>,
}

#[derive(Args)]
pub struct Log {
	#[command(flatten)]
	at: At,
}

#[derive(Args)]
pub struct Erase {
	#[command(flatten)]
	at: At,
}

#[derive(Args)]
pub struct Export {
	#[command(flatten)]
	at: At,
	/// Where to
	file: PathBuf,
}

#[derive(Args)]
pub struct Grant {
	/// The other participant's UUID
	#[arg(value_name = "PARTICIPANT")]
	grantee: ParticipantId,
	/// Names of fields, behind commas
	#[arg(long, value_name = "FIELDS", value_parser = fields)]
	fields: Fields,
	/// What for: supply, billing, metering, grid_operation, dispute or research
	#[arg(long, value_name = "PURPOSE", value_parser = named::<Purpose>)]
	purpose: Purpose,
	/// First interval in whose time the record is open
	#[arg(long, value_name = "INTERVAL", default_value_t = 0)]
	from: Interval,
	/// First interval in whose time it is not any more
	#[arg(long, value_name = "INTERVAL")]
	until: Interval,
}

#[derive(Args)]
pub struct Revoke {
	/// The other participant's UUID
	#[arg(value_name = "PARTICIPANT")]
	grantee: ParticipantId,
	/// For which purpose
	#[arg(long, value_name = "PURPOSE", value_parser = named::<Purpose>)]
	purpose: Purpose,
}

/// A value by the name that it has in JSON.
fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
	serde_json::from_value(json!(text)).map_err(|error| error.to_string())
}

fn fields(text: &str) -> Result<Fields, String> {
	text.split(',').map(|name| named::<Field>(name.trim())).collect::<Result<Vec<_>, _>>().map(Fields::of)
}

impl Vault {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Put(command) => command.run(global).await,
			Self::Get(command) => command.run(global).await,
			Self::Log(command) => command.run(global).await,
			Self::Erase(command) => command.run(global).await,
			Self::Export(command) => command.run(global).await,
			Self::Grant(Grant { grantee, fields, purpose, from, until }) => {
				let call = calls::grant(&RecordGrant { grantee, purpose, fields, from, until })?;
				let done =
					format!("{grantee} may read {:?} for {purpose:?} in intervals {from} to {until}", fields.list());
				execute(global, call).await?.say(global, &done)
			},
			Self::Revoke(Revoke { grantee, purpose }) => {
				let done = format!("{grantee} may not read your record for {purpose:?} any more");
				execute(global, calls::revoke(grantee, purpose)?).await?.say(global, &done)
			},
		}
	}
}

impl Put {
	async fn run(self, global: &Global) -> Result<()> {
		let client = self.at.client(global)?;
		let json = std::fs::read(&self.file).map(Zeroizing::new);
		let json = json.with_context(|| format!("cannot read {}", self.file.display()))?;
		let record = Record::parse(&json).map_err(Failure::input)?;
		let receipt = client.put(self.at.subject, &record).await?;
		if self.commit {
			execute(global, calls::commit(receipt.commitment)?).await?;
		}
		if global.json {
			return print_json(&receipt);
		}
		println!(
			"Kept as record {} of {}, with the commitment {:?}.",
			receipt.number, self.at.subject, receipt.commitment
		);
		Ok(())
	}
}

impl Get {
	async fn run(self, global: &Global) -> Result<()> {
		let fields = self.fields.unwrap_or(Fields::ALL);
		let reading = self.at.client(global)?.get(self.at.subject, fields, self.purpose).await?;
		let on_chain = commitment(global, self.at.subject).await?;
		let is_committed = on_chain == Some(reading.record.commitment);
		if global.json {
			print_json(&json!({ "reading": reading, "committed": is_committed }))?;
		} else {
			for field in &reading.fields {
				let name = serde_json::to_value(field.field)?;
				println!("{:<9} {}", name.as_str().unwrap_or_default(), field.value.as_deref().unwrap_or("-"));
			}
			match on_chain {
				Some(_) if is_committed => println!("The chain is committed to this record."),
				Some(_) => println!("The chain is committed to another record than this."),
				None => println!("The person is not registered on chain."),
			}
		}
		Ok(())
	}
}

async fn commitment(global: &Global, subject: ParticipantId) -> Result<Option<H256>> {
	let view = super::open(global).await?;
	let participants = &busbar_client::storage::participants::PARTICIPANTS;
	Ok(view.chain.read(view.at, participants, (subject,)).await?.map(|record| record.commitment))
}

impl Log {
	async fn run(self, global: &Global) -> Result<()> {
		let client = self.at.client(global)?;
		let (mut entries, mut from) = (Vec::new(), 0);
		let (count, root) = loop {
			let page = client.log(self.at.subject, from).await?;
			entries.extend(page.entries.into_iter().map(|proven| proven.entry));
			match page.next {
				Some(next) => from = next,
				None => break (page.count, page.root),
			}
		};
		if global.json {
			return print_json(&json!({ "count": count, "root": root, "entries": entries }));
		}
		entries.iter().for_each(print);
		println!("All are proven under {root:?}, the root of {count} entries.");
		Ok(())
	}
}

fn print(Entry { event, .. }: &Entry) {
	let why = match event.ground {
		None => "refused",
		Some(Ground::Own) => "the person itself",
		Some(Ground::Grant) => "by grant",
		Some(Ground::Oversight) => "by oversight",
		Some(Ground::Admission) => "before registration",
	};
	let purpose = event.purpose.map(|purpose| format!(" for {purpose:?}")).unwrap_or_default();
	let reader = event.reader.map_or_else(|| event.account.to_string(), |reader| reader.to_string());
	println!("{} ms: {reader} {:?} {:?}{purpose}: {why}", event.at, event.act, event.fields.list());
}

impl Erase {
	async fn run(self, global: &Global) -> Result<()> {
		self.at.client(global)?.erase(self.at.subject).await?;
		if global.json {
			return print_json(&json!({ "erased": self.at.subject }));
		}
		println!("The record of {} is erased: its key and its salt are destroyed.", self.at.subject);
		Ok(())
	}
}

impl Export {
	async fn run(self, global: &Global) -> Result<()> {
		use std::{io::Write, os::unix::fs::OpenOptionsExt};
		let export = self.at.client(global)?.export(self.at.subject).await?;
		let json = Zeroizing::new(serde_json::to_vec_pretty(&export)?);
		let mut options = std::fs::OpenOptions::new();
		let file = options.write(true).create(true).truncate(true).mode(0o600).open(&self.file);
		file.and_then(|mut file| file.write_all(&json))
			.with_context(|| format!("cannot write {}", self.file.display()))?;
		if global.json {
			return print_json(&json!({ "file": self.file, "accesses": export.accesses.len() }));
		}
		println!("Everything about {} is in {}.", self.at.subject, self.file.display());
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fields_and_purposes_are_read_by_their_names() {
		assert_eq!(fields("name, bank"), Ok(Fields::of([Field::Name, Field::Bank])));
		assert!(fields("name,shoe_size").is_err() && fields("").is_err());
		assert_eq!(named::<Purpose>("grid_operation"), Ok(Purpose::GridOperation));
		assert!(named::<Purpose>("curiosity").is_err());
	}
}
