//! Builds the actix app; each worker has its own copy.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, Error};

use super::parts::ServerParts;
use super::request_pipeline;
use crate::web::http::body_limit::LARGEST_BODY;
use crate::web::http::framework_errors;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::routes;

/// What an [`App`] is made of, by a short name.
pub trait AppEntry:
    ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<<Self as AppEntry>::Body>,
        Error = Error,
        InitError = (),
    >
{
    type Body: MessageBody;
}

impl<S, B> AppEntry for S
where
    S: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>,
    B: MessageBody,
{
    type Body = B;
}

/// One worker's app: the routes, the shared parts and the request pipeline.
pub(super) fn app(parts: &ServerParts) -> App<impl AppEntry + use<>> {
    App::new()
        .configure(|config| parts.register(config))
        .app_data(SigningQueue::new())
        .app_data(Data::from(parts.metrics.add_worker()))
        .app_data(PayloadConfig::new(LARGEST_BODY))
        .app_data(framework_errors::form_config())
        .app_data(framework_errors::query_config())
        .app_data(framework_errors::path_config())
        .wrap(from_fn(request_pipeline::handle))
        .configure(|config| routes::route(&parts.table, config, &parts.sessions, &parts.cors_origins))
        .default_service(web::to(framework_errors::not_found))
}
