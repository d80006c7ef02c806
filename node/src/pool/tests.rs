//! Who gets a place in the pool, and when it is free again.

use super::{
	fake::{hash, sender, sent, world, Sent, ROOMS, SOURCE},
	*,
};
use busbar_primitives::waiting::{Room, Rooms};

/// What a refusal of the node's own is.
fn refusal<T>(result: Result<T, Error>) -> Option<Refusal> {
	match result {
		Err(Error::Refused(refusal)) => Some(refusal),
		_ => None,
	}
}

#[tokio::test]
async fn what_is_in_a_block_frees_its_place() {
	let world = world(8, ROOMS);
	let all = [0, 1, 2].map(|nonce| sent(1, nonce, 1));
	for each in &all {
		world.taken(each).await;
	}
	assert_eq!((world.places(), world.waiting()), (3, 3));
	world.block(1, &all[..2]).await;
	assert_eq!((world.places(), world.waiting()), (1, 1));
	world.block(2, &all[2..]).await;
	assert_eq!((world.places(), world.waiting()), (0, 0));
}

#[tokio::test]
async fn what_another_transaction_in_a_block_outdates_frees_its_place() {
	let world = world(8, ROOMS);
	world.taken(&sent(1, 0, 1)).await;
	// Sent to another node: the same nonce, other bytes.
	world.block(1, &[sent(1, 0, 9)]).await;
	assert_eq!((world.places(), world.waiting()), (0, 0));
}

#[tokio::test]
async fn what_gives_way_in_a_full_pool_frees_its_place_and_what_finds_none_takes_none() {
	let world = world(2, ROOMS);
	for account in 1..4 {
		world.taken(&sent(account, 0, account.into())).await;
	}
	assert_eq!((world.places(), world.waiting()), (2, 2));
	assert!(world.send(&sent(4, 0, 0)).await.is_err(), "it is the worst of all");
	assert_eq!((world.places(), world.waiting()), (2, 2));
}

#[tokio::test]
async fn what_a_better_one_with_its_nonce_replaces_frees_its_place() {
	let world = world(8, ROOMS);
	world.taken(&sent(1, 0, 1)).await;
	world.taken(&sent(1, 0, 2)).await;
	assert_eq!((world.places(), world.waiting()), (1, 1));
	assert!(world.send(&sent(1, 0, 1)).await.is_err(), "it is worse than what waits");
	assert_eq!((world.places(), world.waiting()), (1, 1));
}

#[tokio::test]
async fn what_is_reported_invalid_frees_its_place_with_all_that_waits_for_it() {
	let world = world(8, ROOMS);
	let first = world.taken(&sent(1, 0, 1)).await;
	world.taken(&sent(1, 1, 1)).await;
	world.taken(&sent(2, 0, 1)).await;
	drop(world.pool.report_invalid(None, TxInvalidityReportMap::from_iter([(first, None)])).await);
	assert_eq!((world.places(), world.waiting()), (1, 1));
}

#[tokio::test]
async fn what_is_good_no_more_when_the_pool_looks_again_frees_its_place() {
	let world = world(8, ROOMS);
	world.taken(&sent(1, 0, 1)).await;
	world.chain.nonces.lock().expect("nobody panics").push((1, 1, 1));
	world.block(1, &[]).await;
	for _ in 0..100 {
		if world.waiting() == 0 {
			break;
		}
		tokio::time::sleep(Duration::from_millis(100)).await;
	}
	assert_eq!((world.places(), world.waiting()), (0, 0));
}

#[tokio::test]
async fn what_is_badly_signed_takes_no_place_whoever_it_names() {
	let world = world(8, ROOMS);
	for nonce in 0..100 {
		let forged = Sent { signed_well: false, ..sent(1, nonce % 16, 1) };
		let refused = world.send(&Sent { priority: nonce.into(), ..forged }).await;
		assert!(refused.is_err() && world.places() == 0);
	}
	world.taken(&sent(1, 0, 1)).await;
}

