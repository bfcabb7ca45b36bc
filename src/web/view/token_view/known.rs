//! The meaning of known claims and header members, and the RFC that defines each.

/// The meaning of a name, and the RFC section that defines it, if any.
type Known = (&'static str, Option<&'static str>);

/// A claim: those of RFC 7519 §4.1, and others that the profiles of this site and related specifications use.
pub(super) fn claim(name: &str) -> Known {
    match name {
        "iss" => ("who issued the token", Some("RFC 7519 §4.1.1")),
        "sub" => ("who the token is about", Some("RFC 7519 §4.1.2")),
        "aud" => ("who the token is for; a verifier that it does not name must refuse it", Some("RFC 7519 §4.1.3")),
        "exp" => ("when it expires", Some("RFC 7519 §4.1.4")),
        "nbf" => ("when it becomes valid", Some("RFC 7519 §4.1.5")),
        "iat" => ("when it was issued", Some("RFC 7519 §4.1.6")),
        "jti" => ("the id of this one token, by which it can be revoked", Some("RFC 7519 §4.1.7")),
        "client_id" => ("the client that asked for the token", Some("RFC 8693 §4.3")),
        "scope" => ("what the token allows, as words with spaces between them", Some("RFC 8693 §4.2")),
        "cnf" => ("the key that its holder must prove to have", Some("RFC 7800 §3.1")),
        "grants" => ("what the token allows, in Twilio’s own terms", None),
        "user_id" => ("who the token is about, as the REST pair names it", None),
        "phn" => ("the phone number that the token is for, as TeleSign names it", None),
        "xid" => ("the external id of TeleSign’s transaction", None),
        _ => ("a claim that is not judged here", None),
    }
}

/// A member of the header: those of RFC 7515 §4.1, and what other RFCs and Twilio add.
pub(super) fn member(name: &str) -> Known {
    match name {
        "alg" => ("the algorithm that it claims; the verifier chooses its own", Some("RFC 7515 §4.1.1")),
        "typ" => ("what kind of token it is", Some("RFC 7519 §5.1")),
        "cty" => ("what kind of content the payload has", Some("RFC 7519 §5.2")),
        "kid" => ("the name of the key; it only picks among those that the verifier has", Some("RFC 7515 §4.1.4")),
        "jku" => ("an address to fetch keys from; refused here, unread", Some("RFC 7515 §4.1.2")),
        "jwk" => ("a key that the token brings along; refused here, unread", Some("RFC 7515 §4.1.3")),
        "x5u" => ("an address to fetch a certificate from; refused here, unread", Some("RFC 7515 §4.1.5")),
        "x5c" => ("a certificate that the token brings along; refused here, unread", Some("RFC 7515 §4.1.6")),
        "x5t" => ("the SHA-1 of a certificate; not looked at here", Some("RFC 7515 §4.1.7")),
        "x5t#S256" => ("the SHA-256 of a certificate; not looked at here", Some("RFC 7515 §4.1.8")),
        "crit" => ("extensions that must be understood; none is here, so it is refused", Some("RFC 7515 §4.1.11")),
        "zip" => ("compression, which a signed token never has; refused here", Some("RFC 7516 §4.1.3")),
        "b64" => ("whether the payload is encoded at all; refused here", Some("RFC 7797 §3")),
        "twr" => ("Twilio’s own: the region that the account is hosted in", None),
        _ => ("a member that is not looked at here", None),
    }
}
