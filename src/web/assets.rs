//! The files that every page uses, embedded in the binary: one stylesheet, one small script, the icon.
//!
//! Each page asks for them with their content's digest in the query, so that a browser may keep them for a year.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Problem;
use super::state::State;

const STYLESHEET: &str = include_str!("../../static/hallpass.css");
const SCRIPT: &str = include_str!("../../static/hallpass.js");
const ICON: &str = include_str!("../../static/ticket.svg");

/// Where the pages find the files.
pub(super) struct Assets {
    pub stylesheet: String,
    pub script: String,
    pub icon: String,
    /// Whether every page says that others may set the clock and sign what they like.
    pub test_mode: bool,
}

impl Assets {
    pub fn new(test_mode: bool) -> Self {
        Self {
            stylesheet: address("hallpass.css", STYLESHEET),
            script: address("hallpass.js", SCRIPT),
            icon: address("ticket.svg", ICON),
            test_mode,
        }
    }
}

fn address(name: &str, content: &str) -> String {
    let digest = digest::digest(&digest::SHA256, content.as_bytes());
    format!("/static/{name}?v={}", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..9]))
}

/// `GET /static/{file}`.
pub(super) async fn file(
    name: Path<String>,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let (current, content, kind) = match name.as_str() {
        "hallpass.css" => (&state.assets.stylesheet, STYLESHEET, "text/css; charset=utf-8"),
        "hallpass.js" => (&state.assets.script, SCRIPT, "text/javascript; charset=utf-8"),
        "ticket.svg" => (&state.assets.icon, ICON, "image/svg+xml"),
        _ => return Err(Problem::not_found()),
    };
    let asked = request.uri().path_and_query().is_some_and(|it| it.as_str() == current);
    let keep = if asked { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let keep = HeaderValue::from_static(keep);
    Ok(HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, keep)).body(content))
}

/// `GET /favicon.ico`, which browsers ask for unasked.
pub(super) async fn icon() -> HttpResponse {
    let keep = (header::CACHE_CONTROL, "public, max-age=86400");
    HttpResponse::Ok().content_type("image/svg+xml").insert_header(keep).body(ICON)
}

/// `GET /robots.txt`: a robot that followed *Get token* would mint tokens.
pub(super) async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nDisallow: /generate\nDisallow: /validate\n")
}
