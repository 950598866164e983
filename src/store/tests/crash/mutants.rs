//! Does the checker bite? The logs of operations, each with one fault of a careless writer in it.

use super::*;

fn position(history: &History, is_it: impl Fn(&Op) -> bool) -> usize {
    history.log.iter().position(is_it).unwrap()
}

fn names(op: &Op, suffix: &str) -> bool {
    matches!(op, Op::Name { name, .. } if name.ends_with(suffix))
}

#[test]
fn metadata_visible_before_its_payload_is_noticed() {
    let run = replace_run();
    let mut history = run.history.clone();
    let payload = position(&history, |op| names(op, ".bin"));
    let metadata = position(&history, |op| names(op, ".json"));
    history.log.swap(payload, metadata);
    assert!(!look_at_every_step(&run, &history).is_empty());
    say("noticed: metadata before payload");
}

#[test]
fn a_payload_named_before_it_is_written_is_noticed() {
    let run = replace_run();
    let mut history = run.history.clone();
    let inode = inode_of(&history, b"new");
    let write = position(
        &history,
        |op| matches!(op, Op::Write { inode: i, .. } if *i == inode),
    );
    let op = history.log.remove(write);
    let metadata = position(&history, |op| names(op, ".json"));
    history.log.insert(metadata + 1, op);
    assert!(!look_at_every_step(&run, &history).is_empty());
    say("noticed: named before written");
}

/// The same log with one fault of a careless writer in it; must be noticed.
fn must_bite(name: &str, run: &Run, fault: impl Fn(&mut History)) {
    let mut history = run.history.clone();
    fault(&mut history);
    assert!(
        history.log != run.history.log,
        "{name}: nothing was changed"
    );
    let tally = check(name, run, &history);
    assert!(!tally.violations.is_empty(), "{name} was not noticed");
    say(&format!("noticed: {name}"));
}

/// Takes operations out by turning them into syncs of nothing, so that positions stay.
fn drop_ops(history: &mut History, mut is_dropped: impl FnMut(&Op) -> bool) {
    for op in &mut history.log {
        if is_dropped(op) {
            *op = Op::SyncDir { dir: usize::MAX };
        }
    }
}

fn replace_run() -> Run {
    let disk = Simulated::pairs_only();
    run_on(disk, &[saved(b"old", 2.0)], &[saved(b"new", 1.0)])
}

fn inode_of(history: &History, contents: &[u8]) -> usize {
    let written = history.log.iter().find_map(|op| match op {
        Op::Write { inode, data, .. } if data.starts_with(contents) => Some(*inode),
        _ => None,
    });
    written.unwrap()
}

/// The sync after a write in place, or one of them.
fn sync_in_place(history: &History) -> usize {
    let write = position(history, |op| {
        matches!(op, Op::Write { at: 1.., .. } | Op::Write { at: 0, .. })
    });
    let Op::Write { inode, .. } = history.log[write] else {
        unreachable!()
    };
    let synced = |op: &Op| matches!(op, Op::SyncFile { inode: i } if *i == inode);
    write + history.log[write..].iter().position(synced).unwrap()
}

fn in_place_run() -> Run {
    run(
        &replaced_thrice(),
        &[saved(b"new", 6.0), saved(b"newer", 5.0)],
    )
}

#[test]
fn an_unsynced_replacement_in_place_is_noticed() {
    must_bite("no sync in place", &in_place_run(), |h| {
        let sync = sync_in_place(h);
        h.log[sync] = Op::SyncDir { dir: usize::MAX };
    });
}

#[test]
fn a_replacement_in_place_of_the_newest_generation_is_noticed() {
    must_bite("over the newest", &in_place_run(), |h| {
        // Where the second area begins: its front is written there, and its payload behind that.
        let half = h.log.iter().find_map(|op| match op {
            Op::Write { at, .. } if *at > 0 && *at % 4096 == 0 => Some(*at),
            _ => None,
        });
        let half = half.unwrap();
        for op in &mut h.log {
            if let Op::Write { at, .. } = op {
                *at = if *at < half { *at + half } else { *at - half };
            }
        }
    });
}

