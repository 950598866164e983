//! Decides whether a concurrent history is linearizable: whether each operation can be given one
//! instant between its invocation and its response so that all of them, in the order of these instants,
//! are what the sequential model allows.
//!
//! The search of Wing and Gong (1993) with the memory of Lowe (2017): a set of operations that took
//! effect, and the state they led to, are looked at once.

use std::collections::HashSet;
use std::hash::Hash;

/// Far more than any history here needs.
const MOST_STATES: usize = 300_000;

/// A sequential object.
pub trait Model {
    type State: Clone + Eq + Hash;
    type Operation;
    fn initial(&self) -> Self::State;
    /// The states that `operation` may lead to; none where it cannot answer in `state` what it
    /// answered.
    fn step(&self, state: &Self::State, operation: &Self::Operation) -> Vec<Self::State>;
    /// True for an operation that changes no state in which it can have answered what it answered.
    fn changes_nothing(operation: &Self::Operation) -> bool;
}

/// An operation, and when its caller began it and had its answer.
#[derive(Debug, Clone)]
pub struct Timed<O> {
    pub invoked: u64,
    pub returned: u64,
    pub operation: O,
}

/// A set of operations that took effect.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Done(Box<[u64]>);

impl Done {
    fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }

    fn with(&self, i: usize) -> Done {
        let mut done = self.clone();
        done.0[i / 64] |= 1 << (i % 64);
        done
    }
}

/// A set of operations that took effect, and those not tried next with the states they lead to.
struct Node<S> {
    done: Done,
    open: Vec<(usize, S)>,
}

struct Search<'a, M: Model> {
    model: &'a M,
    /// In order of invocation.
    history: Vec<Timed<M::Operation>>,
}

impl<M: Model> Search<'_, M> {
    /// The operations that may be the next to take effect: those begun before the first of all others
    /// was answered.
    fn candidates(&self, done: &Done) -> Vec<usize> {
        let mut found = Vec::new();
        let mut earliest_return = u64::MAX;
        for (i, timed) in self.history.iter().enumerate() {
            if timed.invoked > earliest_return {
                break;
            }
            if !done.has(i) {
                earliest_return = earliest_return.min(timed.returned);
                found.push(i);
            }
        }
        // Taken from the end: what returned first most likely took effect first.
        found.sort_by_key(|&i| std::cmp::Reverse(self.history[i].returned));
        found
    }

    fn node(&self, done: Done, state: M::State) -> Node<M::State> {
        let mut open = Vec::new();
        for i in self.candidates(&done) {
            let reached = self.model.step(&state, &self.history[i].operation);
            if !reached.is_empty() && M::changes_nothing(&self.history[i].operation) {
                // What is right now can as well be the next: no other order allows more.
                open = vec![(i, state.clone())];
                break;
            }
            open.extend(reached.into_iter().map(|next| (i, next)));
        }
        Node { done, open }
    }

    /// True when all took effect in some order; else the most that did.
    fn run(&self) -> Result<(), (Done, &'static str)> {
        let total = self.history.len();
        let nothing = Done(vec![0; total / 64 + 1].into_boxed_slice());
        let mut deepest = (0, nothing.clone());
        let mut seen = HashSet::new();
        let mut path = vec![self.node(nothing, self.model.initial())];
        while let Some(node) = path.last_mut() {
            let Some((i, next)) = node.open.pop() else {
                path.pop();
                continue;
            };
            let done = node.done.with(i);
            let depth = path.len();
            if depth == total {
                return Ok(());
            }
            if !seen.insert((done.clone(), next.clone())) {
                continue;
            }
            if seen.len() > MOST_STATES {
                return Err((deepest.1, "found within the states looked at"));
            }
            if depth > deepest.0 {
                deepest = (depth, done.clone());
            }
            path.push(self.node(done, next));
        }
        if total == 0 {
            return Ok(());
        }
        Err((deepest.1, "possible"))
    }
}

/// What could be put in order and what not when `history` is not linearizable. Equal times count as
/// overlapping.
pub fn check<M: Model>(model: &M, mut history: Vec<Timed<M::Operation>>) -> Result<(), String>
where
    M::Operation: std::fmt::Debug,
{
    history.sort_by_key(|timed| timed.invoked);
    let search = Search { model, history };
    let (done, what) = match search.run() {
        Ok(()) => return Ok(()),
        Err(deepest) => deepest,
    };
    let history = &search.history;
    let next = search.candidates(&done);
    let first = next.iter().map(|&i| history[i].invoked).min().unwrap_or(0);
    let mut shown = String::new();
    // What ended long before does not matter any more.
    for (i, timed) in history.iter().enumerate() {
        if timed.returned.saturating_add(40) >= first && timed.invoked <= first.saturating_add(40) {
            let mark = match (next.contains(&i), done.has(i)) {
                (true, _) => "? ",
                (_, true) => "  ",
                _ => ". ",
            };
            shown.push_str(&format!("{mark}{timed:?}\n"));
        }
    }
    let count = (0..history.len()).filter(|&i| done.has(i)).count();
    Err(format!(
        "no order of all {} operations is {what}: of {count} there is one, and then none of those with a question mark \
         may follow\n{shown}",
        history.len(),
    ))
}
