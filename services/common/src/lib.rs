//! What Busbar's HTTP services share.
//!
//! - [`connections`] bounds connections and their time, with TLS or without; [`tls`] reads what TLS needs;
//! - [`node`] is the node that says who may do what; [`members`] refuses strangers without asking it;
//! - [`counters`] counts requests; [`remote`] is the client's side of any of them; [`program`] runs one, and knows when it is asked to end;
//! - [`turns`] bounds how many requests of an account are answered at a time.

pub mod connections;
pub mod counters;
pub mod members;
pub mod node;
pub mod program;
pub mod remote;
pub mod tls;
pub mod turns;
