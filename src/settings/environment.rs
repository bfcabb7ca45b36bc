//! The environment and `.env`, as the second and third of the sources. No other file reads them.

use std::collections::HashMap;

use super::{BadSetting, Origin, SETTINGS, Setting};
use crate::keys::{CREDENTIAL_NAMES, GivenCredentials};

/// The variables of the process and of `.env`; some are secrets, so it does not print them. A variable that is set to
/// nothing counts as not set.
#[derive(Default)]
pub struct Environment {
    process: HashMap<String, String>,
    file: HashMap<String, String>,
}

impl Environment {
    /// The environment of this process and the `.env` of its working directory, when there is one.
    pub fn read() -> Result<Self, BadSetting> {
        let mut process = HashMap::new();
        let others = ["RUST_LOG"].into_iter().chain(CREDENTIAL_NAMES).map(str::to_owned);
        for name in SETTINGS.iter().map(Setting::variable).chain(others) {
            if let Some(value) = process_variable(&name)? {
                process.insert(name, value);
            }
        }
        Ok(Self { process, file: read_dotenv()? })
    }

    /// An environment of just these variables.
    pub fn of(process: HashMap<String, String>, file: HashMap<String, String>) -> Self {
        Self { process, file }
    }

    pub(super) fn get(&self, name: &str) -> Option<(&str, Origin)> {
        let sources = [(&self.process, Origin::Environment), (&self.file, Origin::File)];
        let mut found =
            sources.into_iter().filter_map(|(variables, origin)| Some((variables.get(name)?.as_str(), origin)));
        found.find(|(value, _)| !value.is_empty())
    }

    /// The account values of the tutorials' services.
    pub(super) fn credentials(&self) -> GivenCredentials {
        GivenCredentials::collect(|name| self.get(name).map(|(value, _)| value.to_owned()))
    }

    /// `RUST_LOG`, or what is logged without it.
    pub fn log_filter(&self) -> &str {
        self.get("RUST_LOG").map_or("info", |(value, _)| value)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn process_variable(name: &str) -> Result<Option<String>, BadSetting> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(BadSetting::NotText { name: name.to_owned() }),
    }
}

/// A line that cannot be read is named by its number alone: it may hold a secret.
fn read_dotenv() -> Result<HashMap<String, String>, BadSetting> {
    let lines = match dotenvy::from_path_iter(".env") {
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(_) => return Err(BadSetting::UnreadableFile),
        Ok(lines) => lines,
    };
    let named = |(index, line): (usize, dotenvy::Result<_>)| line.map_err(|_| BadSetting::BadLine { entry: index + 1 });
    lines.enumerate().map(named).collect()
}
