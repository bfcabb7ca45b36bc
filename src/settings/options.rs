//! The one declaration of the settings. A setting is a field of [`Options`]: its flag, variable, help, default, parser
//! and row in `docs/settings.md` all follow from that field.
//!
//! - The flag is the field's name with dashes, and the variable is `HALLPASS_` and the flag in capitals.
//! - The help is the field's doc comment, which is text without Markdown.
//! - A default that a user could write is the `default_value`. Any other default is described at the end of the help,
//!   as `[default: …]`, and the field is an `Option`.
//! - If the `value_hint` says that the value is a path, `~/` at its beginning is the home folder.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{ArgAction, Args, Command, ValueHint};

use super::hosts::AllowedHosts;
use super::origins::{CorsOrigins, PublicUrl};
use super::values::{self, Credentials, OnOff, TestMode};
use crate::keys::{Algorithm, KeySource};
use crate::limits::{Rate, TrustedProxies};
use crate::oauth::redirect_uri::RedirectUris;
use crate::profiles::Lifetime;
use crate::profiles::demo::DemoAlgorithm;
use crate::redis::RedisUrl;
use crate::store::DatabaseUrl;

// clap would take a doc comment on one of these structs as the description of a command.

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[expect(clippy::doc_markdown, reason = "`--help` shows these comments as they stand")]
pub struct Options {
    /// Where to listen; port 0 takes a free one, and the first line printed says which
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5000", value_parser = values::socket_address())]
    pub bind: SocketAddr,

    #[command(flatten)]
    pub keys: Keys,

    /// What a new session's tokens are signed with; a visitor may switch
    #[arg(long, value_name = DemoAlgorithm::PLACEHOLDER, default_value = DemoAlgorithm::NAMES[0], value_parser = values::algorithm())]
    pub algorithm: DemoAlgorithm,

    /// How long a demo token lives, 1 to 86400 (1d)
    #[arg(long, value_name = "DURATION", default_value = "60", value_parser = values::lifetime())]
    pub token_ttl: Lifetime,

    /// The origin that browsers use and the issuer, such as https://demo.example; https turns on Secure, __Host- and
    /// HSTS [default: the address served]
    #[arg(long, value_name = "URL", value_parser = values::public_url())]
    pub public_url: Option<PublicUrl>,

    /// Further hosts, with commas between, that requests may name; * is every one [default: none]
    #[arg(long = "allowed-host", value_name = "HOSTS", value_parser = values::allowed_hosts())]
    pub allowed_hosts: Option<AllowedHosts>,

    /// Another origin that leads to this server, such as https://forms.example, for the lessons that need two sites;
    /// http on loopback only [default: on loopback, the other of 127.0.0.1 and localhost]
    #[arg(long, value_name = "URL", value_parser = values::second_origin())]
    pub second_origin: Option<PublicUrl>,

