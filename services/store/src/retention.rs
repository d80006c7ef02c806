//! How long objects are kept: an age for each class, and a sweep that deletes what is older.

use crate::{
	blobs::Blobs,
	error::Error,
	meta::{Class, Meta},
	now_ms,
};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Days for which objects are kept, by class. `None` is for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retention {
	pub readings: Option<u32>,
	pub documents: Option<u32>,
}

impl Retention {
	/// Whether anything is ever past its age.
	pub fn is_bounded(&self) -> bool {
		self.readings.is_some() || self.documents.is_some()
	}

	/// Whether an object is past its age at `now`, in ms since the Unix epoch.
	pub fn is_over(&self, meta: &Meta, now: u64) -> bool {
		let days = match meta.class {
			Class::Readings => self.readings,
			Class::Document => self.documents,
		};
		days.is_some_and(|days| now.saturating_sub(meta.stored_at) > u64::from(days).saturating_mul(DAY_MS))
	}
}

/// What a sweep found.
#[derive(Debug, Default)]
pub struct Swept {
	/// Objects past their age; deleted unless it was a dry run.
	pub over: Vec<Meta>,
	/// Objects that stay.
	pub kept: usize,
	/// Objects whose record is damaged, which stay until someone looks.
	pub unreadable: Vec<String>,
}

/// Deletes what is past its age; only tells in a dry run.
///
/// # Errors
/// If the backend fails; a sweep can be repeated.
pub async fn sweep(blobs: &Blobs, retention: Retention, dry_run: bool) -> Result<Swept, Error> {
	let (mut swept, now) = (Swept::default(), now_ms());
	for meta in blobs.list().await? {
		match meta {
			Ok(meta) if retention.is_over(&meta, now) => {
				// Who stored it again meanwhile was told that it is here.
				if dry_run || blobs.delete_if(meta.hash, |meta| retention.is_over(meta, now)).await? {
					swept.over.push(meta);
				}
			},
			Ok(_) => swept.kept = swept.kept.saturating_add(1),
			Err(error) => swept.unreadable.push(error.to_string()),
		}
	}
	Ok(swept)
}
