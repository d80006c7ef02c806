//! Personal records in a vault: to whom they are open, what is committed to, and the vault's log of accesses.
//!
//! What a vault needs has typed names here; its types are `busbar-primitives`'.

use crate::{
	chain::Chain,
	error::{Error, Result},
	metadata::{find, snapshot, Found, Item, Kind},
	part::Entry,
	RuntimeCall,
};
use busbar_primitives::{
	records::{AccessLog, Fields, Purpose, RecordGrant},
	Interval, ParticipantId,
};
use codec::{DecodeAll, Encode};
use frame_metadata::v14::StorageHasher::Blake2_128Concat;
use sp_core::H256;

/// The pallet that has them.
const OF: &str = "Participants";

/// To whom participants open fields of their records.
pub const RECORD_GRANTS: Entry<(ParticipantId,), Vec<RecordGrant>> =
	Entry::new(OF, "RecordGrants", &[Blake2_128Concat], Some(&[0]));
/// What participants that keep a vault said last of their logs of accesses.
pub const ACCESS_LOGS: Entry<(ParticipantId,), AccessLog<u32>> =
	Entry::new(OF, "AccessLogs", &[Blake2_128Concat], None);

/// Errors of all of them: as [`Chain::read`].
impl Chain {
	/// To whom a participant opens fields of its record.
	pub async fn record_grants(&self, at: H256, owner: ParticipantId) -> Result<Vec<RecordGrant>> {
		Ok(self.read(at, &RECORD_GRANTS, (owner,)).await?.unwrap_or_default())
	}

	/// What a participant that keeps a vault said last of its log of accesses.
	pub async fn access_log(&self, at: H256, keeper: ParticipantId) -> Result<Option<AccessLog<u32>>> {
		self.read(at, &ACCESS_LOGS, (keeper,)).await
	}
}

/// Opens fields of the signer's record.
///
/// # Errors
/// If the snapshot that this program was built from has no such call, as for all of them.
pub fn grant(grant: &RecordGrant) -> Result<RuntimeCall> {
	let RecordGrant { grantee, purpose, fields, from, until } = grant;
	let arguments: (&ParticipantId, &Purpose, &Fields, &Interval, &Interval) = (grantee, purpose, fields, from, until);
	call("grant_record", arguments)
}

/// Closes the signer's record to a participant for a purpose.
///
/// # Errors
/// As [`grant`].
pub fn revoke(grantee: ParticipantId, purpose: Purpose) -> Result<RuntimeCall> {
	call("revoke_record", (grantee, purpose))
}

/// Commits the signer to another record.
///
/// # Errors
/// As [`grant`].
pub fn commit(commitment: H256) -> Result<RuntimeCall> {
	call("set_commitment", (commitment,))
}

/// Publishes how far the log of accesses to the signer's vault has grown.
///
/// # Errors
/// As [`grant`].
pub fn publish(entries: u32, root: H256) -> Result<RuntimeCall> {
	call("publish_access_log", (entries, root))
}

/// A call by its name in the snapshot.
fn call(name: &str, arguments: impl Encode) -> Result<RuntimeCall> {
	let lacks =
		|| Error::Metadata(format!("the snapshot of the metadata has no call {OF}.{name}: scripts/metadata --accept"));
	let item = Item::new(Kind::Call, OF, name);
	let Some(Found::Variant(pallet, variant)) = find(snapshot(), &item) else { return Err(lacks()) };
	let bytes = [&[pallet, variant.index][..], &arguments.encode()].concat();
	RuntimeCall::decode_all(&mut &bytes[..]).map_err(|_| lacks())
}
