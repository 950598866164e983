//! Eviction policies of a cache of so many objects, simulated: objects are numbers, and nothing but hits
//! and misses comes of them. The library's unit tests hold its own tier to the SIEVE of this file.

/// No object.
const NONE: usize = usize::MAX;

pub trait Policy {
    /// Whether `object` was there; it is afterwards.
    fn ask(&mut self, object: usize) -> bool;
}

/// The objects kept, newest at the head, linked both ways.
struct List {
    newer: Vec<usize>,
    older: Vec<usize>,
    kept: Vec<bool>,
    head: usize,
    tail: usize,
    len: usize,
}

impl List {
    fn of(objects: usize) -> List {
        List {
            newer: vec![NONE; objects],
            older: vec![NONE; objects],
            kept: vec![false; objects],
            head: NONE,
            tail: NONE,
            len: 0,
        }
    }

    fn push(&mut self, object: usize) {
        self.newer[object] = NONE;
        self.older[object] = self.head;
        match self.head {
            NONE => self.tail = object,
            head => self.newer[head] = object,
        }
        self.head = object;
        self.kept[object] = true;
        self.len += 1;
    }

    fn remove(&mut self, object: usize) {
        let (newer, older) = (self.newer[object], self.older[object]);
        match newer {
            NONE => self.head = older,
            _ => self.older[newer] = older,
        }
        match older {
            NONE => self.tail = newer,
            _ => self.newer[older] = newer,
        }
        self.kept[object] = false;
        self.len -= 1;
    }
}

/// Out goes what came first.
pub struct Fifo {
    list: List,
    capacity: usize,
}

impl Fifo {
    pub fn new(objects: usize, capacity: usize) -> Fifo {
        let list = List::of(objects);
        Fifo { list, capacity }
    }
}

impl Policy for Fifo {
    fn ask(&mut self, object: usize) -> bool {
        if self.list.kept[object] {
            return true;
        }
        if self.list.len == self.capacity {
            self.list.remove(self.list.tail);
        }
        self.list.push(object);
        false
    }
}

/// Out goes what was longest not used.
pub struct Lru {
    list: List,
    capacity: usize,
}

impl Lru {
    pub fn new(objects: usize, capacity: usize) -> Lru {
        let list = List::of(objects);
        Lru { list, capacity }
    }
}

impl Policy for Lru {
    fn ask(&mut self, object: usize) -> bool {
        let hit = self.list.kept[object];
        if hit {
            self.list.remove(object);
        } else if self.list.len == self.capacity {
            self.list.remove(self.list.tail);
        }
        self.list.push(object);
        hit
    }
}

/// Second chance: what comes first is put behind once if it was used since.
pub struct Clock {
    list: List,
    capacity: usize,
    visited: Vec<bool>,
}

impl Clock {
    pub fn new(objects: usize, capacity: usize) -> Clock {
        Clock {
            list: List::of(objects),
            capacity,
            visited: vec![false; objects],
        }
    }
}

impl Policy for Clock {
    fn ask(&mut self, object: usize) -> bool {
        if self.list.kept[object] {
            self.visited[object] = true;
            return true;
        }
        while self.list.len == self.capacity {
            let first = self.list.tail;
            self.list.remove(first);
            if std::mem::take(&mut self.visited[first]) {
                self.list.push(first);
            }
        }
        self.list.push(object);
        false
    }
}

/// As CLOCK, but what was used stays in its place, and the hand goes on from there.
pub struct Sieve {
    list: List,
    capacity: usize,
    visited: Vec<bool>,
    hand: usize,
}

impl Sieve {
    pub fn new(objects: usize, capacity: usize) -> Sieve {
        Sieve {
            list: List::of(objects),
            capacity,
            visited: vec![false; objects],
            hand: NONE,
        }
    }

    fn evict(&mut self) {
        let start = |hand, tail| if hand == NONE { tail } else { hand };
        let mut victim = start(self.hand, self.list.tail);
        while std::mem::take(&mut self.visited[victim]) {
            victim = start(self.list.newer[victim], self.list.tail);
        }
        self.hand = self.list.newer[victim];
        self.list.remove(victim);
    }
}

impl Policy for Sieve {
    fn ask(&mut self, object: usize) -> bool {
        if self.list.kept[object] {
            self.visited[object] = true;
            return true;
        }
        if self.list.len == self.capacity {
            self.evict();
        }
        self.list.push(object);
        false
    }
}
