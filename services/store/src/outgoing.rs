//! An object on its way out, checked chunk by chunk before anything is passed on.

use crate::{
	damage::{Damage, CHUNK},
	error::Error,
	finish, hash_of, hasher,
};
use bytes::{Bytes, BytesMut};
use futures::{stream::BoxStream, Stream, TryStreamExt};
use sp_core::H256;
use std::ops::Range;

/// An object's bytes as the backend gives them, and what they are compared with.
pub(crate) struct Outgoing {
	inner: BoxStream<'static, Result<Bytes, Error>>,
	hash: H256,
	/// Length that the object should have.
	expected: u64,
	chunks: Vec<H256>,
	/// Number of the next chunk.
	next: usize,
	buffer: BytesMut,
	hasher: blake2b_simd::State,
	/// Bytes so far.
	length: u64,
	over: bool,
}

impl Outgoing {
	pub(crate) fn new(
		hash: H256,
		expected: u64,
		chunks: Vec<H256>,
		inner: BoxStream<'static, Result<Bytes, Error>>,
	) -> Self {
		let buffer = BytesMut::new();
		Self { inner, hash, expected, chunks, next: 0, buffer, hasher: hasher(), length: 0, over: false }
	}

	/// The checked bytes. The stream ends well only if the whole has the hash.
	pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
		futures::stream::try_unfold(
			self,
			|mut state| async move { Ok(state.step().await?.map(|bytes| (bytes, state))) },
		)
	}

	async fn step(&mut self) -> Result<Option<Bytes>, Error> {
		while !self.over {
			let piece = self.inner.try_next().await?;
			self.over = piece.is_none();
			self.buffer.extend_from_slice(&piece.unwrap_or_default());
			// What may be passed on: whole chunks, and at the end the rest.
			let ready = if self.over { self.buffer.len() } else { self.buffer.len() / CHUNK * CHUNK };
			let bytes = self.buffer.split_to(ready).freeze();
			for chunk in bytes.chunks(CHUNK) {
				if self.chunks.get(self.next) != Some(&hash_of(chunk)) {
					let start = self.next.saturating_mul(CHUNK);
					return Err(self.damaged(start..start.saturating_add(chunk.len()), None));
				}
				self.next = self.next.saturating_add(1);
			}
			self.hasher.update(&bytes);
			self.length = self.length.saturating_add(bytes.len() as u64);
			if self.over && finish(&self.hasher) != self.hash {
				let length = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
				let lengths = (length(self.length), length(self.expected));
				return Err(self.damaged(0..lengths.0, Some(lengths)));
			}
			if !bytes.is_empty() {
				return Ok(Some(bytes));
			}
		}
		Ok(None)
	}

	fn damaged(&self, range: Range<usize>, length: Option<(usize, usize)>) -> Error {
		let damage = Damage { bytes: vec![range], length, ..Default::default() };
		Error::Damaged { hash: self.hash, damage: Box::new(damage) }
	}
}
