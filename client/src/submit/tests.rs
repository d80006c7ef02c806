use super::*;
use crate::fake::Fake;

fn remark() -> RuntimeCall {
	crate::frame_system::Call::remark { remark: vec![1] }.into()
}

async fn start(fake: &Fake) -> (Submitter, Signer) {
	let chain = Chain::over(Arc::new(fake.clone()), Vec::new()).await.unwrap();
	(Submitter::start(chain).await.unwrap(), Signer::from_suri("//Alice").unwrap())
}

/// Waits until something is so.
async fn until(mut condition: impl FnMut() -> bool) {
	let waited = tokio::time::timeout(Duration::from_secs(20), async {
		while !condition() {
			sleep(Duration::from_millis(5)).await;
		}
	});
	waited.await.expect("it is never so");
}

/// The nonce that a transaction carries: behind format, address, signature and era.
fn nonce_of(transaction: &[u8]) -> u32 {
	use codec::{Compact, Decode};
	let inner = Vec::<u8>::decode(&mut &transaction[..]).unwrap();
	Compact::<u32>::decode(&mut &inner[1 + 33 + 65 + 2..]).unwrap().0
}

#[tokio::test]
async fn a_transaction_is_followed_to_inclusion_and_finality() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	let (first, second) =
		(submitter.submit(&signer, remark()).await.unwrap(), submitter.submit(&signer, remark()).await.unwrap());
	let block = fake.author(fake.handed_in());
	assert_eq!(first.included().await.unwrap().block, (block, fake.hash(block)));
	fake.finalise(block);
	assert_eq!(second.finalised().await.unwrap().block, (block, fake.hash(block)));
	assert_eq!(fake.handed_in().iter().map(|bytes| nonce_of(bytes)).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn a_nonce_that_another_program_used_is_read_again() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	for (code, data) in [(1010, "Transaction is outdated"), (1014, "(12 vs 12)"), (1013, "")] {
		fake.refuse(code, data);
	}
	fake.set_nonce(9);
	submitter.submit(&signer, remark()).await.unwrap();
	assert_eq!(fake.asked("system_accountNextIndex"), 4);
	assert_eq!(fake.handed_in().iter().map(|bytes| nonce_of(bytes)).collect::<Vec<_>>(), [9]);
}

#[tokio::test]
async fn a_nonce_that_is_always_used_ends_in_a_refusal() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	(0..100).for_each(|_| fake.refuse(1014, "(12 vs 12)"));
	let error = submitter.submit(&signer, remark()).await.err().unwrap();
	assert!(matches!(error, Error::NotTaken { .. }), "{error}");
	assert_eq!(fake.asked("author_submitExtrinsic"), NONCES + 1);
}

#[tokio::test]
async fn a_budget_that_is_spent_is_waited_for() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	fake.refuse(1002, "Custom error: 6. The budget");
	fake.refuse(1002, "Custom error: 8. Too many");
	let task = tokio::spawn({
		let (submitter, signer) = (submitter.clone(), signer.clone());
		async move { submitter.submit(&signer, remark()).await.map(|_| ()) }
	});
	for block in 1..=2 {
		until(|| fake.asked("author_submitExtrinsic") == block).await;
		sleep(Duration::from_millis(20)).await;
		assert_eq!(fake.asked("author_submitExtrinsic"), block, "it did not wait for a block");
		fake.author(Vec::new());
	}
	task.await.unwrap().unwrap();
	assert_eq!(fake.asked("author_submitExtrinsic"), 3);
}

#[tokio::test]
async fn another_refusal_is_told_at_once() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	fake.refuse(1010, "Invalid signing address");
	let error = submitter.submit(&signer, remark()).await.err().unwrap();
	assert!(error.to_string().contains("it is no active participant"), "{error}");
	assert_eq!(fake.asked("author_submitExtrinsic"), 1);
}

