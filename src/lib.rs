//! Hallpass hands out short-lived JWTs and lets you watch every step.
//!
//! The modules, each importing only those before it:
//!
//! - [`code`]: the stable name of every outcome
//! - [`sync`]: locks without poisoning
//! - [`input`]: input of bounded size
//! - [`clock`]: time as an argument
//! - [`random`]: random bytes as an argument
//! - [`budget`]: how long a request waits for other servers
//! - [`work`]: the pool of threads for expensive work that anybody may ask for
//! - [`redis`]: the connection to Redis, which several processes share
//! - [`texts`]: words that people read, kept in text files
//! - [`der`]: the elements of DER
//! - [`keys`]: the key ring, read from the `keys` folder
//! - [`token`]: how a token is issued, and the one verifier with its verdict
//! - [`profiles`]: what each tutorial's tokens say
//! - [`lab`]: attacks, forgeries and lessons
//! - [`store`]: the database
//! - [`limits`]: rate limits
//! - [`accounts`]: logins of users and of client programs
//! - [`oauth`]: the rules of the issuer, from its requests to its answers
//! - [`settings`]: flags, environment, `.env`, defaults
//! - [`log`]: the log on standard error
//! - [`web`]: the server, its routes and pages
//! - [`testing`]: a server for the tests of Rust programs
//! - [`cli`]: the commands

/// The Rust of the manual's recipes, compiled and run unchanged.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
pub struct Recipes;

pub mod accounts;
pub mod budget;
pub mod cli;
pub mod clock;
pub mod code;
pub mod der;
mod input;
pub mod keys;
pub mod lab;
pub mod limits;
pub mod log;
pub mod oauth;
pub mod profiles;
pub mod random;
pub mod redis;
pub mod settings;
pub mod store;
mod sync;
pub mod testing;
pub mod texts;
pub mod token;
pub mod web;
pub mod work;
