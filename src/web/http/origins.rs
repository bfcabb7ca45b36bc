//! Which hosts and origins are this site, and the headers that keep its pages to themselves.

mod refusals;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::http::Uri;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use actix_web::web::Data;

use crate::settings::{CorsOrigins, PublicUrl};
use crate::web::http::cors::Scripts;
use crate::web::http::endpoint::{Endpoint, Guard, RouteTable};
use crate::web::http::extractor::{FromHead, extractor};
use crate::web::http::problem::Problem;

/// Whether this very server speaks TLS, and whether anybody but itself vouches for its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Transport {
    Plain,
    SelfSigned,
    Trusted,
}

/// What this site is called from outside.
pub(in crate::web) struct Origins {
    public: Option<PublicUrl>,
    transport: Transport,
    scheme: &'static str,
    /// Whether a name that means this very machine is accepted.
    local_names: bool,
    /// Whether any IP address is accepted: what is bound to every address has no name of its own.
    any_address: bool,
    served: String,
    /// Where a visitor who came by a wrong name gets on.
    reachable: String,
    /// The bound address, when it is one that others reach.
    address: Option<IpAddr>,
    /// The address that stands beside `localhost`.
    loopback: &'static str,
    /// Whether browsers are told to come by https alone from now on.
    sends_hsts: bool,
}

/// The address of a lesson that takes a form from any site, so that the lesson can show what comes of that. It does
/// nothing.
pub(in crate::web) const UNDEFENDED: &str = "/lab/lessons/cross-site-forms/undefended";

impl Origins {
    pub fn new(public: Option<&PublicUrl>, bound: SocketAddr, transport: Transport) -> Self {
        let ip = bound.ip();
        let https = transport != Transport::Plain || public.is_some_and(PublicUrl::is_https);
        let scheme = if https { "https" } else { "http" };
        let has_public_name = public.is_some_and(|url| !is_local_name(host_of(&url.authority())));
        Self {
            transport,
            scheme,
            local_names: ip.is_loopback() || (public.is_none() && ip.is_unspecified()),
            any_address: public.is_none() && ip.is_unspecified(),
            reachable: public.map_or_else(|| format!("{scheme}://{}", reachable(bound)), PublicUrl::origin),
            served: public.map_or_else(|| format!("{scheme}://{bound}"), PublicUrl::origin),
            address: (public.is_none() && !ip.is_unspecified()).then_some(ip),
            loopback: if ip.is_ipv6() && ip.is_loopback() { "[::1]" } else { "127.0.0.1" },
            // Only under a public name: on loopback it would lock every other local server out of http, and under a
            // self-signed certificate its visitors out of this one, for then no browser lets them go on.
            sends_hsts: https && transport != Transport::SelfSigned && has_public_name,
            public: public.cloned(),
        }
    }

    pub const fn is_https(&self) -> bool {
        matches!(self.scheme.as_bytes(), b"https")
    }

    /// The one URL that stands for this site: issuer and audience of its tokens, and what its pages tell to call.
    pub fn issuer(&self) -> &str {
        &self.served
    }

    /// The origin at which this request reached the server, so that its sender can reach more there. A proxy that speaks
    /// TLS for this server is reached at the public URL.
    pub fn reached_at(&self, head: &RequestHead) -> String {
        let Some(host) = authority(head).ok().flatten() else { return self.served.clone() };
        match (self.transport, self.public_by_name(&host).filter(|url| url.is_https())) {
            (Transport::Plain, Some(public)) => public.origin(),
            (Transport::Plain, None) => format!("http://{host}"),
            (Transport::SelfSigned | Transport::Trusted, _) => format!("https://{host}"),
        }
    }

    /// Why a request to this endpoint is not meant for this site, or not sent by it.
    pub fn refusal(&self, head: &RequestHead, endpoint: Option<&Endpoint>, scripts: Scripts) -> Option<Problem> {
        let Ok(host) = authority(head) else { return Some(self.unclear_host(head)) };
        if let Some(host) = &host
            && !self.answers_to(host)
            && !answers_monitoring(endpoint, host)
        {
            return Some(self.wrong_host(host));
        }
        let undefended = endpoint.and_then(|endpoint| endpoint.undefended);
        let is_guarded = !head.method.is_safe() && undefended != Some(head.uri.path());
        if is_guarded { self.refusal_of_foreign_page(head, scripts) } else { None }
    }

