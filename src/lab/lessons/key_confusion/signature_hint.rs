//! The reply to a wrong signature: names the secret, hash or text that made it, if that is a common mistake.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{HASHES, Material, Portal};
use crate::lab::forge::{mac, public_forms};
use crate::lab::lessons::forged_token::{is_in_another_encoding, signed_otherwise};
use crate::lab::lessons::remark::clip;
use crate::lab::naive::{LaxToken, hmac_named};

/// What is said to an HMAC under a header that names RS256.
pub(super) const NO_RSA: &str = "The header names RS256, so even this verifier checks an RSA signature, and an HMAC is \
                                 not one. For which algorithm is a key nothing but bytes?";

/// What is said to a signature under that header which has the length of an RSA signature.
const OTHER_RSA: &str = "The header names RS256, so even this verifier checks an RSA signature, with the portal's public \
                         key. Only the portal has the private key to it. For which algorithm is a key nothing but bytes?";

/// How many bytes a signature of the smallest RSA key has that the portal would accept.
const SHORTEST_RSA: usize = 256;

/// What is said to a signature that is wrong.
pub(super) fn signature_hint(token: &LaxToken, portal: &Portal<'_>) -> String {
    let alg = token.alg().unwrap_or_default();
    let is_of_file = |algorithm| token.is_mac(algorithm, portal.pem.as_bytes());
    let computed = HASHES.into_iter().find(|(_, _, algorithm, _)| is_of_file(*algorithm));
    let has_rsa_length = URL_SAFE_NO_PAD.decode(&token.signature).is_ok_and(|bytes| bytes.len() >= SHORTEST_RSA);
    match (computed, hmac_named(alg)) {
        (Some((name, ..)), _) => format!(
            "Close: the secret is right and the HMAC is that of {name}, but the header names `{}`. The two must agree.",
            clip(alg)
        ),
        (None, Some(algorithm)) => hmac_hint(token, algorithm, portal),
        (None, None) if has_rsa_length => OTHER_RSA.to_owned(),
        (None, None) => NO_RSA.to_owned(),
    }
}

/// What is said to an HMAC that is not that of the file.
fn hmac_hint(token: &LaxToken, algorithm: hmac::Algorithm, portal: &Portal<'_>) -> String {
    let pem = portal.pem.as_bytes();
    // This verifier accepts an HMAC with `=` behind it, so no such one comes here.
    if is_in_another_encoding(&token.signature, &mac(algorithm, pem, &token.message)) {
        return "Close: the HMAC is right, but a JWT needs it in base64url without `=`.".to_owned();
    }
    if let Some(hint) =
        signed_otherwise(&format!("{}.{}", token.message, token.signature), |text| mac(algorithm, pem, text))
    {
        return hint;
    }
    let hints = other_secrets(portal).into_iter().find(|(secret, _)| token.is_mac(algorithm, secret));
    let hint = hints.map_or(
        "The HMAC was made with another secret, or over another text. The secret is the file of the public key to the \
         byte. The text is the first two parts with the dot between them, as the token writes them.",
        |(_, hint)| hint,
    );
    hint.to_owned()
}

/// Secrets that a forger may have used instead of the file, each with what to say to it.
fn other_secrets(portal: &Portal<'_>) -> Vec<(Vec<u8>, &'static str)> {
    let of_material = |material: Material| (material.bytes(portal, ""), material.hint());
    let mut secrets: Vec<(Vec<u8>, &'static str)> =
        [Material::WithoutNewline, Material::Der, Material::Jwk].into_iter().map(of_material).collect();
    secrets.push((
        portal.pem.replace('\n', "\r\n").into_bytes(),
        "Close: your copy of the file ends its lines in CR LF, as Windows does. In the verifier's file they end in LF.",
    ));
    secrets.push((
        format!("{}\n", portal.pem).into_bytes(),
        "Close: your copy of the file ends in one line break too many.",
    ));
    let written = public_forms(portal.public).into_iter().map(|(_, bytes)| (bytes, Material::Der.hint()));
    secrets.extend(written);
    secrets.push((Vec::new(), "The HMAC was made with an empty secret. Use the file of the public key."));
    let of_demo = portal.demo.map(public_forms).unwrap_or_default();
    secrets.extend(of_demo.into_iter().map(|(_, bytes)| {
        (bytes, "Close: that is the public key with which this server's demo verifies. Use the file of this lesson.")
    }));
    secrets
}
