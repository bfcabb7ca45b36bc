//! `hallpass rotate`: makes the next keys, which are published before they sign.

use std::io::Write as _;
use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;

use super::stdout::Stdout;
use super::{Failure, KeysFlag, duration};
use crate::clock::{Clock as _, System};
use crate::keys;
use crate::profiles::demo::DemoAlgorithm;
use crate::random::Random;
use crate::settings::{Environment, Flags};
use crate::token::printable::escaped;

#[derive(Args)]
pub(super) struct Options {
    /// When the new keys begin to sign: in so many seconds, or 30s, 5m, 1h, at most 1d. Clients refetch a key set at
    /// most every 30 s or so
    #[arg(long, value_name = "DURATION", default_value = "60", value_parser = after)]
    after: i64,
    /// Rotate only the keys of this algorithm; without it, of both, as far as the folder has them
    #[arg(long, value_name = DemoAlgorithm::PLACEHOLDER)]
    algorithm: Option<DemoAlgorithm>,
    #[command(flatten)]
    keys: KeysFlag,
}

fn after(text: &str) -> Result<i64, &'static str> {
    duration(text, 0..=86_400, "whole seconds from 0 to 86400, or a duration such as 30s, 5m or 1h, is accepted")
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = options.keys.folder(flags, environment)?;
    let algorithms = match options.algorithm {
        Some(only) => vec![only.jwa()],
        None => DemoAlgorithm::OFFERED.into_iter().rev().map(DemoAlgorithm::jwa).collect(),
    };
    let after = TimeDelta::seconds(options.after);
    let rotation = keys::rotate(&folder, &algorithms, after, System.now(), Random::system().source())?;
    let mut out = Stdout::lock();
    for (done, paths) in [("made", &rotation.made), ("removed", &rotation.removed)] {
        for path in paths {
            writeln!(out, "{done} {}", escaped(&path.display().to_string()))?;
        }
    }
    for algorithm in &rotation.skipped {
        writeln!(out, "the folder has no {algorithm} key, so none was made")?;
    }
    let start = rotation.start.format("%Y-%m-%d %H:%M:%S UTC");
    writeln!(out, "the new keys sign from {start} on; a running server takes them on SIGHUP")?;
    Ok(ExitCode::SUCCESS)
}
