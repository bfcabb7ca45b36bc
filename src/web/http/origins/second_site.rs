//! A second site for the lessons that need two: another origin that leads to this same server.
//!
//! Nothing on it is trusted more than a page of any other site. A form that it sends to the first origin is refused
//! like every foreign one, except at the few addresses of lessons that take any form.

use actix_web::dev::RequestHead;

use super::authority::{address_in, authority, host_of};
use super::{Origins, Transport};
use crate::settings::PublicUrl;

/// Two hosts of one site that browsers lead to this machine (RFC 6761 §6.3): a portal, and its neighbour.
pub(in crate::web) const SCHOOL: [&str; 2] = ["grades.school.localhost", "clubs.school.localhost"];

/// Labels before the country in many public suffixes, such as `co.uk`.
const BEFORE_COUNTRY: [&str; 7] = ["ac", "co", "com", "edu", "gov", "net", "org"];

impl Origins {
    /// The other origin of this server for the lessons that need two sites: the one of the settings, or on loopback the
    /// other of `localhost` and the loopback address. `None` if there is no other.
    pub fn other_site(&self, head: &RequestHead) -> Option<String> {
        let authority = authority(head).ok().flatten()?;
        match &self.second {
            Some(second) if self.is_second(second, &authority) => Some(self.public_origin().to_owned()),
            Some(second) => Some(second.origin()),
            None => self.other_local_name(&authority),
        }
    }

    /// Whether the other origin probably belongs to the same site, so that browsers make no difference between the two.
    pub fn other_is_same_site(&self, head: &RequestHead) -> bool {
        let here = authority(head).ok().flatten();
        let (Some(here), Some(other)) = (here, self.other_site(head).and_then(|other| PublicUrl::parse(&other))) else {
            return false;
        };
        site_of(host_of(&here)) == site_of(other.host())
    }

    /// Whether the browser that sent this request has no second site.
    pub fn has_no_second_site(&self, head: &RequestHead) -> bool {
        self.other_site(head).is_none() || self.other_is_same_site(head)
    }

    /// Whether pupils at other computers have no second site. At this one, the two names of this machine are two sites.
    pub fn lack_second_site(&self, head: &RequestHead) -> bool {
        !self.are_for_this_machine() && (self.second.is_none() || self.other_is_same_site(head))
    }

    /// Two origins of one site on this machine, with the port at which this request came: a portal, and its neighbour.
    /// `None` if the request did not come over loopback.
    pub fn school(&self, head: &RequestHead) -> Option<[String; 2]> {
        let authority = authority(head).ok().flatten()?;
        let host = host_of(&authority);
        let is_local = super::is_local_name(host) || host.ends_with(".localhost");
        let is_served = self.hosts.accept(SCHOOL[0]) && (self.transport != Transport::Plain || !self.is_https());
        let port = &authority[host.len()..];
        (is_local && is_served).then(|| SCHOOL.map(|name| format!("{}://{name}{port}", self.scheme)))
    }

    /// The origin of this machine under its other name, `localhost` or the loopback address, which is another site to a
    /// browser.
    fn other_local_name(&self, authority: &str) -> Option<String> {
        let host = host_of(authority);
        let port = &authority[host.len()..];
        let other = match host {
            "localhost" => self.loopback,
            "127.0.0.1" | "[::1]" => "localhost",
            _ => return None,
        };
        let is_served_here = self.transport != Transport::Plain || !self.is_https();
        (self.hosts.have_local_names() && is_served_here).then(|| format!("{}://{other}{port}", self.scheme))
    }

    /// Whether a request that names this host came to the second origin. A proxy may leave out the port, which then
    /// tells nothing.
    fn is_second(&self, second: &PublicUrl, authority: &str) -> bool {
        let first = PublicUrl::parse(self.public_origin());
        let shares_host = first.is_some_and(|first| first.host() == second.host());
        host_of(authority) == second.host() && (!shares_host || authority == second.authority())
    }
}

/// The site of a host, as well as it can be known without the list of public suffixes: the last two labels of its name,
/// or three where the suffix has two.
fn site_of(host: &str) -> &str {
    if address_in(host).is_some() {
        return host;
    }
    let labels: Vec<&str> = host.rsplit('.').collect();
    let suffix = match labels[..] {
        [country, before, ..] if country.len() == 2 && BEFORE_COUNTRY.contains(&before) => 2,
        _ => 1,
    };
    let others: usize = labels.iter().skip(suffix + 1).map(|label| label.len() + 1).sum();
    &host[others..]
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    use super::super::tests::origins;
    use super::*;

    fn request(host: &str) -> actix_web::HttpRequest {
        TestRequest::get().insert_header((header::HOST, host)).to_http_request()
    }

    #[test]
    fn the_two_origins_of_the_settings_are_each_other_s_other_site() {
        let settings = [("public-url", "https://portal.example"), ("second-origin", "https://forms.example:8443")];
        let origins = origins("127.0.0.1:5000", Transport::Plain, &settings);
        for (host, other) in [
            ("portal.example", "https://forms.example:8443"),
            ("forms.example:8443", "https://portal.example"),
            ("forms.example", "https://portal.example"),
            ("127.0.0.1:5000", "https://forms.example:8443"),
        ] {
            assert_eq!(origins.other_site(request(host).head()).as_deref(), Some(other), "{host}");
            assert!(!origins.other_is_same_site(request(host).head()), "{host}");
        }
    }

    #[test]
    fn two_ports_of_one_host_are_two_origins_of_one_site() {
        let settings = [("public-url", "https://portal.example"), ("second-origin", "https://portal.example:8443")];
        let origins = origins("127.0.0.1:5000", Transport::Plain, &settings);
        for (host, other) in
            [("portal.example", "https://portal.example:8443"), ("portal.example:8443", "https://portal.example")]
        {
            assert_eq!(origins.other_site(request(host).head()).as_deref(), Some(other), "{host}");
            assert!(origins.other_is_same_site(request(host).head()), "{host}");
        }
    }

    #[test]
    fn without_the_setting_the_other_site_is_this_machine_s_other_name_and_a_public_host_has_none() {
        let local = origins("127.0.0.1:5000", Transport::SelfSigned, &[]);
        assert_eq!(local.other_site(request("localhost:5000").head()).unwrap(), "https://127.0.0.1:5000");
        assert_eq!(local.school(request("[::1]:5000").head()).unwrap()[1], "https://clubs.school.localhost:5000");
        let public = origins("127.0.0.1:5000", Transport::Plain, &[("public-url", "https://portal.example")]);
        assert_eq!(public.other_site(request("portal.example").head()), None);
        assert_eq!(public.school(request("portal.example").head()), None);
        let every = origins("0.0.0.0:5000", Transport::Plain, &[("credentials", "any")]);
        assert_eq!(every.school(request("localhost:5000").head()), None, "it accepts no name below localhost");
    }

    #[test]
    fn hosts_of_one_registered_name_are_one_site() {
        for (a, b, are_one) in [
            ("portal.school.example", "clubs.school.example", true),
            ("school.example", "clubs.school.example", true),
            ("portal.example", "forms.example", false),
            ("portal.co.uk", "forms.co.uk", false),
            ("a.portal.co.uk", "portal.co.uk", true),
            ("localhost", "127.0.0.1", false),
            ("portal.localhost", "localhost", false),
            ("grades.school.localhost", "clubs.school.localhost", true),
            ("192.0.2.7", "198.51.2.7", false),
        ] {
            assert_eq!(site_of(a) == site_of(b), are_one, "{a} {b}");
        }
    }
}
