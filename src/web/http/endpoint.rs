//! The values that the route table is made of.
//!
//! A row says what an address answers, who may call it and what it is for. The router, the checks of origins, the
//! OpenAPI document, `/docs/api`, `robots.txt` and the tests all read the rows, so that they cannot differ. A row is
//! beside its handler; the list of all of them is `web::routes`.

pub(in crate::web) mod common;
mod description;

use std::collections::HashMap;

use actix_web::web::{self, PayloadConfig};
use actix_web::{HttpRequest, Resource, Route};

pub(in crate::web) use description::{Access, Answer, Body, Content, Description, Kind, Parameter, Place};

/// A row of the route table: an address, and what is answered there.
pub(in crate::web) struct Endpoint {
    /// The pattern of the address, which log and metrics call it by.
    pub path: &'static str,
    /// Further addresses that answer the same, which somebody may type. They are not described.
    aliases: &'static [&'static str],
    pub policy: RoutePolicy,
    /// In the order in which they are described.
    pub operations: &'static [Operation],
    /// The addresses of this pattern that take a form from a page of any site.
    pub without_origin_check: &'static [&'static str],
    /// Whether scripts of the sites in `--cors-origin` may call it with the credentials mode `include`, as some client
    /// libraries do. It must read no cookie.
    pub allows_credentials: bool,
    /// Whether robots are asked to leave it alone.
    pub is_kept_from_robots: bool,
    /// The largest body that is read, in bytes, where it is another than elsewhere.
    largest_body: Option<usize>,
}

/// What runs around a handler, besides the request pipeline that every request passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum RoutePolicy {
    Plain,
    /// The middleware that decrypts and encrypts the session cookie.
    Session,
    /// CORS: scripts of the sites in `--cors-origin` may call it. It must read no cookie.
    OtherSites,
    /// CORS: scripts of every site may read it. The answer is the same for everyone.
    EverySite,
    /// Monitoring asks it at the process's own address, whatever the public URL is.
    Monitoring,
}

/// One method at an address.
pub(in crate::web) struct Operation {
    pub method: Method,
    /// Gives the route its handler.
    handler: fn(Route) -> Route,
    /// `None` if only this site's own pages use it.
    pub description: Option<Description>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web) enum Method {
    /// GET, and HEAD with the same head.
    Get,
    /// GET alone: a HEAD would do the work for a response that nobody receives.
    GetOnly,
    Post,
    Put,
    Delete,
}

impl Endpoint {
    pub const fn new(path: &'static str, policy: RoutePolicy, operations: &'static [Operation]) -> Self {
        let (without_origin_check, is_kept_from_robots, largest_body) = (&[] as &[&str], false, None);
        Self {
            path,
            aliases: &[],
            policy,
            operations,
            without_origin_check,
            allows_credentials: false,
            is_kept_from_robots,
            largest_body,
        }
    }

    pub const fn also_at(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    pub const fn without_origin_check_at(self, addresses: &'static [&'static str]) -> Self {
        Self { without_origin_check: addresses, ..self }
    }

    pub fn has_parameter(&self) -> bool {
        self.path.contains('{')
    }

    /// Whether it takes every name that no other row has.
    pub fn is_last(&self) -> bool {
        self.path.starts_with("/{")
    }

    /// Whether this path is one of its pattern, in which each parameter stands for a whole segment.
    fn fits(&self, path: &str) -> bool {
        let (mut own, mut segments) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), segments.next()) {
                (None, None) => return true,
                (Some(own), Some(segment)) if own == segment || own.starts_with('{') && !segment.is_empty() => {}
                _ => return false,
            }
        }
    }

    /// Whether it takes a form from a page of any site, at its own address.
    pub fn skips_origin_check(&self) -> bool {
        self.without_origin_check.contains(&self.path)
    }

    pub const fn allowing_credentials(self) -> Self {
        Self { allows_credentials: true, ..self }
    }

    pub const fn kept_from_robots(self) -> Self {
        Self { is_kept_from_robots: true, ..self }
    }

    pub const fn reading_up_to(self, bytes: usize) -> Self {
        Self { largest_body: Some(bytes), ..self }
    }

    /// What the framework asks, without the policy. Whatever order describes it best, the reading methods come first
    /// here, and so in `Allow`.
    pub fn resource(&self) -> Resource {
        let mut operations: Vec<&Operation> = self.operations.iter().collect();
        operations.sort_by_key(|operation| operation.method);
        let routes = operations.into_iter().flat_map(Operation::routes);
        let patterns: Vec<&str> = std::iter::once(self.path).chain(self.aliases.iter().copied()).collect();
        let resource = routes.fold(web::resource(patterns).name(self.path), Resource::route);
        match self.largest_body {
            Some(bytes) => resource.app_data(PayloadConfig::new(bytes)),
            None => resource,
        }
    }
}