    /// Why a GET that changes something is not carried out: another site's page made the browser send it, as an image
    /// or a link of its own does. Programs send nothing that says so.
    pub fn refusal_of_foreign_page(&self, head: &RequestHead, scripts: Scripts) -> Option<Problem> {
        let host = authority(head).ok().flatten();
        let is_foreign = scripts != Scripts::Admitted && !self.sent_by_this_site(&head.headers, host.as_deref());
        is_foreign.then(|| self.cross_site(&head.headers, host.as_deref(), scripts))
    }

    /// This machine under the other of its two names, which to a browser is another site: the origin of it. Nothing
    /// where only one name is served.
    pub fn other_site(&self, head: &RequestHead) -> Option<String> {
        let authority = authority(head).ok().flatten()?;
        let host = host_of(&authority);
        let port = &authority[host.len()..];
        let other = match host {
            "localhost" => self.loopback,
            "127.0.0.1" | "[::1]" => "localhost",
            _ => return None,
        };
        let is_served_here = self.transport != Transport::Plain || !self.is_https();
        (self.local_names && is_served_here).then(|| format!("{}://{other}{port}", self.scheme))
    }

    fn answers_to(&self, authority: &str) -> bool {
        let host = host_of(authority);
        let is_public = || self.public.as_ref().is_some_and(|url| host_of(&url.authority()) == host);
        let is_own = |address| self.any_address || self.address == Some(address);
        (self.local_names && is_local_name(host)) || is_public() || address_in(host).is_some_and(is_own)
    }

    /// Fetch Metadata first, `Origin` for browsers and proxies without it; a client that sends neither is no browser.
    fn sent_by_this_site(&self, headers: &HeaderMap, host: Option<&str>) -> bool {
        let mut sites = headers.get_all("sec-fetch-site");
        sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
            && headers.get_all(header::ORIGIN).all(|origin| self.is_own_origin(origin, host))
    }

    fn is_own_origin(&self, origin: &HeaderValue, host: Option<&str>) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        host.is_some_and(|host| match self.public_by_name(host) {
            Some(url) => origin == url.origin(),
            None => origin.eq_ignore_ascii_case(&self.own_origin(host)),
        })
    }

    /// The public URL, where the request names its host.
    fn public_by_name(&self, host: &str) -> Option<&PublicUrl> {
        self.public.as_ref().filter(|url| host_of(host) == host_of(&url.authority()))
    }

    /// What a browser that names this host sends as the `Origin` of this site's own forms.
    fn own_origin(&self, host: &str) -> String {
        self.public_by_name(host).map_or_else(|| format!("{}://{host}", self.scheme), PublicUrl::origin)
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

/// The address under which this machine itself reaches a server that is bound to `bound`.
fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), bound.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), bound.port()),
        _ => bound,
    }
}

/// The request names two hosts, or one that cannot be read.
struct UnclearHost;

/// The host that the request names, with its port: `Host`, or the address of the request line when that has one.
fn authority(head: &RequestHead) -> Result<Option<String>, UnclearHost> {
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
/// whole, and so is nobody's name.
fn host_of(authority: &str) -> &str {
    let name = authority.rfind(']').unwrap_or_default();
    let end = authority[name..].find(':').map_or(authority.len(), |colon| name + colon);
    let (host, port) = authority.split_at(end);
    let is_port = port.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    if is_port { host } else { authority }
}

/// The IP address that a host is, an IPv6 one in brackets.
fn address_in(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// Whether the request names the visitor's own machine, so that it never left it.
pub(in crate::web) fn is_on_loopback(head: &RequestHead) -> bool {
    authority(head).ok().flatten().is_some_and(|authority| is_local_name(host_of(&authority)))
}

/// An IP address or `localhost` in `Host` cannot come from DNS rebinding, which needs a name of the attacker's.
fn answers_monitoring(endpoint: Option<&Endpoint>, authority: &str) -> bool {
    let host = host_of(authority);
    let is_operational = endpoint.is_some_and(|endpoint| endpoint.guard == Guard::Operational);
    is_operational && (address_in(host).is_some() || is_local_name(host))
}

fn is_local_name(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// The policy of a page whose forms lead to another site; everything else stays as strict as elsewhere. `sources` are
/// those of the policy's `form-action`.
pub(in crate::web) fn policy_with_forms_to(sources: &str) -> String {
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action {sources}"))
}

/// Sets what every answer carries. Only an answer that says otherwise may be stored; a page that brings its own policy
/// for forms, referrers or openers keeps it.
pub(in crate::web) fn set_headers(headers: &mut HeaderMap, origins: &Origins) {
    let defaults = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::PERMISSIONS_POLICY, PERMISSIONS_POLICY);
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if origins.sends_hsts {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
