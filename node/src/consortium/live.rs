//! What a live chain must not begin with, looked for in its genesis state: whatever specification it comes from, a file of a
//! consortium, one that was edited by hand, or a raw one.

use super::{known, LEAST_AUTHORITIES};
use busbar_runtime::{pallet_market, pallet_settlement, AccountId, Runtime, SessionKeys};
use codec::Decode;
use sp_core::storage::{well_known_keys::CODE, Storage};

/// Why a chain whose specification says `Live` does not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
	/// A key whose secret everybody has.
	#[error(
		"the well-known key {0}, whose secret everybody has, stands in its genesis: make keys by busbar-node company new, or give the \
		 specification another chainType than Live"
	)]
	WellKnown(&'static str),
	/// Too few companies author and finalise.
	#[error(
		"it begins with {0} authorities, and a live chain with at least {LEAST_AUTHORITIES}, of which one may fail"
	)]
	FewAuthorities(usize),
	/// An interval would not last as long as the energy in it.
	#[error(
		"an interval lasts {clock_s} s and counts energy of {interval_s} s: that is a devnet's clock; set \
		 market.parameters.interval_clock_s to interval_s"
	)]
	DevnetClock { clock_s: u32, interval_s: u32 },
	/// Settlement has no one to pay or to debit.
	#[error("settlement.accounts is not set: a live chain would settle nothing")]
	UnsetAccounts,
	/// Nothing can be read where the market's parameters or the session's keys should be.
	#[error("its genesis has no {0} that this node understands")]
	Unreadable(&'static str),
}

/// That a live chain may begin with this state.
///
/// # Errors
/// See [`LiveError`].
pub fn check(storage: &Storage) -> Result<(), LiveError> {
	let entries = storage.top.iter().filter(|(key, _)| key.as_slice() != CODE);
	if let Some(whose) = entries.flat_map(|(key, value)| [key, value]).find_map(|bytes| known_in(bytes)) {
		return Err(LiveError::WellKnown(whose));
	}
	let parameters = pallet_market::ParametersValue::<Runtime>::hashed_key();
	let parameters: pallet_market::Parameters = read(storage, &parameters, "market parameters")?;
	let (clock_s, interval_s) = (parameters.interval_clock_s, parameters.interval_s);
	if clock_s != interval_s {
		return Err(LiveError::DevnetClock { clock_s, interval_s });
	}
	let keys = pallet_session::QueuedKeys::<Runtime>::hashed_key();
	let keys: Vec<(AccountId, SessionKeys)> = read(storage, &keys, "session keys")?;
	if keys.len() < LEAST_AUTHORITIES {
		return Err(LiveError::FewAuthorities(keys.len()));
	}
	if !storage.top.contains_key(&pallet_settlement::SystemAccounts::<Runtime>::hashed_key()[..]) {
		return Err(LiveError::UnsetAccounts);
	}
	Ok(())
}

fn read<T: Decode>(storage: &Storage, key: &[u8], what: &'static str) -> Result<T, LiveError> {
	let value = storage.top.get(key).ok_or(LiveError::Unreadable(what))?;
	T::decode(&mut &value[..]).map_err(|_| LiveError::Unreadable(what))
}

/// Whose well-known key stands anywhere in it.
fn known_in(bytes: &[u8]) -> Option<&'static str> {
	bytes.windows(32).find_map(|window| <&known::Key>::try_from(window).ok().and_then(known::whose))
}
