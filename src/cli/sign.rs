//! `hallpass sign`: prints one signed token.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use thiserror::Error;

use super::stdout::Stdout;
use super::{Failure, KeysFlag, key_file};
use crate::clock::{Clock as _, System};
use crate::keys::{Algorithm, KeyError, KeyRing, Signer};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::settings::{Environment, Flags};
use crate::token::{self, Claims, Header, JsonFault};

#[derive(Args)]
pub(super) struct Options {
    /// The claims, as a JSON object; without them the demo's own: sub, iat and exp
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Who the token is about
    #[arg(long, value_name = "TEXT")]
    sub: Option<String>,
    /// How long it lives: 1 to 86400 seconds, or 90s, 5m, 1h, 1d
    #[arg(long, value_name = "DURATION", value_parser = ttl)]
    ttl: Option<Lifetime>,
    /// What to sign with; without it, what the key is for, or HS256
    #[arg(long, value_name = "ALG")]
    algorithm: Option<Algorithm>,
    /// The key: a secret's text, PEM, OpenSSH, a JWK or a set with one that signs; without it, the keys folder's. - is
    /// standard input
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    keys: KeysFlag,
}

fn ttl(text: &str) -> Result<Lifetime, &'static str> {
    Lifetime::of_duration(text).ok_or(Lifetime::ACCEPTED)
}

/// Why the command line does not amount to a token.
#[derive(Debug, Error)]
enum SignError {
    #[error("--claims must be a JSON object that has each member once")]
    Claims(#[source] JsonFault),
    #[error("--sub cannot be used")]
    Subject(#[from] demo::BadSubject),
    #[error("`{folder}` has no key that signs {algorithm}; `hallpass keygen --algorithm {algorithm}` makes one")]
    NoKey { folder: String, algorithm: Algorithm },
    #[error("the keys folder signs {}; for {algorithm} give a key with --key", DemoAlgorithm::NAMES.join(" and "))]
    NotOfFolder { algorithm: Algorithm },
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let now = System.now();
    let claims = options.claims(now)?;
    let signer = options.signer(flags, environment, now)?;
    writeln!(Stdout::lock(), "{}", token::issue(&claims, &Header::of_type("JWT"), &signer)?.as_str())?;
    Ok(ExitCode::SUCCESS)
}

impl Options {
    /// The demo's claims, or those given with `--sub` and `--ttl` put into them.
    fn claims(&self, now: DateTime<Utc>) -> Result<Claims, SignError> {
        let Some(json) = &self.claims else {
            let subject = self.sub.as_deref().map_or_else(|| Ok(Subject::default()), Subject::parse)?;
            return Ok(demo::claims(&subject, self.ttl.unwrap_or_default(), now));
        };
        let mut claims: Claims = token::parse_object(json.as_bytes()).map_err(SignError::Claims)?.into();
        if let Some(sub) = &self.sub {
            claims = claims.with("sub", sub.as_str());
        }
        if let Some(ttl) = self.ttl {
            claims = claims.with("iat", now.timestamp()).with("exp", now.timestamp() + ttl.seconds());
        }
        Ok(claims)
    }

    fn signer(&self, flags: &Flags, environment: &Environment, now: DateTime<Utc>) -> Result<Signer, Failure> {
        if let Some(path) = &self.key {
            return Ok(key_file(path, environment)?.signer(self.algorithm).map_err(KeyError::unfit(path))?);
        }
        let folder = self.keys.folder(flags, environment)?;
        let algorithm = self.algorithm.unwrap_or(Algorithm::Hs256);
        let (hs256, rs256) = KeyRing::read(&folder)?;
        let keys = match algorithm {
            Algorithm::Hs256 => hs256,
            Algorithm::Rs256 => rs256,
            other => return Err(SignError::NotOfFolder { algorithm: other }.into()),
        };
        let folder = folder.display().to_string();
        Ok(keys.signer(now).cloned().ok_or(SignError::NoKey { folder, algorithm })?)
    }
}
