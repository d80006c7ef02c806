//! A made-up chain and the real pool over it.

use super::*;
use busbar_primitives::{
	waiting::{Room, Rooms},
	ParticipantId,
};
use codec::Decode;
use sc_transaction_pool::{BasicPool, ChainApi, Options, PoolLimit, ValidateTransactionPriority};
use sp_blockchain::{HashAndNumber, TreeRoute};
use sp_runtime::{
	generic::BlockId,
	traits::{BlakeTwo256, Block as BlockT, Hash as _, Header as _},
	transaction_validity::{TransactionValidity, UnknownTransaction, ValidTransaction},
};
use std::sync::Mutex;

type Header = <Block as BlockT>::Header;

/// What the runtime says of a member.
pub const ROOMS: Rooms = Rooms {
	account: 16,
	participant: Room::new(64, 256 << 10),
	participant_gap: Room::new(16, 64 << 10),
	remedies: Room::new(16, 4 << 20),
	provider: Room::new(1_024, 2 << 20),
	provider_gap: Room::new(256, 512 << 10),
};

/// A transaction of the made-up chain.
#[derive(Clone, Encode, Decode)]
pub struct Sent {
	pub account: u16,
	pub nonce: u32,
	pub priority: u64,
	pub remedy: bool,
	pub signed_well: bool,
}

pub fn sent(account: u16, nonce: u32, priority: u64) -> Sent {
	Sent { account, nonce, priority, remedy: false, signed_well: true }
}

impl Sent {
	pub fn bytes(&self) -> Extrinsic {
		Extrinsic::from_blob(self.encode())
	}

	pub fn of(bytes: &Extrinsic) -> Self {
		Self::decode(&mut bytes.inner()).expect("this chain has no others")
	}
}

/// Blocks in a row, of which the hash says the number.
#[derive(Default)]
pub struct Chain {
	/// In which block an account's next number became which.
	pub nonces: Mutex<Vec<(u32, u16, u32)>>,
	bodies: Mutex<HashMap<u32, Vec<Extrinsic>>>,
}

pub fn hash(number: u32) -> Hash {
	Hash::from_low_u64_be(number.into())
}

fn number(hash: Hash) -> u32 {
	u32::try_from(hash.to_low_u64_be()).expect("a number of a block")
}

impl Chain {
	/// What the chain takes next of an account at a block.
	fn next(&self, account: u16, at: u32) -> u32 {
		let nonces = self.nonces.lock().expect("nobody panics");
		let of = nonces.iter().filter(|(block, of, _)| *block <= at && *of == account);
		of.map(|(.., next)| *next).max().unwrap_or_default()
	}

	/// A block in which these are.
	fn include(&self, number: u32, body: &[Sent]) {
		for sent in body {
			self.nonces.lock().expect("nobody panics").push((number, sent.account, sent.nonce + 1));
		}
		self.bodies.lock().expect("nobody panics").insert(number, body.iter().map(Sent::bytes).collect());
	}

	fn validity(&self, sent: &Sent, at: u32) -> TransactionValidity {
		let next = self.next(sent.account, at);
		if !sent.signed_well {
			return Err(InvalidTransaction::BadProof.into());
		}
		if sent.nonce < next {
			return Err(InvalidTransaction::Stale.into());
		}
		let before = (sent.nonce > next).then(|| (sent.account, sent.nonce - 1).encode());
		let (requires, provides) = (before.into_iter().collect(), vec![(sent.account, sent.nonce).encode()]);
		Ok(ValidTransaction { priority: sent.priority, requires, provides, ..Default::default() })
	}
}

#[async_trait]
impl ChainApi for Chain {
	type Block = Block;
	type Error = Inner;

	async fn validate_transaction(
		&self,
		at: Hash,
		source: TransactionSource,
		transaction: Arc<Extrinsic>,
		_: ValidateTransactionPriority,
	) -> Result<TransactionValidity, Inner> {
		// Others come meanwhile.
		tokio::task::yield_now().await;
		self.validate_transaction_blocking(at, source, transaction)
	}

	fn validate_transaction_blocking(
		&self,
		at: Hash,
		_: TransactionSource,
		transaction: Arc<Extrinsic>,
	) -> Result<TransactionValidity, Inner> {
		Ok(self.validity(&Sent::of(&transaction), number(at)))
	}

