//! What is left of a link.

use busbar_primitives::{energy, Link, SignedWh, Watt, Wh};

/// What is left of a link's limits of import and of export, in Wh, when `sold` flows into the zone already: more than the
/// limit where that is against it, `None` where there is none.
pub(crate) fn capacity(link: &Link, sold: SignedWh, interval_s: u32) -> (Option<Wh>, Option<Wh>) {
	let left = |limit: Option<Watt>, flow: SignedWh| {
		limit.map(|watt| energy(watt, interval_s).saturating_add_signed(flow.saturating_neg()))
	};
	(left(link.import_w, sold), left(link.export_w, sold.saturating_neg()))
}
