//! The server shows the manual: every page of it, with links and anchors that lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::app::{TestApp, location};
use crate::manual::Page;

/// The pages in the order of the contents, each with its file.
const PAGES: [(&str, &str); 13] = [
    ("/docs", "docs/README.md"),
    ("/docs/demo", "docs/demo.md"),
    ("/docs/lab", "docs/lab.md"),
    ("/docs/endpoints", "docs/endpoints.md"),
    ("/docs/testing", "docs/testing.md"),
    ("/docs/command-line", "docs/command-line.md"),
    ("/docs/install", "docs/install.md"),
    ("/docs/settings", "docs/settings.md"),
    ("/docs/operations", "docs/operations.md"),
    ("/docs/keys", "keys/README.md"),
    ("/docs/security", "docs/security.md"),
    ("/docs/codes", "docs/codes.md"),
    ("/docs/performance", "docs/performance.md"),
];

/// The values of an attribute on a page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    page.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

fn main_of(page: &str) -> &str {
    page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0
}

/// The text of HTML, without its elements.
fn text(html: &str) -> String {
    let mut pieces = html.split('<');
    let first = pieces.next().unwrap().to_owned();
    let text = pieces.fold(first, |text, piece| text + piece.split_once('>').unwrap().1);
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<")];
    let entities = entities.into_iter().chain([("&#62;", ">"), ("&#38;", "&"), ("&amp;", "&")]);
    entities.fold(text, |text, (entity, character)| text.replace(entity, character))
}

#[tokio::test]
async fn every_link_and_every_anchor_of_every_page_leads_somewhere() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut links = BTreeSet::new();
    let mut waiting = vec!["/docs".to_owned()];
    while let Some(address) = waiting.pop() {
        if pages.contains_key(&address) {
            continue;
        }
        let answer = visitor.asking(&address, "text/html").await;
        assert_eq!(answer.status(), 200, "{address}");
        let page = answer.text().await.unwrap();
        for link in values(&page, "href").into_iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() { &address } else { path };
            assert!(path.starts_with('/'), "{address} links to {link}");
            if address.starts_with("/docs") {
                links.insert((address.clone(), path.to_owned(), anchor.to_owned()));
                waiting.push(path.to_owned());
            }
        }
        pages.insert(address, page);
    }
    for (address, path, anchor) in &links {
        let anchors = values(&pages[path], "id");
        assert!(anchor.is_empty() || anchors.contains(&anchor.as_str()), "{address} links to {path}#{anchor}");
    }
    for (address, _) in PAGES {
        assert!(pages.contains_key(address), "no link leads to {address}");
        let ids = values(&pages[address], "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{address}: {ids:?}");
    }
    assert!(pages.contains_key("/docs/api") && links.len() > 200, "{}", links.len());
}

