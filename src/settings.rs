//! Settings: read from flags, then the environment, then `.env`, then defaults.
//!
//! [`Options`] is the one declaration of them. [`Settings::resolve`] parses each value once, and an error names the
//! value's source. After that the typed values are trusted.

mod dependent;
mod environment;
mod error;
mod flags;
mod hosts;
mod layers;
mod list;
mod options;
mod origins;
mod paths;
mod values;

pub use dependent::Certificate;
pub use environment::{Environment, arguments};
pub use error::{BadSetting, Origin};
pub use flags::Flags;
pub use hosts::{AllowedHosts, is_host_name};
pub use list::Setting;
pub use options::Options;
pub use origins::{CorsOrigins, PublicUrl};
pub use values::{Credentials, OnOff};

use std::path::PathBuf;

use crate::keys::{Algorithm, BearerKeys, GivenCredentials, KeySource};
use crate::oauth::redirect_uri::RedirectUris;
use crate::store::DatabaseUrl;
use options::{Bearer, Database, Keys};

/// Every setting, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The values of the options. What depends on several of them is in the other fields.
    pub options: Options,
    pub credentials: Credentials,
    /// Whether the routes under `/test` exist.
    pub test_mode: bool,
    /// Whose scripts may call the token routes.
    pub cors_origins: CorsOrigins,
    /// Set if the server itself uses TLS.
    pub certificate: Option<Certificate>,
    pub workers: usize,
    /// The account values of the tutorials' services, as far as they were given.
    pub accounts: GivenCredentials,
}

impl Settings {
    pub fn resolve(flags: &Flags, environment: &Environment) -> Result<Self, BadSetting> {
        let options = layers::read(flags, environment)?;
        dependent::check_hosts(&options)?;
        dependent::check_second_origin(&options)?;
        Ok(Self {
            credentials: dependent::credentials(&options)?,
            test_mode: dependent::test_mode(&options)?,
            cors_origins: dependent::cors_origins(&options),
            certificate: dependent::certificate(&options)?,
            workers: dependent::workers(&options),
            accounts: environment.credentials(),
            options,
        })
    }

    /// Whether pupils can join a class.
    pub fn has_class(&self) -> bool {
        self.options.class == OnOff::On
    }

    /// Which keys the server has for bearer tokens.
    pub const fn bearer_keys(&self) -> BearerKeys {
        BearerKeys { algorithm: self.options.bearer.algorithm, one_of_each: self.test_mode }
    }

    /// Only the database, for a command that needs nothing else. `own` is the value of the command's own flag.
    pub fn database(own: Option<String>, flags: &Flags, environment: &Environment) -> Result<DatabaseUrl, BadSetting> {
        let flags = Flags::of_one::<Database>(own).or(flags);
        layers::read(&flags, environment).map(|Database { url }| url)
    }

    /// Only what bearer tokens are signed with, for a command that needs nothing else.
    pub fn bearer_algorithm(flags: &Flags, environment: &Environment) -> Result<Algorithm, BadSetting> {
        layers::read(flags, environment).map(|Bearer { algorithm }| algorithm)
    }

    /// What the server does with a setting that somebody may expect otherwise: one sentence for each.
    pub fn warnings(&self) -> Vec<String> {
        let uris = self.options.redirect_uris.iter().flat_map(RedirectUris::with_asterisk);
        let warning = |uri| {
            format!(
                "--redirect-uri has `{uri}`, and its `*` is no wildcard: a redirect URI is compared letter by letter, so \
                 list each one"
            )
        };
        uris.map(warning).collect()
    }

    /// Only the keys folder, for a command that needs nothing else. `own` is the value of the command's own flag.
    pub fn keys_folder(own: Option<String>, flags: &Flags, environment: &Environment) -> Result<PathBuf, BadSetting> {
        let flags = Flags::of_one::<Keys>(own).or(flags);
        match layers::read(&flags, environment)? {
            Keys { source: KeySource::Folder(folder) } => Ok(folder),
            Keys { source: KeySource::Memory } => Err(BadSetting::NoKeysFolder),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::*;
    use crate::profiles::demo::DemoAlgorithm;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_any_source_the_defaults_hold() {
        let options = Settings::resolve(&Flags::default(), &Environment::default()).unwrap().options;
        assert_eq!(options.bind.to_string(), "127.0.0.1:5000");
        assert_eq!(options.keys.source, KeySource::Folder(PathBuf::from("keys")));
        assert_eq!(options.algorithm, DemoAlgorithm::HS256);
        assert_eq!(options.token_ttl.seconds(), 60);
        assert_eq!(options.shutdown_timeout, Duration::from_secs(10));
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let name = "HALLPASS_TOKEN_TTL";
        let ttl = |flag: Option<&str>, process: &str| {
            let environment = Environment::of(variables(&[(name, process)]), variables(&[(name, "7")]));
            let flags = Flags::default().with("token-ttl", flag.map(str::to_owned));
            Settings::resolve(&flags, &environment).unwrap().options.token_ttl.seconds()
        };
        assert_eq!(ttl(Some("5"), "6"), 5);
        assert_eq!(ttl(None, "6"), 6);
        assert_eq!(ttl(None, ""), 7, "an empty variable counts as not set");
    }

    #[test]
    fn an_asterisk_in_a_redirect_uri_is_warned_of() {
        let warnings = |uris: &str| {
            let flags = Flags::default().with("redirect-uri", Some(uris.to_owned()));
            Settings::resolve(&flags, &Environment::default()).unwrap().warnings()
        };
        let told = warnings("https://app.example/cb,https://app.example/*");
        assert!(told.len() == 1 && told[0].contains("`https://app.example/*`") && told[0].contains("no wildcard"));
        assert_eq!(warnings("https://app.example/cb").len(), 0);
    }

    #[test]
    fn a_redirect_uri_that_is_refused_is_told_why() {
        let refused = |uri: &str| {
            let flags = Flags::default().with("redirect-uri", Some(uri.to_owned()));
            Settings::resolve(&flags, &Environment::default()).unwrap_err().to_string()
        };
        for (uri, why) in [
            ("https://m\u{fc}nchen.example/cb", "write the host as xn--mnchen-3ya.example"),
            ("https://app.example/caf\u{e9}", "write `\u{e9}` percent-encoded, as %C3%A9"),
            ("https://app.example/a b", "must encode"),
            ("https://app.example/cb#x", "fragment"),
            ("app.example/cb", "scheme"),
            ("https://app.example/cb,", "is empty"),
        ] {
            let told = refused(uri);
            assert!(told.contains(why) && told.contains("accepted: absolute URIs without a fragment"), "{told}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_origin_and_what_is_accepted() {
        let environment = Environment::of(HashMap::new(), variables(&[("HALLPASS_BIND", "nowhere:x")]));
        let error = Settings::resolve(&Flags::default(), &environment).unwrap_err().to_string();
        let start = "--bind is `nowhere:x` in .env (HALLPASS_BIND); accepted: localhost:5000, 127.0.0.1:5000 or :5000 for this machine alone";
        assert!(error.starts_with(start), "{error}");
    }
}
