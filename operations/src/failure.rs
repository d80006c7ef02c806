//! How an operation fails: with one actionable message, and with what a program that was asked for it exits.

use crate::gridmodel;
use std::fmt;

/// What an operation ends with when it does not succeed.
#[derive(Debug)]
pub enum Failure {
	/// Bad input or usage: exit code 2.
	Input(String),
	/// The command was understood but did not succeed: exit code 1.
	Failed(String),
	/// Everything was said already; only the exit code is left.
	Silent(u8),
}

impl Failure {
	/// Bad input: what is wrong, and where.
	pub fn input(message: impl fmt::Display) -> Self {
		Self::Input(message.to_string())
	}

	/// Something went wrong: what, and what to do.
	pub fn failed(message: impl fmt::Display) -> Self {
		Self::Failed(message.to_string())
	}

	/// The exit code of the process.
	pub fn exit_code(&self) -> u8 {
		match self {
			Self::Input(_) => 2,
			Self::Failed(_) => 1,
			Self::Silent(code) => *code,
		}
	}
}

impl fmt::Display for Failure {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Input(message) | Self::Failed(message) => f.write_str(message),
			Self::Silent(_) => Ok(()),
		}
	}
}

impl std::error::Error for Failure {}

impl From<anyhow::Error> for Failure {
	fn from(error: anyhow::Error) -> Self {
		let is_input = error.downcast_ref().is_some_and(busbar_client::Error::is_input);
		match error.downcast::<Self>() {
			Ok(failure) => failure,
			Err(error) if is_input => Self::Input(format!("{error:#}")),
			Err(error) => Self::Failed(format!("{error:#}")),
		}
	}
}

impl From<busbar_client::Error> for Failure {
	fn from(error: busbar_client::Error) -> Self {
		if error.is_input() {
			Self::input(error)
		} else {
			Self::failed(error)
		}
	}
}

impl From<gridmodel::Fault> for Failure {
	fn from(fault: gridmodel::Fault) -> Self {
		Self::input(fault)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bad_input_exits_with_two_and_a_failure_with_one() {
		assert_eq!(Failure::input("no such zone").exit_code(), 2);
		assert_eq!(Failure::failed("not connected").exit_code(), 1);
	}

	#[test]
	fn a_faulty_grid_is_bad_input_and_names_the_file() {
		let fault = gridmodel::DataSet::load(Some("no-such-folder".as_ref()), gridmodel::Day::Summer).unwrap_err();
		let failure = Failure::from(fault);
		assert_eq!(failure.exit_code(), 2);
		assert!(failure.to_string().contains("slack.csv"), "{failure}");
	}

	#[test]
	fn a_failure_keeps_its_kind_through_anyhow() {
		let error = anyhow::Error::from(Failure::input("bad"));
		assert_eq!(Failure::from(error).exit_code(), 2);
		assert_eq!(Failure::from(anyhow::anyhow!("lost connection")).exit_code(), 1);
	}
}
