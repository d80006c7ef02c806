//! TLS: the library that speaks it, and a server's certificate and key.

use rustls::{
	pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer},
	ServerConfig,
};
use std::{path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;

/// Why a server cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
	/// A file is missing, or not what it should be.
	#[error("{0} has no PEM that a server can use: {1}")]
	Pem(String, String),
	/// Certificate and key do not go together, or are of a kind that is not known.
	#[error("certificate and key cannot be used: {0}")]
	Unfit(#[from] rustls::Error),
}

/// Chooses the library that speaks TLS; once for the process.
pub fn install() {
	// Fails only if it was chosen before.
	let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What answers with this certificate (and those that vouch for it) and this key, both PEM files.
///
/// # Errors
/// If one of them cannot be read, or they do not go together.
pub fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
	install();
	let refuse = |path: &Path| {
		let path = path.display().to_string();
		|error: rustls::pki_types::pem::Error| TlsError::Pem(path, error.to_string())
	};
	let chain = CertificateDer::pem_file_iter(certificates).map_err(refuse(certificates))?;
	let chain = chain.collect::<Result<Vec<_>, _>>().map_err(refuse(certificates))?;
	let key = PrivateKeyDer::from_pem_file(key).map_err(refuse(key))?;
	let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
	Ok(TlsAcceptor::from(Arc::new(config)))
}
