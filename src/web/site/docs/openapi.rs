//! The route table as an OpenAPI 3.1 document.

use serde_json::{Map, Value, json};

use super::{BEFORE_ROUTING, Documented, Member, Schema, examples};
use crate::code::Code;
use crate::token::Check;
use crate::web::http::endpoint::{Access, Answer, Body, Content, Group, Kind, Method, Parameter, RouteTable};

/// The document of the server at `base`, whose session cookie has this name.
pub(super) fn document(
    base: &str,
    cookie: &str,
    table: &RouteTable,
    schemas: impl Iterator<Item = &'static Schema>,
) -> Value {
    let pages = pages(table);
    let shapes: Map<_, _> = schemas.map(|schema| (schema.name.to_owned(), shape(schema, &pages))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hallpass",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": BEFORE_ROUTING,
        },
        "servers": [{ "url": base }],
        "tags": table.groups.iter().map(|it| json!({ "name": it.name, "description": it.says })).collect::<Value>(),
        "paths": paths(table, &pages),
        "components": { "schemas": shapes, "securitySchemes": security_schemes(cookie) },
    })
}

fn paths(table: &RouteTable, pages: &[&str]) -> Value {
    let mut paths = Map::new();
    let all = table.groups.iter().flat_map(|group| group.documented().map(move |operation| (group, operation)));
    for (group, operation) in all {
        let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
        let described = described(&operation, group, pages);
        match operation.method {
            Method::Get => {
                let head = head_of(&operation, &described);
                methods["get"] = described;
                methods["head"] = head;
            }
            Method::GetOnly => methods["get"] = described,
            Method::Post => methods["post"] = described,
            Method::Put => methods["put"] = described,
            Method::Delete => methods["delete"] = described,
        }
    }
    paths.into()
}

fn described(operation: &Documented, group: &Group, pages: &[&str]) -> Value {
    let description = operation.description;
    let mut described = json!({
        "operationId": description.id,
        "tags": [group.name],
        "summary": description.summary,
        "description": description.access.says(),
        "parameters": description.parameters.iter().map(|it| parameter(it, pages)).collect::<Value>(),
        "responses": responses(operation, content),
        "security": security(description.access),
    });
    if let Some(body) = &description.body {
        described["requestBody"] = request_body(body);
    }
    described
}

/// HEAD has the statuses of GET and none of its bodies (RFC 9110 §9.3.2); another method than HEAD gets one.
fn head_of(operation: &Documented, get: &Value) -> Value {
    let mut head = get.clone();
    head["operationId"] = format!("{}Head", operation.description.id).into();
    head["summary"] = format!("The head alone of: {}", operation.description.summary).into();
    head["responses"] = responses(operation, |answer| content(answer).filter(|_| answer.status == 405));
    head
}

fn parameter(parameter: &Parameter, pages: &[&str]) -> Value {
    json!({
        "in": parameter.place.as_str(),
        "name": parameter.name,
        "required": parameter.place.is_required(),
        "description": parameter.says,
        "schema": kind(&parameter.kind, pages),
        "example": parameter.example,
    })
}

fn request_body(body: &Body) -> Value {
    // An example of a form is an object too: the media type says how it is written.
    let is_json = body.media == "application/json";
    let example = if is_json { serde_json::from_str(body.example).unwrap_or_default() } else { form(body.example) };
    json!({
        "required": body.is_required,
        "content": { body.media: { "schema": reference(body.schema), "example": example } },
    })
}

fn form(text: &str) -> Value {
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    Value::Object(pairs.map(|(name, value)| (name.into_owned(), value.into())).collect())
}

/// The answers by status. Two of one status are one response, which has both descriptions.
fn responses(operation: &Documented, content: fn(Answer) -> Option<Value>) -> Value {
    let mut responses = Map::new();
    for answer in operation.answers() {
        let response = responses.entry(answer.status.to_string()).or_insert_with(|| json!({ "description": "" }));
        let meaning = response["description"].as_str().unwrap_or_default();
        response["description"] = format!("{meaning} {}", answer.says).trim().into();
        if let Some(content) = content(answer) {
            response["content"] = content;
            if let Some(example) = examples::of(answer.content) {
                response["content"]["application/json"]["example"] = example;
            }
        }
        if let Some((name, says)) = header(answer.status) {
            response["headers"] = json!({ name: { "description": says, "schema": { "type": "string" } } });
        }
        if answer.is_rare {
            response["x-rare"] = true.into();
        }
    }
    responses.into()
}

fn content(answer: Answer) -> Option<Value> {
    match answer.content {
        Content::Nothing => None,
        Content::Media(media) => Some(json!({ media: { "schema": { "type": "string" } } })),
        Content::Json(schema) => Some(json!({ "application/json": { "schema": reference(schema) } })),
        Content::JsonList(schema) => Some(json!({ "application/json": { "schema": list_of(schema) } })),
        Content::JsonOrPage(schemas) => Some(json!({
            "application/json": { "schema": { "anyOf": schemas.iter().map(|it| reference(it)).collect::<Value>() } },
            "text/html": { "schema": { "type": "string" } },
        })),
        Content::Refusal => Some(json!({
            "application/json": { "schema": reference("Problem") },
            "text/html": { "schema": { "type": "string" } },
        })),
    }
}

