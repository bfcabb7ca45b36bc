//! Settings: one struct, filled from flags, then the environment, then `.env`, then defaults.
//!
//! [`SETTINGS`] is the only list of them; the flags, `--help` and the README's table are views of it. This is also the
//! only file that reads the environment.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use thiserror::Error;
use url::Url;

use crate::keys::{CREDENTIAL_NAMES, GivenCredentials};
use crate::limits::{Rate, TrustedProxies};
use crate::profiles::Lifetime;
use crate::profiles::demo::Algorithm;

/// One setting as people see it.
pub struct Setting {
    /// The name of the flag, without dashes; the variable is `HALLPASS_` and the same in capitals.
    pub flag: &'static str,
    /// What the value is called in `--help`.
    pub value: &'static str,
    /// The value when none is given, as a person would write it.
    pub default: &'static str,
    pub help: &'static str,
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "bind",
        value: "ADDRESS:PORT",
        default: "127.0.0.1:5000",
        help: "Where to listen; port 0 takes a free one, and the first line printed says which",
    },
    Setting { flag: "keys", value: "FOLDER", default: "keys", help: "The folder of keys; what it lacks is made" },
    Setting {
        flag: "algorithm",
        value: "HS256|RS256",
        default: "HS256",
        help: "What a new session's tokens are signed with; a visitor may switch",
    },
    Setting { flag: "token-ttl", value: "SECONDS", default: "60", help: "How long a demo token lives, 1 to 86400" },
    Setting {
        flag: "public-url",
        value: "URL",
        default: "the address served",
        help: "The origin that browsers use, such as https://demo.example; https turns on Secure, __Host- and HSTS",
    },
    Setting {
        flag: "database",
        value: "URL",
        default: "sqlite:hallpass.db",
        help: "Where transactions and users are kept",
    },
    Setting {
        flag: "keep",
        value: "DAYS",
        default: "30d",
        help: "How long the transactions of expired tokens are kept, 1d to 3650d",
    },
    Setting {
        flag: "phone-rate",
        value: "RATE",
        default: "1/s",
        help: "How many phone tokens a client may ask for: N/s, N/m or off",
    },
    Setting {
        flag: "trusted-proxy",
        value: "ADDRESSES",
        default: "none",
        help: "Addresses or CIDRs, with commas between, whose X-Forwarded-For is believed",
    },
    Setting {
        flag: "credentials",
        value: "any|users",
        default: "any on loopback",
        help: "Who may ask for tokens: any username and password, or the users of the store",
    },
    Setting {
        flag: "login-rate",
        value: "RATE",
        default: "10/m",
        help: "How many logins a client may try for one name, right ones too: N/s, N/m or off",
    },
    Setting {
        flag: "cors-origin",
        value: "ORIGINS",
        default: "none",
        help: "Origins, with commas between, whose scripts may call the token routes; * is every one",
    },
    Setting {
        flag: "test-mode",
        value: "off|on|exposed",
        default: "off",
        help: "Routes under /test for other programs' tests: a clock to set, any token signed; exposed where others reach it",
    },
    Setting {
        flag: "workers",
        value: "COUNT",
        default: "one a core",
        help: "How many threads answer requests, 1 to 512",
    },
    Setting {
        flag: "shutdown-timeout",
        value: "SECONDS",
        default: "10",
        help: "How long requests in flight may take to finish after SIGTERM, 0 to 3600",
    },
];

impl Setting {
    /// The environment variable and the name in `.env`.
    pub fn variable(&self) -> String {
        format!("HALLPASS_{}", self.flag.to_uppercase().replace('-', "_"))
    }

    fn arg(&self) -> Arg {
        let help = format!("{} [default: {}]", self.help, self.default);
        Arg::new(self.flag).long(self.flag).value_name(self.value).help(help)
    }
}

/// The settings that stood on the command line, not yet read.
#[derive(Clone, Debug, Default)]
pub struct Flags(HashMap<&'static str, String>);

impl Flags {
    /// These flags, and where one is missing that of `outer`.
    #[must_use]
    pub fn or(mut self, outer: &Self) -> Self {
        for (flag, value) in &outer.0 {
            self.0.entry(flag).or_insert_with(|| value.clone());
        }
        self
    }

    /// These flags and one more.
    #[must_use]
    pub fn with(mut self, flag: &'static str, value: Option<String>) -> Self {
        self.0.extend(value.map(|value| (flag, value)));
        self
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |setting: &Setting| Some((setting.flag, matches.get_one::<String>(setting.flag)?.clone()));
        Ok(Self(SETTINGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?.or(self);
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(SETTINGS.iter().map(Setting::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

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

    fn get(&self, name: &str) -> Option<(&str, Origin)> {
        let sources = [(&self.process, Origin::Environment), (&self.file, Origin::File)];
        let mut found =
            sources.into_iter().filter_map(|(variables, origin)| Some((variables.get(name)?.as_str(), origin)));
        found.find(|(value, _)| !value.is_empty())
    }

    /// The account values of the tutorials' services.
    fn credentials(&self) -> GivenCredentials {
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

/// Where a value stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Environment,
    File,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "on the command line",
            Self::Environment => "in the environment",
            Self::File => "in .env",
        })
    }
}

/// A setting that cannot be used: one line that names it, its value and what is accepted.
#[derive(Debug, Error)]
pub enum BadSetting {
    #[error("--{flag} is `{value}` {origin}; accepted: {accepted}")]
    Value { flag: &'static str, value: String, origin: Origin, accepted: String },
    #[error(
        "--credentials is not set, and others reach --bind `{bind}`; accepted: users, or any if everybody may have tokens"
    )]
    CredentialsNotChosen { bind: SocketAddr },
    #[error(
        "--test-mode is on, and others reach --bind `{bind}`; accepted: exposed, if everybody may sign what they like"
    )]
    TestModeExposed { bind: SocketAddr },
    #[error("{name} in the environment is not UTF-8 text")]
    NotText { name: String },
    #[error("cannot read `.env` in the working directory")]
    UnreadableFile,
    #[error("entry {entry} of `.env` is not NAME=value")]
    BadLine { entry: usize },
}

/// The origin that browsers use: scheme, host and port, nothing after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    url: Url,
}

