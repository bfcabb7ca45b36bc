//! The further hosts that requests may name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// The longest name in DNS (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 253;

/// The value of `--allowed-host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedHosts {
    Any,
    Listed(Vec<Host>),
}

impl AllowedHosts {
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        text.split(',').map(|one| host(one.trim())).collect::<Option<_>>().map(Self::Listed)
    }

    /// Whether a host in lower case is one of these; `address` is what it stands for if it is no name.
    pub fn admit(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Any => address.is_some() || is_host_name(host),
            Self::Listed(hosts) => hosts.iter().any(|listed| match listed {
                Host::Domain(name) => name == host,
                Host::Ipv4(ip) => address == Some(IpAddr::V4(*ip)),
                Host::Ipv6(ip) => address == Some(IpAddr::V6(*ip)),
            }),
        }
    }

    /// As a request may name them, or in words.
    pub fn listed(&self) -> Vec<String> {
        match self {
            Self::Any => vec!["any name".to_owned()],
            Self::Listed(hosts) => hosts.iter().map(Host::to_string).collect(),
        }
    }
}

/// An address is read in its usual form only: `url` would take `1` as one too.
fn host(text: &str) -> Option<Host> {
    let is_ipv4 = text.parse::<Ipv4Addr>().is_ok();
    match text.parse::<Ipv6Addr>().map_or_else(|_| Host::parse(text), |ip| Ok(Host::Ipv6(ip))).ok()? {
        Host::Domain(name) if !is_host_name(&name) => None,
        Host::Ipv4(_) if !is_ipv4 => None,
        host => Some(host),
    }
}

/// Whether this is the name of a host, without a dot at its end. Names in a compose network may have underscores.
pub fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= LONGEST_NAME && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_without_a_port() {
        let hosts = AllowedHosts::parse("Hallpass, my_service,192.0.2.7,[2001:db8::7],2001:db8::8").unwrap();
        assert_eq!(hosts.listed().join(" "), "hallpass my_service 192.0.2.7 [2001:db8::7] [2001:db8::8]");
        assert_eq!(AllowedHosts::parse("*"), Some(AllowedHosts::Any));
        for bad in [
            "",
            "a,",
            "a,*",
            "*.example",
            "hallpass:5000",
            "192.0.2.7:80",
            "[::1]:80",
            "http://a",
            "a/b",
            "a b",
            "a.",
            ".a",
            "a@b",
            "[fe80::1%25eth0]",
            "2130706433",
            "127.1",
        ] {
            assert_eq!(AllowedHosts::parse(bad), None, "{bad}");
        }
    }
}
