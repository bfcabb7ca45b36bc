//! The HTTP server, its routes and its pages.
//!
//! The modules, each importing only those before it:
//!
//! - [`metrics`]: what is counted, for `GET /metrics`
//! - [`http`]: what happens to every request: connections, hosts and origins, bodies, problems
//! - [`session`]: the session cookie, the visitor behind it, and where sessions are stored
//! - [`view`]: what pages share
//! - [`site`]: the pages: demo, lab, the issuer's login, tutorials, the API's description
//! - [`api`]: the endpoints for programs
//! - [`routes`]: the one route table
//! - [`server`]: how the server is built, run, reloaded and ended

mod api;
mod http;
mod metrics;
mod routes;
mod server;
mod session;
mod site;
mod view;

pub use routes::addresses;
pub use server::{NO_USERS, Server, StartError, TlsError, TlsReport, check_tls, exposed};