	fn block_id_to_number(&self, at: &BlockId<Block>) -> Result<Option<u32>, Inner> {
		Ok(Some(match at {
			BlockId::Hash(hash) => number(*hash),
			BlockId::Number(number) => *number,
		}))
	}

	fn block_id_to_hash(&self, at: &BlockId<Block>) -> Result<Option<Hash>, Inner> {
		self.block_id_to_number(at).map(|number| number.map(hash))
	}

	fn hash_and_length(&self, transaction: &Extrinsic) -> (Hash, usize) {
		let encoded = transaction.encode();
		(BlakeTwo256::hash(&encoded), encoded.len())
	}

	async fn block_body(&self, at: Hash) -> Result<Option<Vec<Extrinsic>>, Inner> {
		Ok(self.bodies.lock().expect("nobody panics").get(&number(at)).cloned())
	}

	fn block_header(&self, at: Hash) -> Result<Option<Header>, Inner> {
		let parent = hash(number(at).saturating_sub(1));
		Ok(Some(Header::new(number(at), Hash::zero(), Hash::zero(), parent, Default::default())))
	}

	fn tree_route(&self, from: Hash, to: Hash) -> Result<TreeRoute<Block>, Inner> {
		let route = (number(from)..=number(to)).map(|number| HashAndNumber { hash: hash(number), number });
		TreeRoute::new(route.collect(), 0)
			.map_err(|_| PoolError::UnknownTransaction(UnknownTransaction::CannotLookup).into())
	}
}

/// The provider that admitted who has an account.
fn provider(account: u16) -> Option<ParticipantId> {
	let provider = u8::try_from(account / 1_000).expect("few providers");
	(provider > 0).then_some(ParticipantId([provider; 16]))
}

pub fn sender(chain: &Chain, sent: &Sent, rooms: Rooms) -> Sender {
	let mut bytes = [0; 32];
	bytes[..2].copy_from_slice(&sent.account.to_le_bytes());
	let participant = ParticipantId(bytes[..16].try_into().expect("sixteen"));
	let (provider, next) = (provider(sent.account), chain.next(sent.account, u32::MAX));
	Sender { account: bytes.into(), nonce: sent.nonce, next, participant, provider, remedy: sent.remedy, rooms }
}

pub type Basic = BasicPool<Chain, Block>;

pub struct World {
	pub chain: Arc<Chain>,
	pub basic: Arc<Basic>,
	pub pool: FairPool<Basic>,
}

/// A pool with room for so many transactions, and so much of it for each.
pub fn world(count: usize, rooms: Rooms) -> World {
	let chain = Arc::new(Chain::default());
	let limit = PoolLimit { count, total_bytes: 20 << 20 };
	let options = Options { ready: limit.clone(), future: limit, ..Default::default() };
	let (basic, revalidation) = Basic::new_test(chain.clone(), hash(0), hash(0), options);
	tokio::spawn(revalidation);
	let (asked, basic) = (chain.clone(), Arc::new(basic));
	let ask: Ask = Arc::new(move |_, transaction| {
		let sender = sender(&asked, &Sent::of(&transaction), rooms);
		async move { Some(sender) }.boxed()
	});
	World { chain, pool: FairPool::for_peers(basic.clone(), ask).for_rpc(), basic }
}

pub const SOURCE: TransactionSource = TransactionSource::External;

impl World {
	pub async fn send(&self, sent: &Sent) -> Result<Hash, Error> {
		self.pool.submit_one(hash(0), SOURCE, sent.bytes()).await
	}

	/// Sends what must be taken.
	pub async fn taken(&self, sent: &Sent) -> Hash {
		self.send(sent).await.unwrap_or_else(|error| panic!("it is refused: {error}"))
	}

	/// A new best block in which these are.
	pub async fn block(&self, number: u32, body: &[Sent]) {
		self.chain.include(number, body);
		self.pool.maintain(ChainEvent::NewBestBlock { hash: hash(number), tree_route: None }).await;
	}

	pub fn places(&self) -> usize {
		self.pool.places.len()
	}

	pub fn waiting(&self) -> usize {
		let PoolStatus { ready, future, .. } = self.pool.status();
		ready + future
	}
}
