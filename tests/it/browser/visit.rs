//! Someone in front of a Chromium who uses the demo.
//!
//! Everything that a visit asks of the pages goes through the browser. At its end the visit checks what holds for every
//! page: the console stayed empty, and nothing was asked of another host.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::BrowserLogEntry;
use thirtyfour::prelude::*;
use tokio::time::sleep;

use super::chromium::{Driver, Kind, Program};
use crate::app::TestApp;

/// Says whether scripts run, without a server.
const PROBE: &str = "data:text/html,<p>Off</p><script>document.querySelector('p').textContent = 'On'</script>";

/// How long a page may take to show what it is waited for.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long it is between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Whether the browser has the whole page.
const IS_LOADED: &str = "document.readyState === 'complete'";

/// The two hosts of one site that a lesson uses.
const SCHOOL: [&str; 2] = ["grades.school.localhost", "clubs.school.localhost"];

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

/// The browsers of this machine, for one test.
#[derive(Clone, Copy)]
pub struct Browser {
    driver: &'static Driver,
    program: Program,
}

impl Browser {
    /// Nothing where there is no browser to drive.
    pub fn start() -> Option<Self> {
        Driver::shared().map(|driver| Self { driver, program: Program::Shell })
    }

    /// The same, for a visit that goes back in its history to the page as it was left.
    pub fn start_with_way_back() -> Option<Self> {
        Driver::shared().map(|driver| Self { driver, program: Program::Whole })
    }

    /// A visitor without a past before a server with fresh keys.
    pub async fn visit(&self, script: Script) -> Visit {
        self.visit_to(TestApp::spawn(), script).await
    }

    /// The same before this server.
    pub async fn visit_to(&self, app: TestApp, script: Script) -> Visit {
        let visit = Visit { driver: self.driver.lend(self.kind(script)).await, app, script, browser: *self };
        visit.driver.goto(PROBE).await.unwrap();
        assert_eq!(visit.text("p").await, format!("{script:?}"), "whether scripts run");
        assert!(visit.driver.get_all_cookies().await.unwrap().is_empty(), "an earlier visit left cookies");
        visit
    }

    fn kind(&self, script: Script) -> Kind {
        Kind { program: self.program, script }
    }
}

/// One session: a visitor, and the server that the visitor sees.
pub struct Visit {
    pub driver: WebDriver,
    pub app: TestApp,
    pub script: Script,
    browser: Browser,
}

impl Drop for Visit {
    fn drop(&mut self) {
        // thirtyfour's own way out of a visit that failed waits on the runtime that it blocks.
        drop(self.driver.clone().leak());
    }
}

