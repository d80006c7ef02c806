//! Newton's method on the currents at each bus, in rectangular coordinates, with a sparse factorisation.
//!
//! The unknowns are the real and imaginary parts of the voltages without ideal source; the equations say that no current
//! is missing. The derivative of the linear part is constant and only the diagonal blocks of buses with loads change, so the
//! pattern is analysed once. Steps are halved until the missing current shrinks.

use super::{
	matrix::{Matrix, Vector, C, ZERO},
	prepared::Prepared,
};
use faer::{
	linalg::solvers::SolveCore,
	sparse::{
		linalg::solvers::{Lu, SymbolicLu},
		SparseColMatRef, SymbolicSparseColMatRef,
	},
	Conj, MatMut,
};
use std::collections::BTreeMap;

/// The pattern of the derivative, its constant part, and the voltages without load.
pub(crate) struct Newton<const N: usize> {
	/// Number of the unknown of a bus and phase.
	unknown: Vec<[Option<usize>; N]>,
	/// Bus and phase of each unknown.
	node: Vec<(usize, usize)>,
	/// Start of each real column, and the rows in it.
	columns: Vec<usize>,
	rows: Vec<usize>,
	/// Where in a column the rows of an unknown are, by (column, row).
	blocks: BTreeMap<(usize, usize), usize>,
	/// The derivative without loads.
	constant: Vec<f64>,
	symbolic: SymbolicLu<usize>,
	/// A missing current, in pu, that rounding alone can make.
	rounding: f64,
	/// Voltages by bus without any load.
	idle: Vec<Vector<N>>,
}

/// Where Newton's method ended.
pub(crate) struct Ended<const N: usize> {
	/// Voltages by bus, in per unit.
	pub voltages: Vec<Vector<N>>,
	/// Steps taken.
	pub steps: usize,
	/// Whether the voltages are within the tolerance.
	pub converged: bool,
}

impl<const N: usize> Newton<N> {
	/// None where the equations have no unique solution without load.
	pub fn new(prepared: &Prepared<N>) -> Option<Self> {
		let mut node = Vec::new();
		let unknown: Vec<[Option<usize>; N]> = (0..prepared.fixed.len())
			.map(|bus| {
				std::array::from_fn(|phase| {
					(prepared.fixed[bus].is_none() && prepared.present[bus][phase]).then(|| {
						node.push((bus, phase));
						node.len() - 1
					})
				})
			})
			.collect();
		let mut entries: BTreeMap<(usize, usize), C> = BTreeMap::new();
		let mut enter = |row_bus: usize, column_bus: usize, matrix: &Matrix<N>, whole: bool| {
			for row in 0..N {
				for column in 0..N {
					let value = matrix.0[row][column];
					if let (Some(r), Some(c)) = (unknown[row_bus][row], unknown[column_bus][column]) {
						if whole || value != ZERO {
							*entries.entry((c, r)).or_insert(ZERO) += value;
						}
					}
				}
			}
		};
		for bus in 0..prepared.fixed.len() {
			// The block of a bus is there whole, because loads may fill it.
			enter(bus, bus, &prepared.shunts[bus].unwrap_or(Matrix::ZERO), true);
		}
		for link in &prepared.links {
			enter(link.from, link.from, &link.admittance.from_from, false);
			enter(link.from, link.to, &link.admittance.from_to, false);
			enter(link.to, link.from, &link.admittance.to_from, false);
			enter(link.to, link.to, &link.admittance.to_to, false);
		}
		let mut height = vec![0; node.len()];
		for (column, _) in entries.keys() {
			height[*column] += 2;
		}
		let mut columns = vec![0];
		for height in &height {
			let start = columns[columns.len() - 1];
			columns.extend([start + height, start + 2 * height]);
		}
		let (mut rows, mut constant) = (vec![0; columns[2 * node.len()]], vec![0.0; columns[2 * node.len()]]);
		let mut blocks = BTreeMap::new();
		let mut filled = vec![0; node.len()];
		for ((column, row), value) in &entries {
			let offset = filled[*column];
			filled[*column] += 2;
			blocks.insert((*column, *row), offset);
			for part in 0..2 {
				let start = columns[2 * column + part] + offset;
				rows[start] = 2 * row;
				rows[start + 1] = 2 * row + 1;
			}
			linear(&mut constant, &columns, *column, offset, *value);
		}
		let size = 2 * node.len();
		let symbolic =
			SymbolicLu::try_new(SymbolicSparseColMatRef::new_checked(size, size, &columns, None, &rows)).ok()?;
		// Each of `n` currents is a sum of terms as great as the greatest admittance.
		let greatest = constant.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
		let rounding = ROUNDING.max(8.0 * f64::EPSILON * greatest * (node.len() as f64).sqrt());
		let mut newton = Self { unknown, node, columns, rows, blocks, constant, symbolic, rounding, idle: Vec::new() };
		newton.idle = newton.without_load(prepared)?;
		Some(newton)
	}

	/// One linear solution from nothing.
	fn without_load(&self, prepared: &Prepared<N>) -> Option<Vec<Vector<N>>> {
		let mut voltages: Vec<_> = prepared.fixed.iter().map(|fixed| fixed.unwrap_or([ZERO; N])).collect();
		let powers = vec![[ZERO; N]; prepared.devices.len()];
		let step = self.step(&self.constant, &prepared.residual(&voltages, &powers))?;
		for ((bus, phase), step) in self.node.iter().zip(&step) {
			voltages[*bus][*phase] -= *step;
		}
		let sane = voltages.iter().flatten().all(|voltage| voltage.norm() < UNREAL);
		sane.then_some(voltages)
	}

