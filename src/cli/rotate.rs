//! `hallpass rotate`: makes the next keys, which are published before they sign.

use std::io::{self, Write as _};
use std::process::ExitCode;

use aws_lc_rs::rand::SystemRandom;
use chrono::TimeDelta;
use clap::Args;

use super::Failure;
use crate::clock::{Clock as _, System};
use crate::keys;
use crate::profiles::demo::Algorithm;
use crate::settings::{Environment, Flags, Settings};

#[derive(Args)]
pub(super) struct Options {
    /// In how many seconds the new keys begin to sign, up to 86400; clients refetch a key set at most every 30 s or so
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(0..=86_400))]
    after: i64,
    /// Rotate only the keys of this algorithm
    #[arg(long, value_name = "HS256|RS256")]
    algorithm: Option<Algorithm>,
    #[arg(long, value_name = "FOLDER", help = "The folder of keys [env: HALLPASS_KEYS] [default: keys]")]
    keys: Option<String>,
}

pub(super) fn run(options: Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = Settings::keys_folder(&Flags::default().with("keys", options.keys).or(flags), environment);
    let algorithms = match options.algorithm {
        Some(only) => vec![only.jwa()],
        None => vec![Algorithm::Rs256.jwa(), Algorithm::Hs256.jwa()],
    };
    let after = TimeDelta::seconds(options.after);
    let rotation = keys::rotate(&folder, &algorithms, after, System.now(), &SystemRandom::new())?;
    let mut out = io::stdout().lock();
    for path in &rotation.made {
        writeln!(out, "made {}", path.display())?;
    }
    for path in &rotation.removed {
        writeln!(out, "removed {}", path.display())?;
    }
    let start = rotation.start.format("%Y-%m-%d %H:%M:%S UTC");
    writeln!(out, "the new keys sign from {start} on; a running server takes them on SIGHUP")?;
    Ok(ExitCode::SUCCESS)
}
