//! The document against the running server: every route, every status, every shape, every curl line.
//!
//! The requests are made from the document's own examples and from what spoils them, so an operation that is added is
//! tried as well. Whatever is answered must be documented; at the end everything documented must have been answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass::accounts::{Password, hash_password};
use hallpass::clock::Clock as _;
use hallpass::profiles::bearer;
use hallpass::random::Random;
use hallpass::store::{Sqlite, Store as _};
use hallpass::web::addresses;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use url::form_urlencoded;

use crate::app::{RawAnswer, START, TestApp, fixture, put_rsa_keys};
use crate::html::{unescaped, words};
use crate::issuer_pages::id_token;
use crate::manual::fits;
use crate::redis::RedisServer;
use crate::tools;

/// The statuses that no request of a test provokes, and why.
const NOT_PROVOKED: [(&str, &str); 2] = [
    ("500", "it takes a template that cannot be rendered, a key that ceases to sign, or a system without randomness"),
    ("409", "it takes a logout between the beginning and the end of another request of the session"),
];

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"];

/// More than any body that is read.
const TOO_MUCH: &str = "10000000";

/// One request, as it goes over the wire.
#[derive(Clone, Debug)]
struct Call {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Call {
    fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: String::new() }
    }

    fn by(&self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self.clone() }
    }

    fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self.clone() }
    }

    /// The same without this header.
    fn without(&self, name: &str) -> Self {
        let headers = self.headers.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        Self { headers: headers.cloned().collect(), ..self.clone() }
    }

    /// The same with this header in place of any other of its name.
    fn with(&self, name: &str, value: &str) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    }

    fn saying(&self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self.clone() }
    }

    fn bytes(&self, host: &str) -> String {
        let mut call = self.clone();
        let has = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        for (name, value) in [("Host", host), ("Content-Length", &self.body.len().to_string()), ("Connection", "close")]
        {
            if !has(name) {
                call = call.with(name, value);
            }
        }
        let lines: Vec<String> = call.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{} {} HTTP/1.1\r\n{}\r\n{}", call.method, call.path, lines.concat(), call.body)
    }

    fn send(&self, app: &TestApp) -> RawAnswer {
        converse(&app.url, &self.bytes(app.host()))
    }
}

fn header<'a>(answer: &'a RawAnswer, name: &str) -> Option<&'a str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// One operation as the document describes it.
#[derive(Clone)]
struct Operation {
    id: String,
    method: String,
    path: String,
    described: Value,
}

impl Operation {
    fn statuses(&self) -> impl Iterator<Item = &str> {
        self.described["responses"].as_object().unwrap().keys().map(String::as_str)
    }

    fn parameters(&self, place: &str) -> Vec<(&str, &str)> {
        let all = self.described["parameters"].as_array().unwrap().iter().filter(|it| it["in"] == place);
        all.map(|it| (it["name"].as_str().unwrap(), it["example"].as_str().unwrap())).collect()
    }

    fn needs(&self, scheme: &str) -> bool {
        self.described["security"].as_array().unwrap().iter().any(|it| it.get(scheme).is_some())
    }

    /// The media type of the body, and the example of it.
    fn body(&self) -> Option<(&str, &Value)> {
        let content = self.described["requestBody"]["content"].as_object()?;
        content.iter().next().map(|(media, it)| (media.as_str(), &it["example"]))
    }

    /// The address with these values in the places of its parameters.
    fn address(&self, value: impl Fn(&str, &str) -> String) -> String {
        let filled = self.parameters("path").into_iter().fold(self.path.clone(), |path, (name, example)| {
            path.replace(&format!("{{{name}}}"), &value(name, example))
        });
        let query =
            self.parameters("query").into_iter().map(|(name, example)| format!("{name}={}", value(name, example)));
        let query = query.collect::<Vec<_>>().join("&");
        if query.is_empty() { filled } else { format!("{filled}?{query}") }
    }

    /// The documented example, with what it takes to be let in.
    fn example(&self, app: &TestApp) -> Call {
        let mut call = Call::new(&self.method, &self.address(|_, example| example.to_owned()));
        if self.path.starts_with("/v1/transactions/") {
            phone_token(app, "15555551212/order-7");
        }
        if self.needs("basic") {
            call = call.with("Authorization", &basic("susan", "secret"));
        }
        if self.needs("telesignBasic") {
            let (id, key) = (credential(app, "TELESIGN_CUSTOMER_ID"), credential(app, "TELESIGN_API_KEY"));
            call = call.with("Authorization", &basic(&id, &key));
        }
        if self.needs("bearer") && self.id != TOKEN_IN_FORM {
            call = call.with("Authorization", &format!("Bearer {}", susans_token(app)));
        }
        if self.needs("restToken") {
            call = call.with("TOKEN", &rest_token(app));
        }
        match self.body() {
            Some((media, example)) => call.with("Content-Type", media).saying(self.example_body(app, media, example)),
            None => call,
        }
    }

    /// The example's `eyJ…` stands for a token.
    fn example_body(&self, app: &TestApp, media: &str, example: &Value) -> String {
        let token = match self.id.as_str() {
            "inspect" => api_key_token(app),
            "introspect" | "revoke" | TOKEN_IN_FORM => susans_token(app),
            "verify" => phone_token(app, "15555551212"),
            _ => String::new(),
        };
        let text = example.to_string().replace("eyJ…", &token);
        if media == "application/json" {
            return text;
        }
        let members: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish()
    }
}

/// The operation whose example has the access token in its form, and so not in the header.
const TOKEN_IN_FORM: &str = "userinfoByPost";

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// A value that was made up in the keys folder.
fn credential(app: &TestApp, name: &str) -> String {
    let text = fs::read_to_string(app.keys().join("demo-credentials.env")).unwrap();
    text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap().to_owned()
}

fn form(path: &str, body: &str) -> Call {
    Call::new("POST", path).with("Content-Type", "application/x-www-form-urlencoded").saying(body)
}

fn member(answer: &RawAnswer, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
}

fn api_key_token(app: &TestApp) -> String {
    let call = Call::new("POST", "/zoom/token").with("Authorization", &basic("susan", "secret"));
    member(&call.send(app), "token")
}

fn grant(assertion: &str) -> String {
    format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}")
}

fn bearer_token(app: &TestApp) -> String {
    member(&form("/oauth/token", &grant(&api_key_token(app))).send(app), "access_token")
}

/// An access token of the client susan that opens every resource, made without a request: a server remembers the secret
/// of a client that asked it.
fn susans_token(app: &TestApp) -> String {
    let grant = bearer::AccessTokenParties { issuer: &app.url, subject: "susan", client_id: "susan" };
    let terms = bearer::Terms { scope: Some("openid"), ..bearer::Terms::default() };
    let jti = Random::system().bytes().unwrap();
    bearer::issue_on(&app.ring(), &grant, &terms, jti, app.clock.now()).unwrap().into_string()
}

