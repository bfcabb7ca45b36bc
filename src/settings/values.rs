//! The values of settings and their parsers, for the declaration. Each error says what is accepted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::builder::TypedValueParser;

use super::hosts::AllowedHosts;
use super::origins::{CorsOrigins, PublicUrl};
use super::paths;
use crate::clock::seconds_in;
use crate::keys::{Algorithm, KeySource};
use crate::limits::{Rate, TrustedProxies};
use crate::oauth::redirect_uri::RedirectUris;
use crate::profiles::Lifetime;
use crate::profiles::demo::DemoAlgorithm;
use crate::redis::RedisUrl;
use crate::store::DatabaseUrl;

/// Who may ask for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Any username with any password, as in the tutorials.
    Any,
    /// Only the users in the store.
    Users,
}

/// Whether the routes under `/test` exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TestMode {
    Off,
    /// Only while no other machine can reach the server.
    On,
    /// Also where others can reach it.
    Exposed,
}

/// Whether something that is off by default is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOff {
    Off,
    On,
}

/// In seconds.
const DAY: i64 = 86_400;

/// Parses with `parse`; where that returns `None`, the error is `accepted`.
fn accepting<T: Clone + Send + Sync + 'static>(
    accepted: impl Into<String>,
    parse: impl Fn(&str) -> Option<T> + Clone + Send + Sync + 'static,
) -> impl TypedValueParser<Value = T> {
    let accepted = accepted.into();
    move |text: &str| parse(text).ok_or_else(|| accepted.clone())
}

/// What is accepted as the address to serve.
const ADDRESSES: &str = "localhost:5000, 127.0.0.1:5000 or :5000 for this machine alone, [::1]:5000 for the same in \
                         IPv6, 0.0.0.0:5000 or another IP address of it for others too; port 0 takes a free one";

pub(super) fn socket_address() -> impl TypedValueParser<Value = SocketAddr> {
    |text: &str| address(text).ok_or_else(|| half_address(text).unwrap_or_else(|| ADDRESSES.to_owned()))
}

/// What is accepted in place of an address that lacks its host or its port.
fn half_address(text: &str) -> Option<String> {
    if text.parse::<u16>().is_ok() {
        return Some(format!("a host and a port; the host is missing, so write localhost:{text}"));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && host.parse::<Ipv6Addr>().is_ok()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok()
    {
        return Some(format!("an IPv6 address in brackets, so write [{host}]:{port}"));
    }
    if let Some((_, port)) = text.rsplit_once(':')
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_err()
    {
        return Some(format!("a port from 0 to {}, and {port} is over it; write {ADDRESSES}", u16::MAX));
    }
    let host = text.trim_end_matches(':');
    let whole = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]:5000"),
        Ok(ip) => format!("{ip}:5000"),
        Err(_) if host.eq_ignore_ascii_case("localhost") => "localhost:5000".to_owned(),
        Err(_) => return None,
    };
    Some(format!("a host and a port; the port is missing, so write {whole}"))
}

/// Without a host, or with `localhost`, it is the loopback address that every machine has.
fn address(text: &str) -> Option<SocketAddr> {
    match text.rsplit_once(':')? {
        (host, port) if host.is_empty() || host.eq_ignore_ascii_case("localhost") => {
            format!("{}:{port}", Ipv4Addr::LOCALHOST).parse().ok()
        }
        _ => text.parse().ok(),
    }
}

pub(super) fn algorithm() -> impl TypedValueParser<Value = DemoAlgorithm> {
    accepting(DemoAlgorithm::choice(), DemoAlgorithm::named)
}

pub(super) fn bearer_algorithm() -> impl TypedValueParser<Value = Algorithm> {
    accepting(Algorithm::NAMES_OF_PAIRS.join(", "), |text| {
        Algorithm::named(text).filter(|algorithm| Algorithm::OF_PAIRS.contains(algorithm))
    })
}

pub(super) fn lifetime() -> impl TypedValueParser<Value = Lifetime> {
    accepting(Lifetime::ACCEPTED, Lifetime::of_duration)
}

pub(super) fn days() -> impl TypedValueParser<Value = TimeDelta> {
    accepting("a duration from 1d to 3650d, such as 30d", |text| {
        seconds_in(text, DAY..=3650 * DAY).map(TimeDelta::seconds)
    })
}

