//! Decodes, verifies or signs any token. Signs only with a pasted key; verifies with that or the server's.
//!
//! A [`Fault`] names the form field to correct.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::keys::{Algorithm, GivenKey, KeyFault, KeyLocation, Signer, SigningError};
use crate::lab::lessons::json_text::fault_of;
use crate::profiles::demo::{DemoAlgorithm, NotOffered};
use crate::profiles::{Issuer, Profile};
use crate::texts::wording::counted;
use crate::token::{self, JsonFault, Judged, ObjectText, Token, Verdict};

/// What messages call a key that was pasted.
const SOURCE: &str = "the key field";

/// HS512 needs a secret of so many bytes, and no algorithm needs more.
const LONGEST_WEAK_SECRET: usize = 64;

/// What can be done with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Decode,
    Verify,
    Sign,
}

impl FromStr for Action {
    type Err = BadInput;

    fn from_str(name: &str) -> Result<Self, BadInput> {
        match name {
            "decode" => Ok(Self::Decode),
            "verify" => Ok(Self::Verify),
            "sign" => Ok(Self::Sign),
            _ => Err(BadInput::at("action", "`action` must be decode, verify or sign.")),
        }
    }
}

/// An input that cannot be used.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct BadInput {
    /// The field to correct.
    pub field: &'static str,
    pub message: String,
}

impl BadInput {
    pub fn at(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// The algorithm to judge by: the one asked for, or the visitor's own. A profile with one algorithm ignores the result.
fn algorithm_for(issuer: &Issuer<'_>, profile: &Profile, wanted: Option<Algorithm>) -> Result<DemoAlgorithm, BadInput> {
    let own = issuer.algorithm;
    let fault = |message| Err(BadInput::at("algorithm", message));
    match (wanted, (profile.only_algorithm)(issuer.ring)) {
        (None, _) => Ok(own),
        (Some(wanted), Some(only)) if wanted == only => Ok(own),
        (Some(_), Some(only)) => fault(format!("Tokens of the {} profile are signed only with {only}.", profile.name)),
        (Some(wanted), None) => {
            DemoAlgorithm::of(wanted).map_or_else(|| fault(format!("Without your own key, {NotOffered}.")), Ok)
        }
    }
}

/// Reads the name of a profile.
pub fn parse_profile(name: &str) -> Result<&'static Profile, BadInput> {
    name.parse().map_err(|accepted| BadInput::at("profile", format!("`profile` must be {accepted}.")))
}

/// Reads the name of an algorithm.
pub fn parse_algorithm(name: &str) -> Result<Algorithm, BadInput> {
    name.parse().map_err(|accepted| BadInput::at("algorithm", format!("`algorithm` must be {accepted}.")))
}

/// Verifies a token by all rules of a profile, with the server's own keys. `issuer` has the algorithm that the visitor
/// chose.
pub fn judge(
    issuer: &Issuer<'_>,
    token: &str,
    profile: &Profile,
    wanted: Option<Algorithm>,
) -> Result<Judged, BadInput> {
    let algorithm = algorithm_for(issuer, profile, wanted)?;
    Ok(profile.verify(&Issuer { algorithm, ..*issuer }, token))
}

/// In which form a key was pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Whatever it looks like, as in a file.
    Any,
    Secret,
    Pem,
    Jwk,
}

impl KeyForm {
    pub const ALL: [Self; 4] = [Self::Any, Self::Secret, Self::Pem, Self::Jwk];

    /// The field of the form that it comes in.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Any => "key",
            Self::Secret => "secret",
            Self::Pem => "pem",
            Self::Jwk => "jwk",
        }
    }
}

/// A key that somebody pasted, with the algorithm that they named for it. It is secret, so it
/// has no `Debug`.
pub struct PastedKey {
    form: KeyForm,
    text: String,
    algorithm: Option<Algorithm>,
}

impl PastedKey {
    pub const fn new(form: KeyForm, text: String, algorithm: Option<Algorithm>) -> Self {
        Self { form, text, algorithm }
    }

