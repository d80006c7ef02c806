//! What the parties of a Busbar market do, as libraries: no command line and no tables.
//!
//! - [`gridmodel`]: from files of buses, lines and profiles to the tree of zones and the connection points that a grid
//!   operator registers, with everything checked before the first transaction.

#![warn(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]

pub mod gridmodel;
