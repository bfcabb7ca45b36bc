//! Naive verifiers that do what the header tells them. None of it is done here: it is only said what would be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{LaxToken, NaiveInput, NaiveVerifier};
use crate::keys::{Algorithm, RsaPublicKey};
use crate::lab::forge::{ATTACKER_SECRET, key_of_certificate};

pub static TRUSTS_JWK: NaiveVerifier = NaiveVerifier {
    name: "Takes the key from `jwk`",
    judge: |input| {
        let token = input.read();
        let Some(jwk) = token.header.get("jwk") else { return Err("The header brings no key.".to_owned()) };
        if fits_jwk(&token, jwk) {
            input.unless_ended(&token, "It checks the signature with the key that the token brings; of course it fits.")
        } else {
            Err("The signature does not fit the key that the token brings.".to_owned())
        }
    },
};

fn fits_jwk(token: &LaxToken, jwk: &Value) -> bool {
    let member = |name: &str| jwk[name].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    match (member("k"), member("n"), member("e")) {
        (Some(secret), ..) => token.is_hs256_under(&secret),
        (None, Some(n), Some(e)) => {
            RsaPublicKey::new(&n, &e).is_ok_and(|key| token.verifies_with_rsa(Algorithm::Rs256, &key))
        }
        _ => false,
    }
}

pub static FOLLOWS_JKU: NaiveVerifier = NaiveVerifier {
    name: "Follows `jku`",
    judge: |input| {
        let token = input.read();
        let Some(address) = token.text("jku") else { return Err("There is no address to follow.".to_owned()) };
        let follow = format!("It would have asked {address} for the keys; no request was made here.");
        // The attacker chooses what is there, so it is the key that the forgery was signed with.
        if !address.starts_with("https://") || !is_the_attackers(input, &token) {
            return Err(format!("{follow} No key lies there, so it refuses, after it asked."));
        }
        input.unless_ended(&token, &format!("{follow} The attacker's key lies there, and fits."))
    },
};

fn is_the_attackers(input: &NaiveInput<'_>, token: &LaxToken) -> bool {
    token.is_hs256_under(ATTACKER_SECRET) || token.verifies_with_rsa(Algorithm::Rs256, input.ring.lab().public())
}

pub static TRUSTS_CERTIFICATES: NaiveVerifier = NaiveVerifier {
    name: "Takes the key from a certificate",
    judge: |input| {
        let token = input.read();
        if let Some(address) = token.text("x5u") {
            let fetch = format!("It would have fetched the certificate from {address}; no request was made here.");
            return if is_the_attackers(input, &token) {
                input.unless_ended(&token, &format!("{fetch} It is the attacker's own, and fits."))
            } else {
                Err(format!("{fetch} It does not fit."))
            };
        }
        let certificate = token.header.get("x5c").and_then(|chain| chain[0].as_str());
        let key = certificate.and_then(key_of_certificate);
        match key.filter(|key| token.verifies_with_rsa(Algorithm::Rs256, key)) {
            Some(_) => {
                input.unless_ended(&token, "It reads the key out of the certificate and does not ask who signed that.")
            }
            None => Err("The certificate's key does not fit, or there is none.".to_owned()),
        }
    },
};

pub static READS_KID_AS_PATH: NaiveVerifier = NaiveVerifier {
    name: "Reads `kid` as a path",
    judge: |input| {
        let token = input.read();
        let Some(path) = token.text("kid") else { return Err("There is no `kid` to read.".to_owned()) };
        // No file is opened: what is empty or missing on every machine is known.
        let empty = path.is_empty() || path.ends_with("/dev/null") || path.ends_with("/invalid_path");
        if empty && token.is_hs256_under(b"") {
            let beside = format!("It would have read the key from keys/{path}: nothing, and the empty key fits.");
            input.unless_ended(&token, &beside)
        } else {
            Err(format!("It would have read a key from keys/{path}; it does not fit."))
        }
    },
};

pub static RUNS_KID_AS_COMMAND: NaiveVerifier = NaiveVerifier {
    name: "Opens `kid` with a shell",
    judge: |input| {
        let token = input.read();
        let kid = token.text("kid").unwrap_or_default();
        let Some(command) = kid.trim_start().strip_prefix('|') else {
            return Err("There is no command in `kid`.".to_owned());
        };
        let ran = format!("It would have run `{}`; nothing was run here.", command.trim());
        if token.is_hs256_under(b"") {
            input.unless_ended(&token, &format!("{ran} The command prints nothing, and the empty key fits."))
        } else {
            Err(format!("{ran} The signature does not fit, and that comes too late."))
        }
    },
};

pub static PASTES_KID_INTO_SQL: NaiveVerifier = NaiveVerifier {
    name: "Pastes `kid` into SQL",
    judge: |input| {
        let token = input.read();
        let kid = token.text("kid").unwrap_or_default();
        let selected = kid.split_once("UNION SELECT '").and_then(|(_, rest)| rest.split_once('\'')).map(|(key, _)| key);
        match selected.filter(|key| token.is_hs256_under(key.as_bytes())) {
            Some(key) => {
                let beside =
                    format!("Its query would have answered with the key `{key}`, which the attacker wrote into it.");
                input.unless_ended(&token, &beside)
            }
            None => Err("Its query would have found no key.".to_owned()),
        }
    },
};

pub static CALLS_ADDRESSES: NaiveVerifier = NaiveVerifier {
    name: "Calls whatever looks like an address",
    judge: |input| {
        let token = input.read();
        let all = token.header.values().chain(token.claims.values());
        let address = all.filter_map(Value::as_str).find(|text| text.starts_with("https://"));
        let Some(address) = address else { return Err("There is no address in the token.".to_owned()) };
        let called = format!("It would have called {address} before it checked anything; no request was made here.");
        if input.fits(&token) {
            input.unless_ended(&token, &called)
        } else {
            Err(format!("{called} Then the signature does not fit, and the listener knows enough."))
        }
    },
};
