//! Which hosts and origins are this site, and which origin issues its tokens.

mod authority;
mod headers;
mod hosts;
mod refusals;
mod second_site;

use std::borrow::Cow;
use std::net::SocketAddr;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use url::Url;

use crate::settings::{CorsOrigins, Options, PublicUrl};
use crate::web::http::cors::Scripts;
use crate::web::http::endpoint::{Endpoint, RoutePolicy, RouteTable};
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;
pub(in crate::web) use authority::is_on_loopback;
use authority::{address_in, authority, host_of, is_local_name, origin};
pub(in crate::web) use headers::{RequestOrigin, policy_with_forms_to, set_headers};
use hosts::AcceptedHosts;
pub(in crate::web) use second_site::SCHOOL;

/// Whether this very server speaks TLS, and whether its certificate is self-signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Transport {
    Plain,
    SelfSigned,
    Trusted,
}

/// What this site is called from outside.
pub(in crate::web) struct Origins {
    public: Option<PublicUrl>,
    /// Another origin that leads here, for the lessons that need two sites.
    second: Option<PublicUrl>,
    transport: Transport,
    /// What browsers use: https, if TLS ends here or in front of this server.
    scheme: &'static str,
    hosts: AcceptedHosts,
    /// The address served, under `localhost` if it is every address.
    served: String,
    /// The public URL, or else the address served.
    public_origin: String,
    /// Whether the issuer is the origin that a request came to.
    issuer_from_host: bool,
    /// The address that means the same as `localhost`.
    loopback: &'static str,
    /// Whether responses tell browsers to use https only (HSTS).
    sends_hsts: bool,
}

/// The address of a lesson that takes a form from any site, so that the lesson can show what happens. It
/// changes nothing.
pub(in crate::web) const WITHOUT_ORIGIN_CHECK: &str = "/lab/lessons/cross-site-forms/undefended";

impl Origins {
    pub fn new(options: &Options, bound: SocketAddr, transport: Transport) -> Self {
        let ip = bound.ip();
        let public = options.public_url.as_ref().map(|url| url.bound_to(bound.port()));
        let second = options.second_origin.as_ref().map(|url| url.bound_to(bound.port()));
        let https = transport != Transport::Plain || public.as_ref().is_some_and(PublicUrl::is_https);
        let has_public_name = public.as_ref().is_some_and(|url| !is_local_name(host_of(&url.authority())));
        let served = served(bound, transport);
        Self {
            transport,
            scheme: if https { "https" } else { "http" },
            hosts: AcceptedHosts::new([public.as_ref(), second.as_ref()], ip, options.allowed_hosts.clone()),
            public_origin: public.as_ref().map_or_else(|| served.clone(), PublicUrl::origin),
            served,
            issuer_from_host: options.issuer_from_host,
            loopback: if ip.is_ipv6() && ip.is_loopback() { "[::1]" } else { "127.0.0.1" },
            // Only under a public name: on loopback it would lock every other local server out of http, and under a
            // self-signed certificate its visitors out of this one, for then no browser lets them go on.
            sends_hsts: https && transport != Transport::SelfSigned && has_public_name,
            public,
            second,
        }
    }

    pub const fn is_https(&self) -> bool {
        matches!(self.scheme.as_bytes(), b"https")
    }