#[tokio::test]
async fn what_waits_behind_a_gap_keeps_its_place_until_it_is_in_a_block() {
	let world = world(64, ROOMS);
	// An account has one place for each nonce, but may send two with the same that is not next.
	for nonce in 1..16 {
		world.taken(&sent(1, nonce, 1)).await;
	}
	world.taken(&sent(1, 15, 2)).await;
	assert_eq!(refusal(world.send(&sent(1, 14, 2)).await), Some(Refusal::NoPlace));
	assert_eq!((world.places(), world.waiting()), (16, 16));
	let status = world.pool.status();
	assert_eq!((status.ready, status.future), (0, 16));
	let all: Vec<_> = (0..15).map(|nonce| sent(1, nonce, 1)).collect();
	world.block(1, &all).await;
	assert_eq!(world.places(), world.waiting());
	world.block(2, &[sent(1, 15, 1)]).await;
	assert_eq!(world.places(), world.waiting());
}

#[tokio::test]
async fn behind_gaps_one_participant_and_one_providers_members_have_a_quarter_of_their_places() {
	let world = world(2_048, ROOMS);
	// Sixteen of a participant; 256 of a provider's members.
	for account in 1_000..1_016 {
		for nonce in 1..16 {
			world.taken(&sent(account, nonce, 1)).await;
		}
		world.taken(&sent(account, 15, 2)).await;
	}
	assert_eq!(refusal(world.send(&sent(1_016, 1, 1)).await), Some(Refusal::NoPlaceBehindGaps));
	// What is next is taken, and others' wait.
	world.taken(&sent(1_016, 0, 1)).await;
	world.taken(&sent(2_000, 1, 1)).await;
	assert_eq!(world.pool.status().future, 257);
}

#[tokio::test]
async fn a_provider_with_two_hundred_members_cannot_keep_another_providers_member_out_of_a_full_pool() {
	let flood = |account: u16| (0..16).map(move |nonce| sent(account, nonce, 7));
	let honest = sent(2_000, 0, 0);

	// The pool alone is full of what they send, and lets nobody in who has less of a budget left.
	let alone = world(2_048, ROOMS);
	for each in (1_000..1_200).flat_map(flood) {
		let _ = alone.basic.submit_one(hash(0), SOURCE, each.bytes()).await;
	}
	assert_eq!(alone.basic.status().ready, 2_048);
	assert!(alone.basic.submit_one(hash(0), SOURCE, honest.bytes()).await.is_err());

	let shared = world(2_048, ROOMS);
	let (mut taken, mut refused) = (0, 0);
	for each in (1_000..1_200).flat_map(flood) {
		match shared.send(&each).await {
			Ok(_) => taken += 1,
			Err(Error::Refused(Refusal::NoPlaceOfProvider)) => refused += 1,
			Err(other) => panic!("{other}"),
		}
	}
	assert_eq!((taken, refused), (1_024, 200 * 16 - 1_024));
	shared.taken(&honest).await;
	assert_eq!((shared.places(), shared.waiting()), (1_025, 1_025));
}

#[tokio::test]
async fn a_remedy_finds_its_place_where_its_participant_and_provider_have_none() {
	let rooms = Rooms { participant: Room::new(1, 1 << 10), provider: Room::new(1, 1 << 10), ..ROOMS };
	let world = world(8, rooms);
	world.taken(&sent(1_000, 0, 7)).await;
	assert_eq!(refusal(world.send(&sent(1_000, 1, 7)).await), Some(Refusal::NoPlace));
	assert_eq!(refusal(world.send(&sent(1_001, 0, 7)).await), Some(Refusal::NoPlaceOfProvider));
	world.taken(&Sent { remedy: true, ..sent(1_000, 1, 100) }).await;
	world.taken(&Sent { remedy: true, ..sent(1_001, 0, 100) }).await;
}

#[tokio::test]
async fn of_two_that_come_at_the_same_moment_to_the_last_place_one_goes_again() {
	let world = world(8, Rooms { participant: Room::new(1, 1 << 10), ..ROOMS });
	let (first, second) = (sent(1, 0, 1), sent(1, 1, 1));
	let (first, second) = futures::join!(world.send(&first), world.send(&second));
	assert!(first.is_ok());
	assert_eq!(refusal(second), Some(Refusal::NoPlace));
	assert_eq!((world.places(), world.waiting()), (1, 1));
}

