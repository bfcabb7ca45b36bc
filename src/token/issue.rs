//! Issuing: header and claims become a signed token in JWS compact form (RFC 7515 §7.1).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::Claims;
use crate::keys::{Signer, SigningError};

/// A token that this program signed. Its text is a credential, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.0.len())
    }
}

/// The header of every token made here; its members are in alphabetical order.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

/// Signs `claims` under the signer's algorithm and, when it has one, its `kid`.
pub fn issue(claims: &Claims, typ: &str, signer: &Signer) -> Result<Token, SigningError> {
    let header = Header { alg: signer.algorithm().as_str(), kid: signer.kid(), typ };
    let mut token = segment(&header) + "." + &segment(claims);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&signature);
    Ok(Token(token))
}

#[expect(clippy::expect_used, reason = "maps with string keys, strings and numbers always serialize")]
fn segment(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("a header and claims are plain JSON"))
}
