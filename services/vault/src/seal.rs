//! Encryption.
//!
//! - A record is sealed with XChaCha20-Poly1305 by a random key of its own; whose it is and its number are authenticated.
//! - That key and the record's salt are wrapped in the same way by the vault's master key.
//! - What goes to a reader, and what comes to the vault, is sealed by HPKE (RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//!   ChaCha20-Poly1305, base mode) to the receiver's X25519 key, for one request: its text is the `info`.

use crate::error::Error;
use busbar_primitives::ParticipantId;
use chacha20poly1305::{
	aead::{Aead, KeyInit, Payload},
	XChaCha20Poly1305, XNonce,
};
use codec::Encode;
use hpke::{aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, Serializable};
use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, os::unix::fs::PermissionsExt, path::Path};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a nonce of XChaCha20.
const NONCE: usize = 24;
/// Bytes of an X25519 key.
pub const PUBLIC: usize = 32;

fn encrypt(key: &[u8; 32], plaintext: &[u8], bound: &[u8]) -> Result<Vec<u8>, Error> {
	let nonce = rand::random::<[u8; NONCE]>();
	let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| Error::Seal("the key has another length"))?;
	let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: plaintext, aad: bound });
	Ok([&nonce[..], &sealed.map_err(|_| Error::Seal("too much to seal at once"))?].concat())
}

fn decrypt(key: &[u8; 32], sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
	let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
	let cipher = XChaCha20Poly1305::new_from_slice(key).ok()?;
	cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: bound }).ok().map(Zeroizing::new)
}

/// What a sealed record or key is bound to.
fn bound(kind: &[u8], subject: ParticipantId, number: u32) -> Vec<u8> {
	(kind, subject, number).encode()
}

/// A record's own key, and the salt of its commitment. Wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecordKey {
	key: [u8; 32],
	pub salt: [u8; 32],
}

impl RecordKey {
	/// A new one.
	pub fn random() -> Self {
		Self { key: rand::random(), salt: rand::random() }
	}

	/// The two as bytes: for who looks whether they are found anywhere.
	pub fn parts(&self) -> [&[u8; 32]; 2] {
		[&self.key, &self.salt]
	}

	/// A person's record with a number, sealed.
	///
	/// # Errors
	/// If it is too large.
	pub fn seal(&self, subject: ParticipantId, number: u32, record: &[u8]) -> Result<Vec<u8>, Error> {
		encrypt(&self.key, record, &bound(b"busbar:record", subject, number))
	}

	/// Opens what was sealed with the same words.
	///
	/// # Errors
	/// [`Error::Damaged`].
	pub fn open(&self, subject: ParticipantId, number: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
		decrypt(&self.key, sealed, &bound(b"busbar:record", subject, number)).ok_or(Error::Damaged(subject))
	}
}

/// The vault's master key. Wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Master([u8; 32]);

impl Master {
	/// A new one, for tests and beginnings.
	pub fn random() -> Self {
		Self(rand::random())
	}

	/// Writes a new one to a file that only its owner reads: 64 hexadecimal digits.
	///
	/// # Errors
	/// If the file is there already, or cannot be written.
	pub fn create(path: &Path) -> Result<Self, Error> {
		let refuse = |error: std::io::Error| Error::Setup(format!("cannot make {}: {error}", path.display()));
		let master = Self::random();
		let text = Zeroizing::new(hex::encode(master.0));
		let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(refuse)?;
		file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(refuse)?;
		Ok(master)
	}

	/// Reads it from a file.
	///
	/// # Errors
	/// If there is none, others may read it, or it holds something else.
	pub fn read(path: &Path) -> Result<Self, Error> {
		let shown = path.display();
		let mode = fs::metadata(path).map_err(|error| Error::Setup(format!("no master key in {shown}: {error}")))?;
		if mode.permissions().mode() & 0o077 != 0 {
			return Err(Error::Setup(format!("others may read the master key: chmod 600 {shown}")));
		}
		let text = fs::read_to_string(path).map(Zeroizing::new);
		let text = text.map_err(|error| Error::Setup(format!("{shown} cannot be read: {error}")))?;
		let mut key = [0; 32];
		hex::decode_to_slice(text.trim(), &mut key)
			.map_err(|_| Error::Setup(format!("{shown} holds no master key, which has 64 hexadecimal digits")))?;
		Ok(Self(key))
	}

	/// A record's key, wrapped.
	///
	/// # Errors
	/// None that 64 bytes have.
	pub fn wrap(&self, subject: ParticipantId, number: u32, key: &RecordKey) -> Result<Vec<u8>, Error> {
		let both = Zeroizing::new([key.key, key.salt].concat());
		encrypt(&self.0, &both, &bound(b"busbar:key", subject, number))
	}

	/// A record's key, unwrapped.
	///
	/// # Errors
	/// [`Error::WrongMaster`].
	pub fn unwrap(&self, subject: ParticipantId, number: u32, wrapped: &[u8]) -> Result<RecordKey, Error> {
		let both = decrypt(&self.0, wrapped, &bound(b"busbar:key", subject, number)).ok_or(Error::WrongMaster)?;
		let mut unwrapped = RecordKey { key: [0; 32], salt: [0; 32] };
		let (key, salt) = both.split_at_checked(32).ok_or(Error::WrongMaster)?;
		unwrapped.key.copy_from_slice(key);
		unwrapped.salt.copy_from_slice(salt);
		Ok(unwrapped)
	}

