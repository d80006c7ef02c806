//! Why a network is refused before anything is solved.

/// What is wrong with a network, and with which of its elements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
	/// Nothing to solve.
	#[error("the network has no bus")]
	Empty,
	/// Nothing keeps a voltage.
	#[error("the network has no source: name the bus at which the grid above feeds it")]
	NoSource,
	/// An element states a bus that does not exist.
	#[error("{element} is at bus number {bus}, of {buses} buses (numbered from 0)")]
	UnknownBus {
		/// Kind and name of the element.
		element: String,
		/// The number it states.
		bus: usize,
		/// How many there are.
		buses: usize,
	},
	/// A number is infinite, not a number, or not positive where it must be.
	#[error("{element}: {what} is not a usable number")]
	NotFinite {
		/// Kind and name of the element.
		element: String,
		/// Which of its numbers.
		what: &'static str,
	},
	/// A branch begins where it ends.
	#[error("branch {branch} begins and ends at the same bus")]
	Loop {
		/// Its name.
		branch: String,
	},
	/// A closed branch without impedance: its flow would be undetermined.
	#[error(
		"branch {branch} has no series impedance (or phases that cannot be told apart): join its two buses instead"
	)]
	ZeroImpedance {
		/// Its name.
		branch: String,
	},
	/// A vector group that does not exist.
	#[error("transformer {branch}: no such connection has the clock number {clock} on these phases")]
	Clock {
		/// Its name.
		branch: String,
		/// The number stated.
		clock: u8,
	},
	/// An element uses a phase that its bus does not have.
	#[error("{element} uses phase {phase}, which bus {bus} does not have")]
	NoPhase {
		/// Kind and name of the element.
		element: String,
		/// The bus's name.
		bus: String,
		/// The phase, from 0.
		phase: usize,
	},
	/// No closed path leads from a source to a phase of a bus.
	#[error("bus {bus}, phase {phase}, is cut off: no closed branch leads to it from a source")]
	Island {
		/// The bus's name.
		bus: String,
		/// The phase, from 0.
		phase: usize,
	},
	/// Two ideal sources at one bus.
	#[error("sources {first} and {second} both fix the voltage of bus {bus}")]
	TwoSources {
		/// A source.
		first: String,
		/// Another.
		second: String,
		/// The bus's name.
		bus: String,
	},
	/// The shares of a load that follow the voltage in different ways do not sum to one.
	#[error("load {load}: its shares of constant power, current and impedance do not sum to one")]
	Shares {
		/// Its name.
		load: String,
	},
	/// The equations have no unique solution even without any load.
	#[error(
		"the network without any load has no unique voltages: look for a resonance or a phase without path to earth"
	)]
	Singular,
}
