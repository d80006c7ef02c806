//! What the vault answers when it does not do what was asked: a status, and JSON with a stable word and a sentence.

use axum::{
	http::StatusCode,
	response::{IntoResponse, Response},
	Json,
};
use busbar_client::requests::RequestError;
use busbar_primitives::{records::Field, Interval, ParticipantId};
use serde_json::json;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	#[error("`{0}` is no participant's UUID")]
	BadId(String),
	#[error("{0}")]
	BadQuery(&'static str),
	#[error("the body hashes to something else than the path says")]
	WrongHash,
	#[error("the body has more than {0} bytes, or does not come within {1} seconds")]
	BadBody(usize, u64),
	#[error("the body is not sealed to this vault's key for this request, or holds no record: {0}")]
	NoRecord(String),
	#[error("a field has at most {0} bytes, and {1:?} has more")]
	LongField(usize, Field),
	#[error("a record has at least one field")]
	NoField,
	#[error("no record of {0} is kept here")]
	NotFound(ParticipantId),
	#[error("the record of {0} is being erased")]
	Erasing(ParticipantId),
	#[error("unauthorised: {0}")]
	Unauthorised(String),
	#[error("forbidden: {0}")]
	Forbidden(&'static str),
	#[error("{0}")]
	TooMany(String),
	#[error(
		"interval {0} is not settled, and the person's connection points have a part in it: retire them, and wait"
	)]
	Unsettled(Interval),
	#[error("the person owes money on chain: what proves the debt is kept until it is paid")]
	InDebt,
	#[error("the chain cannot be asked: {0}")]
	Chain(String),
	#[error("entry {0} of the log of accesses is damaged; restore the database of records")]
	DamagedLog(u32),
	#[error("the log of accesses is full")]
	FullLog,
	#[error("the record of {0} does not open with its key: one of the two databases is not the other's")]
	Damaged(ParticipantId),
	#[error("{0} records have no key: restore the database of keys, or erase them; the first is of {1}")]
	KeysMissing(usize, ParticipantId),
	#[error("the master key is not the one with which the keys were wrapped")]
	WrongMaster,
	#[error("another process works with {0}")]
	InUse(String),
	#[error("{0}")]
	Setup(String),
	#[error("sealing failed: {0}")]
	Seal(&'static str),
	#[error("the database failed: {0}")]
	Sqlite(#[from] rusqlite::Error),
	#[error("the database failed: {0}")]
	Postgres(#[from] tokio_postgres::Error),
	#[error("the database failed: {0}")]
	Database(String),
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
			Self::BadId(_) => (StatusCode::BAD_REQUEST, "bad_id"),
			Self::BadQuery(_) => (StatusCode::BAD_REQUEST, "bad_query"),
			Self::WrongHash => (StatusCode::UNPROCESSABLE_ENTITY, "wrong_hash"),
			Self::BadBody(..) => (StatusCode::PAYLOAD_TOO_LARGE, "bad_body"),
			Self::NoRecord(_) | Self::LongField(..) | Self::NoField => (StatusCode::UNPROCESSABLE_ENTITY, "no_record"),
			Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
			Self::Erasing(_) => (StatusCode::GONE, "erasing"),
			Self::Unauthorised(_) => (StatusCode::UNAUTHORIZED, "unauthorised"),
			Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
			Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
			Self::Unsettled(_) => (StatusCode::CONFLICT, "unsettled"),
			Self::InDebt => (StatusCode::CONFLICT, "in_debt"),
			Self::Chain(_) => (StatusCode::BAD_GATEWAY, "chain"),
			Self::DamagedLog(_) | Self::Damaged(_) | Self::KeysMissing(..) | Self::WrongMaster => {
				(StatusCode::INTERNAL_SERVER_ERROR, "damaged")
			},
			Self::InUse(_) | Self::Setup(_) | Self::Seal(_) | Self::FullLog => {
				(StatusCode::INTERNAL_SERVER_ERROR, "broken")
			},
			Self::Sqlite(_) | Self::Postgres(_) | Self::Database(_) => (StatusCode::SERVICE_UNAVAILABLE, "database"),
		}
	}
}

impl IntoResponse for Error {
	fn into_response(self) -> Response {
		let (status, word) = self.kind();
		(status, Json(json!({ "error": word, "message": self.to_string() }))).into_response()
	}
}
