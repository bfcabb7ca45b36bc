//! `hallpass keygen`: makes the key that signs tokens.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueHint};
use thiserror::Error;

use super::stdout::report;
use super::{Failure, KeysFlag, algorithm};
use crate::keys::{self, Algorithm, KeyKind, shell_word};
use crate::profiles::demo::DemoAlgorithm;
use crate::random::Random;
use crate::settings::{Environment, Flags};
use crate::texts::printable::escaped;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass keygen
  hallpass keygen --algorithm RS256 --bits 4096
  hallpass keygen --algorithm ES256 --out partner_key     # and partner_key.pub")]
pub(super) struct Options {
    /// What the key is for, in any case: HS256 and RS256 make the folder's, every other one needs --out
    #[arg(long, value_name = "ALG", default_value_t = DemoAlgorithm::default().jwa(), value_parser = algorithm)]
    algorithm: Algorithm,
    /// Where the key goes instead of the folder; the public half of a pair goes into FILE.pub
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "keys")]
    out: Option<PathBuf>,
    /// The size of an RSA key, and of no other: 2048, 3072, 4096 or 8192 [default: 2048]
    #[arg(long, value_name = "BITS")]
    bits: Option<u32>,
    /// Replace a key that is there; a server that reads its keys again refuses every token that it signed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    keys: KeysFlag,
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    for path in options.make(flags, environment)? {
        report(&format!("made {}\n", escaped(&path.display().to_string())));
    }
    Ok(ExitCode::SUCCESS)
}

/// The size of an RSA key if nobody names one.
const USUAL_BITS: u32 = 2048;

/// Why no key can be made.
#[derive(Debug, Error)]
enum KeygenError {
    #[error(
        "--bits is the size of an RSA key, and {algorithm} needs {kind}; leave --bits out, or name an algorithm of RSA: \
         --algorithm RS256"
    )]
    NoBits { algorithm: Algorithm, kind: &'static str },
    #[error(
        "--out takes the name of a file, and `-` is none: no key is printed on standard output. A file of that name is \
         ./-"
    )]
    StandardOutput,
    #[error(
        "--out names the file of {key}, and `{out}` ends in .pub, as the file of a public key does; write --out {stem}{then}"
    )]
    PublicName { out: String, stem: String, key: &'static str, then: String },
    #[error("the keys folder keeps keys for {}; for {algorithm} name a file with --out FILE", DemoAlgorithm::NAMES.join(" and "))]
    NotOfFolder { algorithm: Algorithm },
}

impl Options {
    fn check(&self) -> Result<(), KeygenError> {
        let (algorithm, kind) = (self.algorithm, self.algorithm.key_kind());
        if self.bits.is_some() && kind != KeyKind::Rsa {
            return Err(KeygenError::NoBits { algorithm, kind: kind.noun() });
        }
        if self.out.as_ref().is_some_and(|path| path.as_os_str() == "-") {
            return Err(KeygenError::StandardOutput);
        }
        self.out.as_deref().map_or(Ok(()), |out| expect_private_name(out, kind))
    }

    fn make(&self, flags: &Flags, environment: &Environment) -> Result<Vec<PathBuf>, Failure> {
        self.check()?;
        let (random, bits) = (Random::system(), self.bits.unwrap_or(USUAL_BITS));
        if let Some(path) = &self.out {
            let path = environment.path("out", path)?;
            return Ok(keys::generate_file(&path, self.algorithm, bits, self.force, random.source())?);
        }
        let folder = || self.keys.folder(flags, environment);
        match self.algorithm {
            Algorithm::Hs256 => Ok(keys::generate_hs256(&folder()?, self.force, random.source())?),
            Algorithm::Rs256 => Ok(keys::generate_rs256(&folder()?, self.force, bits)?),
            algorithm => Err(KeygenError::NotOfFolder { algorithm }.into()),
        }
    }
}

/// Somebody who means the public half would publish the private key.
fn expect_private_name(out: &Path, kind: KeyKind) -> Result<(), KeygenError> {
    let out = out.display().to_string();
    let Some(at) = out.len().checked_sub(4).filter(|at| out.is_char_boundary(*at)) else { return Ok(()) };
    if !out[at..].eq_ignore_ascii_case(".pub") {
        return Ok(());
    }
    let is_named = !out[..at].is_empty() && !out[..at].ends_with(['/', '\\']);
    let stem = if is_named { out[..at].to_owned() } else { format!("{}jwt_key", &out[..at]) };
    let (key, then) = match kind {
        KeyKind::Secret => ("a secret", String::new()),
        _ => ("the private key", format!(", and the public half goes into {stem}.pub")),
    };
    Err(KeygenError::PublicName { stem: shell_word(&stem), out, key, then })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_does_not_go_into_a_file_with_the_name_of_a_public_one() {
        for (out, stem) in
            [("x.pub", "x"), ("a/x.PUB", "a/x"), ("keys/.pub", "keys/jwt_key"), ("my key.pub", "'my key'")]
        {
            let said = expect_private_name(Path::new(out), KeyKind::Ed25519).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("--out names the file of the private key, and `{out}` ends in .pub")),
                "{said}"
            );
            assert!(said.contains(&format!("write --out {stem}, and the public half goes into ")), "{said}");
        }
        let said = expect_private_name(Path::new("x.pub"), KeyKind::Secret).unwrap_err().to_string();
        assert!(said.contains("the file of a secret") && said.ends_with("write --out x"), "{said}");
        for out in ["x", "x.pub.pem", "pub", "é"] {
            assert!(expect_private_name(Path::new(out), KeyKind::Rsa).is_ok(), "{out}");
        }
    }
}
