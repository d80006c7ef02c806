//! What Busbar's HTTP services share.
//!
//! - [`connections`] bounds connections and their time, with TLS or without; [`tls`] reads what TLS needs;
//! - [`node`] is the node that says who may do what; [`members`] refuses strangers without asking it;
//! - [`turns`] bounds how many requests of an account are answered at a time.

pub mod connections;
pub mod members;
pub mod node;
pub mod tls;
pub mod turns;
