//! What the request pipeline needs for every request.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::web::Data;

use crate::clock::Clock;
use crate::limits::TrustedProxies;
use crate::settings::CorsOrigins;
use crate::web::api::test_mode::{self, InjectedFault, RequestInProgress, TestControls};
use crate::web::http::origins::Origins;
use crate::web::http::request_id::RequestIds;
use crate::web::http::shutdown_flag::ShutdownFlag;
use crate::web::metrics::Metrics;
use crate::web::session::Sessions;
use crate::web::view::assets::Assets;

/// One for the server; each worker has a reference to it.
pub(in crate::web) struct PipelineParts {
    pub assets: Data<Assets>,
    pub clock: Data<dyn Clock>,
    pub cors_origins: Data<CorsOrigins>,
    /// Above this many open connections, every response closes its connection.
    pub closes_beyond: usize,
    pub metrics: Data<Metrics>,
    pub origins: Data<Origins>,
    pub proxies: Data<TrustedProxies>,
    pub request_ids: RequestIds,
    pub sessions: Data<Sessions>,
    pub shutdown: Data<ShutdownFlag>,
    /// `None` without test mode.
    pub test_controls: Option<Data<TestControls>>,
}

impl PipelineParts {
    /// Whether responses should close their connections, so that idle ones do not use up the connection limit.
    pub(super) fn has_many_connections(&self) -> bool {
        self.metrics.connections_open() > self.closes_beyond
    }

    /// Notes a request down where a test may ask for it.
    pub(super) fn received(&self, request: &ServiceRequest) -> Option<RequestInProgress> {
        let controls = self.test_controls.as_ref()?;
        (!test_mode::is_own(request.path())).then(|| controls.received.note(request, self.clock.now()))
    }

    /// What a test asked to happen to this request. A preflight is the browser's own, and no request of the program.
    pub(super) fn fault(&self, request: &ServiceRequest) -> Option<InjectedFault> {
        let controls = self.test_controls.as_ref()?;
        let can_fail = !test_mode::is_own(request.path()) && *request.method() != Method::OPTIONS;
        if can_fail { controls.faults.take(request.path()) } else { None }
    }
}
