//! The store over S3, against an S3-compatible server that this test starts.
#![allow(clippy::unwrap_used)]

mod common;

use busbar_store::{blobs::Blobs, error::Error, meta::Class};
use bytes::Bytes;
use common::*;
use futures::TryStreamExt;
use hyper_util::{
	rt::{TokioExecutor, TokioIo},
	server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};

async fn s3(folder: &std::path::Path) -> String {
	let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
	builder.set_auth(SimpleAuth::from_single("key", "secret"));
	let service = builder.build();
	let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
	let address = listener.local_addr().unwrap();
	tokio::spawn(async move {
		loop {
			let (socket, _) = listener.accept().await.unwrap();
			let service = service.clone();
			tokio::spawn(async move {
				Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await.ok();
			});
		}
	});
	format!("http://{address}")
}

fn open(endpoint: &str, secret: &str) -> Blobs {
	let options = [
		("aws_endpoint", endpoint),
		("aws_access_key_id", "key"),
		("aws_secret_access_key", secret),
		("aws_region", "us-east-1"),
		("aws_allow_http", "true"),
	];
	let options = options.map(|(key, value)| (key.to_string(), value.to_string()));
	Blobs::open_with("s3://meters/store", options, 20_000_000).unwrap()
}

#[tokio::test]
async fn a_dataset_is_kept_checked_listed_and_deleted_in_s3() {
	let folder = tempfile::tempdir().unwrap();
	std::fs::create_dir(folder.path().join("meters")).unwrap();
	let endpoint = s3(folder.path()).await;
	let blobs = open(&endpoint, "secret");
	let dataset = dataset(9, 2_000);
	let bytes = Bytes::from(dataset.to_parquet().unwrap());
	let hash = put(&blobs, Class::Readings, bytes.clone()).await.unwrap().hash;
	assert_eq!(blobs.check(hash).await.unwrap().dataset.unwrap().root, dataset.tree().root());
	let streamed: Vec<Bytes> = blobs.stream(hash).await.unwrap().try_collect().await.unwrap();
	assert_eq!(streamed.concat(), bytes);
	assert_eq!(blobs.list().await.unwrap().len(), 1);

	// More than one part of a multipart upload.
	let large = Bytes::from((0..12_000_000u32).map(|at| (at % 251) as u8).collect::<Vec<_>>());
	let document = put(&blobs, Class::Document, large.clone()).await.unwrap().hash;
	assert_eq!(blobs.get(document).await.unwrap(), large);
	blobs.check(document).await.unwrap();
	blobs.delete(document).await.unwrap();

	let path = folder.path().join("meters/store/blobs").join(hex::encode(hash));
	let mut damaged = std::fs::read(&path).expect("the object is in the server's folder");
	damaged[100_000] ^= 1;
	std::fs::write(&path, damaged).unwrap();
	assert!(matches!(blobs.get(hash).await, Err(Error::Damaged { .. })));

	blobs.delete(hash).await.unwrap();
	assert!(matches!(blobs.get(hash).await, Err(Error::NotFound(_))));
	assert!(blobs.list().await.unwrap().is_empty());
	let refused = put(&open(&endpoint, "wrong"), Class::Readings, bytes).await;
	assert!(matches!(refused, Err(Error::Backend(_))), "{refused:?}");
}
