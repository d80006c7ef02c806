//! Accounts and their money.

use crate::{
	chain::Chain,
	error::{Error, Result},
	frame_system, pallet_balances, storage,
};
use busbar_primitives::Balance;
use sp_core::H256;
use sp_runtime::AccountId32;

/// An account's entry: its nonce and its money, in nEUR.
pub type AccountInfo = frame_system::AccountInfo<u32, pallet_balances::AccountData<Balance>>;

impl Chain {
	/// An account's nonce and money; of an account that the chain does not know, nothing.
	///
	/// # Errors
	/// As [`Chain::read`].
	pub async fn account(&self, at: H256, account: &AccountId32) -> Result<AccountInfo> {
		let found = self.read(at, &storage::system::ACCOUNT, (account.clone(),)).await?;
		found.ok_or_else(|| Error::Metadata("an account that is not there has no default".into()))
	}

	/// Sum of what all accounts have, free and held, in nEUR.
	///
	/// # Errors
	/// As [`Chain::read`], and if the sum exceeds 128 bits.
	pub async fn all_money(&self, at: H256) -> Result<Balance> {
		let accounts = self.entries(at, &storage::system::ACCOUNT).await?;
		let money = accounts.iter().flat_map(|(_, info)| [info.data.free, info.data.reserved]);
		let sum = money.into_iter().try_fold(0, Balance::checked_add);
		sum.ok_or(Error::Overflow("the accounts' money exceeds 128 bits"))
	}
}
