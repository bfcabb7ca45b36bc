//! `hallpass keygen`: makes the key that signs tokens.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueHint};

use super::stdout::Stdout;
use super::{Failure, KeysFlag, algorithm};
use crate::keys::{self, Algorithm};
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
    /// The size of an RSA key: 2048, 3072, 4096 or 8192
    #[arg(long, value_name = "BITS", default_value_t = 2048)]
    bits: u32,
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

impl Options {
    fn make(&self, flags: &Flags, environment: &Environment) -> Result<Vec<PathBuf>, Failure> {
        let random = Random::system();
        if let Some(path) = &self.out {
            let path = environment.path("out", path)?;
            return Ok(keys::generate_file(&path, self.algorithm, self.bits, self.force, random.source())?);
        }
        let folder = || self.keys.folder(flags, environment);
        match self.algorithm {
            Algorithm::Hs256 => Ok(keys::generate_hs256(&folder()?, self.force, random.source())?),
            Algorithm::Rs256 => Ok(keys::generate_rs256(&folder()?, self.force, self.bits)?),
            other => Err(format!(
                "the keys folder keeps keys for {}; for {other} name a file with --out FILE",
                DemoAlgorithm::NAMES.join(" and ")
            )
            .into()),
        }
    }
}
