//! Profiles: one tutorial's kind of token each, with its claims, key, lifetime and rules.
//!
//! A token of one profile is never accepted as another's (RFC 8725 §3.12).

pub mod demo;
