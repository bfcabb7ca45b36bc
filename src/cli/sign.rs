//! `hallpass sign`: prints one signed token.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, ValueHint};
use serde_json::{Map, Value};
use thiserror::Error;

use super::json_input::{JsonInput, JsonOption};
use super::stdout::Stdout;
use super::{Failure, KeysFlag, algorithm, key_file};
use crate::clock::{Clock as _, System};
use crate::keys::{Algorithm, KeyError, KeyRing, Signer, keygen_in};
use crate::profiles::Lifetime;
use crate::profiles::demo::{self, DemoAlgorithm, Subject};
use crate::settings::{Environment, Flags};
use crate::texts::wording::counted;
use crate::token::{self, Claims};

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass sign --sub alice --ttl 1h
  hallpass sign --claims '{\"sub\": \"alice\", \"admin\": true}' --ttl 5m
  hallpass sign --claims @claims.json --key partner_key --algorithm es256
  jq -n '{sub: \"alice\"}' | hallpass sign --claims - --header '{\"typ\": \"at+jwt\"}'")]
pub(super) struct Options {
    /// The claims as a JSON object, @FILE with one, or - for standard input; without them the demo's: sub, iat and exp
    #[arg(long, value_name = "JSON", value_hint = ValueHint::FilePath)]
    claims: Option<JsonInput>,
    /// Who the token is about; replaces the sub of --claims
    #[arg(long, value_name = "TEXT")]
    sub: Option<String>,
    /// How long it lives, 1 to 86400 seconds, or 90s, 5m, 1h, 1d; replaces iat and exp
    #[arg(long, value_name = "DURATION", value_parser = ttl)]
    ttl: Option<Lifetime>,
    /// Further members of the header as a JSON object, @FILE or -; typ replaces JWT
    #[arg(long, value_name = "JSON", value_hint = ValueHint::FilePath)]
    header: Option<JsonInput>,
    /// The kid in the header; in a JWK set, also the key that signs
    #[arg(long, value_name = "TEXT", value_parser = kid, allow_hyphen_values = true)]
    kid: Option<String>,
    /// What to sign with, in any case: HS256, RS256, ES256 and so on; without it, what the key is for, or HS256
    #[arg(long, value_name = "ALG", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// The key: a secret's text, PEM, OpenSSH, a JWK or a set of them; - is standard input; without it, the keys
    /// folder's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<PathBuf>,
    #[command(flatten)]
    keys: KeysFlag,
}

/// A thumbprint (RFC 7638) may begin with a hyphen, as an option does.
fn kid(text: &str) -> Result<String, &'static str> {
    let name = text.strip_prefix("--").and_then(|option| option.split('=').next());
    let is_option = name.is_some_and(|name| name.bytes().all(|it| it.is_ascii_lowercase() || it == b'-'));
    if is_option { Err("the next option follows, so it has no value") } else { Ok(text.to_owned()) }
}

fn ttl(text: &str) -> Result<Lifetime, String> {
    Lifetime::of_duration(text).ok_or_else(|| format!("accepted: {}", Lifetime::ACCEPTED))
}

/// Members that no `--header` has, and why: those that follow from the key, and one that changes what is signed.
const NOT_IN_HEADER: [(&str, &str); 3] = [
    ("alg", "it follows from the key; choose another one with --algorithm"),
    ("kid", "set it with --kid"),
    ("b64", "the payload of a JWT is always base64url (RFC 7797 §7); leave it out"),
];

/// Why the command line does not amount to a token.
#[derive(Debug, Error)]
enum SignError {
    #[error("--header has `{member}`: {why}")]
    Header { member: &'static str, why: &'static str },
    #[error("standard input can be only one of {0}; put the others into files, and write @FILE, or FILE for --key")]
    OneInput(String),
    #[error("--sub cannot be used")]
    Subject(#[from] demo::BadSubject),
    #[error(
        "`{folder}` has no key that signs {algorithm}; `{} --algorithm {algorithm}` makes one",
        keygen_in(Path::new(folder))
    )]
    NoKey { folder: String, algorithm: Algorithm },
    #[error("the keys folder signs {}; for {algorithm} give a key with --key, which \
             `hallpass keygen --algorithm {algorithm} --out FILE` makes", DemoAlgorithm::NAMES.join(" and "))]
    NotOfFolder { algorithm: Algorithm },
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let now = System.now();
    options.check_inputs()?;
    let claims = options.claims(environment, now)?;
    let further = options.further_members(environment)?;
    let signer = options.signer(flags, environment, now)?;
    if let Some(warning) = weakness(&signer) {
        crate::log::print_error(&warning);
    }
    let header = options.header(further, &signer);
    writeln!(Stdout::lock(), "{}", token::issue_under(&header, &claims, &signer)?.as_str())?;
    Ok(ExitCode::SUCCESS)
}

