//! The object store behind a URL, and how its failures are told.
//!
//! What an engine says of a failure may hold the request it made, with a signature or a token in it. So
//! none of its words are passed on: a failure is told by its class, from a fixed list.

use crate::error::{Error, ErrorKind, Result};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// For a connection to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// For one request, however large. Callers have deadlines of their own.
const REQUEST: Duration = Duration::from_secs(600);
/// How often the engine itself repeats a request that a server refused for the moment.
const RETRIES: usize = 3;
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(1);

/// Where objects lie.
#[derive(Clone)]
pub(super) struct Engine {
    pub store: Arc<dyn ObjectStore>,
    prefix: Path,
    shown: Arc<str>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.shown).finish()
    }
}

/// Buckets in memory, by name, for as long as the process runs.
static MEMORY: Mutex<Option<HashMap<String, Arc<InMemory>>>> = Mutex::new(None);

fn memory(name: &str) -> Arc<InMemory> {
    let mut buckets = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let buckets = buckets.get_or_insert_with(HashMap::new);
    Arc::clone(buckets.entry(name.to_owned()).or_default())
}

/// What the environment says of an engine, under its customary names.
fn environment(prefix: &'static str) -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(move |(name, value)| {
        let name = name.to_str()?;
        let is_its = name.starts_with(prefix);
        is_its.then_some((name.to_ascii_lowercase(), value.into_string().ok()?))
    })
}

fn refused(reason: &'static str, advice: &'static str) -> Error {
    Error::invalid("attaching a remote tier", reason, advice)
}

impl Engine {
    /// Opens what `url` names. Nothing is asked of a server yet.
    pub fn open(url: &str) -> Result<Engine> {
        // The URL itself is not told: where it cannot be understood, it is not known what is secret in it.
        let parsed = Url::parse(url).map_err(|_| {
            refused(
                "its URL cannot be understood",
                "Use s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///directory or memory://name",
            )
        })?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(refused(
                "its URL holds a user or a password",
                "Leave them to the engine's environment, such as AWS_ACCESS_KEY_ID",
            ));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(refused(
                "its URL holds a query or a fragment",
                "Leave credentials and settings to the engine's environment",
            ));
        }
        let host = parsed.host_str().unwrap_or_default();
        let shown: Arc<str> = format!("{}://{host}{}", parsed.scheme(), parsed.path()).into();
        if parsed.scheme() == "memory" {
            let prefix = prefix_of(parsed.path())?;
            return Ok(Engine {
                store: memory(host),
                prefix,
                shown,
            });
        }
        let (scheme, _) = ObjectStoreScheme::parse(&parsed).map_err(|_| unknown())?;
        // As the URL writes it: what is encoded there stays so.
        let prefix = prefix_of(parsed.path())?;
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: FIRST_RETRY,
                max_backoff: LAST_RETRY,
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: REQUEST,
        };
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT)
            .with_timeout(REQUEST);
        let store: object_store::Result<Arc<dyn ObjectStore>> = match (scheme, parsed.scheme()) {
            (ObjectStoreScheme::AmazonS3, "s3" | "s3a") => {
                let builder = AmazonS3Builder::new().with_client_options(client);
                let configured =
                    environment("AWS_").fold(builder, |b, (name, value)| match name.parse() {
                        Ok(key) => b.with_config(key, value),
                        Err(_) => b,
                    });
                let built = configured.with_url(url).with_retry(retry).build();
                built.map(|s| Arc::new(s) as _)
            }
            (ObjectStoreScheme::MicrosoftAzure, "az") => {
                let builder = MicrosoftAzureBuilder::new().with_client_options(client);
                let configured =
                    environment("AZURE_").fold(builder, |b, (name, value)| match name.parse() {
                        Ok(key) => b.with_config(key, value),
                        Err(_) => b,
                    });
                let built = configured
                    .with_container_name(host)
                    .with_retry(retry)
                    .build();
                built.map(|s| Arc::new(s) as _)
            }
            (ObjectStoreScheme::GoogleCloudStorage, "gs") => {
                let builder = GoogleCloudStorageBuilder::new().with_client_options(client);
                let configured =
                    environment("GOOGLE_").fold(builder, |b, (name, value)| match name.parse() {
                        Ok(key) => b.with_config(key, value),
                        Err(_) => b,
                    });
                let built = configured.with_bucket_name(host).with_retry(retry).build();
                built.map(|s| Arc::new(s) as _)
            }
            (ObjectStoreScheme::Local, "file") => Ok(Arc::new(LocalFileSystem::new()) as _),
            _ => return Err(unknown()),
        };
        let store = store.map_err(|_| {
            Error::invalid(
                format!("attaching the remote tier {shown}"),
                "its engine refuses what the environment says of it, or misses something there",
                "Check the engine's environment variables (AWS_*, AZURE_*, GOOGLE_*)",
            )
        })?;
        Ok(Engine {
            store,
            prefix,
            shown,
        })
    }

    /// The URL without anything that could be secret.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The object of a name of ours.
    pub fn path(&self, name: &str) -> Path {
        let below = Path::from_iter(name.split('/'));
        self.prefix.parts().chain(below.parts()).collect()
    }

    /// The name of an object, as [`Engine::path`] takes it; `None` for what lies elsewhere.
    pub fn name<'a>(&self, path: &'a Path) -> Option<&'a str> {
        if self.prefix.as_ref().is_empty() {
            return Some(path.as_ref());
        }
        path.as_ref()
            .strip_prefix(self.prefix.as_ref())?
            .strip_prefix('/')
    }

    /// What is told of a failure.
    pub fn failed(&self, attempt: &str, e: &object_store::Error) -> Error {
        let (reason, advice) = told(e);
        Error::new(
            ErrorKind::Remote,
            format!("{attempt} in {}", self.shown),
            reason,
            advice,
        )
    }
}

