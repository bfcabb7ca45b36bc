//! What is said to a request that is not meant for this site or not sent by it: what came, what is accepted, and which
//! setting changes that.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};

use super::Origins;
use crate::code::Code;
use crate::web::http::cors::Scripts;
use crate::web::http::problem::{Problem, quoted};

impl Origins {
    pub(super) fn wrong_host(&self, host: &str) -> Problem {
        self.misdirected(&format!("The request names the host {}", quoted(host)))
    }

    pub(super) fn unclear_host(&self, head: &RequestHead) -> Problem {
        let in_line = head.uri.authority().map(|authority| quoted(authority.as_str()));
        let named = head.headers.get_all(header::HOST).map(|host| quoted(&String::from_utf8_lossy(host.as_bytes())));
        let named: Vec<String> = in_line.into_iter().chain(named).take(3).collect();
        self.misdirected(&format!("The request must name one readable host, but it names {}", named.join(" and ")))
    }

    fn misdirected(&self, came: &str) -> Problem {
        let message = format!(
            "{came}, but this server answers only to {}. `--public-url` sets the address that browsers use.",
            self.accepted_hosts()
        );
        Problem::new(StatusCode::MISDIRECTED_REQUEST, Code::WrongHost, message).leading_to(&self.reachable)
    }

    /// The hosts that are answered, in words. Their ports do not matter.
    fn accepted_hosts(&self) -> String {
        let public = self.public.as_ref().map(|url| super::host_of(&url.authority()).to_owned());
        let any = self.any_address.then(|| "any IP address".to_owned());
        let local = match (self.local_names, self.any_address) {
            (true, true) => vec!["localhost"],
            (true, false) => vec!["127.0.0.1", "[::1]", "localhost"],
            _ => Vec::new(),
        };
        let own = self.address.map(as_host);
        let mut hosts: Vec<String> = public.into_iter().chain(any).collect();
        for host in local.into_iter().map(str::to_owned).chain(own) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        listed(&hosts)
    }

    /// A browser says that the page of another site made it send this.
    pub(super) fn cross_site(&self, headers: &HeaderMap, host: Option<&str>, scripts: Scripts) -> Problem {
        let origin = headers.get_all(header::ORIGIN).find(|origin| !self.is_own_origin(origin, host));
        let came = match (origin, headers.get("sec-fetch-site")) {
            (Some(origin), _) => quoted(&String::from_utf8_lossy(origin.as_bytes())),
            (None, Some(site)) => {
                format!("another origin (Sec-Fetch-Site: {})", quoted(&String::from_utf8_lossy(site.as_bytes())))
            }
            (None, None) => "another origin".to_owned(),
        };
        let own = host.map_or_else(|| self.served.clone(), |host| self.own_origin(host));
        let further = match scripts {
            Scripts::OfThisSite => "",
            _ => "; `--cors-origin` names other sites whose scripts may call this address",
        };
        let message = format!(
            "A page of {came} sent this request. Only a page of {own} may send it, so nothing was done. `--public-url` \
             sets the address that browsers use{further}."
        );
        Problem::new(StatusCode::FORBIDDEN, Code::CrossSite, message)
    }
}

/// An address as `Host` names it.
fn as_host(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

/// `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
