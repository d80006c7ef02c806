//! An object on its way in: to a file without a name, until its hash is known.

use crate::{damage::Chunker, error::Error, finish, hasher};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sp_core::H256;
use std::{fmt::Display, fs::File};
use tokio::io::AsyncWriteExt;

/// Bytes that came in whole and have the hash they should have.
#[derive(Debug)]
pub struct Received {
	pub(crate) hash: H256,
	pub(crate) length: u64,
	/// Hashes of the chunks.
	pub(crate) chunks: Vec<H256>,
	pub(crate) file: File,
}

/// Takes in what the stream brings, piece by piece, to the folder for temporary files.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Upload`], [`Error::WrongHash`], [`Error::Spool`]; nothing is left behind then.
pub async fn receive<E: Display>(
	expected: H256,
	max_bytes: u64,
	body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Received, Error> {
	let mut body = std::pin::pin!(body);
	let mut file = tokio::fs::File::from_std(tempfile::tempfile()?);
	let (mut hasher, mut chunker, mut length) = (hasher(), Chunker::default(), 0u64);
	while let Some(piece) = body.next().await {
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
