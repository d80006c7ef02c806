//! What differs between events and state.

use std::fmt::Debug;

/// What differs.
#[derive(Default)]
pub struct Findings(pub Vec<String>);

impl Findings {
	/// Notes a difference, if there is one.
	pub fn same<T: PartialEq + Debug>(&mut self, what: &str, theirs: &T, ours: &T) {
		if theirs != ours {
			self.0.push(format!("{what}: state has {theirs:?}, events give {ours:?}"));
		}
	}

	/// Takes over what differs within something.
	pub fn within(&mut self, what: &str, inner: Self) {
		self.0.extend(inner.0.into_iter().map(|finding| format!("{what}: {finding}")));
	}
}
