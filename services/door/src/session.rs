//! What passes through the door: each question is judged before the node hears of it, and told to the node as it was understood here.

use crate::{
	access::may,
	asked::{self, Unasked},
	chain::{Chain, Principal},
	error::Error,
};
use busbar_client::AccountId;
use serde_json::{json, Map, Value};
use soketto::{
	connection::Error as Broken,
	handshake::{http::Server, Client, ServerResponse},
};
use std::time::Duration;
use tokio::{
	io::{AsyncRead, AsyncWrite},
	net::TcpStream,
	sync::mpsc,
	time::{sleep, sleep_until, Instant},
};
use tokio_util::compat::TokioAsyncReadCompatExt;

/// Most bytes of a question: a transaction with new code fits.
const MOST_QUESTION: usize = 4 << 20;
/// Most bytes of an answer, as clients take them.
const MOST_ANSWER: usize = 64 << 20;
/// Answers that wait for a member that reads slowly; then the node waits.
const WAITING: usize = 64;
/// For so long is believed whom an account acts for.
const FRESH: Duration = Duration::from_secs(6);
/// A connection ends after this, and is signed for anew.
const LONGEST: Duration = Duration::from_secs(12 * 3_600);
/// Between two questions in the long run.
const PACE: Duration = Duration::from_millis(50);
/// Who was silent for so long may ask as much at once as it would have asked meanwhile.
const SAVED: Duration = Duration::from_secs(10);

/// Code of an answer that is not the caller's to have.
pub const NOT_YOURS: i32 = 9_010;
/// Codes of JSON-RPC.
const NO_JSON: i32 = -32_700;
const NO_REQUEST: i32 = -32_600;
const NO_METHOD: i32 = -32_601;
const NO_PARAMETERS: i32 = -32_602;

/// What becomes of a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
	/// The node hears it, in these words.
	Asked(String),
	/// The caller is told this.
	Refused(String),
}

fn refused(id: &Value, code: i32, message: &str) -> Verdict {
	Verdict::Refused(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string())
}

/// Judges a question of whoever acts for these participants.
///
/// # Errors
/// [`Error::Chain`].
pub async fn judge(chain: &dyn Chain, principals: &[Principal], question: &[u8]) -> Result<Verdict, Error> {
	let nobody = Value::Null;
	let question: Map<String, Value> = match serde_json::from_slice(question) {
		Ok(Value::Object(question)) => question,
		Ok(_) => return Ok(refused(&nobody, NO_REQUEST, "one request at a time: batches are not answered here")),
		Err(error) => return Ok(refused(&nobody, NO_JSON, &error.to_string())),
	};
	let id = question.get("id").unwrap_or(&nobody);
	let (Some(Value::String(method)), Value::Number(_) | Value::String(_)) = (question.get("method"), id) else {
		return Ok(refused(&nobody, NO_REQUEST, "a request has a method and an id"));
	};
	let params = question.get("params").unwrap_or(&nobody);
	let of = match asked::of(method, params) {
		Ok(of) => of,
		Err(error @ Unasked::Method) => return Ok(refused(id, NO_METHOD, &error.to_string())),
		Err(error @ Unasked::Parameters) => return Ok(refused(id, NO_PARAMETERS, &error.to_string())),
	};
	if !may(chain, principals, &of).await? {
		let why = "the answer is not yours: whose it is may grant its readings of the interval (busbar data grant), and regulators and \
		           auditors of the whole grid read all";
		return Ok(refused(id, NOT_YOURS, why));
	}
	// Not the words that came: what they say twice the node might understand otherwise.
	let mut words = json!({ "jsonrpc": "2.0", "id": id, "method": method });
	if let (Value::Object(words), false) = (&mut words, params.is_null()) {
		words.insert("params".into(), params.clone());
	}
	Ok(Verdict::Asked(words.to_string()))
}

/// Whom an account acts for, asked again when it is not fresh any more.
struct Caller {
	account: AccountId,
	principals: Vec<Principal>,
	asked: Option<Instant>,
}

