//! Forging: a visitor's token is taken apart, changed, and put together again.
//!
//! Header and payload are handled as text, so that a forgery can say what no JSON library writes. A forgery that needs
//! a valid signature is signed with the lab's own keys and judged with them. At the demo, these same keys act as the
//! attacker's.

mod certificate;

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::keys::{self, KeyKind, KeyRing, RsaPublicKey, SigningError, Verifier};
use crate::profiles::demo::{self, DemoAlgorithm};
use crate::profiles::lab;
use crate::token::{self, Judged, signing_input};

/// The user that Mallory wants to be. Every forgery of an identity says so in `sub`.
pub const ADMIN: &str = "admin";

/// The secret of an attacker who signs with one of their own.
pub const ATTACKER_SECRET: &[u8] = b"the attacker's own secret, of quite enough bytes";

/// Whose keys and rules judge a forgery, and the algorithm that they expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The demo's keys and rules, as *Show details* applies them.
    Demo(DemoAlgorithm),
    /// The lab's keys and the demo's rules, for what the lab signed.
    Lab(DemoAlgorithm),
    /// The lab's keys, and a profile that sets issuer, audience and media type.
    LabApi(DemoAlgorithm),
}

impl Target {
    pub const fn algorithm(self) -> DemoAlgorithm {
        match self {
            Self::Demo(algorithm) | Self::Lab(algorithm) | Self::LabApi(algorithm) => algorithm,
        }
    }

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Lab(_) => "lab",
            Self::LabApi(_) => "lab_api",
        }
    }

    /// The strict verifier's verdict here, except for revocation.
    pub fn judge(self, ring: &KeyRing, token: &str, now: DateTime<Utc>) -> Judged {
        match self {
            Self::Demo(algorithm) => Judged::Final(demo::verify(ring, algorithm, token, now)),
            Self::Lab(algorithm) => lab::verify(ring, algorithm, token, now),
            Self::LabApi(algorithm) => Judged::Final(lab::verify_at_api(ring, algorithm, token, now)),
        }
    }

    /// The keys that verify `algorithm` here.
    pub fn keys(self, ring: &KeyRing, algorithm: DemoAlgorithm) -> &[Verifier] {
        match self {
            Self::Demo(_) => algorithm.keys(ring).verifiers(),
            Self::Lab(_) | Self::LabApi(_) => lab::keys(ring, algorithm).verifiers(),
        }
    }
}

/// A JSON object as text: its members in order, each with the text of its value. Members may repeat, and values may be
/// invalid.
#[derive(Clone)]
pub struct Members(Vec<(String, String)>);

impl Members {
    pub fn of<'a>(members: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect())
    }

    /// Sets a member. One that exists keeps its place.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let (mut members, value) = (self.0.clone(), value.into());
        match members.iter_mut().find(|(found, _)| found == name) {
            Some(member) => member.1 = value,
            None => members.push((name.to_owned(), value)),
        }
        Self(members)
    }

    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(found, _)| found != name).cloned().collect())
    }

    /// Adds a member at the end, even if there is one with its name.
    #[must_use]
    pub fn and(&self, name: &str, value: impl Into<String>) -> Self {
        let mut members = self.0.clone();
        members.push((name.to_owned(), value.into()));
        Self(members)
    }

    /// The members in reverse order.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self(self.0.iter().rev().cloned().collect())
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members: Vec<String> = self.0.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
        write!(f, "{{{}}}", members.join(","))
    }
}

/// A text as JSON spells it.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The visitor's good token, taken apart.
pub struct Original {
    pub token: String,
    pub algorithm: DemoAlgorithm,
    pub header: Members,
    pub claims: Members,
}

impl Original {
    /// `None` when the text is not a token whose header and payload are JSON objects.
    pub fn read(token: &str, algorithm: DemoAlgorithm) -> Option<Self> {
        let read = token::decode(token);
        let claims = read.unverified_claims()?;
        let header: &Map<String, Value> = read.header()?;
        Some(Self {
            token: token.to_owned(),
            algorithm,
            header: Members::of(header.iter().map(|(name, value)| (name.as_str(), value))),
            claims: Members::of(claims.for_display().iter()),
        })
    }

    pub fn parts(&self) -> [&str; 3] {
        token::segments(&self.token).unwrap_or_default()
    }

    pub fn signature(&self) -> &str {
        self.parts()[2]
    }
}

/// The result of an attack.
pub struct Forgery {
    pub token: String,
    /// How the signature was made, in words.
    pub signature_note: Cow<'static, str>,
    /// The token whose `jti` is to be revoked before the forgery is judged.
    pub revoked: Option<Revoked>,
    /// The token of the lab from which the forgery is made, where that is not the visitor's.
    pub prepared: Option<Prepared>,
}

