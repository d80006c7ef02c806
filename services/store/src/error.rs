//! What the service answers when it does not do what was asked: a status, and JSON with a stable word and a sentence.

use crate::{damage::Damage, dataset::DatasetError};
use axum::{
	http::StatusCode,
	response::{IntoResponse, Response},
	Json,
};
use busbar_client::requests::RequestError;
use serde_json::json;
use sp_core::H256;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	#[error("`{0}` is no hash: write 64 hexadecimal digits")]
	BadHash(String),
	#[error("nothing is stored under {0:?}")]
	NotFound(H256),
	#[error("the bytes hash to {found:?}, not to {expected:?}; nothing was stored")]
	WrongHash { expected: H256, found: H256 },
	#[error("the body has more than the {0} bytes that this store takes")]
	TooLarge(u64),
	#[error("the upload broke off: {0}; nothing was stored")]
	Upload(String),
	#[error("the body came at less than {0} bytes a second; nothing was stored")]
	Slow(u64),
	#[error("say how long the body is, in a header Content-Length")]
	NoLength,
	#[error("{what} of this participant take {used} of {limit} bytes: have them attested, or wait until older ones are deleted")]
	Quota { what: &'static str, used: u64, limit: u64 },
	#[error("{0}")]
	TooMany(String),
	#[error("no dataset: {0}")]
	Dataset(#[from] DatasetError),
	#[error("{hash:?} is damaged: {damage}")]
	Damaged { hash: H256, damage: Box<Damage> },
	#[error("what is kept beside {0:?} is damaged: {1}")]
	DamagedRecord(H256, &'static str),
	#[error("the dataset has no reading of connection point {0}")]
	NoReading(u32),
	#[error("`{0}` is no place in the list: give back what the page before named")]
	Place(String),
	#[error("name at least one and at most {0} connection points")]
	Points(usize),
	#[error("connection point {0} has two meters in the dataset: their sum would count its energy twice")]
	TwoMeters(u32),
	#[error("an aggregate needs connection points of at least {0} owners")]
	TooFew(usize),
	#[error("unauthorised: {0}")]
	Unauthorised(String),
	#[error("forbidden: {0}")]
	Forbidden(String),
	#[error("the chain cannot be asked: {0}")]
	Chain(String),
	#[error("the folder for temporary files, or the storage behind this store, failed: {0}")]
	Spool(#[from] std::io::Error),
	#[error("the storage behind this store failed: {0}")]
	Backend(#[from] object_store::Error),
}

impl From<busbar_client::Error> for Error {
	fn from(error: busbar_client::Error) -> Self {
		Self::Chain(error.to_string())
	}
}

impl From<RequestError> for Error {
	fn from(error: RequestError) -> Self {
		match error {
			RequestError::TooMany => Self::TooMany(error.to_string()),
			_ => Self::Unauthorised(error.to_string()),
		}
	}
}

impl Error {
	/// The status and the stable word.
	pub fn kind(&self) -> (StatusCode, &'static str) {
		match self {
			Self::BadHash(_) => (StatusCode::BAD_REQUEST, "bad_hash"),
			Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
			Self::WrongHash { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "wrong_hash"),
			Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
			Self::Upload(_) => (StatusCode::BAD_REQUEST, "upload"),
			Self::Slow(_) => (StatusCode::REQUEST_TIMEOUT, "slow"),
			Self::NoLength => (StatusCode::LENGTH_REQUIRED, "no_length"),
			Self::Quota { .. } => (StatusCode::INSUFFICIENT_STORAGE, "quota"),
			Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
			Self::Dataset(_) => (StatusCode::UNPROCESSABLE_ENTITY, "no_dataset"),
			Self::Damaged { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "damaged"),
			Self::DamagedRecord(..) => (StatusCode::INTERNAL_SERVER_ERROR, "damaged_record"),
			Self::NoReading(_) => (StatusCode::NOT_FOUND, "no_reading"),
			Self::Place(_) => (StatusCode::BAD_REQUEST, "place"),
			Self::Points(_) => (StatusCode::BAD_REQUEST, "points"),
			Self::TwoMeters(_) => (StatusCode::UNPROCESSABLE_ENTITY, "two_meters"),
			Self::TooFew(_) => (StatusCode::FORBIDDEN, "too_few"),
			Self::Unauthorised(_) => (StatusCode::UNAUTHORIZED, "unauthorised"),
			Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
			Self::Chain(_) => (StatusCode::BAD_GATEWAY, "chain"),
			Self::Spool(_) => (StatusCode::SERVICE_UNAVAILABLE, "spool"),
			Self::Backend(_) => (StatusCode::SERVICE_UNAVAILABLE, "backend"),
		}
	}
}

impl IntoResponse for Error {
	fn into_response(self) -> Response {
		let (status, word) = self.kind();
		let damage = if let Self::Damaged { damage, .. } = &self { Some(damage) } else { None };
		(status, Json(json!({ "error": word, "message": self.to_string(), "damage": damage }))).into_response()
	}
}
