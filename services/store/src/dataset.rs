//! A dataset: all readings of one meter operator for one interval, as a Parquet file.
//!
//! One row per meter, in ascending order of meters:
//!
//! | column | type | unit |
//! |---|---|---|
//! | `meter`, `point`, `interval` | unsigned 32-bit | number |
//! | `import`, `export` | unsigned 64-bit | Wh |
//! | `import_varh`, `export_varh` | signed 64-bit | varh |
//! | `quality` | signed 32-bit | index of the variant in the chain's type |
//! | `salt` | 16 bytes | |
//! | `signature` | 64 bytes | the device's; zero for an estimate, which has none |
//!
//! The Merkle leaf of a row is the chain's, [`SignedReading::leaf`]. The file's metadata names operator, interval and version. Nothing is compressed:
//! salts and signatures, most of the bytes, cannot be, and numbers are packed by Parquet's delta encoding. Files of other writers
//! are read if their columns are these ([`crate::columns`]), whatever their message is called and however numbers are encoded.

use crate::{
	columnar::{column, footer, Fault},
	columns,
};
use busbar_merkle::Tree;
use busbar_primitives::{
	metering::{Reading, Salt, SignedReading},
	Interval, ParticipantId, Quality,
};
use codec::{Decode, Encode};
use parquet::{
	basic::Encoding,
	data_type::{ByteArray, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type},
	file::{
		metadata::KeyValue,
		properties::{EnabledStatistics, WriterProperties},
		reader::ChunkReader,
		writer::{SerializedFileWriter, SerializedRowGroupWriter},
	},
	schema::parser::parse_message_type,
};
use sp_core::{ed25519, H256};
use std::sync::Arc;

pub use crate::columns::{DatasetError, COLUMNS, MOST_ROWS};

const SCHEMA: &str = "message readings {
	REQUIRED INT32 meter (INTEGER(32,false));
	REQUIRED INT32 point (INTEGER(32,false));
	REQUIRED INT32 interval (INTEGER(32,false));
	REQUIRED INT64 import (INTEGER(64,false));
	REQUIRED INT64 export (INTEGER(64,false));
	REQUIRED INT64 import_varh;
	REQUIRED INT64 export_varh;
	REQUIRED INT32 quality;
	REQUIRED FIXED_LEN_BYTE_ARRAY(16) salt;
	REQUIRED FIXED_LEN_BYTE_ARRAY(64) signature;
}";
const GROUP: usize = 65_536;
const KEYS: [&str; 3] = ["busbar.operator", "busbar.interval", "busbar.version"];

/// Bytes of memory that decoding a file of so many bytes may take at a time, its rows included: six times its length and
/// 2 MiB. The bytes of the file are not among them, but a column of them is.
pub fn memory(length: u64) -> u64 {
	length.saturating_mul(6).saturating_add(2 << 20)
}

/// One reading with its device's signature, and its leaf's secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
	pub signed: SignedReading,
	pub salt: Salt,
}

impl Row {
	/// The row's Merkle leaf.
	pub fn leaf(&self) -> H256 {
		self.signed.leaf(&self.salt)
	}
}

/// All readings of an operator for an interval.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dataset {
	pub operator: ParticipantId,
	pub interval: Interval,
	/// From 1; a correction is a whole new version.
	pub version: u16,
	pub rows: Vec<Row>,
}

impl Dataset {
	/// Checks what no encoding can: one interval, ascending meters, energy in range, and that estimates alone are
	/// unsigned. Whether a signature is the device's is checked by who knows the chain and its meters.
	///
	/// # Errors
	/// [`DatasetError`], naming the first bad row.
	pub fn check(&self) -> Result<(), DatasetError> {
		if self.rows.is_empty() || self.rows.len() > MOST_ROWS {
			return Err(DatasetError::Count);
		}
		let mut last = None;
		for (row, Row { signed: SignedReading { reading, signature }, .. }) in self.rows.iter().enumerate() {
			if reading.interval != self.interval {
				return Err(DatasetError::Interval { row, found: reading.interval, expected: self.interval });
			}
			if last.is_some_and(|last| last >= reading.meter) {
				return Err(DatasetError::Order { row });
			}
			if !reading.is_in_range() {
				return Err(DatasetError::Range { row });
			}
			// Zero stands for no signature in the file.
			let is_signed = signature.is_some_and(|signature| signature.0 != [0; 64]);
			if is_signed != (reading.quality != Quality::Estimated) || is_signed != signature.is_some() {
				return Err(DatasetError::Signature { row });
			}
			last = Some(reading.meter);
		}
		Ok(())
	}