pub(super) fn refresh_lifetime() -> impl TypedValueParser<Value = TimeDelta> {
    accepting("whole seconds, or a duration up to 3650d, such as 12h or 30d", |text| {
        seconds_in(text, 1..=3650 * DAY).map(TimeDelta::seconds)
    })
}

pub(super) fn shutdown_timeout() -> impl TypedValueParser<Value = Duration> {
    accepting("whole seconds from 0 to 3600, or a duration such as 30s or 5m", |text| {
        seconds_in(text, 0..=3600).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
    })
}

pub(super) fn rate() -> impl TypedValueParser<Value = Rate> {
    accepting("N/s, N/m or off", |text| if truth(text) == Some(false) { Some(Rate::OFF) } else { text.parse().ok() })
}

pub(super) fn public_url() -> impl TypedValueParser<Value = PublicUrl> {
    accepting("http:// or https:// with a host and, if need be, a port, and nothing after it", PublicUrl::parse)
}

pub(super) fn second_origin() -> impl TypedValueParser<Value = PublicUrl> {
    let accepted = "https:// with a host and, if need be, a port, and nothing after it, such as https://forms.example; \
                    http:// with localhost, a name that ends in .localhost, or a loopback address";
    accepting(accepted, |text| PublicUrl::parse(text).filter(|url| url.is_https() || url.is_on_loopback()))
}

pub(super) fn allowed_hosts() -> impl TypedValueParser<Value = AllowedHosts> {
    accepting("* or names and IP addresses without a port, with commas between, such as hallpass", AllowedHosts::parse)
}

pub(super) fn redirect_uris() -> impl TypedValueParser<Value = RedirectUris> {
    let accepted = "absolute URIs without a fragment, with commas between, such as https://app.example/callback";
    move |text: &str| {
        RedirectUris::parse(text).map_err(|(uri, bad)| {
            // The URI itself may have a password. The value that is shown is without it.
            let place = text.split(',').position(|one| one.trim() == uri).unwrap_or_default() + 1;
            let which = if text.contains(',') { format!("of number {place}, ") } else { String::new() };
            format!("{accepted}. What is wrong: {which}{}", bad.reason(&uri))
        })
    }
}

pub(super) fn cors_origins() -> impl TypedValueParser<Value = CorsOrigins> {
    accepting("* or origins such as https://app.example with commas between", CorsOrigins::parse)
}

pub(super) fn trusted_proxies() -> impl TypedValueParser<Value = TrustedProxies> {
    accepting("IP addresses or CIDRs with commas between", |text| text.parse().ok())
}

pub(super) fn number(range: RangeInclusive<usize>) -> impl TypedValueParser<Value = usize> {
    let accepted = format!("a number from {} to {}", range.start(), range.end());
    accepting(accepted, move |text| text.parse().ok().filter(|number| range.contains(number)))
}

pub(super) fn credentials() -> impl TypedValueParser<Value = Credentials> {
    accepting("any or users", |text| match text.to_ascii_lowercase().as_str() {
        "any" => Some(Credentials::Any),
        "users" => Some(Credentials::Users),
        _ => None,
    })
}

pub(super) fn test_mode() -> impl TypedValueParser<Value = TestMode> {
    let accepted = format!("off, on or exposed; {TRUTH}");
    accepting(accepted, |text| match truth(text) {
        Some(true) => Some(TestMode::On),
        Some(false) => Some(TestMode::Off),
        None => text.eq_ignore_ascii_case("exposed").then_some(TestMode::Exposed),
    })
}

pub(super) fn on_or_off() -> impl TypedValueParser<Value = OnOff> {
    accepting(format!("off or on; {TRUTH}"), |text| truth(text).map(|is_on| if is_on { OnOff::On } else { OnOff::Off }))
}

pub(super) fn switch() -> impl TypedValueParser<Value = bool> {
    accepting(format!("on or off; {TRUTH}"), truth)
}

/// For the end of an error: the other spellings of `on` and `off`.
const TRUTH: &str = "true, yes and 1 also mean on, and false, no and 0 mean off";

