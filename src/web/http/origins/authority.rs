//! Parses the host that a request names, strictly. A text that is not clearly a host matches no host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header;
use actix_web::http::uri::Authority;

/// The request names two hosts, or one that cannot be read.
pub(super) struct UnclearHost;

/// The host that the request names, with its port: `Host`, or the address of the request line when that has one.
pub(super) fn authority(head: &RequestHead) -> Result<Option<String>, UnclearHost> {
    let mut hosts = head.headers.get_all(header::HOST).map(|host| host.to_str().map_err(|_| UnclearHost));
    let named = hosts.next().transpose()?;
    let in_line = Uri::authority(&head.uri).map(Authority::as_str);
    match (named, in_line, hosts.next()) {
        (_, _, Some(_)) => Err(UnclearHost),
        (Some(named), Some(in_line), _) if !named.eq_ignore_ascii_case(in_line) => Err(UnclearHost),
        (named, in_line, _) => Ok(named.or(in_line).map(str::to_ascii_lowercase)),
    }
}

/// The host without its port; an IPv6 address keeps its brackets. What is neither a host nor a host and a port stays
/// whole, and so matches no host.
pub(super) fn host_of(authority: &str) -> &str {
    let name = authority.rfind(']').unwrap_or_default();
    let end = authority[name..].find(':').map_or(authority.len(), |colon| name + colon);
    let (host, port) = authority.split_at(end);
    if is_port(port.strip_prefix(':').unwrap_or_default()) { host } else { authority }
}

/// `Host` may have a colon and no port after it (RFC 9110 §7.2).
fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

/// The IP address that a host is, an IPv6 one in brackets.
pub(super) fn address_in(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// An address as `Host` names it.
pub(super) fn as_host(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

/// The origin of a host and its port as browsers write it: without the port that the scheme has by default.
pub(super) fn origin(scheme: &str, authority: &str) -> String {
    let host = host_of(authority);
    let port = authority[host.len()..].trim_start_matches(':');
    match (scheme, port) {
        (_, "") | ("http", "80") | ("https", "443") => format!("{scheme}://{host}"),
        _ => format!("{scheme}://{host}:{port}"),
    }
}

pub(super) fn is_local_name(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

/// Whether the request names the visitor's own machine, so that it never left it.
pub(in crate::web) fn is_on_loopback(head: &RequestHead) -> bool {
    authority(head).ok().flatten().is_some_and(|authority| is_local_name(host_of(&authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_before_its_port() {
        for (authority, host) in [
            ("localhost", "localhost"),
            ("localhost:5000", "localhost"),
            ("localhost:", "localhost"),
            ("[::1]", "[::1]"),
            ("[::1]:5000", "[::1]"),
        ] {
            assert_eq!(host_of(authority), host);
        }
        for whole in ["localhost:65536", "localhost:x", "localhost:+1", "a:1@b", "a:1:2", "[::1]b:c"] {
            assert_eq!(host_of(whole), whole);
        }
    }

    #[test]
    fn an_address_is_written_in_one_way_only() {
        for host in ["127.0.0.1", "192.0.2.7", "[::1]", "[2001:db8::7]"] {
            assert!(address_in(host).is_some(), "{host}");
        }
        for other in [
            "",
            "localhost",
            "::1",
            "[127.0.0.1]",
            "[[::1]]",
            "[::1",
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "2130706433",
            "127.1",
        ] {
            assert_eq!(address_in(other), None, "{other}");
        }
    }

    #[test]
    fn an_origin_has_no_default_port() {
        for (scheme, authority, expected) in [
            ("http", "a:80", "http://a"),
            ("http", "a:443", "http://a:443"),
            ("https", "a:443", "https://a"),
            ("https", "[::1]:5000", "https://[::1]:5000"),
            ("http", "a:", "http://a"),
        ] {
            assert_eq!(origin(scheme, authority), expected);
        }
    }
}
