//! Settings: one struct, filled from flags, then the environment, then `.env`, then defaults.
//!
//! [`SETTINGS`] is the only list of settings, and [`Settings::resolve`] the only reader. It parses each value once, and
//! an error names the value's source. After that the typed values are trusted.

mod bad;
mod environment;
mod flags;
mod list;
mod origins;
mod paths;

pub use bad::{BadSetting, Origin};
pub use environment::{Environment, arguments};
pub use flags::Flags;
pub use list::{SETTINGS, Setting};
pub use origins::{CorsOrigins, PublicUrl};

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::seconds_in;
use crate::keys::GivenCredentials;
use crate::limits::{Rate, TrustedProxies};
use crate::profiles::Lifetime;
use crate::profiles::demo::DemoAlgorithm;
use crate::redis::RedisUrl;
use crate::store::DatabaseUrl;

/// Every setting, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub bind: SocketAddr,
    pub keys: PathBuf,
    pub algorithm: DemoAlgorithm,
    pub token_ttl: Lifetime,
    pub public_url: Option<PublicUrl>,
    pub database: DatabaseUrl,
    /// `None` means in the cookie.
    pub session_store: Option<RedisUrl>,
    /// `None` means in the memory of this process.
    pub rate_store: Option<RedisUrl>,
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
    /// Set if the server itself uses TLS.
    pub certificate: Option<Certificate>,
    pub max_connections: usize,
    pub workers: usize,
    pub shutdown_timeout: Duration,
}

/// Who may ask for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Any username with any password, as in the tutorials.
    Any,
    /// Only the users in the store.
    Users,
}

/// The source of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two PEM files, read again on SIGHUP.
    Files { chain: PathBuf, key: PathBuf },
    /// Generated at startup for localhost, and never stored.
    SelfSigned,
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
            keys: given.keys()?,
            algorithm: given.parsed("algorithm", &DemoAlgorithm::choice(), |it| it.parse().ok())?,
            token_ttl: given.parsed("token-ttl", Lifetime::ACCEPTED, Lifetime::of_duration)?,
            database: given.database()?,
            session_store: given.redis_or("cookie", "session-store")?,
            rate_store: given.redis_or("memory", "rate-store")?,
            keep: given.parsed("keep", "a duration from 1d to 3650d, such as 30d", |it| {
                seconds_in(it, DAY..=3650 * DAY).map(TimeDelta::seconds)
            })?,
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
            certificate: given.certificate(bind, public_url.as_ref())?,
            public_url,
            max_connections: given
                .parsed("max-connections", "a number from 1 to 1000000", |it| within(it, 1..=1_000_000))?,
            workers: given
                .optional("workers", "a number from 1 to 512", |it| within(it, 1..=512))?
                .unwrap_or_else(cores),
            shutdown_timeout: given.parsed("shutdown-timeout", SHUTDOWN_TIMEOUT, |it| {
                seconds_in(it, 0..=3600).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
            })?,
        })
    }

    /// Only the database, for commands that need nothing else.
    pub fn database(flags: &Flags, environment: &Environment) -> Result<DatabaseUrl, BadSetting> {
        Given { flags, environment }.database()
    }

    /// Only the keys folder, for commands that need nothing else.
    pub fn keys_folder(flags: &Flags, environment: &Environment) -> Result<PathBuf, BadSetting> {
        Given { flags, environment }.keys()
    }
}

const RATE: &str = "N/s, N/m or off";
const SHUTDOWN_TIMEOUT: &str = "whole seconds from 0 to 3600, or a duration such as 30s or 5m";

/// In seconds.
const DAY: i64 = 86_400;

struct Given<'a> {
    flags: &'a Flags,
    environment: &'a Environment,
}

