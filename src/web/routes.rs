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

/// The addresses that are tried first: those that are asked most, and cost little beside finding them.
const ASKED_MOST: [&str; 7] =
    ["/healthz", "/", "/validate", "/generate", "/token", "/.well-known/jwks.json", "/v1/token/{phone}"];

/// The beginnings of addresses that are tried last: pages, which cost far more than finding them.
const PAGES: [&str; 5] = ["/lab", "/class", "/docs", "/tutorials", "/static"];

/// Hands the table to the framework.
pub(super) fn route(table: &RouteTable, config: &mut ServiceConfig, sessions: &Sessions, cors_origins: &CorsOrigins) {
    let (last, rows): (Vec<_>, Vec<_>) = in_order(table).into_iter().partition(|row| row.is_last());
    for endpoint in rows {
        add(endpoint, config, sessions, cors_origins);
    }
    for endpoint in table.closed {
        config.service(web::resource(endpoint.path).to(framework_errors::no_class));
    }
    for endpoint in last {
        add(endpoint, config, sessions, cors_origins);
    }
}

/// The rows in the order in which the framework tries them, one after the other. After those that are asked most, rows
/// for programs come before those of pages, and rows that are only compared before those with a parameter. At last
/// comes `/{result}`, which takes every name that no other row has.
fn in_order(table: &RouteTable) -> Vec<&'static Endpoint> {
    let is_page = |row: &Endpoint| PAGES.iter().any(|beginning| row.path.starts_with(beginning));
    let mut rows: Vec<&Endpoint> = table.endpoints().collect();
    let place = |row: &Endpoint| ASKED_MOST.iter().position(|path| *path == row.path).unwrap_or(ASKED_MOST.len());
    rows.sort_by_key(|row| (row.is_last(), place(row), is_page(row), row.has_parameter()));
    rows
}

fn add(endpoint: &Endpoint, config: &mut ServiceConfig, sessions: &Sessions, cors_origins: &CorsOrigins) {
    let resource = if endpoint.is_last() {
        // It takes every name by GET. Another method is for something that the client believes to be there.
        endpoint.resource().default_service(web::to(framework_errors::not_found))
    } else {
        endpoint.resource()
    };
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

    use actix_web::App;
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;
    use crate::web::http::endpoint::Access;

    #[test]
    fn every_address_has_one_row() {
        let mut paths = HashSet::new();
        for endpoint in table(true, true).endpoints() {
            assert!(paths.insert(endpoint.path), "{} stands in the table twice", endpoint.path);
        }
    }

    #[test]
    fn each_address_that_is_asked_most_is_in_the_table() {
        let table = table(false, false);
        for path in ASKED_MOST {
            assert!(table.endpoints().any(|row| row.path == path), "{path}");
        }
    }

    #[actix_web::test]
    async fn the_table_finds_the_row_that_the_framework_finds() {
        for has_class in [false, true] {
            let table = table(true, has_class);
            let app = init_service(App::new().configure(|config| bare(&table, config))).await;
            for path in paths(&table) {
                // No row answers this method, so no handler runs.
                let request = TestRequest::with_uri(&path).method(Method::OPTIONS).to_request();
                let response = call_service(&app, request).await;
                let framework = response.request().match_name().unwrap_or_default();
                let found = table.of(response.request()).map_or("", |row| row.path);
                assert_eq!(found, framework, "{path}");
            }
        }
    }

    /// The rows as `route` hands them over, without their middleware.
    fn bare(table: &RouteTable, config: &mut ServiceConfig) {
        let (last, rows): (Vec<_>, Vec<_>) = in_order(table).into_iter().partition(|row| row.is_last());
        for row in rows {
            config.service(row.resource());
        }
        for row in table.closed {
            config.service(web::resource(row.path));
        }
        for row in last {
            config.service(row.resource());
        }
    }

    /// Each row's address with several values for its parameters, and addresses that are nearly those of a row.
    fn paths(table: &RouteTable) -> Vec<String> {
        let filled = |row: &Endpoint, value: &str| {
            let segments = row.path.split('/').map(|it| if it.starts_with('{') { value } else { it });
            segments.collect::<Vec<_>>().join("/")
        };
        let values = ["x", "lab", "x%2Fy", "%7Bx%7D", "%C3%A9", "a.b", ""];
        let rows = table.endpoints().chain(table.closed);
        let rows = rows.flat_map(|row| values.map(|value| filled(row, value)));
        let others = [
            "/lab/",
            "/lab/lessons",
            "/lab/lessons/",
            "/lab/teach/",
            "/class/",
            "/class/board/",
            "/a/b",
            "/docs/",
            // Percent-encoding that no path needs.
            "/%76alidate",
            "/%6Cab/lessons/none",
            "/v1/%74oken/15555551212",
            "/v1%2Ftoken/15555551212",
        ];
        let mut paths: Vec<_> = rows.chain(others.map(str::to_owned)).filter(|path| !path.is_empty()).collect();
        paths.extend(paths.clone().iter().map(|path| format!("{path}/")));
        paths
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
