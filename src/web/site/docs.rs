//! What this server answers, as an OpenAPI document for programs and as a page for people.
//!
//! Both are made of the route table, curl lines included, so that they cannot differ from it or from each other. A
//! generator such as utoipa reads types and attributes. Most answers here are the tutorials' own shapes, made by hand,
//! so it would need the same descriptions again as attributes, and would make neither the page nor the curl lines.

mod answers;
mod examples;
mod openapi;
mod schemas;

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use askama::Template;
use askama::filters::HtmlSafeOutput;

use crate::web::http::endpoint::common::{FAULT, FORM, HTML, JSON};
use crate::web::http::endpoint::{
    Access, Answer, Body, Content, Description, Endpoint, Group, Kind, Method, Operation, Place, RoutePolicy,
    RouteTable,
};
use crate::web::http::origins::Origins;
use crate::web::http::problem::Problem;
use crate::web::session::Sessions;
use crate::web::view::assets::Assets;
use crate::web::view::command::in_lines;
use crate::web::view::page::render;
use answers::SHARED;
use schemas::{SCHEMAS, TEST_SCHEMAS};

pub(in crate::web) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "/openapi.json",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(document),
            Description {
                id: "document",
                summary: "The API reference as an OpenAPI document",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::json(200, "Document", "The document.")],
                curl: "curl -s {base}/openapi.json",
            },
        )],
    ),
    Endpoint::new(
        "/docs/api",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(page),
            Description {
                id: "docs",
                summary: "The API reference as a page",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/docs/api",
            },
        )],
    ),
    Endpoint::new(
        "/docs/api/schemas",
        RoutePolicy::Plain,
        &[Operation::get(
            |route| route.to(schemas_page),
            Description {
                id: "docsSchemas",
                summary: "The schemas of bodies and answers as a page",
                access: Access::Anybody,
                parameters: &[],
                body: None,
                own_answers: &[Answer::new(200, HTML, "The page."), FAULT],
                curl: "curl -s {base}/docs/api/schemas",
            },
        )],
    ),
];

/// A described operation, with the address and the method that its row gives it.
struct Documented {
    path: &'static str,
    method: Method,
    /// Whether its address takes every name, so that another method finds nothing there.
    takes_every_name: bool,
    /// Whether pages of other sites may send it.
    skips_origin_check: bool,
    /// Whether it changes something that all who use this server share.
    changes_all: bool,
    description: &'static Description,
}

/// The operations of a shared group that change nothing for others: they make a token, or fill the sender's session.
const FOR_ITS_SENDER: [&str; 3] = ["testSign", "testFlawed", "testSession"];

impl Group {
    fn documented(&self) -> impl Iterator<Item = Documented> + use<> {
        let is_shared = self.is_shared;
        self.endpoints().flat_map(move |endpoint| {
            endpoint.operations.iter().filter_map(move |operation| {
                let (path, method) = (endpoint.path, operation.method);
                let description = operation.description.as_ref()?;
                let (takes_every_name, skips_origin_check) = (endpoint.is_last(), endpoint.skips_origin_check());
                let is_read_only = matches!(method, Method::Get | Method::GetOnly);
                let changes_all = is_shared && !is_read_only && !FOR_ITS_SENDER.contains(&description.id);
                Some(Documented { path, method, takes_every_name, skips_origin_check, changes_all, description })
            })
        })
    }
}

fn schemas(test_mode: bool) -> impl Iterator<Item = &'static Schema> {
    SCHEMAS.iter().chain(if test_mode { TEST_SCHEMAS } else { &[] })
}

impl Access {
    const fn says(self) -> &'static str {
        match self {
            Self::Anybody => "Open to everybody.",
            Self::Session => "The session cookie says whose token it is.",
            Self::Login => "A username and a password, in the JSON body or by HTTP Basic; Basic needs no body.",
            Self::Form => "A username and a password, in the form.",
            Self::Client => {
                "A client id and its secret, by HTTP Basic or in the form. A client without a secret sends its id in the \
                 form. An assertion stands for its client."
            }
            Self::Bearer => "A bearer token of /oauth/token, in the header Authorization.",
            Self::BearerOrForm => "A bearer token of /oauth/token, in the header Authorization or in the form.",
            Self::RestToken => "A token of /loginEndpoint, in the header TOKEN or in the query as token.",
            Self::Customer => {
                "HTTP Basic with the customer id and the API key. The line takes those that were made up in the keys \
                 folder."
            }
        }
    }
}

