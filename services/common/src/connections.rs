//! Connections: how many there may be, and how long one may take.
//!
//! | what a client does | what ends it |
//! |---|---|
//! | sends its headers slowly, or nothing at all, or no further request | [`Limits::header`] |
//! | sends its body slowly | the service that reads it |
//! | reads the answer slowly, or not at all | [`Limits::stall`] and [`Limits::rate`] |
//! | opens many connections | [`Limits::of_address`], [`Limits::all`] |

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
	rt::{TokioIo, TokioTimer},
	service::TowerToHyperService,
};
use std::{
	collections::HashMap,
	future::Future,
	io,
	net::IpAddr,
	pin::Pin,
	sync::{Arc, Mutex, PoisonError},
	task::{ready, Context, Poll},
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncWrite, ReadBuf},
	net::{TcpListener, TcpStream},
	sync::watch,
	time::{sleep_until, timeout, Instant, Sleep},
};
use tokio_rustls::TlsAcceptor;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
	/// Connections at a time.
	pub all: usize,
	/// Connections of one address at a time. Behind a proxy, all are the proxy's.
	pub of_address: usize,
	/// Until the headers of a request are in, from the end of the last answer on.
	pub header: Duration,
	/// How long, taken together, a client may keep the store waiting to send.
	pub stall: Duration,
	/// Bytes that a client has to take in a second, so that what it has kept waiting is forgiven.
	pub rate: u64,
}

impl Default for Limits {
	fn default() -> Self {
		let (header, stall) = (Duration::from_secs(10), Duration::from_secs(30));
		Self { all: 1_024, of_address: 256, header, stall, rate: 32 * 1024 }
	}
}

/// Most bytes of a request's headers.
const HEADER_BYTES: usize = 16 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// How long answers that are being sent may take when the service is stopped.
const LAST: Duration = Duration::from_secs(5);

/// The connections of each address.
type Open = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A connection that counts until it is dropped.
struct Counted {
	open: Open,
	address: IpAddr,
}

impl Counted {
	fn new(open: &Open, address: IpAddr, limits: &Limits) -> Option<Self> {
		let mut counts = open.lock().unwrap_or_else(PoisonError::into_inner);
		let own = counts.get(&address).copied().unwrap_or_default();
		let all = counts.values().fold(0usize, |sum, count| sum.saturating_add(*count));
		if own >= limits.of_address || all >= limits.all {
			return None;
		}
		counts.insert(address, own.saturating_add(1));
		Some(Self { open: open.clone(), address })
	}
}

impl Drop for Counted {
	fn drop(&mut self) {
		let mut counts = self.open.lock().unwrap_or_else(PoisonError::into_inner);
		match counts.get_mut(&self.address) {
			Some(count) if *count > 1 => *count = count.saturating_sub(1),
			_ => {
				counts.remove(&self.address);
			},
		}
	}
}

/// Serves until `stop` ends; what is being answered then is finished within seconds.
///
/// # Errors
/// None today: a connection that cannot be accepted is not the end.
pub async fn serve(
	listener: TcpListener,
	router: Router,
	limits: Limits,
	stop: impl Future<Output = ()>,
) -> io::Result<()> {
	serve_by(listener, router, limits, None, stop).await
}

