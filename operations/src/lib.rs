//! What the parties of a Busbar market do, as libraries: no command line and no tables.
//!
//! - [`view`]: a chain as it stands at one block, and which interval is meant;
//! - [`keeper`]: settling, for one interval or for ever; [`operator`]: registering, publishing, attesting, minting;
//!   [`council`]: proposing, voting, closing;
//! - [`billing`]: bills of a period in every form; [`statement`]: lines and their proofs; [`replay`]: the market's history
//!   from events alone; [`cleared`]: a cleared session as files;
//! - [`gridmodel`]: from files of buses, lines and profiles to the tree of zones and the connection points that a grid
//!   operator registers, with everything checked before the first transaction; [`day`]: a day of such a grid, traded;
//! - [`load`]: many members' transactions at a stated rate, and how long each took;
//! - [`case`]: market cases as files, and a linear programme's second opinion;
//! - [`regulator`]: every record of a period as tables, and whether they are what the chain had;
//! - [`figures`], [`page`]: how numbers and pages are written.

#![warn(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]

pub mod billing;
pub mod case;
pub mod cleared;
pub mod council;
pub mod day;
mod failure;
pub mod figures;
pub mod gridmodel;
pub mod keeper;
pub mod load;
pub mod operator;
pub mod page;
pub mod receipt;
pub mod regulator;
pub mod replay;
pub mod statement;
pub mod view;

pub use failure::Failure;
