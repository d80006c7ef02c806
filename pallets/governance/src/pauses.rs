//! Words, and what they do.

use crate::*;
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, DispatchResult};

impl<T: Config> Pallet<T> {
	/// What is paused in this block.
	pub fn paused() -> Vec<Subject> {
		let now = frame_system::Pallet::<T>::block_number();
		let pauses = Pauses::<T>::get();
		pauses.iter().filter(|pause| now < pause.until).map(|pause| pause.subject).collect()
	}

	/// Takes a seat's word, and does what enough of them say.
	pub(crate) fn give_word(seat: T::AccountId, action: Action<T::Hash>) -> DispatchResult {
		let seats = Committee::<T>::get();
		ensure!(seats.contains(&seat), Error::<T>::NoSeat);
		Self::ensure_possible(&action)?;
		let now = frame_system::Pallet::<T>::block_number();
		let mut words = Words::<T>::get();
		words.retain(|word| word.seat != seat && now < word.at.saturating_add(T::WordLife::get().into()));
		let said_before = words.iter().filter(|word| word.action == action).count();
		let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
		let (of, needed) = (count(said_before).saturating_add(1), count(seats.len() / 2).saturating_add(1));
		Self::deposit_event(Event::WordGiven { seat: seat.clone(), action, of, needed });
		if of >= needed {
			words.retain(|word| word.action != action);
			Words::<T>::put(words);
			return Self::perform(action);
		}
		// As many words as there are seats at most: the seat's own of before went.
		words.try_push(Word { seat, action, at: now }).map_err(|_| Error::<T>::TooManySeats)?;
		Words::<T>::put(words);
		Ok(())
	}

	/// That it could be done now, so that no word waits for what cannot be.
	fn ensure_possible(action: &Action<T::Hash>) -> Result<(), Error<T>> {
		match action {
			Action::Pause { subject, blocks } => {
				ensure!((1..=T::MaxPause::get()).contains(blocks), Error::<T>::BadDuration);
				let kept = Self::kept();
				ensure!(!kept.iter().any(|pause| pause.subject.overlaps(subject)), Error::<T>::PausedLately);
				ensure!(kept.len() < T::MaxPauses::get() as usize, Error::<T>::TooManyPauses);
			},
			Action::Resume { subject } => ensure!(Self::paused().contains(subject), Error::<T>::NotPaused),
			Action::Veto { code_hash } => Self::ensure_announced(*code_hash)?,
		}
		Ok(())
	}

	fn perform(action: Action<T::Hash>) -> DispatchResult {
		match action {
			Action::Pause { subject, blocks } => {
				let from = frame_system::Pallet::<T>::block_number();
				let until = from.saturating_add(blocks.into());
				let again = until.saturating_add(blocks.into());
				let mut pauses = Self::kept();
				pauses.try_push(Pause { subject, from, until, again }).map_err(|_| Error::<T>::TooManyPauses)?;
				Pauses::<T>::put(pauses);
				Self::deposit_event(Event::Paused { subject, until, again });
				Ok(())
			},
			Action::Resume { subject } => Self::end_pause(subject),
			Action::Veto { code_hash } => Self::veto(code_hash),
		}
	}

	/// That this upgrade is the announced one.
	fn ensure_announced(code_hash: T::Hash) -> Result<(), Error<T>> {
		let announced = Announced::<T>::get().is_some_and(|upgrade| upgrade.code_hash == code_hash);
		ensure!(announced, Error::<T>::NotAnnounced);
		Ok(())
	}

	/// The pauses whose time, and the time after it, is not over.
	fn kept() -> frame_support::BoundedVec<Pause<BlockNumberFor<T>>, T::MaxPauses> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut pauses = Pauses::<T>::get();
		pauses.retain(|pause| now < pause.again);
		pauses
	}

	/// Ends a pause. It counts as long as it lasted.
	pub(crate) fn end_pause(subject: Subject) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		Pauses::<T>::try_mutate(|pauses| {
			let pause = pauses.iter_mut().find(|pause| pause.subject == subject && now < pause.until);
			let pause = pause.ok_or(Error::<T>::NotPaused)?;
			pause.until = now;
			pause.again = now.saturating_add(now.saturating_sub(pause.from));
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::Resumed { subject });
		Ok(())
	}

	pub(crate) fn veto(code_hash: T::Hash) -> DispatchResult {
		Self::ensure_announced(code_hash)?;
		Announced::<T>::kill();
		Self::deposit_event(Event::UpgradeVetoed { code_hash });
		Ok(())
	}
}