fn rest_token(app: &TestApp) -> String {
    member(&form("/loginEndpoint", "username=susan&password=secret").send(app), "token")
}

fn phone_token(app: &TestApp, path: &str) -> String {
    let answer = Call::new("GET", &format!("/v1/token/{path}")).send(app);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The document of a running server.
struct Document(Value);

impl Document {
    fn of(app: &TestApp) -> Self {
        let answer = Call::new("GET", "/openapi.json").send(app);
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        Self(serde_json::from_str(&answer.body).unwrap())
    }

    fn operations(&self) -> Vec<Operation> {
        let of_path = |(path, methods): (&String, &Value)| {
            let methods = methods.as_object().unwrap().clone();
            let path = path.clone();
            methods.into_iter().map(move |(method, described)| Operation {
                id: described["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                described,
            })
        };
        self.0["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
    }

    fn operation(&self, id: &str) -> Operation {
        self.operations().into_iter().find(|operation| operation.id == id).unwrap()
    }

    /// The methods of each address.
    fn addresses(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for operation in self.operations() {
            addresses.entry(operation.path).or_default().insert(operation.method);
        }
        addresses
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema["$ref"].as_str() else { return schema };
        let found = self.0.pointer(reference.trim_start_matches('#'));
        found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    /// Asserts that `value` is what `schema` says, with no member beside those that it names.
    fn assert_fits(&self, value: &Value, schema: &Value) {
        if let Some(items) = value.as_array() {
            assert_eq!(schema["type"], "array", "{value}");
            return items.iter().for_each(|item| self.assert_fits(item, &schema["items"]));
        }
        let misfit = self.misfit(value, schema);
        assert!(misfit.is_none(), "{}: {value}", misfit.unwrap());
        let names = self.names(schema);
        for name in value.as_object().unwrap().keys() {
            assert!(names.contains(name), "{name} is not documented: {value}");
        }
    }

    fn names(&self, schema: &Value) -> BTreeSet<String> {
        let schema = self.resolve(schema);
        let own = schema["properties"].as_object().into_iter().flat_map(|it| it.keys().cloned());
        let bases = ["allOf", "anyOf"].into_iter().flat_map(|several| schema[several].as_array().into_iter().flatten());
        let inherited = bases.flat_map(|it| self.names(it));
        own.chain(inherited).collect()
    }

    /// What in `value` is not as `schema` says.
    fn misfit(&self, value: &Value, schema: &Value) -> Option<String> {
        let schema = self.resolve(schema);
        let list = |name: &str| schema[name].as_array().into_iter().flatten();
        if let Some(kind) = schema["type"].as_str().filter(|kind| !is_of(kind, value)) {
            return Some(format!("{value} is no {kind}"));
        }
        if schema["enum"].is_array() && list("enum").all(|it| it != value) {
            return Some(format!("{value} is none of {}", schema["enum"]));
        }
        if schema["anyOf"].is_array() && list("anyOf").all(|it| self.misfit(value, it).is_some()) {
            return Some(format!("{value} is none of {}", schema["anyOf"]));
        }
        if let Some(absent) = list("required").find(|name| value.get(name.as_str().unwrap()).is_none()) {
            return Some(format!("{absent} is missing"));
        }
        let length = value.as_str().map_or(0, |text| text.chars().count() as u64);
        if !(schema["minLength"].as_u64().unwrap_or(0)..=schema["maxLength"].as_u64().unwrap_or(u64::MAX))
            .contains(&length)
        {
            return Some(format!("{value} is too short or too long"));
        }
        if let Some(misfit) = self.misfit_of_limits(value, schema) {
            return Some(misfit);
        }
        let members = schema["properties"].as_object().into_iter().flatten();
        let mut inner = members.filter_map(|(name, it)| value.get(name).map(|value| (value, it)));
        let mut items = value.as_array().into_iter().flatten().map(|item| (item, &schema["items"]));
        let mut bases = list("allOf").map(|it| (value, it));
        let misfit = |(value, schema): (&Value, &Value)| self.misfit(value, schema);
        inner.find_map(misfit).or_else(|| items.find_map(misfit)).or_else(|| bases.find_map(misfit))
    }
}

impl Document {
    /// What in `value` is beyond the limits of `schema`.
    fn misfit_of_limits(&self, value: &Value, schema: &Value) -> Option<String> {
        let list = |name: &str| schema[name].as_array().into_iter().flatten();
        if let Some(number) = value.as_f64() {
            let is_over = schema["minimum"].as_f64().is_some_and(|least| number < least)
                || schema["maximum"].as_f64().is_some_and(|most| number > most)
                || schema["exclusiveMaximum"].as_f64().is_some_and(|end| number >= end);
            return is_over.then(|| format!("{value} is out of its limits"));
        }
        if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str())
            && !fits_pattern(text, pattern)
        {
            return Some(format!("{value} is not {pattern}"));
        }
        if schema["additionalProperties"] == false {
            let known = schema["properties"].as_object().unwrap();
            let unknown = value.as_object()?.keys().find(|name| !known.contains_key(*name));
            if let Some(unknown) = unknown {
                return Some(format!("{unknown} is not known"));
            }
        }
        if schema["oneOf"].is_array() && list("oneOf").filter(|it| self.misfit(value, it).is_none()).count() != 1 {
            return Some(format!("{value} is not exactly one of {}", schema["oneOf"]));
        }
        let is_excluded = schema["not"].is_object() && self.misfit(value, &schema["not"]).is_none();
        is_excluded.then(|| format!("{value} is what must not be: {}", schema["not"]))
    }
}

/// The patterns of the document; a test of them needs no more.
fn fits_pattern(text: &str, pattern: &str) -> bool {
    match pattern {
        "^[^\\u0000-\\u001F\\u007F-\\u009F]*$" => !text.chars().any(char::is_control),
        "^\\+?[0-9]{7,15}$" => {
            let digits = text.strip_prefix('+').unwrap_or(text);
            (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
        }
        "^[!-~]{1,128}$" => (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
        "^/[!-\"$->@-~]{0,1023}$" => {
            let path = text.strip_prefix('/');
            path.is_some_and(|it| it.len() < 1024 && it.bytes().all(|it| it.is_ascii_graphic() && !b"?#".contains(&it)))
        }
        other => panic!("this test does not know the pattern {other}"),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type of JSON Schema"),
    }
}

/// Holds every answer against the document, and remembers which statuses came.
struct DocumentChecker {
    document: Document,
    seen: BTreeSet<(String, String)>,
}

impl DocumentChecker {
    fn new(document: Document) -> Self {
        Self { document, seen: BTreeSet::new() }
    }

    fn ask(&mut self, app: &TestApp, operation: &Operation, call: &Call) -> u16 {
        let answer = call.send(app);
        self.check(operation, call, &answer);
        answer.status
    }

    /// Asks by GET, and by HEAD where the address takes it.
    fn ask_by_get_and_head(&mut self, app: &TestApp, id: &str, call: &Call) -> u16 {
        let operation = self.document.operation(id);
        let status = self.ask(app, &operation, call);
        if self.document.addresses()[&operation.path].contains("HEAD") {
            let head = self.document.operation(&format!("{id}Head"));
            assert_eq!(self.ask(app, &head, &call.by("HEAD")), status, "{call:?}");
        }
        status
    }

    fn check(&mut self, operation: &Operation, call: &Call, answer: &RawAnswer) {
        let status = answer.status.to_string();
        let response = &operation.described["responses"][&status];
        assert!(response.is_object(), "{} answers {status}, undocumented, to {call:?}: {}", operation.id, answer.body);
        for name in response["headers"].as_object().into_iter().flat_map(|it| it.keys()) {
            assert!(header(answer, name).is_some(), "{} {status} without {name} to {call:?}", operation.id);
        }
        self.assert_content(operation, response, answer);
        self.seen.insert((operation.id.clone(), status));
    }

    fn assert_content(&self, operation: &Operation, response: &Value, answer: &RawAnswer) {
        let Some(content) = response["content"].as_object() else {
            return assert_eq!(answer.body, "", "{} {} has no body", operation.id, answer.status);
        };
        let kind = header(answer, "content-type").unwrap().split(';').next().unwrap();
        let schema = content.get(kind).or_else(|| content.get("*/*"));
        let schema = schema.unwrap_or_else(|| panic!("{} {} is {kind}", operation.id, answer.status));
        if kind == "application/json" {
            self.document.assert_fits(&serde_json::from_str(&answer.body).unwrap(), &schema["schema"]);
        }
    }

    /// What is documented and was never answered.
    fn missing(&self) -> Vec<(String, String)> {
        let documented = self.document.operations().into_iter().flat_map(|operation| {
            let id = operation.id.clone();
            operation.statuses().map(|status| (id.clone(), status.to_owned())).collect::<Vec<_>>()
        });
        documented.filter(|it| !self.seen.contains(it)).collect()
    }
}

fn open_app() -> TestApp {
    TestApp::with(&[("phone-rate", "off")])
}

#[test]
fn the_document_is_an_openapi_document_whose_references_resolve() {
    let app = open_app();
    let document = Document::of(&app);
    assert_eq!(document.0["openapi"], "3.1.0");
    assert_eq!(document.0["info"]["title"], "Hallpass");
    assert_eq!(document.0["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document.0["servers"], json!([{ "url": app.url }]));
    assert_references_resolve(&document, &document.0);
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        assert!(ids.insert(operation.id.clone()), "{} stands twice", operation.id);
        assert_operation_is_whole(&document, &operation);
    }
}

fn assert_references_resolve(document: &Document, value: &Value) {
    document.resolve(value);
    let members = value.as_object().into_iter().flat_map(|it| it.values());
    for inner in members.chain(value.as_array().into_iter().flatten()) {
        assert_references_resolve(document, inner);
    }
}

fn assert_operation_is_whole(document: &Document, operation: &Operation) {
    let described = &operation.described;
    let tags = document.0["tags"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["name"] == described["tags"][0]), "{} has a tag", operation.id);
    for response in described["responses"].as_object().unwrap().values() {
        assert!(!response["description"].as_str().unwrap().is_empty(), "{}", operation.id);
    }
    for scheme in described["security"].as_array().unwrap().iter().flat_map(|it| it.as_object().unwrap().keys()) {
        assert!(document.0["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
    let in_path: BTreeSet<&str> = operation.path.split('{').skip(1).map(|it| it.split_once('}').unwrap().0).collect();
    assert_eq!(in_path, operation.parameters("path").into_iter().map(|(name, _)| name).collect(), "{}", operation.id);
}

/// Addresses of the lab's pages that only these pages lead to, and of which each lesson has its own or none.
const UNDOCUMENTED: [&str; 1] = ["/lab/lessons/{slug}/{step}"];

/// The route table without them.
fn routes() -> BTreeMap<String, BTreeSet<String>> {
    let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, method) in addresses(false).filter(|(path, _)| !UNDOCUMENTED.contains(path)) {
        routes.entry(path.to_owned()).or_default().insert(method.to_owned());
    }
    routes
}

#[test]
fn the_routes_of_the_server_are_those_of_the_document() {
    assert_eq!(Document::of(&open_app()).addresses(), routes());
}

#[test]
fn every_documented_example_is_answered_with_success() {
    let app = open_app();
    let mut checker = DocumentChecker::new(Document::of(&app));
    for operation in checker.document.operations() {
        let status = checker.ask(&app, &operation, &operation.example(&app));
        assert!((200..400).contains(&status), "{} answers {status}", operation.id);
    }
}

#[test]
fn in_test_mode_its_operations_are_documented_and_their_examples_work() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let mut checker = DocumentChecker::new(Document::of(&app));
    let operations = checker.document.operations();
    let of_test_mode: Vec<_> = operations.into_iter().filter(|it| it.path.starts_with("/test/")).collect();
    assert_eq!(of_test_mode.len(), 14);
    for operation in of_test_mode {
        let status = checker.ask(&app, &operation, &operation.example(&app));
        assert!((200..300).contains(&status), "{} answers {status}", operation.id);
    }
}

/// Whether the server takes this body for what it asks, whatever comes of it then.
fn is_taken(app: &TestApp, operation: &Operation, body: &Value) -> bool {
    let (media, _) = operation.body().unwrap();
    let example = operation.example(app);
    let text = if media == "application/json" {
        body.to_string()
    } else {
        let members = body.as_object().unwrap().iter();
        let pairs = members.map(|(name, value)| (name, value.as_str().map_or(value.to_string(), str::to_owned)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    // Who asks stands in the body alone, so that it is read.
    let is_login = operation.needs("basic");
    let checks_login = is_login || operation.needs("client") || LOGIN_FORMS.contains(&operation.id.as_str());
    let call = if is_login { example.without("Authorization") } else { example };
    let answer = call.saying(text).send(app);
    let is_refused = answer.status == 400 || checks_login && answer.status == 401;
    !is_refused && (answer.status < 500 || panic!("{} {body}: {}", operation.id, answer.body))
}

/// Values of every kind, and some at the limits that a schema names.
fn values_around(schema: &Value) -> Vec<Value> {
    let mut values = vec![json!(null), json!(true), json!(7), json!(-1), json!(1.5), json!("x"), json!(""), json!([])];
    values.extend([json!({}), json!({ "x": 1 }), json!(["x"]), json!("a\nb"), json!("a\u{7f}"), json!("\u{85}")]);
    for limit in ["minimum", "maximum", "exclusiveMaximum"].iter().filter_map(|name| schema[name].as_i64()) {
        values.extend([limit - 1, limit, limit.saturating_add(1)].map(Value::from));
    }
    for limit in ["minLength", "maxLength"].iter().filter_map(|name| schema[name].as_u64()) {
        let length = usize::try_from(limit).unwrap();
        values.extend([length.saturating_sub(1), length, length + 1].map(|length| Value::from("é".repeat(length))));
    }
    values.extend(schema["enum"].as_array().into_iter().flatten().cloned());
    values.extend(schema["anyOf"].as_array().into_iter().flatten().flat_map(values_around));
    values
}

/// Where the example has one member and a schema asks for one of several, this one takes its place.
fn example_with(document: &Document, schema: &Value, example: &Value, name: &str, value: &Value) -> Value {
    let mut body = example.clone();
    let one_of = |name: &str| {
        let several = document.resolve(schema)["oneOf"].as_array().into_iter().flatten();
        several.flat_map(|it| it["required"].as_array().unwrap()).any(|it| it == name)
    };
    if one_of(name) {
        body.as_object_mut().unwrap().retain(|other, _| !one_of(other));
    }
    body[name] = value.clone();
    body
}

/// Bodies that the schema allows and the server refuses, for a reason between two members or outside the body.
fn is_beyond_the_schema(operation: &Operation, name: &str, value: &Value) -> bool {
    match (operation.id.as_str(), name) {
        // An empty subject or password is no login.
        ("accessToken" | "apiKeyToken", "username" | "password") => value.is_null() || value == "",
        // Where the clock would leave the years in which a token can have dates depends on where it stands. Keys are
        // withdrawn at once, while the example of a rotation asks for a later start. Which redirect URIs are accepted
        // is a setting.
        ("setClock", "advance") | ("testRotate", "withdraw") | (_, "redirect_uri" | "post_logout_redirect_uri") => true,
        // Bearer tokens, of which the example is one, are not signed under HS256.
        ("testFlawed", "algorithm") => value == "HS256",
        // The example's key signs under some algorithms alone; not every text is a key; each attack has variants of its
        // own; every other grant needs parameters of its own; a scope and a resource have a syntax; an empty
        // secret is none, which not every client may do without; and the example's token is another client's.
        (id, name) => matches!(
            (id, name),
            ("testSign", "algorithm" | "key")
                | ("inspect", "key" | "action" | "profile" | "algorithm")
                | ("attempt", "variant")
                | ("oauthToken", "grant_type" | "scope" | "audience" | "resource")
                | ("oauthToken" | "introspect", "client_secret")
                | ("revoke", "client_id")
        ),
    }
}

/// The document is neither stricter than the server nor laxer: what a schema refuses, the server refuses, and the other
/// way round, member for member.
#[test]
fn a_body_is_refused_exactly_where_its_schema_refuses_it() {
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "off"), ("login-rate", "off")]);
    let document = Document::of(&app);
    let mut tried = 0;
    for operation in document.operations().iter().filter(|it| it.body().is_some()) {
        let (media, example) = operation.body().unwrap();
        let schema = &operation.described["requestBody"]["content"][media]["schema"];
        let is_json = media == "application/json";
        let token = operation.example_body(&app, media, example);
        let example: Value = if is_json { serde_json::from_str(&token).unwrap() } else { form_members(&token) };
        for (name, member) in document.resolve(schema)["properties"].as_object().unwrap() {
            let without = without_member(&example, name);
            assert_agree(&document, &app, operation, schema, name, &without);
            let values = values_around(member).into_iter().chain(values_around(document.resolve(member)));
            for value in values.filter(|value| is_json || value.is_string()) {
                assert_agree(
                    &document,
                    &app,
                    operation,
                    schema,
                    name,
                    &example_with(&document, schema, &example, name, &value),
                );
                tried += 1;
            }
        }
        if is_json {
            assert_agree(
                &document,
                &app,
                operation,
                schema,
                "extra",
                &example_with(&document, schema, &example, "extra", &json!(1)),
            );
        }
    }
    assert!(tried > 500, "{tried}");
}

fn form_members(text: &str) -> Value {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), Value::from(&*value))).collect()
}

fn without_member(example: &Value, name: &str) -> Value {
    let members = example.as_object().unwrap().iter().filter(|(known, _)| *known != name);
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn assert_agree(document: &Document, app: &TestApp, operation: &Operation, schema: &Value, name: &str, body: &Value) {
    let misfit = document.misfit(body, schema);
    let is_taken = is_taken(app, operation, body);
    let reset = Call::new("POST", "/test/reset").send(app);
    assert_eq!(reset.status, 204);
    if let Some(misfit) = misfit {
        assert!(!is_taken, "{} takes {body}, and the document refuses it: {misfit}", operation.id);
    } else if !is_beyond_the_schema(operation, name, &body[name]) && body.get(name).is_some() {
        assert!(is_taken, "{} refuses {body}, and the document does not", operation.id);
    }
}

/// A body that is required is required, and one that may be left out may.
#[test]
fn a_body_is_required_exactly_where_the_document_says_so() {
    let app = TestApp::with(&[("test-mode", "on"), ("phone-rate", "off")]);
    for operation in Document::of(&app).operations().iter().filter(|it| it.body().is_some()) {
        let mut call = operation.example(&app).without("Content-Type").saying("");
        if operation.id == TOKEN_IN_FORM {
            call = call.with("Authorization", &format!("Bearer {}", susans_token(&app)));
        }
        let answer = call.send(&app);
        let is_required = operation.described["requestBody"]["required"] == true;
        assert_eq!(answer.status >= 400, is_required, "{} {}: {}", operation.id, answer.status, answer.body);
    }
}

/// The subject and the life of a token, as parameters of *Get token*.
#[test]
fn a_parameter_is_refused_exactly_where_its_schema_refuses_it() {
    let app = open_app();
    let document = Document::of(&app);
    let refused_as = |id: &str, name: &str, value: &str| {
        let operation = document.operation(id);
        let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20");
        let address = operation.address(|it, example| if it == name { encoded.clone() } else { example.to_owned() });
        let answer = operation.example(&app).at(address).send(&app);
        let parameters = operation.described["parameters"].as_array().unwrap();
        let schema = parameters.iter().find(|it| it["name"] == name).unwrap()["schema"].clone();
        let typed = if schema["type"] == "integer" {
            value.parse::<i64>().map_or(json!(value), Value::from)
        } else {
            json!(value)
        };
        let misfit = document.misfit(&typed, &schema);
        assert_eq!(answer.status == 400, misfit.is_some(), "{id} {name}={value:?}: {} {misfit:?}", answer.status);
    };
    let long = "é".repeat(64);
    let longer = "é".repeat(65);
    let texts = ["a", "", ".", "..", "...", "a\nb", "\t", "\u{7f}", "\u{85}", "José", "a`b[c]", "validate", "Validate"];
    let pages =
        ["token", "loginEndpoint", "anEndpoint", "metrics", "docs", "lab", "tutorials", "openapi.json", "favicon.ico"];
    for text in texts.into_iter().chain(pages).chain([long.as_str(), longer.as_str()]) {
        refused_as("generate", "sub", text);
    }
    for ttl in ["0", "1", "60", "86400", "86401", "-1", "1.5", "x", "", "9223372036854775807"] {
        refused_as("generate", "ttl", ttl);
    }
    for limit in ["0", "1", "100", "101", "x", ""] {
        refused_as("transactions", "limit", limit);
    }
    for after in ["0", "1", "-1", "x", "9223372036854775807"] {
        refused_as("transactions", "after", after);
    }
    for number in ["1555555", "155555", "+155555512345678", "+1555555123456789", "15x", "+", "１５５５５５５１２"]
    {
        refused_as("transactions", "phone_number", number);
    }
}

#[test]
fn every_other_method_is_405_and_allow_names_the_documented_ones() {
    let app = open_app();
    let mut checker = DocumentChecker::new(Document::of(&app));
    for (path, allowed) in checker.document.addresses() {
        let operation = checker.document.operations().into_iter().find(|it| it.path == path).unwrap();
        let example = operation.example(&app);
        for method in METHODS.into_iter().filter(|method| !allowed.contains(*method)) {
            let answer = example.by(method).send(&app);
            if path == "/{result}" {
                // It takes every name by GET, and nothing is there for another method.
                assert_eq!((answer.status, header(&answer, "allow")), (404, None), "{method} {path}");
            } else {
                let named = header(&answer, "allow").unwrap_or_default().split(", ").map(str::to_owned);
                assert_eq!((answer.status, named.collect()), (405, allowed.clone()), "{method} {path}");
            }
            if method != "HEAD" {
                checker.check(&operation, &example.by(method), &answer);
            }
        }
    }
}

/// What stands in a parameter when somebody tries things out, and some values of another kind.
const ODD: [&str; 14] = [
    "0",
    "x",
    "",
    "-1",
    "1e3",
    "%00",
    "%FF%FE",
    "%2e%2e%2f",
    "a%20b",
    "%E2%80%AE",
    "%zz",
    "a&sub=b&limit=1",
    "99999999999999999999",
    "%7B%22a%22%3A1%7D",
];

const ODD_BODIES: [&str; 21] = [
    "",
    "x",
    "[]",
    "null",
    "{}",
    "{",
    "\u{0}",
    "{\"token\":1}",
    "{\"token\":\"x\"}",
    "{\"status\":\"\"}",
    "{\"username\":1,\"password\":[]}",
    "{\"username\":\"susan\"}",
    "{\"username\":\"a\",\"password\":\"b\",\"ttl\":0}",
    "{\"username\":\"a\",\"password\":\"b\",\"ttl\":1.5}",
    "{\"username\":\"a\",\"password\":\"b\",\"grants\":{\"x\":{}}}",
    "{\"username\":\"a\",\"password\":\"b\",\"region\":7}",
    "algorithm=none",
    "step=skip",
    "algorithm=HS256&algorithm=HS256",
    "grant_type=password&assertion=x",
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c",
];

const ODD_HEADERS: [(&str, &str); 22] = [
    ("Host", "evil.example"),
    ("Origin", "http://evil.example"),
    ("Origin", "null"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Content-Length", TOO_MUCH),
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/json; charset=utf-16"),
    ("Content-Type", "application/x-www-form-urlencoded; charset=latin1"),
    ("Content-Type", "é"),
    ("Accept", "text/html"),
    ("Accept", "application/json"),
    ("Accept", "text/html;q=0.1, application/json"),
    ("Cookie", "hallpass=a; hallpass=b"),
    ("Cookie", "hallpass=%00"),
    ("Cookie", "é=é; =;;"),
    ("Authorization", "Basic"),
    ("Authorization", "Basic %%%"),
    ("Authorization", "Basic Og=="),
    ("Authorization", "Bearer x"),
    ("Authorization", "Digest é"),
    ("TOKEN", "a.b.c"),
    ("X-Forwarded-For", "é, 1.2.3.4"),
];

/// The example, and what spoils it in every way that the document lets one guess.
fn variants(operation: &Operation, example: &Call) -> Vec<Call> {
    let places = [operation.parameters("path"), operation.parameters("query")].concat();
    let long = "x".repeat(300);
    let odd = ODD.into_iter().chain([long.as_str()]);
    let addresses = odd.flat_map(|odd| places.iter().map(move |(spoilt, _)| (*spoilt, odd)));
    let addresses = addresses.map(|(spoilt, odd)| {
        example.at(operation.address(|name, it| if name == spoilt { odd } else { it }.to_owned()))
    });
    // A HEAD ends with its connection, which the server keeps for a second more when it did not read the body.
    let bodies = ODD_BODIES.into_iter().filter(|_| operation.method != "HEAD").flat_map(|body| {
        let body = example.saying(body);
        [body.clone(), body.without("Authorization"), body.without("Content-Type")]
    });
    // Where no body is read, one that is announced and never comes only keeps the connection open.
    let headers = ODD_HEADERS.into_iter().filter(|(name, _)| *name != "Content-Length" || operation.body().is_some());
    let headers = headers.map(|(name, value)| example.with(name, value));
    let bare = ["Authorization", "TOKEN", "Content-Type"].into_iter().map(|name| example.without(name));
    let query =
        [example.at(format!("{}?x=1&x=1", operation.address(|_, it| it.to_owned()).split('?').next().unwrap()))];
    // An empty segment is another address, with nothing there.
    let is_there = |call: &Call| {
        let path = call.path.split('?').next().unwrap();
        !path.contains("//") && !path.ends_with('/')
    };
    let all = addresses.chain(bodies).chain(headers).chain(bare).chain(query);
    all.filter(|call| is_there(call) || operation.path == "/").collect()
}

#[test]
fn every_documented_status_is_answered_and_no_other() {
    let app = open_app();
    let mut checker = DocumentChecker::new(Document::of(&app));
    for operation in checker.document.operations() {
        let example = operation.example(&app);
        // At an address that takes every name, another method has the status of a name that is not there.
        let other = example.by(if operation.path == "/{result}" { &operation.method } else { "BREW" });
        for call in variants(&operation, &example).iter().chain([&example, &other]) {
            checker.ask(&app, &operation, call);
        }
    }
    judge_sessions(&mut checker, &app);
    log_in_and_out(&mut checker, &app);
    finish_transactions(&mut checker, &app);
    lack_the_scope(&mut checker, &app);
    ask_for_a_renamed_attack(&mut checker, &app);
    ask_from_elsewhere(&mut checker);
    outgrow_the_cookie(&mut checker);
    ask_too_often(&mut checker);
    lose_the_store(&mut checker);
    let lost = lose_the_sessions(&mut checker) && begin_too_many_sessions(&mut checker);
    send_slowly(&mut checker, &app);
    if !lost {
        return;
    }

    let rare = |(id, status): &(String, String)| {
        let is_rare = checker.document.operation(id).described["responses"][status]["x-rare"] == true;
        is_rare && NOT_PROVOKED.iter().any(|(known, _)| known == status)
    };
    let missing: Vec<_> = checker.missing().into_iter().filter(|it| !rare(it)).collect();
    assert!(missing.is_empty(), "documented and never answered: {missing:?}");
}

fn judge_sessions(checker: &mut DocumentChecker, app: &TestApp) {
    let generated = Call::new("GET", "/generate").send(app);
    let cookie = header(&generated, "set-cookie").unwrap().split(';').next().unwrap();
    let call = Call::new("GET", "/validate").with("Accept", "application/json");
    assert_eq!(checker.ask_by_get_and_head(app, "validate", &call.with("Cookie", cookie)), 200);
    assert_eq!(checker.ask_by_get_and_head(app, "validate", &call), 401);
    let attempt = checker.document.operation("attempt");
    assert_eq!(checker.ask(app, &attempt, &attempt.example(app).saying("action=put")), 303);
}

fn log_in_and_out(checker: &mut DocumentChecker, app: &TestApp) {
    let request = "response_type=code&client_id=app&redirect_uri=http://localhost:3000/callback";
    let by_form = checker.document.operation("authorizeByForm");
    assert_eq!(checker.ask(app, &by_form, &form("/oauth/authorize", &format!("{request}&prompt=none"))), 303);
    let login = checker.document.operation("logInForClient");
    let fields = format!("{request}&response_mode=form_post&username=susan&password=secret");
    assert_eq!(checker.ask(app, &login, &form("/oauth/login", &fields)), 200);
    assert_eq!(checker.ask(app, &login, &form("/oauth/login", &fields.replace("secret", ""))), 401);
    let logout = checker.document.operation("logOutForClient");
    let (hint, uri) = (id_token(app, "app", START), "http://localhost:3000/");
    let path = format!("/oauth/logout?id_token_hint={hint}&post_logout_redirect_uri={uri}");
    assert_eq!(checker.ask(app, &logout, &Call::new("GET", &path)), 303);
}

fn finish_transactions(checker: &mut DocumentChecker, app: &TestApp) {
    let of_xid = checker.document.operation("phoneTokenOfXid");
    let verify = checker.document.operation("verify");
    let present = |token: &str| {
        let body = json!({ "token": token }).to_string();
        Call::new("POST", "/v1/verify").with("Content-Type", "application/json").saying(body)
    };
    let early = phone_token(app, "15555551212/order-8");
    app.advance(1);
    let late = phone_token(app, "15555551212/order-8");
    assert_eq!(checker.ask(app, &verify, &present(&early)), 404);
    assert_eq!(checker.ask(app, &verify, &present(&late)), 200);
    assert_eq!(checker.ask(app, &verify, &present(&late)), 409);
    for path in ["/v1/token/15555551212/order-8", "/v1/token/15555551213/order-8"] {
        assert_eq!(checker.ask(app, &of_xid, &Call::new("GET", path)), 409, "{path}");
    }
    let customer = checker.document.operation("transaction").example(app);
    assert_eq!(checker.ask_by_get_and_head(app, "transaction", &customer.at("/v1/transactions/none")), 404);
    let report = checker.document.operation("reportStatus");
    let call = report.example(app).at("/v1/transactions/none/status");
    assert_eq!(checker.ask(app, &report, &call), 404);
    let of_order = customer.at("/v1/transactions?phone_number=15555551212&limit=1");
    assert_eq!(checker.ask_by_get_and_head(app, "transactions", &of_order), 200);
}

fn ask_for_a_renamed_attack(checker: &mut DocumentChecker, app: &TestApp) {
    let former = Call::new("GET", "/lab/attacks/other-door");
    assert_eq!(checker.ask_by_get_and_head(app, "attack", &former), 308);
}

fn lack_the_scope(checker: &mut DocumentChecker, app: &TestApp) {
    let call = Call::new("GET", "/oauth/userinfo").with("Authorization", &format!("Bearer {}", bearer_token(app)));
    assert_eq!(checker.ask_by_get_and_head(app, "userinfo", &call), 403);
    let by_post = checker.document.operation("userinfoByPost");
    assert_eq!(checker.ask(app, &by_post, &call.by("POST")), 403);
}

/// The answer key of a server that other machines reach.
fn ask_from_elsewhere(checker: &mut DocumentChecker) {
    let app = TestApp::with(&[("bind", "0.0.0.0:0"), ("credentials", "any")]);
    assert_eq!(checker.ask_by_get_and_head(&app, "answerKey", &Call::new("GET", "/lab/teach/key")), 403);
}

/// A key so large that the longest subject's token fits no cookie.
fn outgrow_the_cookie(checker: &mut DocumentChecker) {
    let folder = TempDir::new().unwrap();
    put_rsa_keys(folder.path());
    fs::copy(fixture("rsa-8192-pkcs8.pem"), folder.path().join("jwt_key")).unwrap();
    let app = TestApp::in_folder(folder, &[("algorithm", "RS256")]);
    let call = Call::new("GET", &format!("/generate?sub={}", "%F0%9F%8E%AB".repeat(64)));
    assert_eq!(checker.ask_by_get_and_head(&app, "generate", &call), 413);
}

const LOGINS: [&str; 4] = ["accessToken", "apiKeyToken", "login", "logInForClient"];

/// Those whose username and password stand in a form.
const LOGIN_FORMS: [&str; 2] = ["login", "logInForClient"];

/// Those that look a login up, if its cookie comes.
const OF_A_LOGIN: [&str; 4] = ["authorize", "authorizeByForm", "logOutForClient", "logOutByForm"];

fn ask_too_often(checker: &mut DocumentChecker) {
    let app = TestApp::with(&[("phone-rate", "1/m"), ("login-rate", "1/m"), ("credentials", "users")]);
    let clients = ["oauthToken", "introspect", "revoke"];
    for id in LOGINS.into_iter().chain(clients).chain(["phoneToken", "phoneTokenOfXid"]) {
        let operation = checker.document.operation(id);
        let call = operation.example(&app);
        checker.ask(&app, &operation, &call);
        assert_eq!(checker.ask(&app, &operation, &call), 429, "{id}");
    }
}

/// A server that knows susan.
async fn app_with_susan() -> TestApp {
    let app = TestApp::with(&[("phone-rate", "off"), ("login-rate", "off"), ("credentials", "users")]);
    let store = Sqlite::open(&database(&app)).await.unwrap();
    store.put_user("susan", &hash_password(&Password::new("secret"), [7; 16]).unwrap()).await.unwrap();
    store.close().await;
    app
}

fn database(app: &TestApp) -> String {
    format!("sqlite:{}", app.keys().join("hallpass.db").display())
}

async fn drop_tables(app: &TestApp) {
    let mut connection = SqliteConnection::connect(&database(app)).await.unwrap();
    for statement in [
        "DROP TABLE transactions",
        "DROP TABLE used_tokens",
        "DROP TABLE revoked_tokens",
        "DROP TABLE users",
        "DROP TABLE login_sessions",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
}

/// Every operation is asked as before; those that need the store say that it is unavailable.
fn lose_the_store(checker: &mut DocumentChecker) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(app_with_susan());
    let calls: Vec<_> = checker.document.operations().into_iter().map(|it| (it.example(&app), it)).collect();
    let bearer = bearer_token(&app);
    runtime.block_on(drop_tables(&app));
    for (call, operation) in calls {
        let has_login = OF_A_LOGIN.contains(&operation.id.as_str());
        let call = if has_login { call.with("Cookie", "hallpass-login=x") } else { call };
        let status = checker.ask(&app, &operation, &call);
        let is_documented = operation.statuses().any(|status| status == "503");
        let needs_sessions_alone = operation.needs("session");
        assert_eq!(status == 503, is_documented && !needs_sessions_alone, "{} {status}", operation.id);
    }
    let exchange = checker.document.operation("oauthToken");
    let claims = json!({ "iss": credential(&app, "ZOOM_API_KEY"), "exp": START + 60, "jti": "once" });
    let key = EncodingKey::from_secret(credential(&app, "ZOOM_API_SECRET").as_bytes()).unwrap();
    let assertion = jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap();
    assert_eq!(checker.ask(&app, &exchange, &form("/oauth/token", &grant(&assertion))), 503);
    let inspect = checker.document.operation("inspect");
    let order = json!({ "action": "verify", "profile": "bearer", "token": bearer });
    let call = Call::new("POST", "/lab/inspect").with("Content-Type", "application/json").saying(order.to_string());
    assert_eq!(checker.ask(&app, &inspect, &call), 503);
}

/// Those that read the session say that it is unavailable, and no other does; `false` where there is no Redis to lose.
fn lose_the_sessions(checker: &mut DocumentChecker) -> bool {
    let Some(mut redis) = RedisServer::start() else { return false };
    let app = TestApp::with(&[&redis.settings()[..1], &[("phone-rate", "off")]].concat());
    let generated = Call::new("GET", "/generate").send(&app);
    let cookie = header(&generated, "set-cookie").unwrap().split(';').next().unwrap();
    let calls: Vec<_> = checker.document.operations().into_iter().map(|it| (it.example(&app), it)).collect();
    redis.stop();
    for (call, operation) in calls {
        let status = checker.ask(&app, &operation, &call.with("Cookie", cookie));
        let reads_it = operation.needs("session") || operation.path == "/readyz";
        assert_eq!(status == 503, reads_it, "{} {status}", operation.id);
    }
    true
}

/// Whatever begins a session is refused to a client that began as many as it may; `false` where there is no Redis.
fn begin_too_many_sessions(checker: &mut DocumentChecker) -> bool {
    let Some(redis) = RedisServer::start() else { return false };
    let app = TestApp::with(&[&redis.settings()[..1], &[("phone-rate", "off"), ("test-mode", "on")]].concat());
    while Call::new("GET", "/generate").send(&app).status == 302 {}
    for operation in checker.document.operations() {
        if operation.statuses().any(|status| status == "429") && operation.needs("session") {
            let call = operation.example(&app);
            let call = match operation.id.as_str() {
                "lessonStep" => solved_lesson(&call),
                "attempt" => call.saying("action=put"),
                _ => call,
            };
            assert_eq!(checker.ask(&app, &operation, &call), 429, "{}", operation.id);
        }
    }
    true
}

/// A step that is remembered, for the lesson is solved by it.
fn solved_lesson(call: &Call) -> Call {
    call.at("/lab/lessons/logout").saying("do=login")
}

/// Every body that is announced and does not come, all at once: the server waits a quarter of a minute.
fn send_slowly(checker: &mut DocumentChecker, app: &TestApp) {
    let all = checker.document.operations();
    let waiting = all.into_iter().filter(|it| it.body().is_some()).map(|operation| {
        let call = operation.example(app).saying("").with("Content-Length", "10");
        let (url, bytes) = (app.url.clone(), call.bytes(app.host()));
        (operation, call, std::thread::spawn(move || converse(&url, &bytes)))
    });
    for (operation, call, thread) in waiting.collect::<Vec<_>>() {
        let answer = thread.join().unwrap();
        assert_eq!(answer.status, 408, "{}", operation.id);
        checker.check(&operation, &call, &answer);
    }
}

/// Sends a request and reads its answer to the announced end: where a body is announced that never comes, the server
/// keeps the connection for a while after its answer.
fn converse(url: &str, request: &str) -> RawAnswer {
    let mut socket = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let read = socket.read(&mut piece).unwrap();
        bytes.extend(&piece[..read]);
        if read == 0 || !request.starts_with("HEAD ") && is_whole(&bytes) {
            break;
        }
    }
    parsed(&bytes)
}

fn is_whole(bytes: &[u8]) -> bool {
    if !bytes.windows(4).any(|it| it == b"\r\n\r\n") {
        return false;
    }
    let answer = parsed(bytes);
    header(&answer, "content-length").is_some_and(|length| answer.body.len() >= length.parse::<usize>().unwrap())
}

fn parsed(bytes: &[u8]) -> RawAnswer {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    RawAnswer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
}

/// The lines of the page, each with what is before it.
fn curl_lines(page: &str) -> Vec<String> {
    let blocks =
        page.split("<pre tabindex=\"0\"><code>").skip(1).map(|it| unescaped(it.split_once("</code>").unwrap().0));
    blocks.filter(|block| block.contains("curl ")).collect()
}

#[test]
fn the_page_s_curl_lines_work_as_they_stand() {
    if !tools::are_here(&["curl", "bash", "cut"]) {
        return;
    }
    let app = open_app();
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(app.keys(), folder.path().join("keys")).unwrap();
    let page = Call::new("GET", "/docs/api").with("Accept", "text/html").send(&app).body;
    let lines = curl_lines(&page);
    let operations = Document::of(&app).operations();
    assert_eq!(lines.len(), operations.iter().filter(|it| it.method != "HEAD").count());
    for line in lines {
        let script = format!("set -eo pipefail\ncurl() {{ command curl --fail \"$@\"; }}\n{line}");
        let run = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        assert!(run.status.success(), "{line}\n{}", String::from_utf8_lossy(&run.stdout));
    }
}

#[test]
fn the_page_shows_every_operation_every_status_and_every_shape() {
    let app = open_app();
    let document = Document::of(&app);
    let page = Call::new("GET", "/docs/api").send(&app).body;
    let (_, common) = page.split_once("id=\"common\"").unwrap();
    for operation in document.operations().iter().filter(|it| it.method != "HEAD") {
        let anchor = format!("id=\"operation-{}\"", operation.id);
        let articles = page.split("<article").filter(|article| article.contains(&anchor)).collect::<Vec<_>>();
        let [article] = articles[..] else { panic!("{} articles have {anchor}", articles.len()) };
        let article = unescaped(article);
        assert!(article.contains(&format!("<code>{}</code>", operation.path)), "{}", operation.id);
        let (_, shared) = article.split_once("<dd><a href=\"#common\">").unwrap();
        let shared: Vec<&str> = shared.split_once('<').unwrap().0.split(", ").collect();
        for status in operation.statuses() {
            let is_own = article.contains(&format!("<dt>{status}</dt>"));
            assert!(is_own || shared.contains(&status), "{} {status}", operation.id);
        }
        for status in shared {
            assert!(common.contains(&format!("<dt>{status}</dt>")), "{status} is described once");
        }
    }
    let schemas = Call::new("GET", "/docs/api/schemas").send(&app).body;
    for name in document.0["components"]["schemas"].as_object().unwrap().keys() {
        assert!(schemas.contains(&format!("id=\"shape-{name}\"")), "{name}");
    }
}

/// The titles of the page in their order.
fn titles(page: &str) -> Vec<&str> {
    page.split("<h2 id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[test]
fn the_page_has_the_tutorials_then_the_issuer_the_lab_and_test_mode() {
    let (with, without) = (TestApp::with(&[("test-mode", "on")]), TestApp::spawn());
    let order = "demo twilio zoom rest-api telesign login issuer lab test site common";
    for app in [&with, &without] {
        let page = Call::new("GET", "/docs/api").send(app).body;
        assert_eq!(titles(&page).join(" "), order);
        assert_eq!(page.contains("--test-mode on"), !page.contains("operation-testSign"));
    }
}

#[test]
fn the_page_stays_under_100_kilobytes_with_every_operation_of_test_mode() {
    let app = TestApp::with(&[("test-mode", "on")]);
    for path in ["/docs/api", "/docs/api/schemas"] {
        let page = Call::new("GET", path).send(&app).body;
        assert!(page.contains("testSign") || path.ends_with("schemas"), "{path}");
        assert!(page.len() < 100_000, "{path}: {} bytes", page.len());
    }
}

#[test]
fn every_example_answer_fits_its_schema_and_stands_beside_the_curl_line() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let document = Document::of(&app);
    let page = unescaped(&Call::new("GET", "/docs/api").send(&app).body);
    let mut examples = 0;
    for operation in document.operations().iter().filter(|it| it.method != "HEAD") {
        for (status, response) in operation.described["responses"].as_object().unwrap() {
            let content = &response["content"]["application/json"];
            if content["example"].is_null() {
                continue;
            }
            examples += 1;
            document.assert_fits(&content["example"], &content["schema"]);
            let shown = serde_json::to_string_pretty(&content["example"]).unwrap();
            assert!(status.as_str() > "299" || page.contains(&shown), "{}: {shown}", operation.id);
        }
    }
    assert!(examples > 20, "{examples}");
}

/// The example that stands beside the curl line of an operation on the page.
fn shown_example(page: &str, id: &str) -> Option<String> {
    let (_, article) = page.split_once(&format!("id=\"operation-{id}\""))?;
    let (_, exchange) = article.split_once("<div class=\"exchange\">")?;
    let (exchange, _) = exchange.split_once("<dl class=\"members answers\">")?;
    Some(unescaped(exchange.split_once("<div><pre><code>")?.1.split_once("</code>")?.0))
}

#[test]
fn an_example_that_is_a_text_or_a_redirect_is_what_is_answered() {
    let app = TestApp::with(&[("phone-rate", "off")]);
    let document = Document::of(&app);
    let page = Call::new("GET", "/docs/api").send(&app).body;
    let mut compared = 0;
    for operation in document.operations().iter().filter(|it| it.method != "HEAD") {
        let Some(example) = shown_example(&page, &operation.id).filter(|it| !it.starts_with(['{', '['])) else {
            continue;
        };
        let answer = operation.example(&app).send(&app);
        let shown = match header(&answer, "location") {
            Some(location) => format!("{}\nLocation: {location}", answer.head.lines().next().unwrap()[9..].trim()),
            None => answer.body.clone(),
        };
        assert!(fits(&example, &shown), "{}: {example:?} and not {shown:?}", operation.id);
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn the_page_says_truly_which_operations_have_an_example() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let page = Call::new("GET", "/docs/api").send(&app).body;
    assert!(words(&page).contains("Where the answer is JSON, a token or a redirect, an example stands below it."));
    for operation in Document::of(&app).operations().iter().filter(|it| it.method != "HEAD") {
        let good =
            operation.described["responses"].as_object().unwrap().iter().find(|(status, _)| status.as_str() < "400");
        let (status, response) = good.unwrap();
        let is_json = response["content"]["application/json"].is_object();
        let is_promised = is_json || status.starts_with('3') || operation.path.starts_with("/v1/token/");
        assert!(!is_promised || shown_example(&page, &operation.id).is_some(), "{} has none", operation.id);
    }
}

#[test]
fn an_example_answer_says_what_the_example_request_gets() {
    let app = TestApp::with(&[("test-mode", "on")]);
    let document = Document::of(&app);
    for (path, method, members) in [
        ("/loginEndpoint", "POST", &["error", "message"][..]),
        ("/oauth/token", "POST", &["token_type", "expires_in", "scope"]),
        ("/lab/attacks.json", "GET", &["slug", "number", "name", "changes", "expected_code", "lesson", "rfc"]),
        ("/.well-known/jwks.json", "GET", &["kty", "use", "alg", "e"]),
    ] {
        let operations = document.operations();
        let operation = operations.iter().find(|it| it.path == path && it.method == method).unwrap();
        let first = |body: &Value| [&body["keys"][0], &body[0], body].into_iter().find(|it| it.is_object()).cloned();
        let shown = first(&operation.described["responses"]["200"]["content"]["application/json"]["example"]).unwrap();
        let answer = operation.example(&app).send(&app);
        let answered = first(&serde_json::from_str(&answer.body).unwrap()).unwrap();
        for member in members {
            assert_eq!(shown[member], answered[member], "{member} of {path}");
        }
    }
}