fn prefix_of(path: &str) -> Result<Path> {
    Path::from_url_path(path).map_err(|_| {
        refused(
            "the path of its URL has empty parts, dots or characters that no object may have",
            "Use a plain prefix",
        )
    })
}

fn unknown() -> Error {
    refused(
        "its URL is of no known kind",
        "Use s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///directory or memory://name",
    )
}

const TRY_LATER: &str = "It is tried again; what is stored on this machine is not affected";

/// Reason and advice.
fn told(e: &object_store::Error) -> (String, &'static str) {
    let words = e.to_string();
    // A listing says by the status alone what other requests say by their kind.
    let status = status_in(&words);
    match (e, status) {
        (object_store::Error::NotFound { .. }, _) | (_, Some(404)) => {
            return (
                "there is no such object, or no such bucket".into(),
                "Check the URL; a bucket must exist",
            )
        }
        (
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. },
            _,
        )
        | (_, Some(401 | 403)) => return (
            "the server denies access".into(),
            "Check the credentials in the engine's environment, and what they are allowed to do",
        ),
        (_, Some(status)) => return (format!("the server answers {status}"), TRY_LATER),
        (_, None) => {}
    }
    let mut at: Option<&(dyn StdError + 'static)> = Some(e);
    let mut class: Option<io::ErrorKind> = None;
    while let Some(here) = at {
        if let Some(io) = here.downcast_ref::<io::Error>() {
            class = Some(io.kind())
                .filter(|k| *k != io::ErrorKind::Other)
                .or(class);
        }
        at = here.source();
    }
    let reason = match class {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => "its disk is full",
        Some(io::ErrorKind::PermissionDenied) => "the system denies access",
        Some(io::ErrorKind::ConnectionRefused) => "the server refuses the connection",
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the connection was cut"
        }
        Some(io::ErrorKind::UnexpectedEof) => "the answer ended too early",
        Some(io::ErrorKind::TimedOut) => "the server does not answer in time",
        _ if words.contains("dns error") || words.contains("lookup address") => {
            "the server's name is not known"
        }
        _ if words.contains("certificate") => "the server's certificate is not accepted",
        _ if words.contains("timed out") || words.contains("timeout") => {
            "the server does not answer in time"
        }
        _ => "the server cannot be reached, or breaks off",
    };
    (reason.into(), TRY_LATER)
}

/// The HTTP status that an engine's words name: three digits, and nothing else of them.
fn status_in(words: &str) -> Option<u16> {
    let after = words.split("status code: ").nth(1)?;
    let digits = after.get(..3)?;
    digits.parse().ok().filter(|s| (100..600).contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_trying_again_helps_is_told_with_what_to_do() {
        let answered = |status: u16| object_store::Error::Generic {
            store: "S3",
            source: format!("Server returned non-2xx status code: {status} Odd: secret").into(),
        };
        for (status, reason, advice) in [
            (401, "denies access", "credentials"),
            (403, "denies access", "credentials"),
            (404, "no such bucket", "URL"),
            (500, "answers 500", "tried again"),
        ] {
            let told = told(&answered(status));
            assert!(
                told.0.contains(reason) && !told.0.contains("secret"),
                "{told:?}"
            );
            assert!(told.1.contains(advice), "{told:?}");
        }
    }

    #[test]
    fn a_url_with_secrets_is_refused_without_repeating_them() {
        for url in [
            "s3://AKIASECRET:hunter2@bucket/p",
            "s3://bucket/p?X-Amz-Signature=hunter2",
            "az://container/p?sig=hunter2",
            "s3://bucket/p#hunter2",
            "hunter2",
            "hunter2://bucket/p",
            "https://hunter2/p",
            "http://hunter2/p",
            "s3://",
            "file://hunter2/x",
        ] {
            let e = Engine::open(url).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Invalid, "{url}");
            let told = format!("{e} {e:?}");
            assert!(
                !told.contains("hunter2") && !told.contains("AKIA"),
                "{told}"
            );
        }
    }

    #[test]
    fn an_engines_own_words_are_not_passed_on() {
        let engine = Engine::open("memory://words/p").unwrap();
        let secret =
            "GET https://h/?sig=hunter2 - Server returned non-2xx status code: 503 Slow: hunter2";
        let generic = |source: Box<dyn StdError + Send + Sync>| object_store::Error::Generic {
            store: "S3",
            source,
        };
        let e = engine.failed("listing", &generic(secret.into()));
        let text = format!("{e} {e:?}");
        assert!(
            text.contains("answers 503") && !text.contains("hunter2"),
            "{text}"
        );
        let reset = io::Error::new(io::ErrorKind::ConnectionReset, "hunter2");
        let e = engine.failed("listing", &generic(Box::new(reset)));
        let text = format!("{e} {e:?}");
        assert!(
            text.contains("was cut") && !text.contains("hunter2"),
            "{text}"
        );
    }

    #[test]
    fn names_and_paths_are_each_others_inverse_below_a_prefix() {
        for url in [
            "memory://b",
            "memory://b/",
            "memory://b/a/c",
            "file:///tmp/x",
        ] {
            let engine = Engine::open(url).unwrap();
            let path = engine.path("v1/ab/run.1_x-y/7-ff.bin");
            assert_eq!(
                engine.name(&path),
                Some("v1/ab/run.1_x-y/7-ff.bin"),
                "{url}"
            );
        }
    }
}
