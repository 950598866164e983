//! The server: the S3 protocol of s3s, which checks signatures, over plain files that a test can look at and
//! age. (s3s-fs encodes an object's whole name in the name of one file, and takes no long ones.)

use crate::{ACCESS_KEY, SECRET_KEY};
use futures_util::TryStreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::dto::*;
use s3s::service::S3ServiceBuilder;
use s3s::{s3_error, Body, S3Request, S3Response, S3Result, S3};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use tokio::net::TcpListener;

struct Files {
    root: PathBuf,
    /// Names in one answer to a listing.
    page: usize,
}

impl Files {
    fn bucket(&self, bucket: &str) -> S3Result<PathBuf> {
        let path = self.root.join(bucket);
        if path.is_dir() {
            Ok(path)
        } else {
            Err(s3_error!(NoSuchBucket))
        }
    }

    fn path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(s3_error!(InvalidArgument));
        }
        Ok(self.bucket(bucket)?.join(key))
    }
}

fn walk(dir: &Path, base: &Path, found: &mut Vec<(String, fs::Metadata)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(m) if m.is_dir() => walk(&path, base, found),
            Ok(m) => {
                let name = path.strip_prefix(base).unwrap().to_str().unwrap();
                // Being written.
                if !name.ends_with(".part") {
                    found.push((name.to_owned(), m));
                }
            }
            Err(_) => {}
        }
    }
}

/// What tells one state of an object from another.
fn etag(metadata: &fs::Metadata) -> ETag {
    let nanos = metadata
        .modified()
        .ok()
        .and_then(|m| m.duration_since(std::time::UNIX_EPOCH).ok());
    ETag::Strong(format!(
        "{:x}-{:x}",
        metadata.len(),
        nanos.map_or(0, |n| n.as_nanos())
    ))
}

#[async_trait::async_trait]
impl S3 for Files {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let path = self.path(&input.bucket, &input.key)?;
        let mut contents = Vec::new();
        if let Some(mut body) = input.body {
            while let Some(piece) = body
                .try_next()
                .await
                .map_err(|_| s3_error!(IncompleteBody))?
            {
                contents.extend_from_slice(&piece);
            }
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let part = path.with_extension("part");
        fs::write(&part, contents).unwrap();
        fs::rename(&part, &path).unwrap();
        let output = PutObjectOutput {
            e_tag: fs::metadata(&path).ok().as_ref().map(etag),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let path = self.path(&input.bucket, &input.key)?;
        let mut contents = fs::read(&path).map_err(|_| s3_error!(NoSuchKey))?;
        let metadata = fs::metadata(&path).map_err(|_| s3_error!(NoSuchKey))?;
        // The engine goes on where an answer broke off, and does not look whether it was given what it asked for.
        let mut content_range = None;
        if let Some(range) = input.range {
            let len = contents.len();
            let part = range
                .check(len as u64)
                .map_err(|_| s3_error!(InvalidRange))?;
            content_range = Some(format!("bytes {}-{}/{len}", part.start, part.end - 1));
            contents.truncate(part.end as usize);
            contents.drain(..part.start as usize);
        }
        let output = GetObjectOutput {
            content_length: Some(contents.len() as i64),
            content_range,
            last_modified: metadata.modified().ok().map(Timestamp::from),
            e_tag: Some(etag(&metadata)),
            body: Some(StreamingBlob::from(Body::from(contents))),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let path = self.path(&input.bucket, &input.key)?;
        let metadata = fs::metadata(path).map_err(|_| s3_error!(NoSuchKey))?;
        let output = HeadObjectOutput {
            content_length: Some(metadata.len() as i64),
            e_tag: Some(etag(&metadata)),
            last_modified: metadata.modified().ok().map(Timestamp::from),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        // As S3 does: what is not there is removed.
        let _ = fs::remove_file(self.path(&input.bucket, &input.key)?);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let bucket = self.bucket(&input.bucket)?;
        let mut found = Vec::new();
        walk(&bucket, &bucket, &mut found);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.or(input.start_after);
        found.retain(|(name, _)| {
            name.starts_with(&prefix) && after.as_ref().is_none_or(|a| name > a)
        });
        let more = found.len() > self.page;
        found.truncate(self.page);
        let last = found.last().map(|(name, _)| name.clone());
        let objects: Vec<Object> = found
            .into_iter()
            .map(|(name, metadata)| Object {
                key: Some(name),
                e_tag: Some(etag(&metadata)),
                size: Some(metadata.len() as i64),
                last_modified: metadata.modified().ok().map(Timestamp::from),
                ..Default::default()
            })
            .collect();
        let output = ListObjectsV2Output {
            key_count: Some(objects.len() as i32),
            is_truncated: Some(more),
            next_continuation_token: last.filter(|_| more),
            contents: Some(objects),
            name: Some(input.bucket),
            prefix: Some(prefix),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }
}

pub fn start(root: &Path, page: usize) -> SocketAddr {
    let mut builder = S3ServiceBuilder::new(Files {
        root: root.to_owned(),
        page,
    });
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = builder.build();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    continue;
                };
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
    });
    told.recv().unwrap()
}
