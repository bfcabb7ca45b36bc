//! `hallpass keygen`: makes the key that signs tokens.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueHint};
use thiserror::Error;

use super::stdout::Stdout;
use super::{Failure, KeysFlag, algorithm};
use crate::keys::{self, Algorithm, KeyKind};
use crate::profiles::demo::DemoAlgorithm;
use crate::random::Random;
use crate::settings::{Environment, Flags};
use crate::token::printable::escaped;

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
    /// Replace a key that is there; tokens that it signed are refused from then on
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    keys: KeysFlag,
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    for path in options.make(flags, environment)? {
        writeln!(Stdout::lock(), "made {}", escaped(&path.display().to_string()))?;
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
        Ok(())
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
