//! The environment and `.env`, as the second and third of the sources. No other file reads them.

use std::collections::{BTreeSet, HashMap};

use super::{BadSetting, Origin, SETTINGS, Setting};
use crate::keys::{CREDENTIAL_NAMES, GivenCredentials};

/// The variables of the process and of `.env`; some are secrets, so it does not print them. A variable that is set to
/// nothing counts as not set.
#[derive(Default)]
pub struct Environment {
    process: HashMap<String, String>,
    file: HashMap<String, String>,
    /// Names that look like variables of this program's and are none.
    unknown: BTreeSet<String>,
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
        let file = read_dotenv()?;
        let unknown = process_names().chain(file.keys().cloned()).filter(|name| is_unknown(name)).collect();
        Ok(Self { process, file, unknown })
    }

    /// An environment of just these variables.
    pub fn of(process: HashMap<String, String>, file: HashMap<String, String>) -> Self {
        Self { process, file, ..Self::default() }
    }

    /// One sentence for each variable that begins with `HALLPASS_` and is no setting's.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let names = self.unknown.iter();
        names.map(|name| format!("{name} is set, but no setting has that variable; `hallpass --help` lists them"))
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

/// For a service called hallpass Kubernetes sets variables of its own, which nobody mistyped.
fn is_unknown(name: &str) -> bool {
    let is_of_kubernetes = name.starts_with("HALLPASS_SERVICE_") || name.starts_with("HALLPASS_PORT");
    name.starts_with("HALLPASS_") && !is_of_kubernetes && !SETTINGS.iter().any(|setting| setting.variable() == name)
}

/// The names in this process's environment that are text.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn process_names() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
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
