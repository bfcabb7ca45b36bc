//! What pages share.

pub(super) mod assets;
pub(super) mod page;
pub(super) mod token_view;
