//! The environment and `.env`, the second and third source of settings. No other file reads them.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::{self, BadSetting, Origin};
use super::list::Setting;
use super::paths;
use crate::input::read_bounded;
use crate::keys::{CREDENTIAL_NAMES, Entry, Exposed, GivenCredentials, Privacy, parse_env_file};
use crate::texts::printable::escaped;

/// The largest `.env` in bytes.
const LARGEST_DOTENV: u64 = 1024 * 1024;

/// Variables that begin with `HALLPASS_` and are no settings: Cargo sets the first for `cargo run`, as the build script
/// set it for the build, and the tests read the others.
const OWN_NAMES: [&str; 7] = [
    "HALLPASS_VERSION",
    "HALLPASS_TESTS",
    "HALLPASS_TEST_AXE",
    "HALLPASS_TEST_CARGO_DEB",
    "HALLPASS_TEST_NODE_MODULES",
    "HALLPASS_TEST_PYTHON",
    "HALLPASS_TEST_ROUNDS",
];

/// The variables of the process and of `.env`. Some are secrets, so `Debug` does not print them. An empty variable
/// counts as not set.
#[derive(Default)]
pub struct Environment {
    process: HashMap<String, String>,
    file: HashMap<String, String>,
    /// Names that begin like our variables, or nearly so, but are unknown.
    unknown: BTreeSet<String>,
    /// `HALLPASS_PORT`, if it is a number: somebody took it for a setting.
    port: Option<u16>,
    /// `.env`, when others may read its secrets or change it.
    exposed: Option<Exposed>,
    /// The home folder, if it is known, absolute and valid text.
    home: Option<String>,
}

impl Environment {
    /// The environment of this process and the `.env` of its working directory, when there is one.
    pub fn read() -> Result<Self, BadSetting> {
        let mut process = HashMap::new();
        let others = ["RUST_LOG"].into_iter().chain(CREDENTIAL_NAMES).map(str::to_owned);
        for name in Setting::all().iter().map(Setting::variable).chain(others) {
            if let Some(value) = process_variable(&name)? {
                process.insert(name, value);
            }
        }
        let path = Path::new(".env");
        let entries = read_dotenv(path)?;
        let named: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let port = match process_variable(PORT)? {
            Some(value) => port_of(&value),
            None => entries.iter().find(|entry| entry.name == PORT).and_then(|it| port_of(it.value.as_ref().ok()?)),
        };
        let file = values_of(entries)?;
        let unknown = process_names().chain(named).filter(|name| is_unknown(name) || meant(name).is_some()).collect();
        let privacy = if has_secret(&file) { Privacy::Secret } else { Privacy::Public };
        let exposed = Exposed::find(path, privacy);
        Ok(Self { process, file, unknown, port, exposed, home: home_folder() })
    }

    /// An environment with only these variables.
    pub fn of(process: HashMap<String, String>, file: HashMap<String, String>) -> Self {
        Self { process, file, ..Self::default() }
    }

    /// One sentence for each variable that begins with `HALLPASS_` and is no setting's, and for a `.env` that others
    /// may read or change.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let unknown = self.unknown.iter().map(|name| {
            let meant = meant(name).map(|meant| format!("write {meant}, or see ")).unwrap_or_default();
            let name = escaped(name);
            let list = if meant.is_empty() { "`hallpass --help` lists them" } else { "`hallpass --help`" };
            format!("{name} is set, but no setting has that variable; {meant}{list}")
        });
        let port = self.port.map(|port| {
            format!("{PORT} is set, but no setting has that variable; write HALLPASS_BIND=127.0.0.1:{port}")
        });
        unknown.chain(port).chain(self.exposed.iter().map(ToString::to_string))
    }

    /// The path that an option of a command names, where `~` may be the home folder.
    pub fn path(&self, flag: &str, path: &Path) -> Result<PathBuf, BadSetting> {
        let Some(text) = path.to_str() else { return Ok(path.to_owned()) };
        let refused = || error::refused_value(flag, text, Origin::Flag, paths::ACCEPTED);
        paths::expanded(text, self.home()).map(PathBuf::from).ok_or_else(refused)
    }

    pub(super) fn home(&self) -> Option<&str> {
        self.home.as_deref()
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

    /// `RUST_LOG`, or its default.
    pub fn log_filter(&self) -> &str {
        self.get("RUST_LOG").map_or("info", |(value, _)| value)
    }
}

