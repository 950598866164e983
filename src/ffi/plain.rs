//! Handles that are plain memory: options, fingerprinters, cursors.

use crate::error::{Error, ErrorKind};
use std::cell::{Cell, RefCell};

/// The value behind a handle that one thread uses at a time. Usable after a fork.
pub(crate) struct Plain<T> {
    value: RefCell<T>,
    poisoned: Cell<bool>,
}

pub(crate) fn poisoned() -> Error {
    Error::new(
        ErrorKind::Poisoned,
        "using this handle",
        "an earlier call on it failed in the middle",
        "Free it and make a new one",
    )
}

impl<T> Plain<T> {
    pub fn new(value: T) -> Self {
        Plain {
            value: RefCell::new(value),
            poisoned: Cell::new(false),
        }
    }

    /// Runs `body` on the value; a panic in it makes the handle unusable.
    pub fn with(&self, body: impl FnOnce(&mut T) -> Result<i32, Error>) -> Result<i32, Error> {
        if self.poisoned.get() {
            return Err(poisoned());
        }
        let mut value = self.value.try_borrow_mut().map_err(|_| {
            Error::invalid(
                "using this handle",
                "it is in use already, as two arguments of one call or on two threads",
                "Pass another handle, or a clone",
            )
        })?;
        self.poisoned.set(true);
        let result = body(&mut value);
        self.poisoned.set(false);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::guard::call;
    use crate::ffi::status::{WARM_ERR_PANIC, WARM_ERR_POISONED};

    #[test]
    fn a_panic_makes_the_handle_unusable() {
        let p = Plain::new(1);
        assert_eq!(call("f", || p.with(|_| panic!("defect"))), WARM_ERR_PANIC);
        assert_eq!(call("f", || p.with(|_| Ok(0))), WARM_ERR_POISONED);
    }

    #[test]
    fn an_error_does_not() {
        let p = Plain::new(1);
        let e = || Error::invalid("a", "b", "c");
        assert!(call("f", || p.with(|_| Err(e()))) < 0);
        assert_eq!(call("f", || p.with(|v| Ok(*v))), 1);
    }
}
