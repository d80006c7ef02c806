//! A chain of known companies, from one file that all of them can read.
//!
//! Each company makes its own keys and hands on a card, which has public keys only: [`company`]. The cards, the companies'
//! roles and the parameters stand in one TOML file, which `--chain` takes like any specification: [`mod@file`]. What is wrong
//! with it is said before anything is built, by the name of the company: [`check`]. What a live chain must not begin with is looked for
//! again in its genesis state, whatever file that came from: [`live`].

mod card;
mod check;
pub mod company;
mod error;
mod file;
mod genesis;
pub mod known;
pub mod live;
#[cfg(test)]
mod tests;

pub use card::Card;
pub use error::ConsortiumError;
pub use file::Consortium;

use serde_json::Value;
use std::path::Path;

/// Fewest authorities of a live chain: with four, GRANDPA finalises while one fails; with three, none may.
pub const LEAST_AUTHORITIES: usize = 4;
/// Fewest seats of a live chain's council: with two or one, a single key decides or blocks everything.
pub const LEAST_SEATS: usize = 3;
/// Shortest time for which a live chain announces an upgrade, in s: a day.
pub const LEAST_UPGRADE_DELAY_S: u32 = 86_400;

impl Consortium {
	/// The patch to the runtime's default genesis, of a file that is fit for it. `folder` is where the file lies.
	///
	/// # Errors
	/// See [`ConsortiumError`].
	pub fn genesis(&self, folder: &Path) -> Result<Value, ConsortiumError> {
		let market = self.parameters()?;
		let grid = self.grid(folder)?;
		check::check(self, &market, &grid)?;
		genesis::patch(self, &market, &grid)
	}
}
