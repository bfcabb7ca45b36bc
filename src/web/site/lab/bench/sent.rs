//! What was sent to the bench: the same fields in a form and in JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use url::form_urlencoded;

use crate::lab::bench::{Fault, KeyForm, PastedKey, parse_algorithm};
use crate::token::{Pasted, parse_object};
use crate::web::http::json_body;

/// The fields as they were sent. It holds a key, so it prints nothing.
#[derive(Default)]
pub(super) struct Sent {
    pub action: String,
    /// Empty when there is none.
    pub token: String,
    /// What was pasted along with the token, and removed.
    pub note: Option<String>,
    pub profile: Option<String>,
    pub algorithm: Option<String>,
    /// Every form in which a key came; one at most can be used.
    keys: Vec<(KeyForm, String)>,
    /// The text of an object, as it was written.
    pub header: Option<String>,
    pub claims: Option<String>,
}

/// The same as JSON. Header, claims and a JWK are objects in it, or the text of one; their numbers are kept as they are
/// written.
#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    token: Option<&'a RawValue>,
    profile: Option<&'a RawValue>,
    key: Option<&'a RawValue>,
    algorithm: Option<&'a RawValue>,
    header: Option<&'a RawValue>,
    claims: Option<&'a RawValue>,
}

/// The member `key`.
#[derive(Deserialize)]
struct JsonKey<'a> {
    #[serde(borrow)]
    secret: Option<&'a RawValue>,
    pem: Option<&'a RawValue>,
    jwk: Option<&'a RawValue>,
}

impl Sent {
    /// What the empty bench begins with: claims that could be signed.
    pub fn example(now: DateTime<Utc>) -> Self {
        let claims = json!({ "sub": "bob", "iat": now.timestamp(), "exp": now.timestamp() + 3600 });
        Self { claims: serde_json::to_string_pretty(&claims).ok(), ..Self::default() }
    }

    /// A text area ends lines with CR LF, and what is pasted often with one more; an empty field counts as none.
    pub fn from_form(body: &[u8]) -> Self {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| {
            let value = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            value.filter(|value| !value.trim().is_empty()).map(str::to_owned)
        };
        let key = |form: KeyForm| Some((form, field(form.field())?));
        Self {
            action: field("action").unwrap_or_default(),
            token: field("token").map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).unwrap_or_default(),
            note: None,
            profile: field("profile"),
            algorithm: field("algorithm"),
            keys: KeyForm::ALL.into_iter().filter_map(key).collect(),
            header: field("header"),
            claims: field("claims"),
        }
    }

    /// Without what a person pastes along with a token.
    pub fn cleaned(self) -> Self {
        let pasted = Pasted::new(&self.token);
        Self { note: pasted.note(), token: pasted.token, ..self }
    }

    pub fn from_json(body: &[u8]) -> Result<Self, Fault> {
        let json: Json<'_> = serde_json::from_slice(body).map_err(|error| no_object("The body", &error))?;
        let known = ["action", "token", "profile", "key", "algorithm", "header", "claims"];
        expect_known("The body", "action", body, &known)?;
        let action = text("action", json.action)?;
        let action = action.ok_or_else(|| Fault::at("action", "`action` is missing: decode, verify or sign."))?;
        Ok(Self {
            action,
            token: text("token", json.token)?.unwrap_or_default(),
            note: None,
            profile: text("profile", json.profile)?,
            algorithm: text("algorithm", json.algorithm)?,
            keys: keys(json.key)?,
            header: object("header", json.header)?,
            claims: object("claims", json.claims)?,
        })
    }

    /// The one key that was sent, if any.
    pub fn key(&self) -> Result<Option<(KeyForm, &str)>, Fault> {
        match &self.keys[..] {
            [] => Ok(None),
            [(form, text)] => Ok(Some((*form, text))),
            _ => Err(Fault::at("key", "A key comes in one form: `secret`, `pem` or `jwk`, and not in two at once.")),
        }
    }

    /// What is to be said of the key, if it is a secret that can be guessed.
    pub fn weakness(&self) -> Option<String> {
        let (form, text) = self.key().ok()??;
        let algorithm = self.algorithm.as_deref().map(parse_algorithm).transpose().ok()?;
        PastedKey::new(form, text.to_owned(), algorithm).weakness()
    }

    pub fn has_key(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The text of the one field for a key.
    pub fn key_text(&self) -> &str {
        self.keys.first().map_or("", |(_, text)| text)
    }

    /// Whether the visitor's own token is to be decoded.
    pub fn asks_for_own_token(&self) -> bool {
        self.action == "mine"
    }
}

/// What `serde_json` says of a value of the wrong type repeats it, and it may be a secret.
fn no_object(what: &str, error: &serde_json::Error) -> Fault {
    let told = error.to_string();
    let message = match told {
        told if error.is_data() && !told.starts_with("duplicate") => format!("{what} must be a JSON object."),
        told => format!("{what} must be a JSON object that has each member once: {told}."),
    };
    Fault::at("action", message)
}

/// Refuses an object with a member that is none of these. A misspelt one would be ignored silently, and the answer be
/// about something else than was asked.
fn expect_known(what: &str, field: &'static str, object: &[u8], known: &[&str]) -> Result<(), Fault> {
    let names: BTreeMap<String, &RawValue> = serde_json::from_slice(object).map_err(|error| no_object(what, &error))?;
    let unknown = json_body::unknown_member(what, names.keys().map(String::as_str), known);
    unknown.map_or(Ok(()), |message| Err(Fault::at(field, message)))
}

/// A member that is a string.
fn text(name: &'static str, raw: Option<&RawValue>) -> Result<Option<String>, Fault> {
    let string = |raw: &RawValue| serde_json::from_str(raw.get());
    raw.map(string).transpose().map_err(|_| Fault::at(name, format!("`{name}` must be a string.")))
}

/// A member that is an object or the text of one; whether the text is, is judged by whoever uses it.
fn object(name: &'static str, raw: Option<&RawValue>) -> Result<Option<String>, Fault> {
    match raw {
        Some(raw) if raw.get().starts_with('"') => text(name, Some(raw)),
        Some(raw) if !raw.get().starts_with('{') => {
            let found = parse_object(raw.get().as_bytes()).err().map(|fault| fault.to_string()).unwrap_or_default();
            Err(Fault::at(name, format!("`{name}` must be a JSON object that has each member once; found {found}.")))
        }
        raw => Ok(raw.map(|raw| raw.get().to_owned())),
    }
}

/// A key as an object with its form, or as a string in any form.
fn keys(raw: Option<&RawValue>) -> Result<Vec<(KeyForm, String)>, Fault> {
    let Some(raw) = raw else { return Ok(Vec::new()) };
    if let Some(any) = text("key", Some(raw)).ok().flatten() {
        return Ok(vec![(KeyForm::Any, any)]);
    }
    let key: JsonKey<'_> = serde_json::from_str(raw.get()).map_err(|error| no_object("`key`", &error))?;
    expect_known("`key`", "key", raw.get().as_bytes(), &["secret", "pem", "jwk"])?;
    let forms = [
        (KeyForm::Secret, text("secret", key.secret)?),
        (KeyForm::Pem, text("pem", key.pem)?),
        (KeyForm::Jwk, object("jwk", key.jwk)?),
    ];
    let given: Vec<_> = forms.into_iter().filter_map(|(form, text)| Some((form, text?))).collect();
    if given.is_empty() {
        return Err(Fault::at("key", "`key` must have one of `secret`, `pem` and `jwk`."));
    }
    Ok(given)
}
