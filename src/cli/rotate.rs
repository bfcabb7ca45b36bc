//! `hallpass rotate`: makes the next keys, which are published before they sign.

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;

use super::stdout::report;
use super::{Failure, KeysFlag, duration};
use crate::clock::{Clock as _, System};
use crate::keys::{self, Algorithm, RotatedKeys, Rotation};
use crate::profiles::Profile;
use crate::profiles::bearer;
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::random::Random;
use crate::settings::{Environment, Flags};
use crate::texts::printable::escaped;

#[derive(Args)]
#[command(after_help = "\
Examples:
  hallpass rotate && pkill -HUP -x hallpass     # a running server reads them
  hallpass rotate --after 5m --profile bearer")]
pub(super) struct Options {
    /// When the new keys begin to sign, at most 1d from now; leave clients time to fetch the key set again
    #[arg(long, value_name = "DURATION", default_value = "60", value_parser = after)]
    after: i64,
    /// Rotate only the keys of this profile, demo or bearer; by default, of both
    #[arg(long, value_name = "demo|bearer", value_parser = profile)]
    profile: Option<&'static Profile>,
    /// Rotate only the demo's keys of this algorithm
    #[arg(long, value_name = DemoAlgorithm::PLACEHOLDER, value_parser = demo_algorithm, conflicts_with = "profile")]
    algorithm: Option<DemoAlgorithm>,
    #[command(flatten)]
    keys: KeysFlag,
}

fn after(text: &str) -> Result<i64, &'static str> {
    duration(text, 0..=86_400, "accepted: whole seconds from 0 to 86400, or a duration such as 30s, 5m or 1h")
}

/// A profile whose keys can be rotated.
fn profile(text: &str) -> Result<&'static Profile, &'static str> {
    [&demo::PROFILE, &bearer::PROFILE].into_iter().find(|it| it.name == text).ok_or("accepted: demo or bearer")
}

fn demo_algorithm(text: &str) -> Result<DemoAlgorithm, String> {
    DemoAlgorithm::named(text).ok_or_else(|| format!("accepted: {}", DemoAlgorithm::choice()))
}

impl Options {
    fn rotated(&self) -> &'static [RotatedKeys] {
        match (self.algorithm.map(DemoAlgorithm::jwa), self.profile) {
            (Some(Algorithm::Hs256), _) => &[RotatedKeys::Hs256],
            (Some(_), _) => &[RotatedKeys::Rs256],
            (None, None) => &[RotatedKeys::Rs256, RotatedKeys::Hs256, RotatedKeys::Bearer],
            (None, Some(profile)) if profile == &demo::PROFILE => &[RotatedKeys::Rs256, RotatedKeys::Hs256],
            (None, Some(_)) => &[RotatedKeys::Bearer],
        }
    }
}

pub(super) fn run(options: &Options, flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let folder = options.keys.folder(flags, environment)?;
    let after = TimeDelta::seconds(options.after);
    let rotation = keys::rotate(&folder, options.rotated(), after, System.now(), Random::system().source())?;
    report(&lines(&rotation));
    Ok(ExitCode::SUCCESS)
}

fn lines(rotation: &Rotation) -> String {
    let mut lines = String::new();
    let mut say = |line: &str| lines.extend([line, "\n"]);
    for (done, paths) in [("made", &rotation.made), ("removed", &rotation.removed)] {
        for path in paths {
            say(&format!("{done} {}", escaped(&path.display().to_string())));
        }
    }
    for keys in &rotation.skipped {
        say(&format!("the folder has no {} key, so none was made", keys.as_str()));
    }
    let start = rotation.start.format("%Y-%m-%d %H:%M:%S UTC");
    say(&format!("the new keys sign from {start} on; send SIGHUP to a running server to load them"));
    lines
}