impl Access {
    /// The header in which the credentials come, where a cookie or the body is not enough.
    const fn header(self) -> Option<&'static str> {
        match self {
            Self::Login | Self::Client | Self::Bearer | Self::Customer => Some("Authorization"),
            Self::RestToken => Some("TOKEN"),
            Self::Anybody | Self::Session | Self::Form | Self::BearerOrForm => None,
        }
    }
}

impl Place {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query | Self::RequiredQuery => "query",
        }
    }

    const fn is_required(self) -> bool {
        matches!(self, Self::Path | Self::RequiredQuery)
    }
}

impl Kind {
    /// The kind and its limits in words.
    fn words(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Short(least, most) => format!("text, {least} to {most} characters"),
            Self::NotEmpty => "text, not empty".to_owned(),
            Self::Plain(least, most) => format!("text, {least} to {most} characters, none of them a control character"),
            Self::Subject => format!("{}, and no page of this site", Self::Plain(1, 64).words()),
            Self::Pattern(_, words) => (*words).to_owned(),
            Self::Whole(least, most) => format!("whole number, {least} to {most}"),
            Self::Number => "number".to_owned(),
            Self::Within(least, below) => format!("number, from {least} to under {below}"),
            Self::Flag => "true or false".to_owned(),
            Self::True => "true".to_owned(),
            Self::OneOf(values) => values.join(" or "),
            Self::Code => "one of the stable codes".to_owned(),
            Self::Check => "the name of a check".to_owned(),
            Self::Time => "time, RFC 3339 in UTC".to_owned(),
            Self::Object => "object".to_owned(),
            Self::Nothing => "null".to_owned(),
            Self::Nullable(kind) => format!("{}, or null", kind.words()),
            Self::List(kind) => format!("list, each {}", kind.words()),
            Self::ListOf(schema) => format!("list of {schema}"),
            Self::Of(schema) => (*schema).to_owned(),
            Self::Either(kinds) => kinds.iter().map(Self::words).collect::<Vec<_>>().join(", or "),
        }
    }

    /// The schema that the words name, if any.
    fn schema(&self) -> Option<&'static str> {
        match self {
            Self::ListOf(schema) | Self::Of(schema) => Some(schema),
            Self::Nullable(kind) | Self::List(kind) => kind.schema(),
            Self::Either(kinds) => kinds.iter().find_map(Self::schema),
            _ => None,
        }
    }
}

impl Body {
    /// The media type in short, because the page has it often.
    fn words(&self) -> &'static str {
        match self.media {
            JSON => "JSON",
            FORM => "a form",
            other => other,
        }
    }
}

impl Content {
    /// What comes before the names of the schemas. The page says once what a refusal looks like.
    fn media(self) -> &'static str {
        match self {
            Self::Nothing => "no body",
            Self::Media("*/*") => "any type",
            Self::Media(media) => media,
            Self::Json(_) => "JSON: ",
            Self::JsonList(_) => "JSON: list of ",
            Self::JsonOrPage(_) => "text/html, or JSON: ",
            Self::Refusal => "",
        }
    }

    fn schemas(self) -> Vec<&'static str> {
        match self {
            Self::Json(schema) | Self::JsonList(schema) => vec![schema],
            Self::JsonOrPage(schemas) => schemas.to_vec(),
            Self::Nothing | Self::Media(_) | Self::Refusal => Vec::new(),
        }
    }
}

/// The answers to requests that reach no operation.
const BEFORE_ROUTING: &str = "Before any operation: an address with nothing there is 404, a page with a slash too much at its end 308, a request that is no HTTP 400, \
                              an address over 65,534 bytes 414, a head that is too large 431, and one that takes over \
                              10 s 408. The connection closes after the last four.";

impl Documented {
    /// Its first good answer, where that is short text, a redirect or JSON.
    fn example(&self) -> Option<String> {
        if let Some(text) = examples::text_of(self.description.id) {
            return Some(text.to_owned());
        }
        let answer = self.description.own_answers.iter().find(|answer| answer.status < 400)?;
        examples::indented(answer.content)
    }

    /// The method by its name, without HEAD beside GET.
    fn name(&self) -> &'static str {
        self.method.names().first().copied().unwrap_or_default()
    }

    fn refuses_head(&self) -> bool {
        self.method == Method::GetOnly
    }

    /// The class of its badge.
    fn class(&self) -> String {
        self.name().to_ascii_lowercase()
    }

    fn curl_at(&self, base: &str) -> String {
        in_lines(&self.description.curl.replace("{base}", base))
    }
}

