//! Clients that want all connections, or the time of one.

use super::{open, serve_within};
use crate::common::serve;
use busbar_store::{client::Client, connections, incoming::Pace, meta::Class, service::Limits};
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
};

/// Waits until the other end has closed, and returns how long that took; at most ten seconds.
async fn closed(socket: &mut TcpStream) -> Duration {
	let began = Instant::now();
	let mut rest = Vec::new();
	let _ = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut rest)).await;
	began.elapsed()
}

fn quick() -> connections::Limits {
	let (header, stall) = (Duration::from_millis(300), Duration::from_millis(300));
	connections::Limits { all: 40, of_address: 30, header, stall, rate: 1_000_000 }
}

async fn dial(url: &str) -> TcpStream {
	TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

#[tokio::test]
async fn a_client_that_sends_nothing_or_headers_by_the_byte_is_closed() {
	let folder = tempfile::tempdir().unwrap();
	let (url, _) = serve_within(open(folder.path()), None, Limits::default(), quick()).await;
	let mut silent = dial(&url).await;
	assert!(closed(&mut silent).await < Duration::from_secs(2));
	let mut slow = dial(&url).await;
	let began = Instant::now();
	for byte in b"GET /metrics HTTP/1.1\r\nhost: x\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
		if slow.write_all(&[*byte]).await.is_err() {
			break;
		}
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	closed(&mut slow).await;
	assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
	// One that has been answered and asks nothing more.
	let mut idle = dial(&url).await;
	idle.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
	assert!(closed(&mut idle).await < Duration::from_secs(2));
	// And headers without an end.
	let mut long = dial(&url).await;
	let _ = long.write_all(&[&b"GET /metrics HTTP/1.1\r\nx: "[..], &[b'a'; 100_000]].concat()).await;
	let mut answer = Vec::new();
	let _ = long.read_to_end(&mut answer).await;
	assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_comes_by_the_byte_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let pace = Pace { grace: Duration::from_millis(300), rate: 100_000 };
	let blobs = open(folder.path()).with_pace(pace);
	let url = serve(blobs, None).await;
	let mut slow = dial(&url).await;
	let head = format!(
		"PUT /v1/blobs/{}?class=document HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
		"00".repeat(32)
	);
	slow.write_all(head.as_bytes()).await.unwrap();
	let began = Instant::now();
	let (mut read, mut write) = slow.split();
	let mut answer = [0; 12];
	tokio::select! {
		_ = read.read_exact(&mut answer) => {},
		_ = async { loop {
			let _ = write.write_all(b"a").await;
			tokio::time::sleep(Duration::from_millis(20)).await;
		} } => {},
	}
	assert_eq!(&answer, b"HTTP/1.1 408");
	assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed() {
	let folder = tempfile::tempdir().unwrap();
	let (url, _) = serve_within(open(folder.path()), None, Limits::default(), quick()).await;
	// More than the buffers of both sockets hold.
	let large = Bytes::from(vec![7; 30_000_000]);
	let hash = Client::new(&url, None).unwrap().put(Class::Document, large.clone()).await.unwrap().hash;
	let mut reader = dial(&url).await;
	let head = format!("GET /v1/blobs/{} HTTP/1.1\r\nhost: x\r\n\r\n", hex::encode(hash));
	reader.write_all(head.as_bytes()).await.unwrap();
	// A byte now and then does not help.
	let began = Instant::now();
	let mut one = [0];
	while began.elapsed() < Duration::from_secs(2) {
		if reader.read(&mut one).await.unwrap_or(0) == 0 {
			break;
		}
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	let mut rest = Vec::new();
	let _ = tokio::time::timeout(Duration::from_secs(5), reader.read_to_end(&mut rest)).await.expect("closed");
	assert!(rest.len() < large.len(), "everything was kept for it");
	// Who reads gets all of it.
	assert_eq!(Client::new(&url, None).unwrap().get(hash).await.unwrap(), large);
}

#[tokio::test]
async fn an_object_does_not_wait_for_the_acknowledgement_of_its_head() {
	let folder = tempfile::tempdir().unwrap();
	let client = Client::new(&serve(open(folder.path()), None).await, None).unwrap();
	let hash = client.put(Class::Document, Bytes::from(vec![7; 20_000])).await.unwrap().hash;
	let began = Instant::now();
	for _ in 0..40 {
		client.get(hash).await.unwrap();
	}
	// A client puts an acknowledgement off for 40 ms.
	assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
	let folder = tempfile::tempdir().unwrap();
	let limits = connections::Limits { of_address: 5, header: Duration::from_secs(60), ..quick() };
	let (url, _) = serve_within(open(folder.path()), None, Limits::default(), limits).await;
	let mut held = Vec::new();
	for _ in 0..5 {
		held.push(dial(&url).await);
	}
	tokio::time::sleep(Duration::from_millis(100)).await;
	for _ in 0..20 {
		let mut more = dial(&url).await;
		assert!(closed(&mut more).await < Duration::from_secs(1));
	}
	// Another address of this machine.
	let socket = tokio::net::TcpSocket::new_v4().unwrap();
	socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
	let mut other = socket.connect(url.trim_start_matches("http://").parse().unwrap()).await.unwrap();
	other.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
	let mut answer = Vec::new();
	other.read_to_end(&mut answer).await.unwrap();
	assert!(answer.starts_with(b"HTTP/1.1 200"));
	drop(held);
	tokio::time::sleep(Duration::from_millis(100)).await;
	Client::new(&url, None).unwrap().holds(Default::default()).await.unwrap();
}

#[tokio::test]
async fn a_body_without_a_length_takes_no_room() {
	let folder = tempfile::tempdir().unwrap();
	let url = serve(open(folder.path()), None).await;
	let mut socket = dial(&url).await;
	let head = format!(
		"PUT /v1/blobs/{}?class=document HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
		"00".repeat(32)
	);
	socket.write_all(head.as_bytes()).await.unwrap();
	let mut answer = [0; 12];
	socket.read_exact(&mut answer).await.unwrap();
	assert_eq!(&answer, b"HTTP/1.1 411");
}
