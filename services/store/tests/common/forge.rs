//! Parquet files that claim what is not so, made piece by piece.

use busbar_store::columns::COLUMNS;
use bytes::Bytes;
use parquet::{
	basic::Encoding,
	file::metadata::{
		ColumnChunkMetaData, FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
	},
	schema::{parser::parse_message_type, types::SchemaDescriptor},
};
use std::sync::Arc;

const SCHEMA: &str = "message readings {
	REQUIRED INT32 meter (INTEGER(32,false)); REQUIRED INT32 point (INTEGER(32,false));
	REQUIRED INT32 interval (INTEGER(32,false)); REQUIRED INT64 import (INTEGER(64,false));
	REQUIRED INT64 export (INTEGER(64,false)); REQUIRED INT64 import_varh; REQUIRED INT64 export_varh;
	REQUIRED INT32 quality; REQUIRED FIXED_LEN_BYTE_ARRAY(16) salt; REQUIRED FIXED_LEN_BYTE_ARRAY(64) signature;
}";

pub const PLAIN: i32 = 0;
pub const DICTIONARY: i32 = 8;
pub const DELTA: i32 = 5;

pub fn varint(mut value: u64) -> Vec<u8> {
	let mut bytes = Vec::new();
	while value > 0x7f {
		bytes.push(value as u8 | 0x80);
		value >>= 7;
	}
	bytes.push(value as u8);
	bytes
}

/// A field of 32 bits that follows the one before it.
fn i32_field(value: i32) -> Vec<u8> {
	[vec![0x15], varint(((value << 1) ^ (value >> 31)) as u32 as u64)].concat()
}

/// A page: its header claims `count` values, `extra` are further fields of the description of its values.
pub fn page(is_dictionary: bool, count: i32, encoding: i32, extra: &[u8], body: &[u8]) -> Vec<u8> {
	let size = i32_field(body.len() as i32);
	let inner = [i32_field(count), i32_field(encoding)].concat();
	let (kind, place) = if is_dictionary { (2, 0x4c) } else { (0, 0x2c) };
	[i32_field(kind), size.clone(), size, vec![place], inner, extra.to_vec(), vec![0, 0], body.to_vec()].concat()
}

/// A column of a group: its bytes, and the size and the beginning that the footer claims, if not those.
#[derive(Clone, Default)]
pub struct Chunk {
	pub bytes: Vec<u8>,
	pub claimed: Option<i64>,
	pub at: Option<i64>,
}

impl From<Vec<u8>> for Chunk {
	fn from(bytes: Vec<u8>) -> Self {
		Self { bytes, ..Default::default() }
	}
}

/// The columns of `rows` good readings of interval 9, stored plain.
pub fn columns(rows: u32) -> Vec<Chunk> {
	let number = |width: usize, value: &dyn Fn(u32) -> u64| -> Vec<u8> {
		(0..rows).flat_map(|row| value(row).to_le_bytes()[..width].to_vec()).collect()
	};
	let bodies = [
		number(4, &u64::from),
		number(4, &u64::from),
		number(4, &|_| 9),
		number(8, &|row| row.into()),
		number(8, &|_| 0),
		number(8, &|_| 0),
		number(8, &|_| 0),
		number(4, &|_| 0),
		vec![7; 16 * rows as usize],
		vec![7; 64 * rows as usize],
	];
	bodies.iter().map(|body| page(false, rows as i32, PLAIN, &[], body).into()).collect()
}

/// A file of groups, each with the rows that it claims.
pub fn file(groups: &[(i64, Vec<Chunk>)]) -> Bytes {
	let schema = Arc::new(SchemaDescriptor::new(Arc::new(parse_message_type(SCHEMA).unwrap())));
	let mut bytes = b"PAR1".to_vec();
	let mut described = Vec::new();
	for (rows, chunks) in groups {
		let mut columns = Vec::new();
		for (at, chunk) in chunks.iter().enumerate() {
			let start = bytes.len() as i64;
			bytes.extend(&chunk.bytes);
			let column = ColumnChunkMetaData::builder(schema.column(at))
				.set_encodings(vec![Encoding::PLAIN])
				.set_num_values(*rows)
				.set_total_compressed_size(chunk.claimed.unwrap_or(chunk.bytes.len() as i64))
				.set_total_uncompressed_size(chunk.bytes.len() as i64)
				.set_data_page_offset(chunk.at.unwrap_or(start));
			columns.push(column.build().unwrap());
		}
		assert_eq!(columns.len(), COLUMNS.len());
		let group = RowGroupMetaData::builder(schema.clone()).set_num_rows(*rows).set_column_metadata(columns);
		described.push(group.build().unwrap());
	}
	let named =
		[("busbar.operator", "00112233445566778899aabbccddeeff"), ("busbar.interval", "9"), ("busbar.version", "1")];
	let named = named.map(|(key, value)| KeyValue::new(key.to_string(), value.to_string()));
	let rows = groups.iter().map(|(rows, _)| *rows).fold(0, i64::saturating_add);
	let metadata = FileMetaData::new(1, rows, None, Some(named.to_vec()), schema, None);
	ParquetMetaDataWriter::new(&mut bytes, &ParquetMetaData::new(metadata, described)).finish().unwrap();
	bytes.into()
}

/// The bytes with this as their footer.
pub fn with_footer(bytes: &[u8], footer: &[u8]) -> Bytes {
	[b"PAR1", bytes, footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat().into()
}
