//! What the operator of a distribution grid computes from its own model of the grid. So far: the [`powerflow`].
//!
//! Nothing here is agreed on by the chain, so floating point is allowed.

#![deny(rustdoc::broken_intra_doc_links)]
#![warn(missing_docs)]

pub mod powerflow;
