//! Files of other writers: read if their columns are a dataset's, and else refused with the column and the reason.
#![allow(clippy::unwrap_used)]

mod common;

use busbar_primitives::ParticipantId;
use busbar_store::{
	columns::COLUMNS,
	dataset::{Dataset, DatasetError},
};
use bytes::Bytes;
use common::dataset;
use parquet::{
	basic::Encoding,
	column::writer::ColumnWriter,
	data_type::ByteArray,
	file::{
		metadata::{KeyValue, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData},
		properties::WriterProperties,
		writer::SerializedFileWriter,
	},
	schema::parser::parse_message_type,
};
use std::sync::Arc;

/// A file of `tests/data`, written by pyarrow; `make.py` there says how.
fn by_pyarrow(name: &str) -> Result<Dataset, DatasetError> {
	let path = format!("{}/tests/data/{name}.parquet", env!("CARGO_MANIFEST_DIR"));
	Dataset::from_parquet(Bytes::from(std::fs::read(path).unwrap()))
}

/// The declarations of all columns, as a dataset has them.
fn declarations() -> Vec<String> {
	let types = [
		"INT32 meter (INTEGER(32,false))",
		"INT32 point (INTEGER(32,false))",
		"INT32 interval (INTEGER(32,false))",
		"INT64 import (INTEGER(64,false))",
		"INT64 export (INTEGER(64,false))",
		"INT64 import_varh",
		"INT64 export_varh",
		"INT32 quality",
		"FIXED_LEN_BYTE_ARRAY(16) salt",
		"FIXED_LEN_BYTE_ARRAY(64) signature",
	];
	types.iter().map(|one| format!("REQUIRED {one};")).collect()
}

/// A file of two readings with these columns under a message of that name: every number is its row's, 1 or 2.
fn file(message: &str, declarations: &[String], properties: WriterProperties) -> Bytes {
	let schema = parse_message_type(&format!("message {message} {{ {} }}", declarations.join("\n"))).unwrap();
	let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).unwrap();
	for (key, value) in
		[("busbar.operator", "00112233445566778899aabbccddeeff"), ("busbar.interval", "1"), ("busbar.version", "1")]
	{
		writer.append_key_value_metadata(KeyValue::new(key.to_string(), value.to_string()));
	}
	let mut group = writer.next_row_group().unwrap();
	while let Some(mut column) = group.next_column().unwrap() {
		let (levels, records) = (Some(&[1i16, 1][..]), Some(&[0i16, 0][..]));
		let width = |writer: usize| ByteArray::from(vec![7u8; writer]);
		match column.untyped() {
			ColumnWriter::Int32ColumnWriter(typed) => {
				let is_row = typed.get_descriptor().name() != "interval" && typed.get_descriptor().name() != "quality";
				let constant = i32::from(typed.get_descriptor().name() == "interval");
				let values = if is_row { [1, 2] } else { [constant; 2] };
				typed.write_batch(&values, levels, records)
			},
			ColumnWriter::Int64ColumnWriter(typed) => typed.write_batch(&[1, 2], levels, records),
			ColumnWriter::FixedLenByteArrayColumnWriter(typed) => {
				let value = width(usize::try_from(typed.get_descriptor().type_length()).unwrap());
				typed.write_batch(&[value.clone().into(), value.into()], levels, records)
			},
			ColumnWriter::ByteArrayColumnWriter(typed) => typed.write_batch(&[width(16), width(16)], levels, records),
			ColumnWriter::DoubleColumnWriter(typed) => typed.write_batch(&[1.0, 2.0], levels, records),
			_ => panic!("no test has such a column"),
		}
		.unwrap();
		column.close().unwrap();
	}
	group.close().unwrap();
	Bytes::from(writer.into_inner().unwrap())
}

fn plain() -> WriterProperties {
	WriterProperties::builder().set_dictionary_enabled(false).build()
}

/// What a file with these columns is refused with.
fn refusal(declarations: &[String]) -> String {
	Dataset::from_parquet(file("schema", declarations, plain())).unwrap_err().to_string()
}

#[test]
fn a_file_that_pyarrow_wrote_as_documented_is_read() {
	let dataset = by_pyarrow("as-documented").unwrap();
	let operator = hex_literal("00112233445566778899aabbccddeeff");
	assert_eq!((dataset.operator, dataset.interval, dataset.version), (ParticipantId(operator), 46, 1));
	let imports: Vec<_> = dataset.rows.iter().map(|row| row.signed.reading.import).collect();
	assert_eq!(imports, [0, 100, 200]);
	// By the lines of Python in docs/metering-data.md.
	assert_eq!(hex::encode(dataset.tree().root()), ROOT);
}

const ROOT: &str = "2f25a305129521836b9ad73794884e9dbf63af58af3ee1be47227e125a184405";

