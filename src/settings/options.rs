//! The one declaration of the settings. A setting is a field of [`Options`]: its flag, variable, help, default, parser
//! and row in `docs/settings.md` all follow from that field.
//!
//! - The flag is the field's name with dashes, and the variable is `HALLPASS_` and the flag in capitals.
//! - The help is the field's doc comment, which is text without Markdown.
//! - A default that a user could write is the `default_value`. Any other default is described at the end of the help,
//!   as `[default: …]`, and the field is an `Option`.
//! - The `help_heading` is where it stands in the help and in the manual.
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

/// The headings, under which the settings stand in the help and in the manual.
const ADDRESS: &str = "Address";
const TOKENS: &str = "Keys and tokens";
const ACCESS: &str = "Who may ask";
const STORAGE: &str = "Storage";
const LAB: &str = "Lab and tests";
const TLS: &str = "TLS";
const PROCESS: &str = "Process";

// clap would take a doc comment on one of these structs as the description of a command.

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[expect(clippy::doc_markdown, reason = "`--help` shows these comments as they stand")]
pub struct Options {
    /// Where to listen, such as localhost:5000; port 0 takes a free one
    #[arg(
        long,
        value_name = "HOST:PORT",
        help_heading = ADDRESS,
        default_value = "127.0.0.1:5000",
        value_parser = values::socket_address()
    )]
    pub bind: SocketAddr,

    /// Issuer and origin, such as https://demo.example [default: the address served]
    #[arg(long, value_name = "URL", help_heading = ADDRESS, value_parser = values::public_url())]
    pub public_url: Option<PublicUrl>,

    /// Further hosts, with commas between, that requests may name; * is every one [default: none]
    #[arg(long = "allowed-host", value_name = "HOSTS", help_heading = ADDRESS, value_parser = values::allowed_hosts())]
    pub allowed_hosts: Option<AllowedHosts>,

    #[command(flatten)]
    pub keys: Keys,

    /// What a new session's tokens are signed with; a visitor may switch
    #[arg(
        long,
        value_name = DemoAlgorithm::PLACEHOLDER,
        help_heading = TOKENS,
        default_value = DemoAlgorithm::NAMES[0],
        value_parser = values::algorithm()
    )]
    pub algorithm: DemoAlgorithm,

    #[command(flatten)]
    pub bearer: Bearer,

    /// Life of demo tokens, max. 1d
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = TOKENS,
        default_value = "60",
        value_parser = values::lifetime()
    )]
    pub token_ttl: Lifetime,

    /// Life of access tokens, max. 1d
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = TOKENS,
        default_value = "600",
        value_parser = values::lifetime()
    )]
    pub access_ttl: Lifetime,

    /// Life of refresh tokens, max. 3650d
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = TOKENS,
        default_value = "30d",
        value_parser = values::refresh_lifetime()
    )]
    pub refresh_ttl: TimeDelta,

    /// Who may ask for tokens: any, or the users of the database [default: any on loopback]
    #[arg(long, value_name = "any|users", help_heading = ACCESS, value_parser = values::credentials())]
    pub(super) credentials: Option<Credentials>,

    /// How many logins a client may try for one name under users: N/s, N/m or off
    #[arg(long, value_name = "RATE", help_heading = ACCESS, default_value = "10/m", value_parser = values::rate())]
    pub login_rate: Rate,

    /// How many phone tokens a client may ask for: N/s, N/m or off
    #[arg(long, value_name = "RATE", help_heading = ACCESS, default_value = "1/s", value_parser = values::rate())]
    pub phone_rate: Rate,

    /// URIs, with commas between, that a login may lead back to [default: loopback URIs, on loopback or in test mode]
    #[arg(long = "redirect-uri", value_name = "URIS", help_heading = ACCESS, value_parser = values::redirect_uris())]
    pub redirect_uris: Option<RedirectUris>,

    /// Origins whose scripts get tokens; * is every one [default: none; all in test mode]
    #[arg(long = "cors-origin", value_name = "ORIGINS", help_heading = ACCESS, value_parser = values::cors_origins())]
    pub(super) cors_origins: Option<CorsOrigins>,

    /// Addresses or CIDRs, with commas between, whose X-Forwarded-For is believed [default: none]
    #[arg(
        long = "trusted-proxy",
        value_name = "ADDRESSES",
        help_heading = ACCESS,
        value_parser = values::trusted_proxies()
    )]
    pub trusted_proxies: Option<TrustedProxies>,

    #[command(flatten)]
    pub database: Database,

    /// Where sessions are: cookie, redis://host or rediss://host
    #[arg(
        long,
        value_name = "cookie|URL",
        help_heading = STORAGE,
        default_value = "cookie",
        value_parser = values::redis_or("cookie")
    )]
    pub session_store: RedisOr,

    /// Where counters are: memory, redis://host or rediss://host
    #[arg(
        long,
        value_name = "memory|URL",
        help_heading = STORAGE,
        default_value = "memory",
        value_parser = values::redis_or("memory")
    )]
    pub rate_store: RedisOr,

    /// How long the transactions of expired tokens are kept, 1d to 3650d
    #[arg(long, value_name = "DURATION", help_heading = STORAGE, default_value = "30d", value_parser = values::days())]
    pub keep: TimeDelta,

    /// Let pupils join a class; for other devices listen beyond this machine
    #[arg(long, value_name = "off|on", help_heading = LAB, default_value = "off", value_parser = values::on_or_off())]
    pub class: OnOff,

    /// A second origin, for lessons with two sites [default: on loopback, its other name]
    #[arg(long, value_name = "URL", help_heading = LAB, value_parser = values::second_origin())]
    pub second_origin: Option<PublicUrl>,

    /// Routes under /test that set the clock and sign any token
    #[arg(
        long,
        value_name = "off|on|exposed",
        help_heading = LAB,
        default_value = "off",
        value_parser = values::test_mode()
    )]
    pub(super) test_mode: TestMode,

    /// The issuer is the origin of each request; test mode only
    // A switch: without its value, the flag turns it on.
    #[arg(
        long,
        value_name = "BOOL",
        help_heading = LAB,
        default_value = "false",
        num_args = 0..=1,
        default_missing_value = "true",
        action = ArgAction::Set,
        value_parser = values::switch()
    )]
    pub issuer_from_host: bool,

    /// PEM file: certificate, then chain [default: none]
    #[arg(
        long,
        value_name = "FILE",
        help_heading = TLS,
        value_hint = ValueHint::FilePath,
        value_parser = values::path()
    )]
    pub(super) tls_cert: Option<PathBuf>,

    /// PEM file: the private key [default: none]
    #[arg(
        long,
        value_name = "FILE",
        help_heading = TLS,
        value_hint = ValueHint::FilePath,
        value_parser = values::path()
    )]
    pub(super) tls_key: Option<PathBuf>,

    /// TLS with its own certificate
    // A switch, as above.
    #[arg(
        long,
        value_name = "BOOL",
        help_heading = TLS,
        default_value = "false",
        num_args = 0..=1,
        default_missing_value = "true",
        action = ArgAction::Set,
        value_parser = values::switch()
    )]
    pub(super) tls_self_signed: bool,

    /// Connections at once; more wait
    #[arg(
        long,
        value_name = "COUNT",
        help_heading = PROCESS,
        default_value = "10000",
        value_parser = values::number(1..=1_000_000)
    )]
    pub max_connections: usize,

    /// Worker threads, 1 to 512 [default: one per core]
    #[arg(long, value_name = "COUNT", help_heading = PROCESS, value_parser = values::number(1..=512))]
    pub(super) workers: Option<usize>,

    /// How long requests may take to finish after SIGTERM, 0 to 3600 (1h)
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = PROCESS,
        default_value = "10",
        value_parser = values::shutdown_timeout()
    )]
    pub shutdown_timeout: Duration,
}

// The options that some commands need without the others.

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Keys {
    /// Folder of keys, or memory
    #[arg(
        long = "keys",
        value_name = "FOLDER",
        help_heading = TOKENS,
        default_value = "keys",
        value_hint = ValueHint::DirPath,
        value_parser = values::keys()
    )]
    pub source: KeySource,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[expect(clippy::doc_markdown, reason = "`--help` shows these comments as they stand")]
pub struct Bearer {
    /// What bearer tokens are signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA
    #[arg(
        id = "bearer_algorithm",
        long = "bearer-algorithm",
        value_name = "ALG",
        help_heading = TOKENS,
        default_value = "RS256",
        value_parser = values::bearer_algorithm()
    )]
    pub algorithm: Algorithm,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
#[expect(clippy::doc_markdown, reason = "`--help` shows these comments as they stand")]
pub struct Database {
    /// Users and transactions: sqlite:FILE, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long = "database",
        value_name = "URL",
        help_heading = STORAGE,
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
