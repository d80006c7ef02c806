//! Whose nodes validators speak to.

use crate::{mock::*, Error, Event, GenesisConfig, Peers};
use busbar_mocks::{id, refused, MockParticipants};
use busbar_primitives::{peers::PeerKey, Right};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::{BuildStorage, DispatchError::BadOrigin};

fn node(number: u64) -> PeerKey {
	H256::from_low_u64_be(number)
}

fn register(account: AccountId, peer: u64) -> sp_runtime::DispatchResult {
	Validators::register_peer(RuntimeOrigin::signed(account), id(account), node(peer))
}

fn known() -> Vec<PeerKey> {
	let mut peers = Validators::peers();
	peers.sort();
	peers
}

#[test]
fn a_participant_registers_its_nodes_up_to_the_most_and_removes_them() {
	run(|| {
		MockParticipants::register([10]);
		assert_ok!(register(10, 1));
		System::assert_last_event(Event::PeerRegistered { participant: id(10), peer: node(1) }.into());
		assert_noop!(register(10, 1), Error::<Test>::AlreadyPeer);
		assert_ok!(register(10, 2));
		assert_noop!(register(10, 3), Error::<Test>::TooManyPeers);
		assert_eq!(known(), [node(1), node(2)]);
		let remove = |peer| Validators::remove_peer(RuntimeOrigin::signed(10), id(10), node(peer));
		assert_noop!(remove(3), Error::<Test>::NotPeer);
		assert_ok!(remove(1));
		System::assert_last_event(Event::PeerRemoved { participant: id(10), peer: node(1) }.into());
		assert_ok!(register(10, 3));
		assert_ok!(remove(2));
		assert_ok!(remove(3));
		assert_eq!((known(), Peers::<Test>::count()), (vec![], 0));
	});
}

#[test]
fn nobody_registers_or_removes_nodes_of_another_participant() {
	run(|| {
		MockParticipants::register([10, 11, 12]);
		assert_ok!(register(10, 1));
		let of = |account, right| {
			MockParticipants::delegate(10, account, right);
			RuntimeOrigin::signed(account)
		};
		for origin in [RuntimeOrigin::signed(11), of(11, Right::Trade), of(11, Right::Funds)] {
			assert_noop!(Validators::register_peer(origin.clone(), id(10), node(2)), refused::NOT_DELEGATE);
			assert_noop!(Validators::remove_peer(origin, id(10), node(1)), refused::NOT_DELEGATE);
		}
		assert_noop!(Validators::register_peer(RuntimeOrigin::signed(99), id(10), node(2)), refused::NOT_DELEGATE);
		assert_noop!(Validators::register_peer(RuntimeOrigin::none(), id(10), node(2)), BadOrigin);
		assert_ok!(Validators::register_peer(of(12, Right::Operate), id(10), node(2)));
		assert_ok!(Validators::remove_peer(RuntimeOrigin::signed(12), id(10), node(1)));
		assert_eq!(known(), [node(2)]);
	});
}

#[test]
fn whoever_registers_anothers_node_too_neither_keeps_it_out_nor_takes_it_away() {
	run(|| {
		MockParticipants::register([10, 11]);
		assert_ok!(register(11, 1));
		assert_ok!(register(10, 1));
		assert_ok!(Validators::remove_peer(RuntimeOrigin::signed(11), id(11), node(1)));
		assert_eq!(known(), [node(1)]);
	});
}

#[test]
fn nodes_of_the_suspended_and_removed_do_not_count() {
	run(|| {
		MockParticipants::register([10, 11]);
		assert_ok!(register(10, 1));
		assert_ok!(register(11, 2));
		MockParticipants::suspend(10);
		assert_eq!(known(), [node(2)]);
		assert_noop!(register(10, 3), refused::SUSPENDED);
		MockParticipants::resume(10);
		assert_eq!(known(), [node(1), node(2)]);
		MockParticipants::remove(10);
		assert_eq!(known(), [node(2)]);
	});
}

#[test]
fn the_council_evicts_all_nodes_of_a_participant_and_nobody_else_does() {
	run(|| {
		MockParticipants::register([10]);
		assert_ok!(register(10, 1));
		assert_ok!(register(10, 2));
		assert_noop!(Validators::evict_peers(RuntimeOrigin::signed(10), id(10)), BadOrigin);
		assert_noop!(Validators::evict_peers(RuntimeOrigin::root(), id(11)), Error::<Test>::NotPeer);
		// Also of one that is removed: its place is free again.
		MockParticipants::remove(10);
		assert_ok!(Validators::evict_peers(RuntimeOrigin::root(), id(10)));
		System::assert_last_event(Event::PeersEvicted { participant: id(10) }.into());
		assert_eq!(Peers::<Test>::count(), 0);
	});
}

#[test]
fn many_participants_with_nodes_keep_no_validators_node_out() {
	run(|| {
		// The mock has three places beside the validators'; 1 is the account of a validator.
		MockParticipants::register([1, 10, 11, 12, 13]);
		for account in [10, 11, 12] {
			assert_ok!(register(account, account));
		}
		assert_noop!(register(13, 13), Error::<Test>::NoPlaceForPeers);
		assert_ok!(register(1, 1));
		// Who has a place has it for its other nodes, too.
		assert_ok!(register(12, 14));
		// A validator that is one no more keeps its place, and gets none anew.
		assert_ok!(Validators::remove_peer(RuntimeOrigin::signed(1), id(1), node(1)));
		assert_ok!(Validators::remove(RuntimeOrigin::root(), 1));
		assert_noop!(register(1, 1), Error::<Test>::NoPlaceForPeers);
	});
}

#[test]
fn a_chain_begins_with_the_nodes_of_its_genesis_and_refuses_one_named_twice() {
	let storage = |peers| {
		let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().expect("system");
		GenesisConfig::<Test> { validators: vec![1, 2, 3], peers }
			.assimilate_storage(&mut storage)
			.expect("validators");
		storage
	};
	sp_io::TestExternalities::new(storage(vec![(id(10), node(1)), (id(10), node(2)), (id(11), node(1))])).execute_with(
		|| {
			busbar_mocks::reset();
			MockParticipants::register([10, 11]);
			assert_eq!(known(), [node(1), node(1), node(2)]);
		},
	);
	let twice = std::panic::catch_unwind(|| storage(vec![(id(10), node(1)), (id(10), node(1))]));
	assert!(twice.is_err());
}
