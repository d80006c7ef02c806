//! TLS of all that this crate speaks to: other stores, and S3.

/// Chooses the library that speaks TLS; once for the process.
pub(crate) fn install() {
	// Fails only if it was chosen before.
	let _ = rustls::crypto::ring::default_provider().install_default();
}
