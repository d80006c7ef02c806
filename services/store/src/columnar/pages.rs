//! The pages of a column.

use super::{
	thrift::{Cursor, I32, STRUCT},
	values, Fault,
};

/// What is read of a page's header.
#[derive(Default)]
struct Header {
	kind: i32,
	/// Bytes after the header.
	size: i32,
	/// Number of values.
	count: i32,
	encoding: i32,
	/// Bytes of levels, which come first in pages of the second version and are of no use where nothing is nullable.
	levels: [i32; 2],
}

const DATA: i32 = 0;
const DICTIONARY: i32 = 2;
const DATA_2: i32 = 3;

impl Header {
	fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
		let (mut header, mut inner) = (Self::default(), None);
		cursor.fields(0, |cursor, number, kind| {
			match (number, kind) {
				(1, I32) => header.kind = number_of(cursor)?,
				(3, I32) => header.size = number_of(cursor)?,
				(5 | 7 | 8, STRUCT) => {
					let mut found = Self::default();
					cursor.fields(1, |cursor, field, kind| {
						let place = match (number, field, kind) {
							(_, 1, I32) => &mut found.count,
							(5 | 7, 2, I32) | (8, 4, I32) => &mut found.encoding,
							(8, 5, I32) => &mut found.levels[0],
							(8, 6, I32) => &mut found.levels[1],
							_ => return Ok(false),
						};
						*place = number_of(cursor)?;
						Ok(true)
					})?;
					inner = Some((number, found));
				},
				_ => return Ok(false),
			}
			Ok(true)
		})?;
		// Which of the three stands there follows from the kind.
		match (header.kind, inner) {
			(DATA, Some((5, found))) | (DICTIONARY, Some((7, found))) | (DATA_2, Some((8, found))) => {
				Ok(Self { kind: header.kind, size: header.size, ..found })
			},
			(DATA | DICTIONARY | DATA_2, _) => Err("a page does not say what it holds"),
			_ => Ok(header),
		}
	}
}

fn number_of(cursor: &mut Cursor<'_>) -> Result<i32, Fault> {
	i32::try_from(cursor.zigzag()?).map_err(|_| "a page has a number that is too large")
}

fn size(number: i32) -> Result<usize, Fault> {
	usize::try_from(number).map_err(|_| "a page claims a size below zero")
}

/// Decodes `count` values of `width` bytes from the bytes of a column, and gives each to `put` with its number.
///
/// # Errors
/// What is wrong with a page, or what `put` says of a value.
pub fn column<E: From<Fault>>(
	bytes: &[u8],
	width: usize,
	count: usize,
	mut put: impl FnMut(usize, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
	let (mut cursor, mut done, mut dictionary) = (Cursor::new(bytes), 0usize, None);
	while done < count {
		let header = Header::read(&mut cursor)?;
		let body = cursor.take(size(header.size)?)?;
		let here = size(header.count)?;
		match header.kind {
			DICTIONARY => {
				let length = here.checked_mul(width).filter(|length| *length <= body.len());
				dictionary = body.get(..length.ok_or("a dictionary claims more values than it has bytes for")?);
			},
			DATA | DATA_2 => {
				if here > count.saturating_sub(done) {
					return Err("a page claims more values than the column has".into());
				}
				let levels = size(header.levels[0])?.saturating_add(size(header.levels[1])?);
				let body = body.get(levels..).ok_or("a page claims more levels than it has bytes")?;
				let page = values::Page { body, count: here, width, dictionary };
				page.decode(header.encoding, |value| {
					put(done, value)?;
					done = done.saturating_add(1);
					Ok::<(), E>(())
				})?;
			},
			// Pages of indices, and what later versions add.
			_ => {},
		}
	}
	Ok(())
}
