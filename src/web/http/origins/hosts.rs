//! Which hosts a request may name.
//!
//! DNS rebinding makes a visitor's browser send requests here under a name of the attacker's. So a name is accepted
//! only if the settings name it, or if it always means this machine. An IP address cannot come from DNS.

use std::net::IpAddr;

use super::authority::{address_in, as_host, is_local_name};
use crate::settings::{AllowedHosts, PublicUrl, is_host_name};

/// The hosts that are accepted, with any port.
pub(super) struct AcceptedHosts {
    /// The hosts of the public URL and of the second origin.
    named: Vec<String>,
    bound: Bound,
    allowed: Option<AllowedHosts>,
}

/// The address that the server is bound to.
enum Bound {
    Loopback(IpAddr),
    /// All addresses of this machine.
    Every,
    One(IpAddr),
}

impl AcceptedHosts {
    pub fn new(named: [Option<&PublicUrl>; 2], bound: IpAddr, allowed: Option<AllowedHosts>) -> Self {
        let bound = match bound {
            ip if ip.is_loopback() => Bound::Loopback(ip),
            ip if ip.is_unspecified() => Bound::Every,
            ip => Bound::One(ip),
        };
        let named = named.into_iter().flatten().map(|url| url.host().to_owned()).collect();
        Self { named, bound, allowed }
    }

    pub fn accept(&self, host: &str) -> bool {
        let address = address_in(host);
        self.named.iter().any(|named| named == host)
            || self.bound.accepts(host, address)
            || self.allowed.as_ref().is_some_and(|allowed| allowed.admit(host, address))
    }

    /// Whether the server is bound to a loopback address, and no other name is allowed, under which a proxy may lead
    /// others here.
    pub fn are_loopback_alone(&self) -> bool {
        let listed = self.allowed.iter().flat_map(AllowedHosts::listed);
        matches!(self.bound, Bound::Loopback(_))
            && listed.into_iter().all(|host| is_local_name(&host) || is_below_localhost(&host))
    }

    /// Whether both `localhost` and a loopback address are accepted.
    pub const fn have_local_names(&self) -> bool {
        matches!(self.bound, Bound::Loopback(_) | Bound::Every)
    }

    /// The hosts in words.
    pub fn listed(&self) -> Vec<String> {
        let allowed = self.allowed.iter().flat_map(AllowedHosts::listed);
        let mut hosts: Vec<String> = Vec::new();
        for host in self.named.iter().cloned().chain(self.bound.listed()).chain(allowed) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

impl Bound {
    fn accepts(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Loopback(ip) => is_local_name(host) || is_below_localhost(host) || address == Some(*ip),
            Self::Every => host == "localhost" || address.is_some(),
            Self::One(ip) => address == Some(*ip),
        }
    }

    fn listed(&self) -> Vec<String> {
        match self {
            Self::Loopback(ip) => {
                let names = ["127.0.0.1", "[::1]", "localhost", "names that end in .localhost"];
                names.map(str::to_owned).into_iter().chain([as_host(*ip)]).collect()
            }
            Self::Every => vec!["any IP address".to_owned(), "localhost".to_owned()],
            Self::One(ip) => vec![as_host(*ip)],
        }
    }
}

/// Browsers resolve these names to loopback without asking DNS (RFC 6761 §6.3).
fn is_below_localhost(host: &str) -> bool {
    host.strip_suffix(".localhost").is_some_and(is_host_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no setting makes an accepted host.
    const HOSTILE: [&str; 12] = [
        "",
        "localhost.",
        "a.localhost.",
        ".localhost",
        "a..localhost",
        "evil@localhost",
        "localhost@evil",
        "a/.localhost",
        "localhost:x",
        "[fe80::1%25eth0]",
        "[::1]evil",
        "::1",
    ];

    fn hosts(bound: &str, public: Option<&str>, allowed: Option<&str>) -> AcceptedHosts {
        let public = public.map(|url| PublicUrl::parse(url).unwrap());
        let allowed = allowed.map(|hosts| AllowedHosts::parse(hosts).unwrap());
        AcceptedHosts::new([public.as_ref(), None], bound.parse().unwrap(), allowed)
    }

    fn assert_accepted(hosts: &AcceptedHosts, accepted: &[&str], refused: &[&str]) {
        for host in accepted {
            assert!(hosts.accept(host), "{host}");
        }
        for host in refused.iter().chain(&HOSTILE) {
            assert!(!hosts.accept(host), "{host}");
        }
    }

    #[test]
    fn on_loopback_the_names_of_this_machine_are_accepted() {
        let local = ["127.0.0.1", "[::1]", "localhost", "app.localhost", "a.b.localhost"];
        assert_accepted(
            &hosts("127.0.0.1", None, None),
            &local,
            &["a.localhost.evil", "localhost.evil", "192.0.2.7", "127.0.0.2"],
        );
        let hosts = hosts("127.0.0.2", Some("https://demo.example:8443"), None);
        assert_accepted(&hosts, &[&local[..], &["127.0.0.2", "demo.example"]].concat(), &["www.demo.example"]);
    }

    #[test]
    fn on_every_address_each_ip_address_is_accepted_and_no_name_but_those_of_the_settings() {
        let always = ["127.0.0.1", "[::1]", "192.0.2.7", "[2001:db8::7]", "localhost"];
        assert_accepted(&hosts("0.0.0.0", None, None), &always, &["evil.example", "app.localhost", "hallpass"]);
        let named = hosts("::", Some("https://demo.example"), Some("hallpass, my_service"));
        assert_accepted(&named, &[&always[..], &["demo.example", "hallpass", "my_service"]].concat(), &["xhallpass"]);
        let listed = named.listed().join(", ");
        assert_eq!(listed, "demo.example, any IP address, localhost, hallpass, my_service");
    }

    #[test]
    fn on_one_address_it_alone_is_accepted_and_what_the_settings_name() {
        let hosts = hosts("192.0.2.7", None, Some("192.0.2.8,2001:db8::7"));
        assert_accepted(&hosts, &["192.0.2.7", "192.0.2.8", "[2001:db8::7]"], &["localhost", "127.0.0.1", "192.0.2.9"]);
    }

    #[test]
    fn every_name_is_accepted_under_the_asterisk_and_nothing_that_is_no_name() {
        let hosts = hosts("0.0.0.0", None, Some("*"));
        assert_accepted(&hosts, &["hallpass", "a.example", "app.localhost", "192.0.2.7"], &["a b", "*", "a\"b", "a<b"]);
    }
}