/// As [`serve`], by TLS if there is an acceptor. A handshake has as long as a request's headers.
///
/// # Errors
/// As [`serve`].
pub async fn serve_by(
	listener: TcpListener,
	router: Router,
	limits: Limits,
	tls: Option<TlsAcceptor>,
	stop: impl Future<Output = ()>,
) -> io::Result<()> {
	let (open, mut stop) = (Open::default(), std::pin::pin!(stop));
	let (stopping, stopped) = watch::channel(());
	loop {
		let accepted = tokio::select! {
			accepted = listener.accept() => accepted,
			() = &mut stop => break,
		};
		let (socket, address) = match accepted {
			Ok(accepted) => accepted,
			Err(error) => {
				// Out of file descriptors, most likely: others are closed meanwhile.
				eprintln!("error: a connection was not accepted: {error}");
				tokio::time::sleep(Duration::from_millis(100)).await;
				continue;
			},
		};
		// Too many: the connection is closed without a word, which costs least.
		let Some(counted) = Counted::new(&open, address.ip(), &limits) else { continue };
		// An object comes in pieces; else each would wait for the acknowledgement of the one before, which clients put off.
		let _ = socket.set_nodelay(true);
		let (socket, router, stopped) = (Paced::new(socket, limits), router.clone(), stopped.clone());
		match tls.clone() {
			None => {
				tokio::spawn(connection(socket, router, limits, stopped, counted));
			},
			Some(tls) => {
				tokio::spawn(async move {
					if let Ok(Ok(socket)) = timeout(limits.header, tls.accept(socket)).await {
						connection(socket, router, limits, stopped, counted).await;
					}
				});
			},
		}
	}
	drop(stopped);
	let _ = stopping.send(());
	let _ = tokio::time::timeout(LAST, stopping.closed()).await;
	Ok(())
}

async fn connection(
	socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
	router: Router,
	limits: Limits,
	mut stopped: watch::Receiver<()>,
	_counted: Counted,
) {
	let mut http = http1::Builder::new();
	http.timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(HEADER_BYTES).max_headers(HEADERS);
	// What is upgraded is a service's own to bound.
	let serving = http.serve_connection(TokioIo::new(socket), TowerToHyperService::new(router)).with_upgrades();
	let mut serving = std::pin::pin!(serving);
	// What goes wrong on a connection is its client's affair.
	tokio::select! {
		_ = &mut serving => return,
		_ = stopped.changed() => serving.as_mut().graceful_shutdown(),
	}
	let _ = serving.await;
}

/// A socket that does not wait for ever for its reader.
struct Paced {
	socket: TcpStream,
	limits: Limits,
	/// Since when it has been waiting to send.
	since: Option<Instant>,
	/// How long it has waited, less what was forgiven.
	waited: Duration,
	timer: Pin<Box<Sleep>>,
}

impl Paced {
	fn new(socket: TcpStream, limits: Limits) -> Self {
		let timer = Box::pin(sleep_until(Instant::now()));
		Self { socket, limits, since: None, waited: Duration::ZERO, timer }
	}

	/// Accounts for an attempt to send.
	fn pace(&mut self, cx: &mut Context<'_>, sent: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
		if let Poll::Ready(sent) = sent {
			let waited = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
			let bytes = sent.as_ref().map_or(0, |bytes| *bytes as u64);
			let forgiven = bytes.saturating_mul(1_000_000).checked_div(self.limits.rate).unwrap_or(u64::MAX);
			self.waited = self.waited.saturating_add(waited).saturating_sub(Duration::from_micros(forgiven));
			return Poll::Ready(sent);
		}
		let since = *self.since.get_or_insert_with(Instant::now);
		let end = since.checked_add(self.limits.stall.saturating_sub(self.waited)).unwrap_or(since);
		self.timer.as_mut().reset(end);
		ready!(self.timer.as_mut().poll(cx));
		Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not take what it asked for")))
	}
}

impl AsyncRead for Paced {
	fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.socket).poll_read(cx, buffer)
	}
}

impl AsyncWrite for Paced {
	fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
		let sent = Pin::new(&mut self.socket).poll_write(cx, bytes);
		self.pace(cx, sent)
	}

	fn poll_write_vectored(
		mut self: Pin<&mut Self>,
		cx: &mut Context<'_>,
		bytes: &[io::IoSlice<'_>],
	) -> Poll<io::Result<usize>> {
		let sent = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
		self.pace(cx, sent)
	}

	fn is_write_vectored(&self) -> bool {
		self.socket.is_write_vectored()
	}

	fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.socket).poll_flush(cx)
	}

	fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
		Pin::new(&mut self.socket).poll_shutdown(cx)
	}
}
