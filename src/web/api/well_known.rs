//! Documents at addresses that clients know beforehand (RFC 8615).

use actix_web::web::Data;
use actix_web::{HttpResponse, http::header};

use crate::web::state::State;

/// `GET /.well-known/jwks.json`: the public RSA keys (RFC 7517 §5), the signing one first.
pub(in crate::web) async fn jwks(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=30"))
        .json(state.ring().published(state.now()))
}
