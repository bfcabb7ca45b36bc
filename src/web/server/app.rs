//! Builds the actix app; each worker has its own copy.

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PayloadConfig};

use super::request_pipeline;
use crate::web::http::problem;
use crate::web::http::signing_queue::SigningQueue;
use crate::web::routes;
use crate::web::state::State;

/// One worker's app: the routes, the shared state and the request pipeline.
pub(super) fn app(
    state: &Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let table = Data::new(routes::table(state.is_test_mode));
    App::new()
        .app_data(state.clone())
        .app_data(state.session.clone())
        .app_data(table.clone())
        .app_data(SigningQueue::new())
        .app_data(Data::from(state.metrics.add_worker()))
        .app_data(PayloadConfig::new(problem::LARGEST_BODY))
        .app_data(problem::form_config())
        .app_data(problem::query_config())
        .app_data(problem::path_config())
        .wrap(from_fn(request_pipeline::handle))
        .configure(|config| routes::route(&table, config, state))
        .default_service(web::to(problem::not_found))
}
