//! The network in front of the server: one request per connection, forwarded as it is, or not.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of the requests for a bucket. Those with a number befall so many requests, the first ones.
#[derive(Debug, Clone)]
pub enum Fault {
    None,
    /// Each takes longer.
    Latency(Duration),
    /// Answered with this status, and with all that the request held as the answer's text.
    Status(u16, usize),
    /// The connection is reset.
    Reset(usize),
    /// The answers to GET of objects end in the middle.
    Truncated(usize),
    /// One bit of them is another.
    Corrupted(usize),
    /// They are a byte shorter, and say so.
    Shorter(usize),
    /// Never answered.
    Silence,
    /// As if nothing listened there.
    Down,
}

#[derive(Default)]
struct Bucket {
    fault: Option<Fault>,
    requests: Vec<String>,
}

pub struct Network {
    pub address: SocketAddr,
    server: SocketAddr,
    buckets: Mutex<HashMap<String, Bucket>>,
}

pub fn start(server: SocketAddr) -> Arc<Network> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let network = Arc::new(Network {
        address: listener.local_addr().unwrap(),
        server,
        buckets: Mutex::default(),
    });
    let of_thread = Arc::clone(&network);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let network = Arc::clone(&of_thread);
            thread::spawn(move || network.serve(client));
        }
    });
    network
}

struct Request {
    head: String,
    body: Vec<u8>,
}

/// Head and body; `None` when the other side has closed.
fn read_request(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match client.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes[end..].to_vec();
    while body.len() < content_length(&head) {
        match client.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(n) => body.extend_from_slice(&piece[..n]),
        }
    }
    Some(Request { head, body })
}

fn content_length(head: &str) -> usize {
    let mut lines = head.lines();
    let length = lines.find_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    length.unwrap_or(0)
}

/// The head with one field replaced, or added.
fn with_field(head: &str, name: &str, value: &str) -> String {
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.retain(|l| {
        let field = l.split(':').next().unwrap_or_default();
        !field.eq_ignore_ascii_case(name)
    });
    format!("{}\r\n{name}: {value}\r\n\r\n", lines.join("\r\n"))
}

fn bucket_of(head: &str) -> String {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let bucket = path.trim_start_matches('/').split(['/', '?']).next();
    bucket.unwrap_or_default().into()
}

/// Closes with a reset.
fn reset(client: TcpStream) {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    // SAFETY: the socket is open, and the option's value of this type and size.
    unsafe {
        libc::setsockopt(
            client.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            std::ptr::from_ref(&linger).cast(),
            size_of_val(&linger) as libc::socklen_t,
        );
    }
}

impl Network {
    pub fn set(&self, bucket: &str, fault: Fault) {
        let mut buckets = self.buckets.lock().unwrap();
        buckets.entry(bucket.into()).or_default().fault = Some(fault);
    }

    pub fn count(&self, bucket: &str, words: &[&str]) -> usize {
        let buckets = self.buckets.lock().unwrap();
        let requests = buckets.get(bucket).map_or(&[][..], |b| &b.requests);
        let is_one = |r: &&String| words.iter().all(|w| r.contains(w));
        requests.iter().filter(is_one).count()
    }

    /// Notes the request, and says what becomes of it.
    fn fate(&self, head: &str) -> Fault {
        let line = head.lines().next().unwrap_or_default();
        let mut buckets = self.buckets.lock().unwrap();
        let bucket = buckets.entry(bucket_of(head)).or_default();
        bucket.requests.push(line.into());
        let is_object =
            line.starts_with("GET") && line.contains("/v1/") && !line.contains("list-type");
        let fault = bucket.fault.clone().unwrap_or(Fault::None);
        let counted = match &mut bucket.fault {
            Some(Fault::Status(_, left) | Fault::Reset(left)) => Some(left),
            Some(Fault::Truncated(left) | Fault::Corrupted(left) | Fault::Shorter(left))
                if is_object =>
            {
                Some(left)
            }
            Some(Fault::Truncated(_) | Fault::Corrupted(_) | Fault::Shorter(_)) => {
                return Fault::None
            }
            _ => None,
        };
        match counted {
            Some(0) => Fault::None,
            Some(left) => {
                *left -= 1;
                fault
            }
            None => fault,
        }
    }

    /// Until the client gives up, or the network is another.
    fn keep_silent(&self, head: &str, mut client: TcpStream) {
        let _ = client.set_read_timeout(Some(Duration::from_millis(50)));
        loop {
            match client.read(&mut [0]) {
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => return,
            }
            let buckets = self.buckets.lock().unwrap();
            let bucket = buckets.get(&bucket_of(head));
            if !bucket.is_some_and(|b| matches!(b.fault, Some(Fault::Silence))) {
                return;
            }
        }
    }

    fn serve(&self, mut client: TcpStream) {
        let Some(request) = read_request(&mut client) else {
            return;
        };
        let fault = self.fate(&request.head);
        match fault {
            Fault::Latency(longer) => thread::sleep(longer),
            Fault::Reset(_) => return reset(client),
            Fault::Down => return drop(client),
            Fault::Silence => return self.keep_silent(&request.head, client),
            Fault::Status(status, _) => {
                let text = format!("{}{}", request.head, crate::SECRET_KEY);
                let answer = format!(
                    "HTTP/1.1 {status} Told\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                    text.len()
                );
                let _ = client.write_all(answer.as_bytes());
                return;
            }
            _ => {}
        }
        let Ok(mut server) = TcpStream::connect(self.server) else {
            return;
        };
        let head = with_field(&request.head, "connection", "close");
        let mut answer = Vec::new();
        let forwarded = server
            .write_all(head.as_bytes())
            .and_then(|()| server.write_all(&request.body))
            .and_then(|()| server.read_to_end(&mut answer).map(drop));
        let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else {
            return;
        };
        if forwarded.is_err() {
            return;
        }
        let (head, body) = answer.split_at(end + 4);
        let mut head = String::from_utf8_lossy(head).into_owned();
        let mut body = body.to_vec();
        match fault {
            Fault::Truncated(_) => body.truncate(body.len() / 2),
            Fault::Corrupted(_) => {
                let middle = body.len() / 2;
                if let Some(byte) = body.get_mut(middle) {
                    *byte ^= 1;
                }
            }
            Fault::Shorter(_) => {
                body.pop();
                head = with_field(&head, "content-length", &body.len().to_string());
            }
            _ => {}
        }
        let _ = client.write_all(head.as_bytes());
        let _ = client.write_all(&body);
        let _ = client.shutdown(Shutdown::Write);
    }
}
