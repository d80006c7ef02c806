//! Tests by subject. Each ends with all invariants checked.

mod admitted;
mod clearing;
mod closing;
mod continuous;
mod crowds;
mod gate;
mod orders;
mod parameters;
mod places;
mod pruning;
mod random;
mod recall;
mod secured;
mod served;
mod sessions;
mod spans;
mod trading;
mod void;
