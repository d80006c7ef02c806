//! Networks from files, for tests and examples.
#![allow(dead_code, clippy::unwrap_used)]

pub mod exchange;
pub mod sample;
pub mod tables;
