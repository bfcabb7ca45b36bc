//! The manual: the Markdown files that a code host shows, as pages of the server.
//!
//! The files are embedded in the binary and rendered once, when the first of them is asked for.

mod markdown;

use std::sync::LazyLock;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::web::http::endpoint::common::{FAULT, HTML};
use crate::web::http::endpoint::{
    Access, Answer, Description, Endpoint, Kind, Operation, Parameter, Place, RoutePolicy,
};
use crate::web::http::problem::Problem;
use crate::web::http::redirect::moved_to;
use crate::web::view::assets::Assets;
use crate::web::view::page::render;
use markdown::Rendered;

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/docs",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(contents),
            Description {
                id: "manual",
                summary: "The contents of the docs",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/docs",
            },
        )],
    ),
    Endpoint::new(
        "/docs/{page}",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(page),
            Description {
                id: "manualPage",
                summary: "One page of the docs",
                access: Access::Anybody,
                parameters: &[Parameter {
                    place: Place::Path,
                    name: "page",
                    kind: Kind::OneOf(NAMES),
                    says: "The page.",
                    example: "settings",
                }],
                body: None,
                own_answers: &[
                    Answer::new(200, HTML, "The page."),
                    Answer::refusal(404, "The docs have no such page."),
                    FAULT,
                ],
                curl: "curl -s {base}/docs/settings",
            },
        )],
    ),
];

/// A page of the manual as it is written.
struct Source {
    /// The last part of its address; empty for the contents.
    name: &'static str,
    /// Where it is in the source tree, which its links start from.
    file: &'static str,
    text: &'static str,
}

/// The contents, and then the pages in the order in which the contents list them.
const SOURCES: &[Source] = &[
    Source { name: "", file: "docs/README.md", text: include_str!("../../../docs/README.md") },
    Source { name: "demo", file: "docs/demo.md", text: include_str!("../../../docs/demo.md") },
    Source { name: "lab", file: "docs/lab.md", text: include_str!("../../../docs/lab.md") },
    Source { name: "endpoints", file: "docs/endpoints.md", text: include_str!("../../../docs/endpoints.md") },
    Source { name: "testing", file: "docs/testing.md", text: include_str!("../../../docs/testing.md") },
    Source { name: "command-line", file: "docs/command-line.md", text: include_str!("../../../docs/command-line.md") },
    Source { name: "install", file: "docs/install.md", text: include_str!("../../../docs/install.md") },
    Source { name: "settings", file: "docs/settings.md", text: include_str!("../../../docs/settings.md") },
    Source { name: "operations", file: "docs/operations.md", text: include_str!("../../../docs/operations.md") },
    Source { name: "keys", file: "keys/README.md", text: include_str!("../../../keys/README.md") },
    Source { name: "security", file: "docs/security.md", text: include_str!("../../../docs/security.md") },
    Source { name: "codes", file: "docs/codes.md", text: include_str!("../../../docs/codes.md") },
    Source { name: "performance", file: "docs/performance.md", text: include_str!("../../../docs/performance.md") },
];

/// The names of the pages, without the contents.
const NAMES: &[&str] = &{
    let mut names = [""; SOURCES.len() - 1];
    let mut index = 0;
    while index < names.len() {
        names[index] = SOURCES[index + 1].name;
        index += 1;
    }
    names
};

impl Source {
    fn address(&self) -> String {
        if self.name.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", self.name) }
    }
}

/// The address of the page that is written in this file.
fn address_of(file: &str) -> Option<String> {
    SOURCES.iter().find(|source| source.file == file).map(Source::address)
}

/// A page of the manual as it is shown.
struct Page {
    source: &'static Source,
    rendered: Rendered,
}

impl Page {
    fn of(source: &'static Source) -> Self {
        Self { source, rendered: markdown::render(source.file, source.text, address_of) }
    }
}

/// The pages in the order of [`SOURCES`].
static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| SOURCES.iter().map(Page::of).collect());

/// A link from one page to another.
struct PageLink {
    address: String,
    title: &'static str,
}

impl PageLink {
    fn at(index: usize) -> Option<Self> {
        let page = PAGES.get(index)?;
        Some(Self { address: page.source.address(), title: &page.rendered.title })
    }
}

#[derive(Template)]
#[template(path = "manual.html")]
struct ManualPage<'a> {
    assets: &'a Assets,
    page: &'static Rendered,
    is_contents: bool,
    address: String,
    all: Vec<PageLink>,
    before: Option<PageLink>,
    after: Option<PageLink>,
}

/// `GET /docs`.
pub(in crate::web) async fn contents(assets: Data<Assets>) -> Result<HttpResponse, Problem> {
    answer("", &assets)
}

/// `GET /docs/{page}`.
pub(in crate::web) async fn page(
    request: HttpRequest,
    name: Path<String>,
    assets: Data<Assets>,
) -> Result<HttpResponse, Problem> {
    // A link between the files, as a code host shows them, names the file.
    if let Some(name) = name.strip_suffix(".md").filter(|name| NAMES.contains(name)) {
        return Ok(moved_to(&request, &format!("/docs/{name}")));
    }
    answer(&name, &assets)
}

fn answer(name: &str, assets: &Assets) -> Result<HttpResponse, Problem> {
    let mut pages = PAGES.iter().enumerate();
    let (index, Page { source, rendered: page }) =
        pages.find(|(_, page)| page.source.name == name).ok_or_else(Problem::not_found)?;
    let before = index.checked_sub(1).and_then(PageLink::at);
    let (address, all) = (source.address(), (1..PAGES.len()).filter_map(PageLink::at).collect());
    render(&ManualPage { assets, page, is_contents: index == 0, address, all, before, after: PageLink::at(index + 1) })
}