/// The arguments of this process, the program's name first.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

fn is_unknown(name: &str) -> bool {
    let is_known = || Setting::all().iter().any(|setting| setting.variable() == name) || OWN_NAMES.contains(&name);
    name.starts_with("HALLPASS_") && !is_of_kubernetes(name) && !is_known()
}

/// How many letters of `HALLPASS_` may be wrong in a name that is taken for one of ours.
const MOST_TYPOS: usize = 2;

/// The variable that somebody meant who wrote its prefix in another case, or with a letter or two wrong.
fn meant(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let is_meant = |variable: &String| {
        let ending = variable.strip_prefix(PREFIX).unwrap_or(variable);
        let prefix = upper.strip_suffix(ending).filter(|prefix| prefix.starts_with('H'));
        let is_joined_otherwise = upper.replace(['_', '-'], "") == variable.replace('_', "");
        is_joined_otherwise || prefix.is_some_and(|prefix| strsim::levenshtein(prefix, PREFIX) <= MOST_TYPOS)
    };
    let mut variables: Vec<String> = Setting::all().iter().map(Setting::variable).collect();
    // An ending may be that of another: TEST_MODE and MODE.
    variables.sort_by_key(|variable| std::cmp::Reverse(variable.len()));
    if variables.iter().any(|variable| variable == name) { None } else { variables.into_iter().find(is_meant) }
}

/// What the names of our variables begin with.
const PREFIX: &str = "HALLPASS_";

/// Kubernetes sets it to an address, such as `tcp://10.0.0.1:5000`.
const PORT: &str = "HALLPASS_PORT";

fn port_of(value: &str) -> Option<u16> {
    value.trim().parse().ok()
}

/// For each service Kubernetes sets such variables in every container, for one called hallpass or hallpass-db too.
fn is_of_kubernetes(name: &str) -> bool {
    let is_service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let is_port = name.ends_with("_PORT") || ["_TCP", "_UDP", "_SCTP"].iter().any(|kind| name.contains(kind));
    is_service || is_port || name.starts_with("HALLPASS_PORT")
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

fn home_folder() -> Option<String> {
    let home = std::env::home_dir()?.into_os_string().into_string().ok()?;
    Path::new(&home).is_absolute().then_some(home)
}

fn read_dotenv(path: &Path) -> Result<Vec<Entry>, BadSetting> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(Vec::new()),
        file => file.map_err(BadSetting::UnreadableFile)?,
    };
    let bytes = read_bounded(file, LARGEST_DOTENV, "it is over 1 MiB").map_err(BadSetting::UnreadableFile)?;
    parse_env_file(&bytes).map_err(|bad| BadSetting::BadLine { line: bad.line, fault: bad.fault })
}

/// The values that this program takes. A `.env` may serve other programs as well, with values that only they
/// understand.
fn values_of(entries: Vec<Entry>) -> Result<HashMap<String, String>, BadSetting> {
    let ours = entries.into_iter().filter(|entry| is_ours(&entry.name));
    let value = |Entry { line, name, value }| match value {
        Ok(value) => Ok((name, value)),
        Err(fault) => Err(BadSetting::BadLine { line, fault }),
    };
    ours.map(value).collect()
}

fn is_ours(name: &str) -> bool {
    name.starts_with("HALLPASS_") || name == "RUST_LOG" || CREDENTIAL_NAMES.contains(&name)
}

