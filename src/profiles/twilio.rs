//! Access tokens, byte for byte as Twilio's helper library makes them for the same inputs in the same second.
//!
//! A request names its grants as an object keyed by grant; what the library leaves out is left out here too. Source:
//! twilio 9.13.0, `twilio.jwt.access_token`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use super::demo::Subject;
use super::{Lifetime, Profile};
use crate::keys::{Accounts, Algorithm, KeyRing, SigningError};
use crate::token::{self, AudienceRule, Candidates, Claim, Claims, Expected, Header, Judged, Kind, Token, Verdict};

const ALGORITHM: Algorithm = Algorithm::Hs256;

/// What a client asks for.
#[derive(Debug)]
pub struct AccessTokenRequest {
    pub identity: String,
    pub lifetime: Lifetime,
    pub grants: Grants,
    /// Where the account is hosted; an empty one counts as not set.
    pub region: String,
}

/// The grants of a token, in order, as the payload shows them.
#[derive(Debug, Default)]
pub struct Grants(Map<String, Value>);

/// Why a JSON value does not describe grants.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadGrants {
    #[error("`grants` is an object keyed by grant")]
    NotAnObject,
    #[error("there is no grant `{0}`; known are voice, video, chat, conversations, sync, task_router and playback")]
    UnknownGrant(String),
    #[error("the grant `{grant}` has no field `{field}`; known are {known}")]
    UnknownField { grant: &'static str, field: String, known: String },
    #[error("`{field}` of the grant `{grant}` must be {accepted}")]
    WrongType { grant: &'static str, field: String, accepted: &'static str },
    #[error("chat and conversations are one grant in the token; name one of them")]
    ChatTwice,
    #[error("the grant `{0}` must be an object")]
    GrantNotAnObject(&'static str),
    #[error("the grant `{0}` holds a number that is no 64-bit integer")]
    Number(&'static str),
}

/// One kind of grant: its name in a request, its key in the token, its plain text fields in the token's order.
struct Shape {
    name: &'static str,
    key: &'static str,
    fields: &'static [&'static str],
}

const CHAT: &[&str] = &["service_sid", "endpoint_id", "deployment_role_sid", "push_credential_sid"];

const SHAPES: [Shape; 7] = [
    Shape { name: "voice", key: "voice", fields: &["push_credential_sid", "endpoint_id"] },
    Shape { name: "video", key: "video", fields: &["room"] },
    Shape { name: "chat", key: "chat", fields: CHAT },
    Shape { name: "conversations", key: "chat", fields: CHAT },
    Shape { name: "sync", key: "data_sync", fields: &["service_sid", "endpoint_id"] },
    Shape { name: "task_router", key: "task_router", fields: &["workspace_sid", "worker_sid", "role"] },
    Shape { name: "playback", key: "player", fields: &[] },
];

impl Grants {
    /// The tutorial's own: the video room *My Room*.
    pub fn tutorial() -> Self {
        Self(Map::from_iter([("video".to_owned(), serde_json::json!({ "room": "My Room" }))]))
    }

    /// Reads the `grants` of a request; `{}` means none.
    pub fn parse(value: &Value) -> Result<Self, BadGrants> {
        let wanted = value.as_object().ok_or(BadGrants::NotAnObject)?;
        if wanted.contains_key("chat") && wanted.contains_key("conversations") {
            return Err(BadGrants::ChatTwice);
        }
        let mut grants = Map::new();
        for (name, fields) in wanted {
            let shape = SHAPES.iter().find(|shape| shape.name == name);
            let shape = shape.ok_or_else(|| BadGrants::UnknownGrant(name.clone()))?;
            grants.insert(shape.key.to_owned(), Value::Object(shape.read(fields)?));
        }
        Ok(Self(grants))
    }
}

impl Shape {
    fn read(&self, value: &Value) -> Result<Map<String, Value>, BadGrants> {
        let fields = value.as_object().ok_or(BadGrants::GrantNotAnObject(self.name))?;
        if !has_only_integers(value) {
            return Err(BadGrants::Number(self.name));
        }
        match self.name {
            "playback" => return Ok(fields.clone()),
            "voice" => self.expect_known(fields, &["incoming", "outgoing"])?,
            _ => self.expect_known(fields, &[])?,
        }
        let mut grant = if self.name == "voice" { self.voice(fields)? } else { Map::new() };
        for field in self.fields {
            if let Some(text) = self.text(fields, field)? {
                grant.insert((*field).to_owned(), text.into());
            }
        }
        Ok(grant)
    }

    fn expect_known(&self, fields: &Map<String, Value>, further: &[&str]) -> Result<(), BadGrants> {
        let known = || further.iter().chain(self.fields);
        match fields.keys().find(|field| known().all(|it| it != field)) {
            None => Ok(()),
            Some(field) => Err(BadGrants::UnknownField {
                grant: self.name,
                field: field.clone(),
                known: known().copied().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The two fields of voice that are no plain text.
    fn voice(&self, fields: &Map<String, Value>) -> Result<Map<String, Value>, BadGrants> {
        let mut grant = Map::new();
        if self.incoming(fields.get("incoming"))? {
            grant.insert("incoming".to_owned(), serde_json::json!({ "allow": true }));
        }
        if let Some(outgoing) = self.outgoing(fields.get("outgoing"))? {
            grant.insert("outgoing".to_owned(), Value::Object(outgoing));
        }
        Ok(grant)
    }

    fn incoming(&self, value: Option<&Value>) -> Result<bool, BadGrants> {
        match value {
            None => Ok(false),
            Some(Value::Bool(allow)) => Ok(*allow),
            Some(Value::Object(it)) if it.keys().all(|key| key == "allow") => {
                let allow = it.get("allow").map_or(Some(false), Value::as_bool);
                allow.ok_or_else(|| self.wrong("incoming", "true, false or {\"allow\": true}"))
            }
            Some(_) => Err(self.wrong("incoming", "true, false or {\"allow\": true}")),
        }
    }

    /// Parameters mean nothing without an application to hand them to, so the library drops them.
    fn outgoing(&self, value: Option<&Value>) -> Result<Option<Map<String, Value>>, BadGrants> {
        const ACCEPTED: &str = "{\"application_sid\": text, \"params\": object}";
        let Some(value) = value else { return Ok(None) };
        let fields = value.as_object().ok_or_else(|| self.wrong("outgoing", ACCEPTED))?;
        if fields.keys().any(|key| key != "application_sid" && key != "params") {
            return Err(self.wrong("outgoing", ACCEPTED));
        }
        let params = fields.get("params").map(|it| it.as_object().ok_or_else(|| self.wrong("outgoing", ACCEPTED)));
        let params = params.transpose()?.filter(|params| !params.is_empty());
        let Some(sid) = self.text(fields, "application_sid")? else { return Ok(None) };
        let mut outgoing = Map::from_iter([("application_sid".to_owned(), sid.into())]);
        outgoing.extend(params.map(|params| ("params".to_owned(), Value::Object(params.clone()))));
        Ok(Some(outgoing))
    }

    /// A text field; an empty one counts as not set.
    fn text<'a>(&self, fields: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, BadGrants> {
        let Some(value) = fields.get(field) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.wrong(field, "text"))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn wrong(&self, field: &str, accepted: &'static str) -> BadGrants {
        BadGrants::WrongType { grant: self.name, field: field.to_owned(), accepted }
    }
}

/// Python writes other numbers otherwise than we do, so only integers can be the same to the byte.
fn has_only_integers(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Array(items) => items.iter().all(has_only_integers),
        Value::Object(members) => members.values().all(has_only_integers),
        _ => true,
    }
}

/// The claims of an access token, in the library's order. There is no `iat`.
fn claims(account: &Accounts, request: &AccessTokenRequest, now: DateTime<Utc>) -> Claims {
    let now = now.timestamp();
    let mut grants = request.grants.0.clone();
    if !request.identity.is_empty() {
        grants.insert("identity".to_owned(), request.identity.as_str().into());
    }
    Claims::new()
        .with("jti", format!("{}-{now}", account.twilio_api_key_sid))
        .with("grants", grants)
        .with("iss", account.twilio_api_key_sid.as_str())
        .with("exp", now + request.lifetime.seconds())
        .with("nbf", now)
        .with("sub", account.twilio_account_sid.as_str())
}

impl AccessTokenRequest {
    /// What the tutorial asks for: one hour in its video room.
    pub fn tutorial(identity: &str) -> Self {
        let (identity, region) = (identity.to_owned(), String::new());
        Self { identity, lifetime: Lifetime::HOUR, grants: Grants::tutorial(), region }
    }
}

/// Signs an access token under the API key's secret.
pub fn issue(ring: &KeyRing, request: &AccessTokenRequest, now: DateTime<Utc>) -> Result<Token, SigningError> {
    let region = Some(request.region.as_str()).filter(|region| !region.is_empty());
    let header = Header { twr: region, ..PROFILE.header };
    token::issue(&claims(ring.accounts(), request, now), &header, ring.twilio().signer())
}

/// Verifies an access token of this account.
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Verdict {
    let rules = PROFILE.rules(Some(ring.accounts().twilio_api_key_sid.clone()), AudienceRule::Nobody);
    let keys = Candidates::Ring(ring.twilio().verifiers());
    token::verify(token, Expected { algorithm: ALGORITHM, keys, rules: Some(&rules) }, now)
}

pub static PROFILE: Profile = Profile {
    name: "twilio",
    title: "access tokens",
    only_algorithm: |_| Some(ALGORITHM),
    // The library's value of `cty`.
    header: Header { cty: Some("twilio-fpa;v=1"), ..Header::of_type("JWT") },
    claims: &[
        Claim { name: "jti", kind: Kind::Text },
        Claim { name: "exp", kind: Kind::Date },
        Claim { name: "nbf", kind: Kind::Date },
        Claim { name: "sub", kind: Kind::Text },
    ],
    signer: |issuer| Some(issuer.ring.twilio().signer()),
    sample: |issuer, _| Ok(issue(issuer.ring, &AccessTokenRequest::tutorial(Subject::default().as_str()), issuer.now)?),
    verify: |issuer, token| Judged::Final(verify(issuer.ring, token, issuer.now)),
};