impl Visit {
    /// Types an address.
    pub async fn open(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.app.url)).await.unwrap();
    }

    /// Clicks the link that reads so.
    pub async fn follow(&self, link: &str) {
        let link = self.find(By::LinkText(link)).await;
        self.follow_to_next_page(link.click()).await;
    }

    /// Clicks the button that sends a form.
    pub async fn send(&self, css: &str) {
        let button = self.find(By::Css(css)).await;
        self.follow_to_next_page(button.click()).await;
    }

    /// Clicks the button that reads so.
    /// Presses the button that reads so. After a colon, a button may name what it is about.
    pub async fn press_button(&self, words: &str) {
        let reads = format!("normalize-space()=\"{words}\" or starts-with(normalize-space(), \"{words}: \")");
        let button = self.find_by(&format!("//button[{reads}]")).await;
        self.follow_to_next_page(button.click()).await;
    }

    pub async fn tick(&self, css: &str) {
        self.find(By::Css(css)).await.click().await.unwrap();
    }

    /// Takes this value for a field of several.
    pub async fn pick(&self, field: &str, value: &str) {
        self.tick(&format!("[name={field}] [value='{value}'], [name={field}][value='{value}']")).await;
    }

    /// Replaces what stands in a field.
    pub async fn type_in(&self, css: &str, text: &str) {
        let field = self.find(By::Css(css)).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// The element at this place, which CSS cannot describe.
    pub async fn find_by(&self, xpath: &str) -> WebElement {
        self.find(By::XPath(xpath)).await
    }

    /// The first element that matches. A page that the browser has only just begun to show may not have it yet.
    async fn find(&self, by: By) -> WebElement {
        let query = self.driver.query(by.clone()).wait(WAIT_TIMEOUT, POLL_INTERVAL);
        query.first().await.unwrap_or_else(|error| panic!("{by:?}: {error}"))
    }

    pub async fn open_lesson(&self, slug: &str) {
        self.open(&format!("/lab/lessons/{slug}")).await;
    }

    pub async fn is_solved(&self) -> bool {
        self.text(".kicker").await.contains("✓ solved")
    }

    /// Switches the algorithm.
    pub async fn choose(&self, algorithm: &str) {
        self.send(&format!("button[value={algorithm}]")).await;
    }

    /// Takes a step that leads to another page, and waits until that page is there as a whole.
    pub async fn follow_to_next_page(&self, step: impl Future<Output = WebDriverResult<()>>) {
        let page = self.find(By::Tag("html")).await;
        step.await.unwrap();
        page.wait_until().wait(WAIT_TIMEOUT, POLL_INTERVAL).stale().await.unwrap();
        self.wait_until(IS_LOADED).await;
    }

    /// Waits until this expression is true. Between two pages there is nothing that could answer.
    pub async fn wait_until(&self, expression: &str) {
        let started = Instant::now();
        let question = format!("return {expression}");
        while self.driver.execute(&question, []).await.ok().is_none_or(|answer| answer.json() != true) {
            assert!(started.elapsed() < WAIT_TIMEOUT, "{expression} does not come true");
            sleep(POLL_INTERVAL).await;
        }
    }

    /// What the eye reads there.
    pub async fn text(&self, css: &str) -> String {
        self.find(By::Css(css)).await.text().await.unwrap()
    }

    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.driver.find_all(By::Css(css)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    /// The tutorial's *Result*.
    pub async fn result(&self) -> String {
        self.text(".result").await.strip_prefix("Result - ").unwrap().to_owned()
    }

    /// Waits until the text there is this.
    pub async fn wait_for(&self, css: &str, text: &str) {
        let element = self.find(By::Css(css)).await;
        element.wait_until().wait(WAIT_TIMEOUT, POLL_INTERVAL).has_text(text.to_owned()).await.unwrap();
    }

    /// The value of an expression. It can be had without script too: what a visit asks is no script of the page.
    pub async fn eval(&self, expression: &str) -> Value {
        self.driver.execute(format!("return {expression}"), []).await.unwrap().json().clone()
    }

    /// Shows pages for this medium (`screen`, `print`), with these media features.
    pub async fn emulate(&self, medium: &str, features: &[(&str, &str)]) {
        let named: Vec<Value> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let parameters = json!({ "media": medium, "features": named });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", parameters).await.unwrap();
        for (name, value) in features {
            self.wait_until(&format!("matchMedia('{medium} and ({name}: {value})').matches")).await;
        }
    }

    /// Makes the window this many CSS pixels wide. A scroll bar takes its part of them.
    pub async fn resize(&self, width: u16) {
        self.resize_to(width, 800).await;
    }

    /// The same with another height.
    pub async fn resize_to(&self, width: u16, height: u16) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", screen).await.unwrap();
        self.wait_until(&format!("innerWidth === {width}")).await;
    }

    /// Ends the visit, once all its pages proved quiet.
    pub async fn end(self) {
        let events = self.network_events().await;
        // The server's other names are other sites, and this very host.
        let hosts = ["127.0.0.1", "localhost", "portal.localhost", "forms.localhost"].into_iter().chain(SCHOOL);
        let names: Vec<String> = hosts.map(|host| self.app.url.replace("127.0.0.1", host)).collect();
        for url in of(&events, "Network.requestWillBeSent").filter_map(|event| event["request"]["url"].as_str()) {
            let own = names.iter().any(|name| url.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')));
            assert!(own || url.starts_with("data:"), "{url} is asked for");
        }
        for line in self.driver.browser_log().await.unwrap() {
            assert!(refused(&events).any(|url| is_word_on(&line, url)), "on the console: {line:?}");
        }
        self.browser.driver.give_back(self.browser.kind(self.script), self.driver.clone()).await;
    }

    async fn network_events(&self) -> Vec<Value> {
        let log = self.driver.get_log("performance").await.unwrap();
        log.iter().map(|entry| serde_json::from_str::<Value>(&entry.message).unwrap()["message"].take()).collect()
    }
}

/// What these events of one kind say.
fn of<'a>(events: &'a [Value], method: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["method"] == method).map(|event| &event["params"])
}

/// The addresses of the documents that came with an error's status.
fn refused(events: &[Value]) -> impl Iterator<Item = &str> {
    let documents = of(events, "Network.responseReceived").filter(|event| event["type"] == "Document");
    let refused = documents.filter(|event| event["response"]["status"].as_u64().is_some_and(|status| status >= 400));
    refused.filter_map(|event| event["response"]["url"].as_str())
}

/// Whether this is the browser's own line for an error's status; it keeps the address's fragment.
fn is_word_on(line: &BrowserLogEntry, url: &str) -> bool {
    let Some((place, told)) = line.message.split_once(" - ") else { return false };
    let is_there = place.split('#').next() == Some(url) && line.source.as_deref() == Some("network");
    is_there && told.starts_with("Failed to load resource: the server responded with")
}
