//! The types of this node: its blocks, client, database and pool.

use busbar_runtime::apis::RuntimeApi;
use sc_transaction_pool::TransactionPoolHandle;
use sp_runtime::traits::Block as BlockT;

pub use busbar_runtime::opaque::Block;

/// Hash of a block.
pub type Hash = <Block as BlockT>::Hash;
/// A transaction, or an inherent, as bytes.
pub type Extrinsic = <Block as BlockT>::Extrinsic;
/// Whose a transaction is.
pub type Sender = busbar_primitives::waiting::Sender<busbar_runtime::AccountId>;
/// Executes the runtime.
pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// Executes it for the node, and within bounds for those who ask the node.
pub type BoundedExecutor = crate::readers::Readers<Executor>;
/// The client of a node: state, blocks and the runtime's APIs.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, BoundedExecutor>;
/// The database.
pub type Backend = sc_service::TFullBackend<Block>;
/// The transactions that wait for a block.
pub type Pool = TransactionPoolHandle<Block, Client>;
