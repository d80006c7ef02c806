//! `busbar emergency`: what the committee has paused, and the word of its seats.

use super::{
	execute::{execute, tell, Answer},
	open, table,
};
use crate::Global;
use anyhow::Result;
use busbar_client::{
	pallet_governance::{Action, Call, Class, Subject},
	storage, RuntimeEvent,
};
use busbar_primitives::{Interval, ParticipantId, ProductId};
use clap::{Args, Subcommand};
use serde::Serialize;
use sp_core::H256;

/// Show what is paused; as a seat of the committee, pause, resume, or veto an upgrade
#[derive(Subcommand)]
pub enum Emergency {
	/// Show the committee, what is paused or was lately, and what its seats have said
	Show,
	/// Give your word for a pause; more than half of the seats within an hour do it
	Pause(Pause),
	/// Give your word for the end of a pause
	Resume(Resume),
	/// Give your word against the upgrade that is announced
	Veto(Veto),
}

const WHAT: &str = "orders, payments, withdrawals, issuance, membership, grid, certificates; product:N, session:INTERVAL:PRODUCT, member:UUID";

#[derive(Args)]
pub struct Pause {
	/// What: a kind of transactions, or new orders of a product, a session or a member
	#[arg(value_name = "WHAT", long_help = WHAT, value_parser = subject)]
	what: Subject,
	/// For how long, in blocks of 2 s
	#[arg(long)]
	blocks: u32,
}

#[derive(Args)]
pub struct Resume {
	/// What is paused, as of `pause`
	#[arg(value_name = "WHAT", long_help = WHAT, value_parser = subject)]
	what: Subject,
}

#[derive(Args)]
pub struct Veto {
	/// Hash of the code, as it is announced
	code_hash: H256,
}

/// Reads what may be paused.
fn subject(text: &str) -> Result<Subject, String> {
	let wrong = || format!("`{text}` is nothing that can be paused; it is one of {WHAT}");
	if let Some((_, class)) = CLASSES.iter().find(|(name, _)| *name == text) {
		return Ok(Subject::Class(*class));
	}
	let mut parts = text.split(':');
	let parsed = match (parts.next(), parts.next(), parts.next(), parts.next()) {
		(Some("product"), Some(product), None, None) => product.parse().ok().map(Subject::Product),
		(Some("session"), Some(interval), Some(product), None) => {
			let interval: Option<Interval> = interval.parse().ok();
			let product: Option<ProductId> = product.parse().ok();
			interval.zip(product).map(|(interval, product)| Subject::Session { interval, product })
		},
		(Some("member"), Some(member), None, None) => member.parse::<ParticipantId>().ok().map(Subject::Member),
		_ => None,
	};
	parsed.ok_or_else(wrong)
}

const CLASSES: [(&str, Class); 7] = [
	("orders", Class::Orders),
	("payments", Class::Payments),
	("withdrawals", Class::Withdrawals),
	("issuance", Class::Issuance),
	("membership", Class::Membership),
	("grid", Class::Grid),
	("certificates", Class::Certificates),
];

/// As [`subject`] reads it.
fn name(subject: &Subject) -> String {
	match subject {
		Subject::Class(class) => CLASSES
			.iter()
			.find(|(_, other)| other == class)
			.map_or_else(|| format!("{class:?}"), |(name, _)| (*name).into()),
		Subject::Product(product) => format!("product:{product}"),
		Subject::Session { interval, product } => format!("session:{interval}:{product}"),
		Subject::Member(member) => format!("member:{member}"),
	}
}

fn told(action: &Action<H256>) -> String {
	match action {
		Action::Pause { subject, blocks } => format!("pause {} for {blocks} blocks", name(subject)),
		Action::Resume { subject } => format!("resume {}", name(subject)),
		Action::Veto { code_hash } => format!("veto {code_hash:?}"),
	}
}

#[derive(Serialize)]
struct Shown {
	block: u32,
	seats: Vec<String>,
	pauses: Vec<Shade>,
	words: Vec<Said>,
	#[serde(skip_serializing_if = "Option::is_none")]
	upgrade: Option<Announced>,
}

/// A pause or the time after it, in numbers of blocks.
#[derive(Serialize)]
struct Shade {
	what: String,
	from: u32,
	until: u32,
	again: u32,
}

