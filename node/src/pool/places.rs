//! How many transactions wait at this node, and whose they are.
//!
//! A transaction's place is counted for its account, its participant and its provider's members. It goes with the transaction's
//! bytes: for whatever reason the pool lets go of them (they are in a block, gave way to others, are good no more, another one took
//! their nonce), with the last copy the place is free. Nothing is searched for, and nothing has to be told.
//!
//! What a block that is retracted gives back to the pool is not counted again: it was paid for, and it is no more than a block.

use crate::types::{Extrinsic, Sender};
use busbar_primitives::{refusals::Refusal, waiting::Room, ParticipantId};
use busbar_runtime::AccountId;
use bytes::Bytes;
use codec::Encode;
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// Of whom what waits is counted together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Whose {
	/// Of a participant, by all its accounts.
	Participant(ParticipantId),
	/// The same, of what helps against misuse.
	Remedies(ParticipantId),
	/// Of all members that one provider admitted.
	Provider(ParticipantId),
}

/// How much of what is counted together waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Taken {
	all: Room,
	/// Of these, behind a gap.
	gap: Room,
}

/// A transaction that waits.
#[derive(Debug)]
struct Waiting {
	id: u64,
	nonce: u32,
	bytes: u64,
	whose: Vec<Whose>,
	/// Whether others that come before it were missing when its account sent something last.
	gap: bool,
}

#[derive(Debug, Default)]
struct Counts {
	/// Names the next transaction.
	next: u64,
	/// A few each.
	accounts: HashMap<AccountId, Vec<Waiting>>,
	taken: HashMap<Whose, Taken>,
}

/// Of whom a sender's transactions are counted, in what room, and how much of it may wait behind gaps.
fn rooms(sender: &Sender) -> Vec<(Whose, Room, Option<Room>, Refusal)> {
	let rooms = &sender.rooms;
	if sender.remedy {
		return vec![(Whose::Remedies(sender.participant), rooms.remedies, None, Refusal::NoPlace)];
	}
	let own = Whose::Participant(sender.participant);
	let own = (own, rooms.participant, Some(rooms.participant_gap), Refusal::NoPlace);
	let provider = sender.provider.map(|provider| {
		(Whose::Provider(provider), rooms.provider, Some(rooms.provider_gap), Refusal::NoPlaceOfProvider)
	});
	[own].into_iter().chain(provider).collect()
}

/// Whether something is missing that comes before a nonce. Ends at the first that is, and few are not.
fn is_behind_gap(waiting: &[Waiting], next: u32, nonce: u32) -> bool {
	(next..nonce).any(|before| waiting.iter().all(|waiting| waiting.nonce != before))
}

impl Counts {
	/// That there is room for one more.
	fn ensure(&self, sender: &Sender, bytes: u64) -> Result<(), Refusal> {
		let waiting = self.accounts.get(&sender.account).map_or(&[][..], Vec::as_slice);
		if waiting.len() >= usize::try_from(sender.rooms.account).unwrap_or(usize::MAX) {
			return Err(Refusal::NoPlace);
		}
		let is_behind_gap = is_behind_gap(waiting, sender.next, sender.nonce);
		for (whose, room, gap, refusal) in rooms(sender) {
			let taken = self.taken.get(&whose).copied().unwrap_or_default();
			if !taken.all.with(bytes).fits(&room) {
				return Err(refusal);
			}
			if is_behind_gap && gap.is_some_and(|gap| !taken.gap.with(bytes).fits(&gap)) {
				return Err(Refusal::NoPlaceBehindGaps);
			}
		}
		Ok(())
	}

	/// Takes a place and names it.
	fn take(&mut self, sender: &Sender, bytes: u64) -> Result<u64, Refusal> {
		self.ensure(sender, bytes)?;
		let id = self.next;
		self.next = id.wrapping_add(1);
		let whose: Vec<Whose> = rooms(sender).into_iter().map(|(whose, ..)| whose).collect();
		for whose in &whose {
			let taken = self.taken.entry(*whose).or_default();
			*taken = Taken { all: taken.all.with(bytes), gap: taken.gap.with(bytes) };
		}
		let waiting = self.accounts.entry(sender.account.clone()).or_default();
		waiting.push(Waiting { id, nonce: sender.nonce, bytes, whose, gap: true });
		// It may be what others waited for.
		let closed: Vec<usize> = (0..waiting.len())
			.filter(|at| waiting[*at].gap && !is_behind_gap(waiting, sender.next, waiting[*at].nonce))
			.collect();
		for at in closed {
			let Some(closed) = waiting.get_mut(at) else { continue };
			closed.gap = false;
			for whose in &closed.whose {
				let taken = self.taken.entry(*whose).or_default();
				taken.gap = taken.gap.without(closed.bytes);
			}
		}
		Ok(id)
	}