impl Operation {
    pub const fn get(handler: fn(Route) -> Route, description: Description) -> Self {
        Self { method: Method::Get, handler, description: Some(description) }
    }

    pub const fn get_only(handler: fn(Route) -> Route, description: Description) -> Self {
        Self { method: Method::GetOnly, handler, description: Some(description) }
    }

    pub const fn post(handler: fn(Route) -> Route, description: Description) -> Self {
        Self { method: Method::Post, handler, description: Some(description) }
    }

    pub const fn put(handler: fn(Route) -> Route, description: Description) -> Self {
        Self { method: Method::Put, handler, description: Some(description) }
    }

    pub const fn delete(handler: fn(Route) -> Route, description: Description) -> Self {
        Self { method: Method::Delete, handler, description: Some(description) }
    }

    pub const fn undocumented(method: Method, handler: fn(Route) -> Route) -> Self {
        Self { method, handler, description: None }
    }

    fn routes(&self) -> Vec<Route> {
        let bare = match self.method {
            Method::Get => vec![web::get(), web::head()],
            Method::GetOnly => vec![web::get()],
            Method::Post => vec![web::post()],
            Method::Put => vec![web::put()],
            Method::Delete => vec![web::delete()],
        };
        bare.into_iter().map(self.handler).collect()
    }
}

impl Method {
    /// The names of the HTTP methods that it answers.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Get => &["GET", "HEAD"],
            Self::GetOnly => &["GET"],
            Self::Post => &["POST"],
            Self::Put => &["PUT"],
            Self::Delete => &["DELETE"],
        }
    }
}

/// Endpoints that are described together: one tutorial, or the site itself.
pub(in crate::web) struct Group {
    pub name: &'static str,
    pub title: &'static str,
    pub says: &'static str,
    /// Whether `/tutorials/{name}` is its tutorial.
    pub is_tutorial: bool,
    /// Whether what it changes is shared by all who use the server.
    pub is_shared: bool,
    /// The rows of the modules that its handlers are in.
    pub rows: &'static [&'static [Endpoint]],
}

impl Group {
    pub fn endpoints(&self) -> impl Iterator<Item = &'static Endpoint> + use<> {
        self.rows.iter().copied().flatten()
    }
}

/// Every endpoint of a server.
pub(in crate::web) struct RouteTable {
    /// In the order in which they are described.
    pub groups: Vec<&'static Group>,
    /// Whether the endpoints of test mode are among them.
    pub has_test_mode: bool,
    /// Endpoints that only pages of this site use, and that are not described.
    own: &'static [Endpoint],
    /// Addresses of a class on a server that runs none: whoever asks, and however, is told that.
    pub closed: &'static [Endpoint],
    /// The rows by their addresses without a parameter. `None` for an address of a class on a server that runs none.
    by_path: HashMap<&'static str, Option<&'static Endpoint>>,
    /// The rows with a parameter, in the order in which the framework tries them.
    with_parameter: Vec<&'static Endpoint>,
}

impl RouteTable {
    pub fn new(
        groups: Vec<&'static Group>,
        has_test_mode: bool,
        own: &'static [Endpoint],
        closed: &'static [Endpoint],
    ) -> Self {
        let mut table =
            Self { groups, has_test_mode, own, closed, by_path: HashMap::new(), with_parameter: Vec::new() };
        let addresses = |it: &'static Endpoint| std::iter::once(it.path).chain(it.aliases.iter().copied());
        let open = table.endpoints().flat_map(|row| addresses(row).map(move |path| (path, Some(row))));
        table.by_path = open.chain(closed.iter().map(|row| (row.path, None))).collect();
        table.with_parameter = table.endpoints().filter(|row| row.has_parameter()).collect();
        table.with_parameter.sort_by_key(|row| row.is_last());
        table
    }

    pub fn endpoints(&self) -> impl Iterator<Item = &'static Endpoint> {
        self.groups.iter().flat_map(|group| group.endpoints()).chain(self.own)
    }

    /// The row that answers this request, as the framework finds it: by the path in which needless percent-encoding is
    /// undone. The framework would compare it with one regular expression after the other each time it is asked.
    pub fn of(&self, request: &HttpRequest) -> Option<&'static Endpoint> {
        self.at(request.match_info().as_str())
    }

    /// Whether a row answers at this path, beside the one that takes every name.
    pub fn has(&self, path: &str) -> bool {
        self.at(path).is_some_and(|row| !row.is_last())
    }

    fn at(&self, path: &str) -> Option<&'static Endpoint> {
        let with_parameter = || self.with_parameter.iter().copied().find(|row| row.fits(path));
        self.by_path.get(path).copied().unwrap_or_else(with_parameter)
    }
}
