//! Blocks: heads, headers, bodies.

use super::{bytes, Chain};
use crate::error::{Error, Result};
use serde::Deserialize;
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;

/// A block's header, as far as programs need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "FullHeader")]
pub struct Header {
	/// The block's own hash, computed from its header.
	pub hash: H256,
	/// Hash of the block before.
	pub parent_hash: H256,
	/// How many blocks there were before it.
	pub number: u32,
}

type FullHeader = sp_runtime::generic::Header<u32, BlakeTwo256>;

impl From<FullHeader> for Header {
	fn from(header: FullHeader) -> Self {
		Self { hash: header.hash(), parent_hash: header.parent_hash, number: header.number }
	}
}

/// A block's header and its extrinsics' bytes.
pub type Body = (Header, Vec<Vec<u8>>);

#[derive(Deserialize)]
struct SignedBlock {
	block: Block,
}

#[derive(Deserialize)]
struct Block {
	header: Header,
	extrinsics: Vec<String>,
}

impl Chain {
	/// Hash of the finalised block with the greatest number.
	///
	/// # Errors
	/// As [`Chain::request`].
	pub async fn finalised(&self) -> Result<H256> {
		self.request("chain_getFinalizedHead", [(); 0]).await
	}

	/// Hash of the best block.
	///
	/// # Errors
	/// As [`Chain::request`].
	pub async fn best(&self) -> Result<H256> {
		self.request("chain_getBlockHash", [(); 0]).await
	}

	/// Hash of the block with this number on the best chain.
	///
	/// # Errors
	/// As [`Chain::request`].
	pub async fn block_hash(&self, number: u32) -> Result<Option<H256>> {
		self.request("chain_getBlockHash", (number,)).await
	}

	/// A block's header.
	///
	/// # Errors
	/// As [`Chain::request`], and if the node does not know the block.
	pub async fn header(&self, hash: H256) -> Result<Header> {
		let header: Option<Header> = self.request("chain_getHeader", (hash,)).await?;
		header.ok_or_else(|| self.unknown(hash))
	}

	/// A block's header and its extrinsics' bytes.
	///
	/// # Errors
	/// As [`Chain::header`].
	pub async fn body(&self, hash: H256) -> Result<Body> {
		let block: Option<SignedBlock> = self.request("chain_getBlock", (hash,)).await?;
		let block = block.ok_or_else(|| self.unknown(hash))?.block;
		let extrinsics = block.extrinsics.iter().map(|text| bytes(text)).collect::<Result<_>>()?;
		Ok((block.header, extrinsics))
	}

	pub(crate) fn unknown(&self, block: impl std::fmt::Debug) -> Error {
		Error::UnknownBlock { address: self.url(), block: format!("{block:?}") }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_header_is_read_as_nodes_write_it_and_has_the_hash_that_its_bytes_have() {
		let hash = |byte: &str| format!("0x{}", byte.repeat(32));
		let text = serde_json::json!({
			"parentHash": hash("11"), "number": "0x1f", "stateRoot": hash("22"), "extrinsicsRoot": hash("33"),
			"digest": { "logs": ["0x0661757261200102030405060708"] },
		});
		let header: Header = serde_json::from_str(&text.to_string()).unwrap();
		assert_eq!((header.number, header.parent_hash), (31, H256::repeat_byte(0x11)));
		// Parent, compact number, two roots, and one log of the engine `aura`.
		let mut bytes = [&[0x11; 32][..], &[31 << 2], &[0x22; 32], &[0x33; 32], &[1 << 2]].concat();
		bytes.extend(hex::decode("0661757261200102030405060708").unwrap());
		assert_eq!(header.hash.0, sp_crypto_hashing::blake2_256(&bytes));
	}
}
