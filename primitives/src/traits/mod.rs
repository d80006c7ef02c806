//! The boundaries between the pallets. Each is implemented by one pallet and mocked, by `busbar-mocks`, in the tests of the
//! others.
//!
//! What a pallet may ask of another one stands in [`reads`]: nothing of it changes the state. What a pallet tells another
//! one, so that something changes there, stands in [`hooks`]. No function has a default: whoever implements a trait says
//! what each of them means.

pub mod hooks;
pub mod reads;

pub use hooks::*;
pub use reads::*;