/// What to say of a secret that is shorter than its hash.
fn weakness(signer: &Signer) -> Option<String> {
    let ((bytes, least), algorithm) = (signer.weak_secret()?, signer.algorithm());
    Some(format!(
        "warning: the secret is weak: it has {}, and {algorithm} needs {least} or more (RFC 7518 §3.2). Whoever \
         has a token can find a short secret by trying, and then sign tokens of their own. To make a strong one: hallpass \
         keygen --algorithm {algorithm} --out FILE",
        counted(bytes, "byte")
    ))
}

impl Options {
    /// Standard input can be read once.
    fn check_inputs(&self) -> Result<(), SignError> {
        let is_input = |given: &Option<JsonInput>| given.as_ref().is_some_and(JsonInput::is_standard_input);
        let reads = [
            ("--claims", is_input(&self.claims)),
            ("--header", is_input(&self.header)),
            ("--key", self.key.as_ref().is_some_and(|path| path.as_os_str() == "-")),
        ];
        let reading: Vec<&str> = reads.into_iter().filter(|(_, reads)| *reads).map(|(flag, _)| flag).collect();
        if reading.len() > 1 { Err(SignError::OneInput(reading.join(" and "))) } else { Ok(()) }
    }

    /// The demo's claims, or those given with `--sub` and `--ttl` put into them.
    fn claims(&self, environment: &Environment, now: DateTime<Utc>) -> Result<Claims, Failure> {
        let Some(given) = &self.claims else {
            let subject = self.sub.as_deref().map_or_else(|| Ok(Subject::default()), Subject::parse);
            return Ok(demo::claims(&subject.map_err(SignError::Subject)?, self.ttl.unwrap_or_default(), now));
        };
        let named = JsonOption { flag: "claims", example: r#"{"sub": "alice"}"# };
        let mut claims: Claims = given.object(named, environment)?.into();
        if let Some(sub) = &self.sub {
            claims = claims.with("sub", sub.as_str());
        }
        if let Some(ttl) = self.ttl {
            claims = claims.with("iat", now.timestamp()).with("exp", now.timestamp() + ttl.seconds());
        }
        Ok(claims)
    }

    /// The members of `--header`.
    fn further_members(&self, environment: &Environment) -> Result<Map<String, Value>, Failure> {
        let Some(given) = &self.header else { return Ok(Map::new()) };
        let members = given.object(JsonOption { flag: "header", example: r#"{"typ": "at+jwt"}"# }, environment)?;
        match NOT_IN_HEADER.into_iter().find(|(member, _)| members.contains_key(*member)) {
            Some((member, why)) => Err(SignError::Header { member, why }.into()),
            None => Ok(members),
        }
    }

    /// The whole header: what follows from the key comes first.
    fn header(&self, further: Map<String, Value>, signer: &Signer) -> Map<String, Value> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), signer.algorithm().as_str().into());
        header.extend(self.kid.as_deref().or(signer.kid()).map(|kid| ("kid".to_owned(), kid.into())));
        header.insert("typ".to_owned(), "JWT".into());
        header.extend(further);
        header
    }

    fn signer(&self, flags: &Flags, environment: &Environment, now: DateTime<Utc>) -> Result<Signer, Failure> {
        if let Some(path) = &self.key {
            let key = key_file::read(path, environment)?;
            return Ok(key.signer_named(self.kid.as_deref(), self.algorithm).map_err(KeyError::unfit(path))?);
        }
        let folder = self.keys.folder(flags, environment)?;
        let algorithm = self.algorithm.unwrap_or(Algorithm::Hs256);
        let (hs256, rs256) = KeyRing::read_verifying(&folder)?;
        let keys = match algorithm {
            Algorithm::Hs256 => hs256,
            Algorithm::Rs256 => rs256,
            other => return Err(SignError::NotOfFolder { algorithm: other }.into()),
        };
        let folder = folder.display().to_string();
        Ok(keys.signer(now).cloned().ok_or(SignError::NoKey { folder, algorithm })?)
    }
}