	/// The key to which what comes to the vault is sealed.
	pub fn receiver(&self) -> Receiver {
		let seed = Zeroizing::new([&b"busbar:vault-receiver"[..], &self.0].concat());
		Receiver::of_seed(&sp_crypto_hashing::blake2_256(&seed))
	}
}

/// Who opens what is sealed to its key.
pub struct Receiver {
	secret: <X25519HkdfSha256 as Kem>::PrivateKey,
	public: [u8; PUBLIC],
}

impl Receiver {
	fn of_seed(seed: &[u8; 32]) -> Self {
		let (secret, public) = X25519HkdfSha256::derive_keypair(seed);
		let mut bytes = [0; PUBLIC];
		bytes.copy_from_slice(&public.to_bytes());
		Self { secret, public: bytes }
	}

	/// A new one.
	pub fn random() -> Self {
		Self::of_seed(&Zeroizing::new(rand::random()))
	}

	/// Its public key.
	pub fn public(&self) -> [u8; PUBLIC] {
		self.public
	}

	/// Opens what was sealed to it for `request`.
	///
	/// # Errors
	/// If it was sealed to another key, for another request, or changed.
	pub fn open(&self, request: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
		let (encapsulated, sealed) = sealed.split_at_checked(PUBLIC).ok_or(Error::Seal("too short"))?;
		let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
			.map_err(|_| Error::Seal("what is sealed begins with no key"))?;
		let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
			&hpke::OpModeR::Base,
			&self.secret,
			&encapsulated,
			request,
			sealed,
			b"",
		);
		opened.map(Zeroizing::new).map_err(|_| Error::Seal("it is sealed to another key or for another request"))
	}
}

/// Seals to a public key for one request.
///
/// # Errors
/// If the key is none.
pub fn seal_to(public: &[u8; PUBLIC], request: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
	let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public).map_err(|_| Error::Seal("no public key"))?;
	let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
		&hpke::OpModeS::Base,
		&public,
		request,
		plaintext,
		b"",
	)
	.map_err(|_| Error::Seal("the public key is none that can be sealed to"))?;
	Ok([&encapsulated.to_bytes()[..], &sealed].concat())
}

#[cfg(test)]
mod tests {
	use super::*;

	const ANN: ParticipantId = ParticipantId([1; 16]);
	const BOB: ParticipantId = ParticipantId([2; 16]);

	#[test]
	fn a_record_opens_with_its_key_as_whose_and_what_it_is() {
		let (key, other) = (RecordKey::random(), RecordKey::random());
		let sealed = key.seal(ANN, 3, b"Ada").expect("small");
		assert_eq!(&**key.open(ANN, 3, &sealed).expect("its own"), b"Ada");
		assert!(!sealed.windows(3).any(|bytes| bytes == b"Ada"));
		for opened in [key.open(BOB, 3, &sealed), key.open(ANN, 4, &sealed), other.open(ANN, 3, &sealed)] {
			assert!(matches!(opened, Err(Error::Damaged(_))));
		}
		let mut changed = sealed.clone();
		changed[30] ^= 1;
		assert!(key.open(ANN, 3, &changed).is_err() && key.open(ANN, 3, b"short").is_err());
		assert_ne!(key.seal(ANN, 3, b"Ada").expect("small"), sealed, "a nonce of its own");
	}

	#[test]
	fn a_key_is_unwrapped_by_its_master_as_whose_it_is() {
		let (master, key) = (Master::random(), RecordKey::random());
		let wrapped = master.wrap(ANN, 1, &key).expect("64 bytes");
		assert_eq!(master.unwrap(ANN, 1, &wrapped).expect("its own").parts(), key.parts());
		assert!(master.unwrap(BOB, 1, &wrapped).is_err() && master.unwrap(ANN, 2, &wrapped).is_err());
		assert!(Master::random().unwrap(ANN, 1, &wrapped).is_err());
	}

	#[test]
	fn what_is_sealed_to_a_reader_is_its_own_and_for_one_request() {
		let (reader, other) = (Receiver::random(), Receiver::random());
		let sealed = seal_to(&reader.public(), b"GET /a", b"Ada").expect("a key");
		assert_eq!(&**reader.open(b"GET /a", &sealed).expect("its own"), b"Ada");
		assert!(other.open(b"GET /a", &sealed).is_err() && reader.open(b"GET /b", &sealed).is_err());
		assert!(reader.open(b"GET /a", &sealed[..20]).is_err());
	}

	#[test]
	fn a_master_key_is_made_once_and_kept_from_others() {
		let folder = tempfile::tempdir().expect("a folder");
		let path = folder.path().join("master");
		let made = Master::create(&path).expect("new");
		assert!(Master::create(&path).is_err(), "it is there");
		assert_eq!(Master::read(&path).expect("it is there").0, made.0);
		assert_eq!(Master::read(&path).expect("there").receiver().public(), made.receiver().public());
		fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
		assert!(Master::read(&path).err().expect("a refusal").to_string().contains("chmod 600"));
	}
}