    /// The issuer is the origin of each request; test mode only
    // A switch. With a longer name of its value, the help would have no second column.
    #[arg(
        long,
        value_name = "BOOL",
        default_value = "false",
        num_args = 0..=1,
        default_missing_value = "true",
        action = ArgAction::Set,
        value_parser = values::switch()
    )]
    pub issuer_from_host: bool,

    /// URIs, with commas between, that a login may lead back to [default: loopback URIs, on loopback or in test mode]
    #[arg(long = "redirect-uri", value_name = "URIS", value_parser = values::redirect_uris())]
    pub redirect_uris: Option<RedirectUris>,

    /// How long access tokens live, 1 to 86400 (1d)
    #[arg(long, value_name = "DURATION", default_value = "600", value_parser = values::lifetime())]
    pub access_ttl: Lifetime,

    /// How long refresh tokens live, 1s to 3650d
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::refresh_lifetime())]
    pub refresh_ttl: TimeDelta,

    #[command(flatten)]
    pub database: Database,

    /// Where sessions are: cookie, redis://host or rediss://host
    #[arg(long, value_name = "cookie|URL", default_value = "cookie", value_parser = values::redis_or("cookie"))]
    pub session_store: RedisOr,

    /// Where counters are: memory, redis://host or rediss://host
    #[arg(long, value_name = "memory|URL", default_value = "memory", value_parser = values::redis_or("memory"))]
    pub rate_store: RedisOr,

    /// How long the transactions of expired tokens are kept, 1d to 3650d
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::days())]
    pub keep: TimeDelta,

    /// How many phone tokens a client may ask for: N/s, N/m or off
    #[arg(long, value_name = "RATE", default_value = "1/s", value_parser = values::rate())]
    pub phone_rate: Rate,

    /// Addresses or CIDRs, with commas between, whose X-Forwarded-For is believed [default: none]
    #[arg(long = "trusted-proxy", value_name = "ADDRESSES", value_parser = values::trusted_proxies())]
    pub trusted_proxies: Option<TrustedProxies>,

    /// Who may ask for tokens: any username and password, or the users of the store [default: any on loopback]
    #[arg(long, value_name = "any|users", value_parser = values::credentials())]
    pub(super) credentials: Option<Credentials>,

    /// What bearer tokens are signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA; the key is
    /// bearer_key in the keys folder
    #[arg(long, value_name = "ALG", default_value = "RS256", value_parser = values::bearer_algorithm())]
    pub bearer_algorithm: Algorithm,

    /// How many logins, successful ones included, a client may try for one name under users: N/s, N/m or off
    #[arg(long, value_name = "RATE", default_value = "10/m", value_parser = values::rate())]
    pub login_rate: Rate,

    /// Origins, with commas between, whose scripts may call token routes; * is every one
    /// [default: none; all in test mode]
    #[arg(long = "cors-origin", value_name = "ORIGINS", value_parser = values::cors_origins())]
    pub(super) cors_origins: Option<CorsOrigins>,

    /// Routes under /test for other programs' tests: a clock to set, any token signed; exposed where others reach it
    #[arg(long, value_name = "off|on|exposed", default_value = "off", value_parser = values::test_mode())]
    pub(super) test_mode: TestMode,

    /// Class mode: pupils join at /class, and the teacher sees their progress at /class/board; the log says the teacher's
    /// link
    #[arg(long, value_name = "off|on", default_value = "off", value_parser = values::on_or_off())]
    pub class: OnOff,

    /// PEM file: the certificate, then its chain [default: none]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = values::path())]
    pub(super) tls_cert: Option<PathBuf>,

    /// PEM file: the certificate's private key [default: none]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = values::path())]
    pub(super) tls_key: Option<PathBuf>,

    /// Make a certificate for https on loopback, for every host that the settings name
    // A switch: without its value, the flag turns it on.
    #[arg(
        long,
        value_name = "true|false",
        default_value = "false",
        num_args = 0..=1,
        default_missing_value = "true",
        action = ArgAction::Set,
        value_parser = values::switch()
    )]
    pub(super) tls_self_signed: bool,

    /// How many connections at once; more wait
    #[arg(long, value_name = "COUNT", default_value = "10000", value_parser = values::number(1..=1_000_000))]
    pub max_connections: usize,

    /// How many threads answer requests, 1 to 512 [default: one a core]
    #[arg(long, value_name = "COUNT", value_parser = values::number(1..=512))]
    pub(super) workers: Option<usize>,

    /// How long requests in flight may take to finish after SIGTERM, 0 to 3600 (1h)
    #[arg(long, value_name = "DURATION", default_value = "10", value_parser = values::shutdown_timeout())]
    pub shutdown_timeout: Duration,
}

// The options that some commands need without the others.

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Keys {
    /// Folder of keys, made if missing; or memory
    #[arg(
        long = "keys",
        value_name = "FOLDER",
        default_value = "keys",
        value_hint = ValueHint::DirPath,
        value_parser = values::keys()
    )]
    pub source: KeySource,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[expect(clippy::doc_markdown, reason = "`--help` shows these comments as they stand")]
pub struct Database {
    /// Where transactions and users are kept: sqlite:FILE, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME for
    /// several processes
    #[arg(
        long = "database",
        value_name = "URL",
        default_value = "sqlite:hallpass.db",
        value_hint = ValueHint::Url,
        value_parser = values::database()
    )]
    pub url: DatabaseUrl,
}

/// A Redis server, or `None` for the place that the setting offers instead. It has a name because clap would take an
/// `Option` as a setting without a default.
pub type RedisOr = Option<RedisUrl>;

/// A command with the options of `S` and no others.
pub(super) fn declared<S: Args>() -> Command {
    let mut command = S::augment_args(Command::new("settings").no_binary_name(true).disable_help_flag(true));
    // Before that, clap cannot say how it names an option in an error.
    command.build();
    command
}