    /// The issuer of the tokens of this request, and their audience.
    pub fn issuer(&self, head: &RequestHead) -> Cow<'_, str> {
        if self.issuer_from_host { self.reached_at(head).into() } else { self.public_origin().into() }
    }

    /// The issuer that is said at the start, before there is a request.
    pub fn announced_issuer(&self) -> &str {
        if self.issuer_from_host { &self.served } else { self.public_origin() }
    }

    /// The one URL that stands for this site, whichever host a request names: what its pages tell to call.
    pub fn public_origin(&self) -> &str {
        &self.public_origin
    }

    /// Whether that URL stands for every address of this machine: the server cannot know by which one others reach it.
    pub fn stands_for_every_address(&self) -> bool {
        PublicUrl::parse(&self.public_origin).is_some_and(|url| url.host() == "localhost")
    }

    /// The origin at which this request reached the server, so that its sender can reach more there. A proxy that
    /// speaks TLS for this server is reached at the public URL.
    pub fn reached_at(&self, head: &RequestHead) -> String {
        let Some(host) = authority(head).ok().flatten() else { return self.served.clone() };
        match (self.transport, self.public_by_name(&host).filter(|url| url.is_https())) {
            (Transport::Plain, Some(public)) => public.origin(),
            (Transport::Plain, None) => origin("http", &host),
            (Transport::SelfSigned | Transport::Trusted, _) => origin("https", &host),
        }
    }

    /// The origin that the sender of this request can give to others: the public URL, or else the one at which they
    /// reached the server themselves.
    pub fn for_others(&self, head: &RequestHead) -> String {
        match &self.public {
            Some(public) if !public.is_local() => public.origin(),
            _ => self.reached_at(head),
        }
    }

    /// The https address of this server that has this authority, if it answers to that host.
    pub fn with_tls(&self, authority: &str) -> Option<String> {
        self.hosts.accept(host_of(authority)).then(|| format!("https://{authority}"))
    }

    /// Why a request to this endpoint is not meant for this site, or not sent by it.
    pub fn refusal(&self, head: &RequestHead, endpoint: Option<&Endpoint>, scripts: Scripts) -> Option<Problem> {
        let Ok(host) = authority(head) else { return Some(self.unclear_host(head)) };
        if let Some(host) = &host
            && !self.hosts.accept(host_of(host))
            && !answers_monitoring(endpoint, host)
        {
            return Some(self.wrong_host(host));
        }
        let is_unchecked = endpoint.is_some_and(|endpoint| endpoint.without_origin_check.contains(&head.uri.path()));
        let checks_origin = !head.method.is_safe() && !is_unchecked;
        if checks_origin { self.refusal_of_foreign_page(head, scripts) } else { None }
    }

    /// Why a GET that changes something is not carried out: another site's page made the browser send it, as an image
    /// or a link of its own does. Programs send nothing that says so.
    pub fn refusal_of_foreign_page(&self, head: &RequestHead, scripts: Scripts) -> Option<Problem> {
        let host = authority(head).ok().flatten();
        let is_foreign = scripts != Scripts::Admitted && !self.sent_by_this_site(head, host.as_deref());
        is_foreign.then(|| self.cross_site(&head.headers, host.as_deref(), scripts))
    }

    /// Whether only programs of this machine reach this server: it is bound to loopback, and no public URL and no
    /// allowed host says that a proxy brings others here.
    pub fn are_for_this_machine(&self) -> bool {
        self.hosts.are_loopback_alone() && self.public.as_ref().is_none_or(PublicUrl::is_local)
    }

    /// Fetch Metadata first, `Origin` for browsers and proxies without it; a client that sends neither is no browser.
    /// Of an image of another site that is loaded over plain http, browsers say no more than `Referer`.
    fn sent_by_this_site(&self, head: &RequestHead, host: Option<&str>) -> bool {
        let headers = &head.headers;
        let mut sites = headers.get_all("sec-fetch-site");
        let is_said =
            !head.method.is_safe() || headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
        sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
            && headers.get_all(header::ORIGIN).all(|origin| self.is_own_origin(origin, host))
            && (is_said || headers.get_all(header::REFERER).all(|page| self.is_own_page(page, host)))
    }

    fn is_own_page(&self, page: &HeaderValue, host: Option<&str>) -> bool {
        let url = page.to_str().ok().and_then(|page| Url::parse(page).ok());
        let origin = url.and_then(|url| HeaderValue::from_str(&url.origin().ascii_serialization()).ok());
        origin.is_some_and(|origin| self.is_own_origin(&origin, host))
    }

    fn is_own_origin(&self, origin: &HeaderValue, host: Option<&str>) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        host.is_some_and(|host| self.own_origins(host).iter().any(|own| origin.eq_ignore_ascii_case(own)))
    }

    /// The public URL, where the request names its host.
    fn public_by_name(&self, host: &str) -> Option<&PublicUrl> {
        self.public.as_ref().filter(|url| host_of(host) == host_of(&url.authority()))
    }

    /// What a browser may send as the `Origin` of this site's own forms if its request names this host. A proxy may
    /// leave out the port of the public URL. With another port the browser came here directly.
    fn own_origins(&self, host: &str) -> Vec<String> {
        let Some(public) = self.public_by_name(host) else { return self.direct_origins(host) };
        let has_port = host_of(host).len() < host.len();
        if !has_port || self.direct_origins(host).contains(&public.origin()) {
            return vec![public.origin()];
        }
        [public.origin()].into_iter().chain(self.direct_origins(host)).collect()
    }

    /// The origins that this host has beside the public URL. Where a proxy speaks TLS, a browser that names another
    /// host may have come through it or around it.
    fn direct_origins(&self, host: &str) -> Vec<String> {
        let schemes: &[&str] = match (self.transport, self.is_https()) {
            (Transport::Plain, true) => &["http", "https"],
            _ => &[self.scheme],
        };
        schemes.iter().map(|scheme| origin(scheme, host)).collect()
    }
}

/// Proof that no page of another site made the browser send this request, for a GET that changes something.
pub(in crate::web) struct NoForeignPage;

impl FromHead for NoForeignPage {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let (table, allowed) = (Data::<RouteTable>::from_head(request)?, Data::<CorsOrigins>::from_head(request)?);
        let scripts = Scripts::of(&allowed, request.headers(), table.of(request));
        match Data::<Origins>::from_head(request)?.refusal_of_foreign_page(request.head(), scripts) {
            Some(problem) => Err(problem),
            None => Ok(Self),
        }
    }
}

extractor!(NoForeignPage);

/// The issuer of the tokens of one request: `iss` of the tokens that it issues, and the `iss` that presented tokens
/// must have.
#[derive(Clone)]
pub(in crate::web) struct RequestIssuer(String);

