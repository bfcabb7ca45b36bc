//! `hallpass check`: reads settings, keys and store as a start would, and says what is wrong, without starting.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::Failure;
use crate::keys::KeyRing;
use crate::log::chain;
use crate::settings::{Environment, Flags, Settings};
use crate::store::Sqlite;

/// Every part is looked at, also after one that is wrong; exit code 2 when any is. Nothing is made or changed.
pub(super) async fn run(flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags, environment)?;
    let keys = KeyRing::check(&settings.keys, &settings.accounts);
    let notes = keys.as_ref().map(Vec::as_slice).unwrap_or_default();
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    let store = Sqlite::check(&settings.database).await;
    let parts = [
        ("settings", Ok(format!("listens on {}", settings.bind))),
        ("keys", keys.map(|_| format!("`{}`", settings.keys.display())).map_err(|error| chain(&error))),
        ("store", store.map(|found| format!("`{}`, {found}", settings.database)).map_err(|error| chain(&error))),
    ];
    let mut out = io::stdout().lock();
    for (name, found) in &parts {
        match found {
            Ok(found) => writeln!(out, "ok     {name}: {found}")?,
            Err(wrong) => writeln!(out, "wrong  {name}: {wrong}")?,
        }
    }
    for note in notes {
        writeln!(out, "note   keys: {note}")?;
    }
    Ok(if parts.iter().all(|(_, found)| found.is_ok()) { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