	/// Steps from `start` or from no load until a step is below `tolerance` pu, at most `most` steps.
	pub fn solve(
		&self,
		prepared: &Prepared<N>,
		powers: &[Vector<N>],
		start: Option<&[Vector<N>]>,
		tolerance: f64,
		most: usize,
	) -> Ended<N> {
		let mut voltages = start.map_or_else(|| self.idle.clone(), <[_]>::to_vec);
		for (voltage, fixed) in voltages.iter_mut().zip(&prepared.fixed) {
			*voltage = fixed.unwrap_or(*voltage);
		}
		let mut residual = prepared.residual(&voltages, powers);
		let mut missing = self.missing(&residual);
		let mut steps = 0;
		while steps < most {
			let Some(step) = self.step(&self.derivative(prepared, &voltages, powers), &residual) else { break };
			steps += 1;
			let length = step.iter().map(|step| step.norm()).fold(0.0, f64::max);
			let moved = |part: f64| {
				let mut moved = voltages.clone();
				for ((bus, phase), step) in self.node.iter().zip(&step) {
					moved[*bus][*phase] -= *step * part;
				}
				let residual = prepared.residual(&moved, powers);
				let missing = self.missing(&residual);
				(moved, residual, missing)
			};
			if length <= tolerance {
				// Near the end rounding decides whether the missing current still shrinks; the step counts.
				voltages = moved(1.0).0;
				return Ended { voltages, steps, converged: true };
			}
			let better =
				(0..MOST_HALVINGS).map(|halvings| moved(0.5_f64.powi(halvings))).find(|(_, _, less)| *less < missing);
			let Some(found) = better else {
				// Rounding is all that is left where no step helps, as behind a winding with next to no path to earth.
				let converged = missing.sqrt() <= self.rounding;
				return Ended { voltages, steps, converged };
			};
			(voltages, residual, missing) = found;
		}
		Ended { voltages, steps, converged: false }
	}

	/// The squares of the missing currents; not a number where one is not.
	fn missing(&self, residual: &[Vector<N>]) -> f64 {
		self.node.iter().map(|(bus, phase)| residual[*bus][*phase].norm_sqr()).sum()
	}

	fn derivative(&self, prepared: &Prepared<N>, voltages: &[Vector<N>], powers: &[Vector<N>]) -> Vec<f64> {
		let mut values = self.constant.clone();
		for (device, power) in prepared.devices.iter().zip(powers) {
			let [own, mirrored] = device.derivative(&voltages[device.bus], power);
			for row in 0..N {
				for column in 0..N {
					let (one, two) = (own.0[row][column], mirrored.0[row][column]);
					if one == ZERO && two == ZERO {
						continue;
					}
					let unknown = &self.unknown[device.bus];
					if let (Some(r), Some(c)) = (unknown[row], unknown[column]) {
						let offset = self.blocks[&(c, r)];
						linear(&mut values, &self.columns, c, offset, one);
						// two conj(x + jy): the real part falls the other way with y.
						let (left, right) = (self.columns[2 * c] + offset, self.columns[2 * c + 1] + offset);
						values[left] += two.re;
						values[left + 1] += two.im;
						values[right] += two.im;
						values[right + 1] -= two.re;
					}
				}
			}
		}
		values
	}

	/// The voltages by which the residual is explained, by unknown; none where the derivative is singular.
	fn step(&self, values: &[f64], residual: &[Vector<N>]) -> Option<Vec<C>> {
		let size = 2 * self.node.len();
		let pattern = SymbolicSparseColMatRef::new_checked(size, size, &self.columns, None, &self.rows);
		if !values.iter().all(|value| value.is_finite()) {
			return None;
		}
		let factors = Lu::try_new_with_symbolic(self.symbolic.clone(), SparseColMatRef::new(pattern, values)).ok()?;
		let mut right: Vec<f64> =
			self.node.iter().flat_map(|(bus, phase)| [residual[*bus][*phase].re, residual[*bus][*phase].im]).collect();
		factors.solve_in_place_with_conj(Conj::No, MatMut::from_column_major_slice_mut(&mut right, size, 1));
		let step: Vec<C> = right.chunks_exact(2).map(|pair| C::new(pair[0], pair[1])).collect();
		step.iter().all(|step| step.re.is_finite() && step.im.is_finite()).then_some(step)
	}
}

/// Adds the factor of a complex unknown to its four places.
fn linear(values: &mut [f64], columns: &[usize], column: usize, offset: usize, value: C) {
	let (left, right) = (columns[2 * column] + offset, columns[2 * column + 1] + offset);
	values[left] += value.re;
	values[left + 1] += value.im;
	values[right] -= value.im;
	values[right + 1] += value.re;
}

/// A voltage without load, in pu, that only a singular network has.
const UNREAL: f64 = 1e3;

/// A missing current, in pu, that is none: at nominal voltage a hundred-thousandth of a VA.
const ROUNDING: f64 = 1e-10;

/// Halvings of a step before the search gives up.
const MOST_HALVINGS: i32 = 12;