/// A token that the lab makes as the original of an attack, so that nobody has to wait or to log out.
pub struct Prepared {
    pub token: String,
    /// What became of it, in a sentence.
    pub says: &'static str,
}

/// A token of the lab that is revoked before it expires.
pub struct Revoked {
    pub token: String,
    pub jti: String,
    pub expires_at: DateTime<Utc>,
}

impl Forgery {
    pub fn new(token: impl Into<String>, signature_note: impl Into<Cow<'static, str>>) -> Self {
        Self { token: token.into(), signature_note: signature_note.into(), revoked: None, prepared: None }
    }
}

/// Everything that a forger has: the visitor's token, the lab's keys, the time, and random bytes.
pub struct Forge<'a> {
    pub ring: &'a KeyRing,
    pub original: &'a Original,
    pub now: DateTime<Utc>,
    pub random: [u8; 16],
}

impl Forge<'_> {
    pub const fn algorithm(&self) -> DemoAlgorithm {
        self.original.algorithm
    }

    /// Whether the visitor's token is signed with a secret. An attacker then has a secret too, and otherwise an RSA
    /// key.
    pub fn is_mac(&self) -> bool {
        self.algorithm().jwa().key_kind() == KeyKind::Secret
    }

    /// The visitor's claims, with the subject that a forger wants.
    pub fn forged_claims(&self) -> Members {
        self.original.claims.with("sub", quoted(ADMIN))
    }

    /// Another header and payload with the old signature, which does not fit them.
    pub fn stale(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Forgery {
        let token = format!("{}.{}", signing_input(header, payload), self.original.signature());
        Forgery::new(token, "The old one. It was made over the original text.")
    }

    /// Another header and payload, signed with the lab's key for the visitor's algorithm.
    pub fn resigned(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Result<Forgery, SigningError> {
        self.resign(&signing_input(header, payload))
    }

    /// Signs the encoded header and payload with the lab's key for the visitor's algorithm.
    pub fn resign(&self, message: &str) -> Result<Forgery, SigningError> {
        let signature = lab::keys(self.ring, self.algorithm()).signer().sign(message.as_bytes())?;
        Ok(Forgery::new(format!("{message}.{signature}"), RESIGNED))
    }

    /// The lab's header with other claims, re-signed.
    pub fn resign_claims(&self, claims: &Members) -> Result<Forgery, SigningError> {
        self.resigned(self.lab_header().to_string(), claims.to_string())
    }

    /// The lab's header with one member changed, re-signed.
    pub fn resign_header(&self, name: &str, value: impl Into<String>) -> Result<Forgery, SigningError> {
        self.resigned(self.lab_header().with(name, value).to_string(), self.original.claims.to_string())
    }

    /// The same change of the header, with the old signature.
    pub fn stale_header(&self, name: &str, value: impl Into<String>) -> Forgery {
        self.stale(self.original.header.with(name, value).to_string(), self.original.claims.to_string())
    }

    /// Other claims, with the old signature.
    pub fn stale_claims(&self, claims: &Members) -> Forgery {
        self.stale(self.original.header.to_string(), claims.to_string())
    }

    /// The forged claims and HS256 in the header, signed with this HMAC key.
    pub fn sign_with_hmac(
        &self,
        header: &Members,
        key: &[u8],
        signature_note: impl Into<Cow<'static, str>>,
    ) -> Forgery {
        let header = header.with("alg", quoted("HS256"));
        let message = signing_input(header.to_string(), self.forged_claims().to_string());
        Forgery::new(format!("{message}.{}", mac(hmac::HMAC_SHA256, key, &message)), signature_note)
    }

    /// The header with the forged claims, signed with the attacker's own key of the visitor's algorithm.
    pub fn by_attacker(&self, header: &Members, signature_note: &'static str) -> Result<Forgery, SigningError> {
        if self.is_mac() {
            return Ok(self.sign_with_hmac(header, ATTACKER_SECRET, signature_note));
        }
        self.by_rsa_attacker(header, signature_note)
    }

    /// The same with the attacker's RSA key, whatever the visitor's algorithm is.
    pub fn by_rsa_attacker(&self, header: &Members, signature_note: &'static str) -> Result<Forgery, SigningError> {
        let signer = self.ring.lab().rs256().signer();
        Ok(Forgery::new(
            token::sign(header.to_string(), self.forged_claims().to_string(), signer)?.into_string(),
            signature_note,
        ))
    }

    /// The visitor's header as the lab's own tokens have it: under RS256 `kid` names the lab's key.
    pub fn lab_header(&self) -> Members {
        match lab::keys(self.ring, self.algorithm()).signer().kid() {
            Some(kid) => self.original.header.with("kid", quoted(kid)),
            None => self.original.header.without("kid"),
        }
    }

    /// The RSA public key, which anyone may have.
    pub fn public_key(&self) -> &RsaPublicKey {
        self.ring.rs256_public(self.now).unwrap_or_else(|| self.ring.lab().public())
    }

    /// The attacker's own key as a JWK.
    pub fn attacker_jwk(&self) -> String {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        if self.is_mac() {
            return format!(r#"{{"kty":"oct","k":"{}"}}"#, encoded(ATTACKER_SECRET));
        }
        let key = self.ring.lab().public();
        let (n, e) = (encoded(key.modulus()), encoded(key.exponent()));
        format!(r#"{{"kty":"RSA","e":"{e}","n":"{n}"}}"#)
    }

    /// A certificate of the attacker's RSA key by itself, in base64.
    pub fn attacker_certificate(&self) -> Result<String, SigningError> {
        certificate::self_signed(self.ring.lab().public(), self.ring.lab().rs256().signer())
    }

    /// The lab's right key, used with another algorithm for that kind of key.
    pub fn by_related_algorithm(&self, related: keys::Algorithm) -> Result<Forgery, SigningError> {
        let header = self.lab_header().with("alg", quoted(related.as_str()));
        let signer = self.ring.lab().signer(related);
        let token = token::sign(header.to_string(), self.original.claims.to_string(), &signer)?;
        Ok(Forgery::new(token.into_string(), format!("Made with the lab's right key and {related}.")))
    }

    /// A token of the lab with a `jti` of its own, by which it is revoked before it is judged.
    pub fn revoked(&self) -> Result<Forgery, SigningError> {
        let jti = URL_SAFE_NO_PAD.encode(self.random);
        let claims = self.original.claims.with("jti", quoted(&jti)).with("exp", self.seconds(LIFE));
        let forgery = self.resign_claims(&claims)?;
        let revoked = Revoked { token: forgery.token.clone(), jti, expires_at: self.now + TimeDelta::seconds(LIFE) };
        let says = "The lab issued this token for the attack, and revoked it.";
        let prepared = Some(Prepared { token: forgery.token.clone(), says });
        Ok(Forgery { revoked: Some(revoked), prepared, signature_note: UNCHANGED.into(), ..forgery })
    }

    /// A token of the lab that expired an hour ago.
    pub fn expired(&self) -> Result<Forgery, SigningError> {
        let claims = self.original.claims.with("iat", self.seconds(-3660)).with("exp", self.seconds(-3600));
        let forgery = self.resign_claims(&claims)?;
        let says = "The lab issued this token for the attack, with an `exp` that was an hour ago.";
        let prepared = Some(Prepared { token: forgery.token.clone(), says });
        Ok(Forgery { prepared, signature_note: UNCHANGED.into(), ..forgery })
    }

    /// The time this many seconds from now, as a claim.
    pub fn seconds(&self, ahead: i64) -> String {
        (self.now.timestamp() + ahead).to_string()
    }
}

const UNCHANGED: &str = "Unchanged: the lab's own key made it, so it fits.";

const RESIGNED: &str = "Signed again with the lab's key, so it fits.";

/// The lifetime of a token that is revoked, in seconds.
const LIFE: i64 = 600;

/// An HMAC in base64url. Any bytes can be its key, even those that no key file may contain.
pub fn mac(algorithm: hmac::Algorithm, key: &[u8], message: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(algorithm, key), message.as_bytes()))
}

/// The forms in which people keep a public key, each with its name.
pub fn public_forms(key: &RsaPublicKey) -> Vec<(&'static str, Vec<u8>)> {
    let pem = key.to_pem().unwrap_or_default();
    let spki = pem::parse(&pem).map(pem::Pem::into_contents).unwrap_or_default();
    let pkcs1 = key.to_pkcs1().unwrap_or_default();
    vec![
        ("pem", pem.clone().into_bytes()),
        ("pem-without-newline", pem.trim_end().as_bytes().to_vec()),
        ("pem-after-blank", format!("\n {pem}").into_bytes()),
        ("spki-der", spki),
        ("pkcs1-der", pkcs1),
    ]
}

/// The key in a base64 certificate. As in a verifier that trusts what it is sent, the certificate is not checked.
pub fn key_of_certificate(text: &str) -> Option<RsaPublicKey> {
    certificate::key_of(text)
}

/// The same bytes in a second encoding: an unused bit of the last character is set.
pub fn with_unused_bits(signature: &str) -> String {
    let alphabet = URL_SAFE.as_str().as_bytes();
    let Some(last) = signature.bytes().last() else { return String::new() };
    let place = alphabet.iter().position(|letter| *letter == last).unwrap_or_default();
    // Two or four bits of the last character are unused, and its lowest bit is one of them. In a canonical encoding
    // they are zero.
    format!("{}{}", &signature[..signature.len() - 1], char::from(alphabet[place | 1]))
}
