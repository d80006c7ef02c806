//! Thrift's compact protocol, walked over without taking memory.

use super::Fault;

/// Structures within structures, at most.
const DEPTH: u8 = 16;

pub const TRUE: u8 = 1;
pub const FALSE: u8 = 2;
pub const I32: u8 = 5;
pub const LIST: u8 = 9;
pub const STRUCT: u8 = 12;

const ENDS: Fault = "its description ends too early";
const LONG: Fault = "its description has a number that is too long";
const KIND: Fault = "its description has a value of no known kind";
const DEEP: Fault = "its description is nested too deeply";

/// A place in bytes.
pub struct Cursor<'a> {
	rest: &'a [u8],
}

impl<'a> Cursor<'a> {
	pub fn new(bytes: &'a [u8]) -> Self {
		Self { rest: bytes }
	}

	/// What was not read.
	pub fn rest(&self) -> &'a [u8] {
		self.rest
	}

	/// The next bytes.
	pub fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
		let (taken, rest) = self.rest.split_at_checked(length).ok_or(ENDS)?;
		self.rest = rest;
		Ok(taken)
	}

	pub fn byte(&mut self) -> Result<u8, Fault> {
		self.take(1).map(|byte| byte.first().copied().unwrap_or_default())
	}

	/// An unsigned number of seven bits to the byte, least first.
	pub fn varint(&mut self) -> Result<u64, Fault> {
		let mut value = 0u64;
		for shift in (0..70).step_by(7) {
			let byte = self.byte()?;
			let bits = u64::from(byte & 0x7f);
			if shift == 63 && bits > 1 {
				return Err(LONG);
			}
			value |= bits << shift;
			if byte & 0x80 == 0 {
				return Ok(value);
			}
		}
		Err(LONG)
	}

	/// A signed number, of which the sign stands last.
	pub fn zigzag(&mut self) -> Result<i64, Fault> {
		let value = self.varint()?;
		Ok((value >> 1) as i64 ^ -((value & 1) as i64))
	}

	/// The kind of a list's elements and their number, which is no greater than the bytes that follow.
	pub fn list(&mut self) -> Result<(u8, usize), Fault> {
		let byte = self.byte()?;
		let size = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
		let size = usize::try_from(size).ok().filter(|size| *size <= self.rest.len()).ok_or(ENDS)?;
		Ok((byte & 0x0f, size))
	}

	/// The fields of a structure: each is given to `field` with its number and kind, which reads it whole and says so, or leaves
	/// it, to be passed over.
	pub fn fields(
		&mut self,
		depth: u8,
		mut field: impl FnMut(&mut Self, i16, u8) -> Result<bool, Fault>,
	) -> Result<(), Fault> {
		let (depth, mut number) = (depth.checked_add(1).filter(|depth| *depth <= DEPTH).ok_or(DEEP)?, 0i16);
		loop {
			let byte = self.byte()?;
			let kind = byte & 0x0f;
			if kind == 0 {
				return Ok(());
			}
			number = match byte >> 4 {
				0 => i16::try_from(self.zigzag()?).map_err(|_| LONG)?,
				step => number.checked_add(step.into()).ok_or(LONG)?,
			};
			if !field(self, number, kind)? {
				self.skip(kind, depth, true)?;
			}
		}
	}

	/// Passes over a value. Truth values of fields stand in the kind itself, those of lists take a byte.
	pub fn skip(&mut self, kind: u8, depth: u8, in_field: bool) -> Result<(), Fault> {
		let depth = depth.checked_add(1).filter(|depth| *depth <= DEPTH).ok_or(DEEP)?;
		match kind {
			TRUE | FALSE if in_field => {},
			TRUE | FALSE | 3 => {
				self.byte()?;
			},
			4..=6 => {
				self.varint()?;
			},
			7 => {
				self.take(8)?;
			},
			8 => {
				let length = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
				self.take(length)?;
			},
			9 | 10 => {
				let (kind, size) = self.list()?;
				for _ in 0..size {
					self.skip(kind, depth, false)?;
				}
			},
			11 => {
				let size = self.varint()?;
				let kinds = if size == 0 { 0 } else { self.byte()? };
				for _ in 0..size {
					self.skip(kinds >> 4, depth, false)?;
					self.skip(kinds & 0x0f, depth, false)?;
				}
			},
			STRUCT => self.fields(depth, |_, _, _| Ok(false))?,
			13 => {
				self.take(16)?;
			},
			_ => return Err(KIND),
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn numbers_are_read_as_thrift_writes_them() {
		for (bytes, value) in [
			(&[0u8][..], 0u64),
			(&[0x7f], 127),
			(&[0x80, 1], 128),
			(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], u64::MAX),
		] {
			assert_eq!(Cursor::new(bytes).varint(), Ok(value));
		}
		assert_eq!(Cursor::new(&[1]).zigzag(), Ok(-1));
		assert_eq!(Cursor::new(&[2]).zigzag(), Ok(1));
		assert_eq!(Cursor::new(&[0x80; 9]).varint(), Err(ENDS));
		assert_eq!(Cursor::new(&[0xff; 10]).varint(), Err(LONG));
	}

	#[test]
	fn a_list_is_no_longer_than_what_follows() {
		assert_eq!(Cursor::new(&[0x25, 0, 0]).list(), Ok((5, 2)));
		assert_eq!(Cursor::new(&[0x25, 0]).list(), Err(ENDS));
		assert_eq!(Cursor::new(&[0xf5, 0xff, 0xff, 0xff, 0xff, 7, 0]).list(), Err(ENDS));
	}

	#[test]
	fn nesting_ends_in_a_refusal_and_not_in_the_stack() {
		let deep = vec![0x1c; 100_000];
		assert_eq!(Cursor::new(&deep).skip(STRUCT, 0, true), Err(DEEP));
		let lists = vec![0x19; 100_000];
		assert_eq!(Cursor::new(&lists).skip(LIST, 0, true), Err(DEEP));
	}

	#[test]
	fn an_empty_map_of_many_entries_is_no_work_for_ever() {
		// 2^63 entries of truth values would be a byte each.
		let mut map = vec![0xff; 9];
		map.extend([0, 0x11]);
		assert_eq!(Cursor::new(&map).skip(11, 0, true), Err(ENDS));
	}
}
