//! The key ring that signs and verifies now. It can be replaced while requests go on.

use std::sync::{Arc, RwLock};

use super::KeyRing;
use crate::sync;

/// The current keys, and those of the start.
pub struct CurrentKeys {
    ring: RwLock<Arc<KeyRing>>,
    first: Arc<KeyRing>,
}

impl CurrentKeys {
    pub fn new(ring: KeyRing) -> Self {
        let first = Arc::new(ring);
        Self { ring: RwLock::new(first.clone()), first }
    }

    /// The current keys. Call it once in a request: the keys may be replaced between two calls.
    pub fn ring(&self) -> Arc<KeyRing> {
        sync::read(&self.ring).clone()
    }

    /// Replaces the keys that sign and verify. The key of the session cookie stays until the server restarts.
    pub fn replace(&self, ring: KeyRing) {
        self.put(Arc::new(ring));
    }

    /// The same with keys that were read again. Those that the folder could not keep stay as they were at the start.
    pub fn replace_by_reread(&self, ring: KeyRing) {
        self.replace(ring.with_unsaved_keys_of(&self.first));
    }

    /// Goes back to the keys that the server started with.
    pub fn restore(&self) {
        self.put(self.first.clone());
    }

    fn put(&self, ring: Arc<KeyRing>) {
        *sync::write(&self.ring) = ring;
    }
}
