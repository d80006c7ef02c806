use super::*;
use crate::fake::{changed, runtime};
use codec::Decode;
use sp_runtime::traits::Verify;

const CALL: &[u8] = &[0, 0, 4, 1];

fn binding() -> Binding {
	Binding { nonce: 7, genesis: H256::repeat_byte(1), from: (100, H256::repeat_byte(2)) }
}

#[test]
fn a_development_path_is_a_key_and_other_texts_are_bad_input() {
	let alice = Signer::from_suri("//Alice").unwrap();
	assert_eq!(alice.account().to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
	assert!(Signer::from_suri("not a secret").err().unwrap().is_input());
	let other = Signer::from_suri("ed25519://Alice").unwrap();
	assert_ne!(other.account(), alice.account());
}

#[test]
fn a_transaction_carries_era_and_nonce_and_is_signed_over_version_and_genesis() {
	for suri in ["//Alice", "ed25519://Alice"] {
		let signer = Signer::from_suri(suri).unwrap();
		let bytes = signer.sign(&runtime(), CALL, &binding()).unwrap();
		let inner = Vec::<u8>::decode(&mut &bytes[..]).unwrap();
		let (first, mut rest) = inner.split_first().unwrap();
		assert_eq!(*first, SIGNED_V4);
		let address = MultiAddress::<AccountId32, ()>::decode(&mut rest).unwrap();
		assert_eq!(address, MultiAddress::Id(signer.account().clone()));
		let signature = MultiSignature::decode(&mut rest).unwrap();
		let sent = rest.strip_suffix(CALL).unwrap();
		assert_eq!(sent, (Era::mortal(MORTALITY, 100), Compact(7u32)).encode());
		let bound = (1u32, 1u32, H256::repeat_byte(1), H256::repeat_byte(2)).encode();
		assert!(signature.verify(&[CALL, sent, &bound].concat()[..], signer.account()));
	}
}

#[test]
fn a_long_payload_is_hashed_before_it_is_signed() {
	let signer = Signer::from_suri("//Alice").unwrap();
	let call = [&[0, 0][..], &vec![1u8; 1_000].encode()].concat();
	let bytes = signer.sign(&runtime(), &call, &binding()).unwrap();
	let inner = Vec::<u8>::decode(&mut &bytes[..]).unwrap();
	let mut rest = &inner[1 + 33..];
	let signature = MultiSignature::decode(&mut rest).unwrap();
	let sent = rest.strip_suffix(&call[..]).unwrap();
	let bound = (1u32, 1u32, H256::repeat_byte(1), H256::repeat_byte(2)).encode();
	let payload = [&call[..], sent, &bound].concat();
	assert!(signature.verify(&blake2_256(&payload)[..], signer.account()));
}

#[test]
fn an_extension_without_bytes_is_signed_unseen_and_one_with_bytes_is_named() {
	let signer = Signer::from_suri("//Alice").unwrap();
	let rename = |from: &'static str, to: &'static str| {
		changed(move |metadata| {
			let all = &mut metadata.extrinsic.transaction_extensions;
			all.iter_mut().filter(|extension| extension.identifier == from).for_each(|extension| {
				extension.identifier = to.into();
			});
		})
	};
	assert!(signer.sign(&rename("CheckMember", "CheckWeather"), CALL, &binding()).is_ok());
	let error = signer.sign(&rename("CheckNonce", "CheckSomething"), CALL, &binding()).unwrap_err();
	assert!(error.to_string().contains("`CheckSomething`"), "{error}");
}
