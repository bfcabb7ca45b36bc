//! Whether the server is shutting down. Once it is, every response closes its connection.

use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Default)]
pub(in crate::web) struct ShutdownFlag(AtomicBool);

impl ShutdownFlag {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