impl RequestIssuer {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromHead for RequestIssuer {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let origins = Data::<Origins>::from_head(request)?;
        Ok(Self(origins.issuer(request.head()).into_owned()))
    }
}

extractor!(RequestIssuer);

/// The origin at which a request reached this server.
#[derive(Clone)]
pub(in crate::web) struct ReachedAt(String);

impl ReachedAt {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromHead for ReachedAt {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self(Data::<Origins>::from_head(request)?.reached_at(request.head())))
    }
}

extractor!(ReachedAt);

/// The address served. If it is every address, this machine is its only name that is known.
fn served(bound: SocketAddr, transport: Transport) -> String {
    let scheme = if transport == Transport::Plain { "http" } else { "https" };
    if bound.ip().is_unspecified() {
        origin(scheme, &format!("localhost:{}", bound.port()))
    } else {
        origin(scheme, &bound.to_string())
    }
}

/// An IP address or `localhost` in `Host` cannot come from DNS rebinding, which needs a name of the attacker's.
fn answers_monitoring(endpoint: Option<&Endpoint>, authority: &str) -> bool {
    let host = host_of(authority);
    let is_operational = endpoint.is_some_and(|endpoint| endpoint.policy == RoutePolicy::Monitoring);
    is_operational && (address_in(host).is_some() || is_local_name(host))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::settings::{Environment, Flags, Settings};

    pub(super) fn origins(bound: &str, transport: Transport, settings: &[(&str, &str)]) -> Origins {
        let given = |flags: Flags, (flag, value): &(&str, &str)| flags.with(flag, Some((*value).to_owned()));
        let flags = settings.iter().fold(Flags::default(), given);
        let settings = Settings::resolve(&flags, &Environment::default()).unwrap();
        Origins::new(&settings.options, bound.parse().unwrap(), transport)
    }

    /// The issuer of a request to this host, and the origin that it came to.
    fn at(origins: &Origins, host: &str) -> (String, String) {
        let request = TestRequest::get().insert_header((header::HOST, host)).to_http_request();
        (origins.issuer(request.head()).into_owned(), origins.reached_at(request.head()))
    }

    #[test]
    fn without_a_public_url_the_issuer_is_the_address_served_and_localhost_stands_for_every_address() {
        for (bound, transport, issuer) in [
            ("127.0.0.1:5000", Transport::Plain, "http://127.0.0.1:5000"),
            ("[::1]:5000", Transport::SelfSigned, "https://[::1]:5000"),
            ("192.0.2.7:5000", Transport::Plain, "http://192.0.2.7:5000"),
            ("0.0.0.0:5000", Transport::Plain, "http://localhost:5000"),
            ("[::]:5000", Transport::Trusted, "https://localhost:5000"),
        ] {
            let origins = origins(bound, transport, &[]);
            assert_eq!((origins.announced_issuer(), origins.public_origin()), (issuer, issuer));
            assert_eq!(at(&origins, "localhost:1").0, issuer);
        }
    }

    #[test]
    fn a_request_is_reached_at_its_host_and_under_the_public_https_name_at_the_proxy() {
        let direct = origins("127.0.0.1:5000", Transport::Plain, &[("public-url", "http://localhost:0")]);
        let issuer = "http://localhost:5000".to_owned();
        assert_eq!(at(&direct, "Hallpass:49152"), (issuer.clone(), "http://hallpass:49152".to_owned()));
        assert_eq!(at(&direct, "localhost:80"), (issuer, "http://localhost".to_owned()));
        let proxied = origins("127.0.0.1:5000", Transport::Plain, &[("public-url", "https://demo.example")]);
        assert_eq!(at(&proxied, "demo.example").1, "https://demo.example");
        assert_eq!(at(&proxied, "127.0.0.1:5000").1, "http://127.0.0.1:5000");
        let own = origins("127.0.0.1:5000", Transport::Trusted, &[]);
        assert_eq!(at(&own, "localhost:8443").1, "https://localhost:8443");
    }

    #[test]
    fn others_are_given_the_public_url_or_the_address_at_which_the_server_was_reached() {
        let given = |settings: &[(&str, &str)], host: &str| {
            let request = TestRequest::get().insert_header((header::HOST, host)).to_http_request();
            origins("0.0.0.0:5000", Transport::Plain, settings).for_others(request.head())
        };
        let credentials = ("credentials", "any");
        assert_eq!(given(&[credentials], "192.168.1.20:5000"), "http://192.168.1.20:5000");
        assert_eq!(given(&[credentials], "localhost:5000"), "http://localhost:5000");
        let public = [credentials, ("public-url", "https://school.example")];
        assert_eq!(given(&public, "127.0.0.1:5000"), "https://school.example");
    }

    #[test]
    fn with_issuer_from_host_the_issuer_is_the_origin_that_a_request_came_to() {
        let settings = [("issuer-from-host", "true"), ("test-mode", "on")];
        let origins = origins("127.0.0.1:5000", Transport::Plain, &settings);
        assert_eq!(at(&origins, "localhost:49152").0, "http://localhost:49152");
        assert_eq!(origins.announced_issuer(), "http://127.0.0.1:5000");
    }
}
