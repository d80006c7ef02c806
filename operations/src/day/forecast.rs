//! Everything random of the demo: a function of the seed and a place, so that a run can be repeated.

use busbar_primitives::{ParticipantId, Wh};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};

/// Standard deviation of the forecast error, relative to the true value.
pub const FORECAST_ERROR: f64 = 0.05;

/// What a random number is for; keeps the streams apart.
#[derive(Clone, Copy)]
enum Domain {
	Forecast = 1,
	Salt = 2,
	Identity = 3,
	Record = 4,
}

fn rng(seed: u64, domain: Domain, a: u64, b: u64) -> ChaCha12Rng {
	let mut key = [0u8; 32];
	for (chunk, word) in key.chunks_exact_mut(8).zip([seed, domain as u64, a, b]) {
		chunk.copy_from_slice(&word.to_le_bytes());
	}
	ChaCha12Rng::from_seed(key)
}

/// What a member expects for a quarter hour whose true energy is `truth`, in Wh: an independent normal error of 5 %
/// per point and interval, never below zero.
pub fn forecast(seed: u64, point: usize, interval: usize, truth: Wh) -> Wh {
	let error: f64 = StandardNormal.sample(&mut rng(seed, Domain::Forecast, point as u64, interval as u64));
	(truth as f64 * (1.0 + FORECAST_ERROR * error)).round().max(0.0) as Wh
}

/// The secret salt of a reading's leaf.
pub fn salt(seed: u64, point: usize, interval: usize) -> [u8; 16] {
	let mut salt = [0u8; 16];
	rng(seed, Domain::Salt, point as u64, interval as u64).fill_bytes(&mut salt);
	salt
}

/// The secret salt of a member's off-chain record.
pub fn record_salt(seed: u64, member: usize) -> [u8; 32] {
	let mut salt = [0u8; 32];
	rng(seed, Domain::Record, member as u64, 0).fill_bytes(&mut salt);
	salt
}

/// A member's UUID, of version 4's form.
pub fn identity(seed: u64, member: usize) -> ParticipantId {
	let mut bytes = [0u8; 16];
	rng(seed, Domain::Identity, member as u64, 0).fill_bytes(&mut bytes);
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	ParticipantId(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn forecasts_repeat_with_the_seed_and_differ_between_points_intervals_and_seeds() {
		let value = |seed, point, interval| forecast(seed, point, interval, 1_000_000);
		assert_eq!(value(1, 2, 3), value(1, 2, 3));
		assert_ne!(value(1, 2, 3), value(2, 2, 3));
		assert_ne!(value(1, 2, 3), value(1, 3, 3));
		assert_ne!(value(1, 2, 3), value(1, 2, 4));
	}

	#[test]
	fn the_forecast_error_has_no_bias_and_a_deviation_of_five_percent() {
		let errors: Vec<f64> =
			(0..10_000).map(|point| forecast(7, point, 0, 1_000_000) as f64 / 1_000_000.0 - 1.0).collect();
		let mean = errors.iter().sum::<f64>() / errors.len() as f64;
		let deviation = (errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / errors.len() as f64).sqrt();
		assert!(mean.abs() < 0.002, "{mean}");
		assert!((deviation - 0.05).abs() < 0.002, "{deviation}");
	}

	#[test]
	fn nothing_is_forecast_where_there_is_nothing() {
		assert!((0..1_000).all(|point| forecast(1, point, 0, 0) == 0));
	}

	#[test]
	fn identities_have_the_form_of_version_4() {
		for member in 0..100 {
			let text = identity(1, member).to_string();
			assert_eq!(&text[14..15], "4");
			assert!("89ab".contains(&text[19..20]), "{text}");
		}
		assert_ne!(identity(1, 0), identity(1, 1));
		assert_ne!(salt(1, 0, 0), salt(1, 0, 1));
	}
}
