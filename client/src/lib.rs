//! A Busbar chain as a program sees it, and the only code off the chain that talks to a node.
//!
//! - [`Chain`] is the connection: reads at a block, each by a typed name ([`storage`], [`constants`], [`functions`], [`views`])
//!   or by a function with a subject (`chain.prices(..)`, `chain.securities(..)`);
//! - [`transport`] is how it is reached;
//! - [`RuntimeCall`] and the modules named after the runtime's crates are the chain's types; [`sign`] signs calls, [`submit`]
//!   follows them to inclusion and finality, [`explain`] names what failed;
//! - [`follow`] walks finalised blocks without a gap;
//! - [`metadata`] compares what a program uses with what the node says about itself;
//! - [`proofs`] checks statement lines under their root; [`requests`] signs requests to services, and checks them;
//! - [`records`] is what the chain says of personal records in a vault.
//!
//! Nothing here depends on the runtime: types come from a snapshot of its metadata, `client/metadata.scale`, and a chain of
//! another version is spoken to as long as what is used has the same shape.

#![warn(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]

mod chain;
mod error;
pub mod explain;
#[cfg(test)]
mod fake;
pub mod follow;
mod generated;
mod item;
mod logic;
pub mod metadata;
mod part;
pub mod proofs;
mod read;
pub mod records;
pub mod requests;
pub mod sign;
pub mod submit;
pub mod transport;

pub use chain::{bytes, calls_of, hex_of, Body, Chain, EventRecord, Events, Header, Phase, SPEC_NAME};
pub use error::{Error, Result, Unfit};
pub use generated::*;
pub use part::{storage_prefix, Constant, Entry, Function, Keys, Part, View};
pub use read::{Account, AccountInfo, Accounts, Principal, Retailers, Total};

/// An account: the public key of its signer, or its hash.
pub type AccountId = sp_runtime::AccountId32;
