//! The route table: every endpoint of the server, by the modules that have them.

use actix_web::web::{self, ServiceConfig};

use super::api::{oauth, operations, rest_api, telesign, test_mode, twilio, well_known, zoom};
use super::http::endpoint::{Endpoint, Group, RoutePolicy, RouteTable};
use super::http::{cors, framework_errors};
use super::session::Sessions;
use super::site::{class, demo, docs, issuer, lab, manual, static_files, tutorials};
use crate::settings::CorsOrigins;

/// What every server answers, in the order of the API's description.
const GROUPS: &[Group] = &[
    Group {
        name: "demo",
        title: "The demo",
        says: "A token in a session cookie, in a browser.",
        is_tutorial: true,
        is_shared: false,
        rows: &[demo::ENDPOINTS],
    },
    Group {
        name: "twilio",
        title: "Access tokens",
        says: "What twilio's helper library makes, byte for byte.",
        is_tutorial: true,
        is_shared: false,
        rows: &[twilio::ENDPOINTS],
    },
    Group {
        name: "zoom",
        title: "API-key tokens and the bearer exchange",
        says: "A token of an API key, and what it is exchanged for.",
        is_tutorial: true,
        is_shared: false,
        rows: &[zoom::ENDPOINTS, oauth::token::ENDPOINTS, oauth::me::ENDPOINTS],
    },
    Group {
        name: "login",
        title: "The login page",
        says: "Where a client of this issuer sends the browser, so that a user logs in (OpenID Connect).",
        is_tutorial: false,
        is_shared: false,
        rows: &[issuer::ENDPOINTS],
    },
    Group {
        name: "rest-api",
        title: "The REST pair",
        says: "Log in for a token, then present it.",
        is_tutorial: true,
        is_shared: false,
        rows: &[rest_api::ENDPOINTS],
    },
    Group {
        name: "telesign",
        title: "Phone tokens",
        says: "Tokens for phone numbers, and the transactions behind them.",
        is_tutorial: true,
        is_shared: false,
        rows: &[telesign::ENDPOINTS],
    },
    Group {
        name: "issuer",
        title: "The OAuth issuer",
        says: "What clients and APIs find by discovery, beside POST /oauth/token.",
        is_tutorial: false,
        is_shared: false,
        rows: &[
            oauth::discovery::ENDPOINTS,
            oauth::userinfo::ENDPOINTS,
            oauth::introspection::ENDPOINTS,
            oauth::revocation::ENDPOINTS,
        ],
    },
    Group {
        name: "lab",
        title: "The lab",
        says: "Any token taken apart, judged or made; the lessons, and every attack.",
        is_tutorial: false,
        is_shared: false,
        rows: &[lab::ENDPOINTS],
    },
    Group {
        name: "site",
        title: "Keys, health and pages",
        says: "Public keys, what operators ask, and the pages that explain.",
        is_tutorial: false,
        is_shared: false,
        rows: &[
            well_known::ENDPOINTS,
            operations::ENDPOINTS,
            manual::ENDPOINTS,
            docs::ENDPOINTS,
            tutorials::ENDPOINTS,
            static_files::ENDPOINTS,
        ],
    },
];

/// What is there under `--test-mode` alone.
const TEST_GROUP: &Group = &Group {
    name: "test",
    title: "Test mode",
    says: "What a real issuer never has. Clock, keys and rate counters are shared by all who use this server.",
    is_tutorial: false,
    is_shared: true,
    rows: &[test_mode::ENDPOINTS],
};

/// The endpoints of a server.
pub(super) fn table(is_test_mode: bool, has_class: bool) -> RouteTable {
    let groups = GROUPS.iter().chain(is_test_mode.then_some(TEST_GROUP)).collect();
    let (own, closed) = if has_class { (class::ENDPOINTS, &[][..]) } else { (&[][..], class::ENDPOINTS) };
    RouteTable::new(groups, is_test_mode, own, closed)
}

/// Every address of a server without a class, with each method that is answered there.
pub fn addresses(is_test_mode: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    let endpoints: Vec<_> = table(is_test_mode, false).endpoints().collect();
    endpoints.into_iter().flat_map(|endpoint| {
        let names = endpoint.operations.iter().flat_map(|operation| operation.method.names());
        names.map(|name| (endpoint.path, *name))
    })
}

/// Hands the table to the framework, which tries one row after the other. At last comes `/{result}`, which takes every
/// name that no other row has. Before it comes the lab, which has the most rows. Within the rest, rows that are only
/// compared come before those with a parameter.
pub(super) fn route(table: &RouteTable, config: &mut ServiceConfig, sessions: &Sessions, cors_origins: &CorsOrigins) {
    let mut endpoints: Vec<&Endpoint> = table.endpoints().collect();
    endpoints.sort_by_key(|Endpoint { path, .. }| (path.starts_with("/lab"), path.contains('{')));
    let (last, endpoints): (Vec<_>, Vec<_>) = endpoints.into_iter().partition(|it| it.path.starts_with("/{"));
    for endpoint in endpoints {
        add(endpoint, config, sessions, cors_origins);
    }
    for endpoint in table.closed {
        config.service(web::resource(endpoint.path).to(framework_errors::no_class));
    }
    for endpoint in last {
        add(endpoint, config, sessions, cors_origins);
    }
}

fn add(endpoint: &Endpoint, config: &mut ServiceConfig, sessions: &Sessions, cors_origins: &CorsOrigins) {
    let resource = endpoint.resource();
    match endpoint.policy {
        RoutePolicy::Plain | RoutePolicy::Monitoring => config.service(resource),
        RoutePolicy::Session => config.service(resource.wrap(sessions.middleware())),
        RoutePolicy::EverySite => {
            config.service(resource.wrap(cors::middleware(&CorsOrigins::Any)).wrap(cors::allow_every_site()))
        }
        RoutePolicy::OtherSites => config.service(resource.wrap(cors::middleware(cors_origins))),
    };
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::web::http::endpoint::Access;

    #[test]
    fn every_address_has_one_row() {
        let table = table(true, true);
        let mut paths = HashSet::new();
        for endpoint in table.endpoints() {
            assert!(paths.insert(endpoint.path), "{} stands in the table twice", endpoint.path);
            assert!(table.find(Some(endpoint.path)).is_some_and(|found| std::ptr::eq(found, endpoint)));
        }
        assert!(table.find(Some("/nowhere")).is_none() && table.find(None).is_none());
    }

    #[test]
    fn an_operation_that_reads_the_session_stands_behind_its_middleware() {
        for endpoint in table(true, true).endpoints() {
            let described = endpoint.operations.iter().filter_map(|operation| operation.description.as_ref());
            let reads_session = described.into_iter().any(|it| matches!(it.access, Access::Session));
            assert!(!reads_session || endpoint.policy == RoutePolicy::Session, "{}", endpoint.path);
        }
    }
}
