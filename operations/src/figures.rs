//! Money, prices and energy as people read them.

use busbar_primitives::Amount;

/// Money in EUR, to the last of nine decimals that is not zero, but at least two.
pub fn eur(amount: Amount) -> String {
	let sign = if amount < 0 { "-" } else { "" };
	let (whole, rest) = (amount.unsigned_abs() / 1_000_000_000, amount.unsigned_abs() % 1_000_000_000);
	let mut decimals = format!("{rest:09}");
	while decimals.len() > 2 && decimals.ends_with('0') {
		decimals.pop();
	}
	format!("{sign}{whole}.{decimals}")
}

/// A price in ct/kWh.
pub fn ct(price: i64) -> String {
	let sign = if price < 0 { "-" } else { "" };
	format!("{sign}{}.{:04}", price.unsigned_abs() / 10_000, price.unsigned_abs() % 10_000)
}

/// Money in EUR, rounded to four decimals: for reading, not for reckoning.
pub fn short_eur(amount: Amount) -> String {
	format!("{:.4}", amount as f64 / 1e9)
}

/// Energy in kWh, exactly, from Wh.
pub fn kwh(wh: i128) -> String {
	let sign = if wh < 0 { "-" } else { "" };
	format!("{sign}{}.{:03}", wh.unsigned_abs() / 1_000, wh.unsigned_abs() % 1_000)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn money_is_written_exactly() {
		assert_eq!(eur(0), "0.00");
		assert_eq!(eur(1_500_000_000), "1.50");
		assert_eq!(eur(-1), "-0.000000001");
		assert_eq!(eur(220_000_000), "0.22");
	}

	#[test]
	fn prices_are_written_in_cents_per_kilowatt_hour() {
		assert_eq!(ct(220_000), "22.0000");
		assert_eq!(ct(-50), "-0.0050");
	}

	#[test]
	fn energy_is_written_exactly() {
		assert_eq!(kwh(0), "0.000");
		assert_eq!(kwh(12_345), "12.345");
		assert_eq!(kwh(-5), "-0.005");
	}
}
