//! Renders pages, and renders a problem as a page or as JSON.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use serde_json::json;

use super::assets::Assets;
use crate::code::Code;
use crate::web::http::problem::{Presentation, Problem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    assets: &'a Assets,
    problem: &'a Problem,
    title: &'a str,
    can_forget: bool,
}

#[derive(Template)]
#[template(path = "bare_problem.html")]
struct BareProblemPage<'a> {
    problem: &'a Problem,
    title: &'a str,
}

/// Renders the problem as a page or as JSON.
pub(in crate::web) fn present(problem: &Problem, presentation: Presentation, assets: &Assets) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(problem.status);
    if presentation == Presentation::Json {
        return response.json(json!({ "error": problem.code, "message": problem.message }));
    }
    let title = &problem.title.map_or_else(|| title_of(problem.status), str::to_owned);
    let page = if presentation == Presentation::BarePage || problem.code == Code::WrongHost {
        BareProblemPage { problem, title }.render()
    } else {
        error_page(problem, title, assets)
    };
    match page {
        Ok(page) => response.content_type("text/html; charset=utf-8").body(page),
        Err(error) => {
            log::error!("a page was not rendered: {error}");
            response.finish()
        }
    }
}

fn error_page(problem: &Problem, title: &str, assets: &Assets) -> askama::Result<String> {
    let can_forget = problem.code == Code::DuplicateCookie;
    ErrorPage { assets, problem, title, can_forget }.render()
}

/// The name of the status, with one capital as every other title has.
fn title_of(status: StatusCode) -> String {
    let name = status.canonical_reason().unwrap_or("Refused");
    let Some((first, rest)) = name.split_once(' ') else { return name.to_owned() };
    format!("{first} {}", rest.to_lowercase())
}

/// The initial buffer in bytes. Most pages fit; a larger page has to be copied into a larger buffer.
const USUAL_PAGE: usize = 32 * 1024;

/// A page with the status 200.
pub(in crate::web) fn render<T: Template>(template: &T) -> Result<HttpResponse, Problem> {
    render_with(StatusCode::OK, template)
}

/// A page with another status.
pub(in crate::web) fn render_with<T: Template>(status: StatusCode, template: &T) -> Result<HttpResponse, Problem> {
    let mut html = String::with_capacity(T::SIZE_HINT.max(USUAL_PAGE));
    template.render_into(&mut html).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_problem_has_one_capital() {
        for (status, expected) in
            [(404, "Not found"), (400, "Bad request"), (414, "URI too long"), (401, "Unauthorized")]
        {
            assert_eq!(title_of(StatusCode::from_u16(status).unwrap()), expected);
        }
    }
}