#[derive(Serialize)]
struct Said {
	seat: String,
	word: String,
	at: u32,
}

#[derive(Serialize)]
struct Announced {
	code_hash: H256,
	from: u32,
}

impl Answer for Shown {
	fn print(&self) {
		println!("Block {}; {} seats: {}", self.block, self.seats.len(), self.seats.join(", "));
		let mut pauses = table(&["paused", "from block", "until", "again from"], 1);
		for Shade { what, from, until, again } in &self.pauses {
			let state = if self.block < *until { what.clone() } else { format!("({what})") };
			pauses.add_row([state, from.to_string(), until.to_string(), again.to_string()]);
		}
		println!("{pauses}");
		for Said { seat, word, at } in &self.words {
			println!("{seat} said in block {at}: {word}");
		}
		if let Some(Announced { code_hash, from }) = &self.upgrade {
			println!("The code {code_hash:?} is announced, to be enacted from block {from} on.");
		}
	}
}

/// What a word led to.
#[derive(Serialize)]
struct Word {
	word: String,
	/// Seats that have said the same.
	of: u32,
	needed: u32,
}

impl Answer for Word {
	fn print(&self) {
		let state = if self.of >= self.needed { "it is done" } else { "others have to say the same" };
		println!("{}: {} of {} seats, {state}.", self.word, self.of, self.needed);
	}
}

impl Emergency {
	pub async fn run(self, global: &Global) -> Result<()> {
		let action = match self {
			Self::Show => return show(global).await,
			Self::Pause(Pause { what, blocks }) => Action::Pause { subject: what, blocks },
			Self::Resume(Resume { what }) => Action::Resume { subject: what },
			Self::Veto(Veto { code_hash }) => Action::Veto { code_hash },
		};
		let word = told(&action);
		let done = execute(global, Call::act { action }).await?;
		let given = done.events.iter().find_map(|event| match event {
			RuntimeEvent::Governance(busbar_client::pallet_governance::Event::WordGiven { of, needed, .. }) => {
				Some((*of, *needed))
			},
			_ => None,
		});
		let (of, needed) = given.unwrap_or_default();
		done.tell(global, &Word { word, of, needed })
	}
}

async fn show(global: &Global) -> Result<()> {
	let view = open(global).await?;
	let (chain, at) = (&view.chain, view.at);
	let block = chain.read(at, &storage::system::NUMBER, ()).await?.unwrap_or_default();
	let seats = chain.read(at, &storage::governance::COMMITTEE, ()).await?.unwrap_or_default();
	let pauses = chain.read(at, &storage::governance::PAUSES, ()).await?.unwrap_or_default();
	let words = chain.read(at, &storage::governance::WORDS, ()).await?.unwrap_or_default();
	let upgrade = chain.read(at, &storage::governance::ANNOUNCED, ()).await?;
	let pauses = pauses.iter().map(|pause| Shade {
		what: name(&pause.subject),
		from: pause.from,
		until: pause.until,
		again: pause.again,
	});
	let words = words.iter().map(|word| Said { seat: word.seat.to_string(), word: told(&word.action), at: word.at });
	tell(
		global,
		&Shown {
			block,
			seats: seats.iter().map(ToString::to_string).collect(),
			pauses: pauses.collect(),
			words: words.collect(),
			upgrade: upgrade.map(|upgrade| Announced { code_hash: upgrade.code_hash, from: upgrade.from }),
		},
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_may_be_paused_is_read_as_it_is_shown() {
		let texts = [
			"orders",
			"payments",
			"withdrawals",
			"issuance",
			"membership",
			"grid",
			"certificates",
			"product:3",
			"session:17:2",
			"member:01020304-0506-8708-890a-0b0c0d0e0f10",
		];
		for text in texts {
			assert_eq!(name(&subject(text).unwrap()), text);
		}
	}

	#[test]
	fn what_may_not_be_paused_is_refused_with_what_may() {
		for text in ["", "metering", "product", "product:x", "product:300", "session:1", "session:1:2:3", "member:me"] {
			let refused = subject(text).unwrap_err();
			assert!(refused.contains("session:INTERVAL:PRODUCT"), "{text}: {refused}");
		}
	}
}
