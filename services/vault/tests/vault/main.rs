//! The vault from outside: its databases, its HTTP interface, what it forgets, and what a kill leaves.
#![allow(clippy::unwrap_used)]

mod common;
mod databases;
mod forgetting;
mod http;
mod kills;
