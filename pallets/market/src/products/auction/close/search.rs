//! The choice of block orders over several blocks: what is kept of it in between.

use crate::products::auction::types::MAX_BLOCK_ORDERS;
use alloc::vec::Vec;
use busbar_clearing::block_orders::{Probe, Search, State};
use busbar_primitives::{Amount, Price, MAX_SPAN};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// One value per block order of a span.
type PerBlockOrder<V> = BoundedVec<V, ConstU32<MAX_BLOCK_ORDERS>>;
/// One value per interval of a span.
type PerInterval<V> = BoundedVec<V, ConstU32<MAX_SPAN>>;

/// A search between two blocks. Its fields are those of [`Search`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct KeptSearch {
	current: KeptState,
	dirty: PerInterval<bool>,
	incumbent: Option<KeptState>,
	welfare: Amount,
	hasty: bool,
	coarse: bool,
	inserted: Option<u32>,
	tried: PerBlockOrder<bool>,
	rounds: u32,
}

/// Block orders that are in, and what each interval clears to with them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
struct KeptState {
	accepted: PerBlockOrder<bool>,
	/// Welfare of an interval in nEUR, and for each block order the least and the greatest supporting price of its zone.
	probes: PerInterval<(Amount, PerBlockOrder<(Price, Price)>)>,
}

impl KeptSearch {
	/// `None` if the search is done, or larger than a span's can be.
	pub(crate) fn of(search: Search) -> Option<Self> {
		let Search { current, dirty, incumbent, welfare, hasty, coarse, inserted, tried, rounds, done } = search;
		let incumbent = match incumbent {
			Some(state) => Some(KeptState::of(state)?),
			None => None,
		};
		(!done).then_some(())?;
		Some(Self {
			current: KeptState::of(current)?,
			dirty: dirty.try_into().ok()?,
			incumbent,
			welfare,
			hasty,
			coarse,
			inserted,
			tried: tried.try_into().ok()?,
			rounds,
		})
	}

	/// The search to go on with.
	pub(crate) fn resumed(self) -> Search {
		let Self { current, dirty, incumbent, welfare, hasty, coarse, inserted, tried, rounds } = self;
		Search {
			current: current.resumed(),
			dirty: dirty.into(),
			incumbent: incumbent.map(KeptState::resumed),
			welfare,
			hasty,
			coarse,
			inserted,
			tried: tried.into(),
			rounds,
			done: false,
		}
	}
}

impl KeptState {
	fn of(State { accepted, probes }: State) -> Option<Self> {
		let probe = |Probe { welfare, prices }| Some((welfare, prices.try_into().ok()?));
		let probes = probes.into_iter().map(probe).collect::<Option<Vec<_>>>()?;
		Some(Self { accepted: accepted.try_into().ok()?, probes: probes.try_into().ok()? })
	}

	fn resumed(self) -> State {
		let probe = |(welfare, prices): (Amount, PerBlockOrder<_>)| Probe { welfare, prices: prices.into() };
		State { accepted: self.accepted.into(), probes: self.probes.into_iter().map(probe).collect() }
	}
}