/// The members of a JSON object or of a form.
pub(in crate::web) struct Schema {
    pub name: &'static str,
    pub says: &'static str,
    /// The schema whose members it has too.
    pub extends: Option<&'static str>,
    pub members: &'static [Member],
    /// Whether other members are refused.
    pub is_closed: bool,
    /// Exactly one of these members is required.
    pub one_of: &'static [&'static str],
    /// The member that may replace all of `one_of`.
    pub or_alone: Option<&'static str>,
    /// Two members that exclude each other.
    pub apart: Option<[&'static str; 2]>,
}

impl Schema {
    const fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    const fn with_one_of(self, one_of: &'static [&'static str]) -> Self {
        Self { one_of, ..self }
    }

    const fn or_alone(self, name: &'static str) -> Self {
        Self { or_alone: Some(name), ..self }
    }

    const fn apart(self, apart: [&'static str; 2]) -> Self {
        Self { apart: Some(apart), ..self }
    }

    /// What holds of the members together, in words.
    fn rules(&self) -> Vec<String> {
        let alone = self.or_alone.map(|name| format!(", or {name} alone")).unwrap_or_default();
        let one_of =
            (!self.one_of.is_empty()).then(|| format!("Exactly one of {} is there{alone}.", self.one_of.join(", ")));
        let apart = self.apart.map(|[one, other]| format!("{one} and {other} exclude each other."));
        let closed = self.is_closed.then(|| "Any other member is refused.".to_owned());
        [one_of, apart, closed].into_iter().flatten().collect()
    }
}

pub(in crate::web) struct Member {
    pub name: &'static str,
    pub kind: Kind,
    pub is_required: bool,
    pub says: &'static str,
}

/// `GET /openapi.json`.
pub(in crate::web) async fn document(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(document.text())
}

/// The OpenAPI document.
pub(in crate::web) struct OpenApi {
    table: Data<RouteTable>,
    origins: Data<Origins>,
    sessions: Data<Sessions>,
    text: OnceLock<Bytes>,
}

impl OpenApi {
    pub const fn new(table: Data<RouteTable>, origins: Data<Origins>, sessions: Data<Sessions>) -> Self {
        Self { table, origins, sessions, text: OnceLock::new() }
    }

    /// Built on first use: most servers are never asked for it.
    fn text(&self) -> Bytes {
        let build = || {
            let (base, cookie) = (self.origins.public_origin(), self.sessions.cookie.name());
            openapi::document(base, cookie, &self.table, schemas(self.table.has_test_mode)).to_string().into()
        };
        self.text.get_or_init(build).clone()
    }
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    assets: &'a Assets,
    base: &'a str,
    before_routing: &'static str,
    shared: &'static [(Answer, &'static str)],
    groups: Vec<&'static Group>,
    has_test_mode: bool,
}

impl Group {
    /// Its place on the page: the demo and the tutorials, what OAuth clients need, the lab, test mode, the rest.
    fn rank(&self) -> usize {
        match self.name {
            _ if self.is_tutorial => 0,
            "login" | "issuer" => 1,
            "lab" => 2,
            "test" => 3,
            _ => 4,
        }
    }

    /// Whether the page tells of test mode before this group, because the server has none.
    fn follows_test_mode(&self) -> bool {
        self.name == "site"
    }
}

impl DocsPage<'_> {
    fn operation_count(&self) -> usize {
        self.groups.iter().map(|group| group.documented().count()).sum()
    }

    /// Text as the content of an element. Quotation marks need no escape there, which saves a twentieth of the page: it
    /// is full of JSON.
    fn text(text: &str) -> HtmlSafeOutput<String> {
        HtmlSafeOutput(text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;"))
    }
}

/// `GET /docs/api`.
pub(in crate::web) async fn page(
    table: Data<RouteTable>,
    origins: Data<Origins>,
    assets: Data<Assets>,
) -> Result<HttpResponse, Problem> {
    let (base, before_routing, shared) = (origins.public_origin(), BEFORE_ROUTING, &SHARED[..]);
    let (mut groups, has_test_mode) = (table.groups.clone(), table.has_test_mode);
    groups.sort_by_key(|group| group.rank());
    render(&DocsPage { assets: &assets, base, before_routing, shared, groups, has_test_mode })
}

#[derive(Template)]
#[template(path = "schemas.html")]
struct SchemasPage<'a> {
    assets: &'a Assets,
    schemas: Vec<&'static Schema>,
}

/// `GET /docs/api/schemas`.
pub(in crate::web) async fn schemas_page(
    table: Data<RouteTable>,
    assets: Data<Assets>,
) -> Result<HttpResponse, Problem> {
    render(&SchemasPage { assets: &assets, schemas: schemas(table.has_test_mode).collect() })
}