    /// What to say of a secret that is too short to be safe.
    pub fn weakness(&self) -> Option<String> {
        // No text of this length is a weak secret, and a large key takes a while to read.
        if self.text.len() >= LONGEST_WEAK_SECRET {
            return None;
        }
        let signer = self.given().ok()?.signer_named(None, self.algorithm).ok()?;
        let ((bytes, least), algorithm) = (signer.weak_secret()?, signer.algorithm());
        Some(format!(
            "The secret is weak: it has {}, and {algorithm} needs {least} or more (RFC 7518 §3.2). Whoever has a token can \
             find a short secret by trying.",
            counted(bytes, "byte")
        ))
    }

    /// Judges signature and times of a token by this key alone, whatever `kid` says; no profile.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Verdict, BadInput> {
        let keys = self.given()?.verifiers(self.algorithm).map_err(unfit)?;
        Ok(token::verify_given(token, &keys, now))
    }

    /// Signs the claims, whose numbers and strings stay as they are written. `header` is the text of an object with
    /// further members, or with another `typ` than `JWT`.
    pub fn sign(&self, header: Option<&str>, claims: &str) -> Result<Token, SignError> {
        let claims = ObjectText::parse(claims).map_err(|fault| {
            let why = match (&fault, fault_of(claims)) {
                (JsonFault::Syntax(_), Some(why)) => format!(". {why}"),
                _ => format!("; found {fault}."),
            };
            BadInput::at("claims", format!("`claims` must be a JSON object that has each member once{why}"))
        })?;
        let given = members_of(header.unwrap_or("{}"))?;
        let kid = given.get("kid").and_then(Value::as_str);
        let signer = self.given()?.signer_named(kid, self.algorithm).map_err(unfit)?;
        let header = header_text(given, &signer)?;
        Ok(token::sign(header.as_str(), claims.as_str(), &signer)?)
    }

    fn given(&self) -> Result<GivenKey, BadInput> {
        let bytes = self.text.as_bytes();
        let given = match self.form {
            KeyForm::Any => GivenKey::parse(bytes, SOURCE),
            KeyForm::Secret => GivenKey::from_secret(bytes, SOURCE),
            KeyForm::Pem => GivenKey::from_key_file(bytes, SOURCE),
            KeyForm::Jwk => GivenKey::from_jwk(bytes, SOURCE),
        };
        given.map_err(unfit)
    }
}

/// Why signing failed.
#[derive(Debug, Error)]
pub enum SignError {
    #[error(transparent)]
    BadInput(#[from] BadInput),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

fn unfit(fault: KeyFault) -> BadInput {
    let field = if matches!(fault, KeyFault::Unfit { .. }) { "algorithm" } else { "key" };
    BadInput::at(field, format!("The key cannot be used: {}.", fault.advised(&KeyLocation::Pasted)))
}

fn no_object(found: &JsonFault) -> BadInput {
    BadInput::at("header", format!("`header` must be a JSON object that has each member once; found {found}."))
}

/// The members of a header that was given.
fn members_of(given: &str) -> Result<Map<String, Value>, BadInput> {
    token::parse_object(given.as_bytes()).map_err(|found| no_object(&found))
}

/// `alg` and `kid` come from the key. Members of `given` replace `kid` and `typ`.
fn header_text(given: Map<String, Value>, signer: &Signer) -> Result<ObjectText, BadInput> {
    let algorithm = signer.algorithm().as_str();
    if given.get("alg").is_some_and(|alg| alg != algorithm) {
        let why = format!(
            "The key signs {algorithm}, and `alg` of the header says something else; leave it out, or choose another algorithm."
        );
        return Err(BadInput::at("header", why));
    }
    let mut members = Map::new();
    members.insert("alg".to_owned(), algorithm.into());
    members.extend(signer.kid().map(|kid| ("kid".to_owned(), kid.into())));
    members.insert("typ".to_owned(), "JWT".into());
    members.extend(given);
    ObjectText::parse(&Value::Object(members).to_string()).map_err(|found| no_object(&found))
}
