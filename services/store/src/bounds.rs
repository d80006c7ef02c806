//! The options of `serve` that say what one may take.

use busbar_store::{connections, ledger::Quotas, service::Limits};
use clap::Args;
use std::time::Duration;

// Clap would take a documentation for that of the command.
#[derive(Args)]
pub struct Bounds {
	/// Gigabytes of everything that is stored
	#[arg(long, value_name = "GB", default_value_t = 1_000)]
	total_gb: u32,
	/// Gigabytes of a participant's datasets that the chain knows
	#[arg(long, value_name = "GB", default_value_t = 100)]
	attested_gb: u32,
	/// Megabytes of a participant's datasets that are not attested yet
	#[arg(long, value_name = "MB", default_value_t = 1_000)]
	pending_mb: u32,
	/// Megabytes of a participant's documents
	#[arg(long, value_name = "MB", default_value_t = 100)]
	documents_mb: u32,
	/// Minutes after which a dataset is deleted that is not attested by then
	#[arg(long, value_name = "MINUTES", default_value_t = 360)]
	attest_within: u32,
	/// Megabytes of memory for decoding
	#[arg(long, value_name = "MB", default_value_t = 2_048)]
	memory_mb: u32,
	/// Connections at a time
	#[arg(long, value_name = "NUMBER", default_value_t = 1_024)]
	connections: usize,
	/// Connections of one address at a time; behind a proxy, all are the proxy's
	#[arg(long, value_name = "NUMBER", default_value_t = 256)]
	per_address: usize,
}

impl Bounds {
	/// What the service allows.
	pub fn service(&self) -> Limits {
		let (mb, gb) = (|mb: u32| u64::from(mb).saturating_mul(1_000_000), 1_000_000_000);
		Limits {
			quotas: Quotas {
				pending: mb(self.pending_mb),
				attested: u64::from(self.attested_gb).saturating_mul(gb),
				documents: mb(self.documents_mb),
				total: u64::from(self.total_gb).saturating_mul(gb),
			},
			attest_within: Duration::from_secs(u64::from(self.attest_within).saturating_mul(60)),
			memory: self.memory_mb,
			..Default::default()
		}
	}

	/// What connections may take.
	pub fn connections(&self) -> connections::Limits {
		connections::Limits { all: self.connections, of_address: self.per_address, ..Default::default() }
	}
}
