//! The invariants, as a function that tests call after every step and `try_state` on a live chain.

use crate::{
	pallet::*,
	types::{GateKey, Record},
};
use alloc::{collections::BTreeSet, vec::Vec};
use busbar_primitives::{
	energy,
	traits::{Calendar, Grid},
	Interval, ProductKind,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the module's documentation. Reads all records: not for use in a call.
	///
	/// # Errors
	/// The first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let (open, prune) = (NextToOpen::<T>::get(), NextToPrune::<T>::get());
		ensure!(prune <= open, "the cursors are out of order");
		Self::check_pruning(prune)?;
		ensure!(
			ParametersValue::<T>::get().validate::<T>(T::SlotDuration::get()).is_ok(),
			"the parameters make no sense"
		);
		let mut gates = BTreeSet::new();
		for (interval, record) in Intervals::<T>::iter() {
			ensure!((prune..open).contains(&interval), "an interval stands outside the cursors");
			let mut sum = Record::new(record.terms, record.products.clone(), record.zones, record.admitted.clone());
			for (product, spec) in record.product_ids().zip(&record.products) {
				let session = Sessions::<T>::get(interval, product).ok_or("an interval lacks a session")?;
				let closure = spec.gate_closure(interval, &record.terms);
				let gate = GateKey::new(closure, (spec.first(interval), product));
				let open = Gates::<T>::get(gate) == Some(spec.span);
				// A span fails interval by interval, and its gate goes with the last one.
				let failing = spec.span > 1 && session.outcome.is_some_and(|outcome| !outcome.cleared);
				ensure!(open == session.outcome.is_none() || (open && failing), "a gate and its session disagree");
				if session.outcome.is_none() {
					gates.insert(gate);
				}
				Self::kind(spec).check((interval, product), &record, spec, &session)?;
				if session.outcome.is_none() {
					let results = Results::<T>::iter_prefix((interval, product)).next();
					ensure!(results.is_none(), "results before the session has ended");
				}
				if let Some(outcome) = session.outcome {
					let is_auction = matches!(spec.kind, ProductKind::Auction);
					if is_auction {
						sum.auction_traded(product, outcome.traded);
					}
					sum.end_session(&outcome);
				}
			}
			// Points are those of the session that ended last, whichever it was.
			sum.ended.points = record.ended.points;
			sum.void = record.void;
			ensure!(sum == record, "an interval is not the sum of its sessions");
			Self::check_flows(interval)?;
		}
		ensure!(Gates::<T>::iter_keys().count() == gates.len(), "a gate has no session");
		Self::check_standing()?;
		Self::check_closing()
	}

	/// Who waits to be pruned has its record, and of what was looked at nobody else has one.
	fn check_pruning(prune: Interval) -> Result<(), TryRuntimeError> {
		let look = NextToLook::<T>::get();
		let waiting: BTreeSet<_> = Waiting::<T>::iter_keys().map(Interval::from_be_bytes).collect();
		let first = waiting.first().copied().unwrap_or(look);
		ensure!(Pruning::<T>::exists() || prune == first.min(look), "the first record is not where the cursor is");
		ensure!(waiting.iter().all(Intervals::<T>::contains_key), "an interval waits whose record is gone");
		let left = |interval: &Interval| *interval < look && !waiting.contains(interval);
		ensure!(!Intervals::<T>::iter_keys().any(|interval| left(&interval)), "a record is left that nobody looks at");
		ensure!(!Pruning::<T>::get().is_some_and(Intervals::<T>::contains_key), "a record is pruned before it goes");
		Ok(())
	}

	/// What earlier blocks loaded of a gate is there, and belongs to the first gate of all.
	fn check_closing() -> Result<(), TryRuntimeError> {
		let pages = LoadedPages::<T>::iter_keys().count();
		let Some(gate) = ClosingGate::<T>::get() else {
			ensure!(pages == 0, "pages of no gate");
			return Ok(());
		};
		ensure!(Gates::<T>::iter_keys().next().map(|key| key.session()) == Some(gate.session), "a gate out of turn");
		let loaded =
			(0..gate.pages).map(LoadedPages::<T>::get).collect::<Option<Vec<_>>>().ok_or("a page is missing")?;
		ensure!(loaded.len() == pages, "pages of no gate");
		let current = loaded.iter().filter(|page| page.interval == gate.interval);
		let levels: usize = current.map(|page| page.levels.len()).sum();
		ensure!(levels == gate.levels as usize, "the count of loaded levels is wrong");
		Ok(())
	}

	/// No contracted flow, over all sessions, exceeds its link's limit in force.
	fn check_flows(interval: Interval) -> Result<(), TryRuntimeError> {
		let interval_s = <Self as Calendar>::interval_s();
		for zone in T::Grid::zones(interval, 0..T::Grid::zone_count()).iter().filter(|zone| zone.parent.is_some()) {
			let flow = Self::sold_flow(interval, zone.id);
			let limit = if flow < 0 { zone.link.export_w } else { zone.link.import_w };
			let within = limit.is_none_or(|watt| flow.unsigned_abs() <= energy(watt, interval_s));
			ensure!(within, "a flow exceeds its link's limit");
		}
		Ok(())
	}
}