impl PublicUrl {
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (bare && anonymous && web).then_some(Self { url })
    }

    /// As browsers write it in `Origin`: no trailing slash, no default port.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether it names this very machine.
    pub fn is_local(&self) -> bool {
        matches!(self.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, and the port when it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// The sites whose scripts may call the token routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    Any,
    /// As browsers write them in `Origin`.
    Listed(Vec<String>),
}

impl CorsOrigins {
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let origins = text.split(',').map(|one| Some(PublicUrl::parse(one.trim())?.origin()));
        origins.collect::<Option<_>>().map(Self::Listed)
    }

    pub fn admit(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(origins) => origins.iter().any(|it| it == origin),
        }
    }
}

impl Default for CorsOrigins {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// Every setting, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub bind: SocketAddr,
    pub keys: PathBuf,
    pub algorithm: Algorithm,
    pub token_ttl: Lifetime,
    pub public_url: Option<PublicUrl>,
    pub database: String,
    pub keep: TimeDelta,
    pub phone_rate: Rate,
    pub trusted_proxies: TrustedProxies,
    pub credentials: Credentials,
    pub login_rate: Rate,
    /// The account values of the tutorials' services, as far as they were given.
    pub accounts: GivenCredentials,
    pub cors_origins: CorsOrigins,
    /// Whether the routes under `/test` exist.
    pub test_mode: bool,
    pub workers: usize,
    pub shutdown_timeout: Duration,
}

impl Settings {
    pub fn resolve(flags: &Flags, environment: &Environment) -> Result<Self, BadSetting> {
        let given = Given { flags, environment };
        let bind: SocketAddr =
            given.parsed("bind", "an IP address and a port, such as 127.0.0.1:5000", |it| it.parse().ok())?;
        let public_url = given.optional(
            "public-url",
            "http:// or https:// with a host and, if need be, a port, and nothing after it",
            PublicUrl::parse,
        )?;
        Ok(Self {
            bind,
            keys: given.keys(),
            algorithm: given.parsed("algorithm", "HS256 or RS256", |it| it.parse().ok())?,
            token_ttl: given.parsed("token-ttl", "whole seconds from 1 to 86400", |it| it.parse().ok())?,
            database: given.text("database"),
            keep: given.parsed("keep", "days from 1d to 3650d", days)?,
            phone_rate: given.parsed("phone-rate", RATE, |it| it.parse().ok())?,
            trusted_proxies: given
                .optional("trusted-proxy", "IP addresses or CIDRs with commas between", |it| it.parse().ok())?
                .unwrap_or_default(),
            credentials: given.credentials(bind)?,
            login_rate: given.parsed("login-rate", RATE, |it| it.parse().ok())?,
            accounts: environment.credentials(),
            cors_origins: given
                .optional(
                    "cors-origin",
                    "* or origins such as https://app.example with commas between",
                    CorsOrigins::parse,
                )?
                .unwrap_or_default(),
            test_mode: given.test_mode(bind, public_url.as_ref())?,
            public_url,
            workers: given
                .optional("workers", "a number from 1 to 512", |it| within(it, 1..=512))?
                .unwrap_or_else(cores),
            shutdown_timeout: given.parsed("shutdown-timeout", "whole seconds from 0 to 3600", |it| {
                within(it, 0..=3600).map(Duration::from_secs)
            })?,
        })
    }

    /// The database alone, for commands that need nothing else.
    pub fn database(flags: &Flags, environment: &Environment) -> String {
        Given { flags, environment }.text("database")
    }

    /// The folder of keys alone, for commands that need nothing else.
    pub fn keys_folder(flags: &Flags, environment: &Environment) -> PathBuf {
        Given { flags, environment }.keys()
    }
}

const RATE: &str = "N/s, N/m or off";

/// `30d` as a span.
fn days(text: &str) -> Option<TimeDelta> {
    within(text.strip_suffix('d')?, 1..=3650).map(TimeDelta::days)
}