#[tokio::test]
async fn the_files_links_to_pages_of_the_manual_are_links_and_those_to_other_files_are_their_names() {
    let app = TestApp::spawn();
    let mut others = 0;
    for (address, path) in PAGES {
        let (shown, file) = (app.visitor().page(address).await, Page::read(path));
        let links = values(&shown, "href");
        for link in file.links() {
            let (to, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = file.beside(to);
            let page = PAGES.iter().find(|(_, other)| target.ends_with(other)).map(|(address, _)| *address);
            match page {
                Some(page) if to.is_empty() => {
                    assert!(links.contains(&&*format!("#{anchor}")), "{address}: {link} {page}");
                }
                Some(page) if anchor.is_empty() => assert!(links.contains(&page), "{address}: {link}"),
                Some(page) => assert!(links.contains(&&*format!("{page}#{anchor}")), "{address}: {link}"),
                None => {
                    let name = target.file_name().unwrap().to_str().unwrap();
                    assert!(text(&shown).contains(name), "{address} does not name {name}");
                    others += 1;
                }
            }
        }
        let anchors = values(&shown, "id");
        for anchor in file.anchors().iter().skip(1) {
            assert!(anchors.contains(&anchor.as_str()), "{address} has no {anchor}");
        }
    }
    assert_eq!(others, 4, "the files under .deploy");
}

#[tokio::test]
async fn every_page_shows_its_file_with_title_summary_and_neighbours() {
    let app = TestApp::spawn();
    let files: BTreeSet<String> = Page::manual().into_iter().map(|page| page.path).collect();
    let shown: BTreeSet<String> = PAGES.map(|(_, file)| file.to_owned()).into();
    assert!(shown.is_superset(&files), "{:?}", files.difference(&shown));
    let contents = Page::read("docs/README.md");
    let listed: Vec<_> = contents.links().map(|link| contents.beside(&link)).collect();
    for (index, (address, path)) in PAGES.into_iter().enumerate() {
        let (page, file) = (app.visitor().page(address).await, Page::read(path));
        assert!(page.len() < 100_000, "{address}: {} bytes", page.len());
        let title = file.text.lines().next().unwrap().trim_start_matches("# ");
        let tab = if index == 0 { "Docs".to_owned() } else { format!("{title} · Docs") };
        assert!(page.contains(&format!("<title>{tab} · Hallpass</title>")), "{address}");
        assert!(page.contains(&format!("<h1>{title}</h1>")), "{address}");
        let summary = file.text.split("\n\n").nth(1).unwrap().replace(['`', '*'], "").replace('\n', " ");
        assert!(text(&page.replace("content=\"", ">")).contains(&summary), "{address}: {summary}");
        assert!(page.contains("<a href=\"/docs\" aria-current=\"page\">Docs</a>"), "{address}");
        for block in file.blocks() {
            assert!(text(main_of(&page)).contains(&block.text), "{address} lacks this:\n{}", block.text);
        }
        let rows = file.prose().lines().filter(|line| line.starts_with('|') && !line.starts_with("|--")).count();
        assert_eq!(main_of(&page).matches("<tr>").count(), rows, "{address}");
        for (name, neighbour) in [("prev", index.checked_sub(1)), ("next", Some(index + 1))] {
            let link =
                neighbour.and_then(|it| PAGES.get(it)).map(|(other, _)| format!("href=\"{other}\" rel=\"{name}\""));
            assert_eq!(page.contains(&format!("rel=\"{name}\"")), link.is_some(), "{address}");
            assert!(link.is_none_or(|link| page.contains(&link)), "{address}");
        }
        assert!(index == 0 || listed[index - 1].ends_with(path), "the contents have {path} elsewhere");
    }
}

#[tokio::test]
async fn what_scrolls_by_itself_can_be_reached_by_keyboard_and_has_a_name_of_its_own() {
    let app = TestApp::spawn();
    for (address, _) in PAGES {
        let page = app.visitor().page(address).await;
        let main = main_of(&page);
        let regions = main.matches("tabindex=\"0\" role=\"region\"").count();
        assert_eq!(regions, main.matches("<pre>").count() + main.matches("<table>").count(), "{address}");
        let labels = values(main, "aria-label");
        assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{address}: {labels:?}");
    }
}

#[tokio::test]
async fn a_page_that_the_manual_does_not_have_is_404_in_the_client_s_form() {
    let app = TestApp::spawn();
    for path in ["/docs/nothing", "/docs/README", "/docs/README.md", "/docs/lab/x", "/docs/..%2Fsettings"] {
        let program = app.visitor().asking(path, "application/json").await;
        assert_eq!(program.status(), 404, "{path}");
        let problem: Value = program.json().await.unwrap();
        assert_eq!(problem["error"], "not_found", "{path}");
        let person = app.visitor().asking(path, "text/html").await;
        assert_eq!(person.status(), 404, "{path}");
        assert!(person.text().await.unwrap().starts_with("<!doctype html>"), "{path}");
    }
}

#[tokio::test]
async fn a_slash_or_md_too_much_leads_to_the_page() {
    let app = TestApp::spawn();
    for (path, page) in [
        ("/docs/", "/docs"),
        ("/docs/api/", "/docs/api"),
        ("/docs/api/schemas/?a=b&c", "/docs/api/schemas?a=b&c"),
        ("/docs/settings/", "/docs/settings"),
        ("/docs/settings.md", "/docs/settings"),
        ("/docs/install.md?a=b", "/docs/install?a=b"),
        ("/lab/inspect/", "/lab/inspect"),
        ("/lab/attacks/", "/lab/attacks"),
        ("/lab/lessons/anatomy/", "/lab/lessons/anatomy"),
        ("/tutorials/", "/tutorials"),
        ("/tutorials/zoom/", "/tutorials/zoom"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let moved = app.visitor().request(method, path).send().await.unwrap();
            assert_eq!((moved.status().as_u16(), location(&moved)), (308, page), "{path}");
        }
    }
    for (method, path) in [
        (Method::POST, "/docs/"),
        (Method::GET, "/docs//"),
        (Method::GET, "/lab/x/"),
        (Method::GET, "/bob/"),
        (Method::GET, "/validate/"),
        (Method::GET, "/docs/api/x/"),
    ] {
        assert_eq!(app.visitor().request(method, path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn no_token_of_the_demo_is_about_the_address_of_the_manual() {
    let app = TestApp::spawn();
    assert_eq!(app.visitor().asking("/generate?sub=docs", "application/json").await.status(), 400);
}

#[tokio::test]
async fn a_page_of_the_manual_has_an_index_of_all_pages_and_of_its_sections_and_the_contents_have_none() {
    let app = TestApp::spawn();
    let index = |page: &str| Some(page.split_once("<nav class=\"index\"")?.1.split_once("</nav>")?.0.to_owned());
    for (address, path) in PAGES {
        let page = app.visitor().page(address).await;
        let Some(index) = index(&page) else {
            assert_eq!(address, "/docs");
            continue;
        };
        assert!(index.contains("<summary>All pages of the docs</summary>"), "{index}");
        assert_eq!(index.matches(" aria-current=\"page\"").count(), 1, "{address}");
        assert!(index.contains(&format!("href=\"{address}\" aria-current=\"page\"")), "{address}");
        let sections = Page::read(path).text.lines().filter(|line| line.starts_with("## ")).count();
        let (of_sections, others): (Vec<_>, Vec<_>) =
            values(&index, "href").into_iter().partition(|link| link.starts_with('#'));
        assert_eq!(of_sections.len(), sections, "{address}");
        let pages: Vec<&str> = PAGES.iter().skip(1).map(|(page, _)| *page).chain(["/docs/api"]).collect();
        assert_eq!(others, pages, "{address}");
    }
    let settings = app.visitor().page("/docs/settings").await;
    assert_eq!(settings.matches("class=\"scroll settings\"").count(), 7);
}
