//! What most commands do: submit one call, wait until it is final, and tell what stands then.

use super::{print_json, signer, submitter};
use crate::Global;
use anyhow::Result;
use busbar_client::{sign::Signer, submit::Submitter, RuntimeCall, RuntimeEvent};
use busbar_operations::view::View;
use serde::Serialize;
use serde_json::json;
use sp_core::H256;
use std::sync::Arc;

/// What a command has to tell: an object for programs, text for people.
pub trait Answer: Serialize {
	/// Prints the text.
	fn print(&self);
}

/// Tells an answer in the form that was asked for.
pub fn tell(global: &Global, answer: &impl Answer) -> Result<()> {
	if global.json {
		return print_json(answer);
	}
	answer.print();
	Ok(())
}

/// A call that succeeded in a finalised block.
pub struct Done {
	/// The state that the block led to.
	pub view: View,
	block: (u32, H256),
	pub events: Arc<Vec<RuntimeEvent>>,
}

#[derive(Serialize)]
struct Finalised<'a, T: Answer> {
	block: u32,
	block_hash: H256,
	#[serde(flatten)]
	now: &'a T,
}

impl<T: Answer> Answer for Finalised<'_, T> {
	fn print(&self) {
		println!("Finalised in block {} ({:?}).", self.block, self.block_hash);
		self.now.print();
	}
}

/// Signs a call with the key of `--suri` and runs it.
///
/// # Errors
/// If nobody signs, the node refuses the transaction, or the call fails.
pub async fn execute(global: &Global, call: impl Into<RuntimeCall>) -> Result<Done> {
	let signer = signer(global)?;
	run(&submitter(global).await?, &signer, call).await
}

/// Runs a call.
///
/// # Errors
/// If the node refuses the transaction, or the call fails.
pub async fn run(submitter: &Submitter, signer: &Signer, call: impl Into<RuntimeCall>) -> Result<Done> {
	let outcome = submitter.run(signer, call.into()).await?;
	let view = View::at(submitter.chain().clone(), outcome.block.1).await?;
	Ok(Done { view, block: outcome.block, events: outcome.events })
}

impl Done {
	/// Tells the block, and what stands then.
	pub fn tell(&self, global: &Global, now: &impl Answer) -> Result<()> {
		tell(global, &Finalised { block: self.block.0, block_hash: self.block.1, now })
	}

	/// Tells people in a sentence what holds now, and programs the block.
	pub fn say(&self, global: &Global, sentence: &str) -> Result<()> {
		if global.json {
			return print_json(&json!({ "block": self.block.0, "block_hash": self.block.1 }));
		}
		println!("{sentence}, since block {}.", self.block.0);
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(Serialize)]
	struct Owed {
		owed: u8,
	}

	impl Answer for Owed {
		fn print(&self) {}
	}

	#[test]
	fn the_block_stands_beside_what_is_told() {
		let answer = Finalised { block: 5, block_hash: H256::zero(), now: &Owed { owed: 7 } };
		let expected = json!({ "block": 5, "block_hash": H256::zero(), "owed": 7 });
		assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
	}
}