#[tokio::test]
async fn a_transaction_that_is_watched_has_its_place_like_any_other() {
	let world = world(8, Rooms { participant: Room::new(1, 1 << 10), ..ROOMS });
	let watch = |sent: Sent| world.pool.submit_and_watch(hash(0), SOURCE, sent.bytes());
	let watched = watch(sent(1, 0, 1)).await;
	assert!(watched.is_ok());
	assert_eq!(refusal(watch(sent(1, 1, 1)).await.map(|_| ())), Some(Refusal::NoPlace));
	world.block(1, &[sent(1, 0, 1)]).await;
	assert_eq!(world.places(), 0);
	let batch = vec![sent(1, 1, 1).bytes(), sent(1, 2, 1).bytes()];
	let results = world.pool.submit_at(hash(1), SOURCE, batch).await.expect("each has its own answer");
	assert!(matches!(&results[..], [Ok(_), Err(Error::Refused(Refusal::NoPlace))]));
}

#[tokio::test]
async fn a_peer_is_not_blamed_for_what_finds_no_place_and_is_for_what_the_chain_refuses() {
	let rooms = Rooms { participant: Room::new(1, 1 << 10), ..ROOMS };
	let world = world(8, rooms);
	let asked = world.chain.clone();
	let ask: Ask = Arc::new(move |_, transaction| {
		let sender = sender(&asked, &Sent::of(&transaction), rooms);
		async move { Some(sender) }.boxed()
	});
	let peers = FairPool::for_peers(world.basic.clone(), ask);
	let send = |sent: Sent| peers.submit_one(hash(0), SOURCE, sent.bytes());
	assert!(send(sent(1, 0, 1)).await.is_ok());
	// The network takes what is no error of the pool for the node's own matter.
	assert!(send(sent(1, 1, 1)).await.is_err_and(|error| error.into_pool_error().is_err()));
	let bad = send(Sent { signed_well: false, ..sent(2, 0, 1) }).await;
	assert!(bad.is_err_and(|error| error.into_pool_error().is_ok()));
	// What is there already is no news.
	let again = send(sent(1, 0, 1)).await.map_err(IntoPoolError::into_pool_error);
	assert!(matches!(again, Err(Ok(PoolError::AlreadyImported(_)))));
	let explained = peers.told(PoolError::InvalidTransaction(Refusal::BudgetSpent.into()).into());
	assert!(explained.into_pool_error().is_ok(), "a peer answers for what no budget pays for");
}

fn refused(reason: InvalidTransaction) -> Error {
	explain(PoolError::InvalidTransaction(reason).into())
}

#[test]
fn a_reason_of_this_chain_is_told_with_number_sentence_remedy_and_page() {
	for refusal in Refusal::ALL {
		let error = refused(refusal.into());
		let text = error.to_string();
		assert!(text.starts_with(&format!("Custom error: {}. ", refusal.code())), "{text}");
		assert!(text.contains(refusal.sentence()) && text.contains(refusal.remedy()), "{text}");
		assert!(format!("{error:?}").contains("docs/refusals.md"));
		assert!(error.into_pool_error().is_err(), "the RPC would answer with the number alone");
	}
}

#[test]
fn every_other_reason_is_answered_as_on_any_chain() {
	let unknown = (0..=u8::MAX).find(|code| Refusal::of(*code).is_none()).expect("some code is free");
	for reason in [InvalidTransaction::BadSigner, InvalidTransaction::Stale, InvalidTransaction::Custom(unknown)] {
		match refused(reason).into_pool_error() {
			Ok(PoolError::InvalidTransaction(told)) => assert_eq!(told, reason),
			other => panic!("{other:?}"),
		}
	}
	assert!(matches!(
		explain(PoolError::ImmediatelyDropped.into()).into_pool_error(),
		Ok(PoolError::ImmediatelyDropped)
	));
}