	/// The rows' leaves and everything above them.
	pub fn tree(&self) -> Tree {
		Tree::new(self.rows.iter().map(Row::leaf).collect())
	}

	/// The rows of a connection point's meters.
	pub fn rows_of(&self, point: u32) -> impl Iterator<Item = (usize, &Row)> {
		self.rows.iter().enumerate().filter(move |(_, row)| row.signed.reading.point == point)
	}

	/// The dataset as Parquet. The same dataset gives the same bytes with the same version of this program.
	///
	/// # Errors
	/// What [`Dataset::check`] refuses.
	pub fn to_parquet(&self) -> Result<Vec<u8>, DatasetError> {
		self.check()?;
		let values = [hex::encode(self.operator.0), self.interval.to_string(), self.version.to_string()];
		let metadata = KEYS.iter().zip(values).map(|(key, value)| KeyValue::new(key.to_string(), value)).collect();
		let mut properties = WriterProperties::builder()
			.set_dictionary_enabled(false)
			.set_statistics_enabled(EnabledStatistics::None)
			.set_offset_index_disabled(true)
			.set_key_value_metadata(Some(metadata))
			.set_created_by("busbar-store".into());
		for column in &COLUMNS[..8] {
			properties = properties.set_column_encoding((*column).into(), Encoding::DELTA_BINARY_PACKED);
		}
		let schema = Arc::new(parse_message_type(SCHEMA)?);
		let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))?;
		for rows in self.rows.chunks(GROUP) {
			let mut group = writer.next_row_group()?;
			put::<Int32Type>(&mut group, rows, |row| row.signed.reading.meter as i32)?;
			put::<Int32Type>(&mut group, rows, |row| row.signed.reading.point as i32)?;
			put::<Int32Type>(&mut group, rows, |row| row.signed.reading.interval as i32)?;
			put::<Int64Type>(&mut group, rows, |row| row.signed.reading.import as i64)?;
			put::<Int64Type>(&mut group, rows, |row| row.signed.reading.export as i64)?;
			put::<Int64Type>(&mut group, rows, |row| row.signed.reading.import_varh)?;
			put::<Int64Type>(&mut group, rows, |row| row.signed.reading.export_varh)?;
			put::<Int32Type>(&mut group, rows, |row| {
				row.signed.reading.quality.encode().first().copied().map_or(-1, i32::from)
			})?;
			put::<FixedLenByteArrayType>(&mut group, rows, |row| fixed(&row.salt))?;
			put::<FixedLenByteArrayType>(&mut group, rows, |row| {
				fixed(&row.signed.signature.map_or([0; 64], |signature| signature.0))
			})?;
			group.close()?;
		}
		Ok(writer.into_inner()?)
	}

	/// Reads a dataset and checks it.
	///
	/// # Errors
	/// [`DatasetError`]. Damaged input is an error, never a panic, and takes no more memory than [`memory`] says.
	pub fn from_parquet(input: impl ChunkReader + 'static) -> Result<Self, DatasetError> {
		let dataset = Self::decode(input)?;
		dataset.check()?;
		Ok(dataset)
	}

	/// Reads what can be read, without [`Dataset::check`].
	pub(crate) fn decode(input: impl ChunkReader + 'static) -> Result<Self, DatasetError> {
		read(input)
	}
}

fn fixed(bytes: &[u8]) -> FixedLenByteArray {
	ByteArray::from(bytes.to_vec()).into()
}

fn put<T: DataType>(
	group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
	rows: &[Row],
	value: impl Fn(&Row) -> T::T,
) -> Result<(), DatasetError> {
	let values: Vec<T::T> = rows.iter().map(value).collect();
	let mut column = group.next_column()?.ok_or(DatasetError::Unreadable)?;
	column.typed::<T>().write_batch(&values, None, None)?;
	column.close()?;
	Ok(())
}

