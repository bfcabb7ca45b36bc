//! Every route of the server, on one screen.

use actix_web::body::MessageBody;
use actix_web::dev::{Handler, Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Resource, Responder};

use super::api::{oauth, operations, rest_api, telesign, test_mode, twilio, well_known, zoom};
use super::http::cors;
use super::site::{demo, docs, lab, manual, static_files, tutorials};
use super::state::State;

/// The whole route table. What reads the session stands behind its middleware, [`State::session_middleware`]. What is
/// asked most stands first, for the framework tries one after the other.
pub(super) fn routes(config: &mut ServiceConfig, state: &State) {
    let open = |resource: Resource| resource.wrap(cors::around(&state.cors_origins));
    let session = |resource: Resource| resource.wrap(state.session_middleware());
    config
        .service(session(get("/generate", demo::generate)))
        .service(session(get("/validate", demo::validate)))
        .service(session(get("/", demo::home)))
        .service(get("/healthz", operations::healthz))
        .service(get("/readyz", operations::readyz))
        .service(get("/metrics", operations::metrics))
        .service(open(post("/token", twilio::token)))
        .service(open(post("/zoom/token", zoom::token)))
        .service(open(post("/oauth/token", oauth::token)))
        .service(open(get("/api/me", oauth::me)))
        .service(open(post("/loginEndpoint", rest_api::login)))
        .service(open(post("/anEndpoint", rest_api::protected)))
        .service(open(get_only("/v1/token/{phone}", telesign::token)))
        .service(open(get_only("/v1/token/{phone}/{xid}", telesign::token)))
        .service(open(get("/v1/transactions", telesign::transactions)))
        .service(open(get("/v1/transactions/{xid}", telesign::transaction)))
        .service(open(post("/v1/transactions/{xid}/status", telesign::status)))
        .service(open(post("/v1/verify", telesign::verify)))
        .service(open(get("/.well-known/jwks.json", well_known::jwks)))
        .service(get("/static/{file}", static_files::file))
        .service(get("/robots.txt", static_files::robots))
        .service(get("/favicon.ico", static_files::icon))
        .service(get("/openapi.json", docs::document))
        .service(get("/docs", manual::contents))
        .service(get("/docs/api", docs::page))
        .service(get("/docs/{page}", manual::page))
        .service(get("/tutorials", tutorials::index))
        .service(get("/tutorials/{profile}", tutorials::tutorial))
        .service(session(post("/algorithm", demo::choose_algorithm)))
        .service(session(post("/logout", demo::logout)))
        .service(session(get("/lab", lab::index)))
        .service(session(get_and_post("/lab/lessons/{slug}", lab::lessons::lesson)))
        .service(session(get_and_post("/lab/lessons/{slug}/{step}", lab::lessons::step)))
        .service(session(get("/lab/attacks", lab::attacks::gallery)))
        .service(get("/lab/attacks.json", lab::attacks::catalogue))
        .service(session(page_and_form("/lab/attacks/{slug}", lab::attacks::attack, lab::attacks::attempt)))
        .service(session(
            page_and_form("/lab/inspect", lab::bench::page, lab::bench::work).app_data(lab::bench::limit()),
        ))
        .service(session(get("/lab/worksheet", lab::worksheet)))
        .service(session(post("/lab/reset", lab::reset)));
    if state.is_test_mode {
        test_routes(config, state);
    }
    // Last, for it takes every name that no other route has.
    config.service(session(get("/{result}", demo::home)));
}

/// What is there under `--test-mode` alone.
fn test_routes(config: &mut ServiceConfig, state: &State) {
    config
        .service(resource("/test/clock").route(web::put().to(test_mode::set_clock)))
        .service(post("/test/sign", test_mode::sign))
        .service(post("/test/session", test_mode::session).wrap(state.session_middleware()))
        .service(post("/test/flawed", test_mode::flawed))
        .service(post("/test/rotate", test_mode::rotate))
        .service(post("/test/reset", test_mode::reset));
}

/// A resource that goes by its own pattern, which log and metrics call it.
fn resource(path: &str) -> Resource {
    web::resource(path).name(path)
}

/// A resource that answers GET, and HEAD with the same head.
fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).route(web::get().to(handler.clone())).route(web::head().to(handler))
}

/// A resource that answers GET alone: a HEAD would make what nobody receives.
fn get_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).route(web::get().to(handler))
}

/// A resource that answers POST alone.
fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).route(web::post().to(handler))
}

/// A resource of which one handler answers the GET, the HEAD and the POST.
fn get_and_post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path)
        .route(web::get().to(handler.clone()).wrap(from_fn(without_body)))
        .route(web::head().to(handler.clone()).wrap(from_fn(without_body)))
        .route(web::post().to(handler))
}

/// Whatever body a GET announces means nothing (RFC 9110 §9.3.1), and may never come: it is not waited for.
async fn without_body<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    request.set_payload(Payload::None);
    next.call(request).await
}

/// A page, and what its form sends.
fn page_and_form<P, PArgs, F, FArgs>(path: &str, page: P, form: F) -> Resource
where
    P: Handler<PArgs> + Clone,
    PArgs: FromRequest + 'static,
    P::Output: Responder + 'static,
    F: Handler<FArgs>,
    FArgs: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    get(path, page).route(web::post().to(form))
}
