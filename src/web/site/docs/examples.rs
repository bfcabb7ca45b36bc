//! Example answers, made of the schemas, so that no answer is described twice.
//!
//! Only members that are always there appear. `…` stands for text that differs each time.

use serde_json::{Map, Value, json};

use super::{Member, SCHEMAS, Schema, TEST_SCHEMAS};
use crate::web::http::endpoint::{Content, Kind};

/// The body of an answer with this content, where it is JSON. A refusal has none of its own.
pub(super) fn of(content: Content) -> Option<Value> {
    match content {
        Content::Json(schema) => Some(object(schema)),
        Content::JsonList(schema) => Some(json!([object(schema)])),
        Content::JsonOrPage(schemas) => schemas.first().map(|schema| object(schema)),
        Content::Nothing | Content::Media(_) | Content::Refusal => None,
    }
}

/// The same as text, a member a line.
pub(super) fn indented(content: Content) -> Option<String> {
    serde_json::to_string_pretty(&of(content)?).ok()
}

fn object(name: &str) -> Value {
    let schema = SCHEMAS.iter().chain(TEST_SCHEMAS).find(|schema| schema.name == name);
    schema.map(|schema| Value::Object(members(schema))).unwrap_or_default()
}

fn members(schema: &Schema) -> Map<String, Value> {
    let mut members = match schema.extends.map(object) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let always = schema.members.iter().filter(|member| member.is_required);
    members.extend(always.map(|member| (member.name.to_owned(), value(member))));
    members
}

fn value(member: &Member) -> Value {
    of_kind(&member.kind, member.name)
}

fn of_kind(kind: &Kind, name: &str) -> Value {
    match kind {
        Kind::Text | Kind::NotEmpty | Kind::Plain(..) | Kind::Short(..) | Kind::Subject => text(name).into(),
        Kind::Pattern(..) => "/token".into(),
        Kind::Whole(least, most) => 60.clamp(*least, *most).into(),
        Kind::Number => 1_800_000_060.into(),
        Kind::Within(least, _) => (*least).into(),
        Kind::Flag | Kind::True => true.into(),
        Kind::OneOf(values) => values.first().copied().into(),
        Kind::Code if name == "expected_code" => "expired".into(),
        Kind::Code => "accepted".into(),
        Kind::Check => "signature".into(),
        Kind::Time => "2027-01-15T08:00:00Z".into(),
        Kind::Object if name == "header" => json!({ "alg": "HS256", "typ": "JWT" }),
        Kind::Object => json!({}),
        Kind::Nothing => Value::Null,
        Kind::Nullable(kind) => of_kind(kind, name),
        Kind::List(kind) => json!([of_kind(kind, name)]),
        Kind::ListOf(schema) => json!([object(schema)]),
        Kind::Of(schema) => object(schema),
        Kind::Either(kinds) => kinds.first().map(|kind| of_kind(kind, name)).unwrap_or_default(),
    }
}

/// What a member of this name says.
fn text(name: &str) -> &'static str {
    match name {
        "token" | "access_token" | "original" | "forged" => "eyJ…",
        "sub" | "username" => "bob",
        "client_id" => "app",
        "message" => "every check passed",
        "phone_number" => "15551234567",
        "xid" => "order-1",
        "status" => "issued",
        "slug" => "alg-none",
        "lesson" => "none",
        "Elapse_time" => "2027-01-15 08:30:00",
        "rfc" => "RFC 8725 §3.1",
        "scopes_supported" => "openid",
        "bearer_methods_supported" => "header",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_every_member_that_is_always_there_and_those_of_its_base() {
        let token = of(Content::Json("RestToken")).unwrap();
        let names: Vec<&String> = token.as_object().unwrap().keys().collect();
        assert_eq!(names, ["error", "message", "token", "Elapse_time"]);
        assert_eq!(of(Content::JsonList("Token")).unwrap(), json!([{ "token": "eyJ…" }]));
        assert_eq!(of(Content::Media("text/html")), None);
    }

    #[test]
    fn no_schema_lacks_an_example() {
        for schema in SCHEMAS.iter().chain(TEST_SCHEMAS) {
            assert!(object(schema.name).is_object(), "{}", schema.name);
        }
    }
}