/// The header that goes with a status.
const fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        302 | 303 => Some(("Location", "Where to go on.")),
        405 => Some(("Allow", "The methods of this address.")),
        429 => Some(("Retry-After", "How long to wait, in seconds.")),
        _ => None,
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Anybody | Access::Form => json!([]),
        Access::Client => json!([{ "client": [] }, {}]),
        Access::Session => json!([{}, { "session": [] }]),
        Access::Login => json!([{ "basic": [] }, {}]),
        Access::Bearer => json!([{ "bearer": [] }]),
        Access::BearerOrForm => json!([{ "bearer": [] }, {}]),
        Access::RestToken => json!([{ "restToken": [] }, { "restTokenInQuery": [] }]),
        Access::Customer => json!([{ "telesignBasic": [] }]),
    }
}

fn security_schemes(cookie: &str) -> Value {
    json!({
        "basic": { "type": "http", "scheme": "basic", "description": "A username and a password." },
        "client": { "type": "http", "scheme": "basic", "description": "A client id and its secret." },
        "telesignBasic": { "type": "http", "scheme": "basic", "description": "The customer id and the API key." },
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "session": { "type": "apiKey", "in": "cookie", "name": cookie },
        "restToken": { "type": "apiKey", "in": "header", "name": "TOKEN" },
        "restTokenInQuery": { "type": "apiKey", "in": "query", "name": "token" },
    })
}

fn shape(schema: &Schema, pages: &[&str]) -> Value {
    let required = schema.members.iter().filter(|member| member.is_required).map(|member| member.name);
    let own = json!({
        "type": "object",
        "description": schema.says,
        "properties": schema.members.iter().map(|it| (it.name.to_owned(), member(it, pages))).collect::<Map<_, _>>(),
        "required": required.collect::<Vec<_>>(),
    });
    let mut own = own;
    if schema.is_closed {
        own["additionalProperties"] = false.into();
    }
    if !schema.one_of.is_empty() {
        own["oneOf"] = alternatives(schema);
    }
    if let Some(apart) = schema.apart {
        own["not"] = json!({ "required": apart });
    }
    match schema.extends {
        Some(base) => json!({ "allOf": [reference(base), own] }),
        None => own,
    }
}

/// Each says that one of the members is there, and the last one that none of them is but the one that may be alone.
fn alternatives(schema: &Schema) -> Value {
    let one_each: Vec<Value> = schema.one_of.iter().map(|name| json!({ "required": [name] })).collect();
    let alone = schema.or_alone.map(|name| json!({ "required": [name], "not": { "anyOf": one_each } }));
    one_each.into_iter().chain(alone).collect()
}

fn member(member: &Member, pages: &[&str]) -> Value {
    let mut described = kind(&member.kind, pages);
    described["description"] = member.says.into();
    described
}

/// `pages` is what no subject may be called.
fn kind(of: &Kind, pages: &[&str]) -> Value {
    match of {
        Kind::Text => json!({ "type": "string" }),
        Kind::Short(least, most) => json!({ "type": "string", "minLength": least, "maxLength": most }),
        Kind::NotEmpty => json!({ "type": "string", "minLength": 1 }),
        Kind::Plain(least, most) => {
            json!({ "type": "string", "minLength": least, "maxLength": most, "pattern": NO_CONTROL_CHARACTERS })
        }
        Kind::Subject => {
            let mut subject = kind(&Kind::Plain(1, 64), pages);
            subject["not"] = json!({ "enum": pages });
            subject
        }
        Kind::Pattern(pattern, _) => json!({ "type": "string", "pattern": pattern }),
        Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Within(least, below) => json!({ "type": "number", "minimum": least, "exclusiveMaximum": below }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::True => json!({ "type": "boolean", "enum": [true] }),
        Kind::OneOf(values) => json!({ "type": "string", "enum": values }),
        Kind::Code => json!({ "type": "string", "enum": Code::ALL }),
        Kind::Check => json!({ "type": "string", "enum": Check::ALL }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Object => json!({ "type": "object" }),
        Kind::Nothing => json!({ "type": "null" }),
        Kind::Nullable(inner) => json!({ "anyOf": [kind(inner, pages), { "type": "null" }] }),
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner, pages) }),
        Kind::ListOf(schema) => list_of(schema),
        Kind::Of(schema) => reference(schema),
        Kind::Either(several) => json!({ "anyOf": several.iter().map(|it| kind(it, pages)).collect::<Value>() }),
    }
}

const NO_CONTROL_CHARACTERS: &str = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$";

/// What the home page's parameter in the address cannot be, because these addresses lead elsewhere.
fn pages(table: &RouteTable) -> Vec<&'static str> {
    let names =
        table.endpoints().filter_map(|endpoint| endpoint.path.strip_prefix('/')).filter(|name| !name.is_empty());
    let mut pages = vec![".", ".."];
    for name in names.filter(|name| !name.contains(['/', '{'])) {
        if !pages.contains(&name) {
            pages.push(name);
        }
    }
    pages
}

fn list_of(schema: &str) -> Value {
    json!({ "type": "array", "items": reference(schema) })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