impl Caller {
	async fn principals(&mut self, chain: &dyn Chain) -> Result<&[Principal], Error> {
		if self.asked.is_none_or(|asked| asked.elapsed() >= FRESH) {
			self.principals = chain.principals(&self.account).await?;
			self.asked = Some(Instant::now());
		}
		if self.principals.is_empty() {
			return Err(Error::Stranger);
		}
		Ok(&self.principals)
	}
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
	#[error("the connection: {0}")]
	Broken(#[from] Broken),
	#[error("the node: {0}")]
	Node(String),
	#[error(transparent)]
	Door(#[from] Error),
	#[error("the node answers no text")]
	NoText,
	#[error("it lasted as long as one may")]
	Old,
}

type Halves =
	(soketto::Sender<tokio_util::compat::Compat<TcpStream>>, soketto::Receiver<tokio_util::compat::Compat<TcpStream>>);

/// Connects to the node at `HOST:PORT`.
async fn dial(node: &str) -> Result<Halves, Ended> {
	let failed = |error: &dyn std::fmt::Display| Ended::Node(error.to_string());
	let socket = TcpStream::connect(node).await.map_err(|error| failed(&error))?;
	let _ = socket.set_nodelay(true);
	let mut client = Client::new(socket.compat(), node, "/");
	match client.handshake().await.map_err(|error| failed(&error))? {
		ServerResponse::Accepted { .. } => (),
		_ => return Err(Ended::Node(format!("{node} takes no WebSocket"))),
	}
	let mut builder = client.into_builder();
	builder.set_max_message_size(MOST_ANSWER);
	builder.set_max_frame_size(MOST_ANSWER);
	Ok(builder.finish())
}

/// Serves a member until one of the two ends, the account acts for nobody any more, or time is up.
///
/// # Errors
/// Always: why it ended.
pub async fn pass(
	socket: impl AsyncRead + AsyncWrite + Unpin,
	server: Server,
	node: &str,
	chain: &dyn Chain,
	account: AccountId,
) -> Result<(), Ended> {
	let mut builder = server.into_builder(socket.compat());
	builder.set_max_message_size(MOST_QUESTION);
	builder.set_max_frame_size(MOST_QUESTION);
	let (mut to_member, mut of_member) = builder.finish();
	let (mut to_node, mut of_node) = dial(node).await?;
	let (answers, mut waiting) = mpsc::channel::<String>(WAITING);

	let write = async {
		while let Some(text) = waiting.recv().await {
			to_member.send_text_owned(text).await?;
			to_member.flush().await?;
		}
		Ok::<(), Ended>(())
	};
	let back = async {
		let mut answer = Vec::new();
		loop {
			answer.clear();
			of_node.receive_data(&mut answer).await?;
			let text = String::from_utf8(answer.clone()).map_err(|_| Ended::NoText)?;
			if answers.send(text).await.is_err() {
				return Ok::<(), Ended>(());
			}
		}
	};
	let forth = async {
		let mut caller = Caller { account, principals: Vec::new(), asked: None };
		let (mut question, mut turn) = (Vec::new(), Instant::now());
		loop {
			question.clear();
			of_member.receive_data(&mut question).await?;
			let now = Instant::now();
			turn = turn.max(now.checked_sub(SAVED).unwrap_or(now));
			turn = turn.checked_add(PACE).unwrap_or(turn);
			sleep_until(turn).await;
			let principals = caller.principals(chain).await?;
			match judge(chain, principals, &question).await? {
				Verdict::Asked(words) => {
					to_node.send_text_owned(words).await?;
					to_node.flush().await?;
				},
				Verdict::Refused(answer) => {
					if answers.send(answer).await.is_err() {
						return Ok::<(), Ended>(());
					}
				},
			}
		}
	};
	tokio::select! {
		ended = write => ended,
		ended = back => ended,
		ended = forth => ended,
		() = sleep(LONGEST) => Err(Ended::Old),
	}
}