/// Who may ask for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Whoever gives a username and a password, as the tutorials have it.
    Any,
    /// The users of the store.
    Users,
}

/// A number that lies within `range`.
fn within<T: std::str::FromStr + PartialOrd>(text: &str, range: std::ops::RangeInclusive<T>) -> Option<T> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

struct Given<'a> {
    flags: &'a Flags,
    environment: &'a Environment,
}

impl Given<'_> {
    fn keys(&self) -> PathBuf {
        self.text("keys").into()
    }

    fn text(&self, flag: &'static str) -> String {
        self.find(flag).map_or_else(|| default(flag), |(value, _)| value).to_owned()
    }

    /// Anybody's word is taken on loopback alone, unless that was chosen.
    fn credentials(&self, bind: SocketAddr) -> Result<Credentials, BadSetting> {
        let chosen = self.optional("credentials", "any or users", |it| match it {
            "any" => Some(Credentials::Any),
            "users" => Some(Credentials::Users),
            _ => None,
        })?;
        match chosen {
            Some(chosen) => Ok(chosen),
            None if bind.ip().is_loopback() => Ok(Credentials::Any),
            None => Err(BadSetting::CredentialsNotChosen { bind }),
        }
    }

    /// Whoever reaches test mode signs what they like, so others reach it only where that was chosen.
    fn test_mode(&self, bind: SocketAddr, public_url: Option<&PublicUrl>) -> Result<bool, BadSetting> {
        let exposed = !bind.ip().is_loopback() || public_url.is_some_and(|url| !url.is_local());
        match self.find("test-mode").map_or("off", |(value, _)| value) {
            "off" | "false" | "0" => Ok(false),
            "on" | "true" | "1" if exposed => Err(BadSetting::TestModeExposed { bind }),
            "on" | "true" | "1" | "exposed" => Ok(true),
            other => {
                let origin = self.find("test-mode").map_or(Origin::Flag, |(_, origin)| origin);
                Err(bad("test-mode", other, origin, "off, on or exposed"))
            }
        }
    }

    fn parsed<T>(
        &self,
        flag: &'static str,
        accepted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, BadSetting> {
        let (value, origin) = self.find(flag).unwrap_or((default(flag), Origin::Flag));
        parse(value).ok_or_else(|| bad(flag, value, origin, accepted))
    }

    fn optional<T>(
        &self,
        flag: &'static str,
        accepted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, BadSetting> {
        let Some((value, origin)) = self.find(flag) else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| bad(flag, value, origin, accepted))
    }

    fn find(&self, flag: &str) -> Option<(&str, Origin)> {
        let flagged = self.flags.0.get(flag).map(|value| (value.as_str(), Origin::Flag));
        let setting = SETTINGS.iter().find(|setting| setting.flag == flag)?;
        flagged.or_else(|| self.environment.get(&setting.variable()))
    }
}

fn default(flag: &str) -> &'static str {
    SETTINGS.iter().find(|setting| setting.flag == flag).map_or("", |setting| setting.default)
}

fn bad(flag: &'static str, value: &str, origin: Origin, accepted: &str) -> BadSetting {
    BadSetting::Value { flag, value: value.to_owned(), origin, accepted: accepted.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_any_source_the_defaults_hold() {
        let settings = Settings::resolve(&Flags::default(), &Environment::default()).unwrap();
        assert_eq!(settings.bind.to_string(), "127.0.0.1:5000");
        assert_eq!(settings.keys, PathBuf::from("keys"));
        assert_eq!(settings.algorithm, Algorithm::Hs256);
        assert_eq!(settings.token_ttl.seconds(), 60);
        assert_eq!(settings.shutdown_timeout, Duration::from_secs(10));
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let name = "HALLPASS_TOKEN_TTL";
        let ttl = |flag: Option<&str>, process: &str| {
            let environment = Environment::of(variables(&[(name, process)]), variables(&[(name, "7")]));
            let flags = Flags::default().with("token-ttl", flag.map(str::to_owned));
            Settings::resolve(&flags, &environment).unwrap().token_ttl.seconds()
        };
        assert_eq!(ttl(Some("5"), "6"), 5);
        assert_eq!(ttl(None, "6"), 6);
        assert_eq!(ttl(None, ""), 7, "an empty variable counts as not set");
    }

    #[test]
    fn a_bad_value_is_named_with_its_origin_and_what_is_accepted() {
        let environment = Environment::of(HashMap::new(), variables(&[("HALLPASS_BIND", "localhost")]));
        let error = Settings::resolve(&Flags::default(), &environment).unwrap_err().to_string();
        assert_eq!(error, "--bind is `localhost` in .env; accepted: an IP address and a port, such as 127.0.0.1:5000");
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        let url = PublicUrl::parse("https://Demo.Example:443/").unwrap();
        assert_eq!((url.origin().as_str(), url.authority().as_str()), ("https://demo.example", "demo.example"));
        for bad in [
            "demo.example",
            "ftp://demo.example",
            "https://demo.example/a",
            "https://a@demo.example",
            "https://demo.example?x",
        ] {
            assert_eq!(PublicUrl::parse(bad), None, "{bad}");
        }
    }
}
