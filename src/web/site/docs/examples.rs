//! Example answers, made of the schemas, so that no answer is described twice.
//!
//! Members that are always there appear, and those that [`SAID`] gives a value. `…` stands for text that differs each
//! time.

use serde_json::{Map, Value, json};

use super::{Member, SCHEMAS, Schema, TEST_SCHEMAS};
use crate::web::http::endpoint::{Content, Kind};

/// What the answer to the example's curl line says, where the kind of the member does not tell: schema, member, JSON.
const SAID: &[(&str, &str, &str)] = &[
    ("RestAnswer", "message", r#""You Are verified""#),
    ("RestToken", "message", r#""Successful""#),
    ("AccessToken", "expires_in", "600"),
    ("AccessToken", "scope", r#""read""#),
    ("UserInfo", "sub", r#""my-app""#),
    ("Me", "sub", r#""…""#),
    ("Me", "client_id", r#""…""#),
    ("Transaction", "expires_at", r#""2027-01-15T08:01:30Z""#),
    ("Transaction", "verified_at", "null"),
    ("Attack", "slug", r#""original""#),
    ("Attack", "number", "1"),
    ("Attack", "name", r#""The unchanged token""#),
    ("Attack", "changes", r#""nothing""#),
    ("Attack", "expected_code", r#""accepted""#),
    ("Attack", "lesson", r#""anatomy""#),
    ("Attack", "rfc", r#""RFC 7519 §7.2""#),
    ("Attack", "forges_identity", "false"),
    ("AttackTrial", "expected_code", r#""alg_not_allowed""#),
    ("Jwk", "n", r#""…""#),
    ("Jwk", "e", r#""AQAB""#),
    ("ReceivedRequest", "method", r#""POST""#),
    ("ReceivedRequest", "path", r#""/oauth/token""#),
    ("ReceivedRequest", "status", "200"),
    ("IssuerMetadata", "issuer", r#""http://127.0.0.1:5000""#),
    ("IssuerMetadata", "authorization_endpoint", r#""http://127.0.0.1:5000/oauth/authorize""#),
    ("IssuerMetadata", "token_endpoint", r#""http://127.0.0.1:5000/oauth/token""#),
    ("IssuerMetadata", "jwks_uri", r#""http://127.0.0.1:5000/.well-known/jwks.json""#),
    ("IssuerMetadata", "userinfo_endpoint", r#""http://127.0.0.1:5000/oauth/userinfo""#),
    ("IssuerMetadata", "introspection_endpoint", r#""http://127.0.0.1:5000/oauth/introspect""#),
    ("IssuerMetadata", "revocation_endpoint", r#""http://127.0.0.1:5000/oauth/revoke""#),
    ("IssuerMetadata", "end_session_endpoint", r#""http://127.0.0.1:5000/oauth/logout""#),
    ("ResourceMetadata", "authorization_servers", r#"["http://127.0.0.1:5000"]"#),
];

/// The answers that are no JSON, by the ids of their operations: a short text, or a redirect with its address.
const TEXTS: &[(&str, &str)] = &[
    ("generate", "302 Found\nLocation: /Token%20Generated%20successfully!!"),
    ("chooseAlgorithm", "303 See Other\nLocation: /"),
    ("logout", "303 See Other\nLocation: /"),
    ("resetLab", "303 See Other\nLocation: /lab"),
    ("logInForClient", "303 See Other\nLocation: http://localhost:3000/callback?code=…&iss=…"),
    ("phoneToken", "eyJ…"),
    ("phoneTokenOfXid", "eyJ…"),
    ("health", "ok"),
];

/// What an operation answers, where that is no JSON and short.
pub(super) fn text_of(id: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(operation, _)| *operation == id).map(|(_, text)| *text)
}

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
    let said = SAID.iter().filter(|(name, ..)| *name == schema.name);
    members.extend(said.filter_map(|(_, member, json)| Some(((*member).to_owned(), serde_json::from_str(json).ok()?))));
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
    fn what_is_said_is_json_of_a_member_that_there_is() {
        for (schema, member, json) in SAID {
            let answer = object(schema);
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(answer[member], value, "{schema}.{member}");
            let mut schemas = SCHEMAS.iter().chain(TEST_SCHEMAS);
            let found = schemas.find(|it| it.name == *schema).unwrap();
            let is_own = found.members.iter().any(|it| it.name == *member);
            assert!(is_own || found.extends.is_some(), "{schema} has no {member}");
        }
    }

    #[test]
    fn no_schema_lacks_an_example() {
        for schema in SCHEMAS.iter().chain(TEST_SCHEMAS) {
            assert!(object(schema.name).is_object(), "{}", schema.name);
        }
    }
}
