//! How large a request body may be.

/// The largest request body in bytes, more than any form or API call needs. The bench reads larger ones.
pub(in crate::web) const LARGEST_BODY: usize = 16 * 1024;
