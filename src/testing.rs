//! A real server for the tests of a Rust program. It uses a free port, its own keys and its own store, and stops when
//! it is dropped.
//!
//! ```
//! use hallpass::profiles::{flawed::Flaw, rest_api};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = hallpass::testing::spawn()?;
//!
//! // What your program verifies: a good token, one with claims of your own, and one that is wrong in one named way.
//! let good = issuer.token(&rest_api::PROFILE)?;
//! let own = issuer.sign(&rest_api::PROFILE, &json!({ "user_id": "alice", "exp": issuer.now().timestamp() + 60 }))?;
//! let (bad, code) = issuer.flawed(&rest_api::PROFILE, Flaw::WrongKey)?;
//! assert_eq!(code.as_str(), "bad_signature");
//!
//! // The clock that issuing and verifying share is yours, and so are the keys.
//! issuer.clock().advance(chrono::TimeDelta::minutes(31));
//! println!("{} {good} {own} {bad}", issuer.url());
//! # Ok(())
//! # }
//! ```
//!
//! The routes under `/test` exist too, for clients that use HTTP. Tests that share a server share its clock, its keys
//! and its rate counters. A test that moves the clock should spawn its own server.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;
use thiserror::Error;

use crate::clock::{Clock as _, Settable};
use crate::code::Code;
use crate::keys::{KeyRing, SigningError};
use crate::profiles::demo::DemoAlgorithm;
use crate::profiles::flawed::{self, Flaw, FlawError, Wanted};
use crate::profiles::{IssueError, Issuer, Profile};
use crate::random::{NoRandomBytes, Random};
use crate::settings::{BadSetting, Environment, Flags, Settings};
use crate::token;
use crate::web::{Server, StartError};

/// Why a server did not start, or a token could not be made.
#[derive(Debug, Error)]
pub enum TestingError {
    #[error("no temporary folder could be made for keys and store")]
    Folder(#[source] io::Error),
    #[error(transparent)]
    Setting(#[from] BadSetting),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the server's thread ended before it was ready")]
    Ended,
    #[error(transparent)]
    NoRandomBytes(#[from] NoRandomBytes),
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Flaw(#[from] FlawError),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// A server in test mode, without a limit on phone tokens.
pub fn spawn() -> Result<TestServer, TestingError> {
    spawn_with(&[])
}

/// The same with these settings, each by the name of its flag without dashes.
pub fn spawn_with(settings: &[(&'static str, &str)]) -> Result<TestServer, TestingError> {
    let folder = TempDir::new().map_err(TestingError::Folder)?;
    let settings = resolve(&folder, settings)?;
    let (clock, random, algorithm) = (Arc::new(Settable::running()), Random::system(), settings.options.algorithm);
    let (sender, receiver) = mpsc::channel();
    let (shared_clock, shared_random) = (clock.clone(), random.clone());
    let thread = thread::spawn(move || serve(settings, shared_clock, shared_random, &sender));
    let Started { url, issuer, ring, handle } = receiver.recv().map_err(|_| TestingError::Ended)??;
    Ok(TestServer { url, issuer, ring, algorithm, clock, random, handle, thread: Some(thread), _folder: folder })
}

fn resolve(folder: &TempDir, settings: &[(&'static str, &str)]) -> Result<Settings, BadSetting> {
    let keys = folder.path().display().to_string();
    let database = format!("sqlite:{}", folder.path().join("hallpass.db").display());
    let own = [
        ("bind", "127.0.0.1:0"),
        ("keys", &keys),
        ("database", &database),
        ("phone-rate", "off"),
        ("test-mode", "on"),
        ("workers", "1"),
        // So few that the limits of the process around it stay as they are.
        ("max-connections", "256"),
    ];
    let all = own.iter().chain(settings);
    let flags = all.fold(Flags::default(), |flags, (flag, value)| flags.with(flag, Some((*value).to_owned())));
    // The environment of the tests must not change the server's settings.
    Settings::resolve(&flags, &Environment::of(HashMap::new(), HashMap::new()))
}

/// What the server's thread returns once it accepts requests.
struct Started {
    url: String,
    issuer: String,
    ring: Arc<KeyRing>,
    handle: ServerHandle,
}

fn serve(settings: Settings, clock: Arc<Settable>, random: Random, sender: &mpsc::Sender<Result<Started, StartError>>) {
    actix_web::rt::System::new().block_on(async {
        let server = match Server::build(settings, clock, random).await {
            Ok(server) => server,
            // Sending fails if the caller no longer waits.
            Err(error) => return drop(sender.send(Err(error))),
        };
        let (url, issuer, ring) = (server.url(), server.issuer().to_owned(), server.ring());
        let ready = |handle| drop(sender.send(Ok(Started { url, issuer, ring, handle })));
        if let Err(error) = server.start(ready).await {
            log::error!("the server of a test ended: {error}");
        }
    });
}

/// A server that runs until this is dropped.
pub struct TestServer {
    url: String,
    issuer: String,
    ring: Arc<KeyRing>,
    algorithm: DemoAlgorithm,
    clock: Arc<Settable>,
    random: Random,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl TestServer {
    /// Such as `http://127.0.0.1:40123`: the issuer of its bearer tokens too, unless a setting names another.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's clock. It runs until it is set.
    pub fn clock(&self) -> &Settable {
        &self.clock
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The keys that the server started with.
    pub fn keys(&self) -> &KeyRing {
        &self.ring
    }

    /// A good token, as the profile's endpoint makes it; those of demo and lab under the setting `algorithm`.
    pub fn token(&self, profile: &Profile) -> Result<String, TestingError> {
        Ok(profile.sample(&self.issuer(), self.random.bytes()?)?.into_string())
    }

    /// These claims under the profile's key, whatever they say, with the header that the key asks for.
    pub fn sign(&self, profile: &Profile, claims: &Value) -> Result<String, TestingError> {
        let signer = profile.signer(&self.issuer())?;
        Ok(token::sign(profile.header.text(signer), claims.to_string(), signer)?.into_string())
    }

    /// A token that is wrong in one way, and the code that this server's verifier answers. Its times are an hour off.
    pub fn flawed(&self, profile: &Profile, flaw: Flaw) -> Result<(String, Code), TestingError> {
        Ok(flawed::make(profile, &Wanted::of(flaw), &self.issuer(), self.random.bytes()?)?)
    }

    fn issuer(&self) -> Issuer<'_> {
        Issuer { ring: &self.ring, algorithm: self.algorithm, url: &self.issuer, now: self.now() }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // If the server panicked, it has already printed the panic.
            let _ = thread.join();
        }
    }
}
