//! Errors in settings, each in one line.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

use super::list::variable;
use crate::keys::LineFault;

/// A setting that cannot be used. The message names the setting, its value and what is accepted.
#[derive(Debug, Error)]
pub enum BadSetting {
    #[error("--{flag} is `{value}` {}; accepted: {accepted}", .origin.place_of(.flag))]
    Value { flag: String, value: String, origin: Origin, accepted: String },
    #[error(
        "other machines can reach --bind `{bind}`, so choose who may ask for tokens: --credentials users checks passwords, \
         --credentials any accepts everybody"
    )]
    CredentialsNotChosen { bind: SocketAddr },
    #[error(
        "--test-mode is `on`, and other machines can reach the server by {reached_by}: in test mode they can sign any \
         token; accepted: exposed, if they may, or a server that only this machine can reach"
    )]
    TestModeExposed { reached_by: String },
    #[error(
        "--allowed-host is `*`, so the page of any site could read this server's answers by DNS rebinding; accepted: the \
         hosts that lead here, separated by commas, or * with --test-mode exposed"
    )]
    EveryHostAllowed,
    #[error(
        "--issuer-from-host is on, and --test-mode is off: only test mode issues tokens in the name of whatever host a \
         request names; accepted: --test-mode on too, or exposed where other machines can reach the server"
    )]
    IssuerFromHostWithoutTestMode,
    #[error(
        "--credentials is `users`, and --database is `sqlite::memory:`: it is empty at the start, and `hallpass user add` \
         cannot reach it; accepted: a database that is kept, such as sqlite:hallpass.db, or --credentials any"
    )]
    UsersInMemory,
    #[error(
        "--{given} is set, and --{missing} is not: TLS needs a certificate and its private key; accepted: both or neither"
    )]
    TlsHalved { given: &'static str, missing: &'static str },
    #[error(
        "--tls-self-signed makes a certificate, and --tls-cert or --tls-key names one that exists; accepted: one of \
         the two"
    )]
    TlsTwice,
    #[error(
        "--tls-self-signed makes a certificate for localhost, and --bind `{bind}` is no loopback address: other machines \
         would refuse the certificate; accepted: a loopback address, or --tls-cert and --tls-key"
    )]
    SelfSignedExposed { bind: SocketAddr },
    #[error("--{flag} is `{url}`, and with TLS browsers reach this server by https alone; accepted: an https:// URL")]
    UrlWithoutTls { flag: &'static str, url: String },
    #[error(
        "--second-origin is `{url}`, which is the origin of this server already; accepted: another origin that leads here, \
         such as https://forms.example"
    )]
    SecondOriginIsFirst { url: String },
    #[error(
        "--keys is `memory`, and this command needs the keys of a folder: keys in memory end with the server that made \
         them; accepted: a folder. A folder that is called memory is `./memory`"
    )]
    NoKeysFolder,
    #[error("{name} in the environment is not UTF-8 text; set it to UTF-8 text, or unset it")]
    NotText { name: String },
    #[error("cannot read `.env` in the working directory")]
    UnreadableFile(#[source] io::Error),
    #[error("line {line} of `.env`: {fault}")]
    BadLine { line: usize, fault: LineFault },
}

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Environment,
    File,
}

impl Origin {
    /// Where the value of this flag was written.
    fn place_of(self, flag: &str) -> String {
        match self {
            Self::Flag => "on the command line".to_owned(),
            Self::Environment => format!("in the environment ({})", variable(flag)),
            Self::File => format!("in .env ({})", variable(flag)),
        }
    }
}

/// The error of a value that its parser refused.
pub(super) fn refused_value(flag: &str, value: &str, origin: Origin, accepted: impl Into<String>) -> BadSetting {
    BadSetting::Value { flag: flag.to_owned(), value: elided(value), origin, accepted: accepted.into() }
}

/// A value that cannot be used, without what in a URL may be a login, its password or a query. Where an `@` comes after
/// a `?` the two look the same, and only the scheme is left.
fn elided(value: &str) -> String {
    let (rest, query) = value.split_once('?').map_or((value, None), |(rest, query)| (rest, Some(query)));
    let scheme = rest.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    if rest.to_ascii_lowercase().contains("pass") && rest.contains('=') || query.is_some_and(|it| it.contains('@')) {
        return format!("{scheme}…");
    }
    let place = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, place)| format!("{scheme}…@{place}"));
    if query.is_some() { format!("{place}?…") } else { place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_password_by_its_name_is_not_repeated() {
        for (value, shown) in [
            ("host=db password=hunter2", "…"),
            ("HOST=db PASSWORD='hunter2'", "…"),
            ("redis://db/1#pass=hunter2", "redis://…"),
            ("redis://db/?password=hunter2", "redis://db/?…"),
            ("redis://:hunter2@db", "redis://…@db"),
            ("~bob/keys", "~bob/keys"),
        ] {
            assert_eq!(elided(value), shown);
        }
    }
}
