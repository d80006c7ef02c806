//! What a process that was killed leaves behind: files that were not finished, and records of objects that never came.

use crate::{blobs::Blobs, error::Error};
use std::{
	path::Path,
	time::{Duration, SystemTime},
};

/// Removes them, as far as nothing was done to them for so long: another process may be writing here. Nothing of it is ever
/// served; it takes room. Returns how many there were.
///
/// # Errors
/// If the backend fails.
pub async fn recover(blobs: &Blobs, age: Duration) -> Result<usize, Error> {
	let mut removed = 0usize;
	let Some(folder) = blobs.folder().map(Path::to_path_buf) else { return Ok(0) };
	for kind in ["blobs", "chunks", "leaves", "meta"] {
		let mut entries = match tokio::fs::read_dir(folder.join(kind)).await {
			Ok(entries) => entries,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
			Err(error) => return Err(error.into()),
		};
		while let Some(entry) = entries.next_entry().await? {
			let name = entry.file_name();
			let Some((hash, part)) = name.to_str().map(|name| name.split_once('#').unwrap_or((name, ""))) else {
				continue;
			};
			let Ok(hash) = crate::meta::parse_hash(hash) else { continue };
			let is_old =
				|changed: SystemTime| SystemTime::now().duration_since(changed).is_ok_and(|since| since >= age);
			let Ok(about) = entry.metadata().await else { continue };
			if !about.modified().is_ok_and(is_old) {
				continue;
			}
			if !part.is_empty() {
				tokio::fs::remove_file(entry.path()).await?;
				removed = removed.saturating_add(1);
			} else if kind != "blobs" && !tokio::fs::try_exists(folder.join("blobs").join(&name)).await? {
				blobs.delete_rest(hash).await?;
				removed = removed.saturating_add(1);
			}
		}
	}
	Ok(removed)
}
