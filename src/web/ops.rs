//! What operators ask.

use actix_web::HttpResponse;

/// `GET /healthz`: the process is alive and answers; it says nothing of any other part.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
