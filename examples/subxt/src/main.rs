//! A first order with subxt in its dynamic form, which takes all types from the chain's metadata.

use std::{env, error::Error, str::FromStr, time::Duration};
use subxt::{
	dynamic::{self, At, Value},
	ext::frame_decode::runtime_apis::IntoEncodableValues,
	OnlineClient, SubstrateConfig,
};
use subxt_signer::{sr25519::Keypair, SecretUri};

type Answer<T> = Result<T, Box<dyn Error>>;

/// What the chain says at its newest finalised block.
async fn ask(api: &OnlineClient<SubstrateConfig>, method: &str, arguments: impl IntoEncodableValues) -> Answer<Value> {
	let call = dynamic::runtime_api_call::<_, Value>("EnergyApi", method, arguments);
	Ok(api.at_current_block().await?.runtime_apis().call(call).await?)
}

/// A number somewhere in an answer.
fn number(value: Option<&Value>) -> Answer<u32> {
	Ok(u32::try_from(value.and_then(Value::as_u128).ok_or("the answer has no such number")?)?)
}

#[tokio::main]
async fn main() -> Answer<()> {
	let api = OnlineClient::from_insecure_url(env::var("BUSBAR_URL").unwrap_or("ws://127.0.0.1:9944".into())).await?;
	let uri = env::var("BUSBAR_SURI").unwrap_or("//busbar//point//0".into());
	let pair = Keypair::from_uri(&SecretUri::from_str(&uri)?)?;

	let clock = ask(&api, "clock", ()).await?;
	let interval = number(clock.at("first_unopened"))?.saturating_sub(1);
	for past in (0..=number(clock.at("current"))?).rev() {
		let prices = ask(&api, "prices", (past, 0u8, 0u32, 256u32)).await?;
		if let Some(price) = prices.at(0).at("result").at("price").at(0) {
			println!("interval {past}: {price} nEUR/Wh at the root");
			break;
		}
	}

	let participant = ask(&api, "participant", (pair.public_key().0,)).await?;
	let point = number(participant.at(0).at("points").at(0))?;
	let step = [("side", Value::unnamed_variant("Buy", [])), ("price", Value::i128(220_000)), ("wh", Value::u128(10))];
	let steps = vec![Value::named_composite(step)];
	let order = dynamic::tx("Market", "place", (interval, 0u8, point, steps));
	let mut transactions = api.tx().await?;
	transactions.sign_and_submit_then_watch_default(&order, &pair).await?.wait_for_finalized_success().await?;
	println!("interval {interval}: 10 Wh at 220000 nEUR/Wh ordered at point {point}");

	while ask(&api, "prices", (interval, 0u8, 0u32, 256u32)).await?.at(0).is_none() {
		tokio::time::sleep(Duration::from_secs(1)).await;
	}
	let positions = ask(&api, "positions", (pair.public_key().0, interval, 0u32, 64u32)).await?;
	let held = positions.at(0);
	let position = held.at("position");
	let (bought, sold) = (number(position.at("bought"))?, number(position.at("sold"))?);
	println!("interval {interval}: position of {} Wh", i64::from(bought).saturating_sub(sold.into()));
	Ok(())
}
