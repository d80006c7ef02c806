//! What is wrong with a consortium's file.

use super::{LEAST_AUTHORITIES, LEAST_SEATS, LEAST_UPGRADE_DELAY_S};
use busbar_primitives::Role;
use busbar_runtime::configs::MOST_COMMITTEE;

/// Why a consortium's file gives no chain. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsortiumError {
	/// A value does not read.
	#[error("{what} of '{company}' does not read: {reason}")]
	Malformed { company: String, what: &'static str, reason: String },
	/// A name that means nothing.
	#[error("'{company}' has an entry {entry}, which means nothing: take it out, or correct its name")]
	Unknown { company: String, entry: String },
	/// Two companies have something that each has for itself.
	#[error("'{first}' and '{second}' have the same {what}: each company makes its own, by busbar-node company new")]
	Duplicate { what: &'static str, first: String, second: String },
	/// A node without session keys, session keys without their proof, and the like.
	#[error("'{0}' has only some of node, session_keys and proof: give all three, or none if it runs no validator")]
	IncompleteNode(String),
	/// One key does two things.
	#[error(
		"a session key of '{0}' is its account's key, too: whoever takes the machine would have its seat; make session keys \
		 of their own, by busbar-node company new"
	)]
	KeyReused(String),
	/// The session keys are not shown to be the company's.
	#[error(
		"the session keys of '{0}' do not prove that it holds them: the proof is their signature over the company's account, as \
		 busbar-node company new and author_rotateKeysWithOwner make it"
	)]
	NoPossession(String),
	/// The card is not signed by its account.
	#[error(
		"the card of '{0}' is not signed by its account, or was changed since: take the card as the company's \
		 busbar-node company new wrote it"
	)]
	NotSigned(String),
	/// A card that names no key at all.
	#[error("{what} of '{company}' is all zeros: nobody has its secret; set it")]
	Unset { company: String, what: &'static str },
	/// A key whose secret everybody has.
	#[error(
		"{what} of '{company}' is the well-known key {whose}, whose secret everybody has: a live chain takes none; make another, by \
		 busbar-node company new"
	)]
	WellKnown { company: String, what: &'static str, whose: String },
	/// Too few companies author and finalise.
	#[error(
		"a live chain begins with at least {LEAST_AUTHORITIES} authorities, of which one may fail; {0} companies have a node: add \
		 others"
	)]
	FewAuthorities(usize),
	/// Too few companies decide.
	#[error("a live chain's council has at least {LEAST_SEATS} seats, so that nobody decides or blocks alone; it has {0}: set council = true for others")]
	FewSeats(usize),
	/// Too few or too many companies may pause.
	#[error("an emergency committee has at most {MOST_COMMITTEE} seats, so that it is quick, and on a live chain at least {LEAST_SEATS}, so that nobody pauses alone; it has {0}: set committee = true or false for others")]
	CommitteeSeats(usize),
	/// Nobody could read new code before it runs.
	#[error("governance.upgrade_delay_s is {0}: on a live chain everybody has at least {LEAST_UPGRADE_DELAY_S} s, a day, to read and veto new code")]
	ShortDelay(u32),
	/// Nobody, or too few, may do what the chain needs from the first day.
	#[error("a live chain needs at least {needs} companies with the role {role:?} in the whole grid, and has {has}: give it to others")]
	MissingRole { role: Role, has: usize, needs: usize },
	/// Settlement has no one to pay or to debit.
	#[error("settlement.{0} is not set: name the company, or a live chain settles nothing")]
	UnsetParty(&'static str),
	/// Settlement names nobody.
	#[error("settlement.{what} names '{name}', and no company has that name")]
	UnknownParty { what: &'static str, name: String },
	/// Settlement names somebody without the role that goes with it.
	#[error("settlement.{what} names '{name}', which has not the role {role:?}: give it the role, or name another")]
	PartyWithoutRole { what: &'static str, name: String, role: Role },
	/// An interval would not last as long as the energy in it.
	#[error(
		"market.interval_clock_s is {clock_s} and market.interval_s {interval_s}: on a live chain an interval lasts as long as it counts; \
		 shorter ones are for devnets"
	)]
	DevnetClock { clock_s: u32, interval_s: u32 },
	/// Windows in which nobody can act.
	#[error("market.{what} is {seconds} s, a devnet's: a live chain leaves at least one interval, {least} s")]
	DevnetWindow { what: &'static str, seconds: u32, least: u32 },
	/// Intervals that begin between the quarter hours.
	#[error("market.epoch is {epoch} ms, which is no multiple of the interval of {interval_ms} ms: intervals would begin at odd times")]
	OddEpoch { epoch: u64, interval_ms: u64 },
	/// Parameters that the pallet does not take.
	#[error("the market does not take these parameters: {0}")]
	Market(String),
	/// Default prices that could not be posted.
	#[error(
		"settlement.short {short} and settlement.long {long} do not fit: long is at most short, short at most \
		 market.posted.short_max {short_max}, long at least market.posted.long_min {long_min}"
	)]
	Ladder { short: i64, long: i64, short_max: i64, long_min: i64 },
	/// No money could be made.
	#[error("issuance.ceiling is 0: the settlement agents could make no money, and nobody could trade; set the most that may be issued, in nEUR")]
	NoCeiling,
	/// The file that grid.file names.
	#[error("grid.file '{file}': {reason}")]
	Grid { file: String, reason: String },
}