/// Whether a value is a secret, or a URL that may have a password: before its host, or in the query.
fn has_secret(file: &HashMap<String, String>) -> bool {
    let is_secret = |name: &str| matches!(name, "TWILIO_API_KEY_SECRET" | "ZOOM_API_SECRET" | "TELESIGN_API_KEY");
    let has_password = |value: &str| value.contains('@') || value.to_ascii_lowercase().contains("password=");
    file.iter().any(|(name, value)| !value.is_empty() && (is_secret(name) || has_password(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_unknown_and_one_that_others_set_is_not() {
        for name in ["HALLPASS_PROT", "HALLPASS_DATABSE", "HALLPASS_TEST_MOD", "HALLPASS_", "HALLPASS_KEY"] {
            assert!(is_unknown(name), "{name}");
        }
        let of_kubernetes = [
            "HALLPASS_SERVICE_HOST",
            "HALLPASS_SERVICE_PORT_HTTP",
            "HALLPASS_PORT",
            "HALLPASS_PORT_5000_TCP_ADDR",
            "HALLPASS_DB_SERVICE_HOST",
            "HALLPASS_DB_PORT",
            "HALLPASS_DB_PORT_5432_TCP",
        ];
        for name in of_kubernetes.into_iter().chain(OWN_NAMES).chain(["HALLPASS_BIND", "PATH", "hallpass_prot"]) {
            assert!(!is_unknown(name), "{name}");
        }
    }

    #[test]
    fn a_variable_with_a_mistyped_prefix_is_told_the_right_one() {
        for (name, right) in [
            ("hallpass_bind", Some("HALLPASS_BIND")),
            ("Hallpass_Keys", Some("HALLPASS_KEYS")),
            ("HALLPAS_BIND", Some("HALLPASS_BIND")),
            ("HALPAS_BIND", Some("HALLPASS_BIND")),
            ("HALLPASSBIND", Some("HALLPASS_BIND")),
            ("HALLPASS-DATABASE", Some("HALLPASS_DATABASE")),
            ("HALLPASS_TESTMODE", Some("HALLPASS_TEST_MODE")),
            ("HALLPASS_PUBLICURL", Some("HALLPASS_PUBLIC_URL")),
            ("HALLPASS_BIND", None),
            ("HALLPASS_BINDD", None),
            ("hallpass_prot", None),
            ("BIND", None),
            ("HAPROXY_BIND", None),
            ("COMPASS_KEYS", None),
            ("PATH", None),
        ] {
            assert_eq!(meant(name).as_deref(), right, "{name}");
        }
        let unknown = BTreeSet::from(["hallpass_bind".to_owned()]);
        let said = Environment { unknown, ..Environment::default() }.warnings().collect::<Vec<_>>();
        let told =
            "hallpass_bind is set, but no setting has that variable; write HALLPASS_BIND, or see `hallpass --help`";
        assert_eq!(said, [told]);
    }

    #[test]
    fn a_value_of_another_program_may_be_unclear_and_one_of_ours_may_not() {
        let entries = || parse_env_file(b"OTHER=a # b\nHALLPASS_KEYS=k\nMORE=\"\\n\"\n").unwrap();
        assert_eq!(values_of(entries()).unwrap(), HashMap::from([("HALLPASS_KEYS".into(), "k".into())]));
        for ours in ["HALLPASS_KEYS=a # b", "RUST_LOG= info", "ZOOM_API_SECRET=\"a\\b\""] {
            let bad = values_of(parse_env_file(format!("\n{ours}\n").as_bytes()).unwrap()).unwrap_err().to_string();
            assert!(bad.starts_with("line 2 of `.env`: "), "{bad}");
        }
    }

    #[test]
    fn a_file_with_a_secret_or_a_password_is_to_be_kept_from_others() {
        let has_secret = |name: &str, value: &str| has_secret(&HashMap::from([(name.to_owned(), value.to_owned())]));
        assert!(has_secret("ZOOM_API_SECRET", "x") && has_secret("TELESIGN_API_KEY", "x"));
        assert!(has_secret("HALLPASS_DATABASE", "postgres://bob:pw@db/x"));
        assert!(has_secret("HALLPASS_DATABASE", "postgres://db/x?user=bob&password=pw"));
        assert!(!has_secret("ZOOM_API_SECRET", "") && !has_secret("HALLPASS_DATABASE", "sqlite:a.db"));
        assert!(!has_secret("HALLPASS_KEYS", "keys") && !has_secret("TWILIO_ACCOUNT_SID", "AC1"));
    }
}
