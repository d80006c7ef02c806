//! The checker. It shares no step with the solver: it reads a result, and proves from it alone that nothing better
//! exists.
//!
//! A feasible allocation and prices that support it (complementary slackness) prove each other optimal, by linear
//! programming duality. That no other optimal allocation trades more follows in the same way, from the existence of
//! prices that support the allocation when every trade earns half a nEUR/Wh more. That the prices are the midpoint
//! follows from the least and the greatest supporting price.

use crate::{tree, Clearing, Lean, Level, Violation, Zone, ZoneResult};
use alloc::{vec, vec::Vec};

/// Proves that a result is right: every zone balances, every limit holds, no allocation has more welfare, none of equal
/// welfare trades more, prices are the midpoint of those that support the allocation, and all sums are right. Linear in
/// the number of zones and levels.
///
/// # Errors
/// The first violation found.
pub fn check(zones: &[Zone], clearing: &Clearing) -> Result<(), Violation> {
	check_leaning(zones, clearing, Lean::MIDDLE)
}

/// Proves as [`check`] does, for prices that block orders have made lean elsewhere than to the middle.
///
/// # Errors
/// The first violation found.
pub fn check_leaning(zones: &[Zone], clearing: &Clearing, lean: Lean) -> Result<(), Violation> {
	supporting_prices_leaning(zones, clearing, lean).map(|_| ())
}

/// Proves as [`check_leaning`] does, and returns the least and the greatest price of every zone that support the result, in
/// nEUR/Wh.
///
/// # Errors
/// The first violation found.
pub fn supporting_prices_leaning(
	zones: &[Zone],
	clearing: &Clearing,
	lean: Lean,
) -> Result<Vec<(i64, i64)>, Violation> {
	tree::validate(zones).map_err(Violation::Market)?;
	if zones.len() != clearing.zones.len() {
		let found = u32::try_from(clearing.zones.len()).unwrap_or(u32::MAX);
		return Err(Violation::ZoneCount { expected: zones.len() as u32, found });
	}
	feasible(zones, clearing)?;
	supported(zones, clearing)?;
	totals(zones, clearing)?;
	if let Err(zone) = supporting(zones, clearing, Steps::Scaled) {
		return Err(Violation::NotMostTraded { zone });
	}
	let ranges = supporting(zones, clearing, Steps::Plain).map_err(|zone| Violation::LinkPrice { zone })?;
	// Within the box, so they fit.
	let ranges: Vec<(i64, i64)> = ranges.into_iter().map(|(low, high)| (low as i64, high as i64)).collect();
	for ((zone, (low, high)), result) in (0u32..).zip(&ranges).zip(&clearing.zones) {
		let expected = lean.price(*low, *high);
		if expected != result.price {
			return Err(Violation::Price { zone, expected });
		}
	}
	Ok(ranges)
}

/// Least and greatest price of every zone that supports a result, in nEUR/Wh; the zone price is their midpoint.
///
/// # Errors
/// If the result is not right in the first place.
pub fn supporting_prices(zones: &[Zone], clearing: &Clearing) -> Result<Vec<(i64, i64)>, Violation> {
	supporting_prices_leaning(zones, clearing, Lean::MIDDLE)
}

/// Accepted buys and sells of a level, given its zone's result. Steps better than the zone price are accepted, worse
/// ones are not, so that the level supports the price by construction.
pub(crate) fn accepted(level: &Level, zone: &ZoneResult) -> (u64, u64) {
	match level.price.cmp(&zone.price) {
		core::cmp::Ordering::Greater => (level.buy, 0),
		core::cmp::Ordering::Equal => (zone.margin_buy, zone.margin_sell),
		core::cmp::Ordering::Less => (0, level.sell),
	}
}

/// Margins within their levels, balance in every zone, flows within limits.
fn feasible(zones: &[Zone], clearing: &Clearing) -> Result<(), Violation> {
	let entering = |(zone, result): (&Zone, &ZoneResult)| i128::from(zone.injection) + i128::from(result.flow);
	let mut surplus: Vec<i128> = zones.iter().zip(&clearing.zones).map(entering).collect();
	for (index, (zone, result)) in (0u32..).zip(zones.iter().zip(&clearing.zones)) {
		let margin = zone.levels.binary_search_by_key(&result.price, |level| level.price);
		let (buy, sell) = margin.map_or((0, 0), |at| (zone.levels[at].buy, zone.levels[at].sell));
		if result.margin_buy > buy || result.margin_sell > sell {
			return Err(Violation::Margin { zone: index });
		}
		for level in &zone.levels {
			let (buy, sell) = accepted(level, result);
			surplus[index as usize] += i128::from(sell) - i128::from(buy);
		}
		let flow = u128::from(result.flow.unsigned_abs());
		let limit = if result.flow >= 0 { zone.import } else { zone.export };
		match zone.parent {
			Some(parent) => surplus[parent as usize] -= i128::from(result.flow),
			None if flow > 0 => return Err(Violation::Limit { zone: index }),
			None => {},
		}
		if zone.parent.is_some() && limit.is_some_and(|limit| flow > u128::from(limit)) {
			return Err(Violation::Limit { zone: index });
		}
	}
	match (0u32..).zip(&surplus).find(|(_, surplus)| **surplus != 0) {
		Some((zone, _)) => Err(Violation::Balance { zone }),
		None => Ok(()),
	}
}

/// Whether the link may carry more into the zone, and whether it may carry less.
fn slack(zone: &Zone, flow: i64) -> (bool, bool) {
	let flow = i128::from(flow);
	let more = zone.import.is_none_or(|import| flow < i128::from(import));
	let less = zone.export.is_none_or(|export| flow > -i128::from(export));
	(more, less)
}