	/// Frees a place.
	fn leave(&mut self, account: &AccountId, id: u64) {
		let Some(waiting) = self.accounts.get_mut(account) else { return };
		let Some(at) = waiting.iter().position(|waiting| waiting.id == id) else { return };
		let gone = waiting.swap_remove(at);
		if waiting.is_empty() {
			self.accounts.remove(account);
		}
		for whose in &gone.whose {
			let Some(taken) = self.taken.get_mut(whose) else { continue };
			taken.all = taken.all.without(gone.bytes);
			if gone.gap {
				taken.gap = taken.gap.without(gone.bytes);
			}
			if *taken == Taken::default() {
				self.taken.remove(whose);
			}
		}
	}
}

/// The transactions that have a place.
#[derive(Debug, Default)]
pub struct Places(Mutex<Counts>);

impl Places {
	fn counts(&self) -> MutexGuard<'_, Counts> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// A place for a sender's transaction of so many bytes, if there is room. It is not taken yet, because nobody has looked at
	/// the signature.
	///
	/// # Errors
	/// Why there is no room.
	pub fn find(self: &Arc<Self>, sender: Sender, bytes: u64) -> Result<Place, Refusal> {
		self.counts().ensure(&sender, bytes)?;
		Ok(Place { places: self.clone(), sender, bytes, id: OnceLock::new() })
	}

	/// How many transactions have a place.
	#[cfg(test)]
	pub fn len(&self) -> usize {
		let counts = self.counts();
		assert!(!counts.accounts.is_empty() || counts.taken.is_empty(), "something is counted of nobody");
		counts.accounts.values().map(Vec::len).sum()
	}
}

/// A place, which is free when this is dropped.
#[derive(Debug)]
pub struct Place {
	places: Arc<Places>,
	sender: Sender,
	bytes: u64,
	/// Its name, once it is taken.
	id: OnceLock<u64>,
}

impl Place {
	/// Takes it.
	///
	/// # Errors
	/// Why there is no room any more.
	pub fn take(&self) -> Result<(), Refusal> {
		let id = self.places.counts().take(&self.sender, self.bytes)?;
		self.id.set(id).map_err(|id| {
			self.places.counts().leave(&self.sender.account, id);
			Refusal::NoPlace
		})
	}
}

impl Drop for Place {
	fn drop(&mut self) {
		if let Some(id) = self.id.get() {
			self.places.counts().leave(&self.sender.account, *id);
		}
	}
}

/// A transaction's bytes, and with them its place.
struct Kept {
	encoded: Vec<u8>,
	_place: Arc<Place>,
}

impl AsRef<[u8]> for Kept {
	fn as_ref(&self) -> &[u8] {
		&self.encoded
	}
}

/// The same transaction, in bytes that keep its place as long as anybody has them.
pub fn in_place(transaction: &Extrinsic, place: Arc<Place>) -> Extrinsic {
	let bytes = Bytes::from_owner(Kept { encoded: transaction.encode(), _place: place });
	codec::decode_from_bytes(bytes).expect("what was encoded is decoded; qed")
}

#[cfg(test)]
mod tests {
	use super::*;
	use busbar_primitives::waiting::Rooms;

	const ROOMS: Rooms = Rooms {
		account: 4,
		participant: Room::new(6, 600),
		participant_gap: Room::new(2, 150),
		remedies: Room::new(1, 100),
		provider: Room::new(9, 900),
		provider_gap: Room::new(3, 300),
	};

	/// The `account`th account's transaction, of a participant that a provider admitted.
	fn sender(account: u8, participant: u8, provider: Option<u8>, nonce: u32) -> Sender {
		let of = |number: u8| ParticipantId([number; 16]);
		let (account, provider) = ([account; 32].into(), provider.map(of));
		Sender { account, nonce, next: 0, participant: of(participant), provider, remedy: false, rooms: ROOMS }
	}

	fn take(places: &Arc<Places>, sender: Sender, bytes: u64) -> Result<Place, Refusal> {
		let place = places.find(sender, bytes)?;
		place.take()?;
		Ok(place)
	}

