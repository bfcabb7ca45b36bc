//! The endpoints of the OAuth issuer for programs: tokens, what is asked about them, and the documents by which all of
//! it is found.
//!
//! The rules of the protocol are in [`crate::oauth`]. The modules here read requests, ask the store, and write answers.

mod bearer_access;
mod clients;
mod issuer;
mod refusal;
mod request;

pub(in crate::web) mod discovery;
pub(in crate::web) mod introspection;
pub(in crate::web) mod me;
pub(in crate::web) mod revocation;
pub(in crate::web) mod token;
pub(in crate::web) mod userinfo;