/// Cost of one more, and gain of one less Wh of flow into the zone, in units of the fee.
fn marginal(flow: i64, fee: i128) -> (i128, i128) {
	(if flow >= 0 { fee } else { -fee }, if flow > 0 { fee } else { -fee })
}

/// That prices support flows, and path fees, fees and rents of the zones follow from them.
fn supported(zones: &[Zone], clearing: &Clearing) -> Result<(), Violation> {
	for (index, (zone, result)) in (0u32..).zip(zones.iter().zip(&clearing.zones)) {
		let Some(parent) = zone.parent else {
			if (result.path_fee, result.fees, result.rent) != (0, 0, 0) {
				return Err(Violation::Money { zone: index });
			}
			continue;
		};
		let parent = &clearing.zones[parent as usize];
		let difference = i128::from(result.price) - i128::from(parent.price);
		let (more, less) = slack(zone, result.flow);
		let (cost, gain) = marginal(result.flow, i128::from(zone.fee));
		if (more && difference > cost) || (less && difference < gain) {
			return Err(Violation::LinkPrice { zone: index });
		}
		let fees = u128::from(result.flow.unsigned_abs()) * u128::from(zone.fee);
		let spread = i128::from(result.flow).checked_mul(difference).and_then(|spread| u128::try_from(spread).ok());
		let money = spread.and_then(|spread| spread.checked_sub(fees)) == Some(result.rent) && fees == result.fees;
		if !money || parent.path_fee.checked_add(zone.fee) != Some(result.path_fee) {
			return Err(Violation::Money { zone: index });
		}
	}
	Ok(())
}

/// That the sums over the market are right.
fn totals(zones: &[Zone], clearing: &Clearing) -> Result<(), Violation> {
	let sums = || {
		let (mut surplus, mut traded, mut fees, mut rent) = (0i128, 0u64, 0u128, 0u128);
		for (zone, result) in zones.iter().zip(&clearing.zones) {
			for level in &zone.levels {
				let (buy, sell) = accepted(level, result);
				let net = i128::from(buy) - i128::from(sell);
				surplus = surplus.checked_add(net.checked_mul(i128::from(level.price))?)?;
				traded = traded.checked_add(buy)?;
			}
			fees = fees.checked_add(result.fees)?;
			rent = rent.checked_add(result.rent)?;
		}
		Some((surplus.checked_sub(i128::try_from(fees).ok()?)?, traded, fees, rent))
	};
	if sums() == Some((clearing.welfare, clearing.traded, clearing.fees, clearing.rent)) {
		Ok(())
	} else {
		Err(Violation::Totals)
	}
}

/// Which prices steps count with.
#[derive(Clone, Copy, PartialEq)]
enum Steps {
	/// Their own.
	Plain,
	/// Four times their own, plus one for a buy and less one for a sell; fees four times theirs. The best allocation
	/// at these prices is the one that trades most among the best at plain prices.
	Scaled,
}

/// Least and greatest price of every zone that supports the allocation, or the zone where none can.
///
/// At plain prices, what nothing bounds is bounded by the box that [`crate::clear`] describes; scaled ones are free.
fn supporting(zones: &[Zone], clearing: &Clearing, steps: Steps) -> Result<Vec<(i128, i128)>, u32> {
	// No path of prices and fees comes near this, so it never bounds anything.
	const FREE: i128 = 1 << 100;
	let (scale, bonus) = if steps == Steps::Scaled { (4, 1) } else { (1, 0) };
	let standing = || zones.iter().flat_map(|zone| &zone.levels).filter(|level| level.buy > 0 || level.sell > 0);
	let fees: i128 = zones.iter().skip(1).map(|zone| i128::from(zone.fee)).sum();
	let outer = match steps {
		Steps::Scaled => (-FREE, FREE),
		Steps::Plain => (
			i128::from(standing().map(|level| level.price).min().unwrap_or(0)) - fees,
			i128::from(standing().map(|level| level.price).max().unwrap_or(0)) + fees,
		),
	};
	let mut lows = vec![outer.0; zones.len()];
	let mut highs = vec![outer.1; zones.len()];
	for index in (0..zones.len()).rev() {
		let (zone, result) = (&zones[index], &clearing.zones[index]);
		for level in &zone.levels {
			let (buy, sell) = accepted(level, result);
			let price = i128::from(level.price) * scale;
			// A step that could give up energy is worth its price; one that could take more is not.
			if buy > 0 {
				highs[index] = highs[index].min(price + bonus);
			}
			if buy < level.buy {
				lows[index] = lows[index].max(price + bonus);
			}
			if sell > 0 {
				lows[index] = lows[index].max(price - bonus);
			}
			if sell < level.sell {
				highs[index] = highs[index].min(price - bonus);
			}
		}
		if lows[index] > highs[index] {
			return Err(index as u32);
		}
		let Some(parent) = zone.parent.map(|parent| parent as usize) else { continue };
		let (more, less) = slack(zone, result.flow);
		let (cost, gain) = marginal(result.flow, i128::from(zone.fee) * scale);
		if more {
			lows[parent] = lows[parent].max(lows[index] - cost);
		}
		if less {
			highs[parent] = highs[parent].min(highs[index] - gain);
		}
	}
	for (index, zone) in zones.iter().enumerate() {
		let Some(parent) = zone.parent.map(|parent| parent as usize) else { continue };
		let (more, less) = slack(zone, clearing.zones[index].flow);
		let (cost, gain) = marginal(clearing.zones[index].flow, i128::from(zone.fee) * scale);
		if less {
			lows[index] = lows[index].max(lows[parent] + gain);
		}
		if more {
			highs[index] = highs[index].min(highs[parent] + cost);
		}
	}
	Ok(lows.into_iter().zip(highs).collect())
}
