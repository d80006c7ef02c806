//! Names of the parts of a chain that programs rest on.

use std::fmt;

/// What a part is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
	/// A pallet's call.
	Call,
	/// A pallet's event.
	Event,
	/// A pallet's error.
	Error,
	/// A pallet's storage item.
	Storage,
	/// A pallet's constant.
	Constant,
	/// A pallet's view function.
	View,
	/// A function of a runtime API.
	Function,
	/// A transaction extension; its place in the list is part of it.
	Extension,
}

/// A part of a metadata, by name: `call Market.place`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Item {
	/// What it is.
	pub kind: Kind,
	/// The pallet or runtime API that it belongs to; empty for an extension.
	pub of: String,
	/// Its own name.
	pub name: String,
}

impl Item {
	/// A part by its names.
	pub fn new(kind: Kind, of: impl Into<String>, name: impl Into<String>) -> Self {
		Self { kind, of: of.into(), name: name.into() }
	}
}

impl fmt::Display for Item {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let kind = match self.kind {
			Kind::Call => "call",
			Kind::Event => "event",
			Kind::Error => "error",
			Kind::Storage => "storage item",
			Kind::Constant => "constant",
			Kind::View => "view function",
			Kind::Function => "runtime function",
			Kind::Extension => return write!(f, "transaction extension {}", self.name),
		};
		write!(f, "{kind} {}.{}", self.of, self.name)
	}
}
