//! A dataset, fetched from its store and compared with what was attested.

use anyhow::Result;
use busbar_client::pallet_metering::Dataset as Attested;
use busbar_operations::view::View;
use busbar_primitives::{Interval, ParticipantId};
use busbar_store::{
	client::{Client, Refused},
	dataset::Dataset,
	hash_of,
	verify::differences,
};
use serde::Serialize;
use sp_core::H256;

/// One dataset's outcome.
#[derive(Serialize)]
pub struct Verified {
	hash: H256,
	pub operator: Option<ParticipantId>,
	pub interval: Option<Interval>,
	readings: usize,
	/// What differs; empty if the data are what was attested.
	pub differences: Vec<String>,
}

impl Verified {
	/// Fetches and verifies one dataset; without `attested` by what the dataset itself says it is.
	///
	/// # Errors
	/// If store or node do not answer, or the store refuses.
	pub async fn of(view: &View, client: &Client, hash: H256, attested: Option<Attested>) -> Result<Self> {
		let mut outcome = Self { hash, operator: None, interval: None, readings: 0, differences: Vec::new() };
		// The store names damage in its copy. That it finds none is not believed: all is recomputed below.
		if let Err(error) = client.check(hash).await {
			let word = error.downcast_ref::<Refused>().map_or("", |refused| &refused.word);
			if !matches!(word, "damaged" | "damaged_record" | "no_dataset" | "not_found") {
				return Err(error);
			}
			outcome.differences.push(format!("{error:#}"));
			return Ok(outcome);
		}
		let bytes = client.get(hash).await?;
		let decoded = Dataset::from_parquet(bytes.clone());
		let mut attested = attested;
		match &decoded {
			Ok(dataset) => {
				outcome.operator = Some(dataset.operator);
				outcome.interval = Some(dataset.interval);
				outcome.readings = dataset.rows.len();
				if attested.is_none() {
					attested = view.chain.dataset(view.at, dataset.interval, dataset.operator).await?;
				}
			},
			Err(error) if attested.is_none() => outcome.differences.push(error.to_string()),
			Err(_) => {},
		}
		if hash_of(&bytes) != hash {
			outcome.differences.push(format!("the store sent bytes that hash to {:?}", hash_of(&bytes)));
		}
		match (&attested, &decoded) {
			(Some(attested), _) => outcome.differences.extend(differences(&decoded, &bytes, attested)),
			(None, Ok(dataset)) => outcome.differences.push(format!(
				"its operator {} has attested nothing for interval {}, or it is pruned",
				dataset.operator, dataset.interval
			)),
			(None, Err(_)) => {},
		}
		Ok(outcome)
	}

	pub fn print(&self) {
		let hash = hex::encode(self.hash);
		if self.differences.is_empty() {
			println!("{hash}: {} readings, as attested", self.readings);
			return;
		}
		println!("{hash}: not what the chain knows");
		for difference in &self.differences {
			println!("  {difference}");
		}
	}
}
