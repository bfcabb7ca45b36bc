//! The files that pages use, and those that browsers and robots ask for by themselves.

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::web::http::endpoint::common::PLAIN;
use crate::web::http::endpoint::{
    Access, Answer, Content, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy, RouteTable,
};
use crate::web::http::problem::Problem;
use crate::web::view::assets::{Assets, ICON, SCRIPT, STYLESHEET};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/static/{file}",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(file),
            Description {
                id: "file",
                summary: "A file that the pages use",
                access: Access::Anybody,
                parameters: &[Parameter {
                    place: Place::Path,
                    name: "file",
                    kind: Kind::OneOf(&["hallpass.css", "hallpass.js", "ticket.svg"]),
                    says: "Its name.",
                    example: "hallpass.css",
                }],
                body: None,
                own_answers: &[
                    Answer::new(200, Content::Media("*/*"), "The file: text/css, text/javascript or image/svg+xml."),
                    Answer::refusal(404, "There is no such file."),
                ],
                curl: "curl -s {base}/static/hallpass.css",
            },
        )],
    ),
    Endpoint::new(
        "/favicon.ico",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(icon),
            Description {
                id: "icon",
                summary: "The icon",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, Content::Media("image/svg+xml"), "The icon.")],
                curl: "curl -s {base}/favicon.ico",
            },
        )],
    ),
    Endpoint::new(
        "/robots.txt",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(robots),
            Description {
                id: "robots",
                summary: "What robots are asked to leave alone",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, PLAIN, "The rules.")],
                curl: "curl -s {base}/robots.txt",
            },
        )],
    ),
];

/// `GET /static/{file}`.
pub(in crate::web) async fn file(
    name: Path<String>,
    request: HttpRequest,
    assets: Data<Assets>,
) -> Result<HttpResponse, Problem> {
    let (current, content, kind) = match name.as_str() {
        "hallpass.css" => (&assets.stylesheet, STYLESHEET, "text/css; charset=utf-8"),
        "hallpass.js" => (&assets.script, SCRIPT, "text/javascript; charset=utf-8"),
        "ticket.svg" => (&assets.icon, ICON, "image/svg+xml"),
        _ => return Err(Problem::not_found()),
    };
    let names_version = request.uri().path_and_query().is_some_and(|it| it.as_str() == current);
    let keep = if names_version { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let keep = HeaderValue::from_static(keep);
    Ok(HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, keep)).body(content))
}

/// `GET /favicon.ico`, which browsers request by themselves.
pub(in crate::web) async fn icon() -> HttpResponse {
    let keep = (header::CACHE_CONTROL, "public, max-age=86400");
    HttpResponse::Ok().content_type("image/svg+xml").insert_header(keep).body(ICON)
}

/// `GET /robots.txt`: a robot that followed *Get token* would create tokens.
pub(in crate::web) async fn robots(table: Data<RouteTable>) -> HttpResponse {
    let kept = table.endpoints().filter(|endpoint| endpoint.is_kept_from_robots);
    let lines: Vec<String> = kept.map(|endpoint| format!("Disallow: {}\n", endpoint.path)).collect();
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!("User-agent: *\n{}", lines.concat()))
}