impl Given<'_> {
    fn keys(&self) -> Result<PathBuf, BadSetting> {
        self.parsed("keys", paths::ACCEPTED, |it| self.path(it))
    }

    fn database(&self) -> Result<DatabaseUrl, BadSetting> {
        let accepted = format!("sqlite:FILE with {}", paths::ACCEPTED);
        let url = self.parsed("database", &accepted, |it| paths::expanded_database(it, self.environment.home()))?;
        Ok(DatabaseUrl::new(url))
    }

    fn path(&self, text: &str) -> Option<PathBuf> {
        paths::expanded(text, self.environment.home()).map(PathBuf::from)
    }

    /// `None` if the value is `own`, which means this process itself.
    fn redis_or(&self, own: &str, flag: &'static str) -> Result<Option<RedisUrl>, BadSetting> {
        let Some((value, origin)) = self.find(flag).filter(|(value, _)| *value != own) else { return Ok(None) };
        let accepted = || format!("{own}, {}", RedisUrl::ACCEPTED);
        RedisUrl::parse(value).map(Some).ok_or_else(|| bad(flag, value, origin, &accepted()))
    }

    /// By default, any password is accepted only if the server listens on a loopback address.
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

    /// In test mode, clients can sign anything. So it is open to other machines only if the settings say so explicitly.
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

    /// TLS may end here or at a proxy, but the public URL must not be `http:` if this server uses TLS.
    fn certificate(&self, bind: SocketAddr, public_url: Option<&PublicUrl>) -> Result<Option<Certificate>, BadSetting> {
        let file = |flag| self.optional(flag, paths::ACCEPTED, |it| self.path(it));
        let is_self_signed = self.parsed("tls-self-signed", "true, false, 1 or 0", switch)?;
        let certificate = match (file("tls-cert")?, file("tls-key")?, is_self_signed) {
            (None, None, false) => return Ok(None),
            (None, None, true) if !bind.ip().is_loopback() => return Err(BadSetting::SelfSignedExposed { bind }),
            (None, None, true) => Certificate::SelfSigned,
            (_, _, true) => return Err(BadSetting::TlsTwice),
            (Some(chain), Some(key), false) => Certificate::Files { chain, key },
            (Some(_), None, _) => return Err(BadSetting::TlsHalved { given: "tls-cert", missing: "tls-key" }),
            (None, Some(_), _) => return Err(BadSetting::TlsHalved { given: "tls-key", missing: "tls-cert" }),
        };
        match public_url {
            Some(url) if !url.is_https() => Err(BadSetting::PublicUrlWithoutTls { url: url.origin() }),
            _ => Ok(Some(certificate)),
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
        let flagged = self.flags.get(flag).map(|value| (value, Origin::Flag));
        let setting = SETTINGS.iter().find(|setting| setting.flag == flag)?;
        flagged.or_else(|| self.environment.get(&setting.variable()))
    }
}

fn default(flag: &str) -> &'static str {
    SETTINGS.iter().find(|setting| setting.flag == flag).map_or("", |setting| setting.default)
}

fn bad(flag: &'static str, value: &str, origin: Origin, accepted: &str) -> BadSetting {
    BadSetting::Value { flag, value: elided(value), origin, accepted: accepted.to_owned() }
}

/// A value that cannot be used, without what in a URL may be a login, its password or a query. Where an `@` comes after
/// a `?` the two cannot be told apart, and only the scheme is left.
fn elided(value: &str) -> String {
    let (rest, query) = value.split_once('?').map_or((value, None), |(rest, query)| (rest, Some(query)));
    let scheme = rest.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    if query.is_some_and(|query| query.contains('@')) {
        return format!("{scheme}…");
    }
    let place = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, place)| format!("{scheme}…@{place}"));
    if query.is_some() { format!("{place}?…") } else { place }
}

/// A number that lies within `range`.
fn within<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Option<T> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_any_source_the_defaults_hold() {
        let settings = Settings::resolve(&Flags::default(), &Environment::default()).unwrap();
        assert_eq!(settings.bind.to_string(), "127.0.0.1:5000");
        assert_eq!(settings.keys, PathBuf::from("keys"));
        assert_eq!(settings.algorithm, DemoAlgorithm::HS256);
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
}
