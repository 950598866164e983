//! What is to be done with one entry of the memory tier, and what came of it.

/// The priority of what has none of its own.
pub(crate) const DEFAULT_PRIORITY: u8 = 128;

/// What is to become of a key's entry.
pub(crate) enum Decision<V> {
    /// It stays as it is, if there is one.
    Leave,
    Remove,
    /// `value` takes its place. `weight` is what key and value occupy besides their own size.
    Put {
        value: V,
        weight: usize,
        priority: u8,
    },
}

/// What has become of a key's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The decision was to leave it.
    Left,
    /// The decision was to remove it; or there was none.
    Removed,
    /// What was put is there.
    Kept,
    /// What was put is heavier than the whole tier. There is no entry now.
    TooHeavy,
    /// The tier is full of entries of higher priority than what was put. There is no entry now.
    Outranked,
    /// Others use what there is quicker than room can be made. There is no entry now.
    NoRoom,
}

/// What came of a step.
#[derive(Debug)]
pub(crate) struct Outcome<V> {
    pub fate: Fate,
    /// What was under the key and no longer is.
    pub previous: Option<V>,
    /// How many other entries were evicted to make room.
    pub evicted: usize,
}
