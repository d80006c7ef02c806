//! Whose securities, debts or certificates a command is about.

use super::{account, signer};
use crate::{failure::Failure, Global};
use anyhow::Result;
use busbar_client::AccountId;
use busbar_operations::view::View;
use busbar_primitives::{api::ParticipantView, ParticipantId};
use clap::Args;

/// A participant, by its UUID, its account, or the key that signs.
#[derive(Args, Default)]
pub struct Whose {
	/// The participant's UUID
	#[arg(long, value_name = "UUID", conflicts_with = "account")]
	participant: Option<ParticipantId>,
	/// The participant's account address [default: the one of --suri]
	#[arg(long, value_name = "ADDRESS", value_parser = account)]
	account: Option<AccountId>,
}

impl Whose {
	/// Its UUID. One that was named is believed: a participant that was removed may still have debts.
	///
	/// # Errors
	/// If nobody is named, or the account belongs to nobody.
	pub async fn id(&self, global: &Global, view: &View) -> Result<ParticipantId> {
		match self.participant {
			Some(participant) => Ok(participant),
			None => Ok(self.find(global, view).await?.id),
		}
	}

	/// The participant with its connection points.
	///
	/// # Errors
	/// If nobody is named, or there is no such participant.
	pub async fn find(&self, global: &Global, view: &View) -> Result<ParticipantView<AccountId>> {
		let account = match (&self.account, self.participant) {
			(Some(account), _) => account.clone(),
			(None, Some(participant)) => {
				let found = view.chain.account_of(view.at, participant).await?;
				found.ok_or_else(|| Failure::failed(format!("there is no participant {participant}")))?
			},
			(None, None) => {
				let message = "say whose: --account ADDRESS, --participant UUID or --suri SECRET";
				signer(global).map_err(|_| Failure::input(message))?.account().clone()
			},
		};
		let found = view.chain.participant(view.at, &account).await?;
		Ok(found.ok_or_else(|| Failure::failed(format!("{account} belongs to no participant")))?)
	}
}
