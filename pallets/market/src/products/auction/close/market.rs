//! A loaded interval as the clearing library sees it.

use crate::types::{LoadedLevel, LoadedZone};
use alloc::vec::Vec;
use busbar_primitives::ZoneId;

/// A market as the clearing library sees it. Levels are grouped by zone, in price order within each. `None` if the zones
/// form no tree.
pub(crate) fn assemble(
	zones: &[LoadedZone],
	levels: impl Iterator<Item = LoadedLevel>,
) -> Option<Vec<busbar_clearing::Zone>> {
	let mut market = Vec::with_capacity(zones.len());
	for zone in zones {
		let parent = match zone.parent {
			None => None,
			Some(parent) => Some(index_of(zones, parent)?),
		};
		market.push(busbar_clearing::Zone {
			parent,
			import: zone.import,
			export: zone.export,
			fee: zone.fee.into(),
			injection: 0,
			levels: Vec::new(),
		});
	}
	let mut at = None;
	for LoadedLevel { zone, price, buy, sell } in levels {
		let index = match at {
			Some((last, index)) if last == zone => index,
			_ => index_of(zones, zone)? as usize,
		};
		at = Some((zone, index));
		market.get_mut(index)?.levels.push(busbar_clearing::Level { price, buy, sell });
	}
	Some(market)
}

/// Where a zone stands among zones that ascend.
pub(super) fn index_of(zones: &[LoadedZone], zone: ZoneId) -> Option<u32> {
	zones.binary_search_by_key(&zone, |view| view.id).ok().and_then(|at| u32::try_from(at).ok())
}
