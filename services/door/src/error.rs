//! What the door answers to who does not get in: a status, and JSON with a stable word and a sentence.

use axum::{
	http::StatusCode,
	response::{IntoResponse, Response},
	Json,
};
use busbar_client::requests::RequestError;
use serde_json::json;

/// Why a connection was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	#[error("this is a WebSocket for JSON-RPC: ask for the upgrade")]
	NoUpgrade,
	#[error("unauthorised: {0}")]
	Unauthorised(String),
	#[error("forbidden: the account acts for no active participant of the chain")]
	Stranger,
	#[error("{0}")]
	TooMany(String),
	#[error("the chain cannot be asked: {0}")]
	Chain(String),
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
			Self::NoUpgrade => (StatusCode::UPGRADE_REQUIRED, "no_upgrade"),
			Self::Unauthorised(_) => (StatusCode::UNAUTHORIZED, "unauthorised"),
			Self::Stranger => (StatusCode::FORBIDDEN, "forbidden"),
			Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
			Self::Chain(_) => (StatusCode::BAD_GATEWAY, "chain"),
		}
	}
}

impl IntoResponse for Error {
	fn into_response(self) -> Response {
		let (status, word) = self.kind();
		(status, Json(json!({ "error": word, "message": self.to_string() }))).into_response()
	}
}