	#[test]
	fn an_account_a_participant_with_its_delegates_and_a_providers_members_have_so_many_places_and_no_more() {
		let places = Arc::new(Places::default());
		let mut held: Vec<_> =
			(0..4).map(|nonce| take(&places, sender(1, 1, Some(9), nonce), 10).expect("room")).collect();
		assert_eq!(take(&places, sender(1, 1, Some(9), 4), 10).err(), Some(Refusal::NoPlace));
		// A delegate's are its participant's.
		held.extend((0..2).map(|nonce| take(&places, sender(2, 1, Some(9), nonce), 10).expect("room")));
		assert_eq!(take(&places, sender(2, 1, Some(9), 2), 10).err(), Some(Refusal::NoPlace));
		// Others of the same provider have what is left, others have their own.
		held.extend((0..3).map(|nonce| take(&places, sender(3, 3, Some(9), nonce), 10).expect("room")));
		assert_eq!(take(&places, sender(4, 4, Some(9), 0), 10).err(), Some(Refusal::NoPlaceOfProvider));
		assert!(
			take(&places, sender(4, 4, Some(8), 0), 10).is_ok() && take(&places, sender(4, 4, None, 0), 10).is_ok()
		);
		assert_eq!(places.len(), held.len());
		held.pop();
		assert!(take(&places, sender(4, 4, Some(9), 0), 10).is_ok());
		held.clear();
		assert_eq!(places.len(), 0);
	}

	#[test]
	fn bytes_are_bounded_as_transactions_are() {
		let places = Arc::new(Places::default());
		let held = take(&places, sender(1, 1, Some(9), 0), 599).expect("room");
		assert_eq!(take(&places, sender(2, 1, Some(9), 0), 2).err(), Some(Refusal::NoPlace));
		assert_eq!(take(&places, sender(3, 3, Some(9), 0), 302).err(), Some(Refusal::NoPlaceOfProvider));
		drop(held);
		assert!(take(&places, sender(3, 3, Some(9), 0), 302).is_ok());
	}

	#[test]
	fn few_wait_behind_gaps_until_what_is_missing_comes() {
		let places = Arc::new(Places::default());
		let mut held: Vec<_> =
			[1, 2].map(|nonce| take(&places, sender(1, 1, Some(9), nonce), 10).expect("room")).into();
		// Two with one nonce are two.
		for nonce in [1, 3, u32::MAX] {
			let refused = take(&places, sender(1, 1, Some(9), nonce), 10).err();
			assert_eq!(refused, Some(Refusal::NoPlaceBehindGaps));
		}
		held.push(take(&places, sender(2, 2, Some(9), 1), 10).expect("room"));
		assert_eq!(
			take(&places, sender(3, 3, Some(9), 1), 10).err(),
			Some(Refusal::NoPlaceBehindGaps),
			"the provider's"
		);
		assert_eq!(take(&places, sender(4, 4, None, 1), 151).err(), Some(Refusal::NoPlaceBehindGaps), "bytes");
		// What was missing closes the gap of all behind it.
		held.push(take(&places, sender(1, 1, Some(9), 0), 10).expect("what is next waits behind nothing"));
		held.push(take(&places, sender(1, 1, Some(9), 3), 10).expect("it follows"));
		held.push(take(&places, sender(3, 3, Some(9), 1), 10).expect("others may wait"));
		held.clear();
		assert_eq!(places.len(), 0);
	}

	#[test]
	fn a_remedy_has_its_place_whatever_else_waits() {
		let places = Arc::new(Places::default());
		let held: Vec<_> = (0..6).map(|n| take(&places, sender(1 + n / 3, 1, Some(9), (n % 3).into()), 100)).collect();
		assert!(held.iter().all(Result::is_ok));
		assert_eq!(take(&places, sender(3, 1, Some(9), 0), 1).err(), Some(Refusal::NoPlace));
		let remedy = |account| Sender { remedy: true, ..sender(account, 1, Some(9), 0) };
		let kept = take(&places, remedy(3), 100).expect("a share of its own");
		assert_eq!(take(&places, remedy(4), 1).err(), Some(Refusal::NoPlace));
		drop(kept);
		assert!(take(&places, remedy(4), 1).is_ok());
	}

	#[test]
	fn who_only_claims_to_be_somebody_takes_nothing() {
		let places = Arc::new(Places::default());
		let found: Vec<_> = (0..100).map(|_| places.find(sender(1, 1, Some(9), 0), 600).expect("room")).collect();
		assert_eq!(places.len(), 0);
		// Of those that were looked at together only what fits is taken.
		assert_eq!(found.iter().filter(|place| place.take().is_ok()).count(), 1);
	}

	#[test]
	fn a_place_is_free_when_the_last_copy_of_its_bytes_is_gone() {
		let places = Arc::new(Places::default());
		let place = Arc::new(places.find(sender(1, 1, None, 0), 10).expect("room"));
		let transaction = Extrinsic::from_blob(vec![1, 2, 3]);
		let kept = in_place(&transaction, place.clone());
		assert_eq!((&kept, kept.encode()), (&transaction, transaction.encode()));
		place.take().expect("room");
		drop(place);
		let copy = kept.clone();
		drop(kept);
		assert_eq!(places.len(), 1);
		drop(copy);
		assert_eq!(places.len(), 0);
	}
}
