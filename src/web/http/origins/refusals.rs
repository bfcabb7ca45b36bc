//! What is said to a request that is not meant for this site or not sent by it: what came, what is accepted, and which
//! setting changes that.

use actix_web::dev::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};

use super::Origins;
use crate::code::Code;
use crate::texts::wording::listed_with_and;
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
            "{came}, but this server answers only to {}. `--allowed-host` or `--public-url` adds one.",
            listed_with_and(&self.hosts.listed())
        );
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, Code::WrongHost, message);
        problem.headed("Wrong host").leading_to(self.public_origin())
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
        let own = host.and_then(|host| self.own_origins(host).into_iter().next());
        let own = own.as_deref().unwrap_or(self.public_origin());
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
