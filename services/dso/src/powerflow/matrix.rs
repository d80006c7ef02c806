//! Vectors and square matrices over the modelled phases. An absent phase has zeros everywhere.

use std::{
	array::from_fn,
	ops::{Add, Mul, Neg, Sub},
};

/// A complex number.
pub type C = num_complex::Complex64;

/// One number per modelled phase.
pub type Vector<const N: usize> = [C; N];

/// Which of the modelled phases are present.
pub type Phases<const N: usize> = [bool; N];

pub(crate) const ZERO: C = C::new(0.0, 0.0);
pub(crate) const ONE: C = C::new(1.0, 0.0);

/// One number per pair of modelled phases, by rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Matrix<const N: usize>(pub [[C; N]; N]);

impl<const N: usize> Matrix<N> {
	/// Zeros.
	pub const ZERO: Self = Self([[ZERO; N]; N]);

	/// Ones on the diagonal.
	pub fn identity() -> Self {
		Self::diagonal([ONE; N])
	}

	/// The given numbers on the diagonal.
	pub fn diagonal(values: Vector<N>) -> Self {
		Self(from_fn(|row| from_fn(|column| if row == column { values[row] } else { ZERO })))
	}

	/// The matrix whose phases act alike on each other: `own` on the diagonal, `mutual` beside it.
	pub fn symmetric(own: C, mutual: C) -> Self {
		Self(from_fn(|row| from_fn(|column| if row == column { own } else { mutual })))
	}

	/// Every entry times a number.
	#[must_use]
	pub fn scale(self, factor: C) -> Self {
		Self(self.0.map(|row| row.map(|value| value * factor)))
	}

	/// Rows become columns; nothing is conjugated.
	#[must_use]
	pub fn transpose(&self) -> Self {
		Self(from_fn(|row| from_fn(|column| self.0[column][row])))
	}

	/// Zeros in the rows and columns of absent phases.
	#[must_use]
	pub fn masked(&self, present: &Phases<N>) -> Self {
		Self(from_fn(|row| from_fn(|column| if present[row] && present[column] { self.0[row][column] } else { ZERO })))
	}

	/// Whether no part of any entry is infinite or not a number.
	pub fn is_finite(&self) -> bool {
		self.0.iter().flatten().all(|value| value.re.is_finite() && value.im.is_finite())
	}

	/// The greatest absolute value.
	pub fn greatest(&self) -> f64 {
		self.0.iter().flatten().map(|value| value.norm()).fold(0.0, f64::max)
	}

	/// The inverse over the present phases, zeros elsewhere; none where that part is singular.
	pub fn inverse(&self, present: &Phases<N>) -> Option<Self> {
		// Absent phases stand aside as ones on the diagonal.
		let mut left = self.masked(present);
		for (phase, _) in present.iter().enumerate().filter(|(_, present)| !**present) {
			left.0[phase][phase] = ONE;
		}
		let scale = self.masked(present).greatest();
		let mut right = Self::identity().masked(present);
		for (column, here) in present.iter().enumerate() {
			let size = |row: &usize| left.0[*row][column].norm();
			let pivot = (column..N).max_by(|a, b| size(a).total_cmp(&size(b)))?;
			// What is left of a singular matrix is rounding.
			if size(&pivot) <= if *here { scale * 1e-13 } else { 0.0 } {
				return None;
			}
			left.0.swap(column, pivot);
			right.0.swap(column, pivot);
			let factor = left.0[column][column].inv();
			left.0[column] = left.0[column].map(|value| value * factor);
			right.0[column] = right.0[column].map(|value| value * factor);
			for row in (0..N).filter(|row| *row != column) {
				let factor = left.0[row][column];
				for k in 0..N {
					let (from_left, from_right) = (left.0[column][k], right.0[column][k]);
					left.0[row][k] -= factor * from_left;
					right.0[row][k] -= factor * from_right;
				}
			}
		}
		right.is_finite().then_some(right)
	}
}

impl<const N: usize> Add for Matrix<N> {
	type Output = Self;

	fn add(self, other: Self) -> Self {
		Self(from_fn(|row| from_fn(|column| self.0[row][column] + other.0[row][column])))
	}
}

impl<const N: usize> Sub for Matrix<N> {
	type Output = Self;

	fn sub(self, other: Self) -> Self {
		self + -other
	}
}

impl<const N: usize> Neg for Matrix<N> {
	type Output = Self;

	fn neg(self) -> Self {
		self.scale(-ONE)
	}
}

impl<const N: usize> Mul for Matrix<N> {
	type Output = Self;

	fn mul(self, other: Self) -> Self {
		Self(from_fn(|row| from_fn(|column| (0..N).map(|k| self.0[row][k] * other.0[k][column]).sum())))
	}
}

impl<const N: usize> Mul<Vector<N>> for Matrix<N> {
	type Output = Vector<N>;

	#[inline]
	fn mul(self, vector: Vector<N>) -> Vector<N> {
		from_fn(|row| {
			let mut sum = ZERO;
			for (value, with) in self.0[row].iter().zip(&vector) {
				sum += value * with;
			}
			sum
		})
	}
}

/// The sum of two vectors.
#[inline]
pub(crate) fn add<const N: usize>(a: Vector<N>, b: Vector<N>) -> Vector<N> {
	from_fn(|phase| a[phase] + b[phase])
}

/// The difference of two vectors.
#[inline]
pub(crate) fn sub<const N: usize>(a: Vector<N>, b: Vector<N>) -> Vector<N> {
	from_fn(|phase| a[phase] - b[phase])
}

/// The power that a current carries at a voltage, phase by phase.
#[inline]
pub(crate) fn power<const N: usize>(voltage: Vector<N>, current: Vector<N>) -> Vector<N> {
	from_fn(|phase| voltage[phase] * current[phase].conj())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_matrix_times_its_inverse_is_one_on_the_present_phases() {
		let matrix = Matrix([
			[C::new(0.0, 1.0), C::new(2.0, 0.5), C::new(9.0, 9.0)],
			[C::new(3.0, -1.0), C::new(0.0, 0.1), C::new(9.0, 9.0)],
			[C::new(9.0, 9.0), C::new(9.0, 9.0), ZERO],
		]);
		let present = [true, true, false];
		let product = matrix.masked(&present) * matrix.inverse(&present).unwrap();
		let error = (product - Matrix::identity().masked(&present)).greatest();
		assert!(error < 1e-14, "{error}");
	}

	#[test]
	fn a_singular_matrix_has_no_inverse() {
		assert_eq!(Matrix::<3>::symmetric(ONE, ONE).inverse(&[true; 3]), None);
		assert_eq!(Matrix::<1>::ZERO.inverse(&[true]), None);
		// The triangle of a delta winding: its voltages sum to zero.
		assert_eq!(Matrix::<3>::symmetric(C::new(2.0, 0.0), C::new(-1.0, 0.0)).inverse(&[true; 3]), None);
	}
}