#[tokio::test]
async fn after_a_break_the_same_bytes_are_handed_in_again_and_taken_once() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	fake.lose_answer();
	fake.refuse(1013, "");
	let sent = submitter.submit(&signer, remark()).await.unwrap();
	assert_eq!(fake.asked("author_submitExtrinsic"), 2);
	assert_eq!(fake.handed_in().len(), 1);
	fake.finalise(fake.author(fake.handed_in()));
	sent.finalised().await.unwrap();
}

#[tokio::test]
async fn what_an_upgrade_overtakes_is_signed_once_more_with_its_nonce() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	let mut sent = Vec::new();
	for _ in 0..3 {
		sent.push(submitter.submit(&signer, remark()).await.unwrap());
	}
	let before = fake.handed_in();
	// The first is in the very block that sets the code; the pool holds the others for a moment longer.
	(0..3).for_each(|_| fake.refuse(1014, "(12 vs 12)"));
	let block = fake.upgrade(2, vec![before[0].clone()]);
	assert_eq!(sent.remove(0).included().await.unwrap().block.0, block);
	until(|| submitter.chain().runtime().version().spec_version == 2).await;
	sleep(Duration::from_millis(50)).await;
	assert_eq!(fake.handed_in().len(), 3, "signed for a version that most nodes may not have yet");
	fake.author(Vec::new());
	until(|| fake.handed_in().len() == 5).await;
	let again = fake.handed_in()[3..].to_vec();
	let mut nonces: Vec<u32> = again.iter().map(|bytes| nonce_of(bytes)).collect();
	nonces.sort();
	assert_eq!(nonces, [1, 2]);
	assert!(again.iter().all(|bytes| !before.contains(bytes)));
	// Further blocks do not make it sign them a third time.
	fake.author(Vec::new());
	let last = fake.author(Vec::new());
	submitter.wait(|tip| tip.number == last).await.unwrap();
	sleep(Duration::from_millis(200)).await;
	assert_eq!(fake.handed_in().len(), 5);
	fake.finalise(fake.author(again));
	for sent in sent {
		sent.finalised().await.unwrap();
	}
}

#[tokio::test]
async fn what_is_signed_once_more_waits_for_a_budget_as_what_is_new_does() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	let sent = submitter.submit(&signer, remark()).await.unwrap();
	fake.refuse(1002, "Custom error: 8. Too many");
	fake.refuse(1002, "Custom error: 9. As much");
	// As long as it takes, and not as often as something.
	(0..2 * NONCES).for_each(|_| fake.refuse(1014, "(12 vs 12)"));
	fake.upgrade(2, Vec::new());
	fake.author(Vec::new());
	until(|| fake.handed_in().len() == 2).await;
	let again = fake.handed_in()[1].clone();
	assert_eq!(nonce_of(&again), 0);
	fake.finalise(fake.author(vec![again]));
	sent.finalised().await.unwrap();
}

#[tokio::test]
async fn what_is_submitted_just_after_an_upgrade_is_signed_for_the_new_version() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	// The follower is told only later.
	fake.break_connection(0);
	fake.upgrade(2, Vec::new());
	fake.refuse(1010, "Transaction has a bad signature");
	let task = tokio::spawn({
		let (submitter, signer) = (submitter.clone(), signer.clone());
		async move { submitter.submit(&signer, remark()).await.map(|_| ()) }
	});
	until(|| submitter.chain().runtime().version().spec_version == 2 && fake.is_watched()).await;
	sleep(Duration::from_millis(50)).await;
	assert!(fake.handed_in().is_empty(), "signed for a version that most nodes may not have yet");
	// To the follower, who missed the block that enacted it, this one may have.
	fake.author(Vec::new());
	fake.author(Vec::new());
	task.await.unwrap().unwrap();
	assert_eq!(fake.handed_in().len(), 1);
}

#[tokio::test]
async fn a_bad_signature_without_an_upgrade_is_told() {
	let fake = Fake::new();
	let (submitter, signer) = start(&fake).await;
	fake.refuse(1010, "Transaction has a bad signature");
	let error = submitter.submit(&signer, remark()).await.err().unwrap();
	assert!(error.to_string().contains("bad signature"), "{error}");
}
