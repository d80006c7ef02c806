//! The vault: personal records of members, encrypted, read by who the chain lets read them, and forgotten when they are erased.
//!
//! - [`record`] is a record of fields, the salted commitment to it that stands on chain, and proofs of single fields;
//! - [`seal`] encrypts: each record with a key of its own, that key with the vault's master key, answers to their reader's key;
//! - [`database`] keeps sealed records and the log, in SQLite or PostgreSQL; [`keys`] keeps wrapped keys and salts apart;
//! - [`log`] is the chain of all accesses, whose root goes on chain ([`publish`]);
//! - [`vault`] puts, opens, erases, and mends at the start what a killed process left;
//! - [`chain`] and [`access`] decide, by what the chain says, who may do what;
//! - [`service`] is what the service works with; [`server`] and [`client`] are the two ends of its HTTP interface, [`answers`] what
//!   goes over it.
//!
//! Invariants: nothing of a person is written but sealed with the key of that record; a key is written before what it seals,
//! and is gone before an erasure is acknowledged; an access is in the log before it is answered.

pub mod access;
pub mod answers;
pub mod chain;
pub mod client;
pub mod database;
pub mod error;
pub mod keys;
pub mod log;
pub mod publish;
pub mod record;
pub mod seal;
pub mod server;
pub mod service;
pub mod vault;
