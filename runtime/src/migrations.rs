//! What the first block of this runtime migrates, before anything else of it runs.
//!
//! One entry per pallet whose `STORAGE_VERSION` moved since the release before, each a `VersionedMigration`, so that it runs
//! once, and not at all where the chain is further. docs/upgrades.md has the rule.

#[cfg(not(feature = "upgrade-test"))]
pub type Migrations = ();
#[cfg(feature = "upgrade-test")]
pub type Migrations = (pallet_issuance::migrations::v2::Migration<crate::Runtime>,);
