//! The door of a gateway: JSON-RPC over WebSocket for members alone, before a node that listens on its own machine only.
//!
//! - [`asked`] says whose a method's answer is;
//! - [`access`] who a caller is, by a signed request, and what of that it may read, by what the chain says;
//! - [`chain`] is what the chain is asked;
//! - [`door`] is the HTTP upgrade, and [`session`] what passes through it.

pub mod access;
pub mod asked;
pub mod chain;
pub mod door;
pub mod error;
pub mod session;
