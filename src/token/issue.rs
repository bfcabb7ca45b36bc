//! Issuing: header and claims become a signed token in JWS compact form (RFC 7515 §7.1).

use std::fmt;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

use super::Claims;
use crate::keys::{Algorithm, Signer, SigningError};

/// A token that this program signed. It is a credential, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    algorithm: Algorithm,
}

impl Token {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn into_string(self) -> String {
        self.text
    }

    /// What it was signed with, whatever its header says.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.text.len())
    }
}

/// The header members that a profile sets; `alg` and `kid` come from the key.
#[derive(Clone, Copy, Default)]
pub struct Header<'a> {
    pub typ: &'a str,
    pub cty: Option<&'a str>,
    /// Twilio's member `twr`: the region that the account is hosted in.
    pub twr: Option<&'a str>,
}

impl<'a> Header<'a> {
    pub const fn of_type(typ: &'a str) -> Self {
        Self { typ, cty: None, twr: None }
    }
}

impl<'a> Header<'a> {
    /// The whole header as text, for a key.
    pub fn text(&self, signer: &Signer) -> Vec<u8> {
        json(&self.members(signer))
    }

    fn members(&self, signer: &'a Signer) -> Members<'a> {
        let Self { typ, cty, twr } = *self;
        Members { alg: signer.algorithm().as_str(), cty, kid: signer.kid(), twr, typ }
    }
}

/// The serialized header. Its members are in alphabetical order, as `PyJWT` writes them.
#[derive(Serialize)]
struct Members<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    twr: Option<&'a str>,
    typ: &'a str,
}

/// Signs `claims` with the signer's algorithm and its `kid`, if it has one.
pub fn issue(claims: &Claims, header: &Header<'_>, signer: &Signer) -> Result<Token, SigningError> {
    signed(segment(&header.members(signer)) + "." + &segment(claims), signer)
}

/// Signs `claims` under a whole header, whose members are written as they are given.
pub fn issue_under(header: &Map<String, Value>, claims: &Claims, signer: &Signer) -> Result<Token, SigningError> {
    signed(segment(header) + "." + &segment(claims), signer)
}

/// Signs a given header and payload unchanged, even if the header does not fit the key.
pub fn sign(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, signer: &Signer) -> Result<Token, SigningError> {
    signed(signing_input(header, payload), signer)
}

/// The signing input (RFC 7515 §5.1).
pub fn signing_input(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(header) + "." + &URL_SAFE_NO_PAD.encode(payload)
}

fn signed(mut token: String, signer: &Signer) -> Result<Token, SigningError> {
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&signature);
    Ok(Token { text: token, algorithm: signer.algorithm() })
}

fn segment(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(json(part))
}

#[expect(clippy::expect_used, reason = "maps with string keys, strings and numbers always serialize")]
fn json(part: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::with_capacity(128);
    let mut serializer = Serializer::with_formatter(&mut json, Ascii);
    part.serialize(&mut serializer).expect("a header and claims are plain JSON");
    json
}

/// JSON without white space and in ASCII only, as the tutorials' Python libraries write it.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            match c {
                ' '..='~' => writer.write_all(&[c as u8])?,
                _ => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_written_in_ascii_alone() {
        let claims = Claims::new().with("sub", "zo\u{eb} \u{7f}\u{1d11e}</a>\"\n\u{1}");
        let json = URL_SAFE_NO_PAD.decode(segment(&claims)).unwrap();
        let wanted = r#"{"sub":"zo\u00eb \u007f\ud834\udd1e</a>\"\n\u0001"}"#;
        assert_eq!(String::from_utf8(json).unwrap(), wanted);
    }
}