fn read(input: impl ChunkReader + 'static) -> Result<Dataset, DatasetError> {
	let length = input.len();
	let metadata = footer::read(&input)?;
	let file = metadata.file_metadata();
	columns::check(&metadata, length)?;
	let value = |key: &'static str| {
		let entry = file.key_value_metadata().into_iter().flatten().find(|entry| entry.key == key);
		entry.and_then(|entry| entry.value.as_deref()).ok_or(DatasetError::Metadata(key))
	};
	let mut operator = [0; 16];
	hex::decode_to_slice(value(KEYS[0])?, &mut operator).map_err(|_| DatasetError::Metadata(KEYS[0]))?;
	let interval = value(KEYS[1])?.parse().map_err(|_| DatasetError::Metadata(KEYS[1]))?;
	let version = value(KEYS[2])?.parse().map_err(|_| DatasetError::Metadata(KEYS[2]))?;
	let mut rows = vec![blank(); columns::all_rows(&metadata)?];
	let mut rest = &mut rows[..];
	let mut first = 0usize;
	for group in metadata.row_groups() {
		let (here, after) = rest.split_at_mut_checked(columns::rows(group)?).ok_or(DatasetError::Unreadable)?;
		for (at, chunk) in group.columns().iter().enumerate().take(COLUMNS.len()) {
			let (start, size) = columns::place(chunk, length)?;
			fill(at, &input.get_bytes(start, size)?, first, here)?;
		}
		first = first.saturating_add(here.len());
		rest = after;
	}
	Ok(Dataset { operator: ParticipantId(operator), interval, version, rows })
}

/// A row of which nothing was read.
fn blank() -> Row {
	let reading = Reading {
		meter: 0,
		point: 0,
		interval: 0,
		import: 0,
		export: 0,
		import_varh: 0,
		export_varh: 0,
		quality: Quality::Estimated,
	};
	Row { signed: SignedReading { reading, signature: None }, salt: [0; 16] }
}

/// Decodes one column of a group, of which `first` is the first row, into its rows.
fn fill(at: usize, bytes: &[u8], first: usize, rows: &mut [Row]) -> Result<(), DatasetError> {
	fn number<const N: usize>(value: &[u8]) -> Result<[u8; N], Stop> {
		value.try_into().map_err(|_| Stop::Fault("it has values of another length"))
	}
	let width = columns::WIDTHS.get(at).copied().unwrap_or_default();
	let filled = column(bytes, width, rows.len(), |index, value| {
		let row = rows.get_mut(index).ok_or(Stop::Fault("it has more values than rows"))?;
		let Row { signed: SignedReading { reading, signature }, salt } = row;
		match at {
			0 => reading.meter = u32::from_le_bytes(number(value)?),
			1 => reading.point = u32::from_le_bytes(number(value)?),
			2 => reading.interval = u32::from_le_bytes(number(value)?),
			3 => reading.import = u64::from_le_bytes(number(value)?),
			4 => reading.export = u64::from_le_bytes(number(value)?),
			5 => reading.import_varh = i64::from_le_bytes(number(value)?),
			6 => reading.export_varh = i64::from_le_bytes(number(value)?),
			7 => {
				let found = i32::from_le_bytes(number(value)?);
				let quality = u8::try_from(found).ok().and_then(|index| Decode::decode(&mut &[index][..]).ok());
				let row = first.saturating_add(index);
				reading.quality = quality.ok_or(Stop::Row(DatasetError::Quality { row, found }))?;
			},
			8 => *salt = number(value)?,
			_ => {
				let bytes = number(value)?;
				*signature = (bytes != [0; 64]).then(|| ed25519::Signature::from_raw(bytes));
			},
		}
		Ok(())
	});
	filled.map_err(|stop| match stop {
		Stop::Row(error) => error,
		Stop::Fault(what) => DatasetError::Column { column: COLUMNS.get(at).copied().unwrap_or("?"), what },
	})
}

/// What ends the decoding of a column.
enum Stop {
	Fault(Fault),
	Row(DatasetError),
}

impl From<Fault> for Stop {
	fn from(what: Fault) -> Self {
		Self::Fault(what)
	}
}
