//! `hallpass check`: reads settings and keys, asks the store and Redis, and says what is wrong, without starting.

use std::io::Write as _;
use std::process::ExitCode;

use super::Failure;
use super::stdout::Stdout;
use crate::clock::{Clock as _, System};
use crate::keys::{KeyError, Warning};
use crate::log::chain;
use crate::redis::{Redis, RedisUrl};
use crate::settings::{Credentials, Environment, Flags, Settings};
use crate::store::{self, Found};
use crate::texts::printable::escaped;
use crate::web::{NO_USERS, TlsReport, check_tls, exposed};

/// Checks every part, even after one fails. The exit code is 2 if any failed. Creates and changes nothing.
pub(super) async fn run(flags: &Flags, environment: &Environment) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags, environment)?;
    let keys = key_warnings(&settings);
    let tls = check_tls(&settings, System.now());
    let mut notes = notes(environment, &settings, keys.as_deref().unwrap_or_default(), tls.as_ref().ok());
    notes.extend(exposed(&settings).iter().map(|exposed| format!("files: {exposed}")));
    let store = store::check(&settings.options.database.url).await;
    if settings.credentials == Credentials::Users && matches!(store, Ok(Found::Nothing | Found::Empty)) {
        notes.push(format!("store: {NO_USERS}"));
    }
    let parts = [
        ("settings", Ok(format!("listens on {}", settings.options.bind))),
        ("tls", tls.map(|report| report.summary).map_err(|error| chain(&error))),
        ("keys", keys.map(|_| settings.options.keys.source.to_string()).map_err(|error| chain(&error))),
        ("sessions", found_in(settings.options.session_store.as_ref(), "in an encrypted cookie").await),
        ("rates", found_in(settings.options.rate_store.as_ref(), "counted in each process").await),
        (
            "store",
            store.map(|found| format!("`{}`, {found}", settings.options.database.url)).map_err(|error| chain(&error)),
        ),
    ];
    let mut out = Stdout::lock();
    for (name, found) in &parts {
        match found {
            Ok(found) => writeln!(out, "ok     {name}: {}", escaped(found))?,
            Err(wrong) => writeln!(out, "wrong  {name}: {}", escaped(wrong))?,
        }
    }
    for note in notes {
        writeln!(out, "note   {}", escaped(&note))?;
    }
    Ok(if parts.iter().all(|(_, found)| found.is_ok()) { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Reads the keys as the server does, and returns its warnings.
fn key_warnings(settings: &Settings) -> Result<Vec<Warning>, KeyError> {
    let source = &settings.options.keys.source;
    let mut warnings = source.check(&settings.accounts, settings.bearer_keys())?;
    if settings.has_class() {
        warnings.extend(source.check_teacher_key()?);
    }
    Ok(warnings)
}

/// The warnings that the server would log at startup.
fn notes(environment: &Environment, settings: &Settings, keys: &[Warning], tls: Option<&TlsReport>) -> Vec<String> {
    let settings = environment.warnings().chain(settings.warnings()).map(|warning| format!("settings: {warning}"));
    let keys = keys.iter().map(|warning| format!("keys: {warning}"));
    let tls = tls.into_iter().flat_map(|report| &report.warnings).map(|warning| format!("tls: {warning}"));
    settings.chain(keys).chain(tls).collect()
}

async fn found_in(url: Option<&RedisUrl>, own: &str) -> Result<String, String> {
    let Some(url) = url else { return Ok(own.to_owned()) };
    let opened = Redis::open(url).await;
    opened.map(|_| format!("`{url}`, answers")).map_err(|error| format!("`{url}`: {}", chain(&error)))
}
