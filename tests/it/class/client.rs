//! A browser without scripts: it keeps cookies, follows no redirect, and speaks over one connection a request. It works
//! over https with any certificate.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use url::form_urlencoded;

use crate::bare_connection::BareConnection as Line;

/// A browser with its cookies: each value, and the line that set it.
#[derive(Clone)]
pub struct Browser {
    url: String,
    /// By which name it asks for the server, if not by that of the address.
    host: Option<String>,
    cookies: BTreeMap<String, (String, String)>,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text}")),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The value of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    fn set_cookies(&self) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value)
    }
}

impl Browser {
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned(), host: None, cookies: BTreeMap::new() }
    }

    /// The same browser before another server on this host.
    pub fn before(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same browser, which asks for the server by this name.
    pub fn named(self, host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..self }
    }

    /// Asks another server on this host from now on.
    pub fn turn_to(&mut self, url: &str) {
        url.clone_into(&mut self.url);
    }

    /// Closes the browser and opens it again: cookies without an end are gone.
    pub fn reopen(&mut self) {
        self.cookies.retain(|_, (_, line)| line.contains("Max-Age"));
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), (value.to_owned(), String::new()));
    }

    /// The line that set this cookie.
    pub fn cookie_line(&self, name: &str) -> &str {
        &self.cookies[name].1
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(&self.head("GET", path, ""), "")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, "Sec-Fetch-Site: same-origin")
    }

    /// The same with this header line.
    pub fn post_with(&mut self, path: &str, fields: &[(&str, &str)], line: &str) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let more =
            format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{line}\r\n", body.len());
        self.send(&self.head("POST", path, &more), &body)
    }

    /// An answer that goes on.
    pub fn stream(&mut self, path: &str) -> Stream {
        let mut line = Line::with_timeout(&self.url, Duration::from_secs(30)).unwrap();
        line.send(self.head("GET", path, "").as_bytes()).unwrap();
        Stream(line)
    }

    fn head(&self, method: &str, path: &str, more: &str) -> String {
        let own = self.url.split_once("://").unwrap().1;
        let host = self.host.as_deref().unwrap_or(own);
        let cookies: Vec<String> = self.cookies.iter().map(|(name, (value, _))| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n{cookies}{more}\r\n"
        )
    }

    fn send(&mut self, head: &str, body: &str) -> Answer {
        let mut line = Line::to(&self.url).unwrap();
        line.send(format!("{head}{body}").as_bytes()).unwrap();
        let answer = Answer::read(&line.rest());
        for set in answer.set_cookies() {
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if set.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), (value.to_owned(), set.to_owned()));
            }
        }
        answer
    }
}

/// An answer that is still coming.
pub struct Stream(Line);

impl Stream {
    /// What came until these words did.
    pub fn until(&mut self, words: &str) -> String {
        let (mut read, deadline) = (String::new(), Instant::now() + Duration::from_secs(20));
        while !read.contains(words) {
            let bytes = self.0.some().unwrap();
            assert!(!bytes.is_empty() && Instant::now() < deadline, "{words} did not come: {read}");
            read += &String::from_utf8_lossy(&bytes);
        }
        read
    }

    /// Reads until the server ends it.
    pub fn until_its_end(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.0.some().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "it goes on");
        }
    }
}

/// The path of the teacher's link, as the log says it.
pub fn teacher_link(log: &str) -> String {
    let (_, rest) = log.split_once("the teacher's link is ").unwrap();
    let link = rest.lines().next().unwrap();
    link[link.find("/class/board").unwrap()..].to_owned()
}
