use super::*;
use crate::fake::Fake;
use std::sync::Arc;

async fn chain(fake: &Fake) -> Chain {
	Chain::over(Arc::new(fake.clone()), Vec::new()).await.unwrap()
}

#[tokio::test]
async fn blocks_are_told_once_and_in_order_from_where_one_wants() {
	let fake = Fake::new();
	(0..10).for_each(|_| {
		fake.author(Vec::new());
	});
	fake.finalise(7);
	let mut blocks = Finalised::start(chain(&fake).await, Some(3)).await.unwrap();
	for number in 3..=7 {
		assert_eq!(blocks.next().await.unwrap(), (number, fake.hash(number)));
	}
	fake.finalise(9);
	for number in 8..=9 {
		assert_eq!(blocks.next().await.unwrap(), (number, fake.hash(number)));
	}
}

#[tokio::test]
async fn what_is_finalised_while_the_connection_is_broken_is_told_afterwards() {
	let fake = Fake::new();
	let mut blocks = Finalised::start(chain(&fake).await, None).await.unwrap();
	assert_eq!(blocks.next().await.unwrap().0, 0);
	for round in 0..3u32 {
		fake.break_connection(3);
		(0..4).for_each(|_| {
			fake.author(Vec::new());
		});
		let first = round * 4 + 1;
		// Nobody is told of these; the next head after the reconnection shows that they are there.
		fake.finalise(first + 2);
		let reconnected = async {
			while !fake.is_followed() {
				sleep(Duration::from_millis(5)).await;
			}
			fake.finalise(first + 3);
		};
		let (told, ()) = tokio::join!(blocks.next(), reconnected);
		assert_eq!(told.unwrap(), (first, fake.hash(first)));
		for number in first + 1..=first + 3 {
			assert_eq!(blocks.next().await.unwrap(), (number, fake.hash(number)));
		}
	}
}
