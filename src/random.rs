//! Random bytes as an argument: the program asks the [`Random`] that it was given, and opens no other source.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

/// A source of bytes that nobody can guess.
#[derive(Clone)]
pub struct Random(SystemRandom);

/// The source gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system gave no random bytes")]
pub struct NoRandomBytes;

impl Random {
    /// The operating system's source.
    pub fn system() -> Self {
        Self(SystemRandom::new())
    }

    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoRandomBytes> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| NoRandomBytes)?;
        Ok(bytes)
    }

    /// The same source, for what makes keys.
    pub const fn source(&self) -> &dyn SecureRandom {
        &self.0
    }
}