#[test]
fn a_private_file_whose_name_is_not_synced_is_noticed() {
    let made = run(&[saved(b"first", 9.0)], &[saved(b"second", 8.0)]);
    must_bite("no directory sync for a private file", &made, |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

#[test]
fn a_missing_directory_sync_is_noticed() {
    must_bite("no directory sync", &replace_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

#[test]
fn a_missing_sync_of_the_new_directorys_name_is_noticed() {
    let first = run(&[], &[saved(b"new", 1.0)]);
    let key_dir = first.history.log.iter().rev().find_map(|op| match op {
        Op::Name { dir, name, .. } if name.ends_with(".json") => Some(*dir),
        _ => None,
    });
    must_bite("no sync of the root", &first, |h| {
        drop_ops(
            h,
            |op| matches!(op, Op::SyncDir { dir } if Some(*dir) != key_dir),
        );
    });
}

#[test]
fn an_unsynced_payload_is_noticed() {
    must_bite("payload not synced", &replace_run(), |h| {
        let payload = inode_of(h, b"new");
        drop_ops(h, |op| *op == Op::SyncFile { inode: payload });
    });
}

#[test]
fn a_swallowed_failure_of_the_metadata_sync_is_noticed() {
    must_bite("metadata not synced", &replace_run(), |h| {
        let metadata = inode_of(h, b"{");
        drop_ops(h, |op| *op == Op::SyncFile { inode: metadata });
    });
}

/// As if the failure of the sync had been swallowed, and the next one believed.
#[test]
fn a_failed_sync_that_is_repeated_and_believed_is_noticed() {
    for (of, contents) in [("payload", &b"new"[..]), ("metadata", b"{")] {
        must_bite(&format!("failed {of} sync believed"), &replace_run(), |h| {
            let inode = inode_of(h, contents);
            let sync = Op::SyncFile { inode };
            let at = position(h, |op| *op == sync);
            h.log.insert(at, Op::FailedSync { inode });
        });
    }
    must_bite("failed directory sync believed", &replace_run(), |h| {
        let at = position(h, |op| matches!(op, Op::SyncDir { .. }));
        if let Op::SyncDir { dir } = h.log[at] {
            h.log.insert(at, Op::FailedSync { inode: dir });
        }
    });
}

/// The names are durable before the contents are.
#[test]
fn contents_synced_only_after_the_older_generation_went_are_noticed() {
    must_bite("synced too late", &replace_run(), |h| {
        let is_sync = |op: &Op| matches!(op, Op::SyncFile { .. });
        let (syncs, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(is_sync);
        rest.extend(syncs);
        h.log = rest;
    });
}

/// A Final that takes the best checkpoint's place while a worse one is still there.
#[test]
fn an_answer_that_uncovers_a_worse_checkpoint_is_noticed() {
    let run = final_run();
    must_bite("answer uncovers", &run, |h| {
        // Without the first of the two publications: its names never come about.
        let first = position(h, |op| names(op, ".json"));
        let (Op::Name { name, .. }, stem) = (h.log[first].clone(), "") else {
            unreachable!()
        };
        let stem = name.strip_suffix(".json").map_or(stem, |s| s);
        drop_ops(
            h,
            |op| matches!(op, Op::Name { name, .. } if name.starts_with(stem)),
        );
        let older = name.split('~').next().unwrap().to_owned();
        // And what it superseded stays until the end.
        let stays = |op: &Op| matches!(op, Op::Unname { name, .. } if name.starts_with(&format!("{older}~1~")));
        let (late, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(stays);
        rest.extend(late);
        h.log = rest;
    });
}

#[test]
fn an_older_generation_removed_too_early_is_noticed() {
    must_bite("removed too early", &replace_run(), |h| {
        let is_removal = |op: &Op| matches!(op, Op::Unname { name, .. } if name.contains("~1~"));
        let (removals, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(is_removal);
        let sync = rest
            .iter()
            .position(|op| matches!(op, Op::SyncDir { .. }))
            .unwrap();
        rest.splice(sync..sync, removals);
        h.log = rest;
    });
}

/// A repair that removes the older generation before the names of the newer are known to be durable.
#[test]
fn a_repair_that_removes_what_is_superseded_without_a_sync_is_noticed() {
    must_bite("repair without a sync", &repair_after_writer_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

/// A lookup that renews the stamp without syncing the metadata it renames could cost the entry.
#[test]
fn an_unsynced_access_stamp_is_noticed() {
    must_bite("stamp not synced", &reuse_run(), |h| {
        drop_ops(h, |op| matches!(op, Op::SyncFile { .. }));
    });
}

#[test]
fn an_unsynced_removal_is_noticed() {
    let removal = run(
        &[saved(b"old", 1.0)],
        &[step(|s| assert!(s.remove(KEY).unwrap()))],
    );
    must_bite("removal not synced", &removal, |h| {
        drop_ops(h, |op| matches!(op, Op::SyncDir { .. }));
    });
}

/// As version-1 engines replace a run: a new payload under the old name, then new metadata.
#[test]
fn replacing_a_visible_pair_in_place_is_noticed() {
    let disk = Simulated::pairs_only();
    let store = open_on(&disk);
    slot(&store, b"old", 2.0).unwrap();
    slot(&store, b"new", 1.0).unwrap();
    let key = root().join(KEY.to_hex());
    let dir = disk.open_root(&key).unwrap();
    let contents = |suffix: &str| {
        let name = dir
            .list()
            .unwrap()
            .into_iter()
            .find(|l| l.name.ends_with(suffix))
            .unwrap()
            .name;
        read_file(dir.as_ref(), &name).unwrap()
    };
    let new = [contents(".bin"), contents(".json")];
    store.remove(KEY).unwrap();
    slot(&store, b"old", 2.0).unwrap();
    let names: Vec<String> = {
        let dir = disk.open_root(&key).unwrap();
        let mut names: Vec<String> = dir.list().unwrap().into_iter().map(|l| l.name).collect();
        names.sort();
        names
    };
    let dir = disk.open_root(&key).unwrap();
    let overwrite = || {
        for (name, bytes) in names.iter().zip(&new) {
            let part = format!("{name}.tmp.1.x");
            let file = dir.create_new(&part).unwrap();
            fs::write_all(file.as_ref(), bytes).unwrap();
            file.sync().unwrap();
            dir.rename(&part, dir.as_ref(), name).unwrap();
            dir.sync().unwrap();
        }
    };
    let in_place = record(disk, &store, &[&overwrite]);
    let tally = check("in place", &in_place, &in_place.history);
    assert!(
        !tally.violations.is_empty(),
        "replacement in place was not noticed"
    );
    say("noticed: replaced in place");
}

/// The directory that links lie in, as the log names it.
fn of_links(history: &History) -> usize {
    let found = history.log.iter().find_map(|op| match op {
        Op::Name { dir, name, .. } if name.ends_with(".link") => Some(*dir),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_link_whose_name_is_not_synced_is_noticed() {
    must_bite("link not synced", &linked_run(), |h| {
        let dir = of_links(h);
        drop_ops(h, |op| *op == Op::SyncDir { dir });
    });
    must_bite("directory of a link not synced", &unlinked_run(), |h| {
        let first = position(h, |op| names(op, ".link"));
        let removal = |op: &Op| matches!(op, Op::Unname { name, .. } if name.ends_with(".json"));
        let last = first + h.log[first..].iter().position(removal).unwrap();
        let own = of_links(h);
        for op in &mut h.log[first..last] {
            if matches!(op, Op::SyncDir { dir } if *dir != own) {
                *op = Op::SyncDir { dir: usize::MAX };
            }
        }
    });
}

/// A link that is replaced before its answer is there.
#[test]
fn a_link_that_goes_before_the_next_one_is_durable_is_noticed() {
    must_bite("link removed too early", &linked_run(), |h| {
        let is_removal = |op: &Op| matches!(op, Op::Unname { name, .. } if name.ends_with(".link"));
        let (removals, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(is_removal);
        // The third: the first answer made two.
        let links = rest.iter().enumerate().filter(|(_, op)| names(op, ".link"));
        let link = links.map(|(i, _)| i).nth(2).unwrap();
        rest.splice(link..link, removals);
        h.log = rest;
    });
}

/// An answer whose best checkpoint goes before the others leaves a worse one to be answered.
#[test]
fn a_best_checkpoint_that_goes_before_worse_ones_is_noticed() {
    must_bite("best removed first", &history_run(), |h| {
        let removed = |op: &Op| matches!(op, Op::Unname { name, .. } if name.contains("00000002~"));
        let (best, mut rest): (Vec<Op>, Vec<Op>) = h.log.drain(..).partition(removed);
        let others = rest
            .iter()
            .position(|op| matches!(op, Op::Unname { name, .. } if name.contains("00000003~") || name.contains("00000004~")))
            .unwrap();
        rest.splice(others..others, best);
        h.log = rest;
    });
}
