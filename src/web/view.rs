//! What pages share.

pub(super) mod assets;
pub(super) mod command;
pub(super) mod page;
mod prose;
pub(super) mod qr_code;
pub(super) mod sentence;
pub(super) mod token_view;
