//! `hallpass keygen`: makes the key that signs tokens.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

use super::stdout::Stdout;
use super::{Failure, KeysFlag};
use crate::keys;
use crate::profiles::demo::DemoAlgorithm;
use crate::random::Random;
use crate::settings::{Environment, Flags};
use crate::token::printable::escaped;

#[derive(Args)]
pub(super) struct Options {
    /// HS256 makes a secret, RS256 a pair of keys
    #[arg(long, value_name = DemoAlgorithm::PLACEHOLDER, default_value_t)]
    algorithm: DemoAlgorithm,
    /// The size of an RSA key: 2048, 3072, 4096 or 8192
    #[arg(long, default_value_t = 2048)]
    bits: u32,
    /// Replace a key that is there; tokens that it signed are refused from then on
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    keys: KeysFlag,
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = options.keys.folder(flags, environment)?;
    let made = if options.algorithm == DemoAlgorithm::HS256 {
        keys::generate_hs256(&folder, options.force, Random::system().source())?
    } else {
        keys::generate_rs256(&folder, options.force, options.bits)?
    };
    for path in made {
        writeln!(Stdout::lock(), "made {}", escaped(&path.display().to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}
