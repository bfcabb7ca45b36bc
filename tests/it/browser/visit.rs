//! A Chromium of its own, with someone in front of it who uses the demo.
//!
//! Everything that a visit asks of the pages goes through the browser. At its end the visit checks what holds for every
//! page: the console stayed empty, and nothing was asked of another host.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, ChromeCapabilities, LoggingPrefsLogLevel};

use crate::app::TestApp;
use crate::tools;

/// What Debian's Chromium wants as root and without a screen; the rest keeps it from calling home.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Says whether scripts run, without a server.
const PROBE: &str = "data:text/html,<p>Off</p><script>document.querySelector('p').textContent = 'On'</script>";

/// How long a page may take to show what it is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it is between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

/// A chromedriver on a free port. Dropped, it takes its browsers with it.
pub struct Browser {
    driver: Child,
    /// Kept open: a closed pipe would end chromedriver at its next word.
    words: BufReader<ChildStdout>,
    port: u16,
    profiles: TempDir,
}

impl Browser {
    /// Nothing where there is no browser to drive.
    pub fn start() -> Option<Self> {
        tools::are_here(&["chromedriver", "chromium"]).then(|| {
            let mut command = Command::new("chromedriver");
            let command = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
            let mut driver = command.spawn().unwrap();
            let words = BufReader::new(driver.stdout.take().unwrap());
            let mut browser = Self { driver, words, port: 0, profiles: TempDir::new().unwrap() };
            browser.port = browser.told_port().expect("chromedriver says which port it took");
            browser
        })
    }

    fn told_port(&mut self) -> Option<u16> {
        let mut lines = self.words.by_ref().lines().map_while(Result::ok);
        let port = lines.find_map(|line| Some(line.split_once("started successfully on port ")?.1.to_owned()))?;
        port.trim_end_matches('.').parse().ok()
    }

    /// A visitor with a fresh profile before a server with fresh keys.
    pub async fn visit(&self, script: Script) -> Visit {
        self.visit_to(TestApp::spawn(), script).await
    }

    /// The same before this server, whose certificate nobody needs to vouch for.
    pub async fn visit_to(&self, app: TestApp, script: Script) -> Visit {
        let mut capabilities = capabilities(&self.profiles.path().join(format!("{script:?}")), script);
        capabilities.accept_insecure_certs(app.url.starts_with("https")).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", self.port), capabilities).await.unwrap();
        let visit = Visit { driver, app, script };
        visit.driver.goto(PROBE).await.unwrap();
        assert_eq!(visit.text("p").await, format!("{script:?}"), "whether scripts run");
        visit
    }

    /// Ends every session, and waits until they have ended. Alone killed, chromedriver leaves its browsers behind.
    fn shut_down(&self) -> io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let ended = self.shut_down();
        let gone = self.driver.kill().and_then(|()| self.driver.wait());
        if let Err(error) = ended.and(gone.map(drop)) {
            eprintln!("a browser may still run: {error}");
        }
    }
}

fn capabilities(profile: &Path, script: Script) -> ChromeCapabilities {
    let mut chrome = ChromeCapabilities::new();
    chrome.set_binary(&path_of("chromium")).unwrap();
    let profile = format!("--user-data-dir={}", profile.display());
    ARGUMENTS.into_iter().chain([profile.as_str()]).for_each(|it| chrome.add_arg(it).unwrap());
    chrome.add_experimental_option("prefs", preferences(script)).unwrap();
    for log in ["browser", "performance"] {
        chrome.set_logging_prefs(log, LoggingPrefsLogLevel::All).unwrap();
    }
    chrome
}

/// The browser starts on an empty page: its own first one would be a third of the work of a short visit.
fn preferences(script: Script) -> Value {
    let (start_at_these, allow, block) = (4, 1, 2);
    json!({
        "session.restore_on_startup": start_at_these,
        "session.startup_urls": ["about:blank"],
        "profile.managed_default_content_settings.javascript": if script == Script::On { allow } else { block },
    })
}

/// chromedriver takes no name, and left alone might take another browser than the one it came with.
fn path_of(program: &str) -> String {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

/// One session: a visitor, and the server that the visitor sees.
pub struct Visit {
    pub driver: WebDriver,
    pub app: TestApp,
    pub script: Script,
}

impl Drop for Visit {
    fn drop(&mut self) {
        // A visit that failed is left to the browser's end: thirtyfour's own way out waits on the runtime it blocks.
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
        let link = self.driver.find(By::LinkText(link)).await.unwrap();
        self.leave_by(link.click()).await;
    }

    /// Clicks the button that sends a form.
    pub async fn send(&self, css: &str) {
        let button = self.driver.find(By::Css(css)).await.unwrap();
        self.leave_by(button.click()).await;
    }

    /// Clicks the button that reads so.
    pub async fn press_button(&self, words: &str) {
        let button = self.find_by(&format!("//button[normalize-space()=\"{words}\"]")).await;
        self.leave_by(button.click()).await;
    }

    pub async fn tick(&self, css: &str) {
        self.driver.find(By::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Takes this value for a field of several.
    pub async fn pick(&self, field: &str, value: &str) {
        self.tick(&format!("[name={field}] [value='{value}'], [name={field}][value='{value}']")).await;
    }

    /// Replaces what stands in a field.
    pub async fn type_in(&self, css: &str, text: &str) {
        let field = self.driver.find(By::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// The one thing at this place, which CSS has no words for.
    pub async fn find_by(&self, xpath: &str) -> WebElement {
        self.driver.find(By::XPath(xpath)).await.unwrap_or_else(|error| panic!("{xpath}: {error}"))
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

    /// Takes a step that leads to another page, and waits until this one is gone.
    pub async fn leave_by(&self, step: impl Future<Output = WebDriverResult<()>>) {
        let page = self.driver.find(By::Tag("html")).await.unwrap();
        step.await.unwrap();
        page.wait_until().wait(PATIENCE, GLANCE).stale().await.unwrap();
    }

    /// What the eye reads there.
    pub async fn text(&self, css: &str) -> String {
        self.driver.find(By::Css(css)).await.unwrap().text().await.unwrap()
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
        let element = self.driver.find(By::Css(css)).await.unwrap();
        element.wait_until().wait(PATIENCE, GLANCE).has_text(text.to_owned()).await.unwrap();
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
            assert_eq!(self.eval(&format!("matchMedia('{medium} and ({name}: {value})').matches")).await, true);
        }
    }

    /// Makes the window this many CSS pixels wide. A scroll bar takes its part of them.
    pub async fn resize(&self, width: u16) {
        let screen = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", screen).await.unwrap();
        assert_eq!(self.eval("innerWidth").await, width);
    }

    /// Ends the session, once all its pages proved quiet.
    pub async fn end(self) {
        let events = self.network_events().await;
        // The server's other name is another site, and this very host.
        let names = [self.app.url.clone(), self.app.url.replace("127.0.0.1", "localhost")];
        for url in of(&events, "Network.requestWillBeSent").filter_map(|event| event["request"]["url"].as_str()) {
            let own = names.iter().any(|name| url.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')));
            assert!(own || url.starts_with("data:"), "{url} is asked for");
        }
        for line in self.driver.browser_log().await.unwrap() {
            assert!(refused(&events).any(|url| is_word_on(&line, url)), "on the console: {line:?}");
        }
        self.driver.clone().quit().await.unwrap();
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
