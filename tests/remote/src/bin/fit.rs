//! A process that is killed: saves answers under consecutive keys for as long as it lives.
//! Arguments: root, URL, bytes of each payload. Prints the number of each answer once it is saved.

use std::io::Write;
use std::path::Path;
use warmstart::{Durability, Key, Kind, RemoteOptions, Store, StoreOptions};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, root, url, bytes] = &arguments[..] else {
        panic!("root, url, bytes");
    };
    let mut options = StoreOptions::new();
    options.durability(Durability::Process);
    let store = Store::open(Some(Path::new(root)), &options).unwrap();
    let _remote = store.attach_remote(url, &RemoteOptions::new()).unwrap();
    let bytes: usize = bytes.parse().unwrap();
    for n in 0..=u8::MAX {
        let key = Key::from_bytes([n; 32]);
        let payload = vec![n; bytes];
        store
            .save(key, &payload, Some(1.0), None, Kind::Final)
            .unwrap();
        println!("{n}");
        std::io::stdout().flush().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    loop {
        std::thread::park();
    }
}
