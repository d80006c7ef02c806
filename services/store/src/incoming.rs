//! An object on its way in: to a file without a name, until its hash is known.

use crate::{damage::Chunker, error::Error, finish, hasher};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sp_core::H256;
use std::{fmt::Display, fs::File, time::Duration};
use tokio::{
	io::AsyncWriteExt,
	time::{timeout_at, Instant},
};

/// Bytes that came in whole and have the hash they should have.
#[derive(Debug)]
pub struct Received {
	pub(crate) hash: H256,
	pub(crate) length: u64,
	/// Hashes of the chunks.
	pub(crate) chunks: Vec<H256>,
	pub(crate) file: File,
}

/// How fast bytes must come.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
	/// Within this time of the beginning, any bytes may be missing.
	pub grace: Duration,
	/// Bytes that must come in each second beyond it, on the average.
	pub rate: u64,
}

impl Default for Pace {
	fn default() -> Self {
		Self { grace: Duration::from_secs(20), rate: 32 * 1024 }
	}
}

impl Pace {
	/// Until when more must have come than `length` bytes.
	fn end(&self, began: Instant, length: u64) -> Instant {
		let earned = length.saturating_mul(1_000).checked_div(self.rate).unwrap_or(u64::MAX);
		let all = self.grace.saturating_add(Duration::from_millis(earned));
		began.checked_add(all).unwrap_or(began)
	}
}

/// Takes in what the stream brings, piece by piece, to the folder for temporary files.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Upload`], [`Error::Slow`], [`Error::WrongHash`], [`Error::Spool`]; nothing is left behind then.
pub async fn receive<E: Display>(
	expected: H256,
	max_bytes: u64,
	pace: Pace,
	body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Received, Error> {
	let mut body = std::pin::pin!(body);
	let mut file = tokio::fs::File::from_std(tempfile::tempfile()?);
	let (mut hasher, mut chunker, mut length) = (hasher(), Chunker::default(), 0u64);
	let began = Instant::now();
	while let Some(piece) =
		timeout_at(pace.end(began, length), body.next()).await.map_err(|_| Error::Slow(pace.rate))?
	{
		let piece = piece.map_err(|error| Error::Upload(error.to_string()))?;
		length = length.saturating_add(piece.len() as u64);
		if length > max_bytes {
			return Err(Error::TooLarge(max_bytes));
		}
		hasher.update(&piece);
		chunker.update(&piece);
		file.write_all(&piece).await?;
	}
	file.flush().await?;
	let found = finish(&hasher);
	if found != expected {
		return Err(Error::WrongHash { expected, found });
	}
	Ok(Received { hash: found, length, chunks: chunker.finish(), file: file.into_std().await })
}
