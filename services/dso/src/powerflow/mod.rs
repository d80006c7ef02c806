//! AC power flow of distribution grids, balanced and three-phase unbalanced.
//!
//! A [`Network<N>`](Network) has `N` modelled phases: one for a balanced grid, which stands for all three, or three.
//! [`Solver::new`] validates it once, or names the element for which it refuses; then [`Solver::solve`] answers any
//! number of times, for the powers at hand, and from several threads if wanted. [`Solver::flows`] derives currents,
//! loadings and losses from a solution.
//!
//! Two methods solve the same equations. On a tree the backward/forward sweep ([`Method::Sweep`]) takes time linear in the
//! number of buses. Where loops stay closed or several sources feed one grid, and where a sweep does not converge,
//! Newton's method ([`Method::Newton`]) does it with a sparse factorisation whose pattern is analysed once.
//! [`Method::Auto`] picks. No solution is an answer too: [`Unsolved::Diverged`] says how many W are missing, and where;
//! [`Solver::greatest_factor`] says how much of the wanted power can flow.
//!
//! # Units and signs
//!
//! Voltages in V, currents in A, power in W and var together as a complex number in VA, impedances in ohms, admittances in
//! siemens; what is per unit says so in its name. Nominal voltages are between phases, as they are written on a nameplate;
//! the voltage of a phase is to earth. Consumption is positive, generation is negative. With one modelled phase a power is
//! the sum of the three phases, with three it is that of each phase (or pair of phases).
//!
//! # Example
//!
//! ```
//! use busbar_dso::powerflow::{Branch, Bus, Load, Matrix, Network, Options, Solver, Source, C};
//!
//! let mut network = Network::<1>::default();
//! let substation = network.add_bus(Bus::new("substation", 400.0));
//! let home = network.add_bus(Bus::new("home", 400.0));
//! network.sources.push(Source::ideal("grid", substation, 1.0, 400.0));
//! network.branches.push(Branch::line("cable", substation, home, Matrix([[C::new(0.1, 0.05)]]), Matrix::ZERO));
//! network.loads.push(Load::constant("kitchen", home, [C::new(10_000.0, 0.0)]));
//!
//! let solver = Solver::new(&network)?;
//! let solution = solver.solve(&Options::default())?;
//! assert!((solution.magnitude_pu(home, 0) - 0.9937).abs() < 1e-4);
//! let flows = solver.flows(&solution);
//! assert!((flows.loss_va.re - 63.3).abs() < 0.1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod device;
mod flows;
mod matrix;
mod network;
mod newton;
mod order;
mod prepared;
mod refusal;
mod solution;
mod solver;
mod sweep;
mod transformer;
mod validate;

pub use flows::{BranchFlow, Flows};
pub use matrix::{Matrix, Phases, Vector, C};
pub use network::{Branch, Bus, Connection, Element, Load, Network, Shares, Shunt, Source};
pub use refusal::Refusal;
pub use solution::{Method, Solution};
pub use solver::{Mismatch, Options, Solver, Unsolved};
pub use transformer::{Core, Transformer, Winding};