fn hex_literal(text: &str) -> [u8; 16] {
	hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn the_message_may_have_any_name() {
	for message in ["readings", "schema", "spark_schema", "arrow_schema"] {
		let dataset = Dataset::from_parquet(file(message, &declarations(), plain())).unwrap();
		assert_eq!(dataset.rows.len(), 2, "{message}");
	}
}

#[test]
fn numbers_may_be_encoded_in_any_way() {
	let expected = Dataset::from_parquet(file("schema", &declarations(), plain())).unwrap();
	for encoding in [Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT] {
		let mut properties = WriterProperties::builder().set_dictionary_enabled(false);
		for column in &COLUMNS[..8] {
			properties = properties.set_column_encoding((*column).into(), encoding);
		}
		assert_eq!(Dataset::from_parquet(file("schema", &declarations(), properties.build())).unwrap(), expected);
	}
	let mut properties = WriterProperties::builder().set_dictionary_enabled(false);
	for column in &COLUMNS[..8] {
		properties = properties.set_column_dictionary_enabled((*column).into(), true);
	}
	assert_eq!(Dataset::from_parquet(file("schema", &declarations(), properties.build())).unwrap(), expected);
	assert_eq!(by_pyarrow("numbers-by-dictionary").unwrap().rows, by_pyarrow("streams-split").unwrap().rows);
}

#[test]
fn signed_integers_may_be_annotated_as_such() {
	let mut columns = declarations();
	columns[5] = "REQUIRED INT64 import_varh (INTEGER(64,true));".into();
	columns[6] = "REQUIRED INT64 export_varh (INT_64);".into();
	columns[7] = "REQUIRED INT32 quality (INT_32);".into();
	columns[0] = "REQUIRED INT32 meter (UINT_32);".into();
	assert_eq!(
		Dataset::from_parquet(file("schema", &columns, plain())).unwrap(),
		Dataset::from_parquet(file("schema", &declarations(), plain())).unwrap()
	);
}

#[test]
fn a_compressed_file_is_refused_as_compressed_by_the_name_of_its_codec() {
	for (name, codec) in
		[("snappy-dictionary", "Snappy"), ("gzip", "gzip"), ("zstd", "Zstandard"), ("lz4", "LZ4"), ("brotli", "Brotli")]
	{
		let refusal = by_pyarrow(name).unwrap_err().to_string();
		assert!(refusal.starts_with(&format!("column `meter` is compressed ({codec})")), "{refusal}");
	}
}

#[test]
fn salts_and_signatures_that_could_unpack_into_more_are_refused_by_name() {
	let refusal = by_pyarrow("dictionary").unwrap_err().to_string();
	assert!(refusal.contains("column `salt` is encoded as") && refusal.contains("DICTIONARY"), "{refusal}");
	let refusal = by_pyarrow("salts-by-prefix").unwrap_err().to_string();
	assert!(refusal.contains("column `salt` is encoded as DELTA_BYTE_ARRAY"), "{refusal}");

	let only_signatures = WriterProperties::builder()
		.set_dictionary_enabled(false)
		.set_column_dictionary_enabled("signature".into(), true)
		.build();
	let refusal = Dataset::from_parquet(file("schema", &declarations(), only_signatures)).unwrap_err().to_string();
	assert!(refusal.starts_with("column `signature` is encoded as"), "{refusal}");
}

#[test]
fn every_missing_column_is_named() {
	for (at, column) in COLUMNS.iter().enumerate() {
		let mut columns = declarations();
		columns.remove(at);
		assert!(refusal(&columns).starts_with(&format!("column `{column}` is missing")), "{column}");
	}
}

#[test]
fn a_column_too_many_is_named() {
	let mut columns = declarations();
	columns.push("REQUIRED DOUBLE voltage;".into());
	assert!(refusal(&columns).starts_with("column `voltage` is one too many"));
	let mut columns = declarations();
	columns.insert(0, "REQUIRED INT64 __index_level_0__;".into());
	assert!(refusal(&columns).starts_with("column `__index_level_0__` is one too many"));
	let mut columns = declarations();
	columns.push(columns[3].clone());
	assert!(refusal(&columns).starts_with("column `import` is one too many"));
}

#[test]
fn columns_in_another_order_are_named() {
	let mut columns = declarations();
	columns.swap(3, 4);
	assert!(refusal(&columns).starts_with("column `export` stands where `import` must"));
}

#[test]
fn a_column_of_another_type_is_named_with_both_types() {
	for (at, declaration, found, expected) in [
		(0, "REQUIRED INT32 meter", "signed 32-bit integer", "unsigned 32-bit integer"),
		(0, "REQUIRED INT64 meter", "signed 64-bit integer", "unsigned 32-bit integer"),
		(0, "OPTIONAL INT32 meter (INTEGER(32,false))", "nullable unsigned 32-bit integer", "unsigned 32-bit integer"),
		(2, "REQUIRED INT32 interval (INTEGER(16,false))", "UINT_16 in 4 bytes", "unsigned 32-bit integer"),
		(3, "REQUIRED INT64 import", "signed 64-bit integer", "unsigned 64-bit integer"),
		(3, "REQUIRED DOUBLE import", "double", "unsigned 64-bit integer"),
		(3, "REQUIRED INT64 import (TIMESTAMP_MILLIS)", "TIMESTAMP_MILLIS in 8 bytes", "unsigned 64-bit integer"),
		(3, "REQUIRED INT64 import (DECIMAL(9,2))", "DECIMAL in 8 bytes", "unsigned 64-bit integer"),
		(5, "REQUIRED INT64 import_varh (INTEGER(64,false))", "unsigned 64-bit integer", "signed 64-bit integer"),
		(7, "REQUIRED INT32 quality (INTEGER(8,true))", "INT_8 in 4 bytes", "signed 32-bit integer"),
		(8, "REQUIRED BYTE_ARRAY salt", "byte_array", "16 bytes"),
		(8, "REQUIRED FIXED_LEN_BYTE_ARRAY(32) salt", "32 bytes", "16 bytes"),
		(8, "REQUIRED FIXED_LEN_BYTE_ARRAY(16) salt (UUID)", "Uuid in 16 bytes", "16 bytes"),
		(9, "REQUIRED group signature { REQUIRED FIXED_LEN_BYTE_ARRAY(64) r; }", "group of columns", "64 bytes"),
		(9, "REPEATED FIXED_LEN_BYTE_ARRAY(64) signature", "repeated 64 bytes", "64 bytes"),
	] {
		let mut columns = declarations();
		columns[at] = declaration.to_string() + if declaration.ends_with('}') { "" } else { ";" };
		assert_eq!(refusal(&columns), format!("column `{}` is {found}; it must be {expected}", COLUMNS[at]));
	}
	let refusal = by_pyarrow("nullable").unwrap_err().to_string();
	assert_eq!(refusal, "column `meter` is nullable unsigned 32-bit integer; it must be unsigned 32-bit integer");
	let refusal = by_pyarrow("old-version").unwrap_err().to_string();
	assert_eq!(refusal, "column `meter` is signed 64-bit integer; it must be unsigned 32-bit integer");
}

#[test]
fn columns_within_a_group_are_missing_from_the_file() {
	let columns = vec![format!("REQUIRED group reading {{ {} }}", declarations().join("\n"))];
	assert!(refusal(&columns).starts_with("column `meter` is missing"));
}

#[test]
fn what_this_store_writes_has_the_columns_that_it_reads() {
	let dataset = dataset(9, 10);
	assert_eq!(Dataset::from_parquet(Bytes::from(dataset.to_parquet().unwrap())).unwrap(), dataset);
}

/// A dataset's file whose footer was forged: its one row group replaced by these.
fn forged(file: &Bytes, groups: impl FnOnce(RowGroupMetaData) -> Vec<RowGroupMetaData>) -> Bytes {
	let metadata = ParquetMetaDataReader::new().parse_and_finish(file).unwrap();
	let group = metadata.row_group(0).clone();
	let body = usize::try_from(group.compressed_size()).unwrap() + b"PAR1".len();
	let metadata = metadata.into_builder().set_row_groups(groups(group)).build();
	let mut forged = file[..body].to_vec();
	ParquetMetaDataWriter::new(&mut forged, &metadata).finish().unwrap();
	Bytes::from(forged)
}

#[test]
fn a_row_group_that_claims_more_rows_than_its_bytes_hold_is_refused_before_it_is_read() {
	let file = Bytes::from(dataset(9, 100).to_parquet().unwrap());
	let claims = |rows| {
		let group = |group: RowGroupMetaData| vec![group.into_builder().set_num_rows(rows).build().unwrap()];
		Dataset::from_parquet(forged(&file, group))
	};
	assert_eq!(claims(100).unwrap(), dataset(9, 100));
	for rows in [1_000, i64::MAX, -1] {
		let refusal = claims(rows).unwrap_err();
		assert!(matches!(refusal, DatasetError::Rows { rows: found, .. } if found == rows), "{refusal}");
	}
}

#[test]
fn row_groups_that_share_bytes_are_refused() {
	let file = Bytes::from(dataset(9, 100).to_parquet().unwrap());
	let refusal = Dataset::from_parquet(forged(&file, |group| vec![group.clone(), group])).unwrap_err();
	assert!(matches!(refusal, DatasetError::Overlap), "{refusal}");
}
