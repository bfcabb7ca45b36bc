//! Finds the client's address behind proxies.
//!
//! Each proxy appends the address that it got the request from to `X-Forwarded-For`. Only what a trusted proxy wrote
//! can be believed. So the header is read from the right, up to the first hop that is not trusted. Anything further
//! left may be forged.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

/// The proxies in front of this server; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// An entry that is neither an address nor a CIDR.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("`{0}` is neither an IP address nor a CIDR range such as 10.0.0.0/8")]
pub struct BadProxies(String);

impl TrustedProxies {
    /// The client's address, from the address of the connection's peer and the lines of `X-Forwarded-For` in order.
    /// IPv4-mapped IPv6 addresses are returned as IPv4.
    pub fn client<'a>(&self, peer: IpAddr, forwarded_for: impl Iterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            return client;
        }
        let hops: Vec<&str> = forwarded_for.flat_map(|line| line.split(',')).collect();
        for hop in hops.into_iter().rev().map_while(parse_hop) {
            client = hop;
            if !self.trust(client) {
                break;
            }
        }
        client
    }

    /// Whether this is the address of a trusted proxy. IPv4 must not be in its IPv6-mapped form.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = BadProxies;

    /// Parses a list of addresses and CIDRs, separated by commas.
    fn from_str(list: &str) -> Result<Self, BadProxies> {
        let networks = list.split(',').map(|entry| parse_network(entry.trim()).ok_or(BadProxies(entry.to_owned())));
        networks.collect::<Result<_, _>>().map(Self)
    }
}

fn parse_network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network: IpNet = text.parse().ok()?;
    match (network, network.addr().to_canonical()) {
        // Mapped addresses are compared as IPv4, so a network of mapped addresses is converted to IPv4 too.
        (IpNet::V6(_), v4 @ IpAddr::V4(_)) => IpNet::new(v4, network.prefix_len().checked_sub(96)?).ok(),
        _ => Some(network),
    }
}

/// Parses an address as proxies write it: with or without a port, IPv6 with or without brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let alone = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    alone().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "10.0.0.1";

    fn proxies(list: &str) -> TrustedProxies {
        list.parse().unwrap()
    }

    fn client(list: &str, peer: &str, lines: &[&str]) -> String {
        proxies(list).client(peer.parse().unwrap(), lines.iter().copied()).to_string()
    }

    #[test]
    fn a_list_holds_addresses_and_cidrs() {
        for list in ["127.0.0.1", "10.0.0.0/8, 192.168.1.7", "::1,2001:db8::/32", "::ffff:10.0.0.0/104"] {
            assert!(list.parse::<TrustedProxies>().is_ok(), "{list}");
        }
        for (list, bad) in [("", ""), ("10.0.0.1,", ""), ("10.0.0.1,proxy.example", "proxy.example"), ("1/8", "1/8")] {
            assert_eq!(list.parse::<TrustedProxies>(), Err(BadProxies(bad.to_owned())));
        }
        for bad in ["10.0.0.0/33", "::/129", "10.0.0.1:80", "::ffff:10.0.0.0/95"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
        assert_eq!(client("10.0.0.1", "10.0.0.2", &["1.2.3.4"]), "10.0.0.2");
        assert_eq!(TrustedProxies::default().client(PEER.parse().unwrap(), ["1.2.3.4"].into_iter()).to_string(), PEER);
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_not_trusted() {
        assert_eq!(client("10.0.0.0/8", PEER, &["6.6.6.6, 1.2.3.4, 10.9.9.9"]), "1.2.3.4");
        assert_eq!(client("10.0.0.0/8", PEER, &["6.6.6.6", "1.2.3.4", "10.9.9.9,10.8.8.8"]), "1.2.3.4");
    }

    #[test]
    fn where_all_hops_are_trusted_the_client_is_the_first() {
        assert_eq!(client("10.0.0.0/8", PEER, &["10.1.1.1, 10.2.2.2"]), "10.1.1.1");
        assert_eq!(client("10.0.0.0/8", PEER, &[]), PEER);
    }

    #[test]
    fn a_hop_that_is_no_address_ends_the_search() {
        for junk in ["unknown", "", "_hidden", "1.2.3.4.5", "[1.2.3.4]:x", "1.2.3.4:99999", "[::1", "é"] {
            assert_eq!(client("10.0.0.0/8", PEER, &["1.2.3.4", junk]), PEER, "{junk}");
            assert_eq!(client("10.0.0.0/8", PEER, &["1.2.3.4", junk, "10.2.2.2"]), "10.2.2.2", "{junk}");
        }
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_make_no_difference() {
        for (hop, address) in [
            ("1.2.3.4:567", "1.2.3.4"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            (" 2001:DB8::1\t", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:1.2.3.4]:80", "1.2.3.4"),
        ] {
            assert_eq!(client("10.0.0.0/8", PEER, &[hop]), address);
        }
        assert_eq!(client("10.0.0.0/8", "::ffff:10.0.0.1", &["1.2.3.4, [::ffff:10.3.3.3]:1"]), "1.2.3.4");
        assert_eq!(client("::ffff:10.0.0.0/104,::ffff:11.0.0.1", PEER, &["1.2.3.4, 11.0.0.1"]), "1.2.3.4");
    }
}
