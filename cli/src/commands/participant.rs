//! `busbar participant`: a newcomer's acceptance, its admission, and who somebody is.

use super::{
	account,
	execute::{execute, Answer},
	print_json, signer,
};
use crate::{connection::connect, failure::Failure, Global};
use anyhow::{Context, Result};
use busbar_client::{bytes, hex_of, pallet_participants, pallet_utility, AccountId, RuntimeCall};
use busbar_primitives::{api::ParticipantView, ParticipantId, Role, Scope, ZoneId};
use clap::{Args, Subcommand, ValueEnum};
use codec::{Decode, Encode};
use serde::Serialize;
use serde_json::json;
use sp_core::H256;
use sp_runtime::MultiSignature;

/// Admit or look up participants
#[derive(Subcommand)]
pub enum Participant {
	/// As a newcomer: sign the acceptance that the membership provider submits
	Accept(Accept),
	/// As the membership provider: register a newcomer, with its acceptance
	Add(Add),
	/// Show the participant that an account belongs to
	Show(Show),
}

#[derive(Args)]
pub struct Accept {
	/// The newcomer's UUID
	#[arg(long)]
	id: ParticipantId,
	/// Salted hash of the off-chain record that binds the UUID to a person: 0x and 64 digits
	#[arg(long, value_parser = hash)]
	commitment: H256,
}

#[derive(Args)]
pub struct Add {
	/// The newcomer's UUID
	#[arg(long)]
	id: ParticipantId,
	/// The newcomer's account address
	#[arg(long, value_parser = account)]
	account: AccountId,
	/// Salted hash of the off-chain record that binds the UUID to a person: 0x and 64 digits
	#[arg(long, value_parser = hash)]
	commitment: H256,
	/// The newcomer's acceptance, as `busbar participant accept` prints it
	#[arg(long, value_parser = signature)]
	acceptance: MultiSignature,
	/// Grant this role too
	#[arg(long)]
	role: Option<MemberRole>,
	/// Where the role holds: this zone and those below it [default: the whole grid]
	#[arg(long, requires = "role")]
	zone: Option<ZoneId>,
}

#[derive(Args)]
pub struct Show {
	/// Account address [default: the one of --suri]
	#[arg(value_parser = account)]
	account: Option<AccountId>,
}

/// Roles that a membership provider may grant.
#[derive(Clone, Copy, ValueEnum)]
enum MemberRole {
	Consumer,
	Prosumer,
	Generator,
}

impl From<MemberRole> for Role {
	fn from(role: MemberRole) -> Self {
		match role {
			MemberRole::Consumer => Self::Consumer,
			MemberRole::Prosumer => Self::Prosumer,
			MemberRole::Generator => Self::Generator,
		}
	}
}

impl Participant {
	pub async fn run(self, global: &Global) -> Result<()> {
		match self {
			Self::Accept(command) => command.run(global).await,
			Self::Add(command) => command.run(global).await,
			Self::Show(command) => command.run(global).await,
		}
	}
}

impl Accept {
	async fn run(self, global: &Global) -> Result<()> {
		let signer = signer(global)?;
		let genesis = connect(global).await?.genesis();
		let account = signer.account();
		let payload = busbar_primitives::acceptance_payload(&genesis, &self.id, account, &self.commitment);
		let acceptance = hex_of(&signer.sign_bytes(&payload).encode());
		if global.json {
			return print_json(&json!({
				"id": self.id, "account": account.to_string(), "commitment": self.commitment, "acceptance": acceptance,
			}));
		}
		println!("Give this to the membership provider, who runs:");
		println!(
			"busbar participant add --id {} --account {account} --commitment {:?} --acceptance {acceptance}",
			self.id, self.commitment
		);
		Ok(())
	}
}

impl Add {
	async fn run(self, global: &Global) -> Result<()> {
		let register = RuntimeCall::Participants(pallet_participants::Call::register {
			participant: self.id,
			account: self.account.clone(),
			commitment: self.commitment,
			acceptance: self.acceptance,
		});
		let call = match self.role {
			None => register,
			Some(role) => {
				let grant = RuntimeCall::Participants(pallet_participants::Call::grant_role {
					participant: self.id,
					role: role.into(),
					scope: self.zone.map_or(Scope::Grid, Scope::Zone),
				});
				RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: vec![register, grant] })
			},
		};
		let done = execute(global, call).await?;
		let participant = done.view.chain.participant(done.view.at, &self.account).await?;
		let participant = participant.with_context(|| format!("{} was registered and is gone", self.id))?;
		done.tell(global, &Added { participant })
	}
}

#[derive(Serialize)]
struct Added {
	participant: ParticipantView<AccountId>,
}

impl Answer for Added {
	fn print(&self) {
		println!("{} is a participant.", self.participant.id);
	}
}

impl Show {
	async fn run(self, global: &Global) -> Result<()> {
		let account = match self.account {
			Some(account) => account,
			None => signer(global)
				.map_err(|_| Failure::input("say who: an account address, or --suri SECRET"))?
				.account()
				.clone(),
		};
		let view = super::open(global).await?;
		let participant = view
			.chain
			.participant(view.at, &account)
			.await?
			.ok_or_else(|| Failure::failed(format!("{account} belongs to no participant")))?;
		let money = view.chain.account(view.at, &account).await?.data;
		if global.json {
			return print_json(&json!({ "participant": participant, "free": money.free, "held": money.reserved }));
		}
		println!("Participant {} ({})", participant.id, if participant.active { "active" } else { "suspended" });
		println!("Account     {}", participant.account);
		for (role, scope) in &participant.roles {
			println!("Role        {role:?}, {scope:?}");
		}
		let points: Vec<_> = participant.points.iter().map(ToString::to_string).collect();
		println!("Points      {}", if points.is_empty() { "none".into() } else { points.join(" ") });
		println!("Free        {} EUR", super::eur(money.free as i128));
		println!("Held        {} EUR", super::eur(money.reserved as i128));
		Ok(())
	}
}

fn hash(text: &str) -> Result<H256, String> {
	let bytes = bytes(text).map_err(|error| error.to_string())?;
	<[u8; 32]>::try_from(bytes).map(H256).map_err(|_| "a hash has 64 hexadecimal digits".into())
}

fn signature(text: &str) -> Result<MultiSignature, String> {
	let bytes = bytes(text).map_err(|error| error.to_string())?;
	MultiSignature::decode(&mut &bytes[..])
		.context("this is no signature as `busbar participant accept` prints it")
		.map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_hash_and_a_signature_are_read() {
		assert_eq!(hash(&format!("0x{}", "11".repeat(32))), Ok(H256::repeat_byte(0x11)));
		assert!(hash("0x11").is_err());
		let own = busbar_client::sign::Signer::from_suri("//Alice").unwrap().sign_bytes(b"text");
		assert_eq!(signature(&hex_of(&own.encode())), Ok(own));
		assert!(signature("0x0102").is_err());
	}
}
