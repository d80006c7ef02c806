//! How what is stored changed from one `STORAGE_VERSION` to the next: one file per version, named by the one it leads to.
//!
//! `v2` is the upgrade test's: it is in force under the feature `upgrade-test` only, and what docs/upgrades.md shows.

#[cfg(any(test, feature = "upgrade-test"))]
pub mod v2;