/// Every value that is on or off is spelled in one of these ways, in any case.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A path. [`layers`](super::layers) has replaced `~` in it by the home folder; a `~` that is left is refused.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    accepting(paths::ACCEPTED, |text| paths::expanded(text, None).map(PathBuf::from))
}

/// A folder as [`path`], or `memory`.
pub(super) fn keys() -> impl TypedValueParser<Value = KeySource> {
    accepting(paths::ACCEPTED, |text| paths::expanded(text, None).map(|text| KeySource::named(&text)))
}

/// A database, of which an SQLite file has such a path.
pub(super) fn database() -> impl TypedValueParser<Value = DatabaseUrl> {
    let accepted = format!("sqlite:FILE with {}", paths::ACCEPTED);
    accepting(accepted, |text| paths::expanded_database(text, None).map(DatabaseUrl::new))
}

/// A Redis server, or `None` for the word `own`.
pub(super) fn redis_or(own: &'static str) -> impl TypedValueParser<Value = Option<RedisUrl>> {
    let accepted = format!("{own}, {}", RedisUrl::ACCEPTED);
    move |text: &str| match RedisUrl::parse(text) {
        _ if text == own => Ok(None),
        Some(url) => Ok(Some(url)),
        None => Err(RedisUrl::unknown_parameter(text).map_or(accepted.clone(), |why| format!("{accepted}. {why}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_and_may_leave_out_this_machine() {
        for (text, meant) in [
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            ("localhost:5000", "127.0.0.1:5000"),
            ("LocalHost:0", "127.0.0.1:0"),
            (":5000", "127.0.0.1:5000"),
            ("[::1]:5000", "[::1]:5000"),
            ("0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(address(text).map(|it| it.to_string()).as_deref(), Some(meant), "{text}");
        }
        for text in ["", "localhost", "127.0.0.1", "5000", ":", ":x", ":+1", ":65536", "::1:5000", "example.org:80"] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn half_an_address_is_told_what_is_missing() {
        for (text, missing, whole) in [
            ("localhost", "port", "localhost:5000"),
            ("LOCALHOST:", "port", "localhost:5000"),
            ("0.0.0.0", "port", "0.0.0.0:5000"),
            ("::1", "port", "[::1]:5000"),
            ("[::1]", "port", "[::1]:5000"),
            ("8080", "host", "localhost:8080"),
        ] {
            let said = format!("a host and a port; the {missing} is missing, so write {whole}");
            assert_eq!(half_address(text), Some(said), "{text}");
            assert!(address(whole).is_some(), "{whole}");
        }
        for text in ["", ":", "example.org", "65536", "localhost:x", "http://localhost"] {
            assert_eq!(half_address(text), None, "{text}");
        }
    }

    #[test]
    fn an_ipv6_address_without_brackets_is_told_them() {
        for (text, whole) in
            [("::1:5000", "[::1]:5000"), (":::5000", "[::]:5000"), ("2001:db8::7:443", "[2001:db8::7]:443")]
        {
            let said = format!("an IPv6 address in brackets, so write {whole}");
            assert_eq!(half_address(text), Some(said), "{text}");
            assert!(address(whole).is_some(), "{whole}");
        }
        let whole = half_address("2001:db8:0:0:0:0:0:1").unwrap();
        assert!(whole.ends_with("the port is missing, so write [2001:db8::1]:5000"), "{whole}");
    }

    #[test]
    fn a_port_over_the_largest_is_named() {
        for text in ["127.0.0.1:99999", ":65536", "[::1]:65536", "localhost:123456789"] {
            let port = text.rsplit_once(':').unwrap().1;
            assert_eq!(
                half_address(text),
                Some(format!("a port from 0 to 65535, and {port} is over it; write {ADDRESSES}")),
                "{text}"
            );
        }
        assert_eq!(half_address("a:65535"), None);
    }

    #[test]
    fn on_and_off_have_four_spellings_each_in_any_case() {
        for text in ["on", "On", "true", "TRUE", "yes", "Yes", "1"] {
            assert_eq!(truth(text), Some(true), "{text}");
        }
        for text in ["off", "OFF", "false", "False", "no", "NO", "0"] {
            assert_eq!(truth(text), Some(false), "{text}");
        }
        for text in ["", "y", "n", "2", "maybe", " on", "exposed"] {
            assert_eq!(truth(text), None, "{text}");
        }
    }
}
