//! Who takes part: the development identities of the chain's genesis, and one member for each connection point.

use super::forecast::{identity, record_salt};
use crate::{
	gridmodel::{Kind, Plan, PlannedPoint},
	Failure,
};
use busbar_client::{pallet_participants::Newcomer, sign::Signer, AccountId};
use busbar_primitives::{metering::MeterId, ParticipantId, PointId, Role, ZoneId};
use sp_core::{ed25519, Pair, H256};
use sp_crypto_hashing::blake2_256;

/// The chain's operators.
pub struct Operators {
	pub dso: Signer,
	pub utility: Signer,
	pub meter_operator: Signer,
	pub membership: Signer,
	/// Proposes issues, and settles.
	pub agent_a: Signer,
	/// Approves issues.
	pub agent_b: Signer,
}

impl Operators {
	/// The development keys of the devnet's genesis.
	pub fn devnet() -> Result<Self, Failure> {
		Ok(Self {
			dso: Signer::from_suri("//Dso")?,
			utility: Signer::from_suri("//Utility")?,
			meter_operator: Signer::from_suri("//MeterOperator")?,
			membership: Signer::from_suri("//Membership")?,
			agent_a: Signer::from_suri("//SettlementA")?,
			agent_b: Signer::from_suri("//SettlementB")?,
		})
	}
}

/// The owner of one load or plant.
pub struct Member {
	/// Its connection point's name in the files.
	pub name: String,
	/// Whether it draws or feeds in.
	pub kind: Kind,
	/// Its account.
	pub signer: Signer,
	/// Its identity on the chain.
	pub id: ParticipantId,
	/// Place of its zone in the plan.
	pub zone: usize,
}

impl Member {
	/// The owner of the plan's connection point number `index`.
	///
	/// # Errors
	/// None in practice: the derivation path is known.
	pub fn of(index: usize, point: &PlannedPoint, seed: u64) -> Result<Self, Failure> {
		Ok(Self {
			name: point.name.clone(),
			kind: point.kind,
			signer: Signer::from_suri(&format!("//busbar//point//{index}"))?,
			id: identity(seed, index),
			zone: point.zone,
		})
	}

	/// The salted hash of its record off chain.
	pub fn commitment(&self, index: usize, seed: u64) -> H256 {
		H256(blake2_256(&[&record_salt(seed, index)[..], self.name.as_bytes()].concat()))
	}

	/// The role that it takes.
	pub fn role(&self) -> Role {
		match self.kind {
			Kind::Load => Role::Consumer,
			Kind::Pv => Role::Generator,
		}
	}

	/// What its meter signs with: always the same, so that a second run on the same chain finds its meters.
	pub fn device(&self) -> ed25519::Pair {
		let seed = blake2_256(&[b"busbar:meter:", self.name.as_bytes()].concat());
		ed25519::Pair::from_seed(&seed)
	}

	/// What the membership provider registers, with the member's role and signed acceptance.
	pub fn newcomer(&self, index: usize, seed: u64, genesis: H256) -> Newcomer<AccountId> {
		let (account, commitment) = (self.signer.account().clone(), self.commitment(index, seed));
		let payload = busbar_primitives::acceptance_payload(&genesis, &self.id, &account, &commitment);
		let acceptance = self.signer.sign_bytes(&payload);
		Newcomer { participant: self.id, account, commitment, acceptance, roles: vec![self.role()] }
	}
}

/// All members of a plan, in the order of its points.
///
/// # Errors
/// None in practice, as of [`Member::of`].
pub fn members(plan: &Plan, seed: u64) -> Result<Vec<Member>, Failure> {
	plan.points.iter().enumerate().map(|(index, point)| Member::of(index, point, seed)).collect()
}

/// The registered grid.
pub struct World {
	pub operators: Operators,
	pub members: Vec<Member>,
	/// Number of each member's connection point on the chain.
	pub points: Vec<PointId>,
	/// Number of the meter at each member's connection point.
	pub meters: Vec<MeterId>,
	/// The utility's coupling to the wholesale market.
	pub coupling: PointId,
	/// Number of the plan's root on the chain.
	pub root: ZoneId,
	/// First interval in which everything exists.
	pub from: u32,
	/// Money minted for the demonstration, in nEUR.
	pub minted: u128,
	/// Transactions that setting up took.
	pub transactions: u64,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::gridmodel::{Bounds, DataSet, Day};
	use sp_runtime::traits::Verify;

	fn summer() -> Plan {
		let bounds = Bounds { interval_s: 900, zones: 97, depth: 38, path_fee: 100_000, points: 113 };
		Plan::build(&DataSet::load(None, Day::Summer).unwrap(), &bounds).unwrap()
	}

	#[test]
	fn every_member_has_its_own_key_identity_and_meter() {
		let plan = summer();
		let members = members(&plan, 1).unwrap();
		let accounts: std::collections::BTreeSet<_> = members.iter().map(|member| member.signer.account()).collect();
		let devices: std::collections::BTreeSet<_> = members.iter().map(|member| member.device().public()).collect();
		let ids: std::collections::BTreeSet<_> = members.iter().map(|member| member.id).collect();
		assert_eq!((accounts.len(), devices.len(), ids.len()), (112, 112, 112));
	}

	#[test]
	fn an_acceptance_is_signed_by_the_newcomer() {
		let plan = summer();
		let member = Member::of(3, &plan.points[3], 1).unwrap();
		let genesis = H256::repeat_byte(9);
		let Newcomer { participant, account, commitment, acceptance, roles } = member.newcomer(3, 1, genesis);
		assert_eq!(roles, [member.role()]);
		let payload = busbar_primitives::acceptance_payload(&genesis, &participant, &account, &commitment);
		assert!(acceptance.verify(&payload[..], &account));
		assert!(!acceptance.verify(&payload[1..], &account));
	}
}
